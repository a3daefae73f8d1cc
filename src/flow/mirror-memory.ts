/** What mirror.ts remembers from one batch to the next: the frames of the last milliseconds, in a table of fixed size. */
export const SLOT_BITS = 12;
const SLOTS = 1 << SLOT_BITS;

export interface MirrorMemory {
  /** What is compared, and when it came (wrapping microseconds), by the low bits of the former. */
  readonly seen: Int32Array;
  /** Frames of each VLAN in the hour at hand. */
  readonly vlanFrames: Uint32Array;
  readonly vlans: number[];
  /** Offsets of payloads in the batch at hand that came before: read once is enough. */
  readonly repeated: Set<number>;
}

export const createMirrorMemory = (): MirrorMemory => ({ seen: new Int32Array(SLOTS * 2), vlanFrames: new Uint32Array(4096), vlans: [], repeated: new Set() });

/** At the begin of an interval, so that an import that is resumed there finds the same as one that was not. */
export function clearMirrorMemory(memory: MirrorMemory): void {
  memory.seen.fill(0);
  memory.repeated.clear();
}

/** An IPv4 packet at least so long has a word of UDP payload; behind a shorter one there may be padding. */
export const PLAIN_UDP = 32;

/**
 * What a mirror port leaves as it was, of IPv4 without options: length and identification, addresses, ports; both sequence
 * numbers and the checksum, or length with checksum, payload (its first word; where no identification marks it, all of it:
 * hashOctets) and length with checksum again; flags, offset and protocol. The checksum alone does not mark a datagram: there may
 * be none, only the beginning of one (a card finishes it after the capture), or that of a tunnel, which what is carried evens out.
 * Sums of products need not wait for one another as a chain would.
 */
export function packetHash(identity: number, source: number, destination: number, ports: number, second: number, third: number, last: number, protocol: number): number {
  let hash = (Math.imul(identity, 0x9e3779b1) + Math.imul(source, 0x85ebca77) + Math.imul(destination, 0xc2b2ae3d) + Math.imul(ports, 0x27d4eb2f)) | 0;
  hash = (hash + Math.imul(second, 0x165667b1) + Math.imul(third, 0xe6546b65) + Math.imul(last, 0xcc9e2d51) + Math.imul(protocol, 0x1b873593)) | 0;
  return hash ^ (hash >>> 15);
}

export const mix = (hash: number, word: number): number => {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
};

/** Of what nothing marks: all octets of [from, to) tell it from the next. Two chains side by side, so that neither waits for the other. */
export function hashOctets(view: DataView, from: number, to: number, seed: number): number {
  let even = seed;
  let odd = 0;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    even = mix(even, view.getInt32(at));
    odd = mix(odd, view.getInt32(at + 4));
  }
  for (; at < to; at++) even = mix(even, view.getUint8(at));
  // One is stirred before the other comes in: what changes both alike must not cancel out.
  return mix(mix(even, 0), odd);
}
