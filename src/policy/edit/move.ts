/**
 * Moves an asset to another zone, and with it every rule that names it: alone it takes the rule along, among others it gets
 * a copy of its own; what is within one zone after the move needs no rule and goes. In: a spec under edit. Out: edits and
 * a sentence. Left out on purpose: rules that name a whole zone. Whether the asset still needs what they let through is
 * for people, and diff says what they no longer cover.
 */
import { plural } from '../../infer/plural.ts';
import { freeId } from '../../infer/spec-id.ts';
import { parseSet, parseSpan, setContains } from '../../net/address-set.ts';
import type { PermitEnd } from '../../permit.ts';
import { isMap, isSeq } from 'yaml';
import type { YAMLMap, YAMLSeq } from 'yaml';
import { renameInDirection } from '../spec/free-text.ts';
import { zonesNamed, type DeclaredPermit } from '../spec/permits.ts';
import { addConduit, conduitId, noteRemoved, plain, seqOf, setField, type SpecDraft } from './draft.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { isSameRule, sharesRule } from './narrow.ts';
import { ruleIdsOf } from './rule.ts';

/** Rules named in one sentence. */
const NAMED = 5;

interface Carried {
  moved: number;
  split: number;
  /** Rules that go on for others. */
  left: number;
  readonly dropped: string[];
}

export function moveAsset(draft: SpecDraft, loaded: LoadedSpec, asset: string, held: { node: YAMLMap; zone: string }, zone: string): string {
  const from = held.zone;
  const before: unknown = draft.zones.get(from)?.get('assets', true);
  const after = draft.zones.get(zone);
  if (!isSeq(before) || after === undefined) throw new Error(`zone ${from} or ${zone} has no list of assets`);
  before.items.splice(before.items.indexOf(held.node), 1);
  const list = seqOf(draft, after, 'assets');
  if (list.flow !== true && isSeq(before) && before.flow === true) held.node.flow = true;
  list.add(held.node);
  setField(draft, held.node, 'pinned', true);
  const { moved, split, left, dropped } = carryRules(draft, loaded, asset, from, zone);
  const staying = rulesByAddress(loaded, held.node, from);
  const count = (n: number, what: string): string[] => (n === 0 ? [] : [`${plural(n, 'rule')} ${what}`]);
  const some = (ids: readonly string[]): string => `${ids.slice(0, NAMED).join(', ')}${ids.length > NAMED ? ', ...' : ''}`;
  const emptied = before.items.length === 0 ? `; ${from} has no asset left` : '';
  const rules = [...count(moved, 'moved with it'), ...count(split, 'copied for it'), ...count(left, 'kept without it, within one zone now'), ...count(dropped.length, `removed, within one zone now (${some(dropped)})`), ...count(staying.length, `that ${staying.length === 1 ? `names it by "addresses" in ${from} left as it is` : `name it by "addresses" in ${from} left as they are`} (${some(staying)})`)];
  return `${asset} is in ${zone} now, pinned${rules.length === 0 ? '' : `; ${rules.join(', ')}`}${emptied}`;
}

/** Ids of Permits whose end in a zone names an asset by its address: whether they are meant for the device or for the place is for people. */
function rulesByAddress(loaded: LoadedSpec, node: YAMLMap, zone: string): string[] {
  const spans = (['ip', 'mac'] as const).flatMap((key) => {
    const listed = plain(node.get(key, true));
    return Array.isArray(listed) ? listed.flatMap((text) => parseSpan(String(text)) ?? []) : [];
  });
  const names = ({ zone: at, addresses }: PermitEnd): boolean => {
    const set = parseSet(addresses);
    return at === zone && spans.some((span) => setContains(set, span));
  };
  return loaded.permits.filter(({ permit }) => names(permit.from) || names(permit.to)).map(({ permit }) => permit.id);
}

