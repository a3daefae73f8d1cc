/** A Permit without a rule of its own: what of it the rule that covers it does not hold. */
import { expect, test } from 'vitest';
import { coverage } from '../../src/export/covered-permits.ts';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { LossRow, PlanPermit } from '../../src/export/exporter.ts';
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
  expect(rowOf(target, READ, `${WRITE}, expires: "2030-12-31"`)[2]).toBe('lost by that: end date');
});

test('a Permit that another one allows anyway loses nothing', () => {
  expect(rowOf('cisco-asa', '', ', on_demand: true')).toEqual(['enforced', '', 'it has no rule of its own: the rule of ALWAYS lets it through']);
});

test('of three that cover one another, the rule that is written is named, and what it does not hold is lost by all', () => {
  const monday = ', schedule: {days: [mon], start: "08:00", end: "16:00"}';
  const rule = (id: string, client: string, more: string): string => `      - {rule_id: ${id}, protocol: Modbus/TCP, port: 502, client: {zone: OPS${client}}, server: {zone: CELL, assets: [PLC]}${more}}\n`;
  const three = [rule('ONE', ', assets: [SCADA]', READ + monday), rule('ALL', '', monday), rule('ALWAYS', '', WRITE)];
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2]]) {
    const text = spec('', '').replace(/ {6}- \{rule_id: ALWAYS.*\n.*\n/, () => order.map((i) => three[i]).join(''));
    const rows = new Map(exportPlan(exporterOf('cisco-asa'), planOf(loadText(text), []), { mode: 'monitor' }).losses.map((row) => [row.permit, row]));
    expect(['ONE', 'ALL', 'ALWAYS'].map((id) => [rows.get(id)?.widenedTo, rows.get(id)?.reasons.find((reason) => reason.startsWith('it has no rule'))])).toEqual([
      ['anything on the port; at any time', 'it has no rule of its own: the rule of ALWAYS lets it through'],
      ['at any time', 'it has no rule of its own: the rule of ALWAYS lets it through'],
      ['anything on the port', undefined],
    ]);
  }
});

test('a Permit for other clients, servers, ports or one of another conduit keeps its own rule', () => {
  const own = (conditional: string): string | undefined => rowOf('cisco-asa', '', conditional)[2];
  expect(own('')).toContain('the rule of ALWAYS');
  const text = spec('', '');
  for (const [find, instead] of [['port: 502, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}}\n', 'port: [502, 503], client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}}\n'], ['client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}}\n', 'client: {zone: OPS}, server: {zone: CELL, assets: [PLC]}}\n'], ['server: {zone: CELL, assets: [PLC]}}\n', 'server: {zone: CELL}}\n']] as const) {
    const at = text.lastIndexOf(find);
    expect(at).toBeGreaterThan(0);
    const changed = text.slice(0, at) + instead + text.slice(at + find.length);
    const rows = exportPlan(exporterOf('cisco-asa'), planOf(loadText(changed), []), { mode: 'monitor' }).losses;
    // The wider of the two has the rule, and the other one none.
    expect(rows.map(({ permit, reasons }) => [permit, reasons.some((reason) => reason.includes('no rule of its own'))])).toEqual([['ALWAYS', true], ['THEN', false]]);
  }
});

test('of two thousand Permits between two zones each is compared with the few that hold its addresses', () => {
  const count = 2000;
  const address = (first: bigint): PlanPermit['client'] => [{ family: 'ipv4', first, last: first }];
  const { permits: [entry], ...plan } = planOf(loadText(spec('', '')), []);
  const { losses: [row] } = exportPlan(exporterOf('cisco-asa'), { ...plan, permits: [entry] }, { mode: 'monitor' });
  let asked = 0;
  const rows = Array.from({ length: count }, (_, i): LossRow => ({
    ...row,
    effects: row.effects.map((effect) => ({ ...effect, client: address(BigInt(i >> 1)), server: address(BigInt(100_000 + (i >> 1))) })),
  }));
  const counted = rows.map((one): LossRow => ({ ...one, get effects() {
    asked++;
    return one.effects;
  } }));
  const { covered } = coverage(rows.map(() => ({ ...entry })), counted);
  expect(covered.size).toBe(count / 2);
  // What is let through is read once, and once more for the row of what is covered.
  expect(asked).toBeLessThanOrEqual(3 * count);
});
