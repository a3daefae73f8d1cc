/**
 * Assets from addresses: a device may have several addresses, a router's MAC stands for many devices, and group
 * addresses are no devices at all. In: an ObservationSet. Out: assets in address order with stable ids, the index of
 * every address, and what was left out and why. Merging is cautious: two devices taken for one would hide a conduit.
 */
import { SAME_ADDRESS_FACT } from '../flow/address-plan.ts';
import type { AddressRecord, Conversation, ObservationSet } from '../observation.ts';
import { addTo, addToSet } from '../net/multi-map.ts';
import { findSharedAddresses } from '../net/shared-addresses.ts';
import { groupAddressKind, isPrivateAddress, isVirtualRouterMac, subnetOf } from '../net/address-kinds.ts';
import { compareAddresses, ipv4Number, isMac, parseSpan } from '../net/address-set.ts';
import type { Asset, AssetNote } from './proposal.ts';
import { listed } from './plural.ts';
import { FAR_RTT_MS, findRouters } from './router-cards.ts';
import { findUnheard, hasListener, isLastOfNetwork, mayBeAnswered, type Unheard } from './unheard.ts';
import { unionFind } from './union-find.ts';
import { fieldRolesOf } from './field-roles.ts';
import { classifyVendor } from './vendor-class.ts';

export type VendorLookup = (mac: string) => string | null;

export interface Inventory {
  readonly assets: readonly Asset[];
  /** Position in `assets` of every address that belongs to one. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly pseudo: readonly { readonly address: string; readonly why: string }[];
  /** What the mirror left out, of all Observations. */
  readonly unheard: Unheard;
}

const NAME_FACTS = new Set(['lldp.name', 'lldp.sysname', 'netbios.name', 'dhcp.hostname', 'mdns.name', 'opcua.hostname', 'snmp.sysname', 'profinet.station-name', 'dcp.name', 'cdp.name']);

/** Names that say less, because whoever set the device up may have left them as they were: shown where there is no other. */
const LESSER_NAME_FACTS = new Set(['snmp.name', 'fox.station', 'fox.host', 'knx.name', 'ads.name', 'synchrophasor.station', 'sparkplug.edge-node', 'sparkplug.host']);

interface Sighting {
  readonly address: string;
  readonly record: AddressRecord | undefined;
  sent: boolean;
  rttMs: number | null;
  /** Conversations by VLAN, tagged ones alone. */
  readonly vlans: Map<number, number>;
  firstNs: bigint;
  lastNs: bigint;
}

function sightAddresses(set: ObservationSet, unheard: Unheard): Map<string, Sighting> {
  const records = new Map(set.addresses.map((record) => [record.address, record]));
  const seen = new Map<string, Sighting>();
  const sight = (address: string, firstNs: bigint, lastNs: bigint): Sighting => {
    const held = seen.get(address);
    if (held !== undefined) {
      if (firstNs < held.firstNs) held.firstNs = firstNs;
      if (lastNs > held.lastNs) held.lastNs = lastNs;
      return held;
    }
    const fresh: Sighting = { address, record: records.get(address), sent: false, rttMs: null, vlans: new Map(), firstNs, lastNs };
    seen.set(address, fresh);
    return fresh;
  };
  for (const record of set.addresses) {
    const sighting = sight(record.address, record.firstNs, record.lastNs);
    if (record.macs.length > 0) sighting.sent = true;
  }
  for (const conversation of set.conversations) {
    const client = sight(conversation.client, conversation.firstNs, conversation.lastNs);
    const server = sight(conversation.server, conversation.firstNs, conversation.lastNs);
    if (conversation.packets.toServer > 0 || hasListener(conversation)) client.sent = true;
    if (conversation.packets.toClient > 0 || mayBeAnswered(conversation, unheard)) server.sent = true;
    if (conversation.rttMs !== null && conversation.packets.toClient > 0) server.rttMs = Math.min(server.rttMs ?? Infinity, conversation.rttMs);
    if (conversation.vlan !== null) for (const { vlans } of [client, server]) vlans.set(conversation.vlan, (vlans.get(conversation.vlan) ?? 0) + 1);
  }
  return seen;
}

/** The VLAN of most conversations, whichever was heard first: what a router carries between two is seen in either. */
function commonVlan(sightings: readonly Sighting[]): number | null {
  const counts = new Map<number, number>();
  for (const { vlans } of sightings) for (const [vlan, count] of vlans) counts.set(vlan, (counts.get(vlan) ?? 0) + count);
  return [...counts].sort(([a, x], [b, y]) => y - x || a - b)[0]?.[0] ?? null;
}

