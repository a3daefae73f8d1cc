/**
 * Modbus/TCP and Modbus/UDP (MODBUS Messaging on TCP/IP V1.0b; MODBUS Application Protocol V1.1b3).
 *
 * In: a stream or datagram at a message boundary. Out: operations by unit and function code, exceptions by code, the
 * register, coil, file and FIFO ranges of requests (and of answers that repeat them), device identification (43/14). Values are
 * never kept.
 * Left out on purpose: Modbus RTU over TCP, which has no MBAP header. It is told by its CRC (isModbusRtu) and only named.
 */
import * as functions from './modbus-functions.ts';
import { describeFunction } from './modbus-functions.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import * as protocols from './protocol.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { ACTIONS, FC, FUNCTIONS, MEI_DEVICE_IDENTIFICATION, sub } = functions;
const { AWAIT_MORE, MESSAGE, PROBE, TO_CLIENT } = protocols;

/** MBAP header (Messaging Guide 3.1.3): transaction id, protocol id (0), length of what follows, unit id. */
const PROTOCOL_ID = 2;
const LENGTH = 4;
const UNIT = 6;
const FUNCTION = 7;
const PREFIX = 6;
const MIN_LENGTH = 2;
/** Unit id and the longest PDU: 1 + 253 (V1.1b3 clause 4.1). */
const MAX_LENGTH = 254;
/**
 * Schneider's programming (UMAS, function 90) goes beyond: its blocks are of about 1,000 octets. A message so long is one, of
 * whatever function: it ends where it says, and is not searched for others.
 */
const MAX_LONG_LENGTH = 1100;
const EXCEPTION_BIT = 0x80;
/** The last data address that there is (V1.1b3 clause 4.4). */
const LAST_ADDRESS = 65535;

const READ = 0;
const WRITE = 1;

/** Object ids of Read Device Identification (V1.1b3 clause 6.21, table of objects). */
const IDENTIFICATION_OBJECTS = [
  'modbus.vendor',
  'modbus.product-code',
  'modbus.revision',
  'modbus.vendor-url',
  'modbus.product',
  'modbus.model',
  'modbus.application',
] as const;

const uint16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

/** Octets of a request PDU (function code included) by its own fields; 0 when unknown, -1 when it cannot be a request. */
function requestLength(bytes: Uint8Array, at: number, end: number): number {
  switch (bytes[at]) {
    case FC.readCoils:
    case FC.readDiscreteInputs:
    case FC.readHoldingRegisters:
    case FC.readInputRegisters:
    case FC.writeSingleCoil:
    case FC.writeSingleRegister:
      return 5;
    case FC.readExceptionStatus:
    case FC.getCommEventCounter:
    case FC.getCommEventLog:
    case FC.reportServerId:
      return 1;
    case FC.writeMultipleCoils:
    case FC.writeMultipleRegisters:
      return end - at >= 6 ? 6 + bytes[at + 5] : -1;
    case FC.readFileRecord:
    case FC.writeFileRecord:
      return end - at >= 2 ? 2 + bytes[at + 1] : -1;
    case FC.maskWriteRegister:
      return 7;
    case FC.readWriteMultipleRegisters:
      return end - at >= 10 ? 10 + bytes[at + 9] : -1;
    case FC.readFifoQueue:
      return 3;
    case FC.encapsulatedInterface:
      return end - at < 2 ? -1 : bytes[at + 1] === MEI_DEVICE_IDENTIFICATION ? 4 : 0;
    default:
      return 0;
  }
}

