/**
 * Taking a damaged pcap up again. In: a block and where to search; out: the first place from which records chain.
 * A place is believed when three record headers in a row are plausible: never fewer, so that a file that grows never takes
 * back what a shorter one held.
 * Plausible: fraction of a second in range, captured length 1..256 KiB and not above the wire length, wire length at
 * most 16 MiB, time within a year of the last good record. Every offset is tried once: work stays linear.
 */
import { MAX_RECORD_BYTES } from './block.ts';
import type { Block } from './block.ts';

export interface RecordShape {
  littleEndian: boolean;
  unitsPerSecond: number;
  headerBytes: number;
  /** Offsets of the two lengths in the record header. */
  capturedAt: number;
  wireAt: number;
}

const CHAIN_RECORDS = 3;
const MAX_CAPTURED = 262_144;
const YEAR_SECONDS = 366 * 86_400;
/** Asked for beyond what a chain needs, so that a refill always brings far more than it moves. */
const SEARCH_SLACK_BYTES = 1 << 20;

export function isPlausibleRecord(block: Block, at: number, shape: RecordShape, lastSeconds: number): boolean {
  const { view } = block;
  const le = shape.littleEndian;
  const captured = view.getUint32(at + shape.capturedAt, le);
  if (captured === 0 || captured > MAX_CAPTURED) return false;
  const wire = view.getUint32(at + shape.wireAt, le);
  if (captured > wire || wire > MAX_RECORD_BYTES) return false;
  if (view.getUint32(at + 4, le) >= shape.unitsPerSecond) return false;
  // A NaN (no record yet) compares false: any time will do.
  return !(Math.abs(view.getUint32(at, le) - lastSeconds) > YEAR_SECONDS);
}

/** `need` 0: records chain from `at` on. Otherwise everything before `at` is ruled out, and `need` octets from there would tell more. */
export function findRecordChain(
  block: Block,
  start: number,
  shape: RecordShape,
  lastSeconds: number,
): { at: number; need: number } {
  const { to, ended } = block;
  let from = start;
  for (; from + shape.headerBytes <= to; from++) {
    let at = from;
    let links = 0;
    while (links < CHAIN_RECORDS && at + shape.headerBytes <= to && isPlausibleRecord(block, at, shape, lastSeconds)) {
      at += shape.headerBytes + block.view.getUint32(at + shape.capturedAt, shape.littleEndian);
      links++;
    }
    if (links === CHAIN_RECORDS) return { at: from, need: 0 };
    if (links === 0) continue;
    if (!ended && at + shape.headerBytes > to) return { at: from, need: at + shape.headerBytes - from + SEARCH_SLACK_BYTES };
  }
  return { at: Math.min(from, to), need: shape.headerBytes + SEARCH_SLACK_BYTES };
}
