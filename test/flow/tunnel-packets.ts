/** Frames wrapped into the packets of tunnels, as switches and overlays send them. */
import { concatBytes, ethernet, udpPacket, words } from '../../samples/gen/frames.ts';

const ENDS = { from: '192.0.2.1', to: '192.0.2.2', ttl: 64, id: 7 };
const MACS = ['02:00:00:00:99:01', '02:00:00:00:99:02'] as const;

export const FRAGMENT_AT = 14 + 6;
const PROTOCOL_AT = 14 + 9;

/** An IPv4 packet of any protocol: that of a datagram, without the datagram's header. */
export function ipv4(protocol: number, content: Uint8Array): Uint8Array {
  const bytes = ethernet(...MACS, 0x0800, udpPacket(ENDS, 0, 0, new Uint8Array(Math.max(0, content.length - 8))));
  bytes[PROTOCOL_AT] = protocol;
  const whole = bytes.slice(0, 14 + 20 + content.length);
  new DataView(whole.buffer).setUint16(16, 20 + content.length);
  whole.set(content, 14 + 20);
  return whole;
}

export const udp = (port: number, header: Uint8Array, content: Uint8Array): Uint8Array => ethernet(...MACS, 0x0800, udpPacket(ENDS, 50_000, port, concatBytes(header, content)));

/** Headers as the captures of Cisco's and Mikrotik's devices and of overlays have them. */
export const WRAPPERS: Readonly<Record<string, (frame: Uint8Array) => Uint8Array>> = {
  'erspan I': (frame) => ipv4(47, concatBytes(words(0, 0x88be), frame)),
  'erspan II': (frame) => ipv4(47, concatBytes(words(0x1000, 0x88be, 0, 5, 0x1065, 0x0001, 0, 1), frame)),
  'erspan III': (frame) => ipv4(47, concatBytes(words(0x1000, 0x22eb, 0, 5, 0x2065, 0x0001, 0, 1, 0, 0), frame)),
  'erspan III, with a platform header': (frame) => ipv4(47, concatBytes(words(0x1000, 0x22eb, 0, 5, 0x2065, 0x0001, 0, 1, 0, 1, 0, 0, 0, 0), frame)),
  gre: (frame) => ipv4(47, concatBytes(words(0, 0x6558), frame)),
  'gre with checksum, key and number': (frame) => ipv4(47, concatBytes(words(0xb000, 0x6558, 0, 0, 0, 9, 0, 1), frame)),
  vxlan: (frame) => udp(4789, words(0x0800, 0, 0, 0x2a00), frame),
  geneve: (frame) => udp(6081, words(0x0200, 0x6558, 0, 0x2a00, 1, 2, 3, 4), frame),
  tzsp: (frame) => udp(37_008, Uint8Array.of(1, 0, 0, 1, 0, 10, 1, 99, 1), frame),
  'vxlan in erspan': (frame) => WRAPPERS['erspan II'](WRAPPERS['vxlan'](frame)),
};
