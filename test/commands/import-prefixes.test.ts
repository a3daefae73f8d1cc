/**
 * A capture that is still being written, or was cut: every prefix of it imports without an exception, with counters that
 * add up, and with totals that never decrease as it grows. All octets of small files, a dense set of large ones.
 */
import { closeSync, existsSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BaselineError, EXIT } from '../../src/errors.ts';
import { beginImport, importCapture } from '../../src/store/import-capture.ts';
import { testFolder } from '../folder.ts';
import { createMemoryStore, storedTotals, type StoredTotals } from '../fuzz/memory-store.ts';
import { CAPTURES, SAMPLES } from '../places.ts';

const folder = testFolder();

/** Up to here every octet is a cut; beyond, this many, close together at the start and spread over the rest. */
const SMALL_OCTETS = 500;
const DENSE_CUTS = 400;
const FEW_CUTS = 40;
const LARGE_OCTETS = 100_000;

function cutsOf(octets: number): number[] {
  if (octets <= SMALL_OCTETS) return Array.from({ length: octets + 1 }, (_, i) => i);
  const cuts = octets > LARGE_OCTETS ? FEW_CUTS : DENSE_CUTS;
  const start = Array.from({ length: cuts / 2 }, (_, i) => i);
  // A stride that is no multiple of anything in the format.
  const rest = Array.from({ length: cuts / 2 }, (_, i) => Math.floor(((i + 1) * (octets - start.length)) / (cuts / 2)) + start.length);
  return [...start, ...rest.map((cut, i) => (i === rest.length - 1 ? octets : Math.max(start.length, cut - (i % 7))))].sort((a, b) => a - b);
}

const options = { force: false, signal: new AbortController().signal, progress: () => undefined };

/** Null: refused, because nothing tells yet that it is a capture. */
async function importPrefix(path: string): Promise<StoredTotals | null> {
  const store = createMemoryStore();
  try {
    const outcome = await importCapture(beginImport(store), path, options);
    const totals = storedTotals(store.db);
    expect(totals.captureFrames).toBe(outcome.packets);
    expect(totals.captureFrames).toBe(totals.hourPackets);
    expect(totals.captureBytes).toBe(totals.hourBytes);
    expect(totals.conversationPackets).toBe(totals.conversationHourPackets);
    expect(totals.operations).toBe(totals.operationHours);
    expect(['imported', 'damaged', 'rejected']).toContain(outcome.status);
    if (outcome.status !== 'imported') expect(outcome.reason).not.toBe('');
    return totals;
  } catch (error) {
    if (!(error instanceof BaselineError) || error.exitCode !== EXIT.usage) throw error;
    expect(storedTotals(store.db).captureFrames).toBe(0);
    return null;
  } finally {
    store.close();
  }
}

async function expectGrowing(path: string): Promise<void> {
  const octets = readFileSync(path);
  const growing = join(folder, 'growing');
  rmSync(growing, { force: true });
  const descriptor = openSync(growing, 'w');
  let before: StoredTotals | null = null;
  let written = 0;
  for (const cut of cutsOf(octets.length)) {
    writeSync(descriptor, octets, written, cut - written, written);
    written = cut;
    const totals = await importPrefix(growing);
    if (before !== null) {
      const where = `the first ${cut} octets`;
      expect(totals, `${where} are a capture, as fewer were`).not.toBeNull();
      for (const name of ['captureFrames', 'captureBytes', 'operations', 'conversationPackets', 'conversationBytes', 'addresses'] as const) {
        expect(totals?.[name], `${name} of ${where}`).toBeGreaterThanOrEqual(before[name]);
      }
    }
    before = totals;
  }
  closeSync(descriptor);
}

const samples = ['traps', 'plant'].flatMap((name) => readdirSync(join(SAMPLES, name)).sort().map((file) => join(SAMPLES, name, file))).filter((path) => !path.endsWith('.md'));

test.each(samples.map((path) => [path.slice(SAMPLES.length + 1), path]))('every prefix of samples/%s', async (_name, path) => {
  await expectGrowing(path);
});

/** Small captures of every category, by name: the first few of each. */
function sharedCaptures(): [string, string][] {
  if (!existsSync(CAPTURES)) {
    console.warn(`NOT COMPARED WITH REAL CAPTURES: ${CAPTURES} is not there. Set BASELINE_CAPTURES to the folder that holds them.`);
    return [];
  }
  const chosen: [string, string][] = [];
  for (const category of ['fileformat', 'ics', 'ip', 'linktypes', 'malformed', 'modbus', 'opcua']) {
    const names = existsSync(join(CAPTURES, category)) ? readdirSync(join(CAPTURES, category)).sort() : [];
    const small = names.filter((name) => {
      const stat = statSync(join(CAPTURES, category, name));
      return stat.isFile() && stat.size > 300 && stat.size < 8000;
    });
    const PER_CATEGORY = 3;
    const step = Math.max(1, Math.floor(small.length / PER_CATEGORY));
    for (let i = 0, taken = 0; i < small.length && taken < PER_CATEGORY; i += step, taken++) chosen.push([`${category}/${small[i]}`, join(CAPTURES, category, small[i] as string)]);
  }
  return chosen;
}

test('every prefix of twenty small shared captures', async () => {
  const chosen = sharedCaptures();
  for (const [, path] of chosen) await expectGrowing(path);
  if (existsSync(CAPTURES)) expect(chosen.length).toBeGreaterThanOrEqual(20);
});
