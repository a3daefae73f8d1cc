/**
 * What enforcement would have done to the observed traffic, as a given firewall would really judge it.
 *
 * In: a spec, Observations, how a target judges, and what its configuration makes of each Permit. Out: what would have been blocked (who, what, how often, on which
 * days), sessions that break once at cut-over, what would be let through beyond the Permits, a residual risk and an order
 * in which to cut conduits over. What passes only while an on-demand Permit is switched on, and what the spec set aside, is
 * told apart from what would be blocked. Left out on purpose: whether a blocked thing is wanted (diff.ts and people say that).
 */
import type { Conversation, ObservationSet } from '../observation.ts';
import type { Permit } from '../permit.ts';
import { isNotIp, staysOnLink } from '../net/link-local.ts';
import { dayOf } from '../net/time.ts';
import { modeWord, policyWord, securityOf, type OpcUaSecurity } from './match/asks.ts';
import { contextOf } from './diff/diff.ts';
import { serviceText } from './diff/observed.ts';
import type { FirewallSemantics, WrittenPermit } from './match/firewall-semantics.ts';
import { isInspected } from './match/held-permit.ts';
import { isLive, protocolKey, type DeclaredPermit } from './spec/permits.ts';
import { plural } from '../infer/plural.ts';
import { createSetAside } from './spec/set-aside.ts';
import { letThroughBy, type LetThrough } from './simulate-beyond.ts';
import { cutoverOrder, type Blocked, type CutoverStep } from './simulate-cutover.ts';
import { judgeLimits } from './simulate-limits.ts';
import { isWritten, matchersOnTarget } from './simulate-target.ts';
import { limitsOperations, rulesOf } from './match/match.ts';
import type { LoadedSpec } from './spec/load.ts';

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
}

const pairsOf = (permit: Permit, sizeOfZone: (zone: string) => number): number => {
  const side = (end: Permit['from']): number => (end.assets.length + end.addresses.length === 0 ? sizeOfZone(end.zone) : end.assets.length + end.addresses.length);
  return Math.max(1, side(permit.from) * side(permit.to));
};

/** Whether other sessions of the two are as safe as is demanded. */
const isPartly = (weaker: readonly string[], { modes, policies }: OpcUaSecurity): boolean =>
  [modes.map(modeWord), policies.map(policyWord)].some((seen) => seen.some((word) => weaker.includes(word)) && seen.some((word) => !weaker.includes(word)));

