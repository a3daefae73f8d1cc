/**
 * The hot function: frames in, sessions counted, streams read. One pass per frame: where it came from and went to, the
 * session's record, four counters, and (for protocols that are read) the payload.
 *
 * The fast path is hand-inlined for what nearly every frame of a plant is: Ethernet, at most one 802.1Q tag, IPv4 without
 * options or fragments, TCP or UDP. Everything else goes through `decodeFrame`, which the fast path must equal: a property
 * test feeds both the same bytes (test/flow/fast-path.test.ts). Nothing here allocates per frame; all numbers are int32
 * but octet sums and seconds, which live in Float64Arrays.
 */
import { modbus, readModbus } from '../decode/app/modbus.ts';
import { TO_CLIENT, TO_SERVER, type SessionMemory } from '../decode/app/protocol.ts';
import { FRAGMENT, KIND, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type DecodedFrame } from '../decode/decoded-frame.ts';
import { ETHER_TYPE } from '../decode/ethernet.ts';
import { decodeFrame, LINK_TYPE } from '../decode/stack.ts';
import { stopCode } from '../decode/stop.ts';
import { IP_PROTOCOL } from '../decode/transport.ts';
import type { FrameBatch } from '../source/frame-batch.ts';
import { internIpv6, internMac } from './address-table.ts';
import { finishStream, NOTHING_TO_READ } from './app-sessions.ts';
import { sessionKeyWord } from './conversations.ts';
import { count, FLAG, internText, NO_HOUR, NO_LAST, SESSION, widenSpan, type FlowState, type HourTotals } from './flow-state.ts';
import { noteRefusal } from './icmp-refusal.ts';
import { clearIntTable, findKey, grownInt32, INDEX_MASK, internKey, SEED } from './int-table.ts';
import type { FlowSink } from './operations.ts';
import { beginHour, newSession, noteLate, noteSender, noteTcpFlags } from './session-frames.ts';
import { acknowledge, goOn, noteRequest, readPayload } from './session-payload.ts';

const SECONDS_PER_HOUR = 3600;
/** Seconds from here on (year 2262) do not fit the store's 64-bit nanoseconds. Times before 1970 are kept, but belong to no hour. */
const MAX_SECONDS = 9_223_372_036;
const MAX_FRAGMENTS = 4096;

const ETHERNET_IPV4_TCP = 54;
const LATER_V4 = stopCode('ipv4.later-fragment');
const LATER_V6 = stopCode('ipv6.later-fragment');

const PLAIN = FLAG.plainLo | FLAG.plainHi;
/** Modbus keeps nothing between messages. */
const NO_MEMORY: SessionMemory = {};

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
      if (frame.transport === IP_PROTOCOL.icmp || frame.transport === IP_PROTOCOL.icmpv6) noteRefusal(state, frame, view);
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
