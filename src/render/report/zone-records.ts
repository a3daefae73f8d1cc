/** Zones of the report. In: the spec, assets, conduits, findings, and inference's notes. Out: records in the spec's order. */
import type { Proposal } from '../../infer/proposal.ts';
import { ZONE_KINDS } from '../../infer/zone-kinds.ts';
import { securityLevelNumber } from '../../policy/spec/free-text.ts';
import type { LoadedSpec } from '../../policy/spec/load.ts';
import type { Spec, SpecZone } from '../../policy/spec/schema.ts';
import { inferredKind, kindOfZone, type DeclaredKind } from '../../policy/spec/zone-kind.ts';
import type { ReportAsset, ReportConduit, ReportFinding, ReportZone } from './model.ts';
import { NOT_DECLARED, type PlantIndex } from './plant-index.ts';

export function describeZones(
  plant: PlantIndex,
  { spec }: LoadedSpec,
  basis: 'spec' | 'proposal',
  proposal: Proposal,
  conduits: readonly ReportConduit[],
  assets: readonly ReportAsset[],
  findings: readonly ReportFinding[],
): ReportZone[] {
  const members = Array.from({ length: plant.zoneCount }, (): number[] => []);
  for (const [i, asset] of assets.entries()) members[asset.zone]?.push(i);
  const findingsOf = (id: string): number => findings.filter((finding) => finding.fromZone === id || finding.toZone === id).length;
  const notesOf = new Map(proposal.zones.map((zone) => [zone.id, zone]));
  const zones = spec.zones.map((zone, i): ReportZone => {
    const own = conduits.filter((conduit) => conduit.connects.includes(zone.zone_id));
    const slTarget = securityLevelNumber(zone.security_level_target);
    const inferred = notesOf.get(zone.zone_id);
    const kind = kindOfZone(zone);
    return {
      id: zone.zone_id,
      name: zone.name,
      kind,
      level: zone.purdue_level === undefined ? '' : String(zone.purdue_level).replace('\u2013', '-'),
      levelMiddle: levelMiddle(zone.purdue_level, kind),
      slTarget,
      slBasis: slTarget === null ? 'open' : basis === 'proposal' || isStartValue(spec, kind, slTarget) ? 'assumption' : 'declared',
      criticality: zone.criticality ?? '',
      airGapped: zone.air_gapped ?? false,
      safetyRelated: kind === 'safety' || inferred?.safetyRelated === true,
      networks: zone.networks ?? [],
      requirements: zone.security_requirements ?? [],
      // What inference notes of a zone that people declared as safety would only repeat it.
      notes: kind === 'safety' ? [] : (inferred?.notes ?? []),
      assets: members[i],
      conduits: own.map(({ id }) => id),
      controls: [...new Set([...(zone.air_gapped === true ? ['air gap (declared)'] : []), ...own.flatMap((conduit) => [...conduit.enforcedBy, ...conduit.controls])])],
      isDeclared: true,
      findings: findingsOf(zone.zone_id),
    };
  });
  if (plant.zoneCount === spec.zones.length) return zones;
  const last = plant.zoneCount - 1;
  return [...zones, {
    id: NOT_DECLARED, name: 'Seen, but in no zone of the spec', kind: 'other', level: '', levelMiddle: null, slTarget: null, slBasis: 'open', criticality: '', airGapped: false, safetyRelated: false,
    networks: [], requirements: [], notes: ['declare these assets, or find out why they are here'], assets: members[last], conduits: [], controls: [], isDeclared: false,
    findings: findings.filter((finding) => [finding.clientAsset, finding.serverAsset].some((asset) => asset !== null && assets[asset]?.zone === last)).length,
  }];
}

/** What a proposal wrote stays an assumption until the spec says when it was assessed, or another level. */
function isStartValue({ provenance, assessment_date: assessed }: Spec, declared: DeclaredKind, target: number): boolean {
  const kind = inferredKind(declared);
  return provenance !== undefined && assessed === undefined && kind !== null && ZONE_KINDS[kind].slT === target;
}

/** Those of the spec: what is in none of them stands beside them, and is no zone. */
export const zoneCount = (zones: readonly ReportZone[]): number => zones.filter(({ isDeclared }) => isDeclared).length;

/** What stands outside of the plant has a level on the map even when nobody wrote one. */
const LEVEL_OF_KIND: Readonly<Record<string, number>> = { external: 5, enterprise: 4, dmz: 3.5 };

function levelMiddle(level: SpecZone['purdue_level'], kind: string): number | null {
  if (level === undefined) return LEVEL_OF_KIND[kind] ?? null;
  if (typeof level === 'number') return level;
  const ends = level.split(/[-\u2013]/).map(Number);
  return ends.reduce((sum, end) => sum + end, 0) / ends.length;
}
