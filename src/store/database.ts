/**
 * Opens and closes the store: one SQLite file (better-sqlite3), marked with our application_id.
 * In: a path. Out: a `Store` with its connection, or a `storeError` line that says what is wrong and what to do.
 * Writers create and migrate; readers never create, never migrate in place, and work beside a writer (WAL).
 * Left out on purpose: every query (read.ts, write.ts).
 */
import Database from 'better-sqlite3';
import {
  chmodSync, closeSync, copyFileSync, existsSync, fchmodSync, mkdtempSync, openSync, renameSync, rmSync, statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { BaselineError, errorCode, storeError, usageError } from '../errors.ts';
import { recogniseFile } from './database-file.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';
import { asStoreError, damaged, isFull, newer } from './store-errors.ts';

/** The only door to SQL; folders to the right of the store pass it on, and do not look inside. */
export type Connection = Database.Database;

export interface Store {
  /** As the user wrote it: for messages. */
  readonly path: string;
  readonly db: Connection;
  /** Leaves the file checkpointed, with nothing beside it unless another process still has it open. */
  close(): void;
}

export interface WritableStore extends Store {
  /** @returns false once the path leads to no file, or to another one than at the opening: what is written then is lost with the old file */
  isInPlace(): boolean;
  /** @returns false once the log beside it is another one than when this was asked first: readers do not see what is written then, and only closing brings it into the file */
  hasItsLog(): boolean;
}

export interface OpenOptions {
  /** How long to wait for another process's lock. */
  readonly busyTimeoutMs?: number;
  /** Of readers: for a line to the person who waits. */
  readonly say?: (line: string) => void;
  /** For tests of migrations that do not exist yet. */
  readonly migrations?: readonly string[];
}

/** A user may wait 30 s for an answer, not longer. */
const BUSY_TIMEOUT_MS = 25_000;
/** Only the owner: a store names every device of a plant. */
const PRIVATE_FILE = 0o600;
/** Up to here every page is checked on opening (about 0.5 s); beyond, damage shows where it is met. */
const CHECKED_OCTETS = 128 * 1024 * 1024;
/** Up to here indexes are held against their tables as well, and rows against their order: four times the time in a large store. */
const CHECKED_AGAINST_INDEXES = 16 * 1024 * 1024;

/** `--db`, else BASELINE_DB, else `baseline.db` in the working folder. */
export function storePath(option: string | undefined, environment: Readonly<Record<string, string | undefined>>): string {
  return option ?? (environment['BASELINE_DB'] || 'baseline.db');
}

/** Opens for writing; creates the file if there is none, brings an older one up to date. */
export function openForWriting(path: string, options: OpenOptions = {}): WritableStore {
  return told(path, () => {
    const file = absolute(path);
    const db = openWriter(file, path, options, backUp);
    const opened = identityOf(file);
    const isInPlace = (): boolean => [opened, null].includes(identityOf(file));
    let log = '';
    const hasItsLog = (): boolean => {
      const now = ['-wal', '-shm'].map((beside) => identityOf(file + beside)).join(' ');
      if (log === '') log = now;
      return now === log;
    };
    return { path, db, isInPlace, hasItsLog, close: () => told(path, () => (isInPlace() ? closeWriter(db) : closeQuietly(db))) };
  });
}

/**
 * Who writes counts in the file's first page one more than the count it read there last (https://www.sqlite.org/fileformat2.html, 1.3.6). Read
 * anew before each checkpoint, the count is the same whoever writes which, and so is the file, octet by octet.
 */
export const forgetPages = (db: Connection): void => void db.pragma('shrink_memory');

/** A second connection to a store that is open for writing and was looked at then, for another thread. Throws what SQLite says. */
export function openBeside(path: string): Connection {
  const db = connect(absolute(path), {}, false);
  setUpWriter(db);
  return db;
}

function setUpWriter(db: Connection): void {
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = OFF');
}

function openWriter(file: string, path: string, options: OpenOptions, beforeMigration: typeof backUp): Connection {
  const migrations = options.migrations ?? MIGRATIONS;
  const kind = recogniseFile(path, migrations.length);
  if (kind !== 'store') createFile(file, kind);
  const isSound = kind === 'store' && lookFirst(file, path, options, migrations);
  const db = connect(file, options, false);
  try {
    setUpWriter(db);
    // Creation is one transaction: a disk that fills up half way leaves an empty file, never a store without its mark.
    db.transaction(() => {
      if (isEmpty(db)) migrate(db, 0, migrations);
    }).immediate();
    const version = checkMark(db, path, migrations.length);
    if (!isSound) checkPages(db, file, path);
    if (version < migrations.length) {
      beforeMigration(db, file, version);
      db.transaction(() => {
        // Another process may have been faster.
        const now = userVersion(db);
        if (now < migrations.length) migrate(db, now, migrations);
      }).immediate();
      // The file's own header must say the version: it is read before SQLite is let near the file.
      db.pragma('wal_checkpoint(TRUNCATE)');
    }
    db.pragma('journal_mode = WAL');
  } catch (error) {
    closeQuietly(db);
    throw error;
  }
  return db;
}

/**
 * Looks at a store as a reader does: what is refused stays as it is. Closing a writer brings the log beside the file into it, and where that is
 * another store's, as when a copy was put back beside it, the file would be lost by having been refused.
 * @returns false where only a writer may look: one that was killed left something to roll back
 */
function lookFirst(file: string, path: string, options: OpenOptions, migrations: readonly string[]): boolean {
  let db: Connection | null = null;
  try {
    db = connect(file, options, true);
    const version = checkMark(db, path, migrations.length);
    checkPages(db, file, path);
    checkParts(db, path, migrations.slice(0, version));
    return true;
  } catch (error) {
    if (needsCopy(error)) return false;
    throw error;
  } finally {
    if (db !== null) closeQuietly(db);
  }
}

/** Opens for reading only. Where the folder is read-only, or the store older than we are, a private copy is read. */
export function openForReading(path: string, options: OpenOptions = {}): Store {
  return told(path, () => {
    const file = absolute(path);
    const migrations = options.migrations ?? MIGRATIONS;
    const kind = recogniseFile(path, migrations.length);
    if (kind === 'absent') {
      throw storeError(`there is no store ${path}`, 'Run `baseline import PATH...` first, or name a store that is there.');
    }
    if (kind === 'empty') {
      throw storeError(`the store ${path} is empty`, 'Run `baseline import PATH...` first, or name another store.');
    }
    let db: Connection;
    try {
      db = connect(file, options, true);
      try {
        userVersion(db);
      } catch (error) {
        closeQuietly(db);
        throw error;
      }
    } catch (error) {
      if (!needsCopy(error)) throw error;
      return openCopy(file, path, options);
    }
    try {
      if (isEmpty(db)) {
        throw storeError(`the store ${path} is empty`, 'Run `baseline import PATH...` first, or name another store.');
      }
      const version = checkMark(db, path, migrations.length);
      checkPages(db, file, path);
      if (version < migrations.length) {
        closeQuietly(db);
        options.say?.(`the store ${path} is of an older version: each command that reads it brings a copy up to date first, which takes time; \`baseline import\` of any capture into it, also of one that it holds, does so once and for all, and keeps a backup`);
        return openCopy(file, path, options);
      }
      db.pragma('query_only = ON');
    } catch (error) {
      closeQuietly(db);
      throw error;
    }
    return { path, db, close: () => closeQuietly(db) };
  });
}

/** Opens, reads in one transaction (one moment's view while another process writes), closes. */
export function readFromStore<T>(path: string, read: (db: Connection) => T, options: OpenOptions = {}): T {
  const store = openForReading(path, options);
  try {
    return told(path, () => store.db.transaction(() => read(store.db)).deferred());
  } finally {
    store.close();
  }
}

function told<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStoreError(error, path);
  }
}

