/**
 * `verify --active` through a real firewall: three network namespaces, our own nftables export between a historian and a
 * controller. What is sent is counted by the firewall, before it judges anything.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runLine } from '../commands/command-line.ts';
import { ENDS, firstOutput } from '../hang.ts';
import { canHaveFirewall, CELL_ADDRESS as PLC, createFirewalledPair, OPS_ADDRESS as HIST } from './firewalled-pair.ts';

const FIELD = join(import.meta.dirname, 'field-server-probe.ts');

const SPEC = `spec_version: 1
zones:
  - {zone_id: OPS, name: Operations, kind: operations, networks: [10.30.0.0/24], assets: [{asset_id: HIST, role: historian, ip: [${HIST}]}, {asset_id: MES, role: mes, ip: [10.30.0.3]}]}
  - {zone_id: CELL, name: Cell, kind: control, networks: [10.20.0.0/24], assets: [{asset_id: PLC, role: plc, ip: [${PLC}]}]}
enforcement_points:
  - {ep_id: FW, platform: linux-nft, interfaces: [{zone: OPS, interface: ops}, {zone: CELL, interface: cell}]}
conduits:
  - conduit_id: C1
    connects: [OPS, CELL]
    mode: enforce
    enforced_by: [FW]
    protocols_allowed:
      - {rule_id: R-POLL, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC]}, access: read,
         modbus: {function_codes: [3], unit_ids: [1], ranges: [{table: holding-register, start: 0, end: 9, access: read}]}}
      - {rule_id: R-UA, protocol: OPC UA, transport: tcp, port: 4840, client: {zone: OPS, assets: [MES]}, server: {zone: CELL, assets: [PLC]}, access: any}
`;

/** Every connection that came in from OPS, told by its ports, whatever is done with it afterwards. */
const COUNTER = `table ip far {
  set flows { type ipv4_addr . inet_service . ipv4_addr . inet_service; flags dynamic; size 4096; }
  chain in {
    type filter hook prerouting priority -300;
    iifname "ops" tcp flags & (syn | ack) == syn update @flows { ip saddr . tcp sport . ip daddr . tcp dport }
  }
}
`;

const able = canHaveFirewall('verify --active through a firewall');

describe.runIf(able)('through a firewall', () => {
  const pair = createFirewalledPair();
  let field: ChildProcess | null = null;
  let rules = '';

  const load = (text: string): void => pair.load('fw', `${COUNTER}${text}`);

  beforeAll(async () => {
    const spec = join(pair.folder, 'spec.yaml');
    writeFileSync(spec, SPEC);
    pair.make();
    expect((await runLine(['export', spec, '--target', 'nftables', '--mode', 'enforce', '--out', join(pair.folder, 'nft')])).code).toBe(0);
    rules = readFileSync(join(pair.folder, 'nft', 'baseline.nft'), 'utf8');
    field = spawn('ip', ['netns', 'exec', pair.spaces.cell, process.execPath, '--import', import.meta.resolve('tsx'), FIELD, PLC], { ...ENDS, stdio: ['ignore', 'pipe', 'inherit'] });
    await firstOutput(field);
  });

  afterAll(() => {
    field?.kill();
    pair.remove();
  });

  const active = (...more: readonly string[]): ReturnType<typeof pair.verify> & { flows: number } => {
    const told = pair.verify('ops', 'OPS', ...more);
    const set = JSON.parse(pair.inside('fw', 'nft', '-j', 'list', 'set', 'ip', 'far', 'flows')) as { nftables: { set?: { elem?: unknown[] } }[] };
    return { ...told, flows: set.nftables.flatMap(({ set: one }) => one?.elem ?? []).length };
  };

  test('our own rules, enforced: the read passes, the canary and the prohibited service are filtered; no more was sent than planned', () => {
    load(rules);
    const { ran, verdicts, flows } = active();
    expect(verdicts).toEqual({ 'tcp-open tcp/502': 'pass', 'modbus-read tcp/502': 'pass', 'modbus-canary tcp/502': 'pass', 'modbus-again tcp/502': 'pass', 'tcp-blocked tcp/4840': 'pass' });
    expect(ran.steps).toBe(5);
    expect(flows).toBe(5);
  });

  test('no rules at all: the device answers the canary, the prohibited service opens', () => {
    load('');
    const { verdicts, flows } = active();
    expect(verdicts).toMatchObject({ 'modbus-read tcp/502': 'pass', 'modbus-canary tcp/502': 'fail', 'tcp-blocked tcp/4840': 'fail' });
    expect(flows).toBe(5);
  });

  test('a firewall that answers itself: ICMP prohibited is evidence, a reset proves nothing', () => {
    const reject = (how: string): string => `table ip r {\n chain f {\n type filter hook forward priority 0;\n tcp dport 4840 reject with ${how}\n }\n}\n`;
    load(reject('icmp type admin-prohibited'));
    const only = ['--only', `${PLC}:4840`];
    expect(active(...only).verdicts).toEqual({ 'tcp-blocked tcp/4840': 'pass' });
    load(reject('tcp reset'));
    expect(active(...only).verdicts).toEqual({ 'tcp-blocked tcp/4840': 'not-observable' });
  });

  test('rules that are too tight: the permitted service is filtered, and the device is asked nothing further', () => {
    load('table ip t {\n chain f {\n type filter hook forward priority 0;\n tcp dport 502 drop\n }\n}\n');
    const { verdicts, flows } = active();
    expect(verdicts).toMatchObject({ 'tcp-open tcp/502': 'fail' });
    expect(Object.keys(verdicts).filter((name) => name.startsWith('modbus'))).toEqual([]);
    expect(flows).toBe(2);
  });
});
