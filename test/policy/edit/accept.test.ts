/** Findings into the spec, type by type: what is accepted is gone from the diff, nothing else moves, and what a spec cannot mend says so. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FOLDED_FUNCTION, type AddressRecord, type Conversation, type ObservationSet } from '../../../src/observation.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { FINDING_TYPES, makeFinding, type Finding, type FindingType } from '../../../src/policy/diff/findings.ts';
import { acceptFindings, isAcceptable, meaningOf, REJECTABLE } from '../../../src/policy/edit/accept.ts';
import { indexAssets } from '../../../src/policy/spec/assets.ts';
import type { LoadedSpec } from '../../../src/policy/spec/load.ts';
import { loadText } from '../loaded-spec.ts';
import { addressRecord, conversation, daysFrom, modbus, MONDAY, namedOperation, observations } from '../observed.ts';

const SPEC = `# signed in spring
zones:
  - zone_id: CELL # filters
    name: Cell
    kind: control
    vlans: [20]
    assets:
      - {asset_id: PLC-1, role: plc, ip: [10.2.0.1], mac: ["00:1d:9c:20:01:01"]} # the oldest
      - {asset_id: PLC-2, role: plc, ip: [10.2.0.2], vlan: 20}
      - {asset_id: HMI, role: hmi, ip: [10.2.0.9]}
      - {asset_id: METERS, ip: [10.2.8.0/24], count: 40}
  - zone_id: OPS
    name: Operations
    kind: operations
    vlans: [30]
    assets:
      - {asset_id: HIST, role: historian, ip: [10.3.0.1], mac: ["00:50:56:30:01:01"]}
      - {asset_id: OPC, role: opcua-server, ip: [10.3.0.2]}
      - {asset_id: SPARE, ip: [10.3.0.7], mac: ["00:1d:9c:99:00:07", "00:1d:9c:99:00:08"]}
conduits:
  # agreed with the works council
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
      - rule_id: R-POLL # trend
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: OPS, assets: [HIST]}
        server:
          zone: CELL
          assets:
            - PLC-1 # the oldest
            - PLC-2 # the newest
        access: read
        modbus: {function_codes: [3, 4], unit_ids: [1], ranges: [{table: holding-register, start: 0, end: 99, access: read}, {table: input-register, start: 0, end: 9, access: read}]}
      - rule_id: R-UA
        protocol: OPC UA
        transport: tcp
        port: 4840
        client: {zone: CELL, assets: [HMI]}
        server: {zone: OPS, assets: [OPC]}
        security_mode: SignAndEncrypt
        opcua: {services: [Read, Publish]}
`;

const MODES = (mode: string, policy: string): Conversation['facts'] => [{ name: 'opcua.mode', value: mode, toServer: 1, toClient: 1 }, { name: 'opcua.policy', value: `http://opcfoundation.org/UA/SecurityPolicy#${policy}`, toServer: 1, toClient: 1 }];
const browse = (client: string, mode = 'SignAndEncrypt', policy = 'Basic256Sha256'): Conversation => ({
  ...conversation(client, '10.3.0.2', { port: 4840, service: 'opcua', operations: [namedOperation('opcua', 631, 'ReadRequest', 'read'), namedOperation('opcua', 826, 'PublishRequest', 'read')] }), facts: MODES(mode, policy),
});
const poll = (server: string): Conversation => modbus('10.3.0.1', server, [{ code: 3, ranges: [[0, 49], [50, 99]] }, { code: 4 }]);
const traffic = (): Conversation[] => [poll('10.2.0.1'), poll('10.2.0.2'), browse('10.2.0.9')];

/** Accepts every finding of a type; the diff must then be clean, and nothing but the lines about it differ. */
const accepted = (text: string, set: ObservationSet, type: FindingType): { text: string; loaded: LoadedSpec; sentence: string; left: Finding[]; gone: string[]; come: string[] } => {
  const findings = diffSpec(loadText(text), set).filter((finding) => finding.type === type);
  expect(findings.length).toBeGreaterThan(0);
  const { text: after, results } = acceptFindings(text, set, findings, { decision: 'approved', owner: 'A. Keller', purpose: 'agreed on site' });
  expect(results.filter(({ done }) => !done)).toEqual([]);
  // An empty list or map demands nothing, and says that somebody had meant it.
  expect(after).not.toMatch(/: (?:\[\]|\{\})/);
  const [before, now] = [new Set(text.split('\n')), new Set(after.split('\n'))];
  return {
    text: after, loaded: loadText(after), sentence: results.map(({ sentence }) => sentence).join('\n'), left: [...diffSpec(loadText(after), set)],
    gone: text.split('\n').filter((line) => !now.has(line)).map((line) => line.trim()), come: after.split('\n').filter((line) => !before.has(line)).map((line) => line.trim()),
  };
};

const permitOf = (loaded: LoadedSpec, id: string): LoadedSpec['permits'][number]['permit'] | undefined => loaded.permits.find(({ permit }) => permit.id === id)?.permit;

