/**
 * What a decompressor has of its input: octets from a byte source in one block, those to look at next made contiguous, and how it
 * ended. In: a byte source. Out: the block with its bounds, which the decompressor moves on. gzip.ts and zstd.ts use it.
 */
import { BLOCK_BYTES } from './block.ts';
import type { ByteFault, ByteSource } from './byte-source.ts';

export interface CompressedInput {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** What is there and not consumed: from this octet on... */
  from: number;
  /** ...to this one, exclusive. */
  to: number;
  readonly isDone: boolean;
  readonly fault: ByteFault | null;
  /** Makes `need` octets contiguous at `from`; false where the input ends before. At most BLOCK_BYTES. */
  fill(need: number): Promise<boolean>;
  /** Nothing more is read: the end came at a whole piece, and is clean if the source's is. */
  finish(): void;
  /** Nothing more is read: a fault of the source's own is the reason, where there is one. */
  stop(kind: ByteFault['kind'], reason: string): void;
}

export function compressedInput(source: ByteSource): CompressedInput {
  const bytes = new Uint8Array(BLOCK_BYTES);
  let hasEnded = false;
  let isDone = false;
  let fault: ByteFault | null = null;
  const input: CompressedInput = {
    bytes,
    view: new DataView(bytes.buffer),
    from: 0,
    to: 0,
    get isDone() {
      return isDone;
    },
    get fault() {
      return fault;
    },
    async fill(need) {
      while (input.to - input.from < need && !hasEnded) {
        if (input.from > 0) {
          bytes.copyWithin(0, input.from, input.to);
          input.to -= input.from;
          input.from = 0;
        }
        const reading = source.read(bytes, input.to, bytes.length - input.to);
        const got = typeof reading === 'number' ? reading : await reading;
        if (got === 0) hasEnded = true;
        input.to += got;
      }
      return input.to - input.from >= need;
    },
    finish() {
      fault = source.fault();
      isDone = true;
    },
    stop(kind, reason) {
      fault = source.fault() ?? { kind, reason };
      isDone = true;
    },
  };
  return input;
}
