/**
 * Giving up privileges once the interfaces are open: privilege ends at the socket. In: the user to become.
 * Out: what is left, as the kernel reports it for every thread, not as we wish it. Linux only.
 * CAP_NET_RAW may be kept: without it an interface that disappears and comes back cannot be opened again.
 */

import { readdirSync, readFileSync } from 'node:fs';

import { captureError, errorText } from '../errors.ts';
import { loadAddon } from './live-addon.ts';

export interface PrivilegeWish {
  /** The user and group to become; needed when running as root, ignored otherwise. */
  readonly uid?: number;
  readonly gid?: number;
  /** Keep CAP_NET_RAW in this thread, for opening an interface again. */
  readonly keepNetRaw: boolean;
}

export interface PrivilegeReport {
  readonly uid: number;
  readonly gid: number;
  /** Permitted capabilities of the calling thread, as a mask (capabilities(7)); bit 13 is CAP_NET_RAW. */
  readonly capabilities: bigint;
  readonly noNewPrivileges: boolean;
  readonly threads: number;
  /** Threads that still hold more than was wished: with setcap on node, the runtime's own (docs/operations.md). */
  readonly threadsHoldingMore: number;
}

const NET_RAW = 1n << 13n;

interface ThreadStatus {
  readonly permitted: bigint;
  readonly noNewPrivileges: boolean;
}

function readThread(path: string): ThreadStatus | undefined {
  try {
    const status = readFileSync(path, 'utf8');
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\w+)`, 'm').exec(status)?.[1] ?? '0';
    return { permitted: BigInt(`0x${field('CapPrm')}`), noNewPrivileges: field('NoNewPrivs') === '1' };
  } catch {
    return undefined; // the thread has ended meanwhile
  }
}

export function dropPrivileges(wish: PrivilegeWish): PrivilegeReport {
  try {
    loadAddon().dropPrivileges(wish.keepNetRaw, wish.uid ?? 0, wish.gid ?? 0);
  } catch (error) {
    throw captureError(
      `privileges cannot be given up (${errorText(error)})`,
      'Run it as an ordinary user with CAP_NET_RAW alone: docs/operations.md has the systemd unit and the setcap line.',
    );
  }
  const threads = readdirSync('/proc/self/task')
    .map((id) => readThread(`/proc/self/task/${id}/status`))
    .filter((status) => status !== undefined);
  const own = readThread(`/proc/self/task/${process.pid}/status`) ?? { permitted: 0n, noNewPrivileges: false };
  const wished = wish.keepNetRaw ? NET_RAW : 0n;
  return {
    uid: process.getuid?.() ?? -1,
    gid: process.getgid?.() ?? -1,
    capabilities: own.permitted,
    noNewPrivileges: threads.every((status) => status.noNewPrivileges),
    threads: threads.length,
    threadsHoldingMore: threads.filter((status) => (status.permitted & ~wished) !== 0n).length,
  };
}

/** True where the process could do more than it needs: it should drop to an ordinary user, or be told not to. */
export const runsAsRoot = (): boolean => process.geteuid?.() === 0;
