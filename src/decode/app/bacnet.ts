/**
 * BACnet/IP (ASHRAE 135 annex J, clauses 6 and 20): BVLC, NPDU and APDU of one datagram. In: a datagram. Out: confirmed and
 * unconfirmed services as operations with access, errors, the objects that reads and writes name, device instance and
 * vendor of an I-Am. Left out on purpose: property values, segments after the first, network layer messages' content.
 */
import type { Access } from '../../observation.ts';
import { framedProtocol } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink, SessionMemory } from './protocol.ts';
import { MESSAGE, PROBE, TO_SERVER } from './protocol.ts';

const BVLC_BACNET_IP = 0x81;
const HEADER = 4;
const BVLC = { forwarded: 0x04, registerForeignDevice: 0x05, distribute: 0x09, unicast: 0x0a, broadcast: 0x0b, last: 0x0c } as const;
const FORWARDED_ADDRESS = 6;

const NPDU = { network: 0x80, destination: 0x20, source: 0x08 } as const;
const APDU = { confirmed: 0, unconfirmed: 1, simpleAck: 2, complexAck: 3, segmentAck: 4, error: 5, reject: 6, abort: 7 } as const;
const SEGMENTED = 0x08;
/** In an abort: sent by who was asked (clause 20.1.9). */
const BY_SERVER = 0x01;

/** Unconfirmed services and BVLC functions, as codes of our own above the confirmed choices. */
const UNCONFIRMED = 0x100;
const BVLC_BASE = 0x200;
/** Reasons of rejects and aborts, as codes of our own above those of errors: each of the three has its own (clauses 18.9, 18.10). */
const REJECTED = 0x100;
const ABORTED = 0x200;
const I_AM = 0;

const SERVICES = new Map<number, readonly [string, Access]>([
  [0, ['AcknowledgeAlarm', 'write']],
  [1, ['ConfirmedCOVNotification', 'read']],
  [2, ['ConfirmedEventNotification', 'read']],
  [3, ['GetAlarmSummary', 'read']],
  [4, ['GetEnrollmentSummary', 'read']],
  [5, ['SubscribeCOV', 'read']],
  [6, ['AtomicReadFile', 'program']],
  [7, ['AtomicWriteFile', 'program']],
  [8, ['AddListElement', 'write']],
  [9, ['RemoveListElement', 'write']],
  [10, ['CreateObject', 'program']],
  [11, ['DeleteObject', 'program']],
  [12, ['ReadProperty', 'read']],
  [13, ['ReadPropertyConditional', 'read']],
  [14, ['ReadPropertyMultiple', 'read']],
  [15, ['WriteProperty', 'write']],
  [16, ['WritePropertyMultiple', 'write']],
  [17, ['DeviceCommunicationControl', 'control']],
  [18, ['ConfirmedPrivateTransfer', 'write']],
  [19, ['ConfirmedTextMessage', 'write']],
  [20, ['ReinitializeDevice', 'control']],
  [21, ['VT-Open', 'diagnose']],
  [22, ['VT-Close', 'diagnose']],
  [23, ['VT-Data', 'diagnose']],
  [24, ['Authenticate', 'browse']],
  [25, ['RequestKey', 'browse']],
  [26, ['ReadRange', 'read']],
  [27, ['LifeSafetyOperation', 'control']],
  [28, ['SubscribeCOVProperty', 'read']],
  [29, ['GetEventInformation', 'read']],
  [30, ['SubscribeCOVPropertyMultiple', 'read']],
  [31, ['ConfirmedCOVNotificationMultiple', 'read']],
  [32, ['ConfirmedAuditNotification', 'read']],
  [33, ['AuditLogQuery', 'read']],
  [UNCONFIRMED + I_AM, ['I-Am', 'browse']],
  [UNCONFIRMED + 1, ['I-Have', 'browse']],
  [UNCONFIRMED + 2, ['UnconfirmedCOVNotification', 'read']],
  [UNCONFIRMED + 3, ['UnconfirmedEventNotification', 'read']],
  [UNCONFIRMED + 4, ['UnconfirmedPrivateTransfer', 'write']],
  [UNCONFIRMED + 5, ['UnconfirmedTextMessage', 'write']],
  [UNCONFIRMED + 6, ['TimeSynchronization', 'write']],
  [UNCONFIRMED + 7, ['Who-Has', 'browse']],
  [UNCONFIRMED + 8, ['Who-Is', 'browse']],
  [UNCONFIRMED + 9, ['UTCTimeSynchronization', 'write']],
  [UNCONFIRMED + 10, ['WriteGroup', 'write']],
  [UNCONFIRMED + 11, ['UnconfirmedCOVNotificationMultiple', 'read']],
  [UNCONFIRMED + 12, ['UnconfirmedAuditNotification', 'read']],
  [UNCONFIRMED + 13, ['Who-Am-I', 'browse']],
  [UNCONFIRMED + 14, ['You-Are', 'program']],
  [BVLC_BASE, ['BVLC-Result', 'diagnose']],
  [BVLC_BASE + 1, ['Write-Broadcast-Distribution-Table', 'program']],
  [BVLC_BASE + 2, ['Read-Broadcast-Distribution-Table', 'browse']],
  [BVLC_BASE + 3, ['Read-Broadcast-Distribution-Table-Ack', 'browse']],
  [BVLC_BASE + 5, ['Register-Foreign-Device', 'browse']],
  [BVLC_BASE + 6, ['Read-Foreign-Device-Table', 'browse']],
  [BVLC_BASE + 7, ['Read-Foreign-Device-Table-Ack', 'browse']],
  [BVLC_BASE + 8, ['Delete-Foreign-Device-Table-Entry', 'program']],
]);

