/**
 * What a mirror port does to what it copies, looked at before anything is decoded: frames that came twice, and VLANs.
 * In: frames of a batch. Out: counts per hour, and which datagrams were read already.
 *
 * A mirror of several ports or VLANs copies a frame on its way in and on its way out, tagged differently, perhaps routed in
 * between: so link header, tags, time to live and header checksum are left out of what is compared, and all that tells one
 * packet from the next (identification, addresses, ports, sequence numbers, the transport's checksum) is in it. The same
 * again within 5 ms is a copy: no sender repeats itself so soon, and one that did would number its packets.
 * Packets and octets stay as captured. Operations do not count twice: what a copy carries is marked as read here.
 */
import type { FrameBatch } from '../source/frame-batch.ts';
import { countInHour, hourTotalsOf, NO_HOUR, type FlowState } from './flow-state.ts';
import { SLOT_BITS } from './mirror-memory.ts';
import { DUPLICATE_US, instantUs } from './tcp-stream.ts';

const SECONDS_PER_HOUR = 3600;
const MAX_SECONDS = 9_223_372_036;
/** VLANs of one hour that have a counter of their own; a flood of tags makes no flood of rows. */
const MAX_VLANS = 256;

/** LINKTYPE_ numbers (https://www.tcpdump.org/linktypes.html). */
const ETHERNET = 1;
const RAW = 101;
const LINUX_SLL = 113;
const LINUX_SLL2 = 276;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLAN = 0x8100;
const PROVIDER_VLAN = 0x88a8;
const TCP = 6;
const UDP = 17;
const MAX_TAGS = 4;
/** Octets of an IPv4 header without options and a TCP header. */
const IPV4_TCP = 40;
/** Octets compared of a frame without IP, and of what follows another IP header. */
const MOST_OCTETS = 64;
const TRANSPORT_OCTETS = 20;

/** Counts what the batch shows of the mirror port. Called before the batch is fed. */
export function noteMirror(state: FlowState, batch: FrameBatch): void {
  const { view, offset, captured, seconds, nanos, linkType, count } = batch;
  const { seen, repeated } = state.mirror;
  if (repeated.size > 0) repeated.clear();
  if (linkType !== ETHERNET && linkType !== RAW && linkType !== LINUX_SLL && linkType !== LINUX_SLL2) return;
  let hourStart = 0;
  let hourEnd = 0;
  let hour = NO_HOUR;
  let duplicates = 0;
  for (let i = 0; i < count; i++) {
    const at = offset[i];
    const end = at + captured[i];
    if (end - at < 20) continue;
    const sec = seconds[i];
    if (!(sec >= hourStart && sec < hourEnd)) {
      settleHour(state, hour, duplicates);
      duplicates = 0;
      hour = sec >= 0 && sec < MAX_SECONDS ? Math.floor(sec / SECONDS_PER_HOUR) : NO_HOUR;
      hourStart = hour === NO_HOUR ? 0 : hour * SECONDS_PER_HOUR;
      hourEnd = hour === NO_HOUR ? 0 : hourStart + SECONDS_PER_HOUR;
    }
    let ip = at + 14;
    let type: number;
    if (linkType === ETHERNET) {
      type = view.getUint16(at + 12);
      if (type === VLAN || type === PROVIDER_VLAN) {
        ip = skipTags(state, view, at, end);
        type = view.getUint16(ip - 2);
      }
    } else if (linkType === RAW) {
      ip = at;
      type = view.getUint8(at) >> 4 === 6 ? IPV6 : IPV4;
    } else {
      ip = linkType === LINUX_SLL ? at + 16 : at + 20;
      type = view.getUint16(linkType === LINUX_SLL ? at + 14 : at);
    }
    let hash: number;
    if (type === IPV4 && end - ip >= IPV4_TCP && view.getUint8(ip) === 0x45) {
      // Nearly every frame of a plant, here without a call: length and identification, addresses, ports; both sequence numbers
      // and the checksum, or length, checksum and payload. Sums of products need not wait for one another as a chain would.
      const protocol = view.getUint8(ip + 9);
      let ahead = 28;
      let last = 36;
      if (protocol === UDP) {
        ahead = view.getUint16(ip + 2) < 32 ? 24 : 28; // behind a short payload there is padding
        last = 24;
      }
      hash = (Math.imul(view.getInt32(ip + 2), 0x9e3779b1) + Math.imul(view.getInt32(ip + 12), 0x85ebca77) + Math.imul(view.getInt32(ip + 16), 0xc2b2ae3d) + Math.imul(view.getInt32(ip + 20), 0x27d4eb2f)) | 0;
      hash = (hash + Math.imul(view.getInt32(ip + 24), 0x165667b1) + Math.imul(view.getInt32(ip + ahead), 0xe6546b65) + Math.imul(view.getInt32(ip + last), 0xcc9e2d51) + Math.imul((view.getUint16(ip + 6) << 8) | protocol, 0x1b873593)) | 0;
      hash ^= hash >>> 15;
    } else hash = hashOther(view, type, ip, end, linkType === ETHERNET ? at : -1);
    if (hour === NO_HOUR) continue;
    const us = instantUs(sec, nanos[i]);
    const slot = (hash >>> (32 - SLOT_BITS)) << 1;
    if (seen[slot] === hash && Math.abs((us - seen[slot + 1]) | 0) <= DUPLICATE_US) {
      duplicates++;
      repeated.add(payloadOf(view, type, ip, end));
    } else {
      seen[slot] = hash;
      seen[slot + 1] = us;
    }
  }
  settleHour(state, hour, duplicates);
}

