/**
 * A live capture is an import that flushes every few seconds: cut into many flushes, the store equals the import of the
 * same file; what the store refuses is counted on and written later; a run that was killed is told by the next one.
 */
import Database from 'better-sqlite3';
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFrameBatch, type FrameBatch, type FrameSource } from '../../src/source/frame-batch.ts';
import { openCapture } from '../../src/source/open.ts';
import { openForWriting, type Store, type WritableStore } from '../../src/store/database.ts';
import { beginImport, importCapture } from '../../src/store/import-capture.ts';
import { beginLive, recordLive, type LiveRun, type RunFigures } from '../../src/store/record-live.ts';
import { readStatus } from '../../src/store/read-status.ts';
import { strayOperation, wrongDays } from '../fuzz/memory-store.ts';

const SAMPLES = join(import.meta.dirname, '../../samples');
const PLANT = join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng');
const RECEIVED = { received: 1000, kernelDropped: 12, interfaceDropped: 3 };

let folder = '';
let stores = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baseline-record-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newStore = (): WritableStore => openForWriting(join(folder, `${++stores}.db`));

/** The same frames in batches of at most so many. */
function inPieces(source: FrameSource, most: number): FrameSource {
  const piece = createFrameBatch();
  let whole: FrameBatch | null = null;
  let at = 0;
  const next = async (): Promise<FrameBatch | null> => {
    if (whole === null || at >= whole.count) {
      whole = await source.next();
      at = 0;
      if (whole === null) return null;
    }
    const to = Math.min(whole.count, at + most);
    piece.bytes = whole.bytes;
    piece.view = whole.view;
    piece.linkType = whole.linkType;
    piece.count = to - at;
    for (const column of ['offset', 'captured', 'wire', 'seconds', 'nanos'] as const) piece[column].set(whole[column].subarray(at, to));
    at = to;
    return piece;
  };
  return { ...source, next };
}

/** UDP datagrams, each from another address, one a microsecond. */
function flood(frames: number): FrameSource {
  const template = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 0, 192, 0, 2, 1, 0x30, 0x39, 0x30, 0x3a, 0, 12, 0, 0, 1, 2, 3, 4];
  const most = 8192;
  const bytes = new Uint8Array(most * template.length);
  for (let i = 0; i < most; i++) bytes.set(template, i * template.length);
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
        batch.view.setUint32(at + 26, 0x0a000000 + counts.frames);
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

interface Play {
  readonly kind?: 'live' | 'stream';
  readonly pieces?: number;
  /** Called before each checkpoint, with its number. */
  readonly before?: (checkpoint: number, store: Store) => void;
  readonly checkpointMs?: number;
  readonly signal?: AbortSignal;
  readonly durationMs?: number;
}

async function play(store: WritableStore, file: string, options: Play = {}): Promise<{ told: RunFigures[]; run: LiveRun; outcome: { state: string; reason: string } }> {
  const source = inPieces(await openCapture(file), options.pieces ?? 100);
  const run = beginLive(store, source, { kind: options.kind ?? 'live', name: 'span0', checkpointMs: options.checkpointMs ?? 0, received: () => RECEIVED });
  let checkpoints = 0;
  const watched: LiveRun = {
    ...run,
    checkpoint: (state, reason) => {
      options.before?.(++checkpoints, store);
      return run.checkpoint(state, reason);
    },
  };
  const told: RunFigures[] = [];
  const outcome = await recordLive(watched, source, {
    signal: options.signal ?? new AbortController().signal,
    durationMs: options.durationMs ?? Infinity,
    tell: (figures) => told.push(figures),
    lastAttempts: 2,
  });
  await source.close();
  return { told, run, outcome };
}

