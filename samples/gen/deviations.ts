/**
 * What happens in the plant although samples/plant.yaml does not permit it. Each is found by `baseline diff`;
 * samples/README.md lists them under the same letters.
 */
import { modbusVisit } from './engineering.ts';
import { opaqueSession } from './it-services.ts';
import { readRegisters, writeRegister, writeRegisters } from './modbus-pdu.ts';
import { runOpcua } from './opcua-sessions.ts';
import { DAYS, PLANT } from './plant.ts';
import { runPoll } from './polling.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import { DAY, HOUR, MINUTE, SECOND } from './timeline.ts';

const PI_PORT = 5450;

export function runDeviations(timeline: Timeline, random: Random): void {
  // a) the historian, permitted to read, writes a setpoint
  modbusVisit(timeline, 4 * DAY + 11 * HOUR, PLANT.historian, PLANT.plcB, 58000, 1, [writeRegisters(120, 2, 4), readRegisters(3, 120, 2, 4)], random);
  // b) wrong direction: the replica in the DMZ opens the connection that the historian should open
  for (const day of [7, 8]) opaqueSession(timeline, day * DAY + 15 * HOUR, PLANT.replica, PLANT.historian, 58010 + day, PI_PORT, random, 4);
  // c) an asset that nobody declared polls the intake's controller
  runPoll(timeline, { client: PLANT.stranger, server: PLANT.plcA, periodNs: 5 * SECOND, firstDay: 6, isDaily: true, questions: (cycle) => [{ unit: 1, exchange: readRegisters(3, 0, 10, cycle) }] }, 58020, random);
  // d) supervision reads the OPC UA server without security from the eighth day on
  runOpcua(timeline, { client: PLANT.scada, server: PLANT.opcua, serverName: 'opcua-1', isSecure: false, kind: 'subscribe', periodNs: 5 * SECOND, firstDay: 7, lastDay: DAYS - 1 }, 58040, random);
  // f) the intake's panel writes to filtration
  modbusVisit(timeline, 3 * DAY + 13 * HOUR + 5 * MINUTE, PLANT.hmiA, PLANT.plcB, 58060, 1, [writeRegister(101, 42)], random);
  // g) supervision writes to the safety controller
  modbusVisit(timeline, 8 * DAY + 16 * HOUR + 20 * MINUTE, PLANT.scada, PLANT.safety, 58070, 1, [writeRegisters(10, 1, 8)], random);
  // h) an office machine reads a controller directly
  for (const day of [2, 3, 9]) modbusVisit(timeline, day * DAY + 12 * HOUR + 10 * MINUTE, PLANT.office3, PLANT.plcC, 58080 + day, 1, [readRegisters(3, 0, 20, day)], random);
}
