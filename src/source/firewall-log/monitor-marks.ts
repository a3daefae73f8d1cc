/**
 * The names by which our own monitor-mode exports mark what would be blocked. The exporters write them, the readers of
 * firewall logs find them: one place, so that they cannot part. What somebody else's catch-all rule is called, the user
 * says (`--log-monitor`).
 */

/** Rule names, messages and log prefixes of our exports begin so. */
const EXPORT_MARK = 'OTZ';

/** PAN-OS: every rule of ours begins so, which is how those of an earlier export are found. */
export const RULE_PREFIX = `${EXPORT_MARK}-`;

/** The last rule of FortiOS and PAN-OS exports: what no Permit lets through. */
export const DEFAULT_RULE = `${RULE_PREFIX}DEFAULT`;

/** ASA: the list's last entry logs with this level in monitor mode; no other entry of ours does. */
export const ASA_MONITOR_LEVEL = 5;
/** Access lists are `OTZ_<interface>_IN_<digest>`. */
export const ASA_LIST_PREFIX = `${EXPORT_MARK}_`;

/** nftables: `OTZ:<rule>:<what>:<W, D or P>`. W: would be denied; D: was; P: passed. */
export const NFT_PREFIX = `${EXPORT_MARK}:`;
export const NFT_WOULD = 'W';
export const NFT_DENIED = 'D';
export const NFT_PASSED = 'P';

/** What of a rule's path the payload decided: a request, or one octet that can be a keepalive. */
export const NFT_INSPECTED = 'FC';
export const NFT_ONE_OCTET = 'KA';
/** A session that a rule lets through, by its first packet. */
export const NFT_OPENED = 'NEW';
/** The source of such a packet answers: no Permit lets its connection through any more. */
export const NFT_REPLY = 'RE';

/** Suricata and Snort messages: `OTZ <rules>: <why>`. */
export const SIGNATURE_PREFIX = `${EXPORT_MARK} `;
