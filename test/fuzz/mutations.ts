/**
 * Changes to frames and files that know where things stand: lengths, offsets, addresses, flags, times and messages lie,
 * frames are lost, doubled, swapped and cut. In: real frames. Out: frames or octets that no device would send.
 */
import { pick, type Random } from '../../samples/gen/random.ts';
import { EDGES } from './capture-writer.ts';
import type { Frame } from './frames.ts';

/** Link types that decode knows, and some that it does not. */
const LINK_TYPES = [0, 1, 1, 1, 9, 12, 50, 51, 101, 104, 107, 108, 113, 127, 147, 228, 229, 249, 276, 65_535] as const;
/** The epoch, before it, the ends of signed and unsigned 32 bit, of what fits the store, and NaN (no time). */
const SECONDS = [0, -1, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 4_500_000_000, 9_223_372_035, 9_223_372_036, 9_223_372_037, Number.NaN, -9_223_372_037] as const;
/** Offsets at which Ethernet, IPv4, TCP and what they carry say a length, a type or a flag. */
const TELLING = [12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 26, 30, 34, 36, 38, 39, 42, 46, 47, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67] as const;

/** One frame changed in place (its bytes are a copy already). */
function changeFrame(random: Random, frame: Frame): void {
  const { bytes } = frame;
  if (bytes.length === 0) return;
  const at = (): number => (random.integer(0, 2) > 0 ? pick(random, TELLING) : random.integer(0, bytes.length - 1)) % bytes.length;
  switch (random.integer(0, 9)) {
    case 0:
      bytes[at()] ^= 1 << random.integer(0, 7);
      break;
    case 1:
      bytes[at()] = random.integer(0, 255);
      break;
    case 2: {
      const value = pick(random, EDGES);
      const where = at();
      for (let i = 0; i < 2; i++) if (where + i < bytes.length) bytes[where + i] = (value >>> (8 * (1 - i))) & 0xff;
      break;
    }
    case 3: {
      const value = pick(random, EDGES);
      const where = at();
      for (let i = 0; i < 4; i++) if (where + i < bytes.length) bytes[where + i] = (value >>> (8 * i)) & 0xff;
      break;
    }
    case 4:
      frame.bytes = bytes.slice(0, random.integer(0, bytes.length));
      break;
    case 5: {
      const longer = new Uint8Array(bytes.length + random.integer(1, 64));
      longer.set(bytes);
      longer.set(random.bytes(longer.length - bytes.length), bytes.length);
      frame.bytes = longer;
      if (random.integer(0, 1) === 0) frame.wire = longer.length;
      break;
    }
    case 6: {
      const from = at();
      bytes.copyWithin(at(), from, from + random.integer(1, 40));
      break;
    }
    case 7:
      frame.wire = pick(random, EDGES);
      break;
    case 8:
      frame.seconds = pick(random, SECONDS);
      break;
    default:
      frame.linkType = pick(random, LINK_TYPES);
  }
}

/** A sequence of frames with some of them changed, and some lost, doubled, moved or taken from elsewhere. */
export function mutateFrames(random: Random, frames: readonly Frame[], others: readonly Frame[], rate: number): Frame[] {
  const out: Frame[] = [];
  for (const original of frames) {
    if (random.fraction() < rate / 8) continue;
    const frame = { ...original, bytes: original.bytes.slice() };
    while (random.fraction() < rate) changeFrame(random, frame);
    out.push(frame);
    if (random.fraction() < rate / 8) out.push({ ...frame, bytes: frame.bytes.slice() });
    if (random.fraction() < rate / 16 && others.length > 0) out.push(pick(random, others));
    if (random.fraction() < rate / 8 && out.length > 1) {
      const i = random.integer(0, out.length - 2);
      [out[i], out[out.length - 1]] = [out[out.length - 1] as Frame, out[i] as Frame];
    }
  }
  return out;
}

/** A file as octets, without a look at what stands where; what compression and containers meet. */
export function mutateOctets(random: Random, original: Uint8Array, other: Uint8Array): Uint8Array {
  // A copy and no Buffer, as kept compressed cases are: the slice of one is the same octets, and its fill throws past the end.
  let bytes = new Uint8Array(original);
  for (let n = random.integer(1, 6); n > 0 && bytes.length > 0; n--) {
    const at = random.integer(0, bytes.length - 1);
    // Heads are where the lies matter most.
    const where = random.integer(0, 1) === 0 ? at : at % 128 % bytes.length;
    switch (random.integer(0, 6)) {
      case 0:
        bytes[where] ^= 1 << random.integer(0, 7);
        break;
      case 1: {
        const value = pick(random, EDGES);
        const isLittle = random.integer(0, 1) === 0;
        for (let i = 0; i < 4; i++) if (where + i < bytes.length) bytes[where + i] = (value >>> (8 * (isLittle ? i : 3 - i))) & 0xff;
        break;
      }
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...random.bytes(random.integer(1, 64)), ...bytes.subarray(at)]);
        break;
      case 4:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + random.integer(1, 64))]);
        break;
      case 5: {
        const from = random.integer(0, Math.max(0, other.length - 1));
        bytes.set(other.subarray(from, Math.min(from + random.integer(1, 200), from + bytes.length - at)), at);
        break;
      }
      default:
        bytes.fill(random.integer(0, 255), where, where + random.integer(1, 32));
    }
  }
  return bytes;
}
