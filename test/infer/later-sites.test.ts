/** Roles and certainty on sites drawn after the method was made: DCS, signalling, buildings, telecontrol, OPC classic, applications. */
import { describe, expect, it } from 'vitest';
import type { PlacedAsset, Proposal } from '../../src/infer/proposal.ts';
import { everyDay, type Host, mac, type Sketch } from './plant-sketch.ts';
import { assetAt, both, CONTROLLERS, HOSTS, OPERATES, PROGRAMS, propose, rolesOf, SCADA, SKETCHES, withMore } from './small-plant.ts';

describe('certainty', () => {
  const [package_, laptop] = ['10.1.0.40', '10.1.0.41'];
  const hosts: Host[] = [{ address: package_, mac: mac('controller', 40) }, { address: laptop, mac: mac('pc', 41) }];
  const read: Sketch = { client: CONTROLLERS[0], server: package_, service: 'modbus', periodMs: 1000 };
  const looked: Sketch = { client: SCADA, server: package_, service: 'modbus', periodMs: 2000 };
  const engineered: Sketch = { client: laptop, server: package_, service: 'modbus', days: [1, 5, 9, 13, 17, 21], perDay: 5, operations: PROGRAMS };

  it('a safety controller told by contrast alone is never said with certainty, one told by its vendor is', () => {
    const proposal = withMore(hosts, [read, looked, engineered]);
    const told = assetAt(proposal, package_);
    expect(told.role).toBe('safety-controller');
    expect(told.confidence).toBeLessThanOrEqual(0.75);
    expect(told.against[0]).toMatchObject({ rule: 'by-contrast', points: 0 });
    expect(assetAt(proposal, '10.1.0.20')).toMatchObject({ role: 'safety-controller' });
    expect(assetAt(proposal, '10.1.0.20').confidence).toBeGreaterThan(0.95);
  });

  it('a controller that is programmed and never run, as the others are, may be a safety controller', () => {
    const programmed = SKETCHES.filter(({ client }) => client === '10.1.0.11').slice(0, 1).map((sketch) => ({ ...sketch, server: package_ }));
    const told = assetAt(withMore(hosts.slice(0, 1), [read, looked, ...programmed]), package_);
    expect(told.role).toBe('plc');
    expect(told.confidence).toBeLessThanOrEqual(0.75);
    expect(told.against[0]).toMatchObject({ rule: 'never-run' });
  });

  it('in a few days, what a controller that is only read is for has not shown', () => {
    const after = (days: number): PlacedAsset => assetAt(propose([...HOSTS, ...hosts.slice(0, 1)], [...SKETCHES.filter((sketch) => sketch.days === undefined), read, looked].map((sketch) => ({ ...sketch, days: everyDay(days) })), days), package_);
    expect(after(3).confidence).toBeLessThanOrEqual(0.85);
    expect(after(3).against[0].sentence).toContain('was heard for 3 days only');
    expect(after(20).confidence).toBeGreaterThan(0.95);
  });
});

