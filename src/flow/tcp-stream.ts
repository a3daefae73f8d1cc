/**
 * TCP byte streams for the protocols that are read. In: segments with their sequence numbers, as captured. Out: the
 * protocol's reader is called with contiguous bytes, each octet once. Retransmissions and overlaps are dropped, segments
 * ahead of a hole wait (bounded), a hole that will not be filled is a counted gap after which the reader finds its feet
 * again. An answer that came before what it answers (a mirror port or tap delivers one direction sooner than the other) waits
 * for it: many answers do not say what was asked. An acknowledgement of what is missing says that it is on its way to the sensor
 * or was lost on it; which of the two, the time of the session's later frames tells. The common case, the next segment in order with nothing carried over, is read in place without a copy.
 */
import type { ProtocolSink } from '../decode/app/protocol.ts';
import { AWAIT_MORE, PROBE } from '../decode/app/protocol.ts';
import { adoptProtocol, TRIAL, type HalfStream, type TcpStream, type WaitingSegment } from './stream-record.ts';

/** What happened, for the counters. */
export interface StreamEvents {
  /** The instant of the segment at hand, and its hour since 1970. */
  seconds: number;
  nanos: number;
  hour: number;
  /** It is earlier than what was read before it, or has no time. */
  isLate: boolean;
  retransmitted(): void;
  /** The very frame again: a mirror port that copies both directions, or several VLANs. */
  duplicated(): void;
  gap(): void;
  /** Octets that the capture cut off, as its snap length said: of a message that is read now (`isCut`) they are the end. */
  cut(): void;
  isCut: boolean;
  resynchronised(): void;
  /** A segment of a stream that is out of step, in which no message begins. */
  unread(): void;
  overflow(): void;
  /** What is read from here on is of the protocol that the stream has now. */
  adopted(stream: TcpStream): void;
}

/** Captures that follow each other may overlap by so much. */
export const OVERLAP_SECONDS = 1;

/** Nothing is under way. @param isKnown what comes next is where `next` says, and begins a message */
function emptyHalf(half: HalfStream, isKnown: boolean): void {
  half.known = isKnown;
  half.synced = isKnown;
  half.carried = 0;
  half.skip = 0;
  half.waiting = null;
  settleHalf(half);
}

/** What comes next is joined midstream: it is neither a hole nor a repetition. */
export function forgetStream({ lo, hi }: TcpStream): void {
  emptyHalf(lo, false);
  emptyHalf(hi, false);
}

/** A segment of a stream whose positions are in doubt: it is earlier than what was heard before, and joined midstream, or goes on with that. */
export function settleDoubt(stream: TcpStream, seconds: number): void {
  if (seconds < stream.heardUntil - OVERLAP_SECONDS) forgetStream(stream);
  stream.heardUntil = 0;
}

/** After anything but a plain read: is the next one plain again? */
export function settleHalf(half: HalfStream): void {
  half.isPlain = half.known && half.synced && half.carried === 0 && half.skip === 0 && half.waiting === null;
}

/** Microseconds modulo 2^32, as int32: differences of up to half an hour are exact, and nothing is boxed. */
export const instantUs = (seconds: number, nanos: number): number => (Math.imul(seconds | 0, 1_000_000) + ((nanos / 1000) | 0)) | 0;

/** Sequence numbers further apart than this are another session on the same ports, not a hole. */
const MAX_JUMP = 1 << 22;
const MAX_WAITING_SEGMENTS = 64;
const MAX_WAITING_BYTES = 256 * 1024;
/** Places without a message before a stream that never gave one is given up, or while it was heard from one side alone is not searched any more. */
export const MAX_FAILURES = 8;
/** The last segment again within this time was copied by the mirror port: no sender retransmits so soon (RFC 6298 section 2.4, RFC 8985 section 7.2). */
export const DUPLICATE_US = 5000;

/** The handshake was seen: whatever comes first begins a message. */
export function expectStart(half: HalfStream): void {
  if (!half.known) half.synced = true;
  settleHalf(half);
}

/** A SYN was seen: the stream's first octet has this sequence number. What overtook the SYN may wait already. */
export function startHalf(half: HalfStream, firstSequence: number): void {
  const waiting = half.known && half.next === (firstSequence | 0) ? half.waiting : null;
  half.next = firstSequence | 0;
  emptyHalf(half, true);
  half.waiting = waiting;
  settleHalf(half);
}

