/** Every function of Modbus by the examples of its specification (V1.1b3 clauses 6.1 to 6.21): how long a message is, who sent it, and what it says. */
import { describe, expect, it } from 'vitest';
import { isAnswer, readPdu, requestLength, responseLength } from '../../../src/decode/app/modbus-pdu.ts';
import { MESSAGE, TO_CLIENT, TO_SERVER, type ProtocolSink, type SessionMemory } from '../../../src/decode/app/protocol.ts';

const fromHex = (hex: string): Uint8Array => Uint8Array.from(hex.split(' ').map((octet) => Number.parseInt(octet, 16)));
const asciiHex = (text: string): string => [...text].map((letter) => letter.charCodeAt(0).toString(16)).join(' ');

/** What is told, each as a line. */
const recorder = (): { told: string[]; sink: ProtocolSink } => {
  const told: string[] = [];
  const memory: SessionMemory = {};
  const kinds = Object.entries(MESSAGE);
  const sink: ProtocolSink = {
    operation: (unit, code, kind, error) => void told.push(`${kinds.find(([, value]) => value === kind)?.[0]} ${unit}/${code}${error === 0 ? '' : ` exception ${error}`}`),
    range: (access, first, last) => void told.push(`${access === 0 ? 'read' : 'write'} ${first}-${last}`),
    answeredRange: (access, first, last) => void told.push(`answered ${access === 0 ? 'read' : 'write'} ${first}-${last}`),
    target: (name) => void told.push(name), fact: (name, value) => void told.push(`${name} ${value}`), serverFact: (name, value) => void told.push(`${name} ${value}`),
    clientFact: (name, value) => void told.push(`client ${name} ${value}`), asksAt: () => {}, serverIs: (sender) => sender, memory: () => memory, malformed: (reason) => void told.push(`malformed ${reason}`), isCut: false, beyondCut: () => void told.push('beyond the cut'),
  };
  return { told, sink };
};

/** A message has others before and behind it. */
const BEFORE = 7;
const framed = (hex: string): Uint8Array => Uint8Array.from([...Array.from({ length: BEFORE }, () => 0x2b), ...fromHex(hex), 0x2b, 0x2b]);

/** @param knows what is known of the sender, against what the length says */
const tellAs = (knows: ((sender: boolean) => boolean) | null, ...messages: (readonly [number, string])[]): string[] => {
  const { told, sink } = recorder();
  for (const [direction, hex] of messages) {
    const bytes = framed(hex);
    readPdu(bytes, BEFORE, bytes.length - 2, 9, 1, direction, knows === null ? sink : { ...sink, serverIs: knows });
  }
  return told;
};
const tell = (...messages: (readonly [number, string])[]): string[] => tellAs(null, ...messages);

/** How many octets tell the length, where it is not the same for all messages of a function. */
const TELLING = { request: new Map([[15, 6], [16, 6], [20, 2], [21, 2], [23, 10], [43, 2]]), response: new Map([[1, 2], [2, 2], [3, 2], [4, 2], [12, 2], [17, 2], [20, 2], [21, 2], [23, 2], [24, 3]]) };

const IDENTIFICATION = `2b 0e 01 01 00 00 03 00 04 ${asciiHex('ACME')} 01 00 02 05 ${asciiHex('V2.11')}`;

