/**
 * The store's state as programs read it (`status --json`, docs/json/status.schema.json), with sensor truth in sentences.
 * In: what the store says of itself, how many assets, completeness. Out: one record.
 */
import { HOUR_MS, hourOf } from '../net/time.ts';
import { UNREAD_LINK_PREFIX } from '../decode/stop.ts';
import { firstOf, grouped, groupedPlural, listed, plural } from '../infer/plural.ts';
import type { Completeness } from '../infer/proposal.ts';
import type { Overlap } from '../store/capture-overlap.ts';
import type { LogStatus } from '../store/firewall-logs.ts';
import { isDeaf, type SensorTruthHour } from '../store/read-sensor.ts';
import type { HourlyStatus, SeenKnock, StoreStatus } from '../store/read-status.ts';
import { isoInstant, shortInstant } from './instant.ts';
import type { CompletenessRecord, FirewallLogsRecord, StatusRecord } from './json-shapes.ts';

const STOP_PREFIX = 'stop.';

export function statusRecord(path: string, status: HourlyStatus, assets: number, completeness: Completeness): StatusRecord {
  const losses = lossesOf(status);
  const overlaps = overlapSentences(status);
  return {
    store: { path, version: status.version },
    span: { first: isoInstant(status.firstNs), last: isoInstant(status.lastNs) },
    captures: status.captures.map((capture) => ({
      id: capture.id,
      kind: capture.kind,
      name: capture.name,
      format: capture.format,
      digest: capture.digest,
      state: capture.state as StatusRecord['captures'][number]['state'],
      ...(capture.reason === '' ? {} : { reason: capture.reason }),
      packets: capture.packets,
      bytes: capture.bytes,
      first: isoInstant(capture.firstNs),
      last: isoInstant(capture.lastNs),
    })),
    capture: { ...status.live },
    limits: { evictedConversations: status.foldedConversations, foldedPackets: status.foldedPackets },
    totals: {
      packets: status.totals.packets,
      bytes: status.totals.bytes,
      conversations: status.totals.conversations,
      assets,
      operations: status.totals.operations,
    },
    stops: withPrefix(status.counters, STOP_PREFIX),
    sensor: {
      // Sums that say too much miss nothing.
      complete: losses.length === overlaps.length,
      losses,
      scans: scanSentences(status),
      overlaps,
      activeHours: status.activeHours,
      spannedHours: status.spannedHours,
      lostSegments: status.lostSegments,
      duplicates: status.duplicates,
      oneWayConversations: status.oneWayConversations,
      vlans: [...new Set(status.hours.flatMap((hour) => hour.vlans))].sort((a, b) => a - b),
      hours: status.hours.map((hour) => sensorHourRecord(hour, status.oneWayHours.get(hour.hour))),
    },
    counters: Object.fromEntries(Object.entries(status.counters).filter(([name]) => !name.startsWith(STOP_PREFIX))),
    firewallLogs: firewallLogsRecord(status.logs),
    completeness: completenessRecord(completeness),
  };
}

const PASSED_OVER = 'passed-over.';
const UNREAD = 'unread.';

/** By what is behind the prefix. */
const withPrefix = (counters: Readonly<Record<string, number>>, prefix: string): Record<string, number> =>
  Object.fromEntries(Object.entries(counters).filter(([name]) => name.startsWith(prefix)).map(([name, count]) => [name.slice(prefix.length), count]));

function firewallLogsRecord({ logs, attempts, verdicts }: LogStatus): FirewallLogsRecord {
  return {
    logs: logs.map((log) => ({
      id: log.id,
      name: log.name,
      digest: log.digest,
      state: log.state,
      ...(log.reason === '' ? {} : { reason: log.reason }),
      lines: log.lines,
      records: log.entries,
      first: isoInstant(log.firstNs),
      last: isoInstant(log.lastNs),
      assumptions: [...log.assumptions],
      passedOver: withPrefix(log.counters, PASSED_OVER),
      unread: withPrefix(log.counters, UNREAD),
      samples: log.samples.map(({ line, name, text }) => ({ line, reason: name.slice(UNREAD.length), text })),
    })),
    attempts,
    records: { ...verdicts },
    folded: logs.reduce((sum, log) => sum + (log.counters['folded'] ?? 0), 0),
  };
}

const seconds = (ms: number): number => Math.round(ms / 1000);

