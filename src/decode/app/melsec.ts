/**
 * Mitsubishi SLMP / MC protocol, 3E and 4E frames in binary and ASCII code (SH-080956ENG) on TCP and UDP. In: frames. Out: commands as
 * operations with end codes. 1E frames are left out: nothing in them tells them from other octets.
 */
import type { Access } from '../../observation.ts';
import { framedProtocol } from './framing.ts';
import { MESSAGE, PROBE } from './protocol.ts';

const SUBHEADER = { request3e: 0x5000, response3e: 0xd000, request4e: 0x5400, response4e: 0xd400 } as const;
const SUBHEADERS = new Set<number>(Object.values(SUBHEADER));
/** Subheader, network, station, module I/O (2), multidrop, length (2). */
const HEADER = 9;
const AT = { module: 4, length: 7, endCode: HEADER, command: HEADER + 2 } as const;
/** A 4E frame has a serial number and two zeroes behind its subheader. */
const SERIAL_OCTETS = 4;
const LARGEST = 8192;

const COMMANDS = new Map<number, readonly [string, Access]>([
  [0x0101, ['Read Type Name', 'browse']],
  [0x0401, ['Device Read', 'read']],
  [0x0403, ['Device Read Random', 'read']],
  [0x0406, ['Device Read Block', 'read']],
  [0x0601, ['Extended Unit Read', 'read']],
  [0x0613, ['Memory Read', 'read']],
  [0x0619, ['Self Test', 'diagnose']],
  [0x0801, ['Entry Monitor Device', 'read']],
  [0x0802, ['Execute Monitor', 'read']],
  [0x1001, ['Remote Run', 'control']],
  [0x1002, ['Remote Stop', 'control']],
  [0x1003, ['Remote Pause', 'control']],
  [0x1005, ['Remote Latch Clear', 'control']],
  [0x1006, ['Remote Reset', 'control']],
  [0x1401, ['Device Write', 'write']],
  [0x1402, ['Device Write Random', 'write']],
  [0x1406, ['Device Write Block', 'write']],
  [0x1601, ['Extended Unit Write', 'write']],
  [0x1613, ['Memory Write', 'write']],
  [0x1617, ['Clear Error', 'control']],
  [0x1630, ['Remote Password Unlock', 'program']],
  [0x1631, ['Remote Password Lock', 'program']],
  [0x1810, ['Read Directory', 'browse']],
  [0x1811, ['Search Directory', 'browse']],
  [0x1820, ['New File', 'program']],
  [0x1822, ['Delete File', 'program']],
  [0x1827, ['Open File', 'program']],
  [0x1828, ['Read File', 'program']],
  [0x1829, ['Write File', 'program']],
  [0x182a, ['Close File', 'program']],
]);

/** In ASCII code each octet is two hexadecimal digits, and words begin with their high octet (SH-080956ENG clause 4.1). */
const ASCII_FIRST = [0x35, 0x44];
const digitsOf = (bytes: Uint8Array, at: number): number => (ASCII_FIRST.includes(bytes[at]) ? 2 : 1);

/** The word at `at`; NaN where its digits are none. */
const wordAt = (bytes: Uint8Array, at: number, digits: number): number => {
  if (digits === 1) return bytes[at] | (bytes[at + 1] << 8);
  let word = 0;
  for (let i = at; i < at + 4; i++) {
    const octet = bytes[i];
    const digit = octet >= 0x30 && octet <= 0x39 ? octet - 0x30 : octet >= 0x41 && octet <= 0x46 ? octet - 0x37 : NaN;
    word = word * 16 + digit;
  }
  return word;
};

const subheaderAt = (bytes: Uint8Array, at: number, digits: number): number => (digits === 1 ? (bytes[at] << 8) | bytes[at + 1] : wordAt(bytes, at, digits));
const isRequest = (bytes: Uint8Array, at: number, digits: number): boolean => (subheaderAt(bytes, at, digits) & 0x8000) === 0;
/** Where the frame would begin if it had no serial number. */
const frameAt = (bytes: Uint8Array, at: number, digits: number): number => at + ((subheaderAt(bytes, at, digits) & 0x0400) !== 0 ? SERIAL_OCTETS * digits : 0);

/** A request is known by its command, a response by its end code. */
const isDecidable = (bytes: Uint8Array, at: number, to: number): boolean => {
  const digits = digitsOf(bytes, at);
  return frameAt(bytes, at, digits) + (2 + (isRequest(bytes, at, digits) ? AT.command : AT.endCode)) * digits <= to;
};

const PORTS = [5006, 5007];

export const MELSEC = framedProtocol({
  name: 'melsec',
  ports: PORTS,
  firstOctets: [...Object.values(SUBHEADER).map((subheader) => subheader >> 8), ...ASCII_FIRST],
  header: HEADER + 2,
  readsCut: true,
  maxCarry: 2 * LARGEST,
  size(bytes, _view, at, to) {
    const digits = digitsOf(bytes, at);
    if (!SUBHEADERS.has(subheaderAt(bytes, at, digits))) return -1;
    const frame = frameAt(bytes, at, digits);
    // What decides may not be there yet: then the message is longer than what there is.
    if (!isDecidable(bytes, at, to)) return to - at + 1;
    // Nearly always: the own station (network 0, station ff) and the CPU (03ff, or 03d0 to 03e3), no multidrop.
    const module = wordAt(bytes, frame + AT.module * digits, digits);
    if (module !== 0x03ff && !(module >= 0x03d0 && module <= 0x03e3)) return -1;
    const length = wordAt(bytes, frame + AT.length * digits, digits);
    if (!(length >= (isRequest(bytes, at, digits) ? 6 : 2) * digits && length <= LARGEST * digits)) return -1;
    if (isRequest(bytes, at, digits) ? !COMMANDS.has(wordAt(bytes, frame + AT.command * digits, digits)) : Number.isNaN(wordAt(bytes, frame + AT.endCode * digits, digits))) return -1;
    return frame - at + HEADER * digits + length;
  },
  isCertain: (bytes, _view, at, to) => (isDecidable(bytes, at, to) ? PROBE.certain : PROBE.unsure),
  newMemory: () => ({ asked: null }),
  message(bytes, _view, at, end, _direction, memory, sink) {
    if (!isDecidable(bytes, at, end)) return sink.beyondCut();
    const digits = digitsOf(bytes, at);
    const frame = frameAt(bytes, at, digits);
    if (isRequest(bytes, at, digits)) {
      const code = wordAt(bytes, frame + AT.command * digits, digits);
      sink.serverIs(false);
      memory.asked = code;
      return sink.operation(-1, code, MESSAGE.request, 0);
    }
    sink.serverIs(true);
    if (typeof memory.asked !== 'number') return;
    const error = wordAt(bytes, frame + AT.endCode * digits, digits);
    sink.operation(-1, memory.asked, error === 0 ? MESSAGE.response : MESSAGE.error, error);
    memory.asked = null;
  },
  describe(code) {
    const known = COMMANDS.get(code);
    return known === undefined ? { name: `Command 0x${code.toString(16).padStart(4, '0')}`, access: 'write' } : { name: known[0], access: known[1] };
  },
});
