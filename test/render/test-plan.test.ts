/** The plan as a shell script: valid, inert until a person says otherwise, and one command a step, whatever it is called. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parseSpec } from '../../src/policy/spec/load.ts';
import { planFrom, planTests, type TestPlan } from '../../src/policy/verify/plan.ts';
import { testPlanScript } from '../../src/render/test-plan.ts';
import { testFolder } from '../folder.ts';

/** A file name that is no name to a careless shell. */
const HOSTILE = "it's $(touch owned); `touch owned`\n\"&.yaml";
const ESCAPE = '\u001b]0;owned\u0007';

const SPEC = `spec_version: 1
zones:
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: HIST, role: historian, ip: [10.3.0.1]}, {asset_id: TX, role: data-diode, ip: [10.3.0.100]}]}
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC, role: plc, ip: [10.2.0.1]}, {asset_id: IO, role: io, ip: ["10.2.0.10-10.2.0.12"], count: 3}, {asset_id: WIDE, role: io, ip: [10.2.1.0/24]}]}
  - {zone_id: DMZ, name: DMZ, kind: dmz, assets: [{asset_id: REPLICA, role: historian, ip: [10.4.0.1]}, {asset_id: RX, role: data-diode, ip: [10.4.0.100]}]}
  - {zone_id: SIS, name: Safety, kind: safety, assets: [{asset_id: SIS-1, role: sis, ip: [10.1.0.1]}]}
conduits:
  - conduit_id: C1
    connects: [OPS, CELL]
    protocols_allowed:
      - {rule_id: R-POLL, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC, IO, WIDE]}, access: [read, diagnose], limits: {new_connections_per_minute: 12}, modbus: {function_codes: [4, 8], unit_ids: [7], ranges: [{table: input-register, start: 12, end: 19, access: read}]}}
      - {rule_id: R-PATCH, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC]}, schedule: {days: [sun], start: "02:00", end: "04:00"}}
      - {rule_id: R-LOG, protocol: Syslog, transport: udp, port: 514, client: {zone: CELL, assets: [PLC]}, server: {zone: OPS, assets: [HIST]}}
  - conduit_id: C2
    connects: [OPS, DMZ]
    protocols_allowed:
      - {rule_id: R-PI, protocol: PI-to-PI, transport: tcp, port: 5450, client: {zone: OPS, assets: [HIST]}, server: {zone: DMZ, assets: [REPLICA]},
         unidirectional: {from: OPS, to: DMZ, tx_endpoint: {zone: OPS, assets: [TX]}, rx_endpoint: {zone: DMZ, assets: [RX]}}}
      - {rule_id: R-WEB, protocol: HTTPS, transport: tcp, port: 443, client: {zone: DMZ, assets: [REPLICA]}, server: {zone: OPS, assets: [HIST]}}
`;

const folder = testFolder();
let plan: TestPlan;
let script = '';

beforeAll(() => {
  const { loaded } = parseSpec(SPEC, 'spec.yaml');
  if (loaded === null) throw new Error('the spec of this test does not hold');
  plan = planTests(loaded);
  script = [...testPlanScript(plan, HOSTILE, `baseline ${ESCAPE}`)].join('');
  writeFileSync(join(folder, 'tests.sh'), script);
  mkdirSync(join(folder, 'bin'));
  for (const tool of ['nmap', 'mbpoll', 'nc', 'baseline']) {
    writeFileSync(join(folder, 'bin', tool), `#!/bin/sh\necho "${tool} $*" >> '${join(folder, 'log')}'\n[ ${tool} = nc ] && cat > /dev/null\nexit 0\n`);
    chmodSync(join(folder, 'bin', tool), 0o755);
  }
  writeFileSync(join(folder, 'bin', 'sleep'), '#!/bin/sh\nexit 0\n');
  chmodSync(join(folder, 'bin', 'sleep'), 0o755);
});


