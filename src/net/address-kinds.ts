/**
 * What kind of address it is, by its number alone: a group, a broadcast, a private one, one of the public Internet. In: address texts, or
 * spans. Out: the kind, or those of a set that are of it. Left out on purpose: which devices have an address.
 */
import { ipv4Number, normaliseSet, parseSet, parseSpan, setContains, subtractSets, unionSets, type AddressSet, type AddressSpan } from './address-set.ts';

/** Below 224.0.0.0: most of all addresses that anybody asks about. */
const UNICAST_IPV4 = /^(?:[1-9]|[1-9]\d|1\d\d|2[01]\d|22[0-3])(?:\.\d{1,3}){3}$/;

type GroupKind = 'multicast' | 'broadcast' | 'unspecified';

const groupKind = (family: AddressSpan['family'], address: bigint): GroupKind | null => {
  if (address === 0n) return 'unspecified';
  switch (family) {
    case 'mac': return address === 0xffff_ffff_ffffn ? 'broadcast' : ((address >> 40n) & 1n) === 1n ? 'multicast' : null;
    case 'ipv4': return address === 0xffff_ffffn ? 'broadcast' : address >> 28n === 0xen ? 'multicast' : null;
    case 'ipv6': return address >> 120n === 0xffn ? 'multicast' : null;
  }
};

/** Group addresses are services of the network, not devices: RFC 1112, RFC 4291 clause 2.7, the I/G bit of IEEE 802-2014 clause 8.2. */
export const groupAddressKind = (text: string): GroupKind | null => {
  if (UNICAST_IPV4.test(text)) return null;
  const span = parseSpan(text);
  return span === null ? null : groupKind(span.family, span.first);
};

/** Of the groups that no router carries: IPv4 224.0.0.0/24 (RFC 5771 clause 4), IPv6 ff02::/16 (RFC 4291 clause 2.7), all that are no multicast, all of link addresses. */
const isLinkScope = (family: AddressSpan['family'], group: bigint): boolean =>
  family === 'mac' || groupKind(family, group) !== 'multicast' || (family === 'ipv4' ? group >> 8n === 0xe0_0000n : ((group >> 112n) & 0xfn) <= 2n);

/** A span whose addresses are all group addresses; `routed` when a router may carry one of them. What is more than groups (0.0.0.0/0) names hosts. */
export const groupSpanKind = ({ family, first, last }: AddressSpan): 'link' | 'routed' | null => {
  if (groupKind(family, first) === null || groupKind(family, last) === null) return null;
  const isOnLink = isLinkScope(family, first) && isLinkScope(family, last);
  if (first === last) return isOnLink ? 'link' : 'routed';
  // Several addresses: multicast is one block in either family, and 0.0.0.0, :: and 255.255.255.255 stand outside it.
  const block = family === 'ipv4' ? 28n : 120n;
  if (family !== 'mac' && (first === 0n || first >> block !== last >> block || last === 0xffff_ffffn)) return null;
  // Link scope begins anew with every set of flags of an IPv6 group.
  return isOnLink && (family !== 'ipv6' || first >> 116n === last >> 116n) ? 'link' : 'routed';
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

/** Reachable only from the local site or link: RFC 1918, RFC 6598, RFC 3927, loopback; RFC 4193, fe80::/10. */
const PRIVATE_BLOCKS = ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16', '::1', 'fc00::/7', 'fe80::/10'];
const PRIVATE_ADDRESSES = parseSet(PRIVATE_BLOCKS);

/** True for a link address too. */
export const isPrivateAddress = (text: string): boolean => {
  const span = parseSpan(text);
  return span !== null && (span.family === 'mac' || setContains(PRIVATE_ADDRESSES, span));
};

/**
 * The public Internet: all but the private and the other special IPv4 blocks of RFC 6890, and groups; of IPv6 what
 * is assigned as global unicast (2000::/3, RFC 4291 clause 2.4) and IPv4 behind the well-known prefix (RFC 6052 clause 2.1).
 */
export const PUBLIC_ADDRESSES = subtractSets(parseSet(['0.0.0.0/0', '2000::/3', '64:ff9b::/96']), parseSet([...PRIVATE_BLOCKS, '0.0.0.0/8', '224.0.0.0/3']));

/** True for an IP address of the public Internet. */
export const isPublicAddress = (text: string): boolean => {
  const span = parseSpan(text);
  return span !== null && setContains(PUBLIC_ADDRESSES, span);
};

/** Virtual router MACs: VRRP (RFC 5798 clause 7.3), HSRP v1 and v2, GLBP. */
export const isVirtualRouterMac = (mac: string): boolean => /^00:00:5e:00:0[12]:|^00:00:0c:07:ac:|^00:00:0c:9f:f|^00:07:b4:00:/i.test(mac);

/** fe80::/10 (RFC 4291 clause 2.5.6): every card has one, and it says nothing of where. */
const isLinkLocal = (address: bigint): boolean => address >> 118n === 0x3fan;

/** The network of a device as a key: of an IPv4 address the first three octets, of an IPv6 address the /64 (RFC 4291 clause 2.5.4). Null of any other. */
export function subnetOf(address: string): string | null {
  if (ipv4Number(address) !== null) return address.slice(0, address.lastIndexOf('.'));
  const span = parseSpan(address);
  return span === null || span.family !== 'ipv6' || isLinkLocal(span.first) ? null : (span.first >> 64n).toString(16);
}
