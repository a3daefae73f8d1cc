/**
 * S7comm (Siemens S7-300/400, and 1200/1500 with PUT/GET) over TPKT/COTP. Siemens publishes no standard: field layout and
 * names as Wireshark's and Snap7's, checked against captures. In: TPKTs. Out: operations by function (jobs and their
 * acknowledgements) or by function group (user data), memory areas and blocks touched, names of modules that a system
 * status list (SZL) tells. Left out on purpose: values, and what continues in a further TPDU: a target says that there is more.
 */
import type { Access } from '../../observation.ts';
import { asciiText, framedProtocol } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink, SessionMemory } from './protocol.ts';
import { MESSAGE, PROBE, TO_SERVER } from './protocol.ts';
import { ABOVE_TPKT, COTP, cotpKind, isLastTpdu, probeAbove, userData } from './tpkt.ts';

const S7_PROTOCOL_ID = 0x32;
const ROSCTR = { job: 1, ack: 2, ackData: 3, userData: 7 } as const;
const S7_HEADER = 10;
const FUNCTION = { readVar: 0x04, writeVar: 0x05, requestDownload: 0x1a, downloadBlock: 0x1b, downloadEnded: 0x1c, startUpload: 0x1d, piService: 0x28, plcStop: 0x29, setup: 0xf0 } as const;

/** Our own codes where one function has two faces: starting a program, and changing blocks (both PI services). */
const START = 0x128;
const CHANGE_BLOCKS = 0x228;
/** Among the outstanding requests: one of which it was cut off what it asks. */
const BEYOND_CUT = -2;
/** User data: this, and the function group and subfunction. */
const USER_DATA = 0x10000;

const FUNCTIONS = new Map<number, readonly [string, Access]>([
  [0x00, ['CPU Services', 'diagnose']],
  [FUNCTION.setup, ['Setup Communication', 'browse']],
  [FUNCTION.readVar, ['Read Var', 'read']],
  [FUNCTION.writeVar, ['Write Var', 'write']],
  [FUNCTION.requestDownload, ['Request Download', 'program']],
  [FUNCTION.downloadBlock, ['Download Block', 'program']],
  [FUNCTION.downloadEnded, ['Download Ended', 'program']],
  [FUNCTION.startUpload, ['Start Upload', 'program']],
  [0x1e, ['Upload', 'program']],
  [0x1f, ['End Upload', 'program']],
  [FUNCTION.piService, ['PI Service', 'control']],
  [START, ['PLC Start', 'control']],
  [CHANGE_BLOCKS, ['PI Service on Blocks', 'program']],
  [FUNCTION.plcStop, ['PLC Stop', 'control']],
]);

const GROUPS: readonly (readonly [string, Access])[] = [
  ['Mode Transition', 'diagnose'],
  ['Programmer Commands', 'diagnose'],
  ['Cyclic Data', 'read'],
  ['Block Functions', 'browse'],
  ['CPU Functions', 'diagnose'],
  ['Security', 'program'],
  ['PBC Block Send/Receive', 'write'],
  ['Time Functions', 'read'],
];

/** Subfunctions that do more than their group: [group << 8 | subfunction, name, access]. */
const SUBFUNCTIONS = new Map<number, readonly [string, Access]>([
  [0x101, ['Block Status', 'diagnose']],
  [0x102, ['Variable Status', 'diagnose']],
  [0x107, ['Force Selection', 'control']],
  [0x108, ['Modify Variable', 'write']],
  [0x109, ['Force', 'control']],
  [0x10a, ['Breakpoint', 'program']],
  [0x10b, ['Exit Hold', 'control']],
  [0x10c, ['Memory Reset', 'program']],
  [0x10d, ['Disable Job', 'diagnose']],
  [0x10e, ['Enable Job', 'diagnose']],
  [0x10f, ['Delete Job', 'diagnose']],
  [0x110, ['Read Job List', 'diagnose']],
  [0x111, ['Read Job', 'diagnose']],
  [0x112, ['Replace Job', 'diagnose']],
  [0x113, ['Block Status 2', 'diagnose']],
  [0x116, ['Flash LED', 'diagnose']],
  [0x301, ['List Blocks', 'browse']],
  [0x302, ['List Blocks of Type', 'browse']],
  [0x303, ['Get Block Info', 'browse']],
  [0x401, ['Read SZL', 'diagnose']],
  [0x402, ['Message Service', 'read']],
  [0x403, ['Diagnostic Message', 'diagnose']],
  [0x501, ['PLC Password', 'program']],
  [0x701, ['Read Clock', 'read']],
  [0x702, ['Set Clock', 'write']],
  [0x703, ['Read Clock', 'read']],
  [0x704, ['Set Clock', 'write']],
]);

