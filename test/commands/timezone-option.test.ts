/** `--timezone`: by whose clock days are counted, and that a spec that is there has the last word. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { runLine, type Ran } from './command-line.ts';

const folder = testFolder();
const at = (name: string): string => join(folder, name);
const propose = (...more: string[]): Promise<Ran> => runLine(['propose-zones', '--db', at('plant.db'), ...more]);

beforeAll(async () => {
  const captures = readdirSync(join(SAMPLES, 'plant')).filter((name) => name.includes('.pcap')).map((name) => join(SAMPLES, 'plant', name));
  expect((await runLine(['import', ...captures, '--db', at('plant.db'), '--quiet'])).code).toBe(EXIT.ok);
});

test('a new spec is written for the plant\'s clock and proven by it; an update goes on with it', async () => {
  rmSync(at('spec.yaml'), { force: true });
  const ran = await propose('--out', at('spec.yaml'), '--timezone', 'Asia/Tokyo');
  expect(ran).toMatchObject({ code: EXIT.ok });
  expect(ran.err).not.toContain('not proven');
  const text = readFileSync(at('spec.yaml'), 'utf8');
  expect(loadText(text).spec.timezone).toBe('Asia/Tokyo');
  for (const again of [[], ['--timezone', 'Asia/Tokyo']]) {
    expect((await propose('--out', at('spec.yaml'), ...again)).err).toContain('updated, nothing to add');
    expect(readFileSync(at('spec.yaml'), 'utf8')).toBe(text);
  }
  expect(await propose('--json', '--pins', at('spec.yaml'))).toMatchObject({ code: EXIT.ok, out: expect.stringMatching(/"timezone": "Asia\/Tokyo"/) });
});

test.each([
  ['no time zone', [], 'Europe/Berlni', /--timezone Europe\/Berlni is no time zone\n {2}Did you mean Europe\/Berlin\?/],
  ['another than that of the file', ['timezone: Europe/Berlin\n'], 'Asia/Tokyo', /--timezone Asia\/Tokyo: .*spec\.yaml is written for Europe\/Berlin\n {2}Leave --timezone out, or change `timezone` in that file first/],
  ['a file that names none', [''], 'Asia/Tokyo', /spec\.yaml is written for UTC\n/],
])('%s is refused, and the file left as it was', async (_, [zone], asked, words) => {
  rmSync(at('spec.yaml'), { force: true });
  const text = zone === undefined ? null : `${zone}zones:\n  - zone_id: A\n    name: A\nconduits: []\n`;
  if (text !== null) writeFileSync(at('spec.yaml'), text);
  const ran = await propose('--out', at('spec.yaml'), '--timezone', asked);
  expect(ran).toMatchObject({ code: EXIT.usage, err: expect.stringMatching(words) });
  if (text !== null) expect(readFileSync(at('spec.yaml'), 'utf8')).toBe(text);
});

test('status counts days by the clock that the proposal goes by', async () => {
  type Days = readonly [estimate: number, listenUntil: string];
  const [here, there] = await Promise.all(['UTC', 'Pacific/Kiritimati'].map(async (zone): Promise<Days> => {
    const { completeness: told } = JSON.parse((await runLine(['status', '--json', '--db', at('plant.db'), '--timezone', zone])).out) as { completeness: { estimate: number; listenUntil: string } };
    const { completeness: proposed } = JSON.parse((await propose('--json', '--timezone', zone)).out) as { completeness: { plant: { completeness: number }; listenUntil: string } };
    expect([told.estimate, told.listenUntil]).toEqual([proposed.plant.completeness, proposed.listenUntil]);
    return [told.estimate, told.listenUntil];
  }));
  expect(there).not.toEqual(here);
  for (const zone of ['UTC', 'Pacific/Kiritimati']) {
    type Placed = { readonly assets: readonly { readonly id: string; readonly zone: string; readonly evidence: readonly unknown[] }[] };
    const seen = (JSON.parse((await runLine(['assets', '--json', '--db', at('plant.db'), '--timezone', zone])).out) as Placed).assets;
    const proposed = (JSON.parse((await propose('--json', '--timezone', zone)).out) as Placed).assets;
    const placed = (one: Placed['assets'][number]): readonly unknown[] => [one.id, one.zone];
    expect(seen.map(placed)).toEqual(proposed.map(placed));
  }
  const refused = { code: EXIT.usage, err: expect.stringContaining('--timezone Europe/Berlni is no time zone\n  Did you mean Europe/Berlin?') };
  expect(await runLine(['status', '--db', at('plant.db'), '--timezone', 'Europe/Berlni'])).toMatchObject(refused);
  for (const command of ['assets', 'flows']) expect(await runLine([command, '--db', at('plant.db'), '--timezone', 'Europe/Berlni'])).toMatchObject(refused);
  expect(await runLine(['capture', '-', '--db', at('none.db'), '--timezone', 'Europe/Berlni'])).toMatchObject(refused);
});
