/**
 * Who is who: from an address of the wire to the asset and zone that the spec declares for it.
 *
 * In: the zones of a spec. Out: an index that resolves addresses, most specific first (one address before a range, a
 * range before a zone's network), and names; and the same the other way, from zone or asset to addresses. Left out on
 * purpose: guesses. An address that nothing declares has no asset.
 */
import type { AddressRecord, Conversation } from '../../observation.ts';
import { GROUP_REASON } from '../../infer/conduits/set-aside.ts';
import { directedBroadcasts, groupAddressKind, likelyBroadcasts, PUBLIC_ADDRESSES } from '../../net/address-kinds.ts';
import { formatSpan, normaliseSet, parseSet, parseSpan, setContains, subtractSets } from '../../net/address-set.ts';
import type { AddressSet, AddressSpan } from '../../net/address-set.ts';
import { staysOnLink } from '../../net/link-local.ts';
import { addTo } from '../../net/multi-map.ts';
import { indexSpans } from '../../net/span-index.ts';
import { parseAssetText } from './free-text.ts';
import type { Spec } from './schema.ts';

export interface DeclaredAsset {
  readonly id: string;
  readonly zone: string;
  readonly label: string;
  readonly role: string | null;
  /** Empty for assets that the spec names without addresses. */
  readonly spans: readonly AddressSpan[];
  readonly addresses: readonly string[];
  readonly names: readonly string[];
  readonly vlan: number | null;
  readonly passiveOnly: boolean;
  /** How many devices it says it is; null where it says nothing. */
  readonly count: number | null;
  /** From a text such as `"HMIs (HMI-01 through HMI-06)"`. */
  readonly fromText: boolean;
  /** Where in the spec: index of the zone and of the entry in its `assets`. */
  readonly zoneIndex: number;
  readonly assetIndex: number;
}

/** `public`: an address of the Internet, where the spec declares a zone of kind external. */
export type ResolvedBy = 'address' | 'range' | 'name' | 'network' | 'public';

export interface Resolution {
  readonly zone: string;
  /** Null when only a zone's network covers the address. */
  readonly asset: DeclaredAsset | null;
  readonly by: ResolvedBy;
}

/** `PLC-01 (10.20.1.11)`; the address alone where no asset has it, or one that is called so. */
export const nameOf = (address: string, resolution: Resolution | null): string =>
  resolution?.asset && resolution.asset.id !== address ? `${resolution.asset.id} (${address})` : address;

export interface AssetIndex {
  readonly assets: readonly DeclaredAsset[];
  readonly byId: ReadonlyMap<string, DeclaredAsset>;
  readonly resolve: (address: string) => Resolution | null;
  /**
   * Between no two devices: one end is a group, or the server is how all of a link is sent to (the last address of a network of
   * the client's own zone; what the spec set aside as a group; where it declares nothing, what devices of its links likely send to).
   * Into another zone's network it is a crossing. An address that ever sent is a device's.
   */
  readonly isToGroup: (client: string, server: string) => boolean;
}

/** Between two devices, by what a router carries: what has to be permitted, and what tells where a sensor stands. */
export const isUnicast = ({ isToGroup }: Pick<AssetIndex, 'isToGroup'>, { transport, client, server }: Pick<Conversation, 'transport' | 'client' | 'server'>): boolean =>
  !staysOnLink(transport) && !isToGroup(client, server);

export const declaredAssets = (spec: Spec): DeclaredAsset[] =>
  spec.zones.flatMap((zone, zoneIndex) =>
    (zone.assets ?? []).flatMap((entry, assetIndex): DeclaredAsset[] => {
      if (typeof entry === 'string') {
        const text = parseAssetText(entry);
        return text.ids.map((id) => ({
          id, zone: zone.zone_id, label: text.label, role: null, spans: [], addresses: [], names: text.invented ? [] : [id], vlan: null, passiveOnly: false, count: null,
          fromText: true, zoneIndex, assetIndex,
        }));
      }
      const addresses = [...(entry.ip ?? []), ...(entry.mac ?? []).map((mac) => mac.toLowerCase())];
      return [{
        id: entry.asset_id, zone: zone.zone_id, label: entry.label ?? entry.asset_id, role: entry.role ?? null,
        spans: addresses.flatMap((text) => parseSpan(text) ?? []), addresses, names: [entry.asset_id, ...(entry.names ?? [])], vlan: entry.vlan ?? null,
        passiveOnly: entry.passive_only ?? false, count: entry.count ?? null, fromText: false, zoneIndex, assetIndex,
      }];
    }),
  );

/** What the spec says of a span of addresses, unless a claim before it in the list says something else. */
interface Claim {
  readonly span: AddressSpan;
  readonly resolution: Resolution;
}

const PRECEDENCE: readonly ResolvedBy[] = ['address', 'range', 'network', 'public'];

/** In order of precedence: single addresses, ranges, networks, the smaller first; last the Internet. */
const claimsOf = (spec: Spec, assets: readonly DeclaredAsset[]): Claim[] => {
  const external = spec.zones.find((zone) => zone.kind === 'external');
  const claims: Claim[] = [
    ...assets.flatMap((asset) => asset.spans.map((span): Claim => ({ span, resolution: { zone: asset.zone, asset, by: span.first === span.last ? 'address' : 'range' } }))),
    ...spec.zones.flatMap((zone) => (zone.networks ?? []).flatMap((text) => parseSpan(text) ?? []).map((span): Claim => ({ span, resolution: { zone: zone.zone_id, asset: null, by: 'network' } }))),
    ...(external === undefined ? [] : PUBLIC_ADDRESSES.map((span): Claim => ({ span, resolution: { zone: external.zone_id, asset: null, by: 'public' } }))),
  ];
  const width = ({ span }: Claim): bigint => span.last - span.first;
  return claims.sort((a, b) => PRECEDENCE.indexOf(a.resolution.by) - PRECEDENCE.indexOf(b.resolution.by) || Number(width(a) - width(b)));
};

