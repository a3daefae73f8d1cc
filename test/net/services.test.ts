import { describe, expect, it } from 'vitest';
import { etherTypeName, listensRather, isWellKnownServerPort, serverPortRank, serviceByPort } from '../../src/net/services.ts';

describe('services by port', () => {
  it.each([
    ['tcp', 502, 'modbus'],
    ['tcp', 102, 's7comm'],
    ['udp', 2222, 'enip-io'],
    ['udp', 1502, 'tristation'],
    ['tcp', 5450, 'pi'],
    ['tcp', 445, 'smb'],
    ['tcp', 514, 'shell'],
    ['udp', 514, 'syslog'],
    ['udp', 123, 'ntp'],
    ['tcp', 6379, 'redis'],
    ['tcp', 10051, 'zabbix-trapper'],
  ] as const)('%s %i is %s', (transport, port, name) => {
    expect(serviceByPort(transport, port)).toBe(name);
  });

  it('says nothing of ports that nobody registered', () => {
    expect(serviceByPort('tcp', 49999)).toBeNull();
    expect(serviceByPort('udp', 4)).toBeNull();
    expect(serverPortRank('tcp', 60000)).toBe(0);
  });

  it('ranks our own ports above system ports above registered ones', () => {
    expect(serverPortRank('tcp', 44818)).toBe(3);
    expect(serverPortRank('tcp', 7)).toBe(2);
    expect(serverPortRank('tcp', 6379)).toBe(1);
    expect(isWellKnownServerPort('tcp', 6379)).toBe(false);
    expect(isWellKnownServerPort('udp', 47808)).toBe(true);
  });

  it('of two ports without a name, the one that a product listens on is the server’s, else the lower one', () => {
    expect(listensRather(49_320, 33_001)).toBe(true);
    expect(listensRather(33_001, 49_320)).toBe(false);
    expect(listensRather(33_001, 49_321)).toBe(true);
    expect(listensRather(62_541, 49_320)).toBe(false);
  });

  it('names EtherTypes of the plant floor', () => {
    expect([0x8892, 0x88b8, 0x88ba, 0x88a4, 0x88ab, 0x88e3, 0x88f7, 0x88cc, 0x0806].map(etherTypeName)).toEqual(['profinet-rt', 'goose', 'sv', 'ethercat', 'powerlink', 'mrp', 'ptp', 'lldp', 'arp']);
    expect(etherTypeName(0x1234)).toBeNull();
  });
});
