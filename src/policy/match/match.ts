/**
 * Does this Observation fall under this Permit, and why not.
 *
 * In: the Permits of a spec and who is who. Out: for a conversation, which ask is let through by which Permit, and for
 * what is not, the nearest miss in words. Every request must fit one Permit whole: two Permits that each know half of a
 * range do not let it through; two that hold at different times let through what was asked at either. Left out on purpose: what a given firewall makes of it (simulate.ts).
 */
import { listsBy } from '../../net/multi-map.ts';
import type { Conversation } from '../../observation.ts';
import { isWholeZone, type Permit, type PermitConditions, type PermitEnd } from '../../permit.ts';
import { parseSet, parseSpan, setContains } from '../../net/address-set.ts';
import type { AddressSet } from '../../net/address-set.ts';
import { accessOfFunctionCode } from '../../decode/app/modbus-functions.ts';
import { OPCUA_SESSION_SERVICES } from '../../infer/opcua-security.ts';
import { bindingSpans, mergeSpans, spanText, spansContain } from '../../net/register-set.ts';
import { isSerialModbus } from '../../net/services.ts';
import { asksOf, isFolded, securityOf, weakerThan } from './asks.ts';
import type { Ask, OpcUaSecurity } from './asks.ts';
import { fewerOf, indexEnds, inOrderOf, type Party } from './end-index.ts';
import { INSPECTED, isLive, permitsAccess, permitsUse, protocolKey } from '../spec/permits.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import type { AssetIndex, Resolution } from '../spec/assets.ts';
import { daysOutside, scheduleProblem } from '../spec/schedule.ts';

/** What kept an ask from a Permit, from the outside in: the later, the nearer the miss. */
export type MissKind = 'ends' | 'port' | 'protocol' | 'security' | 'access' | 'operation' | 'unit' | 'range' | 'schedule' | 'expired' | 'rejected';

const MISS_ORDER: readonly MissKind[] = ['ends', 'port', 'protocol', 'access', 'operation', 'unit', 'range', 'security', 'schedule', 'expired', 'rejected'];

/** The ask came near a Permit, and only its operation was not let through: a matter of inspection, not of addresses and ports. */
export const OPERATION_MISSES: ReadonlySet<MissKind> = new Set(['protocol', 'access', 'operation', 'unit', 'range']);

export interface Miss {
  readonly kind: MissKind;
  readonly permit: string;
  readonly sentence: string;
  /** Where only time was amiss: the days on which no rule held, ascending; at least one. */
  readonly days?: readonly number[];
}

export interface AskVerdict {
  readonly ask: Ask;
  /** The Permit that lets it through, or null. */
  readonly permit: DeclaredPermit | null;
  /** What lets it through at times at which that does not; mostly nothing. Without one that does: what would, were it not for the time of some of it. */
  readonly atOtherTimes: readonly DeclaredPermit[];
  /** Why not, by the Permit that comes nearest; null when nothing is declared between the two at all. */
  readonly miss: Miss | null;
}

/** All that lets an ask through. */
export const rulesOf = ({ permit, atOtherTimes }: AskVerdict): readonly DeclaredPermit[] => (permit === null ? [] : [permit, ...atOtherTimes]);

export interface ConversationVerdict {
  readonly asks: readonly AskVerdict[];
  /** Permits whose ends and service fit, whatever they say of operations. */
  readonly related: readonly DeclaredPermit[];
  /** Security settings weaker than any related Permit demands; what was rejected demands nothing. */
  readonly weaker: readonly string[];
  /** The Permit that demands it, of several the one that is nearest; null where nothing is weaker. */
  readonly demanding: DeclaredPermit | null;
}

export interface PreparedEnd {
  readonly zone: string;
  readonly assets: ReadonlySet<string>;
  readonly addresses: AddressSet;
  readonly wholeZone: boolean;
}

interface Prepared {
  readonly declared: DeclaredPermit;
  readonly from: PreparedEnd;
  readonly to: PreparedEnd;
}

