/**
 * Whatever a person can do wrong, and whatever can be wrong with a file, a disk or a store: a line that says what and
 * where, one that says what to do, the exit code of docs/exit-codes.md, and what was imported before stays as it was.
 */
import Database from 'better-sqlite3';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { runCommandLine } from '../../src/main.ts';
import { testFolder } from '../folder.ts';
import { dumpStore } from '../flow/dump-store.ts';
import { SAMPLES } from '../places.ts';
import { concat, ngBlock, ngInterface, ngPacket, ngSection, payload, pcapHeader, pcapRecord, u32 } from '../source/capture-bytes.ts';
import { fillStore } from '../store/read-fixture.ts';
import { runLine, runProcess, type Ran } from './command-line.ts';

const GOOD = join(SAMPLES, 'traps/pipelined.pcap');
const PLANT = join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng');

const folder = testFolder();
let template: string;
const db = join(folder, 'store.db');
/** Rows of the store before the command: they must be there after it. */
let before: string;

beforeAll(async () => {
  template = join(folder, 'template.db');
  expect((await runLine(['import', GOOD, '--db', template])).code).toBe(EXIT.ok);
});
beforeEach(() => {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(db + suffix, { force: true });
  copyFileSync(template, db);
  before = dumpStore(db);
});

const file = (name: string, octets: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, octets);
  return path;
};

