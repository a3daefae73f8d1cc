/** UMAS, as it stands in function 90 of Modbus: what is asked, what is done to the controller, and what an answer says of it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accessesOfFunctionCode } from '../../../src/decode/app/modbus-functions.ts';
import { modbus } from '../../../src/decode/app/modbus.ts';
import { MESSAGE, TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';
import { createSink, createTold, fromHex, type Told } from './capture-streams.ts';

const SIGNATURE = 'ab'.repeat(32);
const KINDS = ['request', 'response', 'error'];

/** Messages with a header each; an answer has its request's transaction. */
const adu = (transaction: number, pdu: string): string => {
  const word = (value: number): string => value.toString(16).padStart(4, '0');
  return `${word(transaction)}0000${word(pdu.length / 2 + 1)}00${pdu}`;
};

const tell = (...messages: readonly (readonly [number, string])[]): Told => {
  const told = createTold();
  const sink = createSink(told);
  const memory = modbus.newMemory();
  sink.memory = () => memory;
  for (const [direction, hex] of messages) {
    const bytes = fromHex(hex);
    told.direction = direction;
    expect(modbus.read(bytes, new DataView(bytes.buffer), 0, bytes.length, direction, memory, sink)).toBe(bytes.length);
  }
  return told;
};

const lines = (told: Told): string[] => [...told.operations].map(([key, times]) => {
  const [code, kind, error] = key.split(' ').map(Number);
  const { name, access } = modbus.describe(code);
  return `${name}/${access}/${KINDS[kind]}${kind === MESSAGE.error ? ` ${error}` : ''} ${times}`;
});

const session = (asked: string, answered: string): Told => tell([TO_SERVER, adu(7, asked)], [TO_CLIENT, adu(7, answered)]);

describe('what is asked', () => {
  it.each([
    ['22', 'Read Variables', 'read'], ['23', 'Write Variables', 'write'], ['40', 'Start PLC', 'control'], ['41', 'Stop PLC', 'control'], ['10', 'Take PLC Reservation', 'control'],
    ['31', 'Upload Block', 'program'], ['34', 'Download Block', 'program'], ['29', 'Write Physical Address', 'program'], ['12', 'Keep Alive', 'browse'], ['58', 'Check PLC', 'diagnose'],
    ['99', 'Function 0x99', 'program'],
  ])('0x%s is %s, %s; its answer says only whether it was done', (code, name, access) => {
    expect(lines(session(`5a01${code}0102`, '5a01fe00'))).toEqual([`UMAS ${name}/${access}/request 1`, `UMAS ${name}/${access}/response 1`]);
  });

  it('a refusal has a code of its own, above the exceptions of Modbus', () => {
    expect(lines(session('5a0141ff00', '5a01fd83'))).toEqual(['UMAS Stop PLC/control/request 1', `UMAS Stop PLC/control/error ${0xfd83} 1`]);
    expect(lines(session('5a0141ff00', 'da01'))).toEqual(['UMAS Stop PLC/control/request 1', 'UMAS Stop PLC/control/error 1 1']);
  });

  it('of a signed one, what stands behind the signature', () => {
    expect(lines(session(`5a013801${SIGNATURE}5a0141ff00`, `5a01fe01${SIGNATURE}5a01fd80`))).toEqual(['UMAS Stop PLC/control/request 1', `UMAS Stop PLC/control/error ${0xfd80} 1`]);
    expect(lines(session(`5a013801${SIGNATURE}5a`, '5a01fe'))[0]).toBe('UMAS Signed Message/program/request 1');
  });

  it('data of an answer is not taken for a signed answer', () => {
    expect(lines(session('5a0120', `5a01fe00${'00'.repeat(32)}005afd`))).toEqual(['UMAS Read Memory Block/read/request 1', 'UMAS Read Memory Block/read/response 1']);
  });

  it('Read ID tells the controller’s product code', () => {
    const name = Buffer.from('140 CPU 311 10').toString('hex');
    const told = session('5a0002', `5a00fe${'00'.repeat(22)}0e${name}000000`);
    expect([...told.serverFacts]).toEqual(['modbus.product-code=140 CPU 311 10']);
    for (const cut of ['5a00fe', `5a00fe${'00'.repeat(22)}`, `5a00fe${'00'.repeat(22)}0e3134`]) expect([...session('5a0002', cut).serverFacts]).toEqual([]);
  });
});

describe('who sends it', () => {
  it('only answers have the functions 0xfe and 0xfd', () => {
    const senderOf = (pdu: string): boolean | null | undefined => {
      const bytes = fromHex(adu(1, pdu));
      return modbus.senderIsServer?.(bytes, 0, bytes.length);
    };
    expect([senderOf('5a00fe00'), senderOf('5a00fd83'), senderOf('5a0022'), senderOf('5a')]).toEqual([true, true, null, null]);
  });

  it('an answer whose request nobody heard is one of function 90', () => {
    expect(lines(tell([TO_CLIENT, adu(3, '5a01fe00')]))).toEqual(['Unity Programming/program/response 1']);
  });
});

it('a message without a function is counted', () => {
  expect([...session('5a', '5a').malformed]).toEqual([['umas.no-function', 2]]);
  expect(lines(session('5a', '5a'))).toEqual(['Unity Programming/program/request 1', 'Unity Programming/program/response 1']);
});

it('function 90 may do all that its functions do', () => {
  expect([...accessesOfFunctionCode(90)].sort()).toEqual(['browse', 'control', 'diagnose', 'program', 'read', 'write']);
});

it('any octets behind function 90, of any length: one operation, no exception, the stream stays in step', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (data, answers) => {
    const told = tell([answers ? TO_CLIENT : TO_SERVER, adu(9, `5a${Buffer.from(data).toString('hex')}`)]);
    expect([...told.operations.values()]).toEqual([1]);
  }));
});
