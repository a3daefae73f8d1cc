/** Frames of serial lines in TCP and UDP: no header says where they end, and the CRC who sent them. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../samples/gen/random.ts';
import { captureOf, dialogue, imported, operationsOf } from './imported.ts';
import { canRun, program } from '../tools/loud-skip.ts';
import { folderOfTest } from '../folder.ts';

/** Two registers of unit 1 from 0 on, their values, and a refusal, with CRCs as a line tester prints them: the request has what looks like an MBAP header. */
const RTU = {
  request: [1, 3, 0, 0, 0, 2, 0xc4, 0x0b],
  response: [1, 3, 4, 0, 6, 0, 5, 0xda, 0x31],
  refusal: [1, 0x83, 2, 0xc0, 0xf1],
};

/** Bit by bit, as the specification draws it (MODBUS over Serial Line V1.02, 6.2.2). */
const framed = (unit: number, pdu: readonly number[]): number[] => {
  let crc = 0xffff;
  for (const octet of [unit, ...pdu]) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return [unit, ...pdu, crc & 255, crc >> 8];
};

test('the tester and this test agree on the CRC', () => {
  expect(framed(1, [3, 0, 0, 0, 2])).toEqual(RTU.request);
});

test.each([502, 4001])('on port %i it is named by its CRC, and read as Modbus is', async (port) => {
  for (const handshake of [true, false]) {
    const talk = dialogue(port, { handshake });
    for (let i = 0; i < 10; i++) {
      talk.ask(RTU.request);
      talk.answer(i % 2 === 0 ? RTU.response : RTU.refusal);
    }
    const set = await imported(talk.frames);
    expect(set.conversations.map(({ service }) => [service.name, service.by])).toEqual([['modbus-rtu', 'probe']]);
    expect(operationsOf(set)).toEqual(['modbus 3: 10/5/5']);
    const [{ unit, ranges }] = set.conversations[0].operations;
    expect({ unit, ranges }).toEqual({ unit: 1, ranges: [{ access: 'read', first: 0, last: 1, requests: 10 }] });
  }
});

const WRITE = { ask: framed(17, [16, 0, 100, 0, 2, 4, 1, 2, 3, 4]), answer: framed(17, [16, 0, 100, 0, 2]) };
const LONG_ANSWER = framed(5, [4, 200, ...Array.from({ length: 200 }, (_, i) => i)]);
const exchanges = [[RTU.request, RTU.response], [WRITE.ask, WRITE.answer], [framed(5, [4, 0, 10, 0, 100]), LONG_ANSWER]] as const;
const ALL = ['modbus 3: 12/12/0', 'modbus 4: 12/12/0', 'modbus 16: 12/12/0'];
const sorted = (texts: readonly string[]): string[] => [...texts].sort();

describe('segments and frames do not agree', () => {
  test.each([1, 3, 4, 7, 50, 150, 1000])('pieces of %i octets', async (every) => {
    const talk = dialogue(4001);
    talk.ask(RTU.request);
    talk.answer(RTU.response);
    for (let i = 0; i < 12; i++) {
      for (const [ask, answer] of exchanges.slice(i === 0 ? 1 : 0)) {
        for (let at = 0; at < ask.length; at += every) talk.ask(ask.slice(at, at + every));
        for (let at = 0; at < answer.length; at += every) talk.answer(answer.slice(at, at + every));
      }
    }
    const set = await imported(talk.frames);
    expect(sorted(operationsOf(set))).toEqual(sorted(ALL));
    expect(set.conversations[0].operations.find((operation) => operation.function === 16)?.ranges).toEqual([{ access: 'write', first: 100, last: 101, requests: 12 }]);
  });

  test('several frames in one segment, from the first on', async () => {
    const talk = dialogue(4001);
    for (let i = 0; i < 12; i++) {
      talk.ask(exchanges.flatMap(([ask]) => ask));
      talk.answer(exchanges.flatMap(([, answer]) => answer));
    }
    expect(sorted(operationsOf(await imported(talk.frames)))).toEqual(sorted(ALL));
  });
});

