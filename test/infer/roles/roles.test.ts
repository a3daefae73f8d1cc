import { describe, expect, it } from 'vitest';
import type { PlacedAsset, Proposal } from '../../../src/infer/proposal.ts';
import { type Host, mac, type Sketch } from '../plant-sketch.ts';
import { assetAt, CONTROLLERS, HOSTS, propose, rolesOf, SKETCHES, withMore } from '../small-plant.ts';

/** The small plant as it is where operators write in words that nobody reads. */
const UNWRITTEN = SKETCHES.map((sketch): Sketch => (sketch.client === '10.1.0.11' ? sketch : { ...sketch, operations: [['Read Holding Registers', 'read', 3]] }));
const shareData = (client: string, server: string): Sketch => ({ client, server, service: '', transport: 'udp', port: 18246, periodMs: 50 });

describe('a safety controller is told by contrast', () => {
  it('not by fast datagrams between controllers that operators run, as the halves of redundant pairs exchange them', () => {
    const pair = CONTROLLERS.slice(0, 2);
    expect(rolesOf(withMore([], [shareData(pair[0], pair[1])]), pair)).toEqual(['plc', 'plc']);
  });

  it('not by datagrams that most controllers exchange, as they share global data', () => {
    const proposal = propose(HOSTS, [...UNWRITTEN, ...[0, 2, 4].map((at) => shareData(CONTROLLERS[at], CONTROLLERS[at + 1]))]);
    expect(new Set(rolesOf(proposal, CONTROLLERS))).toEqual(new Set(['plc']));
  });

  it('but by datagrams of a pair that is read while the others are run, whoever of the two was heard first', () => {
    const pair = ['10.1.0.30', '10.1.0.31'];
    const read = pair.map((server): Sketch => ({ client: '10.1.0.10', server, service: 'modbus', periodMs: 2000 }));
    const proposal = withMore(pair.map((address, index) => ({ address, mac: mac('controller', 30 + index) })), [...read, shareData(pair[1], pair[0])]);
    expect(rolesOf(proposal, pair)).toEqual(['safety-controller', 'safety-controller']);
    expect(assetAt(proposal, pair[0]).evidence.map(({ sentence }) => sentence)).toContain('exchanges fast datagrams with another controller, as few here do, and no operator writes to it');
  });

  it('not by the datagrams of a robot that answers one controller only', () => {
    const robot = '10.1.0.40';
    const proposal = withMore([{ address: robot, mac: mac('controller', 40) }], [{ client: CONTROLLERS[0], server: robot, service: 'modbus', periodMs: 500 }, shareData(robot, CONTROLLERS[0])]);
    expect(rolesOf(proposal, [robot, CONTROLLERS[0]])).not.toContain('safety-controller');
  });

  it('not by a station of its own where operators are not seen to run any controller', () => {
    const station = '10.1.0.12';
    const engineered = CONTROLLERS.slice(0, 2);
    const isOther = (sketch: Sketch): boolean => sketch.client === '10.1.0.11' && engineered.includes(sketch.server);
    const sketches = UNWRITTEN.map((sketch) => (isOther(sketch) ? { ...sketch, client: station } : sketch));
    expect(rolesOf(propose([...HOSTS, { address: station, mac: mac('pc', 12) }], sketches), engineered)).toEqual(['plc', 'plc']);
  });
});

