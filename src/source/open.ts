/**
 * A capture file, stream or device as frame batches, a firewall's log as lines. In: a path, or `-`; out: a source, whatever
 * the format and the compression, which are told by content. Throws a usageError for what is neither, saying what it looks like.
 * Left out: link types (decode counts those it does not know), seeking (a resumed file is walked again).
 */
import { usageError } from '../errors.ts';
import type { BaselineError } from '../errors.ts';
import { BLOCK_BYTES, createBlock, fillBlock, type Block } from './block.ts';
import { copyOctets, openBytes } from './byte-source.ts';
import type { ByteSource } from './byte-source.ts';
import { createContentDigest, noting, type ContentDigest } from './content-digest.ts';
import { createFrameBatch, createSourceCounts } from './frame-batch.ts';
import type { FrameBatch, FrameSource, SourceCounts, SourceEnd, SourceMemory } from './frame-batch.ts';
import { createLineSource, type LineSource } from './lines.ts';
import { createPcapWalker } from './pcap.ts';
import { createPcapngWalker } from './pcapng/pcapng.ts';
import { STOP } from './record-walker.ts';
import { NAME_A_CAPTURE, sniff, SNIFF_BYTES } from './sniff.ts';
import type { Sniffed } from './sniff.ts';

export interface OpenOptions {
  /**
   * Walk past the first N frames without handing them out (a resumed import). They are in `counts.position`, the
   * interfaces' frames and the block counters, but in no other count.
   */
  readonly skipFrames?: number;
  /** Size of the block; smaller where only the first frames are wanted. */
  readonly blockBytes?: number;
  readonly memory?: SourceMemory;
  /** Of a packed capture: tell its `content` (which takes 0.8 s a gigabyte). */
  readonly wantsContent?: boolean;
}

/** What a path turned out to hold. */
export type Opened = { readonly kind: 'capture'; readonly source: FrameSource } | { readonly kind: 'log'; readonly source: LineSource; readonly packing: string };

/** Of pcap; a compression or a pcapng section is told by less. */
const FILE_HEADER_BYTES = 24;

type CaptureKind = Exclude<Sniffed, { kind: 'compressed' | 'cut' | 'other' }>;

const shownPath = (path: string): string => (path === '-' ? 'standard input' : path);

/** Counts what the frames of a batch tell by themselves. */
function createTally(counts: SourceCounts): (batch: FrameBatch) => void {
  let knownSeconds = -Infinity;
  let knownNanos = 0;
  return (batch) => {
    const { captured, wire, seconds, nanos, count } = batch;
    let shortened = 0;
    let withoutTime = 0;
    let backwards = 0;
    // Of the function itself: what is outside of it V8 loads and stores for every frame.
    let lastSeconds = knownSeconds;
    let lastNanos = knownNanos;
    for (let i = 0; i < count; i++) {
      if ((captured[i] as number) < (wire[i] as number) >>> 0) shortened++;
      const second = seconds[i] as number;
      const nano = nanos[i] as number;
      if (second !== second) {
        withoutTime++;
        continue;
      }
      if (second < lastSeconds || (second === lastSeconds && nano < lastNanos)) backwards++;
      lastSeconds = second;
      lastNanos = nano;
    }
    knownSeconds = lastSeconds;
    knownNanos = lastNanos;
    counts.frames += count;
    counts.shortened += shortened;
    counts.withoutTime += withoutTime;
    counts.timeBackwards += backwards;
  };
}

/** Drops the first `count` frames of a batch. */
function dropFirst(batch: FrameBatch, count: number): void {
  for (const column of [batch.offset, batch.captured, batch.wire, batch.seconds, batch.nanos]) {
    column.copyWithin(0, count, batch.count);
  }
  batch.count -= count;
}

