/**
 * One definition of what a Permit lets through of Modbus: what the matcher lets through, an export lets pass; and of a function that an
 * export lets pass, the matcher lets a use through. Random Permits with function codes, with access alone, with both; random requests.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { accessesOfFunctionCode, FUNCTIONS } from '../../src/decode/app/modbus-functions.ts';
import { modbusComplement, type Forbidden, type ModbusEngine } from '../../src/export/modbus/complement.ts';
import { passedModbus } from '../../src/export/modbus/passed.ts';
import { functionsOf, requiredModbus } from '../../src/export/modbus/scope.ts';
import { tableOf } from '../../src/net/register-set.ts';
import { ACCESS_CLASSES, type Access, type ObservationSet } from '../../src/observation.ts';
import { contextOf } from '../../src/policy/diff/context.ts';
import { modbusJudge, type ModbusEffect } from '../../src/policy/match/modbus-effect.ts';
import { proveProposal } from '../../src/policy/proof.ts';
import type { LoadedSpec } from '../../src/policy/spec/load.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { modbus, observations } from '../policy/observed.ts';

const CODES = [3, 4, 5, 6, 7, 8, 9, 16, 20, 21, 23, 43, 66, 90, 127];
/** All codes and addresses, and those that an intrusion prevention system typically has names for. */
const ENGINES: readonly ModbusEngine[] = [
  { known: Array.from({ length: 127 }, (_, index) => index + 1), inspectable: CODES },
  { known: [...FUNCTIONS.keys()].filter((code) => code < 65), inspectable: [1, 2, 3, 4, 5, 6, 15, 16, 22] },
];

const permit = fc.record({
  access: fc.oneof(fc.constantFrom('any', 'read', 'write', 'read-write'), fc.subarray([...ACCESS_CLASSES], { minLength: 1 })),
  function_codes: fc.option(fc.subarray(CODES, { minLength: 1 }), { nil: undefined, freq: 2 }),
  unit_ids: fc.option(fc.constantFrom([1], [1, 2]), { nil: undefined, freq: 1 }),
  ranges: fc.option(fc.constantFrom([{ table: 'holding-register', start: 0, end: 9 }], [{ table: 'holding-register', start: 0, end: 9, access: 'write' }]), { nil: undefined, freq: 1 }),
});
const request = fc.constantFrom(0, ...CODES).chain((code) => fc.record({
  code: fc.constant(code), use: fc.constantFrom(...accessesOfFunctionCode(code)), unit: fc.constantFrom(1, 2, 9), first: fc.constantFrom(0, 9, 10),
}));
type Asked = typeof request extends fc.Arbitrary<infer T> ? T : never;

const specOf = ({ access, ...limits }: typeof permit extends fc.Arbitrary<infer T> ? T : never): LoadedSpec => loadText(JSON.stringify({
  spec_version: 1,
  zones: [{ zone_id: 'CELL', name: 'c', kind: 'control', assets: [{ asset_id: 'PLC', ip: ['10.1.0.1'] }] }, { zone_id: 'OPS', name: 'o', kind: 'operations', assets: [{ asset_id: 'HMI', ip: ['10.3.0.1'] }] }],
  conduits: [{ conduit_id: 'C', connects: ['CELL', 'OPS'], protocols_allowed: [{ rule_id: 'R', protocol: 'Modbus/TCP', transport: 'tcp', port: 502, client: { zone: 'OPS', assets: ['HMI'] }, server: { zone: 'CELL', assets: ['PLC'] }, access, modbus: limits }] }],
}));

const addressesOf = ({ code, first }: Asked): { access: 'read' | 'write'; first: number; last: number }[] =>
  (['read', 'write'] as const).flatMap((access) => (tableOf(code, access) === null ? [] : [{ access, first, last: first }]));

const seen = (asked: Asked): ObservationSet => observations([modbus('10.3.0.1', '10.1.0.1', [asked])].map((talk) => ({
  ...talk,
  operations: talk.operations.map((one) => ({ ...one, access: asked.use, ranges: addressesOf(asked).map((range) => ({ ...range, requests: 1 })) })),
})));
const lets = (loaded: LoadedSpec, asked: Asked): boolean => {
  const set = seen(asked);
  return contextOf(loaded, set).matcher.judge(set.conversations[0]).asks.every(({ permit: by }) => by !== null);
};
const passes = (effect: ModbusEffect | null, asked: Asked): boolean => effect === null || modbusJudge(effect)(asked.code, asked.unit, addressesOf(asked));
const isForbidden = (one: Forbidden, { known, inspectable }: ModbusEngine, { code, unit, first }: Asked): boolean => {
  const isOf = (units: { first: number; last: number } | null): boolean => units === null || (units.first <= unit && unit <= units.last);
  switch (one.kind) {
    case 'function': return one.functionCode === code;
    case 'unknown-function': return !known.includes(code);
    case 'unit': return isOf(one.units) && (one.functionCode === null || (one.functionCode === 'unnamed' ? !known.includes(code) : one.functionCode === code));
    case 'address': return inspectable.includes(code) && tableOf(code, one.access) === one.table && (one.functionCode ?? code) === code && isOf(one.units) && one.addresses.first <= first && first <= one.addresses.last;
    case 'crossing': return false;
  }
};

it('what a Permit lets through passes every export of it, and no function passes of which it lets no use through', () => {
  fc.assert(fc.property(permit, request, (fields, asked) => {
    const loaded = specOf(fields);
    const own = loaded.permits[0].permit;
    const isLet = lets(loaded, asked);
    const required = requiredModbus(own);
    if (asked.code !== 0) {
      if (isLet) expect(functionsOf(own)).toContain(asked.code);
      expect(passes(required, asked)).toBe(accessesOfFunctionCode(asked.code).some((use: Access) => lets(loaded, { ...asked, use })));
      for (const engine of ENGINES) {
        const effect = passedModbus(own, engine);
        const passing = !modbusComplement([own], engine).some((one) => isForbidden(one, engine, asked));
        if (passes(required, asked)) expect([passing, passes(effect, asked)]).toEqual([true, true]);
        expect(passing).toBe(passes(effect, asked));
      }
    } else if (own.access.length > 0 && fields.function_codes === undefined) expect(isLet).toBe(false);
    // The proof has its own words for it, and counts codes that are listed for less.
    const isProven = !proveProposal(loaded, seen(asked)).faults.some(({ claim }) => claim === 'observed-permitted');
    if (isLet) expect(isProven).toBe(true);
    if (fields.function_codes === undefined && asked.code !== 0) expect(isProven).toBe(isLet);
  }), { numRuns: 200 });
});
