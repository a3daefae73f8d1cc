/**
 * Random Permits and random sessions through Suricata, some of whose requests come in two segments, or several in one: where it alerts is where
 * `simulate` says that it stops something.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pcapFile } from '../../src/export/targets/frame-writer.ts';
import type { ObservationSet } from '../../src/observation.ts';
import { differencesOf, heardOf, rulesOf, sessionsToTry, SPECS_TO_TRY } from './any-traffic.ts';
import { alertedPorts, suricataFolder } from './suricata.ts';
import { canRun, program } from './loud-skip.ts';

const able = canRun('random traffic through Suricata', [program('suricata', 'suricata (of bookworm-backports)')]);

describe.runIf(able)('random Permits and random sessions through Suricata', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-any-suricata-'));
  const file = (name: string): string => join(folder, name);
  const sessions = sessionsToTry(true);
  let heard: ObservationSet | null = null;

  beforeAll(async () => {
    suricataFolder(folder, true, '400:600');
    writeFileSync(file('frames.pcap'), pcapFile(sessions.flatMap(({ frames }) => frames)));
    heard = await heardOf(sessions);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(SPECS_TO_TRY)('spec %i: alerts are what the simulation says', (index, loaded) => {
    const isInline = index % 2 === 0;
    writeFileSync(file('baseline.rules'), rulesOf('suricata', 'baseline.rules', loaded, isInline ? 'enforce' : 'monitor'));
    const alerts = alertedPorts(folder, file('frames.pcap'), isInline);
    const passed = new Set(sessions.filter(({ from }) => !alerts.has(from)));
    expect(differencesOf('suricata', loaded, heard!, sessions, passed), JSON.stringify(loaded.permits.map(({ permit }) => permit))).toEqual([]);
  });
});
