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
import { accessOfFunctionCode } from '../decode/app/modbus-functions.ts';
import { tableOf } from '../net/register-set.ts';
import { isSerialModbus } from '../net/services.ts';
import { isNotIp, staysOnLink } from '../net/link-local.ts';
import { dayOf } from '../net/time.ts';
import { modesPassing, modeWord, policyWord, securityOf, type OpcUaSecurity } from './match/asks.ts';
import { contextOf } from './diff/diff.ts';
import { serviceText } from './diff/observed.ts';
import type { FirewallSemantics, Holds, WrittenPermit } from './match/firewall-semantics.ts';
import { heldPermits, isInspected } from './match/held-permit.ts';
import { isLive, permitsAccess, permittedCodes, protocolKey } from './spec/permits.ts';
import { plural } from '../infer/plural.ts';
import { createSetAside } from './spec/set-aside.ts';
import { judgeLimits } from './simulate-limits.ts';
import type { DeclaredPermit } from './spec/permits.ts';
import { createMatcher, limitsOperations, rulesOf, type Matcher } from './match/match.ts';
import type { LoadedSpec } from './spec/load.ts';

export interface Blocked {
  readonly conversation: number;
  readonly client: string;
  readonly server: string;
  readonly clientAsset: string | null;
  readonly serverAsset: string | null;
  readonly serverRole: string | null;
  readonly service: string;
  readonly operation: string;
  readonly count: number;
  /** Days since 1970 on which its function was asked: dates are kept by function and unit, not by range (countDays). */
  readonly days: readonly number[];
  readonly fromZone: string | null;
  readonly toZone: string | null;
  readonly conduit: string | null;
  readonly permit: string | null;
  readonly why: string;
  /** Blocked on purpose: somebody rejected it. */
  readonly rejected: boolean;
  /** `some`: a session-wide verdict blocks it only when it does not come first, or when something else does; or only on these of its days. */
  readonly extent: 'all' | 'some';
}

/** On so many days at most: what was asked for once was not asked for on two days, whatever else its function asked for. */
export function countDays(hits: readonly Pick<Blocked, 'count' | 'days'>[]): number {
  const most = hits.reduce((sum, { count, days }) => sum + (count === 0 ? days.length : Math.min(count, days.length)), 0);
  return Math.min(most, new Set(hits.flatMap(({ days }) => days)).size);
}

export interface LetThrough {
  readonly permit: string;
  readonly conduit: string;
  /** Kinds of operation beyond the Permit, over all its pairs. */
  readonly operations: number;
  readonly weight: number;
  readonly sentence: string;
}

export interface CutoverStep {
  readonly conduit: string;
  readonly blocked: number;
  readonly blockedDays: number;
  readonly midstream: number;
  /** 1 to 5: the most critical role behind it. */
  readonly consequence: number;
  /** The conduit's, as its Permits' evidence has it: one value, and the least where they were written at different times; null where none says it. */
  readonly completeness: number | null;
  /** Days on which its least used standing Permit was used, in these Observations; 0: one of them never was. */
  readonly evidenceDays: number;
  readonly reason: string;
}

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

/** Public Modbus codes (V1.1b3 clause 5.1) and the vendor code that programs Schneider controllers. */
const MODBUS_CODES = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43, 90];

const codeWeight = (code: number): number => (code === 90 || code === 21 ? 10 : tableOf(code, 'write') !== null ? 5 : 1);

const CONSEQUENCE: Readonly<Record<string, number>> = {
  sis: 5, 'safety-controller': 5, plc: 4, rtu: 4, io: 4, drive: 4, gateway: 4, hmi: 3, 'opcua-server': 3, 'alarm-server': 3, historian: 2, mes: 2, ews: 2, 'engineering-workstation': 2,
};

const pairsOf = (permit: Permit, sizeOfZone: (zone: string) => number): number => {
  const side = (end: Permit['from']): number => (end.assets.length + end.addresses.length === 0 ? sizeOfZone(end.zone) : end.assets.length + end.addresses.length);
  return Math.max(1, side(permit.from) * side(permit.to));
};

const opcuaLost = ({ opcua }: Permit, holds: Holds): string[] => {
  if (opcua === null) return [];
  const modes = holds.opcuaMode === true ? [] : modesPassing(opcua, holds.opcuaPolicy);
  return [
    ...(modes.length === 0 ? [] : [holds.opcuaPolicy ? `OPC UA security mode ${modes.join(' and ')}` : 'every OPC UA security mode']),
    ...(holds.opcuaPolicy || opcua.securityPolicies.length === 0 ? [] : ['every OPC UA security policy']),
  ];
};

