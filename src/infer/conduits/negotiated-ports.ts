/**
 * Conversations whose port was agreed upon over another one: FTP data connections, whose ports the control connection names
 * (RFC 959 PORT and PASV, RFC 2428 EPRT and EPSV), and MS-RPC endpoints (OPC classic over DCOM), which the endpoint mapper on
 * port 135 hands out ([MS-RPCE] clause 2.1.1.1). Yesterday's port says nothing about tomorrow's.
 *
 * Known by the pattern, because what agrees on the port may be encrypted: beside a control connection, between the same two
 * and in the same hour, unnamed ports (or ports that speak RPC) begin, and one after the other is gone for good before the
 * next one begins in another hour. A service of its own stays on its port and so overlaps with the others; a sweep of one
 * host is over within an hour.
 *
 * In: conversations between assets. Out: those whose ports were negotiated, and for what. Left out on purpose: which range
 * a Permit then needs (conduits/negotiated.ts).
 */
import { addTo } from '../../net/multi-map.ts';
import { isWellKnownServerPort } from '../../net/services.ts';
import { hourOf } from '../../net/time.ts';
import type { Conversation } from '../../observation.ts';
import { ALL_HOURS } from '../captured-days.ts';

/** A conversation between two assets. */
export interface Talk {
  readonly conversation: Conversation;
  readonly client: string;
  readonly server: string;
}

export interface Negotiated {
  readonly service: 'ftp-data' | 'rpc';
  readonly controlPort: number;
  /** The server of the control connection opened it: FTP in active mode, a callback over DCOM. */
  readonly isBackwards: boolean;
}

interface Kind {
  readonly service: Negotiated['service'];
  readonly isControl: (conversation: Conversation) => boolean;
  /** A conversation above the system ports that may be what was agreed upon. */
  readonly mayCarry: (conversation: Conversation) => boolean;
}

const ENDPOINT_MAPPER = 135;
const FIRST_USER_PORT = 1024;
const FIRST_CHOSEN_PORT = 32_768;

/** Where systems choose ports from (Linux: ip_local_port_range), a few have a name: over weeks some transfer hits one. A service is asked more than once. */
const isNamedByChance = ({ port, answeredSessions }: Conversation): boolean => port >= FIRST_CHOSEN_PORT && answeredSessions === 1;

/** Who asks less of FTP than a command to agree on a port and one to use it has only knocked, as a sweep does. */
const KINDS: readonly Kind[] = [
  { service: 'ftp-data', isControl: ({ service, requests, sessions }) => service.name === 'ftp' && requests > sessions, mayCarry: (conversation) => conversation.service.by !== 'probe' && (!isWellKnownServerPort('tcp', conversation.port) || isNamedByChance(conversation)) },
  { service: 'rpc', isControl: ({ service, port }) => service.name === 'rpc' && port === ENDPOINT_MAPPER, mayCarry: ({ service }) => service.name === 'rpc' && service.by === 'probe' },
];

/** Ports that must have followed one another. */
const FEWEST_IN_TURN = 4;

/** Hours since 1970 in which a conversation was seen. */
const hoursOf = ({ days }: Conversation): number[] =>
  days.flatMap(({ day, hours = ALL_HOURS }) => Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => ((hours >> hour) & 1) === 1).map((hour) => day * 24 + hour));

interface Candidate extends Negotiated {
  readonly conversation: Conversation;
  /** Began in an hour of the control connection, or in the one after. */
  readonly isBegunBeside: boolean;
  /** Both ends of the control connection, each with the direction: one that often negotiates does so with others too. */
  readonly pools: readonly string[];
}

/** The most ports of which each was gone for good before the next began, in another hour (interval scheduling by earliest end). */
function portsInTurn(conversations: readonly Conversation[]): number {
  let count = 0;
  let end = -1;
  for (const { firstNs, lastNs } of conversations.toSorted((a, b) => (a.lastNs < b.lastNs ? -1 : Number(a.lastNs > b.lastNs)))) {
    if (hourOf(firstNs) <= end) continue;
    count++;
    end = hourOf(lastNs);
  }
  return count;
}

const isServed = ({ transport, answeredSessions }: Conversation): boolean => transport === 'tcp' && answeredSessions > 0;

function candidatesOf(talks: readonly Talk[], kind: Kind): Candidate[] {
  const controls = new Map<string, { port: number; hours: Set<number> }>();
  for (const { conversation, client, server } of talks) {
    if (!kind.isControl(conversation)) continue;
    const held = controls.get(`${client}\n${server}`);
    controls.set(`${client}\n${server}`, { port: conversation.port, hours: new Set([...(held?.hours ?? []), ...hoursOf(conversation)]) });
  }
  if (controls.size === 0) return [];
  return talks.flatMap(({ conversation, client, server }): Candidate[] => {
    if (conversation.port < FIRST_USER_PORT || conversation.operations.length > 0 || kind.isControl(conversation) || !kind.mayCarry(conversation)) return [];
    const forwards = controls.get(`${client}\n${server}`);
    const own = forwards ?? controls.get(`${server}\n${client}`);
    if (own === undefined) return [];
    const isBackwards = forwards === undefined;
    const hour = hourOf(conversation.firstNs);
    return [{
      conversation, service: kind.service, controlPort: own.port, isBackwards,
      isBegunBeside: own.hours.has(hour) || own.hours.has(hour - 1),
      pools: [`client ${isBackwards ? server : client} ${isBackwards}`, `server ${isBackwards ? client : server} ${isBackwards}`],
    }];
  });
}

/** @param capturedDays what is seen on more than half of them has a port of its own, unless it speaks RPC */
export function findNegotiated(talks: readonly Talk[], capturedDays: number): ReadonlyMap<number, Negotiated> {
  const found = new Map<number, Negotiated>();
  const served = talks.filter(({ conversation }) => isServed(conversation));
  for (const kind of KINDS) {
    const pools = new Map<string, Conversation[]>();
    const candidates = candidatesOf(served, kind);
    for (const { conversation, isBegunBeside, pools: own } of candidates) if (isBegunBeside) for (const pool of own) addTo(pools, pool, conversation);
    const negotiates = new Set([...pools].filter(([, conversations]) => portsInTurn(conversations) >= FEWEST_IN_TURN).map(([pool]) => pool));
    for (const { conversation, isBegunBeside, pools: own, service, controlPort, isBackwards } of candidates) {
      const isOwn = service !== 'rpc' && (!isBegunBeside || conversation.days.length > Math.max(1, capturedDays / 2));
      if (!isOwn && !found.has(conversation.id) && own.some((pool) => negotiates.has(pool))) found.set(conversation.id, { service, controlPort, isBackwards });
    }
  }
  return found;
}
