/**
 * Markdown tables (GitHub Flavored Markdown, tables extension) for reports and tickets.
 * In: rows of text and numbers. Out: chunks of text. Every character that Markdown, HTML or an auto-linker would act on
 * is escaped, so that a name from the wire stays a name.
 */
import { printable } from './printable.ts';
import type { Cell, Column } from './table.ts';

/** CommonMark 2.4: any ASCII punctuation may be escaped with a backslash. */
const PUNCTUATION = /[\\`*_{}[\]()#!|~>$^=]/g;

export function markdownText(text: string): string {
  return (
    printable(text, 1024)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll(PUNCTUATION, '\\$&')
      // Bare addresses would become links, @names mentions (GFM autolinks).
      .replaceAll(/(https?|ftp|mailto|xmpp|www)([:.])/gi, (_all, scheme: string, mark: string) =>
        `${scheme}${mark === ':' ? '&#58;' : '&#46;'}`)
      .replaceAll('@', '&#64;')
      .replace(/^(\s*)([-+])(\s)/, '$1\\$2$3')
  );
}

const markdownCell = (cell: Cell): string =>
  cell === null ? '' : typeof cell === 'number' ? String(cell) : markdownText(cell);

export function* markdownTable(columns: readonly Column[], rows: Iterable<readonly Cell[]>): Generator<string> {
  yield `| ${columns.map((column) => markdownText(column.title)).join(' | ')} |\n`;
  yield `| ${columns.map((column) => (column.align === 'right' ? '---:' : '---')).join(' | ')} |\n`;
  for (const row of rows) yield `| ${row.map(markdownCell).join(' | ')} |\n`;
}
