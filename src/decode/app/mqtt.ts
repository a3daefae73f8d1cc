/**
 * MQTT 3.1, 3.1.1 and 5 (OASIS mqtt-v3.1.1-os, mqtt-v5.0-os) over TCP 1883. In: control packets. Out: connecting, publishing with its
 * topics, subscribing with its filters, deliveries by the broker, refusals by reason code; the version, and whether a password was sent in
 * clear. Of topics of Sparkplug B (sparkplug-topics.ts): commands apart from data, edge nodes and hosts. Left out on purpose: payloads, client identifiers (often made up anew each time), user names and passwords, the
 * housekeeping of a connection (pings, QoS 2 releases, unsubscribing, leaving).
 */
import type { Access } from '../../observation.ts';
import { framedProtocol } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink, SessionMemory, StreamProtocol } from './protocol.ts';
import { AWAIT_MORE, MESSAGE, PROBE, TO_SERVER } from './protocol.ts';
import { SPARKPLUG, readSparkplugTopic } from './sparkplug-topics.ts';
import { recallText, rememberText } from './text-memo.ts';

/** Clause 2.2.1 (both versions): the type in the first octet's upper half. */
const TYPE = {
  connect: 1, connack: 2, publish: 3, puback: 4, pubrec: 5, pubrel: 6, pubcomp: 7, subscribe: 8, suback: 9, unsubscribe: 10, unsuback: 11, pingreq: 12, pingresp: 13, disconnect: 14, auth: 15,
} as const;
/** What the broker sends of its own accord, and commands of Sparkplug: codes of our own above the types. */
const DELIVERY = 16;
const COMMAND = Object.freeze({ node: 17, device: 18 } as const);

/** Clause 2.2.2: these flags are 2, all others but those of PUBLISH are 0. */
const FLAGGED = new Set<number>([TYPE.pubrel, TYPE.subscribe, TYPE.unsubscribe]);
const FROM_CLIENT = new Set<number>([TYPE.connect, TYPE.subscribe, TYPE.unsubscribe, TYPE.pingreq]);
/** They say what they are for at their beginning. */
const NAMING = new Set<number>([TYPE.connect, TYPE.publish, TYPE.subscribe]);
const FROM_BROKER = new Set<number>([TYPE.connack, TYPE.suback, TYPE.unsuback, TYPE.pingresp]);
/** Fewest octets behind the length. */
const LEAST: Readonly<Record<number, number>> = {
  [TYPE.connect]: 12, [TYPE.connack]: 2, [TYPE.publish]: 2, [TYPE.puback]: 2, [TYPE.pubrec]: 2, [TYPE.pubrel]: 2, [TYPE.pubcomp]: 2, [TYPE.subscribe]: 6, [TYPE.suback]: 3, [TYPE.unsubscribe]: 5, [TYPE.unsuback]: 2,
};
/** Nothing stands behind their length. */
const EMPTY = new Set<number>([TYPE.pingreq, TYPE.pingresp]);

const FIRST_REFUSAL = 0x80;
const PASSWORD = 0x40;
/** Of a PUBLISH: how often it is delivered; above 0 it is acknowledged. */
const QOS = 0x06;
const VERSIONS: Readonly<Record<number, string>> = { 3: '3.1', 4: '3.1.1', 5: '5' };
const V5 = 5;
const UNHEARD = 0;
const NAMES = ['MQTT', 'MQIsdp'];

const PORT = 1883;
const HEADER = 2;
/** Topics stand at a packet's beginning: what is longer is payload. */
const LARGEST_READ = 4096;
const LONGEST_TOPIC = 256;
const LONGEST_LENGTH = 4;

/** Offset behind the variable octet integer at `at` (clause 2.2.3, 1.5.5 of version 5), `to` + 1 where it is not all there, -1 where there is none. */
function afterLength(bytes: Uint8Array, at: number, to: number): number {
  for (let i = at; i < at + LONGEST_LENGTH; i++) {
    if (i >= to) return to + 1;
    if (bytes[i] < 0x80) return i + 1;
  }
  return -1;
}

