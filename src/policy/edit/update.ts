/**
 * Writes a proposal into a spec that somebody works on, with its comments, order and hand edits kept.
 *
 * In: a ConduitProposal, the text of the spec, what was observed, and provenance. Out: the text, and what was added. Nothing is removed, moved
 * or narrowed: known assets keep their id and zone, a rule that already lets a Permit through only gets its evidence refreshed, and what no rule
 * speaks of (permit-rest.ts) and the spec needs (permit-need.ts) is appended. Left out on purpose: the decision (a person's).
 */
import { isMap, isScalar, isSeq } from 'yaml';
import type { Document, YAMLSeq } from 'yaml';
import { usageError } from '../../errors.ts';
import { capturedDaysOf } from '../../infer/captured-days.ts';
import type { GrantEvidence } from '../../infer/conduits/grants.ts';
import { QUESTION_SENTENCES, saysDays, seenOn } from '../../infer/conduits/questions.ts';
import type { ConduitProposal } from '../../infer/conduits/conduits.ts';
import { sensorsOf, type ProposedPermit } from '../../infer/conduits/proposed-permit.ts';
import { addTo } from '../../net/multi-map.ts';
import { isoEvidenceTime } from '../../net/time.ts';
import type { ObservationSet } from '../../observation.ts';
import type { Permit, PermitEnd } from '../../permit.ts';
import { cutToNeed, evidenceOf, foresightOf, needOf, type NeededAsks } from '../match/permit-need.ts';
import { undeclaredOf, type PermitLeft } from '../match/permit-rest.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { plain } from './draft.ts';
import { indexAssets, type AssetIndex } from '../spec/assets.ts';
import { parseSpec, type LoadedSpec } from '../spec/load.ts';
import { besideQuestion, NEW_QUESTION, refreshedQuestion, type QuestionSeen } from './question.ts';
import { ruleNumbering } from './rule.ts';
import { assetEntry, listedAssets, ruleEntry, setAsideEntry, zoneEntry } from '../spec/rules.ts';
import type { SpecAsset, SpecFlow, SpecSetAside, SpecZone } from '../spec/schema.ts';
import { openSpecText } from '../spec/text.ts';
import { INLINE, INLINE_ITEMS, slText, type SpecProvenance } from '../spec/write.ts';

export interface SpecUpdate {
  readonly text: string;
  /** Ids of what was added. */
  readonly added: { readonly zones: readonly string[]; readonly assets: readonly string[]; readonly rules: readonly string[] };
  /** Permits of which something was left out: never seen, only foreseen, and beside a rule, or once in the spec, as far as that tells. */
  readonly leftOut: number;
  /** What only a person can decide: a known device at an address that the spec does not know. */
  readonly notes: readonly string[];
}

