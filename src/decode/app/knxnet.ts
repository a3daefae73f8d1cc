/**
 * KNXnet/IP (EN ISO 22510; KNX Standard 3/8) and the cEMI telegrams in it (3/6/3), on UDP and TCP 3671. In: frames. Out: services of
 * discovery, connection and management as operations; of telegrams that a client sends into the bus the application service (3/3/7),
 * and the group or device that it names. Telegrams that the bus sends are one operation. Name and address of a device that describes
 * itself. Left out on purpose: values, acknowledgements, what KNX IP Secure encrypts.
 */
import type { Access } from '../../observation.ts';
import { asciiText, framedProtocol, type Framing } from './framing.ts';
import type { ProtocolSink } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';

const HEADER = 6;
const VERSION = 0x10;
/** 512 octets of telegram are more than any has; descriptions and secure wrappers are shorter too. */
const LARGEST = 2048;

const SERVICE = Object.freeze({
  searchRequest: 0x0201, searchResponse: 0x0202, descriptionResponse: 0x0204, connectResponse: 0x0206, stateResponse: 0x0208, disconnectRequest: 0x0209,
  disconnectResponse: 0x020a, extendedSearchResponse: 0x020c, configuration: 0x0310, configurationAck: 0x0311, tunnelling: 0x0420, tunnellingAck: 0x0421,
  routing: 0x0530, routingBroadcast: 0x0533, wrapper: 0x0950,
} as const);

/** Services that a client asks for; their answers count as theirs. */
const REQUESTS = new Map<number, readonly [string, Access]>([
  [0x0201, ['Search', 'browse']],
  [0x0203, ['Description', 'browse']],
  [0x0205, ['Connect', 'browse']],
  [0x0207, ['Connection State', 'browse']],
  [0x0209, ['Disconnect', 'browse']],
  [0x020b, ['Extended Search', 'browse']],
  [0x0422, ['Tunnelling Feature Get', 'browse']],
  [0x0424, ['Tunnelling Feature Set', 'program']],
  [0x0740, ['Remote Diagnostic', 'diagnose']],
  [0x0742, ['Remote Basic Configuration', 'program']],
  [0x0743, ['Remote Reset', 'control']],
  [0x0950, ['Secure Wrapper', 'browse']],
  [0x0951, ['Secure Session', 'browse']],
  [0x0953, ['Secure Session Authentication', 'browse']],
]);
const ANSWERS = new Map<number, number>([
  [SERVICE.searchResponse, 0x0201],
  [SERVICE.descriptionResponse, 0x0203],
  [SERVICE.connectResponse, 0x0205],
  [SERVICE.stateResponse, 0x0207],
  [SERVICE.disconnectResponse, 0x0209],
  [SERVICE.extendedSearchResponse, 0x020b],
  [0x0423, 0x0422],
  [0x0741, 0x0740],
  [0x0952, 0x0951],
]);
/** They carry telegrams, or say nothing of what is asked. */
const OTHERS = new Set<number>([
  SERVICE.configuration, SERVICE.configurationAck, SERVICE.tunnelling, SERVICE.tunnellingAck, 0x0425, SERVICE.routing, 0x0531, 0x0532, SERVICE.routingBroadcast, 0x0954, 0x0955,
]);

/** Message codes of cEMI. */
const CEMI = Object.freeze({ dataRequest: 0x11, dataConfirm: 0x2e, dataIndication: 0x29, busMonitor: 0x2b } as const);
/** Codes of our own: application services, then services of cEMI's own properties, then what comes from the bus. */
const APPLICATION = 0x10000;
const PROPERTY = 0x20000;
const INDICATION = 0x30000;

/** Of cEMI's properties (3/6/3 clause 4.1.7): code of the request, of its confirmation, name. */
const PROPERTIES: readonly (readonly [number, number, string, Access])[] = [
  [0xfc, 0xfb, 'Interface Property Read', 'read'],
  [0xf6, 0xf5, 'Interface Property Write', 'program'],
  [0xf8, 0xfa, 'Interface Function Property Command', 'program'],
  [0xf9, 0xfa, 'Interface Function Property State Read', 'read'],
  [0xf1, 0xf0, 'Interface Reset', 'control'],
];

