/**
 * Modbus/TCP messages as bytes: MBAP header plus PDU.
 * Modbus Messaging on TCP/IP Implementation Guide V1.0b clause 3.1.3; Modbus Application Protocol V1.1b3 clause 6.
 * Register values are made from address and time, so that captures look alive and stay reproducible.
 */
import { ascii, concatBytes, words } from './frames.ts';

export const MODBUS_PORT = 502;

/** A request PDU with the answer that a device gives. */
export interface Exchange {
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

export const modbusAdu = (transaction: number, unit: number, pdu: Uint8Array): Uint8Array =>
  concatBytes(words(transaction & 0xffff, 0, pdu.length + 1), Uint8Array.of(unit), pdu);

const byte = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

/** FC 1 and 2: read coils, discrete inputs. */
export const readBits = (functionCode: 1 | 2, start: number, count: number, salt: number): Exchange => {
  const data = Uint8Array.from({ length: Math.ceil(count / 8) }, (_, i) => (start * 7 + i * 13 + salt) & 0xff);
  return { request: concatBytes(byte(functionCode), words(start, count)), response: concatBytes(byte(functionCode, data.length), data) };
};

const registerValues = (start: number, count: number, salt: number): Uint8Array =>
  words(...Array.from({ length: count }, (_, i) => (1000 + (start + i) * 17 + ((salt * (i + 3)) % 40)) & 0xffff));

/** FC 3 and 4: read holding registers, input registers. */
export const readRegisters = (functionCode: 3 | 4, start: number, count: number, salt: number): Exchange => ({
  request: concatBytes(byte(functionCode), words(start, count)),
  response: concatBytes(byte(functionCode, count * 2), registerValues(start, count, salt)),
});

/** FC 5: write single coil; the answer echoes the request. */
export const writeCoil = (address: number, isOn: boolean): Exchange => {
  const pdu = concatBytes(byte(5), words(address, isOn ? 0xff00 : 0));
  return { request: pdu, response: pdu };
};

/** FC 6: write single register; the answer echoes the request. */
export const writeRegister = (address: number, value: number): Exchange => {
  const pdu = concatBytes(byte(6), words(address, value));
  return { request: pdu, response: pdu };
};

/** FC 15: write multiple coils. */
export const writeCoils = (start: number, count: number, salt: number): Exchange => {
  const data = Uint8Array.from({ length: Math.ceil(count / 8) }, (_, i) => (salt + i) & 0xff);
  return { request: concatBytes(byte(15), words(start, count), byte(data.length), data), response: concatBytes(byte(15), words(start, count)) };
};

/** FC 16: write multiple registers. */
export const writeRegisters = (start: number, count: number, salt: number): Exchange => ({
  request: concatBytes(byte(16), words(start, count), byte(count * 2), registerValues(start, count, salt)),
  response: concatBytes(byte(16), words(start, count)),
});

/** FC 23: read/write multiple registers in one transaction (the write comes first, clause 6.17). */
export const readWriteRegisters = (readStart: number, readCount: number, writeStart: number, writeCount: number, salt: number): Exchange => ({
  request: concatBytes(byte(23), words(readStart, readCount, writeStart, writeCount), byte(writeCount * 2), registerValues(writeStart, writeCount, salt)),
  response: concatBytes(byte(23, readCount * 2), registerValues(readStart, readCount, salt)),
});

/** FC 43/14 basic device identification (clause 6.21): vendor, product code, revision. */
export function readIdentification(vendor: string, product: string, revision: string): Exchange {
  const objects = [vendor, product, revision].map((text, id) => concatBytes(byte(id, text.length), ascii(text)));
  return {
    request: byte(43, 14, 1, 0),
    response: concatBytes(byte(43, 14, 1, 1, 0, 0, objects.length), ...objects),
  };
}

/** A request that the device refuses: exception response (clause 7). */
export const refused = (exchange: Exchange, exceptionCode: number): Exchange => ({
  request: exchange.request,
  response: byte(exchange.request[0]! | 0x80, exceptionCode),
});

/** FC 90, Schneider's undocumented program function (UMAS): what an engineering tool sends; body opaque. */
export const programBlock = (body: Uint8Array): Exchange => ({
  request: concatBytes(byte(90, 0), body),
  response: byte(90, 0, 0xfe),
});
