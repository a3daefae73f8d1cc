/**
 * Writes intervals beside the decoder: a checkpoint is as long as a tenth of the decoding before it, and another core has the time. In:
 * intervals, one after the other, and the path of a store that is open. Out: a promise that each is in the store. The thread has a
 * connection of its own, so nobody else may write before what was handed over is there.
 */
import { Worker } from 'node:worker_threads';
import { errorCode } from '../errors.ts';
import type { Interval, Written } from './interval.ts';

export interface IntervalWriter {
  /** Once all is committed. Rejects with what SQLite says, or because the thread is gone (isWriterGone). */
  write(interval: Interval): Promise<Written>;
  /** Once what was handed over is written, or was refused. */
  close(): Promise<void>;
}

/** How the thread writes. */
export interface IntervalWriting {
  /** What is committed is on the disk: there is nothing that it could be read from again. */
  readonly isDurable: boolean;
  /** How long it waits for another process's lock; 0: as long as any writer does. */
  readonly busyMs: number;
  /** The thread gives up what this one keeps of its privileges, which it was born with. */
  readonly isUnprivileged: boolean;
}

/** What the thread is told of before the first interval. */
export interface WriterSetting extends IntervalWriting {
  readonly path: string;
}

/** Of the thread; null: write nothing more, and leave. */
export type IntervalRequest = Interval | null;
export type IntervalAnswer = { readonly written: Written } | { readonly refusal: string; readonly code: string };

const GONE = 'WRITER_GONE';
/** What was handed over is not in the store, and nothing more can be. */
export const isWriterGone = (error: unknown): boolean => errorCode(error) === GONE;

/** The same module's neighbour, as source or as built. */
const WORKER = new URL(`./interval-writer-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

/** What captures that are files need. */
const AS_FILES: IntervalWriting = { isDurable: false, busyMs: 0, isUnprivileged: false };

export function createIntervalWriter(path: string, writing: IntervalWriting = AS_FILES): IntervalWriter {
  const waiting: { resolve: (written: Written) => void; reject: (error: Error) => void }[] = [];
  /** The thread is gone: nothing will be answered any more. */
  let failure: Error | undefined;
  const worker = new Worker(WORKER, { workerData: { path, ...writing } satisfies WriterSetting });
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const fail = (reason: string): void => {
    const error = (failure ??= Object.assign(new Error(`the thread that writes the store ended${reason}`), { code: GONE }));
    waiting.splice(0).forEach((one) => one.reject(error));
  };
  worker.on('error', (error: Error) => fail(`: ${error.message}`));
  worker.on('exit', () => fail(''));
  worker.on('message', (answer: IntervalAnswer) => {
    const one = waiting.shift();
    if ('written' in answer) one?.resolve(answer.written);
    // An error loses its code on its way between threads.
    else one?.reject(Object.assign(new Error(answer.refusal), { code: answer.code }));
  });
  return {
    write: (interval) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        waiting.push({ resolve, reject });
        worker.postMessage(interval satisfies IntervalRequest);
      }),
    async close() {
      worker.postMessage(null satisfies IntervalRequest);
      await gone;
    },
  };
}
