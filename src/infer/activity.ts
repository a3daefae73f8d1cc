/**
 * Links: conversations between assets with what inference needs to know of them: the cycle, its duty, whether the
 * client writes, engineers, or hides what it does. In: Observations and the inventory. Out: links in conversation
 * order and a diary per asset. Conversations with group addresses or without an asset are reported, not guessed.
 *
 * Duty is the share of the pair's common life during which the cycle runs. It is measured against what the steadiest
 * cycles of the same capture reach, because captures may be thinned to windows: a page left open for an hour is
 * periodic but has no duty, while a poller seen in every window has.
 */
import { HOUR_MS, dayOf, msOf } from '../net/time.ts';
import { FOLDED_FUNCTION, type Conversation, type Day, type ObservationSet, type Operation, type SensorTruth } from '../observation.ts';
import { endsOf, type Inventory } from './assets.ts';
import { capturedDaysOf, perDays, wholeDays } from './captured-days.ts';
import type { Dropped } from './proposal.ts';
import { type Cycle, cycleOfGaps, cycleOfOperation } from './rhythm.ts';
import { isControl, SAFETY_ENGINEERING, serviceOf } from './service-family.ts';
import { type EndsHeard, mayBeAnswered, type Unheard } from './unheard.ts';
import { recogniseControl, recogniseRpc } from './unread-service.ts';

export interface Link {
  readonly conversation: Conversation;
  /** Positions in the inventory. */
  readonly client: number;
  readonly server: number;
  readonly service: string;
  readonly control: boolean;
  readonly days: readonly number[];
  readonly requests: number;
  readonly answered: boolean;
  readonly cycle: Cycle | null;
  /** 0..1; 0 without a cycle. */
  readonly duty: number;
  readonly writes: boolean;
  /** Days on which it wrote, and how often in all. */
  readonly writeDays: number;
  readonly writeRequests: number;
  /** Writes at I/O pace, as a controller drives outputs. */
  readonly cyclicWrites: boolean;
  readonly engineers: boolean;
  /** Encrypted: not having seen a write proves nothing. */
  readonly opaque: boolean;
  /** Distinct ranges read. */
  readonly blocks: number;
}

export interface Diary {
  readonly days: number;
  readonly firstDay: number;
  readonly lastDay: number;
}

export interface Activity {
  readonly links: readonly Link[];
  /** Of each asset: the days of its links, and those on which it sent anything, to groups and to find addresses as well. */
  readonly diaries: readonly Diary[];
  readonly presence: readonly Diary[];
  /** Days on which anything was captured, ascending (days since 1970). */
  readonly capturedDays: readonly number[];
  /** Of them, whole ones: the first and the last may be parts of one. */
  readonly wholeDays: number;
  readonly capturedHours: number;
  /** Of the days, how many were heard too badly to count (SensorTruth.deafHours), and how many hours in all. */
  readonly deafDays: number;
  readonly deafHours: number;
  readonly dropped: readonly Dropped[];
  readonly heard: EndsHeard;
  /** Assets whose sweeps the flow table folded before they became conversations. */
  readonly foldedClients: readonly number[];
}

/** Housekeeping of one network: who is there, never who works with whom. */
const LINK_LAYER = new Set(['arp', 'lldp', 'stp', 'cdp', 'igmp']);

/** Datagram services whose requests are answered from the port that was asked. TFTP is not: its data comes from another (RFC 1350 clause 4). */
const REQUEST_RESPONSE = new Set(['dns', 'ntp', 'snmp', 'dhcp', 'radius', 'tristation', 'bacnet', 'kerberos', 'ldap']);

/** Their operations that nobody answers by design (RFC 3416 clauses 4.2.6 and 4.2.7, RFC 1157 clause 4.1.6; ASHRAE 135 clauses 13, 16). An inform is answered. */
const UNANSWERED_BY_DESIGN: Readonly<Record<string, ReadonlySet<string>>> = {
  snmp: new Set(['Trap', 'SNMPv2-Trap']),
  bacnet: new Set([
    'UnconfirmedCOVNotification', 'UnconfirmedCOVNotificationMultiple', 'UnconfirmedEventNotification', 'UnconfirmedAuditNotification', 'UnconfirmedPrivateTransfer',
    'UnconfirmedTextMessage', 'TimeSynchronization', 'UTCTimeSynchronization', 'WriteGroup', 'You-Are',
  ]),
};

/** Where notifications go. Asked only where the operation is not readable: SNMPv3 is encrypted, or nobody reads its PDU. */
const TRAP_PORT = 162;

