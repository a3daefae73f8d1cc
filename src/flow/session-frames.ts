/**
 * What is rare about a session's frames: its first one, the first of an hour, one out of time, whose MAC it came from, and
 * the flags of TCP that begin and end sessions. Called by the hot function (feed.ts), which does everything else itself.
 */
import { readArp, type ArpClaim } from '../decode/arp.ts';
import type { DecodedFrame } from '../decode/decoded-frame.ts';
import * as frames from '../decode/decoded-frame.ts';
import * as ethernet from '../decode/ethernet.ts';
import { readLldp } from '../decode/lldp.ts';
import * as transport from '../decode/transport.ts';
import { noteTagged } from './address-plan.ts';
import { internIpv4, internMac } from './address-table.ts';
import { recallStream, releaseStream } from './app-sessions.ts';
import { foldSession, learnServer, orient } from './conversations.ts';
import { count, widenSpan, type FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';
import { findKey, internKey } from './int-table.ts';
import { noteAddressFact } from './operations.ts';
import { hasPassed, isFarFrom, startHalf } from './tcp-stream.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { KIND, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } = frames;
const { ETHER_TYPE } = ethernet;
const { IP_PROTOCOL } = transport;
const { FLAG, NO_FIRST, NO_LAST, SESSION, UNBEGUN } = layout;

const claim: ArpClaim = { macAt: 0, address: 0 };

export function newSession(
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
export function beginHour(state: FlowState, session: number, hour: number, sec: number, ns: number): void {
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
export function noteLate(state: FlowState, session: number, sec: number, ns: number): void {
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

/** Once per session, direction and hour: that it spoke, which MAC sends for its address, and what ARP and LLDP say of it. */
export function noteSender(
  state: FlowState,
  session: number,
  side: number,
  view: DataView,
  macAt: number,
  vlan: number,
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
  const isIpv4 = frame === null || frame.kind === KIND.ipv4;
  const address = isIpv4 ? internIpv4(state.addresses, word) : word;
  bindMac(state, address, mac, sec, ns);
  if (isIpv4) noteTagged(state, address, mac, vlan);
}

/** Pairs of address and MAC kept between two terms of the flood's budget; a plant has a few hundred. */
const MAX_MACS = 65_536;

function bindMac(state: FlowState, address: number, mac: number, sec: number, ns: number): void {
  if (state.macs.count >= MAX_MACS && findKey(state.macs, address, mac, 0, 0) < 0) {
    count(state, 'limit.macs');
    return;
  }
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
  }
}

/** A round trip that began: less by when it did (microseconds below 2^31). */
const SYN_CAME = -2;

/**
 * Whether a reset is none, being far from where its sender's octets are: no receiver takes it (RFC 5961 section 3.2), so it was forged, or
 * is of an earlier session on the same ports. What is asked and not answered yet stays known.
 */
export function isStrayReset(state: FlowState, session: number, side: number, sequence: number): boolean {
  const app = state.sessions.keys[session * SESSION.stride + SESSION.app];
  const stream = app > 0 ? state.streams[app - 1] : null;
  if (stream === null || stream === undefined) return false;
  recallStream(state, stream);
  if (!isFarFrom(stream.halves[side], sequence)) return false;
  count(state, 'tcp.stray-reset');
  return true;
}

/** SYN, FIN and RST: direction, round trip, new sessions on old ports, and when a stream is over. @param isAnew what beginsAnew said */
export function noteTcpFlags(state: FlowState, session: number, side: number, tcpFlags: number, sequence: number, acknowledged: number, sec: number, ns: number, isAnew: boolean): void {
  const s = session * SESSION.stride;
  const words = state.sessions.keys;
  const us = sec === sec ? (sec % 2000) * 1_000_000 + Math.floor(ns / 1000) : -1;
  if ((tcpFlags & TCP_SYN) !== 0) {
    const isAnswer = (tcpFlags & TCP_ACK) !== 0;
    // A SYN-ACK names the SYN that it answers: where that one was lost, the new session is known by it.
    const first = isAnswer ? (acknowledged - 1) | 0 : sequence;
    const flags = words[s + SESSION.flags];
    const isKnown = isAnswer && (flags & (FLAG.synFromLo << (1 - side))) !== 0;
    const again = (flags & ((isAnswer ? 0 : FLAG.synFromLo | FLAG.synFromHi) | FLAG.finLo | FLAG.finHi | FLAG.reset)) !== 0;
    const isNew = again && (words[s + SESSION.synSequence] !== first || (!isAnswer && isAnew));
    // The same again (sent once more, or mirrored late) after data was read: it begins nothing.
    const repeated = !isNew && (flags & ((isAnswer ? FLAG.synAckFromLo : FLAG.synFromLo) << side)) !== 0;
    if (isNew) reopenSession(state, session);
    if (isNew || !isKnown) words[s + SESSION.synSequence] = first;
    if (!isAnswer) {
      words[s + SESSION.flags] |= FLAG.synFromLo << side;
      if (words[s + SESSION.rttUs] < 0) words[s + SESSION.rttUs] = us < 0 ? -1 : SYN_CAME - us;
    } else {
      words[s + SESSION.flags] |= FLAG.synAckFromLo << side;
      if (words[s + SESSION.rttUs] <= SYN_CAME && (words[s + SESSION.flags] & (FLAG.synFromLo << (1 - side))) !== 0 && us >= 0) {
        const rtt = us - (SYN_CAME - words[s + SESSION.rttUs]);
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

/** Seconds without a frame, after which a SYN is none sent or mirrored again: that comes among its session's frames (RFC 6298 section 2). */
const QUIET_SECONDS = 1;

/**
 * Whether a SYN begins a session anew although it has the number of the one before, as from a device that begins with the same one
 * each time: the session had data, and was silent. Asked before the frame is counted.
 */
export function beginsAnew(state: FlowState, session: number, sec: number): boolean {
  const { keys: words, doubles } = state.sessions;
  const s = session * SESSION.stride;
  if (!(sec - doubles[(s >> 1) + SESSION.lastSecondsD] > QUIET_SECONDS)) return false;
  const flags = words[s + SESSION.flags];
  const isOver = (flags & FLAG.closing) !== 0;
  if (!isOver && (flags & (FLAG.synAckFromLo | FLAG.synAckFromHi)) === 0) return false;
  return words[s + SESSION.payloadsLo] + words[s + SESSION.payloadsHi] > 0 || words[s + SESSION.app] > 0 || (isOver && (flags & FLAG.serviceByProbe) !== 0);
}

/** A new session on the ports of an old one. */
function reopenSession(state: FlowState, session: number): void {
  const s = session * SESSION.stride;
  foldSession(state, session);
  if (state.sessions.keys[s + SESSION.app] !== 0) releaseStream(state, session, 0);
  const words = state.sessions.keys;
  words[s + SESSION.flags] &= FLAG.oriented | FLAG.clientIsLo | FLAG.askerIsLo | FLAG.askerProven | FLAG.firstFromLo | FLAG.serviceByProbe | (7 << 20);
  words[s + SESSION.rttUs] = -1;
}

/** What this side acknowledges before the other one has said anything is where the other one's bytes begin. */
export function expectAnswer(state: FlowState, session: number, side: number, acknowledged: number): void {
  const s = session * SESSION.stride;
  const words = state.sessions.keys;
  const stream = state.streams[words[s + SESSION.app] - 1];
  if (stream === null || stream === undefined || stream.halves[side].known) return;
  if ((words[s + SESSION.flags] & (FLAG.synAckFromLo << side)) !== 0 && words[s + SESSION.payloadsLo + side] === 0) startHalf(stream.halves[side], acknowledged);
}
