/**
 * `baseline verify spec.yaml`: does the architecture hold after the cut-over. Passive: from Observations after a time or of
 * a store of their own; nothing is sent. In: options. Out: VALIDATION RESULTS as table, JSON or Markdown; exit 1 when
 * something fails, 3 under --strict when something could not be judged.
 */
import { HOUR_MS, hourNs, hourOf } from '../net/time.ts';
import { describeOperation } from '../decode/app/registry.ts';
import { EXIT, usageError, type ExitCode } from '../errors.ts';
import { plural } from '../infer/plural.ts';
import type { LoggedAttempt } from '../observation.ts';
import { contextOf } from '../policy/diff/context.ts';
import { loadSpec } from '../policy/spec/load.ts';
import { planTests } from '../policy/verify/plan.ts';
import { verifySpec, type Verification } from '../policy/verify/verify.ts';
import { jsonDocument } from '../render/json.ts';
import { testPlanScript } from '../render/test-plan.ts';
import { verificationJson, verificationMarkdown, verificationTable, type VerificationView } from '../render/verification.ts';
import { readFromStore, storePath, type Connection } from '../store/database.ts';
import { readAttempts } from '../store/firewall-logs.ts';
import { readProbes } from '../store/probes.ts';
import { readStatus } from '../store/read-status.ts';
import { readWindow, type HourSpan, type WindowedObservations } from '../store/read-window.ts';
import { sensorText } from './analysis.ts';
import { chosenFormat, DB_OPTION, defineCommand, JSON_OPTION, type Arguments, type CommandContext, type CommandResult } from './command.ts';
import { instantOf, requireSeenSince } from './instant-option.ts';
import { noConversations } from './no-conversations.ts';
import { tellStrangers } from './same-plant.ts';

const VERIFY_FORMATS = ['table', 'json', 'md'] as const;

const POSITIONALS = { spec: { type: 'string', demandOption: true, describe: 'the spec (YAML) that is enforced' } } as const;

const OPTIONS = {
  db: DB_OPTION,
  since: { type: 'string', requiresArg: true, describe: 'the cut-over (ISO 8601, UTC unless said): judged from the next whole hour on, compared with what was before' },
  before: { type: 'string', requiresArg: true, describe: 'a store of before the cut-over, to compare with' },
  all: { type: 'boolean', describe: 'list what passed as well' },
  strict: { type: 'boolean', describe: 'exit 3 when something could not be judged' },
  format: { choices: VERIFY_FORMATS, requiresArg: true, describe: 'how to write the results (default: table)' },
  json: JSON_OPTION,
  plan: { type: 'boolean', describe: 'write the active test plan as commands to be reviewed (--json: as data)' },
  active: { type: 'boolean', describe: 'run the test plan from this machine' },
  from: { type: 'string', requiresArg: true, describe: '--active: the zone that this machine stands in' },
  address: { type: 'string', requiresArg: true, describe: '--active: which of its addresses to test from' },
  only: { type: 'string', array: true, requiresArg: true, describe: '--active: only this HOST:PORT of the plan' },
  operator: { type: 'string', requiresArg: true, describe: '--active: who tests (goes into the store)' },
  'i-have-a-maintenance-window': { type: 'boolean', describe: '--active: it opens connections to devices, and you may' },
} as const;

export const verifyCommand = defineCommand({
  syntax: 'verify <spec>',
  summary: 'Tell whether the architecture holds after the cut-over; nothing is sent but with --active.',
  examples: [
    ['verify spec.yaml --db after.db', 'from a store of after the cut-over'],
    ['verify spec.yaml --db after.db --before before.db', 'finds what has stopped, too'],
    ['verify spec.yaml --since 2026-03-15T06:00Z', 'from one store, by a time'],
    ['verify spec.yaml --plan > tests.sh', 'the active test plan, to be reviewed'],
    ['verify spec.yaml --active --from Z-OPS --operator "J. Doe" --i-have-a-maintenance-window', 'run it: this sends'],
    ['verify spec.yaml --strict --json', 'for programs; exit 3: not judged'],
  ],
  positionals: POSITIONALS,
  options: OPTIONS,
  run: verifyStore,
});

type VerifyArguments = Arguments<typeof OPTIONS & typeof POSITIONALS>;

async function verifyStore(argv: VerifyArguments, context: CommandContext): Promise<CommandResult> {
  if (argv.active === true && argv.plan === true) throw usageError('--plan runs nothing, --active does', 'Give one of the two.');
  const ofActive = (['from', 'address', 'only', 'operator'] as const).find((name) => argv[name] !== undefined);
  if (argv.active !== true && ofActive !== undefined) throw usageError(`--${ofActive} goes with --active`, 'Leave it out: the plan and what is judged passively are of the whole spec.');
  if (argv.plan === true) return planOnly(argv, context);
  // Loaded only when it is asked for: nothing else of the program can reach the code that sends.
  if (argv.active === true) return (await import('./verify-active.ts')).verifyActively(argv, context);
  return verifyPassively(argv, context);
}

