/**
 * What a conversation asked, one line each: the units that a Permit either lets through or does not.
 *
 * In: a Conversation. Out: asks, each with its own dates and counts; Modbus by unit, function code and each range, OPC UA
 * by service, other protocols by operation, and the bare service where nothing was readable. Left out on purpose: who
 * may ask it (match.ts).
 */
import { opcuaService, policyName, sessionSecurity } from '../../infer/opcua-security.ts';
import { FOLDED_FUNCTION, type Access, type Conversation, type Day, type Operation } from '../../observation.ts';
import type { OpcUaOperations } from '../../permit.ts';

export interface Ask {
  readonly protocol: string;
  readonly access: Access | null;
  /** Words for a person: `FC 16 Write Multiple Registers, unit 1, 100 to 104`. */
  readonly text: string;
  readonly modbus: { readonly unit: number; readonly code: number; readonly range: { readonly access: 'read' | 'write'; readonly first: number; readonly last: number } | null } | null;
  readonly opcuaService: string | null;
  readonly name: string | null;
  readonly code: number | null;
  readonly count: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly days: readonly number[];
  /** Days with the hours of each (bit h = hour h, UTC); null where hours were not kept. */
  readonly hours: readonly { readonly day: number; readonly hours: number }[] | null;
}

/** Operations beyond those that are told apart: what they are is not known, so that only a Permit for all of the service lets them through. */
export const isFolded = ({ code }: Ask): boolean => code === FOLDED_FUNCTION;

const hoursOf = (days: readonly Day[]): Ask['hours'] => {
  const kept = days.flatMap(({ day, hours }) => (hours === undefined ? [] : [{ day, hours }]));
  return kept.length === days.length ? kept : null;
};

const asksOfOperation = (operation: Operation): Ask[] => {
  const base = {
    protocol: operation.protocol, access: operation.access, code: operation.function,
    firstNs: operation.firstNs, lastNs: operation.lastNs, days: operation.days.map((day) => day.day), hours: hoursOf(operation.days),
  };
  if (operation.function === FOLDED_FUNCTION) return [{ ...base, text: operation.name, modbus: null, opcuaService: null, name: operation.name, count: operation.requests }];
  if (operation.protocol === 'modbus') {
    const unit = operation.unit ?? 0;
    const words = `FC ${operation.function} ${operation.name}, unit ${unit}`;
    const whole: Ask = { ...base, text: words, modbus: { unit, code: operation.function, range: null }, opcuaService: null, name: null, count: operation.requests };
    if (operation.ranges.length === 0) return [whole];
    return operation.ranges.map((range): Ask => ({
      ...whole,
      text: `${words}, ${range.first === range.last ? range.first : `${range.first} to ${range.last}`}${operation.function === 23 ? ` (${range.access})` : ''}`,
      modbus: { unit, code: operation.function, range: { access: range.access, first: range.first, last: range.last } },
      count: range.requests,
    }));
  }
  const isOpcua = operation.protocol === 'opcua';
  return [{
    ...base, text: isOpcua ? opcuaService(operation.name) : operation.name, modbus: null,
    opcuaService: isOpcua ? opcuaService(operation.name) : null, name: isOpcua ? null : operation.name, count: operation.requests,
  }];
};

export const asksOf = (conversation: Conversation): Ask[] => {
  if (conversation.operations.length > 0) return conversation.operations.flatMap(asksOfOperation);
  return [{
    protocol: conversation.service.name, access: null, text: conversation.service.name === '' ? 'unnamed service' : conversation.service.name, modbus: null, opcuaService: null,
    name: null, code: null, count: conversation.requests, firstNs: conversation.firstNs, lastNs: conversation.lastNs, days: conversation.days.map((day) => day.day), hours: hoursOf(conversation.days),
  }];
};

const SECURITY_MODE_ORDER = ['None', 'Sign', 'SignAndEncrypt'];

