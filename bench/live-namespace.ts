/** What the live benches share: a veth pair in namespaces of its own, a capture command in one end, its figures and its end. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../test/tools/live-machine.ts';
import { createVethPair, type VethPair } from '../test/tools/veth-pair.ts';

export const MAIN = join(import.meta.dirname, '../dist/main.js');

export interface Listener {
  readonly child: ChildProcess;
  /** All that it printed, standard error included. */
  output(): string;
  /** Resolves once the words were printed, throws when it ends without them. */
  until(words: string): Promise<void>;
  readonly ended: Promise<number | string>;
}

/** Runs it in the sensor's end; `exec` replaces every program in between, so the child is the program itself. */
export function listenIn(pair: VethPair, command: readonly string[]): Listener {
  const child = spawn('ip', ['netns', 'exec', pair.sensor, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let isOver = false;
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (words: string) => (text += words));
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => {
      isOver = true;
      resolve(code ?? signal ?? 'lost');
    });
  });
  return {
    child,
    ended,
    output: () => text,
    async until(words) {
      while (!text.includes(words)) {
        if (isOver) throw new Error(`it ended without "${words}": ${text}`);
        await new Promise((resolve) => void setTimeout(resolve, 20));
      }
    },
  };
}

const TICKS_PER_SECOND = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);

/** Seconds of processor time of a process and its threads so far (proc(5), utime and stime). */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The pair exists while the work runs, whatever becomes of it. */
export async function withPair<T>(prefix: string, work: (pair: VethPair) => Promise<T>): Promise<T> {
  const pair = createVethPair(prefix);
  pair.make();
  try {
    run('ip', '-n', pair.sensor, 'link', 'set', 'lo', 'up');
    return await work(pair);
  } finally {
    pair.remove();
  }
}
