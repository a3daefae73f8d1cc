/** Modbus functions that are several operations: what is permitted of one sub-function is not permitted of the others. */
import { describe, expect, it } from 'vitest';
import { accessesOfFunctionCode } from '../../../src/decode/app/modbus-functions.ts';
import { exportPlan } from '../../../src/export/export-plan.ts';
import { functionsOf } from '../../../src/export/modbus/scope.ts';
import { planOf } from '../../../src/export/plan.ts';
import { exporterOf } from '../../../src/export/registry.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import type { Access, ObservationSet } from '../../../src/observation.ts';
import { acceptFindings } from '../../../src/policy/edit/accept.ts';
import { updateSpec } from '../../../src/policy/edit/update.ts';
import type { LoadedSpec } from '../../../src/policy/spec/load.ts';
import { writeSpec } from '../../../src/policy/spec/write.ts';
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

  it('is not let through because another code of the rule may do that', async () => {
    const beside = specWith(`diagnose, browse, ${access}`).replace('[8, 43]', access === 'control' ? '[8, 43]' : '[8, 16, 43, 90]');
    const found = diffSpec(loadText(beside), await captured()).flatMap(({ type, detail }) => (type === 'undeclared-operation' ? [detail] : []));
    expect(found).toEqual(access === 'control' ? [] : [`Nearest: this use of FC 43 is ${access}, and that is permitted of other codes only.`]);
  });

  it('is proposed as a rule of its own, with a question, and is accepted as one', async () => {
    const set = await captured();
    const talk = set.conversations[0];
    const more = { ...set, conversations: [{ ...talk, operations: [...talk.operations, ...modbus('', '', [{ code: 16 }, { code: 90 }]).operations] }] };
    const plan = { assets: [['PLC', 'CELL', 'plc', talk.server], ['SCADA', 'OPS', 'other', talk.client]].map(([id, zone, role, address]) => ({ id, zone, role, subRole: null, level: null, addresses: [address], macs: [], behindRouter: false })), zones: [['CELL', 'cell'], ['OPS', 'operations']].map(([id, kind]) => ({ id, name: id, kind, level: null, slT: { value: 2, basis: '' } })), dropped: [] };
    const { permits } = proposeConduits(more, plan);
    expect(permits.flatMap(({ permit, question }) => (question?.kind === 'double-use' ? [[permit.access.join(), permit.modbus?.functionCodes.join(), permit.decision]] : []))).toEqual([[access, `${pdu[0]}`, 'pending']]);
    const none = specWith('browse').replace('[8, 43]', '[43]');
    const findings = diffSpec(loadText(none), more).filter(({ type }) => type === 'undeclared-operation');
    const { text } = acceptFindings(none, more, findings, { decision: 'approved', owner: 'A. Keller' });
    expect(diffSpec(loadText(text), more).filter(({ type }) => type === 'undeclared-operation')).toEqual([]);
  });

  it('is not let through by a Permit for the harmless ones', async () => {
    expect(await findingsOf('diagnose, browse')).toContain('undeclared-operation');
    expect(await findingsOf(`diagnose, browse, ${access}`)).not.toContain('undeclared-operation');
  });
});

it('a function that may restart a device changes it, by whatever else it is known', () => {
  const into = (access: string): string[] => checkSpec(loadText(specWith(access).replace('kind: control', 'kind: safety'))).flatMap(({ rule }) => (rule === 'ZCR-3.3-WRITE' ? [rule] : []));
  expect([into('diagnose, browse'), into('diagnose, control'), into('browse, write')]).toEqual([[], ['ZCR-3.3-WRITE'], ['ZCR-3.3-WRITE']]);
});

