/**
 * Where an existing spec puts what a proposal speaks of: its zones by their assets, known assets by their addresses.
 *
 * In: the proposal and the spec. Out: the spec's own ids for it, and Permits between the spec's own zones.
 */
import type { ConduitProposal } from '../../infer/conduits/conduits.ts';
import { freeId } from '../../infer/spec-id.ts';
import { addTo } from '../../net/multi-map.ts';
import type { Permit, PermitEnd } from '../../permit.ts';
import type { AssetIndex } from '../spec/assets.ts';
import type { LoadedSpec } from '../spec/load.ts';

/** Where the existing spec puts what the proposal speaks of. */
export interface ExistingPlaces {
  readonly zoneOf: ReadonlyMap<string, string>;
  readonly assetOf: ReadonlyMap<string, { readonly id: string; readonly zone: string }>;
}

export const placesIn = (proposal: ConduitProposal, existing: LoadedSpec, known: AssetIndex): ExistingPlaces => {
  const zoneIds = new Set(existing.spec.zones.map((zone) => zone.zone_id));
  const assetOf = new Map<string, { id: string; zone: string }>();
  const zoneOf = new Map<string, string>();
  const takenIds = new Set(known.assets.map((asset) => asset.id));
  for (const zone of proposal.zones) {
    const votes = new Map<string, number>();
    for (const asset of zone.assets) {
      const found = [...asset.ip, ...asset.mac].map((address) => known.resolve(address)).find((resolution) => resolution?.asset);
      // Without an address of its own, only the id says that it is the same.
      const same = found?.asset ?? (asset.ip.length + asset.mac.length === 0 ? known.byId.get(asset.id) : undefined);
      if (same === undefined) continue;
      assetOf.set(asset.id, { id: same.id, zone: same.zone });
      votes.set(same.zone, (votes.get(same.zone) ?? 0) + 1);
    }
    const [favourite] = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const target = zoneIds.has(zone.id) ? zone.id : (favourite?.[0] ?? zone.id);
    zoneOf.set(zone.id, target);
    for (const asset of zone.assets) {
      if (assetOf.has(asset.id)) continue;
      const network = asset.ip.map((address) => known.resolve(address)).find((resolution) => resolution?.by === 'network');
      const id = freeId(asset.id, (one) => takenIds.has(one));
      takenIds.add(id);
      assetOf.set(asset.id, { id, zone: network?.zone ?? target });
    }
  }
  return { zoneOf, assetOf };
};

/** One Permit per pair of zones in which the existing spec puts its assets. */
export const relocate = (permit: Permit, places: ExistingPlaces): Permit[] => {
  const ends = (end: PermitEnd): PermitEnd[] => {
    if (end.assets.length === 0) return [{ ...end, zone: places.zoneOf.get(end.zone) ?? end.zone }];
    const byZone = new Map<string, string[]>();
    for (const id of end.assets) {
      const place = places.assetOf.get(id) ?? { id, zone: end.zone };
      addTo(byZone, place.zone, place.id);
    }
    return [...byZone].map(([zone, assets]) => ({ zone, assets: [...new Set(assets)].sort(), addresses: end.addresses }));
  };
  return ends(permit.from).flatMap((from) => ends(permit.to).flatMap((to) => (from.zone === to.zone ? [] : [{ ...permit, from, to }])));
};

/** A known device with an address that the spec gives nobody: it may have moved, or somebody may use its link address. */
export const movedAddresses = (proposal: ConduitProposal, places: ExistingPlaces, known: AssetIndex, loaded: LoadedSpec): string[] =>
  proposal.zones.flatMap((zone) => zone.assets.flatMap((asset) => {
    const declared = known.byId.get(places.assetOf.get(asset.id)?.id ?? '');
    if (declared === undefined || declared.spans.length === 0) return [];
    return asset.ip.filter((address) => known.resolve(address)?.asset == null).map((address) =>
      `${address} was seen with a link address of ${declared.id} (line ${loaded.locate(['zones', declared.zoneIndex, 'assets', declared.assetIndex]).line}): if the device has it, add it there; if not, find out who sends from it.`);
  }));
