/** The days in the questions that a spec holds: the program's own grow with what was seen, a person's words stay. */
import { describe, expect, it } from 'vitest';
import { QUESTION_KINDS, QUESTION_SENTENCES, seenOn } from '../../../src/infer/conduits/questions.ts';
import { besideQuestion, refreshedQuestion } from '../../../src/policy/edit/question.ts';
import { loadText } from '../loaded-spec.ts';
import { MONDAY } from '../observed.ts';

const [{ permit }] = loadText(`zones: [{zone_id: A, name: A}, {zone_id: B, name: B}]
conduits: [{conduit_id: C, connects: [A, B], protocols_allowed: [{rule_id: R, protocol: SSH, port: 22}]}]
`).permits;
const later = { days: [MONDAY + 7], regime: null };

describe('a question that the program wrote', () => {
  it.each(QUESTION_KINDS)('says the day on which its rule was seen again: %s', (kind) => {
    const asked = `${kind}: ${QUESTION_SENTENCES[kind]}`;
    expect(refreshedQuestion(`${asked}${seenOn([MONDAY], null)}`, later)).toBe(`${asked} Seen on 2026-01-05, 2026-01-12.`);
  });

  it.each([true, false])('does so beside rules for the same service too (of the same two: %s)', (isOfPair) => {
    const asked = besideQuestion({ permit, beside: ['R-1', 'R-2'], isOfPair }, `rare: ${QUESTION_SENTENCES.rare}${isOfPair ? '' : seenOn([MONDAY], null)}`, [MONDAY]);
    expect(asked).toMatch(/^beside R-1, R-2: .* Seen on 2026-01-05\.$/);
    expect(refreshedQuestion(asked, later)).toBe(asked.replace('2026-01-05.', '2026-01-05, 2026-01-12.'));
  });

  it('counts the days that it does not list', () => {
    const asked = `rare: ${QUESTION_SENTENCES.rare}`;
    const weeks = Array.from({ length: 8 }, (_, i) => MONDAY + 7 * i);
    expect(refreshedQuestion(`${asked}${seenOn(weeks.slice(0, 6), null)}`, { days: weeks, regime: 'weekly' })).toMatch(/2026-02-09 and 2 more days \(weekly\)\.$/);
    const whole = `${asked}${seenOn(weeks, 'weekly')}`;
    expect(refreshedQuestion(whole, { days: weeks.slice(2), regime: null })).toBe(whole);
  });
});

it.each(['who is this? Seen on 2026-01-05.', 'asked B. Frey: rare: a test. Seen on 2026-01-05.', `asked B. Frey, rare: ${QUESTION_SENTENCES.rare} Seen on 2026-01-05.`, 'rare'])('a person\'s question stays as it is: %s', (held) => {
  expect(refreshedQuestion(held, later)).toBe(held);
});
