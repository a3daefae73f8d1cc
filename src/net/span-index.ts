/**
 * Which of many spans an address lies in, without looking at each.
 *
 * In: spans that may overlap, each with what it is for. Out: what all those are for that hold an address, single addresses
 * first, then by where the span begins. Left out on purpose: which of them counts (the caller knows).
 */
import type { AddressSpan } from './address-set.ts';
import { addTo } from './multi-map.ts';

export interface Spanned<T> {
  readonly span: AddressSpan;
  readonly value: T;
}

/** What holds a span of numbers: by begin, and of each half of the list the furthest end (an interval tree in an array). */
export const indexRanges = <N extends bigint | number, T>(entries: readonly { readonly span: { readonly first: N; readonly last: N }; readonly value: T }[]): ((inner: { readonly first: N; readonly last: N }, found: T[]) => void) => {
  const sorted = [...entries].sort((a, b) => (a.span.first < b.span.first ? -1 : a.span.first > b.span.first ? 1 : 0));
  const furthest: N[] = [];
  const measure = (node: number, low: number, high: number): N => {
    const middle = (low + high) >>> 1;
    const ends = high - low === 1 ? [sorted[low].span.last] : [measure(2 * node, low, middle), measure(2 * node + 1, middle, high)];
    return (furthest[node] = ends.reduce((a, b) => (a > b ? a : b)));
  };
  if (sorted.length > 0) measure(1, 0, sorted.length);
  return (inner, found) => {
    const visit = (node: number, low: number, high: number): void => {
      if (sorted[low].span.first > inner.first || furthest[node] < inner.last) return;
      if (high - low === 1) {
        found.push(sorted[low].value);
        return;
      }
      const middle = (low + high) >>> 1;
      visit(2 * node, low, middle);
      visit(2 * node + 1, middle, high);
    };
    if (sorted.length > 0) visit(1, 0, sorted.length);
  };
};

export const indexSpans = <T>(entries: readonly Spanned<T>[]): ((address: AddressSpan) => readonly T[]) => {
  const single = new Map<string, T[]>();
  const keyOf = ({ family, first }: AddressSpan): string => `${family}:${first}`;
  for (const { span, value } of entries) if (span.first === span.last) addTo(single, keyOf(span), value);
  const wide = entries.filter(({ span }) => span.first !== span.last);
  const byFamily = {
    ipv4: indexRanges(wide.filter(({ span }) => span.family === 'ipv4')),
    ipv6: indexRanges(wide.filter(({ span }) => span.family === 'ipv6')),
    mac: indexRanges(wide.filter(({ span }) => span.family === 'mac')),
  };
  return (address) => {
    const found = address.first === address.last ? [...(single.get(keyOf(address)) ?? [])] : [];
    byFamily[address.family](address, found);
    return found;
  };
};
