/**
 * The report as plain data: every figure that any form of it shows (text, Markdown, JSON, HTML). Made by assemble.ts.
 * Zones, assets and conversations are referred to by their index in the lists here. No instant is a bigint, no list
 * depends on the order of a map. Left out on purpose: layout, wording of headings, colours.
 */
import type { Access } from '../../observation.ts';
import type { LoggedCounts, LoggedDisagreement } from '../../policy/diff/logged.ts';
import type { Finding, Severity } from '../../policy/diff/findings.ts';
import type { LoggedDay, LoggedRule } from '../../policy/diff/logged-tally.ts';
import type { Verification } from '../../policy/verify/verify.ts';
import type { StatusRecord } from '../json-shapes.ts';
import type { ValidationWords } from '../verification.ts';

export interface ReportModel {
  readonly head: ReportHead;
  readonly status: StatusRecord;
  readonly zones: readonly ReportZone[];
  readonly assets: readonly ReportAsset[];
  readonly conduits: readonly ReportConduit[];
  readonly permits: readonly ReportPermit[];
  readonly crossings: readonly Crossing[];
  readonly findings: readonly ReportFinding[];
  readonly requirements: readonly RequirementCheck[];
  readonly timeline: Timeline;
  readonly simulations: readonly SimulationSummary[];
  readonly losses: readonly LossSummary[];
  /** Null where no firewall's log was imported; the logs themselves stand in `status.firewallLogs`. */
  readonly firewall: FirewallReview | null;
  readonly validation: Validation;
  readonly decisions: readonly OpenDecision[];
  /** How conversations were judged: permitted, within a zone, set aside, ... */
  readonly counts: Readonly<Record<string, number>>;
}

export interface ReportHead {
  readonly facility: string;
  readonly standard: string;
  /** `assessment_date` of the spec, else the day of the last observation; never the clock. */
  readonly date: string;
  readonly dateBasis: 'assessment date of the spec' | 'last observation' | 'nothing observed';
  /** Whether the zones are declared by people or proposed from traffic. */
  readonly basis: 'spec' | 'proposal';
  readonly specFile: string | null;
  readonly specDigest: string | null;
  readonly timezone: string;
  readonly tool: string;
  readonly commandLine: string;
}

export interface ReportZone {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** As written: `0-2`; empty when there is none. */
  readonly level: string;
  /** Where it stands on the map: the middle of its levels; null stands apart. */
  readonly levelMiddle: number | null;
  readonly slTarget: number | null;
  /** `declared`, or `assumption`: a start value for the risk assessment, never derived from traffic. */
  readonly slBasis: 'declared' | 'assumption' | 'open';
  readonly criticality: string;
  readonly airGapped: boolean;
  readonly safetyRelated: boolean;
  readonly networks: readonly string[];
  readonly requirements: readonly string[];
  readonly notes: readonly string[];
  /** Indexes of `assets`. */
  readonly assets: readonly number[];
  /** Ids of conduits. */
  readonly conduits: readonly string[];
  /** Firewalls, diodes and stated controls of its conduits. */
  readonly controls: readonly string[];
  /** False for what stands in no zone of the spec. */
  readonly isDeclared: boolean;
  readonly findings: number;
}

export interface ReportAsset {
  readonly id: string;
  readonly label: string;
  readonly zone: number;
  readonly isDeclared: boolean;
  readonly isSeen: boolean;
  readonly declaredRole: string | null;
  /** What the traffic says; null when it was never seen. */
  readonly seenRole: string | null;
  readonly subRole: string | null;
  readonly level: number | null;
  readonly confidence: number | null;
  readonly vendor: string;
  readonly addresses: readonly string[];
  readonly macs: readonly string[];
  readonly names: readonly string[];
  readonly evidence: readonly { readonly points: number; readonly sentence: string }[];
  readonly placement: string;
  /** What would move it, in words; empty when nothing comes near. */
  readonly runnerUp: string;
  readonly notes: readonly string[];
  readonly packets: number;
  readonly bytes: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly findings: number;
}

/** How a conversation stands towards the Permits; what is in none of the lists is undeclared. */
export type Standing = 'permitted' | 'undeclared' | 'within-zone' | 'set-aside' | 'not-judged';

/** All traffic from clients of one zone to servers of another. */
export interface Crossing {
  readonly from: number;
  readonly to: number;
  readonly conduit: string | null;
  readonly conversations: number;
  readonly packets: number;
  readonly bytes: number;
  readonly accesses: readonly Access[];
  readonly protocols: readonly string[];
  /** Live Permits declared in this direction. */
  readonly permits: number;
  /** Of these, how many were never used. */
  readonly unused: number;
  /** Conversations with anything that no Permit lets through, and that the spec does not set aside. */
  readonly undeclared: number;
  /** Conversations that the spec sets aside: seen, named, and let through by nothing. */
  readonly setAside: number;
  /** Worst first; indexes of `findings`. */
  readonly findings: readonly number[];
}

export interface ReportConduit {
  readonly id: string;
  readonly name: string;
  readonly connects: readonly string[];
  readonly slTarget: number | null;
  readonly mode: string;
  readonly defaultAction: string;
  readonly enforcedBy: readonly string[];
  readonly controls: readonly string[];
  /** One line per protocol and direction: `Modbus/TCP Z3 -> Z2 (FC 3,4)`. */
  readonly protocols: readonly string[];
  readonly allow: number;
  readonly deny: number;
  readonly inspection: { readonly needed: number; readonly enabled: boolean; readonly sentence: string };
  /** Indexes of `permits`. */
  readonly permits: readonly number[];
  readonly findings: number;
  readonly completeness: { readonly share: number; readonly sufficient: boolean } | null;
}

