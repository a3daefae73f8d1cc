/**
 * Who is who: from an address of the wire to the asset and zone that the spec declares for it.
 *
 * In: the zones of a spec. Out: an index that resolves addresses, most specific first (one address before a range, a
 * range before a zone's network), and names. Left out on purpose: guesses. An address that nothing declares has no asset.
 */
import type { AddressRecord } from '../observation.ts';
import { formatSpan, groupAddressKind, isPublicAddress, likelyBroadcasts, parseSpan, sizeOfSet, subtractSets } from '../net/address-set.ts';
import type { AddressSpan } from '../net/address-set.ts';
import { parseAssetText } from './free-text.ts';
import type { Spec } from './spec-schema.ts';

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

export interface AssetIndex {
  readonly assets: readonly DeclaredAsset[];
  readonly byId: ReadonlyMap<string, DeclaredAsset>;
  readonly resolve: (address: string) => Resolution | null;
  /**
   * Between no two devices: one end is a group, or the server is how all of a link is sent to (the last address of a network of
   * the client's own zone; of a /24 where the spec declares no network). Into another zone's network it is a crossing.
   */
  readonly isToGroup: (client: string, server: string) => boolean;
}

export const declaredAssets = (spec: Spec): DeclaredAsset[] =>
  spec.zones.flatMap((zone, zoneIndex) =>
    (zone.assets ?? []).flatMap((entry, assetIndex): DeclaredAsset[] => {
      if (typeof entry === 'string') {
        const text = parseAssetText(entry);
        return text.ids.map((id) => ({
          id, zone: zone.zone_id, label: text.label, role: null, spans: [], addresses: [], names: text.invented ? [] : [id], vlan: null, passiveOnly: false,
          fromText: true, zoneIndex, assetIndex,
        }));
      }
      const addresses = [...(entry.ip ?? []), ...(entry.mac ?? []).map((mac) => mac.toLowerCase())];
      return [{
        id: entry.asset_id, zone: zone.zone_id, label: entry.label ?? entry.asset_id, role: entry.role ?? null,
        spans: addresses.flatMap((text) => parseSpan(text) ?? []), addresses, names: [entry.asset_id, ...(entry.names ?? [])], vlan: entry.vlan ?? null,
        passiveOnly: entry.passive_only ?? false, fromText: false, zoneIndex, assetIndex,
      }];
    }),
  );

interface Range {
  readonly span: AddressSpan;
  readonly size: bigint;
  readonly resolution: Resolution;
}

/** Wire facts that hold a name of the device itself. */
const NAME_FACT = /(^|\.)(name|hostname|sysname|station)$/i;

const keyOf = (span: AddressSpan): string => `${span.family}:${span.first}`;

/** `records` lets names from the wire stand in where the spec gives no address. */
export const indexAssets = (spec: Spec, records: readonly AddressRecord[] = []): AssetIndex => {
  const assets = declaredAssets(spec);
  const byId = new Map(assets.map((asset) => [asset.id, asset]));
  const single = new Map<string, Resolution>();
  const ranges: Range[] = [];
  const byName = new Map<string, DeclaredAsset | null>();
  for (const asset of assets) {
    for (const span of asset.spans) {
      if (span.first === span.last) single.set(keyOf(span), { zone: asset.zone, asset, by: 'address' });
      else ranges.push({ span, size: sizeOfSet([span]), resolution: { zone: asset.zone, asset, by: 'range' } });
    }
    // A name that two assets claim decides nothing.
    for (const name of new Set(asset.names.map((text) => text.toLowerCase()))) byName.set(name, byName.has(name) ? null : asset);
  }
  for (const zone of spec.zones) {
    for (const text of zone.networks ?? []) {
      const span = parseSpan(text);
      if (span !== null) ranges.push({ span, size: sizeOfSet([span]), resolution: { zone: zone.zone_id, asset: null, by: 'network' } });
    }
  }
  ranges.sort((a, b) => Number(a.resolution.by === 'network') - Number(b.resolution.by === 'network') || (a.size < b.size ? -1 : a.size > b.size ? 1 : 0));

  const assetSpans = assets.flatMap((asset) => asset.spans);
  const linkBroadcasts = new Set(subtractSets(likelyBroadcasts(assetSpans), [...assetSpans, ...ranges.map((entry) => entry.span)]).map(formatSpan));
  const networks = ranges.filter(({ resolution, span, size }) => resolution.by === 'network' && span.family === 'ipv4' && size > 2n);
  const networkBroadcasts = new Set(networks.map(({ span }) => formatSpan({ ...span, first: span.last })));
  const external = spec.zones.find((zone) => zone.kind === 'external');
  const recordOf = new Map(records.map((record) => [record.address, record]));
  const resolveUncached = (address: string): Resolution | null => {
    const span = parseSpan(address);
    if (span === null) return null;
    const exact = single.get(keyOf(span));
    if (exact !== undefined) return exact;
    const range = ranges.find((entry) => entry.span.family === span.family && entry.span.first <= span.first && span.last <= entry.span.last);
    if (range !== undefined && range.resolution.by === 'range') return range.resolution;
    const record = recordOf.get(address);
    for (const fact of record?.facts ?? []) {
      if (!NAME_FACT.test(fact.name)) continue;
      const named = byName.get(fact.value.toLowerCase()) ?? byName.get(fact.value.toLowerCase().split('.')[0]);
      if (named !== undefined && named !== null && named.spans.length === 0) return { zone: named.zone, asset: named, by: 'name' };
    }
    if (range !== undefined) return range.resolution;
    return external !== undefined && isPublicAddress(address) ? { zone: external.zone_id, asset: null, by: 'public' } : null;
  };
  const cache = new Map<string, Resolution | null>();
  const resolve = (address: string): Resolution | null => {
    const known = cache.get(address);
    if (known !== undefined) return known;
    const resolution = resolveUncached(address);
    cache.set(address, resolution);
    return resolution;
  };
  return {
    assets,
    byId,
    resolve,
    isToGroup: (client, server) =>
      groupAddressKind(server) !== null ||
      groupAddressKind(client) !== null ||
      linkBroadcasts.has(server) ||
      (networkBroadcasts.has(server) && resolve(server)?.zone === resolve(client)?.zone),
  };
};
