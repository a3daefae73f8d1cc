/**
 * Pass one over a group of frames: where each one's session is, and what its headers say. In: frames of a batch. Out: the
 * columns of GROUP. Nothing is counted here and no frame depends on another, so that the processor overlaps the waits
 * for the table's slots and records, and pass two (steady.ts, feed.ts) finds them in its caches.
 *
 * Hand-inlined for what nearly every frame of a plant is: Ethernet, at most one 802.1Q tag, IPv4 without options or
 * fragments, TCP or UDP, a session that is known. Every other frame is left to `decodeFrame`, which this must equal.
 */
import * as frames from '../decode/decoded-frame.ts';
import * as ethernet from '../decode/ethernet.ts';
import * as transport from '../decode/transport.ts';
import type { FrameBatch } from '../source/frame-batch.ts';
import { sessionKeyWord } from './conversations.ts';
import * as layout from './flow-state.ts';
import type { FlowState } from './flow-state.ts';
import * as table from './int-table.ts';
import * as memory from './mirror-memory.ts';

// V8 folds the constants of the module at hand (and members of frozen ones) into the code; imported ones it loads and checks at every use.
const { KIND } = frames;
const { ETHER_TYPE, VLAN_ID } = ethernet;
const { IP_PROTOCOL } = transport;
const { CONVERSATION, SESSION } = layout;
const { INDEX_MASK, SEED } = table;
const { hashOctets, packetHash, PLAIN_UDP } = memory;

/** Frames of one group: their columns stay in the first-level cache between the passes, their sessions' records in the second. */
const MOST_FRAMES = 256;
export const GROUP_FRAMES = MOST_FRAMES;

const column = (): Int32Array => new Int32Array(MOST_FRAMES);

/**
 * The group at hand, a column for each thing that is known of a frame; refilled for every group. Columns of the module, all of
 * one length: V8 knows where they are, and one check of the place in the group serves all of them. Offsets are in the batch's octets.
 */
const columns = Object.freeze({
  /** Filled for every frame; the others only where `isRead`, or by who decoded it (feed.ts). Instant as instantUs of tcp-stream.ts. */
  seconds: new Float64Array(MOST_FRAMES),
  nanos: column(),
  instant: column(),
  /** Octets of the frame on the wire, unsigned. */
  wire: column(),
  /** 1: the fast path read all headers. */
  isRead: column(),
  /** Index of the session; negative: only `decodeFrame` can tell. */
  session: column(),
  /** Flags of TCP (0 for UDP), and above them 0: sent by the session's lower end, 1: by the higher one. */
  flags: column(),
  sequence: column(),
  /** Of TCP. */
  acknowledgement: column(),
  /** The transport's header. */
  header: column(),
  payload: column(),
  payloadEnd: column(),
  /** Octets of payload on the wire. */
  payloadWire: column(),
  /** Of the 802.1Q tag, -1 without, and where it says 0, none. */
  vlan: column(),
  keyA: column(),
  keyB: column(),
  ports: column(),
  keyWord: column(),
  hash: column(),
  /** What tells the packet from all others but its copies (packetHash of mirror-memory.ts). */
  packet: column(),
});
export const GROUP = columns;
const { wire: wires, isRead, session: sessions, flags: flagsOf, sequence: sequences, acknowledgement: acknowledgements, header: headers, payload: payloads, payloadEnd: payloadEnds, payloadWire: payloadWires, vlan: vlans, keyA: keysA, keyB: keysB, ports: portsOf, keyWord: keyWords, hash: hashes, packet: packets } = columns;

const SIDE_BIT = 1 << 8;
export const FROM_HI = SIDE_BIT;

const ETHERNET_IPV4_TCP = 54;
const IPV4_WORD = sessionKeyWord(KIND.ipv4, 0);

/** Slots of so many sessions and their records are in no cache: 256 KiB, and 4 to 8 MiB. */
const FAR_SLOTS = 1 << 16;

/** Fills the columns for the Ethernet frames in [from, to), at most GROUP_FRAMES of them. */
export function locateFrames(state: FlowState, batch: FrameBatch, from: number, to: number): void {
  readHeaders(batch, from, to);
  const isFar = state.sessions.slots.length > FAR_SLOTS;
  if (isFar) touchSlots(state, to - from);
  else touchSessions(state, to - from);
  findSessions(state, to - from);
  if (isFar) touchConversations(state, to - from);
}

