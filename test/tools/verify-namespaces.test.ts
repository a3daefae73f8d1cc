/**
 * `verify --active` through a real firewall: three network namespaces, our own nftables export between a historian and a
 * controller. What is sent is counted by the firewall, before it judges anything.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM, runLine } from '../commands/command-line.ts';
import { ENDS, firstOutput } from '../hang.ts';
import { run } from './live-machine.ts';

const FIELD = join(import.meta.dirname, 'field-server-probe.ts');
const [OPS, FW, CELL] = ['o', 'f', 'c'].map((name) => `blv${name}${process.pid}`);
const HIST = '10.30.0.2';
const PLC = '10.20.0.2';

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

/** Why this machine cannot have a firewall between namespaces, or undefined. */
function missingHere(): string | undefined {
  if (process.geteuid?.() !== 0) return 'not root';
  if (spawnSync('nft', ['--version']).status !== 0) return 'nft is missing';
  const added = spawnSync('ip', ['netns', 'add', OPS], { encoding: 'utf8' });
  if (added.status !== 0) return `no network namespaces: ${added.error?.message ?? added.stderr.trim()}`;
  const ruled = spawnSync('ip', ['netns', 'exec', OPS, 'nft', 'list', 'ruleset'], { encoding: 'utf8' });
  run('ip', 'netns', 'del', OPS);
  return ruled.status === 0 ? undefined : `no nftables here: ${ruled.stderr.trim()}`;
}

const missing = missingHere();

describe.skipIf(missing !== undefined)(`through a firewall (${missing ?? 'nftables between namespaces'})`, () => {
  let folder = '';
  let field: ChildProcess | null = null;
  let rules = '';

  const inside = (space: string, ...words: string[]): string => run('ip', 'netns', 'exec', space, ...words);
  const load = (text: string): void => {
    const file = join(folder, 'load.nft');
    writeFileSync(file, `flush ruleset\n${COUNTER}${text}`);
    inside(FW, 'nft', '-f', file);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'baseline-test-'));
    writeFileSync(join(folder, 'spec.yaml'), SPEC);
    for (const space of [OPS, FW, CELL]) run('ip', 'netns', 'add', space);
    for (const [space, name, address, gateway] of [[OPS, 'ops', HIST, '10.30.0.1'], [CELL, 'cell', PLC, '10.20.0.1']] as const) {
      run('ip', '-n', FW, 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
      run('ip', '-n', FW, 'addr', 'add', `${gateway}/24`, 'dev', name);
      run('ip', '-n', space, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
      for (const [one, link] of [[FW, name], [space, 'eth0'], [space, 'lo']]) run('ip', '-n', one, 'link', 'set', link, 'up');
      run('ip', '-n', space, 'route', 'add', 'default', 'via', gateway);
    }
    inside(FW, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
    expect((await runLine(['export', join(folder, 'spec.yaml'), '--target', 'nftables', '--mode', 'enforce', '--out', join(folder, 'nft')])).code).toBe(0);
    rules = readFileSync(join(folder, 'nft', 'baseline.nft'), 'utf8');
    const serving = spawn('ip', ['netns', 'exec', CELL, process.execPath, ...PROGRAM.slice(1, -1), FIELD, PLC], { ...ENDS, stdio: ['ignore', 'pipe', 'inherit'] });
    field = serving;
    await firstOutput(serving);
  });

  afterAll(() => {
    field?.kill();
    for (const space of [OPS, FW, CELL]) run('ip', 'netns', 'del', space);
    rmSync(folder, { recursive: true });
  });

  interface Ran {
    readonly steps: number;
    readonly checks: readonly { verdict: string; operation: string; service: string; reason: string }[];
  }

  const active = (...more: readonly string[]): { ran: Ran; verdicts: Record<string, string>; flows: number } => {
    const program = [...PROGRAM, 'verify', join(folder, 'spec.yaml'), '--db', join(folder, 'run.db'), '--active', '--from', 'OPS', '--operator', 'A. Keller', '--i-have-a-maintenance-window', '--json', '--quiet', ...more];
    // Exit 1 is a finding here, no fault of the run.
    const out = inside(OPS, 'sh', '-c', '"$@" || [ $? = 1 ]', 'sh', ...program);
    const ran = JSON.parse(out) as Ran;
    const set = JSON.parse(inside(FW, 'nft', '-j', 'list', 'set', 'ip', 'far', 'flows')) as { nftables: { set?: { elem?: unknown[] } }[] };
    return { ran, verdicts: Object.fromEntries(ran.checks.map(({ operation, service, verdict }) => [`${operation} ${service}`, verdict])), flows: set.nftables.flatMap(({ set: one }) => one?.elem ?? []).length };
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
