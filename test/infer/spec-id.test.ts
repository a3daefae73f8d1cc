import { expect, it } from 'vitest';
import { specIdOf } from '../../src/infer/spec-id.ts';

it.each([
  ['PLC-7', 'PLC-7'], ['10.20.4.17', '10.20.4.17'], ['Line 2 / PLC (spare)', 'Line-2-PLC-spare'], ['_hidden_', 'hidden'], ['\u202E<b>', 'b'], ['???', 'asset'], ['x'.repeat(99), 'x'.repeat(59)],
])('%s is written as %s', (text, id) => {
  expect(specIdOf(text, 'asset')).toBe(id);
});
