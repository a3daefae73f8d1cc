/**
 * Two specs against each other: what the second lets through that the first does not, and the reverse.
 *
 * In: two loaded specs. Out: findings about Permits, assets and zones, with places in the second spec (in the first for
 * what was removed). Permits are compared by what they let through, not by their ids or order. Left out on purpose: traffic.
 */
import { firstOf } from '../../infer/plural.ts';
import { addTo, firstBy } from '../../net/multi-map.ts';
import { makeFinding, ofRule, permitTitle, sortFindings, type Finding } from './findings.ts';
import { coverCandidates, permitCovers } from '../match/permit-cover.ts';
import { undeclaredOf, type Undeclared } from '../match/permit-rest.ts';
import { isLive } from '../spec/permits.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { permitsChange } from './requirements.ts';
import { declaredAssets, indexAssets } from '../spec/assets.ts';
import type { AssetIndex, DeclaredAsset } from '../spec/assets.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { isTimed, timezoneOf } from '../spec/schedule.ts';
import type { SpecSetAside, SpecZone } from '../spec/schema.ts';

type Counterpart = (declared: DeclaredPermit) => DeclaredPermit | undefined;

/** The Permit that is meant to be the same: by id, else by equal ends and service; the first of those. */
const counterpartsIn = (others: readonly DeclaredPermit[]): Counterpart => {
  const idOf = ({ permit }: DeclaredPermit): string => JSON.stringify([permit.id, permit.from.zone, permit.to.zone]);
  const keyOf = ({ permit }: DeclaredPermit): string => JSON.stringify([permit.from, permit.to, permit.service.transport, permit.service.ports]);
  const [byId, byKey] = [firstBy(others, idOf), firstBy(others, keyOf)];
  return (declared) => byId.get(idOf(declared)) ?? byKey.get(keyOf(declared));
};

/** Whether the second lets data pass back, or more of it in a time, than the first. */
const loosened = (before: DeclaredPermit, after: DeclaredPermit): boolean =>
  (before.unidirectional !== null && JSON.stringify(before.unidirectional) !== JSON.stringify(after.unidirectional)) ||
  (before.limits !== null && JSON.stringify(before.limits) !== JSON.stringify(after.limits));

const ownerWords = ({ permit }: DeclaredPermit): string => (permit.owner === '' ? 'Nobody is named as its owner.' : `Owner: ${permit.owner}${permit.decidedOn === null ? '' : `, decided on ${permit.decidedOn}`}.`);

