/**
 * From crossing conversations to grants: what one client asset asks of one server asset on one service, by operation
 * class, exactly as seen.
 *
 * In: Observations and the plan. Out: grants with operations, ranges, evidence and witnesses, and what crosses no
 * boundary or was set aside, counted. Left out on purpose: any widening (conduits/generalise.ts).
 */
import { changesDevice, FOLDED_FUNCTION, REVERSED_FACT, type Access, type Conversation, type ObservationSet, type Operation } from '../../observation.ts';
import type { Span } from '../../net/register-set.ts';
import { accessOfFunctionCode, accessesOfFunctionCode } from '../../decode/app/modbus-functions.ts';
import { mergeSpans, spansContain, tableOf } from '../../net/register-set.ts';
import { isSerialModbus } from '../../net/services.ts';
import { controlsDevice } from '../activity.ts';
import { ALL_HOURS } from '../captured-days.ts';
import { opcuaService, sessionSecurity, type SessionSecurity } from '../opcua-security.ts';
import { standingOf } from './plan.ts';
import type { PlanIndex, PlannedAsset } from './plan.ts';
import { findVisits } from './visits.ts';

/** What a client wants: to know, to change, to engineer; `any` where operations are not readable. */
export type OperationClass = 'read' | 'write' | 'engineer' | 'any';

/**
 * Why what was seen is no basis for approval: of its requests none was heard, so that its addresses are unknown; it was only ever
 * refused, or a change that was never answered; it is beyond the operations that are told apart; or it changes the device by a function code
 * that asks it as well.
 */
export type Doubt = 'no-function' | 'unheard-range' | 'refused' | 'unanswered' | 'many-operations' | 'double-use';

/** One function code to one unit; `spans` is null when the code has no data address or any address is let through. */
export interface ModbusAsk {
  readonly unit: number;
  readonly code: number;
  readonly spans: ReadonlyMap<'read' | 'write', readonly Span[]> | null;
}

/** Everything but who: equal details can share a Permit. */
export interface GrantDetail {
  readonly modbus: readonly ModbusAsk[];
  readonly opcuaServices: readonly string[];
  readonly opcuaModes: readonly string[];
  readonly opcuaPolicies: readonly string[];
  readonly names: readonly string[];
  readonly access: readonly Access[];
}

export interface GrantEvidence {
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
  readonly days: readonly number[];
  /** Bit h: seen in hour h of some day; every bit where hours were not kept. */
  readonly hours: number;
  readonly requests: number;
  /** Conversations that would break without this grant. */
  readonly witnesses: readonly number[];
}

export interface Grant {
  readonly client: PlannedAsset;
  readonly server: PlannedAsset;
  readonly transport: string;
  readonly port: number;
  /** Above `port` only where ports are negotiated (conduits/negotiated.ts): a range of them. */
  readonly lastPort: number;
  readonly service: string;
  /** `modbus`, `opcua`, another protocol whose operations were read, or `` when none was. */
  readonly protocol: string;
  readonly class: OperationClass;
  /** Kept apart from what is certain: no rule widens by it. */
  readonly doubt: Doubt | null;
  readonly detail: GrantDetail;
  readonly evidence: GrantEvidence;
  /** Rules that widened it beyond what was seen; empty = exact. */
  readonly rules: readonly string[];
  /** For a grant that was never seen: the seen one that it follows. */
  readonly source: Grant | null;
}

export const NO_EVIDENCE: GrantEvidence = { firstNs: null, lastNs: null, days: [], hours: 0, requests: 0, witnesses: [] };

const classOfOperation = (operation: Operation): OperationClass => {
  if (operation.protocol === 'modbus' && operation.access === 'browse') return 'engineer';
  if (operation.function === FOLDED_FUNCTION) return 'any';
  switch (operation.access) {
    case 'browse':
    case 'read': return 'read';
    case 'write': return 'write';
    case 'control': return controlsDevice(operation) ? 'engineer' : 'write';
    default: return 'engineer';
  }
};

/** Without it the mirror showed what the client sends, and nothing says what was answered. */
const isAnswerHeard = ({ facts, packets }: Conversation): boolean => (facts.some(({ name }) => name === REVERSED_FACT) ? packets.toServer : packets.toClient) > 0;

/** By unit 0 a gateway asks all devices of a serial line at once, and none answers (Modbus over Serial Line V1.02 clause 2.1). */
const BROADCAST_UNIT = 0;

