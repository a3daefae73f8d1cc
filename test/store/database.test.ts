import Database from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { BaselineError, EXIT } from '../../src/errors.ts';
import { openForReading, openForWriting, readFromStore, storePath } from '../../src/store/database.ts';
import { APPLICATION_ID, MIGRATIONS } from '../../src/store/schema.ts';
import { asStoreError } from '../../src/store/store-errors.ts';
import { folderOfTest } from '../folder.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = folderOfTest();
  file = join(folder, 'plant.db');
});

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

function refusal(work: () => unknown): BaselineError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(BaselineError);
    return error as BaselineError;
  }
  throw new Error('nothing was refused');
}

/** A store with enough pages that damage in the middle is damage of a table. */
function fill(path: string): void {
  const store = openForWriting(path);
  const insert = store.db.prepare('INSERT INTO address (text, first_ns, last_ns) VALUES (?, 1, 2)');
  store.db.transaction(() => {
    for (let i = 0; i < 5000; i++) insert.run(`10.0.${i >> 8}.${i & 255}`);
  })();
  store.close();
}

test('a new store carries its mark and version, is private under any umask, and leaves nothing beside it', () => {
  const before = process.umask(0);
  try {
    openForWriting(file).close();
  } finally {
    process.umask(before);
  }
  const head = readFileSync(file);
  expect(head.readUInt32BE(68)).toBe(APPLICATION_ID);
  expect(head.readUInt32BE(60)).toBe(MIGRATIONS.length);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['plant.db']);
});

test('the log of an open store is private too, under a umask that takes everything and one that takes nothing', () => {
  for (const umask of [0o777, 0]) {
    const path = join(folder, `u${umask}.db`);
    const before = process.umask(umask);
    try {
      const store = openForWriting(path);
      store.db.exec("INSERT INTO store_meta VALUES ('a', 'b')");
      for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
      store.close();
    } finally {
      process.umask(before);
    }
  }
});

test('names that mean something to SQLite are only names', () => {
  for (const name of ['file:x.db?mode=memory', ':memory:', 'a b#c%20.db', 'ü.db']) {
    const path = join(folder, name);
    openForWriting(path).close();
    expect(existsSync(path)).toBe(true);
    expect(readFromStore(path, (db) => db.prepare('SELECT count(*) FROM capture').pluck().get())).toBe(0);
  }
});

test('a name that the driver would trim is refused, and nothing is made', () => {
  expect(refusal(() => openForWriting(`${file} `)).exitCode).toBe(EXIT.usage);
  expect(readdirSync(folder)).toEqual([]);
});

test('creation that fails half way leaves a file that the next run takes', () => {
  const broken = refusal(() => openForWriting(file, { migrations: [`${MIGRATIONS[0]}; INSERT INTO nowhere VALUES (1);`] }));
  expect(broken.exitCode).toBe(EXIT.store);
  expect(statSync(file).size).toBe(0);
  openForWriting(file).close();
  expect(openForReading(file).db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length);
});

test('a reader never creates', () => {
  const error = refusal(() => openForReading(file));
  expect(error.message).toContain('there is no store');
  expect(error.exitCode).toBe(EXIT.store);
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(file, '');
  expect(refusal(() => openForReading(file)).message).toContain('is empty');
  expect(statSync(file).size).toBe(0);
});

test('a file of the program that is missing is no fault of the store', () => {
  fill(file);
  expect(() => readFromStore(file, () => readFileSync(join(folder, 'services.json')))).toThrow(/^ENOENT: no such file or directory, open '.*services\.json'$/);
});

test('a reader changes nothing and cannot write', () => {
  fill(file);
  const before = digest(file);
  const store = openForReading(file);
  expect(() => store.db.exec("INSERT INTO store_meta VALUES ('a', 'b')")).toThrow(/readonly/);
  store.close();
  expect(digest(file)).toBe(before);
  expect(readdirSync(folder)).toEqual(['plant.db']);
});