it('the spec and its traffic agree', () => {
  expect(diffSpec(loadText(SPEC), observations(traffic()))).toEqual([]);
});

it('operations that are not told apart are let through by no rule for some, and accepted only by themselves', () => {
  const [first, ...others] = traffic();
  const [read] = first.operations;
  const more = { ...read, unit: null, function: FOLDED_FUNCTION, name: '(more operations)', access: 'program', ranges: [] } as const;
  const write = modbus('10.3.0.1', '10.2.0.1', [{ code: 6 }]).operations;
  const set = observations([{ ...first, operations: [...first.operations, ...write, more] }, ...others]);
  const once = accepted(SPEC, set, 'undeclared-operation');
  expect(once.sentence).toBe('added rule C1-001 for exactly what was seen, but for the operations that are not told apart: they would be all of the service');
  expect(permitOf(once.loaded, 'C1-001')).toMatchObject({ access: ['write'], named: null, modbus: { functionCodes: [6], unitIds: [1] } });
  expect(once.left.map(({ type, seen }) => [type, seen.map(({ operation }) => operation)])).toEqual([['undeclared-operation', ['(more operations)']]]);
  const twice = accepted(once.text, set, 'undeclared-operation');
  expect(permitOf(twice.loaded, 'C1-002')).toMatchObject({ access: [], named: null, modbus: null });
  expect(twice.left).toEqual([]);
});

describe('what units and codes asked apart', () => {
  const asks = fc.array(fc.record({ unit: fc.constantFrom(1, 2, 3), code: fc.constantFrom(3, 4, 6, 16, 90), first: fc.constantFrom(0, 10, 500) }), { minLength: 1, maxLength: 6 });
  const probes = [1, 2, 3].flatMap((unit) => [3, 4, 6, 16, 90].flatMap((code) => [0, 10, 500].map((first) => ({ unit, code, first }))));
  const talk = (asked: readonly { readonly unit: number; readonly code: number; readonly first: number }[]): Conversation =>
    modbus('10.3.0.1', '10.2.0.9', asked.map(({ unit, code, first }) => ({ unit, code, ranges: [[first, first + 4]] })));

  it('is not let through together', () => {
    const set = observations([...traffic(), talk([{ unit: 1, code: 3, first: 0 }, { unit: 2, code: 16, first: 500 }, { unit: 3, code: 3, first: 0 }])]);
    const { sentence, left, loaded } = accepted(SPEC, set, 'undeclared-conversation');
    expect(sentence).toBe('added rules C1-001, C1-002 for exactly what was seen');
    expect(left).toEqual([]);
    expect(permitOf(loaded, 'C1-001')).toMatchObject({ access: ['read'], modbus: { functionCodes: [3], unitIds: [1, 3] } });
    expect(permitOf(loaded, 'C1-002')).toMatchObject({ access: ['write'], modbus: { functionCodes: [16], unitIds: [2] } });
  });

  it('nothing else passes, whatever was asked', () => {
    fc.assert(fc.property(asks, (asked) => {
      const { loaded, left } = accepted(SPEC, observations([...traffic(), talk(asked)]), 'undeclared-conversation');
      expect(left).toEqual([]);
      const isAsked = ({ unit, code, first }: (typeof probes)[number]): boolean => asked.some((one) => one.unit === unit && one.code === code && (one.first === first || code === 90));
      const [finding] = diffSpec(loaded, observations([...traffic(), talk(probes)])).filter(({ client, server }) => client === '10.3.0.1' && server === '10.2.0.9');
      // Programming has no addresses: its three probes are one ask each.
      expect(finding.seen.length + finding.seenMore).toBe(probes.filter((probe) => !isAsked(probe)).length);
    }), { numRuns: 40 });
  });
});

