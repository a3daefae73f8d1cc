import { availableParallelism, totalmem } from 'node:os';
import { defineConfig } from 'vitest/config';

/** A worker for each core, because many tests wait for programs that they start. With those it takes up to 1.5 GB: many cores with little memory get fewer. */
const WORKER_BYTES = 1.5e9;
const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Threads and processes that the program starts are not loaded by vitest.
    execArgv: ['--import', new URL('test/built-threads.mjs', import.meta.url).href],
    // Files share a worker and its modules, which take more than a second to load. What a test changes of the process it puts back.
    isolate: false,
    maxWorkers: Math.max(1, Math.min(availableParallelism(), Math.floor(memory / WORKER_BYTES))),
    globalSetup: ['test/build-program.ts'],
    setupFiles: ['test/hang.ts'],
    // Detects hangs, and is no bar for speed: machines are shared and noisy, and a test fails for what it computes, never for
    // how long it took. The longest takes about one minute.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 600_000 } },
  },
});
