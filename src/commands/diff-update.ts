/**
 * `baseline diff spec.yaml --update`: findings that somebody accepts go into the spec, by id or one question each.
 *
 * In: the spec, what was seen, how findings are made of it. Out: the spec file with comments and order kept, and a line per
 * finding. A question is asked only where a person is at the terminal; nothing is accepted without an owner's name. What is
 * said to be accepted is in the file: it is written at once, and never over what somebody else wrote meanwhile.
 */
import { EXIT, usageError } from '../errors.ts';
import type { ObservationSet } from '../observation.ts';
import type { Finding } from '../policy/diff/findings.ts';
import { acceptFindings, isAcceptable, meaningOf, type Acceptance } from '../policy/edit/accept.ts';
import type { RuleDecision } from '../policy/edit/decide.ts';
import { ownerSchema, reasonSchema } from '../policy/edit/edit.ts';
import { plural } from '../infer/plural.ts';
import { parseSpec, type LoadedSpec } from '../policy/spec/load.ts';
import { date } from '../policy/spec/schema.ts';
import { printable } from '../render/printable.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { digestOf, openSpecFile, type SpecFile } from './spec-file.ts';

export interface UpdateWish {
  readonly ids: readonly string[];
  readonly owner?: string | undefined;
  readonly decidedOn?: string | undefined;
  readonly purpose?: string | undefined;
}

/** The findings of a spec: asked again when the spec was changed by others. */
export type Judge = (loaded: LoadedSpec) => readonly Finding[];

const LONGEST = 2000;

/** What is typed into the spec; or what is wrong with it. */
const wordsOf = (schema: typeof ownerSchema | typeof date, text: string): { readonly words: string } | { readonly fault: string } => {
  const { success, data, error } = schema.safeParse(text, { jitless: true });
  return success ? { words: data } : { fault: error.issues[0].message };
};

const ONE_LINE = 'It is written into the spec: one line of text.';

/** @param option as it begins the line that says what is wrong */
const checkedOption = (option: string, schema: typeof ownerSchema | typeof date, text: string | undefined, remedy = ONE_LINE): string | undefined => {
  if (text === undefined) return undefined;
  const checked = wordsOf(schema, text);
  if ('fault' in checked) throw usageError(`${option} ${checked.fault}`, remedy);
  return checked.words;
};

export function acceptIntoSpec(loaded: LoadedSpec, set: ObservationSet, judge: Judge, wish: UpdateWish, context: CommandContext): CommandResult | Promise<CommandResult> {
  const checked: UpdateWish = {
    ids: wish.ids,
    owner: checkedOption('--owner', ownerSchema, wish.owner),
    decidedOn: checkedOption(`--decided-on ${wish.decidedOn}:`, date, wish.decidedOn, 'Give the day of the decision, like 2026-03-31.'),
    purpose: checkedOption('--purpose', reasonSchema, wish.purpose),
  };
  return wish.ids.length > 0 ? updateById(loaded, set, judge(loaded), checked) : updateByAsking(loaded, set, judge, checked, context);
}

const lineOf = ({ finding, done, sentence }: Acceptance): string => `${finding}: ${done ? 'accepted' : 'not accepted'}: ${printable(sentence, LONGEST)}\n`;

function updateById(loaded: LoadedSpec, set: ObservationSet, findings: readonly Finding[], { ids, owner, decidedOn, purpose }: UpdateWish): CommandResult {
  if (owner === undefined) throw usageError('who accepts?', 'Name the owner with --owner "J. Doe": it is written into the spec.');
  const wanted = ids.map((id) => {
    const finding = findings.find((one) => one.id === id);
    if (finding === undefined) throw usageError(`there is no finding ${id}`, `\`baseline diff ${loaded.file}\` lists them with their ids.`);
    return finding;
  });
  const { text, results } = acceptFindings(loaded.text, set, wanted, { decision: 'approved', owner, decidedOn, purpose });
  if (text !== loaded.text && !openSpecFile(loaded.file).write(digestOf(loaded.text), text, '')) throw usageError(`${loaded.file} was changed meanwhile`, 'Nothing was written: run the same command again.');
  return { exitCode: results.every((one) => one.done) ? EXIT.ok : EXIT.findings, output: results.map(lineOf) };
}

/** Why the rest is not asked about, a line per type and reason. */
const refusals = (findings: readonly Finding[]): string[] => {
  const counts = new Map<string, number>();
  for (const finding of findings) {
    const meaning = meaningOf(finding);
    if ('whyNot' in meaning) counts.set(`${finding.type}: ${meaning.whyNot}`, (counts.get(`${finding.type}: ${meaning.whyNot}`) ?? 0) + 1);
  }
  return [...counts].map(([why, count]) => `  not: ${count} ${why}`);
};

const meaningLine = (finding: Finding): string[] => {
  const meaning = meaningOf(finding);
  return 'does' in meaning ? [`  accepting it ${meaning.does}`] : [];
};

const describe = (finding: Finding, position: number, count: number): string[] => [
  '',
  `${position} of ${count}: ${finding.severity} ${finding.type} (${finding.id})`,
  `  ${finding.title}`,
  `  ${finding.detail}`,
  ...finding.seen.slice(0, 3).map((seen) => `  seen: ${seen.operation}, ${plural(seen.count, 'time')}, ${seen.first} to ${seen.last}`),
  `  to do: ${finding.remedy}`,
  ...meaningLine(finding),
];

