/** Refusal of what would be wider, empty sets, modes, devices, on every target. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseSet } from '../../src/net/address-set.ts';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Exporter, Plan, PlanPermit } from '../../src/export/exporter.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf, listTargets, registryOf } from '../../src/export/registry.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { hostilePlan, plantPlan } from './plant.ts';

const targets = listTargets();
const textOf = (plan: Plan, target: string, allowWider = true): string =>
  exportPlan(exporterOf(target), plan, { mode: exporterOf(target).modes.at(-1) ?? 'enforce', allowWider })
    .files.flatMap((file) => (typeof file.content === 'string' && file.path !== 'README.md' && !file.path.startsWith('loss-report') ? [file.content] : []))
    .join('\n');

const only = (plan: Plan, id: string, change: Partial<Plan['permits'][number]> = {}): Plan => ({
  ...plan,
  permits: plan.permits.filter((entry) => entry.permit.id === id).map((entry) => ({ ...entry, ...change })),
});

test('the registry refuses two exporters of one name, and names the choices for one it does not know', () => {
  const first = exporterOf('nftables');
  expect(() => registryOf([first, { ...exporterOf('csv'), name: 'nftables' }])).toThrow('two exporters are named "nftables"');
  expect(() => exporterOf('nftable')).toThrow('there is no export target "nftable"');
  expect(new Set(targets.map((target) => target.name)).size).toBe(targets.length);
  for (const target of targets) {
    expect(target.title).not.toBe('');
    expect(target.modes.length).toBeGreaterThan(0);
  }
});

test('what the evidence was missing, as the spec says, stands at the head of what is exported, and acts nowhere', () => {
  const losses = ['12 packets were dropped by the kernel', 'hostile `|\u001b[31m<b>\nnft add rule'];
  const plan = planOf(loadText(`${readFileSync('samples/plant.yaml', 'utf8')}\nprovenance:\n  losses: ${JSON.stringify(losses)}\n`), ['baseline 0.0.0']);
  for (const { name, modes } of targets) {
    const { files } = exportPlan(exporterOf(name), plan, { mode: modes[0], allowWider: true });
    const text = (path: string): string => String(files.find((file) => file.path === path)?.content);
    const beforeTable = text('loss-report.md').split('| Permit |')[0];
    expect(beforeTable).toContain('- 12 packets were dropped by the kernel');
    expect(beforeTable).not.toMatch(/[<`\u001b]b|^nft/m);
    expect(Object.keys(JSON.parse(text('loss-report.json'))).slice(2, 4)).toEqual(['mode', 'evidenceLosses']);
    expect(JSON.parse(text('loss-report.json'))).toMatchObject({ evidenceLosses: losses });
    if (files.some(({ path }) => path === 'README.md')) expect(text('README.md').split('\n').slice(2, 5)).toEqual(['- baseline 0.0.0', '- missing or doubtful: 12 packets were dropped by the kernel', expect.stringMatching(/^- missing or doubtful: hostile/)]);
  }
  expect(textOf(plan, 'nftables').split('\n').slice(0, 4)).toEqual(['#!/usr/sbin/nft -f', '# baseline 0.0.0', '# missing or doubtful: 12 packets were dropped by the kernel', expect.stringMatching(/^# missing or doubtful: hostile/)]);
});

test('what would be wider is refused in enforce mode: a loss report, and no configuration', () => {
  const plan = plantPlan();
  for (const { name, filters, modes } of targets) {
    const exporter = exporterOf(name);
    if (!filters || !modes.includes('enforce')) continue;
    const result = exportPlan(exporter, plan, { mode: 'enforce' });
    const wider = result.losses.filter((row) => row.verdict === 'widened').map((row) => row.permit);
    expect(result.refused).toEqual([...new Set(wider)]);
    if (wider.length === 0) continue;
    expect(result.files.map((file) => file.path)).toEqual(['loss-report.json', 'loss-report.md']);
    expect(result.files[1]?.content).toContain('No configuration was written');
    const allowed = exportPlan(exporter, plan, { mode: 'enforce', allowWider: true });
    expect(allowed.refused).toEqual([]);
    expect(allowed.files.map((file) => file.path)).toContain('README.md');
  }
});

test('the README of every monitor configuration warns that it opens what is closed', () => {
  for (const { name, filters, modes } of targets)
    for (const mode of filters ? modes : []) {
      const readme = exportPlan(exporterOf(name), plantPlan(), { mode, allowWider: true }).files.find((file) => file.path === 'README.md')?.content;
      if (mode === 'monitor') expect(readme, name).toContain('must not take the place of what blocks, or it opens what is closed');
      else expect(readme, name).not.toContain('opens what is closed');
    }
});

test('nftables: the README says what a restart and a reload forget', () => {
  const readmeOf = (plan: Plan): string => exportPlan(exporterOf('nftables'), plan, { mode: 'monitor' }).files.find((file) => file.path === 'README.md')?.content as string;
  expect(readmeOf(plantPlan())).toContain('systemctl enable nftables.service');
  expect(readmeOf(plantPlan())).toContain('ADDRESS timeout 1h');
  expect(readmeOf(only(plantPlan(), 'K1-READ'))).not.toContain('timeout 1h');
});

test('monitor blocks nothing, so nothing is refused', () => {
  for (const { name, modes } of targets) if (modes.includes('monitor')) expect(exportPlan(exporterOf(name), plantPlan(), { mode: 'monitor' }).refused).toEqual([]);
});

test('a mode that a target lacks is one clear line', () => {
  expect(() => exportPlan(exporterOf('mud'), plantPlan(), { mode: 'monitor' })).toThrow('mud has no monitor mode');
});

test('without a mode the spec decides: enforce only when every conduit says so', () => {
  const plan = plantPlan();
  expect(exportPlan(exporterOf('csv'), plan).mode).toBe('enforce');
  expect(exportPlan(exporterOf('csv'), { ...plan, conduits: plan.conduits.map((conduit, index) => ({ ...conduit, mode: index === 0 ? null : 'enforce' })) }).mode).toBe('monitor');
  expect(exportPlan(exporterOf('csv'), { ...plan, conduits: [] }).mode).toBe('monitor');
  expect(exportPlan(exporterOf('mud'), { ...plan, conduits: [] }).mode).toBe('enforce');
});

test('every Permit that stands has a row, and a rejected one is nowhere', () => {
  const plan = plantPlan();
  const ids = plan.permits.filter((entry) => entry.permit.decision !== 'rejected').map((entry) => entry.permit.id);
  expect(ids).not.toContain('K2-REFUSED');
  for (const { name, modes } of targets)
    for (const mode of modes) {
      const result = exportPlan(exporterOf(name), plan, { mode, allowWider: true });
      expect(new Set(result.losses.map((row) => row.permit)), name).toEqual(new Set(ids));
      for (const row of result.losses) {
        if (row.verdict === 'widened') expect(row.widenedTo).not.toBe('');
        if (row.verdict !== 'enforced') expect(row.reasons.length).toBeGreaterThan(0);
        if (row.verdict === 'enforced' && !row.reasons.join().includes('no rule of its own')) expect(row.effects.length).toBeGreaterThan(0);
      }
      expect(textOf(plan, name)).not.toContain('K2-REFUSED');
    }
});

test('an empty address set is never any: the Permit has no rule', () => {
  const plan = plantPlan();
  for (const { name, filters } of targets)
    for (const side of ['client', 'server'] as const) {
      const empty = only(plan, 'K1-WRITE', { [side]: [] });
      const result = exportPlan(exporterOf(name), empty, { mode: 'enforce', allowWider: true });
      expect(result.losses.map((row) => row.verdict)).toEqual(['not-enforceable']);
      if (filters) expect(result.losses[0]?.effects).toEqual([]);
      const text = textOf(empty, name);
      if (filters) expect(text.replace(/^\S*remark.*$|^[#!].*$|^\/\/.*$|^ +delete \d+$/gm, ''), name).not.toMatch(/\b502\b(?!.*Modbus-ports)(?<!detection-ports:\n {8}dp: 502)(?<!detection-ports.dp = 502)(?<!ports = '502)/);
    }
});

test('a tcp Permit without a port is never every port', () => {
  const plan = plantPlan();
  const [entry] = only(plan, 'K1-UA').permits;
  if (entry === undefined) throw new Error('no Permit');
  const portless: Plan = { ...plan, permits: [{ ...entry, permit: { ...entry.permit, service: { ...entry.permit.service, ports: [] } } }] };
  for (const { name, filters } of targets) {
    if (!filters || name === 'data-diode') continue;
    const [row] = exportPlan(exporterOf(name), portless, { mode: 'enforce', allowWider: true }).losses;
    expect(row?.verdict).toBe('not-enforceable');
    expect(row?.reasons.join()).toContain('never means every port');
  }
});

test('same plan, same bytes', () => {
  for (const { name, modes } of targets)
    for (const mode of modes) {
      const one = exportPlan(exporterOf(name), plantPlan(), { mode, allowWider: true });
      const two = exportPlan(exporterOf(name), plantPlan(), { mode, allowWider: true });
      expect(two).toEqual(one);
    }
});

test('paths stay inside the output folder, and texts are printable, whatever the names', () => {
  for (const { name, modes } of targets)
    for (const mode of modes)
      for (const file of exportPlan(exporterOf(name), hostilePlan(), { mode, allowWider: true }).files) {
        expect(file.path).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]*(\/[A-Za-z0-9][A-Za-z0-9_.-]*)*$/);
        if (typeof file.content !== 'string') continue;
        expect(file.content.endsWith('\n'), file.path).toBe(true);
        // Tables keep the letters of other alphabets; nothing keeps control, direction or zero-width characters.
        expect(file.content, `${name} ${file.path}`).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/);
        if (!file.path.endsWith('.csv')) expect(file.content, `${name} ${file.path}`).not.toMatch(/[^\x00-\x7f]/);
      }
});

test('hostile names add nothing to a drawing', () => {
  const svg = textOf(hostilePlan(), 'svg');
  expect(svg).not.toMatch(/<(?!\/?(svg|defs|marker|path|rect|text|line)\b|!-- )/);
  expect([...svg.matchAll(/<!--/g)].length).toBe([...svg.matchAll(/-->/g)].length);
  const plain = textOf(plantPlan(), 'mermaid').split('\n').length - plantPlan().provenance.length;
  const hostile = textOf(hostilePlan(), 'mermaid').split('\n').filter((line) => !line.startsWith('  %%')).length;
  expect(hostile).toBe(plain);
  expect(textOf(hostilePlan(), 'dot').split('\n').filter((line) => line.includes('->')).length).toBe(textOf(plantPlan(), 'dot').split('\n').filter((line) => line.includes('->')).length);
});

test('devices of the spec get the conduits they enforce, each in its own folder', () => {
  const plan = plantPlan();
  const device = (id: string, zones: readonly string[]) => ({
    id, platform: 'cisco-asa', syslog: null,
    interfaces: zones.map((zone, index) => ({ zone, interface: `GigabitEthernet1/${index + 1}`, nameif: null, address: { ip: `192.0.2.${index + 1}`, length: 24 }, vlan: null, securityLevel: null })),
  });
  const two: Plan = {
    ...plan,
    devices: [device('FW-1', ['CELL', 'OPS']), device('FW-2', ['OPS', 'DMZ'])],
    conduits: plan.conduits.map((conduit) => ({ ...conduit, enforcedBy: conduit.id === 'K1' ? ['FW-1'] : [] })),
  };
  const result = exportPlan(exporterOf('cisco-asa'), two, { mode: 'enforce', allowWider: true });
  expect(result.files.map((file) => file.path)).toEqual([
    'FW-1/baseline-asa.cfg', 'FW-1/remove.txt', 'FW-1/rollback.txt', 'FW-2/baseline-asa.cfg', 'FW-2/remove.txt', 'FW-2/rollback.txt', 'README.md', 'loss-report.json', 'loss-report.md',
  ]);
  expect(result.losses.find((row) => row.permit === 'K2-WEB')?.device).toBe('FW-2');
  const first: Plan = { ...two, devices: two.devices.slice(0, 1) };
  const row = exportPlan(exporterOf('cisco-asa'), first, { mode: 'enforce', allowWider: true }).losses.find((one) => one.permit === 'K2-WEB');
  expect(row?.verdict).toBe('not-enforceable');
  expect(row?.reasons.join()).toContain('no cisco-asa device');
  const all = exportPlan(exporterOf('cisco-asa'), first, { mode: 'enforce', allowWider: true, allConduits: true });
  expect(all.losses.find((one) => one.permit === 'K2-WEB')?.verdict).toBe('enforced');
});

test('hours and end dates: whose clock is meant, and where open sessions outlive them', () => {
  const plan = plantPlan();
  for (const [target, outlive] of [['nftables', false], ['fortios', false], ['cisco-asa', true], ['cisco-ftd', true], ['panos', true]] as const) {
    const { losses, files } = exportPlan(exporterOf(target), plan, { mode: 'enforce', allowWider: true });
    for (const id of ['K1-MAINT', 'K2-WEB']) {
      const row = losses.find((one) => one.permit === id);
      expect([target, row?.verdict, row?.reasons.includes('sessions that are open when its time is over stay open here')]).toEqual([target, 'enforced', outlive]);
    }
    expect(files.find((file) => file.path === 'README.md')?.content).toContain('Hours and dates of the Permits are those of Europe/Berlin');
    const timeless = exportPlan(exporterOf(target), only(plan, 'K1-READ'), { mode: 'enforce', allowWider: true });
    expect(timeless.files.find((file) => file.path === 'README.md')?.content).not.toContain('Hours and dates');
  }
  for (const target of ['nftables', 'fortios', 'cisco-asa']) expect(textOf(plan, target)).toMatch(/^[#!] Hours and dates of the Permits are those of Europe\/Berlin/m);
  expect(textOf({ ...plan, timezone: '' }, 'cisco-asa')).toContain('! Hours and dates of the Permits are those of UTC.');
  const policies = textOf(plan, 'fortios').split('\n    next\n').filter((policy) => policy.includes('set schedule "'));
  for (const policy of policies) expect(policy.includes('set schedule-timeout enable'), policy).toBe(!policy.includes('set schedule "always"'));
});

test('openconfig: a zone without IPv6 gets no IPv6 list', () => {
  const { files } = exportPlan(exporterOf('openconfig-acl'), plantPlan(), { mode: 'enforce', allowWider: true });
  const text = files.find((file) => file.path === 'openconfig-acl.json')?.content as string;
  const { 'openconfig-acl:acl': acl } = JSON.parse(text) as { 'openconfig-acl:acl': { 'acl-sets': { 'acl-set': { name: string }[] } } };
  expect(acl['acl-sets']['acl-set'].map((set) => set.name)).toEqual(['OTZ_CELL_IN_ipv4', 'OTZ_CELL_IN_ipv6', 'OTZ_OPS_IN_ipv4', 'OTZ_OPS_IN_ipv6', 'OTZ_DMZ_IN_ipv4']);
});

test('nftables binds conduits to VLANs of a port as Linux names them, and says which name it could not use', () => {
  const plan = plantPlan();
  const bound = (...ports: readonly (readonly [zone: string, name: string, vlan: number | null])[]) =>
    exportPlan(exporterOf('nftables'), {
      ...plan,
      conduits: plan.conduits.slice(0, 1).map((conduit) => ({ ...conduit, enforcedBy: ['GATE'] })),
      devices: [{ id: 'GATE', platform: 'linux-nft', syslog: null, interfaces: ports.map(([zone, name, vlan]) => ({ zone, interface: name, nameif: null, address: null, vlan, securityLevel: null })) }],
    }, { mode: 'enforce', allowWider: true }).files;
  const contentOf = (files: ReturnType<typeof bound>, path: string) => files.find((file) => file.path === path)?.content as string;
  const trunk = bound(['CELL', 'eth1', 20], ['OPS', 'eth1', 30]);
  expect(contentOf(trunk, 'baseline.nft')).toContain('\t\tiifname { "eth1.20", "eth1.30" } oifname { "eth1.20", "eth1.30" } jump c-K1\n');
  expect(contentOf(trunk, 'README.md')).not.toContain('no name of a Linux interface');
  expect(contentOf(bound(['CELL', 'eth1.20', 20], ['OPS', 'vlan30', 30]), 'baseline.nft')).toContain('iifname { "eth1.20", "vlan30" }');
  for (const name of ['GigabitEthernet1/1', 'enp0s31f6-east', 'eth 1']) {
    const files = bound(['CELL', name, 20], ['OPS', 'eth1', 30]);
    expect(contentOf(files, 'baseline.nft')).toContain('\t\tjump c-K1\n');
    expect(contentOf(files, 'README.md')).toContain(' of CELL is no name of a Linux interface: conduits of this zone are bound to addresses alone.');
  }
});

test('a toy target needs one record', () => {
  const toy: Exporter = {
    ...exporterOf('csv'),
    name: 'toy',
    build: (plan) => ({ files: [{ path: 'toy.txt', content: `${plan.permits.length}\n` }], losses: [], rollback: [], apply: [], notes: [] }),
  };
  expect(registryOf([toy]).get('toy')).toBe(toy);
  expect(exportPlan(toy, plantPlan()).files.find((file) => file.path === 'toy.txt')?.content).toBe('14\n');
});

test('enforcer sheets hold the limits of the device', () => {
  const plan = plantPlan();
  const [entry] = only(plan, 'K1-WRITE').permits;
  if (entry === undefined) throw new Error('no Permit');
  const many: Plan = {
    ...plan,
    permits: Array.from({ length: 40 }, (_, index) => ({
      ...entry,
      permit: { ...entry.permit, id: `W-${index}` },
      server: [{ family: 'ipv4' as const, first: 0xc0a80a00n + BigInt(index), last: 0xc0a80a00n + BigInt(index) }],
    })),
  };
  for (const target of ['hirschmann-eagle', 'tofino']) {
    const { losses, files } = exportPlan(exporterOf(target), many, { mode: 'enforce' });
    expect(losses.filter((row) => row.verdict === 'enforced').length).toBe(32);
    expect(losses.filter((row) => row.reasons.join().includes('32 Modbus profiles')).length).toBe(8);
    const sheet = files.find((file) => file.path === 'packet-filter.csv')?.content as string;
    expect(sheet.split('\n').length).toBe(1 + 32 + 1 + 1);
  }
});

test('enforcer sheets: a row is a rule with one address or network, and rules are counted as such', () => {
  const plan = plantPlan();
  const [entry] = only(plan, 'K1-PING').permits;
  if (entry === undefined) throw new Error('no Permit');
  /** Every other address: none joins another. */
  const hosts = (count: number, from: number): PlanPermit['client'] =>
    Array.from({ length: count }, (_, index) => ({ family: 'ipv4' as const, first: BigInt(from + 2 * index), last: BigInt(from + 2 * index) }));
  const wide = (id: string, clients: number, servers: number): PlanPermit => ({ ...entry, permit: { ...entry.permit, id }, client: hosts(clients, 0x0a010001), server: hosts(servers, 0x0a020001) });
  const many: Plan = { ...plan, permits: [wide('FITS', 40, 50), wide('TOO-MANY', 8, 6), wide('LAST', 1, 47)] };
  for (const target of ['hirschmann-eagle', 'tofino']) {
    const { losses, files } = exportPlan(exporterOf(target), many, { mode: 'enforce' });
    expect(losses.map((row) => row.verdict)).toEqual(['enforced', 'not-enforceable', 'enforced']);
    expect(losses[1]?.reasons.join()).toContain('48 rules');
    const sheet = files.find((file) => file.path === 'packet-filter.csv')?.content as string;
    expect(sheet.trim().split('\n').length).toBe(1 + 2048);
    const readme = files.find((file) => file.path === 'README.md')?.content;
    expect(readme).toContain('2048 rules of the 2048');
    expect(readme).toContain('without all or part of their rules: 1,');
  }
});

