/**
 * Two specs against each other: what the second lets through that the first does not, and the reverse.
 *
 * In: two loaded specs. Out: findings about Permits, assets and zones, with places in the second spec (in the first for
 * what was removed). Permits are compared by what they let through, not by their ids or order. Left out on purpose: traffic.
 */
import { addTo } from '../net/multi-map.ts';
import { makeFinding, sortFindings } from './findings.ts';
import type { Finding, FindingDraft } from './findings.ts';
import { permitCovers } from './permit-cover.ts';
import { isLive } from './permits.ts';
import type { DeclaredPermit } from './permits.ts';
import { permitsChange } from './requirements.ts';
import { declaredAssets, indexAssets } from './spec-assets.ts';
import type { AssetIndex, DeclaredAsset } from './spec-assets.ts';
import type { LoadedSpec } from './spec-load.ts';
import type { SpecZone } from './spec-schema.ts';

const EMPTY = { conduit: null, permit: null, requirement: null, client: null, server: null, service: null, seen: [], directionConfidence: null } as const;

const words = ({ permit }: DeclaredPermit): string => `${permit.id} (${permit.from.zone} -> ${permit.to.zone}, ${permit.service.protocol})`;

const permitBase = (declared: DeclaredPermit, from: LoadedSpec): Pick<FindingDraft, 'fromZone' | 'toZone' | 'conduit' | 'permit' | 'service' | 'place' | 'requirement' | 'client' | 'server' | 'seen' | 'directionConfidence'> => ({
  ...EMPTY, fromZone: declared.permit.from.zone, toZone: declared.permit.to.zone, conduit: declared.permit.conduit, permit: declared.permit.id, service: declared.permit.service.protocol, place: from.locate(declared.path),
});

/** The Permit that is meant to be the same: by id, else by equal ends and service. */
const counterpart = (declared: DeclaredPermit, others: readonly DeclaredPermit[]): DeclaredPermit | undefined => {
  const key = ({ permit }: DeclaredPermit): string => JSON.stringify([permit.from, permit.to, permit.service.transport, permit.service.ports]);
  return others.find((other) => other.permit.id === declared.permit.id && other.permit.from.zone === declared.permit.from.zone && other.permit.to.zone === declared.permit.to.zone)
    ?? others.find((other) => key(other) === key(declared));
};

/** Whether the second lets data pass back, or more of it in a time, than the first. */
const loosened = (before: DeclaredPermit, after: DeclaredPermit): boolean =>
  (before.unidirectional !== null && JSON.stringify(before.unidirectional) !== JSON.stringify(after.unidirectional)) ||
  (before.limits != null && JSON.stringify(before.limits) !== JSON.stringify(after.limits ?? null));

const timezoneOf = ({ spec }: LoadedSpec): string => spec.timezone ?? 'UTC';

const isTimed = ({ permit: { conditions } }: DeclaredPermit): boolean => conditions.days.length > 0 || conditions.start !== null || conditions.expires !== null;

