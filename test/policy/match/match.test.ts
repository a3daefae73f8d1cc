/** What one rule lets through, word by word of it; and of several rules, which one is named. */
import { describe, expect, it } from 'vitest';
import { FOLDED_FUNCTION, type Conversation } from '../../../src/observation.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, modbus, namedOperation, observations } from '../observed.ts';

const [SCADA, SPARE, PLC, DRIVE] = ['10.3.0.1', '10.3.0.2', '10.2.0.1', '10.2.0.2'];

const specOf = (...rules: string[]): string => `spec_version: 1
zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC, ip: [${PLC}]}, {asset_id: DRIVE, ip: [${DRIVE}]}]}
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: SCADA, ip: [${SCADA}]}, {asset_id: SPARE, ip: [${SPARE}]}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
${rules.map((rule, i) => `      - {rule_id: R${i + 1}, ${rule.includes('client:') ? '' : 'client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, '}${rule}}\n`).join('')}`;

/** By ask: the rule that lets it through, else what kept it from the nearest. */
const judge = (rules: readonly string[], one: Conversation): (string | null)[] =>
  contextOf(loadText(specOf(...rules)), observations([one])).matcher.judge(one).asks.map(({ permit, miss }) => permit?.permit.id ?? (miss === null ? null : `${miss.permit} ${miss.kind}: ${miss.sentence}`));

const MODBUS = 'protocol: Modbus/TCP, transport: tcp, port: 502';
const OPCUA = 'protocol: OPC UA, transport: tcp, port: 4840';
const DNP3 = 'protocol: DNP3, transport: tcp, port: 20000';
const asked = (...codes: number[]): Conversation => modbus(SCADA, PLC, codes.map((code) => ({ code, ranges: [[7, 7]] })));
const session = (...services: (readonly [string, 'browse' | 'read' | 'write'])[]): Conversation =>
  conversation(SCADA, PLC, { port: 4840, service: 'opcua', operations: services.map(([name, access], i) => namedOperation('opcua', 600 + i, name, access)) });
const dnp3 = (name: string, code: number): Conversation => conversation(SCADA, PLC, { port: 20000, service: 'dnp3', operations: [namedOperation('dnp3', code, name, 'write')] });