test('hirschmann-eagle: a protocol that its rules cannot name has none, and the others have the name of the device', () => {
  const plan = plantPlan();
  const [entry] = only(plan, 'K1-PING').permits;
  if (entry === undefined) throw new Error('no Permit');
  const of = (transport: string): PlanPermit => ({ ...entry, permit: { ...entry.permit, id: transport, service: { ...entry.permit.service, transport, ports: transport === 'sctp' ? [{ first: 2905, last: 2905 }] : [] } } });
  const { losses, files } = exportPlan(exporterOf('hirschmann-eagle'), { ...plan, permits: ['ip-47', 'sctp', 'ip-50', 'ip-2', 'any'].map(of) }, { mode: 'enforce' });
  expect(losses.map((row) => [row.permit, row.verdict])).toEqual([['ip-47', 'not-enforceable'], ['sctp', 'not-enforceable'], ['ip-50', 'enforced'], ['ip-2', 'enforced'], ['any', 'enforced']]);
  expect(losses[0]?.reasons.join()).toContain('ip-47 alone cannot be named');
  const sheet = files.find((file) => file.path === 'packet-filter.csv')?.content as string;
  expect([...new Set(sheet.trim().split('\n').slice(1, -1).map((line) => line.split(',')[7]))]).toEqual(['esp', 'igmp', 'any']);
});

