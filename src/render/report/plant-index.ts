/**
 * Who is who in a report: zones and assets of the spec joined with what was seen, and both ends of every conversation.
 * In: a spec (declared, or written from the proposal), Observations, the inference about them. Out: lists and indexes.
 * What stands in no zone of the spec gets a zone of its own at the end, so that nothing seen is missing from the map.
 */
import type { PlacedAsset, Proposal } from '../../infer/proposal.ts';
import { groupAddressKind } from '../../net/address-kinds.ts';
import { staysOnLink } from '../../net/link-local.ts';
import type { ObservationSet } from '../../observation.ts';
import { indexAssets, type DeclaredAsset } from '../../policy/spec/assets.ts';
import type { LoadedSpec } from '../../policy/spec/load.ts';
import type { SpecZone } from '../../policy/spec/schema.ts';

export const NOT_DECLARED = 'not declared';
const NOBODY = -1;

export interface IndexedAsset {
  readonly id: string;
  readonly zone: number;
  readonly declared: DeclaredAsset | null;
  /** More than one when the spec joins what inference kept apart. */
  readonly seen: readonly PlacedAsset[];
}

export interface PlantIndex {
  readonly specZones: readonly SpecZone[];
  /** One more than `specZones` when something stands in no zone. */
  readonly zoneCount: number;
  readonly zoneIndexOf: ReadonlyMap<string, number>;
  readonly assets: readonly IndexedAsset[];
  readonly assetOfAddress: ReadonlyMap<string, number>;
  /** By position in `set.conversations`; -1 for group addresses, for what stays on its link, and for what nobody stands for. */
  readonly clientAsset: Int32Array;
  readonly serverAsset: Int32Array;
  readonly clientZone: Int32Array;
  readonly serverZone: Int32Array;
  readonly positionOf: ReadonlyMap<number, number>;
}

/** The asset at an address, if the spec declares it. */
export const declaredAt = ({ assetOfAddress, assets }: Pick<PlantIndex, 'assetOfAddress' | 'assets'>, address: string): DeclaredAsset | null => assets[assetOfAddress.get(address) ?? -1]?.declared ?? null;

/** Its id, or the address where the spec declares none there. */
export const idAt = (plant: Pick<PlantIndex, 'assetOfAddress' | 'assets'>, address: string): string => declaredAt(plant, address)?.id ?? address;

export function indexPlant(loaded: LoadedSpec, set: ObservationSet, proposal: Proposal): PlantIndex {
  const { spec } = loaded;
  const index = indexAssets(spec, set.addresses);
  const zoneIndexOf = new Map(spec.zones.map((zone, i) => [zone.zone_id, i]));
  const drafts: { id: string; zone: number; declared: DeclaredAsset | null; seen: PlacedAsset[] }[] = [];
  const draftOf = new Map<DeclaredAsset, number>();
  const assetOfAddress = new Map<string, number>();
  for (const asset of index.assets) {
    draftOf.set(asset, drafts.length);
    for (const address of asset.addresses) assetOfAddress.set(address, drafts.length);
    drafts.push({ id: asset.id, zone: zoneIndexOf.get(asset.zone) ?? spec.zones.length, declared: asset, seen: [] });
  }
  for (const seen of proposal.assets) {
    const addresses = [...seen.addresses, ...seen.macs];
    const resolution = addresses.map((address) => index.resolve(address)).find((found) => found !== null) ?? null;
    const known = resolution?.asset == null ? undefined : draftOf.get(resolution.asset);
    const position = known ?? drafts.length;
    if (known === undefined) {
      drafts.push({ id: seen.id, zone: resolution === null ? spec.zones.length : (zoneIndexOf.get(resolution.zone) ?? spec.zones.length), declared: null, seen: [seen] });
    } else drafts[known].seen.push(seen);
    for (const address of seen.addresses) assetOfAddress.set(address, position);
    // Behind a router every device shows the router's MAC.
    if (!seen.behindRouter) for (const mac of seen.macs) if (!assetOfAddress.has(mac)) assetOfAddress.set(mac, position);
  }
  const count = set.conversations.length;
  const clientAsset = new Int32Array(count).fill(NOBODY);
  const serverAsset = new Int32Array(count).fill(NOBODY);
  const clientZone = new Int32Array(count).fill(NOBODY);
  const serverZone = new Int32Array(count).fill(NOBODY);
  const zoneOf = (address: string, asset: number): number => {
    if (groupAddressKind(address) !== null) return NOBODY;
    const declared = index.resolve(address);
    if (declared !== null) return zoneIndexOf.get(declared.zone) ?? NOBODY;
    return asset < 0 ? NOBODY : drafts[asset].zone;
  };
  let isAnyoneOutside = drafts.some((draft) => draft.zone === spec.zones.length);
  for (const [i, conversation] of set.conversations.entries()) {
    clientAsset[i] = assetOfAddress.get(conversation.client) ?? NOBODY;
    serverAsset[i] = assetOfAddress.get(conversation.server) ?? NOBODY;
    if (staysOnLink(conversation.transport)) continue;
    clientZone[i] = zoneOf(conversation.client, clientAsset[i]);
    serverZone[i] = zoneOf(conversation.server, serverAsset[i]);
    if (clientZone[i] === spec.zones.length || serverZone[i] === spec.zones.length) isAnyoneOutside = true;
  }
  return {
    specZones: spec.zones,
    zoneCount: spec.zones.length + (isAnyoneOutside ? 1 : 0),
    zoneIndexOf,
    assets: drafts,
    assetOfAddress,
    clientAsset, serverAsset, clientZone, serverZone,
    positionOf: new Map(set.conversations.map((conversation, i) => [conversation.id, i])),
  };
}
