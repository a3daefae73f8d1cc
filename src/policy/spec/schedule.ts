/**
 * Conditions of time: does a Permit hold when something was asked, and do several between them.
 *
 * In: conditions, and the first and last instant, the days and the hours (UTC) of an ask. Out: why not, or null.
 * Observations know hours, not every clock time: what cannot be known is not held against anybody.
 * Local time is the spec's time zone (IANA), UTC when it names none.
 */
import { mergeSpans, type Span } from '../../net/register-set.ts';
import { DAY_MS, HOUR_MS, isoDay, MINUTE_MS, msOf, weekdayOf } from '../../net/time.ts';
import { offsetMinutes, QUARTER_MINUTES } from '../../net/time-zone.ts';
import type { PermitConditions } from '../../permit.ts';
import type { Spec } from './schema.ts';

interface Asked {
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly days: readonly number[];
  readonly hours?: readonly { readonly day: number; readonly hours: number }[] | null;
}

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MINUTES = 1440;

const dayBefore = (day: string): string => WEEKDAYS[(WEEKDAYS.indexOf(day) + 6) % 7];

/** UTC where a spec names none. */
export const timezoneOf = ({ timezone }: Pick<Spec, 'timezone'>): string => timezone ?? 'UTC';

interface LocalTime {
  readonly day: string;
  readonly minutes: number;
  readonly date: string;
}

const localTime = (epochMs: number, timezone: string): LocalTime => {
  const minutes = Math.floor(epochMs / MINUTE_MS) + offsetMinutes(timezone)(epochMs);
  const day = Math.floor(minutes / DAY_MINUTES);
  return { day: WEEKDAYS[(weekdayOf(day) + 4) % 7], minutes: minutes - day * DAY_MINUTES, date: isoDay(day) };
};

/** `06:30` is 390. */
export const minuteOfDay = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

/** Whoever writes 23:59 means the end of the day, not a minute in which every night everything is blocked. */
export const endOfWindow = (end: string | null): string | null => (end === '23:59' ? '24:00' : end);

/**
 * A window ends before the minute of its end, in a firewall too. One that ends before it begins runs past midnight and belongs to
 * the day on which it began.
 * @param minutes for how long after that it may have been, on the same day
 */
const instantFits = (conditions: PermitConditions, epochMs: number, timezone: string, minutes = 0): boolean => {
  const local = localTime(epochMs, timezone);
  const latest = local.minutes + minutes;
  const dayFits = (day: string): boolean => conditions.days.length === 0 || conditions.days.includes(day);
  if (conditions.start === null || conditions.end === null) return dayFits(local.day);
  const start = minuteOfDay(conditions.start);
  const end = minuteOfDay(conditions.end);
  if (start < end) return dayFits(local.day) && latest >= start && local.minutes < end;
  return (dayFits(local.day) && latest >= start) || (dayFits(dayBefore(local.day)) && local.minutes < end);
};

const WEEK_MINUTES = 7 * DAY_MINUTES;

/** The minutes of a week (0 = Sunday, 00:00) in which conditions hold. */
export const weekOf = ({ days, start, end }: PermitConditions): Span[] => {
  const begun = WEEKDAYS.flatMap((day, index) => (days.length === 0 || days.includes(day) ? [index * DAY_MINUTES] : []));
  const first = start === null || end === null ? 0 : minuteOfDay(start);
  const last = start === null || end === null ? DAY_MINUTES - 1 : minuteOfDay(end) - 1 + (minuteOfDay(start) < minuteOfDay(end) ? 0 : DAY_MINUTES);
  return mergeSpans(begun.flatMap((midnight): Span[] => {
    const span = { first: midnight + first, last: midnight + last };
    return span.last < WEEK_MINUTES ? [span] : [{ first: span.first, last: WEEK_MINUTES - 1 }, { first: 0, last: span.last - WEEK_MINUTES }];
  }));
};

const hasExpired = ({ expires }: PermitConditions, epochMs: number, timezone: string): boolean => expires !== null && localTime(epochMs, timezone).date > expires;

/** Whether it is about times of the week at all. */
export const hasWindow = ({ days, start }: PermitConditions): boolean => days.length > 0 || start !== null;

/** Whether it does not hold for ever. */
export const isTimed = (conditions: PermitConditions): boolean => hasWindow(conditions) || conditions.expires !== null;

