/**
 * Octets as lines, block by block, with bounded memory. In: a byte source whose first octets are in a block already. Out:
 * arrays of lines without their ends, one character an octet (latin1: `utf8Of` makes text of what is kept), each with its
 * end's offset known by sum. A line longer than the bound is passed over to its end and comes out as null.
 */
import { fillBlock, type Block } from './block.ts';
import type { ByteFault, ByteSource } from './byte-source.ts';

/** Longer than any firewall writes; eve.json with a printed payload is the longest. */
const LONGEST_LINE = 256 * 1024;

const LINE_FEED = 0x0a;

export interface LineBatch {
  /** null: a line beyond the bound. */
  readonly lines: readonly (string | null)[];
  /** The octets of these lines and their ends, for a digest; valid until the next batch. */
  readonly octets: Uint8Array;
}

export interface LineSource {
  /** null at the end. The unfinished last line is not in any batch: see `rest`. */
  next(): Promise<LineBatch | null>;
  /** At the end: what follows the last line feed, if anything does. */
  rest(): LineBatch;
  /** Octets of the rest. */
  restLength(): number;
  /** Octets of the (unpacked) text handed out. */
  position(): number;
  /** Octets of the file itself read so far. */
  fileBytesRead(): number;
  fault(): ByteFault | null;
  close(): Promise<void>;
}

const latin1 = (octets: Uint8Array): string => Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');

/** Splits at line feeds; carriage returns before them go. `text` ends with a line feed, or has none. */
const split = (text: string): (string | null)[] => {
  const lines: (string | null)[] = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  lines.forEach((line, index) => {
    if (line === null) return;
    if (line.length > LONGEST_LINE) lines[index] = null;
    else if (line.endsWith('\r')) lines[index] = line.slice(0, -1);
  });
  return lines;
};

export function createLineSource(source: ByteSource, block: Block): LineSource {
  let position = 0;
  /** Within a line that is beyond the bound. */
  let isSkipping = false;

  const take = (to: number): Uint8Array => {
    const octets = block.bytes.subarray(block.from, to);
    position += octets.length;
    block.from = to;
    return octets;
  };

  return {
    async next() {
      for (;;) {
        const held = block.bytes.subarray(block.from, block.to);
        const last = held.lastIndexOf(LINE_FEED);
        if (last >= 0) {
          const octets = take(block.from + last + 1);
          const lines = split(latin1(octets));
          if (isSkipping) lines[0] = null;
          isSkipping = false;
          return { lines, octets };
        }
        if (held.length > LONGEST_LINE) {
          isSkipping = true;
          return { lines: [], octets: take(block.to) };
        }
        if (block.ended) return null;
        await fillBlock(block, source, held.length + 1);
      }
    },
    rest() {
      const octets = take(block.to);
      return { lines: isSkipping ? [null] : split(latin1(octets)), octets };
    },
    restLength: () => block.to - block.from,
    position: () => position,
    fileBytesRead: () => source.fileBytesRead(),
    fault: () => source.fault(),
    close: () => source.close(),
  };
}

/** Text for keeping: no slice of a block, UTF-8 where it is, a replacement character where it is not. */
export function utf8Of(latin1Text: string): string {
  for (let i = 0; i < latin1Text.length; i++) {
    const code = latin1Text.charCodeAt(i);
    // Characters of JSON escapes: it is text already.
    if (code > 0xff) return latin1Text;
  }
  return Buffer.from(latin1Text, 'latin1').toString('utf8');
}
