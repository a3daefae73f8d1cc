/**
 * What conduit inference needs to know of the zones: who is where, who stands in for whom, on which days anybody
 * listened, and whose ports were agreed upon elsewhere.
 *
 * In: a zone proposal (or anything shaped like one) and the Observations. Out: an index by address, redundant partners,
 * captured days, negotiated ports. Left out on purpose: how zones were found (zones.ts).
 */
import { isMac } from '../../net/address-set.ts';
import { addTo, addToSet } from '../../net/multi-map.ts';
import { changesDevice, type Conversation, type ObservationSet } from '../../observation.ts';
import { staysOnLink } from '../../net/link-local.ts';
import { groupAddressKind } from '../../net/address-kinds.ts';
import { hasUnheardServer } from '../unheard.ts';
import { findIslands } from '../islands.ts';
import { capturedDaysOf } from '../captured-days.ts';
import { findNegotiated, type Negotiated, type Talk } from './negotiated-ports.ts';

export interface PlannedAsset {
  readonly id: string;
  readonly role: string;
  readonly subRole: string | null;
  readonly level: number | null;
  readonly zone: string;
  readonly addresses: readonly string[];
  readonly macs: readonly string[];
  readonly behindRouter: boolean;
  /** Its addresses are public, and not those of the plant's own link. */
  readonly external?: boolean;
  /** A person declared it and nobody heard it yet: rules about groups reach it, and it counts towards none. */
  readonly declaredOnly?: boolean;
}

export interface PlannedZone {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly level: number | null;
  readonly slT: { readonly value: number | null; readonly basis: string };
}

export interface ZonePlan {
  readonly assets: readonly PlannedAsset[];
  readonly zones: readonly PlannedZone[];
  readonly dropped: readonly { readonly conversation: number; readonly why: string }[];
  readonly completeness?: { readonly conduits: readonly { readonly zones: readonly [string, string]; readonly completeness: number }[] };
}

export interface PlanIndex {
  readonly plan: ZonePlan;
  readonly assetOf: (address: string) => PlannedAsset | null;
  readonly conversationOf: (id: number) => Conversation | null;
  readonly kindOf: (zone: string) => string;
  /** Members of a zone with a role, in plan order. */
  readonly membersOf: (zone: string, role: string) => readonly PlannedAsset[];
  readonly allOf: (zone: string) => readonly PlannedAsset[];
  readonly partnerOf: (asset: string) => PlannedAsset | null;
  /** Days since 1970 on which anything was captured, ascending. */
  readonly capturedDays: readonly number[];
  readonly droppedWhy: ReadonlyMap<number, string>;
  /** Which talk with each other, directly or over others of the plant, have one number; null: it was heard with none of them. */
  readonly islandOf: (asset: string) => number | null;
  /** The first scanned the second. */
  readonly hasScanned: (client: string, server: string) => boolean;
  /** Conversations whose ports were agreed upon over another one, by id. */
  readonly negotiated: ReadonlyMap<number, Negotiated>;
}

/** Roles whose devices are built in redundant pairs that take over from each other. */
const PAIRED_ROLES = new Set(['hmi', 'historian', 'opcua-server', 'mes']);

/** Two assets of one role and zone that call each other on one port, day after day, and nobody else like that. */
function findPartners(set: ObservationSet, assetOf: (address: string) => PlannedAsset | null, captured: number): Map<string, PlannedAsset> {
  const calls = new Map<string, { from: PlannedAsset; to: PlannedAsset }>();
  for (const conversation of set.conversations) {
    const from = assetOf(conversation.client);
    const to = assetOf(conversation.server);
    if (from === null || to === null || from.id === to.id || from.role !== to.role || from.zone !== to.zone || !PAIRED_ROLES.has(from.role)) continue;
    if (conversation.days.length < Math.max(3, captured / 2) && captured >= 3) continue;
    calls.set(`${from.id}\n${to.id}\n${conversation.transport}/${conversation.port}`, { from, to });
  }
  const partners = new Map<string, Map<string, PlannedAsset>>();
  for (const [key, { from, to }] of calls) {
    const port = key.slice(key.lastIndexOf('\n') + 1);
    if (!calls.has(`${to.id}\n${from.id}\n${port}`)) continue;
    const held = partners.get(from.id) ?? new Map<string, PlannedAsset>();
    partners.set(from.id, held.set(to.id, to));
  }
  const pairs = new Map<string, PlannedAsset>();
  for (const [id, candidates] of partners) if (candidates.size === 1) pairs.set(id, [...candidates.values()][0]);
  for (const [id, partner] of pairs) if (pairs.get(partner.id)?.id !== id) pairs.delete(id);
  return pairs;
}

/** Internet hosts tie nobody: two plants may ask the same one for the time. */
function islandsOf(assets: readonly PlannedAsset[], talks: readonly Talk[]): (id: string) => number | null {
  const place = new Map(assets.map(({ id }, at) => [id, at]));
  const isOutside = (id: string): boolean => assets[place.get(id)!].external === true;
  const islandOf = findIslands(assets.length, talks.flatMap(({ client, server }): (readonly [number, number])[] => (isOutside(client) || isOutside(server) ? [] : [[place.get(client)!, place.get(server)!]])));
  return (id) => {
    const at = place.get(id);
    return at === undefined ? null : islandOf(at);
  };
}

/** Both were heard with others, and nothing leads from one to the other: two plants in one store, or one that the mirror shows in parts. */
export function areApart(client: PlannedAsset, server: PlannedAsset, { islandOf }: PlanIndex): boolean {
  const [from, to] = [islandOf(client.id), islandOf(server.id)];
  return from !== null && to !== null && from !== to;
}

