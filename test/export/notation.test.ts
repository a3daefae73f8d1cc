/** Names, comments, CSV, prefixes, cells, schedules: the small parts, with properties. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine } from '../../src/export/csv-text.ts';
import type { PlanPermit } from '../../src/export/exporter.ts';
import { asPrefix, netmaskOf, prefixesOf, rangeText } from '../../src/export/ip-notation.ts';
import { listText } from '../../src/export/modbus/scope.ts';
import { pairCells } from '../../src/export/pair-cells.ts';
import { dayAfter, windowsOf } from '../../src/export/time-window.ts';
import { nameScope, safeComment } from '../../src/export/vendor-name.ts';
import { normaliseSet, parseSet, setContains, type AddressSpan } from '../../src/net/address-set.ts';
import { plantPlan } from './plant.ts';

const span = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 60 })).map(([first, size]): AddressSpan => ({ family: 'ipv4', first: BigInt(first), last: BigInt(first + size) }));

test('names are safe, within length, stable per key and unique whatever is asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 30 }), fc.integer({ min: 8, max: 40 }), (wanted, maxLength) => {
      const scope = nameScope({ maxLength, punctuation: '_-' }, ['any']);
      const names = wanted.map((text, index) => scope.nameOf(`${index}`, text));
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_-]*$/);
      for (const name of names) expect(name.length).toBeLessThanOrEqual(maxLength);
      expect(names).not.toContain('any');
      expect(wanted.map((text, index) => scope.nameOf(`${index}`, text))).toEqual(names);
    }),
  );
});

test('a comment is one line of harmless characters within its length', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 10, max: 80 }), (text, maxLength) => {
      const comment = safeComment(text, maxLength);
      expect(comment).toMatch(/^[A-Za-z0-9 .,:/()+=_-]*$/);
      expect(comment.length).toBeLessThanOrEqual(maxLength);
    }),
  );
  expect(safeComment('Größe "x"\n! y', 80)).toBe('Grosse _x_ y'.replace('Grosse', 'Gro_e'));
});

test('a CSV cell neither leaves its column nor runs as a formula', () => {
  expect(csvLine(['=1+1', '-2', '@x', '+y', 'a"b', 'c,d', 'e\r\nf', 5])).toBe('"\'=1+1","\'-2","\'@x","\'+y","a""b","c,d",e f,5');
});

test('prefixes cover a span exactly and are the fewest', () => {
  fc.assert(
    fc.property(span, (one) => {
      const prefixes = prefixesOf(one);
      expect(normaliseSet(parseSet(prefixes.map((prefix) => `${prefix.network}/${prefix.length}`))).map(rangeText)).toEqual([rangeText(one)]);
      // Two neighbours of one size that start evenly would be one larger prefix.
      prefixes.slice(1).forEach((prefix, index) => {
        const before = prefixes[index];
        const joined = before === undefined ? null : asPrefix({ ...one, first: parseSet([before.network])[0]?.first ?? 0n, last: (parseSet([`${prefix.network}/${prefix.length}`])[0]?.last ?? 0n) });
        expect(joined).toBeNull();
      });
    }),
  );
  expect([0, 1, 8, 24, 31, 32].map(netmaskOf)).toEqual(['0.0.0.0', '128.0.0.0', '255.0.0.0', '255.255.255.0', '255.255.255.254', '255.255.255.255']);
  expect(prefixesOf({ family: 'ipv6', first: 0n, last: (1n << 128n) - 1n })).toEqual([{ network: '::', length: 0 }]);
});

test('cells are disjoint, and hold for every pair exactly the Permits that name it', () => {
  const [model] = plantPlan().permits;
  if (model === undefined) throw new Error('no Permit');
  const permit = fc.tuple(fc.array(span, { minLength: 1, maxLength: 3 }), fc.array(span, { minLength: 1, maxLength: 3 })).map(([client, server]): PlanPermit => ({ ...model, client: normaliseSet(client), server: normaliseSet(server) }));
  fc.assert(
    fc.property(fc.array(permit, { maxLength: 5 }), fc.array(fc.tuple(fc.nat(370), fc.nat(370)), { minLength: 20, maxLength: 20 }), (permits, pairs) => {
      const cells = pairCells(permits, 'ipv4');
      for (const [from, to] of pairs) {
        const at = (value: number): AddressSpan => ({ family: 'ipv4', first: BigInt(value), last: BigInt(value) });
        const inside = cells.filter((cell) => setContains(cell.clients, at(from)) && setContains(cell.servers, at(to)));
        const named = permits.filter((entry) => setContains(entry.client, at(from)) && setContains(entry.server, at(to)));
        expect(inside.length).toBe(named.length === 0 ? 0 : 1);
        expect(inside.flatMap((cell) => cell.permits)).toEqual(named);
      }
    }),
  );
});

const conditions = (days: readonly string[], start: string | null, end: string | null) => {
  const [entry] = plantPlan().permits;
  if (entry === undefined) throw new Error('no Permit');
  return { ...entry.permit, conditions: { days, start, end, expires: null, onDemand: false } };
};

test('windows never cross midnight, and the night belongs to the day it began on', () => {
  expect(windowsOf(conditions([], null, null))).toEqual([]);
  expect(windowsOf(conditions(['sun'], '02:00', '04:00'))).toEqual([{ days: ['sun'], start: '02:00', end: '04:00' }]);
  expect(windowsOf(conditions(['sun', 'fri'], '22:00', '04:00'))).toEqual([{ days: ['fri', 'sun'], start: '22:00', end: '24:00' }, { days: ['mon', 'sat'], start: '00:00', end: '04:00' }]);
  expect(windowsOf(conditions(['mon'], null, null))).toEqual([{ days: ['mon'], start: '00:00', end: '24:00' }]);
  expect(windowsOf(conditions(['mon'], '20:00', '00:00'))).toEqual([{ days: ['mon'], start: '20:00', end: '24:00' }]);
  expect(dayAfter('2027-12-31')).toEqual({ year: 2028, month: 1, day: 1 });
  expect(dayAfter('2028-02-28')).toEqual({ year: 2028, month: 2, day: 29 });
});

test('number lists are short', () => {
  expect(listText([1, 2, 3, 5, 7, 8])).toBe('1-3,5,7-8');
  expect(listText([])).toBe('');
});
