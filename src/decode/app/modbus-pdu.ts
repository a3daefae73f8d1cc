/**
 * Modbus messages without their framing (MODBUS Application Protocol V1.1b3): how long a PDU is, who sends it, and what it says.
 *
 * In: a whole PDU, its unit id, and what its request and answer have in common. Out: operations by unit and function code,
 * exceptions by code, the register, coil, file and FIFO ranges of requests (and of answers that repeat them), device
 * identification (43/14), what UMAS asks in function 90 (umas.ts). Values are never kept. Left out on purpose: where a PDU begins and ends
 * (modbus.ts, modbus-rtu.ts).
 */
import * as functions from './modbus-functions.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink } from './protocol.ts';
import * as protocols from './protocol.ts';
import { isUmasAnswer, READ_ID, umasAnswered, umasAsked, umasProduct, umasRefusal } from './umas.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { ACTIONS, FC, FUNCTIONS, MEI_DEVICE_IDENTIFICATION, sub } = functions;
const { MESSAGE, TO_CLIENT } = protocols;

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

export const uint16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

/** Octets of a request PDU (function code included) by its own fields; 0 when unknown, -1 when it cannot be a request. */
export function requestLength(bytes: Uint8Array, at: number, end: number): number {
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

export function responseLength(bytes: Uint8Array, at: number, end: number): number {
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
export function fitsFunction(bytes: Uint8Array, pdu: number, end: number, octets: number): boolean {
  if (!FUNCTIONS.has(bytes[pdu] & ~EXCEPTION_BIT)) return false;
  const request = requestLength(bytes, pdu, end);
  const response = responseLength(bytes, pdu, end);
  return (request === 0 && response === 0) || request === octets || response === octets;
}

/** Functions whose requests and answers differ in length; of the others, scanners send any length. */
const isSideByLength = (code: number): boolean =>
  code <= FC.readInputRegisters || code === FC.writeMultipleCoils || code === FC.writeMultipleRegisters || code === FC.readWriteMultipleRegisters;

/** A whole PDU that can only be an answer, or only a request, by its length; null where it can be both or neither. */
export function isAnswer(bytes: Uint8Array, pdu: number, end: number): boolean | null {
  if (bytes[pdu] >= EXCEPTION_BIT) return true;
  if (bytes[pdu] === FC.unityProgramming) return isUmasAnswer(bytes, pdu, end) ? true : null;
  if (!isSideByLength(bytes[pdu])) return null;
  const request = requestLength(bytes, pdu, end) === end - pdu;
  const response = responseLength(bytes, pdu, end) === end - pdu;
  return request === response ? null : response;
}

const isSeveral = (code: number): boolean => code === FC.diagnostics || code === FC.encapsulatedInterface || code === FC.unityProgramming;

/** The operation's code of a function that is several: Diagnostics, the encapsulated interfaces, UMAS. */
function operationOf(bytes: Uint8Array, pdu: number, end: number, code: number): number {
  if (code === FC.unityProgramming) {
    const asked = umasAsked(bytes, pdu, end);
    return asked < 0 ? code : sub(code, asked);
  }
  if (code === FC.diagnostics) {
    const part = end - pdu < 3 ? 0 : uint16(bytes, pdu + 1);
    return ACTIONS.has(part) ? sub(code, part) : code;
  }
  const part = end - pdu < 2 ? 0 : bytes[pdu + 1];
  return part === MEI_DEVICE_IDENTIFICATION ? code : sub(code, part);
}

/** What an exception repeats of its request: transaction, unit and function, of 16, 8 and 7 bits. */
const requestKey = (transaction: number, unit: number, code: number): number => (transaction << 15) | (unit << 7) | code;

const outstandingOf = (sink: ProtocolSink): number[] => (sink.memory().outstanding ??= []) as number[];

/** Only of functions that are several: an exception says the function, and not what it was asked for. */
function rememberAsked(key: number, operation: number, sink: ProtocolSink): void {
  const outstanding = outstandingOf(sink);
  // A transaction that is begun anew has no answer any more: some clients number none.
  takeRequest(outstanding, key);
  rememberRequest(outstanding, key, operation);
}

/** The operation that an exception refuses, or UMAS answers; the function itself where its request was not heard. */
function refusedOf(key: number, code: number, sink: ProtocolSink): number {
  const operation = takeRequest(outstandingOf(sink), key);
  return operation < 0 ? code : operation;
}

/**
 * One whole PDU in [pdu, end).
 * @param transaction 16 bits that a request and its answer share; 0 where the framing has none, and requests wait for their answers
 */
export function readPdu(bytes: Uint8Array, pdu: number, end: number, unit: number, transaction: number, direction: number, sink: ProtocolSink): void {
  const code = bytes[pdu] & ~EXCEPTION_BIT;
  // A field device may have dialled: then who was dialled asks. Who is known to ask, asks, whatever the length.
  const answersByLength = isAnswer(bytes, pdu, end);
  let answers = direction === TO_CLIENT;
  if (answersByLength !== null && answersByLength !== answers) {
    answers = sink.serverIs(answersByLength);
    if (answers !== answersByLength) sink.malformed(bytes[pdu] >= EXCEPTION_BIT ? 'modbus.exception-asked' : code === FC.unityProgramming ? 'umas.reply-asked' : 'modbus.length-of-function');
  }
  if (answers) {
    if (bytes[pdu] >= EXCEPTION_BIT) {
      // V1.1b3 clause 7: an exception response is two octets, the second tells why.
      if (end - pdu < 2) sink.malformed('modbus.exception-without-code');
      else sink.operation(unit, isSeveral(code) ? refusedOf(requestKey(transaction, unit, code), code, sink) : code, MESSAGE.error, bytes[pdu + 1]);
      return;
    }
    if (code === FC.unityProgramming) return readUmasAnswer(bytes, pdu, end, unit, requestKey(transaction, unit, code), sink);
    if (isSeveral(code)) takeRequest(outstandingOf(sink), requestKey(transaction, unit, code));
    sink.operation(unit, isSeveral(code) ? operationOf(bytes, pdu, end, code) : code, MESSAGE.response, 0);
    if (code === FC.encapsulatedInterface) readIdentification(bytes, pdu, end, sink);
    else if (code >= FC.writeSingleCoil) readAnsweredRange(bytes, pdu, end, code, sink);
    return;
  }
  if (bytes[pdu] >= EXCEPTION_BIT) return;
  const operation = isSeveral(code) ? operationOf(bytes, pdu, end, code) : code;
  if (isSeveral(code)) rememberAsked(requestKey(transaction, unit, code), operation, sink);
  sink.operation(unit, operation, MESSAGE.request, 0);
  if (operation === FC.unityProgramming) countWithoutFunction(sink);
  readRequestRange(bytes, pdu, end, code, sink);
}

/** Function 90 that ends before UMAS says what it asks, or how it answers. */
function countWithoutFunction(sink: ProtocolSink): void {
  if (sink.isCut) sink.beyondCut();
  else sink.malformed('umas.no-function');
}

/** An answer says whether it was done, not what: that was asked under its transaction. */
function readUmasAnswer(bytes: Uint8Array, pdu: number, end: number, unit: number, key: number, sink: ProtocolSink): void {
  const operation = refusedOf(key, FC.unityProgramming, sink);
  if (!isUmasAnswer(bytes, pdu, end)) countWithoutFunction(sink);
  const answer = umasAnswered(bytes, pdu, end);
  const refusal = umasRefusal(bytes, answer, end);
  sink.operation(unit, operation, refusal === 0 ? MESSAGE.response : MESSAGE.error, refusal);
  if (refusal !== 0 || operation !== sub(FC.unityProgramming, READ_ID)) return;
  const product = umasProduct(bytes, answer, end);
  if (product !== '') sink.serverFact('modbus.product-code', product);
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
