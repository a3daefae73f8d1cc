/** A time on the command line means the same for every command and in every time zone, and one after everything is no conformance. */
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { instantOf } from '../../src/commands/instant-option.ts';
import { EXIT } from '../../src/errors.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { runLine, runProcess } from './command-line.ts';

const SPEC = join(SAMPLES, 'plant.yaml');

const folder = testFolder();
const db = join(folder, 'plant.db');
beforeAll(async () => {
  expect((await runLine(['import', join(SAMPLES, 'plant'), '--db', db])).code).toBe(EXIT.ok);
});

test('UTC unless the text names an offset', () => {
  const noon = 1_772_366_400_000_000_000n;
  expect(['2026-03-01T12:00', '2026-03-01 12:00:00', '2026-03-01T12:00Z', '2026-03-01T14:00+02:00', '1772366400'].map((text) => instantOf('--since', text))).toEqual([noon, noon, noon, noon, noon]);
  for (const text of ['20260301', '2026', 'March 1', '2026-3-1', '12:00', '01.03.2026', '', '2026-02-30', '2026-13-01', '2025-02-29T06:00']) expect(() => instantOf('--since', text), text).toThrow(`--since ${text} is no instant`);
});

test.each([
  ['diff', ['diff', SPEC, '--since', '2026-03-10T16:30', '--json']],
  ['verify', ['verify', SPEC, '--since', '2026-03-10T16:30', '--json']],
])('%s: the same in every time zone', (_, args) => {
  const [utc, tokyo] = ['UTC', 'Asia/Tokyo'].map((zone) => runProcess([...args, '--db', db], { shellBefore: `export TZ=${zone}` }));
  expect(tokyo).toEqual(utc);
  expect(utc.code).toBe(EXIT.findings);
});

test('diff since a time of which nothing was heard is no "no finding"', async () => {
  const { code, out, err } = await runLine(['diff', SPEC, '--since', '2030-01-01', '--db', db]);
  expect([code, out]).toEqual([EXIT.usage, '']);
  expect(err).toContain('holds nothing since 2030-01-01T00:00:00.000Z: what was seen last is of 2026-03-15T14:00:20');
  expect((await runLine(['diff', SPEC, '--since', '2026-03-15T14:00', '--db', db])).code).toBe(EXIT.findings);
});

test('verify since a time of which nothing was heard judges nothing, and says so; up to the next whole hour is such a time', async () => {
  for (const since of ['2030-01-01', '2026-03-15T14:00:01Z']) {
    const { code, out, err } = await runLine(['verify', SPEC, '--since', since, '--db', db]);
    expect([code, out]).toEqual([EXIT.usage, '']);
    expect(err).toMatch(/holds nothing since 20[\d:T-]+00\.000Z: what was seen last is of 2026-03-15T14:00:20/);
  }
  expect((await runLine(['verify', SPEC, '--since', '2026-03-15T13:30', '--db', db])).code).not.toBe(EXIT.usage);
});

test('a period that ends before it begins is a mistake, and not "nothing matches"', async () => {
  const { code, out, err } = await runLine(['flows', '--since', '2026-03-12', '--until', '2026-03-10', '--db', db]);
  expect([code, out]).toEqual([EXIT.usage, '']);
  expect(err).toContain('--until 2026-03-10 is not after --since 2026-03-12');
});
