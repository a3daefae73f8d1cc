/**
 * `npm run bench`: baseline beside the programs that people use for the same captures, in interleaved rounds. In: nothing
 * (captures are generated into bench/data, the same every time). Out: a table and bench/data/result.json; exit code 1
 * where a bar of docs/performance.md is missed. Totals are compared before any time is printed. `--quick`: small captures, one
 * round, no flatness test. `--only NAME+NAME`: these programs (`stream` is the flatness test), for a machine that is quiet only for
 * a while. A peer that is not installed is left out and named.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../scripts/bundle.mjs';
import { flatness } from './flatness.ts';
import { checkBars, type Measured } from './bars.ts';
import { measure, median, printTable, type Sample } from './measure.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const DATA = join(HERE, 'data');
const QUICK = process.argv.includes('--quick');
/** Names after --only; null: all. */
const ONLY = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '').split('+') : null;
const isWanted = (name: string): boolean => ONLY === null || ONLY.includes(name);
const PACKETS = QUICK ? 300_000 : 10_000_000;
const SHORT_PACKETS = QUICK ? 100_000 : 2_000_000;
const ROUNDS = QUICK ? 1 : 3;
/** One turn each: they take minutes, and their distance is not a matter of noise. */
const SLOW_PEERS = new Set(['tshark', 'tshark, short', 'pcap-parser', 'baseline, 1 M tuples', 'baseline, short', 'baseline, zst', 'baseline, gz']);

const data = (name: string): string => join(DATA, `${name}${QUICK ? '-quick' : ''}`);
const OT = `${data('ot')}.pcap`;
const SHORT = `${data('short')}.pcap`;
const TUPLES = `${data('tuples')}.pcap`;
const PCAPNG = `${data('ot')}.pcapng`;
const STORE = join(DATA, 'bench.db');
const CORE = join(DATA, 'core');
const MAIN = join(HERE, '../dist/main.js');
/** Built as the program is. */
const LOOPS = ['decode-loop', 'loop-quartiles'];

function shell(command: string): string {
  const done = spawnSync('bash', ['-c', command], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`${command}: ${done.stderr}`);
  return done.stdout;
}

async function prepare(): Promise<void> {
  mkdirSync(DATA, { recursive: true });
  const make = (path: string, command: string): void => {
    if (existsSync(path) && statSync(path).size > 0) return;
    process.stderr.write(`making ${path}\n`);
    shell(`${command} && mv ${path}.part ${path}`);
  };
  const generate = (kind: string, packets: number, path: string): void =>
    make(path, `node --import tsx ${join(HERE, 'write-capture.ts')} ${kind} ${packets} ${path}.part`);
  generate('ot', PACKETS, OT);
  generate('ot', SHORT_PACKETS, SHORT);
  generate('tuples', PACKETS, TUPLES);
  make(PCAPNG, `editcap -F pcapng ${OT} ${PCAPNG}.part`);
  make(`${OT}.gz`, `gzip -1 -c ${OT} > ${OT}.gz.part`);
  make(`${OT}.zst`, `zstd -q -1 -c ${OT} > ${OT}.zst.part`);
  shell(`cc -O2 -o ${CORE} ${join(HERE, 'core.c')}`);
  await bundle(Object.fromEntries(LOOPS.map((name) => [name, join(HERE, `${name}.ts`)])), DATA);
}

/** tshark keeps what it saw of every packet: 6 GiB after 10 million. */
const TSHARK_GIB = QUICK ? 1 : 8;
const hasMemoryFor = (name: string): boolean => name !== 'tshark' || totalmem() >= TSHARK_GIB * 2 ** 30;
const installed = (program: string): boolean => spawnSync('which', [program]).status === 0;
const importOf = (path: string): string => `rm -f ${STORE} ${STORE}-wal ${STORE}-shm; exec node ${MAIN} import ${path} --db ${STORE} --json`;

interface Contender {
  readonly name: string;
  readonly needs: string;
  readonly command: string;
  /** Packets and octets in what it printed; null where it does not say. */
  readonly totals: ((output: string) => readonly [number, number | null]) | null;
  readonly packets: number;
}

const ourTotals = (output: string): readonly [number, number] => {
  const { packets, bytes } = JSON.parse(output) as { packets: number; bytes: number };
  return [packets, bytes];
};
const twoNumbers = (output: string): readonly [number, number] => {
  const [packets, octets] = output.trim().split(' ').map(Number);
  return [packets, octets];
};
const capinfosTotals = (output: string): readonly [number, number] => [
  Number(/Number of packets: +(\d+)/.exec(output)?.[1]),
  Number(/Data size: +(\d+)/.exec(output)?.[1]),
];

const contender = (name: string, needs: string, command: string, totals: Contender['totals'] = null, packets = PACKETS): Contender => ({ name, needs, command, totals, packets });

