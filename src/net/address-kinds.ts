/**
 * What kind of address it is, by its number alone: a group, a broadcast, one of the public Internet. In: address texts, or
 * spans. Out: the kind, or those of a set that are of it. Left out on purpose: which devices have an address.
 */
import { formatSpan, normaliseSet, parseSet, parseSpan, setContains, subtractSets, unionSets, type AddressSet, type AddressSpan } from './address-set.ts';

/** Below 224.0.0.0: most of all addresses that anybody asks about. */
const UNICAST_IPV4 = /^(?:[1-9]|[1-9]\d|1\d\d|2[01]\d|22[0-3])(?:\.\d{1,3}){3}$/;

/**
 * Group addresses that no router carries: broadcast, IPv4 224.0.0.0/24 (RFC 5771 clause 4), IPv6 ff02::/16 (RFC 4291
 * clause 2.7), link addresses with the group bit (IEEE 802-2014 clause 8.2). And group addresses that one may carry.
 */
export const groupAddressKind = (text: string): 'link' | 'routed' | null => {
  if (UNICAST_IPV4.test(text)) return null;
  const span = parseSpan(text);
  if (span === null) return null;
  if (span.family === 'mac') return span.first === 0n || ((span.first >> 40n) & 1n) === 1n ? 'link' : null;
  if (span.family === 'ipv4') {
    if (span.first === 0xffff_ffffn || span.first === 0n) return 'link';
    if (span.first >> 8n === 0xe0_0000n) return 'link';
    return span.first >> 28n === 0xen ? 'routed' : null;
  }
  if (span.first === 0n) return 'link';
  if (span.first >> 120n !== 0xffn) return null;
  return ((span.first >> 112n) & 0xfn) <= 2n ? 'link' : 'routed';
};

/** A span whose addresses are all group addresses; `routed` when one of them may be carried. What is more than groups (0.0.0.0/0) names hosts. */
export const groupSpanKind = (span: AddressSpan): 'link' | 'routed' | null => {
  const [first, last] = [span.first, span.last].map((one) => groupAddressKind(formatSpan({ ...span, first: one, last: one })));
  if (first === null || last === null) return null;
  if (span.first === span.last) return first;
  // Several addresses: multicast is one block in either family, and 0.0.0.0, :: and 255.255.255.255 stand outside it.
  const block = span.family === 'ipv4' ? 28n : 120n;
  if (span.family !== 'mac' && (span.first === 0n || span.first >> block !== span.last >> block || span.last === 0xffff_ffffn)) return null;
  // Link scope begins anew with every set of flags of an IPv6 group.
  return first === 'link' && last === 'link' && (span.family !== 'ipv6' || span.first >> 116n === span.last >> 116n) ? 'link' : 'routed';
};

/**
 * The last addresses of the /24, the /16 and the /8 around an IPv4 address (for a span: around either end): what the devices of a
 * link send to all of it by where nobody declared how long its prefix is. Of the wide ones no address of the Internet, which may be a host.
 */
export const likelyBroadcasts = (set: AddressSet): AddressSet => {
  const ends = set.filter((span) => span.family === 'ipv4').flatMap(({ first, last }) => [first, last]);
  const lastOf = (hosts: bigint): AddressSpan[] => ends.map((end) => ({ family: 'ipv4', first: end | hosts, last: end | hosts }));
  return unionSets(normaliseSet(lastOf(0xffn)), subtractSets(normaliseSet([...lastOf(0xffffn), ...lastOf(0xff_ffffn)]), PUBLIC_ADDRESSES));
};

/** The last addresses of IPv4 networks: to all of each (RFC 919). A /31 has none (RFC 3021). */
export const directedBroadcasts = (networks: readonly AddressSpan[]): AddressSpan[] =>
  networks.filter(({ family, first, last }) => family === 'ipv4' && last - first > 1n).map((span) => ({ ...span, first: span.last }));

/**
 * The public Internet: all but RFC 1918, 6598, 3927 and the other special IPv4 blocks of RFC 6890, and groups; of IPv6 what
 * is assigned as global unicast (2000::/3, RFC 4291 clause 2.4) and IPv4 behind the well-known prefix (RFC 6052 clause 2.1).
 */
export const PUBLIC_ADDRESSES = subtractSets(
  parseSet(['0.0.0.0/0', '2000::/3', '64:ff9b::/96']),
  parseSet(['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16', '224.0.0.0/3']),
);

/** True for an IP address of the public Internet. */
export const isPublicAddress = (text: string): boolean => {
  const span = parseSpan(text);
  return span !== null && setContains(PUBLIC_ADDRESSES, span);
};
