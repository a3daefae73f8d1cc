/**
 * Which network cards are routers': they speak for others. In: who was seen, by card. Out: the link addresses of routers. Cautious: where a
 * router is taken for one device with several addresses, the devices behind it are one as well, and what they do among themselves is hidden.
 */
import { addTo } from '../net/multi-map.ts';
import { isPrivateAddress, isVirtualRouterMac, subnetOf } from '../net/address-kinds.ts';
import { ipv4Number, parseSpan } from '../net/address-set.ts';

/** An address that sent from a card. */
export interface CardUser {
  readonly address: string;
  readonly rttMs: number | null;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

/**
 * A MAC that speaks for more addresses than this is a router's. Of IPv6 at the same time and from one prefix: its hosts have a stable one,
 * and for what they open themselves a temporary one a day, which lasts for two (RFC 8981 section 3.8).
 */
const ROUTER_FAN = 3;

/** Handshakes slower than this did not stay in the plant's own network. */
export const FAR_RTT_MS = 20;

const isFar = ({ rttMs }: CardUser): boolean => (rttMs ?? 0) >= FAR_RTT_MS;

export function findRouters(byCard: ReadonlyMap<string, readonly CardUser[]>): Set<string> {
  const cards = [...byCard].map(([mac, users]) => ({ mac, users, prefixes: ipv6ByPrefix(users) }));
  const cardsOf = new Map<string, number>();
  for (const { prefixes } of cards) for (const prefix of prefixes.keys()) cardsOf.set(prefix, (cardsOf.get(prefix) ?? 0) + 1);
  const isShared = (prefix: string): boolean => cardsOf.get(prefix)! > 1;
  const isAnyShared = [...cardsOf.keys()].some(isShared);
  const homes = homeCards(byCard);
  return new Set(cards.filter(({ mac, users, prefixes }) => isVirtualRouterMac(mac) || speaksForIpv4(users) || forwards(mac, users, homes) || speaksForIpv6(users, prefixes, isShared, isAnyShared)).map(({ mac }) => mac));
}

const ipv4Of = (users: readonly CardUser[]): readonly CardUser[] => users.filter(({ address }) => ipv4Number(address) !== null);

/** Of an IPv4 address that several cards send from the one that speaks for the fewest others; of equals none. */
function homeCards(byCard: ReadonlyMap<string, readonly CardUser[]>): Map<string, string> {
  const homes = new Map<string, { readonly mac: string | null; readonly others: number }>();
  for (const [mac, users] of byCard) {
    const own = ipv4Of(users);
    for (const { address } of own) {
      const held = homes.get(address);
      if (held === undefined || own.length < held.others) homes.set(address, { mac, others: own.length });
      else if (own.length === held.others) homes.set(address, { mac: null, others: own.length });
    }
  }
  return new Map([...homes].flatMap(([address, { mac }]) => (mac === null ? [] : [[address, mac]])));
}

/** Addresses that are at home on cards of their own, each on another, were heard on two sides of a router. What moves between the nodes of a cluster is at home on one. */
function forwards(mac: string, users: readonly CardUser[], homes: ReadonlyMap<string, string>): boolean {
  return new Set(ipv4Of(users).flatMap(({ address }) => homes.get(address) ?? []).filter((home) => home !== mac)).size > 1;
}

function speaksForIpv4(users: readonly CardUser[]): boolean {
  const own = ipv4Of(users);
  return own.length > ROUTER_FAN || (own.length > 1 && own.some((user) => isFar(user) || !isPrivateAddress(user.address)));
}

/** By /64, as its hosts form their addresses (RFC 4291 section 2.5.4). Every card has a link-local address besides. */
function ipv6ByPrefix(users: readonly CardUser[]): Map<string, CardUser[]> {
  const prefixes = new Map<string, CardUser[]>();
  for (const user of users) {
    const prefix = ipv4Number(user.address) === null ? subnetOf(user.address) : null;
    if (prefix !== null) addTo(prefixes, prefix, user);
  }
  return prefixes;
}

/** The hosts of a link have its prefixes in common (RFC 4861 section 6.3.4): one from which no other card speaks is another link's, if any are shared at all. */
function speaksForIpv6(users: readonly CardUser[], prefixes: ReadonlyMap<string, readonly CardUser[]>, isShared: (prefix: string) => boolean, isAnyShared: boolean): boolean {
  if (prefixes.size > ROUTER_FAN || [...prefixes.values()].some((list) => mostAtOnce(list) > ROUTER_FAN)) return true;
  if (new Set(users.flatMap(({ address }) => cardInAddress(address) ?? [])).size > 1) return true;
  const elsewhere = [...prefixes].filter(([prefix]) => !isShared(prefix)).map(([, list]) => list);
  if (users.length > 1 && elsewhere.some((list) => list.some(isFar))) return true;
  if (elsewhere.filter(([user]) => !isPrivateAddress(user.address)).length > 1) return true;
  return isAnyShared && elsewhere.some((list) => list.length > ROUTER_FAN);
}

function mostAtOnce(users: readonly CardUser[]): number {
  const ends = users.map(({ lastNs }) => lastNs).sort((a, b) => (a < b ? -1 : 1));
  const starts = users.map(({ firstNs }) => firstNs).sort((a, b) => (a < b ? -1 : 1));
  let most = 0;
  let gone = 0;
  for (const [come, at] of starts.entries()) {
    while (ends[gone] < at) gone++;
    most = Math.max(most, come + 1 - gone);
  }
  return most;
}

/** The card that an address is formed from (RFC 4291 appendix A): ff:fe in its middle; null where it is not. */
function cardInAddress(address: string): string | null {
  if (ipv4Number(address) !== null || subnetOf(address) === null) return null;
  const host = parseSpan(address)!.first & 0xffff_ffff_ffff_ffffn;
  return ((host >> 24n) & 0xffffn) === 0xfffen ? host.toString(16) : null;
}
