import { describe, expect, it } from 'vitest';
import { estimateSpecies, type Incidence } from '../../src/infer/species-estimate.ts';

const seen = (days: number, ...firsts: readonly number[]): Incidence[] => firsts.map((first) => ({ days, first }));

describe('species estimate over days', () => {
  it('follows Good, Toulmin and Chao on numbers computed by hand', () => {
    // T 14, Q1 4, Q2 2, others 5 and 7: U = 4 + 4 + 12 = 20; t = 2; rho = 2.5 / 5 = 0.5.
    const estimate = estimateSpecies([...seen(1, 1, 3, 6, 13), ...seen(2, 0, 4), ...seen(5, 0), ...seen(7, 0)], 14);
    expect(estimate).toMatchObject({ days: 14, seen: 8, onceOnly: 4, twiceOnly: 2 });
    expect(estimate.newShare).toBeCloseTo(4 / 20 / (1 + 1 / 13), 6);
    expect(estimate.newIn28Days).toBe((4 * 2) / (1 + 0.5 * 2));
    expect(estimate.unseen).toBeCloseTo(((13 / 14) * 4 * 3) / (2 * 3), 2);
    expect(estimate.completeness).toBe(Math.floor((1e4 * 8) / (8 + 4)) / 1e4);
  });

  it('counts days with something new, not operations: what comes together widens the interval, and moves nothing else', () => {
    const often = seen(20, 0, 0, 0, 0);
    const apart = estimateSpecies([...often, ...seen(1, 1, 3, 5, 7, 9, 11, 13, 15)], 28);
    const together = estimateSpecies([...often, ...seen(1, 9, 9, 9, 9, 9, 9, 9, 9)], 28);
    expect([together.newShare, together.newIn28Days]).toEqual([apart.newShare, apart.newIn28Days]);
    // t = 1, clusters of 1: eight of them; clusters of 8: one.
    const reach = (1.96 / 2) * Math.SQRT2;
    const share = apart.newShare / 8;
    expect(apart.newShareLow).toBeCloseTo(share * (Math.sqrt(8 + 3 / 8) - reach) ** 2, 5);
    expect(apart.newShareHigh).toBeCloseTo(share * (Math.sqrt(8 + 3 / 8) + reach) ** 2, 5);
    expect(together.newShareLow).toBe(0);
    expect(together.newShareHigh).toBeCloseTo(share * 8 * (Math.sqrt(1 + 3 / 8) + reach) ** 2, 5);
    expect(together.newIn28DaysHigh / together.newIn28Days).toBeCloseTo(together.newShareHigh / together.newShare, 2);
  });

  it('expects nothing new when all was seen again and again, and still gives an upper bound', () => {
    const estimate = estimateSpecies([...seen(28, 0, 0), ...seen(27, 1)], 28);
    expect(estimate).toMatchObject({ newShare: 0, newShareLow: 0, unseen: 0, newIn28Days: 0, newIn28DaysLow: 0, completeness: 1 });
    expect(estimate.newShareHigh).toBeCloseTo((Math.sqrt(3 / 8) + (1.96 / 2) * Math.SQRT2) ** 2 / 83 / (1 + 1 / 27), 5);
    expect(estimate.newIn28DaysHigh).toBeCloseTo((Math.sqrt(3 / 8) + (1.96 / 2) * Math.SQRT2) ** 2 / 1.5, 1);
  });

  it('makes a number of one operation seen once', () => {
    expect(estimateSpecies([...seen(1, 3), ...seen(28, 0)], 28)).toMatchObject({ newShare: expect.closeTo(1 / 29 / (1 + 0.5 / 27), 6), newIn28Days: 0.8, unseen: 0 });
  });

  it('is right in the mean for operations that come by chance, at rates spread over three decades', () => {
    // Rates from 1 in 200 days to 5 a day, as many in each octave; a generator of its own, so that the figure is the same everywhere.
    let state = 12345;
    const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
    const sums = { share: 0, came: 0, count: 0, cameCount: 0 };
    for (let plant = 0; plant < 60; plant++) {
      const incidences: Incidence[] = [];
      let total = 0;
      for (let tuple = 0; tuple < 200; tuple++) {
        const daily = 1 - Math.exp(-0.005 * 1000 ** random());
        const days = Array.from({ length: 56 }, (_, day) => day).filter(() => random() < daily);
        const before = days.filter((day) => day < 28).length;
        if (before > 0) incidences.push({ days: before, first: days[0]! });
        else if (days.length > 0) [sums.came, sums.cameCount] = [sums.came + days.length, sums.cameCount + 1];
        total += days.length - before;
      }
      const estimate = estimateSpecies(incidences, 28);
      sums.share += estimate.newShare * total;
      sums.count += estimate.newIn28Days;
    }
    expect(sums.share / sums.came).toBeCloseTo(1, 1);
    expect(sums.count / sums.cameCount).toBeCloseTo(1, 1);
  });

  it('knows nothing after no day, and next to nothing after one', () => {
    const unknown = { newShare: 1, newShareLow: 0, newShareHigh: 1, twiceOnly: 0, newIn28DaysLow: 0 };
    const nothing = { seen: 0, onceOnly: 0, unseen: 0, newIn28Days: 0, newIn28DaysHigh: 0, completeness: 0 };
    expect(estimateSpecies([], 0)).toEqual({ ...unknown, ...nothing, days: 0 });
    expect(estimateSpecies([], 9)).toEqual({ ...unknown, ...nothing, days: 9 });
    expect(estimateSpecies(seen(1, 0, 0), 1)).toEqual({ ...unknown, days: 1, seen: 2, onceOnly: 2, unseen: 2, newIn28Days: 2, newIn28DaysHigh: 56, completeness: 0.5 });
  });
});
