/**
 * Every address seen, as a small number. The key's first word tells the kind: IPv4 and MAC addresses are written as
 * addresses of IPv6 blocks that are reserved by IETF and never on a wire (0000:0004::/32 and 0000:0002::/32).
 */
import { ipv4Text, ipv6Text, macText } from '../net/address-text.ts';
import { internKey, type IntTable, type Records } from './int-table.ts';

const IPV4_MARK = 4;
const MAC_MARK = 2;

export const internIpv4 = (table: IntTable, address: number): number => internKey(table, IPV4_MARK, 0, 0, address);

export const internIpv6 = (table: IntTable, view: DataView, at: number): number =>
  internKey(table, view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12));

export const internMac = (table: IntTable, view: DataView, at: number): number =>
  internKey(table, MAC_MARK, 0, view.getUint16(at), view.getInt32(at + 2));

export function addressText(table: Pick<Records, 'keys'>, index: number): string {
  const k = index << 2;
  const { keys } = table;
  if (keys[k] === IPV4_MARK && keys[k + 1] === 0 && keys[k + 2] === 0) return ipv4Text(keys[k + 3]);
  if (keys[k] === MAC_MARK && keys[k + 1] === 0 && keys[k + 2] >>> 16 === 0) return macText(keys[k + 2], keys[k + 3]);
  return ipv6Text(keys[k], keys[k + 1], keys[k + 2], keys[k + 3]);
}

/** Many receive what is sent to it, and it never sends: multicast, and 255.255.255.255 (RFC 1112 clause 4, RFC 919 clause 7, RFC 4291 clause 2.7). */
export function isGroupAddress(table: Pick<Records, 'keys'>, index: number): boolean {
  const k = index << 2;
  const { keys } = table;
  if (keys[k] === IPV4_MARK && keys[k + 1] === 0 && keys[k + 2] === 0) return keys[k + 3] >>> 28 === 0xe || keys[k + 3] === -1;
  return keys[k] >>> 24 === 0xff;
}
