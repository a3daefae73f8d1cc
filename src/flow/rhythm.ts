/**
 * Times between consecutive requests as a histogram of half octaves of milliseconds (bin 0: below 1 ms; bin 1 + 2e + h:
 * from 2^(e + h/2) ms). Half an octave tells 1 s from 2 s polls with a margin, and the sum per bin keeps the exact mean.
 * Gaps are int32 microseconds, so that nothing is boxed on the way; longer pauses than half an hour are not rhythm.
 * A steady poller hits the same one or two bins again and again: those are counted in its record itself (OPEN_BINS), others in a chain.
 */
import type { FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { CONVERSATION, OPEN_BINS, OPERATION, RHYTHM } = layout;

/** Longer pauses are not rhythm. */
const LONGEST_GAP = 1800;
export const MAX_GAP_SECONDS = LONGEST_GAP;
/** The second half of an octave begins at the square root of 2, of a millisecond. */
const HALF_OCTAVE_US = 1414.2135623730951;

/** Microseconds between two instants; -1 when time ran backwards or the pause is too long to be rhythm. */
function gapUs(beforeSeconds: number, beforeNanos: number, seconds: number, nanos: number): number {
  const whole = seconds - beforeSeconds;
  if (!(whole >= 0 && whole <= LONGEST_GAP)) return -1;
  const us = (whole | 0) * 1_000_000 + (((nanos - beforeNanos) / 1000) | 0);
  return us < 0 ? -1 : us;
}

function rhythmBin(us: number): number {
  const ms = (us / 1000) | 0;
  if (ms < 1) return 0;
  const exponent = 31 - Math.clz32(ms);
  const half = us >= HALF_OCTAVE_US * (1 << exponent) ? 1 : 0;
  return 1 + 2 * exponent + half;
}

/**
 * First microsecond of each bin under its number in OPEN_BINS (bin + 1), up to the one behind the last; what is under 0 ends where it
 * begins. steady.ts compares them instead of taking a logarithm.
 */
export const BIN_EDGES_US = Int32Array.from({ length: rhythmBin(LONGEST_GAP * 1_000_000) + 3 }, (_, number) => firstUsOf(number - 1));

function firstUsOf(bin: number): number {
  if (bin <= 0) return 0;
  const exponent = (bin - 1) >> 1;
  return ((bin - 1) & 1) === 0 ? 1000 * 2 ** exponent : Math.ceil(HALF_OCTAVE_US * 2 ** exponent);
}

/** A request of a conversation whose protocol gives no rhythm of its own. */
export function noteConversationRequest(state: FlowState, conversation: number, seconds: number, nanos: number): void {
  const { keys: words, doubles } = state.conversations;
  const c = conversation * CONVERSATION.stride;
  const d = c >> 1;
  const us = gapUs(doubles[d + CONVERSATION.lastRequestSecondsD], words[c + CONVERSATION.lastRequestNanos], seconds, nanos);
  if (us >= 0) addGap(state, words, c + CONVERSATION.rhythm, us);
  doubles[d + CONVERSATION.lastRequestSecondsD] = seconds;
  words[c + CONVERSATION.lastRequestNanos] = nanos;
}

/** The rhythm of an operation, from one request to the next. Requests of the same instant (FC 23 reports two ranges) are one. */
export function noteOperationRequest(state: FlowState, operation: number, seconds: number, nanos: number): void {
  const { keys: words, doubles } = state.operations;
  const o = operation * OPERATION.stride;
  const d = o >> 1;
  const us = gapUs(doubles[d + OPERATION.lastRequestSecondsD], words[o + OPERATION.lastRequestNanos], seconds, nanos);
  if (us > 0) addGap(state, words, o + OPERATION.rhythm, us);
  doubles[d + OPERATION.lastRequestSecondsD] = seconds;
  words[o + OPERATION.lastRequestNanos] = nanos;
}

/** Most microseconds that OPEN_BINS can sum up. */
const LARGEST_SUM = 0x7fff_ffff;
export const MOST_US = LARGEST_SUM;

/** @param words the subject's record has its OPEN_BINS at `at` */
function addGap(state: FlowState, words: Int32Array, at: number, us: number): void {
  const bin = rhythmBin(us) + 1;
  const bins = words[at + OPEN_BINS.bins];
  const newer = bins & 0xff;
  const older = bins >>> 8;
  let place = at;
  if (bin === older) place = at + 1;
  else if (bin !== newer) {
    if (older !== 0) settleBin(state, words, at, at + 1, older - 1);
    words[at + OPEN_BINS.bins] = bin | (newer << 8);
    words[at + OPEN_BINS.hits + 1] = words[at + OPEN_BINS.hits];
    words[at + OPEN_BINS.sumUs + 1] = words[at + OPEN_BINS.sumUs];
    words[at + OPEN_BINS.hits] = 0;
    words[at + OPEN_BINS.sumUs] = 0;
  }
  if (words[place + OPEN_BINS.sumUs] > LARGEST_SUM - us) settleBin(state, words, at, place, bin - 1);
  words[place + OPEN_BINS.hits]++;
  words[place + OPEN_BINS.sumUs] += us;
}

/** What an open bin counted goes to the chain. @param place `at` for the newer one, `at` + 1 for the older one */
function settleBin(state: FlowState, words: Int32Array, at: number, place: number, bin: number): void {
  if (words[place + OPEN_BINS.hits] > 0) addHits(state, words, at + OPEN_BINS.chain, bin, words[place + OPEN_BINS.hits], words[place + OPEN_BINS.sumUs]);
  words[place + OPEN_BINS.hits] = 0;
  words[place + OPEN_BINS.sumUs] = 0;
}

/** Adds to a bin of the subject's chain. @param words the subject's record begins its chain at `head` */
function addHits(state: FlowState, words: Int32Array, head: number, bin: number, hits: number, sumUs: number): void {
  let r = (words[head] - 1) * RHYTHM.stride;
  while (r >= 0 && state.rhythmWords[r + RHYTHM.bin] !== bin) r = (state.rhythmWords[r + RHYTHM.next] - 1) * RHYTHM.stride;
  if (r < 0) {
    r = state.rhythms++ * RHYTHM.stride;
    if (r === state.rhythmWords.length) growRhythms(state);
    state.rhythmWords[r + RHYTHM.bin] = bin;
    state.rhythmWords[r + RHYTHM.hits] = 0;
    state.rhythmWords[r + RHYTHM.next] = words[head];
    state.rhythmDoubles[(r >> 1) + RHYTHM.sumD] = 0;
    words[head] = state.rhythms;
  }
  state.rhythmWords[r + RHYTHM.hits] += hits;
  state.rhythmDoubles[(r >> 1) + RHYTHM.sumD] += sumUs;
}

const FEWEST_RHYTHMS = 1024;

function growRhythms(state: FlowState): void {
  const words = new Int32Array(Math.max(state.rhythmWords.length * 2, FEWEST_RHYTHMS * RHYTHM.stride));
  words.set(state.rhythmWords);
  state.rhythmWords = words;
  state.rhythmDoubles = new Float64Array(words.buffer);
}

/** Bins of the rhythm at hand, ascending, their hits and sums: scratch of rhythmText, an open bin may be in the chain as well. */
const MOST_BINS = BIN_EDGES_US.length;
const bins = new Int32Array(MOST_BINS);
const hits = new Float64Array(MOST_BINS);
const sums = new Float64Array(MOST_BINS);

/** @returns how many bins there are then */
function placeBin(count: number, bin: number, binHits: number, binSumUs: number): number {
  if (binHits === 0) return count;
  let at = count;
  while (at > 0 && bins[at - 1] > bin) at--;
  if (at > 0 && bins[at - 1] === bin) {
    hits[at - 1] += binHits;
    sums[at - 1] += binSumUs;
    return count;
  }
  for (let i = count; i > at; i--) {
    bins[i] = bins[i - 1];
    hits[i] = hits[i - 1];
    sums[i] = sums[i - 1];
  }
  bins[at] = bin;
  hits[at] = binHits;
  sums[at] = binSumUs;
  return count + 1;
}

/**
 * A rhythm as the store keeps it: bin, hits and their sum in whole microseconds, bin by bin ascending, as a JSON list; '' where nothing was hit.
 * @param words the subject's record has its OPEN_BINS at `at`
 */
export function rhythmText({ rhythmWords, rhythmDoubles }: Pick<FlowState, 'rhythmWords' | 'rhythmDoubles'>, words: Int32Array, at: number): string {
  const open = words[at + OPEN_BINS.bins];
  let count = placeBin(0, (open & 0xff) - 1, words[at + OPEN_BINS.hits], words[at + OPEN_BINS.sumUs]);
  count = placeBin(count, (open >>> 8) - 1, words[at + OPEN_BINS.hits + 1], words[at + OPEN_BINS.sumUs + 1]);
  for (let r = (words[at + OPEN_BINS.chain] - 1) * RHYTHM.stride; r >= 0; r = (rhythmWords[r + RHYTHM.next] - 1) * RHYTHM.stride) {
    count = placeBin(count, rhythmWords[r + RHYTHM.bin], rhythmWords[r + RHYTHM.hits], rhythmDoubles[(r >> 1) + RHYTHM.sumD]);
  }
  if (count === 0) return '';
  let length = 0;
  for (let i = 0; i < count; i++) {
    length = writeNumber(length, i === 0 ? OPENING : COMMA, bins[i]);
    length = writeNumber(length, COMMA, hits[i]);
    length = writeNumber(length, COMMA, sums[i]);
  }
  text[length++] = CLOSING;
  return text.toString('latin1', 0, length);
}

const [OPENING, COMMA, CLOSING, ZERO] = Buffer.from('[,]0');
/** A mark and the digits of a double. */
const MOST_DIGITS = 1 + 25;
/** Of the rhythm at hand: a string made of pieces is a third slower, and a million conversations have one each. */
const text = Buffer.alloc(MOST_BINS * 3 * MOST_DIGITS + 1);

/** @param value a whole number, not negative @returns where the text ends now */
function writeNumber(at: number, mark: number, value: number): number {
  text[at++] = mark;
  if (value > LARGEST_SUM) return at + text.write(String(value), at, 'latin1');
  let digits = 1;
  for (let power = 10; power <= value; power *= 10) digits++;
  let rest = value | 0;
  for (let i = at + digits - 1; i >= at; i--) {
    const tenth = (rest / 10) | 0;
    text[i] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return at + digits;
}

/** What was written counts from nought again; the bins stay open. @param words the subject's record has its OPEN_BINS at `at` */
export function zeroOpenBins(words: Int32Array, at: number): void {
  words.fill(0, at + OPEN_BINS.hits, at + OPEN_BINS.chain);
}
