/**
 * The hot function: frames in, sessions counted, streams read. Frames are taken in groups and twice: pass one (locate.ts)
 * reads their headers and finds their sessions, pass two counts them in order. What nearly every frame of a plant is (the next
 * message of a steady Modbus poll, an acknowledgement, a server's octets that nobody reads) is counted by `takeSteady`, which
 * calls nothing; what it puts off is taken by `takeFrame`, which takes everything.
 *
 * `slowPathOnly` decodes every frame by the modular decoder and takes it by `takeFrame`: both must leave the same
 * tables, and a property test feeds both the same bytes (test/flow/fast-path.test.ts). Nothing here allocates per frame; all
 * numbers are int32 but octet sums and seconds, which live in Float64Arrays.
 */
import { modbus, readModbus } from '../decode/app/modbus.ts';
import type { SessionMemory } from '../decode/app/protocol.ts';
import * as protocols from '../decode/app/protocol.ts';
import type { DecodedFrame } from '../decode/decoded-frame.ts';
import * as frames from '../decode/decoded-frame.ts';
import { decodeFrame } from '../decode/stack.ts';
import * as stack from '../decode/stack.ts';
import { stopCode, UNREAD_LINK_PREFIX } from '../decode/stop.ts';
import * as transport from '../decode/transport.ts';
import type { FrameBatch } from '../source/frame-batch.ts';
import { internIpv6, internMac } from './address-table.ts';
import { finishStream } from './app-sessions.ts';
import * as appSessions from './app-sessions.ts';
import { sessionKeyWord } from './conversations.ts';
import { count, hourTotalsOf, internText, widenSpan, type FlowState, type HourTotals } from './flow-state.ts';
import * as layout from './flow-state.ts';
import { giveUpFragments, takeFragment } from './fragments.ts';
import { noteRefusal } from './icmp-refusal.ts';
import { findKey } from './int-table.ts';
import { locateFrames } from './locate.ts';
import * as locating from './locate.ts';
import { noteFrame, noteGroup, settleVlans } from './mirror.ts';
import type { FlowSink } from './operations.ts';
import { beginHour, beginsAnew, isStrayReset, newSession, noteLate, noteSender, noteTcpFlags } from './session-frames.ts';
import { acknowledge, goOn, noteRequest, readPayload } from './session-payload.ts';
import { LATER, putOff, takeSteady } from './steady.ts';
import { instantUs } from './tcp-stream.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { TO_CLIENT, TO_SERVER } = protocols;
const { FRAGMENT, KIND, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } = frames;
const { LINK_TYPE } = stack;
const { IP_PROTOCOL } = transport;
const { NOTHING_YET } = appSessions;
const { FLAG, NO_HOUR, SESSION } = layout;
const { FROM_HI, GROUP, GROUP_FRAMES } = locating;
const { seconds: secondsOf, nanos: nanosOf, instant: instants, wire: wires, session: sessions, flags: flagsOf, sequence: sequences, acknowledgement: acknowledgements, payload: payloads, payloadEnd: payloadEnds, payloadWire: payloadWires, vlan: vlans } = GROUP;

const SECONDS_PER_HOUR = 3600;
/** Seconds from here on (year 2262) do not fit the store's 64-bit nanoseconds. Times before 1970 are kept, but belong to no hour. */
const MAX_SECONDS = 9_223_372_036;

const PLAIN = FLAG.plainLo | FLAG.plainHi;
/** Modbus asks the sink for what it keeps between messages, where it has to: refusals of what shares a function. */
const NO_MEMORY: SessionMemory = {};