/** @param set what was observed: what is appended, it needs @param read the existing text as it was read already; null where it was not */
export function updateSpec(proposal: ConduitProposal, existingText: string, set: ObservationSet, provenance: SpecProvenance = {}, read: LoadedSpec | null = null): SpecUpdate {
  const { loaded, problems } = read === null ? parseSpec(existingText, 'the existing spec') : { loaded: read, problems: [] };
  if (loaded === null) throw usageError(`the existing spec does not hold: line ${problems[0].line}: ${problems[0].message}`, problems[0].remedy);
  const known = indexAssets(loaded.spec);
  const placement = placeInto(proposal, loaded, known);
  const { document, asText } = openSpecText(existingText);
  refreshProvenance(document, provenance);
  const { zones, newZones, newcomers } = appendAssets(document, proposal, placement, loaded, known);

  // Permits are compared with who is who after the new assets have been added.
  const assets = indexAssets({ ...loaded.spec, zones });
  const undeclared = undeclaredOf(loaded.permits, assets);
  const need = needOf(loaded, assets, set);
  const wasForeseen = foresightOf(loaded);
  const rules = ruleAppender(document, proposal, loaded, zones, newcomers);
  const used = new Map<DeclaredPermit, { readonly alone: ProposedPermit | null; readonly witnesses: ReadonlySet<number> }>();
  const listened = capturedDaysOf(set).length;
  let leftOut = 0;
  for (const proposed of proposal.permits) {
    for (const permit of relocate(proposed.permit, placement)) {
      let isWhole = true;
      const { rest, covering } = undeclared(permit, ({ permit: part, isOfPair }) => {
        const isForeseeable = !isOfPair && ([...part.from.assets, ...part.to.assets].some((id) => newcomers.has(id)) || !wasForeseen(part));
        const needed = isForeseeable ? [] : need.of(part, proposed.witnesses);
        isWhole &&= isForeseeable || (needed.length > 0 && !isOfPair);
        if (isOfPair) return cutToNeed(part, needed);
        return isForeseeable || needed.length > 0 ? [part] : [];
      });
      leftOut += Number(!isWhole && (permit.evidence?.generalisedBy.length ?? 0) > 0);
      const isAlone = isWhole && rest.length === 0 && covering.length === 1;
      for (const declared of covering) {
        const held = used.get(declared);
        used.set(declared, { alone: isAlone && held === undefined ? { ...proposed, permit } : null, witnesses: new Set([...(held?.witnesses ?? []), ...proposed.witnesses]) });
      }
      const isUncut = isWhole && rest.length === 1 && covering.length === 0;
      for (const left of rest) rules.append(isUncut ? { ...proposed, permit: left.permit } : asSeen(proposed, left, need.of(left.permit, proposed.witnesses), set, listened), left);
    }
  }
  const seen = new Map<DeclaredPermit, QuestionSeen>();
  for (const [declared, { alone, witnesses }] of used) {
    // Of what a rule lets through in part, or in several Permits, just that.
    const part = alone === null ? need.seenBy(declared, [...witnesses]) : [];
    if (alone === null && part.length === 0) continue;
    const evidence = evidenceIn(part);
    seen.set(declared, { days: alone?.days ?? evidence.days, regime: alone?.regime ?? null });
    refreshEvidence(document, declared, alone === null ? countsOf(part, set) : (ruleEntry(alone).evidence ?? {}));
  }
  // A rule beside others lets no proposed Permit through as a whole, and is used all the same.
  for (const [declared, part] of need.letThrough()) {
    if (seen.has(declared)) continue;
    seen.set(declared, { days: evidenceIn(part).days, regime: null });
    refreshEvidence(document, declared, countsOf(part, set));
  }
  for (const [declared, one] of seen) refreshQuestion(document, declared, one);
  refreshCompleteness(document, proposal, placement, loaded);
  mergeSetAside(document, proposal, loaded);
  return { text: asText(), added: { zones: newZones, assets: [...newcomers], rules: rules.added }, leftOut, notes: movedAddresses(proposal, placement, known, loaded) };
}

/** Where the existing spec puts what the proposal speaks of. */
interface Placement {
  readonly zoneOf: ReadonlyMap<string, string>;
  readonly assetOf: ReadonlyMap<string, { readonly id: string; readonly zone: string }>;
}

const placeInto = (proposal: ConduitProposal, existing: LoadedSpec, known: AssetIndex): Placement => {
  const zoneIds = new Set(existing.spec.zones.map((zone) => zone.zone_id));
  const assetOf = new Map<string, { id: string; zone: string }>();
  const zoneOf = new Map<string, string>();
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
    for (const asset of zone.assets) {
      if (assetOf.has(asset.id)) continue;
      const network = asset.ip.map((address) => known.resolve(address)).find((resolution) => resolution?.by === 'network');
      let id = asset.id;
      for (let n = 2; takenIds.has(id); n++) id = `${asset.id}-${n}`;
      takenIds.add(id);
      assetOf.set(asset.id, { id, zone: network?.zone ?? target });
    }
  }
  return { zoneOf, assetOf };
};

/** One Permit per pair of zones in which the existing spec puts its assets. */
const relocate = (permit: Permit, placement: Placement): Permit[] => {
  const ends = (end: PermitEnd): PermitEnd[] => {
    if (end.assets.length === 0) return [{ ...end, zone: placement.zoneOf.get(end.zone) ?? end.zone }];
    const byZone = new Map<string, string[]>();
    for (const id of end.assets) {
      const place = placement.assetOf.get(id) ?? { id, zone: end.zone };
      addTo(byZone, place.zone, place.id);
    }
    return [...byZone].map(([zone, assets]) => ({ zone, assets: [...new Set(assets)].sort(), addresses: end.addresses }));
  };
  return ends(permit.from).flatMap((from) => ends(permit.to).flatMap((to) => (from.zone === to.zone ? [] : [{ ...permit, from, to }])));
};

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

