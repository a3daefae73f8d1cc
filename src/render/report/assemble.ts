/**
 * Makes the report's model from what analysis and policy found. In: a spec (declared or proposed), Observations, the
 * inference, findings, activity, simulations, losses. Out: ReportModel: plain data in a stable order.
 * Left out on purpose: any wording of a page, and any reading (commands/report.ts reads and judges).
 */
import { onClock } from '../../infer/on-clock.ts';
import type { Proposal } from '../../infer/proposal.ts';
import type { ObservationSet } from '../../observation.ts';
import type { DiffReport } from '../../policy/diff/diff.ts';
import { countDays } from '../../policy/simulate-cutover.ts';
import { onDemandOnly, type Simulation } from '../../policy/simulate.ts';
import { SEVERITIES } from '../../policy/diff/findings.ts';
import { createSetAside } from '../../policy/spec/set-aside.ts';
import { LOGGED_STANDINGS } from '../../policy/diff/logged-tally.ts';
import type { LoadedSpec } from '../../policy/spec/load.ts';
import { timezoneOf } from '../../policy/spec/schedule.ts';
import type { Verification } from '../../policy/verify/verify.ts';
import type { HourlyStatus } from '../../store/read-status.ts';
import { isoInstant } from '../instant.ts';
import type { StatusRecord } from '../json-shapes.ts';
import { logLosses } from '../log-status.ts';
import { statusRecord } from '../status-record.ts';
import { validationWords } from '../verification.ts';
import type { PlantActivity } from './activity.ts';
import { describeAssets } from './asset-records.ts';
import { completenessByDay } from './completeness-curve.ts';
import { describeConduits, describePermits } from './conduit-records.ts';
import { collectCrossings } from './crossings.ts';
import { openDecisions } from './decisions.ts';
import type { LossSummary, ReportFinding, ReportModel, RequirementCheck, SimulationSummary, Standing, Timeline } from './model.ts';
import { idAt, type PlantIndex } from './plant-index.ts';
import { describeZones } from './zone-records.ts';

export interface ReportInput {
  readonly basis: 'spec' | 'proposal';
  readonly specFile: string | null;
  readonly specDigest: string | null;
  readonly loaded: LoadedSpec;
  readonly set: ObservationSet;
  readonly status: HourlyStatus;
  readonly storePath: string;
  readonly proposal: Proposal;
  readonly diff: DiffReport;
  readonly plant: PlantIndex;
  readonly activity: PlantActivity;
  readonly simulations: readonly Simulation[];
  readonly verification: Verification;
  readonly losses: readonly LossSummary[];
  readonly tool: string;
  readonly commandLine: string;
}

export interface Report {
  readonly model: ReportModel;
  /** By position in `set.conversations`. */
  readonly standings: readonly Standing[];
}

export function assembleReport(input: ReportInput): Report {
  const { loaded, set, proposal, plant, diff } = input;
  const { uses } = diff;
  const timezone = timezoneOf(loaded.spec);
  const findings = describeFindings(input);
  const standings = standingsOf(input, new Set([...uses.values()].flatMap((use) => use.conversations.map(({ id }) => id))), findings);
  const permits = describePermits(loaded, input.basis, uses, set);
  const crossings = collectCrossings(plant, loaded, set, findings, new Set(uses.keys()), standings);
  const assets = describeAssets(plant, set, findings);
  const conduits = describeConduits(loaded, permits, findings, proposal.completeness);
  const zones = describeZones(plant, loaded, input.basis, proposal, conduits, assets, findings);
  const dropped = new Set(proposal.dropped.map(({ conversation }) => conversation));
  const lastDay = isoInstant(input.status.lastNs)?.slice(0, 10) ?? null;
  const status = statusRecord(input.storePath, input.status, proposal.assets.length, proposal.completeness);
  const model: ReportModel = {
    head: {
      facility: loaded.spec.facility ?? '',
      standard: loaded.spec.standard ?? 'IEC 62443-3-2/3-3',
      date: loaded.spec.assessment_date ?? lastDay ?? '',
      dateBasis: loaded.spec.assessment_date !== undefined ? 'assessment date of the spec' : lastDay === null ? 'nothing observed' : 'last observation',
      basis: input.basis,
      specFile: input.specFile,
      specDigest: input.specDigest,
      timezone,
      tool: input.tool,
      commandLine: input.commandLine,
    },
    status,
    zones,
    assets,
    conduits,
    permits,
    crossings,
    findings,
    requirements: requirementChecks(findings, input),
    timeline: timelineOf(input, completenessByDay(onClock(set, timezone), ({ id }) => !dropped.has(id))),
    simulations: input.simulations.map(summariseSimulation),
    losses: input.losses,
    firewall: firewallReview(diff, status, findings),
    validation: validationOf(input.verification),
    decisions: openDecisions(input, permits, zones),
    counts: { ...diff.counts },
  };
  return { model, standings };
}

