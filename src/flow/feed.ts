/**
 * The hot function: frames in, sessions counted, streams read. One pass per frame: where it came from and went to, the
 * session's record, four counters, and (for protocols that are read) the payload.
 *
 * The fast path is hand-inlined for what nearly every frame of a plant is: Ethernet, at most one 802.1Q tag, IPv4 without
 * options or fragments, TCP or UDP. Everything else goes through `decodeFrame`, which the fast path must equal: a property
 * test feeds both the same bytes (test/flow/fast-path.test.ts). Nothing here allocates per frame; all numbers are int32
 * but octet sums and seconds, which live in Float64Arrays.
 */
import { readArp, type ArpClaim } from '../decode/arp.ts';
import { FRAGMENT, KIND, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type DecodedFrame } from '../decode/decoded-frame.ts';
import { ETHER_TYPE } from '../decode/ethernet.ts';
import { readLldp, readProfinetDcp } from '../decode/lldp.ts';
import { decodeFrame, LINK_TYPE } from '../decode/stack.ts';
import { stopCode } from '../decode/stop.ts';
import { IP_PROTOCOL } from '../decode/transport.ts';
import { modbus, readModbus } from '../decode/app/modbus.ts';
import { TO_CLIENT, TO_SERVER, type SessionMemory } from '../decode/app/protocol.ts';
import type { FrameBatch } from '../source/frame-batch.ts';
import { internIpv4, internIpv6, internMac } from './address-table.ts';
import { aimSink, finishStream, lendStream, NOTHING_TO_READ, probeSession, recallStream, releaseStream, reviewStream } from './app-sessions.ts';
import { conversationOf, foldSession, learnServer, orient, sessionKeyWord } from './conversations.ts';
import {
  count,
  FLAG,
  internText,
  NO_FIRST,
  NO_HOUR,
  NO_LAST,
  SESSION,
  UNBEGUN,
  widenSpan,
  type FlowState,
  type HourTotals,
} from './flow-state.ts';
import { clearIntTable, findKey, grownInt32, INDEX_MASK, internKey, SEED } from './int-table.ts';
import { noteAddressFact, type FlowSink } from './operations.ts';
import { noteConversationRequest } from './rhythm.ts';
import { hasPassed, instantUs, noteAcknowledged, settleSegment, startHalf, takeSegment } from './tcp-stream.ts';

const PROFINET = 0x8892;
const SECONDS_PER_HOUR = 3600;
/** Seconds from here on (year 2262) do not fit the store's 64-bit nanoseconds. Times before 1970 are kept, but belong to no hour. */
const MAX_SECONDS = 9_223_372_036;
const MAX_FRAGMENTS = 4096;
/** A one-way session gets its conversation (and its rhythm) only when it goes on. */
const ONE_WAY_PAYLOADS = 8;

const ETHERNET_IPV4_TCP = 54;
const LATER_V4 = stopCode('ipv4.later-fragment');
const LATER_V6 = stopCode('ipv6.later-fragment');

const PLAIN = FLAG.plainLo | FLAG.plainHi;
/** Modbus keeps nothing between messages. */
const NO_MEMORY: SessionMemory = {};

const claim: ArpClaim = { macAt: 0, address: 0 };

