/**
 * What a tunnel carries, read with --open-tunnels, is what would have been read without the tunnel: the frames of the samples, and
 * random ones, wrapped in each kind and bare, leave the same in the store.
 */
import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { concatBytes, ethernet, udpPacket, words } from '../../samples/gen/frames.ts';
import { createRecorder, endInterval, recordBatch } from '../../src/flow/recorder.ts';
import { batchOf, readFrames, type Frame } from '../fuzz/frames.ts';
import { understood } from '../fuzz/operations.ts';
import { FRAGMENT_AT, ipv4, udp, WRAPPERS } from './tunnel-packets.ts';

const read = (frames: readonly Frame[], opensTunnels: boolean): string => understood(frames, opensTunnels);

const wrapped = (frame: Frame, wrap: (bytes: Uint8Array) => Uint8Array): Frame => {
  const bytes = wrap(frame.bytes);
  return { ...frame, linkType: 1, bytes, wire: bytes.length + Math.max(0, frame.wire - frame.bytes.length) };
};

const SAMPLES = join(import.meta.dirname, '../../samples/plant');
const FRAMES = 2000;

const samples = readdirSync(SAMPLES).filter((name) => name.includes('.pcap')).sort();

test.each(Object.keys(WRAPPERS))('%s: the samples are read as they are without it', async (kind) => {
  expect(samples.length).toBeGreaterThan(0);
  for (const name of samples) {
    const frames = (await readFrames(join(SAMPLES, name), FRAMES)).filter((frame) => frame.linkType === 1 && frame.bytes.length >= 14);
    const carried = frames.map((frame) => wrapped(frame, WRAPPERS[kind]));
    const bare = read(frames, false);
    expect(bare.length).toBeGreaterThan(100);
    expect(read(carried, true), name).toBe(bare);
    expect(read(carried, false), name).not.toBe(bare);
    expect(read(frames, true), name).toBe(bare);
  }
});

const ETHERNET = 14;

test('IP packets in IP, in GRE and in ERSPAN III are read as raw IP is', async () => {
  const frames = (await readFrames(join(SAMPLES, samples[0]), 500)).filter((frame) => new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getUint16(12) === 0x0800);
  const packets = frames.map((frame): Frame => ({ ...frame, linkType: 101, bytes: frame.bytes.slice(ETHERNET), wire: frame.wire - ETHERNET }));
  const bare = read(packets, false);
  expect(bare.length).toBeGreaterThan(100);
  for (const wrap of [
    (packet: Uint8Array) => ipv4(4, packet),
    (packet: Uint8Array) => ipv4(47, concatBytes(words(0, 0x0800), packet)),
    (packet: Uint8Array) => ipv4(47, concatBytes(words(0x1000, 0x22eb, 0, 5, 0x2065, 0x0001, 0, 1, 0, 2 << 10), packet)),
  ]) {
    expect(read(packets.map((packet) => wrapped(packet, wrap)), true)).toBe(bare);
  }
});

function countersOf(frames: readonly Frame[]): Record<string, number> {
  const recorder = createRecorder(null, true);
  recordBatch(recorder, batchOf(frames));
  endInterval(recorder);
  return Object.fromEntries([...recorder.state.counters].filter(([name]) => name.startsWith('tunnel.')));
}

const one = (bytes: Uint8Array, wire = bytes.length): Frame => ({ linkType: 1, seconds: 1_767_261_600, nanos: 0, wire, bytes });
const INNER = ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', 0x0800, udpPacket({ from: '10.0.0.1', to: '10.0.0.2', ttl: 64, id: 1 }, 5000, 6000, new Uint8Array(64)));