/** So far from where the stream is that it can be neither a late octet of it nor one to come. */
export const isFarFrom = (half: HalfStream, sequence: number): boolean => half.known && Math.abs((sequence - half.next) | 0) >= MAX_JUMP;

/**
 * Whether a segment acknowledges octets of the other side that have not come: it answers them, and came sooner. One octet does not
 * say so, because a FIN counts as one (RFC 9293 section 3.4). @param acknowledged NaN: nothing
 */
export function isEarly(stream: TcpStream, half: HalfStream, acknowledged: number): boolean {
  const other = half === stream.lo ? stream.hi : stream.lo;
  const ahead = (acknowledged - other.next) | 0;
  return other.known && ahead > 1 && ahead < MAX_JUMP;
}

/** The stream is at or beyond this sequence number already. */
export function hasPassed(half: HalfStream, sequence: number): boolean {
  const ahead = (half.next - sequence) | 0;
  return half.known && ahead >= 0 && ahead < MAX_JUMP;
}

/**
 * Takes one segment with payload.
 * @param half direction it belongs to; @param direction TO_SERVER or TO_CLIENT
 * @param wire octets of payload on the wire; more than `to - from` when cut by the snap length
 * @param acknowledged up to where it acknowledges the other side; NaN: nothing
 */
export function takeSegment(
  stream: TcpStream,
  half: HalfStream,
  direction: number,
  sequence: number,
  acknowledged: number,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  wire: number,
  sink: ProtocolSink,
  events: StreamEvents,
): void {
  placeSegment(stream, half, direction, sequence, acknowledged, bytes, view, from, to, wire, sink, events);
  settleHalf(half);
  stream.isHolding = stream.lo.waiting !== null || stream.hi.waiting !== null;
}

/** Goes on where the plain read of a segment in order ended: before its end, beyond it, or nowhere. */
export function settleSegment(
  stream: TcpStream,
  half: HalfStream,
  direction: number,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  consumed: number,
  to: number,
  sink: ProtocolSink,
  events: StreamEvents,
): void {
  const rest = readOn(stream, half, direction, bytes, view, from, consumed, to, sink, events);
  if (rest < to) carryOver(stream, half, bytes, rest, to, events);
  settleHalf(half);
}

function placeSegment(
  stream: TcpStream,
  half: HalfStream,
  direction: number,
  sequence: number,
  acknowledged: number,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  wire: number,
  sink: ProtocolSink,
  events: StreamEvents,
): void {
  if (!half.known) {
    half.known = true;
    half.next = sequence;
    // Joined midstream: what the other side was in the midst of says nothing of this one.
    if (stream.failures >= MAX_FAILURES) stream.failures = 0;
  }
  const ahead = (sequence - half.next) | 0;
  if (ahead === 0 && !isEarly(stream, half, acknowledged)) {
    // In order: the case that matters.
    half.next = (sequence + wire) | 0;
    half.at = instantUs(events.seconds, events.nanos);
    deliver(stream, half, direction, bytes, view, from, to, sink, events);
    if (wire > to - from) cutBytes(stream, half, direction, wire - (to - from), sink, events);
    return;
  }
  if (ahead < 0) {
    if (ahead > -MAX_JUMP) {
      const fresh = ahead + wire;
      if (fresh === 0 && Math.abs((instantUs(events.seconds, events.nanos) - half.at) | 0) <= DUPLICATE_US) {
        events.duplicated();
        return;
      }
      events.retransmitted();
      if (fresh <= 0) return;
      half.next = (sequence + wire) | 0;
      const start = from - ahead;
      if (start < to) deliver(stream, half, direction, bytes, view, start, to, sink, events);
      if (wire > to - from) cutBytes(stream, half, direction, wire - (to - from), sink, events);
      return;
    }
  } else if (ahead < MAX_JUMP) {
    const { seconds, nanos, hour } = events;
    holdSegment(stream, half, direction, { sequence, bytes: bytes.slice(from, to), wire, acknowledged, acknowledgedUs: NaN, seconds, nanos, hour }, sink, events);
    return;
  }
  // Another session on the same ports, whose SYN was not seen.
  loseBytes(half, events);
  half.waiting = null;
  half.next = (sequence + wire) | 0;
  deliver(stream, half, direction, bytes, view, from, to, sink, events);
  if (wire > to - from) cutBytes(stream, half, direction, wire - (to - from), sink, events);
}

