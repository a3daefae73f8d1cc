/**
 * Captures come in any order: whoever tries the newest file first and then imports the folder has the same store as whoever
 * imported the folder. Streams that were heard later do not swallow what is earlier, and nothing ends before it began.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openForWriting } from '../../src/store/database.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { runLine } from './command-line.ts';

const PLANT = join(SAMPLES, 'plant');
const files = readdirSync(PLANT).filter((name) => name.includes('.pcapng')).sort().map((name) => join(PLANT, name));

const folder = testFolder();

/** What was counted by whom, without the order in which it came. */
async function storeOf(name: string, ...imports: readonly (readonly string[])[]): Promise<{ operations: unknown[][]; conversations: unknown[][]; counters: unknown[][] }> {
  const db = join(folder, name);
  for (const paths of imports) expect((await runLine(['import', ...paths, '--db', db, '--jobs', '1'])).code).toBe(0);
  const store = openForWriting(db);
  try {
    const all = (sql: string): unknown[][] => store.db.prepare(sql).raw().all() as unknown[][];
    const ends = 'JOIN address AS a ON a.id = c.client JOIN address AS b ON b.id = c.server';
    expect(all('SELECT count(*) FROM conversation WHERE first_ns > last_ns')).toEqual([[0]]);
    expect(all('SELECT count(*) FROM operation WHERE first_ns > last_ns')).toEqual([[0]]);
    return {
      operations: all(`SELECT a.text, b.text, c.port, o.protocol, o.unit, o.function, o.requests, o.responses, o.errors, o.first_ns, o.last_ns
        FROM operation AS o JOIN conversation AS c ON c.id = o.conversation ${ends} ORDER BY 1, 2, 3, 4, 5, 6`),
      conversations: all(`SELECT a.text, b.text, c.transport, c.port, c.packets_to_server, c.packets_to_client, c.requests, c.first_ns, c.last_ns FROM conversation AS c ${ends} ORDER BY 1, 2, 3, 4`),
      counters: all("SELECT name, sum(count) FROM capture_counter WHERE name LIKE 'tcp.%' GROUP BY name ORDER BY name"),
    };
  } finally {
    store.close();
  }
}

test('the newest file first, then the folder', async () => {
  expect(await storeOf('newest.db', [files.at(-1) as string], [PLANT])).toEqual(await storeOf('folder.db', [PLANT]));
});

test('all of them the wrong way round, at once and one by one', async () => {
  const right = await storeOf('right.db', [PLANT]);
  const backwards = files.toReversed();
  const atOnce = await storeOf('at-once.db', backwards);
  expect(await storeOf('one-by-one.db', ...backwards.map((path) => [path]))).toEqual(atOnce);
  expect(atOnce.conversations).toEqual(right.conversations);
  // A message whose segments stand in two files, or come in the wrong order where a stream is joined, may be lost.
  const requests = ({ operations }: { operations: unknown[][] }): unknown[][] => operations.map((row) => row.slice(0, 7));
  expect(requests(atOnce)).toEqual(requests(right));
  const retransmitted = ({ counters }: { counters: unknown[][] }): number => Number(counters.find(([name]) => name === 'tcp.retransmitted')?.[1]);
  expect(Math.abs(retransmitted(atOnce) - retransmitted(right))).toBeLessThan(5);
});
