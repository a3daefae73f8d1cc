/**
 * A private folder for a copy of a store, gone when the work ends, however it ends. In: a folder it should lie in. Out: its
 * path, and what removes it. The work is synchronous, so no signal is heard during it: a process of its own waits for ours to
 * close its pipe, which the system does for every kind of end, and then removes the folder.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { errorCode, usageError } from '../errors.ts';

/** Ends with us alone: signals of the terminal go to whole groups of processes. */
const GUARD = `
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1']) process.on(signal, () => undefined);
process.stdin.on('error', () => undefined).on('close', () => { for (const folder of process.argv.slice(1)) require('node:fs').rmSync(folder, { recursive: true, force: true, maxRetries: 3 }); }).resume();
`;

export interface ScratchFolder {
  readonly path: string;
  remove(): void;
}

/** @param beside where it should lie; the system's folder for such things where nothing can be made there */
export function makeScratchFolder(beside: string = tmpdir()): ScratchFolder {
  const name = `.baseline-scratch-${randomUUID()}`;
  const places = [...new Set([beside, tmpdir()])].map((folder) => resolve(folder, name));
  // Before there is anything to remove: we may be stopped at once.
  const guard = spawn(process.execPath, ['-e', GUARD, ...places], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: tmpdir(), windowsHide: true });
  // Where no process can be started, the folder goes when the work ends of itself.
  guard.on('error', () => undefined);
  guard.unref();
  guard.stdin.on('error', () => undefined);
  const path = places.find((place, i) => isMade(place, i === places.length - 1)) ?? '';
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true });
      guard.stdin.destroy();
    },
  };
}

const PRIVATE_FOLDER = 0o700;

function isMade(folder: string, isLastPlace: boolean): boolean {
  try {
    mkdirSync(folder, { mode: PRIVATE_FOLDER });
    return true;
  } catch (error) {
    if (isLastPlace) throw usageError(`${folder} cannot be made: ${errorCode(error)}`, 'Name a folder for copies with TMPDIR, with room for the store.');
    return false;
  }
}
