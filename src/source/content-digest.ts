/**
 * What a packed file holds, told on the way: a capture that was packed since it was read, or unpacked, is the same capture. In: octets, or a
 * byte source behind its unpacking. Out: their digests.
 */
import { createHash } from 'node:crypto';
import type { ByteSource } from './byte-source.ts';
import type { Content } from './frame-batch.ts';

/** SHA-256 of so many octets finds what may be the same. */
export const HEAD_OCTETS = 4096;

export interface ContentDigest {
  note(octets: Uint8Array): void;
  /** Of what was noted so far. */
  content(): Content;
}

export function createContentDigest(): ContentDigest {
  const head = createHash('sha256');
  const whole = createHash('sha256');
  let size = 0;
  return {
    note(octets) {
      if (size < HEAD_OCTETS) head.update(octets.subarray(0, HEAD_OCTETS - size));
      whole.update(octets);
      size += octets.length;
    },
    content: () => ({ size, head: head.copy().digest('hex'), digest: whole.copy().digest('hex') }),
  };
}

/** The source itself; what is read of it is noted. */
export const noting = (source: ByteSource, { note }: ContentDigest): ByteSource => ({
  ...source,
  read(into, at, length) {
    const reading = source.read(into, at, length);
    const noted = (got: number): number => {
      note(into.subarray(at, at + got));
      return got;
    };
    return typeof reading === 'number' ? noted(reading) : reading.then(noted);
  },
});
