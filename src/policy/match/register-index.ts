/**
 * Which of many Modbus Permits may hold all of another one: one pair and port may have thousands, a code, a unit and a range each.
 *
 * In: what Permits say of Modbus, with what they are of. Out: for one of them, lists of what those are of that may hold it, by one of its
 * codes and the first register that it asks by that. Left out on purpose: whether units and the rest fit.
 */
import { addTo } from '../../net/multi-map.ts';
import { ADDRESSED_CODES, bindingSpans, tableOf, type Span } from '../../net/register-set.ts';
import { indexRanges } from '../../net/span-index.ts';
import type { ModbusOperations } from '../../permit.ts';

const EVERY_REGISTER: Span = { first: 0, last: 65535 };

/** The access by which a code is looked up: what it writes, where it reads nothing. */
const accessOf = (code: number): 'read' | 'write' => (tableOf(code, 'read') === null && tableOf(code, 'write') !== null ? 'write' : 'read');

export const indexRegisters = <T>(entries: readonly { readonly modbus: ModbusOperations | null; readonly value: T }[]): ((inner: ModbusOperations | null) => readonly (readonly T[])[]) => {
  /** Without a list of codes: those of them that have no register are let through by it as well. */
  const anyCode: T[] = [];
  /** By code: with every register, and with ranges. */
  const open = new Map<number, T[]>();
  const bound = new Map<number, { readonly span: Span; readonly value: T }[]>();
  for (const { modbus, value } of entries) {
    if (modbus === null || modbus.functionCodes.length === 0) anyCode.push(value);
    for (const code of modbus?.functionCodes ?? []) {
      const spans = bindingSpans(modbus?.ranges ?? [], code, accessOf(code));
      if (spans === null) addTo(open, code, value);
      else for (const span of spans) addTo(bound, code, { span, value });
    }
  }
  const trees = new Map([...bound].map(([code, spans]) => [code, indexRanges(spans)]));
  return (inner) => {
    if (inner === null || inner.functionCodes.length === 0) return [anyCode];
    // A code with registers tells more of them apart.
    const code = inner.functionCodes.find((one) => ADDRESSED_CODES.includes(one)) ?? inner.functionCodes[0];
    const [first] = bindingSpans(inner.ranges, code, accessOf(code)) ?? [EVERY_REGISTER];
    const found: T[] = [];
    trees.get(code)?.(first, found);
    return [anyCode, open.get(code) ?? [], found];
  };
};
