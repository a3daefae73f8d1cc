/**
 * HART-IP (FieldComm HCF_SPEC-085, versions 1 and 2) on UDP and TCP 5094. In: HART-IP messages. Out: session services and, within
 * token-passing and direct PDUs, HART commands with their response codes. Left out on purpose: device addresses and values, and what
 * version 2 encrypts (TLS, DTLS) once a session is initiated in clear.
 */
import type { Access } from '../../observation.ts';
import { framedProtocol } from './framing.ts';
import type { ProtocolSink } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';

const HEADER = 8;
const LAST_VERSION = 2;
/** A record of TLS or DTLS: type, version, and a length at its end (RFC 8446 clause 5.1, RFC 6347 clause 4.1). */
const RECORD = { first: 0x14, last: 0x17, tlsHeader: 5, dtlsHeader: 13, tls: 3, dtls: 0xfe } as const;
const LARGEST = 4096;
const TYPE = { request: 0, response: 1, publish: 2, nak: 15 } as const;
const TYPES = new Set<number>(Object.values(TYPE));
const ID = { initiate: 0, close: 1, keepAlive: 2, tokenPassing: 3, direct: 4, readAuditLog: 5 } as const;
/** Session services, as codes of our own above the HART commands. */
const SESSION_BASE = 0x10000;
const LONG_ADDRESS = 0x80;
/** Frame type of the delimiter: 1 burst, 2 from the master, 6 from the device. */
const FROM_MASTER = 2;

/** Universal and common practice commands that only read (HCF_SPEC-127, HCF_SPEC-151); the others change the device. */
const READS = new Set([0, 1, 2, 3, 7, 8, 9, 11, 12, 13, 14, 15, 16, 20, 21, 33, 50, 54, 57, 60, 61, 62, 63, 74, 75, 76, 77, 78, 80, 81, 84, 85, 86, 87, 90, 91, 95, 101, 105, 110, 114, 115]);
const DIAGNOSES = new Set([48, 41]);
const CONTROLS = new Set([40, 42, 66, 67, 68, 79]);

const SESSION_NAMES = ['Session Initiate', 'Session Close', 'Keep Alive', 'Token-Passing PDU', 'Direct PDU', 'Read Audit Log'];

const accessOf = (command: number): Access => (READS.has(command) ? 'read' : DIAGNOSES.has(command) ? 'diagnose' : CONTROLS.has(command) ? 'control' : 'write');

/** The HART command of the frame at `at`: delimiter, address, expansion, command, count, data. */
const readCommand = (bytes: Uint8Array, view: DataView, at: number, end: number, sink: ProtocolSink): void => {
  if (at + 2 > end) return sink.malformed('hart-ip.frame');
  const delimiter = bytes[at];
  const command = at + 1 + ((delimiter & LONG_ADDRESS) !== 0 ? 5 : 1) + ((delimiter >> 5) & 3);
  if (command + 2 > end) return sink.malformed('hart-ip.frame');
  const isRequest = (delimiter & 7) === FROM_MASTER;
  const data = command + 2;
  // Command 31 announces an extended command of two octets.
  if (sink.isCut && data + 4 > end) return sink.beyondCut();
  const isExtended = bytes[command] === 31 && bytes[command + 1] >= (isRequest ? 2 : 4) && data + (isRequest ? 2 : 4) <= end;
  const code = isExtended ? view.getUint16(data + (isRequest ? 0 : 2)) : bytes[command];
  // A response code with bit 7 set is a communication error; from 1 to 127 single-definition errors and warnings.
  const error = !isRequest && data < end && bytes[command + 1] >= 2 ? bytes[data] : 0;
  sink.operation(-1, code, isRequest ? MESSAGE.request : error === 0 ? MESSAGE.response : MESSAGE.error, error);
};

/** A direct PDU: two octets of status, then commands: number (2), count, data (and in answers a response code before the data). */
const readDirect = (bytes: Uint8Array, view: DataView, at: number, end: number, isRequest: boolean, sink: ProtocolSink): void => {
  let command = at + 2;
  while (command < end) {
    const data = command + 3;
    const next = data + bytes[command + 2];
    if (data > end || next > end) return sink.isCut ? sink.beyondCut() : sink.malformed('hart-ip.frame');
    const error = !isRequest && next > data ? bytes[data] : 0;
    sink.operation(-1, view.getUint16(command), isRequest ? MESSAGE.request : error === 0 ? MESSAGE.response : MESSAGE.error, error);
    command = next;
  }
};

