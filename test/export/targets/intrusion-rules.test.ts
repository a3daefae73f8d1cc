/** What the Suricata and Snort rules forbid is exactly what no Permit lets through; and each rule is needed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exportPlan } from '../../../src/export/export-plan.ts';
import type { Effect, Plan, PlanPermit } from '../../../src/export/exporter.ts';
import { rangeText } from '../../../src/export/ip-notation.ts';
import { requiredModbus } from '../../../src/export/modbus/scope.ts';
import { letsThrough, type Flow } from '../../../src/export/permit-judge.ts';
import { exporterOf } from '../../../src/export/registry.ts';
import { normaliseSet, parseSet, parseSpan, setContains, type AddressSpan } from '../../../src/net/address-set.ts';
import { readRules } from '../parse-back/intrusion-rules.ts';
import { everywherePlan, halvesPlan, halvesRequests, hostilePlan, IN_ZONE, inZonePlan, plantPlan } from '../plant.ts';
import { sampleFlows, sampleModbusFlows } from '../sample-flows.ts';

const rulesOf = (target: string, path: string, plan: Plan, mode: 'monitor' | 'enforce') => {
  const result = exportPlan(exporterOf(target), plan, { mode, allowWider: true });
  const content = result.files.find((file) => file.path === path)?.content as string;
  return { rules: readRules(content), losses: result.losses, effects: result.losses.flatMap((row) => row.effects) };
};

/** A sensor never judges what stays inside one zone. */
const insideOneZone = (plan: Plan, flow: Flow): boolean => {
  const [client, server] = [parseSpan(flow.client), parseSpan(flow.server)];
  return plan.zones.some((zone) => client !== null && server !== null && setContains(zone.addresses, client) && setContains(zone.addresses, server));
};

for (const [name, plan] of [['the plant', plantPlan()], ['the plant with hostile names', hostilePlan()]] as const) {
  test(`suricata: connections of ${name}`, () => {
    const { rules, effects } = rulesOf('suricata', 'baseline.rules', plan, 'enforce');
    const heads = rules.filter((rule) => !rule.text.includes('established'));
    // Whether anything at all may pass on the pair and port; requests are the next test.
    const open: Effect[] = effects.map((effect) => ({ ...effect, modbus: null }));
    let count = { pass: 0, block: 0 };
    for (const flow of sampleFlows(plan)) {
      if (insideOneZone(plan, flow)) continue;
      const blocked = heads.some((rule) => rule.fires(flow));
      if (blocked === letsThrough(open, flow)) expect.fail(`${blocked ? 'blocked' : 'passes'}: ${JSON.stringify(flow)}`);
      count = blocked ? { ...count, block: count.block + 1 } : { ...count, pass: count.pass + 1 };
    }
    expect(count.pass).toBeGreaterThan(30);
    expect(count.block).toBeGreaterThan(1000);
  });
}

test('suricata: Modbus requests, and each rule is needed', () => {
  const plan = plantPlan();
  const { rules, effects } = rulesOf('suricata', 'baseline.rules', plan, 'enforce');
  const needed = new Set<string>();
  let passed = 0;
  for (const flow of sampleModbusFlows(plan)) {
    const firing = rules.filter((rule) => rule.fires(flow));
    if ((firing.length > 0) === letsThrough(effects, flow)) expect.fail(`${firing.length > 0 ? `blocked by ${firing[0]?.text ?? ''}` : 'passes'}: ${JSON.stringify(flow)}`);
    if (firing.length === 1 && firing[0] !== undefined) needed.add(firing[0].text);
    if (firing.length === 0) passed++;
  }
  expect(passed).toBeGreaterThan(50);
  // Minimality: every rule on a function, unit or address is alone in stopping some request. (The raw rules stop the
  // first request of a connection, which the engine has not recognised yet: test/tools proves those with packets.)
  const owed = rules.filter((rule) => rule.text.includes('modbus: ') && !rule.text.includes('modbus: function 127;') && requestable(rule.text));
  expect(owed.filter((rule) => !needed.has(rule.text)).map((rule) => rule.text)).toEqual([]);
  expect(owed.length).toBeGreaterThan(30);
});

