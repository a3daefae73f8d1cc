/**
 * Captures into the store: source -> flow -> store, with checkpoints. In: an open store and paths, one after the other.
 * Out: what became of each. Frames, counters, the capture records and the decoder's memory change in one transaction,
 * so a kill at any moment loses nothing and counts nothing twice: the next import walks past the frames that are in and
 * goes on. Small files share a checkpoint: where one ends says nothing about the traffic, and writing costs as much as
 * decoding.
 */
import { usageError } from '../errors.ts';
import { openPath } from '../source/open.ts';
import type { FrameSource, SourceEnd } from '../source/frame-batch.ts';
import { createDigester, digestPrefix, type Digester, type FileDigest } from '../source/file-digest.ts';
import { createReadAhead, type ReadAhead } from '../source/read-ahead.ts';
import { UNREAD_LINK_PREFIX } from '../decode/stop.ts';
import { beginAt, beginCapture, createRecorder, figuresOf, forgetStreams, latestSecond, recordBatch } from '../flow/recorder.ts';
import {
  addForm,
  isBrokenOff,
  listFileCaptures,
  readCaptureCounters,
  resumeRecorder,
  setContent,
  type CaptureState,
} from './captures.ts';
import { addRead, closeCheckpoints, commit, createCheckpoints, handOver, isAwaited, settleWriting, type Checkpoints, type ReadCapture } from './checkpoints.ts';
import type { Store } from './database.ts';
import type { LogOptions, LogOutcome, LogSession } from './import-log.ts';
import { candidatesOf, contentOf, findKnown, indexCaptures, openNewFile, type Known, type KnownCaptures, type NewFile } from './known-capture.ts';
import { isMemoryShort, requireMemory } from './memory-limit.ts';
import { readRevision } from './read-status.ts';
import { asStoreError } from './store-errors.ts';
import { nextRevision } from './write.ts';

/** Frames between two checkpoints: a few seconds of work; a kill costs at most that of one being written and of the next. */
const CHECKPOINT_FRAMES = 1 << 24;
/** Batches between two looks at signals and the progress line. */
const BREATHING_BATCHES = 32;
/** While open sessions are written they are in memory up to three times (measured: 2.6). */
const COMMIT_FACTOR = 3;

/** Holds what one import run needs: the connection's statements and the decoder, which goes on from file to file. */
export interface ImportSession extends Checkpoints {
  readonly digester: Digester;
  readonly ahead: ReadAhead | null;
  /** Made with the first firewall log, and what reads logs is loaded with it: captures begin sooner. */
  logs: LogSession | null;
  readonly settings: ImportSettings;
}

export interface ImportSettings {
  /** Threads that read files ahead, beside one that writes; none: this one reads and writes itself, to the same end. */
  readonly readers?: number;
  /** What open streams have read already is read again (--force), instead of being taken for retransmissions. */
  readonly afresh?: boolean;
  /** What tunnels carry is read, instead of the tunnels. */
  readonly opensTunnels?: boolean;
  /** For tests: frames between two checkpoints. Blocks are then small, and each batch tells progress: small files have all of it. */
  readonly checkpointFrames?: number;
}

export function beginImport(store: Store, settings: ImportSettings = {}): ImportSession {
  try {
    return createSession(store, settings);
  } catch (error) {
    throw asStoreError(error, store.path);
  }
}

function createSession(store: Store, settings: ImportSettings): ImportSession {
  const { readers = 0 } = settings;
  const recorder = resumeRecorder(store.db, (saved) => createRecorder(saved, settings.opensTunnels));
  if (settings.afresh === true) forgetStreams(recorder);
  return {
    ...createCheckpoints(store, recorder, readers > 0),
    logs: null,
    digester: createDigester(),
    ahead: readers > 0 ? createReadAhead(readers, blockOf(settings)) : null,
    settings,
  };
}