/** Feeds the frames [from, to) of a batch. @param slowPathOnly for the property test: decode every frame by the modular path */
export function feed(state: FlowState, sink: FlowSink, batch: FrameBatch, from: number, to: number, slowPathOnly = false): void {
  const { bytes, view, linkType, offset, captured, wire, seconds, nanos } = batch;
  const { frame, totals, sessions, streams } = state;
  const tryFast = linkType === LINK_TYPE.ethernet && !slowPathOnly;
  // The session table, reloaded where it may have grown.
  let { keys: words, doubles, slots, mask } = sessions;
  const modbusText = internText(state, modbus.name);
  let hourStart = 0;
  let hourEnd = 0;
  let hour = NO_HOUR;
  let hourTotals: HourTotals | null = null;
  let hourPackets = 0;
  let hourBytes = 0;
  let octets = 0;
  let lastSec = totals.lastSeconds;
  let lastNs = totals.lastNanos;
  let isSpanOpen = false;

  for (let i = from; i < to; i++) {
    const at = offset[i];
    const cap = captured[i];
    const end = at + cap;
    const wireLength = wire[i] >>> 0;
    let sec = seconds[i];
    const ns = nanos[i];

    if (!(sec >= hourStart && sec < hourEnd)) {
      if (hourTotals !== null) {
        hourTotals.packets += hourPackets;
        hourTotals.bytes += hourBytes;
      }
      hourPackets = 0;
      hourBytes = 0;
      if (sec >= 0 && sec < MAX_SECONDS) {
        hour = Math.floor(sec / SECONDS_PER_HOUR);
        hourStart = hour * SECONDS_PER_HOUR;
        hourEnd = hourStart + SECONDS_PER_HOUR;
      } else {
        hour = NO_HOUR;
        hourStart = 0;
        hourEnd = 0;
        if (!(sec > -MAX_SECONDS && sec < MAX_SECONDS)) {
          if (sec === sec) count(state, 'time.out-of-range');
          sec = NaN;
        }
      }
      hourTotals = hourOf(state, hour);
      sink.hour = hour;
    }
    hourPackets++;
    hourBytes += wireLength;
    octets += wireLength;
    // Time nearly always runs forwards: then the latest instant of whatever this frame touches is this one, and the first
    // was set when it began. Only frames out of line are compared (`isLate`).
    let isLate = false;
    if (sec > lastSec || (sec === lastSec && ns >= lastNs)) {
      lastSec = sec;
      lastNs = ns;
      isLate = hour === NO_HOUR;
    } else isLate = true;
    if (isLate || !isSpanOpen) {
      if (sec === sec) {
        widenSpan(totals, sec, ns);
        isSpanOpen = true;
      }
    }

    // ---- layers: fast path
    let keyA = 0;
    let keyB = 0;
    let ports = 0;
    let keyWord = 0;
    let fromLo = false;
    let macAt = -1;
    let vlan = -1;
    let payload = -1;
    let payloadEnd = -1;
    let payloadWire = 0;
    let tcpFlags = 0;
    let sequence = 0;
    let acknowledgement = 0;
    let fast = false;
    let decoded: DecodedFrame | null = null;

    if (tryFast && cap >= ETHERNET_IPV4_TCP) {
      let ip = at + 14;
      let type = view.getUint16(at + 12);
      if (type === ETHER_TYPE.vlan) {
        vlan = view.getUint16(at + 14) & 0x0fff;
        type = view.getUint16(at + 16);
        ip += 4;
      }
      // Version 4, five words of header, not a fragment (RFC 791).
      if (type === ETHER_TYPE.ipv4 && view.getUint8(ip) === 0x45 && (view.getUint16(ip + 6) & 0x3fff) === 0) {
        const protocol = view.getUint8(ip + 9);
        const total = view.getUint16(ip + 2);
        const l4 = ip + 20;
        const onWire = at + (wireLength > cap ? wireLength : cap) - ip;
        if (total > 27 && total <= onWire) {
          let header = 0;
          if (protocol === IP_PROTOCOL.tcp) {
            if (end - l4 >= 20) {
              header = (view.getUint8(l4 + 12) >> 4) << 2;
              if (header >= 20 && header <= total - 20 && l4 + 20 <= ip + total) {
                tcpFlags = view.getUint8(l4 + 13);
                sequence = view.getInt32(l4 + 4);
                acknowledgement = view.getInt32(l4 + 8);
                payloadWire = total - 20 - header;
                fast = true;
              }
            }
          } else if (protocol === IP_PROTOCOL.udp && view.getUint16(l4 + 4) === total - 20) {
            header = 8;
            payloadWire = total - 28;
            fast = true;
          }
          if (fast) {
            const ipEnd = ip + total < end ? ip + total : end;
            payload = l4 + header < ipEnd ? l4 + header : ipEnd;
            payloadEnd = ipEnd;
            macAt = at + 6;
            const source = view.getInt32(ip + 12);
            const destination = view.getInt32(ip + 16);
            const sourcePort = view.getUint16(l4);
            const destinationPort = view.getUint16(l4 + 2);
            fromLo = source === destination ? sourcePort <= destinationPort : source >>> 0 < destination >>> 0;
            keyA = fromLo ? source : destination;
            keyB = fromLo ? destination : source;
            ports = fromLo ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort;
            keyWord = KIND_IP | protocol;
          }
        }
      }
    }

    // ---- layers: everything else
    if (!fast) {
      decoded = frame;
      decodeFrame(frame, view, linkType, at, cap, wireLength);
      if (frame.stop !== 0) noteStop(state, frame, linkType);
      if (frame.kind === KIND.none) continue;
      if (frame.fragment !== FRAGMENT.none) attributeFragment(state, frame, view);
      const a = sessionEnd(state, frame, view, frame.source, frame.sourceAt);
      const b = sessionEnd(state, frame, view, frame.destination, frame.destinationAt);
      fromLo = a === b ? frame.sourcePort <= frame.destinationPort : a >>> 0 < b >>> 0;
      keyA = fromLo ? a : b;
      keyB = fromLo ? b : a;
      ports = fromLo ? (frame.sourcePort << 16) | frame.destinationPort : (frame.destinationPort << 16) | frame.sourcePort;
      keyWord = sessionKeyWord(frame.kind, frame.transport);
      macAt = frame.macAt;
      vlan = frame.vlan;
      payload = frame.payload;
      payloadEnd = frame.payloadEnd;
      payloadWire = payload < 0 ? 0 : frame.payloadWire;
      tcpFlags = frame.tcpFlags;
      sequence = frame.tcpSequence;
      acknowledgement = frame.tcpAcknowledgement;
    }

    // ---- the session: findKey of int-table.ts, inlined by hand because V8 does not inline into a function this long
    let hash = SEED ^ Math.imul(keyA, 0xcc9e2d51);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) ^ Math.imul(keyB, 0x1b873593);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) ^ Math.imul(ports, 0x85ebca6b);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) ^ Math.imul(keyWord, 0xc2b2ae35);
    hash ^= hash >>> 16;
    hash = Math.imul(hash, 0x85ebca6b);
    hash ^= hash >>> 13;
    let session = -1;
    let s = 0;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const word = slots[slot];
      if (word === 0) {
        session = newSession(state, keyA, keyB, ports, keyWord, fromLo, vlan, decoded, view);
        ({ keys: words, doubles, slots, mask } = sessions);
        s = session * SESSION.stride;
        break;
      }
      if (((word ^ hash) & ~INDEX_MASK) !== 0) continue;
      session = (word & INDEX_MASK) - 1;
      s = session * SESSION.stride;
      if (words[s] === keyA && words[s + 1] === keyB && words[s + 2] === ports && words[s + 3] === keyWord) break;
    }

    // ---- its counters
    const d = s >> 1;
    if (words[s + SESSION.hour] !== hour) beginHour(state, session, hour, sec, ns);
    const side = fromLo ? 0 : 1;
    words[s + SESSION.packetsLo + side]++;
    doubles[d + SESSION.bytesLoD + side] += wireLength;
    if (isLate) noteLate(state, session, sec, ns);
    else {
      doubles[d + SESSION.lastSecondsD] = sec;
      words[s + SESSION.lastNanos] = ns;
    }
    const flags = words[s + SESSION.flags];
    const known = (FLAG.macLo | FLAG.spokeLo) << side;
    if ((flags & known) !== known) noteSender(state, session, side, view, macAt, sec, ns, tcpFlags, decoded);
    if ((tcpFlags & (TCP_SYN | TCP_FIN | TCP_RST)) !== 0) noteTcpFlags(state, session, side, tcpFlags, sequence, sec, ns);

    // ---- the payload
    if (payloadWire > 0) {
      words[s + SESSION.payloadsLo + side]++;
      const app = words[s + SESSION.app];
      if ((words[s + SESSION.flags] & (FLAG.plainLo << side)) !== 0 && words[s + SESSION.nextLo + side] === sequence && payloadEnd - payload === payloadWire) {
        // Seven frames in ten: Modbus, the next segment in order, whole, nothing carried over. Read in place, and called
        // by name, so that V8 sees through the call; the stream's own record is not touched (lendStream).
        const direction = fromLo === ((words[s + SESSION.flags] & FLAG.clientIsLo) !== 0) ? TO_SERVER : TO_CLIENT;
        words[s + SESSION.nextLo + side] = (sequence + payloadWire) | 0;
        words[s + SESSION.segmentUsLo + side] = (Math.imul(sec | 0, 1_000_000) + ((ns / 1000) | 0)) | 0;
        sink.session = session;
        sink.direction = direction;
        sink.fromLo = fromLo;
        sink.isLate = isLate;
        sink.seconds = sec;
        sink.nanos = ns;
        sink.operationIndex = -1;
        sink.protocolText = modbusText;
        sink.measuresByRange = true;
        const rest = readModbus(bytes, view, payload, payloadEnd, direction, NO_MEMORY, sink);
        if (rest !== payloadEnd) goOn(state, session, side, direction, bytes, view, payload, rest, payloadEnd, sink);
      } else if (app > 0 || (app === 0 && payload < payloadEnd && keyWord >= KIND_IP)) {
        sink.isLate = isLate;
        sink.seconds = sec;
        sink.nanos = ns;
        const isTcp = (keyWord & 0xff) === IP_PROTOCOL.tcp;
        readPayload(state, session, fromLo, isTcp, tcpFlags, sequence, acknowledgement, bytes, view, payload, payloadEnd, payloadWire, sink);
      } else noteRequest(state, session, fromLo, sec, ns);
    } else if ((tcpFlags & TCP_ACK) !== 0 && words[s + SESSION.app] > 0 && (words[s + SESSION.flags] & PLAIN) === 0) {
      const stream = streams[words[s + SESSION.app] - 1];
      if (stream !== null && stream.isHolding) {
        sink.seconds = sec;
        sink.nanos = ns;
        sink.isLate = isLate;
        acknowledge(state, session, 1 - side, acknowledgement, sink);
      }
    }
    if ((tcpFlags & (TCP_FIN | TCP_RST)) !== 0 && (words[s + SESSION.flags] & FLAG.closing) !== 0) finishStream(state, session, sink, NOTHING_TO_READ);
  }
  if (hourTotals !== null) {
    hourTotals.packets += hourPackets;
    hourTotals.bytes += hourBytes;
  }
  if (lastSec !== NO_LAST) widenSpan(totals, lastSec, lastNs);
  totals.packets += to - from;
  totals.bytes += octets;
}