const comparePermits = (a: LoadedSpec, b: LoadedSpec): Finding[] => {
  const findings: Finding[] = [];
  const assetsA = indexAssets(a.spec);
  const assetsB = indexAssets(b.spec);
  const isSameClock = timezoneOf(a.spec) === timezoneOf(b.spec);
  // The same window is another time in another time zone.
  const covering = (outerAssets: AssetIndex, innerAssets: AssetIndex) => (outer: DeclaredPermit, inner: DeclaredPermit): boolean =>
    permitCovers(outer.permit, inner.permit, outerAssets, innerAssets) && (isSameClock || !isTimed(outer.permit.conditions));
  const [beforeCovers, afterCovers] = [covering(assetsA, assetsB), covering(assetsB, assetsA)];
  const liveA = a.permits.filter(({ permit }) => isLive(permit));
  const liveB = b.permits.filter(({ permit }) => isLive(permit));
  /** Whether several rules let through between them what one did: it was split, or they were joined. */
  const together = (rules: readonly DeclaredPermit[], outerAssets: AssetIndex, innerAssets: AssetIndex): ((inner: DeclaredPermit) => boolean) => {
    let undeclared: Undeclared | null = null;
    return (inner) => {
      undeclared ??= undeclaredOf(rules.filter((rule) => rule.unidirectional === null && rule.limits === null && (isSameClock || !isTimed(rule.permit.conditions))), outerAssets, innerAssets);
      return undeclared(inner.permit, (left) => [left.permit]).rest.length === 0;
    };
  };
  const [candidatesA, candidatesB] = [coverCandidates(liveA, assetsA), coverCandidates(liveB, assetsB)];
  const [coveredBefore, coveredAfter] = [together(liveA, assetsA, assetsB), together(liveB, assetsB, assetsA)];
  const [liveInA, liveInB] = [counterpartsIn(liveA), counterpartsIn(liveB)];
  const [rejectedInA, rejectedInB] = [a, b].map(({ permits }) => counterpartsIn(permits.filter(({ permit }) => !isLive(permit))));
  const matched = new Set<DeclaredPermit>();
  for (const declared of liveB) {
    const before = liveInA(declared);
    if (before === undefined) {
      if (coveredBefore(declared) || candidatesA(declared.permit, assetsB).some((other) => beforeCovers(other, declared))) continue;
      const refused = rejectedInA(declared);
      findings.push(makeFinding({
        ...ofRule(b, declared), type: 'permit-added', severity: refused !== undefined ? 'high' : permitsChange(declared) ? 'medium' : 'low', key: [declared.permit.id],
        title: `${permitTitle(declared)} ${refused === undefined ? 'is new' : `was rejected and is ${declared.permit.decision} now`}`,
        detail: refused === undefined ? 'No Permit of the first spec lets all of it through.' : `In the first spec: ${permitTitle(refused)}, rejected${refused.permit.owner === '' ? '' : ` by ${refused.permit.owner}`}.`, remedy: 'check that somebody decided it',
      }));
      continue;
    }
    const widened = (!beforeCovers(before, declared) && !coveredBefore(declared)) || loosened(before, declared);
    // Of several that were one, the first tells what is lost of it.
    const narrowed = (!matched.has(before) && !afterCovers(declared, before) && !coveredAfter(before)) || loosened(declared, before);
    matched.add(before);
    if (widened || narrowed) {
      findings.push(makeFinding({
        ...ofRule(b, declared), type: widened && narrowed ? 'permit-changed' : widened ? 'permit-widened' : 'permit-narrowed',
        severity: widened ? (permitsChange(declared) ? 'medium' : 'low') : 'info', key: [declared.permit.id],
        title: `${permitTitle(declared)} lets through ${widened && narrowed ? 'something else' : widened ? 'more' : 'less'}`,
        detail: [`In the first spec: ${permitTitle(before)}.`, ...(before.unidirectional !== null && declared.unidirectional === null ? ['It was unidirectional there.'] : []), ...(JSON.stringify(before.limits) === JSON.stringify(declared.limits) ? [] : ['Its limits differ.']), ...(isSameClock || ![before, declared].some(({ permit }) => isTimed(permit.conditions)) ? [] : [`Its times were of ${timezoneOf(a.spec)} there and are of ${timezoneOf(b.spec)} here.`])].join(' '), remedy: 'check that somebody decided it',
      }));
    } else if (before.permit.decision !== declared.permit.decision) {
      findings.push(makeFinding({
        ...ofRule(b, declared), type: 'permit-changed', severity: 'info', key: [declared.permit.id, 'decision'], title: `${permitTitle(declared)}: ${before.permit.decision} became ${declared.permit.decision}`,
        detail: ownerWords(declared), remedy: 'check that somebody decided it',
      }));
    }
    const risks = ({ acceptedRisks }: DeclaredPermit, other: DeclaredPermit): string[] => acceptedRisks.filter((risk) => !other.acceptedRisks.includes(risk));
    const [taken, given] = [risks(declared, before), risks(before, declared)];
    if (taken.length + given.length > 0) {
      findings.push(makeFinding({
        ...ofRule(b, declared), type: 'permit-changed', severity: taken.length > 0 ? 'medium' : 'info', key: [declared.permit.id, 'accepted_risks'],
        title: `${permitTitle(declared)}${taken.length === 0 ? '' : ` accepts ${taken.join(', ')} as a risk`}${taken.length > 0 && given.length > 0 ? ' and' : ''}${given.length === 0 ? '' : ` accepts ${given.join(', ')} no longer`}`,
        detail: `${ownerWords(declared)} What is accepted, diff does not report.`, remedy: 'check that somebody decided it',
      }));
    }
  }
  for (const declared of liveA) {
    if (matched.has(declared) || coveredAfter(declared) || candidatesB(declared.permit, assetsA).some((other) => afterCovers(other, declared))) continue;
    const refused = rejectedInB(declared);
    findings.push(makeFinding({
      ...ofRule(a, declared), type: 'permit-removed', severity: 'low', key: [declared.permit.id], title: `${permitTitle(declared)} ${refused === undefined ? 'is gone' : 'is rejected now'}`,
      detail: `${refused === undefined ? 'No Permit of the second spec lets all of it through.' : `In the second spec: ${permitTitle(refused)}, rejected${refused.permit.owner === '' ? '' : ` by ${refused.permit.owner}`}.`} The place is in the first spec.`,
      remedy: 'check with simulate that nothing needs it',
    }));
  }
  // What was let through and is rejected now, or the reverse, is told above.
  for (const [rejected, spec, isHere, isThere, type, what, detail] of [
    [a, a, liveInB, rejectedInB, 'permit-removed', 'was rejected and is gone', 'A proposal may ask about it again. The place is in the first spec.'],
    [b, b, liveInA, rejectedInA, 'permit-added', 'is new, and rejected', ''],
  ] as const) {
    for (const declared of rejected.permits) {
      if (isLive(declared.permit) || isHere(declared) !== undefined || isThere(declared) !== undefined) continue;
      findings.push(makeFinding({ ...ofRule(spec, declared), type, severity: 'info', key: [declared.permit.id, 'rejected'], title: `${permitTitle(declared)} ${what}`, detail: [ownerWords(declared), detail].filter((part) => part !== '').join(' '), remedy: 'check that somebody decided it' }));
    }
  }
  return findings;
};

