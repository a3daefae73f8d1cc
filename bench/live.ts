/**
 * `npm run bench:live`: packets a second without loss, and processor time a packet, of `baseline capture` (everything:
 * decode, store), of its live source alone, of `tcpdump -w /dev/null` and of npm's `cap`, on the same veth, each with a kernel
 * buffer of 128 MiB. Out: a table, bench/data/live.json; exit code 1 where baseline loses at a rate at which tcpdump loses
 * nothing, or where packets sent are not counted one way or the other. Needs root, iproute2, tcpreplay, tcpdump;
 * `bash bench/install-peers.sh` and a build before. `--seconds 5` is how long each rate lasts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VethPair } from '../test/tools/veth-pair.ts';
import { cpuSeconds, listenIn, MAIN, withPair } from './live-namespace.ts';

const HERE = import.meta.dirname;
const DATA = join(HERE, 'data');
const FILE = join(DATA, 'ot-quick.pcap');
const PACKETS = 300_000;
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' }, rates: { type: 'string', default: '20000,50000,100000,200000,400000,0' } } });
/** Packets a second; 0 is as fast as tcpreplay can. */
const RATES = values.rates.split(',').map(Number);

interface Contender {
  readonly name: string;
  readonly command: (db: string) => readonly string[];
  readonly ready: string;
  readonly stop: NodeJS.Signals;
  /** Packets taken, and lost as the program itself says; null where it cannot say. */
  readonly counts: (output: string, db: string) => readonly [taken: number, lost: number | null];
}

const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? NaN);

const CONTENDERS: readonly Contender[] = [
  {
    name: 'tcpdump -w /dev/null',
    command: () => ['tcpdump', '-i', 'span0', '-s', '0', '-B', '131072', '-w', '/dev/null'],
    ready: 'listening on',
    stop: 'SIGINT',
    counts: (output) => [number(output, /(\d+) packets captured/), number(output, /(\d+) packets dropped by kernel/)],
  },
  {
    name: 'baseline, live source alone',
    command: () => [process.execPath, '--import', import.meta.resolve('tsx/esm'), join(HERE, 'live-frames.ts'), 'span0'],
    ready: 'listening',
    stop: 'SIGTERM',
    counts: (output) => [number(output, /packets (\d+)/), number(output, /dropped (\d+)/)],
  },
  {
    name: 'baseline capture',
    command: (db) => [process.execPath, MAIN, 'capture', '--iface', 'span0', '--as-root', '--db', db],
    ready: 'listening on',
    stop: 'SIGTERM',
    counts: (_, db) => {
      const told = spawnSync(process.execPath, [MAIN, 'status', '--json', '--db', db], { encoding: 'utf8', maxBuffer: 1 << 26 });
      const { capture, totals } = JSON.parse(told.stdout) as { capture: Record<string, number>; totals: { packets: number } };
      return [totals.packets, capture['kernelDropped'] + capture['interfaceDropped']];
    },
  },
  {
    name: 'cap 0.2.1',
    command: () => [process.execPath, join(HERE, 'cap-count.mjs'), 'span0'],
    ready: 'listening',
    stop: 'SIGTERM',
    counts: (output) => [number(output, /packets (\d+)/), null],
  },
];

interface Turn {
  readonly name: string;
  readonly rate: number;
  readonly sent: number;
  readonly sentPerSecond: number;
  readonly taken: number;
  readonly lost: number | null;
  readonly cpuUs: number;
}

async function turn(pair: VethPair, folder: string, one: Contender, rate: number): Promise<Turn> {
  const db = join(folder, `${rate}.db`);
  for (const suffix of ['', '-wal', '-shm']) rmSync(db + suffix, { force: true });
  const before = pair.counters('tap0').tx;
  const listener = listenIn(pair, one.command(db));
  await listener.until(one.ready);
  await sleep(500);
  const pid = listener.child.pid as number;
  const cpu = cpuSeconds(pid);
  const wanted = rate === 0 ? PACKETS * 8 : Math.ceil((rate * Number(values.seconds)) / PACKETS) * PACKETS;
  const began = performance.now();
  await pair.send(FILE, '-K', ...(rate === 0 ? ['--topspeed'] : ['--pps', String(rate)]), '--loop', String(wanted / PACKETS));
  const seconds = (performance.now() - began) / 1000;
  // What waits in its buffers is still its own to take.
  for (let last = -1; cpuSeconds(pid) !== last; ) {
    last = cpuSeconds(pid);
    await sleep(1000);
  }
  const cpuUs = (cpuSeconds(pid) - cpu) * 1e6;
  listener.child.kill(one.stop);
  await listener.ended;
  const sent = pair.counters('tap0').tx - before;
  const [taken, lost] = one.counts(listener.output(), db);
  return { name: one.name, rate, sent, sentPerSecond: sent / seconds, taken, lost, cpuUs: cpuUs / sent };
}

