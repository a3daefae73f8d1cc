/** `baseline verify` as a user runs it, on the sample plant: exit codes, forms, before and after a time. */
import { beforeAll, expect, test } from 'vitest';
import { join } from 'node:path';
import { VERIFY_SHAPE } from '../../src/render/json-shapes.ts';
import { testFolder } from '../folder.ts';
import { PROJECT } from '../places.ts';
import { runLine } from './command-line.ts';

const SPEC = join(PROJECT, 'samples/plant.yaml');
const folder = testFolder();
let db: string;

beforeAll(async () => {
  db = join(folder, 'plant.db');
  const { code } = await runLine(['import', join(PROJECT, 'samples/plant'), '--db', db, '--quiet']);
  expect(code).toBe(0);
});

const json = async (...args: readonly string[]) => {
  const { code, out } = await runLine(['verify', SPEC, '--db', db, '--json', ...args]);
  expect(VERIFY_SHAPE.parse(JSON.parse(out))).toBeDefined();
  return { code, document: JSON.parse(out) as { checks: { verdict: string; kind: string; title: string }[]; sums: Record<string, { fail: number }>; basis: string; notes: string[]; words: { exceptions: string[] } } };
};

test('the planted deviations of the sample are what fails, and nothing else: exit 1', async () => {
  const { code, document } = await json();
  expect(code).toBe(1);
  expect(document.checks.filter(({ verdict }) => verdict === 'fail').map(({ kind, title }) => `${kind} ${title.split(',')[0]}`)).toEqual([
    'prohibited undeclared -> Z-INTAKE: 10.20.6.66 -> PLC-A1 (10.20.4.17)',
    'prohibited Z-DMZ -> Z-OPERATIONS: DMZ-HIST (10.20.9.20) -> HIST-1 (10.20.2.20)',
    'prohibited Z-INTAKE -> Z-FILTER: HMI-A (10.20.7.31) -> PLC-B1 (10.20.4.63)',
    'prohibited Z-OFFICE -> Z-DISINFECT: PC-0143 (10.20.40.53) -> PLC-C1 (10.20.4.118)',
    'function-filter HIST-PLC-B: HIST-1 (10.20.2.20) -> PLC-B1 (10.20.4.63)',
    'function-filter HIST-PLC-B: HIST-1 (10.20.2.20) -> PLC-B1 (10.20.4.63)',
    'function-filter SUP-OPCUA: SCADA-1 (10.20.2.10) -> OPCUA-1 (10.20.2.25) with mode None and policy None',
    'function-filter SAFETY-STATUS: SCADA-1 (10.20.2.10) -> SIS-C (10.20.5.9)',
  ]);
});

test('after a time: only what was seen since, and what the store keeps without a time is said', async () => {
  const { code, document } = await json('--since', '2026-03-12T00:30:00Z');
  expect(document.basis).toContain('from 2026-03-12T01:00Z on, compared with what was before');
  expect(document.notes.join(' ')).toContain('kept without a time');
  // The deviations of the last days alone.
  expect(document.words.exceptions.map((one) => one.split(',')[0])).toEqual(['undeclared -> Z-INTAKE: 10.20.6.66 -> PLC-A1 (10.20.4.17)']);
  expect(document.checks.filter(({ verdict, kind }) => verdict === 'fail' && kind === 'permitted')).toEqual([]);
  expect(code).toBe(1);
});

test('table: results in the words of the report, failures explained, passes on demand', async () => {
  const { out } = await runLine(['verify', SPEC, '--db', db]);
  expect(out).toMatch(/VALIDATION RESULTS:\n {2}Basis: passive, 89 captured hours/);
  expect(out).toContain('  Cross-zone tests: 51 pass / 0 fail (2 not observable)\n');
  expect(out).toContain('--all lists them');
  expect(out).toMatch(/ {2}Evidence: .*\n {2}Do: /);
  const { out: report } = await runLine(['report', SPEC, '--db', db]);
  const section = (text: string): string => /Cross-zone tests[\s\S]*?Protocol enforcement: .*/.exec(text)?.[0] ?? '';
  expect(section(report)).toBe(section(out));
  expect((await runLine(['verify', SPEC, '--db', db, '--all'])).out.length).toBeGreaterThan(out.length);
});

test('Markdown names conduit, Observations and what to do on every line', async () => {
  const { out } = await runLine(['verify', SPEC, '--db', db, '--format', 'md']);
  expect(out).toContain('# Validation results');
  expect(out).toMatch(/\| fail \| function-filter \| C-SUPERVISION-SAFETY \|/);
});

test('--strict: 3 when something could not be judged and nothing fails; wrong use: 2', async () => {
  const other = join(folder, 'other.db');
  await runLine(['import', join(PROJECT, 'samples/traps/keepalive.pcap'), '--db', other, '--quiet']);
  expect((await runLine(['verify', SPEC, '--db', other])).code).toBe(0);
  expect((await runLine(['verify', SPEC, '--db', other, '--strict'])).code).toBe(3);
  expect(await runLine(['verify', SPEC, '--db', db, '--since', 'soon'])).toMatchObject({ code: 2, err: expect.stringContaining('--since soon is no instant') });
  expect((await runLine(['verify', SPEC, '--db', db, '--since', '2026-03-12', '--before', db])).code).toBe(2);
  for (const mode of [['--db', db], ['--plan']]) expect(await runLine(['verify', SPEC, ...mode, '--from', 'Z-OPERATIONS'])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--from goes with --active') });
  expect((await runLine(['verify', join(folder, 'none.yaml'), '--db', db])).code).toBe(2);
  expect((await runLine(['verify', SPEC, '--db', join(folder, 'none.db')])).code).toBe(4);
});

test('the sample of a cut-over: every row of its table, from two stores, and from one by its time', async () => {
  const stores = ['before', 'after', 'both'].map((name) => join(folder, `${name}.db`));
  const [before, after, both] = stores;
  const spec = join(PROJECT, 'samples/cutover.yaml');
  const file = (name: string): string => join(PROJECT, `samples/cutover/${name}.pcapng.gz`);
  await runLine(['import', file('before'), '--db', before, '--quiet']);
  await runLine(['import', file('after'), '--db', after, '--quiet']);
  await runLine(['import', file('before'), file('after'), '--db', both, '--quiet']);
  for (const args of [['--db', after, '--before', before], ['--db', both, '--since', '2026-05-06T00:00Z']]) {
    const { code, out } = await runLine(['verify', spec, ...args, '--json']);
    const { checks, filters, paths } = VERIFY_SHAPE.parse(JSON.parse(out));
    expect(code).toBe(1);
    expect(checks.filter(({ verdict }) => verdict === 'fail').map(({ kind, client, server }) => [kind, client, server])).toEqual([['permitted', '10.30.0.20', '10.20.0.12'], ['prohibited', '10.50.0.7', '10.30.0.20']]);
    expect(checks.filter(({ verdict }) => verdict === 'not-observable')).toEqual([]);
    expect(paths).toEqual({ total: 12, blocked: 11, notObservable: 0, open: 1 });
    expect(filters).toEqual({ limiting: 1, seenAtWork: 1, absent: 0 });
    expect(checks.find(({ fromZone, toZone, kind }) => kind === 'prohibited' && fromZone === 'Z-OFFICE' && toZone === 'Z-CELL')?.reason).toContain('1 attempt, none got through');
    expect(checks.find(({ kind, operation }) => kind === 'diode' && operation === 'forward')).toMatchObject({ verdict: 'pass', diode: { packets: 288, delaySeconds: expect.closeTo(0.12, 2), reversePackets: 0 } });
  }
});
