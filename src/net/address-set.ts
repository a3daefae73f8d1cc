/**
 * Sets of addresses: IPv4, IPv6 and MAC, as disjoint ascending spans.
 *
 * In: the address texts of a spec (`10.20.1.10`, `10.20.0.0/16`, `10.20.1.12-10.20.1.21`, `00:1d:9c:20:01:10`).
 * Out: union, difference, intersection, containment, size, order, and canonical text again. An empty set is empty: it never
 * means "any". Left out on purpose: names (spec/assets.ts resolves those) and zones of IPv6 scope (`%eth0`).
 */
import ipaddr from 'ipaddr.js';
import { byText } from './text-order.ts';

type AddressFamily = 'ipv4' | 'ipv6' | 'mac';

/** Inclusive. */
export interface AddressSpan {
  readonly family: AddressFamily;
  readonly first: bigint;
  readonly last: bigint;
}

/** Disjoint, not adjacent, ascending by family and first. */
export type AddressSet = readonly AddressSpan[];

const BITS: Readonly<Record<AddressFamily, number>> = { ipv4: 32, ipv6: 128, mac: 48 };
const FAMILY_ORDER: Readonly<Record<AddressFamily, number>> = { ipv4: 0, ipv6: 1, mac: 2 };
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

const fromBytes = (bytes: readonly number[]): bigint => {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
};

const toBytes = (value: bigint, count: number): number[] => {
  const bytes: number[] = [];
  for (let i = count - 1; i >= 0; i--) bytes.push(Number((value >> BigInt(8 * i)) & 0xffn));
  return bytes;
};

export const isMac = (text: string): boolean => MAC.test(text);

const [ZERO, POINT] = [0x30, 0x2e];

/** An IPv4 address (four decimal octets, no leading zeros) as a number; null when the text is none. Asked so often that a pattern and its pieces would cost. */
export const ipv4Number = (text: string): number | null => {
  let number = 0;
  let octet = -1; // none of its digits was read
  let points = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === POINT && octet >= 0 && points < 3) {
      number = number * 256 + octet;
      octet = -1;
      points++;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || octet === 0) return null;
    octet = octet < 0 ? digit : octet * 10 + digit;
    if (octet > 255) return null;
  }
  return points === 3 && octet >= 0 ? number * 256 + octet : null;
};

const parseSingle = (text: string): { family: AddressFamily; value: bigint } | null => {
  if (isMac(text)) return { family: 'mac', value: BigInt(`0x${text.replaceAll(':', '')}`) };
  const ipv4 = ipv4Number(text);
  if (ipv4 !== null) return { family: 'ipv4', value: BigInt(ipv4) };
  if (text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text)) {
    return { family: 'ipv6', value: fromBytes(ipaddr.IPv6.parse(text).toByteArray()) };
  }
  return null;
};

/** Why a text is no address, in words for the user; null when it is one. */
export const addressProblem = (text: string): string | null => {
  if (parseSpan(text) !== null) return null;
  const slash = text.indexOf('/');
  if (slash >= 0) {
    const base = parseSingle(text.slice(0, slash));
    if (base === null || base.family === 'mac') return `"${text.slice(0, slash)}" is not an IP address`;
    const bits = Number(text.slice(slash + 1));
    if (!/^\d{1,3}$/.test(text.slice(slash + 1)) || bits > BITS[base.family]) return `the prefix length must be 0 to ${BITS[base.family]}`;
    return `host bits are set: the network is ${formatSpan(prefixSpan(base.family, base.value, bits))}`;
  }
  const dash = text.indexOf('-');
  if (dash >= 0) {
    const first = parseSingle(text.slice(0, dash).trim());
    const last = parseSingle(text.slice(dash + 1).trim());
    if (first === null || last === null) return 'both ends of a range must be addresses, as in 10.20.1.12-10.20.1.21';
    return first.family === last.family ? 'the range runs backwards: put the lower address first' : 'the two ends of the range are of different kinds';
  }
  if (/^\d+(\.\d+){3}$/.test(text)) return 'each part of an IPv4 address is 0 to 255, without leading zeros';
  return 'expected an IP address, a prefix (10.20.0.0/16), a range (10.20.1.12-10.20.1.21) or a MAC address (00:1d:9c:20:01:10)';
};