export interface Matcher {
  readonly judge: (conversation: Conversation) => ConversationVerdict;
  /** Permits that name two zones in that direction, whatever the service. */
  readonly between: (fromZone: string, toZone: string) => readonly DeclaredPermit[];
  /** Permits whose ends and service fit a client and a server, whatever was decided. */
  readonly fitting: (client: string, server: string, transport: string, port: number) => readonly DeclaredPermit[];
  /** The same of one Permit. */
  readonly fits: (declared: DeclaredPermit, client: string, server: string, transport: string, port: number) => boolean;
  readonly timezone: string;
}

export const prepareEnd = (end: PermitEnd): PreparedEnd => ({
  zone: end.zone, assets: new Set(end.assets), addresses: parseSet(end.addresses), wholeZone: isWholeZone(end),
});

export const partyOf = (address: string, resolution: Resolution | null): Party => ({ zone: resolution?.zone ?? null, asset: resolution?.asset?.id ?? null, span: parseSpan(address) });

const partyFits = (end: PreparedEnd, { zone, asset, span }: Party): boolean => {
  if (end.wholeZone) return zone === end.zone;
  if (asset !== null && end.assets.has(asset) && zone === end.zone) return true;
  return span !== null && setContains(end.addresses, span);
};

export const endFits = (end: PreparedEnd, address: string, resolution: Resolution | null): boolean => partyFits(end, partyOf(address, resolution));

export const transportFits = (permit: Permit, transport: string): boolean =>
  permit.service.transport === 'any' || permit.service.transport === transport;

const portFits = (permit: Permit, port: number): boolean =>
  permit.service.ports.length === 0 || permit.service.ports.some((range) => range.first <= port && port <= range.last);

export const serviceFits = (permit: Permit, transport: string, port: number): boolean => transportFits(permit, transport) && portFits(permit, port);

const portText = (permit: Permit): string =>
  `${permit.service.transport}/${permit.service.ports.map(spanText).join(',') || 'any port'}`;

const SESSION_SERVICES = new Set(OPCUA_SESSION_SERVICES);

export const limitsOperations = (permit: Permit): boolean => permit.access.length > 0 || permit.modbus !== null || permit.named !== null || (permit.opcua?.services.length ?? 0) > 0;

/** `2, 7-14, 43`: what a firewall lets through beside one function may be a hundred. */
const numbersText = (numbers: readonly number[]): string =>
  mergeSpans(numbers.map((number) => ({ first: number, last: number })))
    .map(({ first, last }) => (first === last ? `${first}` : last === first + 1 ? `${first}, ${last}` : `${first}-${last}`))
    .join(', ');

/** Where operations are limited, whatever is no request of that protocol is none of them; encrypted, nobody can tell. */
const isAnotherProtocol = (permit: Permit, ask: Ask, service: string): boolean => {
  const [declared, observed] = [permit.service.protocol, ask.protocol].map(protocolKey);
  if (!INSPECTED.has(declared)) return false;
  // Frames of a serial line ask the same, without the header that operations of Modbus/TCP are read by.
  if (declared === observed) return isSerialModbus(service) && !isSerialModbus(permit.service.protocol) && limitsOperations(permit);
  return INSPECTED.has(observed) || (limitsOperations(permit) && !observed.endsWith('tls'));
};

