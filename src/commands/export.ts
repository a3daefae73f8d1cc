/**
 * `baseline export spec.yaml --target T --out DIR`: Permits in a vendor's words, with the loss report of what the target
 * cannot say. In: options. Out: files in a folder, with `--json` the loss report on standard output; exit 1 when the
 * configuration was held back because it would be wider.
 */
import { readdirSync, readFileSync, renameSync, type Dirent } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { errorCode, EXIT, unreadable, usageError } from '../errors.ts';
import { exportPlan, type ExportResult } from '../export/export-plan.ts';
import type { ExportOptions } from '../export/exporter.ts';
import { LOSS_JSON, verdictSummary } from '../export/loss-report.ts';
import { planOf } from '../export/plan.ts';
import { passingBySummary } from '../export/passing-by.ts';
import { exporterOf, listTargets } from '../export/registry.ts';
import { firstOf, plural } from '../infer/plural.ts';
import { loadSpec } from '../policy/spec/load.ts';
import { jsonDocument } from '../render/json.ts';
import { printable } from '../render/printable.ts';
import { textTable, type Cell, type Column } from '../render/table.ts';
import { AS_JSON_OPTION, defineCommand, type Arguments, type CommandContext, type CommandResult } from './command.ts';
import { isPart, lookAt, makeFolder, writeFilesWhole } from './whole-file.ts';

/** `simulate` asks for them too: without them it would judge another configuration. */
export const APPLICATION_IDS_OPTION = { type: 'string', requiresArg: true, describe: 'JSON file: FortiGuard application ids by function, {"modbus:3": 48887}' } as const;

const POSITIONALS = { spec: { type: 'string', describe: 'the spec (YAML)' } } as const;

const OPTIONS = {
  target: { type: 'string', requiresArg: true, describe: 'see --list-targets' },
  out: { type: 'string', requiresArg: true, describe: 'the folder to write into (made if need be)' },
  mode: { choices: ['monitor', 'enforce'], requiresArg: true, describe: 'default: as the conduits of the spec say' },
  'allow-wider': { type: 'boolean', describe: 'write rules although they let more through than the Permits say' },
  'all-conduits': { type: 'boolean', describe: 'also conduits that the spec gives to devices of other platforms' },
  'application-ids': APPLICATION_IDS_OPTION,
  'list-targets': { type: 'boolean', describe: 'the capability matrix' },
  json: { ...AS_JSON_OPTION, describe: 'say it as JSON: the loss report, or the list of targets' },
} as const;

export const exportCommand = defineCommand({
  syntax: 'export [spec]',
  summary: 'Write a spec as configuration for a firewall or switch, with a loss report.',
  examples: [
    ['export --list-targets', 'targets and what each can enforce'],
    ['export spec.yaml --target nftables --out nft/', 'rules, README, rollback and loss report'],
    ['export spec.yaml --target cisco-asa --out asa/ --mode monitor', 'log, do not block'],
  ],
  positionals: POSITIONALS,
  options: OPTIONS,
  run: exportSpec,
});

type ExportArguments = Arguments<typeof OPTIONS & typeof POSITIONALS>;

function exportSpec(argv: ExportArguments, context: CommandContext): CommandResult {
  if (argv['list-targets'] === true) return { exitCode: EXIT.ok, output: targetTable(argv.json === true, context) };
  if (argv.spec === undefined) throw usageError('which spec?', 'Write: baseline export spec.yaml --target T --out DIR');
  if (argv.target === undefined) throw usageError('which target?', '`baseline export --list-targets` shows them.');
  if (argv.out === undefined) throw usageError('into which folder?', 'Name it with --out DIR.');
  const exporter = exporterOf(argv.target);
  const options: ExportOptions = {
    ...(argv.mode === undefined ? {} : { mode: argv.mode }),
    ...(argv['allow-wider'] === true ? { allowWider: true } : {}),
    ...(argv['all-conduits'] === true ? { allConduits: true } : {}),
    ...(argv['application-ids'] === undefined ? {} : { applicationIds: readApplicationIds(argv['application-ids']) }),
  };
  const result = exportPlan(exporter, planOf(loadSpec(argv.spec), [context.version, context.commandLine]), options);
  writeFiles(argv.out, result, context);
  context.say(summary(argv.out, exporter.filters, result));
  const passesBy = passingBySummary(result.passingBy, result.losses);
  if (passesBy !== '') context.say(`  ${passesBy}; what to do: ${join(argv.out, 'loss-report.md')}`);
  const { refused } = result;
  if (refused.length > 0) context.say(`  Wider than the spec: ${firstOf(refused, MOST_NAMED)}; why, and by how much: ${join(argv.out, 'loss-report.md')}`);
  const output = argv.json === true ? result.files.flatMap(({ path, content }) => (path === LOSS_JSON ? [String(content)] : [])) : [];
  return { exitCode: refused.length > 0 ? EXIT.findings : EXIT.ok, output };
}

