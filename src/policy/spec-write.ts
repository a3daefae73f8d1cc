/**
 * Writes a proposal as a spec: a new file, or into an existing one with its comments, order and hand edits kept.
 *
 * In: a ConduitProposal, provenance, and for an update the text of the spec and what was observed. Out: YAML text that loads. In an existing
 * spec nothing is removed, moved or narrowed: known assets keep their id and zone, a rule that already lets a Permit
 * through only gets its evidence refreshed, and what no rule speaks of (permit-rest.ts) is appended. Left out on purpose: the decision (a person's).
 */
import { isMap, isScalar, isSeq } from 'yaml';
import type { Document, YAMLSeq } from 'yaml';
import { usageError } from '../errors.ts';
import type { ConduitProposal, ProposedPermit } from '../infer/conduits.ts';
import { addTo } from '../net/multi-map.ts';
import type { Conversation, ObservationSet } from '../observation.ts';
import type { Permit, PermitEnd } from '../permit.ts';
import { createMatcher } from './match.ts';
import { undeclaredOf, type PermitLeft } from './permit-rest.ts';
import type { DeclaredPermit } from './permits.ts';
import { indexAssets } from './spec-assets.ts';
import type { AssetIndex } from './spec-assets.ts';
import { writePlainYaml } from './plain-yaml-write.ts';
import { parseSpec } from './spec-load.ts';
import type { LoadedSpec } from './spec-load.ts';
import { freeRuleId } from './spec-rule.ts';
import type { SpecFlow } from './spec-schema.ts';
import { assetEntry, listedAssets, ruleEntry, setAsideEntry, zoneEntry } from './spec-rules.ts';
import { openSpecText } from './spec-text.ts';

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