describe('a rule wider than its use', () => {
  it('keeps the servers that are asked, and their comments', () => {
    const { loaded, left, gone, come, sentence } = accepted(SPEC, observations(traffic().filter((one) => one.server !== '10.2.0.2').concat(conversation('10.2.0.2', '10.2.0.1', { port: 80, service: 'http' }))), 'wider-than-observed');
    expect(sentence).toBe('narrowed rule R-POLL: without servers PLC-2');
    expect(left).toEqual([]);
    expect(gone).toEqual(['- PLC-2 # the newest']);
    expect(come).toEqual(['evidence: {first_seen: "2026-01-05T08:00:00Z", last_seen: "2026-02-01T16:00:00Z", days: 28, requests: 8400}', 'decision: approved', 'owner: A. Keller', 'purpose: agreed on site']);
    expect(permitOf(loaded, 'R-POLL')).toMatchObject({ to: { assets: ['PLC-1'] }, decision: 'approved', owner: 'A. Keller' });
  });

  const WIDER: readonly (readonly [string, string, string, object])[] = [
    ['function codes', 'function_codes: [3, 4]', 'function_codes: [3, 4, 6, 16]', { modbus: { functionCodes: [3, 4] } }],
    ['units', 'unit_ids: [1]', 'unit_ids: [1, 2, 3]', { modbus: { unitIds: [1] } }],
    ['registers', 'start: 0, end: 99', 'start: 0, end: 999', { modbus: { ranges: [{ access: 'read', table: 'holding-register', first: 0, last: 99 }, { access: 'read', table: 'input-register', first: 0, last: 9 }] } }],
    ['a hole in the registers', '{table: holding-register, start: 0, end: 99, access: read}', '{table: holding-register, start: 0, end: 120, access: read}, {table: coil, start: 7, end: 8}', { modbus: { functionCodes: [3, 4] } }],
    ['ports', 'port: 502', 'port: [502, 503, 510]', { service: { ports: [{ first: 502, last: 502 }] } }],
    ['clients', 'client: {zone: OPS, assets: [HIST]}', 'client: {zone: OPS, assets: [OPC, HIST]}', { from: { assets: ['HIST'], addresses: [] } }],
    ['a whole zone of clients', 'client: {zone: OPS, assets: [HIST]}', 'client: {zone: OPS}', { from: { assets: ['HIST'], addresses: [] } }],
    ['client addresses', 'client: {zone: OPS, assets: [HIST]}', 'client: {zone: OPS, addresses: [10.3.0.0/24]}', { from: { assets: [], addresses: ['10.3.0.1'] } }],
    ['services of OPC UA', 'services: [Read, Publish]', 'services: [Read, Write, Publish, Call]', {}],
  ];
  it.each(WIDER)('loses %s that nobody used', (_, find, instead, expected) => {
    const text = SPEC.replace(find, () => instead);
    expect(text).not.toBe(SPEC);
    const { loaded, left } = accepted(text, observations(traffic()), 'wider-than-observed');
    expect(left).toEqual([]);
    expect(permitOf(loaded, 'R-POLL')).toMatchObject(expected);
    expect(permitOf(loaded, 'R-UA')?.opcua?.services).toEqual(['Publish', 'Read']);
  });

  it.each([
    ['Modbus with no codes', 'access: read\n        modbus: {function_codes: [3, 4], ', 'access: read-write\n        modbus: {', 'R-POLL', 'without access write'],
    ['OPC UA with no services', 'opcua: {services: [Read, Publish]}', 'access: [browse, read, write, control]', 'R-UA', 'without access write, control'],
  ])('keeps of its access what was used: %s', (_, find, instead, id, told) => {
    const text = SPEC.replace(find, instead);
    expect(text).not.toBe(SPEC);
    const { loaded, left, sentence } = accepted(text, observations(traffic()), 'wider-than-observed');
    expect(sentence).toBe(`narrowed rule ${id}: ${told}`);
    expect(left).toEqual([]);
    expect(permitOf(loaded, id)?.access).toEqual(['browse', 'read']);
  });

  it.each([
    ['its functions as numbers', 's7comm: {functions: [4, 5, 26]} # the vendor\'s list', ['#4']],
    ['its operations by name', 'operations: [Read Var, Write Var]', ['Read Var']],
    ['both', 's7comm: {functions: [26]}, operations: [Read Var, Write Var]', ['Read Var']],
  ])('of another protocol keeps what was asked: %s', (_, written, names) => {
    const rule = `      - rule_id: R-S7\n        protocol: S7comm\n        transport: tcp\n        port: 102\n        client: {zone: OPS, assets: [HIST]}\n        server: {zone: CELL, assets: [PLC-1]}\n        access: any\n        ${written.replace(', operations', '\n        operations')}\n`;
    const read = conversation('10.3.0.1', '10.2.0.1', { port: 102, service: 's7comm', operations: [namedOperation('s7comm', 4, 'Read Var', 'read')] });
    const { loaded, left, sentence } = accepted(`${SPEC}${rule}`, observations([...traffic(), read]), 'wider-than-observed');
    expect(sentence).toContain('narrowed rule R-S7: without operations ');
    expect(permitOf(loaded, 'R-S7')?.named?.names).toEqual(names);
    expect(left).toEqual([]);
  });

  it('keeps its registers while a request for any of them was cut off', () => {
    const [first, ...others] = traffic();
    const text = SPEC.replace('start: 0, end: 99', 'start: 0, end: 999');
    const types = (codes: readonly number[]): string[] => diffSpec(loadText(text), observations([{ ...first, operations: first.operations.map((one) => (codes.includes(one.function) ? { ...one, ranges: [] } : one)) }, ...others])).map(({ type }) => type);
    expect(types([])).toEqual(['wider-than-observed']);
    expect(types([4])).toEqual(['wider-than-observed']);
    expect(types([3])).toEqual([]);
  });

  it.each(['opcua: {services: [Read, Publish, Write]}', 'access: read-write'])('does not call unused what may have been asked behind encryption: %s', (instead) => {
    const hidden = { name: 'opcua.encrypted', value: 'MSG', toServer: 9, toClient: 9 };
    const found = (facts: Conversation['facts']): string[] => diffSpec(loadText(SPEC.replace('opcua: {services: [Read, Publish]}', instead)), observations(traffic().map((one) => (one.port === 4840 ? { ...one, facts: [...one.facts, ...facts] } : one)))).map(({ type }) => type);
    expect(found([])).toEqual(['wider-than-observed']);
    expect(found([hidden])).toEqual([]);
  });

  it('names the codes where the rule named none', () => {
    const text = SPEC.replace(/        access: read\n        modbus: .*\n/, '');
    const { loaded, left } = accepted(text, observations(traffic()), 'wider-than-observed');
    expect(left).toEqual([]);
    expect(permitOf(loaded, 'R-POLL')?.modbus).toMatchObject({ functionCodes: [3, 4], unitIds: [], ranges: [] });
  });

  it('shuts a table of which nothing was used, where no codes are named', () => {
    const text = SPEC.replace('function_codes: [3, 4], ', '');
    const set = observations([modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[0, 99]] }]), modbus('10.3.0.1', '10.2.0.2', [{ code: 3, ranges: [[0, 99]] }]), browse('10.2.0.9')]);
    const { loaded, left } = accepted(text, set, 'wider-than-observed');
    expect(left).toEqual([]);
    expect(permitOf(loaded, 'R-POLL')?.modbus).toMatchObject({ functionCodes: [3], ranges: [{ table: 'holding-register', first: 0, last: 99 }] });
  });

  it('narrows a rule in words by fields beside the words', () => {
    const text = SPEC.replace(/        client: \{zone: OPS, assets: \[HIST\]\}\n[^]*?modbus: .*\n/, '        direction: "OPS -> CELL (FC 3/4/6 only)"\n');
    const { loaded, left, text: after } = accepted(text, observations(traffic()), 'wider-than-observed');
    expect(left).toEqual([]);
    expect(after).toContain('direction: "OPS -> CELL (FC 3/4/6 only)"');
    expect(permitOf(loaded, 'R-POLL')).toMatchObject({ from: { zone: 'OPS', assets: ['HIST'] }, to: { zone: 'CELL', assets: ['PLC-1', 'PLC-2'] }, modbus: { functionCodes: [3, 4] } });
  });

  it('takes a rule apart that permits both ways, and narrows the one way', () => {
    const both = '      - {rule_id: R-WEB, protocol: HTTPS, transport: tcp, port: 443, direction: "CELL <-> OPS (alarms)"} # as in the plan\n';
    const set = observations([...traffic(), conversation('10.2.0.9', '10.3.0.2', { port: 443, service: 'https' })]);
    const text = `${SPEC}${both}`;
    const unused = accepted(text, set, 'unused-permit');
    expect(unused.sentence).toBe('removed rule R-WEB-r');
    expect(unused.text).toContain('direction: "CELL -> OPS (alarms)"');
    expect(unused.text).toContain('# as in the plan');
    expect(permitOf(unused.loaded, 'R-WEB-r')).toBeUndefined();
    const wide = accepted(unused.text, set, 'wider-than-observed');
    expect(wide.left).toEqual([]);
    expect(permitOf(wide.loaded, 'R-WEB')).toMatchObject({ from: { zone: 'CELL', assets: ['HMI'] }, to: { zone: 'OPS', assets: ['OPC'] } });
  });

  it('gives the number of a rule that went to no other', () => {
    const numbered = `${SPEC}      - {rule_id: C1-003, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC-2]}}\n`;
    const set = observations(traffic());
    const gone = accepted(numbered, set, 'unused-permit');
    expect(gone.sentence).toBe('removed rule C1-003');
    expect(gone.text).toMatch(/^ {4}removed_rules: \[C1-003\]$/m);
    const next = accepted(gone.text, observations([...traffic(), conversation('10.3.0.1', '10.2.0.1', { port: 8443, service: 'https' })]), 'undeclared-conversation');
    expect(permitOf(next.loaded, 'C1-004')?.service.ports).toEqual([{ first: 8443, last: 8443 }]);
    expect(permitOf(next.loaded, 'C1-003')).toBeUndefined();
  });

  it('leaves the question of a rule open that waits for a decision', () => {
    const text = SPEC.replace('        access: read\n', '        access: read\n        decision: pending\n        question: "who reads this?"\n').replace('unit_ids: [1]', 'unit_ids: [1, 2]');
    const { loaded, sentence } = accepted(text, observations(traffic()), 'wider-than-observed');
    expect(sentence).toContain('its question stays open');
    expect(permitOf(loaded, 'R-POLL')).toMatchObject({ decision: 'pending', modbus: { unitIds: [1] } });
  });
});

