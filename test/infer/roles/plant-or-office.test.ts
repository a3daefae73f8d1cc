/** What cannot be told from traffic is asked, and what the plant owns stands in the plant: recorders, hosts of tools, label printers, machines with modules. */
import { describe, expect, it } from 'vitest';
import { NO_PINS } from '../../../src/infer/proposal.ts';
import { proposeZones } from '../../../src/infer/zones.ts';
import { type Sketch, sketchPlant, vendorOf } from '../plant-sketch.ts';
import { assetAt, cards, HOSTS, OPERATES, proposalOf, propose, run, SCADA, SKETCHES, withMore } from '../small-plant.ts';

describe('controllers asked in a protocol that nobody reads', () => {
  const servers = ['10.2.0.1', '10.2.0.2'];
  const controllers = run('10.2.1', 4);
  const hosts = [...cards(servers, 'pc', 1), ...cards(controllers, 'controller', 11)];
  const sketches = servers.flatMap((client) => controllers.map((server): Sketch => ({ client, server, service: '', port: 55_553, periodMs: 1000 })));

  it('are not said with certainty, and a person is asked which of them guard', () => {
    const proposal = propose(hosts, sketches);
    for (const address of controllers) expect(assetAt(proposal, address)).toMatchObject({ role: 'plc', confidence: 0.85, against: [{ rule: 'unread-control' }] });
    expect(proposal.safetyCandidates.map(({ asset, points }) => [asset, points])).toEqual(controllers.map((address) => [address, 0]));
  });

  it('are controllers where a person listed all that guard', () => {
    const proposal = proposalOf(sketchPlant(hosts, sketches), { ...NO_PINS, safetyAssets: [] });
    expect(assetAt(proposal, controllers[0]).confidence).toBeGreaterThan(0.9);
    expect(proposal.safetyCandidates).toEqual([]);
  });

  it('leave open what a computer does that asks them slowly', () => {
    const [slow] = ['10.2.0.9'];
    const told = assetAt(propose([...hosts, ...cards([slow], 'pc', 31)], [...sketches, ...controllers.map((server): Sketch => ({ client: slow, server, service: '', port: 55_553, periodMs: 5000 }))]), slow);
    expect(told.confidence).toBeLessThanOrEqual(0.75);
  });
});

