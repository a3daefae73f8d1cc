/**
 * Some stacks write a header by itself, some networks have a small MTU: however a dialogue is cut into segments, the same is read of
 * it; with its handshake, and joined midstream on its own port.
 */
import { describe, expect, test } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../../src/decode/app/protocol.ts';
import { READ, S7_CONNECT, type Message } from '../decode/app/told-messages.ts';
import { fromHex } from '../decode/app/capture-streams.ts';
import { dialogue, imported, operationsOf } from './imported.ts';

type Cut = (octets: readonly number[]) => readonly (readonly number[])[];

const whole: Cut = (octets) => [octets];
const after = (first: number): Cut => (octets) => (octets.length > first ? [octets.slice(0, first), octets.slice(first)] : [octets]);
const single: Cut = (octets) => octets.map((octet) => [octet]);
const before = (last: number): Cut => (octets) => (octets.length > last ? [octets.slice(0, -last), octets.slice(-last)] : [octets]);

const CUTS: readonly (readonly [string, Cut])[] = [
  ...Array.from({ length: 12 }, (_, i) => [`after ${i + 1}`, after(i + 1)] as const),
  ['into single octets', single],
  ['before the last', before(1)],
];

/** @param again so often is the dialogue said */
async function readOf(port: number, messages: readonly Message[], cut: Cut, handshake: boolean, again = 1): Promise<string[]> {
  const talk = dialogue(port, { handshake });
  for (let i = 0; i < again; i++) {
    for (const [direction, hex] of messages) for (const piece of cut([...fromHex(hex)])) (direction === TO_SERVER ? talk.ask : talk.answer)(piece);
  }
  return operationsOf(await imported(talk.frames));
}

const STREAMS = READ.filter(([, transport]) => transport === 'tcp');

describe.each(STREAMS.map(([name, , port, messages], i) => [`${i} ${name}`, port, messages] as const))('%s', (_, port, messages) => {
  test('with its handshake', async () => {
    const expected = await readOf(port, messages, whole, true);
    for (const [words, cut] of CUTS) expect(await readOf(port, messages, cut, true), words).toEqual(expected);
  });

  test('joined midstream, where a header stands alone', async () => {
    const expected = await readOf(port, messages, whole, false, 2);
    for (const [words, cut] of CUTS.slice(0, 8)) expect(await readOf(port, messages, cut, false, 2), words).toEqual(expected);
  });
});

const S7: readonly Message[] = [
  [TO_SERVER, S7_CONNECT],
  [TO_SERVER, '0300001902f08032010000040000080000f0000001000101e0'],
  [TO_SERVER, '0300001f02f080320100000500000e00000401120a10020004000184000000'],
];

test('S7 on a port that says nothing is held from its first octets on', async () => {
  for (const [words, cut] of CUTS) expect(await readOf(2102, S7, cut, true), words).toEqual(['s7comm 4: 1/0/0', 's7comm 240: 1/0/0']);
});

describe('Modbus on a port that says nothing is held until its octets say what it is', () => {
  const messages: readonly Message[] = [
    [TO_SERVER, '00010000000601030064000a'],
    [TO_CLIENT, `000100000017010314${'00'.repeat(20)}`],
  ];

  test('with its handshake, from its first octets on', async () => {
    for (const [words, cut] of CUTS) expect(await readOf(10_502, messages, cut, true, 3), words).toEqual(['modbus 3: 3/3/0']);
  });

  test('joined midstream, but for where each message begins with a single octet, which may be a keep-alive', async () => {
    for (const [words, cut] of [...CUTS.slice(1, 12), ...CUTS.slice(-1)]) expect(await readOf(10_502, messages, cut, false, 3), words).toEqual(['modbus 3: 3/3/0']);
  });

  test('joined midstream it is told by its messages who serves', async () => {
    const talk = dialogue(30_000, { handshake: false, clientPort: 10_502 });
    for (let i = 0; i < 3; i++) for (const [direction, hex] of messages) for (const piece of after(7)([...fromHex(hex)])) (direction === TO_SERVER ? talk.answer : talk.ask)(piece);
    const { conversations } = await imported(talk.frames);
    expect(conversations.map(({ client, server, port }) => [client, server, port])).toEqual([['10.0.0.2', '10.0.0.1', 10_502]]);
  });

  test('octets that go on otherwise give way to whom they belong to', async () => {
    const talk = dialogue(2102, { handshake: false });
    talk.ask([7, 7, 0, 0]);
    for (const [, hex] of S7) talk.ask([...fromHex(hex)]);
    expect(operationsOf(await imported(talk.frames))).toEqual(['s7comm 4: 1/0/0', 's7comm 240: 1/0/0']);
  });
});

