/**
 * A limit of file size (`ulimit -f`: EFBIG behind SIGXFSZ), which fails as a quota does, at any write of the store: one line
 * and what to do, exit 4; without the limit the same command goes on to the store of an uninterrupted import, row by row.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, expect, test } from 'vitest';
import { dumpStore } from '../flow/dump-store.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { runProcess } from './command-line.ts';

const PLANT = join(SAMPLES, 'plant');
const folder = testFolder();
const whole = join(folder, 'whole.db');
beforeAll(() => expect(runProcess(['import', PLANT, '--db', whole, '--quiet'])).toMatchObject({ code: 0, err: '' }));

/** In the blocks of POSIX: 512 octets. */
const limited = (blocks: number): string => `ulimit -f ${blocks}`;
const TOLD = /^baseline: the store \S+ cannot (?:grow|be read or written)[^\n]*\n {2}[^\n]+\n$/;

test.each([40, 200, 340, 400])('an import within %i blocks', (blocks) => {
  const db = join(folder, `import-${blocks}.db`);
  const stopped = runProcess(['import', PLANT, '--db', db, '--quiet'], { shellBefore: limited(blocks) });
  expect(stopped.err).toMatch(TOLD);
  expect(stopped.code).toBe(4);
  expect(runProcess(['import', PLANT, '--db', db, '--quiet'])).toMatchObject({ code: 0, err: '' });
  expect(dumpStore(db)).toBe(dumpStore(whole));
});

test.each([40, 200])('a capture from a pipe within %i blocks', (blocks) => {
  const db = join(folder, `capture-${blocks}.db`);
  const stopped = runProcess(['capture', '-', '--db', db, '--quiet'], { shellBefore: limited(blocks), input: readFileSync(join(PLANT, 'millbrook_00005_20260314.pcapng')) });
  expect(stopped.err).toMatch(TOLD);
  expect(stopped.code).toBe(4);
  const store = new Database(db, { readonly: true });
  expect(store.pragma('integrity_check', { simple: true })).toBe('ok');
  store.close();
});

test('a bundle that is verified where there is no room for a copy of its store: the folder is named, and the bundle is not blamed', () => {
  const bundle = join(folder, 'evidence.tar');
  expect(runProcess(['bundle', '--db', whole, '--out', bundle])).toMatchObject({ code: 0 });
  const stopped = runProcess(['bundle', 'verify', bundle], { shellBefore: limited(40) });
  expect(stopped.err).toMatch(/^baseline: the copy of the packed store, \S+, cannot be written: \w+\n {2}Name a folder for copies with TMPDIR, with room for the store\.\n$/);
  expect(stopped.code).toBe(2);
  expect(runProcess(['bundle', 'verify', bundle])).toMatchObject({ code: 0, err: '' });
});
