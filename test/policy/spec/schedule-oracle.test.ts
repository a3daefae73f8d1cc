/**
 * Windows over the days on which clocks are set, north and south, held against clocks of the test's own: the law of each place as
 * arithmetic, minute by minute. The program asks Intl and goes by quarters of an hour.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PermitConditions } from '../../../src/permit.ts';
import { daysOutside, scheduleProblem } from '../../../src/policy/spec/schedule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Midnight of the n-th Sunday of a month of 2026, as if it were UTC; 0: the last one. */
const sunday = (month: number, n: number): number => {
  const first = new Date(Date.UTC(2026, n === 0 ? month : month - 1, 1));
  return n === 0 ? first.getTime() - (first.getUTCDay() === 0 ? 7 : first.getUTCDay()) * DAY : first.getTime() + (((7 - first.getUTCDay()) % 7) + 7 * (n - 1)) * DAY;
};

/** Minutes ahead of UTC, between two instants and outside of them. */
const between = (first: number, second: number, outside: number, inside: number) => (at: number): number => (at >= first && at < second ? inside : outside);

/** Instants at which the law of each place sets the clocks in 2026. */
const CLOCKS: Readonly<Record<string, (at: number) => number>> = {
  'Europe/Berlin': between(sunday(3, 0) + HOUR, sunday(10, 0) + HOUR, 60, 120),
  'America/New_York': between(sunday(3, 2) + 7 * HOUR, sunday(11, 1) + 6 * HOUR, -300, -240),
  'Australia/Sydney': between(sunday(4, 1) + (3 - 11) * HOUR, sunday(10, 1) + (2 - 10) * HOUR, 660, 600),
  'Australia/Lord_Howe': between(sunday(4, 1) + (2 - 11) * HOUR, sunday(10, 1) + (2 - 10.5) * HOUR, 660, 630),
  'Pacific/Chatham': between(sunday(4, 1) + (3.75 - 13.75) * HOUR, sunday(9, 0) + (2.75 - 12.75) * HOUR, 825, 765),
  'Asia/Kolkata': () => 330,
  UTC: () => 0,
};

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
const clockOf = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

const holds = ({ days, start, end, expires }: PermitConditions, at: number, zone: string): boolean => {
  const local = new Date(at + CLOCKS[zone](at) * MINUTE);
  if (expires !== null && local.toISOString().slice(0, 10) > expires) return false;
  const isOn = (day: number): boolean => days.length === 0 || days.includes(DAYS[day % 7]);
  if (start === null || end === null) return isOn(local.getUTCDay());
  const now = local.getUTCHours() * 60 + local.getUTCMinutes();
  const [first, last] = [minutesOf(start), minutesOf(end)];
  if (first < last) return isOn(local.getUTCDay()) && first <= now && now < last;
  return (isOn(local.getUTCDay()) && now >= first) || (isOn(local.getUTCDay() + 6) && now < last);
};

const wide = fc.tuple(fc.nat(1439), fc.nat(1439));
const narrow = fc.tuple(fc.nat(1439), fc.integer({ min: 1, max: 20 })).map(([first, long]): [number, number] => [first, (first + long) % 1440]);
const window = fc.option(fc.oneof(wide, narrow).filter(([first, last]) => first !== last), { nil: null });
/** Two days before to two after a day on which somewhere a clock is set, or none is. */
const instants = fc.tuple(fc.constantFrom(sunday(3, 2), sunday(3, 0), sunday(4, 1), sunday(9, 0), sunday(10, 1), sunday(10, 0), sunday(11, 1), Date.UTC(2026, 5, 14)), fc.array(fc.integer({ min: -2 * 1440, max: 3 * 1440 }), { minLength: 1, maxLength: 4 }))
  .map(([around, minutes]) => minutes.map((minute) => around + minute * MINUTE).sort((a, b) => a - b));

it('what is asked is outside exactly where no minute of its hour holds', () => {
  fc.assert(fc.property(fc.constantFrom(...Object.keys(CLOCKS)), window, fc.subarray(DAYS), fc.option(fc.integer({ min: -3, max: 3 }), { nil: null, freq: 3 }), instants, (zone, hours, days, lastDay, at) => {
    const conditions: PermitConditions = {
      days, start: hours === null ? null : clockOf(hours[0]), end: hours === null ? null : clockOf(hours[1]),
      expires: lastDay === null ? null : new Date(at[0] + lastDay * DAY).toISOString().slice(0, 10), onDemand: false,
    };
    const masks = new Map<number, number>();
    for (const one of at) masks.set(Math.floor(one / DAY), (masks.get(Math.floor(one / DAY)) ?? 0) | (1 << Math.floor((one % DAY) / HOUR)));
    const [first, last] = [at[0], at[at.length - 1]];
    const asked = { firstNs: BigInt(first) * 1_000_000n, lastNs: BigInt(last) * 1_000_000n, days: [...masks.keys()], hours: [...masks].map(([day, hours]) => ({ day, hours })) };
    const hourHolds = (one: number): boolean => Array.from({ length: 60 }, (_, minute) => Math.floor(one / HOUR) * HOUR + minute * MINUTE).some((minute) => holds(conditions, minute, zone));
    // Of the first and the last the instant is known.
    const outside = at.filter((one) => !hourHolds(one) || ((one === first || one === last) && !holds(conditions, one, zone)));
    expect(daysOutside([conditions], asked, zone)).toEqual([...new Set(outside.map((one) => Math.floor(one / DAY)))]);
    expect(scheduleProblem(conditions, asked, zone) === null).toBe(outside.length === 0);
    if (at.every((one) => holds(conditions, one, zone))) expect(scheduleProblem(conditions, { ...asked, hours: null }, zone)).toBeNull();
  }), { numRuns: 3000 });
});
