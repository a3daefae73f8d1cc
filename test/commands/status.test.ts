import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { pcap } from '../../samples/gen/capture-file.ts';
import { ethernet, ETHERTYPE, udpPacket, unreachablePacket } from '../../samples/gen/frames.ts';
import { runImport } from '../../src/commands/import.ts';
import { reportStore } from '../../src/commands/report.ts';
import { conduitRows, listedPairs, showStatus } from '../../src/commands/status.ts';
import { EXIT } from '../../src/errors.ts';
import type { ConduitCompleteness } from '../../src/infer/proposal.ts';
import { STATUS_SHAPE } from '../../src/render/json-shapes.ts';
import { openForWriting } from '../../src/store/database.ts';
import { MIGRATIONS } from '../../src/store/schema.ts';
import { WRAPPERS } from '../flow/tunnel-packets.ts';
import { adu, FIVE_READ, READ_FIVE, wireSession } from '../flow/wire-session.ts';
import { hostileStores, UNSAFE_OUTPUT } from '../render/hostile-words.ts';
import { NO_LOG_OPTIONS } from '../../src/store/import-log.ts';
import { fillStore } from '../store/read-fixture.ts';
import { testFolder } from '../folder.ts';
import { setStage, textOf } from './main-stage.ts';

const folder = testFolder();
let db: string;

beforeAll(() => {
  db = join(folder, 'plant.db');
  fillStore(db);
});

test('the JSON has the shape that is published, and sums that add up', () => {
  const status = STATUS_SHAPE.parse(JSON.parse(textOf(showStatus({ db, json: true }, setStage()))));
  expect(status).toMatchObject({
    schemaVersion: 1,
    store: { path: db, version: MIGRATIONS.length },
    span: { first: '2026-03-02T06:00:00.000000001Z', last: '2026-03-04T06:01:40.000000000Z' },
    capture: { received: 100, processed: 90, kernelDropped: 10, interfaceDropped: 2, uncleanEnds: 1 },
    limits: { evictedConversations: 250, foldedPackets: 500 },
    totals: { packets: 1090, bytes: 109_000, conversations: 4, assets: 4, operations: 3 },
    stops: { 'ipv4.truncated': 5 },
    counters: { 'link.1': 300 },
  });
  expect(status.captures.map(({ id, kind, name, state }) => [id, kind, name, state])).toEqual([
    [1, 'file', 'monday.pcapng', 'complete'], [2, 'file', 'tuesday.pcap.gz', 'truncated'], [3, 'live', 'eth1', 'interrupted'],
  ]);
  expect(status.capture.processed + status.capture.kernelDropped).toBe(status.capture.received);
  expect(status.completeness.listenUntil).toMatch(/^\d{4}-\d\d-\d\d$/);
});

test('losses come before every number', () => {
  const lines = textOf(showStatus({ db }, setStage())).split('\n');
  expect(lines[0]).toBe('What is missing or doubtful:');
  expect(lines[1]).toContain('10 packets were dropped by the kernel (10.00 %');
  expect(lines.findIndex((line) => line.includes('TCP streams'))).toBeLessThan(lines.findIndex((line) => line.startsWith('packets')));
  expect(lines.some((line) => /Keep listening until \d{4}-\d\d-\d\d/.test(line))).toBe(true);
});

test('what was malformed, folded or without a time is said in sentences', () => {
  const path = join(folder, 'doubts.db');
  fillStore(path);
  const store = openForWriting(path);
  const add = store.db.prepare('INSERT INTO capture_counter VALUES (1, ?, ?)');
  const counted = [
    ['malformed.modbus.a', 3], ['malformed.opcua.b', 4], ['limit.operations', 1000], ['reader.withoutTime', 2], ['stop.layer2.payload', 5000], ['stop.link.unknown-type', 7],
  ] as const;
  for (const [name, count] of counted) add.run(name, count);
  store.close();
  const { losses } = STATUS_SHAPE.parse(JSON.parse(textOf(showStatus({ db: path, json: true }, setStage())))).sensor;
  expect(losses.some((loss) => loss.startsWith('7 messages of application protocols'))).toBe(true);
  // The fixture has 5 frames stopped in IPv4; layer-2 payloads are where they belong.
  expect(losses.find((loss) => loss.includes('could not be decoded'))).toMatch(/^12 frames .*: link\.unknown-type \(link type 1\), ipv4\.truncated$/);
  expect(losses.some((loss) => loss.startsWith('1 000 details'))).toBe(true);
  expect(losses.some((loss) => loss.startsWith('2 frames carry no time'))).toBe(true);
});

