/** Whether one rule lets through all that another does: each clause of the two by itself, and both ways. */
import { describe, expect, it } from 'vitest';
import { coverCandidates, permitCovers } from '../../../src/policy/match/permit-cover.ts';
import { indexAssets } from '../../../src/policy/spec/assets.ts';
import type { LoadedSpec } from '../../../src/policy/spec/load.ts';
import { loadText } from '../loaded-spec.ts';

const ENDS = 'client: {zone: OPS, assets: [A]}, server: {zone: CELL, assets: [PLC]}';

const covers = (outer: string, inner: string): boolean => {
  const { spec, permits } = loadText(`spec_version: 1
zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC, ip: [10.2.0.1]}]}
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: A, ip: [10.3.0.1]}, {asset_id: B, ip: [10.3.0.2]}, {asset_id: UNSEEN}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
${[outer, inner].map((rule, i) => `      - {rule_id: R${i}, ${rule.includes('client:') ? '' : `${ENDS}, `}${rule.includes('protocol:') ? '' : 'protocol: Modbus/TCP, transport: tcp, port: 502, '}${rule}}\n`).join('')}`);
  return permitCovers(permits[0].permit, permits[1].permit, indexAssets(spec, []));
};

const MODBUS = 'access: [read, write], modbus: {function_codes: [3, 16], unit_ids: [1, 2]}';
const UA = 'protocol: OPC UA, transport: tcp, port: 4840';
const S7 = 'protocol: S7comm, transport: tcp, port: 102';
const ranges = (codes: string, ...list: string[]): string =>
  `access: any, modbus: {function_codes: [${codes}]${list.length === 0 ? '' : `, ranges: [${list.map((one) => `{${one.includes('table:') ? '' : 'table: holding-register, '}${one}}`).join(', ')}]`}}`;
const unitOne = (range = ''): string => `access: any, modbus: {unit_ids: [1]${range === '' ? '' : `, ranges: [{table: holding-register, ${range}}]`}}`;
const from = (end: string): string => `client: {zone: OPS, ${end}}, server: {zone: CELL, assets: [PLC]}`;

describe('covers, and is not covered by it', () => {
  it.each([
    ['any access', 'access: any', 'access: read'],
    ['more access', 'access: [read, write]', 'access: [read]'],
    ['any operation of Modbus', 'access: any', MODBUS],
    ['any function', 'access: [read, write]', MODBUS],
    ['more functions', 'access: [read, write], modbus: {function_codes: [3, 6, 16], unit_ids: [1, 2]}', MODBUS],
    ['more units', 'access: [read, write], modbus: {function_codes: [3, 16], unit_ids: [1, 2, 3]}', MODBUS],
    ['every unit', 'access: [read, write], modbus: {function_codes: [3, 16]}', MODBUS],
    ['a code for all that it does', 'access: any, modbus: {function_codes: [8]}', 'access: [diagnose], modbus: {function_codes: [8]}'],
    ['a wider range', ranges('3', 'start: 0, end: 20'), ranges('3', 'start: 5, end: 9')],
    ['no range', ranges('3'), ranges('3', 'start: 0, end: 65534')],
    ['a range for reading only, of a code that does both', ranges('23', 'start: 0, end: 9, access: read'), ranges('23', 'start: 0, end: 9')],
    ['every function of any unit', 'access: any', unitOne()],
    ['no range, for every function', unitOne(), unitOne('start: 0, end: 9')],
    ['a wider range, for every function', unitOne('start: 0, end: 12'), unitOne('start: 0, end: 9')],
    ['every function of a range', unitOne('start: 0, end: 9'), 'access: any, modbus: {function_codes: [3], unit_ids: [1], ranges: [{table: holding-register, start: 2, end: 3}]}'],
    ['any service', UA, `${UA}, opcua: {services: [Read]}`],
    ['more services', `${UA}, opcua: {services: [Read, Write]}`, `${UA}, opcua: {services: [Read]}`],
    ['a weaker mode', `${UA}, opcua: {security_mode: [Sign]}`, `${UA}, opcua: {security_mode: [SignAndEncrypt]}`],
    ['any mode', UA, `${UA}, opcua: {security_mode: [Sign]}`],
    ['a weaker policy', `${UA}, opcua: {security_policy: [Basic256]}`, `${UA}, opcua: {security_policy: [Basic256Sha256]}`],
    ['any named operation', S7, `${S7}, operations: [Read Var]`],
    ['more of them, in any case', `${S7}, operations: [read var, Write Var]`, `${S7}, operations: [Read Var]`],
    ['any transport and port', 'protocol: X, transport: any', 'protocol: X, transport: tcp, port: 80'],
    ['any port', 'protocol: X, transport: any', 'protocol: X, transport: any, port: 80'],
    ['more ports', 'protocol: X, transport: tcp, port: [80, 81, 82]', 'protocol: X, transport: tcp, port: "80-81"'],
    ['a wider range of ports', 'protocol: X, transport: tcp, port: "80-90"', 'protocol: X, transport: tcp, port: [80, 90]'],
    ['any day', '', 'schedule: {days: [mon], start: "00:00", end: "23:59"}'],
    ['more hours', 'schedule: {days: [mon, tue], start: "06:00", end: "20:00"}', 'schedule: {days: [tue], start: "06:00", end: "19:59"}'],
    ['for ever', '', 'expires: 2030-01-01'],
    ['longer', 'expires: 2030-01-02', 'expires: 2030-01-01'],
    ['always', '', 'on_demand: true'],
    ['a whole zone', 'client: {zone: OPS}, server: {zone: CELL, assets: [PLC]}', from('assets: [A, UNSEEN]')],
    ['more assets', from('assets: [A, B]'), from('assets: [B]')],
    ['a network', from('addresses: [10.3.0.0/24]'), from('assets: [A, B]')],
  ])('%s', (_, wide, narrow) => {
    expect([covers(wide, narrow), covers(narrow, wide), covers(wide, wide), covers(narrow, narrow)]).toEqual([true, false, true, true]);
  });
});