test('hundreds of Permits are no trouble for any target', () => {
  const plan = plantPlan();
  const [entry] = only(plan, 'K1-WRITE').permits;
  if (entry === undefined) throw new Error('no Permit');
  const host = (value: bigint) => [{ family: 'ipv4' as const, first: value, last: value }];
  const permits = Array.from({ length: 250 }, (_, index) => ({
    ...entry, permit: { ...entry.permit, id: `R${index}` }, client: host(0x0a010000n + BigInt(index % 37)), server: host(0x0a020000n + BigInt(3 * index)),
  }));
  for (const { name, modes } of targets) {
    const { losses, files } = exportPlan(exporterOf(name), { ...plan, permits }, { mode: modes.at(-1) ?? 'enforce', allowWider: true });
    expect(losses.length, name).toBe(250);
    expect(files.length, name).toBeGreaterThan(2);
  }
});

const GROUPS = planOf(loadText(`
zones:
  - {zone_id: CELL, name: c, networks: [10.20.0.0/24, 10.21.0.0/31], assets: [{asset_id: PLC, ip: [10.20.0.2]}]}
  - {zone_id: OPS, name: o, networks: [10.30.0.0/24], assets: [{asset_id: SCADA, ip: [10.30.0.2]}]}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: MULTICAST, protocol: X, transport: udp, port: 2222, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, addresses: [239.192.1.64]}}
      - {rule_id: BROADCAST, protocol: X, transport: udp, port: 47808, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, addresses: [10.20.0.255, 255.255.255.255, 224.0.0.251]}}
      - {rule_id: BOTH, protocol: X, transport: udp, port: 7, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, addresses: [10.20.0.254, 10.20.0.255]}}
      - {rule_id: HOSTS, protocol: X, transport: udp, port: 9, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, addresses: [10.20.0.0/24, 10.21.0.1]}}
`), []);

