/** What a plan says against itself, in the field's own example: each contradiction is told with its place, and goes when it is mended. */
import { expect, test } from 'vitest';
import { checkSpec } from '../../../src/policy/diff/check.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { loadText } from '../loaded-spec.ts';

const SPEC = `
spec_version: 1
zones:
  - {zone_id: Z1, name: SIS, kind: safety, security_level_target: "SL 3", assets: [{asset_id: SIS, ip: [10.0.1.1], role: sis, switch_port: {switch: SW1, interface: GigabitEthernet1/0/1}}]}
  - {zone_id: Z2, name: BPCS, kind: control, security_level_target: "SL 2", assets: [{asset_id: PLC, role: plc, ip: [10.0.2.1], switch_port: {switch: SW2, interface: GigabitEthernet1/0/2}}]}
  - {zone_id: Z3, name: OPS, kind: operations, security_level_target: "SL 2", assets: [{asset_id: HIST, ip: [10.0.3.1]}]}
  - {zone_id: Z4, name: DMZ, kind: dmz, security_level_target: "SL 2", assets: [{asset_id: DH, ip: [10.0.4.1]}]}
conduits:
  - conduit_id: C1
    connects: [Z2, Z3]
    security_level: "SL 2"
    protocols_allowed:
      - {rule_id: UA, protocol: OPC UA, transport: tcp, port: 4840, client: {zone: Z3, assets: [HIST]}, server: {zone: Z2, assets: [PLC]}, access: read, opcua: {security_mode: [Sign]}}
  - conduit_id: C2
    connects: [Z3, Z4]
    protocols_allowed:
      - {rule_id: OUT, protocol: PI, transport: udp, port: 5450, client: {zone: Z3, assets: [HIST]}, server: {zone: Z4, assets: [DH]}, unidirectional: {from: Z3, to: Z4}}
  - conduit_id: C3
    connects: [Z4, Z3]
    protocols_allowed:
      - {rule_id: LEG, protocol: HTTPS, transport: tcp, port: 443, client: {zone: Z3, assets: [HIST]}, server: {zone: Z4, assets: [DH]}}
`;

const lintsOf = (text: string): string[] => checkSpec(loadText(text)).map(({ rule }) => rule);

test.each([
  ['an air-gapped zone on the switch that others share', 'air-gap-shared-device', [['kind: safety', 'kind: safety, air_gapped: true'], ['switch: SW2', 'switch: SW1']]],
  ['an air-gapped zone with a VLAN that others share', 'air-gap-shared-vlan', [['kind: safety', 'kind: safety, air_gapped: true, vlans: [10]'], ['kind: control', 'kind: control, vlans: [10]']]],
  ['an air-gapped zone with a conduit', 'air-gap-conduit', [['kind: operations', 'kind: operations, air_gapped: true']]],
  ['a flow back beside the diode, in another conduit', 'flow-beside-diode', [['client: {zone: Z3, assets: [HIST]}, server: {zone: Z4, assets: [DH]}}', 'client: {zone: Z4, assets: [DH]}, server: {zone: Z3, assets: [HIST]}}']]],
  ['violation shutdown on a controller', 'violation-shutdown', [['GigabitEthernet1/0/2', 'GigabitEthernet1/0/2, violation: shutdown']]],
  ['a conduit weaker than its zones', 'conduit-level', [['security_level: "SL 2"', 'security_level: "SL 1"']]],
  ['function codes in the direction of a rule that is not for Modbus', 'limit-without-effect', [['protocol: HTTPS,', 'protocol: HTTPS, direction: "Z3 -> Z4 (FC 3 only)",']]],
  ['a device that enforces and has no interface in one of the zones', 'enforcer-without-interface', [['conduit_id: C1', 'conduit_id: C1\n    enforced_by: [FW]'], ['conduits:', 'enforcement_points: [{ep_id: FW, platform: linux-nft, interfaces: [{zone: Z2, interface: eth0}]}]\nconduits:']]],
  ['classes of CIP', 'limit-without-effect', [['protocol: HTTPS, transport: tcp, port: 443,', 'protocol: EtherNet/IP, cip: {services: [14], classes: [107]},']]],
  ['SignAndEncrypt and read only by the network', 'encrypted-read-only', [['security_mode: [Sign]', 'security_mode: [SignAndEncrypt]']]],
] as const)('%s', (_, rule, edits) => {
  expect(lintsOf(SPEC)).not.toContain(rule);
  let text = SPEC;
  for (const [from, to] of edits) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  expect(lintsOf(text)).toContain(rule);
});

