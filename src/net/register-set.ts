/**
 * Sets of Modbus data addresses (0 to 65535), and what each function code touches (Modbus V1.1b3 clauses 4.3, 5.1, 6).
 *
 * In: ranges of a Permit or an Operation. Out: merged ranges, containment, sizes, and the table and access class of a
 * function code. Left out on purpose: data values, which are never stored.
 */
import type { Access } from '../observation.ts';
import type { ModbusRange, ModbusTable } from '../permit.ts';

export interface Span {
  readonly first: number;
  readonly last: number;
}

/** Disjoint, not adjacent, ascending. */
export const mergeSpans = (spans: readonly Span[]): Span[] => {
  const sorted = [...spans].sort((a, b) => a.first - b.first || a.last - b.last);
  const merged: Span[] = [];
  for (const span of sorted) {
    const top = merged.at(-1);
    if (top !== undefined && span.first <= top.last + 1) {
      if (span.last > top.last) merged[merged.length - 1] = { first: top.first, last: span.last };
    } else merged.push({ first: span.first, last: span.last });
  }
  return merged;
};

/** `set` must be merged. */
export const spansContain = (set: readonly Span[], inner: Span): boolean =>
  set.some((span) => span.first <= inner.first && inner.last <= span.last);

/** What of `a` is not in `b`; both merged. */
export const subtractSpans = (a: readonly Span[], b: readonly Span[]): Span[] => {
  let rest: Span[] = [...a];
  for (const cut of b) {
    rest = rest.flatMap((span) => {
      if (cut.last < span.first || cut.first > span.last) return [span];
      const parts: Span[] = [];
      if (span.first < cut.first) parts.push({ first: span.first, last: cut.first - 1 });
      if (cut.last < span.last) parts.push({ first: cut.last + 1, last: span.last });
      return parts;
    });
  }
  return rest;
};

export const sizeOfSpans = (set: readonly Span[]): number => set.reduce((sum, span) => sum + (span.last - span.first + 1), 0);

interface FunctionCode {
  readonly read: ModbusTable | null;
  readonly write: ModbusTable | null;
}

/** Function codes with a data address. FC 20 and 21 address files, not tables (clauses 6.14, 6.15). */
const ADDRESSED: Readonly<Record<number, FunctionCode>> = {
  1: { read: 'coil', write: null },
  2: { read: 'discrete-input', write: null },
  3: { read: 'holding-register', write: null },
  4: { read: 'input-register', write: null },
  5: { read: null, write: 'coil' },
  6: { read: null, write: 'holding-register' },
  15: { read: null, write: 'coil' },
  16: { read: null, write: 'holding-register' },
  22: { read: null, write: 'holding-register' },
  23: { read: 'holding-register', write: 'holding-register' },
  24: { read: 'holding-register', write: null },
};

/** The table that a function code reads or writes; null when it has no data address of that access. */
export const tableOf = (functionCode: number, access: 'read' | 'write'): ModbusTable | null => ADDRESSED[functionCode]?.[access] ?? null;

/** The ranges of a Permit that bind a function code for an access; null = not bound (every address). */
export const bindingSpans = (ranges: readonly ModbusRange[], functionCode: number, access: 'read' | 'write'): Span[] | null => {
  const table = tableOf(functionCode, access);
  const binding = ranges.filter((range) => range.access === access && (range.table === undefined || table === null || range.table === table));
  return binding.length === 0 ? null : mergeSpans(binding);
};

/** What else two function codes can do (V1.1b3 clauses 6.8 and 6.19), which only the octets after them tell. */
const FURTHER_ACCESS: Readonly<Record<number, readonly Access[]>> = { 8: ['control'], 43: ['write', 'program'] };

/** All that a function code may do to the device. */
export const accessesOfFunctionCode = (functionCode: number): readonly Access[] => [accessOfFunctionCode(functionCode), ...(FURTHER_ACCESS[functionCode] ?? [])];

/** What a Modbus function code does to the device, when no decoder has said so (a spec names only the code). */
export const accessOfFunctionCode = (functionCode: number): Access => {
  if (functionCode >= 1 && functionCode <= 4) return 'read';
  if (functionCode === 20 || functionCode === 24) return 'read';
  if (functionCode === 5 || functionCode === 6 || functionCode === 15 || functionCode === 16 || functionCode === 22 || functionCode === 23) return 'write';
  if (functionCode === 43) return 'browse';
  if (functionCode === 7 || functionCode === 8 || functionCode === 11 || functionCode === 12 || functionCode === 17) return 'diagnose';
  return functionCode === 21 || functionCode >= 65 ? 'program' : 'diagnose';
};
