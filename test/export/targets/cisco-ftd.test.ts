/** The access policy worksheet of FTD: what does not go into one condition. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../../src/export/export-plan.ts';
import { planOf } from '../../../src/export/plan.ts';
import { exporterOf } from '../../../src/export/registry.ts';
import { loadText } from '../../policy/loaded-spec.ts';

const spec = (devices: number): string => `
spec_version: 1
zones:
  - {zone_id: CELL, name: cell, assets: [${Array.from({ length: devices }, (_, n) => `{asset_id: IO-${n}, ip: [10.20.0.${2 * n + 1}]}`).join(', ')}]}
  - {zone_id: OPS, name: ops, assets: [{asset_id: NMS, ip: [10.30.0.2]}]}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: SNMP, protocol: SNMP, transport: udp, port: 161, client: {zone: OPS, assets: [NMS]}, server: {zone: CELL}}
`;

const PROTOCOLS = `
spec_version: 1
zones:
  - {zone_id: CELL, name: cell, assets: [{asset_id: PLC, ip: [10.20.0.1]}]}
  - {zone_id: OPS, name: ops, assets: [{asset_id: HMI, ip: [10.30.0.2]}]}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: UA, protocol: OPC UA, transport: tcp, port: 48010, client: {zone: OPS, assets: [HMI]}, server: {zone: CELL}, opcua: {security_mode: [Sign], security_policy: [Basic256Sha256], services: [Read]}}
`;
const CIP = '      - {rule_id: CIP, protocol: EtherNet/IP, transport: tcp, port: 44819, client: {zone: OPS, assets: [HMI]}, server: {zone: CELL}, cip: {services: [1]}}\n';
const filesOf = (text: string): ReadonlyMap<string, string> =>
  new Map(exportPlan(exporterOf('cisco-ftd'), planOf(loadText(text), []), { mode: 'enforce', allowWider: true }).files.map(({ path, content }) => [path, String(content)]));

test('inspectors are bound to every port on which a rule looks into the protocol', () => {
  const lua = filesOf(PROTOCOLS + CIP).get('snort3-inspectors.lua') ?? '';
  expect(lua).toContain("ports = '4840 48010' }, use = { type = 'opcua' }");
  expect(lua).toContain("ports = '44818 44819' }, use = { type = 'cip' }");
});

test('where a rule looks into CIP, the README says which default action the inspector bears', () => {
  expect(filesOf(PROTOCOLS + CIP).get('README.md')).toContain('never "Block All Traffic" or "Trust All Traffic": the CIP inspector supports neither');
  expect(filesOf(PROTOCOLS).get('README.md')).not.toContain('Block All Traffic');
});

test('more entries than a condition takes have to become a group, which the README says before the rules are entered', () => {
  const run = (devices: number) => {
    const { files, losses } = exportPlan(exporterOf('cisco-ftd'), planOf(loadText(spec(devices)), []), { mode: 'enforce' });
    return { readme: String(files.find(({ path }) => path === 'README.md')?.content), row: losses[0] };
  };
  expect(run(50).row?.reasons).toEqual([]);
  expect(run(50).readme).not.toContain('object groups');
  const { readme, row } = run(51);
  expect(row?.verdict).toBe('enforced');
  expect(row?.reasons).toEqual(['51 destination networks, and a condition of a rule takes 50: make an object group of them and enter that']);
  expect(readme.indexOf('first make object groups of the longer lists of SNMP')).toBeGreaterThan(0);
  expect(readme.indexOf('first make object groups')).toBeLessThan(readme.indexOf('Enter the rules of access-policy.csv'));
});
