/**
 * The tuples that no Permit names, as heads of Suricata rules. In: plan parts. Out: rule heads. Everything between zones that no Permit names is spelled out, because an engine passes what no rule
 * forbids. Traffic inside one zone is never judged, whether a conduit leads there or not: a sensor on a mirror port sees it.
 * Groups and broadcasts have no zone: they are judged only where a Permit names them.
 */
import { likelyBroadcasts } from '../../net/address-kinds.ts';
import { compareSpans, intersectSets, normaliseSet, overlapping, parseSet, setContains, subtractSets, type AddressSet, type AddressSpan } from '../../net/address-set.ts';
import type { DevicePlan, PlanPermit, PlanZone } from '../exporter.ts';
import { ofFamily, protocolNumber } from '../ip-notation.ts';
import { pairCells, pieces, portCells, type PairCell, type PortCell } from '../pair-cells.ts';
import { addressList, EVERY_ADDRESS, otherPorts, type RuleSide } from '../rule-lists.ts';

export interface RuleHead {
  /** `icmp` is all of it but errors, `icmp-error` those alone. */
  readonly protocol: 'ip' | 'tcp' | 'udp' | 'sctp' | 'icmp' | 'icmp-error';
  readonly source: RuleSide;
  readonly target: RuleSide;
  readonly ports: string;
  /** IP protocols the rule must leave alone. */
  readonly notProtocols: readonly number[];
  readonly why: string;
}

const only = (among: AddressSet): RuleSide => ({ among, except: [] });

/** Null: nothing is left, and a rule with an empty set is one that Suricata refuses, with all others. */
const without = (all: AddressSet, except: AddressSet): RuleSide | null => {
  const among = all.filter((span) => !setContains(except, span));
  return among.length === 0 ? null : { among, except: intersectSets(among, except) };
};

const allBut = (except: AddressSet, family: 'ipv4' | 'ipv6'): RuleSide | null => without(EVERY_ADDRESS[family], except);

/** Broadcast, link-scope groups and addresses of a link alone: no router carries them, and neighbours find each other by them (RFC 4861). */
const LINK_TARGETS = { ipv4: parseSet(['224.0.0.0/24', '255.255.255.255']), ipv6: parseSet(['ff02::/16', 'fe80::/10']) } as const;
/** Whoever asks for a group gets it, in whatever zone: produced tags of EtherNet/IP, PTP (RFC 5771, RFC 4291 clause 2.7). */
const GROUPS = { ipv4: parseSet(['224.0.0.0/4']), ipv6: parseSet(['ff00::/8']) } as const;
const LINK_SOURCES = { ipv4: parseSet(['0.0.0.0']), ipv6: parseSet(['fe80::/10', '::']) } as const;

const PORTS = 65_536;
/** The cells are disjoint. */
const coverAll = (ports: readonly PortCell[]): boolean => ports.reduce((sum, { first, last }) => sum + last - first + 1, 0) === PORTS;

/** Within a cell: every port and protocol that its Permits do not name. */
const cellHeads = (cell: PairCell): RuleHead[] => {
  const permits = cell.permits.map((entry) => entry.permit);
  if (permits.some((permit) => permit.service.transport === 'any')) return [];
  const source = only(cell.clients);
  const target = only(cell.servers);
  const named = [...new Set(permits.map(({ service }) => protocolNumber(service.transport)))].sort((a, b) => a - b);
  const heads: RuleHead[] = [];
  for (const transport of ['tcp', 'udp', 'sctp'] as const) {
    const ports = portCells(cell.permits, transport);
    // Suricata refuses a list that leaves no port.
    if (ports.length === 0 || coverAll(ports)) continue;
    for (const others of otherPorts(ports)) heads.push({ protocol: transport, source, target, ports: others, notProtocols: [], why: `${transport} port that no Permit names` });
  }
  heads.push({ protocol: 'ip', source, target, ports: 'any', notProtocols: named, why: 'protocol that no Permit names' });
  return heads;
};

