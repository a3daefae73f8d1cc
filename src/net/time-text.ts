/** `2026-11-28T09:30:00.125Z`: an instant (nanoseconds since 1970, UTC) as findings, specs and messages have it, to the millisecond. */
export const isoTime = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString();
