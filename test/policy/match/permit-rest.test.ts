import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import { bindingSpans, tableOf } from '../../../src/net/register-set.ts';
import type { Permit } from '../../../src/permit.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { undeclaredOf } from '../../../src/policy/match/permit-rest.ts';
import type { DeclaredPermit } from '../../../src/policy/spec/permits.ts';
import { proveProposal } from '../../../src/policy/proof.ts';
import { indexAssets } from '../../../src/policy/spec/assets.ts';
import { updateSpec } from '../../../src/policy/edit/update.ts';
import { writeSpec } from '../../../src/policy/spec/write.ts';
import { PLAN } from '../../infer/conduits/plan-fixture.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, modbus, MONDAY, namedOperation, observations } from '../observed.ts';

const spec = loadText(`zones:
  - {zone_id: OPS, name: Operations, assets: [{asset_id: A, ip: [10.3.0.1]}, {asset_id: B, ip: [10.3.0.2]}]}
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: X, ip: [10.2.0.1]}, {asset_id: Y, ip: [10.2.0.2]}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: R, protocol: Modbus/TCP, port: 502, client: {zone: OPS, assets: [A]}, server: {zone: CELL, assets: [X]}, access: any, modbus: {function_codes: [3]}}
`);
const assets = indexAssets(spec.spec);
const [PLAIN] = spec.permits;

type Modbus = NonNullable<Permit['modbus']>;
interface Asked { readonly who: string; readonly first: number; readonly last: number }

/** Everything that a Permit lets through, range by range. */
const asked = ({ from, to, modbus: operations }: Permit): Asked[] => from.assets.flatMap((client) => to.assets.flatMap((server) => (operations?.unitIds ?? []).flatMap((unit) => (operations?.functionCodes ?? []).flatMap((code) =>
  (bindingSpans(operations?.ranges ?? [], code, tableOf(code, 'read') === null ? 'write' : 'read') ?? []).map((span) => ({ who: `${client}>${server} unit ${unit} code ${code}`, ...span }))))));

const inText = (one: Asked): string => `${one.who} at ${one.first}-${one.last}`;

const some = <T>(values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values], { minLength: 1 });
const spanIn = fc.tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 0, max: 5 })).map(([first, more]) => ({ first, last: first + more }));
const permit = fc.record({ clients: some(['A', 'B']), servers: some(['X', 'Y']), codes: some([3, 4, 6, 16]), units: some([1, 2, 3]), reads: fc.array(spanIn, { minLength: 1, maxLength: 3 }), inputs: spanIn, writes: fc.array(spanIn, { minLength: 1, maxLength: 2 }) })
  .map(({ clients, servers, codes, units, reads, inputs, writes }): Permit => {
    const ranges: Modbus['ranges'] = [...reads.map((span) => ({ access: 'read' as const, table: 'holding-register' as const, ...span })), { access: 'read', table: 'input-register', ...inputs }, ...writes.map((span) => ({ access: 'write' as const, table: 'holding-register' as const, ...span }))];
    return { ...PLAIN.permit, from: { ...PLAIN.permit.from, assets: clients }, to: { ...PLAIN.permit.to, assets: servers }, modbus: { functionCodes: codes, unitIds: units, ranges } };
  });