/** Whether other sessions of the two are as safe as is demanded. */
const isPartly = (weaker: readonly string[], { modes, policies }: OpcUaSecurity): boolean =>
  [modes.map(modeWord), policies.map(policyWord)].some((seen) => seen.some((word) => weaker.includes(word)) && seen.some((word) => !weaker.includes(word)));

/** Of a Permit on whose port another protocol passes, nothing is asked of one. */
const holdsFor = ({ permit }: DeclaredPermit, holds: Holds, service: Conversation['service'] | undefined): Holds => {
  if (holds.passesOthers !== true || service === undefined) return holds;
  const isOwn = protocolKey(service.name) === protocolKey(permit.service.protocol) && isSerialModbus(service.name) === isSerialModbus(permit.service.protocol);
  return isOwn ? holds : { ...holds, modbusFunction: false, modbusUnit: false, modbusRange: false, modbus: null, opcuaPolicy: false, opcuaService: false, namedOperations: false };
};

const letThroughBy = ({ decidesOnce }: FirewallSemantics, holds: Holds, { permit, limits }: DeclaredPermit, pairs: number): LetThrough | null => {
  const protocol = protocolKey(permit.service.protocol);
  const parts: { readonly text: string; readonly weight: number; readonly operations: number }[] = [];
  const also = (text: string, weight = 1, operations = 1): void => void parts.push({ text, weight, operations });
  if (protocol === 'modbus' && (permit.modbus !== null || permit.access.length > 0)) {
    const codes = (permit.modbus?.functionCodes.length ?? 0) > 0 ? permittedCodes(permit) : MODBUS_CODES.filter((code) => permitsAccess(permit, accessOfFunctionCode(code)));
    const other = MODBUS_CODES.filter((code) => !codes.includes(code));
    const passing = holds.modbus ?? null;
    const extra = holds.modbusFunction && !decidesOnce ? [] : passing === null ? other : other.filter((code) => passing.functions.includes(code));
    if (extra.length > 0) {
      const text = `${extra.length === other.length ? 'all ' : ''}${extra.length} other function codes, ${extra.filter((code) => codeWeight(code) >= 5).length} of which write or program`;
      also(holds.modbusFunction ? 'any function after a permitted first one' : text, extra.reduce((sum, code) => sum + codeWeight(code), 0), extra.length);
    }
    if (!holds.modbusUnit && (permit.modbus?.unitIds.length ?? 0) > 0) also('every unit id');
    if (!holds.modbusRange && (permit.modbus?.ranges.length ?? 0) > 0) {
      const writes = permit.modbus?.ranges.some((range) => range.access === 'write') ?? false;
      also(`every data address${writes ? ', for writing too' : ''}`, writes ? 5 : 1);
    }
  }
  if (protocol === 'opcua' && (permit.access.length > 0 || (permit.opcua?.services.length ?? 0) > 0) && !holds.opcuaService) also('every OPC UA service, Write and Call too', 10, 2);
  for (const lost of opcuaLost(permit, holds)) also(lost);
  if ((permit.named !== null || (permit.access.length > 0 && protocol !== 'modbus' && protocol !== 'opcua')) && !holds.namedOperations) also('every operation of the protocol', 10);
  if (holds.passesOthers === true && limitsOperations(permit)) also(`what is no ${permit.service.protocol} on its port`);
  if (permit.service.transport === 'sctp' && holds.sctpPorts === false) also('every port of SCTP');
  if (holds.beside !== undefined && holds.beside.from.length + holds.beside.to.length > 0) also(`${[...holds.beside.from, ...holds.beside.to].join(', ')} too`);
  if (!holds.schedule && (permit.conditions.days.length > 0 || permit.conditions.start !== null)) also('at any time');
  if (!holds.expiry && permit.conditions.expires !== null) also(`after ${permit.conditions.expires} too`);
  if (!holds.limits && limits !== null && limits !== undefined) also('more and faster than its limits say');
  const times = (of: 'operations' | 'weight'): number => pairs * parts.reduce((sum, part) => sum + part[of], 0);
  return parts.length === 0 ? null : { permit: permit.id, conduit: permit.conduit, operations: times('operations'), weight: times('weight'), sentence: `also lets through ${parts.map(({ text }) => text).join('; ')}` };
};

