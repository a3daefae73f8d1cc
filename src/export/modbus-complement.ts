/**
 * What of Modbus is forbidden between one pair of address sets: the complement of all Permits that hold there. An
 * intrusion prevention system passes what no rule names, and `pass` for one request passes the rest of its
 * connection (exports.md, finding 3), so what is forbidden has to be spelled out. In: Permits of one cell and the
 * codes an engine tells apart. Out: forbidden conditions in vendor-neutral form; their union is exactly what is
 * forbidden, but for the merges it reports.
 */
import { mergeSpans, subtractSpans, tableOf, type Span } from '../net/register-set.ts';
import type { ModbusTable, Permit } from '../permit.ts';
import { functionsOf, spansOf } from './modbus-scope.ts';

export type Forbidden =
  | { readonly kind: 'function'; readonly functionCode: number }
  /** Any code that the engine has no name for. */
  | { readonly kind: 'unknown-function' }
  | { readonly kind: 'unit'; readonly units: Span; readonly functionCode: number | null }
  | { readonly kind: 'address'; readonly table: ModbusTable; readonly access: 'read' | 'write'; readonly unit: number | null; readonly addresses: Span };

export interface Complement {
  readonly forbidden: readonly Forbidden[];
  /** Address spans let through for a Permit's code, where they had to be merged with another Permit's: `id 3` -> spans. */
  readonly merged: ReadonlyMap<string, readonly Span[] | null>;
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

interface TableUse {
  readonly permit: Permit;
  readonly codes: readonly number[];
  readonly spans: readonly Span[] | null;
}

const tableUses = (permits: readonly Permit[], inspectable: readonly number[], table: ModbusTable, access: 'read' | 'write'): TableUse[] =>
  permits.flatMap((permit) => {
    const codes = functionsOf(permit).filter((code) => inspectable.includes(code) && tableOf(code, access) === table);
    const [code] = codes;
    return code === undefined ? [] : [{ permit, codes, spans: spansOf(permit, code, access) }];
  });

const outside = (spans: readonly Span[]): Span[] => subtractSpans([ADDRESSES], mergeSpans(spans));

/** Both Permits with a list of units, and no unit in both. */
const unitsApart = (uses: readonly TableUse[]): boolean => {
  const units = uses.flatMap((use) => use.permit.modbus?.unitIds ?? []);
  return uses.every((use) => (use.permit.modbus?.unitIds ?? []).length > 0) && new Set(units).size === units.length;
};

/** `inspectable`: codes whose addresses the engine reads; `known`: codes it tells apart. */
export const modbusComplement = (permits: readonly Permit[], known: readonly number[], inspectable: readonly number[]): Complement => {
  const forbidden: Forbidden[] = [];
  const merged = new Map<string, readonly Span[] | null>();
  const holders = (code: number): Permit[] => permits.filter((permit) => functionsOf(permit).includes(code));

  for (const code of known) if (holders(code).length === 0) forbidden.push({ kind: 'function', functionCode: code });
  const others = new Set(permits.flatMap((permit) => functionsOf(permit).filter((code) => !known.includes(code))));
  if (others.size === 0) forbidden.push({ kind: 'unknown-function' });

  const everyUnit = mergeSpans(permits.flatMap(unitSpans));
  for (const units of subtractSpans([UNITS], everyUnit)) forbidden.push({ kind: 'unit', units, functionCode: null });
  for (const code of known) {
    const own = holders(code);
    if (own.length === 0) continue;
    for (const units of subtractSpans(everyUnit, mergeSpans(own.flatMap(unitSpans)))) forbidden.push({ kind: 'unit', units, functionCode: code });
  }

  for (const [table, access] of TABLES) {
    const uses = tableUses(permits, inspectable, table, access);
    if (uses.length === 0) continue;
    const same = uses.every((use) => spanText(use.spans) === spanText(uses[0]?.spans ?? null));
    if (!same && unitsApart(uses)) {
      for (const use of uses)
        for (const unit of use.permit.modbus?.unitIds ?? [])
          for (const addresses of use.spans === null ? [] : outside(use.spans)) forbidden.push({ kind: 'address', table, access, unit, addresses });
      continue;
    }
    const union = uses.some((use) => use.spans === null) ? null : mergeSpans(uses.flatMap((use) => use.spans ?? []));
    for (const addresses of union === null ? [] : outside(union)) forbidden.push({ kind: 'address', table, access, unit: null, addresses });
    if (!same) for (const use of uses) for (const code of use.codes) merged.set(`${use.permit.id} ${code} ${access}`, union);
  }
  return { forbidden, merged };
};
