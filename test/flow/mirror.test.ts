/**
 * What a mirror port does: every frame again on another VLAN, routed (both directions of a SPAN, several VLANs), and one
 * direction alone. The store of the doubled capture differs from that of the plain one in packets, octets and duplicates only.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeOperation } from '../../src/decode/app/registry.ts';
import { openCapture } from '../../src/source/open.ts';
import { openForWriting, readFromStore } from '../../src/store/database.ts';
import { beginImport, importCapture } from '../../src/store/import-capture.ts';
import { readHourlyStatus, type HourlyStatus } from '../../src/store/read-status.ts';
import { readObservations } from '../../src/store/read.ts';
import { concat, pcapHeader, pcapRecord } from '../source/capture-bytes.ts';
import { createRecorder, recordBatch } from '../../src/flow/recorder.ts';
import { batchOf } from '../fuzz/frames.ts';
import { testFolder } from '../folder.ts';
import { imported as importedFrames } from './imported.ts';

const PLANT = join(import.meta.dirname, '../../samples/plant/millbrook_00005_20260314.pcapng');

interface Frame {
  readonly us: number;
  readonly bytes: Uint8Array;
}

const folder = testFolder();
let frames: Frame[] = [];
beforeAll(async () => {
  const source = await openCapture(PLANT);
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    for (let i = 0; i < batch.count; i++) {
      frames.push({ us: batch.seconds[i] * 1e6 + Math.floor(batch.nanos[i] / 1000), bytes: batch.bytes.slice(batch.offset[i], batch.offset[i] + batch.captured[i]) });
    }
  }
  await source.close();
});

const isIpv4 = (bytes: Uint8Array): boolean => bytes[12] === 8 && bytes[13] === 0;

/** As a router sends it on into another VLAN: tagged, other MAC addresses, one hop less and the header checksum after it (RFC 1624). */
function routed(bytes: Uint8Array, vlan: number): Uint8Array {
  const copy = new Uint8Array(bytes.length + 4);
  copy.set(bytes.subarray(0, 12));
  copy.set([0x81, 0, vlan >> 8, vlan & 255], 12);
  copy.set(bytes.subarray(12), 16);
  if (!isIpv4(bytes)) return copy;
  copy.set([2, 0, 0, 0, 0, 9], 6);
  const ip = 18;
  copy[ip + 8]--;
  let sum = ((copy[ip + 10] << 8) | copy[ip + 11]) + 0x100;
  sum = (sum & 0xffff) + (sum >> 16);
  copy.set([sum >> 8, sum & 255], ip + 10);
  return copy;
}

interface Outcome {
  readonly status: HourlyStatus;
  readonly operations: string[];
  readonly conversations: string[];
}

async function imported(name: string, all: readonly Frame[]): Promise<Outcome> {
  const file = join(folder, `${name}.pcap`);
  writeFileSync(file, concat(pcapHeader(), ...all.map(({ us, bytes }) => pcapRecord({ sec: Math.floor(us / 1e6), sub: us % 1e6, data: bytes }))));
  const db = join(folder, `${name}.db`);
  const store = openForWriting(db);
  await importCapture(beginImport(store), file, { force: false, signal: new AbortController().signal, progress: () => {} });
  const rows = (sql: string): string[] => (store.db.prepare(sql).raw().all() as unknown[][]).map((row) => row.join('|')).sort();
  const c = `(SELECT text FROM address WHERE id = c.client) || ' ' || (SELECT text FROM address WHERE id = c.server) || ' ' || c.transport || ' ' || c.port`;
  const operations = rows(`SELECT ${c}, o.protocol, o.unit, o.function, o.requests, o.responses, o.errors FROM operation o JOIN conversation c ON c.id = o.conversation`);
  const conversations = rows(`SELECT ${c}, c.service, c.packets_to_server, c.packets_to_client FROM conversation c`);
  store.close();
  return { status: readFromStore(db, (open) => readHourlyStatus(open, readObservations(open, describeOperation))), operations, conversations };
}

