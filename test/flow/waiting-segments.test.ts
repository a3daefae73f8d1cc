/** What waits behind a lost segment is of the time when it came, however long it waits. */
import { expect, test } from 'vitest';
import { ascii } from '../../samples/gen/frames.ts';
import { adu, FIVE_READ, heard, heardIn, READ_FIVE, spoken, wireSession, WRITE_THREE } from './wire-session.ts';

const DAY_MS = 86_400_000;
const between = (a: number, b: number): ReturnType<typeof wireSession> =>
  wireSession({ ip: `10.0.0.${a}`, port: 50_000 + a, mac: `02:00:00:00:00:0${a}` }, { ip: `10.0.0.${b}`, port: 502, mac: `02:00:00:00:00:0${b}` });

test('a request behind a lost segment is of the time when it came, not of the capture that was read last', async () => {
  const [early, late] = [between(1, 2), between(3, 4)];
  early.open();
  early.opener(adu(1, READ_FIVE));
  early.dialled(adu(1, FIVE_READ));
  early.opener(adu(2, READ_FIVE), false);
  early.opener(adu(3, WRITE_THREE));
  late.open();
  late.opener(adu(1, READ_FIVE));
  late.dialled(adu(1, FIVE_READ));
  const { conversations } = await heardIn([{ frames: early.frames, startMs: 0 }, { frames: late.frames, startMs: 100 * DAY_MS }]);
  const [one] = conversations.filter(({ client }) => client === '10.0.0.1');
  expect(spoken([one])).toEqual({ '10.0.0.1 > 10.0.0.2:502': ['3: 1+1', '16: 1+0'] });
  for (const { days, lastNs } of one.operations) {
    expect(days).toEqual(one.days);
    expect(lastNs <= one.lastNs).toBe(true);
  }
});

test('a request that waited for a late segment is of the time when it came', async () => {
  const session = between(1, 2);
  session.open();
  const first = session.opener(adu(1, READ_FIVE), false);
  session.opener(adu(2, WRITE_THREE));
  session.frames.push(first);
  const { conversations: [one] } = await heard(session.frames);
  expect(spoken([one])).toEqual({ '10.0.0.1 > 10.0.0.2:502': ['3: 1+0', '16: 1+0'] });
  const [read, write] = one.operations;
  expect(read.lastNs - write.lastNs).toBe(10_000_000n);
});

test.each([502, 10_502])('what was said before the first message, and is nobody’s, is no loss (port %i)', async (port) => {
  const session = wireSession({ ip: '10.0.0.1', port: 50_001, mac: '02:00:00:00:00:01' }, { ip: '10.0.0.2', port, mac: '02:00:00:00:00:02' });
  session.open();
  session.opener(ascii('LOGIN operator\r\n'));
  session.dialled(ascii('OK\r\n'));
  for (let i = 1; i <= 4; i++) {
    session.opener(adu(i, READ_FIVE));
    session.dialled(adu(i, FIVE_READ));
  }
  const { conversations, sensor } = await heard(session.frames);
  expect(spoken(conversations)).toEqual({ [`10.0.0.1 > 10.0.0.2:${port}`]: ['3: 4+4'] });
  expect(sensor.counters).toEqual({});
});
