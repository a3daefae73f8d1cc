/**
 * What the bodies of OPC UA services say about devices and nodes (OPC 10000-4 clause 5): nodes and methods that a request
 * touches, names and URIs of applications, the endpoints that a server offers, session names, kinds of user token.
 * In: a cursor behind the request or response header. Out: node ids to a list, the rest to the sink.
 * A body may be only the first chunk of a message: what lies whole in it is told, running out of it is no error.
 * Left out on purpose: values, user names, certificates' content other than the application URI, nonces, signatures.
 */
import type { ProtocolSink } from './protocol.ts';
import type { Cursor } from './opcua-encoding.ts';
import { readCount, readI32, readLocalizedText, readNodeId, readStandardId, readText, readU32, readU8, skip, skipDataValue, skipExtensionObject, skipNodeId, skipQualifiedName, skipText, skipVariant } from './opcua-encoding.ts';
import * as services from './opcua-services.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { SERVICE } = services;

/** Most nodes told of one message. */
const NODES_PER_MESSAGE = 64;
/** Stands for the nodes of a message that are not told: too many, or not in the octets at hand. */
export const MORE_NODES = '(more)';
/** Most endpoints, or servers of a discovery list, told of one message. */
const ENDPOINTS_PER_MESSAGE = 64;

const SECURITY_MODES = ['Invalid', 'None', 'Sign', 'SignAndEncrypt'] as const;

/** MessageSecurityMode (OPC 10000-4 clause 7.20) in the standard's word. */
export const modeName = (mode: number): string => SECURITY_MODES[mode] ?? 'Invalid';

const isNullNode = (node: string): boolean => node === 'i=0';

/** A node id, or '' where it does not lie whole in the octets at hand. */
const nodeOf = (c: Cursor): string => {
  const node = readNodeId(c);
  return c.ok ? node : '';
};

/** Steps over one element of a request's array and returns its node id, as each service lays it out. */
const readElement = (c: Cursor, service: number): string => {
  let node = '';
  switch (service) {
    case SERVICE.read:
    case SERVICE.createMonitoredItems:
      node = nodeOf(c);
      skip(c, 4);
      skipText(c);
      skipQualifiedName(c);
      if (service === SERVICE.createMonitoredItems) {
        skip(c, 4 + 4 + 8);
        skipExtensionObject(c);
        skip(c, 4 + 1);
      }
      return node;
    case SERVICE.write:
      node = nodeOf(c);
      skip(c, 4);
      skipText(c);
      if (c.ok) skipDataValue(c);
      return node;
    case SERVICE.historyRead:
      node = nodeOf(c);
      skipText(c);
      skipQualifiedName(c);
      skipText(c);
      return node;
    case SERVICE.browse:
      node = nodeOf(c);
      skip(c, 4);
      skipNodeId(c);
      skip(c, 1 + 4 + 4);
      return node;
    case SERVICE.translateBrowsePaths: {
      node = nodeOf(c);
      const steps = readCount(c);
      for (let i = 0; i < steps && c.ok; i++) {
        skipNodeId(c);
        skip(c, 2);
        skipQualifiedName(c);
      }
      return node;
    }
    case SERVICE.deleteNodes:
      node = nodeOf(c);
      skip(c, 1);
      return node;
    case SERVICE.addReferences:
      node = nodeOf(c);
      skipNodeId(c);
      skip(c, 1);
      skipText(c);
      skipNodeId(c);
      skip(c, 4);
      return node;
    case SERVICE.deleteReferences:
      node = nodeOf(c);
      skipNodeId(c);
      skip(c, 1);
      skipNodeId(c);
      skip(c, 1);
      return node;
    case SERVICE.addNodes: {
      const parent = nodeOf(c);
      skipNodeId(c);
      node = nodeOf(c);
      skipQualifiedName(c);
      skip(c, 4);
      skipExtensionObject(c);
      skipNodeId(c);
      return isNullNode(node) ? parent : node;
    }
    default:
      return nodeOf(c);
  }
};

/** What stands before the array of elements in each request. */
const skipToElements = (c: Cursor, service: number): boolean => {
  switch (service) {
    case SERVICE.read:
      skip(c, 8 + 4);
      return true;
    case SERVICE.createMonitoredItems:
      skip(c, 4 + 4);
      return true;
    case SERVICE.historyRead:
      skipExtensionObject(c);
      skip(c, 4 + 1);
      return true;
    case SERVICE.browse:
      skipNodeId(c);
      skip(c, 8 + 4 + 4);
      return true;
    case SERVICE.write:
    case SERVICE.translateBrowsePaths:
    case SERVICE.registerNodes:
    case SERVICE.unregisterNodes:
    case SERVICE.addNodes:
    case SERVICE.addReferences:
    case SERVICE.deleteNodes:
    case SERVICE.deleteReferences:
      return true;
    default:
      return false;
  }
};

