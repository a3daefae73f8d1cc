/** Frames without an IP header: DCP among cyclic PROFINET data, GOOSE, and what they say of who sends them, up to the proposed roles. */
import { expect, test } from 'vitest';
import { ethernet, hex } from '../../samples/gen/frames.ts';
import { NO_PINS } from '../../src/infer/proposal.ts';
import { proposeZones } from '../../src/infer/zones.ts';
import { vendorOf } from '../infer/plant-sketch.ts';
import { READ } from '../decode/app/told-messages.ts';
import { imported, operationsOf, type TimedFrame } from './imported.ts';

const PROFINET = 0x8892;
const STATION = '02:00:00:00:00:01';
const DEVICE = '02:00:00:00:00:02';
const ALL_STATIONS = '01:0e:cf:00:00:00';
const GOOSE_GROUP = '01:0c:cd:01:00:01';

const messagesOf = (name: string): readonly (readonly [number, string])[] => READ.find(([protocol, transport]) => protocol === name && transport === 'eth')?.[3] ?? [];
const [IDENTIFY, IDENTIFIED, SET, REFUSED] = messagesOf('profinet-rt').map(([, text]) => hex(text));
const [GOOSE, SIMULATED] = messagesOf('goose').map(([, text]) => hex(text));

const sent = (frames: readonly (readonly [from: string, to: string, type: number, payload: Uint8Array])[]): TimedFrame[] =>
  frames.map(([from, to, type, payload], i) => ({ us: i * 10_000, bytes: ethernet(from, to, type, payload) }));
const cyclic = (i: number): Uint8Array => hex(`8000${'00'.repeat(38)}${i.toString(16).padStart(4, '0')}3500`);

test('DCP is read in the midst of cyclic data, and tells who asks', async () => {
  const data = Array.from({ length: 20 }, (_, i) => [DEVICE, STATION, PROFINET, cyclic(i)] as const);
  const set = await imported(sent([...data, [STATION, DEVICE, PROFINET, SET], [DEVICE, STATION, PROFINET, REFUSED], ...data]));
  expect(operationsOf(set)).toEqual(['profinet-rt 4: 1/0/1']);
  const [conversation] = set.conversations;
  expect(conversation).toMatchObject({ client: STATION, server: DEVICE, service: { name: 'profinet-rt' }, packets: { toServer: 1, toClient: 41 } });
  expect(conversation.operations[0].targets).toEqual(['NameOfStation']);
});

test('an answer to all stations names its device, though nobody was asked by name', async () => {
  const set = await imported(sent([[STATION, ALL_STATIONS, PROFINET, IDENTIFY], [DEVICE, STATION, PROFINET, IDENTIFIED]]));
  expect(set.conversations.map(({ client, server }) => `${client} ${server}`)).toEqual([`${STATION} ${ALL_STATIONS}`, `${STATION} ${DEVICE}`]);
  expect(set.addresses.find(({ address }) => address === DEVICE)?.facts.map(({ name, value }) => `${name}=${value}`)).toContain('profinet.role=io-device,io-controller');
  const { assets } = proposeZones(set, { pins: NO_PINS, vendorOf, stabilityRuns: 0 });
  expect(assets.find(({ addresses }) => addresses.includes(DEVICE))).toMatchObject({ names: ['plc1'], role: 'plc', fieldRoles: ['io-controller', 'io-device'] });
});

test('who publishes GOOSE is a relay, unless it only simulates one', async () => {
  const frames = (payload: Uint8Array): TimedFrame[] => sent(Array.from({ length: 8 }, () => [DEVICE, GOOSE_GROUP, 0x88b8, payload] as const));
  const roleOf = async (payload: Uint8Array): Promise<string | undefined> => proposeZones(await imported(frames(payload)), { pins: NO_PINS, vendorOf, stabilityRuns: 0 }).assets[0]?.role;
  expect(operationsOf(await imported(frames(GOOSE)))).toEqual(['goose 0: 8/0/0']);
  expect(await roleOf(GOOSE)).toBe('plc');
  expect(operationsOf(await imported(frames(SIMULATED)))).toEqual(['goose 1: 8/0/0']);
  expect(await roleOf(SIMULATED)).toBe('other');
});

