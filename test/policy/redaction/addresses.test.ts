/** The redacted address map: order, common prefixes, and what an address means to inference stay; the address goes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupAddressKind, isPrivateAddress, isPublicAddress, isVirtualRouterMac, subnetOf } from '../../../src/net/address-kinds.ts';
import { compareAddresses, parseSpan, setContains } from '../../../src/net/address-set.ts';
import { ipv4Text } from '../../../src/net/address-text.ts';
import { vendorOf } from '../../../src/net/oui.ts';
import { mapAddresses } from '../../../src/policy/redaction/addresses.ts';

const commonPrefix = (a: string, b: string): number => {
  const [x, y] = [parseSpan(a)!, parseSpan(b)!];
  return x.first === y.first ? -1 : (x.first ^ y.first).toString(2).length;
};

const ipv4 = fc.oneof(
  fc.integer().map((word) => ipv4Text(word)),
  fc.tuple(fc.constantFrom('10.20.', '172.20.', '172.200.', '192.168.', '192.170.', '100.70.', '100.200.', '169.254.', '203.0.'), fc.integer({ min: 0, max: 0xffff })).map(([head, tail]) => `${head}${tail >> 8}.${tail & 255}`),
);
const mac = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 }),
  fc.tuple(fc.constantFrom([0x00, 0x1b, 0x1b], [0x8c, 0x1f, 0x64], [0x70, 0xb3, 0xd5], [0x02, 0, 0], [0x33, 0x33, 0xff]), fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 3, maxLength: 3 })).map(([head, tail]) => [...head, ...tail]),
).map((octets) => octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':'));
const ipv6 = fc.tuple(fc.constantFrom('fe80::', 'fd12:3456:789a:1:', '2001:db8:0:1:', 'ff02::1:ff'), fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 1, max: 0xffff }))
  .map(([head, a, b]) => (head.startsWith('ff02') ? `${head}00:${b.toString(16)}` : head.endsWith('::') ? `${head}${a.toString(16)}:${b.toString(16)}` : `${head}0:${a.toString(16)}:0:${b.toString(16)}`));

test.each([['IPv4', ipv4], ['IPv6', ipv6], ['MAC', mac]] as const)('%s: order and the length of every common prefix stay', (_, arbitrary) => {
  fc.assert(fc.property(fc.uniqueArray(arbitrary, { minLength: 2, maxLength: 40 }), (addresses) => {
    const map = mapAddresses(new Set(addresses));
    for (const a of addresses) {
      for (const b of addresses) {
        const [x, y] = [map.span(a)!, map.span(b)!];
        expect(Math.sign(Number(parseSpan(x)!.first - parseSpan(y)!.first))).toBe(Math.sign(Number(parseSpan(a)!.first - parseSpan(b)!.first)));
        expect(commonPrefix(x, y)).toBe(commonPrefix(a, b));
      }
    }
  }), { numRuns: 60 });
});

test('what an address means to inference stays: private, public, group, neighbour, vendor, virtual router', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.oneof(ipv4, ipv6, mac), { minLength: 1, maxLength: 40 }), (addresses) => {
    const map = mapAddresses(new Set(addresses));
    for (const address of addresses) {
      const mapped = map.span(address)!;
      expect(isPrivateAddress(mapped), address).toBe(isPrivateAddress(address));
      expect(isPublicAddress(mapped), address).toBe(isPublicAddress(address));
      expect(groupAddressKind(mapped), address).toBe(groupAddressKind(address));
      expect(isVirtualRouterMac(mapped)).toBe(isVirtualRouterMac(address));
      expect(vendorOf(mapped)).toBe(vendorOf(address));
      for (const other of addresses) {
        expect(subnetOf(map.span(other)!) === subnetOf(mapped)).toBe(subnetOf(other) === subnetOf(address));
        if (parseSpan(address)!.family === 'ipv4' && parseSpan(other)!.family === 'ipv4') expect(Math.sign(compareAddresses(map.span(other)!, mapped))).toBe(Math.sign(compareAddresses(other, address)));
      }
    }
  }), { numRuns: 100 });
});

test('a device of the first vendor number is not replaced by the address that nobody has', () => {
  expect(mapAddresses(new Set(['00:00:00:00:00:01'])).span('00:00:00:00:00:01')).not.toBe('00:00:00:00:00:00');
});

test('prefixes stay prefixes of their length and ranges ranges, with the same addresses in them', () => {
  const spans = ['10.20.0.0/16', '10.20.16.0/20', '10.20.4.128/26', '10.20.4.10-10.20.4.30', '0.0.0.0/0', 'fd12::/16', 'fd12:3456::/32'];
  fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 30 }), (tails) => {
    const addresses = tails.map((tail) => `10.20.${tail >> 8}.${tail & 255}`);
    const map = mapAddresses(new Set([...addresses, ...spans]));
    for (const span of spans) {
      const mapped = map.span(span)!;
      expect(mapped.split('/')[1]).toBe(span.split('/')[1]);
      for (const address of addresses) expect(setContains([parseSpan(mapped)!], parseSpan(map.span(address)!)!)).toBe(setContains([parseSpan(span)!], parseSpan(address)!));
    }
  }), { numRuns: 60 });
});

test('no address becomes itself by chance, and none that stays says anything of the plant', () => {
  const flat = Array.from({ length: 200 }, (_, i) => `192.168.0.${i + 1}`);
  const map = mapAddresses(new Set([...flat, '192.168.0.0/24', '02:00:00:00:00:01', '224.0.0.251', '01:80:c2:00:00:0e', '127.0.0.1', '::1', 'ff02::fb', '::ffff:10.1.2.3', '10.1.2.3']));
  for (const address of flat) expect(map.span(address)).not.toBe(address);
  for (const address of ['02:00:00:00:00:01', '::ffff:10.1.2.3']) expect(map.span(address)).not.toBe(address);
  for (const address of ['224.0.0.251', '01:80:c2:00:00:0e', '127.0.0.1', '::1', 'ff02::fb']) expect(map.span(address)).toBe(address);
  expect(parseSpan(map.span('::ffff:10.1.2.3')!)!.first & 0xffff_ffffn).toBe(parseSpan(map.span('10.1.2.3')!)!.first);
});
