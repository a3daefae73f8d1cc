/** What fragments.ts remembers from one frame to the next: packets that came in fragments, with what waits to be read of them. */

export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
  readonly hour: number;
}

/** A frame that waits for its packet's first fragment. */
export interface WaitingFrame extends Instant {
  readonly bytes: Uint8Array;
  readonly linkType: number;
  readonly wire: number;
}

/** Part of a datagram's payload: `wire` octets of it from `at` on, the last of which the capture may have cut off. */
export interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly wire: number;
}

/** Its time is that of the fragment that came first. */
export interface FragmentedPacket extends Instant {
  readonly waiting: WaitingFrame[];
  /** What the first fragment said: the session (-1 until then), when it came (as instantUs), its ports, who sent it (as GROUP.flags). */
  session: number;
  firstUs: number;
  sourcePort: number;
  destinationPort: number;
  flags: number;
  /** Sequence number of a TCP segment's first octet, header and all; NaN where its header was not whole, or is another protocol's. */
  start: number;
  /** Octets of payload of a datagram that is put together; -1: none is. */
  length: number;
  pieces: Piece[];
}

/** Packets in fragments, by addresses, id and transport: those that began lately, and those before them. Bounded. */
export interface FragmentMemory {
  young: Map<string, FragmentedPacket>;
  old: Map<string, FragmentedPacket>;
  /** When the first of the young ones began. */
  since: number;
  /** Kept of all of them. */
  octets: number;
}

export const createFragmentMemory = (): FragmentMemory => ({ young: new Map(), old: new Map(), since: NaN, octets: 0 });
