/** The decode loop alone: reader, decoder, flow tables; no store, no digest. Built by run.ts. In: a capture. Out: packets octets sessions operations. */
import { createRecorder, recordBatch } from '../src/flow/recorder.ts';
import { openCapture } from '../src/source/open.ts';

const source = await openCapture(process.argv[2] ?? '');
const recorder = createRecorder(null);
for (let batch = await source.next(); batch !== null; batch = await source.next()) recordBatch(recorder, batch);
const { totals, sessions, operations } = recorder.state;
console.log(totals.packets, totals.bytes, sessions.count, operations.count);