const prefixSpan = (family: AddressFamily, value: bigint, bits: number): AddressSpan => {
  const host = BigInt(BITS[family] - bits);
  const first = (value >> host) << host;
  return { family, first, last: first | ((1n << host) - 1n) };
};

/** Null when the text is none of: address, prefix without host bits, ascending range, MAC address. */
export const parseSpan = (text: string): AddressSpan | null => {
  const trimmed = text.trim();
  const single = parseSingle(trimmed);
  if (single !== null) return { family: single.family, first: single.value, last: single.value };
  const slash = trimmed.indexOf('/');
  if (slash > 0) {
    const base = parseSingle(trimmed.slice(0, slash));
    if (base === null || base.family === 'mac' || !/^\d{1,3}$/.test(trimmed.slice(slash + 1))) return null;
    const bits = Number(trimmed.slice(slash + 1));
    if (bits > BITS[base.family]) return null;
    const span = prefixSpan(base.family, base.value, bits);
    return span.first === base.value ? span : null;
  }
  const dash = trimmed.indexOf('-');
  if (dash > 0) {
    const first = parseSingle(trimmed.slice(0, dash).trim());
    const last = parseSingle(trimmed.slice(dash + 1).trim());
    if (first === null || last === null || first.family !== last.family || first.value > last.value) return null;
    return { family: first.family, first: first.value, last: last.value };
  }
  return null;
};

const formatSingle = (family: AddressFamily, value: bigint): string => {
  if (family === 'ipv4') return toBytes(value, 4).join('.');
  if (family === 'mac') return toBytes(value, 6).map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return new ipaddr.IPv6(toBytes(value, 16)).toRFC5952String();
};

/** One address, a prefix where the span is exactly one, else `first-last`. */
export const formatSpan = (span: AddressSpan): string => {
  if (span.first === span.last) return formatSingle(span.family, span.first);
  const size = span.last - span.first + 1n;
  if (span.family !== 'mac' && (size & (size - 1n)) === 0n && span.first % size === 0n) {
    const bits = BITS[span.family] - (size.toString(2).length - 1);
    return `${formatSingle(span.family, span.first)}/${bits}`;
  }
  return `${formatSingle(span.family, span.first)}-${formatSingle(span.family, span.last)}`;
};

export const compareSpans = (a: AddressSpan, b: AddressSpan): number =>
  FAMILY_ORDER[a.family] - FAMILY_ORDER[b.family] || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0);

/** IPv4 before IPv6 before MAC, each by number; what is no address comes last. */
export const compareAddresses = (a: string, b: string): number => {
  // Most are IPv4, of which two numbers are compared.
  const [left, right] = [ipv4Number(a), ipv4Number(b)];
  if (left !== null && right !== null) return left - right;
  if (isMac(a) && isMac(b)) return byText(a.toLowerCase(), b.toLowerCase()) || byText(a, b); // each octet is two digits
  const [first, second] = [parseSpan(a), parseSpan(b)];
  const order = first === null || second === null ? Number(first === null) - Number(second === null) : compareSpans(first, second);
  return order || byText(a, b);
};

/** @param addresses at least one */
export const leastAddress = (addresses: readonly string[]): string => addresses.reduce((least, address) => (compareAddresses(address, least) < 0 ? address : least));

/** Sorts, and merges what overlaps or touches. */
export const normaliseSet = (spans: readonly AddressSpan[]): AddressSet => {
  const sorted = [...spans].sort(compareSpans);
  const merged: AddressSpan[] = [];
  for (const span of sorted) {
    const top = merged.at(-1);
    if (top !== undefined && top.family === span.family && span.first <= top.last + 1n) {
      if (span.last > top.last) merged[merged.length - 1] = { ...top, last: span.last };
    } else merged.push(span);
  }
  return merged;
};

/** Texts that are no addresses are skipped: spec/load.ts has already refused them by line. */
export const parseSet = (texts: readonly string[]): AddressSet =>
  normaliseSet(texts.flatMap((text) => parseSpan(text) ?? []));

