/** The simulation of a target lets pass what the target's export lets through: both are held to the effects of the loss report. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Effect } from '../../src/export/exporter.ts';
import { letsThrough } from '../../src/export/permit-judge.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf, listTargets } from '../../src/export/registry.ts';
import { semanticsOf, SIMULATED_TARGETS, writtenBy } from '../../src/export/simulated-target.ts';
import type { Conversation } from '../../src/observation.ts';
import { contextOf } from '../../src/policy/diff/context.ts';
import { simulate, type Simulation } from '../../src/policy/simulate.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { conversation, modbus, MONDAY, namedOperation, observations } from '../policy/observed.ts';

const SUNDAY = MONDAY + 6;
const loaded = loadText(`
zones:
  - {zone_id: CELL, name: c, networks: [10.20.0.0/24, "fd20::/64"], assets: [{asset_id: PLC, ip: [10.20.0.2, "fd20::2"]}]}
  - {zone_id: OPS, name: o, networks: [10.30.0.0/24, "fd30::/64"], assets: [{asset_id: SCADA, ip: [10.30.0.2, "fd30::2"]}, {asset_id: EWS, ip: [10.30.0.3]}]}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: PLAIN, protocol: SSH, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}}
      - {rule_id: SCHEDULE, protocol: FTP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, schedule: {days: [mon], start: "08:00", end: "16:00"}}
      - {rule_id: EXPIRED, protocol: HTTP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, expires: "2020-01-01"}
      - {rule_id: BOTH, protocol: RDP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, expires: "2020-01-01", schedule: {days: [mon], start: "08:00", end: "16:00"}}
      - {rule_id: ONEWAY, protocol: HTTPS, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, unidirectional: {from: OPS, to: CELL}}
      - {rule_id: DEMAND, protocol: Telnet, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, on_demand: true}
      - {rule_id: SCTP, protocol: M3UA, transport: sctp, port: 2905, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}}
      - {rule_id: READ, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, modbus: {function_codes: [3, 4], unit_ids: [1], ranges: [{table: holding-register, start: 10, end: 19, access: read}]}}
      - {rule_id: WRITE, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, modbus: {function_codes: [6, 23], unit_ids: [2], ranges: [{table: holding-register, start: 0, end: 9, access: write}, {table: holding-register, start: 10, end: 19, access: read}]}}
      - {rule_id: ENGINEER, protocol: Modbus/TCP, client: {zone: OPS, assets: [EWS]}, server: {zone: CELL, assets: [PLC]}, modbus: {function_codes: [43]}}
      - {rule_id: NAMED, protocol: S7comm, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, operations: ["Read Var"]}
      - {rule_id: SERVICES, protocol: OPC UA, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, opcua: {security_mode: [Sign], services: [Read]}}
      - {rule_id: ACCESS, protocol: OPC UA, port: 4841, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, access: read, opcua: {security_mode: [Sign]}}
`);
const plan = planOf(loaded, []);

/** Every target that filters and can be simulated. */
const TARGETS = listTargets().filter(({ name, filters }) => filters && semanticsOf(name) !== null).map(({ name }) => name);

const rowsOf = new Map(TARGETS.map((target) => [target, exportPlan(exporterOf(target), plan, { mode: 'enforce', allowWider: true }).losses]));
const writtenOf = new Map(TARGETS.map((target) => [target, writtenBy(target, plan)]));
const effectsOf = (target: string): readonly Effect[] => rowsOf.get(target)!.flatMap((row) => row.effects);
const simulated = (target: string, one: Conversation, onDemand = false): Simulation =>
  simulate(contextOf(loaded, observations([one])), semanticsOf(target)!, { onDemand, written: writtenOf.get(target) ?? null });
const passes = (target: string, one: Conversation): boolean => simulated(target, one, true).blocked.length === 0;

test('every target that filters is simulated, but for the diode, which judges nothing', () => {
  expect(listTargets().filter(({ filters, name }) => filters && !TARGETS.includes(name)).map(({ name }) => name)).toEqual(['data-diode']);
  expect(new Set(SIMULATED_TARGETS.map(({ target }) => target)).size).toBe(SIMULATED_TARGETS.length);
});

