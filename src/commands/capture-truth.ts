/**
 * How long a capture listened, was away, had no link, or heard nothing, for the hour it happened in. In: the states of the
 * interfaces, about once a second. Out: milliseconds (store/schema.ts, sensor_hour_counter), handed on while packets come, and
 * once a minute when none do, so that a silent night writes little.
 */
import type { LiveInterfaceState } from '../source/live.ts';

/** Shorter pauses are ordinary. */
const SILENCE_MS = 60_000;
const HAND_ON_MS = 60_000;

export interface Truth {
  tick(packets: number, states: readonly Pick<LiveInterfaceState, 'state' | 'linkUp'>[]): void;
}

/** @param add where it goes, under the hour at hand */
export function createTruth(nowMs: () => number, add: (name: string, by: number) => void): Truth {
  const waiting = new Map<string, number>();
  let lastMs = nowMs();
  let handedMs = lastMs;
  let packets = 0;
  let silentMs = 0;

  const note = (name: string, by: number): void => void waiting.set(name, (waiting.get(name) ?? 0) + by);

  return {
    tick(now, states) {
      const ms = nowMs();
      const passed = Math.max(0, ms - lastMs);
      lastMs = ms;
      for (const { state, linkUp } of states) note(state === 'open' ? (linkUp ? 'listened-ms' : 'down-ms') : 'away-ms', passed);
      const isHeard = now > packets;
      packets = now;
      if (isHeard) silentMs = 0;
      else {
        const before = silentMs;
        silentMs += passed;
        if (silentMs >= SILENCE_MS) note('silent-ms', before < SILENCE_MS ? silentMs : passed);
      }
      if (!isHeard && ms - handedMs < HAND_ON_MS) return;
      handedMs = ms;
      for (const [name, by] of waiting) add(name, Math.round(by));
      waiting.clear();
    },
  };
}
