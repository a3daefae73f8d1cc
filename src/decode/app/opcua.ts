/**
 * OPC UA TCP binary (OPC 10000-6 clauses 6.7 and 7.1): HEL, ACK, ERR, RHE, OPN, MSG, CLO and their chunks, read as far
 * as a passive observer can. In: a stream's octets at a message boundary. Out: every chunk as a message, endpoint and
 * security of the channel, and (only where bodies are in clear) services, faults, nodes and names.
 *
 * A channel whose policy is not None is never guessed at: its mode goes by in an encrypted OPN. But a body on it that is a known
 * service with a plausible header is signed and no more (6.7.2.3 encrypts all of it otherwise), which proves mode Sign, and is read. A
 * stream joined after its OPN is read as clear text only on the same condition. A chunked message counts once, at its
 * final chunk; an aborted one does not count.
 */
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import * as protocols from './protocol.ts';
import { certificateApplicationUri, collectNodes, modeName, MORE_NODES, tellRequest, tellResponse, tellsFacts, touchesNodes } from './opcua-bodies.ts';
import type { Cursor } from './opcua-encoding.ts';
import { moveCursor, openCursor, readText, readU32, skip, skipText } from './opcua-encoding.ts';
import { describeService, hasServiceResult, isBad, isRequest, mayBeRequestHeader, NEEDS_NO_SECURITY, readResponseHeader, readServiceId, requestOf, skipRequestHeader } from './opcua-services.ts';
import * as services from './opcua-services.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import { senderByReading } from './sender.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { MESSAGE, PROBE, TO_SERVER } = protocols;
const { SERVICE, SERVICE_FAULT } = services;

const HEADER_OCTETS = 8;
/** With channel, token, sequence number and request. */
const MESSAGE_OCTETS = HEADER_OCTETS + 16;
const SIZE_AT = 4;
const LARGEST_CHUNK = 16 * 1024 * 1024;
/** A chunk up to this size is read whole (the usual buffer is 65,535); of a larger one only the head. */
const WHOLE_CHUNK = 64 * 1024;
const HEAD_OF_LARGE_CHUNK = 32 * 1024;

/** Nodes of an unfinished chunked request. */
const NODES_KEPT = 16;

const CHANNEL = Object.freeze({ unknown: 0, clear: 1, secured: 2, signed: 3 } as const);

const POLICY_NONE = '#None';
/** MessageSecurityMode Sign (OPC 10000-4 clause 7.20). */
const SIGN = 2;

/** The three letters of a type as one number, first letter lowest. */
const typeCode = (name: string): number => name.charCodeAt(0) | (name.charCodeAt(1) << 8) | (name.charCodeAt(2) << 16);

const TYPE = Object.freeze({ hello: typeCode('HEL'), acknowledge: typeCode('ACK'), error: typeCode('ERR'), reverseHello: typeCode('RHE'), open: typeCode('OPN'), message: typeCode('MSG'), close: typeCode('CLO') } as const);

/** Name and smallest size by type: header, then the fields of fixed size (7.1.2, 6.7.2); whether the server sends it, where only one of both does. */
interface MessageType {
  readonly name: string;
  readonly least: number;
  readonly isServers: boolean | null;
  readonly final: string;
  readonly facts: Readonly<Record<string, string>>;
}
const TYPES = new Map<number, MessageType>(
  (
    [
      ['HEL', 32, false],
      ['ACK', 28, true],
      ['ERR', 12, null],
      ['RHE', 16, true],
      ['OPN', 32, null],
      ['MSG', 24, null],
      ['CLO', 24, null],
    ] as const
  ).map(([name, least, isServers]) => [typeCode(name), { name, least, isServers, final: `${name}/F`, facts: { F: `${name}/F`, C: `${name}/C`, A: `${name}/A` } }]),
);

/** The type of nearly all messages. */
const MESSAGE_TYPE = TYPES.get(TYPE.message);
const cursor = openCursor(new Uint8Array(0), new DataView(new ArrayBuffer(0)), 0, 0);

const CHUNK = Object.freeze({ final: 0x46, intermediate: 0x43, abort: 0x41 } as const);
const CHUNK_LETTER: Readonly<Record<number, string>> = { [CHUNK.final]: 'F', [CHUNK.intermediate]: 'C', [CHUNK.abort]: 'A' };

const typeAt = (bytes: Uint8Array, at: number): number => bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);

/** Only MSG may be split (6.7.2.2). */
const isChunkOf = (type: number, chunk: number): boolean =>
  chunk === CHUNK.final || (type === TYPE.message && (chunk === CHUNK.intermediate || chunk === CHUNK.abort));

