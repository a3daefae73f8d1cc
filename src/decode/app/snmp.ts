/**
 * SNMP versions 1, 2c and 3 (RFC 1157, RFC 3416, RFC 3412). In: one datagram. Out: PDU types as operations with their error status, the
 * version, sysName and sysDescr where an answer tells them. Of version 3 what is encrypted is only named. Communities are passwords: never kept.
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
const PDU = { response: 2, report: 8, first: 0xa0, last: 0xa8 } as const;
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

/** Offset behind the element at `at`, which has to have this tag; -1 where it has not, or where that is not there. */
const behind = (bytes: Uint8Array, at: number, to: number, tag: number): number => {
  const from = at < 0 || bytes[at] !== tag ? -1 : content(bytes, at, to);
  return from < 0 || from + lengthOf(bytes, at) + 2 > to ? -1 : from + lengthOf(bytes, at);
};

/** Offset of what version 3 carries (RFC 3412 clause 6), behind the header's data and the security parameters: a scoped PDU, or octets that are encrypted. */
const scopedAt = (bytes: Uint8Array, version: number, to: number): number => behind(bytes, behind(bytes, version + 1, to, SEQUENCE), to, OCTETS);

/** Offset of the PDU in a scoped one, behind the context's engine and name. */
const scopedPduAt = (bytes: Uint8Array, scoped: number, to: number): number => {
  const engine = bytes[scoped] === SEQUENCE ? content(bytes, scoped, to) : -1;
  const pdu = behind(bytes, behind(bytes, engine, to, OCTETS), to, OCTETS);
  return pdu >= 0 && bytes[pdu] >= PDU.first && bytes[pdu] <= PDU.last ? pdu : -1;
};

/** Offset of a PDU's variable bindings, behind its id, error status and index; -1 where they are not there. */
const bindingsAt = (bytes: Uint8Array, pdu: number, to: number): number => behind(bytes, behind(bytes, behind(bytes, content(bytes, pdu, to), to, INTEGER), to, INTEGER), to, INTEGER);

/** 1.3.6.1.6.3.15.1.1.n.0, the counter that a Report tells (RFC 3414, usmStats). */
const SECURITY_COUNTER = [0x06, 0x0a, 0x2b, 0x06, 0x01, 0x06, 0x03, 0x0f, 0x01, 0x01];
/** Not in the time window, unknown engine: by these two a client learns what it needs, and asks again (RFC 3414 clause 4). */
const DISCOVERY = new Set([2, 4]);
/** In error codes above every error status: 256 and the counter's number, 256 alone for another one. */
const REPORTED = 0x100;

/** Offset of the next place before `last` where these octets stand; -1 where they do not. */
const placeOf = (bytes: Uint8Array, octets: readonly number[], from: number, last: number): number => {
  for (let at = bytes.indexOf(octets[0], from); at >= 0 && at < last; at = bytes.indexOf(octets[0], at + 1)) if (octets.every((octet, i) => bytes[at + i] === octet)) return at;
  return -1;
};

/** What a Report answers with: 0 where it is part of discovery, its error code, -1 where that is beyond the cut. */
const reportedError = (bytes: Uint8Array, from: number, to: number, isCut: boolean): number => {
  const at = placeOf(bytes, SECURITY_COUNTER, from, to - 11);
  if (at < 0) return isCut ? -1 : REPORTED;
  const counter = bytes[at + SECURITY_COUNTER.length];
  return DISCOVERY.has(counter) ? 0 : REPORTED | counter;
};

const tellSystem = (bytes: Uint8Array, from: number, to: number, sink: ProtocolSink): void => {
  for (let at = placeOf(bytes, SYSTEM, from, to - 12); at >= 0; at = placeOf(bytes, SYSTEM, at + 1, to - 12)) {
    if (bytes[at + 9] !== 0 || bytes[at + 10] !== OCTETS) continue;
    const name = SYSTEM_FACTS.get(bytes[at + 8]);
    const value = content(bytes, at + 10, to);
    if (name === undefined || value < 0) continue;
    const end = value + lengthOf(bytes, at + 10);
    if (end > to && sink.isCut) return;
    const text = asciiText(bytes, value, Math.min(to, end));
    if (text !== '') sink.serverFact(name, text);
  }
};

