import { describe, expect, it } from 'vitest';
import { cycleOfGaps, cycleOfOperation } from '../../src/infer/rhythm.ts';
import type { Operation, RegisterRange, RhythmBin } from '../../src/observation.ts';

const bins = (...pairs: [number, number][]): RhythmBin[] => pairs.map(([count, meanMs]) => ({ count, meanMs }));
const range = (first: number, requests: number): RegisterRange => ({ access: 'read', first, last: first + 9, requests });
const operation = (rhythm: RhythmBin[], ranges: RegisterRange[], requests: number): Operation => ({ protocol: 'modbus', unit: 1, function: 3, name: 'Read Holding Registers', access: 'read', requests, responses: requests, errors: 0, errorCodes: [], ranges, rangesFolded: 0, targets: [], firstNs: 0n, lastNs: 0n, days: [], rhythm });

describe('cycles', () => {
  it('reads the period from neighbouring bins', () => {
    expect(cycleOfGaps(bins([400, 990], [100, 1040]))!.periodMs).toBeCloseTo(1000, 0);
  });

  it('takes the pause for the cycle when requests come back to back', () => {
    const cycle = cycleOfGaps(bins([300, 2], [100, 1000]))!;
    expect(cycle.periodMs).toBeGreaterThan(990);
    expect(cycle.periodMs).toBeLessThan(1020);
  });

  it('is not fooled by breaks between capture windows', () => {
    expect(cycleOfGaps(bins([280, 1000], [20, 1_500_000], [30, 6_000_000]))!.periodMs).toBeCloseTo(1000, 0);
  });

  it('sees none in visits scattered over the day', () => {
    const gaps = Array.from({ length: 12 }, (_, index): [number, number] => [10, 60_000 * 1.41 ** index]);
    expect(cycleOfGaps(bins(...gaps))).toBeNull();
    expect(cycleOfGaps([])).toBeNull();
    expect(cycleOfGaps(bins([2, 1000]))).toBeNull();
  });

  it('gives the round back when several ranges are asked in turn', () => {
    // Three ranges every second, asked 100, 300 and 600 ms apart.
    const cycle = cycleOfOperation(operation(bins([100, 100], [100, 300], [99, 600]), [range(0, 100), range(100, 100), range(200, 100)], 300))!;
    expect(cycle.periodMs).toBeGreaterThan(980);
    expect(cycle.periodMs).toBeLessThan(1020);
  });
});
