import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, payload, pcapHeader, pcapRecord, readBytes, u32 } from './capture-bytes.ts';

describe('pcap headers', () => {
  const NS = 0xa1b23c4d;
  const MODIFIED = 0xa1b2cd34;
  for (const le of [true, false]) {
    const endian = le ? 'little endian' : 'big endian';
    it(`reads microseconds, ${endian}`, async () => {
      const read = await readBytes(concat(pcapHeader({ le, link: 113, snap: 96 }), pcapRecord({ le, sub: 999_999, wire: 1514 })));
      expect(read.format).toBe('pcap');
      expect(read.frames).toMatchObject([{ seconds: 1_700_000_000, nanos: 999_999_000, captured: 60, wire: 1514, linkType: 113 }]);
      expect(read.end).toEqual({ kind: 'complete' });
      expect(read.interfaces).toEqual([{ name: '', linkType: 113, snapLength: 96, frames: 1 }]);
      expect(read.counts).toMatchObject({ frames: 1, position: 24 + 16 + 60, fileBytesRead: 100, shortened: 1 });
    });
    it(`reads nanoseconds, ${endian}`, async () => {
      const read = await readBytes(concat(pcapHeader({ le, magic: NS }), pcapRecord({ le, sub: 123_456_789 })));
      expect(read.format).toBe('pcap-ns');
      expect(read.frames).toMatchObject([{ seconds: 1_700_000_000, nanos: 123_456_789 }]);
    });
    it(`reads the 24-octet record headers of modified pcap, ${endian}`, async () => {
      const record = pcapRecord({ le, extra: new Uint8Array(8).fill(7), data: payload(61) });
      const read = await readBytes(concat(pcapHeader({ le, magic: MODIFIED }), record, record));
      expect(read.frames.map((frame) => frame.data)).toEqual([payload(61), payload(61)]);
      expect(read.end.kind).toBe('complete');
    });
    it(`reads the swapped lengths of version 2.2, ${endian}`, async () => {
      const record = pcapRecord({ le, caplen: 1514, wire: 60 });
      const read = await readBytes(concat(pcapHeader({ le, minor: 2 }), record));
      expect(read.frames).toMatchObject([{ captured: 60, wire: 1514 }]);
    });
  }
  it('takes the larger length of version 2.3 as the one on the wire', async () => {
    const read = await readBytes(concat(pcapHeader({ minor: 3 }), pcapRecord({ caplen: 1514, wire: 60 }), pcapRecord({ wire: 1514 })));
    expect(read.frames).toMatchObject([{ captured: 60, wire: 1514 }, { captured: 60, wire: 1514 }]);
  });
  it('masks FCS length and reserved bits off the link type', async () => {
    const read = await readBytes(concat(pcapHeader({ link: 0x3400_0001 }), pcapRecord()));
    expect(read.frames[0]?.linkType).toBe(1);
  });
  it('reads a time beyond 2038 as unsigned, and time 0', async () => {
    const read = await readBytes(concat(pcapHeader(), pcapRecord({ sec: 0xffff_ffff }), pcapRecord({ sec: 0, sub: 0 })));
    expect(read.frames.map((frame) => frame.seconds)).toEqual([4_294_967_295, 0]);
    expect(read.counts.timeBackwards).toBe(1);
  });
  it('carries fractions outside the second, below zero too', async () => {
    const read = await readBytes(concat(pcapHeader(), pcapRecord({ sec: 100, sub: 1_000_001 }), pcapRecord({ sec: 100, sub: 0xffff_ffff })));
    expect(read.frames).toMatchObject([{ seconds: 101, nanos: 1000 }, { seconds: 99, nanos: 999_999_000 }]);
  });
  it('reads a later minor version, and names an unread major one', async () => {
    expect((await readBytes(concat(pcapHeader({ minor: 9 }), pcapRecord()))).frames).toHaveLength(1);
    const read = await readBytes(concat(pcapHeader({ major: 1 }), pcapRecord()));
    expect(read.frames).toHaveLength(0);
    expect(read.end).toEqual({ kind: 'unsupported', offset: 0, reason: 'pcap version 1.4 is not read (2.x is)' });
  });
  it('reads files joined end to end, of other endian and link type', async () => {
    const one = concat(pcapHeader(), pcapRecord(), pcapRecord());
    const two = concat(pcapHeader({ le: false, link: 113 }), pcapRecord({ le: false }));
    const read = await readBytes(concat(one, two, one));
    expect(read.frames.map((frame) => frame.linkType)).toEqual([1, 1, 113, 1, 1]);
    expect(read.end).toEqual({ kind: 'complete' });
    expect(read.interfaces.map((face) => face.frames)).toEqual([4, 1]);
  });
});

