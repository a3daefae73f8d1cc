/** Captures with a snap length: what stands before the cut is read, streams stay in step, and what is beyond is counted. */
import { describe, expect, test } from 'vitest';
import { fromHex } from '../decode/app/capture-streams.ts';
import { S7_CONNECT } from '../decode/app/told-messages.ts';
import { dialogue, imported, operationsOf, type Dialogue, type TimedFrame } from './imported.ts';

const octets = (hex: string): number[] => [...fromHex(hex)];
const cut = (frames: readonly TimedFrame[], snap: number): TimedFrame[] => frames.map(({ us, bytes }) => ({ us, bytes: bytes.slice(0, snap), wire: bytes.length }));

/** An S7 job or its answer with so many octets of data, in one TPKT. */
const s7 = (rosctr: number, reference: number, parameters: readonly number[], data: number): number[] => {
  const head = [0x32, rosctr, 0, 0, 0, reference, 0, parameters.length, data >> 8, data & 0xff, ...(rosctr === 3 ? [0, 0] : [])];
  const size = 7 + head.length + parameters.length + data;
  return [3, 0, size >> 8, size & 0xff, 2, 0xf0, 0x80, ...head, ...parameters, ...new Array<number>(data).fill(0xff)];
};
/** Ethernet, IPv4 and TCP. */
const FRAME_HEADERS = 54;

const DB1 = [1, 0x12, 0x0a, 0x10, 2, 0, 4, 0, 1, 0x84, 0, 0, 0];

const s7Talk = (): Dialogue => {
  const talk = dialogue(102);
  talk.ask(octets(S7_CONNECT));
  talk.answer(octets(S7_CONNECT.replace('11e0', '11d0')));
  for (let i = 1; i <= 5; i++) {
    talk.ask(s7(1, i, [5, ...DB1], 200));
    talk.answer(s7(3, i, [5, 1], 1));
    talk.ask(s7(1, i + 10, [4, ...DB1], 0));
    // An answer of two segments: the second is no message.
    const registers = s7(3, i + 10, [4, 1], 400);
    talk.answer(registers.slice(0, 300));
    talk.answer(registers.slice(300));
  }
  return talk;
};

describe('a snap length', () => {
  test('OPC UA: of a chunk cut off after its header the type is told, and its size keeps the stream in step', async () => {
    const talk = dialogue(4840);
    const chunk = (type: string, size: number): number[] => [...Buffer.from(type), size & 0xff, size >> 8, 0, 0, ...new Array<number>(size - 8).fill(1)];
    talk.ask(chunk('HELF', 60));
    talk.answer(chunk('ACKF', 28));
    for (let i = 0; i < 3; i++) talk.ask(chunk('MSGF', 300));
    const { conversations } = await imported(cut(talk.frames, FRAME_HEADERS + 10));
    expect(conversations[0].facts.filter(({ name }) => name === 'opcua.message').map(({ value, toServer, toClient }) => `${value} ${toServer}/${toClient}`).sort()).toEqual(['ACK 0/1', 'HEL 1/0', 'MSG 3/0']);
  });

  test('S7comm: functions, data blocks and answers as if nothing had been cut off', async () => {
    const { frames } = s7Talk();
    const whole = await imported(frames);
    expect(operationsOf(whole)).toEqual(['s7comm 4: 5/5/0', 's7comm 5: 5/5/0']);
    for (const snap of [96, 128, 200]) {
      const read = await imported(cut(frames, snap));
      expect(operationsOf(read), `${snap}`).toEqual(operationsOf(whole));
      expect(read.conversations[0].operations.map(({ targets }) => targets)).toEqual(whole.conversations[0].operations.map(({ targets }) => targets));
    }
  });

  test('Modbus: what is read of a message stands before its values, and that much is enough', async () => {
    const MBAP = 7;
    const adu = (transaction: number, pdu: readonly number[]): number[] => [0, transaction, 0, 0, 0, pdu.length + 1, 1, ...pdu];
    const values = (octets: number): number[] => [octets, ...new Array<number>(octets).fill(7)];
    const talk = dialogue(502);
    talk.ask(adu(1, [3, 0, 100, 0, 20]));
    talk.answer(adu(1, [3, ...values(40)]));
    talk.ask(adu(2, [1, 0, 0, 0, 9]));
    talk.answer(adu(2, [1, ...values(2)]));
    talk.ask(adu(3, [16, 0, 50, 0, 10, ...values(20)]));
    talk.answer(adu(3, [16, 0, 50, 0, 10]));
    talk.ask(adu(4, [23, 0, 100, 0, 20, 0, 50, 0, 10, ...values(20)]));
    talk.answer(adu(4, [23, ...values(40)]));
    const told = async (octets: number): Promise<unknown> => {
      const { conversations } = await imported(cut(talk.frames, FRAME_HEADERS + MBAP + octets));
      return conversations[0].operations.map(({ function: code, requests, responses, ranges }) => [code, requests, responses, ranges.map(({ first, last }) => [first, last])]);
    };
    const whole = [[1, 1, 1, [[0, 8]]], [3, 1, 1, [[100, 119]]], [16, 1, 1, [[50, 59]]], [23, 1, 1, [[100, 119], [50, 59]]]];
    expect(await told(60)).toEqual(whole);
    expect(await told(10)).toEqual(whole);
    // An Ethernet frame of 68 octets, which was long the usual snap length.
    expect(await told(7)).toEqual(whole.slice(0, 3));
    expect(await told(6)).toEqual(whole.slice(0, 3));
    // Of a request to read without its addresses nothing is told.
    expect(await told(4)).toEqual([[1, 0, 1, []], [3, 0, 1, []]]);
  });

  test('several messages in a segment: the one at the cut is read by its head, those behind it are not guessed', async () => {
    const talk = dialogue(102);
    talk.ask(octets(S7_CONNECT));
    talk.answer(octets(S7_CONNECT.replace('11e0', '11d0')));
    for (let i = 1; i <= 3; i++) talk.ask([...s7(1, i, [4, ...DB1], 0), ...s7(1, i + 20, [5, ...DB1], 60), ...s7(1, i + 40, [0x29, 0, 0, 0, 0, 0, 9, ...octets('505f50524f4752414d')], 0)]);
    expect(operationsOf(await imported(talk.frames))).toEqual(['s7comm 4: 3/0/0', 's7comm 5: 3/0/0', 's7comm 41: 3/0/0']);
    expect(operationsOf(await imported(cut(talk.frames, 128)))).toEqual(['s7comm 4: 3/0/0', 's7comm 5: 3/0/0']);
  });

  test('a service that starts the CPU or changes blocks is told by its name, or not at all', async () => {
    const name = octets('5f494e5345');
    const service = [0x28, 0, 0, 0, 0, 0, 0, 0xfd, 0, 30, ...new Array<number>(30).fill(0x30), name.length, ...name];
    const talk = dialogue(102);
    talk.ask(octets(S7_CONNECT));
    talk.answer(octets(S7_CONNECT.replace('11e0', '11d0')));
    talk.ask(s7(1, 1, service, 0));
    talk.answer(s7(3, 1, [0x28], 0));
    expect(operationsOf(await imported(talk.frames))).toEqual([`s7comm ${0x228}: 1/1/0`]);
    expect(operationsOf(await imported(cut(talk.frames, 96)))).toEqual([]);
    expect(operationsOf(await imported(cut(talk.frames, 128)))).toEqual([`s7comm ${0x228}: 1/1/0`]);
  });
});