describe('owned by the plant', () => {
  const directory = '10.1.0.60';
  const desks = ['10.1.0.61', '10.1.0.62'];
  const logOn = (client: string): Sketch => ({ client, server: directory, service: 'kerberos', perDay: 9 });
  const plantDomain: Sketch[] = [...desks, SCADA, '10.1.0.11'].map(logOn);
  const domainHosts = [...cards([directory], 'virtual', 60), ...cards(desks, 'pc', 61)];
  const sessions = desks.map((client): Sketch => ({ client, server: SCADA, service: '', port: 5413, periodMs: 1000 }));

  it('a recorder that operators watch stands in the plant with its cameras; whose one is at which nobody looks is asked where there is an office', () => {
    const recorder = '10.1.0.63';
    const cameras = run('10.3.0', 5);
    const records = cameras.map((server): Sketch => ({ client: recorder, server, service: 'rtsp', port: 554, periodMs: 40 }));
    const hosts = [...domainHosts, ...cards([recorder], 'pc', 63), ...cameras.map((address) => ({ address }))];
    const watched = withMore(hosts, [...plantDomain, ...sessions, ...records, { client: desks[0], server: recorder, service: '', port: 7563, perDay: 20 }]);
    expect([recorder, ...cameras].map((address) => assetAt(watched, address).zone)).toEqual(new Array(6).fill('Z-OPS'));
    const unwatched = [...plantDomain, ...sessions, ...records];
    const withoutOffice = withMore(hosts, unwatched);
    expect(assetAt(withoutOffice, recorder)).toMatchObject({ role: 'infrastructure', zone: 'Z-OPS', confidence: 0.75, against: [{ rule: 'records-or-watches' }] });
    expect(withoutOffice.assets.filter(({ zone }) => zone === 'Z-ENT')).toEqual([]);
    const surfer = '10.4.0.1';
    const pages: Sketch[] = [1, 2, 3].map((net) => ({ client: surfer, server: `34.1.${net}.1`, service: 'https', perDay: 9 }));
    const withOffice = withMore([...hosts, ...cards([surfer], 'pc', 90)], [...unwatched, ...pages]);
    expect(assetAt(withOffice, recorder)).toMatchObject({ role: 'enterprise', zone: 'Z-ENT', confidence: 0.75, against: [{ rule: 'whose-video' }] });
  });

  it('who takes the video that a recorder of the plant takes is of the plant', () => {
    const [recorder, wall] = ['10.1.0.63', '10.1.0.65'];
    const cameras = run('10.3.0', 5);
    const takes = (client: string, taken: readonly string[]): Sketch[] => taken.map((server) => ({ client, server, service: 'rtsp', port: 554, periodMs: 40 }));
    const hosts = [...domainHosts, ...cards([recorder, wall], 'pc', 63), ...cameras.map((address) => ({ address })), ...cards(['10.4.0.1'], 'pc', 90)];
    const pages: Sketch[] = [1, 2, 3].map((net) => ({ client: '10.4.0.1', server: `34.1.${net}.1`, service: 'https', perDay: 9 }));
    const proposal = withMore(hosts, [...plantDomain, logOn(recorder), ...sessions, ...pages, ...takes(recorder, cameras), ...takes(wall, cameras.slice(0, 2))]);
    expect([recorder, wall, ...cameras].map((address) => assetAt(proposal, address).zone)).toEqual(new Array(7).fill('Z-OPS'));
    expect(assetAt(proposal, wall).confidence).toBeLessThanOrEqual(0.75);
  });

  it('an application that logs on in the plant and works with its databases is no office server, whoever reads its pages', () => {
    const application = '10.1.0.64';
    const readers = run('10.4.0', 5);
    const office = '10.4.0.99';
    const flows: Sketch[] = [
      ...plantDomain, ...sessions, logOn(application),
      { client: application, server: SCADA, service: 'mssql', perDay: 200 },
      { client: application, server: readers[0], service: 'https', perDay: 20 },
      ...readers.flatMap((client): Sketch[] => [{ client, server: application, service: 'https', perDay: 8 }, { client, server: office, service: 'kerberos', perDay: 5 }, { client, server: '34.1.1.1', service: 'https', perDay: 9 }, { client, server: '34.1.2.1', service: 'https', perDay: 9 }]),
    ];
    const hosts = [...domainHosts, ...cards([application, office], 'virtual', 64), ...cards(readers, 'pc', 70)];
    expect(assetAt(withMore(hosts, flows), application).role).toBe('mes');
  });

  it('a label printer is not wireless because its maker builds handhelds', () => {
    const printer = '10.1.0.66';
    const zebra = (address: string): string | null => (address === '00:00:09:00:00:66' ? 'Zebra Technologies Corp.' : vendorOf(address));
    const proposal = proposeZones(sketchPlant([...HOSTS, { address: printer, mac: '00:00:09:00:00:66' }], [...SKETCHES, { client: SCADA, server: printer, service: 'print', port: 9100, perDay: 90 }]), { pins: NO_PINS, vendorOf: zebra, stabilityRuns: 0 });
    expect(assetAt(proposal, printer)).toMatchObject({ role: 'other', zone: 'Z-OPS' });
  });

  it('a device of a controller vendor is no visitor because it was heard on two days', () => {
    const device = '10.1.0.67';
    const proposal = withMore(cards([device], 'controller', 67), [{ client: device, server: '10.1.0.131', service: 'modbus', days: [4, 5] }]);
    expect(assetAt(proposal, device).role).not.toBe('transient');
  });
});

describe('machines with a computer and modules of their own', () => {
  const host = '10.5.0.1';
  const tools = run('10.5.1', 6);
  const modulesOf = (tool: number): string[] => run(`10.5.${10 + tool}`, 3);
  const hosts = [...cards([host], 'virtual', 500), ...cards(tools, 'pc', 510), ...tools.flatMap((_, tool) => cards(modulesOf(tool), 'controller', 600 + tool * 10))];
  const sketches = tools.flatMap((client, tool): Sketch[] => [{ client: host, server: client, service: '', port: 5000, periodMs: 1000 }, ...modulesOf(tool).map((server): Sketch => ({ client, server, service: 'modbus', periodMs: 200, operations: OPERATES }))]);
  const proposal = withMore(hosts, sketches);

  it('are a cell each', () => {
    const zones = tools.map((address, tool) => new Set([address, ...modulesOf(tool)].map((one) => assetAt(proposal, one).zone)));
    expect(zones.map(({ size }) => size)).toEqual(new Array(6).fill(1));
    expect(new Set(zones.flatMap((zone) => [...zone])).size).toBe(6);
  });

  it('and who keeps sessions with all of them is a host above them, no operator\'s place', () => {
    expect(assetAt(proposal, host)).toMatchObject({ role: 'mes', zone: 'Z-OPS' });
  });
});