/** Where TCP's or UDP's payload begins; -1 for others. */
function payloadOf(view: DataView, type: number, ip: number, end: number): number {
  const isIpv4 = type === IPV4;
  if (!isIpv4 && type !== IPV6) return -1;
  const header = isIpv4 ? ip + ((view.getUint8(ip) & 15) << 2) : ip + 40;
  const protocol = view.getUint8(isIpv4 ? ip + 9 : ip + 6);
  if (protocol === UDP) return header + 8;
  return protocol === TCP && header + 13 <= end ? header + ((view.getUint8(header + 12) >> 4) << 2) : -1;
}

/** Counts the tags' VLANs. @returns where the frame goes on behind them */
function skipTags(state: FlowState, view: DataView, at: number, end: number): number {
  const { vlanFrames, vlans } = state.mirror;
  let ip = at + 14;
  for (let tags = 0; tags < MAX_TAGS && ip + 4 <= end; tags++) {
    const type = view.getUint16(ip - 2);
    if (type !== VLAN && type !== PROVIDER_VLAN) break;
    const vlan = view.getUint16(ip) & 0x0fff;
    if (vlanFrames[vlan]++ === 0) vlans.push(vlan);
    ip += 4;
  }
  return ip;
}

const mix = (hash: number, word: number): number => {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
};

/** IPv6, IPv4 with options or cut short, and everything else. @param macs where the MAC addresses are, -1 without */
function hashOther(view: DataView, type: number, ip: number, end: number, macs: number): number {
  let hash = mix(type, macs < 0 ? 0 : 1);
  let from = ip;
  let to = ip + MOST_OCTETS;
  if (type === IPV4 && end - ip >= 20) {
    from = ip + ((view.getUint8(ip) & 15) << 2);
    to = from + TRANSPORT_OCTETS;
    hash = mix(mix(hash, view.getInt32(ip + 2)), (view.getUint16(ip + 6) << 8) | view.getUint8(ip + 9));
    hash = mix(mix(hash, view.getInt32(ip + 12)), view.getInt32(ip + 16));
  } else if (type === IPV6 && end - ip >= 40) {
    from = ip + 40;
    to = from + TRANSPORT_OCTETS;
    hash = mix(hash, view.getInt32(ip + 4) & ~0xff); // without the hop limit
    for (let word = ip + 8; word < from; word += 4) hash = mix(hash, view.getInt32(word));
  } else if (macs >= 0) {
    for (let word = macs; word < macs + 12; word += 4) hash = mix(hash, view.getInt32(word));
    hash = mix(hash, end - ip);
  }
  if (to > end) to = end;
  for (; from + 4 <= to; from += 4) hash = mix(hash, view.getInt32(from));
  for (; from < to; from++) hash = mix(hash, view.getUint8(from));
  return hash;
}

function settleHour(state: FlowState, hour: number, duplicates: number): void {
  if (duplicates > 0) hourTotalsOf(state, hour).duplicates += duplicates;
  const { vlans, vlanFrames } = state.mirror;
  if (vlans.length === 0) return;
  vlans.forEach((vlan, order) => {
    countInHour(state, hour, order < MAX_VLANS ? `vlan.${vlan}` : 'vlan.more', vlanFrames[vlan]);
    vlanFrames[vlan] = 0;
  });
  vlans.length = 0;
}