test('packets that the ring did not keep are said beside what was received: what was heard in them is there', () => {
  const path = join(folder, 'ring.db');
  fillStore(path);
  const live = (): string | undefined => textOf(showStatus({ db: path }, setStage())).split('\n').find((line) => line.startsWith('live'));
  expect(live()).toMatch(/2 by the interface$/);
  const store = openForWriting(path);
  store.db.exec("INSERT INTO capture_counter VALUES (3, 'live.ring-frames-not-kept', 3647)");
  store.close();
  expect(live()).toMatch(/2 by the interface; 3 647 analysed, but not kept in the ring$/);
});

test('a capture of a machine whose clock was not set is said: its weekdays and hours would go into rules', () => {
  const path = join(folder, 'clock.db');
  fillStore(path);
  const losses = (): readonly string[] => STATUS_SHAPE.parse(JSON.parse(textOf(showStatus({ db: path, json: true }, setStage())))).sensor.losses;
  expect(losses().join()).not.toContain('1990');
  const store = openForWriting(path);
  store.db.prepare('UPDATE capture SET first_ns = 1000000000000000 WHERE id = 1').run();
  store.close();
  expect(losses().find((loss) => loss.includes('1990'))).toMatch(/^1 capture begins before 1990: .*editcap -t.*: monday\.pcapng$/);
});

test.each([
  ['one packet of 2106', (i: number) => (i === 9 ? 4_294_967_290n : 1_767_000_000n + BigInt(i) * 60n), true],
  ['an hour three years ahead', (i: number) => 1_767_000_000n + BigInt(i) * 600n + (i > 4 && i < 8 ? 94_608_000n : 0n), true],
  ['plants that stood still for months', (i: number) => 1_767_000_000n + BigInt(i) * 2_592_000n, false],
] as const)('a clock that was set in the midst of a capture: %s', async (name, secondOf, isTold) => {
  const session = wireSession({ ip: '10.0.0.9', port: 50_000, mac: '02:00:00:00:00:09' }, { ip: '10.0.0.2', port: 502, mac: '02:00:00:00:00:02' });
  session.open();
  for (let i = 0; i < 6; i++) {
    session.opener(adu(i, READ_FIVE));
    session.dialled(adu(i, FIVE_READ));
  }
  const capture = join(folder, `${name}.pcap`);
  const records = session.frames.map((bytes, i) => ({ interfaceId: 0, timeNs: secondOf(i) * 1_000_000_000n, bytes, wireBytes: bytes.length }));
  writeFileSync(capture, pcap({ linkType: 1, isLittle: true, isNanosecond: false, snapLength: 65_535 }, records));
  const path = join(folder, `${name}.db`);
  await runImport({ paths: [capture], db: path, json: true, force: false, jobs: 1, log: NO_LOG_OPTIONS }, setStage());
  const { losses } = STATUS_SHAPE.parse(JSON.parse(textOf(showStatus({ db: path, json: true }, setStage())))).sensor;
  expect(losses.filter((loss) => loss.startsWith('1 capture goes on after more than a year without a packet'))).toHaveLength(isTold ? 1 : 0);
});

