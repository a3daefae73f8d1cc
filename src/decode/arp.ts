/** ARP for Ethernet and IPv4 (RFC 826): who claims which address. In: the payload of EtherType 0x0806. */

const HARDWARE_ETHERNET = 1;
const PROTOCOL_IPV4 = 0x0800;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const LENGTH = 28;

export interface ArpClaim {
  /** Offset of the sender's MAC; the address it claims as int32. */
  macAt: number;
  address: number;
}

/** Fills `claim` and returns true when the sender binds an address (probes with sender 0.0.0.0 do not, RFC 5227). */
export function readArp(view: DataView, at: number, end: number, claim: ArpClaim): boolean {
  if (end - at < LENGTH) return false;
  if (view.getUint16(at) !== HARDWARE_ETHERNET || view.getUint16(at + 2) !== PROTOCOL_IPV4) return false;
  if (view.getUint8(at + 4) !== 6 || view.getUint8(at + 5) !== 4) return false;
  claim.macAt = at + SENDER_MAC;
  claim.address = view.getInt32(at + SENDER_IP);
  return claim.address !== 0;
}
