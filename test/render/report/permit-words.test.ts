/** Operations of a Permit in words: numbers of two tables are two things. */
import { expect, test } from 'vitest';
import { operationsOfPermit } from '../../../src/render/report/permit-words.ts';
import { loadText } from '../../policy/loaded-spec.ts';

const wordsOf = (ranges: string): string => operationsOfPermit(loadText(`
zones: [{zone_id: A, name: a, assets: []}, {zone_id: B, name: b, assets: []}]
conduits:
  - conduit_id: C
    connects: [A, B]
    protocols_allowed: [{protocol: Modbus/TCP, port: 502, client: {zone: A}, server: {zone: B}, access: write, modbus: {function_codes: [5, 6], ranges: [${ranges}]}}]
`).permits[0].permit);

test('a table is named where there are two', () => {
  expect(wordsOf('{table: holding-register, start: 1, end: 9, access: write}')).toBe('FC 5, 6; write 1-9');
  expect(wordsOf('{table: coil, start: 1, end: 932, access: write}, {table: holding-register, start: 45, end: 861, access: write}')).toBe('FC 5, 6; write coils 1-932; write holding registers 45-861');
});
