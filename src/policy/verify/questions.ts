/**
 * The octets that active verification may send to a Modbus device: reads of one register or coil (FC 1 to 4), the echo
 * (FC 8 sub-function 0) and the device identification (FC 43/14). No other function code can be built here: the code is a
 * constant of each case, never a number that somebody passes. In: a question. Out: one ADU. Sends nothing.
 * Source: MODBUS Application Protocol V1.1b3 clauses 6.1 to 6.4, 6.8, 6.21; MODBUS Messaging on TCP/IP V1.0b clause 3.1.3.
 */
import type { ModbusQuestion } from './plan.ts';

const ECHO_DATA = [0xa5, 0x5a] as const;

const octet = (value: number): number => value & 0xff;

const readPdu = (code: 1 | 2 | 3 | 4, address: number): readonly number[] => {
  const place = [octet(address >> 8), octet(address), 0, 1] as const;
  switch (code) {
    case 1:
      return [1, ...place];
    case 2:
      return [2, ...place];
    case 3:
      return [3, ...place];
    case 4:
      return [4, ...place];
  }
};

const pduOf = (question: ModbusQuestion): readonly number[] => {
  switch (question.kind) {
    case 'read':
      return readPdu(question.code, question.address);
    case 'echo':
      return [8, 0, 0, ...ECHO_DATA];
    case 'identify':
      return [43, 14, 1, 0];
  }
};

/** Throws for anything that is none of the three questions, whatever the type system was told. */
export function modbusAdu(question: ModbusQuestion, transaction: number): Uint8Array {
  const pdu = pduOf(question) as readonly number[] | undefined;
  if (pdu === undefined) throw new TypeError('no such question: only reads, the echo and the identification are ever asked');
  return Uint8Array.from([octet(transaction >> 8), octet(transaction), 0, 0, 0, pdu.length + 1, octet(question.unit), ...pdu]);
}

export type ModbusAnswer =
  | { readonly kind: 'answer'; readonly code: number }
  | { readonly kind: 'exception'; readonly code: number; readonly exception: number }
  /** Not whole yet. */
  | { readonly kind: 'more' }
  | { readonly kind: 'foreign' };

const HEADER = 7;

/** What came back to a question with this transaction number. */
export function readAnswer(bytes: Uint8Array, transaction: number): ModbusAnswer {
  if (bytes.length < HEADER + 1) return { kind: 'more' };
  const length = (bytes[4] << 8) | bytes[5];
  if (bytes[2] !== 0 || bytes[3] !== 0 || length < 2 || length > 254 || ((bytes[0] << 8) | bytes[1]) !== (transaction & 0xffff)) return { kind: 'foreign' };
  if (bytes.length < 6 + length) return { kind: 'more' };
  const code = bytes[HEADER];
  return code < 0x80 ? { kind: 'answer', code } : { kind: 'exception', code: code & 0x7f, exception: length >= 3 ? bytes[HEADER + 1] : 0 };
}
