/**
 * What is kept of a TCP stream: its protocol and that one's memory, and where each direction stands. tcp-stream.ts reads by it,
 * decoder-state.ts saves it.
 */
import type { SessionMemory, StreamProtocol } from '../decode/app/protocol.ts';

/** One direction of a session. */
export interface HalfStream {
  known: boolean;
  next: number;
  /** False until a message boundary is established (midstream joins, gaps). */
  synced: boolean;
  carry: Uint8Array | null;
  carried: number;
  /** Octets of the current message that need not be read. */
  skip: number;
  waiting: WaitingSegment[] | null;
  /** When the last segment in order came (instantUs). */
  at: number;
  /** Known, in step, nothing carried, skipped or waiting: the next segment in order may be read where it lies. */
  isPlain: boolean;
}

export interface WaitingSegment {
  sequence: number;
  /** Captured octets; `wire` counts those on the wire. */
  bytes: Uint8Array;
  wire: number;
  /** Up to where it acknowledges the other side; NaN: nothing. */
  acknowledged: number;
  /** When the other side was first seen to have it (instantUs); NaN: not yet. */
  acknowledgedUs: number;
  /** When it came, as the events told then: its messages are of that time, however long it waits. */
  seconds: number;
  nanos: number;
  hour: number;
}

/** A protocol, and its name as the flow state's text number. */
export interface Contender {
  readonly protocol: StreamProtocol;
  readonly text: number;
}

export interface TcpStream {
  protocol: StreamProtocol;
  /** The protocol's reader, kept here so that the hot call does not look it up in a table of many shapes. */
  read: StreamProtocol['read'];
  /** The protocol's name as the flow state's text number. */
  protocolText: number;
  /** The protocol reports ranges, which give the rhythm of one and the same request. */
  measuresByRange: boolean;
  memory: SessionMemory;
  /** Who may turn out to be spoken, while on trial. */
  contenders: readonly Contender[];
  /** Session this stream belongs to. */
  session: number;
  /** From the lower end, from the higher; `halves` are the same two by side. */
  readonly lo: HalfStream;
  readonly hi: HalfStream;
  readonly halves: readonly [HalfStream, HalfStream];
  /** Perhaps a segment waits behind a hole, or for what it answers. */
  isHolding: boolean;
  /** Messages read, and places where the bytes made no sense: a stream that never speaks its protocol is given up. */
  reads: number;
  failures: number;
  /** TRIAL.no, unless it is held until its octets say which of the contenders is spoken, on a port that does not. */
  trial: number;
  /** The protocol was certain, or gave a message: its name counts as proven. */
  confirmed: boolean;
  /** Hour (since 1970) of the last segment with payload. */
  hour: number;
  /** Seconds until which it was heard in a capture that was read before an earlier one; 0: nothing is in doubt (doubtPositions of settle.ts). */
  heardUntil: number;
  /** The session's last operation and range before a checkpoint (lastAsked of operations.ts), empty for none: its answer may come after. */
  asked: readonly number[];
  /** Index of the fact told last, -1 none: what was told after it the time before is most often told again. */
  fact: number;
  /** The same for targets. */
  target: number;
}

/** Of a stream on trial nothing is read; one that is refused goes to whoever else is asked. */
export const TRIAL = Object.freeze({ no: 0, held: 1, refused: 2 } as const);

const newHalf = (): HalfStream => ({ known: false, next: 0, synced: false, carry: null, carried: 0, skip: 0, waiting: null, at: 0, isPlain: false });

const NOBODY: readonly Contender[] = [];
const NOTHING_ASKED: readonly number[] = [];

export function createTcpStream(protocol: StreamProtocol, protocolText: number, session: number): TcpStream {
  const lo = newHalf();
  const hi = newHalf();
  return {
    protocol,
    read: protocol.read,
    protocolText,
    measuresByRange: protocol.reportsRanges === true,
    memory: protocol.newMemory(),
    contenders: NOBODY,
    session,
    lo,
    hi,
    halves: [lo, hi],
    isHolding: false,
    reads: 0,
    failures: 0,
    trial: TRIAL.no,
    confirmed: false,
    hour: 0,
    heardUntil: 0,
    asked: NOTHING_ASKED,
    fact: -1,
    target: -1,
  };
}

/** The octets held say that it speaks this protocol. */
export function adoptProtocol(stream: TcpStream, { protocol, text }: Contender): void {
  stream.protocol = protocol;
  stream.read = protocol.read;
  stream.protocolText = text;
  stream.measuresByRange = protocol.reportsRanges === true;
  stream.memory = protocol.newMemory();
  stream.contenders = NOBODY;
  stream.trial = TRIAL.no;
}