const MOST_NAMED = 12;
const LONGEST_PATH = 120;

export function readApplicationIds(path: string): Record<string, number> {
  try {
    const ids: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (ids !== null && typeof ids === 'object' && Object.values(ids).every((id) => Number.isSafeInteger(id))) return ids as Record<string, number>;
  } catch (error) {
    if (errorCode(error) !== '') throw unreadable(path, error);
  }
  throw usageError(`${path} is no JSON object of functions and application ids`, 'Write {"modbus:3": 48887, ...}: modbus:<function code> and the id as your device lists it.');
}

/** Files only below the folder, all of them or none, and what an earlier export left there is not to be mistaken for this one's. */
function writeFiles(folder: string, { files, heldBack }: ExportResult, context: CommandContext): void {
  const link = lookAt(folder);
  if (link !== undefined && !link.isDirectory()) throw usageError(`${folder} is not a folder`, 'Name a folder with --out.');
  const entries = link === undefined ? [] : readdirSync(folder, { withFileTypes: true });
  if (!entries.some(({ name }) => name === 'loss-report.md') && entries.some((entry) => isSomebodys(entry))) {
    throw usageError(`${folder} is not empty and was not written by an export`, 'Name an empty or a new folder with --out.');
  }
  const root = resolve(folder);
  const below = (name: string): string => {
    const path = resolve(root, name);
    if (!path.startsWith(root + sep)) throw new Error(`an exporter named a file outside its folder: ${name}`);
    return path;
  };
  const placed = files.map(({ path, content }) => ({ path: below(path), content }));
  const undoing = placed.flatMap(({ path, content }) => (UNDOING.has(basename(path)) && lookAt(path)?.isFile() === true ? [{ path, content, before: readFileSync(path, 'utf8') }] : [])).filter(({ content, before }) => before !== content);
  for (const path of new Set(placed.map((file) => dirname(file.path)))) makeFolder(path);
  writeFilesWhole([...placed, ...undoing.map(({ path, before }) => ({ path: `${path}${EARLIER}`, content: before }))]);
  if (undoing.length > 0) context.say(`${folder}: what takes an earlier export away again is kept: ${undoing.map(({ path }) => `${path.slice(root.length + 1)}${EARLIER}`).join(', ')}`);
  const setAside = heldBack.filter((name) => lookAt(below(name))?.isFile() === true);
  for (const name of setAside) renameSync(below(name), `${below(name)}${EARLIER}`);
  if (setAside.length > 0) context.say(`${folder}: what an earlier export had written was set aside: ${setAside.map((name) => `${name}${EARLIER}`).join(', ')}`);
  const own = new Set(files.map(({ path }) => path.split('/')[0]));
  const others = entries.filter(({ name }) => !own.has(name) && !setAside.includes(name) && !name.startsWith('.') && !name.endsWith(EARLIER) && !isPart(name)).map(({ name }) => name);
  if (others.length > 0) context.say(`${folder} holds what is not of this export, and was left as it is: ${firstOf(others.map((name) => printable(name, LONGEST_PATH)), MOST_NAMED)}. Do not apply ${others.length === 1 ? 'it' : 'them'}`);
}

const EARLIER = '.earlier';
/** What takes an export off its device again: it may be on one. */
const UNDOING: ReadonlySet<string> = new Set(['rollback.txt', 'remove.txt']);

/** An export that was killed leaves parts of files, and folders with nothing else in them. */
const isSomebodys = (entry: Dirent): boolean =>
  entry.isDirectory() ? readdirSync(join(entry.parentPath, entry.name), { withFileTypes: true }).some((inner) => isSomebodys(inner)) : !isPart(entry.name);

function summary(folder: string, filters: boolean, { target, mode, files, losses, refused }: ExportResult): string {
  if (!filters) return `${folder}: ${plural(files.length, 'file')} for ${target}`;
  if (refused.length > 0) return `${folder}: no configuration was written, because it would let more through than ${plural(refused.length, 'Permit says', 'Permits say')} (--allow-wider writes it: ${verdictSummary(losses)})`;
  return `${folder}: ${plural(files.length, 'file')} for ${target}, ${mode} mode; ${verdictSummary(losses)}`;
}

function targetTable(json: boolean, context: CommandContext): Iterable<string> {
  const targets = listTargets();
  if (json) return [jsonDocument({ targets })];
  const names = Object.keys(targets[0].capabilities) as (keyof (typeof targets)[number]['capabilities'])[];
  const columns: Column[] = [{ title: 'target' }, { title: 'title', shrinkTo: 18, lines: 5 }, { title: 'modes', shrinkTo: 7, lines: 2 }, { title: 'can', shrinkTo: 26, lines: 12 }];
  const rows = targets.map((target): Cell[] => [
    target.name,
    target.title,
    target.modes.join(' '),
    names.filter((name) => target.capabilities[name]).map((name) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)).join(' '),
  ]);
  return textTable(columns, rows, context);
}
