/**
 * Lints: a spec that holds, but says something unwise, contradictory or unenforceable.
 *
 * In: a loaded spec. Out: lints with place, rule, severity and what to do, in the order of the file. Left out on purpose:
 * what makes a spec unreadable (spec/references.ts refuses that) and traffic (diff.ts).
 */
import type { Severity } from './findings.ts';
import { REQUEST_CODES } from '../../decode/app/modbus-functions.ts';
import { securityLevelNumber } from '../spec/free-text.ts';
import { coverCandidates, permitCovers } from '../match/permit-cover.ts';
import { flowOf, isLive, permitsCode, protocolKey } from '../spec/permits.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { isDiscovery } from '../../infer/opcua-security.ts';
import { firstOf } from '../../infer/plural.ts';
import { isWholeZone } from '../../permit.ts';
import { addTo, listsBy } from '../../net/multi-map.ts';
import { isSubset, normaliseSet, parseSet, parseSpan, unionSets, type AddressSet, type AddressSpan } from '../../net/address-set.ts';
import { tableOf } from '../../net/register-set.ts';
import { coZonedSafety, crossingRequirement, permitsChange, REQUIREMENTS } from './requirements.ts';
import { isOnLink, ON_LINK_PLATFORMS, sharedInterfaces, sharedLinks } from '../spec/shared-link.ts';
import { indexAssets } from '../spec/assets.ts';
import type { AssetIndex } from '../spec/assets.ts';
import type { Place, SpecPath } from '../spec/document.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { aliasesIn } from '../spec/text.ts';
import type { Spec, SpecConduit, SpecZone } from '../spec/schema.ts';
import { zoneKinds, type DeclaredKind } from '../spec/zone-kind.ts';

export interface Lint extends Place {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly remedy: string;
}

type Report = (path: SpecPath, rule: string, severity: Severity, message: string, remedy: string) => void;

/** A switch on which assets of this zone and of another have their ports. */
const sharedSwitch = (spec: Spec, zone: SpecZone): { readonly name: string; readonly other: string } | null => {
  const switchesOf = (one: SpecZone): string[] => (one.assets ?? []).flatMap((asset) => (typeof asset === 'string' || asset.switch_port === undefined ? [] : [asset.switch_port.switch]));
  for (const name of switchesOf(zone)) {
    const other = spec.zones.find((one) => one !== zone && switchesOf(one).includes(name));
    if (other !== undefined) return { name, other: other.zone_id };
  }
  return null;
};

const overlaps = (one: AddressSpan | null, other: AddressSpan): boolean => one !== null && one.family === other.family && one.first <= other.last && other.first <= one.last;

/** Public addresses that nothing else declares belong to a zone of the Internet, so that one is never empty. */
const isEmptyZone = ({ zone_id: id, assets = [], networks = [] }: SpecZone, kinds: ReadonlyMap<string, DeclaredKind>): boolean =>
  assets.length === 0 && networks.length === 0 && kinds.get(id) !== 'external';

