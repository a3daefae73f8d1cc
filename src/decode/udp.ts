/** UDP (RFC 768), UDP-Lite (RFC 3828) and the common head of SCTP (RFC 9260): ports and, for UDP, the payload. */
import { FRAGMENT, stopFrame, type DecodedFrame } from './decoded-frame.ts';
import { stopCode } from './stop.ts';

const LENGTH = 4;
const UDP_HEADER = 8;
const SCTP_HEADER = 12;

const UDP_SHORT = stopCode('udp.short-header');
const UDP_LENGTH = stopCode('udp.length');
const SCTP_SHORT = stopCode('sctp.short-header');

export function decodeUdp(f: DecodedFrame, view: DataView, at: number, end: number, wireLength: number): void {
  const have = end - at;
  if (have >= 4) {
    f.sourcePort = view.getUint16(at);
    f.destinationPort = view.getUint16(at + 2);
  }
  if (have < UDP_HEADER) {
    stopFrame(f, UDP_SHORT, at, UDP_HEADER, have);
    return;
  }
  let length = view.getUint16(at + LENGTH);
  // 0 stands for "longer than 65,535" in jumbograms (RFC 2675), and is what some offloading NICs leave behind.
  if (length === 0) length = wireLength;
  // A first fragment's is that of the whole datagram (RFC 791 section 3.2), of which a part is not read.
  if (f.fragment === FRAGMENT.first && length > wireLength) {
    // No whole payload; who opens tunnels or puts it together reads on from here.
    f.payloadWire = wireLength - UDP_HEADER;
    f.stopAt = at + UDP_HEADER;
    f.stopHave = have - UDP_HEADER;
    return;
  }
  if (length < UDP_HEADER || length > wireLength) {
    stopFrame(f, UDP_LENGTH, at + LENGTH, UDP_HEADER, length);
    return;
  }
  f.payload = at + UDP_HEADER;
  f.payloadEnd = at + length < end ? at + length : end;
  f.payloadWire = length - UDP_HEADER;
}

/** UDP-Lite's length field is a checksum coverage: the payload ends with the IP packet. */
export function decodeUdpLite(f: DecodedFrame, view: DataView, at: number, end: number, wireLength: number): void {
  const have = end - at;
  if (have < UDP_HEADER) {
    stopFrame(f, UDP_SHORT, at, UDP_HEADER, have);
    return;
  }
  f.sourcePort = view.getUint16(at);
  f.destinationPort = view.getUint16(at + 2);
  f.payload = at + UDP_HEADER;
  f.payloadEnd = end;
  f.payloadWire = wireLength - UDP_HEADER;
}

export function decodePortsOnly(f: DecodedFrame, view: DataView, at: number, end: number): void {
  const have = end - at;
  if (have >= 4) {
    f.sourcePort = view.getUint16(at);
    f.destinationPort = view.getUint16(at + 2);
  }
  if (have < SCTP_HEADER) stopFrame(f, SCTP_SHORT, at, SCTP_HEADER, have);
}
