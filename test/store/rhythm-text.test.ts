/** Rhythms as the store keeps them: what the flow layer writes is what analysis reads, in one flush or in many. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONVERSATION, createFlowState, NO_LAST, OPEN_BINS, RHYTHM, type FlowState } from '../../src/flow/flow-state.ts';
import { internKey } from '../../src/flow/int-table.ts';
import { noteConversationRequest, rhythmText } from '../../src/flow/rhythm.ts';
import { mergedRhythm, rhythmBins } from '../../src/store/rhythm-text.ts';

type Bin = readonly [bin: number, hits: number, sumUs: number];

/** The text of a rhythm with these open bins (newer first) and this chain, first to last. */
function textOf(open: readonly Bin[], chain: readonly Bin[]): string {
  const words = new Int32Array(chain.length * RHYTHM.stride);
  const doubles = new Float64Array(words.buffer);
  chain.forEach(([bin, hits, sumUs], i) => {
    words.set([bin, hits, i + 1 < chain.length ? i + 2 : 0], i * RHYTHM.stride);
    doubles[((i * RHYTHM.stride) >> 1) + RHYTHM.sumD] = sumUs;
  });
  const record = new Int32Array(OPEN_BINS.chain + 1);
  open.forEach(([bin, hits, sumUs], i) => {
    record[OPEN_BINS.bins] |= (bin + 1) << (8 * i);
    record[OPEN_BINS.hits + i] = hits;
    record[OPEN_BINS.sumUs + i] = sumUs;
  });
  record[OPEN_BINS.chain] = chain.length === 0 ? 0 : 1;
  return rhythmText({ rhythmWords: words, rhythmDoubles: doubles } as FlowState, record, 0);
}

const rhythms = fc.uniqueArray(fc.tuple(fc.nat(42), fc.nat(1e6), fc.nat(2 ** 40)), { selector: ([bin]) => bin, maxLength: 43 });

describe('a rhythm as text', () => {
  test('bins ascending, whatever came first; bins that were not hit are left out', () => {
    expect(textOf([], [])).toBe('');
    expect(textOf([[3, 0, 0]], [[20, 0, 0]])).toBe('');
    expect(textOf([], [[20, 4, 4_100_000], [3, 0, 0], [7, 1, 9], [1, 2, 2500]])).toBe('[1,2,2500,7,1,9,20,4,4100000]');
  });

  test('a bin that is open counts with what was settled of it', () => {
    expect(textOf([[20, 1, 1_000_000], [0, 3, 1500]], [[7, 1, 9], [20, 4, 4_100_000]])).toBe('[0,3,1500,7,1,9,20,5,5100000]');
    expect(textOf([[20, 1, 1_000_000]], [])).toBe('[20,1,1000000]');
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
      expect(mergedRhythm(textOf([], first), textOf([], second))).toBe(textOf([], [...sums.values()]));
    }));
  });

  test('is the histogram of the gaps, whatever their order and length', () => {
    const gaps = fc.array(fc.oneof(fc.constantFrom(999_000, 1_000_000, 1_414_213, 1_414_214, 2_000_000), fc.nat(1_800_000_000), fc.constant(1_799_999_999)), { maxLength: 60 });
    fc.assert(fc.property(gaps, (all) => {
      const state = createFlowState();
      const conversation = internKey(state.conversations, 1, 2, 6, 4840);
      state.conversations.doubles[((conversation * CONVERSATION.stride) >> 1) + CONVERSATION.lastRequestSecondsD] = NO_LAST;
      let us = 1_700_000_000_000_000;
      const note = (): void => noteConversationRequest(state, conversation, Math.floor(us / 1e6), (us % 1e6) * 1000);
      note();
      const expected = new Map<number, [number, number]>();
      for (const gap of all) {
        us += gap;
        note();
        const halfOctaves = gap < 1000 ? -1 : 2 * Math.floor(Math.log2(Math.floor(gap / 1000)));
        const bin = halfOctaves < 0 ? 0 : 1 + halfOctaves + (gap >= Math.SQRT2 * 1000 * 2 ** (halfOctaves / 2) ? 1 : 0);
        const [hits, sum] = expected.get(bin) ?? [0, 0];
        expected.set(bin, [hits + 1, sum + gap]);
      }
      const flat = [...expected].toSorted(([a], [b]) => a - b).flatMap(([bin, [hits, sum]]) => [bin, hits, sum]);
      expect(rhythmText(state, state.conversations.keys, conversation * CONVERSATION.stride + CONVERSATION.rhythm)).toBe(flat.length === 0 ? '' : JSON.stringify(flat));
    }));
  });
});
