/**
 * `verify --active` against a live diode: rules that forward from OT to IT and let not one frame back, and the ways in which a
 * diode fails to be one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ENDS, firstOutput } from '../hang.ts';
import { canHaveFirewall, CELL_ADDRESS as REPLICA, createFirewalledPair, FW_ADDRESS as SENDER, OPS_ADDRESS as HIST } from './firewalled-pair.ts';

const SPEC = `spec_version: 1
zones:
  - {zone_id: OT, name: Operations, kind: operations, networks: [10.30.0.0/25], assets: [{asset_id: HIST, role: historian, ip: [${HIST}]}, {asset_id: SENDER, ip: [${SENDER}]}]}
  - {zone_id: L2, name: Supervision, kind: supervisory, networks: [10.30.0.128/25], assets: [{asset_id: SCADA, ip: [10.30.0.130]}]}
  - {zone_id: IT, name: Office, kind: enterprise, networks: [10.20.0.0/24], assets: [{asset_id: REPLICA, role: historian, ip: [${REPLICA}]}]}
conduits:
  - conduit_id: C-DIODE
    connects: [OT, IT]
    protocols_allowed:
      - {rule_id: R-REPLICA, protocol: replication, transport: tcp, port: 5461, client: {zone: OT, assets: [HIST]}, server: {zone: IT, assets: [REPLICA]},
         unidirectional: {from: OT, to: IT, tx_endpoint: {zone: OT, assets: [SENDER]}}}
  - conduit_id: C-HIST
    connects: [L2, OT]
    protocols_allowed:
      - {rule_id: R-STORE, protocol: pi, transport: tcp, port: 5450, client: {zone: L2, assets: [SCADA]}, server: {zone: OT, assets: [HIST]}}
`;

const forward = (rule: string): string => `table ip d {\n chain f {\n type filter hook forward priority 0;\n ${rule}\n }\n}\n`;
const DIODE = forward('iifname "cell" oifname "ops" drop');
const LISTENER = "require('node:net').createServer((socket) => socket.on('error', () => undefined)).listen(Number(process.argv[2]), process.argv[1], () => console.log('listening'));";

describe.runIf(canHaveFirewall('verify --active across a diode'))('across a diode', () => {
  const pair = createFirewalledPair();
  const servers: ChildProcess[] = [];

  beforeAll(async () => {
    writeFileSync(join(pair.folder, 'spec.yaml'), SPEC);
    pair.make();
    for (const [side, address, port] of [['fw', SENDER, 5461], ['cell', REPLICA, 5461], ['ops', HIST, 5450]] as const) {
      const server = spawn('ip', ['netns', 'exec', pair.spaces[side], process.execPath, '-e', LISTENER, address, String(port)], { ...ENDS, stdio: ['ignore', 'pipe', 'inherit'] });
      servers.push(server);
      await firstOutput(server);
    }
  });
  beforeEach(() => {
    for (const side of ['ops', 'fw', 'cell'] as const) pair.load(side, '');
  });
  afterAll(() => {
    for (const server of servers) server.kill();
    pair.remove();
  });

  const FORWARD = 'diode-forward tcp/5461';
  const ACROSS = 'diode-reverse tcp/5461';
  const AGAINST = 'diode-reverse tcp/5450';

  test('alive: its sender takes what is sent, a session across it never completes, nothing goes against it', () => {
    pair.load('fw', DIODE);
    expect(pair.verify('ops', 'OT').verdicts).toEqual({ [FORWARD]: 'pass', [ACROSS]: 'pass' });
    expect(pair.verify('cell', 'IT').verdicts).toEqual({ [AGAINST]: 'pass' });
  });

  test('dead: its sender does not answer', () => {
    pair.load('fw', `${DIODE}table ip s {\n chain i {\n type filter hook input priority 0;\n tcp dport 5461 drop\n }\n}\n`);
    expect(pair.verify('ops', 'OT').verdicts).toMatchObject({ [FORWARD]: 'fail' });
  });

  test('leaking: a session completes in either direction', () => {
    expect(pair.verify('ops', 'OT').verdicts).toEqual({ [FORWARD]: 'pass', [ACROSS]: 'fail' });
    expect(pair.verify('cell', 'IT').verdicts).toEqual({ [AGAINST]: 'fail' });
  });

  test('leaking a refusal: what is closed has answered all the same', () => {
    pair.load('cell', 'table ip c {\n chain i {\n type filter hook input priority 0;\n tcp dport 5461 reject with tcp reset\n }\n}\n');
    const { ran, verdicts } = pair.verify('ops', 'OT');
    expect(verdicts).toMatchObject({ [FORWARD]: 'pass', [ACROSS]: 'fail' });
    expect(ran.checks.find(({ operation }) => operation === 'diode-reverse')?.reason).toMatch(/refus|reset|closed/);
  });

  test('a gateway that answers in the place of the other side is no leak that can be told from one: it fails, too', () => {
    pair.load('fw', forward('iifname "ops" oifname "cell" tcp dport 5461 reject with tcp reset'));
    expect(pair.verify('ops', 'OT').verdicts).toMatchObject({ [ACROSS]: 'fail' });
    pair.load('fw', forward('iifname "ops" oifname "cell" tcp dport 5461 reject with icmp type admin-prohibited'));
    expect(pair.verify('ops', 'OT').verdicts).toMatchObject({ [ACROSS]: 'pass' });
  });
});
