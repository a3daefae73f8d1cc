/**
 * Which application protocol a session speaks, and its stream while it does. Ports are hints, bytes decide: protocols are
 * probed on the first payloads of a session; one that proves itself gets the session's stream. Runs once or a few times
 * per session; `feed.ts` calls the attached stream directly.
 */
import { modbus } from '../decode/app/modbus.ts';
import { DATAGRAM_PROTOCOLS, linkProtocol, PROTOCOL_NAMES, STREAM_PROTOCOLS, streamProtocol } from '../decode/app/registry.ts';
import type { StreamProtocol } from '../decode/app/protocol.ts';
import * as protocols from '../decode/app/protocol.ts';
import { UDP_SIGNATURES } from '../decode/app/signature.ts';
import * as frames from '../decode/decoded-frame.ts';
import * as transport from '../decode/transport.ts';
import { conversationOf, learnServer, nameService, orient, placeServer, proveServer, serverPort, transportOf } from './conversations.ts';
import { noteReversed, type FlowSink } from './operations.ts';
import { count, internText, type FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';
import { findKey } from './int-table.ts';
import { createTcpStream, TRIAL, type HalfStream, type TcpStream } from './stream-record.ts';
import { expectStart, MAX_FAILURES, readFirst, startHalf } from './tcp-stream.ts';
import { nextToRead } from './waiting-segments.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { PROBE, TO_CLIENT, TO_SERVER } = protocols;
const { IP_PROTOCOL } = transport;
const { LINK_TRANSPORT } = frames;
const { FLAG, PROBES_MASK, PROBES_SHIFT, SESSION } = layout;

/** Payloads looked at before a session is left alone. */
const MAX_PROBES = 4;
/**
 * A session that was joined midstream may be in the midst of a long message: while one side alone has spoken it is not left alone, for so
 * many payloads, because what the other side says begins a message. What goes on meanwhile is not looked at: it may look like anything.
 */
const MAX_ONE_SIDED = 1024;
/** Streams that have not spoken their protocol yet: a flood of sessions to one port must not grow the memory. */
const MAX_DOUBTED = 1 << 14;
/** Of them so many are held on a port that says nothing. */
const MAX_HELD = MAX_DOUBTED / 2;

/** SESSION.app of a session whose payloads nobody reads. */
export const NOTHING_TO_READ = -1;
/** Of datagrams on a protocol's own port none was understood: they stand alone, so each request is still shown to that protocol. */
export const NOTHING_YET = -2;

/** Protocols of which nothing but the name is told. */
const NAMED_ONLY: ReadonlySet<StreamProtocol> = new Set(UDP_SIGNATURES);

const HANDSHAKE = FLAG.synFromLo | FLAG.synFromHi | FLAG.synAckFromLo | FLAG.synAckFromHi;

/** Protocol names first, so that they get the same small numbers in every flow state. */
export function internProtocolNames(state: FlowState): void {
  for (const name of PROTOCOL_NAMES) internText(state, name);
}

/** A protocol to ask about a payload, and whether a port hints at it. */
interface Candidate {
  readonly protocol: StreamProtocol;
  readonly hinted: boolean;
}

/** Instead of a first octet: a port's own protocols alone. */
const OWN_ONLY = 256;
/** Lists kept: of hostile ports and octets there may be more. */
const MAX_LISTS = 1 << 14;

/**
 * Whom to ask, in the registry's order: a port's own protocols of whatever comes there, the others where the first octet
 * lets them be certain. Kept for each port that hints, for each pair of them, and once for all that do not.
 */
function createCandidates(protocols: readonly StreamProtocol[]): (low: number, high: number, octet: number) => readonly Candidate[] {
  const hinting = [0, ...new Set(protocols.flatMap(({ ports }) => ports))];
  const placeOf = new Uint8Array(65_536);
  hinting.forEach((port, place) => (placeOf[port] = place));
  const known = new Map<number, readonly Candidate[]>();
  const select = (low: number, high: number, octet: number): readonly Candidate[] =>
    protocols
      .map((protocol) => ({ protocol, hinted: protocol.ports.includes(low) || protocol.ports.includes(high) }))
      .filter(({ protocol, hinted }) => hinted || (octet !== OWN_ONLY && (protocol.firstOctets === undefined || protocol.firstOctets.includes(octet))));
  return (low, high, octet) => {
    const key = (placeOf[low] * hinting.length + placeOf[high]) * (OWN_ONLY + 1) + octet;
    let candidates = known.get(key);
    if (candidates === undefined) {
      if (known.size >= MAX_LISTS) known.clear();
      known.set(key, (candidates = select(hinting[placeOf[low]], hinting[placeOf[high]], octet)));
    }
    return candidates;
  };
}
const streamCandidates = createCandidates(STREAM_PROTOCOLS);
const SEARCHED = STREAM_PROTOCOLS.filter(({ findMessages }) => findMessages !== undefined);
const datagramCandidates = createCandidates(DATAGRAM_PROTOCOLS);

const ANSWERED_ELSEWHERE: readonly StreamProtocol[] = DATAGRAM_PROTOCOLS.filter(({ answersElsewhere }) => answersElsewhere !== undefined);

/**
 * A datagram of who was asked on a protocol's port and answers from another one: told by the session in which that was asked, by the same
 * host from the same port. Who was asked serves here too. Between ports of one host nothing is told. Returns the stream index, or -1.
 */
function goOnElsewhere(state: FlowState, session: number, bytes: Uint8Array, from: number, to: number, fromLo: boolean): number {
  const words = state.sessions.keys;
  const s = session * SESSION.stride;
  const [lo, hi, ports, word] = [words[s], words[s + 1], words[s + 2], words[s + 3]];
  for (const protocol of ANSWERED_ELSEWHERE) {
    if (lo === hi || protocol.answersElsewhere?.(bytes, from, to) !== true) continue;
    for (const port of protocol.ports) {
      for (const isLo of [true, false]) {
        const asked = findKey(state.sessions, lo, hi, isLo ? (ports & ~0xffff) | port : (port << 16) | (ports & 0xffff), word);
        const app = asked < 0 || asked === session ? 0 : words[asked * SESSION.stride + SESSION.app];
        const stream = app > 0 ? state.streams[app - 1] : null;
        if (stream?.protocol !== protocol || (words[asked * SESSION.stride + SESSION.flags] & FLAG.askerIsLo) !== (isLo ? FLAG.askerIsLo : 0)) continue;
        proveServer(state, session, !isLo, fromLo);
        const index = attach(state, session, protocol, true);
        (state.streams[index] as TcpStream).memory = { ...stream.memory };
        return index;
      }
    }
  }
  return -1;
}

/** Looks at a payload of a session that has no protocol yet, of `wire` octets on the wire. Returns the stream index, or -1. */
export function probeSession(state: FlowState, session: number, bytes: Uint8Array, from: number, to: number, wire: number, fromLo: boolean, sequence: number): number {
  const s = session * SESSION.stride;
  const words = state.sessions.keys;
  if (transportOf(state, session) >= LINK_TRANSPORT) return probeFrame(state, session, bytes, from, to, wire);
  if (words[s + SESSION.app] === 0 && probesOf(words[s + SESSION.flags]) >= MAX_PROBES) {
    if (isOneSided(words, s)) return -1;
    // The other side has spoken, and is looked at as often.
    words[s + SESSION.flags] &= ~PROBES_MASK;
  }
  const isTcp = transportOf(state, session) === IP_PROTOCOL.tcp;
  const elsewhere = isTcp ? -1 : goOnElsewhere(state, session, bytes, from, to, fromLo);
  if (elsewhere >= 0) return elsewhere;
  orient(state, session);
  const ports = state.sessions.keys[s + 2];
  const low = ports >>> 16;
  const high = ports & 0xffff;
  const midstream = (words[s + SESSION.flags] & HANDSHAKE) === 0;
  // The SYN was seen, and this is not the octet after it: an earlier segment is still on its way, or was looked at and is nobody's.
  const isLater = (words[s + SESSION.flags] & (fromLo ? FLAG.synFromLo : FLAG.synFromHi)) !== 0 && ((sequence - words[s + SESSION.synSequence]) | 0) !== 1;
  const early = isLater && words[s + SESSION.payloadsLo + (fromLo ? 0 : 1)] <= 1;
  const isBegun = isTcp && isLater && !early;
  const direction = fromLo === ((words[s + SESSION.flags] & FLAG.askerIsLo) !== 0) ? TO_SERVER : TO_CLIENT;
  // On its own port a protocol gets the benefit of the doubt for what cannot be judged yet (a first segment that is too
  // short, the middle of a message in a session joined midstream). Another protocol that is certain goes before it, but
  // not where the session's beginning is at hand and fits so far: a few octets out of a message may look like anything.
  let doubted: StreamProtocol | null = null;
  // On any other port, only a connection's very first octets are worth holding, what was heard first of one joined midstream (a client
  // may send each message's header and rest in segments of their own; a keep-alive's octet is no message), or what several protocols share.
  let held: StreamProtocol[] | null = null;
  const isFirst = midstream ? to - from > 1 : (words[s + SESSION.flags] & (fromLo ? FLAG.synFromLo : FLAG.synFromHi)) !== 0 && !isLater;
  let awaited = false;
  const isWorn = words[s + SESSION.app] === NOTHING_YET;
  const candidates = (isTcp ? streamCandidates : datagramCandidates)(low, high, isWorn ? OWN_ONLY : bytes[from]);
  for (const { protocol, hinted } of candidates) {
    const port = hinted ? (protocol.ports.includes(serverPort(state, session)) ? serverPort(state, session) : protocol.ports.includes(low) ? low : high) : 0;
    const answer = protocol.probe(bytes, from, to, direction, port, isTcp ? to : from + wire);
    if (answer === PROBE.certain && (hinted || !awaited)) {
      proveByShape(state, session, protocol, low, high, bytes, from, to, fromLo);
      return beginAt(state, attach(state, session, protocol, true), isBegun, fromLo, sequence);
    }
    if (isTcp && !hinted && answer === PROBE.unsure && isWorthHolding(protocol, isFirst, low, high)) (held ??= []).push(protocol);
    if (!isTcp || !hinted) continue;
    if (answer === PROBE.unsure || early) awaited = true;
    if (awaited || midstream) doubted ??= protocol;
  }
  if (doubted !== null && state.doubted < MAX_DOUBTED) return beginAt(state, attach(state, session, doubted, false), isBegun, fromLo, sequence);
  // Each time counts as a look: what is refused again and again is given up like anything else.
  if (held !== null && state.doubted < MAX_HELD && !(midstream && probesOf(words[s + SESSION.flags]) + 1 >= MAX_PROBES)) {
    if (midstream) words[s + SESSION.flags] += 1 << PROBES_SHIFT;
    return attachHeld(state, session, held);
  }
  if (isTcp && midstream) {
    for (const protocol of SEARCHED) {
      const at = protocol.findMessages?.(bytes, from, to) ?? -1;
      if (at < 0) continue;
      proveByShape(state, session, protocol, low, high, bytes, at, to, fromLo);
      return attach(state, session, protocol, true);
    }
  }
  // A keep-alive's octet says nothing (RFC 9293 section 3.8.4): a session that is quiet for hours is still looked at when it speaks.
  if (isWorn || (isTcp && to - from === 1)) return -1;
  words[s + SESSION.flags] += 1 << PROBES_SHIFT;
  if (probesOf(words[s + SESSION.flags]) < MAX_PROBES || (isTcp && midstream && isOneSided(words, s))) return -1;
  words[s + SESSION.app] = !isTcp && candidates.some(({ protocol, hinted }) => hinted && !NAMED_ONLY.has(protocol)) ? NOTHING_YET : NOTHING_TO_READ;
  return -1;
}

/** An EtherType is its protocol, of which most are read by nobody. What is none of its messages makes no stream: senders may be forged. */
function probeFrame(state: FlowState, session: number, bytes: Uint8Array, from: number, to: number, wire: number): number {
  const protocol = linkProtocol(transportOf(state, session) - LINK_TRANSPORT);
  if (protocol === undefined) {
    state.sessions.keys[session * SESSION.stride + SESSION.app] = NOTHING_TO_READ;
    return -1;
  }
  const answer = protocol.probe(bytes, from, to, TO_SERVER, 0);
  if (answer === PROBE.certain) return attach(state, session, protocol, true);
  if (answer === PROBE.notForUs && to - from === wire) count(state, `malformed.${protocol.name}.not-a-message`);
  return -1;
}

const probesOf = (flags: number): number => (flags & PROBES_MASK) >>> PROBES_SHIFT;

function isOneSided(words: Int32Array, s: number): boolean {
  const [lo, hi] = [words[s + SESSION.payloadsLo], words[s + SESSION.payloadsHi]];
  return (lo === 0 || hi === 0) && lo + hi < MAX_ONE_SIDED;
}

/** The protocol's port on one side only, or else the message's own shape, tells who serves. */
function proveByShape(
  state: FlowState,
  session: number,
  protocol: StreamProtocol,
  low: number,
  high: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  fromLo: boolean,
): void {
  if (protocol.senderIsServer === undefined) return;
  const lowHinted = protocol.ports.includes(low);
  if (lowHinted !== protocol.ports.includes(high)) {
    if (placeServer(state, session, lowHinted)) noteReversed(state, session);
    return;
  }
  if ((state.sessions.keys[session * SESSION.stride + SESSION.flags] & (FLAG.synFromLo | FLAG.synFromHi)) !== 0) return;
  const sender = protocol.senderIsServer(bytes, from, to);
  if (sender !== null) proveServer(state, session, sender === fromLo, fromLo);
}

/** What came before was seen, and is no part of what is read: no hole to wait for, and nothing that was lost. */
function beginAt(state: FlowState, index: number, isBegun: boolean, fromLo: boolean, sequence: number): number {
  const stream = state.streams[index];
  if (isBegun && stream !== null && stream !== undefined) startHalf(fromLo ? stream.lo : stream.hi, sequence);
  return index;
}

const isWorthHolding = ({ isHeldOnAnyPort, heldPorts }: StreamProtocol, isFirst: boolean, low: number, high: number): boolean =>
  (isFirst && isHeldOnAnyPort === true) || (heldPorts !== undefined && (heldPorts.includes(low) || heldPorts.includes(high)));

function attachHeld(state: FlowState, session: number, held: readonly StreamProtocol[]): number {
  const index = attach(state, session, held[0], false);
  const stream = state.streams[index] as TcpStream;
  stream.trial = TRIAL.held;
  stream.contenders = held.map((protocol) => ({ protocol, text: internText(state, protocol.operationsOf ?? protocol.name) }));
  return index;
}

function attach(state: FlowState, session: number, protocol: StreamProtocol, certain: boolean): number {
  const stream = createTcpStream(protocol, internText(state, protocol.operationsOf ?? protocol.name), session);
  stream.hour = state.sessions.keys[session * SESSION.stride + SESSION.hour];
  const index = placeStream(state, stream);
  if (certain) confirmStream(state, stream);
  else state.doubted++;
  return index;
}

export function placeStream(state: FlowState, stream: TcpStream): number {
  const s = stream.session * SESSION.stride;
  const index = state.freeStreams.pop() ?? state.streams.length;
  state.streams[index] = stream;
  state.sessions.keys[s + SESSION.app] = index + 1;
  const flags = state.sessions.keys[s + SESSION.flags];
  // The SYN was seen before there was a stream: its sequence number is where this side's bytes begin.
  if ((flags & FLAG.synFromLo) !== 0 && (flags & FLAG.synFromHi) === 0) startHalf(stream.halves[0], state.sessions.keys[s + SESSION.synSequence] + 1);
  else if ((flags & FLAG.synFromHi) !== 0 && (flags & FLAG.synFromLo) === 0) startHalf(stream.halves[1], state.sessions.keys[s + SESSION.synSequence] + 1);
  if ((flags & HANDSHAKE) !== 0) stream.halves.forEach(expectStart);
  return index;
}

/** The stream really speaks its protocol: name the service, keep the conversation, learn the server. */
function confirmStream(state: FlowState, stream: TcpStream): void {
  stream.confirmed = true;
  nameService(state, stream.session, stream.protocol.name);
  conversationOf(state, stream.session, true);
  learnServer(state, stream.session);
}

export function releaseStream(state: FlowState, session: number, app: number): void {
  const s = session * SESSION.stride;
  const index = state.sessions.keys[s + SESSION.app] - 1;
  if (index >= 0) {
    if (state.streams[index]?.confirmed === false) state.doubted--;
    state.streams[index] = null;
    state.freeStreams.push(index);
  }
  state.sessions.keys[s + SESSION.app] = app;
  state.sessions.keys[s + SESSION.flags] &= ~PLAIN;
}

const PLAIN = FLAG.plainLo | FLAG.plainHi;

/**
 * Lends what the next segments of a steady Modbus stream need to the session's own record, which the frame has loaded
 * anyway: three cache misses less for seven frames in ten. While lent (FLAG.plainLo), the record is what counts.
 */
export function lendStream(state: FlowState, stream: TcpStream): void {
  if (stream.protocol !== modbus || !stream.confirmed || stream.reads === 0 || stream.isHolding) return;
  const words = state.sessions.keys;
  const s = stream.session * SESSION.stride;
  const { lo, hi } = stream;
  words[s + SESSION.nextLo] = lo.next;
  words[s + SESSION.nextHi] = hi.next;
  words[s + SESSION.segmentUsLo] = lo.at;
  words[s + SESSION.segmentUsHi] = hi.at;
  words[s + SESSION.flags] |= (lo.isPlain ? FLAG.plainLo : 0) | (hi.isPlain ? FLAG.plainHi : 0);
}

/** Takes back what was lent: before anything but a plain segment touches the stream. */
export function recallStream(state: FlowState, stream: TcpStream): void {
  const words = state.sessions.keys;
  const s = stream.session * SESSION.stride;
  const flags = words[s + SESSION.flags];
  if ((flags & PLAIN) === 0) return;
  if ((flags & FLAG.plainLo) !== 0) {
    stream.lo.next = words[s + SESSION.nextLo];
    stream.lo.at = words[s + SESSION.segmentUsLo];
  }
  if ((flags & FLAG.plainHi) !== 0) {
    stream.hi.next = words[s + SESSION.nextHi];
    stream.hi.at = words[s + SESSION.segmentUsHi];
  }
  words[s + SESSION.flags] = flags & ~PLAIN;
}

/** After a segment was taken: confirm a stream that gave its first message, give up one that never does. */
export function reviewStream(state: FlowState, stream: TcpStream): void {
  if (stream.reads > 0) {
    state.doubted--;
    confirmStream(state, stream);
  } else if (stream.failures >= (stream.lo.known && stream.hi.known ? MAX_FAILURES : MAX_ONE_SIDED)) releaseStream(state, stream.session, NOTHING_TO_READ);
}

/** Gives the sink the session whose bytes are read next. */
export function aimSink(state: FlowState, sink: FlowSink, stream: TcpStream, fromLo: boolean): void {
  const askerIsLo = (state.sessions.keys[stream.session * SESSION.stride + SESSION.flags] & FLAG.askerIsLo) !== 0;
  sink.stream = stream;
  sink.session = stream.session;
  sink.direction = fromLo === askerIsLo ? TO_SERVER : TO_CLIENT;
  sink.fromLo = fromLo;
  sink.operationIndex = -1;
  sink.protocolText = stream.protocolText;
  sink.measuresByRange = stream.measuresByRange;
}

/** Reads what waits on either side, as far as it can be read or waits in vain. @param isOver nobody will fill the holes any more */
export function readHeld(state: FlowState, stream: TcpStream, sink: FlowSink, isOver: boolean): void {
  for (let half = nextToRead(stream, sink, isOver); half !== null; half = nextToRead(stream, sink, isOver)) {
    aimSink(state, sink, stream, half === stream.lo);
    readFirst(stream, half, sink.direction, sink, sink);
  }
}

/**
 * The session is over: what waits is read, the stream let go. Its positions stay in the session's record, because it may
 * not be over: a forged reset does not end it (RFC 5961 section 3.2), the last octets may be overtaken by the FINs, and the next
 * session on the same ports may begin unseen.
 */
export function finishStream(state: FlowState, session: number, sink: FlowSink): void {
  const s = session * SESSION.stride;
  const index = state.sessions.keys[s + SESSION.app] - 1;
  const stream = index >= 0 ? state.streams[index] : null;
  if (stream !== null && stream !== undefined) {
    readHeld(state, stream, sink, true);
    recallStream(state, stream);
    state.sessions.keys[s + SESSION.nextLo] = positionOf(stream.lo);
    state.sessions.keys[s + SESSION.nextHi] = positionOf(stream.hi);
    state.sessions.keys[s + SESSION.flags] &= ~HANDSHAKE;
  }
  releaseStream(state, session, 0);
  state.sessions.keys[s + SESSION.flags] &= ~PROBES_MASK;
}

/** Where the next message begins; 0 where that is not known. */
const positionOf = (half: HalfStream): number => (half.isPlain ? half.next : 0);

/** A payload after the session's end: it goes on where it ended, with the protocol that it spoke. Returns the stream index, or -1. */
export function resumeSession(state: FlowState, session: number): number {
  const s = session * SESSION.stride;
  const words = state.sessions.keys;
  count(state, 'tcp.after-close');
  if ((words[s + SESSION.flags] & FLAG.serviceByProbe) === 0) return -1;
  const protocol = streamProtocol(state.texts[words[s + SESSION.service]]);
  if (protocol === undefined) return -1;
  const index = attach(state, session, protocol, true);
  const { lo, hi } = state.streams[index] as TcpStream;
  if (words[s + SESSION.nextLo] !== 0) startHalf(lo, words[s + SESSION.nextLo]);
  if (words[s + SESSION.nextHi] !== 0) startHalf(hi, words[s + SESSION.nextHi]);
  return index;
}
