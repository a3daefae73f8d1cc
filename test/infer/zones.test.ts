import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits } from '../../src/infer/conduits/conduits.ts';
import { explainAsset } from '../../src/infer/explain.ts';
import { NO_PINS, type PlacedAsset, type Proposal, type Role } from '../../src/infer/proposal.ts';
import { proposeZones } from '../../src/infer/zones.ts';
import type { ObservationSet } from '../../src/observation.ts';
import { everyDay, mac, type Host, type Sketch, sketchPlant, vendorOf } from './plant-sketch.ts';
import { assetAt, HOSTS, proposalOf, SKETCHES } from './small-plant.ts';

const plantWith = (hosts: readonly Host[] = [], sketches: readonly Sketch[] = []): ObservationSet => sketchPlant([...HOSTS, ...hosts], [...SKETCHES, ...sketches]);

/** The partition as sets of addresses, whatever zones are called. */
const partition = (proposal: Proposal, back: (address: string) => string = (address) => address): string[] => {
  const groups = new Map<string, string[]>();
  for (const asset of proposal.assets) groups.set(asset.zone, [...(groups.get(asset.zone) ?? []), ...asset.addresses.map(back)]);
  return [...groups.values()].map((group) => group.sort().join(' ')).sort();
};

describe('a small plant', () => {
  const proposal = proposalOf(plantWith());

  it('finds roles and levels', () => {
    expect(assetAt(proposal, '10.1.0.10')).toMatchObject({ role: 'hmi', level: 2, zone: 'Z-SUP' });
    expect(assetAt(proposal, '10.1.0.11')).toMatchObject({ role: 'engineering-workstation', level: 3, zone: 'Z-ENG' });
    expect(assetAt(proposal, '10.1.0.131')).toMatchObject({ role: 'plc', level: 1 });
    expect(assetAt(proposal, '10.1.0.142')).toMatchObject({ role: 'io', level: 0 });
    expect(assetAt(proposal, '10.1.0.130')).toMatchObject({ role: 'hmi', level: 2 });
  });

  it('makes one zone per cell, with controller, I/O and panel together', () => {
    expect(proposal.zones.filter((zone) => zone.kind === 'cell').map((zone) => zone.id)).toEqual(['Z-CELL-01', 'Z-CELL-02', 'Z-CELL-03']);
    for (const base of [130, 160, 190]) {
      const zones = [base, base + 1, base + 2, base + 12, base + 13, base + 14, base + 15].map((last) => assetAt(proposal, `10.1.0.${last}`).zone);
      expect(new Set(zones).size).toBe(1);
    }
    expect(proposal.zones.find((zone) => zone.id === 'Z-CELL-01')!.name).toBe('Cell 01 (10.1.0.131, 10.1.0.132, 10.1.0.130)');
  });

  it('keeps safety apart, with the station that engineers it', () => {
    const safety = proposal.zones.find((zone) => zone.id === 'Z-SIS')!;
    expect(safety).toMatchObject({ kind: 'safety', safetyRelated: true, slT: { value: 3, basis: 'assumption' } });
    expect(safety.assets).toEqual(['10.1.0.20', '10.1.0.21']);
    expect(proposal.safetyCandidates.map((candidate) => candidate.asset)).toContain('10.1.0.20');
    // I/O that controllers scan is read as well, and never written by operators: of it nobody is asked.
    expect(proposal.safetyCandidates.filter(({ role }) => role === 'io')).toEqual([]);
    // Every controller behaves as one: what speaks for safety is something else.
    expect(proposal.safetyCandidates.filter(({ sentence }) => sentence.includes('behaves as a controller'))).toEqual([]);
  });

  it('explains a placement in plain sentences', () => {
    const sentences = explainAsset(proposal, '10.1.0.131');
    expect(sentences[0]).toMatch(/^10\.1\.0\.131 is taken for a plc with confidence 0\.9\d, and placed in Z-CELL-01 \(Cell 01 .*\) because it shares \d local clients? and 1 steady controller peer with this cell\.$/);
    expect(sentences).toContain('For: it answers modbus for 3 clients (+2.8).');
    expect(sentences.some((sentence) => sentence.startsWith('Runner-up role: '))).toBe(true);
    expect(sentences.some((sentence) => sentence.startsWith('What would move it'))).toBe(true);
    expect(() => explainAsset(proposal, 'nobody')).toThrow(/no asset is called nobody/);
  });
});