describe('covers neither way', () => {
  it.each([
    ['other functions', 'access: any, modbus: {function_codes: [3]}', 'access: any, modbus: {function_codes: [4]}'],
    ['units beside functions', 'access: any, modbus: {function_codes: [3]}', 'access: any, modbus: {unit_ids: [1]}'],
    ['ranges of which each has its own part', ranges('3', 'start: 0, end: 9'), ranges('3', 'start: 5, end: 12')],
    ['ranges of which they share one', ranges('3', 'start: 0, end: 9', 'start: 20, end: 29'), ranges('3', 'start: 0, end: 9', 'start: 30, end: 39')],
    ['ranges that only touch', ranges('3', 'start: 0, end: 9'), ranges('3', 'start: 10, end: 12')],
    ['other services', `${UA}, opcua: {services: [Read]}`, `${UA}, opcua: {services: [Write]}`],
    ['protocols whose operations are read', UA, 'protocol: S7comm, transport: tcp, port: 4840'],
    ['other transports', 'protocol: X, transport: tcp, port: 80', 'protocol: X, transport: udp, port: 80'],
    ['ports that overlap', 'protocol: X, transport: tcp, port: "80-90"', 'protocol: X, transport: tcp, port: "85-95"'],
    ['other assets', from('assets: [A]'), from('assets: [B]')],
    ['an asset without addresses, which no network holds', from('addresses: [10.3.0.0/24]'), from('assets: [UNSEEN]')],
    ['days of which each has its own', 'schedule: {days: [mon, tue], start: "06:00", end: "20:00"}', 'schedule: {days: [tue, wed], start: "06:00", end: "20:00"}'],
  ])('%s', (_, a, b) => {
    expect([covers(a, b), covers(b, a)]).toEqual([false, false]);
  });

  it('what was rejected covers nothing, itself neither', () => {
    expect(covers('decision: rejected, owner: KH', 'access: read')).toBe(false);
  });
});

it('a range of one table says nothing of a code of another', () => {
  expect(covers(ranges('1, 3', 'table: holding-register, start: 0, end: 9'), ranges('1'))).toBe(true);
  expect(covers(ranges('1, 3', 'table: holding-register, start: 0, end: 9'), ranges('3'))).toBe(false);
});

