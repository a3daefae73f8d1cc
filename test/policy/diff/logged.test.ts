import { describe, expect, test } from 'vitest';
import type { LoggedAttempt } from '../../../src/observation.ts';
import { withLogged } from '../../../src/policy/diff/logged.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { diffReport, type DiffReport } from '../../../src/policy/diff/diff.ts';
import { acceptFindings } from '../../../src/policy/edit/accept.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, observations } from '../observed.ts';

const SPEC = `
spec_version: 1
zones:
  - {zone_id: Z-CELL, name: Cell, kind: control, assets: [{asset_id: PLC, ip: [10.0.1.1]}, {asset_id: IO, ip: [10.0.1.2]}]}
  - {zone_id: Z-OPS, name: Operations, kind: operations, assets: [{asset_id: HIST, ip: [10.0.2.1]}, {asset_id: EWS, ip: [10.0.2.9]}]}
conduits:
  - conduit_id: C1
    connects: [Z-OPS, Z-CELL]
    protocols_allowed:
      - {rule_id: READ, protocol: Modbus/TCP, port: 502, client: {zone: Z-OPS, assets: [HIST]}, server: {zone: Z-CELL, assets: [PLC]}, access: read, modbus: {function_codes: [3], unit_ids: [1]}}
      - {rule_id: SHELL, protocol: SSH, transport: tcp, port: 22, client: {zone: Z-OPS, assets: [EWS]}, server: {zone: Z-CELL, assets: [PLC]}, on_demand: true}
      - {rule_id: WEEKLY, protocol: FTP, transport: tcp, port: 21, client: {zone: Z-OPS, assets: [HIST]}, server: {zone: Z-CELL, assets: [PLC]}, schedule: {days: [sun], start: "02:00", end: "04:00"}}
`;

const loaded = loadText(SPEC);

/** Monday 2 March 2026, 06:00 UTC. */
const HOUR = 492_342;
let ids = 0;
const attempt = (part: Partial<LoggedAttempt>): LoggedAttempt => {
  const at = BigInt(part.hours?.[0]?.hour ?? HOUR) * 3_600_000_000_000n;
  return {
    id: ++ids, device: 'FW1', format: 'cisco-asa', rule: 'acl', verdict: 'would-block', inspected: false, opening: true, client: '10.0.2.1', server: '10.0.1.1', transport: 'tcp', port: 502,
    application: '', operation: null, count: 3, firstNs: at, lastNs: at, hours: [{ hour: HOUR, count: 3 }], ...part,
  };
};

const judged = (attempts: readonly LoggedAttempt[], seen = observations([])): DiffReport => diffReport(contextOf(loaded, seen), { logged: attempts });
const types = (report: DiffReport): string[] => report.findings.filter(({ type }) => /block|passed/.test(type)).map(({ type, severity }) => `${type} ${severity}`);

describe('one attempt', () => {
  const read = { protocol: 'modbus', unit: 1, function: 3, name: 'Read Holding Registers', access: 'read' } as const;
  const write = { protocol: 'modbus', unit: 1, function: 6, name: 'Write Single Register', access: 'write' } as const;
  test.each<[string, Partial<LoggedAttempt>, string[], string]>([
    ['permitted and passed', { verdict: 'passed' }, [], 'agreed'],
    ['permitted and blocked: a broken rule', { verdict: 'blocked' }, ['blocked-but-permitted high'], 'disagreed'],
    ['permitted and would be blocked: a rule not loaded', {}, ['blocked-but-permitted medium'], 'disagreed'],
    ['permitted, a packet in mid-session', { opening: false }, ['blocked-but-permitted low'], 'midSession'],
    ['permitted, blocked for its content, which the log does not name', { inspected: true, verdict: 'blocked' }, ['would-be-blocked medium'], 'toBeDecided'],
    ['permitted path, an operation that is not, named', { inspected: true, operation: write }, ['would-be-blocked low'], 'toBeDecided'],
    ['blocked for its content, a function without its unit that the Permit leaves out', { inspected: true, verdict: 'blocked', operation: { ...write, unit: null } }, [], 'agreed'],
    ['let through, a function without its unit that the Permit leaves out', { inspected: true, verdict: 'passed', operation: { ...write, unit: null } }, ['passed-but-not-permitted high'], 'disagreed'],
    ['a function without its unit that the Permit has for some units', { inspected: true, verdict: 'passed', operation: { ...read, unit: null } }, [], 'agreed'],
    ['blocked for its content, a function without its unit that the Permit has for some units', { inspected: true, verdict: 'blocked', operation: { ...read, unit: null } }, ['would-be-blocked medium'], 'toBeDecided'],
    ['blocked for its content, which is just what is permitted', { inspected: true, verdict: 'blocked', operation: read }, ['blocked-but-permitted high'], 'disagreed'],
    ['permitted when switched on', { client: '10.0.2.9', port: 22, verdict: 'blocked' }, [], 'expected'],
    ['outside the hours of its Permit, and let through', { port: 21, verdict: 'passed' }, ['passed-but-not-permitted high'], 'disagreed'],
    ['outside the hours of its Permit, and blocked', { port: 21, verdict: 'blocked' }, [], 'agreed'],
    ['not permitted and let through: a rule that is too wide', { port: 80, verdict: 'passed' }, ['passed-but-not-permitted high'], 'disagreed'],
    ['not permitted and blocked: the firewall does its work', { port: 80, verdict: 'blocked' }, [], 'agreed'],
    ['not permitted and would be blocked: to be decided', { port: 80 }, ['would-be-blocked low'], 'toBeDecided'],
    ['of a stranger', { client: '203.0.113.7' }, ['would-be-blocked low'], 'toBeDecided'],
    ['a scan, folded', { client: '203.0.113.7', server: '', port: 0, transport: 'any' }, ['would-be-blocked low'], 'toBeDecided'],
    ['within one zone', { client: '10.0.1.2', verdict: 'blocked' }, ['blocked-but-permitted high'], 'disagreed'],
    ['a broadcast', { server: '255.255.255.255', transport: 'udp', port: 137 }, [], 'groupAddressed'],
    ['without any time', { firstNs: null, lastNs: null, hours: [{ hour: -1, count: 3 }] }, ['blocked-but-permitted medium'], 'disagreed'],
  ])('%s', (_, part, expected, counted) => {
    const report = judged([attempt(part)]);
    expect(types(report)).toEqual(expected);
    // Each attempt is counted in one place: the line that tells the numbers adds up.
    const { attempts, records, ...outcomes } = report.logged!.counts;
    expect([attempts, records, outcomes]).toEqual([1, 3, expect.objectContaining({ [counted]: 1 })]);
    expect(Object.values(outcomes).reduce((sum, one) => sum + one, 0)).toBe(1);
  });
});

