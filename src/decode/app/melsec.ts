/**
 * Mitsubishi SLMP / MC protocol, binary 3E and 4E frames (SH-080956ENG) on TCP and UDP. In: frames. Out: commands as
 * operations with end codes. ASCII frames are left out: they are rare on Ethernet.
 */
import type { Access } from '../../observation.ts';
import { framedProtocol } from './framing.ts';
import { MESSAGE, PROBE } from './protocol.ts';

const SUBHEADER = { request3e: 0x5000, response3e: 0xd000, request4e: 0x5400, response4e: 0xd400 } as const;
/** Subheader, network, station, module I/O (2), multidrop, length (2). */
const HEADER = 9;
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

const frameAt = (view: DataView, at: number): number => at + ((view.getUint16(at) & 0x0400) !== 0 ? SERIAL_OCTETS : 0);
const isRequest = (view: DataView, at: number): boolean => (view.getUint16(at) & 0x8000) === 0;

/** A request is known by its command, a response by its end code. */
const isDecidable = (view: DataView, at: number, to: number): boolean => frameAt(view, at) + HEADER + (isRequest(view, at) ? 4 : 2) <= to;

const PORTS = [5006, 5007];

export const MELSEC = framedProtocol({
  name: 'melsec',
  ports: PORTS,
  firstOctets: Object.values(SUBHEADER).map((subheader) => subheader >> 8),
  header: HEADER + 2,
  readsCut: true,
  maxCarry: LARGEST,
  size(bytes, view, at, to) {
    const subheader = view.getUint16(at);
    const is3e = subheader === SUBHEADER.request3e || subheader === SUBHEADER.response3e;
    if (!is3e && subheader !== SUBHEADER.request4e && subheader !== SUBHEADER.response4e) return -1;
    const frame = frameAt(view, at);
    // What decides may not be there yet: then the message is longer than what there is.
    if (!isDecidable(view, at, to)) return to - at + 1;
    // Nearly always: the own station (network 0, station ff) and the CPU (03ff, or 03d0 to 03e3), no multidrop.
    if (bytes[frame + 5] !== 3 || (bytes[frame + 4] !== 0xff && (bytes[frame + 4] < 0xd0 || bytes[frame + 4] > 0xe3))) return -1;
    const length = view.getUint16(frame + 7, true);
    if (length < (isRequest(view, at) ? 6 : 2) || length > LARGEST) return -1;
    if (isRequest(view, at) && !COMMANDS.has(view.getUint16(frame + HEADER + 2, true))) return -1;
    return frame - at + HEADER + length;
  },
  isCertain: (_bytes, view, at, to) => (isDecidable(view, at, to) ? PROBE.certain : PROBE.unsure),
  newMemory: () => ({ asked: null }),
  message(_bytes, view, at, end, _direction, memory, sink) {
    if (!isDecidable(view, at, end)) return sink.beyondCut();
    const data = frameAt(view, at) + HEADER;
    if (isRequest(view, at)) {
      const code = view.getUint16(data + 2, true);
      sink.serverIs(false);
      memory.asked = code;
      return sink.operation(-1, code, MESSAGE.request, 0);
    }
    sink.serverIs(true);
    if (typeof memory.asked !== 'number') return;
    const error = view.getUint16(data, true);
    sink.operation(-1, memory.asked, error === 0 ? MESSAGE.response : MESSAGE.error, error);
    memory.asked = null;
  },
  describe(code) {
    const known = COMMANDS.get(code);
    return known === undefined ? { name: `Command 0x${code.toString(16).padStart(4, '0')}`, access: 'write' } : { name: known[0], access: known[1] };
  },
});
