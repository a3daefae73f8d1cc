/** Plain YAML is read and written as the YAML library does it, or not at all. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document, isMap, isScalar, isSeq, parse, parseDocument } from 'yaml';
import { documentOf, dress } from '../../../src/policy/spec/plain-yaml-nodes.ts';
import { readPlainYaml } from '../../../src/policy/spec/plain-yaml-read.ts';
import { writePlainYaml } from '../../../src/policy/spec/plain-yaml-write.ts';
import { openSpecText } from '../../../src/policy/spec/text.ts';
import { QUOTED } from '../../../src/policy/spec/yaml-quotes.ts';

type Outline = unknown;

/** Nodes with where they begin, where those that stand on one line end, and how they are written. */
const outlineOf = (node: unknown): Outline => {
  if (isMap(node)) return ['map', node.flow === true, node.range?.[0], node.flow === true && node.range?.[1], node.items.map(({ key, value }) => [outlineOf(key), outlineOf(value)])];
  if (isSeq(node)) return ['list', node.flow === true, node.range?.[0], node.flow === true && node.range?.[1], node.items.map(outlineOf)];
  return isScalar(node) ? [node.value, node.type, node.range?.slice(0, 2)] : 'no plain node';
};
function expectAlike(text: string): boolean {
  const plain = readPlainYaml(text);
  if (plain === null) return false;
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true, strict: true });
  expect([...document.errors, ...document.warnings].map(({ message }) => message), text).toEqual([]);
  expect(plain.value, text).toEqual(document.toJS());
  const own = documentOf(text, plain);
  expect(outlineOf(own.contents), text).toEqual(outlineOf(document.contents));
  dress(own, text);
  expect(own.toString(), text).toBe(document.toString());
  return true;
}

const SPEC = `# what a person wrote

spec_version: 1
zones:
  - zone_id: A
    name: "a: b"   # said so
    assets:
      - {asset_id: PLC-1, ip: [10.0.0.1, fe80::1], mac: [00:1d:9c:20:01:10], level: 1}
    # a note
    owner: 'it''s me'
  - zone_id: B
    vlans:
    - 10
    - -1
    deep:
      deeper:
        share: 0.97
    none: {}
    empty: []
    nothing:
end: Write it (soon), or don't [x] {y}
`;
const PIECES = [
  'a', 'key', 'b: ', ': ', ':', '- ', '-', '\n', '\n  ', '\n    ', '  ', ' ', '{', '}', '[', ']', ', ', ',', '"', "'", '"x"', "'y'", '#', ' # c', '\n# c\n', '1', '-1', '1.5', '07', '1e3', '.5', 'null', 'true', 'No', '~', '10.2.3.4',
  '00:80:f4:00', 'fe80::', '2026-01-02', '|', '>', '&a', '*a', '!t', '? ', '%', '@', '`', '\\n', '\\x41', '\\u0041', '\t', '\r\n', 'é', '\u2028', '\u0085', '\ufeff', '---', '...', '<<: ', 'x-y: ', '__proto__: ', 'toString: ', '(', '/', '=', '+', '$',
];
const edit = fc.tuple(fc.nat(SPEC.length), fc.nat(3), fc.constantFrom('', ...PIECES));
const edited = fc.array(edit, { maxLength: 3 }).map((edits) => edits.reduce((text, [at, cut, piece]) => text.slice(0, at) + piece + text.slice(at + cut), SPEC));

describe('reading', () => {
  test('what people write', () => {
    expect(expectAlike(SPEC)).toBe(true);
  });

  test('whatever a few edits make of it: the same, or left to the library', () => {
    let read = 0;
    fc.assert(fc.property(edited, (text) => {
      if (expectAlike(text)) read++;
    }), { numRuns: 1500 });
    expect(read).toBeGreaterThan(100);
  });

  test('pieces in any order', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }), (pieces) => {
      expectAlike(pieces.join(''));
    }), { numRuns: 1500 });
  });

  test.each([
    ['an anchor', 'a: &x 1\nb: *x\n'], ['a tag', 'a: !!str 1\n'], ['a text of several lines', 'a: b\n  c\n'], ['a block text', 'a: |\n  b\n'], ['a field twice', 'a: 1\na: 2\n'],
    ['two documents', 'a: 1\n---\nb: 1\n'], ['a tab', 'a:\n\tb: 1\n'], ['brackets over two lines', 'a: [1,\n  2]\n'], ['nesting without end', `a: ${'['.repeat(100)}${']'.repeat(100)}\n`], ['a hostile field', '__proto__: {a: 1}\n'],
  ])('%s is left to the library', (_what, text) => {
    expect(readPlainYaml(text)).toBeNull();
  });

  test.each(['plant.yaml', 'cutover.yaml'])('%s is read alike', (name) => {
    expect(expectAlike(readFileSync(join(import.meta.dirname, '../../../samples', name), 'utf8'))).toBe(true);
  });
});

