/**
 * The completeness that a running capture shows, reckoned once an hour by `baseline status` in a process of its own: it reads
 * the whole store, and a capture has no second to spare. In: the store's path, the plant's time zone. Out: the newest estimate, from 0 to 1.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { extname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { HOUR_MS } from '../net/time.ts';

/** This program, built or from its sources. */
const MAIN = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));
const FIRST_MS = 60_000;
const AGAIN_MS = HOUR_MS;
/** A store of months takes seconds; what takes longer than this is let go. */
const LONGEST_MS = 300_000;
const MOST_OUTPUT = 64 * 1024 * 1024;
const LOWEST_PRIORITY = 19;

export interface CompletenessWatch {
  /** Null until it is known. */
  share(): number | null;
  stop(): void;
}

/** Where processor or memory is short, an estimate can wait, and frames cannot. */
function yieldToCapture(pid: number): void {
  try {
    setPriority(pid, LOWEST_PRIORITY);
    // proc(5): where the memory of the machine, or of the service, is used up, the system ends this one first.
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // It has ended already, or this system lets nobody be nicer.
  }
}

export function watchCompleteness(db: string, timezone: string): CompletenessWatch {
  let share: number | null = null;
  const asking = new AbortController();
  const ask = (): void => {
    const command = [...process.execArgv, MAIN, 'status', '--json', '--db', db, '--timezone', timezone];
    const child = execFile(process.execPath, command, { timeout: LONGEST_MS, maxBuffer: MOST_OUTPUT, signal: asking.signal }, (error, stdout) => {
      if (error !== null) return; // the last estimate stands; what ails the store, the next checkpoint tells
      const { completeness } = JSON.parse(stdout) as { completeness: { estimate: number } };
      share = completeness.estimate;
    });
    if (child.pid !== undefined) yieldToCapture(child.pid);
  };
  let timer = setTimeout(function again() {
    ask();
    timer = setTimeout(again, AGAIN_MS).unref();
  }, FIRST_MS).unref();
  return {
    share: () => share,
    stop() {
      clearTimeout(timer);
      asking.abort();
    },
  };
}
