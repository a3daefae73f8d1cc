/**
 * Is the cost of a packet the same after a hundred million? The mix is written into a FIFO and imported from it; only the
 * importer's own processor time counts, because the writer shares the machine with it.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FlatnessPoint } from './bars.ts';
import { measure } from './measure.ts';

const LENGTHS = [10_000_000, 100_000_000];

export function flatness(here: string, folder: string, main: string): FlatnessPoint[] {
  return LENGTHS.map((packets) => {
    const fifo = join(folder, 'stream.fifo');
    const store = join(folder, 'flat.db');
    rmSync(fifo, { force: true });
    for (const suffix of ['', '-wal', '-shm']) rmSync(store + suffix, { force: true });
    spawnSync('mkfifo', [fifo]);
    process.stderr.write(`${packets} packets through a FIFO\n`);
    const writer = spawnSync('bash', ['-c', `node --import tsx ${join(here, 'write-capture.ts')} ot ${packets} ${fifo} > /dev/null 2>&1 & echo $!`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    if (writer.status !== 0) throw new Error('the writer did not start');
    const { sample, output } = measure(`exec node ${main} import ${fifo} --db ${store} --json`, folder);
    const told = JSON.parse(output) as { packets: number };
    if (told.packets !== packets) throw new Error(`${told.packets} of ${packets} packets came through the FIFO`);
    rmSync(fifo);
    return { packets, cpuNs: (sample.cpuS / packets) * 1e9, peakMiB: sample.peakMiB };
  });
}
