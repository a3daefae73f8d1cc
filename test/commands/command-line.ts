/** A command line run in this process, with what it wrote to each stream; and as a process of its own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runCommandLine, type OutputStream } from '../../src/main.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function stream(isTTY: boolean, columns: number, into: string[]): OutputStream {
  return {
    isTTY,
    columns,
    write: (text, done) => {
      into.push(text);
      done?.();
      return true;
    },
  };
}

export async function runLine(args: readonly string[], { isTTY = false, columns = 100, signal = new AbortController().signal } = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine(args, { environment: {}, stdout: stream(isTTY, columns, out), stderr: stream(isTTY, columns, err), signal });
  return { code, out: out.join(''), err: err.join('') };
}

/** How the program is started as users start it (test/build-program.ts). */
export const PROGRAM: readonly [node: string, main: string] = [process.execPath, fileURLToPath(new URL('../../dist/main.js', import.meta.url))];

export function runProcess(args: readonly string[], options: { readonly shellBefore?: string; readonly cwd?: string; readonly input?: Uint8Array } = {}): Ran {
  const before = options.shellBefore === undefined ? '' : `${options.shellBefore}; `;
  const spawned = spawnSync('sh', ['-c', `${before}exec "$@"`, 'sh', ...PROGRAM, ...args], { encoding: 'utf8', cwd: options.cwd, input: options.input });
  return { code: spawned.status ?? -1, out: spawned.stdout, err: spawned.stderr };
}