const SERVICES = [
  { port: 22, day: MONDAY }, { port: 21, day: SUNDAY }, { port: 80, day: SUNDAY }, { port: 3389, day: SUNDAY }, { port: 443, day: MONDAY }, { port: 23, day: MONDAY },
  { port: 2905, day: MONDAY, transport: 'sctp' }, { port: 2906, day: MONDAY, transport: 'sctp' }, { port: 9, day: MONDAY },
] as const;
const PAIRS = [['10.30.0.2', '10.20.0.2'], ['fd30::2', 'fd20::2'], ['10.30.0.3', '10.20.0.2']] as const;

for (const target of TARGETS) {
  test(`${target}: schedules, end dates, IPv6, one way, on demand, transports`, () => {
    const effects = effectsOf(target);
    for (const [client, server] of PAIRS)
      for (const service of SERVICES) {
        const { port, day } = service;
        const transport = 'transport' in service ? service.transport : 'tcp';
        // All days are after the end dates; Sunday is outside the window.
        const standing = effects.filter((effect) => effect.expires === '' && (effect.schedule === '' || day === MONDAY));
        const one = conversation(client, server, { port, transport: transport as Conversation['transport'], days: [day] });
        expect([client, port, passes(target, one)]).toEqual([client, port, letsThrough(standing, { client, server, transport, port, modbus: null })]);
      }
  });

  test(`${target}: Modbus functions, units and addresses`, () => {
    const effects = effectsOf(target);
    for (const [client, server] of PAIRS)
      for (const code of [1, 3, 4, 6, 8, 16, 43, 90])
        for (const unit of [1, 2, 9])
          for (const start of [0, 5, 10, 19, 20, 300]) {
            const hasAddress = [1, 3, 4, 6, 16].includes(code);
            const one = modbus(client, server, [{ code, unit, ...(hasAddress ? { ranges: [[start, start]] as [number, number][] } : {}) }]);
            const request = { unit, functionCode: code, start: hasAddress ? start : 0, quantity: 1 };
            expect([client, code, unit, start, passes(target, one)]).toEqual([client, code, unit, start, letsThrough(effects, { client, server, transport: 'tcp', port: 502, modbus: request })]);
          }
  });

  test(`${target}: operations of other protocols`, () => {
    const rows = new Map(rowsOf.get(target)!.map((row) => [row.permit, row]));
    const asked = (port: number, protocol: string, name: string): Conversation =>
      conversation('10.30.0.2', '10.20.0.2', { port, service: protocol, operations: [namedOperation(protocol, 1, name, 'write')] });
    expect(passes(target, asked(102, 's7comm', 'Write Var'))).toBe(rows.get('NAMED')!.widenedTo.includes('every S7comm operation'));
    expect(passes(target, asked(4841, 'opcua', 'Write'))).toBe(rows.get('ACCESS')!.widenedTo.includes('every OPC UA service'));
    expect(rows.get('ACCESS')!.widenedTo).toContain('every OPC UA service');
    expect(passes(target, asked(4840, 'opcua', 'Write'))).toBe(rows.get('SERVICES')!.widenedTo.includes('every OPC UA service'));
  });

  test(`${target}: what has no rule is blocked with the reason of the loss report`, () => {
    const rows = rowsOf.get(target)!;
    expect(rows.find((row) => row.permit === 'ONEWAY')?.verdict).toBe('not-enforceable');
    const [blocked] = simulated(target, conversation('10.30.0.2', '10.20.0.2', { port: 443, days: [MONDAY] })).blocked;
    expect(blocked).toMatchObject({ permit: 'ONEWAY', conduit: 'C', why: rows.find((row) => row.permit === 'ONEWAY')?.reasons.join('. ') });
  });
}

test('what is said to get through beyond the spec is of Permits that the export widens', () => {
  for (const target of TARGETS) {
    const widened = new Set(rowsOf.get(target)!.filter((row) => row.verdict === 'widened').map((row) => row.permit));
    const { letThrough } = simulate(contextOf(loaded, observations([])), semanticsOf(target)!, { onDemand: true, written: writtenOf.get(target) ?? null });
    for (const { permit } of letThrough) expect([target, permit, widened.has(permit)]).toEqual([target, permit, true]);
    for (const permit of ['SCHEDULE', 'EXPIRED', 'READ', 'NAMED', 'SERVICES'])
      expect([target, permit, letThrough.some((one) => one.permit === permit)]).toEqual([target, permit, widened.has(permit)]);
  }
});

