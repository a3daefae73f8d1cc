/**
 * Elements of BER with a tag of one octet and a length of up to two (ITU-T X.690 clause 8.1): where their content begins, and how
 * long it is. In: octets, of which some may not be there.
 */

/** Offset of the content of the element at `at`, or -1. */
export const content = (bytes: Uint8Array, at: number, to: number): number => {
  if (at + 2 > to) return -1;
  const octets = bytes[at + 1];
  const from = octets < 0x80 ? at + 2 : octets === 0x81 ? at + 3 : octets === 0x82 ? at + 4 : -1;
  return from > to ? -1 : from;
};

/** Octets of its content, which may end beyond what is there. */
export const lengthOf = (bytes: Uint8Array, at: number): number => (bytes[at + 1] < 0x80 ? bytes[at + 1] : bytes[at + 1] === 0x81 ? bytes[at + 2] : (bytes[at + 2] << 8) | bytes[at + 3]);