/** What is readable of an encrypted OPC UA session (OPC 10000-6 clause 6.7.2). */
const CHANNEL_ONLY = /^(Hello|Acknowledge|(Open|Close)SecureChannel|GetEndpoints|FindServers|(Create|Activate|Close)Session)/;

/** Protocols in which `control` is what an engineer does to the device (stop, restart, listen only), not a command to the process; where it is both, by function. */
const CONTROLS_DEVICE: Readonly<Record<string, ReadonlySet<number> | 'any'>> = {
  s7comm: 'any',
  modbus: 'any',
  melsec: 'any',
  fins: 'any',
  enip: 'any',
  ads: new Set([5]), // Write Control; calls of methods are commands to the process
  tristation: 'any',
  'ge-srtp': 'any',
  bacnet: new Set([17, 20]), // DeviceCommunicationControl, ReinitializeDevice (ASHRAE 135 clauses 16.1, 16.4)
  dnp3: new Set([13, 14, 17, 18]), // restarts, start and stop of applications (IEEE 1815 clause 4.4)
  iec104: new Set([105]), // reset of the process (IEC 60870-5-101 clause 7.3.4.6)
  mms: new Set([40, 41, 42, 43, 44]), // start, stop, resume, reset and kill of a program (ISO 9506-1, program invocation)
};

export function controlsDevice({ access, protocol, function: code }: Operation): boolean {
  const functions = access === 'control' && Object.hasOwn(CONTROLS_DEVICE, protocol) ? CONTROLS_DEVICE[protocol]! : null;
  return functions !== null && (functions === 'any' || functions.has(code));
}

const isWrite = (operation: Operation): boolean => operation.access === 'write' || (operation.access === 'control' && !controlsDevice(operation));

/** Operations that change or explore a device rather than run the process. */
export function isEngineering(operation: Operation): boolean {
  // What is not told apart proves nothing of who asks.
  if (operation.function === FOLDED_FUNCTION) return false;
  if (operation.access === 'program') return true;
  if (operation.access === 'control') return controlsDevice(operation);
  if (operation.protocol === 'modbus') return operation.access === 'diagnose' || operation.access === 'browse';
  return operation.protocol === 'opcua' && operation.name.startsWith('Browse');
}

const needsNoAnswer = ({ operations, port }: Conversation, service: string): boolean => {
  if (!REQUEST_RESPONSE.has(service)) return true;
  if (operations.length === 0) return service === 'snmp' && port === TRAP_PORT;
  return operations.some(({ name }) => UNANSWERED_BY_DESIGN[service]?.has(name) ?? false);
};

function isAnswered(conversation: Conversation, service: string, unheard: Unheard): boolean {
  if (conversation.answeredSessions > 0 || mayBeAnswered(conversation, unheard)) return true;
  if (conversation.transport === 'udp') return needsNoAnswer(conversation, service);
  return !(conversation.transport === 'tcp' || conversation.transport === 'icmp' || conversation.transport === 'sctp');
}

/** A transfer, a start-up or a page asks back to back for a few seconds of a day, and polls nobody by that. */
const LEAST_RUN_MS = 10_000;

/** For how long a cycle has to run on each of its days: of a capture of a few seconds, for half of it. */
function leastRun({ firstNs, lastNs, captures = [] }: SensorTruth, capturedDays: number): number {
  const spans = captures.length > 0 || firstNs === null || lastNs === null ? captures : [{ firstNs, lastNs }];
  if (spans.length === 0) return LEAST_RUN_MS;
  const listenedMs = spans.reduce((sum, span) => sum + msOf(span.lastNs - span.firstNs), 0);
  return Math.min(LEAST_RUN_MS, listenedMs / Math.max(1, capturedDays) / 2);
}

/** A cycle that ran so long on its days that it is one. */
const lastingCycle = (cycle: Cycle | null, { days }: Pick<Conversation, 'days'>, leastRunMs: number): Cycle | null =>
  cycle !== null && cycle.cycles * cycle.periodMs >= leastRunMs * Math.max(1, days.length) ? cycle : null;

/** The cycle that fills most of the time; of two that fill it alike, the faster. */
function mainCycle(conversation: Conversation, leastRunMs: number): { cycle: Cycle; days: number } | null {
  let best: { cycle: Cycle; days: number; run: number } | null = null;
  for (const operation of conversation.operations) {
    const cycle = lastingCycle(cycleOfOperation(operation), operation, leastRunMs);
    if (cycle === null) continue;
    const run = cycle.cycles * cycle.periodMs;
    if (best === null || run > best.run * 1.5 || (run > best.run / 1.5 && cycle.periodMs < best.cycle.periodMs)) best = { cycle, days: operation.days.length, run };
  }
  if (best !== null) return best;
  const cycle = lastingCycle(cycleOfGaps(conversation.rhythm), conversation, leastRunMs);
  return cycle === null ? null : { cycle, days: conversation.days.length };
}

