/** Hours in UTC are the hours on the plant's wall, in summer and in winter; days begin when they begin there. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { windowsOf } from '../../src/export/time-window.ts';
import { dayBegins, inUtc, LAST_YEAR, offsetsOf } from '../../src/export/utc-windows.ts';
import type { Permit, PermitConditions } from '../../src/permit.ts';

const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY = 1440;

/** Minutes of the week, Monday first. */
const minutesIn = (conditions: PermitConditions): Set<number> => {
  const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  const minutes = new Set<number>();
  for (const { days, start, end } of windowsOf({ conditions } as Permit))
    for (const day of days) for (let minute = minutesOf(start); minute < minutesOf(end); minute++) minutes.add(WEEK.indexOf(day) * DAY + minute);
  return minutes;
};

const clock = fc.tuple(fc.nat(23), fc.nat(59)).map((parts) => parts.map((part) => `${part}`.padStart(2, '0')).join(':'));
const hours = fc.oneof(fc.tuple(clock, clock), fc.constant([null, null] as const), fc.constant(['00:00', null] as const));

test('a window in UTC is the same window, whole weeks of it', () => {
  fc.assert(
    fc.property(fc.subarray(WEEK), hours, fc.integer({ min: -48, max: 56 }), (days, [start, end], quarters) => {
      const conditions = { days, start, end, expires: null, onDemand: false };
      const local = minutesIn(conditions);
      const shifted = new Set([...minutesIn(inUtc(conditions, 15 * quarters))].map((minute) => (minute + 15 * quarters + 7 * DAY) % (7 * DAY)));
      // A whole week needs no window.
      expect(shifted).toEqual(local.size === 7 * DAY ? new Set() : local);
    }),
  );
});

test.each(['UTC', 'Europe/Berlin', 'Pacific/Auckland', 'America/St_Johns', 'Africa/Casablanca', 'Australia/Lord_Howe', 'Asia/Kolkata', ''])('offsets of "%s" hold when the zone has them', (timezone) => {
  const known = timezone === '' ? 'UTC' : timezone;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: known, timeZoneName: 'longOffset' });
  const nameOf = (minutes: number): string => `${minutes < 0 ? '-' : '+'}${[Math.abs(minutes) / 60, Math.abs(minutes) % 60].map((part) => `${Math.floor(part)}`.padStart(2, '0')).join(':')}`;
  const offsets = offsetsOf(timezone);
  for (let at = Date.UTC(2025, 0, 1); at < Date.UTC(LAST_YEAR + 1, 0, 1); at += 17 * 3_600_000) {
    const held = offsets.filter(({ pieces }) => pieces.some(({ from, to }) => (from ?? 0) * 1000 <= at && (to === null || at < to * 1000)));
    expect(held.map(({ minutes }) => nameOf(minutes))).toEqual([/GMT(.*)/.exec(format.format(at))?.[1] || '+00:00']);
  }
});

test.each([
  ['always', [], null, null, [], null, null],
  ['every day from midnight to midnight', WEEK, '00:00', '00:00', [], null, null],
  ['an evening that is the next morning there', ['sun'], '20:00', '23:00', ['mon'], '01:00', '04:00'],
  ['all of a day', ['mon'], null, null, ['mon'], '05:00', '05:00'],
] as const)('%s, five hours west of UTC; what else a Permit asks for stays', (_, days, start, end, utcDays, utcStart, utcEnd) => {
  const others = { expires: '2027-01-01', onDemand: true };
  expect(inUtc({ days: [...days], start, end, ...others }, -300)).toEqual({ days: utcDays, start: utcStart, end: utcEnd, ...others });
});

test('an offset changes to the second when the zone changes it (IANA, Europe/Berlin: on the last Sundays of March and October, at 01:00 UTC)', () => {
  const [winter, summer] = offsetsOf('Europe/Berlin');
  const at = (text: string): number => Date.parse(text) / 1000;
  expect([winter.minutes, summer.minutes]).toEqual([60, 120]);
  expect(winter.pieces[0]).toEqual({ from: null, to: at('2025-03-30T01:00Z') });
  expect(summer.pieces[0]).toEqual({ from: at('2025-03-30T01:00Z'), to: at('2025-10-26T01:00Z') });
  expect(winter.pieces.at(-1)).toEqual({ from: at(`${LAST_YEAR}-10-29T01:00Z`), to: null });
});

test('a day begins by the clock of the plant, also when that clock is changed on it', () => {
  const begins = (timezone: string, year: number, month: number, day: number): string => new Date(1000 * dayBegins({ year, month, day }, timezone)).toISOString();
  expect(begins('Europe/Berlin', 2026, 10, 25)).toBe('2026-10-24T22:00:00.000Z');
  expect(begins('Europe/Berlin', 2026, 10, 26)).toBe('2026-10-25T23:00:00.000Z');
  expect(begins('Pacific/Auckland', 2027, 1, 1)).toBe('2026-12-31T11:00:00.000Z');
  expect(begins('America/St_Johns', 2027, 1, 1)).toBe('2027-01-01T03:30:00.000Z');
  expect(begins('', 2027, 1, 1)).toBe('2027-01-01T00:00:00.000Z');
});
