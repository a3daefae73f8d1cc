/**
 * DNP3 (IEEE 1815-2012) on TCP and UDP: link frames (clause 9), transport function (clause 8), application layer (clause 4).
 * In: link frames, proven by their header's CRC. Out: application functions with the internal indications that refuse
 * them, the outstation's address and the first object asked for, link functions without data. The master asks,
 * whoever opened the connection (by the function, else by the DIR bit). Left out on purpose: values, and fragments after an
 * application's first.
 */
import type { Access } from '../../observation.ts';
import { framedProtocol } from './framing.ts';
import type { ProtocolSink, SessionMemory } from './protocol.ts';
import { MESSAGE } from './protocol.ts';

const HEADER = 10;
const SMALLEST_LENGTH = 5;
const BLOCK = 16;
const CRC_OCTETS = 2;
const AT = { length: 2, control: 3, destination: 4, source: 6, crc: 8, transport: 10 } as const;
const CONTROL = { fromMaster: 0x80, isPrimary: 0x40 } as const;
const TRANSPORT = { first: 0x40, final: 0x80 } as const;
const APPLICATION = { first: 0x80, final: 0x40 } as const;

const FUNCTION = { confirm: 0, write: 2, response: 129, unsolicited: 130, authenticationResponse: 131 } as const;
/** Link functions of a primary station without user data, as codes of our own. */
const LINK_BASE = 0x100;
/**
 * Writes that do less than their function says, as codes of our own above it: a number of `Write`, as a Permit lists it, means them too
 * (read-words.ts). Every master that polls ends an outstation's restart so (clause 4.2.2.7, IIN1.7), and sets its clock where it asks for it (IIN1.4).
 */
const PARTS_FROM = 0x200;
const WRITE = { restartFlag: PARTS_FROM | FUNCTION.write, time: (PARTS_FROM + 0x100) | FUNCTION.write } as const;
/** Internal indications that say that a request was not carried out: IIN2.0 to IIN2.2 (clause 4.2.2.7). */
const REFUSALS = 0x07;

const FUNCTIONS = new Map<number, readonly [string, Access]>([
  [FUNCTION.confirm, ['Confirm', 'read']],
  [1, ['Read', 'read']],
  [2, ['Write', 'write']],
  [3, ['Select', 'control']],
  [4, ['Operate', 'control']],
  [5, ['Direct Operate', 'control']],
  [6, ['Direct Operate No Response', 'control']],
  [7, ['Immediate Freeze', 'write']],
  [8, ['Immediate Freeze No Response', 'write']],
  [9, ['Freeze Clear', 'write']],
  [10, ['Freeze Clear No Response', 'write']],
  [11, ['Freeze At Time', 'write']],
  [12, ['Freeze At Time No Response', 'write']],
  [13, ['Cold Restart', 'control']],
  [14, ['Warm Restart', 'control']],
  [15, ['Initialize Data', 'program']],
  [16, ['Initialize Application', 'program']],
  [17, ['Start Application', 'control']],
  [18, ['Stop Application', 'control']],
  [19, ['Save Configuration', 'program']],
  [20, ['Enable Unsolicited', 'read']],
  [21, ['Disable Unsolicited', 'read']],
  [22, ['Assign Class', 'program']],
  [23, ['Delay Measurement', 'diagnose']],
  [24, ['Record Current Time', 'write']],
  [25, ['Open File', 'program']],
  [26, ['Close File', 'program']],
  [27, ['Delete File', 'program']],
  [28, ['Get File Information', 'browse']],
  [29, ['Authenticate File', 'program']],
  [30, ['Abort File', 'program']],
  [31, ['Activate Configuration', 'program']],
  [32, ['Authentication Request', 'browse']],
  [33, ['Authentication Request No Ack', 'browse']],
  [FUNCTION.response, ['Response', 'read']],
  [FUNCTION.unsolicited, ['Unsolicited Response', 'read']],
  [FUNCTION.authenticationResponse, ['Authentication Response', 'browse']],
  [WRITE.restartFlag, ['Write (restart flag)', 'read']],
  [WRITE.time, ['Write (time)', 'write']],
  [LINK_BASE, ['Reset Link', 'diagnose']],
  [LINK_BASE + 2, ['Test Link', 'diagnose']],
  [LINK_BASE + 9, ['Request Link Status', 'diagnose']],
]);

/** CRC-DNP: polynomial 0x3D65, reflected, complemented (clause 9.2.4.3.8). */
const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, octet) => {
  let crc = octet;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0xa6bc;
  return crc;
});

const isCrcRight = (bytes: Uint8Array, from: number, crcAt: number): boolean => {
  let crc = 0;
  for (let i = from; i < crcAt; i++) crc = (crc >> 8) ^ CRC_TABLE[(crc ^ bytes[i]) & 0xff];
  crc = ~crc & 0xffff;
  return bytes[crcAt] === (crc & 0xff) && bytes[crcAt + 1] === crc >> 8;
};