const blockOf = ({ checkpointFrames }: ImportSettings): { blockBytes?: number } => (checkpointFrames === undefined ? {} : { blockBytes: 1 });

/** What the store refuses, as a line for the user. */
const told = <T>(store: Store, work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw asStoreError(error, store.path);
  });

/** Commits what is counted so far. */
export const settleImport = (session: ImportSession): Promise<void> => told(session.store, commit(session));

/** Ends the threads. What was not committed is not in the store. */
export async function endImport(session: ImportSession): Promise<void> {
  await session.ahead?.close();
  await closeCheckpoints(session);
  await session.digester.close();
}

export interface ImportOptions {
  /** Import although the same content is in already. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  /** Files of this run that come later: while there are any, this one may wait to be committed together with them. */
  readonly upcoming?: readonly string[];
  /** How to read a firewall's log. */
  readonly log?: LogOptions;
  /** Octets of the file read so far. */
  progress(octets: number): void;
}

export interface ImportOutcome {
  readonly status: 'imported' | 'already' | 'continued' | 'damaged' | 'rejected' | 'interrupted';
  /** Frames and octets on the wire that this run added. */
  readonly packets: number;
  readonly bytes: number;
  readonly reason: string;
  /** Frames of link types that are not read, by number; missing where there is none. */
  readonly unreadLinkTypes?: Readonly<Record<string, number>>;
  /** The file ends in the midst of a record: cut off, or still being written. */
  readonly mayGrow?: boolean;
  /** Of a firewall's log, which adds no packets. */
  readonly log?: Pick<LogOutcome, 'lines' | 'entries' | 'unread' | 'assumptions'>;
}

/** Throws a usageError for what is no capture, a storeError for what the store refuses. */
export const importCapture = (session: ImportSession, path: string, options: ImportOptions): Promise<ImportOutcome> =>
  told(session.store, importOne(session, path, options));

async function importOne(session: ImportSession, path: string, options: ImportOptions): Promise<ImportOutcome> {
  let file: NewFile | null = null;
  let digest: FileDigest | null = null;
  let isOpened = false;
  try {
    file = openNewFile(path);
    const known = file === null || options.force ? null : await recognise(session, file);
    // For files that are read ahead the store may be looked at again.
    const place = { id: known?.capture.id ?? 0, revision: known?.capture.revision ?? (options.force ? null : session.knownRevision) };
    session.ahead?.expect(options.upcoming ?? [], (other) => isNew(session, other, options.force));
    if (known !== null && isIn(known, path)) return await already(session, file as NewFile, known);
    const skipFrames = known?.capture.frames ?? 0;
    // Pipes belong to this thread.
    const opened = await (session.ahead === null || file === null ? openPath(path, { skipFrames, wantsContent: file !== null, ...blockOf(session.settings) }) : session.ahead.open(path, skipFrames));
    const { source } = opened;
    isOpened = true;
    try {
      // The ring, or whoever packs its files, was quicker: nothing was counted yet.
      if (file?.isReplaced() === true) throw usageError(`${path}: was replaced while it was opened`, 'Import it again.');
      if (opened.kind === 'log') {
        // A log without a year takes that of the captures in the store.
        await commit(session);
        const { beginLogs, importLog, NO_LOG_OPTIONS } = await import('./import-log.ts');
        session.logs ??= beginLogs(session.store, () => nextRevision(session.writer));
        const { status, reason, ...log } = await importLog(session.logs, path, opened.source, opened.packing !== '', { ...options, log: options.log ?? NO_LOG_OPTIONS });
        return { status, packets: 0, bytes: 0, reason, log };
      }
      if (file !== null) digest = session.digester.begin(file.descriptor, file.size);
      return await readAll(session, path, opened.source, file, digest, { known, place }, options);
    } finally {
      await source.close();
    }
  } finally {
    // A reader that has begun it would wait for its batches to be taken.
    if (!isOpened) session.ahead?.pass(path);
    if (digest === null) file?.close();
    else digest.close(() => file?.close());
  }
}

