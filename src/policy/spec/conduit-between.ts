/** Which conduit connects two zones; the first of the file where several do. In: conduits. Out: a look-up by zone ids. */
import type { SpecConduit } from './schema.ts';

export type ConduitBetween = (one: string | undefined, other: string | undefined) => string | null;

export function conduitBetween(conduits: readonly SpecConduit[]): ConduitBetween {
  const ids = new Map<string, string>();
  for (const { conduit_id, connects } of conduits) {
    for (const a of connects) for (const b of connects) if (a !== b && !ids.has(`${a}\n${b}`)) ids.set(`${a}\n${b}`, conduit_id);
  }
  return (one, other) => ids.get(`${one}\n${other}`) ?? null;
}
