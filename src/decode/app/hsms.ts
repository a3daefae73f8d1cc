/**
 * HSMS and SECS-II (SEMI E37, SEMI E5), by which hosts of semiconductor plants run their equipment, over TCP on any port. In: messages. Out:
 * functions by stream, refusals, remote commands by name; model and software of the equipment, which is who serves, whoever dialled. What it
 * reports of its own accord is answered to nobody's request. Left out on purpose: values, recipes, link tests.
 */
import type { Access } from '../../observation.ts';
import { asciiText, framedProtocol } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink, SessionMemory } from './protocol.ts';
import { MESSAGE, PROBE, TO_SERVER } from './protocol.ts';

/** E37 clause 8.2: octets behind the length, session, two octets by kind, presentation, kind, system octets; then the text. */
const AT = Object.freeze({ length: 0, session: 4, stream: 6, fn: 7, presentation: 8, kind: 9, system: 10, text: 14 } as const);
const HEADER = 14;
const SHORTEST = 10;
const LONGEST = 1 << 24;
const SECS_II = 0;
const KIND = Object.freeze({ data: 0, selectReq: 1, selectRsp: 2, deselectReq: 3, deselectRsp: 4, linktestReq: 5, linktestRsp: 6, reject: 7, separate: 9 } as const);
const KINDS = new Set<number>(Object.values(KIND));
/** Those that begin a session, or keep it; to no session in particular (HSMS-SS). */
const TELLING = new Set<number>([KIND.selectReq, KIND.selectRsp, KIND.linktestReq, KIND.linktestRsp]);
const NO_SESSION = 0xffff;
const LAST_STATUS = 3;
/** Selecting, as a code of our own above streams and functions. */
const SELECT = 0x1_0000;

const codeOf = (stream: number, fn: number): number => (stream << 8) | fn;
const ARE_YOU_THERE = codeOf(1, 1);
const ESTABLISH = codeOf(1, 13);
const ERRORS = 9;

/** Who sends it: a host, the equipment, either. */
type Sender = 'host' | 'equipment' | 'either';

