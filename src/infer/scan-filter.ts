/**
 * Scans, sweeps and strays out of the way before anything is inferred: a sweep touches many targets on one port on the
 * same days with next to no volume, and a good part of the targets does not offer that port to anybody else.
 * A scan of the ports of one device, or of one port of many devices, with hardly an answer (net/port-scans.ts), is told
 * from the conversations alone. Dropped links are listed with the reason; conduits and zones never rest on them.
 */
import { REFUSAL_FACT, type Conversation } from '../observation.ts';
import { addTo, addToSet } from '../net/multi-map.ts';
import { findPortScans, KNOCK_PACKETS, type Knock, type PortScan } from '../net/port-scans.ts';
import type { Activity, Link } from './activity.ts';
import type { Inventory } from './assets.ts';
import type { Dropped } from './proposal.ts';
import { asksSeldom, FEWEST_TARGETS } from './unheard.ts';

export interface Filtered {
  readonly kept: readonly Link[];
  readonly dropped: readonly Dropped[];
}

/** Share of targets that offer the port to nobody else: designed services are offered to several. */
const ODD_SHARE = 0.25;

const serverKey = (link: Link): string => `${link.server}/${link.conversation.transport}/${link.conversation.port}`;

/** No cycle worth the name, and hardly more than one try a day. */
const isThin = (link: Link): boolean => !(link.cycle !== null && link.duty > 0.05) && asksSeldom(link);

/** Conversations that are part of a scan, by id, with the reason. */
export type Scanned = ReadonlyMap<number, Pick<Dropped, 'why' | 'sentence'>>;

export interface ConversationKnock extends Knock {
  /** Of its conversation. */
  readonly id: number;
}

/** What may be a knock, as one: TCP without a request, UDP without an answer, and hardly a packet of either. */
function knockOf({ id, client, server, transport, port, requests, packets, sessions, answeredSessions, facts }: Conversation): ConversationKnock | null {
  if (packets.toServer === 0 || packets.toServer > KNOCK_PACKETS * sessions) return null;
  const knock = { id, client, server, port, isAnswered: answeredSessions > 0, isRefused: facts.some(({ name, toClient }) => name === REFUSAL_FACT && toClient > 0) };
  if (transport === 'tcp' && requests === 0) return { ...knock, transport };
  return transport === 'udp' && packets.toClient === 0 ? { ...knock, transport } : null;
}

export const findScans = (conversations: readonly Conversation[]): readonly PortScan<ConversationKnock>[] => findPortScans(conversations.flatMap((one) => knockOf(one) ?? []));

export function findScanned(conversations: readonly Conversation[]): Scanned {
  return new Map(findScans(conversations).flatMap(({ kind, knocks: own }) => {
    const [{ client, server, transport, port }] = own;
    const tried = transport === 'tcp' ? 'and asked nothing' : 'over UDP in vain';
    const reason: Pick<Dropped, 'why' | 'sentence'> = kind === 'ports'
      ? { why: 'port-scan', sentence: `part of a scan: ${client} tried ${own.length} ports of ${server} ${tried}` }
      : { why: 'scan', sentence: `part of a sweep: ${client} tried port ${port} of ${own.length} devices ${tried}` };
    return own.map(({ id }) => [id, reason] as const);
  }));
}

export function filterScans(activity: Activity, inventory: Inventory, scanned: Scanned): Filtered {
  const { links } = activity;
  const clientsOf = new Map<string, Set<number>>();
  for (const link of links) {
    if (link.answered && (link.days.length > 2 || link.requests > 20)) addToSet(clientsOf, serverKey(link), link.client);
  }
  const groups = new Map<string, Link[]>();
  for (const link of links) {
    if (!isThin(link)) continue;
    const key = `${link.client}/${link.conversation.transport}/${link.conversation.port}/${link.days.join(',')}`;
    addTo(groups, key, link);
  }
  const scans = new Set<Link>();
  const sweepDays = new Map<number, Set<number>>();
  const noteSweep = ({ client, days }: Link): void => {
    const held = sweepDays.get(client) ?? new Set<number>();
    sweepDays.set(client, held);
    for (const day of days) held.add(day);
  };
  for (const group of groups.values()) {
    if (group.length < FEWEST_TARGETS) continue;
    const odd = group.filter((link) => {
      const clients = clientsOf.get(serverKey(link));
      return !link.answered || clients === undefined || (clients.size === 1 && clients.has(link.client));
    });
    if (odd.length / group.length < ODD_SHARE) continue;
    for (const link of group) {
      scans.add(link);
      noteSweep(link);
    }
  }
  for (const link of links) if (scanned.has(link.conversation.id)) noteSweep(link);
  // Clients whose sweeps the flow table already folded are sweepers too.
  const folded = new Set(activity.foldedClients);
  // What a sweeper did once on the days of its sweep belongs to the sweep.
  for (const link of links) {
    const days = sweepDays.get(link.client);
    if (scans.has(link) || link.cycle !== null || link.requests > link.days.length * 3) continue;
    if (days !== undefined ? link.days.every((day) => days.has(day)) : folded.has(link.client) && !link.answered) scans.add(link);
  }
  const kept: Link[] = [];
  const dropped: Dropped[] = [];
  const fan = new Map<number, number>();
  for (const link of scans) fan.set(link.client, (fan.get(link.client) ?? 0) + 1);
  for (const link of links) {
    const { conversation } = link;
    const base = { conversation: conversation.id, client: conversation.client, server: conversation.server };
    const scan = scanned.get(conversation.id);
    if (scan !== undefined) dropped.push({ ...base, ...scan });
    else if (scans.has(link)) {
      const who = inventory.assets[link.client]!.id;
      dropped.push({ ...base, why: 'scan', sentence: `part of a sweep: ${who} touched ${fan.get(link.client)} targets with next to no volume` });
    } else if (!link.answered) dropped.push({ ...base, why: 'unanswered', sentence: 'never answered with anything but a reset' });
    else kept.push(link);
  }
  return { kept, dropped };
}
