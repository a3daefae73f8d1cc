/**
 * Permits that are tied to a regime, where that is safe.
 *
 * In: a Permit before it has an id, and when anybody listened. Out: its window, or null. The test of safety is narrow on
 * purpose, because no number of quiet weekends proves that nobody will ever come on one: eight whole weeks were heard;
 * it was seen on every day of its kind in them (every day, every working day, every weekend day, or one weekday) and on no
 * other, so that a clock and not a person starts it; where a time of day is tied as well, all of it fell into three hours.
 * It is exactly what was seen, with nothing to decide, and nothing whose operations are read: control traffic is never
 * tied to a calendar. Two hours before and after stay open, for jobs that slip and for daylight saving; without a time of
 * day, the days before and after. Left out on purpose: shifts and month ends, in which people work (docs/conduits.md).
 */
import type { DraftPermit } from './permits.ts';
import { weekdayOf } from '../../net/time.ts';
import { daysHeard, hourWindow, isWeekend } from './regimes.ts';
import type { Listening } from './regimes.ts';

const WEEKS_HEARD = 8;
const JOB_HOURS = 3;
const SLACK_HOURS = 2;

/** As weekdayOf counts. */
const WEEKDAYS = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed'] as const;
const WORKING = ['mon', 'tue', 'wed', 'thu', 'fri'] as const;
const WEEKEND = ['sat', 'sun'] as const;

export interface Window {
  /** `mon`..`sun`. */
  readonly days: readonly string[];
  /** `HH:MM`; null = whole days. */
  readonly start: string | null;
  readonly end: string | null;
  readonly purpose: string;
}

const clock = (hour: number): string => `${String((hour + 24) % 24).padStart(2, '0')}:00`;

export function jobWindow(draft: DraftPermit, listening: Listening): Window | null {
  if (draft.onDemand || draft.question !== null || draft.rules.length > 0 || draft.access.length > 0 || draft.modbus !== null || draft.opcua !== null || draft.names.length > 0) return null;
  const { days, hours } = draft.evidence;
  const seen = new Set(days);
  const heard = daysHeard(listening, seen, hours);
  const weeks = new Array<number>(7).fill(0);
  for (const day of heard) weeks[weekdayOf(day)]++;
  if (days.length < WEEKS_HEARD || weeks.some((count) => count < WEEKS_HEARD)) return null;
  const isKind = (fits: (day: number) => boolean): boolean => heard.every((day) => fits(day) === seen.has(day));
  const found = hourWindow(hours);
  const isJob = found !== null && found.length <= JOB_HOURS && hourWindow(listening.hours)?.length === 24;
  const first = (found?.first ?? 0) - SLACK_HOURS;
  const last = (found?.last ?? 23) + SLACK_HOURS;
  const isWithinDay = first >= 0 && last <= 23 && (found?.first ?? 0) <= (found?.last ?? 23);
  const times = { start: clock(first), end: clock(last + 1) };
  const own = weekdayOf(days[0]);
  if (isKind((day) => weekdayOf(day) === own)) {
    if (isJob && isWithinDay) return { days: [WEEKDAYS[own]], ...times, purpose: 'a weekly job: its day and hour, and two hours before and after' };
    return { days: [(own + 6) % 7, own, (own + 1) % 7].map((at) => WEEKDAYS[at]), start: null, end: null, purpose: 'a weekly job: its day, and the days before and after' };
  }
  if (!isJob) return null;
  if (days.length === heard.length) return { days: [...WORKING, ...WEEKEND], ...times, purpose: 'a daily job: its hour, and two hours before and after' };
  if (!isWithinDay) return null;
  if (isKind((day) => !isWeekend(day))) return { days: [...WORKING], ...times, purpose: 'a job of every working day: its hour, and two hours before and after' };
  return isKind(isWeekend) ? { days: [...WEEKEND], ...times, purpose: 'a job of every weekend day: its hour, and two hours before and after' } : null;
}
