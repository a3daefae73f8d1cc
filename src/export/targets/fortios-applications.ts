/**
 * Modbus in FortiOS application control: an allow-list of signature ids, everything else blocked (enforce) or logged
 * (monitor). In: Permits of one cell and the ids of the user's own device, keyed `modbus:<function code>`. Out: the text
 * of an application list. Parameters (UnitID, Address) are proven for function code 5 alone
 * (`Modbus_Func05.Write.Single.Coil.Validation`, 48885), so only there do they narrow.
 */
import type { Permit } from '../../permit.ts';
import type { Mode, ModbusEffect, PlanPermit } from '../exporter.ts';
import { functionsOf, listText, rangesFor, inspectedModbus } from '../modbus/scope.ts';
import { safeComment, type NameScope } from '../vendor-name.ts';

export interface ApplicationList {
  readonly name: string;
  readonly lines: readonly string[];
}

const WITH_PARAMETERS = 5;
const PUBLIC_IDS: Readonly<Record<string, number>> = { 'modbus:5': 48885 };

const idOf = (functionCode: number, ids: Readonly<Record<string, number>>): number | undefined => {
  const key = `modbus:${functionCode}`;
  return ids[key] ?? PUBLIC_IDS[key];
};

/** Whether every function code of a Permit has an id; one that is missing would block what is permitted. */
export const inspectableBy = (permit: Permit, ids: Readonly<Record<string, number>>): boolean =>
  permit.service.transport === 'tcp' && functionsOf(permit).every((code) => Number.isInteger(idOf(code, ids)));

const onlySingleCoil = (permit: Permit): boolean => functionsOf(permit).every((code) => code === WITH_PARAMETERS);

/** What the list really lets through of one Permit. */
export const inspectedEffect = (permit: Permit): ModbusEffect | null => {
  const required = inspectedModbus(permit);
  if (required === null) return null;
  return {
    functions: required.functions,
    units: onlySingleCoil(permit) ? required.units : [],
    ranges: onlySingleCoil(permit) ? rangesFor(permit, [WITH_PARAMETERS]) : [],
  };
};

/** `1:1,255:255` */
const pairs = (texts: readonly string[]): string => texts.map((text) => (text.includes('-') ? text.replace('-', ':') : `${text}:${text}`)).join(',');

const parameterLines = (permit: Permit): string[] => {
  const units = permit.modbus?.unitIds ?? [];
  const ranges = rangesFor(permit, [WITH_PARAMETERS]).map((range) => range.slice(range.indexOf(':') + 1));
  const members = [
    ...(units.length > 0 ? [['UnitID', pairs(listText([...units].sort((a, b) => a - b)).split(','))]] : []),
    ...(ranges.length > 0 ? [['Address', pairs(ranges)]] : []),
  ];
  if (members.length === 0) return [];
  return [
    '                config parameters',
    '                    edit 1',
    '                        config members',
    ...members.flatMap(([name = '', value = ''], index) => [
      `                            edit ${index + 1}`,
      `                                set name "${name}"`,
      `                                set value "${value}"`,
      '                            next',
    ]),
    '                        end',
    '                    next',
    '                end',
  ];
};

export const fortiosApplications = (permits: readonly PlanPermit[], ids: Readonly<Record<string, number>>, mode: Mode, names: NameScope): ApplicationList => {
  const key = permits.map((entry) => entry.permit.id).join('+');
  const name = names.nameOf(`applications ${key}`, `APP-${key}`);
  const codes = [...new Set(permits.flatMap((entry) => functionsOf(entry.permit)))].sort((a, b) => a - b);
  const others = mode === 'enforce' ? 'block' : 'pass';
  const entries = codes.flatMap((code) => {
    const holders = permits.filter((entry) => functionsOf(entry.permit).includes(code));
    const alone = code === WITH_PARAMETERS && holders.every((entry) => onlySingleCoil(entry.permit)) ? holders : [];
    return (alone.length > 0 ? alone.map((entry) => parameterLines(entry.permit)) : [[]]).map((parameters) => ({ code, parameters }));
  });
  return {
    name,
    lines: [
      `    edit "${name}"`,
      `        set comment "${safeComment(`Modbus FC ${listText(codes)} of ${key}`, 255)}"`,
      `        set other-application-action ${others}`,
      '        set other-application-log enable',
      `        set unknown-application-action ${others}`,
      '        set unknown-application-log enable',
      '        config entries',
      ...entries.flatMap(({ code, parameters }, index) => [
        `            edit ${index + 1}`,
        `                set application ${idOf(code, ids) ?? 0}`,
        ...parameters,
        '                set action pass',
        '                set log enable',
        '            next',
      ]),
      '        end',
      '    next',
    ],
  };
};