const saidOf = (text: string, rules: readonly string[]): string[] => checkSpec(loadText(text)).filter(({ rule }) => rules.includes(rule)).map(({ line, severity, rule, message }) => `${line} ${severity} ${rule}: ${message}`);

test('a zone whose last asset went away, and the rules for the whole of it; not one of the Internet, which public addresses belong to', () => {
  const said = (from: string, to: string): string[] => saidOf(SPEC.replace(', assets: [{asset_id: DH, ip: [10.0.4.1]}]', from).replaceAll('{zone: Z4, assets: [DH]}', to), ['empty-zone', 'end-without-address']);
  const empty = '7 low empty-zone: Z4 has no asset and no network';
  expect(said(', assets: []', '{zone: Z4, addresses: [10.0.4.1]}')).toEqual([empty]);
  expect(said('', '{zone: Z4}')).toEqual([empty, ...[[17, 'OUT'], [21, 'LEG']].map(([line, id]) => `${line} medium end-without-address: ${id} is for the whole of Z4, which has no asset and no network: it lets nothing through`)]);
  expect(said(', networks: [10.0.4.0/24]', '{zone: Z4}')).toEqual([]);
  expect(saidOf(SPEC.replace('DMZ, kind: dmz, security_level_target: "SL 2", assets: [{asset_id: DH, ip: [10.0.4.1]}]', 'NET, kind: external').replaceAll('{zone: Z4, assets: [DH]}', '{zone: Z4}'), ['empty-zone', 'end-without-address'])).toEqual([]);
});

test('OPC UA without signatures: alone, and beside modes that have them', () => {
  const said = (modes: string): string[] => saidOf(SPEC.replace('security_mode: [Sign]', `security_mode: [${modes}]`), ['opcua-none']);
  expect(said('Sign')).toEqual([]);
  expect(said('None')).toEqual(['13 medium opcua-none: UA lets OPC UA without signatures through']);
  expect(said('None, SignAndEncrypt')).toEqual(['13 medium opcua-none: UA lets sessions without signatures do all that the others may']);
  expect(said('None], services: [GetEndpoints')).toEqual([]);
});

test('an alias is told before a command has to write: its place, all others, and what to do', () => {
  expect(saidOf(SPEC, ['alias'])).toEqual([]);
  const text = SPEC.replace('security_level_target: "SL 3"', 'security_level_target: &two "SL 2"').replaceAll(/(Z[23], name.*)security_level_target: "SL 2"/g, '$1security_level_target: *two');
  for (const mark of ['', '\uFEFF']) {
    expect(checkSpec(loadText(mark + text)).filter(({ rule }) => rule === 'alias')).toEqual([{
      line: 5, column: 69, rule: 'alias', severity: 'low', remedy: 'write out what they stand for',
      message: 'the alias *two cannot be edited: it stands for text in another place; so does what is in line 6; propose-zones --out, diff --update, serve and the other commands that write a spec will refuse this file',
    }]);
  }
  expect(saidOf(`${SPEC}x-note: "5 * 3"\nx-text: |\n  *two\n`, ['alias'])).toEqual([]);
});

test.each([
  ['operations', 'access: read, opcua: {security_mode: [Sign]}', 'access: read, operations: [Read]', 'is said with "opcua", and "operations" says nothing'],
  ['s7comm', 'protocol: HTTPS,', 'protocol: HTTPS, s7comm: {functions: [4]},', 'the protocol is HTTPS, so "s7comm" says nothing'],
  ['cip', 'protocol: OPC UA,', 'protocol: Modbus/TCP, cip: {services: [14]},', 'the protocol is Modbus/TCP, so "cip" says nothing'],
])('%s in a rule that it does not limit is an error', (_, from, to, message) => {
  expect(SPEC).toContain(from);
  expect(parseSpec(SPEC.replace(from, to), 'plant.yaml').problems.map((problem) => problem.message)).toContainEqual(expect.stringContaining(message));
  for (const fits of ['protocol: S7comm, s7comm: {functions: [4]},', 'protocol: My own, iec104: {type_ids: [36]},']) expect(parseSpec(SPEC.replace('protocol: HTTPS,', fits), 'plant.yaml').problems).toEqual([]);
});

