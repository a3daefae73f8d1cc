import { describe, expect, it } from 'vitest';
import { proposeZones } from '../../src/infer/zones.ts';
import { inferAssets } from '../../src/infer/assets.ts';
import { classifyVendor } from '../../src/infer/vendor-class.ts';
import { type Host, mac, type Sketch, sketchPlant, vendorOf } from './plant-sketch.ts';

const assetsOf = (hosts: readonly Host[], sketches: readonly Sketch[] = []) => inferAssets(sketchPlant(hosts, sketches), vendorOf).assets;

describe('assets from addresses', () => {
  it('joins IPv4 and IPv6 on one MAC', () => {
    const [asset, ...rest] = assetsOf([{ address: '10.0.0.1', mac: mac('pc', 1) }, { address: 'fe80::1', mac: mac('pc', 1) }]);
    expect(rest).toEqual([]);
    expect(asset).toMatchObject({ id: '10.0.0.1', addresses: ['10.0.0.1', 'fe80::1'], vendor: 'Dell Inc.', vendorClass: 'pc' });
  });

  it('takes one MAC with many addresses for a router and keeps the devices behind it apart', () => {
    const hosts = [1, 2, 3, 4, 5].map((last) => ({ address: `10.0.9.${last}`, mac: mac('network', 1) }));
    const assets = assetsOf(hosts);
    expect(assets).toHaveLength(5);
    expect(assets.every((asset) => asset.behindRouter && asset.vendor === null)).toBe(true);
    expect(assets[0].notes[0]).toMatchObject({ kind: 'router-mac' });
  });

  it('takes the link address through which others are seen for the router itself, whatever names came through it', () => {
    const router = mac('network', 1);
    const behind = [1, 2, 3, 4, 5].map((last) => ({ address: `10.0.9.${last}`, mac: router }));
    const names = ['PLC01', 'PLC02'].map((name) => ['lldp.systemName', name] as const);
    const assets = assetsOf([...behind, { address: router, mac: router, facts: names }, { address: mac('pc', 1), mac: mac('pc', 1) }], [{ client: router, server: mac('pc', 1), service: 'profinet-rt' }]);
    expect(assets.find(({ addresses }) => addresses.includes(router))).toMatchObject({ id: router, router: true, behindRouter: false, vendorClass: 'network' });
    expect(assets.filter((asset) => asset.router)).toHaveLength(1);
    expect(assets.filter((asset) => asset.behindRouter)).toHaveLength(5);
  });

  it('takes a card for a router\'s where addresses that are at home on cards of their own are heard through it too, and a node of a cluster for none', () => {
    const [leg, other] = [mac('network', 1), mac('network', 2)];
    const heardOn = (addresses: readonly (readonly [address: string, ...macs: string[]])[]) => {
      const plant = sketchPlant(addresses.map(([address, own]) => ({ address, mac: own })), []);
      const records = plant.addresses.map((record, index) => ({ ...record, macs: addresses[index]!.slice(1).map((card) => ({ ...record.macs[0]!, mac: card })) }));
      return inferAssets({ ...plant, addresses: records }, vendorOf).assets.map((asset) => asset.addresses);
    };
    // Three hosts, listened to before and behind a router with legs in three networks.
    expect(heardOn([['10.0.3.5', mac('pc', 5), leg, other], ['10.0.3.10', mac('pc', 6), leg, other], ['10.0.3.11', mac('pc', 7), leg, other]])).toEqual([['10.0.3.5'], ['10.0.3.10'], ['10.0.3.11']]);
    expect(heardOn([['10.0.3.5', mac('pc', 5), mac('pc', 6)], ['10.0.3.10', mac('pc', 5), mac('pc', 6)]])).toEqual([['10.0.3.5', '10.0.3.10']]);
    expect(heardOn([['10.0.3.5', mac('pc', 5), leg], ['10.0.3.10', mac('pc', 5), leg]])).toEqual([['10.0.3.5', '10.0.3.10']]);
  });

  it('takes two far addresses on one MAC for two devices behind a router', () => {
    const hosts = [{ address: '10.0.9.1', mac: mac('network', 1) }, { address: '10.0.9.2', mac: mac('network', 1) }, { address: '10.0.0.5', mac: mac('pc', 5) }];
    const assets = assetsOf(hosts, ['10.0.9.1', '10.0.9.2'].map((server) => ({ client: '10.0.0.5', server, service: 'modbus', rttMs: 120 })));
    expect(assets.map(({ id }) => id)).toEqual(['10.0.0.5', '10.0.9.1', '10.0.9.2']);
  });

  describe('of a card with several IPv6 addresses', () => {
    const link = [1, 2].map((n) => ({ address: `fd00:1::${n}`, mac: mac('pc', n) }));
    const on = (addresses: readonly string[], days: readonly (readonly [number, number])[] = []): Host[] => addresses.map((address, i) => ({ address, mac: mac('network', 9), firstDay: days[i]?.[0], lastDay: days[i]?.[1] }));
    const count = (hosts: readonly Host[], sketches: readonly Sketch[] = []): number => assetsOf(hosts, sketches).filter(({ macs }) => macs.includes(mac('network', 9))).length;

    it('one that speaks from more prefixes than a link has, or for more hosts of one at once, is a router', () => {
      expect(count(on(['fe80::9', 'fd00:2::1', 'fd00:3::1', 'fd00:4::1', 'fd00:5::1']))).toBe(5);
      expect(count(on(['fd00:1::11', 'fd00:1::12', 'fd00:1::13', 'fd00:1::14']))).toBe(4);
    });

    it('one that has a temporary address after the other is one device', () => {
      const daily = Array.from({ length: 20 }, (_, day) => [day, day + 1] as const);
      expect(count([...link, ...on(['fd00:1::9', ...daily.map((_, day) => `fd00:1::a:${day}`)], [[0, 21], ...daily])])).toBe(1);
    });

    it('one that speaks for many of a prefix of which no other card is, where cards share one, is a router', () => {
      const weekly = [0, 3, 6, 9].map((day) => [day, day] as const);
      const hosts = on(['fd00:2::1', 'fd00:2::2', 'fd00:2::3', 'fd00:2::4'], weekly);
      expect(count([...link, ...hosts])).toBe(4);
      expect(count(hosts)).toBe(1);
    });

    it('one whose addresses are formed from several cards is a router, and one with the card\'s own and a temporary address is not', () => {
      expect(count(on(['fd00:2::21b:1bff:fe00:1', 'fd00:2::21b:1bff:fe00:2']))).toBe(2);
      expect(count(on(['fe80::21b:1bff:fe00:1', 'fd00:2::21b:1bff:fe00:1', 'fd00:3::21b:1bff:fe00:1', 'fd00:2::7']))).toBe(1);
    });

    it('far ones, and public ones of several networks, are behind a router', () => {
      const far = ['fd00:2::1'].map((server) => ({ client: 'fd00:1::1', server, service: 'modbus', rttMs: 120 }));
      expect(count([...link, ...on(['fe80::9', 'fd00:2::1'])], far)).toBe(2);
      expect(count([...link, ...on(['2001:db8:1::1', '2001:db8:2::1'])])).toBe(2);
      expect(count([...link, ...on(['fd00:1::9', '2001:db8:1::9'])])).toBe(1);
    });
  });

  it('takes public IPv6 addresses of several cards on the link for the plant, and others for the Internet', () => {
    const hosts = [1, 2, 3].map((n) => ({ address: `2001:db8:7:1::${n}`, mac: mac('controller', n) }));
    const far = [1, 2, 3, 4].map((n) => ({ address: `2001:db8:${n + 20}::1`, mac: mac('network', 9) }));
    expect(assetsOf([...hosts, ...far]).map(({ external }) => external)).toEqual([false, false, false, true, true, true, true]);
  });

  it('takes two addresses that serve nothing in common for two devices behind a machine\'s router, not for one', () => {
    const client = '10.0.0.5';
    const countAt = (vendor: 'field-gateway' | 'pc', services: readonly string[], hasMoved = false): number => {
      const hosts = ['10.0.9.1', '10.0.9.2'].map((address, index): Host => ({ address, mac: mac(vendor, 1), ...(hasMoved ? { firstDay: index * 8, lastDay: 5 + index * 20 } : {}) }));
      const asked = services.map((service, index): Sketch => ({ client, server: `10.0.9.${index + 1}`, service, days: index === 0 ? [0, 1] : [20, 21] }));
      return assetsOf([...hosts, { address: client, mac: mac('pc', 5) }], asked).length - 1;
    };
    expect(countAt('field-gateway', ['modbus', 'vnc'])).toBe(2);
    expect(countAt('field-gateway', ['modbus', 'modbus'])).toBe(1);
    expect(countAt('field-gateway', ['modbus'])).toBe(1);
    // A cluster has an address for each of its services; a device may be given another address.
    expect(countAt('pc', ['mssql', 'smb'])).toBe(1);
    expect(countAt('field-gateway', ['modbus', 'vnc'], true)).toBe(1);
  });

  it('says of an address that is a different device in each VLAN that it is several, and no redundant pair', () => {
    const plant = sketchPlant([{ address: '10.0.0.1', mac: mac('pc', 1), facts: [['vlan.other-device', '20'], ['vlan.other-device', '9']] }], []);
    const [record] = plant.addresses;
    const { assets } = inferAssets({ ...plant, addresses: [{ ...record, macs: [...record.macs, { ...record.macs[0], mac: mac('pc', 2) }] }] }, vendorOf);
    expect(assets[0].notes).toEqual([{ kind: 'several-devices', sentence: '10.0.0.1 is a different device in each of VLANs 9 and 20: its role, zone and rules are those of all of them together' }]);
  });

  it('and of one that several network cards use at once, as its partner, where no VLAN tells; no role of it is certain', () => {
    const [controller, panel, other] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
    const hosts: Host[] = [{ address: controller, mac: mac('controller', 1) }, { address: panel, mac: mac('panel', 2) }, { address: other, mac: mac('panel', 3) }];
    const operations: Sketch['operations'] = [['Read Holding Registers', 'read', 3], ['Write Single Register', 'write', 6]];
    const plant = sketchPlant(hosts, [panel, other].map((client): Sketch => ({ client, server: controller, service: 'modbus', periodMs: 1000, operations })));
    const twice = { ...plant, addresses: plant.addresses.map((record) => (record.address === other ? record : { ...record, macs: [...record.macs, { ...record.macs[0], mac: record.macs[0].mac.replace(/..$/, 'ee') }] })) };
    const told = (set: typeof plant): (readonly [string, boolean, number])[] =>
      proposeZones(set, { vendorOf, stabilityRuns: 0 }).assets.map(({ id, notes, confidence }) => [id, notes.some(({ kind }) => kind === 'several-devices'), confidence] as const);
    expect(told(plant).map(([, isSeveral, confidence]) => [isSeveral, confidence > 0.9])).toEqual([[false, true], [false, true], [false, true]]);
    expect(told(twice)).toEqual([[controller, true, 0.75], [panel, true, 0.75], [other, false, expect.closeTo(0.99, 1)]]);
  });

  it('follows a device that changed its address', () => {
    const [asset, ...rest] = assetsOf([{ address: '10.0.0.1', mac: mac('pc', 1), lastDay: 5 }, { address: '10.0.0.2', mac: mac('pc', 1), firstDay: 8 }]);
    expect(rest).toEqual([]);
    expect(asset.notes).toContainEqual(expect.objectContaining({ kind: 'dhcp-move' }));
  });

  it('a device has IPv4 and IPv6, whichever was heard first; it has not moved from one to the other', () => {
    const noted = (first: string, second: string): unknown => assetsOf([{ address: first, mac: mac('pc', 1), lastDay: 5 }, { address: second, mac: mac('pc', 1), firstDay: 8 }]).map(({ notes }) => notes);
    expect(noted('10.0.0.1', 'fd00::1')).toEqual([[{ kind: 'several-addresses', sentence: '10.0.0.1 and fd00::1 answer from one MAC (IPv4 and IPv6)' }]]);
    expect(noted('fd00::1', '10.0.0.1')).toEqual(noted('10.0.0.1', 'fd00::1'));
    expect(noted('fe80::1', 'fd00::1')).toEqual([[{ kind: 'several-addresses', sentence: 'fd00::1 and fe80::1 answer from one MAC' }]]);
  });

  it('finds a host with two network cards by its name', () => {
    const hosts = [{ address: '10.0.1.1', mac: mac('pc', 1), facts: [['netbios.name', 'SRV1']] as const }, { address: '10.0.2.1', mac: mac('pc', 2), facts: [['netbios.name', 'SRV1']] as const }];
    const [asset, ...rest] = assetsOf(hosts);
    expect(rest).toEqual([]);
    expect(asset).toMatchObject({ id: 'SRV1', addresses: ['10.0.1.1', '10.0.2.1'] });
    expect(asset.notes[0].kind).toBe('dual-homed');
  });

  it('one network card with addresses of two networks joins nothing', () => {
    const hosts = ['fd00:1::1', '2001:db8::1'].map((address) => ({ address, mac: mac('pc', 1), facts: [['netbios.name', 'SRV1']] as const }));
    expect(assetsOf(hosts).map(({ notes }) => notes.map(({ kind }) => kind))).toEqual([['several-addresses']]);
  });

  it('does not believe a product\'s default name', () => {
    const facts = [['opcua.applicationUri', 'urn:server:app']] as const;
    expect(assetsOf([{ address: '10.0.1.1', mac: mac('pc', 1), facts }, { address: '10.0.2.1', mac: mac('pc', 2), facts }]).map(({ id }) => id)).toEqual(['10.0.1.1', '10.0.2.1']);
  });

  it('shows the name that a device has in SNMP, Fox or KNX, where it says no other', () => {
    const named = (...facts: readonly (readonly [string, string])[]): readonly string[] => assetsOf([{ address: '10.0.0.1', mac: mac('network', 1), facts }])[0].names;
    expect(named(['snmp.name', 'SW-HALL-3'])).toEqual(['SW-HALL-3']);
    expect(named(['snmp.name', 'SW-HALL-3.plant.example'], ['lldp.name', 'SW-HALL-3'])).toEqual(['SW-HALL-3']);
    expect(named(['fox.station', 'Boiler_House'], ['knx.name', 'device'])).toEqual(['Boiler_House']);
  });

  it('never takes a name that a terminal could stumble over for an id', () => {
    expect(assetsOf([{ address: '10.0.1.1', mac: mac('pc', 1), facts: [['netbios.name', 'A\u001b[31m']] }])[0]).toMatchObject({ id: '10.0.1.1', names: [] });
  });

  it('takes for a device who is answered for long although it was never heard: the mirror shows one direction', () => {
    const heardFrom = (packets: number): readonly string[] => {
      const set = sketchPlant([{ address: '10.0.0.2', mac: mac('controller', 2) }], [{ client: '10.0.0.9', server: '10.0.0.2', service: 'modbus' }]);
      const conversations = set.conversations.map((one) => ({ ...one, sessions: 2, packets: { toServer: 0, toClient: packets } }));
      return inferAssets({ ...set, conversations }, vendorOf).assets.map(({ id }) => id);
    };
    expect(heardFrom(100)).toEqual(['10.0.0.2', '10.0.0.9']);
    // SYN-ACKs to a forged sender.
    expect(heardFrom(12)).toEqual(['10.0.0.2']);
  });

  it('knows virtual router addresses', () => {
    expect(assetsOf([{ address: '10.0.1.1', mac: '00:00:5e:00:01:0a' }])[0]).toMatchObject({ behindRouter: true, notes: [expect.objectContaining({ kind: 'virtual-router' })] });
  });
});

