/**
 * How often firewalls and the spec agree: by rule and by day. In: logged attempts, each with how it stands towards the spec.
 * Out: sums of records (or of the hits that they carry), in a stable order. Counts of packets are not touched.
 */
import { byText } from '../../net/text-order.ts';
import { isoDay } from '../../net/time.ts';
import type { AttemptVerdict, LoggedAttempt } from '../../observation.ts';

/**
 * `agreed`: the firewall does what the spec says. `expected`: blocked, while its Permit is switched off or one-way.
 * `mid-session`: of sessions older than the rules. `not-judged`: group addresses, or out of the scope asked for.
 */
export const LOGGED_STANDINGS = ['blocked-but-permitted', 'passed-but-not-permitted', 'to-be-decided', 'mid-session', 'expected', 'agreed', 'not-judged'] as const;
export type LoggedStanding = (typeof LOGGED_STANDINGS)[number];

type Sums = Readonly<Record<LoggedStanding, number>>;

/** One rule of one device. */
export interface LoggedRule {
  readonly device: string;
  readonly format: string;
  readonly rule: string;
  readonly attempts: number;
  readonly verdicts: Readonly<Record<AttemptVerdict, number>>;
  readonly standings: Sums;
}

export interface LoggedDay {
  /** ISO date (UTC); null: without a time. */
  readonly date: string | null;
  readonly standings: Sums;
}

export interface JudgedAttempt {
  readonly attempt: LoggedAttempt;
  readonly standing: LoggedStanding;
}

const HOURS_PER_DAY = 24;

const noSums = (): Record<LoggedStanding, number> => ({ 'blocked-but-permitted': 0, 'passed-but-not-permitted': 0, 'to-be-decided': 0, 'mid-session': 0, expected: 0, agreed: 0, 'not-judged': 0 });

const added = (a: number, b: number): number => Math.min(Number.MAX_SAFE_INTEGER, a + b);

/** Rules that disagree with the spec come first, then the busiest. */
export function tallyLogged(judged: readonly JudgedAttempt[]): { readonly rules: readonly LoggedRule[]; readonly days: readonly LoggedDay[] } {
  const rules = new Map<string, LoggedRule & { attempts: number; readonly verdicts: Record<AttemptVerdict, number>; readonly standings: Record<LoggedStanding, number> }>();
  const days = new Map<number, Record<LoggedStanding, number>>();
  for (const { attempt, standing } of judged) {
    const { device, format, rule, verdict, count, hours } = attempt;
    const key = `${device}\n${format}\n${rule}`;
    const held = rules.get(key) ?? { device, format, rule, attempts: 0, verdicts: { passed: 0, 'would-block': 0, blocked: 0 }, standings: noSums() };
    rules.set(key, held);
    held.attempts++;
    held.verdicts[verdict] = added(held.verdicts[verdict], count);
    held.standings[standing] = added(held.standings[standing], count);
    for (const { hour, count: hits } of hours) {
      const day = hour < 0 ? -1 : Math.floor(hour / HOURS_PER_DAY);
      const sums = days.get(day) ?? noSums();
      days.set(day, sums);
      sums[standing] = added(sums[standing], hits);
    }
  }
  const disagreeing = ({ standings }: LoggedRule): number => standings['blocked-but-permitted'] + standings['passed-but-not-permitted'] + standings['to-be-decided'];
  const all = ({ verdicts }: LoggedRule): number => verdicts.passed + verdicts['would-block'] + verdicts.blocked;
  return {
    rules: [...rules.values()].sort((a, b) => disagreeing(b) - disagreeing(a) || all(b) - all(a) || byText(a.device, b.device) || byText(a.rule, b.rule) || byText(a.format, b.format)),
    days: [...days].sort(([a], [b]) => a - b).map(([day, standings]) => ({ date: day < 0 ? null : isoDay(day), standings })),
  };
}