const comparePermits = (a: LoadedSpec, b: LoadedSpec): Finding[] => {
  const findings: Finding[] = [];
  const assetsA = indexAssets(a.spec);
  const assetsB = indexAssets(b.spec);
  const isSameClock = timezoneOf(a) === timezoneOf(b);
  // The same window is another time in another time zone.
  const covering = (outerAssets: AssetIndex, innerAssets: AssetIndex) => (outer: DeclaredPermit, inner: DeclaredPermit): boolean =>
    permitCovers(outer.permit, inner.permit, outerAssets, innerAssets) && (isSameClock || !isTimed(outer));
  const [beforeCovers, afterCovers] = [covering(assetsA, assetsB), covering(assetsB, assetsA)];
  const liveA = a.permits.filter(({ permit }) => isLive(permit));
  const liveB = b.permits.filter(({ permit }) => isLive(permit));
  const rejectedA = a.permits.filter(({ permit }) => !isLive(permit));
  const rejectedB = b.permits.filter(({ permit }) => !isLive(permit));
  const matched = new Set<DeclaredPermit>();
  for (const declared of liveB) {
    const before = counterpart(declared, liveA);
    if (before === undefined) {
      if (liveA.some((other) => beforeCovers(other, declared))) continue;
      const refused = counterpart(declared, rejectedA);
      findings.push(makeFinding({
        ...permitBase(declared, b), type: 'permit-added', severity: refused !== undefined ? 'high' : permitsChange(declared) ? 'medium' : 'low', key: [declared.permit.id],
        title: `${words(declared)} ${refused === undefined ? 'is new' : `was rejected and is ${declared.permit.decision} now`}`,
        detail: refused === undefined ? 'No Permit of the first spec lets all of it through.' : `In the first spec: ${words(refused)}, rejected${refused.permit.owner === '' ? '' : ` by ${refused.permit.owner}`}.`, remedy: 'check that somebody decided it',
      }));
      continue;
    }
    matched.add(before);
    const widened = !beforeCovers(before, declared) || loosened(before, declared);
    const narrowed = !afterCovers(declared, before) || loosened(declared, before);
    if (widened || narrowed) {
      findings.push(makeFinding({
        ...permitBase(declared, b), type: widened && narrowed ? 'permit-changed' : widened ? 'permit-widened' : 'permit-narrowed',
        severity: widened ? (permitsChange(declared) ? 'medium' : 'low') : 'info', key: [declared.permit.id],
        title: `${words(declared)} lets through ${widened && narrowed ? 'something else' : widened ? 'more' : 'less'}`,
        detail: [`In the first spec: ${words(before)}.`, ...(before.unidirectional !== null && declared.unidirectional === null ? ['It was unidirectional there.'] : []), ...(JSON.stringify(before.limits ?? null) === JSON.stringify(declared.limits ?? null) ? [] : ['Its limits differ.']), ...(isSameClock || !(isTimed(before) || isTimed(declared)) ? [] : [`Its times were of ${timezoneOf(a)} there and are of ${timezoneOf(b)} here.`])].join(' '), remedy: 'check that somebody decided it',
      }));
    } else if (before.permit.decision !== declared.permit.decision) {
      findings.push(makeFinding({
        ...permitBase(declared, b), type: 'permit-changed', severity: 'info', key: [declared.permit.id, 'decision'], title: `${words(declared)}: ${before.permit.decision} became ${declared.permit.decision}`,
        detail: declared.permit.owner === '' ? 'Nobody is named as its owner.' : `Owner: ${declared.permit.owner}.`, remedy: 'check that somebody decided it',
      }));
    }
  }
  for (const declared of liveA) {
    if (matched.has(declared) || counterpart(declared, liveB) !== undefined || liveB.some((other) => afterCovers(other, declared))) continue;
    const refused = counterpart(declared, rejectedB);
    findings.push(makeFinding({
      ...permitBase(declared, a), type: 'permit-removed', severity: 'low', key: [declared.permit.id], title: `${words(declared)} ${refused === undefined ? 'is gone' : 'is rejected now'}`,
      detail: `${refused === undefined ? 'No Permit of the second spec lets all of it through.' : `In the second spec: ${words(refused)}, rejected${refused.permit.owner === '' ? '' : ` by ${refused.permit.owner}`}.`} The place is in the first spec.`,
      remedy: 'check with simulate that nothing needs it',
    }));
  }
  return findings;
};

const assetKey = (asset: DeclaredAsset): string => [...asset.addresses].sort().join(',');

const compareAssets = (a: LoadedSpec, b: LoadedSpec): Finding[] => {
  const findings: Finding[] = [];
  const before = indexAssets(a.spec);
  const after = indexAssets(b.spec);
  const same = (asset: DeclaredAsset, others: readonly DeclaredAsset[]): DeclaredAsset | undefined =>
    others.find((other) => other.id === asset.id) ?? (asset.addresses.length === 0 ? undefined : others.find((other) => assetKey(other) === assetKey(asset)));
  const base = (asset: DeclaredAsset, from: LoadedSpec): Omit<FindingDraft, 'type' | 'severity' | 'title' | 'detail' | 'remedy' | 'key'> => ({
    ...EMPTY, fromZone: asset.zone, toZone: null, client: asset.addresses[0] ?? null, place: from.locate(['zones', asset.zoneIndex, 'assets', asset.assetIndex]),
  });
  for (const asset of after.assets) {
    const old = same(asset, before.assets);
    if (old === undefined) findings.push(makeFinding({ ...base(asset, b), type: 'asset-added', severity: 'low', key: [asset.id], title: `${asset.id} is new in ${asset.zone}`, detail: asset.addresses.join(', ') || 'It has no address.', remedy: 'check that the device is known' }));
    else if (old.zone !== asset.zone) findings.push(makeFinding({ ...base(asset, b), fromZone: old.zone, toZone: asset.zone, type: 'asset-moved', severity: 'medium', key: [asset.id], title: `${asset.id} moved from ${old.zone} to ${asset.zone}`, detail: 'Every Permit of either zone now means something else for it.', remedy: 'check that the device moved on the network too' }));
    else if (assetKey(old) !== assetKey(asset)) findings.push(makeFinding({ ...base(asset, b), type: 'zone-changed', severity: 'low', key: [asset.id, 'addresses'], title: `${asset.id} has other addresses`, detail: `${old.addresses.join(', ') || 'none'} became ${asset.addresses.join(', ') || 'none'}.`, remedy: 'check that the device has them' }));
  }
  for (const asset of before.assets) if (same(asset, after.assets) === undefined) findings.push(makeFinding({ ...base(asset, a), type: 'asset-removed', severity: 'low', key: [asset.id], title: `${asset.id} is gone from ${asset.zone}`, detail: 'The place is in the first spec.', remedy: 'check that the device left the network' }));
  for (const [i, zone] of b.spec.zones.entries()) {
    const old = a.spec.zones.find((other) => other.zone_id === zone.zone_id);
    const what = old === undefined ? 'is new' : JSON.stringify([old.security_level_target, old.kind, old.air_gapped, old.networks, old.vlans]) === JSON.stringify([zone.security_level_target, zone.kind, zone.air_gapped, zone.networks, zone.vlans]) ? null : 'has another kind, level, network or VLAN';
    if (what !== null) findings.push(makeFinding({ ...EMPTY, fromZone: zone.zone_id, toZone: null, place: b.locate(['zones', i]), type: 'zone-changed', severity: 'low', key: [zone.zone_id], title: `${zone.zone_id} ${what}`, detail: zone.name, remedy: 'check that somebody decided it' }));
  }
  for (const [i, zone] of a.spec.zones.entries()) {
    if (!b.spec.zones.some((other) => other.zone_id === zone.zone_id)) findings.push(makeFinding({ ...EMPTY, fromZone: zone.zone_id, toZone: null, place: a.locate(['zones', i]), type: 'zone-changed', severity: 'low', key: [zone.zone_id, 'gone'], title: `${zone.zone_id} is gone`, detail: `${zone.name}. The place is in the first spec.`, remedy: 'check that somebody decided it' }));
  }
  return findings;
};