function responseLength(bytes: Uint8Array, at: number, end: number): number {
  const code = bytes[at];
  if (code >= EXCEPTION_BIT) return 2;
  switch (code) {
    case FC.readCoils:
    case FC.readDiscreteInputs:
    case FC.readHoldingRegisters:
    case FC.readInputRegisters:
    case FC.getCommEventLog:
    case FC.reportServerId:
    case FC.readFileRecord:
    case FC.writeFileRecord:
    case FC.readWriteMultipleRegisters:
      return end - at >= 2 ? 2 + bytes[at + 1] : -1;
    case FC.readExceptionStatus:
      return 2;
    case FC.writeSingleCoil:
    case FC.writeSingleRegister:
    case FC.getCommEventCounter:
    case FC.writeMultipleCoils:
    case FC.writeMultipleRegisters:
      return 5;
    case FC.maskWriteRegister:
      return 7;
    case FC.readFifoQueue:
      return end - at >= 3 ? 3 + uint16(bytes, at + 1) : -1;
    case FC.encapsulatedInterface:
      return end - at < 2 ? -1 : bytes[at + 1] === MEI_DEVICE_IDENTIFICATION ? identificationLength(bytes, at, end) : 0;
    default:
      return 0;
  }
}

/** Octets of a Read Device Identification response (V1.1b3 clause 6.21): seven, then objects with their id and length. */
function identificationLength(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 7) return -1;
  let next = at + 7;
  for (let objects = bytes[at + 6]; objects > 0; objects--) {
    if (next + 2 > end) return -1;
    next += 2 + bytes[next + 1];
  }
  return next - at;
}

/** Whether a PDU in [pdu, end) of a known function can have so many octets; it may go on beyond `end`. */
function fitsFunction(bytes: Uint8Array, pdu: number, end: number, octets: number): boolean {
  if (!FUNCTIONS.has(bytes[pdu] & ~EXCEPTION_BIT)) return false;
  const request = requestLength(bytes, pdu, end);
  const response = responseLength(bytes, pdu, end);
  return (request === 0 && response === 0) || request === octets || response === octets;
}

/** A message whose fields agree with its declared length as a request or as a response; its end may still be on the way. */
function looksConsistent(bytes: Uint8Array, from: number, to: number): boolean {
  const length = uint16(bytes, from + LENGTH);
  return fitsFunction(bytes, from + FUNCTION, Math.min(to, from + PREFIX + length), length - 1);
}

/** A frame of a serial line (MODBUS over Serial Line V1.02, 2.5.1): unit, PDU of at most 253 octets, CRC, low octet first. */
const RTU_UNIT = 1;
const RTU_CRC = 2;
const LONGEST_RTU = 256;

/** CRC-16/Modbus: polynomial 0x8005, reflected, first value 0xFFFF (MODBUS over Serial Line V1.02, 6.2.2). */
function isCrcRight(bytes: Uint8Array, from: number, crcAt: number): boolean {
  let crc = 0xffff;
  for (let i = from; i < crcAt; i++) {
    crc ^= bytes[i];
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0xa001;
  }
  return bytes[crcAt] === (crc & 0xff) && bytes[crcAt + 1] === crc >> 8;
}

/**
 * Whether the segment is a Modbus RTU frame and nothing else, as gateways of serial lines put it into TCP. A read from register 0
 * on has what looks like an MBAP header: the CRC decides. Names the service (signature.ts); nothing is read of it.
 */
export function isModbusRtu(bytes: Uint8Array, from: number, to: number): boolean {
  const pdu = from + RTU_UNIT;
  const crcAt = to - RTU_CRC;
  return crcAt > pdu && to - from <= LONGEST_RTU && fitsFunction(bytes, pdu, crcAt, crcAt - pdu) && isCrcRight(bytes, from, crcAt);
}

const headerFits = (bytes: Uint8Array, at: number): boolean => {
  const length = uint16(bytes, at + LENGTH);
  return bytes[at + PROTOCOL_ID] === 0 && bytes[at + PROTOCOL_ID + 1] === 0 && length >= MIN_LENGTH && length <= MAX_LENGTH;
};