describe('pcap records', () => {
  it('keeps records of length 0', async () => {
    const read = await readBytes(concat(pcapHeader(), pcapRecord({ data: payload(0) }), pcapRecord()));
    expect(read.frames.map((frame) => frame.captured)).toEqual([0, 60]);
    expect(read.end.kind).toBe('complete');
  });
  it('keeps a captured length above the wire length, and above the snap length', async () => {
    const read = await readBytes(concat(pcapHeader({ snap: 96 }), pcapRecord({ data: payload(1000), wire: 10 }), pcapRecord()));
    expect(read.frames.map((frame) => [frame.captured, frame.wire])).toEqual([[1000, 10], [60, 60]]);
  });
  it('keeps a record beyond 256 KiB that chains, in a block that has to grow', async () => {
    const read = await readBytes(concat(pcapHeader(), pcapRecord({ data: payload(3_000_000) }), pcapRecord(), pcapRecord({ data: payload(600_000) })));
    expect(read.frames.map((frame) => frame.captured)).toEqual([3_000_000, 60, 600_000]);
    expect(read.end).toEqual({ kind: 'complete' });
  });
  it('gives a wire length of 2^32 - 1 as unsigned', async () => {
    const read = await readBytes(concat(pcapHeader(), pcapRecord({ wire: 0xffff_ffff })));
    expect(read.frames[0]?.wire).toBe(4_294_967_295);
  });
});

