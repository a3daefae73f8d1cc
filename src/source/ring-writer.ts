/**
 * The raw packets kept beside the store: pcapng files in a folder, named as dumpcap names its ring
 * (`PREFIX_00001_20260102030405.pcapng`: number, local time of the first frame), the oldest deleted for the newest.
 * In: live frame batches. Out: files, mode 0600, that hold whole blocks at any moment but a crash.
 * A full disk does not end a capture: frames are counted as not kept, the file is cut to its last whole block, and a
 * new file is tried again after a while. Files of an earlier run are adopted, so the folder stays bounded; of a writer that
 * still runs they would be deleted, so the folder is locked (flock(2): nothing is left of it when a writer is killed).
 */

import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';

import { BaselineError, errorCode, storeError } from '../errors.ts';
import type { FrameBatch } from './frame-batch.ts';
import { loadAddon } from './live-addon.ts';
import { makeFolders } from './new-folder.ts';
import type { CaptureTotals } from './pcap-stats.ts';
import {
  createBlockBuffer,
  packetBlockBytes,
  writeInterface,
  writePacket,
  writeSection,
  writeStatistics,
  type BlockBuffer,
  type WrittenInterface,
  type WrittenStatistics,
} from './pcapng-writer.ts';

export interface RingOptions {
  readonly folder: string;
  readonly prefix?: string;
  /** A file is ended before it grows beyond this. */
  readonly fileBytes: number;
  /** How many files are kept, the one being written included. */
  readonly files: number;
  /** Handed to the disk (fdatasync) at least this often, and at the end of each file. 0: only at the end of each file. */
  readonly syncMs?: number;
  /** How long to wait after a failed write before a new file is tried. */
  readonly retryMs?: number;
  /** For tests: a clock that only goes forward. */
  readonly nowMs?: () => number;
  /** For tests: what opens a file. */
  readonly openFile?: typeof fs.open;
}

export interface RingState {
  readonly files: number;
  readonly framesKept: number;
  /** Frames that were captured and analysed, but not kept in the ring. */
  readonly framesNotKept: number;
  /** Why nothing is kept at the moment. */
  readonly failure: string | undefined;
  readonly currentFile: string | undefined;
  /** Octets that its disk had too few for all files of the ring, when it was opened; 0: there was room. */
  readonly missing: number;
}

export interface RingWriter {
  /** Takes the batch in before it resolves; `interfaces` are those of the source, in its order. */
  write(batch: FrameBatch & { readonly interfaceIndex: number; readonly totals: CaptureTotals }, interfaces: readonly WrittenInterface[]): Promise<void>;
  sync(): Promise<void>;
  state(): RingState;
  /** The next frame begins a new file. */
  endFile(): Promise<void>;
  /** Ends the file, and lets the folder go. */
  close(): Promise<void>;
}

interface OpenFile {
  readonly handle: fs.FileHandle;
  readonly path: string;
  /** Octets of whole blocks. */
  length: number;
  frames: number;
  /** Interfaces that this file describes: the first so many of the source's. */
  interfaces: number;
  /** Totals when the file began: its statistics are its own. */
  readonly before: Map<number, CaptureTotals>;
}

const FLUSH_BYTES = 1 << 20;
const NO_TOTALS: WrittenStatistics = { received: 0, interfaceDropped: 0, kernelDropped: 0, processed: 0 };

const wordOf = (error: unknown): string => errorCode(error) || String(error);

const TAKEN = 'another program writes files of the same names there: a ring needs a folder of its own';

const two = (value: number): string => String(value).padStart(2, '0');

/** Local time, as dumpcap has it in the names of its files. */
function localStamp(seconds: number): string {
  const at = new Date((Number.isNaN(seconds) ? 0 : seconds) * 1000);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join('');
}

async function findOwnFiles(folder: string, prefix: string): Promise<{ path: string; number: number }[]> {
  const own: { path: string; number: number }[] = [];
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.startsWith(`${prefix}_`)) continue;
    const match = /^_(\d{5,9})_\d{14}\.pcapng$/.exec(entry.name.slice(prefix.length));
    if (match !== null) own.push({ path: join(folder, entry.name), number: Number(match[1]) });
  }
  return own.sort((a, b) => a.number - b.number || (a.path < b.path ? -1 : 1));
}

