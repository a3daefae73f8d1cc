import { describe, expect, it } from 'vitest';
import { vendorOf } from '../../src/net/oui.ts';

describe('vendor of a MAC address', () => {
  it.each([
    ['00:1d:9c:20:01:10', 'Rockwell'],
    ['00-1B-1B-12-34-56', 'Siemens'],
    ['0000.5400.0001', 'Schneider'],
    ['00:00:0c:07:ac:01', 'Cisco'],
  ])('%s is of %s', (mac, vendor) => {
    expect(vendorOf(mac)).toContain(vendor);
  });

  it('takes the longest prefix: 28 bits before the block that was divided', () => {
    expect(vendorOf('c8:5c:e2:7a:bc:de')).toMatch(/synergy/i);
    expect(vendorOf('c8:5c:e2:7f:ff:ff')).toMatch(/synergy/i);
  });

  it.each(['02:1d:9c:20:01:10', '01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff', '00:1d:9c', 'not a mac', '', '181.212.238.255', '001d9c200110', '00:1d-9c:20:01:10'])('%s has none', (mac) => {
    expect(vendorOf(mac)).toBeNull();
  });
});

it('no link address at all is of no vendor', () => {
  expect(vendorOf('00:00:00:00:00:00')).toBeNull();
  expect(vendorOf('00:00:00:00:00:72')).toMatch(/xerox/i);
});
