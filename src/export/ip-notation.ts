/**
 * Address spans in the notations that firewalls know: single address, prefix, netmask, range. In: spans of
 * net/address-set.ts. Out: text. What is exactly one prefix is written as one; what is not is split into the fewest.
 */
import { formatSpan, type AddressSpan } from '../net/address-set.ts';

export interface IpPrefix {
  readonly network: string;
  readonly length: number;
}

const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 };

/** Of a transport that has a protocol number (IANA): `tcp`, or `ip-47`. */
export const protocolNumber = (transport: string): number => PROTOCOL_NUMBERS[transport] ?? Number(transport.slice(3));

const WIDTH = { ipv4: 32, ipv6: 128, mac: 48 } as const;

export const formatAddress = (family: AddressSpan['family'], value: bigint): string =>
  formatSpan({ family, first: value, last: value });

/** `A`, or `A-B`; never a prefix. */
export const rangeText = (span: AddressSpan): string =>
  span.first === span.last
    ? formatAddress(span.family, span.first)
    : `${formatAddress(span.family, span.first)}-${formatAddress(span.family, span.last)}`;

export const isHost = (span: AddressSpan): boolean => span.first === span.last;

export const ofFamily = (spans: readonly AddressSpan[], family: AddressSpan['family']): AddressSpan[] =>
  spans.filter((span) => span.family === family);

/** The fewest prefixes that make up exactly this span. */
export const prefixesOf = (span: AddressSpan): IpPrefix[] => {
  const prefixes: IpPrefix[] = [];
  const width = WIDTH[span.family];
  let at = span.first;
  while (at <= span.last) {
    let free = 0;
    while (free < width) {
      const size = 1n << BigInt(free + 1);
      if ((at & (size - 1n)) !== 0n || at + size - 1n > span.last) break;
      free++;
    }
    prefixes.push({ network: formatAddress(span.family, at), length: width - free });
    at += 1n << BigInt(free);
  }
  return prefixes;
};

/** The one prefix a span is, or null when it takes several. */
export const asPrefix = (span: AddressSpan): IpPrefix | null => {
  const prefixes = prefixesOf(span);
  return prefixes.length === 1 ? (prefixes[0] ?? null) : null;
};

/** `255.255.0.0` for 16 (IPv4). */
export const netmaskOf = (length: number): string =>
  formatAddress('ipv4', ((1n << 32n) - 1n) ^ ((1n << BigInt(32 - length)) - 1n));
