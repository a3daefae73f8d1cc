/**
 * CSV for spreadsheets: RFC 4180 (CRLF, quotes doubled), with a header line.
 * In: rows of text and numbers. Out: chunks of text. A cell that a spreadsheet would run as a formula is prefixed with an
 * apostrophe (OWASP, CSV injection): the words come from the wire.
 */
import { FORMULA } from '../policy/register/csv-records.ts';
import { printable } from './printable.ts';
import type { Cell } from './table.ts';

const CHUNK_OCTETS = 64 * 1024;
/** Cells are bounded by Excel's own limit. */
const LONGEST_CELL = 32_000;

export function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  let text = printable(cell, LONGEST_CELL);
  if (FORMULA.test(text)) text = `'${text}`;
  return /[",\r\n;\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function* csvTable(columns: readonly string[], rows: Iterable<readonly Cell[]>): Generator<string> {
  let text = `${columns.map(csvCell).join(',')}\r\n`;
  for (const row of rows) {
    text += `${row.map(csvCell).join(',')}\r\n`;
    if (text.length >= CHUNK_OCTETS) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}
