/**
 * `baseline status`: what was observed, and first of all what was not: losses, cuts, frames not understood, and how much
 * longer to listen. In: options. Out: text; exit 3 under --strict when the evidence is incomplete.
 */
import { basename } from 'node:path';
import { EXIT } from '../errors.ts';
import { COMPLETENESS_MEANS, wholePercent } from '../infer/completeness-words.ts';
import type { Completeness, ConduitCompleteness } from '../infer/proposal.ts';
import { bulletLines } from '../render/sentences.ts';
import { withPrefix } from '../render/counters.ts';
import { csvTable } from '../render/csv.ts';
import { grouped, groupedPlural } from '../infer/plural.ts';
import { shortInstant, shortOctets } from '../render/instant.ts';
import { jsonDocument, jsonLine } from '../render/json.ts';
import { markdownTable } from '../render/markdown.ts';
import { logLines, LOG_COLUMNS, logRows } from '../render/log-status.ts';
import { statusRecord } from '../render/status-record.ts';
import { fieldLines, textTable, type Cell, type Column, type TableStyle } from '../render/table.ts';
import { readFromStore, storePath } from '../store/database.ts';
import { readHourlyStatus, readStatus, type StoreStatus } from '../store/read-status.ts';
import { placeAssets, readAll } from './analysis.ts';
import { chosenFormat, DB_OPTION, defineCommand, FORMAT_OPTION, JSON_OPTION, type Arguments, type CommandContext, type CommandResult, type Format } from './command.ts';
import { knownTimezone, TIMEZONE_OPTION } from './timezone-option.ts';

const OPTIONS = {
  db: DB_OPTION,
  format: FORMAT_OPTION,
  json: JSON_OPTION,
  timezone: TIMEZONE_OPTION,
  strict: { type: 'boolean', describe: 'exit 3 when something was lost or not enough was seen' },
} as const;

export const statusCommand = defineCommand({
  syntax: 'status',
  summary: 'Tell what was observed, what was lost, and how much longer to listen.',
  examples: [
    ['status', 'the state of the evidence'],
    ['status --strict', 'exit 3 unless the evidence is complete'],
    ['status --timezone Europe/Berlin', 'days by the plant\'s own clock, as propose-zones counts them'],
    ['status --json', 'for programs (docs/json.md)'],
  ],
  options: OPTIONS,
  run: showStatus,
});

type StatusArguments = Arguments<typeof OPTIONS>;

/** A person is told sums; programs are told every hour. */
const LISTING_HOURS: ReadonlySet<Format> = new Set(['json', 'jsonl', 'csv']);

export function showStatus(argv: StatusArguments, context: CommandContext): CommandResult {
  const path = storePath(argv.db, context.environment);
  const format = chosenFormat(argv);
  const timezone = knownTimezone(argv.timezone);
  const { status, set } = readFromStore(path, (db) => {
    const all = readAll(db);
    return { status: LISTING_HOURS.has(format) ? readHourlyStatus(db, all) : { ...readStatus(db), oneWayHours: new Map() }, set: all };
  }, context);
  const plant = placeAssets(set, timezone);
  const record = statusRecord(path, status, plant.assets.length, plant.completeness);
  const isComplete = record.sensor.complete && plant.completeness.sufficient;
  return {
    exitCode: argv.strict && !isComplete ? EXIT.incomplete : EXIT.ok,
    output: render(format, record, status, plant.completeness, context),
  };
}

const CAPTURE_COLUMNS: readonly Column[] = [
  { title: 'id', align: 'right' },
  { title: 'capture', shrinkTo: 12, lines: 3 },
  { title: 'format', shrinkTo: 4, isOptional: true },
  { title: 'state' },
  { title: 'packets', align: 'right' },
  { title: 'bytes', align: 'right' },
  { title: 'first', shrinkTo: 10, lines: 2 },
  { title: 'last', shrinkTo: 10, lines: 2 },
];

const captureRows = (status: StoreStatus): Cell[][] =>
  status.captures.map((capture) => [
    capture.id,
    basename(capture.name),
    capture.format,
    capture.reason === '' ? capture.state : `${capture.state}: ${capture.reason}`,
    grouped(capture.packets),
    shortOctets(capture.bytes),
    shortInstant(capture.firstNs),
    shortInstant(capture.lastNs),
  ]);

