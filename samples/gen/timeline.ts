/**
 * What the sensor sees, in time order: hosts put frames on the wire, the timeline notes time, interface and VLAN tag.
 * In: packets of hosts. Out: captured frames, sorted. Knows the two taps of the sample plant: a SPAN of the cell switch
 * (untagged) and a trunk (802.1Q). Times are nanoseconds since the first day's midnight (exact in a double for 104 days).
 */
import type { CapturedFrame } from './capture-file.ts';
import { ETHERTYPE, arpPayload, echoPacket, ethernet, lldpPayload, tcpPacket, udpPacket } from './frames.ts';
import type { Ipv4Fields, LldpFields, TcpFields } from './frames.ts';

export const MS = 1_000_000;
export const SECOND = 1000 * MS;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Interface numbers in the capture files. */
export const TAP = { cellSpan: 0, trunk: 1 } as const;
const PLANT_VLAN = 20;
const LLDP_MULTICAST = '01:80:c2:00:00:0e';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

export interface Host {
  readonly name: string;
  readonly ip: string;
  readonly mac: string;
  /** Part of the plant below the cell switch; two such hosts talk on the SPAN, all others on the trunk. */
  readonly isFieldSide: boolean;
  /** Time to live that its stack sends with, lowered for what comes through the router. */
  readonly ttl: number;
}

interface TimedFrame {
  readonly atNs: number;
  readonly tap: number;
  readonly bytes: Uint8Array;
}

export interface Timeline {
  tcp(atNs: number, from: Host, to: Host, tcp: TcpFields, payload: Uint8Array): void;
  udp(atNs: number, from: Host, to: Host, fromPort: number, toPort: number, payload: Uint8Array): void;
  ping(atNs: number, from: Host, to: Host, sequence: number): void;
  /** An IPv4 packet made elsewhere. */
  raw(atNs: number, from: Host, to: Host, packet: Uint8Array): void;
  resolve(atNs: number, asker: Host, owner: Host): void;
  lldp(atNs: number, host: Host, fields: Omit<LldpFields, 'chassisMac' | 'managementIp'>): void;
  /** All frames from `fromNs` up to `toNs`, in time order; equal times keep the order in which they were put. */
  frames(fromNs: number, toNs: number): readonly CapturedFrame[];
  /** A mirror set up for both directions: every frame of the stretch is captured twice, `delayNs` apart. */
  mirrorTwice(fromNs: number, toNs: number, delayNs: number): void;
  /** The sensor saw nothing; returns how many frames that cost per tap. */
  lose(fromNs: number, toNs: number): readonly number[];
}

export function createTimeline(midnightNs: bigint): Timeline {
  let all: TimedFrame[] = [];
  const identification = new Map<string, number>();

  const tapOf = (from: Host, to: Host): number => (from.isFieldSide && to.isFieldSide ? TAP.cellSpan : TAP.trunk);
  const put = (atNs: number, tap: number, from: string, to: string, etherType: number, payload: Uint8Array): void => {
    const tags = tap === TAP.trunk && etherType !== ETHERTYPE.lldp ? [{ etherType: ETHERTYPE.vlan, id: PLANT_VLAN }] : [];
    all.push({ atNs: Math.round(atNs), tap, bytes: ethernet(from, to, etherType, payload, tags) });
  };
  const ipFields = (from: Host, to: Host): Ipv4Fields => {
    const id = (identification.get(from.ip) ?? from.ip.length * 977) + 1;
    identification.set(from.ip, id);
    return { from: from.ip, to: to.ip, id, ttl: from.ttl };
  };
  const putIp = (atNs: number, from: Host, to: Host, packet: Uint8Array): void =>
    put(atNs, tapOf(from, to), from.mac, to.mac, ETHERTYPE.ipv4, packet);

  return {
    tcp: (atNs, from, to, tcp, payload) => putIp(atNs, from, to, tcpPacket(ipFields(from, to), tcp, payload)),
    udp: (atNs, from, to, fromPort, toPort, payload) => putIp(atNs, from, to, udpPacket(ipFields(from, to), fromPort, toPort, payload)),
    ping: (atNs, from, to, sequence) => {
      putIp(atNs, from, to, echoPacket(ipFields(from, to), true, 1, sequence));
      putIp(atNs + 0.6 * MS, to, from, echoPacket(ipFields(to, from), false, 1, sequence));
    },
    raw: putIp,
    resolve: (atNs, asker, owner) => {
      const tap = tapOf(asker, owner);
      put(atNs, tap, asker.mac, BROADCAST, ETHERTYPE.arp, arpPayload(1, asker.mac, asker.ip, '00:00:00:00:00:00', owner.ip));
      put(atNs + 0.3 * MS, tap, owner.mac, asker.mac, ETHERTYPE.arp, arpPayload(2, owner.mac, owner.ip, asker.mac, asker.ip));
    },
    lldp: (atNs, host, fields) =>
      put(atNs, host.isFieldSide ? TAP.cellSpan : TAP.trunk, host.mac, LLDP_MULTICAST, ETHERTYPE.lldp, lldpPayload({ ...fields, chassisMac: host.mac, managementIp: host.ip })),
    frames: (fromNs, toNs) =>
      all
        .filter((frame) => frame.atNs >= fromNs && frame.atNs < toNs)
        .sort((a, b) => a.atNs - b.atNs)
        .map((frame) => ({ timeNs: midnightNs + BigInt(frame.atNs), interfaceId: frame.tap, bytes: frame.bytes })),
    mirrorTwice: (fromNs, toNs, delayNs) => {
      const stretch = all.filter((frame) => frame.atNs >= fromNs && frame.atNs < toNs);
      all.push(...stretch.map((frame) => ({ ...frame, atNs: frame.atNs + delayNs })));
    },
    lose: (fromNs, toNs) => {
      const lost = all.filter((frame) => frame.atNs >= fromNs && frame.atNs < toNs);
      all = all.filter((frame) => frame.atNs < fromNs || frame.atNs >= toNs);
      return [TAP.cellSpan, TAP.trunk].map((tap) => lost.filter((frame) => frame.tap === tap).length);
    },
  };
}
