/**
 * What of Modbus is forbidden between one pair of address sets: the complement of all Permits that hold there. An
 * intrusion prevention system passes what no rule names, and `pass` for one request passes the rest of its
 * connection (Suricata 7, tried), so what is forbidden has to be spelled out. In: Permits of one cell and the
 * codes an engine tells apart. Out: forbidden conditions in vendor-neutral form; their union is exactly what no Permit
 * of the cell lets through, as far as the engine can see.
 */
import { mergeSpans, subtractSpans, tableOf, type Span } from '../../net/register-set.ts';
import type { ModbusTable, Permit } from '../../permit.ts';
import { functionsOf, spansOf } from './scope.ts';
import { shapeOf } from './shape.ts';

export interface ForbiddenAddress {
  readonly kind: 'address';
  readonly table: ModbusTable;
  readonly access: 'read' | 'write';
  /** Null: every code that touches the table this way. */
  readonly functionCode: number | null;
  /** Null: every unit. */
  readonly units: Span | null;
  readonly addresses: Span;
}

/** A request that holds both addresses: one Permit lets through up to the second, another from behind the first, and none both. */
export interface ForbiddenCrossing {
  readonly kind: 'crossing';
  readonly table: ModbusTable;
  readonly access: 'read' | 'write';
  readonly functionCode: number;
  /** Null: every unit. */
  readonly units: Span | null;
  readonly both: Span;
}

export type Forbidden =
  | { readonly kind: 'function'; readonly functionCode: number }
  /** Any code that the engine has no name for. */
  | { readonly kind: 'unknown-function' }
  /** Null: whatever the code; `unnamed`: any code that the engine has no name for. */
  | { readonly kind: 'unit'; readonly units: Span; readonly functionCode: number | 'unnamed' | null }
  | ForbiddenAddress
  | ForbiddenCrossing;

/** What an engine makes of Modbus. */
export interface ModbusEngine {
  /** Function codes it tells apart. */
  readonly known: readonly number[];
  /** Function codes whose addresses it reads. */
  readonly inspectable: readonly number[];
  /** Those of which it compares what they write alone, also where it is asked what they read. */
  readonly writesOnly?: readonly number[];
}

const UNITS: Span = { first: 0, last: 255 };
const ADDRESSES: Span = { first: 0, last: 65535 };
const TABLES: readonly (readonly [ModbusTable, 'read' | 'write'])[] = [
  ['coil', 'read'], ['discrete-input', 'read'], ['holding-register', 'read'], ['input-register', 'read'],
  ['coil', 'write'], ['holding-register', 'write'],
];

const unitSpans = (permit: Permit): Span[] => {
  const units = permit.modbus?.unitIds ?? [];
  return units.length === 0 ? [UNITS] : mergeSpans(units.map((unit) => ({ first: unit, last: unit })));
};

const spanText = (spans: readonly Span[] | null): string => (spans === null ? 'any' : spans.map((span) => `${span.first}-${span.last}`).join());

const outside = (spans: readonly Span[] | null): Span[] => (spans === null ? [] : subtractSpans([ADDRESSES], mergeSpans(spans)));

/** Where spans of several Permits touch or overlap: all of them together hold more requests than each alone. */
const crossings = (spans: readonly Span[] | null): Span[] => {
  const sorted = [...(spans ?? [])].sort((a, b) => a.first - b.first || b.last - a.last);
  const widest = sorted.filter((span, index) => sorted.slice(0, index).every((other) => other.last < span.last));
  return widest.flatMap(({ last }, index) => {
    const next = widest[index + 1];
    return next === undefined || next.first > last + 1 ? [] : [{ first: next.first - 1, last: last + 1 }];
  });
};

/** The most addresses that one request of a code can hold. */
const reachOf = (code: number, access: 'read' | 'write'): number =>
  Math.max(0, ...shapeOf(code).addresses.filter((field) => field.access === access).map((field) => field.maxQuantity));

interface CodeUse {
  readonly permit: Permit;
  readonly code: number;
  readonly spans: readonly Span[] | null;
}

