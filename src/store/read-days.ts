/**
 * Hours as days. In: a table with a row an owner and hour. Out: the days of each owner and, where somebody resamples, what
 * was counted on each. An owner's hours come as one list, and most owners share one of a few: an hour row handed to
 * JavaScript costs 1 us, as part of a list 0.2 us. The hour -1 (frames without a time) belongs to no day.
 */
import type { Day } from '../observation.ts';
import type { Connection } from './database.ts';

const HOURS_PER_DAY = 24;

/** `counts`: what was counted on each day as well; read in twice the time. */
export type DayDetail = 'counts' | 'presence';

export interface OwnDays {
  readonly days: readonly Day[];
  readonly counts?: readonly number[] | undefined;
}

/** Days of an owner by its id. Counts are of requests or, where no request was seen, of what else tells of life. */
export type DaysOf = (id: number, byRequests: boolean) => OwnDays;

interface HourList {
  readonly days: readonly Day[];
  /** Place in `days` of each hour. */
  readonly places: readonly number[];
}

export const NEVER: OwnDays = { days: [] };

function toDays(hours: readonly number[]): HourList {
  const days: { day: number; hours: number }[] = [];
  const places = hours.map((hour) => {
    const day = Math.floor(hour / HOURS_PER_DAY);
    if (days.at(-1)?.day !== day) days.push({ day, hours: 0 });
    days[days.length - 1].hours |= 1 << (hour % HOURS_PER_DAY);
    return days.length - 1;
  });
  return { days, places };
}

function countsByDay({ days, places }: HourList, counts: readonly number[]): number[] {
  const sums = new Array<number>(days.length).fill(0);
  for (const [i, place] of places.entries()) sums[place] += counts[i];
  return sums;
}

/**
 * Lists come in the order of the table's key, (owner, hour).
 * @param others expression of what tells of life without requests
 */
export function readDays(db: Connection, table: string, owner: string, others: string, detail: DayDetail): DaysOf {
  const counts = detail === 'counts' ? `, json_group_array(requests), json_group_array(${others})` : '';
  const rows = db.prepare(`SELECT ${owner}, json_group_array(hour)${counts} FROM ${table} WHERE hour >= 0 GROUP BY ${owner}`).raw();
  const lists = new Map<string, HourList>();
  const byOwner = new Map<number, readonly [hours: HourList, requests: string | undefined, others: string | undefined]>();
  for (const [id, text, requests, rest] of rows.iterate() as IterableIterator<[number, string, string?, string?]>) {
    let list = lists.get(text);
    if (list === undefined) lists.set(text, (list = toDays(JSON.parse(text) as number[])));
    byOwner.set(id, [list, requests, rest]);
  }
  return (id, byRequests) => {
    const own = byOwner.get(id);
    if (own === undefined) return NEVER;
    const [list, requests, rest] = own;
    const counted = byRequests ? requests : rest;
    return counted === undefined ? list : { days: list.days, counts: countsByDay(list, JSON.parse(counted) as number[]) };
  };
}
