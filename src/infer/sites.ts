/**
 * Several plants in one store, or one of which the mirror port shows parts without what joins them: islands that nothing heard ties to
 * each other, each with controllers and with zones of several kinds that stand above cells. A cell, a package with its own panel, or a few
 * office machines by themselves are none: they are parts of a plant whose rest was not heard.
 *
 * In: placements. Out: the islands, and of each asset the site whose zones it stands in, where each of two islands is a plant for certain; who
 * was heard with none is counted to the one with the nearest address. Left out on purpose: names of zones (zone-names.ts).
 */
import { compareAddresses, leastAddress, parseSpan } from '../net/address-set.ts';
import { listsBy } from '../net/multi-map.ts';
import type { Inference } from './inference.ts';
import { findIslands } from './islands.ts';
import type { ZoneKind } from './proposal.ts';

export interface Sites {
  /** Of each island its assets, ascending; empty where there are no two. Those come first of which a person placed something, then by address. */
  readonly islands: readonly (readonly number[])[];
  /** Whether each has zones of its own. */
  readonly areSplit: boolean;
  /** Position of its island; 0 for all where they are not split. */
  readonly siteOf: (asset: number) => number;
}

const ABOVE_CELLS: ReadonlySet<ZoneKind> = new Set<ZoneKind>(['supervisory', 'operations', 'engineering', 'dmz']);
/** A ship's propulsion, with its own panel and engineering station, has two and is no plant. */
const KINDS_OF_PLANT = 3;
const KINDS_OF_PART = 2;

/** @param kindOf the kind of the zone that an asset stands in */
export function findSites({ plant: { links, profiles }, decisions, inventory: { assets }, pinned }: Inference, kindOf: (asset: number) => ZoneKind): Sites {
  // Internet hosts tie nobody: two plants may ask the same one for the time.
  const pairs = links.flatMap(({ client, server }): (readonly [number, number])[] => (profiles[client]!.outside || profiles[server]!.outside ? [] : [[client, server]]));
  const islandOf = findIslands(assets.length, pairs);
  const islands = listsBy([...assets.keys()].filter((asset) => islandOf(asset) !== null), islandOf);
  const kindsIn = (members: readonly number[]): number =>
    (members.some((asset) => decisions[asset]!.role === 'plc') ? new Set(members.map(kindOf).filter((kind) => ABOVE_CELLS.has(kind))).size : 0);
  const isPinned = (members: readonly number[]): boolean => members.some((asset) => pinned.zone.has(asset));
  const parts = [...islands.values()].map((members) => ({ members, kinds: kindsIn(members), isPinned: isPinned(members), address: leastAddress(members.map((asset) => assets[asset]!.addresses[0]!)) }))
    .filter(({ kinds }) => kinds >= KINDS_OF_PART)
    .sort((a, b) => Number(b.isPinned) - Number(a.isPinned) || compareAddresses(a.address, b.address));
  const plants = parts.filter(({ kinds }) => kinds >= KINDS_OF_PLANT);
  const areSplit = plants.length > 1;
  const told = areSplit ? plants : parts.length > 1 ? parts : [];
  if (!areSplit) return { islands: told.map(({ members }) => members), areSplit, siteOf: () => 0 };
  const siteOf = new Map(plants.flatMap(({ members }, site) => members.map((asset) => [asset, site] as const)));
  const nearest = nearestOf(assets.map(({ addresses }) => addresses[0]!), siteOf);
  return { islands: told.map(({ members }) => members), areSplit, siteOf: (asset) => siteOf.get(asset) ?? nearest(asset) };
}

/** The value of the one that is known whose address is nearest, of two the lower one; 0 where there is none of the family. */
function nearestOf(addresses: readonly string[], known: ReadonlyMap<number, number>): (asset: number) => number {
  const points = addresses.map((address) => parseSpan(address));
  const order = [...addresses.keys()].sort((a, b) => compareAddresses(addresses[a]!, addresses[b]!));
  const best = new Map<number, { readonly distance: bigint; readonly value: number }>();
  for (const way of [order, order.toReversed()]) {
    let last: number | null = null;
    for (const asset of way) {
      if (known.has(asset)) last = asset;
      const [own, other] = [points[asset], last === null ? null : points[last]];
      if (last === null || last === asset || own == null || other == null || own.family !== other.family || own.family === 'mac') continue;
      const distance = own.first > other.first ? own.first - other.first : other.first - own.first;
      const held = best.get(asset);
      if (held === undefined || distance < held.distance) best.set(asset, { distance, value: known.get(last)! });
    }
  }
  return (asset) => best.get(asset)?.value ?? 0;
}
