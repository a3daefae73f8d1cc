/**
 * Our nftables ruleset in the kernel: it parses, and packets through three network namespaces fare as the Permits say.
 * Client, firewall and server are namespaces of this machine only; nothing leaves it.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Mode, Plan } from '../../src/export/exporter.ts';
import { modbusRequest } from '../../src/export/modbus/request.ts';
import { requiredModbus } from '../../src/export/modbus/scope.ts';
import { letsThrough } from '../../src/export/permit-judge.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { parseSet } from '../../src/net/address-set.ts';
import { hostilePlan, loggedPlan, plantPlan } from '../export/plant.ts';
import { sampleRequests } from '../export/sample-flows.ts';
import { ENDS, firstOutput } from '../hang.ts';
import { canRun, program } from './loud-skip.ts';

const NAMES = { client: `blnc${process.pid}`, firewall: `blnf${process.pid}`, server: `blns${process.pid}` };
const CLIENT = '192.168.30.6';
const STRANGER = '192.168.30.77';
const SERVER = '192.168.10.11';

const run = (command: string, ...args: string[]): string => {
  const done = spawnSync(command, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr}${done.stdout}`);
  return done.stdout;
};

const inside = (name: string, ...args: string[]): string => run('ip', 'netns', 'exec', name, ...args);

const namespaces = {
  what: 'network namespaces',
  isThere: process.getuid?.() === 0 && spawnSync('ip', ['netns', 'add', NAMES.client]).status === 0 && spawnSync('ip', ['netns', 'del', NAMES.client]).status === 0,
  remedy: 'run as root',
};
const able = canRun('nftables rulesets', [program('nft', 'nftables'), program('ip', 'iproute2'), namespaces]);

const rulesetOf = (plan: Plan, mode: Mode): string =>
  exportPlan(exporterOf('nftables'), plan, { mode, allowWider: true }).files.find((file) => file.path === 'baseline.nft')?.content as string;

/** Answers each segment that arrives with its length, and remembers what it was sent. */
const SERVER_CODE = `
const net = require('node:net');
for (const port of [502, 4711]) net.createServer((socket) => {
  socket.on('data', (data) => socket.write(String(data.length)));
  socket.on('error', () => undefined);
}).listen(port, '${SERVER}', () => process.stdout.write('listening\\n'));
`;

/** One connection per case, each segment written alone; prints, per case, how many bytes were answered for. */
const CLIENT_CODE = `
const net = require('node:net');
const cases = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const one = ({ from, port, segments }) => new Promise((resolve) => {
  const socket = net.connect({ host: '${SERVER}', port, localAddress: from });
  let answered = 0;
  const end = () => { clearTimeout(timer); socket.destroy(); resolve(answered); };
  // Silence is an answer here: a dropped segment never comes back. Long enough for a busy machine, and retried below.
  const timer = setTimeout(end, 1500);
  const total = segments.reduce((sum, text) => sum + text.length / 2, 0);
  socket.setNoDelay(true);
  socket.on('error', end);
  socket.on('data', (data) => { for (const number of String(data).match(/\\d+/g) ?? []) answered += Number(number); if (answered >= total) end(); });
  socket.on('connect', () => segments.forEach((text, index) => setTimeout(() => socket.write(Buffer.from(text, 'hex')), 60 * index)));
});
(async () => {
  const results = [];
  for (let at = 0; at < cases.length; at += 40) results.push(...(await Promise.all(cases.slice(at, at + 40).map(one))));
  process.stdout.write(JSON.stringify(results));
})();
`;

const UDP_PORT = 4712;

/** Sends a datagram for each line that it reads, and prints each that comes. */
const UDP_CODE = `
const [own, other] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', () => process.stdout.write('arrived\\n'));
socket.bind(${UDP_PORT}, own, () => process.stdout.write('bound\\n'));
process.stdin.on('data', () => socket.send('datagram', ${UDP_PORT}, other));
`;

/** The same over one connection, which is open once both have printed. */
const TCP_CODE = `
const [own, other, listens] = process.argv.slice(1);
const net = require('node:net');
const told = () => process.stdout.write('bound\\n');
const use = (socket) => {
  socket.on('error', () => undefined);
  socket.on('data', () => process.stdout.write('arrived\\n'));
  process.stdin.on('data', () => socket.write('octets'));
};
if (listens === 'listens') net.createServer(use).listen(${UDP_PORT}, own, told);
else use(net.connect({ host: other, port: ${UDP_PORT}, localAddress: own }, told));
`;

interface Case {
  readonly name: string;
  readonly from: string;
  readonly port: number;
  readonly segments: readonly Uint8Array[];
  readonly pass: boolean;
}

