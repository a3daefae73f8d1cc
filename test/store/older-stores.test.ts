/**
 * A store of every version there has been (test/store/fixtures, each made by the program of its time from the same captures): it is read as it
 * is, migrated after a backup, goes on, and says what a store made today says.
 */
import Database from 'better-sqlite3';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { MIGRATIONS } from '../../src/store/schema.ts';
import { testFolder } from '../folder.ts';
import { runLine } from '../commands/command-line.ts';
import { dumpStore } from '../flow/dump-store.ts';
import { SAMPLES } from '../places.ts';

/** What the fixtures were made from. */
const CAPTURES = [join(SAMPLES, 'plant'), join(SAMPLES, 'traps/hostile-names.pcap'), join(SAMPLES, 'traps/opcua-none.pcapng')];

const folder = testFolder();
let fresh: string;
beforeAll(async () => {
  fresh = join(folder, 'fresh.db');
  expect((await runLine(['import', ...CAPTURES, '--db', fresh])).code).toBe(0);
});

const versionOf = (path: string): unknown => {
  const db = new Database(path, { readonly: true });
  try {
    return db.pragma('user_version', { simple: true });
  } finally {
    db.close();
  }
};

/** Decoding has become better since: what was counted then stays as it was counted. */
const proposalOf = async (db: string): Promise<string> => (await runLine(['propose-zones', '--db', db, '--json'])).out;
const totalsOf = async (db: string): Promise<unknown> => {
  const { totals } = JSON.parse((await runLine(['status', '--db', db, '--json'])).out) as { totals: { packets: number; bytes: number; conversations: number; assets: number } };
  return [totals.packets, totals.bytes, totals.conversations, totals.assets];
};

test('there is a fixture of every version before this one', () => {
  const missing = Array.from({ length: MIGRATIONS.length - 1 }, (_, i) => `version-${i + 1}.db.gz`).filter((name) => !existsSync(join(import.meta.dirname, 'fixtures', name)));
  expect(missing, 'import the captures above with the last program of that version, gzip -9n the store, keep it').toEqual([]);
});

describe.each(Array.from({ length: MIGRATIONS.length - 1 }, (_, i) => i + 1))('a store of version %i', (version) => {
  let db: string;
  let proposed: string;
  beforeAll(() => {
    db = join(folder, `version-${version}.db`);
    writeFileSync(db, gunzipSync(readFileSync(join(import.meta.dirname, `fixtures/version-${version}.db.gz`))));
  });

  test('is read without being touched, and says what a store of today says', async () => {
    const before = readFileSync(db);
    expect(versionOf(db)).toBe(version);
    expect(await totalsOf(db)).toEqual(await totalsOf(fresh));
    proposed = await proposalOf(db);
    expect(JSON.parse(proposed)).toMatchObject({ zones: (JSON.parse(await proposalOf(fresh)) as { zones: unknown }).zones });
    expect(readFileSync(db).equals(before)).toBe(true);
  });

  test.each([['status'], ['flows', '--zone', 'Z-SIS'], ['report'], ['bundle', '--out', '-']])('that takes its time, and is said once: %s', async (...args) => {
    const line = `the store ${db} is of an older version: each command that reads it brings a copy up to date first, which takes time; \`baseline import\` of any capture into it, also of one that it holds, does so once and for all, and keeps a backup\n`;
    const given = args.map((word) => (word === '-' ? join(folder, `evidence-${version}.tar`) : word));
    expect((await runLine([...given, '--db', db])).err.split(line)).toHaveLength(2);
    expect((await runLine(['assets', '--quiet', '--db', db])).err).toBe('');
  });

  test('with nowhere to put a copy, the folder for it is named', async () => {
    const before = process.env.TMPDIR;
    process.env.TMPDIR = join(folder, 'none');
    try {
      expect(await runLine(['flows', '--db', db])).toMatchObject({ code: 4, err: expect.stringContaining(`nothing may be written in ${join(folder, 'none')} for a copy of the store ${db}`) });
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });

  test('is migrated after a backup by the first command that writes; the same captures are in it already, others are added', async () => {
    const old = dumpStore(db);
    const ran = await runLine(['import', ...CAPTURES, join(SAMPLES, 'traps/pipelined.pcap'), '--db', db, '--json']);
    expect(ran.code).toBe(0);
    expect(ran.out.trimEnd().split('\n').map((line) => (JSON.parse(line) as { status: string }).status)).toEqual([...Array.from({ length: 7 }, () => 'already'), 'imported']);
    expect(versionOf(db)).toBe(MIGRATIONS.length);
    expect((await runLine(['status', '--db', db])).err).toBe('');
    expect(dumpStore(`${db}.v${version}.bak`)).toBe(old);
    const store = new Database(db, { readonly: true });
    expect(store.pragma('integrity_check', { simple: true })).toBe('ok');
    store.close();
  });

  test('proposes after the migration what it proposed before', async () => {
    const db = join(folder, `backup-${version}.db`);
    writeFileSync(db, readFileSync(join(folder, `version-${version}.db.v${version}.bak`)));
    expect((await runLine(['import', join(SAMPLES, 'traps/hostile-names.pcap'), '--db', db])).code).toBe(0);
    expect(versionOf(db)).toBe(MIGRATIONS.length);
    expect(await proposalOf(db)).toBe(proposed);
  });
});
