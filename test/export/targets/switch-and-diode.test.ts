/** The two targets that filter no packets: the switch configuration against the port map, the diode sheet against its Permit. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../../src/export/export-plan.ts';
import type { Mode, Plan } from '../../../src/export/exporter.ts';
import { planOf } from '../../../src/export/plan.ts';
import { exporterOf } from '../../../src/export/registry.ts';
import { loadText } from '../../policy/loaded-spec.ts';
import { hostilePlan, plantPlan } from '../plant.ts';

const textOf = (target: string, path: string, plan: Plan = plantPlan(), mode: Mode = 'enforce'): string =>
  exportPlan(exporterOf(target), plan, { mode, allowWider: true }).files.find((file) => file.path === path)?.content as string;

interface ReadPort {
  readonly name: string;
  readonly lines: readonly string[];
}

const portsOf = (text: string): ReadPort[] =>
  [...text.matchAll(/^interface (\S+)\n((?: .*\n)*)/gm)].map((match) => ({ name: match[1], lines: match[2].split('\n').map((line) => line.trim()).filter((line) => line !== '') }));

/** Ports of the spec on one switch, without those of air-gapped zones. */
const wantedPorts = (plan: Plan): string[] =>
  plan.zones
    .filter((zone) => !zone.airGapped)
    .flatMap((zone) => zone.assets.flatMap((asset) => (asset.port?.switch === 'SW-1' ? [`${asset.port.interface} vlan ${asset.vlan ?? zone.vlans[0]} ${asset.macs.map((mac) => mac.replaceAll(':', '')).join()}`] : [])))
    .sort();

test('the switch: read back, every port of the spec has its VLAN and addresses, and no other port is there', () => {
  for (const plan of [plantPlan(), hostilePlan()]) {
    const read = portsOf(textOf('cisco-ios', 'SW-1.cfg', plan)).map(({ name, lines }) => {
      const vlan = lines.flatMap((line) => /^switchport access vlan (\d+)$/.exec(line)?.[1] ?? [])[0];
      const macs = lines.flatMap((line) => /mac-address ([0-9a-f.]{14})$/.exec(line)?.[1].replaceAll('.', '') ?? []);
      return `${name} vlan ${vlan} ${macs.join()}`;
    });
    expect(read.sort()).toEqual(wantedPorts(plan));
  }
});

test('the switch: a controller port is never shut by a violation, another is as the spec says', () => {
  const ports = new Map(portsOf(textOf('cisco-ios', 'SW-1.cfg')).map((port) => [port.name, port.lines]));
  expect(ports.get('GigabitEthernet1/0/1')).toContain('switchport port-security violation restrict');
  expect(ports.get('GigabitEthernet1/0/6')).toContain('switchport port-security violation shutdown');
  expect(ports.get('GigabitEthernet1/0/6')).toContain('switchport port-security mac-address sticky');
});

test('the switch: an air-gapped zone gets no VLAN on a shared switch', () => {
  const text = textOf('cisco-ios', 'SW-1.cfg');
  expect(text).toContain('! SIS: its zone SAFETY is declared air-gapped');
  expect(text).not.toMatch(/vlan 120/);
  expect(portsOf(text).map((port) => port.name)).not.toContain('GigabitEthernet1/0/8');
});

test('the switch: in monitor mode port security is prepared and not armed', () => {
  const armed = (mode: Mode): number => portsOf(textOf('cisco-ios', 'SW-1.cfg', plantPlan(), mode)).filter((port) => port.lines.includes('switchport port-security')).length;
  expect([armed('monitor'), armed('enforce')]).toEqual([0, 3]);
});

test('the switch: ports between the known ones are a file of their own, in enforce mode', () => {
  const unused = portsOf(textOf('cisco-ios', 'SW-1-unused-ports.cfg')).map((port) => port.name);
  expect(unused).toEqual(['GigabitEthernet1/0/2', 'GigabitEthernet1/0/3', 'GigabitEthernet1/0/5', 'GigabitEthernet1/0/7']);
  expect(exportPlan(exporterOf('cisco-ios'), plantPlan(), { mode: 'monitor' }).files.map((file) => file.path)).not.toContain('SW-1-unused-ports.cfg');
});

interface Device {
  readonly port: string;
  readonly zone?: 'ONE' | 'TWO' | 'GAP';
}

