/**
 * Sets of Modbus data addresses (0 to 65535), and which table each function code touches (Modbus V1.1b3 clauses 4.3, 5.1, 6).
 *
 * In: ranges of a Permit or an Operation. Out: merged ranges, containment, sizes, and the table of a function code. Left
 * out on purpose: data values, which are never stored; what a code does to the device (decode/app/modbus-functions.ts).
 */
import type { ModbusRange, ModbusTable } from '../permit.ts';

export interface Span {
  readonly first: number;
  readonly last: number;
}

/** `502`, `5000-5010`. */
export const spanText = ({ first, last }: Span): string => (first === last ? `${first}` : `${first}-${last}`);

/** Disjoint, not adjacent, ascending. */
export const mergeSpans = (spans: readonly Span[]): Span[] => {
  const sorted = [...spans].sort((a, b) => a.first - b.first);
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

/** What of `a` is not in `b`; both merged, and walked once, side by side. */
export const subtractSpans = (a: readonly Span[], b: readonly Span[]): Span[] => {
  const rest: Span[] = [];
  let next = 0;
  for (const span of a) {
    let { first } = span;
    while (next < b.length && b[next].last < first) next++;
    // The last cut may reach into the next span as well.
    for (let at = next; at < b.length && b[at].first <= span.last; at++) {
      if (first < b[at].first) rest.push({ first, last: b[at].first - 1 });
      first = b[at].last + 1;
    }
    if (first <= span.last) rest.push({ first, last: span.last });
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

export const ADDRESSED_CODES: readonly number[] = Object.keys(ADDRESSED).map(Number);

/** The table that a function code reads or writes; null when it has no data address of that access. */
export const tableOf = (functionCode: number, access: 'read' | 'write'): ModbusTable | null => ADDRESSED[functionCode]?.[access] ?? null;

/** The ranges of a Permit that bind a function code for an access; null = not bound (every address, or a code that has none). */
export const bindingSpans = (ranges: readonly ModbusRange[], functionCode: number, access: 'read' | 'write'): Span[] | null => {
  const table = tableOf(functionCode, access);
  const binding = table === null ? [] : ranges.filter((range) => range.access === access && (range.table ?? table) === table);
  return binding.length === 0 ? null : mergeSpans(binding);
};
