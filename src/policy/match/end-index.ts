/**
 * Which rules may have somebody at one of their ends: asked for each conversation, and there may be tens of thousands of both.
 *
 * In: ends with what they are of. Out: for somebody, lists of what the ends say of them by zone, by asset, by address; a rule may
 * be in two of them. Left out on purpose: whether the other end fits.
 */
import type { AddressSet, AddressSpan } from '../../net/address-set.ts';
import { addTo } from '../../net/multi-map.ts';
import { indexSpans, type Spanned } from '../../net/span-index.ts';

export interface IndexedEnd<T> {
  readonly zone: string;
  /** Ids; of neither assets nor addresses: the whole zone. */
  readonly assets: Iterable<string>;
  readonly addresses: AddressSet;
  readonly wholeZone: boolean;
  readonly value: T;
}

/** Somebody of a conversation or of an end; null where it is not known. */
export interface Party {
  readonly zone: string | null;
  readonly asset: string | null;
  readonly span: AddressSpan | null;
}

export const indexEnds = <T>(ends: readonly IndexedEnd<T>[]): ((party: Party) => readonly (readonly T[])[]) => {
  const byZone = new Map<string, T[]>();
  const byAsset = new Map<string, T[]>();
  const spanned: Spanned<T>[] = [];
  for (const { zone, wholeZone, assets, addresses, value } of ends) {
    if (wholeZone) addTo(byZone, zone, value);
    for (const asset of assets) addTo(byAsset, `${zone}\n${asset}`, value);
    for (const span of addresses) spanned.push({ span, value });
  }
  const byAddress = indexSpans(spanned);
  return ({ zone, asset, span }) => [byZone.get(zone ?? '') ?? [], byAsset.get(`${zone ?? ''}\n${asset ?? ''}`) ?? [], span === null ? [] : byAddress(span)];
};

/** Some of many, each once, in the order of all. */
export const inOrderOf = <T>(all: readonly T[]): ((some: Iterable<T>) => readonly T[]) => {
  const places = new Map(all.map((one, place) => [one, place]));
  return (some) => [...new Set(some)].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
};

/** Of the lists of two ends those with fewer rules in all: who fits both ends is in either. */
export const fewerOf = <T>(a: readonly (readonly T[])[], b: readonly (readonly T[])[]): readonly (readonly T[])[] => {
  const sizeOf = (lists: readonly (readonly T[])[]): number => lists.reduce((sum, list) => sum + list.length, 0);
  return sizeOf(a) < sizeOf(b) ? a : b;
};