/** How the input's own fault (a cut or damaged compression, a read error) colours the walk's end. */
function withFault(end: SourceEnd, source: ByteSource, offset: number): SourceEnd {
  const fault = source.fault();
  if (fault === null || end.kind === 'unsupported') return end;
  if (end.kind === 'corrupt') return { ...end, reason: `${end.reason}; then ${fault.reason}` };
  const lost = end.kind === 'truncated' ? end.lost : 0;
  const at = end.kind === 'truncated' ? end.offset : offset;
  if (fault.kind === 'truncated') return { kind: 'truncated', offset: at, lost, reason: fault.reason };
  return { kind: 'corrupt', offset: at, skipped: lost, reason: fault.reason };
}

function readFrames(
  source: ByteSource,
  block: Block,
  kind: CaptureKind,
  suffix: string,
  digest: ContentDigest | null,
  { skipFrames = 0, memory }: OpenOptions,
): FrameSource {
  const counts = createSourceCounts(source.fileBytesRead());
  const walker = kind.kind === 'pcap' ? createPcapWalker() : createPcapngWalker(counts.unknownBlocks);
  const ownBatch = createFrameBatch();
  const tally = createTally(counts);
  let toSkip = skipFrames;
  let end: SourceEnd | null = null;

  async function next(): Promise<FrameBatch | null> {
    const batch = end === null && memory !== undefined ? memory.batch() : ownBatch;
    while (end === null) {
      batch.count = 0;
      const need = walker.walk(block, batch);
      counts.droppedByCapture = walker.droppedByCapture();
      if (batch.count > 0) {
        counts.position = walker.endOfLastFrame();
        const dropped = Math.min(toSkip, batch.count);
        toSkip -= dropped;
        if (dropped > 0) dropFirst(batch, dropped);
        if (batch.count === 0) continue;
        batch.bytes = block.bytes;
        batch.view = block.view;
        tally(batch);
        return batch;
      }
      if (need === STOP || (need > 0 && block.ended)) {
        end = withFault(walker.end(block), source, block.base + block.to);
      } else if (need > 0) {
        await fillBlock(block, source, need);
        counts.fileBytesRead = source.fileBytesRead();
      }
    }
    return null;
  }

  return {
    format: (kind.kind === 'pcap' ? kind.format : 'pcapng') + suffix,
    counts,
    interfaces: walker.interfaces,
    next,
    end: () => end ?? { kind: 'truncated', offset: counts.position, lost: 0, reason: 'reading was broken off' },
    content: () => digest?.content() ?? null,
    close: () => source.close(),
  };
}

/** A compressed input that stops before its content can be told. */
function endedSource(source: ByteSource, format: string, end: SourceEnd): FrameSource {
  return {
    format,
    counts: createSourceCounts(source.fileBytesRead()),
    interfaces: [],
    next: async () => null,
    end: () => end,
    close: () => source.close(),
  };
}

function notACapture(path: string, sniffed: Extract<Sniffed, { kind: 'other' }>, input: ByteSource, packing: string): BaselineError {
  const fault = input.fault();
  if (fault !== null && packing === '') return usageError(`${shownPath(path)}: ${fault.reason}`, 'Check the disk or the pipe.');
  const within = packing === '' ? '' : ` inside ${packing}`;
  if (sniffed.looksLike === 'empty') return usageError(`${shownPath(path)}: is empty${within}`, sniffed.remedy);
  return usageError(`${shownPath(path)}: is not a capture: it looks like ${sniffed.looksLike}${within}`, sniffed.remedy);
}

/** A log may begin with lines of other programs. */
const LOG_SNIFF_BYTES = 64 * 1024;