/** E5 clause 10, and of E87 and E40 what hosts start and stop. With the last word the answer says in one octet whether it is accepted. */
const FUNCTIONS = new Map<number, readonly [name: string, access: Access, sender: Sender, isAcknowledged?: 'acknowledged']>([
  [ARE_YOU_THERE, ['Are You There', 'browse', 'either']],
  [codeOf(1, 3), ['Selected Equipment Status Request', 'read', 'host']],
  [codeOf(1, 11), ['Status Variable Namelist Request', 'browse', 'host']],
  [ESTABLISH, ['Establish Communications Request', 'browse', 'either', 'acknowledged']],
  [codeOf(1, 15), ['Request Off-line', 'control', 'host', 'acknowledged']],
  [codeOf(1, 17), ['Request On-line', 'control', 'host']],
  [codeOf(1, 21), ['Data Variable Namelist Request', 'browse', 'host']],
  [codeOf(1, 23), ['Collection Event Namelist Request', 'browse', 'host']],
  [codeOf(2, 13), ['Equipment Constant Request', 'read', 'host']],
  [codeOf(2, 15), ['New Equipment Constant Send', 'write', 'host', 'acknowledged']],
  [codeOf(2, 17), ['Date and Time Request', 'read', 'either']],
  [codeOf(2, 21), ['Remote Command Send', 'control', 'host', 'acknowledged']],
  [codeOf(2, 23), ['Trace Initialize Send', 'read', 'host', 'acknowledged']],
  [codeOf(2, 25), ['Loopback Diagnostic Request', 'diagnose', 'either']],
  [codeOf(2, 29), ['Equipment Constant Namelist Request', 'browse', 'host']],
  [codeOf(2, 31), ['Date and Time Set Request', 'write', 'host', 'acknowledged']],
  // Every host that collects has its reports sent so: it subscribes (SEMI E30, event data collection).
  [codeOf(2, 33), ['Define Report', 'read', 'host', 'acknowledged']],
  [codeOf(2, 35), ['Link Event Report', 'read', 'host', 'acknowledged']],
  [codeOf(2, 37), ['Enable/Disable Event Report', 'read', 'host', 'acknowledged']],
  [codeOf(2, 39), ['Multi-block Inquire', 'browse', 'host']],
  [codeOf(2, 41), ['Host Command Send', 'control', 'host', 'acknowledged']],
  [codeOf(2, 43), ['Reset Spooling Streams and Functions', 'write', 'host', 'acknowledged']],
  [codeOf(2, 45), ['Define Variable Limit Attributes', 'write', 'host', 'acknowledged']],
  [codeOf(2, 47), ['Variable Limit Attribute Request', 'read', 'host']],
  [codeOf(2, 49), ['Enhanced Remote Command', 'control', 'host', 'acknowledged']],
  [codeOf(3, 17), ['Carrier Action Request', 'control', 'host']],
  [codeOf(3, 25), ['Port Action Request', 'control', 'host']],
  [codeOf(3, 27), ['Change Access', 'control', 'host']],
  [codeOf(5, 1), ['Alarm Report Send', 'read', 'equipment']],
  [codeOf(5, 3), ['Enable/Disable Alarm Send', 'write', 'host', 'acknowledged']],
  [codeOf(5, 5), ['List Alarms Request', 'read', 'host']],
  [codeOf(5, 7), ['List Enabled Alarm Request', 'read', 'host']],
  [codeOf(6, 1), ['Trace Data Send', 'read', 'equipment']],
  [codeOf(6, 5), ['Multi-block Data Send Inquire', 'browse', 'equipment']],
  [codeOf(6, 11), ['Event Report Send', 'read', 'equipment']],
  [codeOf(6, 13), ['Annotated Event Report Send', 'read', 'equipment']],
  [codeOf(6, 15), ['Event Report Request', 'read', 'host']],
  [codeOf(6, 19), ['Individual Report Request', 'read', 'host']],
  [codeOf(6, 23), ['Request Spooled Data', 'read', 'host', 'acknowledged']],
  [codeOf(7, 1), ['Process Program Load Inquire', 'program', 'either', 'acknowledged']],
  [codeOf(7, 3), ['Process Program Send', 'program', 'either', 'acknowledged']],
  [codeOf(7, 5), ['Process Program Request', 'program', 'either']],
  [codeOf(7, 17), ['Delete Process Program Send', 'program', 'host', 'acknowledged']],
  [codeOf(7, 19), ['Current Process Program Directory Request', 'browse', 'host']],
  [codeOf(7, 23), ['Formatted Process Program Send', 'program', 'either', 'acknowledged']],
  [codeOf(7, 25), ['Formatted Process Program Request', 'program', 'either']],
  [codeOf(10, 1), ['Terminal Request', 'read', 'equipment']],
  [codeOf(10, 3), ['Terminal Display, Single', 'write', 'host', 'acknowledged']],
  [codeOf(10, 5), ['Terminal Display, Multi-block', 'write', 'host', 'acknowledged']],
  [codeOf(14, 1), ['GetAttr Request', 'read', 'either']],
  [codeOf(14, 3), ['SetAttr Request', 'write', 'either']],
  [codeOf(16, 5), ['Process Job Command Request', 'control', 'host']],
  [codeOf(16, 7), ['Process Job Alert Notify', 'read', 'equipment']],
  [codeOf(16, 9), ['Process Job Event Notify', 'read', 'equipment']],
  [codeOf(16, 11), ['Process Job Create Enhanced', 'control', 'host']],
  [codeOf(16, 15), ['Process Job Multi-create', 'control', 'host']],
  [codeOf(16, 27), ['Control Job Command Request', 'control', 'host']],
]);
const COMMANDS = new Set<number>([codeOf(2, 21), codeOf(2, 41), codeOf(2, 49)]);
/** HCACK: it is done, or will be. */
const WILL_BE_DONE = 4;

/** E5 clause 9: the format in the upper six bits, octets of its length in the lower two. */
const FORMAT = Object.freeze({ list: 0x00, binary: 0x20, ascii: 0x40 } as const);
/** Octets of one value, by format: lists, binary, boolean, text, then numbers of 8, 1, 2 and 4 octets. */
const WIDTHS = new Map<number, number>([
  [0x00, 1], [0x20, 1], [0x24, 1], [0x40, 1], [0x44, 1], [0x48, 1], [0x60, 8], [0x64, 1], [0x68, 2], [0x70, 4], [0x80, 8], [0x90, 4], [0xa0, 8], [0xa4, 1], [0xa8, 2], [0xb0, 4],
]);