/** The header of a message that is longer than the standard allows. */
const headerIsLong = (bytes: Uint8Array, at: number): boolean => {
  const length = uint16(bytes, at + LENGTH);
  return bytes[at + PROTOCOL_ID] === 0 && bytes[at + PROTOCOL_ID + 1] === 0 && length > MAX_LENGTH && length <= MAX_LONG_LENGTH;
};

const isUnity = (bytes: Uint8Array, at: number): boolean => (bytes[at + FUNCTION] & ~EXCEPTION_BIT) === FC.unityProgramming;

/** A header and its function code: where nothing else says that a message begins here. */
const fits = (bytes: Uint8Array, at: number): boolean => headerFits(bytes, at) || (headerIsLong(bytes, at) && isUnity(bytes, at));

function probe(bytes: Uint8Array, from: number, to: number, _direction: number, port: number): number {
  if (isModbusRtu(bytes, from, to)) return PROBE.notForUs;
  if (port !== MODBUS_PORT) return probeAlone(bytes, from, to);
  const have = to - from;
  if (have < FUNCTION + 1) return have > PROTOCOL_ID && bytes[from + PROTOCOL_ID] !== 0 ? PROBE.notForUs : PROBE.unsure;
  return fits(bytes, from) ? PROBE.certain : PROBE.notForUs;
}

/**
 * On any other port the bytes must speak for themselves: lengths and fields that agree in every message. The last one may go on in
 * the next segment where one and a header, or two, were whole before it; until then it may be Modbus.
 */
function probeAlone(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  let messages = 0;
  while (to - at > FUNCTION && fits(bytes, at)) {
    const next = at + PREFIX + uint16(bytes, at + LENGTH);
    if (next > to) break;
    if (!looksConsistent(bytes, at, to)) return PROBE.notForUs;
    messages++;
    at = next;
  }
  if (at === to) return messages > 0 ? PROBE.certain : PROBE.notForUs;
  const hasHeader = to - at >= PREFIX;
  if ((messages === 0 && !hasHeader) || !begins(bytes, at, to)) return PROBE.notForUs;
  return messages > 1 || (messages === 1 && hasHeader) ? PROBE.certain : PROBE.unsure;
}

/** A message of which as much as is there agrees: less than a header of it, or its function and fields as well. */
const begins = (bytes: Uint8Array, from: number, to: number): boolean =>
  (to - from > FUNCTION && fits(bytes, from) && FUNCTIONS.has(bytes[from + FUNCTION] & ~EXCEPTION_BIT) && looksConsistent(bytes, from, to)) || mayBegin(bytes, from, to);

function senderIsServer(bytes: Uint8Array, from: number, to: number): boolean | null {
  if (to - from < FUNCTION + 1 || !headerFits(bytes, from)) return null;
  const pdu = from + FUNCTION;
  return isAnswer(bytes, pdu, Math.min(to, from + PREFIX + uint16(bytes, from + LENGTH)));
}

/** Functions whose requests and answers differ in length; of the others, scanners send any length. */
const isSideByLength = (code: number): boolean =>
  code <= FC.readInputRegisters || code === FC.writeMultipleCoils || code === FC.writeMultipleRegisters || code === FC.readWriteMultipleRegisters;

/** A whole PDU that can only be an answer, or only a request, by its length; null where it can be both or neither. */
function isAnswer(bytes: Uint8Array, pdu: number, end: number): boolean | null {
  if (bytes[pdu] >= EXCEPTION_BIT) return true;
  if (!isSideByLength(bytes[pdu])) return null;
  const request = requestLength(bytes, pdu, end) === end - pdu;
  const response = responseLength(bytes, pdu, end) === end - pdu;
  return request === response ? null : response;
}

