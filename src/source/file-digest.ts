/**
 * SHA-256 of a file's first octets, computed beside the import: a capture's identity, and its digest in the report.
 * Large files are hashed by a worker thread that trails the reader through the page cache, so that the second core pays;
 * one thread for all files of an import. In: a path and how far. Out: the digest of exactly that prefix.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { openError } from './byte-source.ts';

export interface FileDigest {
  /** The reader is this far: hash on in the background. */
  follow(octets: number): void;
  /** SHA-256, in hex, of the first `octets`; never less than asked before. */
  upTo(octets: number): Promise<string>;
  /** No more will be asked; what was asked is still answered. */
  close(): void;
}

export interface Digester {
  begin(path: string, size: number): FileDigest;
  close(): Promise<void>;
}

const CHUNK = 1 << 20;
/** Below this a worker costs more than it saves. */
const WORKER_FROM = 16 << 20;

/** The first `octets` of a file, hashed at once; as far as they can be read. Throws a usageError where it cannot be opened. */
export function digestPrefix(path: string, octets: number): string {
  const hash = createHash('sha256');
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw openError(path, error);
  }
  try {
    const chunk = new Uint8Array(Math.min(CHUNK, Math.max(1, octets)));
    for (let at = 0; at < octets; ) {
      const got = readSome(descriptor, chunk, Math.min(chunk.length, octets - at), at);
      if (got === 0) break;
      hash.update(chunk.subarray(0, got));
      at += got;
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

/** 0 at the end, and where the disk fails: whoever reads the file for its packets will say so. */
function readSome(descriptor: number, chunk: Uint8Array, length: number, at: number): number {
  try {
    return readSync(descriptor, chunk, 0, length, at);
  } catch {
    return 0;
  }
}

/** As text, because a worker's file would have another name when run from source than when built. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const { closeSync, openSync, readSync } = require('node:fs');
const chunk = new Uint8Array(workerData.chunk);
const files = new Map();
parentPort.on('message', ({ id, path, octets, answer }) => {
  if (path !== undefined) return void files.set(id, { descriptor: openSync(path, 'r'), hash: createHash('sha256'), at: 0 });
  const file = files.get(id);
  if (octets === undefined) {
    closeSync(file.descriptor);
    return void files.delete(id);
  }
  while (file.at < octets) {
    const got = readSync(file.descriptor, chunk, 0, Math.min(chunk.length, octets - file.at), file.at);
    if (got === 0) break;
    file.hash.update(chunk.subarray(0, got));
    file.at += got;
  }
  if (answer) parentPort.postMessage(file.hash.copy().digest('hex'));
});
`;

const inlineDigest = (path: string): FileDigest => ({ follow: () => undefined, upTo: async (octets) => digestPrefix(path, octets), close: () => undefined });

export function createDigester(): Digester {
  const waiting: { resolve: (digest: string) => void; reject: (error: Error) => void }[] = [];
  let worker: Worker | undefined;
  let files = 0;

  function hire(): Worker {
    const hired = new Worker(WORKER, { eval: true, workerData: { chunk: CHUNK } });
    hired.on('message', (digest: string) => waiting.shift()?.resolve(digest));
    hired.on('error', (error) => {
      worker = undefined;
      waiting.splice(0).forEach((one) => one.reject(error));
    });
    hired.unref();
    return hired;
  }

  function begin(path: string, size: number): FileDigest {
    if (size < WORKER_FROM) return inlineDigest(path);
    const hired = (worker ??= hire());
    const id = ++files;
    let followed = 0;
    hired.postMessage({ id, path });
    return {
      follow(octets) {
        if (octets - followed < 8 * CHUNK) return;
        followed = octets;
        hired.postMessage({ id, octets, answer: false });
      },
      upTo: (octets) =>
        new Promise<string>((resolve, reject) => {
          hired.ref();
          waiting.push({ resolve, reject });
          hired.postMessage({ id, octets, answer: true });
        }).finally(() => waiting.length === 0 && hired.unref()),
      close: () => hired.postMessage({ id }),
    };
  }

  return { begin, close: async () => void (await worker?.terminate()) };
}
