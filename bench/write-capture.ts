/** `tsx write-capture.ts ot|tuples PACKETS OUT`: one generated capture into a file or a FIFO. */
import { closeSync, openSync } from 'node:fs';
import { writeManyTuples, writeOtMix } from './ot-mix.ts';

const TUPLES = 1_000_000;
const [kind, packets, out] = process.argv.slice(2);
const descriptor = openSync(out, 'w');
if (kind === 'ot') writeOtMix(descriptor, Number(packets));
else writeManyTuples(descriptor, Number(packets), Math.min(TUPLES, Math.floor(Number(packets) / 2)));
closeSync(descriptor);
