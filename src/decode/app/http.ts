/**
 * HTTP/1 (RFC 9112): heads of requests and responses. In: a stream. Out: methods as operations, host, server software and
 * user agent as facts. Bodies are passed over: a head is looked for where bytes arrive, which is where heads begin in
 * practice. Left out on purpose: paths, queries, cookies, bodies.
 */
import type { Access } from '../../observation.ts';
import { asciiText } from './framing.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import { AWAIT_MORE, MESSAGE, PROBE } from './protocol.ts';

const METHODS: readonly (readonly [string, Access])[] = [
  ['GET', 'read'],
  ['HEAD', 'read'],
  ['POST', 'write'],
  ['PUT', 'write'],
  ['DELETE', 'write'],
  ['PATCH', 'write'],
  ['OPTIONS', 'browse'],
  ['CONNECT', 'browse'],
  ['TRACE', 'diagnose'],
  ['PROPFIND', 'browse'],
  ['SUBSCRIBE', 'read'],
  ['BITS_POST', 'write'],
  ['RPC_IN_DATA', 'write'],
  ['RPC_OUT_DATA', 'read'],
];
const RESPONSE = 'HTTP/1.';
const LONGEST_HEAD = 8192;
/** From 400 on a response refuses. */
const FIRST_ERROR = 400;

const startsWith = (bytes: Uint8Array, from: number, to: number, text: string): boolean => {
  if (to - from < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
};

/** What a request begins with, and the first letters, which most payloads do not have. */
const METHOD_WORDS = METHODS.map(([name]) => `${name} `);
const INITIALS = new Set(METHODS.map(([name]) => name.charCodeAt(0)));
/** No target begins with it (RFC 9112 section 3.2), but what clients of NATS connect with does. */
const BRACE = 0x7b;
const methodAt = (bytes: Uint8Array, from: number, to: number): number =>
  INITIALS.has(bytes[from]) ? METHOD_WORDS.findIndex((word) => startsWith(bytes, from, to, word) && (to - from === word.length || bytes[from + word.length] !== BRACE)) : -1;

/** Whether a first word, cut in two, may begin with these octets. */
const FIRST_WORDS = [...METHOD_WORDS, RESPONSE];
const LONGEST_WORD = Math.max(...FIRST_WORDS.map((word) => word.length));
const mayBegin = (bytes: Uint8Array, from: number, to: number): boolean =>
  to > from && to - from < LONGEST_WORD && FIRST_WORDS.some((word) => to - from < word.length && startsWith(bytes, from, to, word.slice(0, to - from)));

/** Offset behind the empty line that ends a head; -1 where it is not there yet. */
const headEnd = (bytes: Uint8Array, from: number, to: number): number => {
  for (let at = bytes.indexOf(10, from); at >= 0 && at < to; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10 && at + 1 < to) return at + 2;
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10 && at + 2 < to) return at + 3;
  }
  return -1;
};

const field = (head: string, name: string): string => {
  const found = new RegExp(`\\n${name}:[ \\t]*([^\\r\\n]{1,256})`, 'i').exec(head);
  return found === null ? '' : found[1].trim();
};

/** Status of a response, behind its version: `HTTP/1.1 200`. */
const STATUS_AT = 9;
const STATUS_END = 12;
/** Those before announce one that is to come, but for the last that HTTP says on a connection (RFC 9110 clauses 15.2 and 15.2.2). */
const FIRST_FINAL = 200;
const SWITCHING_PROTOCOLS = 101;
const LINE_FEED = 10;

/** The lines of a head from `from` to `end`, whose first word says that it asks by a method, or else answers. */
const readHead = (bytes: Uint8Array, from: number, end: number, method: number, memory: SessionMemory, sink: ProtocolSink): void => {
  const isResponse = method < 0;
  const head = String.fromCharCode(...bytes.subarray(from, end));
  memory.proven = 1;
  sink.serverIs(isResponse);
  if (isResponse) {
    const status = parseInt(asciiText(bytes, from + STATUS_AT, from + STATUS_END), 10) || 0;
    if (typeof memory.asked === 'number' && memory.asked >= 0 && (status >= FIRST_FINAL || status === SWITCHING_PROTOCOLS)) {
      sink.operation(-1, memory.asked, status >= FIRST_ERROR ? MESSAGE.error : MESSAGE.response, status >= FIRST_ERROR ? status : 0);
    }
    const server = field(head, 'server');
    if (server !== '') sink.serverFact('http.server', server);
    return;
  }
  memory.asked = method;
  sink.operation(-1, method, MESSAGE.request, 0);
  const host = field(head, 'host');
  const agent = field(head, 'user-agent');
  if (host !== '') sink.fact('http.host', host);
  else if (sink.isCut) sink.beyondCut();
  if (agent !== '') sink.clientFact('http.user-agent', agent);
};

export const HTTP: StreamProtocol = {
  name: 'http',
  ports: [80, 8080, 8000, 5985, 8530, 3128],
  firstOctets: [...INITIALS, RESPONSE.charCodeAt(0)],
  isHeldOnAnyPort: true,
  maxCarry: LONGEST_HEAD,
  newMemory: () => ({ asked: -1, proven: 0 }),
  probe(bytes, from, to) {
    if (startsWith(bytes, from, to, RESPONSE) || methodAt(bytes, from, to) >= 0) return PROBE.certain;
    return mayBegin(bytes, from, to) ? PROBE.unsure : PROBE.notForUs;
  },
  read(bytes, _view, from, to, _direction, memory, sink) {
    const method = methodAt(bytes, from, to);
    // Before a first head these are no HTTP; after it, they are a body; but for a first word that goes on in the next segment.
    if (method < 0 && !startsWith(bytes, from, to, RESPONSE)) return mayBegin(bytes, from, to) ? from : memory.proven === 0 ? -1 : to;
    const end = headEnd(bytes, from, to);
    if (end < 0) return to - from < LONGEST_HEAD ? from : to;
    readHead(bytes, from, Math.min(end, from + LONGEST_HEAD), method, memory, sink);
    return to;
  },
  // Where the body ends nobody knows: the next head is looked for where the next octets arrive.
  readCut(bytes, _view, from, to, _direction, memory, sink) {
    const method = methodAt(bytes, from, to);
    // Whole lines only; the first word, or the status behind it, stands for itself.
    if (method < 0 && to - from < STATUS_END) sink.beyondCut();
    else readHead(bytes, from, Math.max(from, bytes.lastIndexOf(LINE_FEED, to - 1) + 1), method, memory, sink);
    return 0;
  },
  resync(bytes, _view, from, to, _direction, memory) {
    if (memory.proven !== 0 || methodAt(bytes, from, to) >= 0 || startsWith(bytes, from, to, RESPONSE)) return from;
    return mayBegin(bytes, from, to) ? AWAIT_MORE : -1;
  },
  describe: (code) => (METHODS[code] === undefined ? { name: `id-${code}`, access: 'write' } : { name: METHODS[code][0], access: METHODS[code][1] }),
};
