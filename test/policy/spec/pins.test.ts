/** A spec as pins: ranges, networks and names become the addresses that were seen; what a proposal marked as its own is none. */
import { expect, test } from 'vitest';
import type { AddressRecord } from '../../../src/observation.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { pinsOf } from '../../../src/policy/spec/pins.ts';

const SPEC = `
zones:
  - zone_id: Z-A
    name: Line A
    security_level_target: SL 2
    networks: [10.9.0.0/24]
    assets:
      - {asset_id: PLC-1, role: plc, level: 1, ip: [10.1.0.1]}
      - {asset_id: HMIS, role: hmi, ip: [10.1.0.10-10.1.0.12]}
      - {asset_id: GUESS, role: historian, ip: [10.1.0.50], pinned: false}
      - "Panel (PANEL-7)"
  - {zone_id: Z-S, name: Safety system, assets: [{asset_id: SIS-1, role: sis, ip: [10.1.0.90]}]}
conduits: []
pins:
  together: [[PLC-1, HMIS]]
  apart: [[PLC-1, SIS-1]]
  safety_assets: [SIS-1]
`;

const record = (address: string, name?: string): AddressRecord => ({ address, macs: [], facts: name === undefined ? [] : [{ name: 'lldp.name', value: name }], firstNs: 0n, lastNs: 0n });

test('every way of naming an asset ends at the addresses that were seen', () => {
  const { loaded, problems } = parseSpec(SPEC, 'spec.yaml');
  expect(problems).toEqual([]);
  const seen = [record('10.1.0.1'), record('10.1.0.11'), record('10.1.0.50'), record('10.1.0.77', 'PANEL-7'), record('10.1.0.90'), record('10.9.0.3'), record('192.168.1.1')];
  const pins = pinsOf(loaded!, seen);
  expect([...pins.assetZone]).toEqual([
    ['10.1.0.1', 'Z-A'],
    ['10.1.0.11', 'Z-A'],
    ['10.1.0.77', 'Z-A'],
    ['10.1.0.90', 'Z-S'],
    ['10.9.0.3', 'Z-A'],
  ]);
  expect([...pins.role]).toEqual([['10.1.0.1', 'plc'], ['10.1.0.11', 'hmi'], ['10.1.0.90', 'safety-controller']]);
  expect([...pins.level]).toEqual([['10.1.0.1', 1]]);
  expect(pins.slT.get('Z-A')).toBe(2);
  expect([...pins.zoneKind]).toEqual([['Z-S', 'safety']]);
  expect(pins).toMatchObject({ together: [['10.1.0.1', '10.1.0.11']], apart: [['10.1.0.1', '10.1.0.90']], safetyAssets: ['10.1.0.90'] });
});

test('what is pinned and was not seen keeps its name, for the contradiction that says so', () => {
  const { loaded } = parseSpec(SPEC, 'spec.yaml');
  const pins = pinsOf(loaded!, [record('10.1.0.1'), record('10.1.0.10'), record('10.1.0.12')]);
  expect(pins).toMatchObject({ together: [['10.1.0.1', '10.1.0.10'], ['10.1.0.1', '10.1.0.12']], apart: [['10.1.0.1', 'SIS-1']], safetyAssets: ['SIS-1'] });
});

test('the kind of a zone is what is declared, else what its level and words say; what says nothing is left open', () => {
  const kinds = ['kind: control', 'kind: dmz', 'purdue_level: 4', 'purdue_level: "0-2"', 'name: Safety critical system', 'kind: other', 'name: Hall 3'];
  const { loaded, problems } = parseSpec(`zones:\n${kinds.map((kind, i) => `  - {zone_id: Z${i}, ${kind.startsWith('name') ? kind : `name: z, ${kind}`}, assets: []}`).join('\n')}\nconduits: []\n`, 'spec.yaml');
  expect(problems).toEqual([]);
  expect([...pinsOf(loaded!, []).zoneKind]).toEqual([['Z0', 'cell'], ['Z1', 'dmz'], ['Z2', 'enterprise'], ['Z3', 'cell'], ['Z4', 'safety']]);
});
