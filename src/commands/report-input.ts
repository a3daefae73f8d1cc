/**
 * Everything that a report rests on, from the store and a spec. In: where the store is, a loaded spec or null for the
 * proposal. Out: ReportInput for render/report. In two steps, because the first does not depend on the spec: `serve` reads
 * again only what has changed. Reads the store twice: once for inference, once for hours, when it is known who is who.
 */
import { describeOperation } from '../decode/app/registry.ts';
import { exportPlan, type ExportResult } from '../export/export-plan.ts';
import type { Plan } from '../export/exporter.ts';
import { countVerdicts } from '../export/loss-report.ts';
import { passingBySummary } from '../export/passing-by.ts';
import { planOf } from '../export/plan.ts';
import { exporterOf, listTargets } from '../export/registry.ts';
import { semanticsOf, writtenBy } from '../export/simulated-target.ts';
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits } from '../infer/conduits/conduits.ts';
import type { Proposal } from '../infer/proposal.ts';
import { proposeZones } from '../infer/zones.ts';
import type { LoggedAttempt, ObservationSet } from '../observation.ts';
import { contextOf } from '../policy/diff/context.ts';
import { diffReport } from '../policy/diff/diff.ts';
import { simulate } from '../policy/simulate.ts';
import { parseSpec, type LoadedSpec } from '../policy/spec/load.ts';
import { writeSpec } from '../policy/spec/write.ts';
import { timezoneOf } from '../policy/spec/schedule.ts';
import { verifySpec } from '../policy/verify/verify.ts';
import { tallyActivity } from '../render/report/activity.ts';
import type { ReportInput } from '../render/report/assemble.ts';
import type { LossSummary } from '../render/report/model.ts';
import { indexPlant } from '../render/report/plant-index.ts';
import { requireEvidenceFits } from '../store/memory-limit.ts';
import { readFromStore, type OpenOptions } from '../store/database.ts';
import { readAttempts } from '../store/firewall-logs.ts';
import { readProbes, type StoredProbe } from '../store/probes.ts';
import { readSensorHours, visitConversationHours } from '../store/read-activity.ts';
import { readHourlyStatus, readRevision, type HourlyStatus } from '../store/read-status.ts';
import { readWindow, type WindowedObservations } from '../store/read-window.ts';
import { proposeDeclared, sensorText } from './analysis.ts';
import { digestOf } from './spec-file.ts';
import { noConversations } from './no-conversations.ts';

export interface ReportSource {
  readonly storePath: string;
  /** Null: the proposal is reported. */
  readonly declared: LoadedSpec | null;
  readonly tool: string;
  readonly commandLine: string;
  progress(line: string): void;
}

export interface StoreReading extends Pick<WindowedObservations, 'set' | 'traffic'> {
  readonly attempts: readonly LoggedAttempt[];
  readonly probes: readonly StoredProbe[];
  readonly status: HourlyStatus;
  readonly revision: number;
}

/** Findings, simulations and the page beside zones, as measured. */
const REPORT_FACTOR = 1.5;

export const readForReport = (path: string, options: OpenOptions = {}): StoreReading =>
  readFromStore(path, (db) => {
    const whole = readWindow(db, describeOperation, { from: null, until: null });
    return { ...whole, attempts: readAttempts(db, describeOperation), probes: readProbes(db), status: readHourlyStatus(db, whole.set), revision: readRevision(db) };
  }, options);

