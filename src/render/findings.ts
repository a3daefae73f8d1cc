/** Findings of a diff as table, Markdown and JSON. In: a DiffReport. Out: chunks of text. */
import type { DiffReport } from '../policy/diff/diff.ts';
import type { LoggedDisagreement } from '../policy/diff/logged.ts';
import type { Finding } from '../policy/diff/findings.ts';
import { plural } from '../infer/plural.ts';
import { jsonDocument } from './json.ts';
import { lossMarkdown, lossText } from './losses.ts';
import { markdownTable } from './markdown.ts';
import { sentenceLine } from './sentences.ts';
import { textTable, type Cell, type Column, type TableStyle } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'severity' },
  { title: 'finding', shrinkTo: 14, lines: 2 },
  { title: 'what', shrinkTo: 30, lines: 4 },
  { title: 'id' },
];

const row = (finding: Finding): Cell[] => [
  finding.severity,
  finding.type,
  finding.title,
  finding.id,
];

/** Findings listed to a person; Markdown, JSON and SARIF have all. */
const LISTED_FINDINGS = 500;

const DECISION_COLUMNS: readonly Column[] = [
  { title: 'from', shrinkTo: 11, lines: 3 },
  { title: 'to', shrinkTo: 11, lines: 3 },
  { title: 'service', shrinkTo: 9, lines: 3 },
  { title: 'firewall', shrinkTo: 12, lines: 3 },
  { title: 'rule', shrinkTo: 12, lines: 3, isOptional: true },
  { title: 'times', align: 'right' },
  { title: 'captures', shrinkTo: 11, lines: 3, isOptional: true },
  { title: 'finding' },
];

const decisionRow = (decision: LoggedDisagreement): Cell[] => [
  decision.client || 'many',
  decision.server || 'many',
  decision.service,
  `${decision.devices.join(', ')}${decision.devices.length === 0 ? '' : ' '}${decision.verdict === 'blocked' ? 'blocks' : 'would block'}`,
  decision.rules.join(', '),
  decision.count,
  decision.packets === null ? 'not seen' : `${plural(decision.packets.requests, 'request')}, ${plural(decision.packets.days, 'day')}${decision.packets.answered ? '' : ', no answer'}`,
  decision.finding,
];

/** Decisions listed to a person; the JSON has all. */
const LISTED_DECISIONS = 50;

function* decisionTable({ logged }: DiffReport, style: TableStyle): Generator<string> {
  const decisions = logged?.decisions ?? [];
  if (decisions.length === 0) return;
  yield '\nTo be decided, for the firewall blocks it or would (accept one with --update FINDING --owner NAME, or let it be blocked):\n';
  yield* textTable(DECISION_COLUMNS, decisions.slice(0, LISTED_DECISIONS).map(decisionRow), style);
  if (decisions.length > LISTED_DECISIONS) yield `${LISTED_DECISIONS} of ${decisions.length}; --json lists all\n`;
}

/** Findings whose reasons are written out below the table. */
const EXPLAINED = 10;

export function* findingsTable(report: DiffReport, losses: readonly string[], spec: string, style: TableStyle): Generator<string> {
  const { findings } = report;
  yield lossText(losses, style);
  if (findings.length > 0) yield* textTable(COLUMNS, findings.slice(0, LISTED_FINDINGS).map(row), style);
  if (findings.length > LISTED_FINDINGS) yield `the first ${LISTED_FINDINGS} of ${findings.length} findings, the worst; --json lists all\n`;
  for (const finding of findings.slice(0, EXPLAINED)) {
    const place = finding.place === null ? '' : ` (${spec}:${finding.place.line}:${finding.place.column})`;
    yield `\n${sentenceLine(`${finding.id} ${finding.title}${place}`, style)}`;
    if (finding.detail !== '') yield sentenceLine(`  ${finding.detail}`, style);
    yield sentenceLine(`  Do: ${finding.remedy}`, style);
  }
  if (findings.length > EXPLAINED) yield `\n${findings.length - EXPLAINED} more are explained in --format md and --json.\n`;
  yield* decisionTable(report, style);
  yield `\n${sentenceLine(verdict(report), style)}`;
}

function verdict({ findings, pending, setAside, counts, logged }: DiffReport): string {
  // Where nothing was judged (two specs, two periods, a span without traffic), nothing can be said to agree.
  const none = counts.judged > 0 ? 'No finding: what was observed and what is declared agree.' : 'No finding.';
  const parts = [findings.length === 0 ? none : `${plural(findings.length, 'finding')}.`];
  if (pending.length > 0) parts.push(`${pending.length === 1 ? '1 Permit that was used waits' : `${pending.length} Permits that were used wait`} for a decision.`);
  if (setAside.length > 0) parts.push(`${setAside.length === 1 ? '1 entry set aside in the spec was seen' : `${setAside.length} entries set aside in the spec were seen`}.`);
  if (Object.values(counts).some((count) => count > 0)) parts.push(`Looked at: ${Object.entries(counts).map(([name, count]) => `${count} ${words(name)}`).join(', ')}.`);
  if (logged !== null) {
    const { attempts, records, ...outcomes } = logged.counts;
    parts.push(`Firewall logs: ${plural(attempts, 'attempt')} (${plural(records, 'record')}): ${Object.entries(outcomes).map(([name, count]) => `${count} ${words(name)}`).join(', ')}.`);
  }
  return parts.join(' ');
}

const words = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

export function* findingsMarkdown(report: DiffReport, losses: readonly string[]): Generator<string> {
  yield lossMarkdown(losses);
  yield* markdownTable([...COLUMNS, { title: 'why' }, { title: 'do' }], report.findings.map((finding) => [...row(finding), finding.detail, finding.remedy]));
  if ((report.logged?.decisions.length ?? 0) > 0) {
    yield '\n';
    yield* markdownTable([...DECISION_COLUMNS, { title: 'question' }], (report.logged?.decisions ?? []).map((decision) => [...decisionRow(decision), decision.question]));
  }
  yield `\n${verdict(report)}\n`;
}

export const findingsJson = ({ findings, setAside, pending, counts, logged }: DiffReport, losses: readonly string[]): Iterable<string> =>
  [jsonDocument({ losses, findings, setAside, pending, counts, logged })];