/** Of a time in which packets may be missing: a short one is not none. */
const secondsAtMost = (ms: number): number => Math.ceil(ms / 1000);

function sensorHourRecord(truth: SensorTruthHour, tcp: { readonly oneWay: number; readonly all: number } | undefined): StatusRecord['sensor']['hours'][number] {
  const { hour, packets, bytes, lostSegments, duplicates, vlans, kernelDropped, interfaceDropped, notAnalysed, clockSteps } = truth;
  return {
    hour: new Date(hour * HOUR_MS).toISOString(),
    packets, bytes, lostSegments, duplicates,
    tcpConversations: tcp?.all ?? 0,
    oneWayConversations: tcp?.oneWay ?? 0,
    vlans: [...vlans],
    kernelDropped, interfaceDropped, notAnalysed,
    listenedSeconds: seconds(truth.listenedMs),
    awaySeconds: seconds(truth.awayMs),
    downSeconds: seconds(truth.downMs),
    silentSeconds: seconds(truth.silentMs),
    killedSeconds: secondsAtMost(truth.killedMs),
    clockSteps,
    deaf: isDeaf(truth),
  };
}

/** Who scanned what, how much of it and when: no loss, but nobody's work either. */
const scanSentences = ({ portScans }: StoreStatus): string[] =>
  portScans.map(({ kind, knocks }) => {
    const [{ client, server, transport, port }] = knocks;
    const protocol = transport.toUpperCase();
    const open = knocks.filter(({ isAnswered }) => isAnswered).length;
    const edge = (pick: (knock: SeenKnock) => bigint | null, later: boolean): bigint | null =>
      knocks.map(pick).reduce((held, ns) => (held === null || (ns !== null && ns > held === later) ? ns : held), null);
    const what = kind === 'ports' ? `${grouped(knocks.length)} ${protocol} ports of ${server}` : `${protocol} port ${port} of ${grouped(knocks.length)} addresses`;
    return `${client} tried ${what}, ${open === 0 ? 'none of which' : `${grouped(open)} of which`} answered, ${shortInstant(edge(({ firstNs }) => firstNs, false))} to ${shortInstant(edge(({ lastNs }) => lastNs, true))} UTC`;
  });

