/**
 * Names a person would give: one zone of each kind, cells numbered in address order and named after a unit token that
 * their members share, or after their controllers and panels. Pinned ids, names and SL-T win.
 */
import { addTo } from '../net/multi-map.ts';
import { compareAddresses } from '../net/address-set.ts';
import type { Inference } from './inference.ts';
import type { Pins, Zone, ZoneKind } from './proposal.ts';
import { kindOfZoneId, ZONE_KINDS } from './zone-kinds.ts';


export interface ZonePlan {
  readonly zones: readonly Zone[];
  /** Id of the zone that a placement key stands for. */
  readonly zoneIdOf: (key: string) => string;
}

const MOST_MEMBERS_IN_NAME = 3;

/** The unit token that at least half of the named members share. */
function unitName(names: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const name of names) {
    const token = /^([A-Za-z]+[-_ ]?\d+)[-_]/.exec(name)?.[1];
    if (token !== undefined) counts.set(token.toUpperCase(), (counts.get(token.toUpperCase()) ?? 0) + 1);
  }
  const best = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0];
  return best !== undefined && best[1] >= 2 && best[1] >= names.length / 2 ? best[0] : null;
}

function cellName({ inventory, decisions }: Inference, members: readonly number[], number: string, taken: Set<string>): string {
  const token = unitName(members.flatMap((index) => inventory.assets[index]!.names.slice(0, 1)));
  if (token !== null && !taken.has(token)) {
    taken.add(token);
    return `Cell ${token}`;
  }
  const rank = { plc: 0, hmi: 1 } as Record<string, number>;
  const telling = members.filter((index) => rank[decisions[index]!.role] !== undefined).sort((a, b) => rank[decisions[a]!.role]! - rank[decisions[b]!.role]! || a - b);
  const shown = telling.slice(0, MOST_MEMBERS_IN_NAME).map((index) => inventory.assets[index]!.id);
  const rest = telling.length - shown.length;
  return `Cell ${number}${shown.length > 0 ? ` (${shown.join(', ')}${rest > 0 ? `, ${rest} more` : ''})` : ''}`;
}

/**
 * The zone that a person has for a kind, under whatever id: who renamed it has not asked for a second one. Of several nobody
 * knows which, unless one has the usual id; of zones of the Internet the first, as in every comparison with the spec.
 */
function declaredZoneOf(kind: Exclude<ZoneKind, 'pinned'>, pins: Pins): string | null {
  const usual = ZONE_KINDS[kind].id;
  const own = [...pins.zoneKind].filter((entry) => entry[1] === kind).map(([id]) => id);
  if (kind !== 'external' && pins.zoneName.has(usual)) return usual;
  return own.length === 1 || kind === 'external' ? (own[0] ?? null) : null;
}

export function nameZones(inference: Inference, pins: Pins): ZonePlan {
  const { inventory, placements, decisions } = inference;
  const membersOf = new Map<string, number[]>();
  placements.placed.forEach(({ zone }, index) => addTo(membersOf, zone, index));
  const firstAddress = (members: readonly number[]): string => members.map((index) => inventory.assets[index]!.addresses[0]!).reduce((least, address) => (compareAddresses(address, least) < 0 ? address : least));
  const cellKeys = [...membersOf.keys()].filter((key) => key.startsWith('cell:')).sort((a, b) => compareAddresses(firstAddress(membersOf.get(a)!), firstAddress(membersOf.get(b)!)));
  const ids = new Map<string, string>();
  const width = Math.max(2, String(cellKeys.length).length);
  const pinnedIds = new Set([...pins.zoneName.keys(), ...[...membersOf.keys()].filter((key) => key.startsWith('pin:')).map((key) => key.slice(4))]);
  let number = 0;
  for (const key of cellKeys) {
    // A cell that holds nobody pinned elsewhere must not take a declared zone's id, also where none of that zone was heard.
    do number++;
    while (pinnedIds.has(`Z-CELL-${String(number).padStart(width, '0')}`));
    ids.set(key, `Z-CELL-${String(number).padStart(width, '0')}`);
  }
  for (const kind of Object.keys(ZONE_KINDS) as Exclude<ZoneKind, 'pinned'>[]) {
    const declared = kind === 'cell' ? null : declaredZoneOf(kind, pins);
    if (declared !== null) ids.set(kind, declared);
  }
  const zoneIdOf = (key: string): string => {
    if (key.startsWith('pin:')) return key.slice(4);
    return ids.get(key) ?? (key.startsWith('cell:') ? 'Z-CELL' : ZONE_KINDS[key as Exclude<ZoneKind, 'pinned'>].id);
  };
  const taken = new Set<string>();
  const byId = new Map<string, { keys: string[]; members: number[] }>();
  for (const [key, members] of membersOf) {
    const id = zoneIdOf(key);
    const held = byId.get(id) ?? { keys: [], members: [] };
    byId.set(id, held);
    held.keys.push(key);
    for (const member of members) held.members.push(member);
  }
  const zones = [...byId].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([id, { keys, members }]): Zone => {
    members.sort((a, b) => a - b);
    const key = keys.find((candidate) => !candidate.startsWith('pin:')) ?? keys[0]!;
    const own: ZoneKind = key.startsWith('cell:') ? 'cell' : key.startsWith('pin:') ? kindOfZoneId(id) : (key as ZoneKind);
    // Level and SL-T of a zone with an id of its own are the spec's to say, whatever is usual for its kind.
    const record = own === 'pinned' ? { name: id, level: null, slT: null } : ZONE_KINDS[own];
    const kind = pins.zoneKind.get(id) ?? own;
    const safety = members.some((index) => decisions[index]!.role === 'safety-controller');
    const notes: string[] = [];
    if (safety && kind !== 'safety') notes.push('holds safety controllers that are not separated: the entire zone is safety-related (ZCR 3.3)');
    if (own === 'cell' && members.some((index) => placements.alone.has(index))) notes.push('cannot be separated from traffic: assign by hand');
    const pinnedSl = pins.slT.get(id);
    return {
      id,
      name: pins.zoneName.get(id) ?? (own === 'cell' ? cellName(inference, members, id.replace('Z-CELL-', ''), taken) : record.name),
      kind,
      level: record.level,
      safetyRelated: safety || kind === 'safety',
      slT: pinnedSl === undefined ? { value: record.slT, basis: 'assumption' } : { value: pinnedSl, basis: 'pinned' },
      assets: members.map((index) => inventory.assets[index]!.id),
      notes,
    };
  });
  return { zones, zoneIdOf };
}