const median = (sorted: Float64Array): number => sorted[Math.floor(sorted.length / 2)] ?? 0;

interface Draft extends Omit<Link, 'duty' | 'service' | 'control'> {
  duty: number;
  service: string;
  control: boolean;
  readonly cycleDays: number;
}

export function readActivity(set: ObservationSet, inventory: Inventory): Activity {
  const dropped: Dropped[] = [];
  const drafts: Draft[] = [];
  const pseudo = new Map(inventory.pseudo.map(({ address, why }) => [address, why]));
  const capturedDays = capturedDaysOf(set);
  const daysOf = perDays((days) => days.map(({ day }) => day));
  const hearing: Hearing = { daysOf, unheard: inventory.unheard, leastRunMs: leastRun(set.sensor, capturedDays.length) };
  for (const conversation of set.conversations) {
    if (LINK_LAYER.has(conversation.service.name) || conversation.transport === 'eth-0x0806' || conversation.transport === 'eth-0x88cc') {
      dropped.push({ conversation: conversation.id, client: conversation.client, server: conversation.server, why: 'link-layer', sentence: 'finds addresses or neighbours on one network and asks no service of anybody' });
      continue;
    }
    const ends = endsOf(inventory, conversation);
    if (ends === null || ends[0] === ends[1]) {
      dropped.push(withoutAsset(conversation, pseudo));
      continue;
    }
    drafts.push(draftLink(conversation, ends, hearing));
  }
  recogniseRpc(drafts);
  recogniseControl(drafts, inventory);
  const deafDays = deafDaysOf(set.sensor);
  const diaries = diariesOf(linkDays(inventory.assets.length, drafts));
  const presence = diariesOf(daysHeard(set, inventory, daysOf));
  measureDuty(drafts, diaries, capturedDays.length);
  const foldedClients = [...new Set(set.sensor.scans.map((scan) => inventory.indexOf.get(scan.client)).filter((index) => index !== undefined))];
  return { links: drafts, diaries, presence, capturedDays, wholeDays: wholeDays(capturedDays.length, set.sensor.hours), capturedHours: set.sensor.hours.length, deafDays, deafHours: set.sensor.deafHours.length, dropped, heard: inventory.unheard.heard, foldedClients };
}

/** Days of whose hours more than half were heard too badly: what was not seen on them may have been there. */
function deafDaysOf({ hours, deafHours }: SensorTruth): number {
  const badly = new Map<number, number>();
  for (const hour of deafHours) badly.set(Math.floor(hour / 24), (badly.get(Math.floor(hour / 24)) ?? 0) + 1);
  const heard = new Map<number, number>();
  for (const hour of hours) heard.set(Math.floor(hour / 24), (heard.get(Math.floor(hour / 24)) ?? 0) + 1);
  return [...badly].filter(([day, count]) => heard.has(day) && count > (heard.get(day) ?? 0) / 2).length;
}

function withoutAsset(conversation: Conversation, pseudo: ReadonlyMap<string, string>): Dropped {
  const base = { conversation: conversation.id, client: conversation.client, server: conversation.server };
  const address = pseudo.has(conversation.server) ? conversation.server : conversation.client;
  const why = pseudo.get(address);
  if (why !== undefined) return { ...base, why: why.startsWith('asked') ? 'unanswered' : 'group-address', sentence: `${address}: ${why}` };
  return { ...base, why: 'no-asset', sentence: 'both ends are one asset' };
}

const countDays = (operations: readonly Operation[]): number =>
  operations.length === 1 ? operations[0]!.days.length : new Set(operations.flatMap((operation) => operation.days.map(({ day }) => day))).size;

/** Where nobody kept days, the first and the last. */
const seenDays = ({ days, firstNs, lastNs }: Conversation, daysOf: DaysOf): readonly number[] => (days.length > 0 ? daysOf(days) : [...new Set([dayOf(firstNs), dayOf(lastNs)])]);