const describe = (code: number): { readonly name: string; readonly access: Access } => {
  if (code < USER_DATA) {
    const known = FUNCTIONS.get(code);
    return known === undefined ? { name: `Function 0x${code.toString(16).padStart(2, '0')}`, access: 'write' } : { name: known[0], access: known[1] };
  }
  const sub = code & 0xffff;
  const group = GROUPS[sub >> 8] ?? ['Other User Data', 'diagnose'];
  const known = SUBFUNCTIONS.get(sub);
  return known === undefined ? { name: `${group[0]} ${sub & 0xff}`, access: group[1] } : { name: known[0], access: known[1] };
};

const AREAS = new Map([
  [0x03, 'SysInfo'],
  [0x05, 'SysFlags'],
  [0x06, 'AI'],
  [0x07, 'AQ'],
  [0x1c, 'C'],
  [0x1d, 'T'],
  [0x80, 'P'],
  [0x81, 'I'],
  [0x82, 'Q'],
  [0x83, 'M'],
  [0x84, 'DB'],
  [0x85, 'DI'],
  [0x86, 'L'],
  [0x87, 'V'],
]);
const DATA_BLOCK_AREAS = new Set([0x84, 0x85]);
const VARIABLE_SPECIFICATION = 0x12;
const SYNTAX_S7ANY = 0x10;
/** Stands for items that are not told: of another kind, or not in the TPDU at hand. */
const MORE_ITEMS = '(more)';

/** Areas of Read Var and Write Var: `DB1`, `M`, `I`. */
const tellAreas = (bytes: Uint8Array, view: DataView, at: number, end: number, sink: ProtocolSink): void => {
  if (at + 2 > end) return sink.target(MORE_ITEMS);
  const items = bytes[at + 1];
  let item = at + 2;
  for (let i = 0; i < items; i++) {
    if (item + 12 > end || bytes[item] !== VARIABLE_SPECIFICATION) return sink.target(MORE_ITEMS);
    const area = bytes[item + 8];
    if (bytes[item + 2] === SYNTAX_S7ANY) {
      const name = AREAS.get(area) ?? `area 0x${area.toString(16)}`;
      sink.target(DATA_BLOCK_AREAS.has(area) ? `${name}${view.getUint16(item + 6)}` : name);
    }
    item += 2 + bytes[item + 1];
  }
};

const BLOCK_TYPES = new Map([
  ['08', 'OB'],
  ['0A', 'DB'],
  ['0B', 'SDB'],
  ['0C', 'FC'],
  ['0D', 'SFC'],
  ['0E', 'FB'],
  ['0F', 'SFB'],
]);

/** File name of a block, `_0800001P`: type and number. */
const tellBlock = (bytes: Uint8Array, at: number, end: number, sink: ProtocolSink): void => {
  const octets = bytes[at + 8];
  if (at + 9 + octets > end) return sink.isCut ? sink.target(MORE_ITEMS) : undefined;
  const found = /^[_$]([0-9A-F]{2})(\d{5})/.exec(asciiText(bytes, at + 9, at + 9 + octets));
  if (found !== null) sink.target(`${BLOCK_TYPES.get(found[1]) ?? `block ${found[1]} `}${Number(found[2])}`);
};

/** Name of a PI service (after 7 octets and the argument block), and whether it starts the CPU or changes blocks. */
const readPiService = (bytes: Uint8Array, view: DataView, at: number, end: number): readonly [number, string] => {
  if (at + 10 > end) return [FUNCTION.piService, ''];
  const nameAt = at + 10 + view.getUint16(at + 8);
  if (nameAt + 1 > end || nameAt + 1 + bytes[nameAt] > end) return [FUNCTION.piService, ''];
  const name = asciiText(bytes, nameAt + 1, nameAt + 1 + bytes[nameAt]);
  if (name === 'P_PROGRAM') return [START, name];
  return [/^_(INSE|DELE|MODU|GARB|INS2|DEL2|IN)/.test(name) ? CHANGE_BLOCKS : FUNCTION.piService, name];
};

