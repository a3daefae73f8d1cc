/**
 * The flow layer's memory: everything decoded since the last checkpoint, in typed arrays by index, plus what must outlive
 * a checkpoint (open TCP streams, learned servers). `feed.ts` fills it, `store/write.ts` empties it; the two agree on
 * the strides below. Bounded: every table has a limit at which the owner is asked to flush (`isFull`), and a flood of
 * one-way conversations is folded into counted scans (conversations.ts).
 */
import { createDecodedFrame, type DecodedFrame } from '../decode/decoded-frame.ts';
import { STOP_REASONS } from '../decode/stop.ts';
import { createFragmentMemory, type FragmentMemory } from './fragment-memory.ts';
import { createIntTable, type IntTable } from './int-table.ts';
import { createMirrorMemory, type MirrorMemory } from './mirror-memory.ts';
import type { TcpStream } from './stream-record.ts';

/**
 * A session (a 5-tuple): words of its record in `sessions`, key first. lo/hi: the lower and higher end of the key. What
 * every frame touches comes first. Names ending in D are doubles, counted in doubles from the record's start.
 */
export const SESSION = Object.freeze({
  stride: 32,
  flags: 4,
  /** conversation index + 1 */
  conversation: 5,
  /** 0 not probed, -1 nothing to read, else stream index + 1 */
  app: 6,
  /** Hour of what is counted below; UNBEGUN when nothing is. */
  hour: 7,
  packetsLo: 8,
  packetsHi: 9,
  /**
   * While the side is plain (FLAG.plainLo): the next sequence number, and when the last segment came, as instantUs. Once closed: the next
   * one, 0 unknown.
   */
  nextLo: 10,
  nextHi: 11,
  segmentUsLo: 12,
  segmentUsHi: 13,
  /** operation index + 1 of the last message: most often the next one's (its answer) */
  operation: 14,
  lastNanos: 15,
  lastSecondsD: 8,
  bytesLoD: 9,
  bytesHiD: 10,
  payloadsLo: 22,
  payloadsHi: 23,
  firstSecondsD: 12,
  firstNanos: 26,
  vlan: 27,
  service: 28,
  /** Microseconds from SYN to SYN/ACK, -1 unknown; while a SYN waits for its answer, -2 less when it came. */
  rttUs: 29,
  synSequence: 30,
  /** operation index + 1 of the one that followed `operation` the last time: most often the next one asked for */
  following: 31,
} as const);
/** Hour of a session that counts nothing yet. */
export const UNBEGUN = -2;

export const FLAG = Object.freeze({
  synFromLo: 1,
  synFromHi: 2,
  synAckFromLo: 4,
  synAckFromHi: 8,
  finLo: 16,
  finHi: 32,
  reset: 64,
  oriented: 128,
  clientIsLo: 256,
  counted: 512,
  macLo: 1024,
  macHi: 2048,
  /** lo (hi) sent something that is not a reset */
  spokeLo: 4096,
  spokeHi: 8192,
  firstFromLo: 16384,
  answeredCounted: 32768,
  serviceByProbe: 65536,
  /** Reset, or both ends finished: what still comes resumes it (app-sessions.ts). */
  closing: 131072,
  /** The side of a Modbus stream is in step and nothing of it waits: its next segment is read without the stream's record. */
  plainLo: 262144,
  plainHi: 524288,
  /** Who asks: the client, unless who was dialled asks (`proveServer` of conversations.ts). */
  askerIsLo: 1 << 23,
  askerProven: 1 << 27,
  /** A message from lo (hi) said that it is the other one who asks. */
  deniesLo: 1 << 28,
  deniesHi: 1 << 29,
} as const);
/** direction_by (0..4) in three bits above the flags. */
export const DIRECTION_SHIFT = 20;
/** Payloads looked at for a protocol, in three bits above that. */
export const PROBES_SHIFT = 24;
export const PROBES_MASK = 7 << PROBES_SHIFT;

export const DIRECTION = Object.freeze({ firstPacket: 0, port: 1, knownServer: 2, handshake: 3, protocol: 4 } as const);
export const SERVICE_BY = Object.freeze({ none: 0, port: 1, probe: 2 } as const);

