/** A scan is one finding: a thousand of them hide the one that matters, and no rule comes of it. */
import { expect, test } from 'vitest';
import type { Conversation } from '../../../src/observation.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { acceptFindings, meaningOf } from '../../../src/policy/edit/accept.ts';
import { loadText } from '../loaded-spec.ts';
import { addressRecord, conversation, modbus, MONDAY, observations } from '../observed.ts';

const SPEC = `spec_version: 1
timezone: UTC
zones:
  - {zone_id: CELL, name: Cell, kind: control, networks: [10.2.0.0/24], assets: [{asset_id: PLC, role: plc, ip: [10.2.0.1]}]}
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: EWS, role: ews, ip: [10.3.0.3]}]}
  - {zone_id: ENT, name: Enterprise, kind: enterprise, assets: [{asset_id: PC, role: enterprise, ip: [10.5.0.7]}]}
conduits:
  - conduit_id: C1
    connects: [OPS, CELL]
    protocols_allowed:
      - {rule_id: R-1, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS, assets: [EWS]}, server: {zone: CELL, assets: [PLC]}, access: [read]}
`;

const knock = (client: string, server: string, transport: 'tcp' | 'udp', port: number): Conversation =>
  ({ ...conversation(client, server, { transport, port, service: '', answered: false, days: [MONDAY + 1] }), requests: 0, packets: { toServer: 1, toClient: 0 } });
const ports = (client: string, transport: 'tcp' | 'udp'): Conversation[] => Array.from({ length: 60 }, (_, i) => knock(client, '10.2.0.1', transport, 100 + i));
const found = (seen: readonly Conversation[]) => diffSpec(loadText(SPEC), observations([modbus('10.3.0.3', '10.2.0.1'), ...seen], undefined, ['10.2.0.1', '10.3.0.3', '10.5.0.7'].map((address) => addressRecord(address))));

test.each([
  ['TCP ports', ports('10.3.0.3', 'tcp'), 'EWS (10.3.0.3) -> PLC (10.2.0.1): a scan of 60 TCP ports is not declared'],
  ['UDP ports', ports('10.3.0.3', 'udp'), 'EWS (10.3.0.3) -> PLC (10.2.0.1): a scan of 60 UDP ports is not declared'],
  ['addresses without a device', Array.from({ length: 60 }, (_, i) => knock('10.3.0.3', `10.9.0.${i + 1}`, 'tcp', 102)), 'EWS (10.3.0.3): a scan of TCP port 102 of 60 addresses is not declared'],
])('a scan of %s is one finding', (_, scan, title) => {
  const findings = found(scan);
  expect(findings.map((one) => [one.type, one.severity, one.title])).toEqual([['undeclared-conversation', 'medium', title]]);
  expect(findings[0]).toMatchObject({ seenMore: 40, detail: expect.stringContaining('none answered') });
});

test('a discovery is one finding, a few addresses that nobody has are one each', () => {
  const asked = (count: number): Conversation[] => Array.from({ length: count }, (_, i) => conversation('10.3.0.3', `10.9.0.${i + 1}`, { transport: 'udp', port: 161, service: 'snmp', answered: false, days: [MONDAY + 1] }));
  const [finding, ...rest] = found(asked(60));
  expect(rest).toEqual([]);
  expect(finding).toMatchObject({ type: 'undeclared-conversation', title: 'EWS (10.3.0.3): snmp (udp/161) at 60 addresses where nobody answered is not declared', server: null, seenMore: 40 });
  expect(meaningOf(finding)).toHaveProperty('does');
  expect(acceptFindings(SPEC, observations(asked(60)), [finding], { decision: 'approved', owner: 'A. Keller' }).results[0].done).toBe(false);
  expect(found(asked(3)).map(({ server }) => server)).toEqual(['10.9.0.1', '10.9.0.2', '10.9.0.3']);
});

test('what was asked beside a scan is told by itself, and a scan that breaks a requirement by that', () => {
  const findings = found([...ports('10.5.0.7', 'udp'), modbus('10.3.0.3', '10.2.0.1', [{ code: 6 }], { days: [MONDAY + 2] })]);
  expect(findings.map((one) => [one.type, one.severity])).toEqual([['undeclared-operation', 'high'], ['requirement-violation', 'high']]);
});

test('no rule comes of a scan, neither accepted nor rejected', () => {
  const [finding] = found(ports('10.3.0.3', 'tcp'));
  expect(meaningOf(finding)).toHaveProperty('whyNot');
  for (const decision of ['approved', 'rejected'] as const) {
    expect(acceptFindings(SPEC, observations(ports('10.3.0.3', 'tcp')), [finding], { owner: 'A. Keller', decision })).toMatchObject({ text: SPEC, results: [{ done: false }] });
  }
});
