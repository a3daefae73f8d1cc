/**
 * `baseline report [spec.yaml] --out FILE`: everything a zone and conduit document needs, as one file. Without a spec the
 * report is about the proposal. In: options. Out: HTML, Markdown, text or JSON by the file's extension; text on standard
 * output without --out. Read twice from the store: once for inference, once for hours, when it is known who is who.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { describeOperation } from '../decode/app/registry.ts';
import { EXIT, usageError } from '../errors.ts';
import { exportPlan } from '../export/export-plan.ts';
import { planOf } from '../export/plan.ts';
import { exporterOf, listTargets } from '../export/registry.ts';
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits } from '../infer/conduits.ts';
import type { Pins, Proposal } from '../infer/proposal.ts';
import { proposeZones } from '../infer/zones.ts';
import type { ObservationSet } from '../observation.ts';
import { diffReport } from '../policy/diff.ts';
import { semanticsOf } from '../policy/firewall-semantics.ts';
import { simulate } from '../policy/simulate.ts';
import { loadSpec, parseSpec, type LoadedSpec } from '../policy/spec-load.ts';
import { pinsOf } from '../policy/spec-pins.ts';
import { writeSpec } from '../policy/spec-write.ts';
import { tallyActivity } from '../render/report/activity.ts';
import { assembleReport, type ReportInput } from '../render/report/assemble.ts';
import { reportHtml } from '../render/report/html.ts';
import { reportJson } from '../render/report/json.ts';
import { reportMarkdown } from '../render/report/markdown.ts';
import type { LossSummary } from '../render/report/model.ts';
import { indexPlant } from '../render/report/plant-index.ts';
import { reportText } from '../render/report/text.ts';
import { readFromStore, storePath } from '../store/database.ts';
import { readSensorHours, visitConversationHours } from '../store/read-activity.ts';
import { readStatus } from '../store/read-status.ts';
import { readObservations } from '../store/read.ts';
import { DB_OPTION, defineCommand, type CommandContext, type CommandResult } from './command.ts';
import { writeFileWhole } from './whole-file.ts';

export const reportCommand = defineCommand({
  syntax: 'report [spec]',
  summary: 'Write the zone and conduit report: HTML, Markdown, text or JSON in one file.',
  examples: [
    ['report spec.yaml --out report.html', 'the declared zones against what was observed, to look at offline'],
    ['report --out report.html --open', 'the same for the proposed zones, opened in the browser'],
    ['report spec.yaml', 'the text form on standard output'],
  ],
  positionals: { spec: { type: 'string', describe: 'the spec (YAML); without one the proposal is reported' } },
  options: {
    db: DB_OPTION,
    out: { type: 'string', requiresArg: true, describe: 'the file to write: .html, .md, .txt or .json' },
    open: { type: 'boolean', describe: 'open the written file' },
  },
  run: reportStore,
});

interface ReportArguments {
  readonly spec?: string | undefined;
  readonly db?: string | undefined;
  readonly out?: string | undefined;
  readonly open?: boolean | undefined;
}

const WRITERS = {
  '.html': reportHtml,
  '.htm': reportHtml,
  '.md': ({ model }) => reportMarkdown(model),
  '.txt': ({ model }) => reportText(model),
  '.json': ({ model }) => reportJson(model),
} satisfies Record<string, (report: Parameters<typeof reportHtml>[0]) => Iterable<string>>;

export function reportStore(argv: ReportArguments, context: CommandContext): CommandResult {
  const extension = argv.out === undefined ? '.txt' : extname(argv.out).toLowerCase();
  const write = extension in WRITERS ? WRITERS[extension as keyof typeof WRITERS] : undefined;
  if (write === undefined) throw usageError(`${argv.out} does not say which format to write`, 'Name a file that ends in .html, .md, .txt or .json.');
  if (argv.open === true && argv.out === undefined) throw usageError('--open needs a file to open', 'Add --out report.html.');
  const input = readReport(argv, context);
  const report = assembleReport(input);
  const chunks = write({ ...report, input });
  if (argv.out === undefined) return { exitCode: EXIT.ok, output: chunks };
  writeFileWhole(argv.out, [...chunks].join(''));
  const { model } = report;
  context.say(`${argv.out}: ${model.zones.length} zones, ${model.conduits.length} conduits, ${model.findings.length} findings, ${model.decisions.length} open decisions.`);
  if (argv.open === true) openFile(argv.out, context);
  return { exitCode: EXIT.ok, output: [] };
}

function readReport(argv: ReportArguments, context: CommandContext): ReportInput {
  const declared = argv.spec === undefined ? null : loadSpec(argv.spec);
  const path = storePath(argv.db, context.environment);
  context.progress('reading observations');
  const { set, status } = readFromStore(path, (db) => ({ set: readObservations(db, describeOperation), status: readStatus(db) }));
  if (set.conversations.length === 0 && declared === null) throw usageError('the store holds no conversations yet', 'Import a capture first: baseline import PATH...');
  context.progress('placing assets');
  const proposal = proposeZones(set, declared === null ? {} : { pins: zonePinsOf(declared, set), stabilityRuns: 0 });
  const loaded = declared ?? proposedSpec(set, proposal);
  context.progress('comparing');
  const diff = diffReport(loaded, set);
  const plant = indexPlant(loaded, set, proposal);
  const activity = readFromStore(path, (db) => {
    const tally = tallyActivity(plant, readSensorHours(db), loaded.spec.timezone ?? 'UTC');
    visitConversationHours(db, tally.visit);
    return tally.result();
  });
  context.progress('simulating enforcement');
  const targets = targetsOf(loaded);
  const simulations = ['ideal', ...targets].flatMap((target) => {
    const semantics = semanticsOf(target);
    return semantics === null ? [] : [simulate(loaded, set, semantics)];
  });
  const losses = loaded.permits.length > MOST_EXPORTED ? [] : targets.flatMap((target) => lossesOf(loaded, target));
  return {
    basis: declared === null ? 'proposal' : 'spec',
    specFile: argv.spec ?? null,
    specDigest: declared === null ? null : createHash('sha256').update(declared.text).digest('hex'),
    loaded, set, status, storePath: path, proposal, diff, plant, activity, simulations, losses,
    tool: context.version,
    commandLine: context.commandLine,
  };
}

/** Zones as declared; roles and levels are left to the traffic, so that the report can hold the two against each other. */
const zonePinsOf = (declared: LoadedSpec, set: ObservationSet): Pins => ({ ...pinsOf(declared, set.addresses), role: new Map(), level: new Map() });

