/** Who is asked on a protocol's port, and answers from another one, serves there too (TFTP). */
import { expect, test } from 'vitest';
import { ascii, ethernet, ETHERTYPE, hex, udpPacket } from '../../samples/gen/frames.ts';
import { heard } from './wire-session.ts';

type End = readonly [ip: string, port: number];
const DEVICE: End = ['10.0.0.9', 44_935];
const SERVER = '10.0.0.1';
const ANSWERING: End = [SERVER, 59_557];

const MACS: Readonly<Record<string, string>> = { '10.0.0.9': '02:00:00:00:00:09', '10.0.0.1': '02:00:00:00:00:01', '10.0.0.2': '02:00:00:00:00:02' };
let id = 0;
const datagram = (from: End, to: End, payload: Uint8Array): Uint8Array => ethernet(MACS[from[0]], MACS[to[0]], ETHERTYPE.ipv4, udpPacket({ from: from[0], to: to[0], ttl: 64, id: id++ }, from[1], to[1], payload));

const READ = ascii('\0\x01file1\0octet\0');
const WRITE = ascii('\0\x02file1\0octet\0');
const FIRST_BLOCK = ascii('\0\x03\0\x01abc');

const served = async (frames: readonly Uint8Array[]): Promise<string[]> =>
  (await heard(frames)).conversations.map(({ client, server, port, service, operations }) => `${client} > ${server}:${port} ${service.name}/${service.by} ${operations.map((o) => `${o.name} ${o.requests}+${o.responses}+${o.errors}`).join(' ')}`).sort();

test('a device fetches a file, and another one gives its own away: the server serves on every port', async () => {
  expect(await served([datagram(DEVICE, [SERVER, 69], READ), datagram(ANSWERING, DEVICE, FIRST_BLOCK), datagram(DEVICE, ANSWERING, hex('00040001'))])).toEqual([
    '10.0.0.9 > 10.0.0.1:59557 tftp/probe Read 1+1+0',
    '10.0.0.9 > 10.0.0.1:69 tftp/probe Read 1+0+0',
  ]);
  expect(await served([datagram(DEVICE, [SERVER, 69], WRITE), datagram(ANSWERING, DEVICE, hex('00040000')), datagram(DEVICE, ANSWERING, FIRST_BLOCK), datagram(ANSWERING, DEVICE, hex('00040001'))])).toEqual([
    '10.0.0.9 > 10.0.0.1:59557 tftp/probe Write 1+2+0',
    '10.0.0.9 > 10.0.0.1:69 tftp/probe Write 1+0+0',
  ]);
});

test('an error tells what was refused', async () => {
  expect(await served([datagram(DEVICE, [SERVER, 69], READ), datagram(ANSWERING, DEVICE, ascii('\0\x05\0\x01no file\0'))])).toEqual(['10.0.0.9 > 10.0.0.1:59557 tftp/probe Read 0+0+1', '10.0.0.9 > 10.0.0.1:69 tftp/probe Read 1+0+0']);
});

test.each([
  ['nobody asked', [datagram(ANSWERING, DEVICE, FIRST_BLOCK)]],
  ['another port asked', [datagram(['10.0.0.9', 44_936], [SERVER, 69], READ), datagram(ANSWERING, DEVICE, FIRST_BLOCK)]],
  ['another host was asked', [datagram(DEVICE, ['10.0.0.2', 69], READ), datagram(ANSWERING, DEVICE, FIRST_BLOCK)]],
  ['it was no request', [datagram(DEVICE, [SERVER, 69], ascii('hello')), datagram(ANSWERING, DEVICE, FIRST_BLOCK)]],
  ['it is no part of a transfer', [datagram(DEVICE, [SERVER, 69], READ), datagram(ANSWERING, DEVICE, hex('0004000000'))]],
])('what looks like a block is none where %s', async (_, frames) => {
  expect((await served(frames)).filter((line) => line.includes('59557') && line.includes('tftp'))).toEqual([]);
});
