/** What a server does beside its work, what a router's card tells, and makers of whom nothing is known. */
import { describe, expect, it } from 'vitest';
import type { PlacedAsset } from '../../../src/infer/proposal.ts';
import { type Host, type Sketch } from '../plant-sketch.ts';
import { assetAt, cards, CONTROLLERS, OPERATES, PROGRAMS, propose, run, withMore } from '../small-plant.ts';

const browses = (client: string): Sketch[] => [1, 2, 3].map((net) => ({ client, server: `34.1.${net}.1`, service: 'https', perDay: 9 }));

describe('a server that works with controllers', () => {
  const server = '10.1.0.70';
  const switches = run('10.5.0', 4);
  const duties: Sketch[] = switches.flatMap((one): Sketch[] => [{ client: server, server: one, service: 'snmp', periodMs: 60_000 }, { client: one, server, service: 'syslog', transport: 'udp', port: 514, perDay: 9, answered: false }]);
  const hosts = [...cards([server], 'virtual', 70), ...cards(switches, 'network', 71)];

  it('takes logs and asks switches besides, and one that does only that is infrastructure', () => {
    const collects = CONTROLLERS.map((one): Sketch => ({ client: server, server: one, service: 'modbus', periodMs: 10_000 }));
    expect(assetAt(withMore(hosts, [...duties, ...collects]), server).role).toBe('historian');
    expect(assetAt(withMore(hosts, duties), server).role).toBe('infrastructure');
  });

  it('may be an application where it polls and writes like an operator and works with a database', () => {
    const operates = CONTROLLERS.slice(0, 3).map((one): Sketch => ({ client: server, server: one, service: 'modbus', periodMs: 2000, operations: OPERATES }));
    const told = (more: readonly Sketch[]): PlacedAsset => assetAt(withMore([...cards([server, '10.1.0.71'], 'pc', 70)], [...operates, ...more]), server);
    expect(told([]).confidence).toBeGreaterThan(0.9);
    expect(told([{ client: server, server: '10.1.0.71', service: 'mssql', perDay: 500 }])).toMatchObject({ role: 'hmi', confidence: 0.75, against: [{ rule: 'operates-or-applies' }] });
  });
});

describe('the card of a router', () => {
  const box = '10.1.0.80';
  const programs: Sketch = { client: box, server: CONTROLLERS[0], service: 'modbus', days: [4, 15, 22], perDay: 5, operations: PROGRAMS };
  const tunnel: Sketch = { client: box, server: '51.20.7.9', service: 'openvpn', transport: 'udp', port: 1194, periodMs: 25_000 };

  it('is a way in where it keeps a tunnel, whatever its makers build besides', () => {
    for (const card of ['modem', 'field-gateway'] as const) {
      const proposal = withMore(cards([box], card, 80), [programs, tunnel]);
      expect(assetAt(proposal, box)).toMatchObject({ role: 'network-device', zone: 'Z-NET' });
      expect(assetAt(proposal, box).confidence).toBeGreaterThan(0.9);
    }
  });

  it('leaves open whether it reports for an outstation where nobody came through it', () => {
    expect(assetAt(withMore(cards([box], 'modem', 80), [tunnel]), box)).toMatchObject({ role: 'network-device', confidence: 0.75, against: [{ rule: 'routes-or-reports' }] });
  });

  it('stands before whoever works with controllers from it: no cell has him', () => {
    const operates: Sketch = { client: box, server: CONTROLLERS[0], service: 'modbus', periodMs: 2000, operations: OPERATES };
    expect(assetAt(withMore(cards([box], 'network', 80), [operates]), box)).toMatchObject({ role: 'hmi', zone: 'Z-REMOTE' });
    expect(assetAt(withMore(cards([box], 'pc', 80), [operates]), box).zone).not.toBe('Z-REMOTE');
  });
});

describe('devices of a maker of whom nothing is known', () => {
  const consoles = ['10.7.0.1', '10.7.0.2'];
  const drawn = (count: number): { hosts: Host[]; flows: Sketch[] } => {
    const controllers = run('10.7.1', count);
    const packages = controllers.flatMap((_, index) => run(`10.7.${10 + index}`, 2));
    return {
      hosts: [...cards(consoles, 'pc', 1), ...cards(controllers, 'unclassed', 11), ...cards(packages, 'controller', 31)],
      flows: controllers.flatMap((one, index): Sketch[] => [
        ...consoles.map((client): Sketch => ({ client, server: one, service: '', port: 44_444, periodMs: 1000 })),
        ...run(`10.7.${10 + index}`, 2).map((server): Sketch => ({ client: one, server, service: 'modbus', periodMs: 500, operations: OPERATES })),
      ]),
    };
  };

  it('are controllers where three answer several stations alike and each asks its own, even where they write', () => {
    const { hosts, flows } = drawn(3);
    expect(run('10.7.1', 3).map((address) => assetAt(propose(hosts, flows), address).role)).toEqual(['plc', 'plc', 'plc']);
  });

  it('may be controllers where there are fewer', () => {
    const { hosts, flows } = drawn(2);
    const told = assetAt(propose(hosts, flows), '10.7.1.1');
    expect(told.confidence).toBeLessThanOrEqual(0.75);
    expect(told.against[0]).toMatchObject({ rule: 'may-control' });
  });
});

it('what one controller alone asks slowly may be a drive as well as a package, until another one asks it', () => {
  const device = '10.1.0.85';
  const asked: Sketch = { client: CONTROLLERS[0], server: device, service: 'modbus', periodMs: 500, operations: OPERATES };
  const told = (more: readonly Sketch[]): PlacedAsset => assetAt(withMore(cards([device], 'controller', 85), [asked, ...more]), device);
  expect(told([])).toMatchObject({ role: 'plc', confidence: 0.85, against: [{ rule: 'device-or-package' }] });
  expect(told([{ ...asked, client: '10.1.0.10', periodMs: 2000 }]).confidence).toBeGreaterThan(0.9);
});

describe('office or plant', () => {
  it('who gets the datagrams of controllers is no office server, whoever reads its pages', () => {
    const recorder = '10.1.0.90';
    const readers = run('10.4.0', 4);
    const pages: Sketch[] = readers.flatMap((client): Sketch[] => [{ client, server: recorder, service: 'https', perDay: 8 }, ...browses(client)]);
    const pushes = CONTROLLERS.map((client): Sketch => ({ client, server: recorder, service: '', transport: 'udp', port: 6100, periodMs: 1000, answered: false }));
    const hosts = [...cards([recorder], 'pc', 90), ...cards(readers, 'pc', 91)];
    expect(assetAt(withMore(hosts, pages), recorder).zone).toBe('Z-ENT');
    expect(assetAt(withMore(hosts, [...pages, ...pushes]), recorder)).toMatchObject({ role: 'mes', zone: 'Z-OPS' });
  });

  it('a server that works with a database is the office\'s where it logs on there', () => {
    const [server, database, directory] = ['10.4.0.80', '10.4.0.81', '10.4.0.82'];
    const members = run('10.4.0', 8);
    const logOn = (client: string): Sketch => ({ client, server: directory, service: 'kerberos', perDay: 9 });
    const flows: Sketch[] = [...members.flatMap((client) => [logOn(client), ...browses(client)]), logOn(server), ...members.slice(0, 2).map((client): Sketch => ({ client, server, service: 'smb', perDay: 5 })), { client: server, server: database, service: 'mssql', perDay: 40 }];
    expect(assetAt(withMore([...cards([server, database, directory], 'virtual', 80), ...cards(members, 'pc', 91)], flows), server).role).toBe('enterprise');
  });
});
