// npm's cap, counting packets of an interface until SIGTERM. Out: packets. Its figures of loss do not exist.
import { createRequire } from 'node:module';

const { Cap } = createRequire(import.meta.url)('cap');
let packets = 0;
// Referenced for as long as it runs: cap keeps a bare pointer to it, and the process ends once it is collected.
const buffer = (globalThis.kept = Buffer.alloc(65_535));
const capture = new Cap();
capture.on('packet', () => packets++);
capture.open(process.argv[2], '', 128 * 1024 * 1024, buffer);
capture.setMinBytes?.(0);
console.log('listening');
process.on('SIGTERM', () => {
  console.log(`packets ${packets}`);
  process.exit(0);
});
setInterval(() => {}, 1000);
