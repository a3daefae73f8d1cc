/**
 * A live capture is an import that flushes every few seconds: cut into many flushes, the store equals the import of the
 * same file; what the store refuses is counted on and written later; a run that was killed is told by the next one.
 */
import Database from 'better-sqlite3';
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFrameBatch, type FrameBatch, type FrameSource } from '../../src/source/frame-batch.ts';
import { openCapture } from '../../src/source/open.ts';
import { openForReading, openForWriting, type Store } from '../../src/store/database.ts';
import type { Interval } from '../../src/store/interval.ts';
import type { IntervalWriter } from '../../src/store/interval-writer.ts';
import { beginLive, createLiveWriter, type LiveRun, type RunFigures } from '../../src/store/live-run.ts';
import { recordLive } from '../../src/store/record-live.ts';
import { readStatus } from '../../src/store/read-status.ts';
import { besideOf, imported, inPieces, liveCounters, newStore, observed, PLANT, play } from './live-stage.ts';
import { SAMPLES } from '../places.ts';

const WRITERS: [writer: string, isBeside: boolean][] = [['this thread', false], ['another thread', true]];

/** So many frames, each made of a template, a microsecond apart. */
function generated(template: readonly number[], frames: number, most: number, change: (view: DataView, at: number, frame: number) => void): FrameSource {
  const bytes = new Uint8Array(most * template.length);
  const batch: FrameBatch = { ...createFrameBatch(), bytes, view: new DataView(bytes.buffer), linkType: 1 };
  const counts = { frames: 0, position: 0, fileBytesRead: 0, shortened: 0, withoutTime: 0, timeBackwards: 0, unknownBlocks: new Map<number, number>(), droppedByCapture: 0 };
  return {
    format: 'live',
    counts,
    interfaces: [],
    next: async () => {
      batch.count = Math.min(most, frames - counts.frames);
      if (batch.count === 0) return null;
      for (let i = 0; i < batch.count; i++, counts.frames++) {
        const at = i * template.length;
        bytes.set(template, at);
        change(batch.view, at, counts.frames);
        batch.offset[i] = at;
        batch.captured[i] = template.length;
        batch.wire[i] = template.length;
        batch.seconds[i] = 1_800_000_000;
        batch.nanos[i] = counts.frames * 1000;
      }
      return batch;
    },
    end: () => ({ kind: 'complete' }),
    close: () => Promise.resolve(),
  };
}

const DATAGRAM = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 0, 192, 0, 2, 1, 0x30, 0x39, 0x30, 0x3a, 0, 12, 0, 0, 1, 2, 3, 4];
/** UDP datagrams, each from another address. */
const flood = (frames: number): FrameSource => generated(DATAGRAM, frames, 8192, (view, at, frame) => view.setUint32(at + 26, 0x0a000000 + frame));

/** Modbus/TCP in the midst of a session: register 7 is read. */
const QUESTION = [
  2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 52, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 192, 0, 2, 1,
  0, 0, 1, 0xf6, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0x20, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 6, 1, 3, 0, 7, 0, 1,
];
/** Each in a session of its own, whose end is never seen. */
const unended = (sessions: number): FrameSource =>
  generated(QUESTION, sessions, 512, (view, at, session) => {
    view.setUint16(at + 18, session & 0xffff);
    view.setUint16(at + 28, 1 + Math.floor(session / 32_768));
    view.setUint16(at + 34, 1024 + (session & 0x7fff));
  });

const fail = (code: string): never => {
  throw Object.assign(new Error('the disk says no'), { code });
};

describe('a capture cut into many flushes', () => {
  const traps = ['pipelined', 'split', 'retransmission', 'lost-segment', 'out-of-order', 'span-duplicates', 'opcua-none.pcapng', 'exceptions', 'vlan', 'reset'];

  test.each(traps)('%s: a flush after every frame, and the store is that of the import', async (name) => {
    const file = join(SAMPLES, 'traps', name.includes('.') ? name : `${name}.pcap`);
    const expected = await imported(file);
    const store = newStore();
    await play(store, file, { pieces: 1 });
    expect(observed(store)).toEqual(observed(expected));
    store.close();
    expected.close();
  });

  test.each(WRITERS)('days of a plant, written by %s: packets, octets, operations, ranges, rhythm are those of the import', async (_writer, isBeside) => {
    const expected = await imported(PLANT);
    const store = newStore();
    let checkpoints = 0;
    await play(store, PLANT, { pieces: 200, ...(isBeside ? besideOf(store) : {}), before: (n) => void (checkpoints = n) });
    expect(checkpoints).toBeGreaterThan(5);
    expect(observed(store)).toEqual(observed(expected));
    store.close();
    expected.close();
  });

  test('a duplicate from the mirror port counts as that, not as a retransmission, and no operation twice', async () => {
    const store = newStore();
    await play(store, join(SAMPLES, 'traps/span-duplicates.pcap'), { pieces: 3 });
    const [duplicates] = store.db.prepare('SELECT sum(duplicates) FROM sensor_hour').raw().get() as [number];
    expect(duplicates).toBe(13);
    expect(store.db.prepare('SELECT sum(requests) FROM operation').raw().get()).toEqual([5]);
    expect(store.db.prepare("SELECT count FROM capture_counter WHERE name = 'tcp.retransmitted'").raw().get()).toBeUndefined();
    store.close();
  });
});

