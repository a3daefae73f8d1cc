/** A bundle that is packed or verified, and stopped by whatever signal: no copy of the store is left, in no folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { PROGRAM, runLine } from './command-line.ts';

const folder = testFolder();
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  for (const name of ['home', 'send', 'temporary']) mkdirSync(at(name));
  expect((await runLine(['import', join(SAMPLES, 'plant'), '--db', at('home/plant.db')])).code).toBe(EXIT.ok);
  expect((await runLine(['bundle', '--db', at('home/plant.db'), '--out', at('whole.tar')])).code).toBe(EXIT.ok);
});

const scratch = (): string[] => ['home', 'send', 'temporary'].flatMap((name) => readdirSync(at(name)).filter((file) => file.startsWith('.baseline-')).map((file) => `${name}/${file}`));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}

const start = (args: readonly string[]): ChildProcess =>
  spawn(PROGRAM[0], [PROGRAM[1], ...args], { stdio: 'ignore', env: { ...process.env, TMPDIR: at('temporary') } });

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('%s', async (signal) => {
  for (const args of [['bundle', '--db', at('home/plant.db'), '--redact', '--out', at('send/e.tar')], ['bundle', 'verify', at('whole.tar')]]) {
    const child = start(args);
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, by) => resolve(by)));
    await until(() => scratch().length > 0 || child.exitCode !== null);
    expect(scratch().join(), 'beside the store, or in the folder for such things, not where the bundle goes').toMatch(args[1] === 'verify' ? /^temporary\// : /^home\//);
    child.kill(signal);
    expect(await ended).toBe(signal);
    await until(() => scratch().length === 0);
    expect(readdirSync(at('send'))).toEqual([]);
  }
});
