/** Order and kinds of addresses as text: IPv4 before IPv6 before MAC, each by number. */

import { parseSpan } from '../net/address-set.ts';

/** Octets of an IPv4 address as one number, or null. */
export function ipv4Number(address: string): number | null {
  const parts = address.split('.');
  if (parts.length !== 4) return null;
  let number = 0;
  for (const part of parts) {
    if (part === '' || part.length > 3) return null;
    const octet = Number(part);
    if (!Number.isInteger(octet) || octet < 0 || octet > 255) return null;
    number = number * 256 + octet;
  }
  return number;
}

export const isMac = (address: string): boolean => /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address);

const isIpv6 = (address: string): boolean => !isMac(address) && address.includes(':');

export function compareAddresses(a: string, b: string): number {
  const left = ipv4Number(a);
  const right = ipv4Number(b);
  if (left !== null && right !== null) return left - right;
  if (left !== null) return -1;
  if (right !== null) return 1;
  const sixLeft = isIpv6(a);
  const sixRight = isIpv6(b);
  if (sixLeft !== sixRight) return sixLeft ? -1 : 1;
  if (sixLeft) {
    const [first, second] = [parseSpan(a)?.first, parseSpan(b)?.first];
    if (first !== undefined && second !== undefined && first !== second) return first < second ? -1 : 1;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Group addresses are services of the network, not devices (RFC 1112, RFC 4291 clause 2.7, IEEE 802 I/G bit). */
export function specialAddressKind(address: string): 'multicast' | 'broadcast' | 'unspecified' | null {
  const number = ipv4Number(address);
  if (number !== null) {
    if (number === 0) return 'unspecified';
    if (number === 0xffff_ffff) return 'broadcast';
    if (number >= 0xe000_0000 && number < 0xf000_0000) return 'multicast';
    return null;
  }
  const lower = address.toLowerCase();
  if (isMac(lower)) {
    if (lower === 'ff:ff:ff:ff:ff:ff') return 'broadcast';
    if (lower === '00:00:00:00:00:00') return 'unspecified';
    return (Number.parseInt(lower.slice(0, 2), 16) & 1) === 1 ? 'multicast' : null;
  }
  if (lower === '::') return 'unspecified';
  // ff00::/8 has all four digits: a first group written `ff` is 00ff.
  return /^ff[0-9a-f]{2}:/.test(lower) ? 'multicast' : null;
}

/** Reachable only from the local site or link: RFC 1918, RFC 6598, RFC 3927, loopback, RFC 4193, fe80::/10. */
export function isPrivateAddress(address: string): boolean {
  const number = ipv4Number(address);
  if (number !== null) {
    const first = Math.floor(number / 0x100_0000);
    const second = Math.floor(number / 0x1_0000) % 256;
    return (
      first === 10 ||
      first === 127 ||
      (first === 172 && second >= 16 && second < 32) ||
      (first === 192 && second === 168) ||
      (first === 169 && second === 254) ||
      (first === 100 && second >= 64 && second < 128)
    );
  }
  if (isMac(address)) return true;
  return /^(f[cd]|fe[89ab]|::1$)/i.test(address);
}

/** Virtual router MACs: VRRP (RFC 5798 clause 7.3), HSRP v1 and v2, GLBP. */
export const isVirtualRouterMac = (mac: string): boolean => /^00:00:5e:00:0[12]:|^00:00:0c:07:ac:|^00:00:0c:9f:f|^00:07:b4:00:/i.test(mac);

/** First three octets, or the /64, as a key; null where there is none. */
export function subnetOf(address: string): string | null {
  if (ipv4Number(address) !== null) return address.slice(0, address.lastIndexOf('.'));
  return null;
}