/** Whether the octets at `at` can begin a message: as much of a header as there is has to fit. */
const fitsHeader = (bytes: Uint8Array, at: number, to: number): boolean => {
  if (to - at < 4) {
    const start = String.fromCharCode(...bytes.subarray(at, to));
    for (const { name } of TYPES.values()) if (name.startsWith(start)) return true;
    return false;
  }
  const type = typeAt(bytes, at);
  const known = TYPES.get(type);
  if (known === undefined || !isChunkOf(type, bytes[at + 3])) return false;
  if (to - at < HEADER_OCTETS) return true;
  const size = bytes[at + SIZE_AT] + bytes[at + SIZE_AT + 1] * 0x100 + bytes[at + SIZE_AT + 2] * 0x10000 + bytes[at + SIZE_AT + 3] * 0x1000000;
  return size >= known.least && size <= LARGEST_CHUNK;
};

const policyState = (uri: string): number => (uri.endsWith(POLICY_NONE) ? CHANNEL.clear : CHANNEL.secured);

/** A message as its first chunk tells it. */
interface Reading {
  service: number;
  kind: number;
  status: number;
  isFault: boolean;
  nodes: readonly string[];
}

const NO_NODES: readonly string[] = [];
const HIDDEN_NODES: readonly string[] = [MORE_NODES];
/** One for all messages: nothing is made for each. It is read before the next message is. */
const reading: Reading = { service: 0, kind: 0, status: 0, isFault: false, nodes: NO_NODES };

const fillReading = (service: number, kind: number, status: number, isFault: boolean, nodes: readonly string[]): Reading => {
  reading.service = service;
  reading.kind = kind;
  reading.status = status;
  reading.isFault = isFault;
  reading.nodes = nodes;
  return reading;
};

/**
 * Reads a body that may be clear text. Null where it is none that the standard knows (or, on a channel that is not known to
 * be clear, where its header is not plausible).
 */
const readBody = (c: Cursor, direction: number, requestId: number, state: number, isWhole: boolean, memory: SessionMemory, sink: ProtocolSink): Reading | null => {
  const typeId = readServiceId(c);
  if (!c.ok || typeId <= 0) return null;
  const isClear = state === CHANNEL.clear;
  const header = c.at;
  if (isRequest(typeId)) {
    skipRequestHeader(c);
    if (!c.ok && !isClear && !(sink.isCut && mayBeRequestHeader(c, header))) return null;
    let nodes = NO_NODES;
    if (!c.ok) {
      if (isWhole) sink.malformed('opcua.header');
      else if (touchesNodes(typeId)) nodes = HIDDEN_NODES;
      if (sink.isCut) sink.serverIs(false);
    } else {
      sink.serverIs(false);
      if (tellsFacts(typeId)) tellRequest({ ...c }, typeId, sink);
      if (touchesNodes(typeId)) {
        const touched: string[] = [];
        collectNodes(c, typeId, touched);
        nodes = touched;
        if (isWhole && !c.ok) sink.malformed('opcua.body');
      }
    }
    rememberRequest(memory.outstanding as number[], requestId, typeId);
    return fillReading(typeId, MESSAGE.request, 0, false, nodes);
  }
  const isFault = typeId === SERVICE_FAULT;
  const answered = isFault ? SERVICE_FAULT : requestOf(typeId);
  if (answered < 0) {
    // Not of the standard's table: counted by its id on a clear channel, like any other service.
    if (!isClear || typeId > 0xffff) return null;
    return fillReading(typeId, direction === TO_SERVER ? MESSAGE.request : MESSAGE.response, 0, false, NO_NODES);
  }
  const status = readResponseHeader(c);
  const isCutOff = !c.ok && sink.isCut;
  if (isCutOff ? !hasServiceResult(c, header) : !c.ok && !isClear) return null;
  const asked = takeRequest(memory.outstanding as number[], requestId);
  const service = isFault && asked >= 0 ? asked : answered;
  if (!c.ok) {
    if (isWhole) sink.malformed('opcua.header');
    if (isCutOff) sink.serverIs(true);
  } else {
    sink.serverIs(true);
    if (!isBad(status)) tellResponse(c, service, sink, isClear);
  }
  return fillReading(service, isFault || isBad(status) ? MESSAGE.error : MESSAGE.response, status, isFault, NO_NODES);
};

