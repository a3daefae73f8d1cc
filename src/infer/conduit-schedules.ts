/**
 * The one regime that a Permit is tied to: a job that runs once a week, on its weekday and the days beside it.
 *
 * In: a Permit before it has an id, and the days on which anybody listened. Out: the days of its window, or null. The rule
 * is narrow on purpose: eight whole weeks heard, seen on that weekday in each of them and on no other day, exactly what
 * was seen, nothing to decide, and nothing whose operations are read (control traffic is never tied to a calendar). The day
 * before and after stay open, for a job that slips past midnight and for every time zone. Left out on purpose: shifts,
 * working days and month ends, which cost more than they save (docs/conduits.md), and hours: the store keeps days.
 */
import type { DraftPermit } from './conduit-permits.ts';

const WEEKS_HEARD = 8;

/** 1970-01-01 was a Thursday. */
const WEEKDAYS = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed'] as const;

const weekday = (day: number): number => ((day % 7) + 7) % 7;

export function weeklyWindow(draft: DraftPermit, capturedDays: readonly number[]): readonly string[] | null {
  if (draft.onDemand || draft.question !== null || draft.rules.length > 0 || draft.access.length > 0 || draft.modbus !== null || draft.opcua !== null || draft.names.length > 0) return null;
  const { days } = draft.evidence;
  const [first] = days;
  if (first === undefined || days.length < WEEKS_HEARD) return null;
  const own = weekday(first);
  const seen = new Set(days);
  const heard = new Array<number>(7).fill(0);
  for (const day of capturedDays) {
    heard[weekday(day)]++;
    if ((weekday(day) === own) !== seen.has(day)) return null;
  }
  if (heard.some((count) => count < WEEKS_HEARD)) return null;
  return [(own + 6) % 7, own, (own + 1) % 7].map((at) => WEEKDAYS[at]);
}
