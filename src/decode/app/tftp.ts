/**
 * TFTP (RFC 1350; options: RFC 2347), by which devices fetch their firmware and their configuration, and give it away. In: one datagram. Out:
 * who reads and who writes which file, errors by code. Who is asked, on UDP 69, answers from another port, to which the rest of the transfer
 * goes: there each message of who asked is a request of the same operation, and each of who answers a response. Left out on purpose: contents.
 */
import type { Access } from '../../observation.ts';
import { asciiText, viewOf } from './framing.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import { MESSAGE, PROBE, TO_SERVER } from './protocol.ts';

const PORT = 69;
/** Clause 5. */
const OPCODE = Object.freeze({ read: 1, write: 2, data: 3, acknowledgement: 4, error: 5, options: 6 } as const);
const OPCODE_OCTETS = 2;
/** Opcode, and the number of a block or an error. */
const HEADER = 4;
const MODES = new Set(['netascii', 'octet', 'mail']);
const LONGEST_MODE = 8;

const OPERATIONS: Readonly<Record<number, { readonly name: string; readonly access: Access }>> = {
  [OPCODE.read]: { name: 'Read', access: 'read' },
  [OPCODE.write]: { name: 'Write', access: 'write' },
};

const opcodeOf = (bytes: Uint8Array, from: number, to: number): number => (to - from >= OPCODE_OCTETS && bytes[from] === 0 ? bytes[from + 1] : 0);

/** Offset of the octet that ends the text at `from`; `to` where it is not there, -1 where it is no text. */
function textEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    if (bytes[i] === 0) return i;
    if (bytes[i] < 0x20 || bytes[i] === 0x7f) return -1;
  }
  return to;
}

/** A file's name, and a mode that there is. Where the capture cut it off, as far as it goes. */
function isRequest(bytes: Uint8Array, from: number, to: number, isCut: boolean): boolean {
  const name = from + OPCODE_OCTETS;
  const end = textEnd(bytes, name, to);
  if (end <= name) return false;
  if (end === to) return isCut;
  const modeEnd = textEnd(bytes, end + 1, Math.min(to, end + 2 + LONGEST_MODE));
  if (modeEnd < to && modeEnd > 0 && bytes[modeEnd] === 0) return MODES.has(asciiText(bytes, end + 1, modeEnd).toLowerCase());
  return isCut && modeEnd === to;
}

/** The rest of a transfer. */
function isAnswer(bytes: Uint8Array, from: number, to: number): boolean {
  switch (opcodeOf(bytes, from, to)) {
    case OPCODE.data:
    case OPCODE.error:
      return to - from >= HEADER;
    case OPCODE.acknowledgement:
      return to - from === HEADER;
    case OPCODE.options:
      return textEnd(bytes, from + OPCODE_OCTETS, to) > from + OPCODE_OCTETS;
    default:
      return false;
  }
}

function readRequest(bytes: Uint8Array, from: number, to: number, opcode: number, memory: SessionMemory, sink: ProtocolSink): void {
  memory.asked = opcode;
  sink.serverIs(false);
  sink.operation(-1, opcode, MESSAGE.request, 0);
  const name = from + OPCODE_OCTETS;
  const end = textEnd(bytes, name, to);
  if (end < to) sink.target(asciiText(bytes, name, end));
  else sink.beyondCut();
}

function readTransfer(bytes: Uint8Array, from: number, opcode: number, direction: number, memory: SessionMemory, sink: ProtocolSink): void {
  // What was asked for was perhaps not heard: data say it by who sends them.
  if (memory.asked === 0 && opcode === OPCODE.data) memory.asked = direction === TO_SERVER ? OPCODE.write : OPCODE.read;
  const asked = Number(memory.asked);
  if (asked === 0) return;
  if (opcode === OPCODE.error) return sink.operation(-1, asked, MESSAGE.error, viewOf(bytes).getUint16(from + OPCODE_OCTETS));
  sink.operation(-1, asked, direction === TO_SERVER ? MESSAGE.request : MESSAGE.response, 0);
}

export const TFTP: StreamProtocol = {
  name: 'tftp',
  ports: [PORT],
  firstOctets: [0],
  maxCarry: 0xffff,
  newMemory: () => ({ asked: 0 }),
  senderIsServer: (bytes, from, to) => (opcodeOf(bytes, from, to) === OPCODE.read || opcodeOf(bytes, from, to) === OPCODE.write ? false : null),
  probe(bytes, from, to, _direction, port, end = to) {
    const opcode = opcodeOf(bytes, from, to);
    const isOurs = opcode === OPCODE.read || opcode === OPCODE.write ? isRequest(bytes, from, to, end > to && port === PORT) : port === PORT && isAnswer(bytes, from, to);
    return isOurs ? PROBE.certain : PROBE.notForUs;
  },
  answersElsewhere: isAnswer,
  read(bytes, _view, from, to, direction, memory, sink) {
    const opcode = opcodeOf(bytes, from, to);
    if (opcode === OPCODE.read || opcode === OPCODE.write) {
      if (!isRequest(bytes, from, to, sink.isCut)) return -1;
      readRequest(bytes, from, to, opcode, memory, sink);
      return to;
    }
    if (!isAnswer(bytes, from, to)) return -1;
    readTransfer(bytes, from, opcode, direction, memory, sink);
    return to;
  },
  readCut(_bytes, _view, _from, _to, _direction, _memory, sink) {
    sink.beyondCut();
    return 0;
  },
  resync: () => -1,
  describe: (code) => OPERATIONS[code] ?? { name: `Opcode ${code}`, access: 'program' },
};
