/**
 * What a packed file holds, told on the way: a capture that was packed since it was read, or unpacked, is the same capture. In: a byte
 * source behind its unpacking. Out: the same octets, and their digests.
 */
import { createHash } from 'node:crypto';
import type { ByteSource } from './byte-source.ts';
import type { Content } from './frame-batch.ts';

/** SHA-256 of so many octets finds what may be the same. */
export const HEAD_OCTETS = 4096;

/** The source itself, and what was read of it so far. */
export function withContent(source: ByteSource): { readonly source: ByteSource; content(): Content } {
  const head = createHash('sha256');
  const whole = createHash('sha256');
  let size = 0;
  const note = (octets: Uint8Array): void => {
    if (size < HEAD_OCTETS) head.update(octets.subarray(0, HEAD_OCTETS - size));
    whole.update(octets);
    size += octets.length;
  };
  return {
    source: {
      ...source,
      read(into, at, length) {
        const reading = source.read(into, at, length);
        const noted = (got: number): number => {
          note(into.subarray(at, at + got));
          return got;
        };
        return typeof reading === 'number' ? noted(reading) : reading.then(noted);
      },
    },
    content: () => ({ size, head: head.copy().digest('hex'), digest: whole.copy().digest('hex') }),
  };
}
