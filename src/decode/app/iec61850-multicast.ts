/**
 * GOOSE and sampled values (IEC 61850-8-1 annex C, IEC 61850-9-2 clause 8 and annex A), EtherTypes 0x88B8 and 0x88BA: events that
 * relays tell a group of others, and what merging units measure, thousands of times a second. In: a frame's octets behind the
 * EtherType. Out: what is published, by the reference of its control block or the identifier of its stream, and that its sender is a
 * publisher; apart from it, what is marked as simulated, which devices under test take for real (IEC 61850-7-1 clause 7.8.2). Left out on
 * purpose: values, samples and counters.
 */
import { content, lengthOf } from './ber.ts';
import { asciiText } from './framing.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';
import { recallText, rememberText } from './text-memo.ts';

/** APPID, length with this header, reserved words (the upper bit of the first one: simulated), and the PDU. */
const AT = Object.freeze({ length: 2, flags: 4, pdu: 8 } as const);
const SIMULATED = 0x80;
export const GOOSE_TAG = Object.freeze({ pdu: 0x61, controlBlock: 0x80, simulation: 0x87, data: 0xab } as const);
export const SV_TAG = Object.freeze({ pdu: 0x60, asdus: 0xa2, asdu: 0x30, id: 0x80 } as const);
const OPERATION = Object.freeze({ publish: 0, publishSimulated: 1 } as const);
const OPERATION_NAMES = ['Publish', 'Publish (simulated)'] as const;
export const describePublishing: StreamProtocol['describe'] = (code) => ({ name: OPERATION_NAMES[code] ?? `Message ${code}`, access: 'write' });
/** Elements before the data: eleven in GOOSE. */
const MAX_ELEMENTS = 16;
/** Samples of one frame: eight at most in practice (IEC 61869-9). */
const MAX_ASDUS = 16;

/** A visible string (at most 129 octets). Only those are remembered: the same octets may mean something else to another protocol. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  for (let i = from; i < to; i++) if (bytes[i] < 0x20 || bytes[i] > 0x7e) return asciiText(bytes, from, to);
  const known = recallText(bytes, from, to);
  if (known !== null) return known;
  const text = asciiText(bytes, from, to);
  rememberText(bytes, from, to, text);
  return text;
}

/** Reads the PDU's elements in [from, to). @returns whether they say what is published */
export type ReadPdu = (bytes: Uint8Array, from: number, to: number, isSimulated: boolean, memory: SessionMemory, sink: ProtocolSink) => boolean;

function multicastProtocol(name: string, tag: number, readPdu: ReadPdu): StreamProtocol {
  return {
    name,
    ports: [],
    maxCarry: 1500,
    newMemory: () => ({ isTold: 0 }),
    probe: (bytes, from, to) => (to - from > AT.pdu && bytes[from + AT.pdu] === tag ? PROBE.certain : PROBE.notForUs),
    read(bytes, view, from, to, _direction, memory, sink) {
      if (to - from < AT.pdu) return -1;
      const end = Math.min(to, from + view.getUint16(from + AT.length));
      const body = bytes[from + AT.pdu] === tag ? content(bytes, from + AT.pdu, end) : -1;
      if (body >= 0 && readPdu(bytes, body, end, (bytes[from + AT.flags] & SIMULATED) !== 0, memory, sink)) return to;
      if (sink.isCut) sink.beyondCut();
      else sink.malformed(`${name}.pdu`);
      return to;
    },
    resync: () => -1,
    describe: describePublishing,
  };
}

function publish(role: string, isSimulated: boolean, memory: SessionMemory, sink: ProtocolSink): void {
  sink.operation(-1, isSimulated ? OPERATION.publishSimulated : OPERATION.publish, MESSAGE.request, 0);
  // Test sets simulate: only who is in earnest is a relay or a merging unit.
  if (isSimulated || memory.isTold === 1) return;
  memory.isTold = 1;
  sink.clientFact('iec61850.role', role);
}

export const readGoosePdu: ReadPdu = (bytes, from, to, isMarked, memory, sink) => {
  let isSimulated = isMarked;
  let reference = '';
  let at = from;
  for (let n = 0; n < MAX_ELEMENTS && at < to && bytes[at] !== GOOSE_TAG.data; n++) {
    const value = content(bytes, at, to);
    const next = value < 0 ? to + 1 : value + lengthOf(bytes, at);
    if (next > to) break;
    if (bytes[at] === GOOSE_TAG.controlBlock) reference = textOf(bytes, value, next);
    else if (bytes[at] === GOOSE_TAG.simulation && next > value && bytes[value] !== 0) isSimulated = true;
    at = next;
  }
  // Behind the cut may stand that it is simulated.
  if (reference === '' || (sink.isCut && bytes[at] !== GOOSE_TAG.data)) return false;
  publish('goose-publisher', isSimulated, memory, sink);
  sink.target(reference);
  return true;
};

export const GOOSE = multicastProtocol('goose', GOOSE_TAG.pdu, readGoosePdu);

/** Offset of the sequence of ASDUs behind their number and what secures them; -1 where there is none. */
function asdusAt(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  for (let n = 0; n < MAX_ELEMENTS && at < to; n++) {
    const value = content(bytes, at, to);
    if (value < 0 || bytes[at] === SV_TAG.asdus) return value;
    at = value + lengthOf(bytes, at);
  }
  return -1;
}

export const readSampledValuesPdu: ReadPdu = (bytes, from, to, isSimulated, memory, sink) => {
  let at = asdusAt(bytes, from, to);
  if (at < 0) return false;
  let last = '';
  for (let n = 0; n < MAX_ASDUS && at < to && bytes[at] === SV_TAG.asdu; n++) {
    const asdu = content(bytes, at, to);
    const id = asdu >= 0 && bytes[asdu] === SV_TAG.id ? content(bytes, asdu, to) : -1;
    const end = id < 0 ? to + 1 : id + lengthOf(bytes, asdu);
    if (end > to) break;
    const text = textOf(bytes, id, end);
    if (last === '' && text !== '') publish('sv-publisher', isSimulated, memory, sink);
    if (text !== last && text !== '') sink.target(text);
    last = text;
    at = asdu + lengthOf(bytes, at);
  }
  return last !== '';
};

export const SAMPLED_VALUES = multicastProtocol('sv', SV_TAG.pdu, readSampledValuesPdu);