test('OPC UA on a port that says nothing is held from its first octets on', async () => {
  const hello = ['HELF', 56, 0, 0, 0].flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part)] : [part]));
  const url = [...Buffer.from('opc.tcp://10.0.0.2:51210')];
  const octets = [...hello, ...new Array<number>(20).fill(0), url.length, 0, 0, 0, ...url];
  octets[4] = octets.length;
  for (const first of [1, 2, 3, 4, 5, 6, 7]) {
    const talk = dialogue(51_210);
    for (const piece of after(first)(octets)) talk.ask(piece);
    expect((await imported(talk.frames)).conversations[0].service, `${first}`).toEqual({ name: 'opcua', by: 'probe' });
  }
});

test.each([
  ['http', 80, 'GET /a HTTP/1.1\r\nHost: hmi\r\n\r\n'],
  ['http', 9191, 'OPTIONS / HTTP/1.1\r\nHost: hmi\r\n\r\n'],
  ['ssh', 22, 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['ssh', 2200, 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['smb', 445, '\0\0\0\x10\xfeSMB@\0\0\0\0\0\0\0\0\0\0\0'],
  ['tls', 9443, '\x16\x03\x01\0\x2f\x01\0\0\x2b\x03\x03................................\0\0\x02\x13\x01\x01\0\0\0'],
  ['telnet', 23, '\xff\xfb\x18'],
] as const)('%s on %i is named, wherever its first octets are cut', async (name, port, words) => {
  const octets = [...Buffer.from(words, 'latin1')];
  for (const first of [1, 2, 3, 4, 5, 6, 7].filter((at) => at < octets.length)) {
    const talk = dialogue(port);
    for (const piece of after(first)(octets)) talk.ask(piece);
    expect((await imported(talk.frames)).conversations[0].service, `${first}`).toEqual({ name, by: 'probe' });
  }
});

test('what was held and is something else goes to whom it belongs: a desktop session under TLS', async () => {
  const talk = dialogue(3390);
  talk.ask([3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0]);
  talk.answer([3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 2, 0, 0, 0]);
  const hello = [1, 0, 0, 43, 3, 3, ...new Array<number>(32).fill(7), 0, 0, 2, 0x13, 0x01, 1, 0, 0, 0];
  talk.ask([22, 3, 1, 0, hello.length, ...hello]);
  talk.answer([22, 3, 3, 0, 4, 14, 0, 0, 0]);
  expect((await imported(talk.frames)).conversations[0].service.name).not.toBe('s7comm');
});

test('an answer after a lost segment is read after its request, and belongs to it', async () => {
  const talk = dialogue(102);
  for (const [, hex] of S7.slice(0, 2)) talk.ask([...fromHex(hex)]);
  talk.answer([...fromHex('0300001b02f080320300000400000800000000f0000001000100f0')]);
  // References 1 and 2 in turn, and writes between the reads, as an operator station does.
  for (let i = 0; i < 6; i++) {
    const [reference, code] = [i % 2 === 0 ? 1 : 2, i === 3 ? 5 : 4];
    talk.ask([0, 0, 0, 0, 0, 0, 0], false);
    talk.ask([...fromHex(`0300001f02f0803201000000${`0${reference}`}000e00000${code}01120a10020004000184000000`)]);
    talk.answer([...fromHex(`0300001502f0803203000000${`0${reference}`}000200000000${`0${code}`}01`)]);
  }
  expect(operationsOf(await imported(talk.frames)).sort()).toEqual(['s7comm 240: 1/1/0', 's7comm 4: 5/5/0', 's7comm 5: 1/1/0']);
});

test('a session whose client begins with a NOP is registered all the same', async () => {
  const talk = dialogue(44_818);
  const head = (command: number, length: number): number[] => [command, 0, length, 0, ...new Array<number>(20).fill(0)];
  talk.ask([...head(0, 4), 1, 2, 3, 4, ...head(0x65, 4), 1, 0, 0, 0]);
  talk.answer([0x65, 0, 4, 0, 9, 0, 0, 0, ...new Array<number>(16).fill(0), 1, 0, 0, 0]);
  expect(operationsOf(await imported(talk.frames))).toContainEqual(expect.stringMatching(/: 1\/1\/0$/));
});
