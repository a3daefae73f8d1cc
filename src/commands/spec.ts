/**
 * `baseline spec check spec.yaml`: every problem of a spec with its line and column, and what to do (exit 2); where it holds,
 * what is unwise, contradictory or unenforceable in it (exit 1 from medium severity on).
 * `baseline spec export-register spec.yaml --out FOLDER`: the spec as four CSV lists. `spec import-register FOLDER --into
 * spec.yaml`, `spec import-assets assets.csv --into spec.yaml`: lists into a spec, all of it or nothing.
 * `spec move-asset spec.yaml --asset A --zone Z`, `spec rename-zone spec.yaml --zone Z --id NEW --name TEXT`: what is named in many
 * places, changed in all of them; comments and order stay.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, unreadable, usageError } from '../errors.ts';
import { grouped, groupedPlural } from '../infer/plural.ts';
import { listsBy } from '../net/multi-map.ts';
import type { RegisterKind } from '../policy/register/columns.ts';
import { importRegister, type RegisterList } from '../policy/register/import.ts';
import { registerTables } from '../policy/register/tables.ts';
import { checkSpec, type Lint } from '../policy/diff/check.ts';
import { SEVERITIES } from '../policy/diff/findings.ts';
import { editSpec, isRefusal, specEditSchema, type SpecEdit } from '../policy/edit/edit.ts';
import type { Problem } from '../policy/spec/document.ts';
import { loadSpec, readSpec, readText } from '../policy/spec/load.ts';
import { csvTable } from '../render/csv.ts';
import { jsonDocument } from '../render/json.ts';
import type { SpecCheckRecord } from '../render/json-shapes.ts';
import { printable, printableSentence } from '../render/printable.ts';
import { foldedLine, sentenceLine } from '../render/sentences.ts';
import { AS_JSON_OPTION, defineCommand, type Arguments, type CommandContext, type CommandResult } from './command.ts';
import { makeFolder, writeFilesWhole, writeFileWhole } from './whole-file.ts';

const ACTIONS = ['check', 'move-asset', 'rename-zone', 'import-assets', 'import-register', 'export-register'] as const;

const POSITIONALS = {
  action: { choices: ACTIONS, demandOption: true, describe: 'what to do' },
  file: { type: 'string', demandOption: true, describe: 'the spec (YAML); for an import the CSV list, or the folder of lists' },
} as const;

const OPTIONS = {
  all: { type: 'boolean', describe: 'check: list everything that should be looked at, however much it is' },
  json: { ...AS_JSON_OPTION, describe: 'check: say it as JSON, all of it' },
  into: { type: 'string', requiresArg: true, describe: 'import: the spec to write into (made when it is not there)' },
  out: { type: 'string', requiresArg: true, describe: 'export: the folder to write the lists to' },
  asset: { type: 'string', requiresArg: true, describe: 'move-asset: the id of the asset' },
  zone: { type: 'string', requiresArg: true, describe: 'move-asset: the zone it belongs to; rename-zone: the zone as it is called now' },
  id: { type: 'string', requiresArg: true, describe: 'rename-zone: its new id (left out: it stays)' },
  name: { type: 'string', requiresArg: true, describe: 'rename-zone: its new name (left out: it stays)' },
} as const;

export const specCommand = defineCommand({
  syntax: 'spec <action> <file>',
  summary: 'Check a spec, move its assets, rename its zones, or exchange it with lists in CSV.',
  examples: [
    ['spec check spec.yaml', 'every problem, its line and the fix; exit 1 from medium severity on, 2 if it does not load'],
    ['spec check spec.yaml --json', 'the same for programs (docs/json.md)'],
    ['spec move-asset spec.yaml --asset PLC-7 --zone CELL-2', 'its rules go with it; comments kept'],
    ['spec rename-zone spec.yaml --zone CELL-2 --id FILTERS --name "Filters"', 'wherever it is named'],
    ['spec import-assets assets.csv --into spec.yaml', 'names, roles, zones and addresses of an asset list; comments kept'],
    ['spec export-register spec.yaml --out register', 'assets.csv, zones.csv, conduits.csv and permits.csv'],
    ['spec import-register register --into spec.yaml', 'the same lists back, with the decisions made in them'],
  ],
  positionals: POSITIONALS,
  options: OPTIONS,
  run: runSpecAction,
});

type SpecArguments = Arguments<typeof OPTIONS & typeof POSITIONALS>;

/** What each action goes by. An option of another one would be passed over in silence, and what was meant not done. */
const TAKES: Readonly<Record<(typeof ACTIONS)[number], readonly (keyof typeof OPTIONS)[]>> = {
  check: ['all', 'json'],
  'move-asset': ['asset', 'zone'],
  'rename-zone': ['zone', 'id', 'name'],
  'import-assets': ['into'],
  'import-register': ['into'],
  'export-register': ['out'],
};