/**
 * On a channel that is known to be without security more than discovery went by, or something that may be more: told once a connection.
 * @param service -1: it could not be read
 */
const tellClearSession = (memory: SessionMemory, service: number, sink: ProtocolSink): void => {
  if (memory.channel !== CHANNEL.clear || memory.session === 1 || NEEDS_NO_SECURITY.has(service)) return;
  memory.session = 1;
  sink.fact('opcua.unsecured', 'session');
};

/** A fault does not say what it refuses: where that was not heard, it is a fact, and nobody's operation. */
const tellOperation = (reading: Reading, memory: SessionMemory, sink: ProtocolSink): void => {
  const { service, kind, status } = reading;
  tellClearSession(memory, service, sink);
  if (service !== SERVICE_FAULT) sink.operation(-1, service, kind, kind === MESSAGE.error ? status : 0);
  for (const node of reading.nodes) sink.target(node);
  if (reading.isFault) sink.fact('opcua.fault', describeService(service).name);
};

/** HEL, ACK, ERR, RHE: the connection protocol (7.1.2). */
const readConnection = (c: Cursor, type: number, memory: SessionMemory, sink: ProtocolSink): void => {
  switch (type) {
    case TYPE.hello: {
      // A Hello opens a new connection: nothing known of an earlier one holds.
      memory.channel = CHANNEL.unknown;
      memory.session = 0;
      memory.outstanding = [];
      memory.pending0 = null;
      memory.pending1 = null;
      skip(c, 20);
      const url = readText(c);
      if (url) sink.fact('opcua.endpoint', url);
      break;
    }
    case TYPE.acknowledge:
      skip(c, 20);
      break;
    case TYPE.reverseHello: {
      const server = readText(c);
      const url = readText(c);
      if (server) sink.serverFact('opcua.application-uri', server);
      if (url) sink.fact('opcua.reverse-endpoint', url);
      break;
    }
    default: {
      const error = readU32(c);
      if (c.ok) sink.fact('opcua.error', `0x${error.toString(16).padStart(8, '0')}`);
    }
  }
  if (!c.ok) sink.malformed('opcua.connection');
};

/** OPN (6.7.2.3): its security header is in clear whatever the policy. */
const readOpen = (c: Cursor, direction: number, memory: SessionMemory, sink: ProtocolSink): void => {
  skip(c, 4);
  const policy = readText(c);
  const certificate = c.at + 4;
  skipText(c);
  const certificateEnd = c.at;
  skipText(c);
  skip(c, 4);
  const requestId = readU32(c);
  // The policy comes first: of a message that was cut off it is enough.
  if (policy === null || (!c.ok && !sink.isCut)) {
    sink.malformed('opcua.open');
    return;
  }
  sink.fact('opcua.policy', policy);
  const state = policyState(policy);
  // A renewed channel keeps its policy (OPC 10000-4 clause 5.5.2): a stream once secured is not believed to be clear again.
  memory.channel = Math.max(memory.channel as number, state);
  if (state === CHANNEL.secured) {
    sink.fact('opcua.encrypted', 'OPN');
    const uri = certificateApplicationUri(c.bytes, certificate, certificateEnd);
    if (uri !== null) {
      if (direction === TO_SERVER) sink.clientFact('opcua.application-uri', uri);
      else sink.serverFact('opcua.application-uri', uri);
    }
    return;
  }
  if (memory.channel !== CHANNEL.clear) return;
  const body = { ...c };
  const reading = readBody(c, direction, requestId, CHANNEL.clear, true, memory, sink);
  if (reading === null) return sink.isCut ? sink.beyondCut() : undefined;
  tellOperation(reading, memory, sink);
  if (reading.kind !== MESSAGE.request || reading.service !== SERVICE.openSecureChannel) return;
  readServiceId(body);
  skipRequestHeader(body);
  skip(body, 8);
  const mode = readU32(body);
  if (body.ok) sink.fact('opcua.mode', modeName(mode));
  else if (sink.isCut) sink.beyondCut();
};

const SEPARATOR = '\n';
/** Octets of a body kept for the next chunk, where the first one ends before the service's id does: a header alone has more. */
const TAIL_KEPT = 16;

/**
 * An unfinished message of one direction, as text, so that a checkpoint can keep it: request id, service, kind, status, fault,
 * nodes. Where too little came to tell the service: request id and those octets (`tail`); request id alone where nothing can be told.
 */
