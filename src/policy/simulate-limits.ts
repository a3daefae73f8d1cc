/**
 * Limits of a spec against what was seen: requests a second, connections, new connections a minute.
 *
 * In: a Permit's limits and a conversation that it lets through. Out: what would have been cut off, as far as aggregates
 * tell. Gaps between requests are kept as a histogram, so the share of requests that came too fast is known; of
 * connections only the number and the days are, so that a limit is said to hold, to break, or not to be decidable.
 */
import { plural } from '../infer/plural.ts';
import type { Conversation } from '../observation.ts';
import type { DeclaredPermit } from './spec/permits.ts';

export interface LimitVerdict {
  /** `broken`: `count` requests or connections came too fast. `unknown`: the peak was not kept. */
  readonly kind: 'broken' | 'unknown';
  readonly count: number;
  readonly sentence: string;
}

const MINUTES_A_DAY = 1440;

export function judgeLimits({ limits }: DeclaredPermit, conversation: Conversation): LimitVerdict[] {
  if (limits === null) return [];
  const verdicts: LimitVerdict[] = [];
  const { requests_per_second: rate, new_connections_per_minute: perMinute } = limits;
  if (rate !== undefined) {
    const gaps = conversation.rhythm.length > 0 ? conversation.rhythm : conversation.operations.flatMap((operation) => operation.rhythm);
    const tooFast = gaps.reduce((sum, gap) => sum + (gap.meanMs < 1000 / rate ? gap.count : 0), 0);
    if (tooFast > 0) verdicts.push({ kind: 'broken', count: tooFast, sentence: `${plural(tooFast, 'request')} came faster than ${rate} a second` });
  }
  const days = Math.max(1, conversation.days.length);
  if (perMinute !== undefined && conversation.sessions > perMinute) {
    const mean = conversation.sessions / (days * MINUTES_A_DAY);
    verdicts.push(mean > perMinute
      ? { kind: 'broken', count: Math.round(conversation.sessions - perMinute * days * MINUTES_A_DAY), sentence: `${mean.toFixed(1)} new connections a minute on average, and ${perMinute} are permitted` }
      : { kind: 'unknown', count: conversation.sessions, sentence: `${plural(conversation.sessions, 'connection')} on ${plural(days, 'day')}: whether more than ${perMinute} came in one minute was not kept` });
  }
  const most = Math.min(limits.max_connections ?? Infinity, limits.max_connections_per_client ?? Infinity);
  if (conversation.sessions > most) verdicts.push({ kind: 'unknown', count: conversation.sessions, sentence: `${plural(conversation.sessions, 'connection')}: whether more than ${most} were open at once was not kept` });
  return verdicts;
}
