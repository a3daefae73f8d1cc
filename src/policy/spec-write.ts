/**
 * Writes a proposal as a spec: a new file, or into an existing one with its comments, order and hand edits kept.
 *
 * In: a ConduitProposal, the text of an existing spec or null, and provenance. Out: YAML text that loads. In an existing
 * spec nothing is removed, moved or narrowed: known assets keep their id and zone, a rule that already lets a Permit
 * through only gets its evidence refreshed, and what is new is appended. Left out on purpose: the decision (a person's).
 */
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, YAMLSeq } from 'yaml';
import { usageError } from '../errors.ts';
import type { ConduitProposal, ProposedPermit } from '../infer/conduits.ts';
import type { AddressSpan } from '../net/address-set.ts';
import { addTo } from '../net/multi-map.ts';
import type { Permit, PermitEnd } from '../permit.ts';
import { permitCovers } from './permit-cover.ts';
import type { DeclaredPermit } from './permits.ts';
import { indexAssets } from './spec-assets.ts';
import type { AssetIndex } from './spec-assets.ts';
import { writePlainYaml } from './plain-yaml-write.ts';
import { parseSpec } from './spec-load.ts';
import type { LoadedSpec } from './spec-load.ts';
import { freeRuleId } from './spec-rule.ts';
import { assetEntry, listedAssets, ruleEntry, setAsideEntry, zoneEntry } from './spec-rules.ts';
import { specAsText } from './spec-text.ts';

/** Version, command, captures with digests, span: anything that says where the evidence came from. */
export type SpecProvenance = Readonly<Record<string, string | number | readonly string[]>>;

/** Short maps and lists of plain values stand on one line, as people write them. */
const INLINE = new Set([
  'client', 'server', 'evidence', 'ranges', 'function_codes', 'unit_ids', 'services', 'security_mode', 'security_policy', 'access', 'connects', 'allowed_conduits', 'ip', 'mac', 'ports',
  'generalised_by', 'sensors', 'operations', 'vlans', 'networks', 'schedule', 'names', 'servers',
]);

const INLINE_ITEMS = new Set(['assets', 'set_aside']);

const keyText = (pair: { key: unknown }): string => (isScalar(pair.key) ? String(pair.key.value) : '');

const styleNode = (node: unknown): void => {
  if (isSeq(node)) for (const item of node.items) styleNode(item);
  if (!isMap(node)) return;
  for (const pair of node.items) {
    const { value } = pair;
    const key = keyText(pair);
    if (INLINE.has(key) && (isMap(value) || isSeq(value))) value.flow = true;
    if (INLINE_ITEMS.has(key) && isSeq(value)) for (const item of value.items) if (isMap(item)) item.flow = true;
    styleNode(value);
  }
};

/** A spec's plain value as a file is written: the same layout as a proposal. */
export const formatSpec = (value: Readonly<Record<string, unknown>>): string => writePlainYaml(value, { inline: INLINE, inlineItems: INLINE_ITEMS });

const HEADER = `# Zones and conduits proposed from observed traffic. A proposal, not a decision:
# security levels are assumptions to be replaced by the risk assessment (IEC 62443-3-2 ZCR 5.6);
# rules with "decision: pending" let their traffic through until somebody answers their "question".
`;

const slText = (slT: number | null): Record<string, string> => (slT === null ? {} : { security_level: `SL ${slT}` });

const newSpecText = (proposal: ConduitProposal, provenance: SpecProvenance): string => {
  const conduitsOf = new Map<string, string[]>();
  for (const { id, connects } of proposal.conduits) for (const zone of new Set(connects)) addTo(conduitsOf, zone, id);
  const permitsOf = new Map<string, ProposedPermit[]>();
  for (const proposed of proposal.permits) addTo(permitsOf, proposed.permit.conduit, proposed);
  const text = formatSpec({
    spec_version: 1,
    standard: 'IEC 62443-3-2:2020',
    timezone: 'UTC',
    ...(Object.keys(provenance).length === 0 ? {} : { provenance }),
    zones: proposal.zones.map((zone) => zoneEntry(zone, listedAssets(proposal, zone).map(assetEntry), conduitsOf.get(zone.id) ?? [])),
    conduits: proposal.conduits.map((conduit) => ({
      conduit_id: conduit.id,
      name: conduit.name,
      connects: [...conduit.connects],
      ...slText(conduit.slT),
      mode: 'monitor',
      default_action: 'deny-log',
      protocols_allowed: (permitsOf.get(conduit.id) ?? []).map(ruleEntry),
    })),
    ...(proposal.setAside.length === 0 ? {} : { set_aside: proposal.setAside.map(setAsideEntry) }),
  });
  return `${HEADER}\n${text}`;
};

