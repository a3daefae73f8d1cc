/** pcapng block types that the reader knows (draft-ietf-opsawg-pcapng, section 10.1), and the byte-order magic. */

export const BLOCK_TYPE = {
  interfaceDescription: 1,
  packet: 2,
  simplePacket: 3,
  nameResolution: 4,
  interfaceStatistics: 5,
  enhancedPacket: 6,
  decryptionSecrets: 10,
  section: 0x0a0d0d0a,
} as const;

/** Section Header Block, section 4.1: true little endian, false big endian, null neither. */
export function readByteOrder(view: DataView, at: number): boolean | null {
  const magic = view.getUint32(at, true);
  return magic === 0x1a2b3c4d ? true : magic === 0x4d3c2b1a ? false : null;
}
