/**
 * UMAS, by which Schneider's tools and panels read, operate and program Modicon controllers: it travels in Modbus function 90 (0x5A).
 * Schneider publishes no standard: codes and layout as public dissectors and the research behind them have them (the series "The Unity
 * UMAS protocol", 2017; "The secrets of Schneider Electric's UMAS protocol", 2022; the talk on M340 controllers at Black Hat Europe
 * 2024), checked against captures.
 *
 * In: a Modbus PDU of function 90. Out: what it asks or how it answers, and what that does to the device. Left out on purpose: what is read
 * and written, and whether a signature is right.
 *
 *     0     1        2         3 ...
 *     0x5a  session  function  data                                 function of an answer: 0xfe done, 0xfd refused
 *     0x5a  session  0x38      version, signature (32), a PDU again  what newer controllers sign
 */
import type { Access } from '../../observation.ts';

const FUNCTION = 2;
const DATA = 3;
const SIGNED = 0x38;
/** Version and signature (HMAC-SHA-256). */
const SIGNATURE_OCTETS = 33;
const DONE = 0xfe;
const REFUSED = 0xfd;
export const READ_ID = 0x02;

const FUNCTIONS = new Map<number, readonly [string, Access]>([
  [0x01, ['Initialize Communication', 'browse']],
  [READ_ID, ['Read ID', 'browse']],
  [0x03, ['Read Project Information', 'browse']],
  [0x04, ['Read PLC Information', 'browse']],
  [0x05, ['Read Loader Information', 'browse']],
  [0x06, ['Read Card Information', 'browse']],
  [0x07, ['Read Block Information', 'browse']],
  [0x0a, ['Repeat', 'diagnose']],
  // Who holds the reservation may program and stop the controller, and nobody else may meanwhile.
  [0x10, ['Take PLC Reservation', 'control']],
  [0x11, ['Release PLC Reservation', 'control']],
  [0x12, ['Keep Alive', 'browse']],
  [0x20, ['Read Memory Block', 'read']],
  // Blocks and physical addresses hold the program as well as its data.
  [0x21, ['Write Memory Block', 'program']],
  [0x22, ['Read Variables', 'read']],
  [0x23, ['Write Variables', 'write']],
  [0x24, ['Read Coils and Registers', 'read']],
  [0x25, ['Write Coils and Registers', 'write']],
  [0x26, ['Read Data Dictionary', 'browse']],
  [0x27, ['Preload Data Dictionary', 'browse']],
  [0x28, ['Read Physical Address', 'read']],
  [0x29, ['Write Physical Address', 'program']],
  [0x2a, ['Browse Events', 'diagnose']],
  [0x30, ['Initialize Program Upload', 'program']],
  [0x31, ['Upload Block', 'program']],
  [0x32, ['End Program Upload', 'program']],
  [0x33, ['Initialize Program Download', 'program']],
  [0x34, ['Download Block', 'program']],
  [0x35, ['End Program Download', 'program']],
  [0x36, ['Backup', 'program']],
  [0x37, ['Preload Blocks', 'program']],
  [SIGNED, ['Signed Message', 'program']],
  [0x39, ['Read Ethernet Master Data', 'read']],
  [0x40, ['Start PLC', 'control']],
  [0x41, ['Stop PLC', 'control']],
  [0x42, ['Initialize PLC', 'control']],
  [0x43, ['Swap Blocks', 'program']],
  [0x50, ['Monitor PLC', 'read']],
  [0x51, ['Get Automatic Modifications', 'diagnose']],
  [0x52, ['Get Forced Bits', 'read']],
  [0x53, ['Get Selected Blocks', 'diagnose']],
  [0x58, ['Check PLC', 'diagnose']],
  [0x60, ['Set Breakpoint', 'program']],
  [0x61, ['Delete Breakpoint', 'program']],
  [0x62, ['Step Over', 'program']],
  [0x63, ['Step In', 'program']],
  [0x64, ['Step Out', 'program']],
  [0x65, ['Get Call Stack', 'diagnose']],
  [0x66, ['Check Debug Allowed', 'diagnose']],
  [0x6e, ['Exchange Reservation Nonces', 'browse']],
  [0x70, ['Read I/O Object', 'read']],
  [0x71, ['Write I/O Object', 'write']],
  [0x72, ['Read Rack', 'browse']],
  [0x73, ['Get Module Status', 'diagnose']],
  [0x74, ['Read Device Data', 'read']],
]);

/** Of a function that is not known: the protocol is there for programming. */
export function describeUmas(code: number): { readonly name: string; readonly access: Access } {
  const [name, access] = FUNCTIONS.get(code) ?? [`Function 0x${code.toString(16).padStart(2, '0')}`, 'program'];
  return { name: `UMAS ${name}`, access };
}

/** All that its functions may do to the device, but programming. */
export const UMAS_FURTHER_ACCESS: readonly Access[] = ['browse', 'read', 'diagnose', 'write', 'control'];

/** Where the PDU begins whose function and data are meant: behind the signature of a signed one, of the same session. */
function innerPdu(bytes: Uint8Array, pdu: number, end: number, outer: number): number {
  const inner = pdu + DATA + SIGNATURE_OCTETS;
  return bytes[pdu + FUNCTION] === outer && inner + FUNCTION < end && bytes[inner] === bytes[pdu] && bytes[inner + 1] === bytes[pdu + 1] ? inner : pdu;
}

/** The function that a request asks for; -1 where it ends before that. */
export const umasAsked = (bytes: Uint8Array, pdu: number, end: number): number => (pdu + FUNCTION < end ? bytes[innerPdu(bytes, pdu, end, SIGNED) + FUNCTION] : -1);

/** Whether a PDU is an answer: only those have these functions. */
export const isUmasAnswer = (bytes: Uint8Array, pdu: number, end: number): boolean => pdu + FUNCTION < end && (bytes[pdu + FUNCTION] === DONE || bytes[pdu + FUNCTION] === REFUSED);

/** An answer's own octets begin here: behind the signature where what was asked was signed as well. */
export const umasAnswered = (bytes: Uint8Array, pdu: number, end: number): number => {
  const inner = innerPdu(bytes, pdu, end, DONE);
  return isUmasAnswer(bytes, inner, end) ? inner : pdu;
};

/** Codes of refusals stand above Modbus's exceptions: 0xfd00, and the octet that says why. */
const REFUSAL = 0xfd00;
/** 0 where an answer refuses nothing. */
export function umasRefusal(bytes: Uint8Array, answer: number, end: number): number {
  if (answer + FUNCTION >= end || bytes[answer + FUNCTION] !== REFUSED) return 0;
  return REFUSAL | (answer + DATA < end ? bytes[answer + DATA] : 0);
}

/** In an answer to Read ID, the octets of the controller's name and the name. */
const NAME_LENGTH = 25;

/** The product code of the controller ("140 CPU 311 10"); empty where it is not there. */
export function umasProduct(bytes: Uint8Array, answer: number, end: number): string {
  const from = answer + NAME_LENGTH + 1;
  if (from > end || from + bytes[answer + NAME_LENGTH] > end) return '';
  return String.fromCharCode(...bytes.subarray(from, from + bytes[answer + NAME_LENGTH])).replace(/\0.*$/s, '').trim();
}
