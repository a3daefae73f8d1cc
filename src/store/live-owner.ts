/**
 * Who runs the live capture of a store: known exactly and without a clock, so that a second one is refused while the first one lives,
 * and one that was killed is told as such. In: what the system says of processes. Out: one line of text in the store, and whether
 * the process that it names is alive. Where the system says nothing (no /proc, another machine, another container), nothing is said.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { errorCode } from '../errors.ts';
import type { Connection } from './database.ts';

/** What the system says: a file's text or a link's target, null where there is none. */
export interface ProcessTable {
  read(path: string): string | null;
  link(path: string): string | null;
  /** Whether there is such a process, also one that we may not look at (kill(2), signal 0). */
  exists(pid: number): boolean;
}

const orNull = <T>(look: () => T): T | null => {
  try {
    return look();
  } catch {
    return null;
  }
};

export const SYSTEM: ProcessTable = {
  read: (path) => orNull(() => readFileSync(path, 'utf8')),
  link: (path) => orNull(() => readlinkSync(path)),
  exists(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return errorCode(error) !== 'ESRCH';
    }
  },
};

export type OwnerState = 'alive' | 'dead' | 'unknown';

const KEY = 'live-owner';
/** proc(5): field 3 of /proc/PID/stat is the state, 22 the start time; the name before them, in brackets, may hold anything. */
const STATE_FIELD = 3;
const START_FIELD = 22;

/** State and start time; null where there is no such process, or none that we may look at. */
function statOf(table: ProcessTable, pid: number): { readonly state: string; readonly start: string } | null {
  const stat = table.read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 1).trim().split(' ');
  return { state: fields[0], start: fields[START_FIELD - STATE_FIELD] ?? '' };
}

/** Ended, and not yet asked for by its parent. */
const ENDED = /^[ZX]$/;

/** The machine's id says which plant a store is from: only its digest goes into one (machine-id(5)). */
function machineOf(table: ProcessTable): string {
  const id = table.read('/etc/machine-id')?.trim() ?? '';
  return id === '' ? '' : createHash('sha256').update(`baseline ${id}`).digest('hex').slice(0, 16);
}

const bootOf = (table: ProcessTable): string => table.read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';

/** Process numbers mean something within their namespace only (pid_namespaces(7)). */
const spaceOf = (table: ProcessTable): string => table.link('/proc/self/ns/pid') ?? '';

/** The process as text; null where the system does not say enough to know it again. */
export function describeOwner(table: ProcessTable, pid: number): string | null {
  const start = statOf(table, pid)?.start ?? '';
  const [boot, space] = [bootOf(table), spaceOf(table)];
  return start === '' || boot === '' || space === '' ? null : [pid, start, boot, space, machineOf(table)].join(' ');
}

/** @param text of describeOwner */
export function ownerState(table: ProcessTable, text: string): OwnerState {
  const [pid, start, boot, space, machine] = text.split(' ');
  const here = bootOf(table);
  if (here === '') return 'unknown';
  // The same machine after a restart runs nothing of before.
  if (boot !== here) return machine !== '' && machine === machineOf(table) ? 'dead' : 'unknown';
  if (space !== spaceOf(table)) return 'unknown';
  const stat = statOf(table, Number(pid));
  if (stat === null) return table.exists(Number(pid)) ? 'unknown' : 'dead';
  return stat.start === start && !ENDED.test(stat.state) ? 'alive' : 'dead';
}

export const readOwner = (db: Connection): string | null => (db.prepare('SELECT value FROM store_meta WHERE key = ?').pluck().get(KEY) as string | undefined) ?? null;

/** Who runs the store's live capture, as far as this machine can tell; null: nobody is known to. */
export function liveOwner(db: Connection): { readonly pid: number; readonly state: OwnerState } | null {
  const text = readOwner(db);
  return text === null ? null : { pid: Number(text.split(' ')[0]), state: ownerState(SYSTEM, text) };
}

/** Null: nobody is known to run one. */
export function writeOwner(db: Connection, text: string | null): void {
  if (text === null) db.prepare('DELETE FROM store_meta WHERE key = ?').run(KEY);
  else db.prepare('INSERT INTO store_meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value').run(KEY, text);
}
