/**
 * DCE/RPC (C706) as Windows and OPC classic (DA, HDA, A&E over DCOM) use it on TCP 135 and above, and as PROFINET's context
 * manager uses it on UDP 34964 (IEC 61158-6-10). In: PDUs. Out: interfaces bound to, and for PROFINET the operations of
 * its device interface. Left out on purpose: arguments; SMB pipes.
 */
import type { Access } from '../../observation.ts';
import { framedProtocol } from './framing.ts';
import { MESSAGE, PROBE } from './protocol.ts';

const HEADER = 16;
const CONNECTION_VERSION = 5;
const PTYPE = { request: 0, response: 2, fault: 3, bind: 11, bindAck: 12, alterContext: 14, last: 19 } as const;
const LITTLE_ENDIAN = 0x10;

/** Interfaces by UUID: what matters for who talks OPC classic. */
const INTERFACES = new Map([
  ['e1af8308-5d1f-11c9-91a4-08002b14a0fa', 'endpoint-mapper'],
  ['99fcfec4-5260-101b-bbcb-00aa0021347a', 'dcom-resolver'],
  ['000001a0-0000-0000-c000-000000000046', 'dcom-activator'],
  ['4d9f4ab8-7d1c-11cf-861e-0020af6e7c57', 'dcom-activation'],
  ['00000131-0000-0000-c000-000000000046', 'dcom-unknown'],
  ['39c13a4d-011e-11d0-9675-0020afd8adb3', 'opc-da-server'],
  ['39c13a50-011e-11d0-9675-0020afd8adb3', 'opc-da-group'],
  ['39c13a52-011e-11d0-9675-0020afd8adb3', 'opc-da-sync-io'],
  ['39c13a54-011e-11d0-9675-0020afd8adb3', 'opc-da-items'],
  ['39c13a70-011e-11d0-9675-0020afd8adb3', 'opc-da-callback'],
  ['39c13a71-011e-11d0-9675-0020afd8adb3', 'opc-da-async-io'],
  ['1f1217b0-dee0-11d2-a5e5-000086339399', 'opc-hda-server'],
  ['65168851-5783-11d1-84a0-00608cb8a7e9', 'opc-ae-server'],
  ['13486d50-4821-11d2-a494-3cb306c10000', 'opc-server-list'],
  ['12345778-1234-abcd-ef00-0123456789ab', 'lsarpc'],
  ['12345778-1234-abcd-ef00-0123456789ac', 'samr'],
  ['12345678-1234-abcd-ef00-01234567cffb', 'netlogon'],
  ['367abb81-9844-35f1-ad32-98f038001003', 'service-control'],
  ['338cd001-2244-31f1-aaaa-900038001003', 'remote-registry'],
  ['e3514235-4b06-11d1-ab04-00c04fc2dcd2', 'directory-replication'],
]);

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

const uuidAt = (bytes: Uint8Array, view: DataView, at: number, isLittle: boolean): string => {
  let node = '';
  for (let i = 10; i < 16; i++) node += hex(bytes[at + i], 2);
  return `${hex(view.getUint32(at, isLittle), 8)}-${hex(view.getUint16(at + 4, isLittle), 4)}-${hex(view.getUint16(at + 6, isLittle), 4)}-${hex(bytes[at + 8], 2)}${hex(bytes[at + 9], 2)}-${node}`;
};

/** First context item of a bind: sizes and group (8), count and padding (4), context id (2), count of syntaxes (2), UUID. */
const BIND_UUID = HEADER + 8 + 4 + 4;
const ENDPOINT_MAPPER_PORT = 135;

