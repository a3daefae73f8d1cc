import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BaselineError } from '../../../src/errors.ts';
import { checkSpec } from '../../../src/policy/diff/check.ts';
import { loadSpec, parseSpec } from '../../../src/policy/spec/load.ts';
import { openForWriting } from '../../../src/store/database.ts';
import { testFolder } from '../../folder.ts';

const samples = (file: string): string => path.join(import.meta.dirname, '../../../samples', file);
const folder = testFolder();

const failure = (file: string): BaselineError => {
  try {
    loadSpec(file);
  } catch (error) {
    if (error instanceof BaselineError) return error;
    throw error;
  }
  throw new Error('it loaded');
};

describe('loadSpec', () => {
  it('says in one line which file, where, what and how to mend it', () => {
    const file = path.join(folder, 'wrong.yaml');
    writeFileSync(file, 'zones:\n  - zone_id: A\n    name: a\nconduits:\n  - conduit_id: C\n    connects: [A, B]\n    conects: [A]\n  - conduit_id: C\n    connects: [A, B, 7]\n');
    const error = failure(file);
    expect(error.message).toBe(`${file}:7:5: a conduit has no field "conects"`);
    expect(error.remedy).toContain('did you mean "connects"?');
    expect(error.remedy).toContain('and 1 more');
    expect(error.exitCode).toBe(2);
  });

  it.each([
    ['no such file', () => path.join(folder, 'nowhere.yaml'), /no such file/],
    ['a folder', () => folder, /is a folder/],
    ['not UTF-8', () => { writeFileSync(path.join(folder, 'latin.yaml'), Buffer.from([0x7a, 0xe4, 0x0a])); return path.join(folder, 'latin.yaml'); }, /UTF-8/],
    ['empty', () => { writeFileSync(path.join(folder, 'empty.yaml'), ''); return path.join(folder, 'empty.yaml'); }, /empty/],
    ['lines that end with CR alone, a comment first', () => { writeFileSync(path.join(folder, 'cr.yaml'), '# Plant\rzones: []\rconduits: []\r'); return path.join(folder, 'cr.yaml'); }, /:1:8: a line ends with CR alone/],
    ['a line end of another editor in a comment', () => { writeFileSync(path.join(folder, 'mixed.yaml'), '# Plant\r\nzones: [] # none\rconduits: []\r\n'); return path.join(folder, 'mixed.yaml'); }, /:2:17: a line ends with CR alone/],
    ['binary', () => { writeFileSync(path.join(folder, 'zero.yaml'), 'zones:\0'); return path.join(folder, 'zero.yaml'); }, /zero byte/],
    ['a capture', () => samples('plant/millbrook_00005_20260314.pcapng'), /is no spec: it looks like a pcapng capture$/],
    ['a capture that is packed', () => samples('plant/millbrook_00001_20260302.pcapng.gz'), /is no spec: it looks like gzip-compressed data$/],
    ['a store', () => { const file = path.join(folder, 'plant.db'); openForWriting(file).close(); return file; }, /is no spec: it looks like an SQLite database$/],
  ])('%s', (_, make, message) => {
    const error = failure(make());
    expect(error.message).toMatch(message);
    expect(error.message.split('\n')).toHaveLength(1);
  });
});

