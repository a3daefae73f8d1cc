/**
 * DNS (RFC 1035) and its kin: mDNS (RFC 6762), LLMNR (RFC 4795), NetBIOS name service and datagrams (RFC 1002). In: one
 * datagram. Out: queries and answers as operations; names by which a sender calls itself. Names that are asked for are
 * not kept: they say more of people than of plants.
 */
import type { Access } from '../../observation.ts';
import { asciiText, viewOf } from './framing.ts';
import type { ProtocolSink, StreamProtocol } from './protocol.ts';
import { MESSAGE, PROBE, TO_SERVER } from './protocol.ts';

const HEADER = 12;
const FLAG_RESPONSE = 0x80;
const AT = { flags: 2, questions: 4, answers: 6 } as const;
const MOST_RECORDS = 64;
const LABELS = 32;
const TYPE = { a: 1, aaaa: 28, nb: 32, nbstat: 33 } as const;
const OPCODE = { query: 0, notify: 4, update: 5 } as const;

const OPERATIONS = new Map<number, readonly [string, Access]>([
  [OPCODE.query, ['Query', 'browse']],
  [1, ['Inverse Query', 'browse']],
  [2, ['Status', 'browse']],
  [OPCODE.notify, ['Notify', 'browse']],
  [OPCODE.update, ['Update', 'write']],
  [6, ['Release', 'browse']],
  [8, ['Refresh', 'browse']],
]);

const describe: StreamProtocol['describe'] = (code) => {
  const known = OPERATIONS.get(code);
  return known === undefined ? { name: `Opcode ${code}`, access: 'browse' } : { name: known[0], access: known[1] };
};

/** Offset behind the name at `at` (a pointer ends it), or -1. */
const skipName = (bytes: Uint8Array, at: number, to: number): number => {
  for (let i = 0, next = at; i < LABELS && next < to; i++) {
    const octets = bytes[next];
    if (octets === 0) return next + 1;
    if (octets >= 0xc0) return next + 2 <= to ? next + 2 : -1;
    if (octets >= 0x40) return -1;
    next += 1 + octets;
  }
  return -1;
};

/** First label of the name at `at`, following one pointer. */
const firstLabel = (bytes: Uint8Array, from: number, at: number, to: number): string => {
  let label = at;
  if (bytes[label] >= 0xc0 && label + 2 <= to) label = from + ((bytes[label] & 0x3f) << 8) + bytes[label + 1];
  return label < to && bytes[label] < 0x40 ? asciiText(bytes, label + 1, Math.min(to, label + 1 + bytes[label])) : '';
};

const isMessage = (bytes: Uint8Array, view: DataView, from: number, to: number): boolean => {
  if (to - from < HEADER + 5) return false;
  const questions = view.getUint16(from + AT.questions);
  const answers = view.getUint16(from + AT.answers);
  return questions + answers > 0 && questions <= MOST_RECORDS && answers <= 512 && skipName(bytes, from + HEADER, to) > 0;
};

type TellSender = (sink: ProtocolSink, name: string, value: string, direction: number) => void;
const tellSender: TellSender = (sink, name, value, direction) => {
  if (value === '') return;
  if (direction === TO_SERVER) sink.clientFact(name, value);
  else sink.serverFact(name, value);
};

/** Walks questions and answers; `record` gets each answer's name, type and data. */
const walkRecords = (bytes: Uint8Array, view: DataView, from: number, to: number, record: (nameAt: number, type: number, dataAt: number, octets: number) => void): void => {
  const questions = Math.min(view.getUint16(from + AT.questions), MOST_RECORDS);
  let at = from + HEADER;
  for (let i = 0; i < questions; i++) {
    at = skipName(bytes, at, to);
    if (at < 0 || at + 4 > to) return;
    at += 4;
  }
  const answers = Math.min(view.getUint16(from + AT.answers) + view.getUint16(from + 8) + view.getUint16(from + 10), MOST_RECORDS);
  for (let i = 0; i < answers; i++) {
    const name = at;
    at = skipName(bytes, at, to);
    if (at < 0 || at + 10 > to) return;
    const octets = view.getUint16(at + 8);
    if (at + 10 + octets > to) return;
    record(name, view.getUint16(at), at + 10, octets);
    at += 10 + octets;
  }
};

const NETBIOS_LABEL = 32;
const GROUP_FLAG = 0x80;
const NETBIOS_HOST_SUFFIXES = new Set([0x00, 0x20]);

/** First-level encoded name (RFC 1001 clause 14.1) of a host at `at` (its length octet), or '' for groups and services. */
const netbiosName = (bytes: Uint8Array, at: number, to: number): string => {
  if (bytes[at] !== NETBIOS_LABEL || at + 1 + NETBIOS_LABEL > to) return '';
  let name = '';
  for (let i = 0; i < 16; i++) {
    const high = bytes[at + 1 + i * 2] - 0x41;
    const low = bytes[at + 2 + i * 2] - 0x41;
    if (high < 0 || high > 15 || low < 0 || low > 15) return '';
    const octet = (high << 4) | low;
    if (i === 15) return NETBIOS_HOST_SUFFIXES.has(octet) ? name.trim() : '';
    name += octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '';
  }
  return '';
};