describe('a weaker mode', () => {
  it('is admitted in a rule for just these two, with who takes it on', () => {
    const { loaded, left, gone, come } = accepted(SPEC, observations([poll('10.2.0.1'), poll('10.2.0.2'), browse('10.2.0.9', 'None', 'None')]), 'weaker-security-mode');
    expect(left).toEqual([]);
    expect(permitOf(loaded, 'R-UA')).toMatchObject({ opcua: { securityModes: ['None', 'SignAndEncrypt'], services: ['Publish', 'Read'] }, decision: 'approved', owner: 'A. Keller', purpose: 'agreed on site' });
    expect(gone).toEqual(['security_mode: SignAndEncrypt', 'opcua: {services: [Read, Publish]}']);
    expect(come).toContain('opcua: {services: [Read, Publish], security_mode: [None, SignAndEncrypt]}');
  });

  it('is admitted in a rule that says nothing of OPC UA but its mode', () => {
    const { loaded, come } = accepted(SPEC.replace('        opcua: {services: [Read, Publish]}\n', ''), observations([poll('10.2.0.1'), poll('10.2.0.2'), browse('10.2.0.9', 'Sign', 'Basic256Sha256')]), 'weaker-security-mode');
    expect(permitOf(loaded, 'R-UA')?.opcua?.securityModes).toEqual(['Sign', 'SignAndEncrypt']);
    expect(come).toContain('opcua: {security_mode: [Sign, SignAndEncrypt]}');
  });

  it('is admitted in a copy where the rule is for more, so that nobody else may be weaker', () => {
    const text = SPEC.replace('client: {zone: CELL, assets: [HMI]}', 'client: {zone: CELL, assets: [HMI, PLC-1]}').replace('opcua: {services', 'opcua: {security_policy: [Basic256Sha256], services');
    const set = observations([...traffic().slice(0, 2), browse('10.2.0.9', 'Sign', 'Basic128Rsa15'), browse('10.2.0.1')]);
    const { loaded, left, sentence } = accepted(text, set, 'weaker-security-mode');
    expect(sentence).toBe('C1-001, a copy of R-UA for the two, admits mode Sign and policy Basic128Rsa15');
    expect(left).toEqual([]);
    expect(permitOf(loaded, 'R-UA')).toMatchObject({ from: { assets: ['PLC-1'] }, opcua: { securityModes: ['SignAndEncrypt'], securityPolicies: ['Basic256Sha256'] } });
    expect(permitOf(loaded, 'C1-001')).toMatchObject({
      from: { assets: ['HMI'] }, to: { assets: ['OPC'] }, owner: 'A. Keller', evidence: { days: 28 },
      opcua: { securityModes: ['Sign', 'SignAndEncrypt'], securityPolicies: ['Basic128Rsa15', 'Basic256Sha256'], services: ['Publish', 'Read'] },
    });
    const other = observations([...traffic().slice(0, 2), browse('10.2.0.9', 'Sign', 'Basic128Rsa15'), browse('10.2.0.1', 'Sign')]);
    expect(diffSpec(loaded, other).map(({ type, client }) => `${type} ${client}`)).toEqual(['weaker-security-mode 10.2.0.1']);
  });

  it('is rejected as a rule for what was seen, beside the one that stays', () => {
    const set = observations([poll('10.2.0.1'), poll('10.2.0.2'), browse('10.2.0.9', 'None', 'None')]);
    const findings = diffSpec(loadText(SPEC), set).filter((finding) => finding.type === 'weaker-security-mode');
    const { text, results } = acceptFindings(SPEC, set, findings, { owner: 'A. Keller', decision: 'rejected' });
    expect(results.map(({ sentence }) => sentence)).toEqual(['rejected as rule C1-001: only what is weaker']);
    expect(permitOf(loadText(text), 'C1-001')).toMatchObject({ decision: 'rejected', opcua: { securityModes: ['None'] } });
    expect(permitOf(loadText(text), 'R-UA')).toEqual(permitOf(loadText(SPEC), 'R-UA'));
  });

  it('is rejected without the safe sessions of the same two: their rule stays used, and the diff says who rejected what', () => {
    const own = browse('10.2.0.9');
    const set = observations([...traffic().slice(0, 2), { ...own, facts: [...own.facts, ...MODES('None', 'None')] }]);
    const [finding, ...others] = diffSpec(loadText(SPEC), set);
    expect({ type: finding.type, others }).toEqual({ type: 'weaker-security-mode', others: [] });
    const { text } = acceptFindings(SPEC, set, [finding], { owner: 'A. Keller', decision: 'rejected' });
    expect(permitOf(loadText(text), 'C1-001')?.opcua).toMatchObject({ securityModes: ['None'], securityPolicies: [] });
    const after = diffSpec(loadText(text), set);
    expect(after.map(({ type, id, permit }) => ({ type, id, permit }))).toEqual([{ type: 'weaker-security-mode', id: finding.id, permit: 'R-UA' }]);
    expect(after[0].title).toMatch(/mode None, which is weaker than R-UA demands, and is rejected$/);
    expect(after[0].detail).toContain('C1-001 rejects it (A. Keller).');
    // Safe now, and of more: what was rejected is no longer seen, and is not held against it.
    const safe = { ...own, operations: [...own.operations, namedOperation('opcua', 673, 'WriteRequest', 'write')] };
    expect(diffSpec(loadText(text), observations([...traffic().slice(0, 2), safe])).map(({ type, detail }) => `${type}: ${detail}`)).toEqual([
      'undeclared-operation: Nearest: the service Write is not among the permitted ones.',
    ]);
  });

  it('a rule that is added for OPC UA demands what was seen', () => {
    const set = observations([...traffic(), browse('10.2.0.1', 'Sign')]);
    const { loaded, left } = accepted(SPEC, set, 'undeclared-conversation');
    expect(left).toEqual([]);
    expect(permitOf(loaded, 'C1-001')?.opcua).toEqual({ services: ['Publish', 'Read'], securityModes: ['Sign'], securityPolicies: ['Basic256Sha256'] });
  });
});