const factsOf = (sighting: Sighting, names: ReadonlySet<string>): string[] =>
  (sighting.record?.facts ?? []).filter((fact) => names.has(fact.name)).map((fact) => fact.value);

/** Only what a terminal, a file name and a person can take. */
export const isPrintableName = (name: string): boolean => name.length > 0 && name.length <= 63 && /^[\p{L}\p{N}][\p{L}\p{N} ._:/()#-]*$/u.test(name);

/** Names that a person or a domain gave to one host; the others may be a product's default on many. */
const HOST_NAME_FACTS = new Set(['netbios.name', 'dhcp.hostname', 'mdns.name']);
const hostNamesOf = (sighting: Sighting): string[] => [...new Set(factsOf(sighting, HOST_NAME_FACTS).map((name) => name.trim()).filter(isPrintableName))];

/** What products put into their application URI when nobody configured them. */
export const DEFAULT_HOSTS = /^(client(-.*)?|server|unconfigured|localhost|opc|opcua|ua|unknown|default|plc|host|hostname|name|device|machine|computer|desktop)$/i;

function namesOf(sighting: Sighting): string[] {
  const names = factsOf(sighting, NAME_FACTS).map((name) => name.trim());
  for (const fact of sighting.record?.facts ?? []) {
    // urn:HOST:application (OPC 10000-4 clause 7.2): the host part is the product's default.
    const host = fact.name === 'opcua.application-uri' ? /^urn:([^:]+):/.exec(fact.value)?.[1] : undefined;
    if (host !== undefined && !DEFAULT_HOSTS.test(host)) names.push(host);
  }
  const printable = names.filter(isPrintableName);
  return [...new Set(printable.length > 0 ? printable : factsOf(sighting, LESSER_NAME_FACTS).map((name) => name.trim()).filter((name) => isPrintableName(name) && !DEFAULT_HOSTS.test(name)))];
}

const looksLikeDirectedBroadcast = (sighting: Sighting): boolean => !sighting.sent && isLastOfNetwork(sighting.address);

/** Who builds the small routers that translate a machine's addresses one to one. Computers take second addresses for services of their own, as clusters do. */
const TRANSLATES: ReadonlySet<string | null> = new Set(['network', 'field-gateway', 'controller', 'rtu']);

const SAME_ADDRESS = new Set([SAME_ADDRESS_FACT]);

/** Ports on which an address was seen to answer. */
function portsServed(conversations: readonly Conversation[]): Map<string, Set<string>> {
  const served = new Map<string, Set<string>>();
  for (const { server, transport, port, answeredSessions } of conversations) {
    if (answeredSessions > 0 && (transport === 'tcp' || transport === 'udp')) addToSet(served, server, `${transport}/${port}`);
  }
  return served;
}

/** Addresses of one network, used at the same time, that all serve, and no two of them anything in common: a device has its services on each of its addresses. */
function areTranslated(sightings: readonly Sighting[], served: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const [first, second] = sightings;
  if (first === undefined || second === undefined || sightings.some(({ address }) => ipv4Number(address) === null)) return false;
  const ports = sightings.flatMap(({ address }) => [...(served.get(address) ?? [])]);
  const names = sightings.flatMap(namesOf);
  return (
    new Set(ports).size === ports.length &&
    new Set(names).size === names.length &&
    sightings.every(({ address, firstNs, lastNs }) => served.has(address) && subnetOf(address) === subnetOf(first.address) && firstNs <= first.lastNs && first.firstNs <= lastNs)
  );
}

/** Two addresses on one MAC: one device unless their lives or names say otherwise. */
function sameDevice(a: Sighting, b: Sighting): { same: boolean; note: AssetNote } {
  const ipv4 = [a, b].filter(({ address }) => ipv4Number(address) !== null).length;
  const names = [namesOf(a), namesOf(b)] as const;
  const contradict = names[0].length > 0 && names[1].length > 0 && !names[0].some((name) => names[1].includes(name));
  const apart = a.lastNs < b.firstNs || b.lastNs < a.firstNs;
  // Who speaks IPv6 has several addresses of it, and an IPv4 address beside them (RFC 4291 section 2.8): hearing one after the other is no move.
  if (apart && ipv4 === 2) return { same: !contradict, note: { kind: 'dhcp-move', sentence: `moved between ${a.address} and ${b.address} (same MAC, never at the same time)` } };
  return { same: !contradict, note: { kind: 'several-addresses', sentence: `${a.address} and ${b.address} answer from one MAC${ipv4 === 1 ? ' (IPv4 and IPv6)' : ''}` } };
}

export function inferAssets(set: ObservationSet, vendorOf: VendorLookup): Inventory {
  const pseudo: { address: string; why: string }[] = [];
  const devices: Sighting[] = [];
  const unheard = findUnheard(set.conversations);
  for (const sighting of sightAddresses(set, unheard).values()) {
    const group = groupAddressKind(sighting.address);
    if (group !== null) pseudo.push({ address: sighting.address, why: `${group} address, not a device` });
    else if (looksLikeDirectedBroadcast(sighting)) pseudo.push({ address: sighting.address, why: 'directed broadcast address, not a device' });
    else if (!sighting.sent) pseudo.push({ address: sighting.address, why: 'asked for, but never sent anything: no device was seen behind it' });
    else devices.push(sighting);
  }
  devices.sort((a, b) => compareAddresses(a.address, b.address));
  const position = new Map(devices.map((sighting, index) => [sighting.address, index]));
  const byMac = new Map<string, Sighting[]>();
  for (const sighting of devices) for (const { mac } of sighting.record?.macs ?? []) addTo(byMac, mac, sighting);
  const routers = findRouters(byMac);
  const { find, join } = unionFind(devices.length);
  const served = portsServed(set.conversations);
  const notes = new Map<number, AssetNote[]>();
  const note = (index: number, added: AssetNote): void => addTo(notes, index, added);
  for (const [mac, list] of byMac) {
    const own = position.get(mac);
    if (routers.has(mac)) {
      for (const sighting of list) note(position.get(sighting.address)!, { kind: isVirtualRouterMac(mac) ? 'virtual-router' : 'router-mac', sentence: `seen through ${mac}, which speaks for ${list.length} addresses: its vendor is the router's` });
      continue;
    }
    if (TRANSLATES.has(classifyVendor(vendorOf(mac))) && areTranslated(list, served)) {
      for (const sighting of list) note(position.get(sighting.address)!, { kind: 'nat-hint', sentence: `one of ${list.length} addresses that ${mac} speaks for and that serve nothing in common: devices behind one that translates addresses` });
      continue;
    }
    for (let index = 0; index < list.length; index++) {
      const sighting = list[index]!;
      const here = position.get(sighting.address)!;
      if (own !== undefined) join(own, here);
      if (index === 0) continue;
      const verdict = sameDevice(list[0]!, sighting);
      note(here, verdict.note);
      if (verdict.same) join(position.get(list[0]!.address)!, here);
    }
  }
  for (const [address, cards] of sharedAddresses(devices, set.conversations)) note(position.get(address)!, severalCards(address, cards));
  joinByName(devices, join, note, routers);
  const masters = ethercatMasters(set.conversations);
  for (const address of masters) joinReturning(address, position, join);
  return { ...assemble(devices, find, notes, routers, masters, vendorOf), pseudo: pseudo.sort((a, b) => compareAddresses(a.address, b.address)), unheard };
}

/** Only masters send EtherCAT: devices change the frame as it passes (IEC 61158-4-12). */
const ethercatMasters = (conversations: readonly Conversation[]): ReadonlySet<string> => new Set(conversations.flatMap(({ service, client }) => (service.name === 'ethercat' ? [client] : [])));

const LOCALLY_ADMINISTERED = 0x02;

/** The first device of a segment marks the frames that go back to their master as of a local address (ETG.1000.4): they are the master's, not another one's. */
function joinReturning(address: string, position: ReadonlyMap<string, number>, join: (a: number, b: number) => void): void {
  const first = Number.parseInt(address.slice(0, 2), 16);
  const sent = position.get((first & ~LOCALLY_ADMINISTERED).toString(16).padStart(2, '0') + address.slice(2));
  const returned = position.get(address);
  if ((first & LOCALLY_ADMINISTERED) !== 0 && sent !== undefined && returned !== undefined) join(sent, returned);
}

/** One name on two MACs in two subnets is one host with two network cards: a bridge between them. */
function joinByName(devices: readonly Sighting[], join: (a: number, b: number) => void, note: (index: number, added: AssetNote) => void, routers: ReadonlySet<string>): void {
  const byName = new Map<string, number[]>();
  devices.forEach((sighting, index) => {
    for (const name of hostNamesOf(sighting)) addTo(byName, name.toUpperCase(), index);
  });
  for (const [, holders] of byName) {
    if (holders.length !== 2) continue;
    const [a, b] = [devices[holders[0]!]!, devices[holders[1]!]!];
    const subnets = [subnetOf(a.address), subnetOf(b.address)];
    const [cards, others] = [a, b].map(({ record }) => (record?.macs ?? []).map(({ mac }) => mac)) as [string[], string[]];
    // One card may have addresses in several networks, and any network some of IPv4 and of IPv6.
    const comparable = !cards.some((mac) => others.includes(mac)) && (ipv4Number(a.address) === null) === (ipv4Number(b.address) === null);
    const direct = [cards, others].every((macs) => macs.length > 0 && !macs.some((mac) => routers.has(mac)));
    if (!comparable || !direct || subnets[0] === null || subnets[1] === null || subnets[0] === subnets[1]) continue;
    if (a.lastNs < b.firstNs || b.lastNs < a.firstNs) {
      note(holders[1]!, { kind: 'readdressed', sentence: `${b.address} carries the name of ${a.address}, which had gone: moved or replaced` });
      continue;
    }
    join(holders[0]!, holders[1]!);
    note(holders[0]!, { kind: 'dual-homed', sentence: `one name on ${a.address} and ${b.address}: a host with two network cards joins both networks` });
  }
}

function assemble(
  devices: readonly Sighting[],
  find: (x: number) => number,
  notes: ReadonlyMap<number, readonly AssetNote[]>,
  routers: ReadonlySet<string>,
  masters: ReadonlySet<string>,
  vendorOf: VendorLookup,
): Pick<Inventory, 'assets' | 'indexOf'> {
  const groups = new Map<number, number[]>();
  devices.forEach((_, index) => addTo(groups, find(index), index));
  const drafts = [...groups.values()].map((members) => {
    const sightings = members.map((index) => devices[index]!);
    const macs = [...new Set(sightings.flatMap((sighting) => (isMac(sighting.address) ? [sighting.address] : (sighting.record?.macs ?? []).map(({ mac }) => mac))))];
    // Nothing but a link address that speaks for many others is the router itself, and not behind one.
    const isRouter = sightings.every(({ address }) => routers.has(address));
    const own = isRouter ? macs : macs.filter((mac) => !routers.has(mac));
    const vendor = own.map((mac) => vendorOf(mac)).find((name) => name !== null) ?? null;
    const addresses = sightings.map((sighting) => sighting.address).filter((address, _, all) => !isMac(address) || all.every(isMac));
    const capabilities = sightings.flatMap((sighting) => factsOf(sighting, new Set(['lldp.capabilities', 'lldp.caps', 'cdp.capabilities'])));
    const names = [...new Set(sightings.flatMap(namesOf))];
    const held = members.flatMap((index) => notes.get(index) ?? []);
    if (names.length > 2) held.push({ kind: 'nat-hint', sentence: `${names.length} host names on one address: address translation, or an address used again` });
    held.push(...sightings.flatMap(severalByVlan));
    const replaced = held.some(({ kind }) => kind === SEVERAL_DEVICES) ? undefined : sightings.find((sighting) => !isMac(sighting.address) && (sighting.record?.macs.length ?? 0) === 2 && !sighting.record!.macs.some(({ mac }) => routers.has(mac)));
    if (replaced !== undefined) held.push(twoMacs(replaced));
    return {
      names,
      addresses,
      macs,
      vendor,
      vendorClass: classifyVendor(vendor),
      external: addresses.every((address) => !isPrivateAddress(address)),
      farMs: sightings.reduce((most, sighting) => Math.max(most, sighting.rttMs ?? 0), -Infinity),
      ownMac: own.length > 0 && addresses.some((address) => !isMac(address)),
      behindRouter: macs.length > 0 && own.length === 0,
      fieldRoles: [...fieldRolesOf(sightings.flatMap(({ record }) => record?.facts ?? [])), ...(macs.some((mac) => masters.has(mac)) ? ['ethercat-master'] : [])],
      bridge: capabilities.some((text) => /bridge|router|switch/i.test(text)),
      router: isRouter,
      vlan: commonVlan(sightings),
      notes: held,
    };
  });
  const nameCount = new Map<string, number>();
  for (const draft of drafts) for (const name of draft.names) nameCount.set(name.toUpperCase(), (nameCount.get(name.toUpperCase()) ?? 0) + 1);
  const homes = publicHomes(drafts);
  const assets: Asset[] = drafts.map(({ farMs, ownMac: _own, ...draft }) => ({
    // Several names at a router are of those who are seen through it.
    id: (draft.router && draft.names.length > 1 ? undefined : draft.names.find((name) => nameCount.get(name.toUpperCase()) === 1)) ?? draft.addresses[0]!,
    ...draft,
    external: draft.external && !(farMs < FAR_RTT_MS && draft.addresses.some((address) => homes.has(networkOf(address)))),
  }));
  const indexOf = new Map<string, number>();
  [...groups.values()].forEach((members, index) => {
    for (const member of members) indexOf.set(devices[member]!.address, index);
  });
  return { assets, indexOf };
}

/** Older plants number their devices from public blocks, and IPv6 any. So many neighbours with MACs of their own are no Internet. */
const PUBLIC_NEIGHBOURS = 3;

/** The first two octets of an IPv4 address; of an IPv6 address what one site is given at most (RFC 6177: a /48). */
const networkOf = (address: string): string => (ipv4Number(address) === null ? `${parseSpan(address)!.first >> 80n}` : address.split('.').slice(0, 2).join('.'));

/** Public blocks that live on this very link: several of their addresses speak from MACs that are no router's. */
function publicHomes(drafts: readonly { readonly external: boolean; readonly ownMac: boolean; readonly farMs: number; readonly addresses: readonly string[] }[]): Set<string> {
  const neighbours = new Map<string, number>();
  for (const { external, ownMac, farMs, addresses } of drafts) {
    if (!external || !ownMac || farMs >= FAR_RTT_MS) continue;
    for (const network of new Set(addresses.map(networkOf))) neighbours.set(network, (neighbours.get(network) ?? 0) + 1);
  }
  return new Set([...neighbours].filter(([, count]) => count >= PUBLIC_NEIGHBOURS).map(([network]) => network));
}

/** What is said of such an asset is true of its devices together, and perhaps of none of them. */
export const SEVERAL_DEVICES = 'several-devices';

/** Machines with one address plan, each in a VLAN of its own. */
function severalByVlan(sighting: Sighting): AssetNote[] {
  const vlans = factsOf(sighting, SAME_ADDRESS).map(Number).sort((a, b) => a - b);
  return vlans.length < 2 ? [] : [{ kind: SEVERAL_DEVICES, sentence: `${sighting.address} is a different device in each of VLANs ${listed(vlans)}: its role, zone and rules are those of all of them together` }];
}

/** The same where no VLAN tells it. */
function sharedAddresses(devices: readonly Sighting[], conversations: readonly Conversation[]): Map<string, number> {
  const untold = devices.filter((sighting) => ipv4Number(sighting.address) !== null && severalByVlan(sighting).length === 0);
  const senders = untold.flatMap(({ address, record }) => (record?.macs ?? []).map((card) => ({ address, ...card })));
  return findSharedAddresses(senders, conversations.map(({ client, server }) => [client, server] as const));
}

const severalCards = (address: string, cards: number): AssetNote =>
  ({ kind: SEVERAL_DEVICES, sentence: `${address} is used by ${cards} network cards at the same time, and so is what it talks with: machines with one address plan, or redundant devices; its role, zone and rules are those of all of them together` });

function twoMacs(sighting: Sighting): AssetNote {
  const [first, second] = [...sighting.record!.macs].sort((a, b) => (a.firstNs < b.firstNs ? -1 : 1));
  return first!.lastNs <= second!.firstNs
    ? { kind: 'replaced', sentence: `${sighting.address} changed from ${first!.mac} to ${second!.mac}: the device was replaced or failed over` }
    : { kind: 'shared-address', sentence: `${sighting.address} is used by ${first!.mac} and ${second!.mac} in turn: a redundant pair, or an address conflict` };
}

/** True when a conversation is between two things that can be assets. */
export const endsOf = (inventory: Inventory, conversation: Pick<Conversation, 'client' | 'server'>): readonly [number, number] | null => {
  const client = inventory.indexOf.get(conversation.client);
  const server = inventory.indexOf.get(conversation.server);
  return client === undefined || server === undefined ? null : [client, server];
};
