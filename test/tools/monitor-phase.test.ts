/**
 * The monitor phase whole: our Suricata rules for the sample plant, Suricata itself over its two weeks of captures, its eve.json back
 * into the store. What is then to be decided is what was planted (samples/README.md), and nothing else.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { describeOperation } from '../../src/decode/app/registry.ts';
import { exportPlan } from '../../src/export/export-plan.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { contextOf } from '../../src/policy/diff/context.ts';
import { diffReport } from '../../src/policy/diff/diff.ts';
import { loadSpec } from '../../src/policy/spec/load.ts';
import { openForWriting } from '../../src/store/database.ts';
import { readAttempts } from '../../src/store/firewall-logs.ts';
import { beginImport, importCapture } from '../../src/store/import-capture.ts';
import { readObservations } from '../../src/store/read.ts';
import { SAMPLES } from '../places.ts';
import { canRun, program } from './loud-skip.ts';

const folder = mkdtempSync(join(tmpdir(), 'baseline-monitor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG = `%YAML 1.1
---
vars: {address-groups: {HOME_NET: any, EXTERNAL_NET: any}}
outputs:
  - eve-log: {enabled: yes, filetype: regular, filename: eve.json, types: [alert, flow]}
app-layer: {protocols: {modbus: {enabled: yes, detection-ports: {dp: 502}}}}
stream: {midstream: true, reassembly: {depth: 0}}
`;

test('what Suricata would have blocked in two weeks is what was planted', async () => {
  if (!canRun('the monitor phase', [program('suricata')])) return;
  const loaded = loadSpec(join(SAMPLES, 'plant.yaml'));
  const { files } = exportPlan(exporterOf('suricata'), planOf(loaded, ['test']), { mode: 'monitor', allConduits: true });
  const rules = files.find(({ path }) => path.endsWith('baseline.rules'))?.content ?? '';
  writeFileSync(join(folder, 'baseline.rules'), rules);
  writeFileSync(join(folder, 'suricata.yaml'), CONFIG);
  const store = openForWriting(join(folder, 'plant.db'));
  try {
    const session = beginImport(store);
    const take = async (path: string): Promise<string> => (await importCapture(session, path, { force: false, signal: new AbortController().signal, progress: () => undefined })).status;
    for (const name of readdirSync(join(SAMPLES, 'plant')).toSorted()) {
      const path = join(SAMPLES, 'plant', name);
      await take(path);
      const plain = join(folder, 'part.pcapng');
      writeFileSync(plain, name.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path));
      const { status, stderr } = spawnSync('suricata', ['-c', join(folder, 'suricata.yaml'), '-S', join(folder, 'baseline.rules'), '-r', plain, '-l', folder, '-k', 'none'], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
    }
    expect(await take(join(folder, 'eve.json'))).toBe('imported');
    const report = diffReport(contextOf(loaded, readObservations(store.db, describeOperation)), { logged: readAttempts(store.db, describeOperation) });
    expect(report.logged?.decisions.map(({ client, server }) => `${client} ${server}`).toSorted()).toEqual([
      // d), g), a), c), h), f), b)
      '10.20.2.10 10.20.2.25', '10.20.2.10 10.20.5.9', '10.20.2.20 10.20.4.63', '10.20.40.53 10.20.4.118', '10.20.6.66 10.20.4.17', '10.20.7.31 10.20.4.63', '10.20.9.20 10.20.2.20',
    ].toSorted());
    expect(report.findings.filter(({ type }) => type === 'blocked-but-permitted' || type === 'passed-but-not-permitted')).toEqual([]);
  } finally {
    store.close();
  }
});
