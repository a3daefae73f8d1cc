import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Machines are shared and noisy: a test fails for what it computes, never for how long it took.
    testTimeout: 0,
    hookTimeout: 0,
  },
});
