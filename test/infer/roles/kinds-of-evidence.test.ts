/** What a kind of evidence is worth: who leads I/O, what devices and stations have in common, what encryption and silence leave open. */
import { describe, expect, it } from 'vitest';
import type { PlacedAsset } from '../../../src/infer/proposal.ts';
import { type Sketch } from '../plant-sketch.ts';
import { assetAt, both, cards, CONTROLLERS, OPERATES, propose, rolesOf, SCADA, withMore } from '../small-plant.ts';

describe('controllers whose own protocol nobody reads', () => {
  const stations = ['10.6.0.1', '10.6.0.2'];
  const controllers = ['10.6.0.11', '10.6.0.12', '10.6.0.13'];
  const packages = ['10.6.0.21', '10.6.0.22', '10.6.0.23'];
  const asked = stations.flatMap((client) => controllers.map((server): Sketch => ({ client, server, service: '', port: 55_555, periodMs: 1000 })));
  const hosts = [...cards(stations, 'pc', 1), ...cards(controllers, 'controller', 11), ...cards(packages, 'controller', 21)];
  const reads = (pick: (index: number) => string): Sketch[] => controllers.map((client, index): Sketch => ({ client, server: pick(index), service: 'modbus', periodMs: 1000 }));

  it('all of which ask packages of their own are told by their like, and not with certainty', () => {
    const proposal = propose(hosts, [...asked, ...reads((index) => packages[index])]);
    expect(rolesOf(proposal, controllers)).toEqual(['plc', 'plc', 'plc']);
    expect(assetAt(proposal, controllers[0]).confidence).toBeLessThanOrEqual(0.85);
    expect(assetAt(proposal, controllers[0]).against[0]).toMatchObject({ rule: 'unread-answers' });
  });

  it('servers of one make that ask the same devices are no controllers', () => {
    expect(rolesOf(propose(hosts, [...asked, ...reads(() => packages[0])]), controllers)).not.toContain('plc');
  });

  it('who leads the implicit I/O of several devices is a controller, whatever card it has, and asks a peer that asks it back as well', () => {
    const devices = ['10.6.0.31', '10.6.0.32'];
    const exchanges = devices.map((server): Sketch => ({ client: controllers[0], server, service: 'enip-io', transport: 'udp', port: 2222, periodMs: 20 }));
    const [first] = controllers;
    for (const vendor of ['controller', 'pc'] as const) {
      const proposal = propose([...cards([first], vendor, 11), ...cards(stations, 'pc', 1), ...cards(devices, 'controller', 31)], [...exchanges, ...stations.map((client): Sketch => ({ client, server: first, service: '', port: 55_555, periodMs: 1000 }))]);
      expect(rolesOf(proposal, [first, ...devices])).toEqual(['plc', 'io', 'io']);
    }
  });

  it('a device that may be a controller is no operator station with certainty', () => {
    const [lone, target] = ['10.6.0.41', '10.6.0.42'];
    const flows: Sketch[] = [{ client: lone, server: target, service: 'modbus', periodMs: 1000 }, ...stations.map((client): Sketch => ({ client, server: lone, service: '', port: 4711, periodMs: 1000 }))];
    const told = assetAt(propose([...cards(stations, 'pc', 1), ...cards([lone, target], 'controller', 41)], flows), lone);
    expect(told.role).toBe('hmi');
    expect(told.confidence).toBeLessThanOrEqual(0.75);
    expect(told.against[0]).toMatchObject({ rule: 'may-control' });
  });
});