/** Session keys of IP conversations are at or above this; MAC conversations below. */
const KIND_IP = sessionKeyWord(KIND.ipv4, 0);

function hourOf(state: FlowState, hour: number): HourTotals {
  let totals = state.hours.get(hour);
  if (totals === undefined) {
    totals = { packets: 0, bytes: 0, lostSegments: 0, duplicates: 0 };
    state.hours.set(hour, totals);
  }
  return totals;
}

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

function newSession(
  state: FlowState,
  keyA: number,
  keyB: number,
  ports: number,
  keyWord: number,
  fromLo: boolean,
  vlan: number,
  frame: DecodedFrame | null,
  view: DataView,
): number {
  const session = internKey(state.sessions, keyA, keyB, ports, keyWord);
  const words = state.sessions.keys;
  const s = session * SESSION.stride;
  words[s + SESSION.flags] = firstSender(fromLo, frame, view) ? FLAG.firstFromLo : 0;
  words[s + SESSION.hour] = UNBEGUN;
  words[s + SESSION.vlan] = vlan;
  words[s + SESSION.rttUs] = -1;
  return session;
}

/** The session's first frame of an hour: what it counted before is folded, and this is the first and last instant. */
function beginHour(state: FlowState, session: number, hour: number, sec: number, ns: number): void {
  foldSession(state, session);
  const { keys: words, doubles } = state.sessions;
  const s = session * SESSION.stride;
  const d = s >> 1;
  words[s + SESSION.hour] = hour;
  const stream = words[s + SESSION.app] > 0 ? state.streams[words[s + SESSION.app] - 1] : null;
  if (stream !== null && stream !== undefined) stream.hour = hour;
  const isTimed = sec === sec;
  doubles[d + SESSION.firstSecondsD] = isTimed ? sec : NO_FIRST;
  words[s + SESSION.firstNanos] = isTimed ? ns : 0;
  doubles[d + SESSION.lastSecondsD] = isTimed ? sec : NO_LAST;
  words[s + SESSION.lastNanos] = isTimed ? ns : 0;
}

