import { describe, expect, it } from 'vitest';
import { hourWindow, listeningOf, regimeOf } from '../../../src/infer/conduits/regimes.ts';
import { daysFrom, MONDAY } from '../../policy/observed.ts';

const ALL = 0xffffff;
const mask = (...hours: number[]): number => hours.reduce((bits, hour) => bits | (1 << hour), 0);
const weeks = (count: number): readonly number[] => daysFrom(MONDAY, 7 * count);
const regime = (days: readonly number[], hours = ALL, heard = weeks(8), engineered = new Map<number, number>(), sensorHours: number[] = []): string | null =>
  regimeOf({ days, hours }, listeningOf(heard, { sensor: { hours: sensorHours } }, engineered));

describe('a day that was heard in part', () => {
  // From Monday 8 h to the Monday eight weeks later, 8 h.
  const heard = daysFrom(MONDAY, 57);
  const sensorHours = Array.from({ length: 56 * 24 }, (_, hour) => MONDAY * 24 + 8 + hour);

  it.each([
    ['a job at night, not heard on the first day', heard.slice(1), mask(2), 'every day, 02-03 h (UTC)'],
    ['a job at noon, not heard on the last day', heard.slice(0, -1), mask(12), 'every day, 12-13 h (UTC)'],
    ['one that was missed on a whole day', heard.slice(1).filter((day) => day !== MONDAY + 9), mask(2), '02-03 h (UTC)'],
  ])('%s', (_, days, hours, words) => {
    expect(regime(days, hours, heard, new Map(), sensorHours)).toBe(words);
  });
});

describe('a regime', () => {
  it.each([
    ['every day', weeks(8), 'every day'],
    ['one day', [MONDAY + 3], 'one day only'],
    ['every Sunday', weeks(8).filter((day) => (day - MONDAY) % 7 === 6), 'weekly, on Sundays (UTC)'],
    ['working days, most of them', weeks(8).filter((day) => (day - MONDAY) % 7 < 4), 'working days (UTC)'],
    ['weekends', [5, 12, 13, 20, 27].map((day) => MONDAY + day), 'weekends (UTC)'],
    ['a few working days: may be chance', [0, 1, 9, 16].map((day) => MONDAY + day), null],
    ['month ends of January and February', [26, 27, 54].map((day) => MONDAY + day), 'month end (UTC)'],
    ['one month end: may be chance', [26, 27].map((day) => MONDAY + day), null],
    ['every four weeks', [2, 30].map((day) => MONDAY + day), 'monthly (UTC)'],
  ])('%s', (_, days, words) => {
    expect(regime(days)).toBe(words);
  });

  it.each([
    ['the second Tuesday of each month', [8, 36, 64, 99], 'monthly (UTC)'],
    ['the tenth of each month', [5, 36, 64, 95], 'monthly (UTC)'],
    ['one month left out', [8, 36, 99], null],
  ])('over four months: %s', (_, days, words) => {
    expect(regime(days.map((day) => MONDAY + day), ALL, weeks(16))).toBe(words);
  });

  it('hours are a shift where all of it falls into them, on enough days', () => {
    expect(regime(weeks(8), mask(6, 7, 10, 13))).toBe('every day, 06-14 h (UTC)');
    expect(regime(weeks(8), mask(22, 23, 0, 5))).toBe('every day, 22-06 h (UTC)');
    expect(regime([1, 5, 16].map((day) => MONDAY + day), mask(6, 13))).toBeNull();
  });

  it('hours say nothing where the sensor heard no others', () => {
    expect(regime(weeks(8), mask(8, 9), weeks(8), new Map(), [8, 9])).toBe('every day');
  });

  it('days of maintenance are those on which several pairs were engineered', () => {
    const days = [1, 8, 23, 40].map((day) => MONDAY + day);
    expect(regime(days, ALL, weeks(8), new Map(days.map((day) => [day, 3])))).toBe('days of maintenance (UTC)');
    expect(regime(days, ALL, weeks(8), new Map(days.map((day) => [day, 1])))).toBeNull();
  });

  it('is none before two weeks were heard', () => {
    expect(regime([MONDAY], ALL, weeks(1))).toBeNull();
  });
});

it('the smallest window runs past midnight where that is shorter', () => {
  expect(hourWindow(mask(23, 1))).toEqual({ first: 23, last: 1, length: 3 });
  expect(hourWindow(mask(0))).toEqual({ first: 0, last: 0, length: 1 });
  expect(hourWindow(0)).toBeNull();
});