/** `sun 02:00-04:00 (Europe/Berlin)` */
export const windowText = ({ days, start, end }: PermitConditions, timezone: string): string =>
  `${days.join(', ') || 'every day'}${start === null ? '' : ` ${start}-${end}`} (${timezone})`;

const holdsAt = (conditions: PermitConditions, epochMs: number, timezone: string, minutes = 0): boolean =>
  !hasExpired(conditions, epochMs, timezone) && instantFits(conditions, epochMs, timezone, minutes);

/**
 * Whether any minute of an hour fits: which one it was, is not known. By quarters, because no clock is set, and no day begins, within one.
 * @param hour since 1970, UTC
 */
export const hourFits = (conditions: PermitConditions, hour: number, timezone: string): boolean => {
  for (let minute = 0; minute < 60; minute += QUARTER_MINUTES) if (holdsAt(conditions, hour * HOUR_MS + minute * 60_000, timezone, QUARTER_MINUTES - 1)) return true;
  return false;
};

/** A UTC day touches up to two local days (three with a window past midnight): only when none fits was it outside. */
const dayFits = (conditions: PermitConditions, day: number, timezone: string): boolean => {
  if (hasExpired(conditions, day * DAY_MS, timezone)) return false;
  if (conditions.days.length === 0) return true;
  const touched = [localTime(day * DAY_MS, timezone).day, localTime((day + 1) * DAY_MS - 1, timezone).day];
  const isPastMidnight = conditions.start !== null && conditions.end !== null && minuteOfDay(conditions.start) > minuteOfDay(conditions.end);
  const begun = isPastMidnight ? touched.map(dayBefore) : [];
  return [...touched, ...begun].some((local) => conditions.days.includes(local));
};

/** The hours (UTC) in which something was asked; none where they were not kept. */
const hoursOf = ({ hours }: Asked): { readonly day: number; readonly hour: number }[] =>
  (hours ?? []).flatMap(({ day, hours: mask }) => Array.from({ length: 24 }, (_, hour) => ({ day, hour })).filter(({ hour }) => ((mask >> hour) & 1) === 1));

/**
 * Days (UTC) on which something was asked while none of several conditions held, ascending: a request has one time, so that each
 * of them may hold for some of the requests only.
 */
export const daysOutside = (all: readonly PermitConditions[], asked: Asked, timezone: string): number[] => {
  const outside = new Set<number>();
  for (const instant of [asked.firstNs, asked.lastNs].map(msOf)) {
    if (!all.some((one) => holdsAt(one, instant, timezone))) outside.add(Math.floor(instant / DAY_MS));
  }
  for (const { day, hour } of hoursOf(asked)) if (!all.some((one) => hourFits(one, day * 24 + hour, timezone))) outside.add(day);
  if (!asked.hours) for (const day of asked.days) if (!all.some((one) => dayFits(one, day, timezone))) outside.add(day);
  return [...outside].sort((a, b) => a - b);
};

/** Whether conditions held at some of the times at which something was asked. */
export const heldAtTimes = (conditions: PermitConditions, asked: Asked, timezone: string): boolean =>
  [asked.firstNs, asked.lastNs].some((ns) => holdsAt(conditions, msOf(ns), timezone)) ||
  hoursOf(asked).some(({ day, hour }) => hourFits(conditions, day * 24 + hour, timezone)) ||
  (!asked.hours && asked.days.some((day) => dayFits(conditions, day, timezone)));

export const scheduleProblem = (conditions: PermitConditions, asked: Asked, timezone: string): { kind: 'schedule' | 'expired'; sentence: string } | null => {
  if (hasExpired(conditions, msOf(asked.lastNs), timezone)) return { kind: 'expired', sentence: `the Permit expired on ${conditions.expires}` };
  if (!hasWindow(conditions)) return null;
  const window = windowText(conditions, timezone);
  for (const instant of [asked.firstNs, asked.lastNs].map(msOf)) {
    if (!instantFits(conditions, instant, timezone)) return { kind: 'schedule', sentence: `seen outside the window ${window}` };
  }
  for (const { day, hour } of hoursOf(asked)) {
    if (!hourFits(conditions, day * 24 + hour, timezone)) return { kind: 'schedule', sentence: `seen on ${isoDay(day)} between ${hour} and ${hour + 1} h UTC, outside the window ${window}` };
  }
  const day = asked.hours ? undefined : asked.days.find((one) => !dayFits(conditions, one, timezone));
  return day === undefined ? null : { kind: 'schedule', sentence: `seen on ${isoDay(day)}, outside the window ${window}` };
};
