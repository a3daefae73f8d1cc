/**
 * Addresses that several network cards use at once. Machine builders give every machine the same addresses; where the mirror port
 * delivers no VLAN tags, nothing else tells them apart (where it does, see flow/address-plan.ts). In: who sent from which IPv4
 * address, from when to when, and who talks with whom. Out: the number of cards of every address that shares its own with others and
 * talks with one of which the same is true. Left out on purpose: one address alone, as of a redundant pair that switched back and
 * forth; cards that speak for other addresses as well, as routers and devices with changing addresses do.
 */
import { listsBy } from './multi-map.ts';

export interface Sender {
  readonly address: string;
  readonly mac: string;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

export function findSharedAddresses(senders: readonly Sender[], talks: Iterable<readonly [client: string, server: string]>): Map<string, number> {
  const addressesOf = new Map<string, number>();
  for (const { mac } of senders) addressesOf.set(mac, (addressesOf.get(mac) ?? 0) + 1);
  const cardsOf = listsBy(senders.filter(({ mac }) => addressesOf.get(mac) === 1), ({ address }) => address);
  const shared = new Map<string, number>();
  for (const [address, cards] of cardsOf) {
    const atOnce = cards.filter((card) => cards.some((other) => other !== card && card.firstNs < other.lastNs && other.firstNs < card.lastNs));
    if (atOnce.length > 1) shared.set(address, atOnce.length);
  }
  const talking = new Set<string>();
  if (shared.size > 1) for (const [client, server] of talks) if (client !== server && shared.has(client) && shared.has(server)) talking.add(client).add(server);
  return new Map([...shared].filter(([address]) => talking.has(address)));
}
