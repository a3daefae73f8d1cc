/**
 * pcapng timestamps: a 64-bit count of units as two 32-bit halves -> seconds and nanoseconds, exactly. In: if_tsresol
 * and if_tsoffset (draft-ietf-opsawg-pcapng, section 4.2); out: a clock per interface. Powers of ten down to 10 ps
 * are exact in doubles; the rest (powers of two, finer units) goes through BigInt, rounded down to the nanosecond.
 * A packet most often falls into the second of the one before, which the clock remembers: then nothing is divided.
 */

export interface TimestampClock {
  /** Units in a second where doubles are exact, else 0: the BigInt way. */
  readonly unitsPerSecond: number;
  readonly nanosPerUnit: number;
  readonly unitsBig: bigint;
  readonly offsetSeconds: number;
  /** The second that came last, with the offset, and its first unit; -Infinity before there was one. */
  second: number;
  secondBegins: number;
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
    second: 0,
    secondBegins: -Infinity,
  };
}

/**
 * Stores the time at index `i`.
 * @param high its upper half and `low` its lower one, as int32: numbers of 2^31 and more would be boxed for the call
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
    storeTimeBig(clock, high >>> 0, low >>> 0, seconds, nanos, i);
    return;
  }
  // 2^21 high words: all of 53 bits, and microseconds until the year 2255.
  const isExact = high >>> 0 < 0x20_0000;
  const value = high * 0x1_0000_0000 + (low >>> 0);
  let rest = value - clock.secondBegins;
  if (isExact && rest >= 0 && rest < units) seconds[i] = clock.second;
  else rest = findSecond(clock, units, high >>> 0, low >>> 0, isExact ? value : -1, seconds, i);
  nanos[i] = clock.nanosPerUnit >= 1 ? rest * clock.nanosPerUnit : Math.floor(rest / (units / 1e9));
}

/**
 * Stores the second and remembers it. Long division by 16-bit digits: each remainder is below 10^11, so that remainder times
 * 2^16 stays below 2^53 and every step is exact.
 * @param value the whole count where it is exact, else -1
 * @returns the units behind the second
 */
function findSecond(clock: TimestampClock, units: number, high: number, low: number, value: number, seconds: Float64Array, i: number): number {
  let second: number;
  let rest: number;
  if (value >= 0) {
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
  const isTime = second <= MAX_SECONDS && second >= -MAX_SECONDS;
  seconds[i] = isTime ? second : NaN;
  if (isTime && value >= 0) {
    clock.second = second;
    clock.secondBegins = value - rest;
  }
  return isTime ? rest : 0;
}

function storeTimeBig(clock: TimestampClock, high: number, low: number, seconds: Float64Array, nanos: Int32Array, i: number): void {
  const value = (BigInt(high) << 32n) | BigInt(low);
  const whole = Number(value / clock.unitsBig) + clock.offsetSeconds;
  const isTime = whole <= MAX_SECONDS && whole >= -MAX_SECONDS;
  seconds[i] = isTime ? whole : NaN;
  nanos[i] = isTime ? Number(((value % clock.unitsBig) * 1_000_000_000n) / clock.unitsBig) : 0;
}
