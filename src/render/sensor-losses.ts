/**
 * What is missing or doubtful in the evidence, in sentences: sensor truth for people. In: what the store says of itself. Out: sentences,
 * each with its amount and, where there is one, its remedy. They are printed by losses.ts.
 */
import { basename } from 'node:path';
import { UNREAD_LINK_PREFIX } from '../decode/stop.ts';
import { firstOf, grouped, groupedPlural, listed, plural } from '../infer/plural.ts';
import { HOUR_MS, hourOf } from '../net/time.ts';
import type { Overlap } from '../store/capture-overlap.ts';
import { isDeaf } from '../store/read-sensor.ts';
import type { StoreStatus } from '../store/read-status.ts';
import { STOP_PREFIX, withPrefix } from './counters.ts';

/** None where nothing is known to be missing. */
export const lossesOf = (status: StoreStatus): string[] => [...LOSSES.flatMap((tell) => [...tell(status)]), ...overlapSentences(status)];

/** In the order of what they cost: packets that never came, then what was heard of the others, then what was read of it. */
const LOSSES: readonly ((status: StoreStatus) => Iterable<string>)[] = [
  nothingSeen, droppedPackets, unfinishedCaptures, wrongClocks, lostSegments, copiedFrames, badHours, oneWayTraffic, unopenedTunnels, mixedAddresses, foldedFlood, countedDoubts, undecodedFrames,
];

const NAMED = 3;
const namesText = (names: readonly string[]): string => firstOf(names, NAMED);

function percent(part: number, whole: number): string {
  if (whole <= 0) return '?';
  const share = (100 * part) / whole;
  return share > 0 && share < 0.01 ? 'under 0.01 %' : `${share.toFixed(2)} %`;
}

/** `2026-03-02T06Z` of hours since 1970. */
const hourText = (hour: number): string => `${new Date(hour * HOUR_MS).toISOString().slice(0, 13)}Z`;

function* nothingSeen({ captures, totals }: StoreStatus): Generator<string> {
  if (captures.length === 0) yield 'no capture was imported yet';
  else if (totals.packets === 0) yield 'not one packet was seen';
}

function* droppedPackets({ live, counters }: StoreStatus): Generator<string> {
  if (live.kernelDropped > 0) {
    yield `${groupedPlural(live.kernelDropped, 'packet was', 'packets were')} dropped by the kernel (${percent(live.kernelDropped, live.received)} of those received)`;
  }
  if (live.interfaceDropped > 0) yield `${groupedPlural(live.interfaceDropped, 'packet was', 'packets were')} dropped by the interface`;
  const droppedBefore = counters['reader.droppedByCapture'] ?? 0;
  if (droppedBefore > 0) yield `${groupedPlural(droppedBefore, 'packet was', 'packets were')} dropped by the machines that made the captures, as the files say`;
}

const UNFINISHED: readonly (readonly [string, string])[] = [
  ['truncated', 'stopped in mid-record'],
  ['corrupt', 'damaged'],
  ['unsupported', 'not readable'],
  ['interrupted', 'interrupted'],
];

function* unfinishedCaptures({ captures }: StoreStatus): Generator<string> {
  for (const [state, says] of UNFINISHED) {
    const names = captures.filter((capture) => capture.state === state).map((capture) => capture.name);
    if (names.length > 0) yield `${plural(names.length, 'capture')} ${says}: ${namesText(names)}`;
  }
}

/** Nothing that is read here was captured before; a clock without a battery begins in 1970 or 1980. */
const FIRST_CAPTURES_NS = BigInt(Date.UTC(1990, 0)) * 1_000_000n;