/** Ten bits of application control (3/3/7 clause 2.2); but for two groups of their high four, the low six are data. */
const SHORT_SHIFT = 6;
const LONG_GROUPS = new Set([0x0b, 0x0f]);
const APPLICATIONS = new Map<number, readonly [string, Access]>([
  [0x000, ['GroupValue Read', 'read']],
  [0x040, ['GroupValue Response', 'write']],
  [0x080, ['GroupValue Write', 'write']],
  [0x0c0, ['IndividualAddress Write', 'program']],
  [0x100, ['IndividualAddress Read', 'browse']],
  [0x140, ['IndividualAddress Response', 'browse']],
  [0x180, ['ADC Read', 'read']],
  [0x1c0, ['ADC Response', 'read']],
  [0x200, ['Memory Read', 'read']],
  [0x240, ['Memory Response', 'read']],
  [0x280, ['Memory Write', 'program']],
  [0x2c0, ['UserMemory Read', 'read']],
  [0x2c1, ['UserMemory Response', 'read']],
  [0x2c2, ['UserMemory Write', 'program']],
  [0x2c5, ['UserManufacturerInfo Read', 'browse']],
  [0x2c6, ['UserManufacturerInfo Response', 'browse']],
  [0x2c7, ['FunctionProperty Command', 'program']],
  [0x2c8, ['FunctionProperty State Read', 'read']],
  [0x2c9, ['FunctionProperty State Response', 'read']],
  [0x300, ['DeviceDescriptor Read', 'browse']],
  [0x340, ['DeviceDescriptor Response', 'browse']],
  [0x380, ['Restart', 'control']],
  [0x3d1, ['Authorize Request', 'browse']],
  [0x3d2, ['Authorize Response', 'browse']],
  [0x3d3, ['Key Write', 'program']],
  [0x3d4, ['Key Response', 'browse']],
  [0x3d5, ['PropertyValue Read', 'read']],
  [0x3d6, ['PropertyValue Response', 'read']],
  [0x3d7, ['PropertyValue Write', 'program']],
  [0x3d8, ['PropertyDescription Read', 'browse']],
  [0x3d9, ['PropertyDescription Response', 'browse']],
  [0x3da, ['NetworkParameter Read', 'browse']],
  [0x3db, ['NetworkParameter Response', 'browse']],
  [0x3dc, ['IndividualAddressSerialNumber Read', 'browse']],
  [0x3dd, ['IndividualAddressSerialNumber Response', 'browse']],
  [0x3de, ['IndividualAddressSerialNumber Write', 'program']],
  [0x3e0, ['DomainAddress Write', 'program']],
  [0x3e1, ['DomainAddress Read', 'browse']],
  [0x3e2, ['DomainAddress Response', 'browse']],
  [0x3e4, ['NetworkParameter Write', 'program']],
]);

const isGroupAddress = (bytes: Uint8Array, control2: number): boolean => (bytes[control2] & 0x80) !== 0;
/** `1/2/3` is written of groups, `1.1.5` of devices (3/3/2 clause 1.4). */
const addressText = (address: number, isGroup: boolean): string =>
  (isGroup ? `group ${address >> 11}/${(address >> 8) & 7}/${address & 0xff}` : `device ${deviceText(address)}`);
const deviceText = (address: number): string => `${address >> 12}.${(address >> 8) & 15}.${address & 0xff}`;

const TELEGRAM = Object.freeze({ control2: 1, destination: 4, length: 6, transport: 7 } as const);

/** The application service of the telegram at `at` (both control fields, addresses, length, data); -1 where it has none. */
const applicationOf = (bytes: Uint8Array, at: number, end: number): number => {
  const transport = at + TELEGRAM.transport;
  // Longer than its first octet, and no control message of the transport layer.
  if (transport + 2 > end || bytes[at + TELEGRAM.length] === 0 || (bytes[transport] & 0x80) !== 0) return -1;
  const code = ((bytes[transport] & 3) << 8) | bytes[transport + 1];
  return LONG_GROUPS.has(code >> SHORT_SHIFT) ? code : code & ~((1 << SHORT_SHIFT) - 1);
};

/** @param prove tells who serves; nobody does where routers talk to all */
const readCemi = (bytes: Uint8Array, view: DataView, at: number, end: number, sink: ProtocolSink, prove: (sender: boolean) => void): void => {
  if (at + 2 > end) return sink.malformed('knxnet.cemi');
  const code = bytes[at];
  const property = PROPERTIES.find(([request, confirm]) => code === request || code === confirm);
  if (property !== undefined) {
    const isRequest = code === property[0];
    prove(!isRequest);
    return sink.operation(-1, PROPERTY + property[0], isRequest ? MESSAGE.request : MESSAGE.response, 0);
  }
  if (code === CEMI.busMonitor) {
    prove(true);
    return sink.operation(-1, INDICATION, MESSAGE.response, 0);
  }
  if (code !== CEMI.dataRequest && code !== CEMI.dataConfirm && code !== CEMI.dataIndication) return;
  const telegram = at + 2 + bytes[at + 1];
  if (telegram + TELEGRAM.transport > end) return sink.malformed('knxnet.cemi');
  prove(code !== CEMI.dataRequest);
  const isToAll = prove === ignore;
  if (code === CEMI.dataIndication && !isToAll) return sink.operation(-1, INDICATION, MESSAGE.response, 0);
  const application = applicationOf(bytes, telegram, end);
  if (application < 0) return telegram + TELEGRAM.transport + 2 > end && sink.isCut ? sink.beyondCut() : undefined;
  if (code === CEMI.dataConfirm) return sink.operation(-1, APPLICATION + application, MESSAGE.response, 0);
  sink.operation(-1, APPLICATION + application, MESSAGE.request, 0);
  sink.target(addressText(view.getUint16(telegram + TELEGRAM.destination), isGroupAddress(bytes, telegram + TELEGRAM.control2)));
};

