/** A capture may begin in the midst of a long message: whatever its length, what is asked after it is told. */
import { describe, expect, test } from 'vitest';
import { TO_SERVER } from '../../src/decode/app/protocol.ts';
import { fromHex } from '../decode/app/capture-streams.ts';
import { READ, type Message } from '../decode/app/told-messages.ts';
import { dialogue, imported } from './imported.ts';

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
