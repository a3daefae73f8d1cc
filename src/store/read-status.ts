/**
 * What the store says of itself: captures, span, totals, and above all what was lost, cut or not understood.
 * In: an open store. Out: one record. Every sum is exact; nothing is judged here (commands/status.ts words it).
 */
import { TUNNEL_PORTS, TUNNEL_PROTOCOLS } from '../decode/tunnel.ts';
import { IP_PROTOCOL } from '../decode/transport.ts';
import { SAME_ADDRESS_FACT } from '../flow/address-plan.ts';
import { findSharedAddresses } from '../net/shared-addresses.ts';
import { addTo } from '../net/multi-map.ts';
import { findPortScans, KNOCK_PACKETS, type Knock, type PortScan } from '../net/port-scans.ts';
import { REFUSAL_FACT, type ObservationSet } from '../observation.ts';
import { findOverlap, type Overlap } from './capture-overlap.ts';
import { UNCLEAN_END } from './captures.ts';
import type { Connection } from './database.ts';
import { readLogStatus, type LogStatus } from './firewall-logs.ts';
import { liveOwner } from './live-owner.ts';
import { readOneSidedHours, readOneWayHours, readSensorTruth, type OneWayHours, type SensorTruthHour } from './read-sensor.ts';
import { readCounters } from './read.ts';
import { instant, instantColumns } from './read-words.ts';

export interface CaptureRecord {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly format: string;
  readonly digest: string;
  readonly state: string;
  readonly reason: string;
  readonly packets: number;
  readonly bytes: number;
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
}

export interface SeenKnock extends Knock {
  readonly isOneWay: boolean;
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
}

export interface StoreStatus {
  readonly version: number;
  readonly captures: readonly CaptureRecord[];
  /** Those that ran at the same time; null where none did. */
  readonly overlap: Overlap | null;
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
  /** Hours with at least one packet, and hours between the first and the last of them. */
  readonly activeHours: number;
  readonly spannedHours: number;
  /** Over live captures, 64 bit: received = processed + kernelDropped. */
  readonly live: {
    readonly received: number;
    readonly processed: number;
    readonly kernelDropped: number;
    readonly interfaceDropped: number;
    readonly uncleanEnds: number;
  };
  readonly totals: {
    readonly packets: number;
    readonly bytes: number;
    readonly conversations: number;
    readonly addresses: number;
    readonly operations: number;
  };
  readonly lostSegments: number;
  readonly duplicates: number;
  /** Hour by hour, ascending. */
  readonly hours: readonly SensorTruthHour[];
  /** What was folded under a flood of new keys: conversations not kept one by one, their packets, their clients. */
  readonly foldedConversations: number;
  readonly foldedPackets: number;
  readonly foldedClients: number;
  /** Conversations in which only one side was ever seen, of all TCP conversations. */
  readonly tcpConversations: number;
  readonly oneWayConversations: number;
  /** Hours since 1970 in which the mirror port delivered one direction alone, ascending (read-sensor.ts). */
  readonly oneSidedHours: readonly number[];
  /** Conversations that are scans: a device's ports, or one port of many devices, tried in vain. */
  readonly portScans: readonly PortScan<SeenKnock>[];
  /** Conversations, of any transport, of which both sides were heard. */
  readonly answeredConversations: number;
  /** Packets of tunnels that were not opened. */
  readonly tunnelPackets: number;
  /** Addresses that different devices have in different VLANs: their conversations are counted together. */
  readonly sameAddresses: readonly { readonly address: string; readonly vlans: readonly number[] }[];
  /** Addresses that several network cards use at once, where no VLAN tells them apart: the same is true of them. */
  readonly sharedAddresses: readonly { readonly address: string; readonly cards: number }[];
  /** Every capture counter by name, summed. */
  readonly counters: Readonly<Record<string, number>>;
  /** What firewalls logged: in no sum above. */
  readonly logs: LogStatus;
}

type CaptureRow = [
  id: number, kind: string, name: string, format: string, digest: string, state: string, reason: string, frames: number,
  bytes: number, firstS: number | null, firstN: number | null, lastS: number | null, lastN: number | null,
];

const IS_TUNNEL = `transport IN (${Object.values(TUNNEL_PROTOCOLS).join(', ')}) OR (transport = ${IP_PROTOCOL.udp} AND port IN (${Object.values(TUNNEL_PORTS).join(', ')}))`;