/** The proposal as the spec that `propose-zones --out` would write: one way from there on. */
function proposedSpec(set: ObservationSet, proposal: Proposal): LoadedSpec {
  const { loaded, problems } = parseSpec(writeSpec(proposeConduits(set, proposal, DEFAULT_CONDUIT_OPTIONS), null, {}), 'the proposal');
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

function lossesOf(loaded: LoadedSpec, target: string): LossSummary[] {
  const row = listTargets().find(({ name }) => name === target);
  if (row === undefined) return [];
  const { losses } = exportPlan(exporterOf(target), planOf(loaded, []), { mode: row.modes.includes('enforce') ? 'enforce' : row.modes[0], allowWider: true });
  const lossy = losses.filter(({ verdict }) => verdict !== 'enforced');
  const count = (verdict: string): number => losses.filter((one) => one.verdict === verdict).length;
  return [{
    target, title: row.title, enforced: count('enforced'), widened: count('widened'), notEnforceable: count('not-enforceable'),
    rows: lossy.slice(0, MOST_LOSS_ROWS).map(({ permit, verdict, widenedTo, reasons }) => ({ permit, verdict, widenedTo, reasons: reasons.join('. ') })),
    rowsMore: Math.max(0, lossy.length - MOST_LOSS_ROWS),
  }];
}

const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = { darwin: ['open'], win32: ['explorer.exe'] };

/** The desktop's own opener; without one the file still stands, and we say so. */
function openFile(path: string, context: CommandContext): void {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, path], { detached: true, stdio: 'ignore' });
  child.on('error', () => context.say(`${path} is written, but ${program} cannot be started: open it by hand.`));
  child.unref();
}
