/** What a person pinned, found again by whatever names an asset. */
import { expect, test } from 'vitest';
import type { Inventory } from '../../src/infer/assets.ts';
import { resolvePins } from '../../src/infer/pins.ts';
import { NO_PINS } from '../../src/infer/proposal.ts';

const [FIRST_CARD, SECOND_CARD, ROUTER] = ['00:1c:7f:00:00:01', '00:d0:c9:00:00:02', '00:00:5e:00:01:01'];
const inventory = {
  assets: [
    { id: 'PLC-1', names: [], macs: [FIRST_CARD, SECOND_CARD] },
    { id: 'PC-1', names: [], macs: [ROUTER] },
    { id: 'PC-2', names: [], macs: [ROUTER, '00:11:22:00:00:03'] },
  ],
  indexOf: new Map<string, number>(),
} as unknown as Inventory;

test('a device whose network card was replaced is known by both, and its spec contradicts nothing', () => {
  const pinned = resolvePins(inventory, { ...NO_PINS, assetZone: new Map([[FIRST_CARD, 'Z-A'], [SECOND_CARD, 'Z-A']]) });
  expect([...pinned.zone]).toEqual([[0, 'Z-A']]);
  expect(pinned.contradictions).toEqual([]);
});

test('a link address that a router lends to others names nobody but who has no other', () => {
  expect([...resolvePins(inventory, { ...NO_PINS, assetZone: new Map([[ROUTER, 'Z-A']]) }).zone]).toEqual([[1, 'Z-A']]);
});

test('a link address that was never seen is a contradiction', () => {
  expect(resolvePins(inventory, { ...NO_PINS, assetZone: new Map([['00:11:22:33:44:55', 'Z-A']]) }).contradictions).toEqual([{ pin: 'zone of 00:11:22:33:44:55', sentence: '00:11:22:33:44:55 is pinned but was never seen' }]);
});