function holdSegment(
  stream: TcpStream,
  half: HalfStream,
  direction: number,
  segment: WaitingSegment,
  sink: ProtocolSink,
  events: StreamEvents,
): void {
  const waiting = (half.waiting ??= []);
  let at = waiting.length;
  while (at > 0 && ((waiting[at - 1].sequence - segment.sequence) | 0) > 0) at--;
  if (at > 0 && waiting[at - 1].sequence === segment.sequence) {
    events.retransmitted();
    if (waiting[at - 1].wire >= segment.wire) return;
    waiting[at - 1] = segment;
    return;
  }
  waiting.splice(at, 0, segment);
  let held = 0;
  for (const one of waiting) held += one.bytes.length;
  if (waiting.length > MAX_WAITING_SEGMENTS || held > MAX_WAITING_BYTES) readFirst(stream, half, direction, sink, events);
}

/** Reads the first waiting segment, whatever it waits for: octets that are missing before it are a gap. */
export function readFirst(stream: TcpStream, half: HalfStream, direction: number, sink: ProtocolSink, events: StreamEvents): void {
  const segment = half.waiting?.shift();
  if (half.waiting?.length === 0) half.waiting = null;
  stream.isHolding = stream.lo.waiting !== null || stream.hi.waiting !== null;
  if (segment === undefined) return;
  const ahead = (segment.sequence - half.next) | 0;
  if (ahead > 0) loseBytes(half, events);
  const start = ahead < 0 ? -ahead : 0;
  if (start < segment.wire) {
    half.next = (segment.sequence + segment.wire) | 0;
    // What a snap length cut off of it is of that time as well.
    const { seconds, nanos, hour, isLate } = events;
    Object.assign(events, { seconds: segment.seconds, nanos: segment.nanos, hour: segment.hour, isLate: true });
    if (start < segment.bytes.length) {
      const view = new DataView(segment.bytes.buffer, segment.bytes.byteOffset, segment.bytes.byteLength);
      deliver(stream, half, direction, segment.bytes, view, start, segment.bytes.length, sink, events);
    }
    if (segment.wire > segment.bytes.length) cutBytes(stream, half, direction, segment.wire - segment.bytes.length, sink, events);
    Object.assign(events, { seconds, nanos, hour, isLate });
  }
  settleHalf(half);
}

/** Octets are missing here: whatever message was unfinished stays unread. */
function loseBytes(half: HalfStream, events: StreamEvents): void {
  events.gap();
  abandonMessage(half);
}

/**
 * The same, and nobody lost them: the capture holds only the head of each frame. The head of a message is read, and where it says how
 * long the message is, the stream stays in step.
 */
function cutBytes(stream: TcpStream, half: HalfStream, direction: number, missing: number, sink: ProtocolSink, events: StreamEvents): void {
  events.cut();
  const rest = half.skip > 0 ? half.skip : readCutMessage(stream, half, direction, sink, events);
  abandonMessage(half);
  if (rest >= missing) {
    half.synced = true;
    half.skip = rest - missing;
  } else if (rest > 0) sink.beyondCut();
}

/** Reads the head of the message at which the captured octets end. @returns its octets beyond them, as far as that is known */
function readCutMessage(stream: TcpStream, half: HalfStream, direction: number, sink: ProtocolSink, events: StreamEvents): number {
  const { protocol, memory } = stream;
  const { carried } = half;
  if (carried === 0 || !half.synced || stream.trial !== TRIAL.no) return 0;
  if (protocol.readCut === undefined) {
    sink.beyondCut();
    return 0;
  }
  const carry = half.carry as Uint8Array;
  events.isCut = true;
  const octets = protocol.readCut(carry, new DataView(carry.buffer, 0, carried), 0, carried, direction, memory, sink);
  events.isCut = false;
  if (octets > 0) stream.reads++;
  return octets - carried;
}

function abandonMessage(half: HalfStream): void {
  half.carried = 0;
  half.skip = 0;
  half.synced = false;
}