describe.each([
  [1, '01 00 13 00 13', '01 03 cd 6b 05', ['read 19-37'], []],
  [2, '02 00 c4 00 16', '02 03 ac db 35', ['read 196-217'], []],
  [3, '03 00 6b 00 03', '03 06 02 2b 00 00 00 64', ['read 107-109'], []],
  [4, '04 00 08 00 01', '04 02 00 0a', ['read 8-8'], []],
  [5, '05 00 ac ff 00', '05 00 ac ff 00', ['write 172-172'], ['answered write 172-172']],
  [6, '06 00 01 00 03', '06 00 01 00 03', ['write 1-1'], ['answered write 1-1']],
  [7, '07', '07 6d', [], []],
  [11, '0b', '0b ff ff 01 08', [], []],
  [12, '0c', '0c 08 00 00 01 08 01 21 20 00', [], []],
  [15, '0f 00 13 00 0a 02 cd 01', '0f 00 13 00 0a', ['write 19-28'], ['answered write 19-28']],
  [16, '10 00 01 00 02 04 00 0a 01 02', '10 00 01 00 02', ['write 1-2'], ['answered write 1-2']],
  [17, '11', '11 02 2a ff', [], []],
  [20, '14 0e 06 00 04 00 01 00 02 06 00 03 00 09 00 02', '14 0c 05 06 0d fe 00 20 05 06 33 cd 00 40', ['file 4 record 1-2', 'file 3 record 9-10'], []],
  [21, '15 14 06 00 04 00 07 00 03 06 af 04 be 10 0d 06 00 05 00 00 00 00', '15 14 06 00 04 00 07 00 03 06 af 04 be 10 0d 06 00 05 00 00 00 00', ['file 4 record 7-9', 'file 5 record 0-0'], []],
  [22, '16 00 04 00 f2 00 25', '16 00 04 00 f2 00 25', ['write 4-4'], ['answered write 4-4']],
  [23, '17 00 03 00 06 00 0e 00 03 06 00 ff 00 ff 00 ff', '17 0c 00 fe 0a cd 00 01 00 03 00 0d 00 ff', ['read 3-8', 'write 14-16'], []],
  [24, '18 04 de', '18 00 06 00 02 01 b8 12 84', ['fifo 1246'], []],
  [43, '2b 0e 01 00', IDENTIFICATION, [], ['modbus.vendor ACME', 'modbus.revision V2.11']],
] as const)('FC %i', (code, request, response, asked, answered) => {
  it('has the length that its fields say, and not before they are there', () => {
    for (const [hex, lengthOf, telling] of [[request, requestLength, TELLING.request], [response, responseLength, TELLING.response]] as const) {
      const octets = hex.split(' ').length;
      const bytes = framed(hex);
      // An identification is as long as its objects: all of it but the last text has to be there.
      const needed = lengthOf === responseLength && code === 43 ? octets - 5 : (telling.get(code) ?? 1);
      for (let have = 1; have <= octets; have++) expect(lengthOf(bytes, BEFORE, BEFORE + have), `${have}`).toBe(have < needed ? -1 : octets);
    }
  });

  it('says this, asked and answered', () => {
    expect(tell([TO_SERVER, request])).toEqual([`request 9/${code}`, ...asked]);
    expect(tell([TO_SERVER, request], [TO_CLIENT, response]).slice(1 + asked.length)).toEqual([`response 9/${code}`, ...answered]);
    expect(tell([TO_SERVER, request], [TO_CLIENT, `${(code | 0x80).toString(16)} 02`]).slice(1 + asked.length)).toEqual([`error 9/${code} exception 2`]);
  });

  it('whose length tells who sends it is read as that, whoever dialled', () => {
    const [asks, answers] = [framed(request), framed(response)];
    const isTold = [1, 2, 3, 4, 15, 16, 23].includes(code);
    // The answer to a read of 17 to 24 bits is as long as its request.
    const isBoth = code < 5 && response.split(' ').length === 5;
    expect([isAnswer(asks, BEFORE, asks.length - 2), isAnswer(answers, BEFORE, answers.length - 2)]).toEqual([isTold ? false : null, isTold && !isBoth ? true : null]);
    expect(tell([TO_CLIENT, request])[0]).toBe(`${isTold ? 'request' : 'response'} 9/${code}`);
    expect(tell([TO_SERVER, response])[0]).toBe(`${isTold && !isBoth ? 'response' : 'request'} 9/${code}`);
  });

  it('is an operation and no range, where it ends after its function', () => {
    expect(tell([TO_SERVER, request.slice(0, 2)])).toEqual([`request 9/${code}`]);
  });
});

