/**
 * Times between consecutive requests as a histogram of half octaves of milliseconds (bin 0: below 1 ms; bin 1 + 2e + h:
 * from 2^(e + h/2) ms). Half an octave tells 1 s from 2 s polls with a margin, 45 bins reach beyond an hour, and the sum
 * per bin keeps the exact mean.
 */
import type { FlowState } from './flow-state.ts';
import { grownFloat64, grownInt32, internKey } from './int-table.ts';

/** Longer pauses are not rhythm: two hours. */
const MAX_GAP_MS = 7_200_000;

export function rhythmBin(gapMs: number): number {
  const whole = gapMs | 0;
  if (whole < 1) return 0;
  const exponent = 31 - Math.clz32(whole);
  const power = 2 ** exponent;
  return 1 + 2 * exponent + (gapMs * gapMs >= 2 * power * power ? 1 : 0);
}

/** @param subject conversation * 2, or operation * 2 + 1 */
export function noteGap(state: FlowState, subject: number, gapMs: number): void {
  if (!(gapMs >= 0 && gapMs < MAX_GAP_MS)) return;
  const index = internKey(state.rhythm, subject, rhythmBin(gapMs), 0, 0);
  if (index >= state.rhythmCounts.length) {
    state.rhythmCounts = grownInt32(state.rhythmCounts, index + 1);
    state.rhythmSums = grownFloat64(state.rhythmSums, index + 1);
  }
  if (state.rhythm.added) {
    state.rhythmCounts[index] = 0;
    state.rhythmSums[index] = 0;
  }
  state.rhythmCounts[index]++;
  state.rhythmSums[index] += gapMs;
}