const runScript = (environment: Record<string, string>): { code: number | null; log: string[] } => {
  rmSync(join(folder, 'log'), { force: true });
  const { status } = spawnSync('sh', ['tests.sh'], { cwd: folder, env: { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, ...environment } });
  return { code: status, log: existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8').trim().split('\n') : [] };
};

const stepsOf = (zone: string, asset: string | null): readonly string[] =>
  (plan.vantages.find((one) => one.zone === zone && one.asset === asset)?.steps ?? []).map(({ kind, host, port }) => `${kind} ${host}:${port}`);

test('what is tested from a declared client, and from any other machine', () => {
  expect(stepsOf('OPS', 'HIST')).toEqual([
    'diode-forward 10.3.0.100:5450',
    ...['10.2.0.1', '10.2.0.10', '10.2.0.11', '10.2.0.12'].flatMap((host) => ['tcp-open', 'modbus-read', 'modbus-canary', 'modbus-again'].map((kind) => `${kind} ${host}:502`)),
    'diode-reverse 10.4.0.1:5450',
  ]);
  // FC 8 is permitted here: the identification is the canary. The read is of the Permit's own table, unit and address.
  const steps = plan.vantages.find(({ asset }) => asset === 'HIST')?.steps ?? [];
  expect(steps.find(({ kind }) => kind === 'modbus-canary')?.question).toEqual({ kind: 'identify', unit: 7 });
  expect(steps.find(({ kind }) => kind === 'modbus-read')?.question).toEqual({ kind: 'read', unit: 7, code: 4, address: 12 });
  expect(stepsOf('OPS', null)).toContain('tcp-blocked 10.2.0.1:502');
  expect(stepsOf('DMZ', 'REPLICA')).toContain('tcp-open 10.3.0.1:443');
  expect(stepsOf('CELL', null)).toContain('tcp-blocked 10.3.0.1:443');
});

test('devices of a range that declares each of them are machines to test from, too', () => {
  const { loaded } = parseSpec(SPEC.replace('client: {zone: DMZ, assets: [REPLICA]}', 'client: {zone: CELL, assets: [IO]}').replace('connects: [OPS, DMZ]', 'connects: [OPS, DMZ, CELL]'), 'spec.yaml');
  const from = (asset: string): (string | null)[] => planTests(loaded!).vantages.filter((one) => one.asset === asset).map(({ address }) => address);
  expect(from('IO')).toEqual(['10.2.0.10', '10.2.0.11', '10.2.0.12']);
});

test('safety, networks, datagrams and what holds at times only are left out, and named', () => {
  const left = Object.fromEntries(plan.leftOut.map(({ what, why }) => [what, why]));
  expect(left).toMatchObject({ SIS: expect.stringContaining('safety'), WIDE: expect.stringContaining('network'), 'R-LOG': expect.stringContaining('datagram'), 'R-PATCH': expect.stringContaining('at times') });
  expect(plan.vantages.flatMap(({ steps }) => steps).filter(({ host }) => host.startsWith('10.1.') || host.startsWith('10.2.1.'))).toEqual([]);
});

test('the script runs nothing without a ticket, and then one part, one command a step; no name gets out of its quotes', () => {
  expect(spawnSync('sh', ['-n', 'tests.sh'], { cwd: folder }).status).toBe(0);
  const unasked = runScript({});
  expect(unasked.code).not.toBe(0);
  expect(unasked.log).toEqual([]);
  expect(runScript({ CHANGE_TICKET: 'CHG-1', RUN_FROM: 'nowhere' })).toEqual({ code: 0, log: [] });
  const { log } = runScript({ CHANGE_TICKET: 'CHG-1', RUN_FROM: 'OPS HIST' });
  expect(log).toHaveLength(stepsOf('OPS', 'HIST').length);
  expect(log).toContain('mbpoll -1 -0 -m tcp -p 502 -a 7 -t 3 -r 12 -c 1 -o 3 10.2.0.1');
  expect(existsSync(join(folder, 'owned'))).toBe(false);
  expect(script).not.toContain('\u001b');
  // Twelve new connections a minute are declared: one in five seconds.
  expect(script).toMatch(/mbpoll [^\n]*\nsleep 5\n/);
});

const TWO_PERMITS = `spec_version: 1
zones:
  - {zone_id: OPS, name: Operations, assets: [{asset_id: HIST, ip: [10.3.0.1, "fd00:3::1"]}]}
  - {zone_id: CELL, name: Cell, assets: [{asset_id: PLC, role: plc, ip: [10.2.0.1, "fd00:2::1"]}]}
conduits:
  - conduit_id: C1
    connects: [OPS, CELL]
    protocols_allowed:
      - {rule_id: R-READ, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC]}, modbus: {function_codes: [3], unit_ids: [0, 7]}}
      - {rule_id: R-ECHO, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC]}, modbus: {function_codes: [8]}}
`;

test('a code that a rule lists and its access does not name is none that is let through', () => {
  const { loaded } = parseSpec(SPEC.replace('access: [read, diagnose]', 'access: read'), 'spec.yaml');
  expect(planTests(loaded!).vantages.find(({ asset }) => asset === 'HIST')?.steps.find(({ kind }) => kind === 'modbus-canary')?.question).toEqual({ kind: 'echo', unit: 7 });
});

test('the canary is what no Permit of the pair lets through, no read goes to unit 0, and each IP version is tested from its own', () => {
  const { loaded } = parseSpec(TWO_PERMITS, 'spec.yaml');
  if (loaded === null) throw new Error('the spec of this test does not hold');
  const own = planTests(loaded).vantages.filter(({ asset }) => asset === 'HIST');
  expect(own.map(({ address, steps }) => [address, ...steps.map(({ kind, host }) => `${kind} ${host}`)])).toEqual([
    ['10.3.0.1', ...['tcp-open', 'modbus-read', 'modbus-canary', 'modbus-again'].map((kind) => `${kind} 10.2.0.1`)],
    ['fd00:3::1', ...['tcp-open', 'modbus-read', 'modbus-canary', 'modbus-again'].map((kind) => `${kind} fd00:2::1`)],
  ]);
  for (const { steps } of own) {
    expect(steps.find(({ kind }) => kind === 'modbus-canary')?.question).toEqual({ kind: 'identify', unit: 7 });
    expect(steps.find(({ kind }) => kind === 'modbus-read')?.question).toMatchObject({ unit: 7 });
  }
  const nmap = [...testPlanScript(planTests(loaded), 'spec.yaml', 'baseline')].join('').split('\n').filter((line) => line.startsWith('nmap'));
  for (const line of nmap) expect(line.startsWith('nmap -6 ')).toBe(line.includes('fd00:'));
  expect(planFrom(loaded, 'OPS', '10.3.0.1').leftOut).toContainEqual({ what: 'fd00:2::1', why: 'it is of the other IP version than the address tested from: test it from one of its own' });
});
