/**
 * Test-only: a capture's application data as the stream layer would hand it over, without that layer: pcap and pcapng,
 * Ethernet (with VLANs), BSD loopback and raw IP; TCP segments put in order per direction, no timeouts. Small on purpose.
 */
import { readFileSync } from 'node:fs';
import type { ProtocolSink, SessionMemory, StreamProtocol } from '../../../src/decode/app/protocol.ts';
import { PROBE, TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';

interface Packet {
  readonly linkType: number;
  readonly bytes: Uint8Array;
}

interface Segment {
  readonly transport: 'tcp' | 'udp';
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly isSyn: boolean;
  readonly payload: Uint8Array;
}

const readPackets = (file: string): Packet[] => {
  const bytes = new Uint8Array(readFileSync(file));
  const view = new DataView(bytes.buffer);
  const packets: Packet[] = [];
  if (view.getUint32(0, true) === 0x0a0d0d0a) {
    const little = view.getUint32(8, true) === 0x1a2b3c4d;
    const links: number[] = [];
    for (let at = 0; at + 12 <= bytes.length; ) {
      const type = view.getUint32(at, little);
      const length = view.getUint32(at + 4, little);
      if (length < 12) break;
      if (type === 1) links.push(view.getUint16(at + 8, little));
      if (type === 6) {
        const captured = view.getUint32(at + 20, little);
        packets.push({ linkType: links[view.getUint32(at + 8, little)], bytes: bytes.slice(at + 28, at + 28 + captured) });
      }
      at += length;
    }
    return packets;
  }
  const magic = view.getUint32(0, true);
  const little = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d;
  const linkType = view.getUint32(20, little) & 0xffff;
  for (let at = 24; at + 16 <= bytes.length; ) {
    const captured = view.getUint32(at + 8, little);
    packets.push({ linkType, bytes: bytes.slice(at + 16, at + 16 + captured) });
    at += 16 + captured;
  }
  return packets;
};

const networkOffset = ({ linkType, bytes }: Packet): number => {
  if (linkType === 0) return 4;
  if (linkType === 12 || linkType === 101 || linkType === 228) return 0;
  if (linkType === 113) return 16;
  if (linkType !== 1) return -1;
  let at = 12;
  while (bytes[at] === 0x81 && bytes[at + 1] === 0) at += 4;
  return (bytes[at] === 8 && bytes[at + 1] === 0) || (bytes[at] === 0x86 && bytes[at + 1] === 0xdd) ? at + 2 : -1;
};

const readSegment = (packet: Packet): Segment | null => {
  const { bytes } = packet;
  const view = new DataView(bytes.buffer);
  let at = networkOffset(packet);
  if (at < 0 || at + 40 > bytes.length + 20) return null;
  let protocol: number;
  let end: number;
  let source: string;
  let destination: string;
  if (bytes[at] >> 4 === 4) {
    if (at + 20 > bytes.length || (view.getUint16(at + 6) & 0x3fff) !== 0) return null;
    protocol = bytes[at + 9];
    end = Math.min(bytes.length, at + view.getUint16(at + 2));
    source = bytes.subarray(at + 12, at + 16).join('.');
    destination = bytes.subarray(at + 16, at + 20).join('.');
    at += (bytes[at] & 15) * 4;
  } else {
    if (at + 40 > bytes.length) return null;
    protocol = bytes[at + 6];
    end = Math.min(bytes.length, at + 40 + view.getUint16(at + 4));
    source = bytes.subarray(at + 8, at + 24).join('.');
    destination = bytes.subarray(at + 24, at + 40).join('.');
    at += 40;
  }
  if (at + 8 > end) return null;
  const ports = { sourcePort: view.getUint16(at), destinationPort: view.getUint16(at + 2) };
  if (protocol === 17) {
    return { transport: 'udp', source, destination, ...ports, sequence: 0, isSyn: false, payload: bytes.slice(at + 8, end) };
  }
  if (protocol !== 6 || at + 20 > end) return null;
  const isSyn = (bytes[at + 13] & 2) !== 0;
  const payload = bytes.slice(at + (bytes[at + 12] >> 4) * 4, end);
  return { transport: 'tcp', source, destination, ...ports, sequence: view.getUint32(at + 4) + (isSyn ? 1 : 0), isSyn, payload };
};

/** Every TCP and UDP payload of a capture, in its order. */
export const readPayloads = (file: string): Segment[] => readPackets(file).map(readSegment).filter((s): s is Segment => s !== null && s.payload.length > 0);

/** What a reader told, in one place: counted, sorted by nobody. */
export interface Told {
  /** `code kind error` -> times */
  readonly operations: Map<string, number>;
  /** `name=value` -> times, one map per direction (to server, to client) */
  readonly facts: readonly [Map<string, number>, Map<string, number>];
  readonly targets: Map<string, number>;
  readonly serverFacts: Set<string>;
  readonly clientFacts: Set<string>;
  readonly malformed: Map<string, number>;
  /** Whether the bytes last proved the direction they were read in (false: disproved it); null = nothing said. */
  directionHolds: boolean | null;
  direction: number;
  readonly memory: SessionMemory;
}

export const createTold = (): Told => ({
  operations: new Map(),
  facts: [new Map(), new Map()],
  targets: new Map(),
  serverFacts: new Set(),
  clientFacts: new Set(),
  malformed: new Map(),
  directionHolds: null,
  direction: TO_SERVER,
  memory: {},
});

const count = (map: Map<string, number>, key: string): void => {
  map.set(key, (map.get(key) ?? 0) + 1);
};

export const createSink = (told: Told): ProtocolSink => ({
  operation: (_unit, code, kind, error) => count(told.operations, `${code} ${kind} ${error}`),
  range: () => {},
  answeredRange: () => {},
  target: (name) => count(told.targets, name),
  fact: (name, value) => count(told.facts[told.direction], `${name}=${value}`),
  serverFact: (name, value) => void told.serverFacts.add(`${name}=${value}`),
  clientFact: (name, value) => void told.clientFacts.add(`${name}=${value}`),
  asksAt: () => {},
  serverIs: (sender) => {
    told.directionHolds = sender === (told.direction === TO_CLIENT);
    return sender;
  },
  memory: () => told.memory,
  malformed: (reason) => count(told.malformed, reason),
  isCut: false,
  beyondCut: () => {},
});

interface Half {
  next: number;
  carry: Uint8Array;
  skip: number;
  readonly waiting: Segment[];
}

export interface Session {
  readonly client: string;
  readonly server: string;
  readonly serverPort: number;
  readonly told: Told;
  /** Whether the protocol's probe was certain of any first payload. */
  isCertain: boolean;
}

interface OpenSession extends Session {
  readonly memory: SessionMemory;
  readonly sink: ProtocolSink;
  readonly halves: readonly [Half, Half];
}

const feed = (protocol: StreamProtocol, session: OpenSession, direction: number, payload: Uint8Array): void => {
  const half = session.halves[direction];
  session.told.direction = direction;
  let bytes = new Uint8Array(half.carry.length + payload.length);
  bytes.set(half.carry);
  bytes.set(payload, half.carry.length);
  if (half.skip > 0) {
    const skipped = Math.min(half.skip, bytes.length);
    half.skip -= skipped;
    bytes = bytes.slice(skipped);
  }
  const view = new DataView(bytes.buffer);
  let at = 0;
  while (at < bytes.length) {
    const next = protocol.read(bytes, view, at, bytes.length, direction, session.memory, session.sink);
    if (next === -1) {
      count(session.told.malformed, 'resync');
      const found = protocol.resync(bytes, view, at + 1, bytes.length, direction, session.memory);
      if (found < 0) {
        at = bytes.length;
        break;
      }
      at = found;
    } else if (next === at) break;
    else at = next;
  }
  half.skip += Math.max(0, at - bytes.length);
  half.carry = bytes.slice(Math.min(at, bytes.length));
};

const after = (a: number, b: number): number => (a - b) | 0;

const deliver = (protocol: StreamProtocol, session: OpenSession, direction: number, segment: Segment): void => {
  const half = session.halves[direction];
  if (segment.isSyn || half.next < 0) half.next = segment.sequence;
  half.waiting.push(segment);
  half.waiting.sort((a, b) => after(a.sequence, b.sequence));
  while (half.waiting.length > 0 && after(half.waiting[0].sequence, half.next) <= 0) {
    const first = half.waiting.shift() as Segment;
    const payload = first.payload.slice(Math.max(0, after(half.next, first.sequence)));
    if (payload.length === 0) continue;
    half.next = (half.next + payload.length) >>> 0;
    feed(protocol, session, direction, payload);
  }
};

const isIn = (segment: Segment, isServerPort: (port: number) => boolean): boolean =>
  isServerPort(segment.sourcePort) || isServerPort(segment.destinationPort);

/** Runs one protocol over every conversation whose server port `isServerPort` names, in the order of the capture. */
export function readCapture(file: string, transport: 'tcp' | 'udp', protocol: StreamProtocol, isServerPort: (port: number) => boolean): Session[] {
  const sessions = new Map<string, OpenSession>();
  for (const packet of readPackets(file)) {
    const segment = readSegment(packet);
    if (segment === null || segment.transport !== transport || !isIn(segment, isServerPort)) continue;
    if (segment.payload.length === 0 && !segment.isSyn) continue;
    const toServer = isServerPort(segment.destinationPort);
    const client = toServer ? segment.source : segment.destination;
    const server = toServer ? segment.destination : segment.source;
    const clientPort = toServer ? segment.sourcePort : segment.destinationPort;
    const serverPort = toServer ? segment.destinationPort : segment.sourcePort;
    const key = `${client} ${clientPort} ${server} ${serverPort}`;
    let session = sessions.get(key);
    if (session === undefined) {
      const told = createTold();
      const half = (): Half => ({ next: -1, carry: new Uint8Array(0), skip: 0, waiting: [] });
      session = { client, server, serverPort, told, isCertain: false, memory: protocol.newMemory(), sink: createSink(told), halves: [half(), half()] };
      sessions.set(key, session);
    }
    const direction = toServer ? TO_SERVER : TO_CLIENT;
    const { payload } = segment;
    if (payload.length > 0 && protocol.probe(payload, 0, payload.length, direction, serverPort) === PROBE.certain) session.isCertain = true;
    if (transport === 'tcp') {
      deliver(protocol, session, direction, segment);
      continue;
    }
    session.told.direction = direction;
    const end = protocol.read(payload, new DataView(payload.buffer), 0, payload.length, direction, session.memory, session.sink);
    if (end === -1) count(session.told.malformed, 'resync');
  }
  return [...sessions.values()];
}

/** `24-character hex with spaces` to octets. */
export const fromHex = (hex: string): Uint8Array => Uint8Array.from(hex.replaceAll(/\s+/g, '').match(/../g) ?? [], (octet) => parseInt(octet, 16));
