/**
 * The paths of the command line as capture files. In: paths as given; out: files in the order to read them, what was
 * passed over in folders and why, and paths that cannot be read at all. A file given by name is taken as it is (opening
 * it judges it); of a folder the captures count, told by content, in capture order: first packet's time, then name in
 * natural order (ring files). Hidden entries, links to folders, pipes and devices in folders are passed over; what may not be read, or
 * cannot be, is not, nor what is named as a capture and is none (noughts after a power cut, a format of another program): it is missing.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { BaselineError, errorCode, usageError } from '../errors.ts';
import { openError } from './byte-source.ts';
import { openPath } from './open.ts';

export interface CaptureFile {
  readonly path: string;
  /** Octets; 0 where it cannot be known (standard input, FIFO, device). */
  readonly size: number;
}

export interface ExpandedPaths {
  readonly files: readonly CaptureFile[];
  /** Entries of folders that are no captures. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  /** Paths as given that yield nothing, and what is in folders and cannot be read; the others go on without them. */
  readonly rejected: readonly { readonly path: string; readonly error: BaselineError }[];
}

const MAX_DEPTH = 16;
/** Enough for the headers and the first frames. */
const PEEK_BYTES = 64 * 1024;

/** Names by which somebody meant a capture, numbered or packed as well (`ring.pcap12`, `day.cap.xz`). */
const CAPTURE_NAME = /\.(?:pcap|pcapng|cap)\d*(?:\.(?:gz|zst|xz|bz2|lz4|zip|7z))?$/i;

interface FoundFile extends CaptureFile {
  /** NaN: no packet with a time. */
  readonly seconds: number;
  readonly nanos: number;
}

let collator: Intl.Collator | null = null;
/** Of names: `ring.9` before `ring.10`. Made when two files begin together: it takes longer than to read a small capture. */
const inNaturalOrder = (a: string, b: string): number => (collator ??= new Intl.Collator('en', { numeric: true })).compare(a, b);

function compareFound(a: FoundFile, b: FoundFile): number {
  const aTimed = Number.isNaN(a.seconds) ? 1 : 0;
  const bTimed = Number.isNaN(b.seconds) ? 1 : 0;
  if (aTimed !== bTimed) return aTimed - bTimed;
  if (aTimed === 0) {
    if (a.seconds !== b.seconds) return a.seconds - b.seconds;
    if (a.nanos !== b.nanos) return a.nanos - b.nanos;
  }
  return inNaturalOrder(a.path, b.path) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}

/** When a capture begins; a firewall's log stands behind the captures, which tell its year. Throws a usageError where it is neither. */
async function readFirstTime(path: string): Promise<{ seconds: number; nanos: number }> {
  const { kind, source } = await openPath(path, { blockBytes: PEEK_BYTES });
  try {
    if (kind === 'log') return { seconds: NaN, nanos: 0 };
    const batch = await source.next();
    if (batch === null) return { seconds: NaN, nanos: 0 };
    return { seconds: batch.seconds[0] as number, nanos: batch.nanos[0] as number };
  } finally {
    await source.close();
  }
}

interface Walk {
  readonly found: FoundFile[];
  readonly skipped: { path: string; reason: string }[];
  readonly rejected: { path: string; error: BaselineError }[];
}

async function walkFolder(folder: string, depth: number, into: Walk): Promise<void> {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const skip = (reason: string): void => void into.skipped.push({ path, reason });
    if (entry.name.startsWith('.')) skip('hidden');
    else if (entry.isDirectory()) {
      if (depth >= MAX_DEPTH) skip(`more than ${MAX_DEPTH} folders deep`);
      else {
        try {
          await walkFolder(path, depth + 1, into);
        } catch (error) {
          into.rejected.push({ path, error: rejection(path, error) });
        }
      }
    } else await addEntry(path, skip, into);
  }
}

async function addEntry(path: string, skip: (reason: string) => void, into: Walk): Promise<void> {
  let stat: fs.Stats;
  try {
    stat = fs.statSync(path);
  } catch (error) {
    if (isMangled(path)) into.rejected.push({ path, error: rejection(path, error) });
    else skip(`cannot be read: ${errorCode(error)}`);
    return;
  }
  if (stat.isDirectory()) skip('a link to a folder');
  else if (!stat.isFile()) skip('not a regular file');
  else {
    try {
      fs.closeSync(fs.openSync(path, 'r'));
    } catch (error) {
      into.rejected.push({ path, error: rejection(path, openError(path, error)) });
      return;
    }
    try {
      into.found.push({ path, size: stat.size, ...(await readFirstTime(path)) });
    } catch (error) {
      if (!(error instanceof BaselineError)) throw error;
      // tcpdump's next file is empty until its first packets are written.
      if (stat.size > 0 && CAPTURE_NAME.test(path)) into.rejected.push({ path, error });
      else skip(error.message.startsWith(`${path}: `) ? error.message.slice(path.length + 2) : error.message);
    }
  }
}

/** Never throws for what a path is: each path that yields nothing is in `rejected` with its one line. */
export async function expandPaths(paths: readonly string[]): Promise<ExpandedPaths> {
  const files: CaptureFile[] = [];
  const skipped: { path: string; reason: string }[] = [];
  const rejected: { path: string; error: BaselineError }[] = [];
  for (const path of paths) {
    if (path === '-') {
      files.push({ path, size: 0 });
      continue;
    }
    try {
      const stat = fs.statSync(path);
      if (!stat.isDirectory()) {
        files.push({ path, size: stat.isFile() ? stat.size : 0 });
        continue;
      }
      const walk: Walk = { found: [], skipped: [], rejected: [] };
      await walkFolder(path, 1, walk);
      walk.found.sort(compareFound);
      walk.skipped.sort((a, b) => (a.path < b.path ? -1 : 1));
      walk.rejected.sort((a, b) => (a.path < b.path ? -1 : 1));
      // One by one: a folder may hold more than a call takes arguments.
      for (const one of walk.skipped) skipped.push(one);
      for (const one of walk.rejected) rejected.push(one);
      for (const { path, size } of walk.found) files.push({ path, size });
      if (walk.found.length === 0 && walk.rejected.length === 0) {
        const count = walk.skipped.length;
        const seen = count === 0 ? 'it is empty' : `none of its ${count} entries is a pcap or pcapng file or a firewall's log`;
        rejected.push({ path, error: usageError(`${path}: no captures in this folder: ${seen}`, 'Name a folder that holds captures.') });
      }
    } catch (error) {
      rejected.push({ path, error: rejection(path, error) });
    }
  }
  return { files, skipped, rejected };
}

/** How Node shows octets that are no UTF-8: under that name there is no file. */
const isMangled = (path: string): boolean => path.includes('\uFFFD');

function rejection(path: string, error: unknown): BaselineError {
  if (error instanceof BaselineError) return error;
  const code = errorCode(error);
  if (code === 'ENOENT' && isMangled(path)) return usageError(`${path}: its name is not UTF-8`, 'Rename it, or import it by way of a pipe: baseline import - < FILE.');
  if (code === 'ENOENT' || code === 'ENOTDIR') return usageError(`${path}: no such file or folder`, 'Check the path.');
  if (code === 'EACCES' || code === 'EPERM') {
    return usageError(`${path}: may not be read (permission denied)`, 'Give your user read access to it.');
  }
  if (code !== '') return usageError(`${path}: cannot be read: ${code}`, 'Check the path and the disk.');
  throw error;
}
