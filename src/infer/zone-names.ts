/**
 * Names a person would give: one zone of each kind and site, cells numbered in address order and named after a unit token that
 * their members share, or after their controllers and panels. Pinned ids, names and SL-T win.
 */
import { addTo } from '../net/multi-map.ts';
import { compareAddresses, leastAddress } from '../net/address-set.ts';
import type { Inference } from './inference.ts';
import type { Pins, Zone, ZoneKind } from './proposal.ts';
import { findSites, type Sites } from './sites.ts';
import { kindOfZoneId, ZONE_KINDS } from './zone-kinds.ts';

export interface ZonePlan {
  readonly zones: readonly Zone[];
  /** Id of the zone that a placement key stands for, for an asset. */
  readonly zoneIdOf: (key: string, asset: number) => string;
  readonly sites: Sites;
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

type Kind = Exclude<ZoneKind, 'pinned'>;

/**
 * Ids of the zones that exist once in a plant: of each site the zone of that kind in which a person put most of its assets, else for the first
 * site the usual one, for others one with their number. What is on the Internet is of no site.
 */
function zonesBySite({ pinned }: Inference, pins: Pins, { areSplit, siteOf }: Sites, kindOfKey: (key: string) => ZoneKind, taken: ReadonlySet<string>): (kind: Kind, site: number) => string {
  const votes = new Map<string, Map<string, number>>();
  for (const [asset, zone] of areSplit ? pinned.zone : []) {
    const key = `${kindOfKey(`pin:${zone}`)} ${siteOf(asset)}`;
    const row = votes.get(key) ?? new Map<string, number>();
    votes.set(key, row.set(zone, (row.get(zone) ?? 0) + 1));
  }
  const elected = new Map([...votes].map(([key, row]) => [key, [...row].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]![0]]));
  const ofOthers = (zone: string, own: string): boolean => [...elected].some(([key, id]) => id === zone && key !== own);
  return (kind, site) => {
    const usual = ZONE_KINDS[kind].id;
    const key = `${kind} ${site}`;
    const own = elected.get(key);
    if (own !== undefined && kind !== 'external') return own;
    const declared = declaredZoneOf(kind, pins) ?? usual;
    if (kind === 'external' || (site === 0 && !ofOthers(declared, key))) return declared;
    let number = site + 1;
    while (taken.has(`${usual}-S${number}`)) number++;
    return `${usual}-S${number}`;
  };
}

export function nameZones(inference: Inference, pins: Pins): ZonePlan {
  const { inventory, placements, decisions } = inference;
  const membersOf = new Map<string, number[]>();
  placements.placed.forEach(({ zone }, index) => addTo(membersOf, zone, index));
  const firstAddress = (members: readonly number[]): string => leastAddress(members.map((index) => inventory.assets[index]!.addresses[0]!));
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
  const kindOfKey = (key: string): ZoneKind => (key.startsWith('cell:') ? 'cell' : key.startsWith('pin:') ? (pins.zoneKind.get(key.slice(4)) ?? kindOfZoneId(key.slice(4))) : (key as ZoneKind));
  const sites = findSites(inference, (asset) => kindOfKey(placements.placed[asset]!.zone));
  const siteIds = zonesBySite(inference, pins, sites, kindOfKey, pinnedIds);
  const zoneIdOf = (key: string, asset: number): string => {
    if (key.startsWith('pin:')) return key.slice(4);
    return ids.get(key) ?? (key.startsWith('cell:') ? 'Z-CELL' : siteIds(key as Kind, sites.siteOf(asset)));
  };
  const taken = new Set<string>();
  const byId = new Map<string, { keys: string[]; members: number[] }>();
  for (const [key, members] of membersOf) {
    for (const member of members) {
      const id = zoneIdOf(key, member);
      const held = byId.get(id) ?? { keys: [], members: [] };
      byId.set(id, held);
      if (held.keys.at(-1) !== key) held.keys.push(key);
      held.members.push(member);
    }
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
      name: pins.zoneName.get(id) ?? (own === 'cell' ? cellName(inference, members, id.replace('Z-CELL-', ''), taken) : `${record.name}${/-S\d+$/.exec(id)?.[0].replace('-S', ', site ') ?? ''}`),
      kind,
      level: record.level,
      safetyRelated: safety || kind === 'safety',
      slT: pinnedSl === undefined ? { value: record.slT, basis: 'assumption' } : { value: pinnedSl, basis: 'pinned' },
      assets: members.map((index) => inventory.assets[index]!.id),
      notes,
    };
  });
  return { zones, zoneIdOf, sites };
}
