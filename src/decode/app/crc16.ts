/** CRC-16 with the polynomial 0x8005, reflected, as serial protocols end their messages with: its lower octet first. */

const OF_OCTET = Uint16Array.from({ length: 256 }, (_, octet) => {
  let crc = octet;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0xa001;
  return crc;
});

/** @param first what it begins with: 0xFFFF in Modbus (MODBUS over Serial Line V1.02, 6.2.2) and ROC Plus */
export function isCrcRight(bytes: Uint8Array, from: number, crcAt: number, first = 0xffff): boolean {
  let crc = first;
  for (let i = from; i < crcAt; i++) crc = (crc >> 8) ^ OF_OCTET[(crc ^ bytes[i]) & 0xff];
  return bytes[crcAt] === (crc & 0xff) && bytes[crcAt + 1] === crc >> 8;
}
