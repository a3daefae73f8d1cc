/** A Permit in words for people. In: a Permit. Out: who, which service, which operations, on which conditions. */
import { spanText } from '../../net/register-set.ts';
import { policyName } from '../../infer/opcua-security.ts';
import { firstOf } from '../../infer/plural.ts';
import { ACCESS_CLASSES, type Access } from '../../observation.ts';
import type { ModbusTable, Permit, PermitEnd } from '../../permit.ts';
import { accessOfFunctionCode } from '../../decode/app/modbus-functions.ts';
import { limitsOperations } from '../../policy/match/match.ts';

/** Harmless first, each once. */
export const sortAccesses = (accesses: Iterable<Access>): Access[] => {
  const held = new Set(accesses);
  return ACCESS_CLASSES.filter((access) => held.has(access));
};

const NAMED = 8;
const RANGES = 10;

const TABLE_WORDS: Readonly<Record<ModbusTable, string>> = { coil: 'coils', 'discrete-input': 'discrete inputs', 'input-register': 'input registers', 'holding-register': 'holding registers' };

export const endText = (end: PermitEnd): string => {
  const who = [...end.assets, ...end.addresses];
  return who.length === 0 ? 'the whole zone' : firstOf(who, NAMED);
};

export const serviceOfPermit = ({ service }: Permit): string => {
  const ports = service.ports.map(spanText).join(',');
  return `${service.protocol} (${service.transport}${ports === '' ? '' : `/${ports}`})`;
};

export function operationsOfPermit(permit: Permit): string {
  const parts: string[] = [];
  if (permit.modbus !== null) {
    const { functionCodes, unitIds, ranges } = permit.modbus;
    if (functionCodes.length > 0) parts.push(`FC ${functionCodes.join(', ')}`);
    if (unitIds.length > 0) parts.push(`unit ${firstOf(unitIds.map(String), NAMED)}`);
    for (const access of ['read', 'write'] as const) {
      const own = ranges.filter((range) => range.access === access);
      // The same numbers are other points in another table.
      const tables = [...new Set(own.map(({ table }) => table))];
      for (const table of tables) {
        const spans = own.filter((range) => range.table === table).map(spanText);
        parts.push(`${access} ${tables.length === 1 || table === undefined ? '' : `${TABLE_WORDS[table]} `}${firstOf([...new Set(spans)], RANGES)}`);
      }
    }
  }
  if (permit.opcua !== null) {
    const { services, securityModes, securityPolicies } = permit.opcua;
    if (services.length > 0) parts.push(firstOf(services, RANGES));
    if (securityModes.length > 0) parts.push(`mode ${securityModes.join(' or ')}`);
    if (securityPolicies.length > 0) parts.push(`policy ${securityPolicies.map(policyName).join(' or ')}`);
  }
  if (permit.named !== null) parts.push(firstOf(permit.named.names, RANGES));
  if (parts.length === 0 && permit.access.length > 0) parts.push(permit.access.join(', '));
  return parts.length === 0 ? 'any operation' : parts.join('; ');
}

/** Whether a firewall must look into the packets to hold it. */
export const needsInspection = (permit: Permit): boolean => limitsOperations(permit) || permit.opcua !== null;

export const accessesOfPermit = (permit: Permit): Access[] => {
  const codes = permit.modbus?.functionCodes ?? [];
  if (codes.length > 0) return sortAccesses(codes.map(accessOfFunctionCode));
  return sortAccesses(permit.access);
};

export function conditionsText({ conditions }: Permit): string {
  const parts: string[] = [];
  if (conditions.onDemand) parts.push('on demand');
  if (conditions.days.length > 0 || conditions.start !== null) {
    parts.push(`${conditions.days.join(', ') || 'every day'}${conditions.start === null ? '' : ` ${conditions.start}-${conditions.end ?? '24:00'}`}`);
  }
  if (conditions.expires !== null) parts.push(`until ${conditions.expires}`);
  return parts.join('; ');
}
