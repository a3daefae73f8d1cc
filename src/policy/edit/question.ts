/**
 * The questions that an update writes into a spec, and those it wrote before with the days of today.
 *
 * In: what stands beside a rule, or a question and when its rule was seen. Out: the text. Left out on purpose: a person's
 * words, which stay as they are.
 */
import { DAY_MS } from '../../net/time.ts';
import { QUESTION_KINDS, QUESTION_SENTENCES, seenOn } from '../../infer/conduits/questions.ts';
import type { PermitLeft } from '../match/permit-rest.ts';
import { firstOf } from '../../infer/plural.ts';

const MOST_NAMED = 3;

/** Of what no rule speaks of, and nothing else is to ask. */
export const NEW_QUESTION = 'new: not in this spec before; is it right? Then approve it, with an owner.';

/** Where rules for the same service stand, more of it is for a person to decide. @param own what else there is to ask */
export function besideQuestion({ beside, isOfPair }: PermitLeft, own: string | undefined, days: readonly number[]): string {
  return `beside ${firstOf(beside, MOST_NAMED)}: the same service ${isOfPair ? 'of the same two' : 'between the same zones'}, not let through there; left out on purpose? Then reject this.${own === undefined ? '' : ` ${own}`}${isOfPair ? seenOn(days, null) : ''}`;
}

const BESIDE = /^beside [^:]+: the same service (?:of the same two|between the same zones), not let through there; left out on purpose\? Then reject this\.$/;
const SEEN_ON = / Seen on (\d{4}-\d\d-\d\d(?:, \d{4}-\d\d-\d\d)*)(?: and (\d+) more days?)?(?: \(.+\))?\.$/;

/** Whether the program wrote a question, of which the days are not looked at. */
function isOwn(stem: string): boolean {
  const own = QUESTION_KINDS.map((kind) => `${kind}: ${QUESTION_SENTENCES[kind]}`).find((one) => stem.endsWith(one)) ?? '';
  const before = stem.slice(0, stem.length - own.length).trimEnd();
  return before === '' || BESIDE.test(before);
}

export interface QuestionSeen {
  readonly days: readonly number[];
  readonly regime: string | null;
}

/** The program's own question with the days on which its rule was seen by now, also by an earlier store; any other as it is. */
export function refreshedQuestion(held: string, { days, regime }: QuestionSeen): string {
  const dated = SEEN_ON.exec(held);
  if (dated === null || !isOwn(held.slice(0, dated.index))) return held;
  const shown = dated[1].split(', ').map((day) => Date.parse(day) / DAY_MS);
  const all = [...new Set([...shown, ...days])].sort((a, b) => a - b);
  return all.length <= shown.length + Number(dated[2] ?? 0) ? held : `${held.slice(0, dated.index)}${seenOn(all, regime)}`;
}
