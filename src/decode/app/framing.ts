/**
 * Protocols whose messages say their own length: one loop for all of them. In: where a message's length stands and how
 * to tell that octets cannot be a message. Out: `read`, `resync` and `probe` as the stream layer wants them.
 */
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import { AWAIT_MORE, PROBE } from './protocol.ts';
import { senderByReading } from './sender.ts';

export interface Framing {
  readonly name: string;
  readonly ports: readonly number[];
  readonly firstOctets?: readonly number[];
  /** Octets that must be there before `size` may be asked. */
  readonly header: number;
  readonly maxCarry: number;
  /** Whether so few octets may begin a message; absent: they always may. */
  readonly mayBegin?: (bytes: Uint8Array, at: number, to: number) => boolean;
  readonly isHeldOnAnyPort?: true;
  readonly heldPorts?: readonly number[];
  /** Octets of the whole message that begins at `at`, or -1 where none can begin. At least `header`. */
  readonly size: (bytes: Uint8Array, view: DataView, at: number, to: number) => number;
  /** Reads one message; `end` is its end, or less where it is longer than `maxCarry` (then only its head is there), or cut off (`isCut`). */
  readonly message: (bytes: Uint8Array, view: DataView, at: number, end: number, direction: number, memory: SessionMemory, sink: ProtocolSink) => void;
  /** `message` reads messages that were cut off as well, of which `header` octets are there. */
  readonly readsCut?: true;
  /** Whether a message with a possible size is certainly this protocol's; absent: the size alone is proof. */
  readonly isCertain?: (bytes: Uint8Array, view: DataView, at: number, to: number, direction: number, port: number, end: number) => number;
  readonly newMemory?: () => SessionMemory;
  readonly describe: StreamProtocol['describe'];
}

/**
 * Octets passed over at once where a service is only named: what follows is skipped as it arrives, without a look at it.
 */
export const PASS_OVER = 0x3fffffff;

let viewed: Uint8Array = new Uint8Array(0);
let view: DataView = new DataView(viewed.buffer);

/** A view over the same memory as `bytes`. Kept for the next call: many protocols are asked about the same block. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== viewed) {
    viewed = bytes;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return view;
}

export function framedProtocol(framing: Framing): StreamProtocol {
  const { name, ports, firstOctets, header, maxCarry, size, message, describe } = framing;
  const newMemory = framing.newMemory ?? (() => ({}));
  const mayBegin = framing.mayBegin ?? (() => true);
  const protocol: StreamProtocol = {
    name,
    ports,
    ...(firstOctets === undefined ? {} : { firstOctets }),
    ...(framing.isHeldOnAnyPort === undefined ? {} : { isHeldOnAnyPort: framing.isHeldOnAnyPort }),
    ...(framing.heldPorts === undefined ? {} : { heldPorts: framing.heldPorts }),
    maxCarry,
    describe,
    newMemory,
    senderIsServer: (bytes, from, to) => senderByReading(protocol.read, newMemory, bytes, from, to),
    probe(bytes, from, to, direction, port, end = to) {
      if (to - from < header) return mayBegin(bytes, from, to) ? PROBE.unsure : PROBE.notForUs;
      const view = viewOf(bytes);
      const octets = size(bytes, view, from, to);
      if (octets < 0) return PROBE.notForUs;
      return framing.isCertain === undefined ? PROBE.certain : framing.isCertain(bytes, view, from, to, direction, port, end);
    },
    read(bytes, view, from, to, direction, memory, sink) {
      let at = from;
      while (to - at >= header) {
        const octets = size(bytes, view, at, to);
        if (octets < header) return at === from ? -1 : at;
        const need = Math.min(octets, maxCarry);
        if (to - at < need) return at;
        message(bytes, view, at, at + need, direction, memory, sink);
        at += octets;
      }
      return at;
    },
    readCut(bytes, view, from, to, direction, memory, sink) {
      const octets = to - from < header ? 0 : Math.max(0, size(bytes, view, from, to));
      if (octets > 0 && framing.readsCut === true) message(bytes, view, from, to, direction, memory, sink);
      else sink.beyondCut();
      return octets;
    },
    resync(bytes, view, from, to) {
      for (let at = from; at + header <= to; at++) if (size(bytes, view, at, to) >= header) return at;
      // Some senders write a header by itself, and its beginning too.
      return to - from < header && mayBegin(bytes, from, to) ? AWAIT_MORE : -1;
    },
  };
  return protocol;
}

/** Text from wire octets, printable ASCII only up to the first zero, at most 256 characters. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to && text.length < 256 && bytes[i] !== 0; i++) {
    text += bytes[i] >= 0x20 && bytes[i] < 0x7f ? String.fromCharCode(bytes[i]) : '.';
  }
  return text.trim();
}
