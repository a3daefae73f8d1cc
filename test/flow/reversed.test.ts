/**
 * Who dials and who asks are two things: OPC UA reverse connect (OPC 10000-6 clause 7.1.3) and field devices that dial their control
 * centre. Client, server and port are those of the SYN, as a firewall sees them; requests are those of who asks.
 */
import { expect, test } from 'vitest';
import { ascii, concatBytes, hex } from '../../samples/gen/frames.ts';
import { placeAssets } from '../../src/commands/analysis.ts';
import { REVERSED_FACT, type Conversation, type ObservationSet } from '../../src/observation.ts';
import { adu, FIVE_READ, heard, heardIn, READ_FIVE, spoken, THREE_WRITTEN, wireSession, WRITE_THREE, type WireSession } from './wire-session.ts';

const CENTRE = '10.0.0.9';
const DEVICE = '10.9.0.7';
const dialIn = (fromPort: number, toPort: number, k = 0): WireSession =>
  wireSession({ ip: DEVICE, port: fromPort, mac: '02:00:00:00:00:07' }, { ip: CENTRE, port: toPort, mac: '02:00:00:00:00:09' }, { opener: 1000 + k * 10_000_000, dialled: 9000 });

const only = ({ conversations }: ObservationSet): Conversation => {
  expect(conversations).toHaveLength(1);
  return conversations[0] as Conversation;
};
const reversals = ({ facts }: Conversation): number => facts.find(({ name }) => name === REVERSED_FACT)?.toClient ?? 0;

function polled(session: WireSession, times: number): WireSession {
  session.open();
  for (let i = 0; i < times; i++) {
    session.dialled(adu(i, READ_FIVE));
    session.opener(adu(i, FIVE_READ));
    session.dialled(adu(100 + i, WRITE_THREE));
    session.opener(adu(100 + i, THREE_WRITTEN));
  }
  return session;
}

test.each([502, 10_502])('Modbus over a connection that the device opened, to port %d', async (port) => {
  const one = only(await heard([0, 1, 2].flatMap((k) => polled(dialIn(50_001 + k, port, k), 5).frames)));
  expect(spoken([one])).toEqual({ [`${DEVICE} > ${CENTRE}:${port}`]: ['3: 15+15', '16: 15+15'] });
  expect(one.direction.by).toBe(port === 502 ? 'protocol' : 'handshake');
  expect(one.sessions).toBe(3);
  expect(one.requests).toBe(30);
  expect(reversals(one)).toBe(3);
  // Never values: what was read is the request's range.
  expect(one.operations.flatMap(({ ranges }) => ranges.map(({ first, last }) => `${first}-${last}`))).toEqual(['0-4', '100-102']);
});

test('roles go by who asks', async () => {
  const set = await heard(polled(dialIn(50_001, 502), 40).frames);
  const { assets } = placeAssets(set, 'UTC');
  const roleOf = (address: string): string | undefined => assets.find(({ addresses }) => addresses.includes(address))?.role;
  expect(roleOf(DEVICE)).toMatch(/^(plc|io)$/);
  expect(roleOf(CENTRE)).not.toMatch(/^(plc|io)$/);
});

test('a checkpoint keeps who asks', async () => {
  const { frames } = polled(dialIn(50_001, 502), 6);
  const [once, often] = [await heard(frames), await heardIn([{ frames, startMs: 0 }], { checkpointFrames: 3 })];
  expect(only(often).operations).toEqual(only(once).operations);
});

test('what one end alone claims turns nothing round', async () => {
  const session = dialIn(50_001, 502);
  session.open();
  for (let i = 0; i < 5; i++) {
    session.opener(adu(i, FIVE_READ));
    session.opener(adu(i, READ_FIVE));
    session.dialled(adu(i, FIVE_READ));
  }
  const one = only(await heard(session.frames));
  expect(reversals(one)).toBe(0);
  // Whoever dialled, asks, also in a message that has the length of an answer.
  expect(spoken([one])).toEqual({ [`${DEVICE} > ${CENTRE}:502`]: ['3: 10+5'] });
});

const u32 = (...values: readonly number[]): Uint8Array => concatBytes(...values.map((value) => Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24)));
const text = (words: string): Uint8Array => concatBytes(u32(words.length), ascii(words));
const message = (type: string, body: Uint8Array): Uint8Array => concatBytes(ascii(`${type}F`), u32(8 + body.length), body);

test('OPC UA reverse connect: one conversation, whatever port the server dials from', async () => {
  const frames = [50_001, 50_002, 50_003].flatMap((port, k) => {
    const session = dialIn(port, 48_400, k);
    session.open();
    session.opener(REVERSE_HELLO);
    session.dialled(message('HEL', concatBytes(u32(0, 65_536, 65_536, 0, 0), text('opc.tcp://plc:4840'))));
    session.opener(message('ACK', u32(0, 65_536, 65_536, 0, 0)));
    session.close();
    return session.frames;
  });
  const one = only(await heard(frames));
  expect(one).toMatchObject({ client: DEVICE, server: CENTRE, port: 48_400, service: { name: 'opcua' }, direction: { by: 'handshake' }, sessions: 3 });
  expect(one.packets.toServer).toBeGreaterThan(0);
  expect(reversals(one)).toBe(3);
  // `toServer` of a fact is what who asks sent, from the first message on.
  const chunks = one.facts.filter(({ name }) => name === 'opcua.chunk').map(({ value, toServer, toClient }) => [value, toServer, toClient]);
  expect(chunks).toEqual([
    ['ACK/F', 0, 3],
    ['HEL/F', 3, 0],
    ['RHE/F', 0, 3],
  ]);
});

