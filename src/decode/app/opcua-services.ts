/**
 * The services of OPC UA: type ids of their binary encodings (OPC 10000-6 Annex A), names (without Request/Response)
 * and access classes, and the headers that every request and response begins with (OPC 10000-4 clauses 7.33, 7.34).
 *
 * Access: session and channel management and discovery are `browse` (they show the server, they do not touch the
 * process); subscriptions are `read` (they only decide how the client is told values); AddNodes and its kin change
 * what the server is and are `program`.
 */
import type { Access } from '../../observation.ts';
import type { Cursor } from './opcua-encoding.ts';
import { readCount, readI32, readStandardId, readU32, skip, skipDiagnosticInfo, skipExtensionObject, skipNodeId, skipText } from './opcua-encoding.ts';

export const SERVICE_FAULT = 397;
export const SERVICE = Object.freeze({
  findServers: 422,
  getEndpoints: 428,
  registerServer: 437,
  openSecureChannel: 446,
  closeSecureChannel: 452,
  createSession: 461,
  activateSession: 467,
  addNodes: 488,
  addReferences: 494,
  deleteNodes: 500,
  deleteReferences: 506,
  browse: 527,
  translateBrowsePaths: 554,
  registerNodes: 560,
  unregisterNodes: 566,
  read: 631,
  historyRead: 664,
  write: 673,
  historyUpdate: 700,
  call: 712,
  createMonitoredItems: 751,
  findServersOnNetwork: 12208,
  registerServer2: 12211,
} as const);

/** [request type id, response type id, name, access] */
const SERVICES: readonly (readonly [number, number, string, Access])[] = [
  [410, 413, 'TestStack', 'diagnose'],
  [416, 419, 'TestStackEx', 'diagnose'],
  [SERVICE.findServers, 425, 'FindServers', 'browse'],
  [SERVICE.getEndpoints, 431, 'GetEndpoints', 'browse'],
  [SERVICE.registerServer, 440, 'RegisterServer', 'browse'],
  [SERVICE.openSecureChannel, 449, 'OpenSecureChannel', 'browse'],
  [SERVICE.closeSecureChannel, 455, 'CloseSecureChannel', 'browse'],
  [SERVICE.createSession, 464, 'CreateSession', 'browse'],
  [SERVICE.activateSession, 470, 'ActivateSession', 'browse'],
  [473, 476, 'CloseSession', 'browse'],
  [479, 482, 'Cancel', 'browse'],
  [SERVICE.addNodes, 491, 'AddNodes', 'program'],
  [SERVICE.addReferences, 497, 'AddReferences', 'program'],
  [SERVICE.deleteNodes, 503, 'DeleteNodes', 'program'],
  [SERVICE.deleteReferences, 509, 'DeleteReferences', 'program'],
  [SERVICE.browse, 530, 'Browse', 'browse'],
  [533, 536, 'BrowseNext', 'browse'],
  [SERVICE.translateBrowsePaths, 557, 'TranslateBrowsePathsToNodeIds', 'browse'],
  [SERVICE.registerNodes, 563, 'RegisterNodes', 'read'],
  [SERVICE.unregisterNodes, 569, 'UnregisterNodes', 'read'],
  [615, 618, 'QueryFirst', 'read'],
  [621, 624, 'QueryNext', 'read'],
  [SERVICE.read, 634, 'Read', 'read'],
  [SERVICE.historyRead, 667, 'HistoryRead', 'read'],
  [SERVICE.write, 676, 'Write', 'write'],
  [SERVICE.historyUpdate, 703, 'HistoryUpdate', 'write'],
  [SERVICE.call, 715, 'Call', 'control'],
  [SERVICE.createMonitoredItems, 754, 'CreateMonitoredItems', 'read'],
  [763, 766, 'ModifyMonitoredItems', 'read'],
  [769, 772, 'SetMonitoringMode', 'read'],
  [775, 778, 'SetTriggering', 'read'],
  [781, 784, 'DeleteMonitoredItems', 'read'],
  [787, 790, 'CreateSubscription', 'read'],
  [793, 796, 'ModifySubscription', 'read'],
  [799, 802, 'SetPublishingMode', 'read'],
  [826, 829, 'Publish', 'read'],
  [832, 835, 'Republish', 'read'],
  [841, 844, 'TransferSubscriptions', 'read'],
  [847, 850, 'DeleteSubscriptions', 'read'],
  [SERVICE.findServersOnNetwork, 12209, 'FindServersOnNetwork', 'browse'],
  [SERVICE.registerServer2, 12212, 'RegisterServer2', 'browse'],
  [15903, 21001, 'SessionlessInvoke', 'control'],
];

const byRequest = new Map(SERVICES.map(([request, , name, access]) => [request, { name, access }]));
/** The same two by index, because every message asks: 1 where a type id is a request's; a response's request, 0 for none. */
const KINDS = new Uint8Array(1 << 15);
const REQUESTS = new Uint16Array(1 << 15);
for (const [request, response] of SERVICES) {
  KINDS[request] = 1;
  REQUESTS[response] = request;
}
const FAULT = { name: 'ServiceFault', access: 'browse' } as const;

/** What a type id is: a request, a response (with its request's id) or neither. */
export const isRequest = (typeId: number): boolean => typeId < KINDS.length && KINDS[typeId] === 1;
export const requestOf = (typeId: number): number => (typeId < REQUESTS.length && REQUESTS[typeId] > 0 ? REQUESTS[typeId] : -1);

