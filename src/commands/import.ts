/** `baseline import PATH...`: captures and firewall logs into the store, in order; a bad file never stops the rest. */
import { availableParallelism } from 'node:os';
import { BaselineError, EXIT, usageError, type ExitCode } from '../errors.ts';
import { grouped, groupedPlural, listed, plural } from '../infer/plural.ts';
import { jsonLine } from '../render/json.ts';
import { overlapSentence } from '../render/sensor-losses.ts';
import { expandPaths, type CaptureFile } from '../source/ring-folder.ts';
import { readOverlap, type Overlap } from '../store/capture-overlap.ts';
import { isSettled } from '../store/checkpoints.ts';
import { openForWriting, storePath } from '../store/database.ts';
import { beginImport, endImport, importCapture, settleImport, type ImportOutcome, type ImportSession } from '../store/import-capture.ts';
import type { LogOptions } from '../store/import-log.ts';
import { DB_OPTION, defineCommand, OPEN_TUNNELS_OPTION, type CommandContext, type CommandResult } from './command.ts';

export const importCommand = defineCommand({
  syntax: 'import <path..>',
  summary: 'Read captures and firewall logs (plain, .gz, .zst, folders of them, - for standard input) into the store.',
  examples: [
    ['import span0.pcapng', 'one file; the same content again is a no-op'],
    ['import /captures/ring', 'a folder of ring files, in time order, sessions carried across'],
    ['import - < live.pcap', 'a pipe'],
    ['import /var/log/firewall.log --log-zone Europe/Berlin', 'what a firewall blocked, or in monitor mode would have blocked'],
  ],
  positionals: { path: { type: 'string', array: true, demandOption: true, describe: 'captures, firewall logs, folders, or -' } },
  options: {
    db: DB_OPTION,
    json: { type: 'boolean', describe: 'one JSON object a line per file' },
    force: { type: 'boolean', describe: 'import even what is in the store already (counts it twice)' },
    'open-tunnels': OPEN_TUNNELS_OPTION,
    'log-year': { type: 'number', requiresArg: true, describe: 'year of the first line of a firewall log whose times name none' },
    'log-zone': { type: 'string', requiresArg: true, describe: 'time zone of a firewall log whose times name none (default: UTC)' },
    'log-monitor': { type: 'string', array: true, requiresArg: true, describe: 'a rule whose passed traffic enforcement would block' },
    jobs: { type: 'number', requiresArg: true, describe: 'threads: one decodes, the others read and unpack ahead, and write checkpoints (default: 2 where there are two processors); the result is the same' },
  },
  run: async (argv, context) =>
    runImport({ paths: argv.path, db: argv.db, json: argv.json === true, force: argv.force === true, opensTunnels: argv['open-tunnels'] === true, jobs: chosenJobs(argv.jobs), log: await logOptions(argv) }, context),
});

const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

async function logOptions(argv: { readonly 'log-year'?: number | undefined; readonly 'log-zone'?: string | undefined; readonly 'log-monitor'?: readonly string[] | undefined }): Promise<LogOptions> {
  const year = argv['log-year'] ?? null;
  if (year !== null && !(Number.isInteger(year) && year >= FIRST_YEAR && year <= LAST_YEAR)) throw usageError(`--log-year ${year} is no year`, 'Write it as 2026.');
  const zone = argv['log-zone'] ?? null;
  // Loaded with the zone, as the reader of logs is with the first log: captures need neither.
  if (zone !== null && !(await import('../source/firewall-log/log-clock.ts')).isZone(zone)) throw usageError(`--log-zone ${zone} is no time zone`, 'Write it as Europe/Berlin, UTC or +01:00.');
  return { year, zone, monitorRules: new Set(argv['log-monitor'] ?? []) };
}

interface ImportArguments {
  readonly paths: readonly string[];
  readonly db: string | undefined;
  readonly json: boolean;
  readonly force: boolean;
  readonly opensTunnels?: boolean;
  readonly log?: LogOptions;
  readonly jobs: number;
}

