/** What is made of Modbus/TCP that devices refuse, and of octets that look like it: as imported, by both paths of the feed. */
import { describe, expect, test } from 'vitest';
import { FOLDED_FUNCTION } from '../../src/observation.ts';
import { dialogue, imported, operationsOf } from './imported.ts';
import { adu as wireAdu, heardIn, THREE_WRITTEN, WRITE_THREE, wireSession } from './wire-session.ts';

const u16 = (...values: readonly number[]): number[] => values.flatMap((value) => [value >> 8, value & 255]);
const adu = (unit: number, pdu: readonly number[], transaction = 1): number[] => [...u16(transaction, 0, pdu.length + 1), unit, ...pdu];

test('what is asked beyond the last address ends there, and is counted, however often it is asked', async () => {
  const talk = dialogue(502);
  for (let i = 0; i < 5; i++) {
    talk.ask(adu(1, [3, ...u16(65_530, 10)], i));
    talk.answer(adu(1, [0x83, 2], i));
  }
  const set = await imported(talk.frames);
  expect(operationsOf(set)).toEqual(['modbus 3: 5/0/5']);
  expect(set.conversations[0].operations[0].ranges).toEqual([{ access: 'read', first: 65_530, last: 65_535, requests: 5 }]);
  expect(set.sensor.counters['malformed.modbus.range']).toBe(5);
});

test('a request for nothing asks for its first address, not for all', async () => {
  const talk = dialogue(502);
  const read = [3, ...u16(5, 0)];
  const readWrite = [23, ...u16(100, 2, 200, 0), 0];
  const short = [4, ...u16(7)];
  for (const pdu of [read, read, short, readWrite]) {
    talk.ask(adu(2, pdu));
    talk.answer(adu(2, [pdu[0] | 0x80, 3]));
  }
  const set = await imported(talk.frames);
  expect(operationsOf(set)).toEqual(['modbus 3: 2/0/2', 'modbus 4: 1/0/1', 'modbus 23: 1/0/1']);
  expect(set.conversations[0].operations.map(({ ranges }) => ranges)).toEqual([
    [{ access: 'read', first: 5, last: 5, requests: 2 }],
    [{ access: 'read', first: 7, last: 7, requests: 1 }],
    [{ access: 'read', first: 100, last: 101, requests: 1 }, { access: 'write', first: 200, last: 200, requests: 1 }],
  ]);
  expect(set.sensor.counters['malformed.modbus.range']).toBe(4);
});

/** A block of a program that is full of what looks like requests to write. */
const BLOCK = Array.from({ length: 70 }, (_, i) => [...u16(i, 0, 6), 5, 6, ...u16(100, 1)]).flat();

test.each([[90, { code: '90: 2/2/0', counters: {} }], [100, { code: '100: 0/2/0', counters: { 'malformed.modbus.length': 2 } }]])('a message of function %i that is longer than the standard allows is one, whatever is in it', async (code, told) => {
  const talk = dialogue(502);
  talk.ask(adu(1, [3, ...u16(0, 5)]));
  for (let i = 0; i < 2; i++) {
    const block = adu(0, [code, 1, 0x31, 0, 1, ...BLOCK], i);
    talk.ask(block.slice(0, 500));
    talk.ask(block.slice(500));
    talk.answer(adu(0, [code, 1, 0xfe], i));
  }
  talk.ask(adu(1, [3, ...u16(0, 5)]));
  const set = await imported(talk.frames);
  expect(operationsOf(set)).toEqual([`modbus ${told.code}`, 'modbus 3: 2/0/0']);
  expect(set.sensor.counters).toEqual(told.counters);
});

test('a stream that is joined within such a message is read from the next one on', async () => {
  const talk = dialogue(502, { handshake: false });
  const block = adu(0, [90, 1, 0x31, 0, 1, ...BLOCK]);
  talk.ask(block.slice(0, 500), false);
  talk.ask(block.slice(500));
  for (let i = 0; i < 3; i++) talk.ask(block);
  const set = await imported(talk.frames);
  expect(operationsOf(set)).toContain('modbus 90: 3/0/0');
});

const WRITE = [16, ...u16(100, 3), 6, 1, 2, 1, 2, 1, 2];

