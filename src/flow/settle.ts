/**
 * Flushing without forgetting, for captures that go on for weeks. In: a flow state between two batches. Out: tables ready
 * to be written (`settleInterval`), and, once they are written, the same tables with nothing counted (`zeroInterval`):
 * keys, sessions, streams, directions and the times of the last requests stay, so that a flush every few seconds tears
 * no session, no rhythm and no hole in a stream. A file import clears everything instead (decoder-state.ts), so that a
 * resumed one is exact.
 */
import { STOP_REASONS } from '../decode/stop.ts';
import { tellSameAddresses } from './address-plan.ts';
import { recallStream } from './app-sessions.ts';
import { foldSession } from './conversations.ts';
import { CONVERSATION, FACT, FLAG, NO_FIRST, NO_LAST, OPERATION, OPERATION_ROW, RHYTHM, SESSION, TARGET, UNBEGUN, type FlowState, type Span } from './flow-state.ts';
import { clearIntTable, createIntTable, internKey } from './int-table.ts';
import { foldOperation, settleRange } from './operations.ts';
import { zeroOpenBins } from './rhythm.ts';
import { forgetStream, OVERLAP_SECONDS } from './tcp-stream.ts';

/** Every session and operation folds what it counted; holes in streams stay open, a segment that is late still fills them. */
export function settleInterval(state: FlowState): void {
  for (let session = 0; session < state.sessions.count; session++) foldSession(state, session);
  for (let operation = 0; operation < state.operations.count; operation++) {
    foldOperation(state, operation, state.operations.keys[operation * OPERATION.stride + OPERATION.hour]);
    settleRange(state, operation);
  }
  tellSameAddresses(state);
  if (state.operationRowCount > 2 * state.operations.count) mergeOperationRows(state);
}

/** While the store refuses to be written, each settling adds a row per operation: rows of the same hour are one. */
function mergeOperationRows(state: FlowState): void {
  const { operationRows: rows } = state;
  const places = createIntTable();
  for (let from = 0; from < state.operationRowCount; from++) {
    const r = from * OPERATION_ROW.stride;
    const place = internKey(places, rows[r], rows[r + OPERATION_ROW.hour], 0, 0) * OPERATION_ROW.stride;
    if (places.added) rows.copyWithin(place, r, r + OPERATION_ROW.stride);
    else for (let i = OPERATION_ROW.requests; i <= OPERATION_ROW.errors; i++) rows[place + i] += rows[r + i];
  }
  state.operationRowCount = places.count;
}

/** Time passed unheard since the streams were saved: what comes next is joined midstream, it is neither a hole nor a repetition. */
export function forgetPositions(state: FlowState): void {
  for (const stream of state.streams) if (stream !== null) forgetStream(stream);
}

/**
 * A capture begins at `seconds`. Streams that were heard later than that are not gone on with by what is earlier: its octets are
 * before their positions and would count as repetitions. Whether the capture holds any of them shows when they come.
 */
export function doubtPositions(state: FlowState, seconds: number): void {
  for (const stream of state.streams) {
    if (stream === null) continue;
    const heard = state.sessions.doubles[((stream.session * SESSION.stride) >> 1) + SESSION.lastSecondsD];
    if (!(heard > seconds + OVERLAP_SECONDS)) continue;
    recallStream(state, stream);
    stream.heardUntil = Math.max(stream.heardUntil, heard);
  }
  if (state.latestSeconds > seconds + OVERLAP_SECONDS) forgetClosed(state, seconds + OVERLAP_SECONDS);
}

/** The same for sessions that are over. */
function forgetClosed({ sessions: { keys: words, doubles, count } }: FlowState, seconds: number): void {
  for (let s = 0; s < count * SESSION.stride; s += SESSION.stride) {
    if ((words[s + SESSION.flags] & FLAG.closing) === 0 || !(doubles[(s >> 1) + SESSION.lastSecondsD] > seconds)) continue;
    words[s + SESSION.nextLo] = 0;
    words[s + SESSION.nextHi] = 0;
  }
}

/** All that an interval was told is written: the next frame is late by nothing. */
export function forgetTime(state: FlowState): void {
  state.latestSeconds = NO_LAST;
  state.latestNanos = 0;
}

/** What is told of a capture and not of its conversations. */
export interface CaptureFigures extends Span {
  readonly packets: number;
  readonly bytes: number;
  readonly counters: readonly (readonly [string, number])[];
}