it.each([
  ['a read of nothing asks for its first address', '03 00 05 00 00', ['malformed modbus.range', 'read 5-5']],
  ['one up to the last address there is', '03 ff fe 00 02', ['read 65534-65535']],
  ['one beyond it ends there', '03 ff fe 00 03', ['malformed modbus.range', 'read 65534-65535']],
  ['a read that was cut off behind its address', '03 00 05', ['malformed modbus.range', 'read 5-5']],
  ['a write of one that was cut off behind its address', '05 00 ac', ['write 172-172']],
  ['a write of several that was cut off behind its address', '10 00 01', ['malformed modbus.range', 'write 1-1']],
  ['a read and write that was cut off behind its second quantity', '17 00 03 00 06 00 0e 00 03', ['read 3-8', 'write 14-16']],
  ['a read and write that was cut off', '17 00 03 00 06 00 0e 00', []],
  ['a fifo without its address', '18 04', []],
  ['half a group of a file', '14 07 06 00 04 00 01 00', []],
])('%s', (_, hex, expected) => {
  expect(tell([TO_SERVER, hex]).slice(1)).toEqual(expected);
});

it('an exception is two octets; without its code it is malformed', () => {
  expect(tell([TO_CLIENT, '83'])).toEqual(['malformed modbus.exception-without-code']);
  expect(tell([TO_CLIENT, '80 01'])).toEqual(['error 9/0 exception 1']);
  const exception = framed('80 02');
  expect([responseLength(exception, BEFORE, BEFORE + 2), isAnswer(exception, BEFORE, BEFORE + 2)]).toEqual([2, true]);
});

it('who is known to ask asks, whatever the length: what contradicts it is counted', () => {
  expect(tellAs(() => false, [TO_SERVER, '83 02'])).toEqual(['malformed modbus.exception-asked']);
  expect(tellAs(() => false, [TO_SERVER, '03 02 00 05'])).toEqual(['malformed modbus.length-of-function', 'request 9/3', 'malformed modbus.range', 'read 512-512']);
  expect(tellAs(() => true, [TO_CLIENT, '03 00 6b 00 03'])).toEqual(['malformed modbus.length-of-function', 'response 9/3']);
});

it('an exception to a function that is several refuses what was asked under its transaction, once', () => {
  expect(tell([TO_SERVER, '08 00 04 00 00'], [TO_CLIENT, '88 01'], [TO_CLIENT, '88 01']).map((line) => line.replace(/\d{3,}/, 'N'))).toEqual(['request 9/N', 'error 9/N exception 1', 'error 9/8 exception 1']);
  expect(tell([TO_SERVER, '08 00 04 00 00'], [TO_CLIENT, '08 00 04 00 00'], [TO_CLIENT, '88 01'])[2]).toBe('error 9/8 exception 1');
  expect(tell([TO_SERVER, '08 00 04 00 00'], [TO_SERVER, '08 00 00 a5 37'], [TO_CLIENT, '88 01'])[2]).toBe('error 9/8 exception 1');
});

it.each([
  ['fewer objects than octets', `2b 0e 01 01 00 00 01 00 02 ${asciiHex('AB')} 01 02 ${asciiHex('CD')}`, ['modbus.vendor AB']],
  ['more objects than there are', `2b 0e 01 01 00 00 03 00 02 ${asciiHex('AB')}`, ['modbus.vendor AB']],
  ['an object that is cut off', `2b 0e 01 01 00 00 02 00 02 ${asciiHex('AB')} 01 05 ${asciiHex('CD')}`, ['modbus.vendor AB']],
  ['objects of the vendor\'s own', `2b 0e 03 03 00 00 02 80 01 ${asciiHex('X')} 06 02 ${asciiHex('OK')}`, ['modbus.application OK']],
  ['another encapsulated interface', `2b 0d 01 01 00 00 01 00 02 ${asciiHex('AB')}`, []],
])('device identification with %s', (_, hex, expected) => {
  expect(tell([TO_CLIENT, hex]).slice(1)).toEqual(expected);
});
