/**
 * What a line of a firewall's log says, and what a vendor's reader is. In: one line without its header; out: the entry
 * filled in, or why not. Readers never throw, keep nothing between lines and copy no text: strings are slices of the line.
 */
import { hasPorts, type AttemptVerdict } from '../../observation.ts';

/** A time as written: any part may be missing. Month and day count from 1. */
export interface Stamp {
  /** Seconds since 1970 where the log gives them; the other parts are then unused. */
  epochSeconds: number | null;
  year: number | null;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nanos: number;
  /** Minutes east of UTC; null when the log does not say. */
  offsetMinutes: number | null;
}

/** From the texts of a match, in this order; a missing year is null, a missing fraction nothing. */
export const stampOf = (
  parts: readonly [year: string | undefined, month: number | string | undefined, day: string | undefined, hour: string | undefined, minute: string | undefined, second: string | undefined],
  fraction: string | undefined,
  offsetMinutes: number | null,
): Stamp => {
  const [year, month, day, hour, minute, second] = parts;
  return {
    epochSeconds: null,
    year: year === undefined ? null : Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    nanos: fraction === undefined ? 0 : Number(fraction.padEnd(9, '0')),
    offsetMinutes,
  };
};

/**
 * How the source and destination relate to client and server: `client-first` (a session, or a SYN: the source asks),
 * `server-first` (a SYN/ACK: the source answers), `unknown` (a packet in mid-session: the ports have to tell).
 */
export type Orientation = 'client-first' | 'server-first' | 'unknown';

/** One for all lines: readers set every field but the first two, which the header gave. */
export interface LogEntry {
  /** From the header, or what the message itself says. */
  device: string;
  stamp: Stamp | null;
  rule: string;
  verdict: AttemptVerdict;
  inspected: boolean;
  orientation: Orientation;
  source: string;
  destination: string;
  transport: string;
  sourcePort: number;
  destinationPort: number;
  application: string;
  /** Modbus, where the log names it; -1 else. */
  unit: number;
  functionCode: number;
  count: number;
}

/**
 * `entry`: filled in. `passed-over.<what>`: understood, and says nothing about who may ask whom. `unread.<why>`: it is
 * this vendor's line and could not be read. null: not this vendor's line.
 */
export type ReadResult = 'entry' | `passed-over.${string}` | `unread.${string}` | null;

export interface LogFormat {
  readonly name: string;
  /** `program`: the tag in front of the message (`kernel`), empty without one. */
  read(message: string, program: string, entry: LogEntry): ReadResult;
}

const TRANSPORTS: Readonly<Record<string, string>> = {
  '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6', '132': 'sctp',
  icmp: 'icmp', tcp: 'tcp', udp: 'udp', icmp6: 'icmpv6', icmpv6: 'icmpv6', 'ipv6-icmp': 'icmpv6', sctp: 'sctp',
};
const NUMBERS: Readonly<Record<string, number>> = { igmp: 2, ipinip: 4, gre: 47, esp: 50, ah: 51, eigrp: 88, ospf: 89, pim: 103, pcp: 108 };

/** `tcp`, `TCP`, `6`, `GRE`; null when it is no protocol. */
export const transportOf = (text: string): string | null => {
  const word = text.toLowerCase();
  const known = Object.hasOwn(TRANSPORTS, word) ? TRANSPORTS[word] : undefined;
  if (known !== undefined) return known;
  const number = Object.hasOwn(NUMBERS, word) ? NUMBERS[word] : /^\d{1,3}$/.test(word) ? Number(word) : undefined;
  return number === undefined || number > 255 ? null : `ip-${number}`;
};

/** 0 to 65535; null when it is no port. */
const portOf = (text: string): number | null => {
  if (!/^\d{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port > 65_535 ? null : port;
};

/** Who, to whom and on which ports, as texts of the line: `entry`, or which of them cannot be right. */
export const setEnds = (entry: LogEntry, transport: string | null, source: string | undefined, sourcePort: string | undefined, destination: string | undefined, destinationPort: string | undefined): ReadResult => {
  if (transport === null) return 'unread.protocol';
  const from = portOf(sourcePort ?? '0');
  const to = portOf(destinationPort ?? '0');
  if (from === null || to === null) return 'unread.port';
  entry.transport = transport;
  entry.source = source ?? '';
  entry.destination = destination ?? '';
  // Of ICMP, type and code may stand where the ports do.
  entry.sourcePort = hasPorts(transport) ? from : 0;
  entry.destinationPort = hasPorts(transport) ? to : 0;
  return 'entry';
};

/** A count that a log claims: at least 1, never more than a sane bound, so that no line can make the sums meaningless. */
export const countOf = (text: string): number | null => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : null);

/** Routers and neighbours on a link (RFC 4861 section 4), as a transparent firewall sees them: what ARP is to IPv4, and no matter of a Permit. */
export const isNeighbourDiscovery = (transport: string, type: number): boolean => transport === 'icmpv6' && type >= 133 && type <= 136;
