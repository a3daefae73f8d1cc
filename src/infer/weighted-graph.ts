/**
 * An undirected graph with whole-number weights (micro-units), so that sums do not depend on the order of adding, and
 * a canonical node order from the structure alone: renumbering addresses then changes no result.
 */

const MICRO = 1e6;

export interface WeightedGraph {
  readonly neighbours: Map<number, Map<number, number>>;
}

export const newGraph = (): WeightedGraph => ({ neighbours: new Map() });

export function addNode(graph: WeightedGraph, node: number): void {
  if (!graph.neighbours.has(node)) graph.neighbours.set(node, new Map());
}

export function addWeight(graph: WeightedGraph, a: number, b: number, weight: number): void {
  if (a === b || !(weight > 0)) return;
  addNode(graph, a);
  addNode(graph, b);
  const whole = Math.round(weight * MICRO);
  const left = graph.neighbours.get(a)!;
  const right = graph.neighbours.get(b)!;
  left.set(b, (left.get(b) ?? 0) + whole);
  right.set(a, (right.get(a) ?? 0) + whole);
}

const scramble = (value: number): number => {
  const wave = Math.sin(value * 12.9898) * 43758.5453;
  return wave - Math.floor(wave);
};

/**
 * Nodes by a structural signature refined over their neighbourhoods (as Weisfeiler and Leman refine colours); only
 * nodes that the structure cannot tell apart fall back to their number.
 */
export function canonicalOrder(graph: WeightedGraph, nodes: readonly number[], colour: (node: number) => number): number[] {
  const member = new Set(nodes);
  let signature = new Map<number, number>();
  for (const node of nodes) {
    let total = 0;
    for (const [other, weight] of graph.neighbours.get(node) ?? []) if (member.has(other)) total += weight;
    signature.set(node, scramble(total / MICRO + colour(node) * 7.77));
  }
  for (let round = 0; round < 4; round++) {
    const next = new Map<number, number>();
    for (const node of nodes) {
      const parts: number[] = [];
      for (const [other, weight] of graph.neighbours.get(node) ?? []) if (member.has(other)) parts.push((weight / MICRO) * scramble(signature.get(other)! + 0.1));
      parts.sort((a, b) => a - b);
      let sum = signature.get(node)!;
      for (const part of parts) sum += part;
      next.set(node, Math.round(scramble(sum) * 1e9) / 1e9);
    }
    signature = next;
  }
  return [...nodes].sort((a, b) => signature.get(a)! - signature.get(b)! || a - b);
}
