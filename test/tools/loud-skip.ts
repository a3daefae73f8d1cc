/**
 * For suites that need something of the machine (a Debian package, root, captures beside the project): says loudly that
 * a suite cannot run, and why. In CI (BASELINE_CI=1) nothing may be left out: there it throws instead.
 */
import { spawnSync } from 'node:child_process';

export interface Need {
  /** `tshark`, `root`, `../shared/captures`. */
  readonly what: string;
  readonly isThere: boolean;
  /** How to get it: `apt-get install tshark`. */
  readonly remedy: string;
}

/** A program of a Debian package that must be on the PATH. */
export function program(name: string, debianPackage: string = name): Need {
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' });
  return { what: name, isThere: found.status === 0, remedy: `apt-get install ${debianPackage}` };
}

/** True when all needs are met. The word SKIPPED at the line's head is what .ci/run looks for. */
export function canRun(suite: string, needs: readonly Need[]): boolean {
  const missing = needs.filter((need) => !need.isThere);
  if (missing.length === 0) return true;
  const line = `SKIPPED: ${suite}: no ${missing.map((need) => `${need.what} (${need.remedy})`).join(', ')}`;
  if (process.env['BASELINE_CI'] === '1') throw new Error(`${line}; in CI nothing may be skipped`);
  console.warn(line);
  return false;
}
