/**
 * What of a plant a test plan may be about: services of single hosts that Permits name, who may ask for them, and what is left out, with why.
 * In: a spec. Out: a survey. Safety, zones that are declared air-gapped, networks and passive-only assets are left out here. Left out on purpose: the steps (plan.ts).
 */
import { formatSpan, parseSpan, sizeOfSet, type AddressSpan } from '../../net/address-set.ts';
import { addTo, listsBy } from '../../net/multi-map.ts';
import { isWholeZone, type PermitEnd } from '../../permit.ts';
import { SAFETY_ROLES } from '../diff/requirements.ts';
import { indexEnds, inOrderOf } from '../match/end-index.ts';
import { createMatcher, partyOf, prepareEnd, type Matcher } from '../match/match.ts';
import { indexAssets, type AssetIndex, type DeclaredAsset } from '../spec/assets.ts';
import { conduitBetween, type ConduitBetween } from '../spec/conduit-between.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { flowOf, isLive, type DeclaredPermit } from '../spec/permits.ts';
import { timezoneOf } from '../spec/schedule.ts';
import { zoneKinds } from '../spec/zone-kind.ts';

export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

export interface Service {
  readonly host: string;
  readonly port: number;
  readonly asset: DeclaredAsset;
}

const MOST_PORTS = 8;
/** A range that declares each of its addresses as a device is a list of hosts; a wider one is a network. */
const MOST_RANGE = 64n;

export const REFUSED: Readonly<Record<'safety' | 'gapped' | 'passive' | 'network' | 'udp' | 'ports' | 'conditional' | 'family', string>> = {
  safety: 'safety is never tested actively',
  gapped: 'it is declared air-gapped: a path to it is found by listening',
  passive: 'it is passive_only',
  network: 'it is declared as a network or a wide range: only single hosts are tested',
  udp: 'a datagram without an answer proves nothing: it is judged passively',
  ports: `it names more than ${MOST_PORTS} ports, or none`,
  family: 'it is of the other IP version than the address tested from: test it from one of its own',
  conditional: 'it holds at times or on demand only: test it when it does',
};

const expand = (span: AddressSpan, { count, addresses }: DeclaredAsset): string[] | null => {
  if (span.family !== 'ipv4' && span.first !== span.last) return null;
  const size = sizeOfSet([span]);
  if (size === 1n) return [formatSpan(span)];
  if (size > MOST_RANGE || count === null || BigInt(count) < size || addresses.some((text) => text.includes('/'))) return null;
  return Array.from({ length: Number(size) }, (_, i) => formatSpan({ ...span, first: span.first + BigInt(i), last: span.first + BigInt(i) }));
};

export interface Surveyed {
  readonly loaded: LoadedSpec;
  readonly services: readonly Service[];
  readonly leftOut: readonly LeftOut[];
  readonly assets: AssetIndex;
  readonly matcher: Matcher;
  readonly conduitOf: ConduitBetween;
  /** Standing Permits that may be of a client, in the order of the spec. */
  readonly permitsFrom: (zone: string, address: string | null) => readonly DeclaredPermit[];
  /** What a Permit serves, whoever asks. */
  readonly servedBy: ReadonlyMap<DeclaredPermit, readonly Service[]>;
  readonly membersOf: (zone: string) => readonly DeclaredAsset[];
  readonly forbidden: (asset: DeclaredAsset) => string | null;
}