describe('hostile YAML', () => {
  it.each([
    ['deep flow nesting', `zones: ${'['.repeat(100_000)}`, /nested/],
    ['deep nesting by indentation', Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''), /nested more than 64 deep/],
    ['nesting by indentation that the library still reads', Array.from({ length: 70 }, (_, i) => `${' '.repeat(i)}a: # x\n`).join(''), /nested more than 64 deep/],
    ['deep flow nesting behind an apostrophe', `zones: [x', ${'['.repeat(5000)}${']'.repeat(5000)}]\n`, /nested more than 64 deep/],
    ['a map for a field name', '? {a: 1}\n: 2\n', /where a field name belongs/],
    ['deep block nesting', `zones:\n${'- '.repeat(5000)}x\n`, /nested/],
    ['a billion laughs', `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nzones: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n`, /alias/],
    ['an alias of itself', 'zones: &a [*a]\n', /alias|nested|zones|must be/],
    ['a tag', 'zones: !!python/object:os.system x\nconduits: []\n', /tag/i],
    ['a key that is a map', '? {a: b}\n: c\n', /.+/],
    ['__proto__', '__proto__: {polluted: yes}\nzones: []\nconduits: []\n', /.+/],
  ])('%s', (_, text, message) => {
    const { loaded, problems } = parseSpec(text, 'hostile.yaml');
    expect(loaded).toBeNull();
    expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('any text loads or is refused with a place; nothing throws', () => {
    const words = fc.array(fc.constantFrom('zones:', 'conduits:', '- ', '  ', '\n', 'zone_id: A', 'name: "x"', '[', ']', '{', '}', '&a', '*a', '"', "'", '|', '>', '#', ': ', '\t', 'connects: [A, B]', '\u202e', '---', '!!str', '<<: '), { maxLength: 40 }).map((list) => list.join(''));
    fc.assert(fc.property(fc.oneof(fc.string(), words), (text) => {
      const { loaded, problems } = parseSpec(text, 'any.yaml');
      expect(loaded === null).toBe(problems.length > 0);
      for (const problem of problems) {
        expect(problem.line).toBeGreaterThanOrEqual(1);
        expect(problem.column).toBeGreaterThanOrEqual(1);
        expect(problem.remedy).not.toBe('');
      }
    }), { numRuns: 300 });
  });
});

describe('free text and machine fields', () => {
  const text = `zones:
  - {zone_id: Z2-A, name: a, assets: ["PLCs (PLC-01 through PLC-03)"]}
  - {zone_id: Z3-B, name: b, x-note: {anything: [1]}}
conduits:
  - conduit_id: C
    connects: [Z2-A, Z3-B]
    protocols_allowed:
      - {protocol: Modbus/TCP, port: 502, direction: "Z3 -> Z2 (read only, FC 3/4 only, unit 1)", security_mode: "something else"}
      - {protocol: OPC UA, port: 4840, direction: "Z2 <-> Z3", security_mode: Sign}
      - {protocol: HTTPS, direction: "Z2 -> Z3 (max 3 sessions)"}
`;

  it('become Permits', () => {
    const { loaded, problems } = parseSpec(text, 'text.yaml');
    expect(problems).toEqual([]);
    const permits = loaded?.permits.map(({ permit }) => permit) ?? [];
    expect(permits.map((permit) => `${permit.id} ${permit.from.zone}>${permit.to.zone} ${permit.service.transport}/${permit.service.ports[0].first}`)).toEqual([
      'C-001 Z3-B>Z2-A tcp/502', 'C-002 Z2-A>Z3-B tcp/4840', 'C-002-r Z3-B>Z2-A tcp/4840', 'C-003 Z2-A>Z3-B tcp/443',
    ]);
    expect(permits[0]).toMatchObject({ access: ['browse', 'read'], modbus: { functionCodes: [3, 4], unitIds: [1], ranges: [] }, decision: 'approved', basis: 'designed' });
    expect(permits[1].opcua).toEqual({ services: [], securityModes: ['Sign'], securityPolicies: [] });
  });

  it('and what is not understood is named', () => {
    const { loaded } = parseSpec(text, 'text.yaml');
    expect(loaded?.permits.flatMap((declared) => declared.notUnderstood)).toEqual(['something else', 'max 3 sessions']);
  });
});

const shared = path.resolve(import.meta.dirname, '../../../../shared/spec');
const present = existsSync(shared);
if (!present) console.warn('shared specs are absent: the two tests that read them only check that');

describe('shared specs', () => {
  it('the seed loads as written', () => {
    if (!present) return expect(existsSync(shared)).toBe(false);
    const loaded = loadSpec(path.join(shared, 'seed-spec.yaml'));
    expect(loaded.permits).toHaveLength(6);
    expect(loaded.permits[1].permit).toMatchObject({ from: { zone: 'Z3-OPS' }, to: { zone: 'Z2-BPCS' }, modbus: { functionCodes: [3, 4] }, access: ['browse', 'read'] });
    const rules = new Set(checkSpec(loaded).map((lint) => lint.rule));
    for (const rule of ['flow-beside-diode', 'conduit-level', 'encrypted-read-only', 'arrow-ambiguous', 'intra-zone-promise', 'zone-to-zone', 'asset-without-address', 'text-not-enforceable', 'tcp-through-diode']) expect(rules).toContain(rule);
  });

  it('the example with machine fields loads, and all it says arrives', () => {
    if (!present) return expect(existsSync(shared)).toBe(false);
    const file = path.join(shared, 'spec-example.yaml');
    const loaded = loadSpec(file);
    expect(loaded.permits).toHaveLength(6);
    expect(loaded.permits[1].permit.modbus).toEqual({
      functionCodes: [3, 4], unitIds: [1, 255],
      ranges: [{ access: 'read', table: 'holding-register', first: 0, last: 999 }, { access: 'read', table: 'input-register', first: 0, last: 999 }],
    });
    expect(loaded.permits[3].permit.conditions).toMatchObject({ days: ['sun'], start: '02:00', end: '04:00' });
    const lints = checkSpec(loaded);
    const diode = lints.find((lint) => lint.rule === 'flow-beside-diode');
    expect(readFileSync(file, 'utf8').split('\n')[(diode?.line ?? 0) - 1]).toContain('C2-002');
    expect(lints.some((lint) => lint.rule === 'read-moves-data-back')).toBe(true);
  });
});