describe('what no rule speaks of', () => {
  it('is what the Permit lets through less what the rules do, range by range and nothing twice', () => {
    fc.assert(fc.property(fc.array(fc.tuple(permit, fc.constantFrom('approved', 'pending', 'rejected')), { maxLength: 4 }), permit, (rules, wanted) => {
      const declared: DeclaredPermit[] = rules.map(([one, decision]) => ({ ...PLAIN, permit: { ...one, decision } }));
      const spokenOf = rules.flatMap(([one]) => asked(one));
      const { rest } = undeclaredOf(declared, assets)(wanted, ({ permit: one }) => [one]);
      const isSpokenOf = (one: Asked): boolean => spokenOf.some((held) => held.who === one.who && held.first <= one.first && one.last <= held.last);
      expect(rest.flatMap(({ permit: one }) => asked(one)).map(inText).sort()).toEqual(asked(wanted).filter((one) => !isSpokenOf(one)).map(inText).sort());
    }), { numRuns: 400 });
  });

  it.each<readonly [string, Partial<Permit>, Partial<Permit>, readonly Partial<Permit>[]]>([
    ['services', { opcua: { services: ['Read', 'Browse'], securityModes: [], securityPolicies: [] } }, { opcua: { services: ['Read', 'Write'], securityModes: ['None'], securityPolicies: [] } },
      [{ opcua: { services: ['Write'], securityModes: ['None'], securityPolicies: [] } }]],
    ['services of one security mode', { opcua: { services: ['Write'], securityModes: ['None'], securityPolicies: [] } }, { opcua: { services: ['Read', 'Write'], securityModes: ['None', 'Sign'], securityPolicies: [] } },
      [{ opcua: { services: ['Read'], securityModes: ['None'], securityPolicies: [] } }, { opcua: { services: ['Read', 'Write'], securityModes: ['Sign'], securityPolicies: [] } }]],
    ['names', { named: { protocol: 's7comm', names: ['Read Var'] } }, { named: { protocol: 's7comm', names: ['Read Var', 'Write Var'] } }, [{ named: { protocol: 's7comm', names: ['Write Var'] } }]],
    ['both halves of a code that reads and writes', { modbus: { functionCodes: [23], unitIds: [], ranges: [] } }, { modbus: { functionCodes: [3, 23], unitIds: [], ranges: [{ access: 'read', table: 'holding-register', first: 0, last: 9 }, { access: 'write', table: 'holding-register', first: 0, last: 9 }] } },
      [{ modbus: { functionCodes: [3], unitIds: [], ranges: [{ access: 'read', table: 'holding-register', first: 0, last: 9 }] } }]],
    ['a service on other ports', { service: { ...PLAIN.permit.service, ports: [{ first: 503, last: 503 }] } }, {}, [{}]],
  ])('%s', (_, rule, wanted, rest) => {
    const open = { ...PLAIN.permit, modbus: null };
    const result = undeclaredOf([{ ...PLAIN, permit: { ...open, decision: 'rejected', ...rule } }], assets)({ ...open, ...wanted }, ({ permit: one }) => [one]);
    expect(result.rest.map((one) => one.permit)).toEqual(rest.map((one) => ({ ...open, ...wanted, ...one })));
  });
});

