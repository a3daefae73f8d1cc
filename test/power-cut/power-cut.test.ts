/** Power cuts at random moments of import, capture, migration and of writing a spec; and proof that the simulation can see a loss. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canRun, program } from '../tools/loud-skip.ts';
import { isSync } from './journal.ts';
import { compileShim, cuts, record, ROOM, SCENARIOS, type Recorded, type ScenarioName } from './power-cut.ts';

const CUTS = 10;

const runs = canRun('power cuts', [program('g++'), { what: 'Linux', isThere: process.platform === 'linux', remedy: 'preloading is its' }]);

describe.runIf(runs)('the power is cut', () => {
  let root: string;
  let shim: string;
  const recorded = new Map<ScenarioName, Recorded>();

  beforeAll(() => {
    root = mkdtempSync(join(ROOM, 'baseline-power-cut-'));
    shim = compileShim(root);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test.each(SCENARIOS)('%s: what is found opens, is sound, holds what was promised, and the same command goes on to the same end', async (name) => {
    recorded.set(name, await record(name, shim, root));
    expect(await cuts(recorded.get(name) as Recorded, CUTS, 1)).toBeNull();
  });

  test('a program that never syncs is found out', async () => {
    expect(recorded.size).toBe(SCENARIOS.length);
    for (const one of recorded.values()) {
      const unsynced = { ...one, records: one.records.filter((entry) => !isSync(entry)) };
      expect(await cuts(unsynced, 5, 1), one.name).not.toBeNull();
    }
  });
});
