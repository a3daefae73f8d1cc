/**
 * The active test plan: what would prove each conduit in a maintenance window, from which machine, to which declared
 * service, and what has to come back. In: a spec. Out: steps; nothing is sent here. Targets are the spec's own host:port
 * pairs and never a network; safety zones, air-gapped zones and passive-only assets are left out and named.
 */
import { plural } from '../../infer/plural.ts';
import { formatSpan, parseSet, parseSpan, sizeOfSet, type AddressSpan } from '../../net/address-set.ts';
import { accessOfFunctionCode } from '../../decode/app/modbus-functions.ts';
import { tableOf } from '../../net/register-set.ts';
import { isSerialModbus } from '../../net/services.ts';
import { isWholeZone, type Permit, type PermitEnd } from '../../permit.ts';
import { conduitBetween } from '../spec/conduit-between.ts';
import { addTo, firstBy, listsBy } from '../../net/multi-map.ts';
import { indexEnds, inOrderOf } from '../match/end-index.ts';
import { createMatcher, endFits, partyOf, prepareEnd, serviceFits, type Matcher } from '../match/match.ts';
import { flowOf, isLive, permitsAccess, protocolKey, type DeclaredPermit } from '../spec/permits.ts';
import { indexAssets, type AssetIndex, type DeclaredAsset } from '../spec/assets.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { isTimed, timezoneOf } from '../spec/schedule.ts';
import { zoneKinds } from '../spec/zone-kind.ts';

export type TestKind = 'tcp-open' | 'tcp-blocked' | 'modbus-read' | 'modbus-canary' | 'modbus-again' | 'opcua-hello' | 'diode-forward' | 'diode-reverse';

/** A question that changes nothing in the device (verify/questions.ts builds no other). */
export type ModbusQuestion =
  | { readonly kind: 'read'; readonly unit: number; readonly code: 1 | 2 | 3 | 4; readonly address: number }
  | { readonly kind: 'echo'; readonly unit: number }
  | { readonly kind: 'identify'; readonly unit: number };

export interface TestStep {
  readonly kind: TestKind;
  readonly host: string;
  readonly port: number;
  /** Asset id of the target. */
  readonly target: string;
  readonly toZone: string;
  /** The Permit that lets it through, or beside which the canary goes; null for a prohibited path. */
  readonly permit: string | null;
  readonly conduit: string | null;
  readonly expected: string;
  readonly question: ModbusQuestion | null;
  /** Before the next one: a second, or what the rule's own limit of new connections a minute asks for. */
  readonly pauseSeconds: number;
}

/** A machine to test from: a declared client, or any other machine of the zone (address null). */
export interface Vantage {
  readonly zone: string;
  readonly asset: string | null;
  readonly address: string | null;
  readonly steps: readonly TestStep[];
}

export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

export interface TestPlan {
  readonly vantages: readonly Vantage[];
  readonly leftOut: readonly LeftOut[];
}

interface Service {
  readonly host: string;
  readonly port: number;
  readonly asset: DeclaredAsset;
}

const MOST_PORTS = 8;
/** Of services that nothing permits, from each machine of a whole plan; the next machine goes on where it ended. */
const MOST_BLOCKED = 256;
/** A range that declares each of its addresses as a device is a list of hosts; a wider one is a network. */
const MOST_RANGE = 64n;
const MOST_VANTAGES = 8;
const SAFETY_ROLES = new Set(['sis', 'safety-controller']);

const REFUSED: Readonly<Record<'safety' | 'gapped' | 'passive' | 'network' | 'udp' | 'ports' | 'conditional' | 'family', string>> = {
  safety: 'safety is never tested actively',
  gapped: 'it is declared air-gapped: a path to it is found by listening',
  passive: 'it is passive_only',
  network: 'it is declared as a network or a wide range: only single hosts are tested',
  udp: 'a datagram without an answer proves nothing: it is judged passively',
  ports: `it names more than ${MOST_PORTS} ports, or none`,
  family: 'it is of the other IP version than the address tested from: test it from one of its own',
  conditional: 'it holds at times or on demand only: test it when it does',
};

const expand = (span: AddressSpan, asset: DeclaredAsset, count: number | undefined): string[] | null => {
  if (span.family !== 'ipv4' && span.first !== span.last) return null;
  const size = sizeOfSet([span]);
  if (size === 1n) return [formatSpan(span)];
  if (size > MOST_RANGE || count === undefined || BigInt(count) < size || asset.addresses.some((text) => text.includes('/'))) return null;
  return Array.from({ length: Number(size) }, (_, i) => formatSpan({ ...span, first: span.first + BigInt(i), last: span.first + BigInt(i) }));
};

