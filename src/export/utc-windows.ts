/**
 * Hours of a Permit for a device that knows UTC alone. In: conditions, a time zone. Out: for each offset that the zone has,
 * when it has it, and the conditions as they are in UTC then; and when a date begins. No clock is asked: offsets are those of
 * fixed years, and the ones at either end go on for ever.
 */
import { addTo } from '../net/multi-map.ts';
import { offsetMinutes } from '../net/time-zone.ts';
import type { PermitConditions } from '../permit.ts';
import { minuteOfDay } from '../policy/spec/schedule.ts';
import { daysLater } from './time-window.ts';

const FIRST = Date.UTC(2025, 0, 1) / 1000;
export const LAST_YEAR = 2045;
const LAST = Date.UTC(LAST_YEAR + 1, 0, 1) / 1000;
/** Shorter than any time for which a zone changes its offset (Morocco does so for a month). */
const STEP = 7 * 86_400;
const DAY_MINUTES = 1440;

/** Seconds since 1970; null = since or for ever. */
interface Piece {
  readonly from: number | null;
  readonly to: number | null;
}

export interface ZoneOffset {
  /** Minutes east of UTC. */
  readonly minutes: number;
  readonly pieces: readonly Piece[];
}

const offsetReader = (timezone: string): ((seconds: number) => number) => {
  const offsetOf = offsetMinutes(timezone || 'UTC');
  return (seconds) => offsetOf(seconds * 1000);
};

/** The minute at which the offset is another one than before. */
const changeBetween = (offsetAt: (seconds: number) => number, before: number, after: number): number => {
  let [low, high] = [before, after];
  while (high - low > 60) {
    const middle = low + 60 * Math.floor((high - low) / 120);
    if (offsetAt(middle) === offsetAt(before)) low = middle;
    else high = middle;
  }
  return high;
};

/** From the west to the east. */
export const offsetsOf = (timezone: string): ZoneOffset[] => {
  const offsetAt = offsetReader(timezone);
  const found = new Map<number, Piece[]>();
  let [from, minutes]: [number | null, number] = [null, offsetAt(FIRST)];
  const close = (to: number | null): void => addTo(found, minutes, { from, to });
  for (let at = FIRST; at < LAST; at += STEP) {
    if (offsetAt(at + STEP) === minutes) continue;
    const change = changeBetween(offsetAt, at, at + STEP);
    close(change);
    [from, minutes] = [change, offsetAt(change)];
  }
  close(null);
  return [...found].map(([east, pieces]): ZoneOffset => ({ minutes: east, pieces })).sort((a, b) => a.minutes - b.minutes);
};

/** `06:30` for 390. */
export const clockText = (minutes: number): string => [Math.floor(minutes / 60), minutes % 60].map((part) => `${part}`.padStart(2, '0')).join(':');

/** Days and hours as UTC has them where the clock on the wall is `east` minutes ahead. */
export const inUtc = (conditions: PermitConditions, east: number): PermitConditions => {
  const { days, start, end } = conditions;
  const first = start === null ? 0 : minuteOfDay(start);
  const last = end === null ? DAY_MINUTES : minuteOfDay(end);
  const length = last > first ? last - first : last - first + DAY_MINUTES;
  if (length === DAY_MINUTES && (days.length === 0 || new Set(days).size === 7)) return { ...conditions, days: [], start: null, end: null };
  const begin = first - east;
  const day = Math.floor(begin / DAY_MINUTES);
  const inDay = begin - day * DAY_MINUTES;
  return { ...conditions, days: daysLater(days, day), start: clockText(inDay), end: clockText((inDay + length) % DAY_MINUTES) };
};

/** When a day begins there, in seconds since 1970. */
export const dayBegins = (date: { readonly year: number; readonly month: number; readonly day: number }, timezone: string): number => {
  const offsetAt = offsetReader(timezone);
  const midnight = Date.UTC(date.year, date.month - 1, date.day) / 1000;
  // The offset of that midnight, not of midnight in UTC: between the two it may have changed.
  return midnight - 60 * offsetAt(midnight - 60 * offsetAt(midnight));
};
