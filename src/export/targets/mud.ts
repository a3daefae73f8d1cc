/**
 * Manufacturer Usage Descriptions (RFC 8520): one file per asset that an end of a Permit covers, by its name, its zone or its addresses. In: a device plan. Out:
 * `<asset>.mud.json` and `controllers.json`, which maps controller URNs and devices to addresses: literal addresses in a MUD file are
 * not portable. MUD knows ports and directions and nothing of protocols inside. No signature: none can be made here.
 */
import { addTo, listsBy } from '../../net/multi-map.ts';
import { compareSpans, formatSpan, intersectSets, normaliseSet, overlapping, parseSet, subtractSets, type AddressSet } from '../../net/address-set.ts';
import { isWholeZone } from '../../permit.ts';
import type { DeviceExport, DevicePlan, Exporter, LossRow, PlanAsset, PlanPermit, PlanZone } from '../exporter.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { ofFamily, protocolNumber, rangeText } from '../ip-notation.ts';
import { assess, eitherWay, familiesOf, notEnforceable, refusalOf } from '../loss.ts';
import { asciiJson } from '../loss-report.ts';
import { nameScope, safeComment } from '../vendor-name.ts';

const CAPABILITIES = { ...NO_CAPABILITIES, ipv6: true, multicast: true, onLink: true, sctpPorts: false };
const CACHE_HOURS = 48;
/** Without an observation there is no date that is not invented; this one says so by its looks. */
const NO_DATE = '2000-01-01T00:00:00Z';
const SYSTEMINFO_LENGTH = 60;

type Json = Record<string, unknown>;

const urnOf = (kind: string, id: string, ...more: readonly string[]): string =>
  ['urn:baseline', kind, id.replace(/[^A-Za-z0-9._-]/g, '_'), ...more].join(':');

const peerUrn = (entry: PlanPermit, side: 'from' | 'to'): string => {
  const end = entry.permit[side];
  return end.assets.length === 1 && end.addresses.length === 0 ? urnOf('asset', end.assets[0] ?? '') : urnOf('permit', entry.permit.id, side);
};

const portMatch = ({ first, last }: { readonly first: number; readonly last: number }): Json =>
  first === last ? { operator: 'eq', port: first } : { 'lower-port': first, 'upper-port': last };

interface Direction {
  /** The rule is about packets that the device sends. */
  readonly fromDevice: boolean;
  readonly deviceIsClient: boolean;
}

const entries = (entry: PlanPermit, family: 'ipv4' | 'ipv6', direction: Direction, name: string): Json[] => {
  const { permit } = entry;
  const { transport, ports } = permit.service;
  const protocol = protocolNumber(transport);
  const towardsServer = direction.fromDevice === direction.deviceIsClient;
  const peer = peerUrn(entry, direction.deviceIsClient ? 'to' : 'from');
  const layer3 = transport === 'any' ? {} : { [family]: { protocol } };
  const one = (suffix: string, layer4: Json): Json => ({
    name: `${name}${suffix}`,
    matches: { 'ietf-mud:mud': { controller: peer }, ...layer3, ...layer4 },
    actions: { forwarding: 'accept' },
  });
  if (transport !== 'tcp' && transport !== 'udp') return [one('', {})];
  return ports.map((port, index) => {
    const match = { [towardsServer ? 'destination-port' : 'source-port']: portMatch(port) };
    // For TCP alone (RFC 8520 clause 8).
    const initiated = transport === 'tcp' ? { 'ietf-mud:direction-initiated': direction.deviceIsClient ? 'from-device' : 'to-device' } : {};
    return one(ports.length === 1 ? '' : `-${index + 1}`, { [transport]: { ...match, ...initiated } });
  });
};

interface DeviceUse {
  readonly entry: PlanPermit;
  readonly deviceIsClient: boolean;
}

const zoneUrn = (zone: PlanZone): string => urnOf('zone', zone.id);

/** What is within a zone needs no Permit: a device whose file left it out would lose its neighbours. */
const withinEntry = (zone: PlanZone): Json => ({ name: 'within-zone', matches: { 'ietf-mud:mud': { controller: zoneUrn(zone) } }, actions: { forwarding: 'accept' } });

