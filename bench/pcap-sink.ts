/** Classic pcap octets (little-endian, microseconds, Ethernet) into a descriptor, by large writes. In: frames as head and payload. */
import { writeSync } from 'node:fs';

const CHUNK = 1 << 20;
const LONGEST = 4096;
const SHORTEST_FRAME = 60;

export interface PcapSink {
  /** The buffer and a view over it: what `frame` returned is an offset in them, valid until the next frame. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Appends a frame (padded to 60 octets) and returns the offset of its first octet. */
  frame(timeUs: number, head: Uint8Array, payload: Uint8Array, from: number, length: number): number;
  /** Octets of head and payload of the last frame, padding left out. */
  lastLength(): number;
  frames(): number;
  end(): void;
}

function writeAll(descriptor: number, bytes: Uint8Array, to: number): void {
  for (let at = 0; at < to; ) at += writeSync(descriptor, bytes, at, to - at);
}

/** @param limit frames beyond it are made, but not kept: a conversation is not broken off by the one that makes it */
export function createPcapSink(descriptor: number, limit: number): PcapSink {
  const bytes = new Uint8Array(CHUNK);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 65_535, true);
  view.setUint32(20, 1, true);
  let at = 24;
  let count = 0;
  let last = 0;
  return {
    bytes,
    view,
    frame(timeUs, head, payload, from, length) {
      if (at + LONGEST > CHUNK) {
        writeAll(descriptor, bytes, at);
        at = 0;
      }
      last = head.length + length;
      const whole = last < SHORTEST_FRAME ? SHORTEST_FRAME : last;
      const second = Math.floor(timeUs / 1_000_000);
      view.setUint32(at, second, true);
      view.setUint32(at + 4, timeUs - second * 1_000_000, true);
      view.setUint32(at + 8, whole, true);
      view.setUint32(at + 12, whole, true);
      const frame = at + 16;
      bytes.set(head, frame);
      if (length > 0) bytes.set(payload.subarray(from, from + length), frame + head.length);
      if (whole > last) bytes.fill(0, frame + last, frame + whole);
      if (count < limit) {
        at = frame + whole;
        count++;
      }
      return frame;
    },
    lastLength: () => last,
    frames: () => count,
    end: () => writeAll(descriptor, bytes, at),
  };
}
