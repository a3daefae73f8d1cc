/** CRCs of two octets, by which messages of serial lines end, and what was made of them. */

const reflected = (polynomial: number): Uint16Array =>
  Uint16Array.from({ length: 256 }, (_, octet) => {
    let crc = octet;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ polynomial;
    return crc;
  });
const OF_OCTET = reflected(0xa001);
const X25_OF_OCTET = reflected(0x8408);

/** Polynomial 0x8005, reflected, its lower octet first. @param first what it begins with: 0xFFFF in Modbus (MODBUS over Serial Line V1.02, 6.2.2) and ROC Plus */
export function isCrcRight(bytes: Uint8Array, from: number, crcAt: number, first = 0xffff): boolean {
  let crc = first;
  for (let i = from; i < crcAt; i++) crc = (crc >> 8) ^ OF_OCTET[(crc ^ bytes[i]) & 0xff];
  return bytes[crcAt] === (crc & 0xff) && bytes[crcAt + 1] === crc >> 8;
}

/** Polynomial 0x1021, reflected, first value 0xFFFF, its complement, its lower octet first (ISO/IEC 13239, 4.2.5.2). */
export function isX25Right(bytes: Uint8Array, from: number, crcAt: number): boolean {
  let crc = 0xffff;
  for (let i = from; i < crcAt; i++) crc = (crc >> 8) ^ X25_OF_OCTET[(crc ^ bytes[i]) & 0xff];
  crc ^= 0xffff;
  return bytes[crcAt] === (crc & 0xff) && bytes[crcAt + 1] === crc >> 8;
}

const CCITT_OF_OCTET = Uint16Array.from({ length: 256 }, (_, octet) => {
  let crc = octet << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc;
});

/** Polynomial 0x1021, first value 0xFFFF, its upper octet first (IEEE C37.118.2 annex B). */
export function isCcittRight(bytes: Uint8Array, from: number, crcAt: number): boolean {
  let crc = 0xffff;
  for (let i = from; i < crcAt; i++) crc = ((crc << 8) & 0xffff) ^ CCITT_OF_OCTET[(crc >> 8) ^ bytes[i]];
  return bytes[crcAt] === crc >> 8 && bytes[crcAt + 1] === (crc & 0xff);
}