const MOST_JOBS = 64;

function chosenJobs(jobs: number | undefined): number {
  if (jobs === undefined) return Math.min(2, availableParallelism());
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MOST_JOBS) throw usageError(`--jobs ${jobs}: not a number of threads`, `Give a whole number from 1 to ${MOST_JOBS}.`);
  return jobs;
}

interface FileResult extends Omit<ImportOutcome, 'status'> {
  readonly file: string;
  readonly status: ImportOutcome['status'];
  readonly remedy: string;
}

/** Files told one by one of which there is nothing to say but how much was in them. */
const LISTED_FILES = 20;

const isPlain = ({ status, reason, remedy, log, unreadLinkTypes }: FileResult): boolean => {
  if (status === 'already') return true;
  const isWhole = (status === 'imported' || status === 'continued') && reason === '' && remedy === '' && unreadLinkTypes === undefined;
  return isWhole && (log === undefined || (log.unread === 0 && log.assumptions.length === 0));
};

/** Of the files that come next, so many are told, for them to be read ahead: a ring has thousands. */
const FILES_TOLD = 32;

export async function runImport(argv: ImportArguments, context: CommandContext): Promise<CommandResult> {
  const { files, skipped, rejected } = await expandPaths(argv.paths);
  for (const { path, reason } of skipped) if (context.verbose) context.say(`passed over ${path}: ${reason}`);
  if (!context.verbose && skipped.length > 0) context.say(`${plural(skipped.length, 'entry of folders is no capture and was', 'entries of folders are no captures and were')} passed over (--verbose lists them)`);
  const results: FileResult[] = [];
  let plain = 0;
  const report = async (result: FileResult): Promise<void> => {
    results.push(result);
    context.progress('');
    const isOneOfMany = isPlain(result) && ++plain > LISTED_FILES;
    if (argv.json) await context.write(jsonLine(withoutEmpty(result)));
    else if (context.verbose || !isOneOfMany) context.say(sentence(result));
  };
  for (const { path, error } of rejected) await report(rejection(path, error));
  // Nothing that could be read: then no store is made either.
  if (files.length === 0) return { exitCode: EXIT.usage, output: [] };
  const store = openForWriting(storePath(argv.db, context.environment));
  let session: ImportSession | undefined;
  let overlap: Overlap | null = null;
  try {
    session = beginImport(store, { readers: argv.jobs - 1, afresh: argv.force, opensTunnels: argv.opensTunnels === true });
    // Told when it is in the store, and not before.
    const waiting: FileResult[] = [];
    const tell = async (): Promise<void> => {
      for (const result of waiting.splice(0)) await report(result);
    };
    for (const [i, file] of files.entries()) {
      if (context.signal.aborted) break;
      const upcoming = files.slice(i + 1, i + 1 + FILES_TOLD).map((one) => one.path);
      waiting.push(await importOne(session, file, upcoming, argv, context));
      if (isSettled(session)) await tell();
    }
    await settleImport(session);
    await tell();
    overlap = readOverlap(store.db);
  } finally {
    if (session !== undefined) await endImport(session);
    store.close();
  }
  const packets = results.reduce((sum, one) => sum + one.packets, 0);
  if (!argv.json && !context.verbose && plain > LISTED_FILES) context.say(`and ${groupedPlural(plain - LISTED_FILES, 'more file')} with nothing else to say of ${plain - LISTED_FILES === 1 ? 'it' : 'them'} (--verbose lists all)`);
  if (results.length > 1) context.say(summary(results, packets));
  // Who imports another capture of a time that was heard is to know it while it can still be undone.
  if (overlap !== null && results.some(({ file, packets: own }) => own > 0 && overlap?.captures.includes(file))) context.say(overlapSentence(overlap));
  return { exitCode: exitCodeOf(results, packets, context.signal.aborted), output: [] };
}