/** What the program writes there; what somebody else wrote stays. */
function refreshProvenance(document: Document, provenance: SpecProvenance): void {
  if (Object.keys(provenance).length === 0) return;
  const held: unknown = document.get('provenance', true);
  if (!isMap(held)) return document.set('provenance', document.createNode(provenance));
  for (const [key, value] of Object.entries(provenance)) if (JSON.stringify(plain(held.get(key, true))) !== JSON.stringify(value)) held.set(key, document.createNode(value));
  if (!('losses' in provenance)) held.delete('losses');
}

interface Appended {
  /** All zones with all assets, as the spec has them now. */
  readonly zones: SpecZone[];
  readonly newZones: readonly string[];
  /** Ids of the new assets. */
  readonly newcomers: ReadonlySet<string>;
}

function appendAssets(document: Document, proposal: ConduitProposal, placement: Placement, loaded: LoadedSpec, known: AssetIndex): Appended {
  const zones: SpecZone[] = [...loaded.spec.zones];
  const newZones: string[] = [];
  const newcomers = new Set<string>();
  const placeOf = new Map(zones.map((zone, i) => [zone.zone_id, i]));
  const joining = new Map<number, SpecAsset[]>();
  for (const zone of proposal.zones) {
    const target = placement.zoneOf.get(zone.id) ?? zone.id;
    if (placeOf.has(target)) continue;
    placeOf.set(target, zones.length);
    newZones.push(target);
    const entry = zoneEntry({ ...zone, id: target }, [], []);
    zones.push(entry);
    append(document, seqAt(document, ['zones']), entry);
  }
  for (const zone of proposal.zones) {
    for (const asset of listedAssets(proposal, zone)) {
      const place = placement.assetOf.get(asset.id);
      const at = placeOf.get(place?.zone ?? '');
      if (place === undefined || at === undefined || known.byId.has(place.id)) continue;
      const entry = assetEntry({ ...asset, id: place.id });
      addTo(joining, at, entry);
      append(document, seqAt(document, ['zones', at, 'assets']), entry, true);
      newcomers.add(place.id);
    }
  }
  for (const [at, entries] of joining) zones[at] = { ...zones[at], assets: [...(zones[at].assets ?? []), ...entries] };
  return { zones, newZones, newcomers };
}

interface Appender {
  readonly append: (proposed: ProposedPermit, left: PermitLeft) => void;
  /** Ids of the rules so far. */
  readonly added: readonly string[];
}

const LONGEST_PREFIX = 58;
/** With room for `-999`. */
const SHORTER_PREFIX = 54;

function ruleAppender(document: Document, proposal: ConduitProposal, loaded: LoadedSpec, zones: readonly SpecZone[], newcomers: ReadonlySet<string>): Appender {
  const { spec } = loaded;
  const conduitOf = new Map<string, { id: string; index: number }>();
  for (const [index, { conduit_id: id, connects }] of spec.conduits.entries()) {
    for (const a of connects) for (const b of connects) if (a < b && !conduitOf.has(`${a}\n${b}`)) conduitOf.set(`${a}\n${b}`, { id, index });
  }
  const conduitIds = new Set(spec.conduits.map((conduit) => conduit.conduit_id));
  const idOf = ruleNumbering(loaded);
  const added: string[] = [];
  const newConduit = (pair: readonly string[], wanted: string): { id: string; index: number } => {
    const prefix = `C-${pair.join('-')}`;
    let id = prefix.slice(0, LONGEST_PREFIX);
    for (let n = 2; conduitIds.has(id); n++) id = `${prefix.slice(0, SHORTER_PREFIX)}-${n}`;
    const conduit = { id, index: conduitIds.size };
    conduitIds.add(id);
    conduitOf.set(pair.join('\n'), conduit);
    const slT = proposal.conduits.find((one) => one.id === wanted)?.slT ?? null;
    append(document, seqAt(document, ['conduits']), { conduit_id: id, name: pair.join(' - '), connects: pair, ...slText(slT), mode: 'monitor', default_action: 'deny-log', protocols_allowed: [] });
    // A zone without such a list allows every conduit: a list of one would forbid the others.
    for (const [at, zone] of zones.entries()) if (pair.includes(zone.zone_id) && zone.allowed_conduits !== undefined) seqAt(document, ['zones', at, 'allowed_conduits']).add(id);
    return conduit;
  };
  /** Each pair has a new asset: nobody can have left it out. */
  const isOfNewcomers = ({ from, to }: Permit): boolean => [from, to].some(({ assets: ids }) => ids.length > 0 && ids.every((id) => newcomers.has(id)));
  return {
    added,
    append: (proposed, left) => {
      const pair = [left.permit.from.zone, left.permit.to.zone].sort();
      const conduit = conduitOf.get(pair.join('\n')) ?? newConduit(pair, proposed.permit.conduit);
      const id = idOf(conduit.id);
      added.push(id);
      const entry = ruleEntry({ ...proposed, permit: { ...proposed.permit, id, conduit: conduit.id } });
      append(document, seqAt(document, ['conduits', conduit.index, 'protocols_allowed']), left.beside.length === 0 || isOfNewcomers(left.permit) ? asked(entry, entry.question ?? NEW_QUESTION) : asked(entry, besideQuestion(left, entry.question, proposed.days)));
    },
  };
}