const countElements = (c: Cursor, nodes: string[]): number => {
  const elements = readCount(c);
  if (!c.ok) nodes.push(MORE_NODES);
  return elements;
};

const collectCalls = (c: Cursor, nodes: string[]): void => {
  const calls = countElements(c, nodes);
  for (let i = 0; i < calls && c.ok && nodes.length < NODES_PER_MESSAGE; i++) {
    const object = readNodeId(c);
    const method = readNodeId(c);
    if (c.ok) nodes.push(object, method);
    const values = readCount(c);
    for (let k = 0; k < values && c.ok; k++) skipVariant(c);
  }
  if (nodes.length < calls * 2) nodes.push(MORE_NODES);
};

/** HistoryUpdate's details are ExtensionObjects that all begin with the node id (OPC 10000-11 clause 6.8). */
const collectHistoryUpdates = (c: Cursor, nodes: string[]): void => {
  const details = countElements(c, nodes);
  for (let i = 0; i < details && c.ok && nodes.length < NODES_PER_MESSAGE; i++) {
    skipNodeId(c);
    if (readU8(c) !== 1) {
      c.ok = false;
      break;
    }
    const octets = readI32(c);
    const body = { ...c };
    skip(c, octets);
    const node = readNodeId(body);
    if (body.ok) nodes.push(node);
  }
  if (nodes.length < details) nodes.push(MORE_NODES);
};

/** Whether requests for this service name nodes or methods, and whether they tell facts. */
export const touchesNodes = (service: number): boolean => service < SERVICE_IDS && NODE_SERVICES[service] === 1;
export const tellsFacts = (service: number): boolean => service < SERVICE_IDS && FACT_SERVICES[service] === 1;
/** By type id, because every request asks. */
const SERVICE_IDS = 1 << 15;
const flagsOf = (services: readonly number[]): Uint8Array => {
  const flags = new Uint8Array(SERVICE_IDS);
  for (const service of services) flags[service] = 1;
  return flags;
};
const NODE_SERVICES = flagsOf([
  SERVICE.call, SERVICE.historyUpdate, SERVICE.read, SERVICE.createMonitoredItems, SERVICE.historyRead, SERVICE.browse, SERVICE.write,
  SERVICE.translateBrowsePaths, SERVICE.registerNodes, SERVICE.unregisterNodes, SERVICE.addNodes, SERVICE.addReferences, SERVICE.deleteNodes, SERVICE.deleteReferences,
]);
const FACT_SERVICES = flagsOf([SERVICE.createSession, SERVICE.activateSession, SERVICE.registerServer, SERVICE.registerServer2]);

/** Nodes and methods of the request whose header the cursor has just passed, in the order they are asked for; at the end whether there are more. */
export function collectNodes(c: Cursor, service: number, nodes: string[]): void {
  if (service === SERVICE.call) return collectCalls(c, nodes);
  if (service === SERVICE.historyUpdate) return collectHistoryUpdates(c, nodes);
  if (!skipToElements(c, service)) return;
  const elements = countElements(c, nodes);
  for (let i = 0; i < elements && c.ok && nodes.length < NODES_PER_MESSAGE; i++) {
    // The node id itself may lie in this chunk while the rest of its element does not.
    const node = readElement(c, service);
    if (node !== '') nodes.push(node);
  }
  if (nodes.length < elements) nodes.push(MORE_NODES);
}

type TellDevice = (name: string, value: string) => void;

interface Application {
  readonly uri: string | null;
  readonly product: string | null;
  readonly name: string | null;
}

/** ApplicationDescription (OPC 10000-4 clause 7.2). */
const readApplication = (c: Cursor): Application => {
  const uri = readText(c);
  const product = readText(c);
  const name = readLocalizedText(c);
  skip(c, 4);
  skipText(c);
  skipText(c);
  const urls = readCount(c);
  for (let i = 0; i < urls && c.ok; i++) skipText(c);
  return { uri, product, name };
};

const tellApplication = (application: Application, tell: TellDevice): void => {
  if (application.uri) tell('opcua.application-uri', application.uri);
  if (application.product) tell('opcua.product-uri', application.product);
  if (application.name) tell('opcua.application-name', application.name);
};

/** EndpointDescription[] (OPC 10000-4 clause 7.14). `isClear`: only then is the list told as what the server offers. */
const tellEndpoints = (c: Cursor, sink: ProtocolSink, isClear: boolean): void => {
  const tellServer: TellDevice = (name, value) => sink.serverFact(name, value);
  const endpoints = Math.min(readCount(c), ENDPOINTS_PER_MESSAGE);
  for (let i = 0; i < endpoints && c.ok; i++) {
    const url = readText(c);
    const application = readApplication(c);
    skipText(c);
    const mode = readU32(c);
    const policy = readText(c);
    const tokens = readCount(c);
    for (let k = 0; k < tokens && c.ok; k++) {
      skipText(c);
      skip(c, 4);
      skipText(c);
      skipText(c);
      skipText(c);
    }
    skipText(c);
    skip(c, 1);
    if (!c.ok) return;
    if (isClear) sink.fact('opcua.offered', `${url ?? ''} ${modeName(mode)} ${policy ?? ''}`);
    tellApplication(application, tellServer);
  }
};

