/**
 * Why a live capture could not be opened, in one line that the user can act on. In: libpcap's status and words.
 * Out: a BaselineError with the code of a wrong use, for nothing was heard yet (docs/adr/0007). Names that come from the machine are cut to what a terminal may show.
 */

import { usageError, type BaselineError } from '../errors.ts';
import type { CaptureFailure } from './live-addon.ts';

/** Statuses of pcap_activate(3PCAP), from pcap/pcap.h. */
export const PCAP_STATUS = {
  noSuchDevice: -5,
  permissionDenied: -8,
  interfaceDown: -9,
  promiscuousDenied: -11,
} as const;

/** Words of the kernel, of libpcap and of the user, made harmless for a terminal and short enough for one line. */
export function plain(text: string): string {
  const line = text.replace(/[^\x20-\x7e]+/g, '?').trim();
  return line.length > 300 ? `${line.slice(0, 297)}...` : line;
}

function listInterfaces(present: readonly string[]): string {
  const names = present.map(plain).sort();
  if (names.length === 0) return 'This machine has no interface.';
  const shown = names.slice(0, 20).join(', ');
  return `Interfaces here: ${shown}${names.length > 20 ? `, and ${names.length - 20} more` : ''}.`;
}

export function openingError(
  device: string,
  filter: string,
  failure: CaptureFailure,
  present: readonly string[],
): BaselineError {
  const name = plain(device);
  const words = plain(failure.message);
  if (failure.stage === 'filter') {
    return usageError(
      `the filter "${plain(filter)}" does not hold on ${name}: ${words}`,
      'Write it as for tcpdump (man 7 pcap-filter), for example --filter "tcp port 502 or vlan".',
    );
  }
  switch (failure.code) {
    case PCAP_STATUS.permissionDenied:
    case PCAP_STATUS.promiscuousDenied:
      return usageError(
        `no permission to capture on ${name}: CAP_NET_RAW is missing`,
        'Run it from the systemd unit, or give CAP_NET_RAW to a copy of Node: docs/operations.md, section 4.',
      );
    case PCAP_STATUS.noSuchDevice:
      return usageError(`there is no interface ${name}`, listInterfaces(present));
    case PCAP_STATUS.interfaceDown:
      return usageError(`interface ${name} is down`, `Bring it up: ip link set ${name} up (docs/operations.md: silent).`);
    default: {
      const known = present.includes(device);
      return usageError(
        `cannot capture on ${name}: ${words}`,
        known ? 'See whether tcpdump -i can open it.' : listInterfaces(present),
      );
    }
  }
}
