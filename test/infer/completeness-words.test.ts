import { expect, it } from 'vitest';
import { newsInWords, wholePercent } from '../../src/infer/completeness-words.ts';
import { estimateSpecies } from '../../src/infer/species-estimate.ts';

const seenOn = (days: readonly number[]) => days.map((count) => ({ days: count, first: 0 }));

const said = (share: readonly [low: number, estimate: number, high: number], count: readonly [low: number, estimate: number, high: number]): string =>
  newsInWords({ ...estimateSpecies(seenOn([1, 2, 3]), 14), newShareLow: share[0], newShare: share[1], newShareHigh: share[2], newIn28DaysLow: count[0], newIn28Days: count[1], newIn28DaysHigh: count[2] }, 28);

it.each([
  [[0.5939, 0.9643, 1], [83.2, 160.97, 294.1], 'Within 28 days, about 96 in 100 operations of a day would be new (between 59 and 100), some 160 in all (between 83 and 300); new devices and a first fail-over are not foretold.'],
  [[0, 0.0021, 0.007], [0, 1.37, 4.2], 'Within 28 days, about 2 in 1 000 operations of a day would be new (between 0 and 7), about 1 in all (between 0 and 5); new devices and a first fail-over are not foretold.'],
  [[0.009, 0.0149, 0.0208], [9.9, 27.4, 50.1], 'Within 28 days, about 15 in 1 000 operations of a day would be new (between 9 and 21), some 27 in all (between 9 and 51); new devices and a first fail-over are not foretold.'],
  [[0, 0.000002, 0.000005], [0, 0.02, 1.9], 'Within 28 days, about 2 in 1 000 000 operations of a day would be new (between 0 and 5), hardly one in all (at most 2); new devices and a first fail-over are not foretold.'],
  [[0, 0, 0.0002], [0, 0, 2.7], 'Within 28 days, fewer than 1 in 5 000 operations of a day would be new, hardly one in all (at most 3); new devices and a first fail-over are not foretold.'],
  [[0, 0, 0.036], [0, 0, 2.7], 'Within 28 days, fewer than 1 in 20 operations of a day would be new, hardly one in all (at most 3); new devices and a first fail-over are not foretold.'],
  [[0.4, 0.5, 0.6], [9_870, 12_345, 15_210], 'Within 28 days, about 50 in 100 operations of a day would be new (between 40 and 60), some 12 000 in all (between 9 800 and 16 000); new devices and a first fail-over are not foretold.'],
] as const)('%j of a day, %j in all', (share, count, words) => {
  expect(said(share, count)).toBe(words);
});

it('where next to nothing was heard, no number is made of it', () => {
  for (const [incidences, days] of [[[1, 1], 1], [[2], 2], [[1, 1, 1], 2]] as const) {
    expect(newsInWords(estimateSpecies(seenOn(incidences), days), 28)).toBe('Too little was heard to say how many operations of the days to come would be new.');
  }
});

it('a plant in which everything was seen every day is not certain, however large', () => {
  const daily = Array.from({ length: 80_000 }, () => ({ days: 28, first: 0 }));
  const estimate = estimateSpecies(daily, 28);
  expect([estimate.newShare, estimate.newShareHigh]).toEqual([0, 0.000002]);
  expect(newsInWords(estimate, 28)).toMatch(/^Within 28 days, fewer than 1 in 500 000 operations of a day would be new, hardly one in all \(at most 3\);/);
});

it('a whole percent is rounded down, and by what the four digits say', () => {
  expect([0, 0.29, 0.58, 0.8867, 0.9999, 1].map(wholePercent)).toEqual(['0 %', '29 %', '58 %', '88 %', '99 %', '100 %']);
});