/** Null when the operation is let through; ends, port and time have been judged. */
const operationMiss = (permit: Permit, ask: Ask, conversation: Conversation): { kind: MissKind; sentence: string } | null => {
  if (conversation.service.by === 'probe' && isAnotherProtocol(permit, ask, conversation.service.name)) {
    const seen = isSerialModbus(conversation.service.name) ? conversation.service.name : ask.protocol;
    return { kind: 'protocol', sentence: `${permit.service.protocol} is permitted on that port, and what was seen is ${seen}` };
  }
  if (isFolded(ask)) return limitsOperations(permit) ? { kind: 'operation', sentence: 'more operations were asked than are told apart, and only some are permitted' } : null;
  if (ask.modbus !== null) {
    const { unit, code, range } = ask.modbus;
    const modbus = permit.modbus;
    if (modbus !== null && modbus.functionCodes.length > 0 && !modbus.functionCodes.includes(code)) {
      return { kind: 'operation', sentence: `FC ${code} is not among the permitted FC ${numbersText(modbus.functionCodes)}` };
    }
    // A code that is listed is let through for what `access` names too: "read" beside 16 is no write (permitsUse).
    if (ask.access !== null && !permitsUse(permit, code, ask.access)) {
      const use = `${ask.access === accessOfFunctionCode(code) ? '' : 'this use of '}FC ${code} is ${ask.access}`;
      return { kind: 'access', sentence: permitsAccess(permit, ask.access) ? `${use}, and that is permitted of other codes only` : `${use}, and only ${permit.access.join(', ')} is permitted` };
    }
    if (modbus !== null && modbus.unitIds.length > 0 && !modbus.unitIds.includes(unit)) return { kind: 'unit', sentence: `unit ${unit} is not among the permitted units ${numbersText(modbus.unitIds)}` };
    if (modbus !== null && range !== null) {
      const spans = bindingSpans(modbus.ranges, code, range.access);
      if (spans !== null && !spansContain(spans, range)) return { kind: 'range', sentence: `${range.first === range.last ? `address ${range.first} is` : `addresses ${range.first} to ${range.last} are`} not within ${spans.map((span) => `${span.first}-${span.last}`).join(', ')}` };
    }
    return null;
  }
  if (ask.opcuaService !== null) {
    if (permit.opcua !== null && permit.opcua.services.length > 0) {
      return permit.opcua.services.includes(ask.opcuaService) ? null : { kind: 'operation', sentence: `the service ${ask.opcuaService} is not among the permitted ones` };
    }
    if (!SESSION_SERVICES.has(ask.opcuaService) && ask.access !== null && !permitsAccess(permit, ask.access)) {
      return { kind: 'access', sentence: `${ask.opcuaService} is ${ask.access}, and only ${permit.access.join(', ')} is permitted` };
    }
    return null;
  }
  if (ask.name !== null) {
    if (permit.named !== null && permit.named.names.length > 0) {
      const fits = permit.named.names.some((name) => name.toLowerCase() === ask.name?.toLowerCase() || name === `#${ask.code}`);
      return fits ? null : { kind: 'operation', sentence: `"${ask.name}" is not among the permitted operations` };
    }
    if (ask.access !== null && !permitsAccess(permit, ask.access)) return { kind: 'access', sentence: `"${ask.name}" is ${ask.access}, and only ${permit.access.join(', ')} is permitted` };
  }
  return null;
};

const isUnreadable = (ask: Ask): boolean => ask.modbus === null && ask.opcuaService === null && ask.name === null;

/** The first of those that come nearest. */
const nearestOf = (misses: readonly Miss[]): Miss | null =>
  misses.reduce<Miss | null>((best, next) => (best === null || MISS_ORDER.indexOf(next.kind) > MISS_ORDER.indexOf(best.kind) ? next : best), null);

const isOfTime = ({ kind }: Pick<Miss, 'kind'>): boolean => kind === 'schedule' || kind === 'expired';

const timeMiss = (permit: Permit, ask: Ask, timezone: string): { kind: MissKind; sentence: string } | null => {
  if (permit.decision === 'rejected') return { kind: 'rejected', sentence: `somebody rejected it${permit.owner === '' ? '' : ` (${permit.owner})`}` };
  return scheduleProblem(permit.conditions, ask, timezone);
};

/** A rule for another protocol that is told by its bytes lets no session of OPC UA through, so it is content with none. */
const maySpeakOpcua = ({ service }: Permit): boolean => {
  const protocol = protocolKey(service.protocol);
  return protocol === 'opcua' || !INSPECTED.has(protocol);
};