const ANSWERS: ReadonlyMap<string, 'accept' | 'skip' | 'quit'> = new Map([
  ['a', 'accept'], ['accept', 'accept'], ['y', 'accept'], ['yes', 'accept'], ['s', 'skip'], ['skip', 'skip'], ['q', 'quit'], ['quit', 'quit'],
]);

type Ask = NonNullable<CommandContext['ask']>;

/** Only a whole word is taken: what is meant by another is asked again. */
async function askVerdict(ask: Ask, context: CommandContext): Promise<'accept' | 'skip' | 'quit'> {
  for (;;) {
    const line = await ask('accept, skip or quit? [a/s/q] ');
    if (line === null) return 'quit';
    const answer = ANSWERS.get(line.trim().toLowerCase());
    if (answer !== undefined) return answer;
    context.say('  write a to accept, s to skip, or q to quit');
  }
}

/** What answers the question before is no name and no reason: who types q here wants to get out, not to approve as "q". */
async function askWords(ask: Ask, context: CommandContext, question: string, schema: typeof ownerSchema): Promise<{ readonly words: string } | 'skip' | 'quit'> {
  for (;;) {
    const line = await ask(question);
    if (line === null) return 'quit';
    const answer = ANSWERS.get(line.trim().toLowerCase());
    if (answer === 'skip' || answer === 'quit') return answer;
    const checked = wordsOf(schema, line);
    if (answer === undefined && 'words' in checked) return checked;
    context.say(`  this ${'fault' in checked ? checked.fault : 'answers another question'}; s skips this finding, q quits`);
  }
}

/** A spec file into which findings go one by one, while others may write into it too. */
interface Desk {
  readonly file: SpecFile;
  readonly name: string;
  readonly set: ObservationSet;
  readonly judge: Judge;
  /** Digest of the text that the findings were made of, with what was accepted since. */
  known: string;
  /** Somebody else wrote: whether a finding still stands is to be asked of the text as it is. */
  isShared: boolean;
}

function acceptInto(desk: Desk, shown: Finding, by: RuleDecision): Acceptance {
  const not = (sentence: string): Acceptance => ({ finding: shown.id, done: false, sentence });
  const { text, digest } = desk.file.read();
  desk.isShared ||= digest !== desk.known;
  let finding: Finding | undefined = shown;
  if (desk.isShared) {
    const { loaded, problems } = parseSpec(text, desk.name);
    if (loaded === null) return not(`${desk.name} was changed meanwhile and does not hold (line ${problems[0].line}: ${problems[0].message}): mend it, then run the same command again`);
    finding = desk.judge(loaded).find((one) => one.id === shown.id);
    if (finding === undefined) return not(`${desk.name} was changed meanwhile, and has this finding no more`);
  }
  const { text: next, results: [result] } = acceptFindings(text, desk.set, [finding], by);
  if (!result.done || next === text) return result;
  if (!desk.file.write(digest, next, result.sentence)) return not(`${desk.name} was changed in this moment: run the same command again`);
  desk.known = digestOf(next);
  return result;
}

/** What was accepted before the input ended, or before somebody quit, is kept. */
async function updateByAsking(loaded: LoadedSpec, set: ObservationSet, judge: Judge, wish: UpdateWish, context: CommandContext): Promise<CommandResult> {
  const { ask } = context;
  if (ask === undefined) throw usageError('nobody is at the terminal to ask', 'Name the findings: --update ID,ID --owner "J. Doe".');
  const findings = judge(loaded);
  const open = findings.filter(isAcceptable);
  if (findings.length > 0) context.say(`${open.length} of ${plural(findings.length, 'finding')} can be accepted into ${loaded.file}.`);
  for (const line of refusals(findings)) context.say(line);
  const desk: Desk = { file: openSpecFile(loaded.file), name: loaded.file, set, judge, known: digestOf(loaded.text), isShared: false };
  let { owner } = wish;
  const accepted: Acceptance[] = [];
  for (const [i, finding] of open.entries()) {
    for (const line of describe(finding, i + 1, open.length)) context.say(line);
    const verdict = await askVerdict(ask, context);
    const known = owner === undefined ? null : { words: owner };
    const who = verdict === 'accept' ? (known ?? (await askWords(ask, context, 'who accepts? (written into the spec) ', ownerSchema))) : verdict;
    const reason = wish.purpose === undefined ? null : { words: wish.purpose };
    const why = typeof who === 'string' ? who : (reason ?? (await askWords(ask, context, 'why? (written into the rule; may stay empty) ', reasonSchema)));
    if (why === 'quit') break;
    if (why === 'skip' || typeof who === 'string') continue;
    owner = who.words;
    const one = acceptInto(desk, finding, { decision: 'approved', owner, decidedOn: wish.decidedOn, purpose: why.words });
    accepted.push(one);
    context.say(`  ${one.done ? 'accepted' : 'not accepted'}: ${one.sentence}`);
  }
  const left = findings.length - accepted.filter((one) => one.done).length;
  return { exitCode: left > 0 ? EXIT.findings : EXIT.ok, output: [...accepted.map(lineOf), `${accepted.filter((one) => one.done).length} accepted, ${left} left\n`] };
}
