/**
 * EtherNet/IP explicit messaging (ODVA CIP volume 2 chapter 2) on TCP and UDP 44818, and the CIP messages within
 * (volume 1 chapter 2). In: encapsulation packets. Out: commands and CIP services as operations with general status,
 * classes and tags touched, identity of the device, what shows CIP Safety. Unconnected_Send and Multiple_Service_Packet are opened: what is
 * inside counts, not the envelope. Left out on purpose: attribute values; implicit I/O (UDP 2222) is only
 * named, and who asked for it.
 */
import { IMPLICIT_IO_PORT, opensImplicitIo } from './cip-forward-open.ts';
import { SAFETY_FACT, safetyOf } from './cip-safety.ts';
import { COMMAND, COMMAND_BASE, FIRST_CLASS_SERVICE, PCCC_BASE, SYMBOL_CLASS, describeCip } from './cip-services.ts';
import { asciiText, framedProtocol } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink, SessionMemory } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';

const HEADER = 24;
const AT = { command: 0, length: 2, session: 4, status: 8, context: 12, options: 20 } as const;
const COMMANDS = new Set<number>([...Object.values(COMMAND), 0x72, 0x73]);
/**
 * Asked without data and answered with items. What table 2-3.2 reserves for legacy (0x01) is one of them: Rockwell's tools ask it first
 * in every session, and are told the device's address.
 */
const LISTS = new Set<number>([COMMAND.legacy, COMMAND.listServices, COMMAND.listIdentity, COMMAND.listInterfaces]);
const INTERFACE_AND_TIMEOUT = 6;
/** Status codes of table 2-3.3; in error codes above those of CIP, which are one octet. */
const LARGEST_STATUS = 0x6a;
const ENCAPSULATION_STATUS = 0x100;

const ITEM = { null: 0x0000, identity: 0x000c, connected: 0x00b1, unconnected: 0x00b2 } as const;
const ITEMS = 8;
/** Interface handle, timeout, a count of two, an empty address and the head of a data item. */
const UNCONNECTED_HEAD = 16;
/** CIP has interface handle 0 (2-4.7), but libplctag to 2.5 leaves in a Forward_Close what stood there: two items that fill the packet prove as much. */
const isUnconnected = (view: DataView, data: number, to: number, length: number): boolean =>
  length >= UNCONNECTED_HEAD &&
  (data + 8 > to || view.getUint16(data + 6, true) === 2) &&
  (data + 12 > to || view.getUint32(data + 8, true) === ITEM.null) &&
  (data + 14 > to || view.getUint16(data + 12, true) === ITEM.unconnected) &&
  (data + UNCONNECTED_HEAD > to || view.getUint16(data + 14, true) === length - UNCONNECTED_HEAD);

const SERVICE = { attributesAll: 0x01, multiple: 0x0a, unconnectedSend: 0x52, pccc: 0x4b } as const;
const CLASS = { identity: 0x01, connectionManager: 0x06, pccc: 0x67 } as const;
const RESPONSE = 0x80;

/** Lengths and the first fields that each command allows (2-4): the header alone is mostly zeroes and proves little. */
const fitsCommand = (view: DataView, at: number, to: number, command: number, length: number): boolean => {
  const data = at + HEADER;
  switch (command) {
    case COMMAND.registerSession:
      return length === 4 && (data + 4 > to || view.getUint32(data, true) === 1);
    case COMMAND.unregisterSession:
      return length === 0 && view.getUint32(at + AT.session, true) !== 0;
    case COMMAND.sendRequestData:
    case COMMAND.sendUnitData:
      // Interface handle 0 (CIP), then at most a handful of items.
      return (length >= INTERFACE_AND_TIMEOUT + 2 && (data + 8 > to || (view.getUint32(data, true) === 0 && view.getUint16(data + 6, true) <= ITEMS))) || (length === 0 && view.getUint32(at + AT.status, true) !== 0) || (command === COMMAND.sendRequestData && isUnconnected(view, data, to, length));
    case COMMAND.nop:
      return length > 0 && view.getUint32(at + AT.session, true) === 0 && view.getUint32(at + AT.context, true) === 0;
    default:
      return length === 0 || data + 2 > to || view.getUint16(data, true) <= ITEMS;
  }
};

const size = (_bytes: Uint8Array, view: DataView, at: number, to: number): number => {
  const command = view.getUint16(at + AT.command, true);
  if (!COMMANDS.has(command)) return -1;
  if (view.getUint32(at + AT.options, true) !== 0 || view.getUint32(at + AT.status, true) > LARGEST_STATUS) return -1;
  const length = view.getUint16(at + AT.length, true);
  return fitsCommand(view, at, to, command, length) ? HEADER + length : -1;
};

