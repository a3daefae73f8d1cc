/** `verify --active` against servers of our own on loopback: what is sent is counted by those who get it. */
import { afterEach, describe, expect, test } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyActively, type ActiveArguments } from '../../src/commands/verify-active.ts';
import { readFromStore } from '../../src/store/database.ts';
import { readProbes } from '../../src/store/probes.ts';
import { testFolder } from '../folder.ts';
import { modbusDevice, opcUaServer, type Behaviour, type FieldServer } from './field-servers.ts';
import { runLine } from './command-line.ts';

const PACE = { intervalMs: 5, timeoutMs: 1000 };
const folder = testFolder();
let runs = 0;
const servers: FieldServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const keep = async <T extends FieldServer>(server: Promise<T>): Promise<T> => {
  const made = await server;
  servers.push(made);
  return made;
};

interface Plant {
  readonly modbus: number;
  readonly opcua?: number;
  readonly other?: number;
  readonly safety?: number;
}

/** HIST (this machine) may read PLC; the office service of the DMZ is prohibited from here. */
const specOf = ({ modbus, opcua = 1, other = 1, safety = 1 }: Plant): string => `spec_version: 1
zones:
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: HIST, role: historian, ip: [127.0.0.1]}]}
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC, role: plc, ip: [127.0.0.2]}, {asset_id: FRAGILE, role: plc, ip: [127.0.0.5], passive_only: true}]}
  - {zone_id: SUP, name: Supervision, kind: supervisory, assets: [{asset_id: UA, role: opcua-server, ip: [127.0.0.3]}]}
  - {zone_id: DMZ, name: DMZ, kind: dmz, assets: [{asset_id: WEB, role: other, ip: [127.0.0.4]}, {asset_id: PCS, role: it-client, ip: [127.64.0.0/16]}]}
  - {zone_id: SIS, name: Safety, kind: safety, assets: [{asset_id: SIS-1, role: sis, ip: [127.0.0.6]}]}
conduits:
  - conduit_id: C1
    connects: [OPS, CELL, SIS]
    protocols_allowed:
      - {rule_id: R-POLL, protocol: Modbus/TCP, transport: tcp, port: ${modbus}, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC, FRAGILE]}, access: read,
         modbus: {function_codes: [3], unit_ids: [9], ranges: [{table: holding-register, start: 40, end: 49, access: read}]}}
      - {rule_id: R-SIS, protocol: Modbus/TCP, transport: tcp, port: ${safety}, client: {zone: OPS, assets: [HIST]}, server: {zone: SIS, assets: [SIS-1]}, access: read, modbus: {function_codes: [3]}}
  - conduit_id: C2
    connects: [OPS, SUP]
    protocols_allowed: [{rule_id: R-UA, protocol: OPC UA, transport: tcp, port: ${opcua}, client: {zone: OPS, assets: [HIST]}, server: {zone: SUP, assets: [UA]}, access: read}]
  - conduit_id: C3
    connects: [DMZ, SUP]
    protocols_allowed: [{rule_id: R-WEB, protocol: HTTPS, transport: tcp, port: ${other}, client: {zone: SUP, assets: [UA]}, server: {zone: DMZ}}]
`;

interface Ran {
  readonly code: number;
  readonly state: string;
  readonly reason: string;
  readonly steps: number;
  readonly leftOut: readonly { what: string; why: string }[];
  readonly checks: readonly { verdict: string; operation: string; server: string; reason: string; kind: string }[];
  readonly db: string;
}

async function active(plant: Plant, more: Partial<ActiveArguments> = {}, signal = new AbortController().signal): Promise<Ran> {
  const spec = join(folder, `${++runs}.yaml`);
  const db = join(folder, `${runs}.db`);
  writeFileSync(spec, specOf(plant));
  const context = { environment: {}, width: null, colour: false, version: 'baseline test', commandLine: '', quiet: true, verbose: false, signal, say: () => undefined, progress: () => undefined, write: () => Promise.resolve() };
  const { exitCode, output } = await verifyActively({ spec, db, from: 'OPS', operator: 'A. Keller', format: 'json', 'i-have-a-maintenance-window': true, ...more }, context, PACE);
  return { ...(JSON.parse([...output].join('')) as Omit<Ran, 'code' | 'db'>), code: exitCode, db };
}

const verdicts = ({ checks }: Ran): Record<string, string> => Object.fromEntries(checks.map(({ operation, server, verdict }) => [`${operation} ${server}`, verdict]));