/** A frame that is earlier than one before it, or has no time. */
function noteLate(state: FlowState, session: number, sec: number, ns: number): void {
  const { keys: words, doubles } = state.sessions;
  const s = session * SESSION.stride;
  const d = s >> 1;
  const last = doubles[d + SESSION.lastSecondsD];
  if (sec > last || (sec === last && ns > words[s + SESSION.lastNanos])) {
    doubles[d + SESSION.lastSecondsD] = sec;
    words[s + SESSION.lastNanos] = ns;
  }
  const first = doubles[d + SESSION.firstSecondsD];
  if (sec < first || (sec === first && ns < words[s + SESSION.firstNanos])) {
    doubles[d + SESSION.firstSecondsD] = sec;
    words[s + SESSION.firstNanos] = ns;
  }
}

/** Who asked first: the sender, but for ICMP answers (RFC 792, RFC 4443), whose sender was asked. */
function firstSender(fromLo: boolean, frame: DecodedFrame | null, view: DataView): boolean {
  if (frame === null || frame.payload < 0 || frame.payload >= frame.payloadEnd) return fromLo;
  const type = view.getUint8(frame.payload);
  const isAnswer =
    (frame.transport === IP_PROTOCOL.icmp && (type === 0 || type === 14 || type === 16 || type === 18)) ||
    (frame.transport === IP_PROTOCOL.icmpv6 && (type === 129 || type === 134 || type === 136));
  return isAnswer ? !fromLo : fromLo;
}

