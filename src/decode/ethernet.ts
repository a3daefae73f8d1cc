/**
 * Ethernet II, IEEE 802.3 with LLC/SNAP, and what stands between the MAC addresses and the network layer: 802.1Q and
 * 802.1ad tags, 802.1ah I-tags, VN-tags, HSR tags (IEC 62439-3 clause 5.7), PPPoE sessions, MPLS labels. What is not IP becomes a conversation between MAC
 * addresses by its EtherType: PROFINET, GOOSE, EtherCAT, POWERLINK, MRP, PTP and the rest of the plant floor.
 */
import { KIND, LINK_TRANSPORT, stopFrame, type DecodedFrame } from './decoded-frame.ts';
import { decodeIpv4 } from './ipv4.ts';
import { decodeIpv6 } from './ipv6.ts';
import { stopCode } from './stop.ts';

export const ETHER_TYPE = Object.freeze({
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mplsUnicast: 0x8847,
  mplsMulticast: 0x8848,
  pppoeSession: 0x8864,
  qinq: 0x88a8,
  lldp: 0x88cc,
  nsh: 0x894f,
  aristaTimestamp: 0xd28b,
  itag: 0x88e7,
  vnTag: 0x8926,
  hsr: 0x892f,
  qinqOld: 0x9100,
  qinqOlder: 0x9200,
} as const);

export const isVlanTag = (type: number): boolean => type === ETHER_TYPE.vlan || type === ETHER_TYPE.qinq || type === ETHER_TYPE.qinqOld || type === ETHER_TYPE.qinqOlder;

/** Behind whose headers an IP packet may be, besides the tags'. */
const WRAPPERS: ReadonlySet<number> = new Set([
  ETHER_TYPE.mplsUnicast, ETHER_TYPE.mplsMulticast, ETHER_TYPE.pppoeSession, ETHER_TYPE.nsh, ETHER_TYPE.aristaTimestamp, ETHER_TYPE.itag, ETHER_TYPE.vnTag, ETHER_TYPE.hsr,
]);

/** Stands for "802.3 frame with LLC, no EtherType" (the number Linux uses, ETH_P_802_2). */
const LLC_ETHER_TYPE = 0x0004;
/** Length/type values below this are lengths (IEEE 802.3 clause 3.2.6). */
const MIN_ETHER_TYPE = 0x0600;
/** LLC may be SNAP's. */
export const mayCarryIp = (type: number): boolean => type < MIN_ETHER_TYPE || WRAPPERS.has(type);
const MAC_HEADER = 14;
export const VLAN_ID = 0x0fff;
const SNAP_SAP = 0xaa;
const MAX_TAGS = 32;
const MAX_LABELS = 16;
const NSH_NEXT = { ipv4: 1, ethernet: 3 } as const;

const SHORT = stopCode('ethernet.short-header');
const VLAN_SHORT = stopCode('vlan.short-tag');
const VLAN_MANY = stopCode('vlan.too-many-tags');
const LLC_SHORT = stopCode('llc.short-header');
const PPPOE_SHORT = stopCode('pppoe.short-header');
const PPP_PROTOCOL = stopCode('ppp.protocol');
const MPLS_SHORT = stopCode('mpls.short-label');
const MPLS_PAYLOAD = stopCode('mpls.unknown-payload');
const LAYER2 = stopCode('layer2.payload');

export function decodeEthernet(f: DecodedFrame, view: DataView, at: number, end: number, wireEnd: number): void {
  if (end - at < MAC_HEADER) {
    stopFrame(f, SHORT, at, MAC_HEADER, end - at);
    return;
  }
  f.macAt = at + 6;
  f.sourceAt = at + 6;
  f.destinationAt = at;
  decodeEtherType(f, view, view.getUint16(at + 12), at + MAC_HEADER, end, wireEnd);
}