/** A conversation: words of its record in `conversations`, key (client, server, transport, port) first. */
export const CONVERSATION = Object.freeze({
  stride: 30,
  vlan: 4,
  service: 5,
  serviceBy: 6,
  directionBy: 7,
  lastRequestSecondsD: 4,
  lastRequestNanos: 10,
  /** OPEN_BINS begin here. */
  rhythm: 11,
  /** index of the latest pending hour row, -1 none */
  row: 17,
  firstSecondsD: 9,
  lastSecondsD: 10,
  firstNanos: 22,
  lastNanos: 23,
  sessions: 24,
  answered: 25,
  rttUs: 26,
  facts: 27,
  operations: 28,
} as const);

/** Pending (conversation, hour) rows. */
export const ROW = Object.freeze({ stride: 6, conversation: 0, hour: 1, packetsToServer: 2, packetsToClient: 3, requests: 4, answers: 5 } as const);
export const ROW_D = Object.freeze({ stride: 2, bytesToServer: 0, bytesToClient: 1 } as const);

/**
 * An operation: words of its record in `operations`, key (conversation, protocol << 16 | unit + 1, code, 0) first. One line
 * for what an answer touches, the next for what only a request does.
 */
export const OPERATION = Object.freeze({
  stride: 32,
  requests: 4,
  responses: 5,
  errors: 6,
  hour: 7,
  lastSecondsD: 4,
  lastNanos: 10,
  /** operation index + 1 of the operation that followed this one last time: pollers repeat their round */
  next: 11,
  lastRequestSecondsD: 6,
  lastRequestNanos: 14,
  /** First address of the first range: the rhythm is measured on repetitions of that very request. */
  referenceFirst: 15,
  /** The range asked for last, its index, and how often since it was looked up. */
  rangeFirst: 16,
  rangeLast: 17,
  rangeAt: 18,
  rangeHits: 19,
  /** OPEN_BINS begin here. */
  rhythm: 20,
  firstSecondsD: 13,
  firstNanos: 28,
  ranges: 29,
  rangesFolded: 30,
  targets: 31,
} as const);
/** Unit id and 1, in an operation's key below its protocol. */
export const UNIT_MASK = 0xffff;
export const OPERATION_ROW = Object.freeze({ stride: 5, operation: 0, hour: 1, requests: 2, responses: 3, errors: 4 } as const);

/**
 * The rhythm in a conversation's or an operation's record. The two bins hit last are counted there, others in a chain: a steady poller
 * hits one bin, and two where its gap lies on their edge or where it leaves out a turn.
 */
export const OPEN_BINS = Object.freeze({
  /** The older one and 1 above the newer one and 1, eight bits each; 0 none. */
  bins: 0,
  /** Of the newer one, and of the older one. */
  hits: 1,
  /** The same, in microseconds below 2^31. */
  sumUs: 3,
  /** index + 1 of the first RHYTHM, 0 none */
  chain: 5,
} as const);

/** One more bin of a rhythm, in a chain. The sum is in microseconds. */
export const RHYTHM = Object.freeze({ stride: 6, bin: 0, hits: 1, /** index + 1 of the chain's next one, 0 none */ next: 2, sumD: 2 } as const);

/** A fact of a conversation: key (conversation, name text, value text, 0) first. */
export const FACT = Object.freeze({
  stride: 8,
  toServer: 4,
  toClient: 5,
  /** fact index + 1 of the fact that followed this one last time */
  next: 6,
} as const);

/** What an operation's requests touch: key (operation, text, 0, 0) first. */
export const TARGET = Object.freeze({
  stride: 6,
  requests: 4,
  /** target index + 1 of the target that followed this one last time */
  next: 5,
} as const);

/** No time seen yet: `first` is later than everything, `last` earlier. */
export const NO_FIRST = Infinity;
export const NO_LAST = -Infinity;
/** Hour of frames without a timestamp. */
export const NO_HOUR = -1;

export interface HourTotals {
  packets: number;
  bytes: number;
  lostSegments: number;
  duplicates: number;
}

/** Times of something rare, as (seconds, nanoseconds) pairs. */
export interface Span {
  firstSeconds: number;
  firstNanos: number;
  lastSeconds: number;
  lastNanos: number;
}

export interface ScanTotals extends Span {
  targets: number;
  packets: number;
  bytes: number;
}