test('a reader sees one moment while a writer goes on', () => {
  const writer = openForWriting(file);
  writer.db.exec("INSERT INTO store_meta VALUES ('one', '1')");
  const reader = openForReading(file);
  const seen = reader.db.transaction(() => {
    const first = reader.db.prepare('SELECT count(*) FROM store_meta').pluck().get();
    writer.db.exec("INSERT INTO store_meta VALUES ('two', '2')");
    return [first, reader.db.prepare('SELECT count(*) FROM store_meta').pluck().get()];
  })();
  expect(seen).toEqual([1, 1]);
  reader.close();
  writer.close();
  expect(readFromStore(file, (db) => db.prepare('SELECT count(*) FROM store_meta').pluck().get())).toBe(2);
});

test('two processes write into one store, and both are in', () => {
  openForWriting(file).close();
  const script = `
    import { openForWriting } from ${JSON.stringify(new URL('../../src/store/database.ts', import.meta.url).href)};
    const store = openForWriting(process.argv[1]);
    for (let i = 0; i < 50; i++) store.db.prepare('INSERT INTO store_meta VALUES (?, ?)').run(process.argv[2] + i, 'x');
    store.close();`;
  const store = openForWriting(file);
  const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, file, 'child'], { encoding: 'utf8' });
  expect(child.stderr).toBe('');
  store.db.exec("INSERT INTO store_meta VALUES ('parent', 'x')");
  store.close();
  expect(readFromStore(file, (db) => db.prepare('SELECT count(*) FROM store_meta').pluck().get())).toBe(51);
  expect(readdirSync(folder)).toEqual(['plant.db']);
});

test('a locked store is waited for, then named', () => {
  const holder = openForWriting(file);
  holder.db.exec('BEGIN IMMEDIATE');
  const error = refusal(() => openForWriting(file, { busyTimeoutMs: 50 }));
  expect(error.message).toContain('locked by another process');
  expect(error.exitCode).toBe(EXIT.store);
  // Readers go on meanwhile.
  expect(readFromStore(file, (db) => db.prepare('SELECT count(*) FROM capture').pluck().get())).toBe(0);
  holder.db.exec('ROLLBACK');
  holder.close();
});

test.each([
  ['text', 'just some notes\nabout a plant\n', 'it looks like text'],
  ['a pcap', Buffer.from('d4c3b2a1020004000000000000000000', 'hex'), 'it looks like a pcap capture'],
  ['a pcapng', Buffer.from('0a0d0d0a1c000000', 'hex'), 'it looks like a pcapng capture'],
  ['gzip', Buffer.from('1f8b0800', 'hex'), 'it looks like a gzip file'],
  ['binary', Buffer.from([1, 2, 3, 0]), 'binary data'],
  ['a header cut short', 'SQLite format 3\0\u0010', 'its header is cut short'],
])('%s is refused by readers and writers, and left as it is', (_name, content, says) => {
  writeFileSync(file, content);
  const before = digest(file);
  for (const open of [openForReading, openForWriting]) {
    const error = refusal(() => open(file));
    expect(error.message).toContain(says);
    expect(error.message).toContain(file);
    expect(error.exitCode).toBe(EXIT.store);
  }
  expect(digest(file)).toBe(before);
  expect(readdirSync(folder)).toEqual(['plant.db']);
});

test('an SQLite file of another program is left byte-identical, with its log', () => {
  const foreign = new Database(file);
  foreign.pragma('journal_mode = WAL');
  foreign.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)');
  foreign.pragma('wal_checkpoint(TRUNCATE)');
  foreign.exec('INSERT INTO theirs VALUES (2)');
  copyFileSync(file, join(folder, 'copy.db'));
  copyFileSync(`${file}-wal`, join(folder, 'copy.db-wal'));
  foreign.close();
  const copy = join(folder, 'copy.db');
  const before = [digest(copy), digest(`${copy}-wal`)];
  for (const open of [openForReading, openForWriting]) {
    expect(refusal(() => open(copy)).message).toContain('of another program');
  }
  expect([digest(copy), digest(`${copy}-wal`)]).toEqual(before);
  expect(existsSync(`${copy}-shm`)).toBe(false);
});

