/**
 * Why decoding of a frame stopped before the payload. Nothing is dropped in silence: every reason has a counter that
 * reaches the store (`stop.<reason>`), `status` and the report. A stop is an outcome, not an error: what was reached
 * before it counts (addresses without ports, a frame without addresses).
 */

/** Index = the code in `DecodedFrame.stop`; 0 means decoding reached the payload. Order is free, names are stable. */
export const STOP_REASONS = [
  '',
  'link.unknown-type',
  'link.short-header',
  'ethernet.short-header',
  'ethernet.length-field',
  'vlan.short-tag',
  'vlan.too-many-tags',
  'llc.short-header',
  'pppoe.short-header',
  'ppp.protocol',
  'mpls.short-label',
  'mpls.unknown-payload',
  'arp.short',
  'arp.not-ethernet-ipv4',
  'ipv4.short-header',
  'ipv4.version',
  'ipv4.header-length',
  'ipv4.total-length',
  'ipv4.later-fragment',
  'ipv6.short-header',
  'ipv6.version',
  'ipv6.short-extension',
  'ipv6.too-many-extensions',
  'ipv6.later-fragment',
  'tcp.short-header',
  'tcp.data-offset',
  'udp.short-header',
  'udp.length',
  'sctp.short-header',
  'ip.unknown-transport',
  'ip.encrypted',
  'layer2.payload',
] as const;

type StopReason = (typeof STOP_REASONS)[number];

const codes = new Map<string, number>(STOP_REASONS.map((name, index) => [name, index]));

/** The code of a reason; called once per name at module load, never per frame. */
export const stopCode = (name: StopReason): number => codes.get(name) as number;

/** Of the counters that name the link types behind `link.unknown-type`, each by its number. */
export const UNREAD_LINK_PREFIX = 'link.';
