/**
 * Octets that mean a text, and the text: identifiers that come again with every message are made into strings once, not
 * each time (an allocation, a decoder's call, and a hash of the string for every table). In: the octets as they lie on
 * the wire. A direct-mapped cache of fixed size: what it has forgotten is made anew, so nothing depends on it but time.
 */
const SLOTS = 1024;
/** Longer ones are not kept. */
const OCTETS = 64;

const octets = new Uint8Array(SLOTS * OCTETS);
const lengths = new Int32Array(SLOTS);
const texts: string[] = new Array<string>(SLOTS).fill('');

const isKept = (length: number): boolean => length > 0 && length <= OCTETS;

/** FNV-1a (draft-eastlake-fnv). A collision costs time alone. */
function slotOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

/** The text that these octets were remembered with; null where they are not. */
export function recallText(bytes: Uint8Array, from: number, to: number): string | null {
  const length = to - from;
  if (!isKept(length)) return null;
  const slot = slotOf(bytes, from, to);
  if (lengths[slot] !== length) return null;
  const at = slot * OCTETS;
  for (let i = 0; i < length; i++) if (octets[at + i] !== bytes[from + i]) return null;
  return texts[slot];
}

export function rememberText(bytes: Uint8Array, from: number, to: number, text: string): void {
  const length = to - from;
  if (!isKept(length)) return;
  const slot = slotOf(bytes, from, to);
  octets.set(bytes.subarray(from, to), slot * OCTETS);
  lengths[slot] = length;
  texts[slot] = text;
}
