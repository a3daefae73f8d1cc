import { expect, test } from 'vitest';
import { grouped } from '../../src/infer/plural.ts';
import { isoInstant, shortInstant, shortOctets } from '../../src/render/instant.ts';
import { cut, escapeCharacter, printable } from '../../src/render/printable.ts';
import { displayWidth } from '../../src/render/fold.ts';
import { sentenceLine } from '../../src/render/sentences.ts';
import { textTable } from '../../src/render/table.ts';

const render = (rows: (string | number | null)[][], width: number | null, colour = false): string =>
  [...textTable([{ title: 'name', shrinkTo: 6 }, { title: 'count', align: 'right' }], rows, { width, colour })].join('');

test('columns are aligned, numbers to the right, nothing as a dash', () => {
  expect(render([['a', 5], ['bcd', 1234], ['e', null]], null)).toBe(
    ['┌──────┬───────┐', '│ name │ count │', '├──────┼───────┤', '│ a    │     5 │', '│ bcd  │  1234 │', '│ e    │     - │', '└──────┴───────┘', ''].join('\n'));
});

test('a narrow terminal cuts what may be cut, with an ellipsis', () => {
  const text = render([['a very long name indeed', 12_345]], 24);
  expect(text).toContain('a very long… ');
  expect(text).toContain('12345');
  for (const line of text.trimEnd().split('\n')) expect(displayWidth(line)).toBe(24);
});

test('a column never gets narrower than it may', () => {
  expect(render([['abcdefghij', 1]], 18)).toContain('abcde…');
});

test('a cell may be folded: at blanks, else after marks, else anywhere; the last line is cut', () => {
  const text = (cell: string, lines: number): string[] =>
    [...textTable([{ title: 'a title', shrinkTo: 8, lines }, { title: 'n' }], [[cell, 1]], { width: 16, colour: false })].join('').split('\n').slice(3, -2).map((line) => line.split('│')[1].trim());
  expect(text('modbus tcp/502 unit 1', 3)).toEqual(['modbus', 'tcp/502', 'unit 1']);
  expect(text('of alarms: none', 3)).toEqual(['of', 'alarms:', 'none']);
  expect(text('a abcdefghijk', 3)).toEqual(['a abcdef', 'ghijk']);
  expect(text('Z-CELL-01-Z-CELL-02', 3)).toEqual(['Z-CELL-', '01-Z-', 'CELL-02']);
  expect(text('infrastructure', 2)).toEqual(['infrastr', 'ucture']);
  // Half an octet of an address reads as another host.
  expect(text('192.168.1.101', 3)).toEqual(['192.168.', '1.101']);
  expect(text('one two three four five', 2)).toEqual(['one two', 'three f…']);
  expect(text('漢字漢字漢字', 2)).toEqual(['漢字漢字', '漢字']);
  expect(text('short', 3)).toEqual(['short']);
});

test('a sentence is folded where the terminal ends, behind its bullet or its indent; a pipe, and a terminal of a few columns, get it as it is', () => {
  const sentence = '  - about every part: 1 000 of them, all of them are 99 % new';
  expect(sentenceLine(sentence, { width: 24 })).toBe('  - about every part:\n    1 000 of them, all\n    of them are 99 % new\n');
  expect(sentenceLine('  - all of these are 99 % new', { width: 24 })).toBe('  - all of these are\n    99 % new\n');
  expect(sentenceLine('  Do: find out who writes', { width: 24 })).toBe('  Do: find out who\n  writes\n');
  const digest = 'ab'.repeat(32);
  expect(sentenceLine(`  - sha256:${digest} is that of /captures/week10/day one`, { width: 24 })).toBe(`  - sha256:${digest}\n    is that of\n    /captures/week10/day\n    one\n`);
  for (const width of [null, 10]) expect(sentenceLine(sentence, { width })).toBe(`${sentence}\n`);
});

test('what a title means stands below a table that shows it', () => {
  const columns = [{ title: 'kept', shrinkTo: 6 }, { title: 'share', isOptional: true, means: 'share: of all' }];
  const last = (width: number): string | undefined => [...textTable(columns, [['abcdefghij', 1]], { width, colour: false })].join('').trimEnd().split('\n').at(-1);
  expect(last(40)).toBe('share: of all');
  expect(last(12)).toMatch(/^└─+┘$/);
});

