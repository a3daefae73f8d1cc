/** A plan of a plant with more services than a machine can go through: bounded, and every service has its turn. */
import { expect, test } from 'vitest';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { planTests } from '../../../src/policy/verify/plan.ts';

const SERVERS = 600;

const plant = (servers: number): ReturnType<typeof planTests> => {
  const text = [
    'spec_version: 1', 'zones:',
    '  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: SCADA, role: hmi, ip: [10.1.0.1]}, {asset_id: HIST, role: historian, ip: [10.1.0.2]}]}',
    '  - {zone_id: IDLE, name: Office, kind: operations, assets: [{asset_id: PC, role: it-client, ip: [10.2.0.1]}]}',
    '  - zone_id: CELLS', '    name: Cells', '    kind: control', '    assets:',
    ...Array.from({ length: servers }, (_, i) => `      - {asset_id: P${i}, role: plc, ip: [10.3.${i >> 7}.${1 + (i & 127)}]}`),
    'conduits:', '  - conduit_id: C1', '    connects: [OPS, CELLS]', '    protocols_allowed:',
    ...Array.from({ length: servers }, (_, i) => `      - {rule_id: R${i}, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OPS, assets: [${i < 10 ? 'SCADA' : 'HIST'}]}, server: {zone: CELLS, assets: [P${i}]}}`),
  ].join('\n');
  const { loaded, problems } = parseSpec(text, 'plant.yaml');
  if (loaded === null) throw new Error(problems[0]?.message ?? '');
  return planTests(loaded);
};

test('what is permitted is tested whole, of what is not each machine tests a part, and goes on where the one before it ended', () => {
  const { vantages, leftOut } = plant(SERVERS);
  const blocked = vantages.map(({ steps }) => steps.filter(({ kind }) => kind === 'tcp-blocked').map(({ host }) => host));
  expect(vantages.map(({ zone, asset, steps }) => [zone, asset, steps.filter(({ kind }) => kind === 'tcp-open').length])).toEqual([
    ['OPS', 'SCADA', 10], ['OPS', 'HIST', 590], ['OPS', null, 0], ['IDLE', null, 0],
  ]);
  expect(blocked.map(({ length }) => length)).toEqual([256, 10, 256, 256]);
  // SCADA may not ask 590, any other machine of OPS and IDLE none of the 600.
  expect(leftOut.filter(({ what }) => what.includes('nothing permits')).map(({ what }) => what)).toEqual([`${590 - 256 + 2 * (600 - 256)} tests of what nothing permits`]);
  expect(new Set(blocked.flat()).size).toBe(SERVERS);
});

test('a plan that a machine can go through is whole', () => {
  const { vantages, leftOut } = plant(200);
  expect(vantages.map(({ steps }) => steps.length)).toEqual([200, 200, 200, 200]);
  expect(leftOut).toEqual([]);
});
