/**
 * The hot function: frames in, sessions counted, streams read. Frames are taken in groups and twice: pass one (locate.ts)
 * reads their headers and finds their sessions, pass two counts them in order. What nearly every frame of a plant is (the next
 * message of a steady Modbus poll, an acknowledgement, a server's octets that nobody reads) is counted by `takeSteady`, which
 * calls nothing; it gives way to `takeFrame`, which takes everything, at the first frame that is anything else.
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
import { stopCode } from '../decode/stop.ts';
import * as transport from '../decode/transport.ts';
import type { FrameBatch } from '../source/frame-batch.ts';
import { internIpv6, internMac } from './address-table.ts';
import { finishStream } from './app-sessions.ts';
import * as appSessions from './app-sessions.ts';
import { sessionKeyWord } from './conversations.ts';
import { count, hourTotalsOf, internText, widenSpan, type FlowState, type HourTotals } from './flow-state.ts';
import * as layout from './flow-state.ts';
import { noteRefusal } from './icmp-refusal.ts';
import { clearIntTable, findKey, grownInt32, internKey } from './int-table.ts';
import { locateFrames } from './locate.ts';
import * as locating from './locate.ts';
import { noteFrame, noteGroup, settleVlans } from './mirror.ts';
import type { FlowSink } from './operations.ts';
import { beginHour, newSession, noteLate, noteSender, noteTcpFlags } from './session-frames.ts';
import { acknowledge, goOn, noteRequest, readPayload } from './session-payload.ts';
import { takeSteady } from './steady.ts';
import { instantUs } from './tcp-stream.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { TO_CLIENT, TO_SERVER } = protocols;
const { FRAGMENT, KIND, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } = frames;
const { LINK_TYPE } = stack;
const { IP_PROTOCOL } = transport;
const { NOTHING_TO_READ } = appSessions;
const { FLAG, NO_HOUR, NO_LAST, SESSION } = layout;
const { FROM_HI, GROUP_FRAMES, LOCATED, LOCATED_ROWS } = locating;

const SECONDS_PER_HOUR = 3600;
/** Seconds from here on (year 2262) do not fit the store's 64-bit nanoseconds. Times before 1970 are kept, but belong to no hour. */
const MAX_SECONDS = 9_223_372_036;
const MAX_FRAGMENTS = 4096;

const LATER_V4 = stopCode('ipv4.later-fragment');
const LATER_V6 = stopCode('ipv6.later-fragment');

const PLAIN = FLAG.plainLo | FLAG.plainHi;
/** Modbus keeps nothing between messages. */
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
  let lastSec = totals.lastSeconds;
  let lastNs = totals.lastNanos;
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
    let end = i + 1;
    let octets = wire[i] >>> 0;
    if (isLate) {
      if (sec > lastSec || (sec === lastSec && ns > lastNs)) {
        lastSec = sec;
        lastNs = ns;
      }
      sink.isLate = true;
      sink.seconds = sec;
      sink.nanos = ns;
      if (noteFrame(state, batch, i, sink.hour)) hourTotals.duplicates++;
      takeDecoded(state, sink, batch, i, modbusText);
    } else {
      // As many as follow in line within the hour.
      for (const most = Math.min(to, isLocatable ? i + GROUP_FRAMES : end); end < most; end++) {
        const next = seconds[end];
        if (!(next < hourEnd && (next > sec || (next === sec && nanos[end] >= ns)))) break;
        sec = next;
        ns = nanos[end];
        octets += wire[end] >>> 0;
      }
      lastSec = sec;
      lastNs = ns;
      sink.isLate = false;
      if (isLocatable) {
        locateFrames(state, batch, i, end);
        hourTotals.duplicates += noteGroup(state, batch, i, end);
        takeGroup(state, sink, batch, i, end, modbusText);
      } else {
        if (noteFrame(state, batch, i, sink.hour)) hourTotals.duplicates++;
        sink.seconds = sec;
        sink.nanos = ns;
        takeDecoded(state, sink, batch, i, modbusText);
      }
    }
    hourTotals.packets += end - i;
    hourTotals.bytes += octets;
    totals.packets += end - i;
    totals.bytes += octets;
    i = end;
  }
  settleVlans(state, sink.hour);
  if (lastSec !== NO_LAST) widenSpan(totals, lastSec, lastNs);
}