/** Captures and conduits listed to a person; the JSON has all. */
const LISTED_ROWS = 20;

type StatusRecord = ReturnType<typeof statusRecord>;

function render(
  format: Format, record: StatusRecord, status: StoreStatus, completeness: Completeness, context: CommandContext,
): Iterable<string> {
  switch (format) {
    case 'json':
      return [jsonDocument(record)];
    case 'jsonl':
      return [jsonLine({ schemaVersion: 1, ...record })];
    case 'csv':
      return csvTable(['name', 'value'], csvRows(record));
    case 'md':
      return markdown(record, status, completeness);
    case 'table':
      return table(record, status, completeness, context);
  }
}

/** Scans told to a person one by one. */
const LISTED_SCANS = 5;
const listedScans = (sentences: readonly string[]): string[] =>
  sentences.length <= LISTED_SCANS ? [...sentences] : [...sentences.slice(0, LISTED_SCANS), `and ${sentences.length - LISTED_SCANS} more`];

function summary(record: StatusRecord, status: StoreStatus): [string, string][] {
  const { totals, live } = status;
  return [
    ['store', `${record.store.path} (version ${record.store.version})`],
    ['observed', status.firstNs === null ? 'nothing yet' : `${shortInstant(status.firstNs)} to ${shortInstant(status.lastNs)} UTC, ${hoursText(status)}`],
    ['packets', `${grouped(totals.packets)} (${shortOctets(totals.bytes)})`],
    ['seen', `${groupedPlural(record.totals.assets, 'asset')}, ${groupedPlural(totals.conversations, 'conversation')}, ${groupedPlural(totals.operations, 'operation')}`],
    ...openedTunnels(record),
    ...listedScans(record.sensor.scans).map((sentence): [string, string] => ['scan', sentence]),
    ...(status.captures.some((capture) => capture.kind === 'live')
      ? [['live', `${grouped(live.received)} received, ${grouped(live.processed)} processed, ${grouped(live.kernelDropped)} dropped by the kernel, ${grouped(live.interfaceDropped)} by the interface${notInRing(status.counters)}`] as [string, string]]
      : []),
  ];
}

/** Of the packets themselves; what was heard in them is in the store. */
const notInRing = (counters: Readonly<Record<string, number>>): string => {
  const frames = counters['live.ring-frames-not-kept'] ?? 0;
  return frames === 0 ? '' : `; ${grouped(frames)} analysed, but not kept in the ring`;
};

/** Their content was read instead of them: then it is said. */
function openedTunnels({ counters }: StatusRecord): [string, string][] {
  const kinds = Object.entries(withPrefix(counters, 'tunnel.opened.'));
  return kinds.length === 0 ? [] : [['tunnels', `opened: ${kinds.map(([name, count]) => `${name} ${grouped(count)}`).join(', ')}`]];
}

const hoursText = (status: StoreStatus): string => `${status.activeHours} of ${status.spannedHours} hours with packets`;

/** The verdict first, and once: inference may word it among its sentences. */
function listenText(completeness: Completeness): string[] {
  const isVerdict = (sentence: string): boolean => /^(?:keep listening|the stopping rule)/i.test(sentence);
  const worded = completeness.sentences.filter(isVerdict);
  const verdict = completeness.sufficient
    ? 'Enough was seen under the stopping rule.'
    : completeness.listenUntil === null
      ? 'Keep listening: too little was seen to say for how long.'
      : `Keep listening until ${completeness.listenUntil}, about ${completeness.moreDays} more day${completeness.moreDays === 1 ? '' : 's'}.`;
  return [...(worded.length > 0 ? worded : [verdict]), ...completeness.sentences.filter((sentence) => !isVerdict(sentence))];
}

const CONDUIT_COLUMNS: readonly Column[] = [
  { title: 'zone', shrinkTo: 8, lines: 2 },
  { title: 'and zone', shrinkTo: 8, lines: 2 },
  { title: 'seen', align: 'right' },
  { title: 'new in 28 days', align: 'right', shrinkTo: 7, lines: 2 },
  { title: 'complete', align: 'right', means: COMPLETENESS_MEANS },
  { title: 'enough' },
];