describe('safety', () => {
  it('is never co-zoned, not even when an operator station writes to it', () => {
    const proposal = proposalOf(plantWith([], [{ client: '10.1.0.130', server: '10.1.0.20', service: 'modbus', days: [4, 11], perDay: 1, operations: [['Write Single Register', 'write', 6]] }]));
    expect(assetAt(proposal, '10.1.0.20')).toMatchObject({ role: 'safety-controller', zone: 'Z-SIS' });
    expect(proposal.requirements.find((finding) => finding.rule === 'safety-write')).toMatchObject({ severity: 'critical', citation: 'IEC 62443-3-2 ZCR 3.3', assets: ['10.1.0.130', '10.1.0.20'] });
  });

  it('follows the operator\'s list alone once there is one', () => {
    const proposal = proposalOf(plantWith(), { ...NO_PINS, safetyAssets: ['10.1.0.131'] });
    expect(assetAt(proposal, '10.1.0.131')).toMatchObject({ role: 'safety-controller', zone: 'Z-SIS', confidence: 1 });
    expect(assetAt(proposal, '10.1.0.20').role).not.toBe('safety-controller');
    expect(proposal.contradictions.map(({ sentence }) => sentence)).toContain('pinned as safety-controller, but the traffic speaks for plc');
  });

  it('makes a zone safety-related when a person puts a safety controller into it', () => {
    const proposal = proposalOf(plantWith(), { ...NO_PINS, assetZone: new Map([['10.1.0.20', 'Z-LINE'], ['10.1.0.131', 'Z-LINE']]) });
    expect(proposal.zones.find((zone) => zone.id === 'Z-LINE')).toMatchObject({ safetyRelated: true });
    expect(proposal.requirements.map((finding) => finding.rule)).toContain('safety-shared');
  });
});