/** Once per session, direction and hour: that it spoke, which MAC sends for its address, and what ARP, LLDP and DCP say of it. */
function noteSender(
  state: FlowState,
  session: number,
  side: number,
  view: DataView,
  macAt: number,
  sec: number,
  ns: number,
  tcpFlags: number,
  frame: DecodedFrame | null,
): void {
  const words = state.sessions.keys;
  const f = session * SESSION.stride + SESSION.flags;
  if ((tcpFlags & TCP_RST) === 0) words[f] |= FLAG.spokeLo << side;
  if (macAt < 0 || (words[f] & (FLAG.macLo << side)) !== 0) return;
  const mac = internMac(state.addresses, view, macAt);
  if (frame !== null && frame.kind === KIND.link) {
    tellLinkLayer(state, frame, view, mac, sec, ns);
    return;
  }
  words[f] |= FLAG.macLo << side;
  const word = words[session * SESSION.stride + side];
  bindMac(state, frame === null || frame.kind === KIND.ipv4 ? internIpv4(state.addresses, word) : word, mac, sec, ns);
}

function bindMac(state: FlowState, address: number, mac: number, sec: number, ns: number): void {
  const index = internKey(state.macs, address, mac, 0, 0);
  if (state.macs.added) state.macSpans.push({ firstSeconds: NO_FIRST, firstNanos: 0, lastSeconds: NO_LAST, lastNanos: 0 });
  if (sec === sec) widenSpan(state.macSpans[index], sec, ns);
}

function tellLinkLayer(state: FlowState, frame: DecodedFrame, view: DataView, mac: number, sec: number, ns: number): void {
  const { payload, payloadEnd } = frame;
  if (payload < 0) return;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const tell = (name: string, value: string): void => noteAddressFact(state, mac, name, value);
  if (frame.etherType === ETHER_TYPE.arp) {
    if (readArp(view, payload, payloadEnd, claim)) bindMac(state, internIpv4(state.addresses, claim.address), internMac(state.addresses, view, claim.macAt), sec, ns);
    else count(state, 'arp.not-a-claim');
  } else if (frame.etherType === ETHER_TYPE.lldp) {
    const management = readLldp(bytes, view, payload, payloadEnd, tell);
    if (management !== 0) bindMac(state, internIpv4(state.addresses, management), mac, sec, ns);
  } else if (frame.etherType === PROFINET) readProfinetDcp(bytes, view, payload, payloadEnd, tell);
}

