/**
 * LLDP (IEEE 802.1AB clause 8): what a device says of itself. In: the payload of EtherType 0x88CC. Out: facts by name.
 */

type Tell = (name: string, value: string) => void;

const TLV = { end: 0, chassis: 1, portDescription: 4, systemName: 5, systemDescription: 6, capabilities: 7, managementAddress: 8 } as const;
const CAPABILITIES = ['other', 'repeater', 'bridge', 'wlan-access-point', 'router', 'telephone', 'docsis', 'station'] as const;
const MANAGEMENT_IPV4 = 1;

const text = (bytes: Uint8Array, from: number, to: number): string => new TextDecoder('utf-8').decode(bytes.subarray(from, Math.min(to, from + 255)));

/** @returns the IPv4 management address as int32, or 0 */
export function readLldp(bytes: Uint8Array, view: DataView, from: number, to: number, tell: Tell): number {
  let at = from;
  let management = 0;
  while (to - at >= 2) {
    const head = view.getUint16(at);
    const type = head >> 9;
    const length = head & 0x1ff;
    const start = at + 2;
    const end = start + length;
    if (type === TLV.end || end > to) return management;
    if (type === TLV.systemName) tell('lldp.name', text(bytes, start, end));
    else if (type === TLV.systemDescription) tell('lldp.description', text(bytes, start, end));
    else if (type === TLV.capabilities && length >= 4) {
      const enabled = view.getUint16(start + 2);
      const names = CAPABILITIES.filter((_, bit) => (enabled & (1 << bit)) !== 0);
      if (names.length > 0) tell('lldp.capabilities', names.join(','));
    } else if (type === TLV.managementAddress && length >= 6 && bytes[start] === 5 && bytes[start + 1] === MANAGEMENT_IPV4) {
      management = view.getInt32(start + 2);
    }
    at = end;
  }
  return management;
}