describe('traffic that must not count', () => {
  it('drops a sweep, and the sweep glues nothing', () => {
    const scanner = '10.1.0.99';
    const quiet = proposalOf(plantWith([{ address: scanner, mac: mac('pc', 99) }]));
    const targets = HOSTS.map(({ address }) => address);
    const loud = proposalOf(plantWith([{ address: scanner, mac: mac('pc', 99) }], targets.map((server) => ({ client: scanner, server, service: 'https', days: [6], perDay: 1 }))));
    expect(loud.dropped.filter(({ why }) => why === 'scan')).toHaveLength(targets.length);
    expect(loud.dropped[0].sentence).toMatch(/^part of a sweep: 10\.1\.0\.99 touched \d+ targets/);
    expect(partition(loud).filter((group) => !group.includes(scanner))).toEqual(partition(quiet).filter((group) => !group.includes(scanner)));
  });

  it('drops a scan of a controller\'s ports, and tells no role by it', () => {
    const scanner = '10.1.0.99';
    const knock = (port: number, answered: boolean): Sketch => ({ client: scanner, server: '10.1.0.20', service: '', port, days: [6], perDay: 1, answered });
    const ports = Array.from({ length: 100 }, (_, i) => (i === 2 ? knock(502, true) : knock(500 + 7 * i, false)));
    const quiet = proposalOf(plantWith([{ address: scanner, mac: mac('pc', 99) }]));
    const scanned = plantWith([{ address: scanner, mac: mac('pc', 99) }], ports);
    const loud = proposalOf({ ...scanned, conversations: scanned.conversations.map((one) => (one.client === scanner ? { ...one, requests: 0, packets: { toServer: 1, toClient: one.answeredSessions } } : one)) });
    expect(loud.dropped.map(({ why }) => why)).toEqual(ports.map(() => 'port-scan'));
    expect(loud.dropped[0].sentence).toBe('part of a scan: 10.1.0.99 tried 100 ports of 10.1.0.20 and asked nothing');
    expect(loud.assets.map(({ id, role, zone, evidence }) => [id, role, zone, evidence])).toEqual(quiet.assets.map(({ id, role, zone, evidence }) => [id, role, zone, evidence]));
  });

  it('drops a scan over UDP, where nobody answers with a reset: no role, no Permit', () => {
    const scanner = '10.1.0.99';
    // 515 and 554 are a printer's and a camera's, if anybody answered there.
    const ports = Array.from({ length: 100 }, (_, i): Sketch => ({ client: scanner, server: '10.1.0.20', service: '', transport: 'udp', port: 500 + i, days: [6], perDay: 1, answered: false }));
    const quiet = proposalOf(plantWith([{ address: scanner, mac: mac('pc', 99) }]));
    const loud = proposalOf(plantWith([{ address: scanner, mac: mac('pc', 99) }], ports));
    expect(loud.dropped.map(({ why }) => why)).toEqual(ports.map(() => 'port-scan'));
    expect(loud.dropped[0].sentence).toBe('part of a scan: 10.1.0.99 tried 100 ports of 10.1.0.20 over UDP in vain');
    expect(loud.assets.map(({ id, role, zone, evidence }) => [id, role, zone, evidence])).toEqual(quiet.assets.map(({ id, role, zone, evidence }) => [id, role, zone, evidence]));
  });

  it('gives no asset to an address that never sent anything, and lists it', () => {
    const proposal = proposalOf(plantWith([], [{ client: '10.1.0.131', server: '10.1.0.250', service: 'modbus', answered: false }, { client: '10.1.0.131', server: '239.1.1.1', service: '', transport: 'udp', answered: false }]));
    expect(proposal.pseudo).toEqual([
      { address: '10.1.0.250', why: 'asked for, but never sent anything: no device was seen behind it' },
      { address: '239.1.1.1', why: 'multicast address, not a device' },
    ]);
    expect(proposal.dropped.map(({ why }) => why)).toEqual(['unanswered', 'group-address']);
  });

  it('keeps what nobody answers by design, and drops a request that nobody answered', () => {
    const told = { transport: 'udp', answered: false, days: [3, 9, 17], perDay: 1 } as const;
    const proposal = proposalOf(plantWith([], [
      { ...told, client: '10.1.0.131', server: '10.1.0.10', service: 'snmp', port: 162, operations: [['SNMPv2-Trap', 'read', 7]] },
      { ...told, client: '10.1.0.132', server: '10.1.0.10', service: 'snmp', port: 1162, operations: [['Trap', 'read', 4]] },
      { ...told, client: '10.1.0.161', server: '10.1.0.10', service: 'snmp', port: 162, facts: [['snmp.version', '3']] },
      { ...told, client: '10.1.0.10', server: '10.1.0.162', service: 'bacnet', port: 47808, operations: [['TimeSynchronization', 'write', 262]] },
      { ...told, client: '10.1.0.161', server: '10.1.0.11', service: 'tftp', port: 69 },
      { ...told, client: '10.1.0.191', server: '10.1.0.10', service: 'snmp', port: 162, operations: [['InformRequest', 'read', 6]] },
      { ...told, client: '10.1.0.192', server: '10.1.0.10', service: 'snmp', operations: [['GetRequest', 'read', 0]] },
    ]));
    expect(proposal.dropped.map(({ client, why }) => `${client} ${why}`)).toEqual(['10.1.0.191 unanswered', '10.1.0.192 unanswered']);
  });

  it('does not merge two cells over a slow interlock between their controllers', () => {
    const proposal = proposalOf(plantWith([], [{ client: '10.1.0.131', server: '10.1.0.161', service: 'modbus', periodMs: 1000 }]));
    expect(assetAt(proposal, '10.1.0.131').zone).not.toBe(assetAt(proposal, '10.1.0.161').zone);
  });
});

describe('a controller with many devices', () => {
  it('keeps all of them in its cell, as a solar park has one', () => {
    const controller = '10.4.0.1';
    const logger = '10.4.0.2';
    const inverters = everyDay(40).map((number) => `10.4.1.${number + 1}`);
    const hosts: Host[] = [controller, ...inverters].map((address, index) => ({ address, mac: mac('controller', index) }));
    const polls = inverters.flatMap((server): Sketch[] => [{ client: controller, server, service: 'modbus', periodMs: 1000 }, { client: logger, server, service: 'modbus', periodMs: 60_000 }]);
    const operate: Sketch = { client: '10.4.0.3', server: controller, service: 'modbus', periodMs: 5000 };
    const proposal = proposalOf(sketchPlant([...hosts, { address: logger, mac: mac('pc', 99) }, { address: '10.4.0.3', mac: mac('pc', 98) }], [...polls, operate]));
    expect(proposal.zones.filter(({ kind }) => kind === 'cell')).toHaveLength(1);
  });
});