/** Feeds the frames [from, to) of a batch. @param slowPathOnly for the property test: every frame by the modular path */
export function feed(state: FlowState, sink: FlowSink, batch: FrameBatch, from: number, to: number, slowPathOnly = false): void {
  const { seconds, nanos, wire } = batch;
  const { mirror, totals } = state;
  if (mirror.repeated.size > 0) mirror.repeated.clear();
  const isLocatable = batch.linkType === LINK_TYPE.ethernet && !slowPathOnly;
  const modbusText = internText(state, modbus.name);
  let hourEnd = -1;
  let hourTotals: HourTotals | null = null;
  let lastSec = state.latestSeconds;
  let lastNs = state.latestNanos;
  let hasMoved = false;
  for (let i = from; i < to; ) {
    let sec = seconds[i];
    let ns = nanos[i];
    if (hourTotals === null || !(sec < hourEnd && sec >= hourEnd - SECONDS_PER_HOUR)) {
      settleVlans(state, sink.hour);
      sec = enterHour(state, sink, sec);
      hourEnd = sink.hour === NO_HOUR ? -1 : (sink.hour + 1) * SECONDS_PER_HOUR;
      hourTotals = hourTotalsOf(state, sink.hour);
    }
    // Time nearly always runs forwards: then the latest instant of whatever a frame touches is its own, and the first
    // was set when it began. Only frames out of line are compared (`isLate`).
    const isLate = sink.hour === NO_HOUR || !(sec > lastSec || (sec === lastSec && ns >= lastNs));
    if ((isLate || totals.firstSeconds > sec) && sec === sec) widenSpan(totals, sec, ns);
    sink.isLate = isLate;
    const isGroup = isLocatable && !isLate;
    // As many as follow in line within the hour.
    const most = isGroup ? Math.min(to - i, GROUP_FRAMES) : 1;
    let octets = 0;
    let count = 0;
    for (;;) {
      const onWire = wire[i + count];
      secondsOf[count] = sec;
      nanosOf[count] = ns;
      instants[count] = instantUs(sec, ns);
      wires[count] = onWire;
      octets += onWire >>> 0;
      if (++count === most) break;
      const next = seconds[i + count];
      const nextNs = nanos[i + count];
      if (!(next < hourEnd && (next > sec || (next === sec && nextNs >= ns)))) break;
      sec = next;
      ns = nextNs;
    }
    if (!isLate || sec > lastSec || (sec === lastSec && ns > lastNs)) {
      lastSec = sec;
      lastNs = ns;
      hasMoved = true;
    }
    if (isGroup) {
      locateFrames(state, batch, i, i + count);
      hourTotals.duplicates += noteGroup(state, batch, i, i + count);
      takeGroup(state, sink, batch, i, count, modbusText);
    } else {
      if (noteFrame(state, batch, i, sink.hour)) hourTotals.duplicates++;
      sink.seconds = sec;
      sink.nanos = ns;
      takeDecoded(state, sink, batch, i, 0, modbusText);
    }
    hourTotals.packets += count;
    hourTotals.bytes += octets;
    totals.packets += count;
    totals.bytes += octets;
    i += count;
  }
  settleVlans(state, sink.hour);
  if (!hasMoved) return;
  widenSpan(totals, lastSec, lastNs);
  state.latestSeconds = lastSec;
  state.latestNanos = lastNs;
}

/** A frame of another hour than the one before; returns its seconds, NaN where the store could not hold them. */
function enterHour(state: FlowState, sink: FlowSink, sec: number): number {
  sink.hour = sec >= 0 && sec < MAX_SECONDS ? Math.floor(sec / SECONDS_PER_HOUR) : NO_HOUR;
  if (sink.hour !== NO_HOUR || (sec > -MAX_SECONDS && sec < MAX_SECONDS)) return sec;
  if (sec === sec) count(state, 'time.out-of-range');
  return NaN;
}

/** The group of `count` frames from `from` on, of one hour, in line and located. */
function takeGroup(state: FlowState, sink: FlowSink, batch: FrameBatch, from: number, count: number, modbusText: number): void {
  for (let k = 0; k < count; k++) {
    k = takeSteady(state, batch.view, k, count, sink.hour, modbusText);
    for (let n = 0; n < putOff.count; n++) takeLocated(state, sink, batch, from, LATER[n], modbusText);
    if (k < count) takeLocated(state, sink, batch, from, k, modbusText);
  }
}

