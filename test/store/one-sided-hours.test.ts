/** A mirror port that lost one direction for some hours, between hours in which it had both. */
import { expect, test } from 'vitest';
import { lossesOf } from '../../src/render/sensor-losses.ts';
import { readOneSidedHours } from '../../src/store/read-sensor.ts';
import { readStatus } from '../../src/store/read-status.ts';
import { createMemoryStore } from '../fuzz/memory-store.ts';

const START = 492_000;

/** @param seen by conversation, by hour from START on: packets to the server, packets to the client */
function oneSided(seen: readonly (readonly (readonly [number, number])[])[], transport = 6): { hours: number[]; losses: string[] } {
  const store = createMemoryStore();
  try {
    const insert = store.db.prepare(`INSERT INTO conversation (id, client, server, transport, port, service, service_by, direction_by, packets_to_server, packets_to_client,
      bytes_to_server, bytes_to_client, sessions, answered, requests, rev) VALUES (?, 1, 2, ?, ?, '', 0, 0, ?, ?, 0, 0, 1, 1, 1, 1)`);
    const hour = store.db.prepare('INSERT INTO conversation_hour (conversation, hour, packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, requests, rev) VALUES (?, ?, ?, ?, 0, 0, 0, 1)');
    for (const [i, hours] of seen.entries()) {
      insert.run(i + 1, transport, 500 + i, hours.reduce((sum, [to]) => sum + to, 0), hours.reduce((sum, [, from]) => sum + from, 0));
      for (const [at, [to, from]] of hours.entries()) if (to + from > 0) hour.run(i + 1, START + at, to, from);
    }
    return { hours: readOneSidedHours(store.db).map((one) => one - START), losses: lossesOf(readStatus(store.db)) };
  } finally {
    store.close();
  }
}

const both = [9, 9] as const;
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

test('the hours are told, and which of the two directions was lost makes no difference', () => {
  for (const half of [[9, 0], [0, 9]] as const) {
    const { hours, losses } = oneSided(times(6, [both, half, half, both]));
    expect(hours).toEqual([1, 2]);
    expect(losses.filter((loss) => loss.includes('one way only'))).toEqual([expect.stringMatching(/^at least 2 of \d+ hours \(from 2026-02-16T01Z to 2026-02-16T02Z\) were heard one way only, .*check the mirror port$/)]);
  }
});

test('nothing is told of few conversations, of some among many, of what nobody ever answered, of datagrams', () => {
  const half = [9, 0] as const;
  expect(oneSided(times(4, [both, half])).hours).toEqual([]);
  expect(oneSided([...times(8, [both, half]), ...times(2, [both, both])]).hours).toEqual([]);
  expect(oneSided([...times(30, [half, half]), ...times(4, [both, half])]).hours).toEqual([]);
  expect(oneSided(times(9, [both, half]), 17).hours).toEqual([]);
});