/** Exported beside `modbus.read`, which it is, so that the decoder's hot call can name it. */
export function readModbus(
  bytes: Uint8Array,
  _view: DataView,
  from: number,
  to: number,
  direction: number,
  _memory: SessionMemory,
  sink: ProtocolSink,
): number {
  let at = from;
  while (to - at > PREFIX) {
    const isLong = !headerFits(bytes, at);
    if (isLong && !headerIsLong(bytes, at)) return at === from ? -1 : at;
    const end = at + PREFIX + uint16(bytes, at + LENGTH);
    if (end > to) return at;
    if (isLong && !isUnity(bytes, at)) sink.malformed('modbus.length');
    else readMessage(bytes, at, end, direction, sink);
    at = end;
  }
  return at;
}

const isSeveral = (code: number): boolean => code === FC.diagnostics || code === FC.encapsulatedInterface;

/** The operation's code of a function that is several: Diagnostics and the encapsulated interfaces. */
function operationOf(bytes: Uint8Array, pdu: number, end: number, code: number): number {
  if (code === FC.diagnostics) {
    const part = end - pdu < 3 ? 0 : uint16(bytes, pdu + 1);
    return ACTIONS.has(part) ? sub(code, part) : code;
  }
  const part = end - pdu < 2 ? 0 : bytes[pdu + 1];
  return part === MEI_DEVICE_IDENTIFICATION ? code : sub(code, part);
}

/** What an exception repeats of its request: transaction, unit and function, of 16, 8 and 7 bits. */
const requestKey = (bytes: Uint8Array, at: number, code: number): number => (uint16(bytes, at) << 15) | (bytes[at + UNIT] << 7) | code;

const outstandingOf = (sink: ProtocolSink): number[] => (sink.memory().outstanding ??= []) as number[];

/** Only of functions that are several: an exception says the function, and not what it was asked for. */
function rememberAsked(bytes: Uint8Array, at: number, code: number, operation: number, sink: ProtocolSink): void {
  const outstanding = outstandingOf(sink);
  const key = requestKey(bytes, at, code);
  // A transaction that is begun anew has no answer any more: some clients number none.
  takeRequest(outstanding, key);
  rememberRequest(outstanding, key, operation);
}

/** The operation that an exception refuses; the function itself where its request was not heard. */
function refusedOf(bytes: Uint8Array, at: number, code: number, sink: ProtocolSink): number {
  const operation = takeRequest(outstandingOf(sink), requestKey(bytes, at, code));
  return operation < 0 ? code : operation;
}

/** One whole ADU in [at, end). */
function readMessage(bytes: Uint8Array, at: number, end: number, direction: number, sink: ProtocolSink): void {
  const unit = bytes[at + UNIT];
  const pdu = at + FUNCTION;
  const code = bytes[pdu] & ~EXCEPTION_BIT;
  // A field device may have dialled: then who was dialled asks. Who is known to ask, asks, whatever the length.
  const answersByLength = isAnswer(bytes, pdu, end);
  let answers = direction === TO_CLIENT;
  if (answersByLength !== null && answersByLength !== answers) {
    answers = sink.serverIs(answersByLength);
    if (answers !== answersByLength) sink.malformed(bytes[pdu] >= EXCEPTION_BIT ? 'modbus.exception-asked' : 'modbus.length-of-function');
  }
  if (answers) {
    if (bytes[pdu] >= EXCEPTION_BIT) {
      // V1.1b3 clause 7: an exception response is two octets, the second tells why.
      if (end - pdu < 2) sink.malformed('modbus.exception-without-code');
      else sink.operation(unit, isSeveral(code) ? refusedOf(bytes, at, code, sink) : code, MESSAGE.error, bytes[pdu + 1]);
      return;
    }
    if (isSeveral(code)) takeRequest(outstandingOf(sink), requestKey(bytes, at, code));
    sink.operation(unit, isSeveral(code) ? operationOf(bytes, pdu, end, code) : code, MESSAGE.response, 0);
    if (code === FC.encapsulatedInterface) readIdentification(bytes, pdu, end, sink);
    else if (code >= FC.writeSingleCoil) readAnsweredRange(bytes, pdu, end, code, sink);
    return;
  }
  if (bytes[pdu] >= EXCEPTION_BIT) return;
  const operation = isSeveral(code) ? operationOf(bytes, pdu, end, code) : code;
  if (isSeveral(code)) rememberAsked(bytes, at, code, operation, sink);
  sink.operation(unit, operation, MESSAGE.request, 0);
  readRequestRange(bytes, pdu, end, code, sink);
}