/** The frame `k` of the group that begins at `from`, whatever it is. */
function takeLocated(state: FlowState, sink: FlowSink, batch: FrameBatch, from: number, k: number, modbusText: number): void {
  const session = sessions[k];
  sink.seconds = secondsOf[k];
  sink.nanos = nanosOf[k];
  if (session < 0) takeDecoded(state, sink, batch, from + k, k, modbusText);
  else takeFrame(state, sink, batch, from + k, k, session, null, modbusText);
}

/** A frame that pass one did not locate: its layers by the modular decoder, its session, a new one if need be. */
function takeDecoded(state: FlowState, sink: FlowSink, batch: FrameBatch, i: number, k: number, modbusText: number): void {
  const { view, linkType } = batch;
  const { frame } = state;
  decodeFrame(frame, view, linkType, batch.offset[i], batch.captured[i], batch.wire[i] >>> 0);
  if (frame.stop !== 0) noteStop(state, frame, linkType);
  if (frame.kind === KIND.none) return;
  if (frame.fragment === FRAGMENT.none) takeAddressed(state, sink, batch, i, k, modbusText);
  else {
    const ends = `${sessionEnd(state, frame, view, frame.source, frame.sourceAt)} ${sessionEnd(state, frame, view, frame.destination, frame.destinationAt)}`;
    takeFragment(state, sink, batch, i, k, modbusText, ends, takeAddressed);
  }
}

/** The same once its ports are known, as far as they ever will be. @returns its session */
function takeAddressed(state: FlowState, sink: FlowSink, batch: FrameBatch, i: number, k: number, modbusText: number): number {
  const { view } = batch;
  const { frame } = state;
  if (frame.transport === IP_PROTOCOL.icmp || frame.transport === IP_PROTOCOL.icmpv6) noteRefusal(state, frame, view);
  const a = sessionEnd(state, frame, view, frame.source, frame.sourceAt);
  const b = sessionEnd(state, frame, view, frame.destination, frame.destinationAt);
  const fromLo = a === b ? frame.sourcePort <= frame.destinationPort : a >>> 0 < b >>> 0;
  const keyA = fromLo ? a : b;
  const keyB = fromLo ? b : a;
  const ports = fromLo ? (frame.sourcePort << 16) | frame.destinationPort : (frame.destinationPort << 16) | frame.sourcePort;
  const keyWord = sessionKeyWord(frame.kind, frame.transport);
  let session = findKey(state.sessions, keyA, keyB, ports, keyWord);
  if (session < 0) session = newSession(state, keyA, keyB, ports, keyWord, fromLo, frame.vlan, frame, view);
  flagsOf[k] = frame.tcpFlags | (fromLo ? 0 : FROM_HI);
  sequences[k] = frame.tcpSequence;
  acknowledgements[k] = frame.tcpAcknowledgement;
  payloads[k] = frame.payload;
  payloadEnds[k] = frame.payloadEnd;
  payloadWires[k] = frame.payload < 0 ? 0 : frame.payloadWire;
  takeFrame(state, sink, batch, i, k, session, frame, modbusText);
  return session;
}

/** The end of an interval: fragments wait for nothing any more. */
export const finishFragments = (state: FlowState, sink: FlowSink): void => giveUpFragments(state, sink, internText(state, modbus.name), takeAddressed);

