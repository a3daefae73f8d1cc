/** CSV lists: what is read, where each cell stands, and what is refused with its place. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../src/policy/register/csv-records.ts';
import { csvTable } from '../../../src/render/csv.ts';

const texts = (csv: string): string[][] => (readCsv(csv).table?.rows ?? []).map((row) => row.map((cell) => cell.text));

describe('readCsv', () => {
  it('reads quotes, doubled quotes, line ends within cells, CRLF and LF, and a byte order mark', () => {
    expect(texts('\uFEFFa,b\r\n"x, ""y""",1\n"two\nlines",2\r\n')).toEqual([['x, "y"', '1'], ['two\nlines', '2']]);
  });

  it('tells separators apart by the header', () => {
    expect(texts('asset_id;ip\nPLC-1;10.0.0.1,10.0.0.2\n')).toEqual([['PLC-1', '10.0.0.1,10.0.0.2']]);
    expect(texts('asset_id\tip\nPLC-1\t10.0.0.1\n')).toEqual([['PLC-1', '10.0.0.1']]);
  });

  it('knows the line and column of a cell after a cell of several lines', () => {
    const row = readCsv('a,b,c\n"one\ntwo",x,y\nz,z,z').table?.rows;
    expect(row?.[0][1]).toEqual({ text: 'x', line: 3, column: 6 });
    expect(row?.[1][2]).toEqual({ text: 'z', line: 4, column: 5 });
  });

  it('drops empty lines and empty cells behind the last column, and names columns in one spelling', () => {
    const { table } = readCsv('Asset ID,SL-T\n\nPLC-1,2,,\n\n');
    expect(table?.columns.map((cell) => cell.text)).toEqual(['asset_id', 'sl_t']);
    expect(table?.rows).toHaveLength(1);
  });

  it.each([
    ['a,b\n"x,1\n', 2, 1, /never closed/],
    ['a,b\nx"y,1\n', 2, 2, /not quoted/],
    ['a,b\n"x"y,1\n', 2, 4, /follows a closing quote/],
    ['a,b\nx\n', 2, 1, /1 cell, and the header names 2/],
    ['a,b\nx,y,z\n', 2, 5, /3 cells/],
    ['a,A\nx,y\n', 1, 3, /given twice/],
    ['', 1, 1, /empty/],
    ['a\0', 1, 1, /zero byte/],
    [`${'a,'.repeat(300)}a\n`, 1, 402, /more than 200 cells/],
  ])('%j is refused at %i:%i', (csv, line, column, message) => {
    const { table, problems } = readCsv(csv);
    expect(table).toBeNull();
    expect(problems[0]).toMatchObject({ line, column, message: expect.stringMatching(message) as string });
  });

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', '\t', '=', "'", '\0') }), (text) => {
      const { table, problems } = readCsv(text);
      expect(table === null).toBe(problems.length > 0);
    }));
  });

  it('reads back what the CSV writer wrote, formulas disarmed on the way', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.stringMatching(/^[ -~]{0,12}$/), fc.stringMatching(/^[=+\-@|%][ -~]{0,8}$/)), { minLength: 1 }), (rows) => {
      fc.pre(rows.every(([first]) => !first.startsWith("'")));
      const csv = [...csvTable(['a', 'b'], rows)].join('');
      expect(texts(csv)).toEqual(rows);
    }));
  });
});