/** Older than the newest is weaker (OPC 10000-7 clause 6.6; the first three are deprecated). */
const POLICY_STRENGTH: Readonly<Record<string, number>> = {
  None: 0, Basic128Rsa15: 1, Basic256: 2, Basic256Sha256: 3, Aes128_Sha256_RsaOaep: 3, Aes256_Sha256_RsaPss: 4,
};

export interface OpcUaSecurity {
  readonly modes: readonly string[];
  readonly policies: readonly string[];
  readonly encrypted: boolean;
}

/** As sessions were seen, of policies those that have a place in the order. */
export const securityOf = (conversation: Conversation): OpcUaSecurity => {
  const { modes, policies, encrypted } = sessionSecurity(conversation);
  return { modes, policies: policies.filter((policy) => Object.hasOwn(POLICY_STRENGTH, policy)), encrypted };
};

/** The policies that are no weaker than the weakest declared; without one, all. */
export const policiesFrom = (policies: readonly string[]): string[] => {
  const floor = Math.min(...policies.map((policy) => POLICY_STRENGTH[policyName(policy)] ?? 0));
  return Object.keys(POLICY_STRENGTH).filter((policy) => policies.length === 0 || POLICY_STRENGTH[policy] >= floor);
};

const excludesNone = (modes: readonly string[]): boolean => modes.length > 0 && !modes.includes('None');

/**
 * The policies that a Permit lets a session have; empty = any. Without a declared policy, a declared mode other than None still
 * excludes the policy None: the two are one (OPC 10000-4 clause 7.20: MessageSecurityMode None is without a policy).
 */
export const policiesHeld = ({ securityModes, securityPolicies }: Pick<OpcUaOperations, 'securityModes' | 'securityPolicies'>): string[] => {
  const isSecured = excludesNone(securityModes);
  const held = policiesFrom(securityPolicies).filter((policy) => policy !== 'None' || !isSecured);
  return securityPolicies.length > 0 || isSecured ? held : [];
};

/** The modes that are no weaker than the weakest declared; empty = any. */
export const modesHeld = ({ securityModes }: Pick<OpcUaOperations, 'securityModes'>): string[] =>
  (securityModes.length === 0 ? [] : SECURITY_MODE_ORDER.slice(SECURITY_MODE_ORDER.findIndex((mode) => securityModes.includes(mode))));

/** Modes that a Permit does not name and that pass where no more than the policy is seen, or not even that. */
export const modesPassing = ({ securityModes }: Pick<OpcUaOperations, 'securityModes'>, seesPolicy: boolean): string[] => {
  if (securityModes.length === 0) return [];
  const other = SECURITY_MODE_ORDER.filter((mode) => !securityModes.includes(mode));
  if (!seesPolicy || !excludesNone(securityModes)) return other;
  // Stronger than declared is no fault.
  return securityModes.includes('Sign') ? [] : ['Sign'];
};

/** How a mode and a policy are called among those that are too weak. */
export const modeWord = (mode: string): string => `mode ${mode}`;
export const policyWord = (policy: string): string => `policy ${policy}`;

/** The observed modes and policies that a Permit does not hold; stronger than declared is no fault. */
export const weakerThan = (observed: OpcUaSecurity, securityModes: readonly string[], securityPolicies: readonly string[]): string[] => {
  const tooWeak = (held: readonly string[], seen: readonly string[]): string[] => (held.length === 0 ? [] : seen.filter((one) => !held.includes(one)));
  // Without a declared policy, the policy None is what the mode None comes with, and is not told beside it.
  const isTold = (policy: string): boolean => securityPolicies.length > 0 || policy !== 'None' || !observed.modes.includes('None');
  return [
    ...tooWeak(modesHeld({ securityModes }), observed.modes).map(modeWord),
    ...tooWeak(policiesHeld({ securityModes, securityPolicies }), observed.policies).filter(isTold).map(policyWord),
  ];
};