test('what is for one link no router forwards, and multicast wants rules of its own on some targets', () => {
  for (const { name, filters, capabilities } of targets) {
    if (!filters || name === 'data-diode' || name === 'mud') continue;
    const rows = new Map(exportPlan(exporterOf(name), GROUPS, { allowWider: true }).losses.map((row) => [row.permit, row]));
    const says = (id: string, text: string): boolean => rows.get(id)!.reasons.some((reason) => reason.includes(text));
    expect([name, rows.get('BROADCAST')!.verdict === 'not-enforceable', says('BROADCAST', 'no router forwards it')]).toEqual([name, !capabilities.onLink, !capabilities.onLink]);
    expect([name, rows.get('MULTICAST')!.verdict === 'not-enforceable', says('MULTICAST', 'none is written')]).toEqual([name, !capabilities.multicast, !capabilities.multicast]);
    expect([name, rows.get('BOTH')!.verdict === 'not-enforceable', says('BOTH', '10.20.0.255 is for one link')]).toEqual([name, false, !capabilities.onLink]);
    expect([name, says('HOSTS', 'is for one link')]).toEqual([name, false]);
  }
  for (const target of ['fortios', 'panos', 'cisco-ftd', 'hirschmann-eagle']) expect(exporterOf(target).capabilities.multicast).toBe(false);
});