export const unionSets = (a: AddressSet, b: AddressSet): AddressSet => normaliseSet([...a, ...b]);

/** Of ascending spans, the place of the last that begins where this one does or before; -1 when none does. */
const placeBefore = (spans: readonly AddressSpan[], address: AddressSpan): number => {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareSpans(spans[middle], address) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

const endsBefore = (a: AddressSpan, b: AddressSpan): boolean => FAMILY_ORDER[a.family] - FAMILY_ORDER[b.family] < 0 || (a.family === b.family && a.last < b.last);

/** Both are walked once, side by side: a plant has tens of thousands of addresses. */
export const intersectSets = (a: readonly AddressSpan[], b: readonly AddressSpan[]): AddressSet => {
  const [left, right] = [normaliseSet(a), normaliseSet(b)];
  const out: AddressSpan[] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const [x, y] = [left[i], right[j]];
    const first = x.first > y.first ? x.first : y.first;
    const last = x.last < y.last ? x.last : y.last;
    if (x.family === y.family && first <= last) out.push({ family: x.family, first, last });
    if (endsBefore(x, y)) i++;
    else j++;
  }
  return out;
};

export const subtractSets = (a: readonly AddressSpan[], b: readonly AddressSpan[]): AddressSet => {
  const cuts = normaliseSet(b);
  const rest: AddressSpan[] = [];
  let next = 0;
  for (const span of normaliseSet(a)) {
    let { first } = span;
    while (next < cuts.length && (cuts[next].family === span.family ? cuts[next].last < first : compareSpans(cuts[next], span) < 0)) next++;
    // The last cut may reach into the next span as well.
    for (let at = next; at < cuts.length && cuts[at].family === span.family && cuts[at].first <= span.last; at++) {
      if (first < cuts[at].first) rest.push({ ...span, first, last: cuts[at].first - 1n });
      first = cuts[at].last + 1n;
      next = at;
    }
    if (first <= span.last) rest.push({ ...span, first });
  }
  return rest;
};

/** Adjacent spans may stand apart in `set`: what lies across two of them is then not contained. */
export const setContains = (set: AddressSet, address: AddressSpan): boolean => {
  const span = set[placeBefore(set, address)];
  return span !== undefined && span.family === address.family && address.last <= span.last;
};

/** Of disjoint ascending spans those that share an address with one. */
export const overlapping = <S extends AddressSpan>(disjoint: readonly S[], span: AddressSpan): S[] => {
  const at = placeBefore(disjoint, span);
  const start = at >= 0 && disjoint[at].family === span.family && span.first <= disjoint[at].last ? at : at + 1;
  let end = at + 1;
  while (end < disjoint.length && disjoint[end].family === span.family && disjoint[end].first <= span.last) end++;
  return disjoint.slice(start, end);
};

/** Of many spans that may overlap those that lie within one, by their begin. */
export const spansWithin = (spans: readonly AddressSpan[]): ((whole: AddressSpan) => readonly AddressSpan[]) => {
  const sorted = [...spans].sort(compareSpans);
  return (whole) => {
    const inside: AddressSpan[] = [];
    // From the last that begins before it on.
    for (let i = placeBefore(sorted, { ...whole, first: whole.first - 1n }) + 1; i < sorted.length; i++) {
      const span = sorted[i];
      if (span.family !== whole.family || span.first > whole.last) break;
      if (span.last <= whole.last) inside.push(span);
    }
    return inside;
  };
};

/** Whether an address is in both. */
export const setsMeet = (few: AddressSet, many: AddressSet): boolean =>
  few.some((span) => {
    const last = many[placeBefore(many, { ...span, first: span.last })];
    return last !== undefined && last.family === span.family && span.first <= last.last;
  });

export const isSubset = (inner: AddressSet, outer: AddressSet): boolean => inner.every((span) => setContains(outer, span));

export const sizeOfSet = (set: AddressSet): bigint => set.reduce((sum, span) => sum + (span.last - span.first + 1n), 0n);