type TellNames = (bytes: Uint8Array, view: DataView, from: number, to: number, direction: number, sink: ProtocolSink) => void;

/** Where an answer gives an address to a name, the answerer's own name (mDNS and LLMNR hosts answer only for themselves). */
const tellOwnName =
  (fact: string): TellNames =>
  (bytes, view, from, to, direction, sink) => {
    if ((bytes[from + AT.flags] & FLAG_RESPONSE) === 0) return;
    let name = '';
    walkRecords(bytes, view, from, to, (nameAt, type) => {
      if (name === '' && (type === TYPE.a || type === TYPE.aaaa)) name = firstLabel(bytes, from, nameAt, to);
    });
    tellSender(sink, fact, name, direction);
  };

/** A host registers, refreshes or answers for its own unique name; a node status lists names in clear. */
const tellNetbios: TellNames = (bytes, view, from, to, direction, sink) => {
  const isResponse = (bytes[from + AT.flags] & FLAG_RESPONSE) !== 0;
  const opcode = (bytes[from + AT.flags] >> 3) & 15;
  if (!isResponse && opcode === OPCODE.query) return;
  let name = '';
  walkRecords(bytes, view, from, to, (nameAt, type, dataAt, octets) => {
    if (name !== '') return;
    if (type === TYPE.nbstat && octets > 18 && (bytes[dataAt + 17] & GROUP_FLAG) === 0) name = asciiText(bytes, dataAt + 1, dataAt + 16);
    const isUnique = octets >= 6 && (bytes[dataAt] & GROUP_FLAG) === 0;
    const label = bytes[nameAt] >= 0xc0 ? from + ((bytes[nameAt] & 0x3f) << 8) + bytes[nameAt + 1] : nameAt;
    // Answers to a registration come from a name server and name somebody else.
    if (type === TYPE.nb && isUnique && isResponse === (opcode === OPCODE.query)) name = netbiosName(bytes, label, to);
  });
  tellSender(sink, 'netbios.name', name, direction);
};

const named = (name: string, port: number, tellNames: TellNames | null): StreamProtocol => ({
  name,
  ports: [port],
  maxCarry: 0xffff,
  newMemory: () => ({}),
  probe(bytes, from, to, _direction, serverPort) {
    return serverPort === port && isMessage(bytes, viewOf(bytes), from, to) ? PROBE.certain : PROBE.notForUs;
  },
  read(bytes, view, from, to, direction, _memory, sink) {
    if (!isMessage(bytes, view, from, to)) {
      sink.malformed(`${name}.message`);
      return to;
    }
    const isResponse = (bytes[from + AT.flags] & FLAG_RESPONSE) !== 0;
    const opcode = (bytes[from + AT.flags] >> 3) & 15;
    const error = isResponse ? bytes[from + 3] & 15 : 0;
    sink.operation(-1, opcode, isResponse ? (error === 0 ? MESSAGE.response : MESSAGE.error) : MESSAGE.request, error);
    tellNames?.(bytes, view, from, to, direction, sink);
    return to;
  },
  resync: () => -1,
  describe,
});

export const DNS = named('dns', 53, null);
export const MDNS = named('mdns', 5353, tellOwnName('mdns.name'));
export const LLMNR = named('llmnr', 5355, tellOwnName('llmnr.name'));
export const NBNS = named('nbns', 137, tellNetbios);

/** NetBIOS datagrams (RFC 1002 clause 4.4): type, flags, then source address, port and the sender's own name. */
const DATAGRAM = { firstType: 0x10, lastType: 0x12, sourceName: 14 } as const;
const isDatagram = (bytes: Uint8Array, from: number, to: number): boolean =>
  to - from > DATAGRAM.sourceName + 1 + NETBIOS_LABEL && bytes[from] >= DATAGRAM.firstType && bytes[from] <= DATAGRAM.lastType && bytes[from + DATAGRAM.sourceName] === NETBIOS_LABEL;

export const NBDGM: StreamProtocol = {
  name: 'nbdgm',
  ports: [138],
  maxCarry: 0xffff,
  newMemory: () => ({}),
  probe: (bytes, from, to) => (isDatagram(bytes, from, to) ? PROBE.certain : PROBE.notForUs),
  read(bytes, _view, from, to, direction, _memory, sink) {
    if (isDatagram(bytes, from, to)) tellSender(sink, 'netbios.name', netbiosName(bytes, from + DATAGRAM.sourceName, to), direction);
    else sink.malformed('nbdgm.message');
    return to;
  },
  resync: () => -1,
  describe,
};
