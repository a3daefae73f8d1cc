/**
 * Narrows a rule of a spec to what was used of it, and takes apart a rule that permits both ways.
 *
 * In: a spec under edit, a rule's node, and what stays of it (permit-use.ts). Out: edits that leave out what was never
 * used; entries that stay keep their comments. Left out on purpose: who decided it (edit/accept.ts).
 */
import { isMap, isScalar, isSeq } from 'yaml';
import type { YAMLMap } from 'yaml';
import { oneWayOf } from '../spec/free-text.ts';
import type { PermitEnd } from '../../permit.ts';
import { endpointOf, type DeclaredPermit } from '../spec/permits.ts';
import type { UsedScope } from '../diff/permit-use.ts';
import { setField, type SpecDraft } from './draft.ts';

/** The list of a key without what is not to stay; written anew where the node is no list of its own. */
function keep(draft: SpecDraft, node: YAMLMap, key: string, wanted: readonly (string | number)[]): void {
  const list: unknown = node.get(key, true);
  if (wanted.length === 0) {
    node.delete(key);
    return;
  }
  const stays = isSeq(list) ? list.items.filter((item) => isScalar(item) && wanted.some((one) => one === item.value)) : [];
  if (isSeq(list) && stays.length === wanted.length) list.items = stays;
  else setField(draft, node, key, wanted);
}

/** The map of a key; made where the rule says it in words only. */
function mapOf(draft: SpecDraft, rule: YAMLMap, key: string): YAMLMap {
  const held: unknown = rule.get(key, true);
  if (isMap(held)) return held;
  const made = draft.document.createNode({}) as YAMLMap;
  made.flow = true;
  rule.set(key, made);
  return made;
}

function narrowEnd(draft: SpecDraft, rule: YAMLMap, key: 'client' | 'server', zone: string, stays: Pick<PermitEnd, 'assets' | 'addresses'>): void {
  const end = mapOf(draft, rule, key);
  if (!end.has('zone')) end.set('zone', zone);
  keep(draft, end, 'assets', stays.assets);
  keep(draft, end, 'addresses', stays.addresses);
}

/** Codes of a protocol that a rule may list as numbers; a Permit calls each `#code`. */
const CODES: Readonly<Record<string, string>> = { cip: 'services', s7comm: 'functions', dnp3: 'functions', iec104: 'type_ids' };

function narrowNames(draft: SpecDraft, rule: YAMLMap, names: readonly string[]): void {
  const held: unknown = rule.get('operations', true);
  if (isSeq(held)) keep(draft, rule, 'operations', (held.toJSON() as string[]).filter((name) => names.includes(name)));
  for (const [protocol, key] of Object.entries(CODES)) {
    const map: unknown = rule.get(protocol, true);
    const list: unknown = isMap(map) ? map.get(key, true) : undefined;
    if (!isMap(map) || !isSeq(list)) continue;
    keep(draft, map, key, (list.toJSON() as number[]).filter((code) => names.includes(`#${code}`)));
    if (map.items.length === 0) rule.delete(protocol);
  }
}

export function narrowRule(draft: SpecDraft, rule: YAMLMap, { permit }: DeclaredPermit, used: UsedScope): void {
  // An end that is named for the first time must not leave the other one to be guessed.
  if ((used.client !== null || used.server !== null) && !(rule.has('client') && rule.has('server'))) {
    for (const [key, { zone }] of [['client', permit.from], ['server', permit.to]] as const) if (!rule.has(key)) setField(draft, rule, key, { zone });
  }
  if (used.client !== null) narrowEnd(draft, rule, 'client', permit.from.zone, used.client);
  if (used.server !== null) narrowEnd(draft, rule, 'server', permit.to.zone, used.server);
  if (used.ports !== null) setField(draft, rule, 'port', used.ports.length === 1 ? used.ports[0] : used.ports);
  if (used.access !== null) setField(draft, rule, 'access', used.access);
  if (used.functionCodes !== null) keep(draft, mapOf(draft, rule, 'modbus'), 'function_codes', used.functionCodes);
  if (used.unitIds !== null) keep(draft, mapOf(draft, rule, 'modbus'), 'unit_ids', used.unitIds);
  if (used.ranges !== null) {
    const modbus = mapOf(draft, rule, 'modbus');
    const ranges = used.ranges.map(({ access, table, first, last }) => ({ ...(table === undefined ? {} : { table }), start: first, end: last, access }));
    if (ranges.length === 0) modbus.delete('ranges');
    else setField(draft, modbus, 'ranges', ranges);
  }
  if (used.services !== null) keep(draft, mapOf(draft, rule, 'opcua'), 'services', used.services);
  if (used.names !== null) narrowNames(draft, rule, used.names);
}

/** One rule is two Permits where its arrow points both ways. */
export const isSameRule = (one: DeclaredPermit, other: DeclaredPermit): boolean => one.path.length === other.path.length && one.path.every((step, i) => step === other.path[i]);

/** Whether another Permit comes from the same rule: its arrow points both ways. */
export const sharesRule = (permits: readonly DeclaredPermit[], declared: DeclaredPermit): boolean =>
  permits.some((other) => other !== declared && isSameRule(other, declared));

/** A rule that permits both ways (`A <-> B`) becomes two, one for each, under the ids that its two Permits have. */
export function takeWaysApart(draft: SpecDraft, permits: readonly DeclaredPermit[], declared: DeclaredPermit): void {
  const ways = permits.filter((other) => isSameRule(other, declared));
  const rule = draft.document.getIn(declared.path);
  const list = draft.document.getIn(declared.path.slice(0, -1));
  if (!isMap(rule) || !isSeq(list)) return;
  const direction: unknown = rule.get('direction');
  const copies = ways.map(({ permit }, i): YAMLMap => {
    const node = i === 0 ? rule : (rule.clone() as YAMLMap);
    if (i > 0) {
      node.commentBefore = null;
      node.spaceBefore = false;
    }
    setField(draft, node, 'rule_id', permit.id);
    if (typeof direction === 'string') node.set('direction', oneWayOf(direction, i > 0));
    setField(draft, node, 'client', endpointOf(permit.from));
    setField(draft, node, 'server', endpointOf(permit.to));
    return node;
  });
  list.items.splice(list.items.indexOf(rule), 1, ...copies);
}