/** Identity item (2-4.3.3) from its vendor id on, and the Identity object's attributes, which have the same order. */
const tellIdentity = (bytes: Uint8Array, view: DataView, at: number, end: number, sink: ProtocolSink): void => {
  if (at + 15 > end || at + 15 + bytes[at + 14] > end) return;
  const product = asciiText(bytes, at + 15, at + 15 + bytes[at + 14]);
  if (product === '') return;
  sink.serverFact('enip.vendor-id', String(view.getUint16(at, true)));
  sink.serverFact('enip.device-type', String(view.getUint16(at + 2, true)));
  sink.serverFact('enip.product', product);
  sink.serverFact('enip.revision', `${bytes[at + 6]}.${bytes[at + 7]}`);
  sink.serverFact('enip.serial', `0x${view.getUint32(at + 10, true).toString(16).padStart(8, '0')}`);
};

interface Path {
  cls: number;
  tag: string;
}

const SEGMENT = { class8: 0x20, class16: 0x21, symbol: 0x91 } as const;

/** Request path (volume 1, appendix C): its class, or the tag that it names. */
const readPath = (bytes: Uint8Array, view: DataView, from: number, to: number): Path => {
  const path: Path = { cls: -1, tag: '' };
  for (let at = from; at + 2 <= to; ) {
    const segment = bytes[at];
    if (segment === SEGMENT.symbol) {
      const end = at + 2 + bytes[at + 1];
      if (end > to) break;
      if (path.tag.length < 256) path.tag += (path.tag === '' ? '' : '.') + asciiText(bytes, at + 2, end);
      at = end + (bytes[at + 1] & 1);
    } else if ((segment & 0xe0) === 0x20) {
      const octets = [2, 4, 6, 2][segment & 3];
      if (segment === SEGMENT.class8) path.cls = bytes[at + 1];
      else if (segment === SEGMENT.class16 && at + 4 <= to) path.cls = view.getUint16(at + 2, true);
      at += octets;
    } else at += 2;
  }
  return path;
};

const CIP_NESTING = 3;
/** Octets behind the path of an envelope that say what is in it: time and length, or a count and the first place. */
const NEEDED_OF_ENVELOPE = 4;
/** Codes that a Multiple_Service_Packet just read bundles, in its order; emptied before each packet. */
const bundled: number[] = [];
/** Numbers kept of bundles whose answers are still out, per session. */
const MOST_BUNDLED = 512;
/** Stands for Get_Attributes_All of the Identity object among the outstanding requests: its answer names the device. */
const IDENTITY_ASKED = 0x3000000;

/** The operation code of a CIP request, told to the sink with its target; envelopes are opened. Returns the code, -1 for none. */
const readRequest = (bytes: Uint8Array, view: DataView, at: number, end: number, depth: number, sink: ProtocolSink): number => {
  if (at + 2 > end || depth > CIP_NESTING) {
    if (sink.isCut) sink.beyondCut();
    return -1;
  }
  const service = bytes[at];
  const data = at + 2 + bytes[at + 1] * 2;
  if (service >= RESPONSE || data > end) {
    sink.malformed('cip.path');
    return -1;
  }
  const path = readPath(bytes, view, at + 2, data);
  const isSend = service === SERVICE.unconnectedSend && path.cls === CLASS.connectionManager;
  if (sink.isCut && data + NEEDED_OF_ENVELOPE > end && (isSend || service === SERVICE.multiple || service === SERVICE.pccc)) {
    sink.beyondCut();
    return -1;
  }
  if (isSend && data + 4 <= end) {
    const inner = data + 4 + view.getUint16(data + 2, true);
    if (inner <= end || sink.isCut) return readRequest(bytes, view, data + 4, Math.min(inner, end), depth + 1, sink);
  }
  if (service === SERVICE.multiple && data + 2 <= end) {
    const services = view.getUint16(data, true);
    if (data + 2 + services * 2 > end) {
      sink.malformed('cip.bundle');
      if (sink.isCut) return -1;
    }
    let reached = data;
    for (let i = 0; i < services && data + 4 + i * 2 <= end; i++) {
      const inner = data + view.getUint16(data + 2 + i * 2, true);
      const told = i + 1 < services && data + 6 + i * 2 <= end ? data + view.getUint16(data + 4 + i * 2, true) : end;
      const next = sink.isCut ? Math.min(told, end) : told;
      if (inner >= end && sink.isCut) sink.beyondCut();
      // One behind the other: places that go back would let a packet be read more often than it has octets.
      const isBehind = inner >= reached && inner < next && next <= end;
      bundled.push(isBehind ? readRequest(bytes, view, inner, next, depth + 1, sink) : -1);
      if (isBehind) reached = next;
    }
    return SERVICE.multiple;
  }
  const cls = path.cls >= 0 ? path.cls : SYMBOL_CLASS;
  let code = service < FIRST_CLASS_SERVICE ? service : cls * 256 + service;
  // PCCC: requester id (its length, vendor, serial), command, status, transaction, function.
  if (service === SERVICE.pccc && cls === CLASS.pccc) {
    const pccc = data + bytes[data];
    if (data < end && pccc + 5 <= end) code = PCCC_BASE | (bytes[pccc] << 8) | bytes[pccc + 4];
    else if (sink.isCut) {
      sink.beyondCut();
      return -1;
    }
  }
  sink.operation(-1, code, MESSAGE.request, 0);
  const safety = safetyOf(bytes, data, end, path.cls, service);
  if (safety !== '') sink.fact(SAFETY_FACT, safety);
  if (opensImplicitIo(bytes, data, end, path.cls, service)) sink.asksAt(IMPLICIT_IO_PORT);
  if (path.tag !== '') sink.target(path.tag);
  else if (path.cls >= 0) sink.target(`class 0x${path.cls.toString(16).padStart(2, '0')}`);
  return code === SERVICE.attributesAll && cls === CLASS.identity ? IDENTITY_ASKED : code;
};

