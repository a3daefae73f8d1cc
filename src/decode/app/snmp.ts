/**
 * SNMP versions 1 and 2c (RFC 1157, RFC 3416); version 3 is only named. In: one datagram. Out: PDU types as operations with
 * their error status, the version, sysName and sysDescr where an answer tells them. Communities are passwords: never kept.
 */
import type { Access } from '../../observation.ts';
import { content, lengthOf } from './ber.ts';
import { asciiText } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';
import { senderByReading } from './sender.ts';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OCTETS = 0x04;
const PDU = { response: 2, first: 0xa0, last: 0xa8 } as const;
const NOTIFICATIONS = new Set([4, 7]);
const VERSIONS = new Map([
  [0, '1'],
  [1, '2c'],
  [3, '3'],
]);
const V3 = 3;

const TYPES: readonly (readonly [string, Access])[] = [
  ['GetRequest', 'read'],
  ['GetNextRequest', 'read'],
  ['Response', 'read'],
  ['SetRequest', 'write'],
  ['Trap', 'read'],
  ['GetBulkRequest', 'read'],
  ['InformRequest', 'read'],
  ['SNMPv2-Trap', 'read'],
  ['Report', 'diagnose'],
];

/** 1.3.6.1.2.1.1.n.0 (RFC 3418) and then an OCTET STRING. */
const SYSTEM = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x02, 0x01, 0x01];
const SYSTEM_FACTS = new Map([
  [1, 'snmp.description'],
  [5, 'snmp.name'],
]);

/** Offset of the version's value, where this is an SNMP message; -1 where it is not. */
const versionAt = (bytes: Uint8Array, from: number, to: number): number => {
  if (bytes[from] !== SEQUENCE) return -1;
  const at = content(bytes, from, to);
  if (at < 0 || at + 5 > to || bytes[at] !== INTEGER || bytes[at + 1] !== 1 || !VERSIONS.has(bytes[at + 2])) return -1;
  return bytes[at + 3] === (bytes[at + 2] === V3 ? SEQUENCE : OCTETS) ? at + 2 : -1;
};

/** Offset of the PDU behind the community; -1 where there is none. */
const pduAt = (bytes: Uint8Array, version: number, to: number): number => {
  const community = version + 1;
  const at = content(bytes, community, to);
  if (at < 0) return -1;
  const pdu = at + lengthOf(bytes, community);
  return pdu + 2 <= to && bytes[pdu] >= PDU.first && bytes[pdu] <= PDU.last ? pdu : -1;
};

const tellSystem = (bytes: Uint8Array, from: number, to: number, sink: ProtocolSink): void => {
  for (let at = bytes.indexOf(SYSTEM[0], from); at >= 0 && at + 12 < to; at = bytes.indexOf(SYSTEM[0], at + 1)) {
    if (!SYSTEM.every((octet, i) => bytes[at + i] === octet) || bytes[at + 9] !== 0 || bytes[at + 10] !== OCTETS) continue;
    const name = SYSTEM_FACTS.get(bytes[at + 8]);
    const value = content(bytes, at + 10, to);
    if (name === undefined || value < 0) continue;
    const end = value + lengthOf(bytes, at + 10);
    if (end > to && sink.isCut) return;
    const text = asciiText(bytes, value, Math.min(to, end));
    if (text !== '') sink.serverFact(name, text);
  }
};

const readPdu = (bytes: Uint8Array, pdu: number, to: number, memory: SessionMemory, sink: ProtocolSink): void => {
  const type = bytes[pdu] - PDU.first;
  if (NOTIFICATIONS.has(type)) {
    // Some agents send from their own port 161: who is told serves all the same.
    sink.serverIs(false);
    return sink.operation(-1, type, MESSAGE.request, 0);
  }
  const request = content(bytes, pdu, to);
  if (request < 0 || request + 2 > to || bytes[request] !== INTEGER || bytes[request + 1] > 5) return sink.malformed('snmp.pdu');
  let id = 0;
  const after = Math.min(to, request + 2 + bytes[request + 1]);
  for (let i = request + 2; i < after; i++) id = (id * 256 + bytes[i]) >>> 0;
  const outstanding = memory.outstanding as number[];
  if (type !== PDU.response) {
    sink.serverIs(false);
    rememberRequest(outstanding, id, type);
    return sink.operation(-1, type, MESSAGE.request, 0);
  }
  sink.serverIs(true);
  if (after + 3 > to && sink.isCut) return sink.beyondCut();
  const asked = takeRequest(outstanding, id);
  const status = after + 3 <= to && bytes[after] === INTEGER && bytes[after + 1] === 1 ? bytes[after + 2] : 0;
  // What it answers, only its request says: where that was before the capture, or in a burst too long to be remembered, nobody asks for a "Response".
  if (asked >= 0) sink.operation(-1, asked, status === 0 ? MESSAGE.response : MESSAGE.error, status);
  tellSystem(bytes, after, to, sink);
};

const newMemory = (): SessionMemory => ({ outstanding: [] });

export const SNMP: StreamProtocol = {
  name: 'snmp',
  ports: [161, 162],
  firstOctets: [0x30],
  maxCarry: 0xffff,
  newMemory,
  senderIsServer: (bytes, from, to) => senderByReading(SNMP.read, newMemory, bytes, from, to),
  probe(bytes, from, to) {
    const version = versionAt(bytes, from, to);
    if (version < 0) return PROBE.notForUs;
    return bytes[version] === V3 || pduAt(bytes, version, to) >= 0 ? PROBE.certain : PROBE.notForUs;
  },
  read(bytes, _view, from, to, _direction, memory, sink) {
    const version = versionAt(bytes, from, to);
    if (version < 0) {
      sink.malformed('snmp.message');
      return to;
    }
    sink.fact('snmp.version', VERSIONS.get(bytes[version]) ?? '');
    if (bytes[version] === V3) return to;
    const pdu = pduAt(bytes, version, to);
    if (pdu >= 0) readPdu(bytes, pdu, to, memory, sink);
    else sink.malformed('snmp.pdu');
    return to;
  },
  resync: () => -1,
  describe: (code) => (TYPES[code] === undefined ? { name: `PDU ${code}`, access: 'write' } : { name: TYPES[code][0], access: TYPES[code][1] }),
};
