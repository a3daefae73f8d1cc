/**
 * Options of pcapng blocks (draft-ietf-opsawg-pcapng, section 3.5). In: the option area of a block; out: each option
 * in turn. Hostile lengths end the walk; what stood before them counts, and the block's packet is never lost for them.
 */

const OPTION_END = 0;

/** Calls `visit` with code, offset and length of the value; every value lies wholly within [at, end). */
export function eachOption(
  view: DataView,
  start: number,
  end: number,
  littleEndian: boolean,
  visit: (code: number, at: number, length: number) => void,
): void {
  let at = start;
  while (at + 4 <= end) {
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    if (code === OPTION_END || at + 4 + length > end) return;
    visit(code, at + 4, length);
    at += 4 + ((length + 3) & ~3);
  }
}

/** An unsigned 64-bit counter as a number; what no counter reaches (2^53, "unknown" as all ones) is 0. */
export function readCounter64(view: DataView, at: number, littleEndian: boolean): number {
  const first = view.getUint32(at, littleEndian);
  const second = view.getUint32(at + 4, littleEndian);
  const value = littleEndian ? second * 0x1_0000_0000 + first : first * 0x1_0000_0000 + second;
  return value <= Number.MAX_SAFE_INTEGER ? value : 0;
}
