/** From a spec to a plan: what an end of a Permit means in addresses, and what is said when it cannot be resolved. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Plan, PlanPermit } from '../../src/export/exporter.ts';
import { rangeText } from '../../src/export/ip-notation.ts';
import { planOf } from '../../src/export/plan.ts';
import { formatSpan, parseSpan, setContains } from '../../src/net/address-set.ts';
import { endFits, prepareEnd } from '../../src/policy/match/match.ts';
import { indexAssets } from '../../src/policy/spec/assets.ts';
import { parseSpec } from '../../src/policy/spec/load.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { everywherePlan, plantPlan } from './plant.ts';

const plan = plantPlan();
const permit = (id: string, of: Plan = plan): PlanPermit => {
  const found = of.permits.find((entry) => entry.permit.id === id);
  if (found === undefined) throw new Error(`no Permit ${id}`);
  return found;
};
const client = (id: string): string[] => permit(id).client.map(rangeText);
const server = (id: string): string[] => permit(id).server.map(rangeText);

test('assets mean their addresses, neighbours joined', () => {
  expect(client('K1-READ')).toEqual(['192.168.30.5-192.168.30.6', '192.168.30.9', 'fd00:30::5']);
  expect(server('K1-READ')).toEqual(['192.168.10.11-192.168.10.12', '192.168.10.21-192.168.10.32', 'fd00:10::11']);
});

test('a side that names nothing means its zone, an address means itself', () => {
  expect(server('K1-MAINT')).toEqual(['192.168.10.0-192.168.10.255', 'fd00:10::-fd00:10::ffff:ffff:ffff:ffff']);
  expect(server('K1-TIME')).toEqual(['192.168.30.5', 'fd00:30::5']);
});

test('an asset stands with all its legs, as the matcher takes it; a diode ends each side with the leg that stands there', () => {
  expect(client('K2-WEB')).toEqual(['172.20.5.7', '192.168.30.7']);
  expect(permit('K2-COPY').unidirectional?.tx.map(rangeText)).toEqual(['192.168.30.200']);
  expect(permit('K2-COPY').unidirectional?.rx.map(rangeText)).toEqual(['172.20.5.200']);
});

test('an asset without an address leaves an empty set and says so', () => {
  expect(server('K1-NOBODY')).toEqual([]);
  expect(permit('K1-NOBODY').omitted).toEqual(['asset DRIVE has no address in CELL: it is left out']);
});

test('every address is not for one link, and no multicast', () => {
  expect(permit('ADDRESSES', everywherePlan())).toMatchObject({ groups: { link: [], routed: [] } });
});

test('layer 2 means link addresses', () => {
  expect(server('K1-GOOSE')).toEqual(['02:00:0a:00:00:11-02:00:0a:00:00:12']);
});

test('a zone without networks means the addresses of its assets; without those, nobody', () => {
  const text = `
zones:
  - {zone_id: A, name: A, assets: [{asset_id: a1, ip: ["10.0.0.1"]}, {asset_id: a2, ip: ["10.0.0.9"]}, "Panel (HMI-01 through HMI-03)"]}
  - {zone_id: B, name: B}
conduits:
  - {conduit_id: C, connects: [A, B], protocols_allowed: [{rule_id: R, protocol: HTTPS, direction: "A -> B"}]}
`;
  const { loaded } = parseSpec(text, 'small.yaml');
  if (loaded === null) throw new Error('the spec does not load');
  const small = planOf(loaded, []);
  expect(permit('R', small).client.map(rangeText)).toEqual(['10.0.0.1', '10.0.0.9']);
  expect(permit('R', small).server).toEqual([]);
  expect(small.zones[0]?.assets.map((asset) => asset.id)).toEqual(['a1', 'a2', 'HMI-01', 'HMI-02', 'HMI-03']);
});

const texts = (of: Plan, id: string, side: 'client' | 'server'): string[] => permit(id, of)[side].map(rangeText);

test('a zone is its networks and its assets, without what is declared more narrowly elsewhere', () => {
  const nested = planOf(loadText(`
zones:
  - {zone_id: PLANT, name: p, networks: [10.20.0.0/16], assets: [{asset_id: LEGACY, ip: [10.99.0.9]}]}
  - {zone_id: SIS, name: s, networks: [10.20.0.0/29], assets: [{asset_id: SIS1, ip: [10.20.0.2]}]}
  - {zone_id: QUAR, name: q, networks: [192.168.99.0/24], assets: [{asset_id: PLC, ip: [10.20.4.63]}]}
conduits:
  - {conduit_id: C, connects: [PLANT, SIS, QUAR], protocols_allowed: [
      {rule_id: R, protocol: HTTPS, client: {zone: QUAR, assets: [PLC]}, server: {zone: PLANT}},
      {rule_id: S, protocol: HTTPS, client: {zone: PLANT}, server: {zone: SIS}}]}
`), []);
  expect(texts(nested, 'R', 'server')).toEqual(['10.20.0.8-10.20.4.62', '10.20.4.64-10.20.255.255', '10.99.0.9']);
  expect(texts(nested, 'R', 'client')).toEqual(['10.20.4.63']);
  expect(texts(nested, 'S', 'server')).toEqual(['10.20.0.0-10.20.0.7']);
});

test('a range of an asset is without the address of another one', () => {
  const pool = planOf(loadText(`
zones:
  - {zone_id: POOL, name: p, assets: [{asset_id: DHCP, ip: [10.30.0.2-10.30.0.200], count: 100}]}
  - {zone_id: OPS, name: o, assets: [{asset_id: KIOSK, ip: [10.30.0.5]}]}
conduits:
  - {conduit_id: C, connects: [POOL, OPS], protocols_allowed: [{rule_id: R, protocol: HTTPS, client: {zone: POOL, assets: [DHCP]}, server: {zone: OPS}}]}
`), []);
  expect(texts(pool, 'R', 'client')).toEqual(['10.30.0.2-10.30.0.4', '10.30.0.6-10.30.0.200']);
  expect(pool.zones[0]?.assets[0]?.addresses.map(rangeText)).toEqual(['10.30.0.2-10.30.0.4', '10.30.0.6-10.30.0.200']);
});

test('a zone of kind external is the Internet, without what others declare of it', () => {
  const internet = planOf(loadText(`
zones:
  - {zone_id: OFFICE, name: o, networks: [10.30.0.0/24, 2001:db8:1::/48], assets: [{asset_id: VPN, ip: [198.51.100.7]}]}
  - {zone_id: NET, name: n, kind: external, assets: [{asset_id: VENDOR, ip: [203.0.113.9, 10.8.0.1]}]}
conduits:
  - {conduit_id: C, connects: [OFFICE, NET], protocols_allowed: [{rule_id: R, protocol: HTTPS, client: {zone: OFFICE}, server: {zone: NET}}]}
`), []);
  expect(texts(internet, 'R', 'server')).toEqual([
    '1.0.0.0-9.255.255.255', '10.8.0.1', '11.0.0.0-100.63.255.255', '100.128.0.0-126.255.255.255', '128.0.0.0-169.253.255.255', '169.255.0.0-172.15.255.255',
    '172.32.0.0-192.167.255.255', '192.169.0.0-198.51.100.6', '198.51.100.8-223.255.255.255',
    '64:ff9b::-64:ff9b::ffff:ffff', '2000::-2001:db8:0:ffff:ffff:ffff:ffff:ffff', '2001:db8:2::-3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ]);
});

const BASES = { ipv4: parseSpan('10.0.0.0')!.first, public: parseSpan('8.8.8.0')!.first, ipv6: parseSpan('fd00::')!.first, mac: parseSpan('02:00:00:00:00:00')!.first };
const place = fc.record({ base: fc.constantFrom('ipv4', 'public', 'ipv6', 'mac'), at: fc.nat(63), to: fc.nat(63), bits: fc.nat(6), single: fc.boolean() });
type Place = typeof place extends fc.Arbitrary<infer T> ? T : never;
const familyOf = (base: Place['base']): 'ipv4' | 'ipv6' | 'mac' => (base === 'public' ? 'ipv4' : base);
const addressText = ({ base, at }: Pick<Place, 'base' | 'at'>): string => formatSpan({ family: familyOf(base), first: BASES[base] + BigInt(at), last: BASES[base] + BigInt(at) });
const assetText = (one: Place): string => (one.single || one.base === 'mac' ? addressText(one) : `${addressText({ ...one, at: Math.min(one.at, one.to) })}-${addressText({ ...one, at: Math.max(one.at, one.to) })}`);
const networkText = ({ base, at, bits }: Place): string => `${addressText({ base, at: at & ~((1 << bits) - 1) })}/${(base === 'ipv6' ? 128 : 32) - bits}`;
const zone = fc.record({ networks: fc.array(place, { maxLength: 3 }), assets: fc.array(fc.array(place, { maxLength: 3 }), { maxLength: 3 }) });

test('an address is in the set of an end exactly when the matcher says that it fits the end', () => {
  let loadedSpecs = 0;
  fc.assert(fc.property(fc.tuple(zone, zone, zone), fc.boolean(), place, (zones, hasInternet, named) => {
    const text = JSON.stringify({
      zones: zones.map(({ networks, assets }, z) => ({
        zone_id: `Z${z}`, name: 'z', ...(hasInternet && z === 2 ? { kind: 'external' } : {}),
        networks: [...new Set(networks.filter(({ base }) => base !== 'mac').map(networkText))],
        assets: assets.map((places, a) => ({
          asset_id: `A${z}${a}`, ip: [...new Set(places.filter(({ base }) => base !== 'mac').map(assetText))], mac: [...new Set(places.filter(({ base }) => base === 'mac').map(assetText))],
        })),
      })),
      conduits: [{
        conduit_id: 'C', connects: ['Z0', 'Z1', 'Z2'],
        protocols_allowed: ['tcp', 'eth-0x8892'].flatMap((transport) => [0, 1, 2].flatMap((z) => [
          { transport, ...(transport === 'tcp' ? { port: 443 } : {}), protocol: 'X', client: { zone: `Z${z}` }, server: { zone: `Z${(z + 1) % 3}`, addresses: [assetText(named)] } },
          ...(zones[z].assets.length === 0 ? [] : [{ transport, ...(transport === 'tcp' ? { port: 443 } : {}), protocol: 'X', client: { zone: `Z${z}`, assets: zones[z].assets.map((_, a) => `A${z}${a}`) }, server: { zone: `Z${(z + 1) % 3}` } }]),
        ])),
      }],
    });
    const { loaded } = parseSpec(text, 'random.yaml');
    if (loaded === null) return; // two assets with one address
    loadedSpecs++;
    const index = indexAssets(loaded.spec);
    for (const { permit: declared, client: clients, server: servers } of planOf(loaded, []).permits)
      for (const [end, set] of [[declared.from, clients], [declared.to, servers]] as const) {
        const prepared = prepareEnd(end);
        const families = declared.service.transport === 'tcp' ? ['ipv4', 'public', 'ipv6'] as const : ['mac'] as const;
        for (const base of families)
          for (let at = 0; at < 65; at++) {
            const address = addressText({ base, at });
            expect([address, setContains(set, parseSpan(address)!)]).toEqual([address, endFits(prepared, address, index.resolve(address))]);
          }
        for (const address of declared.service.transport === 'tcp' ? ['1.1.1.1', '224.0.0.1', '255.255.255.255', '0.0.0.0', '2606:4700::1', 'ff02::1', 'fe80::1', '::1'] : [])
          expect([address, setContains(set, parseSpan(address)!)]).toEqual([address, endFits(prepared, address, index.resolve(address))]);
      }
  }), { numRuns: 150 });
  expect(loadedSpecs).toBeGreaterThan(30);
});