/** Whether an answer with this service may be to what was asked; a router refuses under the name of the envelope. */
const isAnswerTo = (asked: number, service: number): boolean => {
  if (service === SERVICE.unconnectedSend) return true;
  if (asked === IDENTITY_ASKED) return service === SERVICE.attributesAll;
  return service === (asked >= PCCC_BASE ? SERVICE.pccc : asked & 0xff);
};

/** Some clients ask everything under one context (pycomm3): of what was asked before, the answer was not heard. */
const takeAsked = (outstanding: number[], key: number, service: number): number => {
  let asked = takeRequest(outstanding, key);
  while (asked >= 0 && !isAnswerTo(asked, service)) asked = takeRequest(outstanding, key);
  return asked;
};

const readResponse = (bytes: Uint8Array, view: DataView, at: number, end: number, told: number, sink: ProtocolSink): void => {
  if (at + 4 > end) return sink.malformed('cip.response');
  const service = bytes[at] & 0x7f;
  const asked = told >= 0 && isAnswerTo(told, service) ? told : -1;
  const status = bytes[at + 2];
  const data = at + 4 + bytes[at + 3] * 2;
  if (asked < 0 && service >= FIRST_CLASS_SERVICE) return sink.fact('enip.unmatched-response', `0x${service.toString(16)}`);
  const code = asked === IDENTITY_ASKED || asked < 0 ? service : asked;
  // 6, partial transfer: the answer goes on in another packet, no error.
  const isError = status !== 0 && status !== 6;
  sink.operation(-1, code, isError ? MESSAGE.error : MESSAGE.response, isError ? status : 0);
  if (asked === IDENTITY_ASKED && !isError) tellIdentity(bytes, view, data, end, sink);
};

/** Bundles whose answers are out: key, count, codes; one after the other in one list of numbers. */
const rememberBundle = (bundles: number[], key: number): void => {
  if (bundled.length > MOST_BUNDLED - 2) bundled.length = MOST_BUNDLED - 2;
  while (bundles.length > 0 && bundles.length + 2 + bundled.length > MOST_BUNDLED) bundles.splice(0, 2 + bundles[1]);
  bundles.push(key, bundled.length, ...bundled);
};

const takeBundle = (bundles: number[], key: number): number[] => {
  for (let i = 0; i < bundles.length; i += 2 + bundles[i + 1]) {
    if (bundles[i] === key) return bundles.splice(i, 2 + bundles[i + 1]).slice(2);
  }
  return [];
};

/** Answers in a Multiple_Service_Packet: in the order of what was asked. */
const readResponses = (bytes: Uint8Array, view: DataView, cip: number, end: number, asked: readonly number[], sink: ProtocolSink): void => {
  const data = cip + 4 + bytes[cip + 3] * 2;
  if (data + 2 > end) return sink.isCut ? sink.beyondCut() : undefined;
  const services = view.getUint16(data, true);
  if (sink.isCut && data + 2 + services * 2 > end) return sink.beyondCut();
  for (let i = 0; i < services && data + 4 + i * 2 <= end; i++) {
    const inner = data + view.getUint16(data + 2 + i * 2, true);
    if (inner + 4 > end && sink.isCut) return sink.beyondCut();
    if (inner + 4 > end || bytes[inner] < RESPONSE) return;
    readResponse(bytes, view, inner, end, asked[i] ?? -1, sink);
  }
};