function readRequestRange(bytes: Uint8Array, pdu: number, end: number, code: number, sink: ProtocolSink): void {
  const have = end - pdu;
  switch (code) {
    case FC.readCoils:
    case FC.readDiscreteInputs:
    case FC.readHoldingRegisters:
    case FC.readInputRegisters:
      if (have >= 3) reportRange(sink, READ, uint16(bytes, pdu + 1), have >= 5 ? uint16(bytes, pdu + 3) : 0);
      return;
    case FC.writeSingleCoil:
    case FC.writeSingleRegister:
    case FC.maskWriteRegister:
      if (have >= 3) reportRange(sink, WRITE, uint16(bytes, pdu + 1), 1);
      return;
    case FC.writeMultipleCoils:
    case FC.writeMultipleRegisters:
      if (have >= 3) reportRange(sink, WRITE, uint16(bytes, pdu + 1), have >= 5 ? uint16(bytes, pdu + 3) : 0);
      return;
    case FC.readWriteMultipleRegisters:
      if (have < 9) return;
      reportRange(sink, READ, uint16(bytes, pdu + 1), uint16(bytes, pdu + 3));
      reportRange(sink, WRITE, uint16(bytes, pdu + 5), uint16(bytes, pdu + 7));
      return;
    case FC.readFifoQueue:
      if (have >= 3) sink.target(`fifo ${uint16(bytes, pdu + 1)}`);
      return;
    case FC.readFileRecord:
    case FC.writeFileRecord:
      readFileGroups(bytes, pdu, end, code, sink);
      return;
    default:
  }
}

/** Answers to writes repeat the address, and the quantity where there is one (V1.1b3 clauses 6.5, 6.6, 6.11, 6.12 and 6.16). */
function readAnsweredRange(bytes: Uint8Array, pdu: number, end: number, code: number, sink: ProtocolSink): void {
  const isSingle = code === FC.writeSingleCoil || code === FC.writeSingleRegister || code === FC.maskWriteRegister;
  if (!isSingle && code !== FC.writeMultipleCoils && code !== FC.writeMultipleRegisters) return;
  if (end - pdu < 5) return;
  const first = uint16(bytes, pdu + 1);
  sink.answeredRange(WRITE, first, lastOf(first, isSingle ? 1 : uint16(bytes, pdu + 3)));
}

/**
 * No quantity (0, or none in a PDU too short for one), or one that goes beyond the last address, is refused (exceptions 03 and
 * 02; V1.1b3 clause 6.3). It is told as the first address, or up to the last that there is: without a range it would be all of them.
 */
function reportRange(sink: ProtocolSink, access: number, first: number, quantity: number): void {
  if (quantity === 0 || first + quantity - 1 > LAST_ADDRESS) sink.malformed('modbus.range');
  sink.range(access, first, lastOf(first, quantity));
}

function lastOf(first: number, quantity: number): number {
  const last = first + quantity - 1;
  if (last > LAST_ADDRESS) return LAST_ADDRESS;
  return quantity === 0 ? first : last;
}

/** Sub-requests of file record access (V1.1b3 clauses 6.14 and 6.15): reference type, file, record, length (and data). */
function readFileGroups(bytes: Uint8Array, pdu: number, end: number, code: number, sink: ProtocolSink): void {
  let at = pdu + 2;
  while (end - at >= 7) {
    const length = uint16(bytes, at + 5);
    const record = uint16(bytes, at + 3);
    sink.target(`file ${uint16(bytes, at + 1)} record ${record}-${record + Math.max(length, 1) - 1}`);
    at += 7 + (code === FC.writeFileRecord ? length * 2 : 0);
  }
}

