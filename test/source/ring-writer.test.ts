/** The raw packets beside the store: what was captured is in the files, the folder stays bounded, a full disk is survived. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { createFrameBatch } from '../../src/source/frame-batch.ts';
import { createStatsMeter, type CaptureTotals } from '../../src/source/pcap-stats.ts';
import { openRing, type RingOptions, type RingWriter } from '../../src/source/ring-writer.ts';
import { ENDS, firstOutput } from '../hang.ts';
import { readPath } from './capture-bytes.ts';

const RING_WRITER = new URL('../../src/source/ring-writer.ts', import.meta.url).href;

interface Frame {
  readonly seconds: number;
  readonly nanos: number;
  readonly data: Uint8Array;
  readonly wire?: number;
}

let folder = '';
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'baseline-ring-'));
});
const writers: RingWriter[] = [];
afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

const NONE = createStatsMeter().totals();

function batchOf(frames: readonly Frame[], interfaceIndex = 0, totals: CaptureTotals = NONE) {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frame.data.length, 0));
  const batch = { ...createFrameBatch(), interfaceIndex, totals, bytes, view: new DataView(bytes.buffer), count: frames.length, linkType: 1 };
  let at = 0;
  frames.forEach((frame, i) => {
    bytes.set(frame.data, at);
    batch.offset[i] = at;
    batch.captured[i] = frame.data.length;
    batch.wire[i] = frame.wire ?? frame.data.length;
    batch.seconds[i] = frame.seconds;
    batch.nanos[i] = frame.nanos;
    at += frame.data.length;
  });
  return batch;
}

const makeFrames = (count: number, from = 0, length = 100): Frame[] =>
  Array.from({ length: count }, (_, i) => ({ seconds: 1_700_000_000 + from + i, nanos: (from + i) % 1e9, data: new Uint8Array(length).fill((from + i) & 255), wire: 1500 }));

const FACES = [{ name: 'span0', linkType: 1, snapLength: 65_535 }];
const names = (): string[] => fs.readdirSync(folder).sort();
async function ring(change: Partial<RingOptions> = {}): Promise<RingWriter> {
  const writer = await openRing({ folder, fileBytes: 1e6, files: 10, ...change });
  writers.push(writer);
  return writer;
}

async function readAll() {
  const files = [];
  for (const name of names()) files.push(await readPath(join(folder, name)));
  return files;
}

const secondsOf = (files: Awaited<ReturnType<typeof readAll>>): number[] => files.flatMap((file) => file.frames.map((frame) => frame.seconds));

describe('ring files', () => {
  test('hold what was captured: times to the nanosecond, lengths, octets, link types of each interface', async () => {
    const frame = fc.record({
      seconds: fc.integer({ min: 0, max: 0xffff_ffff }),
      nanos: fc.integer({ min: 0, max: 999_999_999 }),
      data: fc.uint8Array({ maxLength: 300 }),
      wire: fc.integer({ min: 0, max: 70_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 50 }), async (given) => {
        const frames = given.map((one) => ({ ...one, wire: Math.max(one.wire, one.data.length) }));
        const writer = await ring();
        await writer.write(batchOf(frames), FACES);
        await writer.close();
        const [file] = await readAll();
        expect(file.end).toEqual({ kind: 'complete' });
        expect(file.frames.map(({ seconds, nanos, data, wire }) => ({ seconds, nanos, data: new Uint8Array(data), wire }))).toEqual(frames);
        for (const name of names()) fs.rmSync(join(folder, name));
      }),
      { numRuns: 60 },
    );
  });

  test('several interfaces, one that comes later, and what each lost', async () => {
    const writer = await ring();
    const totals = { ...NONE, received: 30, processed: 20, kernelDropped: 10, interfaceDropped: 3 };
    await writer.write(batchOf(makeFrames(2), 0, totals), FACES);
    const faces = [...FACES, { name: 'tun0', linkType: 101, snapLength: 96 }];
    await writer.write(batchOf(makeFrames(1, 2), 1, { ...NONE, kernelDropped: 4 }), faces);
    await writer.close();
    const [file] = await readAll();
    expect(file.frames.map((frame) => frame.linkType)).toEqual([1, 1, 101]);
    expect(file.interfaces).toMatchObject([
      { name: 'span0', linkType: 1, snapLength: 65_535, frames: 2 },
      { name: 'tun0', linkType: 101, snapLength: 96, frames: 1 },
    ]);
    expect(file.counts.droppedByCapture).toBe(17);
  });

  test('each file tells its own losses, so that all of them add up', async () => {
    const writer = await ring({ fileBytes: 1000 });
    for (let i = 1; i <= 20; i++) await writer.write(batchOf(makeFrames(3, i * 3), 0, { ...NONE, kernelDropped: i * 5 }), FACES);
    await writer.close();
    const files = await readAll();
    expect(files.length).toBeGreaterThan(5);
    expect(files.reduce((sum, file) => sum + file.counts.droppedByCapture, 0)).toBe(100);
  });

  test('are named as dumpcap names them, private, never longer than asked, and only the newest are kept', async () => {
    const writer = await ring({ fileBytes: 5000, files: 3, prefix: 'plant' });
    for (let i = 0; i < 20; i++) await writer.write(batchOf(makeFrames(10, i * 10)), FACES);
    expect(writer.state()).toMatchObject({ files: 3, framesKept: 200, framesNotKept: 0, failure: undefined });
    await writer.close();
    const found = names();
    expect(found).toHaveLength(3);
    for (const name of found) {
      expect(name).toMatch(/^plant_\d{5}_\d{14}\.pcapng$/);
      const stat = fs.statSync(join(folder, name));
      expect(stat.size).toBeLessThanOrEqual(5000 + 200);
      expect(stat.mode & 0o777).toBe(0o600);
    }
    const files = await readAll();
    expect(files.map((file) => file.end.kind)).toEqual(['complete', 'complete', 'complete']);
    const seconds = secondsOf(files);
    expect(seconds).toEqual(Array.from({ length: seconds.length }, (_, i) => 1_700_000_199 - seconds.length + 1 + i));
  });

  test('a frame longer than a file still gets a file', async () => {
    const writer = await ring({ fileBytes: 500 });
    await writer.write(batchOf(makeFrames(3, 0, 2_000_000)), FACES);
    await writer.close();
    const files = await readAll();
    expect(files.map((file) => file.frames.length)).toEqual([1, 1, 1]);
  });

  test('after a restart the numbers go on and the folder stays bounded; what is not ours is left alone', async () => {
    fs.writeFileSync(join(folder, 'baseline_notes.txt'), 'mine');
    fs.writeFileSync(join(folder, 'other_00001_20260101000000.pcapng'), 'mine too');
    for (let run = 0; run < 4; run++) {
      const writer = await ring({ fileBytes: 2000, files: 4 });
      await writer.write(batchOf(makeFrames(30, run * 30)), FACES);
      await writer.close();
    }
    const own = names().filter((name) => /^baseline_\d/.test(name));
    expect(own).toHaveLength(4);
    const numbers = own.map((name) => Number(name.split('_')[1]));
    expect(numbers).toEqual([numbers[0], numbers[0] + 1, numbers[0] + 2, numbers[0] + 3]);
    expect(numbers[0]).toBeGreaterThan(4);
    expect(names()).toContain('baseline_notes.txt');
    expect(fs.readFileSync(join(folder, 'other_00001_20260101000000.pcapng'), 'utf8')).toBe('mine too');
  });

  test('what another program wrote under the next name is not written over', async () => {
    const frames = makeFrames(1);
    const first = await ring();
    await first.write(batchOf(frames), FACES);
    await first.close();
    const [name] = names();
    const writer = await ring();
    const next = name.replace('_00001_', '_00002_');
    fs.symlinkSync(join(folder, 'elsewhere'), join(folder, next));
    await writer.write(batchOf(frames), FACES);
    expect(writer.state()).toMatchObject({ framesNotKept: 1, failure: expect.stringMatching(/: another program writes files of the same names there: a ring needs a folder of its own$/) });
    expect(fs.existsSync(join(folder, 'elsewhere'))).toBe(false);
    await writer.close();
  });

  test('a disk that is too small for all of it is told, the files that are there already counted in', async () => {
    const roomy = await ring();
    expect(roomy.state().missing).toBe(0);
    await roomy.close();
    const { bavail, bsize } = fs.statfsSync(folder);
    const twice = await ring({ fileBytes: bavail * bsize, files: 2 });
    expect(twice.state().missing / (bavail * bsize)).toBeCloseTo(1, 1);
  });

  test('a folder in which another writer still writes is refused, and is free again once that one has ended, killed or not', async () => {
    const refusal = { exitCode: EXIT.store, message: `another capture keeps its packets in the ring folder ${JSON.stringify(folder)}` };
    const first = await ring();
    await first.write(batchOf(makeFrames(3)), FACES);
    await first.endFile();
    const before = names();
    await expect(ring({ files: 1 })).rejects.toMatchObject(refusal);
    expect(names()).toEqual(before);
    await first.close();

    const script = `import { openRing } from ${JSON.stringify(RING_WRITER)}; const writer = await openRing({ folder: ${JSON.stringify(folder)}, fileBytes: 1e6, files: 10 }); process.stdout.write('open'); setInterval(() => writer.state(), 1000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { ...ENDS, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await firstOutput(child);
    await expect(ring()).rejects.toMatchObject(refusal);
    child.kill('SIGKILL');
    await ended;
    await (await ring()).write(batchOf(makeFrames(1)), FACES);
    expect(names()).toHaveLength(before.length + 1);
  });

  test('Wireshark reads them', async () => {
    if (spawnSync('capinfos', ['--version']).status !== 0) {
      console.warn('SKIPPED: ring files read by Wireshark (capinfos is missing: Debian package wireshark-common)');
      expect(process.env['BASELINE_CI']).not.toBe('1');
      return;
    }
    const writer = await ring();
    await writer.write(batchOf(makeFrames(7)), FACES);
    await writer.close();
    const told = spawnSync('capinfos', ['-TrcEI', join(folder, names()[0])], { encoding: 'utf8' });
    expect(told.status).toBe(0);
    expect(told.stdout).toMatch(/ether\s+7\b/);
  });

  test('a folder that cannot be written is one clear line', async () => {
    const file = join(folder, 'file');
    fs.writeFileSync(file, '');
    await expect(openRing({ folder: join(file, 'under'), fileBytes: 1000, files: 2 })).rejects.toMatchObject({ exitCode: EXIT.store, message: expect.stringContaining('cannot be written: ENOTDIR') });
    // Nothing can be made in /proc; Node's own recursion tries for ever there.
    if (fs.existsSync('/proc/self')) await expect(openRing({ folder: '/proc/ring/a', fileBytes: 1000, files: 2 })).rejects.toMatchObject({ exitCode: EXIT.store, message: expect.stringContaining('"/proc/ring/a" cannot be written') });
  });
});

describe('a full disk', () => {
  /** A disk of so many octets; writes are cut short at its end, as the kernel does. */
  function smallDisk(octets: number) {
    const disk = { free: octets };
    const openFile = (async (...args: Parameters<typeof open>) => {
      const handle = await open(...args);
      const write = handle.write.bind(handle) as unknown as (bytes: Uint8Array, offset: number, length: number, at: number) => ReturnType<FileHandle['write']>;
      Object.assign(handle, {
        write: (bytes: Uint8Array, offset: number, length: number, at: number) => {
          const most = Math.min(length, disk.free);
          if (most <= 0) return Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
          disk.free -= most;
          return write(bytes, offset, most, at);
        },
      });
      return handle;
    }) as typeof open;
    return { disk, openFile };
  }

  test('is survived: what was whole stays whole, the rest is counted, and it goes on when there is room', async () => {
    let now = 0;
    const { disk, openFile } = smallDisk(3000);
    const writer = await ring({ openFile, nowMs: () => now, retryMs: 1000 });
    for (let i = 0; i < 4; i++) await writer.write(batchOf(makeFrames(10, i * 10)), FACES);
    const full = writer.state();
    expect(full).toMatchObject({ framesKept: 20, framesNotKept: 20, currentFile: undefined });
    expect(full.failure).toContain('ENOSPC');

    now = 1500;
    await writer.write(batchOf(makeFrames(10, 40)), FACES);
    expect(writer.state()).toMatchObject({ framesKept: 20, framesNotKept: 30 });
    expect(names()).toHaveLength(1);

    disk.free = 1e6;
    await writer.write(batchOf(makeFrames(10, 50)), FACES);
    expect(writer.state()).toMatchObject({ framesKept: 20, framesNotKept: 40 });
    now = 4000;
    await writer.write(batchOf(makeFrames(10, 60)), FACES);
    expect(writer.state()).toMatchObject({ framesKept: 30, framesNotKept: 40, failure: undefined });
    await writer.close();
    const files = await readAll();
    expect(files.map((file) => file.end.kind)).toEqual(['complete', 'complete']);
    expect(secondsOf(files).map((second) => second - 1_700_000_000)).toEqual([...Array.from({ length: 20 }, (_, i) => i), ...Array.from({ length: 10 }, (_, i) => 60 + i)]);
  });

  test('at any octet: kept and not kept are all there were, and every file is whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 6000 }), fc.integer({ min: 400, max: 3000 }), async (octets, fileBytes) => {
        for (const name of names()) fs.rmSync(join(folder, name));
        let now = 0;
        const { openFile } = smallDisk(octets);
        const writer = await ring({ files: 100, openFile, nowMs: () => (now += 10), retryMs: 50, fileBytes });
        for (let i = 0; i < 8; i++) await writer.write(batchOf(makeFrames(5, i * 5)), FACES);
        await writer.close();
        const { framesKept, framesNotKept } = writer.state();
        expect(framesKept + framesNotKept).toBe(40);
        const files = await readAll();
        expect(files.every((file) => file.end.kind === 'complete')).toBe(true);
        expect(files.reduce((sum, file) => sum + file.frames.length, 0)).toBe(framesKept);
      }),
      { numRuns: 80 },
    );
  });
});
