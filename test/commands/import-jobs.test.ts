/**
 * Several threads give the store of one, octet by octet: whatever is packed how, whichever file is damaged, refused, in
 * already or changed, and wherever a session crosses from file to file.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createRandom } from '../../samples/gen/random.ts';
import { createReadAhead } from '../../src/source/read-ahead.ts';
import { openPath, type Opened } from '../../src/source/open.ts';
import { testFolder } from '../folder.ts';
import { writePcap } from '../fuzz/capture-writer.ts';
import { modbusDialogue, opcuaDialogue } from '../fuzz/dialogues.ts';
import { segmentedFrames } from '../fuzz/segments.ts';
import { SAMPLES } from '../places.ts';
import { runLine, type Ran } from './command-line.ts';

const folder = testFolder();

let made = 0;
const fresh = (suffix: string): string => join(folder, `${++made}${suffix}`);

/** The same command with each number of jobs: what it says, and the octets of the store. */
async function expectSame(paths: readonly string[], more: readonly string[] = []): Promise<Ran> {
  const runs: Ran[] = [];
  const stores: Buffer[] = [];
  for (const jobs of ['1', '2', '4']) {
    const db = fresh('.db');
    runs.push(await runLine(['import', ...paths, '--db', db, '--jobs', jobs, ...more]));
    stores.push(readFileSync(db));
  }
  for (const run of runs) expect(run).toEqual(runs[0]);
  for (const store of stores) expect(store.equals(stores[0] as Buffer)).toBe(true);
  return runs[0] as Ran;
}

test('a ring folder of plain and compressed files', async () => {
  const ring = join(folder, 'ring');
  mkdirSync(ring);
  const plant = join(SAMPLES, 'plant');
  readdirSync(plant).filter((name) => name.includes('.pcapng')).sort().forEach((name, i) => {
    const octets = readFileSync(join(plant, name));
    const plain = name.endsWith('.gz') ? gunzipSync(octets) : octets;
    writeFileSync(join(ring, `span_${String(i).padStart(5, '0')}`), i % 3 === 2 ? plain : gzipSync(plain));
  });
  expect(await expectSame([ring])).toMatchObject({ code: 0 });
});

test('files that are refused, cut, damaged, twice there, or no file, among sound ones', async () => {
  const random = createRandom(5);
  const part = (seconds: number): Uint8Array => writePcap(random, Array.from({ length: 4 }, () => segmentedFrames(random, modbusDialogue(random), { reorder: true, reorderFirst: false, repeatHandshake: false })).flat().map((frame, i) => ({ ...frame, seconds: seconds + i, nanos: 0 })), 0);
  const write = (octets: Uint8Array): string => {
    const path = fresh('.gz');
    writeFileSync(path, octets);
    return path;
  };
  const packed = [0, 1, 2, 3].map((n) => new Uint8Array(gzipSync(part(1_770_000_000 + n * 1000))));
  const [first, cut, damaged, last] = packed as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const sound = write(first);
  const twin = fresh('.twin');
  copyFileSync(sound, twin);
  const broken = Uint8Array.from(damaged);
  broken[broken.length >> 1] ^= 0x5a;
  const text = write(new Uint8Array(gzipSync('not a capture at all')));
  const paths = [sound, write(cut.subarray(0, cut.length - 300)), text, twin, join(folder, 'absent.pcap'), write(broken), write(new Uint8Array(0)), write(last)];
  const ran = await expectSame(paths, ['--json']);
  const statuses = ran.out.trim().split('\n').map((line) => (JSON.parse(line) as { status: string }).status);
  expect(statuses).toEqual(['rejected', 'imported', 'damaged', 'rejected', 'already', 'damaged', 'rejected', 'imported']);
});

