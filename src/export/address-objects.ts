/**
 * Address objects and groups for firewalls that want names: each span one object, each list one group, same content
 * never twice. In: spans, with the plan for names people know. Out: names; definitions in the order first asked for.
 * A span or list that an asset or zone stands for alone takes its id; any other is named after its addresses.
 */
import { formatSpan, parseSpan, spansWithin, type AddressSet, type AddressSpan } from '../net/address-set.ts';
import type { Plan } from './exporter.ts';
import { ofFamily, rangeText } from './ip-notation.ts';
import type { NameScope } from './vendor-name.ts';

export interface AddressObject {
  readonly name: string;
  readonly span: AddressSpan;
}

export interface AddressGroup {
  readonly name: string;
  readonly family: 'ipv4' | 'ipv6' | 'mac';
  readonly members: readonly string[];
}

export interface ObjectPool {
  /** The object of a single span, or the group of several. */
  readonly nameOf: (spans: AddressSet) => { readonly name: string; readonly group: boolean };
  readonly objects: () => readonly AddressObject[];
  readonly groups: () => readonly AddressGroup[];
}

const listText = (spans: AddressSet): string => `list ${spans.map(rangeText).join()}`;

const knownNames = (plan: Plan): Map<string, string> => {
  const names = new Map<string, string>();
  for (const zone of plan.zones) {
    // An asset that is called by its address gets the name of the address: H_10.20.1.10.
    for (const asset of zone.assets.filter((one) => parseSpan(one.id) === null))
      for (const span of asset.addresses) {
        const name = asset.addresses.length === 1 ? asset.id : `${asset.id}_${formatSpan(span)}`;
        if (!names.has(rangeText(span))) names.set(rangeText(span), name);
      }
    for (const family of ['ipv4', 'ipv6'] as const) names.set(listText(ofFamily(zone.addresses, family)), zone.id);
    for (const span of zone.networks) if (!names.has(rangeText(span))) names.set(rangeText(span), `${zone.id}_${formatSpan(span)}`);
  }
  return names;
};

const PREFIX = { host: 'H', network: 'N', group: 'G' } as const;
const MOST_TILES = 32;

/** Sets are joined where addresses touch; here they fall apart into the assets again, where those make up all of a span. */
const assetTiles = (plan: Plan): ((span: AddressSpan) => AddressSpan[]) => {
  const within = spansWithin(plan.zones.flatMap((zone) => zone.assets.flatMap((asset) => asset.addresses)));
  return (span) => {
    const inside = within(span);
    const tiles: AddressSpan[] = [];
    for (const one of inside) if (one.first === (tiles.at(-1)?.last ?? span.first - 1n) + 1n) tiles.push(one);
    return tiles.at(-1)?.last === span.last && tiles.length <= MOST_TILES ? tiles : [span];
  };
};

export const objectPool = (plan: Plan, scope: NameScope): ObjectPool => {
  const known = knownNames(plan);
  const tiles = assetTiles(plan);
  const objects = new Map<string, AddressObject>();
  const groups = new Map<string, AddressGroup>();
  const objectName = (span: AddressSpan): string => {
    const key = rangeText(span);
    const existing = objects.get(key);
    if (existing !== undefined) return existing.name;
    const kind = span.first === span.last ? PREFIX.host : PREFIX.network;
    const name = scope.nameOf(`object ${key}`, known.get(key) ?? `${kind}_${formatSpan(span)}`);
    objects.set(key, { name, span });
    return name;
  };
  return {
    nameOf(whole) {
      const spans = whole.flatMap((span) => (known.has(rangeText(span)) ? [span] : tiles(span)));
      const [only] = spans;
      if (spans.length === 1 && only !== undefined) return { name: objectName(only), group: false };
      const members = spans.map(objectName);
      const key = members.join();
      const existing = groups.get(key);
      if (existing !== undefined) return { name: existing.name, group: true };
      const name = scope.nameOf(`group ${key}`, `${PREFIX.group}_${known.get(listText(whole)) ?? members.join('_')}`);
      groups.set(key, { name, family: only?.family ?? 'ipv4', members });
      return { name, group: true };
    },
    objects: () => [...objects.values()],
    groups: () => [...groups.values()],
  };
};
