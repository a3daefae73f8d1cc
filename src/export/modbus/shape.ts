/**
 * The shape of Modbus/TCP requests on the wire: how long each function code's request is, and where its addresses
 * stand. Needed wherever a firewall looks at raw bytes: only a PDU whose length is checked exactly cannot carry a
 * second request behind it. Offsets count bits from the first byte of the MBAP header (Modbus V1.1b3 clause 6,
 * Modbus Messaging on TCP/IP clause 3.1.3); `length` is the MBAP length field (unit id included).
 */

/** Where an access finds its first data address and its quantity; `quantity` null = always one. */
export interface AddressField {
  readonly access: 'read' | 'write';
  readonly startBit: number;
  readonly quantityBit: number | null;
  readonly maxQuantity: number;
}

/** A field that must agree with the length: quantities (as a span) and the byte count. */
export interface LengthTerm {
  readonly length: number;
  readonly quantity: { readonly first: number; readonly last: number } | null;
  readonly byteCount: number | null;
}

export interface RequestShape {
  readonly lengths: readonly LengthTerm[];
  readonly quantityBit: number | null;
  readonly byteCountBit: number | null;
  readonly addresses: readonly AddressField[];
  /** A byte that must have this value (MEI type). */
  readonly fixed: { readonly bit: number; readonly value: number } | null;
  /** What of the function code this shape leaves out; empty = nothing. */
  readonly leavesOut: string;
}

const LENGTH_MAX = 254;
const START_BIT = 64;
const QUANTITY_BIT = 80;

const fixedLength = (length: number, addresses: readonly AddressField[], more: Partial<RequestShape> = {}): RequestShape => ({
  lengths: [{ length, quantity: null, byteCount: null }],
  quantityBit: null,
  byteCountBit: null,
  addresses,
  fixed: null,
  leavesOut: '',
  ...more,
});

const terms = (count: number, termOf: (n: number) => LengthTerm): LengthTerm[] =>
  Array.from({ length: count }, (_, index) => termOf(index + 1));

const reading = (maxQuantity: number): RequestShape =>
  fixedLength(6, [{ access: 'read', startBit: START_BIT, quantityBit: QUANTITY_BIT, maxQuantity }]);

const writingOne = (length: number): RequestShape =>
  fixedLength(length, [{ access: 'write', startBit: START_BIT, quantityBit: null, maxQuantity: 1 }]);

const writingMany = (maxQuantity: number, lengths: readonly LengthTerm[]): RequestShape => ({
  lengths,
  quantityBit: QUANTITY_BIT,
  byteCountBit: 96,
  addresses: [{ access: 'write', startBit: START_BIT, quantityBit: QUANTITY_BIT, maxQuantity }],
  fixed: null,
  leavesOut: '',
});

const counted = (lengths: readonly LengthTerm[]): RequestShape => ({
  lengths,
  quantityBit: null,
  byteCountBit: 64,
  addresses: [],
  fixed: null,
  leavesOut: '',
});

const SHAPES: Readonly<Record<number, RequestShape>> = {
  1: reading(2000),
  2: reading(2000),
  3: reading(125),
  4: reading(125),
  5: writingOne(6),
  6: writingOne(6),
  7: fixedLength(2, []),
  8: fixedLength(6, [], { leavesOut: 'diagnostics with more than one data word' }),
  11: fixedLength(2, []),
  12: fixedLength(2, []),
  15: writingMany(1968, terms(246, (n) => ({ length: 7 + n, quantity: { first: 8 * n - 7, last: 8 * n }, byteCount: n }))),
  16: writingMany(123, terms(123, (n) => ({ length: 7 + 2 * n, quantity: { first: n, last: n }, byteCount: 2 * n }))),
  17: fixedLength(2, []),
  20: counted(terms(35, (n) => ({ length: 3 + 7 * n, quantity: null, byteCount: 7 * n }))),
  21: counted(terms(243, (n) => ({ length: 11 + n, quantity: null, byteCount: 8 + n }))),
  22: writingOne(8),
  23: {
    lengths: terms(121, (n) => ({ length: 11 + 2 * n, quantity: { first: n, last: n }, byteCount: 2 * n })),
    quantityBit: 112,
    byteCountBit: 128,
    addresses: [
      { access: 'read', startBit: START_BIT, quantityBit: QUANTITY_BIT, maxQuantity: 125 },
      { access: 'write', startBit: 96, quantityBit: 112, maxQuantity: 121 },
    ],
    fixed: null,
    leavesOut: '',
  },
  24: fixedLength(4, [{ access: 'read', startBit: START_BIT, quantityBit: null, maxQuantity: 1 }]),
  43: fixedLength(5, [], { fixed: { bit: 64, value: 14 }, leavesOut: 'MEI types other than 14 (Read Device Identification)' }),
};

/** Function codes that no clause describes: any length, nothing inside is judged. */
const UNKNOWN: RequestShape = {
  lengths: terms(LENGTH_MAX - 1, (n) => ({ length: n + 1, quantity: null, byteCount: null })),
  quantityBit: null,
  byteCountBit: null,
  addresses: [],
  fixed: null,
  leavesOut: '',
};

export const shapeOf = (functionCode: number): RequestShape => SHAPES[functionCode] ?? UNKNOWN;

/** Whether requests of a code name one data address and no quantity. */
export const hasOneAddress = (functionCode: number): boolean => shapeOf(functionCode).addresses.some(({ quantityBit }) => quantityBit === null);
