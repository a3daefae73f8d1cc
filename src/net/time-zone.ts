/**
 * Time zones: what the clock on the wall says. In: an IANA name. Out: how far it is ahead of UTC, and its hours. Rules of summer
 * time are those of Node's ICU data, the same wherever this version of Node runs.
 */
import { HOUR_MS, MINUTE_MS } from './time.ts';

export const isKnownTimezone = (timezone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: timezone }).format(0);
    return true;
  } catch {
    return false;
  }
};

/** No clock was set within one since 1972 (Liberia's). */
export const QUARTER_MINUTES = 15;
const QUARTER_MS = QUARTER_MINUTES * MINUTE_MS;
/** Quarters remembered: half a year. */
const MOST_HELD = 17_520;

type OffsetOf = (epochMs: number) => number;

function readOffsets(timezone: string): OffsetOf {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' });
  const held = new Map<number, number>();
  return (epochMs) => {
    const quarter = Math.floor(epochMs / QUARTER_MS);
    const known = held.get(quarter);
    if (known !== undefined) return known;
    const begin = quarter * QUARTER_MS;
    const parts = new Map(format.formatToParts(begin).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
    const offset = Math.round((local - begin) / MINUTE_MS);
    if (held.size >= MOST_HELD) held.clear();
    held.set(quarter, offset);
    return offset;
  };
}

const readers = new Map<string, OffsetOf>();

/** Minutes east of UTC, by the instant (milliseconds since 1970). `timezone` is one (isKnownTimezone). */
export function offsetMinutes(timezone: string): OffsetOf {
  let reader = readers.get(timezone);
  if (reader === undefined) readers.set(timezone, (reader = readOffsets(timezone)));
  return reader;
}

/**
 * Hours since 1970 (UTC) -> hours that the clock on the wall has counted since its own 1970-01-01 00:00. An hour falls into the
 * local hour in which it begins, which in zones that are off by parts of an hour is two of them. When clocks go back two hours
 * are one, when they go forward one is left out.
 */
export function localHours(timezone: string): (hour: number) => number {
  const offsetOf = offsetMinutes(timezone);
  return (hour) => hour + Math.floor(offsetOf(hour * HOUR_MS) / 60);
}
