/**
 * Nanoseconds a packet of the decoder and of the reader, as quantiles (.02, .25, .5) over stretches of a few batches: on a machine that
 * others load, totals move more than most steps gain. Built by run.ts: `node bench/data/loop-quartiles.js CAPTURE`.
 */
import { createRecorder, recordBatch } from '../src/flow/recorder.ts';
import { openCapture } from '../src/source/open.ts';

const STRETCH = 20_000;

const now = (): number => Number(process.hrtime.bigint());

/** Of what came after the first quarter, in which V8 still compiles. */
function quantiles(figures: readonly number[]): string {
  const sorted = figures.slice(Math.floor(figures.length / 4)).sort((a, b) => a - b);
  return [0.02, 0.25, 0.5].map((share) => sorted[Math.floor(sorted.length * share)]?.toFixed(0)).join('/');
}

const source = await openCapture(process.argv[2] ?? '');
const recorder = createRecorder(null);
const loops: number[] = [];
const reads: number[] = [];
let [packets, loop, read] = [0, 0, 0];
for (;;) {
  const began = now();
  const batch = await source.next();
  const got = now();
  if (batch === null) break;
  recordBatch(recorder, batch);
  loop += now() - got;
  read += got - began;
  packets += batch.count;
  if (packets < STRETCH) continue;
  loops.push(loop / packets);
  reads.push(read / packets);
  [packets, loop, read] = [0, 0, 0];
}
console.log('loop', quantiles(loops), 'read', quantiles(reads), recorder.state.totals.packets);
