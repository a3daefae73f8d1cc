/**
 * What the firewall's own log says: what it let through and blocked, held against the Permits.
 *
 * In: logged attempts (they prove the attempt and the verdict, never an answer). Out: checks, and which paths and filters
 * were seen at work. The 5-tuple and operation are judged anew by the spec; the name of the rule is only shown.
 */
import { plural } from '../../infer/plural.ts';
import { addTo } from '../../net/multi-map.ts';
import type { LoggedAttempt } from '../../observation.ts';
import { attemptMatcher, conversationOf, mayBeBlocked } from '../diff/logged.ts';
import type { DiffContext } from '../diff/context.ts';
import { OPERATION_MISSES, type AskVerdict, type ConversationVerdict } from '../match/match.ts';
import { nameOf } from '../spec/assets.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { makeCheck, type Check, type CheckEvidence } from './checks.ts';
import { evidenceOf, seenWhole, type Seen } from './crossings.ts';

export interface LoggedResult {
  readonly checks: readonly Check[];
  /** `from\nto` of zones -> attempts that were blocked there. */
  readonly blocked: ReadonlyMap<string, CheckEvidence>;
  readonly open: ReadonlySet<string>;
  /** Permits whose filter blocked something outside them. */
  readonly filtered: ReadonlyMap<DeclaredPermit, CheckEvidence>;
}

const seenOf = (attempt: LoggedAttempt): Seen => seenWhole(conversationOf(attempt), attempt.count, null);

const deviceOf = (attempts: readonly LoggedAttempt[]): string => [...new Set(attempts.map(({ device, format }) => (device === '' ? format : device)))].slice(0, 3).join(', ');

const evidence = (attempts: readonly LoggedAttempt[]): CheckEvidence | null => evidenceOf(attempts.map(seenOf), 'firewall-log', () => deviceOf(attempts));

const rulesOf = (attempts: readonly LoggedAttempt[]): string => {
  const rules = [...new Set(attempts.map(({ rule }) => rule).filter((rule) => rule !== ''))];
  return rules.length === 0 ? '' : ` (${rules.slice(0, 3).join(', ')}${rules.length > 3 ? ` and ${plural(rules.length - 3, 'more rule')}` : ''})`;
};

type Outcome = 'too-tight' | 'would-break' | 'let-through' | 'not-enforced' | 'blocked' | 'filtered';

interface Judged {
  readonly outcome: Outcome;
  readonly permit: DeclaredPermit | null;
  readonly asked: AskVerdict;
}

const judge = (verdict: ConversationVerdict, attempt: LoggedAttempt): Judged | null => {
  const [asked] = verdict.asks;
  if (asked.permit !== null) {
    if (attempt.verdict === 'passed' || mayBeBlocked(asked.permit)) return null;
    // A packet in mid-session is older than the firewall's memory of it: that happens once at a cut-over. A verdict on content that the log does not tell may be on what the Permit leaves out.
    if (!attempt.opening) return null;
    if (attempt.inspected && attempt.operation === null) return { outcome: 'filtered', permit: asked.permit, asked };
    return { outcome: attempt.verdict === 'blocked' ? 'too-tight' : 'would-break', permit: asked.permit, asked };
  }
  // The log does not tell the unit: nothing can be said of a Permit that names units.
  if (asked.miss?.kind === 'unit' && attempt.operation?.unit === null) return null;
  const near = verdict.related.find(({ permit }) => permit.id === asked.miss?.permit) ?? verdict.related.at(0) ?? null;
  if (attempt.verdict === 'passed') return { outcome: 'let-through', permit: near, asked };
  if (attempt.verdict === 'would-block') return { outcome: 'not-enforced', permit: near, asked };
  return { outcome: near !== null && asked.miss !== null && OPERATION_MISSES.has(asked.miss.kind) ? 'filtered' : 'blocked', permit: near, asked };
};

