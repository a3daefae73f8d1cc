/** The ASA configuration on a device that has one already: entries are appended, definitions are exchanged, lists are bound anew. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../../src/export/export-plan.ts';
import type { Mode, Plan } from '../../../src/export/exporter.ts';
import { planOf } from '../../../src/export/plan.ts';
import { exporterOf } from '../../../src/export/registry.ts';
import { loadText } from '../../policy/loaded-spec.ts';
import { readAsa } from '../parse-back/cisco-asa.ts';
import { linesOf } from '../parse-back/effects.ts';
import { plantPlan } from '../plant.ts';

const filesOf = (plan: Plan, mode: Mode): ReadonlyMap<string, string> =>
  new Map(exportPlan(exporterOf('cisco-asa'), plan, { mode, allowWider: true }).files.map(({ path, content }) => [path, content as string]));

const textOf = (plan: Plan, mode: Mode): string => filesOf(plan, mode).get('baseline-asa.cfg') ?? '';

const SETTINGS = /^(object network|object-group network|time-range) (\S+)$/;

/** What a device makes of pasted text: an entry goes behind those of its list, an object has one value, a group and a time range grow. */
class Device {
  readonly #lists = new Map<string, string[]>();
  readonly #sections = new Map<string, string[]>();
  readonly #bound = new Map<string, string>();

  paste(text: string): void {
    let section: string | null = null;
    for (const line of text.split('\n')) {
      const entry = /^access-list (\S+) (?:extended|remark) /.exec(line);
      const group = /^access-group (\S+) in interface (\S+)$/.exec(line);
      const removed = /^(?:no|clear configure) (.+)$/.exec(line);
      if (line.startsWith(' ') && section !== null) this.#add(section, line);
      else if (!line.startsWith('!')) section = SETTINGS.test(line) ? line : null;
      if (entry?.[1] !== undefined) this.#lists.set(entry[1], [...new Set([...(this.#lists.get(entry[1]) ?? []), line])]);
      if (group?.[1] !== undefined && group[2] !== undefined) this.#bound.set(group[2], group[1]);
      if (removed?.[1] !== undefined) this.#remove(removed[1]);
    }
  }

