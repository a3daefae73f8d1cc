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

/** Longer cycles are not looked for: sensors keep gaps up to two hours, and truncated scatter would look regular there. */
const LONGEST_CYCLE_MS = 2_200_000;

/** Gaps this much shorter than the cycle are bursts within it, this much longer breaks between sessions or windows. */
const BURST = 8;
const BREAK = 16;

/** Share of gaps (bursts and breaks aside) that must lie near the cycle; a Poisson process reaches 0.3 to 0.4. */
const REGULAR_SHARE = 0.55;
/** Breaks may be this share of all gaps, no more: visits are not a cycle. */
const MOST_BREAKS = 0.3;

const FEWEST_GAPS = 4;
/** Width of the neighbourhood around a period: a little over half an octave to each side. */
const NEAR = 1.6;

const ascending = (bins: readonly RhythmBin[]): RhythmBin[] => bins.filter((bin) => bin.count > 0 && bin.meanMs >= 0).sort((a, b) => a.meanMs - b.meanMs);

const countBetween = (gaps: readonly RhythmBin[], from: number, to: number): number => gaps.reduce((sum, gap) => sum + (gap.meanMs >= from && gap.meanMs <= to ? gap.count : 0), 0);

/** Requests sent back to back come with a pause behind every few of them: then the pause is the cycle. */
const BACK_TO_BACK_MS = 20;
const FEWEST_PAUSES = 0.08;

function densestGap(gaps: readonly RhythmBin[], fromMs: number): RhythmBin | null {
  let best: RhythmBin | null = null;
  let most = 0;
  for (const gap of gaps) {
    if (gap.meanMs < fromMs || gap.meanMs > LONGEST_CYCLE_MS) continue;
    const near = countBetween(gaps, gap.meanMs / NEAR, gap.meanMs * NEAR);
    if (near > most || (near === most && best !== null && gap.count > best.count)) {
      most = near;
      best = gap;
    }
  }
  return best;
}

/** Whole milliseconds; below one, as much as tells it from nothing. */
export const intervalText = (ms: number): string => `${ms >= 1 ? Math.round(ms) : Number(ms.toPrecision(1))} ms`;

/** The cycle of one stream of requests, or null when there is none. */
export function cycleOfGaps(bins: readonly RhythmBin[]): Cycle | null {
  const gaps = ascending(bins);
  let centre = densestGap(gaps, 0);
  if (centre === null) return null;
  if (centre.meanMs < BACK_TO_BACK_MS) {
    const pause = densestGap(gaps, Math.max(centre.meanMs, 1) * BURST);
    const near = pause === null ? 0 : countBetween(gaps, pause.meanMs / NEAR, pause.meanMs * NEAR);
    if (pause !== null && near >= FEWEST_PAUSES * countBetween(gaps, 0, LONGEST_CYCLE_MS)) centre = pause;
  }
  const low = centre.meanMs / NEAR;
  const high = centre.meanMs * NEAR;
  let count = 0;
  let sum = 0;
  let quickMs = 0;
  let breaks = 0;
  let others = 0;
  for (const gap of gaps) {
    if (gap.meanMs >= low && gap.meanMs <= high) {
      count += gap.count;
      sum += gap.count * gap.meanMs;
    } else if (gap.meanMs < centre.meanMs / BURST) quickMs += gap.count * gap.meanMs;
    else if (gap.meanMs > centre.meanMs * BREAK) breaks += gap.count;
    else others += gap.count;
  }
  if (count < FEWEST_GAPS || count / (count + others) < REGULAR_SHARE || breaks / (count + others + breaks) > MOST_BREAKS) return null;
  const mean = sum / count;
  let variance = 0;
  for (const gap of gaps) if (gap.meanMs >= low && gap.meanMs <= high) variance += gap.count * (gap.meanMs - mean) ** 2;
  return { periodMs: mean + Math.min(quickMs, sum) / count, cv: Math.sqrt(variance / count) / mean, cycles: count };
}

/**
 * The cycle of an operation. Several ranges asked in turn leave gaps that are fractions of the cycle; their balanced
 * counts give it back: time in session divided by the requests of the most asked range.
 */
export function cycleOfOperation(operation: Operation): Cycle | null {
  const { ranges } = operation;
  const most = ranges.reduce((max, range) => Math.max(max, range.requests), 0);
  if (ranges.length < 2 || most > 0.7 * operation.requests || most < 3 || operation.rangesFolded > 0) return cycleOfGaps(operation.rhythm);
  const gaps = ascending(operation.rhythm);
  const all = gaps.reduce((sum, gap) => sum + gap.count, 0);
  if (all < FEWEST_GAPS) return null;
  // At least one gap in each round is its longest; what is far longer than that is a break.
  let rest = all / (2 * ranges.length);
  let longest = 0;
  for (let index = gaps.length - 1; index >= 0; index--) {
    rest -= gaps[index].count;
    if (rest > 0) continue;
    longest = gaps[index].meanMs;
    break;
  }
  const within = gaps.filter((gap) => gap.meanMs <= Math.min(LONGEST_CYCLE_MS, longest * 4));
  const count = within.reduce((sum, gap) => sum + gap.count, 0);
  const timeMs = within.reduce((sum, gap) => sum + gap.count * gap.meanMs, 0);
  const rounds = most * (count / Math.max(count, operation.requests));
  const periodMs = timeMs / Math.max(rounds, 1e-9);
  if (count < FEWEST_GAPS || !(periodMs > 0)) return null;
  // In a cycle no gap within the session is longer than the cycle.
  if (countBetween(within, periodMs * NEAR, Infinity) / count > 0.1 / ranges.length) return cycleOfGaps(operation.rhythm);
  return { periodMs, cv: 0.1, cycles: rounds };
}
