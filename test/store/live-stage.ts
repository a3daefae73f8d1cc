/**
 * Captures of samples, played to a live run, and what a store has observed of them. In: a folder for the stores, and files. Out: runs that
 * ended, and the rows of a store in words that do not depend on ids.
 */
import { join } from 'node:path';
import { expect } from 'vitest';
import { createFrameBatch, type FrameBatch, type FrameSource } from '../../src/source/frame-batch.ts';
import { openCapture } from '../../src/source/open.ts';
import { openForWriting, type Store, type WritableStore } from '../../src/store/database.ts';
import { beginImport, importCapture } from '../../src/store/import-capture.ts';
import { beginLive, createLiveWriter, type LiveCapture, type LiveRun, type RunFigures } from '../../src/store/live-run.ts';
import { recordLive } from '../../src/store/record-live.ts';
import { strayOperation, wrongDays } from '../fuzz/memory-store.ts';
import { folderOfTest } from '../folder.ts';
import { SAMPLES } from '../places.ts';

export const PLANT = join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng');
const RECEIVED = { received: 1000, kernelDropped: 12, interfaceDropped: 3 };

export const newStore = (): WritableStore => openForWriting(join(folderOfTest(), 'live.db'));

/** The same frames in batches of at most so many. */
export function inPieces(source: FrameSource, most: number): FrameSource {
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

/** Another thread writes. */
export const besideOf = (store: WritableStore) => ({ beside: () => createLiveWriter(store.path, false) });

interface Play {
  readonly kind?: 'live' | 'stream';
  readonly pieces?: number;
  /** Called before each checkpoint, with its number. */
  readonly before?: (checkpoint: number, store: Store) => void;
  readonly checkpointMs?: number;
  readonly signal?: AbortSignal;
  readonly durationMs?: number;
  readonly beside?: LiveCapture['beside'];
  /** Where what is told goes, also of a run that fails. */
  readonly told?: RunFigures[];
}

export async function play(store: WritableStore, file: string, options: Play = {}): Promise<{ told: RunFigures[]; run: LiveRun; outcome: { state: string; reason: string } }> {
  const source = inPieces(await openCapture(file), options.pieces ?? 100);
  const run = beginLive(store, source, { kind: options.kind ?? 'live', name: 'span0', checkpointMs: options.checkpointMs ?? 0, received: () => RECEIVED, ...(options.beside === undefined ? {} : { beside: options.beside }) });
  let checkpoints = 0;
  let last: Promise<unknown> = Promise.resolve();
  let batches = 0;
  const watched: LiveRun = {
    ...run,
    checkpoint: (state, reason) => {
      options.before?.(++checkpoints, store);
      const taken = run.checkpoint(state, reason);
      last = taken.catch(() => undefined);
      return taken;
    },
  };
  const told = options.told ?? [];
  const outcome = await recordLive(watched, source, {
    signal: options.signal ?? new AbortController().signal,
    durationMs: options.durationMs ?? Infinity,
    tell: (figures) => told.push(figures),
    lastAttempts: 2,
    // Another thread is slower than a file is read: of three batches one comes when all before it are written.
    keep: async () => void (++batches % 3 === 0 && (await last)),
  });
  await source.close();
  return { told, run, outcome };
}

/** What was observed, in words that do not depend on ids. */
export function observed(store: Store): Record<string, unknown[]> {
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

export async function imported(file: string): Promise<Store> {
  const store = newStore();
  await importCapture(beginImport(store), file, { force: false, signal: new AbortController().signal, progress: () => undefined });
  return store;
}

export const liveCounters = (store: Store): Record<string, number> =>
  Object.fromEntries(store.db.prepare("SELECT name, count FROM capture_counter WHERE name LIKE 'live.%' ORDER BY name").raw().all() as [string, number][]);
