/**
 * kill -9 at any moment of an import, resumed by the same command: the store equals an uninterrupted one row by row.
 * Real processes, real kills; moments are spread over the time that the uninterrupted import took.
 */
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../folder.ts';
import { dumpStore } from '../flow/dump-store.ts';
import { ENDS } from '../hang.ts';
import { PROGRAM } from './command-line.ts';

const root = join(import.meta.dirname, '../..');
const folder = testFolder();

const command = (db: string, jobs: string): string[] => [PROGRAM[1], 'import', join(root, 'samples/plant'), '--db', db, '--quiet', '--jobs', jobs];

/** Starts an import and kills it after so many milliseconds; resolves to whether it was still running. */
const killAfter = (db: string, ms: number, jobs: string): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, command(db, jobs), { ...ENDS, stdio: 'ignore', cwd: root });
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    child.on('exit', (_code, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL');
    });
  });

test('an import killed at 20 moments and resumed gives the store of an uninterrupted one, row by row', async () => {
  const control = join(folder, 'control.db');
  const began = performance.now();
  expect(spawnSync(process.execPath, command(control, '1'), { cwd: root, encoding: 'utf8' })).toMatchObject({ status: 0 });
  const whole = performance.now() - began;
  const expected = dumpStore(control);
  expect(expected).toContain('conversation');
  let kills = 0;
  for (let i = 0; i < 20; i++) {
    const db = join(folder, `killed-${i}.db`);
    const jobs = i % 4 === 0 ? '3' : '1';
    if (await killAfter(db, (whole * (i + 5)) / 25, jobs)) kills++;
    expect(spawnSync(process.execPath, command(db, jobs), { cwd: root, encoding: 'utf8' })).toMatchObject({ status: 0 });
    expect(dumpStore(db)).toBe(expected);
    rmSync(db, { force: true });
  }
  expect(kills).toBeGreaterThan(0);
});
