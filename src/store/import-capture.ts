/**
 * One capture into the store: source -> flow -> store, with checkpoints. In: an open store and a path. Out: what became
 * of it. Frames, counters, the capture record and the decoder's memory change in one transaction, so a kill at any moment
 * loses nothing and counts nothing twice: the next import walks past the frames that are in and goes on.
 */
import { statSync } from 'node:fs';
import { openPath } from '../source/open.ts';
import type { FrameSource, SourceEnd } from '../source/frame-batch.ts';
import { createFileDigest, digestPrefix, type FileDigest } from '../source/file-digest.ts';
import { beginInterval, createRecorder, endInterval, recordBatch, type Recorder } from '../flow/recorder.ts';
import {
  addCaptureCounters,
  insertCapture,
  listFileCaptures,
  readDecoderState,
  updateCapture,
  writeDecoderState,
  type CaptureState,
  type KnownCapture,
} from './captures.ts';
import { asStoreError, type Store } from './database.ts';
import { beginLogs, importLog, NO_LOG_OPTIONS, type LogOptions, type LogOutcome, type LogSession } from './import-log.ts';
import { createStoreWriter, nextRevision, writeFlows, type StoreWriter } from './write.ts';

/** Frames between two checkpoints: about two seconds of work, so that is the most a kill costs. */
const CHECKPOINT_FRAMES = 1 << 24;
/** Batches between two looks at signals and the progress line. */
const BREATHING_BATCHES = 32;
const HEAD_OCTETS = 4096;

/** Holds what one import run needs: the connection's statements and the decoder, which goes on from file to file. */
export interface ImportSession {
  readonly store: Store;
  readonly writer: StoreWriter;
  readonly recorder: Recorder;
  /** Made with the first firewall log. */
  logs(): LogSession;
}

export function beginImport(store: Store): ImportSession {
  const writer = createStoreWriter(store.db);
  let logs: LogSession | null = null;
  return {
    store,
    writer,
    recorder: createRecorder(readDecoderState(store.db)),
    logs: () => (logs ??= beginLogs(store, () => nextRevision(writer))),
  };
}

export interface ImportOptions {
  /** Import although the same content is in already. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  /** How to read a firewall's log. */
  readonly log?: LogOptions;
  /** For tests: frames between two checkpoints. Blocks are then small, and each batch tells progress: small files have all of it. */
  readonly checkpointFrames?: number;
  /** Octets of the file read so far. */
  progress(octets: number): void;
}

export interface ImportOutcome {
  readonly status: 'imported' | 'already' | 'continued' | 'damaged' | 'rejected' | 'interrupted';
  /** Frames and octets on the wire that this run added. */
  readonly packets: number;
  readonly bytes: number;
  readonly reason: string;
  /** Of a firewall's log, which adds no packets. */
  readonly log?: Pick<LogOutcome, 'lines' | 'entries' | 'unread' | 'assumptions'>;
}

/** Throws a usageError for what is no capture, a storeError for what the store refuses. */
export async function importCapture(session: ImportSession, path: string, options: ImportOptions): Promise<ImportOutcome> {
  const file = regularFile(path);
  const known = file === null || options.force ? null : findKnown(session, path, file.size);
  if (known !== null && known.size === file?.size && known.state !== 'running' && known.state !== 'interrupted') {
    return { status: 'already', packets: 0, bytes: 0, reason: `the same content is in the store as ${known.name}` };
  }
  const opened = await openPath(path, {
    ...(known === null ? {} : { skipFrames: known.frames }),
    ...(options.checkpointFrames === undefined ? {} : { blockBytes: 1 }),
  });
  if (opened.kind === 'log') {
    try {
      const { status, reason, ...log } = await importLog(session.logs(), path, opened.source, opened.packing !== '', { ...options, log: options.log ?? NO_LOG_OPTIONS });
      return { status, packets: 0, bytes: 0, reason, log };
    } catch (error) {
      throw asStoreError(error, session.store.path);
    } finally {
      await opened.source.close();
    }
  }
  const { source } = opened;
  const digest = file === null ? null : createFileDigest(path, file.size);
  try {
    return await readAll(session, path, source, digest, known, options);
  } catch (error) {
    throw asStoreError(error, session.store.path);
  } finally {
    await digest?.close();
    await source.close();
  }
}

const regularFile = (path: string): { size: number } | null => {
  if (path === '-') return null;
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true ? { size: stat.size } : null;
};

/** The capture of which this file is the whole or a continuation; the longest, where several are. */
function findKnown(session: ImportSession, path: string, size: number): KnownCapture | null {
  const heads = new Map<number, string>();
  const headOf = (octets: number): string => {
    let head = heads.get(octets);
    if (head === undefined) heads.set(octets, (head = digestPrefix(path, octets)));
    return head;
  };
  const candidates = listFileCaptures(session.store.db)
    .filter((capture) => capture.size <= size && capture.size > 0 && capture.head === headOf(Math.min(HEAD_OCTETS, capture.size)))
    .sort((a, b) => b.size - a.size || b.frames - a.frames);
  return candidates.find((capture) => digestPrefix(path, capture.size) === capture.digest) ?? null;
}

