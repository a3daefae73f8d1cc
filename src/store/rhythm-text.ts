/**
 * A rhythm as a column: bin, hits and their sum in microseconds, bin by bin ascending, as one JSON list (flow/rhythm.ts writes it); '' where
 * there is none. In its owner's row it costs a third of rows of its own, two an owner.
 */
import type { RhythmBin } from '../observation.ts';
import { parseStored } from './store-errors.ts';

const parse = (text: string): number[] => (text === '' ? [] : (parseStored(text) as number[]));

/** What was held and what came to it, as one. */
export function mergedRhythm(held: string, added: string): string {
  if (held === '' || added === '') return held === '' ? added : held;
  const [a, b] = [parse(held), parse(added)];
  const merged: number[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const isHeld = j >= b.length || (i < a.length && a[i] <= b[j]);
    const isAdded = i >= a.length || (j < b.length && b[j] <= a[i]);
    merged.push(isHeld ? a[i] : b[j], (isHeld ? a[i + 1] : 0) + (isAdded ? b[j + 1] : 0), (isHeld ? a[i + 2] : 0) + (isAdded ? b[j + 2] : 0));
    if (isHeld) i += 3;
    if (isAdded) j += 3;
  }
  return JSON.stringify(merged);
}

const NONE: readonly never[] = [];

/** As analysis sees it. */
export function rhythmBins(text: string): readonly RhythmBin[] {
  if (text === '') return NONE;
  const numbers = parse(text);
  const bins: RhythmBin[] = [];
  for (let i = 0; i < numbers.length; i += 3) bins.push({ count: numbers[i + 1], meanMs: numbers[i + 2] / numbers[i + 1] / 1000 });
  return bins;
}