/** ONE has a single VLAN, TWO has two, GAP is air-gapped. */
const switchPlan = (devices: readonly Device[], vlan = 20, points = ''): Plan => {
  const assetsOf = (zone: string): string =>
    devices.flatMap((device, index) => ((device.zone ?? 'ONE') === zone ? [`{asset_id: D-${index}, role: plc, ip: [10.1.${zone.length}.${index + 1}], switch_port: {switch: SW-1, interface: "${device.port}"}}`] : [])).join(', ');
  return planOf(
    loadText(`
spec_version: 1
zones:
  - {zone_id: ONE, name: one, vlans: [${vlan}], assets: [${assetsOf('ONE')}]}
  - {zone_id: TWO, name: two, vlans: [40, 41], assets: [${assetsOf('TWO')}]}
  - {zone_id: GAP, name: gap, air_gapped: true, assets: [${assetsOf('GAP')}]}
conduits: []
${points}`),
    [],
  );
};

const unusedOf = (plan: Plan): string[] => portsOf(textOf('cisco-ios', 'SW-1-unused-ports.cfg', plan) ?? '').map((port) => port.name);

test('the switch: a port that the spec names is never shut, also where none was written for it', () => {
  expect(unusedOf(switchPlan([{ port: 'GigabitEthernet1/0/6' }, { port: 'GigabitEthernet1/0/2', zone: 'GAP' }, { port: 'GigabitEthernet1/0/4', zone: 'TWO' }]))).toEqual([
    'GigabitEthernet1/0/1', 'GigabitEthernet1/0/3', 'GigabitEthernet1/0/5',
  ]);
  const points = 'enforcement_points:\n  - {ep_id: SW-1, platform: cisco-ios-switch, interfaces: [{zone: GAP, interface: Gi1/0/1}, {zone: TWO, interface: Vlan40}]}\n';
  expect(unusedOf(switchPlan([{ port: 'Gi1/0/3' }], 20, points))).toEqual(['GigabitEthernet1/0/2']);
});

test('the switch: where a name could be any port, none is shut, and the file says why', () => {
  const plan = switchPlan([{ port: 'GigabitEthernet1/0/6' }, { port: 'X1 P3' }]);
  const paths = exportPlan(exporterOf('cisco-ios'), plan, { mode: 'enforce' }).files.map((file) => file.path);
  expect(paths).not.toContain('SW-1-unused-ports.cfg');
  expect(textOf('cisco-ios', 'SW-1.cfg', plan)).toContain('! No list of unused ports: the spec names ports that could be any of them (X1 P3)');
});

test('the switch: the short names that IOS takes are the same ports under their long names', () => {
  const long = (port: string): string[] => portsOf(textOf('cisco-ios', 'SW-1.cfg', switchPlan([{ port }]))).map(({ name }) => name);
  for (const [short, name] of [
    ['Gi1/0/3', 'GigabitEthernet1/0/3'], ['gig 1/0/3', 'GigabitEthernet1/0/3'], ['GIGABITETHERNET1/0/3', 'GigabitEthernet1/0/3'], ['Te1/1/1', 'TenGigabitEthernet1/1/1'],
    ['Fa0/1', 'FastEthernet0/1'], ['Eth1/2', 'Ethernet1/2'], ['Twe1/0/1', 'TwentyFiveGigE1/0/1'], ['Tw1/0/1', 'TwoGigabitEthernet1/0/1'], ['Hu1/0/49', 'HundredGigE1/0/49'],
  ] as const)
    expect(long(short), short).toEqual([name]);
  for (const none of ['T1/0/1', 'Gi', 'Gi1/0/3.20', 'Port-channel1', 'Gx1/0/1']) expect(long(none), none).toEqual([]);
  const both = portsOf(textOf('cisco-ios', 'SW-1.cfg', switchPlan([{ port: 'Gi1/0/3' }, { port: 'GigabitEthernet1/0/3' }])));
  expect(both.map(({ name, lines }) => `${name}: ${lines[0]}`)).toEqual(['GigabitEthernet1/0/3: description D-0 D-1 ONE']);
});

