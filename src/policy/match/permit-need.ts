/**
 * What of a Permit that no rule speaks of (permit-rest.ts) belongs into a spec that people work on.
 *
 * In: the spec, who is who, and what was observed. Out: answers about parts of Permits. Left out on purpose: the writing (edit/update.ts).
 */
import { mergeAsks, mergeEvidence, NO_EVIDENCE, type GrantEvidence, type ModbusAsk } from '../../infer/conduits/grants.ts';
import { modbusOperationsOf } from '../../infer/conduits/permits.ts';
import { addTo, listsBy } from '../../net/multi-map.ts';
import { accessOfFunctionCode } from '../../decode/app/modbus-functions.ts';
import { bindingSpans, tableOf, type Span } from '../../net/register-set.ts';
import type { Conversation, ObservationSet } from '../../observation.ts';
import type { ModbusOperations, Permit } from '../../permit.ts';
import type { Ask } from './asks.ts';
import { withDeclaredDirections } from './guessed-direction.ts';
import { createMatcher, rulesOf, type AskVerdict, type Matcher } from './match.ts';
import { ALWAYS, sharesPort, zonesOf } from './permit-rest.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import type { AssetIndex } from '../spec/assets.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { timezoneOf } from '../spec/schedule.ts';

/**
 * Whether a Permit by the same stated rules stands in the spec already: what it does not let through, a person has taken out
 * of it. What rules foresee for the first time is proposed.
 */
export function foresightOf({ permits }: LoadedSpec): (part: Permit) => boolean {
  const byZones = listsBy(permits.map(({ permit }) => permit).filter(({ evidence }) => (evidence?.generalisedBy.length ?? 0) > 0), zonesOf);
  const meets = (a: readonly string[], b: readonly string[]): boolean => a.length === 0 || b.length === 0 || a.some((id) => b.includes(id));
  return (part) => {
    const rules = part.evidence?.generalisedBy ?? [];
    return rules.length === 0 || (byZones.get(zonesOf(part)) ?? []).some((held) =>
      sharesPort(held, part) && (meets(held.from.assets, part.from.assets) || meets(held.to.assets, part.to.assets)) && rules.every((rule) => held.evidence?.generalisedBy.includes(rule)));
  };
}

/** What of one conversation needs a Permit. */
export interface NeededAsks {
  readonly conversation: Conversation;
  /** At least one. */
  readonly asks: readonly Ask[];
}

export interface Need {
  /** What a part lets through that was seen, that no rule lets through, and that nobody rejected. */
  readonly of: (part: Permit, witnesses: readonly number[]) => readonly NeededAsks[];
  /** Whether all of these conversations are between ends that the rule names: a device may have been heard with an address that its entry does not have. */
  readonly isBetweenEnds: (rule: DeclaredPermit, witnesses: Iterable<number>) => boolean;
  /** When a rule's own part of these conversations was asked, at whatever time it holds and whatever was decided. */
  readonly seenBy: (rule: DeclaredPermit, witnesses: readonly number[]) => readonly NeededAsks[];
  /** What each rule lets through of the conversations that were asked for so far. */
  readonly letThrough: () => ReadonlyMap<DeclaredPermit, readonly NeededAsks[]>;
}

export function needOf(loaded: LoadedSpec, assets: AssetIndex, set: ObservationSet): Need {
  const timezone = timezoneOf(loaded.spec);
  const declared = createMatcher(loaded.permits, assets, timezone);
  const conversations = new Map(withDeclaredDirections(set, declared).conversations.map((one) => [one.id, one]));
  const judged = new Map<number, { readonly verdicts: readonly AskVerdict[]; readonly missed: ReadonlySet<string> }>();
  const judge = (conversation: Conversation): { readonly verdicts: readonly AskVerdict[]; readonly missed: ReadonlySet<string> } => {
    let held = judged.get(conversation.id);
    if (held === undefined) {
      const { asks, demanding } = declared.judge(conversation);
      const open = asks.filter(({ permit, miss }) => permit === null && miss?.kind !== 'rejected');
      // Who permits what is open is content with the session as it is, and then rules that demand more let nothing of it through (match.ts).
      const missed = open.length > 0 && demanding !== null ? asks.filter(({ miss }) => miss?.kind !== 'rejected') : open;
      held = { verdicts: demanding === null ? asks : [], missed: new Set(missed.map(({ ask }) => wholeOf(ask))) };
      judged.set(conversation.id, held);
    }
    return held;
  };
  const aloneWith = (permit: Permit): Matcher => createMatcher([{ permit, path: [], unidirectional: null, acceptedRisks: [], purposeTexts: [], limits: null, notUnderstood: [], withoutEffect: [] }], assets, timezone);
  const matchers = new Map<DeclaredPermit, Matcher>();
  const fits = (rule: DeclaredPermit, { client, server, transport, port }: Conversation): boolean => declared.fits(rule, client, server, transport, port);
  return {
    isBetweenEnds: (rule, witnesses) => [...witnesses].every((id) => {
      const conversation = conversations.get(id);
      return conversation === undefined || fits(rule, conversation);
    }),
    seenBy: (rule, witnesses) => {
      const alone = matchers.get(rule) ?? aloneWith({ ...rule.permit, decision: 'approved', conditions: ALWAYS });
      matchers.set(rule, alone);
      return witnesses.flatMap((id) => {
        const conversation = conversations.get(id);
        if (conversation === undefined || !fits(rule, conversation)) return [];
        const asks = letThroughBy(alone, conversation);
        return asks.length === 0 ? [] : [{ conversation, asks }];
      });
    },
    of: (part, witnesses) => {
      const alone = aloneWith(part);
      return witnesses.flatMap((id) => {
        const conversation = conversations.get(id);
        if (conversation === undefined) return [];
        const { missed } = judge(conversation);
        const asks = missed.size === 0 ? [] : letThroughBy(alone, conversation).filter((ask) => missed.has(wholeOf(ask)));
        return asks.length === 0 ? [] : [{ conversation, asks }];
      });
    },
    letThrough: () => {
      const byRule = new Map<DeclaredPermit, NeededAsks[]>();
      for (const [id, { verdicts }] of judged) {
        const asksOf = new Map<DeclaredPermit, Ask[]>();
        for (const one of verdicts) for (const rule of rulesOf(one)) addTo(asksOf, rule, one.ask);
        for (const [rule, asks] of asksOf) addTo(byRule, rule, { conversation: conversations.get(id)!, asks });
      }
      return byRule;
    },
  };
}