describe('a device whose only partner is one controller', () => {
  const device = '10.1.0.99';
  const report: Sketch = { client: '10.1.0.131', server: device, service: '', port: 2112, perDay: 800 };
  const placed = (sketches: readonly Sketch[]): PlacedAsset => assetAt(proposalOf(plantWith([{ address: device }], sketches)), device);

  it('is of that controller\'s cell, whatever it is', () => {
    const cell = assetAt(proposalOf(plantWith()), '10.1.0.131').zone;
    expect(placed([report])).toMatchObject({ role: 'other', zone: cell, placement: { reason: 'its only partner is 10.1.0.131, a controller of this cell' } });
    expect(placed([report, { client: '10.1.0.161', server: device, service: '', port: 2112, perDay: 800 }]).zone).toBe('Z-OPS');
  });

  it('and so is a printer of that cell\'s station, or what both work with; an outstation that only stations ask is of no cell', () => {
    const [panel, other] = ['10.1.0.130', '10.1.0.160'];
    const cell = assetAt(proposalOf(plantWith()), panel).zone;
    const fromPanel: Sketch = { client: panel, server: device, service: '', port: 9100, perDay: 200 };
    expect(placed([fromPanel])).toMatchObject({ zone: cell, placement: { reason: 'its only partner is 10.1.0.130, an operator station of this cell' } });
    expect(placed([report, fromPanel])).toMatchObject({ zone: cell, placement: { reason: 'its partners 10.1.0.130 and 10.1.0.131 are all of this cell' } });
    expect(placed([fromPanel, { ...fromPanel, client: other }]).zone).toBe('Z-OPS');
    const asked: Sketch = { client: panel, server: device, service: 'modbus', days: everyDay(28), perDay: 2 };
    const proposal = proposalOf(plantWith([{ address: device, mac: mac('controller', 99) }], [asked]));
    expect(assetAt(proposal, device)).toMatchObject({ role: 'plc', placement: { reason: expect.stringContaining('assign by hand') } });
  });

  it('is not left to be assigned by hand', () => {
    const poll: Sketch = { client: '10.1.0.131', server: device, service: 'modbus', days: everyDay(28), perDay: 2 };
    const proposal = proposalOf(plantWith([{ address: device, mac: mac('controller', 99) }], [poll]));
    expect(assetAt(proposal, device).zone).toBe(assetAt(proposal, '10.1.0.131').zone);
    expect(proposal.zones.flatMap(({ notes }) => notes)).not.toContain('cannot be separated from traffic: assign by hand');
  });
});

describe('like machines around one controller', () => {
  it('are a cell each, with their own I/O, where not all of them are one', () => {
    const park = '10.5.0.1';
    const scada = '10.5.0.2';
    const turbines = everyDay(20).map((number) => `10.5.1.${number + 1}`);
    const converterOf = (turbine: string): string => turbine.replace('10.5.1.', '10.5.2.');
    const hosts: Host[] = [park, ...turbines, ...turbines.map(converterOf)].map((address, index) => ({ address, mac: mac('controller', index) }));
    const sketches = turbines.flatMap((turbine): Sketch[] => [
      { client: park, server: turbine, service: 'modbus', periodMs: 200 },
      { client: turbine, server: converterOf(turbine), service: 'modbus', periodMs: 50 },
      { client: scada, server: turbine, service: 'modbus', periodMs: 1000 },
    ]);
    // Some have a device besides that runs on its own, and is none of their I/O.
    const equipped = turbines.filter((_, index) => index % 3 > 0);
    const monitorOf = (turbine: string): string => turbine.replace('10.5.1.', '10.5.3.');
    const monitored = equipped.map((turbine): Sketch => ({ client: turbine, server: monitorOf(turbine), service: 'modbus', periodMs: 1000 }));
    const monitors = equipped.map((turbine, index): Host => ({ address: monitorOf(turbine), mac: mac('controller', 200 + index) }));
    for (const [more, flows] of [[[], []], [monitors, monitored]] as const) {
      const proposal = proposalOf(sketchPlant([...hosts, ...more, { address: scada, mac: mac('pc', 99) }], [...sketches, ...flows, { client: scada, server: park, service: 'modbus', periodMs: 1000 }]));
      const zoneOf = (address: string): string => assetAt(proposal, address).zone;
      expect(new Set(turbines.map(zoneOf)).size).toBe(turbines.length);
      expect(turbines.map(converterOf).map(zoneOf)).toEqual(turbines.map(zoneOf));
      if (more.length > 0) expect(equipped.map(monitorOf).map(zoneOf)).toEqual(equipped.map(zoneOf));
    }
  });
});

