/** An asset by whatever it is called: in the store, in a spec, on the wire. */
import { expect, test } from 'vitest';
import { matchesKey } from '../../src/commands/analysis.ts';
import type { Asset } from '../../src/infer/proposal.ts';

const asset = { id: '00:80:F4:00:00:72', names: ['Press 7'], addresses: ['00:80:f4:00:00:72', '10.1.0.7'], macs: ['00:80:f4:00:00:72'] } as unknown as Asset;

test.each(['00:80:f4:00:00:72', '00-80-F4-00-00-72', 'press 7', '10.1.0.7'])('%s names it', (key) => expect(matchesKey(asset, key)).toBe(true));
test.each(['00-80-f4-00-00-73', '10.1.0.70', 'press', ''])('%j does not', (key) => expect(matchesKey(asset, key)).toBe(false));
