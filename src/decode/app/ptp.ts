/**
 * Precision Time Protocol, version 2 (IEEE 1588-2019 clauses 13 to 15; IEEE 802.1AS), on EtherType 0x88F7 and UDP 319 and 320. In: one
 * message. Out: who gives the time and who asks for it, in which domain; management with what it reads, sets or makes a clock do, refusals.
 * What goes to a group has no answer: there its sender alone is told of. Left out on purpose: times, identities of clocks.
 */
import type { Access } from '../../observation.ts';
import { viewOf } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';

/** Clause 13.3.1, table 35. */
const HEADER = 34;
const AT = Object.freeze({ type: 0, version: 1, length: 2, domain: 4, flags: 6, clock: 20, sequence: 30 } as const);
const VERSION = 2;
const UNICAST = 0x04;
const TYPE = Object.freeze({ sync: 0, delayReq: 1, pdelayReq: 2, pdelayResp: 3, followUp: 8, delayResp: 9, pdelayRespFollowUp: 10, announce: 11, signaling: 12, management: 13 } as const);
const TYPES = new Set<number>(Object.values(TYPE));
/** They come from a clock that gives the time. */
const FROM_MASTER = new Set<number>([TYPE.sync, TYPE.followUp, TYPE.delayResp, TYPE.announce]);

/** Clause 13.5. */
const ANNOUNCE = Object.freeze({ clockClass: 48, grandmaster: 53, stepsRemoved: 61, end: 64 } as const);
/** Clause 7.6.2.5, table 4: at most so, a clock has a primary reference such as a satellite's, or had it and holds over. */
const LAST_CLASS_OF_REFERENCE = 7;

/** Clauses 15.4 and 15.5: the action, then one TLV: its type, length, of an error the reason, what is managed. */
const MANAGEMENT = Object.freeze({ action: 46, type: 48, id: 52, end: 54 } as const);
const ACTION = Object.freeze({ get: 0, set: 1, response: 2, command: 3, acknowledge: 4 } as const);
const ERROR_STATUS = 2;
/** Clause 16.1: a clock asks another one to send to it alone, and is granted that for so many seconds; none is a refusal. */
const SIGNALING = Object.freeze({ type: 44, duration: 50, end: 54 } as const);
const TLV = Object.freeze({ requestUnicast: 4, grantUnicast: 5, cancelUnicast: 6, acknowledgeCancel: 7 } as const);
/** Its actions, and what a clock that was asked to sends on its own: codes of our own above the types. */
const MANAGE = 0x100;
const DELIVERY = 0x200;

const OPERATIONS = new Map<number, readonly [string, Access]>([
  [TYPE.sync, ['Sync', 'write']],
  [TYPE.delayReq, ['Delay_Req', 'read']],
  [TYPE.pdelayReq, ['Pdelay_Req', 'diagnose']],
  [TYPE.announce, ['Announce', 'write']],
  [TYPE.signaling, ['Signaling', 'browse']],
  [MANAGE + ACTION.get, ['Management Get', 'diagnose']],
  [MANAGE + ACTION.set, ['Management Set', 'program']],
  [MANAGE + ACTION.command, ['Management Command', 'control']],
  [DELIVERY, ['Time Distribution', 'read']],
]);

/** Clause 15.5.2.3, table 59: those of every kind of clock. */
const MANAGED = new Map<number, string>([
  [0x0000, 'NULL_PTP_MANAGEMENT'], [0x0001, 'CLOCK_DESCRIPTION'], [0x0002, 'USER_DESCRIPTION'], [0x0003, 'SAVE_IN_NON_VOLATILE_STORAGE'], [0x0004, 'RESET_NON_VOLATILE_STORAGE'],
  [0x0005, 'INITIALIZE'], [0x0006, 'FAULT_LOG'], [0x0007, 'FAULT_LOG_RESET'], [0x2000, 'DEFAULT_DATA_SET'], [0x2001, 'CURRENT_DATA_SET'], [0x2002, 'PARENT_DATA_SET'],
  [0x2003, 'TIME_PROPERTIES_DATA_SET'], [0x2004, 'PORT_DATA_SET'], [0x2005, 'PRIORITY1'], [0x2006, 'PRIORITY2'], [0x2007, 'DOMAIN'], [0x2008, 'SLAVE_ONLY'], [0x2009, 'LOG_ANNOUNCE_INTERVAL'],
  [0x200a, 'ANNOUNCE_RECEIPT_TIMEOUT'], [0x200b, 'LOG_SYNC_INTERVAL'], [0x200c, 'VERSION_NUMBER'], [0x200d, 'ENABLE_PORT'], [0x200e, 'DISABLE_PORT'], [0x200f, 'TIME'], [0x2010, 'CLOCK_ACCURACY'],
]);

const typeOf = (bytes: Uint8Array, at: number): number => bytes[at] & 0xf;

/** A header of version 2 whose length is there; behind it may stand two octets (annex D.1), or what fills a frame. */
const isMessage = (bytes: Uint8Array, from: number, to: number, end: number): boolean => {
  if (to - from < HEADER || (bytes[from + AT.version] & 0xf) !== VERSION || !TYPES.has(typeOf(bytes, from))) return false;
  const length = viewOf(bytes).getUint16(from + AT.length);
  return length >= HEADER && from + length <= end;
};

/** Who leads the others: a clock with a reference of its own, another one that leads as long as there is none better, one that hands on. */
function roleOf(bytes: Uint8Array, view: DataView, from: number): string {
  for (let i = 0; i < 8; i++) if (bytes[from + ANNOUNCE.grandmaster + i] !== bytes[from + AT.clock + i]) return 'boundary-clock';
  if (view.getUint16(from + ANNOUNCE.stepsRemoved) > 0) return 'boundary-clock';
  return bytes[from + ANNOUNCE.clockClass] <= LAST_CLASS_OF_REFERENCE ? 'grandmaster' : 'master';
}

