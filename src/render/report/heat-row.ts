/**
 * A row of columns in five shades, the stronger the more, on a logarithmic scale. In: a count a column. Out: SVG: five paths, one
 * a shade, not one box a column.
 */
import { drawing, html, NOTHING, type Markup } from './html-escape.ts';

const SHADES = 5;

export const round = (value: number): number => Math.round(value * 100) / 100;

/** Runs of neighbouring columns become one piece. */
export function pieces(columns: number, holds: (column: number) => boolean, x: (column: number) => number, y: number, height: number): string {
  let path = '';
  for (let column = 0; column < columns; column++) {
    if (!holds(column)) continue;
    let end = column + 1;
    while (end < columns && holds(end)) end++;
    path += `M${round(x(column))},${y}H${round(x(end))}V${y + height}H${round(x(column))}Z`;
    column = end;
  }
  return path;
}

/** 0 (nothing) to 5. */
export const shadeOf = (count: number, most: number): number => (count === 0 ? 0 : Math.min(SHADES, 1 + Math.floor((Math.log(1 + count) / Math.log(1 + most)) * SHADES * 0.999)));

export function heatRow(counts: readonly number[], most: number, x: (column: number) => number, y: number, height: number): Markup {
  return html`${Array.from({ length: SHADES }, (_, i) => {
    const path = pieces(counts.length, (column) => shadeOf(counts[column], most) === i + 1, x, y + 2, height - 4);
    return path === '' ? NOTHING : html`<path class="heat h${i + 1}" d="${drawing(path)}"/>`;
  })}`;
}
