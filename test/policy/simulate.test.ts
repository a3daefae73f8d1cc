import { describe, expect, it } from 'vitest';
import type { ConduitCompleteness } from '../../src/infer/proposal.ts';
import type { Conversation } from '../../src/observation.ts';
import { planOf } from '../../src/export/plan.ts';
import { semanticsOf, SIMULATED_TARGETS, writtenBy } from '../../src/export/simulated-target.ts';
import type { FirewallSemantics } from '../../src/policy/match/firewall-semantics.ts';
import { diffReport, diffSpec } from '../../src/policy/diff/diff.ts';
import { countDays } from '../../src/policy/simulate-cutover.ts';
import { contextOf } from '../../src/policy/diff/context.ts';
import { simulate } from '../../src/policy/simulate.ts';
import type { Simulation } from '../../src/policy/simulate.ts';
import { parseSpec } from '../../src/policy/spec/load.ts';
import { loadText } from './loaded-spec.ts';
import { conversation, modbus, MONDAY, namedOperation, observations } from './observed.ts';

const SPEC = `zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC, role: plc, ip: [10.2.0.1]}]}
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: HIST, role: historian, ip: [10.3.0.1]}, {asset_id: OPC, role: opcua-server, ip: [10.3.0.2]}]}
  - {zone_id: OFFICE, name: Office, kind: enterprise, assets: [{asset_id: PC, role: it-client, ip: [10.5.0.1]}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: POLL, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC]}, access: read, modbus: {function_codes: [3], unit_ids: [1], ranges: [{table: holding-register, start: 0, end: 99, access: read}]}}
      - {rule_id: ENG, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS, assets: [OPC]}, server: {zone: CELL, assets: [PLC]}, access: any, modbus: {function_codes: [90]}, on_demand: true}
  - conduit_id: C2
    connects: [OPS, OFFICE]
    protocols_allowed:
      - {rule_id: WEB, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OFFICE, assets: [PC]}, server: {zone: OPS, assets: [HIST]}, schedule: {days: [mon, tue, wed, thu, fri], start: "06:00", end: "20:00"}}
`;

const run = (target: string, conversations: readonly Conversation[], options = {}): Simulation =>
  simulate(contextOf(loadText(SPEC), observations(conversations)), semanticsOf(target) as FirewallSemantics, { written: writtenBy(target, planOf(loadText(SPEC), [])), ...options });

const blockedBy = (target: string, ...conversations: Conversation[]): string[] => run(target, conversations).blocked.map((one) => one.operation);

const poll = modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[0, 99]] }]);
const write = modbus('10.3.0.1', '10.2.0.1', [{ code: 6, ranges: [[5, 5]], days: [MONDAY + 3] }]);
const unit = modbus('10.3.0.1', '10.2.0.1', [{ code: 3, unit: 9 }]);
const range = modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[200, 209]] }]);
const stranger = modbus('10.3.0.2', '10.2.0.1', [{ code: 3 }]);
const mixed = modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[0, 99]] }, { code: 6, ranges: [[5, 5]] }]);
const weekend = conversation('10.5.0.1', '10.3.0.1', { port: 443, service: 'https', days: [MONDAY + 5] });