function* wrongClocks(status: StoreStatus): Generator<string> {
  const unset = status.captures.filter(({ firstNs }) => firstNs !== null && firstNs < FIRST_CAPTURES_NS).map(({ name }) => name);
  if (unset.length > 0) {
    yield `${plural(unset.length, 'capture begins', 'captures begin')} before 1990: the clock of the machine that made ${unset.length === 1 ? 'it' : 'them'} was not set, so that days, weekdays and hours are not those of the plant; shift the times (editcap -t SECONDS) and import into a new store: ${namesText(unset)}`;
  }
  const leapt = capturesThatLeap(status).filter((name) => !unset.includes(name));
  if (leapt.length > 0) {
    yield `${plural(leapt.length, 'capture goes', 'captures go')} on after more than a year without a packet: the clock of the machine that made ${leapt.length === 1 ? 'it' : 'them'} was set meanwhile, or packets carry a wrong time, so that days, weekdays and hours are not all those of the plant; take what carries the right times (editcap -A START -B STOP) into a new store: ${namesText(leapt)}`;
  }
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

function* lostSegments({ lostSegments: gaps, sameAddresses }: StoreStatus): Generator<string> {
  if (gaps > 0) yield `${gaps === 1 ? '1 gap in a TCP stream' : `${grouped(gaps)} gaps in TCP streams`}: packets were lost before the sensor${sameAddresses.length > 0 ? ', or streams of different VLANs were taken for one' : ''}`;
}

/** Fewer copies than these have other causes. */
const MIRRORED_TWICE = 0.01;

function* copiedFrames({ duplicates, totals: { packets } }: StoreStatus): Generator<string> {
  if (duplicates > 0) {
    const cause = duplicates > MIRRORED_TWICE * packets ? ': the mirror port forwards both directions or several VLANs' : '';
    yield `${groupedPlural(duplicates, 'frame was', 'frames were')} seen twice (${percent(duplicates, packets)})${cause}`;
  }
}

/** Of a time in which packets may be missing: a short one is not none. */
export const secondsAtMost = (ms: number): number => Math.ceil(ms / 1000);

function* badHours({ hours }: StoreStatus): Generator<string> {
  const killedMs = hours.reduce((sum, hour) => sum + hour.killedMs, 0);
  if (killedMs > 0) yield `${groupedPlural(secondsAtMost(killedMs), 'second')} passed between the last checkpoint of captures that were killed and the captures after them`;
  const deaf = hours.filter(isDeaf);
  if (deaf.length > 0) {
    const names = deaf.map(({ hour }) => hourText(hour));
    yield `${grouped(deaf.length)} of ${grouped(hours.length)} hours ${deaf.length === 1 ? 'was' : 'were'} heard badly, by packets lost or time not listened to: ${namesText(names)}`;
  }
}

/** A mirror port that forwards one direction makes most conversations one-way; some always are. */
const ONE_WAY_SHARE = 0.2;
const ONE_WAY_LEAST = 3;
/** In so many packets some device answers another, where a mirror port shows them. */
const MUTE_PACKETS = 1000;

function* oneWayTraffic(status: StoreStatus): Generator<string> {
  const { oneSidedHours, totals: { packets } } = status;
  // Who scans is not answered: that says nothing of the mirror port.
  const scanned = status.portScans.flatMap(({ knocks }) => knocks.filter(({ transport }) => transport === 'tcp'));
  const oneWay = status.oneWayConversations - scanned.filter(({ isOneWay }) => isOneWay).length;
  const tcp = status.tcpConversations - scanned.length;
  if (oneWay >= ONE_WAY_LEAST && oneWay > ONE_WAY_SHARE * tcp) {
    yield `${grouped(oneWay)} of ${grouped(tcp)} TCP conversations were heard one way only: check the mirror port`;
  }
  if (oneSidedHours.length > 0) {
    const [first, last] = [oneSidedHours[0], oneSidedHours[oneSidedHours.length - 1]].map(hourText);
    yield `at least ${grouped(oneSidedHours.length)} of ${grouped(status.hours.length)} hours ${oneSidedHours.length === 1 ? `(${first}) was` : `(from ${first} to ${last}) were`} heard one way only, in conversations that are heard both ways otherwise: what was answered then is not known; check the mirror port`;
  }
  if (status.answeredConversations === 0 && packets >= MUTE_PACKETS) {
    yield `not one answer was heard in ${grouped(packets)} packets: an ordinary switch port shows only what is sent to all; check that the sensor hangs on a mirror port`;
  }
}

/** Less is somebody's own tunnel, and a conversation like others. */
const TUNNEL_SHARE = 0.01;
const TUNNEL_PREFIX = 'tunnel.';

function* unopenedTunnels({ counters, tunnelPackets, totals: { packets } }: StoreStatus): Generator<string> {
  const hasTriedTunnels = Object.keys(counters).some((name) => name.startsWith(TUNNEL_PREFIX));
  if (!hasTriedTunnels && tunnelPackets > TUNNEL_SHARE * packets) {
    yield `${grouped(tunnelPackets)} packets (${percent(tunnelPackets, packets)}) are of tunnels, and what they carry was not read: if a mirror port delivers so, take them into a new store with --open-tunnels`;
  }
}

/** One address for several devices. */
function* mixedAddresses({ sameAddresses, sharedAddresses }: StoreStatus): Generator<string> {
  if (sameAddresses.length > 0) {
    const vlan = sameAddresses[0].vlans[0];
    const names = sameAddresses.map(({ address, vlans }) => `${address} in VLANs ${listed(vlans)}`);
    yield `${plural(names.length, 'address', 'addresses')} ${names.length === 1 ? 'belongs' : 'belong'} to different devices by VLAN, which are counted as one, with the zones and rules of all of them; split the captures (tcpdump -r FILE -w vlan${vlan}.pcap vlan ${vlan}) and give each VLAN a store of its own: ${namesText(names)}`;
  }
  if (sharedAddresses.length > 0) {
    const names = sharedAddresses.map(({ address, cards }) => `${address} by ${cards}`);
    yield `${names.length} addresses are used by several network cards at the same time, and talk with one another: machines with one address plan, whose VLAN tags this mirror port does not deliver, or redundant devices; all of one address are counted as one device, with the zones and rules of all of them: let the mirror port keep the tags, or capture each machine by itself: ${namesText(names)}`;
  }
}

function* foldedFlood({ foldedPackets, foldedClients }: StoreStatus): Generator<string> {
  if (foldedPackets > 0) {
    yield `${groupedPlural(foldedPackets, 'packet')} of a flood of new conversations from ${plural(foldedClients, 'client')} ${foldedPackets === 1 ? 'was' : 'were'} counted, not kept one by one`;
  }
}

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

function* countedDoubts({ counters }: StoreStatus): Generator<string> {
  for (const [prefix, one, many, says] of COUNTED_DOUBTS) {
    const count = Object.values(withPrefix(counters, prefix)).reduce((sum, n) => sum + n, 0);
    if (count > 0) yield `${groupedPlural(count, one, many)} ${says}`;
  }
}

/** A layer-2 protocol, an IP protocol without ports, an encrypted one, a fragment: counted where it belongs, nothing is lost. */
const ORDINARY_STOPS: ReadonlySet<string> = new Set([
  'layer2.payload', 'ip.unknown-transport', 'ip.encrypted', 'ipv4.later-fragment', 'ipv6.later-fragment',
]);

function* undecodedFrames({ counters, totals: { packets, conversations } }: StoreStatus): Generator<string> {
  const unread = Object.entries(withPrefix(counters, STOP_PREFIX)).filter(([name]) => !ORDINARY_STOPS.has(name)).toSorted((a, b) => b[1] - a[1]);
  const stopped = unread.reduce((sum, [, count]) => sum + count, 0);
  if (stopped > 0) {
    const linkTypes = Object.keys(withPrefix(counters, UNREAD_LINK_PREFIX));
    const names = unread.map(([name]) => (name === 'link.unknown-type' && linkTypes.length > 0 ? `${name} (${linkTypes.length === 1 ? 'link type' : 'link types'} ${listed(linkTypes)})` : name));
    yield `${groupedPlural(stopped, 'frame')} could not be decoded to the end (${percent(stopped, packets)}): ${namesText(names)}`;
  } else if (packets > 0 && conversations === 0) {
    yield `not one conversation was seen in ${groupedPlural(packets, 'packet')}: none of them has addresses of devices; capture where the devices speak Ethernet or IP`;
  }
}

/** `90 s`, `20 min`, `3 h`, `12 days`: roughly how long. */
const lengthText = (ns: bigint): string => {
  const minutes = Number(ns / 60_000_000_000n);
  if (minutes < 2) return `${grouped(Number(ns / 1_000_000_000n))} s`;
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} h` : `${grouped(Math.round(minutes / 1440))} days`;
};

/** No loss, and no doubt about what was asked: but sums that say more than there was. */
export const overlapSentence = ({ captures, ns }: Overlap): string =>
  `${grouped(captures.length)} captures ran at the same time, together for ${lengthText(ns)}: ${namesText(captures.map((name) => basename(name)))}; what two of them heard counts twice, in packets, requests and connections`;

export const overlapSentences = ({ overlap }: StoreStatus): string[] => (overlap === null ? [] : [overlapSentence(overlap)]);
