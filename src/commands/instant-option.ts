/** A time on the command line, the same for every command and on every machine. In: the option and its text. Out: nanoseconds since 1970. */
import { usageError } from '../errors.ts';
import { isoTime } from '../net/time.ts';

/** A date, a date and time, or seconds since 1970 (from 1973 on: 20260301 is meant for a date); UTC unless the text names an offset. Up to nine fraction digits count. */
export function instantOf(option: string, text: string): bigint {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?$/i.exec(text.trim());
  if (match !== null) {
    const offset = (match[4] ?? 'Z').toUpperCase().replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
    const ms = Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[2]?.length === 8 ? '' : ':00'}${offset}`);
    // A 30th of February would be taken for the 2nd of March.
    const day = Date.parse(match[1]);
    const isDay = !Number.isNaN(day) && new Date(day).toISOString().startsWith(match[1]);
    if (isDay && !Number.isNaN(ms)) return BigInt(ms) * 1_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'));
  }
  if (/^\d{9,11}$/.test(text)) return BigInt(text) * 1_000_000_000n;
  throw usageError(`${option} ${text} is no instant`, 'Write it as 2026-11-22, 2026-11-22T06:00 or 2026-11-22T06:00:00Z.');
}

/** "No finding", or no test that fails, about a time of which nothing was heard would be taken for conformance. */
export function requireSeenSince(sinceNs: bigint, lastOnes: readonly (bigint | null)[], store: string): void {
  const last = lastOnes.reduce((latest, one) => (one !== null && (latest === null || one > latest) ? one : latest), null);
  if (last === null || last >= sinceNs) return;
  throw usageError(`${store} holds nothing since ${isoTime(sinceNs)}: what was seen last is of ${isoTime(last)}`, 'Import what was captured since then, or give an earlier --since.');
}
