/** Any spec that loads, against any traffic: diff, lints, proof and every simulation answer and never throw. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkSpec } from '../../../src/policy/diff/check.ts';
import { compareSpecs } from '../../../src/policy/diff/compare-specs.ts';
import { diffReport, diffSpec } from '../../../src/policy/diff/diff.ts';
import { planOf } from '../../../src/export/plan.ts';
import { SIMULATED_TARGETS, writtenBy } from '../../../src/export/simulated-target.ts';
import { proveProposal } from '../../../src/policy/proof.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { simulate } from '../../../src/policy/simulate.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { conversation, modbus, MONDAY, observations } from '../observed.ts';

const ADDRESSES = ['10.1.0.1', '10.1.0.2', '10.2.0.1', '10.2.0.2', '10.9.0.1', '8.8.8.8', 'fe80::1', '00:1d:9c:20:01:10', '224.0.0.1'];
const rule = fc.record({
  protocol: fc.constantFrom('Modbus/TCP', 'OPC UA', 'HTTPS', 'S7comm'),
  port: fc.constantFrom(502, 4840, '500-510', [443, 80]),
  from: fc.constantFrom('A', 'B'),
  assets: fc.boolean(),
  access: fc.constantFrom('read', 'write', 'any', ['program']),
  codes: fc.option(fc.uniqueArray(fc.constantFrom(3, 4, 6, 16, 43), { minLength: 1 }), { nil: null }),
  range: fc.option(fc.tuple(fc.nat(50), fc.nat(50)), { nil: null }),
  schedule: fc.boolean(),
  onDemand: fc.boolean(),
  decision: fc.constantFrom('approved', 'pending', 'rejected'),
  oneWay: fc.boolean(),
});

const specOf = (rules: readonly (typeof rule extends fc.Arbitrary<infer T> ? T : never)[], kind: string): string => JSON.stringify({
  timezone: 'Europe/Berlin',
  zones: [
    { zone_id: 'A', name: 'a', kind, networks: ['10.1.0.0/16'], vlans: [10], assets: [{ asset_id: 'A1', role: 'plc', ip: ['10.1.0.1'], mac: ['00:1d:9c:20:01:10'] }, { asset_id: 'A2', ip: ['10.1.0.2'] }] },
    { zone_id: 'B', name: 'b', kind: 'enterprise', assets: [{ asset_id: 'B1', ip: ['10.2.0.1'] }, 'a text (B-7)'] },
  ],
  conduits: [{
    conduit_id: 'C', connects: ['A', 'B'],
    protocols_allowed: rules.map((one, i) => ({
      rule_id: `R${i}`, protocol: one.protocol, transport: 'tcp', port: one.port, access: one.access, decision: one.decision, on_demand: one.onDemand,
      client: { zone: one.from, ...(one.assets ? { assets: [`${one.from}1`] } : {}) },
      server: { zone: one.from === 'A' ? 'B' : 'A', ...(one.assets ? { addresses: ['10.2.0.0/24'] } : {}) },
      ...(one.protocol.startsWith('Modbus') && one.codes !== null ? { modbus: { function_codes: one.codes, ...(one.range === null ? {} : { ranges: [{ table: 'holding-register', start: Math.min(...one.range), end: Math.max(...one.range) }] }) } } : {}),
      ...(one.schedule ? { schedule: { days: ['mon'], start: '22:00', end: '04:00' } } : {}),
      ...(one.oneWay ? { unidirectional: { from: one.from, to: one.from === 'A' ? 'B' : 'A' } } : {}),
    })),
  }],
});

const traffic = fc.array(fc.record({
  client: fc.constantFrom(...ADDRESSES), server: fc.constantFrom(...ADDRESSES), code: fc.constantFrom(0, 3, 16, 43, 90), port: fc.constantFrom(0, 80, 502, 4840), days: fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 5 }),
  vlan: fc.constantFrom(null, 10, 99), answered: fc.boolean(),
}), { maxLength: 15 });

it('whatever is declared and seen', () => {
  fc.assert(fc.property(fc.array(rule, { maxLength: 6 }), fc.constantFrom('control', 'safety', 'external', 'dmz'), traffic, (rules, kind, list) => {
    const { loaded, problems } = parseSpec(specOf(rules, kind), 'any.yaml');
    expect(problems).toEqual([]);
    if (loaded === null) return;
    const set = observations(list.map((one) => {
      const days = one.days.map((offset) => MONDAY + offset).sort((a, b) => a - b);
      return one.port === 502 ? modbus(one.client, one.server, [{ code: one.code, days }], { vlan: one.vlan, answered: one.answered }) : conversation(one.client, one.server, { port: one.port, days, vlan: one.vlan, answered: one.answered });
    }));
    const report = diffReport(contextOf(loaded, set));
    expect(report.counts.judged + report.counts.groupAddressed + report.counts.setAside + report.counts.outOfScope).toBe(set.conversations.length);
    expect(new Set(report.findings.map((finding) => finding.id)).size).toBe(report.findings.length);
    expect(diffSpec(loaded, { ...set, conversations: [...set.conversations].reverse() }).map((finding) => finding.id).sort()).toEqual(report.findings.map((finding) => finding.id).sort());
    for (const semantics of SIMULATED_TARGETS) expect(simulate(contextOf(loaded, set), semantics, { written: writtenBy(semantics.target, planOf(loaded, [])) }).counts.judged).toBeLessThanOrEqual(set.conversations.length);
    expect(checkSpec(loaded).every((lint) => lint.line >= 1 && lint.remedy !== '')).toBe(true);
    expect(compareSpecs(loaded, loaded)).toEqual([]);
    expect(proveProposal(loaded, set).permits).toBeLessThanOrEqual(rules.length);
  }), { numRuns: 200 });
});