test('a store of a newer version is refused and left byte-identical', () => {
  fill(file);
  const raw = new Database(file);
  raw.pragma('user_version = 999');
  raw.close();
  const before = digest(file);
  for (const open of [openForReading, openForWriting]) {
    expect(refusal(() => open(file)).message).toContain('made by a newer baseline (store version 999');
  }
  expect(digest(file)).toBe(before);
  expect(readdirSync(folder)).toEqual(['plant.db']);
});

test('half a file and overwritten pages are damage, said in one line', () => {
  fill(file);
  const whole = readFileSync(file);
  truncateSync(file, Math.floor(whole.length / 2));
  for (const open of [openForReading, openForWriting]) expect(refusal(() => open(file)).message).toContain('is damaged');
  // One wrecked page, and then all but the first.
  for (const [from, to] of [[8192, 12_288], [4096, whole.length], [100, 4096]]) {
    const wrecked = Buffer.from(whole);
    wrecked.fill(0xa5, from, to);
    writeFileSync(file, wrecked);
    for (const open of [openForReading, openForWriting]) {
      const error = refusal(() => open(file));
      expect(error.message).toMatch(/is damaged/);
      expect(error.message).not.toContain('\n');
      expect(error.exitCode).toBe(EXIT.store);
    }
  }
});

test('an older store is migrated in one transaction after a backup; a failing migration changes nothing', () => {
  fill(file);
  const before = digest(file);
  const broken = [...MIGRATIONS, 'CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)'];
  expect(refusal(() => openForWriting(file, { migrations: broken })).exitCode).toBe(EXIT.store);
  expect(digest(file)).toBe(before);
  const migrations = [...MIGRATIONS, "CREATE TABLE added (x); INSERT INTO added VALUES ('new')"];
  // A reader sees the migrated content without touching the file.
  expect(readFromStore(file, (db) => db.prepare('SELECT x FROM added').pluck().get(), { migrations })).toBe('new');
  expect(digest(file)).toBe(before);
  const store = openForWriting(file, { migrations });
  expect(store.db.prepare('SELECT x FROM added').pluck().get()).toBe('new');
  expect(store.db.prepare('SELECT count(*) FROM address').pluck().get()).toBe(5000);
  store.close();
  const backup = `${file}.v${MIGRATIONS.length}.bak`;
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  expect(readFromStore(backup, (db) => db.prepare('SELECT count(*) FROM address').pluck().get())).toBe(5000);
  expect(refusal(() => openForReading(file)).message).toContain('newer');
  expect(readdirSync(folder).toSorted()).toEqual(['plant.db', `plant.db.v${MIGRATIONS.length}.bak`]);
});

