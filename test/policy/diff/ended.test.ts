/** What was used at first and not since: as by a laptop that was there to commission. */
import { describe, expect, it } from 'vitest';
import { endedDaysAgo } from '../../../src/infer/captured-days.ts';
import { proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import type { Conversation, ObservationSet } from '../../../src/observation.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { acceptFindings } from '../../../src/policy/edit/accept.ts';
import { GENERIC_FIREWALLS } from '../../../src/policy/match/firewall-semantics.ts';
import { simulate } from '../../../src/policy/simulate.ts';
import { writeSpec } from '../../../src/policy/spec/write.ts';
import { PLAN } from '../../infer/conduits/plan-fixture.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, daysFrom, modbus, MONDAY, observations } from '../observed.ts';

const WEEK = daysFrom(MONDAY, 5);
const ALL = daysFrom(MONDAY, 28);
const poll = modbus('10.4.0.1', '10.1.0.1', [{ code: 3, days: ALL }]);
const commissioning = (days = WEEK): Conversation => modbus('10.5.0.1', '10.1.0.1', [{ code: 16, days }]);
const fourWeeks = (...more: Conversation[]): ObservationSet => observations([poll, ...more], ALL);

describe('ended', () => {
  it.each([
    ['every day of the first week of four', WEEK, ALL, 23],
    ['every day', ALL, ALL, 0],
    ['in the last week of four', daysFrom(MONDAY + 21, 5), ALL, 0],
    ['on two days at first: a job of the month, perhaps', [MONDAY, MONDAY + 1], ALL, 0],
    ['on four days of the first half: chance may part them so', [0, 4, 9, 13].map((day) => MONDAY + day), ALL, 0],
    ['not for thirteen days', daysFrom(MONDAY, 15), ALL, 0],
    ['days on which nobody listened count for nothing', WEEK, [...WEEK, ...daysFrom(MONDAY + 20, 8)], 0],
    ['never', [], ALL, 0],
  ])('%s', (_, days, captured, ago) => {
    expect(endedDaysAgo(days, captured)).toBe(ago);
  });
});

describe('a rule of the commissioning week', () => {
  const approved = writeSpec(proposeConduits(observations([modbus('10.4.0.1', '10.1.0.1', [{ code: 3, days: WEEK }]), commissioning()], WEEK), PLAN)).replaceAll('decision: pending', 'decision: approved').replaceAll(/^ +on_demand: true\n/gm, '');
  const loaded = loadText(approved);
  const told = (set: ObservationSet): string[] => diffSpec(loaded, set).flatMap(({ type, permit, severity, title, detail }) => (type === 'ended-permit' ? [`${permit} ${severity} ${title}: ${detail}`] : []));
  const PERMIT = 'C-CELL-1-ENG-001';

  it('is told weeks later, with its days and who was heard since', () => {
    expect(told(fourWeeks(commissioning()))).toEqual([`${PERMIT} medium ${PERMIT} (ENG -> CELL-1, Modbus/TCP) was not used in the last 23 days: Used on 5 days, last on 2026-01-09; nobody of the client side was heard since.`]);
    expect(told(fourWeeks(commissioning(), conversation('10.5.0.1', '10.4.0.1', { port: 445, service: 'smb' })))[0]).toContain('; both sides were heard since.');
  });

  it('is not told while it is used', () => {
    expect([told(fourWeeks(commissioning([...WEEK, MONDAY + 20]))), told(observations([commissioning()], WEEK))]).toEqual([[], []]);
  });

  it('is told with less weight where the sensor may have missed it', () => {
    const set = fourWeeks(commissioning());
    const [deaf] = told({ ...set, sensor: { ...set.sensor, deafHours: set.sensor.hours.filter((hour) => hour % 8 === 0) } });
    expect(deaf).toMatch(/ info .*84 of 672 hours were heard badly/);
    expect(told(observations([conversation('10.4.0.1', '10.4.0.2'), commissioning()], ALL))[0]).toMatch(/ info .*nobody of either side was heard since/);
  });

  it('goes on demand when it is accepted, and what was seen of it is no finding then', () => {
    const set = fourWeeks(commissioning());
    const { text, results } = acceptFindings(approved, set, diffSpec(loaded, set).filter(({ type }) => type === 'ended-permit'), { decision: 'approved', owner: 'A. Keller' });
    expect(results.map(({ sentence }) => sentence)).toEqual([`rule ${PERMIT} is on demand`]);
    expect(loadText(text).permits.find(({ permit }) => permit.id === PERMIT)?.permit).toMatchObject({ owner: 'A. Keller', conditions: { onDemand: true } });
    expect(diffSpec(loadText(text), set).map(({ type }) => type)).toEqual([]);
  });

  it('stands in the order of the cut-over', () => {
    const { cutover } = simulate(contextOf(loaded, fourWeeks(commissioning())), GENERIC_FIREWALLS[0]);
    expect(cutover.find(({ conduit }) => conduit === 'C-CELL-1-ENG')?.reason).toBe('nothing would have been blocked; 1 of its 2 rules was never used; 1 of its 2 rules was used at first and not in the last 23 days');
  });
});

it('a proposal from all of the weeks asks about it, and its own diff has nothing more to say', () => {
  const backup = conversation('10.4.0.1', '10.4.0.2', { port: 873, service: 'rsync' });
  const set = fourWeeks(backup, conversation('10.3.0.1', '10.4.0.1', { port: 5432, service: 'postgresql', days: WEEK }), conversation('10.3.0.1', '10.4.0.1', { port: 5450, service: 'pi' }));
  const proposal = proposeConduits(set, PLAN);
  expect(proposal.permits.flatMap(({ permit, question }) => (question?.kind === 'ended' ? [`${permit.decision} ${permit.service.protocol} ${question.sentence}`] : []))).toEqual([
    'pending postgresql was asked at first and not any more in the last two weeks or longer: did it belong to commissioning or to a repair (then make it on_demand), or will it be needed again? Seen on 2026-01-05, 2026-01-06, 2026-01-07, 2026-01-08, 2026-01-09.',
  ]);
  expect(diffSpec(loadText(writeSpec(proposal)), set)).toEqual([]);
});
