/**
 * Reads a CSV list as a person keeps it in a spreadsheet: RFC 4180, strictly, with the place of every cell.
 *
 * In: text that anybody may have written. Out: a header and rows of cells with line and column, or problems. Comma,
 * semicolon and tab are told apart by the header line (spreadsheets write what their country uses). The apostrophe that
 * keeps a cell from running as a formula is taken off again. Left out on purpose: what the columns mean.
 */
import { plural } from '../../infer/plural.ts';
import type { Place, Problem } from '../spec/document.ts';

/** What a spreadsheet runs as a formula (OWASP, CSV injection), also behind spaces; the full-width forms some fold to ASCII. Writers put an apostrophe before it. */
export const FORMULA = /^\s*[=+\-@|%＝＋－＠]/;

export interface CsvCell extends Place {
  readonly text: string;
}

export interface CsvTable {
  /** Column names as written, in lower case, spaces and hyphens as underscores. */
  readonly columns: readonly CsvCell[];
  readonly rows: readonly (readonly CsvCell[])[];
}

const MAX_CHARACTERS = 16 * 1024 * 1024;
const MAX_ROWS = 200_000;
const MAX_COLUMNS = 200;

const DISARMED = new RegExp(`^'${FORMULA.source.slice(1)}`);

const columnName = (text: string): string => text.trim().toLowerCase().replaceAll(/[\s-]+/g, '_');

function separatorOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/)).replaceAll(/"[^"]*"/g, '');
  const count = (character: string): number => header.split(character).length;
  return [',', ';', '\t'].reduce((best, next) => (count(next) > count(best) ? next : best));
}

/** Rows of cells; stops at the first place that is not CSV. */
function readRows(text: string): { rows: CsvCell[][]; problem: Problem | null } {
  const separator = separatorOf(text);
  const rows: CsvCell[][] = [];
  let row: CsvCell[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  const place = (offset: number): Place => ({ line, column: offset - lineStart + 1 });
  const wrong = (offset: number, message: string, remedy: string): { rows: CsvCell[][]; problem: Problem } => ({ rows, problem: { ...place(offset), message, remedy } });
  while (at <= text.length) {
    const start = place(at);
    let cell = '';
    if (text[at] === '"') {
      const opened = at;
      for (at++; ; at++) {
        const end = text.indexOf('"', at);
        if (end < 0) return { rows, problem: { ...start, message: 'this quote is never closed', remedy: 'close it, and write a quote within quotes twice' } };
        const part = text.slice(at, end);
        for (let found = part.indexOf('\n'); found >= 0; found = part.indexOf('\n', found + 1)) {
          line++;
          lineStart = at + found + 1;
        }
        cell += part;
        at = end + 1;
        if (text[at] !== '"') break;
        cell += '"';
      }
      if (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') return wrong(at, 'text follows a closing quote', `write a quote within quotes twice, and nothing between the closing quote and the next cell (it opened at character ${opened + 1} of the file)`);
    } else {
      let end = at;
      while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') {
        if (text[end] === '"') return wrong(end, 'a quote stands within a cell that is not quoted', 'quote the whole cell and write the quote twice');
        end++;
      }
      cell = text.slice(at, end);
      at = end;
    }
    row.push({ text: DISARMED.test(cell) ? cell.slice(1) : cell, ...start });
    if (row.length > MAX_COLUMNS) return wrong(at, `a row has more than ${MAX_COLUMNS} cells`, 'check that this is a CSV list');
    if (text[at] === separator) {
      at++;
      continue;
    }
    if (row.length > 1 || row[0].text.trim() !== '') rows.push(row);
    if (rows.length > MAX_ROWS) return wrong(at, `the list has more than ${MAX_ROWS} rows`, 'split it');
    row = [];
    if (at >= text.length) break;
    at += text.startsWith('\r\n', at) ? 2 : 1;
    line++;
    lineStart = at;
  }
  return { rows, problem: null };
}

/** The table of a CSV text; every row has as many cells as the header. */
export function readCsv(given: string): { table: CsvTable | null; problems: readonly Problem[] } {
  const text = given.replace(/^\uFEFF/, '');
  const start = { line: 1, column: 1 };
  const failed = (...problems: readonly Problem[]): { table: null; problems: readonly Problem[] } => ({ table: null, problems });
  if (text.length > MAX_CHARACTERS) return failed({ ...start, message: `the list holds more than ${MAX_CHARACTERS / 1024 / 1024} MB`, remedy: 'split it' });
  if (text.includes('\0')) return failed({ ...start, message: 'the list holds a zero byte: it is not text', remedy: 'save it as CSV in UTF-8' });
  const { rows, problem } = readRows(text);
  if (problem !== null) return failed(problem);
  const [header, ...rest] = rows;
  if (header === undefined) return failed({ ...start, message: 'the list is empty', remedy: 'the first line names the columns' });
  const columns = header.map((cell) => ({ ...cell, text: columnName(cell.text) }));
  const problems: Problem[] = [];
  for (const [i, column] of columns.entries()) {
    if (column.text !== '' && columns.findIndex((other) => other.text === column.text) < i) problems.push({ line: column.line, column: column.column, message: `the column "${column.text}" is given twice`, remedy: 'keep one of the two' });
  }
  for (const row of rest) {
    if (row.length === columns.length) continue;
    const surplus = row[columns.length] ?? row[row.length - 1];
    // Spreadsheets leave empty cells behind the last column.
    if (row.length > columns.length && row.slice(columns.length).every((cell) => cell.text === '')) continue;
    problems.push({ line: surplus.line, column: surplus.column, message: `this row has ${plural(row.length, 'cell')}, and the header names ${columns.length}`, remedy: 'check the separators; a cell that holds one must be quoted' });
  }
  return problems.length > 0 ? failed(...problems) : { table: { columns, rows: rest }, problems };
}
