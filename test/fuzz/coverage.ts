/**
 * Which blocks of the program a case reached, by V8's own block coverage (node:inspector). In: a case has run. Out: whether it
 * reached a block that none before it had; such a case is worth changing further.
 */
import { Session, type Profiler } from 'node:inspector';

export interface CoverageWatch {
  /** Blocks reached since the last call that were never reached before. */
  fresh(): number;
  /** All blocks reached. */
  readonly reached: () => number;
}

/** @param concerns which files count, by their URL */
export function watchCoverage(concerns: RegExp): CoverageWatch {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  const reached = new Set<string>();
  return {
    reached: () => reached.size,
    fresh() {
      const before = reached.size;
      // Without a callback count V8 tells only what has been reached since it was last asked.
      session.post('Profiler.takePreciseCoverage', (_error, { result }: Profiler.TakePreciseCoverageReturnType) => {
        for (const { url, scriptId, functions } of result) {
          if (!concerns.test(url)) continue;
          for (const { ranges } of functions) for (const { startOffset, endOffset, count } of ranges) if (count > 0) reached.add(`${scriptId}:${startOffset}:${endOffset}`);
        }
      });
      return reached.size - before;
    },
  };
}
