/** Frames made from nothing: a checksum that a receiver takes. */
import { expect, test } from 'vitest';
import { udpDatagram } from '../../../src/export/targets/frame-writer.ts';

/** RFC 768 and RFC 1071: all of a good datagram, its pseudo-header included, adds up to 65535. */
const sumOf = (octets: readonly number[]): number => {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) sum += ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
};

test.each([['IPv4', '10.20.0.2', '10.30.0.2', 26, 20], ['IPv6', 'fd20::2', 'fd30::2', 22, 40]] as const)('%s: a UDP checksum is never 0, which means that there is none', (_, client, server, addressesAt, headerLength) => {
  const checksums = new Set<number>();
  // Every sum there is comes up once.
  for (let word = 0; word < 65_536; word++) {
    const frame = udpDatagram({ ip: client, port: 1024 }, { ip: server, port: 161 }, Uint8Array.of(word >> 8, word & 255));
    const datagram = [...frame.subarray(14 + headerLength)];
    const checksum = (datagram[6] << 8) | datagram[7];
    checksums.add(checksum);
    if (word % 4096 === 0 || checksum === 0xffff) expect(sumOf([...frame.subarray(addressesAt, 14 + headerLength), 0, 17, 0, datagram.length, ...datagram])).toBe(0xffff);
  }
  expect(checksums.has(0)).toBe(false);
  expect(checksums.has(0xffff)).toBe(true);
});
