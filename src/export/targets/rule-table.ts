/**
 * The Permits as a table (csv) and as data (json), for every system that has no exporter. In: a device plan. Out:
 * `permits.csv`, or `permits.json`. They state each Permit in full and enforce nothing; the loss report says so.
 */
import { csvLine } from '../csv-text.ts';
import { EVERY_CAPABILITY, type DeviceExport, type DevicePlan, type Exporter, type LossRow, type PlanPermit } from '../exporter.ts';
import { rangeText } from '../ip-notation.ts';
import { assess, portTexts, scheduleText } from '../loss.ts';
import { asciiJson } from '../loss-report.ts';
import { requiredModbus } from '../modbus/scope.ts';
import { clockLines } from '../time-window.ts';

const statedOnly = (plan: DevicePlan): LossRow[] =>
  plan.permits.map((entry) => {
    const row = assess(entry, { device: plan.device.id, capabilities: EVERY_CAPABILITY, modbus: requiredModbus(entry.permit) });
    return { ...row, verdict: 'not-enforceable', widenedTo: '', extraOperations: 0, reasons: ['a table enforces nothing: it states the Permit in full'] };
  });

const sideTexts = (entry: PlanPermit, side: 'client' | 'server'): string[] => entry[side].map(rangeText);

const COLUMNS = [
  'permit', 'conduit', 'from zone', 'from assets', 'client addresses', 'to zone', 'to assets', 'server addresses', 'protocol', 'transport', 'ports',
  'access', 'function codes', 'unit ids', 'data addresses', 'opc ua services', 'opc ua modes', 'opc ua policies', 'other operations', 'schedule',
  'expires', 'on demand', 'limits', 'log', 'unidirectional', 'basis', 'decision', 'owner', 'decided on', 'first seen', 'last seen', 'requests', 'never seen', 'widened by', 'purpose',
];

const row = (entry: PlanPermit): string => {
  const { permit } = entry;
  const modbus = requiredModbus(permit);
  return csvLine([
    permit.id, permit.conduit, permit.from.zone, permit.from.assets.join(' '), sideTexts(entry, 'client').join(' '),
    permit.to.zone, permit.to.assets.join(' '), sideTexts(entry, 'server').join(' '), permit.service.protocol, permit.service.transport,
    portTexts(permit).join(' '), permit.access.join(' '), modbus === null ? '' : modbus.functions.join(' '), modbus === null ? '' : modbus.units.join(' '),
    modbus === null ? '' : modbus.ranges.join(' '), permit.opcua?.services.join(' ') ?? '', permit.opcua?.securityModes.join(' ') ?? '',
    permit.opcua?.securityPolicies.join(' ') ?? '', permit.named?.names.join(' ') ?? '', scheduleText(permit), permit.conditions.expires ?? '',
    permit.conditions.onDemand ? 'yes' : 'no', entry.limits, entry.log === null ? '' : entry.log.join(' ') || 'none', entry.unidirectional === null ? 'no' : 'yes', permit.basis, permit.decision, permit.owner, permit.decidedOn ?? '',
    permit.evidence?.firstSeen ?? '', permit.evidence?.lastSeen ?? '', permit.evidence?.requests ?? '', permit.evidence?.neverSeen ?? '',
    permit.evidence?.generalisedBy.join(' ') ?? '', permit.purpose,
  ]);
};

const jsonValue = (plan: DevicePlan): unknown => ({
  schemaVersion: 1,
  provenance: plan.provenance,
  facility: plan.facility,
  timezone: plan.timezone,
  zones: plan.zones.map((zone) => ({
    id: zone.id, name: zone.name, level: zone.level, securityLevel: zone.securityLevel, airGapped: zone.airGapped, vlans: zone.vlans,
    networks: zone.networks.map(rangeText),
    assets: zone.assets.map((asset) => ({ id: asset.id, label: asset.label, role: asset.role, addresses: asset.addresses.map(rangeText), macs: asset.macs })),
  })),
  conduits: plan.conduits,
  permits: plan.permits.map((entry) => ({
    ...entry.permit,
    client: sideTexts(entry, 'client'),
    server: sideTexts(entry, 'server'),
    omitted: entry.omitted,
    limits: entry.limits,
    log: entry.log,
    unidirectional: entry.unidirectional !== null,
  })),
});

const exported = (plan: DevicePlan, path: string, content: string): DeviceExport => ({
  files: [{ path, content }],
  losses: statedOnly(plan),
  rollback: [],
  apply: ['Enter the Permits into the system that has no exporter, by hand or by its own import.', 'Default for everything that is not in the table: block and log.'],
  notes: ['Empty means not limited, except for addresses: a Permit without addresses lets nobody through.', ...clockLines(plan)],
});

const shared = { platforms: [], filters: false, modes: ['monitor', 'enforce'], capabilities: EVERY_CAPABILITY } as const;

export const csvTable: Exporter = {
  ...shared,
  name: 'csv',
  title: 'Permits as a table (CSV)',
  build: (plan) => exported(plan, 'permits.csv', `${[csvLine(COLUMNS), ...plan.permits.map(row)].join('\n')}\n`),
};

export const jsonTable: Exporter = {
  ...shared,
  name: 'json',
  title: 'zones, conduits and Permits as data (JSON)',
  build: (plan) => exported(plan, 'permits.json', asciiJson(jsonValue(plan))),
};