/** From an EtherType (or an 802.3 length) onwards; also used by Linux cooked captures. */
export function decodeEtherType(f: DecodedFrame, view: DataView, etherType: number, at: number, end: number, wireEnd: number): void {
  let type = etherType;
  let position = at;
  for (;;) {
    switch (type) {
      case ETHER_TYPE.ipv4:
        f.etherType = type;
        decodeIpv4(f, view, position, end, wireEnd);
        if (f.kind === 0) linkConversation(f, type);
        return;
      case ETHER_TYPE.ipv6:
        f.etherType = type;
        decodeIpv6(f, view, position, end, wireEnd);
        if (f.kind === 0) linkConversation(f, type);
        return;
      case ETHER_TYPE.vlan:
      case ETHER_TYPE.qinq:
      case ETHER_TYPE.qinqOld:
      case ETHER_TYPE.qinqOlder:
        if (end - position < 4) {
          linkConversation(f, type);
          stopFrame(f, VLAN_SHORT, position, 4, end - position);
          return;
        }
        // Id 0 says that the tag has a priority and no VLAN (IEEE 802.1Q-2018 table 9-2): PROFINET devices send so.
        if (f.vlan < 0) f.vlan = (view.getUint16(position) & VLAN_ID) || -1;
        if (++f.vlanTags > MAX_TAGS) {
          linkConversation(f, type);
          stopFrame(f, VLAN_MANY, position, 0, f.vlanTags);
          return;
        }
        type = view.getUint16(position + 2);
        position += 4;
        break;
      case ETHER_TYPE.vnTag:
      case ETHER_TYPE.hsr:
        if (end - position < 6) {
          linkConversation(f, type);
          stopFrame(f, VLAN_SHORT, position, 6, end - position);
          return;
        }
        type = view.getUint16(position + 4);
        position += 6;
        break;
      case ETHER_TYPE.itag:
        // 802.1ah: four octets of I-TAG, then the customer's own MAC header.
        if (end - position < 4 + MAC_HEADER || ++f.vlanTags > MAX_TAGS) {
          linkConversation(f, type);
          stopFrame(f, VLAN_SHORT, position, 4 + MAC_HEADER, end - position);
          return;
        }
        type = view.getUint16(position + 4 + 12);
        position += 4 + MAC_HEADER;
        break;
      case ETHER_TYPE.nsh: {
        // RFC 8300: length in words in the second octet's lower six bits, next protocol in the fourth.
        const header = end - position < 8 ? 0 : (view.getUint8(position + 1) & 0x3f) << 2;
        const next = header < 8 || header > end - position || ++f.vlanTags > MAX_TAGS ? 0 : view.getUint8(position + 3);
        if (next < NSH_NEXT.ipv4 || next > NSH_NEXT.ethernet || (next === NSH_NEXT.ethernet && end - position < header + MAC_HEADER)) {
          linkConversation(f, type);
          stopFrame(f, VLAN_SHORT, position, 8, end - position);
          return;
        }
        position += header;
        if (next === NSH_NEXT.ethernet) {
          type = view.getUint16(position + 12);
          position += MAC_HEADER;
        } else type = next === NSH_NEXT.ipv4 ? ETHER_TYPE.ipv4 : ETHER_TYPE.ipv6;
        break;
      }
      case ETHER_TYPE.aristaTimestamp: {
        // Arista's capture time header: subtype, version, then six or eight octets of time, then the real EtherType.
        const header = end - position >= 4 && (view.getUint16(position + 2) & 0x00f0) === 0x20 ? 10 : 12;
        if (end - position < header + 2 || ++f.vlanTags > MAX_TAGS) {
          linkConversation(f, type);
          stopFrame(f, VLAN_SHORT, position, header + 2, end - position);
          return;
        }
        type = view.getUint16(position + header);
        position += header + 2;
        break;
      }
      case ETHER_TYPE.pppoeSession:
        decodePppoe(f, view, position, end, wireEnd);
        return;
      case ETHER_TYPE.mplsUnicast:
      case ETHER_TYPE.mplsMulticast:
        decodeMpls(f, view, type, position, end, wireEnd);
        return;
      default:
        if (type >= MIN_ETHER_TYPE) {
          linkConversation(f, type);
          f.payload = position;
          f.payloadEnd = end;
          f.payloadWire = wireEnd - position;
          stopFrame(f, LAYER2, position, 0, end - position);
          return;
        }
        // IEEE 802.3: the field is a length; LLC follows, with an EtherType inside only for SNAP with OUI 0 (RFC 1042).
        if (end - position < 3) {
          linkConversation(f, LLC_ETHER_TYPE);
          stopFrame(f, LLC_SHORT, position, 3, end - position);
          return;
        }
        if (
          view.getUint8(position) === SNAP_SAP &&
          view.getUint8(position + 1) === SNAP_SAP &&
          end - position >= 8 &&
          view.getUint8(position + 3) === 0 &&
          view.getUint16(position + 4) === 0 &&
          view.getUint16(position + 6) >= MIN_ETHER_TYPE
        ) {
          type = view.getUint16(position + 6);
          position += 8;
          break;
        }
        linkConversation(f, LLC_ETHER_TYPE);
        f.payload = position;
        f.payloadEnd = end;
        f.payloadWire = wireEnd - position;
        stopFrame(f, LAYER2, position, 0, end - position);
        return;
    }
  }
}

