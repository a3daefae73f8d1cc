/**
 * ROC Plus, by which flow computers and remote controllers of Emerson (ROC800, FloBoss) are polled and configured, on TCP and UDP 4000
 * ("ROC Plus Protocol Specification Manual", D301180X012). In: messages. Out: opcodes as operations, errors. A message does not say who
 * asks: that is who dialled. Left out on purpose: units, points and values.
 */
import type { Access } from '../../observation.ts';
import { isCrcRight } from './crc16.ts';
import { framedProtocol } from './framing.ts';
import { MESSAGE, PROBE, TO_SERVER } from './protocol.ts';

/** Unit and group called, unit and group calling, opcode, length of the data; behind them the CRC of Modbus. */
const HEADER = 6;
const AT = Object.freeze({ opcode: 4, length: 5 } as const);
const CRC_OCTETS = 2;

const OPCODE = Object.freeze({ exception: 224, error: 255 } as const);
const OPCODES = new Map<number, readonly [string, Access]>([
  [6, ['System Configuration', 'browse']],
  [7, ['Read Clock', 'diagnose']],
  [8, ['Set Clock', 'write']],
  [10, ['Read Configurable Opcode', 'read']],
  [11, ['Write Configurable Opcode', 'write']],
  [17, ['Login', 'browse']],
  [24, ['Store and Forward', 'program']],
  [50, ['Request I/O Point Position', 'browse']],
  [100, ['Access User-Defined Information', 'program']],
  [105, ['Request Minimum and Maximum', 'read']],
  [108, ['Request History Tags', 'browse']],
  [118, ['Request Alarms', 'read']],
  [119, ['Request Events', 'read']],
  [135, ['Request History of a Point', 'read']],
  [136, ['Request History of Points', 'read']],
  [137, ['Request History Index', 'read']],
  [138, ['Request Daily and Monthly History', 'read']],
  [139, ['Request History Information', 'read']],
  [166, ['Set Block of Parameters', 'write']],
  [167, ['Request Block of Parameters', 'read']],
  [180, ['Request Parameters', 'read']],
  [181, ['Write Parameters', 'write']],
  [203, ['File Transfer', 'program']],
  [205, ['Peer Message', 'program']],
  [206, ['Read Transaction History', 'read']],
  [OPCODE.exception, ['Report by Exception', 'read']],
  [225, ['Acknowledge Report by Exception', 'read']],
]);

const PORT = 4000;

export const ROC_PLUS = framedProtocol({
  name: 'roc-plus',
  ports: [PORT],
  header: HEADER + CRC_OCTETS,
  readsCut: true,
  maxCarry: HEADER + 255 + CRC_OCTETS,
  size(bytes, _view, at, to) {
    const opcode = bytes[at + AT.opcode];
    if (opcode !== OPCODE.error && !OPCODES.has(opcode)) return -1;
    const crc = at + HEADER + bytes[at + AT.length];
    return crc + CRC_OCTETS <= to && !isCrcRight(bytes, at, crc) ? -1 : crc + CRC_OCTETS - at;
  },
  // The same CRC as that of serial Modbus, and little else that is fixed: it is believed on its own port alone.
  isCertain(bytes, _view, at, to, _direction, port) {
    if (port !== PORT) return PROBE.notForUs;
    return at + HEADER + bytes[at + AT.length] + CRC_OCTETS <= to ? PROBE.certain : PROBE.unsure;
  },
  newMemory: () => ({ asked: -1 }),
  message(bytes, _view, at, end, direction, memory, sink) {
    const opcode = bytes[at + AT.opcode];
    if (direction === TO_SERVER) {
      memory.asked = opcode;
      return sink.operation(-1, opcode, MESSAGE.request, 0);
    }
    if (opcode !== OPCODE.error) return sink.operation(-1, opcode, MESSAGE.response, 0);
    if (typeof memory.asked === 'number' && memory.asked >= 0) sink.operation(-1, memory.asked, MESSAGE.error, end - at > HEADER + CRC_OCTETS ? bytes[at + HEADER] : 0);
  },
  describe(code) {
    const known = OPCODES.get(code);
    return known === undefined ? { name: `Opcode ${code}`, access: 'program' } : { name: known[0], access: known[1] };
  },
});
