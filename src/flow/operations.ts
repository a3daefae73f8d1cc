/**
 * Where protocol readers put what they understood: the sink that turns messages into operations, ranges, errors, targets
 * and facts of the session at hand. One sink per flow state; the feed sets its context before a reader runs. Bounded:
 * an operation keeps so many distinct ranges and targets, a conversation so many operations and facts; what is beyond
 * is folded and counted.
 */
import { TO_SERVER, MESSAGE, type ProtocolSink } from '../decode/app/protocol.ts';
import { clientAddress, conversationOf, proveServer, serverAddress } from './conversations.ts';
import {
  CONVERSATION,
  count,
  internText,
  NO_FIRST,
  NO_LAST,
  OPERATION,
  OPERATION_D,
  OPERATION_ROW,
  type FlowState,
} from './flow-state.ts';
import { findKey, grownFloat64, grownInt32, internKey } from './int-table.ts';
import { gapUs, noteOperationGap } from './rhythm.ts';
import type { StreamEvents } from './tcp-stream.ts';

const MAX_OPERATIONS_PER_CONVERSATION = 2048;
const MAX_RANGES_PER_OPERATION = 8192;
const MAX_TARGETS_PER_OPERATION = 1024;
const MAX_FACTS_PER_CONVERSATION = 512;
const MAX_ADDRESS_FACTS = 100_000;
/** Beyond the limit ranges are widened to blocks of this many addresses: bounded, and never narrower than what was seen. */
const FOLD_BLOCK = 64;

/** The operation that stands for all that a conversation asked beyond its limit. */
export const FOLDED_FUNCTION = -1;

export interface FlowSink extends ProtocolSink, StreamEvents {
  session: number;
  /** TO_SERVER or TO_CLIENT of the bytes being read. */
  direction: number;
  /** True when the bytes being read came from the lower end of the session. */
  fromLo: boolean;
  protocolText: number;
  seconds: number;
  nanos: number;
  hour: number;
  /** The protocol reports ranges: its rhythm is that of one and the same request (noteOperationGap). */
  measuresByRange: boolean;
  /** The operation that the last message asked for, -1 none. */
  operationIndex: number;
  isRequest: boolean;
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
    isRequest: false,

    operation(unit, code, kind, errorCode) {
      const index = operationOf(state, sink, unit, code);
      const o = index * OPERATION.stride;
      if (state.operationWords[o + OPERATION.hour] !== sink.hour) foldOperation(state, index, sink.hour);
      state.operationWords[o + kind]++;
      sink.operationIndex = index;
      sink.isRequest = kind === MESSAGE.request;
      if (sink.seconds === sink.seconds) noteOperationTime(state, sink, index);
      if (kind === MESSAGE.error) {
        const error = internKey(state.errors, index, errorCode | 0, 0, 0);
        state.errorCounts = grownInt32(state.errorCounts, error + 1);
        if (state.errors.added) state.errorCounts[error] = 0;
        state.errorCounts[error]++;
      }
    },

    range(access, first, last) {
      const index = sink.operationIndex;
      if (index < 0) return;
      const o = index * OPERATION.stride;
      const words = state.operationWords;
      if (words[o + OPERATION.referenceFirst] < 0) words[o + OPERATION.referenceFirst] = first;
      if (words[o + OPERATION.referenceFirst] === first) noteRequest(state, sink, index);
      let from = first;
      let to = last;
      let known = findKey(state.ranges, index, access, from, to);
      if (known < 0 && words[o + OPERATION.ranges] >= MAX_RANGES_PER_OPERATION) {
        words[o + OPERATION.rangesFolded]++;
        from = first - (first % FOLD_BLOCK);
        to = last - (last % FOLD_BLOCK) + FOLD_BLOCK - 1;
        known = findKey(state.ranges, index, access, from, to);
      }
      if (known < 0) {
        known = internKey(state.ranges, index, access, from, to);
        state.rangeCounts = grownInt32(state.rangeCounts, known + 1);
        state.rangeCounts[known] = 0;
        words[o + OPERATION.ranges]++;
      }
      state.rangeCounts[known]++;
    },

    target(name) {
      const index = sink.operationIndex;
      if (index < 0) return;
      const o = index * OPERATION.stride + OPERATION.targets;
      const text = state.operationWords[o] >= MAX_TARGETS_PER_OPERATION ? internText(state, '(more)') : internText(state, name);
      const target = internKey(state.targets, index, text, 0, 0);
      if (state.targets.added) {
        state.targetCounts = grownInt32(state.targetCounts, target + 1);
        state.targetCounts[target] = 0;
        state.operationWords[o]++;
      }
      state.targetCounts[target]++;
    },