describe('control in a protocol that nobody reads', () => {
  const stations = ['10.2.0.11', '10.2.0.12'];
  const primaries = ['10.2.0.1', '10.2.0.2', '10.2.0.3'];
  const asked = stations.flatMap((client) => primaries.map((server): Sketch => ({ client, server, service: '', port: 55555, periodMs: 1000 })));
  const cards = (addresses: readonly string[], vendor: 'controller' | 'pc', from: number): Host[] => addresses.map((address, index) => ({ address, mac: mac(vendor, from + index) }));
  const hosts = [...cards(primaries, 'controller', 1), ...cards(stations, 'pc', 11)];

  it('the standby of a redundant pair is a controller, and no I/O of the one it mirrors', () => {
    const [standby, card] = ['10.2.0.5', '10.2.0.7'];
    const more = [...hosts, ...cards([standby, card], 'controller', 5)];
    // The primary asks others as well, and so its own port is not known for control.
    const drives: Sketch = { client: primaries[0], server: card, service: 'modbus', periodMs: 100 };
    const mirrored = both(primaries[0], standby, { service: '', transport: 'udp', port: 18515, periodMs: 100 });
    expect(rolesOf(propose(more, [...asked, drives, ...mirrored]), [primaries[0], standby, card])).toEqual(['plc', 'plc', 'io']);
    expect(rolesOf(propose(more, [...asked, drives, mirrored[0]]), [primaries[0], standby, card])).toEqual(['plc', 'io', 'io']);
  });

  it('a controller that reads a package is told by its like', () => {
    const package_ = '10.2.0.6';
    const reads: Sketch = { client: primaries[0], server: package_, service: 'modbus', periodMs: 1000 };
    expect(rolesOf(propose([...hosts, ...cards([package_], 'controller', 6)], [...asked, reads]), primaries)).toEqual(['plc', 'plc', 'plc']);
  });

  it('what one asks several devices of any make at such a pace is I/O, and the one a controller; a computer that does so is none', () => {
    const devices = ['10.2.0.21', '10.2.0.22', '10.2.0.23'];
    const driver = '10.2.0.20';
    const drives = devices.map((server): Sketch => ({ client: driver, server, service: '', transport: 'udp', port: 48000, periodMs: 200 }));
    const proposal = (host: Host): Proposal => propose([...hosts, host, ...devices.map((address) => ({ address }))], [...asked, ...drives]);
    expect(rolesOf(proposal({ address: driver }), [driver, ...devices])).toEqual(['plc', 'io', 'io', 'io']);
    expect(rolesOf(proposal({ address: driver, mac: mac('pc', 20) }), [driver, ...devices])).toEqual(['other', 'other', 'other', 'other']);
  });
});

