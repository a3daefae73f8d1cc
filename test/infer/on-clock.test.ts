import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { onClock } from '../../src/infer/on-clock.ts';
import type { Day, ObservationSet } from '../../src/observation.ts';
import { conversation, observations } from '../policy/observed.ts';

const day = (date: string): number => Date.parse(date) / 86_400_000;
const mask = (...hours: number[]): number => hours.reduce((bits, one) => bits | (1 << one), 0);
const seenOn = (days: readonly Day[]): ObservationSet => observations([{ ...conversation('10.4.0.1', '10.1.0.1'), days }]);
const daysOn = (timezone: string, days: readonly Day[]): readonly Day[] => onClock(seenOn(days), timezone).conversations[0].days;

describe('days by the clock of the plant', () => {
  it('are the days on which people there saw it', () => {
    // Sunday 23 h and Monday 0 h in Berlin.
    expect(daysOn('Europe/Berlin', [{ day: day('2026-01-04'), hours: mask(22, 23) }])).toEqual([
      { day: day('2026-01-04'), hours: mask(23) }, { day: day('2026-01-05'), hours: mask(0) },
    ]);
  });

  it('have one hour twice when clocks go back, and one never when they go forward', () => {
    const every = { hours: 0xffffff };
    expect(daysOn('Europe/Berlin', [{ day: day('2026-10-24'), ...every }, { day: day('2026-10-25'), ...every }])[1]).toEqual({ day: day('2026-10-25'), ...every });
    expect(daysOn('Europe/Berlin', [{ day: day('2026-03-28'), ...every }, { day: day('2026-03-29'), ...every }])[1]).toEqual({ day: day('2026-03-29'), hours: 0xffffff & ~mask(2) });
  });

  it('stay as they are where nobody kept hours, and by UTC', () => {
    const days = [{ day: 20_000 }, { day: 20_001 }];
    expect(daysOn('Asia/Tokyo', days)).toBe(days);
    const set = seenOn([{ day: 20_000, hours: 1 }]);
    expect(onClock(set, 'UTC')).toBe(set);
  });

  it('are one list for all who share one', () => {
    const days = [{ day: 20_000, hours: mask(20) }];
    const set = onClock(observations([{ ...conversation('10.4.0.1', '10.1.0.1'), days }, { ...conversation('10.4.0.2', '10.1.0.1'), days }]), 'Asia/Tokyo');
    expect(set.conversations[0].days).toBe(set.conversations[1].days);
  });

  it('are counted with the hours of the sensor, which knows by which clock', () => {
    const seen = seenOn([{ day: 20_000, hours: 1 }]);
    const set = onClock({ ...seen, sensor: { ...seen.sensor, hours: [480_000, 480_001], deafHours: [480_001] } }, 'Asia/Tokyo');
    expect(set).toMatchObject({ timezone: 'Asia/Tokyo', sensor: { hours: [480_009, 480_010], deafHours: [480_010] } });
  });

  it('hold what was seen: no hour more, and one less only for each hour that two fell into', () => {
    const bits = (days: readonly Day[]): number => days.reduce((sum, one) => sum + one.hours!.toString(2).replaceAll('0', '').length, 0);
    fc.assert(fc.property(
      fc.constantFrom('Europe/Berlin', 'America/Chicago', 'Asia/Kathmandu', 'Pacific/Apia', 'America/St_Johns'),
      fc.uniqueArray(fc.record({ day: fc.integer({ min: 18_000, max: 21_000 }), hours: fc.integer({ min: 1, max: 0xffffff }) }), { selector: (one) => one.day, maxLength: 40 }),
      (timezone, unsorted) => {
        const days = unsorted.toSorted((a, b) => a.day - b.day);
        const local = daysOn(timezone, days);
        expect(local.map((one) => one.day)).toEqual([...new Set(local.map((one) => one.day))].toSorted((a, b) => a - b));
        const lost = bits(days) - bits(local);
        expect(lost).toBeGreaterThanOrEqual(0);
        expect(lost).toBeLessThanOrEqual(days.length);
      },
    ));
  });
});