  /** What the interfaces do, in the words of a configuration that holds nothing else. */
  get bound(): string {
    const lists = [...new Set(this.#bound.values())].flatMap((list) => this.#lists.get(list) ?? []);
    return [...[...this.#sections].flatMap(([head, body]) => [head, ...body]), ...lists, ...[...this.#bound].map(([nameif, list]) => `access-group ${list} in interface ${nameif}`)].join('\n');
  }

  get names(): readonly string[] {
    return [...this.#lists.keys(), ...[...this.#sections.keys()].flatMap((head) => SETTINGS.exec(head)?.[2] ?? [])];
  }

  #add(section: string, line: string): void {
    const known = section.startsWith('object network') ? [] : (this.#sections.get(section) ?? []);
    this.#sections.set(section, [...known.filter((one) => one !== line), line]);
  }

  #remove(what: string): void {
    this.#sections.delete(what);
    const list = /^access-list (\S+)$/.exec(what)?.[1];
    if (list === undefined) return;
    if ([...this.#bound.values()].includes(list)) throw new Error(`${list} is bound`);
    this.#lists.delete(list);
  }
}

const changed = (plan: Plan): Plan => ({
  ...plan,
  permits: plan.permits
    .filter((entry) => entry.permit.id !== 'K1-PING')
    .map((entry) => (entry.permit.id === 'K1-READ' ? { ...entry, client: entry.client.slice(1) } : entry)),
});

test('whatever was pasted before, the device does what the last export says, and the earlier ones can be taken away', () => {
  const plan = plantPlan();
  const steps: readonly [Plan, Mode][] = [[plan, 'monitor'], [plan, 'enforce'], [changed(plan), 'enforce'], [plan, 'enforce'], [plan, 'monitor']];
  const device = new Device();
  for (const [now, mode] of steps) {
    const text = textOf(now, mode);
    device.paste(text);
    expect(linesOf(readAsa(device.bound, mode))).toEqual(linesOf(readAsa(text, mode)));
  }
  for (const [earlier, mode] of steps.slice(1, 3)) device.paste(filesOf(earlier, mode).get('remove.txt') ?? '');
  const alone = new Device();
  alone.paste(textOf(plan, 'monitor'));
  expect([...device.names].sort()).toEqual([...alone.names].sort());
});

const endingsOf = (text: string): string[] => [
  ...new Set([...text.matchAll(/^(?:access-list|object network|object-group network|time-range) (\S+)/gm)].map(([, name = '']) => /_[0-9a-f]{8}$/.exec(name)?.[0] ?? name)),
];

test('every name ends in one digest, which tells what the policy says and nothing else', () => {
  const plan = plantPlan();
  const [ending, ...others] = endingsOf(textOf(plan, 'enforce'));
  expect(ending).toMatch(/^_[0-9a-f]{8}$/);
  expect(others).toEqual([]);
  expect(endingsOf(textOf({ ...plan, provenance: ['another day'] }, 'enforce'))).toEqual([ending]);
  expect(endingsOf(textOf(plan, 'monitor'))).not.toEqual([ending]);
  expect(endingsOf(textOf(changed(plan), 'enforce'))).not.toEqual([ending]);
});

test('the way back runs nothing before it is filled in, and the README says when', () => {
  const files = filesOf(plantPlan(), 'enforce');
  const rollback = (files.get('rollback.txt') ?? '').trimEnd().split('\n');
  expect(rollback.filter((line) => !line.startsWith('!'))).toEqual([]);
  for (const nameif of ['CELL', 'OPS', 'DMZ']) expect(rollback).toContain(`! access-group ________ in interface ${nameif}`);
  const readme = files.get('README.md') ?? '';
  const steps = ['fill its lines into rollback.txt', 'Compare the interfaces', 'apply this one', 'Paste baseline-asa.cfg', 'remove.txt'].map((step) => readme.indexOf(step));
  expect(steps).not.toContain(-1);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
});

const spec = (settings: string): string => `
spec_version: 1
zones:
  - {zone_id: OPS, name: ops, purdue_level: 3, networks: [10.30.1.0/24], assets: [{asset_id: HMI, ip: [10.30.1.50]}]}
  - {zone_id: VENDOR, name: vendor, kind: external, networks: [198.51.100.0/24]}
enforcement_points:
  - {ep_id: FW, platform: cisco-asa, interfaces: [{zone: OPS, interface: GigabitEthernet1/1${settings}}, {zone: VENDOR, interface: GigabitEthernet1/2, nameif: outside, security_level: 0}]}
conduits:
  - conduit_id: C
    connects: [OPS, VENDOR]
    protocols_allowed:
      - {rule_id: IN, protocol: HTTPS, port: 443, client: {zone: VENDOR}, server: {zone: OPS, assets: [HMI]}}
      - {rule_id: OUT, protocol: HTTPS, port: 443, client: {zone: OPS, assets: [HMI]}, server: {zone: VENDOR}}
`;

test('monitor mode leaves the way in from an external zone as it is, and says so', () => {
  const plan = planOf(loadText(spec('')), []);
  const { files, losses } = exportPlan(exporterOf('cisco-asa'), plan, { mode: 'monitor' });
  const texts = new Map(files.map(({ path, content }) => [path, content as string]));
  const text = texts.get('baseline-asa.cfg') ?? '';
  expect(text.match(/^access-group .*$/gm)).toEqual([expect.stringMatching(/^access-group OTZ_OPS_IN_[0-9a-f]{8} in interface OPS$/)]);
  expect(text).not.toMatch(/outside|GigabitEthernet1\/2/);
  for (const path of ['baseline-asa.cfg', 'README.md']) {
    expect(texts.get(path)).toContain('VENDOR is of kind external: monitor mode leaves its interface and the list there alone');
    expect(texts.get(path)).toContain('where a list filters today, that opens the firewall');
  }
  expect(losses.map(({ permit, verdict }) => `${permit} ${verdict}`)).toEqual(['IN not-enforceable', 'OUT enforced']);
  const enforced = exportPlan(exporterOf('cisco-asa'), plan, { mode: 'enforce' });
  expect(enforced.losses.map(({ verdict }) => verdict)).toEqual(['enforced', 'enforced']);
  expect(String(enforced.files.find(({ path }) => path === 'baseline-asa.cfg')?.content)).toMatch(/^access-group OTZ_outside_IN_[0-9a-f]{8} in interface outside$/m);
});

test('a nameif and a security level that the spec does not state are marked as assumed', () => {
  const assumed = (settings: string): string[] => textOf(planOf(loadText(spec(settings)), []), 'enforce').match(/^! .* assumed.*$/gm) ?? [];
  expect(assumed('')).toEqual([expect.stringMatching(/^! OPS: nameif OPS and security-level \d+ are assumed/)]);
  expect(assumed(', nameif: inside')).toEqual([expect.stringMatching(/^! OPS: security-level \d+ is assumed/)]);
  expect(assumed(', nameif: inside, security_level: 100')).toEqual([]);
});