const lengthAt = (bytes: Uint8Array, at: number): number => {
  let length = 0;
  for (let i = 1; i <= (bytes[at] & 3); i++) length = length * 256 + bytes[at + i];
  return length;
};

/** Offset of the content of an item of this format at `at`, where it is all there up to `end` (of a list, its head); -1 otherwise. */
function contentOf(bytes: Uint8Array, at: number, end: number, format: number): number {
  const octets = at < end ? bytes[at] & 3 : 0;
  if (octets === 0 || (bytes[at] & ~3) !== format || at + 1 + octets > end) return -1;
  const from = at + 1 + octets;
  return format !== FORMAT.list && from + lengthAt(bytes, at) > end ? -1 : from;
}

/** Whether items fill the text to its end. */
function isText(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  for (let open = 1; open > 0; open--) {
    const width = at < end ? WIDTHS.get(bytes[at] & ~3) : undefined;
    const octets = bytes[at] & 3;
    if (width === undefined || octets === 0 || at + 1 + octets > end) return false;
    const length = lengthAt(bytes, at);
    if ((bytes[at] & ~3) === FORMAT.list) open += length;
    else if (length % width !== 0) return false;
    at += 1 + octets + ((bytes[at] & ~3) === FORMAT.list ? 0 : length);
    if (at > end) return false;
  }
  return at === end;
}

/** What an answer says first, in one octet: 0 accepted; also where it says no such thing. */
function acknowledgement(bytes: Uint8Array, from: number, end: number): number {
  const inList = contentOf(bytes, from, end, FORMAT.list);
  const at = inList < 0 ? from : inList;
  const content = contentOf(bytes, at, end, FORMAT.binary);
  return content >= 0 && lengthAt(bytes, at) === 1 ? bytes[content] : 0;
}

/** Offset of the model, behind which the software stands, in a list that only equipment sends; of an answer it is behind the acknowledgement. -1: there is none. */
function identityAt(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  for (let level = 0; level < 2; level++) {
    const list = contentOf(bytes, at, end, FORMAT.list);
    if (list < 0 || lengthAt(bytes, at) !== 2) return -1;
    if (contentOf(bytes, list, end, FORMAT.ascii) >= 0) return list;
    const status = contentOf(bytes, list, end, FORMAT.binary);
    if (status < 0) return -1;
    at = status + lengthAt(bytes, list);
  }
  return -1;
}

function tellIdentity(bytes: Uint8Array, from: number, end: number, sink: ProtocolSink): void {
  const model = identityAt(bytes, from, end);
  if (model < 0) return;
  sink.serverIs(true);
  const text = contentOf(bytes, model, end, FORMAT.ascii);
  const next = text + lengthAt(bytes, model);
  sink.serverFact('hsms.model', asciiText(bytes, text, next));
  const revision = contentOf(bytes, next, end, FORMAT.ascii);
  if (revision >= 0) sink.serverFact('hsms.software', asciiText(bytes, revision, revision + lengthAt(bytes, next)));
}

/** Of a command, which: the first item, or the first of a list. */
function tellCommand(bytes: Uint8Array, from: number, end: number, sink: ProtocolSink): void {
  const list = contentOf(bytes, from, end, FORMAT.list);
  const at = list < 0 ? from : list;
  const name = contentOf(bytes, at, end, FORMAT.ascii);
  if (name >= 0) sink.target(asciiText(bytes, name, name + lengthAt(bytes, at)));
}

/** Stream 9: equipment shows the header of a message that it does not take, with the reason in the function. */
function readRefusal(bytes: Uint8Array, from: number, end: number, reason: number, sink: ProtocolSink): void {
  const header = contentOf(bytes, from, end, FORMAT.binary);
  sink.serverIs(true);
  if (header < 0 || lengthAt(bytes, from) !== SHORTEST) return sink.isCut ? sink.beyondCut() : sink.malformed('hsms.refusal');
  sink.operation(-1, codeOf(bytes[header + 2] & 0x7f, bytes[header + 3]), MESSAGE.error, reason);
}

