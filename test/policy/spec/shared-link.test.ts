/** Which zones share a link, as far as a spec tells, and what `spec check` says of it. */
import { expect, it } from 'vitest';
import { sharedLinks } from '../../../src/policy/spec/shared-link.ts';
import { checkSpec } from '../../../src/policy/diff/check.ts';
import { loadText } from '../loaded-spec.ts';

interface Zone {
  readonly kind?: string;
  readonly networks?: string[];
  readonly vlans?: number[];
  readonly assets?: object[];
}

const specOf = (a: Zone, b: Zone, more: object = {}): string => JSON.stringify({
  zones: [{ zone_id: 'A', name: 'a', ...a }, { zone_id: 'B', name: 'b', ...b }],
  conduits: [{ conduit_id: 'C', connects: ['A', 'B'], ...(('enforcement_points' in more) ? { enforced_by: ['FW'] } : {}) }],
  ...more,
});

const at = (...ip: string[]): object[] => ip.map((one) => ({ asset_id: `at-${one.replaceAll(/[^0-9a-f]/g, '-')}`, ip: [one] }));

const shared = (a: Zone, b: Zone): string | null => {
  const [link] = sharedLinks(loadText(specOf(a, b)).spec)[0];
  return link === undefined ? null : `${link.isLikely ? 'likely ' : ''}${link.what}`;
};

it('VLANs decide where both zones state them', () => {
  expect(shared({ vlans: [10, 20] }, { assets: [{ asset_id: 'B1', ip: ['10.1.0.1'], vlan: 20 }] })).toBe('VLAN 20');
  expect(shared({ vlans: [10], assets: at('10.1.0.1') }, { vlans: [20], assets: at('10.1.0.2') })).toBeNull();
  expect(shared({ vlans: [10], networks: ['10.0.0.0/8'] }, { vlans: [20], networks: ['10.1.0.0/24'] })).toBeNull();
});

it('a device in the network of another zone stands there, one with a leg in each does not', () => {
  expect(shared({ networks: ['10.1.0.0/24'] }, { networks: ['10.9.0.0/24'], assets: at('10.1.0.63') })).toBe('10.1.0.0/24');
  expect(shared({ networks: ['10.1.0.0/24'] }, { assets: at('10.1.0.63') })).toBe('10.1.0.0/24');
  expect(shared({ networks: ['10.1.0.0/24'] }, { networks: ['10.9.0.0/24'], assets: [{ asset_id: 'JUMP', ip: ['10.9.0.7', '10.1.0.7'] }] })).toBeNull();
  expect(shared({ networks: ['10.0.0.0/8'] }, { networks: ['10.1.0.0/29'], assets: at('10.1.0.2') })).toBe('likely 10.1.0.0/29');
});

it('without networks and VLANs, what is usually one network is likely one', () => {
  expect(shared({ assets: at('10.1.0.2') }, { assets: at('10.1.0.77') })).toBe('likely 10.1.0.0/24');
  expect(shared({ assets: at('10.1.0.2') }, { assets: at('10.1.1.77') })).toBeNull();
  expect(shared({ assets: at('fd00:1::2') }, { assets: at('fd00:1::77') })).toBe('likely fd00:1::/64');
  expect(shared({ assets: at('fe80::2', '169.254.0.1') }, { assets: at('fe80::77', '169.254.0.2') })).toBeNull();
  expect(shared({ assets: at('10.1.0.2'), networks: ['10.1.0.0/25'] }, { assets: at('10.1.0.200') })).toBeNull();
  expect(shared({ assets: at('10.1.0.2') }, { assets: [{ asset_id: 'JUMP', ip: ['10.1.0.9', '10.5.0.9'] }] })).toBeNull();
  expect(shared({ assets: at('8.8.8.8') }, { kind: 'external', assets: at('8.8.8.4') })).toBeNull();
});

it('devices that were heard on a link, scattered over a /16, are in one network; those behind routers are not', () => {
  const scattered = (first: number, heard: boolean): object[] =>
    [0, 2, 4, 6, 8].map((n) => ({ asset_id: `S${first + n}`, ip: [`10.1.${first + n}.9`], ...(heard ? { mac: [`02:00:00:00:00:${(16 + first + n).toString(16)}`] } : {}) }));
  expect(shared({ assets: scattered(0, true) }, { assets: scattered(1, true) })).toBe('likely 10.1.0.0/16');
  expect(shared({ assets: scattered(0, false) }, { assets: scattered(1, false) })).toBeNull();
  expect(shared({ assets: scattered(0, true) }, { assets: scattered(1, false) })).toBeNull();
});

it('is a lint, one for all that a link holds, but not where a device that sees the link enforces', () => {
  const lints = (text: string): string[] => checkSpec(loadText(text)).filter(({ rule }) => rule === 'zones-share-link').map(({ severity, message }) => `${severity}: ${message}`);
  const flat = specOf({ assets: at('10.1.0.2') }, { assets: at('10.1.0.77') });
  expect(lints(flat)).toEqual(['low: A, B probably share 10.1.0.0/24: a firewall that routes sees nothing of C']);
  const point = (platform: string, vlan: number): object => ({ enforcement_points: [{ ep_id: 'FW', platform, interfaces: [{ zone: 'A', interface: 'eth0', vlan: 1 }, { zone: 'B', interface: 'eth0', vlan }] }] });
  expect(lints(specOf({ vlans: [1] }, { vlans: [1] }, point('tofino', 1)))).toEqual([]);
  expect(lints(specOf({ vlans: [1] }, { vlans: [2] }, point('fortios', 2)))).toEqual([]);
  expect(lints(specOf({ vlans: [1] }, { vlans: [2] }, point('fortios', 1)))).toEqual(['medium: A and B are both on eth0 of FW: it cannot keep them apart, and export refuses it']);
  expect(lints(specOf({ vlans: [1] }, { vlans: [1] }, point('fortios', 2)))).toEqual(['medium: A, B share VLAN 1: a firewall that routes sees nothing of C']);
});
