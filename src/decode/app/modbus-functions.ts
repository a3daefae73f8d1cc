/**
 * What Modbus functions are called and what they do to the device (MODBUS Application Protocol V1.1b3). In: a function code, or
 * the code of an operation that shares one. Out: names and access classes. Left out on purpose: messages (modbus.ts).
 */
import type { Access } from '../../observation.ts';
import { describeUmas, UMAS_FURTHER_ACCESS } from './umas.ts';

/** Function codes that are read (V1.1b3 clause 6), and one of a vendor's. */
export const FC = Object.freeze({
  readCoils: 1,
  readDiscreteInputs: 2,
  readHoldingRegisters: 3,
  readInputRegisters: 4,
  writeSingleCoil: 5,
  writeSingleRegister: 6,
  readExceptionStatus: 7,
  diagnostics: 8,
  getCommEventCounter: 11,
  getCommEventLog: 12,
  writeMultipleCoils: 15,
  writeMultipleRegisters: 16,
  reportServerId: 17,
  readFileRecord: 20,
  writeFileRecord: 21,
  maskWriteRegister: 22,
  readWriteMultipleRegisters: 23,
  readFifoQueue: 24,
  encapsulatedInterface: 43,
  unityProgramming: 90,
} as const);

const MEI_CANOPEN = 13;
export const MEI_DEVICE_IDENTIFICATION = 14;

/**
 * Operations of one function that do something else than the function's name says have a code of their own: above the function,
 * the sub-function of Diagnostics (V1.1b3 clause 6.8.1), the type of an encapsulated interface (clauses 6.19 to 6.21), or the function of
 * UMAS (umas.ts).
 */
const SUB_SHIFT = 8;
export const sub = (code: number, part: number): number => code | (part << SUB_SHIFT);
/** Sub-functions of Diagnostics that act on the device instead of asking it. */
export const ACTIONS = new Map<number, string>([
  [1, 'Restart Communications Option'],
  [3, 'Change ASCII Input Delimiter'],
  [4, 'Force Listen Only Mode'],
  [10, 'Clear Counters and Diagnostic Register'],
  [20, 'Clear Overrun Counter and Flag'],
]);

/** Public function codes (V1.1b3 clause 5 and 6) and the vendor codes that field devices really use. */
export const FUNCTIONS = new Map<number, { readonly name: string; readonly access: Access }>([
  [1, { name: 'Read Coils', access: 'read' }],
  [2, { name: 'Read Discrete Inputs', access: 'read' }],
  [3, { name: 'Read Holding Registers', access: 'read' }],
  [4, { name: 'Read Input Registers', access: 'read' }],
  [5, { name: 'Write Single Coil', access: 'write' }],
  [6, { name: 'Write Single Register', access: 'write' }],
  [7, { name: 'Read Exception Status', access: 'diagnose' }],
  [FC.diagnostics, { name: 'Diagnostics', access: 'diagnose' }],
  [11, { name: 'Get Comm Event Counter', access: 'diagnose' }],
  [12, { name: 'Get Comm Event Log', access: 'diagnose' }],
  [15, { name: 'Write Multiple Coils', access: 'write' }],
  [16, { name: 'Write Multiple Registers', access: 'write' }],
  [17, { name: 'Report Server ID', access: 'diagnose' }],
  [20, { name: 'Read File Record', access: 'read' }],
  [21, { name: 'Write File Record', access: 'program' }],
  [22, { name: 'Mask Write Register', access: 'write' }],
  [23, { name: 'Read/Write Multiple Registers', access: 'write' }],
  [24, { name: 'Read FIFO Queue', access: 'read' }],
  [43, { name: 'Encapsulated Interface Transport', access: 'browse' }],
  // Where it does not say what it asks (umas.ts).
  [FC.unityProgramming, { name: 'Unity Programming', access: 'program' }],
  [125, { name: 'Program (vendor, 125)', access: 'program' }],
  [126, { name: 'Program (vendor, 126)', access: 'program' }],
  ...[...ACTIONS].map(([part, name]) => [sub(FC.diagnostics, part), { name, access: 'control' }] as const),
  [sub(FC.encapsulatedInterface, MEI_CANOPEN), { name: 'CANopen General Reference', access: 'write' }],
]);

/** Of a code that is not known: what vendors programme with from 65 on, and with an encapsulated interface, is `program`. */
export function describeFunction(code: number): { readonly name: string; readonly access: Access } {
  const known = FUNCTIONS.get(code);
  if (known !== undefined) return known;
  if (code <= 0xff) return { name: `Function ${code}`, access: code >= 65 ? 'program' : 'diagnose' };
  const part = code >> SUB_SHIFT;
  return (code & 0xff) === FC.unityProgramming ? describeUmas(part) : { name: `Encapsulated Interface ${part}`, access: 'program' };
}

/** Codes of requests (V1.1b3 clause 4.1: 0 is none, and the upper half are exceptions). */
export const REQUEST_CODES: readonly number[] = Array.from({ length: 127 }, (_, index) => index + 1);

/** What a function code does to the device, where nothing more is known than the code (a spec names only that). */
export const accessOfFunctionCode = (code: number): Access => describeFunction(code).access;

/** What else some function codes can do (V1.1b3 clauses 6.8 and 6.19; umas.ts), which only the octets after them tell. */
const FURTHER_ACCESS: Readonly<Record<number, readonly Access[]>> = {
  [FC.diagnostics]: ['control'],
  [FC.encapsulatedInterface]: ['write', 'program'],
  [FC.unityProgramming]: UMAS_FURTHER_ACCESS,
};
/** All that a function code may do to the device. */
export const accessesOfFunctionCode = (code: number): readonly Access[] => [accessOfFunctionCode(code), ...(FURTHER_ACCESS[code] ?? [])];
