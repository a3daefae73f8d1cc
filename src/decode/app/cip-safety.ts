/**
 * CIP Safety (ODVA CIP volume 5) as far as explicit messages show it. Its connections carry a safety network segment in the path of their
 * Forward_Open: who opens one is a safety controller, who is opened safety I/O or another one. Safety Supervisor and Safety Validator
 * objects are in such devices alone.
 *
 * In: a request to a class, its data. Out: what of CIP Safety it shows. Left out on purpose: the safety segment's fields and what goes over
 * the connection (UDP 2222).
 */

import { octetsBeforePath } from './cip-forward-open.ts';

const OBJECTS = new Map<number, string>([[0x39, 'Safety Supervisor'], [0x3a, 'Safety Validator']]);

const SAFETY_SEGMENT = 0x50;
/** Target, router, extended. */
const LAST_FORMAT = 2;
const ELECTRONIC_KEY = 0x34;
const KEY_OCTETS = 10;
const SIMPLE_DATA = 0x80;
const SYMBOL = 0x91;

/** Octets of the segment at `at`, of which two are there (volume 1, appendix C-1.4); 0 where no connection's path has such a one. */
function segmentOctets(bytes: Uint8Array, at: number): number {
  const segment = bytes[at];
  const next = bytes[at + 1];
  // Port: a word more where its number does not fit; the link's address in an octet, or as many as `next` says, padded.
  if (segment < 0x20) return 2 + ((segment & 0x0f) === 0x0f ? 2 : 0) + ((segment & 0x10) === 0 ? 0 : next + (next & 1));
  if (segment === ELECTRONIC_KEY) return KEY_OCTETS;
  if (segment < 0x40) return [2, 4, 6, 2][segment & 3];
  if (segment < SAFETY_SEGMENT) return 2;
  if (segment < 0x60 || segment === SIMPLE_DATA) return 2 + next * 2;
  return segment === SYMBOL ? 2 + next + (next & 1) : 0;
}

function pathOpensSafety(bytes: Uint8Array, path: number, end: number): boolean {
  const to = path + bytes[path - 1] * 2;
  if (to > end) return false;
  for (let at = path; at + 3 <= to; ) {
    const octets = segmentOctets(bytes, at);
    if (octets === 0) return false;
    if (bytes[at] === SAFETY_SEGMENT) return bytes[at + 2] <= LAST_FORMAT && octets > 2 && at + octets <= to;
    at += octets;
  }
  return false;
}

export const SAFETY_FACT = 'cip.safety';
/** Of it, that a connection was asked for: by whom, says that it is a safety controller. */
export const SAFETY_CONNECTION = 'connection';

/** @param data where the request's data begins; '' where it is no matter of CIP Safety */
export function safetyOf(bytes: Uint8Array, data: number, end: number, cls: number, service: number): string {
  const before = octetsBeforePath(cls, service);
  if (before === 0) return OBJECTS.get(cls) ?? '';
  return data + before <= end && pathOpensSafety(bytes, data + before, end) ? SAFETY_CONNECTION : '';
}