/** What a zone is but for its names: its assets; where it has none, what it is and where. */
const zoneKey = ({ zone_id, kind, networks, vlans }: SpecZone, assets: readonly DeclaredAsset[]): string => {
  const own = assets.filter(({ zone }) => zone === zone_id).map(({ id }) => id).sort();
  return JSON.stringify(own.length > 0 ? own : [[], kind, networks, vlans]);
};

/** Zones of the first spec, each with the id that the second has for it: one id gone, one new, and between them the same zone. */
const renamedZones = (a: LoadedSpec, b: LoadedSpec): ReadonlyMap<string, string> => {
  const idsOnly = ({ spec }: LoadedSpec, other: LoadedSpec): Map<string, string[]> => {
    const assets = declaredAssets(spec);
    const byKey = new Map<string, string[]>();
    for (const zone of spec.zones) if (other.spec.zones.every(({ zone_id }) => zone_id !== zone.zone_id)) addTo(byKey, zoneKey(zone, assets), zone.zone_id);
    return byKey;
  };
  const fresh = idsOnly(b, a);
  return new Map([...idsOnly(a, b)].flatMap(([key, gone]): [string, string][] => {
    const now = fresh.get(key) ?? [];
    return gone.length === 1 && now.length === 1 ? [[gone[0], now[0]]] : [];
  }));
};

/** The first spec in the words of the second, so that a new id of a zone is one difference and not one of every rule and asset. */
const withZonesRenamed = (loaded: LoadedSpec, names: ReadonlyMap<string, string>): LoadedSpec => {
  const nameOf = (zone: string): string => names.get(zone) ?? zone;
  return {
    ...loaded,
    spec: { ...loaded.spec, zones: loaded.spec.zones.map((zone) => ({ ...zone, zone_id: nameOf(zone.zone_id) })) },
    permits: loaded.permits.map((declared) => ({
      ...declared,
      permit: { ...declared.permit, from: { ...declared.permit.from, zone: nameOf(declared.permit.from.zone) }, to: { ...declared.permit.to, zone: nameOf(declared.permit.to.zone) } },
      unidirectional: declared.unidirectional === null ? null : { ...declared.unidirectional, from: nameOf(declared.unidirectional.from), to: nameOf(declared.unidirectional.to) },
    })),
  };
};

const renamings = (names: ReadonlyMap<string, string>, b: LoadedSpec): Finding[] =>
  [...names].map(([before, now]) => makeFinding({
    ...EMPTY, fromZone: now, toZone: null, place: b.locate(['zones', b.spec.zones.findIndex(({ zone_id }) => zone_id === now)]), type: 'zone-changed', severity: 'info', key: [before, now, 'renamed'],
    title: `${before} is called ${now} now`, detail: 'It is the same zone under another id: its rules and assets are compared as such.', remedy: 'use the new id where others name the zone',
  }));

export const compareSpecs = (a: LoadedSpec, b: LoadedSpec): readonly Finding[] => {
  const names = renamedZones(a, b);
  const before = withZonesRenamed(a, names);
  return sortFindings([...comparePermits(before, b), ...compareAssets(before, b), ...renamings(names, b)]);
};
