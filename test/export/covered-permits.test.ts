/** A Permit without a rule of its own: what of it the rule that covers it does not hold. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { loadText } from '../policy/loaded-spec.ts';

const spec = (always: string, conditional: string): string => `
spec_version: 1
zones:
  - {zone_id: CELL, name: cell, networks: [10.20.0.0/24], assets: [{asset_id: PLC, ip: [10.20.0.2]}]}
  - {zone_id: OPS, name: ops, networks: [10.30.0.0/24], assets: [{asset_id: SCADA, ip: [10.30.0.2]}]}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: ALWAYS, protocol: Modbus/TCP, port: 502, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}${always}}
      - {rule_id: THEN, protocol: Modbus/TCP, port: 502, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}${conditional}}
`;

const rowOf = (target: string, always: string, conditional: string): readonly [string | undefined, string | undefined, string | undefined] => {
  const row = exportPlan(exporterOf(target), planOf(loadText(spec(always, conditional)), []), { mode: 'monitor' }).losses.find(({ permit }) => permit === 'THEN');
  return [row?.verdict, row?.widenedTo, row?.reasons.at(-1)];
};

const READ = ', modbus: {function_codes: [3]}';
const WRITE = ', modbus: {function_codes: [16]}';

test.each(['cisco-asa', 'fortios'])('%s: a rule that sees ports only lets a Permit through that is to be switched on', (target) => {
  expect(rowOf(target, READ, `${WRITE}, on_demand: true`)).toEqual(['widened', 'anything on the port; without being switched on', 'lost by that: on demand']);
  expect(rowOf(target, READ, `${WRITE}, schedule: {days: [mon], start: "08:00", end: "16:00"}, on_demand: true`)).toEqual([
    'widened', 'anything on the port; without being switched on; at any time', 'lost by that: on demand, hours',
  ]);
  expect(rowOf(target, READ, `${WRITE}, expires: "2055-12-31"`)[2]).toBe('lost by that: end date');
});

test('a Permit that another one allows anyway loses nothing', () => {
  expect(rowOf('cisco-asa', '', ', on_demand: true')).toEqual(['enforced', '', 'it has no rule of its own: the rule of ALWAYS lets it through']);
});
