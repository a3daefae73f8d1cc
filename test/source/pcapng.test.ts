import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OTHER_BLOCK_TYPES } from '../../src/source/pcapng/pcapng.ts';
import {
  concat,
  ngBlock,
  ngInterface,
  ngObsoletePacket,
  ngOption,
  ngPacket,
  ngSection,
  ngSimplePacket,
  payload,
  readBytes,
  u16,
  u32,
  u64,
} from './capture-bytes.ts';

const START = concat(ngSection(), ngInterface());

describe('pcapng blocks', () => {
  for (const le of [true, false]) {
    it(`reads every packet block, ${le ? 'little' : 'big'} endian`, async () => {
      const bytes = concat(
        ngSection(le),
        ngInterface(le, 1, 40),
        ngPacket({ le, data: payload(33, 1), wire: 1514 }),
        ngObsoletePacket({ le, data: payload(34, 2) }),
        ngSimplePacket(payload(40, 3), 1500, le),
        ngSimplePacket(payload(7, 4), 7, le),
      );
      const read = await readBytes(bytes);
      expect(read.format).toBe('pcapng');
      expect(read.end).toEqual({ kind: 'complete' });
      const time = { seconds: 1_700_000_000, nanos: 5000 };
      expect(read.frames).toEqual([
        { ...time, captured: 33, wire: 1514, linkType: 1, data: payload(33, 1) },
        { ...time, captured: 34, wire: 34, linkType: 1, data: payload(34, 2) },
        { seconds: NaN, nanos: 0, captured: 40, wire: 1500, linkType: 1, data: payload(40, 3) },
        { seconds: NaN, nanos: 0, captured: 7, wire: 7, linkType: 1, data: payload(7, 4) },
      ]);
      expect(read.counts).toMatchObject({ frames: 4, withoutTime: 2, shortened: 2, timeBackwards: 0, position: bytes.length });
      expect(read.interfaces).toEqual([{ name: '', linkType: 1, snapLength: 40, frames: 4 }]);
    });
  }
  it('reads a Simple Packet without padding limit where the snap length is 0', async () => {
    const read = await readBytes(concat(START, ngSimplePacket(payload(100), 100)));
    expect(read.frames[0]).toMatchObject({ captured: 100, wire: 100 });
  });
  it('reads sections of both byte orders and several interfaces, each with its own resolution, offset and link type', async () => {
    const nano = ngOption(9, new Uint8Array([9]));
    const binary = ngOption(9, new Uint8Array([0x80 | 10]), false);
    const offset = ngOption(14, u64(-100n, false), false);
    const name = ngOption(2, new TextEncoder().encode('eth7'));
    const read = await readBytes(
      concat(
        ngSection(true, 1234n),
        ngInterface(true, 1, 0, [name]),
        ngInterface(true, 113, 96, [nano, ngOption(0, new Uint8Array(0))]),
        ngPacket({ id: 1, units: 1_700_000_000_123_456_789n }),
        ngPacket({ id: 0 }),
        ngSection(false),
        ngInterface(false, 101, 0, [binary, offset]),
        ngPacket({ le: false, units: 1024n * 1000n + 512n }),
      ),
    );
    expect(read.end).toEqual({ kind: 'complete' });
    expect(read.frames).toMatchObject([
      { linkType: 113, seconds: 1_700_000_000, nanos: 123_456_789 },
      { linkType: 1, seconds: 1_700_000_000, nanos: 5000 },
      { linkType: 101, seconds: 900, nanos: 500_000_000 },
    ]);
    expect(read.counts.timeBackwards).toBe(2);
    expect(read.interfaces.map((face) => [face.name, face.linkType, face.snapLength, face.frames])).toEqual([
      ['eth7', 1, 0, 1],
      ['', 113, 96, 1],
      ['', 101, 0, 1],
    ]);
  });
  it('steps over blocks without packets and counts those it does not know, by type', async () => {
    const blocks = [4, 10, 9, 0xbad, 0x4000_0bad, 0xbad].map((type) => ngBlock(type, payload(40)));
    const read = await readBytes(concat(START, ...blocks, ngPacket()));
    expect(read.frames).toHaveLength(1);
    expect(read.end).toEqual({ kind: 'complete' });
    expect([...read.counts.unknownBlocks]).toEqual([[9, 1], [0xbad, 2], [0x4000_0bad, 1]]);
  });
  it('bounds the list of unknown types', async () => {
    const read = await readBytes(concat(START, ...Array.from({ length: 1000 }, (_, i) => ngBlock(0x1000 + i, payload(4))), ngPacket()));
    expect(read.counts.unknownBlocks.size).toBe(65);
    expect(read.counts.unknownBlocks.get(OTHER_BLOCK_TYPES)).toBe(1000 - 64);
    expect(read.frames).toHaveLength(1);
  });
  it('takes the drops that packets and statistics report once', async () => {
    const dropcount = ngOption(4, u64(3n, true));
    const statistics = (ifdrop: bigint, osdrop: bigint): Uint8Array =>
      ngBlock(5, concat(u32(0, true), u32(0, true), u32(0, true), ngOption(5, u64(ifdrop, true)), ngOption(7, u64(osdrop, true))));
    const read = await readBytes(
      concat(START, ngPacket({ options: [dropcount] }), ngPacket({ options: [dropcount] }), ngObsoletePacket({}, 4), ngObsoletePacket({}, 0xffff), statistics(5n, 2n), statistics(10n, 2n)),
    );
    expect(read.counts.droppedByCapture).toBe(12);
    expect(read.end.kind).toBe('complete');
  });
  it('keeps the packet when its options lie', async () => {
    const hostile = [concat(u16(4, true), u16(0xffff, true)), ngOption(4, u64(2n ** 64n - 1n, true)), concat(u16(4, true), u16(7, true), payload(8))];
    for (const options of hostile) {
      const read = await readBytes(concat(START, ngPacket({ options: [options] }), ngPacket()));
      expect(read.frames).toHaveLength(2);
      expect(read.counts.droppedByCapture).toBe(0);
      expect(read.end.kind).toBe('complete');
    }
  });
  it('keeps 50,000 interfaces, and stays bounded beyond 65,536', async () => {
    const many = (count: number): Uint8Array[] => Array.from({ length: count }, () => ngInterface());
    const read = await readBytes(concat(ngSection(), ...many(50_000), ngPacket({ id: 49_999 })));
    expect(read.frames).toHaveLength(1);
    expect(read.interfaces).toHaveLength(50_000);
    const beyond = await readBytes(concat(ngSection(), ...many(70_000), ngPacket({ id: 65_535 }), ngPacket({ id: 65_536 })));
    expect(beyond.frames).toHaveLength(1);
    expect(beyond.interfaces).toHaveLength(65_536);
    expect(beyond.end).toMatchObject({ kind: 'corrupt' });
  });
  it('names a section of another major version', async () => {
    const read = await readBytes(concat(START, ngPacket(), ngSection(true, -1n, 2), ngInterface(), ngPacket()));
    expect(read.frames).toHaveLength(1);
    expect(read.end).toMatchObject({ kind: 'unsupported', reason: 'pcapng version 2.0 is not read (1.x is)' });
  });
});

