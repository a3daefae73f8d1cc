/**
 * From a loaded spec to the plan that exporters read: every end of a Permit resolved to addresses.
 *
 * In: LoadedSpec. Out: Plan. An end that names assets means their addresses, one that names addresses means those, one
 * that names neither means its zone. Which addresses an asset or a zone has is what policy/spec/assets.ts resolves to it, so
 * that a firewall lets through what `diff` and `simulate` say it does: a zone is its networks and its assets' addresses
 * without what is declared more narrowly elsewhere. What cannot be resolved stays empty and is reported; it never becomes
 * "any". Order is the spec's; sets are sorted.
 */
import { isWholeZone, type PermitEnd } from '../permit.ts';
import { directedBroadcasts, groupSpanKind } from '../net/address-kinds.ts';
import { formatSpan, normaliseSet, parseSet, parseSpan, setContains, type AddressSet, type AddressSpan } from '../net/address-set.ts';
import { isNotIp } from '../net/link-local.ts';
import { listsBy } from '../net/multi-map.ts';
import { endOf, flowOf, portsOf, type DeclaredPermit } from '../policy/spec/permits.ts';
import { securityLevelText } from '../policy/spec/free-text.ts';
import { sharedLinks } from '../policy/spec/shared-link.ts';
import { declaredAssets, holdingsOf, type Holdings } from '../policy/spec/assets.ts';
import type { LoadedSpec } from '../policy/spec/load.ts';
import type { Spec, SpecAsset, SpecEndpoint, SpecZone } from '../policy/spec/schema.ts';
import { LOG_MOMENTS } from './session-log.ts';
import type { DeviceInterface, Plan, PlanAsset, PlanDevice, PlanPermit, PlanZone } from './exporter.ts';

const networksOf = (zone: SpecZone): AddressSet => parseSet(zone.networks ?? []);

const specAsset = (zone: SpecZone, index: number): SpecAsset | null => {
  const entry = zone.assets?.[index];
  return entry === undefined || typeof entry === 'string' ? null : entry;
};

const zonesOf = (spec: Spec, holdings: Holdings): PlanZone[] => {
  const declaredIn = listsBy(declaredAssets(spec), ({ zoneIndex }) => zoneIndex);
  return spec.zones.map((zone, zoneIndex) => ({
    id: zone.zone_id,
    name: zone.name,
    level: zone.purdue_level === undefined ? '' : `${zone.purdue_level}`,
    securityLevel: securityLevelText(zone.security_level_target),
    airGapped: zone.air_gapped ?? false,
    external: zone.kind === 'external',
    networks: networksOf(zone),
    addresses: holdings.ofZone(zone.zone_id).filter((span) => span.family !== 'mac'),
    vlans: [...(zone.vlans ?? [])].sort((a, b) => a - b),
    assets: (declaredIn.get(zoneIndex) ?? [])
      .map((asset): PlanAsset => {
        const entry = asset.fromText ? null : specAsset(zone, asset.assetIndex);
        const port = entry?.switch_port;
        return {
          id: asset.id,
          label: asset.label,
          role: asset.role ?? '',
          vendor: entry?.vendor ?? '',
          addresses: holdings.ofAsset(asset.id).filter((span) => span.family !== 'mac'),
          macs: normaliseSet(asset.spans.filter((span) => span.family === 'mac' && span.first === span.last)).flatMap(macTexts),
          vlan: asset.vlan,
          port:
            port === undefined
              ? null
              : { switch: port.switch, interface: port.interface, maxMacs: port.max_macs ?? null, violation: port.violation ?? null },
        };
      }),
  }));
};

/** normaliseSet joins neighbours: one text for every MAC address again. */
const macTexts = (span: AddressSpan): string[] => {
  const texts: string[] = [];
  for (let value = span.first; value <= span.last; value += 1n) texts.push(formatSpan({ family: 'mac', first: value, last: value }));
  return texts;
};

interface ResolvedEnd {
  readonly addresses: AddressSet;
  readonly omitted: readonly string[];
}

const resolveEnd = (end: PermitEnd, holdings: Holdings, wantMac: boolean): ResolvedEnd => {
  const wanted = (span: AddressSpan): boolean => (span.family === 'mac') === wantMac;
  if (isWholeZone(end)) return { addresses: holdings.ofZone(end.zone).filter(wanted), omitted: [] };
  const omitted: string[] = [];
  const spans: AddressSpan[] = end.addresses.flatMap((text) => parseSpan(text) ?? []).filter(wanted);
  for (const id of end.assets) {
    const held = holdings.ofAsset(id).filter(wanted);
    if (held.length === 0) omitted.push(`asset ${id} has no address in ${end.zone}: it is left out`);
    spans.push(...held);
  }
  return { addresses: normaliseSet(spans), omitted };
};

/** A diode has a leg in two zones: it ends a side with the one that stands in that side's networks. */
const legsIn = (zone: string, zones: readonly PlanZone[], spans: AddressSet): AddressSet => {
  const networks = zones.find((candidate) => candidate.id === zone)?.networks ?? [];
  return spans.filter(
    (span) => networks.length === 0 || setContains(networks, span) || !zones.some((other) => other.id !== zone && setContains(other.networks, span)),
  );
};