const lintZones = ({ spec }: LoadedSpec, kinds: ReadonlyMap<string, DeclaredKind>, report: Report): void => {
  const vlanOwners = new Map<number, string>();
  const conduitsOf = new Map<string, SpecConduit[]>();
  for (const conduit of spec.conduits) for (const zone of new Set(conduit.connects)) addTo(conduitsOf, zone, conduit);
  for (const [z, zone] of spec.zones.entries()) {
    const touching = conduitsOf.get(zone.zone_id) ?? [];
    if (isEmptyZone(zone, kinds)) report(['zones', z], 'empty-zone', 'low', `${zone.zone_id} has no asset and no network`, 'name what belongs to it, or remove it with its conduits');
    const words = (zone.security_requirements ?? []).join(' ');
    const claimsGap = zone.air_gapped === true || /\bair[- ]?gap/i.test(words);
    if (claimsGap && touching.length > 0) report(['zones', z], 'air-gap-conduit', 'high', `${zone.zone_id} claims to be air-gapped and ${touching[0].conduit_id} connects it`, 'drop the claim or the conduit; ZCR 3.3 asks for separation, not for an air gap');
    if (claimsGap) {
      const point = (spec.enforcement_points ?? []).find((one) => one.interfaces.some((iface) => iface.zone === zone.zone_id));
      if (point !== undefined) report(['zones', z], 'air-gap-shared-device', 'high', `${zone.zone_id} claims to be air-gapped and has an interface on ${point.ep_id}, which others share`, 'a VLAN on a shared switch is no air gap');
      const shared = (zone.vlans ?? []).find((vlan) => spec.zones.some((other) => other !== zone && other.vlans?.includes(vlan)));
      const common = sharedSwitch(spec, zone);
      if (common !== null) report(['zones', z], 'air-gap-shared-device', 'high', `${zone.zone_id} claims to be air-gapped and hangs on switch ${common.name}, as ${common.other} does`, 'a VLAN on a shared switch is no air gap: give it a switch of its own');
      if (shared !== undefined) report(['zones', z, 'vlans'], 'air-gap-shared-vlan', 'high', `${zone.zone_id} claims to be air-gapped and shares VLAN ${shared}`, 'a shared VLAN is no air gap');
    }
    for (const [i, vlan] of (zone.vlans ?? []).entries()) {
      const owner = vlanOwners.get(vlan);
      if (owner !== undefined) report(['zones', z, 'vlans', i], 'shared-vlan', 'medium', `VLAN ${vlan} belongs to ${owner} and to ${zone.zone_id}`, 'devices on one VLAN talk without passing a conduit: give each zone its own');
      else vlanOwners.set(vlan, zone.zone_id);
    }
    for (const conduit of touching) {
      if (zone.allowed_conduits !== undefined && !zone.allowed_conduits.includes(conduit.conduit_id)) report(['zones', z, 'allowed_conduits'], 'conduit-one-sided', 'medium', `${conduit.conduit_id} connects ${zone.zone_id}, which does not allow it`, 'add it to allowed_conduits, or take the zone out of "connects"');
    }
    for (const [i, id] of (zone.allowed_conduits ?? []).entries()) {
      if (!touching.some((conduit) => conduit.conduit_id === id)) report(['zones', z, 'allowed_conduits', i], 'conduit-one-sided', 'medium', `${zone.zone_id} allows ${id}, which does not connect it`, 'remove it, or add the zone to "connects"');
    }
    if (zone.security_level_target === undefined) report(['zones', z], 'no-security-level', 'info', `${zone.zone_id} has no security_level_target`, 'set it from the risk assessment (ZCR 5.6); traffic cannot give it');
    for (const [i, text] of (zone.security_requirements ?? []).entries()) {
      if (/\b(usb|removable media|antivirus|dual authorization|mfa|change management)\b/i.test(text)) continue;
      if (/write access restricted|within the zone|\bsubnet\b/i.test(text) && !/firewall/i.test(text)) report(['zones', z, 'security_requirements', i], 'intra-zone-promise', 'low', `"${text.slice(0, 80)}" is about traffic within ${zone.zone_id}, which no conduit sees`, 'a boundary firewall cannot keep it: split the zone, or enforce it in the device');
    }
    for (const [a, asset] of (zone.assets ?? []).entries()) {
      if (typeof asset === 'string') {
        report(['zones', z, 'assets', a], 'asset-without-address', 'low', `"${asset.slice(0, 60)}" has no address: traffic can be matched by name only`, 'write it as {asset_id: ..., ip: [...]}');
        continue;
      }
      if (!asset.ip?.length && !asset.mac?.length) report(['zones', z, 'assets', a], 'asset-without-address', 'low', `${asset.asset_id} has no address: traffic can be matched by name only`, 'add ip or mac');
      const outside = (asset.ip ?? []).find((text) => zone.networks !== undefined && zone.networks.length > 0 && !isSubset(parseSet([text]), parseSet(zone.networks)));
      if (outside !== undefined && asset.role !== 'data-diode' && asset.role !== 'firewall') report(['zones', z, 'assets', a, 'ip'], 'address-outside-zone', 'medium', `${asset.asset_id}: ${outside} is in no network of ${zone.zone_id}`, 'correct the address or the networks');
      if (asset.vlan !== undefined && zone.vlans !== undefined && !zone.vlans.includes(asset.vlan)) report(['zones', z, 'assets', a, 'vlan'], 'vlan-outside-zone', 'medium', `${asset.asset_id}: VLAN ${asset.vlan} is none of ${zone.zone_id}`, 'correct the asset or the zone');
      if (asset.switch_port?.violation === 'shutdown' && (zone.kind === 'safety' || zone.kind === 'control' || ['plc', 'rtu', 'sis', 'safety-controller', 'io'].includes(asset.role ?? ''))) {
        report(['zones', z, 'assets', a, 'switch_port'], 'violation-shutdown', 'high', `${asset.asset_id}: "violation: shutdown" switches a controller's port off at the first strange frame`, 'use restrict: loss of control is the worse fault');
      }
    }
  }
  const spans = new Map(spec.zones.flatMap((zone) => (zone.networks ?? []).map((text) => [text, parseSpan(text)])));
  const spanOf = (text: string): AddressSpan | null => spans.get(text) ?? null;
  for (const [z, zone] of spec.zones.entries()) {
    for (const [i, text] of (zone.networks ?? []).entries()) {
      const span = spanOf(text);
      const other = span === null ? undefined : spec.zones.slice(z + 1).find((one) => one.networks?.some((network) => network !== text && overlaps(spanOf(network), span)));
      if (other !== undefined) report(['zones', z, 'networks', i], 'networks-overlap', 'medium', `${text} of ${zone.zone_id} overlaps a network of ${other.zone_id}`, 'the smaller one wins here; a firewall may see it otherwise');
    }
  }
};