test('a frame with a wrong CRC costs itself and no other', async () => {
  const talk = dialogue(4001);
  for (let i = 0; i < 20; i++) {
    talk.ask(i === 5 ? RTU.request.with(7, 0) : RTU.request);
    talk.answer(i === 5 ? LONG_ANSWER.with(100, 0xff) : RTU.response);
  }
  const set = await imported(talk.frames);
  expect(operationsOf(set)).toEqual(['modbus 3: 19/19/0']);
  expect(set.sensor.counters).toEqual({ 'malformed.modbus-rtu.not-a-message': 2 });
});

test('a lost segment costs its frame and no other', async () => {
  const talk = dialogue(4001);
  for (let i = 0; i < 20; i++) {
    talk.ask(WRITE.ask, i !== 7);
    talk.answer(WRITE.answer);
  }
  const set = await imported(talk.frames);
  const [{ responses, requests, ranges }] = set.conversations[0].operations;
  expect({ responses, asked: requests >= 18, first: ranges[0].first, last: ranges[0].last }).toEqual({ responses: 20, asked: true, first: 100, last: 101 });
});

test('a function that nobody knows is read where its frame ends with the segment', async () => {
  const talk = dialogue(4001);
  talk.ask(RTU.request);
  talk.answer(RTU.response);
  talk.ask(framed(1, [0x64, 1, 2, 3]));
  talk.answer(framed(1, [0x64, 9]));
  expect(operationsOf(await imported(talk.frames))).toEqual(['modbus 3: 1/1/0', 'modbus 100: 1/1/0']);
});

test('who is dialled may ask: a gateway that calls its master is told by what it sends', async () => {
  const talk = dialogue(4001, { handshake: false });
  for (let i = 0; i < 5; i++) {
    talk.answer(RTU.request);
    talk.ask(RTU.response);
  }
  const { conversations } = await imported(talk.frames);
  expect(conversations[0].operations.map((operation) => [operation.function, operation.requests, operation.responses])).toEqual([[3, 5, 5]]);
});

describe.runIf(canRun('Modbus RTU read by tshark', [program('tshark')]))('tshark', () => {
  test('finds as many requests and answers of each unit and function', async () => {
    const random = createRandom(4001);
    const u16 = (value: number): number[] => [value >> 8, value & 255];
    const talk = dialogue(4001);
    for (let i = 0; i < 400; i++) {
      const unit = random.integer(1, 5);
      const code = [1, 2, 3, 4, 5, 6, 15, 16][random.integer(0, 7)];
      const [start, quantity] = [u16(random.integer(0, 9000)), random.integer(1, 60)];
      const octets = code <= 2 || code === 15 ? Math.ceil(quantity / 8) : quantity * 2;
      const values = [...random.bytes(octets)];
      const single = [code, ...start, ...(code === 5 ? [0xff, 0] : u16(random.integer(0, 65_535)))];
      const ask = code === 5 || code === 6 ? single : [code, ...start, ...u16(quantity), ...(code > 6 ? [octets, ...values] : [])];
      const answer = random.integer(0, 9) === 0 ? [code | 0x80, random.integer(1, 4)] : code <= 4 ? [code, octets, ...values] : ask.slice(0, 5);
      talk.ask(framed(unit, ask));
      talk.answer(framed(unit, answer));
    }
    const folder = folderOfTest();
    const file = join(folder, 'rtu.pcap');
    writeFileSync(file, captureOf(talk.frames));
    const run = spawnSync('tshark', ['-r', file, '-d', 'tcp.port==4001,mbrtu', '-Y', 'mbrtu', '-T', 'fields', '-e', 'mbrtu.unit_id', '-e', 'modbus.func_code', '-e', 'modbus.exception_code', '-e', 'tcp.dstport'], { encoding: 'utf8' });
    const counts = new Map<string, number>();
    for (const line of run.stdout.trim().split('\n')) {
      const [unit, code, exception, port] = line.split('\t');
      const key = `${unit} ${code} ${port === '4001' ? 'requests' : exception === '' ? 'responses' : 'errors'}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const { conversations } = await imported(talk.frames);
    const own = conversations[0].operations.flatMap(({ unit, function: code, ...one }) => (['requests', 'responses', 'errors'] as const).map((kind) => [`${unit} ${code} ${kind}`, one[kind]] as const)).filter(([, count]) => count > 0);
    expect(new Map(own.toSorted())).toEqual(new Map([...counts].toSorted()));
    expect(own.reduce((sum, [, count]) => sum + count, 0)).toBe(800);
  });
});
