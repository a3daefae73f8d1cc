/**
 * CRC-16 of the polynomial 0x8005, reflected, by octets: of serial Modbus (MODBUS over Serial Line V1.02, 6.2.2: begun with 0xFFFF)
 * and of TriStation (begun with 0).
 */
const OF_OCTET = Uint16Array.from({ length: 256 }, (_, octet) => {
  let crc = octet;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0xa001;
  return crc;
});

export function crc16(bytes: Uint8Array, from: number, to: number, first: number): number {
  let crc = first;
  for (let i = from; i < to; i++) crc = (crc >> 8) ^ OF_OCTET[(crc ^ bytes[i]) & 0xff];
  return crc;
}
