/** Rhythms as the store keeps them: what the flow layer writes is what analysis reads, in one flush or in many. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RHYTHM, type FlowState } from '../../src/flow/flow-state.ts';
import { rhythmText } from '../../src/flow/rhythm.ts';
import { mergedRhythm, rhythmBins } from '../../src/store/rhythm-text.ts';

/** A chain in the order given, first to last, in a flow state that has nothing else. */
function chainOf(bins: readonly (readonly [bin: number, hits: number, sumUs: number])[]): FlowState {
  const words = new Int32Array(bins.length * RHYTHM.stride);
  const doubles = new Float64Array(words.buffer);
  bins.forEach(([bin, hits, sumUs], i) => {
    words.set([bin, hits, i + 1 < bins.length ? i + 2 : 0], i * RHYTHM.stride);
    doubles[((i * RHYTHM.stride) >> 1) + RHYTHM.sumD] = sumUs;
  });
  return { rhythmWords: words, rhythmDoubles: doubles } as FlowState;
}

const textOf = (bins: readonly (readonly [number, number, number])[]): string => rhythmText(chainOf(bins), bins.length === 0 ? 0 : 1);
const rhythms = fc.uniqueArray(fc.tuple(fc.nat(42), fc.nat(1e6), fc.nat(2 ** 40)), { selector: ([bin]) => bin, maxLength: 43 });

describe('a rhythm as text', () => {
  test('bins ascending, whatever came first; bins that were not hit are left out', () => {
    expect(textOf([])).toBe('');
    expect(textOf([[20, 0, 0]])).toBe('');
    expect(textOf([[20, 4, 4_100_000], [3, 0, 0], [7, 1, 9], [1, 2, 2500]])).toBe('[1,2,2500,7,1,9,20,4,4100000]');
  });

  test('is read as counts and means in milliseconds', () => {
    expect(rhythmBins('')).toEqual([]);
    expect(rhythmBins('[1,2,2500,20,4,4100000]')).toEqual([{ count: 2, meanMs: 1.25 }, { count: 4, meanMs: 1025 }]);
  });

  test('of two flushes is that of one', () => {
    fc.assert(fc.property(rhythms, rhythms, (first, second) => {
      const sums = new Map<number, [number, number, number]>();
      for (const [bin, hits, sumUs] of [...first, ...second]) {
        if (hits === 0) continue;
        const own = sums.get(bin) ?? [bin, 0, 0];
        sums.set(bin, [bin, own[1] + hits, own[2] + sumUs]);
      }
      expect(mergedRhythm(textOf(first), textOf(second))).toBe(textOf([...sums.values()]));
    }));
  });
});