/** A proposal as a new file. */
export const writeSpec = (proposal: ConduitProposal, provenance: SpecProvenance = {}): string => {
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

export interface SpecUpdate {
  readonly text: string;
  /** Ids of what was added. */
  readonly added: { readonly zones: readonly string[]; readonly assets: readonly string[]; readonly rules: readonly string[] };
  /** Permits of which something was left out: never seen, only foreseen, and once in the spec, as far as that tells. */
  readonly leftOut: number;
  /** What only a person can decide: a known device at an address that the spec does not know. */
  readonly notes: readonly string[];
}

/** A proposal into a spec that somebody works on. @param set what was observed: what is appended, it needs */
export const updateSpec = (proposal: ConduitProposal, existingText: string, set: ObservationSet, provenance: SpecProvenance = {}): SpecUpdate => {
  const { loaded, problems } = parseSpec(existingText, 'the existing spec');
  if (loaded === null) throw usageError(`the existing spec does not hold: line ${problems[0].line}: ${problems[0].message}`, problems[0].remedy);
  const known = indexAssets(loaded.spec);
  const placement = placeInto(proposal, loaded, known);
  const { document, asText } = openSpecText(existingText);
  if (Object.keys(provenance).length > 0) document.set('provenance', document.createNode(provenance));

  const newcomers = new Set<string>();
  const newZones: string[] = [];
  const grown = [...loaded.spec.zones];
  const zoneIndex = new Map(loaded.spec.zones.map((zone, i) => [zone.zone_id, i]));
  for (const zone of proposal.zones) {
    const target = placement.zoneOf.get(zone.id) ?? zone.id;
    if (!zoneIndex.has(target)) {
      zoneIndex.set(target, zoneIndex.size);
      newZones.push(target);
      const entry = zoneEntry({ ...zone, id: target }, [], []);
      grown.push({ ...entry });
      append(document, seqAt(document, ['zones']), entry);
    }
  }
  for (const zone of proposal.zones) {
    for (const asset of listedAssets(proposal, zone)) {
      const place = placement.assetOf.get(asset.id);
      if (place === undefined || known.byId.has(place.id)) continue;
      const at = zoneIndex.get(place.zone);
      if (at === undefined) continue;
      const entry = assetEntry({ ...asset, id: place.id });
      grown[at] = { ...grown[at], assets: [...(grown[at].assets ?? []), entry] };
      append(document, seqAt(document, ['zones', at, 'assets']), entry, true);
      newcomers.add(place.id);
    }
  }

  // Permits are compared with who is who after the new assets have been added.
  const assets = indexAssets({ ...loaded.spec, zones: grown });
  const undeclared = undeclaredOf(loaded.permits, assets);
  const isNeeded = needOf(loaded, assets, set);
  const wasForeseen = foresightOf(loaded);
  const conduitOf = new Map<string, { id: string; index: number }>();
  for (const [i, conduit] of loaded.spec.conduits.entries()) {
    for (const a of conduit.connects) for (const b of conduit.connects) if (a < b && !conduitOf.has(`${a}\n${b}`)) conduitOf.set(`${a}\n${b}`, { id: conduit.conduit_id, index: i });
  }
  const conduitIds = new Set(loaded.spec.conduits.map((conduit) => conduit.conduit_id));
  const ruleIds = new Set(loaded.permits.map(({ permit }) => permit.id));
  let conduitCount = loaded.spec.conduits.length;
  /** Each pair has one of them: nobody can have left that out. */
  const isOfNewcomers = ({ from, to }: Permit): boolean => [from, to].some(({ assets: ids }) => ids.length > 0 && ids.every((id) => newcomers.has(id)));
  const newRules: string[] = [];
  const appendRule = (proposed: ProposedPermit, left: PermitLeft): void => {
    const { permit } = left;
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
      // A zone without such a list allows every conduit: a list of one would forbid the others.
      for (const zone of pair) {
        const path = ['zones', zoneIndex.get(zone) ?? 0, 'allowed_conduits'];
        if (document.hasIn(path)) seqAt(document, path).add(id);
      }
    }
    const ruleId = freeRuleId(conduit.id, ruleIds);
    ruleIds.add(ruleId);
    newRules.push(ruleId);
    const entry = ruleEntry({ ...proposed, permit: { ...permit, id: ruleId, conduit: conduit.id } });
    append(document, seqAt(document, ['conduits', conduit.index, 'protocols_allowed']), left.beside.length === 0 || isOfNewcomers(permit) ? entry : askedBeside(entry, left));
  };
  let leftOut = 0;
  for (const proposed of proposal.permits) {
    for (const permit of relocate(proposed.permit, placement)) {
      let isWhole = true;
      const { rest, covering } = undeclared(permit, ({ permit: part, isOfPair }) => {
        const isForeseeable = !isOfPair && ([...part.from.assets, ...part.to.assets].some((id) => newcomers.has(id)) || !wasForeseen(part));
        const isWanted = isForeseeable || isNeeded(part, proposed.witnesses);
        isWhole &&= isWanted;
        return isWanted;
      });
      leftOut += Number(!isWhole);
      for (const declared of covering) refreshEvidence(document, declared, { ...proposed, permit }, isWhole && rest.length === 0 && covering.length === 1);
      for (const fresh of rest) appendRule(proposed, fresh);
    }
  }
  mergeSetAside(document, proposal, loaded);
  return { text: asText(), added: { zones: newZones, assets: [...newcomers], rules: newRules }, leftOut, notes: movedAddresses(proposal, placement, known, loaded) };
};

const MOST_NAMED = 3;

/** Where a rule for the same service stands, more of it is for a person to decide. */
const askedBeside = (rule: SpecFlow, { beside, isOfPair }: PermitLeft): SpecFlow => {
  const { evidence, decision: _decision, question: own, ...rest } = rule;
  const named = `${beside.slice(0, MOST_NAMED).join(', ')}${beside.length > MOST_NAMED ? ` and ${beside.length - MOST_NAMED} more` : ''}`;
  const question = `beside ${named}: the same service ${isOfPair ? 'of the same two' : 'between the same zones'}, not let through there; left out on purpose? Then reject this.${own === undefined ? '' : ` ${own}`}`;
  return { ...rest, decision: 'pending', question, ...(evidence === undefined ? {} : { evidence }) };
};

/** A known device with an address that the spec gives nobody: it may have moved, or somebody may use its link address. */
const movedAddresses = (proposal: ConduitProposal, placement: Placement, known: AssetIndex, loaded: LoadedSpec): string[] =>
  proposal.zones.flatMap((zone) => zone.assets.flatMap((asset) => {
    const declared = known.byId.get(placement.assetOf.get(asset.id)?.id ?? '');
    if (declared === undefined || declared.spans.length === 0) return [];
    return asset.ip.filter((address) => known.resolve(address)?.asset == null).map((address) =>
      `${address} was seen with a link address of ${declared.id} (line ${loaded.locate(['zones', declared.zoneIndex, 'assets', declared.assetIndex]).line}): if the device has it, add it there; if not, find out who sends from it.`);
  }));

/**
 * Whether a Permit by the same stated rules stands in the spec already: what it does not let through, a person has taken out
 * of it. What rules foresee for the first time is proposed.
 */