describe('damaged pcapng', () => {
  const good = [1, 2, 3].map((i) => ngPacket({ data: payload(60, i), units: BigInt(i) }));

  it('goes on behind packets of an interface that is not described', async () => {
    const read = await readBytes(concat(ngSection(), ...good, ngInterface(), ...good, ngPacket({ id: 1 }), ...good));
    expect(read.frames).toHaveLength(6);
    expect(read.end).toMatchObject({ kind: 'corrupt', offset: 28, skipped: 4 * 92 });
    expect(read.end).toHaveProperty('reason', 'a packet of interface 0, which is not described (and at 3 more places)');
    expect((await readBytes(concat(ngSection(), ngSimplePacket(payload(9)), ngObsoletePacket()))).end).toMatchObject({ kind: 'corrupt' });
  });
  it('goes on behind a captured length that does not fit its block', async () => {
    const read = await readBytes(concat(START, ngPacket({ caplen: 0xffff_ffff }), ngObsoletePacket({ caplen: 61 }), ...good));
    expect(read.frames).toHaveLength(3);
    expect(read.end).toMatchObject({ kind: 'corrupt', offset: 48, skipped: 184 });
  });
  for (const lie of [0, 8, 11, 13, 31, 100, 5000, 0x00ff_fff0, 0x7fff_fff0, 0xffff_fffc]) {
    it(`takes the chain up again behind a block length of ${lie}`, async () => {
      const bad = ngBlock(6, payload(80), true, lie, lie);
      const bytes = concat(START, good[0] as Uint8Array, bad, ...good);
      const read = await readBytes(bytes);
      expect(read.frames).toHaveLength(4);
      expect(read.end).toMatchObject({ kind: 'corrupt', offset: 48 + 92, skipped: bad.length });
      expect(read.counts.position).toBe(bytes.length);
    });
  }
  it('loses only the block whose length is not repeated at its end', async () => {
    const read = await readBytes(concat(START, good[0] as Uint8Array, ngBlock(6, payload(80), true, undefined, 77), ...good));
    expect(read.frames).toHaveLength(4);
    expect(read.end).toMatchObject({ kind: 'corrupt', offset: 140, skipped: 92 });
  });
  it('takes it up behind lost and inserted octets, in both byte orders', async () => {
    for (const le of [true, false]) {
      const packets = [1, 2, 3].map(() => ngPacket({ le }));
      const start = concat(ngSection(le), ngInterface(le));
      const lost = await readBytes(concat(start, ngPacket({ le }).subarray(0, 37), ...packets));
      expect(lost.frames).toHaveLength(3);
      const inserted = await readBytes(concat(start, ...packets, new Uint8Array(3_000_001).fill(0x55), ...packets));
      expect(inserted.frames).toHaveLength(6);
      expect(inserted.end).toMatchObject({ kind: 'corrupt', skipped: 3_000_001 });
    }
  });
  it('reads the same, whatever the size of the block', async () => {
    const parts: Uint8Array[] = [START];
    for (let i = 0; i < 300; i++) parts.push(ngPacket({ data: payload(i * 11, i) }), i % 40 === 39 ? ngBlock(6, payload(80), true, 999, 3) : ngBlock(0xbad, payload(i)));
    const read = await readBytes(concat(...parts));
    expect(read.frames).toHaveLength(300);
    const small = await readBytes(concat(...parts), { blockBytes: 8192 });
    expect(small.counts).toEqual(read.counts);
    expect(small.end).toEqual(read.end);
    expect(small.frames.map((frame) => frame.captured)).toEqual(read.frames.map((frame) => frame.captured));
  });
  it('does not take what is no section header for one', async () => {
    const read = await readBytes(concat(START, ...good, u32(0x0a0d0d0a, true), u32(28, true), u32(0x1111_1111, true), ...good));
    expect(read.frames).toHaveLength(6);
    expect(read.end).toMatchObject({ kind: 'corrupt', reason: 'a section header without byte-order magic' });
  });
  it('names a block that is cut, and leaves the position before it', async () => {
    const bytes = concat(START, ...good);
    const read = await readBytes(bytes.subarray(0, bytes.length - 1));
    expect(read.end).toEqual({ kind: 'truncated', offset: 48 + 184, lost: 91, reason: 'the input ends inside a block' });
    expect(read.counts.position).toBe(48 + 184);
  });
  it('reads every packet that is whole, wherever octets were inserted', async () => {
    const packets = Array.from({ length: 20 }, (_, i) => ngPacket({ data: payload(40 + i, i), options: i % 3 === 0 ? [ngOption(1, payload(5)), ngOption(0, payload(0))] : [] }));
    const starts = packets.map((_, i) => packets.slice(0, i).reduce((sum, { length }) => sum + length, START.length));
    const whole = concat(START, ...packets);
    const inserted = fc.record({ at: fc.integer({ min: START.length, max: whole.length - 1 }), length: fc.integer({ min: 1, max: 150 }), octet: fc.constantFrom(0, 0x41, 0xff) });
    await fc.assert(
      fc.asyncProperty(inserted, async ({ at, length, octet }) => {
        const { frames } = await readBytes(concat(whole.slice(0, at), new Uint8Array(length).fill(octet), whole.slice(at)));
        const read = new Set(frames.map(({ captured }) => captured - 40));
        expect(packets.flatMap((packet, i) => ((starts[i] + packet.length <= at || starts[i] >= at) && !read.has(i) ? [i] : []))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
