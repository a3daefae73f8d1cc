/**
 * What a mirror port does to what it copies, looked at before its payload is read: frames that came twice, and VLANs.
 * In: frames, in groups whose headers locate.ts has read, or one by one. Out: counts per hour, and which datagrams were read already.
 *
 * A mirror of several ports or VLANs copies a frame on its way in and on its way out, tagged differently, perhaps routed in
 * between: so link header, tags, time to live and header checksum are left out of what is compared, and all that tells one
 * packet from the next (identification, addresses, ports, sequence numbers, the transport's checksum) is in it. The same
 * again within 5 ms is a copy: no sender repeats itself so soon, and one that did would number its packets.
 * Packets and octets stay as captured. Operations do not count twice: what a copy carries is marked as read here.
 */
import * as frames from '../decode/decoded-frame.ts';
import * as ethernet from '../decode/ethernet.ts';
import { isVlanTag, mayCarryIp } from '../decode/ethernet.ts';
import { DESTINATION_OPTIONS, HOP_BY_HOP, MAX_EXTENSIONS, ROUTING } from '../decode/ipv6.ts';
import { decodeFrame } from '../decode/stack.ts';
import type { FrameBatch } from '../source/frame-batch.ts';
import { countInHour, type FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';
import * as locating from './locate.ts';
import * as memory from './mirror-memory.ts';
import * as streams from './tcp-stream.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { KIND } = frames;
const { VLAN_ID } = ethernet;
const { NO_HOUR } = layout;
const { GROUP } = locating;
const { instant: instants, isRead, vlan: vlans, packet: packets, header: headers } = GROUP;
const { hashOctets, mix, packetHash, PLAIN_UDP, SLOT_BITS } = memory;
const { DUPLICATE_US, instantUs } = streams;

/** VLANs of one hour that have a counter of their own; a flood of tags makes no flood of rows. */
const MAX_VLANS = 256;

/** LINKTYPE_ numbers (https://www.tcpdump.org/linktypes.html). */
const ETHERNET = 1;
const RAW = 101;
const LINUX_SLL = 113;
const LINUX_SLL2 = 276;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TCP = 6;
const UDP = 17;
const MAX_TAGS = 4;
/** Octets. The IPv4 header is one without options. */
const ETHERNET_HEADER = 14;
const IPV4_HEADER = 20;
/** Shorter frames are not looked at. */
const SHORTEST = 20;
/** Octets compared of what follows an IP header: those with the transport's checksum. */
const TRANSPORT_OCTETS = 20;

/**
 * Whoever sends these below IP numbers what is sent: PROFINET (cycle counter, Xid of DCP), GOOSE (stNum, sqNum), sampled values (smpCnt),
 * PTP (sequenceId). Not EtherCAT, of which a master may send the same each millisecond.
 */
const NUMBERED: ReadonlySet<number> = new Set([0x8892, 0x88b8, 0x88ba, 0x88f7]);

/**
 * The frames [from, to) of a group that locateFrames has just read, all of one hour: their columns say what to compare.
 * @returns how many of them came before
 */
export function noteGroup(state: FlowState, batch: FrameBatch, from: number, to: number): number {
  const { view, offset, captured } = batch;
  const { seen, repeated } = state.mirror;
  let copies = 0;
  for (let k = 0; k < to - from; k++) {
    const i = from + k;
    if (isRead[k] === 0) {
      if (noteFrame(state, batch, i)) copies++;
      continue;
    }
    const vlan = vlans[k];
    if (vlan >= 0) countVlan(state, vlan);
    if (!isCopy(seen, packets[k], instants[k])) continue;
    copies++;
    repeated.add(payloadOf(view, IPV4, headers[k] - IPV4_HEADER, offset[i] + captured[i]));
  }
  return copies;
}

/** Any frame: of whatever link, cut short, tagged more than once. @param hour its hour: without one, only VLANs are counted @returns whether it came before */
export function noteFrame(state: FlowState, batch: FrameBatch, i: number, hour = 0): boolean {
  const { view, linkType } = batch;
  const at = batch.offset[i];
  const end = at + batch.captured[i];
  if (end - at < SHORTEST) return false;
  let ip: number;
  let type: number;
  if (linkType === ETHERNET) {
    ip = at + ETHERNET_HEADER;
    type = view.getUint16(at + 12);
  } else if (linkType === RAW) {
    ip = at;
    type = view.getUint8(at) >> 4 === 6 ? IPV6 : IPV4;
  } else if (linkType === LINUX_SLL || linkType === LINUX_SLL2) {
    ip = linkType === LINUX_SLL ? at + 16 : at + 20;
    type = view.getUint16(linkType === LINUX_SLL ? at + 14 : at);
  } else return false;
  for (let tags = 0; tags < MAX_TAGS && isVlanTag(type) && ip + 4 <= end; tags++) {
    const vlan = view.getUint16(ip) & VLAN_ID;
    if (vlan > 0) countVlan(state, vlan);
    type = view.getUint16(ip + 2);
    ip += 4;
  }
  if (mayCarryIp(type)) {
    const { frame } = state;
    decodeFrame(frame, view, linkType, at, end - at, batch.wire[i] >>> 0);
    if (frame.networkAt >= 0) {
      ip = frame.networkAt;
      type = frame.kind === KIND.ipv4 ? IPV4 : IPV6;
    } else if (frame.payload >= 0) {
      ip = frame.payload;
      type = frame.etherType;
    }
  }
  if (hour === NO_HOUR) return false;
  const isPlain = type === IPV4 && end - ip >= IPV4_HEADER + TRANSPORT_OCTETS && view.getUint8(ip) === 0x45;
  const hash = isPlain ? hashPlain(view, ip, end) : hashOther(view, type, ip, end, linkType === ETHERNET ? at : -1);
  if (!isCopy(state.mirror.seen, hash, instantUs(batch.seconds[i], batch.nanos[i]))) return false;
  // What the snap length cut off may be the number.
  if (!NUMBERED.has(type)) state.mirror.repeated.add(payloadOf(view, type, ip, end));
  else if (end - at === batch.wire[i] >>> 0) state.mirror.repeated.add(ip);
  return true;
}

/** Whether the same passed just now; remembers it if not. */
function isCopy(seen: Int32Array, hash: number, us: number): boolean {
  const slot = (hash >>> (32 - SLOT_BITS)) << 1;
  if (seen[slot] === hash && Math.abs((us - seen[slot + 1]) | 0) <= DUPLICATE_US) return true;
  seen[slot] = hash;
  seen[slot + 1] = us;
  return false;
}

/** IPv4 without options, of any protocol. Equals what locate.ts makes of the words that it reads anyway (test/flow/fast-path.test.ts). */
function hashPlain(view: DataView, ip: number, end: number): number {
  const protocol = view.getUint8(ip + 9);
  const isUdp = protocol === UDP;
  const total = view.getUint16(ip + 2);
  const identity = view.getInt32(ip + 2);
  const isUnmarked = isUdp && (identity & 0xffff) === 0;
  const third = isUnmarked ? hashOctets(view, ip + 28, ip + total < end ? ip + total : end, 0) : view.getInt32(isUdp && total < PLAIN_UDP ? ip + 24 : ip + 28);
  const last = isUdp ? ip + 24 : ip + 36;
  const fragment = view.getUint16(ip + 6);
  return packetHash(identity, view.getInt32(ip + 12), view.getInt32(ip + 16), view.getInt32(ip + 20), view.getInt32(ip + 24), third, view.getInt32(last), (fragment << 8) | protocol);
}

const IPV6_HEADER = 40;
/** Of the extension headers that the decoder follows, those that a copy of the packet has as it was (RFC 8200 section 4). */
const EXTENSIONS: ReadonlySet<number> = new Set([HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS]);

/** The header behind IP's own and those of its extensions, and its protocol; refilled for every call. */
const behind = { at: 0, protocol: 0 };

/** @returns false where not even IP's header is there */
function skipIp(view: DataView, type: number, ip: number, end: number): boolean {
  const isIpv4 = type === IPV4;
  if ((!isIpv4 && type !== IPV6) || end - ip < (isIpv4 ? IPV4_HEADER : IPV6_HEADER)) return false;
  let header = isIpv4 ? ip + ((view.getUint8(ip) & 15) << 2) : ip + IPV6_HEADER;
  let protocol = view.getUint8(isIpv4 ? ip + 9 : ip + 6);
  const most = isIpv4 ? 0 : MAX_EXTENSIONS;
  for (let passed = 0; passed < most && EXTENSIONS.has(protocol) && header + 8 <= end; passed++) {
    protocol = view.getUint8(header);
    header += (view.getUint8(header + 1) + 1) << 3;
  }
  behind.at = header;
  behind.protocol = protocol;
  return true;
}

/** Where TCP's or UDP's payload begins; -1 for others. */
function payloadOf(view: DataView, type: number, ip: number, end: number): number {
  if (!skipIp(view, type, ip, end)) return -1;
  const { at, protocol } = behind;
  if (protocol === UDP) return at + 8;
  return protocol === TCP && at + 13 <= end ? at + ((view.getUint8(at + 12) >> 4) << 2) : -1;
}

function countVlan({ mirror }: FlowState, vlan: number): void {
  if (mirror.vlanFrames[vlan]++ === 0) mirror.vlans.push(vlan);
}

/**
 * IPv6, IPv4 with options or cut short, and everything else. A frame without IP is compared as a whole: what is sent every
 * millisecond (PROFINET, GOOSE) differs in a counter that is anywhere. @param macs where the MAC addresses are, -1 without
 */
function hashOther(view: DataView, type: number, ip: number, end: number, macs: number): number {
  let hash = mix(type, macs < 0 ? 0 : 1);
  let from = ip;
  let to = end;
  if (skipIp(view, type, ip, end)) {
    const { at, protocol } = behind;
    from = at;
    // A datagram is compared as a whole: with IPv6 no identification tells it from the next (packetHash tells why its checksum does not).
    to = at + ((protocol === UDP && at + 6 <= end && view.getUint16(at + 4)) || TRANSPORT_OCTETS);
    if (type === IPV4) {
      hash = mix(mix(hash, view.getInt32(ip + 2)), (view.getUint16(ip + 6) << 8) | protocol);
      hash = mix(mix(hash, view.getInt32(ip + 12)), view.getInt32(ip + 16));
    } else {
      hash = mix(hash, (view.getUint16(ip + 4) << 8) | protocol);
      for (let word = ip + 8; word < ip + IPV6_HEADER; word += 4) hash = mix(hash, view.getInt32(word));
    }
  } else if (macs >= 0) {
    for (let word = macs; word < macs + 12; word += 4) hash = mix(hash, view.getInt32(word));
    hash = mix(hash, end - ip);
  }
  return hashOctets(view, from, to < end ? to : end, hash);
}

/** The frames of each VLAN since the last time belong to this hour. */
export function settleVlans(state: FlowState, hour: number): void {
  const { vlans, vlanFrames } = state.mirror;
  if (vlans.length === 0) return;
  vlans.forEach((vlan, order) => {
    countInHour(state, hour, order < MAX_VLANS ? `vlan.${vlan}` : 'vlan.more', vlanFrames[vlan]);
    vlanFrames[vlan] = 0;
  });
  vlans.length = 0;
}