test('columns that do not fit at their least are left out, the last optional one first', () => {
  const columns = [{ title: 'kept', shrinkTo: 6 }, { title: 'first', isOptional: true }, { title: 'second', isOptional: true }, { title: 'count', align: 'right' as const }];
  const head = (width: number | null): string => [...textTable(columns, [['abcdefghij', 'x', 'y', 1]], { width, colour: false })].join('').split('\n')[1].replaceAll(/[│ ]+/g, ' ').trim();
  expect(head(null)).toBe('kept first second count');
  expect(head(36)).toBe('kept first second count');
  expect(head(34)).toBe('kept first count');
  expect(head(20)).toBe('kept count');
});

test('wide characters take two columns', () => {
  expect(displayWidth('漢字')).toBe(4);
  expect(displayWidth('é')).toBe(1);
  expect(displayWidth('e\u0301')).toBe(1);
  const lines = render([['漢字漢字漢字', 1], ['ab', 2]], null).trimEnd().split('\n');
  expect(new Set(lines.map(displayWidth)).size).toBe(1);
});

test('more than 500 rows are plain columns, and all are there', () => {
  const lines = render(Array.from({ length: 501 }, (_, i) => [`n${i}`, i]), null).trimEnd().split('\n');
  expect(lines).toHaveLength(502);
  expect(lines[0]).toBe('name  count');
  expect(lines[501]).toBe('n500    500');
});

test('colours only when asked for', () => {
  expect(render([['a', 1]], null)).not.toContain('\u001b');
  expect(render([['a', 1]], null, true)).toContain('\u001b[1m');
});

test.each([
  [0n, '1970-01-01T00:00:00.000000000Z'],
  [1_772_431_200_000_000_001n, '2026-03-02T06:00:00.000000001Z'],
  [-1n, '1969-12-31T23:59:59.999999999Z'],
  [4_294_967_296n * 1_000_000_000n, '2106-02-07T06:28:16.000000000Z'],
  [2n ** 63n - 1n, '2262-04-11T23:47:16.854775807Z'],
])('instant %s is %s', (ns, text) => {
  expect(isoInstant(ns)).toBe(text);
});

test('no instant is nothing to programs and a dash to people', () => {
  expect(isoInstant(null)).toBeNull();
  expect(shortInstant(null)).toBe('-');
});

test.each([
  [0, '0 B'], [999, '999 B'], [1000, '1.0 kB'], [9949, '9.9 kB'], [9951, '10 kB'], [999_600, '1.0 MB'], [1.5e9, '1.5 GB'], [3e15, '3.0 PB'], [4e18, '4000 PB'],
])('%d octets are %s', (octets, text) => {
  expect(shortOctets(octets)).toBe(text);
});

test('counts are grouped', () => {
  expect(grouped(1_234_567)).toBe('1 234 567');
  expect(grouped(999)).toBe('999');
});

test('escapes can be searched for; cuts never split a pair', () => {
  expect(printable('a\u001bb\u202ec\u{e0041}')).toBe(String.raw`a\x1bb\u202ec\u{e0041}`);
  expect(escapeCharacter('\n')).toBe(String.raw`\x0a`);
  expect(cut('ab😀cd', 4)).toBe('ab…');
  expect(cut('abc', 0)).toBe('');
});

test('in a terminal too narrow for its columns each row is a paragraph, with all of them', () => {
  const columns = [{ title: 'asset', shrinkTo: 10 }, { title: 'vendor', shrinkTo: 8, isOptional: true }, { title: 'last heard' }, { title: 'because', shrinkTo: 12, lines: 2 }];
  const rows = [['PLC-1', 'Siemens AG', '2026-03-02 08:00:00', 'answers modbus for 6 clients of two cells'], ['HMI-1', null, '2026-03-02 08:00:00', '']];
  const lines = [...textTable(columns, rows, { width: 40, colour: false })].join('').split('\n');
  expect(lines).toEqual([
    'asset       PLC-1',
    'vendor      Siemens AG',
    'last heard  2026-03-02 08:00:00',
    'because     answers modbus for 6 clients',
    '            of two cells',
    '',
    'asset       HMI-1',
    'last heard  2026-03-02 08:00:00',
    '',
  ]);
});
