/**
 * Observation: all that was seen. The first of the two nouns (the other is Permit).
 *
 * The store keeps Observations normalised; analysis reads them only as the records below, never as SQL.
 * Addresses are text: an IPv4 or IPv6 address in canonical form (RFC 5952), or a MAC address
 * (`00:1d:9c:20:01:10`) where a frame has no IP header. Instants are nanoseconds since 1970 (UTC) as bigint.
 */

/** What an operation does to the device, from harmless to dangerous (docs/architecture.md, access classes). */
export const ACCESS_CLASSES = ['browse', 'read', 'diagnose', 'write', 'control', 'program'] as const;
export type Access = (typeof ACCESS_CLASSES)[number];

/** Whether it changes the device, rather than asks it. */
export const changesDevice = (access: Access | null): boolean => access === 'write' || access === 'control' || access === 'program';

/** `tcp`, `udp`, `icmp`, `icmpv6`, `sctp`, `ip-<protocol number>`, `eth-0x<EtherType>`. */
export type Transport = string;
/** Port 0 of these is a port, if an odd one; of the others it says that there is none. */
export const hasPorts = (transport: Transport): boolean => transport === 'tcp' || transport === 'udp' || transport === 'sctp';

/** Why the client is believed to be the client, strongest first. */
export type DirectionBy = 'protocol' | 'handshake' | 'known-server' | 'port' | 'first-packet';

/** How the service was named: by its own bytes, by its port alone, or not at all. */
export type ServiceBy = 'probe' | 'port' | 'none';

/** Packets, or octets on the wire, each way. */
export interface BothWays {
  readonly toServer: number;
  readonly toClient: number;
}

/** An inclusive range of Modbus data addresses (0 = 40001 for holding registers; Modbus V1.1b3 clause 4.4). */
export interface RegisterRange {
  readonly access: 'read' | 'write';
  readonly first: number;
  readonly last: number;
  /** Requests with exactly this range; 1 where only answers repeated it, because its requests were not heard. */
  readonly requests: number;
}

/** One bin of a histogram of times between consecutive requests. Bins are half octaves; `meanMs` is the bin's own mean. */
export interface RhythmBin {
  readonly count: number;
  readonly meanMs: number;
}

/** A day (days since 1970-01-01, by ObservationSet.timezone) on which something was seen. */
export interface Day {
  readonly day: number;
  /** Bit h: something fell into hour h of that day. Missing where nobody kept hours. */
  readonly hours?: number;
}

/** Of a conversation that asks more operations than are told apart, what stands for the rest: no function, and no unit. */
export const FOLDED_FUNCTION = -1;

export interface Operation {
  /** `modbus`, `opcua`, `s7comm`, `enip`, ... */
  readonly protocol: string;
  /** Modbus unit id; null for other protocols. */
  readonly unit: number | null;
  /** Modbus function code without the exception bit, OPC UA service's request type id, S7 function, CIP service...; or FOLDED_FUNCTION */
  readonly function: number;
  /** The standard's name: `Read Holding Registers`, `Read`, `Write Var`, ... */
  readonly name: string;
  readonly access: Access;
  readonly requests: number;
  readonly responses: number;
  /** Exceptions, faults, error answers. */
  readonly errors: number;
  /** Modbus exception codes or OPC UA status codes with their counts, ascending by code. */
  readonly errorCodes: readonly { readonly code: number; readonly count: number }[];
  /** Distinct requested ranges, ascending by access, first, last. Bounded: see `rangesFolded`. */
  readonly ranges: readonly RegisterRange[];
  /** Requests whose range was merged into a neighbour because the operation had too many distinct ones. */
  readonly rangesFolded: number;
  /** OPC UA nodes and methods (`ns=2;i=1001`), S7 areas, CIP classes touched; bounded, ascending. */
  readonly targets: readonly string[];
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly days: readonly Day[];
  readonly rhythm: readonly RhythmBin[];
}

/** Something the wire said about a conversation: `opcua.policy`, `opcua.mode`, `opcua.endpoint`, `tls.sni`, ... */
export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly toServer: number;
  readonly toClient: number;
}

/**
 * Who was dialled asks, and the client answers: OPC UA reverse connect, field devices that dial their control centre. Client,
 * server and port are then who opens the connection and where, as a firewall sees it; requests are those of the server.
 */
export const REVERSED_FACT = 'direction.reversed';

/**
 * Nothing but two ports that say as little spoke for this direction: that of the end that was taken for the client, which is the
 * server's if the guess is wrong (policy/match/guessed-direction.ts).
 */
export const CLIENT_PORT_FACT = 'direction.client-port';

/** An ICMP error quoted a packet of the conversation: who was told counts (flow/icmp-refusal.ts). */
export const REFUSAL_FACT = 'icmp.unreachable';

