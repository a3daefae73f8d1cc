/**
 * Two specs of any rules, compared, against what each of them lets through of every request there is: what the second lets through
 * more is told, what it lets through less is told, and nothing is told where both hold for each other rule by rule, however split.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareSpecs } from '../../../src/policy/diff/compare-specs.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import type { LoadedSpec } from '../../../src/policy/spec/load.ts';
import { loadText } from '../loaded-spec.ts';
import { modbus, MONDAY, observations } from '../observed.ts';

const CODES = [3, 4, 6, 16, 43];
const UNITS = [1, 2];
const CLIENTS = ['A1', 'A2'];
const SERVERS = ['B1', 'B2'];
const ADDRESSES: Readonly<Record<string, string>> = { A1: '10.1.0.1', A2: '10.1.0.2', B1: '10.2.0.1', B2: '10.2.0.2' };

const some = <T>(all: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...all], { minLength: 1 });
const rule = fc.record({
  id: fc.constantFrom('P', 'Q', 'R', 'S'),
  clients: some(CLIENTS), servers: some(SERVERS),
  codes: fc.option(some(CODES), { nil: null, freq: 4 }),
  units: fc.option(some(UNITS), { nil: null, freq: 2 }),
  access: fc.constantFrom('any', 'read', 'write', 'read-write', ['read'], ['browse', 'write']),
  window: fc.option(fc.constantFrom('sat, sun', 'mon, tue, wed, thu, fri', 'mon', 'tue, wed, thu, fri, sat, sun'), { nil: null }),
  span: fc.option(fc.constantFrom([0, 9], [0, 4], [5, 9]), { nil: null, freq: 2 }),
  port: fc.constantFrom(502, 502, '502-503', '503-504', '502-504'),
  decision: fc.constantFrom('approved', 'approved', 'pending', 'rejected'),
});
type Rule = typeof rule extends fc.Arbitrary<infer T> ? T : never;
const rules = fc.uniqueArray(rule, { maxLength: 3, selector: ({ id }) => id });

const specOf = (list: readonly Rule[]): LoadedSpec => loadText(JSON.stringify({
  zones: [{ zone_id: 'A', name: 'a', kind: 'operations', assets: CLIENTS.map((id) => ({ asset_id: id, ip: [ADDRESSES[id]] })) }, { zone_id: 'B', name: 'b', kind: 'control', assets: SERVERS.map((id) => ({ asset_id: id, ip: [ADDRESSES[id]] })) }],
  conduits: [{
    conduit_id: 'C', connects: ['A', 'B'],
    protocols_allowed: list.map((one) => ({
      rule_id: one.id, protocol: 'Modbus/TCP', transport: 'tcp', port: one.port, client: { zone: 'A', assets: one.clients }, server: { zone: 'B', assets: one.servers }, access: one.access, decision: one.decision,
      ...(one.window === null ? {} : { schedule: { days: one.window.split(', '), start: '00:00', end: '23:59' } }),
      modbus: {
        ...(one.codes === null ? {} : { function_codes: one.codes }), ...(one.units === null ? {} : { unit_ids: one.units }),
        ...(one.span === null ? {} : { ranges: [{ table: 'holding-register', start: one.span[0], end: one.span[1] }] }),
      },
    })),
  }],
}));

const PROBES = observations([502, 503, 504].flatMap((port) => [MONDAY, MONDAY + 1, MONDAY + 5].flatMap((day) => CLIENTS.flatMap((client) => SERVERS.map((server) => modbus(ADDRESSES[client], ADDRESSES[server], UNITS.flatMap((unit) => CODES.map((code) => ({ code, unit, days: [day], ranges: [[0, 2], [6, 8], [3, 7], [0, 9], [50, 59]] as const }))), { port }))))));

/** What a spec does not let through, of all requests. */
const blockedBy = (loaded: LoadedSpec): Set<string> => {
  const { matcher } = contextOf(loaded, PROBES);
  return new Set(PROBES.conversations.flatMap((one) => matcher.judge(one).asks.flatMap(({ permit, ask }) => (permit === null ? [`${one.client} ${one.server} ${one.port} ${ask.days.join()} ${ask.text}`] : []))));
};

const REQUESTS = blockedBy(specOf([])).size;
/** A write code under access "read" permits nothing; that such a rule came is told nevertheless. */
const isUseful = (one: Rule): boolean => blockedBy(specOf([{ ...one, decision: 'approved' }])).size < REQUESTS;

it('whatever differs in what is let through is told, and in which direction', () => {
  fc.assert(fc.property(rules, rules, (first, second) => {
    const [a, b] = [specOf(first), specOf(second)];
    const [blockedA, blockedB] = [blockedBy(a), blockedBy(b)];
    const types = compareSpecs(a, b).map(({ type }) => type);
    const isMore = [...blockedA].some((one) => !blockedB.has(one));
    const isLess = [...blockedB].some((one) => !blockedA.has(one));
    if (isMore) expect(types.some((type) => type === 'permit-added' || type === 'permit-widened' || type === 'permit-changed')).toBe(true);
    if (isLess) expect(types.some((type) => type === 'permit-removed' || type === 'permit-narrowed' || type === 'permit-changed')).toBe(true);
    // Of rules that name codes that do one thing, and units, every request is asked here, at every kind of time. Rejections are told for themselves.
    const isNamed = [...first, ...second].every((one) => one.codes !== null && !one.codes.includes(43) && one.units !== null && one.decision !== 'rejected' && isUseful(one));
    if (isNamed && !isMore) expect(types.filter((type) => type === 'permit-added' || type === 'permit-widened')).toEqual([]);
    if (isNamed && !isLess) expect(types.filter((type) => type === 'permit-removed' || type === 'permit-narrowed')).toEqual([]);
  }), { numRuns: 100 });
});
