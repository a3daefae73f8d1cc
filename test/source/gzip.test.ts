import { describe, expect, it } from 'vitest';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { concat, payload, pcapHeader, pcapRecord, readBytes, u16, u32 } from './capture-bytes.ts';

function capture(records: number, seed = 0): Uint8Array {
  const parts = [pcapHeader()];
  for (let i = 0; i < records; i++) {
    const data = payload(100, i);
    // Not too compressible: every record differs.
    for (let at = 0; at < 60; at++) data[at] = ((i + seed) * 2_654_435_761 + at * 40_503) >>> 7;
    parts.push(pcapRecord({ sec: 1_700_000_000 + i, data }));
  }
  return concat(...parts);
}

const gzip = (bytes: Uint8Array): Uint8Array => new Uint8Array(gzipSync(bytes));
const plain = capture(20_000);
const packed = gzip(plain);

describe('gzip', () => {
  it('gives the same frames as the plain file', async () => {
    const read = await readBytes(packed);
    expect(read.format).toBe('pcap+gzip');
    expect(read.end).toEqual({ kind: 'complete' });
    expect(read.counts).toMatchObject({ frames: 20_000, position: plain.length, fileBytesRead: packed.length });
    expect(read.frames.at(-1)).toEqual((await readBytes(plain)).frames.at(-1));
  });
  it('reads several members, every header field, and zero padding', async () => {
    const cuts = [0, 1, 5000, 5000, 700_000, plain.length];
    const parts: Uint8Array[] = [];
    for (let i = 1; i < cuts.length; i++) {
      const part = plain.subarray(cuts[i - 1], cuts[i]);
      const member = gzip(part);
      const header = concat(Uint8Array.of(0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3), u16(300, true), payload(300), payload(9), Uint8Array.of(0), payload(4), Uint8Array.of(0), u16(0, true));
      parts.push(concat(header, new Uint8Array(deflateRawSync(part)), member.subarray(-8)));
    }
    const read = await readBytes(concat(...parts, new Uint8Array(600_000)));
    expect(read.end).toEqual({ kind: 'complete' });
    expect(read.frames).toHaveLength(20_000);
  });
  it('names a cut at any place, and keeps what came before', async () => {
    const small = capture(300);
    const smallPacked = gzip(small);
    let before = 0;
    for (let length = 2; length < smallPacked.length; length += 7) {
      const read = await readBytes(smallPacked.subarray(0, length));
      expect(read.end.kind).toBe('truncated');
      expect(read.frames.length).toBeGreaterThanOrEqual(before);
      before = read.frames.length;
    }
    expect(before).toBe(300);
  });
  it('names a cut of a stream that was flushed at the cut', async () => {
    const body = new Uint8Array(deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH }));
    const read = await readBytes(concat(packed.subarray(0, 10), body));
    expect(read.frames).toHaveLength(20_000);
    expect(read.end).toEqual({ kind: 'truncated', offset: plain.length, lost: 0, reason: 'the gzip data are cut short' });
  });
  it('names a wrong CRC and a wrong size, and keeps all frames', async () => {
    const badCrc = packed.slice();
    badCrc[packed.length - 8] = (badCrc[packed.length - 8] as number) ^ 1;
    const crc = await readBytes(badCrc);
    expect(crc.frames).toHaveLength(20_000);
    expect(crc.end).toEqual({ kind: 'corrupt', offset: plain.length, skipped: 0, reason: 'the CRC of the gzip data is wrong' });
    const size = await readBytes(concat(packed.subarray(0, -4), u32(1, true)));
    expect(size.end).toMatchObject({ kind: 'corrupt', reason: 'the size in the gzip trailer is wrong' });
  });
  it('names damage in the middle, and keeps what came before', async () => {
    const bad = packed.slice();
    bad.fill(0xff, packed.length / 2, packed.length / 2 + 4000);
    const read = await readBytes(bad);
    expect(read.end.kind).toBe('corrupt');
    expect(read.end).toHaveProperty('reason', expect.stringMatching(/gzip data/));
    expect(read.frames.length).toBeGreaterThan(5000);
    expect(read.frames.length).toBeLessThan(20_000);
  });
  it('names octets behind the last member', async () => {
    const read = await readBytes(concat(packed, payload(20)));
    expect(read.frames).toHaveLength(20_000);
    expect(read.end).toMatchObject({ kind: 'corrupt', reason: 'octets behind the gzip data that are not gzip' });
  });
  it('reads through a bomb of zeros in bounded memory, and calls it no packets', async () => {
    const zeros = new Uint8Array(gzipSync(new Uint8Array(64 << 20)));
    const header = gzip(concat(pcapHeader(), pcapRecord()));
    const bomb = concat(header, ...Array.from({ length: 16 }, () => zeros));
    const before = process.memoryUsage().rss;
    const read = await readBytes(bomb);
    expect(read.frames).toHaveLength(1);
    expect(read.end).toMatchObject({ kind: 'corrupt', skipped: 2 ** 30, reason: 'zero octets in place of records' });
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });
  it('refuses gzip inside gzip', async () => {
    await expect(readBytes(gzip(packed))).rejects.toThrow(/gzip-compressed data inside gzip/);
  });
});
