/**
 * Services that are only named, not read: by what their first octets must be. In: the first payload of a direction or a
 * datagram. Out: which service it certainly is. A match is conservative: it fixes at least some four octets, or fewer
 * together with the service's port. Banners tell software where they are in clear. After that nothing is read.
 */
import { PASS_OVER, asciiText, viewOf } from './framing.ts';
import type { ProtocolSink, StreamProtocol } from './protocol.ts';
import { AWAIT_MORE, PROBE, TO_SERVER } from './protocol.ts';
import { COTP, TPKT_HEADER, cotpKind, tpktSize } from './tpkt.ts';

interface Signature {
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  readonly ports: readonly number[];
  readonly firstOctets?: readonly number[];
  /** Whether the octets certainly are this service's. They are at least `least`. */
  readonly least: number;
  readonly match: (bytes: Uint8Array, view: DataView, from: number, to: number, port: number) => boolean;
  /** Whether the sender of octets that match is the server. */
  readonly senderIsServer?: (bytes: Uint8Array, from: number) => boolean;
  /** What a first payload says about a device. */
  readonly tell?: (bytes: Uint8Array, from: number, to: number, direction: number, sink: ProtocolSink) => void;
}

const at = (bytes: Uint8Array, from: number, octets: readonly number[]): boolean => octets.every((octet, i) => bytes[from + i] === octet);
const text = (words: string): readonly number[] => [...words].map((letter) => letter.charCodeAt(0));
const lineOf = (bytes: Uint8Array, from: number, to: number): string => {
  const end = bytes.indexOf(10, from);
  return asciiText(bytes, from, end < 0 || end > to ? to : end).replace(/\.$/, '');
};
const tellBanner = (name: string): NonNullable<Signature['tell']> => (bytes, from, to, direction, sink) => {
  const line = lineOf(bytes, from, to);
  if (direction === TO_SERVER) sink.clientFact(name, line);
  else sink.serverFact(name, line);
};

const SMB_MARKS = [0xff, 0xfe, 0xfd];
const SSH = text('SSH-');
const RFB = text('RFB 00');
const RDP_NEGOTIATION = [0x01, 0x00, 0x08, 0x00];
const LDAP_OPERATIONS = new Set([0x42, 0x60, 0x61, 0x63, 0x64, 0x65, 0x73, 0x77, 0x78]);
const KERBEROS_MESSAGES = new Set([0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x7e]);
const TDS = { login: 0x10, response: 0x04, prelogin: 0x12 } as const;

/** ASN.1 length in long form with as many octets as there are: BER of more than 127 octets. */
const berContent = (bytes: Uint8Array, from: number): number => (bytes[from + 1] < 0x80 ? from + 2 : from + 2 + (bytes[from + 1] & 0x7f));

/** What a Fox hello says of a station: `name=type:value`, a line each (as the nmap script fox-info reads it). */
const FOX_FACTS = new Map([
  ['hostName', 'fox.host'],
  ['station.name', 'fox.station'],
  ['app.name', 'fox.application'],
  ['app.version', 'fox.version'],
  ['brandId', 'fox.brand'],
]);
const FOX = text('fox ');
const FOX_LINES = 40;

const tellFox: NonNullable<Signature['tell']> = (bytes, from, to, direction, sink) => {
  let at = from;
  for (let line = 0; line < FOX_LINES && at < to; line++) {
    const end = bytes.indexOf(10, at);
    const [, name = '', value = ''] = /^([A-Za-z.]+)=[a-z]:(.+)$/.exec(asciiText(bytes, at, end < 0 || end > to ? to : end)) ?? [];
    const fact = FOX_FACTS.get(name);
    if (fact !== undefined && direction === TO_SERVER) sink.clientFact(fact, value);
    else if (fact !== undefined) sink.serverFact(fact, value);
    if (end < 0) return;
    at = end + 1;
  }
};

const CCLINK_PORTS = [61450, 61451];

/** Of CODESYS 3, and of CODESYS 2. */
const CODESYS_PORTS = [11740, 11741, 11742, 11743, 1200, 2455];
const CODESYS_UDP_PORTS = [1740, 1741, 1742, 1743];
const CODESYS_DATAGRAM = 0xc5;
const CODESYS_BLOCK = [0x00, 0x01, 0x17, 0xe8];