test.each([54, 64])('a capture of %d octets a frame: what was cut is told, and nobody is said to have lost packets', async (snapLength) => {
  const session = wireSession({ ip: '10.0.0.1', port: 50_000, mac: '02:00:00:00:00:01' }, { ip: '10.0.0.2', port: 502, mac: '02:00:00:00:00:02' });
  session.open();
  for (let i = 0; i < 20; i++) {
    session.opener(adu(i, READ_FIVE));
    session.dialled(adu(i, FIVE_READ));
  }
  const capture = join(folder, `cut-${snapLength}.pcap`);
  const records = session.frames.map((frame, i) => ({ interfaceId: 0, timeNs: 1_767_000_000_000_000_000n + BigInt(i) * 10_000_000n, bytes: frame.subarray(0, snapLength), wireBytes: frame.length }));
  writeFileSync(capture, pcap({ linkType: 1, isLittle: true, isNanosecond: false, snapLength }, records));
  const path = join(folder, `cut-${snapLength}.db`);
  await runImport({ paths: [capture], db: path, json: true, force: false, jobs: 1, log: NO_LOG_OPTIONS }, setStage());
  const { sensor } = STATUS_SHAPE.parse(JSON.parse(textOf(showStatus({ db: path, json: true }, setStage()))));
  const cut = session.frames.filter((frame) => frame.length > snapLength).length;
  expect(sensor.losses[0]).toMatch(new RegExp(`^${cut} frames were cut short`));
  expect(sensor.losses.join()).not.toContain('lost');
  expect(sensor).toMatchObject({ complete: false, lostSegments: 0 });
});

test('a mirror port that is far away: what its tunnels carry is missing until it is asked for', async () => {
  const session = wireSession({ ip: '10.0.0.1', port: 50_000, mac: '02:00:00:00:00:01' }, { ip: '10.0.0.2', port: 502, mac: '02:00:00:00:00:02' });
  session.open();
  session.opener(adu(1, READ_FIVE));
  session.dialled(adu(1, FIVE_READ));
  const capture = join(folder, 'erspan.pcap');
  const records = session.frames.map((frame, i) => ({ interfaceId: 0, timeNs: 1_767_000_000_000_000_000n + BigInt(i) * 10_000_000n, bytes: WRAPPERS['erspan II'](frame) }));
  writeFileSync(capture, pcap({ linkType: 1, isLittle: true, isNanosecond: false, snapLength: 65_535 }, records.map((record) => ({ ...record, wireBytes: record.bytes.length }))));
  const statusOf = async (opensTunnels: boolean): Promise<{ losses: readonly string[]; operations: number; text: string }> => {
    const path = join(folder, `erspan-${opensTunnels}.db`);
    await runImport({ paths: [capture], db: path, json: true, force: false, opensTunnels, jobs: 1, log: NO_LOG_OPTIONS }, setStage());
    const { sensor, totals } = STATUS_SHAPE.parse(JSON.parse(textOf(showStatus({ db: path, json: true }, setStage()))));
    return { losses: sensor.losses, operations: totals.operations, text: textOf(showStatus({ db: path }, setStage())) };
  };
  const closed = await statusOf(false);
  expect(closed.operations).toBe(0);
  expect(closed.losses).toEqual([expect.stringMatching(/^\d packets \(100\.00 %\) are of tunnels, and what they carry was not read: .*--open-tunnels$/)]);
  const opened = await statusOf(true);
  expect(opened).toMatchObject({ operations: 1, losses: [] });
  expect(opened.text).toMatch(/^tunnels\s+opened: erspan \d$/m);
});

test.each([
  ['many ports of one device', (i: number) => ['10.0.0.2', 1000 + i] as const, /^10\.0\.0\.9 tried 40 TCP ports of 10\.0\.0\.2, 1 of which answered, 2025-12-29 09:20:00 to 2025-12-29 09:20:04 UTC$/],
  ['one port of many devices', (i: number) => [`10.0.1.${i + 1}`, 502] as const, /^10\.0\.0\.9 tried TCP port 502 of 40 addresses, 1 of which answered, /],
])('a scan of %s is named, and says nothing of the mirror port', async (name, doorOf, sentence) => {
  const frames = Array.from({ length: 40 }, (_, i) => {
    const [ip, port] = doorOf(i);
    const session = wireSession({ ip: '10.0.0.9', port: 50_000 + i, mac: '02:00:00:00:00:09' }, { ip, port, mac: '02:00:00:00:00:02' });
    session.open();
    return session.frames.slice(0, i === 7 ? 2 : 1);
  }).flat();
  const capture = join(folder, `${name}.pcap`);
  writeFileSync(capture, pcap({ linkType: 1, isLittle: true, isNanosecond: false, snapLength: 65_535 }, frames.map((bytes, i) => ({ interfaceId: 0, timeNs: 1_767_000_000_000_000_000n + BigInt(i) * 100_000_000n, bytes, wireBytes: bytes.length }))));
  const path = join(folder, `${name}.db`);
  await runImport({ paths: [capture], db: path, json: true, force: false, jobs: 1, log: NO_LOG_OPTIONS }, setStage());
  const { sensor } = STATUS_SHAPE.parse(JSON.parse(textOf(showStatus({ db: path, json: true }, setStage()))));
  expect(sensor.scans).toEqual([expect.stringMatching(sentence)]);
  expect(sensor).toMatchObject({ losses: [], oneWayConversations: 39 });
  expect(textOf(showStatus({ db: path }, setStage()))).toContain(sensor.scans[0]);
});

