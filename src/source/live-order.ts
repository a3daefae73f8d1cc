/**
 * In which order the frames of several interfaces are handed out. Each interface delivers a block of its own up to a tenth of a second after
 * its first frame, and what passes two of them (the legs of a router, both lines of a tap) is in a block of each: handed out block by block,
 * answers come before questions and copies long after what they repeat. So frames of a block go as far as the next one of the others reaches, and wait
 * for an interface that has nothing ready, until it cannot have anything older. In: channels with their blocks. Out: how many frames are due,
 * or how long to wait. Within `SLACK_MS` order is left as it is, so that at high rates a batch is more than a frame or two.
 */
import { HEADER } from './live-addon.ts';
import type { Channel } from './live-channel.ts';

/** Of four legs of a router this left no gap that was none; with 2 ms there were some. */
const SLACK_MS = 0.2;

/** Milliseconds since 1970 of a frame of the block at hand, to a fraction of a microsecond. */
function timeMs({ blocks, ready }: Channel, frame: number): number {
  const { seconds, nanos } = blocks[ready];
  return seconds[frame] * 1000 + nanos[frame] / 1e6;
}

const firstMs = (channel: Channel): number => timeMs(channel, channel.begin);

/** Of the channels with a block, the one whose next frame is earliest. */
export function earliestOf(channels: readonly Channel[]): Channel | undefined {
  let best: Channel | undefined;
  for (const channel of channels) if (channel.ready >= 0 && (best === undefined || firstMs(channel) < firstMs(best))) best = channel;
  return best;
}

/**
 * How many frames of the earliest channel are due.
 * @param holdMs after which a frame that was received is in a block
 * @returns frames, at least one; or, as a negative number, milliseconds to wait
 */
export function dueFrames(channel: Channel, channels: readonly Channel[], nowMs: number, holdMs: number): number {
  const next = firstMs(channel);
  let until = Infinity;
  for (const other of channels) {
    if (other === channel || other.state !== 'open') continue;
    if (other.ready >= 0) until = Math.min(until, firstMs(other) + SLACK_MS);
    // A time that is yet to come is of another clock than ours, which says nothing of how long to wait.
    else if (next <= nowMs) until = Math.min(until, nowMs - holdMs);
  }
  if (next > until) return until - next;
  const count = channel.blocks[channel.ready].header[HEADER.count];
  let end = channel.begin + 1;
  while (end < count && timeMs(channel, end) <= until) end++;
  return end - channel.begin;
}
