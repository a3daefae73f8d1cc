/**
 * `baseline diff spec.yaml`: the declared against the observed, in both directions. In: options. Out: findings as table,
 * JSON, SARIF or Markdown; exit 1 when there are any.
 */
import { describeOperation } from '../decode/app/registry.ts';
import { EXIT, usageError } from '../errors.ts';
import { diffReport } from '../policy/diff.ts';
import { loadSpec } from '../policy/spec-load.ts';
import { findingsJson, findingsMarkdown, findingsTable } from '../render/findings.ts';
import { sarifLog } from '../render/sarif.ts';
import { readFromStore, storePath } from '../store/database.ts';
import { readObservations } from '../store/read.ts';
import { DB_OPTION, defineCommand, JSON_OPTION, type CommandContext, type CommandResult } from './command.ts';

const DIFF_FORMATS = ['table', 'json', 'sarif', 'md'] as const;

export const diffCommand = defineCommand({
  syntax: 'diff <spec>',
  summary: 'Compare a declared spec with what was observed, both ways.',
  examples: [
    ['diff spec.yaml', 'findings, worst first; exit 1 when there are any'],
    ['diff spec.yaml --format sarif', 'for code scanning tools'],
    ['diff spec.yaml --since 2026-03-01 --zone Z2-BPCS', 'only what is new, only one zone'],
  ],
  positionals: { spec: { type: 'string', demandOption: true, describe: 'the spec (YAML)' } },
  options: {
    db: DB_OPTION,
    format: { choices: DIFF_FORMATS, requiresArg: true, describe: 'how to write the findings (default: table)' },
    json: JSON_OPTION,
    since: { type: 'string', requiresArg: true, describe: 'only what was seen from this time on (ISO 8601)' },
    zone: { type: 'string', requiresArg: true, describe: 'only what touches this zone' },
    conduit: { type: 'string', requiresArg: true, describe: 'only this conduit' },
  },
  run: diffStore,
});

interface DiffArguments {
  readonly spec: string;
  readonly db?: string | undefined;
  readonly format?: (typeof DIFF_FORMATS)[number] | undefined;
  readonly json?: boolean | undefined;
  readonly since?: string | undefined;
  readonly zone?: string | undefined;
  readonly conduit?: string | undefined;
}

export function diffStore(argv: DiffArguments, context: CommandContext): CommandResult {
  const loaded = loadSpec(argv.spec);
  if (argv.zone !== undefined && !loaded.spec.zones.some((zone) => zone.zone_id === argv.zone)) {
    throw usageError(`${argv.spec} has no zone ${argv.zone}`, `It has ${loaded.spec.zones.map((zone) => zone.zone_id).join(', ')}.`);
  }
  const set = readFromStore(storePath(argv.db, context.environment), (db) => readObservations(db, describeOperation));
  const report = diffReport(loaded, set, {
    ...(argv.since === undefined ? {} : { sinceNs: instantOf(argv.since) }),
    ...(argv.zone === undefined ? {} : { zone: argv.zone }),
    ...(argv.conduit === undefined ? {} : { conduit: argv.conduit }),
  });
  const exitCode = report.findings.length > 0 ? EXIT.findings : EXIT.ok;
  switch (argv.format ?? (argv.json === true ? 'json' : 'table')) {
    case 'json':
      return { exitCode, output: findingsJson(report) };
    case 'sarif':
      return { exitCode, output: [sarifLog(report.findings, argv.spec, context.version)] };
    case 'md':
      return { exitCode, output: findingsMarkdown(report) };
    case 'table':
      return { exitCode, output: findingsTable(report, argv.spec, { width: context.width, colour: context.colour }) };
  }
}

function instantOf(text: string): bigint {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw usageError(`--since ${text} is no time`, 'Write it as 2026-03-01 or 2026-03-01T06:00:00Z.');
  return BigInt(ms) * 1_000_000n;
}
