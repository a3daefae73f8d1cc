/**
 * A spec under edit by lists: the YAML document with its comments, and where its zones, conduits and assets are.
 *
 * In: nodes and values. Out: edits that touch only what differs, so that a list that says what the spec says changes not
 * one character. Left out on purpose: what the lists mean (register/import.ts).
 */
import { isMap, isScalar, isSeq } from 'yaml';
import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import type { RegisterRow } from '../register/columns.ts';

/** A document that is being edited, and where its parts are. */
export interface RegisterDraft {
  readonly document: Document;
  readonly zones: Map<string, YAMLMap>;
  readonly conduits: Map<string, YAMLMap>;
  readonly assets: Map<string, { node: YAMLMap; zone: string }>;
  readonly report: (row: RegisterRow, column: string, message: string, remedy: string) => void;
}

export const plain = (value: unknown): unknown => (isMap(value) || isSeq(value) || isScalar(value) ? value.toJSON() : value);

/** True when that changed anything. */
export function setField(draft: RegisterDraft, node: YAMLMap, key: string, value: unknown): boolean {
  if (value === undefined || JSON.stringify(plain(node.get(key, true))) === JSON.stringify(value)) return false;
  const made = draft.document.createNode(value);
  if (isSeq(made) || isMap(made)) made.flow = true;
  node.set(key, made);
  return true;
}

/** Link addresses of an asset's entry in quotes: digits and colons alone are a number to readers of YAML 1.1. */
export function quoteMacs(node: unknown): void {
  const macs: unknown = isMap(node) ? node.get('mac', true) : node;
  for (const item of isSeq(macs) ? macs.items : [macs]) if (isScalar(item)) item.type = 'QUOTE_DOUBLE';
}

export function seqOf(draft: RegisterDraft, node: YAMLMap, key: string): YAMLSeq {
  const held: unknown = node.get(key, true);
  if (isSeq(held)) {
    if (held.items.length === 0) held.flow = false;
    return held;
  }
  const made = draft.document.createNode([]) as YAMLSeq;
  node.set(key, made);
  return made;
}

export const makeMap = (draft: RegisterDraft, value: Readonly<Record<string, unknown>>): YAMLMap => draft.document.createNode(value) as YAMLMap;

export const rootOf = (draft: RegisterDraft): YAMLMap => draft.document.contents as YAMLMap;

export const sameLevel = (held: unknown, wanted: unknown): boolean => {
  const target = typeof held === 'object' && held !== null ? (held as { target?: unknown }).target : held;
  return typeof wanted === 'string' && `SL ${String(target).replace(/^SL[ -]?/, '')}` === wanted;
};

export interface Tally {
  added: number;
  changed: number;
}

const nodesBy = (document: Document, list: string, key: string): Map<string, YAMLMap> => {
  const seq = document.getIn([list]);
  const nodes = new Map<string, YAMLMap>();
  for (const item of isSeq(seq) ? seq.items : []) if (isMap(item)) nodes.set(String(item.get(key)), item);
  return nodes;
};

export function openDraft(document: Document, report: RegisterDraft['report']): RegisterDraft {
  const zones = nodesBy(document, 'zones', 'zone_id');
  const assets: RegisterDraft['assets'] = new Map();
  for (const [zone, node] of zones) {
    const seq: unknown = node.get('assets', true);
    for (const item of isSeq(seq) ? seq.items : []) if (isMap(item)) assets.set(String(item.get('asset_id')), { node: item, zone });
  }
  return { document, zones, conduits: nodesBy(document, 'conduits', 'conduit_id'), assets, report };
}
