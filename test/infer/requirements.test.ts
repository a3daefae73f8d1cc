/** Which requirement or practice each crossing of two zones is against: all rules at once, so that none holds beside the one that is meant. */
import { expect, it } from 'vitest';
import type { ZoneKind } from '../../src/infer/proposal.ts';
import { FLOW_RULES, type Crossing } from '../../src/infer/requirements.ts';
import { conversation } from '../policy/observed.ts';

interface Asked {
  readonly service?: string;
  readonly does?: 'writes' | 'engineers';
  readonly sameZone?: boolean;
  readonly facts?: readonly (readonly [string, string])[];
}

const against = (from: ZoneKind, to: ZoneKind, { service = 'modbus', does, sameZone = false, facts = [] }: Asked): string[] => {
  const link: Crossing['link'] = { service, writes: does === 'writes', engineers: does === 'engineers', conversation: conversation('10.0.0.1', '10.0.0.2', { service, facts }) };
  return FLOW_RULES.filter(({ holds }) => holds({ link, from, to, sameZone })).map(({ id }) => id);
};

it.each<readonly [ZoneKind, ZoneKind, Asked, readonly string[]]>([
  ['supervisory', 'cell', { does: 'writes' }, []],
  ['engineering', 'cell', { does: 'engineers' }, []],
  ['dmz', 'operations', { service: 'https' }, []],
  ['operations', 'dmz', { service: 'https' }, []],
  ['enterprise', 'dmz', { service: 'ssh' }, []],
  ['dmz', 'enterprise', { service: 'https' }, []],
  ['enterprise', 'external', { service: 'https' }, []],
  // Business and plant: no answer to a name or a time comes from there either, but to where nothing writes to a process.
  ['enterprise', 'cell', {}, ['enterprise-direct']],
  ['enterprise', 'operations', { service: 'dns' }, ['enterprise-direct']],
  ['operations', 'enterprise', { service: 'https' }, ['enterprise-direct']],
  ['operations', 'enterprise', { service: 'dns' }, []],
  ['supervisory', 'enterprise', { service: 'ntp' }, []],
  ['cell', 'enterprise', { service: 'ntp' }, ['enterprise-direct']],
  ['safety', 'enterprise', { service: 'ntp' }, ['enterprise-direct']],
  ['enterprise', 'operations', { service: 'rdp' }, ['enterprise-direct', 'outside-administration']],
  ['external', 'operations', { service: 'ssh' }, ['internet', 'outside-administration']],
  ['external', 'cell', {}, ['internet']],
  ['cell', 'external', { service: 'ntp' }, ['internet']],
  ['dmz', 'external', { service: 'https' }, []],
  ['external', 'dmz', { service: 'ssh' }, []],
  ['operations', 'cell', { service: 'ssh' }, []],
  // Safety: only a read of values, and what keeps its clock and its state known.
  ['supervisory', 'safety', {}, []],
  ['supervisory', 'safety', { service: 'opcua' }, []],
  ['supervisory', 'safety', { service: 'snmp' }, []],
  ['supervisory', 'safety', { service: 'http' }, ['safety-not-read-only']],
  ['supervisory', 'safety', { does: 'writes' }, ['safety-write', 'safety-not-read-only']],
  ['engineering', 'safety', { does: 'engineers' }, ['safety-write', 'safety-not-read-only']],
  ['safety', 'cell', {}, ['safety-not-read-only']],
  ['safety', 'supervisory', { does: 'writes' }, ['safety-not-read-only']],
  ['safety', 'operations', { service: 'ntp' }, []],
  ['safety', 'safety', { does: 'writes', sameZone: true }, []],
  ['safety', 'safety', { service: 'http' }, []],
  // Apart by ZCR 3.4 to 3.6.
  ['temporary', 'cell', { service: 'http' }, ['temporary-session']],
  ['temporary', 'dmz', { service: 'http' }, []],
  ['cell', 'temporary', { service: 'http' }, []],
  ['wireless', 'cell', {}, ['wireless-to-cell']],
  ['wireless', 'safety', {}, ['wireless-to-cell']],
  ['wireless', 'supervisory', {}, []],
  ['cell', 'wireless', {}, []],
  ['remote', 'cell', {}, ['remote-to-cell']],
  ['cell', 'remote', {}, ['remote-to-cell']],
  ['remote', 'supervisory', {}, []],
  ['supervisory', 'remote', { does: 'writes' }, []],
  // Who writes to controllers.
  ['operations', 'cell', {}, []],
  ['operations', 'cell', { does: 'writes' }, ['operations-write']],
  ['operations', 'remote', { does: 'writes' }, ['operations-write']],
  ['operations', 'supervisory', { does: 'writes' }, []],
  ['cell', 'cell', { does: 'writes' }, ['cross-cell-write']],
  ['cell', 'cell', {}, []],
  ['cell', 'cell', { does: 'writes', sameZone: true }, []],
  ['supervisory', 'cell', { service: 'opcua', facts: [['opcua.mode', 'None']] }, ['opcua-insecure-conduit']],
  ['supervisory', 'cell', { service: 'opcua', facts: [['opcua.policy', 'http://opcfoundation.org/UA/SecurityPolicy#None']] }, ['opcua-insecure-conduit']],
  ['supervisory', 'cell', { service: 'opcua', facts: [['opcua.policy', 'None']] }, ['opcua-insecure-conduit']],
  ['supervisory', 'cell', { service: 'opcua', facts: [['opcua.mode', 'Sign'], ['opcua.policy', 'Basic256']] }, []],
  ['supervisory', 'cell', { service: 'opcua', facts: [['opcua.mode', 'None']], sameZone: true }, []],
  ['supervisory', 'cell', { service: 'http', facts: [['opcua.mode', 'None']] }, []],
])('%s -> %s, %j: %j', (from, to, asked, rules) => {
  expect(against(from, to, asked)).toEqual(rules);
});

it('what is a requirement cites its clause, and what is none says so', () => {
  for (const { id, requirement, citation, severity } of FLOW_RULES) {
    if (requirement) expect(citation, id).toMatch(/^IEC 62443-3-[23] (ZCR|SR) \d/);
    expect(['critical', 'high', 'medium', 'low']).toContain(severity);
  }
  expect(FLOW_RULES.filter(({ requirement }) => !requirement).map(({ id }) => id)).toEqual(['outside-administration', 'operations-write', 'cross-cell-write', 'opcua-insecure-conduit']);
});