/** Where the existing spec puts what the proposal speaks of. */
interface Placement {
  readonly zoneOf: ReadonlyMap<string, string>;
  readonly assetOf: ReadonlyMap<string, { readonly id: string; readonly zone: string }>;
  readonly newZones: ReadonlySet<string>;
}

const placeInto = (proposal: ConduitProposal, existing: LoadedSpec, known: AssetIndex): Placement => {
  const zoneIds = new Set(existing.spec.zones.map((zone) => zone.zone_id));
  const assetOf = new Map<string, { id: string; zone: string }>();
  const zoneOf = new Map<string, string>();
  const newZones = new Set<string>();
  const takenIds = new Set(known.assets.map((asset) => asset.id));
  for (const zone of proposal.zones) {
    const votes = new Map<string, number>();
    for (const asset of zone.assets) {
      const found = [...asset.ip, ...asset.mac].map((address) => known.resolve(address)).find((resolution) => resolution?.asset);
      // Without an address of its own, only the id says that it is the same.
      const same = found?.asset ?? (asset.ip.length + asset.mac.length === 0 ? known.byId.get(asset.id) : undefined);
      if (same === undefined) continue;
      assetOf.set(asset.id, { id: same.id, zone: same.zone });
      votes.set(same.zone, (votes.get(same.zone) ?? 0) + 1);
    }
    const [favourite] = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const target = zoneIds.has(zone.id) ? zone.id : (favourite?.[0] ?? zone.id);
    zoneOf.set(zone.id, target);
    if (!zoneIds.has(target)) newZones.add(target);
    for (const asset of zone.assets) {
      if (assetOf.has(asset.id)) continue;
      const network = asset.ip.map((address) => known.resolve(address)).find((resolution) => resolution?.by === 'network');
      let id = asset.id;
      for (let n = 2; takenIds.has(id); n++) id = `${asset.id}-${n}`;
      takenIds.add(id);
      assetOf.set(asset.id, { id, zone: network?.zone ?? target });
    }
  }
  return { zoneOf, assetOf, newZones };
};

/** One Permit per pair of zones in which the existing spec puts its assets. */
const relocate = (permit: Permit, placement: Placement): Permit[] => {
  const ends = (end: PermitEnd): PermitEnd[] => {
    if (end.assets.length === 0) return [{ ...end, zone: placement.zoneOf.get(end.zone) ?? end.zone }];
    const byZone = new Map<string, string[]>();
    for (const id of end.assets) {
      const place = placement.assetOf.get(id) ?? { id, zone: end.zone };
      byZone.set(place.zone, [...new Set([...(byZone.get(place.zone) ?? []), place.id])]);
    }
    return [...byZone].map(([zone, assets]) => ({ zone, assets: assets.sort(), addresses: end.addresses }));
  };
  return ends(permit.from).flatMap((from) => ends(permit.to).flatMap((to) => (from.zone === to.zone ? [] : [{ ...permit, from, to }])));
};

type CoveredBy = (permit: Permit) => DeclaredPermit | undefined;

/**
 * The first declared rule that speaks of a whole Permit: lets it through, or was rejected, which is a decision as well. Only
 * those are asked that know its first client, by id or by address: in a spec of 18,000 rules a hundred times fewer.
 */
const coverOf = (declared: readonly DeclaredPermit[], assets: AssetIndex): CoveredBy => {
  const spanKey = ({ family, first }: AddressSpan): string => `${family} ${first}`;
  const byClient = new Map<string, number[]>();
  /** Places of rules for whole zones, networks and ranges. */
  const wide: number[] = [];
  for (const [place, { permit: { from } }] of declared.entries()) {
    const spans = from.assets.flatMap((id) => assets.byId.get(id)?.spans ?? []);
    if (from.assets.length === 0 || from.addresses.length > 0 || spans.some(({ first, last }) => first !== last)) wide.push(place);
    else for (const key of new Set([...from.assets, ...spans.map(spanKey)])) addTo(byClient, key, place);
  }
  return (permit) => {
    const isCovering = (one: DeclaredPermit): boolean => permitCovers({ ...one.permit, decision: 'approved' }, permit, assets);
    const [client] = permit.from.assets;
    if (client === undefined) return declared.find(isCovering);
    const [span] = assets.byId.get(client)?.spans ?? [];
    const places = new Set([...wide, ...(byClient.get(client) ?? []), ...(span === undefined ? [] : (byClient.get(spanKey(span)) ?? []))]);
    return [...places].sort((a, b) => a - b).map((place) => declared[place]).find(isCovering);
  };
};

