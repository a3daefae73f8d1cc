/** No command writes over what it reads, nor one of its results over the other: refused before anything is touched. */
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { runLine } from './command-line.ts';

const folder = testFolder();
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  for (const db of ['plant.db', 'st.html']) {
    expect((await runLine(['import', join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng'), '--db', at(db)])).code).toBe(EXIT.ok);
  }
  for (const spec of ['spec.yaml', 'spec.md']) writeFileSync(at(spec), readFileSync(join(SAMPLES, 'plant.yaml')));
  writeFileSync(at('key.pem'), generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
  symlinkSync('.', at('here'));
  linkSync(at('key.pem'), at('hard.pem'));
  symlinkSync('plant.db', at('soft.db'));
  mkdirSync(at('folder.json'));
});

const everything = (): Record<string, string> =>
  Object.fromEntries(readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' }).filter((entry) => entry.isFile()).map(({ name }) => [name, readFileSync(at(name)).toString('latin1')]));

test.each([
  ['the store', ['bundle', '--db', 'plant.db', '--out', 'plant.db']],
  ['the store by another path', ['bundle', '--db', 'plant.db', '--out', 'here/plant.db']],
  ['the store that a link leads to', ['bundle', '--db', 'soft.db', '--out', 'plant.db']],
  ['the log of the store, not there yet', ['bundle', '--db', 'plant.db', '--out', 'here/plant.db-wal']],
  ['the spec', ['bundle', 'spec.yaml', '--db', 'plant.db', '--out', 'spec.yaml']],
  ['the key', ['bundle', '--db', 'plant.db', '--sign', 'key.pem', '--out', 'key.pem']],
  ['the key by its other name', ['bundle', '--db', 'plant.db', '--sign', 'key.pem', '--out', 'hard.pem']],
  ['map and bundle', ['bundle', '--db', 'plant.db', '--redact', '--out', 'a.tar', '--map', 'here/a.tar']],
  ['the map and the store', ['bundle', '--db', 'plant.db', '--redact', '--out', 'a.tar', '--map', 'plant.db']],
  ['the map and the key', ['bundle', '--db', 'plant.db', '--redact', '--out', 'a.tar', '--sign', 'key.pem', '--map', 'key.pem']],
  ['a map that cannot be written', ['bundle', '--db', 'plant.db', '--redact', '--out', 'a.tar', '--map', 'folder.json']],
  ['a map in no folder', ['bundle', '--db', 'plant.db', '--redact', '--out', 'a.tar', '--map', 'nowhere/map.json']],
  ['a map of nothing', ['bundle', '--db', 'plant.db', '--out', 'a.tar', '--map', 'map.json']],
  ['what only verify has', ['bundle', '--db', 'plant.db', '--out', 'a.tar', '--json']],
  ['what verify has not', ['bundle', 'verify', 'a.tar', '--out', 'b.tar']],
  ['report: the store', ['report', '--db', 'st.html', '--out', 'st.html']],
  ['report: the spec', ['report', 'spec.md', '--db', 'plant.db', '--out', 'spec.md']],
  ['propose-zones: the store', ['propose-zones', '--db', 'plant.db', '--out', 'plant.db']],
  ['propose-zones: the log of the store', ['propose-zones', '--db', 'plant.db', '--out', 'plant.db-wal']],
] as const)('%s', async (_, args) => {
  const before = everything();
  const ran = await runLine(args.map((word, i) => (i > 0 && /[./]/.test(word) ? at(word) : word)));
  expect(ran).toMatchObject({ code: EXIT.usage, out: '' });
  expect(ran.err).toMatch(/^baseline: .+\n {2}\S.+\n$/);
  expect(everything()).toEqual(before);
});

/** As a folder does that this user may not enter; root, who runs tests too, may enter every one. */
test.each([
  ['report: a name that is too long', ['report', '--db', 'plant.db', '--out', `${'y'.repeat(300)}.html`]],
  ['report: below a file', ['report', 'spec.yaml', '--db', 'plant.db', '--out', 'key.pem/report.html']],
  ['propose-zones: a name that is too long', ['propose-zones', '--db', 'plant.db', '--out', `${'y'.repeat(300)}.yaml`]],
  ['bundle: below a file', ['bundle', '--db', 'plant.db', '--out', 'key.pem/a.tar']],
  ['bundle: a map below a file', ['bundle', '--db', 'plant.db', '--redact', '--out', 'a.tar', '--map', 'key.pem/map.json']],
  ['bundle: a key below a file', ['bundle', '--db', 'plant.db', '--out', 'a.tar', '--sign', 'key.pem/key']],
  ['diff: a spec below a file', ['diff', 'key.pem/spec.yaml', '--db', 'plant.db']],
  ['serve: a spec below a file', ['serve', 'key.pem/spec.yaml', '--db', 'plant.db']],
  ['export: ids below a file', ['export', 'spec.yaml', '--target', 'fortios', '--out', 'fortios.d', '--application-ids', 'key.pem/ids.json']],
] as const)('a path that cannot be looked at is told in one line: %s', async (_, args) => {
  const before = everything();
  const ran = await runLine(args.map((word, i) => (i > 0 && /[./]/.test(word) ? at(word) : word)));
  expect(ran).toMatchObject({ code: EXIT.usage, out: '' });
  expect(ran.err).toMatch(/^baseline: .+\n {2}\S.+\n$/);
  expect(everything()).toEqual(before);
});

test('a spec that is brought up to date is read and written', async () => {
  expect((await runLine(['propose-zones', '--db', at('plant.db'), '--pins', at('spec.yaml'), '--out', at('spec.yaml')])).code).toBe(EXIT.ok);
});
