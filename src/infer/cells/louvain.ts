/**
 * Louvain modularity with resolution, written to be deterministic: nodes are visited in a canonical order, ties go to
 * the lower label, and communities that fall apart are split after every level (the property Leiden was made for).
 */
import { canonicalOrder, type WeightedGraph } from './weighted-graph.ts';

const MOST_LEVELS = 12;
const MOST_SWEEPS = 20;

interface Level {
  readonly adjacency: Map<number, number>[];
  readonly self: number[];
}

/** Moves nodes between communities until no move gains; returns labels, or null when nothing moved. */
function sweep({ adjacency, self }: Level, gamma: number): Int32Array | null {
  const size = adjacency.length;
  const strength = adjacency.map((row, node) => {
    let sum = self[node]!;
    for (const weight of row.values()) sum += weight;
    return sum;
  });
  const total = strength.reduce((sum, value) => sum + value, 0);
  if (total === 0) return null;
  const community = Int32Array.from({ length: size }, (_, node) => node);
  const mass = [...strength];
  let movedAny = false;
  for (let round = 0; round < MOST_SWEEPS; round++) {
    let moved = false;
    for (let node = 0; node < size; node++) {
      const own = community[node]!;
      const towards = new Map<number, number>();
      for (const [other, weight] of adjacency[node]!) towards.set(community[other]!, (towards.get(community[other]!) ?? 0) + weight);
      mass[own]! -= strength[node]!;
      let best = own;
      let gain = (towards.get(own) ?? 0) - (gamma * strength[node]! * mass[own]!) / total;
      for (const [label, weight] of [...towards].sort(([a], [b]) => a - b)) {
        const candidate = weight - (gamma * strength[node]! * mass[label]!) / total;
        if (candidate > gain + 1e-6) {
          gain = candidate;
          best = label;
        }
      }
      mass[best]! += strength[node]!;
      if (best !== own) {
        community[node] = best;
        moved = true;
        movedAny = true;
      }
    }
    if (!moved) break;
  }
  return movedAny ? community : null;
}

/** Connected parts of the communities, labelled in order of their first node. */
function connectedParts({ adjacency }: Level, community: Int32Array): { label: Int32Array; count: number } {
  const label = new Int32Array(adjacency.length).fill(-1);
  let count = 0;
  for (let start = 0; start < adjacency.length; start++) {
    if (label[start] !== -1) continue;
    const stack = [start];
    label[start] = count;
    while (stack.length > 0) {
      const node = stack.pop()!;
      for (const other of adjacency[node]!.keys()) {
        if (label[other] !== -1 || community[other] !== community[node]) continue;
        label[other] = count;
        stack.push(other);
      }
    }
    count++;
  }
  return { label, count };
}

function merge({ adjacency, self }: Level, label: Int32Array, count: number): Level {
  const next: Map<number, number>[] = Array.from({ length: count }, () => new Map<number, number>());
  const inside = new Array<number>(count).fill(0);
  adjacency.forEach((row, node) => {
    const here = label[node]!;
    inside[here]! += self[node]!;
    for (const [other, weight] of row) {
      const there = label[other]!;
      if (here === there) inside[here]! += weight;
      else next[here]!.set(there, (next[here]!.get(there) ?? 0) + weight);
    }
  });
  return { adjacency: next, self: inside };
}

/** Community number of every node; numbers count from 0 in canonical order. */
export function findCommunities(graph: WeightedGraph, nodes: readonly number[], gamma: number, colour: (node: number) => number): Map<number, number> {
  const order = canonicalOrder(graph, nodes, colour);
  const position = new Map(order.map((node, index) => [node, index]));
  let level: Level = {
    adjacency: order.map((node) => {
      const row = new Map<number, number>();
      for (const [other, weight] of graph.neighbours.get(node) ?? []) {
        const index = position.get(other);
        if (index !== undefined && other !== node) row.set(index, weight);
      }
      return row;
    }),
    self: order.map(() => 0),
  };
  let membership = Int32Array.from({ length: order.length }, (_, index) => index);
  for (let depth = 0; depth < MOST_LEVELS; depth++) {
    const community = sweep(level, gamma);
    if (community === null) break;
    const { label, count } = connectedParts(level, community);
    membership = membership.map((node) => label[node]!);
    if (count === level.adjacency.length) break;
    level = merge(level, label, count);
  }
  return new Map(order.map((node, index) => [node, membership[index]!]));
}