export interface ReportPermit {
  readonly id: string;
  readonly conduit: string;
  readonly fromZone: string;
  readonly toZone: string;
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly protocol: string;
  readonly operations: string;
  readonly accesses: readonly Access[];
  readonly conditions: string;
  readonly purpose: string;
  readonly basis: string;
  readonly decision: string;
  readonly owner: string;
  /** Who decided, as far as the spec says: a rule without a word is approved, and nobody stands for it. */
  readonly decided: string;
  /** Day by which it is to be looked at again; empty when none is set. */
  readonly reviewBy: string;
  readonly question: string;
  readonly evidence: string;
  readonly generalisedBy: readonly string[];
  readonly neverSeen: number;
  readonly acceptedRisks: readonly string[];
  /** Ids of conversations it let through. */
  readonly conversations: readonly number[];
  readonly requests: number;
  readonly isLive: boolean;
}

export interface ReportFinding extends Omit<Finding, 'directionConfidence' | 'place'> {
  /** Indexes of `assets`. */
  readonly clientAsset: number | null;
  readonly serverAsset: number | null;
  readonly first: string | null;
  readonly last: string | null;
  /** `file:line:column` */
  readonly place: string | null;
}

export interface RequirementCheck {
  readonly rule: string;
  readonly severity: Severity;
  readonly citation: string;
  /** `requirement`, or `practice`: never mixed up. */
  readonly basis: 'requirement' | 'practice';
  readonly sentence: string;
  readonly source: 'spec' | 'traffic';
}

export interface Timeline {
  /** Hours since 1970, by the clock of `head.timezone`; no columns when nothing has a time. */
  readonly firstHour: number;
  /** Hours per column: 1, or 24 when the observation is long. */
  readonly step: number;
  readonly columns: number;
  /** Packets per zone (index of `zones`) and column. */
  readonly zones: readonly { readonly zone: number; readonly packets: readonly number[] }[];
  readonly sensor: readonly SensorColumn[];
  readonly days: readonly TimelineDay[];
  readonly regimes: readonly { readonly regime: string; readonly covered: boolean; readonly sentence: string }[];
}

export interface SensorColumn {
  readonly packets: number;
  readonly lostSegments: number;
  readonly duplicates: number;
}

export interface TimelineDay {
  /** ISO date. */
  readonly date: string;
  readonly newConversations: number;
  readonly newOperations: number;
  readonly seenOperations: number;
  /** Estimated share of a following day's operations that were never seen, with its 95 % interval over 28 days; null before two days. */
  readonly newShare: readonly [low: number, estimate: number, high: number] | null;
  readonly isHeard: boolean;
  /** What kind of day it was: a weekend or a month's last by the calendar, maintenance when a device was programmed on it. */
  readonly regimes: readonly ('weekend' | 'month-end' | 'maintenance')[];
}

export interface SimulationSummary {
  readonly target: string;
  readonly title: string;
  readonly note: string;
  readonly judged: number;
  readonly passed: number;
  /** Conversations that pass as a whole only while somebody has switched a Permit on. */
  readonly onDemand: number;
  /** Blocked on purpose: the spec set them aside. */
  readonly setAside: number;
  readonly blockedConversations: number;
  readonly blockedRequests: number;
  readonly midstream: number;
  readonly residualRisk: number;
  readonly blocked: readonly { readonly who: string; readonly operation: string; readonly count: number; readonly days: number; readonly conduit: string | null; readonly why: string }[];
  readonly blockedMore: number;
  readonly letThrough: readonly { readonly permit: string; readonly sentence: string }[];
  readonly letThroughMore: number;
  readonly cutover: readonly { readonly conduit: string; readonly blocked: number; readonly midstream: number; readonly consequence: number; readonly evidenceDays: number; readonly reason: string }[];
}

/** What one firewall could hold of the Permits. */
export interface LossSummary {
  readonly target: string;
  readonly title: string;
  readonly enforced: number;
  readonly widened: number;
  readonly notEnforceable: number;
  /** How many of those with a rule a firewall that routes does not see as the plant is, and why, in one sentence; empty when it sees them. */
  readonly passedBy: string;
  readonly rows: readonly { readonly permit: string; readonly verdict: string; readonly widenedTo: string; readonly reasons: string }[];
  readonly rowsMore: number;
}

/** What firewalls logged, held against the Permits, as `baseline diff` gives it. */
export interface FirewallReview {
  /** What the logs do not say, or not for certain. */
  readonly losses: readonly string[];
  /** The gravest first: disagreements, what is to be decided, packets in mid-session; in each what captures show first. */
  readonly rows: readonly (LoggedDisagreement & {
    /** Index of `findings`; null where it is not among them. */
    readonly findingIndex: number | null;
  })[];
  readonly rules: readonly LoggedRule[];
  readonly days: readonly LoggedDay[];
  readonly counts: LoggedCounts | null;
}

/** As `baseline verify` gives it, from the traffic of this report. */
export interface Validation {
  readonly words: ValidationWords;
  readonly sums: Verification['sums'];
  readonly paths: Verification['paths'];
  readonly filters: Verification['filters'];
  readonly checks: Verification['checks'];
}

export interface OpenDecision {
  readonly about: string;
  readonly kind: string;
  readonly sentence: string;
}
