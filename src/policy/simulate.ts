/**
 * What enforcement would have done to the observed traffic, as a given firewall would really judge it.
 *
 * In: a spec, Observations, how a target judges, and what its configuration makes of each Permit. Out: what would have been blocked (who, what, how often, on which
 * days), sessions that break once at cut-over, what would be let through beyond the Permits, a residual risk and an order
 * in which to cut conduits over. What passes only while an on-demand Permit is switched on, and what the spec set aside, is
 * told apart from what would be blocked. Left out on purpose: whether a blocked thing is wanted (diff.ts and people say that).
 */
import type { Conversation } from '../observation.ts';
import { isWholeZone, type Permit } from '../permit.ts';
import { listsBy } from '../net/multi-map.ts';
import { isNotIp } from '../net/link-local.ts';
import { dayOf } from '../net/time.ts';
import type { DiffContext } from './diff/context.ts';
import { serviceText } from './diff/findings.ts';
import type { FirewallSemantics, WrittenPermit } from './match/firewall-semantics.ts';
import { isInspected } from './match/held-permit.ts';
import { isLive, protocolKey, type DeclaredPermit } from './spec/permits.ts';
import { capturedDaysOf } from '../infer/captured-days.ts';
import { plural } from '../infer/plural.ts';
import type { ConduitCompleteness } from '../infer/proposal.ts';
import { isUnicast } from './spec/assets.ts';
import { createSetAside } from './spec/set-aside.ts';
import { letThroughBy, type LetThrough } from './simulate-beyond.ts';
import { hitsOf, type Hit, type Judged } from './simulate-blocked.ts';
import { cutoverOrder, type Blocked, type CutoverStep } from './simulate-cutover.ts';
import { judgeLimits } from './simulate-limits.ts';
import { isWritten, matchersOnTarget } from './simulate-target.ts';
import { createMatcher, limitsOperations, rulesOf, type AskVerdict, type Matcher } from './match/match.ts';

export interface Simulation {
  readonly target: string;
  readonly title: string;
  readonly note: string;
  readonly blocked: readonly Blocked[];
  readonly midstream: readonly { readonly conversation: number; readonly client: string; readonly server: string; readonly service: string; readonly conduit: string | null }[];
  readonly letThrough: readonly LetThrough[];
  /** 0 = exactly the spec. Sum of weights: 1 a read beyond it, 5 a write, 10 programming, times pairs. */
  readonly residualRisk: number;
  readonly cutover: readonly CutoverStep[];
  /** What passes only while a person has switched the Permit on. */
  readonly onDemand: readonly { readonly permit: string; readonly conversations: number; readonly days: readonly number[] }[];
  /** Blocked on purpose: the spec set it aside; `waiting` of them ask for a decision. */
  readonly setAside: { readonly conversations: number; readonly waiting: number };
  /** Conduits that only watch so far; they are judged as if they were enforced. */
  readonly monitored: number;
  /** Limits that cannot be judged from what was kept. */
  readonly undecided: readonly { readonly permit: string; readonly client: string; readonly server: string; readonly sentence: string }[];
  readonly counts: { readonly judged: number; readonly passed: number; readonly withoutPayload: number; readonly unread: number; readonly blockedConversations: number; readonly blockedRequests: number };
}

/** Conversations of which nothing is blocked, and something passes only while a person has switched its Permit on. */
export const onDemandOnly = ({ counts, setAside }: Pick<Simulation, 'counts' | 'setAside'>): number =>
  counts.judged - counts.passed - counts.blockedConversations - setAside.conversations;

export interface SimulateOptions {
  /** Treat on-demand Permits as switched on. */
  readonly onDemand?: boolean;
  /** What the target's configuration makes of each Permit, by id; without it every Permit has a rule as the semantics say. */
  readonly written?: ReadonlyMap<string, WrittenPermit> | null;
  /** Of the declared zones, for the order of the cut-over: what the spec's evidence says is of the day on which that was written. */
  readonly completeness?: readonly ConduitCompleteness[];
}

const pairsOf = (permit: Permit, sizeOfZone: (zone: string) => number): number => {
  const side = (end: Permit['from']): number => (isWholeZone(end) ? sizeOfZone(end.zone) : end.assets.length + end.addresses.length);
  return Math.max(1, side(permit.from) * side(permit.to));
};

/** Few sessions over many days, and active to the end: it would be open at the cut-over. */
const isOpenAtEnd = ({ days, sessions }: Conversation, lastDay: number): boolean => {
  const last = days.at(-1);
  return last !== undefined && lastDay - last.day <= 1 && sessions < days.length;
};

