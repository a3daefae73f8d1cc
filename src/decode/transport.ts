/** What follows an IP header, by protocol number (IANA protocol-numbers). Everything else is a conversation without ports. */
import { stopFrame, type DecodedFrame } from './decoded-frame.ts';
import { stopCode } from './stop.ts';
import { decodeTcp } from './tcp.ts';
import { decodePortsOnly, decodeUdp, decodeUdpLite } from './udp.ts';

export const IP_PROTOCOL = Object.freeze({ icmp: 1, tcp: 6, udp: 17, dccp: 33, esp: 50, icmpv6: 58, sctp: 132, udpLite: 136 } as const);

const ENCRYPTED = stopCode('ip.encrypted');
const UNKNOWN = stopCode('ip.unknown-transport');

export function decodeTransport(f: DecodedFrame, view: DataView, at: number, end: number, wireLength: number): void {
  f.transportAt = at;
  switch (f.transport) {
    case IP_PROTOCOL.tcp:
      decodeTcp(f, view, at, end, wireLength);
      return;
    case IP_PROTOCOL.udp:
      decodeUdp(f, view, at, end, wireLength);
      return;
    case IP_PROTOCOL.udpLite:
      decodeUdpLite(f, view, at, end, wireLength);
      return;
    case IP_PROTOCOL.sctp:
    case IP_PROTOCOL.dccp:
      decodePortsOnly(f, view, at, end);
      return;
    case IP_PROTOCOL.icmp:
    case IP_PROTOCOL.icmpv6:
      f.payload = at;
      f.payloadEnd = end;
      f.payloadWire = wireLength;
      return;
    case IP_PROTOCOL.esp:
      stopFrame(f, ENCRYPTED, at, 0, end - at);
      return;
    default:
      stopFrame(f, UNKNOWN, at, 0, end - at);
  }
}