/** A published message with another number: of GOOSE sqNum (tag 0x86, IEC 61850-8-1 annex A), of sampled values smpCnt (0x82, IEC 61850-9-2 annex A), of PTP sequenceId. */
const numbered = (message: Uint8Array, at: number) => (i: number): Uint8Array => {
  const own = message.slice();
  own[at] = i;
  return own;
};
const [SAMPLES] = messagesOf('sv').map(([, text]) => hex(text));
const [SYNC] = messagesOf('ptp').map(([, text]) => hex(text));
const behind = (message: Uint8Array, tag: string): number => Buffer.from(message).indexOf(Buffer.from(tag, 'hex')) + tag.length / 2;

test.each([
  ['GOOSE', 0x88b8, numbered(GOOSE, behind(GOOSE, '8601'))],
  ['sampled values', 0x88ba, numbered(SAMPLES, behind(SAMPLES, '820200'))],
  ['PTP', 0x88f7, numbered(SYNC, 31)],
  ['a name that is set', PROFINET, numbered(SET, 7)],
] as const)('%s that a mirror of several ports copies is counted once, however quickly it is sent', async (_name, type, message) => {
  const tagged = (bytes: Uint8Array, tag: string): Uint8Array => Uint8Array.from([...bytes.subarray(0, 12), ...hex(tag), ...bytes.subarray(12)]);
  const frames = Array.from({ length: 20 }, (_, i) => ({ us: i * 300, bytes: ethernet(DEVICE, GOOSE_GROUP, type, message(i)) }));
  const once = await imported(frames);
  expect(operationsOf(once)).toEqual([expect.stringMatching(/ 0?\d+: 20\/0\/0$/)]);
  expect(once.duplicates).toBe(0);
  // As it was, on another VLAN, and from the other way round a ring of HSR (IEC 62439-3 clause 5.7: path, size, number).
  for (const copy of [(bytes: Uint8Array) => bytes, (bytes: Uint8Array) => tagged(bytes, '8100000a'), (bytes: Uint8Array) => tagged(bytes, '892f10420007')]) {
    const twice = await imported(frames.flatMap(({ us, bytes }) => [{ us, bytes }, { us: us + 40, bytes: copy(bytes) }]));
    expect(twice.duplicates).toBe(20);
    expect(operationsOf(twice)).toEqual(operationsOf(once));
  }
});

test('of sampled values that were cut off before their number none is a copy of another', async () => {
  const frames = Array.from({ length: 20 }, () => ({ bytes: ethernet(DEVICE, GOOSE_GROUP, 0x88ba, SAMPLES.slice(0, behind(SAMPLES, '820200'))), wire: 14 + SAMPLES.length }));
  const told = async (step: number): Promise<unknown> => (await imported(frames.map((frame, i) => ({ ...frame, us: i * step })))).conversations.map(({ requests, operations }) => [requests, operations.map((one) => one.requests)]);
  expect(await told(250)).toEqual(await told(10_000));
});

test('EtherCAT that asks the same each millisecond is no copy of itself', async () => {
  const frames = Array.from({ length: 20 }, () => ({ bytes: ethernet(STATION, '01:01:05:01:00:00', 0x88a4, hex('0e100801000000010200000000000000')) }));
  const requestsOf = async (step: number): Promise<number[]> => (await imported(frames.map(({ bytes }, i) => ({ us: i * step, bytes })))).conversations.map(({ requests }) => requests);
  expect(await requestsOf(1000)).toEqual(await requestsOf(6000));
});

test('EtherCAT frames that come back are those of their master, which is a controller', async () => {
  const [master, returned, slaves] = ['00:01:05:00:00:15', '02:01:05:00:00:15', '01:01:05:01:00:00'];
  const set = await imported(sent([master, returned, master, returned].map((from) => [from, slaves, 0x88a4, hex('0e100801000000010200000000000000')] as const)));
  const { assets } = proposeZones(set, { pins: NO_PINS, vendorOf, stabilityRuns: 0 });
  expect(assets.map(({ addresses, role, fieldRoles }) => ({ addresses, role, fieldRoles }))).toEqual([{ addresses: [master, returned], role: 'plc', fieldRoles: ['ethercat-master'] }]);
});
