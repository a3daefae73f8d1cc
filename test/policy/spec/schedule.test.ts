import { describe, expect, it } from 'vitest';
import type { PermitConditions } from '../../../src/permit.ts';
import { daysOutside, scheduleProblem } from '../../../src/policy/spec/schedule.ts';

const ALWAYS: PermitConditions = { days: [], start: null, end: null, expires: null, onDemand: false };
const at = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n;
const day = (iso: string): number => Math.floor(Date.parse(`${iso}T00:00:00Z`) / 86_400_000);

/** One instant, or two with the days between. */
const asked = (first: string, last = first, days: readonly string[] = [first.slice(0, 10)]): Parameters<typeof scheduleProblem>[1] => ({ firstNs: at(first), lastNs: at(last), days: days.map(day) });

/** The same with hours (UTC) of the days between. */
const inHours = (first: string, last: string, ...kept: readonly (readonly [string, number])[]): Parameters<typeof scheduleProblem>[1] =>
  ({ ...asked(first, last, kept.map(([date]) => date)), hours: kept.map(([date, hour]) => ({ day: day(date), hours: 1 << hour })) });

describe('a schedule', () => {
  it.each([
    ['no condition', {}, asked('2026-01-05T03:00:00Z'), 'UTC', null],
    ['within the hours', { start: '06:00', end: '18:00' }, asked('2026-01-05T12:00:00Z'), 'UTC', null],
    ['before the hours', { start: '06:00', end: '18:00' }, asked('2026-01-05T05:59:00Z'), 'UTC', 'schedule'],
    ['the last instant is outside', { start: '06:00', end: '18:00' }, asked('2026-01-05T12:00:00Z', '2026-01-05T19:00:00Z'), 'UTC', 'schedule'],
    ['local time counts', { start: '06:00', end: '18:00' }, asked('2026-01-05T05:30:00Z'), 'Europe/Berlin', null],
    ['summer time counts', { start: '06:00', end: '18:00' }, asked('2026-07-06T04:30:00Z'), 'Europe/Berlin', null],
    ['another continent', { start: '06:00', end: '18:00' }, asked('2026-01-05T05:30:00Z'), 'America/Chicago', 'schedule'],
    ['past midnight, evening', { days: ['sat'], start: '22:00', end: '04:00' }, asked('2026-01-10T23:00:00Z'), 'UTC', null],
    ['past midnight, next morning', { days: ['sat'], start: '22:00', end: '04:00' }, asked('2026-01-11T03:00:00Z'), 'UTC', null],
    ['past midnight, the morning before', { days: ['sat'], start: '22:00', end: '04:00' }, asked('2026-01-10T03:00:00Z'), 'UTC', 'schedule'],
    ['the minute before its end', { start: '06:00', end: '18:00' }, asked('2026-01-05T17:59:59Z'), 'UTC', null],
    ['the minute of its end, in which a firewall is closed', { start: '06:00', end: '18:00' }, asked('2026-01-05T18:00:00Z'), 'UTC', 'schedule'],
    ['past midnight, the minute of its end', { days: ['sat'], start: '22:00', end: '04:00' }, asked('2026-01-11T04:00:30Z'), 'UTC', 'schedule'],
    ['until midnight', { days: ['sat'], start: '22:00', end: '00:00' }, asked('2026-01-10T23:59:59Z'), 'UTC', null],
    ['until the end of the day', { days: ['sat'], start: '08:00', end: '24:00' }, asked('2026-01-10T23:59:59Z'), 'UTC', null],
    ['until the end of the day, the next one', { days: ['sat'], start: '08:00', end: '24:00' }, asked('2026-01-11T00:00:00Z'), 'UTC', 'schedule'],
    ['the last second of a whole day', { days: ['mon'] }, asked('2026-01-05T23:59:59Z'), 'UTC', null],
    ['the right weekday', { days: ['mon'] }, asked('2026-01-05T12:00:00Z'), 'UTC', null],
    ['the wrong weekday', { days: ['mon'] }, asked('2026-01-06T12:00:00Z'), 'UTC', 'schedule'],
    ['a day between that is wrong', { days: ['mon'] }, asked('2026-01-05T12:00:00Z', '2026-01-12T12:00:00Z', ['2026-01-05', '2026-01-07', '2026-01-12']), 'UTC', 'schedule'],
    ['a UTC day that touches the right local day is not held against anybody', { days: ['mon'] }, asked('2026-01-05T12:00:00Z', '2026-01-05T20:00:00Z', ['2026-01-05']), 'America/Chicago', null],
    ['an hour between that is outside', { start: '06:00', end: '18:00' }, inHours('2026-01-05T12:00:00Z', '2026-01-09T12:00:00Z', ['2026-01-05', 12], ['2026-01-07', 22], ['2026-01-09', 12]), 'UTC', 'schedule'],
    ['an hour that the window enters', { start: '06:40', end: '18:00' }, inHours('2026-01-05T12:00:00Z', '2026-01-09T12:00:00Z', ['2026-01-05', 12], ['2026-01-07', 6], ['2026-01-09', 12]), 'UTC', null],
    ['a window shorter than a quarter of an hour', { start: '02:05', end: '02:10' }, inHours('2026-01-05T02:06:00Z', '2026-01-09T02:07:00Z', ['2026-01-05', 2], ['2026-01-07', 2], ['2026-01-09', 2]), 'UTC', null],
    ['an hour of the day before, local', { days: ['mon'], start: '00:00', end: '23:59' }, inHours('2026-01-05T12:00:00Z', '2026-01-06T03:00:00Z', ['2026-01-05', 12], ['2026-01-06', 3]), 'America/Chicago', null],
    ['expired', { expires: '2026-01-04' }, asked('2026-01-05T12:00:00Z'), 'UTC', 'expired'],
    ['the last day still counts', { expires: '2026-01-05' }, asked('2026-01-05T23:59:00Z'), 'UTC', null],
  ] as const)('%s', (_, conditions, when, timezone, kind) => {
    expect(scheduleProblem({ ...ALWAYS, ...conditions }, when, timezone)?.kind ?? null).toBe(kind);
  });

  it.each([
    ['two windows that share the hours between them', [{ days: ['sat'], start: '02:00', end: '04:59' }, { days: ['tue'], start: '22:00', end: '23:59' }], inHours('2026-01-06T22:10:00Z', '2026-01-10T03:00:00Z', ['2026-01-06', 22], ['2026-01-10', 3]), []],
    ['an hour that neither has', [{ days: ['sat'], start: '02:00', end: '04:59' }, { days: ['tue'], start: '22:00', end: '23:59' }], inHours('2026-01-06T22:10:00Z', '2026-01-10T03:00:00Z', ['2026-01-06', 22], ['2026-01-08', 3], ['2026-01-10', 3]), ['2026-01-08']],
    ['by day until it expires, then by night', [{ expires: '2026-01-07' }, { start: '20:00', end: '06:00' }], inHours('2026-01-05T12:00:00Z', '2026-01-09T21:00:00Z', ['2026-01-05', 12], ['2026-01-07', 23], ['2026-01-09', 21]), []],
    ['the days after it expired', [{ expires: '2026-01-07' }], inHours('2026-01-05T12:00:00Z', '2026-01-09T21:00:00Z', ['2026-01-05', 12], ['2026-01-08', 23], ['2026-01-09', 21]), ['2026-01-08', '2026-01-09']],
    ['days without hours', [{ days: ['mon'] }, { days: ['wed'], expires: '2026-01-09' }], asked('2026-01-05T12:00:00Z', '2026-01-12T12:00:00Z', ['2026-01-05', '2026-01-06', '2026-01-07', '2026-01-12']), ['2026-01-06']],
    ['nothing holds at any time', [], asked('2026-01-05T12:00:00Z'), ['2026-01-05']],
  ] as const)('several between them: %s', (_, conditions, when, outside) => {
    expect(daysOutside(conditions.map((one) => ({ ...ALWAYS, ...one })), when, 'UTC')).toEqual(outside.map(day));
  });
});