describe('the constraints of IEC 62443-3-2', () => {
  const laptop = '10.1.0.77';
  const proposal = proposalOf(
    plantWith(
      [{ address: laptop, mac: mac('pc', 77) }, { address: '10.1.0.60', mac: mac('pc', 60) }, { address: '34.1.2.3' }, { address: '34.1.2.4' }],
      [
        { client: laptop, server: '10.1.0.131', service: 'modbus', days: [12, 13], perDay: 5, operations: [['Encapsulated Interface Transport', 'browse', 43]] },
        { client: '10.1.0.60', server: '34.1.2.3', service: 'https', perDay: 40 },
        { client: '10.1.0.60', server: '34.1.2.4', service: 'https', perDay: 40 },
        { client: '10.1.0.60', server: '10.1.0.131', service: 'modbus', days: [5, 6, 7], perDay: 2, operations: [['Write Multiple Registers', 'write', 16]] },
      ],
    ),
  );

  it('takes nobody for a visitor who calls to all on every day', () => {
    const asks = { client: laptop, server: '10.1.0.131', service: 'modbus', days: [12, 13], perDay: 5, operations: [['Encapsulated Interface Transport', 'browse', 43]] } as const;
    const roleWith = (...more: readonly Sketch[]): string => assetAt(proposalOf(plantWith([{ address: laptop, mac: mac('pc', 77) }], [asks, ...more])), laptop).role;
    expect(roleWith()).toBe('transient');
    expect(roleWith({ client: laptop, server: '10.1.0.255', service: 'netbios', transport: 'udp', port: 137, answered: false })).not.toBe('transient');
  });

  it('places visitors, business and the Internet apart', () => {
    expect(assetAt(proposal, laptop)).toMatchObject({ role: 'transient', zone: 'Z-TEMP', level: null });
    expect(assetAt(proposal, '10.1.0.60')).toMatchObject({ role: 'enterprise', zone: 'Z-ENT', level: 4 });
    expect(assetAt(proposal, '34.1.2.3')).toMatchObject({ external: true, zone: 'Z-EXT' });
  });

  it('takes what the plant asks as its controllers at a public address for outstations, without certainty, and asks what for', () => {
    const pumps = ['34.7.0.1', '34.7.0.2', '34.7.0.3'];
    const set = plantWith(pumps.map((address): Host => ({ address, mac: mac('network', 9) })), [
      ...pumps.map((server): Sketch => ({ client: '10.1.0.10', server, service: 'modbus', periodMs: 2000 })),
      // Asked once in a while, it is somebody's on the Internet.
      { client: '10.1.0.10', server: '34.7.0.4', service: 'modbus', days: [3, 9], perDay: 5 },
    ]);
    const found = proposalOf(set);
    for (const address of pumps) expect(assetAt(found, address)).toMatchObject({ role: 'plc', zone: 'Z-REMOTE', confidence: 0.75, against: [{ rule: 'public-address' }] });
    expect(assetAt(found, '34.7.0.4')).toMatchObject({ subRole: 'internet', zone: 'Z-EXT' });
    expect(assetAt(found, '10.1.0.10').role).toBe('hmi');
    const asked = proposeConduits(set, found, DEFAULT_CONDUIT_OPTIONS).permits.filter(({ permit }) => permit.to.zone === 'Z-REMOTE');
    expect(asked.length).toBeGreaterThan(0);
    for (const { permit, question } of asked) expect([permit.decision, question?.kind]).toEqual(['pending', 'internet']);
  });

  it('says of a controller that stations of the whole plant alone ask what would tell its cell, and not how close it is to another', () => {
    const lone = '10.1.0.240';
    const { placement } = assetAt(proposalOf(plantWith([{ address: lone, mac: mac('controller', 240) }], [{ client: '10.1.0.10', server: lone, service: 'modbus', periodMs: 2000, operations: [['Write Single Register', 'write', 6]] }])), lone);
    expect(placement).toMatchObject({ reason: 'no private traffic ties it to any other controller: cannot be separated from traffic, assign by hand', runnerUp: { reason: 'the stations that ask it, and others besides, ask that cell most' } });
  });

  it('asks VLANs for cells where the network is one, and whichever conversation was heard first', () => {
    const lone = ['10.1.0.215', '10.1.0.245'];
    const base = plantWith(lone.map((address, n): Host => ({ address, mac: mac('controller', 215 + n) })), [
      ...lone.flatMap((server): Sketch[] => [{ client: '10.1.0.10', server, service: 'modbus', periodMs: 2000, operations: [['Write Single Register', 'write', 6]] }, { client: '10.1.0.11', server, service: 'http', days: [3, 9, 17, 24] }]),
      ...lone.map((client): Sketch => ({ client, server: '10.1.0.10', service: 'ntp', perDay: 4 })),
    ]);
    const vlanOf = (address: string): number => {
      const last = Number(address.split('.')[3]);
      return last > 210 ? last : last >= 130 ? 10 + Math.floor((last - 130) / 30) : 5;
    };
    const tagged = (vlan: (address: string) => number): ObservationSet => ({ ...base, conversations: base.conversations.map((one) => ({ ...one, vlan: vlan(one.server) })) });
    const together = (set: ObservationSet): boolean => assetAt(proposalOf(set), lone[0]).zone === assetAt(proposalOf(set), lone[1]).zone;
    expect(together(tagged(vlanOf))).toBe(false);
    const joined = tagged((address) => (lone.includes(address) ? 31 : vlanOf(address)));
    expect(together(joined)).toBe(true);
    expect(together(tagged(() => 1))).toBe(false);
    expect(proposalOf({ ...joined, conversations: [...joined.conversations].reverse() }).assets.map(({ vlan }) => vlan)).toEqual(proposalOf(joined).assets.map(({ vlan }) => vlan));
  });

  it('reports what a person puts together that has to stand apart, and nothing of zones that are for it', () => {
    const scanner = '10.1.0.78';
    const set = plantWith([{ address: laptop, mac: mac('pc', 77) }, { address: scanner, mac: '00:00:aa:00:00:01' }], [
      { client: laptop, server: '10.1.0.131', service: 'modbus', days: [12, 13], perDay: 5, operations: [['Encapsulated Interface Transport', 'browse', 43]] },
      { client: scanner, server: '10.1.0.10', service: 'https', perDay: 40 },
    ]);
    const vendors = (address: string): string | null => (address.startsWith('00:00:aa') ? 'Zebra Technologies' : vendorOf(address));
    const told = (assetZone: readonly (readonly [string, string])[], role: readonly (readonly [string, Role])[] = []): string[] =>
      proposeZones(set, { pins: { ...NO_PINS, assetZone: new Map(assetZone), role: new Map(role) }, vendorOf: vendors, stabilityRuns: 0 }).requirements
        .filter(({ rule }) => /-in-|-shared$/.test(rule)).map(({ rule, severity, citation, assets }) => `${rule} ${severity} ${citation.slice(-7)}: ${assets.join(' ')}`);
    expect(told([])).toEqual([]);
    const line = (...addresses: string[]): (readonly [string, string])[] => addresses.map((address) => [address, 'Z-LINE'] as const);
    // A controller that a person put somewhere takes its cell along.
    const cell = '10.1.0.130 10.1.0.131 10.1.0.132 10.1.0.142 10.1.0.143';
    expect(told(line(laptop, '10.1.0.131'))).toEqual([`temporary-in-zone medium ZCR 3.4: ${laptop} ${cell}`]);
    expect(told(line(scanner, '10.1.0.131'))).toEqual([`wireless-in-zone medium ZCR 3.5: ${scanner} ${cell}`]);
    expect(told(line('10.1.0.20', '10.1.0.131'))).toEqual([`safety-shared critical ZCR 3.3: 10.1.0.20 ${cell}`]);
    expect(told(line('10.1.0.10', '10.1.0.131'), [['10.1.0.10', 'enterprise']])).toEqual([`business-in-plant high ZCR 3.2: 10.1.0.10 ${cell}`]);
    expect(told(line('10.1.0.131', '10.1.0.132'))).toEqual([]);
  });

  it('reports what crosses without a DMZ, with clause and conversations', () => {
    const finding = proposal.requirements.find(({ rule, assets }) => rule === 'enterprise-direct' && assets.includes('10.1.0.131'))!;
    expect(finding.citation).toContain('ZCR 3.2');
    expect(finding.conversations).toHaveLength(1);
    expect(finding.sentence).toContain('10.1.0.60 (Z-ENT) talks across the border');
    expect(proposal.requirements.map(({ rule }) => rule)).toContain('temporary-session');
  });
});