/**
 * CODESYS 3: a block with its length, in it a datagram of the runtime's own network (Kaspersky ICS CERT, "CODESYS Runtime, a PLC control
 * framework", 2019). CODESYS 2: two marks and a length in the controller's own byte order (as the nmap script codesys-v2-discover asks).
 */
const isCodesys: Signature['match'] = (bytes, view, from, to) => {
  if (at(bytes, from, CODESYS_BLOCK)) return view.getUint32(from + 4, true) <= 0xffff && bytes[from + 8] >> 4 === CODESYS_DATAGRAM >> 4;
  const rest = to - from - 6;
  return at(bytes, from, [0xbb, 0xbb]) && (view.getUint32(from + 2, true) === rest || view.getUint32(from + 2) === rest);
};

/** Direct connection and search of controllers, and the connection of tools and panels. */
const MELSOFT_PORTS = { tcp: [5562], udp: [5560, 5562] } as const;
const MELSOFT = { request: 0x57, response: 0xd7, search: 0x5a, found: 0xda } as const;
const MELSOFT_HEADER = 21;
const IS_ANSWER = 0x80;

/** Mitsubishi's own frames of its tools and panels: what the nmap script melsecq-discover asks with, and how controllers answer; length last. */
const isMelsoft: Signature['match'] = (bytes, view, from, to) =>
  to - from >= MELSOFT_HEADER &&
  at(bytes, from + 3, [0, 0, 0x11, 0x11]) &&
  ((bytes[from] === MELSOFT.request && at(bytes, from + 7, [0x07, 0, 0])) || (bytes[from] === MELSOFT.response && at(bytes, from + 7, [0x7f, 0, 0]))) &&
  view.getUint16(from + 19, true) > 0;

const melsoftSender = (bytes: Uint8Array, from: number): boolean => (bytes[from] & IS_ANSWER) !== 0;

