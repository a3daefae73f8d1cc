/**
 * `baseline diff spec.yaml --update`: findings that somebody accepts go into the spec, by id or one question each.
 *
 * In: the spec, what was seen, the findings. Out: the spec file with comments and order kept, and a line per finding. A
 * question is asked only where a person is at the terminal; nothing is accepted without an owner's name.
 */
import { EXIT, usageError } from '../errors.ts';
import type { ObservationSet } from '../observation.ts';
import type { Finding } from '../policy/findings.ts';
import { acceptFindings, isAcceptable, meaningOf, type Acceptance } from '../policy/spec-accept.ts';
import { plural } from '../infer/plural.ts';
import type { LoadedSpec } from '../policy/spec-load.ts';
import { printable } from '../render/printable.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { writeFileWhole } from './whole-file.ts';

export interface UpdateWish {
  readonly ids: readonly string[];
  readonly owner?: string | undefined;
  readonly purpose?: string | undefined;
}

const LONGEST = 2000;

export function updateSpec(loaded: LoadedSpec, set: ObservationSet, findings: readonly Finding[], wish: UpdateWish, context: CommandContext): CommandResult | Promise<CommandResult> {
  return wish.ids.length > 0 ? updateById(loaded, set, findings, wish) : updateByAsking(loaded, set, findings, wish, context);
}

const lineOf = ({ finding, done, sentence }: Acceptance): string => `${finding}: ${done ? 'accepted' : 'not accepted'}: ${printable(sentence, LONGEST)}\n`;

function updateById(loaded: LoadedSpec, set: ObservationSet, findings: readonly Finding[], { ids, owner, purpose }: UpdateWish): CommandResult {
  if (owner === undefined) throw usageError('who accepts?', 'Name the owner with --owner "J. Doe": it is written into the spec.');
  const wanted = ids.map((id) => {
    const finding = findings.find((one) => one.id === id);
    if (finding === undefined) throw usageError(`there is no finding ${id}`, `\`baseline diff ${loaded.file}\` lists them with their ids.`);
    return finding;
  });
  const { text, results } = acceptFindings(loaded.text, set, wanted, { owner, ...(purpose === undefined ? {} : { purpose }) });
  if (text !== loaded.text) writeFileWhole(loaded.file, text);
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

/** What was accepted before the input ended, or before somebody quit, is kept. */
async function updateByAsking(loaded: LoadedSpec, set: ObservationSet, findings: readonly Finding[], wish: UpdateWish, context: CommandContext): Promise<CommandResult> {
  const { ask } = context;
  if (ask === undefined) throw usageError('nobody is at the terminal to ask', 'Name the findings: --update ID,ID --owner "J. Doe".');
  const open = findings.filter(isAcceptable);
  if (findings.length > 0) context.say(`${open.length} of ${plural(findings.length, 'finding')} can be accepted into ${loaded.file}.`);
  for (const line of refusals(findings)) context.say(line);
  let owner = wish.owner ?? '';
  let text = loaded.text;
  const accepted: Acceptance[] = [];
  for (const [i, finding] of open.entries()) {
    for (const line of describe(finding, i + 1, open.length)) context.say(line);
    const answer = (await ask('accept, skip or quit? [a/s/q] '))?.trim().toLowerCase() ?? 'q';
    if (answer.startsWith('q')) break;
    if (!answer.startsWith('a') && answer !== 'y' && answer !== 'yes') continue;
    while (owner === '') {
      const name = await ask('who accepts? (written into the spec) ');
      if (name === null) break;
      owner = name.trim();
    }
    if (owner === '') break;
    const purpose = (wish.purpose ?? (await ask('why? (written into the rule; may stay empty) ')) ?? '').trim();
    const { text: next, results } = acceptFindings(text, set, [finding], { owner, ...(purpose === '' ? {} : { purpose }) });
    text = next;
    accepted.push(...results);
    for (const one of results) context.say(`  ${one.done ? 'accepted' : 'not accepted'}: ${one.sentence}`);
  }
  if (text !== loaded.text) writeFileWhole(loaded.file, text);
  const left = findings.length - accepted.filter((one) => one.done).length;
  return { exitCode: left > 0 ? EXIT.findings : EXIT.ok, output: [...accepted.map(lineOf), `${accepted.filter((one) => one.done).length} accepted, ${left} left\n`] };
}
