/**
 * Frame batches: what every source (pcap, pcapng, compressed, pipe, live) hands to the one decoder.
 * A batch is one block of bytes plus parallel typed arrays. It is used again: its content is valid only until the
 * source's next `next()`. All frames of a batch have the same link type; a source ends the batch where it changes.
 */

/** Frames in one batch at most. A 512 KiB block of minimal records holds about 7,000. */
export const BATCH_FRAMES = 8192;

export interface FrameBatch {
  /** The block. Always a plain `Uint8Array` (never a `Buffer`): one class per call site keeps the decoder fast. */
  bytes: Uint8Array;
  /** A view over exactly the same memory as `bytes`. */
  view: DataView;
  /** Link type (LINKTYPE_ number, https://www.tcpdump.org/linktypes.html) of every frame in this batch. */
  linkType: number;
  /** Number of frames. */
  count: number;
  /** Offset of each frame in `bytes`. */
  readonly offset: Int32Array;
  /** Captured octets of each frame: `offset + captured <= bytes.length` is guaranteed. */
  readonly captured: Int32Array;
  /** Octets on the wire (original length), as unsigned 32 bit: read it as `wire[i] >>> 0`. */
  readonly wire: Int32Array;
  /** Seconds since 1970-01-01T00:00:00Z; `NaN` where the record has no time (pcapng Simple Packet Block). */
  readonly seconds: Float64Array;
  /** Nanoseconds within the second, 0..999,999,999. */
  readonly nanos: Int32Array;
}

/** Octets of the columns of one batch. */
export const COLUMN_BYTES = BATCH_FRAMES * (8 + 4 * 4);

/** @param columns memory of COLUMN_BYTES, for a batch that two threads share */
export function createFrameBatch(columns: ArrayBufferLike = new ArrayBuffer(COLUMN_BYTES)): FrameBatch {
  const bytes = new Uint8Array(0);
  const words = (index: number): Int32Array => new Int32Array(columns, BATCH_FRAMES * (8 + 4 * index), BATCH_FRAMES);
  return {
    bytes,
    view: new DataView(bytes.buffer),
    linkType: 0,
    count: 0,
    offset: words(0),
    captured: words(1),
    wire: words(2),
    seconds: new Float64Array(columns, 0, BATCH_FRAMES),
    nanos: words(3),
  };
}

/** Where a source puts its octets and batches; given by who hands them on to another thread (read-ahead-worker.ts). */
export interface SourceMemory {
  /** Exactly so many octets that nobody reads any more. The batches made since the last call lie in what that one gave. */
  block(octets: number): Uint8Array;
  /** A batch that nobody reads any more. */
  batch(): FrameBatch;
}

/** How a source ended. The words are kept apart everywhere: reader, store, JSON, exit code. */
export type SourceEnd =
  | { readonly kind: 'complete' }
  /** The file stops inside a record: `lost` octets of it were there, `need` were announced. */
  | { readonly kind: 'truncated'; readonly offset: number; readonly lost: number; readonly reason: string }
  /** A structure that cannot be right at `offset`; what came before was read. `skipped`: octets stepped over by resynchronising. */
  | { readonly kind: 'corrupt'; readonly offset: number; readonly skipped: number; readonly reason: string }
  /** A capture of a kind that is recognised but not read (or not a capture at all: see `reason`). */
  | { readonly kind: 'unsupported'; readonly offset: number; readonly reason: string };

/** What the reader noticed on its way; all counters only grow. */
export interface SourceCounts {
  /** Frames handed out. */
  frames: number;
  /** Uncompressed octets consumed up to and including the last frame handed out. */
  position: number;
  /** Octets of the file itself (compressed, if it is) read so far: for progress bars. */
  fileBytesRead: number;
  /** Frames captured shorter than on the wire (snap length). */
  shortened: number;
  /** Frames without a timestamp. */
  withoutTime: number;
  /** Frames whose timestamp is earlier than the one before. */
  timeBackwards: number;
  /** pcapng blocks that hold no packet and are not understood, by block type; bounded. */
  readonly unknownBlocks: Map<number, number>;
  /** Frames dropped by the capturing machine, as the file itself reports (Interface Statistics Block, epb_dropcount). */
  droppedByCapture: number;
}

export const createSourceCounts = (fileBytesRead: number): SourceCounts => ({
  frames: 0,
  position: 0,
  fileBytesRead,
  shortened: 0,
  withoutTime: 0,
  timeBackwards: 0,
  unknownBlocks: new Map(),
  droppedByCapture: 0,
});

export interface CaptureInterface {
  readonly name: string;
  readonly linkType: number;
  readonly snapLength: number;
  frames: number;
}

/** What a packed file holds, whatever packed it, as far as it was read: SHA-256, in hex, of its unpacked octets and of the first of them. */
export interface Content {
  readonly size: number;
  readonly head: string;
  readonly digest: string;
}

/** A capture being read. `next` resolves to a batch, good until `next` is called again, or to null at the end. */
export interface FrameSource {
  /** `pcap`, `pcap-ns`, `pcapng`, each with a suffix such as `+gzip` where compressed. */
  readonly format: string;
  readonly counts: SourceCounts;
  readonly interfaces: readonly CaptureInterface[];
  next(): Promise<FrameBatch | null>;
  /** Meaningful once `next` gave null. */
  end(): SourceEnd;
  /** What was unpacked so far: at least what was handed out. Null of a plain file. Absent: nothing is packed. */
  content?(): Content | null;
  close(): Promise<void>;
}
