/**
 * Tables for people: aligned, fitted to the terminal's width, folded or cut with an ellipsis that can be seen.
 * In: columns, rows, width. Out: chunks of text. Up to 500 rows are boxed by cli-table3 (it takes seconds beyond);
 * longer lists are plain aligned columns. In a terminal too narrow for either each row is a paragraph. Every cell passes printable().
 */
import Table from 'cli-table3';
import { styleText } from 'node:util';
import { displayWidth, fit, fold, pad } from './fold.ts';
import { printable } from './printable.ts';
import { foldedLine, sentenceLine } from './sentences.ts';

export type Cell = string | number | null;

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be made narrower (not below this width) when the terminal is too narrow. */
  readonly shrinkTo?: number;
  /** Lines that a cell may take in a boxed table where its column was made narrower; what does not fit then is cut. 1 unless told. */
  readonly lines?: number;
  /** Left out, the last such column first, where the terminal is too narrow for all of them even so. */
  readonly isOptional?: boolean;
  /** What its title means: a line below a table that shows it. */
  readonly means?: string;
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
const cellText = (cell: Cell): string => (cell === null ? '-' : typeof cell === 'number' ? String(cell) : printable(cell));

export function* textTable(all: readonly Column[], rows: readonly (readonly Cell[])[], style: TableStyle): Generator<string> {
  const shown = yield* drawTable(all, rows, style);
  for (const { means } of shown) if (means !== undefined) yield sentenceLine(means, style);
}

/** @returns the columns that there was room for */
function* drawTable(all: readonly Column[], rows: readonly (readonly Cell[])[], style: TableStyle): Generator<string, readonly Column[]> {
  const boxed = rows.length <= BOXED_ROWS;
  const perColumn = boxed ? BOX_OCTETS_PER_COLUMN : GAP.length;
  const everyText = rows.map((row) => row.map(cellText));
  const everyWidth = naturalWidths(all, everyText);
  const kept = style.width === null ? all.map((_, i) => i) : keptColumns(all, everyWidth, style.width - (boxed ? 1 : 0), perColumn);
  const columns = kept.map((i) => all[i]);
  const texts = kept.length === all.length ? everyText : everyText.map((row) => kept.map((i) => row[i]));
  const natural = kept.map((i) => everyWidth[i]);
  const room = style.width === null ? Infinity : style.width - perColumn * columns.length - (boxed ? 1 : 0);
  const widths = shrink(columns, natural, room);
  const bold = (text: string): string => (style.colour ? styleText('bold', text, { validateStream: false }) : text);
  if (style.width !== null && sum(widths) > room) {
    yield* paragraphs(all.map(({ title }) => title), everyText, style.width, bold);
    return all;
  }
  const head = columns.map((column, i) => (boxed ? fold(column.title, widths[i], column.lines ?? 1) : fit(column.title, widths[i])));
  if (boxed) {
    const table = new Table({
      head: head.map((title) => title.split('\n').map(bold).join('\n')),
      colAligns: columns.map((column) => column.align ?? 'left'),
      colWidths: widths.map((width) => width + BOX_OCTETS_PER_COLUMN - 1),
      style: { head: [], border: [], compact: true },
    });
    for (const row of texts) table.push(row.map((text, i) => fold(text, widths[i], columns[i].lines ?? 1)));
    yield `${table.toString()}\n`;
    return columns;
  }
  const line = (cells: readonly string[]): string =>
    cells.map((text, i) => pad(fit(text, widths[i]), widths[i], columns[i].align ?? 'left')).join(GAP).trimEnd();
  yield `${bold(line(head))}\n`;
  for (let from = 0; from < texts.length; from += CHUNK_ROWS) {
    yield texts.slice(from, from + CHUNK_ROWS).map((row) => `${line(row)}\n`).join('');
  }
  return columns;
}

/** A line for each cell that holds something, folded beside its title. */
function* paragraphs(titles: readonly string[], rows: readonly (readonly string[])[], width: number, bold: (text: string) => string): Generator<string> {
  const column = Math.max(...titles.map(displayWidth));
  const indent = `\n${' '.repeat(column)}${GAP}`;
  const room = Math.max(LEAST_VALUE, width - column - GAP.length);
  for (const [i, row] of rows.entries()) {
    const lines = row.flatMap((text, at) => (text === '' || text === '-' ? [] : [`${bold(pad(titles[at], column, 'left'))}${GAP}${fold(text, room).replaceAll('\n', indent)}\n`]));
    yield `${i === 0 ? '' : '\n'}${lines.join('')}`;
  }
}
const LEAST_VALUE = 12;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

const naturalWidths = (columns: readonly Column[], texts: readonly (readonly string[])[]): number[] =>
  columns.map((column, i) => texts.reduce((widest, row) => Math.max(widest, displayWidth(row[i])), displayWidth(column.title)));

/** Positions of the columns that fit, each at its least. */
function keptColumns(columns: readonly Column[], natural: readonly number[], room: number, perColumn: number): number[] {
  const kept = columns.map((_, i) => i);
  const least = (): number => sum(kept.map((i) => Math.min(natural[i], columns[i].shrinkTo ?? natural[i]) + perColumn));
  for (let i = columns.length - 1; i >= 0 && least() > room; i--) if (columns[i].isOptional === true) kept.splice(i, 1);
  return kept;
}

/** Takes from the widest column that may shrink, until all fit or none can give more. */
function shrink(columns: readonly Column[], natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  let excess = sum(widths) - room;
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
export function fieldLines(fields: readonly (readonly [string, string])[], style: Pick<TableStyle, 'width'>, indent = ''): string {
  const widest = fields.reduce((width, [name]) => Math.max(width, displayWidth(name)), 0);
  return fields.map(([name, value]) => foldedLine(`${indent}${pad(name, widest, 'left')}${GAP}`, printable(value), style)).join('');
}