function absolute(path: string): string {
  // The driver trims file names: the name checked first and the name opened must be the same.
  if (path !== path.trimEnd()) throw usageError(`the store name "${path}" ends with a blank`, 'Name the store without it.');
  return resolve(path);
}

/** Device and inode of what stands there; '' where nothing does, null where we may not look. */
function identityOf(file: string): string | null {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    return /^(?:ENOENT|ENOTDIR|ELOOP)$/.test(errorCode(error)) ? '' : null;
  }
}

/** `file` is absolute, so that no name (`:memory:`, `file:x`) means anything to SQLite. */
function connect(file: string, options: OpenOptions, readonly: boolean): Connection {
  return new Database(file, {
    readonly,
    fileMustExist: true,
    timeout: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS,
  });
}

/** SQLite gives a log and a journal the mode of the file, so this covers them as well. */
function createFile(file: string, kind: 'absent' | 'empty'): void {
  const descriptor = openSync(file, kind === 'absent' ? 'a' : 'r+', PRIVATE_FILE);
  try {
    fchmodSync(descriptor, PRIVATE_FILE);
  } finally {
    closeSync(descriptor);
  }
}

const userVersion = (db: Connection): number => Number(db.pragma('user_version', { simple: true }));

const isEmpty = (db: Connection): boolean =>
  db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0 && userVersion(db) === 0;

function migrate(db: Connection, from: number, migrations: readonly string[]): void {
  for (let version = from; version < migrations.length; version++) db.exec(migrations[version]);
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma(`user_version = ${migrations.length}`);
}

