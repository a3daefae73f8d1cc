/** `spec check` says how grave what it found is; `spec move-asset` by what is no id tells whose an address is, and writes nothing. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { EXIT } from '../../src/errors.ts';
import { SPEC_CHECK_SHAPE } from '../../src/render/json-shapes.ts';
import { SAMPLES } from '../places.ts';
import { runLine } from './command-line.ts';
import { folderOfTest } from '../folder.ts';

const SPEC = join(SAMPLES, 'plant.yaml');

test.each([
  ['10.20.4.17', 'it is an address of PLC-A1: name that'],
  ['00:80:f4:0b:31:92', 'it is an address of PLC-A1: name that'],
  ['plc-a1', 'did you mean PLC-A1?'],
  ['192.0.2.1', 'declare it first'],
])('%s', async (asset, says) => {
  const folder = folderOfTest();
  const spec = join(folder, 'plant.yaml');
  copyFileSync(SPEC, spec);
  const { code, err } = await runLine(['spec', 'move-asset', spec, '--asset', asset, '--zone', 'Z-FILTER']);
  expect(code).toBe(EXIT.usage);
  expect(err).toContain(`there is no asset ${asset} in the spec\n  ${says}`);
  expect(readFileSync(spec, 'utf8')).toBe(readFileSync(SPEC, 'utf8'));
});

test('the exit code of a check goes by the severities that its first line counts', async () => {
  const spec = join(folderOfTest(), 'plant.yaml');
  copyFileSync(SPEC, spec);
  expect(await runLine(['spec', 'check', spec])).toMatchObject({ code: EXIT.ok, err: expect.stringMatching(/3 things in it should be looked at \(2 low, 1 info\)\n$/) });
  writeFileSync(spec, readFileSync(SPEC, 'utf8').replace(/function_codes: \[2\]/, 'function_codes: [2, 16]').replace(/(rule_id: SAFETY-STATUS[^]*?access: )read/, '$1read-write'));
  expect(await runLine(['spec', 'check', spec])).toMatchObject({ code: EXIT.findings, err: expect.stringMatching(/\(1 critical, 1 medium, 2 low, 1 info\)\n$/) });
});

test('of thousands of things the worst are listed, with how many there are of each; --all lists all', async () => {
  const spec = join(folderOfTest(), 'plant.yaml');
  const rules = Array.from({ length: 600 }, (_, i) => `      - {rule_id: R${i}, client: {zone: OPS}, server: {zone: CELL}, protocol: HTTP, port: ${8000 + i}, decision: pending}`);
  writeFileSync(spec, `zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC, ip: [10.2.0.1]}]}
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: HIST, ip: [10.3.0.1]}]}
  - {zone_id: EMPTY, name: Nobody, kind: operations}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    protocols_allowed:
${rules.join('\n')}
`);
  const isLint = (line: string): boolean => line.startsWith(`${spec}:`);
  const all = (await runLine(['spec', 'check', spec, '--all'])).out.split('\n').filter(isLint);
  const { out, err } = await runLine(['spec', 'check', spec]);
  const listed = out.split('\n').filter(isLint);
  const graver = all.filter((line) => !line.includes('[info]'));
  expect(all.length).toBeGreaterThan(1200);
  expect(listed).toHaveLength(500);
  expect(listed.every((line) => graver.includes(line))).toBe(true);
  expect(all.filter((line) => listed.includes(line))).toEqual(listed);
  expect(err).toContain('the first 500 of them, the worst; --all lists all: 600 ');
  expect(err).toMatch(/\b600 pending\b.*\b1 empty-zone\b/);
});

test('the check for programs: all of it, as the published schema says, with the same exit codes', async () => {
  const spec = join(folderOfTest(), 'plant.yaml');
  const checked = async (text: string): Promise<{ code: number; record: z.infer<typeof SPEC_CHECK_SHAPE> }> => {
    writeFileSync(spec, text);
    const { code, out } = await runLine(['spec', 'check', spec, '--json']);
    return { code, record: SPEC_CHECK_SHAPE.parse(JSON.parse(out)) };
  };
  const text = readFileSync(SPEC, 'utf8');
  expect(await checked(text)).toMatchObject({ code: EXIT.ok, record: { file: spec, loads: true, zones: 11, conduits: 12, permits: 38, problems: [], lints: [{ severity: 'info' }, { severity: 'low' }, { severity: 'low' }] } });
  const broken = await checked(text.replace('zone_id: Z-INTAKE', 'zone_id: Z-FILTER'));
  expect(broken).toMatchObject({ code: EXIT.usage, record: { loads: false, zones: 0, lints: [] } });
  expect(broken.record.problems.length).toBeGreaterThan(0);
});

test('an option of another action is refused, not passed over', async () => {
  expect(await runLine(['spec', 'check', SPEC, '--into', 'other.yaml'])).toMatchObject({ code: EXIT.usage, err: expect.stringContaining('--into does not go with spec check\n') });
});
