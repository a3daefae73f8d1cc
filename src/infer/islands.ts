/**
 * Who is tied to whom by traffic, directly or over others. In: pairs that were heard to talk. Out: a number for each island; null for who
 * was heard with nobody. Left out on purpose: whether an island is a plant (sites.ts), and what follows (conduits/plan.ts).
 */
import { unionFind } from './union-find.ts';

export function findIslands(size: number, pairs: Iterable<readonly [number, number]>): (member: number) => number | null {
  const { find, join } = unionFind(size);
  const tied = new Set<number>();
  for (const pair of pairs) {
    join(...pair);
    for (const member of pair) tied.add(member);
  }
  return (member) => (tied.has(member) ? find(member) : null);
}
