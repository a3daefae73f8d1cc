/** Findings of a diff as table, Markdown and JSON. In: a DiffReport. Out: chunks of text. */
import type { DiffReport } from '../policy/diff.ts';
import type { Finding } from '../policy/findings.ts';
import { jsonDocument } from './json.ts';
import { markdownTable } from './markdown.ts';
import { printable } from './printable.ts';
import { textTable, type Cell, type Column, type TableStyle } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'severity' },
  { title: 'finding', shrinkTo: 14 },
  { title: 'from', shrinkTo: 8 },
  { title: 'to', shrinkTo: 8 },
  { title: 'what', shrinkTo: 30 },
  { title: 'id' },
];

const row = (finding: Finding): Cell[] => [
  finding.severity,
  finding.type,
  finding.client ?? finding.fromZone ?? '-',
  finding.server ?? finding.toZone ?? '-',
  finding.title,
  finding.id,
];

const LONGEST = 1000;
/** Findings whose reasons are written out below the table. */
const EXPLAINED = 10;

export function* findingsTable(report: DiffReport, spec: string, style: TableStyle): Generator<string> {
  const { findings } = report;
  if (findings.length > 0) yield* textTable(COLUMNS, findings.map(row), style);
  for (const finding of findings.slice(0, EXPLAINED)) {
    const place = finding.place === null ? '' : ` (${spec}:${finding.place.line}:${finding.place.column})`;
    yield `\n${finding.id} ${printable(finding.title, LONGEST)}${place}\n`;
    if (finding.detail !== '') yield `  ${printable(finding.detail, LONGEST)}\n`;
    yield `  Do: ${printable(finding.remedy, LONGEST)}\n`;
  }
  if (findings.length > EXPLAINED) yield `\n${findings.length - EXPLAINED} more are explained in --format md and --json.\n`;
  yield `\n${verdict(report)}\n`;
}

function verdict({ findings, pending, setAside, counts }: DiffReport): string {
  const parts = [findings.length === 0 ? 'No finding: what was observed and what is declared agree.' : `${findings.length} finding${findings.length === 1 ? '' : 's'}.`];
  if (pending.length > 0) parts.push(`${pending.length} Permits wait for a decision.`);
  if (setAside.length > 0) parts.push(`${setAside.length} entries set aside in the spec were seen.`);
  parts.push(`Looked at: ${Object.entries(counts).map(([name, count]) => `${count} ${words(name)}`).join(', ')}.`);
  return parts.join(' ');
}

const words = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

export function* findingsMarkdown(report: DiffReport): Generator<string> {
  yield* markdownTable([...COLUMNS, { title: 'why' }, { title: 'do' }], report.findings.map((finding) => [...row(finding), finding.detail, finding.remedy]));
  yield `\n${verdict(report)}\n`;
}

export const findingsJson = (report: DiffReport): Iterable<string> => [jsonDocument({ ...report })];