test('opened and closed tunnels are counted by kind', () => {
  expect(countersOf(Object.values(WRAPPERS).map((wrap) => one(wrap(INNER))))).toEqual({
    'tunnel.opened.erspan': 5, 'tunnel.opened.gre': 2, 'tunnel.opened.vxlan': 2, 'tunnel.opened.geneve': 1, 'tunnel.opened.tzsp': 1,
  });
  const closed = [
    ipv4(47, words(0, 0x88be)), // nothing in it
    ipv4(47, Uint8Array.of(0)),
    ipv4(47, concatBytes(words(0x3001, 0x880b), INNER)), // PPTP
    ipv4(47, concatBytes(words(0x4000, 0x0800), INNER)), // a source route
    ipv4(47, concatBytes(words(0, 0x2001), INNER)), // NHRP
    ipv4(47, concatBytes(words(0x1000, 0x88be, 0, 5, 0x7065, 0x0001, 0, 1), INNER)), // a version of ERSPAN that nobody knows
    udp(37_008, Uint8Array.of(1, 0, 0, 18, 1), INNER), // a radio's frame
    udp(37_008, Uint8Array.of(1, 0, 0, 1, 10, 200), new Uint8Array(0)), // a tag beyond the end
  ];
  for (const bytes of closed) expect(countersOf([one(bytes)])).toEqual({ 'tunnel.closed': 1 });
  // The port is a hint; what comes to it is no tunnel.
  for (const bytes of [udp(4789, words(0, 0, 0, 0), INNER), udp(6081, words(0xffff, 0, 0, 0), INNER), udp(37_008, words(0x0900, 0), INNER)]) expect(countersOf([one(bytes)])).toEqual({});
});

test('who nests without end is followed four times', () => {
  let bytes = INNER;
  for (let depth = 0; depth < 8; depth++) bytes = WRAPPERS['gre'](bytes);
  expect(countersOf([one(bytes)])).toEqual({ 'tunnel.opened.gre': 4, 'tunnel.closed': 1 });
});

/** Octets on the wire. */
function bytesOf(frames: readonly Frame[], opensTunnels: boolean): number {
  const recorder = createRecorder(null, opensTunnels);
  recordBatch(recorder, batchOf(frames));
  return recorder.state.totals.bytes;
}

test('a frame whose end is in a later fragment of the tunnel, or that the switch has cut, is as long as its header says', () => {
  for (const kind of ['erspan II', 'vxlan', 'tzsp']) {
    const whole = WRAPPERS[kind](INNER);
    const cut = 14 + 20 + 64;
    const first = whole.slice(0, cut);
    const view = new DataView(first.buffer);
    view.setUint16(16, cut - 14);
    view.setUint16(FRAGMENT_AT, 0x2000);
    expect(countersOf([one(first)]), kind).toEqual({ [`tunnel.opened.${kind.split(' ')[0]}`]: 1 });
    expect(bytesOf([one(first)], true), kind).toBe(INNER.length);
  }
  const truncated = ipv4(47, concatBytes(words(0x1000, 0x88be, 0, 5, 0x1065, 0x0401, 0, 1), INNER.slice(0, 60)));
  expect(bytesOf([one(truncated)], true)).toBe(INNER.length);
  // What a snap length cut off is not the tunnel's doing.
  const whole = WRAPPERS['vxlan'](INNER);
  expect(bytesOf([one(whole.slice(0, 100), whole.length)], true)).toBe(INNER.length);
});

test('random octets in a tunnel neither throw nor lead outside of the frame', () => {
  const wraps = Object.values(WRAPPERS);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(wraps.length - 1), fc.uint8Array({ maxLength: 90 }), fc.nat(60), fc.nat(255), fc.nat(90)), { minLength: 1, maxLength: 20 }), (cases) => {
      const frames = cases.map(([kind, octets, cut, value, place]) => {
        const bytes = wraps[kind](octets);
        bytes[14 + 20 + (place % Math.max(1, bytes.length - 34))] = value;
        return one(bytes.slice(0, Math.max(0, bytes.length - cut)), bytes.length);
      });
      const recorder = createRecorder(null, true);
      recordBatch(recorder, batchOf(frames));
      endInterval(recorder);
      expect(recorder.state.totals.packets).toBe(frames.length);
    }),
    { numRuns: 500 },
  );
});
