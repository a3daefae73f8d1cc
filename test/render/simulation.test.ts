import { expect, it } from 'vitest';
import { semanticsOf } from '../../src/export/simulated-target.ts';
import type { FirewallSemantics } from '../../src/policy/match/firewall-semantics.ts';
import { contextOf } from '../../src/policy/diff/context.ts';
import { simulate } from '../../src/policy/simulate.ts';
import { simulationText } from '../../src/render/simulation.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { conversation, modbus, MONDAY, observations } from '../policy/observed.ts';

const NUMBERS = Array.from({ length: 9 }, (_, i) => i + 1);
const SPEC = `zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [${NUMBERS.map((n) => `{asset_id: PLC-${n}, role: plc, ip: [10.2.0.${n}]}`).join(', ')}]}
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: HIST, role: historian, ip: [10.3.0.1]}]}
conduits: []
`;

it('what was asked comes first, and what was only tried at many devices is one row', () => {
  const tried = NUMBERS.map((n) => ({ ...conversation('10.3.0.1', `10.2.0.${n}`, { port: 443, service: 'https', days: [MONDAY], answered: false }), requests: 0 }));
  const simulation = simulate(contextOf(loadText(SPEC), observations([...tried, modbus('10.3.0.1', '10.2.0.2', [{ code: 6 }])])), semanticsOf('ideal') as FirewallSemantics);
  const text = [...simulationText(simulation, [], { width: null, colour: false })].join('');
  const rows = text.split('\n').filter((line) => line.includes('HIST'));
  expect(rows).toHaveLength(2);
  expect(rows[0]).toContain('FC 6');
  expect(rows[1]).toContain('9 devices');
});

it('every conversation that was judged stands in one of the counts of the first line', () => {
  const spec = `${SPEC.replace('conduits: []\n', '')}conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: POLL, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS}, server: {zone: CELL, assets: [PLC-1]}, access: read}
      - {rule_id: ENG, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS}, server: {zone: CELL, assets: [PLC-2]}, on_demand: true}
set_aside:
  - {client: 10.3.0.1, servers: [10.2.0.3], transport: tcp, ports: ["80"], reason: sweep, last_seen: "2026-03-01T00:00:00Z"}
`;
  const seen = [modbus('10.3.0.1', '10.2.0.1', [{ code: 3 }]), modbus('10.3.0.1', '10.2.0.2', [{ code: 6 }]), conversation('10.3.0.1', '10.2.0.3', { port: 80, service: 'http', days: [MONDAY] }), modbus('10.3.0.1', '10.2.0.4', [{ code: 3 }])];
  const simulation = simulate(contextOf(loadText(spec), observations(seen)), semanticsOf('ideal') as FirewallSemantics);
  expect([...simulationText(simulation, [], { width: null, colour: false })].join('')).toContain('4 conversations between zones judged, 1 pass, 1 only while switched on, 1 set aside, 1 would be blocked');
});