function deliver(
  stream: TcpStream,
  half: HalfStream,
  direction: number,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  sink: ProtocolSink,
  events: StreamEvents,
): void {
  let start = from;
  if (half.skip > 0) {
    const skipped = half.skip < to - start ? half.skip : to - start;
    half.skip -= skipped;
    start += skipped;
  }
  if (start >= to) return;
  if (half.carried === 0) {
    const rest = readMessages(stream, half, direction, bytes, view, start, to, sink, events);
    if (rest < to) carryOver(stream, half, bytes, rest, to, events);
    return;
  }
  // A message was unfinished: join the pieces.
  const { protocol } = stream;
  const length = half.carried + (to - start);
  let carry = half.carry as Uint8Array;
  if (carry.length < length) {
    const larger = new Uint8Array(length + protocol.maxCarry);
    larger.set(carry.subarray(0, half.carried));
    carry = larger;
    half.carry = carry;
  }
  carry.set(bytes.subarray(start, to), half.carried);
  const carryView = new DataView(carry.buffer, 0, length);
  half.carried = 0;
  // Kept while out of step, and no beginning after all: the segment speaks for itself.
  if (!half.synced && stream.trial === TRIAL.no && protocol.resync(carry, carryView, 0, length, direction, stream.memory) === -1) {
    stream.failures++;
    deliver(stream, half, direction, bytes, view, start, to, sink, events);
    return;
  }
  const rest = readMessages(stream, half, direction, carry, carryView, 0, length, sink, events);
  if (rest < length) carryOver(stream, half, carry, rest, length, events);
}

/** Reads whole messages; returns the offset of the first octet that has to wait for more (or `to`). */
function readMessages(
  stream: TcpStream,
  half: HalfStream,
  direction: number,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  sink: ProtocolSink,
  events: StreamEvents,
): number {
  if (stream.trial !== TRIAL.no && !judge(stream, bytes, from, to, direction, events)) return stream.trial === TRIAL.held ? from : to;
  const { protocol, memory } = stream;
  let at = from;
  if (!half.synced) {
    if (!stream.confirmed && stream.failures >= MAX_FAILURES) {
      stream.failures++;
      return to;
    }
    // A segment most often starts with a message: resync looks at `at` first.
    at = protocol.resync(bytes, view, at, to, direction, memory);
    if (at === AWAIT_MORE) return from;
    if (at < 0) {
      stream.failures++;
      if (stream.confirmed) events.unread();
      return to;
    }
    half.synced = true;
  }
  return at < to ? readOn(stream, half, direction, bytes, view, at, stream.read(bytes, view, at, to, direction, memory, sink), to, sink, events) : to;
}

/** Whoever has not made itself known in so many octets is not waited for. */
const MAX_TRIAL = 2048;

/** Whether it is known now which of its contenders the stream speaks; if not, it stays on trial or is refused. */
function judge(stream: TcpStream, bytes: Uint8Array, from: number, to: number, direction: number, events: StreamEvents): boolean {
  if (stream.trial === TRIAL.refused) return false;
  let isOpen = false;
  for (const contender of stream.contenders) {
    const answer = contender.protocol.probe(bytes, from, to, direction, 0);
    if (answer === PROBE.certain) {
      adoptProtocol(stream, contender);
      events.adopted(stream);
      return true;
    }
    isOpen ||= answer === PROBE.unsure;
  }
  if (!isOpen || to - from > MAX_TRIAL) stream.trial = TRIAL.refused;
  return false;
}

/** The same from a first read on: `first` is what the reader gave for the octets at `from`. */
function readOn(
  stream: TcpStream,
  half: HalfStream,
  direction: number,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  first: number,
  to: number,
  sink: ProtocolSink,
  events: StreamEvents,
): number {
  const { protocol, memory } = stream;
  let at = from;
  let consumed = first;
  for (;;) {
    if (consumed === at) return at;
    if (consumed > to) {
      stream.reads++;
      half.skip = consumed - to;
      return to;
    }
    if (consumed > at) {
      stream.reads++;
      at = consumed;
    } else {
      sink.malformed(`${protocol.name}.not-a-message`);
      stream.failures++;
      const found = protocol.resync(bytes, view, at + 1, to, direction, memory);
      if (found < 0) {
        half.synced = false;
        return to;
      }
      events.resynchronised();
      at = found;
    }
    if (at >= to) return to;
    consumed = stream.read(bytes, view, at, to, direction, memory, sink);
  }
}

function carryOver(stream: TcpStream, half: HalfStream, bytes: Uint8Array, from: number, to: number, events: StreamEvents): void {
  const length = to - from;
  const { protocol } = stream;
  if (length > protocol.maxCarry) {
    events.overflow();
    half.synced = false;
    return;
  }
  let carry = half.carry;
  if (carry === bytes) carry.copyWithin(0, from, to);
  else {
    if (carry === null || carry.length < length) {
      carry = new Uint8Array(protocol.maxCarry < 512 ? protocol.maxCarry * 2 : length + 512);
      half.carry = carry;
    }
    carry.set(bytes.subarray(from, to), 0);
  }
  half.carried = length;
}