describe('pins', () => {
  it('of one controller takes its cell along: its I/O, its panel, and what shares them', () => {
    const apart = proposalOf(plantWith());
    const cell = apart.assets.filter((asset) => asset.zone === assetAt(apart, '10.1.0.131').zone).flatMap(({ addresses }) => addresses);
    expect(cell.length).toBeGreaterThan(3);
    const proposal = proposalOf(plantWith(), { ...NO_PINS, assetZone: new Map([['10.1.0.131', 'PRESS']]) });
    expect(proposal.assets.filter(({ zone }) => zone === 'PRESS').flatMap(({ addresses }) => addresses).sort()).toEqual(cell.sort());
    expect(partition(proposal)).toEqual(partition(apart));
  });

  it('of every device but one leave that one in its cell', () => {
    const apart = proposalOf(plantWith());
    for (const address of ['10.1.0.132', '10.1.0.142', '10.1.0.130']) {
      const pinned = apart.assets.flatMap((asset) => asset.addresses.flatMap((own) => (own === address ? [] : [[own, asset.zone] as const])));
      expect(assetAt(proposalOf(plantWith(), { ...NO_PINS, assetZone: new Map(pinned) }), address).zone).toBe(assetAt(apart, address).zone);
    }
  });

  it('are never moved, and the rest is inferred around them', () => {
    const pins = { ...NO_PINS, assetZone: new Map([['10.1.0.131', 'Z-PRESS']]), role: new Map([['10.1.0.11', 'historian' as const]]), level: new Map([['10.1.0.10', 3]]), zoneName: new Map([['Z-PRESS', 'Press line']]), slT: new Map([['Z-PRESS', 3]]) };
    const proposal = proposalOf(plantWith(), pins);
    expect(assetAt(proposal, '10.1.0.131').zone).toBe('Z-PRESS');
    expect(assetAt(proposal, '10.1.0.131').placement).toMatchObject({ pinned: true });
    expect(assetAt(proposal, '10.1.0.11')).toMatchObject({ role: 'historian', confidence: 1 });
    expect(assetAt(proposal, '10.1.0.10').level).toBe(3);
    expect(proposal.zones.find(({ id }) => id === 'Z-PRESS')).toMatchObject({ name: 'Press line', slT: { value: 3, basis: 'pinned' } });
    expect(assetAt(proposal, '10.1.0.161').zone).toMatch(/^Z-CELL-/);
    expect(proposal.contradictions).toContainEqual({ pin: 'role of 10.1.0.11', sentence: 'pinned as historian, but the traffic speaks for engineering-workstation' });
  });

  it('say what kind a zone is, whatever its id: checks, levels and what is safety-related follow the kind', () => {
    const set = plantWith([], [{ client: '10.1.0.130', server: '10.1.0.20', service: 'modbus', days: [4, 11], perDay: 1, operations: [['Write Single Register', 'write', 6]] }]);
    const proposal = proposalOf(set);
    // The same partition under ids that say nothing.
    const renamed = proposalOf(set, {
      ...NO_PINS,
      assetZone: new Map(proposal.assets.flatMap(({ addresses, zone }) => addresses.map((address) => [address, `own-${zone}`] as const))),
      zoneKind: new Map(proposal.zones.map(({ id, kind }) => [`own-${id}`, kind])),
    });
    const told = ({ requirements }: Proposal): string[] => requirements.map(({ rule, sentence }) => `${rule}: ${sentence.replaceAll('own-', '')}`);
    expect(proposal.requirements.map(({ rule }) => rule)).toContain('safety-write');
    expect(told(renamed)).toEqual(told(proposal));
    expect(renamed.zones.map(({ kind, safetyRelated }) => [kind, safetyRelated])).toEqual(proposal.zones.map(({ kind, safetyRelated }) => [kind, safetyRelated]));
    expect(renamed.assets.map(({ level }) => level)).toEqual(proposal.assets.map(({ level }) => level));
  });

  it('bind two assets together or apart', () => {
    const together = proposalOf(plantWith(), { ...NO_PINS, together: [['10.1.0.11', '10.1.0.10']] });
    expect(assetAt(together, '10.1.0.10').zone).toBe(assetAt(together, '10.1.0.11').zone);
    const apart = proposalOf(plantWith(), { ...NO_PINS, apart: [['10.1.0.131', '10.1.0.132']] });
    expect(assetAt(apart, '10.1.0.131').zone).not.toBe(assetAt(apart, '10.1.0.132').zone);
  });

  it('that name nobody are contradictions, not errors', () => {
    expect(proposalOf(plantWith(), { ...NO_PINS, assetZone: new Map([['PLC-99', 'Z-X']]) }).contradictions).toEqual([{ pin: 'zone of PLC-99', sentence: 'PLC-99 is pinned but was never seen' }]);
  });
});

