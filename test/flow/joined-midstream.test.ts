/** A capture may begin in the midst of a long message: whatever its length, what is asked after it is told. */
import { describe, expect, test } from 'vitest';
import { TO_SERVER } from '../../src/decode/app/protocol.ts';
import { fromHex } from '../decode/app/capture-streams.ts';
import { READ, type Message } from '../decode/app/told-messages.ts';
import { dialogue, imported, operationsOf } from './imported.ts';

/** Nothing that begins a message. */
const VALUE = 0xee;
const SEGMENT = 1400;

async function askedAfter(port: number, segments: number, messages: readonly Message[]): Promise<string[]> {
  const talk = dialogue(port, { handshake: false });
  for (let i = 0; i < segments; i++) talk.answer(new Array<number>(SEGMENT).fill(VALUE));
  for (let i = 0; i < 3; i++) for (const [direction, hex] of messages) (direction === TO_SERVER ? talk.ask : talk.answer)([...fromHex(hex)]);
  const { conversations } = await imported(talk.frames);
  return conversations.flatMap(({ operations }) => operations.filter(({ requests }) => requests > 0).map((one) => `${one.protocol} ${one.function}: ${one.requests}`));
}

describe.each(READ.filter(([, transport]) => transport === 'tcp').map(([name, , port, messages], i) => [`${i} ${name}`, port, messages] as const))('%s', (_, port, messages) => {
  test.each([['on its own port', port], ['on another one', 20_500]])('%s', async (_words, at) => {
    const expected = await askedAfter(at, 0, messages);
    if (at === port) expect(expected).not.toEqual([]);
    for (const segments of [5, 20]) expect(await askedAfter(at, segments, messages), `${segments} segments`).toEqual(expected);
  });
});

test.each([['its own port', 5562, 5001], ['a port that says nothing, beside one with a name', 20_500, 5001]])('who answers in MELSOFT is the server, on %s', async (_, port, clientPort) => {
  const talk = dialogue(port, { handshake: false, clientPort });
  for (let i = 0; i < 3; i++) {
    talk.answer([...fromHex(`d70000000011117f000000a80300ffff0300002200 9c${'00'.repeat(33)}`)]);
    talk.ask([...fromHex(`570000000011110700 00ffff0300 00fe030000 0e00 1c${'00'.repeat(13)}`)]);
  }
  const { conversations } = await imported(talk.frames);
  expect(conversations.map(({ client, server, port: served, service }) => [client, server, served, service.name])).toEqual([['10.0.0.1', '10.0.0.2', port, 'melsoft']]);
});

describe('pipelined Modbus, whose segments begin in the midst of messages, on a port that says nothing', () => {
  /** Twelve octets, and as many as there are values behind nine. */
  const request = (i: number): number[] => [i >> 8, i & 255, 0, 0, 0, 6, 1, 3, 0, i, 0, 2];
  const answer = (i: number): number[] => [i >> 8, i & 255, 0, 0, 0, 7, 1, 3, 4, 0, i, 0xee, VALUE];
  const SEGMENT_OCTETS = 100;
  const segmentsOf = (message: (i: number) => number[]): number[][] => {
    const octets = Array.from({ length: 200 }, (_, i) => message(i)).flat().slice(5);
    return Array.from({ length: Math.ceil(octets.length / SEGMENT_OCTETS) }, (_, i) => octets.slice(i * SEGMENT_OCTETS, (i + 1) * SEGMENT_OCTETS));
  };

  test.each([[true, true, '199/199'], [true, false, '199/0'], [false, true, '0/199']])('requests heard: %s, answers heard: %s', async (areAsked, areAnswered, counts) => {
    const talk = dialogue(20_500, { handshake: false });
    const answers = segmentsOf(answer);
    segmentsOf(request).forEach((segment, i) => {
      talk.ask(segment, areAsked);
      talk.answer(answers[i] ?? [], areAnswered && answers[i] !== undefined);
    });
    for (const segment of answers.slice(segmentsOf(request).length)) talk.answer(segment, areAnswered);
    const found = await imported(talk.frames);
    expect(found.conversations.map(({ client, server, port }) => [client, server, port])).toEqual([['10.0.0.1', '10.0.0.2', 20_500]]);
    expect(operationsOf(found)).toEqual([`modbus 3: ${counts}/0`]);
  });

  test('octets that look like one message, and go on otherwise, are none', async () => {
    const talk = dialogue(20_500, { handshake: false });
    for (let i = 0; i < 8; i++) talk.ask([VALUE, VALUE, ...request(i), ...new Array<number>(40).fill(VALUE)]);
    expect(operationsOf(await imported(talk.frames))).toEqual([]);
  });
});