const CONTENDERS: readonly Contender[] = [
  contender('cat', 'cat', `cat ${OT} > /dev/null`),
  contender('core.c', 'cc', `${CORE} ${OT}`, twoNumbers),
  contender('decode loop', 'node', `exec node ${join(DATA, 'decode-loop.js')} ${OT}`, twoNumbers),
  contender('baseline', 'node', importOf(OT), ourTotals),
  contender('tcpdump', 'tcpdump', `tcpdump -r ${OT} -w /dev/null 2> /dev/null`),
  contender('capinfos', 'capinfos', `capinfos -M -c -d ${OT}`, capinfosTotals),
  contender('nfpcapd', 'nfpcapd', `rm -rf ${DATA}/nf; mkdir ${DATA}/nf; nfpcapd -r ${OT} -w ${DATA}/nf > /dev/null 2>&1`),
  contender('argus, ra', 'argus', `argus -r ${OT} -w - 2> /dev/null | ra -r - > /dev/null 2>&1`),
  contender('softflowd', 'softflowd', `softflowd -r ${OT} > /dev/null 2>&1`),
  contender('baseline, pcapng', 'node', importOf(PCAPNG), ourTotals),
  contender('baseline, gz', 'node', importOf(`${OT}.gz`), ourTotals),
  contender('baseline, zst', 'node', importOf(`${OT}.zst`), ourTotals),
  contender('baseline, 1 M tuples', 'node', importOf(TUPLES), ourTotals),
  contender('core.c, 1 M tuples', 'cc', `${CORE} ${TUPLES}`, twoNumbers),
  contender('baseline, short', 'node', importOf(SHORT), ourTotals, SHORT_PACKETS),
  contender('tshark', 'tshark', `tshark -r ${OT} -q -z conv,tcp 2> /dev/null`),
  contender('tshark, short', 'tshark', `tshark -r ${SHORT} -q -z conv,tcp 2> /dev/null`, null, SHORT_PACKETS),
  contender('pcap-parser', 'node', `exec node ${join(HERE, 'pcap-parser-count.mjs')} ${SHORT}`, twoNumbers, SHORT_PACKETS),
];

/** Every program that says how much it saw must have seen the same. */
function agree(outputs: ReadonlyMap<string, string>): void {
  const seen = new Map<string, string>();
  for (const { name, totals, packets } of CONTENDERS) {
    const output = outputs.get(name);
    if (totals === null || output === undefined) continue;
    const [count, octets] = totals(output);
    if (count !== packets) throw new Error(`${name} saw ${count} of ${packets} packets`);
    const capture = name.includes('tuples') ? 'tuples' : packets === PACKETS ? 'mix' : 'short';
    const before = seen.get(capture) ?? String(octets);
    if (before !== String(octets)) throw new Error(`${name} counted ${octets} octets of ${capture}, another program ${before}`);
    seen.set(capture, before);
  }
  const tshark = outputs.get('tshark');
  if (tshark === undefined) return;
  const theirs = tshark.split('\n').filter((line) => line.includes('<->')).length;
  shell(importOf(OT));
  const flows = JSON.parse(shell(`node ${MAIN} flows --db ${STORE} --json`)) as { flows: { transport: string }[] };
  const ours = flows.flows.filter((flow) => flow.transport === 'tcp').length;
  if (theirs !== ours) throw new Error(`tshark found ${theirs} TCP conversations, baseline ${ours}`);
}

async function main(): Promise<void> {
  if (!existsSync(MAIN)) throw new Error('build first: npm run build');
  await prepare();
  const missing = CONTENDERS.filter((one) => !installed(one.needs) || !hasMemoryFor(one.name)).map((one) => one.name);
  const present = CONTENDERS.filter((one) => isWanted(one.name) && !missing.includes(one.name) && (one.name !== 'pcap-parser' || existsSync(join(HERE, 'node_modules/pcap-parser'))));
  const samples = new Map<string, Sample[]>(present.map((one) => [one.name, []]));
  const outputs = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of present) {
      if (round > 0 && SLOW_PEERS.has(one.name)) continue;
      process.stderr.write(`round ${round + 1} of ${ROUNDS}: ${one.name}\n`);
      const { sample, output } = measure(one.command, DATA);
      samples.get(one.name)?.push(sample);
      outputs.set(one.name, output);
    }
  }
  agree(outputs);
  const rows: Measured[] = present.map((one) => {
    const all = samples.get(one.name) as Sample[];
    return { name: one.name, packets: one.packets, wallS: median(all.map((s) => s.wallS)), cpuS: median(all.map((s) => s.cpuS)), peakMiB: Math.max(...all.map((s) => s.peakMiB)) };
  });
  const flat = QUICK || !isWanted('stream') ? null : flatness(HERE, DATA, MAIN);
  printTable(rows, missing);
  if (flat !== null) console.log(`\n${flat.map((one) => `${one.packets / 1e6} M packets through a FIFO: ${one.cpuNs.toFixed(0)} ns CPU a packet, ${one.peakMiB.toFixed(0)} MiB`).join('\n')}`);
  const bars = checkBars(rows, flat);
  console.log(`\n${bars.map((bar) => `${bar.isHeld ? 'held  ' : 'MISSED'} ${bar.text}`).join('\n')}`);
  writeFileSync(join(DATA, 'result.json'), `${JSON.stringify({ node: process.version, rows, flat, bars }, null, 2)}\n`);
  rmSync(STORE, { force: true });
  if (!QUICK && bars.some((bar) => !bar.isHeld)) process.exitCode = 1;
}

await main();