function knownCaptures(session: ImportSession): KnownCaptures {
  const { db } = session.store;
  if (session.known === null) db.transaction(() => Object.assign(session, { known: indexCaptures(listFileCaptures(db)), knownRevision: readRevision(db) })).deferred();
  return session.known as KnownCaptures;
}

/** The capture that this file is, or goes on with. One that is counted and not in the store yet must be there to be found. */
async function recognise(session: ImportSession, file: NewFile): Promise<Known | null> {
  if (await isAwaited(session, file)) await commit(session);
  return findKnown(knownCaptures(session), file);
}

/** What was broken off is read on, the same file or not. Throws a usageError where it is to be read on from another file. */
function isIn({ capture, holds }: Known, path: string): boolean {
  if (holds === 'remembered') return true;
  if (holds === 'more') return false;
  const isOpen = isBrokenOff(capture);
  if (isOpen && holds === 'part') throw usageError(`${path}: what it holds is the beginning of ${capture.name}, whose import was broken off`, `Import ${capture.name} first.`);
  return !isOpen;
}

async function already(session: ImportSession, file: NewFile, { capture, holds }: Known): Promise<ImportOutcome> {
  await settleWriting(session);
  const { db } = session.store;
  if (holds === 'twin' || (holds === 'same' && capture.content === null)) {
    if (holds === 'twin') addForm(db, capture.id, { head: file.headOf(file.size), digest: digestPrefix(file.descriptor, file.size), size: file.size });
    else setContent(db, capture.id, await contentOf(file));
    session.known = null;
  }
  const reason = holds === 'part' ? `what it holds is the beginning of ${capture.name}, which is in the store` : `the same content is in the store as ${capture.name}`;
  return { status: 'already', packets: 0, bytes: 0, reason };
}

/** A regular file of which nothing is in the store: it will be read from its start, whatever the files before it bring. */
function isNew(session: ImportSession, path: string, force: boolean): boolean {
  try {
    const file = openNewFile(path);
    if (file === null) return false;
    try {
      return force || candidatesOf(knownCaptures(session), file).length === 0;
    } finally {
      file.close();
    }
  } catch {
    // It cannot be read: that is told when its turn comes.
    return false;
  }
}

/** What the store has of a capture before it is read. */
interface Standing {
  readonly known: Known | null;
  readonly place: ReadCapture['place'];
}

async function readAll(
  session: ImportSession,
  path: string,
  source: FrameSource,
  file: NewFile | null,
  digest: FileDigest | null,
  { known, place }: Standing,
  options: ImportOptions,
): Promise<ImportOutcome> {
  const first = await source.next();
  if (first !== null && (known === null || !isBrokenOff(known.capture))) await turnBack(session, first.seconds[0]);
  const run = beginRun(session, path, source, file, digest, { known, place });
  const { checkpointFrames = CHECKPOINT_FRAMES } = session.settings;
  const breathingBatches = session.settings.checkpointFrames === undefined ? BREATHING_BATCHES : 1;
  for (let batch = first, batches = 1; batch !== null; batch = await source.next(), batches++) {
    const full = recordBatch(session.recorder, batch);
    session.frames += batch.count;
    const isShort = isMemoryShort(COMMIT_FACTOR);
    if (full || session.frames >= checkpointFrames || isShort) {
      run.close('running', '');
      await (isShort ? commit(session) : handOver(session));
    }
    // What is in the store is out of memory; where that was not enough, the next conversation is one too many.
    if (isShort) requireMemory(`the sessions that ${path} holds open at octet ${source.counts.fileBytesRead}`, 'what was read is in the store, and the import goes on from there', COMMIT_FACTOR);
    if (batches % breathingBatches !== 0) continue;
    options.progress(source.counts.fileBytesRead);
    digest?.follow(source.counts.fileBytesRead);
    if (session.writing?.isOver === true) await settleWriting(session);
    await new Promise(setImmediate);
    if (options.signal.aborted) {
      run.close('interrupted', 'stopped by the user');
      await commit(session);
      return { status: 'interrupted', ...run.amount(), reason: 'stopped by the user' };
    }
  }
  const end = source.end();
  run.close(stateOf(end), reasonOf(end));
  if ((options.upcoming ?? []).length === 0) await commit(session);
  return { status: statusOf(end, known, source.counts.frames), ...run.amount(), reason: reasonOf(end), ...(end.kind === 'truncated' && file !== null ? { mayGrow: true } : {}) };
}

