/**
 * DLMS/COSEM of meters (IEC 62056-5-3), in the wrapper for TCP and UDP (IEC 62056-4-7, port 4059) or in HDLC frames over TCP (IEC 62056-46) as
 * gateways carry them. In: messages. Out: associations with how the client proves who it is, objects read, set and told to act, errors, what
 * is ciphered. Left out on purpose: values, passwords, what blocks go on with.
 */
import type { Access } from '../../observation.ts';
import { content, lengthOf } from './ber.ts';
import { isX25Right } from './crc16.ts';
import { framedProtocol } from './framing.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import { AWAIT_MORE, MESSAGE, PROBE } from './protocol.ts';

const PORT = 4059;
/** Wrapper: version 1, who sends, to whom, octets that follow. */
const WRAPPER = Object.freeze({ version: 1, length: 6, apdu: 8 } as const);
/** HDLC: flag, frame type 3 with a length between the flags, addresses whose last octet is odd, control, checks of header and frame. */
const HDLC = Object.freeze({ flag: 0x7e, type: 0xa0, addresses: 3, longestAddress: 4, check: 2, trailer: 3, setMode: 0x83, accepted: 0x63, poll: 0x10 } as const);
const SHORTEST = 9;
const LARGEST_READ = 4096;
/** Logical link control: to a meter, or from one. */
const LLC = Object.freeze({ octets: 3, first: 0xe6, request: 0xe6, response: 0xe7 } as const);

/** Clause 9 and annex A: tags of the messages. */
const TAG = Object.freeze({
  read: 0x05, write: 0x06, readResponse: 0x0c, writeResponse: 0x0d, serviceError: 0x0e, dataNotification: 0x0f, unconfirmedWrite: 0x16, informationReport: 0x18,
  associate: 0x60, associated: 0x61, release: 0x62, released: 0x63,
  get: 0xc0, set: 0xc1, eventNotification: 0xc2, action: 0xc3, getResponse: 0xc4, setResponse: 0xc5, actionResponse: 0xc7, exception: 0xd8, access: 0xd9, accessResponse: 0xda,
  generalGlobal: 0xdb, generalDedicated: 0xdc, generalCiphering: 0xdd, generalSigning: 0xdf, generalBlock: 0xe0,
} as const);
const TAGS = new Set<number>(Object.values(TAG));
const REQUESTS = new Set<number>([TAG.read, TAG.write, TAG.unconfirmedWrite, TAG.get, TAG.set, TAG.action, TAG.access]);
/** What they answer. */
const ANSWERS = new Map<number, number>([[TAG.readResponse, TAG.read], [TAG.writeResponse, TAG.write], [TAG.getResponse, TAG.get], [TAG.setResponse, TAG.set], [TAG.actionResponse, TAG.action], [TAG.accessResponse, TAG.access]]);
const UNASKED = new Set<number>([TAG.dataNotification, TAG.eventNotification, TAG.informationReport]);
const SEALED = new Set<number>([TAG.generalGlobal, TAG.generalDedicated, TAG.generalCiphering]);
/** From here to there the same services ciphered, with global keys and with those of the session. */
const CIPHERED = Object.freeze({ first: 0xc8, last: 0xd7 } as const);

/** An action on an object by which meters get firmware, or keys: a code of our own beyond the tags. */
const PROGRAM = 0x100 | TAG.action;
/** Interface classes (IEC 62056-6-2): association, image transfer, security setup. */
const PROGRAMMING = new Set([12, 15, 18, 64]);

const OPERATIONS = new Map<number, readonly [string, Access]>([
  [TAG.associate, ['Associate', 'browse']],
  [TAG.read, ['Read', 'read']],
  [TAG.write, ['Write', 'write']],
  [TAG.unconfirmedWrite, ['Unconfirmed Write', 'write']],
  [TAG.get, ['Get', 'read']],
  [TAG.set, ['Set', 'write']],
  [TAG.action, ['Action', 'control']],
  [PROGRAM, ['Action (firmware, keys, associations)', 'program']],
  [TAG.access, ['Access', 'control']],
  [TAG.dataNotification, ['Notification', 'read']],
]);

