/**
 * Writes a proposal into a spec that somebody works on, with its comments, order and hand edits kept.
 *
 * In: a ConduitProposal, the text of the spec, what was observed, and provenance. Out: the text, and what was added. Nothing is removed, moved
 * or narrowed: known assets keep their id and zone, a rule that already lets a Permit through only gets its evidence refreshed, and what no rule
 * speaks of (permit-rest.ts) and the spec needs (permit-need.ts) is appended. Left out on purpose: the decision (a person's).
 */
import type { Document } from 'yaml';
import { usageError } from '../../errors.ts';
import { capturedDaysOf } from '../../infer/captured-days.ts';
import { QUESTION_SENTENCES, saysDays, seenOn } from '../../infer/conduits/questions.ts';
import type { ConduitProposal } from '../../infer/conduits/conduits.ts';
import { sensorsOf, type ProposedPermit } from '../../infer/conduits/proposed-permit.ts';
import { isoEvidenceTime } from '../../net/time.ts';
import type { ObservationSet } from '../../observation.ts';
import type { Permit } from '../../permit.ts';
import { connectionsOf, cutToNeed, evidenceOf, foresightOf, needOf, type Need, type NeededAsks } from '../match/permit-need.ts';
import { undeclaredOf, type PermitLeft } from '../match/permit-rest.ts';
import { indexAssets, type AssetIndex } from '../spec/assets.ts';
import { parseSpec, type LoadedSpec } from '../spec/load.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { ruleEntry, setAsideEntry } from '../spec/rules.ts';
import type { SpecFlow, SpecSetAside } from '../spec/schema.ts';
import { openSpecText } from '../spec/text.ts';
import type { SpecProvenance } from '../spec/write.ts';
import { append, appendAssets, ruleAppender, seqAt, type RuleAppender } from './append.ts';
import { movedAddresses, placesIn, relocate, type ExistingPlaces } from './existing-places.ts';
import type { QuestionSeen } from './question.ts';
import { refreshCompleteness, refreshEvidence, refreshProvenance, refreshQuestion } from './refresh.ts';

export interface SpecUpdate {
  readonly text: string;
  /** Ids of what was added. */
  readonly added: { readonly zones: readonly string[]; readonly assets: readonly string[]; readonly rules: readonly string[] };
  /** Permits of which something was left out: never seen, only foreseen, and beside a rule, or once in the spec, as far as that tells. */
  readonly leftOut: number;
  /** What only a person can decide: a known device at an address that the spec does not know. */
  readonly notes: readonly string[];
}

/** @param set what was observed: what is appended, it needs */
export function updateSpec(proposal: ConduitProposal, existingText: string, set: ObservationSet, provenance: SpecProvenance = {}): SpecUpdate {
  const { loaded, problems } = parseSpec(existingText, 'the existing spec');
  if (loaded === null) throw usageError(`the existing spec does not hold: line ${problems[0].line}: ${problems[0].message}`, problems[0].remedy);
  const known = indexAssets(loaded.spec);
  const places = placesIn(proposal, loaded, known);
  const { document, asText } = openSpecText(existingText);
  refreshProvenance(document, provenance);
  const { zones, newZones, newcomers } = appendAssets(document, proposal, places, loaded, known);
  // Permits are compared with who is who after the new assets have been added.
  const assets = indexAssets({ ...loaded.spec, zones });
  const need = needOf(loaded, assets, set);
  const rules = ruleAppender(document, proposal, loaded, newcomers);
  const { used, leftOut } = appendRules({ proposal, set, loaded, places, assets, newcomers, need, rules });
  refreshRules(document, used, need, set);
  refreshCompleteness(document, proposal, places, loaded);
  mergeSetAside(document, proposal, loaded);
  return { text: asText(), added: { zones: newZones, assets: [...newcomers], rules: rules.added }, leftOut, notes: movedAddresses(proposal, places, known, loaded) };
}