/** What stands in a spec; the findings of a diff are `diff --update`'s. */
type FileEdit = Exclude<SpecEdit, { kind: 'decide-finding' }>;

function runSpecAction(argv: SpecArguments, context: CommandContext): CommandResult {
  const { action } = argv;
  const stray = (Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]).find((option) => argv[option] !== undefined && action !== undefined && !TAKES[action].includes(option));
  if (stray !== undefined) throw usageError(`--${stray} does not go with spec ${action}`, 'Leave it out, or see `baseline spec --help`.');
  switch (action) {
    case 'check': return checkSpecFile(argv, context);
    case 'move-asset': return moveAssetIn(argv, context);
    case 'rename-zone': return renameZoneIn(argv, context);
    case 'export-register': return exportRegister(argv, context);
    case 'import-assets': return importLists(argv, [readList('assets', argv.file)], context);
    case 'import-register': return importLists(argv, readFolder(argv.file), context);
    default: throw usageError('a spec can be checked, changed, exported or imported into', `Write one of: ${ACTIONS.map((action) => `baseline spec ${action}`).join(', ')}`);
  }
}

/** `spec.yaml:12:5: what is wrong`, and below it what to do. */
const problemLines = (file: string, { line, column, message, remedy }: Pick<Problem, 'line' | 'column' | 'message' | 'remedy'>, context: CommandContext): string =>
  `${foldedLine('', `${printable(file)}:${line}:${column}: ${printableSentence(message)}`, context)}${sentenceLine(`  ${remedy}`, context)}`;

/** Of what should be looked at, listed to a person unless --all is given. */
const LISTED_LINTS = 500;

function checkSpecFile({ file, all, json }: SpecArguments, context: CommandContext): CommandResult {
  const { loaded, problems } = readSpec(file);
  const lints = loaded === null ? [] : checkSpec(loaded);
  const counts = { zones: loaded?.spec.zones.length ?? 0, conduits: loaded?.spec.conduits?.length ?? 0, permits: loaded?.permits.length ?? 0 };
  const isGrave = lints.some(({ severity }) => severity !== 'low' && severity !== 'info');
  const exitCode = loaded === null ? EXIT.usage : isGrave ? EXIT.findings : EXIT.ok;
  if (json === true) return { exitCode, output: [jsonDocument(checkRecord(file, loaded !== null, counts, problems, lints))] };
  if (loaded === null) return { exitCode, output: problems.map((problem) => problemLines(file, problem, context)) };
  context.say(`${file}: ${groupedPlural(counts.zones, 'zone')}, ${groupedPlural(counts.conduits, 'conduit')}, ${groupedPlural(counts.permits, 'Permit')}; it loads, ${lints.length === 0 ? 'and nothing in it looks wrong' : `${groupedPlural(lints.length, 'thing')} in it should be looked at (${severityCounts(lints)})`}`);
  const listed = all === true || lints.length <= LISTED_LINTS ? lints : worstOf(lints, LISTED_LINTS);
  if (listed.length < lints.length) context.say(`the first ${listed.length} of them, the worst; --all lists all: ${ruleCounts(lints)}`);
  return { exitCode, output: listed.map((lint) => problemLines(file, { ...lint, message: `[${lint.severity}] ${lint.rule}: ${lint.message}` }, context)) };
}

const checkRecord = (file: string, loads: boolean, counts: Readonly<Record<'zones' | 'conduits' | 'permits', number>>, problems: readonly Problem[], lints: readonly Lint[]): SpecCheckRecord => ({
  file, loads, ...counts,
  problems: problems.map(({ line, column, message, remedy }) => ({ line, column, message, remedy })),
  lints: lints.map(({ severity, rule, line, column, message, remedy }) => ({ severity, rule, line, column, message, remedy })),
});

/** `1 high, 3 info`: what the exit code goes by. */
const severityCounts = (lints: readonly Lint[]): string =>
  SEVERITIES.map((severity) => [lints.filter((lint) => lint.severity === severity).length, severity] as const).filter(([count]) => count > 0).map(([count, severity]) => `${grouped(count)} ${severity}`).join(', ');

/** The worst, in the order of the file. */
function worstOf(lints: readonly Lint[], most: number): readonly Lint[] {
  const worst = new Set(SEVERITIES.flatMap((severity) => lints.filter((lint) => lint.severity === severity)).slice(0, most));
  return lints.filter((lint) => worst.has(lint));
}

