/** What a person wrote stays as it was written: a property over edits of a file that nobody's formatter has seen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMap, isScalar, isSeq, parseDocument, type Document, type YAMLMap, type YAMLSeq } from 'yaml';
import { readPlainYaml } from '../../../src/policy/spec/plain-yaml-read.ts';
import { openSpecText } from '../../../src/policy/spec/text.ts';
import { layoutOf, splicedText } from '../../../src/policy/spec/yaml-splice.ts';

const MESSY = `# Works
facility:   "Works"      # aligned

zones:
    -   zone_id: Z1
        name: 'Cell one'          # named in 1998


        assets:
            # the oldest one
            - {asset_id: PLC-1,   ip: [10.0.1.1]}   # first
            - { asset_id: PLC-2, ip: [ 10.0.1.2 ] }
              # about PLC-2
            - asset_id: PLC-3
              ip:
                  - 10.0.1.3
              x-note: >
                 Long text
                 folded here
            - "HMIs (HMI-1 through HMI-3)"
        allowed_conduits: [C1]
    -   zone_id: Z2
        name: Ops
        assets:
        - {asset_id: HIST, ip: [10.0.2.1]}
        - asset_id: DIODE
          x-text: |
            as
              is
        allowed_conduits: [C1,
           C2]
    - zone_id: Z3
      assets: []
      vlans:

# ---- conduits ------------------------------------------
conduits:
    -   conduit_id: C1
        connects: [Z1, Z2]
        protocols_allowed:
            - {rule_id: R1, protocol: Modbus/TCP, server: {zone: Z1, assets: [PLC-1, PLC-2]},
               modbus: {function_codes: [3]}}

            # the second
            - {rule_id: R2,  protocol: HTTPS}
    # last
"x y": 1`;

/** All on lines of their own, as proposals are: read without the library. */
const PLAIN = `# Works

# of the north
facility: "Works"   # aligned
zones:
    # the first
    - zone_id: Z1
      name: 'it''s one'   # named in 1998

      share: 1.50
      note:   # to be written
      assets:
          # the oldest one
          - {asset_id: PLC-1,   ip: [10.0.1.1]}   # first
            # about it

          - asset_id: PLC-2   # second
            ip: [10.0.1.2, "10.0.1.3"]
            # its end
          - [1, x, 'y']
      empty: {}
    - zone_id: Z2
      assets:   # of the north
      - {asset_id: HIST, level: 3}
      - plain text
      vlans: []

# between
conduits:
    - {conduit_id: C1, connects: [Z1, Z2]}
    # last
x-end: True   # yes
# the end
`;

type Collection = YAMLMap | YAMLSeq;
const collections = (root: unknown): Collection[] => {
  const found: Collection[] = [];
  const walk = (node: unknown): void => {
    if (!isMap(node) && !isSeq(node)) return;
    found.push(node);
    for (const item of node.items) walk(isMap(node) ? (item as { value: unknown }).value : item);
  };
  walk(root);
  return found;
};

const linesOf = (text: string): string[] => text.split('\n');
const isSubsequence = (part: readonly string[], whole: readonly string[]): boolean => {
  let at = 0;
  for (const line of whole) if (at < part.length && part[at] === line) at++;
  return at === part.length;
};
const changedLines = (before: string, after: string): number => {
  const [a, b] = [linesOf(before), linesOf(after)];
  return a.length === b.length ? a.filter((line, i) => line !== b[i]).length : Infinity;
};

type Edit = readonly [pick: number, other: number, at: number, way: string];
const randomEdits = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.constantFrom('set', 'key', 'delete', 'take', 'put', 'move', 'copy', 'replace')), { minLength: 1, maxLength: 5 });

function editAtRandom(document: Document, edits: readonly Edit[]): void {
  for (const [pick, other, at, way] of edits) {
    const all = collections(document.contents);
    const maps = all.filter((one): one is YAMLMap => isMap(one) && one !== document.contents);
    const lists = all.filter((one): one is YAMLSeq => isSeq(one) && one.flow !== true);
    const map = maps[pick % maps.length];
    const [list, target] = [lists[pick % lists.length], lists[other % lists.length]];
    if (map === undefined || list === undefined) continue;
    const place = at % (list.items.length + 1);
    if (way === 'set') map.set('x-set', other);
    else if (way === 'key') map.set(`x-${other % 3}`, document.createNode({ a: [1, { b: 'c' }], d: null }));
    else if (way === 'delete' && map.items.length > 1) map.items.splice(1 + (at % (map.items.length - 1)), 1);
    else if (way === 'take') list.items.splice(place, 1);
    else if (way === 'put') list.items.splice(place, 0, document.createNode({ 'new key': 'x: y' }));
    else if (way === 'move' && list.items[place] !== undefined && !collections(list.items[place]).includes(target)) target.items.splice(at % (target.items.length + 1), 0, ...list.items.splice(place, 1));
    else if (way === 'copy' && isMap(list.items[place])) target.items.push((list.items[place] as YAMLMap).clone());
    else if (way === 'replace' && map.items.length > 0) map.items[at % map.items.length].value = document.createNode([{ z: 1 }, 'two']);
  }
}

