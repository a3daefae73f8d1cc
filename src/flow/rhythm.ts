/**
 * Times between consecutive requests as a histogram of half octaves of milliseconds (bin 0: below 1 ms; bin 1 + 2e + h:
 * from 2^(e + h/2) ms). Half an octave tells 1 s from 2 s polls with a margin, and the sum per bin keeps the exact mean.
 * Gaps are int32 microseconds, so that nothing is boxed on the way; longer pauses than half an hour are not rhythm.
 * A steady poller hits the same bin again and again: hits are counted in the record itself and settled when the bin changes.
 */
import type { FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { CONVERSATION, OPERATION, RHYTHM } = layout;

/** Longer pauses are not rhythm. */
const LONGEST_GAP = 1800;
export const MAX_GAP_SECONDS = LONGEST_GAP;
const NO_BIN = -1;
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

/** First microsecond of each bin, and of the one behind the last: what steady.ts compares instead of taking a logarithm. */
export const BIN_EDGES_US = Int32Array.from({ length: rhythmBin(LONGEST_GAP * 1_000_000) + 2 }, (_, bin) => firstUsOf(bin));

function firstUsOf(bin: number): number {
  if (bin === 0) return 0;
  const exponent = (bin - 1) >> 1;
  return ((bin - 1) & 1) === 0 ? 1000 * 2 ** exponent : Math.ceil(HALF_OCTAVE_US * 2 ** exponent);
}

/** A request of a conversation whose protocol gives no rhythm of its own. */
export function noteConversationRequest(state: FlowState, conversation: number, seconds: number, nanos: number): void {
  const { keys: words, doubles } = state.conversations;
  const c = conversation * CONVERSATION.stride;
  const d = c >> 1;
  const us = gapUs(doubles[d + CONVERSATION.lastRequestSecondsD], words[c + CONVERSATION.lastRequestNanos], seconds, nanos);
  if (us >= 0) {
    const bin = rhythmBin(us);
    if (words[c + CONVERSATION.lastBin] !== bin) {
      settleConversationBin(state, conversation);
      words[c + CONVERSATION.lastBin] = bin;
    }
    words[c + CONVERSATION.binHits]++;
    doubles[d + CONVERSATION.binSumD] += us;
  }
  doubles[d + CONVERSATION.lastRequestSecondsD] = seconds;
  words[c + CONVERSATION.lastRequestNanos] = nanos;
}

/** The rhythm of an operation, from one request to the next. Requests of the same instant (FC 23 reports two ranges) are one. */
export function noteOperationRequest(state: FlowState, operation: number, seconds: number, nanos: number): void {
  const { keys: words, doubles } = state.operations;
  const o = operation * OPERATION.stride;
  const d = o >> 1;
  const us = gapUs(doubles[d + OPERATION.lastRequestSecondsD], words[o + OPERATION.lastRequestNanos], seconds, nanos);
  if (us > 0) {
    const bin = rhythmBin(us);
    if (words[o + OPERATION.lastBin] !== bin) {
      settleOperationBin(state, operation);
      words[o + OPERATION.lastBin] = bin;
    }
    words[o + OPERATION.binHits]++;
    doubles[d + OPERATION.binSumD] += us;
  }
  doubles[d + OPERATION.lastRequestSecondsD] = seconds;
  words[o + OPERATION.lastRequestNanos] = nanos;
}

export function settleConversationBin(state: FlowState, conversation: number): void {
  const { keys: words, doubles } = state.conversations;
  const c = conversation * CONVERSATION.stride;
  if (words[c + CONVERSATION.binHits] === 0) return;
  addHits(state, words, c + CONVERSATION.rhythm, words[c + CONVERSATION.lastBin], words[c + CONVERSATION.binHits], doubles[(c >> 1) + CONVERSATION.binSumD]);
  words[c + CONVERSATION.lastBin] = NO_BIN;
  words[c + CONVERSATION.binHits] = 0;
  doubles[(c >> 1) + CONVERSATION.binSumD] = 0;
}

export function settleOperationBin(state: FlowState, operation: number): void {
  const { keys: words, doubles } = state.operations;
  const o = operation * OPERATION.stride;
  if (words[o + OPERATION.binHits] === 0) return;
  addHits(state, words, o + OPERATION.rhythm, words[o + OPERATION.lastBin], words[o + OPERATION.binHits], doubles[(o >> 1) + OPERATION.binSumD]);
  words[o + OPERATION.lastBin] = NO_BIN;
  words[o + OPERATION.binHits] = 0;
  doubles[(o >> 1) + OPERATION.binSumD] = 0;
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

/**
 * A chain as the store keeps it: bin, hits and their sum in whole microseconds, bin by bin ascending, as a JSON list; '' where nothing was hit.
 * @param head index + 1 of its first record, 0 none
 */
export function rhythmText({ rhythmWords: words, rhythmDoubles: doubles }: FlowState, head: number): string {
  let text = '';
  // The next higher bin each time: chains are short, and in no order.
  for (let after = -1; ; ) {
    let least = -1;
    for (let r = (head - 1) * RHYTHM.stride; r >= 0; r = (words[r + RHYTHM.next] - 1) * RHYTHM.stride) {
      if (words[r + RHYTHM.hits] > 0 && words[r + RHYTHM.bin] > after && (least < 0 || words[r + RHYTHM.bin] < words[least + RHYTHM.bin])) least = r;
    }
    if (least < 0) return text === '' ? '' : `${text}]`;
    after = words[least + RHYTHM.bin];
    text += `${text === '' ? '[' : ','}${after},${words[least + RHYTHM.hits]},${doubles[(least >> 1) + RHYTHM.sumD]}`;
  }
}
