/** Partition and classification metrics: adjusted Rand index (Hubert and Arabie 1985), V-measure, macro F1. */

export type Labels = ReadonlyMap<string, string>;

const pairs = (n: number): number => (n * (n - 1)) / 2;

function contingency(truth: Labels, found: Labels, ids: readonly string[]): { cells: Map<string, number>; rows: Map<string, number>; columns: Map<string, number> } {
  const cells = new Map<string, number>();
  const rows = new Map<string, number>();
  const columns = new Map<string, number>();
  const bump = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);
  for (const id of ids) {
    const row = truth.get(id) ?? '';
    const column = found.get(id) ?? `none ${id}`;
    bump(cells, `${row}\u0001${column}`);
    bump(rows, row);
    bump(columns, column);
  }
  return { cells, rows, columns };
}

export function adjustedRand(truth: Labels, found: Labels, ids: readonly string[]): number {
  if (ids.length < 2) return 1;
  const { cells, rows, columns } = contingency(truth, found, ids);
  const sum = (map: Map<string, number>): number => [...map.values()].reduce((total, n) => total + pairs(n), 0);
  const both = sum(cells);
  const expected = (sum(rows) * sum(columns)) / pairs(ids.length);
  const most = (sum(rows) + sum(columns)) / 2;
  return most === expected ? 1 : (both - expected) / (most - expected);
}

export function vMeasure(truth: Labels, found: Labels, ids: readonly string[]): number {
  const { cells, rows, columns } = contingency(truth, found, ids);
  const n = ids.length;
  const entropy = (map: Map<string, number>): number => [...map.values()].reduce((total, k) => total - (k / n) * Math.log(k / n), 0);
  let truthGivenFound = 0;
  let foundGivenTruth = 0;
  for (const [key, k] of cells) {
    const [row, column] = key.split('\u0001') as [string, string];
    truthGivenFound -= (k / n) * Math.log(k / columns.get(column)!);
    foundGivenTruth -= (k / n) * Math.log(k / rows.get(row)!);
  }
  const homogeneity = entropy(rows) === 0 ? 1 : 1 - truthGivenFound / entropy(rows);
  const completeness = entropy(columns) === 0 ? 1 : 1 - foundGivenTruth / entropy(columns);
  return homogeneity + completeness === 0 ? 0 : (2 * homogeneity * completeness) / (homogeneity + completeness);
}

export interface ClassCounts {
  tp: number;
  fp: number;
  fn: number;
}

export function countClasses(truth: Labels, found: Labels, ids: readonly string[]): Map<string, ClassCounts> {
  const counts = new Map<string, ClassCounts>();
  const of = (label: string): ClassCounts => {
    const held = counts.get(label) ?? { tp: 0, fp: 0, fn: 0 };
    counts.set(label, held);
    return held;
  };
  for (const id of ids) {
    const wanted = truth.get(id)!;
    const got = found.get(id) ?? '';
    if (wanted === got) of(wanted).tp++;
    else {
      of(wanted).fn++;
      of(got).fp++;
    }
  }
  return counts;
}

export const f1 = ({ tp, fp, fn }: ClassCounts): number => (tp === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn));

/** Over the classes that the truth has. */
export function macroF1(counts: ReadonlyMap<string, ClassCounts>): number {
  const present = [...counts.values()].filter(({ tp, fn }) => tp + fn > 0);
  return present.reduce((sum, entry) => sum + f1(entry), 0) / Math.max(1, present.length);
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
