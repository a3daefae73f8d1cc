/**
 * Omron FINS (W227, W342, W421) on UDP and, with its own header, on TCP 9600. In: FINS frames. Out: command codes as operations
 * with end codes, model names that controllers tell. Left out on purpose: memory areas' content.
 */
import type { Access } from '../../observation.ts';
import { asciiText, framedProtocol } from './framing.ts';
import type { ProtocolSink } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';

const FINS_HEADER = 10;
const COMMAND_OCTETS = 2;
const TCP_MAGIC = 0x46494e53;
const TCP_HEADER = 16;
const TCP_FRAME = 2;
const LAST_TCP_COMMAND = 6;
const LARGEST = 4096;
const IS_RESPONSE = 0x40;

const COMMANDS = new Map<number, readonly [string, Access]>([
  [0x0101, ['Memory Area Read', 'read']],
  [0x0102, ['Memory Area Write', 'write']],
  [0x0103, ['Memory Area Fill', 'write']],
  [0x0104, ['Multiple Memory Area Read', 'read']],
  [0x0105, ['Memory Area Transfer', 'write']],
  [0x0201, ['Parameter Area Read', 'read']],
  [0x0202, ['Parameter Area Write', 'program']],
  [0x0203, ['Parameter Area Clear', 'program']],
  [0x0220, ['Data Link Table Read', 'program']],
  [0x0221, ['Data Link Table Write', 'program']],
  [0x0304, ['Program Area Protect', 'program']],
  [0x0305, ['Program Area Protect Clear', 'program']],
  [0x0306, ['Program Area Read', 'program']],
  [0x0307, ['Program Area Write', 'program']],
  [0x0308, ['Program Area Clear', 'program']],
  [0x0401, ['Run', 'control']],
  [0x0402, ['Stop', 'control']],
  [0x0403, ['Reset', 'control']],
  [0x0501, ['Controller Data Read', 'browse']],
  [0x0502, ['Connection Data Read', 'browse']],
  [0x0601, ['Controller Status Read', 'diagnose']],
  [0x0602, ['Network Status Read', 'diagnose']],
  [0x0603, ['Data Link Status Read', 'diagnose']],
  [0x0620, ['Cycle Time Read', 'diagnose']],
  [0x0701, ['Clock Read', 'read']],
  [0x0702, ['Clock Write', 'write']],
  [0x0801, ['Loop-Back Test', 'diagnose']],
  [0x0802, ['Broadcast Test Results Read', 'diagnose']],
  [0x0803, ['Broadcast Test', 'diagnose']],
  [0x0920, ['Message Read/Clear', 'diagnose']],
  [0x0c01, ['Access Right Acquire', 'program']],
  [0x0c02, ['Access Right Forced Acquire', 'program']],
  [0x0c03, ['Access Right Release', 'program']],
  [0x2101, ['Error Clear', 'control']],
  [0x2102, ['Error Log Read', 'diagnose']],
  [0x2103, ['Error Log Clear', 'write']],
  [0x2140, ['Access Log Read', 'diagnose']],
  [0x2141, ['Access Log Clear', 'write']],
  [0x2201, ['File Name Read', 'browse']],
  [0x2202, ['File Read', 'program']],
  [0x2203, ['File Write', 'program']],
  [0x2204, ['File Memory Format', 'program']],
  [0x2205, ['File Delete', 'program']],
  [0x2206, ['Volume Label Create/Delete', 'program']],
  [0x2207, ['File Copy', 'program']],
  [0x2208, ['File Name Change', 'program']],
  [0x2209, ['File Data Check', 'diagnose']],
  [0x220a, ['Memory Area File Transfer', 'program']],
  [0x220b, ['Parameter Area File Transfer', 'program']],
  [0x220c, ['Program Area File Transfer', 'program']],
  [0x220f, ['File Memory Index Read', 'browse']],
  [0x2210, ['File Memory Read', 'program']],
  [0x2211, ['File Memory Write', 'program']],
  [0x2215, ['Directory Create/Delete', 'program']],
  [0x2220, ['Memory Cassette Transfer', 'program']],
  [0x2301, ['Forced Set/Reset', 'control']],
  [0x2302, ['Forced Set/Reset Cancel', 'control']],
  [0x230a, ['Multiple Forced Status Read', 'read']],
  [0x2601, ['Name Set', 'program']],
  [0x2602, ['Name Delete', 'program']],
  [0x2603, ['Name Read', 'browse']],
]);
const CONTROLLER_DATA = 0x0501;
const MODEL_OCTETS = 20;

