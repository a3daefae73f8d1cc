/**
 * `baseline diff spec.yaml`: the declared against the observed, in both directions. In: options. Out: findings as table,
 * JSON, SARIF or Markdown; exit 1 when there are any.
 */
import { describeOperation } from '../decode/app/registry.ts';
import { EXIT, usageError } from '../errors.ts';
import { firstOf } from '../infer/plural.ts';
import { proposeZones } from '../infer/zones.ts';
import { comparePeriods } from '../policy/diff/compare-periods.ts';
import { compareSpecs } from '../policy/diff/compare-specs.ts';
import { contextOf } from '../policy/diff/context.ts';
import { withLogged } from '../policy/diff/logged.ts';
import { diffReport, type DiffReport } from '../policy/diff/diff.ts';
import type { Finding } from '../policy/diff/findings.ts';
import { loadSpec, type LoadedSpec } from '../policy/spec/load.ts';
import { findingsJson, findingsMarkdown, findingsTable } from '../render/findings.ts';
import { sarifLog } from '../render/sarif.ts';
import { readFromStore, storePath } from '../store/database.ts';
import { readAttempts } from '../store/firewall-logs.ts';
import { readEvidence } from './analysis.ts';
import { chosenFormat, DB_OPTION, defineCommand, JSON_OPTION, type Arguments, type CommandContext, type CommandResult } from './command.ts';
import { acceptIntoSpec } from './diff-update.ts';
import { instantOf, requireSeenSince } from './instant-option.ts';
import { tellStrangers } from './same-plant.ts';

const DIFF_FORMATS = ['table', 'json', 'sarif', 'md'] as const;

const POSITIONALS = {
  spec: { type: 'string', describe: 'the spec (YAML)' },
  other: { type: 'string', describe: 'a second spec, to compare the two' },
} as const;

const OPTIONS = {
  db: DB_OPTION,
  format: { choices: DIFF_FORMATS, requiresArg: true, describe: 'how to write the findings (default: table)' },
  json: JSON_OPTION,
  since: { type: 'string', requiresArg: true, describe: 'only what was seen from this time on (ISO 8601, UTC unless said)' },
  zone: { type: 'string', requiresArg: true, describe: 'only what touches this zone' },
  conduit: { type: 'string', requiresArg: true, describe: 'only this conduit' },
  update: { type: 'string', array: true, describe: 'take findings into the spec: by id (several: A,B), or asking for each' },
  owner: { type: 'string', requiresArg: true, describe: 'who accepts (goes into the spec)' },
  'decided-on': { type: 'string', requiresArg: true, describe: 'the day of the decision, YYYY-MM-DD (goes into the spec)' },
  purpose: { type: 'string', requiresArg: true, describe: 'why it is accepted (goes into the spec)' },
  'store-a': { type: 'string', requiresArg: true, describe: 'the earlier period' },
  'store-b': { type: 'string', requiresArg: true, describe: 'the later period' },
} as const;

export const diffCommand = defineCommand({
  syntax: 'diff [spec] [other]',
  summary: 'Compare a declared spec with what was observed, both ways; or two specs, or two periods.',
  examples: [
    ['diff spec.yaml', 'findings, worst first; exit 1 when there are any'],
    ['diff spec.yaml --format sarif', 'for code scanning tools'],
    ['diff spec.yaml --update', 'go through the findings and take those you accept into the spec, comments kept'],
    ['diff spec.yaml --update 6bb72bc5a576 --owner "J. Doe"', 'the same for findings by id, without questions'],
    ['diff old.yaml new.yaml', 'two specs'],
    ['diff --store-a week1.db --store-b week2.db', 'two periods'],
    ['diff spec.yaml --since 2026-03-01 --zone Z2-BPCS', 'only what is new, only one zone'],
  ],
  positionals: POSITIONALS,
  options: OPTIONS,
  run: diffStore,
});

type DiffArguments = Arguments<typeof OPTIONS & typeof POSITIONALS>;

const MOST_NAMED = 12;

