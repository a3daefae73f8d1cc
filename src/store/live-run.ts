/**
 * A capture that goes on for weeks, in an open store. In: batches of frames. Out: every few seconds one transaction with
 * counters and the capture record, so that kill -9 loses at most what came since; sessions, rhythms and streams go on across these flushes (flow/settle.ts).
 * A store that refuses (disk full, locked, moved away) ends nothing: counting goes on in memory, the same rows are tried again at
 * every checkpoint, and what no longer fits is counted as not analysed. Where there is a second processor another thread writes, from a
 * copy of the tables: the kernel's buffer need not hold what comes while a slow disk is waited for.
 * Left out on purpose: when a checkpoint is made, and when the run ends (record-live.ts).
 */
import { performance } from 'node:perf_hooks';
import { createLiveRecorder, isLaden, noteEvent, noteHour, recordBatch, type Recorder } from '../flow/recorder.ts';
import { DAY_MS, HOUR_MS } from '../net/time.ts';
import { errorCode, storeError } from '../errors.ts';
import { copyTables, isCopyCheap } from '../flow/flow-tables.ts';
import type { FrameBatch, FrameSource } from '../source/frame-batch.ts';
import { insertCapture, lastUnfinishedCheckpoint, markUnfinished, resumeRecorder, stampCheckpoint, type CaptureState, type ReceivedTotals } from './captures.ts';
import type { Connection, WritableStore } from './database.ts';
import { createIntervalWriter, isWriterGone, type IntervalWriter } from './interval-writer.ts';
import { writeInterval, type Interval, type Written } from './interval.ts';
import { createLiveIntervals } from './live-intervals.ts';
import { describeOwner, liveOwner, SYSTEM, writeOwner } from './live-owner.ts';
import { asStoreError, logRemoved, moved } from './store-errors.ts';
import { nextRevision } from './write.ts';
import { createStoreWriter, type StoreWriter } from './write-statements.ts';

/** JavaScript, or the end of the capture, waits while SQLite waits for another process's lock: not longer than this. */
const BUSY_TIMEOUT_MS = 500;
const SAMPLE_MS = 60_000;
/** Where nothing came, the record is still written so often, to tell a silent capture from a dead one. */
const LIFE_SIGN_MS = 60_000;
/** A year: what a wrong clock calls a longer gap is no gap. */
const LONGEST_GAP_MS = 366 * DAY_MS;

export interface LiveCapture {
  readonly kind: 'live' | 'stream';
  readonly name: string;
  readonly checkpointMs: number;
  /** What tunnels carry is read, instead of the tunnels. */
  readonly opensTunnels?: boolean;
  /** Of pcap_stats over the run; absent for a stream, whose maker knows. */
  readonly received?: () => ReceivedTotals;
  /** Begins the thread that writes; absent, or where it ends too soon: this one does. */
  readonly beside?: () => IntervalWriter;
}

/** @param isUnprivileged the thread gives up what this one keeps of its privileges */
export const createLiveWriter = (path: string, isUnprivileged: boolean): IntervalWriter => createIntervalWriter(path, { isDurable: true, busyMs: BUSY_TIMEOUT_MS, isUnprivileged });

export interface RunFigures {
  /** Frames and octets taken so far, those not analysed among them. */
  readonly packets: number;
  readonly bytes: number;
  /** Frames that came while the store refused and the tables were full. */
  readonly notAnalysed: number;
  /** Frames that are in no interval of the store, those not analysed among them. */
  readonly notStored: number;
  /** In the store: all, and those of the last hour of this run. */
  readonly conversations: number;
  readonly newInLastHour: number;
  readonly checkpointAgeMs: number;
  /** Why the last checkpoint was refused; empty when it was taken. */
  readonly refusal: string;
}

export interface LiveRun {
  /** Captures found in the store that had not ended cleanly. */
  readonly unfinished: number;
  take(batch: FrameBatch): void;
  /** Something the capture noticed, kept among its counters. */
  note(name: string, by?: number): void;
  /** The same about the hour at hand, as sensor truth. */
  noteHour(name: string, by: number): void;
  /** @returns true when the next checkpoint is due: by time, but not while one is written, or because the tables are full */
  isDue(): boolean;
  /**
   * One at a time. Frames may be taken while it goes on: they belong to the next one.
   * @returns false when the store refused; nothing is lost then, and the same is tried again. Rejects with what waiting does not mend.
   */
  checkpoint(state: CaptureState, reason: string): Promise<boolean>;
  figures(): RunFigures;
  /** Why the last checkpoint was refused, as a BaselineError. */
  refusal(): unknown;
  /** Ends the thread that writes. */
  close(): Promise<void>;
}

/** Marks the capture as running, and those that were left running as interrupted. Throws a storeError while another process records into the store. */
export function beginLive(store: WritableStore, source: FrameSource, capture: LiveCapture): LiveRun {
  try {
    return createRun(store, source, capture);
  } catch (error) {
    throw asStoreError(error, store.path);
  }
}

