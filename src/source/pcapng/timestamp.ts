/**
 * pcapng timestamps: a 64-bit count of units as two 32-bit halves -> seconds and nanoseconds, exactly. In: if_tsresol
 * and if_tsoffset (draft-ietf-opsawg-pcapng, section 4.2); out: a clock per interface. Powers of ten down to 10 ps
 * are exact in doubles; the rest (powers of two, finer units) goes through BigInt, rounded down to the nanosecond.
 */

export interface TimestampClock {
  /** Units in a second where doubles are exact, else 0: the BigInt way. */
  readonly unitsPerSecond: number;
  readonly nanosPerUnit: number;
  readonly unitsBig: bigint;
  readonly offsetSeconds: number;
}

/** Beyond this a time no longer fits into 64-bit nanoseconds (the year 2262); such a time is no time. */
const MAX_SECONDS = 9_223_372_035;
const MAX_EXACT_DIGITS = 11;
export const DEFAULT_RESOLUTION = 6;

/** `resolution`: the octet of if_tsresol. Bit 7 set: power of two, else of ten. */
export function createClock(resolution: number, offsetSeconds: number): TimestampClock {
  const exponent = resolution & 0x7f;
  const isBinary = (resolution & 0x80) !== 0;
  const isExact = !isBinary && exponent <= MAX_EXACT_DIGITS;
  return {
    unitsPerSecond: isExact ? 10 ** exponent : 0,
    nanosPerUnit: isExact ? 10 ** (9 - exponent) : 0,
    unitsBig: isExact ? 0n : (isBinary ? 2n : 10n) ** BigInt(exponent),
    offsetSeconds,
  };
}

/**
 * Stores the time at index `i`. Long division by 16-bit digits: each remainder is below 10^11, so that remainder
 * times 2^16 stays below 2^53 and every step is exact.
 */
export function storeTime(
  clock: TimestampClock,
  high: number,
  low: number,
  seconds: Float64Array,
  nanos: Int32Array,
  i: number,
): void {
  const units = clock.unitsPerSecond;
  if (units === 0) {
    storeTimeBig(clock, high, low, seconds, nanos, i);
    return;
  }
  let second: number;
  let rest: number;
  // 2^21 high words: all of 53 bits, and microseconds until the year 2255.
  if (high < 0x20_0000) {
    const value = high * 0x1_0000_0000 + low;
    second = Math.floor(value / units);
    rest = value - second * units;
    // The rounded quotient may be one too high just below a whole second.
    if (rest < 0) {
      second--;
      rest += units;
    }
  } else {
    const digit0 = Math.floor(high / units);
    const step1 = (high - digit0 * units) * 0x1_0000 + (low >>> 16);
    const digit1 = Math.floor(step1 / units);
    const step2 = (step1 - digit1 * units) * 0x1_0000 + (low & 0xffff);
    const digit2 = Math.floor(step2 / units);
    second = digit0 * 0x1_0000_0000 + digit1 * 0x1_0000 + digit2;
    rest = step2 - digit2 * units;
  }
  second += clock.offsetSeconds;
  if (second > MAX_SECONDS || second < -MAX_SECONDS) {
    second = NaN;
    rest = 0;
  }
  seconds[i] = second;
  nanos[i] = clock.nanosPerUnit >= 1 ? rest * clock.nanosPerUnit : Math.floor(rest / (units / 1e9));
}

function storeTimeBig(clock: TimestampClock, high: number, low: number, seconds: Float64Array, nanos: Int32Array, i: number): void {
  const value = (BigInt(high) << 32n) | BigInt(low);
  const whole = Number(value / clock.unitsBig) + clock.offsetSeconds;
  const isTime = whole <= MAX_SECONDS && whole >= -MAX_SECONDS;
  seconds[i] = isTime ? whole : NaN;
  nanos[i] = isTime ? Number(((value % clock.unitsBig) * 1_000_000_000n) / clock.unitsBig) : 0;
}