const WORDS: Readonly<Record<'too-tight' | 'would-break' | 'let-through' | 'not-enforced', readonly [what: string, why: string, remedy: string]>> = {
  'too-tight': ['is blocked', 'the firewall denied what the Permit lets through', 'correct the rule before the process needs the data'],
  'would-break': ['would be blocked', 'in monitor mode the firewall says that it would deny what the Permit lets through', 'correct the rule before it is enforced'],
  'let-through': ['gets through', 'the firewall let it through', 'close the rule that lets it through; if the process needs it, declare a Permit with an owner'],
  'not-enforced': ['gets through', 'the firewall would block it, and is still in monitor mode', 'switch the conduit to enforce'],
};

export const judgeLogs = (context: DiffContext, attempts: readonly LoggedAttempt[]): LoggedResult => {
  const failing = new Map<string, { judged: Judged; attempts: LoggedAttempt[] }>();
  const blocked = new Map<string, LoggedAttempt[]>();
  const filtered = new Map<DeclaredPermit, LoggedAttempt[]>();
  const open = new Set<string>();
  const verdictOf = attemptMatcher(context);
  for (const attempt of attempts) {
    // Many targets, folded into one count or of one broadcast: there is no pair to judge.
    if (attempt.server === '' || context.assets.isToGroup(attempt.client, attempt.server)) continue;
    const [from, to] = [context.assets.resolve(attempt.client)?.zone, context.assets.resolve(attempt.server)?.zone];
    if (from === to) continue;
    const judged = judge(verdictOf(conversationOf(attempt)), attempt);
    if (judged === null) continue;
    const path = `${from ?? ''}\n${to ?? ''}`;
    if (judged.outcome === 'blocked') addTo(blocked, path, attempt);
    else if (judged.outcome === 'filtered') {
      if (judged.permit !== null) addTo(filtered, judged.permit, attempt);
    } else {
      if (judged.outcome === 'let-through' || judged.outcome === 'not-enforced') open.add(path);
      const key = [attempt.client, attempt.server, attempt.transport, attempt.port, attempt.operation?.function, judged.outcome].join('\n');
      const held = failing.get(key);
      if (held === undefined) failing.set(key, { judged, attempts: [attempt] });
      else held.attempts.push(attempt);
    }
  }
  const checks = [...failing.values()].map(({ judged: { outcome, permit, asked }, attempts: own }): Check => {
    const [first] = own;
    const [from, to] = [context.assets.resolve(first.client), context.assets.resolve(first.server)];
    const [what, why, remedy] = WORDS[outcome as keyof typeof WORDS];
    const isPermitted = outcome === 'too-tight' || outcome === 'would-break';
    const service = `${first.transport}${first.port > 0 ? `/${first.port}` : ''}`;
    return makeCheck({
      kind: isPermitted ? 'permitted' : permit !== null && asked.miss !== null && OPERATION_MISSES.has(asked.miss.kind) ? 'function-filter' : 'prohibited', verdict: 'fail',
      title: `${permit === null ? `${from?.zone ?? 'undeclared'} -> ${to?.zone ?? 'undeclared'}` : permit.permit.id}: ${nameOf(first.client, from)} -> ${nameOf(first.server, to)}, ${first.operation === null ? service : asked.ask.text} ${what}`,
      reason: `${why}${rulesOf(own)}${asked.miss === null ? '' : `; ${asked.miss.sentence}`}`, remedy,
      conduit: permit?.permit.conduit ?? null, permit: permit?.permit.id ?? null, fromZone: from?.zone ?? null, toZone: to?.zone ?? null, client: first.client, server: first.server,
      service, operation: first.operation === null ? null : asked.ask.text, evidence: evidence(own),
    });
  });
  const told = <K>(map: ReadonlyMap<K, readonly LoggedAttempt[]>): Map<K, CheckEvidence> => new Map([...map].flatMap(([key, own]) => {
    const sum = evidence(own);
    return sum === null ? [] : [[key, sum] as const];
  }));
  return { checks, blocked: told(blocked), open, filtered: told(filtered) };
};
