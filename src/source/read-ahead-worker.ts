/**
 * The thread that reads captures ahead of the decoder: opens, decompresses and walks one file after the other. In: a
 * request a file. Out: its batches in shared memory, a fixed number of them, each used again once the decoder has
 * released it; then how the file ended. Left out: which files, and what becomes of the frames (read-ahead.ts).
 */
import { parentPort, workerData } from 'node:worker_threads';
import { BaselineError } from '../errors.ts';
import { createFrameBatch, type SourceMemory } from './frame-batch.ts';
import { openPath } from './open.ts';
import { BATCHES, BLOCKS, type Answer, type ReaderMemory, type ReadRequest } from './read-ahead.ts';

const { released, columns } = workerData as ReaderMemory;
const post = (answer: Answer): void => parentPort?.postMessage(answer);

/** Batches handed over so far; `released` holds how many of them are used up. */
let handed = 0;
const waitFor = (used: number): void => {
  for (let now = Atomics.load(released, 0); now < used; now = Atomics.load(released, 0)) Atomics.wait(released, 0, now);
};

const batches = columns.map((one) => createFrameBatch(one));
const blocks = Array.from({ length: BLOCKS }, () => ({ memory: new SharedArrayBuffer(0), isKnown: false, lastBatch: 0 }));
let current = 0;

const memory: SourceMemory = {
  block(octets) {
    current = (current + 1) % BLOCKS;
    const block = blocks[current];
    waitFor(block.lastBatch);
    if (block.memory.byteLength < octets) {
      block.memory = new SharedArrayBuffer(octets);
      block.isKnown = false;
    }
    return new Uint8Array(block.memory, 0, octets);
  },
  batch() {
    waitFor(handed - BATCHES + 1);
    return batches[handed % BATCHES];
  },
};

async function readAhead({ path, skipFrames, blockBytes }: ReadRequest): Promise<void> {
  const opened = await openPath(path, { skipFrames, blockBytes, memory, wantsContent: true });
  const { source } = opened;
  try {
    if (opened.kind === 'log') return post({ kind: 'log' });
    const { format, counts, interfaces, next, end, content } = opened.source;
    post({ kind: 'opened', format, counts });
    for (let batch = await next(); batch !== null; batch = await next()) {
      const block = blocks[current];
      const { count, linkType, bytes } = batch;
      const added = block.isKnown ? null : block.memory;
      post({ kind: 'batch', batch: handed % BATCHES, block: current, memory: added, octets: bytes.length, count, linkType, counts, content: content?.() ?? null });
      block.isKnown = true;
      block.lastBatch = ++handed;
    }
    post({ kind: 'end', end: end(), counts, interfaces, content: content?.() ?? null });
  } finally {
    await source.close();
  }
}

let queue = Promise.resolve();
parentPort?.on('message', (request: ReadRequest) => {
  queue = queue.then(() => readAhead(request)).catch((error: unknown) => {
    if (!(error instanceof BaselineError)) throw error;
    const { message, remedy, exitCode } = error;
    post({ kind: 'refused', message, remedy, exitCode });
  });
});