function prepare(): readonly Contender[] {
  if (!existsSync(MAIN)) throw new Error('build first: npm run build');
  mkdirSync(DATA, { recursive: true });
  if (!existsSync(FILE)) {
    const made = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx/esm'), join(HERE, 'write-capture.ts'), 'ot', String(PACKETS), FILE]);
    if (made.status !== 0) throw new Error(made.stderr.toString());
  }
  return CONTENDERS.filter((one) => !one.name.startsWith('cap') || existsSync(join(HERE, 'node_modules/cap')));
}

/** The highest rate at which every packet sent was taken, and at all lower ones. */
function lossless(turns: readonly Turn[]): number {
  let best = 0;
  for (const one of turns.toSorted((a, b) => a.sentPerSecond - b.sentPerSecond)) {
    if (one.taken !== one.sent) return best;
    best = one.sentPerSecond;
  }
  return best;
}

const thousands = (value: number): string => `${Math.round(value / 1000)} k`;

await withPair('blbench', async (pair) => {
  const present = prepare();
  const folder = mkdtempSync(join(tmpdir(), 'baseline-bench-live-'));
  const turns: Turn[] = [];
  for (const rate of RATES) {
    for (const one of present) {
      turns.push(await turn(pair, folder, one, rate));
      process.stderr.write(`${JSON.stringify(turns.at(-1))}\n`);
    }
  }
  rmSync(folder, { recursive: true });
  console.log(`| program | without loss, packets/s | ${RATES.map((rate) => `lost at ${rate === 0 ? 'top speed' : thousands(rate)} | CPU µs/packet`).join(' | ')} |`);
  console.log(`| --- | --: | ${RATES.map(() => '--: | --:').join(' | ')} |`);
  const rows = present.map(({ name }) => ({ name, own: turns.filter((one) => one.name === name) }));
  for (const { name, own } of rows) {
    const cells = own.map((one) => `${((100 * (one.sent - one.taken)) / one.sent).toFixed(2)} % of ${thousands(one.sentPerSecond)}/s | ${one.cpuUs.toFixed(2)}`);
    console.log(`| ${name} | ${thousands(lossless(own))} | ${cells.join(' | ')} |`);
  }
  const unaccounted = turns.filter((one) => one.lost !== null && one.taken + one.lost !== one.sent);
  const reference = turns.filter((one) => one.name.startsWith('tcpdump') && one.taken === one.sent).map((one) => one.rate);
  const missed = turns.filter((one) => one.name.startsWith('baseline') && reference.includes(one.rate) && one.taken !== one.sent);
  const heard = pair.counters('tap0').rx;
  console.log(`\n${missed.length === 0 ? 'held  ' : 'MISSED'} no loss where tcpdump loses nothing${missed.map((one) => `; ${one.name} lost ${one.sent - one.taken} of ${one.sent} at ${one.rate}`).join('')}`);
  console.log(`${unaccounted.length === 0 ? 'held  ' : 'MISSED'} sent = taken + dropped by kernel and interface, wherever the program says${unaccounted.map((one) => `; ${one.name} at ${one.rate}: ${one.sent} sent, ${one.taken} taken, ${one.lost} dropped`).join('')}`);
  console.log(`${heard === 0 ? 'held  ' : 'MISSED'} the far end heard ${heard} frames in all`);
  writeFileSync(join(DATA, 'live.json'), `${JSON.stringify({ node: process.version, kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(), turns }, null, 2)}\n`);
  if (missed.length + unaccounted.length + heard > 0) process.exitCode = 1;
});