function firewallReview({ logged }: DiffReport, { firewallLogs }: StatusRecord, findings: readonly ReportFinding[]): ReportModel['firewall'] {
  if (firewallLogs.logs.length === 0) return null;
  const indexOf = new Map(findings.map(({ id }, i) => [id, i]));
  return {
    losses: logLosses(firewallLogs),
    rows: [...(logged?.disagreements ?? []), ...(logged?.decisions ?? [])].sort((a, b) => LOGGED_STANDINGS.indexOf(a.standing) - LOGGED_STANDINGS.indexOf(b.standing)).map((row) => ({ ...row, findingIndex: indexOf.get(row.finding) ?? null })),
    rules: logged?.rules ?? [], days: logged?.days ?? [], counts: logged?.counts ?? null,
  };
}

const validationOf = (verification: Verification): ReportModel['validation'] => {
  const { sums, paths, filters, checks, hours } = verification;
  return { words: validationWords(verification, `passive, from the ${hours} captured hours of this report; baseline verify judges after the cut-over`), sums, paths, filters, checks };
};

function describeFindings({ diff, plant, specFile }: ReportInput): ReportFinding[] {
  const assetOf = (address: string | null): number | null => (address === null ? null : (plant.assetOfAddress.get(address) ?? null));
  return diff.findings.map((finding): ReportFinding => {
    const firsts = finding.seen.map(({ first }) => first).sort();
    const lasts = finding.seen.map(({ last }) => last).sort();
    return {
      id: finding.id, type: finding.type, severity: finding.severity, title: finding.title, detail: finding.detail, remedy: finding.remedy,
      fromZone: finding.fromZone, toZone: finding.toZone, conduit: finding.conduit, permit: finding.permit, requirement: finding.requirement,
      service: finding.service, client: finding.client, server: finding.server,
      clientAsset: assetOf(finding.client), serverAsset: assetOf(finding.server),
      first: firsts[0] ?? null, last: lasts.at(-1) ?? null, seen: finding.seen, seenMore: finding.seenMore,
      place: finding.place === null || specFile === null ? null : `${specFile}:${finding.place.line}:${finding.place.column}`,
    };
  });
}

function standingsOf({ loaded, set, plant }: ReportInput, used: ReadonlySet<number>, findings: readonly ReportFinding[]): Standing[] {
  const faulty = new Set(findings.flatMap((finding) => finding.seen.map(({ conversation }) => conversation)));
  const setAside = createSetAside(loaded.spec);
  return set.conversations.map((conversation, i) => {
    if (faulty.has(conversation.id)) return 'undeclared';
    if (plant.clientZone[i] < 0 || plant.serverZone[i] < 0) return 'not-judged';
    if (plant.clientZone[i] === plant.serverZone[i]) return 'within-zone';
    if (used.has(conversation.id)) return 'permitted';
    return setAside(conversation)?.covered === true ? 'set-aside' : 'undeclared';
  });
}

/** ` [10.20.2.10 is SCADA-1]`: inference speaks of addresses, the spec of assets. */
const idsText = (plant: PlantIndex, addresses: readonly string[]): string => {
  const named = [...new Set(addresses)].flatMap((address) => {
    const id = idAt(plant, address);
    return id === address ? [] : [`${address} is ${id}`];
  });
  return named.length === 0 ? '' : ` [${named.join(', ')}]`;
};