/** No address is of two of them (policy/spec/assets.ts). */
interface ZonePlaces {
  readonly zones: readonly AddressSet[];
  /** The places in `zones` of those that share an address with a set. */
  readonly meeting: (set: AddressSet) => number[];
}

const zonePlaces = (plan: DevicePlan, family: 'ipv4' | 'ipv6'): ZonePlaces => {
  const zones = plan.zones.map((zone) => ofFamily(zone.addresses, family)).filter((places) => places.length > 0);
  const spans = zones.flatMap((zone, place) => zone.map((span) => ({ ...span, place }))).sort(compareSpans);
  return { zones, meeting: (set) => [...new Set(set.flatMap((span) => overlapping(spans, span)).map(({ place }) => place))].sort((a, b) => a - b) };
};

/** What a part of all addresses shares with a large set. */
const sharedWith = (set: AddressSet, part: AddressSet): AddressSet => part.flatMap((span) => overlapping(set, span));

/** A Permit between addresses may reach into a zone with both ends: without the pairs that stay in one. */
const acrossZones = (cell: PairCell, { zones, meeting }: ZonePlaces): PairCell[] => {
  const own: PairCell[] = [];
  let clients = cell.clients;
  const ofServers = new Set(meeting(cell.servers));
  for (const place of meeting(cell.clients)) {
    if (!ofServers.has(place)) continue;
    const inside = intersectSets(clients, zones[place]);
    clients = subtractSets(clients, inside);
    own.push({ ...cell, clients: inside, servers: subtractSets(cell.servers, zones[place]) });
  }
  return [...own, { ...cell, clients }].filter((one) => one.clients.length > 0 && one.servers.length > 0);
};

/** Same clients, all their cells together: what else they may not reach. */
const rowHeads = ({ cells, places: { zones, meeting }, groups, family }: Judged): RuleHead[] => {
  const merged = new Map<string, { clients: AddressSpan[]; except: AddressSet }>();
  // Cut at the zones, a piece is within one, or in none.
  for (const { span: client, members } of pieces(cells.map((cell) => cell.clients), family, zones.flat())) {
    const except = normaliseSet([...members.flatMap((at) => cells[at].servers), ...groups, ...meeting([client]).flatMap((place) => zones[place])]);
    const key = addressList(except);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { clients: [client], except });
    else known.clients.push(client);
  }
  return [...merged.values()].flatMap(({ clients, except }): RuleHead[] => {
    const target = allBut(except, family);
    return target === null ? [] : [{ protocol: 'ip', source: only(normaliseSet(clients)), target, ports: 'any', notProtocols: [], why: 'server that no Permit names for this client' }];
  });
};

const assetAddresses = (zone: PlanZone): AddressSpan[] => zone.assets.flatMap((asset) => asset.addresses);

/** Permits for 0.0.0.0/0 mean hosts: only one that is for groups or link addresses alone judges what they send or get. */
const withoutUnnamedLinks = (cells: readonly PairCell[], permits: readonly PlanPermit[], family: 'ipv4' | 'ipv6'): PairCell[] => {
  const groups = normaliseSet([...GROUPS[family], ...LINK_TARGETS[family]]);
  const unnamed = (all: AddressSet, side: 'client' | 'server'): AddressSet =>
    subtractSets(all, permits.flatMap((entry) => ofFamily(entry[side], family).filter((span) => setContains(all, span))));
  const [sources, targets] = [unnamed(LINK_SOURCES[family], 'client'), unnamed(groups, 'server')];
  return cells
    .map((cell) => ({ ...cell, clients: subtractSets(cell.clients, sources), servers: subtractSets(cell.servers, targets) }))
    .filter(({ clients, servers }) => clients.length > 0 && servers.length > 0);
};