test('a store left behind by a killed writer opens with everything committed', () => {
  const script = `
    import { openForWriting } from ${JSON.stringify(new URL('../../src/store/database.ts', import.meta.url).href)};
    const store = openForWriting(process.argv[1]);
    store.db.exec("INSERT INTO store_meta VALUES ('kept', 'x')");
    store.db.exec("BEGIN; INSERT INTO store_meta VALUES ('lost', 'x')");
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, file], { encoding: 'utf8' });
  expect(child.signal).toBe('SIGKILL');
  expect(existsSync(`${file}-wal`)).toBe(true);
  expect(readFromStore(file, (db) => db.prepare('SELECT key FROM store_meta').pluck().all())).toEqual(['kept']);
  openForWriting(file).close();
  expect(readdirSync(folder)).toEqual(['plant.db']);
});

test('a folder, a missing folder, a dangling link and a device are named', () => {
  mkdirSync(join(folder, 'dir'));
  expect(refusal(() => openForWriting(join(folder, 'dir'))).message).toContain('is a folder');
  expect(refusal(() => openForReading(join(folder, 'dir'))).message).toContain('is a folder');
  expect(refusal(() => openForWriting(join(folder, 'none', 'x.db'))).message).toContain('its folder does not exist');
  expect(refusal(() => openForWriting('/dev/null')).message).toContain('not a regular file');
  writeFileSync(join(folder, 'plain'), 'x');
  expect(refusal(() => openForWriting(join(folder, 'plain', 'x.db'))).exitCode).toBe(EXIT.store);
  symlinkSync(join(folder, 'gone', 'x.db'), join(folder, 'link.db'));
  expect(refusal(() => openForWriting(join(folder, 'link.db'))).exitCode).toBe(EXIT.store);
});

/** Runs a piece of code as a user without rights, when these tests run as root. */
function asNobody(code: string, ...args: string[]): { stdout: string; stderr: string } {
  const isRoot = process.getuid?.() === 0;
  const result = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code, ...args], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: tmpdir() },
    ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
  });
  return { stdout: result.stdout, stderr: result.stderr };
}

test('a store in a read-only folder is read, also one that a killed writer left; writing says read-only', () => {
  const moduleUrl = new URL('../../src/store/database.ts', import.meta.url).href;
  const writer = openForWriting(file);
  writer.db.exec("INSERT INTO store_meta VALUES ('kept', 'x')");
  const left = join(folder, 'left.db');
  copyFileSync(file, left);
  copyFileSync(`${file}-wal`, `${left}-wal`);
  writer.close();
  for (const path of [file, left, `${left}-wal`]) chmodSync(path, 0o444);
  chmodSync(folder, 0o555);
  const code = `
    import { openForWriting, readFromStore } from ${JSON.stringify(moduleUrl)};
    for (const path of process.argv.slice(1)) {
      console.log(readFromStore(path, (db) => db.prepare('SELECT key FROM store_meta').pluck().get()));
      try { openForWriting(path).close(); console.log('wrote'); } catch (error) { console.log(error.message); }
    }`;
  const { stdout, stderr } = asNobody(code, file, left);
  chmodSync(folder, 0o755);
  expect(stderr).toBe('');
  const lines = stdout.trim().split('\n');
  expect(lines[0]).toBe('kept');
  expect(lines[1]).toMatch(/is read-only|permission denied|cannot be opened/);
  expect(lines[2]).toBe('kept');
  expect(lines[3]).toMatch(/is read-only|permission denied|cannot be opened/);
  expect(readdirSync(folder).toSorted()).toEqual(['left.db', 'left.db-wal', 'plant.db']);
});

test('a full disk is said in one line, and what was stored before stays', () => {
  fill(file);
  const store = openForWriting(file);
  const pages = Number(store.db.pragma('page_count', { simple: true }));
  store.db.pragma(`max_page_count = ${pages + 2}`);
  const error = refusal(() => {
    try {
      store.db.transaction(() => {
        for (let i = 0; i < 1000; i++) store.db.prepare('INSERT INTO store_meta VALUES (?, ?)').run(`k${i}`, 'x'.repeat(500));
      })();
    } catch (raw) {
      throw asStoreError(raw, store.path);
    }
  });
  expect(error.message).toContain('the disk is full');
  store.close();
  expect(readFromStore(file, (db) => db.prepare('SELECT count(*) FROM store_meta').pluck().get())).toBe(0);
});

test.each([
  ['SQLITE_IOERR_WRITE', /cannot be read or written/],
  ['SQLITE_READONLY', /read-only/],
  ['SQLITE_READONLY_DBMOVED', /was moved, removed or replaced/],
  ['SQLITE_BUSY_SNAPSHOT', /locked/],
  ['SQLITE_LOCKED', /locked/],
  ['SQLITE_CORRUPT_VTAB', /damaged/],
  ['SQLITE_NOMEM', /memory/],
  ['EDQUOT', /disk is full/],
  ['EROFS', /read-only/],
  ['EACCES', /permission denied/],
])('%s becomes a line', (code, says) => {
  const error = asStoreError(Object.assign(new Error('raw'), { code }), 'plant.db') as BaselineError;
  expect(error).toBeInstanceOf(BaselineError);
  expect(error.message).toMatch(says);
  expect(error.exitCode).toBe(EXIT.store);
  expect(error.remedy).not.toBe('');
});

test('a fault of ours is never dressed up as the user’s', () => {
  const ours = new TypeError('x is undefined');
  expect(asStoreError(ours, 'plant.db')).toBe(ours);
});

test('the path comes from the option, then the environment, then the default', () => {
  expect(storePath('a.db', { BASELINE_DB: 'b.db' })).toBe('a.db');
  expect(storePath(undefined, { BASELINE_DB: 'b.db' })).toBe('b.db');
  expect(storePath(undefined, {})).toBe('baseline.db');
});
