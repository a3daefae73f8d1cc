/**
 * Records a source of frame batches into a run (live-run.ts) until the source ends, the duration is over or the signal comes.
 * Left out on purpose: interfaces, signals, privileges, what is said to whom (commands/capture.ts).
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '../errors.ts';
import type { FrameBatch, FrameSource } from '../source/frame-batch.ts';
import type { CaptureState } from './captures.ts';
import type { LiveRun, RunFigures } from './live-run.ts';

export interface RecordOptions {
  /** Aborted when a person or the system wants the end. */
  readonly signal: AbortSignal;
  /** How long to listen; Infinity for as long as it takes. */
  readonly durationMs: number;
  /** Tells the source to end; what it has already still comes. Absent for a source that cannot be told: then it is left. */
  stop?(): void;
  /** Before the batch is reused: for whoever keeps the frames as well. */
  keep?(batch: FrameBatch): Promise<void>;
  /** About every second, and after each checkpoint that was refused or taken again. */
  tell(figures: RunFigures): void;
  /** Before the last checkpoint: what is still to be noted of the run. */
  ending?(): void;
  /** How often the last checkpoint is tried, a second apart. */
  readonly lastAttempts?: number;
}

const TICK_MS = 1000;
/** Signals and timers are heard at least this often, also under a load that never leaves the loop idle. */
const BREATH_MS = 20;
const LAST_ATTEMPTS = 15;

/** The last checkpoint is made, and the run closed, before it returns or throws. */
export async function recordLive(run: LiveRun, source: FrameSource, options: RecordOptions): Promise<{ state: CaptureState; reason: string }> {
  const began = performance.now();
  let tickMs = began;
  let breathMs = began;
  let isStopping = false;
  let outcome: { state: CaptureState; reason: string };
  let pending: Promise<FrameBatch | null> | undefined;
  /** Of a checkpoint, met when the next frames come. */
  const failures: unknown[] = [];
  const checkpoint = async (): Promise<void> => {
    const wasRefused = run.refusal() !== undefined;
    if ((await run.checkpoint('running', '')) === wasRefused) options.tell(run.figures());
  };
  let checkpointing = Promise.resolve();
  try {
    for (;;) {
      if (failures.length > 0) throw failures[0];
      if (!isStopping && (options.signal.aborted || performance.now() - began >= options.durationMs)) {
        isStopping = true;
        if (options.stop === undefined) break;
        options.stop();
      }
      pending ??= source.next();
      const left = Math.min(TICK_MS, Math.max(0, began + options.durationMs - performance.now()));
      const batch = await firstOf(pending, isStopping ? TICK_MS : left, isStopping ? undefined : options.signal);
      if (batch === null) break;
      if (batch !== TICK) {
        await options.keep?.(batch);
        run.take(batch);
        pending = undefined;
      }
      if (run.isDue()) {
        // Only full tables wait for what is being written.
        await checkpointing;
        checkpointing = checkpoint().catch((error: unknown) => void failures.push(error));
      }
      const now = performance.now();
      if (now - tickMs >= TICK_MS) {
        tickMs = now;
        options.tell(run.figures());
      }
      if (now - breathMs >= BREATH_MS) {
        await new Promise(setImmediate);
        breathMs = performance.now();
      }
    }
    await checkpointing;
    if (failures.length > 0) throw failures[0];
    const end = source.end();
    outcome = isStopping || end.kind === 'complete' ? { state: 'complete', reason: '' } : { state: end.kind, reason: end.reason };
  } catch (error) {
    // The interface is gone for good, the reader failed, or the store is damaged: what was counted before is kept.
    await checkpointing;
    await finish(run, options, 'interrupted', errorText(error)).finally(run.close);
    throw error;
  }
  await finish(run, options, outcome.state, outcome.reason).finally(run.close);
  return outcome;
}

async function finish(run: LiveRun, options: RecordOptions, state: CaptureState, reason: string): Promise<void> {
  options.ending?.();
  const attempts = options.lastAttempts ?? LAST_ATTEMPTS;
  for (let attempt = 1; !(await run.checkpoint(state, reason)); attempt++) {
    options.tell(run.figures());
    if (attempt >= attempts) throw run.refusal();
    await sleep(TICK_MS);
  }
}

const TICK = Symbol('tick');

/** The batch, or TICK when it does not come in time or the signal comes first. */
function firstOf(pending: Promise<FrameBatch | null>, ms: number, signal: AbortSignal | undefined): Promise<FrameBatch | null | typeof TICK> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', tick);
      finish();
    };
    const tick = settle(() => resolve(TICK));
    const timer = setTimeout(tick, ms);
    signal?.addEventListener('abort', tick);
    pending.then((batch) => settle(() => resolve(batch))(), (error: unknown) => settle(() => reject(error as Error))());
  });
}
