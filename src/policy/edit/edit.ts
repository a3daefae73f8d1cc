/**
 * What a person changes in the live view or by `spec move-asset` and `rename-zone`: where an asset belongs, how a zone is called, what is pinned, what is
 * decided about a rule. In: the text of a spec and one edit. Out: the new text, comments and order kept, and a sentence
 * that says what was done; or why it was not. Rules go with the asset that they name (edit/move.ts). Left out on purpose:
 * findings, which become rules in edit/accept.ts.
 */
import { isMap, isScalar, isSeq } from 'yaml';
import type { YAMLMap } from 'yaml';
import { z } from 'zod';
import { freeId } from '../../infer/spec-id.ts';
import { renameInDirection } from '../spec/free-text.ts';
import { nearestWord } from '../spec/nearest-word.ts';
import { zonesNamed } from '../spec/permits.ts';
import { expandTexts, openDraft, seqOf, setField, type SpecDraft } from './draft.ts';
import { decideRule } from './decide.ts';
import { parseSpec, type LoadedSpec } from '../spec/load.ts';
import { moveAsset } from './move.ts';
import { sharesRule, takeWaysApart } from './narrow.ts';
import { date, type SpecAsset } from '../spec/schema.ts';
import { openSpecText } from '../spec/text.ts';

const LONGEST = 500;
const LONGEST_NAME = 120;
/** One line, nothing that hides or reorders: it is read in editors and terminals. */
const words = z.string().trim().max(LONGEST, `is longer than ${LONGEST} characters`).regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]*$/u, 'holds characters that cannot be seen');
export const reasonSchema = words;
const id = words.min(1).max(LONGEST_NAME);
export const ownerSchema = words.min(1, 'says nothing: who decides?').max(LONGEST_NAME, `is longer than ${LONGEST_NAME} characters`);

export const specEditSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('move-asset'), asset: id, zone: id }),
  z.strictObject({ kind: z.literal('rename-zone'), zone: id, id, name: words.min(1, 'says nothing') }),
  z.strictObject({ kind: z.literal('pin-asset'), asset: id, pinned: z.boolean() }),
  z.strictObject({ kind: z.literal('decide-permit'), permit: id, decision: z.enum(['approved', 'rejected']), owner: ownerSchema, decidedOn: date.optional(), reason: reasonSchema }),
  z.strictObject({ kind: z.literal('decide-finding'), finding: id, decision: z.enum(['approved', 'rejected']), owner: ownerSchema, decidedOn: date.optional(), reason: reasonSchema }),
]);

export type SpecEdit = z.infer<typeof specEditSchema>;

export interface SpecChange {
  readonly text: string;
  readonly sentence: string;
}

export interface EditRefusal {
  readonly problem: string;
  readonly remedy: string;
}

export const isRefusal = <T extends object>(result: T | EditRefusal): result is EditRefusal => 'problem' in result;

const refuse = (problem: string, remedy: string): EditRefusal => ({ problem, remedy });

/** A spec and its document, on the way to a change. */
interface EditedSpec {
  readonly loaded: LoadedSpec;
  readonly draft: SpecDraft;
}

/**
 * @param entryOf the entry of an asset that was seen and is not declared yet: moving it declares it
 */
export function editSpec(text: string, edit: Exclude<SpecEdit, { kind: 'decide-finding' }>, entryOf: (asset: string) => SpecAsset | null): SpecChange | EditRefusal {
  const { loaded, problems } = parseSpec(text, 'the spec');
  if (loaded === null) return refuse(`the spec does not hold: line ${problems[0].line}: ${problems[0].message}`, problems[0].remedy);
  const { document, asText } = openSpecText(text);
  const draft = openDraft(document);
  const apart = edit.kind === 'decide-permit' ? wayApart(draft, loaded, edit.permit, asText) : null;
  if (apart !== null && apart !== text) return editSpec(apart, edit, entryOf);
  const done = change({ loaded, draft }, edit, entryOf);
  if (typeof done !== 'string') return done;
  const changed = asText();
  const { problems: faults } = parseSpec(changed, 'the spec');
  return faults.length > 0 ? refuse(`with this edit the spec would not hold: ${faults[0].message}`, faults[0].remedy) : { text: changed, sentence: done };
}

/** The text in which one way of a rule for both is a rule of its own: a decision about one is none about the other. Null: it is one already. */
function wayApart(draft: SpecDraft, { permits }: LoadedSpec, id: string, asText: () => string): string | null {
  const declared = permits.find(({ permit }) => permit.id === id);
  if (declared === undefined || !sharesRule(permits, declared)) return null;
  takeWaysApart(draft, permits, declared);
  return asText();
}

function change(spec: EditedSpec, edit: Exclude<SpecEdit, { kind: 'decide-finding' }>, entryOf: (asset: string) => SpecAsset | null): string | EditRefusal {
  switch (edit.kind) {
    case 'move-asset': return moveTo(spec, edit.asset, edit.zone, entryOf);
    case 'rename-zone': return renameZone(spec, edit.zone, edit.id, edit.name);
    case 'pin-asset': return pin(spec, edit.asset, edit.pinned);
    case 'decide-permit': {
      const declared = spec.loaded.permits.find(({ permit }) => permit.id === edit.permit);
      if (declared === undefined) return refuse(`there is no rule ${edit.permit}`, 'reload the page');
      if (sharesRule(spec.loaded.permits, declared)) return refuse(`${edit.permit} is one way of a rule that permits both`, 'write it as two rules by hand');
      decideRule(spec.draft.document, declared.path, { decision: edit.decision, owner: edit.owner, decidedOn: edit.decidedOn, purpose: edit.reason });
      return `${edit.permit} is ${edit.decision} by ${edit.owner}${edit.decidedOn === undefined ? '' : ` on ${edit.decidedOn}`}`;
    }
  }
}