/** Files of a ring overlap by less. */
const MOST_OVERLAP_SECONDS = 60;

/** Captures may come in any order: what is earlier than what is counted already is counted in an interval of its own. */
async function turnBack(session: ImportSession, seconds: number): Promise<void> {
  if (seconds < latestSecond(session.recorder) - MOST_OVERLAP_SECONDS) await commit(session);
  beginAt(session.recorder, seconds);
}

/** Of the reader's counters, those that skipped frames have a part in (open.ts). */
const COUNTED_FROM_THE_START = /^reader\.(?:unknownBlock\.|droppedByCapture$)/;

interface Run {
  /** What was counted since the last checkpoint is a capture's, as far as it was read. */
  close(state: CaptureState, reason: string): void;
  amount(): Pick<ImportOutcome, 'packets' | 'bytes' | 'unreadLinkTypes'>;
}

function beginRun(session: ImportSession, path: string, source: FrameSource, file: NewFile | null, digest: FileDigest | null, { known, place }: Standing): Run {
  const { recorder, read } = session;
  const before = read.at(-1);
  if (before !== undefined) before.figures = figuresOf(recorder);
  beginCapture(recorder);
  // Blocks that are walked past again count again.
  const told = new Map(known === null ? [] : readCaptureCounters(session.store.db, known.capture.id).filter(([name]) => COUNTED_FROM_THE_START.test(name)));
  let packets = 0;
  let bytes = 0;
  const unread: Record<string, number> = {};
  return {
    amount: () => ({ packets, bytes, ...(Object.keys(unread).length === 0 ? {} : { unreadLinkTypes: unread }) }),
    close(state, reason) {
      const size = source.counts.fileBytesRead;
      const sha256 = digest === null ? Promise.resolve('') : digest.upTo(size);
      // Awaited by the commit: until then a failure is nobody's.
      sha256.catch(() => undefined);
      const part: ReadCapture = {
        kind: digest === null ? 'stream' : 'file',
        name: path,
        format: source.format,
        head: file?.headOf(size) ?? '',
        place,
        state,
        reason,
        size,
        digest: sha256,
        content: source.content?.() ?? null,
        counts: newCounts(source, told),
        figures: null,
      };
      addRead(session, part);
      const figures = figuresOf(recorder);
      packets += figures.packets;
      bytes += figures.bytes;
      for (const [name, count] of figures.counters) if (name.startsWith(UNREAD_LINK_PREFIX)) unread[name.slice(UNREAD_LINK_PREFIX.length)] = (unread[name.slice(UNREAD_LINK_PREFIX.length)] ?? 0) + count;
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
      return `truncated at octet ${end.offset} (${end.lost} ${end.lost === 1 ? 'octet' : 'octets'} of an unfinished record): ${end.reason}`;
    case 'corrupt':
      return `corrupt at octet ${end.offset} (${end.skipped} ${end.skipped === 1 ? 'octet' : 'octets'} skipped): ${end.reason}`;
    case 'unsupported':
      return end.reason;
  }
};

function statusOf(end: SourceEnd, known: Known | null, frames: number): ImportOutcome['status'] {
  if (end.kind === 'unsupported') return frames > 0 ? 'damaged' : 'rejected';
  if (end.kind !== 'complete') return 'damaged';
  return known === null ? 'imported' : 'continued';
}
