import { describe, expect, it } from 'vitest';
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import { onClock } from '../../../src/infer/on-clock.ts';
import type { Conversation } from '../../../src/observation.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { proveProposal } from '../../../src/policy/proof.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { writeSpec } from '../../../src/policy/spec/write.ts';
import { conversation, daysFrom, modbus, MONDAY, observations } from '../../policy/observed.ts';
import { PLAN } from './plan-fixture.ts';

const EXACT = { ...DEFAULT_CONDUIT_OPTIONS, exact: true };
const seen = (...conversations: Conversation[]): ReturnType<typeof observations> => observations(conversations);

describe('a weekly job', () => {
  const sundays = (weeks: number): number[] => Array.from({ length: weeks }, (_, week) => MONDAY + 6 + 7 * week);
  const daily = conversation('10.4.0.1', '10.1.0.2', { port: 123, transport: 'udp', service: 'ntp', days: daysFrom(MONDAY, 63) });
  const backup = (days: readonly number[]): Conversation => conversation('10.4.0.2', '10.1.0.1', { port: 445, service: 'smb', days });
  const conditionsOf = (odd: Conversation, options = DEFAULT_CONDUIT_OPTIONS): unknown => {
    const found = proposeConduits(seen(daily, odd), PLAN, options).permits.find(({ permit }) => permit.to.assets.includes('PLC-1'));
    return found?.permit.conditions;
  };
  const open = { days: [], start: null, end: null };

  it('is tied to its day and the days beside it after eight weeks', () => {
    expect(conditionsOf(backup(sundays(9)))).toMatchObject({ days: ['sat', 'sun', 'mon'], start: null, end: null });
  });

  it.each([
    ['one week was missed', backup(sundays(9).filter((_, week) => week !== 3))],
    ['it was seen on another day too', backup([...sundays(9), MONDAY + 30].sort((a, b) => a - b))],
    ['it is control traffic', modbus('10.4.0.2', '10.1.0.1', [{ code: 3, days: sundays(9) }])],
  ])('is not when %s', (_, odd) => {
    expect(conditionsOf(odd)).toMatchObject(open);
  });

  it('is not with --exact, without schedules, or before eight weeks', () => {
    expect(conditionsOf(backup(sundays(9)), EXACT)).toMatchObject(open);
    expect(conditionsOf(backup(sundays(9)), { ...DEFAULT_CONDUIT_OPTIONS, schedules: false })).toMatchObject(open);
    const short = seen(conversation('10.4.0.1', '10.1.0.2', { port: 123, transport: 'udp', service: 'ntp', days: daysFrom(MONDAY, 49) }), backup(sundays(7)));
    for (const { permit } of proposeConduits(short, PLAN).permits) expect(permit.conditions).toMatchObject(open);
  });

  it.each([
    ['a nightly job', daysFrom(MONDAY, 63), [2, 3], { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], start: '00:00', end: '06:00' }],
    ['a nightly job past midnight', daysFrom(MONDAY, 63), [23, 0], { start: '21:00', end: '03:00' }],
    ['a job of working days', daysFrom(MONDAY, 63).filter((day) => (day - MONDAY) % 7 < 5), [18], { days: ['mon', 'tue', 'wed', 'thu', 'fri'], start: '16:00', end: '21:00' }],
    ['a job of weekends', daysFrom(MONDAY, 63).filter((day) => (day - MONDAY) % 7 > 4), [5], { days: ['sat', 'sun'], start: '03:00', end: '08:00' }],
    ['a weekly job with its hour', sundays(9), [12], { days: ['sun'], start: '10:00', end: '15:00' }],
    ['a weekly job near midnight', sundays(9), [23], { days: ['sat', 'sun', 'mon'], start: null, end: null }],
    ['people of a day shift', daysFrom(MONDAY, 63), [6, 7, 9, 12, 13], open],
    ['people on working days', daysFrom(MONDAY, 63).filter((day) => (day - MONDAY) % 7 < 5), [8, 11, 15], open],
    ['a job that missed one working day', daysFrom(MONDAY, 63).filter((day) => (day - MONDAY) % 7 < 5 && day !== MONDAY + 9), [18], open],
  ])('the hour: %s', (_, days, hours, window) => {
    expect(conditionsOf(conversation('10.4.0.2', '10.1.0.1', { port: 445, service: 'smb', days, hours }))).toMatchObject(window);
  });

  // Sunday evening in Chicago is Monday in UTC.
  it('by the clock of the plant', () => {
    const job = conversation('10.4.0.2', '10.1.0.1', { port: 445, service: 'smb', days: [MONDAY, ...sundays(8).map((day) => day + 1)], hours: [3], firstHour: 3, lastHour: 3 });
    const always = conversation('10.4.0.1', '10.1.0.2', { port: 123, transport: 'udp', service: 'ntp', days: daysFrom(MONDAY, 63), hours: daysFrom(0, 24) });
    const { sensor, ...rest } = seen(always, job);
    const set = { ...rest, sensor: { ...sensor, hours: daysFrom(MONDAY * 24, 63 * 24) } };
    const proposal = proposeConduits(onClock(set, 'America/Chicago'), PLAN);
    const proposed = proposal.permits.find(({ permit }) => permit.to.assets.includes('PLC-1'));
    expect(proposed).toMatchObject({ regime: 'weekly, on Sundays, 21-22 h (America/Chicago)', permit: { conditions: { days: ['sun'], start: '19:00', end: '00:00' } } });
    const { loaded } = parseSpec(writeSpec(proposal), 'spec.yaml');
    if (loaded === null) throw new Error('the proposal does not load');
    expect(loaded.spec.timezone).toBe('America/Chicago');
    expect(diffSpec(loaded, set)).toEqual([]);
    expect(proveProposal(loaded, set).holds).toBe(true);
  });

  it('is not missed on the days of which its hour was not heard: the first and the last of the capture', () => {
    const nightly = conversation('10.4.0.2', '10.1.0.1', { port: 445, service: 'smb', days: daysFrom(MONDAY + 1, 62), hours: [2] });
    const { sensor, ...rest } = seen(daily, nightly);
    const heardFrom = (first: number): unknown => proposeConduits({ ...rest, sensor: { ...sensor, hours: daysFrom(MONDAY * 24 + first, 63 * 24 - first) } }, PLAN)
      .permits.find(({ permit }) => permit.to.assets.includes('PLC-1'))?.permit.conditions;
    expect(heardFrom(8)).toMatchObject({ start: '00:00', end: '05:00' });
    expect(heardFrom(1)).toMatchObject(open);
  });

  it('goes into the file and back without a finding', () => {
    const set = seen(daily, backup(sundays(9)));
    const { loaded } = parseSpec(writeSpec(proposeConduits(set, PLAN)), 'spec.yaml');
    if (loaded === null) throw new Error('the proposal does not load');
    expect(loaded.permits.some(({ permit }) => permit.conditions.days.join() === 'sat,sun,mon')).toBe(true);
    expect(diffSpec(loaded, set)).toEqual([]);
    expect(proveProposal(loaded, set).holds).toBe(true);
  });
});
