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
  const places = new Map(nodes.map((node, place) => [node, place]));
  // What each node's edges within the graph lead to, and their weights: walked four times.
  const edges = nodes.map((node) => {
    const inside = [...(graph.neighbours.get(node) ?? [])].filter(([other]) => places.has(other));
    return { ends: inside.map(([other]) => places.get(other)!), weights: inside.map(([, weight]) => weight / MICRO), total: inside.reduce((sum, [, weight]) => sum + weight, 0) };
  });
  let signature = nodes.map((node, place) => scramble(edges[place]!.total / MICRO + colour(node) * 7.77));
  for (let round = 0; round < 4; round++) {
    const told = signature.map((own) => scramble(own + 0.1));
    signature = edges.map(({ ends, weights }, place) => {
      const parts = Float64Array.from(ends, (end, edge) => weights[edge]! * told[end]!).sort();
      let sum = signature[place]!;
      for (const part of parts) sum += part;
      return Math.round(scramble(sum) * 1e9) / 1e9;
    });
  }
  return [...nodes].sort((a, b) => signature[places.get(a)!]! - signature[places.get(b)!]! || a - b);
}