/** Function codes begin with 1 (V1.1b3 clause 4.1). */
const NO_FUNCTION = 0;

const doubtOf = (operation: Operation, conversation: Conversation): Doubt | null => {
  const { function: code, protocol, unit, access, requests, responses, errors, ranges } = operation;
  if (code === FOLDED_FUNCTION) return 'many-operations';
  if (protocol === 'modbus' && code === NO_FUNCTION) return 'no-function';
  if (protocol === 'modbus' && access !== accessOfFunctionCode(code) && accessesOfFunctionCode(code).includes(access)) return 'double-use';
  if (protocol === 'modbus' && unit !== BROADCAST_UNIT && changesDevice(access) && requests > 0 && responses + errors === 0 && isAnswerHeard(conversation)) return 'unanswered';
  const isOpen = protocol === 'modbus' && ranges.length === 0 && (tableOf(code, 'read') !== null || tableOf(code, 'write') !== null);
  if (errors > 0 && responses === 0 && (requests === 0 || isOpen || changesDevice(access))) return 'refused';
  return isOpen && requests === 0 ? 'unheard-range' : null;
};

const askOf = (operation: Operation): ModbusAsk => {
  const unit = operation.unit ?? 0;
  const spans = new Map<'read' | 'write', readonly Span[]>();
  for (const access of ['read', 'write'] as const) {
    if (tableOf(operation.function, access) === null) continue;
    const seen = mergeSpans(operation.ranges.filter((range) => range.access === access));
    if (seen.length > 0) spans.set(access, seen);
  }
  return { unit, code: operation.function, spans: spans.size === 0 ? null : spans };
};

