/**
 * What a Permit asks of Modbus, in the form the exporters enforce and the loss report counts: function codes, unit
 * ids, and address spans per function code. In: a Permit. Out: a ModbusEffect; null where the Permit does not look
 * into Modbus at all. An operation is counted as one (unit id, function code) pair; request codes are 1 to 127
 * (Modbus V1.1b3 clause 4.1, the upper half are exceptions), unit ids 0 to 255 (Modbus Messaging on TCP/IP 3.1.3).
 */
import type { Permit } from '../../permit.ts';
import { FUNCTIONS, REQUEST_CODES } from '../../decode/app/modbus-functions.ts';
import { bindingSpans, mergeSpans, spansContain, spanText, type Span } from '../../net/register-set.ts';
import { isSerialModbus } from '../../net/services.ts';
import { permitsCode } from '../../policy/spec/permits.ts';
import type { ModbusEffect } from '../exporter.ts';

export const UNIT_IDS = 256;

/** Public function codes with their names (Modbus V1.1b3 clause 5.1); from 65 on vendors have theirs. */
export const FUNCTION_NAMES: Readonly<Record<number, string>> = Object.fromEntries([...FUNCTIONS].flatMap(([code, { name }]) => (code < 65 ? [[code, name]] : [])));

/** The spans that bind a function code, `null` for an access of it that is not bound. */
export const spansOf = ({ modbus }: Permit, functionCode: number, access: 'read' | 'write'): readonly Span[] | null =>
  (modbus === null ? null : bindingSpans(modbus.ranges, functionCode, access));

/** One text per span: `3:0-999`; function code 23 reads and writes, so its spans carry `r` or `w`. */
export const rangesFor = (permit: Permit, functionCodes: readonly number[]): string[] =>
  functionCodes.flatMap((code) =>
    (['read', 'write'] as const).flatMap((access) => (spansOf(permit, code, access) ?? []).map(({ first, last }) => `${code}${code === 23 ? access[0] : ''}:${first}-${last}`)),
  );

export const isModbus = (permit: Permit): boolean => permit.modbus !== null || /modbus/i.test(permit.service.protocol);

/** Function codes that a Permit lets through for any of their uses: a firewall tells no uses apart. */
export const functionsOf = (permit: Permit): readonly number[] => REQUEST_CODES.filter((code) => permitsCode(permit, code));

/** Null: any Modbus (and anything else on the port) is permitted. */
export const requiredModbus = (permit: Permit): ModbusEffect | null => {
  if (!isModbus(permit)) return null;
  const functions = functionsOf(permit);
  const units = [...new Set(permit.modbus?.unitIds ?? [])].sort((a, b) => a - b);
  const ranges = rangesFor(permit, functions);
  if (functions.length === REQUEST_CODES.length && units.length === 0 && ranges.length === 0) return null;
  return { functions, units, ranges };
};

/**
 * The same as far as a firewall can judge it: those that read Modbus look for its header in TCP (Modbus Messaging on TCP/IP 3.1.3), and
 * take a frame of a serial line, or a datagram, for something else.
 */
export const inspectedModbus = (permit: Permit): ModbusEffect | null =>
  permit.service.transport === 'tcp' && !isSerialModbus(permit.service.protocol) ? requiredModbus(permit) : null;

const functionOfRange = (range: string): number => Number.parseInt(range, 10);

/** `3`, or `23r` and `23w`. */
const kindOfRange = (range: string): string => range.slice(0, range.indexOf(':'));

const spanOfRange = (range: string): Span => {
  const [first = 0, last = 0] = range.slice(range.indexOf(':') + 1).split('-').map(Number);
  return { first, last };
};

/** The spans of one kind, merged; empty = every address. */
const spansOfKind = (ranges: readonly string[], kind: string): Span[] => mergeSpans(ranges.filter((range) => kindOfRange(range) === kind).map(spanOfRange));