describe('determinism', () => {
  const text = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));

  it('gives the same bytes for the same store', () => {
    expect(text(proposeZones(plantWith(), { vendorOf }))).toBe(text(proposeZones(plantWith(), { vendorOf })));
  });

  it('does not depend on the order of addresses and conversations', () => {
    const set = plantWith();
    const base = text(proposalOf(set));
    const shuffled = (seed: number): ObservationSet => {
      const order = <T>(list: readonly T[]): T[] => list.map((item, index) => ({ item, key: Math.sin((index + 1) * seed) })).sort((a, b) => a.key - b.key).map(({ item }) => item);
      return { ...set, addresses: order(set.addresses), conversations: order(set.conversations) };
    };
    fc.assert(fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => partition(proposalOf(shuffled(seed))).join('\n') === partition(JSON.parse(base) as Proposal).join('\n')), { numRuns: 8 });
  });

  it('finds the same partition after renumbering every address', () => {
    const known = [...new Set(HOSTS.map(({ address }) => address))];
    const expected = partition(proposalOf(sketchPlant(HOSTS, SKETCHES)));
    fc.assert(
      fc.property(fc.shuffledSubarray(everyDay(known.length), { minLength: known.length, maxLength: known.length }), (order) => {
        const forth = new Map(known.map((address, index) => [address, `10.9.${Math.floor(order[index] / 200)}.${(order[index] % 200) + 1}`]));
        const back = new Map([...forth].map(([address, moved]) => [moved, address]));
        const moved = sketchPlant(HOSTS.map((host) => ({ ...host, address: forth.get(host.address)! })), SKETCHES.map((sketch) => ({ ...sketch, client: forth.get(sketch.client)!, server: forth.get(sketch.server)! })));
        expect(partition(proposalOf(moved), (address) => back.get(address)!)).toEqual(expected);
      }),
      { numRuns: 12 },
    );
  });
});

describe('stability', () => {
  it('tells for every asset how often it kept its company, and lists those that move', () => {
    const proposal = proposeZones(plantWith(), { vendorOf, stabilityRuns: 4 });
    expect(proposal.stability.runs).toBe(4);
    expect(assetAt(proposal, '10.1.0.131').placement.stability).toBe(1);
    expect(proposal.stability.moving).toEqual([]);
  });

  it('has nothing to resample in a single day', () => {
    const oneDay = SKETCHES.filter(({ days }) => days === undefined);
    expect(proposeZones(sketchPlant(HOSTS, oneDay, 1), { vendorOf }).stability.runs).toBe(0);
  });
});

describe('nothing at all', () => {
  it('is a proposal without assets that asks to listen', () => {
    const proposal = proposalOf(sketchPlant([], [], 0));
    expect(proposal.assets).toEqual([]);
    expect(proposal.completeness.sufficient).toBe(false);
    expect(proposal.completeness.sentences[1]).toMatch(/^Keep listening/);
  });
});