const lintConduits = (loaded: LoadedSpec, report: Report): void => {
  const { spec } = loaded;
  const slOf = new Map(spec.zones.map((zone) => [zone.zone_id, securityLevelNumber(zone.security_level_target)]));
  const permitsOf = listsBy(loaded.permits, ({ permit }) => permit.conduit);
  for (const [c, conduit] of spec.conduits.entries()) {
    const own = securityLevelNumber(conduit.security_level);
    const highest = Math.max(...conduit.connects.map((zone) => slOf.get(zone) ?? 0));
    if (own !== null && own < highest) report(['conduits', c, 'security_level'], 'conduit-level', 'medium', `${conduit.conduit_id} has SL ${own}, and it touches a zone with SL-T ${highest}`, `a conduit is no weaker than its zones: SL ${highest}, or say in the risk assessment why not`);
    if ((conduit.protocols_allowed ?? []).length === 0) report(['conduits', c], 'empty-conduit', 'low', `${conduit.conduit_id} permits nothing`, 'remove it, or write its rules');
    const permits = permitsOf.get(conduit.conduit_id) ?? [];
    const oneWay = permits.find((declared) => declared.unidirectional !== null && isLive(declared.permit));
    // Any conduit: a way back is one wherever it is written.
    const back = oneWay === undefined ? undefined : loaded.permits.find(({ permit }) => isLive(permit) && permit.from.zone === oneWay.unidirectional?.to && permit.to.zone === oneWay.unidirectional.from);
    if (oneWay !== undefined && back !== undefined) report(back.path, 'flow-beside-diode', 'high', `${back.permit.id} flows back beside ${oneWay.permit.id}, which is unidirectional`, 'a path beside the diode undoes it: give it its own conduit, or drop the claim');
    if (oneWay !== undefined && oneWay.permit.service.transport === 'tcp') report(oneWay.path, 'tcp-through-diode', 'info', `${oneWay.permit.id}: TCP cannot cross a diode`, 'the diode\'s gateways end it on both sides: permit the two local legs');
  }
};

const MOST_LISTED = 4;

