/**
 * Captures that ran at the same time: two taps, a capture begun before the last one ended, a merged copy, or the ring that a
 * live capture of this very store kept. In: the spans of captures. Out: which, and for how long together. Whether both heard
 * the same frames is not known: a copy is told from its first only within one capture (flow/mirror.ts).
 */
import type { Connection } from './database.ts';
import { instant, instantColumns } from './read-words.ts';

export interface TimedCapture {
  readonly name: string;
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
}

export interface Overlap {
  /** In order of their beginnings. */
  readonly captures: readonly string[];
  /** Time in which at least two of them ran. */
  readonly ns: bigint;
}

/** Files of a ring follow each other, and frames of several interfaces not quite in order. */
const NEIGHBOURS_NS = 1_000_000_000n;

type Span = TimedCapture & { readonly firstNs: bigint; readonly lastNs: bigint };
const isTimed = (capture: TimedCapture): capture is Span => capture.firstNs !== null && capture.lastNs !== null;

export function findOverlap(captures: readonly TimedCapture[]): Overlap | null {
  const involved = new Set<Span>();
  let ns = 0n;
  let longest: Span | null = null;
  let told = 0n;
  for (const span of captures.filter(isTimed).toSorted((a, b) => (a.firstNs < b.firstNs ? -1 : a.firstNs > b.firstNs ? 1 : 0))) {
    if (longest !== null) {
      const end = span.lastNs < longest.lastNs ? span.lastNs : longest.lastNs;
      if (end - span.firstNs > NEIGHBOURS_NS) {
        involved.add(longest).add(span);
        if (end > told) ns += end - (span.firstNs > told ? span.firstNs : told);
        if (end > told) told = end;
      }
    }
    if (longest === null || span.lastNs > longest.lastNs) longest = span;
  }
  return involved.size === 0 ? null : { captures: [...involved].map(({ name }) => name), ns };
}

export const readOverlap = (db: Connection): Overlap | null =>
  findOverlap(
    (db.prepare(`SELECT name, ${instantColumns('first')}, ${instantColumns('last')} FROM capture ORDER BY id`).raw().all() as [string, number | null, number | null, number | null, number | null][])
      .map(([name, firstS, firstN, lastS, lastN]) => ({ name, firstNs: instant(firstS, firstN), lastNs: instant(lastS, lastN) })),
  );