const MODBUS = 'protocol: Modbus/TCP, client:';

test.each([
  ['direction: "Z3 -> Z2 (read only)", access: any,', 'the direction says read, but access lets diagnose, write, control, program through as well'],
  ['direction: "Z3 -> Z2 (read/write)", access: [read, program],', 'the direction says read-write, but access lets program through as well'],
  ['direction: "Z3 -> Z2 (unit 1)", modbus: {unit_ids: [1, 2]},', 'the direction allows unit 1 only, but modbus.unit_ids lists 2 as well'],
  ['direction: "Z3 -> Z2 (registers 10-99)", modbus: {ranges: [{table: coil, start: 9, end: 20}]},', 'the direction allows registers 10 to 99 only, but modbus.ranges has 9 to 20'],
  ['direction: "Z3 -> Z2 (registers 40001-40100)", modbus: {ranges: [{table: holding-register, start: 0, end: 99}]},', null],
  ['direction: "Z3 -> Z2 (registers 40001-40100)", modbus: {ranges: [{table: holding-register, start: 0, end: 100}]},', 'the direction allows registers 40001 to 40100 only, but modbus.ranges has 0 to 100'],
  ['direction: "Z3 -> Z2 (read/write, unit 1, registers 10-99)", access: [read], modbus: {unit_ids: [1], ranges: [{table: coil, start: 10, end: 99}]},', null],
])('%s', (fields, message) => {
  const text = SPEC.replace(/protocol: OPC UA.*?client:/, MODBUS).replace('access: read, opcua: {security_mode: [Sign]}', '').replace('client: {zone: Z3, assets: [HIST]}, server: {zone: Z2', `${fields} client: {zone: Z3, assets: [HIST]}, server: {zone: Z2`);
  expect(parseSpec(text, 'plant.yaml').problems.map((problem) => problem.message)).toEqual(message === null ? [] : [message]);
});

test('a security mode beside others in opcua is an error, and one of a rule that is not for OPC UA is not understood', () => {
  expect(parseSpec(SPEC.replace('access: read, opcua: {', 'access: read, security_mode: SignAndEncrypt, opcua: {'), 'plant.yaml').problems.map((problem) => problem.message)).toEqual(['security_mode is SignAndEncrypt, but opcua.security_mode lists Sign as well']);
  expect(lintsOf(SPEC.replace('protocol: HTTPS,', 'protocol: HTTPS, security_mode: Sign,'))).toContain('text-not-understood');
});

test('a rule that waits for a decision makes none superfluous that is approved', () => {
  const RULE = '{rule_id: ID, protocol: OPC UA, port: 4840, client: {zone: A}, server: {zone: B}, access: ACCESS, decision: DECISION}';
  const rule = (id: string, access: string, decision: string): string => RULE.replace('ID', id).replace('ACCESS', access).replace('DECISION', decision);
  const shadowed = (...rules: readonly string[]): string[] => checkSpec(loadText(`zones:\n  - {zone_id: A, name: a, networks: [10.1.0.0/16]}\n  - {zone_id: B, name: b, networks: [10.2.0.0/16]}\nconduits:\n  - conduit_id: C\n    connects: [A, B]\n    protocols_allowed:\n${rules.map((one) => `      - ${one}\n`).join('')}`))
    .filter((lint) => lint.rule === 'shadowed').map(({ message }) => message.split(' ')[0]);
  expect(shadowed(rule('R1', 'read', 'approved'), rule('R2', 'any', 'pending'))).toEqual([]);
  expect(shadowed(rule('R1', 'read', 'pending'), rule('R2', 'any', 'pending'))).toEqual(['R1']);
  for (const access of ['read', 'any']) {
    expect(shadowed(rule('R1', 'any', 'approved'), rule('R2', access, 'pending'))).toEqual(['R2']);
    expect(shadowed(rule('R2', access, 'pending'), rule('R1', 'any', 'approved'))).toEqual(['R2']);
  }
});
