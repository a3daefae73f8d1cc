/**
 * A session joined midstream between two nameless ports, whose first messages look the same both ways: its direction is a guess until one tells
 * who asks. What was counted by then belongs to the direction that was proved, whether it was written already or not.
 */
import { expect, test } from 'vitest';
import { ethernet, ETHERTYPE, hex, udpPacket } from '../../samples/gen/frames.ts';
import type { Conversation, ObservationSet } from '../../src/observation.ts';
import { adu, FIVE_READ, heard, heardIn, READ_FIVE, spoken, wireSession } from './wire-session.ts';

const SCADA = '10.0.9.1';
const DEVICE = '10.0.1.2';
/** Write single register and coil: the answer repeats the request (Modbus V1.1b3 clauses 6.5 and 6.6). */
const WRITE_REGISTER = hex('06 0028 0007');
const WRITE_COIL = hex('05 0007 ff00');

function writesThenReads(): Uint8Array[] {
  // The client's port is the lower one: between two nameless ports that is the better guess for the server's.
  const session = wireSession({ ip: SCADA, port: 1031, mac: '02:00:00:00:00:09' }, { ip: DEVICE, port: 13_502, mac: '02:00:00:00:00:02' });
  for (const [i, pdu] of [WRITE_REGISTER, WRITE_COIL, WRITE_REGISTER].entries()) {
    session.opener(adu(i, pdu));
    session.dialled(adu(i, pdu));
  }
  for (let i = 10; i < 13; i++) {
    session.opener(adu(i, READ_FIVE));
    session.dialled(adu(i, FIVE_READ));
  }
  session.opener(adu(20, WRITE_REGISTER));
  session.dialled(adu(20, WRITE_REGISTER));
  return session.frames;
}

const only = ({ conversations }: ObservationSet): Conversation => {
  expect(conversations).toHaveLength(1);
  return conversations[0] as Conversation;
};

const described = (one: Conversation): unknown => ({
  spoken: spoken([one]), packets: one.packets, bytes: one.bytes, sessions: one.sessions, requests: one.requests, by: one.direction.by,
  ranges: one.operations.map(({ function: code, ranges }) => `${code}: ${ranges.map(({ first, requests }) => `${first} ${requests}`).join(', ')}`),
});

const EXPECTED = {
  spoken: { [`${SCADA} > ${DEVICE}:13502`]: ['3: 3+3', '5: 1+1', '6: 3+3'] },
  packets: { toServer: 7, toClient: 7 }, sessions: 1, requests: 7, by: 'protocol', ranges: ['3: 0 3', '5: 7 1', '6: 40 3'],
};

test('writes before the first read are the client’s', async () => {
  expect(described(only(await heard(writesThenReads())))).toMatchObject(EXPECTED);
});

test.each([1, 2, 5, 7, 9])('and so they are where they were written to the store before: a checkpoint every %i frames', async (checkpointFrames) => {
  const once = only(await heard(writesThenReads()));
  expect(described(only(await heardIn([{ frames: writesThenReads(), startMs: 0 }], { checkpointFrames })))).toEqual(described(once));
});

test('datagrams between two ports of Modbus, the first one an answer', async () => {
  const send = (isAnswer: boolean, pdu: Uint8Array, id: number): Uint8Array =>
    ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', ETHERTYPE.ipv4, udpPacket({ from: isAnswer ? DEVICE : SCADA, to: isAnswer ? SCADA : DEVICE, ttl: 64, id }, 502, 502, adu(id, pdu)));
  const frames = [send(true, WRITE_REGISTER, 1), send(false, WRITE_REGISTER, 2), send(true, WRITE_REGISTER, 3), send(false, READ_FIVE, 4), send(true, FIVE_READ, 5)];
  const one = only(await heard(frames));
  expect(one).toMatchObject({ client: SCADA, server: DEVICE, port: 502, packets: { toServer: 2, toClient: 3 } });
  expect(spoken([one])).toEqual({ [`${SCADA} > ${DEVICE}:502`]: ['3: 1+1', '6: 1+2'] });
});
