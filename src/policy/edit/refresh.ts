/**
 * What the program wrote into a spec is brought up to date: provenance, the evidence of a rule, its question, the completeness of its conduit.
 * In: the document and what was seen by now. Out: edits. What a person wrote stays.
 */
import { isMap, isSeq } from 'yaml';
import type { Document } from 'yaml';
import type { ConduitProposal } from '../../infer/conduits/conduits.ts';
import type { Permit } from '../../permit.ts';
import type { LoadedSpec } from '../spec/load.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import type { SpecFlow } from '../spec/schema.ts';
import type { SpecProvenance } from '../spec/write.ts';
import { plain } from './draft.ts';
import type { ExistingPlaces } from './existing-places.ts';
import { refreshedQuestion, type QuestionSeen } from './question.ts';

type Evidence = NonNullable<SpecFlow['evidence']>;

/** What the program writes there; what somebody else wrote stays. */
export function refreshProvenance(document: Document, provenance: SpecProvenance): void {
  if (Object.keys(provenance).length === 0) return;
  const held: unknown = document.get('provenance', true);
  if (!isMap(held)) return document.set('provenance', document.createNode(provenance));
  for (const [key, value] of Object.entries(provenance)) if (JSON.stringify(plain(held.get(key, true))) !== JSON.stringify(value)) held.set(key, document.createNode(value));
  if (!('losses' in provenance)) held.delete('losses');
}

const REFRESHED = ['first_seen', 'last_seen', 'days', 'connections', 'requests', 'sensors', 'completeness'] as const;

export const refreshEvidence = (document: Document, declared: DeclaredPermit, fresh: Evidence): void => {
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
export const refreshCompleteness = (document: Document, proposal: ConduitProposal, { zoneOf }: ExistingPlaces, { permits }: LoadedSpec): void => {
  const pairOf = ({ from, to }: Permit, name: (zone: string) => string): string => [name(from.zone), name(to.zone)].sort().join('\n');
  const fresh = new Map(proposal.permits.map(({ permit }) => [pairOf(permit, (zone) => zoneOf.get(zone) ?? zone), permit.evidence?.completeness ?? null]));
  for (const { permit, path } of permits) {
    const completeness = fresh.get(pairOf(permit, (zone) => zone)) ?? null;
    const held = document.getIn([...path, 'evidence', 'completeness']);
    if (completeness !== null && typeof held === 'number' && held !== completeness) document.setIn([...path, 'evidence', 'completeness'], completeness);
  }
};

/** While nobody has decided. */
export const refreshQuestion = (document: Document, { permit, path }: DeclaredPermit, seen: QuestionSeen): void => {
  const held = document.getIn([...path, 'question']);
  if (permit.decision !== 'pending' || typeof held !== 'string') return;
  const fresh = refreshedQuestion(held, seen);
  if (fresh !== held) document.setIn([...path, 'question'], fresh);
};
