/**
 * Modbus/TCP messages for test captures: a well-formed request for any function code, and an answer to it
 * (Modbus V1.1b3 clause 6). In: unit, function code, first address, quantity. Out: bytes with the MBAP header.
 * Values are all zero: these captures are sent to test benches, never to a process.
 */

export interface ModbusRequest {
  readonly unit: number;
  readonly functionCode: number;
  readonly start: number;
  readonly quantity: number;
}

const word = (value: number): number[] => [(value >> 8) & 255, value & 255];
const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

const requestBody = ({ functionCode, start, quantity }: ModbusRequest): number[] => {
  switch (functionCode) {
    case 1:
    case 2:
    case 3:
    case 4:
      return [...word(start), ...word(quantity)];
    case 5:
    case 6:
      return [...word(start), 0, 0];
    case 8:
      return [0, 0, 0, 0];
    case 15: {
      const bytes = Math.ceil(quantity / 8);
      return [...word(start), ...word(quantity), bytes, ...zeros(bytes)];
    }
    case 16:
      return [...word(start), ...word(quantity), 2 * quantity, ...zeros(2 * quantity)];
    case 20:
      return [7, 6, 0, 1, 0, 0, 0, 1];
    case 21:
      return [9, 6, 0, 1, 0, 0, 0, 1, 0, 0];
    case 22:
      return [...word(start), 0xff, 0xff, 0, 0];
    case 23:
      return [...word(start), ...word(quantity), ...word(start), ...word(quantity), 2 * quantity, ...zeros(2 * quantity)];
    case 24:
      return word(start);
    case 43:
      return [14, 1, 0];
    default:
      return [];
  }
};

const withHeader = (transaction: number, unit: number, pdu: readonly number[]): Uint8Array =>
  Uint8Array.from([...word(transaction), 0, 0, ...word(pdu.length + 1), unit, ...pdu]);

export const modbusRequest = (request: ModbusRequest, transaction: number): Uint8Array =>
  withHeader(transaction, request.unit, [request.functionCode, ...requestBody(request)]);

/** Reads get zeros, single and multiple writes their echo, everything else exception 1 (illegal function). */
export const modbusAnswer = (request: ModbusRequest, transaction: number): Uint8Array => {
  const { functionCode, start, quantity, unit } = request;
  if (functionCode <= 4) {
    const bytes = functionCode <= 2 ? Math.ceil(quantity / 8) : 2 * quantity;
    return withHeader(transaction, unit, [functionCode, bytes, ...zeros(bytes)]);
  }
  if (functionCode <= 6) return modbusRequest(request, transaction);
  if (functionCode === 15 || functionCode === 16)
    return withHeader(transaction, unit, [functionCode, ...word(start), ...word(quantity)]);
  return withHeader(transaction, unit, [functionCode | 0x80, 1]);
};