test.each([1, 2])('sessions that cross from file to file (talks %i)', async (seed) => {
  const random = createRandom(seed);
  const frames = Array.from({ length: 20 }, (_, n) => segmentedFrames(random, n % 2 === 0 ? modbusDialogue(random) : opcuaDialogue(random), { reorder: true, reorderFirst: false, repeatHandshake: false })).flat();
  const timed = frames.map((frame, i) => ({ ...frame, seconds: 1_770_000_000 + i, nanos: 0 }));
  const cuts = [0, ...Array.from({ length: 5 }, () => random.integer(1, timed.length - 1)), timed.length].sort((a, b) => a - b);
  const paths = cuts.slice(1).map((cut, i) => {
    const path = fresh('.pcap.gz');
    writeFileSync(path, gzipSync(writePcap(random, timed.slice(cuts[i], cut), 0)));
    return path;
  });
  const ran = await expectSame(paths);
  expect(ran.code).toBe(0);
  // Files that share a checkpoint are one capture in parts.
  const whole = fresh('.pcap');
  writeFileSync(whole, writePcap(random, timed, 0));
  const flows = async (inputs: readonly string[]): Promise<string> => {
    const db = fresh('.db');
    await runLine(['import', ...inputs, '--db', db, '--quiet']);
    return (await runLine(['flows', '--db', db, '--json', '--limit', '0'])).out;
  };
  expect(await flows(paths)).toBe(await flows([whole]));
});

/** Every batch, and how the reader judged the file. */
async function readOut(opened: Opened, isShared: boolean): Promise<unknown> {
  if (opened.kind !== 'capture') throw new Error('a log');
  const { source } = opened;
  const batches: unknown[] = [];
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    const { bytes, view, linkType, count, offset, captured, wire, seconds, nanos } = batch;
    expect([view.byteLength, view.byteOffset, view.buffer]).toEqual([bytes.byteLength, bytes.byteOffset, bytes.buffer]);
    // Otherwise no thread was to be had, and this would compare a reader with itself.
    expect(bytes.buffer instanceof SharedArrayBuffer).toBe(isShared);
    const frames = Array.from({ length: count }, (_, i) => [
      Buffer.from(bytes.slice(offset[i], (offset[i] as number) + (captured[i] as number))).toString('hex'), wire[i], seconds[i], nanos[i],
    ]);
    batches.push({ linkType, frames, counts: { ...source.counts } });
  }
  const { format, interfaces } = source;
  const end = source.end();
  await source.close();
  return { batches, format, interfaces: [...interfaces], end };
}

test('a source that is read ahead is the source itself, batch by batch; large records, skipped frames and a changed file included', async () => {
  const random = createRandom(9);
  const frames = Array.from({ length: 3000 }, (_, i) => ({ linkType: 1, bytes: random.bytes(i % 500 === 7 ? 200_000 : random.integer(60, 1500)), wire: 300_000, seconds: 1_770_000_000 + i, nanos: i }));
  const path = fresh('.gz');
  writeFileSync(path, gzipSync(writePcap(random, frames, 0), { level: 1 }));
  const ahead = createReadAhead(2);
  try {
    for (const skipFrames of [0, 1234]) {
      expect(await readOut(await ahead.open(path, skipFrames), true)).toEqual(await readOut(await openPath(path, { skipFrames }), false));
    }
    ahead.expect([path], () => true);
    writeFileSync(path, gzipSync(writePcap(random, frames.slice(0, 100), 0)));
    expect(await readOut(await ahead.open(path, 0), true)).toEqual(await readOut(await openPath(path), false));
    // Left in the midst: the next one is whole again.
    writeFileSync(path, gzipSync(writePcap(random, frames, 0)));
    const { source: left } = await ahead.open(path, 0);
    await left.next();
    await left.close();
    expect(await readOut(await ahead.open(path, 0), true)).toEqual(await readOut(await openPath(path), false));
  } finally {
    await ahead.close();
  }
});

test.each(['0', '-1', '1.5', 'two', '65'])('--jobs %s is refused in one line', async (jobs) => {
  const ran = await runLine(['import', join(SAMPLES, 'plant'), '--db', fresh('.db'), `--jobs=${jobs}`]);
  expect(ran.code).toBe(2);
  expect(ran.err).toMatch(/--jobs/);
});
