/** Seeded pseudo-random numbers (mulberry32): the same seed gives the same samples on every machine. */

export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number;
  bytes(count: number): Uint8Array;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const integer = (low: number, high: number): number => low + Math.floor(fraction() * (high - low + 1));
  return { fraction, integer, bytes: (count) => Uint8Array.from({ length: count }, () => integer(0, 255)) };
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[random.integer(0, from.length - 1)] as T;
