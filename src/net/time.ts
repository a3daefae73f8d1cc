/** Instants (nanoseconds since 1970, UTC), hours and days since then, and how specs, findings and messages write them (ISO 8601). */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const HOURS_PER_DAY = 24;
const MS_NS = 1_000_000n;
const HOUR_NS = BigInt(HOUR_MS) * MS_NS;
const DAY_NS = BigInt(DAY_MS) * MS_NS;

export const msOf = (ns: bigint): number => Number(ns / MS_NS);
export const hourOf = (ns: bigint): number => Number(ns / HOUR_NS);
export const dayOf = (ns: bigint): number => Number(ns / DAY_NS);
/** Of a day since 1970, 0 to 6 from Thursday on, which 1970-01-01 was. */
export const weekdayOf = (day: number): number => ((day % 7) + 7) % 7;
/** When an hour begins. */
export const hourNs = (hour: number): bigint => BigInt(hour) * HOUR_NS;

/** `2026-11-28T09:30:00.125Z`: to the millisecond. */
export const isoTime = (ns: bigint): string => new Date(msOf(ns)).toISOString();

/** `2026-11-28T09:30:00Z` where the second is whole: as evidence is written for people to read. */
export const isoEvidenceTime = (ns: bigint | null): string | null => (ns === null ? null : isoTime(ns).replace('.000Z', 'Z'));

/** `2026-11-28`, of a day since 1970. */
export const isoDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
