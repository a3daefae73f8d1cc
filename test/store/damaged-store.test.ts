/**
 * Octets of a store that were changed on the disk: what SQLite's integrity check finds is refused before anything is read, what it
 * cannot find is refused where it cannot be read. One line, exit code 4, and the file stays as it is.
 */
import Database from 'better-sqlite3';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { testFolder } from '../folder.ts';
import { runLine } from '../commands/command-line.ts';
import { SAMPLES } from '../places.ts';

const CAPTURE = join(SAMPLES, 'traps/midstream.pcap');

const folder = testFolder();
const whole = join(folder, 'whole.db');
const file = join(folder, 'plant.db');
beforeAll(async () => {
  expect((await runLine(['import', join(SAMPLES, 'cutover/before.pcapng.gz'), '--db', whole])).code).toBe(0);
});

/** A statement that SQLite takes, on a copy of the store. */
function changeBySql(statement: string): void {
  copyFileSync(whole, file);
  const db = new Database(file);
  db.pragma('foreign_keys = OFF');
  expect(db.prepare(statement).run().changes).toBeGreaterThan(0);
  db.close();
}

/** The same text at one of the places where it stands, of table and index. */
function changeOnce(text: string, into: string): void {
  const octets = readFileSync(whole);
  const at = octets.lastIndexOf(text);
  expect([at > 0, octets.indexOf(text) < at, into.length]).toEqual([true, true, text.length]);
  octets.write(into, at, 'latin1');
  writeFileSync(file, octets);
}

const READERS = ['status', 'assets', 'flows', 'propose-zones', 'report'];

async function expectDamaged(args: readonly string[], how: RegExp): Promise<void> {
  const { code, out, err } = await runLine([...args, '--db', file]);
  expect({ code, out }).toEqual({ code: 4, out: '' });
  const lines = err.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(how);
  expect(lines[0]).toContain(`the store ${file} is damaged: `);
  expect(lines[1]).toContain('Put back a copy');
}

describe('an address that differs between its table and its index', () => {
  test.each([...READERS.map((name) => [name]), ['import', CAPTURE]])('%s', async (...args) => {
    const db = new Database(whole, { readonly: true });
    const address = db.prepare("SELECT text FROM address WHERE text LIKE '10.%' ORDER BY length(text) DESC, text DESC").pluck().get() as string;
    db.close();
    changeOnce(address, address.replace('10.', '11.'));
    const before = readFileSync(file);
    await expectDamaged(args, /index/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});

test.each([
  ["UPDATE address SET text = '10.20.?.9' WHERE id = (SELECT client FROM conversation LIMIT 1)", READERS, /"10\.20\.\?\.9" stands in it for an address/],
  ['DELETE FROM address WHERE id = (SELECT server FROM conversation LIMIT 1)', READERS, /an address that something was counted for/],
  ["UPDATE conversation SET days = '[20514,1' WHERE id = (SELECT min(id) FROM conversation)", ['propose-zones', 'report'], /a list in it cannot be read/],
  ["UPDATE operation SET rhythm = 'null' WHERE id = (SELECT min(id) FROM operation)", ['propose-zones', 'report'], /a list in it cannot be read/],
  ["UPDATE operation SET rhythm = '3,' WHERE id = (SELECT min(id) FROM operation)", ['propose-zones', 'report'], /a list in it cannot be read/],
])('what was never written: %s', async (statement, commands, how) => {
  changeBySql(statement);
  for (const name of commands) await expectDamaged([name], how);
});

test.each(['DROP INDEX conversation_key', 'ALTER TABLE operation_range RENAME COLUMN first TO begin', 'DROP TABLE capture_form'])('a table that is not as it was made: %s', async (statement) => {
  copyFileSync(whole, file);
  const db = new Database(file);
  db.exec(statement);
  db.close();
  const before = readFileSync(file);
  await expectDamaged(['import', CAPTURE], /(?:conversation_key|operation_range\.first|capture_form\.\w+) is not there/);
  expect(readFileSync(file).equals(before)).toBe(true);
});

test.each([['not JSON', "x'7b22'"], ['not what it remembers', "replace(CAST(state AS TEXT), 'streams', 'strebms')"]])('what open connections left is %s: the next import says so', async (_, state) => {
  changeBySql(`UPDATE decoder_state SET state = CAST(${state} AS BLOB)`);
  await expectDamaged(['import', CAPTURE], /what it remembers of open connections cannot be read/);
  expect((await runLine(['status', '--db', file])).code).toBe(0);
});

test('the log of another store beside it: who refuses it leaves both as they are', async () => {
  const other = join(folder, 'other.db');
  expect((await runLine(['import', join(SAMPLES, 'plant'), '--db', other])).code).toBe(0);
  const writer = new Database(other);
  writer.pragma('journal_mode = WAL');
  writer.exec('UPDATE conversation SET packets_to_server = packets_to_server + 1; UPDATE address SET first_ns = first_ns + 1; UPDATE conversation_hour SET rev = rev + 1');
  copyFileSync(whole, file);
  copyFileSync(`${other}-wal`, `${file}-wal`);
  writer.close();
  const before = readFileSync(file);
  await expectDamaged(['import', CAPTURE], /is damaged/);
  expect(readFileSync(file).equals(before)).toBe(true);
});