/** What conduits say beside their rules. */
const compareConduits = (a: LoadedSpec, b: LoadedSpec): Finding[] => {
  const fields = ['mode', 'security_level', 'default_action', 'enforced_by'] as const;
  const shown = (value: unknown): string => (value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value));
  const before = firstBy(a.spec.conduits, ({ conduit_id }) => conduit_id);
  return b.spec.conduits.flatMap((conduit, i): Finding[] => {
    const old = before.get(conduit.conduit_id);
    const changes = old === undefined ? [] : fields.filter((field) => JSON.stringify(old[field]) !== JSON.stringify(conduit[field])).map((field) => `${field}: ${shown(old[field])} became ${shown(conduit[field])}`);
    return changes.length === 0 ? [] : [makeFinding({
      conduit: conduit.conduit_id, place: b.locate(['conduits', i]), type: 'conduit-changed', severity: 'low', key: [conduit.conduit_id],
      title: `${conduit.conduit_id} is enforced otherwise, or to another level`, detail: `${changes.join('; ')}.`, remedy: 'check that somebody decided it',
    })];
  });
};

/** One finding: what is set aside, diff does not report. */
const compareSetAside = (a: LoadedSpec, b: LoadedSpec): Finding[] => {
  const keyOf = ({ client, servers, transport, ports }: SpecSetAside): string => JSON.stringify([client.toLowerCase(), servers, transport, ports ?? []]);
  const entriesOf = ({ spec }: LoadedSpec): ReadonlyMap<string, SpecSetAside> => new Map((spec.set_aside ?? []).map((entry) => [keyOf(entry), entry]));
  const [before, after] = [entriesOf(a), entriesOf(b)];
  const text = ({ client, servers, transport, ports }: SpecSetAside): string => `${client} -> ${firstOf(servers, 2)} (${transport}${ports === undefined ? '' : `/${firstOf(ports, 3)}`})`;
  const parts = (
    [
      ['new', [...after].filter(([key]) => !before.has(key))],
      ['until later', [...after].filter(([key, { last_seen }]) => Date.parse(before.get(key)?.last_seen ?? last_seen) < Date.parse(last_seen))],
      ['decided otherwise', [...after].filter(([key, { decision }]) => before.has(key) && before.get(key)?.decision !== decision)],
      ['gone', [...before].filter(([key]) => !after.has(key))],
    ] as const
  ).flatMap(([what, list]) => (list.length === 0 ? [] : [{ what, count: list.length, names: firstOf(list.map(([, entry]) => text(entry)), 4) }]));
  return parts.length === 0 ? [] : [makeFinding({
    place: b.locate(['set_aside']), type: 'set-aside-changed', severity: parts.some(({ what }) => what === 'new' || what === 'until later') ? 'low' : 'info', key: ['set_aside'],
    title: `other traffic is set aside: ${parts.map(({ what, count }) => `${count} ${what}`).join(', ')}`,
    detail: `${parts.map(({ what, names }) => `${what}: ${names}`).join('; ')}. What is set aside, diff does not report until it is seen again.`.replace(/^./, (first) => first.toUpperCase()), remedy: 'check that none of it is wanted, or an attack',
  })];
};