const aclsOf = (zone: PlanZone, uses: readonly DeviceUse[]): { acl: Json[]; from: string[]; to: string[] } => {
  const acl: Json[] = [];
  const lists = { from: [] as string[], to: [] as string[] };
  for (const fromDevice of [true, false])
    for (const family of ['ipv4', 'ipv6'] as const) {
      const names = nameScope({ maxLength: 60, punctuation: '_-.' }, ['within-zone']);
      const permitted = uses
        .filter(({ entry }) => familiesOf(entry, CAPABILITIES).includes(family))
        .flatMap(({ entry, deviceIsClient }) => entries(entry, family, { fromDevice, deviceIsClient }, names.nameOf(`${entry.permit.id} ${deviceIsClient}`, entry.permit.id)));
      const ace = [...permitted, ...(ofFamily(zone.addresses, family).length > 0 ? [withinEntry(zone)] : [])];
      if (ace.length === 0) continue;
      const name = `${fromDevice ? 'from' : 'to'}-device-${family}`;
      lists[fromDevice ? 'from' : 'to'].push(name);
      acl.push({ name, type: `${family}-acl-type`, aces: { ace } });
    }
  return { acl, ...lists };
};

const policyOf = (names: readonly string[]): Json => ({ 'access-lists': { 'access-list': names.map((name) => ({ name })) } });

const lastSeen = (uses: readonly DeviceUse[]): string => {
  const dates = uses.flatMap(({ entry }) => entry.permit.evidence?.lastSeen ?? []).filter((date) => /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(date)).sort();
  return dates.at(-1) ?? NO_DATE;
};

const mudFile = (assetName: string, { label, vendor }: PlanAsset, zone: PlanZone, uses: readonly DeviceUse[]): string => {
  const { acl, from, to } = aclsOf(zone, uses);
  return asciiJson({
    'ietf-mud:mud': {
      'mud-version': 1,
      'mud-url': `https://mud.invalid/${assetName}.mud.json`,
      'last-update': lastSeen(uses),
      'cache-validity': CACHE_HOURS,
      'is-supported': true,
      systeminfo: safeComment(label, SYSTEMINFO_LENGTH) || assetName.slice(0, SYSTEMINFO_LENGTH),
      ...(vendor === '' ? {} : { 'mfg-name': safeComment(vendor, SYSTEMINFO_LENGTH) }),
      ...(from.length > 0 ? { 'from-device-policy': policyOf(from) } : {}),
      ...(to.length > 0 ? { 'to-device-policy': policyOf(to) } : {}),
    },
    'ietf-access-control-list:acls': { acl },
  });
};

type Side = 'from' | 'to';

/** Addresses of an asset beyond those that the end states: one file stands for all of them. Null: the end does not mean this asset. */
const besideOf = (end: PlanPermit['permit'][Side], stated: AddressSet, isOwnZone: boolean, asset: PlanAsset): AddressSet | null => {
  if (end.assets.includes(asset.id) || (isOwnZone && isWholeZone(end))) return [];
  return intersectSets(asset.addresses, stated).length === 0 ? null : subtractSets(asset.addresses, stated);
};

interface Covered {
  readonly uses: ReadonlyMap<PlanAsset, readonly DeviceUse[]>;
  /** Of a Permit that covers an asset at all. */
  readonly beside: ReadonlyMap<PlanPermit, Readonly<Record<Side, AddressSet>>>;
}

const coveredBy = (permits: readonly PlanPermit[], zones: readonly PlanZone[]): Covered => {
  const uses = new Map<PlanAsset, DeviceUse[]>();
  const beside = new Map<PlanPermit, Record<Side, AddressSet>>();
  const places = zones.flatMap((zone) => zone.assets.map((asset) => ({ asset, zone: zone.id })));
  const [byId, byZone] = [listsBy(places, ({ asset }) => asset.id), listsBy(places, ({ zone }) => zone)];
  // No address is of two assets (policy/spec/assets.ts).
  const spans = places.flatMap((place) => place.asset.addresses.map((span) => ({ ...span, place }))).sort(compareSpans);
  for (const entry of permits)
    for (const side of ['from', 'to'] as const) {
      const end = entry.permit[side];
      const stated = parseSet(end.addresses);
      const meant = new Set([...end.assets.flatMap((id) => byId.get(id) ?? []), ...(isWholeZone(end) ? (byZone.get(end.zone) ?? []) : []), ...stated.flatMap((span) => overlapping(spans, span)).map(({ place }) => place)]);
      for (const { asset, zone } of meant) {
        const rest = besideOf(end, stated, end.zone === zone, asset);
        if (rest === null) continue;
        addTo(uses, asset, { entry, deviceIsClient: side === 'from' });
        const held = beside.get(entry) ?? { from: [], to: [] };
        beside.set(entry, { ...held, [side]: normaliseSet([...held[side], ...rest]) });
      }
    }
  return { uses, beside };
};

