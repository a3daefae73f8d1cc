/**
 * Days as analysis counts them. In: Observations. Out: days since 1970, by their clock. A store hands the same list of days to all
 * who share it (store/days-text.ts), so what is made of a list is made once for each list, not for each who has it.
 */
import { DAY_MS } from '../net/time.ts';
import type { Day, ObservationSet } from '../observation.ts';

/** Of a day (Day.hours) of which nobody kept hours. */
export const ALL_HOURS = 0xffffff;

export function countHours(days: readonly Day[]): number {
  let count = 0;
  for (const { hours = ALL_HOURS } of days) for (let rest = hours; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** In fewer days, what happens about once a week may well not have happened. */
export const LONG_ENOUGH_DAYS = 10;

/** The last day of a month, with its closing jobs. */
export const endsMonth = (day: number): boolean => new Date((day + 1) * DAY_MS).getUTCDate() === 1;

/** What `make` makes of a list of days, once a list. */
export function perDays<T>(make: (days: readonly Day[]) => T): (days: readonly Day[]) => T {
  const made = new Map<readonly Day[], T>();
  return (days) => {
    let held = made.get(days);
    if (held === undefined) made.set(days, (held = make(days)));
    return held;
  };
}

/** Days on which anything was captured, ascending. */
export function capturedDaysOf({ conversations, sensor }: ObservationSet): number[] {
  const captured = new Set(sensor.hours.map((hour) => Math.floor(hour / 24)));
  for (const days of new Set(conversations.map((one) => one.days))) for (const { day } of days) captured.add(day);
  return [...captured].sort((a, b) => a - b);
}

/**
 * So many times 24 hours: who begins at eight and ends at eight has heard parts of one more day than that.
 * @param hours in which anything was captured, since 1970, ascending; none where nobody kept them
 */
export function wholeDays(capturedDays: number, hours: readonly number[]): number {
  const first = hours[0];
  const last = hours.at(-1);
  return capturedDays > 1 && first !== undefined && last !== undefined && last % 24 <= first % 24 ? capturedDays - 1 : capturedDays;
}

/** Days on which a flow may have been seen and still be called rare: one a fortnight. */
export const rareDays = (capturedDays: number): number => (capturedDays < 7 ? 0 : Math.max(1, Math.floor(capturedDays / 14)));

/** What is less likely than this is not taken for chance. */
export const LEAST_CHANCE = 0.01;

/** Chance that all of `seen` days fall among `fitting` of `all` days (hypergeometric). */
export const chanceOf = (seen: number, fitting: number, all: number): number => {
  let chance = 1;
  for (let i = 0; i < seen; i++) chance *= Math.max(0, fitting - i) / (all - i);
  return chance;
};

/** Captured days of silence that end with the capture, before something is said to have ended. */
const SILENT_DAYS = 14;

/**
 * How many captured days ago something ended: it was not seen on any of the last ones, and had it gone on as before, that would be no
 * chance. 0 where it did not end, or nobody can tell: what is rare may be a job of the month.
 * @param days on which it was seen, ascending
 * @param capturedDays ascending
 */
export function endedDaysAgo(days: readonly number[], capturedDays: readonly number[]): number {
  const last = days.at(-1);
  if (last === undefined) return 0;
  const silent = capturedDays.filter((day) => day > last).length;
  return silent >= SILENT_DAYS && days.length > rareDays(capturedDays.length) && chanceOf(days.length, capturedDays.length - silent, capturedDays.length) < LEAST_CHANCE ? silent : 0;
}
