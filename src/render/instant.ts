/**
 * Instants and amounts as text. In: nanoseconds since 1970 (UTC) as bigint. Out: ISO 8601 with all nine digits for
 * programs, seconds for people.
 */

const NS_PER_SECOND = 1_000_000_000n;
const SECONDS_DIGITS = 9;

/** `2026-11-22T21:50:58.123456789Z`; null stays null (never seen, or a frame without a time). */
export function isoInstant(ns: bigint): string;
export function isoInstant(ns: bigint | null): string | null;
export function isoInstant(ns: bigint | null): string | null {
  if (ns === null) return null;
  let seconds = ns / NS_PER_SECOND;
  let nanos = ns % NS_PER_SECOND;
  if (nanos < 0n) {
    nanos += NS_PER_SECOND;
    seconds -= 1n;
  }
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -'.000Z'.length);
  return `${whole}.${nanos.toString().padStart(SECONDS_DIGITS, '0')}Z`;
}

/** `2026-11-22 21:50:58`, or a dash. */
export function shortInstant(ns: bigint | null): string {
  return ns === null ? '-' : isoInstant(ns).slice(0, 19).replace('T', ' ');
}

/** `2026-11-22 21:50` of an ISO 8601 instant, or a dash. */
export const shortMinute = (iso: string | null): string => (iso === null ? '-' : iso.slice(0, 16).replace('T', ' '));

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `1.4 GB` (decimal units, as on a disk's label). */
export function shortOctets(octets: number): string {
  let value = octets;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${octets} B` : `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
