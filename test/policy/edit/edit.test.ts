/** Edits by hand: an asset takes its rules with it, names are changed wherever they stand, and nothing else moves. */
import { describe, expect, test } from 'vitest';
import { editSpec, isRefusal, specEditSchema, type SpecEdit } from '../../../src/policy/edit/edit.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';

type Edit = Exclude<SpecEdit, { kind: 'decide-finding' }>;

const SPEC = `# What the operator believes
facility: "Works"
zones:
  - zone_id: Z1-CELL
    name: "Cell"   # named in 1998
    assets:
      # the oldest one
      - {asset_id: PLC-1, ip: [10.0.1.1]}
      - {asset_id: PLC-2, ip: [10.0.1.2]}
      - "HMIs (HMI-1 through HMI-3)"
    allowed_conduits: [C1]
  - zone_id: Z2-OPS
    name: "Operations"
    assets:
      - {asset_id: HIST, ip: [10.0.2.1]}
      - {asset_id: DIODE, ip: [10.0.2.9]}
    allowed_conduits: [C1]
  - zone_id: Z3-DMZ
    name: "DMZ"
    assets: [{asset_id: REPLICA, ip: [10.0.3.1]}]
    allowed_conduits: []
conduits:
  - conduit_id: C1
    connects: [Z1-CELL, Z2-OPS]
    mode: monitor
    protocols_allowed:
      # trend of both
      - {rule_id: R-BOTH, protocol: Modbus/TCP, client: {zone: Z2-OPS, assets: [HIST]}, server: {zone: Z1-CELL, assets: [PLC-1, PLC-2]}, modbus: {function_codes: [3]}}
      - {rule_id: R-ONE, protocol: Modbus/TCP, direction: "Z2 -> Z1 (read only, FC 4 only)", client: {zone: Z2-OPS, assets: [HIST]}, server: {zone: Z1-CELL, assets: [PLC-1]}}
      - {rule_id: R-ASK, protocol: HTTPS, server: {zone: Z1-CELL}, client: {zone: Z2-OPS, assets: [HIST]}, decision: pending, question: "who reads this?"}
  - conduit_id: C2
    connects: [Z2-OPS, Z3-DMZ]
    protocols_allowed:
      - {rule_id: R-DIODE, protocol: Syslog, transport: udp, port: 514, client: {zone: Z2-OPS, assets: [HIST]}, server: {zone: Z3-DMZ, assets: [REPLICA]}, unidirectional: {from: Z2-OPS, to: Z3-DMZ, via_asset: DIODE}}
`;

const done = (edit: Edit, text = SPEC): { text: string; sentence: string } => {
  const result = editSpec(text, edit, () => null);
  if (isRefusal(result)) throw new Error(result.problem);
  expect(parseSpec(result.text, 'spec').problems).toEqual([]);
  return result;
};
const refused = (edit: Edit, text = SPEC): string => {
  const result = editSpec(text, edit, () => null);
  return isRefusal(result) ? result.problem : `written: ${result.sentence}`;
};
const permits = (text: string): string[] => parseSpec(text, 'spec').loaded!.permits.map(({ permit }) => `${permit.id} in ${permit.conduit}: ${permit.from.zone}/${permit.from.assets.join('+')} -> ${permit.to.zone}/${permit.to.assets.join('+')}`);
/** Lines that are only in one of the two. */
const changedLines = (before: string, after: string): string[] => {
  const [a, b] = [new Set(before.split('\n')), new Set(after.split('\n'))];
  return [...[...a].filter((line) => !b.has(line)).map((line) => `- ${line.trim()}`), ...[...b].filter((line) => !a.has(line)).map((line) => `+ ${line.trim()}`)];
};