/** A frame of another hour than the one before; returns its seconds, NaN where the store could not hold them. */
function enterHour(state: FlowState, sink: FlowSink, sec: number): number {
  sink.hour = sec >= 0 && sec < MAX_SECONDS ? Math.floor(sec / SECONDS_PER_HOUR) : NO_HOUR;
  if (sink.hour !== NO_HOUR || (sec > -MAX_SECONDS && sec < MAX_SECONDS)) return sec;
  if (sec === sec) count(state, 'time.out-of-range');
  return NaN;
}

/** Frames [from, to) of one hour, in line and located. */
function takeGroup(state: FlowState, sink: FlowSink, batch: FrameBatch, from: number, to: number, modbusText: number): void {
  const { seconds, nanos, view, offset } = batch;
  for (let i = from; i < to; i++) {
    i = takeSteady(state, batch, from, i, to, sink.hour, modbusText);
    if (i === to) return;
    const row = (i - from) * LOCATED.stride;
    const session = LOCATED_ROWS[row + LOCATED.session];
    sink.seconds = seconds[i];
    sink.nanos = nanos[i];
    if (session < 0) takeDecoded(state, sink, batch, i, modbusText);
    else {
      const flags = LOCATED_ROWS[row + LOCATED.flags];
      const tcpFlags = flags & (FROM_HI - 1);
      const sequence = LOCATED_ROWS[row + LOCATED.sequence];
      const acknowledgement = tcpFlags === 0 ? 0 : view.getInt32(LOCATED_ROWS[row + LOCATED.header] + 8);
      const payload = LOCATED_ROWS[row + LOCATED.payload];
      takeFrame(state, sink, batch, i, session, flags < FROM_HI ? 0 : 1, tcpFlags, sequence, acknowledgement, payload, LOCATED_ROWS[row + LOCATED.payloadEnd], LOCATED_ROWS[row + LOCATED.payloadWire], offset[i] + 6, null, modbusText);
    }
  }
}

/** A frame that pass one did not locate: its layers by the modular decoder, its session, a new one if need be. */
function takeDecoded(state: FlowState, sink: FlowSink, batch: FrameBatch, i: number, modbusText: number): void {
  const { view, linkType } = batch;
  const { frame } = state;
  decodeFrame(frame, view, linkType, batch.offset[i], batch.captured[i], batch.wire[i] >>> 0);
  if (frame.stop !== 0) noteStop(state, frame, linkType);
  if (frame.kind === KIND.none) return;
  if (frame.fragment !== FRAGMENT.none) attributeFragment(state, frame, view);
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
  const payloadWire = frame.payload < 0 ? 0 : frame.payloadWire;
  takeFrame(state, sink, batch, i, session, fromLo ? 0 : 1, frame.tcpFlags, frame.tcpSequence, frame.tcpAcknowledgement, frame.payload, frame.payloadEnd, payloadWire, frame.macAt, frame, modbusText);
}

