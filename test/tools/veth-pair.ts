/** Two network namespaces and a silent veth pair between them: `span0` hears what is sent into `tap0`. For tests of live capture. */
import { spawn, spawnSync } from 'node:child_process';
import { ENDS } from '../hang.ts';
import { run } from './live-machine.ts';

export interface VethPair {
  readonly sensor: string;
  readonly peer: string;
  make(): void;
  /** The interfaces alone, again after `ip link del`. */
  makeLink(): void;
  remove(): void;
  /** Frames received and sent, as the kernel counts them. */
  counters(side: 'span0' | 'tap0'): { rx: number; tx: number };
  send(file: string, ...pace: string[]): Promise<void>;
}

export function createVethPair(prefix: string): VethPair {
  const sensor = `${prefix}s${process.pid}`;
  const peer = `${prefix}p${process.pid}`;
  const sides = [[sensor, 'span0'], [peer, 'tap0']] as const;
  const makeLink = (): void => {
    run('ip', '-n', sensor, 'link', 'add', 'span0', 'mtu', '9000', 'type', 'veth', 'peer', 'name', 'tap0', 'mtu', '9000', 'netns', peer);
    for (const [space, name] of sides) {
      run('ip', 'netns', 'exec', space, 'sh', '-c', `f=/proc/sys/net/ipv6/conf/${name}/disable_ipv6; [ ! -e $f ] || echo 1 > $f`);
      run('ip', '-n', space, 'link', 'set', name, 'arp', 'off', 'multicast', 'off', 'up');
    }
  };
  return {
    sensor,
    peer,
    makeLink,
    make() {
      for (const [space] of sides) run('ip', 'netns', 'add', space);
      makeLink();
    },
    remove() {
      for (const [space] of sides) spawnSync('ip', ['netns', 'del', space]);
    },
    counters(side) {
      const space = side === 'span0' ? sensor : peer;
      const [link] = JSON.parse(run('ip', '-n', space, '-s', '-j', 'link', 'show', side)) as { stats64: { rx: { packets: number }; tx: { packets: number } } }[];
      return { rx: link.stats64.rx.packets, tx: link.stats64.tx.packets };
    },
    async send(file, ...pace) {
      const child = spawn('ip', ['netns', 'exec', peer, 'tcpreplay', '-q', '-i', 'tap0', ...pace, file], { ...ENDS, stdio: 'ignore' });
      const code = await new Promise((resolve) => child.on('close', resolve));
      if (code !== 0) throw new Error(`tcpreplay ended with ${String(code)}`);
    },
  };
}
