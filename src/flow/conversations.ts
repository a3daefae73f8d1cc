/**
 * From sessions (5-tuples, as packets come) to conversations (client, server, service, over the whole time): who is the
 * client, which hour, and what is folded away under a flood. Everything here runs once per session or hour, not per packet.
 */
import * as transport from '../decode/transport.ts';
import * as frames from '../decode/decoded-frame.ts';
import { etherTypeName, listensRather, serverPortRank, serviceByPort } from '../net/services.ts';
import { CLIENT_PORT_FACT } from '../observation.ts';
import { internIpv4, isGroupAddress } from './address-table.ts';
import { internFact } from './conversation-facts.ts';
import { count, internText, widenSpan, type FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';
import { findKey, grownFloat64, grownInt32, internKey } from './int-table.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { IP_PROTOCOL } = transport;
const { KIND, LINK_TRANSPORT } = frames;
const { CONVERSATION, DIRECTION, DIRECTION_SHIFT, FACT, FLAG, NO_FIRST, NO_LAST, ROW, ROW_D, SERVICE_BY, SESSION, UNBEGUN } = layout;

/** One-way conversations a single client may make between two flushes before the rest of them is folded into a scan. */
const MAX_ONE_WAY_PER_CLIENT = 4096;
/** The same over all clients: a flood with forged sources. */
export const MAX_ONE_WAY = 65536;
const MAX_SCANNERS = 16384;
const MAX_SERVERS = 65536;
const MAX_TURNED = 4096;

/** A port at or above this is ephemeral with every common system (RFC 6335 section 6: 49152; Linux: 32768). */
const EPHEMERAL_PORT = 32768;

/** serverPortRank of the ports in our own table. */
const KNOWN_RANK = 3;

/** Kind in the upper bits of a session key's last word, transport in the lower. */
const KIND_SHIFT = 20;
const TRANSPORT_MASK = (1 << KIND_SHIFT) - 1;

export const sessionKeyWord = (kind: number, transport: number): number => (kind << KIND_SHIFT) | transport;

const oriented = FLAG.oriented;

/** Both ends of a session as address indices, and its ports. */
function addressOf(state: FlowState, session: number, high: boolean): number {
  const k = session * SESSION.stride;
  const { keys } = state.sessions;
  const end = keys[k + (high ? 1 : 0)];
  return keys[k + 3] >> KIND_SHIFT === KIND.ipv4 ? internIpv4(state.addresses, end) : end;
}

const portOf = (state: FlowState, session: number, high: boolean): number => {
  const ports = state.sessions.keys[session * SESSION.stride + 2];
  return high ? ports & 0xffff : ports >>> 16;
};

export const transportOf = (state: FlowState, session: number): number => state.sessions.keys[session * SESSION.stride + 3] & TRANSPORT_MASK;

export const clientAddress = (state: FlowState, session: number): number =>
  addressOf(state, session, (state.sessions.keys[session * SESSION.stride + SESSION.flags] & FLAG.clientIsLo) === 0);

const serverAddress = (state: FlowState, session: number): number =>
  addressOf(state, session, (state.sessions.keys[session * SESSION.stride + SESSION.flags] & FLAG.clientIsLo) !== 0);

/** Who answers; where who was dialled asks, it is the client. */
export const askedAddress = (state: FlowState, session: number): number =>
  addressOf(state, session, (state.sessions.keys[session * SESSION.stride + SESSION.flags] & FLAG.askerIsLo) !== 0);

export const askerAddress = (state: FlowState, session: number): number =>
  addressOf(state, session, (state.sessions.keys[session * SESSION.stride + SESSION.flags] & FLAG.askerIsLo) === 0);

export const serverPort = (state: FlowState, session: number): number =>
  portOf(state, session, (state.sessions.keys[session * SESSION.stride + SESSION.flags] & FLAG.clientIsLo) !== 0);

function setDirection(state: FlowState, session: number, clientIsLo: boolean, by: number): void {
  const s = session * SESSION.stride;
  const flags = state.sessions.keys[s + SESSION.flags] & ~(FLAG.clientIsLo | FLAG.askerIsLo | (7 << DIRECTION_SHIFT));
  state.sessions.keys[s + SESSION.flags] = flags | oriented | (clientIsLo ? FLAG.clientIsLo | FLAG.askerIsLo : 0) | (by << DIRECTION_SHIFT);
}

/** Decides who is the client, by the strongest evidence there is; once decided it stays, unless a protocol proves otherwise. */
export function orient(state: FlowState, session: number): void {
  const words = state.sessions.keys;
  const s = session * SESSION.stride;
  const flags = words[s + SESSION.flags];
  if ((flags & oriented) !== 0) return;
  if ((flags & (FLAG.synFromLo | FLAG.synAckFromHi)) !== 0 && (flags & FLAG.synFromHi) === 0) setDirection(state, session, true, DIRECTION.handshake);
  else if ((flags & (FLAG.synFromHi | FLAG.synAckFromLo)) !== 0 && (flags & FLAG.synFromLo) === 0) setDirection(state, session, false, DIRECTION.handshake);
  else orientWithoutHandshake(state, session, (flags & FLAG.firstFromLo) !== 0);
}

function orientWithoutHandshake(state: FlowState, session: number, firstFromLo: boolean): void {
  const transport = transportOf(state, session);
  const low = portOf(state, session, false);
  const high = portOf(state, session, true);
  if (low === 0 && high === 0) {
    setDirection(state, session, firstFromLo, DIRECTION.firstPacket);
    return;
  }
  // Who sends to a group asks it, also from the very port where others are served: groups ask nobody.
  const isToGroup = isGroupAddress(state.addresses, addressOf(state, session, firstFromLo));
  const guess = (clientIsLo: boolean, by: number): void =>
    isToGroup && clientIsLo !== firstFromLo ? setDirection(state, session, firstFromLo, DIRECTION.firstPacket) : setDirection(state, session, clientIsLo, by);
  if (transport === IP_PROTOCOL.udp && low === high) {
    const lowAsks = asksForDatagrams(state, session, true, low);
    if (lowAsks !== asksForDatagrams(state, session, false, low)) {
      setDirection(state, session, lowAsks, DIRECTION.knownServer);
      return;
    }
  }
  const lowServes = findKey(state.servers, addressOf(state, session, false), transport, low, SERVES) >= 0;
  const highServes = findKey(state.servers, addressOf(state, session, true), transport, high, SERVES) >= 0;
  if (lowServes !== highServes) {
    guess(highServes, DIRECTION.knownServer);
    return;
  }
  const isTcp = transport === IP_PROTOCOL.tcp;
  const lowRank = portRank(isTcp, low);
  const highRank = portRank(isTcp, high);
  if (lowRank !== highRank) guess(highRank > lowRank, DIRECTION.port);
  // A TCP session joined midstream between two nameless ports.
  else if (isTcp && low !== high) setDirection(state, session, listensRather(high, low), DIRECTION.port);
  else setDirection(state, session, firstFromLo, DIRECTION.firstPacket);
}

/**
 * How likely a port is a server's. For UDP a registered number says little (NFS and SIP clients send from them too), and
 * the first packet says more, because there is no midstream: only well-known and ephemeral ports count.
 */
function portRank(isTcp: boolean, port: number): number {
  const rank = serverPortRank(isTcp ? 'tcp' : 'udp', port);
  const listening = port < EPHEMERAL_PORT ? 0.5 : 0;
  if (isTcp) return rank + listening;
  return (rank === KNOWN_RANK ? rank : 0) + listening;
}

const directionBy = (flags: number): number => (flags >> DIRECTION_SHIFT) & 7;

/**
 * The protocol is spoken on its own port at one end: that end answers, and listens unless it was seen to dial.
 * @returns true when it dialled
 */
export function placeServer(state: FlowState, session: number, serverIsLo: boolean): boolean {
  const { keys: words } = state.sessions;
  const f = session * SESSION.stride + SESSION.flags;
  const hasDialled = (words[f] & oriented) !== 0 && directionBy(words[f]) === DIRECTION.handshake && ((words[f] & FLAG.clientIsLo) === 0) !== serverIsLo;
  if (hasDialled) words[f] ^= FLAG.askerIsLo;
  else serve(state, session, serverIsLo);
  return hasDialled;
}

/**
 * The protocol's own bytes tell who serves; sentByLo: whose. Where a handshake (of another session with that port, too) or the protocol's
 * own port tells who listens, a firewall goes by that: client and server stay who dialled and who was dialled, and only who asks is the other one, once both ends
 * have said so (OPC UA reverse connect, OPC 10000-6 clause 7.1.3; field devices that dial their control centre).
 * @returns true when that was found now
 */
export function proveServer(state: FlowState, session: number, serverIsLo: boolean, sentByLo: boolean): boolean {
  const { keys: words } = state.sessions;
  const f = session * SESSION.stride + SESSION.flags;
  const flags = words[f];
  const agrees = ((flags & FLAG.askerIsLo) === 0) === serverIsLo;
  if ((flags & oriented) !== 0) {
    const by = directionBy(flags);
    if ((flags & FLAG.askerProven) !== 0 && (by === DIRECTION.protocol || !agrees || isReversed(flags))) return false;
    if (!agrees && (by >= DIRECTION.handshake || (by === DIRECTION.knownServer && wasDialled(state, session)))) {
      if (transportOf(state, session) !== IP_PROTOCOL.tcp) return false;
      words[f] |= sentByLo ? FLAG.deniesLo : FLAG.deniesHi;
      if ((words[f] & DENIED) !== DENIED) return false;
      words[f] = (words[f] ^ FLAG.askerIsLo) | FLAG.askerProven;
      return true;
    }
  }
  serve(state, session, serverIsLo);
  words[f] |= FLAG.askerProven;
  return false;
}

/**
 * The protocol's own bytes tell that who serves has dialled, and whom it dialled asks: only a ReverseHello does (OPC 10000-6 clause 7.1.3).
 * A handshake tells better who dialled; who asks was perhaps proven before.
 * @returns true when that was found now
 */
export function proveReversed(state: FlowState, session: number, serverIsLo: boolean): boolean {
  const { keys: words } = state.sessions;
  const f = session * SESSION.stride + SESSION.flags;
  if ((words[f] & FLAG.askerProven) !== 0 || ((words[f] & oriented) !== 0 && directionBy(words[f]) === DIRECTION.handshake)) return false;
  serve(state, session, !serverIsLo);
  noteServer(state, session, DIALLED);
  words[f] = (words[f] ^ FLAG.askerIsLo) | FLAG.askerProven;
  return true;
}

/**
 * How a message is to be read that says who its sender is, after proveServer. Who asks, by better evidence, sends no answers. What
 * seems to be asked by who answers may be a request, because who was dialled may ask, until a protocol has proven that it does not.
 * @param saysServer what the message says of its sender
 */
export function isServersMessage(state: FlowState, session: number, saysServer: boolean, sentByLo: boolean): boolean {
  const flags = state.sessions.keys[session * SESSION.stride + SESSION.flags];
  const asks = ((flags & FLAG.askerIsLo) !== 0) === sentByLo;
  if (saysServer || asks) return !asks;
  return (flags & FLAG.askerProven) !== 0 || transportOf(state, session) !== IP_PROTOCOL.tcp;
}

const DENIED = FLAG.deniesLo | FLAG.deniesHi;

/** Who was dialled asks. */
export const isReversed = (flags: number): boolean => ((flags & FLAG.askerIsLo) === 0) !== ((flags & FLAG.clientIsLo) === 0);

/** What was counted under a direction that was guessed is turned round when it is written (store/turn-conversation.ts), perhaps was written already. */
function serve(state: FlowState, session: number, serverIsLo: boolean): void {
  const s = session * SESSION.stride;
  const flags = state.sessions.keys[s + SESSION.flags];
  const isRevised = (flags & oriented) !== 0 && ((flags & FLAG.clientIsLo) === 0) !== serverIsLo;
  const guessed = serverPort(state, session);
  setDirection(state, session, !serverIsLo, DIRECTION.protocol);
  learnServer(state, session);
  if (isRevised) {
    count(state, 'direction.revised');
    state.sessions.keys[s + SESSION.conversation] = 0;
    if (state.turned.count < MAX_TURNED) internKey(state.turned, conversationOf(state, session, true), guessed, 0, 0);
    else count(state, 'limit.turned');
  }
  const conversation = state.sessions.keys[s + SESSION.conversation] - 1;
  if (conversation >= 0) state.conversations.keys[conversation * CONVERSATION.stride + CONVERSATION.directionBy] = DIRECTION.protocol;
}

/** Last word of a learned server's key: somebody serves there; connections to it were seen to be opened. */
const SERVES = 0;
const DIALLED = 1;

/** Remembers (address, transport, port) as a server, so that sessions joined midstream later are oriented by it. */
export function learnServer(state: FlowState, session: number): void {
  noteServer(state, session, SERVES);
  if (directionBy(state.sessions.keys[session * SESSION.stride + SESSION.flags]) === DIRECTION.handshake) noteServer(state, session, DIALLED);
}

function noteServer(state: FlowState, session: number, how: number): void {
  const port = serverPort(state, session);
  if (port === 0) return;
  const address = serverAddress(state, session);
  const transport = transportOf(state, session);
  if (state.servers.count >= MAX_SERVERS) {
    if (findKey(state.servers, address, transport, port, how) < 0) count(state, 'limit.servers');
    return;
  }
  internKey(state.servers, address, transport, port, how);
}

/**
 * One end asked the other for datagrams between a port of both, as a scanner does for CIP's implicit I/O: nothing of those tells who asks.
 * Those that were heard before are turned round where that was guessed wrong.
 */
export function noteDatagramPeers(state: FlowState, session: number, askerIsLo: boolean, port: number): void {
  const [asked, asker] = [addressOf(state, session, askerIsLo), addressOf(state, session, !askerIsLo)];
  if (state.datagramPeers.count >= MAX_SERVERS && findKey(state.datagramPeers, asked, asker, port, 0) < 0) {
    count(state, 'limit.servers');
    return;
  }
  internKey(state.datagramPeers, asked, asker, port, 0);
  const k = session * SESSION.stride;
  const { keys } = state.sessions;
  const peers = findKey(state.sessions, keys[k], keys[k + 1], (port << 16) | port, sessionKeyWord(keys[k + 3] >> KIND_SHIFT, IP_PROTOCOL.udp));
  if (peers >= 0 && directionBy(keys[peers * SESSION.stride + SESSION.flags]) < DIRECTION.protocol) serve(state, peers, !askerIsLo);
}

const asksForDatagrams = (state: FlowState, session: number, isLo: boolean, port: number): boolean =>
  findKey(state.datagramPeers, addressOf(state, session, isLo), addressOf(state, session, !isLo), port, 0) >= 0;

const wasDialled = (state: FlowState, session: number): boolean =>
  findKey(state.servers, serverAddress(state, session), transportOf(state, session), serverPort(state, session), DIALLED) >= 0;

/** Names the session's service by its own bytes; stronger than any port. */
export function nameService(state: FlowState, session: number, service: string): void {
  const s = session * SESSION.stride;
  state.sessions.keys[s + SESSION.service] = internText(state, service);
  state.sessions.keys[s + SESSION.flags] |= FLAG.serviceByProbe;
  const conversation = state.sessions.keys[s + SESSION.conversation] - 1;
  if (conversation >= 0) applyService(state, session, conversation);
}

function applyService(state: FlowState, session: number, conversation: number): void {
  const s = session * SESSION.stride;
  const c = conversation * CONVERSATION.stride;
  if ((state.sessions.keys[s + SESSION.flags] & FLAG.serviceByProbe) !== 0) {
    state.conversations.keys[c + CONVERSATION.service] = state.sessions.keys[s + SESSION.service];
    state.conversations.keys[c + CONVERSATION.serviceBy] = SERVICE_BY.probe;
  }
}

function serviceNameByPort(transport: number, port: number): string | null {
  if (transport >= LINK_TRANSPORT) return etherTypeName(transport - LINK_TRANSPORT);
  if (transport === IP_PROTOCOL.tcp) return serviceByPort('tcp', port);
  if (transport === IP_PROTOCOL.udp) return serviceByPort('udp', port);
  if (transport === IP_PROTOCOL.icmp) return 'icmp';
  if (transport === IP_PROTOCOL.icmpv6) return 'icmpv6';
  return null;
}

/**
 * The conversation of a session, made if need be; -1 when it is one of a flood and was not made.
 * @param proven the session carries a protocol we read: it is never folded
 */
export function conversationOf(state: FlowState, session: number, proven: boolean): number {
  const s = session * SESSION.stride;
  const known = state.sessions.keys[s + SESSION.conversation];
  if (known > 0) return known - 1;
  orient(state, session);
  const client = clientAddress(state, session);
  const server = serverAddress(state, session);
  const transport = transportOf(state, session);
  const port = serverPort(state, session);
  const flags = state.sessions.keys[s + SESSION.flags];
  const answered = (flags & FLAG.spokeLo) !== 0 && (flags & FLAG.spokeHi) !== 0;
  if (!proven && !answered && findKey(state.conversations, client, server, transport, port) < 0 && overOneWayBudget(state, client)) return -1;
  const conversation = internKey(state.conversations, client, server, transport, port);
  if (state.conversations.added) initConversation(state, conversation, transport, port, state.sessions.keys[s + SESSION.vlan]);
  const c = conversation * CONVERSATION.stride;
  const by = directionBy(flags);
  if (by > state.conversations.keys[c + CONVERSATION.directionBy]) state.conversations.keys[c + CONVERSATION.directionBy] = by;
  if (state.conversations.keys[c + CONVERSATION.vlan] < 0) state.conversations.keys[c + CONVERSATION.vlan] = state.sessions.keys[s + SESSION.vlan];
  applyService(state, session, conversation);
  state.sessions.keys[s + SESSION.conversation] = conversation + 1;
  return conversation;
}

function overOneWayBudget(state: FlowState, client: number): boolean {
  const index = internKey(state.oneWay, client, 0, 0, 0);
  state.oneWayCounts = grownInt32(state.oneWayCounts, index + 1);
  if (state.oneWay.added) state.oneWayCounts[index] = 0;
  if (state.oneWayCounts[index] >= MAX_ONE_WAY_PER_CLIENT || state.oneWayTotal >= MAX_ONE_WAY) return true;
  state.oneWayCounts[index]++;
  state.oneWayTotal++;
  return false;
}

function initConversation(state: FlowState, conversation: number, transport: number, port: number, vlan: number): void {
  const c = conversation * CONVERSATION.stride;
  const name = serviceNameByPort(transport, port);
  const service = name === null ? 0 : internText(state, name);
  // An EtherType or an IP protocol is the protocol itself; only ports are hints.
  const isNumbered = transport === IP_PROTOCOL.tcp || transport === IP_PROTOCOL.udp;
  const { keys: words, doubles } = state.conversations;
  words[c + CONVERSATION.vlan] = vlan;
  words[c + CONVERSATION.service] = service;
  words[c + CONVERSATION.serviceBy] = name === null ? SERVICE_BY.none : isNumbered ? SERVICE_BY.port : SERVICE_BY.probe;
  words[c + CONVERSATION.rttUs] = -1;
  words[c + CONVERSATION.row] = -1;
  const d = c >> 1;
  doubles[d + CONVERSATION.firstSecondsD] = NO_FIRST;
  doubles[d + CONVERSATION.lastSecondsD] = NO_LAST;
  doubles[d + CONVERSATION.lastRequestSecondsD] = NO_LAST;
}

/** Moves what the session counted (within one hour) into its conversation, or into a scan. */
export function foldSession(state: FlowState, session: number): void {
  const s = session * SESSION.stride;
  const { keys: words, doubles } = state.sessions;
  const packets = words[s + SESSION.packetsLo] + words[s + SESSION.packetsHi];
  if (packets === 0) return;
  const conversation = conversationOf(state, session, false);
  if (conversation < 0) foldIntoScan(state, session, packets);
  else foldIntoConversation(state, session, conversation);
  words[s + SESSION.packetsLo] = 0;
  words[s + SESSION.packetsHi] = 0;
  words[s + SESSION.payloadsLo] = 0;
  words[s + SESSION.payloadsHi] = 0;
  words[s + SESSION.flags] &= ~(FLAG.macLo | FLAG.macHi);
  words[s + SESSION.hour] = UNBEGUN;
  const d = s >> 1;
  doubles[d + SESSION.bytesLoD] = 0;
  doubles[d + SESSION.bytesHiD] = 0;
}

/** Neither port says who listens: the one that is left out of the conversation may be the server's, as somebody who knows better can tell. */
function tellClientPort(state: FlowState, session: number, conversation: number): void {
  const isTcp = transportOf(state, session) === IP_PROTOCOL.tcp;
  const low = portOf(state, session, false);
  const high = portOf(state, session, true);
  if (!isTcp || portRank(isTcp, low) !== portRank(isTcp, high)) return;
  const fact = internFact(state, conversation, CLIENT_PORT_FACT, String(low + high - serverPort(state, session)));
  state.facts.keys[fact * FACT.stride + FACT.toServer]++;
}

function foldIntoConversation(state: FlowState, session: number, conversation: number): void {
  const s = session * SESSION.stride;
  const d = s >> 1;
  const { keys: from, doubles: fromD } = state.sessions;
  const c = conversation * CONVERSATION.stride;
  const cd = c >> 1;
  const { keys: words, doubles } = state.conversations;
  const flags = from[s + SESSION.flags];
  if ((flags & FLAG.counted) === 0) {
    words[c + CONVERSATION.sessions]++;
    from[s + SESSION.flags] |= FLAG.counted;
    if (directionBy(flags) === DIRECTION.port) tellClientPort(state, session, conversation);
  }
  const clientIsLo = (flags & FLAG.clientIsLo) !== 0;
  if ((flags & FLAG.answeredCounted) === 0 && (flags & (clientIsLo ? FLAG.spokeHi : FLAG.spokeLo)) !== 0) {
    words[c + CONVERSATION.answered]++;
    from[s + SESSION.flags] |= FLAG.answeredCounted;
  }
  const rtt = from[s + SESSION.rttUs];
  const best = words[c + CONVERSATION.rttUs];
  if (rtt >= 0 && (best < 0 || rtt < best)) words[c + CONVERSATION.rttUs] = rtt;
  const row = rowOf(state, conversation, from[s + SESSION.hour]);
  const r = row * ROW.stride;
  const rd = row * ROW_D.stride;
  const [toServer, toClient] = clientIsLo ? [0, 1] : [1, 0];
  const asker = (flags & FLAG.askerIsLo) !== 0 ? 0 : 1;
  state.rowWords[r + ROW.packetsToServer] += from[s + SESSION.packetsLo + toServer];
  state.rowWords[r + ROW.packetsToClient] += from[s + SESSION.packetsLo + toClient];
  state.rowWords[r + ROW.requests] += from[s + SESSION.payloadsLo + asker];
  state.rowWords[r + ROW.answers] += from[s + SESSION.payloadsLo + (1 - asker)];
  state.rowDoubles[rd + ROW_D.bytesToServer] += fromD[d + SESSION.bytesLoD + toServer];
  state.rowDoubles[rd + ROW_D.bytesToClient] += fromD[d + SESSION.bytesLoD + toClient];
  const first = fromD[d + SESSION.firstSecondsD];
  const firstNanos = from[s + SESSION.firstNanos];
  if (first < doubles[cd + CONVERSATION.firstSecondsD] || (first === doubles[cd + CONVERSATION.firstSecondsD] && firstNanos < words[c + CONVERSATION.firstNanos])) {
    doubles[cd + CONVERSATION.firstSecondsD] = first;
    words[c + CONVERSATION.firstNanos] = firstNanos;
  }
  const last = fromD[d + SESSION.lastSecondsD];
  const lastNanos = from[s + SESSION.lastNanos];
  const before = doubles[cd + CONVERSATION.lastSecondsD];
  if (last > before || (last === before && lastNanos > words[c + CONVERSATION.lastNanos])) {
    doubles[cd + CONVERSATION.lastSecondsD] = last;
    words[c + CONVERSATION.lastNanos] = lastNanos;
  }
}

/** The pending row of this conversation and hour; a new one when the hour changed. */
function rowOf(state: FlowState, conversation: number, hour: number): number {
  const c = conversation * CONVERSATION.stride + CONVERSATION.row;
  const latest = state.conversations.keys[c];
  if (latest >= 0 && state.rowWords[latest * ROW.stride + ROW.hour] === hour) return latest;
  const row = state.rows++;
  const r = row * ROW.stride;
  state.rowWords = grownInt32(state.rowWords, r + ROW.stride);
  state.rowDoubles = grownFloat64(state.rowDoubles, (row + 1) * ROW_D.stride);
  state.rowWords.fill(0, r, r + ROW.stride);
  state.rowDoubles.fill(0, row * ROW_D.stride, (row + 1) * ROW_D.stride);
  state.rowWords[r + ROW.conversation] = conversation;
  state.rowWords[r + ROW.hour] = hour;
  state.conversations.keys[c] = row;
  return row;
}

function foldIntoScan(state: FlowState, session: number, packets: number): void {
  const s = session * SESSION.stride;
  const d = s >> 1;
  // Forged sources: beyond the limit all further scanners are one, under the address 0 of the table (the first seen).
  const scanner = state.scans.count < MAX_SCANNERS ? clientAddress(state, session) : -1;
  const index = internKey(state.scans, scanner, transportOf(state, session), 0, 0);
  if (state.scans.added) {
    state.scanTotals.push({ targets: 0, packets: 0, bytes: 0, firstSeconds: NO_FIRST, firstNanos: 0, lastSeconds: NO_LAST, lastNanos: 0 });
  }
  const totals = state.scanTotals[index];
  if ((state.sessions.keys[s + SESSION.flags] & FLAG.counted) === 0) {
    totals.targets++;
    state.sessions.keys[s + SESSION.flags] |= FLAG.counted;
  }
  totals.packets += packets;
  totals.bytes += state.sessions.doubles[d + SESSION.bytesLoD] + state.sessions.doubles[d + SESSION.bytesHiD];
  const first = state.sessions.doubles[d + SESSION.firstSecondsD];
  if (first !== NO_FIRST) {
    widenSpan(totals, first, state.sessions.keys[s + SESSION.firstNanos]);
    widenSpan(totals, state.sessions.doubles[d + SESSION.lastSecondsD], state.sessions.keys[s + SESSION.lastNanos]);
  }
}