export function gatherReport({ storePath, declared, tool, commandLine, progress }: ReportSource, { set: observed, traffic, attempts, probes, status }: StoreReading): ReportInput {
  const asDeclared = declared === null ? null : contextOf(declared, observed);
  const { set } = asDeclared ?? { set: observed };
  if (set.conversations.length === 0 && declared === null) throw noConversations(set);
  progress('placing assets');
  const proposal = declared === null ? proposeZones(set) : proposeDeclared(declared, set);
  requireEvidenceFits(REPORT_FACTOR);
  const loaded = declared ?? loadedProposal(set, proposal);
  progress('comparing');
  const compared = asDeclared ?? contextOf(loaded, set);
  const diff = diffReport(compared, { logged: attempts });
  const plant = indexPlant(loaded, set, proposal);
  const activity = readFromStore(storePath, (db) => {
    const tally = tallyActivity(plant, readSensorHours(db), timezoneOf(loaded.spec));
    visitConversationHours(db, tally.visit);
    return tally.result();
  });
  progress('simulating enforcement');
  const targets = targetsOf(loaded);
  const plan = planOf(loaded, []);
  const isExported = loaded.permits.length <= MOST_EXPORTED;
  const exported = new Map(isExported ? targets.flatMap((target) => exportedTo(plan, target)).map((one) => [one.target, one]) : []);
  const simulations = ['ideal', ...targets].flatMap((target) => {
    const semantics = semanticsOf(target);
    return semantics === null ? [] : [simulate(compared, semantics, { completeness: proposal.completeness.conduits, written: isExported ? writtenBy(target, plan, {}, exported.get(target)) : null })];
  });
  const verification = verifySpec({ compared, traffic, before: null, attempts, probes, sensor: (first, last) => sensorText(status, first, last) });
  const losses = [...exported.values()].map(lossSummaryOf);
  return {
    basis: declared === null ? 'proposal' : 'spec',
    specFile: declared?.file ?? null,
    specDigest: declared === null ? null : digestOf(declared.text),
    loaded, set, status, storePath, proposal, diff, plant, activity, simulations, verification, losses,
    tool, commandLine,
  };
}

/** The proposal as the spec that `propose-zones --out` would write: one way from there on. */
function loadedProposal(set: ObservationSet, proposal: Proposal): LoadedSpec {
  const { loaded, problems } = parseSpec(writeSpec(proposeConduits(set, proposal, DEFAULT_CONDUIT_OPTIONS)), 'the proposal');
  if (loaded === null) throw new Error(`the proposal is no spec: ${problems[0]?.message ?? ''}`);
  return loaded;
}

/** `platform` of an enforcement point -> export target and simulated semantics. */
const TARGET_OF_PLATFORM: Readonly<Record<string, string>> = {
  'cisco-asa': 'cisco-asa', 'cisco-ftd': 'cisco-ftd', 'cisco-ios-switch': 'cisco-ios', fortios: 'fortios', panos: 'panos', tofino: 'tofino', hisecos: 'hirschmann-eagle',
  'linux-nft': 'nftables', suricata: 'suricata',
};
const WITHOUT_POINTS = ['cisco-ftd', 'fortios', 'panos', 'nftables'];
/** Whole configurations are built to count what they lose: not for thousands of Permits in a report. */
const MOST_EXPORTED = 2_000;

const targetsOf = ({ spec }: LoadedSpec): string[] => {
  const own = [...new Set((spec.enforcement_points ?? []).flatMap(({ platform }) => TARGET_OF_PLATFORM[platform] ?? []))].sort();
  return own.length > 0 ? own : WITHOUT_POINTS;
};

const MOST_LOSS_ROWS = 500;

type Exported = Pick<ExportResult, 'target' | 'mode' | 'losses' | 'passingBy'> & { readonly title: string };

/** What a target makes of the plan; its configuration is let go. */
function exportedTo(plan: Plan, target: string): Exported[] {
  const row = listTargets().find(({ name }) => name === target);
  if (row === undefined) return [];
  const { mode, losses, passingBy } = exportPlan(exporterOf(target), plan, { mode: row.modes.includes('enforce') ? 'enforce' : row.modes[0], allowWider: true });
  return [{ target, title: row.title, mode, losses, passingBy }];
}

function lossSummaryOf({ target, title, losses, passingBy }: Exported): LossSummary {
  const lossy = losses.filter(({ verdict }) => verdict !== 'enforced');
  const { exactly, wider, without } = countVerdicts(losses);
  return {
    target, title, enforced: exactly, widened: wider, notEnforceable: without, passedBy: passingBySummary(passingBy, losses),
    rows: lossy.slice(0, MOST_LOSS_ROWS).map(({ permit, verdict, widenedTo, reasons }) => ({ permit, verdict, widenedTo, reasons: reasons.join('. ') })),
    rowsMore: Math.max(0, lossy.length - MOST_LOSS_ROWS),
  };
}
