/**
 * TriStation, by which safety controllers of Triconex are programmed and watched (UDP 1502). No public standard: as the analysts of
 * TRITON describe it (FireEye, "A Totally Tubular Treatise on TRITON and TriStation", 2018; Nozomi Networks, tricotools). In: one
 * datagram. Out: commands as operations with their rejections by code, sessions. Left out on purpose: programs and values.
 */
import type { Access } from '../../observation.ts';
import { isCrcRight } from './crc16.ts';
import { viewOf } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';
import { senderByReading } from './sender.ts';

/** Type, channel, length of what follows (little endian), that, and a CRC. */
const HEADER = 4;
const CRC_OCTETS = 2;
const TYPE = Object.freeze({ connect: 1, connected: 2, disconnected: 3, disconnect: 4, execute: 5, ping: 6, last: 11 } as const);
/** A command within: direction, connection, command, number, reserved, checksum, length, data. */
const COMMAND = Object.freeze({ direction: 0, code: 2, number: 3, data: 10 } as const);
const FROM_CONTROLLER = 1;
const REJECTED = 100;
/** From here on a code answers another command; above it says why one is rejected. */
const FIRST_ANSWER = 100;
const FIRST_REASON = 200;

/** Session messages, as codes of our own above the commands. */
const SESSION = 0x100;
const SESSIONS = new Map<number, string>([
  [TYPE.connect, 'Connect'],
  [TYPE.disconnect, 'Disconnect'],
  [TYPE.ping, 'Ping'],
]);

const COMMANDS: readonly (readonly [string, Access] | null)[] = [
  ['Start download all', 'program'],
  ['Start download change', 'program'],
  ['Update configuration', 'program'],
  ['Upload configuration', 'program'],
  ['Set I/O addresses', 'program'],
  ['Allocate network', 'program'],
  ['Load vector table', 'program'],
  ['Set calendar', 'write'],
  ['Get calendar', 'diagnose'],
  ['Set scan time', 'program'],
  ['End download all', 'program'],
  ['End download change', 'program'],
  ['Cancel download change', 'program'],
  ['Attach TRICON', 'browse'],
  ['Set I/O address limits', 'program'],
  ['Configure module', 'program'],
  ['Set multiple point values', 'write'],
  ['Enable all points', 'control'],
  ['Upload vector table', 'program'],
  ['Get CP status', 'diagnose'],
  ['Run program', 'control'],
  ['Halt program', 'control'],
  ['Pause program', 'control'],
  ['Do single scan', 'control'],
  ['Get chassis status', 'diagnose'],
  ['Get minimum scan time', 'diagnose'],
  ['Set node number', 'program'],
  ['Set I/O point values', 'write'],
  ['Get I/O point values', 'read'],
  ['Get MP status', 'diagnose'],
  ['Set retentive values', 'write'],
  ['Adjust clock calendar', 'write'],
  ['Clear module alarms', 'control'],
  ['Get event log', 'diagnose'],
  ['Set SOE block', 'program'],
  ['Record event log', 'control'],
  ['Get SOE data', 'read'],
  ['Enable OVD', 'control'],
  ['Disable OVD', 'control'],
  ['Enable all OVDs', 'control'],
  ['Disable all OVDs', 'control'],
  ['Process MODBUS', 'write'],
  ['Upload network', 'program'],
  ['Set label', 'program'],
  ['Configure system variables', 'program'],
  ['Deconfigure module', 'program'],
  ['Get system variables', 'read'],
  ['Get module types', 'browse'],
  ['Begin conversion table download', 'program'],
  ['Continue conversion table download', 'program'],
  ['End conversion table download', 'program'],
  ['Get conversion table', 'program'],
  ['Set ICM status', 'control'],
  ['Broadcast SOE data available', 'read'],
  ['Get module versions', 'browse'],
  ['Allocate program', 'program'],
  ['Allocate function', 'program'],
  ['Clear retentives', 'write'],
  ['Set initial values', 'program'],
  ['Start TS2 program download', 'program'],
  ['Set TS2 data area', 'program'],
  ['Get TS2 data', 'read'],
  ['Set TS2 data', 'write'],
  ['Set program information', 'program'],
  ['Get program information', 'browse'],
  ['Upload program', 'program'],
  ['Upload function', 'program'],
  ['Get point groups', 'browse'],
  ['Allocate symbol table', 'program'],
  ['Get I/O address', 'browse'],
  ['Resend I/O address', 'browse'],
  ['Get program timing', 'diagnose'],
  ['Allocate multiple functions', 'program'],
  ['Get node number', 'browse'],
  ['Get symbol table', 'program'],
  null,
  null,
  null,
  null,
  null,
  ['Go to DOWNLOAD mode', 'program'],
];

