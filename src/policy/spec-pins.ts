/**
 * A spec as pins: what a person decided about assets and zones, for inference to build around. In: a loaded spec. Out: Pins.
 * Every declared asset pins its zone, and its role and level where they are written; zones pin their name and SL-T.
 */
import { ROLES, type Pins, type Role } from '../infer/proposal.ts';
import { securityLevelNumber } from './free-text.ts';
import { declaredAssets } from './spec-assets.ts';
import type { LoadedSpec } from './spec-load.ts';

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

export function pinsOf({ spec }: LoadedSpec): Pins {
  const assetZone = new Map<string, string>();
  const role = new Map<string, Role>();
  const level = new Map<string, number>();
  for (const asset of declaredAssets(spec)) {
    const entry = spec.zones[asset.zoneIndex]?.assets?.[asset.assetIndex];
    // An entry that a proposal wrote and nobody confirmed is inference's own word, not a person's.
    if (typeof entry === 'object' && entry.pinned === false) continue;
    const keys = asset.addresses.length > 0 ? asset.addresses : asset.names;
    const decided = asset.role === null ? null : roleOf(asset.role);
    for (const key of keys) {
      assetZone.set(key, asset.zone);
      if (decided !== null) role.set(key, decided);
      if (typeof entry === 'object' && entry.level !== undefined) level.set(key, entry.level);
    }
  }
  const zoneName = new Map(spec.zones.map((zone) => [zone.zone_id, zone.name]));
  const slT = new Map<string, number>();
  for (const zone of spec.zones) {
    const target = securityLevelNumber(zone.security_level_target as never);
    if (target !== null) slT.set(zone.zone_id, target);
  }
  return { assetZone, together: [], apart: [], role, level, zoneName, slT, safetyAssets: null };
}
