/** Where a Modbus stream that was joined midstream may begin to be read. */
import { expect, test } from 'vitest';
import { modbus } from '../../../src/decode/app/modbus.ts';
import { PROBE, TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';

/** The answer to a read of 110 holding registers: 229 octets. */
const ANSWER = Uint8Array.from([0x21, 0x40, 0, 0, 0, 0xdf, 1, 3, 220, ...Array.from({ length: 220 }, (_, i) => (i * 7) & 0xff)]);

const resync = (bytes: Uint8Array): number => modbus.resync(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length, TO_CLIENT, modbus.newMemory());

test('a segment that begins with a message and does not end it is where a stream begins', () => {
  for (const cut of [20, 114, 228, 229]) expect(resync(ANSWER.slice(0, cut)), `${cut}`).toBe(0);
});

test('a length that the message\'s own fields contradict is no beginning', () => {
  const lying = ANSWER.slice(0, 114);
  lying[8] = 200;
  expect(resync(lying)).toBe(-1);
});

/** On a port that says nothing, a message must have the length that its function gives it (V1.1b3 clause 6). */
test.each([
  ['read exception status, asked', [7], true],
  ['answered', [7, 0x6d], true],
  ['with more than it can have', [7, 1, 2, 3], false],
  ['event counter, answered', [11, 0xff, 0xff, 1, 8], true],
  ['with an octet too many', [11, 0, 0], false],
  ['event log, answered', [12, 8, 0, 0, 1, 8, 1, 0x21, 0x20, 0], true],
  ['server id, answered with less than it says', [17, 5, 1], false],
  ['file record, asked', [20, 7, 6, 0, 4, 0, 1, 0, 2], true],
  ['with half a sub-request', [20, 7, 6, 0, 4], false],
  ['identification, asked', [43, 14, 1, 0], true],
  ['answered with one object', [43, 14, 1, 1, 0, 0, 1, 0, 3, 65, 66, 67], true],
  ['cut short', [43, 14, 1, 1, 0, 0, 1, 0, 3, 65], false],
])('%s', (_name, pdu, isOurs) => {
  const bytes = Uint8Array.from([0, 1, 0, 0, 0, pdu.length + 1, 1, ...pdu]);
  expect(modbus.probe(bytes, 0, bytes.length, TO_SERVER, 0)).toBe(isOurs ? PROBE.certain : PROBE.notForUs);
});
