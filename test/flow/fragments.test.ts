/** Segments that IP cut into fragments on their way (RFC 791 section 3.2, RFC 8200 section 4.5): the same operations, nothing told as lost. */
import { expect, test } from 'vitest';
import type { ObservationSet } from '../../src/observation.ts';
import { ethernet, ETHERTYPE, udpPacket } from '../../samples/gen/frames.ts';
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

const TOGETHER = 24;

/** Each packet's last fragment first. */
const reversed = (frames: readonly TimedFrame[], fragment: Fragment, ends: readonly number[]): TimedFrame[] =>
  frames.flatMap((frame) => {
    const pieces = inPieces([frame], fragment, ends);
    return pieces.map(({ us }, i) => ({ us, bytes: pieces[pieces.length - 1 - i].bytes }));
  });

test.each([
  ['IPv4', fragment4],
  ['IPv6', fragment6],
])('%s, the last fragment first: the same, under the ports that the first one says', async (_name, fragment) => {
  const inOrder = await imported(inPieces(talk(), fragment, [TOGETHER, 32]));
  const back = await imported(reversed(talk(), fragment, [TOGETHER, 32]));
  expect(operationsOf(back)).toEqual(['modbus 3: 1/1/0', 'modbus 16: 1/1/0']);
  expect(rangesOf(back)).toEqual(rangesOf(inOrder));
  expect(back.conversations.map(({ port, packets, firstNs, lastNs }) => ({ port, packets, firstNs, lastNs }))).toEqual(inOrder.conversations.map(({ port, packets, firstNs, lastNs }) => ({ port, packets, firstNs, lastNs })));
  expect(back.sensor.counters).toEqual(inOrder.sensor.counters);
});

/** WriteProperty to a BACnet device, of as many octets of value as it takes to be cut. */
const bacnet = (invoke: number, object: number): Uint8Array => {
  const apdu = [0, 5, invoke, 15, 0x0c, 0, 0, 0, object, 0x19, 85, 0x3e, 0x75, 60, ...new Array<number>(60).fill(0x41), 0x3f];
  return Uint8Array.from([0x81, 0x0a, 0, apdu.length + 6, 1, 4, ...apdu]);
};

const datagrams = (): TimedFrame[] =>
  [bacnet(1, 7), bacnet(2, 8)].map((payload, i) => ({
    us: 10_000 * i,
    bytes: ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', ETHERTYPE.ipv4, udpPacket({ from: '10.0.0.1', to: '10.0.0.2', ttl: 64, id: 100 + i }, 50_000, 47_808, payload)),
  }));

const targetsOf = ({ conversations }: ObservationSet): unknown => conversations.flatMap(({ operations }) => operations.flatMap(({ targets }) => targets));
const BOTH = ['object 0:7', 'object 0:8'];

test.each([
  ['IPv4', fragment4],
  ['IPv6', fragment6],
])('%s, datagrams: put together in whatever order their fragments come, of two at a time, and copied by the mirror port', async (_name, fragment) => {
  const whole = datagrams();
  const pieces = inPieces(whole, fragment, [TOGETHER, 48]);
  const mixed = [0, 3, 4, 1, 2, 5].map((i) => pieces[i].bytes).map((bytes, i) => ({ us: 1000 * i, bytes }));
  const copied = pieces.flatMap(({ us, bytes }) => [{ us, bytes }, { us: us + 20, bytes }]);
  for (const frames of [whole, pieces, reversed(whole, fragment, [TOGETHER, 48]), mixed, copied]) {
    const found = await imported(frames);
    expect(operationsOf(found)).toEqual(['bacnet 15: 2/0/0']);
    expect(targetsOf(found)).toEqual(BOTH);
    expect(found.conversations).toHaveLength(1);
    expect(found.conversations[0]).toMatchObject({ port: 47_808, packets: { toServer: frames.length, toClient: 0 } });
    expect(found.sensor.counters['fragment.unfinished'] ?? 0).toBe(0);
  }
});

test('of a datagram of which a fragment is lost, or which is none, what comes before it is all that is read, and it is counted', async () => {
  const lost = await imported(inPieces(datagrams(), fragment4, [40]).filter(({ bytes }) => (bytes[20] & 0x20) !== 0));
  expect(lost.sensor.counters).toMatchObject({ 'fragment.first': 2, 'fragment.unfinished': 2 });
  expect(lost.conversations).toMatchObject([{ port: 47_808, packets: { toServer: 2, toClient: 0 } }]);
  // The second one says again what stands in the first.
  const [first, , third] = inPieces(datagrams().slice(0, 1), fragment4, [TOGETHER, 48]);
  const again = fragment4(datagrams()[0].bytes, 16, 48);
  const overlapping = await imported([first.bytes, again, third.bytes].map((bytes, i) => ({ us: i, bytes })));
  expect(overlapping.sensor.counters).toMatchObject({ 'fragment.first': 1, 'fragment.later': 2, 'fragment.unfinished': 1 });
});

test('a number that is used again minutes later is another packet', async () => {
  const [first, second] = inPieces(datagrams().slice(0, 1), fragment4, [48]);
  const [other] = inPieces(datagrams().slice(1), fragment4, [48]);
  const late = await imported([{ us: 0, bytes: first.bytes }, { us: 61_000_000, bytes: other.bytes }, { us: 130_000_000, bytes: second.bytes }]);
  expect(late.sensor.counters).toMatchObject({ 'fragment.first': 2, 'fragment.unfinished': 2, 'fragment.unattributed': 1 });
  expect(late.sensor.packets).toBe(3);
});