/** One enforced conduit whose rules let SCADA ask PLC. */
const enforced = (...rules: string[]): Plan => planOf(loadText(`
zones:
  - {zone_id: CELL, name: c, networks: [10.20.0.0/24], assets: [{asset_id: PLC, ip: [10.20.0.2]}]}
  - {zone_id: OPS, name: o, networks: [10.30.0.0/24], assets: [{asset_id: SCADA, ip: [10.30.0.2]}]}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    mode: enforce
    protocols_allowed:
${rules.map((rule) => `      - {client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, ${rule}}`).join('\n')}
`), []);

test('no target that filters holds limits, and each says so; the tables state them', () => {
  const plan = enforced('rule_id: LIMITED, protocol: SSH, limits: {max_connections: 2, requests_per_second: 0.5}');
  for (const { name, filters } of targets) {
    const { losses, refused } = exportPlan(exporterOf(name), plan);
    if (!filters || name === 'data-diode') continue;
    expect([name, losses[0]?.verdict]).toEqual([name, 'widened']);
    expect(losses[0]?.reasons).toContain('the limits (at most 2 connections, at most 0.5 requests a second) cannot be held here');
    expect(losses[0]?.widenedTo).toBe('as much and as fast as is asked');
    expect(refused).toEqual(['LIMITED']);
  }
  for (const name of ['csv', 'json']) expect(exportPlan(exporterOf(name), plan).files.find((file) => file.path.startsWith('permits.'))?.content).toContain('at most 2 connections');
});