/** Counts a frame of a known session and reads its payload, whatever it is. The sink holds its time. */
function takeFrame(
  state: FlowState,
  sink: FlowSink,
  batch: FrameBatch,
  i: number,
  session: number,
  side: number,
  tcpFlags: number,
  sequence: number,
  acknowledgement: number,
  payload: number,
  payloadEnd: number,
  payloadWire: number,
  macAt: number,
  decoded: DecodedFrame | null,
  modbusText: number,
): void {
  const { bytes, view } = batch;
  const { keys: words, doubles } = state.sessions;
  const { seconds: sec, nanos: ns, isLate } = sink;
  const s = session * SESSION.stride;
  const d = s >> 1;
  const fromLo = side === 0;
  if (words[s + SESSION.hour] !== sink.hour) beginHour(state, session, sink.hour, sec, ns);
  words[s + SESSION.packetsLo + side]++;
  doubles[d + SESSION.bytesLoD + side] += batch.wire[i] >>> 0;
  if (isLate) noteLate(state, session, sec, ns);
  else {
    doubles[d + SESSION.lastSecondsD] = sec;
    words[s + SESSION.lastNanos] = ns;
  }
  const known = (FLAG.macLo | FLAG.spokeLo) << side;
  if ((words[s + SESSION.flags] & known) !== known) noteSender(state, session, side, view, macAt, sec, ns, tcpFlags, decoded);
  if ((tcpFlags & (TCP_SYN | TCP_FIN | TCP_RST)) !== 0) noteTcpFlags(state, session, side, tcpFlags, sequence, sec, ns);

  // ---- the payload
  const keyWord = words[s + 3];
  if (payloadWire > 0) {
    words[s + SESSION.payloadsLo + side]++;
    const app = words[s + SESSION.app];
    if ((words[s + SESSION.flags] & (FLAG.plainLo << side)) !== 0 && words[s + SESSION.nextLo + side] === sequence && payloadEnd - payload === payloadWire) {
      // Modbus, the next segment in order, whole, nothing carried over: read in place, and called by name, so that V8
      // sees through the call; the stream's own record is not touched (lendStream).
      const direction = fromLo === ((words[s + SESSION.flags] & FLAG.clientIsLo) !== 0) ? TO_SERVER : TO_CLIENT;
      words[s + SESSION.nextLo + side] = (sequence + payloadWire) | 0;
      words[s + SESSION.segmentUsLo + side] = instantUs(sec, ns);
      sink.session = session;
      sink.direction = direction;
      sink.fromLo = fromLo;
      sink.operationIndex = -1;
      sink.protocolText = modbusText;
      sink.measuresByRange = true;
      const rest = readModbus(bytes, view, payload, payloadEnd, direction, NO_MEMORY, sink);
      if (rest !== payloadEnd) goOn(state, session, side, direction, bytes, view, payload, rest, payloadEnd, sink);
    } else if (app > 0 || (app === 0 && payload < payloadEnd && keyWord >= KIND_IP)) {
      const isTcp = (keyWord & 0xff) === IP_PROTOCOL.tcp;
      readPayload(state, session, fromLo, isTcp, tcpFlags, sequence, acknowledgement, bytes, view, payload, payloadEnd, payloadWire, sink);
    } else noteRequest(state, session, fromLo, sec, ns);
  } else if ((tcpFlags & TCP_ACK) !== 0 && words[s + SESSION.app] > 0 && (words[s + SESSION.flags] & PLAIN) === 0) {
    const stream = state.streams[words[s + SESSION.app] - 1];
    if (stream !== null && stream.isHolding) acknowledge(state, session, 1 - side, acknowledgement, sink);
  }
  if ((tcpFlags & (TCP_FIN | TCP_RST)) !== 0 && (state.sessions.keys[s + SESSION.flags] & FLAG.closing) !== 0) finishStream(state, session, sink, NOTHING_TO_READ);
}

/** Session keys of IP conversations are at or above this; MAC conversations below. */
const KIND_IP = sessionKeyWord(KIND.ipv4, 0);

function sessionEnd(state: FlowState, frame: DecodedFrame, view: DataView, ipv4: number, at: number): number {
  if (frame.kind === KIND.ipv4) return ipv4;
  return frame.kind === KIND.ipv6 ? internIpv6(state.addresses, view, at) : internMac(state.addresses, view, at);
}

function noteStop(state: FlowState, frame: DecodedFrame, linkType: number): void {
  state.stops[frame.stop]++;
  if (frame.kind === KIND.none && frame.stop === UNKNOWN_LINK) count(state, `link.${linkType}`);
}
const UNKNOWN_LINK = stopCode('link.unknown-type');

/** Ports of a first fragment are remembered for the later ones, which carry none (RFC 791 section 3.2). */
function attributeFragment(state: FlowState, frame: DecodedFrame, view: DataView): void {
  const a = sessionEnd(state, frame, view, frame.source, frame.sourceAt);
  const b = sessionEnd(state, frame, view, frame.destination, frame.destinationAt);
  const word = (frame.transport << 8) | frame.kind;
  if (frame.fragment === FRAGMENT.first) {
    count(state, 'fragment.first');
    if (state.fragments.count >= MAX_FRAGMENTS) clearIntTable(state.fragments);
    const index = internKey(state.fragments, a, b, frame.fragmentId, word);
    state.fragmentPorts = grownInt32(state.fragmentPorts, index + 1);
    state.fragmentPorts[index] = (frame.sourcePort << 16) | frame.destinationPort;
    return;
  }
  const known = findKey(state.fragments, a, b, frame.fragmentId, word);
  count(state, known < 0 ? 'fragment.unattributed' : 'fragment.later');
  if (known < 0 || (frame.stop !== LATER_V4 && frame.stop !== LATER_V6)) return;
  frame.sourcePort = state.fragmentPorts[known] >>> 16;
  frame.destinationPort = state.fragmentPorts[known] & 0xffff;
}