const SIGNATURES: readonly Signature[] = [
  { name: 'ssh', transport: 'tcp', ports: [22], firstOctets: text('S'), least: 8, match: (b, _v, f) => at(b, f, SSH) && (b[f + 4] === 0x31 || b[f + 4] === 0x32), tell: tellBanner('ssh.software') },
  { name: 'vnc', transport: 'tcp', ports: [5900, 5901, 5902], firstOctets: text('R'), least: 12, match: (b, _v, f) => at(b, f, RFB) && b[f + 11] === 10, tell: tellBanner('vnc.version') },
  {
    name: 'rdp',
    transport: 'tcp',
    ports: [3389],
    firstOctets: [3],
    least: TPKT_HEADER + 8,
    // X.224 connection request or confirm with a cookie or a negotiation structure (MS-RDPBCGR 2.2.1.1, 2.2.1.2).
    match: (b, v, f, to) => {
      const size = tpktSize(b, v, f);
      if (size < 0 || f + size > to) return false;
      const kind = cotpKind(b, f);
      if (kind === COTP.connectRequest && at(b, f + 11, text('Cookie: mstshash='))) return true;
      const negotiation = f + size - 8;
      return (kind === COTP.connectRequest && size >= 19 && at(b, negotiation, RDP_NEGOTIATION) && b[negotiation + 5] === 0) || (kind === COTP.connectConfirm && size === 19 && (b[negotiation] === 2 || b[negotiation] === 3) && b[negotiation + 2] === 8);
    },
  },
  {
    name: 'smb',
    transport: 'tcp',
    ports: [445, 139],
    firstOctets: [0, 0x81],
    least: 8,
    match: (b, _v, f) => (b[f] === 0 && SMB_MARKS.includes(b[f + 4]) && at(b, f + 5, text('SMB'))) || at(b, f, [0x81, 0, 0, 0x44, 0x20]),
    tell(bytes, from, _to, _direction, sink) {
      // SMB 1 is a finding of its own on most plants: say which.
      if (bytes[from] === 0) sink.fact('smb.version', bytes[from + 4] === 0xff ? '1' : '2');
    },
  },
  { name: 'telnet', transport: 'tcp', ports: [23], firstOctets: [0xff], least: 3, match: (b, _v, f, to) => b[f] === 0xff && b[f + 1] >= 0xfb && b[f + 1] <= 0xfe && b[f + 2] < 0x50 && (to - f === 3 || b[f + 3] === 0xff) },
  {
    name: 'ftp',
    transport: 'tcp',
    ports: [21],
    firstOctets: text('U2'),
    least: 5,
    match: (b, _v, f, to, port) => (at(b, f, text('USER ')) && port !== 110) || (at(b, f, text('220')) && (port === 21 || /ftp/i.test(lineOf(b, f, to)))),
    tell(bytes, from, to, direction, sink) {
      if (direction !== TO_SERVER && at(bytes, from, text('220'))) sink.serverFact('ftp.banner', lineOf(bytes, from, to).slice(4));
    },
  },
  { name: 'smtp', transport: 'tcp', ports: [25, 587], firstOctets: text('EH2'), least: 5, match: (b, _v, f, to, port) => at(b, f, text('EHLO ')) || at(b, f, text('HELO ')) || (at(b, f, text('220')) && port !== 21 && /smtp/i.test(lineOf(b, f, to))) },
  {
    name: 'mssql',
    transport: 'tcp',
    ports: [1433],
    firstOctets: [TDS.login, TDS.prelogin, TDS.response],
    least: 14,
    // TDS (MS-TDS 2.2.3.1): pre-login begins with its VERSION option, login has its own length, both in one packet.
    match: (b, v, f, to) => {
      const isPacket = b[f + 1] === 1 && v.getUint16(f + 2) === to - f && b[f + 7] === 0;
      if (!isPacket) return false;
      if (b[f] === TDS.login) return v.getUint32(f + 8, true) === to - f - 8;
      return (b[f] === TDS.prelogin || b[f] === TDS.response) && b[f + 8] === 0 && b[f + 9] === 0 && b[f + 11] === 0 && b[f + 12] === 6;
    },
  },
  {
    name: 'ldap',
    transport: 'tcp',
    ports: [389, 3268],
    firstOctets: [0x30],
    least: 10,
    match: (b, _v, f, to) => {
      const id = berContent(b, f);
      return b[f] === 0x30 && b[f + 1] !== 0x80 && id + 4 < to && b[id] === 2 && b[id + 1] >= 1 && b[id + 1] <= 4 && LDAP_OPERATIONS.has(b[id + 2 + b[id + 1]]);
    },
  },
  {
    name: 'kerberos',
    transport: 'tcp',
    ports: [88],
    firstOctets: [0],
    least: 16,
    match: (b, v, f) => v.getUint32(f) < 65536 && KERBEROS_MESSAGES.has(b[f + 4]) && b[f + 5] >= 0x80 && b[f + 5] <= 0x83 && b[berContent(b, f + 4)] === 0x30,
  },
  { name: 'kerberos', transport: 'udp', ports: [88], firstOctets: [...KERBEROS_MESSAGES], least: 16, match: (b, _v, f, _t, port) => port === 88 && KERBEROS_MESSAGES.has(b[f]) && b[berContent(b, f)] === 0x30 },
  {
    name: 'ntp',
    transport: 'udp',
    ports: [123],
    least: 12,
    match: (b, _v, f, to, port) => port === 123 && (to - f >= 48 || (b[f] & 7) >= 6) && (b[f] & 7) >= 1 && (b[f] & 7) <= 7 && ((b[f] >> 3) & 7) >= 1 && ((b[f] >> 3) & 7) <= 4 && (b[f + 1] <= 16 || (b[f] & 7) >= 6),
  },
  { name: 'syslog', transport: 'udp', ports: [514], firstOctets: text('<'), least: 6, match: (b, _v, f, to) => /^<(?:\d|[1-9]\d|1[0-8]\d|19[01])>/.test(asciiText(b, f, Math.min(to, f + 6))) },
  { name: 'syslog', transport: 'tcp', ports: [601], firstOctets: text('<0123456789'), least: 6, match: (b, _v, f, to) => /^(?:\d{1,4} )?<(?:\d|[1-9]\d|1[0-8]\d|19[01])>/.test(asciiText(b, f, Math.min(to, f + 12))) },
  { name: 'ssdp', transport: 'udp', ports: [1900], firstOctets: text('MNH'), least: 16, match: (b, _v, f, _t, port) => at(b, f, text('M-SEARCH * HTTP/')) || at(b, f, text('NOTIFY * HTTP/1')) || (port === 1900 && at(b, f, text('HTTP/1.1 200'))) },
  { name: 'quic', transport: 'udp', ports: [443], least: 16, match: (b, _v, f) => (b[f] & 0xc0) === 0xc0 && (at(b, f + 1, [0, 0, 0, 1]) || at(b, f + 1, [0x6b, 0x33, 0x43, 0xcf])) && b[f + 5] <= 20 },
  // Common packet format with a sequenced address and connected data (CIP volume 2, 2-6).
  { name: 'enip-io', transport: 'udp', ports: [2222], firstOctets: [2], least: 18, match: (b, _v, f) => at(b, f, [2, 0, 2, 0x80, 8, 0]) && at(b, f + 14, [0xb1, 0]) },
  { name: 'wireguard', transport: 'udp', ports: [51820], firstOctets: [1, 2], least: 92, match: (b, _v, f, to) => (at(b, f, [1, 0, 0, 0]) && to - f === 148) || (at(b, f, [2, 0, 0, 0]) && to - f === 92) },
  // Niagara Fox: `fox`, kind of message, its number.
  { name: 'fox', transport: 'tcp', ports: [1911], firstOctets: text('f'), least: 8, match: (b, _v, f) => at(b, f, FOX) && b[f + 4] >= 0x61 && b[f + 4] <= 0x7a && b[f + 5] === 0x20 && b[f + 6] >= 0x30 && b[f + 6] <= 0x39, tell: tellFox },
  { name: 'codesys', transport: 'tcp', ports: CODESYS_PORTS, firstOctets: [0, 0xbb], least: 9, match: isCodesys },
  { name: 'codesys', transport: 'udp', ports: CODESYS_UDP_PORTS, firstOctets: [CODESYS_DATAGRAM], least: 8, match: (b, _v, f, _t, port) => CODESYS_UDP_PORTS.includes(port) && b[f] === CODESYS_DATAGRAM },
  // Cyclic data and the search for stations of CC-Link IE Field Network Basic: frames of SLMP (3E) with commands of their own, on ports of their own.
  { name: 'cclink-ie-basic', transport: 'udp', ports: CCLINK_PORTS, firstOctets: [0x50, 0xd0], least: 11, match: (b, _v, f, _t, port) => CCLINK_PORTS.includes(port) && (b[f] === 0x50 || b[f] === 0xd0) && at(b, f + 1, [0, 0, 0xff, 0xff, 0x03, 0]) },
  { name: 'melsoft', transport: 'tcp', ports: MELSOFT_PORTS.tcp, firstOctets: [MELSOFT.request, MELSOFT.response], least: MELSOFT_HEADER, match: isMelsoft, senderIsServer: melsoftSender },
  {
    name: 'melsoft',
    transport: 'udp',
    ports: MELSOFT_PORTS.udp,
    firstOctets: Object.values(MELSOFT),
    least: 4,
    // A search is four octets, answered to all; only its port tells what it is.
    match: (b, v, f, to, port) => isMelsoft(b, v, f, to, port) || (port === MELSOFT_PORTS.udp[0] && (b[f] === MELSOFT.search || b[f] === MELSOFT.found) && at(b, f + 1, [0, 0])),
    senderIsServer: melsoftSender,
  },
  // The header of FL-net, 64 octets and more (JEM 1479), as the manuals of its modules show it.
  { name: 'fl-net', transport: 'udp', ports: [55000, 55001, 55002], firstOctets: text('F'), least: 64, match: (b, _v, f) => at(b, f, text('FACN')) },
  // Brokers and buses between plant and office. AMQP: a protocol header, with the version or what follows it (0-9-1 clause 4.2.2, 1.0 clause 2.2).
  { name: 'amqp', transport: 'tcp', ports: [5672], firstOctets: text('A'), least: 8, match: (b, _v, f) => at(b, f, text('AMQP')) && b[f + 4] <= 3 && b[f + 5] <= 1 && b[f + 6] <= 10 && b[f + 7] <= 10 },
  {
    name: 'nats',
    transport: 'tcp',
    ports: [4222],
    firstOctets: text('IC'),
    least: 9,
    match: (b, _v, f) => at(b, f, text('INFO {"')) || at(b, f, text('CONNECT {')),
    senderIsServer: (b, f) => b[f] === 0x49,
  },
  // A request of Kafka: length, which kind in which version, its number, who asks.
  {
    name: 'kafka',
    transport: 'tcp',
    ports: [9092],
    firstOctets: [0],
    least: 15,
    match(b, v, f, to, port) {
      const client = v.getInt16(f + 12);
      const isRequest = port === 9092 && v.getUint32(f) === to - f - 4 && v.getUint16(f + 4) < 100 && v.getUint16(f + 6) < 30 && client > 0 && f + 14 + client <= to;
      return isRequest && /^[\w .:/-]+$/.test(String.fromCharCode(...b.subarray(f + 14, f + 14 + Math.min(client, 64))));
    },
    senderIsServer: () => false,
  },
  // DDS, as robots and test benches use it (OMG DDSI-RTPS 2.5, clause 9.4.4): version 2, vendors of the registry.
  { name: 'rtps', transport: 'udp', ports: [7400, 7401, 7410, 7411], firstOctets: text('R'), least: 20, match: (b, _v, f) => at(b, f, text('RTPS')) && b[f + 4] === 2 && b[f + 6] <= 1 },
  { name: 'isakmp', transport: 'udp', ports: [500, 4500], least: 28, match: (b, v, f, to) => (b[f + 17] === 0x10 || b[f + 17] === 0x20) && v.getUint32(f + 24) === to - f },
];