/** Kind of a request or an answer, behind its tag; number, then what it is about. */
const NORMAL = 1;
const DESCRIPTOR = Object.freeze({ at: 3, octets: 9, withSelection: 10 } as const);
const WITH_LIST = new Map<number, number>([[TAG.get, 3], [TAG.set, 4], [TAG.action, 3]]);
const MOST_DESCRIPTORS = 32;

/** Application contexts of DLMS, 2.16.756.5.8.1 (clause 7.2.2.2). */
const CONTEXT = [0x06, 0x07, 0x60, 0x85, 0x74, 0x05, 0x08, 0x01];
/** Elements of an association: mechanism by which the client proves who it is, and the result. */
const ELEMENT = Object.freeze({ mechanism: 0x8b, result: 0xa2 } as const);
const MOST_ELEMENTS = 16;
const MECHANISMS = ['none', 'password in clear', 'high', 'high (MD5)', 'high (SHA-1)', 'high (GMAC)', 'high (SHA-256)', 'high (ECDSA)'] as const;

const plainTag = (tag: number): number => (tag >= CIPHERED.first && tag <= CIPHERED.last ? TAG.get | (tag & 7) : tag);
const isTag = (tag: number): boolean => TAGS.has(plainTag(tag));

/** The element's last octet; -1 where there is none. */
function elementIn(bytes: Uint8Array, from: number, end: number, element: number): number {
  let at = content(bytes, from, end);
  for (let n = 0; n < MOST_ELEMENTS && at >= 0 && at < end; n++) {
    const value = content(bytes, at, end);
    const next = value < 0 ? end + 1 : value + lengthOf(bytes, at);
    if (next > end) return -1;
    if (bytes[at] === element) return next > value ? bytes[next - 1] : -1;
    at = next;
  }
  return -1;
}

function readAssociation(bytes: Uint8Array, from: number, end: number, memory: SessionMemory, sink: ProtocolSink): void {
  sink.serverIs(false);
  memory.asked = TAG.associate;
  sink.operation(-1, TAG.associate, MESSAGE.request, 0);
  if (sink.isCut) return sink.beyondCut();
  sink.fact('dlms.login', MECHANISMS[Math.max(0, elementIn(bytes, from, end, ELEMENT.mechanism))] ?? 'other');
}

/** Names of objects: class and logical name. */
function tellObjects(bytes: Uint8Array, view: DataView, from: number, end: number, tag: number, sink: ProtocolSink): void {
  const isList = bytes[from + 1] === WITH_LIST.get(tag);
  if (!isList && bytes[from + 1] !== NORMAL) return;
  if (from + DESCRIPTOR.at >= end) return sink.isCut ? sink.beyondCut() : sink.malformed('dlms.descriptor');
  const octets = tag === TAG.action ? DESCRIPTOR.octets : DESCRIPTOR.withSelection;
  const count = isList ? Math.min(bytes[from + DESCRIPTOR.at], MOST_DESCRIPTORS) : 1;
  let at = from + DESCRIPTOR.at + (isList ? 1 : 0);
  for (let n = 0; n < count; n++) {
    if (at + DESCRIPTOR.octets > end) return sink.isCut ? sink.beyondCut() : sink.malformed('dlms.descriptor');
    sink.target(`class ${view.getUint16(at)} ${bytes.subarray(at + 2, at + 8).join('.')}`);
    // Which part of it is asked for may be of any length.
    if (tag !== TAG.action && (at + DESCRIPTOR.octets >= end || bytes[at + DESCRIPTOR.octets] !== 0)) return;
    at += octets;
  }
}

