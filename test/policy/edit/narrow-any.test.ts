/** Whatever rules overlap and whatever was asked: taking away what was never used changes nothing that is let through, and comes to an end. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Conversation } from '../../../src/observation.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import type { Finding } from '../../../src/policy/diff/findings.ts';
import { asksOf } from '../../../src/policy/match/asks.ts';
import { GENERIC_FIREWALLS } from '../../../src/policy/match/firewall-semantics.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { simulate } from '../../../src/policy/simulate.ts';
import { acceptFindings } from '../../../src/policy/edit/accept.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, daysFrom, modbus, MONDAY, namedOperation, observations } from '../observed.ts';

const [IDEAL] = GENERIC_FIREWALLS;
const ADDRESSES = { A1: '10.1.0.1', A2: '10.1.0.2', B1: '10.2.0.1', B2: '10.2.0.2' } as const;
const SERVICES = ['Read', 'Write', 'Publish', 'Call'];

const some = <T>(all: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...all], { minLength: 1 });
const endOf = (ids: readonly ('A1' | 'A2' | 'B1' | 'B2')[], network: string): fc.Arbitrary<object> =>
  fc.oneof(some(ids).map((assets) => ({ assets })), fc.constant({}), fc.constant({ addresses: [network] }), fc.constant({ assets: [ids[0]], addresses: [ADDRESSES[ids[1]]] }));
const rule = fc.record({
  client: endOf(['A1', 'A2'], '10.1.0.0/24'), server: endOf(['B1', 'B2'], '10.2.0.0/24'), access: fc.constantFrom('any', 'read', 'write', 'read-write', ['read'], ['browse', 'write']),
  days: fc.option(some(['mon', 'tue', 'sat']), { nil: null, freq: 3 }), decision: fc.constantFrom('approved', 'pending'),
  about: fc.oneof(
    fc.record({ codes: fc.option(some([3, 4, 6, 16, 43]), { nil: null }), units: fc.option(some([1, 2]), { nil: null }), end: fc.constantFrom(null, 4, 9, 999), port: fc.constantFrom(502, '500-510', [502, 503]) }),
    fc.record({ services: fc.option(some(SERVICES), { nil: null }), mode: fc.option(some(['None', 'Sign', 'SignAndEncrypt']), { nil: null }) }),
  ),
});
const talk = fc.record({
  client: fc.constantFrom('A1', 'A2', 'B1'), server: fc.constantFrom('B1', 'B2', 'A1'), days: fc.constantFrom(daysFrom(MONDAY, 28), [MONDAY], [MONDAY + 1, MONDAY + 8]),
  asks: fc.oneof(
    fc.array(fc.record({ code: fc.constantFrom(3, 4, 6, 16, 43), unit: fc.constantFrom(1, 2), first: fc.constantFrom(0, 5, 7) }), { minLength: 1, maxLength: 4 }),
    fc.record({ services: some(SERVICES), mode: fc.constantFrom('None', 'Sign', 'SignAndEncrypt') }),
  ),
});

const specOf = (rules: readonly (typeof rule extends fc.Arbitrary<infer T> ? T : never)[]): string => JSON.stringify({
  zones: [
    { zone_id: 'A', name: 'a', kind: 'operations', assets: [{ asset_id: 'A1', ip: [ADDRESSES.A1] }, { asset_id: 'A2', ip: [ADDRESSES.A2] }] },
    { zone_id: 'B', name: 'b', kind: 'control', networks: ['10.2.0.0/16'], assets: [{ asset_id: 'B1', ip: [ADDRESSES.B1] }, { asset_id: 'B2', ip: [ADDRESSES.B2] }] },
  ],
  conduits: [{
    conduit_id: 'C', connects: ['A', 'B'],
    protocols_allowed: rules.map(({ client, server, access, days, decision, about }, i) => ({
      rule_id: `R${i}`, transport: 'tcp', client: { zone: 'A', ...client }, server: { zone: 'B', ...server }, access, decision,
      ...('services' in about
        ? { protocol: 'OPC UA', port: 4840, opcua: { ...(about.services === null ? {} : { services: about.services }), ...(about.mode === null ? {} : { security_mode: about.mode }) } }
        : { protocol: 'Modbus/TCP', port: about.port, modbus: { ...(about.codes === null ? {} : { function_codes: about.codes }), ...(about.units === null ? {} : { unit_ids: about.units }), ...(about.end === null ? {} : { ranges: [{ table: 'holding-register', start: 0, end: about.end }] }) } }),
      ...(days === null ? {} : { schedule: { days, start: '00:00', end: '23:59' } }),
    })),
  }],
}, null, 2);

const conversationOf = ({ client, server, days, asks }: typeof talk extends fc.Arbitrary<infer T> ? T : never): Conversation =>
  ('services' in asks
    ? conversation(ADDRESSES[client], ADDRESSES[server], { port: 4840, service: 'opcua', days, facts: [['opcua.mode', asks.mode]], operations: asks.services.map((name, i) => namedOperation('opcua', 600 + i, name, name === 'Write' ? 'write' : name === 'Call' ? 'control' : 'read', days)) })
    : modbus(ADDRESSES[client], ADDRESSES[server], asks.map(({ code, unit, first }) => ({ code, unit, ranges: [[first, first + 2]], days })), { days }));

it('nothing that passed is blocked after it', () => {
  fc.assert(fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), fc.array(talk, { minLength: 1, maxLength: 5 }), (rules, talks) => {
    const set = observations([...new Map(talks.filter(({ client, server }) => client !== server).map(conversationOf).map((one) => [`${one.client} ${one.server} ${one.port}`, one])).values()]);
    const text = specOf(rules);
    // What a session that is too weak asked is told in one line, or each by itself while another rule is content with the mode: it is blocked either way.
    const askedIn = (id: number): string[] => set.conversations.filter((one) => one.id === id).flatMap(asksOf).map(({ text }) => text);
    const blocked = (spec: string): string[] => simulate(contextOf(loadText(spec), set), IDEAL).blocked.flatMap(({ conversation: id, client, server, operation, days }) =>
      (operation.startsWith('sessions with ') ? askedIn(id) : [operation]).map((one) => `${client} ${server} ${one} ${days.join(',')}`));
    const unused = (spec: string): Finding[] => diffSpec(loadText(spec), set).filter(({ type }) => type === 'wider-than-observed' || type === 'unused-permit');
    const narrowed = (spec: string): string => {
      const { text: after, results } = acceptFindings(spec, set, unused(spec), { decision: 'approved', owner: 'A. Keller' });
      expect(results.filter(({ done }) => !done)).toEqual([]);
      expect(new Set(blocked(after))).toEqual(new Set(blocked(spec)));
      return after;
    };
    // Which rule a blocked request comes nearest to may be another one after the first, and what it spoke for with it.
    expect(unused(narrowed(narrowed(text)))).toEqual([]);
  }), {
    numRuns: 50,
    // The second client uses nothing of the first rule, which alone is content with its mode.
    examples: [[
      [{ client: {}, server: { assets: ['B1'] }, access: 'any', days: null, decision: 'approved', about: { services: ['Read'], mode: ['None'] } }, { client: {}, server: {}, access: 'any', days: null, decision: 'approved', about: { services: null, mode: ['Sign'] } }],
      [
        { client: 'A1', server: 'B1', days: daysFrom(MONDAY, 28), asks: { services: ['Read', 'Publish'], mode: 'Sign' } }, { client: 'A2', server: 'B2', days: daysFrom(MONDAY, 28), asks: { services: ['Publish'], mode: 'Sign' } },
        { client: 'A2', server: 'B1', days: daysFrom(MONDAY, 28), asks: { services: ['Call'], mode: 'None' } },
      ],
    ], [
      // A code that stays, as it was asked for beside its range, is bound by that range yet.
      [{ client: {}, server: {}, access: 'any', days: null, decision: 'approved', about: { codes: [16, 43], units: null, end: 4, port: 502 } }],
      [{ client: 'A1', server: 'B1', days: daysFrom(MONDAY, 28), asks: [{ code: 43, unit: 1, first: 0 }, { code: 16, unit: 1, first: 5 }] }],
    ]],
  });
});
