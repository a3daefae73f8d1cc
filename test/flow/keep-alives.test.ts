/** Keep-alives with an octet (RFC 9293 section 3.8.4), of a connection that was joined while nobody asked anything. */
import { expect, test } from 'vitest';
import { dialogue, imported, operationsOf } from './imported.ts';

test('do not use up the looks at a connection on a port that says nothing', async () => {
  const { frames, ask, answer } = dialogue(41_502, { handshake: false });
  for (let i = 0; i < 4; i++) {
    ask([0]);
    answer([0]);
  }
  ask([0, 1, 0, 0, 0, 6, 1, 3, 0, 7, 0, 1]);
  answer([0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 1]);
  expect(operationsOf(await imported(frames))).toEqual(['modbus 3: 1/1/0']);
});
