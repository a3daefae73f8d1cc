/**
 * An import that breaks off anywhere and is run again: the store equals, row by row, the one of an import that never broke
 * off. In this process, with checkpoints far closer together than in use, so that small files have many of them.
 * Beside it what else must never count twice: the same content, a file that has grown, a compressed twin, ring files.
 */
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createRandom } from '../../samples/gen/random.ts';
import { openForWriting } from '../../src/store/database.ts';
import { beginImport, endImport, importCapture, settleImport, type ImportOutcome } from '../../src/store/import-capture.ts';
import { testFolder } from '../folder.ts';
import { writePcap } from '../fuzz/capture-writer.ts';
import { modbusDialogue, opcuaDialogue } from '../fuzz/dialogues.ts';
import type { Frame } from '../fuzz/frames.ts';
import { storedTotals, type StoredTotals } from '../fuzz/memory-store.ts';
import { plainFrames, segmentedFrames } from '../fuzz/segments.ts';
import { dumpStore } from '../flow/dump-store.ts';
import { SAMPLES } from '../places.ts';
import { runLine } from './command-line.ts';

const folder = testFolder();

let made = 0;
const fresh = (suffix: string): string => join(folder, `${++made}${suffix}`);

const DAY = readFileSync(join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng'));
const CHECKPOINT_FRAMES = 150;

interface Plan {
  readonly checkpointFrames?: number;
  /** Threads that read ahead. */
  readonly readers?: number;
  readonly force?: boolean;
  /** Breaks off, without a word to the store, when progress is told for the n-th time. */
  readonly breakAt?: number;
  readonly signal?: AbortSignal;
}

class BrokenOff extends Error {}

/** As a process that ends there would leave the store: nothing is tidied up but the connection. */
async function importOnce(db: string, paths: readonly string[], plan: Plan = {}): Promise<ImportOutcome[]> {
  const store = openForWriting(db);
  const { readers = 0, checkpointFrames } = plan;
  const session = beginImport(store, { readers, afresh: plan.force === true, ...(checkpointFrames === undefined ? {} : { checkpointFrames }) });
  const outcomes: ImportOutcome[] = [];
  let told = 0;
  try {
    for (const [i, path] of paths.entries()) {
      outcomes.push(
        await importCapture(session, path, {
          force: plan.force === true,
          upcoming: paths.slice(i + 1),
          signal: plan.signal ?? new AbortController().signal,
          progress: () => {
            if (++told === plan.breakAt) throw new BrokenOff();
          },
        }),
      );
    }
    await settleImport(session);
  } catch (error) {
    if (!(error instanceof BrokenOff)) throw error;
  } finally {
    await endImport(session);
    store.db.close();
  }
  return outcomes;
}

function totalsOf(db: string): StoredTotals {
  const store = openForWriting(db);
  try {
    return storedTotals(store.db);
  } finally {
    store.close();
  }
}

/** Talks of both protocols in disorder, one after the other: streams are open, and messages unfinished, at every checkpoint. */
function disorderlyTalks(seed: number): Frame[] {
  const random = createRandom(seed);
  const frames: Frame[] = [];
  for (let n = 0; n < 30; n++) {
    const dialogue = n % 2 === 0 ? modbusDialogue(random) : opcuaDialogue(random);
    frames.push(...segmentedFrames(random, dialogue, { reorder: true, reorderFirst: false, repeatHandshake: false }));
  }
  return frames.map((frame, i) => ({ ...frame, seconds: 1_770_000_000 + i * 3, nanos: 0 }));
}

test.each<[string, number, () => Uint8Array]>([
  ['a day of the sample plant', 0, () => DAY],
  ['the same, compressed', 0, () => new Uint8Array(gzipSync(DAY))],
  ['the same, read ahead by another thread', 1, () => new Uint8Array(gzipSync(DAY))],
  ['talks in disorder', 0, () => writePcap(createRandom(3), disorderlyTalks(3), 0)],
])('%s, broken off at random and resumed, gives the same rows', async (_name, readers, octets) => {
  const path = fresh('.capture');
  writeFileSync(path, octets());
  const control = fresh('.db');
  let moments = 0;
  const store = openForWriting(control);
  await importCapture(beginImport(store, { checkpointFrames: CHECKPOINT_FRAMES }), path, { force: false, signal: new AbortController().signal, progress: () => void moments++ });
  store.db.close();
  await expectSameWhenBrokenOff(control, [path], moments, readers);
});

/** Broken off twice at random, then to the end, again and again: always the rows of the control. */
async function expectSameWhenBrokenOff(control: string, paths: readonly string[], moments: number, readers: number): Promise<void> {
  // Threads take a while to start.
  const rounds = readers === 0 ? 12 : 3;
  const expected = dumpStore(control);
  expect(moments).toBeGreaterThan(8);
  const random = createRandom(17);
  for (let n = 0; n < rounds; n++) {
    const db = fresh('.db');
    for (const share of [random.fraction() * 0.7, random.fraction()]) {
      await importOnce(db, paths, { checkpointFrames: CHECKPOINT_FRAMES, readers, breakAt: 1 + Math.floor(share * moments) });
    }
    await importOnce(db, paths, { checkpointFrames: CHECKPOINT_FRAMES, readers });
    expect(dumpStore(db), `broken off for the ${n + 1}. time`).toBe(expected);
    rmSync(db, { force: true });
  }
}

test.each([0, 2])('a ring of files that share checkpoints, broken off at random and resumed, gives the same rows (%i readers)', async (readers) => {
  const paths = ringFiles().map((octets, i) => {
    const path = fresh('.capture');
    writeFileSync(path, i % 2 === 0 ? octets : new Uint8Array(gzipSync(octets)));
    return path;
  });
  const control = fresh('.db');
  let moments = 0;
  const store = openForWriting(control);
  const session = beginImport(store, { checkpointFrames: CHECKPOINT_FRAMES });
  for (const [i, path] of paths.entries()) {
    await importCapture(session, path, { force: false, upcoming: paths.slice(i + 1), signal: new AbortController().signal, progress: () => void moments++ });
  }
  store.db.close();
  await expectSameWhenBrokenOff(control, paths, moments, readers);
});

const COUNTED = ['captureFrames', 'captureBytes', 'hourPackets', 'conversationPackets', 'conversationBytes', 'operations', 'operationErrors', 'conversations'] as const;
const counted = (totals: StoredTotals): Partial<StoredTotals> => Object.fromEntries(COUNTED.map((name) => [name, totals[name]]));

test('stopped by a person again and again, every packet and operation is counted once', async () => {
  const path = fresh('.pcapng');
  writeFileSync(path, DAY);
  const control = fresh('.db');
  const [whole] = await importOnce(control, [path], { checkpointFrames: 1 << 20 });
  expect(whole).toMatchObject({ status: 'imported' });
  const db = fresh('.db');
  let packets = 0;
  for (let i = 0; i < 60; i++) {
    const stopped = new AbortController();
    stopped.abort();
    const [outcome] = await importOnce(db, [path], { checkpointFrames: 1 << 20, signal: i < 50 ? stopped.signal : new AbortController().signal });
    packets += outcome?.packets ?? 0;
    if (i < 5) expect(outcome).toMatchObject({ status: 'interrupted', reason: 'stopped by the user' });
    if (outcome?.status === 'already') break;
  }
  expect(packets).toBe(whole?.packets);
  expect(counted(totalsOf(db))).toEqual(counted(totalsOf(control)));
});

test('the same content again, under another name or in another order, is already in', async () => {
  const path = fresh('.pcapng');
  const twin = fresh('.bin');
  writeFileSync(path, DAY);
  copyFileSync(path, twin);
  const db = fresh('.db');
  await importOnce(db, [path]);
  const rows = dumpStore(db);
  const [again, other] = await importOnce(db, [path, twin]);
  expect(again).toMatchObject({ status: 'already', packets: 0, bytes: 0 });
  expect(other).toMatchObject({ status: 'already', packets: 0 });
  expect(other?.reason).toContain(path);
  expect(dumpStore(db)).toBe(rows);
  const ran = await runLine(['import', twin, '--db', db]);
  expect(ran.code).toBe(0);
  expect(ran.err).toMatch(/already imported \(the same content is in the store as .*\); nothing was counted twice/);
});

test('--force counts twice, as it says', async () => {
  const path = fresh('.pcapng');
  writeFileSync(path, DAY);
  const db = fresh('.db');
  await importOnce(db, [path]);
  const once = totalsOf(db);
  expect(await importOnce(db, [path], { force: true })).toMatchObject([{ status: 'imported' }]);
  const twice = totalsOf(db);
  expect(twice.captureFrames).toBe(once.captureFrames * 2);
  expect(twice.conversationPackets).toBe(once.conversationPackets * 2);
  expect(twice.operations).toBe(once.operations * 2);
  expect(twice.conversations).toBe(once.conversations);
});

test('a file that grows between imports is continued, whatever the moment it was read at', async () => {
  const control = fresh('.db');
  const path = fresh('.pcapng');
  writeFileSync(path, DAY);
  await importOnce(control, [path]);
  const random = createRandom(5);
  const db = fresh('.db');
  const growing = fresh('.growing');
  let packets = 0;
  const cuts = [...Array.from({ length: 6 }, () => random.integer(2000, DAY.length - 1)), DAY.length].sort((a, b) => a - b);
  writeFileSync(growing, '');
  let have = 0;
  for (const cut of cuts) {
    appendFileSync(growing, DAY.subarray(have, cut));
    have = cut;
    const [outcome] = await importOnce(db, [growing]);
    expect(['imported', 'continued', 'damaged']).toContain(outcome?.status);
    packets += outcome?.packets ?? 0;
  }
  const whole = totalsOf(control);
  expect(packets).toBe(whole.captureFrames);
  expect(counted(totalsOf(db))).toEqual(counted(whole));
  expect(await importOnce(db, [growing])).toMatchObject([{ status: 'already' }]);
});

test('a compressed twin holds the same', async () => {
  const plain = fresh('.pcapng');
  const packed = fresh('.pcapng.gz');
  writeFileSync(plain, DAY);
  writeFileSync(packed, gzipSync(DAY));
  const [a, b] = [fresh('.db'), fresh('.db')];
  await importOnce(a, [plain]);
  await importOnce(b, [packed]);
  expect(totalsOf(b)).toEqual(totalsOf(a));
});

/** The ring files of the sample plant, unpacked. */
function ringFiles(): Uint8Array[] {
  const plant = join(SAMPLES, 'plant');
  return readdirSync(plant).filter((name) => name.includes('.pcapng')).sort().map((name) => {
    const octets = readFileSync(join(plant, name));
    return name.endsWith('.gz') ? gunzipSync(octets) : octets;
  });
}

test('a folder of ring files equals the one file that they make together', async () => {
  const ring = join(folder, 'ring');
  mkdirSync(ring);
  const files = ringFiles();
  files.forEach((octets, i) => writeFileSync(join(ring, `span_${String(i + 1).padStart(5, '0')}.pcapng`), octets));
  const joined = fresh('.pcapng');
  writeFileSync(joined, Buffer.concat(files));
  const [a, b] = [fresh('.db'), fresh('.db')];
  expect((await runLine(['import', ring, '--db', a, '--quiet'])).code).toBe(0);
  expect((await runLine(['import', joined, '--db', b, '--quiet'])).code).toBe(0);
  expect(counted(totalsOf(a))).toEqual(counted(totalsOf(b)));
});

test.each([1, 2, 3])('a session that goes on from file to file counts every operation once (talks %i)', async (seed) => {
  const frames = disorderlyTalks(seed);
  const one = fresh('.pcap');
  writeFileSync(one, writePcap(createRandom(seed), frames, 0));
  const whole = fresh('.db');
  await importOnce(whole, [one]);
  const random = createRandom(seed + 100);
  // Cut between messages of well-ordered talks: a segment that waits for an earlier one is given up at a file's end.
  const ordered = [modbusDialogue(random), opcuaDialogue(random)].map((dialogue) => plainFrames(dialogue));
  for (const talk of ordered) {
    const parts: string[] = [];
    const cuts = [0, ...new Set(Array.from({ length: 3 }, () => random.integer(1, talk.length - 1))), talk.length].sort((a, b) => a - b);
    for (let i = 1; i < cuts.length; i++) {
      parts.push(fresh('.pcap'));
      writeFileSync(parts.at(-1) as string, writePcap(random, talk.slice(cuts[i - 1], cuts[i]), 0));
    }
    const [single, several] = [fresh('.db'), fresh('.db')];
    const together = fresh('.pcap');
    writeFileSync(together, writePcap(random, talk, 0));
    await importOnce(single, [together]);
    // Some of them in a run of their own, as a sensor's ring is imported every hour.
    await importOnce(several, parts.slice(0, 1));
    await importOnce(several, parts);
    expect(counted(totalsOf(several))).toEqual(counted(totalsOf(single)));
  }
  expect(totalsOf(whole).captureFrames).toBe(frames.length);
});
