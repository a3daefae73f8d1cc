/**
 * Captures read ahead by other threads, while one thread decodes in the order of the files. In: the files to come; out: the
 * FrameSource of each, whose batches lie in shared memory. The decoder sees the same batches, counts and errors as if
 * it had read the file itself: only who decompresses differs. Back-pressure: a reader owns BATCHES batches and stops
 * when none is released.
 * Left out on purpose: pipes, which belong to the thread that asks for them, and plain files, which gain nothing: what a
 * second thread saves of reading, the first one pays when it fetches the octets from the other's cache (measured).
 */
import { closeSync, openSync, readSync, type Stats } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { BaselineError, type ExitCode } from '../errors.ts';
import { BLOCK_BYTES } from './block.ts';
import { statOrNull } from './byte-source.ts';
import {
  COLUMN_BYTES, createFrameBatch, createSourceCounts,
  type CaptureInterface, type Content, type FrameBatch, type FrameSource, type SourceCounts, type SourceEnd,
} from './frame-batch.ts';
import { openPath, type Opened } from './open.ts';
import { sniff } from './sniff.ts';

/** Batches of one reader that may wait or be read; with their blocks 3 MB, which the third-level cache holds. */
export const BATCHES = 4;
/** One more than batches: the one that is being filled. */
export const BLOCKS = BATCHES + 1;
/** Files opened ahead by one reader. */
const FILES_AHEAD = 2;

export interface ReadRequest {
  readonly path: string;
  readonly skipFrames: number;
  readonly blockBytes: number;
}

export interface ReaderMemory {
  /** One number: batches that the decoder is done with. */
  readonly released: Int32Array;
  readonly columns: readonly SharedArrayBuffer[];
}

export type Answer =
  | { readonly kind: 'opened'; readonly format: string; readonly counts: SourceCounts }
  | {
      readonly kind: 'batch';
      readonly batch: number;
      readonly block: number;
      /** The block's memory, where the decoder has not seen it yet. */
      readonly memory: SharedArrayBuffer | null;
      readonly octets: number;
      readonly count: number;
      readonly linkType: number;
      readonly counts: SourceCounts;
      readonly content: Content | null;
    }
  | { readonly kind: 'end'; readonly end: SourceEnd; readonly counts: SourceCounts; readonly interfaces: readonly CaptureInterface[]; readonly content: Content | null }
  | { readonly kind: 'refused'; readonly message: string; readonly remedy: string; readonly exitCode: ExitCode }
  | { readonly kind: 'log' }
  /** The thread itself is gone. */
  | { readonly kind: 'failed'; readonly error: Error };

/** A file that a reader has opened or will open. */
interface Job {
  readonly path: string;
  readonly reader: Reader;
  /** As it was when it was begun: a file that has changed since is opened again. */
  readonly stat: Stats | null;
  readonly answers: Answer[];
  wake: () => void;
}

interface Reader {
  readonly worker: Worker;
  readonly released: Int32Array;
  readonly batches: readonly FrameBatch[];
  /** Memory of its blocks, as far as it has come into use. */
  readonly blocks: SharedArrayBuffer[];
  /** Its files whose end has not arrived, in order. */
  readonly arriving: Job[];
}

export interface ReadAhead {
  /** What will be asked for next, in this order; null where it must not be opened before its turn. */
  expect(paths: readonly string[], mayBegin: (path: string) => boolean): void;
  /** As openPath. */
  open(path: string, skipFrames: number): Promise<Opened>;
  /** A file whose turn came and that is not wanted. */
  pass(path: string): void;
  close(): Promise<void>;
}

const isSame = (a: Stats | null, b: Stats | null): boolean =>
  a !== null && b !== null && a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs;

/** Octets that tell a compression. */
const MAGIC_BYTES = 4;