describe('a filter that holds', () => {
  test('what is permitted answers, the canary does not: exactly the plan is sent, one connection at a time, and it is in the store', async () => {
    const plc = await keep(modbusDevice('127.0.0.2', 'filtered'));
    const ua = await keep(opcUaServer('127.0.0.3'));
    const ran = await active({ modbus: plc.port, opcua: ua.port });
    expect(verdicts(ran)).toEqual({
      'tcp-open 127.0.0.2': 'pass', 'modbus-read 127.0.0.2': 'pass', 'modbus-canary 127.0.0.2': 'pass', 'modbus-again 127.0.0.2': 'pass',
      'tcp-open 127.0.0.3': 'pass', 'opcua-hello 127.0.0.3': 'pass', 'tcp-blocked 127.0.0.4': 'not-observable',
    });
    // Counted on the far end: four connections, three questions, none that changes anything.
    expect(plc.seen).toEqual({ connections: 4, most: 1, open: 0 });
    expect(plc.codes).toEqual([3, 8, 3]);
    expect(ua.seen).toMatchObject({ connections: 2, most: 1 });
    expect(ua.messages).toEqual(['HEL', 'OPN', 'MSG 428']);
    expect(ran.checks.find(({ operation }) => operation === 'opcua-hello')?.reason).toContain('2 endpoints');
    expect(ran).toMatchObject({ code: 0, state: 'complete', steps: 7 });
    const stored = readFromStore(ran.db, readProbes);
    expect(stored).toHaveLength(7);
    expect(stored[0].run).toMatchObject({ operator: 'A. Keller', zone: 'OPS', state: 'complete' });
    expect(stored.every(({ row }) => row.atNs > 1_700_000_000_000_000_000n)).toBe(true);
    expect(stored.find(({ row }) => row.kind === 'modbus-canary')?.row).toMatchObject({ outcome: 'silent', verdict: 'pass' });
  });

  test('passive verification shows what was tested, by whom', async () => {
    const plc = await keep(modbusDevice('127.0.0.2', 'filtered'));
    const ran = await active({ modbus: plc.port });
    const { out } = await runLine(['verify', join(folder, `${runs}.yaml`), '--db', ran.db, '--json']);
    const checks = (JSON.parse(out) as { checks: { evidence: { source: string; sensor: string } | null; verdict: string; operation: string | null }[] }).checks.filter(({ evidence }) => evidence?.source === 'probe');
    expect(checks.find(({ operation }) => operation === 'modbus-canary')).toMatchObject({ verdict: 'pass', evidence: { sensor: 'tested by A. Keller' } });
  });
});

describe('a filter that does not hold', () => {
  test.each<[Behaviour, string]>([['answers', 'fail'], ['exceptions', 'fail'], ['closes', 'not-observable']])('the device %s the canary: %s', async (behaviour, verdict) => {
    const plc = await keep(modbusDevice('127.0.0.2', behaviour));
    const ran = await active({ modbus: plc.port });
    expect(verdicts(ran)['modbus-canary 127.0.0.2']).toBe(verdict);
    expect(ran.code).toBe(verdict === 'fail' ? 1 : 0);
  });

  test('a prohibited service that accepts is a leak; a refused one proves nothing', async () => {
    const plc = await keep(modbusDevice('127.0.0.2', 'filtered'));
    const web = await keep(modbusDevice('127.0.0.4', 'filtered'));
    const ran = await active({ modbus: plc.port, other: web.port });
    expect(verdicts(ran)['tcp-blocked 127.0.0.4']).toBe('fail');
    expect(web.seen.connections).toBe(1);
    expect(web.codes).toEqual([]);
    expect(ran.code).toBe(1);
  });
});

