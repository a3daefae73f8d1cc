/**
 * Schedules of a Permit as windows that every vendor can write: within one day, from `start` to `end`, no window
 * across midnight. In: conditions. Out: windows, the day after an expiry date (the Permit holds
 * on the date itself), and which clock is meant.
 */
import type { Permit } from '../permit.ts';
import type { Plan } from './exporter.ts';
import { safeComment } from './vendor-name.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export const DAY_NAMES: Readonly<Record<string, string>> = {
  mon: 'Monday', tue: 'Tuesday', wed: 'Wednesday', thu: 'Thursday', fri: 'Friday', sat: 'Saturday', sun: 'Sunday',
};

export interface TimeWindow {
  /** In the order of the week; all seven when the Permit names none. */
  readonly days: readonly string[];
  /** `HH:MM`. */
  readonly start: string;
  /** `HH:MM`, `24:00` for the end of the day. */
  readonly end: string;
}

const inWeekOrder = (days: readonly string[]): string[] => DAYS.filter((day) => days.includes(day));

/** The days that are so many later (or earlier), in the order of the week. */
export const daysLater = (days: readonly string[], count: number): string[] =>
  inWeekOrder(days.map((day) => DAYS[(DAYS.findIndex((one) => one === day) + count + 7) % 7] ?? day));

/** Empty = no schedule: always. */
export const windowsOf = (permit: Permit): TimeWindow[] => {
  const { days, start, end } = permit.conditions;
  if (days.length === 0 && start === null && end === null) return [];
  const named = days.length === 0 ? [...DAYS] : inWeekOrder(days);
  const from = start ?? '00:00';
  const to = end ?? '24:00';
  if (from < to) return [{ days: named, start: from, end: to }];
  const evening = { days: named, start: from, end: '24:00' };
  return to === '00:00' ? [evening] : [evening, { days: daysLater(named, 1), start: '00:00', end: to }];
};

/** What clock the hours and dates of a file mean; nothing where no Permit has any. */
export const clockLines = ({ permits, timezone }: Plan): string[] =>
  permits.some(({ permit }) => permit.conditions.expires !== null || windowsOf(permit).length > 0) ? [`Hours and dates of the Permits are those of ${safeComment(timezone, 60) || 'UTC'}.`] : [];

/** The same for a device that holds them by its own clock. */
export const deviceClockLines = (plan: Plan): string[] => clockLines(plan).map((line) => `${line} Set the device to that time zone, with its daylight saving time.`);

/** `2026-12-31` gives year 2027, month 1, day 1. */
export const dayAfter = (date: string): { year: number; month: number; day: number } => {
  const [year = 1970, month = 1, day = 1] = date.slice(0, 10).split('-').map(Number);
  const next = new Date(Date.UTC(year, month - 1, day + 1));
  return { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
};