/** What was observed, in words that do not depend on ids. */
function observed(store: Store): Record<string, unknown[]> {
  expect(wrongDays(store.db)).toBeNull();
  expect(strayOperation(store.db)).toBeNull();
  const c = `(SELECT text FROM address WHERE id = c.client) || ' ' || (SELECT text FROM address WHERE id = c.server) || ' ' || c.transport || ' ' || c.port`;
  const o = `${c} || ' ' || o.protocol || ' ' || o.unit || ' ' || o.function`;
  const ofConversation = 'conversation c ON c.id';
  const ofOperation = `operation o ON o.id = x.operation JOIN ${ofConversation} = o.conversation`;
  const queries: Record<string, string> = {
    conversations: `SELECT ${c}, vlan, service, service_by, direction_by, packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, sessions, answered, requests, rtt_us, first_ns, last_ns, days, rhythm FROM conversation c`,
    hours: `SELECT ${c}, x.hour, x.packets_to_server, x.packets_to_client, x.bytes_to_server, x.bytes_to_client, x.requests, x.answers FROM conversation_hour x JOIN ${ofConversation} = x.conversation`,
    facts: `SELECT ${c}, x.name, x.value, x.to_server, x.to_client FROM conversation_fact x JOIN ${ofConversation} = x.conversation`,
    operations: `SELECT ${o}, o.requests, o.responses, o.errors, o.ranges_folded, o.first_ns, o.last_ns, o.days, o.rhythm FROM operation o JOIN ${ofConversation} = o.conversation`,
    operationHours: `SELECT ${o}, x.hour, x.requests, x.responses, x.errors FROM operation_hour x JOIN ${ofOperation}`,
    ranges: `SELECT ${o}, x.access, x.first, x.last, x.requests FROM operation_range x JOIN ${ofOperation}`,
    errors: `SELECT ${o}, x.code, x.count FROM operation_error x JOIN ${ofOperation}`,
    targets: `SELECT ${o}, x.target, x.count FROM operation_target x JOIN ${ofOperation}`,
    addresses: "SELECT text, CASE WHEN text LIKE '__:__:__:__:__:__' THEN 0 ELSE last_ns END, first_ns FROM address",
    // A sender is noted once a session between two flushes: when it was seen last is finer with more of them.
    macs: 'SELECT (SELECT text FROM address WHERE id = address), (SELECT text FROM address WHERE id = mac), first_ns FROM address_mac',
    addressFacts: 'SELECT (SELECT text FROM address WHERE id = address), name, value, count FROM address_fact',
    sensorHours: 'SELECT hour, packets, bytes, lost_segments, duplicates FROM sensor_hour',
    captures: 'SELECT frames, bytes, first_ns, last_ns FROM capture',
    counters: "SELECT name, count FROM capture_counter WHERE name NOT LIKE 'live.%'",
  };
  return Object.fromEntries(
    Object.entries(queries).map(([name, sql]) => [
      name,
      (store.db.prepare(sql).safeIntegers().raw().all() as unknown[][]).map((row) => row.map(String).join('|')).sort(),
    ]),
  );
}

async function imported(file: string): Promise<Store> {
  const store = newStore();
  await importCapture(beginImport(store), file, { force: false, signal: new AbortController().signal, progress: () => undefined });
  return store;
}

const liveCounters = (store: Store): Record<string, number> =>
  Object.fromEntries(store.db.prepare("SELECT name, count FROM capture_counter WHERE name LIKE 'live.%' ORDER BY name").raw().all() as [string, number][]);

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

  test('days of a plant: packets, octets, operations, ranges, rhythm are those of the import', async () => {
    const expected = await imported(PLANT);
    const store = newStore();
    await play(store, PLANT, { pieces: 500 });
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
    expect(killed.checkpoint('running', '')).toBe(true);
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

  test('full to the end: the last line is the reason, and the store is as it was at its last checkpoint', async () => {
    const store = newStore();
    let isFull = false;
    refuseWrites(store, () => isFull);
    await expect(play(store, PLANT, { pieces: 1000, before: (n) => (isFull = n > 3) })).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining('disk is full') });
    expect(readStatus(store.db).totals.packets).toBe(3000);
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

  const MOVED = 'was moved, removed or replaced';

  test.each([
    ['moved away', (path: string) => void renameSync(path, `${path}.away`)],
    ['replaced by a copy', (path: string) => {
      renameSync(path, `${path}.away`);
      copyFileSync(`${path}.away`, path);
    }],
  ])('%s: it is said at the next checkpoint, and when the same file is back nothing is missing', async (_how, take) => {
    const store = newStore();
    let written: unknown[] = [];
    const { told } = await play(store, PLANT, {
      pieces: 500,
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
    expect(run.checkpoint('running', '')).toBe(true);
    renameSync(store.path, `${store.path}.away`);
    expect(run.checkpoint('running', '')).toBe(false);
    expect(run.refusal()).toMatchObject({ message: expect.stringContaining(MOVED) });
    await source.close();
    store.close();
  });

  test('a store that took the place of the moved one keeps its own log when the capture ends', async () => {
    const store = newStore();
    const source = await openCapture(PLANT);
    const run = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 0 });
    expect(run.checkpoint('running', '')).toBe(true);
    for (const suffix of ['', '-wal', '-shm']) renameSync(store.path + suffix, `${store.path}.away${suffix}`);
    const other = openForWriting(store.path);
    other.db.exec("INSERT INTO store_meta VALUES ('of-the-other', '1')");
    await source.close();
    store.close();
    expect(existsSync(`${store.path}-wal`)).toBe(true);
    other.close();
  });

  test('damage is no matter of waiting', async () => {
    const store = newStore();
    store.db.function('damage', () => fail('SQLITE_CORRUPT'));
    store.db.exec('CREATE TEMP TRIGGER damaged BEFORE INSERT ON main.sensor_hour BEGIN SELECT damage(); END');
    await expect(play(store, PLANT)).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining('damaged') });
    store.close();
  });
});
