import { describe, expect, it } from 'vitest';
import { comparePeriods } from '../../../src/policy/diff/compare-periods.ts';
import { compareSpecs } from '../../../src/policy/diff/compare-specs.ts';
import { PLAN } from '../../infer/conduits/plan-fixture.ts';
import { loadText } from '../loaded-spec.ts';
import type { Conversation } from '../../../src/observation.ts';
import { conversation, daysFrom, modbus, MONDAY, observations } from '../observed.ts';

const SPEC = `zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC-1, ip: [10.2.0.1]}, {asset_id: PLC-2, ip: [10.2.0.2]}]}
  - {zone_id: OPS, name: Operations, assets: [{asset_id: HIST, ip: [10.3.0.1]}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: POLL, protocol: Modbus/TCP, port: 502, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC-1, PLC-2]}, access: read, modbus: {function_codes: [3, 4], unit_ids: [1], ranges: [{table: holding-register, start: 0, end: 99, access: read}]}}
      - {rule_id: SSH, protocol: SSH, port: 22, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC-1]}}
`;

describe('two specs', () => {
  it.each([
    ['the same', '', '', []],
    ['only the order', 'function_codes: [3, 4]', 'function_codes: [4, 3]', []],
    ['an address instead of the asset that has it', 'server: {zone: CELL, assets: [PLC-1]}', 'server: {zone: CELL, addresses: [10.2.0.1]}', []],
    ['one code more', 'function_codes: [3, 4]', 'function_codes: [3, 4, 16]', ['permit-widened']],
    ['one code less', 'function_codes: [3, 4]', 'function_codes: [3]', ['permit-narrowed']],
    ['codes instead of the access that they have', ', access: read, modbus: {function_codes: [3, 4],', ', modbus: {function_codes: [3, 4],', []],
    ['all that a code can do, and not its reading alone', ', access: read, modbus: {function_codes: [3, 4],', ', modbus: {function_codes: [3, 4, 43],', ['permit-widened']],
    ['another code', 'function_codes: [3, 4]', 'function_codes: [3, 6]', ['permit-changed']],
    ['a wider range', 'end: 99', 'end: 199', ['permit-widened']],
    ['a narrower range', 'end: 99', 'end: 49', ['permit-narrowed']],
    ['no unit ids', ', unit_ids: [1]', '', ['permit-widened']],
    ['one server less', '[PLC-1, PLC-2]}, access', '[PLC-1]}, access', ['permit-narrowed']],
    ['another port', 'port: 22', 'port: 2222', ['permit-changed']],
    ['a new rule', 'conduits:\n', 'conduits:\n', []],
    ['a rule gone', '      - {rule_id: SSH, protocol: SSH, port: 22, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC-1]}}\n', '', ['permit-removed']],
    ['a rule rejected', 'rule_id: SSH,', 'rule_id: SSH, decision: rejected,', ['permit-removed']],
    ['a decision', 'rule_id: SSH,', 'rule_id: SSH, decision: pending,', ['permit-changed']],
    ['a new asset', '{asset_id: HIST, ip: [10.3.0.1]}', '{asset_id: HIST, ip: [10.3.0.1]}, {asset_id: NEW, ip: [10.3.0.9]}', ['asset-added']],
    ['another address', '{asset_id: HIST, ip: [10.3.0.1]}', '{asset_id: HIST, ip: [10.3.0.7]}', ['zone-changed']],
    ['another level', 'kind: control', 'kind: control, security_level_target: "SL 3"', ['zone-changed']],
  ])('%s', (_, find, instead, types) => {
    expect(compareSpecs(loadText(SPEC), loadText(SPEC.replace(find, instead))).map((finding) => finding.type)).toEqual(types);
  });

  const told = (before: string, after: string): string[] => compareSpecs(loadText(before), loadText(after)).map(({ type, severity, title }) => `${severity} ${type}: ${title}`);

  it.each([
    ['an hour more', 'days: [mon, tue], start: "06:00", end: "20:00"', 'days: [mon, tue], start: "05:00", end: "20:00"', 'permit-widened'],
    ['past midnight', 'days: [mon, tue], start: "06:00", end: "20:00"', 'days: [mon, tue], start: "06:00", end: "03:00"', 'permit-widened'],
    ['Saturday night and the Sunday after it', 'days: [sat], start: "22:00", end: "04:00"', 'days: [sat, sun], start: "22:00", end: "04:00"', 'permit-widened'],
    ['other days', 'days: [mon], start: "06:00", end: "20:00"', 'days: [tue], start: "06:00", end: "20:00"', 'permit-changed'],
    ['all of the week, and no window', 'days: [mon, tue, wed, thu, fri, sat, sun], start: "00:00", end: "23:59"', null, null],
  ])('a window: %s', (_, one, other, type) => {
    const within = (schedule: string | null): string => (schedule === null ? SPEC : SPEC.replace('rule_id: SSH,', `rule_id: SSH, schedule: {${schedule}},`));
    const back = { 'permit-widened': 'permit-narrowed', 'permit-changed': 'permit-changed' };
    expect(told(within(one), within(other)).map((line) => line.split(/[ :]/)[1])).toEqual(type === null ? [] : [type]);
    expect(told(within(other), within(one)).map((line) => line.split(/[ :]/)[1])).toEqual(type === null ? [] : [back[type as keyof typeof back]]);
  });

  it('another time zone is another time for every rule with a window or a last day, and for no other', () => {
    const timed = SPEC.replace('rule_id: SSH,', 'rule_id: SSH, expires: "2026-12-31",');
    const findings = compareSpecs(loadText(timed), loadText(`timezone: Europe/Berlin\n${timed}`));
    expect(findings.map(({ type, permit, detail }) => [type, permit, detail.split('. ').at(-1)])).toEqual([['permit-changed', 'SSH', 'Its times were of UTC there and are of Europe/Berlin here.']]);
    expect(told(SPEC, `timezone: Europe/Berlin\n${SPEC}`)).toEqual([]);
    expect(told(`timezone: UTC\n${timed}`, timed)).toEqual([]);
  });

  it.each([
    ['a weaker mode', '[Sign], security_policy: [Basic256Sha256]', '[None], security_policy: [Basic256Sha256]', 'permit-widened'],
    ['a stronger mode, which passed before', '[Sign], security_policy: [Basic256Sha256]', '[Sign, SignAndEncrypt], security_policy: [Basic256Sha256]', null],
    ['a weaker policy', '[Sign], security_policy: [Basic256Sha256]', '[Sign], security_policy: [Basic128Rsa15]', 'permit-widened'],
    ['a policy as strong', '[Sign], security_policy: [Basic256Sha256]', '[Sign], security_policy: [Aes128_Sha256_RsaOaep]', null],
    ['one weaker, one stronger', '[Sign], security_policy: [Basic256Sha256]', '[None], security_policy: [Aes256_Sha256_RsaPss]', 'permit-changed'],
  ])('OPC UA: %s', (_, one, other, type) => {
    const ua = (modes: string): string => `${SPEC}      - {rule_id: UA, protocol: OPC UA, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC-1]}, opcua: {security_mode: ${modes}}}\n`;
    expect(told(ua(one), ua(other)).map((line) => line.split(/[ :]/)[1])).toEqual(type === null ? [] : [type]);
  });

  it('another protocol on the port is something else where its requests are read, and what was rejected is not gone', () => {
    const s7 = SPEC.replace('protocol: SSH, port: 22', 'protocol: S7comm, port: 102');
    expect(told(s7, s7.replace('S7comm', 'Modbus/TCP'))).toEqual(['medium permit-changed: SSH (OPS -> CELL, Modbus/TCP) lets through something else']);
    expect(told(SPEC, SPEC.replace('protocol: SSH', 'protocol: SFTP'))).toEqual([]);
    expect(told(SPEC, SPEC.replace('rule_id: SSH,', 'rule_id: SSH, decision: rejected,'))).toEqual(['low permit-removed: SSH (OPS -> CELL, SSH) is rejected now']);
  });

  it('a diode or a limit less is more that passes', () => {
    const diode = SPEC.replace('rule_id: SSH,', 'rule_id: SSH, unidirectional: {from: OPS, to: CELL},');
    const limited = SPEC.replace('rule_id: SSH,', 'rule_id: SSH, limits: {max_connections: 4},');
    for (const less of [diode, limited]) {
      expect(told(less, SPEC)).toEqual(['medium permit-widened: SSH (OPS -> CELL, SSH) lets through more']);
      expect(told(SPEC, less)).toEqual(['info permit-narrowed: SSH (OPS -> CELL, SSH) lets through less']);
      expect(told(less, less)).toEqual([]);
    }
  });

  it('another id for the same zone is one thing, and what differs beside it is told as ever', () => {
    const diode = SPEC.replace('rule_id: SSH,', 'rule_id: SSH, unidirectional: {from: OPS, to: CELL},');
    for (const spec of [SPEC, diode]) {
      const renamed = spec.replaceAll('CELL', 'FILTERS');
      expect(told(spec, renamed)).toEqual(['info zone-changed: CELL is called FILTERS now']);
      expect(told(spec, renamed.replace('end: 99', 'end: 199'))).toEqual(['low permit-widened: POLL (OPS -> FILTERS, Modbus/TCP) lets through more', 'info zone-changed: CELL is called FILTERS now']);
    }
    const both = SPEC.replaceAll('CELL', 'FILTERS').replaceAll('OPS', 'CONTROL');
    expect(told(SPEC, both)).toEqual(['info zone-changed: OPS is called CONTROL now', 'info zone-changed: CELL is called FILTERS now']);
    const external = SPEC.replace('conduits:\n', '  - {zone_id: WAN, name: Carrier, kind: external}\nconduits:\n');
    expect(told(external, external.replace('WAN', 'CARRIER'))).toEqual(['info zone-changed: WAN is called CARRIER now']);
  });

  it('a zone with other members, or an id that was there, is no rename', () => {
    const split = SPEC.replaceAll('CELL', 'FILTERS').replace(', {asset_id: PLC-2, ip: [10.2.0.2]}', '').replace('{asset_id: HIST,', '{asset_id: PLC-2, ip: [10.2.0.2]}, {asset_id: HIST,').replace('[PLC-1, PLC-2]', '[PLC-1]');
    expect(told(SPEC, split)).toContain('low zone-changed: CELL is gone');
    const swapped = SPEC.replaceAll('CELL', 'X').replaceAll('OPS', 'CELL').replaceAll('X', 'OPS');
    expect(told(SPEC, swapped).filter((line) => line.includes('asset-moved'))).toHaveLength(3);
  });

  it('another id for the same device changes no rule, another address does', () => {
    const named = SPEC.replaceAll('PLC-1', 'FILTER-1');
    expect(told(SPEC, named)).toEqual([]);
    const moved = SPEC.replace('ip: [10.2.0.1]', 'ip: [10.2.0.77]').replaceAll('PLC-1', 'FILTER-1');
    expect(compareSpecs(loadText(SPEC), loadText(moved)).map(({ type, permit }) => `${type} ${permit}`).sort()).toEqual(['asset-added null', 'asset-removed null', 'permit-changed POLL', 'permit-changed SSH']);
  });

  it('what was rejected and is let through now is told as that', () => {
    expect(told(SPEC.replace('rule_id: SSH,', 'rule_id: SSH, decision: rejected, owner: KH,'), SPEC)).toEqual(['high permit-added: SSH (OPS -> CELL, SSH) was rejected and is approved now']);
  });

  const POLL = /      - \{rule_id: POLL.*\n/;
  const rulesFor = (...parts: readonly string[]): string => SPEC.replace(POLL, (line) => parts.map((part, i) => line.replace('rule_id: POLL', `rule_id: POLL${i === 0 ? '' : `-${i}`}`).replace(/function_codes: .*\}\}/, `${part}}}`)).join(''));

  it('a rule that was split, or rules that were joined, let the same through', () => {
    const range = 'unit_ids: [1], ranges: [{table: holding-register, start: 0, end: 99, access: read}]';
    const [one, two] = [rulesFor(`function_codes: [3, 4], ${range}`), rulesFor(`function_codes: [3], ${range}`, `function_codes: [4], ${range}`)];
    expect(told(one, two)).toEqual([]);
    expect(told(two, one)).toEqual([]);
    expect(told(one, rulesFor(`function_codes: [3], ${range}`, `function_codes: [4], ${range}`).replace('function_codes: [4], unit_ids: [1]', 'function_codes: [4], unit_ids: [2]'))).toEqual(['low permit-widened: POLL-1 (OPS -> CELL, Modbus/TCP) lets through more', 'info permit-narrowed: POLL (OPS -> CELL, Modbus/TCP) lets through less']);
    const both = SPEC.replace('assets: [PLC-1, PLC-2]}, access', 'assets: [PLC-1]}, access').replace(POLL, (line) => line + line.replace('rule_id: POLL', 'rule_id: POLL-2').replace('[PLC-1]', '[PLC-2]'));
    expect(told(SPEC, both)).toEqual([]);
    expect(told(both, SPEC)).toEqual([]);
    // With a limit of its own, a part lets less through than the whole did.
    expect(told(SPEC, both.replace('rule_id: POLL-2,', 'rule_id: POLL-2, limits: {max_connections: 1},')).map((line) => line.split(/[ :]/)[1])).toContain('permit-narrowed');
  });

  const EVERY_DAY = 'days: [mon, tue, wed, thu, fri, sat, sun]';
  const ALL_DAY = 'start: "00:00", end: "23:59"';

  it('a rule that was split by ranges of ports, or by networks, lets the same through', () => {
    const rule = (id: string, port: string, client: string): string => `      - {rule_id: ${id}, protocol: DCOM, transport: tcp, port: ${port}, client: {zone: OPS, addresses: [${client}]}, server: {zone: CELL, assets: [PLC-1]}}\n`;
    const within = (...rules: string[]): string => `zones:\n  - {zone_id: CELL, name: Cell, assets: [{asset_id: PLC-1, ip: [10.2.0.1]}]}\n  - {zone_id: OPS, name: Operations, networks: [10.3.0.0/16]}\nconduits:\n  - conduit_id: C\n    connects: [CELL, OPS]\n    protocols_allowed:\n${rules.join('')}`;
    const types = (before: string, after: string): (string | undefined)[] => told(before, after).map((line) => line.split(/[ :]/)[1]);
    const whole = within(rule('ONE', '5000-5010', '10.3.0.0/24'));
    const parts = within(rule('ONE', '5000-5004', '10.3.0.0/25'), rule('TWO', '5005-5010', '10.3.0.0/25'), rule('THREE', '5000-5010', '10.3.0.128-10.3.0.255'));
    expect([types(whole, parts), types(parts, whole)]).toEqual([[], []]);
    const less = within(rule('ONE', '5000-5004', '10.3.0.0/25'), rule('TWO', '5006-5010', '10.3.0.0/25'), rule('THREE', '5000-5010', '10.3.0.128-10.3.0.255'));
    expect([types(whole, less), types(less, whole)]).toEqual([['permit-narrowed'], ['permit-widened']]);
  });

  it('a rule that was split by times of the week lets the same through', () => {
    const ssh = /      - \{rule_id: SSH.*\n/;
    const at = (...schedules: readonly string[]): string => SPEC.replace(ssh, (line) => schedules.map((schedule, i) => line.replace('rule_id: SSH', `rule_id: SSH${i === 0 ? '' : `-${i}`}${schedule === '' ? '' : `, schedule: {${schedule}}`}`)).join(''));
    for (const [whole, ...parts] of [
      ['', `${EVERY_DAY}, start: "00:00", end: "12:00"`, `${EVERY_DAY}, start: "12:00", end: "23:59"`],
      ['', `days: [sat, sun], ${ALL_DAY}`, `days: [mon, tue, wed, thu, fri], ${ALL_DAY}`],
      [`days: [mon, tue], ${ALL_DAY}`, `days: [mon], ${ALL_DAY}`, `days: [tue], ${ALL_DAY}`],
      ['days: [sat], start: "20:00", end: "04:00"', 'days: [sat], start: "20:00", end: "23:59"', 'days: [sun], start: "00:00", end: "04:00"'],
      ['days: [mon], start: "06:00", end: "20:00"', 'days: [mon], start: "06:00", end: "14:00"', 'days: [mon], start: "12:00", end: "20:00"'],
    ]) {
      expect(told(at(whole), at(...parts))).toEqual([]);
      expect(told(at(...parts), at(whole))).toEqual([]);
    }
    // A minute is missing.
    expect(told(at('days: [mon], start: "06:00", end: "20:00"'), at('days: [mon], start: "06:00", end: "12:00"', 'days: [mon], start: "12:01", end: "20:00"')).map((line) => line.split(/[ :]/)[1])).toEqual(['permit-narrowed']);
    // At each time some of the codes only.
    const codes = ', modbus: {function_codes: [3, 4],';
    const timed = (days: string, list: string): string => `schedule: {days: [${days}], ${ALL_DAY}}, access: read, modbus: {function_codes: [${list}],`;
    const twice = (one: string, other: string): string => SPEC.replace(POLL, (line) => line.replace(`access: read${codes}`, one) + line.replace('rule_id: POLL', 'rule_id: POLL-2').replace(`access: read${codes}`, other));
    const [weekend, rest] = ['sat, sun', 'mon, tue, wed, thu, fri'];
    expect(told(SPEC, twice(timed(weekend, '3, 4'), timed(rest, '3, 4')))).toEqual([]);
    expect(told(SPEC, twice(timed(weekend, '3, 4'), timed(rest, '3'))).map((line) => line.split(/[ :]/)[1])).toEqual(['permit-narrowed']);
  });

  it('a rule that was split by addresses, by classes of access, or by ports lets the same through', () => {
    const ssh = /      - \{rule_id: SSH.*\n/;
    const rules = (...parts: readonly string[]): string => SPEC.replace(ssh, parts.map((part, i) => `      - {rule_id: S7${i === 0 ? '' : `-${i}`}, protocol: S7comm, client: {zone: OPS, assets: [HIST]}, ${part}}\n`).join(''));
    for (const [whole, ...parts] of [
      ['server: {zone: CELL, addresses: [10.2.0.1, 10.2.0.2]}, port: 102', 'server: {zone: CELL, addresses: [10.2.0.2]}, port: 102', 'server: {zone: CELL, addresses: [10.2.0.1]}, port: 102'],
      ['server: {zone: CELL, assets: [PLC-1], addresses: [10.2.0.2]}, port: 102', 'server: {zone: CELL, assets: [PLC-2]}, port: 102', 'server: {zone: CELL, assets: [PLC-1]}, port: 102'],
      ['server: {zone: CELL, assets: [PLC-1]}, port: 102, access: read-write', 'server: {zone: CELL, assets: [PLC-1]}, port: 102, access: read', 'server: {zone: CELL, assets: [PLC-1]}, port: 102, access: write'],
      ['server: {zone: CELL, assets: [PLC-1]}, port: "102-103"', 'server: {zone: CELL, assets: [PLC-1]}, port: [102, 103]'],
    ]) {
      expect(told(rules(whole), rules(...parts))).toEqual([]);
      expect(told(rules(...parts), rules(whole))).toEqual([]);
    }
  });

  it('two rules for half of the registers each let no request for all of them through', () => {
    const range = (start: number, end: number): string => `function_codes: [3], unit_ids: [1], ranges: [{table: holding-register, start: ${start}, end: ${end}, access: read}]`;
    expect(told(rulesFor(range(0, 99)), rulesFor(range(0, 49), range(50, 99))).map((line) => line.split(/[ :]/)[1])).toEqual(['permit-narrowed']);
  });

  it('what silences a finding is told: accepted risks, what is set aside, roles', () => {
    const risky = SPEC.replace('rule_id: SSH,', 'rule_id: SSH, owner: KH, accepted_risks: [ZCR-3.2],');
    expect(told(SPEC, risky)).toEqual(['medium permit-changed: SSH (OPS -> CELL, SSH) accepts ZCR-3.2 as a risk']);
    expect(told(risky, SPEC)).toEqual(['info permit-changed: SSH (OPS -> CELL, SSH) accepts ZCR-3.2 no longer']);
    const aside = (day: string, more = ''): string => `${SPEC}set_aside:\n  - {client: 10.3.0.3, servers: [10.2.0.0-10.2.0.9], transport: tcp, ports: ["80"], reason: sweep, last_seen: "2026-01-${day}T16:00:00.000Z"${more}}\n`;
    expect(told(SPEC, aside('06'))).toEqual(['low set-aside-changed: other traffic is set aside: 1 new']);
    expect(told(aside('06'), aside('09'))).toEqual(['low set-aside-changed: other traffic is set aside: 1 until later']);
    expect(told(aside('06'), aside('06', ', decision: rejected'))).toEqual(['info set-aside-changed: other traffic is set aside: 1 decided otherwise']);
    expect(told(aside('06'), SPEC)).toEqual(['info set-aside-changed: other traffic is set aside: 1 gone']);
    expect(told(SPEC, SPEC.replace('asset_id: PLC-1,', 'asset_id: PLC-1, role: sis, passive_only: true,'))).toEqual(['low zone-changed: PLC-1 is another kind of device']);
    expect(told(SPEC, SPEC.replace('conduit_id: C1\n', 'conduit_id: C1\n    mode: monitor\n'))).toEqual(['low conduit-changed: C1 is enforced otherwise, or to another level']);
  });

  it('a rejection that comes or goes is told, though neither lets anything through', () => {
    const refused = SPEC.replace(POLL, (line) => `${line}      - {rule_id: NO, protocol: FTP, port: 21, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC-2]}, decision: rejected, owner: KH}\n`);
    expect(told(refused, SPEC)).toEqual(['info permit-removed: NO (OPS -> CELL, FTP) was rejected and is gone']);
    expect(told(SPEC, refused)).toEqual(['info permit-added: NO (OPS -> CELL, FTP) is new, and rejected']);
    expect(told(refused, refused.replace('rule_id: NO', 'rule_id: NO-1'))).toEqual([]);
  });

  it('an asset that moved is told once', () => {
    const moved = SPEC.replace(', {asset_id: PLC-2, ip: [10.2.0.2]}', '').replace('{asset_id: HIST, ip: [10.3.0.1]}', '{asset_id: HIST, ip: [10.3.0.1]}, {asset_id: PLC-2, ip: [10.2.0.2]}').replace('[PLC-1, PLC-2]', '[PLC-1]');
    expect(compareSpecs(loadText(SPEC), loadText(moved)).map((finding) => finding.type).sort()).toEqual(['asset-moved', 'permit-narrowed']);
  });
});

it('two periods: what the later one asks that the earlier never did', () => {
  const earlier = observations([modbus('10.4.0.1', '10.1.0.1'), modbus('10.4.0.1', '10.1.0.2')]);
  const later = observations([modbus('10.4.0.1', '10.1.0.1', [{ code: 16 }]), modbus('10.4.0.1', '10.1.0.2'), modbus('10.4.0.1', '10.2.0.9')]);
  expect(comparePeriods(earlier, later, PLAN).map((finding) => finding.type)).toEqual(['undeclared-operation', 'undeclared-conversation', 'wider-than-observed']);
  expect(comparePeriods(earlier, earlier, PLAN)).toEqual([]);
});

it('two periods of FTP, whose data connections are on new ports every day, do not differ', () => {
  const week = (first: number): Conversation[] => [
    conversation('10.4.0.1', '10.1.0.1', { port: 21, service: 'ftp', days: daysFrom(first, 7) }),
    ...daysFrom(first, 7).map((day): Conversation => ({ ...conversation('10.4.0.1', '10.1.0.1', { port: 50000 + ((day * 997) % 15000), days: [day] }), service: { name: '', by: 'none' } })),
  ];
  expect(comparePeriods(observations(week(MONDAY)), observations(week(MONDAY + 7), daysFrom(MONDAY + 7, 7)), PLAN)).toEqual([]);
});
