/**
 * Disks as plants have them, by strace and a small file system: one whose every sync takes a quarter of a second, one that
 * fails as a quota does (EDQUOT), as a dying drive does (EIO), and one that is really full (tmpfs in a mount namespace of its
 * own). One line and what to do where it cannot go on; then the same command goes on to the store of an import without faults.
 */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM, runProcess } from '../commands/command-line.ts';
import { openForWriting } from '../../src/store/database.ts';
import { dumpStore } from '../flow/dump-store.ts';
import { SAMPLES } from '../places.ts';
import { canRun, program } from './loud-skip.ts';

const PLANT = join(SAMPLES, 'plant');
const SPLIT = join(SAMPLES, 'traps/split.pcap');
const TOLD = /^baseline: the store \S+ cannot (?:grow|be read or written)[^\n]*\n {2}[^\n]+\n$/;

const folder = mkdtempSync(join(tmpdir(), 'baseline-disk-'));
const whole = join(folder, 'whole.db');
beforeAll(() => expect(runProcess(['import', PLANT, '--db', whole, '--quiet'])).toMatchObject({ code: 0, err: '' }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const expectSound = (db: string): void => {
  const store = new Database(db, { readonly: true });
  expect(store.pragma('integrity_check', { simple: true })).toBe('ok');
  store.close();
};

describe.runIf(canRun('faults of a disk', [program('strace')]))('under strace', () => {
  const importing = (db: string, faults: readonly string[]): { status: number | null; stderr: string } =>
    spawnSync('strace', ['-f', '-qq', '-o', join(folder, 'strace.log'), ...faults, ...PROGRAM, 'import', PLANT, '--db', db, '--quiet'], { encoding: 'utf8' });

  test('a disk whose syncs take a quarter of a second: late, and the same', () => {
    const db = join(folder, 'slow.db');
    expect(importing(db, ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:delay_enter=250000'])).toMatchObject({ status: 0, stderr: '' });
    expect(dumpStore(db) === dumpStore(whole)).toBe(true);
  });

  test.each([['a quota', 'EDQUOT', 30], ['a quota', 'EDQUOT', 90], ['a dying drive', 'EIO', 60]])('%s (%s from write %i on)', (_, error, from) => {
    const db = join(folder, `${error}-${from}.db`);
    const stopped = importing(db, ['-e', 'trace=pwrite64', '-e', `inject=pwrite64:error=${error}:when=${from}+`]);
    expect(stopped.stderr).toMatch(TOLD);
    expect(stopped.status).toBe(4);
    expect(runProcess(['import', PLANT, '--db', db, '--quiet'])).toMatchObject({ code: 0, err: '' });
    expectSound(db);
    expect(dumpStore(db) === dumpStore(whole)).toBe(true);
  });
});

const mayMount = { what: 'a mount namespace', isThere: spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', folder]).status === 0, remedy: 'run as root' };

describe.runIf(canRun('a small file system', [mayMount]))('a file system', () => {
  test.each(['100k', '200k'])('of %s, and then enough', (size) => {
    const mount = join(folder, `mount-${size}`);
    const db = join(folder, `kept-${size}.db`);
    mkdirSync(mount);
    const script = 'mount -t tmpfs -o size="$1" none "$2" || exit 99; at=$2; kept=$3; shift 3; "$@" --db "$at/plant.db"; code=$?; mount -o remount,size=64m "$at" && "$@" --db "$at/plant.db" && cp "$at/plant.db" "$kept" && exit $code; exit 98';
    const ran = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', size, mount, db, ...PROGRAM, 'import', PLANT, '--quiet'], { encoding: 'utf8' });
    expect(ran.stderr).toMatch(TOLD);
    expect(ran.status).toBe(4);
    expectSound(db);
    expect(dumpStore(db) === dumpStore(whole)).toBe(true);
  });

  // Full at each page between a new store and its first checkpoint.
  test('that is full before the first checkpoint of a capture: the words of a full disk', () => {
    const mount = join(folder, 'first');
    mkdirSync(mount);
    const empty = join(folder, 'empty.db');
    openForWriting(empty).close();
    const script = 'mount -t tmpfs -o size="$1" none "$2" || exit 99; at=$2; shift 2; "$@" --db "$at/plant.db"';
    const ends = Array.from({ length: 10 }, (_, pages) => {
      const size = `${statSync(empty).size + pages * 4096}`;
      const { status, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', size, mount, ...PROGRAM, 'capture', '-', '--quiet'], { encoding: 'utf8', input: readFileSync(SPLIT) });
      return [status, stderr];
    });
    const full = [4, `baseline: the store ${mount}/plant.db cannot grow: the disk is full\n  Free some space, then run the same command again; what was stored before stays.\n`];
    expect(ends).toEqual(ends.map(() => full));
  });

  // Full while the store is copied, and while the copy is migrated.
  test.each(['100k', '200k'])('of %s for the copy of an older store: what is full, and what to do', (size) => {
    const db = join(folder, `older-${size}.db`);
    const mount = join(folder, `copies-${size}`);
    mkdirSync(mount);
    writeFileSync(db, gunzipSync(readFileSync(join(import.meta.dirname, '../store/fixtures/version-1.db.gz'))));
    const script = 'mount -t tmpfs -o size="$1" none "$2" || exit 99; export TMPDIR=$2; shift 2; "$@"';
    const ran = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', size, mount, ...PROGRAM, 'assets', '--db', db], { encoding: 'utf8' });
    expect(ran.stderr).toContain(`no room in ${mount} for a copy of the store ${db}`);
    expect(ran.stderr).toContain('Set TMPDIR');
    expect(ran.status).toBe(4);
  });

  // Full while the store is copied, and while what goes into the bundle is.
  test.each([8, 48])('with %i pages left beside the store for a bundle: the disk of the copy is full, the store is as it was', (pages) => {
    const mount = join(folder, `bundle-${pages}`);
    mkdirSync(mount);
    const script = 'mount -t tmpfs -o size="$1" none "$2" || exit 99; cp "$3" "$2/plant.db"; at=$2; from=$3; shift 3; "$@" --db "$at/plant.db"; code=$?; cmp "$from" "$at/plant.db" && test "$(ls -A "$at")" = plant.db && exit $code; exit 98';
    const size = `${statSync(whole).size + pages * 4096}`;
    const ran = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', size, mount, whole, ...PROGRAM, 'bundle', '--out', join(folder, `none-${pages}.tar`)], { encoding: 'utf8' });
    expect(ran.stderr).toMatch(/^baseline: no room for a copy of the store \S+plant\.db: the disk of \S+ is full\n {2}Free three times the size of the store there, [^\n]+\n$/);
    expect(ran.status).toBe(4);
  });
});
