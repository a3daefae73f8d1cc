/**
 * Traffic that never leaves its own link, whoever it is addressed to: no router forwards it, so no conduit can carry it
 * and no Permit is needed for it. What it prepares (the IP conversation) is judged by itself.
 */

/** ARP (RFC 826) and RARP by EtherType. */
const LINK_LOCAL_TRANSPORTS = new Set(['eth-0x0806', 'eth-0x8035']);

export const staysOnLink = (transport: string): boolean => LINK_LOCAL_TRANSPORTS.has(transport);

/** A frame with an EtherType of its own, which no router forwards either: but its two ends may be in different zones of a flat plant. */
export const isNotIp = (transport: string): boolean => transport.startsWith('eth-');