const keepPending = (requestId: number, reading: Reading | null, tail: string | null): string => {
  if (reading === null) return tail === null ? `${requestId}` : `${requestId}${SEPARATOR}${tail}`;
  const { service, kind, status, isFault } = reading;
  const nodes = reading.nodes.length > NODES_KEPT ? [...reading.nodes.slice(0, NODES_KEPT), MORE_NODES] : reading.nodes;
  return [requestId, service, kind, status, isFault ? 1 : 0, ...nodes.map((node) => node.replaceAll(SEPARATOR, ' '))].join(SEPARATOR);
};

const finishPending = (parts: readonly string[]): Reading => ({ service: Number(parts[1]), kind: Number(parts[2]), status: Number(parts[3]), isFault: parts[4] === '1', nodes: parts.slice(5) });

const tailOf = ({ bytes, end }: Cursor, from: number): string | null => (end - from > TAIL_KEPT ? null : Array.from(bytes.subarray(from, end), (octet) => octet.toString(16).padStart(2, '0')).join(''));

/** A body whose first octets came in the chunk before. */
const joinTail = (tail: string, { bytes, at, end }: Cursor): Cursor => {
  const head = tail.length / 2;
  const joined = new Uint8Array(head + end - at);
  for (let i = 0; i < head; i++) joined[i] = parseInt(tail.slice(i * 2, i * 2 + 2), 16);
  joined.set(bytes.subarray(at, end), head);
  return openCursor(joined, new DataView(joined.buffer), 0, joined.length);
};

const keep = (memory: SessionMemory, direction: number, pending: string | null): void => {
  if (direction === TO_SERVER) memory.pending0 = pending;
  else memory.pending1 = pending;
};

/**
 * Whether the body at the cursor, on a channel that is secured, can be read all the same: as a known service with a plausible header. Null where it is
 * such a service, and the capture cut its header off.
 */
const isReadable = (c: Cursor, isCut: boolean): boolean | null => {
  const typeId = readServiceId(c);
  if (!c.ok || typeId <= 0) return false;
  if (isRequest(typeId)) skipRequestHeader(c);
  else if (typeId === SERVICE_FAULT || requestOf(typeId) >= 0) readResponseHeader(c);
  else return false;
  return c.ok || (isCut ? null : false);
};

const tellUnreadable = (memory: SessionMemory, sink: ProtocolSink): void => {
  tellClearSession(memory, -1, sink);
  sink.fact('opcua.unreadable', 'MSG');
};

/** MSG and CLO (6.7.2.4): channel and token, sequence number and request id, then the body or a part of it. */
const readMessage = (c: Cursor, type: number, chunk: number, isWhole: boolean, direction: number, memory: SessionMemory, sink: ProtocolSink): void => {
  skip(c, 12);
  const requestId = readU32(c);
  let state = memory.channel as number;
  if (state === CHANNEL.secured) {
    const { at } = c;
    const readable = chunk !== CHUNK.abort && isReadable(c, sink.isCut);
    if (readable === null) return sink.beyondCut();
    if (!readable) {
      sink.fact('opcua.encrypted', type === TYPE.close ? 'CLO' : 'MSG');
      return;
    }
    c.at = at;
    memory.channel = state = CHANNEL.signed;
    sink.fact('opcua.mode', modeName(SIGN));
  }
  if (state === CHANNEL.unknown) sink.fact('opcua.policy-unknown', type === TYPE.close ? 'CLO' : 'MSG');
  const pending = direction === TO_SERVER ? memory.pending0 : memory.pending1;
  const isContinued = typeof pending === 'string' && parseInt(pending, 10) === requestId;
  if (chunk === CHUNK.abort) {
    if (isContinued) keep(memory, direction, null);
    return;
  }
  if (!isContinued && pending !== null) {
    sink.malformed('opcua.unfinished');
    keep(memory, direction, null);
  }
  const isLast = chunk === CHUNK.final;
  let body = c;
  if (isContinued) {
    if (isLast) keep(memory, direction, null);
    const parts = pending.split(SEPARATOR);
    if (parts.length !== 2) {
      if (isLast && parts.length === 1) tellUnreadable(memory, sink);
      else if (isLast) tellOperation(finishPending(parts), memory, sink);
      return;
    }
    body = joinTail(parts[1], c);
  }
  const from = body.at;
  const reading = readBody(body, direction, requestId, state, isWhole && isLast, memory, sink);
  if (reading === null && sink.isCut) {
    if (type === TYPE.message) tellClearSession(memory, -1, sink);
    sink.beyondCut();
  }
  if (!isLast) keep(memory, direction, keepPending(requestId, reading, sink.isCut ? null : tailOf(body, from)));
  else if (reading !== null) tellOperation(reading, memory, sink);
  else if (!sink.isCut) tellUnreadable(memory, sink);
};

