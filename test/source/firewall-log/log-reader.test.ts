import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLogReader, isFirewallLog, type LogReader } from '../../../src/source/firewall-log/log-reader.ts';
import type { LogTimeOptions } from '../../../src/source/firewall-log/log-clock.ts';
import { LOG_LINES } from './log-lines.ts';

const reader = (options: Partial<LogTimeOptions> = {}): LogReader =>
  createLogReader({ year: 2026, zone: null, near: null, monitorRules: new Set(['would']), ...options }, null);

const said = (from: LogReader, line: string): string => {
  const result = from.read(line);
  if (result !== 'entry') return result;
  const { device, rule, verdict, opening, inspected, client, server, transport, port, application, functionCode, unit, count, seconds } = from.attempt;
  const operation = functionCode < 0 ? '' : ` FC ${functionCode} unit ${unit}`;
  const time = Number.isNaN(seconds) ? '' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  return `${device}|${rule}|${verdict} ${opening ? 'new' : 'mid'}${inspected ? ' inspected' : ''}|${client}>${server} ${transport}/${port}|${application}${operation}|${count}|${time}`;
};

describe('each line says what it says, whatever stood before it', () => {
  const mixed = reader();
  test.each(LOG_LINES)('%s', (line, expected) => {
    expect(said(reader(), line)).toBe(expected);
    expect(said(mixed, line)).toBe(expected);
  });
});

test('a firewall line makes a log, other text does not', () => {
  for (const [line, expected] of LOG_LINES) expect(isFirewallLog(`first line\n${line}\r\n`)).toBe(!/other-line|blank|binary/.test(expected));
  expect(isFirewallLog('{"name": "x", "event_type": 3}\n')).toBe(true);
  expect(isFirewallLog('{"name": "package"}\na,b,c\nkey=value date\n')).toBe(false);
});

test('any prefix of a line, and any line with a stretch of it changed, is read or refused, never thrown over', () => {
  const lines = LOG_LINES.map(([line]) => line);
  const one = reader();
  for (const line of lines) for (let end = 0; end < line.length; end++) one.read(line.slice(0, end));
  fc.assert(
    fc.property(fc.constantFrom(...lines), fc.nat(), fc.nat(40), fc.string({ unit: 'binary', maxLength: 60 }), (line, at, cut, put) => {
      const from = at % (line.length + 1);
      one.read(line.slice(0, from) + put + line.slice(from + cut));
    }),
    { seed: 6, numRuns: 5000 },
  );
});

test('a line that never ends and never matches takes no longer than its length', () => {
  const one = reader();
  for (const start of ['Mar 02 2026 06:00:00 FW1 : %ASA-4-106023: Deny tcp src ', 'date=2026-03-02 ', '1,2026/03/02 06:00:00,', '[ 1.000000] ', '<1>1 2026-03-02T06:00:00Z h a p m [']) {
    for (const filler of ['a', ' ', ':', '(', '"', '\\', 'a:b/1 ', 'a=b ', '(x)', '] ']) expect(one.read(start + filler.repeat(200_000 / filler.length))).not.toBe('entry');
  }
});

describe('times', () => {
  const deny = (stamp: string): string => `${stamp} FW1 : %ASA-4-106023: Deny tcp src o:1.2.3.4/1 dst i:5.6.7.8/2 by access-group "x"`;
  const times = (from: LogReader, ...stamps: string[]): string[] => stamps.map((stamp) => said(from, deny(stamp)).split('|').at(-1) ?? '');

  test('a year that is not written turns with the month, and back for a late line', () => {
    expect(times(reader({ year: 2025 }), 'Nov 30 23:59:59', 'Dec 31 23:59:59', 'Jan  1 00:00:00', 'Dec 31 23:59:58', 'Jan  1 00:00:01', 'Feb  2 00:00:00')).toEqual([
      '2025-11-30T23:59:59Z', '2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z', '2025-12-31T23:59:58Z', '2026-01-01T00:00:01Z', '2026-02-02T00:00:00Z',
    ]);
  });

  test('without the option the year lies next to the captures, and that is said; with nothing it is asked for', () => {
    const near = reader({ year: null, near: Date.UTC(2026, 0, 3) / 1000 });
    expect(times(near, 'Dec 31 10:00:00', 'Jan  1 10:00:00')).toEqual(['2025-12-31T10:00:00Z', '2026-01-01T10:00:00Z']);
    expect(near.clock.assumptions().join(' ')).toMatch(/first was taken as 2025/);
    expect(() => reader({ year: null }).read(deny('Dec 31 10:00:00'))).toThrow(/carry no year/);
  });

  test('a zone by name follows its summer time; a written one wins; none is UTC and is said', () => {
    const berlin = reader({ zone: 'Europe/Berlin' });
    expect(times(berlin, 'Mar 28 12:00:00', 'Mar 29 12:00:00', 'Jul  1 12:00:00 UTC', 'Oct 25 12:00:00')).toEqual([
      '2026-03-28T11:00:00Z', '2026-03-29T10:00:00Z', '2026-07-01T12:00:00Z', '2026-10-25T11:00:00Z',
    ]);
    expect(berlin.clock.assumptions()).toEqual([]);
    expect(times(reader({ zone: '-05:30' }), 'Mar 28 2026 12:00:00')).toEqual(['2026-03-28T17:30:00Z']);
    const utc = reader();
    expect(times(utc, 'Mar 28 12:00:00 CST')).toEqual(['2026-03-28T12:00:00Z']);
    expect(utc.clock.assumptions()).toEqual(['times without a zone were taken as UTC (--log-zone says otherwise)']);
  });

  test('a device without a clock, and one from the far future', () => {
    expect(times(reader(), 'Jan  1 1970 00:00:07', 'Jan  1 9999 00:00:07')).toEqual(['1970-01-01T00:00:07Z', 'unread.time']);
  });
});
