/**
 * A flow state with its sink, and the order in which an interval is fed, closed and begun anew. What commands hold.
 */
import type { FrameBatch } from '../source/frame-batch.ts';
import { internProtocolNames } from './app-sessions.ts';
import { createCarriedFeed } from './carried-frames.ts';
import { MAX_ONE_WAY } from './conversations.ts';
import { clearInterval, closeInterval, restoreDecoderState, saveDecoderState } from './decoder-state.ts';
import { feed } from './feed.ts';
import { clearIntTable } from './int-table.ts';
import { count, countInHour, createFlowState, isFull, type FlowState } from './flow-state.ts';
import { createFlowSink, type FlowSink } from './operations.ts';
import { captureFigures, doubtPositions, forgetPositions, settleInterval, zeroCapture, zeroInterval, type CaptureFigures } from './settle.ts';

export interface Recorder {
  readonly state: FlowState;
  readonly sink: FlowSink;
  /** Feeds what tunnels carry; null: tunnels are conversations of their ends. */
  readonly feedCarried: ReturnType<typeof createCarriedFeed> | null;
}

/** @param saved decoder state of an earlier interval, or null */
export function createRecorder(saved: string | null, opensTunnels = false): Recorder {
  const state = createFlowState();
  internProtocolNames(state);
  const sink = createFlowSink(state);
  if (saved !== null) restoreDecoderState(state, sink, saved);
  return { state, sink, feedCarried: opensTunnels ? createCarriedFeed() : null };
}

/** @returns true when a table is full: flush before the next batch */
export function recordBatch(recorder: Recorder, batch: FrameBatch): boolean {
  if (recorder.feedCarried === null) feed(recorder.state, recorder.sink, batch, 0, batch.count);
  else recorder.feedCarried(recorder.state, recorder.sink, batch);
  return isFull(recorder.state);
}

/** Ends the interval and returns what the decoder must remember; the tables are ready to be written. */
export function endInterval(recorder: Recorder, mostStreams = Infinity): string {
  closeInterval(recorder.state, recorder.sink);
  const saved = saveDecoderState(recorder.state, mostStreams);
  // What sessions counted is in their conversations now: after a flood, their memory serves the writing.
  clearIntTable(recorder.state.sessions);
  return saved;
}

/** Begins the next interval with what the last one remembered. */
export function beginInterval(recorder: Recorder, saved: string): void {
  clearInterval(recorder.state);
  recorder.sink.protocolText = -1;
  recorder.sink.stream = null;
  restoreDecoderState(recorder.state, recorder.sink, saved);
}

/** What comes is to be read as if it were new, also where it was read before: positions in streams are not known. */
export const forgetStreams = ({ state }: Recorder): void => forgetPositions(state);

/** For a capture that begins after a time in which nothing was heard: sessions and servers are known, positions in streams are not. */
export function createLiveRecorder(saved: string | null, opensTunnels: boolean): Recorder {
  const recorder = createRecorder(saved, opensTunnels);
  forgetPositions(recorder.state);
  return recorder;
}

/** Sessions whose streams are open: at most what the tables hold, and more than a plant has. */
const MAX_LIVE_SESSIONS = 500_000;
const MAX_LIVE_STREAMS = 65_536;

/** True when idle sessions have piled up: a live capture then ends its interval as an import does. */
export const isLaden = ({ state }: Recorder): boolean =>
  isFull(state) || state.sessions.count > MAX_LIVE_SESSIONS || state.streams.length - state.freeStreams.length > MAX_LIVE_STREAMS;

/** Ends it for that: were as many streams open afterwards, each batch would be laden, and a checkpoint. */
export const endLadenInterval = (recorder: Recorder): string => endInterval(recorder, MAX_LIVE_STREAMS / 2);

/** The tables are ready to be written; nothing is given up, nothing forgotten. */
export const settleRecorder = (recorder: Recorder): void => settleInterval(recorder.state);

/** Once they are written: the same interval goes on, with nothing counted. */
export const zeroRecorder = (recorder: Recorder, renewBudget: boolean): void => zeroInterval(recorder.state, renewBudget);

export const saveRecorder = (recorder: Recorder): string => saveDecoderState(recorder.state);

/** One-way conversations that may still be made in a term after the tables were emptied in the midst of a flood. */
const ONE_WAY_LEFT = 4096;

/** Begins anew because the tables were laden; the flood that filled them gets no new budget by that. */
export function beginLadenInterval(recorder: Recorder, saved: string): void {
  const spent = recorder.state.oneWayTotal;
  beginInterval(recorder, saved);
  recorder.state.oneWayTotal = Math.min(spent, MAX_ONE_WAY - ONE_WAY_LEFT);
}

/** What the capture at hand counted, for its record. */
export const figuresOf = ({ state }: Recorder): CaptureFigures => captureFigures(state);

/** The next capture begins: its figures count from nought, conversations and streams go on. */
export const beginCapture = ({ state }: Recorder): void => zeroCapture(state);

/** Its first frame is of this time: streams that were heard later do not go on with it. */
export const beginAt = ({ state }: Recorder, seconds: number): void => doubtPositions(state, seconds);

/** The latest second of the interval, over all its captures; -Infinity before there is one. */
export const latestSecond = ({ state }: Recorder): number => state.latestSeconds;

/** Something that the capture itself noticed, among its counters. */
export const noteEvent = (recorder: Recorder, name: string, by: number): void => count(recorder.state, name, by);

/** The same for one hour (since 1970): sensor truth. */
export const noteHour = (recorder: Recorder, hour: number, name: string, by: number): void => countInHour(recorder.state, hour, name, by);
