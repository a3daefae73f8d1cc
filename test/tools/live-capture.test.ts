/**
 * Live capture for real, in network namespaces with veth pairs that this file makes itself: what comes out equals the
 * file that was sent, frame for frame; every lost frame is accounted; nothing is ever sent; interfaces come and go.
 * Needs root, iproute2, setpriv (util-linux), tcpreplay, libpcap and the built addon.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openCapture } from '../../src/source/open.ts';
import { ENDS } from '../hang.ts';
import { PROJECT } from '../places.ts';
import { obstacle, run } from './live-machine.ts';
import { concat, pcapHeader, pcapRecord } from '../source/capture-bytes.ts';

const PROBE = join(import.meta.dirname, 'live-probe.ts');
const TSX = join(PROJECT, 'node_modules/tsx/dist/esm/index.mjs');
const SENSOR = `blsense${process.pid}`;
const PEER = `blpeer${process.pid}`;

const why = obstacle(SENSOR);

interface Line {
  readonly kind: string;
  readonly [key: string]: unknown;
}

interface Totals {
  readonly received: number;
  readonly processed: number;
  readonly kernelDropped: number;
  readonly interfaceDropped: number;
  readonly waiting: number;
}

interface Ending extends Line {
  readonly frames: number;
  readonly bytes: number;
  readonly digest: string;
  readonly totals: Totals;
  readonly counts: { readonly timeBackwards: number; readonly shortened: number };
  readonly interfaces: readonly { readonly name: string; readonly linkType: number; readonly frames: number }[];
}

interface Probe {
  readonly lines: readonly Line[];
  /** Waits for the nth line of a kind. */
  line(kind: string, nth?: number): Promise<Line>;
  say(word: 'stop' | 'report'): void;
  stop(): Promise<Ending>;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
}

const children: ChildProcess[] = [];

function listen(options: object, before: readonly string[] = []): Probe {
  const child = spawn('ip', ['netns', 'exec', SENSOR, ...before, process.execPath, '--import', TSX, PROBE, JSON.stringify({ interfaces: ['span0'], heartbeatMs: 200, digest: true, ...options })], {
    ...ENDS,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  const wakeAll = (): void => waiting.forEach((wake) => wake());
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    wakeAll();
  });
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => {
      over = true;
      resolve(code ?? signal ?? 'lost');
      wakeAll();
    });
  });
  const line = async (kind: string, nth = 1): Promise<Line> => {
    for (;;) {
      const found = lines.filter((one) => one.kind === kind)[nth - 1];
      if (found !== undefined) return found;
      if (over) throw new Error(`the probe ended without "${kind}": ${JSON.stringify(lines)}`);
      await new Promise<void>((wake) => {
        const once = (): void => {
          waiting.delete(once);
          wake();
        };
        waiting.add(once);
      });
    }
  };
  const say = (word: string): void => void child.stdin.write(`${word}\n`);
  return {
    lines,
    line,
    say,
    ended,
    stop: async () => {
      say('stop');
      return (await line('end')) as Ending;
    },
  };
}

/** Silent, as docs/operations.md has it. */
function makePair(sensorSide = 'span0', peerSide = 'tap0'): void {
  run('ip', '-n', SENSOR, 'link', 'add', sensorSide, 'mtu', '9000', 'type', 'veth', 'peer', 'name', peerSide, 'mtu', '9000', 'netns', PEER);
  for (const [space, name] of [
    [SENSOR, sensorSide],
    [PEER, peerSide],
  ] as const) {
    const ipv6 = spawnSync('ip', ['netns', 'exec', space, 'sh', '-c', `f=/proc/sys/net/ipv6/conf/${name}/disable_ipv6; [ ! -e $f ] || echo 1 > $f`]);
    if (ipv6.status !== 0) throw new Error(`IPv6 stays on: ${ipv6.stderr.toString()}`);
    run('ip', '-n', space, 'link', 'set', name, 'arp', 'off', 'multicast', 'off', 'up');
  }
}

function counters(space: string, name: string): { rx: number; tx: number } {
  const [link] = JSON.parse(run('ip', '-n', space, '-s', '-j', 'link', 'show', name)) as { stats64: { rx: { packets: number }; tx: { packets: number } } }[];
  return { rx: link.stats64.rx.packets, tx: link.stats64.tx.packets };
}

