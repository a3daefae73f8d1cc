/**
 * A spec that is proposed again, whatever was seen and decided: after three weeks and after the fourth. The second time
 * says nothing new, decisions stay, what was seen is let through or was rejected, and what was rejected is let through by no new rule.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import type { Access, Conversation, ObservationSet, Operation } from '../../../src/observation.ts';
import { compareSpecs } from '../../../src/policy/diff/compare-specs.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { updateSpec } from '../../../src/policy/edit/update.ts';
import { GENERIC_FIREWALLS } from '../../../src/policy/match/firewall-semantics.ts';
import { proveProposal } from '../../../src/policy/proof.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { simulate } from '../../../src/policy/simulate.ts';
import type { LoadedSpec } from '../../../src/policy/spec/load.ts';
import { writeSpec } from '../../../src/policy/spec/write.ts';
import { ASSETS, PLAN } from '../../infer/conduits/plan-fixture.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, daysFrom, modbus, MONDAY, namedOperation, observations } from '../observed.ts';

const [IDEAL] = GENERIC_FIREWALLS;
const WEEK_4 = MONDAY + 21;

type Of<T> = T extends fc.Arbitrary<infer One> ? One : never;

const address = fc.constantFrom(...ASSETS.map(({ addresses }) => addresses[0]));
const days = fc.constantFrom(daysFrom(MONDAY, 28), daysFrom(MONDAY, 28), [MONDAY + 3], [MONDAY + 6, MONDAY + 13, MONDAY + 20, MONDAY + 27], [MONDAY + 25], daysFrom(WEEK_4, 7));
const USES: Readonly<Record<number, readonly Access[]>> = { 1: ['read'], 3: ['read'], 5: ['write'], 6: ['write'], 8: ['diagnose', 'control'], 15: ['write'], 16: ['write'], 22: ['write'], 23: ['write'], 24: ['read'], 43: ['browse', 'write', 'program'], 90: ['program'] };
const NO_DATA_ADDRESS: ReadonlySet<number> = new Set([8, 43, 90]);
const asked = fc.record({
  code: fc.constantFrom(...Object.keys(USES).map(Number)), unit: fc.constantFrom(1, 2, 3, 255), first: fc.constantFrom(0, 40, 4000), length: fc.constantFrom(1, 10), use: fc.nat(2),
  isOpen: fc.boolean(), state: fc.constantFrom('answered', 'answered', 'answered', 'refused', 'unheard', 'unanswered'), days,
});
const useOf = ({ code, use }: Of<typeof asked>): Access => USES[code][use % USES[code].length];
const registers = fc.record({ kind: fc.constant('modbus' as const), port: fc.constantFrom(502, 502, 503), asks: fc.uniqueArray(asked, { minLength: 1, maxLength: 5, selector: (one) => `${one.code} ${one.unit} ${useOf(one)}` }) });
const sessions = fc.record({ kind: fc.constant('opcua' as const), days, mode: fc.constantFrom('None', 'Sign', 'SignAndEncrypt'), services: fc.subarray(['Read', 'Write', 'Call', 'Publish'], { minLength: 1 }) });
const others = fc.record({ kind: fc.constant('other' as const), days, transport: fc.constantFrom('tcp', 'udp', 'icmp'), port: fc.constantFrom(22, 80, 443, 445), service: fc.constantFrom('ssh', 'http', '', 'ntp') });
const S7: Readonly<Record<string, Access>> = { 'Read Var': 'read', 'Write Var': 'write', Download: 'program', 'PLC Stop': 'control' };
const blocks = fc.record({ kind: fc.constant('s7' as const), days, names: fc.subarray(Object.keys(S7), { minLength: 1 }), isFolded: fc.boolean() });
const talks = fc.array(fc.tuple(address, address, fc.oneof(registers, registers, sessions, others, blocks)).filter(([client, server]) => client !== server), { minLength: 1, maxLength: 10 });

const operationOf = (one: Of<typeof asked>, on: readonly number[]): Operation => {
  const [base] = modbus('client', 'server', [{ code: one.code, unit: one.unit, days: on }]).operations;
  const access = useOf(one);
  const range = { first: one.first, last: one.first + one.length - 1, requests: base.requests };
  const ranges = one.isOpen || NO_DATA_ADDRESS.has(one.code) ? [] : one.code === 23 ? [{ ...range, access: 'read' as const }, { ...range, access: 'write' as const, first: 100, last: 101 }] : [{ ...range, access: access === 'write' ? ('write' as const) : ('read' as const) }];
  const isAnswered = one.state === 'answered' || one.state === 'unheard';
  return { ...base, name: `${base.name} (${access})`, access, ranges, requests: one.state === 'unheard' ? 0 : base.requests, responses: isAnswered ? base.requests : 0, errors: one.state === 'refused' ? base.requests : 0 };
};

function seen(list: Of<typeof talks>, until: number): ObservationSet {
  const before = (all: readonly number[]): readonly number[] => all.filter((day) => day < until);
  const made = list.flatMap(([client, server, what]): Conversation[] => {
    if (what.kind === 'modbus') {
      const asks = what.asks.filter((one) => before(one.days).length > 0);
      const all = [...new Set(asks.flatMap((one) => before(one.days)))].sort((a, b) => a - b);
      return all.length === 0 ? [] : [conversation(client, server, { port: what.port, days: all, operations: asks.map((one) => operationOf(one, before(one.days))) })];
    }
    const on = before(what.days);
    if (on.length === 0) return [];
    if (what.kind === 's7') {
      const folded = what.isFolded ? [namedOperation('s7comm', -1, '(more operations)', 'program', on)] : [];
      return [conversation(client, server, { port: 102, service: 's7comm', days: on, operations: [...what.names.map((name, i) => namedOperation('s7comm', 4 + i, name, S7[name], on)), ...folded] })];
    }
    if (what.kind === 'other') return [conversation(client, server, { ...(what.transport === 'icmp' ? { port: 0, service: 'icmp' } : { port: what.port, service: what.service }), transport: what.transport, days: on })];
    return [conversation(client, server, {
      port: 4840, service: 'opcua', days: on, facts: [['opcua.mode', what.mode], ['opcua.policy', `http://opcfoundation.org/UA/SecurityPolicy#${what.mode === 'None' ? 'None' : 'Basic256Sha256'}`]],
      operations: what.services.map((name, i) => namedOperation('opcua', 600 + i, name, name === 'Write' ? 'write' : name === 'Call' ? 'control' : 'read', on)),
    })];
  });
  // A store has one conversation of a client, a server and a port.
  return observations([...new Map(made.map((one) => [`${one.client} ${one.server} ${one.transport} ${one.port}`, one])).values()], daysFrom(MONDAY, until - MONDAY));
}

it('a proposal leaves nothing of its own store open, and proposed again it is the same', () => {
  fc.assert(fc.property(talks, (list) => {
    const set = seen(list, MONDAY + 28);
    for (const options of [undefined, { exact: true, maintenance: false }]) {
      const text = writeSpec(proposeConduits(set, PLAN, options));
      const loaded = loadText(text);
      expect(diffSpec(loaded, set).map(({ title, detail }) => `${title} ${detail}`)).toEqual([]);
      expect(simulate(contextOf(loaded, set), IDEAL, { onDemand: true }).blocked.map(({ operation, why }) => `${operation}: ${why}`)).toEqual([]);
      expect(proveProposal(loaded, set).faults.filter(({ claim }) => claim !== 'witness')).toEqual([]);
      expect(updateSpec(proposeConduits(set, PLAN, options), text, set).text).toBe(text);
    }
  }), { numRuns: 40 });
});

it('decisions survive the fourth week, and what it brought is there', () => {
  const decisions = fc.array(fc.constantFrom('approved', 'rejected', 'pending'), { minLength: 12, maxLength: 12 });
  const blockedOf = (loaded: LoadedSpec, set: ObservationSet): { readonly what: string; readonly rejected: boolean }[] =>
    simulate(contextOf(loaded, set), IDEAL, { onDemand: true }).blocked.map(({ client, server, service, operation, rejected }) => ({ what: `${client} ${server} ${service} ${operation}`, rejected }));
  fc.assert(fc.property(talks, decisions, (list, decided) => {
    const [early, late] = [seen(list, WEEK_4), seen(list, MONDAY + 28)];
    let place = 0;
    const text = writeSpec(proposeConduits(early, PLAN)).replaceAll(/^(\s+decision: )(?:pending|approved)/gm, (_, key: string) => `${key}${decided[place++ % decided.length]}`);
    const before = loadText(text);
    const updated = updateSpec(proposeConduits(late, PLAN), text, late).text;
    const after = loadText(updated);
    for (const { permit } of before.permits) expect(after.permits.find((one) => one.permit.id === permit.id)?.permit.decision).toBe(permit.decision);
    for (const { permit } of after.permits) if (!before.permits.some((one) => one.permit.id === permit.id)) expect(permit.decision).toBe('pending');
    expect(updateSpec(proposeConduits(late, PLAN), updated, late).text).toBe(updated);
    const undeclared = diffSpec(after, late).filter(({ type, title, detail }) => (type.startsWith('undeclared') || type === 'wrong-direction') && !`${title} ${detail}`.includes('rejected'));
    expect(undeclared.map(({ title, detail }) => `${title} ${detail}`)).toEqual([]);
    expect(compareSpecs(before, after).filter(({ type }) => type === 'permit-removed' || type === 'permit-narrowed').map(({ title }) => title)).toEqual([]);
    const blocked = new Set(blockedOf(after, early).map(({ what }) => what));
    expect(blockedOf(before, early).filter(({ what, rejected }) => rejected && !blocked.has(what))).toEqual([]);
  }), { numRuns: 40 });
});

it('a rule that the fourth week brought keeps the days of just that, when it is proposed again', () => {
  const week = daysFrom(WEEK_4, 7);
  const early = observations([modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }])], daysFrom(MONDAY, 21));
  const late = observations([modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }, { code: 3, unit: 2, ranges: [[0, 9]], days: week }])]);
  const proposed = writeSpec(proposeConduits(early, PLAN));
  const once = updateSpec(proposeConduits(late, PLAN), proposed, late).text;
  const twice = updateSpec(proposeConduits(late, PLAN), once, late).text;
  expect(loadText(twice).permits.map(({ permit: { modbus: what, evidence } }) => [what?.unitIds.join(), evidence?.firstSeen?.slice(0, 10), evidence?.days])).toEqual([['1', '2026-01-05', 28], ['2', '2026-01-26', 7]]);
  expect(twice).toBe(once);
});

it('what a device asked with an address that its entry does not have is no evidence of a rule', () => {
  const plan = { ...PLAN, assets: ASSETS.map((asset) => (asset.addresses[0] === '10.4.0.1' ? { ...asset, addresses: ['10.4.0.1', '10.4.0.99'] } : asset)) };
  const early = observations([modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }])], daysFrom(MONDAY, 21));
  const late = observations([
    modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }, { code: 90, days: [WEEK_4 + 3] }]), modbus('10.4.0.99', '10.1.0.1', [{ code: 3 }, { code: 90, days: [WEEK_4 + 1] }]),
  ]);
  const once = updateSpec(proposeConduits(late, plan), writeSpec(proposeConduits(early, PLAN)), late).text;
  expect(loadText(once).permits.map(({ permit: { modbus: what, evidence } }) => [what?.functionCodes.join(), evidence?.firstSeen?.slice(0, 10), evidence?.days])).toEqual([['3', '2026-01-05', 28], ['90', '2026-01-29', 1]]);
  expect(updateSpec(proposeConduits(late, plan), once, late).text).toBe(once);
});

it('who comes in the fourth week among others of its kind gets a rule with the evidence of just that', () => {
  const week = daysFrom(WEEK_4, 7);
  const asks = (server: string, on: readonly number[]): Conversation => modbus('10.4.0.1', server, [{ code: 3, days: on }]);
  const early = observations([asks('10.1.0.1', daysFrom(MONDAY, 21)), asks('10.1.0.2', daysFrom(MONDAY, 21))], daysFrom(MONDAY, 21));
  const late = observations([asks('10.1.0.1', daysFrom(MONDAY, 28)), asks('10.1.0.2', daysFrom(MONDAY, 28)), asks('10.1.0.3', week)]);
  const once = updateSpec(proposeConduits(late, PLAN), writeSpec(proposeConduits(early, PLAN)), late).text;
  const told = loadText(once).permits.map(({ permit: { to, evidence } }) => [to.assets.join(), evidence?.firstSeen?.slice(0, 10), evidence?.days, evidence?.requests]);
  const each = late.conversations[2].operations[0].requests;
  expect(told).toEqual([['PLC-1,PLC-2', '2026-01-05', 28, 8 * each], ['PLC-3,PLC-4', '2026-01-26', 7, each]]);
  expect(updateSpec(proposeConduits(late, PLAN), once, late).text).toBe(once);
});

it('who asks more in a weaker session gets one rule for all of that session, at once, and the safe one keeps its own dates', () => {
  const days = [MONDAY + 22, MONDAY + 23];
  const operation = (i: number, name: string, access: Access, on: readonly number[]): Operation => namedOperation('opcua', 600 + i, name, access, on);
  const session = (mode: string, on: readonly number[], operations: readonly Operation[]): Conversation =>
    conversation('10.4.0.1', '10.1.0.1', { port: 4840, service: 'opcua', days: on, facts: [['opcua.mode', mode], ['opcua.policy', `http://opcfoundation.org/UA/SecurityPolicy#${mode === 'None' ? 'None' : 'Basic256Sha256'}`]], operations });
  const early = observations([session('Sign', daysFrom(MONDAY, 14), [operation(0, 'CreateSession', 'browse', daysFrom(MONDAY, 14)), operation(1, 'Read', 'read', daysFrom(MONDAY, 14))])], daysFrom(MONDAY, 21));
  // The safe session belongs to an earlier store.
  const late = observations([session('None', days, [operation(0, 'CreateSession', 'browse', days), operation(2, 'Call', 'control', days)])]);
  const text = writeSpec(proposeConduits(early, PLAN));
  const once = updateSpec(proposeConduits(late, PLAN), text, late).text;
  const of = (loaded: LoadedSpec): unknown[] => loaded.permits.map(({ permit: { opcua, evidence } }) => [opcua?.securityModes.join(), opcua?.services.filter((name) => name === 'CreateSession' || name === 'Call').join(), evidence?.lastSeen?.slice(0, 10)]);
  expect(of(loadText(once))[0]).toEqual(of(loadText(text))[0]);
  expect(of(loadText(once)).slice(1)).toEqual([['None', 'Call,CreateSession', '2026-01-28']]);
  expect(diffSpec(loadText(once), late).filter(({ type }) => type !== 'unused-permit').map(({ title }) => title)).toEqual([]);
  expect(updateSpec(proposeConduits(late, PLAN), once, late).text).toBe(once);
});