/** The same effect with the last address of each span as a target really holds it; `kind` is `3`, or `23r` and `23w`. */
export const withLastAddresses = (effect: ModbusEffect, lastOf: (kind: string, span: Span) => number): ModbusEffect => ({
  ...effect,
  ranges: effect.ranges.map((range) => {
    const [kind, span] = [kindOfRange(range), spanOfRange(range)];
    return `${kind}:${span.first}-${lastOf(kind, span)}`;
  }),
});

/** What one list of functions, units and addresses lets through that holds all of several; what one of them leaves open is open. */
export const widestEffect = (effects: readonly ModbusEffect[]): ModbusEffect => {
  const functions = [...new Set(effects.flatMap((effect) => effect.functions))].sort((a, b) => a - b);
  const units = effects.some((effect) => effect.units.length === 0) ? [] : [...new Set(effects.flatMap((effect) => effect.units))].sort((a, b) => a - b);
  const ranges = functions.flatMap((code) => {
    const lists = effects.filter((effect) => effect.functions.includes(code)).map((effect) => effect.ranges.filter((range) => functionOfRange(range) === code));
    const kinds = [...new Set(lists.flat().map(kindOfRange))].filter((kind) => lists.every((list) => list.some((range) => kindOfRange(range) === kind)));
    return kinds.flatMap((kind) => spansOfKind(lists.flat(), kind).map((span) => `${kind}:${span.first}-${span.last}`));
  });
  return { functions, units, ranges };
};

/** Whether each request that passes the effect is one that one of the others lets through whole. */
export const passesNoMore = (effect: ModbusEffect, others: readonly ModbusEffect[]): boolean => {
  const units = effect.units.length === 0 ? Array.from({ length: UNIT_IDS }, (_, unit) => unit) : effect.units;
  const holds = (other: ModbusEffect, kind: string, span: Span | null): boolean => {
    const spans = spansOfKind(other.ranges, kind);
    return spans.length === 0 || (span !== null && spansContain(spans, span));
  };
  return effect.functions.every((code) => {
    const kinds = [...new Set([...effect.ranges, ...others.flatMap((other) => other.ranges)].filter((range) => functionOfRange(range) === code).map(kindOfRange))];
    // A request of function code 23 has an address of either kind.
    const combinations = kinds.reduce<(readonly [string, Span | null])[][]>((made, kind) => {
      const spans = spansOfKind(effect.ranges, kind);
      return made.flatMap((combination) => (spans.length === 0 ? [null] : spans).map((span) => [...combination, [kind, span] as const]));
    }, [[]]);
    const holders = others.filter((other) => other.functions.includes(code));
    return units.every((unit) => {
      const own = holders.filter((other) => other.units.length === 0 || other.units.includes(unit));
      return combinations.every((combination) => own.some((other) => combination.every(([kind, span]) => holds(other, kind, span))));
    });
  });
};

/** Pairs (unit id, function code) that pass the effect and are not, or not with all their addresses, in the Permit. */
export const extraModbusOperations = (required: ModbusEffect | null, effect: ModbusEffect | null): number => {
  if (required === null) return 0;
  const functions = effect === null ? REQUEST_CODES : effect.functions;
  const units = effect === null || effect.units.length === 0 ? UNIT_IDS : effect.units.length;
  const requiredUnits = required.units.length === 0 ? UNIT_IDS : required.units.length;
  let extra = 0;
  for (const code of functions) {
    const known = required.functions.includes(code);
    const sameRanges =
      required.ranges.filter((range) => functionOfRange(range) === code).join() ===
      (effect?.ranges ?? []).filter((range) => functionOfRange(range) === code).join();
    extra += known && sameRanges ? units - Math.min(units, requiredUnits) : units;
  }
  return extra;
};

export const modbusText = (effect: ModbusEffect): string => {
  const parts = [`FC ${listText(effect.functions)}`, effect.units.length === 0 ? 'every unit' : `unit ${listText(effect.units)}`];
  if (effect.ranges.length > 0) parts.push(`addresses ${effect.ranges.join(' ')}`);
  return parts.join(', ');
};

/** `1-4,6`. */
export const listText = (numbers: readonly number[]): string => mergeSpans(numbers.map((number) => ({ first: number, last: number }))).map(spanText).join(',');
