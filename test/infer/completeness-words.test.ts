import { expect, it } from 'vitest';
import { tomorrowInWords, wholePercent } from '../../src/infer/completeness-words.ts';
import { estimateSpecies } from '../../src/infer/completeness.ts';

const said = (newShare: number, newShareLow: number, newShareHigh: number, newIn28Days: number): string =>
  tomorrowInWords({ ...estimateSpecies([1, 2, 3], 14), newShare, newShareLow, newShareHigh, newIn28Days }, 28);

it.each([
  [0.9643, 0.5939, 1, 160.97, 'About 96 in 100 operations of tomorrow would be new (between 59 and 100); expect some 160 new ones or more within 28 days.'],
  [0.0021, 0, 0.007, 1.37, 'About 2 in 1 000 operations of tomorrow would be new (between 0 and 7); expect about 1 new one or more within 28 days.'],
  [0.0149, 0.009, 0.0208, 27.4, 'About 15 in 1 000 operations of tomorrow would be new (between 9 and 21); expect some 27 new ones or more within 28 days.'],
  [0.000002, 0, 0.000005, 0.02, 'About 2 in 1 000 000 operations of tomorrow would be new (between 0 and 5); expect hardly a new one within 28 days.'],
  [0, 0, 0.0002, 0, 'Fewer than 1 in 5 000 operations of tomorrow would be new; expect hardly a new one within 28 days.'],
  [0, 0, 0.036, 0, 'Fewer than 1 in 20 operations of tomorrow would be new; expect hardly a new one within 28 days.'],
  [0.5, 0.4, 0.6, 12_345, 'About 50 in 100 operations of tomorrow would be new (between 40 and 60); expect some 12 000 new ones or more within 28 days.'],
])('%d (%d to %d), %d new ones', (share, low, high, fresh, words) => {
  expect(said(share, low, high, fresh)).toBe(words);
});

it('where next to nothing was heard, no number is made of it', () => {
  for (const [incidences, days] of [[[1, 1], 1], [[2], 2], [[1, 1, 1], 2]] as const) {
    expect(tomorrowInWords(estimateSpecies(incidences, days), 28)).toBe("Too little was heard to say how many of tomorrow's operations would be new.");
  }
});

it('a whole percent is rounded down, and by what the four digits say', () => {
  expect([0, 0.29, 0.58, 0.8867, 0.9999, 1].map(wholePercent)).toEqual(['0 %', '29 %', '58 %', '88 %', '99 %', '100 %']);
});
