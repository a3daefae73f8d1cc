/**
 * Devices that a spec declares and that nobody heard yet, as members of their zone: what is commissioned next week is
 * asked for in advance, by a person, instead of being blocked on its first day.
 *
 * In: the zones as inferred, and the spec in which somebody wrote zone, role and address. Out: the same plan with those
 * devices in it, so that the rule `declared-member` reaches them. Left out on purpose: ranges and classes of devices, and
 * zones of which nothing was heard.
 */
import type { PlannedAsset, ZonePlan } from '../../infer/conduits/plan.ts';
import { parseSpan } from '../../net/address-set.ts';
import { indexAssets } from './assets.ts';
import type { LoadedSpec } from './load.ts';
import { roleOf } from './pins.ts';

const isSingle = (address: string): boolean => {
  const span = parseSpan(address);
  return span !== null && span.family !== 'mac' && span.first === span.last;
};

export function withDeclaredMembers(plan: ZonePlan, { spec }: LoadedSpec): ZonePlan {
  const index = indexAssets(spec);
  const votes = new Map<string, Map<string, number>>();
  const known = new Set<string>();
  const seen = new Set<string>();
  for (const asset of plan.assets) {
    known.add(asset.id);
    for (const address of [...asset.addresses, ...asset.macs]) {
      const resolution = index.resolve(address);
      if (resolution?.asset !== null && resolution?.asset !== undefined) seen.add(resolution.asset.id);
      if (resolution === null) continue;
      const held = votes.get(resolution.zone) ?? new Map<string, number>();
      votes.set(resolution.zone, held.set(asset.zone, (held.get(asset.zone) ?? 0) + 1));
    }
  }
  const placeOf = (zone: string): string | null => [...(votes.get(zone) ?? [])].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).at(0)?.[0] ?? null;
  const members = index.assets.flatMap((asset): PlannedAsset[] => {
    const entry = spec.zones[asset.zoneIndex].assets?.[asset.assetIndex];
    const role = asset.role === null ? null : roleOf(asset.role);
    const zone = placeOf(asset.zone);
    // An entry that a proposal wrote was heard when it was written; only a person's word counts here.
    if (seen.has(asset.id) || role === null || zone === null || (typeof entry === 'object' && entry.pinned === false)) return [];
    const addresses = asset.addresses.filter(isSingle);
    if (addresses.length === 0 || addresses.length < asset.addresses.filter((one) => parseSpan(one)?.family !== 'mac').length) return [];
    const id = known.has(asset.id) ? `${asset.id} (declared)` : asset.id;
    return [{ id, role, subRole: null, level: null, zone, addresses, macs: [], behindRouter: false, declaredOnly: true }];
  });
  return members.length === 0 ? plan : { ...plan, assets: [...plan.assets, ...members] };
}
