/** What is left for a person to decide, most urgent first. In: the report's parts. Out: one sentence each, with what it is about. */
import type { Proposal } from '../../infer/proposal.ts';
import type { DiffReport } from '../../policy/diff/diff.ts';
import type { LoadedSpec } from '../../policy/spec/load.ts';
import { firstOf, plural } from '../../infer/plural.ts';
import { addTo } from '../../net/multi-map.ts';
import { roleOf } from '../../policy/spec/pins.ts';
import type { OpenDecision, ReportPermit, ReportZone } from './model.ts';
import { declaredAt, idAt, type PlantIndex } from './plant-index.ts';

interface Undecided {
  readonly basis: 'spec' | 'proposal';
  readonly loaded: LoadedSpec;
  readonly proposal: Proposal;
  readonly diff: DiffReport;
  readonly plant: Pick<PlantIndex, 'assetOfAddress' | 'assets'>;
}

const MOST_LISTED = 12;
const HOW_TO_SAY_SAFETY = 'How to answer: give what is one the role safety-controller; name all that are under pins.safety_assets, and the rest is struck.';

export function openDecisions({ basis, loaded, proposal, diff, plant }: Undecided, permits: readonly ReportPermit[], zones: readonly ReportZone[]): OpenDecision[] {
  const decisions: OpenDecision[] = [];
  const add = (about: string, kind: string, sentence: string): number => decisions.push({ about, kind, sentence });
  const nameOf = (address: string): string => {
    const id = idAt(plant, address);
    return id === address ? address : `${id} (${address})`;
  };
  const undecided = new Map<string, string[]>();
  // That list is complete: what is not on it was struck.
  const isAnswered = basis === 'spec' && loaded.spec.pins?.safety_assets !== undefined;
  for (const one of isAnswered ? [] : proposal.safetyCandidates) {
    // A person who declares it as a safety controller has confirmed it.
    const declared = basis === 'spec' ? (declaredAt(plant, one.asset)?.role ?? null) : null;
    if (declared !== null && roleOf(declared) === 'safety-controller') continue;
    if (one.points > 0 || one.role === 'safety-controller') add(nameOf(one.asset), 'safety', `Confirm or strike as safety-related: ${one.sentence}.`);
    else addTo(undecided, one.sentence, nameOf(one.asset));
  }
  // Of a whole control system it may not be heard which of its controllers guard: that is one question.
  for (const [sentence, assets] of undecided) {
    const question = assets.length === 1 ? `Confirm or strike as safety-related: ${sentence}.` : `Say which of these ${assets.length} are safety-related: ${firstOf(assets, MOST_LISTED)}. Each ${sentence}.`;
    add(firstOf(assets, 1), 'safety', question);
  }
  if (basis === 'spec' && decisions.length > 0) decisions[0] = { ...decisions[0], sentence: `${decisions[0].sentence} ${HOW_TO_SAY_SAFETY}` };
  for (const permit of permits) {
    if (permit.decision !== 'pending') continue;
    add(permit.id, 'permit', `${permit.service}, ${permit.fromZone} to ${permit.toZone}${permit.conditions === '' ? '' : `, ${permit.conditions}`}: ${permit.question === '' ? 'approve or reject.' : permit.question}`);
  }
  const approved = basis === 'spec' ? permits.filter(({ decision }) => decision === 'approved') : [];
  const unnamed = approved.filter(({ owner }) => owner === '').length;
  if (unnamed > 0) add(plural(unnamed, 'Permit'), 'owner', `${unnamed} of ${plural(approved.length, 'approved Permit')} ${unnamed === 1 ? 'names' : 'name'} nobody who approved ${unnamed === 1 ? 'it' : 'them'}: write the owner into each rule.`);
  for (const finding of diff.findings) {
    if (finding.type === 'undeclared-asset') add(finding.client ?? finding.server ?? finding.id, 'asset', `Declare it, with a zone, or remove it: ${finding.title}.`);
  }
  for (const one of diff.logged?.decisions ?? []) {
    add(`${one.client === '' ? 'many' : nameOf(one.client)} -> ${one.server === '' ? 'many' : nameOf(one.server)}`, 'firewall log', `${one.service} ${one.verdict === 'blocked' ? 'is' : 'would be'} blocked (${plural(one.count, 'time')}; finding ${one.finding}). ${one.question}`);
  }
  for (const zone of zones) {
    if (!zone.isDeclared) continue;
    if (zone.slBasis === 'open') add(zone.id, 'security level', 'No SL-T is stated: set it in the risk assessment (ZCR 5.6).');
    else if (zone.slBasis === 'assumption') add(zone.id, 'security level', `SL-T ${zone.slTarget} is a start value, not derived from traffic: confirm it in the risk assessment (ZCR 5.6)${basis === 'proposal' ? '' : ', and write its day into assessment_date'}.`);
  }
  for (const one of proposal.stability.moving) add(one.asset, 'placement', one.sentence);
  for (const one of proposal.contradictions) add(one.pin, 'contradiction', one.sentence);
  for (const [i, entry] of (loaded.spec.set_aside ?? []).entries()) {
    if (entry.decision === 'pending' || entry.decision === undefined) add(`set_aside ${i + 1}`, 'set aside', `${entry.client} to ${entry.servers.length} address${entry.servers.length === 1 ? '' : 'es'}: ${entry.reason}${entry.question === undefined ? '.' : `: ${entry.question}`}`);
  }
  for (const regime of proposal.completeness.regimes) if (!regime.covered) add(regime.regime, 'evidence', regime.sentence);
  if (basis === 'proposal') add('zones', 'partition', 'Zones are a proposal from traffic; ZCR 3.1 groups by risk, location and responsibility as well.');
  return decisions;
}