const unidirectionalOf = (spec: Spec, declared: DeclaredPermit, zones: readonly PlanZone[], holdings: Holdings): PlanPermit['unidirectional'] => {
  if (declared.unidirectional === null) return null;
  const stated = flowOf(spec, declared)?.unidirectional;
  const leg = (endpoint: SpecEndpoint | undefined): AddressSet =>
    endpoint === undefined ? [] : legsIn(endpoint.zone, zones, resolveEnd(endOf(endpoint), holdings, false).addresses);
  return { via: stated?.via_asset ?? '', tx: leg(stated?.tx_endpoint), rx: leg(stated?.rx_endpoint), replicaOf: stated?.replica_of ?? '' };
};

/** Each as it is stated: joined with its neighbours a group address would be a host of a range. */
const groupsOf = (end: PermitEnd, holdings: Holdings, broadcasts: readonly AddressSpan[]): PlanPermit['groups'] => {
  const spans = [...end.addresses.flatMap((text) => parseSpan(text) ?? []), ...end.assets.flatMap((id) => holdings.ofAsset(id))].filter((span) => span.family !== 'mac');
  const kindOf = (span: AddressSpan): 'link' | 'routed' | null => {
    if (broadcasts.some((one) => span.first === one.first && span.last === one.last)) return 'link';
    return groupSpanKind(span);
  };
  return { link: normaliseSet(spans.filter((span) => kindOf(span) === 'link')), routed: normaliseSet(spans.filter((span) => kindOf(span) === 'routed')) };
};

const limitsText = (limits: DeclaredPermit['limits']): string =>
  [
    [limits?.max_connections, 'connections'],
    [limits?.max_connections_per_client, 'connections a client'],
    [limits?.new_connections_per_minute, 'new connections a minute'],
    [limits?.requests_per_second, 'requests a second'],
  ].flatMap(([most, what]) => (most === undefined ? [] : [`at most ${most} ${what}`])).join(', ');

const LONGEST_TEXT = 80;

const permitOf = (spec: Spec, declared: DeclaredPermit, zones: readonly PlanZone[], holdings: Holdings, broadcasts: readonly AddressSpan[]): PlanPermit => {
  const { permit } = declared;
  const logged = flowOf(spec, declared)?.log;
  const wantMac = isNotIp(permit.service.transport) || permit.service.transport === 'l2';
  const client = resolveEnd(permit.from, holdings, wantMac);
  const server = resolveEnd(permit.to, holdings, wantMac);
  return {
    permit,
    client: client.addresses,
    server: server.addresses,
    omitted: [...client.omitted, ...server.omitted],
    groups: groupsOf(permit.to, holdings, broadcasts),
    limits: limitsText(declared.limits),
    log: logged === undefined ? null : LOG_MOMENTS[logged],
    unread: [...declared.notUnderstood.map((text) => `"${text.slice(0, LONGEST_TEXT)}"`), ...declared.withoutEffect],
    unidirectional: unidirectionalOf(spec, declared, zones, holdings),
  };
};

const interfaceAddress = (text: string | undefined): DeviceInterface['address'] => {
  if (text === undefined) return null;
  const [ip = '', length] = text.split('/');
  if (parseSpan(ip) === null) return null;
  return { ip, length: length === undefined ? null : Number(length) };
};

const SYSLOG_PORT = 514;

const devicesOf = (spec: Spec): PlanDevice[] =>
  (spec.enforcement_points ?? []).map((point) => ({
    id: point.ep_id,
    platform: point.platform,
    interfaces: point.interfaces.map((port) => ({
      zone: port.zone,
      interface: port.interface,
      nameif: port.nameif ?? null,
      address: interfaceAddress(port.address),
      vlan: port.vlan ?? null,
      securityLevel: port.security_level ?? null,
    })),
    syslog:
      point.syslog === undefined
        ? null
        : {
            host: point.syslog.host,
            zone: point.syslog.via_zone,
            port: portsOf(point.syslog.port)[0]?.first ?? SYSLOG_PORT,
          },
  }));

const evidenceLossesOf = ({ provenance }: LoadedSpec['spec']): readonly string[] => (Array.isArray(provenance?.losses) ? provenance.losses : []);

/** `provenance`: one line each for the head of every file (version, command), written by the caller; what the evidence is missing comes behind. */
export const planOf = (loaded: LoadedSpec, provenance: readonly string[]): Plan => {
  const { spec } = loaded;
  const holdings = holdingsOf(spec);
  const zones = zonesOf(spec, holdings);
  const broadcasts = zones.flatMap((zone) => directedBroadcasts(zone.networks));
  const links = sharedLinks(spec);
  const evidenceLosses = evidenceLossesOf(spec);
  return {
    facility: spec.facility ?? '',
    timezone: spec.timezone ?? '',
    zones,
    conduits: spec.conduits.map((conduit, index) => ({
      id: conduit.conduit_id,
      name: conduit.name ?? '',
      connects: conduit.connects,
      mode: conduit.mode ?? null,
      enforcedBy: conduit.enforced_by ?? [],
      sharedLinks: links[index] ?? [],
    })),
    permits: loaded.permits.map((declared) => permitOf(spec, declared, zones, holdings, broadcasts)),
    devices: devicesOf(spec),
    provenance: [...provenance, ...evidenceLosses.map((loss) => `missing or doubtful: ${loss}`)],
    evidenceLosses,
  };
};
