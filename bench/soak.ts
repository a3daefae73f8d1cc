/**
 * `npm run soak -- --minutes 10 --pps 2000`: `baseline capture` on a veth while a capture is sent to it over and over, its
 * memory sampled every few seconds from its own --metrics. Out: one line a minute, then the slope of heap and resident
 * memory, and what was lost. Exit code 1 where memory grows by more than the bar. What counts is the lowest sample of each
 * minute (between two collections the heap is a saw), by least squares over the second half: V8 compiles
 * and sizes its heap for some minutes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { listenIn, MAIN, withPair } from './live-namespace.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, pps: { type: 'string', default: '2000' }, file: { type: 'string' } } });
const MINUTES = Number(values.minutes);
const FILE = values.file ?? join(import.meta.dirname, '../samples/plant/millbrook_00005_20260314.pcapng');
const PORT = 9797;
const SAMPLE_MS = 3000;
/** A month's garbage would hide a month's leak, so all of it is collected every quarter of a minute. */
const COLLECTING = ['--expose-gc', '--import', 'data:text/javascript,setInterval(globalThis.gc, 15_000).unref()'];
/** Per hour, after warm-up: a month at this slope stays within MemoryMax of the unit in docs/operations.md. */
const MAX_MIB_PER_HOUR = 20;

interface Point {
  readonly hours: number;
  readonly heapMiB: number;
  readonly residentMiB: number;
  readonly descriptors: number;
}

const metric = (text: string, name: string): number => Number(new RegExp(`^baseline_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);

/** MiB per hour. */
function slope(points: readonly Point[], of: (point: Point) => number): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map((point) => point.hours)), mean(points.map(of))];
  const covariance = points.reduce((sum, point) => sum + (point.hours - x) * (of(point) - y), 0);
  return covariance / points.reduce((sum, point) => sum + (point.hours - x) ** 2, 0);
}

function lowestByMinute(points: readonly Point[]): Point[] {
  const minutes = [...new Set(points.map((point) => Math.floor(point.hours * 60)))];
  return minutes.map((minute) => ({ minute, own: points.filter((point) => Math.floor(point.hours * 60) === minute) })).map(({ minute, own }) => ({
    hours: (minute + 0.5) / 60,
    heapMiB: Math.min(...own.map((point) => point.heapMiB)),
    residentMiB: Math.min(...own.map((point) => point.residentMiB)),
    descriptors: own[0].descriptors,
  }));
}

await withPair('blsoak', async (pair) => {
  if (!existsSync(MAIN)) throw new Error('build first: npm run build');
  const folder = mkdtempSync(join(tmpdir(), 'baseline-soak-'));
  const db = join(folder, 'soak.db');
  const listener = listenIn(pair, [process.execPath, ...COLLECTING, MAIN, 'capture', '--iface', 'span0', '--as-root', '--db', db, '--metrics', String(PORT), '--duration', `${Math.round(MINUTES * 60)}s`]);
  await listener.until('/metrics');
  const pid = listener.child.pid as number;
  const points: Point[] = [];
  const began = performance.now();
  const end = { isReached: false };
  void listener.ended.then(() => (end.isReached = true));
  const sending = (async () => {
    while (!end.isReached) await pair.send(FILE, '--pps', values.pps);
  })();
  const ask = `fetch('http://127.0.0.1:${PORT}/metrics').then((a) => a.text()).then((t) => process.stdout.write(t))`;
  while (!end.isReached) {
    await Promise.race([sleep(SAMPLE_MS), listener.ended]);
    const asked = spawnSync('ip', ['netns', 'exec', pair.sensor, process.execPath, '-e', ask], { encoding: 'utf8' });
    const hours = (performance.now() - began) / 3_600_000;
    if (asked.status !== 0 || Number.isNaN(metric(asked.stdout, 'heap_used_bytes'))) continue;
    points.push({ hours, heapMiB: metric(asked.stdout, 'heap_used_bytes') / 2 ** 20, residentMiB: metric(asked.stdout, 'resident_memory_bytes') / 2 ** 20, descriptors: readdirSync(`/proc/${pid}/fd`).length });
    const { heapMiB, residentMiB, descriptors } = points[points.length - 1];
    if (points.length % Math.round(60_000 / SAMPLE_MS) === 0) {
      console.log(`${(hours * 60).toFixed(1)} min: heap ${heapMiB.toFixed(1)} MiB, resident ${residentMiB.toFixed(1)} MiB, ${descriptors} descriptors, store ${(statSync(db).size / 2 ** 20).toFixed(2)} MiB, ${metric(asked.stdout, 'packets_total')} packets, ${metric(asked.stdout, 'kernel_dropped_total')} dropped by the kernel`);
    }
  }
  const code = await listener.ended;
  await sending;
  console.log(listener.output().trim().split('\n').at(-1));
  const settled = lowestByMinute(points.filter((point) => point.hours * 60 > MINUTES / 2));
  const [heap, resident] = [slope(settled, (point) => point.heapMiB), slope(settled, (point) => point.residentMiB)];
  console.log(`lowest of each minute: heap ${settled.map((point) => point.heapMiB.toFixed(1)).join(' ')} MiB`);
  console.log(`lowest of each minute: resident ${settled.map((point) => point.residentMiB.toFixed(1)).join(' ')} MiB`);
  console.log(`slope over ${settled.length} minutes: heap ${heap.toFixed(2)} MiB/h, resident ${resident.toFixed(2)} MiB/h (bar ${MAX_MIB_PER_HOUR})`);
  console.log(`frames that the interface sent: ${pair.counters('span0').tx}; that the far end received: ${pair.counters('tap0').rx}`);
  rmSync(folder, { recursive: true });
  if (code !== 0 || Math.max(heap, resident) > MAX_MIB_PER_HOUR || pair.counters('tap0').rx !== 0) process.exitCode = 1;
});