/** Pairs of them that are not apart. */
export function countPairs(clients: readonly PlannedAsset[], servers: readonly PlannedAsset[], { islandOf }: PlanIndex): number {
  const islands = (assets: readonly PlannedAsset[]): number[] => assets.flatMap(({ id }) => islandOf(id) ?? []);
  const from = islands(clients);
  const to = islands(servers);
  const sizes = new Map<number, number>();
  for (const island of to) sizes.set(island, (sizes.get(island) ?? 0) + 1);
  const together = from.reduce((sum, island) => sum + (sizes.get(island) ?? 0), 0);
  return clients.length * servers.length - (from.length * to.length - together);
}

const SCANS = new Set(['scan', 'port-scan']);

const pairKey = (client: string, server: string): string => `${client}\n${server}`;

/** Who scanned whom, as pairKey of their ids. */
function findScanned(set: ObservationSet, assetOf: (address: string) => PlannedAsset | null, why: ReadonlyMap<number, string>): Set<string> {
  const scanned = new Set<string>();
  for (const { id, client, server } of set.conversations) {
    if (!SCANS.has(why.get(id) ?? '')) continue;
    const from = assetOf(client);
    const to = assetOf(server);
    if (from !== null && to !== null) scanned.add(pairKey(from.id, to.id));
  }
  return scanned;
}

/** The link addresses that stand for one asset only. One that several sent from is a router's: it identifies the router alone, where that was seen as such. */
export function ownMacs(plan: ZonePlan): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, Set<string>>();
  for (const asset of plan.assets) {
    for (const mac of [...asset.addresses.filter(isMac), ...asset.macs]) addToSet(owners, mac, asset.id);
  }
  return new Map(plan.assets.map((asset) => {
    const alone = asset.behindRouter ? [] : asset.macs.filter((mac) => owners.get(mac)?.size === 1);
    return [asset.id, [...new Set([...asset.addresses.filter(isMac), ...alone])].sort()];
  }));
}

export function indexPlan(set: ObservationSet, plan: ZonePlan): PlanIndex {
  const byAddress = new Map<string, PlannedAsset>();
  const byZone = new Map<string, PlannedAsset[]>();
  const byRole = new Map<string, PlannedAsset[]>();
  const macs = ownMacs(plan);
  for (const asset of plan.assets) {
    for (const address of asset.addresses) if (!isMac(address)) byAddress.set(address, asset);
    for (const mac of macs.get(asset.id) ?? []) byAddress.set(mac, asset);
    // Permits are about IP: nobody reaches a link address by one, and no rule about a group counts it.
    if (asset.addresses.length > 0 && asset.addresses.every(isMac)) continue;
    addTo(byZone, asset.zone, asset);
    addTo(byRole, `${asset.zone}\n${asset.role}`, asset);
  }
  const kinds = new Map(plan.zones.map((zone) => [zone.id, zone.kind]));
  const assetOf = (address: string): PlannedAsset | null => byAddress.get(address) ?? null;
  const conversations = new Map(set.conversations.map((one) => [one.id, one]));
  const capturedDays = capturedDaysOf(set);
  const partners = findPartners(set, assetOf, capturedDays.length);
  const why = new Map(plan.dropped.map((entry) => [entry.conversation, entry.why]));
  const scanned = findScanned(set, assetOf, why);
  const talks = set.conversations.flatMap((conversation): Talk[] => {
    const client = assetOf(conversation.client);
    const server = assetOf(conversation.server);
    return client === null || server === null || client === server || why.has(conversation.id) ? [] : [{ conversation, client: client.id, server: server.id }];
  });
  return {
    plan,
    assetOf,
    conversationOf: (id) => conversations.get(id) ?? null,
    kindOf: (zone) => kinds.get(zone) ?? 'other',
    membersOf: (zone, role) => byRole.get(`${zone}\n${role}`) ?? [],
    allOf: (zone) => byZone.get(zone) ?? [],
    partnerOf: (asset) => partners.get(asset) ?? null,
    capturedDays,
    droppedWhy: why,
    islandOf: islandsOf(plan.assets, talks),
    hasScanned: (client, server) => scanned.has(pairKey(client, server)),
    negotiated: findNegotiated(talks, capturedDays.length),
  };
}

/** What a scan does is asked about where it changed a device, and where one of the safety zone answered. */
function whyScan(conversation: Conversation, why: string, server: PlannedAsset | null, index: PlanIndex): string {
  if (conversation.operations.some(({ access }) => changesDevice(access))) return 'scan-with-changes';
  const isAnswered = conversation.answeredSessions > 0 || hasUnheardServer(conversation);
  return isAnswered && server !== null && index.kindOf(server.zone) === 'safety' ? 'scan-into-safety' : why;
}

/** Where a conversation stands with respect to conduits. */
export type Standing =
  | { readonly kind: 'crossing'; readonly client: PlannedAsset; readonly server: PlannedAsset }
  | { readonly kind: 'within-zone' }
  | { readonly kind: 'group-address' }
  | { readonly kind: 'set-aside'; readonly why: string };

export function standingOf(conversation: Conversation, index: PlanIndex): Standing {
  if (staysOnLink(conversation.transport) || groupAddressKind(conversation.server) !== null || groupAddressKind(conversation.client) !== null) return { kind: 'group-address' };
  const client = index.assetOf(conversation.client);
  const server = index.assetOf(conversation.server);
  if (client !== null && server !== null && client.zone === server.zone) return { kind: 'within-zone' };
  const why = index.droppedWhy.get(conversation.id);
  if (why !== undefined) return { kind: 'set-aside', why: SCANS.has(why) ? whyScan(conversation, why, server, index) : why };
  if (client === null || server === null) return { kind: 'set-aside', why: isMac(conversation.client) || isMac(conversation.server) ? 'shared-link-address' : 'no-asset' };
  return { kind: 'crossing', client, server };
}
