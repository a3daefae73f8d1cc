import * as fc from 'fast-check';
import * as fs from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { BaselineError } from '../../src/errors.ts';
import { concat, ngInterface, ngObsoletePacket, ngOption, ngPacket, ngSection, ngSimplePacket, payload, pcapHeader, pcapRecord, readBytes, u64 } from './capture-bytes.ts';
import type { ReadResult } from './capture-bytes.ts';
import { listTruths, type TruthCase } from '../conformance/truth.ts';

/** `readBytes` itself checks bounds, nanoseconds and the identity of view and bytes. */
async function readHostile(bytes: Uint8Array): Promise<ReadResult | null> {
  let read: ReadResult;
  try {
    read = await readBytes(bytes);
  } catch (error) {
    if (error instanceof BaselineError && error.exitCode === 2) return null;
    throw error;
  }
  const { end, counts, frames } = read;
  expect(['complete', 'truncated', 'corrupt', 'unsupported']).toContain(end.kind);
  expect(counts.frames).toBe(frames.length);
  expect(counts.withoutTime).toBe(frames.filter((frame) => Number.isNaN(frame.seconds)).length);
  expect(frames.reduce((sum, frame) => sum + frame.captured, 0)).toBeLessThanOrEqual(counts.position);
  expect(read.interfaces.reduce((sum, face) => sum + face.frames, 0)).toBe(frames.length);
  if (end.kind === 'corrupt') expect(end.skipped).toBeGreaterThanOrEqual(0);
  return read;
}

/** The same frames whatever the size of the block: the walk never depends on where a read ended. */
async function expectSameInSmallBlocks(bytes: Uint8Array, read: ReadResult): Promise<void> {
  const small = await readBytes(bytes, { blockBytes: 1 });
  expect(small.end).toEqual(read.end);
  expect({ ...small.counts, fileBytesRead: 0 }).toEqual({ ...read.counts, fileBytesRead: 0 });
}

const pcap = concat(pcapHeader(), ...Array.from({ length: 60 }, (_, i) => pcapRecord({ sec: 1_700_000_000 + i, data: payload(40 + i * 7, i) })));
const pcapNs = concat(pcapHeader({ le: false, magic: 0xa1b23c4d, snap: 64 }), ...Array.from({ length: 60 }, (_, i) => pcapRecord({ le: false, data: payload(i, i) })));
const pcapng = concat(
  ngSection(),
  ngInterface(true, 1, 96, [ngOption(9, new Uint8Array([9])), ngOption(14, u64(-5n, true))]),
  ngInterface(true, 113),
  ...Array.from({ length: 40 }, (_, i) => [
    ngPacket({ data: payload(i * 9, i), options: [ngOption(4, u64(BigInt(i), true))] }),
    i % 5 === 0 ? ngSimplePacket(payload(i + 30), 1500) : ngObsoletePacket({ id: i % 2, data: payload(i) }),
  ]).flat(),
  ngSection(false),
  ngInterface(false),
  ngPacket({ le: false }),
);

describe('arbitrary octets', () => {
  const starts: Record<string, Uint8Array> = {
    pcap: pcapHeader(),
    'pcap, snap length 96': pcapHeader({ snap: 96, le: false }),
    'pcap magic': pcapHeader().subarray(0, 4),
    'modified pcap': pcapHeader({ magic: 0xa1b2cd34 }),
    pcapng: concat(ngSection(), ngInterface()),
    'pcapng magic': ngSection().subarray(0, 12),
    gzip: Uint8Array.of(0x1f, 0x8b),
    'gzip header': new Uint8Array(gzipSync('')).subarray(0, 10),
    zstd: Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd),
    'zstd skippable': Uint8Array.of(0x53, 0x2a, 0x4d, 0x18),
    nothing: new Uint8Array(0),
  };
  // Small numbers as words make plausible lengths, types and ids; free octets the rest.
  const words = fc.array(fc.oneof(fc.nat(64), fc.nat(3000), fc.integer()), { maxLength: 400 }).map((list) => new Uint8Array(Int32Array.from(list).buffer));
  const octets = fc.oneof(fc.uint8Array({ maxLength: 2000 }), words);
  for (const [name, start] of Object.entries(starts)) {
    it(`after the start of ${name} never throw, and stay within bounds`, async () => {
      await fc.assert(
        fc.asyncProperty(octets, async (rest) => {
          const bytes = concat(start, rest);
          const read = await readHostile(bytes);
          if (read !== null) await expectSameInSmallBlocks(bytes, read);
        }),
        { numRuns: 300 },
      );
    });
  }
});

type Mutation = { readonly at: number; readonly how: 'octet' | 'word' | 'cut' | 'insert' | 'copy'; readonly value: number };
const LIES = [0, 1, 3, 4, 12, 0x7f, 0xff, 0x100, 0xffff, 0x1_0000, 0x4_0000, 0x4_0001, 0xff_ffff, 0x100_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

const mutations = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    how: fc.constantFrom('octet' as const, 'word' as const, 'cut' as const, 'insert' as const, 'copy' as const),
    value: fc.oneof(fc.constantFrom(...LIES), fc.nat(0xffff_ffff)),
  }),
  { minLength: 1, maxLength: 6 },
);

function mutate(bytes: Uint8Array, list: readonly Mutation[]): Uint8Array {
  let out: Uint8Array = bytes.slice();
  for (const { at: where, how, value } of list) {
    const at = Math.floor(where * out.length);
    if (how === 'octet') out[at] = value & 255;
    else if (how === 'word') {
      const even = Math.max(0, Math.min(at & ~3, out.length - 4));
      if (out.length >= 4) new DataView(out.buffer).setUint32(even, value, true);
    } else if (how === 'cut') out = concat(out.subarray(0, at), out.subarray(at + (value % 200)));
    else if (how === 'insert') out = concat(out.subarray(0, at), payload(value % 200), out.subarray(at));
    else out = concat(out.subarray(0, at), out.subarray(value % out.length, (value % out.length) + 300), out.subarray(at));
  }
  return out;
}

describe('mutated captures', () => {
  const seeds: [string, Uint8Array][] = [['pcap', pcap], ['pcap, nanoseconds', pcapNs], ['pcapng', pcapng], ['gzip', new Uint8Array(gzipSync(pcapng))]];
  for (const [name, seed] of seeds) {
    it(`of ${name} never throw, and stay within bounds`, async () => {
      await fc.assert(
        fc.asyncProperty(mutations, async (list) => {
          const bytes = mutate(seed, list);
          if (bytes.length === 0) return;
          const read = await readHostile(bytes);
          if (read !== null) await expectSameInSmallBlocks(bytes, read);
        }),
        { numRuns: 300 },
      );
    });
  }

  let real: Uint8Array[] = [];
  beforeAll(() => {
    const sizeOf = ({ capture }: TruthCase): number => fs.statSync(capture).size;
    const small = listTruths().filter((one) => sizeOf(one) > 200 && sizeOf(one) < 6000);
    real = small.filter((_, i) => i % 6 === 0).map(({ capture }) => new Uint8Array(fs.readFileSync(capture)));
  });
  it('of real files never throw, and stay within bounds', async () => {
    const seeds = real.length > 0 ? real : [pcap, pcapng];
    expect(seeds.length).toBeGreaterThan(1);
    await fc.assert(
      fc.asyncProperty(fc.nat(), mutations, async (which, list) => {
        const bytes = mutate(seeds[which % seeds.length] as Uint8Array, list);
        if (bytes.length > 0) await readHostile(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});
