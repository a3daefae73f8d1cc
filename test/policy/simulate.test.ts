import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../src/observation.ts';
import { FIREWALL_SEMANTICS, semanticsOf } from '../../src/policy/firewall-semantics.ts';
import type { FirewallSemantics } from '../../src/policy/firewall-semantics.ts';
import { simulate } from '../../src/policy/simulate.ts';
import type { Simulation } from '../../src/policy/simulate.ts';
import { parseSpec } from '../../src/policy/spec-load.ts';
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

const run = (target: string, conversations: readonly Conversation[], options = {}): Simulation => {
  const { loaded, problems } = parseSpec(SPEC, 'spec.yaml');
  if (loaded === null) throw new Error(JSON.stringify(problems));
  return simulate(loaded, observations(conversations), semanticsOf(target) as FirewallSemantics, options);
};

const blockedBy = (target: string, ...conversations: Conversation[]): string[] => run(target, conversations).blocked.map((one) => one.operation);

const poll = modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[0, 99]] }]);
const write = modbus('10.3.0.1', '10.2.0.1', [{ code: 6, ranges: [[5, 5]], days: [MONDAY + 3] }]);
const unit = modbus('10.3.0.1', '10.2.0.1', [{ code: 3, unit: 9 }]);
const range = modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[200, 209]] }]);
const stranger = modbus('10.3.0.2', '10.2.0.1', [{ code: 3 }]);
const mixed = modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[0, 99]] }, { code: 6, ranges: [[5, 5]] }]);
const weekend = conversation('10.5.0.1', '10.3.0.1', { port: 443, service: 'https', days: [MONDAY + 5] });

describe('a simulation', () => {
  it.each([
    ['ideal', [], ['write'], ['unit'], ['range'], ['stranger'], ['weekend']],
    ['l4', [], [], [], [], ['stranger'], ['weekend']],
    ['cisco-asa', [], [], [], [], ['stranger'], ['weekend']],
    ['cisco-ftd', [], ['write'], ['unit'], [], ['stranger'], []],
    ['panos', [], ['write'], [], [], ['stranger'], ['weekend']],
    ['fortios', [], ['write'], [], [], ['stranger'], ['weekend']],
    ['nftables', [], ['write'], ['unit'], ['range'], ['stranger'], ['weekend']],
    ['suricata', [], ['write'], ['unit'], ['range'], ['stranger'], []],
  ] as const)('%s blocks what it can see, and no more', (target, ...expected) => {
    const cases = { poll, write, unit, range, stranger, weekend };
    const blocked = Object.entries(cases).map(([name, one]) => (blockedBy(target, one).length > 0 ? [name] : []));
    expect(blocked).toEqual(expected);
  });

  it('says who, what, how often, on which days, and why', () => {
    const { blocked, counts } = run('ideal', [poll, write]);
    expect(blocked).toMatchObject([{ client: '10.3.0.1', serverAsset: 'PLC', serverRole: 'plc', count: 100, days: [MONDAY + 3], conduit: 'C1', permit: 'POLL', extent: 'all' }]);
    expect(blocked[0].why).toContain('FC 6 is not among the permitted');
    expect(counts).toEqual({ judged: 2, passed: 1, blockedConversations: 1, blockedRequests: 100 });
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

  it('on-demand Permits are off unless switched on', () => {
    const engineer = modbus('10.3.0.2', '10.2.0.1', [{ code: 90 }]);
    expect(run('ideal', [engineer]).blocked).toHaveLength(1);
    expect(run('ideal', [engineer], { onDemand: true }).blocked).toHaveLength(0);
  });

  it('counts what is let through beyond the Permits', () => {
    const risk = new Map(FIREWALL_SEMANTICS.map((semantics) => [semantics.target, run(semantics.target, [poll]).residualRisk]));
    expect(risk.get('ideal')).toBe(0);
    expect(risk.get('l4')).toBeGreaterThan(risk.get('panos') ?? 0);
    expect(risk.get('panos')).toBeGreaterThan(risk.get('nftables') ?? 0);
    expect(run('l4', [poll]).letThrough[0]).toMatchObject({ permit: 'POLL', conduit: 'C1' });
    expect(run('l4', [poll]).letThrough[0].sentence).toContain('function codes');
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
