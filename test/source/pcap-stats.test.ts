/** Totals of weeks from counters of 32 bits: every wrap, reopening and odd reading is injected. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createStatsMeter, sumTotals, type StatsReading } from '../../src/source/pcap-stats.ts';

const WRAP = 2 ** 32;

const reading = (processed: number, received: number, dropped: number, interfaceDropped = 0): StatsReading => ({
  processed,
  received: received % WRAP,
  dropped: dropped % WRAP,
  interfaceDropped: interfaceDropped % WRAP,
  kernel: 'read',
});

describe('totals of a live capture', () => {
  test('received is processed and dropped by the kernel; what it holds is waiting', () => {
    const meter = createStatsMeter();
    meter.read(reading(70, 100, 20, 3));
    expect(meter.totals()).toEqual({ received: 90, processed: 70, kernelDropped: 20, interfaceDropped: 3, waiting: 10, resets: 0, failedReadings: 0 });
  });

  test('a month at 5,000 packets a second: three wraps of the kernel counter, none of ours', () => {
    const meter = createStatsMeter();
    const perDay = 5000 * 86_400;
    for (let day = 1; day <= 31; day++) {
      const received = day * perDay;
      const dropped = day * 1_000_000;
      meter.read(reading(received - dropped, received, dropped));
    }
    const totals = meter.totals();
    expect(totals.received).toBe(31 * perDay);
    expect(totals.received).toBeGreaterThan(3 * WRAP);
    expect(totals.kernelDropped).toBe(31_000_000);
    expect(totals.waiting).toBe(0);
    expect(totals.resets).toBe(0);
  });

  test('any growth below half the range between readings is exact over any number of wraps', () => {
    const step = fc.record({
      handed: fc.integer({ min: 0, max: 0x3fff_0000 }),
      dropped: fc.integer({ min: 0, max: 0x3fff_0000 }),
      byInterface: fc.integer({ min: 0, max: 0x7fff_ffff }),
      waiting: fc.integer({ min: 0, max: 1000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const meter = createStatsMeter();
        let processed = 0;
        let dropped = 0;
        let byInterface = 0;
        let most = 0;
        for (const one of steps) {
          processed += one.handed;
          dropped += one.dropped;
          byInterface += one.byInterface;
          most = Math.max(most, processed + dropped + one.waiting);
          meter.read(reading(processed, most, dropped, byInterface));
        }
        expect(meter.totals()).toEqual({
          received: processed + dropped,
          processed,
          kernelDropped: dropped,
          interfaceDropped: byInterface,
          waiting: most - processed - dropped,
          resets: 0,
          failedReadings: 0,
        });
      }),
    );
  });

  test('a counter that runs back is a reset, not four thousand million packets', () => {
    const meter = createStatsMeter();
    meter.read(reading(10, 10, 0, 50));
    meter.read(reading(20, 20, 0, 7));
    meter.read(reading(30, 30, 0, 9));
    expect(meter.totals()).toMatchObject({ interfaceDropped: 52, resets: 1, received: 30 });
  });

  test('a reading that fails loses nothing: the next one brings it', () => {
    const meter = createStatsMeter();
    meter.read(reading(10, 10, 0));
    meter.read({ ...reading(20, 0, 0), kernel: 'failed' });
    expect(meter.totals()).toMatchObject({ processed: 20, received: 20, kernelDropped: 0, failedReadings: 1 });
    meter.read(reading(30, 35, 5));
    expect(meter.totals()).toMatchObject({ processed: 30, received: 35, kernelDropped: 5, waiting: 0 });
  });

  test('figures that were read before are not read again, our own count goes on', () => {
    const meter = createStatsMeter();
    meter.read(reading(10, 40, 5));
    meter.read({ ...reading(20, 12, 1), kernel: 'unread' });
    expect(meter.totals()).toMatchObject({ processed: 20, kernelDropped: 5, waiting: 15, resets: 0 });
  });

  test('opened anew, the counters start from nought and the totals go on; what went down with the ring is lost, and said', () => {
    const meter = createStatsMeter();
    meter.read(reading(90, 100, 4));
    meter.reopened();
    expect(meter.totals()).toMatchObject({ received: 100, processed: 90, kernelDropped: 10, waiting: 0 });
    meter.read(reading(5, 6, 1));
    expect(meter.totals()).toMatchObject({ received: 106, processed: 95, kernelDropped: 11, waiting: 0, resets: 0 });
  });

  test('several interfaces add up', () => {
    const one = createStatsMeter();
    const other = createStatsMeter();
    one.read(reading(10, 12, 1, 2));
    other.read(reading(100, 120, 10, 20));
    expect(sumTotals([one.totals(), other.totals()])).toEqual({
      received: 121,
      processed: 110,
      kernelDropped: 11,
      interfaceDropped: 22,
      waiting: 11,
      resets: 0,
      failedReadings: 0,
    });
    expect(sumTotals([])).toMatchObject({ received: 0 });
  });
});
