/**
 * DHCP (RFC 2131, options of RFC 2132). In: one datagram. Out: message types as operations; host name and vendor class.
 * A client that has no address yet speaks from 0.0.0.0: what it says of itself is then a fact of the talk with its MAC
 * address, not of that address.
 */
import type { Access } from '../../observation.ts';
import { asciiText, viewOf } from './framing.ts';
import type { ProtocolSink, StreamProtocol } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';

const AT = { op: 0, hardwareType: 1, hardwareLength: 2, clientAddress: 12, hardware: 28, cookie: 236, options: 240 } as const;
const COOKIE = 0x63825363;
const BOOT_REQUEST = 1;
const OPTION = { pad: 0, hostName: 12, messageType: 53, vendorClass: 60, end: 255 } as const;
const MOST_OPTIONS = 64;

const TYPES: readonly (readonly [string, Access])[] = [
  ['Bootp', 'browse'],
  ['Discover', 'browse'],
  ['Offer', 'browse'],
  ['Request', 'browse'],
  ['Decline', 'browse'],
  ['Ack', 'browse'],
  ['Nak', 'browse'],
  ['Release', 'browse'],
  ['Inform', 'browse'],
];
const NAK = 6;

const isMessage = (bytes: Uint8Array, view: DataView, from: number, to: number): boolean =>
  to - from > AT.options && (bytes[from] === 1 || bytes[from] === 2) && bytes[from + AT.hardwareLength] <= 16 && view.getUint32(from + AT.cookie) === COOKIE;

const macText = (bytes: Uint8Array, at: number): string => Array.from(bytes.subarray(at, at + 6), (octet) => octet.toString(16).padStart(2, '0')).join(':');

const readMessage = (bytes: Uint8Array, view: DataView, from: number, to: number, sink: ProtocolSink): void => {
  const isRequest = bytes[from] === BOOT_REQUEST;
  let type = 0;
  let hostName = '';
  let vendorClass = '';
  for (let i = 0, at = from + AT.options; i < MOST_OPTIONS && at + 2 <= to && bytes[at] !== OPTION.end; i++) {
    if (bytes[at] === OPTION.pad) {
      at++;
      continue;
    }
    const end = Math.min(to, at + 2 + bytes[at + 1]);
    if (end < at + 2 + bytes[at + 1] && sink.isCut) break;
    if (bytes[at] === OPTION.messageType && at + 2 < end) type = bytes[at + 2];
    else if (bytes[at] === OPTION.hostName) hostName = asciiText(bytes, at + 2, end);
    else if (bytes[at] === OPTION.vendorClass) vendorClass = asciiText(bytes, at + 2, end);
    at = end;
  }
  sink.serverIs(!isRequest);
  if (type === 0 && sink.isCut) return sink.beyondCut();
  sink.operation(-1, type, isRequest ? MESSAGE.request : type === NAK ? MESSAGE.error : MESSAGE.response, 0);
  if (!isRequest) return;
  const hasAddress = view.getUint32(from + AT.clientAddress) !== 0;
  if (hasAddress && hostName !== '') sink.clientFact('dhcp.hostname', hostName);
  if (hasAddress && vendorClass !== '') sink.clientFact('dhcp.vendor-class', vendorClass);
  if (bytes[from + AT.hardwareType] !== 1 || bytes[from + AT.hardwareLength] !== 6) return;
  if (hostName !== '') sink.fact('dhcp.client', `${macText(bytes, from + AT.hardware)} ${hostName}`);
};

export const DHCP: StreamProtocol = {
  name: 'dhcp',
  ports: [67],
  firstOctets: [1, 2],
  maxCarry: 0xffff,
  newMemory: () => ({}),
  probe: (bytes, from, to) => (isMessage(bytes, viewOf(bytes), from, to) ? PROBE.certain : PROBE.notForUs),
  senderIsServer: (bytes, from, to) => (isMessage(bytes, viewOf(bytes), from, to) ? bytes[from] !== BOOT_REQUEST : null),
  read(bytes, view, from, to, _direction, _memory, sink) {
    if (isMessage(bytes, view, from, to)) readMessage(bytes, view, from, to, sink);
    else sink.malformed('dhcp.message');
    return to;
  },
  resync: () => -1,
  describe: (code) => (TYPES[code] === undefined ? { name: `Type ${code}`, access: 'browse' } : { name: TYPES[code][0], access: TYPES[code][1] }),
};