export const simulate = (loaded: LoadedSpec, set: ObservationSet, semantics: FirewallSemantics, options: SimulateOptions = {}): Simulation => {
  const live = loaded.permits.filter(({ permit }) => isLive(permit));
  const permits = live.filter(({ permit }) => options.onDemand === true || !permit.conditions.onDemand);
  const { assets, matcher, conduitOf } = contextOf({ ...loaded, permits }, set);
  const writtenAs = ({ permit }: DeclaredPermit): WrittenPermit => options.written?.get(permit.id) ?? { refusal: null, holds: semantics.holds };
  const hasRule = (declared: DeclaredPermit, isIpv6: boolean): boolean => isWritten(writtenAs(declared), isIpv6);
  const target = matchersOnTarget(permits, writtenAs, assets, matcher.timezone);
  // A rule that is switched on for one thing is no excuse for another that happens to fit its port.
  const switchedOn = permits.length === live.length ? null : contextOf({ ...loaded, permits: live.filter((declared) => hasRule(declared, false)) }, set).matcher;
  const whyNoRule = (declared: DeclaredPermit, unseen: string | undefined): string => writtenAs(declared).refusal ?? unseen ?? 'its addresses are IPv6, which this target does not write';
  const asideOf = createSetAside(loaded.spec);
  const lastDay = set.sensor.lastNs === null ? 0 : dayOf(set.sensor.lastNs);
  const blocked: Blocked[] = [];
  const midstream: { conversation: number; client: string; server: string; service: string; conduit: string | null }[] = [];
  const onDemand = new Map<string, { conversations: number; days: Set<number> }>();
  const usedOn = new Map(permits.map(({ permit }) => [permit.id, new Set<number>()]));
  const setAside = { conversations: 0, waiting: 0 };
  const undecided: Simulation['undecided'][number][] = [];
  const counts = { judged: 0, passed: 0, withoutPayload: 0, unread: 0, blockedConversations: 0, blockedRequests: 0 };
  let undeclared = 0;
  let unjudged = 0;

  const rejected = loaded.permits.filter(({ permit }) => permit.decision === 'rejected');
  const rejections = rejected.length === 0 ? null : contextOf({ ...loaded, permits: rejected }, set).matcher;

  const judge = (conversation: Conversation): void => {
    const client = assets.resolve(conversation.client);
    const server = assets.resolve(conversation.server);
    if (client !== null && client.zone === server?.zone) return;
    counts.judged++;
    const verdict = target(conversation).judge(conversation);
    const unseen = isNotIp(conversation.transport) ? semantics.notIp : undefined;
    if (unseen?.passes === true) {
      counts.passed++;
      if (matcher.judge(conversation).asks.some(({ permit }) => permit === null) && asideOf(conversation)?.covered !== true) unjudged++;
      return;
    }
    // How safe a session is, is decided before anything is asked in it.
    const { weaker, demanding } = verdict;
    const outcome = verdict.asks.map((one) => ({ one, passed: unseen === undefined && one.permit !== null && weaker.length === 0 }));
    // What the spec lets through and the target does not has no rule there.
    const asDeclared = outcome.every((entry) => entry.passed) ? null : matcher.judge(conversation);
    for (const one of verdict.asks) for (const rule of rulesOf(one)) for (const day of one.ask.days) usedOn.get(rule.permit.id)?.add(day);
    const conduit = (verdict.related[0] ?? asDeclared?.related[0])?.permit.conduit ?? conduitOf(client?.zone, server?.zone);
    const mixed = semantics.decidesOnce && outcome.some((entry) => entry.passed) && outcome.some((entry) => !entry.passed);
    let refused = mixed ? outcome : outcome.filter((entry) => !entry.passed);
    if (refused.length > 0 && asideOf(conversation)?.covered === true) {
      setAside.conversations++;
      if (asideOf(conversation)?.entry.question !== undefined) setAside.waiting++;
      return;
    }
    const refusals = refused.length === 0 ? undefined : rejections?.judge(conversation).asks;
    const isRefusal = (place: number): boolean => refusals?.[place]?.miss?.kind === 'rejected';
    if (refused.length > 0 && switchedOn !== null && unseen === undefined) {
      const again = switchedOn.judge(conversation);
      // What somebody rejected is blocked by itself: the rest of the conversation is on demand all the same.
      if (again.weaker.length === 0 && again.asks.every((one, place) => one.permit !== null || isRefusal(place))) {
        for (const id of new Set(again.asks.flatMap(rulesOf).flatMap(({ permit }) => (permit.conditions.onDemand ? [permit.id] : [])))) {
          const held = onDemand.get(id) ?? { conversations: 0, days: new Set<number>() };
          onDemand.set(id, held);
          held.conversations++;
          for (const { ask } of refused.map((entry) => entry.one)) for (const day of ask.days) held.days.add(day);
        }
        refused = refused.filter(({ one }) => again.asks[verdict.asks.indexOf(one)]?.permit === null);
        if (refused.length === 0) return;
      }
    }
    const passesByDefault = semantics.defaultAction === 'pass' && refused.length > 0;
    if (passesByDefault) undeclared++;
    const lost = passesByDefault ? [] : refused;
    const block = (one: Pick<Blocked, 'operation' | 'count' | 'days' | 'permit' | 'why' | 'rejected' | 'extent'>): void => {
      blocked.push({
        conversation: conversation.id, client: conversation.client, server: conversation.server, clientAsset: client?.asset?.id ?? null, serverAsset: server?.asset?.id ?? null,
        serverRole: server?.asset?.role ?? null, service: serviceText(conversation), fromZone: client?.zone ?? null, toZone: server?.zone ?? null, conduit, ...one,
      });
      counts.blockedRequests += one.count;
    };
    // Of a session that is too weak nothing passes: it is one thing, whatever was asked in it.
    const tooWeak = weaker.length === 0 ? [] : lost.filter(({ one }) => one.permit !== null).map(({ one }) => one.ask);
    if (tooWeak.length > 0 && demanding !== null) {
      const refusal = refusals?.find(({ miss }) => miss?.kind === 'rejected')?.miss ?? null;
      block({
        operation: `sessions with ${weaker.join(' and ')}`, count: tooWeak.reduce((sum, { count }) => sum + count, 0), days: [...new Set(tooWeak.flatMap(({ days }) => days))].sort((x, y) => x - y), rejected: refusal !== null,
        permit: refusal?.permit ?? demanding.permit.id, why: refusal?.sentence ?? `${demanding.permit.id} demands more`, extent: isPartly(weaker, securityOf(conversation)) ? 'some' : 'all',
      });
    }
    for (const { one } of lost) {
      if (tooWeak.includes(one.ask)) continue;
      const place = verdict.asks.indexOf(one);
      const withoutRule = asDeclared?.asks[place]?.permit ?? null;
      // What comes nearest is a Permit for something else.
      const miss = unseen === undefined ? one.miss : null;
      const refusal = refusals?.[place]?.miss ?? null;
      const isRejected = refusal?.kind === 'rejected';
      const days = [...new Set(one.ask.days)].sort((x, y) => x - y);
      // Where rules hold for some of the time, only what was asked at another is blocked.
      const outside = mixed || isRejected || withoutRule !== null ? days : (miss?.days ?? days);
      block({
        operation: one.ask.text, count: one.ask.count, days: outside, rejected: isRejected, permit: isRejected ? refusal.permit : (withoutRule?.permit.id ?? miss?.permit ?? null),
        why: isRejected ? refusal.sentence : mixed ? 'the first request of a session decides for all of it' : withoutRule !== null ? whyNoRule(withoutRule, unseen?.why) : (unseen?.why ?? miss?.sentence ?? 'nothing is declared between the two'), extent: mixed || outside.length < days.length ? 'some' : 'all',
      });
    }
    let slowed = 0;
    for (const declared of new Set(lost.length === 0 && semantics.holds.limits ? outcome.flatMap(({ one }) => rulesOf(one)) : [])) {
      for (const { kind, count, sentence } of judgeLimits(declared, conversation)) {
        if (kind === 'unknown') undecided.push({ permit: declared.permit.id, client: conversation.client, server: conversation.server, sentence });
        else {
          slowed++;
          block({ operation: 'beyond a limit', count, days: conversation.days.map(({ day }) => day), permit: declared.permit.id, why: sentence, rejected: false, extent: 'some' });
        }
      }
    }
    // Nothing was asked, so nothing can be judged by what is asked: ports alone let it through.
    if (lost.length === 0 && conversation.requests === 0 && conversation.operations.length === 0 && verdict.related.some(({ permit }) => limitsOperations(permit))) counts.withoutPayload++;
    // Something was asked, and nobody knows what: cut off, in cipher, or nothing of that protocol. Who looks inside passes none of it but whole requests.
    const looksInside = (declared: DeclaredPermit): boolean => limitsOperations(declared.permit) && isInspected(protocolKey(declared.permit.service.protocol), writtenAs(declared).holds) && writtenAs(declared).holds.passesOthers !== true;
    if (lost.length === 0 && conversation.requests > 0 && conversation.operations.length === 0 && conversation.service.by !== 'probe' && verdict.related.length > 0 && verdict.related.every(looksInside)) counts.unread++;
    if (lost.length + slowed === 0) counts.passed++;
    else counts.blockedConversations++;
    // Few sessions over many days, and active to the end: it would be open at the cut-over.
    const isOpen = conversation.days.at(-1)?.day !== undefined && lastDay - (conversation.days.at(-1)?.day ?? 0) <= 1 && conversation.sessions < conversation.days.length;
    if (semantics.midstream === 'drop' && conversation.transport === 'tcp' && isOpen && lost.length < outcome.length) {
      midstream.push({ conversation: conversation.id, client: conversation.client, server: conversation.server, service: serviceText(conversation), conduit });
    }
  };
  for (const conversation of set.conversations) {
    const { client, server, transport } = conversation;
    if (!staysOnLink(transport) && !assets.isToGroup(client, server)) judge(conversation);
  }

  const byDefault = ([[undeclared, 'nothing here is denied by default'], [unjudged, semantics.notIp?.why ?? '']] as const).flatMap(([count, why]): LetThrough[] =>
    (count === 0 ? [] : [{ permit: '', conduit: '', operations: count, weight: 10 * count, sentence: `${plural(count, 'conversation that nothing declares passes', 'conversations that nothing declares pass')}: ${why}` }]));
  const zoneSize = new Map<string, number>();
  for (const asset of assets.assets) zoneSize.set(asset.zone, (zoneSize.get(asset.zone) ?? 0) + 1);
  const beyond = permits
    .filter((declared) => hasRule(declared, false))
    .map((declared) => letThroughBy(semantics, writtenAs(declared).holds, declared, pairsOf(declared.permit, (zone) => zoneSize.get(zone) ?? 1)))
    .filter((entry) => entry !== null)
    .sort((a, b) => b.weight - a.weight || (a.permit < b.permit ? -1 : 1));

  const letThrough = [...byDefault, ...beyond];

  const cutover = cutoverOrder(loaded, { permits, blocked, midstream, usedOn, rolesOf: (zone) => assets.assets.flatMap((asset) => (asset.zone === zone ? [asset.role ?? ''] : [])) });

  return {
    target: semantics.target, title: semantics.title, note: semantics.note, blocked, midstream, letThrough,
    onDemand: [...onDemand].sort(([a], [b]) => (a < b ? -1 : 1)).map(([permit, { conversations, days }]) => ({ permit, conversations, days: [...days].sort((a, b) => a - b) })),
    setAside, undecided,
    monitored: loaded.spec.conduits.filter((conduit) => conduit.mode === 'monitor').length,
    residualRisk: letThrough.reduce((sum, entry) => sum + entry.weight, 0), cutover, counts,
  };
};
