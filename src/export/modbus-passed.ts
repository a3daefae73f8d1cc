/**
 * What a complement rule base really lets through of a Permit's Modbus: all codes the engine has no name for when one of
 * them is permitted, no address limit for codes whose addresses it does not read, and merged spans where two Permits
 * of one pair could not be told apart. In: a Permit, the engine's codes, the complements of its cells. Out: ModbusEffect.
 */
import { mergeSpans, tableOf, type Span } from '../net/register-set.ts';
import type { Permit } from '../permit.ts';
import type { ModbusEffect } from './exporter.ts';
import type { Complement } from './modbus-complement.ts';
import { EVERY_FUNCTION, requiredModbus, spansOf } from './modbus-scope.ts';

export interface ModbusEngine {
  /** Function codes it tells apart. */
  readonly known: readonly number[];
  /** Function codes whose addresses it reads. */
  readonly inspectable: readonly number[];
}

const rangesOf = (permit: Permit, code: number, complements: readonly Complement[]): string[] =>
  (['read', 'write'] as const).flatMap((access) => {
    if (tableOf(code, access) === null) return [];
    const own = spansOf(permit, code, access);
    if (own === null) return [];
    const merges = complements.flatMap((complement) => {
      const merged = complement.merged.get(`${permit.id} ${code} ${access}`);
      return merged === undefined ? [] : [merged];
    });
    if (merges.includes(null)) return [];
    const spans: Span[] = mergeSpans([...own, ...merges.flatMap((merged) => merged ?? [])]);
    return spans.map((span) => `${code}${code === 23 ? access[0] : ''}:${span.first}-${span.last}`);
  });

export const passedModbus = (permit: Permit, engine: ModbusEngine, complements: readonly Complement[]): ModbusEffect | null => {
  const required = requiredModbus(permit);
  if (required === null) return null;
  const unknown = required.functions.some((code) => !engine.known.includes(code));
  const functions = EVERY_FUNCTION.filter((code) => (engine.known.includes(code) ? required.functions.includes(code) : unknown));
  return {
    functions,
    units: required.units,
    ranges: functions.filter((code) => engine.inspectable.includes(code)).flatMap((code) => rangesOf(permit, code, complements)),
  };
};