/** SYN, FIN and RST: direction, round trip, new sessions on old ports, and when a stream is over. */
function noteTcpFlags(state: FlowState, session: number, side: number, tcpFlags: number, sequence: number, sec: number, ns: number): void {
  const s = session * SESSION.stride;
  const words = state.sessions.keys;
  const us = sec === sec ? (sec % 2000) * 1_000_000 + Math.floor(ns / 1000) : -1;
  if ((tcpFlags & TCP_SYN) !== 0) {
    // The same again (sent once more, or mirrored late) after data was read: it begins nothing.
    const repeated =
      (tcpFlags & TCP_ACK) === 0
        ? (words[s + SESSION.flags] & (FLAG.synFromLo << side)) !== 0 && words[s + SESSION.synSequence] === sequence
        : (words[s + SESSION.flags] & (FLAG.synAckFromLo << side)) !== 0;
    if ((tcpFlags & TCP_ACK) === 0) {
      const again = (words[s + SESSION.flags] & ((FLAG.synFromLo | FLAG.synFromHi) | FLAG.finLo | FLAG.finHi | FLAG.reset)) !== 0;
      if (again && words[s + SESSION.synSequence] !== sequence) reopenSession(state, session);
      words[s + SESSION.flags] |= FLAG.synFromLo << side;
      words[s + SESSION.synSequence] = sequence;
      words[s + SESSION.synUs] = us;
    } else {
      words[s + SESSION.flags] |= FLAG.synAckFromLo << side;
      if (words[s + SESSION.rttUs] < 0 && (words[s + SESSION.flags] & (FLAG.synFromLo << (1 - side))) !== 0 && us >= 0 && words[s + SESSION.synUs] >= 0) {
        const rtt = us - words[s + SESSION.synUs];
        if (rtt >= 0) words[s + SESSION.rttUs] = rtt;
      }
      orient(state, session);
      learnServer(state, session);
    }
    const app = words[s + SESSION.app];
    if (app > 0) {
      const stream = state.streams[app - 1];
      if (stream !== null) recallStream(state, stream);
      if (stream !== null && !(repeated && hasPassed(stream.halves[side], sequence + 1))) startHalf(stream.halves[side], sequence + 1);
    }
    return;
  }
  if ((tcpFlags & TCP_RST) !== 0) words[s + SESSION.flags] |= FLAG.reset;
  if ((tcpFlags & TCP_FIN) !== 0) words[s + SESSION.flags] |= FLAG.finLo << side;
  const over = (words[s + SESSION.flags] & FLAG.reset) !== 0 || (words[s + SESSION.flags] & (FLAG.finLo | FLAG.finHi)) === (FLAG.finLo | FLAG.finHi);
  if (over) words[s + SESSION.flags] |= FLAG.closing;
}

/** A new session on the ports of an old one. */
function reopenSession(state: FlowState, session: number): void {
  const s = session * SESSION.stride;
  foldSession(state, session);
  if (state.sessions.keys[s + SESSION.app] !== 0) releaseStream(state, session, 0);
  const words = state.sessions.keys;
  words[s + SESSION.flags] &= FLAG.oriented | FLAG.clientIsLo | FLAG.firstFromLo | FLAG.serviceByProbe | (7 << 20);
  words[s + SESSION.rttUs] = -1;
}

