/**
 * What a target blocks of one conversation, in words. In: the conversation and what was said of it by the target's rules, the spec and what
 * somebody rejected. Out: a hit an operation, or one for a session that is too weak.
 */
import type { Conversation } from '../observation.ts';
import { modeWord, policyWord, securityOf, type OpcUaSecurity } from './match/asks.ts';
import type { AskVerdict, ConversationVerdict } from './match/match.ts';
import type { Blocked } from './simulate-cutover.ts';
import type { DeclaredPermit } from './spec/permits.ts';

/** The verdicts on one conversation; their asks are the same, in the same order. */
export interface Judged {
  readonly conversation: Conversation;
  readonly onTarget: ConversationVerdict;
  /** Null where the target lets all of it through. */
  readonly asDeclared: ConversationVerdict | null;
  /** By what somebody rejected; null where that was not asked. */
  readonly asRejected: ConversationVerdict | null;
  /** Why the target sees nothing of it; null where it does. */
  readonly whyUnseen: string | null;
  /** The first request decides for all, and not all of them have the same verdict. */
  readonly isMixed: boolean;
}

export type Hit = Pick<Blocked, 'operation' | 'count' | 'days' | 'permit' | 'why' | 'rejected' | 'extent'>;

/** @param lost what is blocked of it @param whyNoRule why a Permit that lets it through has no rule on the target */
export function hitsOf(judged: Judged, lost: readonly AskVerdict[], whyNoRule: (declared: DeclaredPermit) => string): Hit[] {
  const { weaker, demanding } = judged.onTarget;
  // Of a session that is too weak nothing passes: it is one thing, whatever was asked in it.
  const tooWeak = weaker.length === 0 || demanding === null ? [] : lost.filter(({ permit }) => permit !== null);
  const others = lost.filter((one) => !tooWeak.includes(one)).map((one) => operationHit(judged, one, whyNoRule));
  return tooWeak.length === 0 || demanding === null ? others : [sessionHit(judged, tooWeak, demanding), ...others];
}

const sortedDays = (days: readonly number[]): number[] => [...new Set(days)].sort((x, y) => x - y);

function sessionHit({ conversation, onTarget: { weaker }, asRejected }: Judged, tooWeak: readonly AskVerdict[], demanding: DeclaredPermit): Hit {
  const refusal = asRejected?.asks.find(({ miss }) => miss?.kind === 'rejected')?.miss ?? null;
  return {
    operation: `sessions with ${weaker.join(' and ')}`,
    count: tooWeak.reduce((sum, { ask }) => sum + ask.count, 0),
    days: sortedDays(tooWeak.flatMap(({ ask }) => ask.days)),
    rejected: refusal !== null,
    permit: refusal?.permit ?? demanding.permit.id,
    why: refusal?.sentence ?? `${demanding.permit.id} demands more`,
    extent: isPartly(weaker, securityOf(conversation)) ? 'some' : 'all',
  };
}

/** Whether other sessions of the two are as safe as is demanded. */
const isPartly = (weaker: readonly string[], { modes, policies }: OpcUaSecurity): boolean =>
  [modes.map(modeWord), policies.map(policyWord)].some((seen) => seen.some((word) => weaker.includes(word)) && seen.some((word) => !weaker.includes(word)));

function operationHit({ onTarget, asDeclared, asRejected, whyUnseen, isMixed }: Judged, one: AskVerdict, whyNoRule: (declared: DeclaredPermit) => string): Hit {
  const { text: operation, count } = one.ask;
  const days = sortedDays(one.ask.days);
  const place = onTarget.asks.indexOf(one);
  const refusal = asRejected?.asks[place]?.miss ?? null;
  if (refusal?.kind === 'rejected') return { operation, count, days, rejected: true, permit: refusal.permit, why: refusal.sentence, extent: isMixed ? 'some' : 'all' };
  const withoutRule = asDeclared?.asks[place]?.permit ?? null;
  // What comes nearest is a Permit for something else.
  const miss = whyUnseen === null ? one.miss : null;
  // Where rules hold for some of the time, only what was asked at another is blocked.
  const outside = isMixed || withoutRule !== null ? days : (miss?.days ?? days);
  return {
    operation,
    count,
    days: outside,
    rejected: false,
    permit: withoutRule?.permit.id ?? miss?.permit ?? null,
    why: isMixed
      ? 'the first request of a session decides for all of it'
      : withoutRule !== null ? whyNoRule(withoutRule) : (whyUnseen ?? miss?.sentence ?? 'nothing is declared between the two'),
    extent: isMixed || outside.length < days.length ? 'some' : 'all',
  };
}
