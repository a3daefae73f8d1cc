/**
 * Where protocol readers put what they understood: the sink that turns messages into operations, ranges, errors, targets
 * and facts of the session at hand. One sink per flow state; the feed sets its context before a reader runs. Bounded:
 * an operation keeps so many distinct ranges and targets, a conversation so many operations and facts; what is beyond
 * is folded and counted.
 */
import type { ProtocolSink } from '../decode/app/protocol.ts';
import * as protocols from '../decode/app/protocol.ts';
import { describeOperation } from '../decode/app/registry.ts';
import { changesDevice, FOLDED_FUNCTION, REVERSED_FACT } from '../observation.ts';
import { internFact } from './conversation-facts.ts';
import { askedAddress, askerAddress, conversationOf, isServersMessage, noteDatagramPeers, proveReversed, proveServer } from './conversations.ts';
import { count, internText, UNIT_MASK, type FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';
import { findKey, grownInt32, internKey } from './int-table.ts';
import { noteOperationRequest } from './rhythm.ts';
import type { TcpStream } from './stream-record.ts';
import type { StreamEvents } from './tcp-stream.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { TO_SERVER, MESSAGE } = protocols;
const { CONVERSATION, FACT, NO_FIRST, NO_LAST, OPERATION, OPERATION_ROW, SESSION, TARGET, UNBEGUN } = layout;

const MAX_OPERATIONS_PER_CONVERSATION = 2048;
/** So many more that change something: who reads whatever there is does not hide a later write. */
const MAX_MORE_CHANGES = 2048;
const MAX_RANGES_PER_OPERATION = 8192;
const MAX_TARGETS_PER_OPERATION = 1024;
const MAX_ADDRESS_FACTS = 100_000;
/** Beyond the limit ranges are widened to blocks of this many addresses: bounded, and never narrower than what was seen. */
const FOLD_BLOCK = 64;

export interface FlowSink extends ProtocolSink, StreamEvents {
  session: number;
  /** TO_SERVER or TO_CLIENT of the bytes being read. */
  direction: number;
  /** True when the bytes being read came from the lower end of the session. */
  fromLo: boolean;
  protocolText: number;
  /** The protocol reports ranges: its rhythm is that of one and the same request (noteOperationGap). */
  measuresByRange: boolean;
  /** The operation that the last message asked for, -1 none. */
  operationIndex: number;
  /** The stream being read, null before there was one. */
  stream: TcpStream | null;
}

export function createFlowSink(state: FlowState): FlowSink {
  const sink: FlowSink = {
    session: 0,
    direction: 0,
    fromLo: false,
    protocolText: 0,
    seconds: 0,
    nanos: 0,
    hour: 0,
    measuresByRange: false,
    operationIndex: -1,
    stream: null,
    isLate: false,
    isCut: false,

    operation(unit, code, kind, errorCode) {
      const index = operationOf(state, sink, unit, code);
      const { keys: words, doubles } = state.operations;
      const o = index * OPERATION.stride;
      if (words[o + OPERATION.hour] !== sink.hour) beginHour(state, sink, index);
      words[o + OPERATION.requests + kind]++;
      sink.operationIndex = index;
      if (sink.isLate) noteLate(state, sink, index);
      else {
        doubles[(o >> 1) + OPERATION.lastSecondsD] = sink.seconds;
        words[o + OPERATION.lastNanos] = sink.nanos;
      }
      // With ranges, the first range decides what is the same request; without, every request counts for the rhythm.
      if (kind === MESSAGE.request) {
        if (!sink.measuresByRange && sink.seconds === sink.seconds) noteOperationRequest(state, index, sink.seconds, sink.nanos);
      } else if (kind === MESSAGE.error) noteError(state, index, errorCode);
    },

    range(access, first, last) {
      const index = sink.operationIndex;
      if (index < 0) return;
      const o = index * OPERATION.stride;
      const words = state.operations.keys;
      if (words[o + OPERATION.referenceFirst] < 0) words[o + OPERATION.referenceFirst] = first;
      if (words[o + OPERATION.referenceFirst] === first && sink.seconds === sink.seconds) noteOperationRequest(state, index, sink.seconds, sink.nanos);
      if (words[o + OPERATION.rangeFirst] === first && words[o + OPERATION.rangeLast] === last && lastAccess(state, index) === access) {
        words[o + OPERATION.rangeHits]++;
      } else noteOtherRange(state, index, access, first, last);
    },

    answeredRange(access, first, last) {
      const index = sink.operationIndex;
      if (index < 0) return;
      const o = index * OPERATION.stride;
      const words = state.operations.keys;
      if (words[o + OPERATION.rangeFirst] !== first || words[o + OPERATION.rangeLast] !== last || lastAccess(state, index) !== access) noteAnsweredRange(state, sink, index, access, first, last);
    },

    target(name) {
      if (sink.operationIndex < 0) return;
      const index = targetOf(state, sink, name);
      state.targets.keys[index * TARGET.stride + TARGET.requests]++;
    },

    fact(name, value) {
      const index = factOf(state, sink, name, value);
      state.facts.keys[index * FACT.stride + FACT.toServer + sink.direction]++;
    },

    serverFact(name, value) {
      noteAddressFact(state, askedAddress(state, sink.session), name, value);
    },

    clientFact(name, value) {
      noteAddressFact(state, askerAddress(state, sink.session), name, value);
    },

    serverIs(sender, hasDialled = false) {
      const isReversed =
        (hasDialled && proveReversed(state, sink.session, sender === sink.fromLo)) || proveServer(state, sink.session, sender === sink.fromLo, sink.fromLo);
      sink.direction = sender ? 1 - TO_SERVER : TO_SERVER;
      if (isReversed) noteReversed(state, sink.session);
      return isServersMessage(state, sink.session, sender, sink.fromLo);
    },

    asksAt(port) {
      noteDatagramPeers(state, sink.session, sink.fromLo, port);
    },

    memory() {
      return streamOf(state, sink)?.memory ?? {};
    },

    malformed(reason) {
      count(state, sink.isCut ? 'cut.unread' : `malformed.${reason}`);
    },
    beyondCut() {
      count(state, 'cut.unread');
    },
    retransmitted() {
      count(state, 'tcp.retransmitted');
    },
    duplicated() {
      count(state, 'tcp.duplicate');
    },
    gap() {
      count(state, 'tcp.gap');
      const totals = state.hours.get(sink.hour);
      if (totals !== undefined) totals.lostSegments++;
    },
    cut() {
      count(state, 'tcp.cut');
    },
    resynchronised() {
      count(state, 'tcp.resynchronised');
    },
    unread() {
      count(state, 'tcp.unread');
    },
    overflow() {
      count(state, 'tcp.carry-overflow');
    },
    adopted({ protocolText, measuresByRange }) {
      sink.protocolText = protocolText;
      sink.measuresByRange = measuresByRange;
    },
  };
  return sink;
}

/** Told once a session: as a fact that the dialled end sent. */
export function noteReversed(state: FlowState, session: number): void {
  const fact = internFact(state, conversationOf(state, session, true), REVERSED_FACT, 'who was dialled asks');
  state.facts.keys[fact * FACT.stride + FACT.toClient]++;
}

export function noteAddressFact(state: FlowState, address: number, name: string, value: string): void {
  const trimmed = value.replace(/[\0\s]+$/, '').trimStart();
  if (trimmed === '') return;
  if (state.addressFacts.count >= MAX_ADDRESS_FACTS) {
    count(state, 'limit.address-facts');
    return;
  }
  const fact = internKey(state.addressFacts, address, internText(state, name), internText(state, trimmed), 0);
  state.addressFactCounts = grownInt32(state.addressFactCounts, fact + 1);
  if (state.addressFacts.added) state.addressFactCounts[fact] = 0;
  state.addressFactCounts[fact]++;
}

/**
 * The fact as an index. A protocol tells the same facts of every message, in the same order: the one that followed the
 * stream's last one the time before is tried first, by identity of its texts.
 */
function factOf(state: FlowState, sink: FlowSink, name: string, value: string): number {
  const known = state.sessions.keys[sink.session * SESSION.stride + SESSION.conversation];
  const conversation = known > 0 ? known - 1 : conversationOf(state, sink.session, true);
  const { facts, texts } = state;
  const { stream } = sink;
  const before = stream === null ? -1 : stream.fact;
  if (before >= 0) {
    const next = facts.keys[before * FACT.stride + FACT.next] - 1;
    const n = next * FACT.stride;
    if (next >= 0 && facts.keys[n] === conversation && texts[facts.keys[n + 1]] === name && texts[facts.keys[n + 2]] === value) {
      (stream as TcpStream).fact = next;
      return next;
    }
  }
  const fact = internFact(state, conversation, name, value);
  if (before >= 0) facts.keys[before * FACT.stride + FACT.next] = fact + 1;
  if (stream !== null) stream.fact = fact;
  return fact;
}

/** The target as an index; a request names its nodes in the same order each time, so that they are tried as facts are. */
function targetOf(state: FlowState, sink: FlowSink, name: string): number {
  const { targets, texts } = state;
  const { operationIndex: operation, stream } = sink;
  const before = stream === null ? -1 : stream.target;
  if (before >= 0) {
    const next = targets.keys[before * TARGET.stride + TARGET.next] - 1;
    const n = next * TARGET.stride;
    if (next >= 0 && targets.keys[n] === operation && texts[targets.keys[n + 1]] === name) {
      (stream as TcpStream).target = next;
      return next;
    }
  }
  const words = state.operations.keys;
  const o = operation * OPERATION.stride + OPERATION.targets;
  const text = words[o] >= MAX_TARGETS_PER_OPERATION ? internText(state, '(more)') : internText(state, name);
  const target = internKey(targets, operation, text, 0, 0);
  if (targets.added) words[o]++;
  if (before >= 0) targets.keys[before * TARGET.stride + TARGET.next] = target + 1;
  if (stream !== null) stream.target = target;
  return target;
}

/**
 * The operation as an index. An answer is most often that of the session's last request, and pollers repeat their round:
 * the last operation and the one that followed it the time before are tried before the table.
 */
function operationOf(state: FlowState, sink: FlowSink, unit: number, code: number): number {
  const session = sink.session * SESSION.stride;
  const sessions = state.sessions.keys;
  const { keys: words } = state.operations;
  const conversation = sessions[session + SESSION.conversation] - 1;
  const word = (sink.protocolText << 16) | (unit + 1);
  const last = sessions[session + SESSION.operation] - 1;
  let index = -1;
  if (last >= 0) {
    const o = last * OPERATION.stride;
    if (words[o] === conversation && words[o + 1] === word && words[o + 2] === code) return last;
    index = sessions[session + SESSION.following] - 1;
    const n = index * OPERATION.stride;
    if (index >= 0 && words[n] === conversation && words[n + 1] === word && words[n + 2] === code) {
      sessions[session + SESSION.operation] = index + 1;
      sessions[session + SESSION.following] = words[n + OPERATION.next];
      return index;
    }
  }
  index = findOperation(state, sink, word, code);
  const operations = state.operations.keys;
  if (last >= 0) operations[last * OPERATION.stride + OPERATION.next] = index + 1;
  sessions[session + SESSION.operation] = index + 1;
  sessions[session + SESSION.following] = operations[index * OPERATION.stride + OPERATION.next];
  return index;
}

function findOperation(state: FlowState, sink: FlowSink, word: number, code: number): number {
  const conversation = conversationOf(state, sink.session, true);
  const { operations } = state;
  const c = conversation * CONVERSATION.stride + CONVERSATION.operations;
  const known = findKey(operations, conversation, word, code, 0);
  if (known >= 0) return known;
  const full = state.conversations.keys[c] >= MAX_OPERATIONS_PER_CONVERSATION && isBeyond(state, sink, state.conversations.keys[c], code);
  if (full) count(state, 'limit.operations');
  const index = full
    ? internKey(operations, conversation, sink.protocolText << 16, FOLDED_FUNCTION, 0)
    : internKey(operations, conversation, word, code, 0);
  if (!operations.added) return index;
  state.conversations.keys[c]++;
  const { keys: words, doubles } = operations;
  const o = index * OPERATION.stride;
  const d = o >> 1;
  words[o + OPERATION.hour] = UNBEGUN;
  words[o + OPERATION.referenceFirst] = -1;
  words[o + OPERATION.rangeFirst] = -1;
  doubles[d + OPERATION.firstSecondsD] = NO_FIRST;
  doubles[d + OPERATION.lastSecondsD] = NO_LAST;
  doubles[d + OPERATION.lastRequestSecondsD] = NO_LAST;
  return index;
}

/** Whether an operation more is folded, of a conversation that has `known` already. */
function isBeyond(state: FlowState, sink: FlowSink, known: number, code: number): boolean {
  const { access } = describeOperation(state.texts[sink.protocolText], code);
  return !changesDevice(access) || known >= MAX_OPERATIONS_PER_CONVERSATION + MAX_MORE_CHANGES;
}

/** The operation's first message of an hour: what it counted before is folded. */
function beginHour(state: FlowState, sink: FlowSink, index: number): void {
  foldOperation(state, index, sink.hour);
  const { keys: words, doubles } = state.operations;
  const o = index * OPERATION.stride;
  if (doubles[(o >> 1) + OPERATION.firstSecondsD] !== NO_FIRST || sink.seconds !== sink.seconds) return;
  doubles[(o >> 1) + OPERATION.firstSecondsD] = sink.seconds;
  words[o + OPERATION.firstNanos] = sink.nanos;
}

/** A message in a frame that is earlier than one before it, or has no time. */
function noteLate(state: FlowState, sink: FlowSink, index: number): void {
  const { keys: words, doubles } = state.operations;
  const o = index * OPERATION.stride;
  const d = o >> 1;
  const { seconds, nanos } = sink;
  const last = doubles[d + OPERATION.lastSecondsD];
  if (seconds > last || (seconds === last && nanos > words[o + OPERATION.lastNanos])) {
    doubles[d + OPERATION.lastSecondsD] = seconds;
    words[o + OPERATION.lastNanos] = nanos;
  }
  const first = doubles[d + OPERATION.firstSecondsD];
  if (seconds < first || (seconds === first && nanos < words[o + OPERATION.firstNanos])) {
    doubles[d + OPERATION.firstSecondsD] = seconds;
    words[o + OPERATION.firstNanos] = nanos;
  }
}

function noteError(state: FlowState, index: number, errorCode: number): void {
  const error = internKey(state.errors, index, errorCode | 0, 0, 0);
  state.errorCounts = grownInt32(state.errorCounts, error + 1);
  if (state.errors.added) state.errorCounts[error] = 0;
  state.errorCounts[error]++;
}

/** Of the range asked for last, where there is one. */
const lastAccess = (state: FlowState, index: number): number => state.ranges.keys[(state.operations.keys[index * OPERATION.stride + OPERATION.rangeAt] << 2) + 1];

/** Another range than the operation's last one. */
function noteOtherRange(state: FlowState, index: number, access: number, first: number, last: number): void {
  settleRange(state, index);
  const words = state.operations.keys;
  const o = index * OPERATION.stride;
  let known = findKey(state.ranges, index, access, first, last);
  const isFolded = known < 0 && words[o + OPERATION.ranges] >= MAX_RANGES_PER_OPERATION;
  if (isFolded) words[o + OPERATION.rangesFolded]++;
  if (known < 0) known = internRange(state, index, access, first, last, isFolded);
  state.rangeCounts[known]++;
  if (isFolded) return;
  words[o + OPERATION.rangeFirst] = first;
  words[o + OPERATION.rangeLast] = last;
  words[o + OPERATION.rangeAt] = known;
}

function internRange(state: FlowState, index: number, access: number, first: number, last: number, isFolded: boolean): number {
  const { ranges } = state;
  const range = isFolded
    ? internKey(ranges, index, access, first - (first % FOLD_BLOCK), last - (last % FOLD_BLOCK) + FOLD_BLOCK - 1)
    : internKey(ranges, index, access, first, last);
  if (!ranges.added) return range;
  state.rangeCounts = grownInt32(state.rangeCounts, range + 1);
  state.rangeCounts[range] = 0;
  state.operations.keys[index * OPERATION.stride + OPERATION.ranges]++;
  return range;
}

/**
 * An answer repeats another range than the operation was asked for last. One that nobody was heard to ask for, in this interval or at
 * the end of the one before, was asked for once at least: a mirror port drops frames, and some see one direction only.
 */
function noteAnsweredRange(state: FlowState, sink: FlowSink, index: number, access: number, first: number, last: number): void {
  const o = index * OPERATION.stride;
  const words = state.operations.keys;
  if (findKey(state.ranges, index, access, first, last) >= 0 || wasAsked(state, sink, index, first, last)) return;
  const range = internRange(state, index, access, first, last, words[o + OPERATION.ranges] >= MAX_RANGES_PER_OPERATION);
  if (state.ranges.added) state.rangeCounts[range] = 1;
}

/** By its session: the hot call sets no stream. */
const streamOf = (state: FlowState, sink: FlowSink): TcpStream | null => state.streams[state.sessions.keys[sink.session * SESSION.stride + SESSION.app] - 1] ?? null;

/** The session's last request before the checkpoint had this range: it was counted then. */
function wasAsked(state: FlowState, sink: FlowSink, index: number, first: number, last: number): boolean {
  const stream = streamOf(state, sink);
  if (stream === null || stream.asked.length === 0) return false;
  const [unit, code, from, to] = stream.asked;
  const words = state.operations.keys;
  const o = index * OPERATION.stride;
  return (words[o + 1] & UNIT_MASK) === unit && words[o + 2] === code && from === first && to === last;
}

/** The range that the stream's last operation was asked for last: what `wasAsked` needs once the tables are empty. */
export function lastAsked(state: FlowState, stream: TcpStream): readonly number[] {
  const index = state.sessions.keys[stream.session * SESSION.stride + SESSION.operation] - 1;
  if (index < 0) return stream.asked;
  const o = index * OPERATION.stride;
  const words = state.operations.keys;
  const ranges = state.ranges.keys;
  const r = words[o + OPERATION.rangeAt] << 2;
  // Its ranges are all from answers, or it has none.
  if (words[o + OPERATION.ranges] === 0 || ranges[r] !== index) return [];
  return [words[o + 1] & UNIT_MASK, words[o + 2], ranges[r + 2], ranges[r + 3]];
}

/** Adds the repetitions of the operation's last range to its count. */
export function settleRange(state: FlowState, index: number): void {
  const words = state.operations.keys;
  const o = index * OPERATION.stride;
  if (words[o + OPERATION.rangeHits] > 0) state.rangeCounts[words[o + OPERATION.rangeAt]] += words[o + OPERATION.rangeHits];
  words[o + OPERATION.rangeHits] = 0;
  words[o + OPERATION.rangeFirst] = -1;
}

/** Closes the operation's hour: what it counted becomes a row. */
export function foldOperation(state: FlowState, index: number, hour: number): void {
  const o = index * OPERATION.stride;
  const words = state.operations.keys;
  if (words[o + OPERATION.requests] + words[o + OPERATION.responses] + words[o + OPERATION.errors] > 0) {
    const r = state.operationRowCount++ * OPERATION_ROW.stride;
    state.operationRows = grownInt32(state.operationRows, r + OPERATION_ROW.stride);
    const rows = state.operationRows;
    rows[r + OPERATION_ROW.operation] = index;
    rows[r + OPERATION_ROW.hour] = words[o + OPERATION.hour];
    rows[r + OPERATION_ROW.requests] = words[o + OPERATION.requests];
    rows[r + OPERATION_ROW.responses] = words[o + OPERATION.responses];
    rows[r + OPERATION_ROW.errors] = words[o + OPERATION.errors];
    words[o + OPERATION.requests] = 0;
    words[o + OPERATION.responses] = 0;
    words[o + OPERATION.errors] = 0;
  }
  words[o + OPERATION.hour] = hour;
}
