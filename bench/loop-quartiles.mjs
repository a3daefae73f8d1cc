// Nanoseconds a packet of the decoder and of the reader, as quantiles (.02, .25, .5) over stretches of a few batches: on a machine that
// others load, totals move more than most steps gain.
import { openCapture } from '../dist/source/open.js';
import { createRecorder, recordBatch } from '../dist/flow/recorder.js';
const source = await openCapture(process.argv[2]);
const recorder = createRecorder(null);
const now = () => Number(process.hrtime.bigint());
const loops = [], reads = [];
let n = 0, loop = 0, read = 0;
for (;;) {
  const a = now();
  const batch = await source.next();
  const b = now();
  if (batch === null) break;
  recordBatch(recorder, batch);
  const c = now();
  read += b - a; loop += c - b; n += batch.count;
  if (n >= 20_000) { loops.push(loop / n); reads.push(read / n); n = loop = read = 0; }
}
const q = (l) => { const s = l.slice(Math.floor(l.length / 4)).sort((x, y) => x - y); return [0.02, 0.25, 0.5].map((f) => s[Math.floor(s.length * f)].toFixed(0)).join('/'); };
console.log('loop', q(loops), 'read', q(reads), recorder.state.totals.packets);