/** One lint for all that one link holds: in a flat plant that is every conduit. */
const lintLinks = ({ spec }: LoadedSpec, report: Report): void => {
  const byLink = new Map<string, { readonly isLikely: boolean; readonly what: string; readonly conduits: number[]; readonly zones: Set<string> }>();
  for (const [c, links] of sharedLinks(spec).entries()) {
    for (const { what, isLikely, zones } of isOnLink(spec, spec.conduits[c]) ? [] : links) {
      const key = `${what} ${isLikely}`;
      const held = byLink.get(key) ?? { isLikely, what, conduits: [], zones: new Set<string>() };
      byLink.set(key, held);
      if (!held.conduits.includes(c)) held.conduits.push(c);
      for (const zone of zones) held.zones.add(zone);
    }
  }
  for (const { isLikely, what, conduits, zones } of byLink.values()) {
    report(['conduits', conduits[0]], 'zones-share-link', isLikely ? 'low' : 'medium', `${firstOf([...zones], MOST_LISTED)} ${isLikely ? 'probably ' : ''}share ${what}: a firewall that routes sees nothing of ${firstOf(conduits.map((c) => spec.conduits[c].conduit_id), MOST_LISTED)}`, 'give each zone a VLAN and network of its own, or put a transparent (bridge) firewall or private VLANs between them; where they are apart already, state their networks or vlans');
  }
  for (const [c, { conduit_id: id, connects, enforced_by: by = [] }] of spec.conduits.entries()) {
    for (const point of (spec.enforcement_points ?? []).filter(({ ep_id: name }) => by.includes(name))) {
      const absent = connects.filter((zone) => !point.interfaces.some((port) => port.zone === zone));
      if (absent.length > 0) report(['conduits', c, 'enforced_by'], 'enforcer-without-interface', 'low', `${id} is enforced by ${point.ep_id}, which has no interface in ${firstOf(absent, MOST_LISTED)}: an export has to assume one, or goes by addresses alone`, 'add the interface, or correct enforced_by');
    }
  }
  for (const [e, point] of (spec.enforcement_points ?? []).entries()) {
    for (const { index, port, other } of ON_LINK_PLATFORMS.has(point.platform) ? [] : sharedInterfaces(point.interfaces)) {
      report(['enforcement_points', e, 'interfaces', index], 'zones-share-link', 'medium', `${other.zone} and ${port.zone} are both on ${port.interface} of ${point.ep_id}: it cannot keep them apart, and export refuses it`, 'give each zone an interface of its own, or a vlan');
    }
  }
};

const CLEAR_PROTOCOLS = new Set(['telnet', 'ftp', 'http', 'tftp', 'vnc']);

/** All addresses of a zone, by its networks and its assets; asked once for each zone that a rule gives addresses of. */
const zoneAddresses = ({ spec }: LoadedSpec, assets: AssetIndex): ((zone: string) => AddressSet) => {
  const known = new Map<string, AddressSet>();
  return (zone) => {
    const held = known.get(zone);
    if (held !== undefined) return held;
    const networks = spec.zones.find((one) => one.zone_id === zone)?.networks ?? [];
    const addresses = unionSets(parseSet(networks), normaliseSet(assets.assets.flatMap((asset) => (asset.zone === zone ? asset.spans : []))));
    known.set(zone, addresses);
    return addresses;
  };
};

