import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Threads of the program are TypeScript modules of their own, which vitest does not load.
    execArgv: ['--import', new URL('test/typescript-threads.mjs', import.meta.url).href],
    setupFiles: ['test/hang.ts'],
    // Detects hangs, and is no bar for speed: machines are shared and noisy, and a test fails for what it computes, never for
    // how long it took. The longest takes about one minute.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