/** Units cut where the set of Permits that name them changes, each piece with the spans of its Permits. */
const byUnits = (uses: readonly CodeUse[]): { units: Span; spans: readonly Span[] | null }[] => {
  const edges = new Set(uses.flatMap((use) => unitSpans(use.permit).flatMap((span) => [span.first, span.last + 1])));
  const sorted = [...edges].sort((a, b) => a - b);
  return sorted.flatMap((first, index) => {
    const next = sorted[index + 1];
    const holders = uses.filter((use) => unitSpans(use.permit).some((span) => span.first <= first && first <= span.last));
    if (next === undefined || holders.length === 0) return [];
    const spans = holders.some((use) => use.spans === null) ? null : holders.flatMap((use) => use.spans ?? []);
    return [{ units: { first, last: next - 1 }, spans }];
  });
};

const forbiddenAddresses = (permits: readonly Permit[], { inspectable, writesOnly = [] }: ModbusEngine, table: ModbusTable, access: 'read' | 'write'): Forbidden[] => {
  const isMistaken = (code: number): boolean => access === 'read' && writesOnly.includes(code) && tableOf(code, access) === table;
  const uses: CodeUse[] = permits.flatMap((permit) =>
    functionsOf(permit).filter((code) => inspectable.includes(code) && tableOf(code, access) === table && !isMistaken(code)).map((code) => ({ permit, code, spans: spansOf(permit, code, access) })),
  );
  const alike = (list: readonly CodeUse[]): boolean => list.every((use) => spanText(use.spans) === spanText(list[0]?.spans ?? null));
  const rule = (functionCode: number | null, units: Span | null, spans: readonly Span[] | null): ForbiddenAddress[] =>
    outside(spans).map((addresses) => ({ kind: 'address', table, access, functionCode, units, addresses }));
  if (uses.length === 0) return [];
  // A rule for every code would judge those by what they write.
  if (alike(uses) && !permits.some((permit) => functionsOf(permit).some(isMistaken))) return rule(null, null, uses[0]?.spans ?? null);
  const codes = [...new Set(uses.map((use) => use.code))].sort((a, b) => a - b);
  return codes.flatMap((code) => {
    const own = uses.filter((use) => use.code === code);
    if (alike(own)) return rule(code, null, own[0]?.spans ?? null);
    return byUnits(own).flatMap(({ units: piece, spans }): Forbidden[] => {
      const units = piece.first === UNITS.first && piece.last === UNITS.last ? null : piece;
      const both = crossings(spans).filter(({ first, last }) => last - first < reachOf(code, access));
      return [...rule(code, units, spans), ...both.map((held): ForbiddenCrossing => ({ kind: 'crossing', table, access, functionCode: code, units, both: held }))];
    });
  });
};

export const modbusComplement = (permits: readonly Permit[], engine: ModbusEngine): Forbidden[] => {
  const forbidden: Forbidden[] = [];
  const holders = (code: number): Permit[] => permits.filter((permit) => functionsOf(permit).includes(code));
  for (const code of engine.known) if (holders(code).length === 0) forbidden.push({ kind: 'function', functionCode: code });
  const unnamed = permits.filter((permit) => functionsOf(permit).some((code) => !engine.known.includes(code)));
  if (unnamed.length === 0) forbidden.push({ kind: 'unknown-function' });

  const everyUnit = mergeSpans(permits.flatMap(unitSpans));
  for (const units of subtractSpans([UNITS], everyUnit)) forbidden.push({ kind: 'unit', units, functionCode: null });
  const beside = (own: readonly Permit[], functionCode: number | 'unnamed'): Forbidden[] =>
    own.length === 0 ? [] : subtractSpans(everyUnit, mergeSpans(own.flatMap(unitSpans))).map((units): Forbidden => ({ kind: 'unit', units, functionCode }));
  forbidden.push(...engine.known.flatMap((code) => beside(holders(code), code)), ...beside(unnamed, 'unnamed'));
  for (const [table, access] of TABLES) forbidden.push(...forbiddenAddresses(permits, engine, table, access));
  return forbidden;
};
