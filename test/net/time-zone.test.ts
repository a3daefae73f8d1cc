import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKnownTimezone, localHours, offsetMinutes } from '../../src/net/time-zone.ts';

const hour = (instant: string): number => Date.parse(instant) / 3_600_000;

describe('the clock on the wall', () => {
  it.each([
    ['Europe/Berlin', '2026-01-05T23:00Z', '2026-01-06T00:00Z'],
    ['Europe/Berlin', '2026-07-05T21:00Z', '2026-07-05T23:00Z'],
    ['America/Chicago', '2026-01-05T03:00Z', '2026-01-04T21:00Z'],
    // Begins at 05:30.
    ['Asia/Kolkata', '2026-01-05T00:00Z', '2026-01-05T05:00Z'],
    ['Pacific/Kiritimati', '2026-01-05T10:00Z', '2026-01-06T00:00Z'],
    ['UTC', '2026-01-05T10:00Z', '2026-01-05T10:00Z'],
    ['Europe/Berlin', '1969-12-31T23:00Z', '1970-01-01T00:00Z'],
  ])('of %s at %s', (timezone, instant, local) => {
    expect(localHours(timezone)(hour(instant))).toBe(hour(local));
  });
});

/** As ICU words the offset itself: `GMT+05:30`. */
function wordedOffset(timezone: string, epochMs: number): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' }).formatToParts(epochMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

describe('how far a zone is ahead of UTC', () => {
  it('is what ICU says, at any instant', () => {
    fc.assert(fc.property(
      fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
      fc.integer({ min: Date.UTC(1973, 0), max: Date.UTC(2199, 0) }),
      (timezone, epochMs) => {
        expect(offsetMinutes(timezone)(epochMs)).toBe(wordedOffset(timezone, epochMs));
      },
    ), { numRuns: 500 });
  });

  it('changes in the minute in which clocks are set', () => {
    const offsetOf = offsetMinutes('Australia/Lord_Howe');
    // By half an hour, at 2 h of its summer time.
    expect([offsetOf(Date.parse('2026-04-04T14:59:59Z')), offsetOf(Date.parse('2026-04-04T15:00:00Z'))]).toEqual([660, 630]);
  });

  it('is of zones that ICU knows', () => {
    expect(['Europe/Berlin', 'UTC'].every(isKnownTimezone)).toBe(true);
    expect(isKnownTimezone('Moon/Tranquility')).toBe(false);
  });
});
