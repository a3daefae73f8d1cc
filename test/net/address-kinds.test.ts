import { describe, expect, it } from 'vitest';
import { groupAddressKind, groupSpanKind, isPublicAddress, likelyBroadcasts } from '../../src/net/address-kinds.ts';
import { formatSpan, parseSet } from '../../src/net/address-set.ts';

describe('kinds of addresses', () => {
  it.each([
    ['ff02::1', 'multicast'], ['FF05::2', 'multicast'], ['ff0e:0:0:0:0:0:0:101', 'multicast'],
    ['ff::1', null], ['ff:2::1', null], ['fff::1', null], ['fe80::1', null], ['2001:db8::ff02', null], ['::', 'unspecified'],
    ['ff:ff:ff:ff:ff:ff', 'broadcast'], ['01:80:c2:00:00:0e', 'multicast'], ['00:1d:9c:20:01:10', null], ['00:00:00:00:00:00', 'unspecified'],
    ['224.0.0.251', 'multicast'], ['239.255.0.1', 'multicast'], ['255.255.255.255', 'broadcast'], ['0.0.0.0', 'unspecified'], ['10.0.0.1', null], ['not an address', null],
  ])('%s: %s', (address, kind) => {
    expect(groupAddressKind(address)).toBe(kind);
  });

  it.each([
    ['0.0.0.0/0', null], ['::/0', null], ['0.0.0.0-224.0.0.9', null], ['224.0.0.0-255.255.255.255', null], ['10.0.0.0-255.255.255.255', null], ['10.0.0.0/8', null], ['::-ff02::1', null],
    ['255.255.255.255', 'link'], ['224.0.0.251', 'link'], ['239.192.1.1', 'routed'], ['ff02::1', 'link'], ['ff05::2', 'routed'], ['01:80:c2:00:00:0e', 'link'], ['00:1d:9c:20:01:10', null], ['224.0.0.0/24', 'link'], ['224.0.0.0/4', 'routed'], ['239.1.0.0/16', 'routed'], ['ff02::/16', 'link'], ['ff02::-ff12::1', 'routed'], ['ff00::/8', 'routed'], ['ff05::/16', 'routed'],
  ])('all of %s as a group: %s', (text, kind) => {
    expect(parseSet([text]).map(groupSpanKind)).toEqual([kind]);
  });

  it.each([['10.1.1.10', '10.1.1.255 10.1.255.255 10.255.255.255'], ['10.1.1.0-10.1.2.9', '10.1.1.255 10.1.2.255 10.1.255.255 10.255.255.255'], ['10.1.1.7-10.1.1.255', '10.1.1.255 10.1.255.255 10.255.255.255'], ['192.168.3.4', '192.168.3.255 192.168.255.255'], ['193.1.3.4', '193.1.3.255'], ['fd00::1', ''], ['00:1d:9c:20:01:10', '']])('%s: its link is likely sent to by "%s"', (text, broadcasts) => {
    expect(likelyBroadcasts(parseSet([text])).map(formatSpan).join(' ')).toBe(broadcasts);
  });

  it.each([['8.8.8.8', true], ['10.1.1.1', false], ['172.31.0.1', false], ['172.32.0.1', true], ['fe80::1', false], ['2001:db8::1', true], ['00:1d:9c:20:01:10', false], ['224.0.0.1', false],
    ['223.255.255.255', true], ['240.0.0.1', false], ['0.1.2.3', false], ['255.255.255.255', false], ['64:ff9b::808:808', true], ['::ffff:10.0.0.1', false], ['4000::1', false]])('%s is public: %s', (address, is) => {
    expect(isPublicAddress(address)).toBe(is);
  });
});