/** A part of a Permit, with the evidence of just that: who came in the last week asks nothing since the first. */
const asSeen = (proposed: ProposedPermit, { permit, isOfPair }: PermitLeft, needed: readonly NeededAsks[], set: ObservationSet, listened: number): ProposedPermit => {
  const seen = evidenceIn(needed);
  const { evidence } = permit;
  const kind = proposed.question?.kind ?? null;
  return {
    permit: {
      ...permit,
      evidence: {
        firstSeen: isoEvidenceTime(seen.firstNs), lastSeen: isoEvidenceTime(seen.lastNs), days: seen.days.length, requests: seen.requests,
        generalisedBy: evidence?.generalisedBy ?? [], neverSeen: evidence?.neverSeen ?? 0, sensors: sensorsOf(seen, set), completeness: evidence?.completeness ?? null,
      },
    },
    // Of the same two, the question beside their rules says the days (question.ts).
    question: kind === null ? null : { kind, sentence: `${QUESTION_SENTENCES[kind]}${!isOfPair && saysDays(kind, seen.days, listened) ? seenOn(seen.days, null) : ''}` },
    days: seen.days,
    regime: null,
    connections: connectionsIn(needed),
    witnesses: needed.map(({ conversation }) => conversation.id),
    registersNeverSeen: 0,
  };
};

/** In a spec that people work on, nothing is approved that nobody has decided: who came last may be an intruder. */
const asked = ({ evidence, decision: _decision, question: _question, ...rest }: SpecFlow, question: string): SpecFlow =>
  ({ ...rest, decision: 'pending', question, ...(evidence === undefined ? {} : { evidence }) });

/** A known device with an address that the spec gives nobody: it may have moved, or somebody may use its link address. */
const movedAddresses = (proposal: ConduitProposal, placement: Placement, known: AssetIndex, loaded: LoadedSpec): string[] =>
  proposal.zones.flatMap((zone) => zone.assets.flatMap((asset) => {
    const declared = known.byId.get(placement.assetOf.get(asset.id)?.id ?? '');
    if (declared === undefined || declared.spans.length === 0) return [];
    return asset.ip.filter((address) => known.resolve(address)?.asset == null).map((address) =>
      `${address} was seen with a link address of ${declared.id} (line ${loaded.locate(['zones', declared.zoneIndex, 'assets', declared.assetIndex]).line}): if the device has it, add it there; if not, find out who sends from it.`);
  }));

type Evidence = NonNullable<SpecFlow['evidence']>;

const evidenceIn = (needed: readonly NeededAsks[]): GrantEvidence => evidenceOf(needed.flatMap(({ asks }) => asks));

const connectionsIn = (needed: readonly NeededAsks[]): number => needed.reduce((sum, { conversation }) => sum + conversation.sessions, 0);

