/**
 * Tables for people: aligned, fitted to the terminal's width, folded or cut with an ellipsis that can be seen.
 * In: columns, rows, width. Out: chunks of text. Up to 500 rows are boxed by cli-table3 (it takes seconds beyond);
 * longer lists are plain aligned columns. In a terminal too narrow for either each row is a paragraph. Every cell passes printable().
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
  /** Lines that a cell may take in a boxed table where its column was made narrower; what does not fit then is cut. 1 unless told. */
  readonly lines?: number;
  /** Left out, the last such column first, where the terminal is too narrow for all of them even so. */
  readonly isOptional?: boolean;
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

const BREAKS_AFTER = /[,;:/_@-]/;

/**
 * Folded to `width` columns, at a blank, else after a mark, else after a dot (`192.168.1.` and `101`: half an octet reads as another
 * host), where one comes late enough, else at an early blank where the word behind it fits; the last of `most` lines is cut.
 */
function fold(text: string, width: number, most: number): string {
  const lines: string[] = [];
  let rest = text;
  while (lines.length < most - 1 && displayWidth(rest) > width) {
    let end = 0;
    let taken = 0;
    let blankAt = 0;
    let markAt = 0;
    let dotAt = 0;
    let earlyAt = 0;
    for (const character of rest) {
      taken += displayWidth(character);
      // A blank may hang over.
      if (taken > width && character !== ' ') break;
      end += character.length;
      if (taken <= width / 3) {
        if (character === ' ') earlyAt = end;
        continue;
      }
      if (character === ' ') blankAt = end;
      else if (BREAKS_AFTER.test(character)) markAt = end;
      else if (character === '.') dotAt = end;
      if (taken > width) break;
    }
    const isWordWhole = earlyAt > 0 && displayWidth(rest.slice(earlyAt).split(' ', 1)[0]) <= width;
    const at = blankAt || markAt || dotAt || (isWordWhole ? earlyAt : Math.max(end, 1));
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...lines, fit(rest, width)].join('\n');
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? blanks + text : text + blanks;
}

const cellText = (cell: Cell): string => (cell === null ? '-' : typeof cell === 'number' ? String(cell) : printable(cell));

export function* textTable(all: readonly Column[], rows: readonly (readonly Cell[])[], style: TableStyle): Generator<string> {
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
    return;
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
    return;
  }
  const line = (cells: readonly string[]): string =>
    cells.map((text, i) => pad(fit(text, widths[i]), widths[i], columns[i].align ?? 'left')).join(GAP).trimEnd();
  yield `${bold(line(head))}\n`;
  for (let from = 0; from < texts.length; from += CHUNK_ROWS) {
    yield texts.slice(from, from + CHUNK_ROWS).map((row) => `${line(row)}\n`).join('');
  }
}

/** A line for each cell that holds something, folded beside its title. */
function* paragraphs(titles: readonly string[], rows: readonly (readonly string[])[], width: number, bold: (text: string) => string): Generator<string> {
  const column = Math.max(...titles.map(displayWidth));
  const indent = `\n${' '.repeat(column)}${GAP}`;
  const room = Math.max(LEAST_VALUE, width - column - GAP.length);
  for (const [i, row] of rows.entries()) {
    const lines = row.flatMap((text, at) => (text === '' || text === '-' ? [] : [`${bold(pad(titles[at], column, 'left'))}${GAP}${fold(text, room, Infinity).replaceAll('\n', indent)}\n`]));
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
export function fieldLines(fields: readonly (readonly [string, string])[], indent = ''): string {
  const widest = fields.reduce((width, [name]) => Math.max(width, displayWidth(name)), 0);
  return fields.map(([name, value]) => `${indent}${pad(name, widest, 'left')}  ${printable(value)}\n`).join('');
}
