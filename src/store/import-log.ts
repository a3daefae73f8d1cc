/**
 * One firewall log into the store: lines -> attempts -> store, with checkpoints. In: a session and opened lines. Out: what
 * became of it. A log is known by its unpacked text: the same again is a no-op, one that has grown (or was packed since) is
 * continued. The last line of a plain file counts once its line end is there: a log is written to while it is read.
 */
import { statSync } from 'node:fs';
import { createAttemptTable, type AttemptTable } from '../flow/attempt-table.ts';
import type { LogTimeOptions } from '../source/firewall-log/log-clock.ts';
import { createLogReader, type LineResult, type LogReader } from '../source/firewall-log/log-reader.ts';
import { utf8Of, type LineBatch, type LineSource } from '../source/lines.ts';
import { openBytes } from '../source/byte-source.ts';
import { createContentDigest, HEAD_OCTETS } from '../source/content-digest.ts';
import { digestContent } from '../source/prefix-digests.ts';
import type { CaptureState } from './captures.ts';
import type { Connection, Store } from './database.ts';
import { insertLog, listFileLogs, readAttemptKeys, requireUncountedLog, updateLog, writeAttempts, type KnownLog } from './firewall-logs.ts';
import { readRevision } from './read-status.ts';

/** Lines between two checkpoints: a second or two of work, and a bound on the hours held in memory. */
const CHECKPOINT_LINES = 250_000;
/** Batches of lines between two looks at signals and the progress line. */
const BREATHING_BATCHES = 16;
/** Of lines that could not be read, so many of each kind are shown, cut. */
const SAMPLES_PER_KIND = 3;
const SAMPLE_LENGTH = 240;

export interface LogOptions extends Omit<LogTimeOptions, 'near'> {
  readonly monitorRules: ReadonlySet<string>;
}

export const NO_LOG_OPTIONS: LogOptions = { year: null, zone: null, monitorRules: new Set() };

export interface LogImportOptions {
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly log: LogOptions;
  /** For tests: lines between two checkpoints. */
  readonly checkpointLines?: number;
  progress(octets: number): void;
}

export interface LogOutcome {
  readonly status: 'imported' | 'already' | 'continued' | 'damaged' | 'interrupted';
  readonly reason: string;
  /** What this run added. */
  readonly lines: number;
  readonly entries: number;
  /** Lines that are a firewall's and could not be read. */
  readonly unread: number;
  readonly assumptions: readonly string[];
}

/** The store's attempts in memory, from log to log of one run. */
export interface LogSession {
  readonly store: Store;
  readonly table: AttemptTable;
  nextRevision(): number;
}

export const beginLogs = (store: Store, nextRevision: () => number): LogSession => ({ store, table: createAttemptTable(readAttemptKeys(store.db)), nextRevision });

/** In the middle of what the captures saw: the year of a log without one lies there. */
const spanOfCaptures = (db: Connection): number | null =>
  db.prepare('SELECT (min(first_ns) / 2 + max(last_ns) / 2) / 1000000000 FROM capture').pluck().get() as number | null;

/** The log of which this text is the whole or a continuation; the longest, where several are. */
async function findKnownLog(db: Connection, path: string): Promise<KnownLog | null> {
  const all = listFileLogs(db).filter((log) => log.size > 0);
  const headSize = (log: KnownLog): number => Math.min(HEAD_OCTETS, log.size);
  const heads = all.length === 0 ? new Map<number, string>() : (await digestContent(await openBytes(path), all.map(headSize))).digests;
  const candidates = all.filter((log) => heads.get(headSize(log)) === log.head).sort((a, b) => b.size - a.size);
  const digests = candidates.length === 0 ? new Map<number, string>() : (await digestContent(await openBytes(path), candidates.map((log) => log.size))).digests;
  return candidates.find((log) => digests.get(log.size) === log.digest) ?? null;
}

/** What became of lines. */
interface Tally {
  /** Since the last checkpoint. */
  readonly fresh: { lines: number; entries: number; counters: Map<string, number>; samples: { line: number; name: string; text: string }[] };
  /** Of this run: what is in the store, and lines that are a firewall's and could not be read. */
  readonly sums: { lines: number; entries: number; unread: number };
  count(text: string | null): void;
  /** What is fresh is in the store. */
  settle(): void;
}

const isUnread = (name: string): boolean => name.startsWith('unread.');

