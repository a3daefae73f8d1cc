/** The table of hostile words in a firewall's log: as sensor, rule, application, and as lines that cannot be read; into every output of status and diff. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { HOSTILE_WORDS, UNSAFE_OUTPUT } from '../render/hostile-words.ts';
import { runLine } from './command-line.ts';

const folder = testFolder();
const db = join(folder, 'plant.db');

const PLANT = join(SAMPLES, 'plant.yaml');

beforeAll(async () => {
  const lines = HOSTILE_WORDS.flatMap((word, i) => [
    JSON.stringify({
      timestamp: '2026-03-02T06:00:00.000000+0000', event_type: 'alert', host: word, src_ip: '10.20.2.10', src_port: 40_000, dest_ip: '10.20.4.17', dest_port: 1000 + i, proto: 'TCP',
      app_proto: word, alert: { action: 'allowed', signature: `OTZ ${word}` },
    }),
    `%ASA-4-106023: Deny ${word.replaceAll(/[\n\0]/g, ' ')}`,
  ]);
  writeFileSync(join(folder, 'eve.json'), `${lines.join('\n')}\n`);
  const { code, out } = await runLine(['import', join(folder, 'eve.json'), '--db', db, '--json']);
  expect(code).toBe(0);
  // JSON writes control characters as escapes: every record arrives.
  expect(JSON.parse(out)).toMatchObject({ log: { entries: HOSTILE_WORDS.length } });
});

test.each([
  ['status'], ['status', '--json'], ['status', '--format', 'md'], ['status', '--format', 'csv'],
  ['diff', PLANT], ['diff', PLANT, '--json'], ['diff', PLANT, '--format', 'md'], ['diff', PLANT, '--format', 'sarif'],
])('%s %s %s %s: no word acts', async (...args) => {
  const { out, err } = await runLine([...args, '--db', db]);
  expect(out.length).toBeGreaterThan(1000);
  // CSV ends its lines as RFC 4180 says.
  expect(out.replaceAll('\r\n', '\n')).not.toMatch(UNSAFE_OUTPUT);
  expect(err).not.toMatch(UNSAFE_OUTPUT);
});

test('nothing is lost where a program reads it back', async () => {
  const { out } = await runLine(['diff', PLANT, '--json', '--db', db]);
  const { logged } = JSON.parse(out) as { logged: { decisions: { rules: string[]; devices: string[] }[] } };
  const rules = new Set(logged.decisions.flatMap((decision) => decision.rules));
  expect(rules.size).toBe(new Set(HOSTILE_WORDS).size);
  expect(rules.has('OTZ \u001b[31mred')).toBe(true);
});
