/** What a person is shown of thousands of findings or tests: the first of them, and how many there are. */
import { expect, it } from 'vitest';
import { contextOf } from '../../src/policy/diff/context.ts';
import { diffReport } from '../../src/policy/diff/diff.ts';
import { verifySpec } from '../../src/policy/verify/verify.ts';
import { findingsJson, findingsMarkdown, findingsTable } from '../../src/render/findings.ts';
import { verificationJson, verificationTable } from '../../src/render/verification.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { daysFrom, modbus, MONDAY, observations } from '../policy/observed.ts';

const MANY = 620;
const SPEC = `zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [${Array.from({ length: MANY }, (_, i) => `{asset_id: PLC-${i}, role: plc, ip: [10.2.${i >> 8}.${i & 255}]}`).join(', ')}]}
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: HIST, role: historian, ip: [10.3.0.1]}]}
conduits: []
`;
const compared = contextOf(loadText(SPEC), observations(Array.from({ length: MANY }, (_, i) => modbus('10.3.0.1', `10.2.${i >> 8}.${i & 255}`, [{ code: 3, days: daysFrom(MONDAY, 14) }]))));
const style = { width: null, colour: false };
const lines = (chunks: Iterable<string>): string[] => [...chunks].join('').split('\n');

it('findings: the worst are listed, Markdown and JSON have all', () => {
  const report = diffReport(compared);
  expect(report.findings.length).toBeGreaterThanOrEqual(MANY);
  const text = lines(findingsTable(report, [], 'spec.yaml', style));
  expect(text.filter((line) => /^.{0,4}(critical|high|medium|low|info)\b/.test(line))).toHaveLength(500);
  expect(text).toContain(`the first 500 of ${report.findings.length} findings, the worst; --json lists all`);
  const ids = report.findings.map(({ id }) => id);
  expect(JSON.parse([...findingsJson(report, [])].join(''))).toMatchObject({ findings: ids.map((id) => ({ id })) });
  const markdown = [...findingsMarkdown(report, [])].join('');
  expect(ids.filter((id) => !markdown.includes(id))).toEqual([]);
});

it('tests: the first that did not pass are listed, --all and JSON have all', () => {
  const verification = verifySpec({ compared, traffic: new Map(), before: null, attempts: [], probes: [], sensor: () => 'test' });
  const failed = verification.checks.filter(({ verdict }) => verdict === 'fail').length;
  expect(failed).toBeGreaterThanOrEqual(MANY);
  const view = { verification, basis: 'test', notes: [] };
  const isRow = (line: string): boolean => /^.{0,4}(fail|not observable)\b/.test(line);
  const text = lines(verificationTable(view, false, style));
  const open = verification.checks.filter(({ verdict }) => verdict !== 'pass').length;
  expect(text.filter(isRow)).toHaveLength(500);
  expect(text).toContain(`the first 500 of ${open} tests that did not pass; --all lists all`);
  expect(text.filter((line) => line.startsWith('    - '))).toHaveLength(201);
  expect(text).toContain(`    - and ${failed - 200} more; the JSON form has all of them`);
  const all = lines(verificationTable(view, true, style));
  expect(all.filter(isRow)).toHaveLength(open);
  expect(all.filter((line) => line.startsWith('    - '))).toHaveLength(failed);
  expect(JSON.parse([...verificationJson(view, {})].join('')).checks).toHaveLength(verification.checks.length);
});