describe('a simulation', () => {
  it('says what was rejected, and asks nobody to decide on it again', () => {
    const spec = SPEC.replace('rule_id: WEB,', 'rule_id: WEB, decision: rejected, owner: KH,').replace('      - {rule_id: WEB', '      - {rule_id: TIME, protocol: NTP, transport: udp, port: 123, client: {zone: OFFICE, assets: [PC]}, server: {zone: OPS, assets: [HIST]}}\n      - {rule_id: WEB');
    const { blocked, cutover } = simulate(contextOf(loadText(spec), observations([poll, weekend])), semanticsOf('ideal') as FirewallSemantics);
    expect(blocked.map(({ permit, why, rejected }) => ({ permit, why, rejected }))).toEqual([{ permit: 'WEB', why: 'somebody rejected it (KH)', rejected: true }]);
    expect(cutover.find(({ conduit }) => conduit === 'C2')?.reason).toBe('would have blocked only what was rejected');
  });

  it.each([
    ['ideal', [], ['write'], ['unit'], ['range'], ['stranger'], ['weekend']],
    ['l4', [], [], [], [], ['stranger'], ['weekend']],
    ['cisco-asa', [], [], [], [], ['stranger'], ['weekend']],
    ['cisco-ftd', [], ['write'], ['unit'], [], ['stranger'], ['weekend']],
    ['panos', [], ['write'], [], [], ['stranger'], ['weekend']],
    ['fortios', [], [], [], [], ['stranger'], ['weekend']],
    ['nftables', [], ['write'], ['unit'], ['range'], ['stranger'], ['weekend']],
    ['suricata', [], ['write'], ['unit'], ['range'], ['stranger'], []],
  ] as const)('%s blocks what it can see, and no more', (target, ...expected) => {
    const cases = { poll, write, unit, range, stranger, weekend };
    const blocked = Object.entries(cases).map(([name, one]) => (blockedBy(target, one).length > 0 ? [name] : []));
    expect(blocked).toEqual(expected);
  });

  it.each([['ideal', true], ['nftables', true], ['suricata', true], ['panos', true], ['l4', false], ['cisco-asa', false]] as const)(
    '%s: a protocol without the header of Modbus/TCP is none of its functions',
    (target, isBlocked) => {
      const serial = { ...modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[0, 9]] }]), service: { name: 'modbus-rtu', by: 'probe' as const } };
      const web = conversation('10.3.0.1', '10.2.0.1', { service: 'http', operations: [namedOperation('http', 1, 'GET', 'read')] });
      const encrypted = conversation('10.3.0.1', '10.2.0.1', { service: 'modbus-tls' });
      expect([blockedBy(target, serial), blockedBy(target, web)]).toEqual(isBlocked ? [['FC 3 Read Holding Registers, unit 1, 0 to 9'], ['GET']] : [[], []]);
      expect(blockedBy(target, encrypted)).toEqual([]);
    },
  );

  it('a rule for serial Modbus, and one for anything on the port, let serial Modbus through', () => {
    const serial = observations([conversation('10.3.0.1', '10.2.0.1', { service: 'modbus-rtu' })]);
    const spec = (rule: string): string => SPEC.replace(/protocol: Modbus\/TCP, (.*?), access: read, modbus: \{.*$/m, `${rule}}`);
    for (const rule of ['protocol: modbus-rtu, $1, access: any', 'protocol: Modbus/TCP, $1']) expect(diffReport(contextOf(loadText(spec(rule)), serial)).counts.permitted).toBe(1);
    expect(diffSpec(loadText(SPEC), serial).map(({ type }) => type)).toContain('undeclared-operation');
  });

  it('lets through what two windows permit between them, and counts both rules as used', () => {
    const window = (id: string, days: string): string => `      - {rule_id: ${id}, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OFFICE, assets: [PC]}, server: {zone: OPS, assets: [HIST]}, schedule: {days: [${days}], start: "06:00", end: "20:00"}}\n`;
    const loaded = loadText(SPEC.replace(/ {6}- \{rule_id: WEB.*\n/, window('MON', 'mon, tue') + window('WED', 'wed')));
    const set = observations([conversation('10.5.0.1', '10.3.0.1', { port: 443, service: 'https', days: [MONDAY, MONDAY + 2], hours: [9] })]);
    expect(simulate(contextOf(loaded, set), semanticsOf('ideal')!).blocked).toEqual([]);
    expect(diffReport(contextOf(loaded, set)).counts.permitted).toBe(1);
    const step = (observed: typeof set, from = loaded) => simulate(contextOf(from, observed), semanticsOf('ideal')!).cutover.find(({ conduit }) => conduit === 'C2');
    expect(step(set)).toMatchObject({ evidenceDays: 2, reason: 'nothing would have been blocked' });
    expect(step(observations([]))?.reason).toBe('nothing would have been blocked, but nothing of it was heard: none of its 2 rules was used');
    const monday = observations([conversation('10.5.0.1', '10.3.0.1', { port: 443, service: 'https', days: [MONDAY], hours: [9] })]);
    expect(step(monday)?.reason).toBe('nothing would have been blocked; 1 of its 2 rules was never used');
    const thursday = observations([conversation('10.5.0.1', '10.3.0.1', { port: 443, service: 'https', days: [MONDAY, MONDAY + 2, MONDAY + 3], hours: [9] })]);
    expect(simulate(contextOf(loaded, thursday), semanticsOf('ideal')!).blocked).toMatchObject([{ days: [MONDAY + 3], extent: 'some' }]);
    expect(diffReport(contextOf(loaded, thursday)).counts.permitted).toBe(0);
  });

  it('names only the days after a rule expired', () => {
    const loaded = loadText(SPEC.replace('access: read, modbus', 'access: read, expires: "2026-01-07", modbus'));
    expect(simulate(contextOf(loaded, observations([modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[0, 99]], days: [MONDAY, MONDAY + 2, MONDAY + 4] }])])), semanticsOf('ideal')!).blocked)
      .toMatchObject([{ days: [MONDAY + 4], extent: 'some', why: 'the Permit expired on 2026-01-07' }]);
  });

  it('blocks no broadcast of a link, as the exports do not judge one', () => {
    expect(blockedBy('suricata', conversation('10.2.0.1', '10.2.0.255', { transport: 'udp', port: 47808, answered: false }))).toEqual([]);
    expect(blockedBy('suricata', conversation('10.2.0.1', '10.9.0.255', { transport: 'udp', port: 47808, answered: false }))).not.toEqual([]);
  });

  it('says of frames that are not IP that the target does not judge them, and blames no Permit for something else', () => {
    const spec = SPEC.replace('ip: [10.2.0.1]', 'ip: [10.2.0.1], mac: ["02:00:00:00:00:01"]').replace('ip: [10.3.0.1]', 'ip: [10.3.0.1], mac: ["02:00:00:00:00:02"]');
    const profinet = conversation('02:00:00:00:00:02', '02:00:00:00:00:01', { transport: 'eth-0x8892', port: 0, service: 'profinet-rt' });
    const judged = (target: string, text = spec): Simulation => simulate(contextOf(loadText(text), observations([profinet])), semanticsOf(target)!, { written: writtenBy(target, planOf(loadText(text), [])) });
    for (const target of ['nftables', 'cisco-asa', 'cisco-ftd', 'fortios', 'panos', 'openconfig-acl'])
      expect(judged(target).blocked).toMatchObject([{ permit: null, why: 'it is not IP: a firewall that routes never judges it. It passes by while the two zones share a link, and ends where they no longer do' }]);
    expect(judged('tofino').blocked).toMatchObject([{ permit: null, why: 'it is not IP, and this target gets no rule for such frames' }]);
    const { blocked, letThrough, counts } = judged('suricata');
    expect([blocked, counts.passed]).toEqual([[], 1]);
    expect(letThrough[0]).toMatchObject({ permit: '', operations: 1, sentence: '1 conversation that nothing declares passes: frames that are not IP match no rule' });
    // A Permit that is for it is named, with what the loss report says of it; one for any transport lets through IP alone.
    const declared = spec.replace('      - {rule_id: POLL', '      - {rule_id: RT, protocol: PROFINET, transport: eth-0x8892, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC]}}\n      - {rule_id: POLL');
    expect(judged('nftables', declared).blocked).toMatchObject([{ permit: 'RT', why: 'eth-0x8892 is not IP: this target cannot see it' }]);
    expect(judged('nftables', declared.replace('eth-0x8892', 'any')).blocked).toMatchObject([{ permit: 'RT', why: expect.stringContaining('it is not IP') }]);
    expect(judged('suricata', declared).letThrough.some(({ permit }) => permit === '')).toBe(false);
    expect(judged('ideal', declared).blocked).toEqual([]);
  });

  it('says that mode None of OPC UA is stopped where the policy is seen, and Sign is told from SignAndEncrypt nowhere', () => {
    const spec = SPEC.replace('      - {rule_id: ENG', '      - {rule_id: UA, protocol: OPC UA, transport: tcp, port: 4840, client: {zone: CELL, assets: [PLC]}, server: {zone: OPS, assets: [OPC]}, opcua: {security_mode: [SignAndEncrypt]}}\n      - {rule_id: ENG');
    const lost = (target: string): string | undefined => simulate(contextOf(loadText(spec), observations([poll])), semanticsOf(target)!, { written: writtenBy(target, planOf(loadText(spec), [])) }).letThrough.find(({ permit }) => permit === 'UA')?.sentence;
    expect(['ideal', 'suricata', 'nftables'].map(lost)).toEqual([undefined, 'also lets through OPC UA security mode Sign', 'also lets through every OPC UA security mode']);
  });

  it('blocks a session of OPC UA that is weaker than demanded, where the target sees it, and says it as one thing', () => {
    const spec = SPEC.replace('      - {rule_id: ENG', '      - {rule_id: UA, protocol: OPC UA, transport: tcp, port: 4840, client: {zone: CELL, assets: [PLC]}, server: {zone: OPS, assets: [OPC]}, opcua: {security_mode: [SignAndEncrypt]}}\n      - {rule_id: ENG');
    const session = (...modes: string[]): Conversation =>
      conversation('10.2.0.1', '10.3.0.2', { port: 4840, service: 'opcua', days: [MONDAY, MONDAY + 1], operations: ['Read', 'Publish'].map((name, i) => namedOperation('opcua', 631 + i, name, 'read', [MONDAY, MONDAY + 1])), facts: modes.map((mode) => ['opcua.mode', mode] as const) });
    const blocked = (target: string, one: Conversation, text = spec): unknown[] =>
      simulate(contextOf(loadText(text), observations([one])), semanticsOf(target)!, { written: writtenBy(target, planOf(loadText(text), [])) }).blocked.map(({ operation, count, permit, why, extent, rejected }) => [operation, count, permit, why, extent, rejected]);
    const weak = ['sessions with mode None', 40, 'UA', 'UA demands more', 'all', false];
    expect(['ideal', 'suricata', 'l4', 'nftables'].map((target) => blocked(target, session('None')))).toEqual([[weak], [weak], [], []]);
    expect(['ideal', 'suricata'].map((target) => blocked(target, session('Sign')))).toEqual([[['sessions with mode Sign', 40, 'UA', 'UA demands more', 'all', false]], []]);
    expect(blocked('ideal', session('None', 'SignAndEncrypt'))).toEqual([['sessions with mode None', 40, 'UA', 'UA demands more', 'some', false]]);
    expect(blocked('ideal', session('SignAndEncrypt'))).toEqual([]);
    const rejecting = spec.replace('      - {rule_id: ENG', '      - {rule_id: NO, protocol: OPC UA, transport: tcp, port: 4840, client: {zone: CELL, assets: [PLC]}, server: {zone: OPS, assets: [OPC]}, opcua: {security_mode: [None]}, decision: rejected, owner: KH}\n      - {rule_id: ENG');
    expect(blocked('ideal', session('None'), rejecting)).toEqual([['sessions with mode None', 40, 'NO', 'somebody rejected it (KH)', 'all', true]]);
    // A rule for another protocol on that port lets no such session through, and says nothing of how safe one has to be.
    const beside = spec.replace('      - {rule_id: UA,', '      - {rule_id: MB, protocol: Modbus/TCP, transport: tcp, port: [502, 4840], client: {zone: CELL, assets: [PLC]}, server: {zone: OPS, assets: [OPC]}, access: read}\n      - {rule_id: UA,');
    expect(['ideal', 'suricata', 'l4'].map((target) => blocked(target, session('None'), beside))).toEqual([[weak], [['sessions with mode None', 40, 'UA', 'UA demands more', 'all', false]], []]);
    expect(blocked('ideal', session('SignAndEncrypt'), beside)).toEqual([]);
    expect(diffSpec(loadText(beside), observations([session('None')])).flatMap(({ type, permit }) => (type === 'weaker-security-mode' ? [permit] : []))).toEqual(['UA']);
    for (const modes of [['None'], ['Sign'], ['SignAndEncrypt'], []]) expect(diffReport(contextOf(loadText(spec), observations([session(...modes)]))).counts.permitted).toBe(blocked('ideal', session(...modes)).length === 0 ? 1 : 0);
  });

  it('counts no more days than something was asked for, whatever else its function asked for', () => {
    const days = [MONDAY, MONDAY + 1, MONDAY + 2];
    expect([countDays([{ count: 1, days }]), countDays([{ count: 100, days }]), countDays([{ count: 0, days }])]).toEqual([1, 3, 3]);
    expect([countDays([{ count: 1, days }, { count: 1, days: [MONDAY] }]), countDays([{ count: 9, days }, { count: 9, days }]), countDays([])]).toEqual([2, 3, 0]);
  });

  it('says who, what, how often, on which days, and why', () => {
    const { blocked, counts } = run('ideal', [poll, write]);
    expect(blocked).toMatchObject([{ client: '10.3.0.1', serverAsset: 'PLC', serverRole: 'plc', count: 100, days: [MONDAY + 3], conduit: 'C1', permit: 'POLL', extent: 'all' }]);
    expect(blocked[0].why).toContain('FC 6 is not among the permitted');
    expect(counts).toEqual({ judged: 2, passed: 1, withoutPayload: 0, unread: 0, blockedConversations: 1, blockedRequests: 100 });
  });

  it('names many permitted functions as what they are, spans', () => {
    const wide = SPEC.replace('function_codes: [3]', 'function_codes: [43, 3, 1, 2, 4, 22, 23, 100, 101, 102]');
    expect(wide).not.toBe(SPEC);
    const { blocked } = simulate(contextOf(loadText(wide), observations([poll, write])), semanticsOf('ideal')!, { written: writtenBy('ideal', planOf(loadText(wide), [])) });
    expect(blocked[0].why).toBe('FC 6 is not among the permitted FC 1-4, 22, 23, 43, 100-102');
  });

  it('a session judged by its first request loses the rest with it', () => {
    expect(run('first-adu', [mixed]).blocked.map((one) => one.extent)).toEqual(['some', 'some']);
    expect(run('suricata', [mixed]).blocked.map((one) => one.operation)).toHaveLength(1);
  });

  it('open sessions break once where the state is lost', () => {
    const long = modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[0, 9]] }], { sessions: 2 });
    expect(run('cisco-asa', [long]).midstream).toHaveLength(1);
    expect(run('nftables', [long]).midstream).toHaveLength(0);
    expect(run('cisco-asa', [poll]).midstream).toHaveLength(0);
  });

  it('what passes only while it is switched on is not called blocked, and is told with its days', () => {
    const engineer = modbus('10.3.0.2', '10.2.0.1', [{ code: 90, days: [MONDAY + 2] }]);
    const off = run('ideal', [engineer]);
    expect(off.blocked).toEqual([]);
    expect(off.onDemand).toEqual([{ permit: 'ENG', conversations: 1, days: [MONDAY + 2] }]);
    const on = run('ideal', [engineer], { onDemand: true });
    expect([on.blocked, on.onDemand, on.counts.passed]).toEqual([[], [], 1]);
    // What somebody rejected beside it is blocked by itself.
    const refusing = SPEC.replace('      - {rule_id: ENG', '      - {rule_id: NO, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS, assets: [OPC]}, server: {zone: CELL, assets: [PLC]}, access: write, modbus: {function_codes: [6]}, decision: rejected, owner: KH}\n      - {rule_id: ENG');
    const both = simulate(contextOf(loadText(refusing), observations([modbus('10.3.0.2', '10.2.0.1', [{ code: 90, days: [MONDAY + 2] }, { code: 6, days: [MONDAY + 2] }])])), semanticsOf('ideal') as FirewallSemantics);
    expect(both.blocked.map(({ operation, permit, rejected }) => [operation.slice(0, 4), permit, rejected])).toEqual([['FC 6', 'NO', true]]);
    expect(both.onDemand.map(({ permit }) => permit)).toEqual(['ENG']);
  });

  it('what the spec set aside is blocked on purpose; what asks is counted', () => {
    const spec = `${SPEC}set_aside:
  - {client: 10.5.0.1, servers: [10.2.0.1], transport: tcp, ports: ["80"], reason: sweep, last_seen: "2026-03-01T00:00:00Z"}
  - {client: 10.5.0.1, servers: [10.2.0.1], transport: tcp, ports: ["8080"], reason: a look, question: "who?", last_seen: "2026-03-01T00:00:00Z"}
`;
    const { loaded } = parseSpec(spec, 'spec.yaml');
    const odd = [80, 8080].map((port) => conversation('10.5.0.1', '10.2.0.1', { port, service: 'http', days: [MONDAY] }));
    const found = simulate(contextOf(loaded!, observations(odd)), semanticsOf('ideal') as FirewallSemantics);
    expect(found).toMatchObject({ blocked: [], setAside: { conversations: 2, waiting: 1 } });
  });

  it('a switch denies nothing by default, and that is its residual risk', () => {
    const found = run('cisco-ios', [stranger]);
    expect(found.blocked).toEqual([]);
    expect(found.letThrough[0]).toMatchObject({ permit: '', operations: 1, weight: 10 });
  });

  it('a session without payload passes by its ports', () => {
    const idle = { ...conversation('10.3.0.1', '10.2.0.1'), requests: 0 };
    expect(run('nftables', [idle]).counts).toMatchObject({ passed: 1, withoutPayload: 1 });
  });

  it('payload in which no request was read is counted, where the target looks inside', () => {
    const unread: Conversation = { ...conversation('10.3.0.1', '10.2.0.1'), service: { name: 'modbus', by: 'port' } };
    expect(run('nftables', [unread]).counts).toMatchObject({ passed: 1, withoutPayload: 0, unread: 1 });
    expect(run('l4', [unread]).counts).toMatchObject({ passed: 1, unread: 0 });
    expect(run('cisco-ftd', [unread]).counts).toMatchObject({ passed: 1, unread: 0 });
    expect(run('cisco-ios', [{ ...unread, client: stranger.client, server: stranger.server }]).counts).toMatchObject({ unread: 0 });
  });

  describe('limits', () => {
    const limited = (limits: string, asked: Conversation, target = 'ideal'): Simulation => {
      const { loaded } = parseSpec(SPEC.replace('{rule_id: POLL,', `{rule_id: POLL, limits: {${limits}},`), 'spec.yaml');
      return simulate(contextOf(loaded!, observations([asked])), semanticsOf(target) as FirewallSemantics);
    };
    const quick = modbus('10.3.0.1', '10.2.0.1', [{ code: 3 }], { sessions: 3, rhythm: [{ count: 40, meanMs: 100 }, { count: 900, meanMs: 1000 }] });

    it('requests that came too fast are counted, where limits are enforced', () => {
      expect(limited('requests_per_second: 5', quick).blocked).toMatchObject([{ count: 40, permit: 'POLL', extent: 'some' }]);
      expect(limited('requests_per_second: 20', quick).blocked).toEqual([]);
      expect(limited('requests_per_second: 5', quick, 'nftables').blocked).toEqual([]);
    });

    it('connections hold, break, or cannot be told', () => {
      const many = modbus('10.3.0.1', '10.2.0.1', [{ code: 3 }], { sessions: 28 * 1440 * 3 });
      expect(limited('max_connections_per_client: 4', quick).undecided).toEqual([]);
      expect(limited('max_connections_per_client: 2', quick).undecided).toMatchObject([{ permit: 'POLL' }]);
      expect(limited('new_connections_per_minute: 2', quick).undecided).toHaveLength(1);
      expect(limited('new_connections_per_minute: 2', many).blocked).toMatchObject([{ count: 28 * 1440 }]);
    });
  });

  it('of conduits that matter alike, the one of which more was seen by now comes first, whatever the spec said when it was written', () => {
    const written = 'evidence: {days: 28, completeness: 0.5}, decision: approved';
    const loaded = loadText(SPEC.replace('kind: control, assets: [{asset_id: PLC, role: plc', 'kind: control, assets: [{asset_id: PLC, role: historian').replace('role: opcua-server', 'role: historian').replace('{rule_id: POLL,', `{rule_id: POLL, ${written},`));
    const [one, other] = loaded.spec.conduits.map(({ connects }) => [connects[0], connects[1]].sort() as [string, string]);
    const estimate = (zones: [string, string], completeness: number): ConduitCompleteness => ({ zones, seen: 9, newIn28Days: 1, completeness, sufficient: false, directions: [] });
    const order = (first: number, second: number): unknown[] =>
      simulate(contextOf(loaded, observations([])), semanticsOf('ideal') as FirewallSemantics, { completeness: [estimate(one, first), estimate(other, second)] }).cutover.map((step) => [step.conduit, step.completeness]);
    expect(order(0.9, 0.99)).toEqual([['C2', 0.99], ['C1', 0.9]]);
    expect(order(0.99, 0.9)).toEqual([['C1', 0.99], ['C2', 0.9]]);
    expect(simulate(contextOf(loaded, observations([])), semanticsOf('ideal') as FirewallSemantics).cutover.map((step) => step.completeness)).toEqual([null, null]);
  });

  it('counts what is let through beyond the Permits', () => {
    const risk = new Map(SIMULATED_TARGETS.map((semantics) => [semantics.target, run(semantics.target, [poll]).residualRisk]));
    expect(risk.get('ideal')).toBe(0);
    expect(risk.get('l4')).toBeGreaterThan(risk.get('panos') ?? 0);
    expect(risk.get('panos')).toBeGreaterThan(risk.get('nftables') ?? 0);
    expect(run('l4', [poll]).letThrough[0]).toMatchObject({ permit: 'POLL', conduit: 'C1' });
    expect(run('l4', [poll]).letThrough[0].sentence).toContain('function codes');
  });

  it.each([
    ['protocol: SSH, transport: tcp, port: 22', 0, 0, null],
    // Of twenty public codes: six write (5 each), two program (10 each), twelve are harmless (1 each).
    ['modbus: {function_codes: [3]}', 19, 61, 'all 19 other function codes, 8 of which write or program'],
    ['modbus: {function_codes: [16]}', 19, 57, 'all 19 other function codes, 7 of which write or program'],
    ['access: read', 13, 55, 'all 13 other function codes, 8 of which write or program'],
    ['access: any, modbus: {unit_ids: [1]}', 1, 1, 'every unit id'],
    ['access: any, modbus: {ranges: [{table: holding-register, start: 0, end: 9, access: read}]}', 1, 1, 'every data address'],
    ['access: any, modbus: {ranges: [{table: holding-register, start: 0, end: 9, access: write}]}', 1, 5, 'every data address, for writing too'],
    ['protocol: OPC UA, port: 4840, opcua: {services: [Read]}', 2, 10, 'every OPC UA service, Write and Call too'],
    ['protocol: OPC UA, port: 4840, access: read', 2, 10, 'every OPC UA service, Write and Call too'],
    ['protocol: OPC UA, port: 4840, opcua: {security_mode: [Sign], security_policy: [Basic256]}', 2, 2, 'every OPC UA security mode; every OPC UA security policy'],
    ['protocol: DNP3, port: 20000, operations: [Read]', 1, 10, 'every operation of the protocol'],
    ['protocol: HTTPS, port: 443, access: read', 1, 10, 'every operation of the protocol'],
    ['schedule: {days: [mon], start: "06:00", end: "20:00"}', 1, 1, 'at any time'],
    ['expires: 2030-01-01', 1, 1, 'after 2030-01-01 too'],
    ['limits: {requests_per_second: 5}', 1, 1, 'more and faster than its limits say'],
    ['protocol: HTTPS, port: 443, access: read, client: {zone: OPS}', 2, 20, 'every operation of the protocol'],
  ])('%s: a filter of addresses and ports lets %i kinds of operation through beyond it, of weight %i', (rule, operations, weight, sentence) => {
    const whole = `{rule_id: R, ${rule.includes('protocol:') ? '' : 'protocol: Modbus/TCP, transport: tcp, port: 502, '}${rule.includes('client:') ? '' : 'client: {zone: OPS, assets: [HIST]}, '}server: {zone: CELL, assets: [PLC]}, ${rule}}`;
    const text = SPEC.replace(/\{rule_id: POLL.*/, whole).replace(/\n.*\{rule_id: ENG.*/, '');
    const l4 = semanticsOf('l4') as FirewallSemantics;
    const { letThrough, residualRisk } = simulate(contextOf(loadText(text), observations([])), { ...l4, holds: { ...l4.holds, schedule: false, expiry: false } });
    const [found] = letThrough.filter(({ permit }) => permit === 'R');
    expect(found ?? null).toEqual(sentence === null ? null : { permit: 'R', conduit: 'C1', operations, weight, sentence: `also lets through ${sentence}` });
    // The rule of the other conduit has hours.
    expect(residualRisk).toBe(weight + 1);
  });

  it('a session judged by its first request lets every other function follow', () => {
    expect(run('first-adu', [poll]).letThrough.find(({ permit }) => permit === 'POLL')).toMatchObject({ operations: 21, weight: 63, sentence: 'also lets through any function after a permitted first one; every unit id; every data address' });
  });

  it('orders the cut-over: what breaks nothing and matters least first', () => {
    const order = run('ideal', [poll, write]).cutover.map((step) => step.conduit);
    expect(order).toEqual(['C2', 'C1']);
    expect(run('ideal', [poll, weekend]).cutover.map((step) => step.conduit)).toEqual(['C1', 'C2']);
  });

  it('leaves OPC UA services to those that can read them', () => {
    const call = conversation('10.3.0.1', '10.2.0.1', { port: 4840, service: 'opcua', operations: [namedOperation('opcua', 712, 'Call', 'control')] });
    expect(blockedBy('l4', call)).toHaveLength(1);
  });
});