describe('one rule', () => {
  it.each([
    ['any of its ports', `protocol: X, transport: tcp, port: [80, 443, 8080]`, 443, 'R1'],
    ['the last port of a range', `protocol: X, transport: tcp, port: "5000-5010"`, 5010, 'R1'],
    ['the port after a range', `protocol: X, transport: tcp, port: "5000-5010"`, 5011, 'R1 port: between the two, R1 permits X on tcp/5000-5010 only'],
    ['another transport', `protocol: X, transport: udp, port: 80`, 80, 'R1 port: between the two, R1 permits X on udp/80 only'],
    ['any transport and port', `protocol: X, transport: any`, 9, 'R1'],
  ])('%s', (_, rule, port, expected) => {
    expect(judge([rule], conversation(SCADA, PLC, { port, service: 'x' }))).toEqual([expected]);
  });

  it('speaks of its two ends only; of its service between two others of the zones it is a near miss, of another service none', () => {
    const near = 'R1 ends: R1 permits this service between the two zones, but not for this client and server';
    expect(judge([MODBUS], modbus(SPARE, PLC))).toEqual([near]);
    expect(judge([MODBUS], modbus(SCADA, DRIVE))).toEqual([near]);
    expect(judge([MODBUS], conversation(SPARE, PLC, { port: 80, service: 'http' }))).toEqual([null]);
    expect(judge([MODBUS], modbus(PLC, SCADA))).toEqual([null]);
    expect(judge([`client: {zone: OPS}, server: {zone: CELL}, ${MODBUS}`], modbus(SPARE, DRIVE))).toEqual(['R1']);
  });

  it('lets in addresses that are no asset of a zone, in their range only', () => {
    const rule = `client: {zone: OPS, addresses: ["172.16.0.10-172.16.0.20"]}, server: {zone: CELL, assets: [PLC]}, ${MODBUS}`;
    expect(['172.16.0.9', '172.16.0.10', '172.16.0.20', '172.16.0.21'].map((client) => judge([rule], modbus(client, PLC)).join(' ').slice(0, 7))).toEqual(['R1 ends', 'R1', 'R1', 'R1 ends']);
  });

  it('names the data addresses that are beyond its own', () => {
    const rule = `${MODBUS}, access: read, modbus: {function_codes: [3], ranges: [{table: holding-register, start: 10, end: 19}]}`;
    const of = (first: number, last: number): unknown => judge([rule], modbus(SCADA, PLC, [{ code: 3, ranges: [[first, last]] }]));
    expect(of(10, 19)).toEqual(['R1']);
    expect(of(20, 20)).toEqual(['R1 range: address 20 is not within 10-19']);
    expect(of(9, 10)).toEqual(['R1 range: addresses 9 to 10 are not within 10-19']);
  });

  it('with services of OPC UA lets through these; without, what its access names and what opens and closes a session', () => {
    const talk = session(['CreateSessionRequest', 'browse'], ['ReadRequest', 'read'], ['WriteRequest', 'write']);
    expect(judge([`${OPCUA}, opcua: {services: [Read]}`], talk)).toEqual([
      'R1 operation: the service CreateSession is not among the permitted ones', 'R1', 'R1 operation: the service Write is not among the permitted ones',
    ]);
    expect(judge([`${OPCUA}, access: [read]`], talk)).toEqual(['R1', 'R1', 'R1 access: Write is write, and only read is permitted']);
    expect(judge([`${OPCUA}, access: [read]`], session(['BrowseRequest', 'browse']))).toEqual(['R1 access: Browse is browse, and only read is permitted']);
  });

  it('with names lets through these, in any case, and codes by their number', () => {
    const rule = `${DNP3}, operations: [Direct Operate, "#19"]`;
    expect(judge([rule], dnp3('DIRECT OPERATE', 5))).toEqual(['R1']);
    expect(judge([rule], dnp3('Save Configuration', 19))).toEqual(['R1']);
    expect(judge([rule], dnp3('Cold Restart', 13))).toEqual(['R1 operation: "Cold Restart" is not among the permitted operations']);
    expect(judge([`${DNP3}, access: read`], dnp3('Cold Restart', 13))).toEqual(['R1 access: "Cold Restart" is write, and only browse, read is permitted']);
    expect(judge([DNP3], dnp3('Cold Restart', 13))).toEqual(['R1']);
  });

  it.each([
    [MODBUS, true], [`${MODBUS}, access: read`, false], [`${MODBUS}, modbus: {unit_ids: [1]}`, false],
  ])('%s: operations that are not told apart any more pass: %s', (rule, passes) => {
    const folded = conversation(SCADA, PLC, { operations: [namedOperation('modbus', FOLDED_FUNCTION, 'many others', 'program')] });
    expect(judge([rule], folded)).toEqual([passes ? 'R1' : 'R1 operation: more operations were asked than are told apart, and only some are permitted']);
  });

  it.each([[`${DNP3}, operations: [Read]`, false], [DNP3, true]])('%s: another protocol on its port passes: %s', (rule, passes) => {
    expect(judge([rule], conversation(SCADA, PLC, { port: 20000, service: 'http' }))).toEqual([passes ? 'R1' : 'R1 protocol: DNP3 is permitted on that port, and what was seen is http']);
  });
});

describe('of several rules', () => {
  it('the one without operations lets through what could not be read, the most exact one what could', () => {
    const rules = [`${MODBUS}, access: read`, MODBUS];
    for (const order of [[0, 1], [1, 0]]) {
      const of = (one: Conversation): unknown => judge(order.map((i) => rules[i]), one).map((id) => order[Number(id?.slice(1)) - 1]);
      expect([of(conversation(SCADA, PLC)), of(asked(3)), of(asked(3, 6))]).toEqual([[1], [0], [0, 1]]);
    }
  });

  it('the nearest miss is told, of equal ones the first', () => {
    expect(judge([`${MODBUS}, access: read`, `${MODBUS}, modbus: {function_codes: [16]}`, `${MODBUS}, modbus: {function_codes: [15]}`], asked(6))).toEqual(['R2 operation: FC 6 is not among the permitted FC 16']);
  });

  it('one that is rejected demands no security of the others', () => {
    const one = { ...session(['ReadRequest', 'read']), facts: [{ name: 'opcua.mode', value: 'None', toServer: 1, toClient: 1 }] };
    const { weaker, demanding } = contextOf(loadText(specOf(`${OPCUA}, opcua: {security_mode: [None]}, decision: rejected, owner: KH`, `${OPCUA}, opcua: {security_mode: [Sign]}`)), observations([one])).matcher.judge(one);
    expect([weaker, demanding?.permit.id]).toEqual([['mode None'], 'R2']);
  });
});