describe('a station that asks controllers and was not seen to write', () => {
  const [collector, pair] = ['10.1.0.61', '10.1.0.62'];
  const asks = (client: string, periodMs: number): Sketch[] => CONTROLLERS.slice(0, 2).map((server): Sketch => ({ client, server, service: 'modbus', periodMs }));

  it('may collect for others where it looks seldom', () => {
    const told = (periodMs: number): PlacedAsset => assetAt(withMore(cards([collector], 'pc', 61), asks(collector, periodMs)), collector);
    expect([told(1000).role, told(5000).role]).toEqual(['hmi', 'hmi']);
    expect(told(1000).confidence).toBeGreaterThan(0.9);
    expect(told(5000).confidence).toBeLessThanOrEqual(0.75);
    expect(told(5000).against[0]).toMatchObject({ rule: 'watches-or-collects' });
  });

  it('is the standby of the server with which it exchanges a heartbeat, where it asks what that one asks', () => {
    const heartbeat = both(SCADA, pair, { service: '', port: 12_345, periodMs: 1000 });
    const slowly = (servers: readonly string[]): Sketch[] => servers.map((server): Sketch => ({ client: pair, server, service: 'modbus', periodMs: 30_000 }));
    const told = (servers: readonly string[]): PlacedAsset => assetAt(withMore([...cards([pair], 'pc', 62), ...cards(['10.1.0.63', '10.1.0.64'], 'controller', 63)], [...heartbeat, ...slowly(servers)]), pair);
    expect(told(CONTROLLERS).evidence.map(({ rule }) => rule)).toContain('standby');
    expect(told(CONTROLLERS).role).toBe('hmi');
    expect(told([...CONTROLLERS.slice(0, 3), '10.1.0.63', '10.1.0.64']).evidence.map(({ rule }) => rule)).not.toContain('standby');
  });
});

describe('certainty', () => {
  it('of an engineering station ends where its card is a gateway\'s: somebody may stand behind it', () => {
    const router = '10.1.0.65';
    const pages = CONTROLLERS.map((server): Sketch => ({ client: router, server, service: 'https', perDay: 2 }));
    const told = assetAt(withMore(cards([router], 'field-gateway', 65), pages), router);
    expect(told).toMatchObject({ role: 'engineering-workstation', confidence: 0.85 });
    expect(told.against[0]).toMatchObject({ rule: 'behind-gateway' });
  });

  const opcua = (client: string, server: string, operations: NonNullable<Sketch['operations']>, periodMs = 1000): Sketch => ({ client, server, service: 'opcua', periodMs, operations });
  const encrypted = (client: string, server: string, periodMs = 1000): Sketch => ({ ...opcua(client, server, [['OpenSecureChannel', 'browse', 446]], periodMs), facts: [['opcua.mode', 'SignAndEncrypt']] });

  it('a server that writes, and whose OPC UA clients are encrypted, may be the SCADA server', () => {
    const [server, client] = ['10.1.0.70', '10.1.0.71'];
    const polls = CONTROLLERS.map((target): Sketch => ({ client: server, server: target, service: 'modbus', periodMs: 1000, operations: OPERATES }));
    const told = (clients: Sketch): PlacedAsset => assetAt(withMore(cards([server, client], 'virtual', 70), [...polls, clients, { client, server: '10.1.0.72', service: 'mssql', perDay: 100 }]), server);
    expect(told(encrypted(client, server, 5000)).confidence).toBeLessThanOrEqual(0.75);
    // Six controllers are written every day, its client asks once: somebody operates it.
    const readable = told({ ...opcua(client, server, [['Publish', 'read', 826], ['Write', 'write', 673]], 5000), days: [4, 11] });
    expect(readable.role).not.toBe('opcua-server');
  });

  it('a subscriber whose writes would be encrypted may operate', () => {
    const [aggregator, subscriber] = ['10.1.0.73', '10.1.0.74'];
    const polls = CONTROLLERS.map((target): Sketch => ({ client: aggregator, server: target, service: 'modbus', periodMs: 1000 }));
    const told = (sketch: Sketch): PlacedAsset => assetAt(withMore(cards([aggregator, subscriber], 'virtual', 73), [...polls, sketch]), subscriber);
    expect(told(opcua(subscriber, aggregator, [['Publish', 'read', 826]]))).toMatchObject({ role: 'historian' });
    expect(told(opcua(subscriber, aggregator, [['Publish', 'read', 826]])).confidence).toBeGreaterThan(0.9);
    expect(told(encrypted(subscriber, aggregator)).confidence).toBeLessThanOrEqual(0.75);
  });

  it('a controller with devices that nobody was seen to run or program, as the others are, may guard', () => {
    const [guard, device] = ['10.1.0.75', '10.1.0.76'];
    const flows: Sketch[] = [{ client: SCADA, server: guard, service: 'modbus', periodMs: 1000 }, { client: CONTROLLERS[0], server: guard, service: 'modbus', periodMs: 500 }, { client: guard, server: device, service: 'modbus', periodMs: 100 }];
    const told = assetAt(withMore(cards([guard, device], 'controller', 75), flows), guard);
    expect(told).toMatchObject({ role: 'plc' });
    expect(told.confidence).toBeLessThanOrEqual(0.85);
    expect(told.against[0]).toMatchObject({ rule: 'runs-alone' });
  });

  it('a computer of which only the clock was heard is nothing with certainty, and the clock a clock', () => {
    const [computer, clock] = ['10.1.0.77', '10.1.0.78'];
    const proposal = withMore([...cards([computer], 'pc', 77), { address: clock }], [{ client: computer, server: clock, service: 'ntp', perDay: 1000 }]);
    expect(assetAt(proposal, computer).confidence).toBeLessThanOrEqual(0.75);
    expect(assetAt(proposal, clock).role).toBe('infrastructure');
  });
});

