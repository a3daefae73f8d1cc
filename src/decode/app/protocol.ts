/**
 * What an application protocol is to the decoder: a name, a probe, and a reader of its messages.
 * Protocols read *streams* (tcp-stream.ts puts segments in order and hands over contiguous bytes with a carry),
 * or single datagrams. Wire data never throws; what is not understood is counted by the reader's sink.
 */
import type { Access } from '../../observation.ts';

/** Certain: these bytes are this protocol. Unsure: not enough bytes yet. NotForUs: something else. */
export const PROBE = Object.freeze({ notForUs: 0, unsure: 1, certain: 2 } as const);

/** Flow direction of the bytes, once known by evidence. */
export const TO_SERVER = 0;
export const TO_CLIENT = 1;

/** Answer of `resync` where there is too little to judge by: what is at hand is kept, and asked about again with what follows. */
export const AWAIT_MORE = -2;

/** Kind of a message with respect to its operation. */
export const MESSAGE = Object.freeze({ request: 0, response: 1, error: 2 } as const);

/**
 * Where readers put what they understood. The flow layer implements it; every call is about the conversation whose
 * bytes are being read. Strings are raw wire text (bounded by the reader to 256 characters); escaping is done at output.
 */
export interface ProtocolSink {
  /**
   * An operation was asked or answered.
   * @param unit Modbus unit id, or -1
   * @param code function code / service id (stable number within the protocol)
   * @param kind MESSAGE.request, .response or .error
   * @param errorCode exception or status code when kind is error, else 0
   */
  operation(unit: number, code: number, kind: number, errorCode: number): void;
  /** The request just reported covers this inclusive range. access: 0 read, 1 write. */
  range(access: number, first: number, last: number): void;
  /** The answer just reported repeats this range: it counts where its request was not heard. */
  answeredRange(access: number, first: number, last: number): void;
  /** The request just reported touches this node, area, class or method. */
  target(name: string): void;
  /** Something about the conversation, counted per direction: `fact('opcua.policy', 'http://...#None')`. */
  fact(name: string, value: string): void;
  /** Something about the device on the server (or client) side: a name, vendor, product. */
  serverFact(name: string, value: string): void;
  clientFact(name: string, value: string): void;
  /**
   * The bytes prove who is the server: `sender` is true when the sender of the bytes being read is the server.
   * @param hasDialled the message also says that its sender opened the connection, and whom it dialled asks
   * @returns whether it is to be read as a server's message: better evidence may say otherwise
   */
  serverIs(sender: boolean, hasDialled?: boolean): boolean;
  /** The sender asks for datagrams between a port of both hosts and the same port: on it, too, it is the one who asks, whoever sends first. */
  asksAt(port: number): void;
  /** The memory of the session at hand: that of `read`, which the hot call leaves out, because it is seldom needed. */
  memory(): SessionMemory;
  /** A message, or part of it, that cannot be right: counted by reason, the reader resynchronises. */
  malformed(reason: string): void;
  /** The message being read was cut off by the capture (`readCut`): what is not in it is not missing from what was sent. */
  isCut: boolean;
  /** Of a message that was cut off, something that is told of whole ones lies beyond the cut: what it asks for, or whether it refuses. */
  beyondCut(): void;
}

/** Memory of one protocol in one session: only small integers and short strings; serialised into checkpoints as JSON. */
export type SessionMemory = Record<string, number | string | number[] | null>;

/** A protocol whose messages are read. One file each, registered in registry.ts. */
export interface StreamProtocol {
  readonly name: string;
  /** The protocol whose operations its messages ask for, where that is another: the framing differs, what is asked does not. */
  readonly operationsOf?: string;
  /** Ports that hint at it (evidence, never proof). */
  readonly ports: readonly number[];
  /**
   * What the first octet of a payload may be of which `probe` is certain; absent: anything. On other ports than its own the
   * protocol is asked of no other payload: most sessions of a plant's office side are nothing that is read.
   */
  readonly firstOctets?: readonly number[];
  /**
   * On a port that says nothing, an unsure answer about the first octets after a SYN is worth holding them: `probe` is asked again
   * with what follows, and comes to an answer within `maxCarry`.
   */
  readonly isHeldOnAnyPort?: true;
  /**
   * On these ports an unsure answer is worth that whenever it comes. Instead of `ports`, where several protocols share one: who of
   * them is certain first gets what was held.
   */
  readonly heldPorts?: readonly number[];
  /**
   * Looks at the first payload bytes of a direction (or a datagram): PROBE.*. `port` is the server's if known, else 0. A datagram ended
   * at `end` on the wire: at `to`, or beyond where the capture cut it off.
   */
  probe(bytes: Uint8Array, from: number, to: number, direction: number, port: number, end?: number): number;
  /**
   * Whether the sender of this message is the server, where its bytes alone tell; null where they do not. Asked only for
   * sessions joined midstream on a port that says nothing.
   */
  senderIsServer?(bytes: Uint8Array, from: number, to: number): boolean | null;
  /**
   * Where in a payload whole messages follow each other to its end; -1 for nowhere. Asked where `probe` found nothing at the start, of
   * sessions joined midstream: what is pipelined is cut into segments wherever it fills one, and none need begin with a message.
   */
  findMessages?(bytes: Uint8Array, from: number, to: number): number;
  /**
   * Of datagrams: who is asked on the protocol's port answers from another one, to which the rest goes (RFC 1350 clause 4). Whether this may
   * be such a one; asked only between two hosts of which one has asked the other from that very port. It goes on with that session's memory.
   */
  answersElsewhere?(bytes: Uint8Array, from: number, to: number): boolean;
  newMemory(): SessionMemory;
  /**
   * Reads as many whole messages from [from, to) as there are and returns the offset of the first byte not consumed.
   * `from` is a message boundary. Returns -1 when the bytes at `from` cannot be a message: the stream layer then asks `resync`.
   * When a message is longer than `maxCarry` and its body need not be read, it may return an offset > `to`: the stream
   * layer skips the rest of it as it arrives.
   */
  read(bytes: Uint8Array, view: DataView, from: number, to: number, direction: number, memory: SessionMemory, sink: ProtocolSink): number;
  /** First offset in [from, to) at which a message plausibly starts; -1 for none, AWAIT_MORE where one may begin at `from`. */
  resync(bytes: Uint8Array, view: DataView, from: number, to: number, direction: number, memory: SessionMemory): number;
  /**
   * Reads the message of which the capture cut off all from `to` on: what certainly stands before the cut is told, of the rest nothing
   * (`isCut` is true). Absent: messages are read whole, or not.
   * @returns octets of the whole message, by which the stream stays in step; 0 where that is not known
   */
  readCut?(bytes: Uint8Array, view: DataView, from: number, to: number, direction: number, memory: SessionMemory, sink: ProtocolSink): number;
  /** True when requests report ranges: the rhythm is then that of one and the same range, not of a burst over several. */
  readonly reportsRanges?: boolean;
  /** Longest unfinished message kept between segments, octets. */
  readonly maxCarry: number;
  /** The standard's name and access class of an operation. */
  describe(code: number): { readonly name: string; readonly access: Access };
}