test('what was let through on the right day at the wrong hour was not permitted', () => {
  const sunday = HOUR - 6 - 24;
  const at = (hour: number): bigint => BigInt(hour) * 3_600_000_000_000n;
  const passed = (between: number): DiffReport => judged([attempt({ port: 21, verdict: 'passed', firstNs: at(sunday + 2), lastNs: at(sunday + 7 * 24 + 3), hours: [sunday + 2, between, sunday + 7 * 24 + 3].map((hour) => ({ hour, count: 1 })) })]);
  expect(types(passed(sunday + 3))).toEqual([]);
  expect(types(passed(sunday + 15))).toEqual(['passed-but-not-permitted high']);
});

describe('a standing Permit and one that may be blocked, for one pair and port', () => {
  const rules = SPEC.split('\n').filter((line) => line.includes('rule_id: READ'));
  const service = rules[0].replace('READ', 'MAINT').replace('[3]', '[3, 16]').replace('access: read', 'access: read-write');
  const conditions: readonly [string, string][] = [
    ['on demand', service.replace('access:', 'on_demand: true, access:')],
    ['one-way', service.replace('access:', 'unidirectional: {from: Z-OPS, to: Z-CELL}, access:')],
  ];
  const orders = conditions.flatMap(([what, other]): [string, string][] => [[`${what}, after it`, `${rules[0]}\n${other}`], [`${what}, before it`, `${other}\n${rules[0]}`]]);
  const write = { protocol: 'modbus', unit: 1, function: 16, name: 'Write Multiple Registers', access: 'write' } as const;

  test.each(orders)('%s: the standing one is blocked, or to be decided; only what it leaves out may be blocked', (_, lines) => {
    const judge = (part: Partial<LoggedAttempt>): DiffReport => diffReport(contextOf(loadText(SPEC.replace(rules[0], lines)), observations([])), { logged: [attempt(part)] });
    const found = (part: Partial<LoggedAttempt>): (string | null)[][] => judge(part).findings.filter(({ type }) => type.includes('block')).map(({ type, permit }) => [type, permit]);
    expect(found({ verdict: 'blocked' })).toEqual([['blocked-but-permitted', 'READ']]);
    expect(found({ inspected: true })).toEqual([['would-be-blocked', 'READ']]);
    expect(judge({ inspected: true, verdict: 'blocked', operation: write }).logged?.counts).toMatchObject({ expected: 1 });
  });
});

test('a session that is logged as let through, and by the rule that would block it, is to be decided once', () => {
  const both = judged([attempt({ port: 80, verdict: 'passed', rule: '' }), attempt({ port: 80 })]);
  expect(types(both)).toEqual(['would-be-blocked low']);
  const elsewhere = judged([attempt({ port: 80, verdict: 'passed', device: 'FW2' }), attempt({ port: 80 })]);
  expect(types(elsewhere)).toEqual(['passed-but-not-permitted high', 'would-be-blocked low']);
});

test('two rules on one path are one decision', () => {
  const web = conversation('10.0.2.1', '10.0.1.1', { service: 'modbus' });
  const report = judged([attempt({ inspected: true, rule: 'address' }), attempt({ inspected: true, rule: 'function', operation: { protocol: 'modbus', unit: 1, function: 6, name: 'x', access: 'write' } })], observations([web]));
  const decisions = report.logged?.decisions ?? [];
  expect(new Set(decisions.map(({ finding }) => finding)).size).toBe(decisions.length);
});