const tellChunk = (bytes: Uint8Array, at: number, known: MessageType, sink: ProtocolSink): void => {
  const chunk = bytes[at + 3];
  sink.fact('opcua.message', known.name);
  sink.fact('opcua.chunk', chunk === CHUNK.final ? known.final : known.facts[CHUNK_LETTER[chunk]]);
};

/** One chunk, or as much of it as there is. */
const readChunk = (bytes: Uint8Array, view: DataView, at: number, end: number, known: MessageType, isWhole: boolean, direction: number, memory: SessionMemory, sink: ProtocolSink): void => {
  const type = typeAt(bytes, at);
  const chunk = bytes[at + 3];
  const isTooShort = view.getUint32(at + SIZE_AT, true) < known.least;
  // Before it is counted: it may show that who was dialled asks.
  if (known.isServers !== null && !isTooShort) sink.serverIs(known.isServers, type === TYPE.reverseHello);
  tellChunk(bytes, at, known, sink);
  const c = moveCursor(cursor, bytes, view, at + HEADER_OCTETS, end);
  if (isTooShort) sink.malformed('opcua.size');
  else if (type === TYPE.message || type === TYPE.close) readMessage(c, type, chunk, isWhole, direction, memory, sink);
  else if (type === TYPE.open) readOpen(c, direction, memory, sink);
  else readConnection(c, type, memory, sink);
};

const read: StreamProtocol['read'] = (bytes, view, from, to, direction, memory, sink) => {
  let at = from;
  while (to - at >= HEADER_OCTETS) {
    const type = typeAt(bytes, at);
    const chunk = bytes[at + 3];
    const known = type === TYPE.message ? MESSAGE_TYPE : TYPES.get(type);
    if (known === undefined || !isChunkOf(type, chunk)) return at === from ? -1 : at;
    const size = view.getUint32(at + SIZE_AT, true);
    if (size < HEADER_OCTETS || size > LARGEST_CHUNK) return at === from ? -1 : at;
    const isWhole = size <= WHOLE_CHUNK;
    const need = isWhole ? size : HEAD_OF_LARGE_CHUNK;
    if (to - at < need) return at;
    readChunk(bytes, view, at, at + need, known, isWhole, direction, memory, sink);
    at += size;
  }
  if (at < to && !fitsHeader(bytes, at, to)) return at === from ? -1 : at;
  return at;
};

const readCut: NonNullable<StreamProtocol['readCut']> = (bytes, view, from, to, direction, memory, sink) => {
  const known = to - from < HEADER_OCTETS || !fitsHeader(bytes, from, to) ? undefined : TYPES.get(typeAt(bytes, from));
  if (known === undefined) {
    sink.beyondCut();
    return 0;
  }
  // Its type and size stand before the cut, and nothing that goes with one of its requests.
  if (to - from < MESSAGE_OCTETS) {
    tellChunk(bytes, from, known, sink);
    if (known === MESSAGE_TYPE) tellClearSession(memory, -1, sink);
    sink.beyondCut();
  } else readChunk(bytes, view, from, to, known, false, direction, memory, sink);
  return view.getUint32(from + SIZE_AT, true);
};

const newMemory = (): SessionMemory => ({ channel: CHANNEL.unknown, session: 0, outstanding: [], pending0: null, pending1: null });

const PORT = 4840;

export const OPCUA: StreamProtocol = {
  name: 'opcua',
  ports: [PORT],
  firstOctets: Array.from(TYPES.values(), ({ name }) => name.charCodeAt(0)),
  isHeldOnAnyPort: true,
  maxCarry: WHOLE_CHUNK,
  probe(bytes, from, to) {
    if (to <= from || !fitsHeader(bytes, from, to)) return PROBE.notForUs;
    return to - from < HEADER_OCTETS ? PROBE.unsure : PROBE.certain;
  },
  senderIsServer: (bytes, from, to) => senderByReading(read, newMemory, bytes, from, to),
  newMemory,
  read,
  readCut,
  resync(bytes, _view, from, to) {
    for (let at = from; at + HEADER_OCTETS <= to; at++) if (fitsHeader(bytes, at, to)) return at;
    // A last letter proves nothing where values or encrypted octets stand before it; by itself it may begin a header that comes in pieces.
    return to - from < HEADER_OCTETS && fitsHeader(bytes, from, to) ? from : -1;
  },
  describe: describeService,
};