interface Surveyed {
  readonly services: readonly Service[];
  readonly leftOut: readonly LeftOut[];
  readonly assets: AssetIndex;
  readonly matcher: Matcher;
  /** Standing Permits that may be of a client, in the order of the spec. */
  readonly permitsFrom: (zone: string, address: string | null) => readonly DeclaredPermit[];
  /** What a Permit serves, whoever asks. */
  readonly servedBy: ReadonlyMap<DeclaredPermit, readonly Service[]>;
  readonly membersOf: (zone: string) => readonly DeclaredAsset[];
  readonly forbidden: (asset: DeclaredAsset) => string | null;
}

const survey = (loaded: LoadedSpec): Surveyed => {
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
  const countOf = (asset: DeclaredAsset): number | undefined => {
    const entry = loaded.spec.zones[asset.zoneIndex]?.assets?.[asset.assetIndex];
    return typeof entry === 'object' ? entry.count : undefined;
  };

  for (const declared of loaded.permits) {
    const { permit } = declared;
    if (!isLive(permit)) continue;
    for (const { asset } of gatewaysOf(loaded, assets, declared)) {
      const why = asset === null ? null : forbidden(asset);
      if (asset !== null && why !== null) leave(asset.id, why);
    }
    const ports = permit.service.ports.flatMap(({ first, last }) => Array.from({ length: Math.min(last - first + 1, MOST_PORTS + 1) }, (_, i) => first + i));
    if (permit.service.transport !== 'tcp') leave(permit.id, REFUSED.udp);
    else if (ports.length === 0 || ports.length > MOST_PORTS) leave(permit.id, REFUSED.ports);
    else {
      for (const { host, asset } of hostsOf(permit.to, assets, membersOf, countOf, (asset) => leave(asset.id, REFUSED.network))) {
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
  return { services: listed, leftOut: [...leftOut.values()], assets, matcher, forbidden, membersOf, ...permitsOfServices(loaded, assets, listed) };
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
const hostsOf = (end: PermitEnd, assets: AssetIndex, membersOf: Surveyed['membersOf'], countOf: (asset: DeclaredAsset) => number | undefined, tooWide: (asset: DeclaredAsset) => void): { host: string; asset: DeclaredAsset }[] => {
  const named = isWholeZone(end) ? membersOf(end.zone) : end.assets.flatMap((id) => assets.byId.get(id) ?? []);
  const found: { host: string; asset: DeclaredAsset }[] = [];
  for (const asset of named) {
    for (const span of asset.spans) {
      if (span.family === 'mac') continue;
      const hosts = expand(span, asset, countOf(asset));
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

const pauseOf = ({ limits }: DeclaredPermit): number => Math.max(1, Math.ceil(60 / (limits?.new_connections_per_minute ?? 60)));

const isConditional = ({ conditions }: Permit): boolean => conditions.onDemand || isTimed(conditions);

/** Unit 0 is for all devices behind a gateway, and none of them answers (MODBUS over Serial Line V1.02 clause 2.2): another, where the Permit has one. */
const unitOf = ({ modbus }: Permit): number => modbus?.unitIds.find((unit) => unit !== 0) ?? modbus?.unitIds[0] ?? 1;

const READ_CODES = [3, 4, 1, 2] as const;

/** The least question that a Permit lets through: one register or coil of its own. */
const readOf = (permit: Permit): ModbusQuestion | null => {
  const { modbus } = permit;
  const lets = (code: number): boolean => (modbus === null || modbus.functionCodes.length === 0 || modbus.functionCodes.includes(code)) && (permit.access.length === 0 || permit.access.includes(accessOfFunctionCode(code)));
  for (const code of READ_CODES) {
    if (!lets(code)) continue;
    const own = (modbus?.ranges ?? []).filter((range) => range.access === 'read' && (range.table === undefined || range.table === tableOf(code, 'read')));
    return { kind: 'read', unit: unitOf(permit), code, address: own[0]?.first ?? 0 };
  }
  return null;
};

/** A question that changes nothing and that neither the Permit nor another of the pair lets through; null when each is let through. */
const canaryOf = (permit: Permit, pair: readonly DeclaredPermit[]): ModbusQuestion | null => {
  const unit = unitOf(permit);
  const lets = (code: number): boolean =>
    pair.some(({ permit: other }) => {
      const [units, codes] = [other.modbus?.unitIds ?? [], other.modbus?.functionCodes ?? []];
      return (units.length === 0 || units.includes(unit)) && (codes.length > 0 ? codes.includes(code) : permitsAccess(other, accessOfFunctionCode(code)));
    });
  if (!lets(8)) return { kind: 'echo', unit };
  return lets(43) ? null : { kind: 'identify', unit };
};

const isIpv6 = (address: string): boolean => address.includes(':');

/** Of services those that nothing permits, from the place on at which the machine before this one ended; all of them where no bound is set. */
const someOf = (blocked: readonly Service[], goOn: { at: number; left: number } | null): ReadonlySet<Service> => {
  if (goOn === null || blocked.length <= MOST_BLOCKED) return new Set(blocked);
  const from = goOn.at % blocked.length;
  goOn.at += MOST_BLOCKED;
  goOn.left += blocked.length - MOST_BLOCKED;
  return new Set([...blocked.slice(from), ...blocked.slice(0, from)].slice(0, MOST_BLOCKED));
};

/** Every step from one machine, in the order in which to go: what is permitted first, so that a dead device is found by what it must answer. */
const stepsFrom = (loaded: LoadedSpec, surveyed: Surveyed, zone: string, address: string | null, goOn: { at: number; left: number } | null): TestStep[] => {
  const { services, permitsFrom, servedBy } = surveyed;
  const steps: TestStep[] = [];
  const conduitOf = conduitBetween(loaded.spec.conduits);
  const diodes = firstBy(loaded.permits.filter(({ permit, unidirectional }) => unidirectional?.to === zone && isLive(permit)), ({ unidirectional }) => unidirectional?.from);
  const judgedOf = new Map<Service, { readonly declared: DeclaredPermit; readonly lets: boolean | null }[]>();
  for (const declared of permitsFrom(zone, address)) {
    for (const service of servedBy.get(declared) ?? []) {
      const lets = letsThrough(surveyed, declared, zone, address, service.host, service.port);
      if (lets !== false) addTo(judgedOf, service, { declared, lets });
    }
  }
  const reached = services.filter(({ host, asset }) => asset.zone !== zone && (address === null || isIpv6(address) === isIpv6(host)));
  const blocked = someOf(reached.filter((service) => !judgedOf.has(service) && !diodes.has(service.asset.zone)), goOn);
  for (const service of reached) {
    const judged = judgedOf.get(service) ?? [];
    const { host, port, asset } = service;
    const against = diodes.get(asset.zone);
    if (judged.length === 0 && against === undefined && !blocked.has(service)) continue;
    const permits = judged.filter(({ lets }) => lets === true).map(({ declared }) => declared);
    if (judged.some(({ lets }) => lets === null) || permits.some(({ permit }) => isConditional(permit))) continue;
    const base = { host, port, target: asset.id, toZone: asset.zone, question: null, pauseSeconds: 1 };
    if (permits.length === 0) {
      const conduit = conduitOf(zone, asset.zone);
      steps.push(against === undefined
        ? { ...base, kind: 'tcp-blocked', permit: null, conduit, expected: 'filtered (no answer, or ICMP prohibited); open is a leak, closed proves nothing' }
        : { ...base, kind: 'diode-reverse', permit: against.permit.id, conduit: against.permit.conduit, expected: 'filtered; a refused connection has crossed the diode backwards: a leak' });
      continue;
    }
    for (const declared of permits) {
      const { permit } = declared;
      const own = { ...base, permit: permit.id, conduit: permit.conduit, pauseSeconds: pauseOf(declared) };
      if (declared.unidirectional !== null) {
        steps.push({ ...own, kind: 'diode-reverse', expected: 'filtered; a TCP session across, or its refusal, has come back through the diode: a leak' });
        continue;
      }
      steps.push({ ...own, kind: 'tcp-open', expected: 'open' });
      const protocol = protocolKey(permit.service.protocol);
      if (protocol === 'opcua') steps.push({ ...own, kind: 'opcua-hello', expected: 'ACK, and a list of endpoints' });
      const read = protocol === 'modbus' && !isSerialModbus(permit.service.protocol) ? readOf(permit) : null;
      if (read === null) continue;
      steps.push({ ...own, kind: 'modbus-read', question: read, expected: 'an answer' });
      const canary = canaryOf(permit, permits);
      if (canary === null) continue;
      steps.push({ ...own, kind: 'modbus-canary', question: canary, expected: 'no answer: filtered. An answer or an exception of the device: the filter is absent' });
      steps.push({ ...own, kind: 'modbus-again', question: read, expected: 'an answer: the silence before was the filter\'s and not the device\'s' });
    }
  }
  const once = new Map([...gatewaySteps(loaded, surveyed, zone, address), ...steps].map((step) => [JSON.stringify([step.kind, step.host, step.port, step.question]), step]));
  return [...once.values()].sort((a, b) => Number(a.permit === null) - Number(b.permit === null));
};

/** Null: whether some other machine of the zone may is not certain, because the Permit names addresses without devices. */
const letsThrough = ({ matcher, assets }: Surveyed, declared: DeclaredPermit, zone: string, address: string | null, host: string, port: number): boolean | null => {
  if (address !== null) return matcher.fits(declared, address, host, 'tcp', port);
  const { permit, permit: { from, to } } = declared;
  if (from.zone !== zone || !serviceFits(permit, 'tcp', port) || !endFits(prepareEnd(to), host, assets.resolve(host))) return false;
  if (isWholeZone(from)) return true;
  return from.addresses.some((text) => sizeOfSet(parseSet([text])) > 1n) ? null : false;
};

/** Single addresses of the sending gateway of a unidirectional rule. */
const gatewaysOf = (loaded: LoadedSpec, assets: AssetIndex, declared: DeclaredPermit): { span: AddressSpan; asset: DeclaredAsset | null }[] => {
  const tx = flowOf(loaded.spec, declared)?.unidirectional?.tx_endpoint;
  return [...(tx?.addresses ?? []), ...(tx?.assets ?? []).flatMap((id) => assets.byId.get(id)?.addresses ?? [])].flatMap((text) => {
    const span = parseSpan(text);
    return span === null || span.first !== span.last || span.family === 'mac' ? [] : [{ span, asset: assets.resolve(text)?.asset ?? null }];
  });
};

/** The sending gateway of a diode is where its forward leg ends for us. */
const gatewaySteps = (loaded: LoadedSpec, { assets, forbidden }: Surveyed, zone: string, address: string | null): TestStep[] =>
  loaded.permits.flatMap((declared): TestStep[] => {
    const { permit, unidirectional } = declared;
    if (unidirectional === null || unidirectional.from !== zone || !isLive(permit) || permit.service.transport !== 'tcp' || address === null) return [];
    const port = permit.service.ports.at(0)?.first;
    return gatewaysOf(loaded, assets, declared).flatMap(({ span, asset }): TestStep[] => {
      if (port === undefined || (asset !== null && forbidden(asset) !== null) || isIpv6(address) !== (span.family === 'ipv6')) return [];
      return [{ kind: 'diode-forward', host: formatSpan(span), port, target: asset?.id ?? formatSpan(span), toZone: unidirectional.to, permit: permit.id, conduit: permit.conduit, expected: 'open: the sending gateway takes it', question: null, pauseSeconds: pauseOf(declared) }];
    });
  });

/** Steps from one machine of a zone, by its address. */
export const planFrom = (loaded: LoadedSpec, zone: string, address: string): TestPlan => {
  const surveyed = survey(loaded);
  const others = new Set(surveyed.services.filter(({ host, asset }) => asset.zone !== zone && isIpv6(host) !== isIpv6(address)).map(({ host }) => host));
  const leftOut = [...surveyed.leftOut, ...[...others].map((what) => ({ what, why: REFUSED.family }))];
  return { vantages: [{ zone, asset: surveyed.assets.resolve(address)?.asset?.id ?? null, address, steps: stepsFrom(loaded, surveyed, zone, address, null) }], leftOut };
};

/** Steps from every zone: from the declared clients of its Permits, and from any other machine. */
export const planTests = (loaded: LoadedSpec): TestPlan => {
  const surveyed = survey(loaded);
  const { assets, forbidden, membersOf, permitsFrom } = surveyed;
  const leftOut = [...surveyed.leftOut];
  const untested = new Set(leftOut.map(({ what }) => what));
  const vantages: Vantage[] = [];
  const goOn = { at: 0, left: 0 };
  for (const { zone_id: zone } of loaded.spec.zones) {
    if (untested.has(zone)) continue;
    const clients = new Map<string, DeclaredAsset>();
    for (const { permit } of permitsFrom(zone, null)) {
      for (const { host, asset } of hostsOf(permit.from, assets, membersOf, () => undefined, () => undefined)) if (forbidden(asset) === null) clients.set(host, asset);
      if (isConditional(permit)) leftOut.push({ what: permit.id, why: REFUSED.conditional });
    }
    const chosen = [...clients].slice(0, MOST_VANTAGES);
    if (clients.size > chosen.length) leftOut.push({ what: `${plural(clients.size - chosen.length, 'more client')} of ${zone}`, why: `${MOST_VANTAGES} machines of a zone are enough to test its rules from` });
    for (const [address, asset] of chosen) vantages.push({ zone, asset: asset.id, address, steps: stepsFrom(loaded, surveyed, zone, address, goOn) });
    vantages.push({ zone, asset: null, address: null, steps: stepsFrom(loaded, surveyed, zone, null, goOn) });
  }
  if (goOn.left > 0) leftOut.push({ what: plural(goOn.left, 'test of what nothing permits', 'tests of what nothing permits'), why: `${MOST_BLOCKED} from a machine are enough: each machine goes on where the one before it ended` });
  return { vantages: vantages.filter(({ steps }) => steps.length > 0), leftOut };
};