describe('the capture record', () => {
  test('runs while it runs, holds the totals of pcap_stats, is complete in the end; status reads it meanwhile', async () => {
    const store = newStore();
    const states: string[] = [];
    await play(store, PLANT, {
      pieces: 2000,
      before: () => {
        const reader = new Database(store.path, { readonly: true });
        states.push(readStatus(reader).captures.map((capture) => `${capture.kind} ${capture.name} ${capture.state}`).join());
        reader.close();
      },
    });
    expect(new Set(states)).toEqual(new Set(['live span0 running']));
    const status = readStatus(store.db);
    expect(status.captures).toMatchObject([{ kind: 'live', state: 'complete', reason: '', format: 'pcapng' }]);
    expect(status.live).toEqual({ received: 1000, processed: 988, kernelDropped: 12, interfaceDropped: 3, uncleanEnds: 0 });
    store.close();
  });

  test('a run that was left is an unclean end for the next one; what it had written stays', async () => {
    const store = newStore();
    const source = inPieces(await openCapture(PLANT), 1000);
    const killed = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 0 });
    let kept = 0;
    for (let i = 0; i < 5; i++) {
      const batch = (await source.next()) as FrameBatch;
      kept += batch.count;
      killed.take(batch);
    }
    expect(await killed.checkpoint('running', '')).toBe(true);
    killed.take((await source.next()) as FrameBatch);
    await source.close();
    const { run } = await play(store, join(SAMPLES, 'traps/pipelined.pcap'));
    expect(run.unfinished).toBe(1);
    const status = readStatus(store.db);
    expect(status.captures.map((capture) => [capture.state, capture.packets])).toEqual([['interrupted', kept], ['complete', 5]]);
    expect(status.live.uncleanEnds).toBe(1);
    expect(status.totals.packets).toBe(kept + 5);
    store.close();
  });

  test('a stream that stops inside a record says so; a source that fails keeps what it gave, and fails', async () => {
    const store = newStore();
    expect((await play(store, join(SAMPLES, 'traps/truncated.pcap'), { kind: 'stream' })).outcome).toEqual({ state: 'truncated', reason: 'the input ends inside a record' });
    const source = inPieces(await openCapture(PLANT), 100);
    let left = 3;
    const failing: FrameSource = { ...source, next: () => (left-- > 0 ? source.next() : Promise.reject(new Error('the interface is gone'))) };
    const run = beginLive(store, failing, { kind: 'live', name: 'span0', checkpointMs: 1e9 });
    await expect(recordLive(run, failing, { signal: new AbortController().signal, durationMs: Infinity, tell: () => undefined })).rejects.toThrow('the interface is gone');
    await source.close();
    expect(readStatus(store.db).captures.at(-1)).toMatchObject({ state: 'interrupted', reason: 'the interface is gone', packets: 300 });
    store.close();
  });

  test('it ends by the signal and by the duration, also where nothing ever comes', async () => {
    const silent = (): FrameSource => ({
      format: 'pcap',
      counts: { frames: 0, position: 0, fileBytesRead: 0, shortened: 0, withoutTime: 0, timeBackwards: 0, unknownBlocks: new Map(), droppedByCapture: 0 },
      interfaces: [],
      next: () => new Promise(() => undefined),
      end: () => ({ kind: 'truncated', offset: 0, lost: 0, reason: 'reading was broken off' }),
      close: () => Promise.resolve(),
    });
    const store = newStore();
    const ends = async (signal: AbortSignal, durationMs: number): Promise<unknown> => {
      const source = silent();
      return recordLive(beginLive(store, source, { kind: 'stream', name: '-', checkpointMs: 0 }), source, { signal, durationMs, tell: () => undefined });
    };
    const controller = new AbortController();
    const bySignal = ends(controller.signal, Infinity);
    controller.abort();
    expect(await bySignal).toEqual({ state: 'complete', reason: '' });
    expect(await ends(new AbortController().signal, 30)).toEqual({ state: 'complete', reason: '' });
    expect(readStatus(store.db).captures.map((capture) => capture.state)).toEqual(['complete', 'complete']);
    store.close();
  });
});