test('snort 3: Modbus requests', () => {
  const plan = plantPlan();
  const { rules, effects } = rulesOf('cisco-ftd', 'baseline-local.rules', plan, 'enforce');
  const required = plan.permits.flatMap((entry) => requiredEffects(entry));
  let count = { passed: 0, beyond: 0 };
  for (const flow of sampleModbusFlows(plan)) {
    const passes = !rules.some((rule) => rule.fires(flow));
    if (!passes && letsThrough(required, flow)) expect.fail(`narrower: ${JSON.stringify(flow)}`);
    if (passes && !letsThrough(effects, flow)) expect.fail(`wider than the loss report: ${JSON.stringify(flow)}`);
    if (passes) count = letsThrough(required, flow) ? { ...count, passed: count.passed + 1 } : { ...count, beyond: count.beyond + 1 };
  }
  expect(count.passed).toBeGreaterThan(50);
  expect(count.beyond, 'the end of a range is not compared, and the loss report says so').toBeGreaterThan(0);
});

/** The samples hold requests for these codes and sizes only; a rule on another code has no witness among them. */
const requestable = (text: string): boolean => {
  const code = /function (\d+)/.exec(text)?.[1];
  return code === undefined || [1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 16, 17, 20, 22, 23, 24, 43].includes(Number(code));
};

const requiredEffects = (entry: Plan['permits'][number]): Effect[] => [
  { client: entry.client, server: entry.server, transport: entry.permit.service.transport, ports: entry.permit.service.ports.map((port) => `${port.first}-${port.last}`), modbus: requiredModbus(entry.permit), schedule: '', expires: '', onDemand: false },
];

test('suricata counts Modbus addresses from one: the boundary is off by none', () => {
  const { rules } = rulesOf('suricata', 'baseline.rules', plantPlan(), 'enforce');
  const request = (start: number, quantity: number): Flow => ({
    client: '192.168.30.5', server: '192.168.10.12', transport: 'tcp', port: 502, modbus: { unit: 1, functionCode: 3, start, quantity },
  });
  const passes = (start: number, quantity: number): boolean => !rules.some((rule) => rule.fires(request(start, quantity)));
  // Permitted are 100 to 199 and 400, as the wire counts.
  expect([passes(99, 1), passes(100, 1), passes(199, 1), passes(200, 1)]).toEqual([false, true, true, false]);
  expect([passes(198, 2), passes(199, 2), passes(100, 100), passes(100, 101)]).toEqual([true, false, true, false]);
  expect([passes(399, 1), passes(400, 1), passes(401, 1), passes(399, 2), passes(400, 2)]).toEqual([false, true, false, false, false]);
  expect([passes(65534, 1), passes(65535, 1), passes(0, 1)]).toEqual([false, false, false]);
  const text = rules.map((rule) => rule.text).join('\n');
  expect(text).toContain('access read holding, address <101;');
  expect(text).toContain('access read holding, address 200<>401;');
  expect(text).toContain('access read holding, address >401;');
});

test('suricata: two Permits that each know half of a range do not add up', () => {
  const { rules, losses, effects } = rulesOf('suricata', 'baseline.rules', halvesPlan(), 'enforce');
  expect(losses.filter((row) => row.verdict !== 'enforced')).toEqual([]);
  const counts = { pass: 0, block: 0 };
  for (const server of ['10.20.0.2', '10.20.0.3'])
    for (const modbus of halvesRequests()) {
      const flow: Flow = { client: '10.30.0.2', server, transport: 'tcp', port: 502, modbus };
      const blocked = rules.some((rule) => rule.fires(flow));
      if (blocked === letsThrough(effects, flow)) expect.fail(`${blocked ? 'blocked' : 'passes'}: ${JSON.stringify(flow)}`);
      counts[blocked ? 'block' : 'pass']++;
    }
  expect(counts.pass).toBeGreaterThan(100);
  expect(counts.block).toBeGreaterThan(1000);
  const both = rules.map((rule) => rule.text).filter((text) => text.includes('in one request'));
  // A single register cannot be two, and what lies within another Permit's span is no half.
  expect(both.filter((text) => text.includes('function 6'))).toEqual([]);
  expect(both.filter((text) => text.includes('10.20.0.2 '))).toHaveLength(3);
  expect(both[0]).toContain('modbus: function 3; modbus: access read holding, address 10; modbus: access read holding, address 11;');
});