const describe = (code: number): { readonly name: string; readonly access: Access } => {
  const known = COMMANDS.get(code);
  return known === undefined ? { name: `Command 0x${code.toString(16).padStart(4, '0')}`, access: 'write' } : { name: known[0], access: known[1] };
};

/** ICF 80, 81, c0 or c1; reserved octet 0; gateway count 0 to 7. Any command: programming tools use more than the manuals list. */
const isFrame = (bytes: Uint8Array, at: number, end: number): boolean =>
  end - at >= FINS_HEADER + COMMAND_OCTETS && (bytes[at] & 0xbe) === 0x80 && bytes[at + 1] === 0 && bytes[at + 2] <= 7;

/** A command that the manuals list (W227 clause 5, W342 clause 5-1): by it FINS is known where no magic number is. */
const isListed = (view: DataView, at: number): boolean => COMMANDS.has(view.getUint16(at + FINS_HEADER));

/** Networks go to 127; a unit is the CPU (0), a bus or inner board, the communication unit itself (W342 clause 5-2). */
const isAddress = (bytes: Uint8Array, network: number): boolean => {
  const unit = bytes[network + 2];
  return bytes[network] < 0x80 && (unit <= 0x2f || unit === 0xe1 || unit === 0xfe);
};
const DESTINATION = 3;
const SOURCE = 6;

const readFrame = (bytes: Uint8Array, view: DataView, at: number, end: number, sink: ProtocolSink): void => {
  const code = view.getUint16(at + FINS_HEADER);
  const isResponse = (bytes[at] & IS_RESPONSE) !== 0;
  const data = at + FINS_HEADER + COMMAND_OCTETS;
  if (isResponse && data + 2 > end && sink.isCut) return sink.beyondCut();
  // Bits 7 of both octets of the end code are flags (relay error, fatal error), not part of it.
  const error = isResponse && data + 2 <= end ? view.getUint16(data) & 0x7f3f : 0;
  sink.serverIs(isResponse);
  sink.operation(-1, code, !isResponse ? MESSAGE.request : error === 0 ? MESSAGE.response : MESSAGE.error, error);
  if (!isResponse || code !== CONTROLLER_DATA || error !== 0 || data + 2 + MODEL_OCTETS > end) return;
  const model = asciiText(bytes, data + 2, data + 2 + MODEL_OCTETS);
  if (model !== '') sink.serverFact('fins.model', model);
};

const PORT = 9600;

export const FINS_TCP = framedProtocol({
  name: 'fins',
  ports: [PORT],
  firstOctets: [TCP_MAGIC >> 24],
  header: TCP_HEADER,
  readsCut: true,
  maxCarry: LARGEST,
  size(_bytes, view, at) {
    const length = view.getUint32(at + 4);
    return view.getUint32(at) === TCP_MAGIC && length >= 8 && length <= LARGEST && view.getUint32(at + 8) <= LAST_TCP_COMMAND ? 8 + length : -1;
  },
  message(bytes, view, at, end, _direction, _memory, sink) {
    if (view.getUint32(at + 8) !== TCP_FRAME) return;
    if (isFrame(bytes, at + TCP_HEADER, end)) readFrame(bytes, view, at + TCP_HEADER, end, sink);
    else sink.malformed('fins.frame');
  },
  describe,
});

/** One datagram, one frame. */
export const FINS_UDP = framedProtocol({
  name: 'fins',
  ports: [PORT],
  firstOctets: [0x80, 0x81, 0xc0, 0xc1],
  header: FINS_HEADER + COMMAND_OCTETS,
  maxCarry: LARGEST,
  size: (bytes, _view, at, to) => (isFrame(bytes, at, to) ? to - at : -1),
  // Controllers can be set to another port: there the addresses have to be possible as well.
  isCertain: (bytes, view, at, _to, _direction, port) => (isListed(view, at) && (port === PORT || (isAddress(bytes, at + DESTINATION) && isAddress(bytes, at + SOURCE))) ? PROBE.certain : PROBE.notForUs),
  message: (bytes, view, at, end, _direction, _memory, sink) => readFrame(bytes, view, at, end, sink),
  describe,
});
