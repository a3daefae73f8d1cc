/**
 * From a time as written to an instant, without a clock. In: stamps in the order of the lines. Out: seconds since 1970.
 * A missing zone is the one the user named, UTC without. A missing year is the one the user named for the first line, or
 * the one that brings the log nearest to what the store already holds; it turns with the month. All assumptions are told.
 */
import { usageError } from '../../errors.ts';
import { isKnownTimezone, offsetMinutes, QUARTER_MINUTES } from '../../net/time-zone.ts';
import type { Stamp } from './log-entry.ts';
import { zoneMinutes } from './zone-words.ts';

/** What a continued log needs from its beginning: the year last used, and the month. */
export interface ClockMemory {
  readonly year: number | null;
  readonly month: number;
}

export interface LogTimeOptions {
  /** Year of the first line that names none. */
  readonly year: number | null;
  /** IANA name or `+01:00`; null: not said. */
  readonly zone: string | null;
  /** Where the store's captures lie, seconds since 1970; null without. */
  readonly near: number | null;
}

export interface LogClock {
  /** NaN when the time cannot be one. Throws a usageError when the year is needed and nothing tells it. */
  secondsOf(stamp: Stamp): number;
  memory(): ClockMemory;
  /** Sentences, in a stable order. */
  assumptions(): string[];
}

const MINUTE = 60;
const QUARTER_SECONDS = QUARTER_MINUTES * MINUTE;
const HALF_YEAR = 6;
/** 1970 to 2199: a device without a clock says 1970; beyond, 64-bit nanoseconds end. */
const LAST_YEAR = 2199;
const LAST_SECOND = Date.UTC(LAST_YEAR + 1, 0, 1) / 1000 - 1;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** An IANA name that this runtime knows, an abbreviation that stands for one zone, or an offset. */
export const isZone = (zone: string): boolean => zoneMinutes(zone) !== null || isKnownTimezone(zone);

/** Minutes east of UTC that a zone has at a local time (taken as if it were UTC), by hour. */
const zoneOffsets = (zone: string): ((localSeconds: number) => number) => {
  const fixed = zoneMinutes(zone);
  if (fixed !== null) return () => fixed;
  const offsetAt = offsetMinutes(zone);
  // In the hour that exists twice this takes the first, as clocks that only go on do.
  return (localSeconds) => {
    const begin = Math.floor(localSeconds / QUARTER_SECONDS) * QUARTER_SECONDS;
    return offsetAt((begin - offsetAt(begin * 1000) * MINUTE) * 1000);
  };
};

/** `options.zone` is one (isZone). */
export function createLogClock(options: LogTimeOptions, remembered: ClockMemory | null): LogClock {
  const offsetOf = options.zone === null ? null : zoneOffsets(options.zone);
  let year = remembered?.year ?? null;
  let month = remembered?.month ?? 0;
  const assumed = new Set<string>();

  const firstYear = (stamp: Stamp): number => {
    if (options.year !== null) return options.year;
    if (options.near === null) {
      throw usageError('its times carry no year, and the store holds nothing that tells it', 'Say the year of its first line: --log-year 2026.');
    }
    const about = new Date(options.near * 1000).getUTCFullYear();
    const distance = (candidate: number): number => Math.abs(Date.UTC(candidate, stamp.month - 1, stamp.day) / 1000 - (options.near ?? 0));
    const nearest = [about - 1, about, about + 1].reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
    assumed.add(`times without a year: the first was taken as ${nearest}, next to the captures in the store (--log-year says otherwise)`);
    return nearest;
  };

  const yearOf = (stamp: Stamp): number => {
    if (stamp.year !== null) return stamp.year;
    if (year === null) year = firstYear(stamp);
    else if (stamp.month < month - HALF_YEAR) year++;
    else if (stamp.month > month + HALF_YEAR) year--;
    month = stamp.month;
    return year;
  };

  return {
    secondsOf(stamp) {
      if (stamp.epochSeconds !== null) return stamp.epochSeconds <= LAST_SECOND ? stamp.epochSeconds : NaN;
      if (stamp.year !== null && (stamp.year < 1970 || stamp.year > LAST_YEAR)) return NaN;
      const { month: m, day, hour, minute, second } = stamp;
      if (m < 1 || m > 12 || day < 1 || day > (DAYS[m - 1] ?? 0) || hour > 23 || minute > 59 || second > 60) return NaN;
      const local = Date.UTC(yearOf(stamp), m - 1, day, hour, minute, second) / 1000;
      if (stamp.offsetMinutes !== null) return local - stamp.offsetMinutes * MINUTE;
      if (offsetOf === null) {
        assumed.add('times without a zone were taken as UTC (--log-zone says otherwise)');
        return local;
      }
      return local - offsetOf(local) * MINUTE;
    },
    memory: () => ({ year, month }),
    assumptions: () => [...assumed].sort(),
  };
}