/** One client, one server, one service, over the whole time observed. */
export interface Conversation {
  readonly id: number;
  readonly client: string;
  readonly server: string;
  readonly transport: Transport;
  /** The server's port; 0 where the transport has none. */
  readonly port: number;
  /** Outermost VLAN id first seen; null when untagged, or tagged with a priority alone (id 0). */
  readonly vlan: number | null;
  readonly service: { readonly name: string; readonly by: ServiceBy };
  readonly direction: { readonly by: DirectionBy; readonly confidence: number };
  readonly packets: BothWays;
  readonly bytes: BothWays;
  /** TCP sessions (or UDP 5-tuples) it consists of. */
  readonly sessions: number;
  /** Sessions in which the server answered at all (for TCP: with anything but a reset). */
  readonly answeredSessions: number;
  /** Client segments or datagrams with payload. */
  readonly requests: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly days: readonly Day[];
  readonly rhythm: readonly RhythmBin[];
  /** Smallest handshake round trip seen (the last SYN to its SYN/ACK), milliseconds; null if none. */
  readonly rttMs: number | null;
  readonly operations: readonly Operation[];
  readonly facts: readonly Fact[];
}

/** What is known of one address, beyond its conversations. */
export interface AddressRecord {
  readonly address: string;
  /**
   * Link addresses that sent from this address, the one seen first first. Empty for MAC addresses. They are looked at once a session
   * and hour: `lastNs` may be so much too early.
   */
  readonly macs: readonly { readonly mac: string; readonly firstNs: bigint; readonly lastNs: bigint }[];
  /** Names and descriptions from the wire: `lldp.name`, `lldp.capabilities`, `modbus.vendor`, `modbus.product`, `netbios.name`, `dhcp.hostname`, ... */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

/** A client that touched many targets briefly: what the flow table folded, or what analysis calls a scan. */
export interface FoldedScan {
  readonly client: string;
  readonly transport: Transport;
  readonly targets: number;
  readonly packets: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

/** When one capture of the store ran: a file, a stream, or a live interface. */
export interface CaptureSpan {
  readonly id: number;
  readonly live: boolean;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

/** What this sensor could not see, or saw twice: nothing is dropped in silence. */
export interface SensorTruth {
  readonly packets: number;
  readonly bytes: number;
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
  /** Hours (since 1970) in which anything was captured, ascending. */
  readonly hours: readonly number[];
  /** Hours in which so much was lost, or so little listened to, that silence in them proves nothing; ascending. */
  readonly deafHours: readonly number[];
  readonly counters: Readonly<Record<string, number>>;
  readonly scans: readonly FoldedScan[];
  /** What was recorded when, by capture id; missing where nobody asks for it. */
  readonly captures?: readonly CaptureSpan[];
}

/** All that analysis gets to see. Arrays are sorted (by id, by address): same store, same order. */
export interface ObservationSet {
  readonly conversations: readonly Conversation[];
  readonly addresses: readonly AddressRecord[];
  readonly sensor: SensorTruth;
  /** IANA name of the clock of all days and hours; missing: UTC, as the store keeps them. */
  readonly timezone?: string;
}

/** What a firewall did with an attempt, or in monitor mode says it would have done. */
export type AttemptVerdict = 'passed' | 'would-block' | 'blocked';

/** One hour (since 1970, UTC; -1 without a time) and how often. */
export interface HourCount {
  readonly hour: number;
  readonly count: number;
}

/**
 * An Observation of its own kind: what a firewall's log says of who asked whom. The log proves the attempt, never that
 * anything was answered; it is counted apart from packets and changes none of their sums.
 */
export interface LoggedAttempt {
  readonly id: number;
  /** The firewall by its own name or address in the log; empty where the log does not say. */
  readonly device: string;
  /** `cisco-asa`, `fortios`, `panos`, `netfilter`, `suricata`. */
  readonly format: string;
  /** Rule, policy or access list by the name the log gives it. */
  readonly rule: string;
  readonly verdict: AttemptVerdict;
  /** The verdict fell on the content (function code, signature), not on addresses and ports alone. */
  readonly inspected: boolean;
  /** False: a packet in mid-session, so the session was older than the firewall's memory of it. */
  readonly opening: boolean;
  readonly client: string;
  /** Empty where many targets of one client were folded into one count. */
  readonly server: string;
  readonly transport: Transport;
  /** The server's; 0 where the transport has none, or folded. */
  readonly port: number;
  /** What the firewall called it: `modbus`, `HTTP`, `modbus-read-coils`; empty when it did not. */
  readonly application: string;
  readonly operation: Pick<Operation, 'protocol' | 'unit' | 'function' | 'name' | 'access'> | null;
  /** Log records, or the hit counts that they carry. */
  readonly count: number;
  /** Null where no record had a time. */
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
  readonly hours: readonly HourCount[];
}
