/**
 * From a frame's bytes to a DecodedFrame, by link type (https://www.tcpdump.org/linktypes.html). Nothing here throws,
 * allocates or looks outside [at, end): each reader checks its length once and then reads. Unknown link types are
 * counted by number in the flow layer.
 */
import { resetDecodedFrame, stopFrame, type DecodedFrame } from './decoded-frame.ts';
import { decodeEthernet, decodeEtherType, decodePpp } from './ethernet.ts';
import { decodeIpv4 } from './ipv4.ts';
import { decodeIpv6 } from './ipv6.ts';
import { decodeSll, decodeSll2 } from './linux-sll.ts';
import { stopCode } from './stop.ts';

export const LINK_TYPE = Object.freeze({
  null: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppSerial: 50,
  pppEther: 51,
  rawIp: 101,
  cHdlc: 104,
  loop: 108,
  sll: 113,
  ipv4: 228,
  ipv6: 229,
  sll2: 276,
} as const);

const UNKNOWN = stopCode('link.unknown-type');
const SHORT = stopCode('link.short-header');

/** BSD address families of loopback captures; IPv6 has a different number on each BSD. */
const AF_INET = 2;
const AF_INET6 = new Set([10, 24, 28, 30]);

export function decodeFrame(f: DecodedFrame, view: DataView, linkType: number, at: number, captured: number, wire: number): void {
  resetDecodedFrame(f);
  const end = at + captured;
  const wireEnd = at + (wire > captured ? wire : captured);
  switch (linkType) {
    case LINK_TYPE.ethernet:
      decodeEthernet(f, view, at, end, wireEnd);
      return;
    case LINK_TYPE.sll:
      decodeSll(f, view, at, end, wireEnd);
      return;
    case LINK_TYPE.sll2:
      decodeSll2(f, view, at, end, wireEnd);
      return;
    case LINK_TYPE.rawIp:
    case LINK_TYPE.rawBsd:
    case LINK_TYPE.rawOpenBsd:
      if (captured < 1) {
        stopFrame(f, SHORT, at, 1, captured);
        return;
      }
      if (view.getUint8(at) >> 4 === 6) decodeIpv6(f, view, at, end, wireEnd);
      else decodeIpv4(f, view, at, end, wireEnd);
      return;
    case LINK_TYPE.ipv4:
      decodeIpv4(f, view, at, end, wireEnd);
      return;
    case LINK_TYPE.ipv6:
      decodeIpv6(f, view, at, end, wireEnd);
      return;
    case LINK_TYPE.null:
    case LINK_TYPE.loop:
      decodeLoopback(f, view, at, end, wireEnd);
      return;
    case LINK_TYPE.ppp:
    case LINK_TYPE.pppSerial:
      decodePpp(f, view, at, end, wireEnd);
      return;
    case LINK_TYPE.pppEther:
      if (captured < 8) stopFrame(f, SHORT, at, 8, captured);
      else decodePpp(f, view, at + 6, end, wireEnd);
      return;
    case LINK_TYPE.cHdlc:
      if (captured < 4) stopFrame(f, SHORT, at, 4, captured);
      else decodeEtherType(f, view, view.getUint16(at + 2), at + 4, end, wireEnd);
      return;
    default:
      stopFrame(f, UNKNOWN, at, 0, linkType);
  }
}

/** LINKTYPE_NULL: a 4-octet address family in the capturing machine's byte order; LINKTYPE_LOOP: big endian. */
function decodeLoopback(f: DecodedFrame, view: DataView, at: number, end: number, wireEnd: number): void {
  if (end - at < 4) {
    stopFrame(f, SHORT, at, 4, end - at);
    return;
  }
  let family = view.getUint32(at);
  if (family > 0xffff) family = view.getUint32(at, true);
  if (family === AF_INET) decodeIpv4(f, view, at + 4, end, wireEnd);
  else if (AF_INET6.has(family)) decodeIpv6(f, view, at + 4, end, wireEnd);
  // Some writers put an EtherType or a PPP-like number here.
  else if (family >= 0x0600 && family <= 0xffff) decodeEtherType(f, view, family, at + 4, end, wireEnd);
  else stopFrame(f, UNKNOWN, at, 0, family);
}
