/**
 * What a complement rule base really lets through of a Permit's Modbus: all codes the engine has no name for when one of
 * them is permitted, and no address limit for codes whose addresses it does not read. In: a Permit and the engine.
 * Out: ModbusEffect.
 */
import { REQUEST_CODES } from '../../decode/app/modbus-functions.ts';
import type { Permit } from '../../permit.ts';
import type { ModbusEffect } from '../exporter.ts';
import type { ModbusEngine } from './complement.ts';
import { rangesFor, inspectedModbus } from './scope.ts';

export const passedModbus = (permit: Permit, engine: ModbusEngine): ModbusEffect | null => {
  const required = inspectedModbus(permit);
  if (required === null) return null;
  const unknown = required.functions.some((code) => !engine.known.includes(code));
  const functions = REQUEST_CODES.filter((code) => (engine.known.includes(code) ? required.functions.includes(code) : unknown));
  const ranges = rangesFor(permit, functions.filter((code) => engine.inspectable.includes(code)));
  return { functions, units: required.units, ranges: ranges.filter((range) => !(engine.writesOnly ?? []).some((code) => range.startsWith(`${code}r:`))) };
};
