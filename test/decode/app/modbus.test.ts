/** Where a Modbus stream that was joined midstream may begin to be read. */
import { expect, test } from 'vitest';
import { modbus } from '../../../src/decode/app/modbus.ts';
import { TO_CLIENT } from '../../../src/decode/app/protocol.ts';

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
