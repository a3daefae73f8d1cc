/**
 * Power cuts, simulated: a process is recorded (journal.cc), and at many moments the disk is put back as a power cut could have
 * left it (journal.ts). What is found must open, be sound, hold what was promised, and go on to the same end.
 * `npm run power-cut -- --cuts 2000 --seed 7` cuts as often as you like; power-cut.test.ts does a few of each.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { pcap } from '../../samples/gen/capture-file.ts';
import { ethernet, ETHERTYPE, udpPacket } from '../../samples/gen/frames.ts';
import { createRandom } from '../../samples/gen/random.ts';
import { openForReading, openForWriting } from '../../src/store/database.ts';
import { runLine } from '../commands/command-line.ts';
import { dumpStore } from '../flow/dump-store.ts';
import { storedTotals, unbalanced } from '../fuzz/memory-store.ts';
import { findAfterCut, isCreation, isWrite, MERCIES, readJournal, replay, snapshot, type Before, type JournalRecord } from './journal.ts';

/** In memory where there is room for it: what a sync costs is not what is tested. */
export const ROOM = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const HERE = fileURLToPath(new URL('.', import.meta.url));
const VERSION_1 = join(HERE, '../store/fixtures/version-1.db.gz');
export const SCENARIOS = ['import', 'capture', 'migrate', 'propose'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** What a scenario was, recorded once: cuts are made as often as wanted. */
export interface Recorded {
  readonly name: ScenarioName;
  readonly folder: string;
  readonly before: Before;
  readonly records: readonly JournalRecord[];
  /** What is there when nothing is cut: the dump of a store, or a text. */
  readonly truth: string;
  /** What was there before: likewise. */
  readonly old: string;
}

/** Needs Linux, and g++. */
export function compileShim(folder: string): string {
  const shim = join(folder, 'journal.so');
  const built = spawnSync('g++', ['-shared', '-fPIC', '-O1', '-o', shim, join(HERE, 'journal.cc'), '-ldl'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`g++ cannot build the journal: ${built.stderr ?? 'no g++'}`);
  return shim;
}

/** Captures whose import fills more than SQLite keeps in its log before it checkpoints by itself (1,000 pages). */
function writeCaptures(folder: string, files: number, conversations: number): void {
  mkdirSync(folder);
  for (let file = 0; file < files; file++) {
    const frames = Array.from({ length: conversations }, (_, i) => {
      const n = file * conversations + i;
      const ip = { from: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`, to: `192.0.2.${1 + (n % 200)}`, id: n & 0xffff, ttl: 64 };
      return { interfaceId: 0, timeNs: 1_773_500_000_000_000_000n + BigInt(n) * 1_000_000n, bytes: ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', ETHERTYPE.ipv4, udpPacket(ip, 20_000 + (n % 20_000), 30_000, Uint8Array.of(1, 2, 3, 4))) };
    });
    writeFileSync(join(folder, `${file}.pcap`), pcap({ isLittle: true, isNanosecond: true, linkType: 1, snapLength: 65_536 }, frames));
  }
}

export async function record(name: ScenarioName, shim: string, root: string): Promise<Recorded> {
  const folder = join(root, name);
  const captures = `${folder}-captures`;
  mkdirSync(folder);
  let old = '';
  if (name === 'import') writeCaptures(captures, 3, 4000);
  if (name === 'migrate') {
    writeCaptures(captures, 1, 500);
    writeFileSync(join(folder, 'store.db'), gunzipSync(readFileSync(VERSION_1)), { mode: 0o600 });
    old = dumpStore(join(folder, 'store.db'));
  }
  if (name === 'propose') {
    mkdirSync(captures);
    await runLine(['import', join(HERE, '../../samples/plant'), '--db', join(captures, 'plant.db')]);
    await runLine(['propose-zones', '--db', join(captures, 'plant.db'), '--exact', '--out', join(folder, 'spec.yaml')]);
    old = readFileSync(join(folder, 'spec.yaml'), 'utf8');
  }
  const before = snapshot(folder);
  const journal = join(root, `${name}.journal`);
  const ran = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), join(HERE, 'scenario.ts'), name === 'migrate' ? 'import' : name, folder], {
    encoding: 'utf8',
    env: { ...process.env, LD_PRELOAD: shim, POWER_CUT_FOLDER: folder, POWER_CUT_JOURNAL: journal },
  });
  if (ran.status !== 0) throw new Error(`the scenario ${name} failed: ${ran.stderr}`);
  const truth = name === 'propose' ? readFileSync(join(folder, 'spec.yaml'), 'utf8') : dumpStore(join(folder, 'store.db'));
  return { name, folder, before, records: readJournal(journal), truth, old };
}

/** One cut after `count` records. @returns what is wrong with what is found, or null */
export async function cut(recorded: Recorded, count: number, seed: number): Promise<string | null> {
  const random = createRandom(seed);
  const mercy = MERCIES[seed % MERCIES.length];
  const found = `${recorded.folder}-found`;
  const disk = replay(recorded.before, recorded.records, count);
  findAfterCut(disk, mercy, random, found);
  // Promises are what was said before the cut, whatever became of the file of promises itself.
  const promises = promisedBefore(recorded, count);
  const verdict = recorded.name === 'propose' ? judgeFile(recorded, found, promises) : await judgeStore(recorded, found, promises);
  return verdict === null ? null : `${recorded.name}, cut after ${count} of ${recorded.records.length} records, ${mercy}, seed ${seed}: ${verdict}`;
}

/** The file of promises as the process wrote it, whatever became of it on the disk. */
function promisedBefore({ records }: Recorded, count: number): string[] {
  const made = records.findIndex((one) => isCreation(one) && one.data.toString().endsWith('/marks'));
  const text = records.slice(made, count).filter((one) => isWrite(one) && one.inode === records[made].inode).map((one) => one.data.toString()).join('');
  return text === '' ? [] : text.trimEnd().split('\n');
}

function judgeFile({ truth, old }: Recorded, found: string, promises: readonly string[]): string | null {
  const text = existsSync(join(found, 'spec.yaml')) ? readFileSync(join(found, 'spec.yaml'), 'utf8') : null;
  if (text === null) return 'the spec is gone';
  if (text !== truth && text !== old) return 'the spec is neither the old one nor the new one';
  if (promises.includes('end') && text !== truth) return 'the command had ended, and the new spec is not there';
  return null;
}

async function judgeStore(recorded: Recorded, found: string, promises: readonly string[]): Promise<string | null> {
  const db = join(found, 'store.db');
  const hasEnded = promises.includes('end');
  const isThere = existsSync(db) && statSync(db).size > 0;
  if (!isThere && (hasEnded || recorded.name === 'migrate' || promises.length > 0)) return 'the store is gone';
  if (isThere) {
    let wrong: string | null;
    try {
      wrong = judgeContent(db, recorded, promises, hasEnded);
    } catch (error) {
      // Tables that were never committed: an empty store, to be filled by the same command.
      if (!/is empty/.test((error as Error).message) || promises.length > 0) return `the store does not open: ${(error as Error).message}`;
      wrong = null;
    }
    if (wrong !== null) return wrong;
  }
  if (recorded.name === 'capture') return null;
  // The same command goes on to the same end.
  const again = await runLine(['import', `${recorded.folder}-captures`, '--db', db, '--quiet']);
  if (again.code !== 0) return `the same command fails afterwards: ${again.err}`;
  return dumpStore(db) === recorded.truth ? null : 'the same command afterwards gives another store';
}

function judgeContent(path: string, { name, truth, old }: Recorded, promises: readonly string[], hasEnded: boolean): string | null {
  const copy = `${path}.looked-at`;
  for (const suffix of ['', '-wal', '-journal']) {
    rmSync(copy + suffix, { force: true });
    if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
  }
  const isMigrated = name === 'migrate' && versionOnDisk(copy) > 1;
  const store = openForReading(copy);
  try {
    const verdict = store.db.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') return `integrity_check: ${String(verdict)}`;
    const totals = storedTotals(store.db);
    const law = name === 'migrate' ? null : unbalanced(totals, 0);
    if (law !== null) return law;
    const promised = promises.map(Number).filter((frames) => !Number.isNaN(frames)).at(-1) ?? 0;
    if (totals.captureFrames < promised) return `${promised} frames were promised, ${totals.captureFrames} are there`;
    if (name === 'capture' && totals.captureFrames % 400 !== 0) return 'half a checkpoint is there';
  } finally {
    store.close();
  }
  // A reader works on a copy where a log must be played back; a writer mends the file itself.
  openForWriting(copy).close();
  if (hasEnded && dumpStore(copy) !== truth) return 'the command had ended, and not all of it is there';
  return name === 'migrate' ? judgeBackup(path, isMigrated, old) : null;
}

/** As the file is, with its log played back; nothing of ours has touched it. */
function versionOnDisk(path: string): number {
  const raw = new Database(path);
  try {
    return raw.pragma('user_version', { simple: true }) as number;
  } finally {
    raw.close();
  }
}

/** A store is never of the new version unless the old one is safe beside it. */
function judgeBackup(path: string, isMigrated: boolean, old: string): string | null {
  if (!isMigrated) return null;
  const backup = `${path}.v1.bak`;
  if (!existsSync(backup)) return 'the store is migrated, and there is no backup';
  return dumpStore(backup) === old ? null : 'the backup is not the store as it was';
}

/** Cuts of one scenario at random moments. @returns the first that is wrong */
export async function cuts(recorded: Recorded, times: number, seed: number): Promise<string | null> {
  const random = createRandom(seed);
  for (let i = 0; i < times; i++) {
    // The end is a moment of its own: all that was promised must be there, whatever was not synced.
    const count = i < MERCIES.length ? recorded.records.length : random.integer(0, recorded.records.length);
    const wrong = await cut(recorded, count, seed * 1000 + i);
    if (wrong !== null) return wrong;
  }
  return null;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { cuts: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' }, scenario: { type: 'string', multiple: true } } });
  const root = mkdtempSync(join(ROOM, 'baseline-power-cut-'));
  try {
    const shim = compileShim(root);
    for (const name of SCENARIOS.filter((one) => values.scenario?.includes(one) ?? true)) {
      const recorded = await record(name, shim, root);
      const wrong = await cuts(recorded, Number(values.cuts), Number(values.seed));
      console.log(wrong ?? `${name}: ${values.cuts} power cuts among ${recorded.records.length} records, every store sound and complete as promised`);
      if (wrong !== null) process.exitCode = 1;
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
