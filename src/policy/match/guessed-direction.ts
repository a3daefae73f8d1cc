/**
 * Conversations joined midstream between two ports that say as little: who is the client is a guess by port numbers, and the spec
 * may know better. Where nothing is declared for them as guessed, and something for the other way round, at the port of who was
 * taken for the client, they are the other way round; so a stateful firewall takes them too, which goes by that port.
 *
 * In: Observations, and what a matcher finds for them. Out: the same Observations, these turned. Left out on purpose: what the
 * store tells (store/turn-conversation.ts turns what a protocol proved); segments with payload stay those of one end.
 */
import { serviceByPort } from '../../net/services.ts';
import { CLIENT_PORT_FACT, type Conversation, type ObservationSet } from '../../observation.ts';
import type { Matcher } from './match.ts';

const serviceAt = (port: number): Conversation['service'] => {
  const name = serviceByPort('tcp', port);
  return name === null ? { name: '', by: 'none' } : { name, by: 'port' };
};

const turned = (conversation: Conversation, port: number): Conversation => ({
  ...conversation,
  client: conversation.server,
  server: conversation.client,
  port,
  service: conversation.service.by === 'probe' ? conversation.service : serviceAt(port),
  packets: { toServer: conversation.packets.toClient, toClient: conversation.packets.toServer },
  bytes: { toServer: conversation.bytes.toClient, toClient: conversation.bytes.toServer },
  facts: conversation.facts.filter(({ name }) => name !== CLIENT_PORT_FACT).map((fact) => ({ ...fact, toServer: fact.toClient, toClient: fact.toServer })),
});

/** Of several ports there was one each session: none of them listened, or the spec would not tell which. */
const asDeclared = (conversation: Conversation, matcher: Matcher): Conversation => {
  if (conversation.direction.by !== 'port' || conversation.operations.length > 0) return conversation;
  const ports = conversation.facts.filter(({ name }) => name === CLIENT_PORT_FACT);
  if (ports.length !== 1 || matcher.judge(conversation).related.length > 0) return conversation;
  const other = turned(conversation, Number(ports[0].value));
  return matcher.judge(other).related.length > 0 ? other : conversation;
};

export const withDeclaredDirections = (set: ObservationSet, matcher: Matcher): ObservationSet => {
  const conversations = set.conversations.map((conversation) => asDeclared(conversation, matcher));
  return conversations.every((one, i) => one === set.conversations[i]) ? set : { ...set, conversations };
};
