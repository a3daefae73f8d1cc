/** Test captures: what is expected of a firewall is what one can do. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../../src/export/export-plan.ts';
import { planOf } from '../../../src/export/plan.ts';
import { judgeOf, letsThrough } from '../../../src/export/permit-judge.ts';
import { testPcaps } from '../../../src/export/targets/test-pcaps.ts';
import { exporterOf } from '../../../src/export/registry.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { everywherePlan, hostilePlan, plantPlan } from '../plant.ts';
import { sampleFlows, sampleModbusFlows } from '../sample-flows.ts';

const SPEC = `
spec_version: 1
timezone: Europe/Berlin
zones:
  - {zone_id: CELL, name: Cell, networks: ["192.168.10.0/24", "fd00:10::/64"], assets: [{asset_id: PLC, ip: ["192.168.10.11", "fd00:10::11"]}]}
  - {zone_id: OPS, name: Ops, networks: ["192.168.30.0/24"]}
  - {zone_id: NET, name: Internet, kind: external, networks: ["0.0.0.0/0", "::/0"]}
conduits:
  - conduit_id: K1
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: K1-ALL, protocol: BACnet, transport: udp, port: 47808, client: {zone: OPS}, server: {zone: CELL, addresses: ["192.168.10.255", "255.255.255.255"]}}
      - {rule_id: K1-SOME, protocol: BACnet, transport: udp, port: 47809, client: {zone: OPS}, server: {zone: CELL, addresses: ["192.168.10.11", "255.255.255.255"]}}
      - {rule_id: K1-GROUP, protocol: GVCP, transport: udp, port: 3956, client: {zone: OPS}, server: {zone: CELL, addresses: ["239.1.2.3", "224.0.0.251"]}}
  - conduit_id: K2
    connects: [CELL, NET]
    protocols_allowed:
      - {rule_id: K2-OUT, protocol: HTTPS, transport: tcp, port: 443, client: {zone: CELL, assets: [PLC]}, server: {zone: NET}, expires: "2030-12-31"}
      - {rule_id: K2-IN, protocol: HTTPS, transport: tcp, port: 443, client: {zone: NET}, server: {zone: CELL, assets: [PLC]}}
`;

const exported = (): { readonly rows: readonly string[][]; readonly readme: string } => {
  const { loaded } = parseSpec(SPEC, 'spec.yaml');
  if (loaded === null) throw new Error('the spec does not load');
  const { files } = exportPlan(testPcaps, planOf(loaded, ['test']));
  const textOf = (path: string): string => String(files.find((file) => file.path === path)?.content);
  return { rows: textOf('expectations.csv').trimEnd().split('\n').slice(1).map((line) => line.split(',')), readme: textOf('README.md') };
};

const ofPermit = (permit: string): { expected: string; client: string; server: string }[] =>
  exported().rows.filter((row) => row[1] === permit).map(([, , expected = '', client = '', , server = '']) => ({ expected, client, server }));

test('the Internet is played by addresses that a host may have', () => {
  for (const permit of ['K2-OUT', 'K2-IN']) {
    const ends = ofPermit(permit).flatMap(({ client, server }) => [client, server]);
    expect(ends.length).toBeGreaterThan(6);
    for (const end of ends) expect(end).not.toMatch(/^(?:0|127|22[4-9]|2[34]\d|25\d)\.|^::|^f[ef]/);
  }
});

test('nothing is expected of broadcasts and multicast of a link, and nothing comes from a group', () => {
  expect(ofPermit('K1-ALL')).toEqual([]);
  expect(ofPermit('K1-SOME').map(({ server }) => server)).not.toContain('255.255.255.255');
  expect(ofPermit('K1-GROUP')).toContainEqual({ expected: 'pass', client: '192.168.30.1', server: '239.1.2.3' });
  expect(ofPermit('K1-GROUP').flatMap(({ client, server }) => [client, server])).not.toContain('224.0.0.251');
  expect(ofPermit('K1-GROUP').map(({ client }) => client)).not.toContain('239.1.2.3');
});

test('the README says what is not played, and by which clock an end date holds', () => {
  expect(exported().readme).toContain('Modbus alone is spoken.');
  expect(exported().readme).toContain('Hours and dates of the Permits are those of Europe/Berlin.');
});

test('what few of many effects name is judged as all of them would', () => {
  for (const plan of [plantPlan(), hostilePlan(), everywherePlan()]) {
    const effects = exportPlan(exporterOf('nftables'), plan, { mode: 'enforce', allowWider: true }).losses.flatMap((row) => row.effects);
    const judge = judgeOf(effects);
    for (const flow of [...sampleFlows(plan), ...sampleModbusFlows(plan)]) expect(judge(flow)).toBe(letsThrough(effects, flow));
  }
});
