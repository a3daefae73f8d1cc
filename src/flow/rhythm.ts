/**
 * Times between consecutive requests as a histogram of half octaves of milliseconds (bin 0: below 1 ms; bin 1 + 2e + h:
 * from 2^(e + h/2) ms). Half an octave tells 1 s from 2 s polls with a margin, and the sum per bin keeps the exact mean.
 * Gaps are int32 microseconds, so that nothing is boxed on the way; longer pauses than half an hour are not rhythm.
 */
import { OPERATION, type FlowState } from './flow-state.ts';
import { grownFloat64, grownInt32, internKey } from './int-table.ts';

const MAX_GAP_SECONDS = 1800;

/** Microseconds between two instants; -1 when time ran backwards or the pause is too long to be rhythm. */
export function gapUs(beforeSeconds: number, beforeNanos: number, seconds: number, nanos: number): number {
  const whole = seconds - beforeSeconds;
  if (!(whole >= 0 && whole <= MAX_GAP_SECONDS)) return -1;
  const us = (whole | 0) * 1_000_000 + (((nanos - beforeNanos) / 1000) | 0);
  return us < 0 ? -1 : us;
}

export function rhythmBin(us: number): number {
  const ms = (us / 1000) | 0;
  if (ms < 1) return 0;
  const exponent = 31 - Math.clz32(ms);
  const half = us >= 1414.2135623730951 * (1 << exponent) ? 1 : 0;
  return 1 + 2 * exponent + half;
}

/** Counts one gap of a conversation's requests. */
export function noteConversationGap(state: FlowState, conversation: number, us: number): void {
  addGap(state, binOf(state, conversation * 2, rhythmBin(us)), us);
}

/** Counts one gap of an operation's requests; a steady poller hits the same bin again and again, so that one is remembered. */
export function noteOperationGap(state: FlowState, operation: number, us: number): void {
  const bin = rhythmBin(us);
  const o = operation * OPERATION.stride;
  const words = state.operationWords;
  if (words[o + OPERATION.lastBin] !== bin) {
    words[o + OPERATION.lastBin] = bin;
    words[o + OPERATION.lastBinAt] = binOf(state, operation * 2 + 1, bin);
  }
  addGap(state, words[o + OPERATION.lastBinAt], us);
}

function addGap(state: FlowState, index: number, us: number): void {
  state.rhythmCounts[index]++;
  state.rhythmSums[index] += us;
}

/** @param subject conversation * 2, or operation * 2 + 1 */
function binOf(state: FlowState, subject: number, bin: number): number {
  const index = internKey(state.rhythm, subject, bin, 0, 0);
  if (index >= state.rhythmCounts.length) {
    state.rhythmCounts = grownInt32(state.rhythmCounts, index + 1);
    state.rhythmSums = grownFloat64(state.rhythmSums, index + 1);
  }
  if (state.rhythm.added) {
    state.rhythmCounts[index] = 0;
    state.rhythmSums[index] = 0;
  }
  return index;
}
