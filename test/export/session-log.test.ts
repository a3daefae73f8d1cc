/** What the spec's `log` makes of the rule of a Permit on each target, and that what a target cannot log is said and opens nothing. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { LossRow, Plan } from '../../src/export/exporter.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { loadText } from '../policy/loaded-spec.ts';

const WISHES = ['none', 'start', 'end', 'both'] as const;

const planFor = (...rules: readonly object[]): Plan =>
  planOf(loadText(JSON.stringify({
    spec_version: 1,
    zones: [
      { zone_id: 'CELL', name: 'c', networks: ['10.20.0.0/24'], assets: [{ asset_id: 'PLC', ip: ['10.20.0.1'] }] },
      { zone_id: 'OPS', name: 'o', networks: ['10.30.0.0/24'], assets: [{ asset_id: 'HMI', ip: ['10.30.0.1'] }] },
    ],
    conduits: [{ conduit_id: 'C', connects: ['CELL', 'OPS'], protocols_allowed: rules.map((rule) => ({ protocol: 'other', transport: 'tcp', client: { zone: 'OPS', assets: ['HMI'] }, server: { zone: 'CELL', assets: ['PLC'] }, ...rule })) }],
  })), []);

/** One Permit for each wish, and one that says nothing. */
const EACH = planFor(...WISHES.map((log, at) => ({ rule_id: log.toUpperCase(), port: 1000 + at, log })), { rule_id: 'SILENT', port: 2000 });

const exported = (target: string, plan: Plan, applicationIds: Readonly<Record<string, number>> = {}): { text: string; reasons: Record<string, string[]>; losses: readonly LossRow[] } => {
  const { files, losses } = exportPlan(exporterOf(target), plan, { mode: 'enforce', allowWider: true, applicationIds });
  return { text: files.flatMap(({ path, content }) => (/README|loss-report/.test(path) ? [] : [content as string])).join('\n'), reasons: Object.fromEntries(losses.map(({ permit, reasons }) => [permit, [...reasons]])), losses };
};

const START = 'the start of its sessions cannot be logged by a rule of this target';
const END = 'the end of its sessions cannot be logged by a rule of this target';
const NEITHER = 'the start and the end of its sessions cannot be logged by a rule of this target';

test('panos: a line for each moment', () => {
  const { text, reasons } = exported('panos', EACH);
  const logs = (id: string): string[] => text.split('\n').flatMap((line) => (line.includes(`rules OTZ-${id} log-`) ? [line.split(`OTZ-${id} `)[1]!] : []));
  expect([...WISHES.map((log) => log.toUpperCase()), 'SILENT'].map(logs)).toEqual([
    ['log-start no', 'log-end no'], ['log-start yes', 'log-end no'], ['log-start no', 'log-end yes'], ['log-start yes', 'log-end yes'], ['log-end yes'],
  ]);
  expect(Object.values(reasons).flat()).toEqual([]);
});

test('fortios: the start is logged beside the end, never without it', () => {
  const { text, reasons } = exported('fortios', EACH);
  const logs = (id: string): string[] => [...text.split(`set name "${id}"`)[1]!.split('next')[0]!.matchAll(/set (logtraffic\S* \S+)/g)].map(([, setting]) => setting!);
  expect([...WISHES.map((log) => log.toUpperCase()), 'SILENT'].map(logs)).toEqual([
    ['logtraffic disable'], ['logtraffic all', 'logtraffic-start enable'], ['logtraffic all'], ['logtraffic all', 'logtraffic-start enable'], ['logtraffic all'],
  ]);
  expect(reasons).toEqual({ NONE: [], START: ['the end of its sessions is logged too: FortiOS logs no start without it'], END: [], BOTH: [], SILENT: [] });
});

test('fortios: a policy of several Permits logs what any of them asks for', () => {
  const modbus = (id: string, code: number, log: string): object => ({ rule_id: id, protocol: 'Modbus/TCP', port: 502, modbus: { function_codes: [code] }, log });
  const { text, reasons } = exported('fortios', planFor(modbus('READ', 3, 'none'), modbus('WRITE', 6, 'both')), { 'modbus:3': 48887, 'modbus:6': 48890 });
  expect(text.match(/set logtraffic\S* \S+/g)?.slice(0, 2)).toEqual(['set logtraffic all', 'set logtraffic-start enable']);
  expect(reasons['READ']).toContain('its sessions are logged as the rule that it shares with READ, WRITE does it, not as it asks itself');
  expect(reasons['WRITE']!.join()).not.toContain('logged');
});

