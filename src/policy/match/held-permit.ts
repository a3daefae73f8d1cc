/**
 * A Permit as a given firewall holds it: without the conditions and operations that it does not see.
 *
 * In: a Permit and what is held of it. Out: the Permits that say what really passes; the matcher judges traffic by them as
 * it does by those of the spec. Left out on purpose: Permits without a rule (simulate.ts leaves those away).
 */
import { isDiscovery } from '../../infer/opcua-security.ts';
import type { ModbusRange, OpcUaOperations, Permit } from '../../permit.ts';
import { bindingSpans, tableOf } from '../../net/register-set.ts';
import { modesPassing } from './asks.ts';
import type { Holds } from './firewall-semantics.ts';
import type { ModbusEffect } from './modbus-effect.ts';
import { protocolKey, type DeclaredPermit } from '../spec/permits.ts';

type Modbus = Permit['modbus'];

/** `23r:0-9` -> the read of holding registers 0 to 9. */
const rangesOf = (effect: ModbusEffect, code: number): ModbusRange[] =>
  effect.ranges.flatMap((text) => {
    const [, number, way, first, last] = /^(\d+)([rw]?):(\d+)-(\d+)$/.exec(text) ?? [];
    if (Number(number) !== code) return [];
    return (['read', 'write'] as const).flatMap((access) => {
      const table = tableOf(code, access);
      return table === null || (way !== '' && way !== access[0]) ? [] : [{ access, table, first: Number(first), last: Number(last) }];
    });
  });

/** One where a range binds every code of its table alike, as a spec says it; else one a code. */
const effectAsModbus = (effect: ModbusEffect): NonNullable<Modbus>[] => {
  const perCode = effect.functions.map((code) => ({ functionCodes: [code], unitIds: effect.units, ranges: rangesOf(effect, code) }));
  const ranges = [...new Map(perCode.flatMap((one) => one.ranges).map((range) => [JSON.stringify(range), range])).values()];
  const isAlike = perCode.every((one) => (['read', 'write'] as const).every((access) =>
    JSON.stringify(bindingSpans(one.ranges, one.functionCodes[0], access)) === JSON.stringify(bindingSpans(ranges, one.functionCodes[0], access))));
  return isAlike ? [{ functionCodes: effect.functions, unitIds: effect.units, ranges }] : perCode;
};

const byFlags = (permit: Permit, holds: Holds): Modbus =>
  permit.modbus === null
    ? null
    : { functionCodes: holds.modbusFunction ? permit.modbus.functionCodes : [], unitIds: holds.modbusUnit ? permit.modbus.unitIds : [], ranges: holds.modbusRange ? permit.modbus.ranges : [] };

/** Whether requests of a protocol are looked into. */
export const isInspected = (protocol: string, holds: Holds): boolean => {
  if (protocol === 'modbus') return holds.modbusFunction || (holds.modbus ?? null) !== null;
  return protocol === 'opcua' ? holds.opcuaService || holds.opcuaPolicy : holds.namedOperations;
};

/** Who looks at policies and not at services stops, of a channel without security, all but discovery: that needs no mode None (asks.ts). */
const heldModes = (opcua: OpcUaOperations, holds: Holds): readonly string[] => {
  if (holds.opcuaMode === true) return opcua.securityModes;
  const modes = [...opcua.securityModes, ...modesPassing(opcua, holds.opcuaPolicy)];
  if (!holds.opcuaPolicy || holds.opcuaService || !isDiscovery(opcua.services)) return modes;
  return modes.length === 0 ? ['Sign', 'SignAndEncrypt'] : modes.filter((mode) => mode !== 'None');
};

export const heldPermits = (declared: DeclaredPermit, holds: Holds): DeclaredPermit[] => {
  const { permit } = declared;
  const protocol = protocolKey(permit.service.protocol);
  const { conditions, opcua } = permit;
  const seesAccess = protocol === 'modbus' ? holds.modbusFunction : protocol === 'opcua' ? holds.opcuaService : holds.namedOperations;
  const held: Permit = {
    ...permit,
    from: { ...permit.from, addresses: [...permit.from.addresses, ...(holds.beside?.from ?? [])] },
    to: { ...permit.to, addresses: [...permit.to.addresses, ...(holds.beside?.to ?? [])] },
    service: {
      ...permit.service,
      ...(isInspected(protocol, holds) ? {} : { protocol: 'anything' }),
      ...(permit.service.transport === 'sctp' && holds.sctpPorts === false ? { ports: [] } : {}),
    },
    access: seesAccess ? permit.access : [],
    modbus: byFlags(permit, holds),
    opcua: opcua === null ? null : {
      services: holds.opcuaService ? opcua.services : [],
      securityModes: heldModes(opcua, holds),
      securityPolicies: holds.opcuaPolicy ? opcua.securityPolicies : [],
    },
    named: holds.namedOperations ? permit.named : null,
    conditions: {
      ...conditions,
      ...(holds.schedule ? {} : { days: [], start: null, end: null }),
      ...(holds.expiry ? {} : { expires: null }),
    },
  };
  if (holds.modbus === undefined || protocol !== 'modbus') return [{ ...declared, permit: held }];
  const forms: Modbus[] = holds.modbus === null ? [null] : effectAsModbus(holds.modbus);
  return forms.map((modbus) => ({ ...declared, permit: { ...held, access: [], modbus } }));
};
