/** Long lists of a Suricata rule are split over several: each line is one that it reads, and together they are about the same addresses, once. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { otherPorts, sidePairs, type RuleSide } from '../../src/export/rule-lists.ts';
import { intersectSets, normaliseSet, parseSet, sizeOfSet, subtractSets, type AddressSet, type AddressSpan } from '../../src/net/address-set.ts';

const EVERY = { ipv4: parseSet(['0.0.0.0/0']), ipv6: parseSet(['::/0']) };
const addresses = (family: 'ipv4' | 'ipv6', count: number): fc.Arbitrary<AddressSet> => {
  const width = family === 'ipv4' ? 32n : 128n;
  // Near each other, or anywhere; alone, or some in a row.
  const first = fc.oneof(fc.bigInt({ min: 0n, max: 4000n }).map((at) => at * 3n + (10n << (width - 8n))), fc.bigInt({ min: 0n, max: (1n << width) - 300n }));
  return fc.array(fc.tuple(first, fc.constantFrom(0n, 0n, 1n, 6n, 255n)), { minLength: 1, maxLength: count, size: 'max' }).map((list) => normaliseSet(list.map(([at, more]): AddressSpan => ({ family, first: at, last: at + more }))));
};
const side = (family: 'ipv4' | 'ipv6'): fc.Arbitrary<RuleSide> =>
  fc.tuple(addresses(family, 900), fc.boolean()).map(([some, isExcept]) => (isExcept ? { among: EVERY[family], except: some } : { among: some, except: [] }));

const setOf = (text: string): AddressSet => {
  const [among = '', except = ''] = text.replaceAll('[', '').replaceAll(']', '').split('!');
  return subtractSets(parseSet(among.split(',')), parseSet(except.split(',')));
};

test('addresses', () => {
  let most = 0;
  const halves = (whole: RuleSide, list: readonly string[]): void => {
    const sets = [...new Set(list)].map(setOf);
    const wanted = subtractSets(normaliseSet(whole.among), normaliseSet(whole.except));
    expect(normaliseSet(sets.flat())).toEqual(wanted);
    expect(sets.reduce((sum, set) => sum + sizeOfSet(set), 0n)).toBe(sizeOfSet(wanted));
    expect(sets.every((set) => set.length > 0 && intersectSets(set, whole.except).length === 0)).toBe(true);
  };
  fc.assert(
    fc.property(fc.constantFrom('ipv4', 'ipv6').chain((family) => fc.tuple(side(family), side(family))), fc.constantFrom(300, 4000), ([source, target], others) => {
      const pairs = sidePairs(source, target, others);
      most = Math.max(most, pairs.length);
      expect(pairs.every((pair) => pair.source.length + pair.target.length + others <= 8190)).toBe(true);
      expect(new Set(pairs.map((pair) => `${pair.source} ${pair.target}`)).size).toBe(pairs.length);
      const [sources, targets] = [pairs.map((pair) => pair.source), pairs.map((pair) => pair.target)];
      expect(pairs.length).toBe(new Set(sources).size * new Set(targets).size);
      halves(source, sources);
      halves(target, targets);
    }),
    { numRuns: 20 },
  );
  expect(most).toBeGreaterThan(4);
});

test('ports', () => {
  const port = fc.tuple(fc.integer({ min: 0, max: 65000 }), fc.constantFrom(0, 0, 1, 200)).map(([first, more]) => ({ first, last: first + more }));
  fc.assert(
    fc.property(fc.array(port, { minLength: 1, maxLength: 600, size: 'max' }), (ports) => {
      const lists = otherPorts(ports);
      expect(lists.every((text) => text.length <= 1021)).toBe(true);
      const count = new Uint8Array(65536);
      for (const text of lists) {
        const own = new Set(text.replace(/[![\]]/g, '').split(',').flatMap((word) => {
          const [first = 0, last = first] = word.split(':').map(Number);
          return Array.from({ length: last - first + 1 }, (_, index) => first + index);
        }));
        for (let at = 0; at < 65536; at++) if (own.has(at) !== text.startsWith('!')) count[at]!++;
      }
      for (const { first, last } of ports) expect(count.slice(first, last + 1).every((times) => times === 0)).toBe(true);
      const named = new Set(ports.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index)));
      expect(count.reduce((sum, times) => sum + times, 0)).toBe(65536 - named.size);
    }),
    { numRuns: 30 },
  );
});