describe('it stops', () => {
  test('at the first device that does not answer what it must answer: nothing more is sent to anybody', async () => {
    const plc = await keep(modbusDevice('127.0.0.2', 'deaf'));
    const ua = await keep(opcUaServer('127.0.0.3'));
    const ran = await active({ modbus: plc.port, opcua: ua.port });
    expect(ran).toMatchObject({ state: 'aborted', reason: expect.stringContaining('PLC (127.0.0.2') });
    expect(plc.codes).toEqual([3]);
    expect(ua.seen.connections).toBe(0);
    expect(ran.code).toBe(1);
  });

  test('when a device hangs after the canary: its silence is not called a filter', async () => {
    const plc = await keep(modbusDevice('127.0.0.2', 'hangs-after-canary'));
    const ran = await active({ modbus: plc.port });
    expect(verdicts(ran)).toMatchObject({ 'modbus-canary 127.0.0.2': 'not-observable', 'modbus-again 127.0.0.2': 'fail' });
    expect(ran.state).toBe('aborted');
  });

  test('at once when a person says so', async () => {
    const plc = await keep(modbusDevice('127.0.0.2', 'filtered'));
    const stop = new AbortController();
    stop.abort();
    const ran = await active({ modbus: plc.port }, {}, stop.signal);
    expect(ran).toMatchObject({ state: 'aborted', reason: 'stopped by a person', code: 3 });
    expect(plc.seen.connections).toBe(0);
  });

  test('asking a device whose port is not open: the steps behind it are not run', async () => {
    const ran = await active({ modbus: 9 });
    expect(Object.keys(verdicts(ran)).filter((key) => key.endsWith('127.0.0.2'))).toEqual(['tcp-open 127.0.0.2']);
    expect(verdicts(ran)['tcp-open 127.0.0.2']).toBe('not-observable');
  });
});

describe('what is never sent to', () => {
  test('safety, passive-only assets and networks: not one connection, and each is named', async () => {
    const [plc, fragile, safety, network] = await Promise.all([
      keep(modbusDevice('127.0.0.2', 'filtered')), keep(modbusDevice('127.0.0.5', 'answers')), keep(modbusDevice('127.0.0.6', 'answers')), keep(modbusDevice('127.64.0.1', 'answers')),
    ]);
    const ran = await active({ modbus: plc.port, safety: safety.port, other: network.port });
    expect([fragile, safety, network].map(({ seen }) => seen.connections)).toEqual([0, 0, 0]);
    const left = Object.fromEntries(ran.leftOut.map(({ what, why }) => [what, why]));
    expect(left).toMatchObject({ FRAGILE: 'it is passive_only', 'SIS-1': 'safety is never tested actively', PCS: expect.stringContaining('network') });
  });

  test('a target that the plan does not have, a zone that this machine is not in, a safety zone, no window, nobody', async () => {
    const spec = { modbus: 502 };
    await expect(active(spec, { only: ['127.0.0.9:502'] })).rejects.toThrow('no target of this plan');
    await expect(active(spec, { from: 'CELL' })).rejects.toThrow('no address in CELL');
    await expect(active(spec, { from: 'SIS' })).rejects.toThrow('safety zone');
    await expect(active(spec, { from: 'NOWHERE' })).rejects.toThrow('no zone NOWHERE');
    await expect(active(spec, { from: 'OPS', address: '127.0.0.77' })).rejects.toThrow('no address 127.0.0.77 in OPS');
    await expect(active(spec, { 'i-have-a-maintenance-window': false })).rejects.toThrow('opens connections');
    await expect(active(spec, { operator: '' })).rejects.toThrow('who tests');
  });

  test('--only narrows', async () => {
    const plc = await keep(modbusDevice('127.0.0.2', 'filtered'));
    const ua = await keep(opcUaServer('127.0.0.3'));
    const ran = await active({ modbus: plc.port, opcua: ua.port }, { only: [`127.0.0.3:${ua.port}`] });
    expect(plc.seen.connections).toBe(0);
    expect(ran.checks).toHaveLength(2);
  });
});

test('the plan is what is run: as many steps, the same targets, and the script runs nothing by itself', async () => {
  const spec = join(folder, 'plan.yaml');
  writeFileSync(spec, specOf({ modbus: 502, opcua: 4840, other: 443, safety: 502 }));
  const { out } = await runLine(['verify', spec, '--plan']);
  expect(out.split('\n').filter((line) => /\b(127\.0\.0\.[56]|127\.64\.)/.test(line))).toEqual([]);
  expect(out).toContain('# left out: FRAGILE: it is passive_only');
  const inJson = await runLine(['verify', spec, '--plan', '--json']);
  expect(await runLine(['verify', spec, '--plan', '--format', 'json'])).toEqual(inJson);
  const json = JSON.parse(inJson.out) as { vantages: { zone: string; asset: string | null; steps: unknown[] }[] };
  expect(json.vantages.find(({ zone, asset }) => zone === 'OPS' && asset === 'HIST')?.steps).toHaveLength(7);
  expect((await runLine(['verify', spec, '--plan', '--active'])).code).toBe(2);
});
