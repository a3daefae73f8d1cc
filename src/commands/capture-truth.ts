/**
 * How long a capture listened, was away, had no link, or heard nothing, for the hour it happened in. In: the states of the
 * interfaces, about once a second. Out: milliseconds (store/schema.ts, sensor_hour_counter), handed on while packets come, and
 * once a minute when none do, so that a silent night writes little; what waits at the end goes with the last checkpoint.
 */
import type { LiveInterfaceState } from '../source/live-channel.ts';

/** No frame for this long on a mirror port means that the mirror is gone, or the plant stands still; shorter pauses are ordinary. */
export const SILENCE_MS = 60_000;
const HAND_ON_MS = 60_000;

type States = readonly Pick<LiveInterfaceState, 'state' | 'linkUp' | 'awayMs'>[];

export interface Truth {
  tick(packets: number, states: States): void;
  /** Hands on what waits, before the last checkpoint. */
  end(states: States): void;
}

/** @param add where it goes, under the hour at hand */
export function createTruth(nowMs: () => number, add: (name: string, by: number) => void): Truth {
  const waiting = new Map<string, number>();
  /** Of each interface, what was noted of its time away: the source measures it, an absence may begin and end between two ticks. */
  const notedAwayMs: number[] = [];
  let lastMs = nowMs();
  let handedMs = lastMs;
  let packets = 0;
  let silentMs = 0;

  const note = (name: string, by: number): void => void waiting.set(name, (waiting.get(name) ?? 0) + by);
  /** Notes the time away since it was last asked for, and returns it. */
  const noteAway = (index: number, awayMs: number): number => {
    const by = awayMs - (notedAwayMs[index] ?? 0);
    notedAwayMs[index] = awayMs;
    if (by > 0) note('away-ms', by);
    return by;
  };
  const handOn = (): void => {
    handedMs = lastMs;
    for (const [name, by] of waiting) add(name, Math.round(by));
    waiting.clear();
  };

  return {
    tick(now, states) {
      const ms = nowMs();
      const passed = Math.max(0, ms - lastMs);
      lastMs = ms;
      for (const [index, { state, linkUp, awayMs }] of states.entries()) {
        const rest = Math.max(0, passed - noteAway(index, awayMs));
        // One that is away now was open for the rest; one that ended for good is not measured by the source any more.
        if (rest > 0) note(state === 'ended' ? 'away-ms' : state === 'open' && !linkUp ? 'down-ms' : 'listened-ms', rest);
      }
      const isHeard = now > packets;
      packets = now;
      if (isHeard) silentMs = 0;
      else {
        const before = silentMs;
        silentMs += passed;
        if (silentMs >= SILENCE_MS) note('silent-ms', before < SILENCE_MS ? silentMs : passed);
      }
      if (isHeard || ms - handedMs >= HAND_ON_MS) handOn();
    },
    end(states) {
      for (const [index, { awayMs }] of states.entries()) noteAway(index, awayMs);
      handOn();
    },
  };
}