export function readStatus(db: Connection): StoreStatus {
  // A capture that runs by its record, and by no living process, is told as what it is: nobody may have begun another one since.
  const isAbandoned = liveOwner(db)?.state === 'dead';
  const captures = (
    db
      .prepare(`SELECT id, kind, name, format, digest, state, reason, frames, bytes, ${instantColumns('first')}, ${instantColumns('last')}
        FROM capture ORDER BY id`)
      .raw()
      .all() as CaptureRow[]
  ).map(([id, kind, name, format, digest, state, reason, packets, bytes, firstS, firstN, lastS, lastN]): CaptureRecord => ({
    id, kind, name, format, digest, packets, bytes,
    ...(isAbandoned && kind !== 'file' && state === 'running' ? UNCLEAN_END : { state, reason }),
    firstNs: instant(firstS, firstN),
    lastNs: instant(lastS, lastN),
  }));
  const sameAddresses = readSameAddresses(db);
  const numbers = (sql: string): number[] => db.prepare(sql).raw().get() as number[];
  const [received, kernelDropped, interfaceDropped] = numbers(
    `SELECT coalesce(sum(received), 0), coalesce(sum(kernel_dropped), 0), coalesce(sum(interface_dropped), 0)
     FROM capture WHERE kind = 'live'`);
  const [lostSegments, duplicates, activeHours, firstHour, lastHour] = numbers(
    `SELECT coalesce(sum(lost_segments), 0), coalesce(sum(duplicates), 0),
       count(*) FILTER (WHERE hour >= 0 AND packets > 0), min(hour) FILTER (WHERE hour >= 0), max(hour) FILTER (WHERE hour >= 0)
     FROM sensor_hour`);
  const [conversations, tcpConversations, oneWayConversations, answeredConversations, tunnelPackets] = numbers(
    `SELECT count(*), count(*) FILTER (WHERE transport = 6),
       count(*) FILTER (WHERE transport = 6 AND (packets_to_server = 0 OR packets_to_client = 0)),
       count(*) FILTER (WHERE packets_to_server > 0 AND packets_to_client > 0),
       coalesce(sum(packets_to_server + packets_to_client) FILTER (WHERE ${IS_TUNNEL}), 0) FROM conversation`);
  const [operations] = numbers('SELECT count(*) FROM operation');
  const [addresses] = numbers('SELECT count(*) FROM address');
  const [foldedConversations, foldedPackets, foldedClients] = numbers(
    'SELECT coalesce(sum(targets), 0), coalesce(sum(packets), 0), count(DISTINCT client) FROM scan');
  const times = (pick: (capture: CaptureRecord) => bigint | null): bigint[] => captures.flatMap((capture) => pick(capture) ?? []);
  const live = captures.filter((capture) => capture.kind === 'live');
  return {
    version: Number(db.pragma('user_version', { simple: true })),
    captures,
    overlap: findOverlap(captures),
    firstNs: times((capture) => capture.firstNs).reduce<bigint | null>((least, ns) => (least === null || ns < least ? ns : least), null),
    lastNs: times((capture) => capture.lastNs).reduce<bigint | null>((most, ns) => (most === null || ns > most ? ns : most), null),
    activeHours,
    spannedHours: activeHours === 0 ? 0 : lastHour - firstHour + 1,
    live: {
      received,
      processed: received - kernelDropped,
      kernelDropped,
      interfaceDropped,
      uncleanEnds: live.filter((capture) => capture.state === 'interrupted').length,
    },
    totals: {
      packets: captures.reduce((sum, capture) => sum + capture.packets, 0),
      bytes: captures.reduce((sum, capture) => sum + capture.bytes, 0),
      conversations,
      addresses,
      operations,
    },
    lostSegments,
    duplicates,
    hours: readSensorTruth(db),
    foldedConversations,
    foldedPackets,
    foldedClients,
    tcpConversations,
    oneWayConversations,
    oneSidedHours: readOneSidedHours(db),
    answeredConversations,
    tunnelPackets,
    portScans: readPortScans(db),
    sameAddresses,
    sharedAddresses: readSharedAddresses(db, new Set(sameAddresses.map(({ address }) => address))),
    counters: readCounters(db),
    logs: readLogStatus(db),
  };
}