/** Addresses about both ends of the space, and about those that a request to its end can begin at. */
const address = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 65530, max: 65535 }), fc.constantFrom(32767, 63535, 63536, 65410, 65411, 65412));
const range = fc.tuple(address, address).map(([one, other]) => ({ first: Math.min(one, other), last: Math.max(one, other) }));
const CODES = [[1, 'coil', 'read', 2000], [3, 'holding-register', 'read', 125], [6, 'holding-register', 'write', 1], [16, 'holding-register', 'write', 123]] as const;

test('suricata: ranges up to either end of the data addresses, of some units or all', () => {
  const plan = halvesPlan();
  const model = plan.permits.find(({ permit }) => permit.id === 'LOW');
  if (model === undefined) throw new Error('no Permit');
  const some = fc.array(fc.record({ ranges: fc.array(range, { maxLength: 3 }), unitIds: fc.constantFrom([], [1], [2, 3], [0, 1], [254, 255]) }), { minLength: 1, maxLength: 3 });
  const asked = fc.record({ unit: fc.constantFrom(0, 1, 2, 254, 255), start: address, length: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 2000 })), toTheEnd: fc.boolean() });
  fc.assert(
    fc.property(fc.constantFrom(...CODES), some, fc.array(asked, { minLength: 60, maxLength: 60 }), ([functionCode, table, access, most], drafts, requests) => {
      const permits = drafts.map(({ ranges, unitIds }, index): PlanPermit => ({
        ...model,
        permit: { ...model.permit, id: `R${index}`, access: [access], modbus: { functionCodes: [functionCode], unitIds, ranges: ranges.map((span) => ({ ...span, table, access })) } },
      }));
      const { rules, effects } = rulesOf('suricata', 'baseline.rules', { ...plan, permits }, 'enforce');
      const required = permits.flatMap(requiredEffects);
      for (const { unit, start, length, toTheEnd } of requests) {
        const quantity = Math.min(most, toTheEnd ? 65536 - start : length, 65536 - start);
        const flow: Flow = { client: '10.30.0.2', server: '10.20.0.2', transport: 'tcp', port: 502, modbus: { unit, functionCode, start, quantity } };
        const passes = !rules.some((rule) => rule.fires(flow));
        const at = JSON.stringify({ flow, permits: permits.map(({ permit }) => permit.modbus) });
        if (letsThrough(required, flow)) expect(passes, `narrower: ${at}`).toBe(true);
        else if (passes) expect(start + quantity === 65536 && letsThrough(effects, flow), `wider: ${at}`).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});

test('suricata: a range that holds the last data address alone is enforced, and loads', () => {
  const plan = halvesPlan();
  const [model] = plan.permits;
  const ranges = [{ access: 'read', table: 'holding-register', first: 0, last: 9 }, { access: 'read', table: 'holding-register', first: 65535, last: 65535 }] as const;
  const permits = [{ ...model!, permit: { ...model!.permit, modbus: { functionCodes: [3], unitIds: [], ranges } } }];
  const { rules, losses } = rulesOf('suricata', 'baseline.rules', { ...plan, permits }, 'enforce');
  expect(losses.map(({ verdict }) => verdict)).toEqual(['enforced']);
  const passes = (start: number, quantity: number): boolean => !rules.some((rule) => rule.fires({ client: '10.30.0.2', server: '10.20.0.2', transport: 'tcp', port: 502, modbus: { unit: 1, functionCode: 3, start, quantity } }));
  expect([passes(9, 1), passes(9, 2), passes(10, 1), passes(65533, 1), passes(65534, 1), passes(65534, 2), passes(65411, 125), passes(65535, 1)]).toEqual([true, false, false, false, false, false, false, true]);
});

test('suricata: nothing inside a zone is judged, also where no conduit leads, and no group that no Permit names', () => {
  const { rules } = rulesOf('suricata', 'baseline.rules', inZonePlan(), 'enforce');
  const fires = (client: string, server: string, transport = 'udp', port = 2222): boolean => rules.some((rule) => rule.fires({ client, server, transport, port, modbus: null }));
  expect(IN_ZONE.filter(([client, server, transport, port]) => fires(client, server, transport, port))).toEqual([]);
  const crossing = [['10.1.2.20', '10.1.1.10'], ['10.1.1.20', '10.9.9.5'], ['10.9.9.9', '10.1.2.10'], ['10.1.3.1', '10.1.2.10'], ['10.1.1.20', '239.7.7.7'], ['10.9.9.9', '239.7.7.7']] as const;
  expect(crossing.filter(([client, server]) => !fires(client, server))).toEqual([]);
  expect(fires('10.9.9.5', '239.7.7.7', 'udp', 5007)).toBe(false);
});

test('suricata: where Permits name every port there is no head for the others, which it would refuse', () => {
  const plan = plantPlan();
  const [model] = plan.permits.filter((entry) => entry.permit.id === 'K1-MAINT');
  const all = (...spans: readonly (readonly [number, number])[]) => ({ ...plan, permits: [{ ...model, permit: { ...model.permit, service: { ...model.permit.service, ports: spans.map(([first, last]) => ({ first, last })) } } }] });
  const named = (some: Plan) => rulesOf('suricata', 'baseline.rules', some, 'enforce').rules.filter((rule) => rule.text.includes('port that no Permit names'));
  expect(named(all([0, 65535]))).toEqual([]);
  expect(named(all([0, 500], [400, 65535]))).toEqual([]);
  expect(named(all([1, 65535])).length).toBeGreaterThan(0);
});

test('there is never a pass rule, and monitor only alerts', () => {
  for (const mode of ['monitor', 'enforce'] as const) {
    const { rules } = rulesOf('suricata', 'baseline.rules', plantPlan(), mode);
    const isMark = ({ text }: { text: string }): boolean => text.includes(' noalert;');
    expect(new Set(rules.filter((rule) => !isMark(rule)).map((rule) => rule.action))).toEqual(new Set([mode === 'enforce' ? 'drop' : 'alert']));
    // What only remembers must not stop anything.
    expect(new Set(rules.filter(isMark).map((rule) => rule.action))).toEqual(new Set(['alert']));
    expect(new Set(rules.map((rule) => /sid:(\d+)/.exec(rule.text)?.[1])).size).toBe(rules.length);
  }
});

test('suricata: a Permit from every address judges nothing that stays within a zone', () => {
  const plan = inZonePlan();
  const everybody = parseSet(['0.0.0.0/0']);
  const permits = plan.permits.map((entry) => (entry.permit.id === 'MB' ? { ...entry, client: everybody } : entry));
  const { rules } = rulesOf('suricata', 'baseline.rules', { ...plan, permits }, 'enforce');
  const fires = (client: string, server: string, transport: string, port: number): boolean => rules.filter(({ text }) => text.includes('no Permit')).some((rule) => rule.fires({ client, server, transport, port, modbus: null }));
  expect(IN_ZONE.filter(([client, server, transport, port]) => fires(client, server, transport, port))).toEqual([]);
  // Between zones every port but the one is still stopped, and every server but the one.
  for (const client of ['10.1.2.20', '10.9.9.7', '203.0.113.9']) expect([fires(client, '10.1.1.10', 'tcp', 22), fires(client, '10.1.1.20', 'tcp', 502), fires(client, '10.1.1.10', 'tcp', 502)]).toEqual([true, true, false]);
  // What the Permit says of requests holds between zones too, and not within one.
  const asks = (client: string, functionCode: number): boolean =>
    rules.some((rule) => rule.fires({ client, server: '10.1.1.10', transport: 'tcp', port: 502, modbus: { functionCode, unit: 1, start: 0, quantity: 1 } }));
  expect([asks('10.1.2.20', 3), asks('10.1.2.20', 6), asks('10.1.1.20', 3), asks('10.1.1.20', 6)]).toEqual([false, true, false, false]);
});

test('suricata: Permits to every address leave no rule with an empty set, and judge no group that they do not name', () => {
  const { rules, losses } = rulesOf('suricata', 'baseline.rules', everywherePlan(), 'enforce');
  expect(losses.map(({ permit, verdict }) => [permit, verdict])).toEqual([['ZONE', 'enforced'], ['ADDRESSES', 'enforced']]);
  expect(rules.filter(({ text }) => /!(0\.0\.0\.0|::)\/0/.test(text)).map(({ text }) => text)).toEqual([]);
  const fires = (client: string, server: string, transport: string, port: number): boolean => rules.some((rule) => rule.fires({ client, server, transport, port, modbus: null }));
  const [net, net6] = ['198.51.100.7', '2001:db8::7'];
  for (const [client, server] of [['10.9.9.5', net], ['fd00:9::5', net6]]) expect([443, 8443, 80].map((port) => fires(client, server, 'tcp', port))).toEqual([false, false, true]);
  expect([fires('10.9.9.6', net, 'tcp', 443), fires(net, '10.9.9.5', 'tcp', 443), fires(net6, 'fd00:9::5', 'tcp', 443)]).toEqual([true, true, true]);
  // Every address is every one of its own zone too, and what is within a zone is never judged.
  expect([fires('10.9.9.5', '10.9.9.6', 'tcp', 22), fires('fd00:9::5', 'fd00:9::6', 'tcp', 22), fires('10.9.9.6', '10.9.9.5', 'tcp', 22), fires(net, '198.51.100.8', 'tcp', 22)]).toEqual([false, false, false, false]);
  expect(['224.0.0.251', '239.192.1.64', '255.255.255.255'].map((group) => fires('10.9.9.5', group, 'udp', 5353))).toEqual([false, false, false]);
});

test('suricata: neighbours of a link find each other, by addresses that are never judged', () => {
  const zone = (name: string, network: string) => ({ ...inZonePlan().zones[0]!, id: name, name, networks: parseSet([network]), addresses: parseSet([network]), assets: [] });
  const plan = { ...inZonePlan(), zones: [zone('A', 'fd00:1::/64'), zone('B', 'fd00:2::/64')] };
  const [model] = plan.permits;
  for (const client of ['fd00:1::10', 'fd00:1::/64', '::/0']) {
    const permits = [{ ...model!, client: parseSet([client]), server: parseSet(['fd00:2::/64']) }];
    const { rules } = rulesOf('suricata', 'baseline.rules', { ...plan, permits }, 'enforce');
    const fires = (from: string, to: string): boolean => rules.some((rule) => rule.fires({ client: from, server: to, transport: 'icmpv6', port: 0, modbus: null }));
    // Advertisements and solicitations between a host and the router of its zone, whether a Permit names it or not.
    expect([['fd00:1::10', 'fe80::1'], ['fe80::1', 'fd00:1::10'], ['fd00:2::9', 'fe80::1'], ['fe80::1', 'fd00:2::9']].filter(([from, to]) => fires(from!, to!))).toEqual([]);
    expect([fires('fd00:1::10', 'fd00:2::9'), fires('fd00:2::9', 'fd00:1::10')]).toEqual([true, true]);
  }
});

const BASE = 0x0a000000n;
const span = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 12 })).map(([first, size]): AddressSpan => ({ family: 'ipv4', first: BASE + BigInt(first), last: BASE + BigInt(first + size) }));