function lengthAt(bytes: Uint8Array, at: number, after: number): number {
  let length = 0;
  for (let i = after - 1; i >= at; i--) length = (length << 7) | (bytes[i] & 0x7f);
  return length;
}

const typeOf = (bytes: Uint8Array, at: number): number => bytes[at] >> 4;

function hasFlags(bytes: Uint8Array, at: number): boolean {
  const type = typeOf(bytes, at);
  const flags = bytes[at] & 0xf;
  if (type === TYPE.publish) return (flags & 6) !== 6;
  return type !== 0 && flags === (FLAGGED.has(type) ? 2 : 0);
}

/** Octets of the packet; -1 where none can begin. */
function sizeOf(bytes: Uint8Array, at: number, to: number): number {
  if (!hasFlags(bytes, at)) return -1;
  const body = afterLength(bytes, at + 1, to);
  if (body < 0) return -1;
  // Its length is still to come: more than there is.
  if (body > to) return to - at + 1;
  const type = typeOf(bytes, at);
  const length = lengthAt(bytes, at + 1, body);
  if (length < (LEAST[type] ?? 0) || (EMPTY.has(type) && length > 0)) return -1;
  if (type === TYPE.connect && body + 8 <= to && nameEnd(bytes, body) < 0) return -1;
  return body - at + length;
}

/** Offset behind the protocol's name in a CONNECT; -1 where it is another. */
function nameEnd(bytes: Uint8Array, body: number): number {
  for (const name of NAMES) {
    if (bytes[body] !== 0 || bytes[body + 1] !== name.length) continue;
    for (let i = 0; ; i++) {
      if (i === name.length) return body + 2 + i;
      if (bytes[body + 2 + i] !== name.charCodeAt(i)) break;
    }
  }
  return -1;
}

const decoder = new TextDecoder();

/** A topic name or filter (UTF-8, clause 1.5.3); '' where it has a character that none has. */
function topicText(bytes: Uint8Array, from: number, to: number): string {
  // Asked first: what is remembered may be octets of another meaning, and those have some (node ids).
  for (let i = from; i < to; i++) if (bytes[i] < 0x20 || bytes[i] === 0x7f) return '';
  const known = recallText(bytes, from, to);
  if (known !== null) return known;
  const text = decoder.decode(bytes.subarray(from, to)).slice(0, LONGEST_TOPIC);
  rememberText(bytes, from, to, text);
  return text;
}

