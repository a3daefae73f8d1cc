/** Conduits and Permits of the report. In: the spec, which Permit let what through, findings. Out: records in the spec's order. */
import { completenessBetween } from '../../infer/completeness.ts';
import { plural } from '../../infer/plural.ts';
import type { Completeness } from '../../infer/proposal.ts';
import { listsBy } from '../../net/multi-map.ts';
import type { ObservationSet } from '../../observation.ts';
import type { Permit } from '../../permit.ts';
import type { PermitUse } from '../../policy/diff/permit-use.ts';
import { securityLevelNumber } from '../../policy/spec/free-text.ts';
import { flowOf, isLive, type DeclaredPermit } from '../../policy/spec/permits.ts';
import type { LoadedSpec } from '../../policy/spec/load.ts';
import type { Spec, SpecConduit } from '../../policy/spec/schema.ts';
import { pointsOf } from '../../policy/spec/shared-link.ts';
import { isoInstant } from '../instant.ts';
import type { ReportConduit, ReportFinding, ReportPermit } from './model.ts';
import { accessesOfPermit, conditionsText, endText, needsInspection, operationsOfPermit, serviceOfPermit, sortAccesses } from './permit-words.ts';

export function describePermits(loaded: LoadedSpec, basis: 'spec' | 'proposal', uses: ReadonlyMap<DeclaredPermit, PermitUse>, set: ObservationSet): ReportPermit[] {
  return loaded.permits.map((declared): ReportPermit => {
    const { permit } = declared;
    const use = uses.get(declared);
    const conversations = use?.conversations ?? [];
    const rule = flowOf(loaded.spec, declared);
    return {
      id: permit.id, conduit: permit.conduit, fromZone: permit.from.zone, toZone: permit.to.zone, from: endText(permit.from), to: endText(permit.to),
      service: serviceOfPermit(permit), protocol: permit.service.protocol, operations: operationsOfPermit(permit),
      accesses: accessesOfPermit(permit).length > 0 ? accessesOfPermit(permit) : sortAccesses((use?.verdicts ?? []).flatMap(({ ask }) => ask.access ?? [])),
      conditions: conditionsText(permit), purpose: permit.purpose, basis: permit.basis, decision: permit.decision, owner: permit.owner,
      decided: decidedText(permit, basis), reviewBy: rule?.review_by ?? '',
      question: rule?.question ?? '',
      evidence: evidenceText(use, set),
      generalisedBy: permit.evidence?.generalisedBy ?? [], neverSeen: permit.evidence?.neverSeen ?? 0,
      acceptedRisks: declared.acceptedRisks,
      conversations: conversations.map(({ id }) => id),
      requests: (use?.verdicts ?? []).reduce((sum, { ask }) => sum + ask.count, 0),
      isLive: isLive(permit),
    };
  });
}

function decidedText({ decision, owner, decidedOn }: Permit, basis: 'spec' | 'proposal'): string {
  const on = decidedOn === null ? '' : ` on ${decidedOn}`;
  if (owner !== '') return `${decision} by ${owner}${on}`;
  if (decision !== 'approved') return decision;
  return basis === 'proposal' ? 'proposed' : 'approved, by nobody named';
}

function evidenceText(use: PermitUse | undefined, set: ObservationSet): string {
  if (use === undefined || use.conversations.length === 0) return set.conversations.length === 0 ? 'nothing was observed' : 'never seen';
  const days = new Set(use.verdicts.flatMap(({ ask }) => ask.days)).size;
  const first = use.conversations.reduce((least, { firstNs }) => (firstNs < least ? firstNs : least), use.conversations[0].firstNs);
  const last = use.conversations.reduce((most, { lastNs }) => (lastNs > most ? lastNs : most), use.conversations[0].lastNs);
  const many = use.conversations.length;
  return `${plural(many, 'conversation')} on ${plural(days, 'day')}, ${isoInstant(first).slice(0, 10)} to ${isoInstant(last).slice(0, 10)}`;
}

export function describeConduits({ spec, permits: declared }: LoadedSpec, permits: readonly ReportPermit[], findings: readonly ReportFinding[], completeness: Completeness): ReportConduit[] {
  const permitsOf = listsBy(permits.map((permit, i) => ({ permit, i, limited: needsInspection(declared[i].permit) })), ({ permit }) => permit.conduit);
  const findingsOf = listsBy(findings, ({ conduit }) => conduit);
  const completenessOf = completenessBetween(completeness.conduits);
  return spec.conduits.map((conduit): ReportConduit => {
    const own = permitsOf.get(conduit.conduit_id) ?? [];
    const live = own.filter(({ permit }) => permit.isLive);
    const estimate = completenessOf(conduit.connects);
    return {
      id: conduit.conduit_id,
      name: conduit.name ?? '',
      connects: conduit.connects,
      slTarget: securityLevelNumber(conduit.security_level),
      mode: conduit.mode ?? '',
      defaultAction: conduit.default_action ?? 'deny',
      enforcedBy: pointsOf(spec, conduit).map((point) => `${point.ep_id} (${point.platform})`),
      controls: conduit.controls ?? [],
      protocols: [...new Set(live.map(({ permit }) => `${permit.protocol} ${permit.fromZone} -> ${permit.toZone}${permit.operations === 'any operation' ? '' : ` (${permit.operations})`}`))],
      allow: live.length,
      // What is rejected is written down as a deny, and the rule at the end denies the rest.
      deny: own.length - live.length + 1,
      inspection: inspectionOf(spec, conduit, live.filter(({ limited }) => limited).length, live.length),
      permits: own.map(({ i }) => i),
      findings: findingsOf.get(conduit.conduit_id)?.length ?? 0,
      completeness: estimate === null ? null : { share: estimate.completeness, sufficient: estimate.sufficient },
    };
  });
}

function inspectionOf(spec: Spec, conduit: SpecConduit, needed: number, allow: number): ReportConduit['inspection'] {
  const points = pointsOf(spec, conduit);
  const engines = [...new Set(points.flatMap((point) => (point.dpi ?? []).filter((engine) => engine !== 'none')))];
  const limits = `${needed} of ${allow} allow rules to be limited to operations`;
  if (engines.length > 0) return { needed, enabled: true, sentence: `${engines.join(', ')}; ${limits}` };
  if (needed === 0) return { needed, enabled: false, sentence: 'no rule limits operations' };
  if (points.length > 0) return { needed, enabled: false, sentence: `needed: ${limits}, and no declared enforcement point inspects` };
  return { needed, enabled: false, sentence: `needed: ${limits}; no enforcement point is declared yet` };
}
