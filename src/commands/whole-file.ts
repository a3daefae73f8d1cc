/**
 * Writes a result file whole or not at all, also when the power is cut: a temporary file beside it, synced, then a rename;
 * never through a symbolic link. In: a path, and the content as one piece or in chunks.
 */
import { closeSync, fchmodSync, fsyncSync, lstatSync, openSync, readdirSync, renameSync, rmSync, writeSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { errorCode, usageError } from '../errors.ts';
import { makeFolders } from '../source/new-folder.ts';

/** Readable by the group: a spec names devices, but is made to be shared with reviewers. */
const MODE = 0o640;

const PERMISSIONS = 0o777;
const OWNER_WRITES = 0o200;

/** For what only its owner may see: stores, redaction maps. */
export const PRIVATE_MODE = 0o600;

export interface WholeFile {
  readonly path: string;
  readonly content: string | Uint8Array | Iterable<Uint8Array>;
}

/** @param mode of a new file; one that is there keeps its own */
export const writeFileWhole = (path: string, content: WholeFile['content'], mode: number = MODE): void => writeFilesWhole([{ path, content }], mode);

/** Results that belong together: none is in its place before all are on the disk, so that a full disk leaves what was there. */
export function writeFilesWhole(files: readonly WholeFile[], mode: number = MODE): void {
  uninterrupted(() => {
    const parts: { readonly part: string; readonly path: string }[] = [];
    let current = '';
    try {
      for (const { path, content } of files) {
        current = path;
        const place = placeOf(path);
        const { part, descriptor } = openPart(path, mode);
        parts.push({ part, path });
        try {
          if (place !== undefined) fchmodSync(descriptor, place.mode & PERMISSIONS);
          const chunks = typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content;
          for (const bytes of chunks) for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
          fsyncSync(descriptor);
        } finally {
          closeSync(descriptor);
        }
      }
      for (const { part, path } of parts) renameSync(part, (current = path));
      for (const folder of new Set(parts.map(({ path }) => dirname(path)))) syncFolder(folder);
    } catch (error) {
      for (const { part } of parts) rmSync(part, { force: true });
      throw cannotWrite(current, error);
    }
  });
}

/**
 * A signal that ends the process waits until what was begun is whole, or a part would stay beside it. Where somebody listens to
 * signals already, they do not end it.
 */
function uninterrupted(write: () => void): void {
  const end = (signal: NodeJS.Signals): void => {
    release();
    process.kill(process.pid, signal);
  };
  const held = ENDING.filter((signal) => process.listenerCount(signal) === 0);
  const release = (): void => {
    for (const signal of held) process.off(signal, end);
  };
  for (const signal of held) process.on(signal, end);
  try {
    write();
  } finally {
    // What came meanwhile is heard when the event loop polls; that is for certain between two rounds of setImmediate.
    setImmediate(() => setImmediate(release));
  }
}
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** What is at the path of a result. Throws a usageError where none may be written. */
function placeOf(path: string): Stats | undefined {
  const link = lookAt(path);
  if (link !== undefined && !link.isFile()) throw usageError(`${path} is ${link.isDirectory() ? 'a folder' : 'not a regular file'}`, 'Name a file to write.');
  if (link !== undefined && (link.mode & OWNER_WRITES) === 0) throw usageError(`${path} is write-protected`, 'Somebody wants it to stay: name another file, or allow it to be written (chmod u+w).');
  return link;
}

/** For results that take long to make, or that must not be without each other. Throws a usageError where it cannot be written; leaves nothing. */
export function requireWritable(path: string): void {
  placeOf(path);
  try {
    const { part, descriptor } = openPart(path, PRIVATE_MODE);
    closeSync(descriptor);
    rmSync(part);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Whether it is what a writer that was killed left. */
export const isPart = (name: string): boolean => /\.baseline-\d{1,10}\.part$/.test(name);

/** A file beside another under a name that nobody else has: `plant.yaml.part` may be somebody's own. */
function openPart(path: string, mode: number): { readonly part: string; readonly descriptor: number } {
  removeLeft(path);
  const part = `${path}.baseline-${process.pid}.part`;
  return { part, descriptor: openSync(part, 'wx', mode) };
}

/** What writers of the same file that were killed left, where the folder may be read. */
function removeLeft(path: string): void {
  const folder = dirname(path);
  const prefix = `${basename(path)}.baseline-`;
  try {
    for (const name of readdirSync(folder)) {
      const writer = name.startsWith(prefix) ? /^(\d{1,10})\.part$/.exec(name.slice(prefix.length)) : null;
      if (writer !== null && !isRunning(Number(writer[1]))) rmSync(join(folder, name), { force: true });
    }
  } catch {
    // Whether a file can be written beside them, opening it tells.
  }
}

/** Our own id was somebody else's: what we write is gone before we write again. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

/** A folder and those above it, where they are not there yet. Throws a usageError where that cannot be. */
export function makeFolder(path: string): void {
  try {
    makeFolders(path);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** What is at a path, itself and not what it links to; undefined: nothing. Throws a usageError where that cannot be told. */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** @param remedy where the system's reason has none that fits */
export function cannotWrite(path: string, error: unknown, remedy?: string): unknown {
  const code = errorCode(error);
  if (code === '') return error;
  const [why, does] = REASONS[code] ?? [code, 'Check the folder and its permissions.'];
  return usageError(`${path} cannot be written: ${why}`, remedy ?? does);
}

const NO_PERMISSION = ['permission denied', 'Give your user write access to the folder, or name another one.'] as const;
const NO_SPACE = 'Free some space on the disk.';

/** By the system's word for it (errno(3)). */
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['its folder does not exist', 'Make the folder first, or name another one.'],
  ENOTDIR: ['a part of its path is a file, not a folder', 'Name another folder.'],
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EROFS: ['the file system is read-only', 'Name a folder that may be written.'],
  ENOSPC: ['no space is left on the disk', NO_SPACE],
  EDQUOT: ['your quota of the disk is used up', NO_SPACE],
  ENAMETOOLONG: ['the name is too long', 'Name a shorter one.'],
};

/** Only then is the new name on the disk (fsync(2)). Where a folder cannot be opened (Windows), the system sees to it. */
function syncFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