/** Whether a rejected rule speaks of a session: one that names modes or policies refuses no other. What is not known may be either. */
const refusesSecurity = ({ opcua }: Permit, seen: OpcUaSecurity): boolean => {
  const meets = (named: readonly string[], observed: readonly string[]): boolean => named.length === 0 || observed.length === 0 || named.some((one) => observed.includes(one));
  return opcua === null || (meets(opcua.securityModes, seen.modes) && meets(opcua.securityPolicies, seen.policies));
};

export const createMatcher = (permits: readonly DeclaredPermit[], assets: AssetIndex, timezone: string): Matcher => {
  const isByAddress = ({ permit: { from, to } }: DeclaredPermit): boolean => from.addresses.length + to.addresses.length > 0;
  // Of several that fit, rules by assets and zones come first, then those by addresses, each as they stand in the spec.
  const prepared = [...permits.filter((declared) => !isByAddress(declared)), ...permits.filter(isByAddress)]
    .map((declared): Prepared => ({ declared, from: prepareEnd(declared.permit.from), to: prepareEnd(declared.permit.to) }));
  const byZones = listsBy(prepared, ({ from, to }) => `${from.zone}\n${to.zone}`);
  const [withClient, withServer] = (['from', 'to'] as const).map((side) => indexEnds(prepared.map((entry) => ({ ...entry[side], value: entry }))));
  const inPlaces = inOrderOf(prepared);
  const whoIs = (address: string): Party => partyOf(address, assets.resolve(address));

  /** Rules whose ends fit, in their places. */
  const nearTo = (client: Party, server: Party): readonly Prepared[] =>
    inPlaces(fewerOf(withClient(client), withServer(server)).flatMap((list) => list.filter((entry) => partyFits(entry.from, client) && partyFits(entry.to, server))));

  const addressed = prepared.filter(({ declared }) => isByAddress(declared));
  const ofService = new Map<string, readonly Prepared[]>();
  /** Of some rules those for a service; asked once for each, because a conduit may have thousands. */
  const forService = (some: readonly Prepared[], name: string, transport: string, port: number): readonly Prepared[] => {
    const key = `${name}\n${transport}\n${port}`;
    const held = ofService.get(key) ?? some.filter(({ declared: { permit } }) => serviceFits(permit, transport, port));
    ofService.set(key, held);
    return held;
  };
  /** Rules for a service whose ends do not fit; addresses may reach beyond what the zone's assets resolve to, so those rules may be meant for any pair. */
  const elsewhere = (zones: string, transport: string, port: number, concerns: (entry: Prepared) => boolean): Prepared | undefined =>
    forService(byZones.get(zones) ?? [], zones, transport, port).find((entry) => !isByAddress(entry.declared) && concerns(entry)) ?? forService(addressed, '', transport, port).find(concerns);

  const judge = (conversation: Conversation): ConversationVerdict => {
    const [client, server] = [whoIs(conversation.client), whoIs(conversation.server)];
    const { transport, port } = conversation;
    const security = securityOf(conversation);
    const concerns = ({ declared: { permit } }: Prepared): boolean => isLive(permit) || refusesSecurity(permit, security);
    const near = nearTo(client, server).filter(concerns);
    const related = near.filter(({ declared: { permit } }) => serviceFits(permit, transport, port));
    // Security is a property of the session: it is met when one Permit that fits the ends and port is satisfied with it.
    // What was rejected meets nothing: beside it, the Permit that demands more still lets through what is asked safely.
    // Then those that demand more let nothing of it through: leave to read weakly is none to write weakly.
    const weakerBy = new Map(related.map((entry) => [entry, entry.declared.permit.opcua === null ? [] : weakerThan(security, entry.declared.permit.opcua.securityModes, entry.declared.permit.opcua.securityPolicies)]));
    const demands = related.filter(({ declared }) => isLive(declared.permit) && maySpeakOpcua(declared.permit)).map((entry) => ({ declared: entry.declared, weaker: weakerBy.get(entry) ?? [] }));
    const isMet = demands.some(({ weaker }) => weaker.length === 0);
    const nearest = isMet ? undefined : demands.sort((a, b) => a.weaker.length - b.weaker.length).at(0);
    // Where no operation could be read, a Permit that names none is the one that was meant for it; else the most exact is.
    const leastLimited = [...related].sort((a, b) => Number(limitsOperations(a.declared.permit)) - Number(limitsOperations(b.declared.permit)));
    const mostLimited = [...related].sort((a, b) => Number(limitsOperations(b.declared.permit)) - Number(limitsOperations(a.declared.permit)));
    const asks = asksOf(conversation).map((ask): AskVerdict => {
      const misses: Miss[] = [];
      const atTimes: DeclaredPermit[] = [];
      for (const entry of isUnreadable(ask) ? leastLimited : mostLimited) {
        const { permit } = entry.declared;
        const tooWeak = isMet ? (weakerBy.get(entry) ?? []) : [];
        const failure = operationMiss(permit, ask, conversation)
          ?? (tooWeak.length > 0 ? { kind: 'security' as const, sentence: `${permit.id} demands more than ${tooWeak.join(' and ')}` } : timeMiss(permit, ask, timezone));
        if (failure === null) return { ask, permit: entry.declared, atOtherTimes: [], miss: null };
        if (isOfTime(failure)) atTimes.push(entry.declared);
        misses.push({ ...failure, permit: permit.id });
      }
      const conditionsOf = (list: readonly DeclaredPermit[]): PermitConditions[] => list.map(({ permit }) => permit.conditions);
      const days = atTimes.length === 0 ? [] : daysOutside(conditionsOf(atTimes), ask, timezone);
      if (atTimes.length > 1 && days.length === 0) {
        const [permit, ...atOtherTimes] = atTimes.reduceRight((needed, one) => {
          const without = needed.filter((other) => other !== one);
          return daysOutside(conditionsOf(without), ask, timezone).length === 0 ? without : needed;
        }, atTimes);
        return { ask, permit, atOtherTimes, miss: null };
      }
      if (related.length === 0) {
        const permit = near.at(0)?.declared.permit;
        const other = permit === undefined ? elsewhere(`${client.zone ?? ''}\n${server.zone ?? ''}`, transport, port, concerns)?.declared.permit : undefined;
        if (permit !== undefined) misses.push({ kind: 'port', permit: permit.id, sentence: `between the two, ${permit.id} permits ${permit.service.protocol} on ${portText(permit)} only` });
        if (other !== undefined) misses.push({ kind: 'ends', permit: other.id, sentence: `${other.id} permits this service between the two zones, but not for this client and server` });
      }
      const miss = nearestOf(misses);
      return { ask, permit: null, atOtherTimes: atTimes, miss: miss !== null && isOfTime(miss) ? { ...miss, days } : miss };
    });
    return { asks, related: related.map((entry) => entry.declared), weaker: nearest?.weaker ?? [], demanding: nearest?.declared ?? null };
  };

  const byDeclared = new Map(prepared.map((entry) => [entry.declared, entry]));
  return {
    judge,
    between: (fromZone, toZone) => (byZones.get(`${fromZone}\n${toZone}`) ?? []).map((entry) => entry.declared),
    fitting: (client, server, transport, port) => nearTo(whoIs(client), whoIs(server)).flatMap((entry) => (serviceFits(entry.declared.permit, transport, port) ? [entry.declared] : [])),
    fits: (declared, client, server, transport, port) => {
      const entry = byDeclared.get(declared);
      return entry !== undefined && endFits(entry.from, client, assets.resolve(client)) && endFits(entry.to, server, assets.resolve(server))
        && serviceFits(declared.permit, transport, port);
    },
    timezone,
  };
};
