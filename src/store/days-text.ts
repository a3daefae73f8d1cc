/**
 * Days as a column: the hours in which an owner's hour rows stand, as runs of days with the same hours: [first day, days, bits of the
 * hours, first day, ...], runs ascending, as one JSON list; '' where there are none. Hour rows are the truth, and grow with every
 * hour that is listened; what analysis asks of them, on which days and at which hours something was seen, is here in a few octets.
 * The hour -1 (frames without a time) belongs to no day.
 */
import { HOURS_PER_DAY } from '../net/time.ts';
import type { Day } from '../observation.ts';
import { parseStored } from './store-errors.ts';

/** The days of hours in any order. */
export function daysText(hours: readonly number[]): string {
  const days: { day: number; hours: number }[] = [];
  for (const hour of hours.toSorted((a, b) => a - b)) {
    if (hour < 0) continue;
    const day = Math.floor(hour / HOURS_PER_DAY);
    if (days.at(-1)?.day !== day) days.push({ day, hours: 0 });
    days[days.length - 1].hours |= 1 << (hour % HOURS_PER_DAY);
  }
  const runs: number[] = [];
  for (const { day, hours: own } of days) addRun(runs, day, 1, own);
  return runs.length === 0 ? '' : JSON.stringify(runs);
}

/** Days behind all others: the last run goes on, or another one begins. */
function addRun(runs: number[], day: number, days: number, hours: number): void {
  const last = runs.length - 3;
  if (last >= 0 && runs[last] + runs[last + 1] === day && runs[last + 2] === hours) runs[last + 1] += days;
  else runs.push(day, days, hours);
}

/** What was held and what came to it, as one: from one day on which either changes to the next. */
export function mergedDays(held: string, added: string): string {
  if (held === added || added === '') return held;
  if (held === '') return added;
  const sides = [held, added].map((text) => ({ runs: parseStored(text) as number[], at: 0 }));
  const merged: number[] = [];
  for (let day = 0; ; ) {
    let hours = 0;
    let next = Infinity;
    for (const side of sides) {
      const { runs } = side;
      while (side.at < runs.length && runs[side.at] + runs[side.at + 1] <= day) side.at += 3;
      if (side.at === runs.length) continue;
      const isWithin = runs[side.at] <= day;
      if (isWithin) hours |= runs[side.at + 2];
      next = Math.min(next, isWithin ? runs[side.at] + runs[side.at + 1] : runs[side.at]);
    }
    if (next === Infinity) return JSON.stringify(merged);
    if (hours !== 0) addRun(merged, day, next - day, hours);
    day = next;
  }
}

function expanded(text: string): readonly Day[] {
  const runs = text === '' ? [] : (parseStored(text) as number[]);
  const days: Day[] = [];
  for (let i = 0; i < runs.length; i += 3) for (let at = 0; at < runs[i + 1]; at++) days.push({ day: runs[i] + at, hours: runs[i + 2] });
  return days;
}

/** Distinct lists that are remembered at a time: each is a few kB, and a store may have one an owner. */
const MOST_SHARED = 4_096;

/** Reads such texts. Most owners share one of a few lists, so one that is known is the same list again. */
export function createDaysReader(): (text: string) => readonly Day[] {
  const lists = new Map<string, readonly Day[]>();
  return (text) => {
    let days = lists.get(text);
    if (days === undefined) {
      if (lists.size === MOST_SHARED) lists.clear();
      lists.set(text, (days = expanded(text)));
    }
    return days;
  };
}

/** The days of each owner among hour rows in any order. @returns by owner's index */
export function daysByOwner(owners: number, rows: number, ownerOf: (row: number) => number, hourOf: (row: number) => number): (owner: number) => string {
  // Rows of one owner as a chain: the last, and the one before each, by row + 1.
  const last = new Int32Array(owners);
  const before = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const owner = ownerOf(row);
    before[row] = last[owner];
    last[owner] = row + 1;
  }
  // Most owners of a flush have one hour, and mostly that of the one before them.
  const ofOneHour = new Map<number, string>();
  let newest = NaN;
  let newestText = '';
  return (owner) => {
    const first = last[owner];
    if (first === 0 || before[first - 1] !== 0) {
      const hours: number[] = [];
      for (let row = first; row > 0; row = before[row - 1]) hours.push(hourOf(row - 1));
      return daysText(hours);
    }
    const hour = hourOf(first - 1);
    if (hour === newest) return newestText;
    newest = hour;
    newestText = ofOneHour.get(hour) ?? daysText([hour]);
    ofOneHour.set(hour, newestText);
    return newestText;
  };
}