test.each([
  ['in silence', 1, /^10\.0\.0\.9 tried 40 UDP ports of 10\.0\.0\.2, none of which answered, /],
  ['refused', 2000, /^10\.0\.0\.9 tried 40 UDP ports of 10\.0\.0\.2, none of which answered, /],
])('a scan over UDP is named, %s', async (name, firstPort, sentence) => {
  const [scanner, device] = [{ ip: '10.0.0.9', mac: '02:00:00:00:00:09' }, { ip: '10.0.0.2', mac: '02:00:00:00:00:02' }];
  const frames = Array.from({ length: 40 }, (_, i) => {
    const asked = udpPacket({ from: scanner.ip, to: device.ip, ttl: 64, id: i }, 40_000, firstPort + i, new Uint8Array(0));
    const refusal = unreachablePacket({ from: device.ip, to: scanner.ip, ttl: 64, id: i }, 3, asked);
    return [ethernet(scanner.mac, device.mac, ETHERTYPE.ipv4, asked), ...(firstPort > 1024 ? [ethernet(device.mac, scanner.mac, ETHERTYPE.ipv4, refusal)] : [])];
  }).flat();
  const capture = join(folder, `udp-${name}.pcap`);
  writeFileSync(capture, pcap({ linkType: 1, isLittle: true, isNanosecond: false, snapLength: 65_535 }, frames.map((bytes, i) => ({ interfaceId: 0, timeNs: 1_767_000_000_000_000_000n + BigInt(i) * 100_000_000n, bytes, wireBytes: bytes.length }))));
  const path = join(folder, `udp-${name}.db`);
  await runImport({ paths: [capture], db: path, json: true, force: false, jobs: 1, log: NO_LOG_OPTIONS }, setStage());
  const { sensor } = STATUS_SHAPE.parse(JSON.parse(textOf(showStatus({ db: path, json: true }, setStage()))));
  expect(sensor.scans).toEqual([expect.stringMatching(sentence)]);
});