/** The version, once it is sure that the file is ours and not from the future. */
function checkMark(db: Connection, path: string, known: number): number {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw storeError(
      `the store ${path} is an SQLite file of another program`,
      'Name another file with --db; this one was left as it is.',
    );
  }
  const version = userVersion(db);
  if (version > known) throw newer(path, version, known);
  if (version < 1) throw damaged(path, 'it has no version');
  return version;
}

function checkPages(db: Connection, file: string, path: string): void {
  const { size } = statSync(file);
  if (size > CHECKED_OCTETS) return;
  const verdict = db.pragma(size > CHECKED_AGAINST_INDEXES ? 'quick_check(1)' : 'integrity_check(1)', { simple: true });
  if (verdict !== 'ok') throw damaged(path, String(verdict).replaceAll(/\s+/g, ' '));
}

/** Columns of tables, and indexes that were made by name. */
const PARTS = `SELECT one.name || '.' || col.name FROM sqlite_schema AS one, pragma_table_info(one.name) AS col WHERE one.type = 'table'
  UNION ALL SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`;

/** What is not there is met when something is to be put into it, and by then a capture has run for hours. */
function checkParts(db: Connection, path: string, migrations: readonly string[]): void {
  const bare = new Database(':memory:');
  try {
    for (const migration of migrations) bare.exec(migration);
    const held = new Set(db.prepare(PARTS).pluck().all());
    const missing = bare.prepare(PARTS).pluck().all().find((part) => !held.has(part));
    if (missing !== undefined) throw damaged(path, `${String(missing)} is not there`);
  } finally {
    bare.close();
  }
}

/** A whole, consistent copy of the store as it was, put in place by one rename. */
function backUp(db: Connection, file: string, version: number): void {
  const backup = `${file}.v${version}.bak`;
  const unfinished = `${backup}.part`;
  rmSync(unfinished, { force: true });
  closeSync(openSync(unfinished, 'wx', PRIVATE_FILE));
  chmodSync(unfinished, PRIVATE_FILE);
  try {
    db.prepare('VACUUM INTO ?').run(unfinished);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  renameSync(unfinished, backup);
}

/** A store left in WAL mode cannot be opened where no file can be made beside it (https://www.sqlite.org/wal.html#readonly). */
const needsCopy = (error: unknown): boolean => /^SQLITE_(?:READONLY|CANTOPEN|IOERR_SHM)/.test(errorCode(error));

/** The store and its log, copied into a private folder that goes away with the connection: no backup is made of it. */
function openCopy(file: string, path: string, options: OpenOptions): Store {
  let folder = '';
  const remove = (): void => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  };
  try {
    folder = mkdtempSync(join(tmpdir(), 'baseline-'));
    const copy = join(folder, basename(file));
    copyFileSync(file, copy);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
    if (existsSync(`${file}-journal`)) copyFileSync(`${file}-journal`, `${copy}-journal`);
    for (const suffix of ['', '-wal', '-journal']) {
      if (existsSync(copy + suffix)) chmodSync(copy + suffix, PRIVATE_FILE);
    }
    const db = openWriter(copy, copy, options, () => undefined);
    db.pragma('query_only = ON');
    return {
      path,
      db,
      close: () => {
        closeQuietly(db);
        remove();
      },
    };
  } catch (error) {
    remove();
    if (isFull(error) || folder === '') {
      throw storeError(
        `${folder === '' ? 'nothing may be written' : 'no room'} in ${tmpdir()} for a copy of the store ${path}, which is of an older version or in a folder that is read-only`,
        'Set TMPDIR to a folder that may be written into, with twice its room. The next `baseline import` into the store brings it up to date in place: then no copy is made.',
      );
    }
    if (error instanceof BaselineError) {
      throw new BaselineError(error.message.replaceAll(join(folder, basename(file)), path), error.remedy, error.exitCode);
    }
    throw error;
  }
}

/**
 * Back to a rollback journal, so that the file alone is the store and can be read from a read-only folder or after
 * being copied. Another process that still has it open keeps it in WAL mode: then SQLite refuses at once, and that is fine.
 * Not for a store that was moved: the log at its old path may belong to another store by now.
 */
function closeWriter(db: Connection): void {
  if (!db.open) return;
  try {
    if (db.inTransaction) db.exec('ROLLBACK');
    db.pragma('busy_timeout = 0');
    forgetPages(db);
    for (const leave of ['wal_checkpoint(TRUNCATE)', 'journal_mode = DELETE']) {
      try {
        db.pragma(leave);
      } catch (error) {
        if (!/^SQLITE_(?:BUSY|LOCKED)/.test(errorCode(error))) throw error;
      }
    }
  } finally {
    db.close();
  }
}

function closeQuietly(db: Connection): void {
  if (db.open) db.close();
}
