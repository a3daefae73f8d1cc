/**
 * Conversations between zones, each with what the Permits say of it and what came back.
 *
 * In: a diff's context, and what hours tell of each conversation. Out: crossings in the order of the store, and how often
 * each ask was answered. Left out on purpose: any verdict on the architecture (verify/permitted.ts, verify/prohibited.ts ...).
 */
import { REFUSAL_FACT, type Conversation, type Operation } from '../../observation.ts';
import type { WindowTraffic } from '../../store/read-window.ts';
import type { Ask } from '../match/asks.ts';
import type { DiffContext } from '../diff/context.ts';
import { isoTime } from '../../net/time.ts';
import { OPERATION_MISSES, type ConversationVerdict, type MissKind } from '../match/match.ts';
import { isUnicast, nameOf, type Resolution } from '../spec/assets.ts';
import type { CheckEvidence, SensorOf } from './checks.ts';

/**
 * `answered`: with data. `accepted`: a handshake, or acknowledgements, and no data. `refused`: resets alone, or an ICMP
 * error. `silent`: nothing. `unclear`: a reset and an acknowledgement look alike in what the store kept.
 */
export type Reply = 'answered' | 'accepted' | 'refused' | 'silent' | 'unclear';

export interface Crossing {
  readonly conversation: Conversation;
  readonly client: Resolution | null;
  readonly server: Resolution | null;
  readonly verdict: ConversationVerdict;
  readonly reply: Reply;
  /** Segments or datagrams with payload from the server; null where not counted. */
  readonly answers: number | null;
}

const replyOf = (conversation: Conversation, traffic: WindowTraffic | undefined): Reply => {
  if (conversation.operations.some(({ responses, errors }) => responses + errors > 0)) return 'answered';
  const wasPrevented = conversation.facts.some(({ name }) => name === REFUSAL_FACT);
  if (conversation.packets.toClient === 0) return wasPrevented ? 'refused' : 'silent';
  if (conversation.transport !== 'tcp') return 'answered';
  const answers = traffic?.answers ?? null;
  if (answers !== null && answers > 0) return 'answered';
  if (traffic !== undefined && !traffic.isWhole) return 'unclear';
  if (conversation.answeredSessions === 0) return 'refused';
  return answers === 0 ? 'accepted' : 'answered';
};

/** `router client` of every ICMP error that refused something: the error is the refusal, no attempt of the router's own. */
const refusalsOf = (conversations: readonly Conversation[]): ReadonlySet<string> =>
  new Set(conversations.flatMap(({ client, facts }) => facts.flatMap(({ name, value }) => (name === REFUSAL_FACT ? [`${value.split(' from ').at(-1) ?? ''} ${client}`] : []))));

export const crossingsOf = (context: DiffContext, traffic: ReadonlyMap<number, WindowTraffic>): Crossing[] => {
  const refusals = refusalsOf(context.set.conversations);
  return context.set.conversations.flatMap((conversation): Crossing[] => {
    if (!isUnicast(context.assets, conversation)) return [];
    if (conversation.transport.startsWith('icmp') && refusals.has(`${conversation.client} ${conversation.server}`)) return [];
    const client = context.assets.resolve(conversation.client);
    const server = context.assets.resolve(conversation.server);
    if (client?.zone === server?.zone) return [];
    const own = traffic.get(conversation.id);
    return [{ conversation, client, server, verdict: context.matcher.judge(conversation), reply: replyOf(conversation, own), answers: own?.answers ?? null }];
  });
};

/** Whether a miss is about what was asked, on a path that a Permit opens: what somebody rejected of it as well. */
export const isOperationMiss = ({ asks, related }: ConversationVerdict, kind: MissKind): boolean =>
  related.length > 0 && (OPERATION_MISSES.has(kind) || (kind === 'rejected' && asks.some(({ permit }) => permit !== null)));

/** The operation that an ask is part of; null where nothing was readable. */
export const operationOf = (conversation: Conversation, ask: Ask): Operation | null =>
  conversation.operations.find((operation) => operation.protocol === ask.protocol && operation.function === ask.code && operation.access === ask.access && (ask.modbus === null || (operation.unit ?? 0) === ask.modbus.unit)) ?? null;

/**
 * Segments of the server that no reader understood: answers that the capture cut short, most often. Null where the store
 * did not count them. As many unanswered requests may have been answered all the same.
 */
export const unreadAnswers = ({ conversation, answers }: Crossing): number | null => {
  if (conversation.packets.toClient === 0) return 0;
  return answers === null ? null : Math.max(0, answers - conversation.operations.reduce((sum, { responses, errors }) => sum + responses + errors, 0));
};

export const whoOf = ({ conversation, client, server }: Crossing): string => `${nameOf(conversation.client, client)} -> ${nameOf(conversation.server, server)}`;

/** What was seen of a conversation, or of asks within it. */
export interface Seen {
  readonly conversation: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly count: number;
  readonly answered: number | null;
}

export const seenWhole = ({ id, firstNs, lastNs }: Conversation, count: number, answered: number | null): Seen => ({ conversation: id, firstNs, lastNs, count, answered });

export const evidenceOf = (seen: readonly Seen[], source: CheckEvidence['source'], sensor: SensorOf): CheckEvidence | null => {
  if (seen.length === 0) return null;
  const timed = seen.filter(({ firstNs }) => firstNs > 0n);
  const first = timed.reduce<bigint | null>((least, { firstNs }) => (least === null || firstNs < least ? firstNs : least), null);
  const last = timed.reduce<bigint | null>((most, { lastNs }) => (most === null || lastNs > most ? lastNs : most), null);
  return {
    source, sensor: sensor(first, last), first: first === null ? null : isoTime(first), last: last === null ? null : isoTime(last),
    count: seen.reduce((sum, { count }) => sum + count, 0),
    answered: seen.every(({ answered }) => answered !== null) ? seen.reduce((sum, { answered }) => sum + (answered ?? 0), 0) : null,
    conversations: new Set(seen.map(({ conversation }) => conversation)).size,
  };
};