describe('a file that was edited', () => {
  it('opened and written says the same, octet by octet', () => {
    for (const text of [MESSY, `\uFEFF${MESSY}\n`, MESSY.replaceAll('\n', '\r\n'), `${MESSY}\n# the end\n`]) expect(openSpecText(text).asText()).toBe(text);
  });

  it('one value: one line', () => {
    fc.assert(fc.property(fc.nat(), fc.constantFrom<string | number>('new', 'two words', 'a: b', 7, '10.0.0.1', '#', ''), fc.boolean(), (pick, value, isCrlf) => {
      const text = isCrlf ? MESSY.replaceAll('\n', '\r\n') : MESSY;
      const { document, asText } = openSpecText(text);
      const scalars = collections(document.contents).flatMap((one) => (isMap(one) ? one.items.map((pair) => pair.value) : one.items)).filter((one) => isScalar(one) && one.type !== 'BLOCK_FOLDED' && one.type !== 'BLOCK_LITERAL' && one.value !== null);
      const scalar = scalars[pick % scalars.length] as { value: unknown };
      const isSame = scalar.value === value;
      scalar.value = value;
      const after = asText();
      expect(parseDocument(after).toJS()).toEqual(document.toJS());
      expect(changedLines(text, after)).toBe(isSame ? 0 : 1);
      expect(after.includes('\r\n')).toBe(isCrlf);
    }));
  });

  it('an item taken out or put in: its own lines, or the one on which it stands', () => {
    fc.assert(fc.property(fc.nat(), fc.nat(), fc.constantFrom('out', 'in'), (pick, at, way) => {
      const flat = MESSY.replace('C1,\n           C2', 'C1, C2').replace(',\n               modbus', ', modbus');
      const { document, asText } = openSpecText(flat);
      const lists = collections(document.contents).filter((one): one is YAMLSeq => isSeq(one) && one.items.length > 1);
      const list = lists[pick % lists.length];
      if (way === 'out') list.items.splice(at % list.items.length, 1);
      else list.items.splice(at % (list.items.length + 1), 0, document.createNode({ new: ['item', 1] }));
      const after = asText();
      expect(parseDocument(after).toJS()).toEqual(document.toJS());
      const [less, more] = way === 'out' ? [after, flat] : [flat, after];
      if (list.flow === true) expect(changedLines(flat, after)).toBe(1);
      else expect(isSubsequence(linesOf(less), linesOf(more))).toBe(true);
    }));
  });

  it('an item that moves takes its comments and its own spacing along', () => {
    const { document, asText } = openSpecText(MESSY);
    const [from, to] = [document.getIn(['zones', 0, 'assets']) as YAMLSeq, document.getIn(['zones', 1, 'assets']) as YAMLSeq];
    to.add(from.items.shift());
    to.items.unshift(...from.items.splice(0, 2));
    expect(asText()).toBe(MESSY
      .replace(/ {12}# the oldest one\n.*\n.*\n.*\n( {12}- asset_id: PLC-3\n(?: {14}.*\n)+)/, '')
      .replace('        - {asset_id: HIST', '        - { asset_id: PLC-2, ip: [ 10.0.1.2 ] }\n          # about PLC-2\n        - asset_id: PLC-3\n          ip:\n              - 10.0.1.3\n          x-note: >\n             Long text\n             folded here\n        - {asset_id: HIST')
      .replace('              is\n', '              is\n        # the oldest one\n        - {asset_id: PLC-1,   ip: [10.0.1.1]}   # first\n'));
  });

  it('whatever a few edits make of it, it says what the document says, and no comment is lost that was not taken out', () => {
    let whole = 0;
    fc.assert(fc.property(randomEdits, (edits) => {
      const { document, asText } = openSpecText(MESSY);
      editAtRandom(document, edits);
      const after = asText();
      expect(JSON.stringify(parseDocument(after).toJS())).toBe(JSON.stringify(document.toJS()));
      if (!after.includes('facility:   "Works"      # aligned')) whole++;
      else for (const comment of ['# Works', '# ---- conduits ------------------------------------------']) expect(after).toContain(comment);
    }), { numRuns: 500 });
    // Now and then the pieces cannot be put together, and the whole is laid out anew.
    expect(whole).toBeLessThan(50);
  });

  it('a text over several lines that changes is one on a line, and nothing else changes', () => {
    const { document, asText } = openSpecText(MESSY);
    document.setIn(['zones', 0, 'assets', 2, 'x-note'], 'short: now');
    document.setIn(['zones', 1, 'assets', 1, 'x-text'], 'two\nlines');
    expect(asText()).toBe(MESSY.replace('x-note: >\n                 Long text\n                 folded here', 'x-note: "short: now"').replace('x-text: |\n            as\n              is', 'x-text: "two\\nlines"'));
  });

  it('a comment beside a key stays where the value behind it takes another form', () => {
    const { document, asText } = openSpecText(PLAIN);
    (document.getIn(['zones', 1]) as YAMLMap).set('assets', document.createNode('none'));
    expect(asText()).toBe(PLAIN.replace(/ {6}assets:   # of the north\n(?: {6}- .*\n)+/, '      assets: none   # of the north\n'));
    const { document: noted, asText: text } = openSpecText('a:   # why\n  - 1\n  - 2\nb:   # how\n  c: 1\nd: 1   # what\n');
    (noted.get('a') as YAMLSeq).items = [];
    noted.set('b', noted.createNode([{ x: 1 }]));
    noted.set('d', noted.createNode({ z: 1 }));
    expect(text()).toBe('a: []   # why\nb:   # how\n  - x: 1\nd:\n  z: 1   # what\n');
  });

  it('is read plainly where it is plain', () => {
    expect(readPlainYaml(PLAIN)).not.toBeNull();
    expect(openSpecText(PLAIN).asText()).toBe(PLAIN);
  });

  /** What the library's own document gives, spliced or laid out anew. */
  const libraryEdit = (edit: (document: Document) => void): { readonly after: string; readonly isSpliced: boolean } => {
    const document = parseDocument(PLAIN, { keepSourceTokens: false });
    const layout = layoutOf(document, PLAIN);
    edit(document);
    const spliced = splicedText(PLAIN, layout, document, { isPadded: false, dressed: () => undefined });
    const isSpliced = spliced !== null && JSON.stringify(parseDocument(spliced).toJS()) === JSON.stringify(document.toJS());
    return { after: isSpliced ? spliced : document.toString({ lineWidth: 0, flowCollectionPadding: false }), isSpliced };
  };
  const plainEdit = (edit: (document: Document) => void): string => {
    const { document, asText } = openSpecText(PLAIN);
    edit(document);
    return asText();
  };

  it('read plainly, it is edited as the library would have it', () => {
    fc.assert(fc.property(randomEdits, (edits) => {
      const edit = (document: Document): void => editAtRandom(document, edits);
      expect(plainEdit(edit)).toBe(libraryEdit(edit).after);
    }), { numRuns: 1000 });
  });

  it('read plainly and laid out anew, it has the comments that the library knows of', () => {
    const edit = (document: Document): void => void (document.getIn(['zones', 0]) as YAMLMap).items.shift();
    expect(libraryEdit(edit).isSpliced).toBe(false);
    expect(plainEdit(edit)).toBe(libraryEdit(edit).after);
    for (const comment of ['# Works', '# named in 1998', '# to be written', '# about it', '# its end', '# between', '# yes', '# the end']) expect(plainEdit(edit)).toContain(comment);
  });

  it('an alias is refused with its line, and all others with it', () => {
    expect(() => openSpecText('a: &x [1]\nb: 2\nc: *x\n')).toThrow(/line 3: the alias \*x cannot be edited/);
    expect(() => openSpecText('a: &x [1]\nb: *x\nc: &y [2]\nd: *y\ne: [*x, *y]\n')).toThrow('line 2: the alias *x cannot be edited: it stands for text in another place; so do those in lines 4, 5');
    expect(openSpecText('a: "*x"\nb: x*y\n').asText()).toBe('a: "*x"\nb: x*y\n');
  });
});
