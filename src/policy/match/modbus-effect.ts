/**
 * What a target lets through of Modbus for one Permit, and whether one request is part of it. In: an effect, as an
 * exporter states it in its loss rows, and a request. Out: yes or no.
 */
import { addTo } from '../../net/multi-map.ts';
import { spansContain, tableOf, type Span } from '../../net/register-set.ts';

export interface ModbusEffect {
  /** Function codes let through, ascending. */
  readonly functions: readonly number[];
  /** Unit ids let through, ascending; empty = every unit. */
  readonly units: readonly number[];
  /** Data addresses by function, as `FC:first-last`; a function that is not named is let through with every address. */
  readonly ranges: readonly string[];
}

export interface ModbusAddresses {
  readonly access: 'read' | 'write';
  readonly first: number;
  readonly last: number;
}

/** Read once, for many requests. `addresses`: what a request reads and writes. */
export const modbusJudge = (effect: ModbusEffect): ((functionCode: number, unit: number, addresses: readonly ModbusAddresses[]) => boolean) => {
  const [functions, units] = [new Set(effect.functions), new Set(effect.units)];
  const spansOf = new Map<string, Span[]>();
  for (const range of effect.ranges) {
    const [kind, span] = range.split(':');
    const [first = 0, last = 0] = (span ?? '').split('-').map(Number);
    addTo(spansOf, kind, { first, last });
  }
  return (functionCode, unit, addresses) =>
    functions.has(functionCode) &&
    (units.size === 0 || units.has(unit)) &&
    addresses.every(({ access, first, last }) => {
      if (tableOf(functionCode, access) === null) return true;
      const spans = spansOf.get(`${functionCode}${functionCode === 23 ? access[0] : ''}`);
      return spans === undefined || spansContain(spans, { first, last });
    });
};
