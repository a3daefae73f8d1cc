/**
 * The main job on the sample plant: what is imported, what is proposed, and that diff finds the planted deviations of
 * samples/README.md, all of them and nothing else.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeOperation } from '../src/decode/app/registry.ts';
import { proposeZones } from '../src/infer/zones.ts';
import type { ObservationSet } from '../src/observation.ts';
import { contextOf } from '../src/policy/diff/context.ts';
import { diffReport, type DiffReport, diffSpec } from '../src/policy/diff/diff.ts';
import type { Finding } from '../src/policy/diff/findings.ts';
import { loadSpec } from '../src/policy/spec/load.ts';
import { openForWriting } from '../src/store/database.ts';
import { readAttempts } from '../src/store/firewall-logs.ts';
import { beginImport, importCapture } from '../src/store/import-capture.ts';
import { readObservations } from '../src/store/read.ts';
import { SAMPLES } from './places.ts';
import { testFolder } from './folder.ts';

const folder = testFolder();
let set: ObservationSet;
let findings: readonly Finding[];
let withLogs: DiffReport;

beforeAll(async () => {
  const store = openForWriting(join(folder, 'plant.db'));
  const session = beginImport(store);
  for (const name of readdirSync(join(SAMPLES, 'plant')).toSorted()) {
    await importCapture(session, join(SAMPLES, 'plant', name), { force: false, signal: new AbortController().signal, progress: () => {} });
  }
  set = readObservations(store.db, describeOperation);
  findings = diffSpec(loadSpec(join(SAMPLES, 'plant.yaml')), set);
  for (const name of readdirSync(join(SAMPLES, 'firewall')).toSorted()) {
    await importCapture(session, join(SAMPLES, 'firewall', name), { force: false, signal: new AbortController().signal, log: { year: null, zone: 'Europe/Berlin', monitorRules: new Set() }, progress: () => {} });
  }
  withLogs = diffReport(contextOf(loadSpec(join(SAMPLES, 'plant.yaml')), readObservations(store.db, describeOperation)), { logged: readAttempts(store.db, describeOperation) });
  store.close();
});

describe('diff on the sample plant', () => {
  const planted = [
    ['a', 'undeclared-operation', 'HIST-PLC-B'],
    ['b', 'wrong-direction', 'REPLICATION'],
    ['c', 'undeclared-asset', '10.20.6.66'],
    ['d', 'weaker-security-mode', 'SUP-OPCUA'],
    ['e', 'unused-permit', 'JUMP-OPCUA'],
    ['f', 'undeclared-conversation', 'HMI-A'],
    ['g', 'undeclared-operation', 'SAFETY-STATUS'],
    ['h', 'requirement-violation', 'PC-0143'],
  ] as const;
  const isOf = (finding: Finding, type: string, name: string): boolean => finding.type === type && JSON.stringify(finding, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).includes(name);

  test.each(planted)('%s: %s (%s) is found, once', (_, type, name) => {
    expect(findings.filter((finding) => isOf(finding, type, name))).toHaveLength(1);
  });

  test('the write to the safety controller is the gravest', () => {
    expect(findings[0]).toMatchObject({ type: 'undeclared-operation', severity: 'critical' });
  });

  test('nothing else is found', () => {
    const others = findings.filter((finding) => !planted.some(([, type, name]) => isOf(finding, type, name)));
    expect(others.map((finding) => `${finding.type}: ${finding.title}`)).toEqual([]);
  });

  test('samples/README.md lists the same findings', () => {
    const rows = readFileSync(join(SAMPLES, 'README.md'), 'utf8').split('\n').filter((line) => /^\| [a-h] \|/.test(line));
    expect(rows.map((row) => row.split('|').map((cell) => cell.trim())).map((cells) => [cells[1], cells[4].split(',')[0]])).toEqual(planted.map(([letter, type]) => [letter, type]));
  });
});

describe('the firewall logs of the sample plant', () => {
  test('leave what packets say as it is, and add the rule that was not loaded and what no capture shows', () => {
    const added = withLogs.findings.filter((finding) => !findings.some(({ id }) => id === finding.id));
    expect(withLogs.findings.filter((finding) => !added.includes(finding))).toEqual(findings);
    expect(added.map(({ type, client, server, permit }) => [type, client, server, permit])).toEqual([
      ['blocked-but-permitted', '10.20.4.118', '10.20.2.5', 'TIME-C'],
      ['would-be-blocked', '10.20.6.66', '10.20.4.17', null],
      ['blocked-but-permitted', '10.20.2.10', '10.20.4.17', 'SUP-PLC-A'],
      ['would-be-blocked', '10.20.40.52', '10.20.9.40', null],
      ['would-be-blocked', '10.20.2.20', '10.20.4.118', null],
      ['would-be-blocked', '10.20.2.20', '10.20.4.63', null],
      ['would-be-blocked', '10.20.2.20', '10.20.4.17', null],
    ]);
  });

  test('are a list to decide on, what captures show first, under the findings that they already are', () => {
    const decisions = withLogs.logged?.decisions ?? [];
    expect(decisions.map(({ packets }) => packets !== null)).toEqual([true, true, true, true, true, false, false, false, false]);
    // a), b), f), h)
    const already = findings.filter(({ id }) => decisions.some(({ finding }) => finding === id)).map(({ type, client }) => [type, client]);
    expect(already.toSorted()).toEqual([['requirement-violation', '10.20.40.53'], ['undeclared-conversation', '10.20.7.31'], ['undeclared-operation', '10.20.2.20'], ['wrong-direction', '10.20.9.20']]);
    expect(decisions.find(({ client }) => client === '10.20.6.66')).toMatchObject({ count: 16, first: '2026-03-08T08:00:00.000Z', devices: ['gw-cells'] });
  });
});

describe('the proposal for the sample plant', () => {
  const zoneOf = (address: string): string => {
    const asset = proposal.assets.find((one) => one.addresses.includes(address));
    return asset?.zone ?? `no zone for ${address}`;
  };
  let proposal: ReturnType<typeof proposeZones>;

  beforeAll(() => {
    proposal = proposeZones(set, { stabilityRuns: 0 });
  });

  test.each([
    ['A', ['10.20.4.17', '10.20.4.52', '10.20.7.31']],
    ['B', ['10.20.4.63', '10.20.4.71', '10.20.4.90', '10.20.7.12']],
    ['C', ['10.20.4.118', '10.20.4.120', '10.20.7.44']],
  ])('cell %s is one zone', (_, addresses) => {
    expect(new Set(addresses.map(zoneOf)).size).toBe(1);
  });

  test('the three cells are three zones', () => {
    expect(new Set(['10.20.4.17', '10.20.4.63', '10.20.4.118'].map(zoneOf)).size).toBe(3);
  });

  test('safety shares its zone with its own station only', () => {
    const safety = zoneOf('10.20.5.9');
    expect(proposal.assets.filter((asset) => asset.zone === safety).flatMap((asset) => asset.addresses).toSorted()).toEqual(['10.20.5.40', '10.20.5.9']);
  });

  test('office and plant share no zone', () => {
    const office = new Set(['10.20.40.5', '10.20.40.51', '10.20.40.52', '10.20.40.53', '10.20.40.57'].map(zoneOf));
    const plant = proposal.assets.filter((asset) => !asset.addresses.some((address) => address.startsWith('10.20.40.'))).map((asset) => asset.zone);
    expect(plant.filter((zone) => zone !== null && office.has(zone))).toEqual([]);
  });
});
