import { expect, it } from 'vitest';
import { semanticsOf } from '../../src/export/simulated-target.ts';
import type { FirewallSemantics } from '../../src/policy/match/firewall-semantics.ts';
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
  const simulation = simulate(loadText(SPEC), observations([...tried, modbus('10.3.0.1', '10.2.0.2', [{ code: 6 }])]), semanticsOf('ideal') as FirewallSemantics);
  const text = [...simulationText(simulation, [], { width: null, colour: false })].join('');
  const rows = text.split('\n').filter((line) => line.includes('HIST'));
  expect(rows).toHaveLength(2);
  expect(rows[0]).toContain('FC 6');
  expect(rows[1]).toContain('9 devices');
});
