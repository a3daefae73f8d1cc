/**
 * The report as plain text, in the sections and words of an IEC 62443 zone implementation report: ZONE ARCHITECTURE,
 * CONDUIT CONFIGURATION, VALIDATION RESULTS; what cannot be trusted stands before them. In: the model. Out: lines.
 */
import { COMPLETENESS_MEANS, wholePercent } from '../../infer/completeness-words.ts';
import { grouped, groupedPlural, plural } from '../../infer/plural.ts';
import { printable } from '../printable.ts';
import { apartText } from '../simulation.ts';
import { validationLines } from '../verification.ts';
import { captureText, firewallText, recordSums, spanText, STANDING_WORDS, whoText } from './firewall-words.ts';
import type { FirewallReview, ReportConduit, ReportModel, ReportPermit, ReportZone, SimulationSummary } from './model.ts';

const LONGEST = 2000;

export function* reportText(model: ReportModel): Generator<string> {
  for (const line of lines(model)) yield `${printable(line, LONGEST)}\n`;
}

function* lines(model: ReportModel): Generator<string> {
  const { head, status } = model;
  yield 'IEC 62443 Zone Implementation Report';
  yield '=====================================';
  yield `Facility: ${head.facility === '' ? '[not stated in the spec]' : head.facility}`;
  yield `Implementation Date: ${head.date === '' ? '[nothing observed]' : head.date}${head.dateBasis === 'last observation' ? ' (last observation)' : ''}`;
  yield `Standard: ${head.standard}`;
  yield `Basis: ${basisText(model)}`;
  yield '';
  yield 'EVIDENCE:';
  yield `  Observed: ${secondsOf(status.span.first)} to ${secondsOf(status.span.last)}, ${groupedPlural(status.totals.packets, 'packet')}, ${groupedPlural(status.totals.conversations, 'conversation')}`;
  yield `  Sensor: ${status.sensor.complete ? 'nothing is known to be missing' : 'NOT complete'}`;
  for (const sentence of [...status.sensor.losses, ...status.sensor.scans]) yield `    - ${sentence}`;
  yield `  Completeness: ${status.completeness.sufficient ? 'enough was heard under the stopping rule' : 'NOT enough was heard'}`;
  for (const sentence of status.completeness.sentences) yield `    - ${sentence}`;
  yield `  Made by: ${head.tool}: ${head.commandLine}`;
  for (const capture of status.captures) yield `    - ${capture.name} (${capture.state}, ${groupedPlural(capture.packets, 'packet')}${capture.digest === '' ? '' : `, sha256 ${capture.digest}`})`;
  yield '';
  yield 'ZONE ARCHITECTURE:';
  for (const zone of model.zones) yield* zoneLines(zone, model);
  yield '';
  yield 'CONDUIT CONFIGURATION:';
  if (model.conduits.length === 0) yield '(no conduit)';
  for (const conduit of model.conduits) yield* conduitLines(conduit);
  if (model.conduits.some(({ completeness }) => completeness !== null)) yield `(${COMPLETENESS_MEANS})`;
  yield '';
  yield* validationLines(model.validation.words);
  yield '';
  yield 'FINDINGS:';
  if (model.findings.length === 0) yield `  none: ${noFindingText(model)}`;
  for (const finding of model.findings) {
    yield `  [${finding.severity}] ${finding.type}: ${finding.title}`;
    if (finding.detail !== '') yield `    ${finding.detail}`;
    yield `    Do: ${finding.remedy}`;
  }
  yield '';
  yield 'PERMITS AND EVIDENCE:';
  if (model.permits.length === 0) yield '  none: nothing may pass between zones';
  for (const permit of model.permits) yield* permitLines(permit);
  yield '';
  yield 'REQUIREMENT CHECKS:';
  if (model.requirements.length === 0) yield '  no requirement is seen to be broken';
  for (const check of model.requirements) yield `  [${check.severity}] ${check.sentence} (${check.basis}: ${check.citation})`;
  for (const accepted of acceptedRisks(model)) yield `  ${accepted}`;
  yield '';
  yield 'SIMULATED ENFORCEMENT:';
  if (model.simulations.length === 0) yield '  nothing was simulated';
  for (const one of model.simulations) yield* simulationLines(one, one === model.simulations[0] ? [] : model.simulations[0].blocked);
  yield '';
  if (model.firewall !== null) yield* firewallLines(model.firewall, model);
  yield 'WHAT FIREWALLS CAN HOLD:';
  if (model.losses.length === 0) yield '  not counted: see baseline export';
  for (const one of model.losses) yield `  ${one.title}: ${one.enforced} written exactly, ${one.widened} written wider, ${one.notEnforceable} without a rule${one.passedBy === '' ? '' : `; ${one.passedBy}`}`;
  yield '';
  yield 'CUT-OVER PLAN:';
  const cutover = model.simulations[0]?.cutover ?? [];
  if (cutover.length === 0) yield '  no conduit to enforce';
  for (const [i, step] of cutover.entries()) yield `  ${i + 1}. ${step.conduit}: ${step.reason}`;
  yield '';
  yield 'OPEN DECISIONS:';
  if (model.decisions.length === 0) yield '  none';
  for (const decision of model.decisions) yield `  ${decision.about} (${decision.kind}): ${decision.sentence}`;
}