describe('a mirror port that copies every frame twice', () => {
  test.each([
    ['routed into another VLAN, 40 µs later', 40, (bytes: Uint8Array) => routed(bytes, 20)],
    ['the very same frame, 2 ms later', 2000, (bytes: Uint8Array) => bytes],
  ])('%s: counted apart, operations once, all else as captured', async (name, delayUs, copy) => {
    const plain = await imported(`${delayUs}-once`, frames);
    const both = frames.flatMap(({ us, bytes }) => [{ us, bytes }, { us: us + delayUs, bytes: copy(bytes) }]).sort((a, b) => a.us - b.us);
    const twice = await imported(`${delayUs}-twice`, both);
    expect(frames.length).toBeGreaterThan(1000);
    expect(twice.status.totals.packets).toBe(2 * frames.length);
    expect(twice.status.duplicates - 2 * plain.status.duplicates).toBe(frames.length);
    expect(plain.operations.length).toBeGreaterThan(10);
    expect(twice.operations).toEqual(plain.operations);
    expect(twice.conversations.length).toBe(plain.conversations.length);
    expect(twice.status.counters['tcp.retransmitted'] ?? 0).toBe(plain.status.counters['tcp.retransmitted'] ?? 0);
    const vlans = new Set(twice.status.hours.flatMap((hour) => hour.vlans));
    const before = new Set(plain.status.hours.flatMap((hour) => hour.vlans));
    expect(vlans.has(20)).toBe(before.has(20) || name.includes('VLAN'));
    expect(twice.status.hours.reduce((sum, hour) => sum + hour.duplicates, 0)).toBe(twice.status.duplicates);
  });

  test('a copy after 20 ms is the sender repeating itself', async () => {
    const late = frames.flatMap(({ us, bytes }, i) => (i === 0 ? [{ us, bytes }, { us: us + 20_000, bytes }] : []));
    expect((await imported('late', late)).status.duplicates).toBe(0);
  });
});

test('a mirror port that copies one direction: each hour tells how many TCP conversations were heard one way', async () => {
  const fromServers = frames.filter(({ bytes }) => isIpv4(bytes) && bytes[23] === 6 && ((bytes[34] << 8) | bytes[35]) < 10_000);
  const { status } = await imported('one-way', fromServers);
  const hours = [...status.oneWayHours.values()];
  expect(hours.length).toBeGreaterThan(0);
  for (const { oneWay, all } of hours) expect({ oneWay, some: all > 0 }).toEqual({ oneWay: all, some: true });
  expect(status.oneWayConversations).toBe(status.tcpConversations);
});

/** An Ethernet frame of this type from one device to a group, with what follows. */
const ethernet = (type: number, body: Uint8Array): Uint8Array => concat(Uint8Array.from([1, 0x0c, 0xcd, 1, 0, 1, 2, 0, 0, 0, 0, 5, type >> 8, type & 255]), body);

const counted = (octets: number, at: number, count: number): Uint8Array => {
  const body = new Uint8Array(octets).fill(0x80);
  new DataView(body.buffer).setUint16(at, count);
  return body;
};

/** IPv4 and UDP, of an end that numbers no packets (RFC 6864: an atomic datagram needs no identification); without a checksum, or with this one. */
function unnumbered(payload: Uint8Array, checksum = 0): Uint8Array {
  const header = new Uint8Array(28);
  const view = new DataView(header.buffer);
  header.set([0x45, 0]);
  view.setUint16(2, 28 + payload.length);
  view.setUint16(6, 0x4000);
  header.set([64, 17], 8);
  header.set([10, 0, 0, 1, 10, 0, 0, 2], 12);
  view.setUint32(20, (2222 << 16) | 2222);
  view.setUint16(24, 8 + payload.length);
  view.setUint16(26, checksum);
  return ethernet(0x0800, concat(header, payload));
}

/** IPv6, padding as destination options (RFC 8200 section 4.6), and UDP whose checksum says nothing of the payload. */
function unnumberedIpv6(payload: Uint8Array, options: number): Uint8Array {
  const packet = new Uint8Array(40 + options + 8 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x60);
  view.setUint16(4, packet.length - 40);
  packet.set([options > 0 ? 60 : 17, 64, 0xfd, 1], 6);
  packet.set([0xfd, 2], 24);
  if (options > 0) packet.set([17, options / 8 - 1, 1, options - 4], 40);
  view.setUint32(40 + options, (2222 << 16) | 2222);
  view.setUint16(44 + options, 8 + payload.length);
  view.setUint16(46 + options, 0x1234);
  packet.set(payload, 48 + options);
  return ethernet(0x86dd, packet);
}

describe('what a device sends every 2 ms is told apart by a counter, wherever that is', () => {
  test.each([
    ['PROFINET: the cycle counter is in the last four octets (IEC 61158-6-10)', (i: number) => ethernet(0x8892, counted(86, 82, i * 64))],
    ['GOOSE: sqNum is after the names (IEC 61850-8-1)', (i: number) => ethernet(0x88b8, counted(240, 120, i))],
    ['EtherNet/IP I/O: the sequence number is in the address item', (i: number) => unnumbered(counted(58, 10, i))],
    ['Short: three octets without checksum', (i: number) => unnumbered(counted(3, 0, i))],
    ['Unfinished: all checksums are alike, because a card makes them after the capture', (i: number) => unnumbered(counted(58, 10, i), 0x1234)],
    ['Sixth: the same with IPv6', (i: number) => unnumberedIpv6(counted(58, 30, i), 0)],
    ['Optional: the same behind options of IPv6', (i: number) => unnumberedIpv6(counted(58, 2, i), 24)],
  ])('%s', async (name, make) => {
    const store = name.replace(/[^A-Za-z].*/, '');
    const once = Array.from({ length: 100 }, (_, i) => ({ us: i * 2000, bytes: make(i) }));
    expect((await imported(`${store}-once`, once)).status.duplicates).toBe(0);
    const twice = once.flatMap(({ us, bytes }) => [{ us, bytes }, { us: us + 40, bytes }]);
    expect((await imported(`${store}-twice`, twice)).status.duplicates).toBe(100);
  });
});

