import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressProblem, compareAddresses, formatSpan, intersectSets, ipv4Number, isSubset, normaliseSet, parseSet, parseSpan, setContains, setsMeet, sizeOfSet, subtractSets, unionSets } from '../../src/net/address-set.ts';
import type { AddressSpan } from '../../src/net/address-set.ts';

/** Small numbers, so that sets meet often; membership is then checked address by address. */
const WORLD = 64;
const span = fc.tuple(fc.constantFrom('ipv4' as const, 'ipv6' as const, 'mac' as const), fc.nat(WORLD - 1), fc.nat(WORLD - 1))
  .map(([family, a, b]): AddressSpan => ({ family, first: BigInt(Math.min(a, b)), last: BigInt(Math.max(a, b)) }));
const spans = fc.array(span, { maxLength: 8 });

const has = (set: readonly AddressSpan[], family: AddressSpan['family'], value: number): boolean => set.some((one) => one.family === family && one.first <= BigInt(value) && BigInt(value) <= one.last);

const everywhere = (check: (family: AddressSpan['family'], value: number) => void): void => {
  for (const family of ['ipv4', 'ipv6', 'mac'] as const) for (let value = 0; value < WORLD; value++) check(family, value);
};

describe('an IPv4 address as a number', () => {
  it('of what is one as others say as well, and of nothing else', () => {
    const octet = fc.oneof({ weight: 8, arbitrary: fc.nat(300).map(String) }, fc.constantFrom('', '00', '01', '-1', ' 1', '1e1', '255', '256', 'x'));
    fc.assert(fc.property(fc.array(octet, { minLength: 1, maxLength: 6 }), (octets) => {
      const text = octets.join('.');
      expect(ipv4Number(text)).toBe(isIPv4(text) ? octets.reduce((number, part) => number * 256 + Number(part), 0) : null);
    }), { numRuns: 2000 });
  });

  it('sees no address in half of one', () => {
    for (const text of ['', '.', '1.2.3', '1.2.3.', '.1.2.3', '1..2.3', '1.2.3.4.', '1.2.3.4.5', '1.2.3.4/8']) expect(ipv4Number(text)).toBeNull();
  });
});

