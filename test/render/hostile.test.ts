import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvCell, csvTable } from '../../src/render/csv.ts';
import { jsonDocument, jsonLine, jsonLines, jsonList } from '../../src/render/json.ts';
import { markdownTable, markdownText } from '../../src/render/markdown.ts';
import { printable } from '../../src/render/printable.ts';
import { displayWidth } from '../../src/render/fold.ts';
import { fieldLines, textTable } from '../../src/render/table.ts';
import { parseCsv } from './csv-reader.ts';
import { HOSTILE_WORDS, UNSAFE_OUTPUT } from './hostile-words.ts';

const named = HOSTILE_WORDS.map((word): [string, string] => [JSON.stringify(word).slice(0, 40).replaceAll(/[^\x20-\x7e]/g, '?'), word]);
const COLUMNS = [{ title: 'a', shrinkTo: 4 }, { title: 'b', align: 'right' as const }];

test.each(named)('printable %s', (_name, word) => {
  const shown = printable(word);
  expect(shown).not.toMatch(UNSAFE_OUTPUT);
  expect(shown).not.toContain('\n');
  expect(shown.length).toBeLessThanOrEqual(256);
});

test.each(named)('JSON %s comes back as it was, and its text is safe', (_name, word) => {
  const record = { word, list: [word], [`k${word}`]: 1 };
  for (const text of [jsonLine(record), jsonDocument(record), [...jsonList({ head: word }, 'items', [record, record])].join('')]) {
    expect(text).not.toMatch(UNSAFE_OUTPUT);
  }
  expect(JSON.parse(jsonLine(record))).toEqual(record);
  expect(JSON.parse(jsonDocument(record))).toEqual({ schemaVersion: 1, ...record });
  const list = JSON.parse([...jsonList({ head: word }, 'items', [record, record])].join(''));
  expect(list).toEqual({ schemaVersion: 1, head: word, items: [record, record] });
  expect(jsonLine(record).split('\n')).toHaveLength(2);
});

test.each(named)('CSV %s is one cell, and no formula', (_name, word) => {
  const text = [...csvTable(['a', 'b', 'c'], [['x', word, 'y'], [word, 1, null]])].join('');
  expect(text.replaceAll('\r\n', '\n')).not.toMatch(UNSAFE_OUTPUT);
  const rows = parseCsv(text);
  expect(rows.map((row) => row.length)).toEqual([3, 3, 3]);
  for (const row of rows) for (const cell of row) expect(cell).not.toMatch(/^\s*[=+\-@|%＝＋－＠]/);
});

test.each(named)('Markdown %s stays in its cell', (_name, word) => {
  const lines = [...markdownTable(COLUMNS, [[word, 1], ['next', 2]])].join('').split('\n');
  expect(lines).toHaveLength(5);
  expect(lines.join('\n')).not.toMatch(UNSAFE_OUTPUT);
  // Bars that are not escaped are ours: three in a row of two cells.
  for (const line of lines.slice(0, 4)) expect(line.replaceAll(/\\[^a-z0-9]/gi, '').match(/\|/g)).toHaveLength(3);
  const text = markdownText(word).replaceAll(/\\[^a-z0-9]/gi, '');
  expect(text).not.toMatch(/[<`[\]]|\*\*|__|https?:|www\.|@/);
});

test.each(named)('a table keeps %s in its line and within the terminal', (_name, word) => {
  for (const rows of [[[word, 1], ['next', 2]], Array.from({ length: 600 }, () => [word, 1])]) {
    const text = [...textTable(COLUMNS, rows, { width: 60, colour: false })].join('');
    expect(text).not.toMatch(UNSAFE_OUTPUT);
    const lines = text.split('\n').slice(0, -1);
    expect(lines).toHaveLength(rows.length === 2 ? 6 : 601);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(60);
  }
  expect(fieldLines([[`name`, word]], { width: null }).split('\n')).toHaveLength(2);
  expect(fieldLines([[`name`, word]], { width: null })).not.toMatch(UNSAFE_OUTPUT);
});

test('any string at all is safe in every renderer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (word) => {
      expect(printable(word)).not.toMatch(UNSAFE_OUTPUT);
      expect(jsonLine({ word })).not.toMatch(UNSAFE_OUTPUT);
      expect(JSON.parse(jsonLine({ word })).word).toBe(word);
      expect(csvCell(word)).not.toMatch(UNSAFE_OUTPUT);
      expect(parseCsv(`${csvCell(word)}\r\n`)).toHaveLength(1);
      expect(markdownText(word)).not.toMatch(UNSAFE_OUTPUT);
    }),
  );
});

test('JSON Lines carry the version in every line', () => {
  const lines = [...jsonLines([{ a: 1 }, { a: 2 }])].join('').trim().split('\n').map((line) => JSON.parse(line));
  expect(lines).toEqual([{ schemaVersion: 1, a: 1 }, { schemaVersion: 1, a: 2 }]);
});

test('an empty list is a list', () => {
  expect(JSON.parse([...jsonList({ total: 0 }, 'flows', [])].join(''))).toEqual({ schemaVersion: 1, total: 0, flows: [] });
});

test('negative and fractional numbers in CSV stay numbers', () => {
  expect([...csvTable(['n'], [[-1], [0.5]])].join('')).toBe('n\r\n-1\r\n0.5\r\n');
});
