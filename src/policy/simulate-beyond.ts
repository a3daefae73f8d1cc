/**
 * What a target's rule for a Permit lets through beyond it. In: the Permit, and what of it the rule holds. Out: in words, how many kinds of operation, and
 * how much that weighs: 1 a read, 5 a write, 10 programming, each times the pairs of the Permit.
 */
import { tableOf } from '../net/register-set.ts';
import type { Permit } from '../permit.ts';
import { modesPassing } from './match/asks.ts';
import type { FirewallSemantics, Holds } from './match/firewall-semantics.ts';
import { limitsOperations } from './match/match.ts';
import { permitsCode, protocolKey, type DeclaredPermit } from './spec/permits.ts';
import { hasWindow } from './spec/schedule.ts';

export interface LetThrough {
  readonly permit: string;
  readonly conduit: string;
  /** Kinds of operation beyond the Permit, over all its pairs. */
  readonly operations: number;
  readonly weight: number;
  readonly sentence: string;
}

interface Beyond {
  readonly what: string;
  readonly operations: number;
  readonly weight: number;
}

const one = (isSo: boolean, what: string, weight = 1): Beyond[] => (isSo ? [{ what, operations: 1, weight }] : []);

/** Public Modbus codes (V1.1b3 clause 5.1) and the vendor code that programs Schneider controllers. */
const MODBUS_CODES = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43, 90];

const codeWeight = (code: number): number => (code === 90 || code === 21 ? 10 : tableOf(code, 'write') !== null ? 5 : 1);

const beyondModbus = (permit: Permit, holds: Holds, decidesOnce: boolean): Beyond[] => {
  const other = MODBUS_CODES.filter((code) => !permitsCode(permit, code));
  const passing = holds.modbus ?? null;
  const extra = holds.modbusFunction && !decidesOnce ? [] : passing === null ? other : other.filter((code) => passing.functions.includes(code));
  const what = holds.modbusFunction
    ? 'any function after a permitted first one'
    : `${extra.length === other.length ? 'all ' : ''}${extra.length} other function codes, ${extra.filter((code) => codeWeight(code) >= 5).length} of which write or program`;
  const ranges = permit.modbus?.ranges ?? [];
  const writes = ranges.some((range) => range.access === 'write');
  return [
    ...(extra.length === 0 ? [] : [{ what, operations: extra.length, weight: extra.reduce((sum, code) => sum + codeWeight(code), 0) }]),
    ...one(!holds.modbusUnit && (permit.modbus?.unitIds.length ?? 0) > 0, 'every unit id'),
    ...one(!holds.modbusRange && ranges.length > 0, `every data address${writes ? ', for writing too' : ''}`, writes ? 5 : 1),
  ];
};

const beyondOpcUa = ({ opcua }: Permit, holds: Holds): Beyond[] => {
  if (opcua === null) return [];
  const modes = holds.opcuaMode === true ? [] : modesPassing(opcua, holds.opcuaPolicy);
  return [
    ...one(modes.length > 0, holds.opcuaPolicy ? `OPC UA security mode ${modes.join(' and ')}` : 'every OPC UA security mode'),
    ...one(!holds.opcuaPolicy && opcua.securityPolicies.length > 0, 'every OPC UA security policy'),
  ];
};

/** @param pairs of assets that the Permit names */
export const letThroughBy = ({ decidesOnce }: FirewallSemantics, holds: Holds, { permit, limits }: DeclaredPermit, pairs: number): LetThrough | null => {
  const protocol = protocolKey(permit.service.protocol);
  const { conditions } = permit;
  const isByAccess = permit.access.length > 0;
  const beside = [...(holds.beside?.from ?? []), ...(holds.beside?.to ?? [])];
  const isOfServices = protocol === 'opcua' && (isByAccess || (permit.opcua?.services.length ?? 0) > 0);
  const all: Beyond[] = [
    ...(protocol === 'modbus' && (permit.modbus !== null || isByAccess) ? beyondModbus(permit, holds, decidesOnce) : []),
    ...(isOfServices && !holds.opcuaService ? [{ what: 'every OPC UA service, Write and Call too', operations: 2, weight: 10 }] : []),
    ...beyondOpcUa(permit, holds),
    ...one(!holds.namedOperations && (permit.named !== null || (isByAccess && protocol !== 'modbus' && protocol !== 'opcua')), 'every operation of the protocol', 10),
    ...one(holds.passesOthers === true && limitsOperations(permit), `what is no ${permit.service.protocol} on its port`),
    ...one(permit.service.transport === 'sctp' && holds.sctpPorts === false, 'every port of SCTP'),
    ...one(beside.length > 0, `${beside.join(', ')} too`),
    ...one(!holds.schedule && hasWindow(conditions), 'at any time'),
    ...one(!holds.expiry && conditions.expires !== null, `after ${conditions.expires} too`),
    ...one(!holds.limits && limits !== null, 'more and faster than its limits say'),
  ];
  if (all.length === 0) return null;
  const sum = (amount: (beyond: Beyond) => number): number => pairs * all.reduce((total, beyond) => total + amount(beyond), 0);
  return { permit: permit.id, conduit: permit.conduit, operations: sum(({ operations }) => operations), weight: sum(({ weight }) => weight), sentence: `also lets through ${all.map(({ what }) => what).join('; ')}` };
};