describe('candidates', () => {
  const ENDS_OF_CELL = ['', ', assets: [P0]', ', assets: [P1]', ', assets: [P1, P0]', ', assets: [P2, P1]', ', assets: [UNSEEN]', ', addresses: [10.2.0.0/30]', ', addresses: [10.2.0.1]', ', addresses: [10.9.0.0/16, 10.2.0.2]', ', assets: [P0], addresses: [10.2.0.2]'];
  const { spec, permits } = loadText(`spec_version: 1
zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: P0, ip: [10.2.0.1]}, {asset_id: P1, ip: [10.2.0.2]}, {asset_id: P2, ip: [10.2.0.3-10.2.0.9]}, {asset_id: UNSEEN}]}
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: A, ip: [10.3.0.1]}, {asset_id: B, ip: [10.3.0.2]}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
${ENDS_OF_CELL.flatMap((server, i) => ['', ', assets: [A]', ', assets: [B, A]', ', addresses: [10.3.0.1]'].map((client, j) => `      - {rule_id: R${i}-${j}, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OPS${client}}, server: {zone: CELL${server}}}\n`)).join('')}`);
  const assets = indexAssets(spec, []);

  it('are all that cover, in their order', () => {
    const candidates = coverCandidates(permits, assets);
    for (const { permit } of permits) {
      const covering = permits.filter((outer) => permitCovers(outer.permit, permit, assets)).map((outer) => outer.permit.id);
      const found = candidates(permit).map((outer) => outer.permit.id);
      expect(found.filter((id) => covering.includes(id))).toEqual(covering);
      expect(covering.length).toBeGreaterThan(0);
    }
  });

  it('are none of those that name others', () => {
    const [only] = permits.filter(({ permit }) => permit.id === 'R5-1');
    expect(coverCandidates(permits, assets)(only.permit).some(({ permit }) => permit.id.startsWith('R1-'))).toBe(false);
  });
});

describe('candidates of one pair and port, by functions and registers', () => {
  const CODES = ['', '3', '3, 16', '16', '23', '1', '43', '3, 43', '8'];
  const RANGES = ['', 'table: holding-register, start: 0, end: 9', 'table: holding-register, start: 5, end: 5', 'table: holding-register, start: 8, end: 19', 'table: holding-register, start: 0, end: 9, access: read', 'table: coil, start: 0, end: 9', 'table: holding-register, start: 5, end: 19, access: write'];
  const limits = [...CODES.flatMap((codes) => RANGES.map((range) => [...(codes === '' ? [] : [`function_codes: [${codes}]`]), ...(range === '' ? [] : [`ranges: [{${range}}]`])])), [], ['unit_ids: [1]'], ['ranges: [{table: holding-register, start: 0, end: 1}, {table: holding-register, start: 5, end: 9}]']];
  const rules = limits.map((own, i) => `      - {rule_id: R${i}, protocol: Modbus/TCP, transport: tcp, port: 502, ${ENDS}${own.length === 0 ? '' : `, modbus: {${own.join(', ')}}`}}`);
  const of = (lines: readonly string[]): LoadedSpec => loadText(`zones:\n  - {zone_id: OPS, name: o, assets: [{asset_id: A, ip: [10.3.0.1]}]}\n  - {zone_id: CELL, name: c, assets: [{asset_id: PLC, ip: [10.2.0.1]}]}\nconduits:\n  - conduit_id: C\n    connects: [OPS, CELL]\n    protocols_allowed:\n${lines.join('\n')}\n`);

  it('whoever covers one is among them', () => {
    const { permits, spec } = of(rules);
    const assets = indexAssets(spec);
    const candidates = coverCandidates(permits, assets);
    let covered = 0;
    for (const { permit } of permits) {
      const covering = permits.filter((outer) => permitCovers(outer.permit, permit, assets));
      expect(candidates(permit).filter((outer) => covering.includes(outer))).toEqual(covering);
      covered += covering.length;
    }
    expect(covered).toBeGreaterThan(2 * permits.length);
  });

  it('of thousands of ranges few are asked', () => {
    const { permits, spec } = of(Array.from({ length: 2000 }, (_, i) => `      - {rule_id: R${i}, protocol: Modbus/TCP, transport: tcp, port: 502, ${ENDS}, modbus: {function_codes: [3], ranges: [{table: holding-register, start: ${i * 30}, end: ${i * 30 + 9}}]}}`));
    const candidates = coverCandidates(permits, indexAssets(spec));
    expect(permits.every(({ permit }) => candidates(permit).length === 1)).toBe(true);
  });
});
