/**
 * How much memory V8 still grants. At its limit V8 ends the process with lines of its own and code 134: nothing in the store
 * is hurt by that, but nobody is told what to do. So whoever builds something large looks here before, and stops in time.
 *
 * In: what is about to be built. Out: whether it is short, or one line and what to do. Left out on purpose:
 * limits of the system (a cgroup, ulimit -v): the kernel ends a process without asking, as kill -9 does.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { storeError } from '../errors.ts';

const MEBI = 1 << 20;
/** The young generation counts in V8's limit and not in what lives long: three semispaces, of 16 MiB (Node 20 and 22) to 64 MiB (Node 24). */
const MOST_YOUNG_BYTES = 192 * MEBI;
const OLD_SPACE = /--max[-_]old[-_]space[-_]size[= ](\d+)/g;
/** Share of the limit below which the rest is not relied on: V8 needs some to collect. */
const ROOM = 0.1;
/** Share of the limit that must be used anew before the next collection. */
const STEP = 0.02;

/** MiB for what lives long, where somebody set them; of several the last is held to, and those on the command line are behind NODE_OPTIONS. */
const askedMebi = Number([...`${process.env['NODE_OPTIONS'] ?? ''} ${process.execArgv.join(' ')}`.matchAll(OLD_SPACE)].at(-1)?.[1] ?? 0);

/** Octets for what lives long. Where nobody set them, V8 does not tell how much of its limit they are. */
const limitBytes = (): number => (askedMebi > 0 ? askedMebi * MEBI : Math.max(1, getHeapStatistics().heap_size_limit - MOST_YOUNG_BYTES));

let collect: (() => void) | null = null;

/** Garbage counts as used until it is collected: so it is, before anything is refused for its sake. */
function collectGarbage(): void {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

const used = (): number => getHeapStatistics().used_heap_size;

/** The program itself does not grow with what it holds. */
const OWN_BYTES = used();

/** Below this nothing is collected again: a look must not cost a collection each time. */
let lookAgainAt = 0;

/** @param factor how many times what is held now will be held soon */
export function isMemoryShort(factor = 1): boolean {
  const limit = limitBytes();
  const most = OWN_BYTES + Math.max(0, limit * (1 - ROOM) - OWN_BYTES) / factor - limit * STEP;
  const before = used();
  if (before <= most || before < lookAgainAt) return false;
  collectGarbage();
  const after = used();
  lookAgainAt = after > most ? 0 : after + limit * STEP;
  return after > most;
}

/** For analysis, which holds all evidence at once. */
export const requireEvidenceFits = (factor = 1): void =>
  requireMemory('the analysis of all that is in the store', 'nothing was changed. Captures of one part of the plant in a store of their own need less', factor);

/**
 * Throws a storeError where memory is short.
 *
 * @param what that does not fit: `the analysis of all that is in the store`
 * @param instead what else to do than to grant more memory
 */
export function requireMemory(what: string, instead: string, factor = 1): void {
  if (!isMemoryShort(factor)) return;
  const granted = Math.round(limitBytes() / MEBI);
  throw storeError(
    `there is not enough memory for ${what} (node grants ${granted} MiB)`,
    `Grant more: NODE_OPTIONS=--max-old-space-size=${Math.max(512, granted * 2)} (MiB), then run the same command again; ${instead}.`,
  );
}