function readRequest(bytes: Uint8Array, view: DataView, from: number, end: number, tag: number, isCiphered: boolean, memory: SessionMemory, sink: ProtocolSink): void {
  sink.serverIs(false);
  const hasObjects = !isCiphered && WITH_LIST.has(tag);
  if (hasObjects && from + DESCRIPTOR.at > end && !sink.isCut) return sink.malformed('dlms.request');
  const at = from + DESCRIPTOR.at + (bytes[from + 1] === WITH_LIST.get(tag) ? 1 : 0);
  // Behind the cut may stand what is told to act.
  if (sink.isCut && hasObjects && (from + DESCRIPTOR.at > end || (tag === TAG.action && at + 2 > end))) return sink.beyondCut();
  const code = tag === TAG.action && hasObjects && at + 2 <= end && PROGRAMMING.has(view.getUint16(at)) ? PROGRAM : tag;
  memory.asked = code;
  sink.operation(-1, code, MESSAGE.request, 0);
  if (hasObjects) tellObjects(bytes, view, from, end, tag, sink);
}

/** What a plain answer says of one object: for a Get a choice before the error, else a result that is 0. */
function errorIn(bytes: Uint8Array, from: number, end: number, tag: number): number {
  if (bytes[from + 1] !== NORMAL || from + 4 > end) return 0;
  if (tag !== TAG.getResponse) return tag === TAG.setResponse || tag === TAG.actionResponse ? bytes[from + 3] : 0;
  return bytes[from + 3] === 1 && from + 5 <= end ? bytes[from + 4] : 0;
}

function answer(asked: number, error: number, memory: SessionMemory, sink: ProtocolSink): void {
  sink.serverIs(true);
  if (Number(memory.asked) === 0 || (asked !== 0 && (Number(memory.asked) & 0xff) !== asked)) return;
  sink.operation(-1, Number(memory.asked), error === 0 ? MESSAGE.response : MESSAGE.error, error);
  memory.asked = 0;
}

function readMessage(bytes: Uint8Array, view: DataView, from: number, end: number, memory: SessionMemory, sink: ProtocolSink): void {
  if (from >= end) return sink.isCut ? sink.beyondCut() : sink.malformed('dlms.empty');
  const tag = plainTag(bytes[from]);
  if (!TAGS.has(tag)) return sink.malformed('dlms.tag');
  const isCiphered = tag !== bytes[from];
  if (REQUESTS.has(tag) || ANSWERS.has(tag) || SEALED.has(tag)) sink.fact('dlms.protection', isCiphered || SEALED.has(tag) ? 'ciphered' : 'in clear');
  if (tag === TAG.associate) return readAssociation(bytes, from, end, memory, sink);
  if (REQUESTS.has(tag)) return readRequest(bytes, view, from, end, tag, isCiphered, memory, sink);
  if (UNASKED.has(tag)) {
    sink.serverIs(true);
    return sink.operation(-1, TAG.dataNotification, MESSAGE.response, 0);
  }
  const isAnswer = tag === TAG.associated || tag === TAG.exception || tag === TAG.serviceError || ANSWERS.has(tag);
  if (!isAnswer) return;
  if (sink.isCut) return sink.beyondCut();
  if (tag === TAG.associated) return answer(TAG.associate, Math.max(0, elementIn(bytes, from, end, ELEMENT.result)), memory, sink);
  if (tag === TAG.exception || tag === TAG.serviceError) return answer(0, from + 3 <= end ? bytes[from + 2] || 1 : 1, memory, sink);
  answer(ANSWERS.get(tag) ?? 0, isCiphered ? 0 : errorIn(bytes, from, end, tag), memory, sink);
}

/** Offset behind the address at `at`. */
function afterAddress(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < Math.min(end, at + HDLC.longestAddress); i++) if ((bytes[i] & 1) === 1) return i + 1;
  return end;
}

