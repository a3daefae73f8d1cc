/** `propose-zones --out` on a file that is there: what it adds, what it says, and what of the file stays. */
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { EXIT } from '../../src/errors.ts';
import { SAMPLES } from '../places.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { testFolder } from '../folder.ts';
import { runLine, type Ran } from './command-line.ts';

const folder = testFolder();
let proposed: string;
const at = (name: string): string => join(folder, name);
const update = (text: string, ...more: string[]): Promise<Ran> => {
  rmSync(at('spec.yaml'), { force: true });
  writeFileSync(at('spec.yaml'), text);
  return runLine(['propose-zones', '--db', at('plant.db'), '--out', at('spec.yaml'), ...more]);
};
const own = (): string => readFileSync(at('spec.yaml'), 'utf8');

beforeAll(async () => {
  const captures = readdirSync(join(SAMPLES, 'plant')).filter((name) => name.includes('.pcap')).map((name) => join(SAMPLES, 'plant', name));
  expect((await runLine(['import', ...captures, '--db', at('plant.db'), '--quiet'])).code).toBe(EXIT.ok);
  expect((await runLine(['propose-zones', '--db', at('plant.db'), '--out', at('first.yaml')])).code).toBe(EXIT.ok);
  proposed = readFileSync(at('first.yaml'), 'utf8');
});

test('nothing new: not one octet, and it says so', async () => {
  const ran = await update(proposed);
  expect(own()).toBe(proposed);
  expect(ran.err).toMatch(/spec\.yaml: updated, nothing to add; \d+ zones, \d+ conduits, \d+ Permits, \d+ of them waiting for a decision\./);
});

test('what was taken out is asked beside what stays, and everything else stays octet by octet', async () => {
  const rule = loadText(proposed).permits.find(({ permit }) => permit.from.assets.length > 1 && permit.evidence?.generalisedBy.length === 0)?.permit;
  const clients = rule?.from.assets ?? [];
  const edited = proposed.replace(new RegExp(`(rule_id: ${rule?.id}\n[^]*?client: \\{zone: [^,]*, assets: )\\[${clients.join(', ')}\\]\\}`), `$1[${clients.slice(1).join(', ')}]}   # not ${clients[0]}`);
  expect(edited).not.toBe(proposed);
  const ran = await update(edited);
  expect(ran.err).toMatch(/updated, 1 rule added \(C-/);
  expect(own()).toContain(`# not ${clients[0]}`);
  const added = own().split('\n').filter((line) => !edited.split('\n').includes(line));
  expect(added.join('\n')).toContain(`question: "beside ${rule?.id}: the same service between the same zones`);
  const kept = own().split('\n');
  for (const line of edited.split('\n')) expect(kept).toContain(line);
});

test('a conduit has one completeness: status, simulate and an updated spec say the same, whatever the spec said before, and an update brings a rule up to it that was not used again', async () => {
  const old = proposed.replaceAll(/completeness: (?:1|0\.\d+)\}/g, 'completeness: 0.4321}');
  await update(old);
  expect(own()).toBe(proposed);
  const stale = loadText(old).permits.find(({ permit }) => permit.from.assets.length === 1)?.permit.id ?? '';
  const unused = old.replace(new RegExp(`(rule_id: ${stale}\n[^]*?port: )\\d+`), '$1 9');
  await update(unused);
  expect(own()).not.toContain('0.4321');
  await update(proposed);
  const told = loadText(own());
  writeFileSync(at('spec.yaml'), old);
  const status = JSON.parse((await runLine(['status', '--db', at('plant.db'), '--json'])).out) as { completeness: { conduits: { fromZone: string; toZone: string; completeness: number }[] } };
  const { cutover } = JSON.parse((await runLine(['simulate', at('spec.yaml'), '--db', at('plant.db'), '--target', 'nftables', '--json'])).out) as { cutover: { conduit: string; completeness: number }[] };
  const { permits } = told;
  expect(permits.length).toBeGreaterThan(0);
  for (const { permit: { conduit, from, to, evidence } } of permits) {
    const heard = status.completeness.conduits.filter(({ fromZone, toZone }) => [from.zone, to.zone].includes(fromZone) && [from.zone, to.zone].includes(toZone)).map(({ completeness }) => completeness);
    expect(new Set([...heard, cutover.find((step) => step.conduit === conduit)?.completeness, evidence?.completeness]).size).toBe(1);
  }
});

test('a file of somebody keeps its mode, and one that is write-protected stays', async () => {
  await update(proposed);
  for (const mode of [0o600, 0o664]) {
    chmodSync(at('spec.yaml'), mode);
    await runLine(['propose-zones', '--db', at('plant.db'), '--out', at('spec.yaml'), '--quiet']);
    expect(statSync(at('spec.yaml')).mode & 0o777).toBe(mode);
  }
  chmodSync(at('spec.yaml'), 0o444);
  const ran = await runLine(['propose-zones', '--db', at('plant.db'), '--out', at('spec.yaml')]);
  expect(ran).toMatchObject({ code: EXIT.usage });
  expect(ran.err).toMatch(/spec\.yaml is write-protected\n.*chmod u\+w/);
  expect(own()).toBe(proposed);
});