describe('moving an asset', () => {
  test('what a person noted beside the fields of a rule\'s end stays when its asset moves', () => {
    const flow = 'client: {zone: Z2-OPS, assets: [HIST]}, server: {zone: Z1-CELL, assets: [PLC-1]}}';
    const line = SPEC.split('\n').find((one) => one.includes('R-ONE')) as string;
    const block = `      - rule_id: R-ONE
        protocol: Modbus/TCP
        client:   # of the office, CR-7
          zone: Z2-OPS   # moves soon
          assets:   # SCADA only
            - HIST   # the old one
        server: {zone: Z1-CELL, assets: [PLC-1]}`;
    expect(line.endsWith(flow)).toBe(true);
    const before = SPEC.replace(line, block);
    const { text } = done({ kind: 'move-asset', asset: 'HIST', zone: 'Z3-DMZ' }, before);
    for (const note of ['# of the office, CR-7', 'zone: Z3-DMZ # moves soon', '# SCADA only', '- HIST # the old one', '# trend of both', '# the oldest one', 'name: "Cell"   # named in 1998']) expect(text).toContain(note);
  });

  test('takes its own rules along and gets a copy of those it shares; the rest of the file stays', () => {
    const { text, sentence } = done({ kind: 'move-asset', asset: 'PLC-1', zone: 'Z3-DMZ' });
    expect(sentence).toBe('PLC-1 is in Z3-DMZ now, pinned; 1 rule moved with it, 1 rule copied for it');
    expect(permits(text)).toEqual([
      'R-BOTH in C1: Z2-OPS/HIST -> Z1-CELL/PLC-2',
      'R-ASK in C1: Z2-OPS/HIST -> Z1-CELL/',
      'R-DIODE in C2: Z2-OPS/HIST -> Z3-DMZ/REPLICA',
      'R-BOTH-2 in C2: Z2-OPS/HIST -> Z3-DMZ/PLC-1',
      'R-ONE in C2: Z2-OPS/HIST -> Z3-DMZ/PLC-1',
    ]);
    expect(text).toContain('direction: "Z2 -> Z3-DMZ (read only, FC 4 only)"');
    expect(text).toContain('{asset_id: PLC-1, ip: [10.0.1.1], pinned: true}');
    for (const kept of ['# What the operator believes', 'name: "Cell"   # named in 1998', '# the oldest one', '# trend of both']) expect(text).toContain(kept);
    const untouched = SPEC.split('\n').filter((line) => !/PLC-1|DMZ|assets: \[\{/.test(line));
    for (const line of untouched) expect(text.split('\n')).toContain(line);
  });

  test('to where its partner is: the rule between them goes, a new conduit is made where there was none', () => {
    const joined = done({ kind: 'move-asset', asset: 'HIST', zone: 'Z1-CELL' });
    expect(joined.sentence).toMatch(/3 rules removed, within one zone now \(R-BOTH, R-ONE, R-ASK\)/);
    expect(joined.text).toMatch(/removed_rules: \[R-BOTH, R-ONE, R-ASK\]/);
    expect(permits(joined.text)).toEqual(['R-DIODE in C-Z1-CELL-Z3-DMZ: Z1-CELL/HIST -> Z3-DMZ/REPLICA']);
    expect(joined.text).toContain('unidirectional: {from: Z1-CELL, to: Z3-DMZ, via_asset: DIODE}');
    expect(joined.text).toContain('allowed_conduits: [C-Z1-CELL-Z3-DMZ]');
  });

  test('one of those that a text names becomes an entry of its own', () => {
    const { text } = done({ kind: 'move-asset', asset: 'HMI-2', zone: 'Z2-OPS' });
    const { zones } = parseSpec(text, 'spec').loaded!.spec;
    const ids = zones.map((zone) => zone.assets?.map((asset) => (typeof asset === 'string' ? asset : asset.asset_id)));
    expect(ids).toEqual([['PLC-1', 'PLC-2', 'HMI-1', 'HMI-3'], ['HIST', 'DIODE', 'HMI-2'], ['REPLICA']]);
  });

  test('says which rules name it by its address: they are left as they are', () => {
    const before = SPEC.replace('      # trend of both\n', '      - {rule_id: R-ADDRESS, protocol: SSH, client: {zone: Z2-OPS, assets: [HIST]}, server: {zone: Z1-CELL, addresses: [10.0.1.0/30]}}\n      - {rule_id: R-OTHER, protocol: SSH, client: {zone: Z2-OPS, assets: [HIST]}, server: {zone: Z1-CELL, addresses: [10.0.1.1]}}\n');
    const { text, sentence } = done({ kind: 'move-asset', asset: 'PLC-2', zone: 'Z3-DMZ' }, before);
    expect(sentence).toBe('PLC-2 is in Z3-DMZ now, pinned; 1 rule copied for it, 1 rule that names it by "addresses" in Z1-CELL left as it is (R-ADDRESS)');
    expect(text).toContain('addresses: [10.0.1.0/30]');
  });

  test('that nobody declared yet declares it', () => {
    const result = editSpec(SPEC, { kind: 'move-asset', asset: '10.0.9.9', zone: 'Z2-OPS' }, (id) => ({ asset_id: id, ip: [id] }));
    expect(result).toMatchObject({ sentence: '10.0.9.9 is declared in Z2-OPS' });
    expect((result as { text: string }).text).toContain('- {asset_id: 10.0.9.9, ip: [10.0.9.9], pinned: true}');
  });

  test('a link address is written in quotes: of digits alone it is a number to readers of YAML 1.1', () => {
    const result = editSpec(SPEC, { kind: 'move-asset', asset: 'x', zone: 'Z2-OPS' }, (id) => ({ asset_id: id, mac: ['10:20:30:40:50:55'] }));
    expect((result as { text: string }).text).toContain('- {asset_id: x, mac: ["10:20:30:40:50:55"], pinned: true}');
  });

  test('is refused where it makes no sense', () => {
    expect(refused({ kind: 'move-asset', asset: 'PLC-1', zone: 'Z1-CELL' })).toBe('PLC-1 is in Z1-CELL already');
    expect(refused({ kind: 'move-asset', asset: 'PLC-1', zone: 'nowhere' })).toMatch(/no zone nowhere/);
    expect(refused({ kind: 'move-asset', asset: 'nobody', zone: 'Z1-CELL' })).toMatch(/no asset nobody/);
    expect(refused({ kind: 'move-asset', asset: 'PLC-1', zone: 'Z2-OPS' }, 'zones: [')).toMatch(/the spec does not hold: line 1/);
  });

  describe('that a rule for both ways names', () => {
    const both = (server: string): string => SPEC.replace('      # trend of both\n', `      # alarms both ways\n      - {rule_id: R-WAYS, protocol: Modbus/TCP, direction: "Z2 <-> Z1", server: {zone: Z1-CELL, assets: [${server}]}}\n`);

    test('to the other zone: the rule goes once, and is named; the next rule stays', () => {
      const { text, sentence } = done({ kind: 'move-asset', asset: 'PLC-2', zone: 'Z2-OPS' }, both('PLC-2'));
      expect(sentence).toBe('PLC-2 is in Z2-OPS now, pinned; 1 rule kept without it, within one zone now, 1 rule removed, within one zone now (R-WAYS)');
      expect(permits(text).map((line) => line.split(' ')[0])).toEqual(['R-BOTH', 'R-ONE', 'R-ASK', 'R-DIODE']);
    });

    test('to a third zone: both ways go along', () => {
      const { text, sentence } = done({ kind: 'move-asset', asset: 'PLC-2', zone: 'Z3-DMZ' }, both('PLC-2'));
      expect(sentence).toContain('1 rule moved with it, 1 rule copied for it');
      expect(text).toContain('direction: "Z2-OPS <-> Z3-DMZ"');
      expect(permits(text).filter((line) => line.startsWith('R-WAYS'))).toEqual(['R-WAYS in C2: Z2-OPS/ -> Z3-DMZ/PLC-2', 'R-WAYS-r in C2: Z3-DMZ/PLC-2 -> Z2-OPS/']);
    });

    test('among others: it gets a copy for both ways, the others keep theirs', () => {
      const { text } = done({ kind: 'move-asset', asset: 'PLC-2', zone: 'Z3-DMZ' }, both('PLC-1, PLC-2'));
      expect(permits(text).filter((line) => line.startsWith('R-WAYS'))).toEqual([
        'R-WAYS in C1: Z2-OPS/ -> Z1-CELL/PLC-1', 'R-WAYS-r in C1: Z1-CELL/PLC-1 -> Z2-OPS/', 'R-WAYS-2 in C2: Z2-OPS/ -> Z3-DMZ/PLC-2', 'R-WAYS-2-r in C2: Z3-DMZ/PLC-2 -> Z2-OPS/',
      ]);
      expect(permits(done({ kind: 'move-asset', asset: 'PLC-2', zone: 'Z2-OPS' }, both('PLC-1, PLC-2')).text).filter((line) => line.startsWith('R-WAYS'))).toEqual([
        'R-WAYS in C1: Z2-OPS/ -> Z1-CELL/PLC-1', 'R-WAYS-r in C1: Z1-CELL/PLC-1 -> Z2-OPS/',
      ]);
    });
  });

  test('there and back again leaves the same Permits', () => {
    const there = done({ kind: 'move-asset', asset: 'REPLICA', zone: 'Z1-CELL' }).text;
    expect(permits(there)).toContain('R-DIODE in C1: Z2-OPS/HIST -> Z1-CELL/REPLICA');
    expect(permits(done({ kind: 'move-asset', asset: 'REPLICA', zone: 'Z3-DMZ' }, there).text).toSorted()).toEqual(permits(SPEC).toSorted());
  });
});

test('a zone takes its new id to every place that names it', () => {
  const { text } = done({ kind: 'rename-zone', zone: 'Z2-OPS', id: 'Z-SITE', name: 'Site' });
  expect(text).not.toMatch(/Z2/);
  expect(permits(text)[1]).toBe('R-ONE in C1: Z-SITE/HIST -> Z1-CELL/PLC-1');
  expect(text).toContain('unidirectional: {from: Z-SITE, to: Z3-DMZ, via_asset: DIODE}');
  expect(changedLines(SPEC, done({ kind: 'rename-zone', zone: 'Z3-DMZ', id: 'Z3-DMZ', name: 'Outer: #1' }).text)).toEqual(expect.arrayContaining(['- name: "DMZ"', '+ name: "Outer: #1"']));
  expect(refused({ kind: 'rename-zone', zone: 'Z2-OPS', id: 'Z3-DMZ', name: 'x' })).toBe('there is a zone Z3-DMZ already');
  expect(refused({ kind: 'rename-zone', zone: 'Z2-OPS', id: 'no blanks', name: 'x' })).toMatch(/^with this edit the spec would not hold/);
});

test('pins and decisions stand where they belong', () => {
  const pinned = done({ kind: 'pin-asset', asset: 'PLC-2', pinned: true }).text;
  expect(pinned).toContain('{asset_id: PLC-2, ip: [10.0.1.2], pinned: true}');
  expect(done({ kind: 'pin-asset', asset: 'PLC-2', pinned: false }, pinned).text).toContain('pinned: false');
  const { text } = done({ kind: 'decide-permit', permit: 'R-ASK', decision: 'rejected', owner: 'A. Keller', reason: 'nobody does' });
  expect(text).toContain('decision: rejected, owner: A. Keller, purpose: nobody does}');
  expect(text).not.toContain('who reads this?');
});

test('the day of a decision is the one that is said, and goes with the decision', () => {
  const first = done({ kind: 'decide-permit', permit: 'R-ASK', decision: 'rejected', owner: 'A. Keller', decidedOn: '2026-03-31', reason: '' });
  expect(first.sentence).toBe('R-ASK is rejected by A. Keller on 2026-03-31');
  expect(first.text).toContain('owner: A. Keller, decided_on: "2026-03-31"');
  const again = done({ kind: 'decide-permit', permit: 'R-ASK', decision: 'approved', owner: 'B. Moser', reason: '' }, first.text).text;
  expect(again).toContain('owner: B. Moser');
  expect(again).not.toContain('decided_on');
});

test.each([['R-WAYS', 'R-WAYS-r'], ['R-WAYS-r', 'R-WAYS']])('%s of a rule for both ways is decided alone', (decided, other) => {
  const both = SPEC.replace('      # trend of both\n', '      # alarms both ways\n      - {rule_id: R-WAYS, protocol: Modbus/TCP, direction: "Z2 <-> Z1 (FC 3 only)", server: {zone: Z1-CELL, assets: [PLC-1]}, decision: pending, question: "who opens?"}\n');
  const { text, sentence } = done({ kind: 'decide-permit', permit: decided, decision: 'rejected', owner: 'A. Keller', reason: 'it never opens' }, both);
  expect(sentence).toBe(`${decided} is rejected by A. Keller`);
  const of = (id: string): object => parseSpec(text, 'spec').loaded!.permits.find(({ permit }) => permit.id === id)!.permit;
  expect(of(decided)).toMatchObject({ decision: 'rejected', owner: 'A. Keller', purpose: 'it never opens' });
  expect(of(other)).toMatchObject({ decision: 'pending', owner: '', modbus: { functionCodes: [3] } });
  expect(text.match(/who opens\?/g)).toHaveLength(1);
  expect(permits(text).slice(0, 2)).toEqual(['R-WAYS in C1: Z2-OPS/ -> Z1-CELL/PLC-1', 'R-WAYS-r in C1: Z1-CELL/PLC-1 -> Z2-OPS/']);
  expect(text).toContain('# alarms both ways');
});

test.each([
  ['nothing to note', 'no', 'nothing to note; no'], ['poll of the filters', 'filters', 'poll of the filters; filters'],
  ['agreed', 'agreed', 'agreed'], ['trend; agreed', 'agreed', 'trend; agreed'], ['', 'agreed', 'agreed'], ['trend', '', 'trend'],
])('the purpose "%s" stays beside the reason "%s"', (purpose, reason, expected) => {
  const { text } = done({ kind: 'decide-permit', permit: 'R-ASK', decision: 'approved', owner: 'A. Keller', reason }, SPEC.replace('question: "who reads this?"', () => `purpose: "${purpose}"`));
  expect(parseSpec(text, 'spec').loaded!.permits.find(({ permit }) => permit.id === 'R-ASK')!.permit.purpose).toBe(expected);
});

describe('hostile words', () => {
  const HOSTILE = ['</script><b>', '"; DROP: [', '{a: b}', '- x', '#', '*alias', '!tag', '%dir', '@', '`', 'a: b', "it's", '\u{1f3ed}', ' '.repeat(3) + 'x'];

  test.each(HOSTILE)('%j is a name and nothing more', (name) => {
    const edit = specEditSchema.parse({ kind: 'rename-zone', zone: 'Z3-DMZ', id: 'Z3-DMZ', name }) as Edit;
    const { text } = done(edit);
    expect(parseSpec(text, 'spec').loaded!.spec.zones[2].name).toBe(name.trim());
    expect(permits(text)).toEqual(permits(SPEC));
  });

  test.each(['', 'two\nlines', 'over\u202eride', 'zero\u200bwidth', 'nul\0', 'x'.repeat(501)])('%j is refused', (name) => {
    expect(specEditSchema.safeParse({ kind: 'rename-zone', zone: 'Z3-DMZ', id: 'Z3-DMZ', name }).success).toBe(false);
  });

  test('an edit with anything more in it is none', () => {
    expect(specEditSchema.safeParse({ kind: 'pin-asset', asset: 'PLC-1', pinned: true, path: '/etc/passwd' }).success).toBe(false);
    expect(specEditSchema.safeParse({ kind: 'write', text: 'zones: []' }).success).toBe(false);
  });
});

test('lines end as they did, and padding stays', () => {
  const windows = SPEC.replaceAll('\n', '\r\n');
  expect(done({ kind: 'pin-asset', asset: 'PLC-2', pinned: true }, windows).text).toBe(done({ kind: 'pin-asset', asset: 'PLC-2', pinned: true }).text.replaceAll('\n', '\r\n'));
  const padded = 'zones:\n  - { zone_id: Z1, name: one, assets: [ { asset_id: A, ip: [ 10.0.0.1 ] } ] }\nconduits: []\n';
  expect(done({ kind: 'pin-asset', asset: 'A', pinned: true }, padded).text).toBe('zones:\n  - { zone_id: Z1, name: one, assets: [ { asset_id: A, ip: [ 10.0.0.1 ], pinned: true } ] }\nconduits: []\n');
});