/** Clients that send header and PDU in segments of their own: the beginning of the capture, or one lost segment, cost what is missing and no more. */
test.each([3, 6, 7, 9].flatMap((cut) => [502, 1502].map((port) => [cut, port] as const)))('requests in two segments, the first of %i octets, port %i', async (cut, port) => {
  for (const lost of ['begin', 'segment']) {
    const talk = dialogue(port, { handshake: lost === 'segment' });
    for (let i = 0; i < 20; i++) {
      for (const [pdu, answer] of [[WRITE, WRITE.slice(0, 5)], [[3, ...u16(i, 5)], [3, 2, 0, 7]]]) {
        const request = adu(1, pdu, i);
        talk.ask(request.slice(0, cut), i !== 3 || lost === 'begin');
        talk.ask(request.slice(cut));
        talk.answer(adu(1, answer, i));
      }
    }
    const { conversations } = await imported(talk.frames);
    const [read, write] = conversations[0].operations;
    expect({ read: read.function, answers: read.responses, write: write.function, acknowledged: write.responses }).toEqual({ read: 3, answers: 20, write: 16, acknowledged: 20 });
    expect(Math.min(read.requests, write.requests), lost).toBeGreaterThanOrEqual(18);
    expect(read.ranges.length).toBeGreaterThanOrEqual(18);
  }
});

test('what no message begins in is counted while a stream is out of step', async () => {
  const talk = dialogue(502);
  talk.ask(adu(1, WRITE));
  talk.ask(adu(1, WRITE), false);
  for (let i = 0; i < 4; i++) talk.ask([0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9]);
  talk.ask(adu(1, WRITE));
  const set = await imported(talk.frames);
  expect(operationsOf(set)).toEqual(['modbus 16: 2/0/0']);
  expect(set.sensor.counters['tcp.unread']).toBe(4);
});

/** Answers to FC 5, 6, 15, 16 and 22, and what they say was written. */
const WRITTEN: readonly (readonly [request: readonly number[], answer: readonly number[], first: number, last: number])[] = [
  [[5, ...u16(10, 0xff00)], [5, ...u16(10, 0xff00)], 10, 10],
  [[6, ...u16(20, 7)], [6, ...u16(20, 7)], 20, 20],
  [[15, ...u16(30, 8), 1, 1], [15, ...u16(30, 8)], 30, 37],
  [WRITE, WRITE.slice(0, 5), 100, 102],
  [[22, ...u16(40, 1, 2)], [22, ...u16(40, 1, 2)], 40, 40],
];

test('what was written is known from the answer where the request was lost, and counted once where it was not', async () => {
  for (const isHeard of [false, true]) {
    const talk = dialogue(502);
    for (const [request, answer] of WRITTEN) {
      talk.ask(adu(1, request), isHeard);
      talk.answer(adu(1, answer));
    }
    const { conversations } = await imported(talk.frames);
    expect(conversations[0].operations.map(({ requests, responses }) => [requests, responses])).toEqual(WRITTEN.map(() => [isHeard ? 1 : 0, 1]));
    expect(conversations[0].operations.map(({ ranges }) => ranges)).toEqual(WRITTEN.map(([, , first, last]) => [{ access: 'write', first, last, requests: 1 }]));
  }
});

test('one write whose request was lost adds its range to those that were heard, whatever was answered in between', async () => {
  const talk = dialogue(502);
  for (let i = 0; i < 12; i++) {
    const address = i === 7 ? 900 : 20 + (i % 2);
    talk.ask(adu(1, [6, ...u16(address, i)], i), i !== 7);
    talk.answer(adu(1, [6, ...u16(address, i)], i));
  }
  const { conversations: [{ operations: [write] }] } = await imported(talk.frames);
  expect(write).toMatchObject({ requests: 11, responses: 12 });
  expect(write.ranges.map(({ first, requests }) => [first, requests])).toEqual([[20, 6], [21, 5], [900, 1]]);
});

test('an answer after a checkpoint does not count its request again', async () => {
  const session = wireSession({ ip: '10.0.0.1', port: 50_000, mac: '02:00:00:00:00:01' }, { ip: '10.0.0.2', port: 502, mac: '02:00:00:00:00:02' });
  session.open();
  for (let i = 0; i < 9; i++) {
    session.opener(wireAdu(i, WRITE_THREE));
    session.dialled(wireAdu(i, THREE_WRITTEN));
  }
  // The capture ends between a request and its answer.
  const captures = [{ frames: session.frames.slice(0, 10), startMs: 0 }, { frames: session.frames.slice(10), startMs: 100 }];
  const { conversations: [{ operations: [write] }] } = await heardIn(captures, { checkpointFrames: 1 });
  expect(write).toMatchObject({ requests: 9, responses: 9 });
  expect(write.ranges).toEqual([{ access: 'write', first: 100, last: 102, requests: 9 }]);
});

