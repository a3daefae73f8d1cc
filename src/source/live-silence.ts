/**
 * Whether a capture interface is silent: this program sends nothing, but an ordinary interface is not quiet by itself;
 * the kernel answers ARP and sends IPv6 router solicitations, DAD and MLD reports from it. In: an interface's name.
 * Out: what may still speak, each with the line that stops it.
 * Linux only; reads /proc of its own network namespace, asks nothing of the network.
 */

import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

export interface SilenceWarning {
  readonly what: string;
  /** The command that mends it. */
  readonly remedy: string;
}

/** netdevice(7). */
const IFF_LOOPBACK = 0x8;
const IFF_NOARP = 0x80;
const IFF_MULTICAST = 0x1000;

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // no IPv6 in this kernel, or no such interface
  }
}

/**
 * What may still send frames from `name`; empty for a silent interface, and for `any` and loopback, which are no sensors.
 * @param flags IFF_ flags, as the open capture has read them
 */
export function listSilenceWarnings({ name, flags }: { readonly name: string; readonly flags: number }): SilenceWarning[] {
  if (flags === 0 || (flags & IFF_LOOPBACK) !== 0) return [];
  const warnings: SilenceWarning[] = [];
  const ipv6 = readSetting(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`);
  if (ipv6 !== undefined && ipv6 !== '1') {
    warnings.push({ what: `IPv6 is on: the kernel sends router solicitations and MLD reports from ${name}`, remedy: `sysctl -w net/ipv6/conf/${name}/disable_ipv6=1` });
  }
  if ((flags & IFF_NOARP) === 0) {
    warnings.push({ what: `ARP is on: the kernel may ask and answer on ${name}`, remedy: `ip link set dev ${name} arp off` });
  }
  if ((flags & IFF_MULTICAST) !== 0) {
    warnings.push({ what: `multicast is on: the kernel may send IGMP and MLD reports from ${name}`, remedy: `ip link set dev ${name} multicast off` });
  }
  if ((networkInterfaces()[name] ?? []).length > 0) {
    warnings.push({ what: `${name} has an address: anything on this machine may use it`, remedy: `ip addr flush dev ${name}` });
  }
  return warnings;
}

/** Of /proc/net/dev (proc(5)), which shows the interfaces of this process's own network namespace. */
export const listInterfaceNames = (): string[] =>
  (readSetting('/proc/self/net/dev') ?? '').split('\n').filter((line) => line.includes(':')).map((line) => line.slice(0, line.indexOf(':')).trim());