export interface FlowState {
  readonly frame: DecodedFrame;
  readonly addresses: IntTable;
  /** key: lower end, higher end, ports, kind << 20 | transport; records of SESSION */
  readonly sessions: IntTable;
  /** key: client, server (address indices), transport, port; records of CONVERSATION */
  readonly conversations: IntTable;
  rowWords: Int32Array;
  rowDoubles: Float64Array;
  rows: number;
  /** key: conversation, protocol << 16 | unit + 1, code, 0; records of OPERATION */
  readonly operations: IntTable;
  operationRows: Int32Array;
  operationRowCount: number;
  /** key: operation, access, first, last */
  readonly ranges: IntTable;
  rangeCounts: Int32Array;
  /** key: operation, code, 0, 0 */
  readonly errors: IntTable;
  errorCounts: Int32Array;
  /** key: operation, text, 0, 0; records of TARGET */
  readonly targets: IntTable;
  /** key: conversation, name text, value text, 0; records of FACT */
  readonly facts: IntTable;
  /** key: address, name text, value text, 0 */
  readonly addressFacts: IntTable;
  addressFactCounts: Int32Array;
  /** Records of RHYTHM, found along their subject's chain: half the memory of a table, and no lookup. */
  rhythmWords: Int32Array;
  /** The same memory as doubles. */
  rhythmDoubles: Float64Array;
  rhythms: number;
  /** key: address, MAC address, 0, 0; index into macSpans */
  readonly macs: IntTable;
  readonly macSpans: Span[];
  /** So many of them were written before, and are written again only when they were seen again. */
  macsWritten: number;
  /** key: IPv4 address, MAC address, VLAN, 0: who was seen in tagged frames (address-plan.ts) */
  readonly tagged: IntTable;
  /** key: client address, transport, 0, 0 */
  readonly scans: IntTable;
  readonly scanTotals: ScanTotals[];
  /** key: client address: one-way conversations made since the last flush */
  readonly oneWay: IntTable;
  oneWayCounts: Int32Array;
  oneWayTotal: number;
  /** Interned strings: services, fact names and values, targets. */
  readonly texts: string[];
  readonly textIds: Map<string, number>;
  readonly streams: (TcpStream | null)[];
  readonly freeStreams: number[];
  /** Streams attached on a port's hint that have not spoken their protocol yet. */
  doubted: number;
  /** Learned servers; key: address, transport, port, 0, and with 1 where it was dialled. Outlives checkpoints. */
  readonly servers: IntTable;
  /** Who asked whom for datagrams on a port of both; key: asked address, asker's address, port, 0. Outlives checkpoints. */
  readonly datagramPeers: IntTable;
  /** Directions that were guessed and proved wrong, key: conversation, server port of the guess, 0, 0 (store/turn-conversation.ts). */
  readonly turned: IntTable;
  readonly fragments: FragmentMemory;
  readonly stops: Float64Array;
  readonly counters: Map<string, number>;
  readonly hours: Map<number, HourTotals>;
  readonly hourCounters: Map<number, Map<string, number>>;
  readonly mirror: MirrorMemory;
  /** Of the capture at hand. */
  readonly totals: Span & { packets: number; bytes: number };
  /** Of the interval, over all its captures: what is before it is late. */
  latestSeconds: number;
  latestNanos: number;
}