/** The conversation is between MAC addresses, if the link has them. */
function linkConversation(f: DecodedFrame, etherType: number): void {
  f.etherType = etherType;
  if (f.macAt < 0) return;
  f.kind = KIND.link;
  f.transport = LINK_TRANSPORT + etherType;
  f.sourceAt = f.macAt;
  f.destinationAt = f.macAt - 6;
}

const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;

/** PPPoE session (RFC 2516): six octets, then PPP. */
function decodePppoe(f: DecodedFrame, view: DataView, at: number, end: number, wireEnd: number): void {
  if (end - at < 8) {
    linkConversation(f, ETHER_TYPE.pppoeSession);
    stopFrame(f, PPPOE_SHORT, at, 8, end - at);
    return;
  }
  decodePpp(f, view, at + 6, end, wireEnd);
  if (f.kind === 0) linkConversation(f, ETHER_TYPE.pppoeSession);
}

/** PPP protocol field (RFC 1661), possibly compressed to one octet, possibly after HDLC address and control. */
export function decodePpp(f: DecodedFrame, view: DataView, at: number, end: number, wireEnd: number): void {
  let position = at;
  if (end - position >= 4 && view.getUint8(position) === 0xff && view.getUint8(position + 1) === 0x03) position += 2;
  if (end - position < 2) {
    stopFrame(f, PPPOE_SHORT, position, 2, end - position);
    return;
  }
  let protocol = view.getUint8(position);
  if ((protocol & 1) === 1) position += 1;
  else {
    protocol = view.getUint16(position);
    position += 2;
  }
  if (protocol === PPP_IPV4) decodeIpv4(f, view, position, end, wireEnd);
  else if (protocol === PPP_IPV6) decodeIpv6(f, view, position, end, wireEnd);
  else stopFrame(f, PPP_PROTOCOL, position, 0, protocol);
}

/** MPLS label stack (RFC 3032): the payload has no type; its first nibble tells IPv4 from IPv6 (RFC 4928). */
function decodeMpls(f: DecodedFrame, view: DataView, etherType: number, at: number, end: number, wireEnd: number): void {
  let position = at;
  for (let labels = 0; labels < MAX_LABELS; labels++) {
    if (end - position < 4) break;
    const bottom = (view.getUint8(position + 2) & 1) === 1;
    position += 4;
    if (!bottom) continue;
    if (end - position < 1) break;
    const version = view.getUint8(position) >> 4;
    if (version === 4) decodeIpv4(f, view, position, end, wireEnd);
    else if (version === 6) decodeIpv6(f, view, position, end, wireEnd);
    else stopFrame(f, MPLS_PAYLOAD, position, 0, version);
    if (f.kind === 0) linkConversation(f, etherType);
    return;
  }
  linkConversation(f, etherType);
  stopFrame(f, MPLS_SHORT, position, 4, end - position);
}
