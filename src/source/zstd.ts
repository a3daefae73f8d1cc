/**
 * Zstandard (RFC 8878) over a byte source, by fzstd. In: compressed octets; out: the octets inside, frame after frame,
 * skippable frames stepped over. The frame structure is read here so that one block (128 KiB at most) is decoded at a
 * time, whatever it expands to, and so that a cut or damaged frame is named with all whole blocks before it kept.
 * Content checksums are verified. Left out:
 * dictionaries (no capture uses one), windows above 128 MiB (as the zstd program by default), bombs.
 */
import { errorText } from '../errors.ts';
import { Decompress } from 'fzstd';
import { copyOctets, type ByteSource } from './byte-source.ts';
import { compressedInput } from './compressed-input.ts';
import { createXxhash64 } from './xxhash64.ts';
import type { Xxhash64 } from './xxhash64.ts';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAX_FRAME_HEADER_BYTES = 18;
const MAX_BLOCK_BYTES = 128 * 1024;
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;
/** fzstd moves the whole window for every block: a flood of tiny blocks in a large window would take hours. */
const MOVED_BYTES_FREE = 2 ** 31;
const MOVED_BYTES_PER_OUTPUT = 8192;
/** Captures shrink to a hundredth; zstd can be made to grow 30,000 times, and would keep us busy for days. */
const OUTPUT_BYTES_FREE = 2 ** 28;
const OUTPUT_BYTES_PER_INPUT = 4096;
/** Decoded between two turns of the event loop (some 50 ms), so that signals are heard. */
const OUTPUT_BYTES_PER_TURN = 8 * 1024 * 1024;
const CHECKSUM_BYTES = 4;
const BLOCK_KIND = { raw: 0, runLength: 1, compressed: 2, reserved: 3 } as const;

interface FrameHeader {
  readonly bytes: number;
  readonly windowBytes: number;
  readonly hasChecksum: boolean;
  readonly hasDictionary: boolean;
}

/** RFC 8878, section 3.1.1.1; the 18 octets at `at` are all there, or zero behind the end of the input. */
function readFrameHeader(bytes: Uint8Array, at: number): FrameHeader {
  const flags = bytes[at + 4] as number;
  const isSingleSegment = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] as number;
  const sizeFlag = flags >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  let windowBytes = 0;
  if (isSingleSegment) {
    for (let i = sizeBytes - 1; i >= 0; i--) windowBytes = windowBytes * 256 + (bytes[at + sizeAt + i] as number);
    if (sizeBytes === 2) windowBytes += 256;
  } else {
    const descriptor = bytes[at + 5] as number;
    const base = 2 ** (10 + (descriptor >> 3));
    windowBytes = base + (base / 8) * (descriptor & 7);
  }
  return {
    bytes: sizeAt + sizeBytes,
    windowBytes,
    hasChecksum: (flags & 4) !== 0,
    hasDictionary: dictionaryBytes > 0,
  };
}