/** The topic of the PUBLISH whose body begins at `body`; '' where there is none (version 5 has aliases), null where it cannot be one. */
function topicAt(bytes: Uint8Array, view: DataView, body: number, end: number): string | null {
  const from = body + 2;
  const to = from + view.getUint16(body);
  if (to === from) return '';
  if (to > end) return null;
  const topic = topicText(bytes, from, to);
  // A name has no wildcards (clause 4.7.1).
  return topic === '' || /[+#]/.test(topic) ? null : topic;
}

/** The same of a PUBLISH at `at`, as far as it is there. */
function topicWithin(bytes: Uint8Array, view: DataView, at: number, end: number): string | null {
  const body = afterLength(bytes, at + 1, end);
  return body > 0 && body + 2 <= end ? topicAt(bytes, view, body, end) : null;
}

/** Offset behind the properties that version 5 has at `at` (clause 2.2.2 there); `end` where they reach as far as there is. */
function afterProperties(bytes: Uint8Array, at: number, end: number): number {
  const after = afterLength(bytes, at, end);
  return after < 0 || after > end ? end : Math.min(end, after + lengthAt(bytes, at, after));
}

/** Offset behind the filter at `at`, with its length before it and its options behind it; -1 where none is whole. */
function afterFilter(view: DataView, at: number, end: number): number {
  if (at + 4 > end) return -1;
  const length = view.getUint16(at);
  return length === 0 || at + 3 + length > end ? -1 : at + 3 + length;
}

function areFilters(view: DataView, at: number, end: number): boolean {
  while (at >= 0 && at < end) at = afterFilter(view, at, end);
  return at === end;
}

function readSubscribe(bytes: Uint8Array, view: DataView, body: number, end: number, version: number, sink: ProtocolSink): void {
  sink.operation(-1, TYPE.subscribe, MESSAGE.request, 0);
  const plain = body + 2;
  if (version === UNHEARD && sink.isCut) return sink.beyondCut();
  // Which version it is was said when the connection was made, perhaps unheard: then what fits tells.
  const hasProperties = version === V5 || (version === UNHEARD && !areFilters(view, plain, end));
  let at = hasProperties ? afterProperties(bytes, plain, end) : plain;
  for (let next = afterFilter(view, at, end); next > 0; next = afterFilter(view, at, end)) {
    const filter = topicText(bytes, at + 2, next - 1);
    if (filter !== '') sink.target(filter);
    at = next;
  }
  // A list longer than what is kept of a packet ends in the midst of one.
  if (at < end && end - body < LARGEST_READ / 2) sink.malformed('mqtt.subscribe');
}

function readConnect(bytes: Uint8Array, body: number, end: number, memory: SessionMemory, sink: ProtocolSink): void {
  const level = nameEnd(bytes, body);
  sink.operation(-1, TYPE.connect, MESSAGE.request, 0);
  if (level < 0 || level + 2 > end) return sink.malformed('mqtt.connect');
  // A bridge between brokers says so in the uppermost bit.
  const version = bytes[level] & 0x7f;
  memory.version = version;
  sink.fact('mqtt.version', VERSIONS[version] ?? `level ${version}`);
  sink.fact('mqtt.login', (bytes[level + 1] & PASSWORD) === 0 ? 'none' : 'password in clear');
}

/** A PUBLISH of a client: what it is for stands in its topic. One that is acknowledged has an identifier behind that (clause 3.3.2.2). */
function readPublish(bytes: Uint8Array, view: DataView, at: number, body: number, end: number, topic: string, memory: SessionMemory, sink: ProtocolSink): void {
  const sparkplug = readSparkplugTopic(topic);
  const code = sparkplug?.kind === SPARKPLUG.nodeCommand ? COMMAND.node : sparkplug?.kind === SPARKPLUG.deviceCommand ? COMMAND.device : TYPE.publish;
  sink.operation(-1, code, MESSAGE.request, 0);
  if (topic !== '') sink.target(topic);
  const identifier = body + 2 + view.getUint16(body);
  if (code !== TYPE.publish && (bytes[at] & QOS) !== 0 && identifier + 2 <= end) rememberRequest(memory.commands as number[], view.getUint16(identifier), code);
  // Data come from an edge node, a state from a host; commands say who is asked.
  const name = sparkplug?.kind === SPARKPLUG.report ? 'sparkplug.edge-node' : sparkplug?.kind === SPARKPLUG.state ? 'sparkplug.host' : '';
  if (sparkplug === null || name === '' || memory.told === `${name} ${sparkplug.name}`) return;
  memory.told = `${name} ${sparkplug.name}`;
  sink.clientFact(name, sparkplug.name);
}

const answer = (sink: ProtocolSink, code: number, reason: number, isRefusal: boolean): void => sink.operation(-1, code, isRefusal ? MESSAGE.error : MESSAGE.response, isRefusal ? reason : 0);

/** Of the reason codes of a SUBACK, one a filter, the first that refuses; else 0. */
function refusalIn(bytes: Uint8Array, from: number, end: number): number {
  for (let i = from; i < end; i++) if (bytes[i] >= FIRST_REFUSAL) return bytes[i];
  return 0;
}

/** A CONNECT names the protocol. Joined later, on its own port: packets that fill the payload, or a PUBLISH with a topic. */
function certaintyOf(bytes: Uint8Array, view: DataView, at: number, to: number, port: number): number {
  const body = afterLength(bytes, at + 1, to);
  if (body < 0 || body > to) return body < 0 ? PROBE.notForUs : PROBE.unsure;
  if (typeOf(bytes, at) === TYPE.connect) return body + 8 > to ? PROBE.unsure : nameEnd(bytes, body) < 0 ? PROBE.notForUs : PROBE.certain;
  if (port !== PORT) return PROBE.notForUs;
  for (let next = at; next < to; ) {
    const size = to - next < HEADER ? HEADER : sizeOf(bytes, next, to);
    if (size < HEADER) return PROBE.notForUs;
    const isWhole = next + size <= to;
    const topic = typeOf(bytes, next) === TYPE.publish ? topicWithin(bytes, view, next, Math.min(to, next + size)) : '';
    // Its payload may still be to come; a packet of another kind, or the topic, is waited for.
    if (!isWhole && (topic ?? '') === '') return size > LARGEST_READ ? PROBE.notForUs : PROBE.unsure;
    if (topic === null) return PROBE.notForUs;
    next += size;
  }
  return PROBE.certain;
}

const OPERATIONS = new Map<number, { readonly name: string; readonly access: Access }>([
  [TYPE.connect, { name: 'Connect', access: 'browse' }],
  [TYPE.publish, { name: 'Publish', access: 'write' }],
  [TYPE.subscribe, { name: 'Subscribe', access: 'read' }],
  [DELIVERY, { name: 'Delivery', access: 'read' }],
  [COMMAND.node, { name: 'Sparkplug Node Command', access: 'control' }],
  [COMMAND.device, { name: 'Sparkplug Device Command', access: 'control' }],
]);

const framed = framedProtocol({
  name: 'mqtt',
  ports: [PORT],
  firstOctets: Array.from({ length: 256 }, (_, octet) => octet).filter((octet) => hasFlags(Uint8Array.of(octet), 0)),
  header: HEADER,
  readsCut: true,
  maxCarry: LARGEST_READ,
  newMemory: () => ({ version: UNHEARD, commands: [], told: '' }),
  size: (bytes, _view, at, to) => sizeOf(bytes, at, to),
  isCertain: (bytes, view, at, to, _direction, port) => certaintyOf(bytes, view, at, to, port),
  message(bytes, view, at, end, direction, memory, sink) {
    const type = typeOf(bytes, at);
    const body = afterLength(bytes, at + 1, end);
    if (sink.isCut && (body + 2 > end || !NAMING.has(type))) return sink.beyondCut();
    if (FROM_CLIENT.has(type)) sink.serverIs(false);
    else if (FROM_BROKER.has(type)) sink.serverIs(true);
    switch (type) {
      case TYPE.connect:
        return readConnect(bytes, body, end, memory, sink);
      case TYPE.connack:
        return answer(sink, TYPE.connect, bytes[body + 1], bytes[body + 1] !== 0);
      case TYPE.subscribe:
        return readSubscribe(bytes, view, body, end, Number(memory.version), sink);
      case TYPE.suback: {
        const reason = refusalIn(bytes, memory.version === V5 ? afterProperties(bytes, body + 2, end) : body + 2, end);
        return answer(sink, TYPE.subscribe, reason, reason !== 0);
      }
      case TYPE.publish: {
        const topic = topicAt(bytes, view, body, end);
        if (topic === null) return sink.malformed('mqtt.topic');
        if (direction !== TO_SERVER) return sink.operation(-1, DELIVERY, MESSAGE.response, 0);
        return readPublish(bytes, view, at, body, end, topic, memory, sink);
      }
      case TYPE.puback:
      case TYPE.pubrec: {
        // From the client it answers a delivery. A reason stands behind the identifier, in version 5 alone.
        const reason = end - body > 2 ? bytes[body + 2] : 0;
        if (direction === TO_SERVER) return;
        const command = takeRequest(memory.commands as number[], view.getUint16(body));
        answer(sink, command < 0 ? TYPE.publish : command, reason, reason >= FIRST_REFUSAL);
      }
    }
  },
  describe: (code) => OPERATIONS.get(code) ?? { name: `Packet ${code}`, access: 'write' },
});

export const MQTT: StreamProtocol = {
  ...framed,
  // Nearly any octet may begin a packet: behind a hole, only where a segment does.
  resync(bytes, view, from, to) {
    const certainty = to - from < HEADER ? PROBE.unsure : certaintyOf(bytes, view, from, to, PORT);
    return certainty === PROBE.certain ? from : certainty === PROBE.unsure ? AWAIT_MORE : -1;
  },
};
