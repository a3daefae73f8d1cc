/**
 * Capture files that tell lies on purpose. In: frames and a source of chance. Out: pcap or pcapng octets of any byte
 * order and resolution, with strange blocks between, and length fields that are wrong now and then.
 */
import { gzipSync } from 'node:zlib';
import { pick, type Random } from '../../samples/gen/random.ts';
import { concatBytes } from '../../samples/gen/frames.ts';
import type { Frame } from './frames.ts';

/** Numbers that break things. */
export const EDGES: readonly number[] = [0, 1, 2, 3, 4, 7, 8, 15, 16, 27, 28, 31, 32, 63, 64, 127, 128, 255, 256, 0x7ff, 0x800, 0x5dc, 0x600, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x10000, 0x3ffff, 0x40000, 0x40001, 0xffffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

interface Words {
  u16(value: number): Uint8Array;
  u32(value: number): Uint8Array;
}

function words(isLittle: boolean): Words {
  const write = (octets: 2 | 4, value: number): Uint8Array => {
    const view = new DataView(new ArrayBuffer(octets));
    if (octets === 2) view.setUint16(0, value & 0xffff, isLittle);
    else view.setUint32(0, value >>> 0, isLittle);
    return new Uint8Array(view.buffer);
  };
  return { u16: (value) => write(2, value), u32: (value) => write(4, value) };
}

/** The value, or now and then a lie near it or far from it. */
function told(random: Random, value: number, rate: number): number {
  if (random.fraction() >= rate) return value;
  const kind = random.integer(0, 3);
  if (kind === 0) return pick(random, EDGES);
  if (kind === 1) return (value + random.integer(-8, 8)) >>> 0;
  if (kind === 2) return (value ^ (1 << random.integer(0, 31))) >>> 0;
  return random.integer(0, 0xffffffff);
}

const timesOf = (frame: Frame): readonly [number, number] => (Number.isNaN(frame.seconds) ? [0, 0] : [frame.seconds, frame.nanos]);

export function writePcap(random: Random, frames: readonly Frame[], lies: number): Uint8Array {
  const e = words(random.integer(0, 1) === 0);
  const isNano = random.integer(0, 1) === 0;
  const modified = random.integer(0, 15) === 0;
  const magic = modified ? 0xa1b2cd34 : isNano ? 0xa1b23c4d : 0xa1b2c3d4;
  const linkType = frames[0]?.linkType ?? 1;
  const snapLength = told(random, 262_144, lies);
  const parts = [e.u32(told(random, magic, lies / 20)), e.u16(told(random, 2, lies / 4)), e.u16(4), e.u32(0), e.u32(0), e.u32(snapLength), e.u32(told(random, linkType, lies / 4))];
  for (const frame of frames) {
    const [seconds, nanos] = timesOf(frame);
    const fraction = isNano && !modified ? nanos : Math.floor(nanos / 1000);
    parts.push(e.u32(told(random, seconds, lies)), e.u32(told(random, fraction, lies)), e.u32(told(random, frame.bytes.length, lies)), e.u32(told(random, frame.wire, lies)));
    if (modified) parts.push(new Uint8Array(8));
    parts.push(frame.bytes);
    if (random.fraction() < lies / 4) parts.push(random.bytes(random.integer(1, 40)));
  }
  return concatBytes(...parts);
}

const pad4 = (bytes: Uint8Array): Uint8Array => concatBytes(bytes, new Uint8Array(-bytes.length & 3));

function options(random: Random, e: Words, lies: number, codes: readonly number[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let n = random.integer(0, 3); n > 0; n--) {
    const value = random.bytes(pick(random, [0, 1, 1, 4, 8, 8, 13]));
    parts.push(e.u16(told(random, pick(random, codes), lies)), e.u16(told(random, value.length, lies)), pad4(value));
  }
  if (parts.length > 0 && random.integer(0, 3) > 0) parts.push(e.u32(0));
  return concatBytes(...parts);
}

function block(random: Random, e: Words, lies: number, type: number, body: Uint8Array): Uint8Array {
  const padded = pad4(body);
  const total = told(random, padded.length + 12, lies);
  return concatBytes(e.u32(type), e.u32(total), padded, e.u32(told(random, total, lies)));
}

const sectionHead = (random: Random, e: Words, lies: number): Uint8Array =>
  block(random, e, lies / 4, 0x0a0d0d0a, concatBytes(e.u32(0x1a2b3c4d), e.u16(told(random, 1, lies / 4)), e.u16(0), e.u32(0xffffffff), e.u32(0xffffffff), options(random, e, lies, [1, 2, 3, 4])));

const interfaceBlock = (random: Random, e: Words, lies: number, linkType: number): Uint8Array =>
  block(random, e, lies / 2, 1, concatBytes(e.u16(linkType), e.u16(0), e.u32(told(random, pick(random, [0, 65_535, 262_144]), lies)), options(random, e, lies, [1, 2, 3, 9, 9, 11, 12, 14, 14])));

/** Blocks that hold no packet: names, statistics, secrets, custom, unknown. */
const STRANGE_BLOCKS = [4, 5, 10, 0xbad, 0x40000bad, 0x204, 9, 0x80000001, 0x0a0d0d0b] as const;

export function writePcapng(random: Random, frames: readonly Frame[], lies: number): Uint8Array {
  let e = words(random.integer(0, 1) === 0);
  const parts: Uint8Array[] = [];
  let interfaces: number[] = [];
  const beginSection = (): void => {
    e = words(random.integer(0, 1) === 0);
    parts.push(sectionHead(random, e, lies));
    interfaces = [];
  };
  beginSection();
  for (const frame of frames) {
    if (random.fraction() < 0.02) beginSection();
    if (random.fraction() < 0.08) parts.push(block(random, e, lies, pick(random, STRANGE_BLOCKS), random.bytes(random.integer(0, 60))));
    let id = interfaces.indexOf(frame.linkType);
    if (id < 0) {
      id = interfaces.push(frame.linkType) - 1;
      parts.push(interfaceBlock(random, e, lies, frame.linkType));
    }
    const [seconds, nanos] = timesOf(frame);
    const units = BigInt(Math.max(0, Math.trunc(seconds))) * 1_000_000n + BigInt(Math.floor(nanos / 1000));
    const time = concatBytes(e.u32(told(random, Number((units >> 32n) & 0xffffffffn), lies)), e.u32(Number(units & 0xffffffffn)));
    const lengths = concatBytes(e.u32(told(random, frame.bytes.length, lies)), e.u32(told(random, frame.wire, lies)));
    const kind = random.integer(0, 9);
    if (kind === 0 && id === 0) parts.push(block(random, e, lies, 3, concatBytes(e.u32(told(random, frame.wire, lies)), pad4(frame.bytes))));
    else if (kind === 1) parts.push(block(random, e, lies, 2, concatBytes(e.u16(told(random, id, lies)), e.u16(random.integer(0, 5)), time, lengths, pad4(frame.bytes), options(random, e, lies, [2, 3]))));
    else parts.push(block(random, e, lies, 6, concatBytes(e.u32(told(random, id, lies)), time, lengths, pad4(frame.bytes), options(random, e, lies, [1, 2, 4, 5]))));
  }
  return concatBytes(...parts);
}

/** gzip, or the stored form of zstd (RFC 8878 clause 3.1.1.2.2). */
export function compressed(random: Random, content: Uint8Array): Uint8Array {
  if (random.integer(0, 2) > 0) return new Uint8Array(gzipSync(content, { level: random.integer(1, 9) }));
  const e = words(true);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < content.length || at === 0; at += 100_000) {
    const piece = content.subarray(at, at + 100_000);
    blocks.push(e.u32((piece.length << 3) | (at + 100_000 >= content.length ? 1 : 0)).subarray(0, 3), piece);
  }
  return concatBytes(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0), e.u32(content.length), ...blocks);
}
