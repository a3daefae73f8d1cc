/** The report of the sample plant: the figures that samples/README.md plants, in every form, and the same bytes each time. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportStore } from '../../../src/commands/report.ts';
import { COMPLETENESS_MEANS } from '../../../src/infer/completeness-words.ts';
import type { ReportModel } from '../../../src/render/report/model.ts';
import { noFindingText } from '../../../src/render/report/text.ts';
import { runLine } from '../../commands/command-line.ts';
import { setStage, textOf } from '../../commands/main-stage.ts';
import { SAMPLES } from '../../places.ts';
import { embeddedData, importSample, makeFolder, SAMPLE_SPEC, writeReport } from './report-stage.ts';

let folder = '';
let db = '';
let model: ReportModel;
let proposed: ReportModel;
let text = '';
let html = '';

beforeAll(async () => {
  folder = makeFolder();
  db = join(folder, 'plant.db');
  await importSample(db);
  model = JSON.parse(writeReport(db, join(folder, 'report.json'), SAMPLE_SPEC)) as ReportModel;
  proposed = JSON.parse(writeReport(db, join(folder, 'proposed.json'))) as ReportModel;
  text = writeReport(db, join(folder, 'report.txt'), SAMPLE_SPEC);
  html = writeReport(db, join(folder, 'report.html'), SAMPLE_SPEC);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('figures', () => {
  test('one of anything is not called by its plural', async () => {
    const store = join(folder, 'small.db');
    await importSample(store, [join(SAMPLES, 'traps/keepalive.pcap')]);
    const totals = /<p class="totals">(.*?)<\/p>/.exec(writeReport(store, join(folder, 'small.html')))?.[1] ?? '';
    expect(totals).toMatch(/<b>1<\/b>/);
    expect(totals).not.toMatch(/<b>1<\/b> [\w ]+s</);
    expect(totals).toContain('<b>0</b> findings');
  });

  test('the planted deviations are the findings, with assets and places', () => {
    expect(model.findings.map(({ type }) => type).toSorted()).toEqual([
      'requirement-violation', 'undeclared-asset', 'undeclared-conversation', 'undeclared-operation', 'undeclared-operation', 'unused-permit', 'weaker-security-mode', 'wrong-direction',
    ]);
    const write = model.findings.find(({ permit }) => permit === 'SAFETY-STATUS');
    expect(write?.severity).toBe('critical');
    expect([write?.clientAsset, write?.serverAsset].map((asset) => model.assets[asset ?? -1]?.id)).toEqual(['SCADA-1', 'SIS-C']);
    expect(write?.place).toMatch(/plant\.yaml:\d+:\d+$/);
  });

  test('requirements are checked on the declared zones, whatever their ids; what the spec says already is told once', () => {
    expect(model.requirements.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual([
      'critical safety-write', 'high ZCR-3.2', 'medium safety-not-read-only', 'medium temporary-session', 'medium temporary-session', 'medium temporary-session', 'medium operations-write', 'medium cross-cell-write', 'medium opcua-insecure-conduit',
    ]);
  });

  test('zones hold the declared assets, and what is not declared has a zone of its own', () => {
    const zone = (id: string): ReportModel['zones'][number] | undefined => model.zones.find((one) => one.id === id);
    expect(model.zones).toHaveLength(12);
    expect(zone('Z-FILTER')?.assets.map((asset) => model.assets[asset].id)).toEqual(['PLC-B1', 'RIO-B1', 'GW-B', 'HMI-B']);
    expect(zone('Z-SAFETY')).toMatchObject({ slTarget: 3, slBasis: 'declared', safetyRelated: true });
    expect(zone('Z-INTERNET')).toMatchObject({ slTarget: null, slBasis: 'open' });
    expect(zone('not declared')?.assets.map((asset) => model.assets[asset].id)).toEqual(['10.20.6.66']);
    expect(model.assets.every(({ isSeen }) => isSeen)).toBe(true);
  });

  test('crossings tell the observed from the declared', () => {
    const crossing = (from: string, to: string): ReportModel['crossings'][number] | undefined => model.crossings.find((one) => model.zones[one.from].id === from && model.zones[one.to].id === to);
    expect(crossing('Z-SUPERVISION', 'Z-INTAKE')).toMatchObject({ conversations: 1, undeclared: 0, permits: 1, unused: 0, accesses: ['read'], conduit: 'C-SUPERVISION-CELLS' });
    expect(crossing('Z-INTAKE', 'Z-FILTER')).toMatchObject({ undeclared: 1, permits: 0 });
    expect(crossing('Z-DMZ', 'Z-OPERATIONS')).toMatchObject({ undeclared: 1, permits: 1, unused: 1 });
    expect(crossing('not declared', 'Z-INTAKE')).toMatchObject({ undeclared: 1, permits: 0 });
    expect(model.crossings.filter(({ from, to, undeclared }) => from !== to && undeclared > 0)).toHaveLength(7);
  });

  test('what the spec sets aside is not told as declared, on the map, in the matrix and in the panel', () => {
    const spec = join(folder, 'aside.yaml');
    writeFileSync(spec, `${readFileSync(SAMPLE_SPEC, 'utf8')}set_aside:\n  - {client: 10.20.7.31, servers: [10.20.4.63], transport: tcp, ports: ["502"], reason: a look, last_seen: "2026-03-31T00:00:00Z", decision: pending}\n`);
    const aside = JSON.parse(writeReport(db, join(folder, 'aside.json'), spec)) as ReportModel;
    const told = aside.crossings.find(({ from, to }) => aside.zones[from].id === 'Z-INTAKE' && aside.zones[to].id === 'Z-FILTER');
    expect(told).toMatchObject({ conversations: 1, undeclared: 0, setAside: 1, permits: 0 });
    expect(model.crossings.every(({ setAside }) => setAside === 0)).toBe(true);
    const drawn = writeReport(db, join(folder, 'aside.html'), spec);
    expect(drawn).toMatch(/<td class="set-aside"><button [^>]*aria-label="Z-INTAKE to Z-FILTER: 1 conversation, seen, some of it set aside, which no Permit lets through, 0 Permits"[^>]*>1<span class="sign" aria-hidden="true">\u2298</);
    expect(drawn).toContain(', 1 with something that is set aside, so that no Permit lets it through. Choose');
    expect(html).not.toMatch(/class="set-aside"|s-set-aside"/);
  });

  test('validation never calls pass what was not seen', () => {
    const { sums, paths, words, checks } = model.validation;
    expect(sums.permitted).toEqual({ pass: 51, fail: 0, notObservable: 2 });
    expect(paths.blocked + paths.notObservable + paths.open).toBe(paths.total);
    expect(words.exceptions).toHaveLength(4);
    expect(words.enforcement).toContain('NOT in force');
    expect(checks.filter(({ verdict, evidence, kind }) => verdict === 'pass' && kind === 'permitted' && evidence === null)).toEqual([]);
  });

  test('an observation names the captures that ran while it was seen, and no other', () => {
    const evidence = (conduit: string): string | undefined => model.validation.checks.find((check) => check.conduit === conduit && check.verdict === 'fail')?.evidence?.sensor;
    expect(evidence('C-INTERLOCK')).toBe('millbrook_00002_20260305.pcapng.gz');
    expect(evidence('C-SUPERVISION-SAFETY')).toBe('millbrook_00003_20260308.pcapng.gz');
    expect(evidence('C-SUPERVISION-OPERATIONS')).toMatch(/00001.*00002.*00003.* and 2 more captures$/);
  });

  test('the timeline accounts for every hour heard, and its curve ends where the estimate stands', () => {
    const { timeline, status } = model;
    expect(timeline.step).toBe(1);
    expect(timeline.columns).toBe(status.sensor.spannedHours);
    expect(timeline.sensor.filter(({ packets }) => packets > 0)).toHaveLength(status.sensor.activeHours);
    expect(timeline.sensor.reduce((sum, { packets }) => sum + packets, 0)).toBe(status.totals.packets);
    expect(timeline.days.map(({ date }) => date)).toEqual(Array.from({ length: 14 }, (_, i) => `2026-03-${String(i + 2).padStart(2, '0')}`));
    expect(timeline.days.at(-1)?.seenOperations).toBe(status.completeness.seen);
    expect(timeline.days.at(-1)?.newShare).toEqual([status.completeness.newShareLow, status.completeness.newShare, status.completeness.newShareHigh]);
  });

  test('roles are declared beside seen, with evidence from the traffic and not from the spec', () => {
    const gateway = model.assets.find(({ id }) => id === 'GW-B');
    expect(gateway).toMatchObject({ declaredRole: 'gateway', seenRole: 'plc' });
    expect(model.assets.flatMap(({ evidence }) => evidence.map(({ sentence }) => sentence))).not.toContain('was set by a person');
  });

  test('nobody is said to have placed what the spec only declares', () => {
    expect(model.assets.filter(({ isDeclared, isSeen }) => isDeclared && isSeen).map(({ placement }) => placement).every((reason) => reason === 'stands here in the spec')).toBe(true);
    expect(proposed.assets.some(({ placement }) => placement === 'stands here in the spec' || placement.includes('a person'))).toBe(false);
  });

  test('without a spec the proposal is reported, open questions first among decisions', () => {
    expect(proposed.head).toMatchObject({ basis: 'proposal', facility: '', date: '2026-03-15', dateBasis: 'last observation' });
    expect(proposed.findings).toEqual([]);
    expect(proposed.zones.every(({ slBasis }) => slBasis !== 'declared')).toBe(true);
    expect(proposed.zones.map(({ id }) => id)).toContain('Z-CELL-01');
    expect(proposed.decisions.filter(({ kind }) => kind === 'permit').length).toBeGreaterThan(5);
    expect(proposed.decisions.some(({ kind }) => kind === 'safety')).toBe(true);
  });

  test('days are marked by what the plant did', () => {
    const marked = model.timeline.days.flatMap(({ date, regimes }) => regimes.map((regime) => `${date.slice(8)} ${regime}`));
    expect(marked).toEqual(['03 maintenance', '04 maintenance', '06 maintenance', '07 weekend', '08 weekend', '14 weekend', '15 weekend']);
    expect([...html.matchAll(/class="regime (\S+)"/g)].map(([, regime]) => regime)).toEqual(['maintenance', 'maintenance', 'maintenance']);
  });

  test('simulation, losses and the cut-over plan are there', () => {
    expect(model.simulations[0].target).toBe('ideal');
    for (const { passed, onDemand, setAside, blockedConversations, judged } of [...model.simulations, ...proposed.simulations]) expect(passed + onDemand + setAside + blockedConversations).toBe(judged);
    expect(model.simulations[0].cutover.map(({ conduit }) => conduit).toSorted()).toEqual(model.conduits.map(({ id }) => id).toSorted());
    // Some of the sample's zones share a network: what is written between them is not what holds, and both stand together.
    for (const { passedBy } of model.losses) expect(passedBy).toMatch(/^5 of the 38 written are not enforced as the plant is/);
    for (const form of [text, html]) expect(form).toContain(model.losses[0].passedBy);
    for (const loss of model.losses) expect(loss.enforced + loss.widened + loss.notEnforceable).toBe(model.permits.length);
  });
});

describe('who decided', () => {
  test('nobody is said to have approved a proposal, nor a rule that names nobody', () => {
    expect(new Set(proposed.permits.map(({ decided }) => decided))).toEqual(new Set(['proposed', 'pending']));
    expect(new Set(model.permits.map(({ decided }) => decided))).toEqual(new Set(['approved, by nobody named']));
    expect(model.decisions.filter(({ kind }) => kind === 'owner')).toEqual([{ about: '38 Permits', kind: 'owner', sentence: '38 of 38 approved Permits name nobody who approved them: write the owner into each rule.' }]);
  });

  test('how complete a conduit is stands in every form, in the words of status', () => {
    for (const form of [text, html]) expect(form).toContain(form === html ? '100 % complete; keep listening' : '  Completeness: 100 % complete; keep listening');
    for (const form of [text, html]) expect(form.replaceAll('&#39;', "'")).toContain(COMPLETENESS_MEANS);
  });

  test('owner, accepted risk and the day of the next review stand in every form', () => {
    const spec = join(folder, 'owned.yaml');
    writeFileSync(spec, readFileSync(SAMPLE_SPEC, 'utf8').replace('      - rule_id: SAFETY-STATUS\n', '      - rule_id: SAFETY-STATUS\n        owner: "A. Keller"\n        review_by: "2026-09-01"\n        accepted_risks: [ZCR-3.3]\n'));
    const accepted = 'Accepted: ZCR-3.3 in Permit SAFETY-STATUS (Z-SUPERVISION -> Z-SAFETY, Modbus/TCP (tcp/502)), approved by A. Keller, review by 2026-09-01';
    expect(writeReport(db, join(folder, 'owned.txt'), spec)).toContain('    approved by A. Keller; accepts ZCR-3.3; review by 2026-09-01; evidence: 1 conversation');
    for (const form of ['txt', 'html']) expect(writeReport(db, join(folder, `owned.${form}`), spec)).toContain(form === 'html' ? accepted.replace('->', '-&gt;') : accepted);
    expect(writeReport(db, join(folder, 'owned.md'), spec)).toContain('Accepted: ZCR-3.3 in Permit SAFETY-STATUS');
    expect((JSON.parse(writeReport(db, join(folder, 'owned.json'), spec)) as ReportModel).decisions.find(({ kind }) => kind === 'owner')?.sentence).toContain('37 of 38 approved Permits name nobody');
  });

  test('what a person declared as a safety controller is not asked again, and questions name assets as the spec does', () => {
    expect(proposed.decisions.filter(({ kind }) => kind === 'safety').map(({ about }) => about)).toEqual(['10.20.5.9', '10.20.4.90']);
    expect(model.decisions.filter(({ kind }) => kind === 'safety').map(({ about }) => about)).toEqual(['GW-B (10.20.4.90)']);
    expect(model.requirements[0].sentence).toContain('[10.20.2.10 is SCADA-1, 10.20.5.9 is SIS-C]');
  });
});

describe('what a proposal wrote into a file', () => {
  test('its security levels stay assumptions until an assessment has a day, or another level stands there', async () => {
    const spec = join(folder, 'written.yaml');
    expect((await runLine(['propose-zones', '--db', db, '--out', spec])).code).toBe(0);
    const written = readFileSync(spec, 'utf8');
    const basesOf = (text: string): Record<string, string> => {
      writeFileSync(spec, text);
      const { zones } = JSON.parse(writeReport(db, join(folder, 'written.json'), spec)) as ReportModel;
      return Object.fromEntries(zones.map(({ id, slBasis }) => [id, slBasis]));
    };
    expect(basesOf(written)).toMatchObject({ 'Z-SIS': 'assumption', 'Z-OPS': 'assumption', 'Z-EXT': 'open' });
    expect(basesOf(written.replace(/(zone_id: Z-SIS\n(?:.*\n){1,3}? *security_level_target: )SL 3/, '$1SL 4'))).toMatchObject({ 'Z-SIS': 'declared', 'Z-OPS': 'assumption' });
    expect(basesOf(`assessment_date: "2026-04-01"\n${written}`)).toMatchObject({ 'Z-SIS': 'declared', 'Z-OPS': 'declared', 'Z-EXT': 'open' });
  });
});

describe('text form', () => {
  test('sections and wording stand in their order', () => {
    const lines = text.split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'IEC 62443 Zone Implementation Report', '=====================================', 'Facility: Millbrook Water Treatment Works', 'Implementation Date: 2026-02-20', 'Standard: IEC 62443-3-2:2020',
    ]);
    const at = ['EVIDENCE:', 'ZONE ARCHITECTURE:', 'CONDUIT CONFIGURATION:', 'VALIDATION RESULTS:', 'FINDINGS:', 'PERMITS AND EVIDENCE:', 'REQUIREMENT CHECKS:', 'SIMULATED ENFORCEMENT:', 'WHAT FIREWALLS CAN HOLD:', 'CUT-OVER PLAN:', 'OPEN DECISIONS:'].map((title) => lines.indexOf(title));
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(at[0]).toBeGreaterThan(0);
  });

  test('zones, conduits and results are worded as the form asks', () => {
    expect(text).toContain('Zone Z-FILTER: Cell B: filtration (SL-T: 2)\n  Assets: 4 (1 gateway, 1 hmi, 1 io, 1 plc)\n  Conduits: C-INTERLOCK,');
    expect(text).toContain('Conduit C-INTERLOCK: Z-FILTER <-> Z-INTAKE\n  Protocols: Modbus/TCP Z-FILTER -> Z-INTAKE (FC 3; unit 1; read 200-201)\n  Firewall Rules: 1 allow / 1 deny\n  DPI Enabled: No (needed: 1 of 1 allow rules to be limited to operations; no enforcement point is declared yet)');
    expect(text).toContain('Conduit C-DMZ-INTERNET: Z-DMZ <-> Z-INTERNET\n  Protocols: HTTPS Z-DMZ -> Z-INTERNET\n  Firewall Rules: 1 allow / 1 deny\n  DPI Enabled: No (no rule limits operations)');
    expect(text).toMatch(/\n {2}Cross-zone tests: 51 pass \/ 0 fail \(2 not observable\)/);
    expect(text).toMatch(/\n {2}Prohibited path tests: 4 exceptions/);
    expect(text).toMatch(/\n {2}Protocol enforcement: function code filtering NOT in force/);
  });

  test('evidence, breaks, losses and the cut-over plan stand in the text, too', () => {
    const part = (title: string): string[] => (text.split(`\n${title}\n`)[1] ?? '').split('\n\n')[0].split('\n');
    expect(part('PERMITS AND EVIDENCE:')).toHaveLength(2 * model.permits.length);
    expect(part('PERMITS AND EVIDENCE:').slice(0, 2)).toEqual(['  INTERLOCK-1 (C-INTERLOCK): Z-FILTER (PLC-B1) -> Z-INTAKE (PLC-A1): Modbus/TCP (tcp/502): FC 3; unit 1; read 200-201', '    approved, by nobody named; evidence: 1 conversation on 14 days, 2026-03-02 to 2026-03-15']);
    const simulated = part('SIMULATED ENFORCEMENT:');
    expect(simulated[0]).toMatch(/^ {2}a firewall that judges every request as the spec says: 49 of 56 conversations pass, 7 blocked \(175 requests\)/);
    // What the spec itself blocks is listed once, not again for every target.
    expect(simulated.filter((line) => line.includes('FC 16 Write Multiple Registers, unit 1, 10,'))).toHaveLength(1);
    expect(part('WHAT FIREWALLS CAN HOLD:')).toHaveLength(model.losses.length);
    expect(part('CUT-OVER PLAN:')).toHaveLength(model.conduits.length);
  });

  test('what is not declared is no zone where zones are counted', () => {
    expect(html).toContain('<b>11</b> zones');
    expect(html).toContain('11 zones, and assets in none of them; traffic in');
    expect(text.match(/^Zone (?!not declared)/gm)).toHaveLength(11);
  });

  test('one of a thing is one', async () => {
    const one = join(folder, 'one.db');
    await importSample(one, [join(SAMPLE_SPEC, '..', 'traps', 'hostile-names.pcap')]);
    const page = writeReport(one, join(folder, 'one.html'));
    expect(page).toContain('<a href="#zones"><b>1</b> zone</a> <a href="#assets"><b>1</b> asset</a> <a href="#conduits"><b>0</b> conduits</a>');
    expect(page).toContain('0 operations of 1 asset');
  });

  test('no finding while Permits wait for a decision says so', () => {
    const waiting = { head: { ...model.head }, permits: model.permits.map((permit, i) => ({ ...permit, decision: i < 2 ? 'pending' : permit.decision })) };
    expect(noFindingText(waiting)).toBe('what was observed and what is declared agree; 2 Permits wait for a decision');
    expect(noFindingText(model)).toBe('what was observed and what is declared agree');
  });

  test('a proposal says that it covers what it was made from, and what breaks requirements all the same', () => {
    const proposal = writeReport(db, join(folder, 'proposed.txt'));
    expect(proposal).toContain('\nFINDINGS:\n  none: the proposal covers everything observed, by construction\n');
    expect(proposal).toMatch(/\nREQUIREMENT CHECKS:\n(.*\n)* {2}\[critical\] .*Z-SUP.*safety zone.*requirement: IEC 62443-3-2 ZCR 3\.3/);
    expect(proposal).toContain('\nFacility: [not stated in the spec]\nImplementation Date: 2026-03-15 (last observation)\n');
  });

  test('without --out it goes to standard output', () => {
    expect(textOf(reportStore({ db, spec: SAMPLE_SPEC }, setStage({ commandLine: 'baseline report' })))).toBe(text);
  });
});

describe('HTML form', () => {
  test('the policy lets exactly this style and this script act', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const hash = (content: string): string => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? '';
    const script = /<script>(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    expect(style.length).toBeGreaterThan(1000);
    expect(script.length).toBeGreaterThan(1000);
    expect(policy).toBe(`default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`);
    expect(script).not.toMatch(/^\s*(import|export) /m);
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|fetch\(|XMLHttpRequest|WebSocket/);
    const markup = html.replace(/<script.*?<\/script>|<style>.*?<\/style>/gs, '');
    expect(markup).not.toMatch(/ on[a-z]+=|\sstyle="|javascript:/i);
    expect(html).not.toMatch(/(src|href)="(?!#)/);
  });

  test('the embedded data says of every conversation who, what and how it stands', () => {
    const data = embeddedData(html);
    expect(data.detailStep).toBe(0);
    expect(data.assets).toHaveLength(model.assets.length);
    expect(data.conversations).toHaveLength(model.status.totals.conversations);
    expect(data.zones.map(({ id }) => id)).toEqual(model.zones.map(({ id }) => id));
  });

  test('landmarks, headings, captions and labels stand for those who do not see', () => {
    for (const mark of ['<main id="main"', '<nav class="contents" aria-label=', 'role="search"', '<aside id="panel"', 'class="skip"', '<html lang="en">']) expect(html).toContain(mark);
    expect(html.match(/<h1>/g)).toHaveLength(1);
    const tables = html.match(/<table[^>]*>/g) ?? [];
    expect(tables.length).toBeGreaterThan(10);
    expect(html.match(/<table[^>]*>\s*<caption/g)).toHaveLength(tables.length);
    for (const section of html.match(/<section[^>]*>/g) ?? []) expect(section).toMatch(/aria-labelledby="[a-z-]+"/);
  });
});

test.each(['report.html', 'report.md', 'report.txt', 'report.json'])('%s has the same bytes each time', (name) => {
  const path = join(folder, `again-${name}`);
  const first = writeReport(db, path, SAMPLE_SPEC);
  expect(writeReport(db, path, SAMPLE_SPEC) === first).toBe(true);
});

describe('what a user can get wrong', () => {
  const run = (argv: Parameters<typeof reportStore>[0]) => (): unknown => reportStore({ db, ...argv }, setStage());

  test('a file without a known ending, --open without a file, an empty store', async () => {
    expect(run({ out: join(folder, 'report.pdf') })).toThrow(/does not say which format/);
    expect(run({ open: true })).toThrow(/--open needs a file/);
    const { openForWriting } = await import('../../../src/store/database.ts');
    openForWriting(join(folder, 'empty.db')).close();
    expect(run({ db: join(folder, 'empty.db') })).toThrow(/holds no conversations/);
  });

  test('a spec against an empty store says that nothing was observed', () => {
    const empty = writeReport(join(folder, 'empty.db'), join(folder, 'empty.txt'), SAMPLE_SPEC);
    expect(empty).toContain('Observed: nothing to nothing, 0 packets');
    expect(empty).toContain('Cross-zone tests: 0 pass / 0 fail (38 not observable)');
    expect(writeReport(join(folder, 'empty.db'), join(folder, 'empty.html'), SAMPLE_SPEC)).toContain('Nothing in the store has a time.');
  });
});
