/**
 * The block: one reused stretch of memory between a byte source and a record walker. In: octets as they come;
 * out: `bytes[from, to)`, the octets not yet walked, contiguous. The unfinished tail is moved to the front before
 * more is read, so memory stays at the size of the block, however long the input is.
 */
import type { ByteSource } from './byte-source.ts';

/** 512 KiB stays inside the second-level cache; larger blocks measured 10-15 % slower. */
export const BLOCK_BYTES = 512 * 1024;
/** No record or block longer than this is believed; it bounds the memory a hostile length can ask for. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

export interface Block {
  bytes: Uint8Array;
  view: DataView;
  /** First octet not yet walked, and the end of what was read. */
  from: number;
  to: number;
  /** Offset of `bytes[0]` in the (uncompressed) input. */
  base: number;
  /** The source has no more. */
  ended: boolean;
}

export function createBlock(capacity: number): Block {
  const bytes = new Uint8Array(capacity);
  return { bytes, view: new DataView(bytes.buffer), from: 0, to: 0, base: 0, ended: false };
}

/** Reads until `need` octets are there or the source ends. At least one read is made, so a caller always gets on. */
export async function fillBlock(block: Block, source: ByteSource, need: number): Promise<void> {
  const tail = block.to - block.from;
  if (need > block.bytes.length) {
    const grown = new Uint8Array(2 ** Math.ceil(Math.log2(need)));
    grown.set(block.bytes.subarray(block.from, block.to));
    block.bytes = grown;
    block.view = new DataView(grown.buffer);
  } else if (block.from > 0) {
    block.bytes.copyWithin(0, block.from, block.to);
  }
  block.base += block.from;
  block.from = 0;
  block.to = tail;
  do {
    const room = block.bytes.length - block.to;
    if (room === 0) return;
    const reading = source.read(block.bytes, block.to, room);
    const got = typeof reading === 'number' ? reading : await reading;
    if (got === 0) {
      block.ended = true;
      return;
    }
    block.to += got;
  } while (block.to < need);
}
