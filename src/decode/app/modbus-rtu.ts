/**
 * Modbus RTU in TCP or UDP, as gateways of serial lines carry it (MODBUS over Serial Line V1.02, 2.5.1): no MBAP header, but
 * the frame of the line, unit id, PDU, CRC.
 *
 * In: a stream or datagram at a frame's beginning. Out: the operations of Modbus, by unit and function code. No field says how long
 * a frame is: the function does, for a request or for an answer, and the CRC which of them it was.
 * Left out on purpose: a frame of a function whose length nothing tells, unless it ends where the segment ends; Modbus ASCII.
 */
import { isCrcRight } from './crc16.ts';
import { describeFunction, FUNCTIONS } from './modbus-functions.ts';
import { fitsFunction, isAnswer, readPdu, requestLength, responseLength } from './modbus-pdu.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import { AWAIT_MORE, PROBE } from './protocol.ts';

/** Unit id before the PDU, CRC behind it, low octet first; the PDU has 253 octets at most (V1.02, 2.5.1). */
const UNIT = 1;
const CRC = 2;
const LONGEST = 256;
const SHORTEST = UNIT + 1 + CRC;
const EXCEPTION_BIT = 0x80;

/** Where the frame ends that begins at `at`: 0 where that may be behind `to`, -1 where none begins there. */
function frameEnd(bytes: Uint8Array, at: number, to: number): number {
  const pdu = at + UNIT;
  if (to - at < SHORTEST) return 0;
  let goesOn = false;
  for (const octets of [requestLength(bytes, pdu, to), responseLength(bytes, pdu, to)]) {
    const end = octets === 0 ? to : pdu + octets + CRC;
    if (end - at > LONGEST) continue;
    if (octets < 0 || end > to) goesOn = true;
    else if (isCrcRight(bytes, at, end - CRC)) return end;
  }
  return goesOn ? 0 : -1;
}

const isKnown = (bytes: Uint8Array, at: number): boolean => FUNCTIONS.has(bytes[at + UNIT] & ~EXCEPTION_BIT);

/**
 * Whether the octets are frames of known functions and nothing else. A read from register 0 on has what looks like an MBAP header:
 * the CRC decides.
 */
export function isModbusRtu(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to && isKnown(bytes, at)) {
    const end = frameEnd(bytes, at, to);
    if (end <= 0 || !fitsFunction(bytes, at + UNIT, end - CRC, end - CRC - at - UNIT)) return false;
    at = end;
  }
  return at === to && to > from;
}

/**
 * Emerson's ROC Plus has the same CRC: there the second octet is the group of the station called, and a frame without data looks
 * like the read of a multiple of 256, which is left to its own port (roc-plus.ts).
 */
const isRocPlus = (bytes: Uint8Array, from: number, to: number): boolean => to - from === 8 && bytes[from + 1] <= 4 && bytes[from + 5] === 0;

function senderIsServer(bytes: Uint8Array, from: number, to: number): boolean | null {
  const end = frameEnd(bytes, from, to);
  return end > 0 ? isAnswer(bytes, from + UNIT, end - CRC) : null;
}

function read(bytes: Uint8Array, _view: DataView, from: number, to: number, direction: number, _memory: SessionMemory, sink: ProtocolSink): number {
  let at = from;
  while (at < to) {
    const end = frameEnd(bytes, at, to);
    if (end < 0) return at === from ? -1 : at;
    if (end === 0) return at;
    // A line has one request at a time: what an answer belongs to needs no number.
    readPdu(bytes, at + UNIT, end - CRC, bytes[at], 0, direction, sink);
    at = end;
  }
  return at;
}

function resync(bytes: Uint8Array, _view: DataView, from: number, to: number): number {
  for (let at = from; to - at >= SHORTEST; at++) if (isKnown(bytes, at) && frameEnd(bytes, at, to) > 0) return at;
  return to - from < SHORTEST || (isKnown(bytes, from) && frameEnd(bytes, from, to) === 0) ? AWAIT_MORE : -1;
}

export const MODBUS_RTU: StreamProtocol = {
  name: 'modbus-rtu',
  operationsOf: 'modbus',
  ports: [],
  probe: (bytes, from, to) => (isModbusRtu(bytes, from, to) && !isRocPlus(bytes, from, to) ? PROBE.certain : PROBE.notForUs),
  senderIsServer,
  newMemory: () => ({}),
  read,
  resync,
  maxCarry: LONGEST,
  reportsRanges: true,
  describe: describeFunction,
};