async function importOne(session: ImportSession, file: CaptureFile, upcoming: readonly string[], argv: ImportArguments, context: CommandContext): Promise<FileResult> {
  try {
    const outcome = await importCapture(session, file.path, {
      force: argv.force,
      upcoming,
      signal: context.signal,
      ...(argv.log === undefined ? {} : { log: argv.log }),
      progress: (octets) => context.progress(progressLine(file, octets)),
    });
    return { file: file.path, remedy: outcome.mayGrow === true ? 'If it is still being written, import it again later: the import goes on from there.' : '', ...outcome };
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

/** `12 attempts in 15 lines, 2 of which could not be read` */
function logWords({ lines, entries, unread }: NonNullable<FileResult['log']>): string {
  return `${groupedPlural(entries, 'record')} in ${groupedPlural(lines, 'line')} of a firewall's log${unread === 0 ? '' : `, ${grouped(unread)} of which could not be read (\`baseline status\` shows them)`}`;
}

/** What a person must know of the times in a log. */
const assumed = (result: FileResult): string => (result.log?.assumptions ?? []).map((assumption) => `; ${assumption}`).join('');

/** A capture of radio or of a field bus would look like one that was read, until somebody looks for its devices. */
function unreadWords({ packets, unreadLinkTypes = {} }: FileResult): string {
  const numbers = Object.keys(unreadLinkTypes);
  if (numbers.length === 0) return '';
  const frames = Object.values(unreadLinkTypes).reduce((sum, count) => sum + count, 0);
  return ` (${frames >= packets ? 'none' : `${grouped(frames)} of them not`} read: link ${numbers.length === 1 ? 'type' : 'types'} ${listed(numbers)} ${numbers.length === 1 ? 'is' : 'are'} not supported; capture where the devices speak Ethernet or IP)`;
}

function sentence(result: FileResult): string {
  const amount = result.log !== undefined ? logWords(result.log) : `${groupedPlural(result.packets, 'packet')}${unreadWords(result)}`;
  const behind = result.remedy === '' ? '' : `. ${result.remedy}`;
  switch (result.status) {
    case 'imported':
      return `${result.file}: ${amount}${result.reason === '' ? '' : `; ${result.reason}`}${assumed(result)}`;
    case 'continued':
      return `${result.file}: continued, ${amount} more${result.reason === '' ? '' : `; ${result.reason}`}`;
    case 'already':
      return `${result.file}: already imported (${result.reason}); nothing was counted twice`;
    case 'damaged':
      return `${result.file}: ${amount}, then ${result.reason}${behind}`;
    case 'interrupted':
      return `${result.file}: interrupted after ${amount}; the same command goes on from there`;
    case 'rejected':
      return `${result.file}: ${result.reason}${behind}`;
  }
}

function summary(results: readonly FileResult[], packets: number): string {
  const counts = new Map<string, number>();
  for (const { status } of results) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status}`);
  return `${results.length} ${results.some((one) => one.log !== undefined) ? 'files' : 'captures'}: ${parts.join(', ')}; ${groupedPlural(packets, 'packet')} in all`;
}

function exitCodeOf(results: readonly FileResult[], packets: number, aborted: boolean): ExitCode {
  if (aborted && packets === 0) return EXIT.interrupted;
  if (results.some((one) => one.status === 'rejected')) return EXIT.usage;
  if (results.some((one) => one.status === 'damaged' || one.status === 'interrupted')) return EXIT.incomplete;
  return EXIT.ok;
}

const withoutEmpty = (result: FileResult): Record<string, unknown> => {
  const { file, status, packets, bytes, reason, remedy, log, unreadLinkTypes } = result;
  return { file, status, packets, bytes, ...(reason === '' ? {} : { reason }), ...(remedy === '' ? {} : { remedy }), ...(log === undefined ? {} : { log }), ...(unreadLinkTypes === undefined ? {} : { unreadLinkTypes }) };
};