test('a FortiGate with the ids of its functions is another one than without', () => {
  const write = modbus('10.30.0.3', '10.20.0.2', [{ code: 6 }]);
  const blocked = (applicationIds: Record<string, number>): number =>
    simulate(contextOf(loaded, observations([write])), semanticsOf('fortios')!, { written: writtenBy('fortios', plan, { applicationIds }) }).blocked.length;
  expect([blocked({}), blocked({ 'modbus:43': 9 })]).toEqual([0, 1]);
});

test('what is another protocol on a Modbus port passes where the row of the loss report says so, and nowhere else that looks inside', () => {
  const http = conversation('10.30.0.3', '10.20.0.2', { port: 502, service: 'http' });
  for (const target of ['cisco-ftd', 'nftables', 'suricata']) {
    const row = rowsOf.get(target)!.find(({ permit }) => permit === 'ENGINEER');
    expect([target, passes(target, http)]).toEqual([target, row!.reasons.some((reason) => reason.includes('what is no Modbus/TCP on its port passes'))]);
  }
  expect([passes('cisco-ftd', http), passes('suricata', http), passes('cisco-ftd', modbus('10.30.0.3', '10.20.0.2', [{ code: 6 }]))]).toEqual([true, false, false]);
});

const between = (flow: string) => {
  const own = loadText(`
zones:
  - {zone_id: CELL, name: c, networks: [10.20.0.0/24], assets: [{asset_id: PLC, ip: [10.20.0.2]}]}
  - {zone_id: OPS, name: o, networks: [10.30.0.0/24], assets: [{asset_id: SCADA, ip: [10.30.0.2]}]}
conduits:
  - {conduit_id: C, connects: [CELL, OPS], protocols_allowed: [{rule_id: R, client: {zone: OPS}, server: {zone: CELL, assets: [PLC]}, port: 502, ${flow}}]}
`);
  const ownPlan = planOf(own, []);
  return {
    row: (target: string) => exportPlan(exporterOf(target), ownPlan, { mode: 'enforce', allowWider: true }).losses[0]!,
    passes: (target: string, one: Conversation): boolean => simulate(contextOf(own, observations([one])), semanticsOf(target)!, { written: writtenBy(target, ownPlan) }).counts.passed === 1,
  };
};

test('EtherNet/IP, as a proposal writes it, is what was seen as enip: the CIP services that no Permit names are blocked', () => {
  const { passes: isPassed } = between('protocol: EtherNet/IP, cip: {services: [1]}');
  const asks = (code: number): Conversation => conversation('10.30.0.2', '10.20.0.2', { service: 'enip', operations: [namedOperation('enip', code, `service ${code}`, 'read')] });
  const http = conversation('10.30.0.2', '10.20.0.2', { service: 'http' });
  expect([asks(1), asks(2), http].map((one) => isPassed('cisco-ftd', one))).toEqual([true, false, true]);
  // What is no EtherNet/IP is none of the operations that the rule names.
  expect([asks(1), asks(2), http].map((one) => isPassed('ideal', one))).toEqual([true, false, false]);
});

test('a Permit that lets nothing through, because its code does nothing that its access names, has no rule anywhere', () => {
  const { row, passes: isPassed } = between('protocol: Modbus/TCP, access: read, modbus: {function_codes: [6]}');
  for (const target of TARGETS) {
    if (target === 'cisco-ios') continue;
    expect([target, row(target).verdict, row(target).reasons[0]]).toEqual([target, 'not-enforceable', 'it lets nothing through: none of its function codes does what its access (browse, read) names']);
    expect([target, isPassed(target, modbus('10.30.0.2', '10.20.0.2', [{ code: 6 }])), isPassed(target, modbus('10.30.0.2', '10.20.0.2'))]).toEqual([target, false, false]);
  }
});
