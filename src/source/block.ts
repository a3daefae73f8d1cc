/**
 * The block: one reused stretch of memory between a byte source and a record walker. In: octets as they come;
 * out: `bytes[from, to)`, the octets not yet walked, contiguous. The unfinished tail is moved to the front before
 * more is read, so memory stays at the size of the block, however long the input is.
 */
import { copyOctets, type ByteSource } from './byte-source.ts';

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
  /** Memory for every refill, where what was walked is still read elsewhere; null: the same memory is used again. */
  readonly renew: ((octets: number) => Uint8Array) | null;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

export function createBlock(capacity: number, renew: Block['renew'] = null): Block {
  const bytes = renew === null ? new Uint8Array(capacity) : renew(capacity);
  return { bytes, view: viewOf(bytes), from: 0, to: 0, base: 0, ended: false, renew };
}

/** Reads until `need` octets are there or the source ends. At least one read is made, so a caller always gets on. */
export async function fillBlock(block: Block, source: ByteSource, need: number): Promise<void> {
  const tail = block.to - block.from;
  if (need > block.bytes.length || block.renew !== null) {
    const octets = need > block.bytes.length ? 2 ** Math.ceil(Math.log2(need)) : block.bytes.length;
    const other = block.renew === null ? new Uint8Array(octets) : block.renew(octets);
    copyOctets(block.bytes.subarray(block.from, block.to), other, 0);
    block.bytes = other;
    block.view = viewOf(other);
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