/** Whether a path is a compressed regular file. What cannot be read is no matter here: whoever opens it will say so. */
function isPacked(path: string): boolean {
  try {
    if (statOrNull(path)?.isFile() !== true) return false;
    const descriptor = openSync(path, 'r');
    try {
      const head = new Uint8Array(MAGIC_BYTES);
      return sniff(head.subarray(0, readSync(descriptor, head, 0, MAGIC_BYTES, 0)), true).kind === 'compressed';
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}

/** The same module's neighbour, as source or as built. */
const WORKER = new URL(`./read-ahead-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

/** @param readers threads beside the decoder's, at least 1; made when there is something to read */
export function createReadAhead(readers: number, { blockBytes = BLOCK_BYTES }: { readonly blockBytes?: number } = {}): ReadAhead {
  const threads = new Set<Reader>();
  const jobs: Job[] = [];
  let coming: readonly string[] = [];
  /** Looked at, and nothing for a reader. */
  const passedOver = new Set<string>();
  /** A thread could not be had, or died: no other is tried. */
  let isBroken = false;
  let mayBegin: (path: string) => boolean = () => false;

  function createReader(): Reader {
    const released = new Int32Array(new SharedArrayBuffer(4));
    const columns = Array.from({ length: BATCHES }, () => new SharedArrayBuffer(COLUMN_BYTES));
    const worker = new Worker(WORKER, { workerData: { released, columns } });
    const reader: Reader = { worker, released, batches: columns.map((one) => createFrameBatch(one)), blocks: [], arriving: [] };
    threads.add(reader);
    worker.on('message', (answer: Answer) => arrive(reader, answer));
    worker.on('error', (error) => {
      threads.delete(reader);
      isBroken = true;
      while (reader.arriving.length > 0) arrive(reader, { kind: 'failed', error });
    });
    return reader;
  }

  function arrive(reader: Reader, answer: Answer): void {
    const job = reader.arriving[0];
    job.answers.push(answer);
    job.wake();
    if (answer.kind === 'opened' || answer.kind === 'batch') return;
    reader.arriving.shift();
    begin();
  }

  /** @param alone with nothing waiting to be taken: else what it reads now would stand behind that, and both threads would wait */
  const idle = (alone: boolean): Reader | undefined => {
    for (const reader of threads) if (reader.arriving.length === 0 && !(alone && jobs.some((job) => job.reader === reader))) return reader;
    return threads.size < readers && !isBroken ? createReader() : undefined;
  };

  function start(path: string, skipFrames: number, alone: boolean): Job | undefined {
    const reader = idle(alone);
    if (reader === undefined) return undefined;
    const job: Job = { path, reader, stat: statOrNull(path), answers: [], wake: () => undefined };
    jobs.push(job);
    reader.arriving.push(job);
    reader.worker.postMessage({ path, skipFrames, blockBytes } satisfies ReadRequest);
    return job;
  }

  function begin(): void {
    while (coming.length > 0 && jobs.length < FILES_AHEAD * readers) {
      const path = coming[0];
      if (!isPacked(path)) passedOver.add(path);
      else if (!mayBegin(path) || start(path, 0, false) === undefined) return;
      coming = coming.slice(1);
    }
  }

  /** The reader may stand in the midst of the file: it goes, and with it whatever else it had begun. */
  function abandon(job: Job): void {
    const { reader } = job;
    threads.delete(reader);
    void reader.worker.terminate();
    for (let i = jobs.length - 1; i >= 0; i--) if (jobs[i].reader === reader) jobs.splice(i, 1);
  }

  const jobOf = (path: string): Job | undefined => jobs.find((job) => job.path === path);

  async function open(path: string, skipFrames: number): Promise<Opened> {
    let job = jobOf(path);
    if (job !== undefined && (skipFrames > 0 || !isSame(job.stat, statOrNull(path)))) {
      abandon(job);
      job = undefined;
    }
    if (isPacked(path)) job ??= start(path, skipFrames, true);
    begin();
    if (job === undefined) return openPath(path, { skipFrames, blockBytes, wantsContent: true });
    const answer = await nextAnswer(job);
    if (answer.kind === 'opened') return { kind: 'capture', source: createSource(job, answer, () => abandon(job)) };
    jobs.splice(jobs.indexOf(job), 1);
    if (answer.kind === 'refused') throw new BaselineError(answer.message, answer.remedy, answer.exitCode);
    // A log, which this thread reads; or the thread is gone.
    return openPath(path, { skipFrames, blockBytes, wantsContent: true });
  }

  function createSource(job: Job, opened: Extract<Answer, { kind: 'opened' }>, giveUp: () => void): FrameSource {
    const { reader } = job;
    const counts = createSourceCounts(0);
    const interfaces: CaptureInterface[] = [];
    Object.assign(counts, opened.counts);
    let isHeld = false;
    let end: SourceEnd | null = null;
    let content: Content | null = null;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      Atomics.add(reader.released, 0, 1);
      Atomics.notify(reader.released, 0);
    };
    return {
      format: opened.format,
      counts,
      interfaces,
      async next() {
        release();
        if (end !== null) return null;
        const answer = await nextAnswer(job);
        if (answer.kind === 'batch') {
          isHeld = true;
          Object.assign(counts, answer.counts);
          content = answer.content;
          return fillBatch(reader, answer);
        }
        jobs.splice(jobs.indexOf(job), 1);
        if (answer.kind !== 'end') throw answer.kind === 'failed' ? answer.error : new Error(`${job.path}: the reader answered ${answer.kind}`);
        Object.assign(counts, answer.counts);
        interfaces.push(...answer.interfaces);
        end = answer.end;
        content = answer.content;
        begin();
        return null;
      },
      end: () => end ?? { kind: 'truncated', offset: counts.position, lost: 0, reason: 'reading was broken off' },
      content: () => content,
      async close() {
        release();
        if (end === null && jobs.includes(job)) giveUp();
      },
    };
  }

  return {
    expect(paths, isNew) {
      coming = paths.filter((path) => jobOf(path) === undefined && !passedOver.has(path));
      mayBegin = isNew;
      begin();
    },
    open,
    pass(path) {
      const job = jobOf(path);
      if (job !== undefined) abandon(job);
    },
    async close() {
      coming = [];
      await Promise.all([...threads].map((reader) => reader.worker.terminate()));
      threads.clear();
    },
  };
}

/** The batch that an answer tells of, as it lies in shared memory. */
function fillBatch(reader: Reader, answer: Extract<Answer, { kind: 'batch' }>): FrameBatch {
  const batch = reader.batches[answer.batch];
  if (answer.memory !== null) reader.blocks[answer.block] = answer.memory;
  const memory = reader.blocks[answer.block];
  if (batch.bytes.buffer !== memory || batch.bytes.length !== answer.octets) {
    batch.bytes = new Uint8Array(memory, 0, answer.octets);
    batch.view = new DataView(memory, 0, answer.octets);
  }
  batch.count = answer.count;
  batch.linkType = answer.linkType;
  return batch;
}

async function nextAnswer(job: Job): Promise<Answer> {
  while (job.answers.length === 0) await new Promise<void>((resolve) => (job.wake = resolve));
  return job.answers.shift() as Answer;
}
