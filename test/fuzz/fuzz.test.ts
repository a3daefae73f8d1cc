/** The same laws in every test run: every input that once broke one, and a few hundred cases of a fixed seed. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRandom } from '../../samples/gen/random.ts';
import { runLine } from '../commands/command-line.ts';
import { makeCase } from './cases.ts';
import { checkCase, MEMORY_FOLDER, writeCase } from './check.ts';
import { modbusDialogue, opcuaDialogue } from './dialogues.ts';
import { checkCapture } from './invariants.ts';
import { understood } from './operations.ts';
import { loadSeeds } from './seeds.ts';
import { plainFrames, segmentedFrames } from './segments.ts';

const CORPUS = join(import.meta.dirname, 'corpus');
const folder = mkdtempSync(join(MEMORY_FOLDER, 'baseline-fuzz-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inputs = readdirSync(CORPUS).filter((name) => name !== 'README.md').sort();

test.each(inputs)('every law holds for corpus/%s', async (name) => {
  const checked = await checkCapture(join(CORPUS, name), 'proposal');
  expect(checked.frames).toBeGreaterThanOrEqual(0);
});

test.each(inputs)('corpus/%s: every command ends with an answer or a clear line', async (name) => {
  const db = join(folder, `${name}.db`);
  const spec = join(folder, `${name}.yaml`);
  const lines = [['import', join(CORPUS, name)], ['status'], ['assets'], ['flows'], ['propose-zones', '--json'], ['propose-zones', '--out', spec], ['diff', spec]];
  for (const line of lines) {
    const ran = await runLine([...line, '--db', db]);
    expect([0, 1, 2, 3], `${line[0]}: ${ran.err}`).toContain(ran.code);
    expect(ran.err).not.toContain('please report');
  }
});

test('every law holds for cases of a fixed seed', async () => {
  const SEED = 20_261;
  const CASES = 300;
  const seeds = await loadSeeds(createRandom(SEED), 0);
  let captures = 0;
  for (let number = 0; number < CASES; number++) {
    const one = makeCase(SEED, number, seeds);
    const path = writeCase(one, folder);
    const checked = await checkCase(one, number, path);
    if (checked.isCapture) captures++;
  }
  expect(captures).toBeGreaterThan(CASES / 2);
});

/** What a talk means does not depend on how TCP cut it, nor on the order in which the sensor saw the pieces. */
test.each([
  ['modbus', modbusDialogue],
  ['opcua', opcuaDialogue],
])('%s: cut anywhere, reordered, doubled, overlapping: the same operations', (_name, make) => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = createRandom(seed);
    const dialogue = make(random);
    const expected = understood(plainFrames(dialogue));
    expect(expected).toContain(String(dialogue.port));
    const frames = segmentedFrames(random, dialogue, { reorder: true, reorderFirst: true, repeatHandshake: true });
    expect(understood(frames), `seed ${seed}`).toBe(expected);
  }
});
