/**
 * `baseline capture` as a real process on a real interface, in network namespaces that this file makes itself: the store
 * equals the import of the file that was sent, nothing is ever sent, signals, kills, duration, ring, metrics, privileges.
 * Needs root, iproute2, setpriv (util-linux), tcpreplay, libpcap and the built addon.
 */
import Database from 'better-sqlite3';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PROGRAM } from '../commands/command-line.ts';
import { ENDS, waitUntil } from '../hang.ts';
import { PROJECT } from '../places.ts';
import { obstacle, run } from './live-machine.ts';
import { createVethPair } from './veth-pair.ts';

const PLANT = join(PROJECT, 'samples/plant/millbrook_00005_20260314.pcapng');
/** Eleven packets. */
const SPLIT = join(PROJECT, 'samples/traps/split.pcap');
const NOBODY = 65_534;

const why = obstacle(`bltry${process.pid}`);

const pair = createVethPair('blcap');
const children: ChildProcess[] = [];
let folder = '';

interface Running {
  readonly child: ChildProcess;
  said(): string;
  isOver(): boolean;
  /** Resolves when the words were said; throws when it ended without them. */
  until(words: string): Promise<void>;
  readonly ended: Promise<number | string>;
}

function capture(args: readonly string[], before: readonly string[] = []): Running {
  const child = spawn('ip', ['netns', 'exec', pair.sensor, ...before, ...PROGRAM, 'capture', ...args], { ...ENDS, stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  let over = false;
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => {
      over = true;
      resolve(code ?? signal ?? 'lost');
    });
  });
  return {
    child,
    ended,
    said: () => said,
    until: (words) => waitUntil(`"${words}"`, () => said.includes(words), () => over, () => said),
    isOver: () => over,
  };
}

/** Listening on span0 into a store of this name. */
async function listen(db: string, ...more: string[]): Promise<Running> {
  const running = capture(['--iface', 'span0', '--as-root', '--checkpoint', '1', '--db', db, ...more]);
  await running.until('listening on span0');
  return running;
}

