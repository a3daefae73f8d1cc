/** One run of a command under time(1), and what the runs come to. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured } from './bars.ts';

export interface Sample {
  readonly wallS: number;
  /** User and system time of the whole process tree. */
  readonly cpuS: number;
  readonly peakMiB: number;
}

/** Where it is set, node reads that file of certificates at every start: 45 ms that are the machine's and no program's. */
const { NODE_EXTRA_CA_CERTS: _certificates, ...ENVIRONMENT } = process.env;

/** @param folder for time's own output */
export function measure(command: string, folder: string): { readonly sample: Sample; readonly output: string } {
  const times = join(folder, 'time.txt');
  const done = spawnSync('/usr/bin/time', ['-q', '-o', times, '-f', '%e %U %S %M', 'bash', '-c', command], { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'], env: ENVIRONMENT });
  const [wallS, user, system, peakKib] = readFileSync(times, 'utf8').trim().split(/\s+/).slice(-4).map(Number);
  if (done.status !== 0) throw new Error(`ended with ${done.status}: ${command}`);
  return { sample: { wallS, cpuS: user + system, peakMiB: peakKib / 1024 }, output: done.stdout };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function printTable(rows: readonly Measured[], missing: readonly string[]): void {
  const own = rows.find((row) => row.name === 'baseline');
  const perPacket = (row: Measured): number => row.wallS / row.packets;
  console.log('| program | wall s | CPU s | peak MiB | Mpps | speed of baseline / its speed (wall) | (CPU) |');
  console.log('| --- | --: | --: | --: | --: | --: | --: |');
  for (const row of rows) {
    const ratio = own === undefined ? NaN : perPacket(row) / perPacket(own);
    const cpuRatio = own === undefined ? NaN : row.cpuS / row.packets / (own.cpuS / own.packets);
    const cells = [row.name, row.wallS.toFixed(2), row.cpuS.toFixed(2), row.peakMiB.toFixed(0), (row.packets / row.wallS / 1e6).toFixed(2), ratio.toFixed(2), cpuRatio.toFixed(2)];
    console.log(`| ${cells.join(' | ')} |`);
  }
  if (missing.length > 0) console.log(`\nleft out: ${missing.join(', ')} (bench/install-peers.sh installs the peers; tshark needs 8 GiB of memory for the mix)`);
}