const LAYOUT = { inline: new Set(['in', 'line']), inlineItems: new Set(['items']) };
const field = fc.constantFrom('a', 'b', 'items', 'in', 'line', 'x-own');
const leaf = (text: fc.Arbitrary<string>): fc.Arbitrary<unknown> =>
  fc.oneof(text, text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.constantFrom('10.0.0.1', 'null', 'True', '502', '1e3', '2026-01-02T03:04:05Z', 'a: b', 'a, b', '- a', '#a', 'x ', '', '00:1d:9c:20:01:10', "it's", 'say "a"'));
const valueOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Record<string, unknown>> => {
  const { map } = fc.letrec<{ map: Record<string, unknown>; node: unknown }>((tie) => ({
    map: fc.dictionary(field, tie('node'), { maxKeys: 4, noNullPrototype: true }),
    node: fc.oneof({ maxDepth: 4 }, leaf(text), fc.array(tie('node'), { maxLength: 3 }), tie('map')),
  }));
  return map;
};

/** The library's way: a tree of nodes, told which of them stand on one line. */
function libraryText(value: unknown): string {
  const style = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) style(item);
    if (!isMap(node)) return;
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      if (isMap(pair.value) || isSeq(pair.value)) {
        if (LAYOUT.inline.has(key)) pair.value.flow = true;
        if (LAYOUT.inlineItems.has(key)) for (const item of pair.value.items) if (isMap(item) || isSeq(item)) item.flow = true;
      }
      style(pair.value);
    }
  };
  const document = new Document(value, { aliasDuplicateObjects: false, ...QUOTED });
  style(document.contents);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

describe('writing', () => {
  const MISREAD = [
    'y', 'No', 'ON', 'off', 'yes', '10:20:30:40:50:51', '1:2:3:4:5:6:7:8', '190:20:30.15', '0777', '1_000', '1_0.5', '0b1_0', '685.230_15e+03', '2026-03-06', '2026-3-6 1:02:03',
    '2026-03-05T13:05:00.006Z', '=', '<<', '::1', '::', ':', '.', 'E1', '-e+0', '00:1d:9c:20:01:10', 'fe80::1', '2001:db8::/32',
  ];
  const PLAIN = ['10.20.1.10', '10.20.0.0/16', '10.20.1.12-10.20.1.21', 'PLC-1', 'Norway', 'offline', 'FC 3', '1.2.3'];
  const readAs = (version: '1.1' | '1.2', text: string): unknown => parse(text, { version });

  test.each(MISREAD)('%s is in quotes: readers of YAML 1.1 take it for something else, or refuse it', (text) => {
    const written = writePlainYaml({ one: text, list: [text], map: { name: text } }, LAYOUT);
    expect(written).not.toMatch(new RegExp(`(?:: |\\[)${text.replaceAll(/[^A-Za-z0-9_]/g, String.raw`\$&`)}[\n\\]}]`));
    expect(readAs('1.1', written)).toEqual(readAs('1.2', written));
  });

  test.each(PLAIN)('%s needs none', (text) => {
    expect(writePlainYaml({ one: text }, LAYOUT)).toBe(`one: ${text}\n`);
  });

  test('for readers of YAML 1.1 and of 1.2 alike, whatever the texts are', () => {
    const some = fc.oneof(fc.constantFrom(...MISREAD, ...PLAIN), fc.stringMatching(/^[-+0-9_:.eETZxb ]{1,12}$/));
    fc.assert(fc.property(valueOf(some), (value) => {
      const text = writePlainYaml(value, LAYOUT);
      expect(readAs('1.1', text)).toEqual(readAs('1.2', text));
    }));
  });

  test('what is put into a text that is there, too', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...MISREAD, ...PLAIN), { minLength: 1 }), (texts) => {
      const { document, asText } = openSpecText('zones: [{ip: [10.0.0.1]}] # mine\nother: no date\n');
      for (const text of texts) document.addIn(['zones', 0, 'ip'], text);
      document.set('other', texts[0]);
      expect(asText()).toMatch(/\] # mine\n/);
      expect(asText()).not.toMatch(/[[ ]:/);
      expect(readAs('1.1', asText())).toEqual({ zones: [{ ip: ['10.0.0.1', ...texts] }], other: texts[0] });
    }));
  });

  test('as the library lays it out', () => {
    fc.assert(fc.property(valueOf(fc.string().filter((text) => !text.includes('\n'))), (value) => {
      expect(writePlainYaml(value, LAYOUT)).toBe(libraryText(value));
    }), { numRuns: 500 });
  });

  test('any text comes back as it was', () => {
    fc.assert(fc.property(valueOf(fc.string({ unit: 'grapheme' })), (value) => {
      expect(parseDocument(writePlainYaml(value, LAYOUT)).toJS()).toEqual(value);
    }), { numRuns: 500 });
  });
});
