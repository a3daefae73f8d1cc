/**
 * What a disk may hold after a power cut. In: the journal of a process (journal.cc) and the files that were there before.
 * Out: for any moment, a folder as it could be found: what was synced is there; of the rest any part may be, in sectors of 512
 * octets, in any order; names appear, change and vanish in order, but only a sync of the folder says that they have. This is
 * harsher than ext4 or xfs are, and what POSIX promises (fsync, rename); SQLite's own crash tests assume the same.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Random } from '../../samples/gen/random.ts';

const OPERATION = { create: 1, write: 2, truncate: 3, sync: 4, syncFolder: 5, rename: 6, unlink: 7 } as const;
const SECTOR = 512;

export interface JournalRecord {
  readonly operation: number;
  readonly inode: bigint;
  readonly offset: number;
  readonly data: Buffer;
}

export function readJournal(path: string): JournalRecord[] {
  const octets = readFileSync(path);
  const records: JournalRecord[] = [];
  for (let at = 0; at < octets.length; ) {
    const length = octets.readUInt32LE(at + 17);
    records.push({ operation: octets[at], inode: octets.readBigUInt64LE(at + 1), offset: Number(octets.readBigUInt64LE(at + 9)), data: octets.subarray(at + 21, at + 21 + length) });
    at += 21 + length;
  }
  return records;
}

export const isCreation = (record: JournalRecord): boolean => record.operation === OPERATION.create;
export const isSync = ({ operation }: JournalRecord): boolean => operation === OPERATION.sync || operation === OPERATION.syncFolder;
export const isWrite = (record: JournalRecord): boolean => record.operation === OPERATION.write;

/** Octets that grow in place. */
interface Content {
  octets: Buffer;
  size: number;
}

interface DiskFile {
  readonly synced: Content;
  /** Writes and truncations since. */
  pending: JournalRecord[];
}

type Names = ReadonlyMap<string, DiskFile>;

/** How much of what was not synced is on the disk. */
export type Mercy = 'all' | 'none' | 'some sectors' | 'some writes' | 'torn';
export const MERCIES: readonly Mercy[] = ['all', 'none', 'some sectors', 'some writes', 'torn'];

export interface Disk {
  /** Names and files as the process saw them; and each state of the names since the folder was synced. */
  readonly states: readonly Names[];
}

/** The files of a folder, all synced: where a process begins. */
export interface Before {
  readonly names: ReadonlyMap<string, { readonly inode: bigint; readonly content: Buffer }>;
}

export const snapshot = (folder: string): Before => ({
  names: new Map(readdirSync(folder).map((name) => [name, { inode: statSync(join(folder, name), { bigint: true }).ino, content: readFileSync(join(folder, name)) }])),
});

/** The disk after the first `count` records. */
export function replay(before: Before, records: readonly JournalRecord[], count: number): Disk {
  const byInode = new Map<bigint, DiskFile>();
  let names = new Map<string, DiskFile>();
  for (const [name, { inode, content }] of before.names) {
    const file = { synced: { octets: Buffer.from(content), size: content.length }, pending: [] };
    byInode.set(inode, file);
    names.set(name, file);
  }
  let states: Names[] = [names];
  const change = (edit: (copy: Map<string, DiskFile>) => void): void => {
    names = new Map(names);
    edit(names);
    states.push(names);
  };
  for (const record of records.slice(0, count)) {
    const file = byInode.get(record.inode);
    switch (record.operation) {
      case OPERATION.create: {
        const made: DiskFile = { synced: { octets: Buffer.alloc(0), size: 0 }, pending: [] };
        // An inode may be used again.
        byInode.set(record.inode, made);
        change((copy) => copy.set(basename(record.data.toString()), made));
        break;
      }
      case OPERATION.write:
      case OPERATION.truncate:
        file?.pending.push(record);
        break;
      case OPERATION.sync:
        if (file === undefined) break;
        for (const write of file.pending) apply(file.synced, write, () => true);
        file.pending = [];
        break;
      case OPERATION.syncFolder:
        states = [names];
        break;
      case OPERATION.rename: {
        const [from, to] = record.data.toString().split('\n').map((path) => basename(path));
        change((copy) => {
          copy.set(to, copy.get(from) as DiskFile);
          copy.delete(from);
        });
        break;
      }
      case OPERATION.unlink:
        change((copy) => copy.delete(basename(record.data.toString())));
        break;
      default:
        throw new Error(`the journal has an unknown record ${record.operation}`);
    }
  }
  return { states };
}

function resize(content: Content, size: number): void {
  if (size > content.octets.length) {
    const grown = Buffer.alloc(Math.max(size, 2 * content.octets.length));
    content.octets.copy(grown, 0, 0, content.size);
    content.octets = grown;
  } else if (size > content.size) content.octets.fill(0, content.size, size);
  content.size = size;
}

/** @param keeps whether the sector with this number of the write is on the disk */
function apply(content: Content, { operation, offset, data }: JournalRecord, keeps: (sector: number) => boolean): void {
  if (operation === OPERATION.truncate) return resize(content, offset);
  for (let at = 0, sector = 0; at < data.length; sector++) {
    const end = Math.min(data.length, at + SECTOR - ((offset + at) % SECTOR));
    if (keeps(sector)) {
      if (offset + end > content.size) resize(content, offset + end);
      data.copy(content.octets, offset + at, at, end);
    }
    at = end;
  }
}

/** Writes one of the folders that could be found. */
export function findAfterCut(disk: Disk, mercy: Mercy, random: Random, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const names = mercy === 'all' ? disk.states.at(-1) : mercy === 'none' ? disk.states[0] : disk.states[random.integer(0, disk.states.length - 1)];
  for (const [name, file] of names as Names) writeFileSync(join(folder, name), contentAfterCut(file, mercy, random), { mode: 0o600 });
}

function contentAfterCut({ synced, pending }: DiskFile, mercy: Mercy, random: Random): Buffer {
  const half = (): boolean => random.integer(0, 1) === 0;
  const all = (): boolean => true;
  const content = { octets: Buffer.from(synced.octets.subarray(0, synced.size)), size: synced.size };
  pending.forEach((write, i) => {
    const isTruncation = write.operation === OPERATION.truncate;
    if (mercy === 'all' || (mercy === 'torn' && i < pending.length - 1)) apply(content, write, all);
    else if (mercy === 'some sectors' ? !isTruncation || half() : mercy === 'some writes' && half()) apply(content, write, mercy === 'some sectors' ? half : all);
    // All but the end of the last write: what was on its way when the power went.
    else if (mercy === 'torn' && !isTruncation) apply(content, write, (sector) => sector === 0);
  });
  return content.octets.subarray(0, content.size);
}
