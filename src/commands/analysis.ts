/**
 * The store read through analysis, as the commands that only look need it: who is who, and how operations are called.
 * In: an open store. Out: assets by address and by name.
 */
import { basename } from 'node:path';
import { describeOperation } from '../decode/app/registry.ts';
import { usageError } from '../errors.ts';
import { inferAssets } from '../infer/assets.ts';
import { onClock } from '../infer/on-clock.ts';
import { plural } from '../infer/plural.ts';
import type { Asset, Completeness, PlacedAsset, Proposal, Zone } from '../infer/proposal.ts';
import { specIdOf } from '../infer/spec-id.ts';
import { proposeZones } from '../infer/zones.ts';
import { formatSpan, parseSpan } from '../net/address-set.ts';
import { vendorOf } from '../net/oui.ts';
import type { ObservationSet } from '../observation.ts';
import type { LoadedSpec } from '../policy/spec/load.ts';
import { nearestWord } from '../policy/spec/nearest-word.ts';
import { pinsOf } from '../policy/spec/pins.ts';
import { timezoneOf } from '../policy/spec/schedule.ts';
import { lossesOf } from '../render/sensor-losses.ts';
import type { Connection } from '../store/database.ts';
import { readStatus, type StoreStatus } from '../store/read-status.ts';
import { readObservations, readOutline } from '../store/read.ts';

export interface NamedAssets {
  readonly assets: readonly Asset[];
  idOf(address: string): string | null;
}

export function nameAssets(db: Connection): NamedAssets {
  const inventory = inferAssets(readOutline(db), vendorOf);
  return {
    assets: inventory.assets,
    idOf: (address) => {
      const index = inventory.indexOf.get(address);
      return index === undefined ? null : inventory.assets[index].id;
    },
  };
}

export interface PlacedPlant {
  /** In address order. */
  readonly assets: readonly PlacedAsset[];
  readonly zones: ReadonlyMap<string, Zone>;
  readonly completeness: Completeness;
}

/** So many times what was read do Permits and their proof take beside zones (measured). */
export const PROPOSAL_FACTOR = 1.5;

export const readAll = (db: Connection): ObservationSet => readObservations(db, describeOperation);

/** All that was observed, and what of it is missing or doubtful, in sentences. */
export const readEvidence = (db: Connection): { readonly set: ObservationSet; readonly losses: readonly string[] } => ({ set: readAll(db), losses: lossesOf(readStatus(db)) });

/** The whole inference but for resampling, which only propose-zones shows. Outside the read: it may take seconds. */
export function placeAssets(set: ObservationSet, timezone: string): PlacedPlant {
  const { assets, zones, completeness } = proposeZones(onClock(set, timezone), { stabilityRuns: 0 });
  return { assets, zones: new Map(zones.map((zone) => [zone.id, zone])), completeness };
}

/** By id or name (any case), by its id as a spec spells it, or by one of its addresses. */
export function matchesKey(asset: Asset, key: string): boolean {
  const wanted = key.toLowerCase();
  return (
    [asset.id, specIdOf(asset.id, '')].some((id) => id !== '' && id.toLowerCase() === wanted) ||
    asset.names.some((name) => name.toLowerCase() === wanted) ||
    asset.addresses.includes(wanted) ||
    asset.macs.includes(wanted)
  );
}

/** Every address of the assets that are meant: by id, by name (any case), or by one of their addresses. */
export function addressesOfAssets(named: NamedAssets, keys: readonly string[]): string[] {
  const addresses = new Set<string>();
  for (const key of keys) {
    const found = named.assets.filter((asset) => matchesKey(asset, key));
    for (const asset of found) for (const address of [...asset.addresses, ...asset.macs]) addresses.add(address);
    if (found.length === 0) {
      // An address without an asset (a group address, a device never heard) still has conversations.
      const span = parseSpan(key);
      if (span === null) throw usageError(`--asset ${key}: there is no such asset in the store`, '`baseline assets` lists them.');
      addresses.add(formatSpan(span));
    }
  }
  return [...addresses].toSorted();
}

/** The ids of these zones, by id or name (any case). One that is mistyped would look like a zone in which nothing is. */
export function idsOfZones(plant: PlacedPlant, keys: readonly string[]): ReadonlySet<string> {
  const zones = [...plant.zones.values()];
  return new Set(keys.flatMap((key) => {
    const found = zones.filter(({ id, name }) => [id, name].some((known) => known.toLowerCase() === key.toLowerCase()));
    if (found.length > 0) return found.map(({ id }) => id);
    const near = nearestWord(key, zones.flatMap(({ id, name }) => [id, name]));
    throw usageError(`--zone ${key}: there is no such zone`, near === null ? '`baseline assets` shows the zones that are proposed.' : `Did you mean ${near}?`);
  }));
}

/** Every address of the assets placed in these zones. */
export function addressesOfZones(plant: PlacedPlant, keys: readonly string[]): string[] {
  const ids = idsOfZones(plant, keys);
  return plant.assets.filter((asset) => ids.has(asset.zone)).flatMap((asset) => [...asset.addresses, ...asset.macs]);
}

/** Zones as declared, days by the spec's clock; roles and levels are left to the traffic, so that a report can hold the two against each other. */
export const proposeDeclared = (declared: LoadedSpec, set: ObservationSet): Proposal =>
  proposeZones(onClock(set, timezoneOf(declared.spec)), { pins: { ...pinsOf(declared, set.addresses), role: new Map(), level: new Map() }, stabilityRuns: 0 });

const MOST_CAPTURES = 3;

/** The captures that ran in this time, by name: which sensor heard it. */
export function sensorText({ captures }: StoreStatus, firstNs: bigint | null, lastNs: bigint | null): string {
  const own = captures.filter((one) => firstNs === null || lastNs === null || (one.firstNs !== null && one.lastNs !== null && one.firstNs <= lastNs && firstNs <= one.lastNs));
  const names = [...new Set((own.length === 0 ? captures : own).map(({ name }) => basename(name)))];
  return names.length <= MOST_CAPTURES ? names.join(', ') : `${names.slice(0, MOST_CAPTURES).join(', ')} and ${plural(names.length - MOST_CAPTURES, 'more capture')}`;
}
