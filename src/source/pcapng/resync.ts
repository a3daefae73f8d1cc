/**
 * Taking a damaged pcapng up again. In: a block and where to search; out: the first place at which a block of a known
 * type stands whose length is repeated at its end (draft-ietf-opsawg-pcapng, section 3.1) and, for packets, whose
 * captured length and interface fit. Blocks beyond 1 MiB are not searched for. Every offset is tried once.
 */
import type { Block } from '../block.ts';
import { BLOCK_TYPE, readByteOrder } from './block-type.ts';

const MAX_SEARCHED_BYTES = 1 << 20;

const SEARCHED_TYPES: ReadonlySet<number> = new Set(Object.values(BLOCK_TYPE));

/** Octets of the block at `at`; 0 if none can stand there; -n if n octets from `at` on would tell more. */
export function plausibleBlockBytes(block: Block, at: number, littleEndian: boolean, interfaces: number): number {
  const { view, to } = block;
  if (at + 12 > to) return block.ended ? 0 : -12;
  let le = littleEndian;
  const type = view.getUint32(at, le);
  if (!SEARCHED_TYPES.has(type)) return 0;
  if (type === BLOCK_TYPE.section) {
    const order = readByteOrder(view, at + 8);
    if (order === null) return 0;
    le = order;
  }
  const bytes = view.getUint32(at + 4, le);
  if (bytes < 12 || bytes > MAX_SEARCHED_BYTES || bytes % 4 !== 0) return 0;
  if (type === BLOCK_TYPE.enhancedPacket) {
    if (bytes < 32) return 0;
    if (at + 32 > to) return block.ended ? 0 : -32;
    if (view.getUint32(at + 8, le) >= interfaces || view.getUint32(at + 20, le) > bytes - 32) return 0;
  }
  if (at + bytes > to) return block.ended ? 0 : -bytes;
  return view.getUint32(at + bytes - 4, le) === bytes ? bytes : 0;
}

/** `need` 0: a block stands at `at`. Otherwise everything before `at` is ruled out, and `need` octets from there would tell more. */
export function findBlock(block: Block, start: number, littleEndian: boolean, interfaces: number): { at: number; need: number } {
  let at = start;
  for (; at + 12 <= block.to; at++) {
    const bytes = plausibleBlockBytes(block, at, littleEndian, interfaces);
    if (bytes > 0) return { at, need: 0 };
    if (bytes < 0) return { at, need: MAX_SEARCHED_BYTES - bytes };
  }
  return { at: Math.min(at, block.to), need: MAX_SEARCHED_BYTES };
}
