/** Segments that IP cut into fragments on their way (RFC 791 section 3.2, RFC 8200 section 4.5): the same operations, nothing told as lost. */
import { expect, test } from 'vitest';
import type { ObservationSet } from '../../src/observation.ts';
import { concat } from '../source/capture-bytes.ts';
import { dialogue, imported, operationsOf, type TimedFrame } from './imported.ts';

const ETHERNET = 14;
const IPV4 = ETHERNET + 20;
const MORE = 0x2000;

/** The IP payload's octets [from, to) with the header of the whole. */
type Fragment = (whole: Uint8Array, from: number, to: number) => Uint8Array;

const fragment4: Fragment = (whole, from, to) => {
  const bytes = concat(whole.subarray(0, IPV4), whole.subarray(IPV4 + from, IPV4 + to));
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 20 + to - from);
  view.setUint16(20, (IPV4 + to < whole.length ? MORE : 0) | (from >> 3));
  return bytes;
};

const address = (last: number): Uint8Array => Uint8Array.from([0xfd, ...new Array<number>(14).fill(0), last]);

const fragment6: Fragment = (whole, from, to) => {
  const header = new Uint8Array(ETHERNET + 48);
  const view = new DataView(header.buffer);
  header.set(whole.subarray(0, 12));
  view.setUint16(12, 0x86dd);
  view.setUint8(14, 0x60);
  view.setUint16(18, 8 + to - from);
  header.set([44, 64], 20);
  header.set(address(whole[29]), 22);
  header.set(address(whole[33]), 38);
  view.setUint8(54, whole[23]);
  view.setUint16(56, from | (IPV4 + to < whole.length ? 1 : 0));
  view.setUint16(60, (whole[18] << 8) | whole[19]);
  return concat(header, whole.subarray(IPV4 + from, IPV4 + to));
};

/** Each frame in pieces that end there, a millisecond apart. */
const inPieces = (frames: readonly TimedFrame[], fragment: Fragment, ends: readonly number[]): TimedFrame[] =>
  frames.flatMap(({ us, bytes }) => {
    const octets = bytes.length - IPV4;
    const cuts = [0, ...ends.filter((end) => end < octets), octets];
    return cuts.slice(1).map((to, i) => ({ us: us + 1000 * i, bytes: cuts.length === 2 ? bytes : fragment(bytes, cuts[i], to) }));
  });

/** FC 16, two registers, its answer, a reading of one of them, its answer. */
function talk(): TimedFrame[] {
  const { frames, ask, answer } = dialogue(502);
  ask([0, 1, 0, 0, 0, 11, 1, 16, 0, 7, 0, 2, 4, 0, 1, 0, 2]);
  answer([0, 1, 0, 0, 0, 6, 1, 16, 0, 7, 0, 2]);
  ask([0, 2, 0, 0, 0, 6, 1, 3, 0, 7, 0, 1]);
  answer([0, 2, 0, 0, 0, 5, 1, 3, 2, 0, 1]);
  return frames;
}

const rangesOf = ({ conversations }: ObservationSet): unknown => conversations.flatMap(({ operations }) => operations.map(({ ranges }) => ranges));

test.each([
  ['IPv4, in two', fragment4, [24]],
  ['IPv4, in three', fragment4, [24, 32]],
  ['IPv6, in two', fragment6, [24]],
])('%s: the operations of the whole segments', async (_name, fragment, ends) => {
  const whole = await imported(talk());
  const frames = inPieces(talk(), fragment, ends);
  const pieces = await imported(frames);
  expect(operationsOf(whole)).toEqual(['modbus 3: 1/1/0', 'modbus 16: 1/1/0']);
  expect(operationsOf(pieces)).toEqual(operationsOf(whole));
  expect(rangesOf(pieces)).toEqual(rangesOf(whole));
  expect(pieces.sensor.packets).toBe(frames.length);
  expect(pieces.sensor.counters).toMatchObject({ 'fragment.first': 4 });
  expect(pieces.sensor.counters['tcp.gap'] ?? 0).toBe(0);
});

test('where the first fragment is lost, or holds no whole header, the others are counted and not read', async () => {
  const frames = inPieces(talk(), fragment4, [24]).filter(({ bytes }) => (bytes[20] & 0x20) === 0);
  const lost = await imported(frames);
  expect(operationsOf(lost)).toEqual([]);
  expect(lost.sensor.counters).toMatchObject({ 'fragment.unattributed': 4 });
  const tiny = await imported(inPieces(talk(), fragment4, [8]));
  expect(operationsOf(tiny)).toEqual([]);
  expect(tiny.sensor.counters).toMatchObject({ 'stop.tcp.short-header': tiny.sensor.counters['fragment.first'] });
});
