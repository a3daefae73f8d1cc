/**
 * From the raw share of the winning role to a confidence that means what it says: of assets with 0.9, nine in ten are
 * right. A monotone table, fitted by isotonic regression on generated plants other than those reported
 * (docs/zones.md, reliability table). Real plants are not generated ones: read it as "at best".
 */

/** [raw share, confidence], ascending in both. */
const KNOTS: readonly (readonly [number, number])[] = [
  [0, 0.05],
  [0.13, 0.18],
  [0.22, 0.6],
  [0.38, 0.85],
  [0.51, 0.9],
  [0.56, 0.94],
  [0.67, 0.98],
  [0.75, 0.99],
  [1, 0.994],
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