test('what the spec says and nothing reads is a widening on every target that filters, and is refused', () => {
  const plan = enforced('rule_id: CLASSES, protocol: EtherNet/IP, cip: {classes: [107]}', 'rule_id: WORDS, protocol: SSH, direction: "OPS -> CELL (not on port 80)"');
  for (const { name, filters } of targets) {
    const { losses, refused } = exportPlan(exporterOf(name), plan);
    if (!filters || name === 'data-diode') continue;
    expect(refused).toEqual(['CLASSES', 'WORDS']);
    const reasons = losses.map((row) => row.reasons.join(' '));
    expect([reasons[0]?.includes('with cip.classes limits nothing'), reasons[1]?.includes('with "not on port 80" limits nothing')]).toEqual([true, true]);
  }
});

test('openconfig: a Permit whose product no device holds is refused, not written without end', () => {
  const scattered = (from: string): string[] => Array.from({ length: 150 }, (_, host) => `${from}.${2 * host >> 8}.${(2 * host & 255) + 1}`);
  const crowded = { ...plantPlan(), permits: plantPlan().permits.map((entry) => (entry.permit.id === 'K1-MAINT' ? { ...entry, client: parseSet(scattered('10.1')), server: parseSet(scattered('10.2')) } : entry)) };
  const { files, losses } = exportPlan(exporterOf('openconfig-acl'), crowded, { mode: 'enforce', allowWider: true });
  const row = losses.find(({ permit }) => permit === 'K1-MAINT');
  expect(row?.verdict).toBe('not-enforceable');
  expect(row?.reasons).toEqual(['it takes 22500 entries in a list (prefixes of ipv4: 150 of clients, 150 of servers; ports: 1), and a device holds some thousands: state `networks` for the zones, or name fewer assets']);
  const text = files.find((file) => file.path === 'openconfig-acl.json')?.content as string;
  expect(text).not.toContain('K1-MAINT');
  expect(text).toContain('K1-READ');
});

test('nftables: function code 0, which a spec may name, is said to stay blocked', () => {
  const plan = plantPlan();
  const permits = plan.permits.filter((entry) => entry.permit.id === 'K1-WRITE').map((entry) => ({ ...entry, permit: { ...entry.permit, modbus: { functionCodes: [0, 6], unitIds: [], ranges: [] } } }));
  const { losses } = exportPlan(exporterOf('nftables'), { ...plan, permits }, { mode: 'enforce' });
  expect(losses[0]?.reasons).toContain('FC 0: it is no valid function code, and stays blocked');
});

test('csv: no cell is a formula to a spreadsheet, behind spaces and in full width neither', () => {
  const plan = plantPlan();
  for (const purpose of ['=1+1', ' =1+1', '\t=1+1', '\uff1d1+1', '|cmd', '%x', '@SUM(1)']) {
    const permits = plan.permits.slice(0, 1).map((entry) => ({ ...entry, permit: { ...entry.permit, purpose } }));
    const text = exportPlan(exporterOf('csv'), { ...plan, permits }, { mode: 'enforce' }).files.find((file) => file.path === 'permits.csv')?.content as string;
    expect(text.trimEnd().split(',').at(-1), purpose).toMatch(/^"?'/);
  }
});
