/**
 * Three network namespaces for tests of `verify --active`: OPS (10.30.0.2) and CELL (10.20.0.2), and between them FW
 * (10.30.0.1, 10.20.0.1), which forwards as its nftables rules say. Needs root, iproute2 and nftables.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from '../commands/command-line.ts';
import { run } from './live-machine.ts';
import { canRun } from './loud-skip.ts';

export const OPS_ADDRESS = '10.30.0.2';
export const CELL_ADDRESS = '10.20.0.2';
export const FW_ADDRESS = '10.30.0.1';

type Side = 'ops' | 'fw' | 'cell';

export interface ActiveRun {
  readonly steps: number;
  readonly checks: readonly { readonly verdict: string; readonly operation: string; readonly service: string; readonly reason: string }[];
}

export interface FirewalledPair {
  readonly spaces: Readonly<Record<Side, string>>;
  /** Of files; gone after `remove`. */
  readonly folder: string;
  make(): void;
  remove(): void;
  inside(side: Side, ...words: string[]): string;
  /** Replaces every rule of a side. */
  load(side: Side, rules: string): void;
  /** `verify --active` of the spec `spec.yaml` in `folder`, from a zone; and verdicts by operation and service. */
  verify(side: 'ops' | 'cell', zone: string, ...more: readonly string[]): { readonly ran: ActiveRun; readonly verdicts: Readonly<Record<string, string>> };
}

/** Whether this machine can have it; said loudly where not. */
export function canHaveFirewall(suite: string): boolean {
  const space = `blvtry${process.pid}`;
  const find = (): string | undefined => {
    if (process.geteuid?.() !== 0) return 'not root';
    if (spawnSync('nft', ['--version']).status !== 0) return 'nft is missing';
    const added = spawnSync('ip', ['netns', 'add', space], { encoding: 'utf8' });
    if (added.status !== 0) return `no network namespaces: ${added.error?.message ?? added.stderr.trim()}`;
    const ruled = spawnSync('ip', ['netns', 'exec', space, 'nft', 'list', 'ruleset'], { encoding: 'utf8' });
    run('ip', 'netns', 'del', space);
    return ruled.status === 0 ? undefined : `no nftables here: ${ruled.stderr.trim()}`;
  };
  const missing = find();
  return canRun(suite, [{ what: `firewall between network namespaces: ${missing ?? ''}`, isThere: missing === undefined, remedy: 'run as root; apt-get install nftables iproute2' }]);
}

export function createFirewalledPair(): FirewalledPair {
  const spaces = { ops: `blvo${process.pid}`, fw: `blvf${process.pid}`, cell: `blvc${process.pid}` };
  const folder = mkdtempSync(join(tmpdir(), 'baseline-active-'));
  const inside = (side: Side, ...words: string[]): string => run('ip', 'netns', 'exec', spaces[side], ...words);
  return {
    spaces, folder, inside,
    make() {
      for (const space of Object.values(spaces)) run('ip', 'netns', 'add', space);
      for (const [side, address, gateway] of [['ops', OPS_ADDRESS, FW_ADDRESS], ['cell', CELL_ADDRESS, '10.20.0.1']] as const) {
        run('ip', '-n', spaces.fw, 'link', 'add', side, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', spaces[side]);
        run('ip', '-n', spaces.fw, 'addr', 'add', `${gateway}/24`, 'dev', side);
        run('ip', '-n', spaces[side], 'addr', 'add', `${address}/24`, 'dev', 'eth0');
        for (const [one, link] of [['fw', side], [side, 'eth0'], [side, 'lo']] as const) run('ip', '-n', spaces[one], 'link', 'set', link, 'up');
        run('ip', '-n', spaces[side], 'route', 'add', 'default', 'via', gateway);
        // The kernel says a link is up when it comes to it, and until then node does not list its address.
        run('sh', '-c', 'for i in $(seq 300); do ip -n "$0" link show eth0 | grep -q "state UP" && exit 0; sleep 0.1; done; echo "eth0 of $0 does not come up"; exit 1', spaces[side]);
      }
      inside('fw', 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
    },
    remove() {
      for (const space of Object.values(spaces)) spawnSync('ip', ['netns', 'del', space]);
      rmSync(folder, { recursive: true, force: true });
    },
    load(side, rules) {
      const file = join(folder, 'load.nft');
      writeFileSync(file, `flush ruleset\n${rules}`);
      inside(side, 'nft', '-f', file);
    },
    verify(side, zone, ...more) {
      const program = [...PROGRAM, 'verify', join(folder, 'spec.yaml'), '--db', join(folder, 'run.db'), '--active', '--from', zone, '--operator', 'A. Keller', '--i-have-a-maintenance-window', '--json', '--quiet', ...more];
      // Exit 1 is a finding here, no fault of the run.
      const ran = JSON.parse(inside(side, 'sh', '-c', '"$@" || [ $? = 1 ]', 'sh', ...program)) as ActiveRun;
      return { ran, verdicts: Object.fromEntries(ran.checks.map(({ operation, service, verdict }) => [`${operation} ${service}`, verdict])) };
    },
  };
}
