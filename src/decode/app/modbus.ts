/**
 * Modbus/TCP and Modbus/UDP (MODBUS Messaging on TCP/IP V1.0b; MODBUS Application Protocol V1.1b3).
 *
 * In: a stream or datagram at a message boundary. Out: the operations of its messages (modbus-pdu.ts).
 * Left out on purpose: Modbus RTU, which has no MBAP header (modbus-rtu.ts).
 */
import * as functions from './modbus-functions.ts';
import { describeFunction } from './modbus-functions.ts';
import { fitsFunction, isAnswer, readPdu, requestLength, responseLength, uint16 } from './modbus-pdu.ts';
import { isModbusRtu } from './modbus-rtu.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import * as protocols from './protocol.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { FC, FUNCTIONS } = functions;
const { AWAIT_MORE, PROBE } = protocols;

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

/** A message whose fields agree with its declared length as a request or as a response; its end may still be on the way. */
function looksConsistent(bytes: Uint8Array, from: number, to: number): boolean {
  const length = uint16(bytes, from + LENGTH);
  return fitsFunction(bytes, from + FUNCTION, Math.min(to, from + PREFIX + length), length - 1);
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
  if (!begins(bytes, at, to)) return PROBE.notForUs;
  return messages > 1 || (messages === 1 && to - at >= PREFIX) ? PROBE.certain : PROBE.unsure;
}

/** Two whole messages at least, and all that follows, behind the rest of one that is no longer than the standard allows. */
function findMessages(bytes: Uint8Array, from: number, to: number): number {
  const most = Math.min(from + PREFIX + MAX_LENGTH, to - FUNCTION);
  for (let at = from + 1; at < most; at++) {
    if (!fits(bytes, at)) continue;
    const next = at + PREFIX + uint16(bytes, at + LENGTH);
    if (next < to && looksConsistent(bytes, at, to) && probeAlone(bytes, next, to) === PROBE.certain) return at;
  }
  return -1;
}

/** A message of which as much as is there agrees: less than a header of it, or its function and fields as well. */
const begins = (bytes: Uint8Array, from: number, to: number): boolean =>
  (to - from > FUNCTION && fits(bytes, from) && FUNCTIONS.has(bytes[from + FUNCTION] & ~EXCEPTION_BIT) && looksConsistent(bytes, from, to)) || mayBegin(bytes, from, to);

function senderIsServer(bytes: Uint8Array, from: number, to: number): boolean | null {
  if (to - from < FUNCTION + 1 || !headerFits(bytes, from)) return null;
  const pdu = from + FUNCTION;
  return isAnswer(bytes, pdu, Math.min(to, from + PREFIX + uint16(bytes, from + LENGTH)));
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
    else readPdu(bytes, at + FUNCTION, end, bytes[at + UNIT], uint16(bytes, at), direction, sink);
    at = end;
  }
  return at;
}

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

/** So many octets of a PDU hold all that is read of it, before its values (V1.1b3 clauses 6.1 to 6.4, 6.11, 6.12, 6.17); of reads, of an answer. */
const TELLING: ReadonlyMap<number, number> = new Map([
  [FC.readCoils, 2],
  [FC.readDiscreteInputs, 2],
  [FC.readHoldingRegisters, 2],
  [FC.readInputRegisters, 2],
  [FC.writeMultipleCoils, 6],
  [FC.writeMultipleRegisters, 6],
  [FC.readWriteMultipleRegisters, 10],
]);
/** A request to read has no values, so that the cut takes its addresses. */
const READ_REQUEST_OCTETS = 5;

/** Values are not kept: what cut them off is read with noughts in their place. */
function readCut(bytes: Uint8Array, _view: DataView, from: number, to: number, direction: number, _memory: SessionMemory, sink: ProtocolSink): number {
  const octets = to - from > FUNCTION && fits(bytes, from) ? PREFIX + uint16(bytes, from + LENGTH) : 0;
  const telling = octets > 0 && octets !== FUNCTION + READ_REQUEST_OCTETS ? TELLING.get(bytes[from + FUNCTION]) : undefined;
  const isTold = telling !== undefined && to - from >= FUNCTION + telling && looksConsistent(bytes, from, to);
  if (isTold) {
    const whole = new Uint8Array(octets);
    whole.set(bytes.subarray(from, to));
    readPdu(whole, FUNCTION, octets, whole[UNIT], uint16(whole, 0), direction, sink);
  } else if (octets > 0 && isUnity(bytes, from)) readPdu(bytes, from + FUNCTION, to, bytes[from + UNIT], uint16(bytes, from), direction, sink);
  else sink.beyondCut();
  return octets;
}

const MODBUS_PORT = 502;

export const modbus: StreamProtocol = {
  name: 'modbus',
  ports: [MODBUS_PORT],
  isHeldOnAnyPort: true,
  probe,
  findMessages,
  senderIsServer,
  newMemory: () => ({}),
  read: readModbus,
  resync,
  readCut,
  maxCarry: PREFIX + MAX_LONG_LENGTH,
  reportsRanges: true,
  describe: describeFunction,
};