const lossOf = (plan: DevicePlan, entry: PlanPermit, { beside }: Covered): LossRow => {
  const also = beside.get(entry);
  if (also === undefined && refusalOf(entry, CAPABILITIES) === null) return notEnforceable(entry.permit, plan.device.id, 'it covers no asset on either side: MUD describes devices');
  const [from, to] = [also?.from ?? [], also?.to ?? []];
  const texts = [...from, ...to].map(formatSpan).join(', ');
  const row = assess(entry, { device: plan.device.id, capabilities: CAPABILITIES, also: [...eitherWay(entry.permit), ...(texts === '' ? [] : [`an asset is one device here, with all its addresses: ${texts} too`])] });
  if (texts === '' || row.verdict === 'not-enforceable') return row;
  return {
    ...row,
    holds: { ...row.holds, beside: { from: from.map(formatSpan), to: to.map(formatSpan) } },
    effects: row.effects.map((effect) => {
      const grown = (spans: AddressSet, more: AddressSet): AddressSet => normaliseSet([...spans, ...more.filter((span) => span.family === spans[0]?.family)]);
      return { ...effect, client: grown(effect.client, from), server: grown(effect.server, to) };
    }),
  };
};

const build = (plan: DevicePlan): DeviceExport => {
  const permits = plan.permits.filter((entry) => refusalOf(entry, CAPABILITIES) === null);
  const covered = coveredBy(permits, plan.zones);
  const names = nameScope({ maxLength: 60, punctuation: '_-' }, ['controllers']);
  const devices: Record<string, string[]> = {};
  const controllers = new Map<string, readonly string[]>();
  const files = plan.zones.flatMap((zone) =>
    zone.assets.flatMap((asset) => {
      const uses = covered.uses.get(asset) ?? [];
      if (uses.length === 0) return [];
      const name = names.nameOf(asset.id, asset.id);
      devices[`${name}.mud.json`] = asset.addresses.map(rangeText);
      controllers.set(zoneUrn(zone), zone.addresses.map(rangeText));
      return [{ path: `${name}.mud.json`, content: mudFile(name, asset, zone, uses) }];
    }),
  );
  for (const entry of permits) {
    controllers.set(peerUrn(entry, 'from'), entry.client.map(rangeText));
    controllers.set(peerUrn(entry, 'to'), entry.server.map(rangeText));
  }
  return {
    files: [
      ...files,
      { path: 'controllers.json', content: asciiJson({ schemaVersion: 1, controllers: Object.fromEntries([...controllers].sort(([a], [b]) => (a < b ? -1 : 1))), devices }) },
    ],
    losses: plan.permits.map((entry) => lossOf(plan, entry, covered)),
    rollback: ['Withdraw the MUD files from the MUD manager; it then falls back to its default for these devices.'],
    apply: [
      'Give the MUD manager the addresses of controllers.json for the controller URNs.',
      'Set `mud-url` to where you publish the file, sign it, and publish both.',
      'Withdraw the files of an earlier export that this one has not: their devices keep what they let through.',
    ],
    notes: ['MUD limits ports, peers and who opens a connection. What is asked inside a protocol it does not see, and it has no word for what is logged, of what is denied neither.', 'An asset with several addresses, or a class of assets, is one MUD device here.', 'What is within a zone passes, by the controller URN of the zone: a spec permits it without a rule.', 'What is no declared asset has no file, and is held to nothing at its own end.'],
  };
};

export const mud: Exporter = {
  name: 'mud',
  title: 'Manufacturer Usage Descriptions (RFC 8520), one per asset',
  platforms: [],
  filters: true,
  modes: ['enforce'],
  capabilities: CAPABILITIES,
  build,
};
