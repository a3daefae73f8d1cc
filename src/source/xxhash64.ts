/**
 * XXH64 (xxHash specification 0.1.1, seed 0), of which Zstandard keeps the low 32 bits as content checksum. In: octets,
 * piece by piece; out: those 32 bits. 64-bit values are two 32-bit halves: BigInt would take ten times as long.
 */

export interface Xxhash64 {
  update(bytes: Uint8Array): void;
  /** The low 32 bits of the hash of all octets so far. */
  low32(): number;
}

/** The five primes as high and low halves. */
const PRIME1 = [0x9e3779b1, 0x85ebca87] as const;
const PRIME2 = [0xc2b2ae3d, 0x27d4eb4f] as const;
const PRIME3 = [0x165667b1, 0x9e3779f9] as const;
const PRIME4 = [0x85ebca77, 0xc2b2ae63] as const;
const PRIME5 = [0x27d4eb2f, 0x165667c5] as const;
const [PRIME1_HIGH, PRIME1_LOW] = PRIME1;
const [PRIME2_HIGH, PRIME2_LOW] = PRIME2;
const STRIPE_BYTES = 32;

/** High half of the product of two 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const mid = Math.imul(a0, b1) >>> 0;
  const low = (Math.imul(a0, b0) >>> 16) + (mid & 0xffff) + (Math.imul(a1, b0) & 0xffff);
  return (Math.imul(a1, b1) + (mid >>> 16) + (Math.imul(a1, b0) >>> 16) + (low >>> 16)) | 0;
}

export function createXxhash64(): Xxhash64 {
  // Lane i: high half at 2i, low half at 2i + 1.
  const lanes = new Int32Array(8);
  const stripe = new Uint8Array(STRIPE_BYTES);
  let held = 0;
  let total = 0;
  let high = 0;
  let low = 0;

  const add = (h: number, l: number): void => {
    const sum = (low + l) | 0;
    high = (high + h + (sum >>> 0 < l >>> 0 ? 1 : 0)) | 0;
    low = sum;
  };
  const multiply = (h: number, l: number): void => {
    high = (mulHigh(low, l) + Math.imul(high, l) + Math.imul(low, h)) | 0;
    low = Math.imul(low, l);
  };
  const rotateLeft = (bits: number): void => {
    const h = high;
    high = (h << bits) | (low >>> (32 - bits));
    low = (low << bits) | (h >>> (32 - bits));
  };
  /** Shifts of 32 and more take the high half only. */
  const xorShiftRight = (bits: number): void => {
    const l = bits >= 32 ? high >>> (bits - 32) : (low >>> bits) | (high << (32 - bits));
    const h = bits >= 32 ? 0 : high >>> bits;
    high ^= h;
    low ^= l;
  };
  const load = (h: number, l: number): void => {
    high = h | 0;
    low = l | 0;
  };

  load(...PRIME1);
  add(...PRIME2);
  lanes.set([high, low, PRIME2[0], PRIME2[1], 0, 0]);
  lanes[6] = ~PRIME1[0];
  lanes[7] = -PRIME1[1];

  /** Whole stripes of `bytes` from `at` on; gives the offset behind them. The hot part: written out, in locals. */
  function takeStripes(bytes: Uint8Array, at: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let next = at;
    for (let lane = 0; lane < 8; lane += 2) {
      let h = lanes[lane] as number;
      let l = lanes[lane + 1] as number;
      for (next = at; next + STRIPE_BYTES <= bytes.length; next += STRIPE_BYTES) {
        const inLow = view.getInt32(next + lane * 4, true);
        const inHigh = view.getInt32(next + lane * 4 + 4, true);
        // round(lane, input): lane += input * PRIME2; rotate 31; times PRIME1.
        const pLow = Math.imul(inLow, PRIME2_LOW);
        const pHigh = (mulHigh(inLow, PRIME2_LOW) + Math.imul(inHigh, PRIME2_LOW) + Math.imul(inLow, PRIME2_HIGH)) | 0;
        const sLow = (l + pLow) | 0;
        const sHigh = (h + pHigh + (sLow >>> 0 < pLow >>> 0 ? 1 : 0)) | 0;
        const rHigh = (sHigh << 31) | (sLow >>> 1);
        const rLow = (sLow << 31) | (sHigh >>> 1);
        l = Math.imul(rLow, PRIME1_LOW);
        h = (mulHigh(rLow, PRIME1_LOW) + Math.imul(rHigh, PRIME1_LOW) + Math.imul(rLow, PRIME1_HIGH)) | 0;
      }
      lanes[lane] = h;
      lanes[lane + 1] = l;
    }
    return next;
  }

  function update(bytes: Uint8Array): void {
    total += bytes.length;
    let at = 0;
    if (held > 0) {
      at = Math.min(STRIPE_BYTES - held, bytes.length);
      stripe.set(bytes.subarray(0, at), held);
      held += at;
      if (held < STRIPE_BYTES) return;
      takeStripes(stripe, 0);
      held = 0;
    }
    at = takeStripes(bytes, at);
    stripe.set(bytes.subarray(at));
    held = bytes.length - at;
  }

  /** hash ^= round(0, h:l), then the caller's rotation and products. */
  function mix(h: number, l: number): void {
    const [savedHigh, savedLow] = [high, low];
    load(h, l);
    multiply(...PRIME2);
    rotateLeft(31);
    multiply(...PRIME1);
    load(high ^ savedHigh, low ^ savedLow);
  }

  function low32(): number {
    load(...PRIME5);
    if (total >= STRIPE_BYTES) {
      let [sumHigh, sumLow] = [0, 0];
      for (const [lane, bits] of [1, 7, 12, 18].entries()) {
        load(lanes[lane * 2] as number, lanes[lane * 2 + 1] as number);
        rotateLeft(bits);
        add(sumHigh, sumLow);
        [sumHigh, sumLow] = [high, low];
      }
      for (let lane = 0; lane < 8; lane += 2) {
        mix(lanes[lane] as number, lanes[lane + 1] as number);
        multiply(...PRIME1);
        add(...PRIME4);
      }
    }
    add(Math.floor(total / 2 ** 32), total | 0);
    const view = new DataView(stripe.buffer);
    let at = 0;
    for (; at + 8 <= held; at += 8) {
      mix(view.getInt32(at + 4, true), view.getInt32(at, true));
      rotateLeft(27);
      multiply(...PRIME1);
      add(...PRIME4);
    }
    if (at + 4 <= held) {
      const [savedHigh, savedLow] = [high, low];
      load(0, view.getInt32(at, true));
      multiply(...PRIME1);
      load(high ^ savedHigh, low ^ savedLow);
      rotateLeft(23);
      multiply(...PRIME2);
      add(...PRIME3);
      at += 4;
    }
    for (; at < held; at++) {
      const [savedHigh, savedLow] = [high, low];
      load(0, stripe[at] as number);
      multiply(...PRIME5);
      load(high ^ savedHigh, low ^ savedLow);
      rotateLeft(11);
      multiply(...PRIME1);
    }
    xorShiftRight(33);
    multiply(...PRIME2);
    xorShiftRight(29);
    multiply(...PRIME3);
    xorShiftRight(32);
    return low >>> 0;
  }

  return { update, low32 };
}
