/**
 * The queues of a mirror port deliver frames of one direction in another order too, and an acknowledgement before what it acknowledges:
 * what is late is read, and is no gap. What was lost on the way to the sensor is one, and is waited for no longer than that.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TCP_FLAG } from '../../samples/gen/frames.ts';
import { TO_SERVER } from '../../src/decode/app/protocol.ts';
import { fromHex } from '../decode/app/capture-streams.ts';
import { READ } from '../decode/app/told-messages.ts';
import { dialogue, imported, operationsOf, type Imported, type TimedFrame } from './imported.ts';
import { adu, FIVE_READ, READ_FIVE, THREE_WRITTEN, wireSession, WRITE_THREE, type WireSession } from './wire-session.ts';

const MS = 1000;
const LATE_MS = 100;

const session = (): WireSession => wireSession({ ip: '10.0.0.1', port: 50_001, mac: '02:00:00:00:00:01' }, { ip: '10.0.0.2', port: 502, mac: '02:00:00:00:00:02' });

/** @param ms when each frame came */
const timed = (frames: readonly Uint8Array[], ms: (place: number) => number): TimedFrame[] => frames.map((bytes, i) => ({ us: Math.round(ms(i) * MS), bytes }));
const gapsOf = ({ sensor }: Imported): number => sensor.counters['tcp.gap'] ?? 0;

/** Two requests at once, their acknowledgement, the first request, the answers. */
function overtakenTalk(isHeard: boolean): Uint8Array[] {
  const one = session();
  one.open();
  const first = one.opener(adu(1, READ_FIVE), false);
  one.opener(adu(2, WRITE_THREE));
  one.segment('dialled', TCP_FLAG.ack, one.next.dialled);
  if (isHeard) one.frames.push(first);
  one.dialled(adu(1, FIVE_READ));
  one.dialled(adu(2, THREE_WRITTEN));
  for (let i = 3; i < 6; i++) {
    one.opener(adu(i, READ_FIVE));
    one.dialled(adu(i, FIVE_READ));
  }
  return one.frames;
}

test('what was acknowledged before it came is read, and is no gap', async () => {
  const told = await imported(timed(overtakenTalk(true), (i) => i * 0.2));
  expect(operationsOf(told)).toEqual(['modbus 3: 4/4/0', 'modbus 16: 1/1/0']);
  expect(told.sensor.counters).toEqual({});
});

test.each([0.2, 30, 4000])('what was lost is a gap, and the rest is read, at the end of a short capture too (a frame each %d ms)', async (pace) => {
  const told = await imported(timed(overtakenTalk(false), (i) => i * pace));
  expect(operationsOf(told)).toEqual(['modbus 3: 3/4/0', 'modbus 16: 1/1/0']);
  expect(told.sensor.counters).toEqual({ 'tcp.gap': 1 });
});

const HTTP = 80;
const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')];
const GET = ascii('GET /state HTTP/1.1\r\nHost: plc\r\n\r\n');
const FOUND = ascii('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
const MISSING = ascii('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
const PUT = ascii('PUT /state HTTP/1.1\r\nHost: plc\r\nContent-Length: 0\r\n\r\n');

test('after a lost request answers belong to the requests that they answer', async () => {
  const talk = dialogue(HTTP);
  talk.ask(GET);
  talk.answer(FOUND);
  talk.ask(GET, false);
  talk.answer(FOUND);
  for (let i = 0; i < 20; i++) {
    talk.ask(i % 2 === 0 ? PUT : GET);
    talk.answer(i % 2 === 0 ? MISSING : FOUND);
  }
  const told = await imported(talk.frames);
  expect(operationsOf(told).sort()).toEqual(['http 0: 11/12/0', 'http 3: 10/0/10']);
  expect(gapsOf(told)).toBe(1);
});

test('the two sides are read in the order in which they came, also where no acknowledgement tells it', async () => {
  const one = wireSession({ ip: '10.0.0.1', port: 50_001, mac: '02:00:00:00:00:01' }, { ip: '10.0.0.2', port: HTTP, mac: '02:00:00:00:00:02' });
  one.open();
  one.opener(Uint8Array.from(GET), false);
  let said = one.next.dialled;
  for (let i = 0; i < 6; i++) {
    one.opener(Uint8Array.from(i % 2 === 0 ? PUT : GET));
    const answer = Uint8Array.from(i % 2 === 0 ? MISSING : FOUND);
    // What it acknowledges of the other side is told; what the other side acknowledges of it stays behind.
    one.segment('dialled', TCP_FLAG.ack | TCP_FLAG.psh, said, answer);
    said += answer.length;
  }
  expect(operationsOf(await imported(timed(one.frames, (i) => i * 10))).sort()).toEqual(['http 0: 3/3/0', 'http 3: 3/0/3']);
});

test('a lost request is waited for no longer than a late one may come: the stream goes on long before the capture ends', async () => {
  const one = session();
  one.open();
  one.opener(adu(1, READ_FIVE), false);
  const rounds = 40;
  for (let i = 0; i < rounds; i++) {
    one.opener(adu(2 + i, WRITE_THREE));
    one.dialled(adu(2 + i, THREE_WRITTEN));
  }
  // It comes when nobody waits for it any more.
  const late = wireSession({ ip: '10.0.0.1', port: 50_001, mac: '02:00:00:00:00:01' }, { ip: '10.0.0.2', port: 502, mac: '02:00:00:00:00:02' });
  late.open();
  one.frames.splice(3 + 2 * 20, 0, late.opener(adu(1, READ_FIVE)));
  const told = await imported(timed(one.frames, (i) => i * (LATE_MS / 10)));
  expect(operationsOf(told)).toEqual([`modbus 16: ${rounds}/${rounds}/0`]);
  expect(told.sensor.counters).toEqual({ 'tcp.gap': 1, 'tcp.retransmitted': 1 });
});

test('an answer that overtook the SYN-ACK is read', async () => {
  const one = session();
  one.open();
  one.opener(adu(1, READ_FIVE));
  one.dialled(adu(1, FIVE_READ));
  const [syn, synAck, ack, request, answer] = one.frames;
  const told = await imported(timed([syn, answer, synAck, ack, request], (i) => i * 0.2));
  expect(operationsOf(told)).toEqual(['modbus 3: 1/1/0']);
  expect(told.sensor.counters).toEqual({});
});

const HANDSHAKE_FRAMES = 3;

describe.each(READ.filter(([, transport]) => transport === 'tcp').map(([name, , port, messages], i) => [`${i} ${name}`, port, messages] as const))('%s', (_, port, messages) => {
  test('in whatever order a millisecond of it comes', async () => {
    const talk = dialogue(port);
    for (let again = 0; again < 3; again++) for (const [direction, hex] of messages) (direction === TO_SERVER ? talk.ask : talk.answer)([...fromHex(hex)]);
    const frames = talk.frames.map(({ bytes }, i) => ({ us: i * 100, bytes }));
    const expected = operationsOf(await imported(frames));
    const delays = fc.array(fc.integer({ min: 0, max: MS }), { minLength: frames.length, maxLength: frames.length });
    await fc.assert(
      fc.asyncProperty(delays, async (delay) => {
        const came = frames.map(({ us, bytes }, i) => ({ us: i <= HANDSHAKE_FRAMES ? us : us + delay[i], bytes })).sort((a, b) => a.us - b.us);
        const told = await imported(came);
        expect(operationsOf(told)).toEqual(expected);
        expect(gapsOf(told)).toBe(0);
      }),
      { numRuns: 6 },
    );
  });
});