export const secondsOf = (iso: string | null): string => (iso === null ? 'nothing' : `${iso.slice(0, 19)}Z`);

/** Why there is no finding. Permits that nobody has decided on let through what was seen, so they agree with it. */
export function noFindingText({ head, permits }: Pick<ReportModel, 'head' | 'permits'>): string {
  if (head.basis === 'proposal') return 'the proposal covers everything observed, by construction';
  const pending = permits.filter(({ decision }) => decision === 'pending').length;
  return `what was observed and what is declared agree${pending === 0 ? '' : `; ${groupedPlural(pending, 'Permit waits', 'Permits wait')} for a decision`}`;
}

export function basisText({ head }: ReportModel): string {
  return head.basis === 'spec'
    ? `declared in ${head.specFile ?? 'a spec'}${head.specDigest === null ? '' : ` (sha256 ${head.specDigest})`}, compared with what was observed`
    : 'a proposal from observed traffic; nobody has declared or approved it';
}

export const slText = (target: number | null, basis: ReportZone['slBasis']): string =>
  target === null ? 'open' : `${target}${basis === 'assumption' ? ', an assumption' : ''}`;

/** `4 (1 hmi, 3 plc)` */
export function countWithRoles(zone: ReportZone, { assets }: ReportModel): string {
  const roles = new Map<string, number>();
  for (const asset of zone.assets) {
    const { declaredRole, seenRole } = assets[asset];
    const role = declaredRole ?? seenRole ?? 'role unknown';
    roles.set(role, (roles.get(role) ?? 0) + 1);
  }
  const made = [...roles].sort(([a], [b]) => (a < b ? -1 : 1)).map(([role, count]) => `${count} ${role}`).join(', ');
  return `${zone.assets.length}${made === '' ? '' : ` (${made})`}`;
}

function* zoneLines(zone: ReportZone, model: ReportModel): Generator<string> {
  yield `Zone ${zone.id}: ${zone.name} (SL-T: ${slText(zone.slTarget, zone.slBasis)})`;
  yield `  Assets: ${countWithRoles(zone, model)}`;
  yield `  Conduits: ${zone.conduits.join(', ') || 'none'}`;
  yield `  Controls: ${[...zone.controls, ...zone.requirements].join(', ') || 'none declared'}`;
  for (const note of zone.notes) yield `  Note: ${note}`;
}

/** `96 % complete; keep listening`: as `status` counts it. */
export const completeText = ({ share, sufficient }: NonNullable<ReportConduit['completeness']>): string => `${wholePercent(share)} complete${sufficient ? '' : '; keep listening'}`;

function* conduitLines(conduit: ReportConduit): Generator<string> {
  yield `Conduit ${conduit.id}: ${conduit.connects.join(' <-> ')}`;
  yield `  Protocols: ${conduit.protocols.join('; ') || 'none'}`;
  yield `  Firewall Rules: ${conduit.allow} allow / ${conduit.deny} deny`;
  yield `  DPI Enabled: ${conduit.inspection.enabled ? 'Yes' : 'No'} (${conduit.inspection.sentence})`;
  if (conduit.completeness !== null) yield `  Completeness: ${completeText(conduit.completeness)}`;
  if (conduit.mode !== '') yield `  Mode: ${conduit.mode}`;
}