export const simulate = (loaded: LoadedSpec, set: ObservationSet, semantics: FirewallSemantics, options: SimulateOptions = {}): Simulation => {
  const live = loaded.permits.filter(({ permit }) => isLive(permit));
  const permits = live.filter(({ permit }) => options.onDemand === true || !permit.conditions.onDemand);
  const { assets, matcher, conduitOf } = contextOf({ ...loaded, permits }, set);
  const writtenAs = ({ permit }: DeclaredPermit): WrittenPermit => options.written?.get(permit.id) ?? { refusal: null, holds: semantics.holds };
  const hasRule = (declared: DeclaredPermit, isIpv6: boolean): boolean => writtenAs(declared).refusal === null && (!isIpv6 || writtenAs(declared).holds.ipv6);
  const onTarget = (list: readonly DeclaredPermit[]): ((conversation: Conversation) => Matcher) => {
    const matcherOf = (isIpv6: boolean, service?: Conversation['service']): Matcher =>
      createMatcher(list.filter((declared) => hasRule(declared, isIpv6)).flatMap((declared) => heldPermits(declared, holdsFor(declared, writtenAs(declared).holds, service))), assets, matcher.timezone);
    const [ipv4, ipv6] = [false, true].map((isIpv6) => matcherOf(isIpv6));
    const isOpen = list.some((declared) => writtenAs(declared).holds.passesOthers === true);
    const byService = new Map<string, Matcher>();
    return ({ server, service }) => {
      const isIpv6 = server.includes(':');
      if (!isOpen || service.by !== 'probe') return isIpv6 ? ipv6 : ipv4;
      const key = `${isIpv6} ${service.name}`;
      const held = byService.get(key) ?? matcherOf(isIpv6, service);
      byService.set(key, held);
      return held;
    };
  };
  const target = onTarget(permits);
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

  const cutover = loaded.spec.conduits.map((conduit): CutoverStep => {
    const own = permits.filter(({ permit }) => permit.conduit === conduit.conduit_id);
    const hits = blocked.filter((one) => one.conduit === conduit.conduit_id);
    const roles = conduit.connects.flatMap((zone) => assets.assets.filter((asset) => asset.zone === zone).map((asset) => CONSEQUENCE[asset.role ?? ''] ?? 1));
    const evidenceDays = own.length === 0 ? 0 : Math.min(...own.map(({ permit }) => usedOn.get(permit.id)?.size ?? 0));
    const known = loaded.permits.flatMap(({ permit }) => (permit.conduit === conduit.conduit_id ? permit.evidence?.completeness ?? [] : []));
    const completeness = known.length === 0 ? null : Math.min(...known);
    const blockedDays = countDays(hits);
    const consequence = Math.max(1, ...roles);
    const open = midstream.filter((one) => one.conduit === conduit.conduit_id).length;
    const undecidedHits = hits.filter((one) => !one.rejected).length;
    const reason = undecidedHits > 0 ? `would have blocked ${plural(undecidedHits, 'operation')} on ${plural(blockedDays, 'day')}: decide on them first` : hits.length > 0 ? 'would have blocked only what was rejected' : open > 0 ? `nothing blocked, but ${plural(open, 'open session')} would break once: in a maintenance window` : 'nothing would have been blocked';
    return { conduit: conduit.conduit_id, blocked: hits.length, blockedDays, midstream: open, consequence, completeness, evidenceDays, reason };
  }).sort((a, b) => Number(a.blocked > 0) - Number(b.blocked > 0) || a.consequence - b.consequence || a.blocked - b.blocked || a.midstream - b.midstream || (b.completeness ?? 0) - (a.completeness ?? 0) || b.evidenceDays - a.evidenceDays || (a.conduit < b.conduit ? -1 : 1));

  return {
    target: semantics.target, title: semantics.title, note: semantics.note, blocked, midstream, letThrough,
    onDemand: [...onDemand].sort(([a], [b]) => (a < b ? -1 : 1)).map(([permit, { conversations, days }]) => ({ permit, conversations, days: [...days].sort((a, b) => a - b) })),
    setAside, undecided,
    monitored: loaded.spec.conduits.filter((conduit) => conduit.mode === 'monitor').length,
    residualRisk: letThrough.reduce((sum, entry) => sum + entry.weight, 0), cutover, counts,
  };
};