const isVersion = (octet: number): boolean => octet >= 1 && octet <= LAST_VERSION;

/** Octets of an encrypted record; -1 where there is none. */
const recordSize = (bytes: Uint8Array, view: DataView, at: number, to: number): number => {
  if (bytes[at] < RECORD.first || bytes[at] > RECORD.last) return -1;
  if (bytes[at + 1] === RECORD.tls) return RECORD.tlsHeader + view.getUint16(at + RECORD.tlsHeader - 2);
  if (bytes[at + 1] !== RECORD.dtls) return -1;
  return at + RECORD.dtlsHeader > to ? to - at + 1 : RECORD.dtlsHeader + view.getUint16(at + RECORD.dtlsHeader - 2);
};

const PORT = 5094;

export const HART_IP = framedProtocol({
  name: 'hart-ip',
  ports: [PORT],
  firstOctets: [1, LAST_VERSION],
  header: RECORD.tlsHeader,
  readsCut: true,
  maxCarry: LARGEST,
  size(bytes, view, at, to) {
    if (!isVersion(bytes[at])) return recordSize(bytes, view, at, to);
    if (!TYPES.has(bytes[at + 1]) || bytes[at + 2] > ID.readAuditLog) return -1;
    if (bytes[at + 1] === TYPE.request && bytes[at + 3] !== 0) return -1;
    if (bytes[at + 1] === TYPE.publish && bytes[at + 2] !== ID.tokenPassing) return -1;
    if (at + HEADER > to) return to - at + 1;
    const octets = view.getUint16(at + 6);
    if (octets < HEADER || octets > LARGEST) return -1;
    // Fixed bodies: a session is initiated with 5 octets (13 with the header), closed and kept alive with none.
    const id = bytes[at + 2];
    if (id === ID.initiate && octets !== HEADER + 5 && octets !== HEADER) return -1;
    if ((id === ID.close || id === ID.keepAlive) && octets !== HEADER) return -1;
    if (id === ID.direct && octets < HEADER + 2) return -1;
    if (id === ID.tokenPassing && (octets < HEADER + 4 || (at + HEADER < to && (bytes[at + HEADER] & 7) !== 1 && (bytes[at + HEADER] & 7) !== FROM_MASTER && (bytes[at + HEADER] & 7) !== 6))) return -1;
    return octets;
  },
  // Version, type and id leave much to chance: the messages must fill the payload exactly.
  isCertain(bytes, view, at, to, _direction, _port, wireEnd) {
    if (!isVersion(bytes[at])) return PROBE.notForUs;
    if (at + HEADER > to) return PROBE.unsure;
    const end = at + view.getUint16(at + 6);
    if (end > to && wireEnd === to) return PROBE.unsure;
    return end === wireEnd || (end + 2 <= to && isVersion(bytes[end]) && TYPES.has(bytes[end + 1])) ? PROBE.certain : PROBE.notForUs;
  },
  message(bytes, view, at, end, _direction, _memory, sink) {
    if (!isVersion(bytes[at])) return;
    if (at + HEADER > end) return sink.beyondCut();
    const type = bytes[at + 1];
    const id = bytes[at + 2];
    sink.serverIs(type !== TYPE.request);
    if (id === ID.direct && type !== TYPE.nak) return readDirect(bytes, view, at + HEADER, end, type === TYPE.request, sink);
    if (id === ID.tokenPassing) return readCommand(bytes, view, at + HEADER, end, sink);
    const status = type === TYPE.response ? bytes[at + 3] : 0;
    sink.operation(-1, SESSION_BASE + id, type === TYPE.request ? MESSAGE.request : type === TYPE.nak || status !== 0 ? MESSAGE.error : MESSAGE.response, status);
  },
  describe: (code) => (code >= SESSION_BASE ? { name: SESSION_NAMES[code - SESSION_BASE] ?? `Message ${code - SESSION_BASE}`, access: 'browse' } : { name: `Command ${code}`, access: accessOf(code) }),
});
