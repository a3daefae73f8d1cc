/** Runs Suricata over our rules in tests. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Mode, Plan } from '../../src/export/exporter.ts';
import { exporterOf } from '../../src/export/registry.ts';

/** The least that runs the rules: nothing of the machine's own configuration. */
const CONFIG = (folder: string, modbus: boolean, ports: string): string => `%YAML 1.1
---
default-log-dir: ${folder}
classification-file: ${folder}/classification.config
outputs:
  - eve-log:
      enabled: yes
      filename: eve.json
      types: [{alert: {}}, {drop: {}}]
packet-alert-max: 255
exception-policy: ignore
app-layer:
  protocols:
    modbus:
      enabled: ${modbus ? 'yes' : 'no'}
      detection-ports:
        dp: ${ports}
stream:
  midstream: true
  reassembly:
    depth: 0
`;

const CLASSES = 'config classification: policy-violation,Policy violation,1\nconfig classification: protocol-command-decode,Protocol command,3\n';

export const run = (...args: string[]): { status: number | null; said: string } => {
  const done = spawnSync('suricata', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  return { status: done.status, said: `${done.stdout}${done.stderr}` };
};

export const written = (folder: string, target: string, plan: Plan, mode: Mode): ReadonlyMap<string, string | Uint8Array> => {
  const { files } = exportPlan(exporterOf(target), plan, { mode, allowWider: true });
  for (const file of files) {
    const path = join(folder, file.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.content);
  }
  return new Map(files.map((file) => [file.path, file.content]));
};

interface Alert {
  readonly event_type: string;
  readonly src_port: number;
  readonly dest_port: number;
}

/** A folder with what Suricata reads beside rules. */
export const suricataFolder = (folder: string, modbus = true, ports = '502'): string => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'suricata.yaml'), CONFIG(folder, modbus, ports));
  writeFileSync(join(folder, 'classification.config'), CLASSES);
  return folder;
};

/** Ports of sessions with an alert by the rules that lie in the folder, or of which the engine stopped something by itself. */
export const alertedPorts = (folder: string, capture: string, isInline = false): Set<number> => {
  rmSync(join(folder, 'eve.json'), { force: true });
  const { status, said } = run('-c', join(folder, 'suricata.yaml'), '-S', join(folder, 'baseline.rules'), '-r', capture, '-l', folder, '-k', 'none', '--runmode', 'single', ...(isInline ? ['--simulate-ips'] : []));
  expect(status, said).toBe(0);
  const events = readFileSync(join(folder, 'eve.json'), 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Alert);
  return new Set(events.filter((event) => event.event_type === 'alert' || event.event_type === 'drop').flatMap((event) => [event.src_port, event.dest_port]));
};
