/** The two targets that filter no packets: the switch configuration against the port map, the diode sheet against its Permit. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Mode, Plan } from '../../src/export/exporter.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { hostilePlan, plantPlan } from './plant.ts';

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
  expect(text).toContain('! SIS: its zone SAFETY is air-gapped');
  expect(text).not.toMatch(/vlan 120/);
  expect(text).not.toContain('GigabitEthernet1/0/8');
});

test('the switch: in monitor mode port security is prepared and not armed', () => {
  const armed = (mode: Mode): number => portsOf(textOf('cisco-ios', 'SW-1.cfg', plantPlan(), mode)).filter((port) => port.lines.includes('switchport port-security')).length;
  expect([armed('monitor'), armed('enforce')]).toEqual([0, 3]);
});

test('the switch: ports between the known ones are a file of their own', () => {
  const unused = portsOf(textOf('cisco-ios', 'SW-1-unused-ports.cfg')).map((port) => port.name);
  expect(unused).toEqual(['GigabitEthernet1/0/2', 'GigabitEthernet1/0/3', 'GigabitEthernet1/0/5']);
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

test('no firewall target writes a rule for what a diode carries', () => {
  for (const target of ['nftables', 'cisco-asa', 'fortios', 'panos', 'suricata', 'cisco-ftd', 'hirschmann-eagle', 'tofino', 'mud']) {
    const { losses, files } = exportPlan(exporterOf(target), plantPlan(), { mode: 'enforce', allowWider: true });
    expect(losses.find((row) => row.permit === 'K2-COPY')?.verdict).toBe('not-enforceable');
    for (const file of files) if (!/README|loss-report/.test(file.path)) expect(String(file.content), target).not.toMatch(/\b5450\b/);
  }
});