describe('control in a protocol that nobody reads', () => {
  const controllers = ['10.2.0.1', '10.2.0.2', '10.2.0.3', '10.2.0.4'];
  const stations = ['10.2.0.11', '10.2.0.12'];
  const directory = '10.2.0.20';
  const hosts: Host[] = [
    ...controllers.map((address, index): Host => ({ address, mac: mac('controller', index) })),
    ...stations.map((address, index): Host => ({ address, mac: mac('pc', index) })),
    { address: directory, mac: mac('virtual', 20) },
  ];
  const logons = stations.map((client): Sketch => ({ client, server: directory, service: 'kerberos', perDay: 10 }));
  const operate = (service: string, port: number): Sketch[] => stations.flatMap((client) => controllers.map((server): Sketch => ({ client, server, service, port, periodMs: 1000 })));

  it('is what a controller answers in a cycle, and its clients are no office machines', () => {
    const proposal = propose(hosts, [...logons, ...operate('', 55565)]);
    expect(rolesOf(proposal, [...controllers, ...stations])).toEqual(['plc', 'plc', 'plc', 'plc', 'hmi', 'hmi']);
    expect(assetAt(proposal, controllers[0]).evidence.map(({ sentence }) => sentence)).toContain('answers a protocol that was not read for 2 clients');
  });

  it('is told by a port that belongs to one protocol, whatever the vendor of the device', () => {
    const strangers = hosts.map((host): Host => (controllers.includes(host.address) ? { address: host.address } : host));
    expect(rolesOf(propose(strangers, [...logons, ...operate('deltav', 18507)]), [...controllers, ...stations])).toEqual(['plc', 'plc', 'plc', 'plc', 'hmi', 'hmi']);
  });

  it('is not what a computer serves on such a port', () => {
    const server = '10.2.0.30';
    const proposal = propose([...hosts, { address: server, mac: mac('virtual', 30) }], [...logons, ...operate('', 55565), { client: '10.2.0.11', server, service: 'roc-plus', port: 4000, periodMs: 5000 }]);
    expect(assetAt(proposal, server).role).not.toBe('plc');
  });

  it('is what is asked now and then, where it is read: ROC Plus and KNXnet/IP, by their octets', () => {
    const rtu = { address: '10.2.0.40' };
    const asked = (isProven: boolean): string => {
      const poll: Sketch = { client: '10.2.0.11', server: rtu.address, service: 'roc-plus', port: 4000, perDay: 2, operations: [['Request Parameters', 'read', 180]], ...(isProven ? { isProven: true } : {}) };
      return assetAt(propose([...hosts, rtu], [...logons, ...operate('', 55565), poll]), rtu.address).role;
    };
    expect([asked(true), asked(false)]).toEqual(['plc', 'other']);
  });

  it('is not the session of an operator station with a server on an industrial computer', () => {
    const [server, ...others] = controllers;
    const polling = others.map((address): Sketch => ({ client: server, server: address, service: 'modbus', periodMs: 1000, operations: [['Read Holding Registers', 'read', 3], ['Write Single Register', 'write', 6]] }));
    const sessions = stations.map((client): Sketch => ({ client, server, service: '', port: 50123, periodMs: 1000 }));
    expect(rolesOf(propose(hosts, [...logons, ...polling, ...sessions]), [server, ...stations])).toEqual(['hmi', 'hmi', 'hmi']);
  });
});

