/**
 * Addresses replaced so that nothing of their order and none of their subnets changes: of two addresses the smaller stays the
 * smaller, and their common prefix keeps its length. In: every address and prefix there is. Out: a map.
 *
 * All addresses of a family form a binary tree. Where it branches, a bit says which of two is meant, and stays; where all
 * that lie below agree in a bit, the bit says only where the site is, and is filled anew. There is no key that could be lost
 * or guessed: the new address holds the tree's shape and nothing else. Kept as they are: what a bit means to everybody (the
 * blocks of RFC 1918, 3927 and 6598, group addresses, the first octet of a public address, the first 16 bits of IPv6, the
 * vendor's part of a MAC) and the last octet of IPv4 (neighbours and broadcast addresses mean something to inference).
 */
import { isVirtualRouterMac } from '../../net/address-kinds.ts';
import { formatSpan, parseSpan, type AddressSpan } from '../../net/address-set.ts';
import { vendorPrefixBits } from '../../net/oui.ts';

type Family = AddressSpan['family'];

const BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128, mac: 48 };
const KEPT_TAIL: Readonly<Record<Family, number>> = { ipv4: 8, ipv6: 0, mac: 0 };

/** Blocks in which more, or less, than usual is known to everybody: base, length, leading bits that stay. */
const BLOCKS: readonly (readonly [string, number])[] = [
  ['0.0.0.0/8', 32], ['127.0.0.0/8', 32], ['224.0.0.0/4', 32], ['255.255.255.255', 32],
  ['172.16.0.0/12', 12], ['192.168.0.0/16', 16], ['169.254.0.0/16', 16], ['100.64.0.0/10', 10],
  // Public neighbours of private blocks: their second octet must not wander into one.
  ['172.0.0.0/8', 16], ['192.0.0.0/8', 16], ['169.0.0.0/8', 16], ['100.0.0.0/8', 16],
  ['0.0.0.0/0', 8],
  // Solicited-node groups (RFC 4291 clause 2.7.1) end in the address they are asked for.
  ['ff02::1:ff00:0/104', 104], ['ff00::/8', 128], ['::/127', 128], ['::/0', 16],
];
const KEPT_HEAD = BLOCKS.map(([block, kept]) => ({ span: parseSpan(block) as AddressSpan, kept }));

function keptHead(family: Family, value: bigint): number {
  if (family !== 'mac') return KEPT_HEAD.find(({ span }) => span.family === family && span.first <= value && value <= span.last)?.kept ?? 0;
  const text = formatSpan({ family, first: value, last: value });
  // Groups are protocols, but those of IPv6 neighbour discovery end in an address (RFC 2464 clause 7).
  if (((value >> 40n) & 1n) === 1n) return value >> 24n === 0x3333ffn ? 24 : 48;
  if (value === 0n || isVirtualRouterMac(text)) return 48;
  return vendorPrefixBits(text);
}

const IPV4_IN_IPV6 = 0xffffn;

/** Octets to fill bits from: the first with which no address becomes itself by chance, nor none at all. */
const FILLS = [0x00, 0x55, 0x33, 0xaa, 0x0f, 0xcc];

export interface AddressMap {
  /** An address, a prefix, or a range, as text; null when it is none. */
  readonly span: (text: string) => string | null;
  readonly replaced: ReadonlyMap<string, string>;
}

/** @param texts addresses, prefixes and ranges, as parseSpan reads them; others are passed over */
export function mapAddresses(texts: ReadonlySet<string>): AddressMap {
  const values: Readonly<Record<Family, Set<bigint>>> = { ipv4: new Set(), ipv6: new Set(), mac: new Set() };
  for (const text of texts) {
    const span = parseSpan(text);
    if (span === null) continue;
    for (const end of endsOf(span)) {
      if (span.family === 'ipv6' && end >> 32n === IPV4_IN_IPV6) values.ipv4.add(end & 0xffff_ffffn);
      else values[span.family].add(end);
    }
  }
  const maps: Readonly<Record<Family, ReadonlyMap<bigint, bigint>>> = { ipv4: mapTree('ipv4', values.ipv4), ipv6: mapTree('ipv6', values.ipv6), mac: mapTree('mac', values.mac) };
  const one = (family: Family, value: bigint): bigint => {
    if (family === 'ipv6' && value >> 32n === IPV4_IN_IPV6) return (IPV4_IN_IPV6 << 32n) | one('ipv4', value & 0xffff_ffffn);
    const mapped = maps[family].get(value);
    if (mapped === undefined) throw new Error('an address that was not collected');
    return mapped;
  };
  const map = (text: string): string | null => {
    const span = parseSpan(text);
    if (span === null) return null;
    const first = one(span.family, span.first);
    if (!isPrefix(span)) return formatSpan({ family: span.family, first, last: one(span.family, span.last) });
    const size = span.last - span.first + 1n;
    return formatSpan({ family: span.family, first: first - (first % size), last: first - (first % size) + size - 1n });
  };
  return { span: map, replaced: new Map([...texts].flatMap((text) => (map(text) === null ? [] : [[text, map(text) as string]]))) };
}

const isPrefix = ({ first, last }: AddressSpan): boolean => {
  const size = last - first + 1n;
  return (size & (size - 1n)) === 0n && first % size === 0n;
};

/** A prefix is known by where it begins. */
const endsOf = (span: AddressSpan): bigint[] => (isPrefix(span) ? [span.first] : [span.first, span.last]);

function mapTree(family: Family, values: ReadonlySet<bigint>): ReadonlyMap<bigint, bigint> {
  const trials = FILLS.map((fill) => fillTree(family, values, fill));
  return trials.reduce((best, trial) => (trial.unfit < best.unfit ? trial : best)).mapped;
}

function fillTree(family: Family, values: ReadonlySet<bigint>, fill: number): { readonly mapped: ReadonlyMap<bigint, bigint>; readonly unfit: number } {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : 1));
  const bits = BITS[family];
  const mapped = new Map<bigint, bigint>();
  const heads = sorted.map((value) => keptHead(family, value));
  /** Addresses that could have become others, and those that became the unspecified one. */
  let unfit = 0;
  /** @param from, to the addresses below one node; @param depth bits above it; @param base what these became */
  const walk = (from: number, to: number, depth: number, base: bigint, wasFree: boolean): void => {
    let above = base;
    let free = wasFree;
    for (let bit = depth; bit < bits; bit++) {
      const mask = 1n << BigInt(bits - 1 - bit);
      const isOne = (index: number): boolean => (sorted[index] & mask) !== 0n;
      if (isOne(from) !== isOne(to - 1)) {
        let split = from;
        for (let high = to - 1; split < high; ) {
          const middle = (split + high) >> 1;
          if (isOne(middle)) high = middle;
          else split = middle + 1;
        }
        walk(from, split, bit + 1, above, free);
        walk(split, to, bit + 1, above | mask, free);
        return;
      }
      const stays = bit < Math.max(heads[from], heads[to - 1]) || bit >= bits - KEPT_TAIL[family];
      if (stays ? isOne(from) : ((fill >> (7 - (bit & 7))) & 1) === 1) above |= mask;
      free ||= !stays;
    }
    mapped.set(sorted[from], above);
    if ((free && above === sorted[from]) || (above === 0n && sorted[from] !== 0n)) unfit++;
  };
  if (sorted.length > 0) walk(0, sorted.length, 0, 0n, false);
  return { mapped, unfit };
}