/** Reads the headers of the frames in [from, to), and the hash of their sessions' keys. */
function readHeaders(batch: FrameBatch, from: number, to: number): void {
  const { view, offset, captured } = batch;
  const count = to - from;
  for (let k = 0; k < count; k++) {
    isRead[k] = 0;
    const at = offset[from + k];
    const cap = captured[from + k];
    if (cap < ETHERNET_IPV4_TCP) continue;
    let ip = at + 14;
    let type = view.getUint16(at + 12);
    let vlan = -1;
    if (type === ETHER_TYPE.vlan) {
      vlan = (view.getUint16(at + 14) & VLAN_ID) || -1;
      type = view.getUint16(at + 16);
      ip += 4;
    }
    if (type !== ETHER_TYPE.ipv4) continue;
    // Version 4, five words of header, not a fragment (RFC 791).
    const first = view.getInt32(ip);
    const fragment = view.getUint16(ip + 6);
    if (first >>> 24 !== 0x45 || (fragment & 0x3fff) !== 0) continue;
    const protocol = view.getUint8(ip + 9);
    const total = first & 0xffff;
    const onWire = wires[k];
    // What there is on the wire behind the link's header; lengths of 2^31 and more are no Ethernet frames.
    if (onWire < 0 || total <= 27 || total > (onWire > cap ? onWire : cap) - (ip - at)) continue;
    const end = at + cap;
    const l4 = ip + 20;
    if (end - l4 < 20) continue;
    let header = 8;
    let flags = 0;
    let sequence = 0;
    // What hashPlain of mirror.ts reads as well: sequence number, or length and checksum, and the two words behind.
    const second = view.getInt32(l4 + 4);
    const identity = view.getInt32(ip + 2);
    let third = second;
    let last = second;
    if (protocol === IP_PROTOCOL.tcp) {
      const word = view.getUint16(l4 + 12);
      header = (word >> 12) << 2;
      if (header < 20 || header > total - 20) continue;
      flags = word & 0xff;
      sequence = second;
      third = view.getInt32(l4 + 8);
      last = view.getInt32(l4 + 16);
    } else {
      if (protocol !== IP_PROTOCOL.udp || second >>> 16 !== total - 20) continue;
      if ((identity & 0xffff) === 0) third = hashOctets(view, l4 + 8, ip + total < end ? ip + total : end, 0);
      else if (total >= PLAIN_UDP) third = view.getInt32(l4 + 8);
    }
    const source = view.getInt32(ip + 12);
    const destination = view.getInt32(ip + 16);
    const sent = view.getInt32(l4);
    // Which end is the higher one is as good as random: a borrow as a mask (Hacker's Delight 2-12) instead of branches.
    // All bits where the sender is the higher end, none where it is the lower one.
    const less = source === destination ? (sent & 0xffff) - (sent >>> 16) : (source & ~destination) | ((source | ~destination) & ((destination - source) | 0));
    const fromHi = less >> 31;
    const crossed = (source ^ destination) & fromHi;
    const keyA = source ^ crossed;
    const keyB = destination ^ crossed;
    const ports = sent ^ ((sent ^ ((sent << 16) | (sent >>> 16))) & fromHi);
    const keyWord = IPV4_WORD | protocol;
    const ipEnd = ip + total < end ? ip + total : end;
    const payload = l4 + header;
    flagsOf[k] = flags | (fromHi & SIDE_BIT);
    sequences[k] = sequence;
    acknowledgements[k] = third;
    headers[k] = l4;
    payloads[k] = payload < ipEnd ? payload : ipEnd;
    payloadEnds[k] = ipEnd;
    payloadWires[k] = total - 20 - header;
    vlans[k] = vlan;
    packets[k] = packetHash(identity, source, destination, sent, second, third, last, (fragment << 8) | protocol);
    keysA[k] = keyA;
    keysB[k] = keyB;
    portsOf[k] = ports;
    keyWords[k] = keyWord;
    // hashKey of int-table.ts, inlined by hand because V8 does not inline into a function this long.
    let hash = SEED ^ Math.imul(keyA, 0xcc9e2d51);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) ^ Math.imul(keyB, 0x1b873593);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) ^ Math.imul(ports, 0x85ebca6b);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) ^ Math.imul(keyWord, 0xc2b2ae35);
    hash ^= hash >>> 16;
    hash = Math.imul(hash, 0x85ebca6b);
    hash ^= hash >>> 13;
    hashes[k] = hash;
    isRead[k] = 1;
  }
}

/**
 * The session of each frame. A loop so short that the waits for several records overlap: what the compared words decide is
 * foreseen by the processor, which goes on to the next frame meanwhile.
 */
function findSessions(state: FlowState, count: number): void {
  const { keys: words, slots, mask } = state.sessions;
  for (let k = 0; k < count; k++) {
    sessions[k] = -1;
    if (isRead[k] === 0) continue;
    const hash = hashes[k];
    let slot = hash & mask;
    let word = slots[slot];
    while (word !== 0 && ((word ^ hash) & ~INDEX_MASK) !== 0) {
      slot = (slot + 1) & mask;
      word = slots[slot];
    }
    const session = (word & INDEX_MASK) - 1;
    if (session < 0) continue;
    const s = session * SESSION.stride;
    if (words[s] === keysA[k] && words[s + 1] === keysB[k] && words[s + 2] === portsOf[k] && words[s + 3] === keyWords[k]) sessions[k] = session;
  }
}

/** What was touched ends here, or V8 would leave the loads out. */
const touched = new Int32Array(1);

/** Asks for the slots that findSessions will look at, all at once: without branches on what they hold no wait is in the way of the next. */
function touchSlots({ sessions: { slots, mask } }: FlowState, count: number): void {
  let all = 0;
  for (let k = 0; k < count; k++) all ^= slots[hashes[k] & mask];
  touched[0] = all;
}

/** Where the slots are in a cache, the same for the records behind them, both lines: a wrong guess about a collision costs nothing. */
function touchSessions({ sessions: { keys: words, slots, mask } }: FlowState, count: number): void {
  let all = 0;
  for (let k = 0; k < count; k++) {
    const session = (slots[hashes[k] & mask] & INDEX_MASK) - 1;
    if (session < 0) continue;
    const s = session * SESSION.stride;
    all ^= words[s] ^ words[s + (SESSION.stride >> 1)];
  }
  touched[0] = all;
}

/** The same for the conversations, whose rhythm a request of most protocols goes on with (rhythm.ts). */
function touchConversations(state: FlowState, count: number): void {
  const { keys: words } = state.sessions;
  const { keys: records } = state.conversations;
  let all = 0;
  for (let k = 0; k < count; k++) {
    const session = sessions[k];
    if (session < 0) continue;
    const conversation = words[session * SESSION.stride + SESSION.conversation] - 1;
    if (conversation < 0) continue;
    const c = conversation * CONVERSATION.stride;
    all ^= records[c + CONVERSATION.lastRequestNanos] ^ records[c + CONVERSATION.rhythm];
  }
  touched[0] = all;
}