const assetKey = (asset: DeclaredAsset): string => [...asset.addresses].sort().join(',');

const compareAssets = (a: LoadedSpec, b: LoadedSpec): Finding[] => {
  const findings: Finding[] = [];
  const before = indexAssets(a.spec);
  const after = indexAssets(b.spec);
  const sameIn = (others: readonly DeclaredAsset[]): ((asset: DeclaredAsset) => DeclaredAsset | undefined) => {
    const [byId, byAddresses] = [firstBy(others, ({ id }) => id), firstBy(others, assetKey)];
    return (asset) => byId.get(asset.id) ?? (asset.addresses.length === 0 ? undefined : byAddresses.get(assetKey(asset)));
  };
  const [inBefore, inAfter] = [sameIn(before.assets), sameIn(after.assets)];
  const base = (asset: DeclaredAsset, from: LoadedSpec): Pick<Finding, 'fromZone' | 'client' | 'place'> => ({
    fromZone: asset.zone, client: asset.addresses[0] ?? null, place: from.locate(['zones', asset.zoneIndex, 'assets', asset.assetIndex]),
  });
  for (const asset of after.assets) {
    const old = inBefore(asset);
    const roles = old === undefined ? [] : [...(old.role === asset.role ? [] : [`its role ${old.role ?? 'none'} became ${asset.role ?? 'none'}`]), ...(old.passiveOnly === asset.passiveOnly ? [] : [`active verification may ${asset.passiveOnly ? 'no longer ' : ''}connect to it`])];
    if (roles.length > 0) findings.push(makeFinding({ ...base(asset, b), type: 'zone-changed', severity: 'low', key: [asset.id, 'role'], title: `${asset.id} is another kind of device`, detail: `${roles.join('; ')}.`.replace(/^./, (first) => first.toUpperCase()), remedy: 'check that somebody decided it: what safety is, and what may be probed, follows from it' }));
    if (old === undefined) findings.push(makeFinding({ ...base(asset, b), type: 'asset-added', severity: 'low', key: [asset.id], title: `${asset.id} is new in ${asset.zone}`, detail: asset.addresses.join(', ') || 'It has no address.', remedy: 'check that the device is known' }));
    else if (old.zone !== asset.zone) findings.push(makeFinding({ ...base(asset, b), fromZone: old.zone, toZone: asset.zone, type: 'asset-moved', severity: 'medium', key: [asset.id], title: `${asset.id} moved from ${old.zone} to ${asset.zone}`, detail: 'Every Permit of either zone now means something else for it.', remedy: 'check that the device moved on the network too' }));
    else if (assetKey(old) !== assetKey(asset)) findings.push(makeFinding({ ...base(asset, b), type: 'zone-changed', severity: 'low', key: [asset.id, 'addresses'], title: `${asset.id} has other addresses`, detail: `${old.addresses.join(', ') || 'none'} became ${asset.addresses.join(', ') || 'none'}.`, remedy: 'check that the device has them' }));
  }
  for (const asset of before.assets) if (inAfter(asset) === undefined) findings.push(makeFinding({ ...base(asset, a), type: 'asset-removed', severity: 'low', key: [asset.id], title: `${asset.id} is gone from ${asset.zone}`, detail: 'The place is in the first spec.', remedy: 'check that the device left the network' }));
  const [zonesBefore, zonesAfter] = [a, b].map(({ spec }) => firstBy(spec.zones, ({ zone_id }) => zone_id));
  for (const [i, zone] of b.spec.zones.entries()) {
    const old = zonesBefore.get(zone.zone_id);
    const what = old === undefined ? 'is new' : JSON.stringify([old.security_level_target, old.kind, old.air_gapped, old.networks, old.vlans]) === JSON.stringify([zone.security_level_target, zone.kind, zone.air_gapped, zone.networks, zone.vlans]) ? null : 'has another kind, level, network or VLAN';
    if (what !== null) findings.push(makeFinding({ fromZone: zone.zone_id, place: b.locate(['zones', i]), type: 'zone-changed', severity: 'low', key: [zone.zone_id], title: `${zone.zone_id} ${what}`, detail: zone.name, remedy: 'check that somebody decided it' }));
  }
  for (const [i, zone] of a.spec.zones.entries()) {
    if (!zonesAfter.has(zone.zone_id)) findings.push(makeFinding({ fromZone: zone.zone_id, place: a.locate(['zones', i]), type: 'zone-changed', severity: 'low', key: [zone.zone_id, 'gone'], title: `${zone.zone_id} is gone`, detail: `${zone.name}. The place is in the first spec.`, remedy: 'check that somebody decided it' }));
  }
  return findings;
};

