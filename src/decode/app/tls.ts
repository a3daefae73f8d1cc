/**
 * TLS (RFC 5246, RFC 8446): what the two hellos say in clear: server name, version chosen, application protocol. In: a
 * stream from its first record. Out: facts and who is the server. Left out on purpose: certificates, and everything
 * after a direction's hello, which is passed over unread.
 */
import type { ProtocolSink, StreamProtocol } from './protocol.ts';
import { PROBE } from './protocol.ts';
import { PASS_OVER, asciiText } from './framing.ts';

const RECORD_HEADER = 5;
const HANDSHAKE = 22;
const LARGEST_RECORD = 16384 + 2048;
/** Header of the record and of the hello, and its version. */
const HELLO_OCTETS = 11;
/** Later versions stand in an extension. */
const NEWEST_IN_HEAD = 0x0303;
const HELLO = { client: 1, server: 2 } as const;
const HANDSHAKE_HEADER = 4;
const RANDOM_OCTETS = 32;
const EXTENSION = { serverName: 0, alpn: 16, supportedVersions: 43 } as const;
const VERSIONS = new Map([
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
  [0x0303, 'TLS 1.2'],
  [0x0304, 'TLS 1.3'],
]);
/** Extensions looked at; a hello has some twenty. */
const MOST_EXTENSIONS = 64;

interface Hello {
  version: number;
  /** An extension said so (RFC 8446 clause 4.2.1). */
  isVersionChosen: boolean;
  serverName: string;
  alpn: string;
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

/** Whether a record at `at` holds the start of a hello. */
const isHello = (bytes: Uint8Array, at: number): boolean => {
  const kind = bytes[at + RECORD_HEADER];
  const record = u16(bytes, at + 3);
  return bytes[at] === HANDSHAKE && bytes[at + 1] === 3 && bytes[at + 2] <= 4 && record > HANDSHAKE_HEADER && record <= LARGEST_RECORD && (kind === HELLO.client || kind === HELLO.server) && bytes[at + RECORD_HEADER + 1] === 0;
};

const readExtension = (bytes: Uint8Array, type: number, at: number, end: number, isClient: boolean, hello: Hello): void => {
  if (type === EXTENSION.serverName && isClient && at + 5 <= end) hello.serverName = asciiText(bytes, at + 5, Math.min(end, at + 5 + u16(bytes, at + 3)));
  else if (type === EXTENSION.supportedVersions && !isClient && at + 2 <= end) {
    hello.version = u16(bytes, at);
    hello.isVersionChosen = true;
  } else if (type === EXTENSION.alpn && !isClient && at + 3 <= end) hello.alpn = asciiText(bytes, at + 3, Math.min(end, at + 3 + bytes[at + 2]));
};

const readHello = (bytes: Uint8Array, at: number, end: number): Hello => {
  const isClient = bytes[at] === HELLO.client;
  const hello: Hello = { version: u16(bytes, at + HANDSHAKE_HEADER), isVersionChosen: false, serverName: '', alpn: '' };
  let next = at + HANDSHAKE_HEADER + 2 + RANDOM_OCTETS;
  if (next >= end) return hello;
  next += 1 + bytes[next];
  // Cipher suites and compression methods: lists of a client, one choice of a server.
  if (isClient) {
    if (next + 2 > end) return hello;
    next += 2 + u16(bytes, next);
    if (next >= end) return hello;
    next += 1 + bytes[next];
  } else next += 3;
  next += 2;
  for (let i = 0; i < MOST_EXTENSIONS && next + 4 <= end; i++) {
    const from = next + 4;
    next = from + u16(bytes, next + 2);
    if (next > end) break;
    readExtension(bytes, u16(bytes, from - 4), from, next, isClient, hello);
  }
  return hello;
};

/** Of a hello that was cut off the extensions that are whole; an older version stands in its head, a newer one among them. */
const tellHello = (bytes: Uint8Array, at: number, end: number, sink: ProtocolSink): void => {
  const isClient = bytes[at] === HELLO.client;
  const { version, isVersionChosen, serverName, alpn } = readHello(bytes, at, end);
  sink.serverIs(!isClient);
  if (isClient && serverName !== '') sink.fact('tls.sni', serverName);
  if (!isClient && (isVersionChosen || !sink.isCut || version < NEWEST_IN_HEAD)) sink.fact('tls.version', VERSIONS.get(version) ?? `0x${version.toString(16)}`);
  else if (sink.isCut && serverName === '') sink.beyondCut();
  if (alpn !== '') sink.fact('tls.alpn', alpn);
};

const PORTS = [443, 8443, 636, 3269, 993, 995, 465, 4843, 8883, 5986, 8531, 5671, 6514, 802, 19998];

export const TLS: StreamProtocol = {
  name: 'tls',
  ports: PORTS,
  firstOctets: [HANDSHAKE],
  isHeldOnAnyPort: true,
  maxCarry: LARGEST_RECORD + RECORD_HEADER,
  newMemory: () => ({ passed0: 0, passed1: 0 }),
  probe(bytes, from, to) {
    if (to - from < RECORD_HEADER + 2) return to > from && bytes[from] !== HANDSHAKE ? PROBE.notForUs : PROBE.unsure;
    return isHello(bytes, from) ? PROBE.certain : PROBE.notForUs;
  },
  read(bytes, _view, from, to, direction, memory, sink) {
    const passed = direction === 0 ? 'passed0' : 'passed1';
    if (memory[passed] !== 0) return to + PASS_OVER;
    if (to - from < RECORD_HEADER + 2) return from;
    if (!isHello(bytes, from)) {
      // One side's hello proves the other's; before any, these are not the first octets of a TLS session.
      if (memory.passed0 === 0 && memory.passed1 === 0) return -1;
      memory[passed] = 1;
      return to + PASS_OVER;
    }
    const end = from + RECORD_HEADER + u16(bytes, from + 3);
    if (end > to) return from;
    memory[passed] = 1;
    tellHello(bytes, from + RECORD_HEADER, end, sink);
    return to + PASS_OVER;
  },
  readCut(bytes, _view, from, to, direction, memory, sink) {
    if (to - from < HELLO_OCTETS || !isHello(bytes, from)) {
      sink.beyondCut();
      return 0;
    }
    memory[direction === 0 ? 'passed0' : 'passed1'] = 1;
    tellHello(bytes, from + RECORD_HEADER, to, sink);
    return to - from + PASS_OVER;
  },
  resync: (bytes, _view, from, to, _direction, memory) => (memory.passed0 !== 0 || memory.passed1 !== 0 || (to - from > RECORD_HEADER + 2 && isHello(bytes, from)) ? from : -1),
  describe: (code) => ({ name: `id-${code}`, access: 'read' }),
};
