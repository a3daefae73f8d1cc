/** Digests of what a file holds, packed or not, as far as one asks: by them a capture or a log is known again. In: its octets. Out: SHA-256 of prefixes. */
import { createHash } from 'node:crypto';
import type { ByteSource } from './byte-source.ts';
import { unpacked } from './open.ts';

export interface PrefixDigests {
  /** SHA-256, in hex, of the first octets, by their number; only of those that there are. */
  readonly digests: ReadonlyMap<number, string>;
  /** Octets there are; where that is more than the largest number asked for, somewhat more than that. */
  readonly octets: number;
  /** SHA-256 of so many. */
  readonly whole: string;
}

const CHUNK = 1 << 18;

/** Of a file, unpacked where it is packed; as far as it can be read. Closes it. */
export async function digestContent(file: ByteSource, sizes: readonly number[]): Promise<PrefixDigests> {
  const wanted = [...new Set(sizes)].sort((a, b) => a - b);
  const digests = new Map<number, string>();
  const source = await unpacked(file);
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK);
  let octets = 0;
  try {
    for (;;) {
      const got = await source.read(chunk, 0, CHUNK);
      let hashed = 0;
      for (let [size] = wanted; size !== undefined && size <= octets + got; [size] = wanted) {
        hash.update(chunk.subarray(hashed, size - octets));
        hashed = size - octets;
        digests.set(size, hash.copy().digest('hex'));
        wanted.shift();
      }
      hash.update(chunk.subarray(hashed, got));
      octets += got;
      if (got === 0 || (wanted.length === 0 && octets > Math.max(0, ...sizes))) return { digests, octets, whole: hash.digest('hex') };
    }
  } finally {
    await source.close();
  }
}