export const DCERPC = framedProtocol({
  name: 'rpc',
  ports: [ENDPOINT_MAPPER_PORT],
  firstOctets: [CONNECTION_VERSION],
  header: HEADER,
  readsCut: true,
  maxCarry: 8192,
  size(bytes, view, at) {
    const isLittle = (bytes[at + 4] & LITTLE_ENDIAN) !== 0;
    if (bytes[at] !== CONNECTION_VERSION || bytes[at + 1] > 1 || bytes[at + 2] > PTYPE.last || (bytes[at + 4] & 0xee) !== 0 || bytes[at + 5] > 3 || bytes[at + 6] !== 0 || bytes[at + 7] !== 0) return -1;
    const octets = view.getUint16(at + 8, isLittle);
    return octets >= HEADER && view.getUint16(at + 10, isLittle) <= octets ? octets : -1;
  },
  message(bytes, view, at, end, _direction, _memory, sink) {
    const type = bytes[at + 2];
    if (type === PTYPE.response || type === PTYPE.fault || type === PTYPE.bindAck) sink.serverIs(true);
    if (type === PTYPE.request) sink.serverIs(false);
    if (type !== PTYPE.bind && type !== PTYPE.alterContext) return;
    if (at + BIND_UUID + 16 > end) return sink.isCut ? sink.beyondCut() : undefined;
    sink.serverIs(false);
    const uuid = uuidAt(bytes, view, at + BIND_UUID, (bytes[at + 4] & LITTLE_ENDIAN) !== 0);
    sink.fact('rpc.interface', INTERFACES.get(uuid) ?? uuid);
  },
  describe: (code) => ({ name: `id-${code}`, access: 'read' }),
});

const CL_HEADER = 80;
const CL_VERSION = 4;
const CL = { type: 1, representation: 4, interface: 24, operation: 68, length: 74 } as const;
const CL_REJECT = 6;
const CL_TYPES = 10;
/** PNIO device and controller: dea00001-..., dea00002-6c97-11d1-8271-00a02442df7d. */
const PNIO_DEVICE = 0xdea00001;
const PNIO_CONTROLLER = 0xdea00002;
const PNIO_TAIL = 0x6c97;

const OPERATIONS: readonly (readonly [string, Access])[] = [
  ['Connect', 'control'],
  ['Release', 'control'],
  ['Read', 'read'],
  ['Write', 'program'],
  ['Control', 'control'],
  ['Read Implicit', 'diagnose'],
];

const PNIO_PORT = 34964;

export const PROFINET_CM = framedProtocol({
  name: 'profinet-cm',
  ports: [PNIO_PORT],
  header: CL_HEADER,
  readsCut: true,
  maxCarry: 0xffff,
  size(bytes, view, at) {
    const isLittle = (bytes[at + CL.representation] & LITTLE_ENDIAN) !== 0;
    if (bytes[at] !== CL_VERSION || bytes[at + CL.type] > CL_TYPES || (bytes[at + CL.representation] & 0xef) !== 0) return -1;
    const face = view.getUint32(at + CL.interface, isLittle);
    if ((face !== PNIO_DEVICE && face !== PNIO_CONTROLLER) || view.getUint16(at + CL.interface + 4, isLittle) !== PNIO_TAIL) return -1;
    return CL_HEADER + view.getUint16(at + CL.length, isLittle);
  },
  isCertain: (bytes, view, at, _to, _direction, _port, end) => (at + CL_HEADER + view.getUint16(at + CL.length, (bytes[at + CL.representation] & LITTLE_ENDIAN) !== 0) <= end ? PROBE.certain : PROBE.notForUs),
  message(bytes, view, at, _end, _direction, _memory, sink) {
    const isLittle = (bytes[at + CL.representation] & LITTLE_ENDIAN) !== 0;
    const type = bytes[at + CL.type];
    if (type !== PTYPE.request && type !== PTYPE.response && type !== PTYPE.fault && type !== CL_REJECT) return;
    const isRequest = type === PTYPE.request;
    // A device asks its controller too (application ready); it stays the one that serves.
    const isOfDevice = view.getUint32(at + CL.interface, isLittle) === PNIO_DEVICE;
    sink.serverIs(isRequest !== isOfDevice);
    sink.operation(-1, view.getUint16(at + CL.operation, isLittle), isRequest ? MESSAGE.request : type === PTYPE.response ? MESSAGE.response : MESSAGE.error, 0);
  },
  describe: (code) => (OPERATIONS[code] === undefined ? { name: `Operation ${code}`, access: 'write' } : { name: OPERATIONS[code][0], access: OPERATIONS[code][1] }),
});
