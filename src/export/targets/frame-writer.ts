/**
 * Frames and captures made from nothing, for test captures: Ethernet, IPv4 or IPv6, TCP sessions with correct
 * sequence numbers and checksums, UDP datagrams, and the classic pcap file (libpcap 2.4, microseconds, Ethernet).
 * In: addresses, ports and payloads. Out: bytes. Time starts at a fixed instant: same plan, same bytes.
 */
import ipaddr from 'ipaddr.js';

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

export interface Exchange {
  readonly fromClient: boolean;
  readonly payload: Uint8Array;
}

const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd } as const;
const TCP = 6;
const UDP = 17;
const FLAG = { fin: 0x01, syn: 0x02, psh: 0x08, ack: 0x10 } as const;
const WINDOW = 64240;

/** Internet checksum (RFC 1071). */
const checksum = (...parts: readonly Uint8Array[]): number => {
  let sum = 0;
  for (const part of parts)
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** Locally administered, from the last two bytes of the address. */
const macOf = (ip: Uint8Array): Uint8Array =>
  new Uint8Array([0x02, 0, 0, 0, ip[ip.length - 2] ?? 0, ip[ip.length - 1] ?? 0]);

const ipFrame = (source: string, target: string, protocol: number, segment: Uint8Array, checksumAt: number): Uint8Array => {
  const from = Uint8Array.from(ipaddr.parse(source).toByteArray());
  const to = Uint8Array.from(ipaddr.parse(target).toByteArray());
  const v4 = from.length === 4;
  const pseudo = v4
    ? joined(from, to, new Uint8Array([0, protocol, segment.length >> 8, segment.length & 255]))
    : joined(from, to, new Uint8Array([0, 0, segment.length >> 8, segment.length & 255, 0, 0, 0, protocol]));
  const body = segment.slice();
  const sum = checksum(pseudo, body);
  // Of UDP 0 means that there is none, so that a sum of 0 is sent as its other form (RFC 768).
  new DataView(body.buffer).setUint16(checksumAt, sum === 0 && protocol === UDP ? 0xffff : sum);
  const header = new Uint8Array(v4 ? 20 : 40);
  const view = new DataView(header.buffer);
  if (v4) {
    header.set([0x45, 0], 0);
    view.setUint16(2, 20 + body.length);
    header.set([0x40, 0, 64, protocol], 6);
    header.set(from, 12);
    header.set(to, 16);
    view.setUint16(10, checksum(header));
  } else {
    header[0] = 0x60;
    view.setUint16(4, body.length);
    header.set([protocol, 64], 6);
    header.set(from, 8);
    header.set(to, 24);
  }
  const type = v4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6;
  return joined(macOf(to), macOf(from), new Uint8Array([type >> 8, type & 255]), header, body);
};

const tcpSegment = (from: Endpoint, to: Endpoint, seq: number, ack: number, flags: number, payload: Uint8Array): Uint8Array => {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, seq >>> 0);
  view.setUint32(8, ack >>> 0);
  view.setUint16(12, (5 << 12) | flags);
  view.setUint16(14, WINDOW);
  return joined(header, payload);
};

/** Handshake, the exchanges, and an orderly end. */
export const tcpSession = (client: Endpoint, server: Endpoint, exchanges: readonly Exchange[]): Uint8Array[] => {
  const frames: Uint8Array[] = [];
  const next = { client: 1000, server: 5000 };
  const send = (fromClient: boolean, flags: number, payload: Uint8Array = new Uint8Array(0)): void => {
    const [from, to] = fromClient ? [client, server] : [server, client];
    const seq = fromClient ? next.client : next.server;
    const ack = (flags & FLAG.ack) === 0 ? 0 : fromClient ? next.server : next.client;
    frames.push(ipFrame(from.ip, to.ip, TCP, tcpSegment(from, to, seq, ack, flags, payload), 16));
    const used = payload.length + ((flags & (FLAG.syn | FLAG.fin)) === 0 ? 0 : 1);
    if (fromClient) next.client += used;
    else next.server += used;
  };
  send(true, FLAG.syn);
  send(false, FLAG.syn | FLAG.ack);
  send(true, FLAG.ack);
  for (const exchange of exchanges) {
    send(exchange.fromClient, FLAG.psh | FLAG.ack, exchange.payload);
    send(!exchange.fromClient, FLAG.ack);
  }
  send(true, FLAG.fin | FLAG.ack);
  send(false, FLAG.fin | FLAG.ack);
  send(true, FLAG.ack);
  return frames;
};

export const udpDatagram = (client: Endpoint, server: Endpoint, payload: Uint8Array): Uint8Array => {
  const header = new Uint8Array(8);
  const view = new DataView(header.buffer);
  view.setUint16(0, client.port);
  view.setUint16(2, server.port);
  view.setUint16(4, 8 + payload.length);
  return ipFrame(client.ip, server.ip, UDP, joined(header, payload), 6);
};

/** 2020-01-01T00:00:00Z; frames follow each other by one millisecond. */
const START_SECONDS = 1_577_836_800;

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

export const pcapFile = (frames: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + RECORD_HEADER + frame.length, FILE_HEADER));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 65535, true);
  view.setUint32(20, 1, true);
  let at = FILE_HEADER;
  for (const [index, frame] of frames.entries()) {
    view.setUint32(at, START_SECONDS + Math.floor(index / 1000), true);
    view.setUint32(at + 4, (index % 1000) * 1000, true);
    view.setUint32(at + 8, frame.length, true);
    view.setUint32(at + 12, frame.length, true);
    bytes.set(frame, at + RECORD_HEADER);
    at += RECORD_HEADER + frame.length;
  }
  return bytes;
};