describe('who leads', () => {
  it('in implicit I/O is the one with more devices, not the one that was heard first', () => {
    const devices = ['10.1.0.51', '10.1.0.52', '10.1.0.53'];
    const frames = devices.map((device, index): Sketch => {
      const ends = index === 0 ? { client: CONTROLLERS[0], server: device } : { client: device, server: CONTROLLERS[0] };
      return { ...ends, service: 'enip-io', transport: 'udp', port: 2222, periodMs: 20 };
    });
    const proposal = withMore(devices.map((address, index): Host => ({ address, mac: mac('controller', 50 + index) })), frames);
    expect(rolesOf(proposal, [CONTROLLERS[0], ...devices])).toEqual(['plc', 'io', 'io', 'io']);
    expect(new Set(devices.map((device) => assetAt(proposal, device).zone))).toEqual(new Set([assetAt(proposal, CONTROLLERS[0]).zone]));
  });

  it('with a single device is the one whom others ask', () => {
    const device = '10.1.0.51';
    const proposal = withMore([{ address: device, mac: mac('controller', 50) }], [{ client: device, server: CONTROLLERS[0], service: 'enip-io', transport: 'udp', port: 2222, periodMs: 20 }]);
    expect(rolesOf(proposal, [CONTROLLERS[0], device])).toEqual(['plc', 'io']);
  });

  it('with a single device is the one that opens the connection, or else the one that asks, whoever was heard first and whoever has more partners', () => {
    const [scanner, adapter, second] = ['10.1.0.51', '10.1.0.52', '10.1.0.53'];
    const unknown = [scanner, adapter, second].map((address): Host => ({ address }));
    const frames = (client: string, server: string): Sketch => ({ client, server, service: 'enip-io', transport: 'udp', port: 2222, periodMs: 20 });
    const asks = (client: string, name: string, code: number): Sketch => ({ client, server: adapter, service: 'enip', port: 44818, isProven: true, operations: [[name, 'browse', code]] });
    const opens = asks(scanner, 'Forward_Open', 1620);
    expect(rolesOf(withMore(unknown, [frames(scanner, adapter), opens]), [scanner, adapter])).toEqual(['plc', 'io']);
    expect(rolesOf(withMore(unknown, [frames(adapter, scanner), opens]), [scanner, adapter])).toEqual(['plc', 'io']);
    const shared = [frames(adapter, scanner), opens, frames(adapter, second), asks(second, 'Large_Forward_Open', 1627)];
    expect(rolesOf(withMore(unknown, shared), [scanner, adapter, second])).toEqual(['plc', 'io', 'plc']);
    const cards = [scanner, adapter].map((address, index): Host => ({ address, mac: mac('controller', 50 + index) }));
    expect(rolesOf(withMore(cards, [frames(adapter, scanner), asks(scanner, 'Get_Attribute_Single', 14)]), [scanner, adapter])).toEqual(['plc', 'io']);
    const connect: Sketch = { client: scanner, server: adapter, service: 'profinet-cm', transport: 'udp', port: 34964, isProven: true, operations: [['Connect', 'control', 0]] };
    expect(rolesOf(withMore(unknown, [{ ...frames(adapter, scanner), service: 'pn-rt', transport: 'eth-0x8892', port: 0 }, connect]), [scanner, adapter])).toEqual(['plc', 'io']);
  });

  it('is the one that drives devices, though nobody was heard asking it; a panel polls what others poll as well', () => {
    const [driver, ...devices] = ['10.1.0.50', '10.1.0.51', '10.1.0.52'];
    const cards = [driver, ...devices].map((address, index): Host => ({ address, mac: mac('controller', 50 + index) }));
    const drives = devices.map((server): Sketch => ({ client: driver, server, service: 'modbus', periodMs: 100 }));
    expect(rolesOf(withMore(cards, drives), [driver, ...devices])).toEqual(['plc', 'io', 'io']);
    const watched = devices.map((server): Sketch => ({ client: '10.1.0.10', server, service: 'modbus', periodMs: 1000 }));
    expect(rolesOf(withMore(cards, [...drives, ...watched]), devices)).toEqual(['plc', 'plc']);
  });

  it('is not answered by a tool that browses: a panel with a driver stays a panel', () => {
    const panel = '10.1.0.54';
    const polls = CONTROLLERS.slice(0, 2).map((server): Sketch => ({ client: panel, server, service: 'modbus', periodMs: 1000 }));
    const browse: Sketch = { client: '10.1.0.11', server: panel, service: 'enip', days: [1, 8, 15, 22], perDay: 5, operations: [['ListIdentity', 'browse', 99], ['Get_Attributes_All', 'read', 1]] };
    expect(rolesOf(withMore([{ address: panel, mac: mac('controller', 54) }], [...polls, browse]), [panel])).toEqual(['hmi']);
  });
});

