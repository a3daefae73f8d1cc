/**
 * A tap or a mirror port may deliver one direction sooner than the other, so that answers come before what they answer: the same is
 * read of them. Where the question was lost, the answer is read all the same.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TO_SERVER } from '../../src/decode/app/protocol.ts';
import { fromHex } from '../decode/app/capture-streams.ts';
import { READ, type Message } from '../decode/app/told-messages.ts';
import { dialogue, imported, operationsOf, type TimedFrame } from './imported.ts';

const HANDSHAKE_FRAMES = 3;

const talkOf = (port: number, messages: readonly Message[]): readonly TimedFrame[] => {
  const talk = dialogue(port);
  for (const [direction, hex] of messages) (direction === TO_SERVER ? talk.ask : talk.answer)([...fromHex(hex)]);
  return talk.frames;
};

const SOURCE_PORT_AT = 34;
const sourcePort = ({ bytes }: TimedFrame): number => (bytes[SOURCE_PORT_AT] << 8) | bytes[SOURCE_PORT_AT + 1];

/** Where the two directions take turns, the later frame comes first; times stay. @param isSwapped by place */
function overtaken(frames: readonly TimedFrame[], isSwapped: (place: number) => boolean): TimedFrame[] {
  const out = [...frames];
  for (let i = HANDSHAKE_FRAMES; i + 1 < out.length; i++) {
    const [first, second] = [out[i], out[i + 1]];
    if (!isSwapped(i) || sourcePort(first) === sourcePort(second)) continue;
    out[i] = { us: first.us, bytes: second.bytes };
    out[i + 1] = { us: second.us, bytes: first.bytes };
    i++;
  }
  return out;
}

describe.each(READ.filter(([, transport]) => transport === 'tcp').map(([name, , port, messages], i) => [`${i} ${name}`, port, messages] as const))('%s', (_, port, messages) => {
  test('answers that overtook their questions', async () => {
    const frames = talkOf(port, messages);
    const expected = operationsOf(await imported(frames));
    expect(operationsOf(await imported(overtaken(frames, () => true)))).toEqual(expected);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: frames.length, maxLength: frames.length }), async (swaps) => {
        expect(operationsOf(await imported(overtaken(frames, (place) => swaps[place])))).toEqual(expected);
      }),
      { numRuns: 4 },
    );
  });
});

const HTTP = 80;
const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')];
const GET = ascii('GET /state HTTP/1.1\r\nHost: plc\r\n\r\n');
const FOUND = ascii('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
const MISSING = ascii('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');

test('an error is that of the question which it answers, though it came sooner', async () => {
  const talk = dialogue(HTTP);
  for (const answer of [FOUND, MISSING, FOUND]) {
    talk.ask(GET);
    talk.answer(answer);
  }
  const expected = ['http 0: 3/2/1'];
  expect(operationsOf(await imported(talk.frames))).toEqual(expected);
  expect(operationsOf(await imported(overtaken(talk.frames, () => true)))).toEqual(expected);
});

/** In a protocol whose answers say what was asked. */
describe('whose question was lost', () => {
  const LOST = 12;
  const [, , port, messages] = READ.find(([name]) => name === 'fins') as (typeof READ)[number];
  const [ask, answer] = messages.map(([, hex]) => [...fromHex(hex)]);

  test('an answer is read once the other side acknowledges it, or at the end', async () => {
    const talk = dialogue(port);
    talk.ask(ask);
    talk.answer(answer);
    talk.ask(ask, false);
    talk.answer(answer);
    talk.ask(ask);
    talk.answer(answer);
    talk.ask(ask, false);
    talk.answer(answer);
    expect(operationsOf(await imported(talk.frames))).toEqual(['fins 1025: 2/4/0']);
  });

  test('answers are read, where that side is not heard any more', async () => {
    const talk = dialogue(port);
    talk.ask(ask);
    talk.answer(answer);
    for (let i = 0; i < LOST; i++) {
      talk.ask(ask, false);
      talk.answer(answer);
    }
    const [{ operations, lastNs }] = (await imported(talk.frames)).conversations;
    expect(operations.map((one) => [one.function, one.responses])).toEqual([[1025, LOST + 1]]);
    // Each is of the time when it came.
    expect(operations[0].lastNs).toBe(lastNs);
  });
});
