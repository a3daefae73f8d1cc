/**
 * What is wrong with a store, as a line for the user and what to do. In: what SQLite, the file system or a part of ours says of
 * it. Out: a `storeError`. Left out on purpose: what is no fault of the store, which stays as it was thrown.
 */
import { dirname, resolve } from 'node:path';
import { BaselineError, errorCode, storeError } from '../errors.ts';

export const newer = (path: string, version: number, known: number): Error =>
  storeError(
    `the store ${path} was made by a newer baseline (store version ${version}, this program knows up to ${known})`,
    'Update baseline, or name another store with --db; this one was left as it is.',
  );

/** The one sentence for a store that SQLite, or we, cannot trust any more. */
export const damaged = (path: string, how: string): Error =>
  storeError(
    `the store ${path} is damaged: ${how}`,
    'Put back a copy, without the -wal and -shm files beside the damaged one, or import the captures again into a new store (--db NEW.db).',
  );

/** The file that is open does not stand at its path any more. The first line alone is said while a capture runs. */
export const moved = (path: string): BaselineError =>
  storeError(
    `the store ${path} was moved, removed or replaced by another file while it was written; move the same file back`,
    'With the -wal file beside it, it holds all up to its last checkpoint. Stop a capture before its store is moved.',
  );

/** Whoever writes must close the store and open it again. */
export const logRemoved = (path: string): BaselineError =>
  storeError(
    `a file beside the store ${path} (-wal or -shm) was removed or replaced while it was written`,
    'Nothing is lost: all of it is in the store itself now. Leave those files alone while a capture runs, and start it again.',
  );

/** Codes of ours: an error keeps no more than that and its text on its way between threads. */
const COUNTED_MEANWHILE = 'COUNTED_MEANWHILE';

const BAD_CONTENT = 'BAD_CONTENT';

/** Of what SQLite takes for sound and we never wrote: its octets were changed on the disk. @param what as it goes on behind "is damaged:" */
export const badContent = (what: string): Error => Object.assign(new Error(what), { code: BAD_CONTENT });

/** A list or record that the store holds as JSON. Throws `badContent` where it is none. */
export function parseStored(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below, as what is JSON and no list is.
  }
  throw badContent('a list in it cannot be read');
}

/** @param name of a capture or log that another process has brought into the store since it was looked for there */
export const countedMeanwhile = (name: string): Error => Object.assign(new Error(name), { code: COUNTED_MEANWHILE });

/** SHMSIZE: no room for the index of the log beside the store (https://www.sqlite.org/rescode.html#ioerr_shmsize). */
export const isFull = (error: unknown): boolean => ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC', 'EDQUOT'].includes(errorCode(error));

/** Another file than the store (or one beside it): one of the program's own. The system says which it was that is not there. */
const namesAnother = (error: Error, path: string): boolean => 'path' in error && typeof error.path === 'string' && !resolve(error.path).startsWith(resolve(path));

/** What SQLite or the file system says, as a line for the user; anything else comes back as it is. */
export function asStoreError(error: unknown, path: string): unknown {
  if (error instanceof BaselineError || !(error instanceof Error)) return error;
  const code = errorCode(error);
  const line = (how: string, remedy: string): BaselineError => storeError(`the store ${path} ${how}`, remedy);
  if (isFull(error)) {
    return line('cannot grow: the disk is full', 'Free some space, then run the same command again; what was stored before stays.');
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return line('is locked by another process', 'Wait until the other import or capture ends, then run the same command again.');
  }
  if (code === COUNTED_MEANWHILE) {
    return line(`was given ${error.message} by another import meanwhile`, 'Nothing was counted twice. Let the other import end, then run the same command again: what is missing is added.');
  }
  if (code === 'EISDIR') return line('is a folder', 'Name a file, for example --db baseline.db.');
  if ((code === 'ENOENT' || code === 'ENOTDIR') && !namesAnother(error, path)) {
    return line('cannot be made: its folder does not exist', `Make the folder ${dirname(path)} first, or name another file with --db.`);
  }
  if (code === 'SQLITE_READONLY_DBMOVED') return moved(path);
  if (code === 'EROFS') return line('is on a file system that is read-only', 'Name a file that may be written with --db.');
  if (code.startsWith('SQLITE_READONLY')) {
    return line('is read-only', 'Give yourself write permission on the file and its folder, or name another file with --db.');
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'SQLITE_PERM' || code === 'SQLITE_AUTH') {
    return line('may not be opened: permission denied', 'Ask its owner for permission, or name another file with --db.');
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || code === 'SQLITE_SCHEMA' || code === BAD_CONTENT) {
    return damaged(path, error.message);
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return line('cannot be opened', 'Check that its folder exists and that you may read it and write into it.');
  }
  if (code.startsWith('SQLITE_IOERR') || ['EIO', 'EFBIG', 'EMFILE', 'ENFILE', 'ENAMETOOLONG', 'ELOOP'].includes(code)) {
    return line(`cannot be read or written (${code})`, 'Check the disk and its free space, then run the same command again.');
  }
  if (code === 'SQLITE_NOMEM' || code === 'SQLITE_TOOBIG') {
    return line('needs more memory than there is', 'Free memory, then run the same command again.');
  }
  // A statement that does not fit the tables: the mark is ours, the content is not.
  if (code === 'SQLITE_ERROR' && /no such (?:table|column)|has no column named|ON CONFLICT clause does not match/.test(error.message)) return damaged(path, error.message);
  return error;
}