describe('clients and servers that are no office machines', () => {
  const scada = '10.1.0.10';
  const office = ['10.3.0.1', '10.3.0.2', '10.3.0.3', '10.3.0.4'];
  const directory = '10.3.0.9';
  const officeHosts: Host[] = [...office, directory].map((address, index): Host => ({ address, mac: mac('pc', 200 + index) }));
  const web: Sketch[] = ['34.1.2.3', '34.1.2.4'].flatMap((server) => office.map((client): Sketch => ({ client, server, service: 'https', perDay: 20 })));
  const logons = office.flatMap((client): Sketch[] => ['kerberos', 'dns'].map((service) => ({ client, server: directory, service, perDay: 10 })));
  const readBy = (server: string): Sketch[] => office.map((client) => ({ client, server, service: 'https', perDay: 5 }));
  const withOffice = (hosts: readonly Host[], sketches: readonly Sketch[]): Proposal => withMore([...officeHosts, ...hosts], [...logons, ...web, ...sketches]);
  const screenOf = (hours: number): string => {
    const client = '10.1.0.60';
    return assetAt(withOffice([{ address: client, mac: mac('pc', 60) }], [{ client, server: scada, service: 'rdp', perDay: 5000, hours }]), client).role;
  };

  it('whom instruments publish to is of the plant, whenever they do and wherever it sends that', () => {
    const server = '10.1.0.68';
    const instruments = ['10.1.0.70', '10.1.0.71', '10.1.0.72'];
    const publish = instruments.map((client): Sketch => ({ client, server, service: 'mqtts', port: 8883, perDay: 150 }));
    const proposal = withOffice([{ address: server, mac: mac('pc', 68) }, ...instruments.map((address, index): Host => ({ address, mac: mac('controller', 70 + index) }))], [...publish, { client: server, server: '34.1.2.3', service: 'https', perDay: 20 }]);
    expect(assetAt(proposal, server)).toMatchObject({ role: 'opcua-server', subRole: 'broker' });
  });

  it('a domain controller with a single member is infrastructure', () => {
    const own = '10.1.0.75';
    const proposal = withMore([{ address: own, mac: mac('virtual', 75) }], [{ client: '10.1.0.10', server: own, service: 'kerberos', perDay: 10 }]);
    expect(assetAt(proposal, own)).toMatchObject({ role: 'infrastructure' });
    expect(assetAt(proposal, own).evidence[0].sentence).toBe('serves names and logons to 1 machine');
  });

  it.each(['mssql', 'oracle', 'postgresql', 'mysql'])('who works with a database (%s) is an application, and so is the database', (service) => {
    const [application, database] = ['10.1.0.73', '10.1.0.74'];
    const hosts = [application, database].map((address, index): Host => ({ address, mac: mac('virtual', 73 + index) }));
    const port = { mssql: 1433, oracle: 1521, postgresql: 5432, mysql: 3306 }[service]!;
    const logon: Sketch = { client: application, server: directory, service: 'kerberos', perDay: 10 };
    expect(rolesOf(withOffice(hosts, [logon, { client: application, server: database, service, port, perDay: 500 }]), [application, database])).toEqual(['mes', 'mes']);
  });

  it('an update server hands out to computers: what devices report to may go on to the Internet without being one', () => {
    const server = '10.1.0.53';
    const computers = [1, 2, 3, 4, 5, 6].map((number) => `10.1.0.${number}`);
    const told = (vendor: 'pc' | 'panel', service = 'https', more: readonly Sketch[] = []): PlacedAsset => {
      const clients = computers.map((address, index): Host => ({ address, mac: mac(vendor, index) }));
      const sketches = computers.flatMap((client, index): Sketch[] => [
        { client, server: CONTROLLERS[index], service: 'modbus', periodMs: 1000 },
        { client, server, service, port: 8443, perDay: 4 },
      ]);
      return assetAt(withMore([{ address: server, mac: mac('virtual', 53) }, ...clients], [...sketches, ...more, { client: server, server: '34.1.2.3', service: 'https', perDay: 2 }]), server);
    };
    expect(told('pc')).toMatchObject({ role: 'patch-server', confidence: 0.75, against: [{ rule: 'one-service' }] });
    const records: Sketch = { client: server, server: '10.1.0.10', service: 'mssql', port: 1433, perDay: 500 };
    expect([told('panel'), told('pc', 'mqtts'), told('pc', 'https', [records])].map(({ role }) => role)).not.toContain('patch-server');
  });

  it('a terminal that asks an application of the plant, and nothing of an office', () => {
    const [terminal, application, database] = ['10.1.0.57', '10.1.0.58', '10.1.0.59'];
    const hosts = [{ address: terminal, mac: mac('pc', 57) }, { address: application, mac: mac('virtual', 58) }, { address: database, mac: mac('virtual', 59) }];
    const proposal = withOffice(hosts, [{ client: terminal, server: application, service: 'https', perDay: 400 }, { client: application, server: database, service: 'mssql', perDay: 500 }]);
    expect(rolesOf(proposal, [terminal, office[0]])).toEqual(['other', 'enterprise']);
  });

  it('whom controllers call is of the plant: an application, or the broker to which they publish and whose clients others are', () => {
    const [application, broker, subscriber] = ['10.1.0.54', '10.1.0.55', '10.1.0.56'];
    const hosts = [{ address: application, mac: mac('pc', 54) }, { address: broker, mac: mac('pc', 55) }, { address: subscriber, mac: mac('pc', 56) }];
    const reports = CONTROLLERS.slice(0, 3).flatMap((client): Sketch[] => [{ client, server: application, service: '', port: 2000, periodMs: 1000 }, { client, server: broker, service: 'mqtt', port: 1883, periodMs: 2000 }]);
    const subscribes: Sketch = { client: subscriber, server: broker, service: 'mqtt', port: 1883, periodMs: 1000 };
    const logon = [application, broker, subscriber].flatMap((client): Sketch[] => ['kerberos', 'dns'].map((service) => ({ client, server: directory, service, perDay: 10 })));
    const proposal = withOffice(hosts, [...reports, subscribes, ...logon]);
    expect(rolesOf(proposal, [application, broker, subscriber])).toEqual(['mes', 'opcua-server', 'mes']);
    expect(assetAt(proposal, broker)).toMatchObject({ subRole: 'broker', zone: 'Z-OPS', placement: { reason: 'hands on what the plant publishes' } });
  });

  it('a thin client shows an operator station all shift, an administrator looks in', () => {
    expect(screenOf(0x3fc0)).toBe('hmi');
    expect(screenOf(0x0100)).not.toBe('hmi');
  });

  it('what polls controllers all day stands behind the router whose network card it shows', () => {
    const remote = '172.16.9.5';
    const polls = CONTROLLERS.map((server): Sketch => ({ client: remote, server, service: 'modbus', periodMs: 2000 }));
    expect(assetAt(withMore([{ address: remote, mac: mac('network', 1) }], polls), remote).role).toBe('hmi');
  });

  it('a replica is fed by its historian, also one way through a data diode', () => {
    const [historian, replica] = ['10.1.0.61', '10.3.0.20'];
    const polls = CONTROLLERS.map((server): Sketch => ({ client: historian, server, service: 'modbus', periodMs: 10_000 }));
    const feed: Sketch = { client: historian, server: replica, service: '', transport: 'udp', port: 30500, periodMs: 1000, answered: false };
    const proposal = withOffice([{ address: historian, mac: mac('virtual', 61) }, { address: replica, mac: mac('virtual', 62) }], [...polls, feed, ...readBy(replica)]);
    expect(assetAt(proposal, replica)).toMatchObject({ role: 'historian', subRole: 'replica', zone: 'Z-DMZ' });
  });

  it('a replica stands in the DMZ for one reader of the office, and not for one of the plant as well or for none', () => {
    const [historian, replica, operator] = ['10.1.0.61', '10.3.0.20', '10.1.0.10'];
    const polls = CONTROLLERS.map((server): Sketch => ({ client: historian, server, service: 'modbus', periodMs: 10_000 }));
    const feed: Sketch = { client: historian, server: replica, service: 'pi', periodMs: 1000 };
    const placedWith = (...readers: readonly Sketch[]): { zone: string; reason: string } => {
      const { zone, placement } = assetAt(withOffice([{ address: historian, mac: mac('virtual', 61) }, { address: replica, mac: mac('virtual', 62) }], [...polls, feed, ...readers]), replica);
      return { zone, reason: placement.reason };
    };
    const [first] = readBy(replica);
    expect(placedWith(first)).toEqual({ zone: 'Z-DMZ', reason: 'a replica: reads no controller, read by 1 office machine' });
    expect(placedWith(first, { ...first, client: operator })).toEqual({ zone: 'Z-OPS', reason: 'a replica that the plant reads as well' });
    expect(placedWith()).toEqual({ zone: 'Z-OPS', reason: 'a replica that nobody of the office was heard to read' });
  });

  it('an application whose peers are of the office alone is the office\'s, be they two', () => {
    const server = '10.3.0.21';
    const zoneWith = (...more: readonly Sketch[]): string => assetAt(withOffice([{ address: server, mac: mac('virtual', 63) }], [...readBy(server).slice(0, 2), ...more]), server).zone;
    expect(zoneWith()).toBe('Z-ENT');
    expect(zoneWith(...['10.1.0.10', '10.1.0.11'].map((client): Sketch => ({ client, server, service: 'https', perDay: 20 })))).toBe('Z-OPS');
  });

  it('a station operates through the aggregation server that it writes through', () => {
    const [aggregator, station] = ['10.1.0.62', '10.1.0.63'];
    const polls = CONTROLLERS.map((server): Sketch => ({ client: aggregator, server, service: 'modbus', periodMs: 1000 }));
    const operate: Sketch = { client: station, server: aggregator, service: 'opcua', periodMs: 1000, operations: [['Publish', 'read', 826], ['Write', 'write', 673]] };
    const logs = [aggregator, station].map((client): Sketch => ({ client, server: directory, service: 'kerberos' }));
    const proposal = withMore([{ address: directory, mac: mac('pc', 209) }, { address: aggregator, mac: mac('virtual', 62) }, { address: station, mac: mac('virtual', 63) }], [...polls, operate, ...logs]);
    expect(rolesOf(proposal, [aggregator, station])).toEqual(['opcua-server', 'hmi']);
  });

  it('a server that writes though its clients are seen not to is operated itself, and no aggregation server', () => {
    const [server, client] = ['10.1.0.66', '10.1.0.67'];
    const polls = CONTROLLERS.map((target): Sketch => ({ client: server, server: target, service: 'modbus', periodMs: 1000, operations: [['Read Holding Registers', 'read', 3], ['Write Single Register', 'write', 6]] }));
    const logs: Sketch[] = [server, client].map((member) => ({ client: member, server: directory, service: 'kerberos' }));
    const roleOf = (mode: string): string => {
      const asked: Sketch = { client, server, service: 'opcua', periodMs: 5000, operations: [['Publish', 'read', 826]], facts: [['opcua.mode', mode]] };
      return assetAt(withMore([{ address: directory, mac: mac('pc', 209) }, { address: server, mac: mac('virtual', 66) }, { address: client, mac: mac('virtual', 67) }], [...polls, ...logs, asked]), server).role;
    };
    expect([roleOf('None'), roleOf('SignAndEncrypt')]).toEqual(['hmi', 'opcua-server']);
  });

  it('a server that polls controllers is of the plant, however many office machines look at its pages', () => {
    const server = '10.1.0.64';
    const polls = CONTROLLERS.map((target): Sketch => ({ client: server, server: target, service: 'modbus', periodMs: 30_000 }));
    const logon: Sketch = { client: server, server: directory, service: 'kerberos', perDay: 10 };
    expect(assetAt(withOffice([{ address: server, mac: mac('virtual', 64) }], [...polls, logon, ...readBy(server)]), server).role).not.toBe('enterprise');
  });

  it('a computer that administers controllers over HTTPS is an engineering station, whatever directory it belongs to', () => {
    const station = '10.1.0.65';
    const pages = CONTROLLERS.slice(0, 3).map((server): Sketch => ({ client: station, server, service: 'https', days: [2, 9, 16, 23], perDay: 4 }));
    const asks: Sketch = { client: station, server: CONTROLLERS[0], service: 'modbus', days: [2, 16], perDay: 3 };
    const logon = ['kerberos', 'dns'].map((service): Sketch => ({ client: station, server: directory, service, perDay: 10 }));
    expect(assetAt(withOffice([{ address: station, mac: mac('pc', 65) }], [...logon, ...pages, asks]), station).role).toBe('engineering-workstation');
  });
});

describe('a network card of a vendor of gateways and switches', () => {
  const device = '10.1.0.80';
  const roleOf = (sketches: readonly Sketch[]): string => assetAt(withMore([{ address: device, mac: mac('field-gateway', 80) }], sketches), device).role;
  const asked: Sketch = { client: '10.1.0.10', server: device, service: '', port: 4305, perDay: 60 };

  it('is that of a device server where a port of its own is asked, and of a switch where it is managed', () => {
    expect(roleOf([asked])).toBe('io');
    expect(roleOf([asked, { client: '10.1.0.11', server: device, service: 'ssh', days: [3, 9] }, { client: '10.1.0.11', server: device, service: 'snmp', perDay: 200 }])).toBe('network-device');
    expect(roleOf([{ client: '10.1.0.11', server: device, service: 'http', days: [3, 9] }])).toBe('network-device');
  });
});