function diffStore(argv: DiffArguments, context: CommandContext): CommandResult | Promise<CommandResult> {
  if (argv.update !== undefined && argv.other !== undefined) throw usageError(`--update takes one word, and "${argv.other}" is the second`, 'Write several ids as --update A,B.');
  if (argv['store-a'] !== undefined || argv['store-b'] !== undefined) return diffPeriods(argv, context);
  if (argv.spec === undefined) throw usageError('which spec?', 'Write: baseline diff spec.yaml, or baseline diff --store-a A.db --store-b B.db');
  if (argv.other !== undefined) return shown(findingsOnly(compareSpecs(loadSpec(argv.spec), loadSpec(argv.other))), [], argv.other, argv, context);
  const loaded = loadSpec(argv.spec);
  if (argv.zone !== undefined && !loaded.spec.zones.some((zone) => zone.zone_id === argv.zone)) {
    throw usageError(`${argv.spec} has no zone ${argv.zone}`, `It has ${loaded.spec.zones.map((zone) => zone.zone_id).join(', ')}.`);
  }
  const conduits = loaded.spec.conduits.map((conduit) => conduit.conduit_id);
  if (argv.conduit !== undefined && !conduits.includes(argv.conduit)) {
    throw usageError(`${argv.spec} has no conduit ${argv.conduit}`, conduits.length === 0 ? 'It has none at all.' : `It has ${firstOf(conduits, MOST_NAMED)}.`);
  }
  const sinceNs = argv.since === undefined ? undefined : instantOf('--since', argv.since);
  const store = storePath(argv.db, context.environment);
  const { set, logged, losses } = readFromStore(store, (db) => ({ ...readEvidence(db), logged: readAttempts(db, describeOperation) }), context);
  tellStrangers(loaded, set.addresses, store, context);
  if (sinceNs !== undefined) requireSeenSince(sinceNs, [set.sensor.lastNs, ...logged.map((attempt) => attempt.lastNs)], store);
  const judge = (spec: LoadedSpec): DiffReport => diffReport(contextOf(spec, set, sinceNs), {
    logged,
    ...(argv.zone === undefined ? {} : { zone: argv.zone }),
    ...(argv.conduit === undefined ? {} : { conduit: argv.conduit }),
  });
  if (argv.update !== undefined) {
    const ids = argv.update.flatMap((word) => word.split(',')).filter((id) => id !== '');
    return acceptIntoSpec(loaded, withLogged(set, logged), (spec) => judge(spec).findings, { ids, owner: argv.owner, decidedOn: argv['decided-on'], purpose: argv.purpose }, context);
  }
  return shown(judge(loaded), losses, argv.spec, argv, context);
}

const findingsOnly = (findings: readonly Finding[]): DiffReport => ({
  findings,
  uses: new Map(),
  setAside: [],
  pending: [],
  counts: { judged: 0, withinZone: 0, groupAddressed: 0, setAside: 0, permitted: 0, outOfScope: 0 },
  logged: null,
});

function shown(report: DiffReport, losses: readonly string[], spec: string, argv: DiffArguments, context: CommandContext): CommandResult {
  const exitCode = report.findings.length > 0 ? EXIT.findings : EXIT.ok;
  switch (chosenFormat(argv)) {
    case 'json':
      return { exitCode, output: findingsJson(report, losses) };
    case 'sarif':
      return { exitCode, output: [sarifLog(report.findings, losses, spec, context.version)] };
    case 'md':
      return { exitCode, output: findingsMarkdown(report, losses) };
    case 'table':
      return { exitCode, output: findingsTable(report, losses, spec, context) };
  }
}

function diffPeriods(argv: DiffArguments, context: CommandContext): CommandResult {
  const [a, b] = [argv['store-a'], argv['store-b']];
  if (a === undefined || b === undefined) throw usageError('two periods need two stores', 'Write: baseline diff --store-a A.db --store-b B.db');
  if (argv.update !== undefined) throw usageError('--update writes into a spec, and two periods have none', 'Leave --update out, or write: baseline diff spec.yaml --update');
  if (argv.spec !== undefined) throw usageError('a spec is not compared with two periods at once', 'Leave the spec out, or compare it with one store by --db.');
  const [earlier, later] = [a, b].map((path) => readFromStore(path, readEvidence, context));
  const findings = comparePeriods(earlier.set, later.set, proposeZones(earlier.set, { stabilityRuns: 0 }));
  const losses = [...earlier.losses.map((loss) => `${a}: ${loss}`), ...later.losses.map((loss) => `${b}: ${loss}`)];
  return shown(findingsOnly(findings), losses, b, argv, context);
}
