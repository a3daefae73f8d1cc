/** Hours of a Permit as the windows of one day each, the day behind its last one, and whose clock both mean. */
import { describe, expect, it } from 'vitest';
import type { Plan, PlanPermit } from '../../src/export/exporter.ts';
import { clockLines, dayAfter, daysLater, deviceClockLines, windowsOf } from '../../src/export/time-window.ts';
import type { Permit, PermitConditions } from '../../src/permit.ts';

const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const permitWith = (conditions: Partial<PermitConditions>): Permit => ({ conditions: { days: [], start: null, end: null, expires: null, onDemand: false, ...conditions } }) as Permit;

describe('windows', () => {
  it.each([
    ['always', {}, []],
    ['some days', { days: ['sat', 'mon'] }, [[['mon', 'sat'], '00:00', '24:00']]],
    ['some hours', { start: '06:00', end: '20:00' }, [[WEEK, '06:00', '20:00']]],
    ['until an hour', { end: '20:00' }, [[WEEK, '00:00', '20:00']]],
    ['from an hour', { days: ['mon'], start: '06:00' }, [[['mon'], '06:00', '24:00']]],
    ['from an hour on every day', { start: '06:00' }, [[WEEK, '06:00', '24:00']]],
    ['until midnight', { days: ['mon'], start: '22:00', end: '00:00' }, [[['mon'], '22:00', '24:00']]],
    ['across midnight', { days: ['sun', 'wed'], start: '22:00', end: '06:00' }, [[['wed', 'sun'], '22:00', '24:00'], [['mon', 'thu'], '00:00', '06:00']]],
    ['a day from noon to noon', { days: ['fri'], start: '12:00', end: '12:00' }, [[['fri'], '12:00', '24:00'], [['sat'], '00:00', '12:00']]],
  ])('%s', (_, conditions, expected) => {
    expect(windowsOf(permitWith(conditions)).map(({ days, start, end }) => [days, start, end])).toEqual(expected);
  });

  it.each([[1, ['mon', 'thu']], [0, ['wed', 'sun']], [-1, ['tue', 'sat']], [-7, ['wed', 'sun']]])('days that are %i later', (count, expected) => {
    expect(daysLater(['sun', 'wed'], count)).toEqual(expected);
  });
});

it.each([
  ['2026-12-31', 2027, 1, 1], ['2026-02-28', 2026, 3, 1], ['2028-02-28', 2028, 2, 29], ['2026-11-30T12:00:00Z', 2026, 12, 1], ['2026-01-01', 2026, 1, 2],
])('behind %s comes', (date, year, month, day) => {
  expect(dayAfter(date)).toEqual({ year, month, day });
});

it('the clock is told where a Permit has hours or a last day, and nowhere else', () => {
  const linesOf = (conditions: Partial<PermitConditions>, timezone: string): string[] => clockLines({ permits: [{ permit: permitWith({}) }, { permit: permitWith(conditions) }] as PlanPermit[], timezone } as unknown as Plan);
  expect(linesOf({}, 'Europe/Berlin')).toEqual([]);
  for (const conditions of [{ days: ['mon'] }, { expires: '2027-01-01' }]) expect(linesOf(conditions, 'Europe/Berlin')).toEqual(['Hours and dates of the Permits are those of Europe/Berlin.']);
  expect(linesOf({ days: ['mon'] }, '')).toEqual(['Hours and dates of the Permits are those of UTC.']);
  expect(deviceClockLines({ permits: [{ permit: permitWith({ days: ['mon'] }) }] as PlanPermit[], timezone: 'UTC' } as unknown as Plan)).toEqual(['Hours and dates of the Permits are those of UTC. Set the device to that time zone, with its daylight saving time.']);
});