/** @param messageId offset of the number by which request and answer find each other in version 3 (RFC 3412 clause 6.2); -1 where the PDU's own is it */
const readPdu = (bytes: Uint8Array, pdu: number, to: number, messageId: number, memory: SessionMemory, sink: ProtocolSink): void => {
  const type = bytes[pdu] - PDU.first;
  if (NOTIFICATIONS.has(type)) {
    // Some agents send from their own port 161: who is told serves all the same.
    sink.serverIs(false);
    return sink.operation(-1, type, MESSAGE.request, 0);
  }
  const request = content(bytes, pdu, to);
  if (request < 0 || request + 2 > to || bytes[request] !== INTEGER || bytes[request + 1] > 5) return sink.malformed('snmp.pdu');
  const after = Math.min(to, request + 2 + bytes[request + 1]);
  const numberAt = messageId >= 0 ? messageId : request;
  const numberEnd = Math.min(to, numberAt + 2 + bytes[numberAt + 1]);
  let id = 0;
  for (let i = numberAt + 2; i < numberEnd; i++) id = (id * 256 + bytes[i]) >>> 0;
  const outstanding = memory.outstanding as number[];
  if (type !== PDU.response && type !== PDU.report) {
    sink.serverIs(false);
    rememberRequest(outstanding, id, type);
    return sink.operation(-1, type, MESSAGE.request, 0);
  }
  sink.serverIs(true);
  if (after + 3 > to && sink.isCut) return sink.beyondCut();
  const told = after + 3 <= to && bytes[after] === INTEGER && bytes[after + 1] === 1 ? bytes[after + 2] : 0;
  const status = type === PDU.report ? reportedError(bytes, after, to, sink.isCut) : told;
  if (status < 0) return sink.beyondCut();
  const asked = takeRequest(outstanding, id);
  // What it answers, only its request says: where that was before the capture, or in a burst too long to be remembered, nobody asks for a "Response".
  if (asked >= 0) sink.operation(-1, asked, status === 0 ? MESSAGE.response : MESSAGE.error, status);
  tellSystem(bytes, after, to, sink);
};

const readVersion3 = (bytes: Uint8Array, version: number, to: number, memory: SessionMemory, sink: ProtocolSink): void => {
  const scoped = scopedAt(bytes, version, to);
  // Encrypted.
  if (scoped >= 0 && bytes[scoped] === OCTETS) return;
  const pdu = scoped < 0 ? -1 : scopedPduAt(bytes, scoped, to);
  const bindings = pdu < 0 ? -1 : bindingsAt(bytes, pdu, to);
  if (bindings < 0 && sink.isCut) return sink.beyondCut();
  if (pdu < 0) return sink.malformed('snmp.pdu');
  // By a PDU without variables a client learns the agent's engine: what it asks for afterwards may be encrypted.
  if (bindings >= 0 && bytes[bindings] === SEQUENCE && bytes[bindings + 1] === 0) return;
  readPdu(bytes, pdu, to, content(bytes, version + 1, to), memory, sink);
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
    if (bytes[version] === V3) readVersion3(bytes, version, to, memory, sink);
    else {
      const pdu = pduAt(bytes, version, to);
      if (pdu >= 0) readPdu(bytes, pdu, to, -1, memory, sink);
      else sink.malformed('snmp.pdu');
    }
    return to;
  },
  resync: () => -1,
  describe: (code) => (TYPES[code] === undefined ? { name: `PDU ${code}`, access: 'write' } : { name: TYPES[code][0], access: TYPES[code][1] }),
};