export async function openRing(options: RingOptions): Promise<RingWriter> {
  const { folder, fileBytes, files } = options;
  const prefix = options.prefix ?? 'baseline';
  const nowMs = options.nowMs ?? (() => performance.now());
  const openFile = options.openFile ?? fs.open;
  const syncMs = options.syncMs ?? 0;
  const retryMs = options.retryMs ?? 5000;
  let kept: string[];
  let number: number;
  let missing: number;
  let held: fs.FileHandle | undefined;
  try {
    makeFolders(folder, 0o700);
    await fs.access(folder, constants.W_OK | constants.X_OK);
    held = await fs.open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    if (!loadAddon().lock(held.fd)) {
      throw storeError(`another capture keeps its packets in the ring folder ${JSON.stringify(folder)}`, 'Give each capture a folder of its own with --ring, or stop that one first.');
    }
    const own = await findOwnFiles(folder, prefix);
    kept = own.map((file) => file.path);
    number = own.at(-1)?.number ?? 0;
    const sizes = await Promise.all(kept.map((path) => fs.stat(path).then(({ size }) => size, () => 0)));
    const { bavail, bsize } = await fs.statfs(folder);
    missing = Math.max(0, fileBytes * files - sizes.reduce((sum, size) => sum + size, 0) - bavail * bsize);
  } catch (error) {
    await held?.close();
    if (error instanceof BaselineError) throw error;
    throw storeError(`the ring folder ${JSON.stringify(folder)} cannot be written: ${wordOf(error)}`, 'Name a folder that this user may write, with --ring.');
  }

  const buffer: BlockBuffer = createBlockBuffer();
  const newest = new Map<number, CaptureTotals>();
  let file: OpenFile | undefined;
  let failure: string | undefined;
  let retryAtMs = 0;
  let syncedMs = nowMs();
  let framesKept = 0;
  let framesNotKept = 0;
  /** Frames encoded in `buffer` and not written yet. */
  let pending = 0;

  async function deleteOldest(most: number): Promise<void> {
    while (kept.length > most) {
      const oldest = kept.shift() as string;
      await fs.rm(oldest, { force: true }).catch((error: unknown) => {
        failure = `${oldest}: ${wordOf(error)}`;
      });
    }
  }

  async function begin(seconds: number): Promise<void> {
    await deleteOldest(Math.max(0, files - 1));
    number++;
    const path = join(folder, `${prefix}_${String(number).padStart(5, '0')}_${localStamp(seconds)}.pcapng`);
    // `wx`: never over another's file, never through a link.
    const handle = await openFile(path, 'wx', 0o600);
    kept.push(path);
    file = { handle, path, length: 0, frames: 0, interfaces: 0, before: new Map(newest) };
    writeSection(buffer);
  }

  /** Ends on a whole block, whatever happened to the last write. */
  async function giveUp(error: unknown, lost: number): Promise<void> {
    framesNotKept += lost;
    const code = wordOf(error);
    failure = `${file?.path ?? folder}: ${code === 'EEXIST' ? TAKEN : code}`;
    retryAtMs = nowMs() + retryMs;
    buffer.length = 0;
    pending = 0;
    const failed = file;
    file = undefined;
    if (failed === undefined) return;
    await failed.handle.truncate(failed.length).catch(() => undefined);
    await failed.handle.close().catch(() => undefined);
    if (failed.frames === 0) {
      kept = kept.filter((path) => path !== failed.path);
      await fs.rm(failed.path, { force: true }).catch(() => undefined);
    }
  }

  async function flush(): Promise<void> {
    const into = file as OpenFile;
    for (let done = 0; done < buffer.length; ) {
      const { bytesWritten } = await into.handle.write(buffer.bytes, done, buffer.length - done, into.length + done);
      if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
      done += bytesWritten;
    }
    into.length += buffer.length;
    into.frames += pending;
    framesKept += pending;
    buffer.length = 0;
    pending = 0;
    failure = undefined;
  }

  async function finish(): Promise<void> {
    const ending = file as OpenFile;
    for (let id = 0; id < ending.interfaces; id++) {
      const now = newest.get(id);
      if (now === undefined) continue;
      const before = ending.before.get(id) ?? NO_TOTALS;
      writeStatistics(buffer, id, {
        received: now.received - before.received,
        interfaceDropped: now.interfaceDropped - before.interfaceDropped,
        kernelDropped: now.kernelDropped - before.kernelDropped,
        processed: now.processed - before.processed,
      });
    }
    await flush();
    await ending.handle.datasync();
    await ending.handle.close();
    file = undefined;
  }

  async function append(batch: FrameBatch, interfaceIndex: number, interfaces: readonly WrittenInterface[], taken: { count: number }): Promise<void> {
    while (taken.count < batch.count) {
      const frame = taken.count;
      const size = packetBlockBytes(batch.captured[frame]);
      if (file !== undefined && file.frames + pending > 0 && file.length + buffer.length + size > fileBytes) await finish();
      if (file === undefined) await begin(batch.seconds[frame]);
      const open = file as OpenFile;
      for (; open.interfaces < interfaces.length; open.interfaces++) writeInterface(buffer, interfaces[open.interfaces]);
      writePacket(buffer, interfaceIndex, batch, frame);
      taken.count++;
      pending++;
      if (buffer.length >= FLUSH_BYTES) await flush();
    }
    if (buffer.length > 0) await flush();
  }

  async function sync(): Promise<void> {
    syncedMs = nowMs();
    try {
      await file?.handle.datasync();
    } catch (error) {
      await giveUp(error, 0);
    }
  }

  async function endFile(): Promise<void> {
    if (file === undefined) return;
    try {
      await finish();
    } catch (error) {
      await giveUp(error, pending);
    }
  }

  return {
    async write(batch, interfaces) {
      if (batch.count > 0) {
        if (failure !== undefined && file === undefined && nowMs() < retryAtMs) framesNotKept += batch.count;
        else {
          const taken = { count: 0 };
          try {
            await append(batch, batch.interfaceIndex, interfaces, taken);
          } catch (error) {
            // The frames encoded but not written, and those of this batch that were not reached.
            await giveUp(error, pending + batch.count - taken.count);
          }
        }
      }
      newest.set(batch.interfaceIndex, batch.totals);
      if (syncMs > 0 && nowMs() - syncedMs >= syncMs) await sync();
    },
    sync,
    state: () => ({ files: kept.length, framesKept, framesNotKept, failure, currentFile: file?.path, missing }),
    endFile,
    async close() {
      await endFile();
      await held?.close();
    },
  };
}
