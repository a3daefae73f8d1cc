/**
 * A redacted bundle: no address and no name of the plant in any member, the same zones, Permits and findings but for their
 * names, and the map only where it was asked for.
 */
import Database from 'better-sqlite3';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { MIGRATIONS } from '../../src/store/schema.ts';
import { rewriteTexts } from '../../src/store/rewrite-texts.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { runLine, type Ran } from './command-line.ts';

const folder = testFolder();
let db: string;
let spec: string;
let ran: Ran;
const at = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(at(`evidence/${name}`), 'utf8');

beforeAll(async () => {
  db = at('plant.db');
  await runLine(['import', join(SAMPLES, 'plant'), '--db', db]);
  const store = new Database(db);
  // Names as a plant gives them: units, roles, case, a host known by two facts.
  const name = store.prepare('INSERT INTO address_fact (address, name, value, count) SELECT id, ?, ?, 1 FROM address WHERE text = ?');
  for (const [address, text] of [['10.20.4.17', 'LINE1-PLC-01'], ['10.20.4.52', 'LINE1-RIO-01'], ['10.20.7.31', 'LINE1-HMI-01'], ['10.20.4.63', 'LINE2-PLC-01'], ['10.20.7.12', 'LINE2-HMI-01'], ['10.20.2.20', 'Kesselhaus-Hist'], ['10.20.2.20', 'KESSELHAUS-HIST']]) {
    expect(name.run(text.startsWith('K') ? 'netbios.name' : 'dhcp.hostname', text, address).changes).toBe(1);
  }
  // An application that the firewall's administrator named.
  const attempt = store.prepare("INSERT INTO attempt (format, device, rule, verdict, inspected, opening, client, server, transport, port, application, unit, function, count, first_ns, last_ns, rev) SELECT 'fortios', '', '', 0, 0, 1, '10.20.2.10', '10.20.4.17', 'tcp', 502, ?, -1, -1, 1, min(first_ns), min(first_ns), 0 FROM conversation");
  for (const application of ['Millbrook_PumpSync', 'HTTPS']) expect(attempt.run(application).changes).toBe(1);
  store.close();
  spec = at('spec.yaml');
  writeFileSync(spec, `# Kesselhaus: comments stay at home\n${readFileSync(join(SAMPLES, 'plant.yaml'), 'utf8')}`);
  ran = await runLine(['bundle', spec, '--db', db, '--redact', '--out', at('evidence.tar')]);
  expect(ran).toMatchObject({ code: EXIT.ok, out: '' });
  expect(spawnSync('tar', ['xf', at('evidence.tar'), '-C', folder]).status).toBe(0);
});

const mapOf = (): Record<string, Record<string, string>> => JSON.parse(readFileSync(at('evidence.map.json'), 'utf8')) as Record<string, Record<string, string>>;

test('the map is private, beside the bundle, and not in it', () => {
  expect(statSync(at('evidence.map.json')).mode & 0o777).toBe(0o600);
  expect(readdirSync(at('evidence')).sort()).toEqual(['manifest.json', 'proposal.yaml', 'report.html', 'spec.yaml', 'store.db']);
  expect(ran.err).toContain('Do not send it along');
  const map = mapOf();
  expect(map['addresses']!['10.20.4.17']).toMatch(/^10\.\d+\.\d+\.17$/);
  expect(map['names']!['LINE1-PLC-01']).toMatch(/^u\d+-plc-n\d+$/);
  expect(map['captures']![join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng')]).toBe('capture-5.pcapng');
});

test('no address, name, file name or comment of the plant is in any member', () => {
  const { addresses, names, captures } = mapOf();
  const gone = [...Object.entries({ ...addresses, ...captures }), ...Object.entries(names!).filter(([name]) => /[-\d]/.test(name))].filter(([text, replaced]) => text !== replaced).map(([text]) => text);
  expect(gone.length).toBeGreaterThan(70);
  for (const member of readdirSync(at('evidence'))) {
    const octets = readFileSync(at(`evidence/${member}`)).toString('latin1');
    for (const text of gone) expect(new RegExp(`(?<![\\w.:-])${text.replaceAll(/[.*+?^$()|[\]\\{}]/g, '\\$&')}(?![\\w.:-])`, 'i').test(octets), `${text} in ${member}`).toBe(false);
    expect(octets, member).not.toMatch(/millbrook|kesselhaus|10\.20\.|line[12]-/i);
  }
});

test('zones, Permits and findings are the same but for their names, and verify says so on another machine', async () => {
  const manifest = JSON.parse(read('manifest.json')) as { redaction: { differences: string[]; addresses: number; names: number; kept: string[] } };
  expect(manifest.redaction.differences).toEqual([]);
  expect(ran.err).toContain('the same but for their names');
  expect(manifest.redaction.kept.length).toBeGreaterThan(3);
  const verified = await runLine(['bundle', 'verify', at('evidence.tar')]);
  expect(verified.code).toBe(EXIT.ok);
  expect(verified.out).toMatch(/Redacted: \d+ addresses/);
  const types = async (spec: string, store: string): Promise<unknown[]> =>
    (JSON.parse((await runLine(['diff', spec, '--db', store, '--json'])).out) as { findings: { type: string; severity: string }[] }).findings.map(({ type, severity }) => `${severity} ${type}`).sort();
  expect(await types(at('evidence/spec.yaml'), at('evidence/store.db'))).toEqual(await types(spec, db));
  // A sanity check of the comparison itself: zones named after a unit keep being named after one.
  expect(read('proposal.yaml')).toMatch(/Cell U\d/);
});

test('the same store gives the same octets; the store itself is not touched', async () => {
  const before = readFileSync(db);
  await runLine(['bundle', spec, '--db', db, '--redact', '--out', at('again.tar'), '--map', at('elsewhere.json')]);
  expect(readFileSync(at('again.tar')).equals(readFileSync(at('evidence.tar')))).toBe(true);
  expect(readFileSync(at('elsewhere.json')).equals(readFileSync(at('evidence.map.json')))).toBe(true);
  expect(readFileSync(db).equals(before)).toBe(true);
});

test('every text column of the newest schema is decided about; one that is not stops the work', () => {
  const store = new Database(':memory:');
  for (const migration of MIGRATIONS) store.exec(migration);
  const rewriter = { address: String, name: String, words: String, scrub: String, application: String, fact: (_: string, value: string) => value, target: (_: string, value: string) => value, captureName: (_: number, name: string) => name, captureReason: String };
  expect(() => rewriteTexts(store, rewriter, true)).not.toThrow();
  store.exec('CREATE TABLE diary (entry TEXT NOT NULL) STRICT');
  expect(() => rewriteTexts(store, rewriter, true)).toThrow(/diary\.entry/);
  store.close();
});
