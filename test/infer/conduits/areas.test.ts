/** Areas of addresses that are taken for alike on several controllers: whom they reach, and where they end. */
import { describe, expect, it } from 'vitest';
import { proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import type { Conversation } from '../../../src/observation.ts';
import { modbus, MONDAY, observations } from '../../policy/observed.ts';
import { ASSETS, PLAN } from './plan-fixture.ts';

const [CONTROLLER] = ASSETS;
/** Controllers 1 to 6 in one cell. */
const SIX = { ...PLAN, assets: [...ASSETS, ...[5, 6].map((n) => ({ ...CONTROLLER, id: `PLC-${n}`, addresses: [`10.1.0.${n}`] }))] };

const reads = (plc: number): Conversation => modbus('10.3.0.1', `10.1.0.${plc}`, [{ code: 3, ranges: [[0, 9]] }]);
const both = (plc: number): Conversation => modbus('10.3.0.1', `10.1.0.${plc}`, [{ code: 3, ranges: [[0, 9]] }, { code: 6, ranges: [[plc * 10, plc * 10]] }]);

/** Controllers that the station may write to, each with its addresses. */
const writable = (conversations: readonly Conversation[]): string[] => proposeConduits(observations(conversations), SIX).permits.flatMap(({ permit: { from, to, modbus: operations } }) =>
  (operations?.functionCodes.includes(6) === true && from.assets.includes('SCADA-A') ? to.assets.map((plc) => `${plc} ${operations.ranges.filter(({ access }) => access === 'write').map(({ first, last }) => `${first}-${last}`).join()}`) : []));

describe('what a station writes on three controllers or more', () => {
  it.each([
    ['on five of the six that it reads: on the sixth too', [1, 2, 3, 4, 5], [6], ['PLC-1 10-50', 'PLC-2 10-50', 'PLC-3 10-50', 'PLC-4 10-50', 'PLC-5 10-50', 'PLC-6 10-50']],
    ['on four of the six that it reads: on those only', [1, 2, 3, 4], [5, 6], ['PLC-1 10-40', 'PLC-2 10-40', 'PLC-3 10-40', 'PLC-4 10-40']],
    ['on two: what it wrote on each', [1, 2], [], ['PLC-1 10-10', 'PLC-2 20-20']],
  ])('%s', (_, written, read, expected) => {
    expect(writable([...written.map(both), ...read.map(reads)]).sort()).toEqual(expected);
  });

  it('counts those that it writes on and does not read', () => {
    const writes = (plc: number): Conversation => modbus('10.3.0.1', `10.1.0.${plc}`, [{ code: 6, ranges: [[plc * 10, plc * 10]] }]);
    expect(writable([...[1, 2, 3].map(writes), ...[4, 5, 6].map(reads)]).sort()).toEqual(['PLC-1 10-30', 'PLC-2 10-30', 'PLC-3 10-30']);
  });

  it('is no area where all of it together was seen on a day', () => {
    const once = (plc: number): Conversation => modbus('10.3.0.1', `10.1.0.${plc}`, [{ code: 6, ranges: [[plc * 10, plc * 10]], days: [MONDAY + 3] }]);
    expect(writable([1, 2, 3, 4].flatMap((plc) => [reads(plc), once(plc)])).sort()).toEqual(['PLC-1 10-10', 'PLC-2 20-20', 'PLC-3 30-30', 'PLC-4 40-40']);
  });
});

it('a code without addresses, asked beside reads, opens none of the addresses that were not read', () => {
  const asked = (plc: number): Conversation => modbus('10.4.0.1', `10.1.0.${plc}`, [{ code: 3, ranges: [[plc * 100, plc * 100 + 9]] }, { code: 43 }]);
  const ranges = proposeConduits(observations([asked(1), asked(2)]), PLAN).permits.flatMap(({ permit }) => (permit.modbus?.functionCodes.includes(3) === true ? permit.modbus.ranges.map(({ first, last }) => `${first}-${last}`) : []));
  expect(ranges).toEqual(['100-209']);
});
