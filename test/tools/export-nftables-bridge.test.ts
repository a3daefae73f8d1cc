/** Our nftables rules on a bridge (br_netfilter), between two machines of one subnet: neighbours find each other, and Permits hold. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { run } from './live-machine.ts';
import { canRun } from './loud-skip.ts';

const [CLIENT, BRIDGE, SERVER] = ['c', 'b', 's'].map((side) => `blbr${side}${process.pid}`);
const SPEC = `
spec_version: 1
zones:
  - {zone_id: OPS, name: ops, kind: operations, assets: [{asset_id: HMI-1, ip: [10.9.0.2, "fd00:9::2"]}]}
  - {zone_id: CELL, name: cell, kind: control, assets: [{asset_id: PLC-1, ip: [10.9.0.3, "fd00:9::3"]}]}
conduits:
  - conduit_id: C1
    connects: [OPS, CELL]
    mode: enforce
    protocols_allowed:
      - {rule_id: R1, protocol: HTTPS, port: 443, client: {zone: OPS, assets: [HMI-1]}, server: {zone: CELL, assets: [PLC-1]}}
`;

const missing = (): string | undefined => {
  if (process.geteuid?.() !== 0) return 'not root';
  if (spawnSync('nft', ['--version']).status !== 0) return 'nft is missing';
  return spawnSync('sysctl', ['-n', 'net.bridge.bridge-nf-call-ip6tables']).status === 0 ? undefined : 'br_netfilter is not loaded';
};
const why = missing();
const able = canRun('nftables rules on a bridge', [{ what: `a bridge that nftables sees: ${why ?? ''}`, isThere: why === undefined, remedy: 'run as root; apt-get install nftables iproute2; modprobe br_netfilter' }]);

describe.runIf(able)('nftables on a bridge', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-bridge-'));
  beforeAll(() => {
    for (const space of [CLIENT, BRIDGE, SERVER]) run('ip', 'netns', 'add', space);
    run('ip', '-n', BRIDGE, 'link', 'add', 'br0', 'type', 'bridge');
    for (const [space, port, host] of [[CLIENT, 'p2', 2], [SERVER, 'p3', 3]] as const) {
      run('ip', '-n', BRIDGE, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
      run('ip', '-n', BRIDGE, 'link', 'set', port, 'master', 'br0', 'up');
      run('ip', '-n', space, 'addr', 'add', `10.9.0.${host}/24`, 'dev', 'eth0');
      run('ip', '-n', space, 'addr', 'add', `fd00:9::${host}/64`, 'dev', 'eth0', 'nodad');
      run('ip', '-n', space, 'link', 'set', 'eth0', 'up');
    }
    run('ip', '-n', BRIDGE, 'link', 'set', 'br0', 'up');
    run('ip', 'netns', 'exec', BRIDGE, 'sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=1', 'net.bridge.bridge-nf-call-ip6tables=1');
    const { files } = exportPlan(exporterOf('nftables'), planOf(loadText(SPEC), []), { mode: 'enforce' });
    writeFileSync(join(folder, 'baseline.nft'), files.find(({ path }) => path.endsWith('baseline.nft'))!.content);
    run('ip', 'netns', 'exec', BRIDGE, 'nft', '-f', join(folder, 'baseline.nft'));
  });
  afterAll(() => {
    for (const space of [CLIENT, BRIDGE, SERVER]) spawnSync('ip', ['netns', 'del', space]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Nobody listens: who is reached refuses. */
  const reaches = (address: string, port: number): string => {
    const probe = `const s=require('net').connect({host:${JSON.stringify(address)},port:${port},timeout:3000});s.on('error',(e)=>{console.log(e.code);process.exit()});s.on('timeout',()=>{console.log('silence');process.exit()})`;
    return run('ip', 'netns', 'exec', CLIENT, process.execPath, '-e', probe).trim();
  };

  test.each(['10.9.0.3', 'fd00:9::3'])('%s is found by who may ask it, and reached on the port of the Permit alone', (address) => {
    expect([443, 444].map((port) => reaches(address, port))).toEqual(['ECONNREFUSED', 'silence']);
  });
});