/** The asset's own entry; of a text such as "PLCs (PLC-01 through PLC-12)" each becomes one. */
function entryIn({ draft, loaded }: EditedSpec, asset: string): { node: YAMLMap; zone: string } | undefined {
  expandTexts(draft, loaded, new Set([asset]));
  return draft.assets.get(asset);
}

const nearestOf = (word: string, known: readonly string[]): string | null => {
  const near = nearestWord(word, known);
  return near === null ? null : `did you mean ${near}?`;
};

/** An address is not an id, but tells whose it is. */
const holderOf = ({ spec }: LoadedSpec, address: string): string | null => {
  const holder = spec.zones.flatMap((zone) => zone.assets ?? []).find((one) => typeof one !== 'string' && [...(one.ip ?? []), ...(one.mac ?? [])].includes(address));
  return holder === undefined || typeof holder === 'string' ? null : `it is an address of ${holder.asset_id}: name that`;
};

const zonesOf = ({ spec }: LoadedSpec): string => `its zones are ${spec.zones.map((zone) => zone.zone_id).join(', ')}`;

function moveTo(spec: EditedSpec, asset: string, zone: string, entryOf: (asset: string) => SpecAsset | null): string | EditRefusal {
  const { draft, loaded } = spec;
  const target = draft.zones.get(zone);
  if (target === undefined) return refuse(`there is no zone ${zone} in the spec`, zonesOf(loaded));
  const held = entryIn(spec, asset);
  if (held !== undefined) return held.zone === zone ? refuse(`${asset} is in ${zone} already`, 'nothing was changed') : moveAsset(draft, loaded, asset, held, zone);
  const entry = entryOf(asset);
  if (entry === null) return refuse(`there is no asset ${asset} in the spec`, holderOf(loaded, asset) ?? nearestOf(asset, [...draft.assets.keys()]) ?? 'declare it first; where somebody has just removed it, reload the page');
  const unique = freeId(entry.asset_id, (one) => draft.assets.has(one));
  const node = draft.document.createNode({ ...entry, asset_id: unique, pinned: true }) as YAMLMap;
  node.flow = true;
  for (const key of ['ip', 'mac']) {
    const list: unknown = node.get(key, true);
    if (isSeq(list)) list.flow = true;
  }
  seqOf(draft, target, 'assets').add(node);
  return `${unique} is declared in ${zone}`;
}

function pin(spec: EditedSpec, asset: string, pinned: boolean): string | EditRefusal {
  const held = entryIn(spec, asset);
  if (held === undefined) return refuse(`${asset} is not declared`, 'move it into a zone first');
  setField(spec.draft, held.node, 'pinned', pinned);
  return `${asset} is ${pinned ? 'pinned: proposals leave it where it is' : 'no longer pinned: proposals may move it'}`;
}

/** Every place that names a zone by its id. */
function renameZone({ draft, loaded }: EditedSpec, zone: string, next: string, name: string): string | EditRefusal {
  const node = draft.zones.get(zone);
  if (node === undefined) return refuse(`there is no zone ${zone} in the spec`, zonesOf(loaded));
  setField(draft, node, 'name', name);
  if (next === zone) return `${zone} is called "${name}"`;
  if (draft.zones.has(next)) return refuse(`there is a zone ${next} already`, 'choose another id');
  node.set('zone_id', next);
  const swap = (map: unknown, key: string): void => {
    if (isMap(map) && map.get(key) === zone) map.set(key, next);
  };
  const { document } = draft;
  for (const [c, conduit] of loaded.spec.conduits.entries()) {
    const connects: unknown = document.getIn(['conduits', c, 'connects']);
    for (const item of isSeq(connects) ? connects.items : []) if (isScalar(item) && item.value === zone) item.value = next;
    for (const [f, flow] of (conduit.protocols_allowed ?? []).entries()) {
      const at = (...path: string[]): unknown => document.getIn(['conduits', c, 'protocols_allowed', f, ...path]);
      for (const end of ['client', 'server']) swap(at(end), 'zone');
      for (const end of ['tx_endpoint', 'rx_endpoint']) swap(at('unidirectional', end), 'zone');
      for (const end of ['from', 'to']) swap(at('unidirectional'), end);
      if (flow.direction !== undefined) {
        const renamed = renameInDirection(flow.direction, (reference) => (zonesNamed(reference, conduit.connects)[0] === zone ? next : reference));
        document.setIn(['conduits', c, 'protocols_allowed', f, 'direction'], renamed);
      }
    }
  }
  for (const [e, point] of (loaded.spec.enforcement_points ?? []).entries()) {
    for (const i of point.interfaces.keys()) swap(document.getIn(['enforcement_points', e, 'interfaces', i]), 'zone');
    swap(document.getIn(['enforcement_points', e, 'syslog']), 'via_zone');
  }
  return `${zone} is now ${next}, "${name}"`;
}