export function unzstd(source: ByteSource): ByteSource {
  const input = compressedInput(source);
  const { bytes: block, view } = input;
  /** One for all blocks: fzstd keeps an empty view of every input, and with it the whole compressed file. */
  const packed = new Uint8Array(3 + MAX_BLOCK_BYTES + CHECKSUM_BYTES);
  let decoder: Decompress | null = null;
  let header: FrameHeader | null = null;
  let checksum: Xxhash64 | null = null;
  let pieces: Uint8Array[] = [];
  let movedBytes = 0;
  let outputBytes = 0;
  let nextTurn = OUTPUT_BYTES_PER_TURN;

  async function skipInput(count: number): Promise<boolean> {
    for (let left = count; left > 0; ) {
      if (!(await input.fill(1))) return false;
      const step = Math.min(left, input.to - input.from);
      input.from += step;
      left -= step;
    }
    return true;
  }

  async function openFrame(): Promise<void> {
    if (!(await input.fill(4))) {
      if (input.to === input.from) input.finish();
      else input.stop('truncated', 'the zstd data end inside a header');
      return;
    }
    const magic = view.getUint32(input.from, true);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      const isWhole = (await input.fill(8)) && (await skipInput(8 + view.getUint32(input.from + 4, true)));
      if (!isWhole) input.stop('truncated', 'the zstd data end inside a skippable frame');
      return;
    }
    if (magic !== FRAME_MAGIC) {
      input.stop('corrupt', 'octets between zstd frames that are no frame');
      return;
    }
    const isWide = await input.fill(MAX_FRAME_HEADER_BYTES);
    if (!isWide) block.fill(0, input.to, Math.min(block.length, input.to + MAX_FRAME_HEADER_BYTES));
    header = readFrameHeader(block, input.from);
    if (header.bytes > input.to - input.from) input.stop('truncated', 'the zstd data end inside a header');
    else if (header.hasDictionary) input.stop('corrupt', 'the zstd data need a dictionary');
    else if (header.windowBytes > MAX_WINDOW_BYTES) input.stop('corrupt', `a zstd window of ${header.windowBytes} octets (128 MiB at most)`);
    if (input.isDone) return;
    checksum = header.hasChecksum ? createXxhash64() : null;
    decoder = new Decompress((piece) => {
      if (piece.length > 0) pieces.push(piece);
    });
    decode(decoder, block.slice(input.from, input.from + header.bytes), false);
    input.from += header.bytes;
  }

  /** What fzstd throws is damage. */
  function decode(into: Decompress, octets: Uint8Array, isLast: boolean): void {
    try {
      into.push(octets, isLast);
    } catch (error) {
      input.stop('corrupt', `the zstd data are damaged (${errorText(error)})`);
    }
  }

  async function decodeBlock(into: Decompress, frame: FrameHeader): Promise<void> {
    if (!(await input.fill(3))) return input.stop('truncated', 'the zstd data are cut short');
    const head = view.getUint16(input.from, true) | (block[input.from + 2] << 16);
    const isLast = (head & 1) !== 0;
    const kind = (head >> 1) & 3;
    const size = head >> 3;
    if (kind === BLOCK_KIND.reserved || size > MAX_BLOCK_BYTES) return input.stop('corrupt', 'a zstd block that cannot be right');
    const bytes = 3 + (kind === BLOCK_KIND.runLength ? 1 : size);
    if (!(await input.fill(bytes))) return input.stop('truncated', 'the zstd data are cut short');
    movedBytes += frame.windowBytes;
    if (movedBytes > MOVED_BYTES_FREE + outputBytes * MOVED_BYTES_PER_OUTPUT) {
      return input.stop('corrupt', 'zstd blocks far too small for their window');
    }
    // fzstd wants the checksum with the last block, and does not look at it.
    const octets = packed.subarray(0, bytes + (isLast && frame.hasChecksum ? CHECKSUM_BYTES : 0));
    octets.set(block.subarray(input.from, input.from + bytes));
    input.from += bytes;
    decode(into, octets, isLast);
    for (const piece of pieces) {
      outputBytes += piece.length;
      checksum?.update(piece);
    }
    if (outputBytes > nextTurn) {
      nextTurn = outputBytes + OUTPUT_BYTES_PER_TURN;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (outputBytes > OUTPUT_BYTES_FREE + source.fileBytesRead() * OUTPUT_BYTES_PER_INPUT) {
      return input.stop('corrupt', `a decompression bomb: more than ${OUTPUT_BYTES_PER_INPUT} times the size of the input`);
    }
    if (!isLast || input.isDone) return;
    decoder = null;
    header = null;
    if (checksum === null) return;
    if (!(await input.fill(CHECKSUM_BYTES))) return input.stop('truncated', 'the zstd data end inside a checksum');
    if (view.getUint32(input.from, true) !== checksum.low32()) input.stop('corrupt', 'the checksum of the zstd data is wrong');
    input.from += CHECKSUM_BYTES;
  }

  return {
    isStream: source.isStream,
    async read(into, at, length) {
      while (pieces.length === 0 && !input.isDone) {
        if (decoder !== null && header !== null) await decodeBlock(decoder, header);
        else await openFrame();
      }
      const piece = pieces[0];
      if (piece === undefined) return 0;
      const count = Math.min(piece.length, length);
      copyOctets(piece.subarray(0, count), into, at);
      if (count === piece.length) pieces = pieces.slice(1);
      else pieces[0] = piece.subarray(count);
      return count;
    },
    fault: () => input.fault,
    fileBytesRead: () => source.fileBytesRead(),
    close: () => source.close(),
  };
}
