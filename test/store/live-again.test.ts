/**
 * A capture that was ended, and another one into the same store after a time in which nobody listened: a session that went on is joined
 * midstream. What both heard is counted, and what neither heard is no loss on the way to the sensor.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../folder.ts';
import { captureOf, dialogue, type TimedFrame } from '../flow/imported.ts';
import { newStore, play } from './live-stage.ts';

const folder = testFolder();
const header = (transaction: number, octets: number): number[] => [0, transaction, 0, 0, 0, octets, 1];
const ask = (transaction: number): number[] => [...header(transaction, 6), 3, 0, 7, 0, 1];
const answer = (transaction: number): number[] => [...header(transaction, 5), 3, 2, 0, transaction];
const SPLIT = 7;

/** Handshake, then four requests with their answers; each message is in two segments where `isSplit`. */
function frames(port: number, isSplit: boolean): readonly TimedFrame[] {
  const talk = dialogue(port);
  for (let n = 1; n <= 4; n++) {
    for (const [say, message] of [[talk.ask, ask(n)], [talk.answer, answer(n)]] as const) {
      for (const part of isSplit ? [message.slice(0, SPLIT), message.slice(SPLIT)] : [message]) say(part);
    }
  }
  return talk.frames;
}

const HANDSHAKE = 3;
test.each([502, 1502].flatMap((port) => [
  ['nothing was said meanwhile', port, false, 4, 4, '4/4'],
  ['a request and its answer were', port, false, 4, 6, '3/3'],
  ['an answer was', port, false, 3, 4, '4/3'],
  ['a request was', port, false, 2, 3, '3/4'],
  ['it was ended in a request, and goes on behind it', port, true, 5, 6, '3/4'],
  ['it was ended in an answer, and goes on behind it', port, true, 7, 8, '4/3'],
  ['it goes on in a request', port, true, 4, 5, '3/4'],
  ['it goes on in an answer', port, true, 6, 7, '4/3'],
  ['it was ended in a message, and goes on in another one of the same side', port, true, 5, 9, '2/3'],
] as const))('%s (port %i)', async (_what, port, isSplit, ended, begun, counted) => {
  const all = frames(port, isSplit);
  const store = newStore();
  for (const [i, part] of [all.slice(0, HANDSHAKE + ended), all.slice(HANDSHAKE + begun)].entries()) {
    const file = join(folder, `${port}-${isSplit}-${ended}-${begun}-${i}.pcap`);
    writeFileSync(file, captureOf(part));
    await play(store, file);
  }
  expect(store.db.prepare("SELECT protocol || ' ' || function || ': ' || requests || '/' || responses FROM operation").pluck().all()).toEqual([`modbus 3: ${counted}`]);
  // The rest of a message whose beginning nobody heard is said to be unread, and nothing else is amiss.
  expect(store.db.prepare("SELECT name FROM capture_counter WHERE name <> 'tcp.unread' AND (name LIKE 'tcp.%' OR name LIKE 'malformed.%')").pluck().all()).toEqual([]);
  expect(store.db.prepare('SELECT sum(lost_segments) FROM sensor_hour').pluck().get()).toBe(0);
  expect(store.db.prepare('SELECT sum(sessions) FROM conversation').pluck().get()).toBe(1);
  store.close();
});