function foresightOf({ permits }: LoadedSpec): (part: Permit) => boolean {
  const byZones = new Map<string, Permit[]>();
  const keyOf = ({ from, to }: Permit): string => `${from.zone}\n${to.zone}`;
  for (const { permit } of permits) if ((permit.evidence?.generalisedBy.length ?? 0) > 0) addTo(byZones, keyOf(permit), permit);
  const meets = (a: readonly string[], b: readonly string[]): boolean => a.length === 0 || b.length === 0 || a.some((id) => b.includes(id));
  return (part) => {
    const rules = part.evidence?.generalisedBy ?? [];
    return rules.length === 0 || (byZones.get(keyOf(part)) ?? []).some((held) =>
      held.service.transport === part.service.transport && held.service.ports.some(({ first }) => part.service.ports.some((port) => port.first === first)) &&
      (meets(held.from.assets, part.from.assets) || meets(held.to.assets, part.to.assets)) && rules.every((rule) => held.evidence?.generalisedBy.includes(rule)));
  };
}

/** Whether something that was seen, and that no rule lets through, needs a Permit. */
function needOf(loaded: LoadedSpec, assets: AssetIndex, set: ObservationSet): (part: Permit, witnesses: readonly number[]) => boolean {
  const timezone = loaded.spec.timezone ?? 'UTC';
  const declared = createMatcher(loaded.permits, assets, timezone);
  const conversations = new Map(set.conversations.map((one) => [one.id, one]));
  const missedBy = new Map<number, ReadonlySet<string>>();
  const missed = (conversation: Conversation): ReadonlySet<string> => {
    let held = missedBy.get(conversation.id);
    if (held === undefined) missedBy.set(conversation.id, (held = new Set(declared.judge(conversation).asks.flatMap(({ ask, permit }) => (permit === null ? [ask.text] : [])))));
    return held;
  };
  return (part, witnesses) => {
    const alone = createMatcher([{ permit: part, path: [], unidirectional: null, acceptedRisks: [], purposeTexts: [], limits: null, notUnderstood: [] }], assets, timezone);
    return witnesses.some((id) => {
      const conversation = conversations.get(id);
      return conversation !== undefined && missed(conversation).size > 0 && alone.judge(conversation).asks.some(({ ask, permit }) => permit !== null && missed(conversation).has(ask.text));
    });
  };
}

/** Dates and days; counts only when the rule lets all of the Permit through, or they would count its neighbours too. */
const refreshEvidence = (document: Document, declared: DeclaredPermit, proposed: ProposedPermit, isWhole: boolean): void => {
  const fresh = ruleEntry(proposed).evidence ?? {};
  const keys = isWhole ? (['first_seen', 'last_seen', 'days', 'connections', 'requests', 'sensors', 'completeness'] as const) : (['first_seen', 'last_seen', 'days'] as const);
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
    if (value === undefined) continue;
    const isEarlier = typeof old === 'string' && old < String(value);
    // Several Permits may share the rule: what one of them has seen, the next does not take back.
    if (key === 'first_seen' ? isEarlier : key === 'last_seen' ? typeof old === 'string' && !isEarlier : key !== 'completeness' && typeof old === 'number' && old > Number(value)) continue;
    const node = document.createNode(value);
    if (isSeq(node)) node.flow = true;
    held.set(key, typeof value === 'object' ? node : value);
  }
};

/** Nobody has decided it: what was decided holds for what was seen until then, and is a finding when it goes on. */
const isOpen = (decision: string | undefined): boolean => decision === undefined || decision === 'pending';

const mergeSetAside = (document: Document, proposal: ConduitProposal, loaded: LoadedSpec): void => {
  for (const entry of proposal.setAside.map(setAsideEntry)) {
    const at = (loaded.spec.set_aside ?? []).findIndex((held) =>
      held.client === entry.client && held.transport === entry.transport && held.reason === entry.reason && held.servers.join() === entry.servers.join() && (held.ports ?? []).join() === (entry.ports ?? []).join());
    if (at < 0) append(document, seqAt(document, ['set_aside']), entry, true);
    else if (isOpen(loaded.spec.set_aside?.[at].decision) && entry.last_seen > (loaded.spec.set_aside?.[at].last_seen ?? '')) {
      document.setIn(['set_aside', at, 'last_seen'], entry.last_seen);
      document.setIn(['set_aside', at, 'conversations'], entry.conversations);
    }
  }
};