/** The source itself, or, where its first octets say so, what is compressed in it. */
async function openInput(source: ByteSource, path: string, options: OpenOptions): Promise<Opened> {
  const capture = (frames: FrameSource): Opened => ({ kind: 'capture', source: frames });
  const blockBytes = Math.max(options.blockBytes ?? BLOCK_BYTES, SNIFF_BYTES * 2);
  const renew = options.memory?.block ?? null;
  let block = createBlock(blockBytes, renew);
  let input = source;
  let packing = '';
  for (;;) {
    // A live pipe may hold no more than a file header for long: only what that does not tell waits for more.
    await fillBlock(block, input, FILE_HEADER_BYTES);
    let sniffed = sniff(block.bytes.slice(0, Math.min(block.to, SNIFF_BYTES)), block.ended);
    if (sniffed.kind === 'other' && block.to < SNIFF_BYTES && !block.ended) {
      await fillBlock(block, input, SNIFF_BYTES);
      sniffed = sniff(block.bytes.slice(0, Math.min(block.to, SNIFF_BYTES)), block.ended);
    }
    if (sniffed.kind === 'pcap' || sniffed.kind === 'pcapng') {
      const digest = packing !== '' && options.wantsContent === true ? createContentDigest() : null;
      digest?.note(block.bytes.subarray(0, block.to));
      return capture(readFrames(digest === null ? input : noting(input, digest), block, sniffed, packing === '' ? '' : `+${packing}`, digest, options));
    }
    if (sniffed.kind === 'cut' || (packing !== '' && block.to < 12 && input.fault() !== null)) {
      const reason = 'the input ends before it tells what it is';
      const cut: SourceEnd = { kind: 'truncated', offset: 0, lost: block.to, reason };
      return capture(endedSource(input, packing === '' ? 'unknown' : `unknown+${packing}`, withFault(cut, input, 0)));
    }
    if (sniffed.kind === 'other') {
      if (sniffed.mayBeLog === true && (await holdsLog(block, input))) return { kind: 'log', source: createLineSource(input, block), packing };
      throw notACapture(path, sniffed, input, packing);
    }
    if (packing !== '') {
      throw usageError(`${shownPath(path)}: ${sniffed.by}-compressed data inside ${packing}`, 'Unpack the outer layer first.');
    }
    packing = sniffed.by;
    input = await unpack(prefixed(source, block.bytes.slice(0, block.to)), sniffed.by);
    block = createBlock(blockBytes, renew);
  }
}

// What only packed files and logs need is loaded with the first of them: it would take longer than to read a small capture.
const unpack = async (source: ByteSource, by: 'gzip' | 'zstd'): Promise<ByteSource> =>
  by === 'gzip' ? (await import('./gzip.ts')).gunzip(source) : (await import('./zstd.ts')).unzstd(source);

async function holdsLog(block: Block, input: ByteSource): Promise<boolean> {
  const { isFirewallLog } = await import('./firewall-log/log-reader.ts');
  const isLog = (): boolean => isFirewallLog(Buffer.from(block.bytes.subarray(block.from, block.to)).toString('latin1'));
  if (isLog()) return true;
  if (block.ended || block.to >= LOG_SNIFF_BYTES) return false;
  await fillBlock(block, input, LOG_SNIFF_BYTES);
  return isLog();
}

/** A source whose first octets have been read already. */
function prefixed(source: ByteSource, head: Uint8Array): ByteSource {
  let at = 0;
  return {
    ...source,
    read(into, into0, length) {
      if (at === head.length) return source.read(into, into0, length);
      const count = Math.min(length, head.length - at);
      copyOctets(head.subarray(at, at + count), into, into0);
      at += count;
      return count;
    },
  };
}

/** The octets of a file, unpacked where it is packed. Closes the source with itself. */
export async function unpacked(source: ByteSource): Promise<ByteSource> {
  const block = createBlock(SNIFF_BYTES);
  await fillBlock(block, source, FILE_HEADER_BYTES);
  const sniffed = sniff(block.bytes.subarray(0, block.to), block.ended);
  const whole = prefixed(source, block.bytes.slice(0, block.to));
  return sniffed.kind === 'compressed' ? unpack(whole, sniffed.by) : whole;
}

/** `path`: a file, FIFO or device, or `-` for standard input. */
export async function openPath(path: string, options: OpenOptions = {}): Promise<Opened> {
  const source = await openBytes(path);
  try {
    return await openInput(source, path, options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** As openPath, for who wants packets and nothing else. */
export async function openCapture(path: string, options: OpenOptions = {}): Promise<FrameSource> {
  const opened = await openPath(path, options);
  if (opened.kind === 'capture') return opened.source;
  await opened.source.close();
  throw usageError(`${shownPath(path)}: is a firewall's log, not a capture`, NAME_A_CAPTURE);
}