async function readAll(
  session: ImportSession,
  path: string,
  source: FrameSource,
  digest: FileDigest | null,
  known: KnownCapture | null,
  options: ImportOptions,
): Promise<ImportOutcome> {
  const run = createRun(session, path, source, digest, known);
  const checkpointFrames = options.checkpointFrames ?? CHECKPOINT_FRAMES;
  const breathingBatches = options.checkpointFrames === undefined ? BREATHING_BATCHES : 1;
  let sinceCheckpoint = 0;
  for (let batches = 1; ; batches++) {
    const batch = await source.next();
    if (batch === null) break;
    const full = recordBatch(session.recorder, batch);
    sinceCheckpoint += batch.count;
    if (full || sinceCheckpoint >= checkpointFrames) {
      await run.checkpoint('running', '');
      sinceCheckpoint = 0;
    }
    if (batches % breathingBatches !== 0) continue;
    options.progress(source.counts.fileBytesRead);
    digest?.follow(source.counts.fileBytesRead);
    await new Promise(setImmediate);
    if (options.signal.aborted) {
      await run.checkpoint('interrupted', 'stopped by the user');
      return { status: 'interrupted', packets: run.packets(), bytes: run.bytes(), reason: 'stopped by the user' };
    }
  }
  const end = source.end();
  await run.checkpoint(stateOf(end), reasonOf(end));
  return { status: statusOf(end, known, source.counts.frames), packets: run.packets(), bytes: run.bytes(), reason: reasonOf(end) };
}

interface Run {
  checkpoint(state: CaptureState, reason: string): Promise<void>;
  packets(): number;
  bytes(): number;
}

function createRun(session: ImportSession, path: string, source: FrameSource, digest: FileDigest | null, known: KnownCapture | null): Run {
  const { store, writer, recorder } = session;
  let capture = known?.id ?? 0;
  let packets = 0;
  let bytes = 0;
  const told = new Map<string, number>();
  return {
    packets: () => packets,
    bytes: () => bytes,
    async checkpoint(state, reason) {
      const saved = endInterval(recorder);
      const size = source.counts.fileBytesRead;
      const sha256 = digest === null ? '' : await digest.upTo(size);
      const { totals } = recorder.state;
      store.db
        .transaction(() => {
          const revision = nextRevision(writer);
          if (capture === 0) {
            const head = digest === null ? '' : digestPrefix(path, Math.min(HEAD_OCTETS, size));
            capture = insertCapture(store.db, { kind: digest === null ? 'stream' : 'file', name: path, format: source.format, head }, revision);
          }
          writeFlows(writer, recorder.state, capture, revision);
          updateCapture(store.db, capture, { state, reason, digest: sha256, size, frames: totals.packets, ...totals }, revision);
          addCaptureCounters(store.db, capture, newCounts(source, told));
          writeDecoderState(store.db, saved);
        })
        .immediate();
      packets += totals.packets;
      bytes += totals.bytes;
      beginInterval(recorder, saved);
    },
  };
}

/** What the reader counted so far. */
export function readerCounts(source: FrameSource): [string, number][] {
  const { shortened, withoutTime, timeBackwards, droppedByCapture, unknownBlocks } = source.counts;
  const all: [string, number][] = [
    ['reader.shortened', shortened],
    ['reader.withoutTime', withoutTime],
    ['reader.timeBackwards', timeBackwards],
    ['reader.droppedByCapture', droppedByCapture],
  ];
  for (const [type, blocks] of [...unknownBlocks].sort((a, b) => a[0] - b[0])) all.push([`reader.unknownBlock.0x${type.toString(16)}`, blocks]);
  return all;
}

/** The same since the last checkpoint. */
function newCounts(source: FrameSource, told: Map<string, number>): [string, number][] {
  return readerCounts(source).map(([name, value]) => {
    const before = told.get(name) ?? 0;
    told.set(name, value);
    return [name, value - before];
  });
}

const stateOf = (end: SourceEnd): CaptureState => end.kind;

const reasonOf = (end: SourceEnd): string => {
  switch (end.kind) {
    case 'complete':
      return '';
    case 'truncated':
      return `truncated at octet ${end.offset} (${end.lost} octets of an unfinished record): ${end.reason}`;
    case 'corrupt':
      return `corrupt at octet ${end.offset} (${end.skipped} octets skipped): ${end.reason}`;
    case 'unsupported':
      return end.reason;
  }
};

function statusOf(end: SourceEnd, known: KnownCapture | null, frames: number): ImportOutcome['status'] {
  if (end.kind === 'unsupported') return frames > 0 ? 'damaged' : 'rejected';
  if (end.kind !== 'complete') return 'damaged';
  return known === null ? 'imported' : 'continued';
}
