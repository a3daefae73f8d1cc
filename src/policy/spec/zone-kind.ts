/**
 * What kind of zone a declared zone is, for rules that speak of kinds. In: a zone of the spec. Out: its kind as declared,
 * else by its Purdue level and its words. Left out on purpose: what its traffic says (infer/zone-kinds.ts).
 */
import type { ZoneKind } from '../../infer/proposal.ts';
import { ZONE_KINDS, type Spec, type SpecZone } from './schema.ts';

export type DeclaredKind = NonNullable<SpecZone['kind']>;

const highestLevel = (zone: SpecZone): number | null => {
  if (zone.purdue_level === undefined) return null;
  if (typeof zone.purdue_level === 'number') return zone.purdue_level;
  return Number(zone.purdue_level.split(/[-\u2013]/).at(-1));
};

export const kindOfZone = (zone: SpecZone): DeclaredKind => {
  if (zone.kind !== undefined) return zone.kind;
  const words = `${zone.zone_id} ${zone.name} ${zone.criticality ?? ''}`;
  if (/\bSIS\b|safety[ -](instrumented|critical|system)/i.test(words)) return 'safety';
  const level = highestLevel(zone);
  if (level === null) return 'other';
  if (level >= 4) return 'enterprise';
  if (level === 3.5) return 'dmz';
  return level >= 3 ? 'operations' : 'control';
};

/** Zones of the control system proper: business may reach them through a DMZ only (ZCR 3.2). */
export const CONTROL_KINDS: ReadonlySet<DeclaredKind> = new Set(['safety', 'control', 'supervisory', 'operations', 'engineering', 'remote', 'wireless']);

/** The same in the words of inference; null where it has none. */
export const inferredKind = (kind: DeclaredKind): Exclude<ZoneKind, 'pinned'> | null => (kind === 'other' ? null : kind === 'control' ? 'cell' : kind);

/** What inference calls a kind, in the words of the spec. */
export const declaredKind = (kind: string): DeclaredKind => (kind === 'cell' ? 'control' : (ZONE_KINDS.find((known) => known === kind) ?? 'other'));

export const zoneKinds = (spec: Spec): ReadonlyMap<string, DeclaredKind> => new Map(spec.zones.map((zone) => [zone.zone_id, kindOfZone(zone)]));