const readJob = (bytes: Uint8Array, view: DataView, s7: number, parameters: number, end: number, memory: SessionMemory, sink: ProtocolSink): void => {
  let code: number = bytes[parameters];
  let name = '';
  if (code === FUNCTION.piService) [code, name] = readPiService(bytes, view, parameters, end);
  // Its name says whether it starts the CPU or changes blocks.
  if (code === FUNCTION.piService && name === '' && sink.isCut) {
    rememberRequest(memory.outstanding as number[], view.getUint16(s7 + 4), BEYOND_CUT);
    return sink.beyondCut();
  }
  // In a download the controller itself asks for the blocks; every other job is the client's.
  sink.serverIs(code === FUNCTION.downloadBlock || code === FUNCTION.downloadEnded);
  sink.operation(-1, code, MESSAGE.request, 0);
  rememberRequest(memory.outstanding as number[], view.getUint16(s7 + 4), code);
  if (code === FUNCTION.readVar || code === FUNCTION.writeVar) tellAreas(bytes, view, parameters, end, sink);
  else if (code >= FUNCTION.requestDownload && code <= FUNCTION.startUpload && parameters + 9 <= end) tellBlock(bytes, parameters, end, sink);
  else if (name !== '') sink.target(name);
};

const SZL = { module: 0x11, component: 0x1c } as const;
const COMPONENT_FACTS = new Map([
  [1, 's7comm.system-name'],
  [2, 's7comm.module-name'],
  [3, 's7comm.plant-id'],
  [5, 's7comm.serial'],
  [7, 's7comm.module-type'],
]);

/** System status list 0x0011 (module identification) and 0x001c (component identification). */
const tellIdentity = (bytes: Uint8Array, view: DataView, data: number, end: number, sink: ProtocolSink): void => {
  if (data + 12 > end || bytes[data] !== 0xff) return;
  const list = view.getUint16(data + 4) & 0xff;
  const octets = view.getUint16(data + 8);
  const records = Math.min(view.getUint16(data + 10), 16);
  if (octets < 5) return;
  for (let i = 0; i < records; i++) {
    const at = data + 12 + i * octets;
    if (at + octets > end) return;
    const index = view.getUint16(at);
    const name = list === SZL.component ? COMPONENT_FACTS.get(index & 0xff) : list === SZL.module && index === 1 ? 's7comm.order-number' : undefined;
    const text = name === undefined ? '' : asciiText(bytes, at + 2, at + Math.min(octets, list === SZL.module ? 22 : 34));
    if (name !== undefined && text !== '') sink.serverFact(name, text);
  }
};

const USER_DATA_TYPE = { push: 0, request: 4, response: 8 } as const;

const readUserData = (bytes: Uint8Array, view: DataView, parameters: number, end: number, sink: ProtocolSink): void => {
  if (parameters + 8 > end) return sink.malformed('s7comm.user-data');
  const type = (bytes[parameters + 5] >> 4) & 0xc;
  const group = bytes[parameters + 5] & 0xf;
  const code = USER_DATA | (group << 8) | bytes[parameters + 6];
  const isRequest = type === USER_DATA_TYPE.request;
  if (type !== USER_DATA_TYPE.push) sink.serverIs(!isRequest);
  const error = !isRequest && parameters + 12 <= end && bytes[parameters + 3] >= 8 ? view.getUint16(parameters + 10) : 0;
  sink.operation(-1, code, isRequest ? MESSAGE.request : error === 0 ? MESSAGE.response : MESSAGE.error, error);
  if (code === (USER_DATA | 0x401) && type === USER_DATA_TYPE.response) tellIdentity(bytes, view, parameters + 4 + bytes[parameters + 3], end, sink);
};

const DONE = 0xff;
/** A refused item of Read Var: its return code, then transport size and length, both zero. Of Write Var, an item is its return code. */
const REFUSED_ITEM_OCTETS = 4;

/**
 * Return code of the first item, where none of an answer's items was carried out: the controller says so of an area that it has not
 * (0x0a), or that ends sooner (0x05), and leaves the header's error zero. 0 where one was, -1 where that is beyond the cut.
 */
const itemRefusal = (bytes: Uint8Array, parameters: number, data: number, end: number, isCut: boolean): number => {
  if (parameters + 2 > end) return isCut ? -1 : 0;
  const items = bytes[parameters + 1];
  const octets = bytes[parameters] === FUNCTION.readVar ? REFUSED_ITEM_OCTETS : 1;
  for (let i = 0, at = data; i < items; i++, at += octets) {
    if (at >= end) return isCut ? -1 : 0;
    if (bytes[at] === DONE) return 0;
  }
  return items > 0 ? bytes[data] : 0;
};

/** Octets of parameters that say what is asked and whether it was refused: the function; of user data, group, subfunction and error. */
const FUNCTION_OCTETS = 1;
const USER_DATA_OCTETS = 12;