const sortedUnique = <T extends string | number>(values: Iterable<T>): T[] => [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** One for each unit and code. */
export const mergeAsks = (asks: readonly ModbusAsk[]): ModbusAsk[] => {
  const byKey = new Map<string, ModbusAsk>();
  for (const ask of asks) {
    const key = `${ask.unit}/${ask.code}`;
    const held = byKey.get(key);
    if (held === undefined) byKey.set(key, ask);
    else if (held.spans === null || ask.spans === null) byKey.set(key, { ...held, spans: null });
    else {
      const spans = new Map<'read' | 'write', readonly Span[]>();
      for (const access of ['read', 'write'] as const) {
        const both = [...(held.spans.get(access) ?? []), ...(ask.spans.get(access) ?? [])];
        if (both.length > 0) spans.set(access, mergeSpans(both));
      }
      byKey.set(key, { ...held, spans });
    }
  }
  return [...byKey.values()].sort((a, b) => a.unit - b.unit || a.code - b.code);
};

export const mergeDetails = (a: GrantDetail, b: GrantDetail): GrantDetail => ({
  modbus: mergeAsks([...a.modbus, ...b.modbus]),
  opcuaServices: sortedUnique([...a.opcuaServices, ...b.opcuaServices]),
  opcuaModes: sortedUnique([...a.opcuaModes, ...b.opcuaModes]),
  opcuaPolicies: sortedUnique([...a.opcuaPolicies, ...b.opcuaPolicies]),
  names: sortedUnique([...a.names, ...b.names]),
  access: sortedUnique([...a.access, ...b.access]),
});

export const mergeEvidence = (a: GrantEvidence, b: GrantEvidence): GrantEvidence => ({
  firstNs: a.firstNs === null ? b.firstNs : b.firstNs === null || a.firstNs < b.firstNs ? a.firstNs : b.firstNs,
  lastNs: a.lastNs === null ? b.lastNs : b.lastNs === null || a.lastNs > b.lastNs ? a.lastNs : b.lastNs,
  days: sortedUnique([...a.days, ...b.days]),
  hours: a.hours | b.hours,
  requests: a.requests + b.requests,
  witnesses: sortedUnique([...a.witnesses, ...b.witnesses]),
});

/** `tcp/502`, `tcp/49152-65535`. */
export const portKey = ({ transport, port, lastPort }: Pick<Grant, 'transport' | 'port' | 'lastPort'>): string => `${transport}/${port}${lastPort === port ? '' : `-${lastPort}`}`;

/** The service by what it speaks: serial frames carry the operations of Modbus, and are another protocol to whoever stands between. */
export const spokenBy = ({ service, protocol }: Pick<Grant, 'service' | 'protocol'>): string => (protocol === '' || isSerialModbus(service) ? service : protocol);

/** Who asks whom at which ports. */
export const pairKey = (grant: Pick<Grant, 'client' | 'server' | 'transport' | 'port' | 'lastPort'>): string => `${grant.client.id}\n${grant.server.id}\n${portKey(grant)}`;

export const grantKey = (grant: Pick<Grant, 'client' | 'server' | 'transport' | 'port' | 'lastPort' | 'class' | 'doubt' | 'detail'>): string =>
  `${pairKey(grant)}\n${grant.class}${grant.doubt === null ? '' : `\n${grant.doubt}`}${grant.doubt === 'double-use' ? `\n${grant.detail.access.join()}` : ''}`;

interface Piece {
  readonly class: OperationClass;
  readonly doubt: Doubt | null;
  readonly detail: GrantDetail;
  readonly operations: readonly Operation[];
}

/** A client that asks what there is, and no more, is granted to ask it without security. */
function grantedSecurity(conversation: Conversation): Pick<SessionSecurity, 'modes' | 'policies' | 'encrypted'> {
  const security = sessionSecurity(conversation);
  const isAsked = security.discoveryWithNone && security.modes.length + security.policies.length === 0 && !security.encrypted;
  return isAsked ? { modes: ['None'], policies: ['None'], encrypted: false } : security;
}

/** The classes of one conversation, each with its operations; what is in doubt apart. */
function splitByClass(conversation: Conversation): Piece[] {
  const { modes, policies, encrypted } = grantedSecurity(conversation);
  const opaque = encrypted || modes.includes('SignAndEncrypt');
  const pieces = new Map<string, { readonly class: OperationClass; readonly doubt: Doubt | null; readonly operations: Operation[] }>();
  for (const operation of conversation.operations) {
    const own = opaque && operation.protocol === 'opcua' ? 'any' : classOfOperation(operation);
    const doubt = own === 'any' && operation.function !== FOLDED_FUNCTION ? null : doubtOf(operation, conversation);
    // By what a code does beside its own access, each access by itself: of two, each code would be let through for both.
    const key = `${own} ${doubt} ${doubt === 'double-use' ? operation.access : ''}`;
    const held = pieces.get(key);
    if (held === undefined) pieces.set(key, { class: own, doubt, operations: [operation] });
    else held.operations.push(operation);
  }
  if (pieces.size === 0 || (opaque && !pieces.has('any null '))) pieces.set('any null ', { class: 'any', doubt: null, operations: [] });
  return [...pieces.values()].map((piece): Piece => {
    const { class: own, operations } = piece;
    const told = operations.filter((operation) => operation.function !== FOLDED_FUNCTION);
    const opcua = told.filter((operation) => operation.protocol === 'opcua');
    return {
      ...piece,
      detail: {
        modbus: mergeAsks(told.filter((operation) => operation.protocol === 'modbus').map(askOf)),
        // Behind encryption other services may pass unseen: naming the few that were readable would be a false promise.
        opcuaServices: own === 'any' ? [] : sortedUnique(opcua.map((operation) => opcuaService(operation.name))),
        opcuaModes: modes,
        opcuaPolicies: policies,
        names: sortedUnique(told.filter((operation) => operation.protocol !== 'modbus' && operation.protocol !== 'opcua').map((operation) => operation.name)),
        access: own === 'any' ? [] : sortedUnique(operations.map((operation) => operation.access)),
      },
    };
  });
}

const contains = (own: ModbusAsk['spans'], inner: ModbusAsk['spans']): boolean =>
  own === null || inner === null || [...inner].every(([access, spans]) => spans.every((span) => spansContain(own.get(access) ?? [], span)));

/** Of a grant in doubt what no other one of its pair lets through, or null: what is let through anyway needs no decision. */
export function undecidedOf(grant: Grant, ofPair: readonly Grant[], index: PlanIndex): Grant | null {
  if (grant.doubt === 'many-operations') return grant;
  const others = ofPair.map(({ detail }) => detail);
  if (grant.doubt === 'double-use') {
    // Who may programme by a code may do with it whatever else it can (permitsUse).
    const modbus = grant.detail.modbus.filter(({ unit, code }) => accessOfFunctionCode(code) !== 'program' || !others.some((own) => own.access.includes('program') && own.modbus.some((one) => one.unit === unit && one.code === code)));
    if (modbus.length === 0) return null;
    const detail = { ...grant.detail, modbus };
    return { ...grant, detail, evidence: evidenceOfPart(grant, detail, index) };
  }
  const detail: GrantDetail = {
    ...grant.detail,
    modbus: grant.detail.modbus.filter(({ unit, code, spans }) => !others.some(({ modbus }) => modbus.some((own) => own.unit === unit && own.code === code && contains(own.spans, spans)))),
    opcuaServices: grant.detail.opcuaServices.filter((service) => !others.some(({ opcuaServices }) => opcuaServices.includes(service))),
    names: grant.detail.names.filter((name) => !others.some(({ names }) => names.includes(name))),
  };
  return detail.modbus.length + detail.opcuaServices.length + detail.names.length === 0 ? null : { ...grant, detail, evidence: evidenceOfPart(grant, detail, index) };
}

/** When and how often these were asked; all of the conversation where there are none. */
function evidenceOf(conversation: Conversation, operations: readonly Operation[]): GrantEvidence {
  const parts = operations.length === 0 ? [conversation] : operations;
  const seen = parts.flatMap((one) => one.days);
  return {
    firstNs: parts.reduce((min, one) => (one.firstNs < min ? one.firstNs : min), parts[0].firstNs),
    lastNs: parts.reduce((max, one) => (one.lastNs > max ? one.lastNs : max), parts[0].lastNs),
    days: sortedUnique(seen.map((day) => day.day)),
    hours: seen.reduce((all, day) => all | (day.hours ?? ALL_HOURS), 0),
    requests: parts.reduce((sum, one) => sum + one.requests, 0),
    witnesses: [conversation.id],
  };
}

/** Of a grant's evidence, that of what a part of it names. */
export function evidenceOfPart({ class: own, doubt, evidence }: Grant, part: Pick<GrantDetail, 'modbus' | 'opcuaServices' | 'names'>, index: PlanIndex): GrantEvidence {
  const codes = new Set(part.modbus.map(({ unit, code }) => `${unit}/${code}`));
  const isNamed = ({ protocol, unit, function: code, name }: Operation): boolean =>
    protocol === 'modbus' ? codes.has(`${unit ?? 0}/${code}`) : protocol === 'opcua' ? part.opcuaServices.includes(opcuaService(name)) : part.names.includes(name);
  return evidence.witnesses.reduce<GrantEvidence>((held, id) => {
    const conversation = index.conversationOf(id);
    if (conversation === null) return held;
    const operations = conversation.operations.filter((one) => isNamed(one) && classOfOperation(one) === own && doubtOf(one, conversation) === doubt);
    return operations.length === 0 ? held : mergeEvidence(held, evidenceOf(conversation, operations));
  }, NO_EVIDENCE);
}

export interface ObservedGrants {
  readonly grants: readonly Grant[];
  readonly withinZone: number;
  readonly groupAddressed: number;
  readonly setAside: readonly { readonly conversation: Conversation; readonly why: string }[];
}

/** Exactly what crossed a boundary, one grant per client, server, service and class. */
export function observeGrants(set: ObservationSet, index: PlanIndex): ObservedGrants {
  const visits = findVisits(set, index);
  const grants = new Map<string, Grant>();
  const setAside: { conversation: Conversation; why: string }[] = [];
  let withinZone = 0;
  let groupAddressed = 0;
  for (const conversation of set.conversations) {
    const standing = standingOf(conversation, index);
    if (standing.kind === 'within-zone') withinZone++;
    else if (standing.kind === 'group-address') groupAddressed++;
    else if (standing.kind === 'set-aside') setAside.push({ conversation, why: standing.why });
    else if (visits.has(conversation.id)) setAside.push({ conversation, why: visits.get(conversation.id) ?? '' });
    else {
      for (const { class: own, doubt, detail, operations } of splitByClass(conversation)) {
        const grant: Grant = {
          client: standing.client,
          server: standing.server,
          transport: conversation.transport,
          port: conversation.port,
          lastPort: conversation.port,
          service: conversation.service.name,
          protocol: operations[0]?.protocol ?? (conversation.service.name === 'opcua' || conversation.service.name === 'modbus' ? conversation.service.name : ''),
          class: own,
          doubt,
          detail,
          rules: [],
          source: null,
          evidence: evidenceOf(conversation, operations),
        };
        const key = grantKey(grant);
        const held = grants.get(key);
        grants.set(key, held === undefined ? grant : { ...held, detail: mergeDetails(held.detail, detail), evidence: mergeEvidence(held.evidence, grant.evidence) });
      }
    }
  }
  return { grants: [...grants.values()], withinZone, groupAddressed, setAside };
}