describe('damaged pcap', () => {
  const before = [pcapRecord({ sec: 1_700_000_000 }), pcapRecord({ sec: 1_700_000_001 })];
  const after = [1, 2, 3, 4].map((i) => pcapRecord({ sec: 1_700_000_001 + i, data: payload(60, i) }));

  for (const lie of [0xffff_ffff, 0x8000_0000, 0x7fff_ffff, 17_000_000, 300_000]) {
    it(`takes the chain up again behind a record length of ${lie}`, async () => {
      const bytes = concat(pcapHeader(), ...before, pcapRecord({ caplen: lie }), ...after);
      const read = await readBytes(bytes);
      expect(read.frames.map((frame) => frame.seconds)).toEqual([1_700_000_000, 1_700_000_001, 1_700_000_002, 1_700_000_003, 1_700_000_004, 1_700_000_005]);
      expect(read.end).toEqual({ kind: 'corrupt', offset: 24 + 76 * 2, skipped: 76, reason: `record length ${lie} cannot be right` });
      expect(read.counts.position).toBe(bytes.length);
    });
  }
  it('takes it up behind a length that runs past the end', async () => {
    const read = await readBytes(concat(pcapHeader({ snap: 96 }), ...before, pcapRecord({ caplen: 200_000 }), ...after));
    expect(read.frames).toHaveLength(6);
    expect(read.end.kind).toBe('corrupt');
  });
  it('takes it up behind lost and inserted octets', async () => {
    const lost = await readBytes(concat(pcapHeader(), ...before, pcapRecord({ caplen: 0xaaaa_aaaa }).subarray(3, 50), ...after));
    expect(lost.frames).toHaveLength(6);
    const inserted = await readBytes(concat(pcapHeader(), ...before, new Uint8Array(100_000).fill(0xff), ...after));
    expect(inserted.frames).toHaveLength(6);
    expect(inserted.end).toMatchObject({ kind: 'corrupt', skipped: 100_000 });
  });
  it('reads everything but the damage at several places, whatever the size of the block', async () => {
    const parts = [pcapHeader()];
    for (let i = 0; i < 400; i++) {
      parts.push(pcapRecord({ sec: 1_700_000_000 + i, data: payload(1000, i), ...(i % 50 === 49 ? { caplen: 0xdead_beef } : {}) }));
    }
    const bytes = concat(...parts);
    const read = await readBytes(bytes);
    expect(read.frames).toHaveLength(392);
    expect(read.end).toMatchObject({ kind: 'corrupt', skipped: 8 * 1016 });
    expect(await readBytes(bytes, { blockBytes: 8192 })).toEqual(read);
  });
  it('tells a zero-filled tail from records of length 0', async () => {
    const read = await readBytes(concat(pcapHeader(), ...before, new Uint8Array(1 << 20)));
    expect(read.frames).toHaveLength(2);
    expect(read.end).toEqual({ kind: 'corrupt', offset: 176, skipped: 1 << 20, reason: 'zero octets in place of records' });
  });
  it('finds nothing in octets that hold nothing', async () => {
    const read = await readBytes(concat(pcapHeader(), u32(1, true), u32(2, true), u32(0x7000_0000, true), new Uint8Array(5000).fill(0x41)));
    expect(read.frames).toHaveLength(0);
    expect(read.end).toMatchObject({ kind: 'corrupt', offset: 24, skipped: 5012 });
  });
  it('names a record that is cut, and leaves the position before it', async () => {
    const bytes = concat(pcapHeader(), ...before);
    const read = await readBytes(bytes.subarray(0, bytes.length - 1));
    expect(read.end).toEqual({ kind: 'truncated', offset: 100, lost: 75, reason: 'the input ends inside a record' });
    expect(read.counts.position).toBe(100);
    expect((await readBytes(bytes.subarray(0, 105))).end).toMatchObject({ kind: 'truncated', offset: 100, lost: 5 });
    expect((await readBytes(bytes.subarray(0, 10))).end).toEqual({ kind: 'truncated', offset: 0, lost: 10, reason: 'the input ends inside the file header' });
  });
  it('counts each octet of a damaged file once: as a frame with its header, or as lost', async () => {
    const parts = Array.from({ length: 30 }, (_, i) => pcapRecord({ sec: 1_700_000_000 + i, data: payload(40 + i, i) }));
    const whole = concat(pcapHeader({ snap: 96 }), ...parts);
    const places = fc.integer({ min: 24, max: whole.length });
    const damage = fc.record({ kind: fc.constantFrom('overwritten', 'inserted', 'lost', 'cut'), at: places, length: fc.integer({ min: 1, max: 120 }), octet: fc.constantFrom(0, 0x41, 0xff) });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (all) => {
        let bytes = whole;
        for (const { kind, at, length, octet } of all) {
          const [head, tail] = [bytes.slice(0, at), bytes.slice(kind === 'inserted' ? at : at + length)];
          const between = kind === 'lost' ? [] : [new Uint8Array(Math.min(length, kind === 'inserted' ? length : Math.max(0, bytes.length - at))).fill(octet)];
          bytes = kind === 'cut' ? head : concat(head, ...between, tail);
        }
        const { frames, end } = await readBytes(bytes);
        const lost = end.kind === 'truncated' ? end.lost : end.kind === 'corrupt' ? end.skipped : 0;
        expect(24 + frames.reduce((sum, { captured }) => sum + 16 + captured, 0) + lost).toBe(bytes.length);
      }),
      { numRuns: 300 },
    );
  });
  it('says of damage at several places where it begins, and how the input ended', async () => {
    const bad = pcapRecord({ caplen: 0xdead_beef });
    const bytes = concat(pcapHeader(), ...before, bad, ...after, bad, ...after, bad, ...after);
    const reason = 'record length 3735928559 cannot be right (and at 2 more places)';
    expect((await readBytes(bytes)).end).toEqual({ kind: 'corrupt', offset: 24 + 2 * 76, skipped: 3 * 76, reason });
    expect((await readBytes(bytes.subarray(0, bytes.length - 5))).end).toEqual({ kind: 'corrupt', offset: 24 + 2 * 76, skipped: 3 * 76 + 71, reason: `${reason}; then the input ends inside a record` });
  });
});