/** Counts frame `i`, which is the group's `k`, of a known session and reads its payload, whatever it is. The sink holds its time. */
function takeFrame(state: FlowState, sink: FlowSink, batch: FrameBatch, i: number, k: number, session: number, decoded: DecodedFrame | null, modbusText: number): void {
  const { bytes, view } = batch;
  const { keys: words, doubles } = state.sessions;
  const { seconds: sec, nanos: ns, isLate } = sink;
  const side = flagsOf[k] < FROM_HI ? 0 : 1;
  const tcpFlags = flagsOf[k] & (FROM_HI - 1);
  let sequence = sequences[k];
  const payload = payloads[k];
  const payloadEnd = payloadEnds[k];
  const payloadWire = payloadWires[k];
  const s = session * SESSION.stride;
  const d = s >> 1;
  const fromLo = side === 0;
  const isAnew = (tcpFlags & TCP_SYN) !== 0 && beginsAnew(state, session, sec);
  if (words[s + SESSION.hour] !== sink.hour) beginHour(state, session, sink.hour, sec, ns);
  words[s + SESSION.packetsLo + side]++;
  doubles[d + SESSION.bytesLoD + side] += wires[k] >>> 0;
  if (isLate) noteLate(state, session, sec, ns);
  else {
    doubles[d + SESSION.lastSecondsD] = sec;
    words[s + SESSION.lastNanos] = ns;
  }
  // Before the sender: a session that begins anew on old ports is heard anew.
  const isStray = (tcpFlags & TCP_RST) !== 0 && isStrayReset(state, session, side, sequence);
  if ((tcpFlags & (TCP_SYN | TCP_FIN | TCP_RST)) !== 0 && !isStray) noteTcpFlags(state, session, side, tcpFlags, sequence, acknowledgements[k], sec, ns, isAnew);
  // A SYN counts as an octet before the data that it carries (RFC 9293 section 3.4).
  if ((tcpFlags & TCP_SYN) !== 0) sequences[k] = sequence = (sequence + 1) | 0;
  const known = (FLAG.macLo | FLAG.spokeLo) << side;
  if ((words[s + SESSION.flags] & known) !== known) noteSender(state, session, side, view, decoded === null ? batch.offset[i] + 6 : decoded.macAt, decoded === null ? vlans[k] : decoded.vlan, sec, ns, tcpFlags, decoded);

  // ---- the payload
  if (payloadWire > 0) {
    words[s + SESSION.payloadsLo + side]++;
    const app = words[s + SESSION.app];
    if ((words[s + SESSION.flags] & (FLAG.plainLo << side)) !== 0 && words[s + SESSION.nextLo + side] === sequence && payloadEnd - payload === payloadWire) {
      // Modbus, the next segment in order, whole, nothing carried over: read in place, and called by name, so that V8
      // sees through the call; the stream's own record is not touched (lendStream).
      const direction = fromLo === ((words[s + SESSION.flags] & FLAG.askerIsLo) !== 0) ? TO_SERVER : TO_CLIENT;
      words[s + SESSION.nextLo + side] = (sequence + payloadWire) | 0;
      words[s + SESSION.segmentUsLo + side] = instants[k];
      sink.session = session;
      sink.direction = direction;
      sink.fromLo = fromLo;
      sink.operationIndex = -1;
      sink.protocolText = modbusText;
      sink.measuresByRange = true;
      const rest = readModbus(bytes, view, payload, payloadEnd, direction, NO_MEMORY, sink);
      if (rest !== payloadEnd) goOn(state, session, side, direction, bytes, view, payload, rest, payloadEnd, sink);
    } else if (app > 0 || ((app === 0 || app === NOTHING_YET) && payload < payloadEnd)) {
      readPayload(state, sink, batch, k, session);
    } else noteRequest(state, session, fromLo, sec, ns);
  } else if ((tcpFlags & TCP_ACK) !== 0 && words[s + SESSION.app] > 0 && (words[s + SESSION.flags] & PLAIN) === 0) {
    const stream = state.streams[words[s + SESSION.app] - 1];
    if (stream !== null && stream.isHolding) acknowledge(state, stream, 1 - side, acknowledgements[k], sink);
  }
  if ((tcpFlags & (TCP_FIN | TCP_RST)) !== 0 && !isStray && (state.sessions.keys[s + SESSION.flags] & FLAG.closing) !== 0) finishStream(state, session, sink);
}

function sessionEnd(state: FlowState, frame: DecodedFrame, view: DataView, ipv4: number, at: number): number {
  if (frame.kind === KIND.ipv4) return ipv4;
  return frame.kind === KIND.ipv6 ? internIpv6(state.addresses, view, at) : internMac(state.addresses, view, at);
}

function noteStop(state: FlowState, frame: DecodedFrame, linkType: number): void {
  state.stops[frame.stop]++;
  if (frame.kind === KIND.none && frame.stop === UNKNOWN_LINK) count(state, `${UNREAD_LINK_PREFIX}${linkType}`);
}
const UNKNOWN_LINK = stopCode('link.unknown-type');
