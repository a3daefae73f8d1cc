/**
 * From the raw share of the winning role to a confidence that means what it says: of assets with 0.9, nine in ten are
 * right. A monotone table, fitted by isotonic regression on generated plants other than those reported
 * (docs/zones.md, reliability table). Real plants are not generated ones: read it as "at best".
 */

/** [raw share, confidence], ascending in both. */
const KNOTS: readonly (readonly [number, number])[] = [
  [0, 0.3],
  [0.5, 0.6],
  [0.8, 0.9],
  [0.95, 0.97],
  [1, 0.99],
];

export function calibrate(share: number): number {
  for (let index = 1; index < KNOTS.length; index++) {
    const [x1, y1] = KNOTS[index]!;
    if (share > x1) continue;
    const [x0, y0] = KNOTS[index - 1]!;
    return y0 + ((share - x0) / (x1 - x0)) * (y1 - y0);
  }
  return KNOTS.at(-1)![1];
}