/** Of a frame, what its link control says, and the message behind it. */
function readFrame(bytes: Uint8Array, view: DataView, at: number, end: number, memory: SessionMemory, sink: ProtocolSink): void {
  const control = afterAddress(bytes, afterAddress(bytes, at + HDLC.addresses, end), end);
  if (control >= end) return sink.isCut ? sink.beyondCut() : sink.malformed('dlms.frame');
  const kind = bytes[control] & ~HDLC.poll;
  if (kind === HDLC.setMode || kind === HDLC.accepted) sink.serverIs(kind === HDLC.accepted);
  const llc = control + 1 + HDLC.check;
  const isInformation = (bytes[control] & 1) === 0;
  // What does not begin here goes on with what began before.
  if (!isInformation || llc + LLC.octets > end || bytes[llc] !== LLC.first || (bytes[llc + 1] !== LLC.request && bytes[llc + 1] !== LLC.response)) return;
  readMessage(bytes, view, llc + LLC.octets, sink.isCut ? end : end - HDLC.trailer, memory, sink);
}

function sizeOf(bytes: Uint8Array, view: DataView, at: number): number {
  if (bytes[at] === HDLC.flag) return (bytes[at + 1] & 0xf0) === HDLC.type ? (view.getUint16(at + 1) & 0x7ff) + 2 : -1;
  const length = view.getUint16(at) === WRAPPER.version && isTag(bytes[at + WRAPPER.apdu]) ? view.getUint16(at + WRAPPER.length) : 0;
  return length > 0 ? WRAPPER.apdu + length : -1;
}

/** A frame by its check; a wrapper by its port, or where what is in it asks for an association of DLMS, or grants it. */
function certaintyOf(bytes: Uint8Array, view: DataView, at: number, to: number, port: number): number {
  const size = sizeOf(bytes, view, at);
  if (size < SHORTEST) return PROBE.notForUs;
  if (bytes[at] === HDLC.flag) {
    const end = at + size;
    if (end > to) return PROBE.unsure;
    return bytes[end - 1] === HDLC.flag && isX25Right(bytes, at + 1, end - HDLC.trailer) ? PROBE.certain : PROBE.notForUs;
  }
  if (port === PORT) return PROBE.certain;
  const tag = bytes[at + WRAPPER.apdu];
  const association = tag === TAG.associate || tag === TAG.associated ? content(bytes, at + WRAPPER.apdu, to) : -1;
  const context = association < 0 ? -1 : content(bytes, association, to);
  return context >= 0 && context + CONTEXT.length <= to && CONTEXT.every((octet, i) => bytes[context + i] === octet) ? PROBE.certain : PROBE.notForUs;
}

const framed = framedProtocol({
  name: 'dlms-cosem',
  ports: [PORT],
  firstOctets: [0, HDLC.flag],
  header: SHORTEST,
  readsCut: true,
  maxCarry: LARGEST_READ,
  newMemory: () => ({ asked: 0 }),
  size: (bytes, view, at) => sizeOf(bytes, view, at),
  isCertain: (bytes, view, at, to, _direction, port) => certaintyOf(bytes, view, at, to, port),
  message(bytes, view, at, end, _direction, memory, sink) {
    if (bytes[at] === HDLC.flag) readFrame(bytes, view, at, end, memory, sink);
    else readMessage(bytes, view, at + WRAPPER.apdu, end, memory, sink);
  },
  describe(code) {
    const known = OPERATIONS.get(code);
    return known === undefined ? { name: `Service 0x${code.toString(16)}`, access: 'program' } : { name: known[0], access: known[1] };
  },
});

export const DLMS: StreamProtocol = {
  ...framed,
  // Noughts and ones are everywhere: behind a hole, only where a segment begins.
  resync(bytes, view, from, to) {
    const certainty = to - from < SHORTEST ? PROBE.unsure : certaintyOf(bytes, view, from, to, PORT);
    return certainty === PROBE.certain ? from : certainty === PROBE.unsure ? AWAIT_MORE : -1;
  },
};
