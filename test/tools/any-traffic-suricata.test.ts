/**
 * Random Permits and random sessions through Suricata, some of whose requests come in two segments, or several in one: where it alerts is where
 * `simulate` says that it stops something.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pcapFile } from '../../src/export/targets/frame-writer.ts';
import type { ObservationSet } from '../../src/observation.ts';
import { differencesOf, heardOf, rulesOf, sessionsToTry, SPECS_TO_TRY } from './any-traffic.ts';
import { CLASSES, CONFIG } from './suricata-config.ts';
import { canRun, program } from './loud-skip.ts';

const able = canRun('random traffic through Suricata', [program('suricata', 'suricata (of bookworm-backports)')]);

describe.runIf(able)('random Permits and random sessions through Suricata', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-any-suricata-'));
  const file = (name: string): string => join(folder, name);
  const sessions = sessionsToTry(true);
  let heard: ObservationSet | null = null;

  beforeAll(async () => {
    writeFileSync(file('suricata.yaml'), CONFIG(folder, true, '400:600'));
    writeFileSync(file('classification.config'), CLASSES);
    writeFileSync(file('frames.pcap'), pcapFile(sessions.flatMap(({ frames }) => frames)));
    heard = await heardOf(sessions);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Ports of sessions with an alert. */
  const alerted = (rules: string, isInline: boolean): Set<number> => {
    writeFileSync(file('baseline.rules'), rules);
    rmSync(file('eve.json'), { force: true });
    const done = spawnSync('suricata', ['-c', file('suricata.yaml'), '-S', file('baseline.rules'), '-r', file('frames.pcap'), '-l', folder, '-k', 'none', '--runmode', 'single', ...(isInline ? ['--simulate-ips'] : [])], { encoding: 'utf8' });
    expect(done.status, `${done.stdout}${done.stderr}`).toBe(0);
    const events = readFileSync(file('eve.json'), 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { readonly event_type: string; readonly src_port: number; readonly dest_port: number });
    return new Set(events.filter(({ event_type }) => event_type === 'alert').flatMap(({ src_port, dest_port }) => [src_port, dest_port]));
  };

  test.each(SPECS_TO_TRY)('spec %i: alerts are what the simulation says', (index, loaded) => {
    const isInline = index % 2 === 0;
    const alerts = alerted(rulesOf('suricata', 'baseline.rules', loaded, isInline ? 'enforce' : 'monitor'), isInline);
    const passed = new Set(sessions.filter(({ from }) => !alerts.has(from)));
    expect(differencesOf('suricata', loaded, heard!, sessions, passed), JSON.stringify(loaded.permits.map(({ permit }) => permit))).toEqual([]);
  });
});