function tellRole(role: string, isServer: boolean, memory: SessionMemory, sink: ProtocolSink): void {
  if (memory.role === role) return;
  memory.role = role;
  if (isServer) sink.serverFact('ptp.role', role);
  else sink.clientFact('ptp.role', role);
}

function readManagement(bytes: Uint8Array, view: DataView, from: number, to: number, isUnicast: boolean, memory: SessionMemory, sink: ProtocolSink): void {
  if (from + MANAGEMENT.end > to) return sink.isCut ? sink.beyondCut() : sink.malformed('ptp.management');
  const action = bytes[from + MANAGEMENT.action] & 0xf;
  const sequence = view.getUint16(from + AT.sequence);
  const outstanding = memory.outstanding as number[];
  if (action === ACTION.response || action === ACTION.acknowledge) {
    const asked = isUnicast ? takeRequest(outstanding, sequence) : -1;
    if (asked < 0) return;
    sink.serverIs(true);
    const isRefusal = view.getUint16(from + MANAGEMENT.type) === ERROR_STATUS;
    return sink.operation(-1, asked, isRefusal ? MESSAGE.error : MESSAGE.response, isRefusal ? view.getUint16(from + MANAGEMENT.id) : 0);
  }
  if (isUnicast) {
    sink.serverIs(false);
    rememberRequest(outstanding, sequence, MANAGE + action);
  }
  sink.operation(-1, MANAGE + action, MESSAGE.request, 0);
  const id = view.getUint16(from + MANAGEMENT.id);
  sink.target(MANAGED.get(id) ?? `id 0x${id.toString(16).padStart(4, '0')}`);
}

/** Who is asked grants or refuses; a refusal has no code. */
function readSignaling(view: DataView, from: number, to: number, sink: ProtocolSink): void {
  if (from + SIGNALING.end > to && sink.isCut) return sink.beyondCut();
  const tlv = from + SIGNALING.type + 2 <= to ? view.getUint16(from + SIGNALING.type) : 0;
  const isGrant = tlv === TLV.grantUnicast && from + SIGNALING.end <= to;
  if (tlv === TLV.requestUnicast || isGrant) sink.serverIs(isGrant);
  if (!isGrant) return tlv === TLV.acknowledgeCancel ? undefined : sink.operation(-1, TYPE.signaling, MESSAGE.request, 0);
  const isRefused = view.getUint32(from + SIGNALING.duration) === 0;
  sink.operation(-1, TYPE.signaling, isRefused ? MESSAGE.error : MESSAGE.response, 0);
}

function readMessage(bytes: Uint8Array, view: DataView, from: number, to: number, memory: SessionMemory, sink: ProtocolSink): void {
  const type = typeOf(bytes, from);
  const isUnicast = (bytes[from + AT.flags] & UNICAST) !== 0;
  const isMaster = FROM_MASTER.has(type);
  if (type === TYPE.management) return readManagement(bytes, view, from, to, isUnicast, memory, sink);
  if (type === TYPE.signaling && isUnicast) return readSignaling(view, from, to, sink);
  if (isUnicast && (isMaster || type === TYPE.delayReq)) sink.serverIs(isMaster);
  // Over UDP it comes from another port than it was asked on.
  if (type === TYPE.delayResp) return isUnicast ? sink.operation(-1, DELIVERY, MESSAGE.response, 0) : undefined;
  if (!OPERATIONS.has(type)) return;
  if (isUnicast && isMaster) sink.operation(-1, DELIVERY, MESSAGE.response, 0);
  else sink.operation(-1, type, MESSAGE.request, 0);
  if (type === TYPE.delayReq) tellRole('slave', false, memory, sink);
  if (type !== TYPE.announce) return;
  if (from + ANNOUNCE.end > to) return sink.isCut ? sink.beyondCut() : sink.malformed('ptp.announce');
  sink.fact('ptp.domain', String(bytes[from + AT.domain]));
  tellRole(roleOf(bytes, view, from), isUnicast, memory, sink);
}

const EVENT_PORT = 319;
const GENERAL_PORT = 320;

export const PTP_UDP: StreamProtocol = {
  name: 'ptp',
  ports: [EVENT_PORT, GENERAL_PORT],
  firstOctets: Array.from({ length: 256 }, (_, octet) => octet).filter((octet) => TYPES.has(octet & 0xf)),
  maxCarry: 1500,
  newMemory: () => ({ role: '', outstanding: [] }),
  probe: (bytes, from, to, _direction, port, end = to) => ((port === EVENT_PORT || port === GENERAL_PORT) && isMessage(bytes, from, to, end) ? PROBE.certain : PROBE.notForUs),
  read(bytes, view, from, to, _direction, memory, sink) {
    if (!isMessage(bytes, from, to, sink.isCut ? Infinity : to)) return -1;
    readMessage(bytes, view, from, Math.min(to, from + view.getUint16(from + AT.length)), memory, sink);
    return to;
  },
  resync: () => -1,
  describe(code) {
    const known = OPERATIONS.get(code);
    return known === undefined ? { name: code < MANAGE ? `Message ${code}` : `Management action ${code - MANAGE}`, access: 'program' } : { name: known[0], access: known[1] };
  },
};

export const PTP_LINK: StreamProtocol = {
  ...PTP_UDP,
  ports: [],
  // Version 1 (IEEE 1588-2002) is neither a message nor a fault.
  probe: (bytes, from, to) => (isMessage(bytes, from, to, Infinity) ? PROBE.certain : to - from >= HEADER && (bytes[from + AT.version] & 0xf) !== VERSION ? PROBE.unsure : PROBE.notForUs),
};
