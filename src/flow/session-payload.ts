/**
 * A session's payload where it is not a steady Modbus stream's next segment: probed, put in order, read by its protocol;
 * what is read on after a plain read, what an acknowledgement tells of holes, and the rhythm of requests that are not read.
 */
import * as frames from '../decode/decoded-frame.ts';
import * as transport from '../decode/transport.ts';
import type { FrameBatch } from '../source/frame-batch.ts';
import * as appSessions from './app-sessions.ts';
import { aimSink, lendStream, probeSession, readHeld, recallStream, releaseStream, resumeSession, reviewStream } from './app-sessions.ts';
import { conversationOf } from './conversations.ts';
import type { FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';
import * as locating from './locate.ts';
import type { FlowSink } from './operations.ts';
import { noteConversationRequest } from './rhythm.ts';
import { expectAnswer } from './session-frames.ts';
import { TRIAL, type TcpStream } from './stream-record.ts';
import { isEarly, MAX_FAILURES, settleDoubt, settleSegment, takeSegment } from './tcp-stream.ts';
import { noteAcknowledged } from './waiting-segments.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { TCP_ACK } = frames;
const { NOTHING_YET } = appSessions;
const { IP_PROTOCOL } = transport;
const { FLAG, SESSION } = layout;
const { FROM_HI, GROUP } = locating;
const { instant: instants, flags: flagsOf, sequence: sequences, acknowledgement: acknowledgements, payload: payloads, payloadEnd: payloadEnds, payloadWire: payloadWires } = GROUP;

/** A one-way session gets its conversation (and its rhythm) only when it goes on. */
const ONE_WAY_PAYLOADS = 8;

/** The payload of the group's frame `k`, which is not a steady Modbus stream's next one: probed, put in order, read by its protocol. */
export function readPayload(state: FlowState, sink: FlowSink, batch: FrameBatch, k: number, session: number): void {
  const { bytes, view } = batch;
  const fromLo = flagsOf[k] < FROM_HI;
  const sequence = sequences[k];
  const from = payloads[k];
  const to = payloadEnds[k];
  const wire = payloadWires[k];
  const words = state.sessions.keys;
  const s = session * SESSION.stride;
  let app = words[s + SESSION.app];
  // A copy of what was read already (mirror.ts).
  if (state.mirror.repeated.size > 0 && state.mirror.repeated.has(from)) return;
  if (app === 0 && (words[s + SESSION.flags] & FLAG.closing) !== 0) app = resumeSession(state, session) + 1;
  if (app === 0 || (app === NOTHING_YET && fromLo === ((words[s + SESSION.flags] & FLAG.askerIsLo) !== 0))) {
    app = probeSession(state, session, bytes, from, to, wire, fromLo, sequence) + 1;
    if (app > 0 && (flagsOf[k] & TCP_ACK) !== 0) expectAnswer(state, session, fromLo ? 1 : 0, acknowledgements[k]);
  }
  if (app <= 0) {
    noteRequest(state, session, fromLo, sink.seconds, sink.nanos);
    return;
  }
  const stream = state.streams[app - 1];
  if (stream === null) return;
  if (stream.isHolding && (flagsOf[k] & TCP_ACK) !== 0) noteAcknowledged(fromLo ? stream.hi : stream.lo, acknowledgements[k], sink);
  aimSink(state, sink, stream, fromLo);
  const { direction } = sink;
  const isTcp = (words[s + 3] & 0xff) === IP_PROTOCOL.tcp;
  if (!isTcp) {
    sink.isCut = to - from < wire;
    const rest = stream.read(bytes, view, from, to, direction, stream.memory, sink);
    if (rest >= 0) stream.reads++;
    else {
      stream.failures++;
      if (!sink.isCut) sink.malformed(`${stream.protocol.name}.not-a-message`);
    }
    if (sink.isCut) {
      if (rest < to) stream.protocol.readCut?.(bytes, view, Math.max(rest, from), to, direction, stream.memory, sink);
      sink.isCut = false;
    }
  } else {
    recallStream(state, stream);
    if (stream.heardUntil !== 0) settleDoubt(stream, sink.seconds);
    const half = fromLo ? stream.lo : stream.hi;
    const acknowledged = (flagsOf[k] & TCP_ACK) !== 0 ? acknowledgements[k] : NaN;
    if (sequence === half.next && half.isPlain && stream.trial === TRIAL.no && to - from === wire && !isEarly(stream, half, acknowledged)) {
      half.next = (sequence + wire) | 0;
      half.at = instants[k];
      const rest = stream.read(bytes, view, from, to, direction, stream.memory, sink);
      if (rest === to) stream.reads++;
      else settleSegment(stream, half, direction, bytes, view, from, rest, to, sink, sink);
    } else takeSegment(stream, half, direction, sequence, acknowledged, bytes, view, from, to, wire, sink, sink);
    if (stream.isHolding) readHeld(state, stream, sink, false);
  }
  if (stream.trial === TRIAL.refused) {
    releaseStream(state, session, 0);
    readPayload(state, sink, batch, k, session);
    return;
  }
  // Nobody reads it yet, and perhaps nobody ever will.
  if (stream.trial === TRIAL.held || (!stream.confirmed && stream.failures > MAX_FAILURES)) noteRequest(state, session, fromLo, sink.seconds, sink.nanos);
  if (!stream.confirmed) reviewStream(state, stream);
  else if (!stream.measuresByRange) noteRequest(state, session, fromLo, sink.seconds, sink.nanos);
  if (isTcp) lendStream(state, stream);
}

/** The plain read of a lent stream did not end with its segment. */
export function goOn(
  state: FlowState,
  session: number,
  side: number,
  direction: number,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  rest: number,
  to: number,
  sink: FlowSink,
): void {
  const stream = state.streams[state.sessions.keys[session * SESSION.stride + SESSION.app] - 1];
  if (stream === null || stream === undefined) return;
  recallStream(state, stream);
  settleSegment(stream, stream.halves[side], direction, bytes, view, from, rest, to, sink, sink);
  lendStream(state, stream);
}

/** An acknowledgement alone, where segments wait. */
export function acknowledge(state: FlowState, stream: TcpStream, side: number, acknowledged: number, sink: FlowSink): void {
  noteAcknowledged(stream.halves[side], acknowledged, sink);
  readHeld(state, stream, sink, false);
}

/** A client's payload in a conversation whose protocol gives no rhythm of its own. */
export function noteRequest(state: FlowState, session: number, fromLo: boolean, sec: number, ns: number): void {
  const s = session * SESSION.stride;
  const words = state.sessions.keys;
  let conversation = words[s + SESSION.conversation] - 1;
  if (conversation < 0) {
    const answered = (words[s + SESSION.flags] & FLAG.spokeLo) !== 0 && (words[s + SESSION.flags] & FLAG.spokeHi) !== 0;
    if (!answered && words[s + SESSION.payloadsLo] + words[s + SESSION.payloadsHi] < ONE_WAY_PAYLOADS) return;
    conversation = conversationOf(state, session, false);
    if (conversation < 0) return;
  }
  if (fromLo !== ((state.sessions.keys[s + SESSION.flags] & FLAG.askerIsLo) !== 0) || sec !== sec) return;
  noteConversationRequest(state, conversation, sec, ns);
}
