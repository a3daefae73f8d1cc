/**
 * S7comm-plus (Siemens S7-1200/1500, TIA Portal and WinCC) over TPKT/COTP: named, with the function of each message where
 * it is in clear. Siemens publishes no standard; ids as reverse-engineered dissectors have them. From TIA V17 on it runs
 * in TLS and only the connection shows. Objects and values are not read.
 */
import type { Access } from '../../observation.ts';
import { framedProtocol } from './framing.ts';
import { MESSAGE, PROBE } from './protocol.ts';
import { ABOVE_TPKT, COTP, cotpKind, probeAbove, userData } from './tpkt.ts';

const PROTOCOL_ID = 0x72;
const VERSIONS = { first: 1, withDigest: 3, keepAlive: 0xff } as const;
const HEADER = 4;
/** Version 3 puts a length octet and a digest before the data. */
const DIGEST_OCTETS = 32;
const OPCODE = { request: 0x31, response: 0x32, notification: 0x33 } as const;
const NOTIFICATION = 0x33;

const FUNCTIONS = new Map<number, readonly [string, Access]>([
  [NOTIFICATION, ['Notification', 'read']],
  [0x04b1, ['Error', 'diagnose']],
  [0x04bb, ['Explore', 'browse']],
  [0x04ca, ['Create Object', 'browse']],
  [0x04d4, ['Delete Object', 'browse']],
  [0x04f2, ['Set Variable', 'write']],
  [0x04fc, ['Get Variable', 'read']],
  [0x0506, ['Add Link', 'program']],
  [0x051a, ['Remove Link', 'program']],
  [0x0524, ['Get Link', 'read']],
  [0x0542, ['Set Multi Variables', 'write']],
  [0x054c, ['Get Multi Variables', 'read']],
  [0x0556, ['Begin Sequence', 'program']],
  [0x0560, ['End Sequence', 'program']],
  [0x056b, ['Invoke', 'control']],
  [0x057c, ['Set Variable Substream', 'program']],
  [0x0586, ['Get Variable Substream', 'program']],
]);

const isPdu = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === PROTOCOL_ID && ((bytes[at + 1] >= VERSIONS.first && bytes[at + 1] <= VERSIONS.withDigest) || bytes[at + 1] >= 0xfe);

export const S7COMM_PLUS = framedProtocol({
  name: 's7comm-plus',
  ...ABOVE_TPKT,
  readsCut: true,
  isCertain: (bytes, view, at, to) => probeAbove(bytes, view, at, to, (data) => (isPdu(bytes, data) ? PROBE.certain : PROBE.notForUs)),
  message(bytes, view, at, end, _direction, _memory, sink) {
    const kind = cotpKind(bytes, at);
    if (kind === COTP.connectRequest) sink.serverIs(false);
    else if (kind === COTP.connectConfirm) sink.serverIs(true);
    if (kind !== COTP.data) return;
    const plus = userData(bytes, at);
    if (plus + HEADER + 6 > end) return sink.isCut ? sink.beyondCut() : undefined;
    if (!isPdu(bytes, plus) || bytes[plus + 1] > VERSIONS.withDigest) return;
    const hasDigest = bytes[plus + 1] === VERSIONS.withDigest && bytes[plus + HEADER] === DIGEST_OCTETS;
    const data = plus + HEADER + (hasDigest ? 1 + DIGEST_OCTETS : 0);
    if (data + 5 > end) return sink.isCut ? sink.beyondCut() : undefined;
    const opcode = bytes[data];
    if (opcode === OPCODE.notification) return sink.operation(-1, NOTIFICATION, MESSAGE.response, 0);
    const code = view.getUint16(data + 3);
    if ((opcode !== OPCODE.request && opcode !== OPCODE.response) || !FUNCTIONS.has(code)) return;
    sink.serverIs(opcode === OPCODE.response);
    sink.operation(-1, code, opcode === OPCODE.request ? MESSAGE.request : MESSAGE.response, 0);
  },
  describe(code) {
    const known = FUNCTIONS.get(code);
    return known === undefined ? { name: `Function 0x${code.toString(16)}`, access: 'write' } : { name: known[0], access: known[1] };
  },
});
