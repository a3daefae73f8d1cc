/**
 * Engineering on three days of the first week: device identification, Schneider program blocks (FC 90), an S7 block upload; and the safety
 * system's own station with its own safety controller. Sporadic by nature: outside the sensor's windows too.
 */
import { ascii, concatBytes, hex, words } from './frames.ts';
import { modbusAdu, MODBUS_PORT, programBlock, readIdentification, readRegisters } from './modbus-pdu.ts';
import type { Exchange } from './modbus-pdu.ts';
import { PLANT } from './plant.ts';
import type { Random } from './random.ts';
import { createTcpSession } from './tcp-session.ts';
import type { Host, Timeline } from './timeline.ts';
import { DAY, HOUR, MINUTE, MS, SECOND } from './timeline.ts';
import { opaqueSession } from './it-services.ts';

const ISO_TSAP_PORT = 102;
const SAFETY_ENGINEERING_PORT = 8000;
const VISITS = [1, 2, 4] as const;
const SAFETY_CHECKS = [2, 9] as const;

/** A short Modbus session: opened, asked, closed. */
export function modbusVisit(timeline: Timeline, atNs: number, client: Host, server: Host, clientPort: number, unit: number, exchanges: readonly Exchange[], random: Random): void {
  const tcp = createTcpSession(timeline, client, server, clientPort, MODBUS_PORT, random.integer(1, 0x7fffffff));
  timeline.resolve(atNs - 3 * MS, client, server);
  const readyNs = tcp.open(atNs);
  exchanges.forEach((exchange, i) =>
    tcp.exchange(readyNs + i * 300 * MS, modbusAdu(i + 1, unit, exchange.request), modbusAdu(i + 1, unit, exchange.response), 6 * MS, true));
  tcp.close(readyNs + exchanges.length * 300 * MS);
}

/** TPKT (RFC 1006) around COTP data (X.224 DT) around an S7 telegram. */
const s7Telegram = (kind: number, reference: number, parameter: Uint8Array, data: Uint8Array): Uint8Array => {
  const header = concatBytes(hex('32'), Uint8Array.of(kind), words(0, reference, parameter.length, data.length), kind === 3 ? words(0) : new Uint8Array(0));
  const cotp = concatBytes(hex('02f080'), header, parameter, data);
  return concatBytes(hex('0300'), words(cotp.length + 4), cotp);
};

/** Connect, negotiate, start upload (0x1d) of block DB1, upload (0x1e), end upload (0x1f). */
function s7Upload(timeline: Timeline, atNs: number, clientPort: number, random: Random): void {
  const tcp = createTcpSession(timeline, PLANT.laptop, PLANT.plcC, clientPort, ISO_TSAP_PORT, random.integer(1, 0x7fffffff));
  let now = tcp.open(atNs);
  const exchange = (request: Uint8Array, response: Uint8Array): void => {
    tcp.exchange(now, request, response, 7 * MS, true);
    now += 120 * MS;
  };
  exchange(hex('0300001611e00000000100c0010ac1020100c2020101'), hex('0300001611d00001000200c0010ac1020100c2020101'));
  const job = (reference: number, parameter: Uint8Array, answer: Uint8Array, data: Uint8Array): void =>
    exchange(s7Telegram(1, reference, parameter, new Uint8Array(0)), s7Telegram(3, reference, answer, data));
  job(1, hex('f0000001000101e0'), hex('f0000001000100f0'), new Uint8Array(0));
  job(2, concatBytes(hex('1d00000000000000 09'), ascii('_0A00001A')), hex('1d00010000000007 0730303030323334'), new Uint8Array(0));
  job(3, hex('1e00000000000007'), hex('1e00'), concatBytes(words(200, 0x00fb), random.bytes(200)));
  job(4, hex('1f00000000000007'), hex('1f'), new Uint8Array(0));
  tcp.close(now);
}

export function runEngineering(timeline: Timeline, random: Random): void {
  VISITS.forEach((day, i) => {
    const startNs = day * DAY + 9 * HOUR + random.integer(0, 80) * MINUTE;
    modbusVisit(timeline, startNs, PLANT.laptop, PLANT.plcA, 57000 + i, 1, [
      readIdentification('Schneider Electric', 'BMX P34 2020', 'v3.20'),
      programBlock(hex('02')), programBlock(concatBytes(hex('2000'), random.bytes(40))), programBlock(concatBytes(hex('2900'), random.bytes(120))),
      readRegisters(3, 0, 40, day),
    ], random);
    modbusVisit(timeline, startNs + 4 * MINUTE, PLANT.laptop, PLANT.plcB, 57010 + i, 1, [readIdentification('Siemens', 'CPU 1214C', 'V4.5')], random);
    s7Upload(timeline, startNs + 9 * MINUTE, 57020 + i, random);
  });
  SAFETY_CHECKS.forEach((day, i) => {
    const startNs = day * DAY + 10 * HOUR + random.integer(0, 40) * MINUTE;
    opaqueSession(timeline, startNs, PLANT.safetyStation, PLANT.safety, 57100 + i, SAFETY_ENGINEERING_PORT, random, 12);
    modbusVisit(timeline, startNs + 30 * SECOND, PLANT.safetyStation, PLANT.safety, 57110 + i, 1, [readIdentification('HIMA', 'HIMatrix F35', 'V11.2')], random);
  });
}
