/**
 * A proposal in the words of the spec file: plain objects for zones, assets, conduits, rules and set-aside entries.
 *
 * In: a ConduitProposal, with ids already those of the spec. Out: values that spec/schema.ts accepts. Texts from the wire
 * are made printable here; quoting is the YAML writer's. Left out on purpose: files and comments (spec/write.ts, edit/update.ts).
 */
import type { ConduitProposal, ProposedAsset, ProposedZone } from '../../infer/conduits/conduits.ts';
import type { ProposedPermit } from '../../infer/conduits/proposed-permit.ts';
import type { SetAsideEntry } from '../../infer/conduits/set-aside.ts';
import { isPublicAddress } from '../../net/address-kinds.ts';
import { isoTime } from '../../net/time.ts';
import { endpointOf } from './permits.ts';
import { ROLES, type SpecAsset, type SpecFlow, type SpecSetAside, type SpecZone } from './schema.ts';
import { declaredKind } from './zone-kind.ts';

/** Nothing that a terminal, an editor or a reviewer could be fooled by. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, '?').slice(0, 120);

const levelWord = (level: number | null): SpecAsset['level'] | undefined => ([0, 1, 2, 3, 3.5, 4, 5] as const).find((known) => known === level);

export const assetEntry = (asset: ProposedAsset): SpecAsset => {
  const level = levelWord(asset.level);
  const label = printable(asset.label);
  return {
    asset_id: asset.id,
    ...(label === asset.id ? {} : { label }),
    role: ROLES.find((known) => known === asset.role) ?? 'other',
    ...(level === undefined ? {} : { level }),
    ...(asset.ip.length === 0 ? {} : { ip: [...asset.ip] }),
    ...(asset.mac.length === 0 ? {} : { mac: asset.mac.map((mac) => mac.toLowerCase()) }),
  };
};

export const zoneEntry = (zone: ProposedZone, assets: readonly SpecAsset[], conduits: readonly string[]): SpecZone => {
  const level = levelWord(zone.level);
  return {
    zone_id: zone.id,
    name: printable(zone.name) || zone.id,
    ...(level === undefined ? {} : { purdue_level: level }),
    ...(zone.slT === null ? {} : { security_level_target: `SL ${zone.slT}` }),
    kind: declaredKind(zone.kind),
    assets: [...assets],
    allowed_conduits: [...conduits],
  };
};

/** Public addresses of the external zone are known by being public: only those that a Permit names are listed. */
export const listedAssets = (proposal: ConduitProposal, zone: ProposedZone): ProposedAsset[] => {
  if (zone.kind !== 'external') return [...zone.assets];
  const named = new Set(proposal.permits.flatMap(({ permit }) => [...permit.from.assets, ...permit.to.assets]));
  return zone.assets.filter((asset) => named.has(asset.id) || asset.mac.length > 0 || !asset.ip.every(isPublicAddress));
};

export const ruleEntry = ({ permit, question, regime, connections }: ProposedPermit): SpecFlow => {
  const { modbus, opcua, named, conditions, evidence, service } = permit;
  const portList = service.ports.map((range) => (range.first === range.last ? range.first : `${range.first}-${range.last}`));
  const [firstPort] = portList;
  return {
    rule_id: permit.id,
    protocol: service.protocol,
    transport: service.transport,
    ...(firstPort === undefined ? {} : { port: portList.length === 1 ? firstPort : portList.map(Number) }),
    client: endpointOf(permit.from),
    server: endpointOf(permit.to),
    access: permit.access.length === 0 ? 'any' : [...permit.access],
    ...(permit.purpose === '' ? {} : { purpose: permit.purpose }),
    ...(modbus === null ? {} : {
      modbus: {
        ...(modbus.functionCodes.length === 0 ? {} : { function_codes: [...modbus.functionCodes] }),
        ...(modbus.unitIds.length === 0 ? {} : { unit_ids: [...modbus.unitIds] }),
        ...(modbus.ranges.length === 0 ? {} : { ranges: modbus.ranges.map((range) => ({ table: range.table ?? 'holding-register', start: range.first, end: range.last, access: range.access })) }),
      },
    }),
    ...(opcua === null ? {} : {
      opcua: {
        ...(opcua.securityModes.length === 0 ? {} : { security_mode: [...opcua.securityModes] as NonNullable<SpecFlow['opcua']>['security_mode'] }),
        ...(opcua.securityPolicies.length === 0 ? {} : { security_policy: [...opcua.securityPolicies] as NonNullable<SpecFlow['opcua']>['security_policy'] }),
        ...(opcua.services.length === 0 ? {} : { services: [...opcua.services] }),
      },
    }),
    ...(named === null ? {} : { operations: [...named.names] }),
    ...(conditions.days.length === 0 ? {} : { schedule: { days: [...conditions.days] as NonNullable<SpecFlow['schedule']>['days'], ...(conditions.start === null || conditions.end === null ? {} : { start: conditions.start, end: conditions.end }) } }),
    ...(conditions.expires === null ? {} : { expires: conditions.expires }),
    ...(conditions.onDemand ? { on_demand: true } : {}),
    basis: 'observed',
    decision: permit.decision as NonNullable<SpecFlow['decision']>,
    ...(question === null ? {} : { question: `${question.kind}: ${question.sentence}` }),
    ...(evidence === null ? {} : {
      evidence: {
        ...(evidence.firstSeen === null ? {} : { first_seen: evidence.firstSeen }),
        ...(evidence.lastSeen === null ? {} : { last_seen: evidence.lastSeen }),
        days: evidence.days,
        connections,
        requests: evidence.requests,
        ...(regime === null ? {} : { regime }),
        ...(evidence.generalisedBy.length === 0 ? {} : { generalised_by: [...evidence.generalisedBy], never_seen: evidence.neverSeen }),
        ...(evidence.sensors.length === 0 ? {} : { sensors: [...evidence.sensors] }),
        ...(evidence.completeness === null ? {} : { completeness: evidence.completeness }),
      },
    }),
  };
};

export const setAsideEntry = (entry: SetAsideEntry): SpecSetAside => ({
  client: entry.client,
  servers: [...entry.servers],
  transport: entry.transport,
  ...(entry.ports.length === 0 ? {} : { ports: [...entry.ports] }),
  reason: entry.reason,
  ...(entry.question === null ? {} : { question: entry.question }),
  conversations: entry.conversations,
  first_seen: isoTime(entry.firstNs),
  last_seen: isoTime(entry.lastNs),
  decision: 'pending',
});
