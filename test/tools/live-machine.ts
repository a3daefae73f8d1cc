/** What the live capture tests need of the machine: root, tools, network namespaces, libpcap and the built addon. */
import { spawnSync } from 'node:child_process';
import { loadLibpcap } from '../../src/source/live-addon.ts';

export function run(program: string, ...args: string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.error?.message ?? done.stderr}`);
  return done.stdout;
}

/** Why this machine cannot capture in a namespace of its own, or undefined. */
function findObstacle(space: string): string | undefined {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.geteuid?.() !== 0) return 'not root';
  for (const [tool, ...args] of [['ip', '-V'], ['tcpreplay', '-V'], ['setpriv', '--version']] as const) {
    if (spawnSync(tool, args).status !== 0) return `${tool} is missing`;
  }
  try {
    loadLibpcap();
  } catch (error) {
    return String(error);
  }
  const probe = spawnSync('ip', ['netns', 'add', space], { encoding: 'utf8' });
  if (probe.status !== 0) return `no network namespaces: ${probe.stderr.trim()}`;
  run('ip', 'netns', 'del', space);
  return undefined;
}

/** The same, said loudly; where everything must be tested it is a failure. `space` is a namespace's name to try with. */
export function obstacle(space: string): string | undefined {
  const why = findObstacle(space);
  if (why === undefined) return undefined;
  if (process.env['BASELINE_CI'] === '1') throw new Error(`live capture cannot be tested: ${why}`);
  console.warn(`SKIPPED: live capture tests (${why})`);
  return why;
}