test('suricata: for any overlap of Permits, a pair and port pass exactly when one of them names it', () => {
  const plan = plantPlan();
  const [model] = plan.permits;
  if (model === undefined) throw new Error('no Permit');
  const some = fc.array(
    fc.record({ client: fc.array(span, { minLength: 1, maxLength: 3 }), server: fc.array(span, { minLength: 1, maxLength: 3 }), port: fc.constantFrom(80, 443), transport: fc.constantFrom('tcp', 'udp', 'sctp') }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(some, fc.array(fc.tuple(fc.nat(75), fc.nat(75)), { minLength: 40, maxLength: 40 }), (drafts, pairs) => {
      const permits = drafts.map(({ client, server, port, transport }, index): PlanPermit => ({
        ...model, omitted: [], unidirectional: null, client: normaliseSet(client), server: normaliseSet(server),
        permit: { ...model.permit, id: `R${index}`, access: [], modbus: null, service: { protocol: 'X', transport, ports: [{ first: port, last: port }] } },
      }));
      const { rules, effects } = rulesOf('suricata', 'baseline.rules', { ...plan, zones: [], permits }, 'enforce');
      for (const [from, to] of pairs)
        for (const transport of ['tcp', 'udp', 'sctp', 'icmp'])
          for (const port of [80, 443, 81]) {
            const address = (value: number): string => rangeText({ family: 'ipv4', first: BASE + BigInt(value), last: BASE + BigInt(value) });
            const flow: Flow = { client: address(from), server: address(to), transport, port, modbus: null };
            expect(rules.some((rule) => rule.fires(flow)), JSON.stringify(flow)).toBe(!letsThrough(effects, flow));
          }
    }),
    { numRuns: 30 },
  );
});
