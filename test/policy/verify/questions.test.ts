/** What active verification can put on the wire at all: three questions that change nothing, and discovery. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { modbusAdu, readAnswer } from '../../../src/policy/verify/questions.ts';
import type { ModbusQuestion } from '../../../src/policy/verify/plan.ts';

const COMMANDS = join(import.meta.dirname, '../../../src/commands');
const HARMLESS = new Set([1, 2, 3, 4, 8, 43]);

test('no question, whatever its numbers and words, gives another function code than reads, the echo and the identification', () => {
  const anything = fc.record({ kind: fc.oneof(fc.constantFrom('read', 'echo', 'identify'), fc.string()), unit: fc.integer(), code: fc.oneof(fc.integer({ min: -10, max: 300 }), fc.constantFrom(5, 6, 15, 16)), address: fc.integer() });
  const built = new Set<number>();
  fc.assert(fc.property(anything, fc.integer(), (question, transaction) => {
    let adu: Uint8Array;
    try {
      adu = modbusAdu(question as unknown as ModbusQuestion, transaction);
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      return;
    }
    expect(HARMLESS.has(adu[7]), `FC ${adu[7]}`).toBe(true);
    expect([adu[2], adu[3], (adu[4] << 8) | adu[5]]).toEqual([0, 0, adu.length - 6]);
    if (adu[7] === 8) expect([...adu.subarray(8)]).toEqual([0, 0, 0xa5, 0x5a]);
    if (adu[7] === 43) expect([...adu.subarray(8)]).toEqual([14, 1, 0]);
    if (adu[7] <= 4) expect([...adu.subarray(10)]).toEqual([0, 1]);
    built.add(adu[7]);
  }), { numRuns: 5000 });
  expect([...built].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 8, 43]);
});

test('the questions as the standard writes them', () => {
  expect([...modbusAdu({ kind: 'read', unit: 17, code: 3, address: 0x006b }, 0x1234)]).toEqual([0x12, 0x34, 0, 0, 0, 6, 17, 3, 0, 0x6b, 0, 1]);
  expect([...modbusAdu({ kind: 'echo', unit: 1 }, 1)]).toEqual([0, 1, 0, 0, 0, 6, 1, 8, 0, 0, 0xa5, 0x5a]);
  expect([...modbusAdu({ kind: 'identify', unit: 1 }, 1)]).toEqual([0, 1, 0, 0, 0, 5, 1, 43, 14, 1, 0]);
});

test('answers: whole, in part, an exception, of another transaction, nonsense', () => {
  expect(readAnswer(Uint8Array.from([0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 9]), 1)).toEqual({ kind: 'answer', code: 3 });
  expect(readAnswer(Uint8Array.from([0, 1, 0, 0, 0, 5, 1, 3, 2]), 1)).toEqual({ kind: 'more' });
  expect(readAnswer(Uint8Array.from([0, 1, 0, 0, 0, 3, 1, 0x88, 1]), 1)).toEqual({ kind: 'exception', code: 8, exception: 1 });
  expect(readAnswer(Uint8Array.from([0, 2, 0, 0, 0, 3, 1, 0x88, 1]), 1)).toEqual({ kind: 'foreign' });
  expect(readAnswer(Buffer.from('HTTP/1.1 400 Bad Request'), 1)).toEqual({ kind: 'foreign' });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(65_535), (bytes, transaction) => void readAnswer(bytes, transaction)));
});

test('one place writes to a socket, and it writes what was asked', () => {
  const source = readFileSync(join(COMMANDS, 'verify-probe.ts'), 'utf8');
  expect([...source.matchAll(/\.(?:write|end|send)\(/g)].map(([call]) => call)).toEqual(['.write(']);
  expect(source).toContain('socket.write(question);');
  expect([...source.matchAll(/\bask\(socket, ([^,]+(?:\([^)]*\))?)/g)].map(([, question]) => question.split('(')[0])).toEqual(['modbusAdu', 'hello', 'openChannel', 'getEndpoints']);
});