function createRun(store: WritableStore, source: FrameSource, capture: LiveCapture): LiveRun {
  const { db } = store;
  // A commit that the disk does not have yet would be a lost checkpoint after a power cut.
  db.pragma('synchronous = FULL');
  const writer = createStoreWriter(db);
  const recorder = resumeRecorder(db, (saved) => createLiveRecorder(saved, capture.opensTunnels === true));
  const { state } = recorder;
  let checkpointMs = performance.now();
  let writtenMs = checkpointMs;
  const record = beginRecord(store, writer, source, capture);
  const { id, unfinished } = record;
  if (record.since !== null) noteGap(recorder, record.since, Date.now());
  store.hasItsLog();
  let thread = capture.beside?.() ?? null;
  // Not before: nothing waits to be analysed yet, and an import that writes at this moment is no reason to end.
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  const newestRevision = db.prepare('SELECT rev FROM capture WHERE id = ?').pluck();
  const intervals = createLiveIntervals(recorder, source, { id, kind: capture.kind, name: capture.name, received: capture.received }, checkpointMs);
  const growth = createGrowth(db, checkpointMs);
  const noteHourNow = (name: string, by: number): void => noteHour(recorder, Math.floor(Date.now() / HOUR_MS), name, by);
  const noteDrops = createDropNotes(capture.received, noteHourNow);
  /** Of the capture's record, as this run wrote it last. */
  let { revision } = record;
  let packets = 0;
  let bytes = 0;
  let notAnalysed = 0;
  let stored = 0;
  let refusal: unknown;
  /** Handed over, and not in the store yet, or refused by it. */
  let waiting: Interval | null = null;
  let isWriting = false;
  let receivedBefore = '';

  function refuse(error: unknown): false {
    noteEvent(recorder, 'live.store-refused', 1);
    refusal = error;
    return false;
  }

  /** SQLite goes on writing into a file that nobody finds any more, and says nothing. */
  const refuseMoved = (): boolean => !store.isInPlace() && !refuse(moved(store.path));

  function refuseWrite(error: unknown): false {
    if (!mayPass(error)) throw asStoreError(error, store.path);
    return refuse(asStoreError(error, store.path));
  }

  function accept({ live, captures }: Interval, written: Written): true {
    refusal = undefined;
    revision = written.revision;
    stored += captures[0].figures.packets;
    receivedBefore = JSON.stringify(live?.received);
    writtenMs = performance.now();
    return true;
  }

  /** The tables themselves, which keep what is refused. In one go: a frame that is taken meanwhile would be forgotten with what was written. */
  function writeHere(captureState: CaptureState, reason: string, now: number): boolean {
    const interval = intervals.make(() => state, captureState, reason, now);
    if (refuseMoved()) return false;
    let written: Written;
    try {
      written = writeInterval(writer, interval);
    } catch (error) {
      return refuseWrite(error);
    }
    intervals.goOn(interval, now);
    return accept(interval, written);
  }

  /** What is refused waits, and what comes meanwhile waits behind it in the tables. */
  async function writeWaiting(interval: Interval, isLast: boolean): Promise<boolean> {
    if (refuseMoved()) return false;
    isWriting = true;
    let written: Written;
    try {
      if (isLast || thread === null) written = writtenBefore() ?? writeInterval(writer, interval);
      else written = await thread.write(interval);
    } catch (error) {
      if (isWriterGone(error)) thread = null;
      return refuseWrite(error);
    } finally {
      isWriting = false;
    }
    waiting = null;
    return accept(interval, written);
  }

  /** A thread that is lost may have written what it did not answer for: once more would count it twice. */
  function writtenBefore(): Written | null {
    const now = newestRevision.get(id) as number;
    return now === revision ? null : { ids: [id], revision: now };
  }

  function handOver(now: number): Promise<boolean> {
    waiting = intervals.make(() => copyTables(state), 'running', '', now);
    intervals.goOn(waiting, now);
    return writeWaiting(waiting, false);
  }

  /** Not where memory is short already, nor where nothing could be done meanwhile. */
  const mayHandOver = (captureState: CaptureState): boolean =>
    thread !== null && captureState === 'running' && !intervals.isEnded() && !isLaden(recorder) && isCopyCheap(state);

  const isIdle = (now: number): boolean =>
    waiting === null && now - writtenMs < LIFE_SIGN_MS && state.totals.packets === 0 && state.counters.size === 0 && state.hourCounters.size === 0 && JSON.stringify(capture.received?.()) === receivedBefore;

  return {
    unfinished,
    take(batch) {
      packets += batch.count;
      let octets = 0;
      for (let i = 0; i < batch.count; i++) octets += batch.wire[i] >>> 0;
      bytes += octets;
      if (intervals.isEnded() || (refusal !== undefined && isLaden(recorder))) {
        notAnalysed += batch.count;
        if (batch.count > 0) {
          noteEvent(recorder, 'live.frames-not-analysed', batch.count);
          noteHourNow('not-analysed', batch.count);
        }
      } else recordBatch(recorder, batch);
    },
    note: (name, by = 1) => noteEvent(recorder, name, by),
    noteHour: noteHourNow,
    isDue: () => (!isWriting && performance.now() - checkpointMs >= capture.checkpointMs) || (refusal === undefined && isLaden(recorder)),
    async checkpoint(captureState, reason) {
      const now = performance.now();
      checkpointMs = now;
      noteDrops();
      const isLast = captureState !== 'running';
      // Waiting does not mend it: the run ends, its last checkpoint is written, and closing the store brings all into it. Not while there is no room.
      if (!isLast && refusal === undefined && store.isInPlace() && !store.hasItsLog()) throw logRemoved(store.path);
      if (!isLast && refusal === undefined && isIdle(now) && store.isInPlace()) return true;
      if (isLast) intervals.end();
      let isTaken = waiting === null || (await writeWaiting(waiting, isLast));
      if (isTaken) isTaken = mayHandOver(captureState) ? await handOver(now) : writeHere(captureState, reason, now);
      if (isTaken && !isLast && isLaden(recorder)) {
        // What was counted is safe.
        intervals.endLaden();
        isTaken = writeHere(captureState, reason, now);
      }
      if (isTaken) growth.sample(now);
      // From its end: a flood makes it long, and the frames that wait meanwhile come first.
      checkpointMs = performance.now();
      return isTaken;
    },
    figures: () => ({
      packets,
      bytes,
      notAnalysed,
      notStored: packets - stored,
      ...growth.figures(),
      checkpointAgeMs: performance.now() - checkpointMs,
      refusal: refusal instanceof Error ? refusal.message : '',
    }),
    refusal: () => refusal,
    close: async () => void (await thread?.close()),
  };
}