describe('a spec that people have changed, updated with the same traffic', () => {
  const set = observations([
    modbus('10.3.0.1', '10.1.0.1', [{ code: 3, ranges: [[0, 49]] }, { code: 4 }, { code: 16, ranges: [[100, 109]] }]), modbus('10.3.0.2', '10.1.0.1', [{ code: 3, ranges: [[0, 49]] }, { code: 4 }, { code: 16, ranges: [[100, 109]] }]),
    conversation('10.5.0.1', '10.1.0.2', { port: 102, service: 's7comm', operations: [namedOperation('s7comm', 4, 'Read Var', 'read'), namedOperation('s7comm', 5, 'Write Var', 'write')] }),
    ...['10.1.0.1', '10.1.0.2', '10.1.0.3'].map((plc) => modbus('10.4.0.1', plc, [{ code: 3, ranges: [[200, 209], [212, 219]] }])),
  ]);
  const proposal = proposeConduits(set, PLAN);
  const first = writeSpec(proposal);

  it.each([
    ['a function code less', 'function_codes: [3, 4, 6, 16]', 'function_codes: [3, 6, 16]', 'function_codes: [4]'],
    ['fewer registers', 'start: 0, end: 49', 'start: 0, end: 19', 'start: 0, end: 49'],
    ['one client less', 'assets: [SCADA-A, SCADA-B]', 'assets: [SCADA-A]', 'assets: [SCADA-B]'],
    ['one operation less', 'operations: [Read Var, Write Var]', 'operations: [Read Var]', 'operations: [Write Var]'],
  ])('%s: the rule stays, and only the rest is asked for', (_, find, instead, asked) => {
    const text = first.replace(find, instead);
    expect(text).not.toBe(first);
    const before = loadText(text);
    const after = updateSpec(proposal, text, set).text;
    const added = loadText(after).permits.filter(({ permit: one }) => !before.permits.some((held) => held.permit.id === one.id));
    expect(added.length).toBeGreaterThan(0);
    for (const { permit: held } of before.permits) {
      const kept = loadText(after).permits.find((one) => one.permit.id === held.id)?.permit;
      expect({ ...kept, evidence: null }).toEqual({ ...held, evidence: null });
    }
    expect(after).toContain(asked);
    for (const { permit: one } of added) expect(one.decision).toBe('pending');
    expect(after).toMatch(/question: "beside C-[A-Z0-9-]+: the same service (of the same two|between the same zones), not let through there; left out on purpose\? Then reject this\./);
    expect(diffSpec(loadText(after), set).filter((finding) => finding.type.startsWith('undeclared'))).toEqual([]);
    expect(updateSpec(proposal, after, set).text).toBe(after);
  });

  it.each([
    ['a server that nobody asked', '[PLC-1, PLC-2, PLC-3, PLC-4]', '[PLC-1, PLC-2, PLC-3]'],
    ['registers beyond those that were read', '          function_codes: [3]\n          unit_ids: [1]\n', '          function_codes: [3]\n          unit_ids: [1]\n          ranges: [{table: holding-register, start: 200, end: 219, access: read}]\n'],
    ['a function code that was only foreseen', '[3, 4, 6, 16]', '[3, 4, 16]'],
    ['maintenance of a controller', '[PLC-1, PLC-3, PLC-4]', '[PLC-1, PLC-3]'],
  ])('%s, taken out: it does not come back, and is counted', (_, find, instead) => {
    const text = first.replace(find, instead);
    expect(text).not.toBe(first);
    expect(loadText(first).permits.length).toBeGreaterThanOrEqual(loadText(text).permits.length);
    const after = updateSpec(proposal, text, set);
    const said = (one: string): unknown[] => loadText(one).permits.map(({ permit: held }) => ({ ...held, evidence: null }));
    expect(said(after.text)).toEqual(said(text));
    expect(after.leftOut).toBe(1);
  });

  it('a ping that was only foreseen, taken out: it does not come back', () => {
    const pings = observations(['10.1.0.1', '10.1.0.2', '10.1.0.3'].flatMap((plc) => ['10.3.0.1', '10.3.0.2'].map((panel) => conversation(panel, plc, { transport: 'icmp', port: 0, service: 'icmp' }))));
    const foreseen = proposeConduits(pings, PLAN);
    const text = writeSpec(foreseen).replace(', PLC-4]', ']');
    expect(text).not.toBe(writeSpec(foreseen));
    const after = updateSpec(foreseen, text, pings);
    expect(after.added.rules).toEqual([]);
    expect(after.leftOut).toBe(1);
  });

  it('what is foreseen for the first time is proposed for pairs that have no rule, and widens none', () => {
    const exact = writeSpec(proposeConduits(set, PLAN, { exact: true, maintenance: false }));
    const { text, leftOut } = updateSpec(proposal, exact, set);
    const lets = (one: string): string[] => loadText(one).permits.flatMap(({ permit: { from, to, modbus: own } }) => from.assets.flatMap((client) => to.assets.map((server) => `${client} > ${server} ${own?.functionCodes.join() ?? ''}`)));
    expect(lets(text).filter((one) => !lets(exact).includes(one))).toEqual(['HIST > PLC-4 3', 'EWS > PLC-1 ', 'EWS > PLC-3 ', 'EWS > PLC-4 ']);
    expect(leftOut).toBe(2);
    expect(updateSpec(proposal, text, set)).toMatchObject({ text, leftOut: 2 });
  });

  it('of an asset that is new to the spec, what is foreseen comes as well', () => {
    const late = first.replace(/ *- \{asset_id: PLC-4, .*\n/, '').replaceAll(', PLC-4]', ']');
    const { text, leftOut } = updateSpec(proposal, late, set);
    expect(loadText(text).permits.filter(({ permit: one }) => one.to.assets.includes('PLC-4')).map(({ permit: one }) => one.from.assets.join())).toEqual(['HIST', 'EWS']);
    expect(leftOut).toBe(0);
  });

  describe('beside rules for the same two', () => {
    const written = observations([
      modbus('10.3.0.1', '10.1.0.1', [{ code: 6, ranges: [[191, 191], [361, 361], [872, 872]], days: [MONDAY, MONDAY + 4] }, { code: 16, ranges: [[500, 509]] }]),
      ...['10.1.0.2', '10.1.0.3'].map((plc) => modbus('10.3.0.1', plc, [{ code: 6, ranges: [[191, 191], [872, 872]] }])),
    ]);
    const areas = proposeConduits(written, PLAN);
    const text = writeSpec(areas);
    const narrowed = text.replace('start: 141, end: 922', 'start: 400, end: 872');
    const addedTo = (before: string, after: string): Permit[] => loadText(after).permits.map(({ permit: one }) => one).filter(({ id }) => loadText(before).permits.every((held) => held.permit.id !== id));

    it('what is seen outside a narrowed area comes back as just that, with its own evidence and dates', () => {
      expect(narrowed).not.toBe(text);
      const after = updateSpec(areas, narrowed, written);
      const added = addedTo(narrowed, after.text);
      expect(added.map(({ from, to, modbus: own, decision }) => [from.assets.join(), to.assets.join(), own, decision])).toEqual([
        ['SCADA-A', 'PLC-1', { functionCodes: [6], unitIds: [1], ranges: [191, 361].map((at) => ({ access: 'write', table: 'holding-register', first: at, last: at })) }, 'pending'],
        ['SCADA-A', 'PLC-2,PLC-3', { functionCodes: [6], unitIds: [1], ranges: [{ access: 'write', table: 'holding-register', first: 191, last: 191 }] }, 'pending'],
      ]);
      expect(added[0].evidence).toMatchObject({ firstSeen: '2026-01-05T08:00:00Z', days: 2, requests: 400, generalisedBy: [], neverSeen: 0 });
      expect(after.text).toContain('left out on purpose? Then reject this. Seen on 2026-01-05, 2026-01-09."');
      expect(proveProposal(loadText(after.text), written).faults).toEqual([]);
      expect(updateSpec(areas, after.text, written)).toMatchObject({ text: after.text, added: { rules: [] } });
    });

    it('and once that is rejected, it stays out', () => {
      const added = updateSpec(areas, narrowed, written).text;
      const rejected = added.replaceAll('decision: pending', 'decision: rejected');
      expect(rejected).not.toBe(added);
      expect(updateSpec(areas, rejected, written)).toMatchObject({ text: rejected, added: { rules: [] } });
    });

    it('what is seen for the first time widens nothing, and its rule is kept up to date as it goes on', () => {
      const grown = (days: readonly number[]): typeof written => observations([...written.conversations, modbus('10.3.0.1', '10.1.0.1', [{ code: 16, ranges: [[2000, 2001]], days }])]);
      const [once, twice] = [grown([MONDAY + 9]), grown([MONDAY + 9, MONDAY + 16])];
      const after = updateSpec(proposeConduits(once, PLAN), text, once).text;
      expect(addedTo(text, after).map(({ modbus: own, evidence }) => [own?.functionCodes, own?.ranges.map(({ first, last }) => `${first}-${last}`), evidence?.days])).toEqual([[[16], ['2000-2001'], 1]]);
      const later = updateSpec(proposeConduits(twice, PLAN), after, twice).text;
      expect(addedTo(text, later).map(({ modbus: own, evidence }) => [own?.ranges.map(({ first, last }) => `${first}-${last}`), evidence?.days, evidence?.lastSeen])).toEqual([[['2000-2001'], 2, '2026-01-21T16:00:00Z']]);
    });

    it('of a request that reads and writes, no half comes without the other', () => {
      const both = { ...modbus('10.3.0.1', '10.1.0.1', [{ code: 23 }]).operations[0], access: 'write' as const, ranges: [{ access: 'read' as const, first: 0, last: 9, requests: 2800 }, { access: 'write' as const, first: 300, last: 301, requests: 2800 }] };
      const exchange = observations([conversation('10.3.0.1', '10.1.0.1', { operations: [both] })]);
      const proposed = proposeConduits(exchange, PLAN);
      const before = writeSpec(proposed).replace('start: 300, end: 301', 'start: 400, end: 401');
      const after = updateSpec(proposed, before, exchange).text;
      expect(addedTo(before, after).map(({ modbus: own }) => own?.ranges.map(({ access, first, last }) => `${access} ${first}-${last}`))).toEqual([['read 0-9', 'write 300-301']]);
      expect(updateSpec(proposed, after, exchange).text).toBe(after);
    });
  });

  describe('rejected, whatever stands beside it', () => {
    const rejected = { decision: 'rejected' } as const;
    const rule = (part: Partial<Permit>): DeclaredPermit => ({ ...PLAIN, permit: { ...PLAIN.permit, modbus: null, ...part } });
    const wanted = { ...PLAIN.permit, modbus: null };
    const left = (rules: readonly DeclaredPermit[], permitted: Permit): string[] =>
      undeclaredOf(rules, assets)(permitted, ({ permit: one }) => [one]).rest.map(({ permit: one }) => `${one.from.assets.join()} > ${one.to.assets.join()} ${one.service.ports.map(({ first: port }) => port).join()}`);

    it('until a date, on demand or within hours: it is rejected at any time', () => {
      for (const conditions of [{ expires: '2027-12-31' }, { onDemand: true }, { start: '08:00', end: '09:00' }]) {
        expect(left([rule({ ...rejected, conditions: { ...PLAIN.permit.conditions, ...conditions } })], wanted)).toEqual([]);
      }
    });

    it('one port of several', () => {
      const ports = [53, 123, 502].map((port) => ({ first: port, last: port }));
      expect(left([rule(rejected)], { ...wanted, service: { ...wanted.service, ports } })).toEqual(['A > X 53,123']);
    });

    it('one asset of a whole zone', () => {
      const whole = { ...wanted, from: { zone: 'OPS', assets: [], addresses: [] }, to: { zone: 'CELL', assets: [], addresses: [] } };
      expect(left([rule({ ...rejected, to: whole.to })], whole)).toEqual(['B >  502']);
      expect(left([rule(rejected)], whole)).toEqual(['A > Y 502', 'B > X,Y 502']);
      expect(left([rule({ ...rejected, service: { ...wanted.service, ports: [{ first: 80, last: 80 }] } })], whole)).toEqual([' >  502']);
    });
  });
});

it('of rules with windows those that speak of a thing fill the week together, and no others', () => {
  const rule = (id: string, days: string, code: number): string => `      - {rule_id: ${id}, protocol: Modbus/TCP, port: 502, client: {zone: OPS, assets: [A]}, server: {zone: CELL, assets: [X]}, access: any, modbus: {function_codes: [${code}]}, schedule: {days: [${days}]}}\n`;
  const left = (code: number): number => {
    const { spec: own, permits } = loadText(`zones:
  - {zone_id: OPS, name: Operations, assets: [{asset_id: A, ip: [10.3.0.1]}]}
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: X, ip: [10.2.0.1]}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
${rule('WEEK', 'mon, tue, wed, thu, fri', 3)}${rule('END', 'sat, sun', code)}`);
    return undeclaredOf(permits, indexAssets(own))(PLAIN.permit, (one) => [one.permit]).rest.length;
  };
  expect([left(3), left(4)]).toEqual([0, 1]);
});
