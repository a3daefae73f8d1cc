/**
 * Implicit I/O of EtherNet/IP runs both ways between port 2222 and port 2222: who asks is who opened the connection (ODVA CIP volume 1
 * clause 3-5.5.2), whichever of both was heard first.
 */
import { expect, test } from 'vitest';
import { concatBytes, ethernet, ETHERTYPE, hex, udpPacket } from '../../samples/gen/frames.ts';
import { heard, heardIn, spoken, wireSession } from './wire-session.ts';

const SCANNER = 1;
const DEVICE = 2;
const UPPER = 3;
const ip = (host: number): string => `10.0.0.${host}`;
const mac = (host: number): string => `02:00:00:00:00:0${host}`;

/** Common packet format: a sequenced address, connected data. */
const io = (from: number, to: number, k: number): Uint8Array =>
  ethernet(mac(from), mac(to), ETHERTYPE.ipv4, udpPacket({ from: ip(from), to: ip(to), ttl: 64, id: k + 1 }, 2222, 2222, concatBytes(hex('0200 0280 0800 01000000'), Uint8Array.of(k, 0, 0, 0), hex('b100 0400 00000000'))));
const exchange = (a: number, b: number, times = 3): Uint8Array[] => Array.from({ length: times }, (_, k) => [io(a, b, 2 * k), io(b, a, 2 * k + 1)]).flat();

const IO_CLASS = 1;
const EXPLICIT_CLASS = 3;
/** Forward_Open of a connection of this transport class, triggered cyclically, with an assembly as its path. */
function opening(from: number, to: number, transportClass: number): Uint8Array[] {
  const cip = concatBytes(hex('54 02 20 06 24 01'), new Uint8Array(34), Uint8Array.of(transportClass), hex('04 20 04 24 01 2c 02 2c 03'));
  const data = concatBytes(hex('000000000000 0200 00000000 b200'), Uint8Array.of(cip.length, 0), cip);
  const session = wireSession({ ip: ip(from), port: 50_000, mac: mac(from) }, { ip: ip(to), port: 44_818, mac: mac(to) });
  session.open();
  session.opener(concatBytes(hex('6f00'), Uint8Array.of(data.length, 0), hex('07000000'), new Uint8Array(16), data));
  return session.frames;
}

const ioOf = (conversations: Parameters<typeof spoken>[0]): string[] => Object.keys(spoken(conversations.filter(({ port }) => port === 2222))).sort();
const LED = [`${ip(SCANNER)} > ${ip(DEVICE)}:2222`];

test('the one who opened the connection asks, though the other was heard first', async () => {
  const { conversations } = await heard([...opening(SCANNER, DEVICE, IO_CLASS), ...exchange(DEVICE, SCANNER)]);
  expect(ioOf(conversations)).toEqual(LED);
  expect(conversations.find(({ port }) => port === 2222)?.direction.by).toBe('known-server');
});

test('I/O that was heard before is turned round, and counted once', async () => {
  const { conversations } = await heard([...exchange(DEVICE, SCANNER, 4), ...opening(SCANNER, DEVICE, IO_CLASS), ...exchange(DEVICE, SCANNER, 5)]);
  expect(ioOf(conversations)).toEqual(LED);
  const one = conversations.find(({ port }) => port === 2222);
  expect(one?.packets).toEqual({ toServer: 9, toClient: 9 });
  expect(one?.direction.by).toBe('protocol');
});

test('a scanner that is asked by another one stays the scanner of its devices', async () => {
  const frames = [...opening(UPPER, SCANNER, IO_CLASS), ...opening(SCANNER, DEVICE, IO_CLASS), ...exchange(SCANNER, UPPER), ...exchange(DEVICE, SCANNER)];
  const expected = [...LED, `${ip(UPPER)} > ${ip(SCANNER)}:2222`].sort();
  expect(ioOf((await heard(frames)).conversations)).toEqual(expected);
  // Also in the next file, and after a checkpoint.
  const { conversations } = await heardIn([{ frames, startMs: 0 }, { frames: [...exchange(DEVICE, SCANNER), ...exchange(SCANNER, UPPER)], startMs: 7_200_000 }], { checkpointFrames: 3 });
  expect(ioOf(conversations)).toEqual(expected);
});

test('a connection for explicit messages says nothing of I/O, and two that opened one each go by who was heard first', async () => {
  const explicit = await heard([...opening(SCANNER, DEVICE, EXPLICIT_CLASS), ...exchange(DEVICE, SCANNER)]);
  expect(ioOf(explicit.conversations)).toEqual([`${ip(DEVICE)} > ${ip(SCANNER)}:2222`]);
  const both = await heard([...opening(SCANNER, DEVICE, IO_CLASS), ...opening(DEVICE, SCANNER, IO_CLASS), ...exchange(DEVICE, SCANNER)]);
  expect(ioOf(both.conversations)).toEqual([`${ip(DEVICE)} > ${ip(SCANNER)}:2222`]);
});
