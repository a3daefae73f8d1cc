/** Modbus functions that are several operations: what is permitted of one sub-function is not permitted of the others. */
import { describe, expect, it } from 'vitest';
import { functionsOf } from '../../../src/export/modbus/scope.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { permittedCodes } from '../../../src/policy/spec/permits.ts';
import { dialogue, imported } from '../../flow/imported.ts';
import { checkSpec } from '../../../src/policy/diff/check.ts';
import { loadText } from '../loaded-spec.ts';
import { modbus, observations } from '../observed.ts';

const specWith = (access: string): string => `spec_version: 1
timezone: UTC
zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC, role: plc, ip: [10.0.0.2]}]}
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: SCADA, role: other, ip: [10.0.0.1]}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
      - rule_id: R1
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: OPS, assets: [SCADA]}
        server: {zone: CELL, assets: [PLC]}
        access: [${access}]
        modbus: {function_codes: [8, 43], unit_ids: [1]}
`;

const ECHO = [8, 0, 0, 0x12, 0x34];
const IDENTIFY = [43, 14, 1, 0];

describe.each([
  ['Force Listen Only Mode', 'control', [8, 0, 4, 0, 0]],
  ['Restart Communications Option', 'control', [8, 0, 1, 0, 0]],
  ['Clear Counters and Diagnostic Register', 'control', [8, 0, 10, 0, 0]],
  ['CANopen General Reference', 'write', [43, 13, 0x41, 0, 0, 1, 0x60, 0x40, 0, 0, 0, 0, 1, 0xff]],
  ['Encapsulated Interface 99', 'program', [43, 99, 1]],
] as const)('%s', (name, access, pdu) => {
  const captured = (): ReturnType<typeof imported> => {
    const talk = dialogue(502);
    for (const asked of [ECHO, IDENTIFY, pdu]) talk.ask([0, 1, 0, 0, 0, asked.length + 1, 1, ...asked]);
    return imported(talk.frames);
  };
  const findingsOf = async (access: string): Promise<string[]> => diffSpec(loadText(specWith(access)), await captured()).map(({ type }) => type);

  it(`is ${access}, under its own name and its function's number`, async () => {
    const { operations } = (await captured()).conversations[0];
    expect(operations.map((one) => `${one.function} ${one.name} ${one.access} ${one.requests}`)).toEqual([
      '8 Diagnostics diagnose 1', '43 Encapsulated Interface Transport browse 1', `${pdu[0]} ${name} ${access} 1`,
    ]);
  });

  it('is not let through by a Permit for the harmless ones', async () => {
    expect(await findingsOf('diagnose, browse')).toContain('undeclared-operation');
    expect(await findingsOf(`diagnose, browse, ${access}`)).not.toContain('undeclared-operation');
  });
});

it('a function that is listed is exported for whatever it can do, and for nothing else', () => {
  const codesOf = (access: string): readonly (readonly number[])[] => {
    const { permit } = loadText(specWith(access)).permits[0];
    return [permittedCodes(permit), functionsOf(permit)];
  };
  expect(codesOf('control')).toEqual([[8], [8]]);
  expect(codesOf('browse')).toEqual([[43], [43]]);
  expect(codesOf('diagnose, write')).toEqual([[8, 43], [8, 43]]);
  expect(codesOf('read')).toEqual([[], []]);
});

it('a function that is listed beside an access that is not its own is no more let through than exported', () => {
  const talk = observations([modbus('10.0.0.1', '10.0.0.2', [{ code: 3 }, { code: 16 }])]);
  const found = (access: string): readonly unknown[] => {
    const loaded = loadText(specWith(access).replace('[8, 43]', '[3, 16]'));
    return [functionsOf(loaded.permits[0].permit), diffSpec(loaded, talk).flatMap(({ type, detail }) => (type === 'undeclared-operation' ? [detail] : [])), checkSpec(loaded).filter(({ rule }) => rule === 'code-without-access').length];
  };
  expect(found('read')).toEqual([[3], ['Nearest: FC 16 is write, and only read is permitted.'], 1]);
  expect(found('read, write')).toEqual([[3, 16], [], 0]);
});
