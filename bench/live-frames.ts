/** Our live source alone, as tcpdump -w /dev/null and cap are used here: frames are counted and let go. Out: packets, until SIGTERM. */
import process from 'node:process';
import { openLive } from '../src/source/live.ts';

const source = await openLive({ interfaces: [process.argv[2]] });
process.on('SIGTERM', source.stop);
console.log('listening');
while ((await source.next()) !== null);
const { received, processed, kernelDropped, interfaceDropped } = source.totals();
console.log(`packets ${processed} received ${received} dropped ${kernelDropped + interfaceDropped}`);
await source.close();
