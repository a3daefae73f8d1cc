/**
 * Random Permits, and random sessions as frames: what nftables in the kernel lets through of a capture, and what `simulate` says of the
 * same capture. The firewall is a network namespace; each frame comes in by one interface and leaves by the other, whoever
 * sent it, for these rules are bound to addresses. What left is told by sets that the kernel fills before and behind the rules.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { modbusAnswer, modbusRequest } from '../../src/export/modbus/request.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { semanticsOf, writtenBy } from '../../src/export/simulated-target.ts';
import { pcapFile, tcpSession, udpDatagram, type Exchange } from '../../src/export/targets/frame-writer.ts';
import type { ObservationSet } from '../../src/observation.ts';
import { simulate } from '../../src/policy/simulate.ts';
import type { LoadedSpec } from '../../src/policy/spec/load.ts';
import { imported } from '../flow/imported.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { canHaveFirewall } from './firewalled-pair.ts';
import { run } from './live-machine.ts';
import { canRun, program } from './loud-skip.ts';

const SEED = 1202;
const SPECS = 6;
const SESSIONS = 300;

const ZONES = [
  { zone_id: 'CELL', name: 'c', networks: ['10.20.0.0/16', 'fd20::/64'], assets: [{ asset_id: 'PLC', ip: ['10.20.0.1', 'fd20::1'] }] },
  { zone_id: 'OPS', name: 'o', networks: ['10.30.0.0/16', 'fd30::/64'], assets: [{ asset_id: 'HMIS', ip: ['10.30.0.0-10.30.0.199', 'fd30::-fd30::c7'], count: 400 }] },
] as const;
const ENDS = {
  CELL: [{ zone: 'CELL' }, { zone: 'CELL', assets: ['PLC'] }, { zone: 'CELL', addresses: ['10.20.0.0/30', 'fd20::/127'] }],
  OPS: [{ zone: 'OPS' }, { zone: 'OPS', assets: ['HMIS'] }, { zone: 'OPS', addresses: ['10.30.0.100-10.30.1.99'] }],
} as const;

const modbusLimits = fc.record({
  function_codes: fc.subarray([3, 5, 6, 16, 23, 43]), unit_ids: fc.subarray([1, 2]),
  ranges: fc.array(fc.constantFrom({ table: 'holding-register', start: 0, end: 9 }, { table: 'holding-register', start: 10, end: 19 }, { table: 'holding-register', start: 5, end: 14, access: 'write' }, { table: 'coil', start: 0, end: 9 }), { maxLength: 2 }),
}).map((limits) => Object.fromEntries(Object.entries(limits).filter(([, list]) => list.length > 0)));
const access = fc.constantFrom({}, {}, { access: 'read' }, { access: 'write' });
const service = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom(502, 502, '400-600'), modbusLimits, access).map(([port, modbus, classes]) => ({ protocol: 'Modbus/TCP', transport: 'tcp', port, modbus, ...classes })) },
  { weight: 2, arbitrary: fc.constantFrom(102, 502, '1-65535').map((port) => ({ protocol: 'other', transport: 'tcp', port })) },
  { weight: 2, arbitrary: fc.constantFrom({ transport: 'any' }, { transport: 'udp', port: 502 }, { transport: 'udp', port: '500-40000' }).map((rest) => ({ protocol: 'other', ...rest })) },
);
const conditions = fc.oneof({ weight: 6, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.constantFrom({ on_demand: true }, { decision: 'rejected' }, { expires: '2019-06-30' }, { expires: '2099-06-30' }, { unidirectional: { from: 'OPS', to: 'CELL' } }) });
const rule = fc.record({ ops: fc.constantFrom(...ENDS.OPS), cell: fc.constantFrom(...ENDS.CELL), what: service, when: conditions, isFromCell: fc.constantFrom(false, false, false, true) });
const spec = fc.array(rule, { minLength: 2, maxLength: 5 }).map((rules): LoadedSpec => {
  const flows = rules.map(({ ops, cell, what, when, isFromCell }, index) => ({ rule_id: `R${index}`, ...what, ...when, client: isFromCell ? cell : ops, server: isFromCell ? ops : cell }));
  return loadText(JSON.stringify({ spec_version: 1, zones: ZONES, conduits: [{ conduit_id: 'C', connects: ['CELL', 'OPS'], mode: 'enforce', protocols_allowed: flows }] }));
});

/** What a session asks: the same once or several times, so that all of it passes or nothing. */
const asked = fc.oneof(
  { weight: 6, arbitrary: fc.record({ transport: fc.constant('tcp' as const), port: fc.constantFrom(502, 502, 502, 600, 102), modbus: fc.record({ functionCode: fc.constantFrom(3, 5, 6, 16, 23, 43, 8), unit: fc.constantFrom(1, 2, 9), start: fc.constantFrom(0, 5, 9, 10, 19, 20), quantity: fc.constantFrom(1, 1, 2, 10) }), text: fc.constant('') }) },
  { weight: 2, arbitrary: fc.record({ transport: fc.constantFrom('tcp' as const, 'udp' as const), port: fc.constantFrom(502, 102, 600, 30_000), modbus: fc.constant(null), text: fc.constantFrom('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'something else', `${'a long datagram '.repeat(80)}`) }) },
);
const session = fc.record({ asked, times: fc.integer({ min: 1, max: 3 }), isIpv6: fc.constantFrom(false, false, false, true), isFromCell: fc.constantFrom(false, false, false, false, true), cell: fc.constantFrom(1, 2, 9) });

interface Session {
  readonly client: string;
  readonly server: string;
  readonly transport: string;
  readonly port: number;
  /** Of the client; the session's own. */
  readonly from: number;
  readonly frames: readonly Uint8Array[];
  readonly what: string;
}

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The ops side has an address for each session: what is asked of the same two is one conversation. */
const sessionOf = ({ asked: { transport, port, modbus, text }, times, isIpv6, isFromCell, cell }: typeof session extends fc.Arbitrary<infer T> ? T : never, index: number): Session => {
  const host = index + 1;
  const ops = isIpv6 ? `fd30::${host.toString(16)}` : `10.30.${host >> 8}.${host & 255}`;
  const plc = isIpv6 ? `fd20::${cell}` : `10.20.0.${cell}`;
  const [client, server] = isFromCell ? [plc, ops] : [ops, plc];
  const from = 40_000 + index;
  const ends = [{ ip: client, port: from }, { ip: server, port }] as const;
  const asks = Array.from({ length: times }, (_, at): Exchange[] => [
    { fromClient: true, payload: modbus === null ? octets(text) : modbusRequest(modbus, at + 1) },
    { fromClient: false, payload: modbus === null ? octets('answer') : modbusAnswer(modbus, at + 1) },
  ]).flat();
  const frames = transport === 'tcp' ? tcpSession(...ends, asks) : asks.map(({ fromClient, payload }) => (fromClient ? udpDatagram(...ends, payload) : udpDatagram(ends[1], ends[0], payload)));
  return { client, server, transport, port, from, frames, what: JSON.stringify({ client, server, transport, port, modbus, text: text.slice(0, 8), times }) };
};

/** A link address of the firewall's; of nobody behind it. */
const [NEAR, FAR] = ['02:00:00:00:01:01', '02:00:00:00:01:02'];

const FAMILIES = [['ip', 4], ['ip6', 6]] as const;

/** What came; and behind all rules sets of ends between which anything left, and between which octets did. */
const SEEN = `table inet seen {
${['any', 'asked'].flatMap((set) => FAMILIES.map(([, family]) => `  set ${set}${family} { type ipv${family}_addr . inet_proto . inet_service . ipv${family}_addr . inet_service; flags dynamic; size 65536; }`)).join('\n')}
  counter arrived { }
  chain before { type filter hook prerouting priority -500; iifname "near" counter name arrived; }
  chain behind { type filter hook postrouting priority 500; oifname "far" jump left; }
  chain left {
${['any', 'asked'].flatMap((set) => FAMILIES.map(([ip, family]) => `    ${set === 'asked' ? '@ih,0,8 0-255 ' : ''}update @${set}${family} { ${ip} saddr . meta l4proto . th sport . ${ip} daddr . th dport };`)).join('\n')}
  }
}
`;

interface Listed {
  readonly nftables: readonly { readonly set?: { readonly elem?: readonly { readonly concat: readonly (string | number)[] }[] }; readonly counter?: { readonly packets: number } }[];
}

const able = canHaveFirewall('random traffic through a firewall') && canRun('random traffic through a firewall', [program('tcpreplay')]);

describe.runIf(able)('random Permits and random sessions', () => {
  const spaces = { lab: `blal${process.pid}`, fw: `blaf${process.pid}` };
  const folder = mkdtempSync(join(tmpdir(), 'baseline-any-traffic-'));
  const sessions = fc.sample(session, { seed: SEED, numRuns: SESSIONS }).map(sessionOf);
  let heard: ObservationSet | null = null;
  const verdicts = { passed: 0, blocked: 0 };

  const inside = (side: 'lab' | 'fw', ...words: string[]): string => run('ip', 'netns', 'exec', spaces[side], ...words);
  const load = (text: string): void => {
    writeFileSync(join(folder, 'rules.nft'), text);
    inside('fw', 'nft', '-f', join(folder, 'rules.nft'));
  };
  const listed = (kind: 'set' | 'counter', name: string): Listed => JSON.parse(inside('fw', 'nft', '-j', 'list', kind, 'inet', 'seen', name)) as Listed;

  /** Another one for each spec: the kernel remembers connections. */
  const makeFirewall = (): void => {
    for (const space of Object.values(spaces)) run('ip', 'netns', 'add', space);
    const { lab, fw } = spaces;
    // It sends what it is given, and nothing of its own.
    inside('lab', 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    for (const [name, mac] of [['near', NEAR], ['far', FAR]] as const) {
      run('ip', '-n', fw, 'link', 'add', name, 'address', mac, 'type', 'veth', 'peer', 'name', name, 'netns', lab);
      run('ip', '-n', lab, 'link', 'set', name, 'up');
      run('ip', '-n', fw, 'link', 'set', name, 'up');
    }
    inside('fw', 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.near.rp_filter=0');
    for (const [family, network, gateway] of [['-4', '192.0.2.1/30', '192.0.2.2'], ['-6', '2001:db8::1/126', '2001:db8::2']] as const) {
      run('ip', '-n', fw, family, 'addr', 'add', network, 'dev', 'far', ...(family === '-6' ? ['nodad'] : []));
      run('ip', '-n', fw, family, 'neigh', 'add', gateway, 'lladdr', '02:00:00:00:01:03', 'dev', 'far', 'nud', 'permanent');
      run('ip', '-n', fw, family, 'route', 'add', 'default', 'via', gateway, 'dev', 'far');
    }
  };
  const removeFirewall = (): void => Object.values(spaces).forEach((space) => spawnSync('ip', ['netns', 'del', space]));

  /** Those of which something left a new firewall, or octets did. */
  const passing = (some: readonly Session[], framesOf: (one: Session) => readonly Uint8Array[], what: 'any' | 'asked', rules: string): Session[] => {
    const frames = some.flatMap(framesOf);
    writeFileSync(join(folder, 'frames.pcap'), pcapFile(frames));
    makeFirewall();
    try {
      load(`${SEEN}${rules}`);
      inside('lab', 'tcpreplay', '-q', '--pps', '20000', '-i', 'near', join(folder, 'frames.pcap'));
      expect(listed('counter', 'arrived').nftables.flatMap(({ counter }) => counter?.packets ?? []), 'frames at the firewall').toEqual([frames.length]);
      const left = new Set([4, 6].flatMap((family) => listed('set', `${what}${family}`).nftables.flatMap(({ set }) => set?.elem ?? [])).map(({ concat }) => concat.join(' ')));
      return some.filter(({ client, transport, from, server, port }) => left.has([client, transport, from, server, port].join(' ')));
    } finally {
      removeFirewall();
    }
  };

  /** Nobody answers what has not come, and an answer would open the way back: first frames first, then all of what they opened. */
  const passedBy = (rules: string): Set<Session> => new Set(passing(passing(sessions, ({ frames }) => frames.slice(0, 1), 'any', rules), ({ frames }) => frames, 'asked', rules));

  beforeAll(async () => {
    const toFirewall = NEAR.split(':').map((part) => Number.parseInt(part, 16));
    const frames = sessions.flatMap((one) => one.frames);
    for (const frame of frames) frame.set(toFirewall);
    heard = await imported(frames.map((bytes, index) => ({ us: index * 1000, bytes })));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(fc.sample(spec, { seed: SEED, numRuns: SPECS }).map((loaded, index) => [index + 1, loaded] as const))('spec %i: the kernel lets through what the simulation says', (_, loaded) => {
    const plan = planOf(loaded, []);
    const rules = exportPlan(exporterOf('nftables'), plan, { mode: 'enforce', allowWider: true }).files.find(({ path }) => path === 'baseline.nft')?.content as string;
    const passed = passedBy(rules);
    const written = writtenBy('nftables', plan);
    const simulated = new Map((heard?.conversations ?? []).map((one) => {
      const { counts } = simulate(loaded, { ...heard!, conversations: [one] }, semanticsOf('nftables')!, { written });
      return [`${one.client} ${one.transport} ${one.server} ${one.port}`, counts.passed - counts.unread === 1];
    }));
    verdicts.passed += passed.size;
    verdicts.blocked += sessions.length - passed.size;
    const differences = sessions.flatMap((one) => {
      const expected = simulated.get(`${one.client} ${one.transport} ${one.server} ${one.port}`);
      return passed.has(one) === expected ? [] : [`${passed.has(one) ? 'passed' : 'blocked'}, simulated ${expected}: ${one.what}`];
    });
    expect(differences, JSON.stringify(loaded.permits.map(({ permit }) => permit))).toEqual([]);
  });

  test('there were many of both kinds', () => {
    expect(Math.min(verdicts.passed, verdicts.blocked)).toBeGreaterThan(SESSIONS);
  });
});