type KnockRow = [client: string, server: string, transport: number, port: number, refused: number, answered: number, toClient: number, firstS: number | null, firstN: number | null, lastS: number | null, lastN: number | null];

function readPortScans(db: Connection): StoreStatus['portScans'] {
  const rows = db
    .prepare(`SELECT c.text, s.text, k.transport, k.port,
        k.transport = ${IP_PROTOCOL.udp} AND EXISTS (SELECT 1 FROM conversation_fact AS f WHERE f.conversation = k.id AND f.name = ? AND f.to_client > 0),
        k.answered, k.packets_to_client, ${instantColumns('first', 'k')}, ${instantColumns('last', 'k')}
      FROM conversation AS k JOIN address AS c ON c.id = k.client JOIN address AS s ON s.id = k.server
      WHERE ((k.transport = ${IP_PROTOCOL.tcp} AND k.requests = 0) OR (k.transport = ${IP_PROTOCOL.udp} AND k.packets_to_client = 0))
        AND k.packets_to_server BETWEEN 1 AND ${KNOCK_PACKETS} * k.sessions ORDER BY k.id`)
    .raw()
    .all(REFUSAL_FACT) as KnockRow[];
  return findPortScans(rows.map(([client, server, transport, port, refused, answered, toClient, firstS, firstN, lastS, lastN]): SeenKnock => ({
    client, server, port, transport: transport === IP_PROTOCOL.tcp ? 'tcp' : 'udp', isAnswered: answered > 0, isRefused: refused === 1, isOneWay: toClient === 0, firstNs: instant(firstS, firstN), lastNs: instant(lastS, lastN),
  })));
}

function readSameAddresses(db: Connection): StoreStatus['sameAddresses'] {
  const vlansOf = new Map<string, number[]>();
  const rows = db.prepare('SELECT a.text, f.value FROM address_fact AS f JOIN address AS a ON a.id = f.address WHERE f.name = ?').raw().all(SAME_ADDRESS_FACT);
  for (const [address, vlan] of rows as [string, string][]) addTo(vlansOf, address, Number(vlan));
  return [...vlansOf].map(([address, vlans]) => ({ address, vlans: vlans.sort((a, b) => a - b) })).sort((a, b) => (a.address < b.address ? -1 : 1));
}

function readSharedAddresses(db: Connection, told: ReadonlySet<string>): StoreStatus['sharedAddresses'] {
  type CardRow = [address: string, mac: string, firstS: number | null, firstN: number | null, lastS: number | null, lastN: number | null];
  const cards = db.prepare(`SELECT a.text, m.text, ${instantColumns('first', 'k')}, ${instantColumns('last', 'k')} FROM address_mac AS k JOIN address AS a ON a.id = k.address JOIN address AS m ON m.id = k.mac
    WHERE a.text NOT LIKE '%:%' ORDER BY k.address, k.mac`).raw().all() as CardRow[];
  const senders = cards.flatMap(([address, mac, firstS, firstN, lastS, lastN]) => {
    const [firstNs, lastNs] = [instant(firstS, firstN), instant(lastS, lastN)];
    return firstNs === null || lastNs === null || told.has(address) ? [] : [{ address, mac, firstNs, lastNs }];
  });
  const talks = db.prepare('SELECT c.text, s.text FROM conversation AS k JOIN address AS c ON c.id = k.client JOIN address AS s ON s.id = k.server').raw();
  // Asked for when there is something to ask for.
  const asked = { [Symbol.iterator]: () => talks.iterate() as IterableIterator<[string, string]> };
  return [...findSharedAddresses(senders, asked)].map(([address, count]) => ({ address, cards: count })).sort((a, b) => (a.address < b.address ? -1 : 1));
}

export interface HourlyStatus extends StoreStatus {
  readonly oneWayHours: OneWayHours;
}

/** With what only those need who list hours: a walk through every hour of every conversation. */
export const readHourlyStatus = (db: Connection, { conversations }: ObservationSet): HourlyStatus => ({ ...readStatus(db), oneWayHours: readOneWayHours(db, conversations) });

/** Grows with every checkpoint and import: the same number, the same Observations. */
export const readRevision = (db: Connection): number => Number(db.prepare("SELECT value FROM store_meta WHERE key = 'rev'").pluck().get() ?? 0);
