/**
 * How safe the sessions of OPC UA are that a conversation was seen with: modes and policies, without the None of a client that only asks
 * what a server offers. In: a Conversation with its facts and operations. Out: names of the standard (OPC 10000-4 clause 7.20, OPC 10000-7).
 * Discovery needs no security (OPC 10000-4 clause 5.5.1): nearly every client asks for the endpoints on a channel without any, leaves it, and
 * opens the session that it means on another.
 */
import { describeService, DISCOVERY_SERVICES } from '../decode/app/opcua-services.ts';
import type { Conversation } from '../observation.ts';

const MODES: ReadonlySet<string> = new Set(['None', 'Sign', 'SignAndEncrypt']);

/** Services that may be asked without security before there is a session (OPC 10000-4 clauses 5.5.2 to 5.5.4). */
const OPCUA_DISCOVERY_SERVICES: readonly string[] = DISCOVERY_SERVICES.map((id) => describeService(id).name);

/** Those, and the services that open, keep and close a channel (clause 5.6). */
const OPCUA_CHANNEL_SERVICES: readonly string[] = ['CloseSecureChannel', 'FindServers', 'GetEndpoints', 'OpenSecureChannel'];

/** Those, and the services that open, keep and close a session (clause 5.7). */
export const OPCUA_SESSION_SERVICES: readonly string[] = [...OPCUA_CHANNEL_SERVICES, 'ActivateSession', 'CloseSession', 'CreateSession'];

/** The last part of a security policy's URI (OPC 10000-7). */
export const policyName = (policy: string): string => policy.slice(policy.lastIndexOf('#') + 1);

/** The name of a service without what tells its messages apart: `ReadRequest` -> `Read`. */
export const opcuaService = (name: string): string => name.replace(/(Request|Response)$/, '');

/** Whether these services ask what there is, and nothing else. */
export const isDiscovery = (services: readonly string[]): boolean =>
  services.some((service) => OPCUA_DISCOVERY_SERVICES.includes(service)) && services.every((service) => OPCUA_DISCOVERY_SERVICES.includes(service) || OPCUA_CHANNEL_SERVICES.includes(service));

/** What goes with these services on a connection, whether it was seen or not. */
export const opcuaCompanions = (services: readonly string[]): readonly string[] => (isDiscovery(services) ? OPCUA_CHANNEL_SERVICES : OPCUA_SESSION_SERVICES);

export interface SessionSecurity {
  /** Of modes and policies the names, in order, each once; without None where that was for discovery alone. */
  readonly modes: readonly string[];
  readonly policies: readonly string[];
  /** Messages went by whose bodies could not be read. */
  readonly encrypted: boolean;
  /** Whether None was left out. */
  readonly discoveryWithNone: boolean;
}

const sortedValues = (conversation: Conversation, name: string): string[] => [...new Set(conversation.facts.flatMap((fact) => (fact.name === name ? [fact.value] : [])))].sort();

/**
 * Whether None was for more than discovery. A channel that was seen to open tells it itself (`opcua.unsecured`). Of one that was joined later
 * the mode is not known, so that what was read and is no discovery may have been without security, unless sessions that are signed explain it.
 */
function usesNone(conversation: Conversation, modes: readonly string[]): boolean {
  if (conversation.facts.some(({ name }) => name === 'opcua.unsecured')) return true;
  const services = conversation.operations.flatMap(({ protocol, name }) => (protocol === 'opcua' ? [opcuaService(name)] : []));
  if (!services.some((service) => OPCUA_DISCOVERY_SERVICES.includes(service))) return true;
  return !isDiscovery(services) && !modes.includes('Sign');
}

export function sessionSecurity(conversation: Conversation): SessionSecurity {
  const modes = sortedValues(conversation, 'opcua.mode').filter((mode) => MODES.has(mode));
  const policies = [...new Set(sortedValues(conversation, 'opcua.policy').map(policyName).filter((policy) => policy !== ''))].sort();
  const encrypted = conversation.facts.some(({ name, value }) => name === 'opcua.encrypted' && value === 'MSG');
  const discoveryWithNone = (modes.includes('None') || policies.includes('None')) && !usesNone(conversation, modes);
  const isCounted = (word: string): boolean => word !== 'None' || !discoveryWithNone;
  // The mode of a channel whose messages are encrypted stands in what is encrypted.
  return { modes: [...modes, ...(encrypted && !modes.includes('SignAndEncrypt') ? ['SignAndEncrypt'] : [])].filter(isCounted), policies: policies.filter(isCounted), encrypted, discoveryWithNone };
}
