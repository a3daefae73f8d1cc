/**
 * What decoding a frame yields: layers reached, where the payload is, and why it stopped. One record is made per
 * decoder and refilled for every frame (no allocation in the loop); every field is an int32, so V8 keeps it unboxed.
 * Offsets are absolute in the batch's bytes; -1 means "not there".
 */

/** Which kind of address the conversation has. */
export const KIND = Object.freeze({ none: 0, link: 2, ipv4: 4, ipv6: 6 } as const);

/** Transport numbers above this are EtherTypes of conversations without an IP header (65536 + EtherType). */
export const LINK_TRANSPORT = 65536;

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_ACK = 0x10;

/** IANA protocol-numbers. */
const TCP = 6;
const UDP = 17;

export const FRAGMENT = Object.freeze({ none: 0, first: 1, later: 2 } as const);

export interface DecodedFrame {
  kind: number;
  /** IP protocol number (of the last header for IPv6), or LINK_TRANSPORT + EtherType. */
  transport: number;
  /** IPv4 addresses as int32; else -1. */
  source: number;
  destination: number;
  /** Offsets of IPv6 (16 octets) or MAC (6 octets) addresses, by `kind`. */
  sourceAt: number;
  destinationAt: number;
  sourcePort: number;
  destinationPort: number;
  /** Offset of the source MAC (6 octets), whatever `kind` is. */
  macAt: number;
  /** Offset of the IP header. */
  networkAt: number;
  etherType: number;
  /** Outermost VLAN id; -1 untagged, or tagged with a priority alone. */
  vlan: number;
  vlanTags: number;
  /** Offset of the transport's header. */
  transportAt: number;
  /** Start and captured end of the transport's payload; of a later fragment of a TCP segment or a UDP datagram, of what is in it. */
  payload: number;
  payloadEnd: number;
  /** Octets of payload on the wire (by IP length), >= payloadEnd - payload when cut by the snap length. */
  payloadWire: number;
  /** Of a later fragment: octets of the segment or datagram, header and all, before it. */
  tcpSequence: number;
  tcpAcknowledgement: number;
  tcpFlags: number;
  fragment: number;
  fragmentId: number;
  /** STOP_REASONS index, and what was missing: `need` octets at `stopAt`, `have` there. */
  stop: number;
  stopAt: number;
  stopNeed: number;
  stopHave: number;
}

export function createDecodedFrame(): DecodedFrame {
  return {
    kind: 0,
    transport: 0,
    source: -1,
    destination: -1,
    sourceAt: -1,
    destinationAt: -1,
    sourcePort: 0,
    destinationPort: 0,
    macAt: -1,
    networkAt: -1,
    etherType: 0,
    vlan: -1,
    vlanTags: 0,
    transportAt: -1,
    payload: -1,
    payloadEnd: -1,
    payloadWire: 0,
    tcpSequence: 0,
    tcpAcknowledgement: 0,
    tcpFlags: 0,
    fragment: 0,
    fragmentId: 0,
    stop: 0,
    stopAt: 0,
    stopNeed: 0,
    stopHave: 0,
  };
}

export function resetDecodedFrame(f: DecodedFrame): void {
  f.kind = 0;
  f.transport = 0;
  f.source = -1;
  f.destination = -1;
  f.sourceAt = -1;
  f.destinationAt = -1;
  f.sourcePort = 0;
  f.destinationPort = 0;
  f.macAt = -1;
  f.networkAt = -1;
  f.etherType = 0;
  f.vlan = -1;
  f.vlanTags = 0;
  f.transportAt = -1;
  f.payload = -1;
  f.payloadEnd = -1;
  f.payloadWire = 0;
  f.tcpSequence = 0;
  f.tcpAcknowledgement = 0;
  f.tcpFlags = 0;
  f.fragment = 0;
  f.fragmentId = 0;
  f.stop = 0;
}

/** What a later fragment of a TCP segment or a UDP datagram holds goes on where its first one ended (flow/fragments.ts knows where). @param before octets of the packet's payload before it */
export function takeLaterFragment(f: DecodedFrame, before: number, at: number, end: number, wireEnd: number): void {
  f.fragment = FRAGMENT.later;
  if (f.transport !== TCP && f.transport !== UDP) return;
  f.tcpSequence = before;
  f.payload = at < end ? at : end;
  f.payloadEnd = end;
  f.payloadWire = wireEnd - at;
}

/** Records a stop: `need` octets were wanted at `at`, `have` were there. */
export function stopFrame(f: DecodedFrame, code: number, at: number, need: number, have: number): void {
  f.stop = code;
  f.stopAt = at;
  f.stopNeed = need;
  f.stopHave = have;
}