describe('servers and their devices', () => {
  it('a device that answers a historian alone is no replica of it', () => {
    const [historian, device] = ['10.1.0.80', '10.1.0.81'];
    const polls = CONTROLLERS.map((target): Sketch => ({ client: historian, server: target, service: 'modbus', periodMs: 10_000 }));
    expect(assetAt(withMore([...cards([historian], 'virtual', 80), { address: device }], [...polls, { client: historian, server: device, service: '', port: 7110, periodMs: 60_000 }]), device).role).toBe('other');
  });

  it('what polls slowly, writes and hands out from its own database is an application', () => {
    const [recipes] = ['10.1.0.82'];
    const polls = CONTROLLERS.map((target): Sketch => ({ client: recipes, server: target, service: 'modbus', periodMs: 10_000, operations: OPERATES }));
    expect(assetAt(withMore(cards([recipes], 'virtual', 82), [...polls, { client: SCADA, server: recipes, service: 'mssql', perDay: 900 }]), recipes).role).toBe('mes');
  });

  it('what subscribes, never writes and hands out from its own database is a historian', () => {
    const [archive, reader] = ['10.1.0.83', '10.1.0.84'];
    const flows: Sketch[] = [{ client: archive, server: SCADA, service: 'opcua', periodMs: 5000, operations: [['Publish', 'read', 826]] }, { client: reader, server: archive, service: 'mssql', perDay: 300 }];
    expect(assetAt(withMore(cards([archive, reader], 'virtual', 83), flows), archive).role).toBe('historian');
  });

  it('a server that operator stations keep a session with is one of the operator system, whatever it asks itself', () => {
    const server = '10.1.0.85';
    const desks = ['10.1.0.86', '10.1.0.87', '10.1.0.88'];
    const sessions = desks.flatMap((client): Sketch[] => [{ client, server: SCADA, service: '', port: 5413, periodMs: 1000 }, { client, server, service: '', port: 2780, periodMs: 1000 }]);
    const roleOf = (count: number): string => assetAt(withMore([...cards([server], 'virtual', 85), ...cards(desks, 'pc', 86)], sessions.slice(0, 2 * count)), server).role;
    expect(roleOf(3)).toBe('hmi');
    expect(roleOf(1)).not.toBe('hmi');
  });

  it('who restarts a device programs it, who commands it operates it', () => {
    const [station, device] = ['10.1.0.90', '10.1.0.91'];
    const rulesOf = (operation: readonly [string, 'control', number]): string[] =>
      assetAt(withMore([...cards([station], 'pc', 90), ...cards([device], 'controller', 91)], [{ client: station, server: device, service: 'bacnet', transport: 'udp', port: 47_808, days: [2, 6, 13, 20, 25], perDay: 3, operations: [operation] }]), station).evidence.map(({ rule }) => rule);
    expect(rulesOf(['ReinitializeDevice', 'control', 20])).toContain('engineers');
    expect(rulesOf(['LifeSafetyOperation', 'control', 27])).not.toContain('engineers');
  });

  it('what only a monitor of the plant looks after stands with it, and not in the office', () => {
    const [monitor, ...units] = ['10.1.0.94', '10.1.0.95', '10.1.0.96', '10.1.0.97'];
    const looks = units.map((server): Sketch => ({ client: monitor, server, service: 'snmp', periodMs: 60_000 }));
    const switches: Sketch = { client: monitor, server: CONTROLLERS[0], service: 'snmp', periodMs: 60_000 };
    const proposal = withMore([...cards([monitor], 'virtual', 94), ...units.map((address) => ({ address }))], [...looks, switches]);
    expect([monitor, ...units].map((address) => assetAt(proposal, address).zone)).toEqual(['Z-OPS', 'Z-OPS', 'Z-OPS', 'Z-OPS']);
  });

  it('what is asked for its own state alone is no controller, whoever built it, and stands with its monitor; asked for controls it is one', () => {
    const [monitor, ...units] = ['10.1.0.94', '10.1.0.95', '10.1.0.96', '10.1.0.97'];
    const looks = units.map((server): Sketch => ({ client: monitor, server, service: 'snmp', periodMs: 60_000 }));
    const hosts = [...cards([monitor], 'virtual', 94), ...cards(units, 'controller', 95)];
    const proposal = withMore(hosts, [...looks, { client: SCADA, server: units[2], service: 'modbus', periodMs: 1000, operations: OPERATES }]);
    expect(rolesOf(proposal, units)).toEqual(['other', 'other', 'plc']);
    for (const address of units.slice(0, 2)) expect(assetAt(proposal, address).zone).toBe('Z-OPS');
  });

  it('a controller\'s card that works with nobody known does not stand in the office, unless the office works with it', () => {
    const [unit, peer, member] = ['10.1.0.74', '10.1.0.75', '10.1.0.76'];
    const served: Sketch[] = [{ client: peer, server: unit, service: 'snmp', periodMs: 60_000 }];
    const hosts = [...cards([unit], 'controller', 74), { address: peer }];
    expect(assetAt(withMore(hosts, served), unit)).toMatchObject({ role: 'other', zone: 'Z-OPS' });
    const web = ['34.1.2.3', '34.1.2.4', '34.1.2.5'].map((server): Sketch => ({ client: member, server, service: 'https', perDay: 30 }));
    expect(assetAt(withMore([...hosts, ...cards([member], 'pc', 76)], [...served, ...web, { client: member, server: unit, service: 'http', perDay: 3 }]), unit)).toMatchObject({ role: 'other', zone: 'Z-ENT' });
  });

  it('what works with an appliance alone stands where that one stands, whichever of them has the lower address', () => {
    const [directory, ...members] = ['10.1.0.70', SCADA, '10.1.0.11', '10.1.0.21'];
    const [scale, labels, printer] = ['10.1.0.71', '10.1.0.72', '10.1.0.73'];
    const logons = [...members, labels].flatMap((client): Sketch[] => [{ client, server: directory, service: 'kerberos', perDay: 5 }, { client, server: directory, service: 'dns', perDay: 60 }]);
    const works: Sketch[] = [{ client: scale, server: labels, service: '', port: 3003, perDay: 400 }, { client: labels, server: printer, service: 'print', port: 9100, perDay: 400 }];
    const proposal = withMore([...cards([directory], 'virtual', 70), ...cards([labels], 'pc', 72), { address: scale }, { address: printer }], [...logons, ...works]);
    expect([scale, labels, printer].map((address) => assetAt(proposal, address).zone)).toEqual(['Z-OPS', 'Z-OPS', 'Z-OPS']);
  });
});