/** What a proposal is compared with, and where what is missing goes. */
interface Comparison {
  readonly proposal: ConduitProposal;
  readonly set: ObservationSet;
  readonly loaded: LoadedSpec;
  readonly places: ExistingPlaces;
  readonly assets: AssetIndex;
  readonly newcomers: ReadonlySet<string>;
  readonly need: Need;
  readonly rules: RuleAppender;
}

/** What of a proposal a rule that stood there lets through. */
interface RuleUse {
  /** The one Permit that it lets through as a whole and alone; null for several, or parts. */
  readonly alone: ProposedPermit | null;
  readonly witnesses: ReadonlySet<number>;
}

function appendRules({ proposal, set, loaded, places, assets, newcomers, need, rules }: Comparison): { readonly used: ReadonlyMap<DeclaredPermit, RuleUse>; readonly leftOut: number } {
  const undeclared = undeclaredOf(loaded.permits, assets);
  const wasForeseen = foresightOf(loaded);
  const listened = capturedDaysOf(set).length;
  const hasNewcomer = ({ from, to }: Permit): boolean => [...from.assets, ...to.assets].some((id) => newcomers.has(id));
  const used = new Map<DeclaredPermit, RuleUse>();
  let leftOut = 0;
  for (const proposed of proposal.permits) {
    for (const permit of relocate(proposed.permit, places)) {
      let isWhole = true;
      const { rest, covering } = undeclared(permit, ({ permit: part, isOfPair }) => {
        if (!isOfPair && (hasNewcomer(part) || !wasForeseen(part))) return [part];
        const needed = need.of(part, proposed.witnesses);
        isWhole &&= needed.length > 0 && !isOfPair;
        if (isOfPair) return cutToNeed(part, needed);
        return needed.length > 0 ? [part] : [];
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
  return { used, leftOut };
}

/** Evidence and question of every rule that was there and was used. */
function refreshRules(document: Document, used: ReadonlyMap<DeclaredPermit, RuleUse>, need: Need, set: ObservationSet): void {
  const seen = new Map<DeclaredPermit, QuestionSeen>();
  const refreshAsSeen = (declared: DeclaredPermit, part: readonly NeededAsks[]): void => {
    seen.set(declared, { days: evidenceOf(part).days, regime: null });
    refreshEvidence(document, declared, countsOf(part, set));
  };
  for (const [declared, { alone, witnesses }] of used) {
    if (alone !== null && need.isBetweenEnds(declared, witnesses)) {
      seen.set(declared, { days: alone.days, regime: alone.regime });
      refreshEvidence(document, declared, ruleEntry(alone).evidence ?? {});
      continue;
    }
    // Of what a rule lets through in part, or in several Permits, just that.
    const part = need.seenBy(declared, [...witnesses]);
    if (part.length > 0) refreshAsSeen(declared, part);
  }
  // A rule beside others lets no proposed Permit through as a whole, and is used all the same.
  for (const [declared, part] of need.letThrough()) if (!seen.has(declared)) refreshAsSeen(declared, part);
  for (const [declared, one] of seen) refreshQuestion(document, declared, one);
}

/** A part of a Permit, with the evidence of just that: who came in the last week asks nothing since the first. */
const asSeen = (proposed: ProposedPermit, { permit, isOfPair }: PermitLeft, needed: readonly NeededAsks[], set: ObservationSet, listened: number): ProposedPermit => {
  const seen = evidenceOf(needed);
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
    connections: connectionsOf(needed),
    witnesses: needed.map(({ conversation }) => conversation.id),
    registersNeverSeen: 0,
  };
};

const countsOf = (needed: readonly NeededAsks[], set: ObservationSet): NonNullable<SpecFlow['evidence']> => {
  const evidence = evidenceOf(needed);
  const sensors = sensorsOf(evidence, set);
  return {
    first_seen: isoEvidenceTime(evidence.firstNs) ?? undefined, last_seen: isoEvidenceTime(evidence.lastNs) ?? undefined, days: evidence.days.length,
    connections: connectionsOf(needed), requests: evidence.requests, ...(sensors.length === 0 ? {} : { sensors }),
  };
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