export function createFlowState(): FlowState {
  return {
    frame: createDecodedFrame(),
    addresses: createIntTable(),
    sessions: createIntTable(SESSION.stride),
    conversations: createIntTable(CONVERSATION.stride),
    rowWords: new Int32Array(1024 * ROW.stride),
    rowDoubles: new Float64Array(1024 * ROW_D.stride),
    rows: 0,
    operations: createIntTable(OPERATION.stride),
    operationRows: new Int32Array(256 * OPERATION_ROW.stride),
    operationRowCount: 0,
    ranges: createIntTable(),
    rangeCounts: new Int32Array(256),
    errors: createIntTable(),
    errorCounts: new Int32Array(64),
    targets: createIntTable(TARGET.stride),
    facts: createIntTable(FACT.stride),
    addressFacts: createIntTable(),
    addressFactCounts: new Int32Array(64),
    rhythmWords: new Int32Array(0),
    rhythmDoubles: new Float64Array(0),
    rhythms: 0,
    macs: createIntTable(),
    macSpans: [],
    macsWritten: 0,
    tagged: createIntTable(),
    scans: createIntTable(),
    scanTotals: [],
    oneWay: createIntTable(),
    oneWayCounts: new Int32Array(256),
    oneWayTotal: 0,
    texts: [''],
    textIds: new Map([['', 0]]),
    streams: [],
    freeStreams: [],
    doubted: 0,
    servers: createIntTable(),
    datagramPeers: createIntTable(),
    turned: createIntTable(),
    fragments: createFragmentMemory(),
    stops: new Float64Array(STOP_REASONS.length),
    counters: new Map(),
    hours: new Map(),
    hourCounters: new Map(),
    mirror: createMirrorMemory(),
    totals: { packets: 0, bytes: 0, firstSeconds: NO_FIRST, firstNanos: 0, lastSeconds: NO_LAST, lastNanos: 0 },
    latestSeconds: NO_LAST,
    latestNanos: 0,
  };
}

export function count(state: FlowState, name: string, by = 1): void {
  state.counters.set(name, (state.counters.get(name) ?? 0) + by);
}

export function hourTotalsOf(state: FlowState, hour: number): HourTotals {
  let totals = state.hours.get(hour);
  if (totals === undefined) {
    totals = { packets: 0, bytes: 0, lostSegments: 0, duplicates: 0 };
    state.hours.set(hour, totals);
  }
  return totals;
}

/** What the sensor noticed of itself in an hour, by name (store/schema.ts, sensor_hour_counter). */
export function countInHour(state: FlowState, hour: number, name: string, by: number): void {
  let counters = state.hourCounters.get(hour);
  if (counters === undefined) state.hourCounters.set(hour, (counters = new Map()));
  counters.set(name, (counters.get(name) ?? 0) + by);
}

const MAX_TEXTS = 1 << 18;
const MAX_TEXT_LENGTH = 256;

/** A string as a small number. Bounded: beyond the limit every new text is `(more)`, and counted. */
export function internText(state: FlowState, text: string): number {
  const known = state.textIds.get(text);
  if (known !== undefined) return known;
  if (text.length > MAX_TEXT_LENGTH) return internText(state, text.slice(0, MAX_TEXT_LENGTH));
  if (state.texts.length >= MAX_TEXTS) {
    count(state, 'limit.texts');
    return internText(state, '(more)');
  }
  const id = state.texts.push(text) - 1;
  state.textIds.set(text, id);
  return id;
}

/** Limits at which the owner must flush at the end of the batch. One batch adds at most a few entries per frame. */
const MAX_SESSIONS = 1_100_000;
const MAX_CONVERSATIONS = 1_100_000;
const MAX_ROWS = 1_200_000;
const MAX_OPERATIONS = 400_000;
const MAX_RHYTHMS = 3_000_000;
/** Seven years: a capture whose times are nonsense has an hour for every frame. */
const MAX_HOURS = 65_536;

export function isFull(state: FlowState): boolean {
  return (
    state.sessions.count > MAX_SESSIONS ||
    state.conversations.count > MAX_CONVERSATIONS ||
    state.addresses.count > MAX_CONVERSATIONS ||
    state.rows > MAX_ROWS ||
    state.operationRowCount > MAX_OPERATIONS ||
    state.operations.count > MAX_OPERATIONS ||
    state.ranges.count > MAX_OPERATIONS ||
    state.facts.count > MAX_OPERATIONS ||
    state.targets.count > MAX_OPERATIONS ||
    state.errors.count > MAX_OPERATIONS ||
    state.macs.count > MAX_OPERATIONS ||
    state.rhythms > MAX_RHYTHMS ||
    state.hours.size > MAX_HOURS ||
    state.texts.length > MAX_TEXTS / 2
  );
}

export function widenSpan(span: Span, seconds: number, nanos: number): void {
  if (seconds < span.firstSeconds || (seconds === span.firstSeconds && nanos < span.firstNanos)) {
    span.firstSeconds = seconds;
    span.firstNanos = nanos;
  }
  if (seconds > span.lastSeconds || (seconds === span.lastSeconds && nanos > span.lastNanos)) {
    span.lastSeconds = seconds;
    span.lastNanos = nanos;
  }
}