function readData(bytes: Uint8Array, view: DataView, at: number, end: number, direction: number, memory: SessionMemory, sink: ProtocolSink): void {
  const stream = bytes[at + AT.stream] & 0x7f;
  const fn = bytes[at + AT.fn];
  const system = view.getUint32(at + AT.system);
  const outstanding = memory.outstanding as number[];
  const text = at + AT.text;
  if (fn % 2 === 0) {
    const asked = takeRequest(outstanding, system);
    if (asked < 0) return;
    const isAcknowledged = FUNCTIONS.get(asked)?.[3] !== undefined;
    if (sink.isCut && isAcknowledged) return sink.beyondCut();
    const status = isAcknowledged ? acknowledgement(bytes, text, end) : 0;
    const isRefused = fn === 0 || (status !== 0 && !(COMMANDS.has(asked) && status === WILL_BE_DONE));
    sink.operation(-1, asked, isRefused ? MESSAGE.error : MESSAGE.response, isRefused ? status : 0);
    if (asked === ARE_YOU_THERE || asked === ESTABLISH) tellIdentity(bytes, text, end, sink);
    return;
  }
  if (stream === ERRORS) return readRefusal(bytes, text, end, fn, sink);
  const code = codeOf(stream, fn);
  const sender = FUNCTIONS.get(code)?.[2] ?? 'either';
  const isServers = sender === 'either' ? direction !== TO_SERVER : sink.serverIs(sender === 'equipment');
  sink.operation(-1, code, isServers ? MESSAGE.response : MESSAGE.request, 0);
  if (!isServers) rememberRequest(outstanding, system, code);
  if (COMMANDS.has(code)) tellCommand(bytes, text, end, sink);
  if (code === ESTABLISH) tellIdentity(bytes, text, end, sink);
}

function sizeOf(bytes: Uint8Array, view: DataView, at: number): number {
  const length = view.getUint32(at + AT.length);
  const kind = bytes[at + AT.kind];
  if (length < SHORTEST || length > LONGEST || bytes[at + AT.presentation] !== SECS_II || !KINDS.has(kind)) return -1;
  if (kind === KIND.data ? (bytes[at + AT.stream] & 0x7f) === 0 : length !== SHORTEST) return -1;
  return length + AT.session;
}

/** A session is begun or kept with a header that hardly varies; data, joined later, must be whole, and items to their end. */
function certaintyOf(bytes: Uint8Array, view: DataView, at: number, to: number): number {
  const kind = bytes[at + AT.kind];
  const end = at + sizeOf(bytes, view, at);
  if (kind === KIND.data) return end > at + HEADER && end <= to && isText(bytes, at + AT.text, end) ? PROBE.certain : PROBE.notForUs;
  return TELLING.has(kind) && view.getUint16(at + AT.session) === NO_SESSION && bytes[at + AT.stream] === 0 && bytes[at + AT.fn] <= LAST_STATUS ? PROBE.certain : PROBE.notForUs;
}

export const HSMS = framedProtocol({
  name: 'hsms',
  // No port is registered: equipment comes with this one, and plants choose their own.
  ports: [5000],
  firstOctets: [0],
  header: HEADER,
  // Some write the length by itself.
  isHeldOnAnyPort: true,
  mayBegin: (bytes, at, to) => to > at && bytes[at] === 0 && (to - at < 2 || bytes[at + 1] === 0),
  readsCut: true,
  maxCarry: 0x1_0000,
  newMemory: () => ({ outstanding: [] }),
  size: (bytes, view, at) => sizeOf(bytes, view, at),
  isCertain: (bytes, view, at, to) => certaintyOf(bytes, view, at, to),
  message(bytes, view, at, end, direction, memory, sink) {
    const kind = bytes[at + AT.kind];
    if (kind === KIND.data) return readData(bytes, view, at, end, direction, memory, sink);
    if (kind === KIND.selectReq) return sink.operation(-1, SELECT, MESSAGE.request, 0);
    const status = bytes[at + AT.fn];
    if (kind === KIND.selectRsp) return sink.operation(-1, SELECT, status === 0 ? MESSAGE.response : MESSAGE.error, status);
    const refused = kind === KIND.reject ? takeRequest(memory.outstanding as number[], view.getUint32(at + AT.system)) : -1;
    if (refused >= 0) sink.operation(-1, refused, MESSAGE.error, status);
  },
  describe(code) {
    if (code === SELECT) return { name: 'Select', access: 'browse' };
    const known = FUNCTIONS.get(code);
    const number = `S${(code >> 8) & 0x7f}F${code & 0xff}`;
    return known === undefined ? { name: number, access: 'program' } : { name: `${number} ${known[0]}`, access: known[1] };
  },
});