/** UserIdentityToken kinds by type id of their binary encoding (OPC 10000-6 Annex A). */
const USER_TOKENS = new Map([
  [321, 'Anonymous'],
  [324, 'UserName'],
  [327, 'Certificate'],
  [940, 'Issued'],
]);

const tellUserToken = (c: Cursor, sink: ProtocolSink): void => {
  skipText(c);
  skipText(c);
  const certificates = readCount(c);
  for (let i = 0; i < certificates && c.ok; i++) {
    skipText(c);
    skipText(c);
  }
  const locales = readCount(c);
  for (let i = 0; i < locales && c.ok; i++) skipText(c);
  const kind = USER_TOKENS.get(readStandardId(c));
  if (c.ok && kind !== undefined) sink.fact('opcua.user-token', kind);
};

/** Facts in the request whose header the cursor has just passed. */
export function tellRequest(c: Cursor, service: number, sink: ProtocolSink): void {
  const tellClient: TellDevice = (name, value) => sink.clientFact(name, value);
  switch (service) {
    case SERVICE.createSession: {
      const application = readApplication(c);
      if (c.ok) tellApplication(application, tellClient);
      skipText(c);
      skipText(c);
      const session = readText(c);
      if (c.ok && session) sink.fact('opcua.session', session);
      return;
    }
    case SERVICE.activateSession:
      return tellUserToken(c, sink);
    case SERVICE.registerServer:
    case SERVICE.registerServer2: {
      // RegisteredServer (OPC 10000-4 clause 7.31): here the client is a server that makes itself known.
      const uri = readText(c);
      const product = readText(c);
      if (c.ok) tellApplication({ uri, product, name: null }, tellClient);
      return;
    }
    default:
  }
}

/** Facts in the response (to `service`) whose header the cursor has just passed. */
export function tellResponse(c: Cursor, service: number, sink: ProtocolSink, isClear: boolean): void {
  switch (service) {
    case SERVICE.getEndpoints:
      return tellEndpoints(c, sink, isClear);
    case SERVICE.createSession:
      skipNodeId(c);
      skipNodeId(c);
      skip(c, 8);
      skipText(c);
      skipText(c);
      return tellEndpoints(c, sink, isClear);
    case SERVICE.findServers: {
      // A discovery server lists others beside itself, so these are facts of the talk, not of its server.
      const servers = Math.min(readCount(c), ENDPOINTS_PER_MESSAGE);
      for (let i = 0; i < servers && c.ok; i++) {
        const application = readApplication(c);
        if (c.ok && application.uri) sink.fact('opcua.discovered', application.uri);
      }
      return;
    }
    default:
  }
}

const SUBJECT_ALT_NAME = [0x06, 0x03, 0x55, 0x1d, 0x11, 0x04];
/** uniformResourceIdentifier [6] of GeneralName (RFC 5280 clause 4.2.1.6). */
const URI_NAME = 0x86;

/**
 * ApplicationUri of an application instance certificate: the first URI of its SubjectAltName (OPC 10000-6 clause 6.2.2).
 * Found by the extension's OID, its octets and lengths checked; null where the certificate has none.
 */
export function certificateApplicationUri(bytes: Uint8Array, from: number, to: number): string | null {
  for (let at = bytes.indexOf(SUBJECT_ALT_NAME[0], from); at >= 0 && at + 12 <= to; at = bytes.indexOf(SUBJECT_ALT_NAME[0], at + 1)) {
    if (!SUBJECT_ALT_NAME.every((octet, i) => bytes[at + i] === octet)) continue;
    // OCTET STRING length, SEQUENCE, its length, GeneralName: short and one-octet long forms cover 255 octets.
    let name = at + SUBJECT_ALT_NAME.length;
    name += bytes[name] === 0x81 ? 2 : bytes[name] === 0x82 ? 3 : 1;
    if (bytes[name++] !== 0x30) continue;
    name += bytes[name] === 0x81 ? 2 : bytes[name] === 0x82 ? 3 : 1;
    const octets = bytes[name + 1];
    if (name + 2 > to || bytes[name] !== URI_NAME || octets === 0 || octets > 127 || name + 2 + octets > to) continue;
    return String.fromCharCode(...bytes.subarray(name + 2, name + 2 + octets));
  }
  return null;
}
