/**
 * From the histogram of times between requests to the cycle behind them: period, spread, and how much of the traffic
 * is in it. Bins are half octaves, so a period is the mean of the few bins around the dominating one.
 * Left out on purpose: spectra. Histograms survive gaps, thinning and restarts; phases do not.
 */
import type { Operation, RhythmBin } from '../observation.ts';

export interface Cycle {
  readonly periodMs: number;
  /** Standard deviation of the gaps over their mean, within the cycle. */
  readonly cv: number;
  /** Cycles counted (for several ranges polled in turn: rounds). */
  readonly cycles: number;
}

/** Pauses longer than this are breaks between sessions or capture windows, not cycles. */
const LONGEST_CYCLE_MS = 3_700_000;

/** Share of in-session time that must lie within the dominating bins; a Poisson process reaches 0.35 to 0.45. */
const REGULAR_SHARE = 0.6;

/** Share of gaps that must be in session at all; visits scattered over a day stay below. */
const IN_SESSION_SHARE = 0.4;

const FEWEST_GAPS = 4;

function inSession(bins: readonly RhythmBin[]): { gaps: RhythmBin[]; count: number; timeMs: number; share: number } {
  let all = 0;
  let count = 0;
  let timeMs = 0;
  const gaps: RhythmBin[] = [];
  for (const bin of bins) {
    if (!(bin.count > 0) || !(bin.meanMs >= 0)) continue;
    all += bin.count;
    if (bin.meanMs > LONGEST_CYCLE_MS) continue;
    gaps.push(bin);
    count += bin.count;
    timeMs += bin.count * bin.meanMs;
  }
  gaps.sort((a, b) => a.meanMs - b.meanMs);
  return { gaps, count, timeMs, share: all > 0 ? count / all : 0 };
}

/** The cycle of one stream of requests, or null when there is none. */
export function cycleOfGaps(bins: readonly RhythmBin[]): Cycle | null {
  const { gaps, count, timeMs, share } = inSession(bins);
  if (count < FEWEST_GAPS || share < IN_SESSION_SHARE || timeMs <= 0) return null;
  // The dominating gap is the median by time, not by count: requests sent back to back before a pause do not hide the pause.
  let half = 0;
  let dominating = gaps.at(-1)!.meanMs;
  for (const gap of gaps) {
    half += gap.count * gap.meanMs;
    if (half >= timeMs / 2) {
      dominating = gap.meanMs;
      break;
    }
  }
  if (dominating <= 0) return null;
  // A cycle leaves no gaps a few times its length; scattered visits do, also beyond the longest cycle looked for.
  let longerMs = 0;
  for (const bin of bins) if (bin.meanMs > LONGEST_CYCLE_MS && bin.meanMs <= dominating * 8) longerMs += bin.count * bin.meanMs;
  let near = 0;
  let sum = 0;
  for (const gap of gaps) {
    if (gap.meanMs < dominating / 1.6 || gap.meanMs > dominating * 1.6) continue;
    near += gap.count;
    sum += gap.count * gap.meanMs;
  }
  let burstMs = 0;
  for (const gap of gaps) if (gap.meanMs < dominating / 1.6) burstMs += gap.count * gap.meanMs;
  // Time of the short gaps counts as regular only when it belongs to bursts (far shorter than the pause).
  const quick = gaps.reduce((total, gap) => total + (gap.meanMs < dominating / 8 ? gap.count * gap.meanMs : 0), 0);
  if (near < FEWEST_GAPS - 1 || (sum + Math.min(quick, sum)) / (timeMs + longerMs) < REGULAR_SHARE) return null;
  const mean = sum / near;
  let variance = 0;
  for (const gap of gaps) {
    if (gap.meanMs < dominating / 1.6 || gap.meanMs > dominating * 1.6) continue;
    variance += gap.count * (gap.meanMs - mean) ** 2;
  }
  return { periodMs: mean + Math.min(quick, burstMs) / near, cv: Math.sqrt(variance / near) / mean, cycles: near };
}

/**
 * The cycle of an operation. Several ranges asked in turn leave gaps that are fractions of the cycle; their balanced
 * counts give it back: time in session divided by the requests of the most asked range.
 */
export function cycleOfOperation(operation: Operation): Cycle | null {
  const most = operation.ranges.reduce((max, range) => Math.max(max, range.requests), 0);
  if (operation.ranges.length < 2 || most > 0.7 * operation.requests || operation.rangesFolded > 0) return cycleOfGaps(operation.rhythm);
  const { gaps, count, timeMs, share } = inSession(operation.rhythm);
  if (count < FEWEST_GAPS || share < IN_SESSION_SHARE || most < 3) return null;
  const rounds = most * (count / Math.max(count, operation.requests));
  const periodMs = timeMs / rounds;
  if (periodMs <= 0) return null;
  let long = 0;
  for (const gap of gaps) if (gap.meanMs > periodMs * 1.6) long += gap.count;
  // In a cycle no gap within the session is longer than the cycle.
  if (long / count > 0.1 / operation.ranges.length) return cycleOfGaps(operation.rhythm);
  return { periodMs, cv: 0.1, cycles: rounds };
}
