/** Who only polls an outstation is no writer: what every master writes for that is told apart, under its function's own number. */
import { expect, test } from 'vitest';
import { hex } from '../../samples/gen/frames.ts';
import { heard, wireSession } from './wire-session.ts';

const RESTART_ENDED = hex('05640ec401000200e066c0c0025001000707002c49');
const DONE = hex('05640a440200010010f0c0c08100009ce8');
const TIME_SET = hex('056412c40100020093c9c0c10232010701010203040506d29b');
const POLLED = hex('056411c401000200c35ac7c7013c02063c03063c0406734d');

test('DNP3: the restart indication ended is reading, the time set is writing, both are function 2', async () => {
  const session = wireSession({ ip: '10.44.0.9', port: 50_001, mac: '02:00:00:00:44:09' }, { ip: '10.44.0.21', port: 20_000, mac: '02:00:00:00:44:21' });
  session.open();
  for (const asked of [RESTART_ENDED, TIME_SET, RESTART_ENDED, POLLED]) {
    session.opener(asked);
    session.dialled(DONE);
  }
  const [one] = (await heard(session.frames)).conversations;
  const told = one.operations.map((o) => `${o.function} ${o.name} ${o.access}: ${o.requests}+${o.responses}`);
  expect(told.sort()).toEqual(['1 Read read: 1+1', '2 Write (restart flag) read: 2+2', '2 Write (time) write: 1+1']);
});
