/**
 * Random Permits and random sessions: what nftables in the kernel lets through of them is what `simulate` says. The firewall is a network
 * namespace; each frame comes in by one interface and leaves by the other, whoever sent it, for these rules are bound to addresses.
 * What left is told by sets that the kernel fills behind the rules.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pcapFile } from '../../src/export/targets/frame-writer.ts';
import type { ObservationSet } from '../../src/observation.ts';
import { differencesOf, heardOf, rulesOf, SESSIONS, sessionsToTry, SPECS_TO_TRY, type Session } from './any-traffic.ts';
import { canHaveFirewall } from './firewalled-pair.ts';
import { run } from './live-machine.ts';
import { canRun, program } from './loud-skip.ts';

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
  // Split requests pass late, when the client repeats them: nobody repeats these.
  const sessions = sessionsToTry(false);
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
    for (const frame of sessions.flatMap(({ frames }) => frames)) frame.set(toFirewall);
    heard = await heardOf(sessions);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(SPECS_TO_TRY)('spec %i: the kernel lets through what the simulation says', (_, loaded) => {
    const passed = passedBy(rulesOf('nftables', 'baseline.nft', loaded, 'enforce'));
    verdicts.passed += passed.size;
    verdicts.blocked += sessions.length - passed.size;
    expect(differencesOf('nftables', loaded, heard!, sessions, passed), JSON.stringify(loaded.permits.map(({ permit }) => permit))).toEqual([]);
  });

  test('there were many of both kinds', () => {
    expect(Math.min(verdicts.passed, verdicts.blocked)).toBeGreaterThan(SESSIONS);
  });
});