test('the switch: the parking VLAN is one that no zone has, and VLAN 1 keeps its name', () => {
  const parking = (vlan: number): string | undefined => /^vlan (\d+)\n name PARKING$/m.exec(textOf('cisco-ios', 'SW-1.cfg', switchPlan([{ port: 'Gi1/0/3' }], vlan)))?.[1];
  expect([parking(20), parking(999), parking(998)]).toEqual(['999', '998', '999']);
  const text = textOf('cisco-ios', 'SW-1.cfg', switchPlan([{ port: 'Gi1/0/3' }], 1));
  expect(text).not.toMatch(/^vlan 1$/m);
  expect(text).toContain('! VLAN 1 (ONE) is always there, and IOS refuses it another name\n');
  expect(text).toContain(' switchport access vlan 1\n');
});

test('the switch: each has a way back of its own, for what its mode has set', () => {
  const rollback = (mode: Mode): string => textOf('cisco-ios', 'SW-1-rollback.txt', plantPlan(), mode);
  for (const line of [' no switchport port-security', ' no spanning-tree bpduguard', ' ! no shutdown, where it was not shut before', ' no switchport port-security mac-address 0200.0a00.0011', ' ! switchport access vlan ________'])
    expect(rollback('enforce')).toContain(`${line}\n`);
  for (const line of [' no switchport port-security\n', 'bpduguard\n', 'shutdown']) expect(rollback('monitor')).not.toContain(line);
  expect(textOf('cisco-ios', 'SW-1.cfg', plantPlan(), 'monitor')).not.toContain('bpduguard enable');
});

test('the diode sheet: three legs in one direction, and what contradicts them', () => {
  const rows = textOf('data-diode', 'diode-interfaces.csv').split('\n').slice(1, -1).map((line) => line.split(','));
  expect(rows.map((row) => row.slice(0, 6))).toEqual([
    ['K2-COPY', 'source side', 'OPS', '192.168.30.5 fd00:30::5', 'DIODE TX', '192.168.30.200'],
    ['K2-COPY', 'across', 'DIODE TX', '192.168.30.200', 'DIODE RX', '172.20.5.200'],
    ['K2-COPY', 'destination side', 'DIODE RX', '172.20.5.200', 'DMZ', '172.20.5.5'],
  ]);
  const order = textOf('data-diode', 'diode-work-order.md');
  expect(order).toContain('Contradiction: K2-WEB (HTTPS) runs the other way in the same conduit');
});

test('the diode sheet names the asset that the far side stands for, where the spec does', () => {
  const plan = plantPlan();
  const named: Plan = { ...plan, permits: plan.permits.map((entry) => (entry.unidirectional === null ? entry : { ...entry, unidirectional: { ...entry.unidirectional, replicaOf: 'HIST-9' } })) };
  expect(textOf('data-diode', 'diode-interfaces.csv', named)).toContain('begins at the receiving gateway, which plays HIST-9');
  expect(textOf('data-diode', 'diode-work-order.md', named)).toContain('- replication of HIST-9: state the points');
  expect(textOf('data-diode', 'diode-interfaces.csv', plan)).toContain('which plays the replicated server');
});

test('what a spec says of a diode reaches its plan', () => {
  const { permits } = planOf(loadText(`
zones:
  - {zone_id: OPS, name: o, assets: [{asset_id: HIST, ip: [10.30.0.2]}, {asset_id: DIODE, ip: [10.30.0.9, 10.40.0.9]}]}
  - {zone_id: DMZ, name: d, networks: [10.40.0.0/24], assets: [{asset_id: COPY, ip: [10.40.0.2]}]}
conduits:
  - conduit_id: C
    connects: [OPS, DMZ]
    protocols_allowed:
      - {protocol: PI, transport: udp, port: 5450, client: {zone: OPS, assets: [HIST]}, server: {zone: DMZ, assets: [COPY]}, unidirectional: {from: OPS, to: DMZ, via_asset: DIODE, replica_of: HIST}}
`), []);
  expect(permits[0]?.unidirectional).toMatchObject({ via: 'DIODE', replicaOf: 'HIST' });
});

test('no firewall target writes a rule for what a diode carries', () => {
  for (const target of ['nftables', 'cisco-asa', 'fortios', 'panos', 'suricata', 'cisco-ftd', 'hirschmann-eagle', 'tofino', 'mud']) {
    const { losses, files } = exportPlan(exporterOf(target), plantPlan(), { mode: 'enforce', allowWider: true });
    expect(losses.find((row) => row.permit === 'K2-COPY')?.verdict).toBe('not-enforceable');
    for (const file of files) if (!/README|loss-report/.test(file.path)) expect(String(file.content), target).not.toMatch(/\b5450\b/);
  }
});