/** `ZCR-3.3-WRITE` and `IEC 62443-3-2 ZCR 3.3` are of one clause. */
const clauseOf = (text: string): string => /(?:ZCR|SR).\d\.\d/.exec(text)?.[0].replace('-', ' ') ?? text;

function requirementChecks(findings: readonly ReportFinding[], { proposal, plant }: ReportInput): RequirementCheck[] {
  // What breaks the spec's own rules breaks the same requirement when the traffic is looked at alone: said once.
  const told = new Set(findings.flatMap(({ requirement, seen }) => (requirement === null ? [] : seen.map(({ conversation }) => `${clauseOf(requirement)} ${conversation}`))));
  const isSaid = ({ citation, conversations }: Proposal['requirements'][number]): boolean => conversations.length > 0 && conversations.every((id) => told.has(`${clauseOf(citation)} ${id}`));
  return [
    ...findings.filter((finding) => finding.requirement !== null).map((finding): RequirementCheck => ({
      rule: finding.requirement ?? '', severity: finding.severity, citation: finding.detail.split('. ')[0] ?? '', basis: 'requirement', sentence: finding.title, source: 'spec',
    })),
    ...proposal.requirements.filter((finding) => !isSaid(finding)).map((finding): RequirementCheck => ({
      rule: finding.rule, severity: finding.severity, citation: finding.citation.replace(/^practice: /, ''), basis: finding.requirement ? 'requirement' : 'practice', sentence: `${finding.sentence}${idsText(plant, finding.assets)}`, source: 'traffic',
    })),
  ].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

function timelineOf({ activity, plant, proposal }: ReportInput, days: Timeline['days']): Timeline {
  const { columns, firstHour, step } = activity;
  const sensor = Array.from({ length: columns }, () => ({ packets: 0, lostSegments: 0, duplicates: 0 }));
  for (const hour of activity.sensor) {
    const column = sensor[Math.floor((hour.hour - firstHour) / step)];
    if (column === undefined) continue;
    column.packets += hour.packets;
    column.lostSegments += hour.lostSegments;
    column.duplicates += hour.duplicates;
  }
  return {
    firstHour, step, columns, sensor, days,
    zones: Array.from({ length: plant.zoneCount }, (_, zone) => ({ zone, packets: [...activity.zonePackets.subarray(zone * columns, (zone + 1) * columns)] })),
    regimes: proposal.completeness.regimes.map(({ regime, covered, sentence }) => ({ regime, covered, sentence })),
  };
}

const MOST_BLOCKED = 200;

function summariseSimulation(simulation: Simulation): SimulationSummary {
  const { blocked, letThrough } = simulation;
  const order = [...blocked].sort((a, b) => b.count - a.count || a.conversation - b.conversation || (a.operation < b.operation ? -1 : 1));
  return {
    target: simulation.target, title: simulation.title, note: simulation.note,
    judged: simulation.counts.judged, passed: simulation.counts.passed, onDemand: onDemandOnly(simulation), setAside: simulation.setAside.conversations,
    blockedConversations: simulation.counts.blockedConversations, blockedRequests: simulation.counts.blockedRequests,
    midstream: simulation.midstream.length, residualRisk: simulation.residualRisk,
    blocked: order.slice(0, MOST_BLOCKED).map((one) => ({
      who: `${one.clientAsset ?? one.client} -> ${one.serverAsset ?? one.server}`, operation: `${one.service}: ${one.operation}`, count: one.count, days: countDays([one]), conduit: one.conduit, why: one.why,
    })),
    blockedMore: Math.max(0, blocked.length - MOST_BLOCKED),
    letThrough: letThrough.slice(0, MOST_BLOCKED).map(({ permit, sentence }) => ({ permit, sentence })),
    letThroughMore: Math.max(0, letThrough.length - MOST_BLOCKED),
    cutover: simulation.cutover.map(({ conduit, blocked: hits, midstream, consequence, evidenceDays, reason }) => ({ conduit, blocked: hits, midstream, consequence, evidenceDays, reason })),
  };
}
