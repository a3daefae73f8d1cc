/**
 * Whose answers were not heard though there were some: a mirror port that sends one direction. In: conversations. Out: of which of
 * them silence proves nothing.
 */
import { listsBy } from '../net/multi-map.ts';
import type { Conversation } from '../observation.ts';

/** A SYN-ACK is sent again five times where nobody takes it (RFC 9293 section 3.8.3, Linux tcp_synack_retries), with one for the SYN itself. */
const UNTAKEN_PER_SESSION = 8;

/** More from the server than it would send to nobody: its client is there, and only the way from it was not mirrored. */
export const hasListener = ({ transport, packets, sessions }: Conversation): boolean => transport === 'tcp' && packets.toClient > UNTAKEN_PER_SESSION * Math.max(sessions, 1);

/**
 * Data over TCP goes to whom answered: the handshake comes first (RFC 9293 section 3.5). Where no answer was heard, only the way back was not
 * mirrored. Not where nothing but who was heard first says who asks: that may be the server of a conversation whose other half was not heard.
 */
export const hasUnheardServer = ({ transport, packets, requests, direction }: Conversation): boolean =>
  transport === 'tcp' && packets.toClient === 0 && requests > 0 && direction.by !== 'first-packet';

/** The last address of an IPv4 /24, which is hardly a device's. */
export const isLastOfNetwork = (address: string): boolean => address.endsWith('.255');

/** So many conversations may be heard from one end only, by chance. */
const ONE_END_SHARE = 0.05;

/** TCP conversations with data, and how many of them were heard from one end only. */
export interface EndsHeard {
  readonly conversations: number;
  readonly fromOneEnd: number;
}

/** Who sends data over TCP was answered: where nothing came back, the sensor hears one end only. */
export function countHeard(conversations: readonly Conversation[]): EndsHeard {
  const withData = conversations.filter(({ transport, requests, packets }) => transport === 'tcp' && (requests > 0 || packets.toServer === 0));
  return { conversations: withData.length, fromOneEnd: withData.filter(({ packets }) => packets.toServer === 0 || packets.toClient === 0).length };
}

/** More than chance: the mirror leaves out what goes one way. */
export const isOneSided = ({ conversations, fromOneEnd }: EndsHeard): boolean => fromOneEnd > ONE_END_SHARE * conversations;

/** Who asks so many on one port, each next to never, looks for what there is: a sweep. */
export const FEWEST_TARGETS = 8;
export const asksSeldom = ({ requests, days }: { readonly requests: number; readonly days: { readonly length: number } }): boolean => requests <= days.length * 3 + 3;

export interface Unheard {
  readonly heard: EndsHeard;
  readonly pairs: ReadonlySet<string>;
  /** Never heard at all, and answered over TCP. */
  readonly servers: ReadonlySet<string>;
  /** Ids of conversations that sweep by datagrams: most of whom they ask are not there. */
  readonly swept: ReadonlySet<number>;
}

const pairOf = ({ client, server }: Conversation): string => `${client} ${server}`;

export function findUnheard(conversations: readonly Conversation[]): Unheard {
  const unheard = conversations.filter(hasUnheardServer);
  const servers = new Set(unheard.map(({ server }) => server));
  for (const { client, server, packets } of conversations) {
    if (packets.toServer > 0) servers.delete(client);
    if (packets.toClient > 0) servers.delete(server);
  }
  return { pairs: new Set(unheard.map(pairOf)), servers, heard: countHeard(conversations), swept: findSwept(conversations) };
}

const ASKED_BY_DATAGRAMS: ReadonlySet<string> = new Set(['udp', 'icmp', 'icmpv6']);

function findSwept(conversations: readonly Conversation[]): Set<number> {
  const seldom = conversations.filter((one) => ASKED_BY_DATAGRAMS.has(one.transport) && one.packets.toClient === 0 && asksSeldom(one));
  const sweeps = [...listsBy(seldom, ({ client, transport, port }) => `${client} ${transport} ${port}`).values()].filter(({ length }) => length >= FEWEST_TARGETS);
  return new Set(sweeps.flat().map(({ id }) => id));
}

/**
 * That no answer was heard says nothing here. Of datagrams where the mirror leaves out what goes one way, or their server's answers; not where
 * they ask a whole network, by its last address or one by one.
 */
export const mayBeAnswered = (conversation: Conversation, { heard, pairs, servers, swept }: Unheard): boolean =>
  hasUnheardServer(conversation) || (ASKED_BY_DATAGRAMS.has(conversation.transport) && conversation.requests > 0 && !isLastOfNetwork(conversation.server) && !swept.has(conversation.id)
  && (isOneSided(heard) || servers.has(conversation.server) || pairs.has(pairOf(conversation))));