function carryRules(draft: SpecDraft, loaded: LoadedSpec, asset: string, from: string, to: string): Carried {
  const carried: Carried = { moved: 0, split: 0, left: 0, dropped: [] };
  // Rules, not Permits: one that permits both ways is two Permits, and is carried once. Its second way is read from the same
  // fields, so that both follow.
  // Nodes first: places in the lists change while rules move.
  const concerned = loaded.permits
    .filter(({ permit }) => permit.from.assets.includes(asset) || permit.to.assets.includes(asset))
    .filter((declared, i, all) => all.findIndex((other) => isSameRule(other, declared)) === i)
    .map((declared) => ({ declared, rule: draft.document.getIn(declared.path), list: draft.document.getIn(declared.path.slice(0, -1)), conduit: draft.conduits.get(declared.permit.conduit) }));
  const taken = new Set(ruleIdsOf(loaded));
  for (const { declared, rule, list, conduit } of concerned) {
    if (!isMap(rule) || !isSeq(list) || conduit === undefined) continue;
    const { permit } = declared;
    const end = permit.from.assets.includes(asset) ? 'client' : 'server';
    const far = end === 'client' ? permit.to.zone : permit.from.zone;
    const mine = end === 'client' ? permit.from : permit.to;
    let own = rule;
    if (mine.assets.length > 1 || mine.addresses.length > 0) {
      own = rule.clone() as YAMLMap;
      own.commentBefore = null;
      own.spaceBefore = false;
      const id = freeId(permit.id, (one) => taken.has(one));
      taken.add(id);
      own.set('rule_id', id);
      const rest = mine.assets.filter((one) => one !== asset);
      const endNode: unknown = rule.get(end, true);
      if (isMap(endNode)) {
        if (rest.length > 0) setField(draft, endNode, 'assets', rest);
        else endNode.delete('assets');
      }
    }
    const leave = (): void => {
      if (own === rule) list.items = list.items.filter((item) => item !== rule);
    };
    if (far === to) {
      leave();
      if (own === rule) {
        carried.dropped.push(permit.id);
        noteRemoved(draft, permit);
      } else carried.left++;
      continue;
    }
    relocate(draft, own, { end, asset, from, to, far, bothWays: sharesRule(loaded.permits, declared) }, declared, loaded);
    const target = conduitFor(draft, conduit, far, to);
    if (own !== rule) carried.split++;
    else carried.moved++;
    if (own === rule && target === list) continue;
    leave();
    target.add(own);
  }
  return carried;
}

interface Relocation {
  readonly end: 'client' | 'server';
  readonly asset: string;
  readonly from: string;
  readonly to: string;
  readonly far: string;
  /** The rule's arrow points both ways. */
  readonly bothWays: boolean;
}

function relocate(draft: SpecDraft, rule: YAMLMap, { end, asset, from, to, far, bothWays }: Relocation, { permit }: DeclaredPermit, loaded: LoadedSpec): void {
  placeEnd(draft, rule, end, to, asset);
  const other = end === 'client' ? 'server' : 'client';
  // A rule that names its client permits one way only (permits.ts).
  if (!rule.has(other) && !bothWays) setField(draft, rule, other, { zone: far });
  const direction: unknown = rule.get('direction');
  if (typeof direction === 'string') {
    const connects = loaded.spec.conduits.find((one) => one.conduit_id === permit.conduit)?.connects ?? [];
    rule.set('direction', renameInDirection(direction, (reference) => (zonesNamed(reference, connects)[0] === from ? to : bothWays ? far : reference)));
  }
  const way: unknown = rule.get('unidirectional', true);
  if (isMap(way)) for (const key of ['from', 'to']) if (way.get(key) === from) way.set(key, to);
}

/** One asset of a zone, written where the end stands already: what a person noted beside its fields stays. */
function placeEnd(draft: SpecDraft, rule: YAMLMap, end: 'client' | 'server', zone: string, asset: string): void {
  const held: unknown = rule.get(end, true);
  const listed: unknown = isMap(held) ? held.get('assets', true) : null;
  if (!isMap(held) || !isSeq(listed)) {
    setField(draft, rule, end, { zone, assets: [asset] });
    return;
  }
  held.set('zone', zone);
  for (const key of held.items.map((pair) => pair.key)) if (!['zone', 'assets'].includes(String(plain(key)))) held.delete(key);
  listed.items = listed.items.filter((item) => plain(item) === asset);
  if (listed.items.length !== 1) setField(draft, held, 'assets', [asset]);
}

/** The rules of the conduit between two zones: this one, another that connects them, or a new one with this one's terms. */
function conduitFor(draft: SpecDraft, current: YAMLMap, far: string, to: string): YAMLSeq {
  const joins = (conduit: YAMLMap): boolean => {
    const connects = plain(conduit.get('connects', true));
    return Array.isArray(connects) && connects.includes(far) && connects.includes(to);
  };
  const known = joins(current) ? current : [...draft.conduits.values()].find(joins);
  if (known !== undefined) return seqOf(draft, known, 'protocols_allowed');
  const zones = [far, to].sort();
  const terms = (['security_level', 'mode', 'default_action'] as const).flatMap((key) => (current.has(key) ? [[key, plain(current.get(key, true))] as const] : []));
  const made = addConduit(draft, { conduit_id: conduitId(draft, zones), name: zones.join(' - '), connects: zones, ...Object.fromEntries(terms), protocols_allowed: [] });
  return seqOf(draft, made, 'protocols_allowed');
}
