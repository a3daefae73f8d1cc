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
    const atOnce = cards.length > 1 ? countAtOnce(cards) : 0;
    if (atOnce > 1) shared.set(address, atOnce);
  }
  const talking = new Set<string>();
  if (shared.size > 1) for (const [client, server] of talks) if (client !== server && shared.has(client) && shared.has(server)) talking.add(client).add(server);
  return new Map([...shared].filter(([address]) => talking.has(address)));
}

/**
 * How many were heard while another one was. Two spans meet where each begins before the other ends, so of a card that lasted all are counted
 * that began before its end, less those that had ended at its beginning, less itself. Whoever was heard at one instant alone meets nobody
 * of that kind, and is left out of what such a card is counted against. Two sorted lists: a flood of forged cards makes comparing each pair take minutes.
 */
function countAtOnce(cards: readonly Sender[]): number {
  const all = spansOf(cards);
  const lasting = spansOf(cards.filter(lasted));
  return cards.filter((card) => {
    const { firsts, lasts } = lasted(card) ? all : lasting;
    return countUntil(firsts, card.lastNs - 1n) - countUntil(lasts, card.firstNs) > (lasted(card) ? 1 : 0);
  }).length;
}

const lasted = ({ firstNs, lastNs }: Sender): boolean => firstNs < lastNs;

const spansOf = (cards: readonly Sender[]): { readonly firsts: BigInt64Array; readonly lasts: BigInt64Array } =>
  ({ firsts: BigInt64Array.from(cards, ({ firstNs }) => firstNs).sort(), lasts: BigInt64Array.from(cards, ({ lastNs }) => lastNs).sort() });

/** How many of a sorted list are at most `ns`. */
function countUntil(sorted: BigInt64Array, ns: bigint): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= ns) low = middle + 1;
    else high = middle;
  }
  return low;
}
