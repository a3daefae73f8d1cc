/**
 * A spec as pins: what a person decided about assets and zones, for inference to build around. In: a loaded spec. Out: Pins.
 * Every declared asset pins its zone, and its role and level where they are written; zones pin their name, kind and SL-T.
 */
import { ROLES, type Pins, type Role, type ZoneKind } from '../../infer/proposal.ts';
import { addTo } from '../../net/multi-map.ts';
import type { AddressRecord } from '../../observation.ts';
import { securityLevelNumber } from './free-text.ts';
import { indexAssets } from './assets.ts';
import type { LoadedSpec } from './load.ts';
import { inferredKind, zoneKinds } from './zone-kind.ts';

/** The spec's other words for the roles of inference. */
const ROLE_WORDS: Readonly<Record<string, Role>> = {
  sis: 'safety-controller',
  ews: 'engineering-workstation',
  rtu: 'plc',
  drive: 'io',
  'alarm-server': 'mes',
  firewall: 'network-device',
  switch: 'network-device',
  gateway: 'plc',
  'it-client': 'enterprise',
};

export const roleOf = (word: string): Role | null => ROLE_WORDS[word] ?? ROLES.find((role) => role === word) ?? null;

/**
 * @param records the addresses that were observed: whatever the spec says by range, network or name is pinned address by address
 */
export function pinsOf({ spec }: LoadedSpec, records: readonly AddressRecord[]): Pins {
  const assetZone = new Map<string, string>();
  const role = new Map<string, Role>();
  const level = new Map<string, number>();
  const addressesOf = new Map<string, string[]>();
  const index = indexAssets(spec, records);
  for (const { address } of records) {
    const found = index.resolve(address);
    if (found === null || found.by === 'public') continue;
    if (found.asset !== null) addTo(addressesOf, found.asset.id.toUpperCase(), address);
    const entry = found.asset === null ? undefined : spec.zones[found.asset.zoneIndex]?.assets?.[found.asset.assetIndex];
    // An entry that says so itself is inference's own word, not a person's.
    if (typeof entry === 'object' && entry.pinned === false) continue;
    assetZone.set(address, found.zone);
    const decided = found.asset?.role == null ? null : roleOf(found.asset.role);
    if (decided !== null) role.set(address, decided);
    if (typeof entry === 'object' && entry.level !== undefined) level.set(address, entry.level);
  }
  const zoneName = new Map(spec.zones.map((zone) => [zone.zone_id, zone.name]));
  const zoneKind = new Map<string, ZoneKind>();
  for (const [id, declared] of zoneKinds(spec)) {
    const kind = inferredKind(declared);
    if (kind !== null) zoneKind.set(id, kind);
  }
  const slT = new Map<string, number>();
  for (const zone of spec.zones) {
    const target = securityLevelNumber(zone.security_level_target);
    if (target !== null) slT.set(zone.zone_id, target);
  }
  const { together = [], apart = [], safety_assets: safety } = spec.pins ?? {};
  // Inference knows devices by what the wire calls them, and not by the spec's ids.
  const seenAs = (key: string): readonly string[] => addressesOf.get(key.toUpperCase()) ?? [key];
  const pairs = (pinned: Pins['together']): [string, string][] => pinned.flatMap(([a, b]) => seenAs(a).flatMap((one) => seenAs(b).map((other): [string, string] => [one, other])));
  return { assetZone, together: pairs(together), apart: pairs(apart), role, level, zoneName, zoneKind, slT, safetyAssets: safety === undefined ? null : safety.flatMap(seenAs) };
}
