/**
 * VALIDATION RESULTS: one function for their words, drawn by `verify` and by every form of the report. And the checks of a
 * verification as table, Markdown and JSON. In: a Verification. Out: sentences, chunks of text.
 */
import { plural } from '../infer/plural.ts';
import type { Verification } from '../policy/verify/verify.ts';
import { countVerdicts, type Check, type VerdictCounts } from '../policy/verify/checks.ts';
import type { LeftOut } from '../policy/verify/plan-survey.ts';
import { jsonDocument } from './json.ts';
import { markdownTable, markdownText } from './markdown.ts';
import { printableSentence } from './printable.ts';
import { sentenceLine } from './sentences.ts';
import { textTable, type Cell, type Column, type TableStyle } from './table.ts';

export interface ValidationWords {
  /** What it rests on: which store, since when, compared with what. */
  readonly basis: string;
  readonly crossZone: string;
  readonly prohibited: string;
  /** What got through, one sentence each. */
  readonly exceptions: readonly string[];
  readonly enforcement: string;
  readonly diodes: readonly string[];
}

const countsText = ({ pass, fail, notObservable }: VerdictCounts): string => `${pass} pass / ${fail} fail${notObservable === 0 ? '' : ` (${notObservable} not observable)`}`;

/** `modbus (tcp/502)` and `tcp/502`: packets name the service, a firewall's log does not. */
const portText = (service: string | null): string => /\w+(?:\/\d+)?(?=\)?$)/.exec(service ?? '')?.[0] ?? '';

/** What got through, once however many saw it: packets and the firewall's log can tell of the same. */
function exceptionsOf(checks: readonly Check[]): Check[] {
  const byPath = new Map<string, Check>();
  for (const check of checks) {
    if (check.kind !== 'prohibited' || check.verdict !== 'fail') continue;
    const key = check.client === null || check.server === null ? check.id : `${check.client}\n${check.server}\n${portText(check.service)}`;
    const held = byPath.get(key);
    const [first, second] = held?.evidence?.source === 'packets' ? [held, check] : [check, held];
    byPath.set(key, second === undefined ? first : { ...first, reason: `${first.reason}; ${second.reason}` });
  }
  return [...byPath.values()];
}

function prohibitedText(exceptions: readonly Check[], paths: Verification['paths']): string {
  const all = plural(paths.total, 'path');
  const rest = `${paths.blocked} blocked or silent${paths.notObservable === 0 ? '' : `, ${paths.notObservable} not observable`}`;
  if (exceptions.length === 0) return `${paths.notObservable === 0 ? 'all blocked' : paths.blocked === 0 ? 'not observable' : 'no exception'} (${all} between zones: ${rest})`;
  const strangers = exceptions.filter(({ fromZone, toZone }) => fromZone === null || toZone === null).length;
  return `${plural(exceptions.length, 'exception')} (of ${all} between zones ${paths.open} open, ${rest}${strangers === 0 ? '' : `; ${plural(strangers, 'exception')} from or to what is not declared`})`;
}

export function validationWords({ checks, sums, paths, filters }: Verification, basis: string): ValidationWords {
  const exceptions = exceptionsOf(checks);
  const { fail, notObservable } = sums['function-filter'];
  const state = filters.limiting === 0 ? 'no Permit limits operations: there is nothing to filter'
    : fail > 0 ? `function code filtering NOT in force: ${plural(fail, 'operation')} outside the Permits got an answer`
      : filters.seenAtWork > 0 ? `function code filtering verified: seen at work on ${plural(filters.seenAtWork, 'Permit')}`
        : filters.absent > 0 ? 'function code filtering not put to the test: nothing outside the Permits was asked' : 'function code filtering not observable';
  const more = filters.limiting === 0 ? '' : ` (${filters.limiting === 1 ? '1 Permit limits' : `${filters.limiting} Permits limit`} operations: ${filters.seenAtWork} seen at work, ${filters.absent} with nothing outside asked${notObservable === 0 ? '' : `, ${notObservable} not observable`})`;
  return {
    basis,
    crossZone: countsText(sums.permitted),
    prohibited: prohibitedText(exceptions, paths),
    exceptions: exceptions.map(({ title, reason }) => `${title}: ${reason}`),
    enforcement: `${state}${more}`,
    diodes: checks.filter(({ kind }) => kind === 'diode').map(({ title, verdict, reason }) => `${title}: ${verdict.replace('-', ' ')}, ${reason}`),
  };
}

const COLUMNS: readonly Column[] = [
  { title: 'verdict', shrinkTo: 11, lines: 2 },
  { title: 'test', shrinkTo: 10, lines: 2 },
  { title: 'what', shrinkTo: 16, lines: 7 },
  { title: 'why', shrinkTo: 15, lines: 7 },
  { title: 'seen', align: 'right', isOptional: true },
  { title: 'answered', align: 'right', isOptional: true },
  { title: 'id' },
];

/** Tests that did not pass, and exceptions, listed to a person; the JSON has all. */
const LISTED_CHECKS = 500;
const LISTED_EXCEPTIONS = 200;

/** The first of them, and how many more there are. */
export const listedExceptions = ({ exceptions }: ValidationWords): readonly string[] =>
  exceptions.length <= LISTED_EXCEPTIONS ? exceptions : [...exceptions.slice(0, LISTED_EXCEPTIONS), `and ${exceptions.length - LISTED_EXCEPTIONS} more; the JSON form has all of them`];

