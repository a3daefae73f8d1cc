/** A datagram that nobody understands says nothing of the next one: on a protocol's own port each is looked at. */
import { expect, test } from 'vitest';
import { ascii, ethernet, ETHERTYPE, hex, udpPacket } from '../../samples/gen/frames.ts';
import { adu, heard, spoken, WRITE_THREE } from './wire-session.ts';

const datagram = (fromPort: number, toPort: number, payload: Uint8Array, id: number): Uint8Array =>
  ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', ETHERTYPE.ipv4, udpPacket({ from: '10.0.0.1', to: '10.0.0.2', ttl: 64, id }, fromPort, toPort, payload));

test.each([
  ['a word', ascii('hello')],
  ['an octet', Uint8Array.of(0)],
])('%s to the port of Modbus does not hide the writes after it', async (_, first) => {
  const writes = [1, 2, 3, 4, 5].map((i) => adu(i, WRITE_THREE));
  const { conversations } = await heard([first, first, first, first, ...writes].map((payload, i) => datagram(5000, 502, payload, i)));
  expect(spoken(conversations)).toEqual({ '10.0.0.1 > 10.0.0.2:502': ['16: 5+0'] });
});

test('a BACnet device keeps its port for weeks', async () => {
  const writeProperty = hex('810a 001b 0104 0005 010f 0c 00800001 19 55 3e 44 00000000 3f'.padEnd(54, '0'));
  writeProperty[3] = writeProperty.length;
  const { conversations } = await heard([hex('82000008 61626364'), writeProperty, writeProperty].map((payload, i) => datagram(47_808, 47_808, payload, i)));
  expect(spoken(conversations)).toEqual({ '10.0.0.1 > 10.0.0.2:47808': ['15: 2+0'] });
});

test('elsewhere the first four decide', async () => {
  const { conversations } = await heard([ascii('hello'), ascii('hello'), adu(1, WRITE_THREE), adu(2, WRITE_THREE)].map((payload, i) => datagram(5000, 10_502, payload, i)));
  expect(spoken(conversations)).toEqual({ '10.0.0.1 > 10.0.0.2:10502': ['16: 2+0'] });
});

test('BACnet that says less than it sends restarts a device all the same', async () => {
  // The length says 17 octets; the password (clause 16.4) ends with the twenty-fifth.
  const reinitialise = hex('810a 0011 0104 0005 01 14 0906 1d 0b 00 6d61696e7461696e 3031');
  const { conversations } = await heard([reinitialise, reinitialise].map((payload, i) => datagram(47_808, 47_808, payload, i)));
  expect(spoken(conversations)).toEqual({ '10.0.0.1 > 10.0.0.2:47808': ['20: 2+0'] });
  // On another port nothing but the length speaks for it.
  const elsewhere = await heard([reinitialise, reinitialise].map((payload, i) => datagram(47_808 + 1, 47_808 + 2, payload, i)));
  expect(spoken(elsewhere.conversations)).toEqual({ '10.0.0.1 > 10.0.0.2:47810': [] });
});

test('a FINS command that no manual lists is counted as what it is, and what is none is told', async () => {
  const command = (code: string): Uint8Array => hex(`800002 000000 000000 7a ${code} 8000`);
  const { conversations, sensor } = await heard([command('0101'), command('0f10'), command('0403'), ascii('CX-Programmer')].map((payload, i) => datagram(9600, 9600, payload, i)));
  expect(spoken(conversations)).toEqual({ '10.0.0.1 > 10.0.0.2:9600': [`${0x0101}: 1+0`, `${0x0403}: 1+0`, `${0x0f10}: 1+0`] });
  expect(sensor.counters).toEqual({ 'malformed.fins.not-a-message': 1 });
});

test('who serves on a port and sends to a group from it asks the group: nobody is asked by one', async () => {
  const from = (client: string, server: string, payload: string, id: number): Uint8Array =>
    ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', ETHERTYPE.ipv4, udpPacket({ from: client, to: server, ttl: 16, id }, 3671, 3671, hex(payload)));
  // KNXnet/IP: an interface answers a connect, and routes a telegram of the bus to all others (03_08_05 clause 2).
  const { conversations } = await heard([
    from('10.0.0.1', '10.0.0.9', '0610 0205 001a 0801 0a000001 0e57 0801 0a000001 0e57 0404 0200', 1),
    from('10.0.0.9', '10.0.0.1', '0610 0206 0014 0100 0801 0a000009 0e57 0404 1101', 2),
    from('10.0.0.9', '224.0.23.12', '0610 0530 0011 2900 bce0 1101 0a03 01 0081', 3),
    from('10.0.0.9', '255.255.255.255', '0610 0530 0011 2900 bce0 1101 0a03 01 0081', 4),
  ]);
  expect(Object.keys(spoken(conversations)).sort()).toEqual(['10.0.0.1 > 10.0.0.9:3671', '10.0.0.9 > 224.0.23.12:3671', '10.0.0.9 > 255.255.255.255:3671']);
});