export const simulate = ({ loaded, set, assets, conduitOf, matcher: { timezone } }: DiffContext, semantics: FirewallSemantics, options: SimulateOptions = {}): Simulation => {
  const matcherOf = (some: readonly DeclaredPermit[]): Matcher => createMatcher(some, assets, timezone);
  const live = loaded.permits.filter(({ permit }) => isLive(permit));
  const permits = live.filter(({ permit }) => options.onDemand === true || !permit.conditions.onDemand);
  const matcher = matcherOf(permits);
  const writtenAs = ({ permit }: DeclaredPermit): WrittenPermit => options.written?.get(permit.id) ?? { refusal: null, holds: semantics.holds };
  const hasRule = (declared: DeclaredPermit, isIpv6: boolean): boolean => isWritten(writtenAs(declared), isIpv6);
  const target = matchersOnTarget(permits, writtenAs, assets, matcher.timezone);
  // A rule that is switched on for one thing is no excuse for another that happens to fit its port.
  const switchedOn = permits.length === live.length ? null : matcherOf(live.filter((declared) => hasRule(declared, false)));
  const asideOf = createSetAside(loaded.spec);
  const lastDay = set.sensor.lastNs === null ? 0 : dayOf(set.sensor.lastNs);
  const blocked: Blocked[] = [];
  const midstream: Simulation['midstream'][number][] = [];
  const onDemand = new Map<string, { conversations: number; days: Set<number> }>();
  const usedOn = new Map(permits.map(({ permit }) => [permit.id, new Set<number>()]));
  const setAside = { conversations: 0, waiting: 0 };
  const undecided: Simulation['undecided'][number][] = [];
  const counts = { judged: 0, passed: 0, withoutPayload: 0, unread: 0, blockedConversations: 0, blockedRequests: 0 };
  let undeclared = 0;
  let unjudged = 0;

  const rejected = loaded.permits.filter(({ permit }) => permit.decision === 'rejected');
  const rejections = rejected.length === 0 ? null : matcherOf(rejected);

  /** @returns what is blocked also while every on-demand Permit is switched on; the rest is noted as theirs */
  const withoutOnDemand = ({ conversation, onTarget, asRejected }: Judged, refused: readonly AskVerdict[], onceSwitchedOn: Matcher): readonly AskVerdict[] => {
    const again = onceSwitchedOn.judge(conversation);
    // What somebody rejected is blocked by itself: the rest of the conversation is on demand all the same.
    const isRejected = (place: number): boolean => asRejected?.asks[place]?.miss?.kind === 'rejected';
    if (again.weaker.length > 0 || !again.asks.every((one, place) => one.permit !== null || isRejected(place))) return refused;
    for (const id of new Set(again.asks.flatMap(rulesOf).flatMap(({ permit }) => (permit.conditions.onDemand ? [permit.id] : [])))) {
      const held = onDemand.get(id) ?? { conversations: 0, days: new Set<number>() };
      onDemand.set(id, held);
      held.conversations++;
      for (const { ask } of refused) for (const day of ask.days) held.days.add(day);
    }
    return refused.filter((one) => again.asks[onTarget.asks.indexOf(one)]?.permit === null);
  };

  /** What came beyond the limits of the rules that let it through. */
  const limitHits = (conversation: Conversation, rules: ReadonlySet<DeclaredPermit>): Hit[] => {
    const hits: Hit[] = [];
    for (const declared of rules) {
      for (const { kind, count, sentence } of judgeLimits(declared, conversation)) {
        const permit = declared.permit.id;
        if (kind === 'unknown') undecided.push({ permit, client: conversation.client, server: conversation.server, sentence });
        else hits.push({ operation: 'beyond a limit', count, days: conversation.days.map(({ day }) => day), permit, why: sentence, rejected: false, extent: 'some' });
      }
    }
    return hits;
  };

  /** Who looks inside passes nothing but whole requests of the protocol. */
  const looksInside = (declared: DeclaredPermit): boolean => {
    const { holds } = writtenAs(declared);
    return limitsOperations(declared.permit) && isInspected(protocolKey(declared.permit.service.protocol), holds) && holds.passesOthers !== true;
  };

  const judge = (conversation: Conversation): void => {
    const client = assets.resolve(conversation.client);
    const server = assets.resolve(conversation.server);
    if (client !== null && client.zone === server?.zone) return;
    counts.judged++;
    const onTarget = target(conversation).judge(conversation);
    const unseen = isNotIp(conversation.transport) ? semantics.notIp : undefined;
    if (unseen?.passes === true) {
      counts.passed++;
      if (matcher.judge(conversation).asks.some(({ permit }) => permit === null) && asideOf(conversation)?.covered !== true) unjudged++;
      return;
    }
    // How safe a session is, is decided before anything is asked in it.
    const denied = onTarget.asks.filter(({ permit }) => unseen !== undefined || permit === null || onTarget.weaker.length > 0);
    for (const one of onTarget.asks) for (const rule of rulesOf(one)) for (const day of one.ask.days) usedOn.get(rule.permit.id)?.add(day);
    const isMixed = semantics.decidesOnce && denied.length > 0 && denied.length < onTarget.asks.length;
    let refused: readonly AskVerdict[] = isMixed ? onTarget.asks : denied;
    const aside = refused.length === 0 ? null : asideOf(conversation);
    if (aside?.covered === true) {
      setAside.conversations++;
      if (aside.entry.question !== undefined) setAside.waiting++;
      return;
    }
    const judged: Judged = {
      conversation, onTarget, isMixed, whyUnseen: unseen?.why ?? null,
      // What the spec lets through and the target does not has no rule there.
      asDeclared: denied.length === 0 ? null : matcher.judge(conversation),
      asRejected: refused.length === 0 ? null : (rejections?.judge(conversation) ?? null),
    };
    if (refused.length > 0 && switchedOn !== null && unseen === undefined) {
      refused = withoutOnDemand(judged, refused, switchedOn);
      if (refused.length === 0) return;
    }
    const passesByDefault = semantics.defaultAction === 'pass' && refused.length > 0;
    if (passesByDefault) undeclared++;
    const lost = passesByDefault ? [] : refused;
    const hits = hitsOf(judged, lost, (declared) => writtenAs(declared).refusal ?? unseen?.why ?? 'its addresses are IPv6, which this target does not write');
    const tooFast = lost.length === 0 && semantics.holds.limits ? limitHits(conversation, new Set(onTarget.asks.flatMap(rulesOf))) : [];
    const conduit = (onTarget.related[0] ?? judged.asDeclared?.related[0])?.permit.conduit ?? conduitOf(client?.zone, server?.zone);
    const service = serviceText(conversation);
    for (const hit of [...hits, ...tooFast]) {
      blocked.push({
        conversation: conversation.id, client: conversation.client, server: conversation.server, clientAsset: client?.asset?.id ?? null, serverAsset: server?.asset?.id ?? null,
        serverRole: server?.asset?.role ?? null, service, fromZone: client?.zone ?? null, toZone: server?.zone ?? null, conduit, ...hit,
      });
      counts.blockedRequests += hit.count;
    }
    const { related } = onTarget;
    if (lost.length === 0 && conversation.operations.length === 0) {
      // Nothing was asked, so nothing can be judged by what is asked: ports alone let it through.
      if (conversation.requests === 0 && related.some(({ permit }) => limitsOperations(permit))) counts.withoutPayload++;
      // Something was asked, and nobody knows what: cut off, in cipher, or nothing of that protocol.
      if (conversation.requests > 0 && conversation.service.by !== 'probe' && related.length > 0 && related.every(looksInside)) counts.unread++;
    }
    if (lost.length + tooFast.length === 0) counts.passed++;
    else counts.blockedConversations++;
    if (semantics.midstream === 'drop' && conversation.transport === 'tcp' && isOpenAtEnd(conversation, lastDay) && lost.length < onTarget.asks.length) {
      midstream.push({ conversation: conversation.id, client: conversation.client, server: conversation.server, service, conduit });
    }
  };
  for (const conversation of set.conversations) if (isUnicast(assets, conversation)) judge(conversation);

  const byDefault = ([[undeclared, 'nothing here is denied by default'], [unjudged, semantics.notIp?.why ?? '']] as const).flatMap(([count, why]): LetThrough[] =>
    (count === 0 ? [] : [{ permit: '', conduit: '', operations: count, weight: 10 * count, sentence: `${plural(count, 'conversation that nothing declares passes', 'conversations that nothing declares pass')}: ${why}` }]));
  const membersOf = listsBy(assets.assets, ({ zone }) => zone);
  const beyond = permits
    .filter((declared) => hasRule(declared, false))
    .map((declared) => letThroughBy(semantics, writtenAs(declared).holds, declared, pairsOf(declared.permit, (zone) => membersOf.get(zone)?.length ?? 1)))
    .filter((entry) => entry !== null)
    .sort((a, b) => b.weight - a.weight || (a.permit < b.permit ? -1 : 1));

  const letThrough = [...byDefault, ...beyond];

  const cutover = cutoverOrder(loaded.spec, { permits, blocked, midstream, usedOn, capturedDays: capturedDaysOf(set), rolesOf: (zone) => (membersOf.get(zone) ?? []).map(({ role }) => role ?? ''), completeness: options.completeness ?? [] });

  return {
    target: semantics.target, title: semantics.title, note: semantics.note, blocked, midstream, letThrough,
    onDemand: [...onDemand].sort(([a], [b]) => (a < b ? -1 : 1)).map(([permit, { conversations, days }]) => ({ permit, conversations, days: [...days].sort((a, b) => a - b) })),
    setAside, undecided,
    monitored: loaded.spec.conduits.filter((conduit) => conduit.mode === 'monitor').length,
    residualRisk: letThrough.reduce((sum, entry) => sum + entry.weight, 0), cutover, counts,
  };
};