const play = (cases: readonly Case[]): string[] => {
  const input = JSON.stringify(cases.map(({ from, port, segments }) => ({ from, port, segments: segments.map((bytes) => Buffer.from(bytes).toString('hex')) })));
  const done = spawnSync('ip', ['netns', 'exec', NAMES.client, process.execPath, '-e', CLIENT_CODE], { input, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Error(done.stderr);
  const answered = JSON.parse(done.stdout) as number[];
  return cases.flatMap((one, index) => {
    const whole = one.segments.reduce((sum, bytes) => sum + bytes.length, 0);
    const passed = answered[index] === whole;
    return passed === one.pass ? [] : [`${passed ? 'passed' : `answered ${answered[index]} of ${whole}`}: ${one.name}`];
  });
};

/** A case that fails is played once more: a machine can be too busy to answer, it cannot answer what was dropped. */
const faultsOf = (cases: readonly Case[]): string[] => {
  const first = play(cases);
  if (first.length === 0) return [];
  const again = cases.filter((one) => first.some((fault) => fault.endsWith(`: ${one.name}`)));
  return play(again);
};

describe.runIf(able)('nftables in the kernel', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-nft-'));
  let server: ChildProcess | null = null;

  const load = (text: string, timezone = 'UTC'): void => {
    const file = join(folder, 'baseline.nft');
    writeFileSync(file, text);
    inside(NAMES.firewall, 'env', `TZ=${timezone}`, 'nft', '-f', file);
  };

  beforeAll(async () => {
    for (const name of Object.values(NAMES)) {
      run('ip', 'netns', 'add', name);
      run('ip', '-n', name, 'link', 'set', 'lo', 'up');
    }
    run('ip', 'link', 'add', 'up0', 'netns', NAMES.client, 'type', 'veth', 'peer', 'name', 'ops', 'netns', NAMES.firewall);
    run('ip', 'link', 'add', 'up0', 'netns', NAMES.server, 'type', 'veth', 'peer', 'name', 'cell', 'netns', NAMES.firewall);
    const address = (name: string, device: string, ...texts: string[]): void => {
      for (const text of texts) run('ip', '-n', name, 'addr', 'add', `${text}/24`, 'dev', device);
      run('ip', '-n', name, 'link', 'set', device, 'up');
    };
    address(NAMES.client, 'up0', CLIENT, STRANGER);
    address(NAMES.server, 'up0', SERVER);
    address(NAMES.firewall, 'ops', '192.168.30.1');
    address(NAMES.firewall, 'cell', '192.168.10.1');
    run('ip', '-n', NAMES.client, 'route', 'add', 'default', 'via', '192.168.30.1');
    run('ip', '-n', NAMES.server, 'route', 'add', 'default', 'via', '192.168.10.1');
    inside(NAMES.firewall, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    server = spawn('ip', ['netns', 'exec', NAMES.server, process.execPath, '-e', SERVER_CODE], { ...ENDS, stdio: ['ignore', 'pipe', 'inherit'] });
    await firstOutput(server);
  });

  afterAll(() => {
    server?.kill();
    for (const name of Object.values(NAMES)) spawnSync('ip', ['netns', 'del', name]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('every ruleset is accepted, plain and with hostile names, and adds only its own table', () => {
    for (const plan of [plantPlan(), hostilePlan(), loggedPlan(hostilePlan())])
      for (const mode of ['monitor', 'enforce'] as const) {
        const file = join(folder, 'check.nft');
        writeFileSync(file, rulesetOf(plan, mode));
        inside(NAMES.firewall, 'nft', '-c', '-f', file);
        load(rulesetOf(plan, mode));
        expect(inside(NAMES.firewall, 'nft', 'list', 'tables')).toBe('table inet baseline\n');
      }
    inside(NAMES.firewall, 'nft', 'delete', 'table', 'inet', 'baseline');
    expect(inside(NAMES.firewall, 'nft', 'list', 'tables')).toBe('');
  });

  const plan = plantPlan();
  const effects = exportPlan(exporterOf('nftables'), plan, { mode: 'enforce', allowWider: true }).losses.flatMap((row) => row.effects);
  const request = (unit: number, functionCode: number, start: number, quantity: number): Uint8Array => modbusRequest({ unit, functionCode, start, quantity }, 7);
  const read = request(1, 3, 100, 2);
  const write = request(1, 6, 500, 1);
  const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

  const special: Case[] = [
    { name: 'a read, then another, in segments of their own', segments: [read, read], pass: true },
    { name: 'a write behind a read in one segment', segments: [joined(read, write)], pass: false },
    { name: 'two permitted reads in one segment', segments: [joined(read, read)], pass: false },
    // Both parts are dropped, and the kernel of this client joins them when it repeats them: then it is one whole request.
    { name: 'a read cut in two passes late', segments: [read.slice(0, 7), read.slice(7)], pass: true },
    { name: 'a write cut in two stays blocked', segments: [write.slice(0, 7), write.slice(7)], pass: false },
    { name: 'a length field that says less than there is', segments: [joined(read.slice(0, 5), Uint8Array.of(2), read.slice(6))], pass: false },
    { name: 'a length field that says more than there is', segments: [joined(read.slice(0, 5), Uint8Array.of(9), read.slice(6))], pass: false },
    { name: 'MBAP protocol id 1', segments: [joined(read.slice(0, 2), Uint8Array.of(0, 1), read.slice(4))], pass: false },
    { name: 'no Modbus at all', segments: [new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')], pass: false },
    { name: 'a write of registers whose byte count lies', segments: [request(1, 16, 0, 2).map((byte, index) => (index === 12 ? 3 : byte))], pass: false },
    { name: 'the permitted write', segments: [request(1, 16, 0, 2)], pass: true },
  ].map((one) => ({ ...one, from: CLIENT, port: 502 }));

  const modbusCases: Case[] = sampleRequests(plan)
    .filter((one) => [0, 1, 3].includes(one.unit) && (one.functionCode !== 65 || one.start === 0))
    .map((modbus) => ({
      name: JSON.stringify(modbus),
      from: CLIENT,
      port: 502,
      segments: [modbusRequest(modbus, 7)],
      pass: letsThrough(effects, { client: CLIENT, server: SERVER, transport: 'tcp', port: 502, modbus }),
    }));

  test('enforce: permitted requests pass, every other is dropped, to the last register', () => {
    load(rulesetOf(plan, 'enforce'));
    // Silent cases cost a second and a half each, forty at a time: a fixed choice of them, every passing one, and all odd ones.
    const silent = modbusCases.filter((one) => !one.pass).filter((_, index) => index % 11 === 0);
    const passing = modbusCases.filter((one) => one.pass);
    expect(passing.length).toBeGreaterThan(20);
    expect(silent.length).toBeGreaterThan(60);
    expect(faultsOf([...special, ...passing, ...silent])).toEqual([]);
  });

  test('enforce: another client and another port are dropped before any payload', () => {
    load(rulesetOf(plan, 'enforce'));
    expect(faultsOf([
      { name: 'a client of no Permit', from: STRANGER, port: 502, segments: [read], pass: false },
      { name: 'a port of no Permit', from: CLIENT, port: 4711, segments: [read], pass: false },
    ])).toEqual([]);
  });

  test('enforce: bound to the interfaces that the spec names, a conduit is open between them alone', () => {
    const port = (zone: string, name: string) => ({ zone, interface: name, nameif: null, address: null, vlan: null, securityLevel: null });
    const bound = (ops: string): Plan => ({
      ...plan,
      conduits: plan.conduits.slice(0, 1).map((conduit) => ({ ...conduit, enforcedBy: ['GATE'] })),
      devices: [{ id: 'GATE', platform: 'linux-nft', interfaces: [port('CELL', 'cell'), port('OPS', ops)], syslog: null }],
    });
    const one = (pass: boolean): Case => ({ name: 'a permitted read', from: CLIENT, port: 502, segments: [read], pass });
    expect(rulesetOf(bound('ops'), 'enforce')).toContain('iifname { "cell", "ops" } oifname { "cell", "ops" } jump c-K1');
    load(rulesetOf(bound('ops'), 'enforce'));
    expect(faultsOf([one(true)])).toEqual([]);
    load(rulesetOf(bound('elsewhere'), 'enforce'));
    expect(faultsOf([one(false)])).toEqual([]);
  });

  test('enforce: what one conduit leaves out, a later one of the same pair may still let through', () => {
    const [first] = plan.conduits;
    const split: Plan = {
      ...plan,
      conduits: [first, { ...first, id: 'K9' }],
      permits: plan.permits.map((entry) => (entry.permit.id === 'K1-WRITE' ? { ...entry, permit: { ...entry.permit, conduit: 'K9' } } : entry)),
    };
    load(rulesetOf(split, 'enforce'));
    const one = (name: string, segment: Uint8Array, pass: boolean): Case => ({ name, from: CLIENT, port: 502, segments: [segment], pass });
    expect(faultsOf([one('the read of K1', read, true), one('the write of K9', request(1, 16, 0, 2), true), one('a write of neither', write, false)])).toEqual([]);
  });

  test('enforce: an ICMP error on a permitted connection reaches the server, as path MTU discovery needs it', () => {
    load(rulesetOf({ ...plan, permits: plan.permits.filter((entry) => entry.permit.service.transport !== 'icmp') }, 'enforce'));
    const refuse = 'table ip refuse { chain input { type filter hook input priority 0; ip saddr ' + SERVER + ' tcp sport 502 @ih,0,8 0-255 reject with icmp type host-prohibited; }; }';
    const count = 'table ip count { chain input { type filter hook input priority 0; icmp type destination-unreachable counter; }; }';
    inside(NAMES.client, 'nft', refuse);
    inside(NAMES.server, 'nft', count);
    // The server's answer is refused by the client's own machine: the error about it crosses the firewall towards the server.
    expect(play([{ name: 'an answer that is refused', from: CLIENT, port: 502, segments: [read], pass: false }])).toEqual([]);
    expect(inside(NAMES.server, 'nft', 'list', 'table', 'ip', 'count')).toMatch(/destination-unreachable counter packets [1-9]/);
    inside(NAMES.client, 'nft', 'delete', 'table', 'ip', 'refuse');
    inside(NAMES.server, 'nft', 'delete', 'table', 'ip', 'count');
  });

  /** A Permit for the client, on one port; in `without` it is gone. */
  const onePort = (transport: 'tcp' | 'udp'): { readonly with: Plan; readonly without: Plan } => {
    const permits = plan.permits
      .filter((entry) => entry.permit.id === 'K1-TIME')
      .map((entry) => ({ ...entry, client: parseSet([CLIENT]), server: parseSet([SERVER]), permit: { ...entry.permit, service: { ...entry.permit.service, transport, ports: [{ first: UDP_PORT, last: UDP_PORT }] } } }));
    return { with: { ...plan, permits }, without: { ...plan, permits: plan.permits.filter((entry) => entry.permit.id === 'K1-PING') } };
  };
  const datagrams = onePort('udp');

  /** Says of each datagram (both ends use one port), or of what is sent over one connection, whether it arrives. Rules are loaded in between, and the kernel keeps what it knows. */
  const exchange = async (steps: readonly (Plan | string)[], code = UDP_CODE): Promise<boolean[]> => {
    const end = (space: 'client' | 'server', ...words: string[]): ChildProcess =>
      spawn('ip', ['netns', 'exec', NAMES[space], process.execPath, '-e', code, ...words], { ...ENDS, stdio: ['pipe', 'pipe', 'inherit'] });
    const answer = end('server', SERVER, CLIENT, 'listens');
    await firstOutput(answer);
    const ends = { ask: end('client', CLIENT, SERVER), answer };
    try {
      await firstOutput(ends.ask);
      const arrived: boolean[] = [];
      for (const step of steps) {
        if (typeof step !== 'string') load(rulesetOf(step, 'enforce'));
        else if (step !== 'ask' && step !== 'answer') load(step);
        else {
          const heard = new Promise<boolean>((resolve) => ends[step === 'ask' ? 'answer' : 'ask'].stdout?.once('data', () => resolve(true)));
          ends[step].stdin?.write('send\n');
          arrived.push(await Promise.race([heard, new Promise<false>((resolve) => setTimeout(() => resolve(false), 1500))]));
        }
      }
      return arrived;
    } finally {
      Object.values(ends).forEach((process) => process.kill());
    }
  };

  test('enforce: when its Permit goes, the server of an open connection sends nothing more', async () => {
    expect(await exchange([datagrams.with, 'ask', 'answer', 'answer', datagrams.without, 'ask', 'answer', datagrams.with, 'ask', 'answer'])).toEqual([true, true, true, false, false, true, true]);
  });

  test('enforce: a server that sent first, before the rules, from the port on which both talk, may answer', async () => {
    const open = 'table inet baseline\ndelete table inet baseline\ntable inet baseline {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n\t\tct state new counter accept\n\t}\n}\n';
    expect(await exchange([open, 'answer', 'ask', datagrams.with, 'ask', 'answer', 'ask', 'answer'])).toEqual([true, true, true, true, true, true]);
  });

  test('enforce: a connection that was open before monitor mode, and in which the server sent next, goes on', async () => {
    inside(NAMES.firewall, 'nft', 'flush', 'ruleset');
    const permitted = onePort('tcp');
    expect(await exchange([rulesetOf(permitted.with, 'monitor'), 'answer', 'ask', permitted.with, 'answer', 'ask', permitted.without, 'answer'], TCP_CODE)).toEqual([true, true, true, true, false]);
  });

  test('monitor: everything passes, and what would be blocked is counted', () => {
    load(rulesetOf(plan, 'monitor'));
    expect(faultsOf([
      ...special.map((one) => ({ ...one, pass: true })),
      { name: 'a client of no Permit', from: STRANGER, port: 502, segments: [read], pass: true },
      { name: 'a port of no Permit', from: CLIENT, port: 4711, segments: [read], pass: true },
    ])).toEqual([]);
    const listing = inside(NAMES.firewall, 'nft', 'list', 'table', 'inet', 'baseline');
    expect(listing).toMatch(/@ih,8,8 0x0-0xff counter packets [1-9]\d* bytes \d+ log prefix "OTZ:K1-\w+:FC:W "/);
    expect(listing).toMatch(/counter packets [1-9]\d* bytes \d+ log prefix "OTZ:NOCONDUIT:ANY:W "/);
    expect(listing).not.toContain(' drop');
  });

  test.each(['Europe/Berlin', 'Pacific/Auckland', 'America/St_Johns'])('hours hold by the clock of the plant (%s), whoever loads the file', (timezone) => {
    const MINUTE = 60_000;
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    const local = (ms: number): { day: string; time: string } => {
      const [, day = '', time = ''] = /^(\w{3})\D*(\d{2}:\d{2})$/.exec(format.format(ms)) ?? [];
      return { day: day.toLowerCase(), time };
    };
    const now = Date.now();
    /** A window around now, of so many days and minutes earlier or later. */
    const window = (days: number, minutes: number): Plan => {
      const first = local(now - 30 * MINUTE + days * 1440 * MINUTE + minutes * MINUTE);
      const conditions = { days: [first.day], start: first.time, end: local(now + 90 * MINUTE + minutes * MINUTE).time, expires: null, onDemand: false };
      return {
        ...plan,
        timezone,
        permits: plan.permits
          .filter((entry) => entry.permit.id === 'K1-MAINT')
          .map((entry) => ({ ...entry, client: parseSet([CLIENT]), server: parseSet([SERVER]), permit: { ...entry.permit, conditions, service: { ...entry.permit.service, ports: [{ first: 4711, last: 4711 }] } } })),
      };
    };
    const one = (pass: boolean): Case => ({ name: 'maintenance', from: CLIENT, port: 4711, segments: [read], pass });
    const cases = [['UTC', 0, 0, true], ['Pacific/Auckland', 0, 0, true], ['Pacific/Auckland', 1, 0, false], ['Pacific/Auckland', -1, 0, false], ['UTC', 0, 180, false], ['UTC', 0, -180, false]] as const;
    for (const [loader, days, minutes, pass] of cases) {
      load(rulesetOf(window(days, minutes), 'enforce'), loader);
      expect(faultsOf([one(pass)]), `${days} days, ${minutes} minutes from now, loaded in ${loader}`).toEqual([]);
    }
  });

  test('enforce: one octet, as Windows keeps a connection alive, is dropped and has a log prefix of its own', () => {
    load(rulesetOf(plan, 'enforce'));
    expect(faultsOf([{ name: 'one octet', from: CLIENT, port: 502, segments: [Uint8Array.of(0)], pass: false }])).toEqual([]);
    expect(inside(NAMES.firewall, 'nft', 'list', 'table', 'inet', 'baseline')).toMatch(/counter packets [1-9]\d* bytes \d+ log prefix "OTZ:K1-READ:KA:D "/);
  });

  test('an on-demand Permit is off until its clients are added, and then only for them', () => {
    const wanted: Plan = {
      ...plan,
      permits: plan.permits
        .filter((entry) => entry.permit.id === 'K1-VENDOR')
        .map((entry) => ({ ...entry, client: parseSet([CLIENT]), server: parseSet([SERVER]), permit: { ...entry.permit, conditions: { ...entry.permit.conditions, expires: null }, service: { ...entry.permit.service, ports: [{ first: 4711, last: 4711 }] } } })),
    };
    const one = (pass: boolean, from = CLIENT): Case => ({ name: `on demand ${from}`, from, port: 4711, segments: [read], pass });
    expect(requiredModbus(wanted.permits[0].permit)).toBeNull();
    load(rulesetOf(wanted, 'enforce'));
    expect(faultsOf([one(false)])).toEqual([]);
    const command = /# off until: (nft add element .*)$/m.exec(rulesetOf(wanted, 'enforce'))?.[1] ?? '';
    inside(NAMES.firewall, 'sh', '-c', command);
    expect(faultsOf([one(true), one(false, STRANGER)])).toEqual([]);
  });
});