/** Requests of a wrong length, which have that of an answer. */
test.each([[502, true], [1502, true], [502, false]])('who asks by the handshake or the port asks, whatever the length of its message (port %i, handshake %s)', async (port, handshake) => {
  const talk = dialogue(port, { handshake });
  talk.ask(adu(1, [3, ...u16(0, 5)], 1));
  talk.answer(adu(1, [3, 10, ...u16(1, 2, 3, 4, 5)], 1));
  for (const [i, pdu] of [[16, ...u16(10, 2)], [3, ...u16(0x0401, 2), 0], [15, ...u16(7, 3)]].entries()) {
    talk.ask(adu(1, pdu, i));
    talk.answer(adu(1, [pdu[0] | 0x80, 3], i));
  }
  // An exception is no request.
  talk.ask(adu(1, [0x90, 3], 9));
  talk.ask(adu(1, [3, ...u16(0, 5)], 2));
  talk.answer(adu(1, [3, 10, ...u16(1, 2, 3, 4, 5)], 2));
  const set = await imported(talk.frames);
  expect(set.conversations).toHaveLength(1);
  expect(set.conversations[0]).toMatchObject({ client: '10.0.0.1', server: '10.0.0.2', port });
  expect(set.conversations[0].facts).toEqual([]);
  expect(operationsOf(set)).toEqual(['modbus 3: 3/2/1', 'modbus 15: 1/0/1', 'modbus 16: 1/0/1']);
  expect(set.conversations[0].operations.map(({ ranges }) => ranges.map(({ first, last }) => [first, last]))).toEqual([[[0, 4], [0x0401, 0x0402]], [[7, 9]], [[10, 11]]]);
  expect(set.sensor.counters).toMatchObject({ 'malformed.modbus.length-of-function': 3, 'malformed.modbus.exception-asked': 1 });
});

test('more operations than are told apart are one without a function, and later writes are told apart still', async () => {
  const talk = dialogue(502);
  for (let unit = 1; unit < 250; unit++) {
    for (const code of [1, 2, 3, 4, 7, 8, 11, 12, 17]) talk.ask(adu(unit, [code, ...u16(0, 1)]));
  }
  talk.ask(adu(250, [6, ...u16(99, 1)]));
  talk.ask(adu(250, [90, 0, 0x41]));
  const { conversations: [{ operations }], sensor } = await imported(talk.frames);
  expect(operations).toHaveLength(2048 + 3);
  expect(operations.filter((one) => one.function < 0)).toMatchObject([{ function: FOLDED_FUNCTION, unit: null, requests: 249 * 9 - 2048 }]);
  expect(operations.filter(({ unit }) => unit === 250).map((one) => one.function)).toEqual([6, 90]);
  expect(sensor.counters['limit.operations']).toBe(249 * 9 - 2048);
});

test('an exception refuses the operation that was asked under its transaction', async () => {
  const talk = dialogue(502);
  const [restart, counters, silence, canOpen, identify] = [[8, ...u16(1, 0)], [8, ...u16(0, 0x0102)], [8, ...u16(4, 0)], [43, 13, 0, 0], [43, 14, 1, 0]];
  // Two at once, answered in the other order; one that has no answer by its nature; one transaction number for all.
  talk.ask(adu(1, restart, 1));
  talk.ask(adu(1, counters, 2));
  talk.answer(adu(1, counters, 2));
  talk.answer(adu(1, [0x88, 1], 1));
  talk.ask(adu(1, silence, 9));
  talk.ask(adu(1, restart, 9));
  talk.answer(adu(1, [0x88, 4], 9));
  talk.ask(adu(1, canOpen, 9));
  talk.ask(adu(2, identify, 9));
  talk.answer(adu(1, [0xab, 1], 9));
  talk.answer(adu(2, [0xab, 2], 9));
  // Nobody was heard to ask for this.
  talk.answer(adu(3, [0xab, 3], 9));
  const { conversations: [{ operations }] } = await imported(talk.frames);
  expect(operations.map(({ unit, name, requests, responses, errors, errorCodes }) => [unit, name, `${requests}/${responses}/${errors}`, errorCodes.map(({ code }) => code).join()])).toEqual([
    [1, 'Diagnostics', '1/1/0', ''],
    [1, 'Restart Communications Option', '2/0/2', '1,4'],
    [1, 'Force Listen Only Mode', '1/0/0', ''],
    [1, 'CANopen General Reference', '1/0/1', '1'],
    [2, 'Encapsulated Interface Transport', '1/0/1', '2'],
    [3, 'Encapsulated Interface Transport', '0/0/1', '3'],
  ]);
});