const REVERSE_HELLO = message('RHE', concatBytes(text('urn:plc'), text('opc.tcp://plc:4840')));
const id = (typeId: number): Uint8Array => Uint8Array.of(1, 0, typeId & 255, typeId >> 8);
const NO_TIME = new Uint8Array(8);
const NO_OBJECT = Uint8Array.of(0, 0, 0);
/** Read (631) of no node, and its answer (634): OPC 10000-6 clauses 6.7.2 and 5.2.2, OPC 10000-4 clauses 7.33, 7.34 and 5.11.2. */
const readRequest = (k: number): Uint8Array => message('MSG', concatBytes(u32(1, 1, k, k), id(631), Uint8Array.of(0, 0), NO_TIME, u32(k, 0, 0xffffffff, 1000), NO_OBJECT, NO_TIME, u32(0, 0)));
const readResponse = (k: number): Uint8Array => message('MSG', concatBytes(u32(1, 1, k, k), id(634), NO_TIME, u32(k, 0), Uint8Array.of(0), u32(0xffffffff), NO_OBJECT, u32(0, 0)));

/** The device dialled, the centre reads. */
function readTimes(session: WireSession, times: number): WireSession {
  for (let k = 1; k <= times; k++) {
    session.dialled(readRequest(k));
    session.opener(readResponse(k));
  }
  return session;
}

test.each([
  [50_001, 48_400],
  [50_001, 4841],
  [2001, 62_541],
  [50_001, 4840],
])('a ReverseHello whose SYN was not heard tells who dialled (from port %d to %d)', async (from, to) => {
  const session = dialIn(from, to);
  session.opener(REVERSE_HELLO);
  const one = only(await heard(readTimes(session, 4).frames));
  expect(spoken([one])).toEqual({ [`${DEVICE} > ${CENTRE}:${to}`]: ['631: 4+4'] });
  expect(one.direction.by).toBe('protocol');
  expect(one.requests).toBe(4);
  expect(reversals(one)).toBe(1);
});

test('a ReverseHello of who was dialled, or after who asks is proven, turns nothing round', async () => {
  const session = dialIn(50_001, 48_400);
  session.open();
  session.dialled(REVERSE_HELLO);
  for (let k = 1; k < 5; k++) {
    session.opener(readRequest(k));
    session.dialled(readResponse(k));
  }
  session.dialled(REVERSE_HELLO);
  const one = only(await heard(session.frames));
  expect(spoken([one])).toEqual({ [`${DEVICE} > ${CENTRE}:48400`]: ['631: 4+4'] });
  expect(reversals(one)).toBe(0);
});

test.each(['ReverseHello', 'handshake'])('where another session showed by its %s who listens, one joined midstream is that listener’s too', async (by) => {
  const first = dialIn(50_001, 48_400);
  if (by === 'handshake') first.open();
  first.opener(REVERSE_HELLO);
  const talks = [readTimes(first, 4), readTimes(dialIn(50_002, 48_400, 1), 4), readTimes(dialIn(50_003, 48_400, 2), 4)];
  const frames = talks.flatMap((talk) => talk.frames);
  for (const set of [await heard(frames), await heardIn([{ frames, startMs: 0 }], { checkpointFrames: 3 })]) {
    const one = only(set);
    expect(spoken([one])).toEqual({ [`${DEVICE} > ${CENTRE}:48400`]: ['631: 12+12'] });
    expect(one.requests).toBe(12);
    expect(reversals(one)).toBe(3);
  }
});

test('where nothing shows who dialled, whoever answers is the server', async () => {
  const one = only(await heard(readTimes(dialIn(50_001, 48_400), 4).frames));
  expect(spoken([one])).toEqual({ [`${CENTRE} > ${DEVICE}:50001`]: ['631: 4+4'] });
});

test('DNP3: the outstation dials, the master asks', async () => {
  const session = dialIn(51_001, 20_000);
  session.open();
  session.opener(hex('05640a440200010010f0c8c7810000bf6b'));
  session.dialled(hex('056411c401000200c35ac7c7013c02063c03063c0406734d'));
  session.opener(hex('05640a440200010010f0c8c7810000bf6b'));
  const one = only(await heard(session.frames));
  expect(`${one.client} > ${one.server}:${one.port}`).toBe(`${DEVICE} > ${CENTRE}:20000`);
  expect(one.requests).toBe(1);
  expect(reversals(one)).toBe(1);
});