test('cisco-asa: an entry logs beginnings', () => {
  const { text, reasons } = exported('cisco-asa', EACH);
  expect([1000, 1001, 1002, 1003, 2000].map((port) => new RegExp(`eq ${port} (.*)$`, 'm').exec(text)?.[1])).toEqual(['log disable', ...Array.from({ length: 4 }, () => 'log 6 interval 300')]);
  expect(reasons).toEqual({ NONE: [], START: [], END: [END], BOTH: [END], SILENT: [] });
});

test('cisco-ftd: what is to be ticked', () => {
  const { text, reasons } = exported('cisco-ftd', EACH);
  expect(text.split('\n').slice(1, 6).map((row) => row.split(',')[13])).toEqual(['none', 'at beginning of connection', 'at end of connection', 'at beginning and end of connection', 'at end of connection']);
  expect(Object.values(reasons).flat()).toEqual([]);
});

test('nftables: the first packet of a session, before the rule that lets it through', () => {
  const { text, reasons } = exported('nftables', EACH);
  const lines = text.split('\n').map((line) => line.trim());
  const logs = lines.filter((line) => line.includes(':P "'));
  expect(logs).toEqual(['START', 'BOTH'].map((id) => `ip saddr 10.30.0.1 ip daddr 10.20.0.1 tcp dport ${id === 'START' ? 1001 : 1003} ct state new log prefix "OTZ:${id}:NEW:P "`));
  for (const log of logs) expect(lines[lines.indexOf(log) + 1]).toBe(log.replace(/ct state new .*/, 'counter accept'));
  expect(reasons).toEqual({ NONE: [], START: [], END: [END], BOTH: [END], SILENT: [] });
});

test('hirschmann-eagle, tofino: nothing is logged where nothing shall be; when else the device does it nobody says', () => {
  for (const target of ['hirschmann-eagle', 'tofino']) {
    const { text, reasons } = exported(target, EACH);
    expect(text.split('\n').filter((row) => /^\d+,[A-Z]+,/.test(row)).map((row) => row.split(',')[11])).toEqual(['no', 'yes', 'yes', 'yes', 'yes']);
    expect(reasons).toEqual({ NONE: [], START: [START], END: [END], BOTH: [NEITHER], SILENT: [] });
  }
});

test('the others say that they cannot', () => {
  for (const target of ['suricata', 'openconfig-acl', 'mud']) {
    const { reasons } = exported(target, EACH);
    expect(Object.entries(reasons).map(([id, texts]) => [id, texts.filter((text) => text.includes('logged'))]), target).toEqual([['NONE', []], ['START', [START]], ['END', [END]], ['BOTH', [NEITHER]], ['SILENT', []]]);
  }
});

test('a Permit without a rule of its own is logged as the one whose rule lets it through', () => {
  const twice = planFor({ rule_id: 'WIDE', port: '1000-1009', log: 'both' }, { rule_id: 'SAME', port: 1001, log: 'both' }, { rule_id: 'OTHER', port: 1002, log: 'none' }, { rule_id: 'SILENT', port: 1003 });
  const { reasons } = exported('panos', twice);
  expect(Object.entries(reasons).map(([id, texts]) => [id, texts.filter((text) => text.includes('logged'))])).toEqual([['WIDE', []], ['SAME', []], ['OTHER', ['so its sessions are logged as WIDE says, not as it does itself']], ['SILENT', []]]);
});

test('what is logged changes no verdict and no rule', () => {
  const silent = { ...EACH, permits: EACH.permits.map((entry) => ({ ...entry, log: null })) };
  for (const target of ['nftables', 'suricata', 'cisco-asa', 'cisco-ftd', 'fortios', 'panos', 'hirschmann-eagle', 'openconfig-acl', 'mud']) {
    const [logged, plain] = [EACH, silent].map((plan) => exported(target, plan).losses.map(({ verdict, widenedTo, effects }) => ({ verdict, widenedTo, effects })));
    expect(logged, target).toEqual(plain);
  }
});