describe('vendor classes by the registry\'s spelling', () => {
  it.each([
    ['Rockwell Automation', 'controller'],
    ['Allen-Bradley', 'controller'],
    ['Siemens AG', 'controller'],
    ['Siemens Mobility Limited', 'controller'],
    ['Siemens Mobile Phones', 'pc'],
    ['TELEMECANIQUE ELECTRIQUE', 'controller'],
    ['HIMA PAUL HILDEBRANDT GmbH Co. KG', 'safety'],
    ['Himax Technologies, Inc', null],
    ['Hirschmann Automation and Control GmbH', 'network'],
    ['MOXA TECHNOLOGIES CORP., LTD.', 'field-gateway'],
    ['Dell Inc.', 'pc'],
    ['VMware, Inc.', 'virtual'],
    ['Weintek Labs. Inc.', 'panel'],
    ['Zebra Technologies Inc', 'mobile'],
    ['Axis Communications AB', 'camera'],
    ['Intelligent Platforms, LLC.', 'controller'],
    ['Hitachi Energy Switzerland Ltd', 'controller'],
    ['Hitachi Data Systems', null],
    ['OPTO-22', 'controller'],
    ['Tridium, Inc.', 'controller'],
    ['FISHER & PAYKEL PRODUCTION', null],
    ['Privacy Labs', null],
    ['Nobody Ltd', null],
    [null, null],
  ])('%s is %s', (organisation, expected) => {
    expect(classifyVendor(organisation)).toBe(expected);
  });
});
