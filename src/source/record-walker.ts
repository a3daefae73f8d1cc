/**
 * What a capture format is to the reader: a walk over the records of a block. In: a block and an empty batch; out:
 * the batch filled by offsets (no octet is copied), and how many octets the walk needs to get on. Damage is noted
 * once here, in the same words for every format.
 */
import type { Block } from './block.ts';
import type { CaptureInterface, FrameBatch, SourceEnd } from './frame-batch.ts';

export interface RecordWalker {
  readonly interfaces: readonly CaptureInterface[];
  /**
   * Walks whole records of `block` into `batch` (always a fresh one: count 0) and moves `block.from` past them.
   * Stops when the batch is full, before another link type, or when the block has no whole record left; gives the
   * octets from `block.from` that would let it get on (0: nothing is lacking), or STOP.
   */
  walk(block: Block, batch: FrameBatch): number;
  /** Offset in the input behind the last record that `walk` put into a batch. */
  endOfLastFrame(): number;
  /** How the walk ended; asked once, when `walk` gave STOP, or lacks octets that will not come. */
  end(block: Block): SourceEnd;
  droppedByCapture(): number;
}

/** Nothing behind this point is read, whatever comes. */
export const STOP = -1;

/** Damage met so far: the first place and reason, and all octets stepped over. */
export interface Damage {
  offset: number;
  reason: string;
  places: number;
  skipped: number;
}

export const createDamage = (): Damage => ({ offset: 0, reason: '', places: 0, skipped: 0 });

export function noteDamage(damage: Damage, offset: number, skipped: number, reason: string): void {
  if (damage.places === 0) {
    damage.offset = offset;
    damage.reason = reason;
  }
  damage.places++;
  damage.skipped += skipped;
}

/** Damage on the way outranks how the input stopped: the last word then tells both. */
export function endOf(damage: Damage, stopped: SourceEnd): SourceEnd {
  if (damage.places === 0) return stopped;
  const more = damage.places > 1 ? ` (and at ${damage.places - 1} more places)` : '';
  const also = stopped.kind === 'complete' ? '' : `; then ${stopped.reason}`;
  const lost = stopped.kind === 'truncated' ? stopped.lost : 0;
  return {
    kind: 'corrupt',
    offset: damage.offset,
    skipped: damage.skipped + lost,
    reason: `${damage.reason}${more}${also}`,
  };
}
