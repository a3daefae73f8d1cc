/**
 * A child process for live-addon.test.ts: the addon used as it should not be, from the main thread and from workers
 * that end in the midst of it. argv: the addon's file, rounds. It must leave with exit code 0 and `leaving` as its last
 * word; what it prints before that is compared. Plain CommonJS, so that it also runs under a sanitizer or Valgrind.
 */
const { readdirSync } = require('node:fs');
const { Worker, isMainThread, workerData } = require('node:worker_threads');

const file = isMainThread ? process.argv[2] : workerData.file;
const addon = require(file);
const LIBRARIES = ['libpcap.so.0.8', 'libpcap.so.1', 'libpcap.so'];

const wait = (ms) => new Promise((resolve) => void setTimeout(resolve, ms));
const say = (words) => void process.stdout.write(`${words}\n`);
/** snap length, kernel buffer, timeout, blocks, frames and octets of a block, promiscuous, adapter timestamps */
const NUMBERS = Float64Array.of(65_535, 1 << 20, 100, 8, 8192, 1 << 20, 0, 0);

function start(filter = '') {
  const capture = new addon.Capture('lo', filter, NUMBERS, () => void capture.state());
  return capture;
}

function attempt(name, action) {
  try {
    say(`${name}: ${action()}`);
  } catch (error) {
    say(`${name}: refused, ${error.message}`);
  }
}

async function work() {
  addon.loadLibrary(...LIBRARIES);
  const captures = [start(), start(), start()];
  captures.forEach((capture) => capture.memory());
  await wait(workerData.ms);
  if (workerData.exit) process.exit(0);
  captures.forEach((capture) => capture.stop());
}

async function main() {
  attempt('before the library', () => start());
  attempt('no names', () => addon.loadLibrary());
  attempt('not libpcap', () => addon.loadLibrary('libc.so.6'));
  attempt('odd names', () => addon.loadLibrary(5, null, {}));
  for (let i = 0; i < 5; i++) addon.loadLibrary(...LIBRARIES);
  for (const bad of [[], [1], ['lo', '', NUMBERS], ['lo', '', new Int32Array(8), () => {}], ['lo', '', NUMBERS.subarray(1), () => {}], [null, null, null, () => {}]]) attempt('bad arguments', () => new addon.Capture(...bad));
  attempt('odd options', () => {
    const capture = new addon.Capture(5, {}, Float64Array.of(NaN, -Infinity, 0, 1e9, NaN, -1, 7, 7), () => {});
    const { byteLength } = capture.memory();
    capture.close();
    return byteLength;
  });
  attempt('another this', () => addon.Capture.prototype.take.call({}));
  attempt('privileges of nobody', () => addon.dropPrivileges());

  const capture = start();
  const memory = capture.memory();
  say(`octets: ${memory.byteLength}, again ${capture.memory()}`);
  for (const odd of [-1, 0, 7, 8, 1e9, NaN, 'x', undefined]) capture.release(odd);
  for (const odd of [new Float64Array(2), new Int32Array(20), undefined, new Float64Array(16)]) capture.stats(odd);
  await wait(200);
  const taken = capture.take();
  for (let i = 0; i < 3; i++) capture.release(taken);
  capture.close();
  capture.close();
  capture.stop();
  while (capture.state() !== 2) await wait(10);
  say(`ended: ${capture.take()} ${JSON.stringify(capture.details())}`);
  try {
    structuredClone(memory, { transfer: [memory] });
  } catch {
    // Node 26 refuses it; what went away under the addon's hands is what is tried here.
  }

  for (let round = 0; round < Number(process.argv[3]); round++) {
    const some = [0, 1, 2].map(() => start(round % 3 === 0 ? 'tcp (' : ''));
    some.forEach((one) => one.memory());
    await wait((round % 5) * 10);
    some.forEach((one) => (round % 2 === 0 ? one.stop() : one.close()));
    while (some.some((one) => one.state() !== 2)) await wait(5);
  }
  await wait(300);
  const open = readdirSync('/proc/self/fd').length;
  say(`descriptors left open: ${open < 60 ? 'none' : open}`);

  for (const ms of [0, 5, 50, 200]) {
    for (const exit of [true, false]) {
      await new Promise((resolve, reject) => void new Worker(__filename, { workerData: { file, ms, exit } }).on('exit', resolve).on('error', reject));
    }
  }
  for (const ms of [0, 10, 30, 60, 150]) {
    const worker = new Worker(__filename, { workerData: { file, ms: 10_000 } });
    await wait(ms + 20);
    await worker.terminate();
  }
  // Left running on purpose.
  [start(), start(), start()].forEach((one) => one.memory());
  await wait(50);
  say('leaving');
  process.exit(0);
}

void (isMainThread ? main() : work());