/** What a zone is but for its names: its assets; where it has none, what it is and where. */
const zoneKey = ({ kind, networks, vlans }: SpecZone, assets: readonly string[]): string => {
  const own = assets.toSorted();
  return JSON.stringify(own.length > 0 ? own : [[], kind, networks, vlans]);
};

/** Zones of the first spec, each with the id that the second has for it: one id gone, one new, and between them the same zone. */
const renamedZones = (a: LoadedSpec, b: LoadedSpec): ReadonlyMap<string, string> => {
  const idsOnly = ({ spec }: LoadedSpec, other: LoadedSpec): Map<string, string[]> => {
    const assets = new Map<string, string[]>();
    for (const { id, zone } of declaredAssets(spec)) addTo(assets, zone, id);
    const others = new Set(other.spec.zones.map(({ zone_id }) => zone_id));
    const byKey = new Map<string, string[]>();
    for (const zone of spec.zones) if (!others.has(zone.zone_id)) addTo(byKey, zoneKey(zone, assets.get(zone.zone_id) ?? []), zone.zone_id);
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

const renamings = (names: ReadonlyMap<string, string>, b: LoadedSpec): Finding[] => {
  const placeOf = new Map(b.spec.zones.map(({ zone_id }, place) => [zone_id, place]));
  return [...names].map(([before, now]) => makeFinding({
    fromZone: now, place: b.locate(['zones', placeOf.get(now) ?? 0]), type: 'zone-changed', severity: 'info', key: [before, now, 'renamed'],
    title: `${before} is called ${now} now`, detail: 'It is the same zone under another id: its rules and assets are compared as such.', remedy: 'use the new id where others name the zone',
  }));
};

export const compareSpecs = (a: LoadedSpec, b: LoadedSpec): readonly Finding[] => {
  const names = renamedZones(a, b);
  const before = withZonesRenamed(a, names);
  return sortFindings([...comparePermits(before, b), ...compareConduits(before, b), ...compareAssets(before, b), ...renamings(names, b), ...compareSetAside(a, b)]);
};
