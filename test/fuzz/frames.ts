/**
 * Frames outside of any file: what seeds are taken apart into and mutated captures are put together from.
 * In: a path. Out: plain frames, or a batch that holds some of them.
 */
import { openCapture } from '../../src/source/open.ts';
import { BATCH_FRAMES, createFrameBatch, type FrameBatch } from '../../src/source/frame-batch.ts';

export interface Frame {
  linkType: number;
  seconds: number;
  nanos: number;
  /** Octets on the wire. */
  wire: number;
  bytes: Uint8Array;
}

/** The first `most` frames of a capture; whatever its end. */
export async function readFrames(path: string, most: number): Promise<Frame[]> {
  const source = await openCapture(path);
  const frames: Frame[] = [];
  for (let batch = await source.next(); batch !== null && frames.length < most; batch = await source.next()) {
    for (let i = 0; i < batch.count && frames.length < most; i++) {
      frames.push({
        linkType: batch.linkType,
        seconds: batch.seconds[i],
        nanos: batch.nanos[i],
        wire: batch.wire[i] >>> 0,
        bytes: batch.bytes.slice(batch.offset[i], batch.offset[i] + batch.captured[i]),
      });
    }
  }
  await source.close();
  return frames;
}

/** One batch of frames of one link type. */
export function batchOf(frames: readonly Frame[]): FrameBatch {
  if (frames.length > BATCH_FRAMES) throw new Error('too many frames for one batch');
  const batch = createFrameBatch();
  const bytes = new Uint8Array(frames.reduce((sum, one) => sum + one.bytes.length, 0));
  let at = 0;
  for (const frame of frames) {
    const i = batch.count++;
    bytes.set(frame.bytes, at);
    batch.linkType = frame.linkType;
    batch.offset[i] = at;
    batch.captured[i] = frame.bytes.length;
    batch.wire[i] = frame.wire;
    batch.seconds[i] = frame.seconds;
    batch.nanos[i] = frame.nanos;
    at += frame.bytes.length;
  }
  batch.bytes = bytes;
  batch.view = new DataView(bytes.buffer);
  return batch;
}