test('captures that ran at the same time are told: by the import that makes them, and by status', async () => {
  const session = wireSession({ ip: '10.0.0.9', port: 50_000, mac: '02:00:00:00:00:09' }, { ip: '10.0.0.2', port: 502, mac: '02:00:00:00:00:02' });
  session.open();
  for (let i = 0; i < 4; i++) {
    session.opener(adu(i, READ_FIVE));
    session.dialled(adu(i, FIVE_READ));
  }
  const path = join(folder, 'taps.db');
  const importPart = async (name: string, from: number, to: number): Promise<string> => {
    const records = session.frames.map((bytes, i) => ({ interfaceId: 0, timeNs: 1_767_000_000_000_000_000n + BigInt(i) * 60_000_000_000n, bytes, wireBytes: bytes.length })).slice(from, to);
    writeFileSync(join(folder, name), pcap({ linkType: 1, isLittle: true, isNanosecond: false, snapLength: 65_535 }, records));
    const stage = setStage();
    await runImport({ paths: [join(folder, name)], db: path, json: false, force: false, jobs: 1, log: NO_LOG_OPTIONS }, stage);
    return stage.said.join('\n');
  };
  expect(await importPart('tap-2.pcap', 4, 11)).not.toContain('at the same time');
  const sentence = '2 captures ran at the same time, together for 3 min: tap-1.pcap, tap-2.pcap; what two of them heard counts twice, in packets, requests and connections';
  expect(await importPart('tap-1.pcap', 0, 8)).toContain(sentence);
  expect(STATUS_SHAPE.parse(JSON.parse(textOf(showStatus({ db: path, json: true }, setStage())))).sensor).toMatchObject({ overlaps: [sentence], losses: expect.arrayContaining([sentence]) });
  expect(textOf(showStatus({ db: path }, setStage()))).toMatch(/What is missing or doubtful:\n(?: {2}- .*\n)* {2}- 2 captures ran at the same time/);
  // In every form of the report it stands once: among what is doubtful.
  for (const form of ['txt', 'md', 'html']) {
    const out = join(folder, `taps.${form}`);
    reportStore({ db: path, out }, setStage());
    const text = readFileSync(out, 'utf8').replace(/<script[^]*/, '');
    expect(text.split('captures ran at the same time').length - 1, form).toBe(1);
  }
  // Nothing new came: nothing to be told again.
  expect(await importPart('tap-1.pcap', 0, 8)).not.toContain('at the same time');
});

test('an empty store says so, and knows no span', () => {
  const path = join(folder, 'empty.db');
  openForWriting(path).close();
  const status = STATUS_SHAPE.parse(JSON.parse(textOf(showStatus({ db: path, json: true }, setStage()))));
  expect(status.span).toEqual({ first: null, last: null });
  expect(status.sensor.losses).toEqual(['no capture was imported yet']);
  expect(textOf(showStatus({ db: path }, setStage()))).toContain('nothing yet');
});

test('--strict exits 3 when the evidence is incomplete, and only then', () => {
  expect(showStatus({ db }, setStage()).exitCode).toBe(EXIT.ok);
  expect(showStatus({ db, strict: true }, setStage()).exitCode).toBe(EXIT.incomplete);
});

test('the store comes from the environment where no option names it', () => {
  expect(textOf(showStatus({}, setStage({ environment: { BASELINE_DB: db } })))).toContain(db);
});

test.each(hostileStores())('no hostile word acts in any format (%s)', (_name, words) => {
  const path = join(folder, 'hostile.db');
  rmSync(path, { force: true });
  fillStore(path, { hostile: words });
  for (const format of ['table', 'json', 'jsonl', 'csv', 'md'] as const) {
    const text = textOf(showStatus({ db: path, format }, setStage({ width: 120 })));
    expect(text.replaceAll('\r\n', '\n'), format).not.toMatch(UNSAFE_OUTPUT);
  }
});

test('pairs of zones are listed where the most is still expected first', () => {
  const pair = (zones: readonly [string, string], seen: number, newIn28Days: number): ConduitCompleteness =>
    ({ zones, seen, newIn28Days, completeness: seen / (seen + newIn28Days), sufficient: newIn28Days < 1, directions: [] });
  const conduits = [pair(['A', 'B'], 50, 0), pair(['A', 'C'], 10, 2.5), pair(['B', 'C'], 90, 7), pair(['B', 'D'], 5, 2.5), pair(['C', 'D'], 3, 0)];
  expect(conduitRows(conduits).map(([one, other]) => `${one} ${other}`)).toEqual(['B C', 'B D', 'A C', 'A B', 'C D']);
});

test('of pairs of zones that all wait for nothing, none is told as that where most is still expected', () => {
  const pairs = (newIn28Days: number): ConduitCompleteness[] => Array.from({ length: 1864 }, (_, i) => ({ zones: [`A${i}`, `B${i}`], seen: 1, newIn28Days: i === 9 ? newIn28Days : 0, completeness: 1, sufficient: true, directions: [] }));
  expect(listedPairs(pairs(0.4))).toBe('20 of 1 864 pairs of zones; nothing new is expected of any');
  expect(listedPairs(pairs(0.6))).toBe('the 20 of 1 864 pairs of zones where most is still expected');
});
