/** Which interface of a device stands in which zone: all of them, under names of their own, and what is within a zone passes. */
import { describe, expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { loadText } from '../policy/loaded-spec.ts';

type Port = readonly [zone: string, name: string, vlan?: number];

const specOf = (platform: string, ports: readonly Port[]): string => `
spec_version: 1
zones:
  - {zone_id: OPS, name: ops, kind: operations, networks: [10.30.1.0/24], assets: [{asset_id: HMI-1, ip: [10.30.1.50]}]}
  - {zone_id: CELL, name: cell, kind: control, networks: [10.20.1.0/24, 10.20.9.0/24], assets: [{asset_id: PLC-1, ip: [10.20.1.10]}, {asset_id: PLC-2, ip: [10.20.9.10]}]}
enforcement_points:
  - ep_id: FW1
    platform: ${platform}
    interfaces: [${ports.map(([zone, name, vlan]) => `{zone: ${zone}, interface: ${name}${vlan === undefined ? '' : `, vlan: ${vlan}`}}`).join(', ')}]
conduits:
  - conduit_id: C1
    connects: [OPS, CELL]
    mode: enforce
    enforced_by: [FW1]
    protocols_allowed:
      - {rule_id: R1, protocol: HTTPS, port: 443, client: {zone: CELL, assets: [PLC-2]}, server: {zone: OPS, assets: [HMI-1]}}
`;

const filesOf = (target: string, platform: string, ports: readonly Port[]): ReadonlyMap<string, string> => {
  const plan = planOf(loadText(specOf(platform, ports)), []);
  // OpenConfig has no platform of its own: the exporter takes the device that it is given here.
  const exporter = { ...exporterOf(target), platforms: [plan.devices[0]?.platform ?? ''] };
  return new Map(exportPlan(exporter, plan, { mode: 'enforce' }).files.map(({ path, content }) => [path.split('/').at(-1) ?? '', content as string]));
};

const textOf = (target: string, file: string, platform: string, ports: readonly Port[]): string => filesOf(target, platform, ports).get(file) ?? '';

describe('a zone on two interfaces', () => {
  test('cisco-asa: one list, bound to both, in which what is within the zone passes', () => {
    const text = textOf('cisco-asa', 'baseline-asa.cfg', 'cisco-asa', [['OPS', 'GigabitEthernet1/1'], ['CELL', 'GigabitEthernet1/2'], ['CELL', 'GigabitEthernet1/3']])
      // Every name ends in the digest of the policy (cisco-asa.test.ts).
      .replace(/_[0-9a-f]{8}\b/g, '');
    expect(text.match(/^interface .*\n nameif .*$/gm)).toEqual(['interface GigabitEthernet1/1\n nameif OPS', 'interface GigabitEthernet1/2\n nameif CELL', 'interface GigabitEthernet1/3\n nameif CELL_2']);
    expect(text.match(/^access-group .*$/gm)).toEqual(['access-group OTZ_OPS_IN in interface OPS', 'access-group OTZ_CELL_IN in interface CELL', 'access-group OTZ_CELL_IN in interface CELL_2']);
    expect(text.match(/^access-list OTZ_CELL_IN extended .*$/gm)).toEqual([
      'access-list OTZ_CELL_IN extended permit tcp object PLC-2 object HMI-1 eq 443 log 6 interval 300',
      'access-list OTZ_CELL_IN extended permit ip object-group G_CELL object-group G_CELL log 6 interval 300',
      'access-list OTZ_CELL_IN extended deny ip any any log 4 interval 300',
    ]);
    expect(text).toContain('same-security-traffic permit inter-interface');
  });

  test('panos: one zone with both; what is within it passes by the device\'s own rule', () => {
    const text = textOf('panos', 'baseline-panos.set', 'panos', [['OPS', 'ethernet1/1'], ['CELL', 'ethernet1/2'], ['CELL', 'ethernet1/3', 20]]);
    expect(text.match(/^set zone .*$/gm)).toEqual(['set zone OPS network layer3 ethernet1/1', 'set zone CELL network layer3 [ ethernet1/2 ethernet1/3.20 ]']);
    expect(text).toContain('set network interface ethernet ethernet1/3 layer3 units ethernet1/3.20 tag 20\n');
    expect(text).toContain('set rulebase security rules OTZ-DEFAULT from [ OPS CELL ]\n');
    expect(text).toContain('set rulebase security rules OTZ-DEFAULT rule-type interzone\n');
  });

  test('fortios: one zone with both, and a policy from the zone to itself', () => {
    const text = textOf('fortios', 'baseline-fortios.conf', 'fortios', [['OPS', 'port1'], ['CELL', 'port2'], ['CELL', 'port3']]);
    expect(text).toContain('    edit "CELL"\n        set intrazone deny\n        set interface "port2" "port3"\n    next\nend\n');
    expect(text).toContain('set name "WITHIN-CELL"\n        set srcintf "CELL"\n        set dstintf "CELL"\n        set action accept\n        set srcaddr "G_CELL"\n        set dstaddr "G_CELL"\n        set schedule "always"\n        set service "ALL"\n');
    expect(text.indexOf('WITHIN-CELL')).toBeLessThan(text.indexOf('OTZ-DEFAULT'));
  });

  test('openconfig-acl: the lists are bound to both, and hold what is within the zone', () => {
    const { 'openconfig-acl:acl': acl } = JSON.parse(textOf('openconfig-acl', 'openconfig-acl.json', 'other', [['OPS', 'ethernet-1/1'], ['CELL', 'ethernet-1/2'], ['CELL', 'ethernet-1/3']])) as {
      'openconfig-acl:acl': {
        'acl-sets': { 'acl-set': { name: string; 'acl-entries': { 'acl-entry': { config: { description: string }; ipv4?: { config: Record<string, unknown> } }[] } }[] };
        interfaces: { interface: { id: string; 'ingress-acl-sets': { 'ingress-acl-set': { 'set-name': string }[] } }[] };
      };
    };
    expect(acl.interfaces.interface.map(({ id, 'ingress-acl-sets': sets }) => [id, ...sets['ingress-acl-set'].map((one) => one['set-name'])])).toEqual([
      ['ethernet-1/1', 'OTZ_OPS_IN_ipv4'], ['ethernet-1/2', 'OTZ_CELL_IN_ipv4'], ['ethernet-1/3', 'OTZ_CELL_IN_ipv4'],
    ]);
    const lists = acl['acl-sets']['acl-set'];
    expect(lists.map(({ name }) => name)).toEqual(['OTZ_OPS_IN_ipv4', 'OTZ_CELL_IN_ipv4']);
    const within = lists.flatMap((list) => list['acl-entries']['acl-entry'].filter(({ config }) => config.description.startsWith('within')).map(({ ipv4 }) => [list.name, ipv4?.config]));
    const networks = ['10.20.1.0/24', '10.20.9.0/24'];
    expect(within).toEqual(networks.flatMap((source) => networks.map((destination) => ['OTZ_CELL_IN_ipv4', { 'source-address': source, 'destination-address': destination }])));
  });

  test('nftables: what is within the zone passes from one to the other, before anything is dropped', () => {
    const text = textOf('nftables', 'baseline.nft', 'linux-nft', [['OPS', 'eth1'], ['CELL', 'eth2'], ['CELL', 'eth2', 20]]);
    const within = '\t\tiifname { "eth2", "eth2.20" } oifname { "eth2", "eth2.20" } ip saddr { 10.20.1.0/24, 10.20.9.0/24 } ip daddr { 10.20.1.0/24, 10.20.9.0/24 } counter accept\n';
    expect(text).toContain(within);
    expect(text.indexOf(within)).toBeLessThan(text.indexOf('NOCONDUIT'));
  });

  test('nftables: a device that stands in for all may have networks of any zone on both sides, but for a single host and the Internet', () => {
    const spec = specOf('linux-nft', []).replace(/enforcement_points:[^]*?conduits:/, 'conduits:').replace(/ *enforced_by.*\n/, '').replace('conduits:', '  - {zone_id: NET, name: Internet, kind: external, networks: [0.0.0.0/0]}\n  - {zone_id: ONE, name: one, kind: dmz, assets: [{asset_id: JUMP-1, ip: [10.40.1.5]}]}\nconduits:');
    const { files } = exportPlan(exporterOf('nftables'), planOf(loadText(spec), []), { mode: 'enforce' });
    const text = String(files.find(({ path }) => path.endsWith('baseline.nft'))?.content);
    expect(text.match(/^\t\tip saddr \{.*$/gm)).toEqual(['10.30.1.0/24', '10.20.1.0/24, 10.20.9.0/24'].map((all) => `\t\tip saddr { ${all} } ip daddr { ${all} } counter accept`));
    expect(text.indexOf('within CELL')).toBeLessThan(text.indexOf('NOCONDUIT'));
  });

  test('an interface that the spec states twice is one, and nothing has to pass within a zone on one', () => {
    const text = textOf('cisco-asa', 'baseline-asa.cfg', 'cisco-asa', [['OPS', 'GigabitEthernet1/1'], ['CELL', 'GigabitEthernet1/2', 20], ['CELL', 'GigabitEthernet1/2.20', 20]]);
    expect(text.match(/^interface .*$/gm)).toEqual(['interface GigabitEthernet1/1', 'interface GigabitEthernet1/2.20']);
    expect(text).not.toContain('within CELL');
  });
});

describe('names of interfaces', () => {
  const assumed = (text: string): string[] => text.match(/^[!#] .* is assumed.*$/gm) ?? [];

  test('an assumed one is none that the spec gives to another zone, and the text says which name was none', () => {
    const text = textOf('cisco-asa', 'baseline-asa.cfg', 'cisco-asa', [['OPS', 'outside'], ['CELL', 'GigabitEthernet1/1'], ['CELL', 'GigabitEthernet1/2.7']]);
    expect(text.match(/^interface .*$/gm)).toEqual(['interface GigabitEthernet1/3', 'interface GigabitEthernet1/1', 'interface GigabitEthernet1/2.7']);
    expect(assumed(text)).toEqual(['! OPS: outside, as the spec calls it, is no name of an interface on this platform. GigabitEthernet1/3 is assumed: set it before you apply this.']);
  });

  test('a trunk under a name that is none is one trunk, and two are two', () => {
    const names = (ports: readonly Port[]): string[] => textOf('cisco-asa', 'baseline-asa.cfg', 'cisco-asa', ports).match(/^interface .*$/gm) ?? [];
    expect(names([['OPS', 'trunk', 10], ['CELL', 'trunk', 20]])).toEqual(['interface GigabitEthernet1/1.10', 'interface GigabitEthernet1/1.20']);
    expect(names([['OPS', 'trunk', 10], ['CELL', 'other', 10]])).toEqual(['interface GigabitEthernet1/1.10', 'interface GigabitEthernet1/2.10']);
  });

  test('FortiOS: VLANs of long names stay apart, in 15 characters; a name that fits is not cut', () => {
    const ports: readonly Port[] = [['OPS', 'internal-lan1', 20], ['CELL', 'internal-lan2', 20], ['CELL', 'internal-lan', 20], ['CELL', 'port4', 4094]];
    const text = textOf('fortios', 'baseline-fortios.conf', 'fortios', ports);
    const vlans = [...text.matchAll(/edit "(.+)"\n {8}set vdom "root"\n {8}set interface "(.+)"\n {8}set vlanid (\d+)/g)].map(([, name, parent, vlan]) => `${name} ${parent} ${vlan}`);
    expect(vlans).toEqual(['internal-l_2.20 internal-lan1 20', 'internal-l_3.20 internal-lan2 20', 'internal-lan.20 internal-lan 20', 'port4.4094 port4 4094']);
    expect(textOf('fortios', 'baseline-fortios.conf', 'fortios', ports)).toBe(text);
    const readme = filesOf('fortios', 'fortios', ports).get('README.md');
    expect(readme).toContain('VLAN 20 of internal-lan2 is called internal-l_3.20 here');
    expect(readme).not.toContain('of internal-lan is called');
  });

  test('one interface in two ways of writing is shared by two zones, and refused', () => {
    expect(() => textOf('cisco-asa', 'baseline-asa.cfg', 'cisco-asa', [['OPS', 'GigabitEthernet1/1.20'], ['CELL', 'GigabitEthernet1/1', 20]])).toThrow('FW1 has OPS and CELL on one interface, GigabitEthernet1/1 VLAN 20');
  });
});