/** Read Device Identification response (V1.1b3 clause 6.21). */
function readIdentification(bytes: Uint8Array, pdu: number, end: number, sink: ProtocolSink): void {
  if (end - pdu < 7 || bytes[pdu + 1] !== MEI_DEVICE_IDENTIFICATION) return;
  const objects = bytes[pdu + 6];
  let at = pdu + 7;
  for (let i = 0; i < objects && end - at >= 2; i++) {
    const id = bytes[at];
    const length = bytes[at + 1];
    at += 2;
    if (at + length > end) return;
    const name = IDENTIFICATION_OBJECTS[id];
    if (name !== undefined && length > 0) sink.serverFact(name, latin1(bytes, at, at + length));
    at += length;
  }
}

const latin1 = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

/**
 * Whether a message may begin at `from` of which too little is there: clients send header and PDU in segments of their own, and
 * the fields that say how long a PDU is may be in the next one.
 */
function mayBegin(bytes: Uint8Array, from: number, to: number): boolean {
  const have = to - from;
  const length = have < LENGTH + 2 ? MIN_LENGTH : uint16(bytes, from + LENGTH);
  if (have > FUNCTION) {
    const pdu = from + FUNCTION;
    const isKnown = fits(bytes, from) && from + PREFIX + length > to && FUNCTIONS.has(bytes[pdu] & ~EXCEPTION_BIT);
    return isKnown && !looksConsistent(bytes, from, to) && (requestLength(bytes, pdu, to) < 0 || responseLength(bytes, pdu, to) < 0);
  }
  for (let at = from + PROTOCOL_ID; at < from + LENGTH && at < to; at++) if (bytes[at] !== 0) return false;
  return length >= MIN_LENGTH && length <= MAX_LONG_LENGTH;
}

function resync(bytes: Uint8Array, _view: DataView, from: number, to: number): number {
  if (isModbusRtu(bytes, from, to)) return -1;
  if (mayBegin(bytes, from, to)) return AWAIT_MORE;
  for (let at = from; at + FUNCTION < to; at++) {
    if (!fits(bytes, at)) continue;
    const end = at + PREFIX + uint16(bytes, at + LENGTH);
    // A segment that is exactly one message needs no further proof.
    if (at === from && end === to) return at;
    if (!FUNCTIONS.has(bytes[at + FUNCTION] & ~EXCEPTION_BIT)) continue;
    // Either the message ends exactly with what we have, or another header follows it, or it goes on in the next segment.
    if (end === to || (end < to - FUNCTION ? fits(bytes, end) : looksConsistent(bytes, at, to))) return at;
  }
  return -1;
}

/** So many octets of a PDU hold all addresses that any function names (V1.1b3 clause 6.17, Read/Write Multiple Registers); then come values. */
const TELLING = 10;
const OF_VALUES: ReadonlySet<number> = new Set([FC.readCoils, FC.readDiscreteInputs, FC.readHoldingRegisters, FC.readInputRegisters, FC.writeMultipleCoils, FC.writeMultipleRegisters, FC.readWriteMultipleRegisters]);

function sizeOfCut(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < FUNCTION + TELLING || !headerFits(bytes, from) || !OF_VALUES.has(bytes[from + FUNCTION])) return 0;
  return looksConsistent(bytes, from, to) ? PREFIX + uint16(bytes, from + LENGTH) : 0;
}

const MODBUS_PORT = 502;

export const modbus: StreamProtocol = {
  name: 'modbus',
  ports: [MODBUS_PORT],
  isHeldOnAnyPort: true,
  probe,
  senderIsServer,
  newMemory: () => ({}),
  read: readModbus,
  resync,
  sizeOfCut,
  maxCarry: PREFIX + MAX_LONG_LENGTH,
  reportsRanges: true,
  describe: describeFunction,
};

