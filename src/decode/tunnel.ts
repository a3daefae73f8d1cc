/**
 * The frame that a tunnel's packet carries. Mirror ports that are far away deliver so (ERSPAN, TZSP, VXLAN), and so do
 * overlays. In: a frame. Out: where the frame in it begins and ends, and its link type; never outside [at, at + captured).
 * Read on demand only: to a firewall between its ends a tunnel is one conversation.
 */
import { FRAGMENT, KIND, type DecodedFrame } from './decoded-frame.ts';
import { decodeFrame, LINK_TYPE } from './stack.ts';
import { stopCode } from './stop.ts';
import { IP_PROTOCOL } from './transport.ts';

/** IANA protocol-numbers. */
export const TUNNEL_PROTOCOLS = Object.freeze({ ipv4: 4, ipv6: 41, gre: 47 } as const);

/** RFC 7348, RFC 8926, and the port of TZSP, which no RFC describes. */
export const TUNNEL_PORTS = Object.freeze({ vxlan: 4789, geneve: 6081, tzsp: 37008 } as const);

export type TunnelKind = 'erspan' | 'gre' | 'ip-in-ip' | 'vxlan' | 'geneve' | 'tzsp';

/** Refilled for every frame. */
export interface CarriedFrame {
  kind: TunnelKind;
  at: number;
  captured: number;
  linkType: number;
  /** Its end is in a later fragment of the tunnel's packet, or was cut off by who wrapped it. */
  isCut: boolean;
}

export const createCarriedFrame = (): CarriedFrame => ({ kind: 'gre', at: 0, captured: 0, linkType: 0, isCut: false });

const UNKNOWN_TRANSPORT = stopCode('ip.unknown-transport');

const ETHERTYPE = Object.freeze({ ipv4: 0x0800, ipv6: 0x86dd, ethernet: 0x6558, erspan: 0x88be, erspan3: 0x22eb } as const);

/**
 * @param f what the decoder needs; holds the outer frame afterwards
 * @returns whether the frame is of a tunnel and what it carries is in `carried`; 'closed' where it is of a tunnel, and its content cut, of
 * another kind or not what the tunnel's header says
 */
export function openTunnel(carried: CarriedFrame, f: DecodedFrame, view: DataView, linkType: number, at: number, captured: number, wire: number): 'none' | 'opened' | 'closed' {
  decodeFrame(f, view, linkType, at, captured, wire);
  carried.isCut = f.fragment === FRAGMENT.first;
  if ((f.kind !== KIND.ipv4 && f.kind !== KIND.ipv6) || f.fragment === FRAGMENT.later) return 'none';
  if (f.transport === IP_PROTOCOL.udp) {
    if (f.payload >= 0) return openDatagram(carried, view, f.destinationPort, f.payload, f.payloadEnd);
    return carried.isCut && f.stop === 0 ? openDatagram(carried, view, f.destinationPort, f.stopAt, f.stopAt + f.stopHave) : 'none';
  }
  if (f.stop !== UNKNOWN_TRANSPORT) return 'none';
  const end = f.stopAt + f.stopHave;
  if (f.transport === TUNNEL_PROTOCOLS.gre) return openGre(carried, view, f.stopAt, end);
  if (f.transport === TUNNEL_PROTOCOLS.ipv4 || f.transport === TUNNEL_PROTOCOLS.ipv6) return carry(carried, 'ip-in-ip', LINK_TYPE.rawIp, f.stopAt, end);
  return 'none';
}

const ETHERNET_HEADER = 14;
const IP_HEADER = 20;

function carry(carried: CarriedFrame, kind: TunnelKind, linkType: number, at: number, end: number): 'opened' | 'closed' {
  if (end - at < (linkType === LINK_TYPE.ethernet ? ETHERNET_HEADER : IP_HEADER)) return 'closed';
  carried.kind = kind;
  carried.linkType = linkType;
  carried.at = at;
  carried.captured = end - at;
  return 'opened';
}

/** What an EtherType announces, as far as it is a frame or an IP packet. */
function carryTyped(carried: CarriedFrame, kind: TunnelKind, etherType: number, at: number, end: number): 'opened' | 'closed' {
  if (etherType === ETHERTYPE.ethernet) return carry(carried, kind, LINK_TYPE.ethernet, at, end);
  if (etherType === ETHERTYPE.ipv4 || etherType === ETHERTYPE.ipv6) return carry(carried, kind, LINK_TYPE.rawIp, at, end);
  return 'closed';
}

const GRE_HEADER = 4;
const GRE = Object.freeze({ checksum: 0x8000, routing: 0x4000, key: 0x2000, sequence: 0x1000, version: 0x0007 } as const);

/** RFC 2784 and 2890. Version 1 (PPTP, RFC 2637) and source routes (RFC 1701) stay closed. */
function openGre(carried: CarriedFrame, view: DataView, at: number, end: number): 'opened' | 'closed' {
  if (end - at < GRE_HEADER) return 'closed';
  const flags = view.getUint16(at);
  const type = view.getUint16(at + 2);
  if ((flags & (GRE.version | GRE.routing)) !== 0) return 'closed';
  const isNumbered = (flags & GRE.sequence) !== 0;
  const content = at + GRE_HEADER + ((flags & GRE.checksum) !== 0 ? 4 : 0) + ((flags & GRE.key) !== 0 ? 4 : 0) + (isNumbered ? 4 : 0);
  if (type === ETHERTYPE.erspan) return openErspan(carried, view, content, end, isNumbered);
  if (type === ETHERTYPE.erspan3) return openErspan3(carried, view, content, end);
  return carryTyped(carried, 'gre', type, content, end);
}