interface BegunRecord {
  readonly id: number;
  readonly revision: number;
  /** Captures that were left running. */
  readonly unfinished: number;
  /** The last checkpoint of one that was killed, milliseconds since 1970. */
  readonly since: number | null;
}

/** Throws a storeError while another process records into the store. */
function beginRecord({ db, path }: WritableStore, writer: StoreWriter, source: FrameSource, { kind, name }: LiveCapture): BegunRecord {
  return db.transaction(() => {
    const owner = liveOwner(db);
    if (owner?.state === 'alive' && owner.pid !== process.pid) {
      throw storeError(`another capture writes into the store ${path} (process ${owner.pid})`, 'Stop that one first, or name another store with --db.');
    }
    writeOwner(db, describeOwner(SYSTEM, process.pid));
    const revision = nextRevision(writer);
    const since = lastUnfinishedCheckpoint(db);
    const unfinished = markUnfinished(db, revision);
    const id = insertCapture(db, { kind, name, format: source.format }, revision);
    stampCheckpoint(db, id, Date.now());
    return { id, revision, unfinished, since };
  }).immediate();
}

/** What the kernel dropped since it was asked last was dropped in the hour at hand, as near as anybody knows. */
function createDropNotes(received: LiveCapture['received'], noteHourNow: (name: string, by: number) => void): () => void {
  let dropped = { kernel: 0, interface: 0 };
  return () => {
    const totals = received?.();
    if (totals === undefined) return;
    const now = { kernel: totals.kernelDropped, interface: totals.interfaceDropped };
    for (const by of ['kernel', 'interface'] as const) if (now[by] > dropped[by]) noteHourNow(`${by}-dropped`, now[by] - dropped[by]);
    dropped = now;
  };
}

/** Conversations in the store, and those of the last hour. Ids only grow and nothing is deleted: the highest tells how many, without a walk through the table. */
function createGrowth(db: Connection, begunMs: number): { sample(now: number): void; figures(): Pick<RunFigures, 'conversations' | 'newInLastHour'> } {
  const newest = db.prepare('SELECT coalesce(max(id), 0) FROM conversation').pluck();
  let conversations = newest.get() as number;
  const samples = [{ ms: begunMs, conversations }];
  return {
    sample(now) {
      conversations = newest.get() as number;
      if (now - (samples.at(-1)?.ms ?? 0) >= SAMPLE_MS) samples.push({ ms: now, conversations });
      while (samples.length > 1 && samples[1].ms <= now - HOUR_MS) samples.shift();
    },
    figures: () => ({ conversations, newInLastHour: conversations - samples[0].conversations }),
  };
}

/** Since the last checkpoint of the capture that was killed nobody listened. */
function noteGap(recorder: Recorder, from: number, to: number): void {
  if (!(to > from) || to - from > LONGEST_GAP_MS) return;
  for (let at = from; at < to; ) {
    const hour = Math.floor(at / HOUR_MS);
    const until = Math.min(to, (hour + 1) * HOUR_MS);
    noteHour(recorder, hour, 'killed-ms', Math.round(until - at));
    at = until;
  }
}

/** What time or a person at the disk can mend; a store that is damaged is another matter. */
const mayPass = (error: unknown): boolean =>
  isWriterGone(error) ||
  /^(?:SQLITE_(?:FULL|BUSY|LOCKED|IOERR|READONLY|CANTOPEN|NOMEM)|ENOSPC|EDQUOT|EIO)/.test(errorCode(error));