export interface Holdings {
  readonly ofZone: (zone: string) => AddressSet;
  readonly ofAsset: (asset: string) => AddressSet;
}

/** Every address that `resolve` gives to a zone and to an asset, by what the spec declares alone (no names from the wire). */
export const holdingsOf = (spec: Spec): Holdings => {
  const byZone = new Map<string, AddressSpan[]>();
  const byAsset = new Map<string, AddressSpan[]>();
  const claims = claimsOf(spec, declaredAssets(spec)).map((claim, rank) => ({ ...claim, rank }));
  for (const family of ['ipv4', 'ipv6', 'mac'] as const) {
    const own = claims.filter(({ span }) => span.family === family).sort((a, b) => (a.span.first < b.span.first ? -1 : a.span.first > b.span.first ? 1 : 0));
    const edges = [...new Set(own.flatMap(({ span }) => [span.first, span.last + 1n]))].sort((a, b) => (a < b ? -1 : 1));
    let open: typeof own = [];
    let next = 0;
    for (const [i, first] of edges.entries()) {
      open = open.filter(({ span }) => span.last >= first);
      while (own[next]?.span.first === first) open.push(own[next++]);
      if (open.length === 0) continue;
      const { zone, asset } = open.reduce((best, one) => (one.rank < best.rank ? one : best)).resolution;
      const span = { family, first, last: edges[i + 1] - 1n };
      addTo(byZone, zone, span);
      if (asset !== null) addTo(byAsset, asset.id, span);
    }
  }
  return { ofZone: (zone) => normaliseSet(byZone.get(zone) ?? []), ofAsset: (asset) => normaliseSet(byAsset.get(asset) ?? []) };
};

/** Wire facts that hold a name of the device itself. */
const NAME_FACT = /(^|\.)(name|hostname|sysname|station)$/i;

const keyOf = (span: AddressSpan): string => `${span.family}:${span.first}`;

/** `records` lets names from the wire stand in where the spec gives no address. */
export const indexAssets = (spec: Spec, records: readonly AddressRecord[] = []): AssetIndex => {
  const assets = declaredAssets(spec);
  const byId = new Map(assets.map((asset) => [asset.id, asset]));
  const claims = claimsOf(spec, assets);
  const single = new Map(claims.filter(({ resolution }) => resolution.by === 'address').map(({ span, resolution }) => [keyOf(span), resolution]));
  const wider = claims.filter(({ resolution }) => resolution.by !== 'address');
  const widerAt = indexSpans(wider.map(({ span }, rank) => ({ span, value: rank })));
  const byName = new Map<string, DeclaredAsset | null>();
  for (const asset of assets) {
    // A name that two assets claim decides nothing.
    for (const name of new Set(asset.names.map((text) => text.toLowerCase()))) byName.set(name, byName.has(name) ? null : asset);
  }
  const declared = claims.filter(({ resolution }) => resolution.by !== 'public').map(({ span }) => span);
  const linkBroadcasts = new Set(subtractSets(likelyBroadcasts(assets.flatMap((asset) => asset.spans)), normaliseSet(declared)).map(formatSpan));
  const setAside = parseSet((spec.set_aside ?? []).flatMap(({ reason, servers }) => (reason === GROUP_REASON ? servers : [])));
  const groupsSetAside = subtractSets(setAside, assets.flatMap((asset) => asset.spans));
  const networks = wider.filter(({ resolution }) => resolution.by === 'network').map(({ span }) => span);
  const networkBroadcasts = new Set(directedBroadcasts(networks).map(formatSpan));
  const recordOf = new Map(records.map((record) => [record.address, record]));
  const resolveUncached = (address: string): Resolution | null => {
    const span = parseSpan(address);
    if (span === null) return null;
    const exact = single.get(keyOf(span));
    if (exact !== undefined) return exact;
    const claim = wider[widerAt(span).reduce((first, rank) => Math.min(first, rank), Infinity)] as Claim | undefined;
    if (claim?.resolution.by === 'range') return claim.resolution;
    const record = recordOf.get(address);
    for (const fact of record?.facts ?? []) {
      if (!NAME_FACT.test(fact.name)) continue;
      const named = byName.get(fact.value.toLowerCase()) ?? byName.get(fact.value.toLowerCase().split('.')[0]);
      if (named !== undefined && named !== null && named.spans.length === 0) return { zone: named.zone, asset: named, by: 'name' };
    }
    return claim?.resolution ?? null;
  };
  const cache = new Map<string, Resolution | null>();
  const resolve = (address: string): Resolution | null => {
    const known = cache.get(address);
    if (known !== undefined) return known;
    const resolution = resolveUncached(address);
    cache.set(address, resolution);
    return resolution;
  };
  const isBroadcast = (client: string, server: string): boolean => {
    if ((recordOf.get(server)?.macs.length ?? 0) > 0) return false;
    if (linkBroadcasts.has(server)) return true;
    const span = parseSpan(server);
    if (span !== null && setContains(groupsSetAside, span)) return true;
    return networkBroadcasts.has(server) && resolve(server)?.zone === resolve(client)?.zone;
  };
  return {
    assets,
    byId,
    resolve,
    isToGroup: (client, server) => groupAddressKind(server) !== null || groupAddressKind(client) !== null || isBroadcast(client, server),
  };
};
