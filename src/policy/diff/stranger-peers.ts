/**
 * With whom a device talks that nobody declared: who is woken by it has to know what it touches.
 *
 * In: its conversations, and where the other ends are. Out: how grave that is, and sentences. Left out on purpose: who it is (observed.ts).
 */
import { firstOf, plural } from '../../infer/plural.ts';
import { listsBy } from '../../net/multi-map.ts';
import type { Conversation } from '../../observation.ts';
import type { Severity } from './findings.ts';
import { isChanging, isOfControl, isOutside, type CrossingKind } from './requirements.ts';

/** The other end of a conversation; no zone, for one that is not declared either. */
export interface Peer {
  readonly name: string;
  readonly zone: string | null;
  readonly kind: CrossingKind | undefined;
}

interface Contact {
  readonly conversation: Conversation;
  readonly peer: Peer;
  /** Whether the stranger asks. */
  readonly asks: boolean;
}

const MOST_CONTACTS = 4;
const MOST_PEERS = 3;

/** @param isInNetwork its address lies in a network of a zone: who plugs something in there may be expected */
export function strangerSeverity(contacts: readonly Contact[], isInNetwork: boolean): Severity {
  const changed = contacts.filter(({ asks, conversation }) => asks && isChanging(conversation));
  if (changed.some(({ peer }) => peer.kind === 'safety')) return 'critical';
  if (changed.length > 0 || bridged(contacts) !== null) return 'high';
  return isInNetwork ? 'low' : 'medium';
}

/** The zone of control of a device that talks with the Internet as well: a way in that no boundary stands in. */
function bridged(contacts: readonly Contact[]): string | null {
  const answered = contacts.filter(({ conversation: { packets } }) => packets.toServer > 0 && packets.toClient > 0);
  return answered.some(({ peer }) => isOutside(peer.kind)) ? (answered.find(({ peer }) => isOfControl(peer.kind))?.peer.zone ?? null) : null;
}

export function contactsOf(address: string, conversations: readonly Conversation[], peerAt: (address: string) => Peer): Contact[] {
  return conversations.map((conversation) => {
    const asks = conversation.client === address;
    return { conversation, peer: peerAt(asks ? conversation.server : conversation.client), asks };
  });
}

/** @param serviceOf the service of a conversation, in words */
export function contactSentences(contacts: readonly Contact[], serviceOf: (conversation: Conversation) => string): string {
  const rankOf = ({ asks, conversation }: Contact): number => (asks ? (isChanging(conversation) ? 0 : 1) : 2);
  const groups = listsBy(contacts, (one) => JSON.stringify([rankOf(one), one.peer.zone, isOutside(one.peer.kind), serviceOf(one.conversation)]));
  const phrases = [...groups.values()].sort(([a], [b]) => rankOf(a) - rankOf(b)).map((group) => {
    const [{ asks, peer, conversation }] = group;
    const service = serviceOf(conversation);
    const names = [...new Set(group.map((one) => one.peer.name))];
    const who = `${firstOf(names, MOST_PEERS)}${isOutside(peer.kind) ? ' on the Internet' : peer.zone === null ? ', not declared either,' : ` of ${peer.zone}`}`;
    if (!asks) return `${who} ${names.length === 1 ? 'asks' : 'ask'} it for ${service}`;
    return isChanging(conversation) ? `it changes ${who} by ${service}` : `it asks ${who} for ${service}`;
  });
  const rest = phrases.length - MOST_CONTACTS;
  const zone = bridged(contacts);
  const said = `${phrases.slice(0, MOST_CONTACTS).join('; ')}${rest > 0 ? `; and ${plural(rest, 'more kind')} of conversation` : ''}`;
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.${zone === null ? '' : ` So it joins ${zone} and the Internet past every boundary.`}`;
}