const ERSPAN2_HEADER = 8;
const ERSPAN2_VERSION = 1;

/** draft-foschiano-erspan-03: type I (clause 4.1) has no header of its own and no sequence number, type II (4.2) has both. */
function openErspan(carried: CarriedFrame, view: DataView, at: number, end: number, isNumbered: boolean): 'opened' | 'closed' {
  if (!isNumbered) return carry(carried, 'erspan', LINK_TYPE.ethernet, at, end);
  if (end - at < ERSPAN2_HEADER || view.getUint8(at) >> 4 !== ERSPAN2_VERSION) return 'closed';
  noteTruncation(carried, view, at);
  return carry(carried, 'erspan', LINK_TYPE.ethernet, at + ERSPAN2_HEADER, end);
}

const ERSPAN_TRUNCATED = 0x0400;

/** The T bit, in one place in both headers: the switch could not send all of the frame. */
function noteTruncation(carried: CarriedFrame, view: DataView, at: number): void {
  if ((view.getUint16(at + 2) & ERSPAN_TRUNCATED) !== 0) carried.isCut = true;
}

const ERSPAN3_HEADER = 12;
const ERSPAN3_SUBHEADER = 8;
const ERSPAN3_VERSION = 2;
/** The last two octets of the header: frame type, and whether a platform's own header follows. */
const ERSPAN3_FRAME_TYPE_SHIFT = 10;
const ERSPAN3_FRAME_TYPE_MASK = 0x1f;
const ERSPAN3_OPTIONAL = 0x0001;
const ERSPAN3_FRAME = Object.freeze({ ethernet: 0, ip: 2 } as const);

/** draft-foschiano-erspan-03, clause 4.3. */
function openErspan3(carried: CarriedFrame, view: DataView, at: number, end: number): 'opened' | 'closed' {
  if (end - at < ERSPAN3_HEADER || view.getUint8(at) >> 4 !== ERSPAN3_VERSION) return 'closed';
  noteTruncation(carried, view, at);
  const word = view.getUint16(at + ERSPAN3_HEADER - 2);
  const content = at + ERSPAN3_HEADER + ((word & ERSPAN3_OPTIONAL) !== 0 ? ERSPAN3_SUBHEADER : 0);
  const type = (word >> ERSPAN3_FRAME_TYPE_SHIFT) & ERSPAN3_FRAME_TYPE_MASK;
  if (type === ERSPAN3_FRAME.ethernet) return carry(carried, 'erspan', LINK_TYPE.ethernet, content, end);
  if (type === ERSPAN3_FRAME.ip) return carry(carried, 'erspan', LINK_TYPE.rawIp, content, end);
  return 'closed';
}

/** A port is a hint: the header has to be one of that tunnel. */
function openDatagram(carried: CarriedFrame, view: DataView, port: number, at: number, end: number): 'none' | 'opened' | 'closed' {
  switch (port) {
    case TUNNEL_PORTS.vxlan:
      return openVxlan(carried, view, at, end);
    case TUNNEL_PORTS.geneve:
      return openGeneve(carried, view, at, end);
    case TUNNEL_PORTS.tzsp:
      return openTzsp(carried, view, at, end);
    default:
      return 'none';
  }
}

const VXLAN_HEADER = 8;
const VXLAN_HAS_NETWORK = 0x08;

/** RFC 7348, clause 5: a flag says that there is a network id, and the last octet is nought. */
function openVxlan(carried: CarriedFrame, view: DataView, at: number, end: number): 'none' | 'opened' | 'closed' {
  if (end - at < VXLAN_HEADER || (view.getUint8(at) & VXLAN_HAS_NETWORK) === 0 || view.getUint8(at + VXLAN_HEADER - 1) !== 0) return 'none';
  return carry(carried, 'vxlan', LINK_TYPE.ethernet, at + VXLAN_HEADER, end);
}

const GENEVE_HEADER = 8;
const GENEVE_OPTIONS = 0x3f;

/** RFC 8926, clause 3.4: version 0, options in words of four octets, and the last octet is nought. */
function openGeneve(carried: CarriedFrame, view: DataView, at: number, end: number): 'none' | 'opened' | 'closed' {
  if (end - at < GENEVE_HEADER || view.getUint8(at) > GENEVE_OPTIONS || view.getUint8(at + GENEVE_HEADER - 1) !== 0) return 'none';
  return carryTyped(carried, 'geneve', view.getUint16(at + 2), at + GENEVE_HEADER + ((view.getUint8(at) & GENEVE_OPTIONS) << 2), end);
}

const TZSP_HEADER = 4;
const TZSP_VERSION = 1;
/** Received, or to be transmitted; others carry no frame. */
const TZSP_LAST_CARRIER = 1;
const TZSP_ETHERNET = 1;
const TZSP_TAG = Object.freeze({ padding: 0, end: 1 } as const);

/** Version, type, what is carried (two octets), then tags until the one that ends them. */
function openTzsp(carried: CarriedFrame, view: DataView, at: number, end: number): 'none' | 'opened' | 'closed' {
  if (end - at < TZSP_HEADER || view.getUint8(at) !== TZSP_VERSION || view.getUint8(at + 1) > TZSP_LAST_CARRIER) return 'none';
  if (view.getUint16(at + 2) !== TZSP_ETHERNET) return 'closed';
  for (let tag = at + TZSP_HEADER; tag < end; ) {
    const type = view.getUint8(tag);
    if (type === TZSP_TAG.end) return carry(carried, 'tzsp', LINK_TYPE.ethernet, tag + 1, end);
    if (type === TZSP_TAG.padding) tag += 1;
    else if (tag + 1 < end) tag += 2 + view.getUint8(tag + 1);
    else break;
  }
  return 'closed';
}
