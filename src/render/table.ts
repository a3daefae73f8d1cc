/**
 * Tables for people: aligned, fitted to the terminal's width, cut with an ellipsis that can be seen.
 * In: columns, rows, width. Out: chunks of text. Up to 500 rows are boxed by cli-table3 (it takes seconds beyond);
 * longer lists are plain aligned columns. Every cell passes printable().
 */
import Table from 'cli-table3';
import { styleText } from 'node:util';
import { cut, printable } from './printable.ts';

export type Cell = string | number | null;

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be made narrower (not below this width) when the terminal is too narrow. */
  readonly shrinkTo?: number;
}

export interface TableStyle {
  /** Columns of the terminal; null when the output is no terminal: then nothing is cut for width. */
  readonly width: number | null;
  readonly colour: boolean;
}

const BOXED_ROWS = 500;
/** A vertical bar and a blank each side. */
const BOX_OCTETS_PER_COLUMN = 3;
const GAP = '  ';
const CHUNK_ROWS = 256;
const ASCII = /^[\x20-\x7e]*$/;
/** East Asian Wide and Fullwidth (Unicode Annex 11), and emoji: two columns of a terminal. */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}\u{20000}-\u{3fffd}]/u;
const MARK = /\p{M}/u;

/** Columns of a terminal that a printable text takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** Cut to `width` columns. */
function fit(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = cut(text, width);
  while (displayWidth(kept) > width && kept.length > 1) kept = cut(kept, kept.length - 1);
  return kept;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? blanks + text : text + blanks;
}

const cellText = (cell: Cell): string => (cell === null ? '-' : typeof cell === 'number' ? String(cell) : printable(cell));

export function* textTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: TableStyle): Generator<string> {
  const texts = rows.map((row) => row.map(cellText));
  const natural = columns.map((column, i) =>
    texts.reduce((widest, row) => Math.max(widest, displayWidth(row[i])), displayWidth(column.title)));
  const boxed = rows.length <= BOXED_ROWS;
  const perColumn = boxed ? BOX_OCTETS_PER_COLUMN : GAP.length;
  const widths = style.width === null
    ? natural
    : shrink(columns, natural, style.width - perColumn * columns.length - (boxed ? 1 : 0));
  const head = columns.map((column, i) => fit(column.title, widths[i]));
  const bold = (text: string): string => (style.colour ? styleText('bold', text, { validateStream: false }) : text);
  if (boxed) {
    const table = new Table({
      head: head.map(bold),
      colAligns: columns.map((column) => column.align ?? 'left'),
      colWidths: widths.map((width) => width + BOX_OCTETS_PER_COLUMN - 1),
      style: { head: [], border: [], compact: true },
    });
    for (const row of texts) table.push(row.map((text, i) => fit(text, widths[i])));
    yield `${table.toString()}\n`;
    return;
  }
  const line = (cells: readonly string[]): string =>
    cells.map((text, i) => pad(fit(text, widths[i]), widths[i], columns[i].align ?? 'left')).join(GAP).trimEnd();
  yield `${bold(line(head))}\n`;
  for (let from = 0; from < texts.length; from += CHUNK_ROWS) {
    yield texts.slice(from, from + CHUNK_ROWS).map((row) => `${line(row)}\n`).join('');
  }
}

/** Takes from the widest column that may shrink, until all fit or none can give more. */
function shrink(columns: readonly Column[], natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    let widest = -1;
    for (let i = 0; i < widths.length; i++) {
      const least = columns[i].shrinkTo;
      if (least !== undefined && widths[i] > least && (widest < 0 || widths[i] > widths[widest])) widest = i;
    }
    if (widest < 0) break;
    widths[widest]--;
    excess--;
  }
  return widths;
}

/** `name  value` lines under a heading: for single answers. */
export function fieldLines(fields: readonly (readonly [string, string])[], indent = ''): string {
  const widest = fields.reduce((width, [name]) => Math.max(width, displayWidth(name)), 0);
  return fields.map(([name, value]) => `${indent}${pad(name, widest, 'left')}  ${printable(value)}\n`).join('');
}