/** The pairs of a Permit that no declared rule lets through yet, as full rectangles again; and the rules that do the rest. */
const withoutCovered = (permit: Permit, coveredBy: CoveredBy): { rest: Permit[]; covering: DeclaredPermit[] } => {
  const whole = coveredBy(permit);
  if (whole !== undefined) return { rest: [], covering: [whole] };
  if (permit.from.assets.length === 0 || permit.to.assets.length === 0) return { rest: [permit], covering: [] };
  const covering = new Set<DeclaredPermit>();
  const byServers = new Map<string, { clients: string[]; servers: string[] }>();
  for (const client of permit.from.assets) {
    const servers = permit.to.assets.filter((server) => {
      const declared = coveredBy({ ...permit, from: { ...permit.from, assets: [client] }, to: { ...permit.to, assets: [server] } });
      if (declared !== undefined) covering.add(declared);
      return declared === undefined;
    });
    if (servers.length === 0) continue;
    const held = byServers.get(servers.join('\n')) ?? { clients: [], servers };
    held.clients.push(client);
    byServers.set(servers.join('\n'), held);
  }
  return { rest: [...byServers.values()].map(({ clients, servers }) => ({ ...permit, from: { ...permit.from, assets: clients }, to: { ...permit.to, assets: servers } })), covering: [...covering] };
};

/** What is left of a Permit without the operations that somebody rejected: they are not proposed again beside others. Null: nothing. */
const withoutRejected = (permit: Permit, rejectedBy: CoveredBy): Permit | null => {
  const { modbus, opcua, named } = permit;
  let left = permit;
  /** Whether any of `all` stays; an empty list means every operation, and has none to take away. */
  const keepOpen = <T>(all: readonly T[], only: (some: readonly T[]) => Partial<Permit>): boolean => {
    const open = all.filter((one) => rejectedBy({ ...permit, ...only([one]) }) === undefined);
    left = { ...left, ...only(open) };
    return all.length === 0 || open.length > 0;
  };
  const isAnyLeft =
    (modbus === null || keepOpen(modbus.functionCodes, (functionCodes) => ({ modbus: { ...modbus, functionCodes } }))) &&
    (opcua === null || keepOpen(opcua.services, (services) => ({ opcua: { ...opcua, services } }))) &&
    (named === null || keepOpen(named.names, (names) => ({ named: { ...named, names } })));
  return isAnyLeft ? left : null;
};

const seqAt = (document: Document, path: readonly (string | number)[]): YAMLSeq => {
  const held = document.getIn(path);
  if (isSeq(held)) return held;
  document.setIn(path, document.createNode([]));
  return document.getIn(path) as YAMLSeq;
};

const append = (document: Document, seq: YAMLSeq, value: unknown, flow = false): void => {
  const node = document.createNode(value);
  styleNode(node);
  if (flow && isMap(node)) node.flow = true;
  // A list written [] grows into a block, unless its siblings stand on one line too.
  if (seq.flow === true && seq.items.length === 0 && isMap(node)) seq.flow = false;
  seq.add(node);
};

