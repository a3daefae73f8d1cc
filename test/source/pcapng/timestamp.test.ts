import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClock, storeTime } from '../../../src/source/pcapng/timestamp.ts';

const MAX_SECONDS = 9_223_372_035n;

function read(resolution: number, units: bigint, offsetSeconds = 0): [number, number] {
  const seconds = new Float64Array(1);
  const nanos = new Int32Array(1);
  storeTime(createClock(resolution, offsetSeconds), Number(units >> 32n), Number(units & 0xffff_ffffn), seconds, nanos, 0);
  return [seconds[0] as number, nanos[0] as number];
}

function exact(resolution: number, units: bigint): [number, number] {
  const perSecond = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
  const seconds = units / perSecond;
  return seconds > MAX_SECONDS ? [NaN, 0] : [Number(seconds), Number(((units % perSecond) * 1_000_000_000n) / perSecond)];
}

describe('pcapng timestamps', () => {
  it('equal exact arithmetic for every resolution and every count of units', () => {
    const units = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(2n ** 52n, 2n ** 54n), fc.bigInt(0n, 2n ** 34n));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), units, (resolution, count) => {
        expect(read(resolution, count)).toEqual(exact(resolution, count));
      }),
      { numRuns: 5000 },
    );
  });
  it('are exact around whole seconds at micro- and nanoseconds', () => {
    fc.assert(
      fc.property(fc.constantFrom(6, 9), fc.bigInt(0n, MAX_SECONDS), fc.bigInt(-2n, 2n), (digits, second, around) => {
        const count = second * 10n ** BigInt(digits) + around;
        if (count < 0n || count >= 2n ** 64n) return;
        expect(read(digits, count)).toEqual(exact(digits, count));
      }),
      { numRuns: 5000 },
    );
  });
  it('are the same from a clock that has shown other times before', () => {
    const times = fc.array(fc.record({ second: fc.bigInt(1_700_000_000n, 1_700_000_003n), part: fc.oneof(fc.bigInt(0n, 2n ** 34n), fc.bigInt(-2n, 2n)) }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(0, 3, 6, 9, 11, 0x80 + 20), times, fc.integer({ min: -3, max: 3 }), (resolution, all, offset) => {
        const perSecond = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
        const clock = createClock(resolution, offset);
        const seconds = new Float64Array(all.length);
        const nanos = new Int32Array(all.length);
        const counts = all.map(({ second, part }) => second * perSecond + part);
        counts.forEach((units, i) => storeTime(clock, Number(units >> 32n) | 0, Number(units & 0xffff_ffffn) | 0, seconds, nanos, i));
        expect(counts.map((_, i) => [seconds[i], nanos[i]])).toEqual(counts.map((units) => read(resolution, units, offset)));
      }),
      { numRuns: 2000 },
    );
  });
  it('add a signed offset, and are no time beyond what 64-bit nanoseconds hold', () => {
    expect(read(6, 1_500_000n, 1_700_000_000)).toEqual([1_700_000_001, 500_000_000]);
    expect(read(6, 1_500_000n, -10)).toEqual([-9, 500_000_000]);
    expect(read(6, 1_500_000n, 2 ** 63)).toEqual([NaN, 0]);
    expect(read(0x80 | 10, 1024n * 5n + 512n, -(2 ** 63))).toEqual([NaN, 0]);
  });
});