/** @param known lines that are in the store already: they are passed over */
function createTally(reader: LogReader, table: AttemptTable, known: number): Tally {
  const fresh: Tally['fresh'] = { lines: 0, entries: 0, counters: new Map(), samples: [] };
  const sums = { lines: 0, entries: 0, unread: 0 };
  const shown = new Map<string, number>();
  let line = 0;
  return {
    fresh,
    sums,
    count(text) {
      line++;
      if (line <= known) return;
      fresh.lines++;
      const result: LineResult = text === null ? 'unread.too-long' : reader.read(text);
      if (result === 'entry') {
        fresh.entries++;
        table.add(reader.attempt);
        return;
      }
      fresh.counters.set(result, (fresh.counters.get(result) ?? 0) + 1);
      if (!isUnread(result)) return;
      sums.unread++;
      const before = shown.get(result) ?? 0;
      shown.set(result, before + 1);
      if (before < SAMPLES_PER_KIND) fresh.samples.push({ line, name: result, text: utf8Of((text ?? '').slice(0, SAMPLE_LENGTH)) });
    },
    settle() {
      sums.lines += fresh.lines;
      sums.entries += fresh.entries;
      fresh.lines = 0;
      fresh.entries = 0;
      fresh.counters.clear();
      fresh.samples = [];
    },
  };
}

/** `name`: a path, or `-`. `packed`: the text was unpacked, so its file is finished. */
export async function importLog(session: LogSession, name: string, source: LineSource, packed: boolean, options: LogImportOptions): Promise<LogOutcome> {
  const { store, table } = session;
  const isFile = statSync(name, { throwIfNoEntry: false })?.isFile() === true && name !== '-';
  const looked = readRevision(store.db);
  const known = isFile && !options.force ? await findKnownLog(store.db, name) : null;
  const reader = createLogReader({ ...options.log, near: spanOfCaptures(store.db) }, known?.clock ?? null);
  const digest = createContentDigest();
  const { fresh, sums, count, settle } = createTally(reader, table, known?.lines ?? 0);
  let log = known?.id ?? 0;
  let revision = known?.revision ?? looked;

  const readBatch = (batch: LineBatch): void => {
    digest.note(batch.octets);
    for (const text of batch.lines) count(text);
  };

  /** A stream is never read again, so nothing has to know it. */
  const identity = (): { head: string; digest: string } => (isFile ? digest.content() : { head: '', digest: '' });

  const checkpoint = (state: CaptureState, reason: string): void => {
    const { head, digest: whole } = identity();
    store.db
      .transaction(() => {
        if (isFile && !options.force) requireUncountedLog(store.db, { id: log, revision, name, head });
        revision = session.nextRevision();
        if (log === 0) log = insertLog(store.db, isFile ? 'file' : 'stream', name, revision);
        writeAttempts(store.db, log, table.take(), revision);
        const counters = [...fresh.counters, ['folded', table.takeFolded()] as const].sort((a, b) => (a[0] < b[0] ? -1 : 1));
        updateLog(
          store.db, log,
          { ...fresh, counters, state, reason, head, digest: whole, size: source.position(), clock: reader.clock.memory(), assumptions: reader.clock.assumptions() },
          revision,
        );
      })
      .immediate();
    settle();
  };

  const outcome = (status: LogOutcome['status'], reason: string): LogOutcome => ({ status, reason, ...sums, assumptions: reader.clock.assumptions() });

  try {
    for (let batches = 1; ; batches++) {
      const batch = await source.next();
      if (batch === null) break;
      readBatch(batch);
      if (fresh.lines >= (options.checkpointLines ?? CHECKPOINT_LINES)) checkpoint('running', '');
      if (batches % BREATHING_BATCHES !== 0) continue;
      options.progress(source.fileBytesRead());
      await new Promise(setImmediate);
      if (options.signal.aborted) {
        checkpoint('interrupted', 'stopped by the user');
        return outcome('interrupted', 'stopped by the user');
      }
    }
    const fault = source.fault();
    let unfinished = '';
    if (packed || !isFile) readBatch(source.rest());
    else if (source.restLength() > 0) unfinished = 'its last line has no end yet and waits for the next import';
    if (known !== null && fresh.lines === 0 && fault === null && sums.lines === 0 && known.state === 'complete') {
      return outcome('already', `the same content is in the store as ${known.name}`);
    }
    checkpoint(fault?.kind ?? 'complete', fault?.reason ?? unfinished);
    if (fault !== null) return outcome('damaged', fault.reason);
    return outcome(known === null ? 'imported' : 'continued', unfinished);
  } catch (error) {
    // What this log added since its last checkpoint belongs to no other.
    table.take();
    table.takeFolded();
    throw error;
  }
}