const size = (bytes: Uint8Array, view: DataView, at: number): number => {
  if (bytes[at] !== BVLC_BACNET_IP || bytes[at + 1] > BVLC.last) return -1;
  const length = view.getUint16(at + 2);
  return length >= HEADER ? length : -1;
};

/** Object of a request's first parameter (context tag 0, four octets): `object 2:17` = analog value 17 (clause 20.2.14). */
const OBJECT_TAG = 0x0c;
const NAMES_OBJECT = new Set([5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 26, 27, 28]);

const objectName = (view: DataView, at: number): string => {
  const id = view.getUint32(at);
  return `object ${id >>> 22}:${id & 0x3fffff}`;
};

/** I-Am: device object, largest APDU, segmentation, vendor (clause 16.10.2). */
const tellDevice = (bytes: Uint8Array, view: DataView, at: number, end: number, direction: number, sink: ProtocolSink): void => {
  const tell = direction === TO_SERVER ? sink.clientFact : sink.serverFact;
  if (at + 5 > end || bytes[at] !== 0xc4) return;
  tell.call(sink, 'bacnet.device', String(view.getUint32(at + 1) & 0x3fffff));
  let next = at + 5;
  for (let i = 0; i < 2 && next < end; i++) next += 1 + (bytes[next] & 7);
  const octets = bytes[next] & 7;
  if (next < end && bytes[next] >> 4 === 2 && next + 1 + octets <= end && (octets === 1 || octets === 2)) {
    tell.call(sink, 'bacnet.vendor-id', String(octets === 1 ? bytes[next + 1] : view.getUint16(next + 1)));
  }
};

/** Unconfirmed services that a device sends of itself: I-Am, I-Have, notifications (clauses 13, 16). The others ask or tell it. */
const FROM_DEVICES = new Set([I_AM, 1, 2, 3, 11, 12, 13]);

const ignore = (): void => {};