function draftLink(conversation: Conversation, ends: readonly [number, number], { daysOf, unheard, leastRunMs }: Hearing): Draft {
  const service = serviceOf(conversation);
  const main = mainCycle(conversation, leastRunMs);
  const { operations } = conversation;
  const encrypted = conversation.facts.some((fact) => fact.name === 'opcua.mode' && fact.value === 'SignAndEncrypt');
  const days = seenDays(conversation, daysOf);
  const written = operations.filter(isWrite);
  return {
    conversation,
    client: ends[0],
    server: ends[1],
    service,
    control: isControl(conversation, service),
    days,
    requests: conversation.requests,
    answered: isAnswered(conversation, service, unheard),
    cycle: main?.cycle ?? null,
    cycleDays: main?.days ?? 0,
    duty: 0,
    writes: written.length > 0,
    writeDays: countDays(written),
    writeRequests: written.reduce((sum, { requests }) => sum + requests, 0),
    cyclicWrites: written.some((operation) => (lastingCycle(cycleOfOperation(operation), operation, leastRunMs)?.periodMs ?? Infinity) <= 1000),
    engineers: operations.some(isEngineering) || SAFETY_ENGINEERING.has(service),
    opaque: service === 'opcua' && (encrypted || !operations.some((operation) => operation.access !== 'browse' && !CHANNEL_ONLY.test(operation.name))),
    blocks: operations.reduce((sum, operation) => sum + operation.ranges.length, 0),
  };
}

type DaysOf = (days: readonly Day[]) => readonly number[];

/** What of the whole capture a conversation is read by. */
interface Hearing {
  readonly daysOf: DaysOf;
  readonly unheard: Unheard;
  readonly leastRunMs: number;
}

/** Lists of days of each asset; most share one of a few. */
type DayLists = readonly Set<readonly number[]>[];
const noDays = (assets: number): DayLists => Array.from({ length: assets }, () => new Set<readonly number[]>());

function linkDays(assets: number, links: readonly Draft[]): DayLists {
  const lists = noDays(assets);
  for (const link of links) {
    lists[link.client]!.add(link.days);
    if (link.answered) lists[link.server]!.add(link.days);
  }
  return lists;
}

function daysHeard({ conversations }: ObservationSet, { assets, indexOf }: Inventory, daysOf: DaysOf): DayLists {
  const lists = noDays(assets.length);
  for (const conversation of conversations) {
    const [sender, answerer] = [indexOf.get(conversation.client), indexOf.get(conversation.server)];
    const days = seenDays(conversation, daysOf);
    if (sender !== undefined && conversation.packets.toServer > 0) lists[sender]!.add(days);
    if (answerer !== undefined && conversation.packets.toClient > 0) lists[answerer]!.add(days);
  }
  return lists;
}

function diariesOf(lists: DayLists): Diary[] {
  return lists.map((own) => {
    const set = new Set<number>();
    for (const days of own) for (const day of days) set.add(day);
    let firstDay = Infinity;
    let lastDay = -Infinity;
    for (const day of set) {
      if (day < firstDay) firstDay = day;
      if (day > lastDay) lastDay = day;
    }
    return set.size === 0 ? { days: 0, firstDay: 0, lastDay: 0 } : { days: set.size, firstDay, lastDay };
  });
}

function measureDuty(links: readonly Draft[], diaries: readonly Diary[], capturedDays: number): void {
  const dayShare = (link: Draft): number => Math.min(1, link.cycleDays / Math.max(1, Math.min(capturedDays, diaries[link.client]!.days, diaries[link.server]!.days)));
  const running: number[] = [];
  const polling: number[] = [];
  for (const link of links) {
    if (link.cycle === null || link.cycleDays === 0 || dayShare(link) < 0.8) continue;
    running.push((link.cycle.cycles * link.cycle.periodMs) / link.cycleDays);
    polling.push(link.cycle.cycles / link.cycleDays);
  }
  // Typed arrays sort numbers without asking back.
  const runs = Float64Array.from(running).sort();
  const polls = Float64Array.from(polling).sort();
  const typicalRun = Math.max(median(runs), 1);
  const typicalPolls = Math.max(median(polls), 1);
  const continuous = typicalRun > 6 * HOUR_MS;
  for (const link of links) {
    if (link.cycle === null || link.cycleDays === 0) continue;
    const run = (link.cycle.cycles * link.cycle.periodMs) / link.cycleDays / typicalRun;
    const poll = link.cycle.cycles / link.cycleDays / typicalPolls;
    link.duty = dayShare(link) * Math.min(1, continuous ? run : Math.max(run, poll));
  }
}

/** Nobody saw the session open, and no service tells who serves: the direction may be the other way round. */
export const isDirectionUnsure = ({ conversation, service }: Link): boolean => conversation.direction.by === 'first-packet' || (conversation.direction.by === 'port' && service === '');

/** Runs for a good part of the pair's life: a cycle by design, not a page somebody left open. */
export const isSteady = (link: Link, leastDuty: number, capturedDays: number): boolean =>
  link.cycle !== null && link.duty >= leastDuty && link.days.length >= Math.min(3, capturedDays);
