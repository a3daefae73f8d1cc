/**
 * The clock on the plant's wall: hours since 1970 as a time zone counts them. In: an IANA name. Out: local hours. Rules of
 * summer time are those of Node's ICU data, the same wherever this version of Node runs.
 */
import { HOUR_MS } from './time.ts';

/** A spec that names another is refused (policy/spec/references.ts). */
export const isKnownTimezone = (timezone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: timezone }).format(0);
    return true;
  } catch {
    return false;
  }
};

/**
 * Hours since 1970 (UTC) -> hours that the clock on the wall has counted since its own 1970-01-01 00:00. An hour falls into the
 * local hour in which it begins, which in zones that are off by parts of an hour is two of them. When clocks go back two hours
 * are one, when they go forward one is left out.
 */
export function localHours(timezone: string): (hour: number) => number {
  if (timezone === 'UTC') return (hour) => hour;
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' });
  const known = new Map<number, number>();
  return (hour) => {
    const held = known.get(hour);
    if (held !== undefined) return held;
    const parts = new Map(format.formatToParts(hour * HOUR_MS).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour')) / HOUR_MS;
    known.set(hour, local);
    return local;
  };
}
