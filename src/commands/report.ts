/**
 * `baseline report [spec.yaml] --out FILE`: everything a zone and conduit document needs, as one file. Without a spec the
 * report is about the proposal. In: options. Out: HTML, Markdown, text or JSON by the file's extension; text on standard
 * output without --out.
 */
import { extname } from 'node:path';
import { EXIT, usageError } from '../errors.ts';
import { plural } from '../infer/plural.ts';
import { loadSpec } from '../policy/spec/load.ts';
import { jsonDocument } from '../render/json.ts';
import { assembleReport } from '../render/report/assemble.ts';
import { reportHtml } from '../render/report/html.ts';
import { reportMarkdown } from '../render/report/markdown.ts';
import { reportText } from '../render/report/text.ts';
import { zoneCount } from '../render/report/zone-records.ts';
import { storePath } from '../store/database.ts';
import { DB_OPTION, defineCommand, type Arguments, type CommandContext, type CommandResult } from './command.ts';
import { openOnDesktop } from './open-on-desktop.ts';
import { gatherReport, readForReport } from './report-input.ts';
import { tellStrangers } from './same-plant.ts';
import { requireSeparateFiles, storeFiles } from './separate-files.ts';
import { writeFileWhole } from './whole-file.ts';

const POSITIONALS = { spec: { type: 'string', describe: 'the spec (YAML); without one the proposal is reported' } } as const;

const OPTIONS = {
  db: DB_OPTION,
  out: { type: 'string', requiresArg: true, describe: 'the file to write: .html, .md, .txt or .json' },
  open: { type: 'boolean', describe: 'open the written file' },
} as const;

export const reportCommand = defineCommand({
  syntax: 'report [spec]',
  summary: 'Write the zone and conduit report: HTML, Markdown, text or JSON in one file.',
  examples: [
    ['report spec.yaml --out report.html', 'the declared zones against what was observed, to look at offline'],
    ['report --out report.html --open', 'the same for the proposed zones, opened in the browser'],
    ['report spec.yaml', 'the text form on standard output'],
  ],
  positionals: POSITIONALS,
  options: OPTIONS,
  run: reportStore,
});

type ReportArguments = Arguments<typeof OPTIONS & typeof POSITIONALS>;

const WRITERS = {
  '.html': reportHtml,
  '.htm': reportHtml,
  '.md': ({ model }) => reportMarkdown(model),
  '.txt': ({ model }) => reportText(model),
  '.json': ({ model }) => [jsonDocument(model)],
} satisfies Record<string, (report: Parameters<typeof reportHtml>[0]) => Iterable<string>>;

export function reportStore(argv: ReportArguments, context: CommandContext): CommandResult {
  const extension = argv.out === undefined ? '.txt' : extname(argv.out).toLowerCase();
  const write = extension in WRITERS ? WRITERS[extension as keyof typeof WRITERS] : undefined;
  if (write === undefined) throw usageError(`${argv.out} does not say which format to write`, 'Name a file that ends in .html, .md, .txt or .json.');
  if (argv.open === true && argv.out === undefined) throw usageError('--open needs a file to open', 'Add --out report.html.');
  const path = storePath(argv.db, context.environment);
  requireSeparateFiles([['--out', argv.out]], [...storeFiles(path), ['the spec', argv.spec]]);
  const declared = argv.spec === undefined ? null : loadSpec(argv.spec);
  context.progress('reading observations');
  const reading = readForReport(path, context);
  if (declared !== null) tellStrangers(declared, reading.set.addresses, path, context);
  const input = gatherReport({ storePath: path, declared, tool: context.version, commandLine: context.commandLine, progress: context.progress }, reading);
  const report = assembleReport(input);
  const chunks = write({ ...report, input });
  if (argv.out === undefined) return { exitCode: EXIT.ok, output: chunks };
  writeFileWhole(argv.out, [...chunks].join(''));
  const { model } = report;
  context.say(`${argv.out}: ${plural(zoneCount(model.zones), 'zone')}, ${plural(model.conduits.length, 'conduit')}, ${plural(model.findings.length, 'finding')}, ${plural(model.decisions.length, 'open decision')}.`);
  if (argv.open === true) openOnDesktop(argv.out, (opener) => `${argv.out} is written, but ${opener} cannot be started: open it by hand.`, context);
  return { exitCode: EXIT.ok, output: [] };
}
