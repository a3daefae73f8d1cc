/**
 * SHA-256 of a file's first octets, computed beside the import: a capture's identity, and its digest in the report.
 * Large files are hashed by a worker thread that trails the reader through the page cache, so that the second core pays;
 * one thread for all files of an import. In: an open file and how far. Out: the digest of exactly that prefix.
 */
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

export interface FileDigest {
  /** The reader is this far: hash on in the background. */
  follow(octets: number): void;
  /** SHA-256, in hex, of the first `octets`; never less than asked before. */
  upTo(octets: number): Promise<string>;
  /** No more will be asked. `done` once what was asked is answered: then the descriptor may be closed. */
  close(done: () => void): void;
}

export interface Digester {
  /** Of an open file: what becomes of its name meanwhile is no matter. */
  begin(descriptor: number, size: number): FileDigest;
  close(): Promise<void>;
}

const CHUNK = 1 << 20;
/** Below this a worker costs more than it saves. */
const WORKER_FROM = 16 << 20;

/** The first `octets` of an open file, hashed at once; as far as they can be read: whoever reads it for its packets says what was wrong. */
export function digestPrefix(descriptor: number, octets: number): string {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(Math.min(CHUNK, Math.max(1, octets)));
  for (let at = 0; at < octets; ) {
    const got = readSome(descriptor, chunk, Math.min(chunk.length, octets - at), at);
    if (got === 0) break;
    hash.update(chunk.subarray(0, got));
    at += got;
  }
  return hash.digest('hex');
}

function readSome(descriptor: number, chunk: Uint8Array, length: number, at: number): number {
  try {
    return readSync(descriptor, chunk, 0, length, at);
  } catch {
    return 0;
  }
}

/** As text, because a worker's file would have another name when run from source than when built. Threads share descriptors. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const { readSync } = require('node:fs');
const chunk = new Uint8Array(workerData.chunk);
const files = new Map();
const readSome = (file, length) => {
  try {
    return readSync(file.descriptor, chunk, 0, length, file.at);
  } catch {
    return 0;
  }
};
parentPort.on('message', ({ id, descriptor, octets, answer }) => {
  if (descriptor !== undefined) return void files.set(id, { descriptor, hash: createHash('sha256'), at: 0 });
  const file = files.get(id);
  if (octets === undefined) return void files.delete(id);
  while (file.at < octets) {
    const got = readSome(file, Math.min(chunk.length, octets - file.at));
    if (got === 0) break;
    file.hash.update(chunk.subarray(0, got));
    file.at += got;
  }
  if (answer) parentPort.postMessage(file.hash.copy().digest('hex'));
});
`;

const inlineDigest = (descriptor: number): FileDigest => ({
  follow: () => undefined,
  upTo: async (octets) => digestPrefix(descriptor, octets),
  close: (done) => done(),
});

export function createDigester(): Digester {
  const waiting: { resolve: (digest: string) => void; reject: (error: Error) => void }[] = [];
  let worker: Worker | undefined;
  /** The thread is gone: nothing will be answered any more. */
  let failure: Error | undefined;
  let files = 0;

  function hire(): Worker {
    const hired = new Worker(WORKER, { eval: true, workerData: { chunk: CHUNK } });
    hired.on('message', (digest: string) => waiting.shift()?.resolve(digest));
    hired.on('error', (error) => {
      failure = error;
      waiting.splice(0).forEach((one) => one.reject(error));
    });
    hired.unref();
    return hired;
  }

  function begin(descriptor: number, size: number): FileDigest {
    if (size < WORKER_FROM || failure !== undefined) return inlineDigest(descriptor);
    const hired = (worker ??= hire());
    const id = ++files;
    let followed = 0;
    let asked: Promise<unknown> = Promise.resolve();
    hired.postMessage({ id, descriptor });
    return {
      follow(octets) {
        if (octets - followed < 8 * CHUNK) return;
        followed = octets;
        hired.postMessage({ id, octets, answer: false });
      },
      upTo(octets) {
        if (failure !== undefined) return Promise.resolve(digestPrefix(descriptor, octets));
        const answer = new Promise<string>((resolve, reject) => {
          hired.ref();
          waiting.push({ resolve, reject });
          hired.postMessage({ id, octets, answer: true });
        }).finally(() => waiting.length === 0 && hired.unref());
        asked = answer.catch(() => undefined);
        return answer;
      },
      close(done) {
        void asked.then(() => {
          hired.postMessage({ id });
          done();
        });
      },
    };
  }

  return { begin, close: async () => void (await worker?.terminate()) };
}
