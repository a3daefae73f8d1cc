/** samples/ is what its generator makes: byte for byte, gzip files by content. And it stays small enough for git. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { samples } from '../samples/generate.ts';
import { SAMPLES } from './places.ts';

const MAX_BYTES = 3_000_000;

const made = samples();
const stored = (path: string): Buffer => readFileSync(join(SAMPLES, path));

function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? sizeOf(path) : statSync(path).size);
  }, 0);
}

describe('samples', () => {
  test('the generator gives the same bytes on every run', () => {
    const again = samples();
    expect(again.map((sample) => sample.path)).toEqual(made.map((sample) => sample.path));
    expect(again.filter((sample, i) => Buffer.compare(sample.content, made[i]!.content) !== 0)).toEqual([]);
  });

  test.each(made.map((sample) => [sample.path, sample] as const))('%s is what the generator makes', (path, sample) => {
    const bytes = sample.isGzip ? gunzipSync(stored(path)) : stored(path);
    expect(Buffer.compare(bytes, sample.content)).toBe(0);
  });

  test('no generated file is left over from an earlier generator', () => {
    const listed = new Set(made.map((sample) => sample.path));
    const present = ['plant', 'traps'].flatMap((room) => readdirSync(join(SAMPLES, room)).map((name) => `${room}/${name}`));
    expect(present.filter((path) => !listed.has(path))).toEqual([]);
  });

  test('all samples together stay below 3 MB', () => {
    expect(sizeOf(SAMPLES)).toBeLessThan(MAX_BYTES);
  });
});

/** An independent look at the plant's bytes: the generator's checksums and lengths are right on every frame. */
describe('the frames of the plant', () => {
  const plain = made.filter((sample) => sample.path.startsWith('plant/'));

  test.each(plain.map((sample) => [sample.path, sample.content] as const))('%s: IPv4 headers and TCP/UDP lengths hold', (_, content) => {
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    let wrong = 0;
    let frames = 0;
    for (let at = 0; at < content.length; at += view.getUint32(at + 4, true)) {
      if (view.getUint32(at, true) !== 6) continue;
      frames++;
      const captured = view.getUint32(at + 20, true);
      const tagged = view.getUint16(at + 28 + 12) === 0x8100;
      const ip = at + 28 + (tagged ? 18 : 14);
      if (view.getUint16(ip - 2) !== 0x0800) continue;
      let sum = 0;
      for (let i = 0; i < 20; i += 2) sum += view.getUint16(ip + i);
      const folded = (sum & 0xffff) + (sum >>> 16);
      const total = view.getUint16(ip + 2);
      if (folded !== 0xffff || ip + total > at + 28 + captured) wrong++;
      if (view.getUint8(ip + 9) === 17 && view.getUint16(ip + 24) !== total - 20) wrong++;
    }
    expect(frames).toBeGreaterThan(1000);
    expect(wrong).toBe(0);
  });
});