const lintPermit = (loaded: LoadedSpec, declared: DeclaredPermit, assets: AssetIndex, addressesOf: (zone: string) => AddressSet, report: Report): void => {
  const { permit, path } = declared;
  const flow = flowOf(loaded.spec, declared);
  for (const text of declared.notUnderstood) report(path, 'text-not-understood', 'medium', `${permit.id}: "${text.slice(0, 80)}" is not understood, and nothing enforces it`, 'write it as machine fields (docs/spec.md), or move it to "purpose"');
  for (const text of declared.purposeTexts) report([...path, 'direction'], 'text-not-enforceable', 'info', `${permit.id}: "${text.slice(0, 80)}" is kept as the purpose; nothing enforces it`, 'nothing to do, or add a machine field that does');
  const idleLimits = isLive(permit) ? declared.withoutEffect : [];
  if (idleLimits.includes('direction')) report([...path, 'direction'], 'limit-without-effect', 'high', `${permit.id}: "${flow?.direction?.slice(0, 60)}" says of Modbus what a rule for ${permit.service.protocol} lets through all the same`, 'correct "protocol", or name the operations in the field of that protocol');
  if (idleLimits.includes('cip.classes')) report([...path, 'cip', 'classes'], 'limit-without-effect', 'high', `${permit.id}: CIP services are told apart, not the classes they are asked of, so every class is let through`, 'limit cip.services, and take the classes out');
  const modbus = protocolKey(permit.service.protocol) === 'modbus';
  if (modbus && permit.modbus === null && permit.access.length === 0 && isLive(permit)) report(path, 'modbus-unlimited', 'high', `${permit.id} lets every Modbus function through, writes and programming too`, 'add modbus: {function_codes: [3, 4]} or what is needed');
  if (modbus && permit.access.length > 0 && permit.modbus?.functionCodes.length === 0 && !REQUEST_CODES.some((code) => permitsCode(permit, code))) {
    report([...path, 'access'], 'code-without-access', 'medium', `${permit.id}: no Modbus function is ${permit.access.join(', ')} by itself, so no request is let through`, 'list the function codes that are meant (8 restarts, 90 starts and stops by UMAS), or name in "access" what they do by themselves too');
  }
  const idle = (permit.modbus?.functionCodes ?? []).filter((code) => !permitsCode(permit, code));
  if (idle.length > 0) report([...path, 'modbus', 'function_codes'], 'code-without-access', 'medium', `${permit.id}: access ${permit.access.join(', ')} names nothing that FC ${idle.join(', ')} does, so no request with it is let through`, 'name in "access" what it does, or remove the code');
  if (permit.modbus !== null && permit.modbus.ranges.length > 0) {
    const open = permit.modbus.functionCodes.filter((code) => (['read', 'write'] as const).some((access) => {
      const table = tableOf(code, access);
      return table !== null && !permit.modbus?.ranges.some((range) => range.access === access && (range.table === undefined || range.table === table));
    }));
    if (open.length > 0) report([...path, 'modbus', 'ranges'], 'code-without-range', 'medium', `${permit.id}: FC ${open.join(', ')} has no range, so every address is let through`, 'add a range for its table and access, or remove the code');
  }
  const modes = permit.opcua?.securityModes ?? [];
  if (modes.includes('SignAndEncrypt') && (permit.access.length > 0 || (permit.opcua?.services.length ?? 0) > 0)) report(path, 'encrypted-read-only', 'medium', `${permit.id} demands SignAndEncrypt and limits services: behind encryption no firewall sees the service`, 'enforce reading only in the server\'s own user roles; the network can check the security policy only');
  if (modes.includes('None') && isLive(permit) && !isDiscovery(permit.opcua?.services ?? [])) report(path, 'opcua-none', 'medium', ...openModes(permit.id, modes));
  if (flow?.data_flow === 'client-to-server' && permit.access.length > 0 && permit.access.every((access) => access === 'read' || access === 'browse')) report([...path, 'data_flow'], 'read-moves-data-back', 'medium', `${permit.id}: reading moves data from the server to the client, and data_flow says the reverse`, 'the arrow of a direction points from who opens; correct data_flow, or check who is the server');
  if (flow?.data_flow === undefined && flow?.direction !== undefined && protocolKey(permit.service.protocol) === 'opcua' && permit.access.length > 0 && flow.client === undefined) {
    report([...path, 'direction'], 'arrow-ambiguous', 'low', `${permit.id}: does "${flow.direction.slice(0, 60)}" point from who opens, or along the data? It is taken as who opens`, 'add client and server, and data_flow');
  }
  if (isWholeZone(permit.from) && isWholeZone(permit.to)) report(path, 'zone-to-zone', 'medium', `${permit.id} permits a whole zone to a whole zone`, 'name client and server assets');
  for (const [side, end] of [['client', permit.from], ['server', permit.to]] as const) {
    const inside = end.addresses.length === 0 ? [] : addressesOf(end.zone);
    if (inside.length > 0 && !isSubset(parseSet(end.addresses), inside)) report([...path, side, 'addresses'], 'address-outside-zone', 'medium', `${permit.id}: ${end.addresses.join(', ')} reaches beyond what ${end.zone} declares`, 'correct the addresses or the zone\'s networks');
    for (const id of end.assets) if ((assets.byId.get(id)?.spans.length ?? 0) === 0) report([...path, side, 'assets'], 'end-without-address', 'medium', `${permit.id}: ${id} has no address, so no firewall rule can be written for it`, 'add its ip');
  }
  if (CLEAR_PROTOCOLS.has(protocolKey(permit.service.protocol)) && isLive(permit)) report(path, 'clear-text-protocol', 'low', `${permit.id}: ${permit.service.protocol} sends passwords or data in the clear`, 'use its encrypted form where the device can do it');
  if (permit.decision === 'pending') report(path, 'pending', 'info', `${permit.id} waits for a decision${flow?.question === undefined ? '' : `: ${flow.question.slice(0, 160)}`}`, 'set decision: approved or rejected, with an owner');
  if (permit.conditions.expires !== null && loaded.spec.assessment_date !== undefined && permit.conditions.expires < loaded.spec.assessment_date) report([...path, 'expires'], 'already-expired', 'low', `${permit.id} expired on ${permit.conditions.expires}, before the assessment`, 'remove it, or set a new date');
};