async function send(file: string, ...pace: string[]): Promise<void> {
  const child = spawn('ip', ['netns', 'exec', PEER, 'tcpreplay', '-q', '-K', '-i', 'tap0', ...pace, file], { ...ENDS, stdio: 'ignore' });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`tcpreplay ended with ${String(code)}`);
}

/** Frames of every length that Ethernet carries, jumbo and tagged ones among them; each one is different. */
function makeFrame(i: number): Uint8Array {
  const length = i % 97 === 0 ? 8000 : 60 + ((i * 37) % 240);
  const frame = new Uint8Array(length);
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
  const tagged = i % 5 === 0;
  frame.set(tagged ? [0x81, 0, 0, 1 + (i % 90), 8, 0] : [8, 0], 12);
  const at = tagged ? 18 : 14;
  frame.set([0x45, 0, 0, 40, i >> 8, i & 255, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 1, i & 127, 4, 0, 1, 246, 0, 20, 0, 0, i >> 16, i >> 8, i], at);
  return frame;
}

let folder = '';
const files = new Map<number, string>();

function captureOf(count: number): string {
  let file = files.get(count);
  if (file === undefined) {
    file = join(folder, `${count}.pcap`);
    const records = Array.from({ length: count }, (_, i) => pcapRecord({ sec: 1_700_000_000 + i, sub: 0, data: makeFrame(i) }));
    writeFileSync(file, concat(pcapHeader(), ...records));
    files.set(count, file);
  }
  return file;
}

/** The file as our own reader gives it, in the words of the probe. */
async function readFile(file: string): Promise<{ frames: number; bytes: number; digest: string }> {
  const source = await openCapture(file);
  const hash = createHash('sha256');
  let bytes = 0;
  const row = new Float64Array(4);
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    for (let i = 0; i < batch.count; i++) {
      bytes += batch.wire[i];
      row.set([batch.captured[i], batch.wire[i], 0, 0]);
      hash.update(row);
      hash.update(batch.bytes.subarray(batch.offset[i], batch.offset[i] + batch.captured[i]));
    }
  }
  await source.close();
  return { frames: source.counts.frames, bytes, digest: hash.digest('hex') };
}

