import { expect, it } from 'vitest';
import { wholePercent } from '../../src/infer/completeness-words.ts';

it('a whole percent is rounded down, and by what the four digits say', () => {
  expect([0, 0.29, 0.58, 0.8867, 0.9999, 1].map(wholePercent)).toEqual(['0 %', '29 %', '58 %', '88 %', '99 %', '100 %']);
});