describe('a store that refuses', () => {
  /** Writes fail while `isFull`: the counter table is written last but one in the transaction, so it is rolled back as a whole. */
  const refuseWrites = (store: Store, isFull: () => boolean): void => {
    store.db.function('disk_says_no', () => (isFull() ? fail('SQLITE_FULL') : 0));
    store.db.exec('CREATE TEMP TRIGGER no_space BEFORE INSERT ON main.sensor_hour BEGIN SELECT disk_says_no(); END');
  };

  test('disk full: counting goes on, it is said, and when there is space again nothing is missing', async () => {
    const expected = await imported(PLANT);
    const store = newStore();
    let isFull = false;
    refuseWrites(store, () => isFull);
    const { told } = await play(store, PLANT, { pieces: 500, before: (n) => (isFull = n >= 3 && n <= 12) });
    const refusals = told.map((figures) => figures.refusal);
    expect(refusals.some((words) => words.includes('disk is full'))).toBe(true);
    expect(refusals.at(-1)).toBe('');
    expect(liveCounters(store)).toEqual({ 'live.store-refused': 10 });
    const [live, whole] = [observed(store), observed(expected)];
    expect(live).toEqual(whole);
    store.close();
    expected.close();
  });

  test('a flood that fills the tables while the store refuses: every packet is in a conversation, in a scan, or counted as not analysed', async () => {
    const store = newStore();
    let isFull = true;
    refuseWrites(store, () => isFull);
    const sent = 600_000;
    const source = flood(sent);
    const run = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 60_000 });
    await recordLive(run, source, {
      signal: new AbortController().signal,
      durationMs: Infinity,
      keep: async () => void (isFull = run.figures().notAnalysed < 20_000 && source.counts.frames < sent),
      tell: () => undefined,
    });
    const sum = (sql: string): number => store.db.prepare(sql).pluck().get() as number;
    const analysed = sum('SELECT sum(packets_to_server + packets_to_client) FROM conversation') + sum('SELECT sum(packets) FROM scan');
    const { notAnalysed } = run.figures();
    expect(notAnalysed).toBeGreaterThan(0);
    expect(analysed + notAnalysed).toBe(sent);
    expect(sum('SELECT frames FROM capture')).toBe(analysed);
    expect(liveCounters(store)['live.frames-not-analysed']).toBe(notAnalysed);
    expect(sum('SELECT count(*) FROM conversation')).toBeLessThanOrEqual(65_536 + 3 * 4096);
    store.close();
  });

  test('more sessions than are kept, whose ends are not seen, within an hour: what is forgotten makes room, and each batch is no checkpoint', async () => {
    const store = newStore();
    const sent = 72_000;
    const source = unended(sent);
    const run = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 3_600_000 });
    let checkpoints = 0;
    const watched: LiveRun = {
      ...run,
      checkpoint: (state, reason) => {
        checkpoints++;
        return run.checkpoint(state, reason);
      },
    };
    await recordLive(watched, source, { signal: new AbortController().signal, durationMs: Infinity, tell: () => undefined });
    expect(checkpoints).toBe(2);
    expect(run.figures()).toMatchObject({ packets: sent, notStored: 0 });
    const sum = (sql: string): number => store.db.prepare(sql).pluck().get() as number;
    expect(sum('SELECT sum(packets_to_server) FROM conversation')).toBe(sent);
    expect(sum('SELECT sum(requests) FROM operation')).toBe(sent);
    store.close();
  });

  test('full to the end: the last line is the reason, and the store is as it was at its last checkpoint', async () => {
    const store = newStore();
    let isFull = false;
    refuseWrites(store, () => isFull);
    const told: RunFigures[] = [];
    await expect(play(store, PLANT, { pieces: 1000, told, before: (n) => (isFull = n > 3) })).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining('disk is full') });
    expect(readStatus(store.db).totals.packets).toBe(3000);
    expect(told.at(-1)).toMatchObject({ packets: 5914, notStored: 2914 });
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok');
    store.close();
  });

  test('locked by another process: tried again, nothing lost', async () => {
    const store = newStore();
    const other = new Database(store.path, { timeout: 0 });
    const { told } = await play(store, join(SAMPLES, 'traps/split.pcap'), {
      pieces: 2,
      before: (n) => {
        if (n === 2) other.exec('BEGIN IMMEDIATE');
        if (n === 3) other.exec('ROLLBACK');
      },
    });
    other.close();
    expect(told.map((figures) => figures.refusal).filter((words) => words.includes('locked'))).toHaveLength(1);
    const expected = await imported(join(SAMPLES, 'traps/split.pcap'));
    expect(observed(store)).toEqual(observed(expected));
    store.close();
    expected.close();
  });

  test('another thread writes, and another process holds the store: frames are taken meanwhile, and nothing is lost', async () => {
    const store = newStore();
    const other = new Database(store.path, { timeout: 0 });
    const source = inPieces(await openCapture(PLANT), 20);
    const run = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 0, ...besideOf(store) });
    other.exec('BEGIN IMMEDIATE');
    let takenMeanwhile = 0;
    await recordLive(run, source, {
      signal: new AbortController().signal,
      durationMs: Infinity,
      keep: async (batch) => {
        if (!other.inTransaction) return;
        takenMeanwhile += batch.count;
        expect(readStatus(store.db).totals.packets).toBe(0);
        if (takenMeanwhile >= 1000) other.exec('ROLLBACK');
      },
      tell: () => undefined,
    });
    other.close();
    expect(takenMeanwhile).toBe(1000);
    expect(liveCounters(store)).toEqual({});
    const expected = await imported(PLANT);
    expect(observed(store)).toEqual(observed(expected));
    store.close();
    expected.close();
  });

  test('what another thread could not write is written first, and by this one at the end', async () => {
    const store = newStore();
    const other = new Database(store.path, { timeout: 0 });
    const file = join(SAMPLES, 'traps/split.pcap');
    const source = inPieces(await openCapture(file), 2);
    const run = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 1e9, ...besideOf(store) });
    let taken = 0;
    const takeNext = async (): Promise<void> => {
      const batch = (await source.next()) as FrameBatch;
      taken += batch.count;
      run.take(batch);
    };
    await takeNext();
    other.exec('BEGIN IMMEDIATE');
    const [refused] = [run.checkpoint('running', ''), await takeNext()];
    expect(await refused).toBe(false);
    expect(run.refusal()).toMatchObject({ exitCode: 4, message: expect.stringContaining('locked') });
    expect(await run.checkpoint('complete', '')).toBe(false);
    other.exec('ROLLBACK');
    expect(await run.checkpoint('complete', '')).toBe(true);
    await run.close();
    await source.close();
    other.close();
    const { captures, totals } = readStatus(store.db);
    expect(captures).toMatchObject([{ state: 'complete', packets: taken }]);
    expect(totals.packets).toBe(taken);
    expect(liveCounters(store)).toEqual({ 'live.store-refused': 2 });
    store.close();
  });

  const MOVED = 'was moved, removed or replaced';
  const moveAway = (path: string): void => renameSync(path, `${path}.away`);
  const replaceByCopy = (path: string): void => {
    moveAway(path);
    copyFileSync(`${path}.away`, path);
  };

  test.each([
    ['moved away, written by this thread', moveAway, false],
    ['moved away, written by another thread', moveAway, true],
    ['replaced by a copy', replaceByCopy, false],
  ])('%s: it is said at the next checkpoint, and when the same file is back nothing is missing', async (_how, take, isBeside) => {
    const store = newStore();
    let written: unknown[] = [];
    const { told } = await play(store, PLANT, {
      pieces: isBeside ? 20 : 500,
      ...(isBeside ? besideOf(store) : {}),
      before: (n) => {
        if (n === 3) {
          written = observed(store)['captures'];
          take(store.path);
        }
        if (n === 6) expect(observed(store)['captures']).toEqual(written);
        if (n === 12) renameSync(`${store.path}.away`, store.path);
      },
    });
    const refusals = told.map((figures) => figures.refusal);
    expect(refusals.some((words) => words.includes(MOVED) && words.includes('move the same file back'))).toBe(true);
    expect(refusals.at(-1)).toBe('');
    expect(liveCounters(store)).toEqual({ 'live.store-refused': 9 });
    const expected = await imported(PLANT);
    expect(observed(store)).toEqual(observed(expected));
    store.close();
    expected.close();
  });

  test('removed and never back: the last line says so, and nothing is made in its place', async () => {
    const store = newStore();
    await expect(play(store, PLANT, { pieces: 1000, before: (n) => void (n === 3 && rmSync(store.path)) })).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining(MOVED) });
    expect(readStatus(store.db).totals.packets).toBe(2000);
    store.close();
    expect(existsSync(store.path)).toBe(false);
  });

  test('moved while not one packet comes: the next checkpoint says so as well', async () => {
    const store = newStore();
    const source = await openCapture(PLANT);
    const run = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 0 });
    expect(await run.checkpoint('running', '')).toBe(true);
    renameSync(store.path, `${store.path}.away`);
    expect(await run.checkpoint('running', '')).toBe(false);
    expect(run.refusal()).toMatchObject({ message: expect.stringContaining(MOVED) });
    await source.close();
    store.close();
  });

  test('a store that took the place of the moved one keeps its own log when the capture ends', async () => {
    const store = newStore();
    const source = await openCapture(PLANT);
    const run = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 0 });
    expect(await run.checkpoint('running', '')).toBe(true);
    for (const suffix of ['', '-wal', '-shm']) renameSync(store.path + suffix, `${store.path}.away${suffix}`);
    const other = openForWriting(store.path);
    other.db.exec("INSERT INTO store_meta VALUES ('of-the-other', '1')");
    await source.close();
    store.close();
    expect(existsSync(`${store.path}-wal`)).toBe(true);
    other.close();
  });

  test.each([
    ['before it wrote', false],
    ['once it had written, before it could say so', true],
  ])('the thread that writes is lost %s: it is said, this one goes on, and nothing is missing or counted twice', async (_when, isWritten) => {
    const store = newStore();
    const gone = Object.assign(new Error('the thread that writes the store ended'), { code: 'WRITER_GONE' });
    let written = 0;
    const writer = createLiveWriter(store.path, false);
    const lose = async (interval: Interval): Promise<never> => {
      if (isWritten) await writer.write(interval);
      await writer.close();
      throw gone;
    };
    const lost: IntervalWriter = { write: (interval) => (++written < 3 ? writer.write(interval) : lose(interval)), close: () => Promise.resolve() };
    const { told } = await play(store, PLANT, { pieces: 200, beside: () => lost });
    expect(told.map(({ refusal }) => refusal).filter((words) => words !== '')).toEqual([gone.message]);
    expect(written).toBe(3);
    const expected = await imported(PLANT);
    expect(observed(store)).toEqual(observed(expected));
    store.close();
    expected.close();
  });

  test('what time does not mend ends the capture, also where another thread met it', async () => {
    const store = newStore();
    store.db.exec("CREATE TRIGGER never BEFORE INSERT ON sensor_hour BEGIN SELECT RAISE(ABORT, 'never'); END");
    await expect(play(store, PLANT, { pieces: 100, ...besideOf(store) })).rejects.toMatchObject({ message: expect.stringContaining('never') });
    store.close();
  });

  test.each(['-wal', '-shm'])('%s beside the store is removed: the capture ends and says so, and all that came is in the store', async (beside) => {
    const store = newStore();
    const source = inPieces(await openCapture(PLANT), 200);
    const run = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 0 });
    let batches = 0;
    const keep = async (): Promise<void> => void (++batches === 5 && rmSync(store.path + beside));
    await expect(recordLive(run, source, { signal: new AbortController().signal, durationMs: Infinity, tell: () => undefined, keep })).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining('(-wal or -shm) was removed') });
    store.close();
    const reader = openForReading(store.path);
    expect(readStatus(reader.db)).toMatchObject({ captures: [{ state: 'interrupted' }], totals: { packets: run.figures().packets } });
    expect(run.figures()).toMatchObject({ notStored: 0 });
    expect(run.figures().packets).toBeGreaterThanOrEqual(1000);
    expect(reader.db.pragma('integrity_check', { simple: true })).toBe('ok');
    reader.close();
  });

  test('damage is no matter of waiting', async () => {
    const store = newStore();
    store.db.function('damage', () => fail('SQLITE_CORRUPT'));
    store.db.exec('CREATE TEMP TRIGGER damaged BEFORE INSERT ON main.sensor_hour BEGIN SELECT damage(); END');
    await expect(play(store, PLANT)).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining('damaged') });
    store.close();
  });
});
