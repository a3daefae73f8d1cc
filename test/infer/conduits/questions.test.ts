/** What a Permit asks a person, and what it says of when it was seen. */
import { describe, expect, it } from 'vitest';
import { proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import { onClock } from '../../../src/infer/on-clock.ts';
import type { Conversation } from '../../../src/observation.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { writeSpec } from '../../../src/policy/spec/write.ts';
import { conversation, daysFrom, modbus, MONDAY, observations } from '../../policy/observed.ts';
import { PLAN } from './plan-fixture.ts';

const seen = (...conversations: Conversation[]): ReturnType<typeof observations> => observations(conversations);

describe('a Permit', () => {
  it('lets all that a temporary device asked through until it left, also what it asked on the first day only', () => {
    const set = seen(modbus('10.7.0.1', '10.1.0.1', [{ code: 3, days: [MONDAY + 3, MONDAY + 4] }]), conversation('10.7.0.1', '10.1.0.1', { port: 80, service: 'http', days: [MONDAY + 3] }));
    expect(proposeConduits(set, PLAN).permits.map(({ permit }) => permit.conditions.expires)).toEqual(['2026-01-09', '2026-01-09']);
  });

  it('lets it through until it left by the clock of the spec, on which the last day may be another', () => {
    const set = seen(conversation('10.7.0.1', '10.1.0.1', { port: 80, service: 'http', days: [MONDAY + 3], hours: [20], firstHour: 20, lastHour: 20 }));
    const proposal = proposeConduits(onClock(set, 'Asia/Tokyo'), PLAN);
    expect(proposal.permits.map(({ permit }) => permit.conditions.expires)).toEqual(['2026-01-09']);
    const { loaded } = parseSpec(writeSpec(proposal), 'spec.yaml');
    expect(diffSpec(loaded!, set)).toEqual([]);
  });

  it('for who calls a temporary device after it left holds until the call, and the others until it left', () => {
    const call = conversation('10.4.0.1', '10.7.0.1', { port: 514, transport: 'udp', service: 'syslog', days: [MONDAY + 10], oneWay: true });
    const set = seen(modbus('10.7.0.1', '10.1.0.1', [{ code: 3, days: [MONDAY + 3] }]), call);
    const proposal = proposeConduits(set, PLAN);
    expect(proposal.permits.map(({ permit }) => [permit.from.assets.join(), permit.conditions.expires])).toEqual([['LAPTOP', '2026-01-08'], ['HIST', '2026-01-15']]);
    expect(diffSpec(parseSpec(writeSpec(proposal), 'spec.yaml').loaded!, set)).toEqual([]);
  });

  it('says of each Permit when just that was seen, not when anything of the two was', () => {
    const set = seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }, { code: 3, unit: 7, ranges: [[500, 509]], days: [MONDAY + 26, MONDAY + 27] }]));
    expect(proposeConduits(set, PLAN).permits.map(({ permit: { modbus: asked, evidence } }) => [asked?.unitIds.join(), evidence?.days, evidence?.firstSeen?.slice(0, 10), evidence?.requests])).toEqual([
      ['1', 28, '2026-01-05', 2800], ['7', 2, '2026-01-31', 200],
    ]);
  });

  it('counts a connection once, whatever was asked in it', () => {
    const set = seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }, { code: 6, ranges: [[5, 5]] }]));
    expect(proposeConduits(set, PLAN).permits.map(({ permit, connections }) => [permit.access.join(), connections])).toEqual([['read,write', 28]]);
  });

  it('says when a function code that asks the device was used to change it', () => {
    const talk = modbus('10.3.0.1', '10.1.0.1', [{ code: 3 }, { code: 8, days: [MONDAY + 3] }]);
    const set = seen({ ...talk, operations: talk.operations.map((one) => (one.function === 8 ? { ...one, access: 'control' as const } : one)) });
    expect(proposeConduits(set, PLAN).permits.flatMap(({ question }) => question ?? [])).toEqual([{ kind: 'double-use', sentence: expect.stringMatching(/^shares a function code .* Seen on 2026-01-08\.$/) as string }]);
  });

  it('asks who opens a connection that was open before anybody listened, where nothing names the service', () => {
    const midstream = { port: 50_123, service: '', direction: { by: 'first-packet', confidence: 0.5 } } as const;
    const unnamed = (one: Conversation): Conversation => ({ ...one, service: { name: one.service.name, by: one.service.name === '' ? 'none' : 'port' } });
    const kindOf = (asked: Parameters<typeof conversation>[2]): unknown[] => proposeConduits(seen(unnamed(conversation('10.4.0.1', '10.3.0.1', asked))), PLAN).permits.map(({ permit, question }) => [permit.decision, question?.kind]);
    expect(kindOf(midstream)).toEqual([['pending', 'unsure-direction']]);
    expect(kindOf({ ...midstream, direction: { by: 'handshake', confidence: 0.98 } })).toEqual([['approved', undefined]]);
    expect(kindOf({ ...midstream, direction: { by: 'port', confidence: 0.8 } })).toEqual([['pending', 'unsure-direction']]);
    expect(kindOf({ ...midstream, port: 9600, direction: { by: 'port', confidence: 0.8 } })).toEqual([['approved', undefined]]);
    expect(kindOf({ ...midstream, service: 'pi', port: 5450 })).toEqual([['approved', undefined]]);
    expect(kindOf({ ...midstream, transport: 'icmp', port: 0, service: 'icmp' })).toEqual([['approved', undefined]]);
  });

  it('asks about a write to one unit that was seen once, of a pair that writes to another every day', () => {
    const set = seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 16, ranges: [[0, 9]] }, { code: 16, unit: 7, ranges: [[500, 509]], days: [MONDAY + 9] }]));
    expect(proposeConduits(set, PLAN).permits.map(({ permit, question }) => [permit.modbus?.unitIds.join(), permit.decision, question?.sentence.slice(-25)])).toEqual([['1', 'approved', undefined], ['7', 'pending', 'take? Seen on 2026-01-14.']]);
  });

  it('asks whether a station that programs on most days will end', () => {
    const days = daysFrom(MONDAY, 20);
    const { permits } = proposeConduits(seen(modbus('10.5.0.1', '10.1.0.1', [{ code: 3, days }, { code: 90, days }])), PLAN);
    expect(permits.filter(({ permit }) => !permit.conditions.onDemand).map(({ permit, question }) => [permit.access.join(), permit.decision, question?.kind])).toEqual([['read', 'approved', undefined], ['program', 'pending', 'programming']]);
  });
});
