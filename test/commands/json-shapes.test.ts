/** What `diff` and `simulate` write as JSON is what docs/json says, with and without firewall logs, and on every target. */
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { SIMULATED_TARGETS } from '../../src/export/simulated-target.ts';
import { DIFF_SHAPE, SIMULATE_SHAPE } from '../../src/render/json-shapes.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { runLine } from './command-line.ts';

const SPEC = join(SAMPLES, 'plant.yaml');
const folder = testFolder();
let db: string;

beforeAll(async () => {
  db = join(folder, 'plant.db');
  expect((await runLine(['import', join(SAMPLES, 'plant'), '--db', db, '--quiet'])).code).toBe(0);
});

const jsonOf = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await runLine([...args, '--json', '--db', db])).out);

test.each(SIMULATED_TARGETS.map(({ target }) => target))('simulate --target %s', async (target) => {
  const { blocked, letThrough } = SIMULATE_SHAPE.parse(await jsonOf('simulate', SPEC, '--target', target));
  expect(blocked.length + letThrough.length).toBeGreaterThan(0);
});

test('diff, before and after a firewall log was read', async () => {
  const before = DIFF_SHAPE.parse(await jsonOf('diff', SPEC));
  expect(before.findings.length).toBeGreaterThan(5);
  expect(before.logged).toBeNull();
  expect((await runLine(['import', join(SAMPLES, 'firewall'), '--db', db, '--quiet'])).code).toBe(0);
  expect(DIFF_SHAPE.parse(await jsonOf('diff', SPEC)).logged?.rules.length).toBeGreaterThan(0);
});