/** Where the most is still expected first: of thousands of pairs only the first are shown. */
export const conduitRows = (conduits: readonly ConduitCompleteness[]): Cell[][] =>
  conduits.toSorted((a, b) => b.newIn28Days - a.newIn28Days || a.completeness - b.completeness).map((conduit) => [
    ...conduit.zones,
    conduit.seen,
    Math.round(conduit.newIn28Days),
    wholePercent(conduit.completeness),
    conduit.sufficient ? 'yes' : 'no',
  ]);

/** What stands below a table of the first of them. */
export const listedPairs = (conduits: readonly ConduitCompleteness[]): string => {
  const of = `${LISTED_ROWS} of ${grouped(conduits.length)} pairs of zones`;
  return conduits.every(({ newIn28Days }) => Math.round(newIn28Days) === 0) ? `${of}; nothing new is expected of any` : `the ${of} where most is still expected`;
};

/** Losses first: no number below them means anything without them. */
function* table(record: StatusRecord, status: StoreStatus, completeness: Completeness, style: TableStyle): Generator<string> {
  const losses = record.sensor.losses;
  yield losses.length === 0 ? 'Nothing is known to be missing.\n' : `What is missing or doubtful:\n${bulletLines(losses, style)}`;
  yield `\n${fieldLines(summary(record, status), style)}`;
  yield `\nCompleteness:\n${bulletLines(listenText(completeness), style)}`;
  if (completeness.conduits.length > 0) {
    yield '\n';
    yield* textTable(CONDUIT_COLUMNS, conduitRows(completeness.conduits).slice(0, LISTED_ROWS), style);
    if (completeness.conduits.length > LISTED_ROWS) yield `${listedPairs(completeness.conduits)}; --json lists all\n`;
  }
  const stops = Object.entries(record.stops);
  if (stops.length > 0) {
    yield `\nFrames whose decoding stopped:\n${fieldLines(stops.map(([name, count]) => [name, grouped(count)]), style, '  ')}`;
  }
  const rows = captureRows(status);
  if (rows.length > 0) {
    yield '\n';
    yield* textTable(CAPTURE_COLUMNS, rows.slice(-LISTED_ROWS), style);
    if (rows.length > LISTED_ROWS) yield `the last ${LISTED_ROWS} of ${rows.length} captures; --json lists all\n`;
  }
  const logs = logRows(record.firewallLogs);
  if (logs.length === 0) return;
  yield `\n${logLines(record.firewallLogs)}`;
  yield* textTable(LOG_COLUMNS, logs.slice(-LISTED_ROWS), style);
  if (logs.length > LISTED_ROWS) yield `the last ${LISTED_ROWS} of ${logs.length} firewall logs; --json lists all\n`;
}

function* markdown(record: StatusRecord, status: StoreStatus, completeness: Completeness): Generator<string> {
  const field: readonly Column[] = [{ title: 'what' }, { title: 'value' }];
  yield* markdownTable(field, [
    ...record.sensor.losses.map((loss) => ['missing or doubtful', loss]),
    ...summary(record, status),
    ...listenText(completeness).map((line) => ['completeness', line]),
    ...Object.entries(record.stops).map(([name, count]): Cell[] => [`stop ${name}`, count]),
  ]);
  yield '\n';
  if (completeness.conduits.length > 0) {
    yield* markdownTable(CONDUIT_COLUMNS, conduitRows(completeness.conduits));
    yield `\n${COMPLETENESS_MEANS}\n\n`;
  }
  yield* markdownTable(CAPTURE_COLUMNS, captureRows(status));
  if (record.firewallLogs.logs.length === 0) return;
  yield '\n';
  yield* markdownTable(LOG_COLUMNS, logRows(record.firewallLogs));
}

/** Every leaf of the record by its path, so that no number is out of a spreadsheet's reach. */
function csvRows(record: object): Cell[][] {
  const rows: Cell[][] = [];
  const walk = (path: string, value: unknown): void => {
    if (value !== null && typeof value === 'object') {
      for (const [key, member] of Object.entries(value)) walk(path === '' ? key : `${path}.${key}`, member);
    } else rows.push([path, typeof value === 'number' || value === null ? value : String(value)]);
  };
  walk('', record);
  return rows;
}