/** Counted since they were last set to nought: of the capture at hand. */
export function captureFigures(state: FlowState): CaptureFigures {
  const counters: [string, number][] = [];
  state.stops.forEach((stops, code) => counters.push([`stop.${STOP_REASONS[code]}`, stops]));
  for (const [name, value] of [...state.counters].sort((a, b) => (a[0] < b[0] ? -1 : 1))) counters.push([name, value]);
  return { ...state.totals, counters };
}

/** Another capture begins, or these figures were written. */
export function zeroCapture(state: FlowState): void {
  state.stops.fill(0);
  state.counters.clear();
  Object.assign(state.totals, { packets: 0, bytes: 0, ...NO_SPAN });
}

/**
 * What was written counts from nought again.
 * @param renewBudget a new term for those who make one-way conversations: what is a flood is judged per term
 */
export function zeroInterval(state: FlowState, renewBudget: boolean): void {
  zeroConversations(state);
  zeroOperations(state);
  forgetTime(state);
  for (let i = 0; i < state.facts.count; i++) state.facts.keys.fill(0, i * FACT.stride + FACT.toServer, i * FACT.stride + FACT.toClient + 1);
  state.addressFactCounts.fill(0);
  for (let r = 0; r < state.rhythms * RHYTHM.stride; r += RHYTHM.stride) {
    state.rhythmWords[r + RHYTHM.hits] = 0;
    state.rhythmDoubles[(r >> 1) + RHYTHM.sumD] = 0;
  }
  state.macsWritten = state.macs.count;
  for (const span of state.macSpans) {
    span.firstSeconds = NO_FIRST;
    span.lastSeconds = NO_LAST;
  }
  if (renewBudget) {
    clearIntTable(state.macs);
    state.macSpans.length = 0;
    state.macsWritten = 0;
    clearIntTable(state.tagged);
    clearIntTable(state.oneWay);
    state.oneWayTotal = 0;
    clearIntTable(state.scans);
    state.scanTotals.length = 0;
  }
  for (const scan of state.scanTotals) Object.assign(scan, { targets: 0, packets: 0, bytes: 0, ...NO_SPAN });
  zeroCapture(state);
  state.hourCounters.clear();
  // The hour at hand stays: a gap may be told in it before its next frame.
  for (const [hour, totals] of state.hours) {
    if (totals.packets === 0) state.hours.delete(hour);
    else Object.assign(totals, { packets: 0, bytes: 0, lostSegments: 0, duplicates: 0 });
  }
}

const NO_SPAN = { firstSeconds: NO_FIRST, firstNanos: 0, lastSeconds: NO_LAST, lastNanos: 0 } as const;

function zeroConversations(state: FlowState): void {
  const { keys: words, doubles } = state.conversations;
  for (let i = 0; i < state.conversations.count; i++) {
    const c = i * CONVERSATION.stride;
    const d = c >> 1;
    zeroOpenBins(words, c + CONVERSATION.rhythm);
    words[c + CONVERSATION.row] = -1;
    words[c + CONVERSATION.sessions] = 0;
    words[c + CONVERSATION.answered] = 0;
    words[c + CONVERSATION.rttUs] = -1;
    doubles[d + CONVERSATION.firstSecondsD] = NO_FIRST;
    doubles[d + CONVERSATION.lastSecondsD] = NO_LAST;
  }
  state.rows = 0;
}

function zeroOperations(state: FlowState): void {
  const { keys: words, doubles } = state.operations;
  for (let i = 0; i < state.operations.count; i++) {
    const o = i * OPERATION.stride;
    const d = o >> 1;
    zeroOpenBins(words, o + OPERATION.rhythm);
    words[o + OPERATION.hour] = UNBEGUN;
    words[o + OPERATION.rangesFolded] = 0;
    doubles[d + OPERATION.firstSecondsD] = NO_FIRST;
    doubles[d + OPERATION.lastSecondsD] = NO_LAST;
  }
  state.operationRowCount = 0;
  state.rangeCounts.fill(0);
  for (let t = 0; t < state.targets.count * TARGET.stride; t += TARGET.stride) state.targets.keys[t + TARGET.requests] = 0;
  clearIntTable(state.errors);
  clearIntTable(state.turned);
}