describe('stations and servers', () => {
  const directory = '10.3.0.9';
  const logon = (client: string): Sketch => ({ client, server: directory, service: 'kerberos', perDay: 10 });

  it('OPC classic goes on over the port that MS-RPC told: its client is a collector, no operator station', () => {
    const [server, historian] = ['10.1.0.60', '10.1.0.61'];
    const polls = CONTROLLERS.map((target): Sketch => ({ client: server, server: target, service: 'modbus', periodMs: 1000 }));
    const flows: Sketch[] = [{ client: historian, server, service: 'rpc', port: 135, perDay: 5 }, { client: historian, server, service: '', port: 49172, periodMs: 1000 }];
    const proposal = withMore([{ address: server, mac: mac('pc', 60) }, { address: historian, mac: mac('virtual', 61) }], [...polls, ...flows]);
    expect(assetAt(proposal, server)).toMatchObject({ role: 'opcua-server', subRole: 'opc-classic' });
    expect(assetAt(proposal, historian).role).toBe('historian');
  });

  it.each(['bacnet', 'iec104', 'dnp3'])('who commands what it polls once a minute over %s supervises it: such protocols are slow by design', (service) => {
    const [server, pages] = ['10.4.0.1', '10.4.0.2'];
    const outstations = ['10.4.0.11', '10.4.0.12', '10.4.0.13'];
    const polls = outstations.map((target): Sketch => ({ client: server, server: target, service, periodMs: 60_000, operations: [['Read', 'read', 1], ['Write', 'write', 2]] }));
    const looks: Sketch[] = [{ client: pages, server, service: 'https', perDay: 4 }, { client: pages, server: '34.1.2.3', service: 'https', perDay: 9 }, { client: pages, server: '34.1.2.4', service: 'https', perDay: 9 }];
    const hosts: Host[] = [{ address: server, mac: mac('virtual', 1) }, { address: pages, mac: mac('pc', 2) }, ...outstations.map((address, index) => ({ address, mac: mac('controller', index) }))];
    expect(assetAt(propose(hosts, [...polls, ...looks, logon(server), logon(pages)]), server).role).toBe('hmi');
  });

  it('a page that refreshes all day is watched, one that is opened now and then is looked up', () => {
    const seat = '10.3.0.20';
    const roleOf = (often: Pick<Sketch, 'periodMs' | 'perDay'>): string =>
      assetAt(withMore([{ address: seat, mac: mac('pc', 20) }, { address: directory, mac: mac('virtual', 9) }], [logon(seat), logon('10.3.0.21'), { client: seat, server: SCADA, service: 'https', ...often }]), seat).role;
    expect(roleOf({ periodMs: 5000 })).toBe('hmi');
    expect(roleOf({ perDay: 4 })).not.toBe('hmi');
  });

  it('a server that keeps sessions with front ends is a SCADA server, whatever its twin passes for', () => {
    const [active, standby, database] = ['10.1.0.62', '10.1.0.63', '10.1.0.64'];
    const up = [active, standby].map((client): Sketch => ({ client, server: SCADA, service: '', port: 12001, periodMs: 1000 }));
    const hosts = [active, standby, database].map((address, index): Host => ({ address, mac: mac('virtual', 62 + index) }));
    const stores: Sketch = { client: active, server: database, service: 'oracle', port: 1521, perDay: 5000 };
    expect(rolesOf(withMore(hosts, [...up, ...both(active, standby, { service: '', port: 12050, periodMs: 1000 }), stores]), [active, standby])).toEqual(['hmi', 'hmi']);
  });

  it('a virtual machine that writes, works with a database and is looked at by nobody is an application where others show its controllers', () => {
    const [transactions, database] = ['10.1.0.65', '10.1.0.66'];
    const hosts = [transactions, database].map((address, index): Host => ({ address, mac: mac('virtual', 65 + index) }));
    const roleOf = (targets: readonly string[], sketches: readonly Sketch[] = SKETCHES): string =>
      assetAt(propose([...HOSTS, ...hosts], [...sketches, ...targets.map((server): Sketch => ({ client: transactions, server, service: 'modbus', periodMs: 2000, operations: OPERATES })), { client: transactions, server: database, service: 'mssql', perDay: 700 }]), transactions).role;
    expect(roleOf(CONTROLLERS.slice(0, 3))).toBe('mes');
    // Nobody else shows them all: then it is the SCADA server.
    expect(roleOf(CONTROLLERS, SKETCHES.filter(({ client }) => client !== SCADA))).toBe('hmi');
  });

  it('a portal that office machines enter over HTTPS and that opens screens in the plant is a jump server', () => {
    const [portal, ...office] = ['10.3.0.30', '10.3.0.31', '10.3.0.32', '10.3.0.33'];
    const web = ['34.1.2.3', '34.1.2.4'].flatMap((server) => office.map((client): Sketch => ({ client, server, service: 'https', perDay: 20 })));
    const enters = office.map((client): Sketch => ({ client, server: portal, service: 'https', perDay: 3 }));
    const hosts: Host[] = [portal, ...office].map((address, index) => ({ address, mac: mac(index === 0 ? 'virtual' : 'pc', 30 + index) }));
    expect(assetAt(withMore(hosts, [...web, ...office.map(logon), ...enters, { client: portal, server: '10.1.0.11', service: 'rdp', days: [2, 9, 16], perDay: 2 }]), portal).role).toBe('jump-server');
  });
});

describe('cells', () => {
  it('controllers that share data at machine pace are one cell, in a protocol that nobody reads as well', () => {
    const [scada, ...controllers] = ['10.5.0.1', '10.5.0.11', '10.5.0.12', '10.5.0.21', '10.5.0.22', '10.5.0.31', '10.5.0.32'];
    const hosts: Host[] = [{ address: scada, mac: mac('virtual', 1) }];
    const sketches: Sketch[] = [];
    controllers.forEach((address, index) => {
      const device = address.replace('10.5.0', '10.5.1');
      hosts.push({ address, mac: mac('controller', index) }, { address: device, mac: mac('controller', 50 + index) });
      sketches.push({ client: scada, server: address, service: 'modbus', periodMs: 1000, operations: OPERATES }, { client: address, server: device, service: 'modbus', periodMs: 100 });
    });
    for (const at of [0, 2, 4]) sketches.push(...both(controllers[at], controllers[at + 1], { service: '', transport: 'udp', port: 2000, periodMs: 20 }));
    const proposal = propose(hosts, sketches);
    const zones = controllers.map((address) => assetAt(proposal, address).zone);
    expect(new Set(zones).size).toBe(3);
    for (const at of [0, 2, 4]) expect(zones[at]).toBe(zones[at + 1]);
  });
});
