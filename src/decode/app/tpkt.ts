/**
 * TPKT (RFC 1006) and COTP class 0 (ISO 8073) below S7comm, S7comm-plus, MMS and RDP. In: octets at a TPKT. Out: its size,
 * the kind of its COTP TPDU and where the user data begin. What is above is told by the first data TPDU, not by the
 * connection request, so a probe looks through requests and confirms.
 */
import { PROBE } from './protocol.ts';

const TPKT_OCTETS = 4;
const TPKT_VERSION = 3;
export const TPKT_HEADER = 7;
export const COTP = { connectRequest: 0xe0, connectConfirm: 0xd0, disconnectRequest: 0x80, data: 0xf0 } as const;
const DATA_INDICATOR = 2;

/** Octets of the TPKT at `at`; -1 where there is none with a COTP TPDU that we know. */
export function tpktSize(bytes: Uint8Array, view: DataView, at: number): number {
  if (bytes[at] !== TPKT_VERSION || bytes[at + 1] !== 0) return -1;
  const size = view.getUint16(at + 2);
  const indicator = bytes[at + TPKT_OCTETS];
  if (size < TPKT_HEADER || indicator < DATA_INDICATOR || indicator + 1 + TPKT_OCTETS > size) return -1;
  const kind = bytes[at + 5] & 0xf0;
  if (kind === COTP.data) return indicator === DATA_INDICATOR ? size : -1;
  return kind === COTP.connectRequest || kind === COTP.connectConfirm || kind === COTP.disconnectRequest ? size : -1;
}

/**
 * How what rides on COTP is found. No port hints at one of them: S7comm, S7comm-plus and MMS share 102, and only the first data TPDU
 * tells which it is. Until then what came is held, because stacks write headers by themselves (RFC 1006 class 0 over a plain socket).
 */
export const ABOVE_TPKT = Object.freeze({
  ports: [],
  heldPorts: [102],
  isHeldOnAnyPort: true,
  firstOctets: [TPKT_VERSION],
  header: TPKT_HEADER,
  mayBegin: (bytes: Uint8Array, at: number, to: number) => bytes[at] === TPKT_VERSION && (at + 1 >= to || bytes[at + 1] === 0),
  maxCarry: 65536,
  size: tpktSize,
} as const);

export const cotpKind = (bytes: Uint8Array, at: number): number => bytes[at + 5] & 0xf0;

/** A data TPDU that ends what the layer above sent: EOT (ISO 8073 clause 13.7.3). */
export const isLastTpdu = (bytes: Uint8Array, at: number): boolean => (bytes[at + 6] & 0x80) !== 0;

/** Offset of the user data of the TPKT at `at`. */
export const userData = (bytes: Uint8Array, at: number): number => at + TPKT_OCTETS + 1 + bytes[at + TPKT_OCTETS];

/** Probes for what rides on COTP: unsure until the first data TPDU, of which `judge` sees two octets at least. @returns PROBE */
export function probeAbove(bytes: Uint8Array, view: DataView, from: number, to: number, judge: (at: number, end: number) => number): number {
  for (let at = from; at + TPKT_HEADER <= to; ) {
    const size = tpktSize(bytes, view, at);
    if (size < 0) return PROBE.notForUs;
    if (cotpKind(bytes, at) === COTP.data) {
      const end = Math.min(to, at + size);
      const data = userData(bytes, at);
      if (data + 2 > end) return size === TPKT_HEADER ? PROBE.notForUs : PROBE.unsure;
      return judge(data, end);
    }
    at += size;
  }
  return PROBE.unsure;
}
