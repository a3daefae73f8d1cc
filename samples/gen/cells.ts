/**
 * The process cells: who polls whom with which Modbus questions, day after day.
 * In: nothing. Out: the list of cyclic conversations that the spec declares (deviations.ts adds those it does not).
 */
import { PLANT, isWeekend } from './plant.ts';
import type { ModbusPoll, Question, Window } from './polling.ts';
import { readBits, readRegisters, readWriteRegisters, refused, writeCoil, writeCoils, writeRegister, writeRegisters } from './modbus-pdu.ts';
import type { Exchange } from './modbus-pdu.ts';
import { MS, SECOND } from './timeline.ts';

const EXCEPTION = { busy: 6, gatewayTargetFailed: 11 } as const;
const METER_UNITS = [1, 2, 3, 4] as const;
const BROKEN_METER_UNIT = 4;

const one = (unit: number, exchange: Exchange): readonly Question[] => [{ unit, exchange }];

/** An operator's write now and then on working days, in addition to the reads of the cycle. */
const sometimes = (cycle: number, window: Window, every: number, unit: number, exchange: Exchange): readonly Question[] =>
  !isWeekend(window.day) && cycle % every === 3 ? one(unit, exchange) : [];

const fieldDevices: readonly ModbusPoll[] = [
  { client: PLANT.plcA, server: PLANT.ioA, periodNs: 250 * MS, questions: (cycle) => one(1, readWriteRegisters(0, 8, 512, 4, cycle)) },
  {
    client: PLANT.plcB, server: PLANT.ioB, periodNs: 140 * MS,
    questions: (cycle) => (cycle % 2 === 0 ? one(1, readRegisters(4, 0, 12, cycle)) : one(1, writeCoils(16, 10, cycle))),
  },
  {
    client: PLANT.plcB, server: PLANT.gatewayB, periodNs: 500 * MS, isDaily: true,
    // serial flow meters behind one address; the fourth does not answer its gateway at weekends
    questions: (cycle, window) => {
      const unit = METER_UNITS[cycle % METER_UNITS.length]!;
      const exchange = readRegisters(3, 100, 6, cycle);
      return one(unit, unit === BROKEN_METER_UNIT && isWeekend(window.day) ? refused(exchange, EXCEPTION.gatewayTargetFailed) : exchange);
    },
  },
  {
    client: PLANT.plcC, server: PLANT.ioC, periodNs: 140 * MS,
    questions: (cycle) => (cycle % 2 === 0 ? one(1, readBits(2, 0, 24, cycle)) : one(1, writeCoils(0, 8, cycle))),
  },
  // interlock: filtration asks the intake whether it may draw water
  { client: PLANT.plcB, server: PLANT.plcA, periodNs: SECOND, questions: (cycle) => one(1, readRegisters(3, 200, 2, cycle)) },
];

const operatorPanels: readonly ModbusPoll[] = [
  {
    client: PLANT.hmiA, server: PLANT.plcA, periodNs: SECOND, isDaily: true,
    questions: (cycle, window) => [...one(1, readRegisters(3, 0, 40, cycle)), ...sometimes(cycle, window, 17, 1, writeRegister(100 + (cycle % 4), cycle % 500))],
  },
  {
    client: PLANT.hmiB, server: PLANT.plcB, periodNs: SECOND,
    questions: (cycle, window) => [
      ...one(1, readRegisters(3, 0, 60, cycle)),
      ...one(1, cycle % 29 === 0 ? refused(readBits(1, 0, 32, cycle), EXCEPTION.busy) : readBits(1, 0, 32, cycle)),
      ...sometimes(cycle, window, 19, 1, writeCoil(40 + (cycle % 3), cycle % 2 === 0)),
    ],
  },
  {
    client: PLANT.hmiC, server: PLANT.plcC, periodNs: 2 * SECOND,
    questions: (cycle, window) => [...one(1, readRegisters(3, 0, 20, cycle)), ...sometimes(cycle, window, 7, 1, writeRegisters(300, 4, cycle))],
  },
];

const supervision: readonly ModbusPoll[] = [
  { client: PLANT.scada, server: PLANT.plcA, periodNs: 2 * SECOND, questions: (cycle) => one(1, readRegisters(3, 0, 80, cycle)) },
  { client: PLANT.scada, server: PLANT.plcB, periodNs: 2 * SECOND, isSplit: true, questions: (cycle) => one(1, readRegisters(3, 0, 110, cycle)) },
  { client: PLANT.scada, server: PLANT.plcC, periodNs: 2 * SECOND, questions: (cycle) => one(1, readRegisters(3, 0, 60, cycle)) },
  {
    client: PLANT.scada, server: PLANT.gatewayB, periodNs: 5 * SECOND, isPipelined: true,
    questions: (cycle) => [...one(1, readRegisters(3, 100, 6, cycle)), ...one(2, readRegisters(3, 100, 6, cycle))],
  },
  // the safety controller is watched, never written
  { client: PLANT.scada, server: PLANT.safety, periodNs: 2 * SECOND, questions: (cycle) => one(1, readBits(2, 0, 48, cycle)) },
];

const operations: readonly ModbusPoll[] = [PLANT.plcA, PLANT.plcB, PLANT.plcC].map((server) => ({
  client: PLANT.opcua, server, periodNs: SECOND, questions: (cycle: number) => one(1, readRegisters(4, 0, 50, cycle)),
}));

const historianReads: ModbusPoll = {
  client: PLANT.historian, server: PLANT.plcB, periodNs: 5 * SECOND, isDaily: true, questions: (cycle) => one(1, readRegisters(3, 400, 20, cycle)),
};

export const CELL_POLLS: readonly ModbusPoll[] = [...fieldDevices, ...operatorPanels, ...supervision, ...operations, historianReads];