/** No stack, no control character, and every line says something. */
function expectPlain(ran: Ran): void {
  expect(ran.err).not.toMatch(/\bat .*:\d+:\d+|node:internal|Error:/);
  expect(ran.err.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  expect(ran.err.trim()).not.toBe('');
  for (const line of ran.err.trimEnd().split('\n')) expect(line.length).toBeLessThan(500);
}

/** `import` says per file what was wrong and what to do, in one line. */
async function expectRejected(path: string, says: RegExp): Promise<void> {
  const ran = await runLine(['import', path, '--db', db]);
  expectPlain(ran);
  expect(ran).toMatchObject({ code: EXIT.usage, out: '' });
  // Of a folder's other entries there is a word more.
  expect(ran.err.trimEnd().split('\n').filter((line) => !line.includes(' passed over '))).toHaveLength(1);
  expect(ran.err).toMatch(says);
  expect(ran.err, 'names the file').toContain(path.slice(folder.length + 1));
  expect(ran.err, 'says what to do').toMatch(/\. [A-Z].*\.$/m);
  expect(dumpStore(db)).toBe(before);
  const json = await runLine(['import', path, '--json', '--db', db]);
  expect(JSON.parse(json.out)).toMatchObject({ status: 'rejected', packets: 0, file: path });
}

/** One line that names it, one that says what to do; nothing on standard output. */
function expectRefused(ran: Ran, code: number, says: RegExp): void {
  expectPlain(ran);
  expect(ran.err).toMatch(says);
  expect(ran.err).toMatch(/^baseline: .+\n {2}\S.+\n$/);
  expect(ran).toMatchObject({ code, out: '' });
}

test('a file that is not there', async () => {
  await expectRejected(join(folder, 'nowhere.pcap'), /no such file or folder/);
});

test('a folder without captures, and an empty one', async () => {
  mkdirSync(join(folder, 'notes'));
  await expectRejected(join(folder, 'notes'), /no captures in this folder: it is empty/);
  writeFileSync(join(folder, 'notes/a.txt'), 'nothing');
  await expectRejected(join(folder, 'notes'), /no captures in this folder: none of its 1 entries/);
});

/** Root reads everything: as somebody else then. */
async function asNobody<T>(run: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return run();
  chmodSync(folder, 0o777);
  chmodSync(db, 0o666);
  process.seteuid?.(65534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

test('a file that may not be read, alone and among others', async () => {
  const path = file('locked.pcap', readFileSync(GOOD));
  chmodSync(path, 0);
  const other = file('other.pcapng', readFileSync(PLANT));
  await asNobody(async () => {
    await expectRejected(path, /may not be read \(permission denied\)/);
    for (const jobs of ['1', '2']) {
      const ran = await runLine(['import', path, other, path, '--json', '--force', '--jobs', jobs, '--db', db]);
      expect(ran.code).toBe(EXIT.usage);
      expect(ran.out.trimEnd().split('\n').map((line) => (JSON.parse(line) as { status: string }).status)).toEqual(['rejected', 'imported', 'rejected']);
    }
    const again = await runLine(['import', other, path, '--json', '--db', db]);
    expect(again.out.trimEnd().split('\n').map((line) => (JSON.parse(line) as { status: string }).status)).toEqual(['already', 'rejected']);
  });
});

test('a file and a folder within a folder that may not be read are told, and give the code', async () => {
  const ring = join(folder, 'ring-of-others');
  mkdirSync(join(ring, 'sub'), { recursive: true });
  copyFileSync(PLANT, join(ring, 'a.pcapng'));
  for (const name of ['b.pcap', 'sub/c.pcap']) copyFileSync(GOOD, join(ring, name));
  chmodSync(join(ring, 'b.pcap'), 0);
  chmodSync(join(ring, 'sub'), 0);
  await asNobody(async () => {
    const ran = await runLine(['import', ring, '--force', '--json', '--db', db]);
    expect(ran.code).toBe(EXIT.usage);
    expect(ran.out.trimEnd().split('\n').map((line) => JSON.parse(line) as { file: string; status: string; reason?: string }).map(({ file, status, reason }) => [file.slice(ring.length + 1), status, reason])).toEqual([
      ['b.pcap', 'rejected', 'may not be read (permission denied)'],
      ['sub', 'rejected', 'may not be read (permission denied)'],
      ['a.pcapng', 'imported', undefined],
    ]);
    expect(ran.err).not.toContain('passed over');
  });
  chmodSync(join(ring, 'sub'), 0o755);
});

test('a file whose octets the kernel refuses', async () => {
  const ran = runProcess(['import', '/proc/self/mem', '--db', db]);
  expectPlain(ran);
  expect(ran.code).toBe(EXIT.usage);
  expect((await runLine(['status', '--db', db])).code).toBe(EXIT.ok);
});

test.each<[string, Uint8Array | string, RegExp]>([
  ['empty', '', /is empty/],
  ['text', 'ping from the plant\n', /looks like text/],
  ['json', '{"packets": 3}', /JSON/],
  ['html', '<!DOCTYPE html><html><body>404</body></html>', /HTML page/],
  ['xml', '<?xml version="1.0"?><pdml/>', /XML/],
  ['bzip2', Buffer.from('425a6839314159265359', 'hex'), /bzip2/],
  ['xz', Buffer.from('fd377a585a000004e6d6b446', 'hex'), /xz/],
  ['zip', Buffer.from('504b030414000000080000000000', 'hex'), /zip/],
  ['7z', Buffer.from('377abcaf271c000400000000', 'hex'), /7z/],
  ['rar', Buffer.from('526172211a0700cf907300', 'hex'), /RAR/],
  ['tar', Buffer.concat([Buffer.alloc(257, 0x61), Buffer.from('ustar\u000000')]), /tar/],
  ['elf', Buffer.from('7f454c4602010100', 'hex'), /ELF/],
  ['pdf', '%PDF-1.7\n', /PDF/],
  ['png', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /PNG/],
  ['jpeg', Buffer.from('ffd8ffe000104a464946', 'hex'), /JPEG/],
  ['snoop', Buffer.from('736e6f6f700000000000000200000004', 'hex'), /snoop capture/],
  ['netmon', Buffer.from('474d42550002', 'hex'), /Network Monitor/],
  ['zeros', Buffer.alloc(4096), /zero octets/],
  ['noise', Buffer.from('c3a9b7f2000411deadbeef00', 'hex'), /unknown binary data \(starting /],
  ['nested', gzipSync(gzipSync(readFileSync(GOOD))), /gzip/],
  ['packed text', gzipSync('just text'), /text inside gzip/],
])('not a capture: %s', async (name, octets, says) => {
  await expectRejected(file(`thing-${name}`, octets), says);
});

test('a store given as a capture', async () => {
  const path = join(folder, 'a-store');
  copyFileSync(template, path);
  await expectRejected(path, /SQLite database/);
});

/** Imports beside what is there; the totals grow by exactly this many packets. */
async function expectDamaged(octets: Uint8Array, code: number, packets: number, says: RegExp): Promise<void> {
  const path = file('input.pcap', octets);
  const total = async (): Promise<number> => JSON.parse((await runLine(['status', '--json', '--db', db])).out).totals.packets as number;
  const had = await total();
  const ran = await runLine(['import', path, '--db', db]);
  if (code !== EXIT.ok) expectPlain(ran);
  expect(ran.code).toBe(code);
  expect(ran.err).toMatch(says);
  expect(await total()).toBe(had + packets);
}

test('a link type that is not known: taken, counted by its number', async () => {
  await expectDamaged(concat(pcapHeader({ link: 147 }), pcapRecord(), pcapRecord()), EXIT.ok, 2, /2 packets \(none read: link type 147 is not supported; capture where/);
  const status = JSON.parse((await runLine(['status', '--json', '--db', db])).out);
  expect(status.stops['link.unknown-type']).toBe(2);
  expect(JSON.stringify(status)).toContain('147');
});

test('a block that is not known: passed over, counted by its type', async () => {
  await expectDamaged(concat(ngSection(), ngInterface(), ngBlock(0xbad, payload(8)), ngPacket()), EXIT.ok, 1, /1 packet$/m);
  expect((await runLine(['status', '--json', '--db', db])).out).toContain('0xbad');
});

test('truncated: all before the cut', async () => {
  const octets = readFileSync(GOOD);
  await expectDamaged(octets.subarray(0, octets.length - 5), EXIT.incomplete, 4, /truncated at octet \d+ \(\d+ octets of an unfinished record\): .*\. If it is still being written, import it again later/);
});

test('a corrupt record length: all before it and what can be found again after it', async () => {
  await expectDamaged(readFileSync(join(SAMPLES, 'traps/corrupt-length.pcap')), EXIT.incomplete, 12, /corrupt at octet 176 \(\d+ octets skipped\)/);
});

test('one bad file never stops the rest, and the gravest one gives the code', async () => {
  const cut = file('cut.pcap', readFileSync(PLANT).subarray(0, 100_001));
  const ran = await runLine(['import', join(folder, 'nowhere.pcap'), file('notes.txt', 'text'), cut, join(SAMPLES, 'traps/split.pcap'), '--json', '--db', db]);
  const files = ran.out.trim().split('\n').map((line) => JSON.parse(line) as { status: string; packets: number });
  expect(files.map((one) => one.status)).toEqual(['rejected', 'rejected', 'damaged', 'imported']);
  expect(files[2]?.packets).toBeGreaterThan(100);
  expect(ran.code).toBe(EXIT.usage);
  expect((await runLine(['import', cut, '--force', '--db', db])).code).toBe(EXIT.incomplete);
});

test('the disk is full: what was there stays, and the same command goes on once there is room', async () => {
  const control = join(folder, 'control.db');
  copyFileSync(template, control);
  expect((await runLine(['import', PLANT, '--db', control])).code).toBe(EXIT.ok);
  // A limit on file size is a disk that is full, to SQLite: here no file may grow beyond a quarter of the store there is.
  const OCTETS_PER_BLOCK = 512; // POSIX sh; where it is 1024, the limit is half of the store.
  const blocks = Math.floor(statSync(db).size / 4 / OCTETS_PER_BLOCK);
  const ran = runProcess(['import', PLANT, '--db', db], { shellBefore: `trap '' XFSZ; ulimit -f ${blocks}` });
  expectPlain(ran);
  expect(ran.code).toBe(EXIT.store);
  expect(ran.err).toMatch(/the store .*(?:cannot grow: the disk is full|cannot be read or written \(SQLITE_IOERR\w*\))/);
  expect(dumpStore(db)).toBe(before);
  expect((await runLine(['import', PLANT, '--db', db])).code).toBe(EXIT.ok);
  expect(dumpStore(db)).toBe(dumpStore(control));
});

test('the store is locked by another process', async () => {
  const other = new Database(db);
  other.exec('BEGIN EXCLUSIVE');
  try {
    const ran = runProcess(['import', PLANT, '--db', db]);
    expectRefused(ran, EXIT.store, /the store .*store\.db is locked by another process/);
  } finally {
    other.exec('ROLLBACK');
    other.close();
  }
  expect(dumpStore(db)).toBe(before);
});

test.each<[string, (path: string) => void, RegExp]>([
  ['overwritten', (path) => writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 4096), Buffer.alloc(8192, 0xa5), readFileSync(path).subarray(12_288)])), /is damaged: /],
  ['half of it', (path) => writeFileSync(path, readFileSync(path).subarray(0, readFileSync(path).length >> 1)), /is damaged: it holds \d+ octets of \d+/],
  ['a text', (path) => writeFileSync(path, 'not a store'), /is not a baseline store: it looks like text/],
  ['a capture', (path) => copyFileSync(GOOD, path), /it looks like a pcap capture/],
  ['another program’s', (path) => {
    rmSync(path);
    const foreign = new Database(path);
    foreign.exec('CREATE TABLE notes (text TEXT)');
    foreign.close();
  }, /is an SQLite file of another program/],
  ['of a newer version', (path) => {
    const newer = new Database(path);
    newer.pragma('user_version = 999');
    newer.close();
  }, /was made by a newer baseline \(store version 999/],
])('a store that is none: %s', async (_name, spoil, says) => {
  spoil(db);
  const spoiled = readFileSync(db);
  for (const args of [['import', PLANT], ['status'], ['flows'], ['assets'], ['propose-zones'], ['diff', join(SAMPLES, 'plant.yaml')]]) {
    expectRefused(await runLine([...args, '--db', db]), EXIT.store, says);
  }
  expect(readFileSync(db).equals(spoiled), 'the file is left as it was').toBe(true);
});

test('--db names a folder, and a folder that is not there', async () => {
  const path = join(folder, 'a-folder');
  mkdirSync(path);
  for (const command of [['import', GOOD], ['status']]) expectRefused(await runLine([...command, '--db', path]), EXIT.store, /the store .*a-folder is a folder/);
  expectRefused(await runLine(['import', GOOD, '--db', join(folder, 'no/such/store.db')]), EXIT.store, /cannot be made: its folder does not exist/);
});

test.each<[string, string | null, RegExp]>([
  ['not there', null, /no such file/],
  ['empty', '', /:1:1: the file is empty/],
  ['no YAML', 'zones: [', /:\d+:\d+: /],
  ['something else', 'packages:\n  - left-pad\n', /:\d+:\d+: /],
  ['a capture', '\u00d4\u00c3\u00b2\u00a1\u0002\u0000', /is no spec: it looks like a pcap capture/],
])('a spec that is none: %s', async (name, text, says) => {
  const path = join(folder, `spec-${name.replaceAll(' ', '-')}.yaml`);
  if (text !== null) writeFileSync(path, text, 'latin1');
  for (const args of [['diff', path], ['propose-zones', '--pins', path]]) {
    const ran = await runLine([...args, '--db', db]);
    expectRefused(ran, EXIT.usage, says);
    expect(ran.err).toContain(path);
  }
  expect(dumpStore(db)).toBe(before);
});

test('no store is made for an input that is none', async () => {
  const fresh = join(folder, 'fresh.db');
  expect((await runLine(['import', join(folder, 'nowhere.pcap'), '--db', fresh])).code).toBe(EXIT.usage);
  expect(existsSync(fresh)).toBe(false);
  expectRefused(await runLine(['status', '--db', fresh]), EXIT.store, /there is no store/);
  expect(existsSync(fresh)).toBe(false);
});

test('a zone and a conduit that the spec does not have', async () => {
  const spec = join(SAMPLES, 'plant.yaml');
  expectRefused(await runLine(['diff', spec, '--zone', 'Z-NOPE', '--db', db]), EXIT.usage, /has no zone Z-NOPE/);
  expectRefused(await runLine(['diff', spec, '--conduit', 'C-NOPE', '--db', db]), EXIT.usage, /has no conduit C-NOPE/);
});

test('a folder, and a device, where a proposal is to go', async () => {
  fillStore(join(folder, 'proposal.db'));
  expectRefused(await runLine(['propose-zones', '--db', join(folder, 'proposal.db'), '--out', folder]), EXIT.usage, /is a folder, not a spec/);
  expectRefused(await runLine(['propose-zones', '--db', join(folder, 'proposal.db'), '--out', '/dev/null']), EXIT.usage, /\/dev\/null/);
});

test('a folder for an export that is below a file', async () => {
  const spec = join(SAMPLES, 'plant.yaml');
  expectRefused(await runLine(['export', spec, '--target', 'nftables', '--out', join(GOOD, 'inside')]), EXIT.usage, /cannot be written: a part of its path is a file/);
});

test('findings are told by the exit code also where nobody reads to the end', async () => {
  fillStore(join(folder, 'pipe.db'));
  const args = ['diff', join(SAMPLES, 'plant.yaml'), '--json', '--db', join(folder, 'pipe.db')];
  const closed = { write: (_text: string, done?: (error?: Error | null) => void): boolean => (done?.(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })), false) };
  const signal = new AbortController().signal;
  expect(await runCommandLine(args, { environment: {}, stdout: closed, stderr: closed, signal })).toBe(EXIT.findings);
});