/** @returns what is wrong with a rule for OPC UA without signatures, and what to do */
const openModes = (id: string, modes: readonly string[]): readonly [message: string, remedy: string] =>
  modes.length === 1
    ? [`${id} lets OPC UA without signatures through`, 'demand Sign or SignAndEncrypt where the server can do it']
    : [`${id} lets sessions without signatures do all that the others may`, 'take None out unless such a session is meant: to ask for servers and endpoints, a client needs no rule for it'];

export const checkSpec = (loaded: LoadedSpec): readonly Lint[] => {
  const lints: Lint[] = [];
  const report: Report = (path, rule, severity, message, remedy) => {
    lints.push({ ...loaded.locate(path), rule, severity, message, remedy });
  };
  const assets = indexAssets(loaded.spec);
  const kinds = zoneKinds(loaded.spec);
  lintZones(loaded, kinds, report);
  const aliases = aliasesIn(loaded.text);
  if (aliases !== null) lints.push({ ...aliases, rule: 'alias', severity: 'low', message: `${aliases.message}; propose-zones --out, diff --update, serve and the other commands that write a spec will refuse this file`, remedy: aliases.remedy });
  lintConduits(loaded, report);
  lintLinks(loaded, report);
  const addressesOf = zoneAddresses(loaded, assets);
  const empty = new Set(loaded.spec.zones.filter((zone) => isEmptyZone(zone, kinds)).map(({ zone_id: id }) => id));
  for (const declared of loaded.permits) {
    lintPermit(loaded, declared, assets, addressesOf, report);
    for (const end of isLive(declared.permit) ? [declared.permit.from, declared.permit.to] : []) {
      if (empty.has(end.zone) && isWholeZone(end)) report(declared.path, 'end-without-address', 'medium', `${declared.permit.id} is for the whole of ${end.zone}, which has no asset and no network: it lets nothing through`, 'name what belongs to the zone, or remove the rule');
    }
    const from = kinds.get(declared.permit.from.zone);
    const to = kinds.get(declared.permit.to.zone);
    const requirement = from === undefined || to === undefined || !isLive(declared.permit) ? null : crossingRequirement(from, to, permitsChange(declared));
    if (requirement !== null && !declared.acceptedRisks.includes(requirement.id)) report(declared.path, requirement.id, requirement.severity, `${declared.permit.id}: ${requirement.sentence} (${requirement.citation})`, requirement.remedy);
  }
  const live = loaded.permits.filter(({ permit }) => isLive(permit));
  const placeOf = new Map(live.map((declared, place) => [declared, place]));
  const candidates = coverCandidates(live, assets);
  // What is pending may be rejected: what is approved then stands alone.
  const covers = (outer: DeclaredPermit, inner: DeclaredPermit): boolean =>
    (outer.permit.decision !== 'pending' || inner.permit.decision === 'pending') && permitCovers(outer.permit, inner.permit, assets);
  for (const [i, declared] of live.entries()) {
    const wider = candidates(declared.permit).find((other) => other !== declared && covers(other, declared) && ((placeOf.get(other) ?? 0) < i || !covers(declared, other)));
    if (wider !== undefined) report(declared.path, 'shadowed', 'low', `${declared.permit.id} adds nothing: ${wider.permit.id} lets all of it through`, 'remove one of the two');
  }
  for (const { zone, zoneIndex, others } of coZonedSafety(loaded.spec, kinds)) report(['zones', zoneIndex], REQUIREMENTS.safetyZone.id, 'critical', `${zone}: ${REQUIREMENTS.safetyZone.sentence} (${others.slice(0, 5).join(', ')}; ${REQUIREMENTS.safetyZone.citation})`, REQUIREMENTS.safetyZone.remedy);
  return lints.sort((a, b) => a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : 1));
};
