/**
 * A proposal against the traffic that it was made of, whatever that was: diff finds nothing that is not declared, a firewall that judges
 * as the spec says blocks nothing, and each Permit, function code, unit and register of it is missed once it is gone.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { proposeConduits } from '../../src/infer/conduits/conduits.ts';
import type { Conversation, ObservationSet } from '../../src/observation.ts';
import type { ModbusOperations } from '../../src/permit.ts';
import { diffSpec } from '../../src/policy/diff/diff.ts';
import type { FindingType } from '../../src/policy/diff/findings.ts';
import { GENERIC_FIREWALLS } from '../../src/policy/match/firewall-semantics.ts';
import type { DeclaredPermit } from '../../src/policy/spec/permits.ts';
import { contextOf } from '../../src/policy/diff/context.ts';
import { simulate } from '../../src/policy/simulate.ts';
import type { LoadedSpec } from '../../src/policy/spec/load.ts';
import { writeSpec } from '../../src/policy/spec/write.ts';
import { ASSETS, PLAN } from '../infer/conduits/plan-fixture.ts';
import { loadText } from './loaded-spec.ts';
import { conversation, daysFrom, modbus, MONDAY, namedOperation, observations } from './observed.ts';

const [IDEAL] = GENERIC_FIREWALLS;
const UNDECLARED: ReadonlySet<FindingType> = new Set(['undeclared-conversation', 'undeclared-operation', 'wrong-direction', 'weaker-security-mode', 'undeclared-asset']);

const address = fc.constantFrom(...ASSETS.filter(({ zone }) => zone !== 'EXT').map(({ addresses }) => addresses[0]));
const seldom = fc.constantFrom(daysFrom(MONDAY, 28), daysFrom(MONDAY, 28), [MONDAY + 3], [MONDAY + 6, MONDAY + 13, MONDAY + 20, MONDAY + 27]);
const registers = fc.record({
  kind: fc.constant('modbus' as const), days: seldom,
  asks: fc.uniqueArray(fc.record({ code: fc.constantFrom(1, 3, 4, 5, 6, 16, 43, 90), unit: fc.constantFrom(1, 2, 255), first: fc.constantFrom(0, 40, 4000), length: fc.constantFrom(1, 10) }), { minLength: 1, maxLength: 4, selector: ({ code, unit }) => `${code} ${unit}` }),
});
const sessions = fc.record({ kind: fc.constant('opcua' as const), days: seldom, mode: fc.constantFrom('None', 'Sign', 'SignAndEncrypt'), services: fc.subarray(['Read', 'Write', 'Call', 'Publish'], { minLength: 1 }) });
const others = fc.record({ kind: fc.constant('other' as const), days: seldom, port: fc.constantFrom(22, 80, 443, 445, 3389), service: fc.constantFrom('ssh', 'http', '', 's7comm') });
const talks = fc.array(fc.tuple(address, address, fc.oneof(registers, sessions, others)).filter(([client, server]) => client !== server), { minLength: 1, maxLength: 10 });

const seen = (list: typeof talks extends fc.Arbitrary<infer T> ? T : never): ObservationSet => {
  const made = list.map(([client, server, what]): Conversation => {
    const { days } = what;
    if (what.kind === 'modbus') return modbus(client, server, what.asks.map(({ code, unit, first, length }) => ({ code, unit, ranges: [[first, first + length - 1]], days })), { days });
    if (what.kind === 'other') return conversation(client, server, { port: what.port, service: what.service, days, operations: what.service === 's7comm' ? [namedOperation('s7comm', 4, 'Read Var', 'read', days)] : [] });
    return conversation(client, server, {
      port: 4840, service: 'opcua', days, facts: [['opcua.mode', what.mode], ['opcua.policy', `http://opcfoundation.org/UA/SecurityPolicy#${what.mode === 'None' ? 'None' : 'Basic256Sha256'}`]],
      operations: what.services.map((name, i) => namedOperation('opcua', 600 + i, `${name}Request`, name === 'Write' ? 'write' : name === 'Call' ? 'control' : 'read', days)),
    });
  });
  // A store has one conversation of a client, a server and a port.
  return observations([...new Map(made.map((one) => [`${one.client} ${one.server} ${one.port}`, one])).values()]);
};

const misses = (loaded: LoadedSpec, set: ObservationSet): number => diffSpec(loaded, set).filter(({ type }) => UNDECLARED.has(type) || type === 'requirement-violation').length;

/** A Permit's Modbus without one code, one unit, or one register at either end of a range. */
const withoutOne = ({ functionCodes, unitIds, ranges }: ModbusOperations): ModbusOperations[] => [
  ...functionCodes.flatMap((code) => (functionCodes.length < 2 ? [] : [{ functionCodes: functionCodes.filter((one) => one !== code), unitIds, ranges }])),
  ...unitIds.flatMap((unit) => (unitIds.length < 2 ? [] : [{ functionCodes, unitIds: unitIds.filter((one) => one !== unit), ranges }])),
  ...ranges.flatMap((range) => (range.first === range.last ? [] : [{ ...range, first: range.first + 1 }, { ...range, last: range.last - 1 }]).map((less) => ({ functionCodes, unitIds, ranges: ranges.map((one) => (one === range ? less : one)) }))),
];

it('covers what it was made of, and nothing of it can be missing unnoticed', () => {
  fc.assert(fc.property(talks, (list) => {
    const set = seen(list);
    const wide = loadText(writeSpec(proposeConduits(set, PLAN)));
    const exact = loadText(writeSpec(proposeConduits(set, PLAN, { exact: true, maintenance: false })));
    for (const loaded of [wide, exact]) {
      const findings = diffSpec(loaded, set);
      expect(findings.filter(({ type }) => UNDECLARED.has(type)).map(({ title, detail }) => `${title} ${detail}`)).toEqual([]);
      expect(simulate(contextOf(loaded, set), IDEAL, { onDemand: true }).blocked.map(({ operation, why }) => `${operation}: ${why}`)).toEqual([]);
    }
    expect(diffSpec(exact, set).filter(({ type }) => type === 'unused-permit' || type === 'wider-than-observed').map(({ title, detail }) => `${title} ${detail}`)).toEqual([]);
    const known = misses(exact, set);
    const changed = (declared: DeclaredPermit, instead: readonly DeclaredPermit[]): LoadedSpec => ({ ...exact, permits: exact.permits.flatMap((one) => (one === declared ? instead : [one])) });
    for (const declared of exact.permits) {
      expect(misses(changed(declared, []), set), declared.permit.id).toBeGreaterThan(known);
      for (const modbus of declared.permit.modbus === null ? [] : withoutOne(declared.permit.modbus)) {
        expect(misses(changed(declared, [{ ...declared, permit: { ...declared.permit, modbus } }]), set), JSON.stringify(modbus)).toBeGreaterThan(known);
      }
      const never: DeclaredPermit = { ...declared, permit: { ...declared.permit, id: 'NEVER', service: { ...declared.permit.service, ports: [{ first: 9999, last: 9999 }] }, conditions: { ...declared.permit.conditions, onDemand: false, expires: null } } };
      expect(diffSpec(changed(declared, [declared, never]), set).filter(({ permit, type }) => permit === 'NEVER' && type === 'unused-permit')).toHaveLength(1);
    }
  }), { numRuns: 30 });
});
