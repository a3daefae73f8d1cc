/** Permits of several kinds on one pair and port: what is looked into there, what the rows say of it, and what the simulation says. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { semanticsOf, writtenBy } from '../../src/export/simulated-target.ts';
import type { Conversation } from '../../src/observation.ts';
import { contextOf } from '../../src/policy/diff/context.ts';
import { simulate } from '../../src/policy/simulate.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { conversation, modbus, namedOperation, observations } from '../policy/observed.ts';

const [HMI, EWS, PLC] = ['10.30.0.2', '10.30.0.3', '10.20.0.2'];
const MODBUS = 'rule_id: MB, protocol: Modbus/TCP, port: 502, modbus: {function_codes: [3]}';
const SAFE_UA = 'rule_id: UA, protocol: OPC UA, transport: tcp, port: 502, opcua: {security_mode: [Sign, SignAndEncrypt]}';
/** From the HMI alone. */
const PLAIN = 'rule_id: PLAIN, protocol: vendor tool, transport: tcp, port: 400-600, client: {zone: OPS, assets: [HMI]}';

const exported = (target: string, flows: readonly string[]) => {
  const loaded = loadText(`
zones:
  - {zone_id: CELL, name: c, networks: [10.20.0.0/24], assets: [{asset_id: PLC, ip: [${PLC}]}]}
  - {zone_id: OPS, name: o, networks: [10.30.0.0/24], assets: [{asset_id: HMI, ip: [${HMI}]}, {asset_id: EWS, ip: [${EWS}]}]}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    protocols_allowed:
${flows.map((flow) => `      - {${flow}${flow.includes('client:') ? '' : ', client: {zone: OPS}'}, server: {zone: CELL, assets: [PLC]}}`).join('\n')}
`);
  const plan = planOf(loaded, []);
  const { files, losses } = exportPlan(exporterOf(target), plan, { mode: 'enforce', allowWider: true });
  const written = writtenBy(target, plan);
  return {
    rules: files.filter(({ path }) => path.endsWith('.rules')).flatMap(({ content }) => String(content).split('\n').filter((line) => line !== '' && !line.startsWith('#'))),
    row: (id: string) => losses.find(({ permit }) => permit === id)!,
    passes: (one: Conversation): boolean => simulate(contextOf(loaded, observations([one])), semanticsOf(target)!, { written }).counts.passed === 1,
  };
};

const write = (client: string): Conversation => modbus(client, PLC, [{ code: 6 }]);
const session = (mode: string, policy: string): Conversation => conversation(HMI, PLC, { service: 'opcua', operations: [namedOperation('opcua', 1, 'ReadRequest', 'read')], facts: [['opcua.mode', mode], ['opcua.policy', policy]] });
const ON_MODBUS = { suricata: 'modbus: function 6;', 'cisco-ftd': 'modbus_func:write_single_register;' } as const;

for (const target of ['suricata', 'cisco-ftd'] as const) {
  test(`${target}: beside a Permit for all of the port no request is looked into, and only there`, () => {
    const { rules, row, passes } = exported(target, [MODBUS, PLAIN]);
    const stops = rules.filter((rule) => rule.includes(ON_MODBUS[target]));
    expect(stops.length).toBeGreaterThan(0);
    expect(stops.filter((rule) => rule.includes(HMI))).toEqual([]);
    expect(stops.every((rule) => rule.includes('10.30.0.'))).toBe(true);
    expect([row('MB').verdict, row('PLAIN').verdict]).toEqual(['widened', 'enforced']);
    expect(row('MB').widenedTo).toContain('where PLAIN has the same addresses and port');
    expect([passes(write(HMI)), passes(write(EWS)), passes(modbus(EWS, PLC))]).toEqual([true, false, true]);
  });

  test(`${target}: alone, or beside other Permits for Modbus, requests are looked into`, () => {
    for (const flows of [[MODBUS], [MODBUS, 'rule_id: COILS, protocol: Modbus/TCP, port: 502, modbus: {function_codes: [1]}']]) {
      const { rules, row, passes } = exported(target, flows);
      expect(rules.some((rule) => rule.includes(ON_MODBUS[target]))).toBe(true);
      expect(row('MB').reasons.join()).not.toContain('nothing is looked into there');
      expect(passes(write(HMI))).toBe(false);
    }
  });
}

test('suricata: beside Modbus the security of OPC UA is looked at all the same, and the row of Modbus says that its requests are not', () => {
  const { rules, row, passes } = exported('suricata', [MODBUS, SAFE_UA]);
  expect(rules.filter((rule) => rule.includes('content:"OPN"'))).toHaveLength(6);
  expect(rules.filter((rule) => rule.includes('modbus'))).toEqual([]);
  expect([row('MB').verdict, row('UA').verdict]).toEqual(['widened', 'enforced']);
  expect(row('MB').widenedTo).toContain('where UA has the same addresses and port');
  expect([write(HMI), session('Sign', 'Basic256Sha256'), session('None', 'None')].map(passes)).toEqual([true, true, false]);
});

test('suricata: an OPC UA session may be as weak as another Permit for all of the port lets it be, and the row says so', () => {
  for (const other of [PLAIN, 'rule_id: PLAIN, protocol: OPC UA, transport: tcp, port: 502, opcua: {security_mode: [None]}', 'rule_id: PLAIN, protocol: any, transport: any']) {
    const { rules, row, passes } = exported('suricata', [SAFE_UA, other]);
    expect(rules.filter((rule) => rule.includes('content:"OPN"') && rule.includes(HMI))).toEqual([]);
    expect([row('UA').verdict, row('UA').widenedTo]).toEqual(['widened', 'every OPC UA security policy where PLAIN has the same addresses and port']);
    expect(passes(session('None', 'None'))).toBe(true);
  }
});

test('suricata: what is no OPC UA on the port of an OPC UA Permit passes, to the simulation too', () => {
  const { row, passes } = exported('suricata', ['rule_id: UA, protocol: OPC UA, port: 502, opcua: {security_mode: [Sign, SignAndEncrypt]}']);
  expect(row('UA').reasons).toContain('what is no OPC UA on its port passes');
  expect([passes(write(HMI)), passes(session('None', 'None'))]).toEqual([true, false]);
});

test('suricata: a policy is agreed upon in a stream alone', () => {
  const { row } = exported('suricata', ['rule_id: UA, protocol: OPC UA, transport: udp, port: 4840, opcua: {security_policy: [Basic256Sha256]}']);
  expect([row('UA').verdict, row('UA').widenedTo]).toEqual(['widened', 'every security policy']);
});

test('cisco-ftd: what is no Modbus passes, so the row of a Permit that is looked into is widened', () => {
  const { row, passes } = exported('cisco-ftd', [MODBUS]);
  expect([row('MB').verdict, row('MB').widenedTo]).toEqual(['widened', 'what is no Modbus/TCP on its port']);
  expect([row('MB').extraOperations, row('MB').reasons]).toEqual([0, ['what is no Modbus/TCP on its port passes, unless its access rule names the application too']]);
  expect([passes(write(HMI)), passes(conversation(HMI, PLC, { service: 'http' }))]).toEqual([false, true]);
});
