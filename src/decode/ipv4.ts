/** IPv4 (RFC 791). Checksums are never verified: offloading NICs leave them wrong on a SPAN port's own machine. */
import { FRAGMENT, KIND, stopFrame, takeLaterFragment, type DecodedFrame } from './decoded-frame.ts';
import { stopCode } from './stop.ts';
import { decodeTransport } from './transport.ts';

const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FRAGMENT_OFFSET = 6;
const PROTOCOL = 9;
const SOURCE = 12;
const DESTINATION = 16;
const HEADER = 20;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

const SHORT = stopCode('ipv4.short-header');
const VERSION = stopCode('ipv4.version');
const HEADER_LENGTH = stopCode('ipv4.header-length');
const TOTAL = stopCode('ipv4.total-length');
const LATER = stopCode('ipv4.later-fragment');

/** @param end captured end of the frame; @param wireEnd where the frame ended on the wire (>= end) */
export function decodeIpv4(f: DecodedFrame, view: DataView, at: number, end: number, wireEnd: number): void {
  const have = end - at;
  if (have < HEADER) {
    stopFrame(f, SHORT, at, HEADER, have);
    return;
  }
  const first = view.getUint8(at);
  if (first >> 4 !== 4) {
    stopFrame(f, VERSION, at, 4, first >> 4);
    return;
  }
  const header = (first & 15) << 2;
  if (header < HEADER) {
    stopFrame(f, HEADER_LENGTH, at, HEADER, header);
    return;
  }
  f.kind = KIND.ipv4;
  f.networkAt = at;
  f.transport = view.getUint8(at + PROTOCOL);
  f.source = view.getInt32(at + SOURCE);
  f.destination = view.getInt32(at + DESTINATION);
  let total = view.getUint16(at + TOTAL_LENGTH);
  // Segmentation offload leaves 0 (or a length beyond the frame is a lie we cannot follow): the frame's own length counts.
  if (total === 0) total = wireEnd - at;
  if (total < header) {
    // A header that contradicts itself gives no addresses to count under.
    f.kind = KIND.none;
    stopFrame(f, TOTAL, at + TOTAL_LENGTH, header, total);
    return;
  }
  if (at + total > wireEnd) total = wireEnd - at;
  const limit = at + total < end ? at + total : end;
  const fragment = view.getUint16(at + FRAGMENT_OFFSET);
  if ((fragment & (MORE_FRAGMENTS | OFFSET_MASK)) !== 0) {
    f.fragmentId = view.getUint16(at + IDENTIFICATION);
    if ((fragment & OFFSET_MASK) !== 0) {
      takeLaterFragment(f, (fragment & OFFSET_MASK) << 3, at + header, limit, at + total);
      stopFrame(f, LATER, at + FRAGMENT_OFFSET, 0, fragment & OFFSET_MASK);
      return;
    }
    f.fragment = FRAGMENT.first;
  }
  if (at + header > limit) {
    stopFrame(f, SHORT, at, header, limit - at);
    return;
  }
  decodeTransport(f, view, at + header, limit, total - header);
}