const stop = (running: Running, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> => {
  running.child.kill(signal);
  return running.ended;
};

const baseline = (...args: string[]) => spawnSync(PROGRAM[0], [PROGRAM[1], ...args], { encoding: 'utf8' });

interface SensorHour {
  readonly packets: number;
  readonly kernelDropped: number;
  readonly listenedSeconds: number;
  readonly awaySeconds: number;
  readonly downSeconds: number;
  readonly killedSeconds: number;
  readonly clockSteps: number;
}

interface Status {
  readonly sensor: { readonly losses: readonly string[]; readonly hours: readonly SensorHour[] };
  readonly captures: readonly { kind: string; name: string; state: string; packets: number }[];
  readonly capture: Record<string, number>;
  readonly totals: { packets: number; bytes: number };
  readonly counters: Record<string, number>;
}

function status(db: string): Status {
  const done = baseline('status', '--json', '--db', db);
  expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(done.stdout) as Status;
}

const overHours = (hours: readonly SensorHour[], of: keyof SensorHour): number => hours.reduce((sum, hour) => sum + hour[of], 0);

async function untilStored({ isOver, said }: Running, db: string, packets: number): Promise<void> {
  const reader = new Database(db, { readonly: true });
  try {
    const stored = reader.prepare('SELECT coalesce(sum(frames), 0) FROM capture').pluck();
    await waitUntil(`${packets} packets in the store`, () => (stored.get() as number) >= packets, isOver, said);
  } finally {
    reader.close();
  }
}

/** What does not depend on when the frames came. */
function observed(db: string): Record<string, unknown[]> {
  const reader = new Database(db, { readonly: true });
  const c = `(SELECT text FROM address WHERE id = c.client) || ' ' || (SELECT text FROM address WHERE id = c.server) || ' ' || c.transport || ' ' || c.port`;
  const o = `${c} || ' ' || o.protocol || ' ' || o.unit || ' ' || o.function`;
  const ofOperation = 'operation o ON o.id = x.operation JOIN conversation c ON c.id = o.conversation';
  const queries: Record<string, string> = {
    conversations: `SELECT ${c}, vlan, service, service_by, packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, sessions, answered, requests FROM conversation c`,
    facts: `SELECT ${c}, x.name, x.value, x.to_server, x.to_client FROM conversation_fact x JOIN conversation c ON c.id = x.conversation`,
    operations: `SELECT ${o}, o.requests, o.responses, o.errors FROM operation o JOIN conversation c ON c.id = o.conversation`,
    ranges: `SELECT ${o}, x.access, x.first, x.last, x.requests FROM operation_range x JOIN ${ofOperation}`,
    errors: `SELECT ${o}, x.code, x.count FROM operation_error x JOIN ${ofOperation}`,
    targets: `SELECT ${o}, x.target, x.count FROM operation_target x JOIN ${ofOperation}`,
    addresses: 'SELECT text FROM address',
    addressFacts: 'SELECT (SELECT text FROM address WHERE id = address), name, value, count FROM address_fact',
    total: 'SELECT sum(frames), sum(bytes) FROM capture',
    stops: "SELECT name, count FROM capture_counter WHERE name LIKE 'stop.%'",
  };
  const rows = Object.fromEntries(Object.entries(queries).map(([name, sql]) => [name, (reader.prepare(sql).raw().all() as unknown[][]).map((row) => row.join('|')).sort()]));
  reader.close();
  return rows;
}

let frames = 0;

describe.runIf(why === undefined)('capture', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'baseline-capture-'));
    expect(baseline('import', PLANT, '--db', join(folder, 'import.db'))).toMatchObject({ status: 0 });
    frames = status(join(folder, 'import.db')).totals.packets;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => pair.make());
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    pair.remove();
  });

  test.each([
    ['SIGTERM', ['--pps', '4000']],
    ['SIGINT', ['--topspeed']],
  ] as const)('the store equals the import of what was sent; %s ends it with 0; not one frame is sent (%o)', async (signal, pace) => {
    const db = join(folder, `${signal}.db`);
    const running = await listen(db);
    await pair.send(PLANT, ...pace);
    const asked = performance.now();
    expect(await stop(running, signal)).toBe(0);
    console.info(`${signal}: ended after ${Math.round(performance.now() - asked)} ms`);
    expect(observed(db)).toEqual(observed(join(folder, 'import.db')));
    expect(status(db)).toMatchObject({
      captures: [{ kind: 'live', name: 'span0', state: 'complete', packets: frames }],
      capture: { received: frames, processed: frames, kernelDropped: 0, interfaceDropped: 0, uncleanEnds: 0 },
    });
    expect(pair.counters('span0')).toEqual({ rx: frames, tx: 0 });
    expect(pair.counters('tap0')).toEqual({ rx: 0, tx: frames });
    expect(running.said()).not.toContain('not silent');
    expect(readdirSync(folder).filter((name) => name.startsWith(`${signal}.db`))).toEqual([`${signal}.db`]);
  });

  test('checkpoints come while it runs, and status reads them from another process', async () => {
    const db = join(folder, 'running.db');
    const running = await listen(db);
    await pair.send(PLANT, '--pps', '20000', '--limit', '1000');
    await untilStored(running, db, 1000);
    expect(status(db)).toMatchObject({ captures: [{ state: 'running', packets: 1000 }], totals: { packets: 1000 }, capture: { received: 1000 } });
    expect(await stop(running)).toBe(0);
  });

  test('kill -9: what the last checkpoint had is there, the next run goes on, and the end counts as unclean', async () => {
    const db = join(folder, 'killed.db');
    for (let round = 1; round <= 3; round++) {
      const running = await listen(db);
      await pair.send(PLANT, '--pps', '20000', '--limit', '500');
      await untilStored(running, db, 500 * round);
      await pair.send(PLANT, '--pps', '20000', '--limit', '3');
      expect(await stop(running, 'SIGKILL')).toBe('SIGKILL');
      await sleep(1000);
    }
    const last = await listen(db);
    await last.until('the capture before this one was killed');
    expect(await stop(last)).toBe(0);
    const { captures, capture: live, totals } = status(db);
    expect(captures.map((one) => one.state)).toEqual(['interrupted', 'interrupted', 'interrupted', 'complete']);
    expect(live['uncleanEnds']).toBe(3);
    expect(totals.packets).toBeGreaterThanOrEqual(1500);
    expect(totals.packets).toBeLessThanOrEqual(1509);
    // Three gaps of at least the second above.
    const { sensor } = status(db);
    expect(overHours(sensor.hours, 'killedSeconds')).toBeGreaterThanOrEqual(3);
    expect(sensor.losses.join('\n')).toMatch(/\d seconds passed between the last checkpoint of captures that were killed/);
  });

  test('stopped in its tracks, every packet is counted or dropped by the kernel, and the hour knows', async () => {
    const db = join(folder, 'overrun.db');
    const running = await listen(db, '--buffer', '1MiB');
    running.child.kill('SIGSTOP');
    await pair.send(PLANT, '--topspeed', '--loop', '10');
    running.child.kill('SIGCONT');
    await running.until('the kernel drops packets');
    expect(await stop(running)).toBe(0);
    const { capture: live, totals, sensor } = status(db);
    expect(live['kernelDropped']).toBeGreaterThan(0);
    expect(live).toMatchObject({ received: frames * 10, processed: totals.packets, interfaceDropped: 0 });
    expect(totals.packets + live['kernelDropped']).toBe(frames * 10);
    expect(overHours(sensor.hours, 'kernelDropped')).toBe(live['kernelDropped']);
    expect(sensor.losses.join('\n')).toMatch(/hours (was|were) heard badly/);
  });

  test('the disk of the store full: counting goes on, it is said, and when there is room again nothing is missing', async () => {
    const disk = join(folder, 'small-disk');
    mkdirSync(disk);
    run('mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk);
    try {
      const db = join(disk, 'full.db');
      const running = await listen(db);
      await pair.send(SPLIT, '--pps', '20000');
      await untilStored(running, db, 11);
      run('sh', '-c', `dd if=/dev/zero of=${disk}/ballast bs=4k 2>/dev/null || true`);
      await pair.send(PLANT, '--pps', '20000');
      await running.until('counting goes on in memory');
      expect(running.said()).toMatch(/full/);
      rmSync(join(disk, 'ballast'));
      await running.until('the store takes checkpoints again; nothing was lost');
      expect(await stop(running)).toBe(0);
      const { totals, counters } = status(db);
      expect(totals.packets).toBe(frames + 11);
      expect(counters['live.store-refused']).toBeGreaterThan(0);
    } finally {
      for (const child of children.splice(0)) child.kill('SIGKILL');
      await sleep(200);
      run('umount', disk);
    }
  });

  test('the clock set forward and back: said, counted for the hour, and packets keep their times', async () => {
    const faketime = ['/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1', '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1'].find((file) => existsSync(file));
    if (faketime === undefined) {
      console.warn('SKIPPED: clock steps of a capture (faketime is missing)');
      expect(process.env['BASELINE_CI']).not.toBe('1');
      return;
    }
    const offset = join(folder, 'offset');
    writeFileSync(offset, '+0');
    const db = join(folder, 'clock.db');
    const running = capture(
      ['--iface', 'span0', '--as-root', '--checkpoint', '1', '--db', db],
      ['env', `LD_PRELOAD=${faketime}`, `FAKETIME_TIMESTAMP_FILE=${offset}`, 'FAKETIME_CACHE_DURATION=1', 'FAKETIME_DONT_FAKE_MONOTONIC=1'],
    );
    await running.until('listening on span0');
    await pair.send(PLANT, '--pps', '20000', '--limit', '100');
    writeFileSync(offset, '+2d');
    await running.until('was set forward by 2.0 days');
    writeFileSync(offset, '+0');
    await running.until('was set back by 2.0 days');
    await pair.send(SPLIT, '--pps', '20000');
    expect(await stop(running)).toBe(0);
    const { totals, counters, sensor } = status(db);
    expect(totals.packets).toBe(111);
    expect(counters['live.clock-step']).toBe(2);
    expect(overHours(sensor.hours, 'clockSteps')).toBe(2);
  });

  test.each([
    ['CAP_NET_RAW in one thread, which can open the interface again', '0000000000002000', []],
    ['nothing at all', '0000000000000000', ['--no-reopen']],
  ])('started as root it becomes an ordinary user, and every thread of it; left is %s; the store is that user’s', async (_, left, more) => {
    const own = join(folder, `of-nobody-${left}`);
    mkdirSync(own);
    chmodSync(own, 0o777);
    chmodSync(folder, 0o755);
    const db = join(own, 'nobody.db');
    const running = capture(['--iface', 'span0', '--checkpoint', '1', '--user', `${NOBODY}:${NOBODY}`, '--db', db, ...more]);
    await running.until('listening on span0');
    await pair.send(PLANT, '--pps', '20000', '--limit', '100');
    // Then the thread that writes is there as well.
    await waitUntil('a checkpoint', () => status(db).totals.packets === 100, running.isOver, running.said);
    const tasks = `/proc/${running.child.pid}/task`;
    const threads = readdirSync(tasks).map((id) => readFileSync(`${tasks}/${id}/status`, 'utf8'));
    expect(threads.length).toBeGreaterThan(5);
    for (const thread of threads) {
      expect(thread).toMatch(new RegExp(`^Uid:\t${NOBODY}\t${NOBODY}\t${NOBODY}\t${NOBODY}$`, 'm'));
      expect(thread).toMatch(/^Groups:\s*$/m);
      expect(thread).toMatch(/^NoNewPrivs:\t1$/m);
      expect(thread).toMatch(/^CapInh:\t0000000000000000$/m);
    }
    // The ones that held more (the runtime's own) lost it with the change of user; the capture's own thread opened its socket before, and
    // the one that writes gave up what it was born with.
    const holding = left === '0000000000000000' ? [] : [left];
    expect(threads.filter((thread) => !/^CapEff:\t0000000000000000$/m.test(thread)).map((thread) => /^CapEff:\t(\w+)$/m.exec(thread)?.[1])).toEqual(holding);
    const words = readFileSync(`/proc/${running.child.pid}/status`, 'utf8');
    for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(words).toContain(`${set}:\t${left}`);
    expect(await stop(running)).toBe(0);
    expect({ uid: statSync(db).uid, mode: statSync(db).mode & 0o777 }).toEqual({ uid: NOBODY, mode: 0o600 });
    expect(status(db).totals.packets).toBe(100);
  });

  test('deleted and made again, down and up: it goes on, says so once, and the store knows', async () => {
    const db = join(folder, 'away.db');
    const running = await listen(db);
    await pair.send(PLANT, '--pps', '20000', '--limit', '100');
    run('ip', '-n', pair.sensor, 'link', 'set', 'span0', 'down');
    await running.until('link down');
    run('ip', '-n', pair.sensor, 'link', 'set', 'span0', 'up');
    await running.until('link up again');
    run('ip', '-n', pair.sensor, 'link', 'del', 'span0');
    await running.until('span0: lost');
    // Long enough for the whole seconds that `sensor.hours` tells.
    await sleep(1500);
    pair.makeLink();
    await running.until('span0: back after');
    await sleep(1500);
    await pair.send(PLANT, '--pps', '20000', '--limit', '100');
    expect(await stop(running)).toBe(0);
    expect(running.said().match(/span0: lost/g)).toHaveLength(1);
    const { totals, counters } = status(db);
    expect(totals.packets).toBe(200);
    expect(counters).toMatchObject({ 'live.interface-lost': 1, 'live.interface-reopened': 1, 'live.link-down': 1 });
    expect(counters['live.away-ms']).toBeGreaterThan(0);
    const { sensor } = status(db);
    for (const time of ['listenedSeconds', 'awaySeconds'] as const) expect(overHours(sensor.hours, time)).toBeGreaterThan(0);
  });

  test('--duration ends it; SIGHUP does not, and begins a new ring file; the ring holds every packet', async () => {
    const db = join(folder, 'ring.db');
    const ring = join(folder, 'ring');
    const running = await listen(db, '--ring', ring, '--ring-size', '10MB', '--ring-files', '5', '--duration', '6s');
    await pair.send(PLANT, '--pps', '20000', '--limit', '700');
    await untilStored(running, db, 700);
    running.child.kill('SIGHUP');
    await sleep(1500);
    // Other packets: the same ones again would be retransmissions to the capture, and a new session to the import of two files.
    await pair.send(SPLIT, '--pps', '20000');
    expect(await running.ended).toBe(0);
    expect(status(db).totals.packets).toBe(711);
    expect(readdirSync(ring).filter((name) => /^baseline_\d{5}_\d{14}\.pcapng$/.test(name))).toHaveLength(2);
    expect(baseline('import', ring, '--db', join(folder, 'of-ring.db'))).toMatchObject({ status: 0 });
    expect(observed(join(folder, 'of-ring.db'))['operations']).toEqual(observed(db)['operations']);
    expect(status(join(folder, 'of-ring.db')).totals).toMatchObject({ packets: 711, bytes: status(db).totals.bytes });
  });

  test('--metrics: on loopback only, one page, in the format of Prometheus', async () => {
    run('ip', '-n', pair.sensor, 'link', 'set', 'lo', 'up');
    const running = await listen(join(folder, 'metrics.db'), '--metrics', '9797');
    await running.until('/metrics');
    await pair.send(PLANT, '--pps', '20000', '--limit', '50');
    await untilStored(running, join(folder, 'metrics.db'), 50);
    const ask = (expression: string): string => run('ip', 'netns', 'exec', pair.sensor, process.execPath, '-e', `(async () => process.stdout.write(String(await (${expression}))))()`);
    const text = ask("fetch('http://127.0.0.1:9797/metrics').then((answer) => answer.text())");
    expect(text).toContain('baseline_packets_total 50\n');
    expect(text).toContain('baseline_received_total{interface="span0"} 50\n');
    expect(text).toContain('baseline_interface_up{interface="span0"} 1\n');
    for (const line of text.trim().split('\n')) expect(line).toMatch(/^(?:# (?:HELP|TYPE) baseline_\w+ .+|baseline_\w+(?:\{\w+="[^"]*"\})? [\d.]+)$/);
    expect(ask("fetch('http://127.0.0.1:9797/').then((answer) => answer.status)")).toBe('404');
    expect(ask("fetch('http://127.0.0.1:9797/metrics', { method: 'POST' }).then((answer) => answer.status)")).toBe('405');
    expect(ask("new Promise((done) => require('http').get('http://127.0.0.1:9797/metrics', { headers: { host: 'plant.example' } }, (answer) => done(answer.statusCode)))")).toBe('404');
    // State 0A of /proc/net/tcp is LISTEN, 0100007F is 127.0.0.1 (proc(5)).
    const sockets = run('ip', 'netns', 'exec', pair.sensor, 'sh', '-c', 'cat /proc/net/tcp /proc/net/tcp6');
    expect([...sockets.matchAll(/ ([0-9A-F]+:[0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /g)].map((match) => match[1])).toEqual(['0100007F:2645']);
    expect(await stop(running)).toBe(0);
  });

  test('without --metrics nothing listens, and an interface that may speak is told', async () => {
    run('ip', '-n', pair.sensor, 'link', 'set', 'span0', 'arp', 'on');
    const running = await listen(join(folder, 'quiet.db'));
    expect(running.said()).toContain('ip link set dev span0 arp off');
    expect(run('ip', 'netns', 'exec', pair.sensor, 'sh', '-c', 'cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/raw').split('\n').filter((line) => /^\s*\d+:/.test(line))).toEqual([]);
    expect(await stop(running)).toBe(0);
  });

  describe('what cannot be opened: two lines, the code, and no store', () => {
    const refused: [string, number, string, string[], string[]][] = [
      ['no such interface', 2, 'there is no interface nosuch0', ['--iface', 'nosuch0', '--as-root'], []],
      ['bad filter', 2, 'does not hold on span0', ['--iface', 'span0', '--as-root', '--filter', 'tcp prot 502'], []],
      ['no capability', 2, 'CAP_NET_RAW is missing', ['--iface', 'span0'], ['setpriv', '--reuid', String(NOBODY), '--clear-groups', '--bounding-set=-all', '--inh-caps=-all']],
      ['root', 2, 'does not go on as root', ['--iface', 'span0'], []],
      ['no interface named', 2, 'on which interface', [], []],
      ['no duration', 2, '--duration soon: no duration', ['--iface', 'span0', '--duration', 'soon'], []],
      ['no such user', 2, 'no such user', ['--iface', 'span0', '--user', 'no-such-user-here'], []],
      ['no folder for the store', 4, 'folder does not exist', ['--iface', 'span0', '--as-root', '--db', '/nowhere/at/all.db'], []],
    ];
    test.each(refused)('%s', async (name, code, words, args, before) => {
      const db = join(folder, `${name.replaceAll(' ', '-')}.db`);
      const running = capture(args.includes('--db') ? args : [...args, '--db', db], before);
      expect(await running.ended).toBe(code);
      const lines = running.said().trimEnd().split('\n').filter((line) => !line.startsWith('listening on'));
      expect(lines[0]).toMatch(/^baseline: /);
      expect(lines[0]).toContain(words);
      expect(lines).toHaveLength(2);
      expect(existsSync(db)).toBe(false);
    });
  });
});
