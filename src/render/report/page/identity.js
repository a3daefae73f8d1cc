// What a detail is about, by names that outlive a redraw: positions in the data change when the store or the spec does.
import { data } from './plant.js';

const zoneId = (index) => data.zones[index]?.id ?? '';
const conversationKey = ([, , , , client, server, , transport, port]) => [data.words[client], data.words[server], data.words[transport], port].join(' ');
const crossingKey = ([from, to]) => `${zoneId(from)}\n${zoneId(to)}`;
const nodeKey = (index) => (data.nodes[index]?.zones ?? []).map(zoneId).join('\n');

const LISTS = {
  asset: [() => data.assets, ([id]) => id],
  zone: [() => data.zones, ({ id }) => id],
  finding: [() => data.findings, ({ id }) => id],
  permit: [() => data.permits, ({ id }) => id],
  conversation: [() => data.conversations, conversationKey],
  crossing: [() => data.crossings, crossingKey],
  pair: [() => data.nodes, (_, index) => nodeKey(index)],
};
LISTS.crossings = LISTS.crossing;

/** The keys of a value such as `3` or `3 7`. */
export function keysOf(name, value) {
  const [list, keyOf] = LISTS[name];
  return String(value).split(' ').map((index) => (list()[index] === undefined ? null : keyOf(list()[index], Number(index))));
}

/** Zones that this page gave another id. */
export const renamedZones = new Map();

/** The value in the data of now; null when any of it is gone. */
export function valueOf(name, keys) {
  const [list, keyOf] = LISTS[name];
  const places = new Map(list().map((one, index) => [keyOf(one, index), index]));
  const found = keys.map((key) => places.get(key) ?? (name === 'zone' ? places.get(renamedZones.get(key)) : undefined) ?? -1);
  return found.length === 0 || found.includes(-1) ? null : found.join(' ');
}

/** The attribute by which an element opens a detail, with the keys of what it opens. */
export function identityOf(element) {
  const name = Object.keys(LISTS).find((one) => element.dataset?.[one] !== undefined);
  return name === undefined ? null : { name, keys: keysOf(name, element.dataset[name]) };
}
