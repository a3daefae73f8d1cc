import { describe, expect, it } from 'vitest';
import { proposeZones } from '../../src/infer/zones.ts';
import { cycleOfGaps, cycleOfOperation } from '../../src/infer/rhythm.ts';
import type { Operation, RegisterRange, RhythmBin } from '../../src/observation.ts';
import { mac, sketchPlant, vendorOf, type Sketch } from './plant-sketch.ts';

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

describe('polling in words', () => {
  /** Two controllers, one of which asks the other's device. */
  const said = (asked: Pick<Sketch, 'periodMs' | 'perDay'>, listenedMs?: number): string[] => {
    const [controller, device] = ['10.1.0.1', '10.1.0.2'];
    const hosts = [{ address: controller, mac: mac('controller', 1) }, { address: device, mac: mac('controller', 2) }, { address: '10.1.0.9', mac: mac('panel', 9) }];
    const set = sketchPlant(hosts, [{ client: controller, server: device, service: 'modbus', ...asked }, { client: '10.1.0.9', server: controller, service: 'modbus', perDay: 3 }], 1);
    const captures = listenedMs === undefined ? {} : { captures: [{ id: 1, live: false, firstNs: 0n, lastNs: BigInt(listenedMs) * 1_000_000n }] };
    return proposeZones({ ...set, sensor: { ...set.sensor, ...captures } }, { vendorOf, stabilityRuns: 0 }).assets.flatMap(({ evidence }) => evidence.map(({ sentence }) => sentence)).filter((sentence) => /\bpoll|every/.test(sentence));
  };

  it('a burst of a few seconds is none, however quick', () => {
    expect(said({ periodMs: 0.4, perDay: 5000 })).toEqual([]);
    expect(said({ periodMs: 50, perDay: 100 })).toEqual([]);
  });

  it('is what ran for half of a capture that is as short', () => {
    expect(said({ periodMs: 50, perDay: 100 }, 8000)).toContain('is polled every 50 ms, at the pace of I/O');
    expect(said({ periodMs: 50, perDay: 100 }, 12_000)).toEqual([]);
  });

  it('an interval below a millisecond is said as it is', () => {
    expect(said({ periodMs: 0.4, perDay: 50_000 })).toContain('is polled every 0.4 ms, at the pace of I/O');
    expect(said({ periodMs: 50, perDay: 1000 })).toContain('is polled every 50 ms, at the pace of I/O');
  });
});