/** `10 435 pending, 2 zones-share-link`. */
const ruleCounts = (lints: readonly Lint[]): string =>
  [...listsBy(lints, ({ rule }) => rule)].map(([rule, own]) => [own.length, rule] as const).sort(([a], [b]) => b - a).map(([count, rule]) => `${grouped(count)} ${rule}`).join(', ');

function moveAssetIn({ file, asset, zone }: SpecArguments, context: CommandContext): CommandResult {
  if (asset === undefined || zone === undefined) throw usageError('nothing says which asset goes where', `Write: baseline spec move-asset ${file} --asset ASSET --zone ZONE`);
  return editFile(file, { kind: 'move-asset', asset, zone }, context);
}

function renameZoneIn({ file, zone, id, name }: SpecArguments, context: CommandContext): CommandResult {
  if (zone === undefined || (id === undefined && name === undefined)) throw usageError('nothing says which zone is called what', `Write: baseline spec rename-zone ${file} --zone ZONE --id NEW --name "New name"`);
  const held = loadSpec(file).spec.zones.find((one) => one.zone_id === zone);
  return editFile(file, { kind: 'rename-zone', zone, id: id ?? zone, name: name ?? held?.name ?? zone }, context);
}

function editFile(file: string, wanted: FileEdit, context: CommandContext): CommandResult {
  const { success, data, error } = specEditSchema.safeParse(wanted);
  if (!success) throw usageError(`"${error.issues[0].path.join('.')}" ${error.issues[0].message}`, 'Write it as it stands in the spec: one line of text.');
  const { text } = loadSpec(file);
  const result = editSpec(text, data as FileEdit, () => null);
  if (isRefusal(result)) throw usageError(result.problem, result.remedy);
  if (result.text !== text) writeFileWhole(file, result.text);
  context.say(result.sentence);
  return { exitCode: EXIT.ok, output: [] };
}

function exportRegister(argv: SpecArguments, context: CommandContext): CommandResult {
  if (argv.out === undefined) throw usageError('nothing says where the lists go', `Write: baseline spec export-register ${argv.file} --out FOLDER`);
  const folder = argv.out;
  const tables = registerTables(loadSpec(argv.file));
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw usageError(`${folder} is not a folder`, 'Name a folder to write the lists to.');
  makeFolder(folder);
  writeFilesWhole(tables.map(({ kind, columns, rows }) => ({ path: join(folder, `${kind}.csv`), content: [...csvTable(columns, rows)].join('') })));
  context.say(`${folder}: ${tables.map(({ kind, rows }) => `${kind}.csv (${rows.length})`).join(', ')}`);
  return { exitCode: EXIT.ok, output: [] };
}

function readList(kind: RegisterKind, file: string): RegisterList {
  try {
    return { kind, file, text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)) };
  } catch (error) {
    if (error instanceof TypeError) throw usageError(`${file}:1:1: the list is not UTF-8 text`, 'Save it as "CSV UTF-8".');
    throw unreadable(file, error);
  }
}

const KINDS: readonly RegisterKind[] = ['assets', 'zones', 'conduits', 'permits'];

function readFolder(folder: string): RegisterList[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw usageError(`${folder} is not a folder`, `Name the folder that holds ${KINDS.map((kind) => `${kind}.csv`).join(', ')} (some of them are enough).`);
  const kinds = KINDS.filter((kind) => existsSync(join(folder, `${kind}.csv`)));
  if (kinds.length === 0) throw usageError(`${folder} holds no list`, `A list is called ${KINDS.map((kind) => `${kind}.csv`).join(', ')}.`);
  return kinds.map((kind) => readList(kind, join(folder, `${kind}.csv`)));
}

function importLists(argv: SpecArguments, lists: readonly RegisterList[], context: CommandContext): CommandResult {
  const spec = argv.into;
  if (spec === undefined) throw usageError('nothing says into which spec', `Write: baseline spec ${argv.action ?? 'import-assets'} ${argv.file} --into spec.yaml`);
  const existing = existsSync(spec) ? readText(spec) : null;
  const { text, problems, sentences } = importRegister(existing, spec, lists);
  if (text === null) {
    context.say(existing === null ? `${spec}: no such file, and these lists do not make a new spec. Name the spec that they are of with --into, or let propose-zones --out write it first.` : `${spec} was not changed`);
    return { exitCode: EXIT.usage, output: problems.map((problem) => problemLines(problem.file, problem, context)) };
  }
  writeFileWhole(spec, text);
  for (const sentence of sentences) context.say(sentence);
  return { exitCode: EXIT.ok, output: [] };
}
