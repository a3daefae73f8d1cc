/**
 * One table of hostile words, planted where a device can say something (LLDP, DHCP, Modbus identification, OPC UA, TLS)
 * and in file names, through the import into every output: nothing of it acts on a terminal, a spreadsheet, a browser or
 * a parser, and nothing of it is lost where a program reads it back.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { isAlias, isScalar, parseAllDocuments, visit } from 'yaml';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { parseCsv } from '../render/csv-reader.ts';
import { HOSTILE_WORDS, UNSAFE_OUTPUT } from '../render/hostile-words.ts';
import { EXIT } from '../../src/errors.ts';
import { runLine, type Ran } from './command-line.ts';
import { expectSafe, writeHostileCaptures } from './hostile-plant.ts';

const folder = testFolder();
const db = join(folder, 'hostile.db');
let spec: string;
/** Everything that the wire said, as it stands in the store. */
let said: string[];

beforeAll(async () => {
  const captures = join(folder, 'captures');
  writeHostileCaptures(captures);
  const ran = await runLine(['import', captures, '--db', db, '--verbose']);
  expectSafe(ran);
  // One word is cut to fit a file's name in the midst of a character: that name is no UTF-8, and is told.
  expect([ran.code, ran.err.match(/its name is not UTF-8/g)?.length]).toEqual([EXIT.usage, 1]);
  expect(ran.err.trimEnd().split('\n'), 'a line a file, one for all, and one for what ran at the same time: no name forges a line').toHaveLength(HOSTILE_WORDS.length + 3);
  spec = join(folder, 'spec.yaml');
  const proposed = await runLine(['propose-zones', '--db', db, '--out', spec]);
  expectSafe(proposed);
  expect(proposed.code).toBe(0);
  const store = new Database(db, { readonly: true });
  said = store.prepare('SELECT value FROM address_fact UNION SELECT value FROM conversation_fact UNION SELECT name FROM capture').pluck().all() as string[];
  store.close();
});

async function run(...args: string[]): Promise<Ran> {
  const ran = await runLine([...args, '--db', db]);
  expectSafe(ran);
  expect([0, 1]).toContain(ran.code);
  return ran;
}

function stringsIn(value: unknown, into: Set<string> = new Set()): Set<string> {
  if (typeof value === 'string') into.add(value);
  else if (Array.isArray(value)) for (const one of value) stringsIn(one, into);
  else if (value !== null && typeof value === 'object') {
    for (const [key, one] of Object.entries(value)) {
      into.add(key);
      stringsIn(one, into);
    }
  }
  return into;
}

test('the words are in the store, from every place they were planted', () => {
  expect(said.length).toBeGreaterThan(HOSTILE_WORDS.length);
  const store = new Database(db, { readonly: true });
  const names = store.prepare('SELECT DISTINCT name FROM address_fact UNION SELECT DISTINCT name FROM conversation_fact').pluck().all() as string[];
  store.close();
  for (const name of ['lldp.name', 'lldp.description', 'modbus.vendor', 'opcua.endpoint']) expect(names, name).toContain(name);
  // As they were said: escaping is the business of outputs. Words lose no more than blanks and zeros at their ends.
  for (const word of ['<script>alert(1)</script>', "Robert'); DROP TABLE conversation;--", '\u202Egnp.exe', '\u001b[2J\u001b[H', '=cmd|\' /C calc\'!A0', '漢字とかな']) expect(said, word).toContain(word);
});

describe.each(['status', 'assets', 'flows'])('%s', (command) => {
  test.each(['table', 'md'])('as %s', async (format) => {
    const ran = await run(command, '--format', format);
    const wide = await runLine([command, '--format', format, '--db', db, '--no-color'], { isTTY: true });
    expectSafe(wide);
    if (format !== 'md') return;
    // Bars that are not escaped are ours: every row of a table has as many as its head.
    for (const table of ran.out.split('\n\n')) {
      const rows = table.split('\n').filter((line) => line.startsWith('|')).map((line) => line.replaceAll(/\\[^a-z0-9]/gi, '').split('|').length);
      expect(new Set(rows).size).toBeLessThanOrEqual(1);
    }
    expect(ran.out.replaceAll(/\\[^a-z0-9]/gi, '')).not.toMatch(/<script|<img|\]\(http/);
  });

  test('as JSON: safe as text, and the same strings when read', async () => {
    const found = stringsIn(JSON.parse((await run(command, '--json')).out));
    const lines = (await run(command, '--format', 'jsonl')).out.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
    for (const one of stringsIn(lines)) if (!found.has(one)) expect([...found].some((other) => other.includes(one)), one).toBe(true);
    const planted = said.filter((word) => found.has(word));
    if (command !== 'status') expect(planted.length).toBeGreaterThan(20);
  });

  test('as CSV: as many cells in every row, and no formula', async () => {
    const rows = parseCsv((await run(command, '--format', 'csv')).out);
    expect(rows.length).toBeGreaterThan(1);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    for (const row of rows) for (const cell of row) if (!/^-?[\d.]+$/.test(cell)) expect(cell).not.toMatch(/^\s*[=+\-@|%＝＋－＠]/);
  });
});