export const survey = (loaded: LoadedSpec): Surveyed => {
  const assets = indexAssets(loaded.spec);
  const matcher = createMatcher(loaded.permits, assets, timezoneOf(loaded.spec));
  const kinds = zoneKinds(loaded.spec);
  const gapped = new Set(loaded.spec.zones.filter((zone) => zone.air_gapped === true).map(({ zone_id }) => zone_id));
  const forbidden = (asset: DeclaredAsset): string | null => {
    if (kinds.get(asset.zone) === 'safety' || SAFETY_ROLES.has(asset.role ?? '')) return REFUSED.safety;
    if (gapped.has(asset.zone)) return REFUSED.gapped;
    return asset.passiveOnly ? REFUSED.passive : null;
  };
  const leftOut = new Map<string, LeftOut>();
  const leave = (what: string, why: string): void => void leftOut.set(`${what}\n${why}`, { what, why });
  const services = new Map<string, Service>();
  const members = listsBy(assets.assets, ({ zone }) => zone);
  const membersOf = (zone: string): readonly DeclaredAsset[] => members.get(zone) ?? [];

  for (const declared of loaded.permits) {
    const { permit } = declared;
    if (!isLive(permit)) continue;
    for (const { asset } of gatewaysOf({ loaded, assets }, declared)) {
      const why = asset === null ? null : forbidden(asset);
      if (asset !== null && why !== null) leave(asset.id, why);
    }
    const ports = permit.service.ports.flatMap(({ first, last }) => Array.from({ length: Math.min(last - first + 1, MOST_PORTS + 1) }, (_, i) => first + i));
    if (permit.service.transport !== 'tcp') leave(permit.id, REFUSED.udp);
    else if (ports.length === 0 || ports.length > MOST_PORTS) leave(permit.id, REFUSED.ports);
    else {
      for (const { host, asset } of hostsOf(permit.to, { assets, membersOf }, (asset) => leave(asset.id, REFUSED.network))) {
        const why = forbidden(asset);
        if (why !== null) leave(asset.id, why);
        else for (const port of ports) services.set(`${host} ${port}`, { host, port, asset });
      }
    }
  }
  for (const zone of loaded.spec.zones) {
    if (kinds.get(zone.zone_id) === 'safety') leave(zone.zone_id, REFUSED.safety);
    else if (gapped.has(zone.zone_id)) leave(zone.zone_id, REFUSED.gapped);
    else if ((zone.assets ?? []).length > 0 && membersOf(zone.zone_id).every(({ passiveOnly }) => passiveOnly)) leave(zone.zone_id, REFUSED.passive);
  }
  const listed = [...services.values()];
  return { loaded, services: listed, leftOut: [...leftOut.values()], assets, matcher, conduitOf: conduitBetween(loaded.spec.conduits), forbidden, membersOf, ...permitsOfServices(loaded, assets, listed) };
};

/** Who may ask, and for what: looked up, because a plan asks it of each machine of each zone. */
const permitsOfServices = ({ permits }: LoadedSpec, assets: AssetIndex, services: readonly Service[]): Pick<Surveyed, 'permitsFrom' | 'servedBy'> => {
  const live = permits.filter(({ permit }) => isLive(permit));
  const inPlaces = inOrderOf(live);
  const [withFrom, withTo] = (['from', 'to'] as const).map((side) => indexEnds(live.map((declared) => ({ ...prepareEnd(declared.permit[side]), value: declared }))));
  const inZone = listsBy(live, ({ permit }) => permit.from.zone);
  const found = (index: typeof withFrom, address: string): readonly DeclaredPermit[] => inPlaces(index(partyOf(address, assets.resolve(address))).flat());
  const servedBy = new Map<DeclaredPermit, Service[]>();
  for (const service of services) for (const declared of found(withTo, service.host)) addTo(servedBy, declared, service);
  return { servedBy, permitsFrom: (zone, address) => (address === null ? (inZone.get(zone) ?? []) : found(withFrom, address)) };
};

/** Single declared hosts of an end; whole zones are their assets. */
export const hostsOf = (end: PermitEnd, { assets, membersOf }: Pick<Surveyed, 'assets' | 'membersOf'>, tooWide: (asset: DeclaredAsset) => void = () => undefined): { host: string; asset: DeclaredAsset }[] => {
  const named = isWholeZone(end) ? membersOf(end.zone) : end.assets.flatMap((id) => assets.byId.get(id) ?? []);
  const found: { host: string; asset: DeclaredAsset }[] = [];
  for (const asset of named) {
    for (const span of asset.spans) {
      if (span.family === 'mac') continue;
      const hosts = expand(span, asset);
      if (hosts === null) tooWide(asset);
      else for (const host of hosts) found.push({ host, asset });
    }
  }
  // Addresses of a rule are targets only where they are a declared asset's own.
  for (const text of end.addresses) {
    const span = parseSpan(text);
    const asset = assets.resolve(text)?.asset ?? null;
    if (span !== null && span.first === span.last && asset !== null) found.push({ host: formatSpan(span), asset });
  }
  return found;
};

/** Single addresses of the sending gateway of a unidirectional rule. */
export const gatewaysOf = ({ loaded, assets }: Pick<Surveyed, 'loaded' | 'assets'>, declared: DeclaredPermit): { span: AddressSpan; asset: DeclaredAsset | null }[] => {
  const tx = flowOf(loaded.spec, declared)?.unidirectional?.tx_endpoint;
  return [...(tx?.addresses ?? []), ...(tx?.assets ?? []).flatMap((id) => assets.byId.get(id)?.addresses ?? [])].flatMap((text) => {
    const span = parseSpan(text);
    return span === null || span.first !== span.last || span.family === 'mac' ? [] : [{ span, asset: assets.resolve(text)?.asset ?? null }];
  });
};