const updatedText = (proposal: ConduitProposal, existingText: string, provenance: SpecProvenance): string => {
  const { loaded, problems } = parseSpec(existingText, 'the existing spec');
  if (loaded === null) throw usageError(`the existing spec does not hold: line ${problems[0].line}: ${problems[0].message}`, problems[0].remedy);
  const known = indexAssets(loaded.spec);
  const placement = placeInto(proposal, loaded, known);
  const document = parseDocument(existingText, { keepSourceTokens: false });
  if (Object.keys(provenance).length > 0) document.set('provenance', document.createNode(provenance));

  let isGrown = false;
  const zoneIndex = new Map(loaded.spec.zones.map((zone, i) => [zone.zone_id, i]));
  for (const zone of proposal.zones) {
    const target = placement.zoneOf.get(zone.id) ?? zone.id;
    if (!zoneIndex.has(target)) {
      zoneIndex.set(target, zoneIndex.size);
      append(document, seqAt(document, ['zones']), { ...zoneEntry({ ...zone, id: target }, [], []) });
    }
  }
  for (const zone of proposal.zones) {
    for (const asset of listedAssets(proposal, zone)) {
      const place = placement.assetOf.get(asset.id);
      if (place === undefined || known.byId.has(place.id)) continue;
      const at = zoneIndex.get(place.zone);
      if (at === undefined) continue;
      append(document, seqAt(document, ['zones', at, 'assets']), assetEntry({ ...asset, id: place.id }), true);
      isGrown = true;
    }
  }

  // Permits are compared with who is who after the new assets have been added.
  const grown = isGrown ? (parseSpec(specAsText(document), 'the updated spec').loaded ?? loaded) : loaded;
  const assets = indexAssets(grown.spec);
  const coveredBy = coverOf(loaded.permits, assets);
  const rejectedBy = coverOf(loaded.permits.filter(({ permit }) => permit.decision === 'rejected'), assets);
  const conduitOf = new Map<string, { id: string; index: number }>();
  for (const [i, conduit] of loaded.spec.conduits.entries()) {
    for (const a of conduit.connects) for (const b of conduit.connects) if (a < b && !conduitOf.has(`${a}\n${b}`)) conduitOf.set(`${a}\n${b}`, { id: conduit.conduit_id, index: i });
  }
  const conduitIds = new Set(loaded.spec.conduits.map((conduit) => conduit.conduit_id));
  const ruleIds = new Set(loaded.permits.map(({ permit }) => permit.id));
  let conduitCount = loaded.spec.conduits.length;
  const appendRule = (proposed: ProposedPermit, permit: Permit): void => {
    const pair = [permit.from.zone, permit.to.zone].sort();
    let conduit = conduitOf.get(pair.join('\n'));
    if (conduit === undefined) {
      const wanted = proposal.conduits.find((one) => one.id === proposed.permit.conduit);
      let id = `C-${pair[0]}-${pair[1]}`.slice(0, 58);
      for (let n = 2; conduitIds.has(id); n++) id = `C-${pair[0]}-${pair[1]}`.slice(0, 54).concat(`-${n}`);
      conduitIds.add(id);
      conduit = { id, index: conduitCount++ };
      conduitOf.set(pair.join('\n'), conduit);
      append(document, seqAt(document, ['conduits']), { conduit_id: id, name: `${pair[0]} - ${pair[1]}`, connects: pair, ...slText(wanted?.slT ?? null), mode: 'monitor', default_action: 'deny-log', protocols_allowed: [] });
      for (const zone of pair) seqAt(document, ['zones', zoneIndex.get(zone) ?? 0, 'allowed_conduits']).add(id);
    }
    const ruleId = freeRuleId(conduit.id, ruleIds);
    ruleIds.add(ruleId);
    append(document, seqAt(document, ['conduits', conduit.index, 'protocols_allowed']), ruleEntry({ ...proposed, permit: { ...permit, id: ruleId, conduit: conduit.id } }));
  };
  for (const proposed of proposal.permits) {
    for (const permit of relocate(proposed.permit, placement)) {
      const { rest, covering } = withoutCovered(permit, coveredBy);
      for (const declared of covering) refreshEvidence(document, declared, { ...proposed, permit }, rest.length === 0 && covering.length === 1);
      for (const pairs of rest) {
        const fresh = withoutRejected(pairs, rejectedBy);
        if (fresh !== null) appendRule(proposed, fresh);
      }
    }
  }
  mergeSetAside(document, proposal, loaded);
  return specAsText(document, existingText);
};

/** Dates and days; counts only when the rule lets all of the Permit through, or they would count its neighbours too. */
const refreshEvidence = (document: Document, declared: DeclaredPermit, proposed: ProposedPermit, isWhole: boolean): void => {
  const fresh = ruleEntry(proposed).evidence ?? {};
  const keys = isWhole ? (['first_seen', 'last_seen', 'days', 'connections', 'requests'] as const) : (['first_seen', 'last_seen', 'days'] as const);
  const path = [...declared.path, 'evidence'];
  const held = document.getIn(path, true);
  if (!isMap(held)) {
    const node = document.createNode(Object.fromEntries(keys.flatMap((key) => (fresh[key] === undefined ? [] : [[key, fresh[key]]]))));
    if (isMap(node)) node.flow = true;
    document.setIn(path, node);
    if (document.getIn([...declared.path, 'basis']) === 'designed') document.setIn([...declared.path, 'basis'], 'observed+designed');
    return;
  }
  for (const key of keys) {
    const value = fresh[key];
    const old = held.get(key);
    if (value === undefined || (key === 'first_seen' && typeof old === 'string' && old < String(value)) || (typeof value === 'number' && typeof old === 'number' && old > value)) continue;
    held.set(key, value);
  }
};

const mergeSetAside = (document: Document, proposal: ConduitProposal, loaded: LoadedSpec): void => {
  for (const entry of proposal.setAside.map(setAsideEntry)) {
    const at = (loaded.spec.set_aside ?? []).findIndex((held) =>
      held.client === entry.client && held.transport === entry.transport && held.reason === entry.reason && held.servers.join() === entry.servers.join() && (held.ports ?? []).join() === (entry.ports ?? []).join());
    if (at < 0) append(document, seqAt(document, ['set_aside']), entry, true);
    else if (entry.last_seen > (loaded.spec.set_aside?.[at].last_seen ?? '')) document.setIn(['set_aside', at, 'last_seen'], entry.last_seen);
  }
};

export const writeSpec = (proposal: ConduitProposal, existingText: string | null, provenance: SpecProvenance = {}): string =>
  existingText === null || existingText.trim() === '' ? newSpecText(proposal, provenance) : updatedText(proposal, existingText, provenance);
