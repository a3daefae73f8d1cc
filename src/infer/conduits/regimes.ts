/**
 * The regime in which something was seen: on which days and in which hours it happens, as far as that is no chance.
 *
 * In: the days and the hours of the day on which it was seen, those on which anybody listened, and the days of
 * maintenance, all by one clock. Out: words such as `working days, 06-18 h (UTC)`, or null. A kind of day is named when everything fell on
 * it and that had a chance below 1 in 100 if any listened day were as good (hypergeometric); hours likewise, each seen day
 * counting once. What happens every day, or on one day, needs no chance. Left out on purpose: what follows from it
 * (conduits/schedules.ts).
 */
import { DAY_MS, weekdayOf } from '../../net/time.ts';
import type { SensorTruth } from '../../observation.ts';
import { ALL_HOURS, chanceOf, LEAST_CHANCE } from '../captured-days.ts';

const LONGEST_WINDOW = 14;
/** Days between two of each month: February is the shortest, and a date on a weekend is moved by up to two; the second Tuesday comes after 28 or 35. */
const LEAST_MONTH = 26;
const MOST_MONTH = 35;

/** As weekdayOf counts. */
const WEEKDAYS = ['Thursday', 'Friday', 'Saturday', 'Sunday', 'Monday', 'Tuesday', 'Wednesday'];

export const isWeekend = (day: number): boolean => weekdayOf(day) === 2 || weekdayOf(day) === 3;

const dateOf = (day: number): Date => new Date(day * DAY_MS);

/** The last three days of a month, and the first two of the next: closing jobs. */
const isMonthEnd = (day: number): boolean => dateOf(day).getUTCDate() <= 2 || dateOf(day + 3).getUTCDate() <= 3;
const monthOf = (day: number): string => dateOf(day + 3).toISOString().slice(0, 7);

/** Hours of the day as one window, `last` being the last hour in it; may run past midnight. */
export interface HourWindow {
  readonly first: number;
  readonly last: number;
  readonly length: number;
}

/** The smallest window around the clock that holds every hour of the mask. */
export function hourWindow(mask: number): HourWindow | null {
  const hours = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => (mask >> hour) & 1);
  if (hours.length === 0) return null;
  let best: HourWindow | null = null;
  for (const [i, first] of hours.entries()) {
    const last = hours[(i + hours.length - 1) % hours.length];
    const length = ((last - first + 24) % 24) + 1;
    if (best === null || length < best.length) best = { first, last, length };
  }
  return best;
}

const twoDigits = (hour: number): string => String(hour).padStart(2, '0');

/** ` 06-14 h`, or nothing where the hours may be chance, or where the sensor heard no others. */
function hoursText(hours: number, days: number, heard: number): string {
  const window = hourWindow(hours);
  if (window === null || window.length > LONGEST_WINDOW) return '';
  let inside = 0;
  let all = 0;
  for (let hour = 0; hour < 24; hour++) {
    if (((heard >> hour) & 1) === 0) continue;
    all++;
    if ((hour - window.first + 24) % 24 < window.length) inside++;
  }
  if (all === 0 || 24 * (inside / all) ** days >= LEAST_CHANCE) return '';
  return `${twoDigits(window.first)}-${twoDigits((window.last + 1) % 24)} h`;
}

export interface Listening {
  /** Days since 1970 on which anything was captured, ascending. */
  readonly days: readonly number[];
  /** Bit h: anything was captured in hour h of some day, and of each day of which hours were kept. */
  readonly hours: number;
  readonly hoursOf: ReadonlyMap<number, number>;
  /** Days on which somebody engineered two pairs or more, where they are at most half of the days. */
  readonly maintenance: ReadonlySet<number>;
  /** IANA name of the clock of all of these. */
  readonly timezone: string;
}

export const listeningOf = (days: readonly number[], { sensor, timezone = 'UTC' }: { readonly sensor: Pick<SensorTruth, 'hours'>; readonly timezone?: string }, engineered: ReadonlyMap<number, number>): Listening => {
  const maintenance = [...engineered].filter(([, pairs]) => pairs >= 2).map(([day]) => day);
  const hoursOf = new Map<number, number>();
  for (const hour of sensor.hours) {
    const day = Math.floor(hour / 24);
    hoursOf.set(day, (hoursOf.get(day) ?? 0) | (1 << (hour - day * 24)));
  }
  return {
    days,
    hours: hoursOf.size === 0 ? ALL_HOURS : [...hoursOf.values()].reduce((all, hours) => all | hours, 0),
    hoursOf,
    maintenance: new Set(maintenance.length <= days.length / 2 ? maintenance : []),
    timezone,
  };
};

/** The days on which it would have been heard: the first day of a capture, and the last, may be parts of one in which its hours are not. */
export const daysHeard = (listening: Listening, seen: ReadonlySet<number>, hours: number): readonly number[] =>
  listening.days.filter((day) => seen.has(day) || ((listening.hoursOf.get(day) ?? ALL_HOURS) & hours) !== 0);

function daysRegime(days: readonly number[], hours: number, listening: Listening): string {
  const { maintenance } = listening;
  const seen = new Set(days);
  const heard = daysHeard(listening, seen, hours);
  if (days.length === heard.length) return 'every day';
  const own = weekdayOf(days[0]);
  const chances = heard.filter((day) => weekdayOf(day) === own);
  if (days.length >= 3 && days.every((day) => weekdayOf(day) === own) && chances.every((day) => seen.has(day))) return `weekly, on ${WEEKDAYS[own]}s`;
  const kinds: readonly (readonly [string, (day: number) => boolean])[] = [
    ['month end', isMonthEnd], ['weekends', isWeekend], ['days of maintenance', (day) => maintenance.has(day)], ['working days', (day) => !isWeekend(day)],
  ];
  for (const [name, fits] of kinds) {
    if (!days.every(fits) || (name === 'month end' && new Set(days.map(monthOf)).size < 2)) continue;
    if (chanceOf(days.length, heard.filter(fits).length, heard.length) < LEAST_CHANCE) return name;
  }
  const gaps = days.slice(1).map((day, i) => day - days[i]);
  if (gaps.length > 0 && gaps.every((gap) => gap >= LEAST_MONTH && gap <= MOST_MONTH)) return 'monthly';
  return days.length === 1 ? 'one day only' : '';
}

/** Null where there is no rhythm, or too little was heard for one. */
export function regimeOf({ days, hours }: { readonly days: readonly number[]; readonly hours: number }, listening: Listening): string | null {
  if (days.length === 0 || listening.days.length < 14) return null;
  const when = daysRegime(days, hours, listening);
  const clock = hoursText(hours, days.length, listening.hours);
  const words = [when, clock].filter((text) => text !== '').join(', ');
  if (words === '') return null;
  return when === 'every day' && clock === '' ? words : when === 'one day only' && clock === '' ? words : `${words} (${listening.timezone})`;
}
