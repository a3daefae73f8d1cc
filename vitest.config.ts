import { availableParallelism, totalmem } from 'node:os';
import { defineConfig } from 'vitest/config';

/** A worker for each core, because many tests wait for programs that they start. With those it takes up to 1.5 GB: many cores with little memory get fewer. */
const WORKER_BYTES = 1.5e9;
const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Threads of the program are TypeScript modules of their own, which vitest does not load.
    execArgv: ['--import', new URL('test/typescript-threads.mjs', import.meta.url).href],
    maxWorkers: Math.max(1, Math.min(availableParallelism(), Math.floor(memory / WORKER_BYTES))),
    globalSetup: ['test/build-program.ts'],
    setupFiles: ['test/hang.ts'],
    // Detects hangs, and is no bar for speed: machines are shared and noisy, and a test fails for what it computes, never for
    // how long it took. The longest takes about one minute.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
