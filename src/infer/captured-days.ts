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