test('the copy of a datagram behind options of IPv6 is one (RFC 8200 section 4)', async () => {
  const payload = Uint8Array.of(0x81, 0x0b, 0, 8, 1, 0, 0x10, 8); // BACnet, Who-Is
  const bytes = new Uint8Array(14 + 40 + 8 + 8 + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60]);
  view.setUint16(18, bytes.length - 54);
  bytes.set([0, 64], 20); // hop-by-hop options
  bytes.set([0xfd, 1], 22);
  bytes.set([0xfd, 2], 38);
  bytes.set([17, 0, 1, 4], 54); // UDP, and six octets of padding
  view.setUint16(62, 47_808);
  view.setUint16(64, 47_808);
  view.setUint16(66, 8 + payload.length);
  view.setUint16(68, 0x1234);
  bytes.set(payload, 70);
  const { conversations, duplicates } = await importedFrames([{ us: 0, bytes }, { us: 20, bytes }]);
  expect(duplicates).toBe(1);
  expect(conversations.flatMap(({ operations }) => operations.map((one) => one.requests))).toEqual([1]);
});

test.each([
  ['an old provider tag', '910000640800', '91000065810000050800'],
  ['HSR, from both ways round the ring (IEC 62439-3)', '892f004200070800', '892f104200070800'],
  ['MPLS', '884700010140', '88470001003f00020140'],
  ['PPPoE', '886411000001003a0021', '886411000002003a0021'],
  ['SNAP', '0042aaaa030000000800', '8100000a0042aaaa030000000800'],
])('the copy of a datagram behind %s is one, also of a frame without it', async (_name, one, other) => {
  const packet = unnumbered(Uint8Array.of(0x81, 0x0b, 0, 8, 1, 0, 0x10, 8)).subarray(14);
  new DataView(packet.buffer, packet.byteOffset).setUint32(20, (47_808 << 16) | 47_808);
  const behind = (hex: string): Uint8Array => concat(Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]), Buffer.from(hex, 'hex'), packet);
  const { conversations, duplicates } = await importedFrames([one, other, '0800'].map((hex, i) => ({ us: 20 * i, bytes: behind(hex) })));
  expect(duplicates).toBe(2);
  expect(conversations.flatMap(({ operations }) => operations.map(({ requests }) => requests))).toEqual([1]);
});

test('the VLANs of old provider tags are counted as well', async () => {
  const bytes = concat(Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]), Buffer.from('9100006481000005', 'hex'), unnumbered(new Uint8Array(8)).subarray(12));
  const { status } = await imported('old-tags', [{ us: 0, bytes }]);
  expect(status.hours.flatMap(({ vlans }) => vlans)).toEqual([5, 100]);
});

test.each([
  ['alone', '8100c000', null],
  ['before a VLAN', '8100c00081000005', 5],
  ['of a provider', '88a8c00081000005', 5],
])('a tag with a priority and no VLAN, %s, is none', async (_name, tags, vlan) => {
  const bytes = concat(Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]), Buffer.from(tags, 'hex'), unnumbered(new Uint8Array(8)).subarray(12));
  const frames = [0, 20_000].map((us) => ({ us, bytes }));
  expect((await importedFrames(frames)).conversations.map((one) => one.vlan)).toEqual([vlan]);
  const { status } = await imported(`priority-${tags}`, frames);
  expect(status.hours.flatMap(({ vlans }) => vlans)).toEqual(vlan === null ? [] : [vlan]);
});

test.each([0x0800, 0x86dd])('the copy of a frame that was cut in its IP header (EtherType %d), at the very end of a block', (type) => {
  const bytes = Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, type >> 8, type & 255, type === 0x0800 ? 0x45 : 0x60, 0, 0, 40, 0, 0]);
  // Fed as it is: in a file another record's octets would follow.
  const recorder = createRecorder(null);
  const frame = { linkType: 1, seconds: 1_767_261_600, nanos: 0, wire: 60, bytes };
  recordBatch(recorder, batchOf([frame, frame]));
  expect(recorder.state.totals.packets).toBe(2);
});