test('the proposal, as text and JSON, and the reasons for an asset', async () => {
  await run('propose-zones');
  const { out } = await run('propose-zones', '--json');
  expect(typeof JSON.parse(out)).toBe('object');
  for (const asset of ['10.50.10.10', '10.50.10.12']) await run('propose-zones', '--explain', asset);
});

test('the spec: plain YAML without tags and aliases, whose strings stay strings; it holds, and conforms', async () => {
  const text = readFileSync(spec, 'utf8');
  expect(text).not.toMatch(UNSAFE_OUTPUT);
  const documents = parseAllDocuments(text);
  expect(documents).toHaveLength(1);
  const [document] = documents;
  expect(document?.errors).toEqual([]);
  visit(document as never, (_key, node) => {
    expect(isAlias(node)).toBe(false);
    if (isScalar(node) || (node as { tag?: string } | null)?.tag !== undefined) expect((node as { tag?: string }).tag?.startsWith('!') ?? false).toBe(false);
  });
  // It loads; advice about a spec that holds is exit 1.
  const checked = await runLine(['spec', 'check', spec]);
  expectSafe(checked);
  expect(checked.code).toBeLessThanOrEqual(1);
  const findings = JSON.parse((await run('diff', spec, '--json')).out).findings as { type: string; title: string }[];
  expect(findings.filter((finding) => !['requirement-violation', 'insufficient-evidence'].includes(finding.type))).toEqual([]);
});

test.each(['table', 'json', 'sarif', 'md'])('findings as %s', async (format) => {
  const empty = join(folder, 'other.yaml');
  writeFileSync(empty, readFileSync(join(SAMPLES, 'plant.yaml')));
  const ran = await run('diff', empty, '--format', format);
  expect(ran.code).toBe(1);
  if (format === 'json' || format === 'sarif') expect(typeof JSON.parse(ran.out)).toBe('object');
  if (format === 'md') expect(ran.out.replaceAll(/\\[^a-z0-9]/gi, '')).not.toMatch(/<script|<img|\]\(http/);
});

const helpOf = async (): Promise<string> => (await runLine(['--help'])).out;

test('the report: no element, no handler, no foreign line', async () => {
  if (!(await helpOf()).includes('baseline report')) {
    console.warn('NOT TESTED YET: there is no report command');
    return;
  }
  for (const extension of ['html', 'md', 'txt', 'json']) {
    const out = join(folder, `report.${extension}`);
    const ran = await runLine(['report', spec, '--db', db, '--out', out]);
    expectSafe(ran);
    expect(ran.code, ran.err).toBeLessThanOrEqual(1);
    const text = readFileSync(out, 'utf8');
    expect(text.replaceAll('\t', ' '), extension).not.toMatch(UNSAFE_OUTPUT);
    if (extension === 'json') expect(typeof JSON.parse(text)).toBe('object');
    if (extension === 'html') {
      expect(text).not.toMatch(/<script>alert|<img src=x|onerror=alert\(1\)>|href="javascript:/);
      expect(text.match(/<script/g)?.length ?? 0).toBe(text.match(/<\/script>/g)?.length ?? 0);
    }
    if (extension === 'md') expect(text.replaceAll(/\\[^a-z0-9]/gi, '')).not.toMatch(/<script|<img|\]\(http:\/\/evil/);
  }
});

test('vendor configurations and drawings carry no word that acts', async () => {
  if (!(await helpOf()).includes('baseline export')) {
    console.warn('NOT TESTED YET: there is no export command');
    return;
  }
  const targets = (await runLine(['export', '--list-targets', '--json'])).out;
  const names = [...new Set([...targets.matchAll(/"(?:name|target|id)": ?"([a-z0-9-]+)"/g)].map(([, name]) => name as string))];
  expect(names.length).toBeGreaterThan(3);
  for (const target of names) {
    const out = join(folder, `export-${target}`);
    const ran = await runLine(['export', spec, '--db', db, '--target', target, '--out', out]);
    expectSafe(ran);
    // A target may refuse what it cannot say; it never writes what acts.
    expect([0, 1, 2, 3], `${target}: ${ran.err}`).toContain(ran.code);
    for (const file of statSync(out, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(out, { recursive: true, encoding: 'utf8' })) {
      const path = join(out, file);
      expect(path.startsWith(out)).toBe(true);
      if (!statSync(path).isFile() || /\.pcap(?:ng)?$/.test(path)) continue;
      const text = readFileSync(path, 'utf8').replaceAll('\r\n', '\n').replaceAll('\t', ' ');
      expect(text, path).not.toMatch(UNSAFE_OUTPUT);
      expect(text, path).not.toMatch(/<script>alert|<img src=x/);
      // Alone on a line a word would be a command of its own.
      expect(text.split('\n').map((line) => line.trim()), path).not.toContain('; reboot');
    }
  }
});