const ignore = (): void => {};

/** Channel and status, or status alone, behind the header of an answer. */
const STATUS_AT = new Map<number, number>([[SERVICE.connectResponse, 7], [SERVICE.stateResponse, 7], [SERVICE.disconnectResponse, 7]]);

const HPAI = 8;
/** Description of a device (3/8/2 clause 7.5.4.2): type 1, medium, status, address, ..., name of 30 octets. */
const DEVICE = Object.freeze({ type: 1, octets: 54, address: 4, name: 24 } as const);

const tellDevice = (bytes: Uint8Array, view: DataView, at: number, end: number, sink: ProtocolSink): void => {
  if (at + DEVICE.octets > end || bytes[at] !== DEVICE.octets || bytes[at + 1] !== DEVICE.type) return;
  sink.serverFact('knx.name', asciiText(bytes, at + DEVICE.name, at + DEVICE.octets));
  sink.serverFact('knx.address', deviceText(view.getUint16(at + DEVICE.address)));
};

const PORT = 3671;

const framing: Framing = {
  name: 'knxnet',
  ports: [PORT],
  firstOctets: [HEADER],
  header: HEADER,
  readsCut: true,
  maxCarry: LARGEST,
  size(bytes, view, at) {
    if (bytes[at] !== HEADER || bytes[at + 1] !== VERSION) return -1;
    const service = view.getUint16(at + 2);
    const octets = view.getUint16(at + 4);
    const isKnown = REQUESTS.has(service) || ANSWERS.has(service) || OTHERS.has(service);
    return isKnown && octets >= HEADER && octets <= LARGEST ? octets : -1;
  },
  isCertain: (_bytes, view, at, to) => (at + view.getUint16(at + 4) <= to ? PROBE.certain : PROBE.unsure),
  message(bytes, view, at, end, _direction, _memory, sink) {
    const service = view.getUint16(at + 2);
    const answered = ANSWERS.get(service);
    if (answered !== undefined) {
      if (service !== SERVICE.disconnectResponse) sink.serverIs(true);
      const status = STATUS_AT.get(service);
      if (status !== undefined && at + status >= end && sink.isCut) return sink.beyondCut();
      const error = status !== undefined && at + status < end ? bytes[at + status] : 0;
      sink.operation(-1, answered, error === 0 ? MESSAGE.response : MESSAGE.error, error);
      if (service === SERVICE.descriptionResponse) tellDevice(bytes, view, at + HEADER, end, sink);
      if (service === SERVICE.searchResponse || service === SERVICE.extendedSearchResponse) tellDevice(bytes, view, at + HEADER + HPAI, end, sink);
      return;
    }
    if (REQUESTS.has(service)) {
      // Either side may end a connection, and wraps what it says.
      if (service !== SERVICE.disconnectRequest && service !== SERVICE.wrapper) sink.serverIs(false);
      return sink.operation(-1, service, MESSAGE.request, 0);
    }
    if (service === SERVICE.routing || service === SERVICE.routingBroadcast) return readCemi(bytes, view, at + HEADER, end, sink, ignore);
    // A connection header, which says its own length, is before the telegram.
    if (service !== SERVICE.tunnelling && service !== SERVICE.configuration) return;
    if (at + HEADER >= end) return sink.malformed('knxnet.connection');
    readCemi(bytes, view, at + HEADER + bytes[at + HEADER], end, sink, (sender) => sink.serverIs(sender));
  },
  describe(code) {
    const own = (name: string, access: Access): { readonly name: string; readonly access: Access } => ({ name, access });
    if (code >= INDICATION) return own('Telegrams from the bus', 'read');
    if (code >= PROPERTY) {
      const property = PROPERTIES.find(([request]) => request === code - PROPERTY);
      return property === undefined ? own(`Interface Service 0x${(code - PROPERTY).toString(16)}`, 'program') : own(property[2], property[3]);
    }
    const known = code >= APPLICATION ? APPLICATIONS.get(code - APPLICATION) : REQUESTS.get(code);
    return known === undefined ? own(`Service 0x${(code % APPLICATION).toString(16).padStart(4, '0')}`, 'program') : own(known[0], known[1]);
  },
};

/** A datagram is one frame from its first octet to its last. */
export const KNXNET_UDP = framedProtocol({ ...framing, isCertain: (_bytes, view, at, _to, _direction, _port, end) => (at + view.getUint16(at + 4) === end ? PROBE.certain : PROBE.notForUs) });
export const KNXNET_TCP = framedProtocol(framing);
