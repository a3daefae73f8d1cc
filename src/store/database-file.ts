/**
 * What stands at a store's path, told from its first bytes before SQLite is let near it: opening a file with SQLite can
 * roll back a journal or checkpoint a log, and a file that is not ours must stay as it is, byte for byte.
 * In: a path. Out: a verdict, or a `storeError` line that says what the file looks like. Nothing is written here.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { errorCode, storeError } from '../errors.ts';
import { APPLICATION_ID } from './schema.ts';
import { damaged, newer } from './store-errors.ts';

/** `absent` and `empty` may become a store; `store` carries our mark; everything else was refused with an error. */
export type FileKind = 'absent' | 'empty' | 'store';

/** SQLite file format, https://www.sqlite.org/fileformat2.html section 1.3. */
const MAGIC = 'SQLite format 3\0';
const HEADER_OCTETS = 100;
const PAGE_SIZE_OFFSET = 16;
const PAGE_COUNT_OFFSET = 28;
const USER_VERSION_OFFSET = 60;
const APPLICATION_ID_OFFSET = 68;

/** First octets of files that people give to `--db` by mistake. */
const LOOKALIKES: readonly (readonly [string, string])[] = [
  ['d4c3b2a1', 'a pcap capture'],
  ['a1b2c3d4', 'a pcap capture'],
  ['4d3cb2a1', 'a pcap capture'],
  ['a1b23c4d', 'a pcap capture'],
  ['0a0d0d0a', 'a pcapng capture'],
  ['1f8b', 'a gzip file'],
  ['28b52ffd', 'a zstd file'],
  ['504b0304', 'a zip file'],
  ['25504446', 'a PDF'],
  ['7f454c46', 'a program'],
];

function describeContent(head: Buffer): string {
  const hex = head.toString('hex');
  for (const [magic, name] of LOOKALIKES) if (hex.startsWith(magic)) return name;
  for (const byte of head) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return 'binary data of an unknown kind';
  }
  return 'text';
}

/** Throws unless the path may become, or already is, a store of ours. `known` is the newest version we read. */
export function recogniseFile(path: string, known: number): FileKind {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'absent';
    throw error;
  }
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) {
      throw storeError(`the store ${path} is a folder`, 'Name a file, for example --db baseline.db.');
    }
    if (!stat.isFile()) {
      throw storeError(`the store ${path} is not a regular file`, 'Name a file on a disk, for example --db baseline.db.');
    }
    if (stat.size === 0) return 'empty';
    const head = Buffer.alloc(HEADER_OCTETS);
    const got = readSync(descriptor, head, 0, HEADER_OCTETS, 0);
    if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) {
      throw storeError(
        `the store ${path} is not a baseline store: it looks like ${describeContent(head.subarray(0, got))}`,
        'Name another file with --db; this one was left as it is.',
      );
    }
    if (got < HEADER_OCTETS) throw damaged(path, 'its header is cut short');
    const applicationId = head.readUInt32BE(APPLICATION_ID_OFFSET);
    if (applicationId !== APPLICATION_ID) {
      throw storeError(
        `the store ${path} is an SQLite file of another program (application id 0x${applicationId.toString(16).padStart(8, '0')})`,
        'Name another file with --db; this one was left as it is.',
      );
    }
    const version = head.readUInt32BE(USER_VERSION_OFFSET);
    if (version > known) throw newer(path, version, known);
    // A log or a journal beside the file may hold the missing pages: then SQLite must judge.
    if (!existsSync(`${path}-wal`) && !existsSync(`${path}-journal`)) {
      const rawPageSize = head.readUInt16BE(PAGE_SIZE_OFFSET);
      const pageSize = rawPageSize === 1 ? 65_536 : rawPageSize;
      const announced = pageSize * head.readUInt32BE(PAGE_COUNT_OFFSET);
      if (stat.size < announced) {
        throw damaged(path, `it holds ${stat.size} octets of ${announced}`);
      }
    }
    return 'store';
  } finally {
    closeSync(descriptor);
  }
}
