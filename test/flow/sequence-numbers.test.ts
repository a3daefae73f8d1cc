/** Where a stream's octets stand: data that a SYN carries. */
import { expect, test } from 'vitest';
import { TCP_FLAG } from '../../samples/gen/frames.ts';
import { adu, FIVE_READ, heard, READ_FIVE, spoken, wireSession, type WireSession } from './wire-session.ts';

const LINE = '10.0.0.1 > 10.0.0.2:502';
const between = (): WireSession => wireSession({ ip: '10.0.0.1', port: 50_000, mac: '02:00:00:00:00:01' }, { ip: '10.0.0.2', port: 502, mac: '02:00:00:00:00:02' }, { opener: 3_000_000, dialled: 9000 });

function speak(session: WireSession, question: Uint8Array, answer: Uint8Array, times: number): void {
  for (let i = 0; i < times; i++) {
    session.opener(adu(i, question));
    session.dialled(adu(i, answer));
  }
}

test('data in a SYN begins after the octet that the SYN counts as (RFC 9293 section 3.4)', async () => {
  const session = between();
  const first = adu(7, READ_FIVE);
  session.segment('opener', TCP_FLAG.syn, session.next.opener, first);
  session.next.opener += 1 + first.length;
  session.segment('dialled', TCP_FLAG.syn | TCP_FLAG.ack, session.next.dialled++);
  session.dialled(adu(7, FIVE_READ));
  speak(session, READ_FIVE, FIVE_READ, 3);
  const { conversations, sensor } = await heard(session.frames);
  expect(spoken(conversations)).toEqual({ [LINE]: ['3: 4+4'] });
  expect(Object.keys(sensor.counters).filter((name) => name.startsWith('tcp.'))).toEqual([]);
});
