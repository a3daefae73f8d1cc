/**
 * A spec as the four lists that people keep in a spreadsheet or an asset register: assets, zones, conduits, permits.
 *
 * In: a loaded spec. Out: per list its columns and rows of plain cells, in the order of the file. The permits are the
 * flow register: source, destination, protocol, port, verdict, who decided and until when. Left out on purpose: quoting
 * and formulas (render/csv.ts), and what a cell cannot hold (register ranges are shown as text, not read back).
 */
import { parse } from 'yaml';
import { spanText } from '../../net/register-set.ts';
import type { PermitEnd } from '../../permit.ts';
import { columnNames } from './columns.ts';
import type { RegisterKind } from './columns.ts';
import { flowOf, type DeclaredPermit } from '../spec/permits.ts';
import { declaredAssets } from '../spec/assets.ts';
import { securityLevelText } from '../spec/free-text.ts';
import type { LoadedSpec } from '../spec/load.ts';
import type { Spec } from '../spec/schema.ts';

type Cell = string | number | null;

export interface RegisterTable {
  readonly kind: RegisterKind;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

type Fields = Readonly<Record<string, Cell | undefined>>;

const list = (values: readonly (string | number)[] | undefined): string => (values ?? []).join('; ');
/** Words may hold the separators themselves (register/columns.ts reads the backslash). */
const wordList = (values: readonly string[] | undefined): string => list((values ?? []).map((value) => value.replaceAll(/[\\;|]/g, '\\$&')));
const flag = (value: boolean | undefined): string => (value === undefined ? '' : value ? 'yes' : 'no');

const tableOf = (kind: RegisterKind, rows: readonly Fields[]): RegisterTable => {
  const columns = columnNames(kind);
  return { kind, columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)) };
};

/** The `x-owner` of assets: a key of the user's own, which the loaded spec does not carry. */
function ownersOf(text: string): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const raw = parse(text.replace(/^\uFEFF/, ''), { logLevel: 'silent' }) as { zones?: { assets?: unknown[] }[] };
  for (const zone of raw.zones ?? []) {
    for (const asset of zone.assets ?? []) {
      const { asset_id: id, 'x-owner': owner } = (typeof asset === 'object' && asset !== null ? asset : {}) as Record<string, unknown>;
      if (typeof id === 'string' && typeof owner === 'string') owners.set(id, owner);
    }
  }
  return owners;
}

function assetRows(loaded: LoadedSpec): Fields[] {
  const owners = ownersOf(loaded.text);
  return declaredAssets(loaded.spec).map((asset): Fields => {
    const entry = loaded.spec.zones[asset.zoneIndex].assets?.[asset.assetIndex];
    if (entry === undefined || typeof entry === 'string') return { asset_id: asset.id, label: asset.label, zone: asset.zone };
    return {
      asset_id: entry.asset_id, label: entry.label, zone: asset.zone, role: entry.role, level: entry.level, vendor: entry.vendor, model: entry.model, firmware: entry.firmware,
      ip: list(entry.ip), mac: list(entry.mac), names: wordList(entry.names), vlan: entry.vlan, switch: entry.switch_port?.switch, interface: entry.switch_port?.interface,
      count: entry.count, passive_only: flag(entry.passive_only), pinned: flag(entry.pinned), owner: owners.get(entry.asset_id),
    };
  });
}

const zoneRows = (spec: Spec): Fields[] => {
  const assets = declaredAssets(spec);
  return spec.zones.map((zone) => ({
    zone_id: zone.zone_id, name: zone.name, type: zone.kind, purdue_level: zone.purdue_level, sl_t: securityLevelText(zone.security_level_target), criticality: zone.criticality,
    air_gapped: flag(zone.air_gapped), networks: list(zone.networks), vlans: list(zone.vlans), assets: assets.filter((asset) => asset.zone === zone.zone_id).length, conduits: list(zone.allowed_conduits),
  }));
};

const conduitRows = (spec: Spec): Fields[] => spec.conduits.map((conduit) => ({
  conduit_id: conduit.conduit_id, name: conduit.name, zones: list(conduit.connects), sl_t: securityLevelText(conduit.security_level), mode: conduit.mode, default_action: conduit.default_action,
  enforced_by: list(conduit.enforced_by), controls: wordList(conduit.controls), permits: conduit.protocols_allowed?.length ?? 0,
}));

const endText = (end: PermitEnd): string => list([...end.assets, ...end.addresses]);

export function operationsText({ permit }: DeclaredPermit): string {
  const parts: string[] = [];
  if (permit.modbus !== null) {
    const { functionCodes, unitIds, ranges } = permit.modbus;
    if (functionCodes.length > 0) parts.push(`FC ${functionCodes.join(' ')}`);
    if (unitIds.length > 0) parts.push(`units ${unitIds.join(' ')}`);
    for (const range of ranges) parts.push(`${range.access} ${range.table ?? 'addresses'} ${range.first}-${range.last}`);
  }
  if (permit.opcua !== null) parts.push(...permit.opcua.services, ...permit.opcua.securityModes);
  if (permit.named !== null) parts.push(...permit.named.names);
  return list(parts);
}

const permitRows = ({ spec, permits }: LoadedSpec): Fields[] => permits.map((declared): Fields => {
  const { permit } = declared;
  const flow = flowOf(spec, declared);
  const { conditions, evidence } = permit;
  return {
    rule_id: permit.id, conduit: permit.conduit, source_zone: permit.from.zone, source: endText(permit.from), destination_zone: permit.to.zone, destination: endText(permit.to),
    protocol: permit.service.protocol, transport: permit.service.transport, port: list(permit.service.ports.map(spanText)),
    access: permit.access.length === 0 ? 'any' : list(permit.access), operations: operationsText(declared), verdict: permit.decision, decided_by: permit.owner, decided_on: permit.decidedOn, until: conditions.expires,
    review_by: flow?.review_by, purpose: permit.purpose,
    schedule: conditions.start === null ? conditions.days.join(' ') : `${conditions.days.join(' ')} ${conditions.start}-${conditions.end}`, on_demand: flag(conditions.onDemand), basis: permit.basis, question: flow?.question,
    first_seen: evidence?.firstSeen, last_seen: evidence?.lastSeen, days: evidence?.days, requests: evidence?.requests, generalised_by: list(evidence?.generalisedBy), never_seen: evidence?.neverSeen,
  };
});

export const registerTables = (loaded: LoadedSpec): RegisterTable[] => [
  tableOf('assets', assetRows(loaded)),
  tableOf('zones', zoneRows(loaded.spec)),
  tableOf('conduits', conduitRows(loaded.spec)),
  tableOf('permits', permitRows(loaded)),
];
