/** IPv6 (RFC 8200) with its extension headers: hop-by-hop, routing, fragment, destination options. */
import { FRAGMENT, KIND, stopFrame, takeLaterFragment, type DecodedFrame } from './decoded-frame.ts';
import { stopCode } from './stop.ts';
import { decodeTransport } from './transport.ts';

const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const SOURCE = 8;
const DESTINATION = 24;
const HEADER = 40;

export const HOP_BY_HOP = 0;
export const ROUTING = 43;
const FRAGMENT_HEADER = 44;
export const DESTINATION_OPTIONS = 60;
const SHIM6 = 140;
/** A packet with more extension headers than this is an attack, not traffic (RFC 8504 section 5.3 lets hosts refuse it). */
export const MAX_EXTENSIONS = 12;

const SHORT = stopCode('ipv6.short-header');
const VERSION = stopCode('ipv6.version');
const EXTENSION = stopCode('ipv6.short-extension');
const TOO_MANY = stopCode('ipv6.too-many-extensions');
const LATER = stopCode('ipv6.later-fragment');

export function decodeIpv6(f: DecodedFrame, view: DataView, at: number, end: number, wireEnd: number): void {
  const have = end - at;
  if (have < HEADER) {
    stopFrame(f, SHORT, at, HEADER, have);
    return;
  }
  const version = view.getUint8(at) >> 4;
  if (version !== 6) {
    stopFrame(f, VERSION, at, 6, version);
    return;
  }
  f.kind = KIND.ipv6;
  f.networkAt = at;
  f.sourceAt = at + SOURCE;
  f.destinationAt = at + DESTINATION;
  const payloadLength = view.getUint16(at + PAYLOAD_LENGTH);
  let next = view.getUint8(at + NEXT_HEADER);
  let position = at + HEADER;
  // 0 with a hop-by-hop header is a jumbogram (RFC 2675); the frame's own length is the limit then.
  let wireLimit = payloadLength === 0 ? wireEnd : position + payloadLength;
  if (wireLimit > wireEnd) wireLimit = wireEnd;
  const limit = wireLimit < end ? wireLimit : end;
  for (let extensions = 0; ; extensions++) {
    f.transport = next;
    if (next !== HOP_BY_HOP && next !== ROUTING && next !== FRAGMENT_HEADER && next !== DESTINATION_OPTIONS && next !== SHIM6) break;
    if (extensions === MAX_EXTENSIONS) {
      stopFrame(f, TOO_MANY, position, 0, extensions);
      return;
    }
    if (limit - position < 8) {
      stopFrame(f, EXTENSION, position, 8, limit - position);
      return;
    }
    const following = view.getUint8(position);
    if (next === FRAGMENT_HEADER) {
      const offset = view.getUint16(position + 2);
      f.fragmentId = view.getInt32(position + 4);
      if (offset >> 3 !== 0) {
        f.transport = following;
        takeLaterFragment(f, offset & ~7, position + 8, limit, wireLimit);
        stopFrame(f, LATER, position, 0, offset >> 3);
        return;
      }
      // An "atomic fragment" (RFC 6946) has no successor and is a whole packet.
      if ((offset & 1) !== 0) f.fragment = FRAGMENT.first;
      position += 8;
    } else {
      position += (view.getUint8(position + 1) + 1) << 3;
    }
    next = following;
    if (position > limit) {
      f.transport = next;
      stopFrame(f, EXTENSION, position, position - limit, 0);
      return;
    }
  }
  decodeTransport(f, view, position, limit, wireLimit - position);
}
