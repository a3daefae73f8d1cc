/** Where Modbus, or its serial form, is found: at a stream's beginning, where one was joined midstream, on a port that says nothing. */
import { expect, test } from 'vitest';
import { modbus } from '../../../src/decode/app/modbus.ts';
import { MODBUS_RTU } from '../../../src/decode/app/modbus-rtu.ts';
import { PROBE, TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';

/** The answer to a read of 110 holding registers: 229 octets. */
const ANSWER = Uint8Array.from([0x21, 0x40, 0, 0, 0, 0xdf, 1, 3, 220, ...Array.from({ length: 220 }, (_, i) => (i * 7) & 0xff)]);

/** Bit by bit, as the specification draws it (MODBUS over Serial Line V1.02, 6.2.2). */
const serialFrame = (unit: number, pdu: readonly number[]): number[] => {
  let crc = 0xffff;
  for (const octet of [unit, ...pdu]) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return [unit, ...pdu, crc & 255, crc >> 8];
};

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

/** MBAP header (Messaging Guide V1.0b, 3.1.3): a protocol id of 0, and a length of unit id and PDU. */
test.each<[string, Partial<Record<number, number>>, boolean]>([
  ['the header of a read', {}, true],
  ['another protocol, by the first octet of its id', { 2: 1 }, false],
  ['by the second', { 3: 1 }, false],
  ['a length of the unit id alone', { 4: 0, 5: 1 }, false],
  ['of more than any message has', { 4: 0xff }, false],
])('%s, on its own port and where a stream was joined', (_what, changed, isOurs) => {
  const bytes = Uint8Array.from([0, 1, 0, 0, 0, 6, 1, 3, 0, 7, 0, 1]);
  for (const [at, octet] of Object.entries(changed)) bytes[Number(at)] = octet as number;
  expect(modbus.probe(bytes, 0, bytes.length, TO_SERVER, 502)).toBe(isOurs ? PROBE.certain : PROBE.notForUs);
  expect(resync(bytes)).toBe(isOurs ? 0 : -1);
});

/** Emerson's ROC Plus has the same CRC: a frame without data looks like the read of a multiple of 256, and is left to it. */
test.each<[string, readonly number[], boolean]>([
  ['a read of one register', [3, 0, 7, 0, 1], true],
  ['of 255', [3, 0, 7, 0, 255], true],
  ['of 256', [3, 0, 7, 1, 0], false],
  ['of 257', [3, 0, 7, 1, 1], true],
  ['of 256 inputs', [4, 0, 7, 1, 0], false],
  ['a coil switched off', [5, 0, 7, 0, 0], true],
  ['a register set to 256', [6, 0, 7, 1, 0], true],
])('a frame of a serial line: %s', (_what, pdu, isOurs) => {
  for (const unit of [1, 17, 247]) {
    const bytes = Uint8Array.from(serialFrame(unit, pdu));
    expect(MODBUS_RTU.probe(bytes, 0, bytes.length, TO_SERVER, 0), `${unit}`).toBe(isOurs ? PROBE.certain : PROBE.notForUs);
  }
});

/** What nobody knows is never harmless: vendors programme from 65 on (docs/architecture.md, access classes). */
test.each([
  [3, 'Read Holding Registers', 'read'],
  [64, 'Function 64', 'diagnose'],
  [65, 'Function 65', 'program'],
  [90, 'Unity Programming', 'program'],
  [127, 'Function 127', 'program'],
  [8, 'Diagnostics', 'diagnose'],
  [8 | (4 << 8), 'Force Listen Only Mode', 'control'],
  [43, 'Encapsulated Interface Transport', 'browse'],
  [43 | (13 << 8), 'CANopen General Reference', 'write'],
  [43 | (12 << 8), 'Encapsulated Interface 12', 'program'],
])('operation %i is called %s, and is %s', (code, name, access) => {
  expect(modbus.describe(code)).toEqual({ name, access });
});
