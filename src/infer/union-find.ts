/** Disjoint sets of the numbers below `size` (Tarjan 1975). In: which two belong together. Out: of each its set's least member, which stands for it. */
export interface UnionFind {
  find(member: number): number;
  join(a: number, b: number): void;
}

export function unionFind(size: number): UnionFind {
  const parent = Int32Array.from({ length: size }, (_, index) => index);
  const find = (member: number): number => {
    let root = member;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]!]!;
      root = parent[root]!;
    }
    return root;
  };
  return {
    find,
    join(a, b) {
      const left = find(a);
      const right = find(b);
      if (left !== right) parent[Math.max(left, right)] = Math.min(left, right);
    },
  };
}