/** Common packet format (2-6): addresses and data items. */
const readItems = (bytes: Uint8Array, view: DataView, from: number, end: number, context: number, memory: SessionMemory, sink: ProtocolSink): void => {
  if (from + 2 > end) return sink.malformed('enip.items');
  const items = Math.min(view.getUint16(from, true), ITEMS);
  const outstanding = memory.outstanding as number[];
  for (let i = 0, at = from + 2; i < items; i++) {
    if (at + 4 > end) return sink.isCut ? sink.beyondCut() : undefined;
    const type = view.getUint16(at, true);
    const next = Math.min(end, at + 4 + view.getUint16(at + 2, true));
    let cip = at + 4;
    let key = context;
    if (type === ITEM.connected && cip + 2 <= next) {
      key = view.getUint16(cip, true);
      cip += 2;
    }
    if ((type === ITEM.connected || type === ITEM.unconnected) && cip + 2 <= next) {
      const isResponse = bytes[cip] >= RESPONSE;
      sink.serverIs(isResponse);
      const bundles = memory.bundles as number[];
      if (isResponse && (bytes[cip] & 0x7f) === SERVICE.multiple) readResponses(bytes, view, cip, next, takeBundle(bundles, key), sink);
      else if (isResponse) readResponse(bytes, view, cip, next, takeAsked(outstanding, key, bytes[cip] & 0x7f), sink);
      else {
        bundled.length = 0;
        const code = readRequest(bytes, view, cip, next, 0, sink);
        if (code === SERVICE.multiple) rememberBundle(bundles, key);
        else if (code >= 0) rememberRequest(outstanding, key, code);
      }
    } else if (type === ITEM.identity) tellIdentity(bytes, view, cip + 18, next, sink);
    else if ((type === ITEM.connected || type === ITEM.unconnected) && sink.isCut) sink.beyondCut();
    at = next;
  }
};

/** What the encapsulation refuses (table 2-3.3) comes without its request: its context says which that was. */
const readRefusal = (context: number, status: number, memory: SessionMemory, sink: ProtocolSink): void => {
  sink.serverIs(true);
  const asked = takeRequest(memory.outstanding as number[], context);
  const refused = asked >= 0 ? [asked] : takeBundle(memory.bundles as number[], context);
  for (const code of refused) {
    if (code >= 0) sink.operation(-1, code === IDENTITY_ASKED ? SERVICE.attributesAll : code, MESSAGE.error, ENCAPSULATION_STATUS | status);
  }
  if (refused.length === 0) sink.fact('enip.unmatched-response', `status 0x${status.toString(16)}`);
};

const PORT = 44818;

export const ENIP = framedProtocol({
  name: 'enip',
  ports: [PORT],
  header: HEADER,
  readsCut: true,
  maxCarry: 65536,
  size,
  // A NOP may carry anything: it names nothing, what comes after it does. A list request is told from zeroes only by its command.
  isCertain(bytes, view, first, to, _direction, port) {
    let at = first;
    let command = view.getUint16(at + AT.command, true);
    while (command === COMMAND.nop) {
      at += HEADER + view.getUint16(at + AT.length, true);
      if (port !== PORT || at + HEADER > to) return PROBE.notForUs;
      command = view.getUint16(at + AT.command, true);
    }
    if (at > first && size(bytes, view, at, to) < 0) return PROBE.notForUs;
    if (command === COMMAND.legacy && port !== PORT) return PROBE.notForUs;
    if (LISTS.has(command) && port !== PORT && view.getUint16(at + AT.length, true) !== to - at - HEADER) return PROBE.notForUs;
    return PROBE.certain;
  },
  newMemory: () => ({ outstanding: [], bundles: [] }),
  message(bytes, view, at, end, _direction, memory, sink) {
    const command = view.getUint16(at + AT.command, true);
    const status = view.getUint32(at + AT.status, true);
    const data = at + HEADER;
    if (command === COMMAND.sendRequestData || command === COMMAND.sendUnitData) {
      const context = view.getUint32(at + AT.context, true);
      return status === 0 ? readItems(bytes, view, data + INTERFACE_AND_TIMEOUT, end, context, memory, sink) : readRefusal(context, status, memory, sink);
    }
    // Requests of the list commands are empty, their answers are not; a session is registered by the handle in the answer.
    const hasHandle = view.getUint32(at + AT.session, true) !== 0;
    const isAnswer = command === COMMAND.registerSession ? hasHandle || status !== 0 : LISTS.has(command) && view.getUint16(at + AT.length, true) > 0;
    if (command !== COMMAND.nop) sink.serverIs(isAnswer);
    sink.operation(-1, COMMAND_BASE | command, isAnswer ? (status === 0 ? MESSAGE.response : MESSAGE.error) : MESSAGE.request, isAnswer ? status : 0);
    if (isAnswer && command === COMMAND.listIdentity) readItems(bytes, view, data, end, 0, memory, sink);
  },
  describe: describeCip,
});
