/** From a spec to a plan: what an end of a Permit means in addresses, and what is said when it cannot be resolved. */
import { expect, test } from 'vitest';
import type { Plan, PlanPermit } from '../../src/export/exporter.ts';
import { rangeText } from '../../src/export/ip-notation.ts';
import { planOf } from '../../src/export/plan.ts';
import { parseSpec } from '../../src/policy/spec-load.ts';
import { plantPlan } from './plant.ts';

const plan = plantPlan();
const permit = (id: string, of: Plan = plan): PlanPermit => {
  const found = of.permits.find((entry) => entry.permit.id === id);
  if (found === undefined) throw new Error(`no Permit ${id}`);
  return found;
};
const client = (id: string): string[] => permit(id).client.map(rangeText);
const server = (id: string): string[] => permit(id).server.map(rangeText);

test('assets mean their addresses, neighbours joined', () => {
  expect(client('K1-READ')).toEqual(['192.168.30.5-192.168.30.6', '192.168.30.9', 'fd00:30::5']);
  expect(server('K1-READ')).toEqual(['192.168.10.11-192.168.10.12', '192.168.10.21-192.168.10.32', 'fd00:10::11']);
});

test('a side that names nothing means its zone, an address means itself', () => {
  expect(server('K1-MAINT')).toEqual(['192.168.10.0-192.168.10.255', 'fd00:10::-fd00:10::ffff:ffff:ffff:ffff']);
  expect(server('K1-TIME')).toEqual(['192.168.30.5', 'fd00:30::5']);
});

test('an asset with legs in two zones stands with the leg of the zone', () => {
  expect(client('K2-WEB')).toEqual(['172.20.5.7']);
  expect(permit('K2-COPY').unidirectional?.tx.map(rangeText)).toEqual(['192.168.30.200']);
  expect(permit('K2-COPY').unidirectional?.rx.map(rangeText)).toEqual(['172.20.5.200']);
});

test('an asset without an address leaves an empty set and says so', () => {
  expect(server('K1-NOBODY')).toEqual([]);
  expect(permit('K1-NOBODY').omitted).toEqual(['asset DRIVE has no address in CELL: it is left out']);
});

test('layer 2 means link addresses', () => {
  expect(server('K1-GOOSE')).toEqual(['02:00:0a:00:00:11-02:00:0a:00:00:12']);
});

test('a zone without networks means the addresses of its assets; without those, nobody', () => {
  const text = `
zones:
  - {zone_id: A, name: A, assets: [{asset_id: a1, ip: ["10.0.0.1"]}, {asset_id: a2, ip: ["10.0.0.9"]}, "Panel (HMI-01 through HMI-03)"]}
  - {zone_id: B, name: B}
conduits:
  - {conduit_id: C, connects: [A, B], protocols_allowed: [{rule_id: R, protocol: HTTPS, direction: "A -> B"}]}
`;
  const { loaded } = parseSpec(text, 'small.yaml');
  if (loaded === null) throw new Error('the spec does not load');
  const small = planOf(loaded, []);
  expect(permit('R', small).client.map(rangeText)).toEqual(['10.0.0.1', '10.0.0.9']);
  expect(permit('R', small).server).toEqual([]);
  expect(small.zones[0]?.assets.map((asset) => asset.id)).toEqual(['a1', 'a2', 'HMI-01', 'HMI-02', 'HMI-03']);
});
