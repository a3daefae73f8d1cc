/** Kinds of group addresses, as asset inference tells them from devices. */
import { describe, expect, it } from 'vitest';
import { compareAddresses, specialAddressKind } from '../../src/infer/address-order.ts';

describe('specialAddressKind', () => {
  it.each([
    ['ff02::1', 'multicast'], ['FF05::2', 'multicast'], ['ff0e:0:0:0:0:0:0:101', 'multicast'],
    ['ff::1', null], ['ff:2::1', null], ['fff::1', null], ['fe80::1', null], ['2001:db8::ff02', null], ['::', 'unspecified'],
    ['ff:ff:ff:ff:ff:ff', 'broadcast'], ['01:80:c2:00:00:0e', 'multicast'], ['00:1d:9c:20:01:10', null], ['00:00:00:00:00:00', 'unspecified'],
    ['224.0.0.251', 'multicast'], ['239.255.0.1', 'multicast'], ['255.255.255.255', 'broadcast'], ['0.0.0.0', 'unspecified'], ['10.0.0.1', null],
  ])('%s: %s', (address, kind) => {
    expect(specialAddressKind(address)).toBe(kind);
  });
});

it('addresses are in order by number: IPv4, IPv6 however it is shortened, MAC', () => {
  const ascending = ['9.0.0.1', '10.0.0.9', '10.0.0.10', '::9', '::10', 'fd00::9', 'fd00::10', 'fd00:0:0:1::', 'fe80::1', '00:00:00:00:00:09', '00:00:00:00:00:10'];
  expect(ascending.toReversed().toSorted(compareAddresses)).toEqual(ascending);
});
