/** Frames of a serial line in TCP: the Permit says operations, no firewall reads them, and every row says so. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf, listTargets } from '../../src/export/registry.ts';
import { parseSpec, type LoadedSpec } from '../../src/policy/spec/load.ts';
import { planFrom } from '../../src/policy/verify/plan.ts';

const specWith = (protocol: string): string => `
spec_version: 1
zones:
  - {zone_id: CELL, name: cell, assets: [{asset_id: GATEWAY, ip: [10.1.0.1]}]}
  - {zone_id: OPS, name: ops, assets: [{asset_id: SCADA, ip: [10.4.0.1]}]}
conduits:
  - conduit_id: K
    connects: [CELL, OPS]
    mode: enforce
    protocols_allowed:
      - {rule_id: K-1, protocol: ${protocol}, transport: tcp, port: 4001, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [GATEWAY]}, access: read, modbus: {function_codes: [3], unit_ids: [1]}}
`;

const loadedWith = (protocol: string): LoadedSpec => {
  const { loaded } = parseSpec(specWith(protocol), 'spec.yaml');
  if (loaded === null) throw new Error('the spec does not load');
  return loaded;
};

const FILTERS = listTargets().map(({ name }) => exporterOf(name)).filter(({ name, filters, modes }) => filters && name !== 'data-diode' && modes.includes('enforce'));

test.each(FILTERS.map(({ name }) => name))('%s lets the port through, looks for no header in it, and says so', (target) => {
  const { losses } = exportPlan(exporterOf(target), planOf(loadedWith('Modbus RTU over TCP'), []), { mode: 'enforce', allowWider: true });
  const [row] = losses;
  expect({ verdict: row.verdict, effects: row.effects.map(({ modbus }) => modbus) }).toEqual({ verdict: 'widened', effects: [null] });
  expect(row.reasons.join()).toContain('Modbus is not inspected here: FC 3, unit 1 cannot be held');
  const ofTcp = exportPlan(exporterOf(target), planOf(loadedWith('Modbus/TCP'), []), { mode: 'enforce', allowWider: true }).losses[0];
  // The same Permit of Modbus/TCP is inspected wherever the target can.
  const { modbusFunction } = exporterOf(target).capabilities;
  expect(ofTcp.effects.every(({ modbus }) => modbus !== null)).toBe(modbusFunction);
});

test('some target inspects Modbus/TCP, so that the test above compares', () => {
  expect(FILTERS.filter(({ capabilities }) => capabilities.modbusFunction).map(({ name }) => name)).toEqual(expect.arrayContaining(['suricata', 'panos', 'tofino']));
});

test('no question with an MBAP header is sent to a serial line', () => {
  const kinds = (protocol: string): string[] => planFrom(loadedWith(protocol), 'OPS', '10.4.0.1').vantages.flatMap(({ steps }) => steps.map(({ kind }) => kind));
  expect(kinds('Modbus RTU over TCP')).toEqual(['tcp-open']);
  expect(kinds('Modbus/TCP')).toContain('modbus-read');
});
