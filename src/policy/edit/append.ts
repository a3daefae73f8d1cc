/**
 * Appends to a spec what it does not have: zones, assets, conduits, rules. In: the document and the proposal. Out: edits, and the ids of what is
 * new. Left out on purpose: whether a rule is needed (update.ts).
 */
import { isMap, isScalar, isSeq } from 'yaml';
import type { Document, YAMLSeq } from 'yaml';
import type { ConduitProposal } from '../../infer/conduits/conduits.ts';
import type { ProposedPermit } from '../../infer/conduits/proposed-permit.ts';
import { addTo } from '../../net/multi-map.ts';
import type { Permit } from '../../permit.ts';
import type { PermitLeft } from '../match/permit-rest.ts';
import type { AssetIndex } from '../spec/assets.ts';
import { conduitBetween } from '../spec/conduit-between.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { assetEntry, listedAssets, ruleEntry, zoneEntry } from '../spec/rules.ts';
import type { SpecAsset, SpecFlow, SpecZone } from '../spec/schema.ts';
import { INLINE, INLINE_ITEMS, slText } from '../spec/write.ts';
import { addConduit, conduitId, openDraft, seqOf } from './draft.ts';
import type { ExistingPlaces } from './existing-places.ts';
import { besideQuestion, NEW_QUESTION } from './question.ts';
import { ruleNumbering } from './rule.ts';

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

export const seqAt = (document: Document, path: readonly (string | number)[]): YAMLSeq => {
  const held = document.getIn(path);
  if (isSeq(held)) return held;
  document.setIn(path, document.createNode([]));
  return document.getIn(path) as YAMLSeq;
};

export const append = (document: Document, seq: YAMLSeq, value: unknown, flow = false): void => {
  const node = document.createNode(value);
  styleNode(node);
  if (flow && isMap(node)) node.flow = true;
  // A list written [] grows into a block, unless its siblings stand on one line too.
  if (seq.flow === true && seq.items.length === 0 && isMap(node)) seq.flow = false;
  seq.add(node);
};

interface Appended {
  /** All zones with all assets, as the spec has them now. */
  readonly zones: SpecZone[];
  readonly newZones: readonly string[];
  /** Ids of the new assets. */
  readonly newcomers: ReadonlySet<string>;
}

export function appendAssets(document: Document, proposal: ConduitProposal, places: ExistingPlaces, loaded: LoadedSpec, known: AssetIndex): Appended {
  const zones: SpecZone[] = [...loaded.spec.zones];
  const newZones: string[] = [];
  const newcomers = new Set<string>();
  const placeOf = new Map(zones.map((zone, i) => [zone.zone_id, i]));
  const joining = new Map<number, SpecAsset[]>();
  for (const zone of proposal.zones) {
    const target = places.zoneOf.get(zone.id) ?? zone.id;
    if (placeOf.has(target)) continue;
    placeOf.set(target, zones.length);
    newZones.push(target);
    const entry = zoneEntry({ ...zone, id: target }, [], []);
    zones.push(entry);
    append(document, seqAt(document, ['zones']), entry);
  }
  for (const zone of proposal.zones) {
    for (const asset of listedAssets(proposal, zone)) {
      const place = places.assetOf.get(asset.id);
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

export interface RuleAppender {
  readonly append: (proposed: ProposedPermit, left: PermitLeft) => void;
  /** Ids of the rules so far. */
  readonly added: readonly string[];
}

export function ruleAppender(document: Document, proposal: ConduitProposal, loaded: LoadedSpec, newcomers: ReadonlySet<string>): RuleAppender {
  const draft = openDraft(document);
  const conduitOf = conduitBetween(loaded.spec.conduits);
  /** By the pair of their zones. */
  const made = new Map<string, string>();
  const idOf = ruleNumbering(loaded);
  const added: string[] = [];
  const newConduit = (connects: string[], wanted: string): string => {
    const id = conduitId(draft, connects);
    const slT = proposal.conduits.find((one) => one.id === wanted)?.slT ?? null;
    addConduit(draft, { conduit_id: id, name: connects.join(' - '), connects, ...slText(slT), mode: 'monitor', default_action: 'deny-log', protocols_allowed: [] });
    made.set(connects.join('\n'), id);
    return id;
  };
  /** Each pair has a new asset: nobody can have left it out. */
  const isOfNewcomers = ({ from, to }: Permit): boolean => [from, to].some(({ assets: ids }) => ids.length > 0 && ids.every((id) => newcomers.has(id)));
  return {
    added,
    append: (proposed, left) => {
      const { from, to } = left.permit;
      const pair = [from.zone, to.zone].sort();
      const conduit = conduitOf(from.zone, to.zone) ?? made.get(pair.join('\n')) ?? newConduit(pair, proposed.permit.conduit);
      const id = idOf(conduit);
      added.push(id);
      const entry = ruleEntry({ ...proposed, permit: { ...proposed.permit, id, conduit } });
      const list = seqOf(draft, draft.conduits.get(conduit)!, 'protocols_allowed');
      append(document, list, left.beside.length === 0 || isOfNewcomers(left.permit) ? asked(entry, entry.question ?? NEW_QUESTION) : asked(entry, besideQuestion(left, entry.question, proposed.days)));
    },
  };
}

/** In a spec that people work on, nothing is approved that nobody has decided: who came last may be an intruder. */
const asked = ({ evidence, decision: _decision, question: _question, ...rest }: SpecFlow, question: string): SpecFlow =>
  ({ ...rest, decision: 'pending', question, ...(evidence === undefined ? {} : { evidence }) });