/** Nothing of a session that is weaker than is demanded. */
const letThroughBy = (matcher: Matcher, conversation: Conversation): Ask[] => {
  const { asks, demanding } = matcher.judge(conversation);
  return demanding !== null ? [] : asks.flatMap(({ ask, permit }) => (permit === null ? [] : [ask]));
};

/** When and how often it was asked. */
export const evidenceOf = (needed: readonly NeededAsks[]): GrantEvidence =>
  needed.flatMap(({ asks }) => asks).map(({ firstNs, lastNs, days, count }): GrantEvidence => ({ ...NO_EVIDENCE, firstNs, lastNs, days, requests: count })).reduce(mergeEvidence, NO_EVIDENCE);

export const connectionsOf = (needed: readonly NeededAsks[]): number => needed.reduce((sum, { conversation }) => sum + conversation.sessions, 0);

/** One request of FC 23 reads and writes, and which read came with which write is not kept: what is needed of one is needed of all. */
const wholeOf = ({ modbus, text }: Ask): string => (modbus !== null && tableOf(modbus.code, 'read') !== null && tableOf(modbus.code, 'write') !== null ? `${modbus.unit}/${modbus.code}` : text);

/**
 * Parts that let through what is needed and nothing else: beside rules for the same two, what stated rules would add to it
 * may be just what a person has taken out there. None when nothing is needed.
 */
export function cutToNeed(part: Permit, needed: readonly NeededAsks[]): Permit[] {
  if (needed.length === 0) return [];
  const asks = needed.flatMap((one) => one.asks);
  const ports = part.service.ports.length === 0 ? [] : [...new Set(needed.map(({ conversation }) => conversation.port))].sort((a, b) => a - b).map((port) => ({ first: port, last: port }));
  const permit: Permit = {
    ...part,
    service: { ...part.service, ports },
    access: askedAccess(part, asks.flatMap(({ access }) => access ?? [])),
    evidence: part.evidence === null ? null : { ...part.evidence, generalisedBy: [], neverSeen: 0 },
  };
  const { modbus, opcua, named } = part;
  if (modbus !== null && modbus.functionCodes.length > 0) {
    return modbusOperationsOf(mergeAsks(asks.flatMap((ask) => neededModbus(ask, modbus)))).map((left) => ({ ...permit, access: askedAccess(permit, left.functionCodes.map(accessOfFunctionCode)), modbus: left }));
  }
  if (opcua !== null && opcua.services.length > 0) return [{ ...permit, opcua: { ...opcua, services: opcua.services.filter((service) => asks.some((ask) => ask.opcuaService === service)) } }];
  if (named !== null && named.names.length > 0) return [{ ...permit, named: { ...named, names: named.names.filter((name) => asks.some((ask) => ask.name === name)) } }];
  return [permit];
}

/** Of the access of a Permit, what was asked; all of it where that tells nothing. */
const askedAccess = ({ access }: Permit, asked: readonly Permit['access'][number][]): Permit['access'] => {
  const left = access.filter((one) => asked.includes(one));
  return left.length === 0 ? access : left;
};

const neededModbus = ({ modbus }: Ask, part: ModbusOperations): ModbusAsk[] => {
  if (modbus === null) return [];
  const { unit, code, range } = modbus;
  if (range !== null) return [{ unit, code, spans: new Map([[range.access, [{ first: range.first, last: range.last }]]]) }];
  // Which addresses it asked for was not seen: those of the part.
  const spans = new Map<'read' | 'write', Span[]>();
  for (const access of ['read', 'write'] as const) {
    const bound = bindingSpans(part.ranges, code, access);
    if (bound !== null) spans.set(access, bound);
  }
  return [{ unit, code, spans: spans.size === 0 ? null : spans }];
};