it('an asset that is known by its link address only has it in quotes: of digits alone it is a number to readers of YAML 1.1', () => {
  const finding = makeFinding({
    type: 'undeclared-asset', severity: 'low', title: '', detail: '', remedy: '', fromZone: 'CELL', toZone: null, conduit: null, permit: null, requirement: null,
    client: '10:20:30:40:50:55', server: null, service: null, seen: [], directionConfidence: null, place: null, key: ['x'],
  });
  const { text, results } = acceptFindings(SPEC, observations(traffic()), [finding], { decision: 'approved', owner: 'A. Keller' });
  expect(results[0].done).toBe(true);
  expect(text).toMatch(/mac:\s*(?:- |\[)"10:20:30:40:50:55"/);
});

it('a stranger is called as a proposal would call it, and never as somebody else', () => {
  const set = observations([...traffic(), conversation('10.2.7.7', '10.2.0.1', { port: 80, service: 'http' })]);
  const here = SPEC.replace('vlans: [20]', 'vlans: [20]\n    networks: [10.2.0.0/16]');
  const idOf = (text: string): string | undefined => indexAssets(accepted(text, set, 'undeclared-asset').loaded.spec).resolve('10.2.7.7')?.asset?.id;
  expect(idOf(here)).toBe('10.2.7.7');
  expect(idOf(here.replace('asset_id: SPARE,', 'asset_id: 10.2.7.7,'))).toBe('10.2.7.7-2');
});

describe('a known device', () => {
  const NEW_CARD = '00:1d:9c:55:00:01';

  it('at a new address is told by its link address, and accepted has that address too', () => {
    const set = observations([...traffic(), conversation('10.2.0.77', '10.3.0.1', { port: 80, service: 'http' })], daysFrom(MONDAY, 28), [addressRecord('10.2.0.77', ['00:1d:9c:20:01:01'])]);
    const found = diffSpec(loadText(SPEC), set).find(({ type }) => type === 'undeclared-asset');
    expect(found).toMatchObject({ fromZone: 'CELL', remedy: 'if PLC-1 has a new address, write it into its entry; if not, find out who sends from it' });
    expect(found?.detail).toContain('It sends with 00:1d:9c:20:01:01, a link address of PLC-1 in CELL.');
    const { come, sentence } = accepted(SPEC, set, 'undeclared-asset');
    expect(sentence).toBe('PLC-1 of CELL has 10.2.0.77 as well now');
    expect(come).toEqual(['- {asset_id: PLC-1, role: plc, ip: [10.2.0.1, 10.2.0.77], mac: ["00:1d:9c:20:01:01"]} # the oldest']);
  });

  it('of which the network card is another one is told, and accepted has both', () => {
    const set = observations(traffic(), daysFrom(MONDAY, 28), [addressRecord('10.2.0.1', ['00:1d:9c:20:01:01', NEW_CARD])]);
    expect(diffSpec(loadText(SPEC), set).map(({ type, severity, title, remedy }) => [type, severity, title, remedy])).toEqual([
      ['undeclared-asset', 'medium', `PLC-1 (10.2.0.1) sends with ${NEW_CARD}, which is not declared`, 'if the device or its network card was replaced, write the link address into its entry; if not, find out who uses its address'],
    ]);
    const { left, come, sentence } = accepted(SPEC, set, 'undeclared-asset');
    expect(left).toEqual([]);
    expect(sentence).toBe(`PLC-1 of CELL has ${NEW_CARD} as well now`);
    expect(come).toEqual([`- {asset_id: PLC-1, role: plc, ip: [10.2.0.1], mac: ["00:1d:9c:20:01:01", "${NEW_CARD}"]} # the oldest`]);
  });

  it('with a router before it, at a lent address, or of which no link address is declared, is told nothing of', () => {
    const told = (text: string, ...records: ReturnType<typeof addressRecord>[]): unknown => diffSpec(loadText(text), observations(traffic(), daysFrom(MONDAY, 28), records));
    expect(told(SPEC, addressRecord('10.2.0.1', [NEW_CARD]), ...['10.9.0.1', '10.9.0.2', '10.9.0.3'].map((one) => addressRecord(one, [NEW_CARD])))).toEqual([]);
    expect(told(SPEC, addressRecord('10.2.0.9', [NEW_CARD]))).toEqual([]);
    expect(told(SPEC.replace('kind: operations', 'kind: dmz'), addressRecord('10.3.0.1', [NEW_CARD]))).toEqual([]);
  });
});

describe('an asset in the wrong zone', () => {
  it('moves with its rules to the zone on whose VLAN it was seen', () => {
    const set = observations(traffic().concat(conversation('10.2.0.2', '10.2.0.1', { port: 80, service: 'http', vlan: 30 })));
    const { loaded, left, sentence } = accepted(SPEC, set, 'asset-in-wrong-zone');
    expect(sentence).toContain('PLC-2 is in OPS now, pinned; 1 rule kept without it, within one zone now');
    expect(loaded.spec.zones[1].assets).toContainEqual({ asset_id: 'PLC-2', role: 'plc', ip: ['10.2.0.2'], vlan: 30, pinned: true });
    expect(permitOf(loaded, 'R-POLL')?.to.assets).toEqual(['PLC-1']);
    expect(left.map(({ type, client, server }) => `${type} ${client} ${server}`)).toEqual(['undeclared-conversation 10.2.0.2 10.2.0.1']);
  });

  it('one address of an entry for many is declared where it is; the others stay', () => {
    const { loaded, left, sentence } = accepted(SPEC, observations([...traffic(), conversation('10.2.8.5', '10.2.0.1', { port: 80, service: 'http', vlan: 30 })]), 'asset-in-wrong-zone');
    expect(sentence).toBe('added the asset to OPS: what rules let METERS do no longer holds for 10.2.8.5');
    expect(loaded.spec.zones[1].assets).toContainEqual({ asset_id: '10.2.8.5', ip: ['10.2.8.5'] });
    expect(left.map(({ type }) => type)).toEqual(['undeclared-conversation']);
  });

  it('a VLAN of no zone becomes one of this zone', () => {
    const { left, gone, come } = accepted(SPEC, observations([...traffic(), conversation('10.2.0.2', '10.2.0.1', { port: 80, service: 'http', vlan: 21 })]), 'asset-in-wrong-zone');
    expect(left).toEqual([]);
    expect([gone, come]).toEqual([['vlans: [20]'], ['vlans: [20, 21]']]);
  });

  it('a device of another zone behind a declared address is taken for the one that is declared there', () => {
    const set = observations(traffic(), daysFrom(MONDAY, 28), [addressRecord('10.2.0.1', ['00:1d:9c:99:00:07'])]);
    const { left, gone, come, sentence } = accepted(SPEC, set, 'asset-in-wrong-zone');
    expect(left).toEqual([]);
    expect(sentence).toBe('the device with 00:1d:9c:99:00:07 is PLC-1 in CELL now, and SPARE of OPS no longer');
    expect(gone).toHaveLength(2);
    expect(come).toEqual(['- {asset_id: PLC-1, role: plc, ip: [10.2.0.1], mac: ["00:1d:9c:20:01:01", "00:1d:9c:99:00:07"]} # the oldest', '- {asset_id: SPARE, ip: [10.3.0.7], mac: ["00:1d:9c:99:00:08"]}']);
  });

  it('is taken for it where it spoke from the other place before, with all that it has; a link address of its own zone stays where it is', () => {
    const [day] = daysFrom(MONDAY, 1);
    const at = (later: number): bigint => BigInt(day + later) * 86_400_000_000_000n;
    const heard = (address: string, mac: string, from: number, to: number): AddressRecord => ({ ...addressRecord(address), macs: [{ mac, firstNs: at(from), lastNs: at(to) }] });
    const here = heard('10.2.0.2', '00:50:56:30:01:01', 10, 20);
    const set = observations(traffic(), daysFrom(MONDAY, 28), [{ ...here, macs: [...here.macs, { mac: '00:1d:9c:20:01:01', firstNs: at(0), lastNs: at(9) }] }, heard('10.3.0.1', '00:50:56:30:01:01', 0, 9)]);
    expect(accepted(SPEC, set, 'asset-in-wrong-zone').loaded.spec.zones.flatMap(({ assets }) => assets ?? []).flatMap((one) => (typeof one === 'string' || one.mac === undefined ? [] : [[one.asset_id, ...one.mac]]))).toEqual([
      ['PLC-1', '00:1d:9c:20:01:01'], ['PLC-2', '00:50:56:30:01:01'], ['SPARE', '00:1d:9c:99:00:07', '00:1d:9c:99:00:08'],
    ]);
  });

  it('is refused while the device speaks from both places', () => {
    const set = observations(traffic(), daysFrom(MONDAY, 28), [addressRecord('10.2.0.1', ['00:50:56:30:01:01']), addressRecord('10.3.0.1', ['00:50:56:30:01:01'])]);
    const findings = diffSpec(loadText(SPEC), set);
    const { text, results } = acceptFindings(SPEC, set, findings, { decision: 'approved', owner: 'A. Keller' });
    expect(results.map(({ done, sentence }) => [done, sentence.split(':').at(-2)?.slice(3)])).toEqual([[false, 'was seen with 10.3.0.1 in the same time']]);
    expect(text).toBe(SPEC);
  });
});

describe('what a spec cannot mend', () => {
  const finding = (type: FindingType, more: Partial<Finding> = {}): Finding => ({
    ...makeFinding({ type, severity: 'low', title: '', detail: '', remedy: '', fromZone: null, toZone: null, conduit: null, permit: null, requirement: null, client: null, server: null, service: null, seen: [], directionConfidence: null, place: null, key: [] }), ...more,
  });

  it('the page of `serve` offers what can be accepted, and what can be rejected', () => {
    const page = readFileSync(new URL('../../../src/render/report/page/edit.js', import.meta.url), 'utf8');
    const offered = new Map(Array.from(page.slice(page.indexOf('DECISIONS = {')).matchAll(/^ {2}'([a-z-]+)': \[(.+)\],$/gm), ([, type, words]) => [type, words.split("', '").length]));
    // Declared by a button of its own: in which zone, a person says.
    const types = FINDING_TYPES.filter((type) => type !== 'undeclared-asset' && isAcceptable(finding(type, { fromZone: 'CELL', permit: type === 'requirement-violation' ? 'R-POLL' : null })));
    expect([...offered.keys()].sort()).toEqual([...types].sort());
    expect([...offered].filter(([, words]) => words === 2).map(([type]) => type).sort()).toEqual([...REJECTABLE].sort());
  });

  it.each([
    ['blocked-but-permitted', { permit: 'R-POLL' }, 'the spec permits it already'],
    ['blocked-but-permitted', {}, 'within a zone there is nothing to permit'],
    ['would-be-blocked', { permit: 'R-POLL' }, 'a rule for this service stands already, R-POLL'],
    ['passed-but-not-permitted', { permit: 'R-POLL' }, 'the log does not tell all that was asked'],
    ['insufficient-evidence', { permit: 'R-POLL' }, 'nothing was heard that could decide it'],
    ['requirement-violation', { client: '10.2.0.9' }, 'a rule alone does not make it right'],
    ['requirement-violation', {}, 'split the zone by hand'],
    ['undeclared-asset', { client: '10.9.0.1' }, 'nothing says in which zone it belongs'],
    ['permit-added', {}, 'a difference between two specs'],
  ] as const)('%s %j says why', (type, more, why) => {
    const { text, results } = acceptFindings(SPEC, observations(traffic()), [finding(type, more)], { decision: 'approved', owner: 'A. Keller' });
    expect(results).toEqual([expect.objectContaining({ done: false, sentence: expect.stringContaining(why) as string })]);
    expect(text).toBe(SPEC);
    expect(isAcceptable(finding(type, more))).toBe(false);
  });

  it.each(FINDING_TYPES)('%s either says what accepting it does, or why it does nothing', (type) => {
    const meaning = meaningOf(finding(type, { fromZone: 'CELL', toZone: 'OPS', permit: 'R-POLL' }));
    expect(Object.values(meaning)[0]).toMatch(/^[a-z]/);
  });

  it('writes registers that touch as one range, whatever the number of requests they were asked in', () => {
    const set = observations([modbus('10.3.0.7', '10.2.0.2', [{ code: 3, ranges: [[0, 0], [1, 1], [2, 9], [20, 29], [5, 12]] }])]);
    const findings = diffSpec(loadText(SPEC), set).filter(({ type }) => type === 'undeclared-conversation');
    const { text } = acceptFindings(SPEC, set, findings, { decision: 'approved', owner: 'A. Keller' });
    const added = loadText(text).permits.find(({ permit }) => permit.from.assets.includes('SPARE'));
    expect(added?.permit.modbus?.ranges.map(({ first, last }) => [first, last])).toEqual([[0, 12], [20, 29]]);
    expect(diffSpec(loadText(text), set).filter(({ type }) => type === 'undeclared-conversation' || type === 'undeclared-operation')).toEqual([]);
  });

  it('nothing is written when the rule has gone meanwhile', () => {
    const { results } = acceptFindings(SPEC, observations(traffic()), [finding('wider-than-observed', { permit: 'R-OLD' }), finding('unused-permit', { permit: 'R-OLD' })], { decision: 'approved', owner: 'A. Keller' });
    expect(results.map(({ sentence }) => sentence)).toEqual(['there is no rule R-OLD any more', 'there is no rule R-OLD any more']);
  });
});