    fact(name, value) {
      const conversation = conversationOf(state, sink.session, true);
      const c = conversation * CONVERSATION.stride + CONVERSATION.facts;
      const nameText = internText(state, name);
      const full = state.conversationWords[c] >= MAX_FACTS_PER_CONVERSATION;
      const valueText = internText(state, value);
      let fact = full ? findKey(state.facts, conversation, nameText, valueText, 0) : -1;
      if (fact < 0) {
        fact = internKey(state.facts, conversation, nameText, full ? internText(state, '(more)') : valueText, 0);
        if (state.facts.added) {
          state.factCounts = grownInt32(state.factCounts, (fact + 1) * 2);
          state.factCounts[fact * 2] = 0;
          state.factCounts[fact * 2 + 1] = 0;
          state.conversationWords[c]++;
        }
      }
      state.factCounts[fact * 2 + sink.direction]++;
    },

    serverFact(name, value) {
      noteAddressFact(state, serverAddress(state, sink.session), name, value);
    },

    clientFact(name, value) {
      noteAddressFact(state, clientAddress(state, sink.session), name, value);
    },

    serverIs(sender) {
      proveServer(state, sink.session, sender === sink.fromLo);
      sink.direction = sender ? 1 - TO_SERVER : TO_SERVER;
    },

    malformed(reason) {
      count(state, `malformed.${reason}`);
    },
    retransmitted() {
      count(state, 'tcp.retransmitted');
    },
    gap() {
      count(state, 'tcp.gap');
      const totals = state.hours.get(sink.hour);
      if (totals !== undefined) totals.lostSegments++;
    },
    resynchronised() {
      count(state, 'tcp.resynchronised');
    },
    overflow() {
      count(state, 'tcp.carry-overflow');
    },
  };
  return sink;
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

function operationOf(state: FlowState, sink: FlowSink, unit: number, code: number): number {
  const conversation = conversationOf(state, sink.session, true);
  const c = conversation * CONVERSATION.stride + CONVERSATION.operations;
  const word = (sink.protocolText << 16) | (unit + 1);
  const known = findKey(state.operations, conversation, word, code, 0);
  if (known >= 0) return known;
  const full = state.conversationWords[c] >= MAX_OPERATIONS_PER_CONVERSATION;
  if (full) count(state, 'limit.operations');
  const index = full
    ? internKey(state.operations, conversation, sink.protocolText << 16, FOLDED_FUNCTION, 0)
    : internKey(state.operations, conversation, word, code, 0);
  if (!state.operations.added) return index;
  state.conversationWords[c]++;
  const o = index * OPERATION.stride;
  const d = index * OPERATION_D.stride;
  state.operationWords = grownInt32(state.operationWords, o + OPERATION.stride);
  state.operationDoubles = grownFloat64(state.operationDoubles, d + OPERATION_D.stride);
  state.operationWords.fill(0, o, o + OPERATION.stride);
  state.operationWords[o + OPERATION.hour] = sink.hour;
  state.operationWords[o + OPERATION.referenceFirst] = -1;
  state.operationWords[o + OPERATION.lastBin] = -1;
  state.operationDoubles[d + OPERATION_D.firstSeconds] = NO_FIRST;
  state.operationDoubles[d + OPERATION_D.lastSeconds] = NO_LAST;
  state.operationDoubles[d + OPERATION_D.lastRequestSeconds] = NO_LAST;
  return index;
}

function noteOperationTime(state: FlowState, sink: FlowSink, index: number): void {
  const o = index * OPERATION.stride;
  const d = index * OPERATION_D.stride;
  const { operationWords: words, operationDoubles: doubles } = state;
  const { seconds, nanos } = sink;
  const last = doubles[d + OPERATION_D.lastSeconds];
  if (seconds > last || (seconds === last && nanos > words[o + OPERATION.lastNanos])) {
    doubles[d + OPERATION_D.lastSeconds] = seconds;
    words[o + OPERATION.lastNanos] = nanos;
  }
  const first = doubles[d + OPERATION_D.firstSeconds];
  if (seconds < first || (seconds === first && nanos < words[o + OPERATION.firstNanos])) {
    doubles[d + OPERATION_D.firstSeconds] = seconds;
    words[o + OPERATION.firstNanos] = nanos;
  }
  // Protocols without ranges: every request counts for the rhythm. With ranges, `range` decides which.
  if (sink.isRequest && !sink.measuresByRange) noteRequest(state, sink, index);
}

/** The rhythm of an operation: from one request to the next. Requests of the same instant (FC 23 reports two ranges) are one. */
function noteRequest(state: FlowState, sink: FlowSink, index: number): void {
  const d = index * OPERATION_D.stride + OPERATION_D.lastRequestSeconds;
  const o = index * OPERATION.stride + OPERATION.lastRequestNanos;
  const { seconds, nanos } = sink;
  if (seconds !== seconds) return;
  const us = gapUs(state.operationDoubles[d], state.operationWords[o], seconds, nanos);
  if (us > 0) noteOperationGap(state, index, us);
  state.operationDoubles[d] = seconds;
  state.operationWords[o] = nanos;
}

/** Closes the operation's hour: what it counted becomes a row. */
export function foldOperation(state: FlowState, index: number, hour: number): void {
  const o = index * OPERATION.stride;
  const words = state.operationWords;
  if (words[o] + words[o + OPERATION.responses] + words[o + OPERATION.errors] > 0) {
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
