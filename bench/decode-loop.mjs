// The decode loop alone: reader, decoder, flow tables; no store, no digest. Out: packets octets sessions operations.
import { openCapture } from '../dist/source/open.js';
import { createRecorder, recordBatch } from '../dist/flow/recorder.js';

const source = await openCapture(process.argv[2]);
const recorder = createRecorder(null);
for (let batch = await source.next(); batch !== null; batch = await source.next()) recordBatch(recorder, batch);
const { totals, sessions, operations } = recorder.state;
console.log(totals.packets, totals.bytes, sessions.count, operations.count);
