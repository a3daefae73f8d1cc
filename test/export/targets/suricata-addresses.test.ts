/** ICMP errors that the Suricata rules stop: those between zones to whom no Permit names, each by one rule, in a text that grows no faster than the plan. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DevicePlan } from '../../../src/export/exporter.ts';
import { planOf } from '../../../src/export/plan.ts';
import { errorHeads, judgedPairs } from '../../../src/export/targets/suricata-addresses.ts';
import { addressList, type RuleSide } from '../../../src/export/rule-lists.ts';
import { parseSet, parseSpan, setContains, setsMeet, type AddressSet } from '../../../src/net/address-set.ts';
import { loadText } from '../../policy/loaded-spec.ts';

interface Flow {
  readonly from: number;
  readonly to: number;
  readonly client: object;
  readonly server: object;
}

const planFor = (zones: readonly object[], flows: readonly Flow[]): DevicePlan => {
  const conduits = flows.map(({ from, to, client, server }, index) => ({
    conduit_id: `C${index}`, connects: [`Z${from}`, `Z${to}`],
    protocols_allowed: [{ rule_id: `R${index}`, protocol: 'other', transport: 'tcp', port: 80, client: { zone: `Z${from}`, ...client }, server: { zone: `Z${to}`, ...server } }],
  }));
  const plan = planOf(loadText(JSON.stringify({ spec_version: 1, zones, conduits })), []);
  return { ...plan, device: { id: 'suricata', platform: '', interfaces: [], syslog: null }, mode: 'enforce' };
};

const ZONES = 4;
const HOSTS = [0, 1, 4, 9, 40];
const v4 = (zone: number, host: number): string => `10.0.${zone}.${host}`;
const v6 = (zone: number, host: number): string => `fd00:${zone + 1}::${host}`;
const networks = fc.constantFrom((zone: number) => [`10.0.${zone}.0/24`, `fd00:${zone + 1}::/64`], () => []);
const zone = fc.record({ networks, hosts: fc.subarray(HOSTS.slice(0, -1), { minLength: 1 }) });
const end = fc.constantFrom((): object => ({}), (_: number, hosts: readonly number[]) => ({ host: hosts[0] }), () => ({ addresses: ['10.0.0.0/16', 'fd00::/16'] }), () => ({ addresses: ['0.0.0.0/0', '::/0'] }), () => ({ addresses: ['224.0.1.1', 'ff05::1'] }));
const flow = fc.tuple(fc.integer({ min: 0, max: ZONES - 1 }), fc.integer({ min: 1, max: ZONES - 1 }), end, end).map(([from, step, client, server]) => ({ from, to: (from + step) % ZONES, client, server }));
const plan = fc.tuple(fc.tuple(zone, zone, zone, zone), fc.array(flow, { minLength: 1, maxLength: 4 }), fc.boolean()).map(([places, flows, hasInternet]) => {
  const zones = places.map((one, at) => ({ zone_id: `Z${at}`, name: 'z', networks: one.networks(at), assets: one.hosts.map((host) => ({ asset_id: `A${at}-${host}`, ip: [v4(at, host), v6(at, host)] })) }));
  const endOf = (made: typeof flows[number]['client'], at: number): object => {
    const { host, ...rest } = made(at, places[at]!.hosts) as { readonly host?: number };
    return host === undefined ? rest : { assets: [`A${at}-${host}`] };
  };
  return planFor(
    [...zones, ...(hasInternet ? [{ zone_id: 'NET', name: 'n', kind: 'external', networks: ['0.0.0.0/0'] }] : [])],
    flows.map(({ from, to, client, server }) => ({ from, to, client: endOf(client, from), server: endOf(server, to) })),
  );
});

/** Who has no other address yet, or one of a link. */
const LINK_SOURCES = parseSet(['0.0.0.0', '::', 'fe80::/10']);
const PLACES = [0, 1, 2, 3].flatMap((at) => HOSTS.flatMap((host) => [v4(at, host), v6(at, host)])).concat('203.0.113.9', '2001:db8::9', '0.0.0.0', '::', 'fe80::1', '255.255.255.255', 'ff02::1');

const holds = ({ among, except }: RuleSide, address: AddressSet[number]): boolean => setContains(among, address) && !setContains(except, address);

test('what is stopped is what goes to another zone and to whom no Permit names, and one rule says so', () => {
  const seen = { stopped: 0, passed: 0 };
  fc.assert(
    fc.property(plan, (made) => {
      for (const family of ['ipv4', 'ipv6'] as const) {
        const judged = judgedPairs(made, made.permits, family);
        const heads = errorHeads(judged);
        const named = judged.cells.flatMap(({ clients, servers }) => [...clients, ...servers]);
        const all = PLACES.flatMap((text) => parseSpan(text) ?? []).filter((span) => span.family === family);
        const zonesOf = (address: AddressSet[number]): string[] => made.zones.filter(({ addresses }) => setContains(addresses, address)).map(({ id }) => id);
        for (const from of all) {
          for (const to of all) {
            const isJudged = zonesOf(from).length > 0 || !setContains(LINK_SOURCES, from);
            const isInside = zonesOf(from).some((id) => zonesOf(to).includes(id));
            const isSpared = setContains(judged.groups, to) || setsMeet([to], named.filter((span) => setContains([span], to)));
            const stops = heads.filter(({ source, target }) => holds(source, from) && holds(target, to)).length;
            expect(stops, `${from.first} ${to.first}`).toBe(isJudged && !isInside && !isSpared ? 1 : 0);
            seen[stops === 0 ? 'passed' : 'stopped']++;
          }
        }
      }
    }),
    { numRuns: 60 },
  );
  expect(Math.min(seen.stopped, seen.passed)).toBeGreaterThan(1000);
});

test('twice the zones and Permits are twice the text', () => {
  const length = (count: number): number => {
    const zones = Array.from({ length: count }, (_, at) => ({ zone_id: `Z${at}`, name: 'z', networks: [`10.10.${at}.0/24`], assets: [1, 5, 9].map((host) => ({ asset_id: `A${at}-${host}`, ip: [`10.10.${at}.${host}`] })) }));
    const made = planFor(zones, zones.map((_, from) => ({ from, to: (from + 7) % count, client: { assets: [`A${from}-1`] }, server: { assets: [`A${(from + 7) % count}-5`] } })));
    const sides = errorHeads(judgedPairs(made, made.permits, 'ipv4')).flatMap(({ source, target }) => [source, target]);
    return sides.reduce((sum, { among, except }) => sum + addressList(among).length + addressList(except).length, 0);
  };
  expect(length(120) / length(60)).toBeLessThan(2.2);
});