describe.runIf(why === undefined)('live capture', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'baseline-live-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeEach(() => {
    run('ip', 'netns', 'add', SENSOR);
    run('ip', 'netns', 'add', PEER);
    makePair();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const space of [SENSOR, PEER]) spawnSync('ip', ['netns', 'del', space]);
  });

  test('what is captured is what the file holds, frame for frame, and no frame was sent', async () => {
    const file = captureOf(20_000);
    const probe = listen({});
    const ready = await probe.line('ready');
    expect(ready).toMatchObject({ silence: [] });
    await send(file, '--pps', '20000');
    const { frames, bytes, digest, totals, counts } = await probe.stop();
    expect({ frames, bytes, digest }).toEqual(await readFile(file));
    expect(totals).toMatchObject({ received: 20_000, processed: 20_000, kernelDropped: 0, interfaceDropped: 0, waiting: 0 });
    expect(counts).toMatchObject({ timeBackwards: 0, shortened: 0 });
    expect(await probe.ended).toBe(0);
    expect(counters(SENSOR, 'span0')).toEqual({ rx: 20_000, tx: 0 });
    expect(counters(PEER, 'tap0')).toEqual({ rx: 0, tx: 20_000 });
  });

  test('listening without promiscuous mode does not send either, and sees the same here', async () => {
    const file = captureOf(1000);
    const probe = listen({ promiscuous: false });
    await probe.line('ready');
    await send(file, '--topspeed');
    expect(await probe.stop()).toMatchObject({ frames: 1000, digest: (await readFile(file)).digest });
    await probe.ended;
    expect(counters(PEER, 'tap0').rx).toBe(0);
  });

  test('a burst that fits the kernel buffer is kept whole while the reader stalls', async () => {
    const file = captureOf(20_000);
    const probe = listen({ stallMs: 100 });
    await probe.line('ready');
    await send(file, '--topspeed', '--loop', '4');
    expect(await probe.stop()).toMatchObject({ frames: 80_000, totals: { received: 80_000, kernelDropped: 0, interfaceDropped: 0 } });
  });

  test('above what can be kept, every lost frame is accounted', async () => {
    const file = captureOf(20_000);
    const probe = listen({ bufferBytes: 1 << 20, stallMs: 300, digest: false });
    await probe.line('ready');
    await send(file, '--topspeed', '--loop', '10');
    const { frames, totals } = await probe.stop();
    expect(totals.kernelDropped).toBeGreaterThan(0);
    expect(totals.processed).toBe(frames);
    expect(totals.processed + totals.kernelDropped + totals.interfaceDropped).toBe(200_000);
    expect(totals).toMatchObject({ received: 200_000, waiting: 0 });
  });

  test('stopped in the midst of a flood, it hands over all that it counts', async () => {
    const file = captureOf(20_000);
    const probe = listen({ digest: false, stallMs: 20 });
    await probe.line('ready');
    const sending = send(file, '--topspeed', '--loop', '20');
    await sleep(400);
    const { frames, totals } = await probe.stop();
    expect(totals.processed).toBe(frames);
    expect(totals.received).toBe(totals.processed + totals.kernelDropped);
    expect(totals.waiting).toBe(0);
    await sending;
  });

  test('a snap length cuts and says so; a filter chooses', async () => {
    const file = captureOf(1000);
    const cut = listen({ snapLength: 64 });
    const chosen = listen({ filter: 'vlan 1' });
    await Promise.all([cut.line('ready'), chosen.line('ready')]);
    await send(file, '--pps', '5000');
    const whole = await readFile(file);
    const sizes = Array.from({ length: 1000 }, (_, i) => makeFrame(i));
    expect(await cut.stop()).toMatchObject({ frames: 1000, bytes: whole.bytes, counts: { shortened: sizes.filter((frame) => frame.length > 64).length } });
    const wanted = sizes.filter((frame) => frame[12] === 0x81 && frame[15] === 1).length;
    expect(await chosen.stop()).toMatchObject({ frames: wanted, totals: { received: wanted, processed: wanted, kernelDropped: 0 } });
  });

  test('several interfaces in one process', async () => {
    makePair('span1', 'tap1');
    const probe = listen({ interfaces: ['span0', 'span1'], digest: false });
    await probe.line('ready');
    const file = captureOf(1000);
    await send(file, '--pps', '5000');
    spawnSync('ip', ['netns', 'exec', PEER, 'tcpreplay', '-q', '--pps', '5000', '-i', 'tap1', '-L', '300', file]);
    const end = await probe.stop();
    expect(Object.fromEntries(end.interfaces.map((one) => [one.name, one.frames]))).toEqual({ span0: 1000, span1: 300 });
    expect(end.totals).toMatchObject({ received: 1300, kernelDropped: 0 });
  });

  test('down and up, deleted and made again as another kind, without privileges but CAP_NET_RAW: nothing is lost but the time away', async () => {
    const file = captureOf(1000);
    const probe = listen({ digest: false, drop: { uid: 65_534, gid: 65_534, keepNetRaw: true } });
    await probe.line('ready');
    await send(file, '--pps', '20000');
    run('ip', '-n', SENSOR, 'link', 'set', 'span0', 'down');
    expect(await probe.line('link')).toMatchObject({ up: false });
    run('ip', '-n', SENSOR, 'link', 'set', 'span0', 'up');
    expect(await probe.line('link', 2)).toMatchObject({ up: true });
    await send(file, '--pps', '20000');
    run('ip', '-n', SENSOR, 'link', 'del', 'span0');
    expect(await probe.line('lost')).toMatchObject({ interface: 'span0', final: false });
    makePair();
    expect(await probe.line('reopened')).toMatchObject({ linkType: 1, linkTypeChanged: false });
    await send(file, '--pps', '20000');
    if (existsSync('/dev/net/tun')) {
      run('ip', '-n', SENSOR, 'link', 'del', 'span0');
      await probe.line('lost', 2);
      run('ip', '-n', SENSOR, 'tuntap', 'add', 'dev', 'span0', 'mode', 'tun');
      run('ip', '-n', SENSOR, 'link', 'set', 'span0', 'up');
      expect(await probe.line('reopened', 2)).toMatchObject({ linkType: 101, linkTypeChanged: true });
    } else {
      console.warn('SKIPPED: the change of link type (/dev/net/tun is missing)');
      if (process.env['BASELINE_CI'] === '1') throw new Error('/dev/net/tun is missing');
    }
    const end = await probe.stop();
    expect(end.totals).toMatchObject({ received: 3000, processed: 3000, kernelDropped: 0 });
    expect(await probe.ended).toBe(0);
  });

  test('after all privileges are given up an interface that goes is gone, and the exit code says so', async () => {
    const probe = listen({ drop: { uid: 65_534, gid: 65_534, keepNetRaw: false } });
    await probe.line('ready');
    const file = captureOf(1000);
    await send(file, '--pps', '20000');
    run('ip', '-n', SENSOR, 'link', 'del', 'span0');
    expect(await probe.line('error')).toMatchObject({ exitCode: 5 });
    expect(probe.lines.filter((line) => line.kind === 'lost').at(-1)).toMatchObject({ final: true });
    expect(await probe.ended).toBe(5);
  });

  test.each([
    [true, '0000000000002000'],
    [false, '0000000000000000'],
  ])('privileges: another user, no_new_privs on every thread, keep CAP_NET_RAW %o', async (keepNetRaw, mask) => {
    const probe = listen({ drop: { uid: 65_534, gid: 65_534, keepNetRaw } });
    const { report, status } = (await probe.line('privileges')) as Line & { status: string };
    expect(report).toMatchObject({ uid: 65_534, gid: 65_534, noNewPrivileges: true, threadsHoldingMore: 0 });
    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Gid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Groups:\s*$/m);
    for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(status).toContain(`${set}:\t${mask}`);
    for (const set of ['CapInh', 'CapAmb']) expect(status).toContain(`${set}:\t0000000000000000`);
    await probe.line('ready');
    const file = captureOf(1000);
    await send(file, '--pps', '20000');
    expect(await probe.stop()).toMatchObject({ frames: 1000 });
  });

  test('root stays root only by mistake: without a user to become, giving up fails in words', async () => {
    const probe = listen({ drop: { keepNetRaw: true } });
    expect(await probe.line('error')).toMatchObject({ exitCode: 5, message: expect.stringContaining('ordinary user') });
  });

  test('CAP_NET_RAW alone is enough, promiscuous too', async () => {
    const probe = listen({ promiscuous: true }, ['setpriv', '--bounding-set=-all,+net_raw', '--inh-caps=-all']);
    await probe.line('ready');
    const file = captureOf(1000);
    await send(file, '--pps', '20000');
    expect(await probe.stop()).toMatchObject({ frames: 1000 });
  });

  describe('opening errors: one line, exit code 2', () => {
    const fails = async (options: object, before: readonly string[] = []): Promise<Line> => {
      const probe = listen(options, before);
      const error = await probe.line('error');
      expect(await probe.ended).toBe(2);
      expect(`${String(error['message'])}${String(error['remedy'])}`).not.toMatch(/[\r\n]/);
      return error;
    };

    test('no such interface', async () => {
      expect(await fails({ interfaces: ['nosuch0'] })).toMatchObject({ message: 'there is no interface nosuch0', remedy: 'Interfaces here: lo, span0.' });
      expect(await fails({ interfaces: ['span0', 'x'.repeat(200)] })).toMatchObject({ remedy: 'Interfaces here: lo, span0.' });
    });
    test('no permission', async () => {
      const error = await fails({}, ['setpriv', '--bounding-set=-all', '--inh-caps=-all']);
      expect(error).toMatchObject({ message: 'no permission to capture on span0: CAP_NET_RAW is missing', remedy: expect.stringContaining('docs/operations.md, section 4') });
    });
    test('bad filter', async () => {
      expect(await fails({ filter: 'tcp prot 502' })).toMatchObject({ message: expect.stringContaining('the filter "tcp prot 502" does not hold on span0') });
    });
    test('interface down', async () => {
      run('ip', '-n', SENSOR, 'link', 'set', 'span0', 'down');
      expect(await fails({})).toMatchObject({ message: 'interface span0 is down' });
    });
    test('no libpcap', async () => {
      expect(await fails({ libraryNames: ['libnope.so.9'] })).toMatchObject({ remedy: expect.stringContaining('libpcap0.8') });
    });
  });

  test('an interface that may speak is told, with the lines that silence it', async () => {
    run('ip', '-n', SENSOR, 'link', 'set', 'span0', 'arp', 'on', 'multicast', 'on');
    run('ip', '-n', SENSOR, 'addr', 'add', '192.0.2.1/24', 'dev', 'span0');
    const probe = listen({});
    const { silence } = (await probe.line('ready')) as Line & { silence: { remedy: string }[] };
    expect(silence.map((one) => one.remedy)).toEqual(['ip link set dev span0 arp off', 'ip link set dev span0 multicast off', 'ip addr flush dev span0']);
    for (const { remedy } of silence) run('ip', 'netns', 'exec', SENSOR, ...remedy.split(' '));
    await probe.stop();
    const again = listen({});
    expect(await again.line('ready')).toMatchObject({ silence: [] });
    await again.stop();
  });

  test('a quiet wire: it beats, it captures nothing, it sends nothing', async () => {
    const probe = listen({});
    await probe.line('ready');
    await sleep(1500);
    const end = await probe.stop();
    expect(end).toMatchObject({ frames: 0, totals: { received: 0 } });
    expect(end['empty']).toBeGreaterThanOrEqual(3);
    expect(counters(PEER, 'tap0').rx).toBe(0);
  });

  test('system calls: one packet socket, nothing written or sent to it, no Internet socket, nothing listens', async () => {
    if (spawnSync('strace', ['-V']).status !== 0) {
      console.warn('SKIPPED: system calls of a live capture (strace is missing)');
      expect(process.env['BASELINE_CI']).not.toBe('1');
      return;
    }
    const trace = join(folder, 'trace');
    const calls = 'socket,listen,sendto,sendmsg,sendmmsg,write,writev,pwrite64,pwritev,sendfile,splice,vmsplice,io_submit,io_uring_setup';
    // Node 24 and later ask for rings, to poll with; what goes through one is in no trace, so there are none.
    const probe = listen({ promiscuous: true }, ['strace', '-ff', '-ttt', '-qq', '-e', `trace=${calls}`, '-e', 'inject=io_uring_setup:error=ENOSYS', '-o', trace]);
    await probe.line('ready');
    await send(captureOf(1000), '--pps', '5000');
    expect(await probe.stop()).toMatchObject({ frames: 1000 });
    await probe.ended;
    // One file per thread, so that no line is broken by another; in order of time.
    const lines = readdirSync(folder)
      .filter((name) => name.startsWith('trace.'))
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
      .sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b))
      .map((line) => line.replace(/^[\d.]+ +/, ''));
    const sockets = lines.filter((line) => line.startsWith('socket(AF_PACKET'));
    expect(sockets).toHaveLength(1);
    const descriptor = /= (\d+)$/.exec(sockets[0])?.[1];
    expect(descriptor).toBeDefined();
    const afterwards = lines.slice(lines.indexOf(sockets[0]) + 1);
    expect(afterwards.filter((line) => new RegExp(`^(?:send\\w*|p?writev?(?:64)?|splice|vmsplice)\\(${descriptor},`).test(line))).toEqual([]);
    expect(lines.filter((line) => /^socket\((?:AF_INET|PF_INET)|^listen|^io_uring_setup(?!.*ENOSYS)|^io_submit/.test(line))).toEqual([]);
    // What is sent are questions to this machine's own kernel (the names of its interfaces).
    expect(lines.filter((line) => line.startsWith('send') && !line.includes('AF_NETLINK'))).toEqual([]);
  });

  test('killed at any time, the next one opens', async () => {
    for (const wait of [0, 50, 300, 600]) {
      const probe = listen({});
      await sleep(wait);
      children.at(-1)?.kill('SIGKILL');
      expect(await probe.ended).toBe('SIGKILL');
    }
    const probe = listen({});
    await probe.line('ready');
    expect(await probe.stop()).toMatchObject({ frames: 0 });
    expect(await probe.ended).toBe(0);
  });
});
