/**
 * A flow state with its sink, and the order in which an interval is fed, closed and begun anew. What commands hold.
 */
import type { FrameBatch } from '../source/frame-batch.ts';
import { internProtocolNames } from './app-sessions.ts';
import { clearInterval, closeInterval, restoreDecoderState, saveDecoderState } from './decoder-state.ts';
import { feed } from './feed.ts';
import { createFlowState, isFull, type FlowState } from './flow-state.ts';
import { createFlowSink, type FlowSink } from './operations.ts';

export interface Recorder {
  readonly state: FlowState;
  readonly sink: FlowSink;
}

/** @param saved decoder state of an earlier interval, or null */
export function createRecorder(saved: string | null): Recorder {
  const state = createFlowState();
  internProtocolNames(state);
  const sink = createFlowSink(state);
  if (saved !== null) restoreDecoderState(state, sink, saved);
  return { state, sink };
}

/** @returns true when a table is full: flush before the next batch */
export function recordBatch(recorder: Recorder, batch: FrameBatch): boolean {
  feed(recorder.state, recorder.sink, batch, 0, batch.count);
  return isFull(recorder.state);
}

/** Ends the interval and returns what the decoder must remember; the tables are ready to be written. */
export function endInterval(recorder: Recorder): string {
  closeInterval(recorder.state, recorder.sink);
  return saveDecoderState(recorder.state);
}

/** Begins the next interval with what the last one remembered. */
export function beginInterval(recorder: Recorder, saved: string): void {
  clearInterval(recorder.state);
  recorder.sink.protocolText = -1;
  restoreDecoderState(recorder.state, recorder.sink, saved);
}
