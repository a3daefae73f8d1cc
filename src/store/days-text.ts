/**
 * Days as a column: the hours in which an owner's hour rows stand, as runs of days with the same hours: [first day, days, bits of the
 * hours, first day, ...], runs ascending, as one JSON list; '' where there are none. Hour rows are the truth, and grow with every
 * hour that is listened; what analysis asks of them, on which days and at which hours something was seen, is here in a few octets.
 * The hour -1 (frames without a time) belongs to no day.
 */
import type { Day } from '../observation.ts';

const HOURS_PER_DAY = 24;

/** The days of hours in any order. */
export function daysText(hours: readonly number[]): string {
  const runs: number[] = [];
  for (const hour of hours.toSorted((a, b) => a - b)) if (hour >= 0) addHours(runs, Math.floor(hour / HOURS_PER_DAY), 1 << (hour % HOURS_PER_DAY));
  return runs.length === 0 ? '' : JSON.stringify(runs);
}

/** What was held and what came to it, as one. */
export function mergedDays(held: string, added: string): string {
  if (held === added || added === '') return held;
  if (held === '') return added;
  const runs = JSON.parse(held) as number[];
  for (const { day, hours } of expanded(added)) addHours(runs, day, hours);
  return JSON.stringify(runs);
}

/** Runs stay ascending, and as few as can be. A live capture adds to the last one, so it is looked at first. */
function addHours(runs: number[], day: number, hours: number): void {
  let at = runs.length - 3;
  while (at >= 0 && runs[at] > day) at -= 3;
  const isWithin = at >= 0 && day < runs[at] + runs[at + 1];
  if (!isWithin) {
    runs.splice(at + 3, 0, day, 1, hours);
    return joinRuns(runs, at + 3);
  }
  const [first, days, own] = runs.slice(at, at + 3);
  if ((own | hours) === own) return;
  const before = day > first ? [first, day - first, own] : [];
  const after = day + 1 < first + days ? [day + 1, first + days - day - 1, own] : [];
  runs.splice(at, 3, ...before, day, 1, own | hours, ...after);
  joinRuns(runs, at + before.length);
}

/** The run at this place with those beside it, where they are one. */
function joinRuns(runs: number[], at: number): void {
  for (const left of [at, at - 3]) {
    const right = left + 3;
    if (left < 0 || right >= runs.length || runs[left] + runs[left + 1] !== runs[right] || runs[left + 2] !== runs[right + 2]) continue;
    runs[left + 1] += runs[right + 1];
    runs.splice(right, 3);
  }
}

function expanded(text: string): { day: number; hours: number }[] {
  const runs = JSON.parse(text) as number[];
  const days: { day: number; hours: number }[] = [];
  for (let i = 0; i < runs.length; i += 3) for (let at = 0; at < runs[i + 1]; at++) days.push({ day: runs[i] + at, hours: runs[i + 2] });
  return days;
}

/** Distinct lists that are remembered at a time: each is a few kB, and a store may have one an owner. */
const MOST_SHARED = 4_096;

/** Reads such texts. Most owners share one of a few lists, so one that is known is the same list again. */
export function createDaysReader(): (text: string) => readonly Day[] {
  const lists = new Map<string, readonly Day[]>([['', []]]);
  return (text) => {
    let days = lists.get(text);
    if (days === undefined) {
      if (lists.size === MOST_SHARED) lists.clear();
      lists.set(text, (days = text === '' ? [] : expanded(text)));
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
  // Most owners of a flush have one hour.
  const ofOneHour = new Map<number, string>();
  return (owner) => {
    const hours: number[] = [];
    for (let row = last[owner]; row > 0; row = before[row - 1]) hours.push(hourOf(row - 1));
    if (hours.length !== 1) return daysText(hours);
    let text = ofOneHour.get(hours[0]);
    if (text === undefined) ofOneHour.set(hours[0], (text = daysText(hours)));
    return text;
  };
}
