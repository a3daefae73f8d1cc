/** Firewall logs for people, as `status` shows them. In: the record of `status --json`. Out: lines and rows. */
import { basename } from 'node:path';
import { grouped, groupedPlural, plural } from '../infer/plural.ts';
import { shortMinute } from './instant.ts';
import type { FirewallLogsRecord } from './json-shapes.ts';
import { printable } from './printable.ts';
import type { Cell, Column } from './table.ts';

export const LOG_COLUMNS: readonly Column[] = [
  { title: 'id', align: 'right' },
  { title: 'firewall log', shrinkTo: 12, lines: 3 },
  { title: 'state', shrinkTo: 10, lines: 3 },
  { title: 'lines', align: 'right', isOptional: true },
  { title: 'records', align: 'right' },
  { title: 'unread', align: 'right' },
  { title: 'first', shrinkTo: 10, lines: 2 },
  { title: 'last', shrinkTo: 10, lines: 2 },
];

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);

export const logRows = ({ logs }: FirewallLogsRecord): Cell[][] =>
  logs.map((log) => [
    log.id,
    basename(log.name),
    log.reason === undefined ? log.state : `${log.state}: ${log.reason}`,
    grouped(log.lines),
    grouped(log.records),
    grouped(sum(log.unread)),
    shortMinute(log.first),
    shortMinute(log.last),
  ]);

/** What the logs do not say, or not for certain: cut logs, lines that could not be read, folded scans, times that were assumed. */
export function logLosses({ logs, folded }: FirewallLogsRecord): string[] {
  return [
    ...logs.filter(({ state }) => state !== 'complete').map(({ name, state, reason }) => `${name}: ${state}${reason === undefined ? '' : `: ${reason}`}`),
    ...logs.filter(({ unread }) => sum(unread) > 0).map(({ name, unread }) => `${name}: ${plural(sum(unread), 'line')} of a firewall could not be read: ${Object.entries(unread).map(([why, count]) => `${why} ${grouped(count)}`).join(', ')}`),
    ...(folded === 0 ? [] : [`${groupedPlural(folded, 'record of scans was', 'records of scans were')} counted, not kept one by one`]),
    ...[...new Set(logs.flatMap((log) => log.assumptions))].sort(),
  ];
}

const LONGEST = 300;
/** Unread lines shown; the JSON has the first of each reason and log. */
const SHOWN = 6;

/** `Firewall logs: ...` */
const logSummary = ({ attempts, records }: FirewallLogsRecord): string =>
  `${groupedPlural(records.blocked, 'record')} blocked, ${grouped(records['would-block'])} that would be, ${grouped(records.passed)} passed; ${groupedPlural(attempts, 'different attempt')}`;

export function logLines(record: FirewallLogsRecord): string {
  const samples = record.logs.flatMap((log) => log.samples.map((sample) => `${log.name}:${sample.line}: ${sample.reason}: ${sample.text}`));
  const rest = samples.length > SHOWN ? [`and ${samples.length - SHOWN} more lines that could not be read; --json has them`] : [];
  const items = [...logLosses(record), ...samples.slice(0, SHOWN), ...rest];
  return `Firewall logs: ${logSummary(record)}\n${items.map((item) => `  - ${printable(item, LONGEST)}\n`).join('')}`;
}