function planOnly(argv: VerifyArguments, context: CommandContext): CommandResult {
  const plan = planTests(loadSpec(argv.spec));
  return { exitCode: EXIT.ok, output: chosenFormat(argv) === 'json' ? [jsonDocument({ ...plan })] : testPlanScript(plan, argv.spec, context.version) };
}

function verifyPassively(argv: VerifyArguments, context: CommandContext): CommandResult {
  if (argv.since !== undefined && argv.before !== undefined) throw usageError('--since and --before both say what was before', 'Give --since for one store, or --before for a store of its own.');
  const loaded = loadSpec(argv.spec);
  const path = storePath(argv.db, context.environment);
  const cutover = argv.since === undefined ? null : hourFrom(instantOf('--since', argv.since));
  const { after, earlier, logged, probed, status } = readFromStore(path, (db) => ({
    after: windowOf(db, { from: cutover, until: null }),
    earlier: cutover === null ? null : windowOf(db, { from: null, until: cutover }),
    logged: readAttempts(db, describeOperation),
    probed: readProbes(db),
    status: readStatus(db),
  }), context);
  const cutoverNs = cutover === null ? null : hourNs(cutover);
  if (cutoverNs !== null) requireSeenSince(cutoverNs, [after, earlier].map((one) => one?.set.sensor.lastNs ?? null).concat(logged.map(({ lastNs }) => lastNs), probed.map(({ row }) => row.atNs)), path);
  if (after.set.sensor.hours.length === 0 && logged.length === 0 && probed.length === 0) throw noConversations(after.set);
  const attempts = logged.flatMap((attempt) => attemptSince(attempt, cutover));
  const probes = probed.filter(({ row }) => cutoverNs === null || row.atNs >= cutoverNs);
  tellStrangers(loaded, after.set.addresses, path, context);
  const before = argv.before === undefined ? earlier : readFromStore(argv.before, (db) => windowOf(db, { from: null, until: null }), context);
  const verification = verifySpec({ compared: contextOf(loaded, after.set), traffic: after.traffic, before: before === null || before.set.sensor.hours.length === 0 ? null : before, attempts, probes, sensor: (first, last) => sensorText(status, first, last) });
  const view: VerificationView = { verification, basis: basisText(path, cutover, argv.before, after), notes: notesOf(after) };
  return { exitCode: exitCodeOf(verification, argv.strict === true), output: draw(view, argv, path, context) };
}

/** What was logged from that hour on; nothing where it has no time. */
function attemptSince(attempt: LoggedAttempt, cutover: number | null): LoggedAttempt[] {
  if (cutover === null) return [attempt];
  const hours = attempt.hours.filter(({ hour }) => hour >= cutover);
  const start = hourNs(cutover);
  if (hours.length === 0) return [];
  return [{ ...attempt, hours, count: hours.reduce((sum, { count }) => sum + count, 0), firstNs: attempt.firstNs !== null && attempt.firstNs < start ? start : attempt.firstNs }];
}

const windowOf = (db: Connection, span: HourSpan): WindowedObservations => readWindow(db, describeOperation, span);

function draw(view: VerificationView, argv: VerifyArguments, path: string, context: CommandContext): Iterable<string> {
  switch (chosenFormat(argv)) {
    case 'json':
      return verificationJson(view, { spec: argv.spec, store: path, since: argv.since ?? null, before: argv.before ?? null });
    case 'md':
      return verificationMarkdown(view);
    case 'table':
      return verificationTable(view, argv.all === true, context);
  }
}

const exitCodeOf = ({ checks }: Verification, isStrict: boolean): ExitCode => {
  if (checks.some(({ verdict }) => verdict === 'fail')) return EXIT.findings;
  return isStrict && checks.some(({ verdict }) => verdict === 'not-observable') ? EXIT.incomplete : EXIT.ok;
};

/** The first whole hour that is not before it. */
const hourFrom = (ns: bigint): number => hourOf(ns + hourNs(1) - 1n);

const hourText = (hour: number): string => `${new Date(hour * HOUR_MS).toISOString().slice(0, 16)}Z`;

function basisText(path: string, cutover: number | null, before: string | undefined, { set }: WindowedObservations): string {
  const compared = before !== undefined ? `, compared with ${before}` : cutover === null ? '' : ', compared with what was before';
  return `passive, ${set.sensor.hours.length} captured hours of ${path}${cutover === null ? '' : ` from ${hourText(cutover)} on`}${compared}`;
}

const notesOf = ({ undated }: WindowedObservations): string[] => {
  const notes: string[] = [];
  if (undated.operations > 0) notes.push(`the register ranges of ${plural(undated.operations, 'operation')} that began before are kept without a time and were not judged; a store of its own for after the cut-over has them`);
  if (undated.conversations > 0) notes.push(`security modes and other facts of ${plural(undated.conversations, 'conversation')} that began before are kept without a time and were not judged`);
  return notes;
};