const size = (bytes: Uint8Array, _view: DataView, at: number): number => {
  if (bytes[at] !== 0x05 || bytes[at + 1] !== 0x64 || bytes[at + AT.length] < SMALLEST_LENGTH) return -1;
  if (!isCrcRight(bytes, at, at + AT.crc)) return -1;
  const data = bytes[at + AT.length] - SMALLEST_LENGTH;
  return HEADER + data + Math.ceil(data / BLOCK) * CRC_OCTETS;
};

/**
 * Who speaks: the function says it, where it is one of a request (1 to 128) or a response (129 on; clause 4.2.2.5), whatever a
 * tool that injects requests has set as DIR bit; of a confirmation, and of link frames, the bit.
 */
const isOfMaster = (code: number, isFromMaster: boolean): boolean => (code === FUNCTION.confirm ? isFromMaster : code < FUNCTION.response);

/** Objects of one Write: internal indication 7 to 0, by indices of one octet or of two; one time, of the clock or of what was recorded (clauses 4.2.2.7 and A.23). */
const SOLE_OBJECTS: readonly (readonly [code: number, header: readonly number[], values: number])[] = [
  [WRITE.restartFlag, [80, 1, 0x00, 7, 7, 0], 0],
  [WRITE.restartFlag, [80, 1, 0x01, 7, 0, 7, 0, 0], 0],
  [WRITE.time, [50, 1, 0x07, 1], 6],
  [WRITE.time, [50, 3, 0x07, 1], 6],
];

/** What a request is for: its function, or the only objects that it writes. `octets` of objects follow in this frame. */
const partOf = (bytes: Uint8Array, objects: number, octets: number, code: number, isWhole: boolean): number => {
  if (code !== FUNCTION.write || !isWhole) return code;
  const sole = SOLE_OBJECTS.find(([, header, values]) => octets === header.length + values && header.every((octet, i) => bytes[objects + i] === octet));
  return sole === undefined ? code : sole[0];
};

const readApplication = (bytes: Uint8Array, view: DataView, at: number, end: number, isFromMaster: boolean, memory: SessionMemory, sink: ProtocolSink): void => {
  const application = at + AT.transport + 1;
  const block = bytes[at + AT.length] - SMALLEST_LENGTH;
  // Of a frame that was cut off, the first block has to be whole: its CRC is the proof.
  if (sink.isCut && at + HEADER + Math.min(block, BLOCK) + CRC_OCTETS > end) return sink.beyondCut();
  if (block < 3 || application + 2 > end || !isCrcRight(bytes, at + HEADER, at + HEADER + Math.min(block, BLOCK))) return sink.malformed('dnp3.block');
  if ((bytes[at + AT.transport] & TRANSPORT.first) === 0 || (bytes[application] & APPLICATION.first) === 0) return;
  const spoken = bytes[application + 1];
  const isRequest = isOfMaster(spoken, isFromMaster);
  const isWhole = (bytes[at + AT.transport] & TRANSPORT.final) !== 0 && (bytes[application] & APPLICATION.final) !== 0;
  // Its objects stand in the first block, whose CRC is right.
  const code = partOf(bytes, application + 2, block - 3, spoken, isWhole);
  sink.serverIs(!isRequest);
  if (isRequest) {
    sink.operation(-1, code, MESSAGE.request, 0);
    sink.target(`outstation ${view.getUint16(at + AT.destination, true)}`);
    // One object header or more follow: group, variation, qualifier.
    if (block >= 6) sink.target(`g${bytes[application + 2]}v${bytes[application + 3]}`);
    if (code !== FUNCTION.confirm) memory.asked = code;
    return;
  }
  if (code !== FUNCTION.response) return sink.operation(-1, code, MESSAGE.response, 0);
  const refusals = block >= 5 ? bytes[application + 3] & REFUSALS : 0;
  // Of an answer whose request was not heard, what it answers is not known; nobody asks for a "Response".
  if (typeof memory.asked === 'number') sink.operation(-1, memory.asked, refusals === 0 ? MESSAGE.response : MESSAGE.error, refusals);
  memory.asked = null;
};

const PORT = 20000;

export const DNP3 = framedProtocol({
  name: 'dnp3',
  ports: [PORT],
  firstOctets: [0x05],
  header: HEADER,
  readsCut: true,
  maxCarry: 512,
  size,
  newMemory: () => ({ asked: null }),
  message(bytes, view, at, end, _direction, memory, sink) {
    const control = bytes[at + AT.control];
    const isFromMaster = (control & CONTROL.fromMaster) !== 0;
    if (bytes[at + AT.length] > SMALLEST_LENGTH) return readApplication(bytes, view, at, end, isFromMaster, memory, sink);
    sink.serverIs(!isFromMaster);
    if ((control & CONTROL.isPrimary) !== 0) sink.operation(-1, LINK_BASE + (control & 0xf), isFromMaster ? MESSAGE.request : MESSAGE.response, 0);
  },
  describe(code) {
    const known = FUNCTIONS.get(code);
    return known === undefined ? { name: `Function ${code}`, access: 'write' } : { name: known[0], access: known[1] };
  },
});
