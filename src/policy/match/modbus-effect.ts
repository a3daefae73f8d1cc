/**
 * What a target lets through of Modbus for one Permit, and whether one request is part of it. In: an effect, as an
 * exporter states it in its loss rows, and a request. Out: yes or no.
 */
import { tableOf } from '../../net/register-set.ts';

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

/** `addresses`: what the request reads and writes. */
export const effectPasses = (effect: ModbusEffect, functionCode: number, unit: number, addresses: readonly ModbusAddresses[]): boolean =>
  effect.functions.includes(functionCode) &&
  (effect.units.length === 0 || effect.units.includes(unit)) &&
  addresses.every(({ access, first, last }) => {
    if (tableOf(functionCode, access) === null) return true;
    const prefix = `${functionCode}${functionCode === 23 ? access[0] : ''}:`;
    const spans = effect.ranges.filter((range) => range.startsWith(prefix)).map((range) => range.slice(prefix.length).split('-').map(Number));
    return spans.length === 0 || spans.some(([from = 0, to = 0]) => from <= first && last <= to);
  });