/** Whether the datagram is one message. Its CRC is proof; on its own port the length is enough, also where the capture cut it. */
const isMessage = (bytes: Uint8Array, view: DataView, from: number, to: number): boolean =>
  to - from >= HEADER + CRC_OCTETS && bytes[from] >= TYPE.connect && bytes[from] <= TYPE.last && bytes[from + 1] <= 0x10 && view.getUint16(from + 2, true) + HEADER + CRC_OCTETS === to - from;

const readCommand = (bytes: Uint8Array, at: number, end: number, memory: SessionMemory, sink: ProtocolSink): void => {
  if (at + COMMAND.data > end) return sink.malformed('tristation.command');
  const code = bytes[at + COMMAND.code];
  const number = bytes[at + COMMAND.number];
  const outstanding = memory.outstanding as number[];
  if (bytes[at + COMMAND.direction] !== FROM_CONTROLLER && code < FIRST_ANSWER) {
    sink.serverIs(false);
    rememberRequest(outstanding, number, code);
    return sink.operation(-1, code, MESSAGE.request, 0);
  }
  sink.serverIs(true);
  const asked = takeRequest(outstanding, number);
  if (asked < 0) return;
  // A rejection says why; some controllers send the reason alone.
  const reason = code >= FIRST_REASON ? code : code !== REJECTED ? 0 : at + COMMAND.data < end ? bytes[at + COMMAND.data] : REJECTED;
  sink.operation(-1, asked, reason === 0 ? MESSAGE.response : MESSAGE.error, reason);
};

const newMemory = (): SessionMemory => ({ outstanding: [] });
const PORT = 1502;

export const TRISTATION: StreamProtocol = {
  name: 'tristation',
  ports: [PORT],
  firstOctets: Array.from({ length: TYPE.last }, (_, i) => i + 1),
  maxCarry: 0xffff,
  newMemory,
  senderIsServer: (bytes, from, to) => senderByReading(TRISTATION.read, newMemory, bytes, from, to),
  probe(bytes, from, to, _direction, port) {
    const view = viewOf(bytes);
    if (!isMessage(bytes, view, from, to)) return PROBE.notForUs;
    // Short messages have their CRC by chance: elsewhere they need a command in them.
    const isProven = to - from > HEADER + COMMAND.data && isCrcRight(bytes, from, to - CRC_OCTETS, 0);
    return port === PORT || isProven ? PROBE.certain : PROBE.notForUs;
  },
  read(bytes, view, from, to, _direction, memory, sink) {
    if (!isMessage(bytes, view, from, to)) return -1;
    const type = bytes[from];
    if (type === TYPE.execute) {
      readCommand(bytes, from + HEADER, to - CRC_OCTETS, memory, sink);
      return to;
    }
    const isAsked = SESSIONS.has(type);
    sink.serverIs(!isAsked);
    if (isAsked) sink.operation(-1, SESSION + type, MESSAGE.request, 0);
    else if (type === TYPE.connected || type === TYPE.disconnected) sink.operation(-1, SESSION + (type === TYPE.connected ? TYPE.connect : TYPE.disconnect), MESSAGE.response, 0);
    else sink.operation(-1, SESSION + TYPE.connect, MESSAGE.error, type);
    return to;
  },
  resync: () => -1,
  describe(code) {
    const session = SESSIONS.get(code - SESSION);
    if (session !== undefined) return { name: session, access: 'browse' };
    const known = COMMANDS[code];
    return known === null || known === undefined ? { name: `Command ${code}`, access: 'program' } : { name: known[0], access: known[1] };
  },
};