test('an alias is refused by its line, and the file stays', async () => {
  const [first, second] = loadText(proposed).spec.zones.filter((zone) => zone.allowed_conduits?.join() !== undefined);
  const text = proposed.replace(/allowed_conduits: \[/, 'allowed_conduits: &same [').replace(new RegExp(`(zone_id: ${second.zone_id}\\n[^]*?)allowed_conduits: .*`), '$1allowed_conduits: *same');
  expect(first).toBeDefined();
  const ran = await update(text);
  expect(ran.code).toBe(EXIT.usage);
  expect(ran.err).toMatch(/line \d+: the alias \*same cannot be edited/);
  expect(own()).toBe(text);
});

test('an empty file is as good as none; one with comments only is left to its owner', async () => {
  expect((await update('\n')).err).not.toContain('updated');
  expect(own()).toBe(proposed);
  const ran = await update('# mine\n');
  expect(ran.code).toBe(EXIT.usage);
  expect(ran.err).toMatch(/the file is empty\n.*remove it and let propose-zones --out write it anew/);
});

test('into another file than the pins, rules and decisions stay behind, which is said', async () => {
  rmSync(at('new.yaml'), { force: true });
  const { err } = await runLine(['propose-zones', '--db', at('plant.db'), '--pins', at('first.yaml'), '--out', at('new.yaml')]);
  expect(err).toMatch(/takes zones and assets from .*first\.yaml, and nothing of its rules, decisions and comments/);
});

test('the spec of another plant is told before anything else, and not mixed with this one unless it is named twice', async () => {
  const foreign = proposed.replaceAll('10.20.', '10.99.').replaceAll(/mac: \[[^\]]*\]/g, 'mac: []').replaceAll(', mac: []', '');
  const refused = await update(foreign);
  expect(refused).toMatchObject({ code: EXIT.usage, out: '' });
  expect(refused.err).toMatch(/spec\.yaml and .*plant\.db seem to be of different plants: the spec declares \d+ assets with addresses, and knows 1 of the \d+ addresses that were seen; .*spec\.yaml was left as it is\n {2}Name the store/);
  expect(own()).toBe(foreign);

  for (const command of ['diff', 'simulate']) {
    const said = (await runLine([command, at('spec.yaml'), '--db', at('plant.db')])).err;
    expect(said).toMatch(/^\S+spec\.yaml and \S+plant\.db seem to be of different plants: .*\. Name the store of that plant with --db, or the spec of this one\.\n/);
    expect((await runLine([command, at('first.yaml'), '--db', at('plant.db')])).err).toBe('');
  }

  const added = await update(foreign, '--pins', at('spec.yaml'));
  expect(added.code).toBe(EXIT.ok);
  expect(added.err).toMatch(/seem to be of different plants[^]*updated, .* assets added/);
});

test('a zone keeps its kind under an id of the plant\'s own: what comes back asks what it asked before', async () => {
  const asked = loadText(proposed).permits.map(({ permit }) => permit).find(({ to, decision }) => to.zone === 'Z-SIS' && decision === 'pending')?.id ?? '';
  const rule = new RegExp(`      - rule_id: ${asked}\n(?:        .*\n)*`);
  const question = (text: string): string => /question: "(into-safety:[^"]*)"/.exec(text)?.[1] ?? '';
  expect(question(rule.exec(proposed)?.[0] ?? '')).toContain('ZCR 3.3');
  await update(proposed.replace(rule, '').replaceAll(/\bZ-(?=[A-Z])/g, 'OWN-'));
  expect(own()).not.toContain('Z-SIS');
  expect(own()).toContain(question(proposed));
});

test('a zone under another id stays the one of its kind: an unchanged plant changes not one octet, and a newcomer gets no second zone', async () => {
  const renamed = proposed.replaceAll(/\bZ-(?=[A-Z])/g, 'OWN-');
  await update(renamed);
  expect(own()).toBe(renamed);
  const { spec } = loadText(renamed);
  const newcomer = spec.zones.find(({ kind }) => kind === 'temporary')?.assets?.[0];
  const id = typeof newcomer === 'object' ? newcomer.asset_id : '';
  const without = stringify({
    ...spec,
    zones: spec.zones.map((zone) => ({ ...zone, assets: (zone.assets ?? []).filter((asset) => asset !== newcomer) })),
    conduits: spec.conduits.map((conduit) => ({ ...conduit, protocols_allowed: (conduit.protocols_allowed ?? []).filter(({ client, server }) => ![client, server].some((end) => end?.assets?.includes(id))) })),
  });
  expect((await update(without)).err).toMatch(new RegExp(`updated, 1 asset added \\(${id}\\)`));
  expect(loadText(own()).spec.zones.map(({ zone_id: zone }) => zone)).toEqual(spec.zones.map(({ zone_id: zone }) => zone));
});

test('a new cell takes the id of no declared zone, also where none of that zone was heard', async () => {
  const cell = loadText(proposed).spec.zones.find(({ zone_id: zone }) => zone === 'Z-CELL-01');
  const gone = proposed.replace(/(zone_id: Z-CELL-01\n[^]*?assets:\n)(?: +- \{.*\n)+/, '$1      - {asset_id: PLANNED, ip: [10.20.4.250]}\n').replaceAll(/ +- rule_id: C-Z-CELL-01-.*\n(?:        .*\n)*/g, '').replaceAll(/protocols_allowed:\n(?= *- conduit_id|$)/g, 'protocols_allowed: []\n');
  await update(gone);
  const zones = loadText(own()).spec.zones;
  expect(zones.find(({ zone_id: zone }) => zone === 'Z-CELL-01')?.assets).toHaveLength(1);
  const held = (cell?.assets ?? []).map((asset) => (typeof asset === 'object' ? asset.asset_id : asset));
  for (const id of held) expect(zones.find(({ assets }) => (assets ?? []).some((asset) => typeof asset === 'object' && asset.asset_id === id))?.zone_id).not.toBe('Z-CELL-01');
});
