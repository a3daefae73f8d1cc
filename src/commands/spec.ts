/**
 * `baseline spec check spec.yaml`: every problem of a spec with its line and column, and what to do (exit 2); where it holds,
 * what is unwise, contradictory or unenforceable in it (exit 1 from medium severity on).
 * `baseline spec export-register spec.yaml --out FOLDER`: the spec as four CSV lists. `spec import-register FOLDER --into
 * spec.yaml`, `spec import-assets assets.csv --into spec.yaml`: lists into a spec, all of it or nothing.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, usageError } from '../errors.ts';
import { plural } from '../infer/plural.ts';
import type { RegisterKind } from '../policy/register-columns.ts';
import { importRegister, type RegisterList } from '../policy/register-import.ts';
import { registerTables } from '../policy/register-tables.ts';
import { checkSpec } from '../policy/spec-check.ts';
import { loadSpec, readSpec } from '../policy/spec-load.ts';
import { csvTable } from '../render/csv.ts';
import { printable } from '../render/printable.ts';
import { defineCommand, type CommandContext, type CommandResult } from './command.ts';
import { makeFolder, writeFileWhole } from './whole-file.ts';

const ACTIONS = ['check', 'import-assets', 'import-register', 'export-register'] as const;

export const specCommand = defineCommand({
  syntax: 'spec <action> <file>',
  summary: 'Check a spec, or exchange it with asset lists and zone registers in CSV.',
  examples: [
    ['spec check spec.yaml', 'every problem with line, column and the fix; nothing is printed and exit 0 when it holds'],
    ['spec import-assets assets.csv --into spec.yaml', 'names, roles, zones and addresses of an asset list; comments kept'],
    ['spec export-register spec.yaml --out register', 'assets.csv, zones.csv, conduits.csv and permits.csv'],
    ['spec import-register register --into spec.yaml', 'the same lists back, with the decisions made in them'],
  ],
  positionals: {
    action: { choices: ACTIONS, demandOption: true, describe: 'what to do' },
    file: { type: 'string', demandOption: true, describe: 'the spec (YAML); for an import the CSV list, or the folder of lists' },
  },
  options: {
    into: { type: 'string', requiresArg: true, describe: 'import: the spec to write into (made when it is not there)' },
    out: { type: 'string', requiresArg: true, describe: 'export: the folder to write the lists to' },
  },
  run: runSpecAction,
});

interface SpecArguments {
  readonly action?: string | undefined;
  readonly file: string;
  readonly into?: string | undefined;
  readonly out?: string | undefined;
}

const LONGEST = 1000;

function runSpecAction(argv: SpecArguments, context: CommandContext): CommandResult {
  switch (argv.action) {
    case 'check': return checkSpecFile(argv, context);
    case 'export-register': return exportRegister(argv, context);
    case 'import-assets': return importLists(argv, [readList('assets', argv.file)], context);
    case 'import-register': return importLists(argv, readFolder(argv.file), context);
    default: throw usageError('a spec can be checked, exported or imported into', `Write one of: ${ACTIONS.map((action) => `baseline spec ${action}`).join(', ')}`);
  }
}

const lineOf = (file: string, line: number, column: number, message: string, remedy: string): string =>
  `${printable(file)}:${line}:${column}: ${printable(message, LONGEST)}\n  ${printable(remedy, LONGEST)}\n`;

function checkSpecFile(argv: SpecArguments, context: CommandContext): CommandResult {
  const { loaded, problems } = readSpec(argv.file);
  if (loaded !== null) {
    const { zones, conduits } = loaded.spec;
    const lints = checkSpec(loaded);
    context.say(`${argv.file}: ${zones.length} zones, ${conduits?.length ?? 0} conduits, ${loaded.permits.length} Permits; it loads, ${lints.length === 0 ? 'and nothing in it looks wrong' : `${plural(lints.length, 'thing')} in it should be looked at`}`);
    const output = lints.map(({ line, column, severity, rule, message, remedy }) => lineOf(argv.file, line, column, `[${severity}] ${rule}: ${message}`, remedy));
    return { exitCode: lints.some(({ severity }) => severity !== 'low' && severity !== 'info') ? EXIT.findings : EXIT.ok, output };
  }
  return { exitCode: EXIT.usage, output: problems.map(({ line, column, message, remedy }) => lineOf(argv.file, line, column, message, remedy)) };
}

function exportRegister(argv: SpecArguments, context: CommandContext): CommandResult {
  if (argv.out === undefined) throw usageError('nothing says where the lists go', `Write: baseline spec export-register ${argv.file} --out FOLDER`);
  const folder = argv.out;
  const tables = registerTables(loadSpec(argv.file));
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw usageError(`${folder} is not a folder`, 'Name a folder to write the lists to.');
  makeFolder(folder);
  for (const { kind, columns, rows } of tables) writeFileWhole(join(folder, `${kind}.csv`), [...csvTable(columns, rows)].join(''));
  context.say(`${folder}: ${tables.map(({ kind, rows }) => `${kind}.csv (${rows.length})`).join(', ')}`);
  return { exitCode: EXIT.ok, output: [] };
}

function readList(kind: RegisterKind, file: string): RegisterList {
  try {
    return { kind, file, text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)) };
  } catch (error) {
    if (error instanceof TypeError) throw usageError(`${file}:1:1: the list is not UTF-8 text`, 'Save it as "CSV UTF-8".');
    const code = (error as { code?: string }).code;
    if (code === undefined) throw error;
    throw usageError(code === 'ENOENT' ? `${file}: no such file` : `${file} cannot be read: ${code}`, 'Check the name and its permissions.');
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
  const { text, problems, sentences } = importRegister(existsSync(spec) ? readListedSpec(spec) : null, spec, lists);
  if (text === null) {
    context.say(`${spec} was not changed`);
    return { exitCode: EXIT.usage, output: problems.map(({ file, line, column, message, remedy }) => lineOf(file, line, column, message, remedy)) };
  }
  writeFileWhole(spec, text);
  for (const sentence of sentences) context.say(printable(sentence, LONGEST));
  return { exitCode: EXIT.ok, output: [] };
}

/** A spec that does not load is told apart by `importRegister`; one that cannot be read, here. */
const readListedSpec = (spec: string): string => {
  const { loaded } = readSpec(spec);
  return loaded?.text ?? readFileSync(spec, 'utf8');
};
