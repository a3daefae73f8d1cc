/**
 * SHA-256 of a file's first octets, computed beside the import: a capture's identity, and its digest in the report.
 * Large files are hashed by a worker thread that trails the reader through the page cache, so that the second core pays.
 * In: a path and how far. Out: the digest of exactly that prefix.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

export interface FileDigest {
  /** The reader is this far: hash on in the background. */
  follow(octets: number): void;
  /** SHA-256, in hex, of the first `octets`; never less than asked before. */
  upTo(octets: number): Promise<string>;
  close(): Promise<void>;
}

const CHUNK = 1 << 20;
/** Below this a worker costs more than it saves. */
const WORKER_FROM = 16 << 20;

/** The first `octets` of a file, hashed at once. */
export function digestPrefix(path: string, octets: number): string {
  const hash = createHash('sha256');
  const descriptor = openSync(path, 'r');
  try {
    const chunk = new Uint8Array(Math.min(CHUNK, Math.max(1, octets)));
    for (let at = 0; at < octets; ) {
      const got = readSync(descriptor, chunk, 0, Math.min(chunk.length, octets - at), at);
      if (got === 0) break;
      hash.update(chunk.subarray(0, got));
      at += got;
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

export function createFileDigest(path: string, size: number): FileDigest {
  return size < WORKER_FROM ? createInlineDigest(path) : createWorkerDigest(path);
}

function createInlineDigest(path: string): FileDigest {
  return { follow: () => undefined, upTo: async (octets) => digestPrefix(path, octets), close: async () => undefined };
}

/** As text, because a worker's file would have another name when run from source than when built. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const { openSync, readSync } = require('node:fs');
const descriptor = openSync(workerData.path, 'r');
const hash = createHash('sha256');
const chunk = new Uint8Array(workerData.chunk);
let at = 0;
parentPort.on('message', ({ octets, answer }) => {
  while (at < octets) {
    const got = readSync(descriptor, chunk, 0, Math.min(chunk.length, octets - at), at);
    if (got === 0) break;
    hash.update(chunk.subarray(0, got));
    at += got;
  }
  if (answer) parentPort.postMessage(hash.copy().digest('hex'));
});
`;

function createWorkerDigest(path: string): FileDigest {
  const worker = new Worker(WORKER, { eval: true, workerData: { path, chunk: CHUNK } });
  const waiting: { resolve: (digest: string) => void; reject: (error: Error) => void }[] = [];
  worker.on('message', (digest: string) => waiting.shift()?.resolve(digest));
  worker.on('error', (error) => waiting.splice(0).forEach((one) => one.reject(error)));
  worker.unref();
  let followed = 0;
  return {
    follow(octets) {
      if (octets - followed < 8 * CHUNK) return;
      followed = octets;
      worker.postMessage({ octets, answer: false });
    },
    upTo: (octets) =>
      new Promise((resolve, reject) => {
        worker.ref();
        waiting.push({
          resolve: (digest) => {
            worker.unref();
            resolve(digest);
          },
          reject,
        });
        worker.postMessage({ octets, answer: true });
      }),
    close: async () => void (await worker.terminate()),
  };
}