describe('cells', () => {
  it('a redundant pair is one controller: its standby does not keep it from its unit', () => {
    const stations = ['10.7.0.1', '10.7.0.2', '10.7.0.3'];
    const hosts = cards(stations, 'pc', 1);
    const sketches: Sketch[] = [];
    const units = [1, 2, 3].map((unit) => [1, 2, 3].map((place) => `10.7.${unit}.${place}`));
    for (const unit of units) {
      unit.forEach((address, place) => {
        const standby = address.replace('10.7', '10.8');
        hosts.push(...cards([address, standby], 'controller', hosts.length));
        sketches.push(...both(address, standby, { service: '', transport: 'udp', port: 9000, periodMs: 100 }));
        for (const client of stations) sketches.push({ client, server: address, service: 'modbus', periodMs: 1000, operations: OPERATES });
        if (place > 0) sketches.push({ client: address, server: unit[place - 1], service: 'modbus', periodMs: 500 });
      });
    }
    const proposal = propose(hosts, sketches);
    const zones = units.map((unit) => new Set(unit.flatMap((address) => [address, address.replace('10.7', '10.8')]).map((address) => assetAt(proposal, address).zone)));
    expect(zones.map(({ size }) => size)).toEqual([1, 1, 1]);
    expect(new Set(zones.flatMap((zone) => [...zone])).size).toBe(3);
    expect(stations.map((address) => assetAt(proposal, address).zone)).toEqual(['Z-SUP', 'Z-SUP', 'Z-SUP']);
  });
});