/** Failures whose evidence and remedy are written out below the table. */
const EXPLAINED = 10;

const verdictText = ({ verdict }: Check): string => verdict.replace('-', ' ');

const row = (check: Check): Cell[] => [verdictText(check), check.kind, check.title, check.reason, check.evidence?.count ?? null, check.evidence?.answered ?? null, check.id];

export const evidenceText = ({ evidence }: Check): string =>
  evidence === null ? 'nothing seen' : `${evidence.first === null ? '' : `${evidence.first.slice(0, 19)} to ${evidence.last?.slice(0, 19) ?? ''}, `}${evidence.count} seen${evidence.answered === null ? '' : `, ${evidence.answered} answered`} (${evidence.source === 'packets' ? '' : `${evidence.source}, `}${evidence.sensor})`;

export interface VerificationView {
  readonly verification: Verification;
  readonly basis: string;
  /** What the store does not keep by time, and was therefore left out. */
  readonly notes: readonly string[];
}

/** The section of the text form (in the words of a zone implementation report). */
export function* validationLines(words: ValidationWords): Generator<string> {
  yield 'VALIDATION RESULTS:';
  yield `  Basis: ${printableSentence(words.basis)}`;
  yield `  Cross-zone tests: ${words.crossZone}`;
  yield `  Prohibited path tests: ${words.prohibited}`;
  for (const exception of words.exceptions) yield `    - ${printableSentence(exception)}`;
  yield `  Protocol enforcement: ${words.enforcement}`;
  for (const diode of words.diodes) yield `  Data diode: ${printableSentence(diode)}`;
}

/** What an active run sent, all of it, and what came back. */
export function* activeTable(checks: readonly Check[], words: string, leftOut: readonly LeftOut[], style: TableStyle): Generator<string> {
  const columns: readonly Column[] = [{ title: 'verdict' }, { title: 'test', shrinkTo: 10, lines: 2 }, { title: 'what', shrinkTo: 22, lines: 4 }, { title: 'came back, and was expected', shrinkTo: 22, lines: 4 }];
  if (checks.length > 0) yield* textTable(columns, checks.map((check) => [verdictText(check), check.kind, check.title, check.reason]), style);
  for (const { what, why } of leftOut) yield sentenceLine(`Left out: ${what}: ${why}`, style);
  const { pass, fail, notObservable } = countVerdicts(checks);
  yield `${sentenceLine(words, style)}${pass} pass / ${fail} fail / ${notObservable} neither proof nor leak\n`;
}

export function* verificationTable(view: VerificationView, all: boolean, style: TableStyle): Generator<string> {
  const { checks } = view.verification;
  const open = checks.filter(({ verdict }) => verdict !== 'pass');
  const shown = all ? checks : open.slice(0, LISTED_CHECKS);
  if (shown.length > 0) yield* textTable(COLUMNS, shown.map(row), style);
  if (shown.length < open.length) yield `the first ${LISTED_CHECKS} of ${open.length} tests that did not pass; --all lists all\n`;
  const failed = checks.filter(({ verdict }) => verdict === 'fail');
  for (const check of failed.slice(0, EXPLAINED)) {
    yield `\n${[`${check.id} ${check.title}`, `  ${check.reason}`, `  Evidence: ${evidenceText(check)}`, `  Do: ${check.remedy}`].map((line) => sentenceLine(line, style)).join('')}`;
  }
  if (failed.length > EXPLAINED) yield `\n${failed.length - EXPLAINED} more are explained in --format md and --json.\n`;
  if (shown.length > 0) yield '\n';
  const words = validationWords(view.verification, view.basis);
  for (const line of validationLines(all ? words : { ...words, exceptions: listedExceptions(words) })) yield sentenceLine(line, style);
  for (const note of view.notes) yield sentenceLine(`  Note: ${note}`, style);
  const passed = all ? 0 : checks.length - open.length;
  if (passed > 0) yield `${plural(passed, 'test')} passed and ${passed === 1 ? 'is' : 'are'} not listed; --all lists them.\n`;
}

/** The same as a list. */
export const validationSentences = (words: ValidationWords): string[] => [
  `Basis: ${words.basis}`, `Cross-zone tests: ${words.crossZone}`, `Prohibited path tests: ${words.prohibited}`, ...words.exceptions.map((exception) => `Exception: ${exception}`),
  `Protocol enforcement: ${words.enforcement}`, ...words.diodes.map((diode) => `Data diode: ${diode}`),
];

export function* verificationMarkdown({ verification, basis, notes }: VerificationView): Generator<string> {
  yield '# Validation results\n\n';
  for (const line of [...validationSentences(validationWords(verification, basis)), ...notes.map((note) => `Note: ${note}`)]) yield `- ${markdownText(line)}\n`;
  yield '\n';
  yield* markdownTable(
    [{ title: 'verdict' }, { title: 'test' }, { title: 'conduit' }, { title: 'permit' }, { title: 'what' }, { title: 'why' }, { title: 'observations' }, { title: 'to do' }, { title: 'id' }],
    verification.checks.map((check) => [verdictText(check), check.kind, check.conduit, check.permit, check.title, check.reason, evidenceText(check), check.remedy, check.id]),
  );
}

export const verificationJson = ({ verification, basis, notes }: VerificationView, head: object): Iterable<string> =>
  [jsonDocument({ ...head, basis, notes, words: validationWords(verification, basis), hours: verification.hours, sensor: verification.sensor, sums: verification.sums, paths: verification.paths, filters: verification.filters, checks: verification.checks })];
