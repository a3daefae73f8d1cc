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

/** Counts are of requests or, where no request was seen, of what else tells of life. */
export interface OwnDays {
  readonly days: readonly Day[];
  readonly counts: readonly number[] | undefined;
}

export interface DayQuery {
  /** Rows keyed by (owner, hour). */
  readonly table: string;
  readonly owner: string;
  /** Selects the owners whose requests are counted; of the others, what else tells of life. */
  readonly byRequests: string;
  /** An expression. */
  readonly others: string;
}

/** Distinct lists that are remembered at a time: each is a few kB, and a store may have one an owner. */
const MOST_SHARED = 4_096;

interface HourList extends OwnDays {
  /** Place in `days` of each hour. */
  readonly places: readonly number[];
}

function toDays(hours: readonly number[]): HourList {
  const days: { day: number; hours: number }[] = [];
  const places = hours.map((hour) => {
    const day = Math.floor(hour / HOURS_PER_DAY);
    if (days.at(-1)?.day !== day) days.push({ day, hours: 0 });
    days[days.length - 1].hours |= 1 << (hour % HOURS_PER_DAY);
    return days.length - 1;
  });
  return { days, counts: undefined, places };
}

function countsByDay({ days, places }: HourList, counts: readonly number[]): number[] {
  const sums = new Array<number>(days.length).fill(0);
  for (let i = 0; i < places.length; i++) sums[places[i]] += counts[i];
  return sums;
}

/** By owner; who was never seen in an hour has none. */
export function readDays(db: Connection, { table, owner, byRequests, others }: DayQuery, detail: DayDetail): ReadonlyMap<number, OwnDays> {
  const isCounted = detail === 'counts';
  const counts = isCounted ? `, json_group_array(requests), json_group_array(${others})` : '';
  // The lists come in the order of the key.
  const rows = db.prepare(`SELECT ${owner}, json_group_array(hour)${counts} FROM ${table} WHERE hour >= 0 GROUP BY ${owner}`).raw();
  const requested = new Set(isCounted ? (db.prepare(byRequests).pluck().all() as number[]) : []);
  const lists = new Map<string, HourList>();
  const byOwner = new Map<number, OwnDays>();
  for (const [id, hours, requests, rest] of rows.iterate() as IterableIterator<[number, string, string, string]>) {
    let list = lists.get(hours);
    if (list === undefined) {
      if (lists.size === MOST_SHARED) lists.clear();
      lists.set(hours, (list = toDays(JSON.parse(hours) as number[])));
    }
    byOwner.set(id, isCounted ? { days: list.days, counts: countsByDay(list, JSON.parse(requested.has(id) ? requests : rest) as number[]) } : list);
  }
  return byOwner;
}
