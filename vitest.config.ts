import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Threads of the program are TypeScript modules of their own, which vitest does not load.
    execArgv: ['--import', new URL('test/typescript-threads.mjs', import.meta.url).href],
    // Machines are shared and noisy: a test fails for what it computes, never for how long it took.
    testTimeout: 0,
    hookTimeout: 0,
  },
});
