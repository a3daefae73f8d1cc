/** `baseline import PATH...`: captures into the store, one after the other; a bad file never stops the rest. */
import { BaselineError, EXIT, type ExitCode } from '../errors.ts';
import { jsonLine } from '../render/json.ts';
import { expandPaths, type CaptureFile } from '../source/ring-folder.ts';
import { openForWriting, storePath } from '../store/database.ts';
import { beginImport, importCapture, type ImportOutcome, type ImportSession } from '../store/import-capture.ts';
import { DB_OPTION, defineCommand, type CommandContext, type CommandResult } from './command.ts';

export const importCommand = defineCommand({
  syntax: 'import <path..>',
  summary: 'Read captures (pcap, pcapng, .gz, .zst, folders of them, - for standard input) into the store.',
  examples: [
    ['import span0.pcapng', 'one file; the same content again is a no-op'],
    ['import /captures/ring', 'a folder of ring files, in time order, sessions carried across'],
    ['import - < live.pcap', 'a pipe'],
  ],
  positionals: { path: { type: 'string', array: true, demandOption: true, describe: 'capture files, folders, or -' } },
  options: {
    db: DB_OPTION,
    json: { type: 'boolean', describe: 'one JSON object a line per file' },
    force: { type: 'boolean', describe: 'import even what is in the store already (counts it twice)' },
  },
  run: (argv, context) => runImport({ paths: argv.path, db: argv.db, json: argv.json === true, force: argv.force === true }, context),
});

interface ImportArguments {
  readonly paths: readonly string[];
  readonly db: string | undefined;
  readonly json: boolean;
  readonly force: boolean;
}

interface FileResult extends Omit<ImportOutcome, 'status'> {
  readonly file: string;
  readonly status: ImportOutcome['status'];
  readonly remedy: string;
}

export async function runImport(argv: ImportArguments, context: CommandContext): Promise<CommandResult> {
  const { files, skipped, rejected } = await expandPaths(argv.paths);
  for (const { path, reason } of skipped) if (context.verbose) context.say(`passed over ${path}: ${reason}`);
  if (!context.verbose && skipped.length > 0) context.say(`${skipped.length} entries of folders are no captures and were passed over (--verbose lists them)`);
  const results: FileResult[] = [];
  const report = async (result: FileResult): Promise<void> => {
    results.push(result);
    context.progress('');
    if (argv.json) await context.write(jsonLine(withoutEmpty(result)));
    else context.say(sentence(result));
  };
  for (const { path, error } of rejected) await report(rejection(path, error));
  // Nothing that could be read: then no store is made either.
  if (files.length === 0) return { exitCode: EXIT.usage, output: [] };
  const store = openForWriting(storePath(argv.db, context.environment));
  try {
    const session = beginImport(store);
    for (const file of files) {
      if (context.signal.aborted) break;
      await report(await importOne(session, file, argv, context));
    }
  } finally {
    store.close();
  }
  const packets = results.reduce((sum, one) => sum + one.packets, 0);
  if (results.length > 1) context.say(summary(results, packets));
  return { exitCode: exitCodeOf(results, packets, context.signal.aborted), output: [] };
}

async function importOne(session: ImportSession, file: CaptureFile, argv: ImportArguments, context: CommandContext): Promise<FileResult> {
  try {
    const outcome = await importCapture(session, file.path, {
      force: argv.force,
      signal: context.signal,
      progress: (octets) => context.progress(progressLine(file, octets)),
    });
    return { file: file.path, remedy: '', ...outcome };
  } catch (error) {
    if (error instanceof BaselineError && error.exitCode === EXIT.usage) return rejection(file.path, error);
    throw error;
  }
}

const rejection = (file: string, error: BaselineError): FileResult => ({
  file,
  status: 'rejected',
  packets: 0,
  bytes: 0,
  reason: error.message.startsWith(`${file}: `) ? error.message.slice(file.length + 2) : error.message,
  remedy: error.remedy,
});

const MEGA = 1_000_000;

function progressLine(file: CaptureFile, octets: number): string {
  const read = `${(octets / MEGA).toFixed(0)} MB`;
  if (file.size === 0) return `${file.path}  ${read}`;
  const share = Math.min(1, octets / file.size);
  const width = 30;
  const bar = '#'.repeat(Math.round(share * width)).padEnd(width, '.');
  return `[${bar}] ${(share * 100).toFixed(0).padStart(3)} %  ${read}  ${file.path}`;
}

function sentence(result: FileResult): string {
  const counted = `${result.packets.toLocaleString('en')} packet${result.packets === 1 ? '' : 's'}`;
  switch (result.status) {
    case 'imported':
      return `${result.file}: ${counted}`;
    case 'continued':
      return `${result.file}: continued, ${counted} more`;
    case 'already':
      return `${result.file}: already imported (${result.reason}); nothing was counted twice`;
    case 'damaged':
      return `${result.file}: ${counted}, then ${result.reason}`;
    case 'interrupted':
      return `${result.file}: interrupted after ${counted}; the same command goes on from there`;
    case 'rejected':
      return `${result.file}: ${result.reason}${result.remedy === '' ? '' : `. ${result.remedy}`}`;
  }
}

function summary(results: readonly FileResult[], packets: number): string {
  const counts = new Map<string, number>();
  for (const { status } of results) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status}`);
  return `${results.length} captures: ${parts.join(', ')}; ${packets.toLocaleString('en')} packets in all`;
}

function exitCodeOf(results: readonly FileResult[], packets: number, aborted: boolean): ExitCode {
  if (aborted && packets === 0) return EXIT.interrupted;
  if (results.some((one) => one.status === 'rejected')) return EXIT.usage;
  if (results.some((one) => one.status === 'damaged' || one.status === 'interrupted')) return EXIT.incomplete;
  return EXIT.ok;
}

const withoutEmpty = (result: FileResult): Record<string, unknown> => {
  const { file, status, packets, bytes, reason, remedy } = result;
  return { file, status, packets, bytes, ...(reason === '' ? {} : { reason }), ...(remedy === '' ? {} : { remedy }) };
};

