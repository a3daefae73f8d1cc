/** Purdue level from role and zone. Network equipment and visitors belong to no level. */
import type { Role, ZoneKind } from '../proposal.ts';

const BY_ROLE: Readonly<Record<Role, number | null>> = {
  io: 0,
  plc: 1,
  'safety-controller': 1,
  hmi: 2,
  'engineering-workstation': 3,
  historian: 3,
  'opcua-server': 3,
  mes: 3,
  infrastructure: 3,
  'jump-server': 3.5,
  'patch-server': 3.5,
  enterprise: 4,
  'network-device': null,
  transient: null,
  other: 4,
};

export function levelOf(role: Role, kind: ZoneKind): number | null {
  if (kind === 'external') return 5;
  if (kind === 'dmz') return 3.5;
  if (kind === 'enterprise') return 4;
  if (kind === 'network' || kind === 'temporary') return null;
  if (kind === 'wireless') return 2;
  if (kind === 'safety' && role === 'engineering-workstation') return 2;
  if (role === 'other' && kind === 'operations') return 3;
  return BY_ROLE[role];
}
