/**
 * Bytes of single frames: Ethernet II with optional 802.1Q tags, ARP, LLDP, IPv4, TCP, UDP, ICMP echo.
 * In: addresses and payloads. Out: one frame as a Uint8Array with right lengths and checksums.
 * Left out on purpose: IPv6, fragments, IP options; the traps that need broken bytes break them afterwards.
 */

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, serviceVlan: 0x88a8, lldp: 0x88cc } as const;
export const TCP_FLAG = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;
const IP_PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;
/** Shortest Ethernet frame without its check sequence (IEEE 802.3 clause 4A.4.2): shorter ones are padded with zeros. */
const MIN_FRAME_BYTES = 60;

export interface VlanTag {
  readonly etherType: number;
  readonly id: number;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Big-endian 16-bit words to bytes. */
export const words = (...values: readonly number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [(value >>> 8) & 0xff, value & 0xff]));

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);

export const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(/[\s:]/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

export const ipBytes = (ip: string): Uint8Array => Uint8Array.from(ip.split('.'), Number);

/** Internet checksum (RFC 1071). */
function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += (part[i]! << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export function ethernet(from: string, to: string, etherType: number, payload: Uint8Array, tags: readonly VlanTag[] = []): Uint8Array {
  const header = concatBytes(hex(to), hex(from), ...tags.map((tag) => words(tag.etherType, tag.id)), words(etherType));
  const padding = new Uint8Array(Math.max(0, MIN_FRAME_BYTES - header.length - payload.length));
  return concatBytes(header, payload, padding);
}

export interface Ipv4Fields {
  readonly from: string;
  readonly to: string;
  readonly id: number;
  readonly ttl: number;
}

function ipv4(fields: Ipv4Fields, protocol: number, payload: Uint8Array): Uint8Array {
  const header = concatBytes(
    words(0x4500, 20 + payload.length, fields.id & 0xffff, 0x4000, (fields.ttl << 8) | protocol, 0),
    ipBytes(fields.from),
    ipBytes(fields.to),
  );
  header.set(words(checksum(header)), 10);
  return concatBytes(header, payload);
}

const pseudoHeader = (fields: Ipv4Fields, protocol: number, length: number): Uint8Array =>
  concatBytes(ipBytes(fields.from), ipBytes(fields.to), words(protocol, length));

export interface TcpFields {
  readonly fromPort: number;
  readonly toPort: number;
  readonly sequence: number;
  readonly acknowledge: number;
  readonly flags: number;
}

/** An IPv4 packet with a TCP segment; a SYN carries the maximum segment size option, as every stack sends it. */
export function tcpPacket(ip: Ipv4Fields, tcp: TcpFields, payload: Uint8Array): Uint8Array {
  const options = (tcp.flags & TCP_FLAG.syn) === 0 ? new Uint8Array(0) : hex('020405b4');
  const segment = concatBytes(
    words(
      tcp.fromPort, tcp.toPort,
      tcp.sequence >>> 16, tcp.sequence & 0xffff,
      tcp.acknowledge >>> 16, tcp.acknowledge & 0xffff,
      ((5 + options.length / 4) << 12) | tcp.flags, 8192, 0, 0,
    ),
    options,
    payload,
  );
  segment.set(words(checksum(pseudoHeader(ip, IP_PROTOCOL.tcp, segment.length), segment)), 16);
  return ipv4(ip, IP_PROTOCOL.tcp, segment);
}

export function udpPacket(ip: Ipv4Fields, fromPort: number, toPort: number, payload: Uint8Array): Uint8Array {
  const datagram = concatBytes(words(fromPort, toPort, 8 + payload.length, 0), payload);
  const sum = checksum(pseudoHeader(ip, IP_PROTOCOL.udp, datagram.length), datagram);
  datagram.set(words(sum === 0 ? 0xffff : sum), 6); // RFC 768: a computed zero is sent as all ones
  return ipv4(ip, IP_PROTOCOL.udp, datagram);
}

export function echoPacket(ip: Ipv4Fields, isRequest: boolean, id: number, sequence: number): Uint8Array {
  const message = concatBytes(words(isRequest ? 0x0800 : 0, 0, id, sequence), ascii('abcdefghijklmnopqrstuvwabcdefghi'));
  message.set(words(checksum(message)), 2);
  return ipv4(ip, IP_PROTOCOL.icmp, message);
}

/** ICMP destination unreachable (RFC 792): quotes the IP header and eight octets of what was refused. */
export function unreachablePacket(ip: Ipv4Fields, code: number, quoted: Uint8Array): Uint8Array {
  const message = concatBytes(words((3 << 8) | code, 0, 0, 0), quoted.subarray(0, 28));
  message.set(words(checksum(message)), 2);
  return ipv4(ip, IP_PROTOCOL.icmp, message);
}

/** ARP for IPv4 over Ethernet (RFC 826). */
export const arpPayload = (operation: 1 | 2, senderMac: string, senderIp: string, targetMac: string, targetIp: string): Uint8Array =>
  concatBytes(words(1, ETHERTYPE.ipv4, 0x0604, operation), hex(senderMac), ipBytes(senderIp), hex(targetMac), ipBytes(targetIp));

const lldpTlv = (type: number, value: Uint8Array): Uint8Array => concatBytes(words((type << 9) | value.length), value);

export interface LldpFields {
  readonly chassisMac: string;
  readonly portName: string;
  readonly systemName: string;
  readonly description: string;
  readonly managementIp: string;
}

/** LLDPDU of a bridge (IEEE 802.1AB clause 8): chassis, port, time to live, name, description, capabilities, management address. */
export const lldpPayload = (fields: LldpFields): Uint8Array =>
  concatBytes(
    lldpTlv(1, concatBytes(hex('04'), hex(fields.chassisMac))),
    lldpTlv(2, concatBytes(hex('05'), ascii(fields.portName))),
    lldpTlv(3, words(120)),
    lldpTlv(5, ascii(fields.systemName)),
    lldpTlv(6, ascii(fields.description)),
    lldpTlv(7, words(0x0004, 0x0004)),
    lldpTlv(8, concatBytes(hex('0501'), ipBytes(fields.managementIp), hex('0200000001 00'))),
    lldpTlv(0, new Uint8Array(0)),
  );