/** `90 s`, `20 min`, `3 h`, `12 days`: roughly how long. */
const lengthText = (ns: bigint): string => {
  const minutes = Number(ns / 60_000_000_000n);
  if (minutes < 2) return `${grouped(Number(ns / 1_000_000_000n))} s`;
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} h` : `${grouped(Math.round(minutes / 1440))} days`;
};

/** No loss, and no doubt about what was asked: but sums that say more than there was. */
export const overlapSentence = ({ captures, ns }: Overlap): string =>
  `${grouped(captures.length)} captures ran at the same time, together for ${lengthText(ns)}: ${namesText(captures.map((name) => name.slice(name.lastIndexOf('/') + 1) || name))}; what two of them heard counts twice, in packets, requests and connections`;

const overlapSentences = ({ overlap }: StoreStatus): string[] => (overlap === null ? [] : [overlapSentence(overlap)]);

/** What is missing or doubtful, in sentences; none where nothing is known to be. */
export const lossesOf = (status: StoreStatus): string[] => [...lossSentences(status), ...overlapSentences(status)];

/** A mirror port that forwards one direction makes most conversations one-way; some always are. */
const ONE_WAY_SHARE = 0.2;
const ONE_WAY_LEAST = 3;
/** Less is somebody's own tunnel, and a conversation like others. */
const TUNNEL_SHARE = 0.01;
const TUNNEL_PREFIX = 'tunnel.';
/** In so many packets some device answers another, where a mirror port shows them. */
const MUTE_PACKETS = 1000;
/** Fewer copies than these have other causes. */
const MIRRORED_TWICE = 0.01;

/** `2026-03-02T06Z` of hours since 1970. */
const hourText = (hour: number): string => `${new Date(hour * HOUR_MS).toISOString().slice(0, 13)}Z`;

/** Nothing that is read here was captured before; a clock without a battery begins in 1970 or 1980. */
const FIRST_CAPTURES_NS = BigInt(Date.UTC(1990, 0)) * 1_000_000n;

function lossSentences(status: StoreStatus): string[] {
  const sentences: string[] = [];
  const { live, captures } = status;
  const packets = status.totals.packets;
  if (captures.length === 0) sentences.push('no capture was imported yet');
  else if (packets === 0) sentences.push('not one packet was seen');
  if (live.kernelDropped > 0) {
    sentences.push(`${groupedPlural(live.kernelDropped, 'packet was', 'packets were')} dropped by the kernel (${percent(live.kernelDropped, live.received)} of those received)`);
  }
  if (live.interfaceDropped > 0) sentences.push(`${groupedPlural(live.interfaceDropped, 'packet was', 'packets were')} dropped by the interface`);
  const droppedBefore = status.counters['reader.droppedByCapture'] ?? 0;
  if (droppedBefore > 0) sentences.push(`${groupedPlural(droppedBefore, 'packet was', 'packets were')} dropped by the machines that made the captures, as the files say`);
  for (const [state, says] of UNFINISHED) {
    const names = captures.filter((capture) => capture.state === state).map((capture) => capture.name);
    if (names.length > 0) sentences.push(`${plural(names.length, 'capture')} ${says}: ${namesText(names)}`);
  }
  const unset = captures.filter(({ firstNs }) => firstNs !== null && firstNs < FIRST_CAPTURES_NS).map(({ name }) => name);
  if (unset.length > 0) {
    sentences.push(`${plural(unset.length, 'capture begins', 'captures begin')} before 1990: the clock of the machine that made ${unset.length === 1 ? 'it' : 'them'} was not set, so that days, weekdays and hours are not those of the plant; shift the times (editcap -t SECONDS) and import into a new store: ${namesText(unset)}`);
  }
  const leapt = capturesThatLeap(status).filter((name) => !unset.includes(name));
  if (leapt.length > 0) {
    sentences.push(`${plural(leapt.length, 'capture goes', 'captures go')} on after more than a year without a packet: the clock of the machine that made ${leapt.length === 1 ? 'it' : 'them'} was set meanwhile, or packets carry a wrong time, so that days, weekdays and hours are not all those of the plant; take what carries the right times (editcap -A START -B STOP) into a new store: ${namesText(leapt)}`);
  }
  if (status.lostSegments > 0) sentences.push(`${status.lostSegments === 1 ? '1 gap in a TCP stream' : `${grouped(status.lostSegments)} gaps in TCP streams`}: packets were lost before the sensor${status.sameAddresses.length > 0 ? ', or streams of different VLANs were taken for one' : ''}`);
  if (status.duplicates > 0) {
    const cause = status.duplicates > MIRRORED_TWICE * packets ? ': the mirror port forwards both directions or several VLANs' : '';
    sentences.push(`${groupedPlural(status.duplicates, 'frame was', 'frames were')} seen twice (${percent(status.duplicates, packets)})${cause}`);
  }
  const killedMs = status.hours.reduce((sum, hour) => sum + hour.killedMs, 0);
  if (killedMs > 0) sentences.push(`${groupedPlural(secondsAtMost(killedMs), 'second')} passed between the last checkpoint of captures that were killed and the captures after them`);
  const deaf = status.hours.filter(isDeaf);
  if (deaf.length > 0) {
    const names = deaf.map(({ hour }) => hourText(hour));
    sentences.push(`${grouped(deaf.length)} of ${grouped(status.hours.length)} hours ${deaf.length === 1 ? 'was' : 'were'} heard badly, by packets lost or time not listened to: ${namesText(names)}`);
  }
  // Who scans is not answered: that says nothing of the mirror port.
  const scanned = status.portScans.flatMap(({ knocks }) => knocks.filter(({ transport }) => transport === 'tcp'));
  const oneWay = status.oneWayConversations - scanned.filter(({ isOneWay }) => isOneWay).length;
  const tcp = status.tcpConversations - scanned.length;
  if (oneWay >= ONE_WAY_LEAST && oneWay > ONE_WAY_SHARE * tcp) {
    sentences.push(`${grouped(oneWay)} of ${grouped(tcp)} TCP conversations were heard one way only: check the mirror port`);
  }
  const { oneSidedHours } = status;
  if (oneSidedHours.length > 0) {
    const [first, last] = [oneSidedHours[0], oneSidedHours[oneSidedHours.length - 1]].map(hourText);
    sentences.push(`at least ${grouped(oneSidedHours.length)} of ${grouped(status.hours.length)} hours ${oneSidedHours.length === 1 ? `(${first}) was` : `(from ${first} to ${last}) were`} heard one way only, in conversations that are heard both ways otherwise: what was answered then is not known; check the mirror port`);
  }
  if (status.answeredConversations === 0 && packets >= MUTE_PACKETS) {
    sentences.push(`not one answer was heard in ${grouped(packets)} packets: an ordinary switch port shows only what is sent to all; check that the sensor hangs on a mirror port`);
  }
  const hasTriedTunnels = Object.keys(status.counters).some((name) => name.startsWith(TUNNEL_PREFIX));
  if (!hasTriedTunnels && status.tunnelPackets > TUNNEL_SHARE * packets) {
    sentences.push(`${grouped(status.tunnelPackets)} packets (${percent(status.tunnelPackets, packets)}) are of tunnels, and what they carry was not read: if a mirror port delivers so, take them into a new store with --open-tunnels`);
  }
  if (status.sameAddresses.length > 0) {
    const vlan = status.sameAddresses[0].vlans[0];
    const names = status.sameAddresses.map(({ address, vlans }) => `${address} in VLANs ${listed(vlans)}`);
    sentences.push(`${plural(names.length, 'address', 'addresses')} ${names.length === 1 ? 'belongs' : 'belong'} to different devices by VLAN, which are counted as one, with the zones and rules of all of them; split the captures (tcpdump -r FILE -w vlan${vlan}.pcap vlan ${vlan}) and give each VLAN a store of its own: ${namesText(names)}`);
  }
  if (status.sharedAddresses.length > 0) {
    const names = status.sharedAddresses.map(({ address, cards }) => `${address} by ${cards}`);
    sentences.push(`${names.length} addresses are used by several network cards at the same time, and talk with one another: machines with one address plan, whose VLAN tags this mirror port does not deliver, or redundant devices; all of one address are counted as one device, with the zones and rules of all of them: let the mirror port keep the tags, or capture each machine by itself: ${namesText(names)}`);
  }
  if (status.foldedPackets > 0) {
    sentences.push(`${groupedPlural(status.foldedPackets, 'packet')} of a flood of new conversations from ${plural(status.foldedClients, 'client')} ${status.foldedPackets === 1 ? 'was' : 'were'} counted, not kept one by one`);
  }
  for (const [prefix, one, many, says] of COUNTED_DOUBTS) {
    const count = Object.entries(status.counters).reduce((sum, [name, n]) => (name.startsWith(prefix) ? sum + n : sum), 0);
    if (count > 0) sentences.push(`${groupedPlural(count, one, many)} ${says}`);
  }
  const unread = Object.entries(withPrefix(status.counters, STOP_PREFIX)).filter(([name]) => !ORDINARY_STOPS.has(name)).toSorted((a, b) => b[1] - a[1]);
  const stopped = unread.reduce((sum, [, count]) => sum + count, 0);
  if (stopped > 0) {
    const linkTypes = Object.keys(status.counters).flatMap((name) => (name.startsWith(UNREAD_LINK_PREFIX) ? [name.slice(UNREAD_LINK_PREFIX.length)] : []));
    const names = unread.map(([name]) => (name === 'link.unknown-type' && linkTypes.length > 0 ? `${name} (${linkTypes.length === 1 ? 'link type' : 'link types'} ${listed(linkTypes)})` : name));
    sentences.push(`${groupedPlural(stopped, 'frame')} could not be decoded to the end (${percent(stopped, packets)}): ${namesText(names)}`);
  } else if (packets > 0 && status.totals.conversations === 0) {
    sentences.push(`not one conversation was seen in ${groupedPlural(packets, 'packet')}: none of them has addresses of devices; capture where the devices speak Ethernet or IP`);
  }
  return sentences;
}

/** Nobody listens to a plant that stands still for longer, in one capture. */
const LONGEST_SILENCE_HOURS = 366 * 24;

/** Captures in which time leaps, by name: what is before a leap, or behind it, is of a clock that was not right. */
function capturesThatLeap({ captures, hours }: StoreStatus): string[] {
  const heard = hours.filter(({ packets }) => packets > 0).map(({ hour }) => hour);
  const leaps = heard.flatMap((to, i) => (i > 0 && to - heard[i - 1] > LONGEST_SILENCE_HOURS ? [{ from: heard[i - 1], to }] : []));
  const leapsIn = (firstNs: bigint, lastNs: bigint): boolean => leaps.some(({ from, to }) => hourOf(firstNs) <= from && hourOf(lastNs) >= to);
  return captures.filter(({ firstNs, lastNs }) => firstNs !== null && lastNs !== null && leapsIn(firstNs, lastNs)).map(({ name }) => name);
}

/** A layer-2 protocol, an IP protocol without ports, an encrypted one, a fragment: counted where it belongs, nothing is lost. */
const ORDINARY_STOPS: ReadonlySet<string> = new Set([
  'layer2.payload', 'ip.unknown-transport', 'ip.encrypted', 'ipv4.later-fragment', 'ipv6.later-fragment',
]);

/** Counters that mean that something is missing: how their names begin; how the sentence begins for one and for many, and how it goes on. */
const COUNTED_DOUBTS: readonly (readonly [string, string, string, string])[] = [
  ['reader.shortened', 'frame was', 'frames were', 'cut short by who captured them: of a message that goes beyond the cut only what stands before it was read; capture whole frames (`tcpdump -s 0`)'],
  ['cut.unread', 'time', 'times', 'what is asked, or answered, lay beyond that cut and was not read'],
  ['reader.withoutTime', 'frame carries no time: it counts, but belongs', 'frames carry no time: they count, but belong', 'to no hour and no day'],
  ['reader.unknownBlock.', 'block of captures was', 'blocks of captures were', 'passed over, being of no known kind'],
  ['malformed.', 'message', 'messages', 'of application protocols could not be right; `status --json` counts the reasons'],
  ['fragment.unattributed', 'fragment', 'fragments', 'of IP packets came without the first one, which alone says the ports: no service is known of them, and nothing in them was read'],
  ['fragment.unfinished', 'datagram in fragments was', 'datagrams in fragments were', 'not whole, and read as far as what came: the others were lost before the sensor, or left out by a capture filter that names a port (later fragments have none)'],
  ['tunnel.closed', 'packet of a tunnel was', 'packets of tunnels were', 'not opened: cut short, or carrying what is neither a frame nor an IP packet'],
  ['tcp.unread', 'segment was', 'segments were', 'passed over, in which no message began after octets of their stream were missing'],
  ['live.interface-lost', 'time', 'times', 'an interface was lost: what passed until it was back was not seen'],
  ['live.link-down', 'time', 'times', 'the link of an interface was down'],
  ['live.clock-step', 'time', 'times', 'the clock of the capturing machine was set: packets before and after do not share one time'],
  ['live.frames-not-analysed', 'packet', 'packets', 'came while the store could not be written and the memory was full: counted, not analysed'],
  ['limit.', 'detail (names, operations, servers) beyond a limit was', 'details (names, operations, servers) beyond a limit were', 'counted, not kept'],
];

const UNFINISHED: readonly (readonly [string, string])[] = [
  ['truncated', 'stopped in mid-record'],
  ['corrupt', 'damaged'],
  ['unsupported', 'not readable'],
  ['interrupted', 'interrupted'],
];

const NAMED = 3;
const namesText = (names: readonly string[]): string => firstOf(names, NAMED);

function percent(part: number, whole: number): string {
  if (whole <= 0) return '?';
  const share = (100 * part) / whole;
  return share > 0 && share < 0.01 ? 'under 0.01 %' : `${share.toFixed(2)} %`;
}

function completenessRecord(completeness: Completeness): CompletenessRecord {
  const { plant } = completeness;
  return {
    sufficient: completeness.sufficient,
    estimate: plant.completeness,
    days: plant.days,
    seen: plant.seen,
    unseen: plant.unseen,
    newShare: plant.newShare,
    newShareLow: plant.newShareLow,
    newShareHigh: plant.newShareHigh,
    newIn28Days: plant.newIn28Days,
    newIn28DaysLow: plant.newIn28DaysLow,
    newIn28DaysHigh: plant.newIn28DaysHigh,
    moreDays: completeness.moreDays,
    listenUntil: completeness.listenUntil,
    regimes: completeness.regimes.map(({ regime, covered, sentence }) => ({ regime, covered, sentence })),
    conduits: completeness.conduits.flatMap((conduit) => conduit.directions.map(({ fromZone, toZone, seen, unseen, newIn28Days }) => ({
      fromZone, toZone, completeness: conduit.completeness, seen, unseen, newIn28Days, sufficient: conduit.sufficient,
    }))),
    sentences: [...completeness.sentences],
  };
}