const groupTargets = (plan: DevicePlan, cells: readonly PairCell[], family: 'ipv4' | 'ipv6'): AddressSet => {
  const declared = plan.zones.flatMap((zone) => [...zone.networks, ...assetAddresses(zone)]);
  const groups = normaliseSet([...GROUPS[family], ...ofFamily(subtractSets(likelyBroadcasts(plan.zones.flatMap(assetAddresses)), declared), family)]);
  return normaliseSet([...LINK_TARGETS[family], ...subtractSets(groups, cells.flatMap((cell) => cell.servers))]);
};

/** Pairs of one family that are judged. */
export interface Judged {
  readonly family: 'ipv4' | 'ipv6';
  readonly places: ZonePlaces;
  /** What Permits say of pairs in different zones. */
  readonly across: readonly PairCell[];
  /** Of these, without groups and addresses of a link that no Permit names. */
  readonly cells: readonly PairCell[];
  /** Targets that are never judged, but for what a Permit names. */
  readonly groups: AddressSet;
}

export const judgedPairs = (plan: DevicePlan, permits: readonly PlanPermit[], family: 'ipv4' | 'ipv6'): Judged => {
  const places = zonePlaces(plan, family);
  const across = pairCells(permits, family).flatMap((cell) => acrossZones(cell, places));
  const cells = withoutUnnamedLinks(across, permits, family);
  return { family, places, across, cells, groups: groupTargets(plan, cells, family) };
};

/** The tuples that must not pass. */
export const forbiddenHeads = (judged: Judged): RuleHead[] => {
  const { family, places: { zones }, cells, groups } = judged;
  const everyClient = normaliseSet(cells.flatMap((cell) => cell.clients));
  const heads = [...cells.flatMap(cellHeads), ...rowHeads(judged)];
  for (const zone of zones) {
    const rest = subtractSets(zone, sharedWith(everyClient, zone));
    const target = allBut(normaliseSet([...zone, ...groups]), family);
    if (rest.length > 0 && target !== null) heads.push({ protocol: 'ip', source: only(rest), target, ports: 'any', notProtocols: [], why: 'client that no Permit names' });
  }
  const [source, target] = [normaliseSet([...everyClient, ...zones.flat(), ...LINK_SOURCES[family]]), groups].map((known) => allBut(known, family));
  if (source !== null && target !== null)
    heads.push({ protocol: 'ip', source, target, ports: 'any', notProtocols: [], why: 'client that no zone and no Permit names' });
  return heads;
};

/**
 * ICMP errors about what goes on between zones come from any router or host on the way, and a path without them loses large answers in
 * silence (RFC 1191 section 3, RFC 4890 section 4.3.1). They pass to whom a Permit names, and to nobody else. Told by where they go: each
 * zone's addresses that no Permit names stand in one rule, and not in one for every other zone that may send there.
 */
export const errorHeads = ({ family, places: { zones }, cells, groups }: Judged): RuleHead[] => {
  const spared = normaliseSet([...groups, ...cells.flatMap((cell) => [...cell.clients, ...cell.servers])]);
  const everyZone = normaliseSet(zones.flat());
  const unjudged = subtractSets(LINK_SOURCES[family], everyZone);
  const targets = [...zones.map((zone) => ({ target: without(zone, sharedWith(spared, zone)), home: zone })), { target: allBut(normaliseSet([...everyZone, ...spared]), family), home: [] }];
  return targets.flatMap(({ target, home }): RuleHead[] => {
    const source = allBut(normaliseSet([...home, ...unjudged]), family);
    return source === null || target === null ? [] : [{ protocol: 'icmp-error', source, target, ports: 'any', notProtocols: [], why: 'ICMP error to an address that no Permit names' }];
  });
};

/** The same heads with one protocol in heads of its own, so that it can be judged apart. */
export const protocolApart = (heads: readonly RuleHead[], protocol: 'tcp' | 'icmp', number: number): RuleHead[] =>
  heads.flatMap((head): RuleHead[] =>
    head.protocol !== 'ip' || head.notProtocols.includes(number)
      ? [head]
      : [{ ...head, protocol, notProtocols: [] }, { ...head, notProtocols: [...head.notProtocols, number].sort((a, b) => a - b) }],
  );
