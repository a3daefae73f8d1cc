/** What comes after a session's end is read: after a forged reset, overtaken by the FINs, or of a next session whose SYN was lost. */
import { expect, test } from 'vitest';
import { hex, TCP_FLAG } from '../../samples/gen/frames.ts';
import { adu, FIVE_READ, heard, heardIn, READ_FIVE, spoken, THREE_WRITTEN, wireSession, WRITE_THREE, type Heard, type WireSession } from './wire-session.ts';

const HMI = { ip: '10.0.0.1', port: 50_000, mac: '02:00:00:00:00:01' };
const PLC = { ip: '10.0.0.2', port: 502, mac: '02:00:00:00:00:02' };
const LINE = '10.0.0.1 > 10.0.0.2:502';
const { ack, rst, syn } = TCP_FLAG;

function reading(times: number): WireSession {
  const session = wireSession(HMI, PLC);
  session.open();
  for (let i = 0; i < times; i++) {
    session.opener(adu(i, READ_FIVE));
    session.dialled(adu(i, FIVE_READ));
  }
  return session;
}

function writing(session: WireSession, times: number): void {
  for (let i = 0; i < times; i++) {
    session.opener(adu(100 + i, WRITE_THREE));
    session.dialled(adu(100 + i, THREE_WRITTEN));
  }
}

test('a forged reset silences nobody', async () => {
  const session = reading(3);
  session.segment('opener', rst, 0x12345);
  writing(session, 2);
  const { conversations, sensor } = await heard(session.frames);
  expect(spoken(conversations)).toEqual({ [LINE]: ['3: 3+3', '16: 2+2'] });
  expect(conversations[0]?.sessions).toBe(1);
  expect(sensor.counters['tcp.after-close']).toBe(1);
  expect(sensor.counters['tcp.gap']).toBeUndefined();
});

test('a reset far from where the octets are forgets nothing that was asked: the refusal says what it refuses', async () => {
  for (const far of [0x40_000_000, -0x40_000_000]) {
    const session = reading(3);
    // Function 43 with another interface than device identification; its exception says no more than 43.
    session.opener(adu(77, hex('2b 0d 00 00')));
    session.segment('dialled', rst, (session.next.dialled + far) >>> 0);
    session.segment('opener', rst | ack, (session.next.opener + far) >>> 0);
    session.dialled(adu(77, hex('ab 01')));
    const { conversations, sensor } = await heard(session.frames);
    expect(conversations[0]?.operations.map(({ function: code, requests, responses, errors }) => [code & 0xff, requests, responses, errors])).toEqual([[3, 3, 3, 0], [43, 1, 0, 1]]);
    expect([sensor.counters['tcp.stray-reset'], sensor.counters['tcp.after-close']]).toEqual([2, undefined]);
  }
});

test('data overtaken by the FINs is read, and what is sent once more is not read twice', async () => {
  const session = reading(3);
  const request = session.opener(adu(9, WRITE_THREE), false);
  const answer = session.dialled(adu(9, THREE_WRITTEN), false);
  session.close();
  session.frames.push(request, answer);
  const once = await heard(session.frames);
  expect(spoken(once.conversations)).toEqual({ [LINE]: ['3: 3+3', '16: 1+1'] });
  session.frames.push(request, answer);
  const twice = await heard(session.frames);
  expect(spoken(twice.conversations)).toEqual({ [LINE]: ['3: 3+3', '16: 1+1'] });
  expect(twice.sensor.counters['tcp.retransmitted']).toBe(2);
});

test.each([['whose SYN was lost', true], ['of which neither SYN nor SYN-ACK was seen', false]])('the next session on the same ports, %s', async (_, isAnswerSeen) => {
  const session = reading(3);
  session.close();
  session.next.opener += 1_000_000;
  session.next.dialled += 99_999_999;
  if (isAnswerSeen) session.segment('dialled', syn | ack, session.next.dialled++);
  writing(session, 5);
  const { conversations } = await heard(session.frames);
  expect(spoken(conversations)).toEqual({ [LINE]: ['3: 3+3', '16: 5+5'] });
  expect(conversations[0]?.sessions).toBe(isAnswerSeen ? 2 : 1);
});

test('a SYN-ACK that is sent once more begins nothing', async () => {
  const session = reading(1);
  writing(session, 1);
  session.close();
  const all = session.frames.slice();
  all.push(...[1, 3, 4].map((i) => session.frames[i] as Uint8Array));
  const { conversations } = await heard(all);
  expect(spoken(conversations)).toEqual({ [LINE]: ['3: 1+1', '16: 1+1'] });
  expect(conversations[0]?.sessions).toBe(1);
});

test('a session that was closed in a later capture is read in an earlier one', async () => {
  const session = reading(3);
  writing(session, 1);
  session.close();
  const [earlier, later] = [session.frames.slice(3, 9), session.frames.slice(9)];
  const { conversations } = await heardIn([{ frames: later, startMs: 30_000 }, { frames: earlier, startMs: 0 }]);
  expect(spoken(conversations)).toEqual({ [LINE]: ['3: 3+3', '16: 1+1'] });
});

/** Sessions of one device that begins each with the same number, on the same port, a minute apart: five registers read, three written. */
const alike = (end: 'close' | 'reset' | 'nothing', dialledDiffers: boolean): Heard[] =>
  Array.from({ length: 5 }, (_, n) => {
    const session = wireSession(HMI, PLC, { opener: 1000, dialled: dialledDiffers ? 9000 + n * 7919 : 9000 });
    session.open();
    session.opener(adu(n, READ_FIVE));
    session.dialled(adu(n, FIVE_READ));
    writing(session, 1);
    if (end === 'close') session.close();
    else if (end === 'reset') session.segment('opener', rst, session.next.opener);
    return { frames: session.frames, startMs: n * 60_000 };
  });

test.each(['close', 'reset', 'nothing'] as const)('a device that always begins with the same number, each session ended by %s', async (end) => {
  for (const dialledDiffers of [false, true]) {
    const { conversations, sensor } = await heardIn(alike(end, dialledDiffers));
    expect(spoken(conversations)).toEqual({ [LINE]: ['3: 5+5', '16: 5+5'] });
    expect(conversations[0]?.sessions).toBe(5);
    expect([sensor.counters['tcp.retransmitted'], sensor.counters['tcp.gap'], sensor.counters['tcp.after-close']]).toEqual([undefined, undefined, undefined]);
  }
});

test('a SYN that is refused and sent again, and one that is sent again before the answer is heard, begin nothing anew', async () => {
  const refused = wireSession(HMI, PLC);
  for (let i = 0; i < 3; i++) {
    refused.segment('opener', syn, 999);
    refused.segment('dialled', rst | ack, 0);
    refused.frames.push(...Array<Uint8Array>(150).fill(wireSession({ ...HMI, ip: '10.0.0.9' }, PLC).segment('opener', syn, 7)));
  }
  expect((await heard(refused.frames)).conversations.find(({ client }) => client === HMI.ip)?.sessions).toBe(1);
  const late = reading(1);
  late.frames.splice(1, 0, ...Array<Uint8Array>(150).fill(late.frames[0] as Uint8Array));
  const { conversations } = await heard(late.frames);
  expect(conversations[0]?.sessions).toBe(1);
  expect(spoken(conversations)).toEqual({ [LINE]: ['3: 1+1'] });
});
