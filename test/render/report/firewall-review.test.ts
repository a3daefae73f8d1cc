/** What firewalls logged, in every form of the report: figures by day and rule that add up, losses by name, nothing from a log unescaped. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDesk } from '../../../src/commands/serve-desk.ts';
import { LOGGED_STANDINGS } from '../../../src/policy/diff/logged-tally.ts';
import type { FirewallReview, ReportModel } from '../../../src/render/report/model.ts';
import { runLine } from '../../commands/command-line.ts';
import { UNSAFE_OUTPUT } from '../hostile-words.ts';
import { SAMPLES } from '../../places.ts';
import { importSample, makeFolder, SAMPLE_SPEC, writeReport } from './report-stage.ts';

const LOGS = join(SAMPLES, 'firewall');
let folder = '';
let db = '';
let model: ReportModel;
let review: FirewallReview;

beforeAll(async () => {
  folder = makeFolder();
  db = join(folder, 'plant.db');
  await importSample(db);
  expect((await runLine(['import', LOGS, '--db', db, '--log-zone', 'Europe/Berlin', '--log-year', '2026'])).code).toBe(0);
  model = JSON.parse(writeReport(db, join(folder, 'report.json'), SAMPLE_SPEC)) as ReportModel;
  if (model.firewall === null) throw new Error('no firewall');
  review = model.firewall;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('disagreements are findings of the report, decisions are among the open ones', () => {
  const byType = (type: string): string[] => model.findings.filter((one) => one.type === type).map(({ id }) => id).toSorted();
  const rows = (standing: string): string[] => review.rows.filter((one) => one.standing === standing).map(({ finding }) => finding).toSorted();
  expect([...rows('blocked-but-permitted'), ...rows('mid-session')].toSorted()).toEqual(byType('blocked-but-permitted'));
  expect(rows('passed-but-not-permitted')).toEqual(byType('passed-but-not-permitted'));
  expect(rows('to-be-decided')).toEqual(expect.arrayContaining(byType('would-be-blocked')));
  expect(byType('would-be-blocked').length).toBeGreaterThan(2);
  for (const { finding, findingIndex } of review.rows) expect(model.findings[findingIndex ?? -1].id).toBe(finding);
  expect(model.decisions.filter(({ kind }) => kind === 'firewall log')).toHaveLength(rows('to-be-decided').length);
});

test('sums by day, by rule and by verdict are those of the logs', () => {
  const { records } = model.status.firewallLogs;
  const total = records.passed + records['would-block'] + records.blocked;
  const sumOf = (list: FirewallReview['days'] | FirewallReview['rules']): number => list.reduce((sum, { standings }) => sum + LOGGED_STANDINGS.reduce((own, standing) => own + standings[standing], 0), 0);
  expect(total).toBeGreaterThan(200);
  expect(sumOf(review.days)).toBe(total);
  expect(sumOf(review.rules)).toBe(total);
  expect(review.rules.reduce((sum, { verdicts }) => sum + verdicts.passed, 0)).toBe(records.passed);
  expect(review.rules.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(model.status.firewallLogs.attempts);
  expect(review.days.map(({ date }) => date)).toEqual(Array.from({ length: 14 }, (_, i) => `2026-03-${String(i + 2).padStart(2, '0')}`));
  expect(review.rows.filter(({ standing }) => standing === 'to-be-decided').reduce((sum, { count }) => sum + count, 0)).toBe(review.days.reduce((sum, { standings }) => sum + standings['to-be-decided'], 0));
});

test('what packets and a log both show is one exception of the validation', () => {
  const paths = model.validation.words.exceptions.map((sentence) => sentence.split(' gets through')[0].replace(/\w+ \((\w+\/\d+)\)$/, '$1'));
  expect(paths).toHaveLength(8);
  expect(new Set(paths).size).toBe(8);
  expect(model.validation.words.exceptions[0]).toMatch(/answered; nothing permits it; the firewall would block it/);
});

test.each(['txt', 'md', 'html'])('%s: rows, rules and what is not certain', (ending) => {
  const text = writeReport(db, join(folder, `report.${ending}`), SAMPLE_SPEC).replaceAll('\\', '');
  expect(text).toMatch(/what firewalls logged/i);
  expect(text).toContain('PLC-C1 (10.20.4.118)');
  expect(text).toContain('HIST-PLC-B');
  for (const { finding } of review.rows) expect(text).toContain(finding);
});

test('the live view decides what only a log shows', () => {
  const seenByLog = review.rows.find(({ standing, packets }) => standing === 'to-be-decided' && packets === null);
  const desk = openDesk({ storePath: db, specFile: SAMPLE_SPEC, tool: 'baseline', commandLine: 'baseline serve' });
  const change = desk.edit(readFileSync(SAMPLE_SPEC, 'utf8'), { kind: 'decide-finding', finding: seenByLog?.finding, decision: 'approved', owner: 'A. Keller', reason: 'label printer' });
  expect(change).toMatchObject({ text: expect.stringContaining('label printer'), sentence: expect.stringContaining('would be blocked') });
});

test('without a log there is no such part', async () => {
  const plain = join(folder, 'plain.db');
  await importSample(plain, []);
  expect(writeReport(plain, join(folder, 'plain.txt'), SAMPLE_SPEC)).not.toContain('WHAT FIREWALLS LOGGED');
  expect(writeReport(plain, join(folder, 'plain.html'), SAMPLE_SPEC)).not.toContain('id="firewall"');
});

test('what cannot be read is named, and words of a log are words', async () => {
  const word = `<img/src=x/onerror=alert(1)>'"&\u001b[31m\u202e`;
  writeFileSync(join(folder, 'hostile.log'), [
    `2026-03-04T10:00:00+01:00 fw1 kernel: BL:${word}:W: IN=a OUT=b SRC=10.20.2.20 DST=10.20.4.17 PROTO=TCP SPT=40000 DPT=4711 SYN`,
    '2026-03-04T10:00:01+01:00 fw1 kernel: BL:R:W: IN=a OUT=b SRC=10.20.2 DST=10.20.4.17 PROTO=TCP SPT=40000 DPT=4711 SYN',
    '2026-03-04T10:00:02+01:00 fw1 kernel: BL:R:W: IN=a OUT=b SRC=10.20.2.20 DST=10.20.4.17 PROTO=TCP SPT=40000 DPT=4711 SYN', '',
  ].join('\n'));
  const hostile = join(folder, 'hostile.db');
  expect((await runLine(['import', join(folder, 'hostile.log'), '--db', hostile])).code).toBe(0);
  for (const ending of ['txt', 'md', 'html'] as const) {
    const text = writeReport(hostile, join(folder, `hostile.${ending}`), SAMPLE_SPEC);
    expect(text).toMatch(/could not be read/);
    expect(text).not.toMatch(UNSAFE_OUTPUT);
    if (ending !== 'txt') expect(text).not.toContain('<img');
  }
});
