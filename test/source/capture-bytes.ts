/** Captures made by hand, octet by octet, and a reader that gives all a test may want to know. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCapture } from '../../src/source/open.ts';
import type { OpenOptions } from '../../src/source/open.ts';
import type { CaptureInterface, SourceCounts, SourceEnd } from '../../src/source/frame-batch.ts';

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

export const u16 = (value: number, le: boolean): Uint8Array => {
  const out = new Uint8Array(2);
  new DataView(out.buffer).setUint16(0, value, le);
  return out;
};

export const u32 = (value: number, le: boolean): Uint8Array => {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, le);
  return out;
};

export const u64 = (value: bigint, le: boolean): Uint8Array => {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt.asUintN(64, value), le);
  return out;
};

/** `length` octets that tell frames apart and never look like a header. */
export const payload = (length: number, seed = 0): Uint8Array => new Uint8Array(length).fill(0xe0 + (seed & 15));

export interface PcapHeader {
  readonly le?: boolean;
  readonly magic?: number;
  readonly major?: number;
  readonly minor?: number;
  readonly snap?: number;
  readonly link?: number;
}

export function pcapHeader({ le = true, magic = 0xa1b2c3d4, major = 2, minor = 4, snap = 262144, link = 1 }: PcapHeader = {}): Uint8Array {
  return concat(u32(magic, le), u16(major, le), u16(minor, le), u32(0, le), u32(0, le), u32(snap, le), u32(link, le));
}

export interface PcapRecord {
  readonly le?: boolean;
  readonly sec?: number;
  readonly sub?: number;
  readonly data?: Uint8Array;
  readonly caplen?: number;
  readonly wire?: number;
  readonly extra?: Uint8Array;
}

export function pcapRecord({ le = true, sec = 1_700_000_000, sub = 5, data = payload(60), caplen, wire, extra }: PcapRecord = {}): Uint8Array {
  const captured = caplen ?? data.length;
  return concat(u32(sec, le), u32(sub, le), u32(captured, le), u32(wire ?? captured, le), extra ?? new Uint8Array(0), data);
}

export function ngBlock(type: number, body: Uint8Array, le = true, length?: number, trailer?: number): Uint8Array {
  const padded = concat(body, new Uint8Array((4 - (body.length % 4)) % 4));
  const total = length ?? padded.length + 12;
  return concat(u32(type, le), u32(total, le), padded, u32(trailer ?? total, le));
}

export const ngSection = (le = true, sectionLength = -1n, major = 1): Uint8Array =>
  ngBlock(0x0a0d0d0a, concat(u32(0x1a2b3c4d, le), u16(major, le), u16(0, le), u64(sectionLength, le)), le);

export function ngOption(code: number, value: Uint8Array, le = true, length = value.length): Uint8Array {
  return concat(u16(code, le), u16(length, le), value, new Uint8Array((4 - (value.length % 4)) % 4));
}

export const ngInterface = (le = true, link = 1, snap = 0, options: readonly Uint8Array[] = []): Uint8Array =>
  ngBlock(1, concat(u16(link, le), u16(0, le), u32(snap, le), ...options), le);

export interface NgPacket {
  readonly le?: boolean;
  readonly id?: number;
  readonly units?: bigint;
  readonly data?: Uint8Array;
  readonly caplen?: number;
  readonly wire?: number;
  readonly options?: readonly Uint8Array[];
}

const packetBody = ({ le = true, units = 1_700_000_000_000_005n, data = payload(60), caplen, wire, options = [] }: NgPacket, id: Uint8Array): Uint8Array =>
  concat(
    id,
    u32(Number(units >> 32n), le),
    u32(Number(units & 0xffffffffn), le),
    u32(caplen ?? data.length, le),
    u32(wire ?? data.length, le),
    data,
    new Uint8Array((4 - (data.length % 4)) % 4),
    ...options,
  );

export const ngPacket = (packet: NgPacket = {}): Uint8Array =>
  ngBlock(6, packetBody(packet, u32(packet.id ?? 0, packet.le ?? true)), packet.le ?? true);

export const ngObsoletePacket = (packet: NgPacket = {}, drops = 0): Uint8Array => {
  const le = packet.le ?? true;
  return ngBlock(2, packetBody(packet, concat(u16(packet.id ?? 0, le), u16(drops, le))), le);
};

export const ngSimplePacket = (data: Uint8Array, wire = data.length, le = true): Uint8Array =>
  ngBlock(3, concat(u32(wire, le), data), le);

export interface ReadFrame {
  readonly seconds: number;
  readonly nanos: number;
  readonly captured: number;
  readonly wire: number;
  readonly linkType: number;
  readonly data: Uint8Array;
}

export interface ReadResult {
  readonly format: string;
  readonly frames: ReadFrame[];
  readonly end: SourceEnd;
  readonly counts: SourceCounts;
  readonly interfaces: readonly CaptureInterface[];
}

export async function readPath(path: string, options: OpenOptions = {}): Promise<ReadResult> {
  const source = await openCapture(path, options);
  const frames: ReadFrame[] = [];
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    if (batch.count < 1) throw new Error('an empty batch');
    if (batch.view.buffer !== batch.bytes.buffer) throw new Error('view and bytes differ');
    for (let i = 0; i < batch.count; i++) {
      const offset = batch.offset[i] as number;
      const captured = batch.captured[i] as number;
      if (offset < 0 || captured < 0 || offset + captured > batch.bytes.length) throw new Error('out of bounds');
      const nanos = batch.nanos[i] as number;
      if (nanos < 0 || nanos > 999_999_999) throw new Error(`${nanos} nanoseconds`);
      frames.push({
        seconds: batch.seconds[i] as number,
        nanos,
        captured,
        wire: (batch.wire[i] as number) >>> 0,
        linkType: batch.linkType,
        data: batch.bytes.slice(offset, offset + captured),
      });
    }
  }
  if ((await source.next()) !== null) throw new Error('frames after the end');
  await source.close();
  return { format: source.format, frames, end: source.end(), counts: source.counts, interfaces: source.interfaces };
}

let folder: string | null = null;

/** One folder for all files of this test run, removed when it ends. */
export function captureFolder(): string {
  if (folder === null) {
    const made = fs.mkdtempSync(join(tmpdir(), 'baseline-source-'));
    process.on('exit', () => fs.rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

export function writeTestFile(bytes: Uint8Array, name = 'capture'): string {
  const path = join(captureFolder(), name);
  fs.writeFileSync(path, bytes);
  return path;
}

export const readBytes = async (bytes: Uint8Array, options: OpenOptions = {}): Promise<ReadResult> =>
  readPath(writeTestFile(bytes), options);