it('narrowing a rule leaves a function nothing that another one was there for', () => {
  const text = specWith('browse, write').replace('[8, 43]', '[16, 43]');
  const set = observations([modbus('10.0.0.1', '10.0.0.2', [{ code: 43 }])]);
  const findings = diffSpec(loadText(text), set).filter(({ type }) => type === 'wider-than-observed');
  const [{ permit }] = loadText(acceptFindings(text, set, findings, { decision: 'approved', owner: 'A. Keller' }).text).permits;
  expect([permit.modbus?.functionCodes, permit.access]).toEqual([[43], ['browse']]);
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

describe('access without a list of functions', () => {
  const alone = (access: string): LoadedSpec => loadText(specWith(access).replace('function_codes: [8, 43], ', ''));
  const asked = (code: number, access: Access): ObservationSet => observations([modbus('10.0.0.1', '10.0.0.2', [{ code }])].map((talk) => ({ ...talk, operations: talk.operations.map((one) => ({ ...one, access })) })));
  const undeclared = (access: string, code: number, use: Access): string[] => diffSpec(alone(access), asked(code, use)).flatMap(({ type, detail }) => (type === 'undeclared-operation' ? [detail] : []));

  it('names the functions that do so by themselves: a firewall sees the code alone', () => {
    expect(functionsOf(alone('write').permits[0].permit)).toEqual([5, 6, 15, 16, 22, 23]);
    expect([undeclared('write', 16, 'write'), undeclared('diagnose, control', 8, 'control'), undeclared('program', 90, 'read')]).toEqual([[], [], []]);
    expect(undeclared('control', 8, 'control')).toEqual(['Nearest: this use of FC 8 is control, and that is permitted of other codes only.']);
    expect(undeclared('read', 90, 'read')).toEqual(['Nearest: this use of FC 90 is read, and that is permitted of other codes only.']);
    expect(undeclared('browse, write', 43, 'write')).toEqual(['Nearest: this use of FC 43 is write, and that is permitted of other codes only.']);
  });

  it('where no function does so by itself, a lint says that nothing is let through', () => {
    expect(['control', 'diagnose, control', 'write'].map((access) => checkSpec(alone(access)).flatMap(({ rule, message }) => (rule === 'code-without-access' ? [message] : [])))).toEqual([['R1: no Modbus function is control by itself, so no request is let through'], [], []]);
  });

  it('narrowing it leaves a function the access with which it is let through', () => {
    expect(diffSpec(alone('diagnose, write, control'), asked(8, 'control')).flatMap(({ type, permit, title, detail }) => (type === 'wider-than-observed' ? [permit, /access [a-z, ]+/.exec(`${title} ${detail}`)?.[0]] : []))).toEqual(['R1', 'access write']);
  });
});

describe('function 90, by which UMAS reads and programs', () => {
  const READ = [90, 1, 0x22, 1, 0, 0, 0, 1];
  const STOP = [90, 1, 0x41, 0xff, 0];
  const DOWNLOAD = [90, 1, 0x34, 0, 1];
  const asking = (...pdus: readonly number[][]): ReturnType<typeof imported> => {
    const talk = dialogue(502);
    for (const asked of pdus) talk.ask([0, 1, 0, 0, 0, asked.length + 1, 1, ...asked]);
    return imported(talk.frames);
  };
  const rule = (access: string, codes = '90'): string => specWith(access).replace('[8, 43]', `[${codes}]`);
  const undeclared = async (spec: string, ...pdus: readonly number[][]): Promise<number> => diffSpec(loadText(spec), await asking(...pdus)).filter(({ type }) => type === 'undeclared-operation').length;

  it('is read, control and program, by what stands behind it', async () => {
    const { operations } = (await asking(READ, STOP, DOWNLOAD)).conversations[0];
    expect(operations.map((one) => `${one.function} ${one.name} ${one.access}`).sort()).toEqual(['90 UMAS Download Block program', '90 UMAS Read Variables read', '90 UMAS Stop PLC control']);
  });

  it('who may read by it may neither stop nor program; who may program may do all', async () => {
    expect([await undeclared(rule('read'), READ), await undeclared(rule('read'), STOP), await undeclared(rule('read'), DOWNLOAD)]).toEqual([0, 1, 1]);
    expect(await undeclared(rule('program'), READ, STOP, DOWNLOAD)).toBe(0);
    expect(await undeclared(rule('read', '3, 90'), READ)).toBe(1);
  });

  it.each([[[READ], ['read pending double-use']], [[READ, STOP], ['control read pending double-use']], [[READ, STOP, DOWNLOAD], ['program']]] as const)('%j is proposed as what it is', async (pdus, expected) => {
    const set = await asking(...pdus.map((pdu) => [...pdu]));
    const talk = set.conversations[0];
    const plan = { assets: [['PLC', 'CELL', 'plc', talk.server], ['SCADA', 'OPS', 'other', talk.client]].map(([id, zone, role, address]) => ({ id, zone, role, subRole: null, level: null, addresses: [address], macs: [], behindRouter: false })), zones: [['CELL', 'cell'], ['OPS', 'operations']].map(([id, kind]) => ({ id, name: id, kind, level: null, slT: { value: 2, basis: '' } })), dropped: [] };
    const { permits } = proposeConduits(set, plan);
    expect(permits.map(({ permit, question }) => `${permit.access.join(' ')}${question?.kind === 'double-use' ? ` ${permit.decision} double-use` : ''}`)).toEqual(expected);
  });

  it('a firewall that judges the code lets programming pass with reading, and the loss report says so', () => {
    const verdictOf = (access: string): string => {
      const [row] = exportPlan(exporterOf('suricata'), planOf(loadText(rule(access)), []), { mode: 'enforce', allowWider: true }).losses;
      return `${row.verdict} ${row.extraOperations} ${row.reasons.some((reason) => reason.includes('FC 90 is judged by its code alone'))}`;
    };
    const [read, program] = [verdictOf('read'), verdictOf('program')];
    expect([read.startsWith('widened'), read.endsWith('true'), program.endsWith('true')]).toEqual([true, true, false]);
  });
});

describe('functions of one pair that do several things, by any two of their uses', () => {
  const USES = [8, 43, 90].flatMap((code) => accessesOfFunctionCode(code).map((access) => ({ code, access })));
  const plan = {
    assets: [['PLC', 'CELL', 'plc', '10.0.0.2'] as const, ['SCADA', 'OPS', 'other', '10.0.0.1'] as const].map(([id, zone, role, address]) => ({ id, zone, role, subRole: null, level: null, addresses: [address], macs: [], behindRouter: false })),
    zones: [['CELL', 'cell'] as const, ['OPS', 'operations'] as const].map(([id, kind]) => ({ id, name: id, kind, level: null, slT: { value: 2 as const, basis: '' } })),
    dropped: [],
  };
  const asking = (uses: readonly { readonly code: number; readonly unit: number; readonly access: Access }[]): ObservationSet =>
    observations([modbus('10.0.0.1', '10.0.0.2', uses.map(({ code, unit }) => ({ code, unit })))].map((talk) => ({ ...talk, operations: talk.operations.map((one, at) => ({ ...one, name: `${one.name} ${uses[at].access}`, access: uses[at].access })) })));
  const lets = (loaded: LoadedSpec, use: { readonly code: number; readonly unit: number; readonly access: Access }): boolean => !diffSpec(loaded, asking([use])).some(({ type }) => type.startsWith('undeclared'));
  const EVERY = USES.flatMap((use) => [1, 2].map((unit) => ({ ...use, unit })));
  /** Who may program by a code may do with it whatever it can. */
  const isOwed = (seen: readonly (typeof EVERY)[number][], { code, unit, access }: (typeof EVERY)[number]): boolean =>
    seen.some((one) => one.code === code && one.unit === unit && (one.access === access || (one.access === 'program' && code === 90)));
  const pairs = USES.flatMap((a, at) => USES.slice(at + 1).flatMap((b) => [1, 2].map((unit) => [{ ...a, unit: 1 }, { ...b, unit }] as const)));
  const textOf = (set: ObservationSet): string => writeSpec(proposeConduits(set, plan, { exact: true, maintenance: false, schedules: false }));

  it('a proposal lets through what was asked, and no other use', () => {
    for (const seen of pairs) {
      const loaded = loadText(textOf(asking(seen)));
      for (const use of EVERY) expect(lets(loaded, use), JSON.stringify([seen, use])).toBe(isOwed(seen, use));
    }
  });

  it('so does a rule for a finding, and a proposal that is made again says nothing new', () => {
    for (const seen of pairs) {
      const set = asking(seen);
      const none = specWith('read').replace('[8, 43]', '[3]');
      const { text } = acceptFindings(none, set, diffSpec(loadText(none), set).filter(({ type }) => type.startsWith('undeclared')), { decision: 'approved', owner: 'A. Keller' });
      for (const use of EVERY) expect(lets(loadText(text), use), JSON.stringify([seen, use])).toBe(isOwed(seen, use));
      const proposed = textOf(set);
      expect(updateSpec(proposeConduits(set, plan, { exact: true, maintenance: false, schedules: false }), proposed, set).text).toBe(proposed);
    }
  });
});