/** One S7 PDU between `s7` and `end`, or as much of it as the first of several TPDUs holds. */
const readPdu = (bytes: Uint8Array, view: DataView, s7: number, end: number, isWhole: boolean, memory: SessionMemory, sink: ProtocolSink): void => {
  const kind = bytes[s7 + 1];
  const isAnswer = kind === ROSCTR.ack || kind === ROSCTR.ackData;
  const parameters = s7 + S7_HEADER + (isAnswer ? 2 : 0);
  if (parameters > end || (isWhole && parameters + view.getUint16(s7 + 6) > end)) return sink.malformed('s7comm.length');
  const hasFunction = view.getUint16(s7 + 6) > 0;
  const needed = kind === ROSCTR.userData ? USER_DATA_OCTETS : FUNCTION_OCTETS;
  if (sink.isCut && parameters + Math.min(needed, view.getUint16(s7 + 6)) > end) return sink.beyondCut();
  if (kind === ROSCTR.job && hasFunction) return readJob(bytes, view, s7, parameters, end, memory, sink);
  if (kind === ROSCTR.userData && hasFunction) return readUserData(bytes, view, parameters, end, sink);
  if (!isAnswer) return sink.malformed('s7comm.kind');
  const asked = takeRequest(memory.outstanding as number[], view.getUint16(s7 + 4));
  if (asked === BEYOND_CUT) return;
  // What the answer itself says goes before what was asked under its reference: some clients use two references in turn.
  const told = hasFunction ? bytes[parameters] : -1;
  const code = asked >= 0 && (told < 0 || told === (asked & 0xff)) ? asked : told;
  // Of a PI service, only its request says what it is for.
  if (code < 0 || (code === FUNCTION.piService && asked !== code)) return;
  sink.serverIs(code !== FUNCTION.downloadBlock && code !== FUNCTION.downloadEnded);
  let error = view.getUint16(s7 + S7_HEADER);
  if (error === 0 && (told === FUNCTION.readVar || told === FUNCTION.writeVar)) {
    error = itemRefusal(bytes, parameters, parameters + view.getUint16(s7 + 6), end, sink.isCut);
    if (error < 0) return sink.beyondCut();
  }
  sink.operation(-1, code, error === 0 ? MESSAGE.response : MESSAGE.error, error);
};

const isPdu = (bytes: Uint8Array, at: number): boolean => bytes[at] === S7_PROTOCOL_ID && (bytes[at + 1] === ROSCTR.userData || (bytes[at + 1] >= ROSCTR.job && bytes[at + 1] <= ROSCTR.ackData));

/** So many octets tell the function, and the group of user data; of a first TPDU with fewer all are kept until the next one. */
const TELLING = 24;
/** In the place of kept octets: what came before was told, the rest is passed over. */
const TOLD = 1;

/** A PDU whose beginning came in TPDUs before; `kept` is its octets as text, so that a checkpoint can hold them. */
const joinPart = (kept: string, bytes: Uint8Array, from: number, end: number): Uint8Array => {
  const joined = new Uint8Array(kept.length + end - from);
  for (let i = 0; i < kept.length; i++) joined[i] = kept.charCodeAt(i);
  joined.set(bytes.subarray(from, end), kept.length);
  return joined;
};

/** The user data of one TPDU: a PDU, or a part of one, of which the first part that tells the function is read. */
const readData = (bytes: Uint8Array, view: DataView, from: number, end: number, isLast: boolean, key: 'part0' | 'part1', memory: SessionMemory, sink: ProtocolSink): void => {
  const part = memory[key];
  if (part !== TOLD) {
    if (typeof part === 'string') {
      memory[key] = null;
      const joined = joinPart(part, bytes, from, end);
      return readData(joined, new DataView(joined.buffer), 0, joined.length, isLast, key, memory, sink);
    }
    if (!isLast && !sink.isCut && end - from < TELLING) {
      memory[key] = String.fromCharCode(...bytes.subarray(from, end));
      return;
    }
    if (from + S7_HEADER > end && sink.isCut) sink.beyondCut();
    if (from + S7_HEADER <= end && isPdu(bytes, from)) readPdu(bytes, view, from, end, isLast && !sink.isCut, memory, sink);
  }
  memory[key] = isLast ? null : TOLD;
};

export const S7COMM = framedProtocol({
  name: 's7comm',
  ...ABOVE_TPKT,
  readsCut: true,
  isCertain: (bytes, view, at, to) => probeAbove(bytes, view, at, to, (data) => (isPdu(bytes, data) ? PROBE.certain : PROBE.notForUs)),
  newMemory: () => ({ outstanding: [], part0: null, part1: null }),
  message(bytes, view, at, end, direction, memory, sink) {
    const kind = cotpKind(bytes, at);
    if (kind === COTP.connectRequest) sink.serverIs(false);
    else if (kind === COTP.connectConfirm) sink.serverIs(true);
    if (kind !== COTP.data) return;
    readData(bytes, view, userData(bytes, at), end, isLastTpdu(bytes, at), direction === TO_SERVER ? 'part0' : 'part1', memory, sink);
  },
  describe,
});
