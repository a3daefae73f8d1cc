/**
 * Which blocks of the program were reached, by V8's own block coverage (node:inspector). In: code has run. Out: the blocks
 * that were reached for the first time: what reached them is worth changing further. Asking costs about as much as a case.
 */
import { Session, type Profiler } from 'node:inspector';

export interface CoverageWatch {
  /** Blocks reached since the last call that were never reached before. */
  fresh(): ReadonlySet<string>;
  /** Whether any of these blocks was reached since the last call. */
  touches(blocks: ReadonlySet<string>): boolean;
  /** Blocks reached so far, and those known and never reached. */
  totals(): { readonly reached: number; readonly unreached: number };
}

/** @param concerns which files count, by their URL */
export function watchCoverage(concerns: RegExp): CoverageWatch {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const reached = new Set<string>();
  /** V8 names a block only where its count differs from what is around it: those with none are remembered here. */
  const unreached = new Map<string, Set<number>>();

  /** Every block that was reached since V8 was last asked, as far as it is a function or was seen unreached before. */
  function* taken(): Generator<string> {
    let scripts: Profiler.ScriptCoverage[] = [];
    session.post('Profiler.takePreciseCoverage', (_error, { result }: Profiler.TakePreciseCoverageReturnType) => {
      scripts = result;
    });
    for (const { url, functions } of scripts) {
      if (!concerns.test(url)) continue;
      const file = url.slice(url.lastIndexOf('/src/'));
      let open = unreached.get(file);
      if (open === undefined) unreached.set(file, (open = new Set()));
      for (const { ranges } of functions) {
        const [whole] = ranges;
        if (whole.count === 0) {
          if (!reached.has(`${file}:${whole.startOffset}`)) open.add(whole.startOffset);
          continue;
        }
        yield `${file}:${whole.startOffset}`;
        for (const range of ranges) if (range.count === 0 && !reached.has(`${file}:${range.startOffset}`)) open.add(range.startOffset);
        for (const point of open) {
          if (point < whole.startOffset || point >= whole.endOffset) continue;
          // The innermost range around a point stands last.
          if ((ranges.findLast((range) => range.startOffset <= point && point < range.endOffset)?.count ?? 0) > 0) yield `${file}:${point}`;
        }
      }
    }
  }

  return {
    fresh() {
      const news = new Set<string>();
      for (const block of taken()) if (!reached.has(block)) news.add(block);
      for (const block of news) {
        reached.add(block);
        const colon = block.lastIndexOf(':');
        unreached.get(block.slice(0, colon))?.delete(Number(block.slice(colon + 1)));
      }
      return news;
    },
    touches(blocks) {
      let isTouched = false;
      for (const block of taken()) isTouched ||= blocks.has(block);
      return isTouched;
    },
    totals: () => ({ reached: reached.size, unreached: [...unreached.values()].reduce((sum, points) => sum + points.size, 0) }),
  };
}
