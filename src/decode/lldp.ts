/**
 * LLDP (IEEE 802.1AB clause 8): what a device says of itself. In: the payload of EtherType 0x88CC. Out: facts by name.
 * Also PROFINET DCP (IEC 61158-6-10, FrameIDs 0xFEFC to 0xFEFF), which tells the station name of field devices.
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

const DCP_FIRST = 0xfefc;
const DCP_HEADER = 12;
const DCP_OPTION_DEVICE = 2;
const DCP_SUBOPTIONS: Readonly<Record<number, string>> = { 1: 'profinet.vendor', 2: 'profinet.station-name' };

/** Identify responses and hellos: blocks of option, suboption, length, block info, value. */
export function readProfinetDcp(bytes: Uint8Array, view: DataView, from: number, to: number, tell: Tell): void {
  if (to - from < DCP_HEADER || view.getUint16(from) < DCP_FIRST) return;
  const isResponse = view.getUint8(from + 3) === 1;
  if (!isResponse) return;
  let at = from + DCP_HEADER;
  const end = Math.min(to, at + view.getUint16(from + 10));
  while (end - at >= 6) {
    const option = bytes[at];
    const name = DCP_SUBOPTIONS[bytes[at + 1]];
    const length = view.getUint16(at + 2);
    const stop = at + 4 + length;
    if (stop > end) return;
    if (option === DCP_OPTION_DEVICE && name !== undefined && length > 2) tell(name, text(bytes, at + 6, stop));
    at = stop + (length & 1);
  }
}