test.each(['status', 'propose-zones'])('%s --strict says that the evidence is incomplete', async (command) => {
  const ran = await runLine([command, '--strict', '--db', db]);
  expect(ran.code).toBe(EXIT.incomplete);
  expect((await runLine([command, '--db', db])).code).toBe(EXIT.ok);
});

/** One command line for each code of docs/exit-codes.md; 5 (capture) is tested with the live binding (test/tools). */
test.each<[keyof typeof EXIT, () => Promise<Ran>]>([
  ['ok', () => runLine(['import', GOOD, '--db', db])],
  ['findings', () => {
    fillStore(join(folder, 'findings.db'));
    return runLine(['diff', join(SAMPLES, 'plant.yaml'), '--db', join(folder, 'findings.db')]);
  }],
  ['usage', () => runLine(['import', join(folder, 'nowhere.pcap'), '--db', db])],
  ['incomplete', () => runLine(['import', file('short.pcap', concat(pcapHeader(), pcapRecord(), u32(5, true))), '--db', db])],
  ['store', () => runLine(['status', '--db', join(folder, 'nowhere.db')])],
  ['interrupted', () => runLine(['import', PLANT, '--db', db], { signal: AbortSignal.abort() })],
])('exit code %s', async (name, run) => {
  expect((await run()).code).toBe(EXIT[name]);
});
