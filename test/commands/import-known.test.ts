/**
 * A capture is known by what it holds: whatever its name, packed or unpacked since, grown, cut, half written, replaced or gone while it
 * was read. Every packet counts once: each case is compared with the import of the whole in one go.
 */
import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openForWriting } from '../../src/store/database.ts';
import { beginImport, endImport, importCapture, settleImport, type ImportOutcome } from '../../src/store/import-capture.ts';
import { testFolder } from '../folder.ts';
import { storedTotals } from '../fuzz/memory-store.ts';
import { EXIT } from '../../src/errors.ts';
import { SAMPLES } from '../places.ts';
import { runLine } from './command-line.ts';

const DAY = readFileSync(join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng'));
const trap = (name: string): Uint8Array => readFileSync(join(SAMPLES, `traps/${name}.pcap`));
const EMPTY = trap('empty');

const folder = testFolder();

let made = 0;
const write = (octets: Uint8Array, name = `${++made}.pcapng`): string => {
  const path = join(folder, name);
  writeFileSync(path, octets);
  return path;
};
const pack = (octets: Uint8Array, level = 6): Uint8Array => new Uint8Array(gzipSync(octets, { level }));
const packed = (octets: Uint8Array, level = 6): string => write(pack(octets, level), `${++made}.pcapng.gz`);
const freshStore = (): string => join(folder, `${++made}.db`);

/** What was counted, apart from which file it came from. */
function countedIn(db: string): unknown {
  const store = openForWriting(db);
  try {
    const { captureFrames, conversationPackets, operations, conversations } = storedTotals(store.db);
    const hours = store.db.prepare('SELECT sum(packets) FROM sensor_hour').pluck().get();
    const reader = store.db.prepare("SELECT name, sum(count) AS count FROM capture_counter WHERE name LIKE 'reader.%' GROUP BY name ORDER BY name").all();
    return { captureFrames, conversationPackets, operations, conversations, hours, reader };
  } finally {
    store.close();
  }
}

async function truth(...wholes: readonly Uint8Array[]): Promise<unknown> {
  const db = freshStore();
  await runLine(['import', ...wholes.map((octets) => write(octets)), '--db', db]);
  return countedIn(db);
}

interface Plan {
  readonly readers: number;
  /** Does something to the world when progress is told for the n-th time, which may stop the import. */
  readonly at?: number;
  readonly act?: (stop: () => void) => void;
}

/** In this process, with small blocks, so that there is progress to be told. */
async function importInPieces(db: string, paths: readonly string[], { readers, at, act }: Plan): Promise<ImportOutcome[]> {
  const store = openForWriting(db);
  const session = beginImport(store, { readers, checkpointFrames: 500 });
  const stopping = new AbortController();
  const outcomes: ImportOutcome[] = [];
  let told = 0;
  try {
    for (const [i, path] of paths.entries()) {
      const progress = (): void => void (++told === at && act?.(() => stopping.abort()));
      outcomes.push(await importCapture(session, path, { force: false, upcoming: paths.slice(i + 1), signal: stopping.signal, progress }));
    }
    await settleImport(session);
  } finally {
    await endImport(session);
    store.close();
  }
  return outcomes;
}

describe.each([1, 2])('with %i jobs', (jobs) => {
  const statuses = async (db: string, ...paths: readonly string[]): Promise<string[]> => {
    const ran = await runLine(['import', ...paths, '--db', db, '--json', '--jobs', `${jobs}`]);
    return ran.out.trimEnd().split('\n').map((line) => (JSON.parse(line) as { status: string }).status);
  };
  const pieces = (db: string, paths: readonly string[], plan: Omit<Plan, 'readers'> = {}): Promise<ImportOutcome[]> => importInPieces(db, paths, { readers: jobs - 1, ...plan });
  const part = DAY.subarray(0, Math.floor(DAY.length * 0.6));

  test.each([
    ['packed', () => [write(DAY), packed(DAY)]],
    ['unpacked', () => [packed(DAY), write(DAY)]],
    ['packed otherwise', () => [packed(DAY), packed(DAY, 1)]],
  ])('is in already when it comes again %s, alone or in one go', async (_, make) => {
    const [first, second] = make() as [string, string];
    const whole = await truth(DAY);
    const alone = freshStore();
    expect(await statuses(alone, first)).toEqual(['imported']);
    // The second time it is known by its octets, without a look at what it holds.
    for (let i = 0; i < 2; i++) expect(await statuses(alone, second)).toEqual(['already']);
    expect(countedIn(alone)).toEqual(whole);
    const together = freshStore();
    expect(await statuses(together, first, second)).toEqual(['imported', 'already']);
    expect(countedIn(together)).toEqual(whole);
  });

  test.each([
    ['plain, then packed', () => [write(part), packed(DAY)]],
    ['packed, then plain', () => [packed(part), write(DAY)]],
    ['packed, then packed', () => [packed(part), packed(DAY)]],
  ])('goes on where it has grown meanwhile: %s', async (_, make) => {
    const [before, after] = make() as [string, string];
    const db = freshStore();
    await statuses(db, before);
    expect(await statuses(db, after)).toEqual(['continued']);
    expect(countedIn(db)).toEqual(await truth(DAY));
    expect(await statuses(db, after, write(DAY), packed(DAY, 1))).toEqual(['already', 'already', 'already']);
  });

  test('several files that begin as an empty one did', async () => {
    const [one, two] = [trap('vlan'), trap('qinq')];
    for (const form of [write, packed]) {
      const db = freshStore();
      const paths = [form(one), form(two)];
      expect(await statuses(db, write(EMPTY))).toEqual(['imported']);
      expect(await statuses(db, ...paths)).toEqual(['imported', 'imported']);
      expect(await statuses(db, ...paths)).toEqual(['already', 'already']);
      expect(countedIn(db)).toEqual(await truth(one, two));
    }
  });

  test('two copies of a capture that has grown, in one run', async () => {
    const db = freshStore();
    await statuses(db, write(part));
    expect(await statuses(db, write(DAY), packed(DAY))).toEqual(['continued', 'already']);
    expect(countedIn(db)).toEqual(await truth(DAY));
  });

  test('a whole match outranks the beginning of another one', async () => {
    const db = freshStore();
    const small = trap('vlan');
    await statuses(db, packed(small), write(EMPTY));
    expect(await statuses(db, write(small))).toEqual(['already']);
    const cut = freshStore();
    const octets = pack(small);
    await statuses(cut, write(small), write(octets.subarray(0, 10), `${++made}.gz`));
    expect(await statuses(cut, write(octets, `${++made}.gz`))).toEqual(['already']);
    expect(countedIn(cut)).toEqual(await truth(small));
  });

  test('a copy that is being packed is a part of what is there', async () => {
    const db = freshStore();
    const octets = pack(DAY);
    const plain = write(DAY);
    const copy = write(octets.subarray(0, octets.length >> 1), `${++made}.pcapng.gz`);
    expect(await statuses(db, plain, copy)).toEqual(['imported', 'already']);
    writeFileSync(copy, octets);
    rmSync(plain);
    expect(await statuses(db, copy)).toEqual(['already']);
    expect(countedIn(db)).toEqual(await truth(DAY));
  });

  test('stopped in a packed file, and unpacked or packed otherwise before it goes on', async () => {
    const whole = await truth(DAY);
    for (const next of [write(DAY), packed(DAY, 1)]) {
      const db = freshStore();
      const first = packed(DAY);
      expect(await pieces(db, [first], { at: 3, act: (stop) => stop() })).toMatchObject([{ status: 'interrupted' }]);
      expect(await pieces(db, [next])).toMatchObject([{ status: 'continued' }]);
      expect(await pieces(db, [first, next])).toMatchObject([{ status: 'already' }, { status: 'already' }]);
      expect(countedIn(db)).toEqual(whole);
    }
    const db = freshStore();
    const [plain, copy] = [write(DAY), packed(DAY)];
    for (const path of [plain, copy, plain, copy]) expect(await pieces(db, [path], { at: 2, act: (stop) => stop() })).toMatchObject([{ status: 'interrupted' }]);
    await pieces(db, [plain]);
    expect(countedIn(db)).toEqual(whole);
  });

  test('packed with a fault behind it', async () => {
    const db = freshStore();
    const octets = Buffer.concat([pack(DAY), Buffer.from('and something else')]);
    expect(await statuses(db, write(octets, `${++made}.pcapng.gz`))).toEqual(['damaged']);
    expect(await statuses(db, write(DAY))).toEqual(['already']);
    expect(countedIn(db)).toEqual(await truth(DAY));
  });

  test('another file under the name of a capture proves nothing', async () => {
    const db = freshStore();
    const path = write(part);
    await statuses(db, path);
    // The same beginning, then something else, and shorter.
    const other = trap('vlan').subarray(24);
    const begin = part.subarray(0, Math.floor(part.length / 2));
    writeFileSync(path, Buffer.concat([begin, other]));
    expect(await statuses(db, path)).not.toContain('already');
  });

  test('a small file that grows again and again', async () => {
    const db = freshStore();
    const path = join(folder, `${++made}.pcap`);
    const whole = trap('exceptions');
    const sizes = [400, 1500, whole.length];
    for (const size of sizes) {
      writeFileSync(path, whole.subarray(0, size));
      await statuses(db, path);
    }
    writeFileSync(path, Buffer.concat([whole, trap('vlan').subarray(24)]));
    expect(await statuses(db, path, path)).toEqual(['continued', 'already']);
    const { captureFrames } = countedIn(db) as { captureFrames: number };
    const control = freshStore();
    await statuses(control, write(readFileSync(path)));
    expect(captureFrames).toBe((countedIn(control) as { captureFrames: number }).captureFrames);
  });

  test('a packed copy of a capture that has grown and was stopped since', async () => {
    const db = freshStore();
    const [path, copy] = [write(part), packed(part)];
    await statuses(db, path, copy);
    writeFileSync(path, DAY);
    expect(await pieces(db, [path], { at: 8, act: (stop) => stop() })).toMatchObject([{ status: 'interrupted' }]);
    expect(await statuses(db, copy)).toEqual(['already']);
    const shorter = write(DAY.subarray(0, Math.floor(DAY.length * 0.61)));
    expect(await statuses(db, shorter)).toEqual(['rejected']);
    expect(await statuses(db, path, copy)).toEqual(['continued', 'already']);
    expect(countedIn(db)).toEqual(await truth(DAY));
  });

  test('a part of what was broken off among packed files that are read ahead', async () => {
    const db = freshStore();
    const path = write(DAY);
    expect(await pieces(db, [path], { at: 8, act: (stop) => stop() })).toMatchObject([{ status: 'interrupted' }]);
    // More of them than a reader has batches.
    const parts = Array.from({ length: 7 }, (_, i) => packed(DAY.subarray(0, 20_000 + i)));
    expect(await statuses(db, ...parts, packed(trap('vlan')), packed(DAY))).toEqual([...parts.map(() => 'rejected'), 'imported', 'continued']);
    expect(countedIn(db)).toEqual(await truth(trap('vlan'), DAY));
  });

  test('a part of a capture that is all there and of one that was broken off', async () => {
    const db = freshStore();
    const other = Uint8Array.from(DAY);
    other[25_000] ^= 1;
    await statuses(db, write(DAY.subarray(0, 30_000)));
    expect(await pieces(db, [write(other)], { at: 40, act: (stop) => stop() })).toMatchObject([{ status: 'interrupted' }]);
    expect(await statuses(db, packed(DAY.subarray(0, 20_000)))).toEqual(['already']);
  });

  test('a copy and its grown form, in one folder, again and again', async () => {
    const db = freshStore();
    const [noon, evening] = [write(part), write(DAY)];
    expect((await statuses(db, noon, evening))[1]).toBe('continued');
    for (let i = 0; i < 2; i++) expect(await statuses(db, noon, evening)).toEqual(['already', 'already']);
    expect(countedIn(db)).toEqual(await truth(DAY));
  });

  test('a packed file that has grown, among others that were read ahead', async () => {
    const db = freshStore();
    const path = packed(part);
    await statuses(db, path);
    writeFileSync(path, pack(DAY));
    const others = ['vlan', 'qinq', 'exceptions', 'split'].map((name) => packed(trap(name)));
    expect(await statuses(db, ...others.slice(0, 2), path, ...others.slice(2))).toEqual(['imported', 'imported', 'continued', 'imported', 'imported']);
  });

  test('a link to itself among others', async () => {
    const db = freshStore();
    const loop = join(folder, `${++made}.pcap`);
    symlinkSync(loop, loop);
    expect(await statuses(db, write(trap('vlan')), loop, write(trap('exceptions')))).toEqual(expect.arrayContaining(['imported', 'rejected', 'imported']));
    expect(countedIn(db)).toEqual(await truth(trap('vlan'), trap('exceptions')));
  });

  test('a packed capture of a store from before its content was asked for', async () => {
    const db = freshStore();
    const copy = packed(DAY);
    await statuses(db, copy);
    const store = new Database(db);
    store.exec("UPDATE capture SET content_head = '', content_digest = '', content_size = 0");
    store.close();
    expect(await statuses(db, copy)).toEqual(['already']);
    expect(await statuses(db, write(DAY))).toEqual(['already']);
  });

  test.each(['plain', 'packed'])('gone while it was read, or replaced by another file (%s)', async (kind) => {
    const form = kind === 'plain' ? (octets: Uint8Array) => octets : (octets: Uint8Array) => pack(octets);
    const around = [trap('vlan'), trap('qinq')] as const;
    const control = freshStore();
    await pieces(control, [write(around[0]), write(DAY), write(around[1])]);
    const whole = countedIn(control);
    for (const fate of ['gone', 'replaced'] as const) {
      const db = freshStore();
      const ring = join(folder, `${++made}`);
      mkdirSync(ring);
      const path = join(ring, 'day');
      writeFileSync(path, form(DAY));
      const other = join(ring, 'other');
      writeFileSync(other, form(part));
      const act = (): void => (fate === 'gone' ? rmSync(path) : renameSync(other, path));
      const outcomes = await pieces(db, [write(around[0]), path, write(around[1])], { at: 3, act });
      expect(outcomes.map(({ status }) => status)).toEqual(['imported', 'imported', 'imported']);
      expect(countedIn(db)).toEqual(whole);
      const store = new Database(db, { readonly: true });
      const digest = store.prepare('SELECT digest FROM capture WHERE name = ?').pluck().get(path);
      store.close();
      expect(digest).toBe(createHash('sha256').update(form(DAY)).digest('hex'));
      expect(await statuses(db, write(DAY))).toEqual(['already']);
    }
  });
});

describe('two imports into one store at once: what both bring counts once, and who came later is told', () => {
  const NO_TIME = new AbortController().signal;
  /** Read, and not yet in the store: another file is said to follow. */
  const begin = (db: string, readers: number, checkpointFrames = 1 << 24) => {
    const store = openForWriting(db);
    const session = beginImport(store, { readers, checkpointFrames });
    return {
      read: (path: string, upcoming: readonly string[]) => importCapture(session, path, { force: false, upcoming, signal: NO_TIME, progress: () => {} }),
      settle: () => settleImport(session),
      async end() {
        await endImport(session);
        store.close();
      },
    };
  };
  const told = expect.objectContaining({ exitCode: EXIT.store, message: expect.stringContaining('by another import meanwhile') as string });

  test.each([
    ['the same file', DAY, DAY],
    ['the same, longer there', DAY.subarray(0, 200_000), DAY],
    ['the same, packed there', DAY, pack(DAY)],
    ['packed here', pack(DAY), DAY],
  ])('%s', async (_, own, others) => {
    const db = freshStore();
    const first = begin(db, 0);
    await first.read(write(own), ['more']);
    expect((await runLine(['import', write(others), '--db', db])).code).toBe(EXIT.ok);
    await expect(first.settle()).rejects.toEqual(told);
    await first.end();
    expect(countedIn(db)).toEqual(await truth(DAY));
  });

  test('a capture that was broken off is read on by both', async () => {
    const db = freshStore();
    const path = write(DAY);
    const stopping = await importInPieces(db, [path], { readers: 0, at: 2, act: (stop) => stop() });
    expect(stopping[0].status).toBe('interrupted');
    const first = begin(db, 0);
    await first.read(path, ['more']);
    expect((await runLine(['import', path, '--db', db])).code).toBe(EXIT.ok);
    await expect(first.settle()).rejects.toEqual(told);
    await first.end();
    expect(countedIn(db)).toEqual(await truth(DAY));
  });

  test('other files do not stand in the way', async () => {
    const db = freshStore();
    const first = begin(db, 0);
    await first.read(write(DAY), ['more']);
    expect((await runLine(['import', write(trap('vlan')), '--db', db])).code).toBe(EXIT.ok);
    await first.settle();
    await first.end();
    expect(countedIn(db)).toEqual(await truth(DAY, trap('vlan')));
  });

  test.each([1, 2])('step by step, with %i jobs: whoever is first goes on, and the other leaves', async (jobs) => {
    const db = freshStore();
    const path = write(DAY);
    const both = [begin(db, jobs - 1, 500), begin(db, jobs - 1, 500)];
    const ends = await Promise.allSettled(both.map((one) => one.read(path, []).then(() => one.settle())));
    for (const one of both) await one.end();
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toEqual(told);
    await runLine(['import', path, '--db', db]);
    expect(countedIn(db)).toEqual(await truth(DAY));
  });

  test("a firewall's log", async () => {
    const db = freshStore();
    const log = join(SAMPLES, 'firewall/asa-dmz.log');
    const both = [begin(db, 0), begin(db, 0)];
    const ends = await Promise.allSettled(both.map((one) => one.read(log, [])));
    for (const one of both) await one.end();
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toEqual(told);
    const countsIn = (path: string): unknown => {
      const store = new Database(path, { readonly: true });
      const counts = store.prepare('SELECT count(*), sum(lines), (SELECT sum(count) FROM attempt_hour) FROM firewall_log').raw().get();
      store.close();
      return counts;
    };
    const alone = freshStore();
    expect((await runLine(['import', log, '--db', alone])).code).toBe(EXIT.ok);
    expect(countsIn(db)).toEqual(countsIn(alone));
  });
});