describe('sets of addresses', () => {
  it('union, intersection and difference are those of sets', () => {
    fc.assert(fc.property(spans, spans, (a, b) => {
      const [x, y] = [normaliseSet(a), normaliseSet(b)];
      const [union, both, rest] = [unionSets(x, y), intersectSets(x, y), subtractSets(x, y)];
      everywhere((family, value) => {
        const [inA, inB] = [has(a, family, value), has(b, family, value)];
        expect(has(union, family, value)).toBe(inA || inB);
        expect(has(both, family, value)).toBe(inA && inB);
        expect(has(rest, family, value)).toBe(inA && !inB);
      });
      expect(sizeOfSet(union)).toBe(sizeOfSet(rest) + sizeOfSet(y));
      expect(setsMeet(x, y)).toBe(both.length > 0);
      // Lists that nobody put in order are sets too, and what comes out is in order.
      expect([intersectSets(a, b), subtractSets(a, b)]).toEqual([both, rest]);
      expect([both, rest].map(normaliseSet)).toEqual([both, rest]);
    }));
  });

  it('a normal set is disjoint, not adjacent and ascending', () => {
    fc.assert(fc.property(spans, (list) => {
      const set = normaliseSet(list);
      for (const [i, one] of set.entries()) {
        const next = set.at(i + 1);
        if (next !== undefined && next.family === one.family) expect(next.first > one.last + 1n).toBe(true);
      }
      expect(normaliseSet(set)).toEqual(set);
    }));
  });

  it('a subset is one whose difference is empty', () => {
    fc.assert(fc.property(spans, spans, (a, b) => {
      const [x, y] = [normaliseSet(a), normaliseSet(b)];
      expect(isSubset(x, y)).toBe(subtractSets(x, y).length === 0);
    }));
  });

  it('text survives: parse of format is the span', () => {
    const wide = fc.tuple(fc.constantFrom(['ipv4', 32n], ['ipv6', 128n], ['mac', 48n]) as fc.Arbitrary<['ipv4' | 'ipv6' | 'mac', bigint]>, fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }))
      .map(([[family, bits], a, b]): AddressSpan => {
        const [x, y] = [a % (1n << bits), b % (1n << bits)];
        return { family, first: x < y ? x : y, last: x < y ? y : x };
      });
    fc.assert(fc.property(wide, (one) => {
      expect(parseSpan(formatSpan(one))).toEqual(one);
    }));
  });

  it('any text is an address or has a problem, never both, and never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f.:/-]{0,40}$/)), (text) => {
      expect(parseSpan(text) === null).toBe(addressProblem(text) !== null);
    }));
  });

  it.each([
    ['10.20.0.0/16', 65536n], ['10.20.1.12-10.20.1.21', 10n], ['00:1d:9c:20:01:10', 1n], ['fe80::/64', 1n << 64n], ['0.0.0.0/0', 1n << 32n], ['10.0.0.1/32', 1n],
  ])('%s holds %s addresses', (text, size) => {
    expect(sizeOfSet(parseSet([text]))).toBe(size);
  });

  it.each(['10.20.1.0/16', '10.20.1.256', '010.0.0.1', '1.2.3', '10.0.0.9-10.0.0.1', '10.0.0.1-fe80::1', '10.0.0.0/33', '', ' ', 'fe80::1%eth0', '00:1d:9c:20:01:10/24'])('%j is none', (text) => {
    expect(parseSpan(text)).toBeNull();
  });

  it.each([
    ['10.20.0.0-10.20.255.255', '10.20.0.0/16'], ['10.0.0.2-10.0.0.3', '10.0.0.2/31'], ['10.0.0.1-10.0.0.2', '10.0.0.1-10.0.0.2'], ['10.0.0.0-10.0.0.2', '10.0.0.0-10.0.0.2'], ['10.0.0.7 - 10.0.0.7', '10.0.0.7'],
    ['0.0.0.0-255.255.255.255', '0.0.0.0/0'], ['FE80:0::1', 'fe80::1'], ['fe80::-fe80::ffff:ffff:ffff:ffff', 'fe80::/64'], ['00:1D:9C:20:01:10-00:1d:9c:20:01:11', '00:1d:9c:20:01:10-00:1d:9c:20:01:11'],
  ])('%s is written %s', (text, written) => {
    expect(parseSet([text]).map(formatSpan)).toEqual([written]);
  });

  it.each([
    ['10.20.1.0/16', 'host bits are set: the network is 10.20.0.0/16'], ['10.0.0.0/33', 'the prefix length must be 0 to 32'], ['10.0.0.0/', 'the prefix length must be 0 to 32'], ['fe80::/129', 'the prefix length must be 0 to 128'],
    ['00:1d:9c:20:01:10/24', '"00:1d:9c:20:01:10" is not an IP address'], ['/24', '"" is not an IP address'], ['10.0.0.9 - 10.0.0.1', 'the range runs backwards: put the lower address first'],
    ['10.0.0.1-fe80::1', 'the two ends of the range are of different kinds'], ['10.0.0.1-PLC', 'both ends of a range must be addresses, as in 10.20.1.12-10.20.1.21'], ['PLC-10.0.0.1', 'both ends of a range must be addresses, as in 10.20.1.12-10.20.1.21'],
    ['10.20.1.256', 'each part of an IPv4 address is 0 to 255, without leading zeros'], ['PLC', 'expected an IP address, a prefix (10.20.0.0/16), a range (10.20.1.12-10.20.1.21) or a MAC address (00:1d:9c:20:01:10)'], ['10.0.0.1', null],
  ])('of %s is said: %s', (text, problem) => {
    expect(addressProblem(text)).toBe(problem);
  });

  it('an empty set holds nothing', () => {
    expect(setContains([], { family: 'ipv4', first: 1n, last: 1n })).toBe(false);
    expect(parseSet([])).toEqual([]);
  });

  it('texts are in order by number: IPv4, IPv6 however it is shortened, MAC', () => {
    const ascending = ['9.0.0.1', '10.0.0.9', '10.0.0.10', '::9', '::10', 'fd00::9', 'fd00::10', 'fd00:0:0:1::', 'fe80::1', '00:00:00:00:00:09', '00:00:00:00:00:10'];
    expect(ascending.toReversed().toSorted(compareAddresses)).toEqual(ascending);
  });
});