/** @param prove tells who serves; nobody does in a broadcast */
const readApdu = (bytes: Uint8Array, view: DataView, at: number, end: number, direction: number, memory: SessionMemory, sink: ProtocolSink, prove: (sender: boolean) => void): void => {
  const outstanding = memory.outstanding as number[];
  const kind = bytes[at] >> 4;
  const isSegmented = (bytes[at] & SEGMENTED) !== 0;
  if (kind === APDU.confirmed) {
    const service = at + 3 + (isSegmented ? 2 : 0);
    if (service >= end) return sink.malformed('bacnet.apdu');
    if (isSegmented && bytes[at + 3] !== 0) return;
    prove(false);
    // Either end may ask, and numbers its own requests; of one that was not answered the number is used again.
    const key = (direction << 8) | bytes[at + 2];
    takeRequest(outstanding, key);
    rememberRequest(outstanding, key, bytes[service]);
    sink.operation(-1, bytes[service], MESSAGE.request, 0);
    if (NAMES_OBJECT.has(bytes[service]) && service + 6 <= end && bytes[service + 1] === OBJECT_TAG) sink.target(objectName(view, service + 2));
    return;
  }
  if (kind === APDU.unconfirmed) {
    if (at + 2 > end) return sink.malformed('bacnet.apdu');
    const service = bytes[at + 1];
    prove(FROM_DEVICES.has(service));
    sink.operation(-1, UNCONFIRMED + service, service === I_AM || service === 1 ? MESSAGE.response : MESSAGE.request, 0);
    if (service === I_AM) tellDevice(bytes, view, at + 2, end, direction, sink);
    return;
  }
  if (kind === APDU.segmentAck || kind > APDU.abort) return;
  if (at + 3 > end) return sink.malformed('bacnet.apdu');
  const isByClient = kind === APDU.abort && (bytes[at] & BY_SERVER) === 0;
  // What is answered in segments is answered with the first one.
  const asked = takeRequest(outstanding, ((isByClient ? direction : 1 - direction) << 8) | bytes[at + 1]);
  if (isByClient) return;
  if (kind === APDU.reject || kind === APDU.abort) {
    prove(true);
    if (asked >= 0) sink.operation(-1, asked, MESSAGE.error, (kind === APDU.reject ? REJECTED : ABORTED) + bytes[at + 2]);
    return;
  }
  prove(true);
  const service = at + 2 + (kind === APDU.complexAck && isSegmented ? 2 : 0);
  if (service >= end) return sink.malformed('bacnet.apdu');
  if (kind === APDU.complexAck && isSegmented && bytes[at + 2] !== 0) return;
  if (kind === APDU.error && at + 7 > end && sink.isCut) return sink.beyondCut();
  // Error: class and code as two enumerated values; the code is what says why.
  const code = kind === APDU.error && at + 7 <= end && bytes[at + 5] === 0x91 ? bytes[at + 6] : 0;
  sink.operation(-1, bytes[service], kind === APDU.error ? MESSAGE.error : MESSAGE.response, code);
};

/** Offset of the APDU in the NPDU at `at`; -1 where there is none. */
const skipNpdu = (bytes: Uint8Array, at: number, end: number): number => {
  if (at + 2 > end || bytes[at] !== 1) return -1;
  const control = bytes[at + 1];
  let next = at + 2;
  const hasDestination = (control & NPDU.destination) !== 0;
  if (hasDestination) next += next + 3 <= end ? 3 + bytes[next + 2] : 3;
  if ((control & NPDU.source) !== 0) next += next + 3 <= end ? 3 + bytes[next + 2] : 3;
  if (hasDestination) next += 1;
  return (control & NPDU.network) !== 0 || next >= end ? -1 : next;
};

const PORT = 47808;

export const BACNET = framedProtocol({
  name: 'bacnet',
  ports: [PORT],
  firstOctets: [BVLC_BACNET_IP],
  header: HEADER,
  readsCut: true,
  maxCarry: 0xffff,
  size,
  newMemory: () => ({ outstanding: [] }),
  message(bytes, view, at, end, direction, memory, sink) {
    const bvlc = bytes[at + 1];
    const isCarrier = bvlc === BVLC.forwarded || (bvlc >= BVLC.distribute && bvlc <= BVLC.broadcast);
    if (!isCarrier) return sink.operation(-1, BVLC_BASE + bvlc, bvlc === 0 || bvlc === 3 || bvlc === 7 ? MESSAGE.response : MESSAGE.request, 0);
    const apdu = skipNpdu(bytes, at + HEADER + (bvlc === BVLC.forwarded ? FORWARDED_ADDRESS : 0), end);
    if (apdu < 0 && sink.isCut) sink.beyondCut();
    if (apdu >= 0) readApdu(bytes, view, apdu, end, direction, memory, sink, bvlc === BVLC.unicast ? (sender) => sink.serverIs(sender) : ignore);
  },
  // A datagram that is BACnet/IP is so from its first octet to its last. On the protocol's own port some senders say less than they
  // send, and devices act upon it all the same; more than there is cannot be right.
  isCertain(bytes, view, at, _to, _direction, port, end) {
    const told = at + size(bytes, view, at);
    return told === end || (port === PORT && told < end) ? PROBE.certain : PROBE.notForUs;
  },
  describe(code) {
    const known = SERVICES.get(code);
    return known === undefined ? { name: code >= UNCONFIRMED ? `Unconfirmed Service ${code - UNCONFIRMED}` : `Confirmed Service ${code}`, access: 'write' } : { name: known[0], access: known[1] };
  },
});
