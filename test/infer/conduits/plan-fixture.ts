/** A small plant's zones for conduit tests: two cells, operations, engineering, a safety zone, a DMZ, the office. */
import type { PlannedAsset, PlannedZone, ZonePlan } from '../../../src/infer/conduits/plan.ts';

const zone = (id: string, kind: string, level: number | null): PlannedZone => ({ id, name: `${kind} ${id}`, kind, level, slT: { value: kind === 'safety' ? 3 : 2, basis: 'assumption' } });

const asset = (id: string, zoneId: string, role: string, address: string, rest: Partial<PlannedAsset> = {}): PlannedAsset => ({
  id, zone: zoneId, role, subRole: null, level: null, addresses: [address], macs: [], behindRouter: false, ...rest,
});

export const ASSETS: readonly PlannedAsset[] = [
  asset('PLC-1', 'CELL-1', 'plc', '10.1.0.1'), asset('PLC-2', 'CELL-1', 'plc', '10.1.0.2'), asset('PLC-3', 'CELL-1', 'plc', '10.1.0.3'), asset('PLC-4', 'CELL-1', 'plc', '10.1.0.4'),
  asset('PLC-9', 'CELL-2', 'plc', '10.2.0.9'),
  asset('SCADA-A', 'SUP', 'hmi', '10.3.0.1'), asset('SCADA-B', 'SUP', 'hmi', '10.3.0.2'),
  asset('HIST', 'OPS', 'historian', '10.4.0.1'), asset('DC', 'OPS', 'infrastructure', '10.4.0.2'),
  asset('EWS', 'ENG', 'engineering-workstation', '10.5.0.1'),
  asset('SIS-1', 'SIS', 'safety-controller', '10.6.0.1'),
  asset('LAPTOP', 'TEMP', 'transient', '10.7.0.1'),
  asset('PC-1', 'ENT', 'enterprise', '10.8.0.1'), asset('PC-2', 'ENT', 'enterprise', '10.8.0.2'),
  asset('93.184.216.34', 'EXT', 'other', '93.184.216.34'), asset('93.184.216.35', 'EXT', 'other', '93.184.216.35'),
];

export const PLAN: ZonePlan = {
  assets: ASSETS,
  zones: [
    zone('CELL-1', 'cell', 1), zone('CELL-2', 'cell', 1), zone('SUP', 'supervisory', 2), zone('OPS', 'operations', 3), zone('ENG', 'engineering', 3), zone('SIS', 'safety', 1), zone('TEMP', 'temporary', null),
    zone('ENT', 'enterprise', 4), zone('EXT', 'external', null),
  ],
  dropped: [],
};
