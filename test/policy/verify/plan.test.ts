/** What a plan says of the machines of a zone that no rule names. */
import { expect, test } from 'vitest';
import { planTests } from '../../../src/policy/verify/plan.ts';
import { loadText } from '../loaded-spec.ts';

test('what a rule for any transport lets a whole zone ask is open from any other machine of it too', () => {
  const { vantages } = planTests(loadText(`spec_version: 1
zones:
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: SCADA, role: hmi, ip: [10.1.0.1]}]}
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC, role: plc, ip: [10.2.0.1]}]}
conduits:
  - conduit_id: C1
    connects: [OPS, CELL]
    protocols_allowed:
      - {rule_id: R-WEB, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}}
      - {rule_id: R-ANY, protocol: maintenance, transport: any, client: {zone: OPS}, server: {zone: CELL, assets: [PLC]}}
`));
  expect(vantages.map(({ zone, asset, steps }) => [zone, asset, steps.map(({ kind, port, permit }) => `${kind} ${port} ${permit}`)])).toEqual([
    ['OPS', 'SCADA', ['tcp-open 443 R-ANY']],
    ['OPS', null, ['tcp-open 443 R-ANY']],
  ]);
});
