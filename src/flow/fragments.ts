/**
 * Packets that IP cut into fragments on their way (RFC 791 section 3.2, RFC 8200 section 4.5). In: a fragment, decoded. Out: who
 * talks, which the first one alone says; of a TCP segment what each holds, in order by the stream; of a datagram the whole of it,
 * once it is there. A fragment that comes before its packet's first one waits for it (some senders begin with the last). What is
 * given up is counted: fragments whose first never came (`fragment.unattributed`), and datagrams of which only a part came
 * (`fragment.unfinished`) and is read as far as it goes, as if the capture had cut it.
 */
import type { DecodedFrame } from '../decode/decoded-frame.ts';
import * as frames from '../decode/decoded-frame.ts';
import { decodeFrame } from '../decode/stack.ts';
import { stopCode } from '../decode/stop.ts';
import * as transport from '../decode/transport.ts';
import { createFrameBatch, type FrameBatch } from '../source/frame-batch.ts';
import { count, type FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';
import type { FragmentedPacket, Instant, Piece } from './fragment-memory.ts';
import * as locating from './locate.ts';
import type { FlowSink } from './operations.ts';
import { readPayload } from './session-payload.ts';
import * as streams from './tcp-stream.ts';

// Constants of the module at hand, as in feed.ts.
const { FRAGMENT } = frames;
const { SESSION } = layout;
const { FROM_HI, GROUP } = locating;
const { IP_PROTOCOL } = transport;
const { DUPLICATE_US, instantUs } = streams;
const { instant: instants, flags: flagsOf, payload: payloads, payloadEnd: payloadEnds, payloadWire: payloadWires, wire: wires } = GROUP;

/** What is not whole after so long or a little longer is given up (RFC 1122 section 3.3.2 and RFC 8200 section 4.5: 60 s and more). */
const GENERATION_SECONDS = 60;
const GENERATION_PACKETS = 4096;
const MAX_OCTETS = 4 * 1024 * 1024;
/** Of one packet: 65,535 octets in packets of 576, the smallest that every host takes (RFC 791 section 3.1), are 119. */
const MAX_PIECES = 256;

const UDP_HEADER = 8;
const UDP_LENGTH = 4;
/** In TCP's header (RFC 9293 section 3.1). */
const TCP_DATA_OFFSET = 12;

const LATER_V4 = stopCode('ipv4.later-fragment');
const LATER_V6 = stopCode('ipv6.later-fragment');

/** Counts a frame whose ends are known, and reads what it holds itself (feed.ts). @returns its session */
export type TakeAddressed = (state: FlowState, sink: FlowSink, batch: FrameBatch, i: number, k: number, modbusText: number) => number;

/** What is read here and lies in no batch that was captured. */
let carrier: FrameBatch | null = null;

function carry(bytes: Uint8Array): FrameBatch {
  carrier ??= createFrameBatch();
  carrier.bytes = bytes;
  carrier.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return carrier;
}

/** Takes frame `i` of a batch, which is a fragment and decoded in `state.frame`. @param ends numbers of its packet's addresses */
export function takeFragment(state: FlowState, sink: FlowSink, batch: FrameBatch, i: number, k: number, modbusText: number, ends: string, take: TakeAddressed): void {
  const { frame, fragments } = state;
  if (fragments.young.size === 0) fragments.since = sink.seconds;
  if (giveUpOld(state, sink, k, modbusText, take)) decodeFrame(frame, batch.view, batch.linkType, batch.offset[i], batch.captured[i], batch.wire[i] >>> 0);
  const key = `${ends} ${frame.fragmentId} ${(frame.transport << 8) | frame.kind}`;
  let packet = fragments.young.get(key) ?? fragments.old.get(key);
  if (frame.fragment === FRAGMENT.later) {
    if (packet !== undefined && packet.session >= 0) takeLater(state, sink, batch, i, k, modbusText, packet, take);
    else {
      if (packet === undefined) fragments.young.set(key, (packet = newPacket(sink)));
      awaitFirst(state, sink, batch, i, packet);
    }
    return;
  }
  count(state, 'fragment.first');
  // A copy by the mirror port, or another packet with the number of one before it.
  if (packet !== undefined && packet.session >= 0 && Math.abs((instants[k] - packet.firstUs) | 0) > DUPLICATE_US) {
    giveUp(state, sink, k, modbusText, packet, take);
    fragments.old.delete(key);
    packet = undefined;
  }
  if (packet === undefined) fragments.young.set(key, (packet = newPacket(sink)));
  const isNew = packet.session < 0;
  if (isNew) noteFirst(state, batch, k, packet, frame);
  packet.session = take(state, sink, batch, i, k, modbusText);
  packet.flags = flagsOf[k];
  if (isNew && packet.waiting.length > 0) takeWaiting(state, sink, k, modbusText, packet, take);
}

const newPacket = ({ seconds, nanos, hour }: FlowSink): FragmentedPacket => ({
  seconds, nanos, hour, waiting: [], session: -1, firstUs: 0, sourcePort: 0, destinationPort: 0, flags: 0, start: NaN, length: -1, pieces: [],
});

function awaitFirst(state: FlowState, { seconds, nanos, hour }: FlowSink, batch: FrameBatch, i: number, packet: FragmentedPacket): void {
  const { offset, captured, wire, linkType } = batch;
  packet.waiting.push({ seconds, nanos, hour, linkType, wire: wire[i], bytes: batch.bytes.slice(offset[i], offset[i] + captured[i]) });
  state.fragments.octets += captured[i];
}

/** What the first fragment says of the others. */
function noteFirst(state: FlowState, { bytes, view }: FrameBatch, k: number, packet: FragmentedPacket, frame: DecodedFrame): void {
  packet.firstUs = instants[k];
  packet.sourcePort = frame.sourcePort;
  packet.destinationPort = frame.destinationPort;
  if (frame.transport === IP_PROTOCOL.tcp && frame.payload >= 0) packet.start = frame.tcpSequence - ((view.getUint8(frame.transportAt + TCP_DATA_OFFSET) >> 4) << 2);
  // A datagram that is longer than this fragment: decodeUdp tells where its payload begins, and reads nothing.
  if (frame.transport !== IP_PROTOCOL.udp || frame.payload >= 0 || frame.stop !== 0) return;
  packet.length = view.getUint16(frame.transportAt + UDP_LENGTH) - UDP_HEADER;
  keepPiece(state, packet, { at: 0, bytes: bytes.slice(frame.stopAt, frame.stopAt + frame.stopHave), wire: frame.payloadWire });
}

function takeLater(state: FlowState, sink: FlowSink, batch: FrameBatch, i: number, k: number, modbusText: number, packet: FragmentedPacket, take: TakeAddressed): void {
  const { frame } = state;
  count(state, 'fragment.later');
  const { payload, payloadEnd, payloadWire, tcpSequence: before } = frame;
  if (packet.start === packet.start) frame.tcpSequence = (packet.start + before) | 0;
  else frame.payload = -1;
  if (frame.stop === LATER_V4 || frame.stop === LATER_V6) {
    frame.sourcePort = packet.sourcePort;
    frame.destinationPort = packet.destinationPort;
  }
  take(state, sink, batch, i, k, modbusText);
  if (packet.length < 0 || payload < 0) return;
  keepPiece(state, packet, { at: before - UDP_HEADER, bytes: batch.bytes.slice(payload, payloadEnd), wire: payloadWire });
  if (packet.pieces.reduce((sum, { wire }) => sum + wire, 0) === packet.length) readDatagram(state, sink, k, packet);
}

/** Pieces do not overlap: one that does is a copy, or from somebody who wants to be read in two ways (RFC 5722). */
function keepPiece(state: FlowState, { length, pieces }: FragmentedPacket, piece: Piece): void {
  const end = piece.at + piece.wire;
  if (piece.at < 0 || end > length || pieces.length >= MAX_PIECES || pieces.some(({ at, wire }) => piece.at < at + wire && at < end)) return;
  pieces.push(piece);
  state.fragments.octets += piece.bytes.length;
}

const octetsOf = (held: readonly { readonly bytes: Uint8Array }[]): number => held.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** Reads what came of a datagram, up to the first octet that did not, at the time that the sink holds. */
function readDatagram(state: FlowState, sink: FlowSink, k: number, packet: FragmentedPacket): void {
  const { length, session, flags } = packet;
  const bytes = new Uint8Array(length);
  let to = 0;
  for (const piece of packet.pieces.toSorted((a, b) => a.at - b.at)) {
    if (piece.at !== to) break;
    bytes.set(piece.bytes, to);
    to += piece.bytes.length;
  }
  state.fragments.octets -= octetsOf(packet.pieces);
  packet.pieces = [];
  packet.length = -1;
  if (to === 0) return;
  flagsOf[k] = flags;
  payloads[k] = 0;
  payloadEnds[k] = to;
  payloadWires[k] = length;
  state.sessions.keys[session * SESSION.stride + SESSION.payloadsLo + (flags < FROM_HI ? 0 : 1)]++;
  readPayload(state, sink, carry(bytes), k, session);
}

/** The first fragment came, or never will: those that waited for it are taken, at the time at which they came. */
function takeWaiting(state: FlowState, sink: FlowSink, k: number, modbusText: number, packet: FragmentedPacket, take: TakeAddressed): void {
  const { frame } = state;
  const { waiting } = packet;
  state.fragments.octets -= octetsOf(waiting);
  for (const one of waiting.splice(0)) {
    const batch = carry(one.bytes);
    batch.linkType = one.linkType;
    batch.offset[0] = 0;
    batch.captured[0] = one.bytes.length;
    batch.wire[0] = one.wire;
    atTime(sink, k, one, () => {
      wires[k] = one.wire;
      decodeFrame(frame, batch.view, one.linkType, 0, one.bytes.length, one.wire >>> 0);
      if (packet.session >= 0) return takeLater(state, sink, batch, 0, k, modbusText, packet, take);
      count(state, 'fragment.unattributed');
      frame.payload = -1;
      take(state, sink, batch, 0, k, modbusText);
    });
  }
}

/** As if it came then; the frame at hand, which is the group's `k`, is as it was afterwards. */
function atTime(sink: FlowSink, k: number, { seconds, nanos, hour }: Instant, then: () => void): void {
  const before = { seconds: sink.seconds, nanos: sink.nanos, hour: sink.hour, isLate: sink.isLate };
  const wire = wires[k];
  const instant = instants[k];
  Object.assign(sink, { seconds, nanos, hour, isLate: true });
  instants[k] = instantUs(seconds, nanos);
  then();
  Object.assign(sink, before);
  wires[k] = wire;
  instants[k] = instant;
}

function giveUp(state: FlowState, sink: FlowSink, k: number, modbusText: number, packet: FragmentedPacket, take: TakeAddressed): void {
  if (packet.waiting.length > 0) takeWaiting(state, sink, k, modbusText, packet, take);
  if (packet.length < 0) return;
  count(state, 'fragment.unfinished');
  atTime(sink, k, packet, () => readDatagram(state, sink, k, packet));
}

/** @returns whether any was */
function giveUpOld(state: FlowState, sink: FlowSink, k: number, modbusText: number, take: TakeAddressed): boolean {
  const { fragments } = state;
  const { old, young, since, octets } = fragments;
  if (young.size < GENERATION_PACKETS && octets <= MAX_OCTETS && !(Math.abs(sink.seconds - since) > GENERATION_SECONDS)) return false;
  Object.assign(fragments, { old: young, young: new Map(), since: sink.seconds });
  for (const packet of old.values()) giveUp(state, sink, k, modbusText, packet, take);
  return old.size > 0;
}

/** The end of an interval: what is missing will not come any more. */
export function giveUpFragments(state: FlowState, sink: FlowSink, modbusText: number, take: TakeAddressed): void {
  const { old, young } = state.fragments;
  for (const generation of [old, young]) {
    for (const packet of generation.values()) giveUp(state, sink, 0, modbusText, packet, take);
    generation.clear();
  }
}
