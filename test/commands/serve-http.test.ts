/** The door of `serve` by itself: an address that works once, and the other loopback. */
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { openDoor } from '../../src/commands/serve-http.ts';

const statusOf = (address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    request(address, { agent: false }, (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject).end();
  });

test.each(['127.0.0.1', '::1'] as const)('on %s an address for a browser works once, the printed one until the end', async (host) => {
  const door = await openDoor(host, 0, () => ({ status: 200, type: 'text/plain', body: '' }));
  expect(new URL(door.address).hostname).toBe(host === '::1' ? '[::1]' : host);
  const [first, second] = [door.onceOnly(), door.onceOnly()];
  expect(new Set([first, second, door.address]).size).toBe(3);
  expect([await statusOf(first), await statusOf(first), await statusOf(second), await statusOf(second)]).toEqual([303, 403, 303, 403]);
  expect([await statusOf(door.address), await statusOf(door.address)]).toEqual([303, 303]);
  await door.close();
  await expect(statusOf(door.address)).rejects.toThrow(/ECONNREFUSED/);
});
