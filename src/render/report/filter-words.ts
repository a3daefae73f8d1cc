/**
 * The attributes by which the page filters: zones, protocols, access classes and severities of an element, as lists of
 * tokens that cannot hold anything from the wire (indexes and fixed words). In: what an element is about. Out: attributes.
 */
import type { Access } from '../../observation.ts';
import { protocolKey } from '../../policy/spec/permits.ts';
import { drawing, html, type Markup } from './html-escape.ts';
import type { ReportModel } from './model.ts';
import { protocolOf } from './crossings.ts';
import type { Conversation } from '../../observation.ts';

export interface FilterWords {
  /** Names to show, by index. */
  readonly protocols: readonly string[];
  readonly protocolIndex: (name: string) => number;
  readonly zoneIndex: (id: string | null) => number;
}

const keyOf = (name: string): string => protocolKey(name) || name.toLowerCase();

export function filterWords(model: ReportModel, conversations: readonly Conversation[]): FilterWords {
  const names = new Map<string, string>();
  for (const permit of model.permits) if (!names.has(keyOf(permit.protocol))) names.set(keyOf(permit.protocol), permit.protocol);
  for (const conversation of conversations) {
    const name = protocolOf(conversation);
    if (!names.has(keyOf(name))) names.set(keyOf(name), name);
  }
  const keys = [...names.keys()].sort();
  const indexOf = new Map(keys.map((key, i) => [key, i]));
  const zoneIndexOf = new Map(model.zones.map((zone, i) => [zone.id, i]));
  return {
    protocols: keys.map((key) => names.get(key) ?? key),
    protocolIndex: (name) => indexOf.get(keyOf(name)) ?? -1,
    zoneIndex: (id) => (id === null ? -1 : (zoneIndexOf.get(id) ?? -1)),
  };
}

export interface Topic {
  readonly zones: readonly number[];
  readonly protocols?: readonly number[];
  readonly accesses?: readonly Access[];
  readonly severities?: readonly string[];
}

const indexes = (list: readonly number[]): Markup => drawing([...new Set(list)].filter((index) => index >= 0).join(' '));

export const topicAttributes = ({ zones, protocols = [], accesses = [], severities = [] }: Topic): Markup =>
  html`data-row data-z="${indexes(zones)}" data-p="${indexes(protocols)}" data-a="${accesses.join(' ')}" data-f="${[...new Set(severities)].join(' ')}"`;