/** Who decided, on what risk, until when. */
export const decisionParts = ({ decided, acceptedRisks, reviewBy }: ReportPermit): string[] => [decided, ...(acceptedRisks.length === 0 ? [] : [`accepts ${acceptedRisks.join(', ')}`]), ...(reviewBy === '' ? [] : [`review by ${reviewBy}`])];

function* permitLines(permit: ReportPermit): Generator<string> {
  yield `  ${permit.id} (${permit.conduit}): ${permit.fromZone} (${permit.from}) -> ${permit.toZone} (${permit.to}): ${permit.service}: ${permit.operations}${permit.conditions === '' ? '' : `; ${permit.conditions}`}`;
  yield `    ${decisionParts(permit).join('; ')}${permit.purpose === '' ? '' : `: ${permit.purpose}`}; evidence: ${permit.evidence}`;
}

/** What is broken with somebody's word for it: no finding any more, and still an exception. */
export const acceptedRisks = ({ permits }: Pick<ReportModel, 'permits'>): string[] =>
  permits.filter(({ acceptedRisks: risks }) => risks.length > 0).map((permit) => `Accepted: ${permit.acceptedRisks.join(', ')} in Permit ${permit.id} (${permit.fromZone} -> ${permit.toZone}, ${permit.service}), ${permit.decided}${permit.reviewBy === '' ? '' : `, review by ${permit.reviewBy}`}`);

const LISTED_ATTEMPTS = 200;

function* firewallLines({ losses, rows, rules, days }: FirewallReview, model: ReportModel): Generator<string> {
  yield 'WHAT FIREWALLS LOGGED:';
  yield `  ${recordSums(days)}`;
  for (const loss of losses) yield `    - ${loss}`;
  if (rows.length === 0) yield '  Firewalls and spec agree';
  for (const row of rows.slice(0, LISTED_ATTEMPTS)) yield `  [${STANDING_WORDS[row.standing]}] ${whoText(model, row)}, ${row.service}: ${firewallText(row)}, ${plural(row.count, 'time')}, ${spanText(row)}; captures: ${captureText(row)} (${row.finding})`;
  if (rows.length > LISTED_ATTEMPTS) yield `  and ${grouped(rows.length - LISTED_ATTEMPTS)} more`;
  for (const { device, rule, verdicts } of rules.slice(0, LISTED_ATTEMPTS)) yield `  Rule ${rule || '-'}${device === '' ? '' : ` of ${device}`}: ${grouped(verdicts.passed)} let through, ${grouped(verdicts['would-block'])} would be blocked, ${grouped(verdicts.blocked)} blocked`;
  if (rules.length > LISTED_ATTEMPTS) yield `  and ${groupedPlural(rules.length - LISTED_ATTEMPTS, 'more rule')}`;
  yield '';
}

const LISTED_BREAKS = 20;

/** What the first one blocks (the spec itself) every target blocks: said once. */
function* simulationLines(one: SimulationSummary, said: SimulationSummary['blocked']): Generator<string> {
  yield `  ${one.title}: ${one.passed} of ${one.judged} conversations pass${apartText(one)}, ${one.blockedConversations} blocked (${groupedPlural(one.blockedRequests, 'request')}), ${plural(one.midstream, 'open session')} broken once, residual risk ${one.residualRisk}`;
  const known = new Set(said.map(({ who, operation }) => `${who}\n${operation}`));
  const hits = one.blocked.filter(({ who, operation }) => !known.has(`${who}\n${operation}`));
  for (const hit of hits.slice(0, LISTED_BREAKS)) yield `    - ${hit.who}: ${hit.operation}, ${groupedPlural(hit.count, 'request')} on ${plural(hit.days, 'day')}: ${hit.why}`;
  const rest = Math.max(0, hits.length - LISTED_BREAKS) + one.blockedMore;
  if (rest > 0) yield `    - and ${rest} more`;
}
