/**
 * What ends a test that would wait for ever, so that it fails and says what it waited for. None of this is a bar for
 * speed: the limits are many times what a slow and busy machine takes. vitest.config.ts loads this before every test file.
 */
import childProcess, { type ChildProcess, type SpawnSyncOptions } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

export const HANG_MS = 600_000;

/** Options of `spawn`: a process that lives that long is taken to hang, and is killed; who waits for it then sees its end. */
export const ENDS = { timeout: HANG_MS, killSignal: 'SIGKILL' } as const;

/** Looks again and again until it holds. Throws when `isOver` (it can never hold any more), with what `said` tells. */
export async function waitUntil(what: string, holds: () => boolean, isOver: () => boolean, said: () => string): Promise<void> {
  const began = performance.now();
  while (!holds()) {
    // In this order: what was said last may have come together with the end.
    if (isOver() && !holds()) throw new Error(`it ended without ${what}: ${said()}`);
    if (performance.now() - began > HANG_MS) throw new Error(`${what} did not come in ${HANG_MS / 60_000} minutes: ${said()}`);
    await sleep(20);
  }
}

/** Resolves when a process has printed something; throws when it ends before. */
export function firstOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('close', (code, signal) => reject(new Error(`${child.spawnargs.join(' ')} ended with ${code ?? signal} before it said anything`)));
    child.once('error', reject);
  });
}

// vitest cannot end a test that blocks its thread, so the same limit stands for each process that a test waits for in that way.
// Files share a worker and each of them loads this anew: what is limited stays as it is.
const LIMITED = Symbol.for('limited by test/hang.ts');
type WaitsForProcess = (command: string, args: readonly string[], options?: SpawnSyncOptions) => { readonly error?: NodeJS.ErrnoException };
for (const name of ['spawnSync', 'execFileSync'] as const) {
  const original = childProcess[name] as WaitsForProcess;
  if (LIMITED in original) continue;
  const limited: WaitsForProcess = (command, args, options) => {
    const done = original(command, args, { ...ENDS, ...options });
    if (done.error?.code === 'ETIMEDOUT') throw done.error;
    return done;
  };
  Object.assign(childProcess, { [name]: Object.assign(limited, { [LIMITED]: true }) });
}
syncBuiltinESMExports();