/** What may be asked without security before there is a session (OPC 10000-4 clause 5.5.1). */
export const DISCOVERY_SERVICES: readonly number[] = [SERVICE.findServers, SERVICE.getEndpoints, SERVICE.findServersOnNetwork];

/** Those, the channel itself (clause 5.6), and a fault, which says nothing of what was asked. */
export const NEEDS_NO_SECURITY: ReadonlySet<number> = new Set([...DISCOVERY_SERVICES, SERVICE.openSecureChannel, SERVICE.closeSecureChannel, SERVICE_FAULT]);

/** A service outside the standard's table may do anything, so it is not called harmless. */
export const describeService = (code: number): { readonly name: string; readonly access: Access } =>
  byRequest.get(code) ?? (code === SERVICE_FAULT ? FAULT : { name: `id-${code}`, access: 'write' });

/** Bad: the two highest bits are 10 (OPC 10000-4 clause 7.39). */
export const isBad = (status: number): boolean => status >>> 30 === 2;

/** High halves of FILETIME for 1970 and 2100: a timestamp outside, unless zero, is not one. */
const FILETIME_1970 = 0x019db1de;
const FILETIME_2100 = 0x023a0000;

const isTime = (low: number, high: number): boolean => (high >= FILETIME_1970 && high <= FILETIME_2100) || (low === 0 && high === 0);

const skipTimestamp = (c: Cursor): void => {
  const low = readI32(c);
  const high = readI32(c);
  if (!isTime(low, high)) c.ok = false;
};

/** Diagnostics that a client may ask for: bits 0 to 9 (OPC 10000-4 Table 175). */
const RETURN_DIAGNOSTICS = 0x3ff;

/** A body that is no more than the additional header's place: a null NodeId and no encoding. */
const isNoExtension = (c: Cursor, at: number): boolean => c.bytes[at] === 0 && c.bytes[at + 1] === 0 && c.bytes[at + 2] === 0;
/** Octets of a NodeId by its encoding, where they are fixed (OPC 10000-6 Table 17); 0: another form. */
const NODE_ID_OCTETS = new Uint8Array(256);
NODE_ID_OCTETS.set([2, 4, 7, 0, 19, 0]);
/** Timestamp, handle, diagnostics, audit entry (null), timeout, additional header (none): what follows the token. */
const PLAIN_REQUEST_HEADER = 8 + 4 + 4 + 4 + 4 + 3;
const LAST_NODE_ID = 5;
/** Timestamp, handle, result. */
const RESULT_OCTETS = 8 + 4 + 4;
/** Timestamp, handle, result, diagnostics (none), strings (none), additional header (none). */
const PLAIN_RESPONSE_HEADER = 8 + 4 + 4 + 1 + 4 + 3;

/** RequestHeader; the cursor stands behind it where it is plausible, else `ok` is false. */
export function skipRequestHeader(c: Cursor): void {
  // As nearly all are, in one step; whatever else in the many below.
  const token = c.ok && c.at < c.end ? NODE_ID_OCTETS[c.bytes[c.at]] : 0;
  const at = c.at + token;
  if (
    token > 0 &&
    c.end - at >= PLAIN_REQUEST_HEADER &&
    isTime(c.view.getInt32(at, true), c.view.getInt32(at + 4, true)) &&
    c.view.getUint32(at + 12, true) <= RETURN_DIAGNOSTICS &&
    c.view.getInt32(at + 16, true) === -1 &&
    isNoExtension(c, at + 24)
  ) {
    c.at = at + PLAIN_REQUEST_HEADER;
    return;
  }
  skipNodeId(c);
  skipTimestamp(c);
  skip(c, 4);
  if (readU32(c) > RETURN_DIAGNOSTICS) c.ok = false;
  skipText(c);
  skip(c, 4);
  skipExtensionObject(c);
}

/** ResponseHeader; returns the ServiceResult. */
export function readResponseHeader(c: Cursor): number {
  const { at } = c;
  if (
    c.ok &&
    c.end - at >= PLAIN_RESPONSE_HEADER &&
    isTime(c.view.getInt32(at, true), c.view.getInt32(at + 4, true)) &&
    c.bytes[at + 16] === 0 &&
    c.view.getInt32(at + 17, true) <= 0 &&
    isNoExtension(c, at + 21)
  ) {
    c.at = at + PLAIN_RESPONSE_HEADER;
    return c.view.getUint32(at + 12, true);
  }
  skipTimestamp(c);
  skip(c, 4);
  const result = readU32(c);
  skipDiagnosticInfo(c);
  const strings = readCount(c);
  for (let i = 0; i < strings && c.ok; i++) skipText(c);
  skipExtensionObject(c);
  return result;
}

/** Whether the first fields of a ResponseHeader, with its ServiceResult, are at `at`. */
export const hasServiceResult = (c: Cursor, at: number): boolean => c.end - at >= RESULT_OCTETS && isTime(c.view.getInt32(at, true), c.view.getInt32(at + 4, true));

/** Whether a RequestHeader may begin at `at`: with its authentication token, a NodeId (OPC 10000-6 Table 17). */
export const mayBeRequestHeader = (c: Cursor, at: number): boolean => at < c.end && c.bytes[at] <= LAST_NODE_ID;

/** Type id of the message's body; -1 where it is none of the standard's. */
export const readServiceId = (c: Cursor): number => readStandardId(c);