test('on a Sunday night the weekly Permit holds', () => {
  const sunday = { hour: HOUR + 6 * 24 - 4, count: 3 };
  expect(types(judged([attempt({ port: 21, hours: [sunday] })]))).toEqual(['blocked-but-permitted medium']);
});

test('what captures show is blocked stands first in the list, once, under the finding that packets gave', () => {
  const web = conversation('10.0.2.1', '10.0.1.1', { port: 80, service: 'http' });
  const report = judged([attempt({ port: 8080 }), attempt({ port: 80 }), attempt({ port: 80, device: 'FW2', verdict: 'blocked' })], observations([web]));
  expect(report.logged?.decisions.map(({ service, verdict, devices, count, packets }) => [service, verdict, devices, count, packets !== null])).toEqual([
    [expect.stringContaining('tcp/80'), 'blocked', ['FW1', 'FW2'], 6, true],
    [expect.stringContaining('tcp/8080'), 'would-block', ['FW1'], 3, false],
  ]);
  const byPackets = report.findings.find(({ type }) => type === 'undeclared-conversation');
  expect(report.logged?.decisions[0]?.finding).toBe(byPackets?.id);
  expect(types(report)).toEqual(['would-be-blocked low']);
});

test('logs change nothing that packets say', () => {
  const seen = observations([conversation('10.0.2.1', '10.0.1.1', { port: 80, service: 'http' })]);
  const { findings, logged, ...rest } = judged([attempt({ verdict: 'blocked' })], seen);
  const without = diffReport(contextOf(loaded, seen));
  expect(logged).not.toBeNull();
  expect({ ...rest, logged: null }).toEqual({ ...without, findings: undefined, logged: null });
  expect(findings.filter(({ type }) => type !== 'blocked-but-permitted')).toEqual(without.findings);
});

const write = { protocol: 'modbus', unit: 1, function: 6, name: 'Write Single Register', access: 'write' } as const;

test.each([
  ['of a service by its port', { port: 8080 }],
  ['of an operation, whose protocol is known on any port', { port: 5020, operation: write }],
] as const)('a decision %s is taken by --update, and then there is nothing left to decide', (_, part) => {
  const attempts = [attempt({ ...part, verdict: 'would-block' })];
  const report = judged(attempts);
  const set = withLogged(observations([]), attempts);
  const { text, results } = acceptFindings(SPEC, set, report.findings.filter(({ type }) => type === 'would-be-blocked'), { decision: 'approved', owner: 'J. Doe' });
  expect(results.map(({ sentence }) => sentence)).toEqual([expect.stringContaining('added rule')]);
  const { loaded: after } = parseSpec(text, 'spec.yaml');
  expect(after === null ? null : diffReport(contextOf(after, observations([])), { logged: attempts }).logged?.decisions).toEqual([]);
});

describe('accepting what a firewall blocked for its content, or let through', () => {
  const asked = (functionCode: number, unit: number | null): Partial<LoggedAttempt> => ({ inspected: true, operation: { protocol: 'modbus', unit, function: functionCode, name: 'x', access: functionCode === 3 ? 'read' : 'write' } });
  const accepted = (...parts: readonly Partial<LoggedAttempt>[]): { readonly sentences: readonly string[]; readonly added: readonly unknown[] } => {
    const attempts = parts.map(attempt);
    const findings = judged(attempts).findings.filter(({ type }) => type === 'would-be-blocked' || type === 'passed-but-not-permitted');
    const { text, results } = acceptFindings(SPEC, withLogged(observations([]), attempts), findings, { decision: 'approved', owner: 'A. Keller' });
    return { sentences: results.map(({ sentence }) => sentence), added: loadText(text).permits.slice(loaded.permits.length).map(({ permit: { access, modbus } }) => [access, modbus?.functionCodes, modbus?.unitIds]) };
  };
  const UNTOLD = ['a rule for this service stands already, READ, and the log does not tell all that was asked in it: write that into the rule by hand'];

  test.each<[string, Partial<LoggedAttempt>]>([
    ['nothing is told of what was asked', { inspected: true, verdict: 'blocked' }], ['a permitted function without its unit', asked(3, null)],
    ['another function without its unit', asked(6, null)], ['another function without its unit, let through', { ...asked(6, null), verdict: 'passed' }],
  ])('%s: no rule opens all of the service for it', (_, part) => {
    expect(accepted(part)).toEqual({ sentences: UNTOLD, added: [] });
  });

  test('what is told is a rule for just that, also beside a record that tells less', () => {
    const one = { sentences: ['added rule C1-001 for exactly what was seen'], added: [[['write'], [6], [1]]] };
    expect(accepted(asked(6, 1))).toEqual(one);
    expect(accepted(asked(6, 1), asked(6, null))).toEqual(one);
  });
});
