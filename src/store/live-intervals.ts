/**
 * The intervals of a live run. In: a recorder that goes on. Out: what was counted since the last interval, to be written; then counting begins
 * anew, and sessions, rhythms and streams go on. Left out on purpose: writing, and what is refused (live-run.ts).
 */
import type { FlowTables } from '../flow/flow-tables.ts';
import { beginLadenInterval, endInterval, endLadenInterval, figuresOf, saveRecorder, settleRecorder, zeroRecorder, type Recorder } from '../flow/recorder.ts';
import type { FrameSource } from '../source/frame-batch.ts';
import type { CaptureState, ReceivedTotals } from './captures.ts';
import { readerCounts } from './import-capture.ts';
import type { Interval } from './interval.ts';

/** The decoder's memory is large beside the counters, and of use only to the next run. */
const SAVE_DECODER_MS = 300_000;

/** The capture that is recorded, as its record in the store has it. */
export interface RecordedCapture {
  readonly id: number;
  readonly kind: 'live' | 'stream';
  readonly name: string;
  readonly received?: (() => ReceivedTotals) | undefined;
}

export interface LiveIntervals {
  /** One was ended and is not written yet: nothing can be added to it. */
  isEnded(): boolean;
  /** For good: what waits in streams is counted. */
  end(): void;
  /** Where memory is short: idle sessions are forgotten, and what waited in their streams is counted. */
  endLaden(): void;
  /** What was counted since the last one. @param tables the recorder's own, or copies of them, asked for when all is in them */
  make(tables: () => FlowTables, state: CaptureState, reason: string, now: number): Interval;
  /** An interval is in the store, or will be, and no other one has anything of it. */
  goOn(interval: Interval, now: number): void;
}

/** @param now as `performance.now()` has it, here and in the calls */
export function createLiveIntervals(recorder: Recorder, source: FrameSource, { id, kind, name, received }: RecordedCapture, now: number): LiveIntervals {
  const { state: counted } = recorder;
  const told = new Map<string, number>();
  let decoderMs = now;
  let budgetHour = Infinity;
  /** The decoder's memory of an interval that was ended. */
  let ended: string | null = null;
  const countsSinceLast = (): [string, number][] =>
    readerCounts(source)
      // A live source tells itself what was dropped.
      .filter(([counter]) => kind === 'stream' || counter !== 'reader.droppedByCapture')
      .map(([counter, value]) => [counter, value - (told.get(counter) ?? 0)]);
  return {
    isEnded: () => ended !== null,
    end() {
      ended ??= endInterval(recorder);
    },
    endLaden() {
      ended = endLadenInterval(recorder);
    },
    make(tables, state, reason, at) {
      if (ended === null) settleRecorder(recorder);
      const flows = tables();
      const decoder = ended ?? (at - decoderMs >= SAVE_DECODER_MS ? saveRecorder(recorder) : null);
      return {
        captures: [{ id, revision: null, kind, name, format: source.format, state, reason, head: '', digest: '', size: 0, content: null, figures: figuresOf(recorder), counts: countsSinceLast() }],
        flows,
        decoder,
        live: { atMs: Date.now(), received: received?.(), isLast: state !== 'running' },
      };
    },
    goOn(interval, at) {
      for (const [counter, value] of interval.captures[0].counts) told.set(counter, (told.get(counter) ?? 0) + value);
      const hour = Math.floor(counted.totals.lastSeconds / 3600);
      if (ended === null) zeroRecorder(recorder, Number.isFinite(hour) && hour > budgetHour);
      else beginLadenInterval(recorder, ended);
      ended = null;
      if (interval.decoder !== null) decoderMs = at;
      if (Number.isFinite(hour)) budgetHour = hour;
    },
  };
}