const namedOnly = (signature: Signature): StreamProtocol => {
  const { name, ports, firstOctets, least, match, senderIsServer, tell } = signature;
  const isStream = signature.transport === 'tcp';
  /** Too few octets to tell it by, which are waited for: a datagram has no more. */
  const mayBegin = (bytes: Uint8Array, from: number, to: number): boolean => isStream && to > from && to - from < least && (firstOctets === undefined || firstOctets.includes(bytes[from]));
  return {
    name,
    ports,
    ...(firstOctets === undefined ? {} : { firstOctets }),
    ...(isStream && firstOctets !== undefined ? { isHeldOnAnyPort: true } : {}),
    ...(senderIsServer === undefined ? {} : { senderIsServer }),
    maxCarry: 256,
    // 1 once a payload matched: until then nothing is believed, afterwards nothing is read but the other side's first.
    newMemory: () => ({ proven: 0, told0: 0, told1: 0 }),
    probe(bytes, from, to, _direction, port) {
      if (to - from < least) return mayBegin(bytes, from, to) ? PROBE.unsure : PROBE.notForUs;
      return match(bytes, viewOf(bytes), from, to, port) ? PROBE.certain : PROBE.notForUs;
    },
    read(bytes, view, from, to, direction, memory, sink) {
      const told = direction === TO_SERVER ? 'told0' : 'told1';
      const isMatch = memory[told] === 0 && to - from >= least && match(bytes, view, from, to, ports[0]);
      if (!isMatch && memory.proven === 0) return mayBegin(bytes, from, to) ? from : -1;
      memory.proven = 1;
      memory[told] = 1;
      if (isMatch && tell !== undefined) tell(bytes, from, to, direction, sink);
      return isStream ? to + PASS_OVER : to;
    },
    resync(bytes, view, from, to, _direction, memory) {
      if (memory.proven !== 0 || (to - from >= least && match(bytes, view, from, to, ports[0]))) return from;
      return mayBegin(bytes, from, to) ? AWAIT_MORE : -1;
    },
    describe: (code) => ({ name: `id-${code}`, access: 'read' }),
  };
};

/** Named services on TCP, and on UDP. */
export const TCP_SIGNATURES: readonly StreamProtocol[] = SIGNATURES.filter(({ transport }) => transport === 'tcp').map(namedOnly);
export const UDP_SIGNATURES: readonly StreamProtocol[] = SIGNATURES.filter(({ transport }) => transport === 'udp').map(namedOnly);
