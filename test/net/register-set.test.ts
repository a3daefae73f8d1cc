import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accessOfFunctionCode } from '../../src/decode/app/modbus-functions.ts';
import { bindingSpans, mergeSpans, sizeOfSpans, spansContain, spanText, subtractSpans, tableOf } from '../../src/net/register-set.ts';

/** Short spans in a small world: often they touch, and share a first or a last address. */
const WORLD = 30;
const span = fc.tuple(fc.nat(WORLD), fc.nat(5)).map(([first, more]) => ({ first, last: Math.min(first + more, WORLD) }));
const spans = fc.array(span, { maxLength: 10 });
const has = (set: readonly { first: number; last: number }[], value: number): boolean => set.some((one) => one.first <= value && value <= one.last);

describe('sets of data addresses', () => {
  it('merging keeps the members, difference is that of sets', () => {
    fc.assert(fc.property(spans, spans, (a, b) => {
      const [x, y] = [mergeSpans(a), mergeSpans(b)];
      const rest = subtractSpans(x, y);
      for (let value = 0; value <= WORLD; value++) {
        expect(has(x, value)).toBe(has(a, value));
        expect(has(rest, value)).toBe(has(a, value) && !has(b, value));
      }
      // Merged again, so that sizes and containment hold of it.
      expect(rest).toEqual(mergeSpans(rest));
      expect(rest.every(({ first, last }) => first <= last)).toBe(true);
      expect(sizeOfSpans(x)).toBe(Array.from({ length: WORLD + 1 }, (_, value) => value).filter((value) => has(a, value)).length);
    }));
  });

  it('a span is contained when all of it lies in one merged span', () => {
    fc.assert(fc.property(spans, span, (list, inner) => {
      const set = mergeSpans(list);
      let all = true;
      for (let value = inner.first; value <= inner.last; value++) all &&= has(list, value);
      expect(spansContain(set, inner)).toBe(all);
    }));
  });

  it('a range binds the codes of its table only', () => {
    const ranges = [{ access: 'read' as const, table: 'holding-register' as const, first: 0, last: 9 }, { access: 'write' as const, first: 5, last: 6 }];
    expect(bindingSpans(ranges, 3, 'read')).toEqual([{ first: 0, last: 9 }]);
    expect(bindingSpans(ranges, 1, 'read')).toBeNull();
    expect(bindingSpans(ranges, 16, 'write')).toEqual([{ first: 5, last: 6 }]);
    expect(bindingSpans(ranges, 5, 'write')).toEqual([{ first: 5, last: 6 }]);
    expect(bindingSpans([], 3, 'read')).toBeNull();
    // FC 20 reads records of files, and FC 8 nothing: no range of a table is about them.
    expect(bindingSpans(ranges, 20, 'read')).toBeNull();
    expect(bindingSpans(ranges, 8, 'write')).toBeNull();
  });

  it.each([[{ first: 502, last: 502 }, '502'], [{ first: 5000, last: 5010 }, '5000-5010']])('%j is written %s', (one, text) => {
    expect(spanText(one)).toBe(text);
  });

  it.each([[1, 'coil', null, 'read'], [4, 'input-register', null, 'read'], [6, null, 'holding-register', 'write'], [23, 'holding-register', 'holding-register', 'write'], [8, null, null, 'diagnose'], [43, null, null, 'browse'], [90, null, null, 'program']] as const)(
    'FC %i reads %s, writes %s, is %s', (code, read, write, access) => {
      expect(tableOf(code, 'read')).toBe(read);
      expect(tableOf(code, 'write')).toBe(write);
      expect(accessOfFunctionCode(code)).toBe(access);
    });
});
