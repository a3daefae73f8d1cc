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