const countsOf = (needed: readonly NeededAsks[], set: ObservationSet): Evidence => {
  const evidence = evidenceIn(needed);
  const sensors = sensorsOf(evidence, set);
  return {
    first_seen: isoEvidenceTime(evidence.firstNs) ?? undefined, last_seen: isoEvidenceTime(evidence.lastNs) ?? undefined, days: evidence.days.length,
    connections: connectionsIn(needed), requests: evidence.requests, ...(sensors.length === 0 ? {} : { sensors }),
  };
};

const REFRESHED = ['first_seen', 'last_seen', 'days', 'connections', 'requests', 'sensors', 'completeness'] as const;

const refreshEvidence = (document: Document, declared: DeclaredPermit, fresh: Evidence): void => {
  const path = [...declared.path, 'evidence'];
  const held = document.getIn(path, true);
  if (!isMap(held)) {
    const node = document.createNode(Object.fromEntries(REFRESHED.flatMap((key) => (fresh[key] === undefined ? [] : [[key, fresh[key]]]))));
    if (isMap(node)) node.flow = true;
    document.setIn(path, node);
    if (document.getIn([...declared.path, 'basis']) === 'designed') document.setIn([...declared.path, 'basis'], 'observed+designed');
    return;
  }
  for (const key of REFRESHED) {
    const value = fresh[key];
    const old = held.get(key);
    if (value === undefined) continue;
    const isEarlier = typeof old === 'string' && old < String(value);
    // Several Permits may share the rule: what one of them has seen, the next does not take back.
    if (key === 'first_seen' ? isEarlier : key === 'last_seen' ? typeof old === 'string' && !isEarlier : key !== 'completeness' && typeof old === 'number' && old > Number(value)) continue;
    if (JSON.stringify(plain(old)) === JSON.stringify(value)) continue;
    const node = document.createNode(value);
    if (isSeq(node)) node.flow = true;
    held.set(key, typeof value === 'object' ? node : value);
  }
};

/** It is the conduit's, not the rule's: a rule that was not used again has it as its neighbours have. */
const refreshCompleteness = (document: Document, proposal: ConduitProposal, { zoneOf }: Placement, { permits }: LoadedSpec): void => {
  const pairOf = ({ from, to }: Permit, name: (zone: string) => string): string => [name(from.zone), name(to.zone)].sort().join('\n');
  const fresh = new Map(proposal.permits.map(({ permit }) => [pairOf(permit, (zone) => zoneOf.get(zone) ?? zone), permit.evidence?.completeness ?? null]));
  for (const { permit, path } of permits) {
    const completeness = fresh.get(pairOf(permit, (zone) => zone)) ?? null;
    const held = document.getIn([...path, 'evidence', 'completeness']);
    if (completeness !== null && typeof held === 'number' && held !== completeness) document.setIn([...path, 'evidence', 'completeness'], completeness);
  }
};

/** While nobody has decided. */
const refreshQuestion = (document: Document, { permit, path }: DeclaredPermit, seen: QuestionSeen): void => {
  const held = document.getIn([...path, 'question']);
  if (permit.decision !== 'pending' || typeof held !== 'string') return;
  const fresh = refreshedQuestion(held, seen);
  if (fresh !== held) document.setIn([...path, 'question'], fresh);
};

/** Nobody has decided it: what was decided holds for what was seen until then, and is a finding when it goes on. */
const isOpen = (decision: string | undefined): boolean => decision === undefined || decision === 'pending';

/** Equal for what the same entry speaks of. */
const setAsideKey = ({ client, transport, reason, servers, ports = [] }: SpecSetAside): string => JSON.stringify([client, transport, reason, servers, ports]);

const mergeSetAside = (document: Document, proposal: ConduitProposal, loaded: LoadedSpec): void => {
  const held = loaded.spec.set_aside ?? [];
  // A sweep leaves tens of thousands. Of equals the first.
  const placeOf = new Map(held.map((entry, at) => [setAsideKey(entry), at] as const).reverse());
  for (const entry of proposal.setAside.map(setAsideEntry)) {
    const at = placeOf.get(setAsideKey(entry));
    if (at === undefined) append(document, seqAt(document, ['set_aside']), entry, true);
    else if (isOpen(held[at].decision) && entry.last_seen > held[at].last_seen) {
      document.setIn(['set_aside', at, 'last_seen'], entry.last_seen);
      document.setIn(['set_aside', at, 'conversations'], entry.conversations);
    }
  }
};