/** A payload that is not a steady Modbus stream's next one: probed, put in order, read by its protocol. */
function readPayload(
  state: FlowState,
  session: number,
  fromLo: boolean,
  isTcp: boolean,
  tcpFlags: number,
  sequence: number,
  acknowledgement: number,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  wire: number,
  sink: FlowSink,
): void {
  const words = state.sessions.keys;
  const s = session * SESSION.stride;
  let app = words[s + SESSION.app];
  if (app === 0) {
    app = probeSession(state, session, bytes, from, to, fromLo, sequence) + 1;
    if (app > 0 && (tcpFlags & TCP_ACK) !== 0) expectAnswer(state, session, fromLo ? 1 : 0, acknowledgement);
  }
  if (app <= 0) {
    noteRequest(state, session, fromLo, sink.seconds, sink.nanos);
    return;
  }
  const stream = state.streams[app - 1];
  if (stream === null) return;
  aimSink(state, sink, stream, fromLo);
  const { direction } = sink;
  if (!isTcp) {
    const rest = stream.read(bytes, view, from, to, direction, stream.memory, sink);
    if (rest >= 0) stream.reads++;
    else stream.failures++;
  } else {
    recallStream(state, stream);
    const half = fromLo ? stream.lo : stream.hi;
    if (sequence === half.next && half.isPlain && to - from === wire) {
      half.next = (sequence + wire) | 0;
      half.at = instantUs(sink.seconds, sink.nanos);
      const rest = stream.read(bytes, view, from, to, direction, stream.memory, sink);
      if (rest === to) stream.reads++;
      else settleSegment(stream, half, direction, bytes, view, from, rest, to, sink, sink);
    } else takeSegment(stream, half, direction, sequence, bytes, view, from, to, wire, sink, sink);
    if (stream.isHolding && (tcpFlags & TCP_ACK) !== 0) acknowledge(state, session, fromLo ? 1 : 0, acknowledgement, sink);
  }
  if (!stream.confirmed) reviewStream(state, stream);
  else if (!stream.measuresByRange) noteRequest(state, session, fromLo, sink.seconds, sink.nanos);
  if (isTcp) lendStream(state, stream);
}

/** The plain read of a lent stream did not end with its segment. */
function goOn(
  state: FlowState,
  session: number,
  side: number,
  direction: number,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  rest: number,
  to: number,
  sink: FlowSink,
): void {
  const stream = state.streams[state.sessions.keys[session * SESSION.stride + SESSION.app] - 1];
  if (stream === null || stream === undefined) return;
  recallStream(state, stream);
  settleSegment(stream, stream.halves[side], direction, bytes, view, from, rest, to, sink, sink);
  lendStream(state, stream);
}

/** What this side acknowledges before the other one has said anything is where the other one's bytes begin. */
function expectAnswer(state: FlowState, session: number, side: number, acknowledged: number): void {
  const s = session * SESSION.stride;
  const words = state.sessions.keys;
  const stream = state.streams[words[s + SESSION.app] - 1];
  if (stream === null || stream === undefined || stream.halves[side].known) return;
  if ((words[s + SESSION.flags] & (FLAG.synAckFromLo << side)) !== 0 && words[s + SESSION.payloadsLo + side] === 0) startHalf(stream.halves[side], acknowledged);
}

function acknowledge(state: FlowState, session: number, side: number, acknowledged: number, sink: FlowSink): void {
  const stream = state.streams[state.sessions.keys[session * SESSION.stride + SESSION.app] - 1];
  if (stream === null || stream === undefined) return;
  aimSink(state, sink, stream, side === 0);
  noteAcknowledged(stream, stream.halves[side], sink.direction, acknowledged, sink, sink);
}

/** A client's payload in a conversation whose protocol gives no rhythm of its own. */
function noteRequest(state: FlowState, session: number, fromLo: boolean, sec: number, ns: number): void {
  const s = session * SESSION.stride;
  const words = state.sessions.keys;
  let conversation = words[s + SESSION.conversation] - 1;
  if (conversation < 0) {
    const answered = (words[s + SESSION.flags] & FLAG.spokeLo) !== 0 && (words[s + SESSION.flags] & FLAG.spokeHi) !== 0;
    if (!answered && words[s + SESSION.payloadsLo] + words[s + SESSION.payloadsHi] < ONE_WAY_PAYLOADS) return;
    conversation = conversationOf(state, session, false);
    if (conversation < 0) return;
  }
  if (fromLo !== ((state.sessions.keys[s + SESSION.flags] & FLAG.clientIsLo) !== 0) || sec !== sec) return;
  noteConversationRequest(state, conversation, sec, ns);
}

