/**
 * A spec under edit: the YAML document with its comments, and where its zones, conduits and assets are.
 *
 * In: nodes and values. Out: edits that touch only what differs, so that an edit that says what the spec says changes not
 * one character. Left out on purpose: what an edit means (accept.ts, edit.ts, ../register/import.ts).
 */
import { isMap, isScalar, isSeq } from 'yaml';
import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import { freeId } from '../../infer/spec-id.ts';
import type { Permit } from '../../permit.ts';
import { declaredAssets } from '../spec/assets.ts';
import type { LoadedSpec } from '../spec/load.ts';
import type { SpecConduit } from '../spec/schema.ts';

/** A document that is being edited, and where its parts are. */
export interface SpecDraft {
  readonly document: Document;
  readonly zones: Map<string, YAMLMap>;
  readonly conduits: Map<string, YAMLMap>;
  readonly assets: Map<string, { node: YAMLMap; zone: string }>;
}

export const plain = (value: unknown): unknown => (isMap(value) || isSeq(value) || isScalar(value) ? value.toJSON() : value);

/** True when that changed anything. */
export function setField(draft: SpecDraft, node: YAMLMap, key: string, value: unknown): boolean {
  if (value === undefined || JSON.stringify(plain(node.get(key, true))) === JSON.stringify(value)) return false;
  const made = draft.document.createNode(value);
  if (isSeq(made) || isMap(made)) made.flow = true;
  node.set(key, made);
  return true;
}

export function seqOf(draft: SpecDraft, node: YAMLMap, key: string): YAMLSeq {
  const held: unknown = node.get(key, true);
  if (isSeq(held)) {
    if (held.items.length === 0) held.flow = false;
    return held;
  }
  const made = draft.document.createNode([]) as YAMLSeq;
  node.set(key, made);
  return made;
}

/** Notes that a rule went: no other gets its id. */
export function noteRemoved(draft: SpecDraft, { id, conduit }: Pick<Permit, 'id' | 'conduit'>): void {
  const node = draft.conduits.get(conduit);
  if (node === undefined) return;
  const list = seqOf(draft, node, 'removed_rules');
  list.flow = true;
  list.add(draft.document.createNode(id));
}

export const makeMap = (draft: SpecDraft, value: Readonly<Record<string, unknown>>): YAMLMap => draft.document.createNode(value) as YAMLMap;

export const rootOf = (draft: SpecDraft): YAMLMap => draft.document.contents as YAMLMap;

/** An id for a new conduit between two zones. */
export const conduitId = ({ conduits }: SpecDraft, zones: readonly string[]): string => freeId(`C-${zones.join('-')}`, (id) => conduits.has(id));

/** A new conduit, behind the others. Of its zones those that list the conduits that they allow, allow it; the others allow every one. */
export function addConduit(draft: SpecDraft, conduit: SpecConduit): YAMLMap {
  const { conduit_id: id, connects } = conduit;
  const node = makeMap(draft, conduit);
  const zones: unknown = node.get('connects', true);
  if (isSeq(zones)) zones.flow = true;
  seqOf(draft, rootOf(draft), 'conduits').add(node);
  draft.conduits.set(id, node);
  for (const zone of connects) {
    const allowed: unknown = draft.zones.get(zone)?.get('allowed_conduits', true);
    if (isSeq(allowed)) allowed.add(id);
  }
  return node;
}

const nodesBy = (document: Document, list: string, key: string): Map<string, YAMLMap> => {
  const seq = document.getIn([list]);
  const nodes = new Map<string, YAMLMap>();
  for (const item of isSeq(seq) ? seq.items : []) if (isMap(item)) nodes.set(String(item.get(key)), item);
  return nodes;
};

export function openDraft(document: Document): SpecDraft {
  const zones = nodesBy(document, 'zones', 'zone_id');
  const assets: SpecDraft['assets'] = new Map();
  for (const [zone, node] of zones) {
    const seq: unknown = node.get('assets', true);
    for (const item of isSeq(seq) ? seq.items : []) if (isMap(item)) assets.set(String(item.get('asset_id')), { node: item, zone });
  }
  return { document, zones, conduits: nodesBy(document, 'conduits', 'conduit_id'), assets };
}

/** A text such as "PLCs (PLC-01 through PLC-12)" becomes one entry an asset once a list says more about one of them. */
export function expandTexts(draft: SpecDraft, loaded: LoadedSpec, wanted: ReadonlySet<string>): void {
  const groups = new Map<string, { zone: string; index: number; ids: string[]; label: string }>();
  for (const asset of declaredAssets(loaded.spec)) {
    if (!asset.fromText) continue;
    const key = `${asset.zoneIndex}/${asset.assetIndex}`;
    const held = groups.get(key) ?? { zone: asset.zone, index: asset.assetIndex, ids: [], label: asset.label };
    held.ids.push(asset.id);
    groups.set(key, held);
  }
  // From the end, so that the places before stay what they were.
  for (const { zone, index, ids, label } of [...groups.values()].reverse()) {
    const seq: unknown = draft.zones.get(zone)?.get('assets', true);
    if (!ids.some((id) => wanted.has(id)) || !isSeq(seq)) continue;
    const nodes = ids.map((id) => makeMap(draft, { asset_id: id, ...(label === id ? {} : { label }) }));
    for (const [i, id] of ids.entries()) draft.assets.set(id, { node: nodes[i], zone });
    for (const node of nodes) node.flow = true;
    seq.flow = false;
    seq.items.splice(index, 1, ...nodes);
  }
}