/** A whole session on a port that says nothing, from its SYN on. */
describe('on an unusual port', () => {
  const writes = Array.from({ length: 40 }, (_, i): readonly [request: number[], answer: number[]] => [adu(1, [16, ...u16(5 + i, 1), 2, 0, 1], i), adu(1, [16, ...u16(5 + i, 1)], i)]);

  test.each([6, 7, 8, 9, 12].flatMap((cut) => [true, false].map((isWhole) => [cut, isWhole] as const)))('messages in two segments, the first of %i octets, answers whole: %s, are read from the first on', async (cut, isWhole) => {
    const talk = dialogue(1503);
    for (const [request, answer] of writes) {
      talk.ask(request.slice(0, cut));
      talk.ask(request.slice(cut));
      if (isWhole) talk.answer(answer);
      else {
        talk.answer(answer.slice(0, 7));
        talk.answer(answer.slice(7));
      }
    }
    const set = await imported(talk.frames);
    expect(operationsOf(set)).toEqual(['modbus 16: 40/40/0']);
    expect(set.conversations[0].operations[0].ranges.map(({ first }) => first)).toEqual(writes.map((_, i) => 5 + i));
  });

  test.each([100, 37, 16])('messages one after the other, cut every %i octets, are read whole', async (every) => {
    const talk = dialogue(1503);
    for (const [side, octets] of [[talk.ask, writes.flatMap(([request]) => request)], [talk.answer, writes.flatMap(([, answer]) => answer)]] as const) {
      for (let at = 0; at < octets.length; at += every) side(octets.slice(at, at + every));
    }
    expect(operationsOf(await imported(talk.frames))).toEqual(['modbus 16: 40/40/0']);
  });

  const text = (words: string): number[] => [...Buffer.from(words)];
  test.each([
    ['says another protocol', text('GET / HTTP/1.1\r\nHost: plc\r\n\r\n'), 'http'],
    ['does not go on as one', Array.from({ length: 40 }, (_, i) => 200 + (i % 50)), ''],
    ['has another length', [3, ...u16(0, 5), 9, 9], ''],
  ])('what begins as a message and %s is none', async (_, second, service) => {
    const talk = dialogue(1504);
    talk.ask([...u16(1, 0, 6), 1]);
    talk.ask(second);
    for (let i = 0; i < 5; i++) {
      talk.answer([1, 2, 3]);
      talk.ask([4, 5, 6]);
    }
    const { conversations } = await imported(talk.frames);
    expect(conversations.map((one) => [one.service, one.operations.map(({ protocol }) => protocol), one.requests])).toEqual([
      [service === '' ? expect.not.objectContaining({ name: 'modbus' }) : { name: service, by: 'probe' }, service === '' ? [] : ['http'], 7],
    ]);
  });

  test('sessions that never go on cost others nothing', async () => {
    const silent = Array.from({ length: 20_000 }, (_, i) => dialogue(1503, { clientPort: 2000 + i }));
    for (const talk of silent) talk.ask(writes[0][0].slice(0, 7));
    const talk = dialogue(502, { clientPort: 60_000 });
    for (const [request, answer] of writes) {
      talk.ask(request.slice(0, 7));
      talk.ask(request.slice(7));
      talk.answer(answer);
    }
    const frames = [...silent, talk].flatMap((one) => one.frames).map(({ bytes }, i) => ({ us: i * 10, bytes }));
    expect(operationsOf(await imported(frames))).toEqual(['modbus 16: 40/40/0']);
  });
});

test('a snap length that cuts off values: function, unit and addresses are read all the same, and what comes next as well', async () => {
  const write = [...u16(1, 0, 7 + 120), 1, 16, ...u16(100, 60), 120, ...new Array<number>(120).fill(9)];
  const read = [...u16(2, 0, 6), 1, 3, ...u16(200, 100)];
  const registers = [...u16(2, 0, 3 + 200), 1, 3, 200, ...new Array<number>(200).fill(7)];
  const talk = dialogue(502);
  for (let i = 0; i < 5; i++) {
    talk.ask(write);
    talk.answer([...u16(1, 0, 6), 1, 16, ...u16(100, 60)]);
    talk.ask(read);
    talk.answer(registers);
    // Several in a segment, and the last is cut.
    talk.ask([...read, ...write]);
    talk.answer([...u16(1, 0, 6), 1, 16, ...u16(100, 60)]);
    talk.answer(registers);
  }
  const told = async (snap: number): Promise<unknown> => {
    const { conversations } = await imported(talk.frames.map(({ us, bytes }) => ({ us, bytes: bytes.slice(0, snap), wire: bytes.length })));
    return conversations.flatMap(({ operations }) => operations.map(({ protocol, unit, function: code, requests, responses, errors, ranges }) => ({ protocol, unit, code, requests, responses, errors, ranges })));
  };
  const whole = await told(65_535);
  expect(whole).toMatchObject([{ code: 3, requests: 10, responses: 10 }, { code: 16, requests: 10, responses: 10 }]);
  for (const snap of [96, 100, 128, 180, 200]) expect(await told(snap), `${snap}`).toEqual(whole);
  // Where an address is beyond the cut, it is not guessed.
  expect(await told(60)).not.toContainEqual(expect.objectContaining({ code: 16, requests: 10 }));
});
